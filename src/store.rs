//! The mirror on disk: one SQLite file with the feed that was last decided, who has it, and how every run went.
//!
//! Its law: what is loaded after a plan was applied is what that plan gives in memory. The open transaction is the run lock:
//! fetch first, then [`Store::begin`], apply, deliver, and commit; whatever happens before the commit leaves the old state.
//! It refuses, without changing a byte, every file that is not a mirror or comes from a newer version, and whoever loads
//! first, as every run does, writes nothing into one that is damaged where decisions rest on it. It applies nothing that the
//! guard did not approve, and forgets no identity.

mod apply;
pub mod beside;
mod check;
mod deliveries;
mod error;
mod file;
mod journal;
mod load;
mod lock;
mod moment;
mod names;
mod notified;
mod person_history;
mod retention;
mod runs;
mod scopes;
mod witness;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use crate::exit::{Exit, Failure};
use crate::history::{Biography, Run, RunEnd, RunId, RunRecord, Standing};
use crate::roster::guard::{Delivery, Ends, LeftFile, PastRemoval};
use crate::roster::plan::{Counts, PlanDigest};
use crate::roster::policy::Query;

pub use apply::Applying;
pub use load::{Loaded, Mark};
pub use lock::{Patience, RunLock};
pub use runs::Departure;
pub use witness::{Witness, path_of as witness_of};

use error::Error;

/// How long a run waits for another writer before it steps aside: as long as a run log entry takes, not an upload.
const LOCK_TIMEOUT: Duration = Duration::from_millis(500);
/// How long the end of a run waits to be recorded while another run applies its plan.
const LOG_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a commit waits for readers to leave: it may stand after an upload.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(30);

/// A mirror opened for looking only, also while a run is at work: writes nothing, creates nothing.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    path: PathBuf,
}

/// A mirror opened for a run: reads as a [`Reader`] does, and writes.
#[derive(Debug)]
pub struct Store {
    reader: Reader,
}

impl Reader {
    /// None where there is no mirror yet.
    pub fn existing(path: &Path) -> Result<Option<Self>, Failure> {
        let connection = file::read(path).map_err(|trouble| trouble.told(path))?;
        Ok(connection.map(|connection| Self { connection, path: path.to_owned() }))
    }

