//! What stands at a path, and which kinds are refused.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use crate::exit::{Exit, Failure};

/// Refuses everything but a file. `/dev/null` is an empty file for readers.
pub(super) fn refuse_kind(name: &str, key: &str, path: &Path, found: &Metadata) -> Result<(), Failure> {
    let kind = found.file_type();
    let what = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_char_device()
            && path == Path::new("/dev/null")
            && matches!(name, "configuration" | "SSH file") =>
        {
            return Ok(());
        }
        () if kind.is_dir() => "a folder",
        () if kind.is_symlink() => "a link",
        () if kind.is_fifo() => "a pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    };
    let shown = path.display();
    let failure =
        Failure::new(Exit::Misconfigured, format!("the {name} {shown} is {what}; nothing was read or written"));
    Err(failure.hint(format!("`{key}` names a file, or where one is to be")))
}

/// The failure for a file that was handed over and that this user cannot read.
pub(super) fn unreadable(name: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Misconfigured, format!("cannot read the {name} {}: {error}", path.display()))
        .hint("check whose file it is, and the rights of its folder")
}
