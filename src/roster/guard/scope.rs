//! Whether a removal could have been made by a difference between two scopes: the one under which the person was last decided,
//! and today's.
//!
//! Law: nobody whose removal such a difference could have made goes unheld, in however many runs; a scope that only lets more
//! people in holds nobody's leaving.

use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::roster::decide::eligibility::STATUS_FOLLOWS_WITHIN_DAYS;
use crate::roster::decide::reasons::{Filter, Reason};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::plan::scope::{OnLeave, Scope};

/// Two time zones are never more than this many days apart.
const DAYS_APART: i64 = 2;

/// How far from today a day decides something: itself, and where a status contradicts it.
const DECISIVE: [i64; 2] = [0, STATUS_FOLLOWS_WITHIN_DAYS];

/// One way in which today's scope may have put somebody out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    TimeZone {
        before: String,
        now: String,
    },
    /// People on leave are removed now.
    OnLeave,
    Excluded(EmployeeId),
    /// The fingerprint of an address.
    ExcludedAddress(String),
    NewFilter(AttributeKey),
    /// A filter no longer lets in all that one of its names stood for.
    NarrowerFilter {
        attribute: AttributeKey,
        name: String,
    },
    /// It cannot be read any more, which may hide a doubt.
    Withdrawn(AttributeKey),
    /// It can be read now.
    Released(AttributeKey),
}

/// A person who goes, and why.
#[derive(Debug, Clone, Copy)]
pub(super) struct Removal<'a> {
    pub(super) employee: EmployeeId,
    pub(super) reason: &'a Reason,
    /// The day of this run.
    pub(super) today: NaiveDate,
}

/// The differences that could have made the removal. None: it would also have been made under the scope before.
pub(super) fn differences(before: &Scope, now: &Scope, removal: Removal<'_>) -> BTreeSet<Difference> {
    let Removal { employee, reason, today } = removal;
    let is_near = |day: &NaiveDate| {
        let distance = (*day - today).num_days().abs();
        DECISIVE.iter().any(|decisive| (distance - decisive).abs() <= DAYS_APART)
    };
    let mut found: BTreeSet<Difference> = match reason {
        // Neither the configuration nor a right takes anybody out of the listing.
        Reason::Absent(_) => return BTreeSet::new(),
        Reason::LastDayPassed(day) => zones(before, now)
            .filter(|_| is_near(day))
            .into_iter()
            .chain(released(before, now, &[AttributeKey::STATUS, AttributeKey::TERMINATION_DATE]))
            .collect(),
        Reason::NotYet(day) => zones(before, now)
            .filter(|_| day.as_ref().is_some_and(is_near))
            .into_iter()
            .chain(released(before, now, &[AttributeKey::STATUS, AttributeKey::HIRE_DATE]))
            .collect(),
        Reason::Inactive => released(before, now, &[AttributeKey::STATUS]).collect(),
        Reason::OnLeave => {
            let is_new = before.on_leave == OnLeave::Keep;
            let edited = is_new.then_some(Difference::OnLeave).into_iter();
            edited.chain(released(before, now, &[AttributeKey::STATUS])).collect()
        }
        Reason::OutOfScope(Filter::Exclude) => exclusions(before, now, employee),
        Reason::OutOfScope(Filter::Attribute(attribute)) => narrower(before, now, attribute),
        // These two put out nobody who is in.
        Reason::OutOfScope(Filter::WithoutEmail) | Reason::ClockInDoubt => BTreeSet::new(),
    };
    found.extend(before.readable.difference(&now.readable).cloned().map(Difference::Withdrawn));
    found
}

fn zones(before: &Scope, now: &Scope) -> Option<Difference> {
    let [before, now] = [before, now].map(|scope| scope.timezone.clone());
    (before != now).then_some(Difference::TimeZone { before, now })
}

fn released<'a>(before: &'a Scope, now: &'a Scope, keys: &'a [&str]) -> impl Iterator<Item = Difference> + 'a {
    let released = now.readable.difference(&before.readable).filter(|key| keys.contains(&key.as_str()));
    released.cloned().map(Difference::Released)
}

/// Which address a record had is not known here: any new one may have been theirs.
fn exclusions(before: &Scope, now: &Scope, employee: EmployeeId) -> BTreeSet<Difference> {
    match (before.excluded.contains(&employee), now.excluded.contains(&employee)) {
        (true, true) => BTreeSet::new(),
        (false, true) => BTreeSet::from([Difference::Excluded(employee)]),
        (_, false) => {
            let new = now.excluded_addresses.difference(&before.excluded_addresses);
            new.cloned().map(Difference::ExcludedAddress).collect()
        }
    }
}

/// A name without ids stood for nobody yet or for its text alone: to learn its ids takes nobody out.
fn narrower(before: &Scope, now: &Scope, attribute: &AttributeKey) -> BTreeSet<Difference> {
    let Some(now) = now.filters.get(attribute) else { return BTreeSet::new() };
    let Some(before) = before.filters.get(attribute) else {
        return BTreeSet::from([Difference::NewFilter(attribute.clone())]);
    };
    let ids: BTreeSet<i64> = now.values().flatten().copied().collect();
    let is_let_in = |name: &String, stood_for: &BTreeSet<i64>| match stood_for.is_empty() {
        true => now.contains_key(name),
        false => stood_for.is_subset(&ids),
    };
    let lost = before.iter().filter(|(name, stood_for)| !is_let_in(name, stood_for));
    lost.map(|(name, _)| Difference::NarrowerFilter { attribute: attribute.clone(), name: name.clone() }).collect()
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimeZone { before, now } => write!(f, "the time zone was {before} and is {now}"),
            Self::OnLeave => f.write_str("people on leave are removed now"),
            Self::Excluded(id) => write!(f, "employee {id} is excluded now"),
            Self::ExcludedAddress(fingerprint) => write!(f, "another address is excluded now ({fingerprint})"),
            Self::NewFilter(attribute) => write!(f, "the filter on {attribute} is new"),
            Self::NarrowerFilter { attribute, name } => {
                write!(f, "the filter on {attribute} no longer lets in all that {name:?} stood for")
            }
            Self::Withdrawn(attribute) => write!(f, "{attribute} cannot be read any more"),
            Self::Released(attribute) => write!(f, "{attribute} can be read now"),
        }
    }
}

#[cfg(test)]
mod tests;
