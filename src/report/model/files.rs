//! What the plan is compared with, and what happens to groups and columns, with the people whom this touches.

use std::collections::{BTreeMap, BTreeSet};

use super::people::{People, Person, in_order};
use crate::report::group_label;
use crate::roster::feed::{Column, Feed};
use crate::roster::guard::Evidence;
use crate::roster::model::snapshot::{Employee, GroupKey, Snapshot};
use crate::roster::plan::mirror::Given;
use crate::roster::plan::{Change, GroupChange, Plan};

/// What a plan is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// The mirror, as nothing is delivered.
    Mirror,
    Delivered,
    /// The mirror's feed set out and is not known to have arrived.
    OnItsWay,
    Adopted,
    /// Nothing: nobody knows what the destination has.
    Unknown,
}

impl Baseline {
    pub(super) fn of(evidence: &Evidence<'_>) -> Self {
        let mirror = evidence.mirror;
        let Some(destination) = evidence.destination else { return Self::Mirror };
        match &mirror.given {
            Given::Adopted => Self::Adopted,
            Given::Destination(url) if *url == destination.url && mirror.unsettled.is_empty() => Self::Delivered,
            Given::Destination(url) if *url == destination.url => Self::OnItsWay,
            Given::Nobody | Given::Destination(_) | Given::Unknown => Self::Unknown,
        }
    }
}

/// A group that appears, goes or gets another name, with the people in it.
#[derive(Debug)]
pub struct GroupTouched<'a> {
    pub change: &'a GroupChange,
    /// The name of the attribute.
    pub label: String,
    pub people: Vec<Person<'a>>,
}

/// A column that appears, goes or gets another source, with the people whose cells change.
#[derive(Debug)]
pub struct ColumnTouched<'a> {
    pub change: &'a Change<&'a Column>,
    /// Nobody where there were no columns before: all of them are new.
    pub people: Vec<Person<'a>>,
}

/// By attribute, and within one as the plan has them.
pub(super) fn groups<'a>(people: &People<'a, '_>, plan: &'a Plan<'a>) -> Vec<GroupTouched<'a>> {
    let one = |change| GroupTouched { change, label: group_label(&people.view, &change.attribute), people: Vec::new() };
    let mut groups: Vec<GroupTouched<'a>> = plan.groups().iter().map(one).collect();
    groups.sort_by(|a, b| a.label.cmp(&b.label));
    let [mut before, mut after]: [BTreeMap<&GroupKey, usize>; 2] = Default::default();
    for (at, GroupTouched { change, .. }) in groups.iter().enumerate() {
        let keys = change.keys.iter().map(|key| (&**key, at));
        match change.name {
            Change::Create(_) | Change::Update { .. } => after.extend(keys),
            Change::Delete(_) => before.extend(keys),
        }
    }
    for (snapshot, keys) in [(&plan.before().people, &before), (&plan.after().people, &after)] {
        let employees = snapshot.employees().iter().filter(|_| !keys.is_empty());
        for employee in employees {
            let own: BTreeSet<usize> = employee.groups.iter().filter_map(|key| keys.get(&**key).copied()).collect();
            own.into_iter().for_each(|at| groups[at].people.push(people.person(snapshot, employee)));
        }
    }
    groups
}

pub(super) fn columns<'a>(people: &People<'a, '_>, plan: &'a Plan<'a>) -> Vec<ColumnTouched<'a>> {
    let (before, after) = (plan.before(), plan.after());
    let touched = |snapshot: &'a Snapshot, is_touched: &dyn Fn(&Employee) -> bool| {
        let employees = snapshot.employees().iter().filter(|employee| is_touched(employee));
        employees.map(|employee| people.person(snapshot, employee)).collect::<Vec<_>>()
    };
    let filled = |feed: &'a Feed, column: &Column| {
        touched(&feed.people, &|employee| !feed.cell(employee, &column.source).is_empty())
    };
    let one = |change: &'a Change<&'a Column>| {
        let mut people = match change {
            _ if before.columns.iter().len() == 0 => Vec::new(),
            Change::Create(column) => filled(after, column),
            Change::Delete(column) => filled(before, column),
            Change::Update { before: was, after: is } => touched(&after.people, &|employee| {
                let old = before.people.employee(employee.id).map(|old| before.cell(old, &was.source));
                old.is_some_and(|old| old != after.cell(employee, &is.source))
            }),
        };
        in_order(&mut people);
        ColumnTouched { change, people }
    };
    plan.columns().iter().map(one).collect()
}
