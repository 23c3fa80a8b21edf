//! Who went, and who became somebody else, unseen in the days before a plan: limits count what passes unseen, and small sums add up.

use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

use crate::roster::decide::reasons::{Absence, Reason};
use crate::roster::model::record::EmployeeId;
use crate::roster::voice::{Told, Voice, tell};

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

    /// `, after 4 who were removed since 3 November 2026`, or nothing.
    pub(super) fn told(&self, voice: Voice<'_>, people: usize) -> String {
        let Some(since) = self.since.filter(|_| people > 0) else { return String::new() };
        let were = voice.agreeing(people, ["was", "were"], ["wurde", "wurden"]);
        tell!(
            voice,
            ", and {people} went since {weekday}, {since}",
            ", after {people} who {were} removed since {since}",
            ", nachdem seit dem {since} schon {people} entfernt {were}",
            weekday = since.format("%A"),
            since = voice.day(since),
            people = voice.number(people)
        )
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

impl Told for Removals {
    fn told(&self, voice: Voice<'_>) -> String {
        let of = self.of();
        let would = voice.agreeing(self.now, ["", ""], ["würde", "würden"]);
        let (people, percent) = (voice.people(of), voice.percent(self.sum(), of));
        let Some(since) = self.recent.since.filter(|_| self.recent.removed > 0) else {
            return tell!(
                voice,
                "{now} of {people} ({percent}) would be removed",
                "{now} of {people} ({percent}) would be removed",
                "{now} von {people} ({percent}) {would} entfernt",
                now = voice.number(self.now)
            );
        };
        let were = voice.agreeing(self.recent.removed, ["was", "were"], ["wurde", "wurden"]);
        tell!(
            voice,
            "{now} would be removed, and {before} {were} since {weekday}, {since}: together {sum} of {people} ({percent})",
            "{now} would be removed, and {before} {were} since {since}: together {sum} of {people} ({percent})",
            "{now} {would} entfernt, und {before} {were} es seit dem {since} schon: zusammen {sum} von {people} ({percent})",
            now = voice.people(self.now),
            before = voice.number(self.recent.removed),
            sum = voice.number(self.sum()),
            weekday = since.format("%A"),
            since = voice.day(since)
        )
    }
}
