//! What decides who is in, as it was resolved: plain data, compared field by field.
//!
//! The mirror remembers for each person the scope under which they were last decided, part by part: a part that nobody could
//! judge them by stays the one that they were last judged by. Neither the mapping nor columns belong to it, nor
//! `without_email`: they take out nobody who is in.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::roster::model::record::{AttributeKey, EmployeeId};

/// The attributes that state whether somebody has come or left.
pub const EMPLOYMENT: [&str; 3] = [AttributeKey::STATUS, AttributeKey::HIRE_DATE, AttributeKey::TERMINATION_DATE];

/// The part of the configuration and of the rights that can put somebody out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The name of the company's time zone.
    pub timezone: String,
    pub on_leave: OnLeave,
    pub excluded: BTreeSet<EmployeeId>,
    /// Fingerprints of addresses that are excluded: an address is personal.
    pub excluded_addresses: BTreeSet<String>,
    /// What each filter lets in: skeletons of names, each with the ids that it stands for. Without ids, the name itself counts.
    pub filters: BTreeMap<AttributeKey, BTreeMap<String, BTreeSet<i64>>>,
    /// Those of [`EMPLOYMENT`] that could be read.
    pub readable: BTreeSet<AttributeKey>,
}

impl Scope {
    /// The same for whoever was never decided under any: nothing could put them out.
    pub fn of_nobody(&self) -> Self {
        let (excluded, excluded_addresses, filters) = Default::default();
        Self { on_leave: OnLeave::Keep, excluded, excluded_addresses, filters, ..self.clone() }
    }

    /// What somebody has seen of it who was not judged by these parts, and saw another one before.
    pub fn without(&self, unjudged: &BTreeSet<Part>, before: &Self) -> Self {
        let mut seen = self.clone();
        for part in unjudged {
            match part {
                Part::Status => {
                    seen.on_leave = before.on_leave;
                    seen.readable.retain(|key| key.as_str() != AttributeKey::STATUS);
                    seen.readable.extend(before.readable.get(AttributeKey::STATUS).cloned());
                }
                Part::Dates => {
                    seen.timezone.clone_from(&before.timezone);
                    let dates = [AttributeKey::HIRE_DATE, AttributeKey::TERMINATION_DATE];
                    seen.readable.retain(|key| !dates.contains(&key.as_str()));
                    seen.readable.extend(dates.into_iter().filter_map(|date| before.readable.get(date)).cloned());
                }
                Part::ExcludedAddresses => seen.excluded_addresses.clone_from(&before.excluded_addresses),
            }
        }
        seen
    }
}

/// What of a scope may say nothing of somebody who is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// And what happens to people on leave.
    Status,
    /// And the time zone, which says what day it is.
    Dates,
    ExcludedAddresses,
}

/// What happens to people whose status is `leave`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnLeave {
    #[default]
    Remove,
    Keep,
}
