//! What stands beside a mirror: what SQLite puts there, and the files of the store.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub(super) const JOURNAL: &str = "-journal";
pub(super) const WITNESS: &str = ".witness";
pub(super) const LOCK: &str = ".lock";

/// What each is called, and how its name goes on behind the mirror's.
pub const COMPANIONS: [(&str, &str); 5] = [
    ("mirror's journal", JOURNAL),
    ("mirror's log", "-wal"),
    ("mirror's index", "-shm"),
    ("mirror's witness", WITNESS),
    ("mirror's lock", LOCK),
];

/// A path with something after its name.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}
