//! Delivery to a file on this machine: for trying things out, and for sites that carry the file on themselves.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::Path;

use super::{
    Existing, ExistingFile, Names, PROBE, READ_LIMIT, Receipt, Rehearsal, Replacement, Verification, replaced_meanwhile,
};
use crate::exit::{Exit, Failure};
use crate::hash::sha256;

/// Only a file may stand there, or nothing; a link is not followed.
pub(super) fn look(path: &Path) -> Result<Existing, Failure> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) => {
            // A share that is not mounted is no file that was taken.
            let away = path.parent().filter(|folder| !folder.is_dir());
            return match (error.kind(), away) {
                (io::ErrorKind::NotFound, None) => Ok(Existing::Nothing),
                (_, folder) => Err(failed("look at", folder.unwrap_or(path), &error)),
            };
        }
    };
    let kind = found.file_type();
    if !kind.is_file() {
        let what = match () {
            () if kind.is_dir() => "a folder",
            () if kind.is_symlink() => "a link",
            () => "a device, pipe or socket",
        };
        return Err(Failure::new(Exit::Misconfigured, format!("{} is {what}; nothing was delivered", path.display()))
            .hint("[delivery] to ends in the name of a file, such as file:///srv/upload/employees.csv"));
    }
    let (size, modified) = (found.size(), Some(found.mtime()));
    let bytes = match fs::read(path) {
        _ if size > READ_LIMIT => None,
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => None,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Existing::Nothing),
        Err(error) => return Err(failed("read", path, &error)),
    };
    Ok(Existing::File(ExistingFile { size, modified, bytes }))
}

pub(super) fn deliver(names: &Names, bytes: &[u8], seen: &Existing) -> Result<Receipt, Failure> {
    let path = Path::new(&names.real);
    let Replaced { verification, replacement: _, mut warnings } = replace(names, bytes, Some(seen))?;
    // Nothing that follows is a failure.
    let modified = match fs::symlink_metadata(path) {
        Ok(found) => Some(found.mtime()),
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                warnings.push(format!("{} is delivered, but cannot be looked at: {error}", path.display()));
            }
            None
        }
    };
    Ok(Receipt { size: bytes.len() as u64, sha256: sha256(bytes), modified, verification, warnings })
}

/// Everything that a delivery does, under names of its own.
pub(super) fn rehearse(names: &Names) -> Result<Rehearsal, Failure> {
    let existing = match look(Path::new(&names.real))? {
        Existing::File(file) => Existing::File(ExistingFile { bytes: None, ..file }),
        existing @ (Existing::Nothing | Existing::Unknown) => existing,
    };
    let names = names.rehearsed();
    replace(&names, PROBE, None)?;
    // The second time there is a file to replace.
    let Replaced { verification, replacement, mut warnings } = replace(&names, PROBE, None)?;
    if let Err(error) = fs::remove_file(&names.real) {
        warnings.push(format!("{} cannot be removed ({error}) and stays there", names.real));
    }
    Ok(Rehearsal { existing, verification, replacement, warnings })
}

struct Replaced {
    verification: Verification,
    replacement: Replacement,
    warnings: Vec<String>,
}

fn replace(names: &Names, bytes: &[u8], seen: Option<&Existing>) -> Result<Replaced, Failure> {
    let path = Path::new(&names.real);
    let mut warnings = Vec::new();
    let unchanged = || match seen {
        Some(seen) if seen.is_replaced_by(&look(path)?) => Err(replaced_meanwhile(&names.real)),
        Some(_) | None => Ok(()),
    };
    let (verification, replacement) = match &names.temporary {
        None => {
            unchanged()?;
            let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
            let file = file.map_err(|error| failed("write", path, &error))?;
            (fill(&file, path, bytes).map_err(|failure| partial(path, failure))?, Replacement::InPlace)
        }
        Some(temporary) => {
            let temporary = Path::new(temporary);
            let replaced = write_aside(temporary, path, bytes, &mut warnings).and_then(|verification| {
                unchanged()?;
                fs::rename(temporary, path).map_err(|error| failed("replace", path, &error))?;
                Ok(verification)
            });
            (replaced.map_err(|failure| withdrawn(temporary, failure))?, Replacement::Atomic)
        }
    };
    if let Some(folder) = path.parent()
        && let Err(error) = File::open(folder).and_then(|folder| folder.sync_all())
    {
        // Network file systems may not know how.
        warnings.push(format!("{} is delivered, but its folder cannot be synced to disk: {error}", path.display()));
    }
    Ok(Replaced { verification, replacement, warnings })
}

