//! Why nothing could be decided about somebody, as facts with their sentence.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::roster::decide::absences::Doubt;
use crate::roster::model::record::{AttributeKey, EmployeeId, Unreadable, by_id};
use crate::roster::model::snapshot::LONGEST_VALUE;

/// Why nothing could be decided about somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", content = "facts", rename_all = "snake_case")]
pub enum Problem {
    Missing(AttributeKey),
    /// A field that decides is missing in this record, while others have it.
    NotSent(AttributeKey),
    Unreadable(Unreadable),
    NotAnAddress,
    /// The placeholder address cannot be made, because the import id is no valid local part.
    NoLocalPart,
    /// The record contradicts itself: a last day before the first.
    LastDayBeforeFirst(NaiveDate),
    /// The record contradicts itself: employed by status long after this last day.
    StatusAfterLastDay(NaiveDate),
    /// The record of somebody who is in contradicts itself: a status of work, or none, long before this first day.
    StatusBeforeFirstDay(NaiveDate),
    /// More characters than Honestly takes.
    TooLong(AttributeKey, usize),
    UnknownStatus(String),
    /// Another person has the same address; their id.
    ContestedEmail(EmployeeId),
    /// The attribute that gives import ids is empty or has several values.
    NoImportId(AttributeKey),
    /// Another person has or had this import id, or claims it too; their id.
    ContestedImportId(EmployeeId),
    /// The import id is that of somebody who left, and not all of what they had is the same: nobody can tell who this is.
    NotSurelyBack {
        former: EmployeeId,
        unlike: Unlike,
    },
    /// A filter looks at an attribute that is withheld.
    FilterWithheld(AttributeKey),
    /// Missing from the listing, without evidence that they are gone.
    NotListed(Doubt),
}

/// What is not the same of a new profile and of the person who left and had its import id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unlike {
    Name,
    Address,
    NameAndAddress,
    /// What they had is kept no longer.
    NotKept,
}

impl Unlike {
    /// What it is, and with what the same person comes in.
    fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Name => ("with another name", "the name they had, or with the old profile"),
            Self::Address => ("with another address", "the address they had, or with the old profile"),
            Self::NameAndAddress => {
                ("with another name and address", "the name and the address they had, or with the old profile")
            }
            Self::NotKept => ("what they were called is kept no longer", "the old profile"),
        }
    }
}

impl Problem {
    /// Its sentence, with other people called as `who` calls them.
    pub fn told(&self, who: &dyn Fn(EmployeeId) -> String) -> String {
        match self {
            Self::Missing(key) => format!("{key} is missing"),
            Self::NotSent(key) => format!("{key} is missing in their record, while others have it"),
            Self::NoLocalPart => "has no e-mail address, and the import id cannot stand in for one".to_owned(),
            Self::LastDayBeforeFirst(last_day) => format!("the last day, {last_day}, is before the first"),
            Self::StatusAfterLastDay(last_day) => {
                format!("by their status they are employed, although the last day was {last_day}")
            }
            Self::StatusBeforeFirstDay(first_day) => {
                format!("the first day is {first_day}, and yet the status is not \"onboarding\"")
            }
            Self::Unreadable(Unreadable { attribute, expected }) => format!("{attribute} is not {expected}"),
            Self::NotAnAddress => "email is not an address".to_owned(),
            Self::TooLong(key, characters) => {
                format!("{key} has {characters} characters, Honestly takes {LONGEST_VALUE}")
            }
            Self::UnknownStatus(status) => format!("status {status:?} is not known"),
            Self::ContestedEmail(other) => format!("has the e-mail address of {other}", other = who(*other)),
            Self::NoImportId(key) => format!("{key}, which gives the import id, has not exactly one value"),
            Self::ContestedImportId(other) => format!("has the import id of {other}", other = who(*other)),
            Self::NotSurelyBack { former, unlike } => {
                let former = who(*former);
                let (unlike, same) = unlike.told();
                format!(
                    "has the import id of {former}, who left, but {unlike}: the same person comes in with {same}, anybody else \
                     with another import id"
                )
            }
            Self::FilterWithheld(key) => format!("{key}, which a filter looks at, is withheld"),
            Self::NotListed(doubt) => doubt.told(who),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(&by_id))
    }
}
