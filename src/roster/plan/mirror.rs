//! What Honestly was last given, and what must be remembered with it.

use std::collections::{BTreeMap, BTreeSet};

use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{ImportId, Snapshot};

/// The mirror as one run reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mirror {
    pub snapshot: Snapshot,
    /// Import ids of people who were removed. They are never given to anybody else, and whoever returns gets theirs back.
    pub departed: BTreeMap<EmployeeId, ImportId>,
    /// Grows by one with every applied plan that changes something or that a person approved; part of a plan's digest, so that an approval is good for one state only.
    pub generation: u64,
    /// Whose people these are: a fingerprint of the Personio credential that `connect` proved; none before the first.
    pub account: Option<String>,
    /// What gives import ids (`id` or an attribute's key). Fixed by the first sync, because Honestly cannot change them.
    pub import_id_source: Option<String>,
    /// The scope of the last run that was in step; none before the first.
    pub scope: Option<Scope>,
}

/// Everything besides people's own records that decides who is in and what is known of them. A change of scope can look like
/// people leaving, which is why the guard compares it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The policy as one canonical text, a line each for filters and mapping.
    pub policy: String,
    /// The attributes that at least one record carried.
    pub readable: BTreeSet<AttributeKey>,
}
