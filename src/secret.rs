//! Secrets in memory: never shown, wiped when dropped.

use std::fmt;

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// A text that no message, log or debug output ever shows.
#[derive(Clone, PartialEq, Eq)]
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

/// What Personio gives to somebody who creates an API credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub client_id: String,
    pub client_secret: Secret,
}

impl Credential {
    /// Enough to notice another one, nothing to learn from: twelve hexadecimal characters.
    pub fn fingerprint(&self) -> String {
        base16ct::lower::encode_string(&Sha256::digest(self.client_id.as_bytes())[..6])
    }
}
