//! Secrets in memory: never shown, wiped when dropped, and in no core file.

use std::fmt;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// From here on, a crash of this process or of a program that it starts writes no memory to disk.
///
/// Both are needed. The limit is inherited by `ssh`, but where the kernel hands core files to a program (`core_pattern` with a
/// bar, as set by apport and systemd-coredump), that program must choose to honour it. A process that is not dumpable gets no
/// core file from either.
pub fn forbid_core_files() -> std::io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// A text that no message, log or debug output ever shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Without the line end that editors and `echo` leave in files and variables: no secret ends with one.
    pub fn new(text: impl Into<String>) -> Self {
        let mut text = Zeroizing::new(text.into());
        let without = text.trim_end_matches(['\r', '\n']).len();
        text.truncate(without);
        Self(text)
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

/// Between the fingerprint and the address of an account.
const AT: &str = " at ";

/// What Personio gives somebody who creates an API credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub client_id: String,
    pub client_secret: Secret,
}

impl Credential {
    /// Enough to notice another credential, and too little to learn from: twelve hexadecimal characters.
    pub fn fingerprint(&self) -> String {
        base16ct::lower::encode_string(&Sha256::digest(self.client_id.as_bytes())[..6])
    }

    /// Whose people are read with it: the same client id at another address, such as a sandbox, means other people.
    pub fn account(&self, address: &impl fmt::Display) -> String {
        format!("{}{AT}{address}", self.fingerprint())
    }

    /// How another account differs from this one's at an address.
    pub fn difference(&self, address: &impl fmt::Display, account: &str) -> Option<String> {
        let (client, there) = account.split_once(AT).unwrap_or((account, ""));
        match (client == self.fingerprint(), there == address.to_string()) {
            (true, true) => None,
            (true, false) => Some(format!("another base_url, {there}")),
            (false, true) => Some("another credential".to_owned()),
            (false, false) => Some(format!("another credential and another base_url, {there}")),
        }
    }
}
