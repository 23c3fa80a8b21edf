//! The witness: a small file beside the mirror that says which mirror the last run left there, and how far it had come.
//!
//! A copy of a mirror looks like the mirror. Going on from an older one would give import ids to other people than Honestly
//! knows by them, so a mirror that is missing, emptied, another one or older than its witness is not believed before a person
//! says so. What is written is which run is the newest in the mirror's log, before that run changes anything, so that no copy from
//! before it passes for the mirror, whatever becomes of the run; before its feed sets out that it is intended; and at its end that
//! it ended, so that no copy that was made during it does. A copy of the witness restored together with a copy of the mirror would bear
//! false witness: a second one, on another disk, says the same, and either is believed.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::beside::{WITNESS, beside};
use super::error::Error;
use super::load::{Loaded, second_witness};
use super::rows::value;
use super::{LOCK_TIMEOUT, Reader, Store};
use crate::exit::{Exit, Failure};
use crate::replace;
use crate::roster::guard::{Age, Lineage, Log, MirrorMismatch, Testimony};

/// What is said of the mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Witness {
    /// There is no such file.
    Missing,
    /// There is one, but it says nothing that can be understood.
    Unreadable,
    Says(Statement),
}

/// The one beside the mirror, and the one that the configuration names.
#[derive(Debug)]
pub struct Witnesses {
    own: Witness,
    second: Option<(PathBuf, Witness)>,
}

impl Witnesses {
    /// To be read before the mirror is: a run that begins in between leaves a mirror that is newer, which is no mismatch.
    pub fn read(mirror: &Path, second: Option<&Path>) -> Result<Self, Failure> {
        let second = second.map(|path| Witness::at(path).map(|said| (path.to_owned(), said))).transpose()?;
        Ok(Self { own: Witness::read(mirror)?, second })
    }

    /// What is the matter with a mirror according to any of them. A second one is missing only where the mirror had it. What stands
    /// where the last run wrote one is heard too, although the configuration names it no more.
    pub fn mismatch(&self, loaded: &Loaded, reader: &Reader) -> Result<Option<MirrorMismatch>, Failure> {
        if let Some(mismatch) = self.own.mismatch(loaded, reader)? {
            return Ok(Some(mismatch));
        }
        let named = self.second.as_ref().map(|(path, said)| (path.as_path(), said));
        let had = loaded.second_witness.as_deref().map(Path::new);
        let by_named = match named {
            None => None,
            Some((path, Witness::Missing)) => (had == Some(path)).then_some(MirrorMismatch::NoWitness),
            Some((_, said)) => said.mismatch(loaded, reader)?,
        };
        let unnamed = had.filter(|path| named.is_none_or(|(named, _)| named != *path));
        match (by_named, unnamed.map(Witness::at)) {
            (None, Some(Ok(said @ Witness::Says(_)))) => said.mismatch(loaded, reader),
            (by_named, _) => Ok(by_named),
        }
    }
}

impl Store {
    /// Says in the witnesses which mirror this is and how far it has come.
    pub fn write_witness(&mut self) -> Result<(), Failure> {
        // No witness was written of it yet.
        if self.reading(|connection| value(connection, "SELECT name IS NULL FROM mirror", []))? {
            self.writing(LOCK_TIMEOUT, None, |transaction| name(transaction))?;
        }
        let statement = self.reading(Statement::of)?;
        statement.write(&self.path, &path_of(&self.path))?;
        let second = self.second_witness.as_deref();
        second.map_or(Ok(()), |second| statement.write(&self.path, second))?;
        let second = second.map(|path| path.to_string_lossy().into_owned());
        if self.reading(second_witness)? == second {
            return Ok(());
        }
        // Remembered, so that it is missed there.
        let set = "UPDATE mirror SET second_witness = ?1";
        self.writing(LOCK_TIMEOUT, None, |transaction| Ok(transaction.execute(set, [second]).map(drop)?))
    }
}

/// The mirror as a run left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Statement {
    /// The mirror's random name.
    mirror: String,
    /// The newest run in its log: its number, which another run may have in a copy, and its random token.
    run: i64,
    token: String,
    reached: Reached,
}

