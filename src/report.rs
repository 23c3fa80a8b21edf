//! Plans, notes, refusals and standing as text for people. Pure: the same facts give the same text.
//!
//! Text shown here is what a person asked for, so it may name people; logs and mails get ids only. `json` says the same
//! facts to machines.

pub mod check;
pub mod connect;
pub mod explain;
pub mod json;
pub mod metrics;
pub mod page;
pub mod past;
pub mod status;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::NaiveDate;

use crate::exit::{Exit, Failure};
use crate::history::Delivery;
use crate::roster::decide::Decision;
use crate::roster::decide::notes::{Place, Reason};
use crate::roster::feed::{Column, Feed};
use crate::roster::guard::{Cause, Evidence, Found, Proposal, Refusal};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Employee, Group, Snapshot};
use crate::roster::plan::mirror::Given;
use crate::roster::plan::{Change, Counts, FieldChange, FieldName, LayoutChange, Plan, PlanDigest};

/// Everything a reader of a plan may want to know.
#[derive(Debug, Clone, Copy)]
pub struct PlanView<'a> {
    pub proposal: &'a Proposal<'a>,
    pub evidence: &'a Evidence<'a>,
    pub digest: &'a PlanDigest,
    pub today: NaiveDate,
}

impl<'a> PlanView<'a> {
    fn plan(&self) -> &'a Plan<'a> {
        &self.proposal.plan
    }

    fn decision(&self) -> &'a Decision {
        self.evidence.decision
    }

    /// Who was in before, whatever the destination has.
    fn mirrored(&self) -> &'a Snapshot {
        &self.evidence.mirror.feed.people
    }
}

/// What the guard says to the whole plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardWord {
    Passes,
    Holds,
}

/// The whole plan, section by section; sections without content are left out.
pub fn plan(view: &PlanView<'_>) -> String {
    let (plan, decision) = (view.plan(), view.decision());
    let mut text = header(view);
    let counts = plan.counts();
    let columns: Vec<String> = plan.columns().iter().map(column_change).chain(layout_changes(plan)).collect();
    section(&mut text, &format!("Columns of the file ({})", columns.len()), &columns);
    let mut added = Vec::new();
    let mut changed = Vec::new();
    let mut removed = Vec::new();
    for change in plan.employees() {
        match change {
            Change::Create(employee) => added.push(format!("+ {}{}", person(employee), place_of(view, employee))),
            Change::Delete(employee) => removed.push(format!("- {}: {}", person(employee), why(decision, employee.id))),
            Change::Update { after, .. } => {
                changed.push(format!("~ {}", person(after)));
                changed.extend(plan.field_changes(change).iter().map(|change| field_change(view, change)));
            }
        }
    }
    section(&mut text, &format!("Will be added ({})", counts.added), &added);
    section(&mut text, &format!("Will be removed ({})", counts.removed), &removed);
    section(&mut text, &format!("Will change ({})", counts.updated), &changed);
    let groups: Vec<String> = plan.groups().iter().map(|change| group_change(view, change)).collect();
    section(&mut text, &format!("Groups ({})", groups.len()), &groups);

    let waiting: Vec<String> = decision
        .excluded
        .iter()
        .filter(|(id, reason)| matches!(reason, Reason::NotYet(_)) && view.mirrored().employee(**id).is_none())
        .map(|(id, reason)| format!("  {}: {reason}", outsider(view, *id)))
        .collect();
    section(&mut text, &format!("Not yet in ({})", waiting.len()), &waiting);

    let undecided: Vec<String> = decision
        .undecided()
        .map(|(id, problem, place)| match place {
            Place::Kept => format!("? {}: {problem}; stays as they are", outsider(view, id)),
            Place::LeftOut => format!("? {}: {problem}; not added", outsider(view, id)),
        })
        .collect();
    section(&mut text, &format!("Undecided ({})", undecided.len()), &undecided);
    section(&mut text, "Also at Personio, not in Honestly", &elsewhere(view));
    let notes: Vec<String> = remarks(decision).map(|note| format!("  {note}")).collect();
    section(&mut text, &format!("Notes ({})", notes.len()), &notes);
    text
}

