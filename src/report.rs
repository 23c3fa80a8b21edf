//! Plans, notes, refusals and the state of things as text for people. Pure: the same facts give the same text.
//!
//! A person asked for the text shown here, so it may name people; logs and mails get only ids. `json` gives the same facts to
//! machines.

mod changed;
pub mod check;
pub mod connect;
pub mod explain;
pub mod json;
pub mod metrics;
pub mod page;
pub mod past;
mod plan;
mod refusal;
mod section;
pub mod status;

use std::fmt::{Display, Write as _};

use chrono::NaiveDate;

use crate::history::Delivery;
use crate::roster::decide::Decision;
use crate::roster::decide::reasons::Reason;
use crate::roster::guard::{CameSince, Evidence, PastRemoval, Proposal};
use crate::roster::model::record::{AttributeKey, EmployeeId, by_id};
use crate::roster::model::snapshot::{Employee, Snapshot};
use crate::roster::plan::{Counts, FieldChange, FieldName, Plan, PlanDigest, Tally};
use crate::roster::voice::{Names, Reader, Told, Voice};
use crate::terminal::Style;
use crate::visible::visible;

/// All that a reader of a plan may want to know.
#[derive(Debug, Clone, Copy)]
pub struct PlanView<'a> {
    pub proposal: &'a Proposal<'a>,
    pub evidence: &'a Evidence<'a>,
    /// Who went in the days before, and whom nobody saw go.
    pub unseen: &'a [PastRemoval],
    pub digest: &'a PlanDigest,
    /// What came since a plan that is approved, else since the one that was told last.
    pub since: Option<&'a CameSince<'a>>,
    pub today: NaiveDate,
    /// The command that makes this plan again, ready to paste with one more option.
    pub sync: &'a str,
    pub style: Style,
}

impl<'a> PlanView<'a> {
    fn plan(&self) -> &'a Plan<'a> {
        &self.proposal.plan
    }

    fn decision(&self) -> &'a Decision {
        self.evidence.decision
    }

    /// The operator reads plans.
    fn voice(&self) -> Voice<'_> {
        Voice::new(Reader::Operator, self)
    }

    /// The people at Personio who were not in before, with the reason why they are not in.
    fn outside(&self) -> impl Iterator<Item = (EmployeeId, &'a Reason)> {
        let (excluded, mirrored) = (&self.decision().excluded, self.mirrored());
        excluded.iter().filter(|(id, _)| mirrored.employee(**id).is_none()).map(|(id, reason)| (*id, reason))
    }

    /// Whoever approves that people go has seen these too, and they count no more.
    fn went_before(&self) -> &'a [PastRemoval] {
        if self.plan().counts().people.removed > 0 { self.unseen } else { &[] }
    }

    /// The step from the mirror, where the plan starts from nothing and so removes nobody.
    fn leavers_of_the_mirror(&self) -> Option<&'a Plan<'a>> {
        let Proposal { plan, from_mirror } = self.proposal;
        plan.before().people.employees().is_empty().then_some(from_mirror)
    }

    /// Who was in before, whatever the destination has.
    fn mirrored(&self) -> &'a Snapshot {
        &self.evidence.mirror.feed.people
    }
}

pub use plan::{plan, since};
pub use refusal::{Asked, refusal};

/// The guard's verdict on the whole plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardWord {
    Passes,
    Holds,
}

/// One sentence: what a run did.
pub fn summary(counts: &Counts, people: usize, groups: usize, delivery: Option<&Delivery>) -> String {
    let delivered = delivery.map_or_else(String::new, |delivery| {
        let state = if delivery.verified { "" } else { ", could not be verified" };
        format!("; delivered to {}{state}", delivery.destination)
    });
    format!(
        "In step: {} in {}; {}{delivered}.",
        counted(people, "person", "people"),
        counted(groups, "group", "groups"),
        changes(counts)
    )
}

const NOTHING: &str = "nothing to change";

