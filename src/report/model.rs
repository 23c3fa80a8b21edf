//! What a plan shows, computed once: the report. Text, page, JSON and mail print it, and count, sort and compare nothing themselves.
//!
//! It holds facts: people, reasons, numbers, days. Sentences are made by whoever prints it.

mod changes;
mod departments;
mod files;
mod people;
mod sums;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

pub use changes::{Alteration, Changed, Subject, Value};
pub use departments::Department;
pub use files::{Baseline, ColumnTouched, GroupTouched};
pub use people::{Leaver, Leavers, Newcomer, Person};
pub use sums::{Extent, Sums};

use super::{PlanView, RemovedFrom};
use crate::roster::decide::notes::{Note, Place, Problem};
use crate::roster::decide::reasons::{Reason, Says};
use crate::roster::feed::LineEnd;
use crate::roster::guard::{CameSince, Compared, PastRemoval};
use crate::roster::model::record::EmployeeId;
use crate::roster::plan::sizes::{Fall, Sizes, falls, sizes};
use crate::roster::plan::{Counts, Plan};
pub(super) use people::{People, is_alike};

/// All that a plan shows.
#[derive(Debug)]
pub struct Report<'a> {
    pub view: PlanView<'a>,
    /// The names of all departments before and after, sorted. People and numbers hold their indices.
    pub departments: Vec<String>,
    pub baseline: Baseline,
    pub plan: Difference<'a>,
    /// From the mirror, where nothing is known of what the destination has and so nobody knows who is removed there.
    pub from_mirror: Option<Difference<'a>>,
    /// What came since a plan that was told.
    pub since: Option<Since<'a>>,
    /// Who went unseen in the days before, and counts with those whom the plan removes.
    pub went_before: &'a [PastRemoval],
    /// Who is in a file of somebody else, compared with ours.
    pub other_file: Option<&'a Compared>,
    // It looks at everybody, so it is computed only where somebody reads it.
    head_counts: OnceCell<Vec<Department>>,
    /// Who starts later, the earliest first.
    pub waiting: Vec<(Person<'a>, Option<NaiveDate>)>,
    pub undecided: Vec<Undecided<'a>>,
    pub elsewhere: Elsewhere,
    notes: BTreeMap<EmployeeId, Vec<&'a Note>>,
    /// Notes about nobody, and about people whom no list names.
    pub other_notes: Vec<&'a Note>,
}

/// The difference between two feeds, as people read it.
#[derive(Debug)]
pub struct Difference<'a> {
    pub plan: &'a Plan<'a>,
    pub counts: Counts,
    pub leavers: Leavers<'a>,
    pub newcomers: Vec<Newcomer<'a>>,
    pub changed: Changed<'a>,
    pub groups: Vec<GroupTouched<'a>>,
    pub columns: Vec<ColumnTouched<'a>>,
    /// Whether the columns that both files have change their order.
    pub is_reordered: bool,
    /// Before and after, where they change.
    pub line_ends: Option<(LineEnd, LineEnd)>,
}

#[derive(Debug)]
pub struct Since<'a> {
    pub told: &'a CameSince<'a>,
    pub step: Difference<'a>,
}

#[derive(Debug)]
pub struct Undecided<'a> {
    pub person: Person<'a>,
    pub problem: &'a Problem,
    pub place: Place,
}

/// How many people Personio has besides those whom the plan names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Elsewhere {
    pub left: usize,
    pub on_leave: usize,
    pub out_of_scope: usize,
}

impl<'a> Report<'a> {
    pub fn new(view: &PlanView<'a>) -> Self {
        let proposal = view.proposal;
        let baseline = Baseline::of(view.evidence);
        let is_compared = baseline == Baseline::Unknown && !view.mirrored().employees().is_empty();
        let (plan, from_mirror) = (&proposal.plan, is_compared.then_some(&proposal.from_mirror));
        let shown: Vec<&Plan<'_>> =
            [plan].into_iter().chain(from_mirror).chain(view.since.map(|since| &since.step)).collect();
        let departments = departments::names(&shown);
        let people = &People { view: *view, departments: &departments };
        let difference = |plan| Difference::new(people, plan);
        let plan = difference(plan);
        let went_before = if plan.counts.people.removed > 0 { view.unseen } else { &[] };
        let mut report = Self {
            view: *view,
            baseline,
            from_mirror: from_mirror.map(difference),
            since: view.since.map(|told| Since { told, step: difference(&told.step) }),
            went_before,
            other_file: view.evidence.destination.and_then(|destination| destination.compared.as_ref()),
            head_counts: OnceCell::new(),
            waiting: people.waiting(),
            undecided: people.undecided(),
            elsewhere: people.elsewhere(),
            notes: BTreeMap::new(),
            other_notes: Vec::new(),
            plan,
            departments: Vec::new(),
        };
        report.sort_notes();
        report.departments = departments;
        report
    }

