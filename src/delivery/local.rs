//! Delivery to a file on this machine: for trials, and for sites that carry the file on themselves.

use std::cell::Cell;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::refusal::{Act, Before, Kind, Party, Refusal};
use super::{
    Arrival, Existing, ExistingFile, Leftover, Look, Names, PROBE, READ_LIMIT, Receipt, Rehearsal, Replacement,
    Undelivered, Verification, Warning, WarningKind, replaced_meanwhile,
};
use crate::exit::{Exit, Failure};
use crate::hash::sha256;
use crate::replace::{folder_of, open_to_readers};

/// What stands under the real name and, as far as somebody asks, under the temporary one.
pub(super) fn look_around(names: &Names, leftover: Leftover) -> Result<Look, Failure> {
    let lay_there = match (leftover, &names.temporary) {
        (Leftover::Unasked, _) | (_, None) => false,
        (Leftover::Found, Some(temporary)) => fs::symlink_metadata(temporary).is_ok_and(|found| found.is_file()),
        (Leftover::Removed, Some(temporary)) => fs::remove_file(temporary).is_ok(),
    };
    Ok(Look { existing: look(Path::new(&names.real))?, lay_there })
}

/// Only a file may stand there, or nothing. A link is not followed.
fn look(path: &Path) -> Result<Existing, Failure> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) => {
            // Where the folder itself is missing, a share is not mounted, and nobody took the file.
            let away = path.parent().filter(|folder| !folder.is_dir());
            return match (error.kind(), away) {
                (io::ErrorKind::NotFound, None) => Ok(Existing::Nothing),
                (_, folder) => Err(failed(Act::Look, folder.unwrap_or(path), &error)),
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
        Err(error) => return Err(failed(Act::Read, path, &error)),
    };
    Ok(Existing::File(ExistingFile { size, modified, bytes }))
}

pub(super) fn deliver(names: &Names, bytes: &[u8], seen: &Existing) -> Result<Receipt, Undelivered> {
    let path = Path::new(&names.real);
    let Replaced { verification, replacement: _, mut warnings } = replace(names, bytes, Some(seen))?;
    // From here on nothing counts as a failure.
    let modified = match fs::symlink_metadata(path) {
        Ok(found) => Some(found.mtime()),
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                warnings.push(Warning::new(WarningKind::NotSeen, path.display()).quoting(&error));
            }
            None
        }
    };
    let mount = mount_of(folder_of(path)).ok().map(|mount| mount.display().to_string());
    Ok(Receipt { size: bytes.len() as u64, sha256: sha256(bytes), modified, mount, verification, warnings })
}

/// Does all that a delivery does, under other names.
pub(super) fn rehearse(names: &Names) -> Result<Rehearsal, Failure> {
    let existing = match look(Path::new(&names.real))? {
        Existing::File(file) => Existing::File(ExistingFile { bytes: None, ..file }),
        existing @ (Existing::Nothing | Existing::Unknown) => existing,
    };
    if names.temporary.is_some() && is_mounted(Path::new(&names.real)) {
        return Err(failed(Act::Replace, Path::new(&names.real), &io::Error::from(io::ErrorKind::ResourceBusy)));
    }
    let names = names.rehearsed();
    let replace = || replace(&names, PROBE, None).map_err(|Undelivered { failure, arrival: _ }| failure);
    replace()?;
    // The second time there is a file to replace.
    let Replaced { verification, replacement, mut warnings } = replace()?;
    if let Err(error) = fs::remove_file(&names.real) {
        let moved = names.temporary.as_ref().filter(|temporary| fs::rename(&names.real, temporary).is_ok());
        let stays = moved.unwrap_or(&names.real);
        warnings.push(Warning::new(names.discarded, stays).quoting(&error));
    }
    Ok(Rehearsal { existing, verification, replacement, warnings })
}

struct Replaced {
    verification: Verification,
    replacement: Replacement,
    warnings: Vec<Warning>,
}

fn replace(names: &Names, bytes: &[u8], seen: Option<&Existing>) -> Result<Replaced, Undelivered> {
    let path = Path::new(&names.real);
    let mut warnings = Vec::new();
    let another_came = Cell::new(false);
    let unchanged = || match seen {
        Some(seen) if seen.is_replaced_by(&look(path)?) => {
            another_came.set(true);
            Err(replaced_meanwhile(&names.real))
        }
        Some(_) | None => Ok(()),
    };
    let undelivered = |failure| {
        let arrival = if another_came.get() { Arrival::AnotherCame } else { Arrival::Nothing };
        Undelivered { failure, arrival }
    };
    let (verification, replacement) = match &names.temporary {
        None => {
            unchanged().map_err(undelivered)?;
            let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
            let file = file.map_err(|error| unknown(refused(Act::Write, path, &error)))?;
            (
                fill(&file, path, bytes, refused)
                    .map_err(|failure| Undelivered { failure: partial(path, failure), arrival: Arrival::Part })?,
                Replacement::InPlace,
            )
        }
        Some(temporary) => {
            let temporary = Path::new(temporary);
            let written = write_aside(temporary, path, bytes, &mut warnings)
                .and_then(|verification| unchanged().map(|()| verification));
            let verification = written.map_err(|failure| undelivered(withdrawn(temporary, failure)))?;
            if let Err(error) = fs::rename(temporary, path) {
                return Err(not_placed(temporary, path, seen, &error));
            }
            (verification, Replacement::Atomic)
        }
    };
    if let Some(folder) = path.parent()
        && let Err(error) = File::open(folder).and_then(|folder| folder.sync_all())
    {
        // Some network file systems cannot do this.
        warnings.push(Warning::new(WarningKind::FolderNotSynced, path.display()).quoting(&error));
    }
    Ok(Replaced { verification, replacement, warnings })
}

