//! Whether one person belongs, looking at nobody else: dates first, then the status, then the filters.
//!
//! Dates come first because Personio's status lags behind them: a person becomes `active` some time on the first day, and
//! `inactive` at 00:00 UTC after the last (support article 4405573920285, community thread 3380).

use chrono::NaiveDate;

use super::policy::{OnLeave, Policy, Who};
use super::record::{AttributeKey, Field, Record, Status};
use super::snapshot::fold;
use super::text::tidy;
use super::verdict::{Filter, Problem, Reason};

/// One person by themself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    In,
    Out(Reason),
    Unclear(Problem),
}

/// The rules in their order; the first that speaks decides.
pub fn standing(policy: &Policy, today: NaiveDate, record: &Record) -> Standing {
    match employed(policy, today, record) {
        Standing::In => in_scope(policy, record),
        out @ (Standing::Out(_) | Standing::Unclear(_)) => out,
    }
}

fn employed(policy: &Policy, today: NaiveDate, record: &Record) -> Standing {
    let unreadable = |key: &str| {
        let found = record.unreadable.iter().find(|unreadable| unreadable.attribute.as_str() == key);
        found.map(|unreadable| Standing::Unclear(Problem::Unreadable(unreadable.clone())))
    };
    if let Some(unclear) = unreadable(AttributeKey::HIRE_DATE).or_else(|| unreadable(AttributeKey::TERMINATION_DATE)) {
        return unclear;
    }
    let first_day = record.hire_date.as_ref().known().copied();
    let last_day = record.termination_date.as_ref().known().copied();
    if let Some(day) = first_day.filter(|day| *day > today) {
        return Standing::Out(Reason::NotYet(Some(day)));
    }
    if let Some(day) = last_day.filter(|day| *day < today) {
        return Standing::Out(Reason::LastDayPassed(day));
    }
    if first_day == Some(today) {
        return Standing::In;
    }
    if let Some(unclear) = unreadable(AttributeKey::STATUS) {
        return unclear;
    }
    match &record.status {
        // A credential without the status decides by dates alone.
        Field::Withheld => Standing::In,
        Field::Blank => Standing::Unclear(Problem::Missing(AttributeKey::new(AttributeKey::STATUS))),
        Field::Known(Status::Active) => Standing::In,
        Field::Known(Status::Leave) => match policy.on_leave {
            OnLeave::Remove => Standing::Out(Reason::OnLeave),
            OnLeave::Keep => Standing::In,
        },
        // A last day that is today or later beats a status that was set ahead of it.
        Field::Known(Status::Inactive) if last_day.is_some() => Standing::In,
        Field::Known(Status::Inactive) => Standing::Out(Reason::Inactive),
        Field::Known(Status::Onboarding) if first_day.is_some() => Standing::In,
        Field::Known(Status::Onboarding) => Standing::Out(Reason::NotYet(None)),
        Field::Known(Status::Other(status)) => Standing::Unclear(Problem::UnknownStatus(status.clone())),
    }
}

fn in_scope(policy: &Policy, record: &Record) -> Standing {
    let address = record.email.as_ref().known().map(|email| fold(email.trim()));
    let excluded = policy.exclude.iter().any(|who| match who {
        Who::Id(id) => *id == record.id,
        Who::Email(email) => Some(email) == address.as_ref(),
    });
    if excluded {
        return Standing::Out(Reason::OutOfScope(Filter::Exclude));
    }
    for filter in &policy.filters {
        match record.attributes.get(filter.attribute.as_str()) {
            Field::Withheld => return Standing::Unclear(Problem::FilterWithheld(filter.attribute.clone())),
            Field::Known(values) if values.iter().any(|value| filter.allowed.contains(&fold(&tidy(&value.text)))) => {}
            Field::Known(_) | Field::Blank => {
                return Standing::Out(Reason::OutOfScope(Filter::Attribute(filter.attribute.clone())));
            }
        }
    }
    Standing::In
}