/// A new file each time: what stands under this name was left by a crash, or by somebody who wants it followed. Mode and
/// group are those of the file that it replaces.
fn write_aside(
    temporary: &Path,
    path: &Path,
    bytes: &[u8],
    warnings: &mut Vec<String>,
) -> Result<Verification, Failure> {
    let created = remove(temporary)
        .and_then(|()| OpenOptions::new().write(true).create_new(true).mode(0o600).open(temporary))
        .map_err(|error| failed("write", temporary, &error))?;
    let verification = fill(&created, temporary, bytes)?;
    if let Ok(old) = fs::symlink_metadata(path)
        && let Err(error) = take_over(&created, &old)
    {
        warnings.push(format!("{} does not keep its mode and group: {error}", path.display()));
    }
    Ok(verification)
}

/// The group first: with another one the old mode may let the wrong people in.
fn take_over(file: &File, old: &fs::Metadata) -> io::Result<()> {
    const PERMISSIONS: u32 = 0o777;
    if file.metadata()?.gid() != old.gid() {
        fchown(file, None, Some(old.gid()))?;
    }
    file.set_permissions(Permissions::from_mode(old.mode() & PERMISSIONS))
}

fn fill(mut file: &File, path: &Path, bytes: &[u8]) -> Result<Verification, Failure> {
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| failed("write", path, &error))?;
    let read_back = match fs::read(path) {
        Ok(read_back) => read_back,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(Verification::Refused),
        Err(error) => return Err(failed("read back", path, &error)),
    };
    if read_back == bytes {
        return Ok(Verification::ReadBack);
    }
    let what = format!("{} is not what was written to it", path.display());
    Err(Failure::new(Exit::Unavailable, what).hint("is another program writing there? the next run tries again"))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The failure itself, after what was written under a temporary name is removed as far as possible.
fn withdrawn(path: &Path, failure: Failure) -> Failure {
    match remove(path) {
        Ok(()) => failure,
        Err(error) => failure.hint(format!("{} may stay there with everybody's data: {error}", path.display())),
    }
}

