//! The feed that was last decided, who has it, and what must be remembered with it.
//!
//! Decisions compare with the mirror. What is shown, judged and approved compares with [`Mirror::given_to`] the destination: the
//! mirror's feed where the mirror is what the destination has, nothing where that is not known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::roster::feed::Feed;
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Email, Employee, ImportId};
use crate::roster::plan::names::Names;
use crate::roster::plan::scope::Scope;

/// The mirror as one run reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mirror {
    /// As it was last decided and approved.
    pub feed: Feed,
    /// Feeds that set out and are not known to have arrived, in the order in which they did. The last one is `feed`.
    pub unsettled: Vec<Unsettled>,
    /// Who has `feed` or, where it is not settled, who is to have it.
    pub given: Given,
    /// People who were removed.
    pub departed: BTreeMap<EmployeeId, Departed>,
    /// Another one with every applied plan that changes something or that a person approved, never one that was used before; part
    /// of a plan's digest, so that an approval is good for one state only.
    pub generation: u64,
    /// Whose people these are: a fingerprint of the Personio credential that `connect` proved, and the address; none before the
    /// first.
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
    /// People whose address was made here, because Personio stated that they have none.
    pub placeholders: BTreeSet<EmployeeId>,
    /// People whom a line of an adopted file fits by its import id alone, until a plan has shown who the line becomes.
    pub unproven: BTreeSet<EmployeeId>,
    /// Whether `connect --replace` gave it to another company since the last run in step.
    pub replaced: bool,
}

/// What stays of somebody who was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departed {
    /// Never given to anybody else; whoever returns gets theirs back.
    pub import_id: ImportId,
    /// The last day for which they were removed; none where they went for another reason.
    pub last_day: Option<NaiveDate>,
    /// None where it was erased.
    pub last_known: Option<LastKnown>,
}

/// What somebody was called when they were removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastKnown {
    pub first_name: Arc<str>,
    pub last_name: Arc<str>,
    pub email: Email,
}

impl From<&Employee> for LastKnown {
    fn from(employee: &Employee) -> Self {
        let Employee { first_name, last_name, email, .. } = employee;
        Self { first_name: Arc::clone(first_name), last_name: Arc::clone(last_name), email: email.clone() }
    }
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Given {
    /// It was changed while nothing was delivered, or never delivered.
    #[default]
    Nobody,
    /// It was read from a file of what Honestly has: wherever that came from, no destination was given it.
    Adopted,
    /// By its URL.
    Destination(String),
    /// This is not the mirror that the last run left.
    Unknown,
}

/// An approved feed on its way to a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsettled {
    /// The number of the run that sent it.
    pub run: i64,
    /// The URL.
    pub destination: String,
    /// In bytes.
    pub size: u64,
    /// In hexadecimal.
    pub sha256: String,
    pub writing: Writing,
    pub set_out_at: DateTime<Utc>,
    /// The mirror before it set out; none where that is kept no longer.
    #[serde(skip)]
    pub before: Option<Arc<Mirror>>,
}

/// How a new file comes to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Writing {
    /// Under another name first, so that no part ever stands under the real one.
    Aside,
    /// Under the real name: an upload that is cut off leaves a part.
    InPlace,
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

    /// What a plan for a destination starts from; none where nothing is known of what it has. Without a destination that is the
    /// mirror itself.
    pub fn given_to(&self, destination: Option<&str>) -> Option<&Feed> {
        let has_it = destination.is_none_or(|url| self.given == Given::Adopted || self.is_given_to(url));
        has_it.then_some(&self.feed)
    }

    /// Whether the mirror's feed was the last one that this destination was given.
    pub fn is_given_to(&self, destination: &str) -> bool {
        match &self.given {
            Given::Destination(url) => url == destination,
            Given::Nobody | Given::Adopted | Given::Unknown => false,
        }
    }

    /// The feeds that are on their way to a destination, each with where it stands in the list.
    pub fn on_their_way_to(&self, destination: &str) -> impl Iterator<Item = (&Unsettled, &Feed)> {
        let later = self.unsettled.iter().skip(1).map(|later| later.before.as_ref().map(|before| &before.feed));
        let feeds = later.chain([Some(&self.feed)]);
        let is_meant = move |unsettled: &Unsettled| unsettled.destination == destination;
        let known = self.unsettled.iter().zip(feeds).filter_map(|(unsettled, feed)| Some((unsettled, feed?)));
        known.filter(move |(unsettled, _)| is_meant(unsettled))
    }
}
