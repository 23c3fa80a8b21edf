//! Who went, and who became somebody else, unseen in the days before a plan: limits count what passes unseen, and small sums add up.

use std::fmt;

use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

use super::limit::percent;
use crate::roster::decide::reasons::{Absence, Reason};
use crate::roster::model::record::EmployeeId;

/// How far back removals count, and what people were.
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

/// What somebody was within [`WINDOW`], where that was sent otherwise since and no plan that a person approved showed that they
/// become somebody else. None where it did not change; of somebody who went, where it is erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Former {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub email: Option<String>,
}

/// How many people went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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

/// How many people a plan removes, and how many were removed in the days before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Removals {
    pub now: usize,
    pub recent: Recent,
    /// In the mirror before the plan.
    pub mirrored: usize,
}

impl Removals {
    pub(super) fn sum(&self) -> usize {
        self.now + self.recent.removed
    }

    /// The size of the company when the first of them went.
    pub(super) fn of(&self) -> usize {
        self.mirrored + self.recent.removed
    }
}

impl fmt::Display for Removals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (now, of) = (self.now, self.of());
        write!(f, "{now} of {of} people ({} %) would be removed", percent(self.sum(), of))?;
        self.recent.write(f, self.recent.removed)
    }
}