/// Makes a new file each time: what stands under this name was left by a crash, or by somebody who wants us to follow it. The
/// new file is for the same readers as the file that it replaces.
fn write_aside(
    temporary: &Path,
    path: &Path,
    bytes: &[u8],
    warnings: &mut Vec<Warning>,
) -> Result<Verification, Failure> {
    let created = remove(temporary)
        .and_then(|()| OpenOptions::new().write(true).create_new(true).mode(0o600).open(temporary))
        .map_err(|error| failed(Act::Write, temporary, &error))?;
    let verification = fill(&created, temporary, bytes, failed)?;
    if let Err(error) = open_to_readers(&created, path) {
        warnings.push(Warning::new(WarningKind::ModeNotKept, path.display()).quoting(&error));
    }
    Ok(verification)
}

fn fill(mut file: &File, path: &Path, bytes: &[u8], failed: Told) -> Result<Verification, Failure> {
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| failed(Act::Write, path, &error))?;
    let read_back = match fs::read(path) {
        Ok(read_back) => read_back,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(Verification::Refused),
        Err(error) => return Err(failed(Act::Read, path, &error)),
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

/// The same failure, once the temporary file is removed as far as possible.
fn withdrawn(path: &Path, failure: Failure) -> Failure {
    match remove(path) {
        Ok(()) => failure,
        // Nothing was made there, and on a file system that is only read nothing can be removed.
        Err(_) if fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) => failure,
        Err(error) => left_behind(path, failure, &error),
    }
}

/// A refused rename. Some file systems answer so although they did it: nothing arrived only where the new file still lay under
/// its temporary name, is removed, and the old one's bytes stand there after that.
fn not_placed(temporary: &Path, path: &Path, seen: Option<&Existing>, error: &io::Error) -> Undelivered {
    let removed = fs::remove_file(temporary);
    let is_as_before = || seen.zip(look(path).ok()).is_some_and(|(seen, now)| seen.is_proven_by(&now));
    match removed {
        Ok(()) if is_as_before() => failed(Act::Replace, path, error).into(),
        Ok(()) => unknown(refused(Act::Replace, path, error)),
        Err(removal) if removal.kind() == io::ErrorKind::NotFound => unknown(refused(Act::Replace, path, error)),
        Err(removal) => unknown(left_behind(temporary, refused(Act::Replace, path, error), &removal)),
    }
}

/// Nobody knows whether the new file is in place.
fn unknown(failure: Failure) -> Undelivered {
    Undelivered { failure, arrival: Arrival::Unknown }
}

fn left_behind(path: &Path, failure: Failure, error: &io::Error) -> Failure {
    failure.hint(format!("{} may stay there with everybody's data: {error}", path.display()))
}

/// The failure of writing under the real name.
fn partial(path: &Path, failure: Failure) -> Failure {
    let may = format!("{} may hold a part: run again before the next import, which removes people", path.display());
    Failure { message: format!("{}; {may}", failure.message), ..failure }
}

/// How a failure is told.
type Told = fn(Act, &Path, &io::Error) -> Failure;

/// What failed before anything could arrive.
fn failed(act: Act, path: &Path, error: &io::Error) -> Failure {
    let Failure { exit, message, hints } = refused(act, path, error);
    let check = if exit == Exit::Rejected { "; check [delivery] to and the rights on its folder" } else { "" };
    Failure { exit, message, hints: [vec![format!("nothing was delivered{check}")], hints].concat() }
}

fn refused(act: Act, path: &Path, error: &io::Error) -> Failure {
    let mut refusal = Refusal::of_file_system(error);
    if act == Act::Replace && refusal.kind == Kind::Busy && is_mounted(path) {
        refusal.kind = Kind::Mounted;
    }
    let what = match act {
        Act::Look => "look at",
        Act::Read => "read",
        Act::Write => "write",
        Act::Replace => "replace",
    };
    let message = format!("cannot {what} {}: {error}", path.display());
    // Its number says what a file system means, whatever was done there before.
    refusal.failure(message, act, Before::Worked, Party::FileSystem(folder_of(path)))
}

/// Whether the file itself is a mount, as a container is given a single file.
fn is_mounted(path: &Path) -> bool {
    let Some((mounts, path)) = fs::read_to_string("/proc/self/mountinfo").ok().zip(fs::canonicalize(path).ok()) else {
        return false;
    };
    let path = path.display().to_string().replace(' ', "\\040");
    mounts.lines().any(|line| line.split(' ').nth(4) == Some(path.as_str()))
}

/// Where the file system begins that the folder lies on: the folder above is on another one.
pub(super) fn mount_of(folder: &Path) -> io::Result<PathBuf> {
    let mut mount = fs::canonicalize(folder)?;
    let device = fs::metadata(&mount)?.dev();
    while let Some(above) = mount.parent().filter(|above| fs::metadata(above).is_ok_and(|above| above.dev() == device))
    {
        mount = above.to_owned();
    }
    Ok(mount)
}

#[cfg(test)]
mod tests;
