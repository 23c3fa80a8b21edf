//! The departments: how many people each has before and after, and how many of them the plan removes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::files::Baseline;
use super::people::People;
use super::{Difference, Report};
use crate::roster::model::record::AttributeKey;
use crate::roster::plan::{Change, GroupChange, Plan};

/// A department that loses fewer tells little, however small it is.
const SEVERAL: usize = 3;

/// One department in numbers; none for people without a department.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Department {
    pub at: Option<usize>,
    /// None where nobody knows what the destination has.
    pub before: Option<usize>,
    pub after: usize,
    pub removed: usize,
}

/// Of everybody before and after, sorted.
pub(super) fn names(plans: &[&Plan<'_>]) -> Vec<String> {
    let mut names = BTreeSet::new();
    for people in plans.iter().flat_map(|plan| [&plan.before().people, &plan.after().people]) {
        let groups = people.names().into_iter().filter(|(attribute, _)| attribute.as_str() == AttributeKey::DEPARTMENT);
        names.extend(groups.map(|(_, name)| Cow::Borrowed(name)));
        // Whoever is in several has them all in one cell.
        let in_several =
            people.employees().iter().filter(|one| one.groups.of_attribute(AttributeKey::DEPARTMENT).nth(1).is_some());
        names.extend(in_several.filter_map(|one| people.value_of(one, AttributeKey::DEPARTMENT)));
    }
    names.into_iter().map(Cow::into_owned).collect()
}

/// A renamed department counts as one. Empty where departments are no groups.
pub(super) fn head_counts(people: &People<'_, '_>, shown: &Difference<'_>, baseline: Baseline) -> Vec<Department> {
    if people.departments.is_empty() {
        return Vec::new();
    }
    let Difference { plan, leavers, .. } = shown;
    let renamed = renamed(people, plan);
    let now = |was: Option<usize>| was.map(|was| *renamed.get(&was).unwrap_or(&was));
    let mut counts: BTreeMap<Option<usize>, [usize; 3]> = BTreeMap::new();
    for employee in plan.before().people.employees() {
        counts.entry(now(people.person(&plan.before().people, employee).department)).or_default()[0] += 1;
    }
    for employee in plan.after().people.employees() {
        counts.entry(people.person(&plan.after().people, employee).department).or_default()[1] += 1;
    }
    for leaver in &leavers.people {
        counts.entry(now(leaver.person.department)).or_default()[2] += 1;
    }
    let known = |before| (baseline != Baseline::Unknown).then_some(before);
    let count =
        |(at, [before, after, removed]): (_, [usize; 3])| Department { at, before: known(before), after, removed };
    let mut counts: Vec<Department> = counts.into_iter().map(count).collect();
    counts.sort_by_key(|count| {
        let (before, after) = (count.before.unwrap_or_default(), count.after);
        std::cmp::Reverse((before.abs_diff(after), before.max(after)))
    });
    counts
}

/// The indices of departments that are called otherwise as a whole, old to new.
fn renamed(people: &People<'_, '_>, plan: &Plan<'_>) -> BTreeMap<usize, usize> {
    let departments = plan.after().people.names();
    let indices = |change: &GroupChange| {
        let Change::Update { before, after } = &change.name else { return None };
        // Where another value keeps the old name, that department is still there.
        let is_gone = !departments.contains(&(&change.attribute, &**before));
        let is_department = change.attribute.as_str() == AttributeKey::DEPARTMENT;
        people.index_of(before).zip(people.index_of(after)).filter(|_| is_department && is_gone)
    };
    plan.groups().iter().filter_map(indices).collect()
}

impl Report<'_> {
    /// The departments that lose people, each with how many of how many: those that lose three or more before the others, the
    /// largest part first.
    pub fn shares(&self) -> Vec<(Option<usize>, usize, usize)> {
        if self.plan.counts.people.removed == 0 {
            return Vec::new();
        }
        let losing = self.head_counts().iter().filter(|department| department.removed > 0);
        let share = |one: &Department| Some((one.at, one.removed, one.before?));
        let mut shares: Vec<_> = losing.filter_map(share).collect();
        shares.sort_by_key(|(_, removed, of)| {
            std::cmp::Reverse((*removed >= SEVERAL, removed * 1000 / of.max(&1), *removed))
        });
        shares
    }
}