/// How far a run had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Reached {
    Began,
    /// Its feed is the mirror's, and is about to set out.
    Intended,
    Ended,
}

/// The same in SQL, as 0, 1 and 2.
const REACHED: &str = "(people IS NOT NULL) + (finished_at IS NOT NULL)";

/// A new name, which no copy of it has.
pub(super) fn name(connection: &Connection) -> Result<(), Error> {
    connection.execute("UPDATE mirror SET name = lower(hex(randomblob(16)))", [])?;
    Ok(())
}

/// Where the witness of a mirror stands.
pub fn path_of(mirror: &Path) -> PathBuf {
    beside(mirror, WITNESS)
}

impl Witness {
    pub(super) fn read(mirror: &Path) -> Result<Self, Failure> {
        Self::at(&path_of(mirror))
    }

    fn at(path: &Path) -> Result<Self, Failure> {
        match fs::read(path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).map_or(Self::Unreadable, Self::Says)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::Missing),
            Err(error) => Err(failed("read", path, &error)),
        }
    }

    /// What is the matter with a mirror, if anything is. `reader` is where it was loaded from.
    pub(super) fn mismatch(&self, loaded: &Loaded, reader: &Reader) -> Result<Option<MirrorMismatch>, Failure> {
        let Loaded { mirror, mark: _, name, second_witness: _ } = loaded;
        let testimony = match self {
            Self::Missing => Testimony::Missing,
            Self::Unreadable => Testimony::Unreadable,
            Self::Says(statement) => reader.reading(|connection| statement.compared_with(connection))?,
        };
        let people = mirror.feed.people.employees().len();
        let age = if mirror.is_new() { Age::New } else { Age::Used };
        let lineage = Lineage { name: name.as_deref(), age, people };
        Ok(MirrorMismatch::between(testimony, lineage))
    }
}

impl Statement {
    pub(super) fn of(connection: &Connection) -> Result<Self, Error> {
        let newest = format!("SELECT name, runs.id, token, {REACHED} FROM mirror, runs ORDER BY runs.id DESC LIMIT 1");
        Ok(connection.query_row(&newest, [], |row| {
            let reached = match row.get(3)? {
                0 => Reached::Began,
                1 => Reached::Intended,
                _ => Reached::Ended,
            };
            Ok(Self { mirror: row.get(0)?, run: row.get(1)?, token: row.get(2)?, reached })
        })?)
    }

    fn compared_with(&self, connection: &Connection) -> Result<Testimony<'_>, Error> {
        let Self { mirror, run, token, reached } = self;
        let past = format!(
            "SELECT EXISTS (SELECT 1 FROM runs WHERE id = ?1 AND token = ?2 AND {REACHED} >= ?3),
                    coalesce((SELECT people FROM runs WHERE exit_code = 0 OR applied ORDER BY id DESC LIMIT 1), 0)"
        );
        Ok(connection.query_row(&past, (run, token, *reached as u8), |row| {
            let log = if row.get(0)? { Log::HasTheRun } else { Log::LacksTheRun };
            Ok(Testimony::Names { mirror, log, people_left: row.get(1)? })
        })?)
    }

    /// Whoever owns the mirror owns its witnesses, because root works for a service too.
    pub(super) fn write(&self, mirror: &Path, path: &Path) -> Result<(), Failure> {
        if matches!(Witness::at(path), Ok(Witness::Says(statement)) if statement == *self) {
            return Ok(());
        }
        let written = || -> io::Result<()> {
            let owner = fs::metadata(mirror)?;
            let mut text = serde_json::to_vec(self)?;
            text.push(b'\n');
            replace::file(path, &text, |new| {
                if new.metadata()?.uid() != owner.uid() {
                    fchown(new, Some(owner.uid()), None)?;
                }
                // The user of a service changes: elsewhere than beside the mirror, its group reads it.
                replace::open_to_group_of_folder(new, path)?;
                new.sync_all()
            })
        };
        written().map_err(|error| failed("write", path, &error))
    }
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Failure {
    let exit = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Exit::Rejected,
        _ => Exit::Unavailable,
    };
    Failure::new(exit, format!("cannot {what} the mirror's witness {}: {error}", path.display()))
        .hint("check the rights of the file and its folder, and the disk")
}
