//! Applying an approved plan in one transaction, which is the run lock.
//!
//! Where a write meets another mirror than the one the plan was made from, the whole transaction goes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::NaiveDate;
use rusqlite::{Transaction, params};

use super::error::Error;
use super::journal::Journal;
use super::rows::{Json, ids};
use super::writer::Writer;
use super::{held, load, runs, undo, witness};
use crate::exit::Failure;
use crate::history::{RunEnd, RunId};
use crate::roster::decide::reasons::Reason;
use crate::roster::guard::{Approved, Seen};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::plan::PlanDigest;
use crate::roster::plan::mirror::{Given, Unsettled};
use crate::roster::plan::names::Names;

/// A run that holds the lock. Dropped without [`Applying::commit`], it leaves everything as it was.
#[derive(Debug)]
pub struct Applying<'s> {
    transaction: Transaction<'s>,
    path: &'s Path,
    pub(super) run: RunId,
}

impl<'s> Applying<'s> {
    pub(super) fn new(transaction: Transaction<'s>, path: &'s Path, run: RunId) -> Result<Self, Error> {
        // What counts is the state at the commit: no order of rows suits every plan.
        transaction.pragma_update(None, "defer_foreign_keys", true)?;
        Ok(Self { transaction, path, run })
    }

    pub(super) fn transaction(&self) -> &Transaction<'s> {
        &self.transaction
    }

    /// What is written from here on to [`Applying::intend`] is undone if it is certain that nothing arrived.
    pub fn set_out(&mut self, sent: &Unsettled) -> Result<(), Failure> {
        self.writing(|transaction| {
            load::count_write(transaction)?;
            undo::record(transaction, sent)
        })
    }

    /// No plan of before is for this mirror any more.
    pub fn begin_generation(&mut self) -> Result<(), Failure> {
        self.writing(|transaction| {
            transaction.execute("UPDATE counters SET generations = generations + 1", [])?;
            transaction.execute("UPDATE mirror SET generation = (SELECT generations FROM counters)", [])?;
            load::count_write(transaction)
        })
    }

    /// Writes what the plan changes in the mirror, and its journal. `reasons` says why each removed person goes; `today` is the date on their tombstones.
    pub fn apply(
        &mut self,
        approved: &Approved<'_>,
        reasons: &BTreeMap<EmployeeId, Reason>,
        today: NaiveDate,
    ) -> Result<(), Failure> {
        let (plan, step) = (approved.plan(), approved.from_mirror());
        let changes = !plan.is_empty() || !step.is_empty();
        if changes {
            self.begin_generation()?;
        }
        self.writing(|transaction| {
            if !step.is_empty() {
                Writer::new(transaction, self.run, today)?.write(step, reasons)?;
            }
            if let Some(Seen { besides, went_before, identities }) = approved.seen() {
                // A plan in which people go also shows who went unseen before.
                transaction.execute(
                    "UPDATE identities SET seen = 1 WHERE removed_on IS NOT NULL AND NOT seen AND (removed_run = ?1 OR ?2)
                         AND employee NOT IN (SELECT value FROM json_each(?3))",
                    params![self.run.0, went_before, ids(besides)],
                )?;
                let shown = "UPDATE identities SET shown_run = ?1 WHERE employee IN (SELECT value FROM json_each(?2))";
                transaction.execute(shown, params![self.run.0, ids(identities)])?;
            }
            if changes {
                Journal { transaction, run: self.run }.write(approved, reasons)?;
                runs::set_applied(transaction, self.run, &step.counts())?;
            }
            Ok(())
        })
    }

    /// Who has the mirror's feed from now on.
    pub fn set_given(&mut self, given: &Given) -> Result<(), Failure> {
        let set = "UPDATE mirror SET given = ?1 WHERE given <> ?1";
        self.writing(|transaction| Ok(transaction.execute(set, [Json(given)]).map(drop)?))
    }

    /// Gives the mirror another name: a person let this one pass for the one that the last run left, and every copy of that one
    /// is another mirror from now on. Nobody has its feed. Where that is undone, it is this mirror all the same, and no other plan is
    /// for it.
    pub fn believe(&mut self, approved: &PlanDigest) -> Result<(), Failure> {
        self.set_given(&Given::Nobody)?;
        self.writing(|transaction| {
            held::end_others(transaction, approved)?;
            witness::name(transaction)
        })
    }

    /// Whose people these are, where no run said so before: only `connect` replaces an account, and from here on it has.
    pub fn set_account(&mut self, account: &str) -> Result<(), Failure> {
        let set = "UPDATE mirror SET account = coalesce(account, ?1), replaced = 0 WHERE account IS NULL OR replaced";
        self.remembering(|transaction| Ok(transaction.execute(set, [account])?))
    }

    /// What gives import ids from now on.
    pub fn set_import_id_source(&mut self, source: &str) -> Result<(), Failure> {
        let set = "UPDATE mirror SET import_id_source = ?1 WHERE import_id_source IS NOT ?1";
        self.remembering(|transaction| Ok(transaction.execute(set, [source])?))
    }

    /// Whose address was made here.
    pub fn set_placeholders(&mut self, people: &BTreeSet<EmployeeId>) -> Result<(), Failure> {
        let set = "UPDATE employees SET placeholder = NOT placeholder
                   WHERE placeholder <> (employee IN (SELECT value FROM json_each(?1)))";
        self.remembering(|transaction| Ok(transaction.execute(set, [ids(people)])?))
    }

    /// Whom a line of an adopted file fits by its import id alone.
    pub fn set_unproven(&mut self, people: &BTreeSet<EmployeeId>) -> Result<(), Failure> {
        let set = "UPDATE identities SET unproven = 1 WHERE employee IN (SELECT value FROM json_each(?1))";
        self.remembering(|transaction| Ok(transaction.execute(set, [ids(people)])?))
    }

    /// What can be read, and what names stood for.
    pub fn set_known(&mut self, readable: &BTreeSet<AttributeKey>, names: &Names) -> Result<(), Failure> {
        let set = "UPDATE mirror SET readable = ?1, names = ?2";
        self.remembering(|transaction| Ok(transaction.execute(set, params![Json(readable), Json(names)])?))
    }

    /// The feed is the mirror's from here on, and on its way. `end` is how the run ends where it arrives.
    pub fn intend(self, end: &RunEnd) -> Result<(), Failure> {
        self.writing(|transaction| {
            undo::recorded(transaction)?;
            runs::set_out(transaction, self.run, end)
        })?;
        self.transaction.commit().map_err(|error| Error::from(error).told(self.path))
    }

    /// Records the end of a run that sends nothing, and makes everything since [`Store::begin`](super::Store::begin) last, both or
    /// neither. What was on its way before is no destination's feed any more.
    pub fn commit(self, end: &RunEnd) -> Result<(), Failure> {
        self.writing(|transaction| {
            undo::forget(transaction, self.run)?;
            held::end_before(transaction)?;
            runs::finish(transaction, self.run, end)
        })?;
        self.transaction.commit().map_err(|error| Error::from(error).told(self.path))
    }

    /// Plans that were held over this mirror kept what it remembered: where that changes without a new generation, they do not fit
    /// any more. `write` says how many rows changed.
    pub(super) fn remembering(
        &self,
        write: impl FnOnce(&Transaction<'s>) -> Result<usize, Error>,
    ) -> Result<(), Failure> {
        self.writing(|transaction| if write(transaction)? > 0 { held::end_here(transaction) } else { Ok(()) })
    }

    pub(super) fn writing<T>(&self, write: impl FnOnce(&Transaction<'s>) -> Result<T, Error>) -> Result<T, Failure> {
        write(&self.transaction).map_err(|error| error.told(self.path))
    }
}
