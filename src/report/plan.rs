//! A plan as text: what it rests on, what it does, and last its summary, where a reader of a terminal looks first.

use std::sync::Arc;

use super::section::{self, Item, MOST_LINES, Mark, Section, Whole};
use super::{
    NOTHING, PlanView, changed, changes, changes_of_columns, changes_of_groups, changes_of_people, counted, elsewhere,
    group_label, line, outsider, person,
};
use crate::roster::decide::notes::{Note, Place, Problem};
use crate::roster::decide::reasons::Reason;
use crate::roster::feed::{Column, Feed};
use crate::roster::guard::{CameSince, Compared, Evidence, OtherName, PastRemoval, Proposal, Stands};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::Employee;
use crate::roster::plan::mirror::Given;
use crate::roster::plan::{Change, GroupChange, LayoutChange, Plan};
use crate::roster::voice::Told;

/// The whole plan, section by section. What matters most is nearest to the summary at the end.
pub fn plan(view: &PlanView<'_>) -> String {
    let counts = view.plan().counts();
    let (added, removed) = (additions(view), removals(view));
    let (changed, groups, columns) = (changed::items(view), group_changes(view), column_changes(view.plan()));
    let went = went_before(view);
    let of_the_mirror = view
        .leavers_of_the_mirror()
        .map_or_else(Vec::new, |step| removals(&PlanView { proposal: &Proposal::of(step), ..*view }));
    let (waiting, undecided, notes) = (not_yet(view), undecided(view), remarks(view));
    let (renamed, strangers) = in_the_other_file(view);
    let sections = [
        Section::new("Also at Personio, not in Honestly", also_at_personio(view), 3),
        Section::new(format!("Not yet in ({})", waiting.len()), waiting, 5),
        Section::new(format!("Notes ({})", notes.len()), notes, 6),
        Section::new(format!("Undecided ({})", undecided.len()), undecided, 8),
        Section::new(format!("Columns of the file ({})", columns.len()), columns, 8),
        Section::new(format!("Groups ({})", groups.len()), groups, 6),
        Section::new(format!("Will change ({})", counts.people.changed), changed, 12),
        Section::new(format!("Will be added ({})", counts.people.added), added, 10),
        Section::new(format!("In the other file by another name ({})", renamed.len()), renamed, 8),
        Section::new(format!("In the other file, not in ours ({})", strangers.len()), strangers, 12),
        Section::new(format!("Went before, unseen ({})", went.len()), went, 8),
        Section::new(format!("In the mirror, not in the file ({})", of_the_mirror.len()), of_the_mirror, 12),
        Section::new(format!("Will be removed ({})", counts.people.removed), removed, 15),
    ];
    let sections: Vec<Section> = sections.into_iter().chain(came_since(view)).collect();
    let summary = summary(view);
    let mut text = String::new();
    // The summary, and the line that says how to see the rest.
    let below = summary.lines().count() + 1;
    let whole = section::write(&mut text, &sections, view.style, MOST_LINES - below);
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&summary);
    if whole == Whole::No {
        line(&mut text, 0, &format!("Not all of it is shown; all: {} --dry-run --full", view.sync));
    }
    text
}

/// What came since a plan that was told, by itself; nothing where nothing came.
pub fn since(view: &PlanView<'_>) -> String {
    let mut text = String::new();
    section::write(&mut text, came_since(view).as_slice(), view.style, MOST_LINES);
    text
}

/// The most dangerous first.
fn came_since(view: &PlanView<'_>) -> Option<Section> {
    let CameSince { named, step, stay: _ } = view.since?;
    let view = &PlanView { proposal: &Proposal::of(step), ..*view };
    let people = [removals(view), additions(view), changed::items(view)];
    let items: Vec<Item> =
        people.into_iter().flatten().chain(column_changes(step)).chain(group_changes(view)).collect();
    Some(Section::new(format!("Came since plan {named} was told ({})", items.len()), items, 15))
}

fn additions(view: &PlanView<'_>) -> Vec<Item> {
    let item = |change: &Change<&Arc<Employee>>| {
        let Change::Create(employee) = change else { return None };
        Some(Item::new(Mark::Added, format!("+ {}{}", person(employee), place_of(view, employee))))
    };
    view.plan().employees().iter().filter_map(item).collect()
}

