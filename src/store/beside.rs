//! Where the files stand that belong to a mirror.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A path with something after its name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}
