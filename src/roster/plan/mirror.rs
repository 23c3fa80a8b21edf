//! The feed that was last decided, who has it, and what must be remembered with it.
//!
//! Decisions compare with the mirror. What is shown, judged and approved compares with [`Mirror::given_to`] the destination: the
//! mirror's feed where the mirror is what the destination has, nothing where that is not known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::roster::feed::Feed;
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::ImportId;
use crate::roster::plan::names::Names;
use crate::roster::plan::scope::Scope;

/// The mirror as one run reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mirror {
    /// As it was last decided.
    pub feed: Feed,
    /// Who has that feed.
    pub given: Given,
    /// People who were removed.
    pub departed: BTreeMap<EmployeeId, Departed>,
    /// Grows by one with every applied plan that changes something or that a person approved; part of a plan's digest, so that an approval is good for one state only.
    pub generation: u64,
    /// Whose people these are: a fingerprint of the Personio credential that `connect` proved; none before the first.
    pub account: Option<String>,
    /// What gives import ids (`id` or an attribute's key). Fixed by the first sync, because Honestly cannot change them.
    pub import_id_source: Option<String>,
    /// The attributes that at least one record carried in the last run in step.
    pub readable: BTreeSet<AttributeKey>,
    /// What names stood for in the last run in step: they win over what is called so now.
    pub names: Names,
    /// For each person the scope under which they were last decided. Whoever is undecided keeps theirs; no run in step has yet
    /// met whoever has none.
    pub scopes: BTreeMap<EmployeeId, Arc<Scope>>,
}

/// What stays of somebody who was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departed {
    /// Never given to anybody else; whoever returns gets theirs back.
    pub import_id: ImportId,
    /// The last day for which they were removed; none where they went for another reason.
    pub last_day: Option<NaiveDate>,
}

/// What the mirror has of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Never,
    In,
    /// The last day for which they were removed, if that was the reason.
    Departed(Option<NaiveDate>),
}

/// Who has the mirror's feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Given {
    /// It was changed while nothing was delivered, or never delivered.
    #[default]
    Nobody,
    /// It was read from a file of what Honestly has: wherever that came from, no destination was given it.
    Adopted,
    Destination {
        url: String,
        certainty: Certainty,
    },
}

/// Whether a destination is known to have what it was last given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    Arrived,
    /// A run set out for it since and did not come to its end, or found another file there: it may have that one.
    InDoubt,
}

impl Mirror {
    pub fn presence(&self, id: EmployeeId) -> Presence {
        match self.departed.get(&id) {
            _ if self.feed.people.employee(id).is_some() => Presence::In,
            Some(departed) => Presence::Departed(departed.last_day),
            None => Presence::Never,
        }
    }

    /// Whether nobody was ever in it.
    pub fn is_new(&self) -> bool {
        self.feed.people.employees().is_empty() && self.departed.is_empty() && self.generation == 0
    }

    /// What a destination is known to have. Without a destination the mirror itself is what a plan starts from.
    pub fn given_to(&self, destination: Option<&str>) -> Option<&Feed> {
        let has_it = destination.is_none_or(|url| self.given == Given::Adopted || self.certainty_at(url).is_some());
        has_it.then_some(&self.feed)
    }

    /// Whether a destination was given the mirror's feed, and nothing else since.
    pub fn certainty_at(&self, destination: &str) -> Option<Certainty> {
        match &self.given {
            Given::Destination { url, certainty } if url == destination => Some(*certainty),
            Given::Nobody | Given::Adopted | Given::Destination { .. } => None,
        }
    }
}