    /// An empty one, in memory, where there is no mirror yet.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        if let Some(existing) = Self::existing(path)? {
            return Ok(existing);
        }
        let connection = file::empty().map_err(|trouble| trouble.told(path))?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Reads the whole mirror at one moment. Refuses one that is damaged, so a run loads before it writes.
    pub fn load(&self) -> Result<Loaded, Failure> {
        self.reading(load::load)
    }

    /// The run that is in progress, as far as can be seen from here.
    pub fn in_progress(&self) -> Result<Option<Run>, Failure> {
        self.reading(|connection| runs::in_progress(connection, None))
    }

    /// The newest run of the log.
    pub fn latest_run(&self) -> Result<Option<RunId>, Failure> {
        Ok(self.runs(1)?.pop().map(|run| run.id))
    }

    /// Refuses a mirror that is damaged where decisions rest on it, as [`Reader::load`] does.
    pub fn check(&self) -> Result<(), Failure> {
        self.reading(check::decisive)
    }

    /// How it stands, read at one moment.
    pub fn standing(&self) -> Result<Standing, Failure> {
        self.reading(runs::standing)
    }

    /// The newest run whose plan was held under this digest: what a person who approves it has reviewed.
    pub fn held(&self, digest: &PlanDigest) -> Result<Option<Run>, Failure> {
        self.reading(|connection| runs::held(connection, digest))
    }

    /// The newest runs of the log, newest first.
    pub fn runs(&self, most: u32) -> Result<Vec<Run>, Failure> {
        self.reading(|connection| runs::latest(connection, most))
    }

    /// One run of the log.
    pub fn run(&self, run: RunId) -> Result<Option<Run>, Failure> {
        self.reading(|connection| runs::run(connection, run))
    }

    /// The syncs that ended before this one did, in the order of their ends: all since the last one in step or the last one of
    /// which people were told, whichever is longer ago.
    pub fn ended_before(&self, run: RunId) -> Result<Vec<Run>, Failure> {
        self.reading(|connection| notified::ended_before(connection, run))
    }

    /// One run with everything it changed.
    pub fn record(&self, run: RunId) -> Result<Option<RunRecord>, Failure> {
        self.reading(|connection| {
            let Some(found) = runs::run(connection, run)? else { return Ok(None) };
            Ok(Some(RunRecord { run: found, entries: journal::changes_of(connection, run)? }))
        })
    }

    /// Everything that ever happened to whoever has this id, has or had this address, or is or was called so, as far as the
    /// mirror or its journal still knows: nobody where nobody is known.
    pub fn biographies(&self, query: &Query) -> Result<Vec<Biography>, Failure> {
        self.reading(|connection| person_history::of(connection, query))
    }

    /// What the last delivery left at a destination; none where nothing was ever delivered there.
    pub fn delivery(&self, destination: &str) -> Result<Option<Delivery>, Failure> {
        let all = self.reading(deliveries::all)?;
        Ok(all.into_iter().find(|delivery| delivery.destination == destination))
    }

    /// Every file that may stand at a destination because of this program: what the last delivery left, and what runs set out
    /// with since that did not come to their end.
    pub fn left_at(&self, destination: &str) -> Result<Vec<LeftFile>, Failure> {
        self.reading(|connection| deliveries::left_at(connection, destination))
    }

    /// Plans that a person approved since the last success and that were not carried out: their deliveries did not arrive.
    pub fn unspent_approvals(&self) -> Result<BTreeSet<PlanDigest>, Failure> {
        self.reading(runs::unspent_approvals)
    }

    /// Everybody who was removed since then and is still out.
    pub fn removals(&self, since: DateTime<Utc>) -> Result<Vec<PastRemoval>, Failure> {
        self.reading(|connection| runs::removals(connection, since))
    }

    /// When runs in step ended.
    pub fn ends(&self) -> Result<Ends, Failure> {
        self.reading(runs::ends)
    }

    /// Steps aside (exit 75) where a run came in between since `mark` was loaded: what was loaded and what was looked at since
    /// would not be of one moment.
    pub fn refuse_stale(&self, mark: &Mark) -> Result<(), Failure> {
        self.reading(|connection| refuse_stale(connection, RunId(0), mark))
    }

    /// The most people one applied run ever removed.
    pub fn largest_removal(&self) -> Result<u64, Failure> {
        self.reading(runs::largest_removal)
    }

    /// What all applied runs changed together.
    pub fn totals(&self) -> Result<Counts, Failure> {
        self.reading(runs::totals)
    }

    fn reading<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Failure> {
        let consistently = || {
            let transaction = self.connection.unchecked_transaction()?;
            let result = read(&transaction)?;
            transaction.finish()?;
            Ok(result)
        };
        consistently().map_err(|trouble: Error| trouble.told(&self.path))
    }
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

impl AsRef<Reader> for Reader {
    fn as_ref(&self) -> &Reader {
        self
    }
}

