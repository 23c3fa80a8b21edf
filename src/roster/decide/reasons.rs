//! Why somebody does not belong in Honestly. Reasons carry dates and attribute keys, never names: they go to logs and mails.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::roster::model::record::AttributeKey;

/// Why somebody does not belong in Honestly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", content = "facts", rename_all = "snake_case")]
pub enum Reason {
    /// Has not started; the first day, if Personio states it.
    NotYet(Option<NaiveDate>),
    /// The termination date, which is the last day, has passed.
    LastDayPassed(NaiveDate),
    /// Personio's status is `inactive`.
    Inactive,
    /// Personio's status is `leave`, and the policy removes people on leave.
    OnLeave,
    /// Not in a complete listing any more.
    Absent(Absence),
    /// Taken out by a filter of the configuration. It says nothing about the person.
    OutOfScope(Filter),
    /// Not in, and nobody is added while this machine's clock is in doubt.
    ClockInDoubt,
}

/// What is known of somebody who is missing from a complete listing. If Personio still knows them by id, they are not absent
/// but in doubt, and doubt keeps people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// Personio answered 404 for their id, and in the same run knew a listed person by id.
    Gone,
    /// Not asked for, because enough others were, and more are missing than may vanish unseen. The guard holds such a plan.
    NotAsked,
    /// Was in Honestly before the first sync, and never had a profile at Personio. The guard holds such a plan.
    NeverThere,
}

/// The filter that took somebody out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// `[people] exclude`
    Exclude,
    /// `[people] without_email`
    WithoutEmail,
    /// `[people] employment_types`, `departments`, `offices` or `subcompanies`: the attribute it looks at.
    Attribute(AttributeKey),
}

impl Reason {
    /// The last day, where it has passed.
    pub fn last_day(&self) -> Option<NaiveDate> {
        match self {
            Self::LastDayPassed(day) => Some(*day),
            Self::NotYet(_)
            | Self::Inactive
            | Self::OnLeave
            | Self::Absent(_)
            | Self::OutOfScope(_)
            | Self::ClockInDoubt => None,
        }
    }

    /// Whether whoever approved a removal for one of them has seen what the other one says.
    pub fn is_of_one_kind_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::OutOfScope(one), Self::OutOfScope(other)) => one == other,
            (one, other) => one.kind() == other.kind(),
        }
    }

    /// One word for machines.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotYet(_) => "not_yet",
            Self::LastDayPassed(_) | Self::Inactive => "left",
            Self::OnLeave => "on_leave",
            Self::Absent(_) => "absent",
            Self::OutOfScope(_) => "out_of_scope",
            Self::ClockInDoubt => "clock_in_doubt",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet(Some(day)) => write!(f, "starts on {day}"),
            Self::NotYet(None) => f.write_str("has not started"),
            Self::LastDayPassed(day) => write!(f, "left, last day {day}"),
            Self::Inactive => f.write_str("left, status inactive"),
            Self::OnLeave => f.write_str("on leave"),
            Self::Absent(Absence::Gone) => f.write_str("not at Personio any more"),
            Self::Absent(Absence::NeverThere) => f.write_str("in Honestly before, without a profile at Personio"),
            Self::Absent(Absence::NotAsked) => f.write_str("missing from Personio's listing, not confirmed"),
            Self::OutOfScope(Filter::Exclude) => f.write_str("out of scope: named in [people] exclude"),
            Self::OutOfScope(Filter::WithoutEmail) => {
                f.write_str("out of scope: without an e-mail address ([people] without_email)")
            }
            Self::ClockInDoubt => f.write_str("not in, and this machine's clock is in doubt"),
            Self::OutOfScope(Filter::Attribute(key)) => write!(f, "out of scope: filter on {key}"),
        }
    }
}
