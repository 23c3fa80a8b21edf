//! Bytes to a destination: under a temporary name, read back, renamed over the real one in one step.
//!
//! Its law: under the real name there is the old file or the whole new one, never a part. A part of `employees.csv` would
//! remove people at Honestly's next import. It takes bytes and knows nothing of employees; what it left behind it returns,
//! so that the next run can tell whether somebody else was there.

mod local;
mod reason;
mod sftp;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::exit::{Exit, Failure};
use crate::remote::{Fingerprint, Target};

/// Where to deliver, and how to get there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub target: Target,
    /// A private key; else whatever the host's SSH configuration and agent offer.
    pub identity_file: Option<PathBuf>,
    /// Else the user's and the system's.
    pub known_hosts: Option<PathBuf>,
    /// The only host key that is trusted, whatever `known_hosts` says.
    pub host_key: Option<Fingerprint>,
    /// For each step: signing in, sending or reading a part, renaming.
    pub timeout: Duration,
}

/// What a delivery left at the destination. The new file is in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// In bytes.
    pub size: u64,
    /// Of what was sent, in hexadecimal.
    pub sha256: String,
    /// In seconds since 1970, as the destination's clock says; none where it does not tell.
    pub modified: Option<i64>,
    pub verification: Verification,
    /// What is worth a warning although the file is in place, one sentence each.
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Read back and the same, byte for byte.
    ReadBack,
    /// The destination lets nobody read.
    Refused,
}

/// What stands under the real name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Existing {
    Nothing,
    File(ExistingFile),
    /// The destination does not let anybody look.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingFile {
    /// In bytes.
    pub size: u64,
    /// In seconds since 1970, as the destination's clock says; none where it does not tell.
    pub modified: Option<i64>,
    /// None where it may not be read, or is larger than [`READ_LIMIT`].
    pub bytes: Option<Vec<u8>>,
}

/// The largest existing file that is read, in bytes.
pub const READ_LIMIT: u64 = 64 * 1024 * 1024;

impl Existing {
    /// Whether `now` is another file than this one: by content where both could be read, else by size and time. Nothing
    /// there is no other file, since Honestly takes files.
    fn is_replaced_by(&self, now: &Self) -> bool {
        match (self, now) {
            (Self::Unknown, _) | (_, Self::Unknown | Self::Nothing) => false,
            (Self::Nothing, Self::File(_)) => true,
            (Self::File(then), Self::File(now)) => match (&then.bytes, &now.bytes) {
                (Some(then), Some(now)) => then != now,
                (None, _) | (_, None) => {
                    let touched = then.modified.zip(now.modified).is_some_and(|(then, now)| then != now);
                    then.size != now.size || touched
                }
            },
        }
    }
}

/// What a probe learnt about a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    pub existing: Existing,
    pub verification: Verification,
    pub replacement: Replacement,
}

/// How a new file takes the old one's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacement {
    /// In one step.
    Atomic,
    /// The old file is moved aside first: for a moment there is none under the real name.
    MovedAside,
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(Sha256::digest(bytes).as_slice())
}

fn hexadecimal(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// Looks at the destination without changing anything.
pub fn look(settings: &Settings) -> Result<Existing, Failure> {
    match &settings.target {
        Target::Sftp(target) => sftp::look(settings, target),
        Target::File(path) => local::look(path),
    }
}

/// Replaces the file at the destination, unless another one stands there by then than was `seen`. On failure the old file
/// is still there, or the failure says otherwise.
pub fn deliver(settings: &Settings, bytes: &[u8], seen: &Existing) -> Result<Receipt, Failure> {
    match &settings.target {
        Target::Sftp(target) => sftp::deliver(settings, target, bytes, seen),
        Target::File(path) => local::deliver(path, bytes, seen),
    }
}

/// Proves the destination without touching the real file: signs in, lists, writes, reads and removes a probe.
pub fn probe(settings: &Settings) -> Result<Probed, Failure> {
    match &settings.target {
        Target::Sftp(target) => sftp::probe(settings, target),
        Target::File(path) => local::probe(path),
    }
}

fn replaced_meanwhile(what: &str) -> Failure {
    let what = format!("another file stands at {what} than a moment ago; nothing was replaced");
    Failure::new(Exit::Unavailable, what).hint("somebody else writes there; the next run looks at the new file first")
}

/// The fixed names beside the real one, so that what a crashed run left is overwritten by the next.
struct Names {
    temporary: String,
    aside: String,
    probe: String,
}

impl Names {
    fn beside(path: &Path) -> Self {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let beside =
            |name: String| folder.map_or_else(|| name.clone(), |f| f.join(&name).to_string_lossy().into_owned());
        Self {
            temporary: beside(format!(".{name}.part")),
            aside: beside(format!(".{name}.old")),
            probe: beside(".honestly-sync-probe".to_owned()),
        }
    }
}

/// What a probe writes: nothing that could be taken for a feed.
const PROBE: &[u8] = b"honestly-sync was here\n";
