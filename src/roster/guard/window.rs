//! Who went unseen in the days before a plan: limits count what passes unseen, and small sums add up.

use std::fmt;

use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

use crate::roster::decide::reasons::{Absence, Reason};
use crate::roster::model::record::EmployeeId;

/// How far back removals count.
pub const WINDOW: TimeDelta = TimeDelta::days(7);

/// One person whom an earlier run removed within [`WINDOW`], and whom no plan that a person approved showed, neither as somebody
/// who goes nor as somebody who went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRemoval {
    pub employee: EmployeeId,
    /// Empty where it is erased by now.
    pub name: String,
    /// The day on the tombstone.
    pub day: NaiveDate,
    pub reason: Reason,
}

/// How many of them there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    pub removed: usize,
    /// Those of them who were no longer listed and were never seen leaving.
    pub vanished: usize,
    /// The day of the first of these removals; none if nobody went.
    pub since: Option<NaiveDate>,
}

impl Recent {
    pub fn of(unseen: &[PastRemoval]) -> Self {
        Self {
            removed: unseen.len(),
            vanished: unseen.iter().filter(|removal| removal.reason == Reason::Absent(Absence::Gone)).count(),
            since: unseen.iter().map(|removal| removal.day).min(),
        }
    }

    /// `, and 2 went since Thursday, 2026-11-19`, or nothing.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, people: usize) -> fmt::Result {
        match self.since {
            Some(since) if people > 0 => write!(f, ", and {people} went since {}", since.format("%A, %Y-%m-%d")),
            Some(_) | None => Ok(()),
        }
    }
}
