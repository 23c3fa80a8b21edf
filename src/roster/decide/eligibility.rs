//! Whether one person belongs, without a look at anybody else: dates first, then the status, then the filters.
//!
//! Dates come first because Personio's status lags behind them: a person becomes `active` some time on the first day, and
//! `inactive` at 00:00 UTC after the last day (support article 4405573920285, community thread 3380). A record that contradicts
//! itself decides nothing, and while the clock is in doubt no date decides. `docs/who-is-in.md` says the same in words.

use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveDate;

use crate::roster::decide::notes::Problem;
use crate::roster::decide::reasons::{Filter, Reason};
use crate::roster::model::record::{AttributeKey, Expected, Field, Record, Status, Unreadable, Value};
use crate::roster::model::text::tidy;
use crate::roster::plan::mirror::Presence;
use crate::roster::plan::names::Names;
use crate::roster::plan::scope::Part;
use crate::roster::policy::{OnLeave, Policy, ScopeFilter, Who, WithoutEmail};

/// What day it is where the company is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calendar {
    Known(NaiveDate),
    /// The clock may be wrong: nobody comes, and nobody goes by a date.
    InDoubt,
}

impl Calendar {
    pub fn today(self) -> Option<NaiveDate> {
        match self {
            Self::Known(today) => Some(today),
            Self::InDoubt => None,
        }
    }
}

/// What is known besides the person's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Background {
    pub calendar: Calendar,
    pub presence: Presence,
}

/// Personio changes the status on the day after the last. Somebody who stays `active` for longer may not have left: a profile
/// that was set back to active keeps its old termination date (support article 360001146169). Before the first day it is
/// `onboarding`.
pub const STATUS_FOLLOWS_WITHIN_DAYS: i64 = 7;

/// The verdict about one person alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Eligibility {
    In,
    Out(Reason),
    Unclear(Problem),
}

/// One rule about one person. A single list of rules both decides and explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule<'p> {
    HireDateUnreadable,
    TerminationDateUnreadable,
    LastDayBeforeFirst,
    StatusAfterLastDay,
    StatusBeforeFirstDay,
    FirstDayAhead,
    LastDayPassed,
    FirstDayToday,
    StatusUnreadable,
    Status,
    ClockInDoubt,
    Exclude,
    WithoutEmail,
    Filter(&'p ScopeFilter),
}

/// The question that a rule helps to answer. Whoever is not employed is not asked the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Employed,
    InTime,
    InScope,
}

/// What a rule said about somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepResult {
    /// An earlier rule had decided.
    NotAsked,
    /// It does not apply.
    Silent,
    Says(Eligibility),
}

/// The rules in their order. For each question the first rule that speaks decides; only a rule can put somebody out of scope.
fn rules(policy: &Policy) -> impl Iterator<Item = Rule<'_>> {
    let always = [
        Rule::HireDateUnreadable,
        Rule::TerminationDateUnreadable,
        Rule::LastDayBeforeFirst,
        Rule::StatusAfterLastDay,
        Rule::StatusBeforeFirstDay,
        Rule::FirstDayAhead,
        Rule::LastDayPassed,
        Rule::FirstDayToday,
        Rule::StatusUnreadable,
        Rule::Status,
        Rule::ClockInDoubt,
        Rule::Exclude,
        Rule::WithoutEmail,
    ];
    always.into_iter().chain(policy.filters.iter().map(Rule::Filter))
}

pub fn eligibility(policy: &Policy, background: Background, record: &Record) -> Eligibility {
    walk(policy, background, record, |_, _| {})
}

/// Decides, and returns every rule with its result.
pub fn walk<'p>(
    policy: &'p Policy,
    background: Background,
    record: &Record,
    mut tell: impl FnMut(Rule<'p>, StepResult),
) -> Eligibility {
    let mut answered: Option<Question> = None;
    let mut not_in: Option<Eligibility> = None;
    for rule in rules(policy) {
        if not_in.is_some() || answered == Some(rule.question()) {
            tell(rule, StepResult::NotAsked);
            continue;
        }
        match rule.says(policy, background, record) {
            None => tell(rule, StepResult::Silent),
            Some(said) => {
                tell(rule, StepResult::Says(said.clone()));
                match said {
                    Eligibility::In => answered = Some(rule.question()),
                    Eligibility::Out(_) | Eligibility::Unclear(_) => not_in = Some(said),
                }
            }
        }
    }
    not_in.unwrap_or(Eligibility::In)
}