/// How much changes, and what it is compared with.
fn header(view: &PlanView<'_>) -> String {
    let PlanView { proposal: Proposal { plan, step }, evidence, digest, today } = view;
    let mut text = String::new();
    let counts = plan.counts();
    let parts = [changes_of_people(&counts), changes_of_groups(&counts), changes_of_columns(&counts)];
    let mut parts = parts.into_iter().flatten();
    let first = parts.next().unwrap_or_else(|| NOTHING.to_owned());
    line(&mut text, 0, &format!("Plan {digest} for {today}: {first}."));
    parts.for_each(|part| line(&mut text, 0, &format!("Also {part}.")));
    let of = |feed: &Feed| {
        let (people, groups) = (feed.people.employees().len(), feed.people.groups().len());
        format!("{} in {}", counted(people, "person", "people"), counted(groups, "group", "groups"))
    };
    let then = if plan.is_empty() { String::new() } else { format!("; with this plan {}", of(plan.after())) };
    let Some(destination) = evidence.destination else {
        line(&mut text, 0, &format!("The mirror has {}{then}.", of(plan.before())));
        return text;
    };
    let url = &destination.url;
    match (&evidence.mirror.given, evidence.mirror.certainty_at(url)) {
        (_, Some(_)) => line(&mut text, 0, &format!("{url} has {}{then}.", of(plan.before()))),
        (Given::Adopted, None) => {
            line(&mut text, 0, &format!("Honestly has {}, as adopted{then}.", of(plan.before())));
        }
        (Given::Nobody | Given::Destination { .. }, None) => {
            line(&mut text, 0, &format!("Nothing is known of what {url} has: it would get {}.", of(plan.after())));
            if !evidence.mirror.feed.people.employees().is_empty() {
                line(
                    &mut text,
                    0,
                    &format!("Against the mirror, which has {}: {}.", of(step.before()), changes(&step.counts())),
                );
            }
        }
    }
    let there = match (&destination.found, destination.contents) {
        (Found::Foreign { .. }, Some(contents)) => format!("Another file than ours stands there: {contents}."),
        (Found::Foreign { .. }, None) => "Another file than ours stands there.".to_owned(),
        (Found::Ours, Some(contents)) => format!("The file that was left there stands there: {contents}."),
        (Found::Ours | Found::Nothing | Found::Unknown, _) => return text,
    };
    line(&mut text, 0, &there);
    text
}

fn column_change(change: &Change<&Column>) -> String {
    match change {
        Change::Create(Column { header, source }) => format!("+ {header}: {source}"),
        Change::Update { before, after } => format!("~ {}: {} -> {}", after.header, before.source, after.source),
        Change::Delete(Column { header, source }) => format!("- {header}: {source}"),
    }
}

fn layout_changes(plan: &Plan<'_>) -> Vec<String> {
    let Some(LayoutChange { before, after }) = plan.layout() else { return Vec::new() };
    let mut lines = Vec::new();
    if before.line_end != after.line_end {
        lines.push(format!("  lines end with {} instead of {}", after.line_end.as_str(), before.line_end.as_str()));
    }
    if before.order != after.order {
        lines.push("  the columns stand in another order".to_owned());
    }
    lines
}

/// How many people Personio has besides those the plan names, and why.
fn elsewhere(view: &PlanView<'_>) -> Vec<String> {
    let (mut left, mut on_leave, mut out_of_scope) = (0, 0, 0);
    let outside = view.decision().excluded.iter().filter(|(id, _)| view.mirrored().employee(**id).is_none());
    for (_, reason) in outside {
        match reason {
            Reason::LastDayPassed(_) | Reason::Inactive => left += 1,
            Reason::OnLeave => on_leave += 1,
            Reason::OutOfScope(_) => out_of_scope += 1,
            // The one has a section of its own, the other is said of people in the mirror only.
            Reason::NotYet(_) | Reason::Absent(_) | Reason::ClockInDoubt => {}
        }
    }
    let lines = [
        (left, "who left"),
        (on_leave, "on leave"),
        (out_of_scope, "out of scope by the filters of the configuration"),
    ];
    let lines = lines.into_iter().filter(|(number, _)| *number > 0);
    lines.map(|(number, why)| format!("  {} {why}", counted(number, "person", "people"))).collect()
}

