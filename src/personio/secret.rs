//! What must never be seen: client secrets and tokens.
//!
//! A secret is wiped from memory when dropped, shows as `***` in debug output and cannot be displayed or serialised.
//! [`Secret::reveal`] is the only way to the text, so every place that uses it can be found by name.

use std::fmt;

use zeroize::Zeroizing;

/// A text that never reaches a message or a log.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the request that needs it and the file that keeps it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