impl Rule<'_> {
    fn question(self) -> Question {
        self.card().0
    }

    /// One word for machines.
    pub fn kind(self) -> &'static str {
        self.card().1
    }

    /// The question that the rule helps to answer, its kind, and when it applies.
    fn card(self) -> (Question, &'static str, &'static str) {
        use Question::{Employed, InScope, InTime};
        match self {
            Self::HireDateUnreadable => (Employed, "hire_date_unreadable", "hire date cannot be read"),
            Self::TerminationDateUnreadable => {
                (Employed, "termination_date_unreadable", "termination date cannot be read")
            }
            Self::LastDayBeforeFirst => (Employed, "last_day_before_first", "last day is before the first"),
            Self::StatusAfterLastDay => {
                (Employed, "status_after_last_day", "employed by status more than 7 days after the last day")
            }
            Self::StatusBeforeFirstDay => (
                Employed,
                "status_before_first_day",
                "in, and by status not waiting for a first day more than 7 days ahead",
            ),
            Self::FirstDayAhead => (Employed, "first_day_ahead", "first day lies ahead"),
            Self::LastDayPassed => (Employed, "last_day_passed", "last day has passed"),
            Self::FirstDayToday => (Employed, "first_day_today", "first day is today"),
            Self::StatusUnreadable => (Employed, "status_unreadable", "status cannot be read"),
            Self::Status => (Employed, "status", "status decides"),
            Self::ClockInDoubt => (InTime, "clock_in_doubt", "not in yet, and the clock is in doubt"),
            Self::Exclude => (InScope, "exclude", "named in [people] exclude"),
            Self::WithoutEmail => (InScope, "without_email", "without an e-mail address"),
            // The attribute follows.
            Self::Filter(_) => (InScope, "filter", "taken out by the filter on "),
        }
    }

    /// None where it does not apply.
    fn says(self, policy: &Policy, background: Background, record: &Record) -> Option<Eligibility> {
        let Background { calendar, presence } = background;
        let today = calendar.today();
        let first_day = record.hire_date.as_ref().known().copied();
        let last_day = record.termination_date.as_ref().known().copied();
        let days_since = |day: NaiveDate| today.map(|today| (today - day).num_days());
        let is_former = presence != Presence::In
            && record.status == Field::Known(Status::Inactive)
            && last_day.is_none_or(|day| days_since(day).is_none_or(|days| days > 0));
        match self {
            // A former employee who is not in needs no decision.
            Self::HireDateUnreadable | Self::TerminationDateUnreadable | Self::LastDayBeforeFirst if is_former => None,
            Self::HireDateUnreadable => unreadable(record, AttributeKey::HIRE_DATE),
            Self::TerminationDateUnreadable => unreadable(record, AttributeKey::TERMINATION_DATE),
            Self::LastDayBeforeFirst | Self::StatusAfterLastDay if presence == Presence::Departed(last_day) => None,
            Self::LastDayBeforeFirst => last_day
                .filter(|last_day| first_day.is_some_and(|first_day| *last_day < first_day))
                .map(|last_day| Eligibility::Unclear(Problem::LastDayBeforeFirst(last_day))),
            Self::StatusAfterLastDay => last_day
                .filter(|_| matches!(record.status, Field::Known(Status::Active | Status::Leave)))
                .filter(|day| days_since(*day).is_some_and(|days| days > STATUS_FOLLOWS_WITHIN_DAYS))
                .map(|last_day| long_after(policy, record, last_day)),
            // Whoever is not in waits in any case.
            Self::StatusBeforeFirstDay => first_day
                .filter(|_| presence == Presence::In)
                .filter(|_| !matches!(record.status, Field::Known(Status::Onboarding | Status::Inactive)))
                .filter(|day| days_since(*day).is_some_and(|days| -days > STATUS_FOLLOWS_WITHIN_DAYS))
                .map(|first_day| Eligibility::Unclear(Problem::StatusBeforeFirstDay(first_day))),
            Self::FirstDayAhead => first_day
                .filter(|day| today.is_some_and(|today| *day > today))
                .map(|day| Eligibility::Out(Reason::NotYet(Some(day)))),
            Self::LastDayPassed => last_day
                .filter(|day| today.is_some_and(|today| *day < today))
                .map(|day| Eligibility::Out(Reason::LastDayPassed(day))),
            Self::FirstDayToday => starts_today(calendar, record).then_some(Eligibility::In),
            Self::StatusUnreadable => unreadable(record, AttributeKey::STATUS),
            Self::Status => Some(by_status(policy, record, first_day, last_day)),
            Self::ClockInDoubt => (calendar == Calendar::InDoubt && presence != Presence::In)
                .then_some(Eligibility::Out(Reason::ClockInDoubt)),
            Self::WithoutEmail => {
                let is_left_out = policy.without_email == WithoutEmail::LeaveOut
                    && presence != Presence::In
                    && has_no_address(record);
                is_left_out.then_some(Eligibility::Out(Reason::OutOfScope(Filter::WithoutEmail)))
            }
            Self::Exclude => {
                is_excluded(policy, record).then_some(Eligibility::Out(Reason::OutOfScope(Filter::Exclude)))
            }
            Self::Filter(filter) => out_by(filter, &policy.names, record),
        }
    }
}

impl fmt::Display for Rule<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.card().2)?;
        if let Self::Filter(filter) = self {
            filter.attribute.fmt(f)?;
        }
        Ok(())
    }
}

fn unreadable(record: &Record, key: &str) -> Option<Eligibility> {
    let found = record.unreadable.iter().find(|unreadable| unreadable.attribute.as_str() == key);
    found.map(|unreadable| Eligibility::Unclear(Problem::Unreadable(unreadable.clone())))
}