/// Notes that the plan does not show elsewhere.
fn remarks(decision: &Decision) -> impl Iterator<Item = &crate::roster::decide::notes::Note> {
    decision.notes.iter().filter(|note| !note.is_undecided())
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

/// Why a plan is held, in at most ten lines.
pub fn refusal(refusal: &Refusal, largest_removal: u64, difference: &Difference) -> Failure {
    let Refusal { digest, cause } = refusal;
    let (first, rules) = match cause {
        Cause::NothingHeld { given } => {
            let message = format!("plan {given} cannot be approved: nothing is held, and nothing was written");
            return Failure::new(Exit::Held, message).hint("honestly-sync sync applies what there is to apply");
        }
        Cause::Rules(rules) => (format!("plan {digest} is held, and nothing was written"), rules),
        Cause::AnotherPlan { given, rules } => (
            format!(
                "plan {given} is not the plan there is now, which is {digest}; it is held, and nothing was written"
            ),
            rules,
        ),
    };
    let mut message = first;
    const SHOWN: usize = 4;
    for rule in rules.iter().take(SHOWN) {
        let _ = write!(message, "\n  {rule}");
    }
    if rules.len() > SHOWN {
        let _ = write!(message, "\n  and {} more rules", rules.len() - SHOWN);
    }
    if rules.iter().any(|rule| rule.concerns_removals()) {
        let _ = write!(
            message,
            "\n  the largest removal of the past runs: {}",
            counted(largest_removal as usize, "person", "people")
        );
    }
    match difference {
        Difference::NotAsked => {}
        Difference::Unknown => message.push_str("\n  the plan that was approved is in no run of the log"),
        Difference::Lines(lines) => {
            let _ = write!(message, "\n  different since: {}", shortened(lines, 6));
        }
    }
    let hints = vec![
        "review it: honestly-sync sync --dry-run".to_owned(),
        format!("apply exactly this plan: honestly-sync sync --approve {digest}"),
    ];
    Failure { exit: Exit::Held, message, hints }
}

/// What differs between the plan that was approved and the one there is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// No other digest was given.
    NotAsked,
    /// The run log does not know the digest that was given.
    Unknown,
    Lines(Vec<String>),
}

/// Compares two outlines of plans.
pub fn difference(reviewed: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, fingerprint) in reviewed {
        match now.get(name) {
            None => lines.push(format!("no longer {name}")),
            Some(other) if other != fingerprint => lines.push(format!("{name} differently")),
            Some(_) => {}
        }
    }
    lines.extend(now.keys().filter(|name| !reviewed.contains_key(*name)).map(|name| format!("now also {name}")));
    if lines.is_empty() {
        lines.push("the same changes on another basis (scope, destination or a run in between)".to_owned());
    }
    lines
}

fn shortened(lines: &[String], most: usize) -> String {
    match lines.len().checked_sub(most) {
        None | Some(0) => lines.join("; "),
        Some(more) => format!("{}; and {more} more", lines[..most].join("; ")),
    }
}

const NOTHING: &str = "nothing to change";

