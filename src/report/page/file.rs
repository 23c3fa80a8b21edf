//! What happens to groups, columns and departments, with the people whom this touches.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{PageNames, Person};
use super::words::Word;
use crate::report::group_label;
use crate::roster::feed::{Column, Feed};
use crate::roster::model::record::AttributeKey;
use crate::roster::model::snapshot::{Employee, GroupKey, Snapshot};
use crate::roster::plan::{self, Change, LayoutChange};

/// A group that appears, goes or gets another name, with the people in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GroupChange {
    pub what: Word,
    /// The name of the attribute.
    pub label: String,
    pub from: Option<String>,
    pub to: Option<String>,
    pub touched: Touched,
}

/// A column that appears, goes or gets another source, with the people whose cells change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColumnChange {
    pub what: Word,
    pub header: String,
    pub touched: Touched,
}

/// People by name, at most [`SHOWN`] of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Touched {
    pub people: usize,
    pub names: Vec<Person>,
}

/// This many names are enough to recognise a group. The number says how many there are.
const SHOWN: usize = 100;

/// A department's people before and after, with the department's index. None for people without a department.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HeadCount {
    pub department: Option<usize>,
    pub before: usize,
    pub after: usize,
}

impl Touched {
    fn of(names: &PageNames<'_>, people: &Snapshot, is_touched: impl Fn(&Employee) -> bool) -> Self {
        let mut touched = Self::default();
        let employees = people.employees().iter().filter(|employee| is_touched(employee));
        employees.for_each(|employee| touched.add(names, people, employee));
        touched
    }

    fn add(&mut self, names: &PageNames<'_>, people: &Snapshot, employee: &Employee) {
        self.people += 1;
        if self.names.len() < SHOWN {
            self.names.push(names.person(people, employee));
        }
    }
}

pub(super) fn groups(names: &PageNames<'_>) -> Vec<GroupChange> {
    let changes = names.plan.groups();
    let [mut before, mut after]: [BTreeMap<&GroupKey, usize>; 2] = Default::default();
    for (at, change) in changes.iter().enumerate() {
        let keys = change.keys.iter().map(|key| (&**key, at));
        match change.name {
            Change::Create(_) | Change::Update { .. } => after.extend(keys),
            Change::Delete(_) => before.extend(keys),
        }
    }
    let mut touched = vec![Touched::default(); changes.len()];
    add_members(names, names.before(), &before, &mut touched);
    add_members(names, names.after(), &after, &mut touched);
    let one = |(change, touched): (&plan::GroupChange, Touched)| {
        let (from, to) = change.name.sides();
        GroupChange {
            what: change.name.pick(Word::GroupAppears, Word::GroupRenamed, Word::GroupDisappears),
            label: group_label(names.view, &change.attribute),
            from: from.map(ToString::to_string),
            to: to.map(ToString::to_string),
            touched,
        }
    };
    let mut groups: Vec<GroupChange> = changes.iter().zip(touched).map(one).collect();
    groups.sort_by(|a, b| a.label.cmp(&b.label));
    groups
}

/// Adds everybody to those of their groups that are in the map, to each once.
fn add_members(names: &PageNames<'_>, people: &Snapshot, groups: &BTreeMap<&GroupKey, usize>, touched: &mut [Touched]) {
    if groups.is_empty() {
        return;
    }
    for employee in people.employees() {
        let own: BTreeSet<usize> = employee.groups.iter().filter_map(|key| groups.get(&**key).copied()).collect();
        own.into_iter().for_each(|at| touched[at].add(names, people, employee));
    }
}

/// Columns of the judged plan, whatever the people are compared with.
pub(super) fn columns(names: &PageNames<'_>) -> Vec<ColumnChange> {
    let plan = &names.view.proposal.plan;
    let (before, after) = (plan.before(), plan.after());
    if is_without_columns(before) {
        return Vec::new();
    }
    let filled = |feed: &Feed, column: &Column| {
        Touched::of(names, &feed.people, |employee| !feed.cell(employee, &column.source).is_empty())
    };
    let one = |change: &Change<&Column>| {
        let (column, touched) = match change {
            Change::Create(column) => (column, filled(after, column)),
            Change::Delete(column) => (column, filled(before, column)),
            Change::Update { before: was, after: is } => {
                let differs = |employee: &Employee| {
                    let old = before.people.employee(employee.id).map(|old| before.cell(old, &was.source));
                    old.is_some_and(|old| old != after.cell(employee, &is.source))
                };
                (is, Touched::of(names, &after.people, differs))
            }
        };
        let what = change.pick(Word::ColumnAppears, Word::ColumnRefilled, Word::ColumnDisappears);
        ColumnChange { what, header: column.header.clone(), touched }
    };
    plan.columns().iter().map(one).collect()
}

/// All columns, where there was no file before: each would be a change, and none is worth a list of people.
pub(super) fn all_columns(names: &PageNames<'_>) -> Vec<String> {
    let plan = &names.view.proposal.plan;
    let headers = plan.after().columns.iter().map(|column| column.header.clone());
    if is_without_columns(plan.before()) { headers.collect() } else { Vec::new() }
}

fn is_without_columns(feed: &Feed) -> bool {
    feed.columns.iter().len() == 0
}

/// What changes in the file besides its columns.
pub(super) fn layout(names: &PageNames<'_>) -> Vec<Word> {
    let Some(LayoutChange { before, after }) = names.view.proposal.plan.layout() else { return Vec::new() };
    let changes =
        [(before.order != after.order, Word::OrderChanges), (before.line_end != after.line_end, Word::LineEndsChange)];
    changes.into_iter().filter(|(changes, _)| *changes).map(|(_, word)| word).collect()
}

/// The departments, those with the largest change first. A renamed department counts as one. Empty where departments are no
/// groups.
pub(super) fn head_counts(names: &PageNames<'_>) -> Vec<HeadCount> {
    if names.departments.is_empty() {
        return Vec::new();
    }
    let renamed = renamed_departments(names);
    let mut counts: BTreeMap<Option<usize>, (usize, usize)> = BTreeMap::new();
    for employee in names.before().employees() {
        let was = names.department(names.before(), employee);
        counts.entry(was.map(|was| *renamed.get(&was).unwrap_or(&was))).or_default().0 += 1;
    }
    for employee in names.after().employees() {
        counts.entry(names.department(names.after(), employee)).or_default().1 += 1;
    }
    let count = |(department, (before, after))| HeadCount { department, before, after };
    let mut counts: Vec<HeadCount> = counts.into_iter().map(count).collect();
    counts.sort_by_key(|count| std::cmp::Reverse((count.before.abs_diff(count.after), count.before.max(count.after))));
    counts
}

/// The indices of departments that are called otherwise as a whole, old to new.
fn renamed_departments(names: &PageNames<'_>) -> BTreeMap<usize, usize> {
    let departments = names.after().names();
    let indices = |change: &plan::GroupChange| {
        let Change::Update { before, after } = &change.name else { return None };
        // Where another value keeps the old name, that department is still there.
        let is_gone = !departments.contains(&(&change.attribute, &**before));
        let is_department = change.attribute.as_str() == AttributeKey::DEPARTMENT;
        names.index_of(before).zip(names.index_of(after)).filter(|_| is_department && is_gone)
    };
    names.plan.groups().iter().filter_map(indices).collect()
}