impl Store {
    /// Opens the mirror for a run. Creates it where it is missing (file 0600, folder 0700) and brings an older schema up to
    /// date.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let connection = file::open(path).map_err(|trouble| trouble.told(path))?;
        Ok(Self { reader: Reader { connection, path: path.to_owned() } })
    }

    /// Says in the witness which mirror this is and how far it has come.
    pub fn write_witness(&mut self) -> Result<(), Failure> {
        if self.reading(witness::is_unnamed)? {
            self.writing(LOCK_TIMEOUT, None, |transaction| witness::name(transaction))?;
        }
        self.reading(witness::Statement::of)?.write(&self.path)
    }

    /// Whose people these are from now on, because `connect` proved it.
    pub fn set_account(&mut self, account: &str) -> Result<(), Failure> {
        self.writing(LOCK_TIMEOUT, None, |transaction| {
            transaction.execute("UPDATE mirror SET account = ?1 WHERE account IS NOT ?1", [account])?;
            Ok(())
        })
    }

    /// Names stand for nothing any more: the next run looks them up.
    pub fn forget_names(&mut self) -> Result<(), Failure> {
        self.writing(LOCK_TIMEOUT, None, |transaction| {
            transaction.execute("DELETE FROM names", [])?;
            Ok(())
        })
    }

    /// Enters a run into the log, so that others can see it and a crash leaves a trace.
    pub fn start_run(&mut self, command: &str, started_at: DateTime<Utc>) -> Result<RunId, Failure> {
        self.writing(LOCK_TIMEOUT, None, |transaction| {
            transaction.execute(
                "INSERT INTO runs (command, started_at, pid) VALUES (?1, ?2, ?3)",
                params![command, moment::timestamp(started_at), std::process::id()],
            )?;
            Ok(RunId(transaction.last_insert_rowid()))
        })
    }

    /// Notes who named the digest of a plan in this run.
    pub fn set_approver(&mut self, run: RunId, user: &str) -> Result<(), Failure> {
        self.writing(LOCK_TIMEOUT, Some(run), |transaction| {
            transaction.execute("UPDATE runs SET approved_user = ?2 WHERE id = ?1", (run.0, user))?;
            Ok(())
        })
    }

    /// Takes the transaction, which guarantees that one run at a time writes. Steps aside (exit 75) where another run holds
    /// it, or where one came in between since `mark` was loaded, because the plan would then rest on a state that is gone.
    pub fn begin(&mut self, run: RunId, mark: &Mark) -> Result<Applying<'_>, Failure> {
        let Reader { connection, path } = &self.reader;
        let locked = || {
            let transaction = lock(connection, LOCK_TIMEOUT, Some(run))?;
            refuse_stale(&transaction, run, mark)?;
            Applying::new(transaction, path, run)
        };
        locked().map_err(|trouble| trouble.told(path))
    }

    /// Records the end of a run that failed, was held or had nothing to change. Writes nothing but the run's own row.
    pub fn finish_run(&mut self, run: RunId, end: &RunEnd) -> Result<(), Failure> {
        self.writing(LOG_TIMEOUT, Some(run), |transaction| runs::finish(transaction, run, end))
    }

    /// Notes what people were told of a run by mail.
    pub fn set_notified(&mut self, run: RunId, what: &str) -> Result<(), Failure> {
        self.writing(LOG_TIMEOUT, Some(run), |transaction| notified::set(transaction, run, what))
    }

    /// Notes, to last even if the run does not, with what it sets out for a destination and which approval it uses. Steps aside
    /// as [`Store::begin`] does, which comes next.
    pub fn set_out(&mut self, run: RunId, mark: &Mark, departure: &Departure<'_>) -> Result<(), Failure> {
        self.writing(LOCK_TIMEOUT, Some(run), |transaction| {
            refuse_stale(transaction, run, mark)?;
            runs::set_out(transaction, run, departure)
        })
    }

    fn writing<T>(
        &mut self,
        wait: Duration,
        own: Option<RunId>,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let Reader { connection, path } = &self.reader;
        let recorded = || {
            let transaction = lock(connection, wait, own)?;
            let result = write(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        recorded().map_err(|trouble: Error| trouble.told(path))
    }
}

/// Begins to write, or tells which run is in the way. Readers are no obstacle before the commit.
fn lock<'s>(connection: &'s Connection, wait: Duration, own: Option<RunId>) -> Result<Transaction<'s>, Error> {
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
fn refuse_stale(connection: &Connection, run: RunId, mark: &Mark) -> Result<(), Error> {
    if load::mark(connection)? == *mark {
        return Ok(());
    }
    Err(Error::Told(came_first(runs::latest_in_step(connection, run)?.as_ref())))
}

/// What a run says that another one keeps from its work.
fn step_aside(run: &Run) -> Failure {
    Failure::new(Exit::Unavailable, format!("another run is in progress: {run}"))
        .hint("wait until it is over; how it stands: honestly-sync status")
}

fn came_first(run: Option<&Run>) -> Failure {
    let which = run.map_or_else(|| "another run".to_owned(), Run::to_string);
    Failure::new(Exit::Unavailable, format!("{which} changed the mirror while this run was reading Personio"))
        .hint("nothing was written; the next run starts from the new state")
}