/// `3 people come, 2 people go, 1 group appears`
pub fn changes(counts: &Counts) -> String {
    let parts = [changes_of_people(counts), changes_of_groups(counts), changes_of_columns(counts)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { NOTHING.to_owned() } else { parts.join(", ") }
}

fn changes_of_people(counts: &Counts) -> Option<String> {
    let Counts { added, updated, removed, .. } = *counts;
    listed([
        (added, "person comes", "people come"),
        (removed, "person goes", "people go"),
        (updated, "person changes", "people change"),
    ])
}

fn changes_of_groups(counts: &Counts) -> Option<String> {
    let Counts { groups_added, groups_renamed, groups_removed, .. } = *counts;
    listed([
        (groups_added, "group appears", "groups appear"),
        (groups_renamed, "group is renamed", "groups are renamed"),
        (groups_removed, "group disappears", "groups disappear"),
    ])
}

fn changes_of_columns(counts: &Counts) -> Option<String> {
    let Counts { columns_added, columns_changed, columns_removed, layout_changed, .. } = *counts;
    let layout = (layout_changed > 0).then(|| "the columns' order or the line ends change".to_owned());
    let columns = listed([
        (columns_added, "column appears", "columns appear"),
        (columns_changed, "column is filled otherwise", "columns are filled otherwise"),
        (columns_removed, "column disappears", "columns disappear"),
    ]);
    let parts: Vec<String> = columns.into_iter().chain(layout).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn listed<const N: usize>(parts: [(usize, &str, &str); N]) -> Option<String> {
    let parts: Vec<String> =
        parts.into_iter().filter(|(n, _, _)| *n > 0).map(|(n, one, many)| counted(n, one, many)).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

pub fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn line(text: &mut String, indent: usize, content: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{:indent$}{content}", "");
}

fn section(text: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    text.push('\n');
    line(text, 0, title);
    lines.iter().for_each(|content| line(text, 2, content));
}

fn person(employee: &Employee) -> String {
    let Employee { id, first_name, last_name, email, .. } = employee;
    format!("{id} {first_name} {last_name} <{email}>")
}

fn place_of(view: &PlanView<'_>, employee: &Employee) -> String {
    let values: Vec<_> = [AttributeKey::DEPARTMENT, AttributeKey::OFFICE, "position"]
        .into_iter()
        .filter_map(|key| view.plan().after().people.value_of(employee, key))
        .collect();
    if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) }
}

fn why(decision: &Decision, id: EmployeeId) -> String {
    decision.excluded.get(&id).map(Reason::to_string).unwrap_or_default()
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
    let shown = |value: &Option<Cow<'_, str>>, snapshot: &Snapshot| match (value, field) {
        (None, _) => "(empty)".to_owned(),
        (Some(id), FieldName::Supervisor) => {
            let supervisor = id.parse().ok().and_then(|id| snapshot.employee(EmployeeId(id)));
            supervisor.map_or_else(|| id.to_string(), |s| format!("{} {} {}", s.id, s.first_name, s.last_name))
        }
        (Some(value), _) => value.to_string(),
    };
    let (old, new) = (shown(from, &view.plan().before().people), shown(to, &view.plan().after().people));
    let remark = if from == to { " (created anew at Personio)" } else { "" };
    format!("    {}: {old} -> {new}{remark}", field_label(view, field))
}

fn field_label(view: &PlanView<'_>, field: &FieldName) -> String {
    match field {
        FieldName::ImportId => "Import id".to_owned(),
        FieldName::Email => "E-mail".to_owned(),
        FieldName::FirstName => "First name".to_owned(),
        FieldName::LastName => "Last name".to_owned(),
        FieldName::Language => "Language".to_owned(),
        FieldName::Supervisor => "Supervisor".to_owned(),
        FieldName::Group(key) => group_label(view, key),
    }
}

fn group_label(view: &PlanView<'_>, key: &AttributeKey) -> String {
    let plan = view.plan();
    let name = plan.after().columns.name_of(key).or_else(|| plan.before().columns.name_of(key));
    name.map_or_else(|| key.to_string(), str::to_owned)
}

fn group_change(view: &PlanView<'_>, change: &Change<Group>) -> String {
    let label = |group: &Group| group_label(view, &group.key.attribute);
    match change {
        Change::Create(group) => format!("+ {}: {}", label(group), group.name),
        Change::Delete(group) => format!("- {}: {}", label(group), group.name),
        Change::Update { before, after } => {
            let members = |e: &&Employee| e.groups.contains(&after.key);
            let members = view.plan().after().people.employees().iter().map(|e| &**e).filter(members).count();
            let members = counted(members, "person", "people");
            format!("= {}: {} -> {} (renamed, {members})", label(before), before.name, after.name)
        }
    }
}
