//! The difference between the file that a destination has and the file it would get: columns, groups and people.
//!
//! A plan is built only by `Plan::between` two feeds and holds no change that changes nothing. It obeys two laws: applied to the
//! first feed it gives the second, and it is empty exactly when the two are equal, which is when their bytes are. It cannot act;
//! `guard` judges it, `store` applies it.

mod changes;
mod digest;
pub mod mirror;
pub mod names;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use changes::{Change, FieldChange, FieldName, Layout, LayoutChange};
pub use digest::{Basis, PlanDigest};

use changes::{fields, merge, side_by_side};

use crate::roster::feed::{Column, Columns, Feed};
use crate::roster::model::snapshot::{Employee, Group, Inconsistent, Snapshot};

/// All differences between two feeds, in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<'a> {
    before: &'a Feed,
    after: &'a Feed,
    employees: Vec<Change<&'a Arc<Employee>>>,
    groups: Vec<Change<Group>>,
    columns: Vec<Change<&'a Column>>,
    layout: Option<LayoutChange<'a>>,
}

/// How much a plan changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub people: Tally,
    pub groups: Tally,
    pub columns: Tally,
    /// One where the order of columns or the line ends change.
    pub layout: usize,
}

/// Changes of one kind of thing. A group changes by its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub added: usize,
    pub changed: usize,
    pub removed: usize,
}

impl Tally {
    fn of<T>(changes: &[Change<T>]) -> Self {
        let mut tally = Self::default();
        for change in changes {
            *change.pick(&mut tally.added, &mut tally.changed, &mut tally.removed) += 1;
        }
        tally
    }

    pub fn sum(self) -> usize {
        self.added + self.changed + self.removed
    }
}

impl<'a> Plan<'a> {
    pub fn between(before: &'a Feed, after: &'a Feed) -> Self {
        let people = |feed: &'a Feed| feed.people.employees().iter();
        let columns = |feed: &'a Feed| {
            let mut columns: Vec<&'a Column> = feed.columns.iter().collect();
            columns.sort_by(|a, b| a.header.cmp(&b.header));
            columns.into_iter()
        };
        Self {
            before,
            after,
            employees: merge(people(before), people(after), |employee| employee.id),
            groups: merge(before.people.groups(), after.people.groups(), |group| group.key.clone()),
            columns: merge(columns(before), columns(after), |column| column.header.as_str()),
            layout: LayoutChange::between(before, after),
        }
    }

    /// The feed that results when this plan is applied. Fails only where `feed` is not the one it was made from.
    pub fn apply_to(&self, feed: &Feed) -> Result<Feed, Inconsistent> {
        let mut employees: BTreeMap<_, _> = feed.people.employees().iter().map(|e| (e.id, e.clone())).collect();
        for change in &self.employees {
            match change {
                Change::Create(after) | Change::Update { after, .. } => {
                    employees.insert(after.id, Arc::clone(after));
                }
                Change::Delete(before) => {
                    employees.remove(&before.id);
                }
            }
        }
        let mut groups: BTreeMap<_, _> = feed.people.groups().map(|g| (g.key.clone(), g)).collect();
        for change in &self.groups {
            match change {
                Change::Create(after) | Change::Update { after, .. } => {
                    groups.insert(after.key.clone(), after.clone());
                }
                Change::Delete(before) => {
                    groups.remove(&before.key);
                }
            }
        }
        let people = Snapshot::new(employees.into_values(), groups.into_values())?;
        Ok(Feed { columns: self.apply_to_columns(&feed.columns), people })
    }

    fn apply_to_columns(&self, columns: &Columns) -> Columns {
        let mut by_header: BTreeMap<&str, Column> = columns.iter().map(|c| (c.header.as_str(), c.clone())).collect();
        for change in &self.columns {
            match change {
                Change::Create(after) | Change::Update { after, .. } => {
                    by_header.insert(&after.header, Column::clone(after));
                }
                Change::Delete(before) => {
                    by_header.remove(before.header.as_str());
                }
            }
        }
        // In a plan's own order; what it does not know comes last.
        let place = |header: &str| self.after.columns.iter().position(|c| c.header == header).unwrap_or(usize::MAX);
        let mut columns: Vec<Column> = by_header.into_values().collect();
        columns.sort_by_key(|column| place(&column.header));
        Columns::of_unique(columns, self.after.columns.line_end())
    }

    pub fn is_empty(&self) -> bool {
        self.employees.is_empty() && self.groups.is_empty() && self.columns.is_empty() && self.layout.is_none()
    }

    /// In the order of employee ids.
    pub fn employees(&self) -> &[Change<&'a Arc<Employee>>] {
        &self.employees
    }

    /// In the order of group keys. An `Update` is a rename: same id at Personio, new name.
    pub fn groups(&self) -> &[Change<Group>] {
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
            groups: Tally::of(&self.groups),
            columns: Tally::of(&self.columns),
            layout: self.layout.iter().count(),
        }
    }

    /// For how many people who are in both files the cell changes, by the headers that both have.
    pub fn changed_cells(&self) -> BTreeMap<&'a str, usize> {
        changes::cells(self)
    }

    /// Field by field what one change does, sorted by field. A created person goes from nothing to every field they have, a
    /// deleted one the other way round. Renamed groups are not field changes: membership is by key.
    pub fn field_changes(&self, change: &Change<&'a Arc<Employee>>) -> Vec<FieldChange<'a>> {
        let (before, after) = match change {
            Change::Create(after) => (None, Some(*after)),
            Change::Update { before, after } => (Some(*before), Some(*after)),
            Change::Delete(before) => (Some(*before), None),
        };
        let from = before.map(|employee| fields(employee, &self.before.people)).unwrap_or_default();
        let to = after.map(|employee| fields(employee, &self.after.people)).unwrap_or_default();
        let differs = |change: &FieldChange<'_>| {
            // By key, not by name: whoever stays in a renamed group has not changed, whoever moves to another group of the
            // same name has.
            if let (FieldName::Group(key), Some(before), Some(after)) = (&change.field, before, after) {
                let key = key.as_str();
                return !before.groups.of_attribute(key).eq(after.groups.of_attribute(key));
            }
            change.from != change.to
        };
        side_by_side(from, to).filter(differs).collect()
    }
}
