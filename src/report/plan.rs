//! A plan as text: what it rests on, what it does, and last its summary, where a reader of a terminal looks first.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::model::{
    Alteration, Baseline, ColumnTouched, Difference, Elsewhere, GroupTouched, Leaver, Newcomer, Person, Report, Since,
    Subject, Undecided, Value,
};
use super::section::{self, Item, MOST_LINES, Mark, Section, Whole};
use super::{
    NOTHING, Outcome, PlanView, changes as changes_of, counted, line, listed, people_in_groups, same_name, short, usual,
};
use crate::roster::decide::notes::{Note, Place};
use crate::roster::decide::reasons::{Proof, Reason};
use crate::roster::feed::{Column, Feed};
use crate::roster::guard::{Compared, Evidence, OtherName, PastRemoval, Stands};
use crate::roster::plan::sizes::{Fall, Sizes, or_empty};
use crate::roster::plan::{Change, ChangeKind};
use crate::roster::voice::Told;
use crate::terminal::Extent;

/// The whole plan, section by section: what matters most comes first, and the summary last.
pub fn plan(report: &Report<'_>) -> String {
    let counts = report.plan.counts.people;
    let (added, removed) = (additions(report, &report.plan), removals(report, &report.plan));
    let (changed, groups, columns) = (changes(report, &report.plan), groups(&report.plan), columns(&report.plan));
    let went: Vec<Item> = report.went_before.iter().map(went_before).collect();
    let from_mirror = report.from_mirror.as_ref();
    let not_in_file = from_mirror.map_or(0, |step| step.counts.people.removed);
    let from_mirror = from_mirror.map(|step| removals(report, step)).unwrap_or_default();
    let (waiting, undecided) = (waiting(report), undecided(report));
    let (sizes, falls) = (sizes(report), falls(report));
    let notes: Vec<Item> = report.other_notes.iter().map(|note| Item::plain(said(report, note))).collect();
    let (renamed, strangers) = in_the_other_file(report);
    let heading = |kind, number| format!("{} ({number})", capital(&verb(report, kind, number)));
    let sections = [
        Section::new(heading(ChangeKind::Remove, counts.removed), removed, 15),
        Section::new(format!("In the mirror, not in the file ({not_in_file})"), from_mirror, 12),
        Section::new(format!("Removed before, unseen ({})", went.len()), went, 8),
        Section::new(format!("In the other file, not in ours ({})", strangers.len()), strangers, 12),
        Section::new(format!("In the other file by another name ({})", renamed.len()), renamed, 8),
        Section::new(heading(ChangeKind::Add, counts.added), added, NEWCOMERS_SHOWN),
        Section::new(heading(ChangeKind::Update, counts.changed), changed, 12),
        Section::new(format!("Groups ({})", groups.len()), groups, 6),
        Section::new(format!("Groups that become small ({})", falls.len()), falls, 6),
        Section::new(format!("Columns of the file ({})", columns.len()), columns, 8),
        Section::new(format!("Undecided ({})", undecided.len()), undecided, 8),
        Section::new(format!("Notes ({})", notes.len()), notes, 6),
        Section::new(format!("Not yet in ({})", waiting.len()), waiting, 5),
        sizes,
        Section::new("Also at Personio, not in Honestly", elsewhere(report), 3),
    ];
    let sections: Vec<Section> = came_since(report).into_iter().chain(sections).collect();
    let summary = summary(report);
    let mut text = String::new();
    // The summary, and the line that says how to see the rest.
    let below = summary.lines().count() + 1;
    let whole = section::write(&mut text, &sections, report.view.style, MOST_LINES - below);
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&summary);
    if whole == Whole::No {
        line(&mut text, 0, &format!("Not all of it is shown; all: {} --dry-run --full", report.view.sync));
    }
    text
}

/// What came since a plan that was told, by itself; nothing where nothing came.
pub fn since(report: &Report<'_>) -> String {
    let mut text = String::new();
    section::write(&mut text, came_since(report).as_slice(), report.view.style, MOST_LINES);
    text
}

/// What a person knows of the groups before they look at a plan.
pub fn group_sizes(report: &Report<'_>) -> String {
    let mut text = String::new();
    section::write(&mut text, &[sizes(report)], report.view.style, MOST_LINES);
    text
}

/// The gravest first.
fn came_since(report: &Report<'_>) -> Option<Section> {
    let Since { told, step } = report.since.as_ref()?;
    let people = [removals(report, step), additions(report, step), changes(report, step)];
    let items: Vec<Item> = people.into_iter().flatten().chain(columns(step)).chain(groups(step)).collect();
    let number: usize = items.iter().map(|item| item.stands_for).sum();
    Some(Section::new(format!("Came since plan {} was told ({number})", told.named), items, 15))
}

