//! What somebody who waits for Personio is told: how far a listing is, and why nothing comes at the moment.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What happens while Personio is asked. Names the host and the trouble, never a person, a body or a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// How far the listing is. A listing that changed while it was read starts again.
    Received { received: u64, total: u64 },
    /// An attempt failed. The next one begins after this long.
    Retrying { reason: String, after: Duration },
    /// The limit of requests is reached. The next one leaves after this long.
    AtTheLimit { time_left: Duration },
}

/// Who is told. It is called on every thread that asks, and must not block.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(Progress) + Send + Sync>);

impl Observer {
    pub fn new(tell: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    pub fn tell(&self, progress: Progress) {
        (self.0)(progress);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
