//! The difference between the file that a destination has and the file it would get: columns, groups and people.
//!
//! Only `Plan::between` two feeds builds a plan, and it holds no change that changes nothing. It obeys two laws: applied to the
//! first feed it gives the second, and it is empty exactly when the two feeds are equal, which is when their bytes are. It
//! cannot act; `guard` judges it, `store` applies it.

mod changes;
mod counts;
mod digest;
mod groups;
pub mod mirror;
pub mod names;
pub mod scope;
pub mod sizes;

use std::sync::Arc;

pub use changes::{Change, FieldChange, FieldName, Layout, LayoutChange};
pub use counts::{ChangeKind, Counts, Tally};
pub use digest::{Basis, PlanDigest};
pub use groups::GroupChange;

use changes::{fields, merge, side_by_side};

use crate::roster::feed::{Column, Feed};
use crate::roster::model::snapshot::{Employee, Group};

/// All differences between two feeds, in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<'a> {
    before: &'a Feed,
    after: &'a Feed,
    employees: Vec<Change<&'a Arc<Employee>>>,
    values: Vec<Change<Group>>,
    groups: Vec<GroupChange>,
    columns: Vec<Change<&'a Column>>,
    layout: Option<LayoutChange<'a>>,
}

impl<'a> Plan<'a> {
    pub fn between(before: &'a Feed, after: &'a Feed) -> Self {
        let people = |feed: &'a Feed| feed.people.employees().iter();
        let columns = |feed: &'a Feed| {
            let mut columns: Vec<&'a Column> = feed.columns.iter().collect();
            columns.sort_by(|a, b| a.header.cmp(&b.header));
            columns.into_iter()
        };
        let values = merge(before.people.groups(), after.people.groups(), |group| group.key.clone());
        Self {
            before,
            after,
            groups: groups::by_name(&values, &before.people, &after.people),
            values,
            employees: merge(people(before), people(after), |employee| employee.id),
            columns: merge(columns(before), columns(after), |column| column.header.as_str()),
            layout: LayoutChange::between(before, after),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.employees.is_empty() && self.values.is_empty() && self.columns.is_empty() && self.layout.is_none()
    }

    /// In the order of employee ids.
    pub fn employees(&self) -> &[Change<&'a Arc<Employee>>] {
        &self.employees
    }

    /// People's own values, in the order of their keys: what is stored, and what a digest stands for. An `Update` is the same
    /// key with a new name.
    pub fn values(&self) -> &[Change<Group>] {
        &self.values
    }

    /// The same by name: what is shown, counted, and entered in the journal.
    pub fn groups(&self) -> &[GroupChange] {
        &self.groups
    }

    /// In the order of headers. An `Update` fills the same header from another source.
    pub fn columns(&self) -> &[Change<&'a Column>] {
        &self.columns
    }

    /// Another order of columns, or other line ends.
    pub fn layout(&self) -> Option<&LayoutChange<'a>> {
        self.layout.as_ref()
    }

    pub fn before(&self) -> &'a Feed {
        self.before
    }

    pub fn after(&self) -> &'a Feed {
        self.after
    }

    pub fn counts(&self) -> Counts {
        Counts {
            people: Tally::of(&self.employees),
            groups: Tally::of(self.groups.iter().map(|group| &group.name)),
            columns: Tally::of(&self.columns),
            layout: self.layout.iter().count(),
        }
    }

    /// Field by field what one change does, sorted by field. A created person goes from nothing to every field they have, a
    /// deleted one the other way round. Renamed groups are not field changes: membership is by key.
    pub fn field_changes(&self, change: &Change<&'a Arc<Employee>>) -> Vec<FieldChange<'a>> {
        let (before, after) = change.sides();
        let from = before.map(|employee| fields(employee, &self.before.people)).unwrap_or_default();
        let to = after.map(|employee| fields(employee, &self.after.people)).unwrap_or_default();
        let differs = |change: &FieldChange<'_>| {
            // By key, not by name: whoever stays in a renamed group has not changed. Whoever moves to another value with the
            // same name has another value, and the same cell.
            if let (FieldName::Group(key), Some(before), Some(after)) = (&change.field, before, after) {
                let key = key.as_str();
                return !before.groups.of_attribute(key).eq(after.groups.of_attribute(key));
            }
            change.from != change.to
        };
        side_by_side(from, to).filter(differs).collect()
    }
}