/// A plan is shown before it is carried out.
fn verb(report: &Report<'_>, kind: ChangeKind, number: usize) -> String {
    Outcome::Previewed.verb(report.view.voice(), report.from(), kind, number)
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect()
}

fn said(report: &Report<'_>, note: &Note) -> String {
    note.told(report.view.voice())
}

/// What is to be said of somebody, below their row.
fn with_notes(report: &Report<'_>, person: Person<'_>, item: Item) -> Item {
    let notes = report.notes_about(person).iter().map(|note| said(report, note));
    Item { rest: item.rest.into_iter().chain(notes).collect(), ..item }
}

/// Sums first, then everybody with department and reason, which has the last day where Personio gives it.
fn removals(report: &Report<'_>, step: &Difference<'_>) -> Vec<Item> {
    let one = |leaver: &Leaver<'_>| {
        let Leaver { person, reason, proof, successor: _ } = leaver;
        let department = report.department(person.department).map(|name| format!(", {name}")).unwrap_or_default();
        let why = reason.map(Reason::logged).unwrap_or_default();
        let check = match proof {
            Proof::Weak => " (please check)",
            Proof::Stated => "",
        };
        let item = Item::new(Mark::Removed, format!("- {}{department}: {why}{check}", listed(*person)));
        with_notes(report, *person, item)
    };
    sums(report, step).into_iter().chain(step.leavers.people.iter().map(one)).collect()
}

/// The departments that are named on a screen.
const SHARES_SHOWN: usize = 5;

fn sums(report: &Report<'_>, step: &Difference<'_>) -> Vec<Item> {
    let voice = report.view.voice();
    let reasons = step.leavers.reasons.iter();
    let reasons: Vec<String> = reasons.map(|(reason, number)| reason.summed(*number, voice)).collect();
    let shares = if std::ptr::eq(step, &report.plan) { report.shares() } else { Vec::new() };
    let share = |(at, removed, of)| format!("{} {removed} of {of}", report.department(at).unwrap_or("(no department)"));
    let shares: Vec<String> = shares.into_iter().map(share).collect();
    let most = match report.view.style.extent {
        Extent::Screens => SHARES_SHOWN,
        Extent::Everything => shares.len(),
    };
    let sums = [("by reason", reasons.join("; ")), ("by department", voice.some(&shares, most))];
    let sums = sums.into_iter().filter(|(_, sum)| !sum.is_empty());
    sums.map(|(what, sum)| Item { stands_for: 0, ..Item::plain(format!("{what}: {sum}")) }).collect()
}

/// Lines of newcomers on a screen.
const NEWCOMERS_SHOWN: usize = 10;

/// Everybody; where that is more than a screen shows, how many come to each department first.
fn additions(report: &Report<'_>, step: &Difference<'_>) -> Vec<Item> {
    let one = |Newcomer { person, place }: &Newcomer<'_>| {
        let department = report.department(person.department).map(str::to_owned);
        let place: Vec<String> = department.into_iter().chain(place.iter().cloned()).collect();
        let place = if place.is_empty() { String::new() } else { format!(": {}", place.join(", ")) };
        with_notes(report, *person, Item::new(Mark::Added, format!("+ {}{place}", listed(*person))))
    };
    let is_cut = report.view.style.extent == Extent::Screens && step.newcomers.len() > NEWCOMERS_SHOWN;
    let sums = is_cut.then(|| by_department(report, step)).flatten();
    sums.into_iter().chain(step.newcomers.iter().map(one)).collect()
}

/// The largest first.
fn by_department(report: &Report<'_>, step: &Difference<'_>) -> Option<Item> {
    let mut come: BTreeMap<&str, usize> = BTreeMap::new();
    for department in step.newcomers.iter().filter_map(|newcomer| report.department(newcomer.person.department)) {
        *come.entry(department).or_default() += 1;
    }
    let mut come: Vec<_> = come.into_iter().collect();
    come.sort_by_key(|(_, number)| Reverse(*number));
    let sums: Vec<String> = come.iter().map(|(department, number)| format!("{department} {number}")).collect();
    let sums = report.view.voice().some(&sums, SHARES_SHOWN);
    (!come.is_empty()).then(|| Item { stands_for: 0, ..Item::plain(format!("by department: {sums}")) })
}

