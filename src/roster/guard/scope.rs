//! Whether a removal could have been made by a difference between two scopes: the one under which the person was last decided,
//! and today's.
//!
//! Law: nobody whose removal such a difference could have made goes unheld, in however many runs; a scope that only lets more
//! people in holds nobody's leaving.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::roster::decide::eligibility::STATUS_FOLLOWS_WITHIN_DAYS;
use crate::roster::decide::reasons::{Card, Filter, Reason, Says};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::plan::scope::{OnLeave, Scope};
use crate::roster::voice::{Told, Voice, tell};

/// One way in which today's scope may have put somebody out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// The day of this run in the time zone before and in today's; none where nobody knows that zone any more.
    pub(super) days: [Option<NaiveDate>; 2],
}

/// The differences that could have made the removal. None: it would also have been made under the scope before.
pub(super) fn differences(before: &Scope, now: &Scope, removal: Removal<'_>) -> BTreeSet<Difference> {
    use AttributeKey as Key;
    let Removal { employee, reason, days } = removal;
    // How far past the day it was, and is, that decides.
    let zone = |[was, is]: [Option<i64>; 2]| {
        let was_in = |was| was <= 0 || (may_be_doubted(was) && !is.is_some_and(may_be_doubted));
        let is_made = before.timezone != now.timezone && was.is_none_or(was_in);
        let [before, now] = [before, now].map(|scope| scope.timezone.clone());
        is_made.then_some(Difference::TimeZone { before, now }).into_iter().collect()
    };
    let Card { says, stated_by, doubted_by, .. } = reason.card();
    let mut stating = stated_by;
    let edited: BTreeSet<Difference> = match (says, reason.day()) {
        // Neither the configuration nor a right takes anybody out of the listing; the clock puts out nobody who is in.
        (Says::NoProfile | Says::Nothing, _) => return BTreeSet::new(),
        (Says::Ended, Some(last)) => zone(days.map(|today| Some((today? - last).num_days()))),
        (Says::NotBegun, Some(first)) => {
            let ahead = days.map(|today| Some((first - today?).num_days()));
            if ahead[0].is_none_or(may_be_doubted) {
                stating = &[Key::HIRE_DATE, Key::STATUS];
            }
            zone(ahead)
        }
        (Says::Ended | Says::NotBegun, None) => BTreeSet::new(),
        (Says::OnLeave, _) => (before.on_leave == OnLeave::Keep).then_some(Difference::OnLeave).into_iter().collect(),
        (Says::OutOfScope, _) => match reason.filter() {
            Some(Filter::Exclude) => exclusions(before, now, employee),
            Some(Filter::Attribute(attribute)) => narrower(before, now, attribute),
            Some(Filter::WithoutEmail) | None => BTreeSet::new(),
        },
    };
    let (released, withdrawn) = (missing(before, now, stating), missing(now, before, doubted_by));
    edited.into_iter().chain(released.map(Difference::Released)).chain(withdrawn.map(Difference::Withdrawn)).collect()
}

/// Whether a status may contradict a day that is this far away. One that cannot be read contradicts a first day, and no last one.
fn may_be_doubted(days: i64) -> bool {
    days > STATUS_FOLLOWS_WITHIN_DAYS
}

/// Which of these attributes cannot be read under one scope, but under the other.
fn missing<'a>(one: &'a Scope, other: &'a Scope, keys: &'a [&str]) -> impl Iterator<Item = AttributeKey> + 'a {
    other.readable.difference(&one.readable).filter(|key| keys.contains(&key.as_str())).cloned()
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

impl Told for Difference {
    fn told(&self, voice: Voice<'_>) -> String {
        let named = |attribute| voice.attribute(attribute);
        match self {
            Self::TimeZone { before, now } => tell!(
                voice,
                "the time zone was {before} and is {now}",
                "the time zone was {before} and is {now}",
                "die Zeitzone war {before} und ist {now}"
            ),
            Self::OnLeave => tell!(
                voice,
                "people on leave are removed now",
                "people on leave do not take part any more",
                "wer in Auszeit ist, nimmt nicht mehr teil"
            ),
            Self::Excluded(id) => tell!(
                voice,
                "{who} is excluded now",
                "{who} is excluded now",
                "{who} ist jetzt ausgenommen",
                who = voice.person(*id)
            ),
            Self::ExcludedAddress(fingerprint) => tell!(
                voice,
                "another address is excluded now ({fingerprint})",
                "another address is excluded now",
                "eine weitere Adresse ist jetzt ausgenommen"
            ),
            Self::NewFilter(attribute) => tell!(
                voice,
                "the filter on {attribute} is new",
                "the filter on {attribute} is new",
                "der Filter auf {attribute} ist neu",
                attribute = named(attribute)
            ),
            Self::NarrowerFilter { attribute, name } => tell!(
                voice,
                "the filter on {attribute} no longer lets in all that {name} stood for",
                "the filter on {attribute} no longer lets in all that {name} stood for",
                "der Filter auf {attribute} lässt nicht mehr alles zu, wofür {name} stand",
                attribute = named(attribute),
                name = voice.quoted(name)
            ),
            Self::Withdrawn(attribute) => tell!(
                voice,
                "{attribute} cannot be read any more",
                "{attribute} cannot be read any more",
                "{attribute} ist nicht mehr lesbar",
                attribute = named(attribute)
            ),
            Self::Released(attribute) => tell!(
                voice,
                "{attribute} can be read now",
                "{attribute} can be read now",
                "{attribute} ist jetzt lesbar",
                attribute = named(attribute)
            ),
        }
    }
}

#[cfg(test)]
mod tests;
