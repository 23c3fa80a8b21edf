//! What happens to groups as a reader of names sees them. A plan goes by people's own values; several of them may have one name,
//! and are one group to everybody who reads the file.
//!
//! A group appears with its first value and goes with its last one. It is renamed where one value has another name than before:
//! a name that goes while another one comes says nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Change;
use crate::roster::model::record::AttributeKey;
use crate::roster::model::snapshot::{Employee, Group, GroupKey, Snapshot};

/// A group that appears, goes, or gets another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupChange {
    pub attribute: AttributeKey,
    pub name: Change<Arc<str>>,
    /// The values to which this happens: sorted, at least one.
    pub keys: Vec<Arc<GroupKey>>,
}

impl GroupChange {
    pub fn has(&self, employee: &Employee) -> bool {
        self.keys.iter().any(|key| employee.groups.contains(key))
    }
}

/// In the order of their first keys.
pub(super) fn by_name(values: &[Change<Group>], before: &Snapshot, after: &Snapshot) -> Vec<GroupChange> {
    if values.is_empty() {
        return Vec::new();
    }
    // What happens to several values alike is one change.
    let mut alike: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for change in values {
        let key = &change.subject().key;
        let name = change.map(|group| Arc::clone(&group.name));
        alike.entry((key.attribute.clone(), name)).or_default().push(Arc::clone(key));
    }
    let (mut were, mut are) = (before.names(), after.names());
    let renames = values.iter().filter_map(|change| match change {
        Change::Update { before, after } => Some((before, after)),
        Change::Create(_) | Change::Delete(_) => None,
    });
    // A rename tells of both of its names.
    for (before, after) in renames {
        were.insert((&after.key.attribute, &after.name));
        are.insert((&before.key.attribute, &before.name));
    }
    let is_one = |(attribute, name): &(AttributeKey, Change<Arc<str>>)| match name {
        Change::Create(name) => !were.contains(&(attribute, &**name)),
        Change::Update { .. } => true,
        Change::Delete(name) => !are.contains(&(attribute, &**name)),
    };
    let changes = alike.into_iter().filter(|(change, _)| is_one(change));
    let mut changes: Vec<GroupChange> =
        changes.map(|((attribute, name), keys)| GroupChange { attribute, name, keys }).collect();
    changes.sort_by(|a, b| a.keys.cmp(&b.keys));
    changes
}