/// What several share first, then what follows from who is removed, then everybody with other changes.
fn changes(report: &Report<'_>, step: &Difference<'_>) -> Vec<Item> {
    let together = |what: String, together: &[Person<'_>]| {
        let rest = match report.view.style.extent {
            Extent::Screens => Vec::new(),
            Extent::Everything => together.iter().map(|person| listed(*person)).collect(),
        };
        let first = format!("~ {what} ({})", counted(together.len(), "person", "people"));
        Item { rest, stands_for: together.len(), ..Item::new(Mark::Changed, first) }
    };
    let changed = &step.changed;
    let shared = changed.shared.iter().map(|(shared, people)| together(alteration(&report.view, shared), people));
    let follows = Some(changed.consequences.as_slice()).filter(|people| !people.is_empty());
    let follows = follows.map(|people| together("Supervisor: removed too -> (empty)".to_owned(), people));
    let single = changed.single.iter().map(|(person, alterations)| {
        let rest = alterations.iter().map(|one| alteration(&report.view, one)).collect();
        with_notes(report, *person, Item { rest, ..Item::new(Mark::Changed, format!("~ {}", listed(*person))) })
    });
    shared.chain(follows).chain(single).collect()
}

/// `Department: Sales -> Engineering`
pub(super) fn alteration(view: &PlanView<'_>, Alteration { subject, from, to }: &Alteration<'_>) -> String {
    let label = match subject {
        Subject::EmailDomain => "E-mail domain".to_owned(),
        Subject::Field(field) => field.told(view.voice()),
    };
    let shown = |value: &Option<Value<'_>>| match value {
        None => or_empty("").to_owned(),
        Some(Value::Text(text)) => text.to_string(),
        Some(Value::Person(id)) => short(view.called(*id)),
    };
    let old = shown(from);
    if from == to { format!("{label}: {}", same_name(&old)) } else { format!("{label}: {old} -> {}", shown(to)) }
}

/// Whose import id would be somebody else, and who would be removed.
fn in_the_other_file(report: &Report<'_>) -> (Vec<Item>, Vec<Item>) {
    let Some(Compared { comparison: _, other_name, go }) = report.other_file else { return Default::default() };
    let renamed = other_name.iter().map(|OtherName { import_id, there, ours }| {
        Item::new(Mark::Changed, format!("~ {import_id} {there} -> {ours}"))
    });
    let go = go.iter().map(|(import_id, name)| Item::new(Mark::Removed, format!("- {import_id} {name}").trim_end()));
    (renamed.collect(), go.collect())
}

fn went_before(PastRemoval { employee, name, day, reason }: &PastRemoval) -> Item {
    Item::plain(format!("{employee} {name}, on {day}: {}", reason.logged()))
}

fn groups(step: &Difference<'_>) -> Vec<Item> {
    let one = |GroupTouched { change, label, people }: &GroupTouched<'_>| match &change.name {
        Change::Create(name) => Item::new(Mark::Added, format!("+ {label}: {name}")),
        Change::Delete(name) => Item::new(Mark::Removed, format!("- {label}: {name}")),
        Change::Update { before, after } => {
            let members = counted(people.len(), "person", "people");
            Item::new(Mark::Changed, format!("= {label}: {before} -> {after} (renamed, {members})"))
        }
    };
    step.groups.iter().map(one).collect()
}

/// The small groups that are named on a screen.
const SMALL_SHOWN: usize = 8;

fn sizes(report: &Report<'_>) -> Section {
    let voice = report.view.voice();
    let most = match report.view.style.extent {
        Extent::Screens => SMALL_SHOWN,
        Extent::Everything => usize::MAX,
    };
    let one = |sizes: &Sizes<'_>| {
        let small: Vec<String> =
            sizes.named().into_iter().map(|(value, size)| format!("{} {size}", or_empty(value))).collect();
        let small = if small.is_empty() { String::new() } else { format!(": {}", voice.some(&small, most)) };
        Item::plain(format!("{}{small}", sizes.told(voice)))
    };
    Section::new("Sizes of groups", report.sizes().iter().filter(|sizes| sizes.tells_apart()).map(one).collect(), 8)
}

fn falls(report: &Report<'_>) -> Vec<Item> {
    let one = |Fall { header, value, before, after, .. }: &Fall<'_>| {
        Item::new(Mark::Changed, format!("~ {header}: {} {before} -> {after}", or_empty(value)))
    };
    report.falls().iter().map(one).collect()
}