    /// The departments with their people, the largest change first.
    pub fn head_counts(&self) -> &[Department] {
        let people = People { view: self.view, departments: &self.departments };
        self.head_counts.get_or_init(|| departments::head_counts(&people, &self.plan, self.baseline))
    }

    /// The groups that there are with the plan. Looks at everybody.
    pub fn sizes(&self) -> Vec<Sizes<'a>> {
        sizes(self.plan.plan.after(), self.view.smallest_group)
    }

    /// The groups that become small.
    pub fn falls(&self) -> Vec<Fall<'a>> {
        match self.plan.plan.is_empty() {
            true => Vec::new(),
            false => falls(self.plan.plan.before(), self.plan.plan.after(), &self.sizes()),
        }
    }

    /// Each note stands with the person it is about.
    fn sort_notes(&mut self) {
        let rows = self.rows();
        let removed = |id| self.plan.leavers.people.iter().any(|leaver| leaver.person.id == id);
        for note in self.view.notes {
            match note.employee() {
                // They have a list of their own.
                _ if note.is_undecided() => {}
                // It follows from who is removed, and stands among the changes.
                Some(supervisor) if matches!(note, Note::SupervisorNotIn { .. }) && removed(supervisor) => {}
                // The reason says it.
                Some(leaver) if matches!(note, Note::StartPostponed { .. }) && removed(leaver) => {}
                Some(id) if rows.contains(&id) => self.notes.entry(id).or_default().push(note),
                Some(_) | None => self.other_notes.push(note),
            }
        }
    }

    /// Everybody who has a row of their own.
    fn rows(&self) -> BTreeSet<EmployeeId> {
        let Difference { leavers, newcomers, changed, .. } = &self.plan;
        let people = leavers.people.iter().map(|leaver| leaver.person);
        let people = people.chain(newcomers.iter().map(|newcomer| newcomer.person));
        let people = people.chain(changed.single.iter().map(|(person, _)| *person));
        let people = people.chain(self.waiting.iter().map(|(person, _)| *person));
        people.chain(self.undecided.iter().map(|undecided| undecided.person)).map(|person| person.id).collect()
    }

    /// What is to be said of somebody in their row.
    pub fn notes_about(&self, person: Person<'_>) -> &[&'a Note] {
        self.notes.get(&person.id).map(Vec::as_slice).unwrap_or_default()
    }

    /// From where the plan removes people.
    pub fn from(&self) -> RemovedFrom {
        self.extent().from()
    }

    pub fn department(&self, at: Option<usize>) -> Option<&str> {
        self.departments.get(at?).map(String::as_str)
    }
}

impl<'a> Difference<'a> {
    fn new(people: &People<'a, '_>, plan: &'a Plan<'a>) -> Self {
        let layout = plan.layout();
        let line_ends = layout.map(|layout| (layout.before.line_end, layout.after.line_end));
        Self {
            plan,
            counts: plan.counts(),
            leavers: people.leavers(plan),
            newcomers: people.newcomers(plan),
            changed: Changed::new(people, plan),
            groups: files::groups(people, plan),
            columns: files::columns(people, plan),
            is_reordered: layout.is_some_and(|layout| layout.before.order != layout.after.order),
            line_ends: line_ends.filter(|(before, after)| before != after),
        }
    }
}

impl<'a> People<'a, '_> {
    fn waiting(&self) -> Vec<(Person<'a>, Option<NaiveDate>)> {
        let outside = self.view.outside().filter_map(|(id, reason)| {
            let Reason::NotYet(first_day) = reason else { return None };
            Some((self.called(id), *first_day))
        });
        let mut waiting: Vec<_> = outside.collect();
        waiting.sort_by_key(|(_, day)| (day.is_none(), *day));
        waiting
    }

    fn undecided(&self) -> Vec<Undecided<'a>> {
        let one = |(id, problem, place)| Undecided { person: self.called(id), problem, place };
        self.view.decision().undecided().map(one).collect()
    }

    fn elsewhere(&self) -> Elsewhere {
        let mut elsewhere = Elsewhere::default();
        for (_, reason) in self.view.outside() {
            match reason.says() {
                Says::Ended => elsewhere.left += 1,
                Says::OnLeave => elsewhere.on_leave += 1,
                Says::OutOfScope => elsewhere.out_of_scope += 1,
                // The first has a list of its own. The others are said only of people in the mirror.
                Says::NotBegun | Says::NoProfile | Says::Nothing => {}
            }
        }
        elsewhere
    }
}

#[cfg(test)]
mod tests;