/// With the department and the reason, which has the last day where Personio gives it.
fn removals(view: &PlanView<'_>) -> Vec<Item> {
    let item = |change: &Change<&Arc<Employee>>| {
        let Change::Delete(employee) = change else { return None };
        let department = view.plan().before().people.value_of(employee, AttributeKey::DEPARTMENT);
        let department = department.map(|name| format!(", {name}")).unwrap_or_default();
        let why = view.decision().excluded.get(&employee.id).map(Reason::logged).unwrap_or_default();
        Some(Item::new(Mark::Removed, format!("- {}{department}: {why}", person(employee))))
    };
    view.plan().employees().iter().filter_map(item).collect()
}

/// Whose import id would be somebody else, and who would go.
fn in_the_other_file(view: &PlanView<'_>) -> (Vec<Item>, Vec<Item>) {
    let compared = view.evidence.destination.and_then(|destination| destination.compared.as_ref());
    let Some(Compared { comparison: _, other_name, go }) = compared else { return Default::default() };
    let renamed = other_name.iter().map(|OtherName { import_id, there, ours }| {
        Item::new(Mark::Changed, format!("~ {import_id} {there} -> {ours}"))
    });
    let go = go.iter().map(|(import_id, name)| Item::new(Mark::Removed, format!("- {import_id} {name}").trim_end()));
    (renamed.collect(), go.collect())
}

/// Who counts together with those who go.
fn went_before(view: &PlanView<'_>) -> Vec<Item> {
    let went = view.went_before().iter();
    let went = went.map(|PastRemoval { employee, name, day, reason }| {
        format!("  {employee} {name}, on {day}: {}", reason.logged())
    });
    went.map(|line| Item::new(Mark::Unmarked, line)).collect()
}

fn place_of(view: &PlanView<'_>, employee: &Employee) -> String {
    let values: Vec<_> = [AttributeKey::DEPARTMENT, AttributeKey::OFFICE, "position"]
        .into_iter()
        .filter_map(|key| view.plan().after().people.value_of(employee, key))
        .collect();
    if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) }
}

fn group_changes(view: &PlanView<'_>) -> Vec<Item> {
    view.plan().groups().iter().map(|change| group_change(view, change)).collect()
}

fn group_change(view: &PlanView<'_>, change: &GroupChange) -> Item {
    let label = group_label(view, &change.attribute);
    match &change.name {
        Change::Create(name) => Item::new(Mark::Added, format!("+ {label}: {name}")),
        Change::Delete(name) => Item::new(Mark::Removed, format!("- {label}: {name}")),
        Change::Update { before, after } => {
            let members = view.plan().after().people.employees().iter().filter(|employee| change.has(employee)).count();
            let members = counted(members, "person", "people");
            Item::new(Mark::Changed, format!("= {label}: {before} -> {after} (renamed, {members})"))
        }
    }
}

fn column_changes(plan: &Plan<'_>) -> Vec<Item> {
    let column = |change: &Change<&Column>| match change {
        Change::Create(Column { header, source }) => Item::new(Mark::Added, format!("+ {header}: {}", source.logged())),
        Change::Update { before, after } => Item::new(
            Mark::Changed,
            format!("~ {}: {} -> {}", after.header, before.source.logged(), after.source.logged()),
        ),
        Change::Delete(Column { header, source }) => {
            Item::new(Mark::Removed, format!("- {header}: {}", source.logged()))
        }
    };
    plan.columns().iter().map(column).chain(layout_changes(plan)).collect()
}

fn layout_changes(plan: &Plan<'_>) -> Vec<Item> {
    let Some(LayoutChange { before, after }) = plan.layout() else { return Vec::new() };
    let mut items = Vec::new();
    if before.line_end != after.line_end {
        let (now, then) = (after.line_end.as_str(), before.line_end.as_str());
        items.push(Item::new(Mark::Changed, format!("  lines end with {now} instead of {then}")));
    }
    if before.order != after.order {
        items.push(Item::new(Mark::Changed, "  the columns stand in another order"));
    }
    items
}

fn not_yet(view: &PlanView<'_>) -> Vec<Item> {
    let waiting = view.outside().filter(|(_, reason)| matches!(reason, Reason::NotYet(_)));
    waiting
        .map(|(id, reason)| Item::new(Mark::Unmarked, format!("  {}: {}", outsider(view, id), reason.logged())))
        .collect()
}

fn undecided(view: &PlanView<'_>) -> Vec<Item> {
    let decision = view.decision();
    let item = |(id, problem, place): (EmployeeId, &Problem, Place)| {
        let becomes = match place {
            Place::Kept => "stays as they are",
            Place::LeftOut => "not added",
        };
        let problem = problem.told(view.voice());
        Item::new(Mark::Unmarked, format!("? {}: {problem}; {becomes}", outsider(view, id)))
    };
    decision.undecided().map(item).collect()
}

