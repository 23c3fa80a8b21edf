//! What stands beside a mirror: what SQLite puts there, and the files of the store.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

pub(super) const JOURNAL: &str = "-journal";
pub(super) const WITNESS: &str = ".witness";
pub(super) const LOCK: &str = ".lock";
/// Before the number of the schema that a migration made.
pub(super) const COPY: &str = ".before-";

/// Each but the copies: what it is called, and how its name goes on behind the mirror's.
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

/// Whether a migration of the mirror leaves its copy at such a path.
pub fn is_copy(mirror: &Path, path: &Path) -> bool {
    let start = beside(mirror, COPY);
    let number = path.as_os_str().as_bytes().strip_prefix(start.as_os_str().as_bytes());
    number.is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
}

/// The copies that migrations left. A folder that cannot be read has none that can be seen.
pub fn copies_of(mirror: &Path) -> Vec<PathBuf> {
    let Some(entries) = mirror.parent().and_then(|folder| fs::read_dir(folder).ok()) else { return Vec::new() };
    entries.flatten().map(|entry| entry.path()).filter(|path| is_copy(mirror, path)).collect()
}