/// `3 people come, 2 people go, 1 group appears`
pub fn changes(counts: &Counts) -> String {
    let parts = [changes_of_people(counts), changes_of_groups(counts), changes_of_columns(counts)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { NOTHING.to_owned() } else { parts.join(", ") }
}

fn changes_of_people(counts: &Counts) -> Option<String> {
    let Tally { added, changed, removed } = counts.people;
    listed([
        (added, "person comes", "people come"),
        (removed, "person goes", "people go"),
        (changed, "person changes", "people change"),
    ])
}

fn changes_of_groups(counts: &Counts) -> Option<String> {
    let Tally { added, changed, removed } = counts.groups;
    listed([
        (added, "group appears", "groups appear"),
        (changed, "group is renamed", "groups are renamed"),
        (removed, "group disappears", "groups disappear"),
    ])
}

fn changes_of_columns(counts: &Counts) -> Option<String> {
    let Tally { added, changed, removed } = counts.columns;
    let layout = (counts.layout > 0).then(|| "the columns' order or the line ends change".to_owned());
    let columns = listed([
        (added, "column appears", "columns appear"),
        (changed, "column is filled otherwise", "columns are filled otherwise"),
        (removed, "column disappears", "columns disappear"),
    ]);
    let parts: Vec<String> = columns.into_iter().chain(layout).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn listed<const N: usize>(parts: [(usize, &str, &str); N]) -> Option<String> {
    let parts: Vec<String> =
        parts.into_iter().filter(|(n, _, _)| *n > 0).map(|(n, one, many)| counted(n, one, many)).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

pub fn counted<N: Display + PartialEq + From<u8>>(number: N, one: &str, many: &str) -> String {
    let noun = if number == N::from(1) { one } else { many };
    format!("{number} {noun}")
}

/// How many people Personio has besides those the plan names: who left, who is on leave, who is out of scope.
fn elsewhere(view: &PlanView<'_>) -> [usize; 3] {
    let [mut left, mut on_leave, mut out_of_scope] = [0; 3];
    for (_, reason) in view.outside() {
        match reason {
            Reason::LastDayPassed(_) | Reason::Inactive => left += 1,
            Reason::OnLeave => on_leave += 1,
            Reason::OutOfScope(_) => out_of_scope += 1,
            // The first has a section of its own. The others are said only of people in the mirror.
            Reason::NotYet(_) | Reason::Absent(_) | Reason::ClockInDoubt => {}
        }
    }
    [left, on_leave, out_of_scope]
}

/// One line without invisible characters, so that what somebody typed at Personio cannot mislead.
fn line(text: &mut String, indent: usize, content: &str) {
    painted_line(text, indent, &visible(content));
}

/// One line that is visible already and may have colours.
fn painted_line(text: &mut String, indent: usize, content: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{:indent$}{content}", "");
}

/// A title and all lines, without marks.
fn section(text: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    text.push('\n');
    line(text, 0, title);
    lines.iter().for_each(|content| line(text, 2, content));
}

fn person(employee: &Employee) -> String {
    let Employee { first_name, last_name, email, .. } = employee;
    format!("{} {first_name} {last_name} <{email}>", employee.key())
}

/// Somebody whom the plan does not add, by the name in the mirror, else by Personio's.
fn outsider(view: &PlanView<'_>, id: EmployeeId) -> String {
    match (view.mirrored().employee(id), view.decision().outsiders.get(&id)) {
        (Some(employee), _) => person(employee),
        (None, Some(name)) if !name.is_empty() => format!("{id} {name}"),
        (None, Some(_) | None) => id.to_string(),
    }
}

fn field_change(view: &PlanView<'_>, change: &FieldChange<'_>) -> String {
    let FieldChange { field, from, to } = change;
    let old = field_value(field, from.as_deref(), &view.plan().before().people);
    let new = field_value(field, to.as_deref(), &view.plan().after().people);
    let label = field.told(view.voice());
    if from == to { format!("{label}: {}", same_name(&old)) } else { format!("{label}: {old} -> {new}") }
}

/// The domains of an address before and after, where its part before the @ stays.
fn domains<'c>(change: &'c FieldChange<'_>) -> Option<(&'c str, &'c str)> {
    let FieldChange { field: FieldName::Email, from: Some(from), to: Some(to) } = change else { return None };
    let ((local, from), (same, to)) = from.rsplit_once('@').zip(to.rsplit_once('@'))?;
    (local == same).then_some((from, to))
}

/// The cell stays as it is.
fn same_name(value: &str) -> String {
    format!("{value} (another value at Personio, with the same name)")
}

/// A supervisor with their name.
fn field_value(field: &FieldName, value: Option<&str>, snapshot: &Snapshot) -> String {
    match (value, field) {
        (None, _) => "(empty)".to_owned(),
        (Some(id), FieldName::Supervisor) => {
            let supervisor = id.parse().ok().and_then(|id| snapshot.employee(EmployeeId(id)));
            supervisor.map_or_else(|| id.to_owned(), |s| format!("{} {} {}", s.key(), s.first_name, s.last_name))
        }
        (Some(value), _) => value.to_owned(),
    }
}

/// Somebody by id, and by name where the mirror, the plan or Personio has one.
fn called(view: &PlanView<'_>, id: EmployeeId) -> Option<String> {
    let (before, after) = (view.mirrored().employee(id), view.plan().after().people.employee(id));
    match (after.or(before), view.decision().outsiders.get(&id)) {
        (Some(employee), _) => Some(format!("{} {} {}", employee.key(), employee.first_name, employee.last_name)),
        (None, Some(name)) if !name.is_empty() => Some(format!("{id} {name}")),
        (None, Some(_) | None) => None,
    }
}

/// A person asked, and so reads names.
impl Names for PlanView<'_> {
    fn person(&self, id: EmployeeId) -> String {
        called(self, id).unwrap_or_else(|| by_id(id))
    }

    fn attribute(&self, key: &AttributeKey) -> String {
        key.to_string()
    }

    fn column(&self, key: &AttributeKey) -> String {
        group_label(self, key)
    }
}

fn group_label(view: &PlanView<'_>, key: &AttributeKey) -> String {
    let plan = view.plan();
    let name = plan.after().columns.name_of(key).or_else(|| plan.before().columns.name_of(key));
    name.map_or_else(|| key.to_string(), str::to_owned)
}
