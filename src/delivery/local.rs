//! Delivery to a file on this machine: for trying things out, and for sites that carry the file on themselves.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::{
    Existing, ExistingFile, Names, PROBE, Probed, READ_LIMIT, Receipt, Replacement, Verification, replaced_meanwhile,
    sha256,
};
use crate::exit::{Exit, Failure};

pub fn look(path: &Path) -> Result<Existing, Failure> {
    existing(path).map_err(|error| failed("look at", path, &error))
}

pub fn deliver(path: &Path, bytes: &[u8], seen: &Existing) -> Result<Receipt, Failure> {
    let names = Names::beside(path);
    let temporary = Path::new(&names.temporary);
    let verified = write_and_read_back(temporary, bytes).and_then(|verified| {
        if seen.is_replaced_by(&look(path)?) {
            return Err(replaced_meanwhile(&path.display().to_string()));
        }
        fs::rename(temporary, path).map_err(|error| failed("replace", path, &error))?;
        Ok(verified)
    });
    let verification = verified.map_err(|failure| withdrawn(temporary, failure))?;
    let mut warnings = Vec::new();
    if let Some(folder) = path.parent()
        && let Err(error) = File::open(folder).and_then(|folder| folder.sync_all())
    {
        warnings.push(format!("{} is delivered, but its folder could not be written to disk: {error}", path.display()));
    }
    let modified = match fs::metadata(path) {
        Ok(metadata) => Some(metadata.mtime()),
        Err(error) => {
            warnings.push(format!("{} is delivered, but cannot be looked at: {error}", path.display()));
            None
        }
    };
    Ok(Receipt { size: bytes.len() as u64, sha256: sha256(bytes), modified, verification, warnings })
}

pub fn probe(path: &Path) -> Result<Probed, Failure> {
    let names = Names::beside(path);
    let probe = Path::new(&names.probe);
    let existing = look(path)?;
    let verification = write_and_read_back(probe, PROBE).map_err(|failure| withdrawn(probe, failure))?;
    fs::remove_file(probe).map_err(|error| failed("remove", probe, &error))?;
    Ok(Probed { existing, verification, replacement: Replacement::Atomic })
}

fn existing(path: &Path) -> io::Result<Existing> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(io::Error::from(io::ErrorKind::IsADirectory)),
        Ok(metadata) => {
            let (size, modified) = (metadata.size(), Some(metadata.mtime()));
            let bytes = match fs::read(path) {
                _ if size > READ_LIMIT || !metadata.is_file() => None,
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => None,
                read => Some(read?),
            };
            Ok(Existing::File(ExistingFile { size, modified, bytes }))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Existing::Nothing),
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
        assert_eq!(look(&path).unwrap(), Existing::Nothing);
        let first = deliver(&path, b"one", &Existing::Nothing).unwrap();
        assert_eq!(first.size, 3);
        let seen = look(&path).unwrap();
        let bytes = Some(b"one".to_vec());
        assert_eq!(seen, Existing::File(ExistingFile { size: 3, modified: first.modified, bytes }));
        deliver(&path, b"second", &seen).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_nobody_looked_at_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("employees.csv");
        fs::write(&path, b"one").unwrap();
        let seen = look(&path).unwrap();
        fs::write(&path, b"two").unwrap();
        for seen in [seen, Existing::Nothing] {
            let failure = deliver(&path, b"three", &seen).unwrap_err();
            assert_eq!(failure.exit, Exit::Unavailable);
            assert_eq!(fs::read(&path).unwrap(), b"two");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
        deliver(&path, b"three", &Existing::Unknown).unwrap();
    }

    #[test]
    fn what_stands_under_the_temporary_name_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, elsewhere) = (folder.path().join("employees.csv"), folder.path().join("elsewhere"));
        fs::write(&elsewhere, b"untouched").unwrap();
        std::os::unix::fs::symlink(&elsewhere, folder.path().join(".employees.csv.part")).unwrap();
        deliver(&path, b"one", &Existing::Unknown).unwrap();
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
        deliver(&path, b"one", &Existing::Unknown).unwrap();
        let probed = probe(&path).unwrap();
        assert!(matches!(probed.existing, Existing::File(ExistingFile { size: 3, .. })));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let failure = deliver(&folder.path().join("missing/employees.csv"), b"one", &Existing::Unknown).unwrap_err();
        assert_eq!(failure.exit, Exit::Rejected);
        let failure = deliver(folder.path(), b"one", &Existing::Unknown).unwrap_err();
        assert_eq!(failure.exit, Exit::Rejected);
    }
}