fn starts_today(calendar: Calendar, record: &Record) -> bool {
    record.hire_date.as_ref().known().is_some_and(|first_day| calendar == Calendar::Known(*first_day))
}

/// An address excludes whoever it stands for, else whoever has it.
fn is_excluded(policy: &Policy, record: &Record) -> bool {
    let address = record.email.as_ref().known().map(|email| Who::of_address(email));
    policy.exclude.iter().any(|(who, people)| match who {
        Who::Id(id) => *id == record.id,
        Who::Email(_) if people.is_empty() => address.as_ref() == Some(who),
        Who::Email(_) => people.contains(&record.id),
    })
}

/// By which parts of the scope nobody could judge somebody who is in. Whatever else cannot be read makes them undecided.
pub fn unjudged(calendar: Calendar, record: &Record) -> BTreeSet<Part> {
    let status = starts_today(calendar, record).then_some(Part::Status);
    let dates = (calendar == Calendar::InDoubt).then_some(Part::Dates);
    let address = has_no_address(record).then_some(Part::ExcludedAddresses);
    status.into_iter().chain(dates).chain(address).collect()
}

/// Whether Personio states that there is no address. A withheld or unreadable address is not such a statement.
pub fn has_no_address(record: &Record) -> bool {
    match &record.email {
        Field::Blank => true,
        Field::Known(text) => tidy(text).is_empty(),
        Field::Withheld => false,
    }
}

/// Long after the last day, of somebody who is employed by their status.
fn long_after(policy: &Policy, record: &Record, last_day: NaiveDate) -> Eligibility {
    match by_status(policy, record, None, Some(last_day)) {
        Eligibility::In => Eligibility::Unclear(Problem::StatusAfterLastDay(last_day)),
        on_leave @ (Eligibility::Out(_) | Eligibility::Unclear(_)) => on_leave,
    }
}

fn by_status(
    policy: &Policy,
    record: &Record,
    first_day: Option<NaiveDate>,
    last_day: Option<NaiveDate>,
) -> Eligibility {
    match &record.status {
        // A credential without the status decides by dates alone.
        Field::Withheld => Eligibility::In,
        Field::Blank => Eligibility::Unclear(Problem::Missing(AttributeKey::new(AttributeKey::STATUS))),
        Field::Known(Status::Active) => Eligibility::In,
        Field::Known(Status::Leave) => match policy.on_leave {
            OnLeave::Remove => Eligibility::Out(Reason::OnLeave),
            OnLeave::Keep => Eligibility::In,
        },
        // A last day of today or later beats an `inactive` status that was set too early.
        Field::Known(Status::Inactive) if last_day.is_some() => Eligibility::In,
        Field::Known(Status::Inactive) => Eligibility::Out(Reason::Inactive),
        Field::Known(Status::Onboarding) if first_day.is_some() => Eligibility::In,
        Field::Known(Status::Onboarding) => Eligibility::Out(Reason::NotYet(None)),
        Field::Known(Status::Other(status)) => Eligibility::Unclear(Problem::UnknownStatus(status.clone())),
    }
}

fn out_by(filter: &ScopeFilter, names: &Names, record: &Record) -> Option<Eligibility> {
    let key = &filter.attribute;
    let out = || Eligibility::Out(Reason::OutOfScope(Filter::Attribute(key.clone())));
    let is_allowed = |value: &Value| names.of(key, value).any(|name| filter.allowed.contains(&*name));
    match record.attributes.get(key.as_str()) {
        Field::Withheld => Some(Eligibility::Unclear(Problem::FilterWithheld(key.clone()))),
        Field::Known(values) if values.iter().any(is_allowed) => None,
        Field::Known(values) => Some(match values.iter().find_map(|value| what_is_missing(filter, names, value)) {
            Some(expected) => {
                Eligibility::Unclear(Problem::Unreadable(Unreadable { attribute: key.clone(), expected }))
            }
            None => out(),
        }),
        Field::Blank => Some(out()),
    }
}

/// What would tell whether a value that is not known to be allowed is one.
fn what_is_missing(filter: &ScopeFilter, names: &Names, value: &Value) -> Option<Expected> {
    let is_known = |name: &String| names.ids(&filter.attribute, name).is_some();
    match value.id {
        // It may be one that has another name now.
        None => filter.allowed.iter().any(is_known).then_some(Expected::ValueWithId),
        // It may be one whose id is not known yet.
        Some(_) if tidy(&value.text).is_empty() => {
            (!filter.allowed.iter().all(is_known)).then_some(Expected::NamedObject)
        }
        Some(_) => None,
    }
}

/// Whether somebody has left, as far as they themselves can say.
pub fn has_left(policy: &Policy, background: Background, record: &Record) -> bool {
    match eligibility(policy, background, record) {
        Eligibility::Out(Reason::LastDayPassed(_) | Reason::Inactive) => true,
        Eligibility::In | Eligibility::Out(_) | Eligibility::Unclear(_) => false,
    }
}

#[cfg(test)]
mod tests;
