//! A write that is taken back: what a held plan would make of the mirror, row by row.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use rusqlite::Transaction;

use super::apply::Applying;
use super::error::Error;
use super::writer::Writer;
use super::{LOCK_TIMEOUT, Reader, Store, held, locked, undo};
use crate::exit::Failure;
use crate::history::RunId;
use crate::roster::decide::reasons::Reason;
use crate::roster::guard::{Hold, Proposal};
use crate::roster::model::record::EmployeeId;

/// It has no end but being dropped.
#[derive(Debug)]
pub struct Rehearsal<'s> {
    applying: Applying<'s>,
    run: RunId,
    path: &'s Path,
}

impl<'s> Rehearsal<'s> {
    pub(super) fn new(transaction: Transaction<'s>, path: &'s Path, run: RunId) -> Result<Self, Error> {
        undo::watch(&transaction, run)?;
        Ok(Self { applying: Applying::new(transaction, path, run)?, run, path })
    }

    /// What the plan changes in the mirror; see [`Applying::apply`].
    pub fn write(
        &mut self,
        proposal: &Proposal<'_>,
        reasons: &BTreeMap<EmployeeId, Reason>,
        today: NaiveDate,
    ) -> Result<(), Failure> {
        let write = || Writer::new(self.applying.transaction(), self.run, today)?.write(&proposal.from_mirror, reasons);
        write().map_err(|error: Error| error.told(self.path))
    }

    /// For what else the mirror would hold.
    pub fn rest(&mut self) -> &mut Applying<'s> {
        &mut self.applying
    }

    pub(super) fn images(&self) -> Result<Vec<undo::Image>, Error> {
        undo::changed(self.applying.transaction(), self.run)
    }
}

impl Store {
    /// Keeps a plan that this run holds and tells, as long as a person may approve it. `write` writes what it would make of the
    /// mirror; that is taken back.
    pub fn keep(
        &mut self,
        run: RunId,
        hold: &Hold,
        write: impl FnOnce(&mut Rehearsal<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if self.writing(LOCK_TIMEOUT, Some(run), |transaction| held::told_again(transaction, hold))? {
            return Ok(());
        }
        let Reader { connection, path } = &self.reader;
        let told = |trouble: Error| trouble.told(path);
        let begun = locked(connection, LOCK_TIMEOUT, Some(run)).and_then(|t| Rehearsal::new(t, path, run));
        let mut rehearsal = begun.map_err(told)?;
        write(&mut rehearsal)?;
        let images = rehearsal.images().map_err(told)?;
        drop(rehearsal);
        self.writing(LOCK_TIMEOUT, Some(run), |transaction| held::keep(transaction, run, hold, &images))
    }
}