/// The failure of a file that is written under its real name.
fn partial(path: &Path, failure: Failure) -> Failure {
    let may = format!("{} may hold a part: run again before the next import, which removes people", path.display());
    Failure { message: format!("{}; {may}", failure.message), ..failure }
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Failure {
    let exit = match error.kind() {
        io::ErrorKind::PermissionDenied
        | io::ErrorKind::NotFound
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::ReadOnlyFilesystem => Exit::Rejected,
        _ => Exit::Unavailable,
    };
    let folder = path.parent().unwrap_or(path).display();
    let failure = Failure::new(exit, format!("cannot {what} {}: {error}", path.display()))
        .hint("nothing was delivered; check [delivery] to and the rights on its folder");
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            failure.hint(format!("under systemd: systemctl edit honestly-sync, [Service], ReadWritePaths={folder}"))
        }
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Settings;
    use crate::remote::{Target, TemporaryName};

    fn names_with(path: &Path, temporary_name: TemporaryName) -> Names {
        let target = Target::File(path.to_owned());
        let timeout = std::time::Duration::from_secs(1);
        let (identity_file, known_hosts, host_keys) = (None, None, Vec::new());
        Settings { target, identity_file, known_hosts, host_keys, temporary_name, timeout }.names(path)
    }

    fn names(path: &Path) -> Names {
        names_with(path, TemporaryName::Usual)
    }

    #[test]
    fn the_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("employees.csv");
        assert_eq!(look(&path).unwrap(), Existing::Nothing);
        let first = deliver(&names(&path), b"one", &Existing::Nothing).unwrap();
        assert_eq!(first.size, 3);
        let seen = look(&path).unwrap();
        let bytes = Some(b"one".to_vec());
        assert_eq!(seen, Existing::File(ExistingFile { size: 3, modified: first.modified, bytes }));
        deliver(&names(&path), b"second", &seen).unwrap();
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
            let failure = deliver(&names(&path), b"three", &seen).unwrap_err();
            assert_eq!(failure.exit, Exit::Unavailable);
            assert_eq!(fs::read(&path).unwrap(), b"two");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
        deliver(&names(&path), b"three", &Existing::Unknown).unwrap();
    }

    #[test]
    fn what_stands_under_the_temporary_name_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, elsewhere) = (folder.path().join("employees.csv"), folder.path().join("elsewhere"));
        fs::write(&elsewhere, b"untouched").unwrap();
        std::os::unix::fs::symlink(&elsewhere, folder.path().join(".employees.csv.part")).unwrap();
        deliver(&names(&path), b"one", &Existing::Unknown).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read(&elsewhere).unwrap(), b"untouched");
        assert!(!fs::symlink_metadata(&path).unwrap().is_symlink());
    }

    #[test]
    fn a_rehearsal_leaves_nothing_and_touches_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("employees.csv");
        deliver(&names(&path), b"one", &Existing::Nothing).unwrap();
        for (temporary_name, expected) in [
            (TemporaryName::Usual, Replacement::Atomic),
            (TemporaryName::Named("new.csv".into()), Replacement::Atomic),
            (TemporaryName::None, Replacement::InPlace),
        ] {
            let rehearsal = rehearse(&names_with(&path, temporary_name)).unwrap();
            assert!(matches!(rehearsal.existing, Existing::File(ExistingFile { size: 3, bytes: None, .. })));
            assert_eq!((rehearsal.replacement, rehearsal.warnings), (expected, vec![]));
            assert_eq!(fs::read(&path).unwrap(), b"one");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn mode_and_group_are_those_of_the_replaced_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("employees.csv");
        deliver(&names(&path), b"one", &Existing::Nothing).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().mode() & 0o7777,
            0o600,
            "nobody's but ours unless somebody says otherwise"
        );
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        // Only root may give a file away.
        let group = if rustix::process::geteuid().is_root() { 4242 } else { rustix::process::getegid().as_raw() };
        std::os::unix::fs::chown(&path, None, Some(group)).unwrap();
        let receipt = deliver(&names(&path), b"two", &Existing::Unknown).unwrap();
        let left = fs::metadata(&path).unwrap();
        assert_eq!((left.mode() & 0o7777, left.gid(), receipt.warnings), (0o640, group, vec![]));
    }

    #[test]
    fn only_a_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, b"untouched").unwrap();
        let path = folder.path().join("employees.csv");
        let stand: [&dyn Fn(); 3] =
            [&|| fs::create_dir(&path).unwrap(), &|| std::os::unix::fs::symlink(&elsewhere, &path).unwrap(), &|| {
                drop(std::os::unix::net::UnixListener::bind(&path).unwrap())
            }];
        for (kind, stand) in stand.iter().enumerate() {
            stand();
            for temporary_name in [TemporaryName::Usual, TemporaryName::None] {
                let names = names_with(&path, temporary_name);
                assert_eq!(look(&path).unwrap_err().exit, Exit::Misconfigured, "{kind}");
                assert_eq!(
                    deliver(&names, b"one", &Existing::Nothing).unwrap_err().exit,
                    Exit::Misconfigured,
                    "{kind}"
                );
                assert_eq!(rehearse(&names).unwrap_err().exit, Exit::Misconfigured, "{kind}");
                assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "{kind}");
            }
            let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
        }
        assert_eq!(fs::read(&elsewhere).unwrap(), b"untouched");
    }

    #[test]
    fn a_file_is_written_in_place_where_the_configuration_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("employees.csv");
        let names = names_with(&path, TemporaryName::None);
        deliver(&names, b"a longer first one", &Existing::Nothing).unwrap();
        let inode = fs::metadata(&path).unwrap().ino();
        let receipt = deliver(&names, b"two", &look(&path).unwrap()).unwrap();
        assert_eq!((receipt.verification, fs::read(&path).unwrap()), (Verification::ReadBack, b"two".to_vec()));
        assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
    }

    #[test]
    fn a_missing_folder_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let failure =
            deliver(&names(&folder.path().join("missing/employees.csv")), b"one", &Existing::Unknown).unwrap_err();
        assert_eq!(failure.exit, Exit::Rejected);
    }
}