fn also_at_personio(view: &PlanView<'_>) -> Vec<Item> {
    let [left, on_leave, out_of_scope] = elsewhere(view);
    let lines = [
        (left, "who left"),
        (on_leave, "on leave"),
        (out_of_scope, "out of scope by the filters of the configuration"),
    ];
    let lines = lines.into_iter().filter(|(number, _)| *number > 0);
    let line = |(number, why)| Item::new(Mark::Unmarked, format!("  {} {why}", counted(number, "person", "people")));
    lines.map(line).collect()
}

/// Notes that the plan does not show elsewhere, with the names of the people they are about.
fn remarks(view: &PlanView<'_>) -> Vec<Item> {
    let notes = view.evidence.notes().into_iter();
    let notes = notes.filter(|note| !note.is_undecided() && !repeats_the_plan(view, note));
    notes.map(|note| Item::new(Mark::Unmarked, format!("  {}", note.told(view.voice())))).collect()
}

/// Whether a section of the plan says the same.
fn repeats_the_plan(view: &PlanView<'_>, note: &Note) -> bool {
    let goes = |id: &EmployeeId| {
        view.plan().before().people.employee(*id).is_some() && view.plan().after().people.employee(*id).is_none()
    };
    if let Note::SupervisorNotIn { supervisor, people: _, next: _ } = note {
        // The supervisor is among those who go, and the person's loss of them is among those who change.
        return goes(supervisor);
    }
    // Among those who go, with the first day.
    matches!(note, Note::StartPostponed { employee, first_day: _ } if goes(employee))
}

/// How much changes, and what it is compared with.
fn summary(view: &PlanView<'_>) -> String {
    let PlanView { proposal: Proposal { plan, from_mirror }, evidence, digest, today, .. } = view;
    let mut text = String::new();
    let counts = plan.counts();
    let parts = [changes_of_people(&counts), changes_of_groups(&counts), changes_of_columns(&counts)];
    let mut parts = parts.into_iter().flatten();
    let first = parts.next().unwrap_or_else(|| NOTHING.to_owned());
    line(&mut text, 0, &format!("Plan {digest} for {today}: {first}."));
    parts.for_each(|part| line(&mut text, 0, &format!("Also {part}.")));
    let of = |feed: &Feed| {
        let (people, groups) = (feed.people.employees().len(), feed.people.names().len());
        format!("{} in {}", counted(people, "person", "people"), counted(groups, "group", "groups"))
    };
    let (before, after) = (of(plan.before()), of(plan.after()));
    let then = if plan.is_empty() { String::new() } else { format!("; with this plan {after}") };
    let Some(destination) = evidence.destination else {
        line(&mut text, 0, &format!("The mirror has {before}{then}."));
        return text;
    };
    let (url, mirror) = (&destination.url, evidence.mirror);
    let known = match &mirror.given {
        Given::Destination(given) if given == url && mirror.unsettled.is_empty() => {
            format!("{url} has {before}{then}.")
        }
        Given::Destination(given) if given == url => format!("A file with {before} is on its way to {url}{then}."),
        Given::Adopted => format!("Honestly has {before}, as adopted{then}."),
        Given::Nobody | Given::Destination(_) | Given::Unknown => {
            format!("Nothing is known of what Honestly has: {url} would get {after}.")
        }
    };
    line(&mut text, 0, &known);
    if mirror.given_to(Some(url)).is_none() && !view.mirrored().employees().is_empty() {
        let changes = changes(&from_mirror.counts());
        line(&mut text, 0, &format!("Against the mirror, which has {}: {changes}.", of(from_mirror.before())));
    }
    if let Some(there) = what_stands_there(evidence) {
        line(&mut text, 0, &there);
    }
    text
}

fn what_stands_there(evidence: &Evidence<'_>) -> Option<String> {
    let destination = evidence.destination?;
    let Some(Compared { comparison, .. }) = &destination.compared else {
        return (destination.stands == Stands::Empty).then(|| "A file with nobody in it stands there.".to_owned());
    };
    let what = match (comparison.files, &destination.stands) {
        _ if destination.other_files().is_empty() => "The file that was left there stands there",
        (1, Stands::Another { .. }) => "Another file than ours stands there",
        (1, Stands::Nothing | Stands::Ours | Stands::Part | Stands::Empty | Stands::Unknown) => {
            "Another file than ours stood there, and Honestly may have it"
        }
        (_, _) => "Other files than ours stand or stood there",
    };
    Some(format!("{what}: {}.", comparison.logged()))
}

#[cfg(test)]
mod tests;
