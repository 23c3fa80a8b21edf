//! Replaces a whole file in one step, so that every reader gets the old one or the new one, never a part.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, fchown};
use std::path::Path;

/// Writes a new file beside the path, readable only by its owner, and gives it that name once `prepare` has set it up: its
/// mode, its owner, and whether it is on disk.
pub fn file(path: &Path, bytes: &[u8], prepare: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    let new = tempfile::Builder::new().prefix(".honestly-sync-").suffix(".tmp").tempfile_in(folder_of(path));
    let mut new = new.map_err(|error| explained("no temporary file beside it", &error))?;
    new.write_all(bytes)?;
    prepare(new.as_file())?;
    new.persist(path)?;
    Ok(())
}

/// Opens a new file to whoever is to read it: it gets the group and mode of the file that it replaces. The first one in a folder
/// that hands down its group (setgid) may be read by that group where it may read the folder.
pub fn open_to_readers(new: &File, path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(old) if old.is_file() => {
            // The group comes first: with another group, the old mode may let in the wrong people. A group without a right
            // does not matter: root may have written for a service, which cannot give files to root's group.
            if old.mode() & 0o070 != 0 && new.metadata()?.gid() != old.gid() {
                fchown(new, None, Some(old.gid()))?;
            }
            new.set_permissions(Permissions::from_mode(old.mode() & 0o777))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(_) | Err(_) => open_to_group_of_folder(new, path),
    }
}

/// Lets the group of a folder that hands it down read a new file there.
pub fn open_to_group_of_folder(new: &File, path: &Path) -> io::Result<()> {
    match fs::metadata(folder_of(path))?.mode() & 0o2040 {
        0o2040 => new.set_permissions(Permissions::from_mode(0o640)),
        _ => Ok(()),
    }
}

/// Makes the folder of a file where it is missing, for its owner alone.
pub fn make_folder_of(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder_of(path))
}

/// The folder of a file.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The same error, with what did not work.
pub fn explained(what: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what}: {error}"))
}

#[cfg(test)]
mod tests;
