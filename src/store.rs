//! The mirror on disk: one SQLite file with the feed that was last decided, who has it, and how every run went.
//!
//! Its law: what is loaded after a plan was applied is what that plan gives in memory. A feed that is to be delivered is the
//! mirror's from the moment before it sets out ([`Applying::intend`]); it is settled when it has arrived, and undone where it is
//! certain that it did not.
//! It refuses, without changing a byte, every file that is not a mirror or comes from a newer version, and whoever loads
//! first, as every run does, writes nothing into one that is damaged where decisions rest on it. It applies nothing that the
//! guard did not approve, and forgets no identity.

mod apply;
pub mod beside;
mod check;
mod deliveries;
mod error;
mod file;
mod held;
mod journal;
mod load;
mod lock;
mod notes;
mod other_files;
mod person_history;
mod reader;
mod rehearsal;
mod removals;
mod retention;
mod rows;
mod runs;
mod scopes;
mod undo;
mod witness;
mod writer;

#[cfg(test)]
mod tests;

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, Params, Transaction, TransactionBehavior};

use crate::exit::{Exit, Failure};
use crate::history::{Run, RunEnd, RunId};
use crate::roster::guard::{Delivery, Settlement};

pub use apply::Applying;
pub use load::{Loaded, Mark};
pub use lock::{Patience, RunLock};
pub use reader::Reader;
pub use rehearsal::Rehearsal;
pub use witness::{Witnesses, path_of as witness_of};

use error::Error;

/// How long a run waits for another writer before it steps aside: as long as a run log entry takes, not an upload.
const LOCK_TIMEOUT: Duration = Duration::from_millis(500);
/// How long the end of a run waits to be recorded while another run applies its plan.
const LOG_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a commit waits for readers to leave: it may stand after an upload.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(30);

/// A mirror opened for a run: reads as a [`Reader`] does, and writes.
#[derive(Debug)]
pub struct Store {
    reader: Reader,
    second_witness: Option<PathBuf>,
}

/// Whoever may write may read.
impl Deref for Store {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl AsRef<Reader> for Store {
    fn as_ref(&self) -> &Reader {
        &self.reader
    }
}

impl Reader {
    /// Steps aside (exit 75) where a run came in between since `mark` was loaded: what was loaded and what was looked at since
    /// would not be of one moment.
    pub fn refuse_stale(&self, mark: &Mark) -> Result<(), Failure> {
        self.reading(|connection| refuse_stale(connection, mark))
    }
}

impl Store {
    /// Opens the mirror for a run. Creates it where it is missing (file 0600, folder 0700) and brings an older schema up to
    /// date.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let connection = file::open(path).map_err(|trouble| trouble.told(path))?;
        Ok(Self { reader: Reader { connection, path: path.to_owned() }, second_witness: None })
    }

    /// The same with a second witness there.
    #[must_use]
    pub fn with_second_witness(self, path: Option<&Path>) -> Self {
        Self { second_witness: path.map(Path::to_owned), ..self }
    }

    /// Whose people these are from now on, because `connect` proved it. No feed on its way is undone any more.
    pub fn set_account(&mut self, account: &str) -> Result<(), Failure> {
        self.writing(LOCK_TIMEOUT, None, |transaction| {
            transaction.execute("UPDATE mirror SET account = ?1 WHERE account IS NOT ?1", [account])?;
            undo::erase(transaction, None)?;
            load::count_write(transaction)
        })
    }

    /// Another company may take the place of the mirror's: nobody of the old one will be listed.
    pub fn replace_company(&mut self, account: &str) -> Result<(), Failure> {
        self.writing(LOCK_TIMEOUT, None, |transaction| {
            // The names of the same account still stand for what they stood for.
            let set = "UPDATE mirror SET replaced = 1, names = iif(account IS NOT ?1, '{}', names)";
            transaction.execute(set, [account])?;
            undo::erase(transaction, None)?;
            load::count_write(transaction)
        })
    }

