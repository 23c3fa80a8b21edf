//! What can go wrong with the file, and how it is told: one sentence that names the file, and the next step.
//!
//! SQLite's own messages are not passed on where a plainer sentence exists. No value of a row ever stands in a message.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use rusqlite::ffi;
use rusqlite::types::FromSqlError;
use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::io::Errno;

use super::beside::{JOURNAL, beside};
use crate::exit::{Exit, Failure};

const WRONG_KIND: &str = "a value is not of its column's kind";

/// Error inside this room, before the file's name is added.
#[derive(Debug)]
pub(super) enum Error {
    Sqlite(rusqlite::Error),
    Io(std::io::Error),
    /// The file is a mirror, but what stands in it cannot be.
    Damaged(String),
    /// A plan that no correct program makes.
    Impossible(String),
    NotAMirror,
    /// Its tables are not those of any release.
    Development,
    /// Made by a version that knows more schemas than this one.
    Newer {
        schema: i64,
        known: usize,
    },
    /// Already a full sentence.
    Told(Failure),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<FromSqlError> for Error {
    fn from(_: FromSqlError) -> Self {
        Self::Damaged(WRONG_KIND.to_owned())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl Error {
    /// Another process stands in the way.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    }

    /// A crash in mid-commit left a journal behind that only a writer may play back.
    pub(super) fn is_interrupted_commit(&self) -> bool {
        match self {
            Self::Sqlite(rusqlite::Error::SqliteFailure(error, _)) => {
                error.extended_code == ffi::SQLITE_READONLY_ROLLBACK
            }
            _ => false,
        }
    }

    fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code(),
            _ => None,
        }
    }

    /// The same as a failure that names the file.
    pub(super) fn told(self, path: &Path) -> Failure {
        let file = path.display();
        match self {
            Self::Told(failure) => failure,
            Self::Sqlite(error) => sqlite(&error, path),
            Self::Io(error) if error.kind() == ErrorKind::PermissionDenied => closed(path),
            Self::Io(error) if error.kind() == ErrorKind::ReadOnlyFilesystem => read_only(path),
            Self::Io(error) => {
                Failure::new(Exit::Unavailable, format!("the mirror {file} cannot be reached: {}", error.kind()))
                    .hint("check `[mirror] path`, the rights of its folder and the disk")
            }
            Self::Damaged(what) => damaged(path, &what),
            Self::Impossible(what) => {
                Failure::new(Exit::Bug, format!("the plan does not fit the mirror {file}: {what}"))
                    .hint("nothing of it was written; this is a bug, please report it")
            }
            Self::NotAMirror => {
                Failure::new(Exit::Misconfigured, format!("{file} is a database of another program, not a mirror"))
                    .hint("correct `[mirror] path`; the file was not touched")
            }
            Self::Development => Failure::new(
                Exit::Misconfigured,
                format!("the mirror {file} was made by a development version of honestly-sync and cannot be read"),
            )
            .hint(format!(
                "move {file} away, and start anew from the employees.csv that was delivered last: $0 connect \
                 --adopt FILE"
            )),
            Self::Newer { schema, known } => Failure::new(
                Exit::Misconfigured,
                format!(
                    "the mirror {file} was written by a newer version of honestly-sync: it has schema {schema}, this version knows up to {known}"
                ),
            )
            .hint("install the newer version again; the file was not touched"),
        }
    }
}

/// SQLite takes a file system without locks for another process. Asked of a file of its own: whoever closes a file loses every
/// lock that the process has on it.
fn is_without_locks(mirror: &Path) -> bool {
    let beside = mirror.parent().and_then(|folder| tempfile::tempfile_in(folder).ok());
    let locked = beside.map(|file| fcntl_lock(file, FlockOperation::NonBlockingLockExclusive));
    locked == Some(Err(Errno::NOLCK))
}

fn sqlite(error: &rusqlite::Error, path: &Path) -> Failure {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error};
    let file = path.display();
    if matches!(
        error,
        FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..) | Utf8Error(..)
    ) {
        return damaged(path, WRONG_KIND);
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) if is_without_locks(path) => {
            Failure::new(Exit::Rejected, format!("the file system of the mirror {file} has no locks"))
                .hint("nothing of it was written; mount it with locks, or name a place on a disk of this machine in [mirror] path")
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Failure::new(Exit::Unavailable, format!("another process is using the mirror {file}"))
                .hint("nothing of it was written; wait for the next run")
        }
        Some(ErrorCode::DiskFull) => {
            Failure::new(Exit::Unavailable, format!("the disk is full: the mirror {file} cannot be written"))
                .hint("nothing of it was written; free some space and run again")
        }
        Some(ErrorCode::SystemIoFailure) => {
            Failure::new(Exit::Unavailable, format!("the disk reported an error at the mirror {file}"))
                .hint("nothing of it was written; look at the system's log for the disk")
        }
        Some(ErrorCode::ReadOnly) => read_only(path),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied)
            if [path.to_owned(), beside(path, JOURNAL)].into_iter().any(is_closed) =>
        {
            closed(path)
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            Failure::new(Exit::Unavailable, format!("the mirror {file} cannot be opened"))
                .hint("check `[mirror] path` and the rights of the file and its folder")
        }
        Some(ErrorCode::NotADatabase) => damaged(path, "it is not a database"),
        Some(ErrorCode::DatabaseCorrupt) => damaged(path, "its pages do not fit together"),
        Some(ErrorCode::ConstraintViolation) => {
            Failure::new(Exit::Bug, format!("the mirror {file} refused a change that would make it inconsistent"))
                .hint("nothing of it was written; this is a bug, please report it")
        }
        _ => Failure::new(Exit::Bug, format!("the mirror {file} cannot be used: {error}"))
            .hint("nothing of it was written; please report it"),
    }
}

fn is_closed(path: PathBuf) -> bool {
    std::fs::File::open(path).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

fn damaged(path: &Path, what: &str) -> Failure {
    Failure::new(Exit::Bug, format!("the mirror {} is damaged: {what}", path.display()))
        .hint("the file was left as it is; restore it from a backup, and please report it")
}

/// The mirror belongs to another user, who is named as far as this one may see whose it is.
fn closed(path: &Path) -> Failure {
    // What is not there belongs to nobody: its folder takes no new file.
    if std::fs::metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return read_only(path);
    }
    let what = format!("the mirror {} is closed to this user", path.display());
    let owner = path.ancestors().find_map(|place| std::fs::metadata(place).ok()).map(|found| found.uid());
    match owner.filter(|uid| *uid != 0).map(user) {
        Some(user) => Failure::new(Exit::Rejected, format!("{what}; {user} and root may read it"))
            .hint(format!("as that user: sudo -u '{user}' $0 status")),
        None => Failure::new(Exit::Rejected, format!("{what}; root may read it")).hint("as root: sudo $0 status"),
    }
}

/// By name where the machine's own list has one, else by number, as sudo takes it.
fn user(uid: u32) -> String {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number == uid.to_string()).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| format!("#{uid}"))
}

pub(super) fn read_only(path: &Path) -> Failure {
    Failure::new(Exit::Rejected, format!("the mirror {} cannot be written", path.display())).hint(
        "nothing of it was written; check who owns the file and its folder, and whether the disk is mounted read-only",
    )
}

/// As the mirror stores what is more than a number or a text.
pub(super) fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Impossible(error.to_string()))
}
