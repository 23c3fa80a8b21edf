//! From a policy to the scope that the mirror remembers.

use std::collections::{BTreeMap, BTreeSet};

use super::{Policy, ScopeFilter, Who, fingerprint};
use crate::roster::model::record::AttributeKey;
use crate::roster::plan::scope::{EMPLOYMENT, Scope};

impl Policy {
    /// `readable` are the attributes that at least one record carried.
    pub fn scope(&self, readable: &BTreeSet<AttributeKey>) -> Scope {
        let mut excluded = BTreeSet::new();
        let mut excluded_addresses = BTreeSet::new();
        for who in self.exclude.keys() {
            match who {
                Who::Id(id) => excluded.insert(*id),
                Who::Email(email) => excluded_addresses.insert(fingerprint(email)),
            };
        }
        Scope {
            timezone: self.timezone.clone(),
            on_leave: self.on_leave,
            excluded,
            excluded_addresses,
            filters: self.filters.iter().map(|filter| (filter.attribute.clone(), self.let_in(filter))).collect(),
            readable: EMPLOYMENT.iter().filter_map(|key| readable.get(*key)).cloned().collect(),
        }
    }

    /// By what was learnt from this run's listing, so that the next run compares with the same.
    fn let_in(&self, filter: &ScopeFilter) -> BTreeMap<String, BTreeSet<i64>> {
        let ids = |name: &String| self.names.ids(&filter.attribute, name).cloned().unwrap_or_default();
        filter.allowed.iter().map(|name| (name.clone(), ids(name))).collect()
    }
}
