//! Delivery to a file on this machine: for trying things out, and for sites that carry the file on themselves.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::{Found, Left, Names, PROBE, Probed, Replacement, Verification, sha256};
use crate::exit::{Exit, Failure};

pub fn deliver(path: &Path, bytes: &[u8]) -> Result<(Left, Found), Failure> {
    let names = Names::beside(path);
    let temporary = Path::new(&names.temporary);
    let found = found(path).map_err(|error| failed("look at", path, &error))?;
    let verified = write_and_read_back(temporary, bytes).and_then(|verified| {
        fs::rename(temporary, path).map_err(|error| failed("replace", path, &error))?;
        Ok(verified)
    });
    let verified = verified.map_err(|failure| withdrawn(temporary, failure))?;
    if let Some(folder) = path.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed("keep", path, &error))?;
    }
    let left = fs::metadata(path).map_err(|error| failed("look at", path, &error))?;
    if left.size() != bytes.len() as u64 {
        return Err(changed_at_once(path));
    }
    let left = Left { size: left.size(), sha256: sha256(bytes), modified: Some(left.mtime()), verification: verified };
    Ok((left, found))
}

pub fn probe(path: &Path) -> Result<Probed, Failure> {
    let names = Names::beside(path);
    let probe = Path::new(&names.probe);
    let found = found(path).map_err(|error| failed("look at", path, &error))?;
    let verification = write_and_read_back(probe, PROBE).map_err(|failure| withdrawn(probe, failure))?;
    fs::remove_file(probe).map_err(|error| failed("remove", probe, &error))?;
    Ok(Probed { found, verification, replacement: Replacement::Atomic })
}

fn found(path: &Path) -> io::Result<Found> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(io::Error::from(io::ErrorKind::IsADirectory)),
        Ok(metadata) => Ok(Found::File { size: metadata.size(), modified: Some(metadata.mtime()) }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
        Err(error) => Err(error),
    }
}

fn write_and_read_back(path: &Path, bytes: &[u8]) -> Result<Verification, Failure> {
    // A new file each time: what stands under this name was left by a crash, or by somebody who wants it followed.
    let written = remove(path).and_then(|()| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| failed("write", path, &error))?;
    let read_back = fs::read(path).map_err(|error| failed("read back", path, &error))?;
    if read_back == bytes { Ok(Verification::ReadBack) } else { Err(changed_at_once(path)) }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The failure itself, after what was written under a temporary name is removed as far as possible.
fn withdrawn(path: &Path, failure: Failure) -> Failure {
    if let Err(error) = remove(path) {
        log::info!("cannot remove {}: {error}", path.display());
    }
    failure
}

fn changed_at_once(path: &Path) -> Failure {
    let what = format!("{} is not what was written to it", path.display());
    Failure::new(Exit::Unavailable, what).hint("is another program writing there? the next run tries again")
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Failure {
    let exit = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::NotFound | io::ErrorKind::IsADirectory => Exit::Rejected,
        _ => Exit::Unavailable,
    };
    Failure::new(exit, format!("cannot {what} {}: {error}", path.display()))
        .hint("nothing was delivered; check [delivery] to and the rights on its folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("employees.csv");
        let (first, found) = deliver(&path, b"one").unwrap();
        assert_eq!((first.size, found), (3, Found::Nothing));
        let (_, found) = deliver(&path, b"second").unwrap();
        assert_eq!(found, Found::File { size: 3, modified: first.modified });
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_stands_under_the_temporary_name_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, elsewhere) = (folder.path().join("employees.csv"), folder.path().join("elsewhere"));
        fs::write(&elsewhere, b"untouched").unwrap();
        std::os::unix::fs::symlink(&elsewhere, folder.path().join(".employees.csv.part")).unwrap();
        deliver(&path, b"one").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read(&elsewhere).unwrap(), b"untouched");
        assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
    }

    #[test]
    fn a_file_that_cannot_take_its_place_is_not_left() {
        let folder = tempfile::tempdir().unwrap();
        let temporary = folder.path().join(".employees.csv.part");
        fs::write(&temporary, b"one").unwrap();
        let failure = withdrawn(&temporary, changed_at_once(&temporary));
        assert_eq!(failure, changed_at_once(&temporary));
        assert!(!temporary.exists());
    }

    #[test]
    fn a_probe_leaves_nothing_and_touches_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("employees.csv");
        deliver(&path, b"one").unwrap();
        let probed = probe(&path).unwrap();
        assert!(matches!(probed.found, Found::File { size: 3, .. }));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let failure = deliver(&folder.path().join("missing/employees.csv"), b"one").unwrap_err();
        assert_eq!(failure.exit, Exit::Rejected);
        let failure = deliver(folder.path(), b"one").unwrap_err();
        assert_eq!(failure.exit, Exit::Rejected);
    }
}