fn columns(step: &Difference<'_>) -> Vec<Item> {
    let one = |column: &ColumnTouched<'_>| match column.change {
        Change::Create(Column { header, source }) => Item::new(Mark::Added, format!("+ {header}: {}", source.logged())),
        Change::Update { before, after } => Item::new(
            Mark::Changed,
            format!("~ {}: {} -> {}", after.header, before.source.logged(), after.source.logged()),
        ),
        Change::Delete(Column { header, source }) => {
            Item::new(Mark::Removed, format!("- {header}: {}", source.logged()))
        }
    };
    let line_ends = step.line_ends.map(|(before, after)| {
        Item::new(Mark::Changed, format!("  lines end with {} instead of {}", after.as_str(), before.as_str()))
    });
    let order = step.is_reordered.then(|| Item::new(Mark::Changed, "  the columns stand in another order"));
    step.columns.iter().map(one).chain(line_ends).chain(order).collect()
}

fn waiting(report: &Report<'_>) -> Vec<Item> {
    let one = |(person, day): &(Person<'_>, Option<NaiveDate>)| {
        let starts = day.map_or("has not started".to_owned(), |day| format!("starts on {day}"));
        with_notes(report, *person, Item::plain(format!("{}: {starts}", listed(*person))))
    };
    report.waiting.iter().map(one).collect()
}

fn undecided(report: &Report<'_>) -> Vec<Item> {
    let one = |Undecided { person, problem, place }: &Undecided<'_>| {
        let becomes = match place {
            Place::Kept => "stays as they are",
            Place::LeftOut => "not added",
        };
        let problem = problem.told(report.view.voice());
        let item = Item::new(Mark::Unmarked, format!("? {}: {problem}; {becomes}", listed(*person)));
        with_notes(report, *person, item)
    };
    report.undecided.iter().map(one).collect()
}

fn elsewhere(report: &Report<'_>) -> Vec<Item> {
    let Elsewhere { left, on_leave, out_of_scope } = report.elsewhere;
    let lines = [
        (left, "who left"),
        (on_leave, "on leave"),
        (out_of_scope, "out of scope by the filters of the configuration"),
    ];
    let lines = lines.into_iter().filter(|(number, _)| *number > 0);
    lines.map(|(number, why)| Item::plain(format!("{} {why}", counted(number, "person", "people")))).collect()
}

fn of(feed: &Feed) -> String {
    people_in_groups(feed.people.employees().len(), feed.people.names().len())
}

/// How much changes, and what it is compared with.
fn summary(report: &Report<'_>) -> String {
    let Report { view: PlanView { evidence, digest, today, .. }, plan: Difference { plan, counts, .. }, .. } = report;
    let mut text = String::new();
    let clauses = Outcome::Previewed.clauses(report.view.voice(), report.from(), counts);
    let (people, others): (Vec<_>, Vec<_>) = clauses.into_iter().partition(|(kind, _)| kind.is_of_people());
    let said =
        |clauses: Vec<(ChangeKind, String)>| clauses.into_iter().map(|(_, said)| said).collect::<Vec<_>>().join(", ");
    let mut parts = [said(people), said(others)].into_iter().filter(|part| !part.is_empty());
    let first = parts.next().unwrap_or_else(|| NOTHING.to_owned());
    line(&mut text, 0, &format!("Plan {digest} for {today}: {first}."));
    parts.for_each(|part| line(&mut text, 0, &format!("Also {part}.")));
    if counts.people.removed > 0 {
        line(&mut text, 0, &format!("For comparison, {}.", usual(report.view.voice(), report.view.usual)));
    }
    let (before, after) = (of(plan.before()), of(plan.after()));
    let then = if plan.is_empty() { String::new() } else { format!("; with this plan {after}") };
    let url = evidence.destination.map(|destination| destination.url.as_str()).unwrap_or_default();
    let known = match report.baseline {
        Baseline::Mirror => format!("The mirror has {before}{then}."),
        Baseline::Delivered => format!("{url} has {before}{then}."),
        Baseline::OnItsWay => format!("A file with {before} is on its way to {url}{then}."),
        Baseline::Adopted => format!("Honestly has {before}, as adopted{then}."),
        Baseline::Unknown => {
            format!(
                "Nothing is known of what Honestly has: {url} would get {after}. Nobody knows who would be removed."
            )
        }
    };
    line(&mut text, 0, &known);
    if let Some(step) = &report.from_mirror {
        let changes = changes_of(&step.counts, Outcome::Previewed);
        line(&mut text, 0, &format!("Against the mirror, which has {}: {changes}.", of(step.plan.before())));
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
