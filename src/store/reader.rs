//! A mirror opened for looking only: what can be read of it, each at one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::error::Error;
use super::load::{self, Loaded, Mark};
use super::{deliveries, file, held, journal, other_files, person_history, refuse_stale, removals, runs};
use crate::exit::Failure;
use crate::history::{Biography, Run, RunId, RunLog, RunRecord, Usual};
use crate::roster::decide::clock::Ends;
use crate::roster::guard::{Delivery, Former, HeldPlan, Hold, OtherFile, PastRemoval};
use crate::roster::model::record::EmployeeId;
use crate::roster::plan::PlanDigest;
use crate::roster::policy::Query;

/// A mirror opened for looking only, also while a run is at work: writes nothing, creates nothing.
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
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

    /// A run in progress whose process lives on this machine.
    pub(super) fn living(&self) -> Result<Option<Run>, Failure> {
        self.reading(runs::living)
    }

    /// The newest run of the log.
    pub fn latest_run(&self) -> Result<Option<RunId>, Failure> {
        Ok(self.runs(1)?.pop().map(|run| run.id))
    }

    /// What how things stand is judged by, read at one moment.
    pub fn log(&self) -> Result<RunLog, Failure> {
        self.reading(runs::log)
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

    /// Other files that stood at a destination and that no feed is known to have replaced.
    pub fn other_files(&self, destination: &str) -> Result<Vec<OtherFile>, Failure> {
        self.reading(|connection| other_files::of(connection, destination))
    }

    /// The held plans that may be approved, the one approved last first, then the one told last, each with whether a person approved it in a run that did
    /// not carry it out.
    pub fn holds(&self) -> Result<Vec<(Hold, bool)>, Failure> {
        self.reading(held::all)
    }

    pub fn is_held(&self, digest: &PlanDigest) -> Result<bool, Failure> {
        Ok(self.holds()?.iter().any(|(hold, _)| hold.digest == *digest))
    }

    /// Whether a held plan changes one of these people.
    pub fn held_plan_changes_any(&self, digest: &PlanDigest, people: &BTreeSet<EmployeeId>) -> Result<bool, Failure> {
        self.reading(|connection| held::changes_any(connection, digest, people))
    }

    /// What a held plan would make of the mirror; none where it is kept no longer.
    pub fn held_plan(&self, hold: &Hold) -> Result<Option<HeldPlan>, Failure> {
        self.reading(|connection| held::plan(connection, hold))
    }

    /// Everybody who was removed since then, is still out, and whom nobody saw go.
    pub fn removals(&self, since: DateTime<Utc>) -> Result<Vec<PastRemoval>, Failure> {
        self.reading(|connection| removals::unseen(connection, since))
    }

    /// What people were since then, where it is not what the mirror has and nobody saw them become somebody else.
    pub fn former(&self, since: DateTime<Utc>) -> Result<BTreeMap<EmployeeId, Former>, Failure> {
        self.reading(|connection| removals::former(connection, since))
    }

    /// When runs in step ended.
    pub fn ends(&self) -> Result<Ends, Failure> {
        self.reading(runs::ends)
    }

    /// Steps aside (exit 75) where a run came in between since `mark` was loaded: what was loaded and what was looked at since
    /// would not be of one moment.
    pub fn refuse_stale(&self, mark: &Mark) -> Result<(), Failure> {
        self.reading(|connection| refuse_stale(connection, mark))
    }

    /// How many people were removed at other times.
    pub fn usual(&self, now: DateTime<Utc>) -> Result<Usual, Failure> {
        self.reading(|connection| runs::usual(connection, now))
    }

    pub(super) fn reading<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Failure> {
        let consistently = || {
            let transaction = self.connection.unchecked_transaction()?;
            let result = read(&transaction)?;
            transaction.finish()?;
            Ok(result)
        };
        consistently().map_err(|trouble: Error| trouble.told(&self.path))
    }
}

impl AsRef<Reader> for Reader {
    fn as_ref(&self) -> &Reader {
        self
    }
}