    /// Takes the transaction, which guarantees that one run at a time writes. Steps aside (exit 75) where another run holds
    /// it, or where one came in between since `mark` was loaded, because the plan would then rest on a state that is gone.
    pub fn begin(&mut self, run: RunId, mark: &Mark) -> Result<Applying<'_>, Failure> {
        let Reader { connection, path } = &self.reader;
        let begun = || {
            let transaction = locked(connection, LOCK_TIMEOUT, Some(run))?;
            refuse_stale(&transaction, mark)?;
            Applying::new(transaction, path, run)
        };
        begun().map_err(|trouble| trouble.told(path))
    }

    /// Notes what a look at a destination told of feeds on their way and of other files. Steps aside as [`Store::begin`] does.
    /// Returns the moment from which the run goes on.
    pub fn resolve(&mut self, run: RunId, mark: &Mark, url: &str, settlement: &Settlement) -> Result<Mark, Failure> {
        let Settlement { settled, undone, sighting } = settlement;
        self.writing(LOCK_TIMEOUT, Some(run), |transaction| {
            refuse_stale(transaction, mark)?;
            while let Some(newest) =
                undo::newest(transaction)?.filter(|newest| undone.is_some_and(|run| newest.0 >= run))
            {
                undo::undo(transaction, newest)?;
                runs::set_undone(transaction, newest)?;
            }
            if let Some((arrived, delivery)) = settled {
                other_files::replaced(transaction, RunId(*arrived), url)?;
                undo::forget(transaction, RunId(*arrived))?;
                deliveries::set(transaction, RunId(*arrived), delivery)?;
                held::end_before(transaction)?;
            }
            runs::note(transaction, run, &settlement.notes())?;
            sighting.as_ref().map_or(Ok(()), |sighting| other_files::note(transaction, run, url, sighting))?;
            load::count_write(transaction)?;
            load::mark(transaction)
        })
    }

    /// The feed that this run sent has arrived: records the run's end with it, where that is not in the log yet.
    pub fn settle(&mut self, run: RunId, delivery: &Delivery, end: Option<&RunEnd>) -> Result<(), Failure> {
        self.writing(COMMIT_TIMEOUT, Some(run), |transaction| {
            refuse_other(transaction, run)?;
            other_files::replaced(transaction, run, &delivery.destination)?;
            undo::forget(transaction, run)?;
            deliveries::set(transaction, run, delivery)?;
            load::count_write(transaction)?;
            held::end_before(transaction)?;
            let Some(end) = end else { return Ok(()) };
            runs::finish(transaction, run, end)
        })
    }

    /// It is certain that the feed that this run sent did not arrive.
    pub fn undo(&mut self, run: RunId) -> Result<(), Failure> {
        self.writing(COMMIT_TIMEOUT, Some(run), |transaction| {
            refuse_other(transaction, run)?;
            if !undo::is_kept(transaction, run)? {
                return Err(Error::Told(came_first(None)));
            }
            undo::undo(transaction, run)?;
            runs::set_undone(transaction, run)?;
            load::count_write(transaction)
        })
    }

    /// One statement by itself.
    fn executing(&mut self, run: RunId, statement: &str, parameters: impl Params) -> Result<(), Failure> {
        self.writing(LOCK_TIMEOUT, Some(run), |transaction| Ok(transaction.execute(statement, parameters).map(drop)?))
    }

    fn writing<T>(
        &mut self,
        wait: Duration,
        own: Option<RunId>,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let Reader { connection, path } = &self.reader;
        let recorded = || {
            let transaction = locked(connection, wait, own)?;
            let result = write(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        recorded().map_err(|trouble: Error| trouble.told(path))
    }
}

/// Begins to write, or tells which run is in the way. Readers are no obstacle before the commit.
fn locked<'s>(connection: &'s Connection, wait: Duration, own: Option<RunId>) -> Result<Transaction<'s>, Error> {
    connection.busy_timeout(wait)?;
    match Transaction::new_unchecked(connection, TransactionBehavior::Immediate) {
        Ok(transaction) => {
            transaction.busy_timeout(COMMIT_TIMEOUT)?;
            Ok(transaction)
        }
        Err(error) => {
            let trouble = Error::from(error);
            let other = if trouble.is_busy() { runs::in_progress(connection, own)? } else { None };
            Err(other.map_or(trouble, |run| Error::Told(step_aside(&run))))
        }
    }
}

/// A plan rests on the state it was made from.
fn refuse_stale(connection: &Connection, mark: &Mark) -> Result<(), Error> {
    let now = load::mark(connection)?;
    if now == *mark {
        return Ok(());
    }
    let first = if now.runs_in_step == mark.runs_in_step { None } else { runs::latest_in_step(connection)? };
    Err(Error::Told(came_first(first.as_ref())))
}

/// Only the last feed that set out is settled or undone by the run that sent it.
fn refuse_other(connection: &Connection, run: RunId) -> Result<(), Error> {
    if undo::newest(connection)? == Some(run) { Ok(()) } else { Err(Error::Told(came_first(None))) }
}

/// What a run says that another one keeps from its work.
fn step_aside(run: &Run) -> Failure {
    Failure::new(Exit::Unavailable, format!("another run is in progress: {run}"))
        .hint("wait until it is over; how it stands: $0 status")
}

fn came_first(run: Option<&Run>) -> Failure {
    let which = run.map_or_else(|| "another run".to_owned(), Run::to_string);
    Failure::new(Exit::Unavailable, format!("{which} changed the mirror while this run was at work"))
        .hint("the next run starts from the new state")
}
