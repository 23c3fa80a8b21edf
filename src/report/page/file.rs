//! What becomes of groups, columns and departments, with the people they touch.

use std::collections::BTreeMap;

use super::names::Names;
use crate::roster::feed::{Column, Feed};
use crate::roster::model::record::AttributeKey;
use crate::roster::model::snapshot::{Employee, Group, GroupKey, Snapshot};
use crate::roster::plan::Change;

/// A group that appears, goes or gets another name, with whoever is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GroupChange {
    pub kind: Kind,
    /// What the attribute is called.
    pub label: String,
    pub from: Option<String>,
    pub to: Option<String>,
    pub touched: Touched,
}

/// A column that appears, goes or is filled from elsewhere, with whose cells change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColumnChange {
    pub kind: Kind,
    pub header: String,
    pub touched: Touched,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Appears,
    Disappears,
    Changes,
}

/// People by name, at most [`SHOWN`] of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Touched {
    pub people: usize,
    pub names: Vec<TouchedPerson>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TouchedPerson {
    pub name: String,
    pub department: Option<usize>,
}

/// So many names are enough to recognise a group; the number says how many there are.
pub(super) const SHOWN: usize = 100;

/// Layout of the file besides its columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct LayoutChanges {
    pub order: bool,
    pub line_ends: bool,
}

/// A department's people before and after; the department's place, none for people without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HeadCount {
    pub department: Option<usize>,
    pub before: usize,
    pub after: usize,
}

impl Touched {
    fn of(names: &Names<'_>, people: &Snapshot, is_touched: impl Fn(&Employee) -> bool) -> Self {
        let mut touched = Self::default();
        let employees = people.employees().iter().filter(|employee| is_touched(employee));
        employees.for_each(|employee| touched.add(names, people, employee));
        touched
    }

    fn add(&mut self, names: &Names<'_>, people: &Snapshot, employee: &Employee) {
        self.people += 1;
        if self.names.len() < SHOWN {
            let Employee { first_name, last_name, .. } = employee;
            let (name, department) = (format!("{first_name} {last_name}"), names.department(people, employee));
            self.names.push(TouchedPerson { name, department });
        }
    }
}

pub(super) fn groups(names: &Names<'_>) -> Vec<GroupChange> {
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    for change in names.plan.groups() {
        match change {
            Change::Create(group) | Change::Update { before: _, after: group } => {
                after.insert(&*group.key, Touched::default());
            }
            Change::Delete(group) => {
                before.insert(&*group.key, Touched::default());
            }
        }
    }
    add_members(names, &names.plan.before().people, &mut before);
    add_members(names, &names.plan.after().people, &mut after);
    let name = |group: &Group| Some(group.name.to_string());
    let one = |change: &Change<Group>| {
        let (Change::Create(group) | Change::Delete(group) | Change::Update { before: _, after: group }) = change;
        let (kind, from, to, members) = match change {
            Change::Create(group) => (Kind::Appears, None, name(group), &after),
            Change::Delete(group) => (Kind::Disappears, name(group), None, &before),
            Change::Update { before: was, after: is } => (Kind::Changes, name(was), name(is), &after),
        };
        let touched = members.get(&*group.key).cloned().unwrap_or_default();
        GroupChange { kind, label: names.column(&group.key.attribute), from, to, touched }
    };
    let mut groups: Vec<GroupChange> = names.plan.groups().iter().map(one).collect();
    groups.sort_by(|a, b| a.label.cmp(&b.label));
    groups
}

/// Adds everybody to those of their groups that stand in the map.
fn add_members(names: &Names<'_>, people: &Snapshot, members: &mut BTreeMap<&GroupKey, Touched>) {
    if members.is_empty() {
        return;
    }
    for employee in people.employees() {
        for key in employee.groups.iter() {
            if let Some(touched) = members.get_mut(&**key) {
                touched.add(names, people, employee);
            }
        }
    }
}

/// Columns of the plan that is judged, whatever people are compared with.
pub(super) fn columns(names: &Names<'_>) -> Vec<ColumnChange> {
    let plan = &names.view.proposal.plan;
    let (before, after) = (plan.before(), plan.after());
    if is_without_columns(before) {
        return Vec::new();
    }
    let filled = |feed: &Feed, column: &Column| {
        Touched::of(names, &feed.people, |employee| !feed.cell(employee, &column.source).is_empty())
    };
    let one = |change: &Change<&Column>| match change {
        Change::Create(column) => {
            ColumnChange { kind: Kind::Appears, header: column.header.clone(), touched: filled(after, column) }
        }
        Change::Delete(column) => {
            ColumnChange { kind: Kind::Disappears, header: column.header.clone(), touched: filled(before, column) }
        }
        Change::Update { before: was, after: is } => {
            let differs = |employee: &Employee| {
                let old = before.people.employee(employee.id).map(|old| before.cell(old, &was.source));
                old.is_some_and(|old| old != after.cell(employee, &is.source))
            };
            let touched = Touched::of(names, &after.people, differs);
            ColumnChange { kind: Kind::Changes, header: is.header.clone(), touched }
        }
    };
    plan.columns().iter().map(one).collect()
}

/// Where there was no file before, each of its columns would be a change, and none is worth a list of people.
pub(super) fn all_columns(names: &Names<'_>) -> Vec<String> {
    let plan = &names.view.proposal.plan;
    let headers = plan.after().columns.iter().map(|column| column.header.clone());
    if is_without_columns(plan.before()) { headers.collect() } else { Vec::new() }
}

fn is_without_columns(feed: &Feed) -> bool {
    feed.columns.iter().len() == 0
}

pub(super) fn layout(names: &Names<'_>) -> LayoutChanges {
    let change = names.view.proposal.plan.layout();
    change.map_or_else(LayoutChanges::default, |change| LayoutChanges {
        order: change.before.order != change.after.order,
        line_ends: change.before.line_end != change.after.line_end,
    })
}

/// The departments that change most first; one that is only called otherwise is one. None where departments are no groups.
pub(super) fn head_counts(names: &Names<'_>) -> Vec<HeadCount> {
    if names.departments.is_empty() {
        return Vec::new();
    }
    let renamed = renamed_departments(names);
    let mut counts: BTreeMap<Option<usize>, HeadCount> = BTreeMap::new();
    let (before, after) = (&names.plan.before().people, &names.plan.after().people);
    for employee in before.employees() {
        let was = names.department(before, employee);
        let department = was.map(|was| renamed.get(&was).copied().unwrap_or(was));
        counts.entry(department).or_insert(HeadCount { department, before: 0, after: 0 }).before += 1;
    }
    for employee in after.employees() {
        let department = names.department(after, employee);
        counts.entry(department).or_insert(HeadCount { department, before: 0, after: 0 }).after += 1;
    }
    let mut counts: Vec<HeadCount> = counts.into_values().collect();
    counts.sort_by_key(|count| std::cmp::Reverse((count.before.abs_diff(count.after), count.before.max(count.after))));
    counts
}

/// The places of departments that are called otherwise, old to new.
fn renamed_departments(names: &Names<'_>) -> BTreeMap<usize, usize> {
    let mut renamed = BTreeMap::new();
    for change in names.plan.groups() {
        match change {
            Change::Update { before, after } if after.key.attribute.as_str() == AttributeKey::DEPARTMENT => {
                let places = names.place_of(&before.name).zip(names.place_of(&after.name));
                renamed.extend(places);
            }
            Change::Update { .. } | Change::Create(_) | Change::Delete(_) => {}
        }
    }
    renamed
}
