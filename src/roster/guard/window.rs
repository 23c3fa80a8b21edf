//! Who went unseen in the days before a plan: limits count what passes unseen, and small sums add up.

use std::fmt;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::roster::decide::reasons::{Absence, Reason};

/// How far back removals count.
pub const WINDOW: TimeDelta = TimeDelta::days(7);

/// One person whom an earlier run removed, from the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRemoval {
    /// When the run ended.
    pub at: DateTime<Utc>,
    /// The day on the tombstone.
    pub day: NaiveDate,
    pub reason: Reason,
    pub seen: Seen,
}

/// Whether a person saw that somebody would go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// In a plan that a person approved.
    Approved,
    Unseen,
}

/// Who went in the seven days before without anybody's approval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    pub removed: usize,
    /// Those of them who were no longer listed and were never seen leaving.
    pub vanished: usize,
    /// The day of the first of these removals; none if nobody went.
    pub since: Option<NaiveDate>,
}

impl Recent {
    pub fn of(removals: &[PastRemoval], now: DateTime<Utc>) -> Self {
        let counts = |removal: &&PastRemoval| removal.seen == Seen::Unseen && removal.at >= now - WINDOW;
        let unseen = || removals.iter().filter(counts);
        Self {
            removed: unseen().count(),
            vanished: unseen().filter(|removal| removal.reason == Reason::Absent(Absence::Gone)).count(),
            since: unseen().map(|removal| removal.day).min(),
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
