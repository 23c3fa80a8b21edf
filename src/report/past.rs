//! The run log, one run, one person's past: what an auditor asks for a year later.

use std::fmt::Write as _;

use super::section::capped;
use super::status::{local, outcome};
use super::{Outcome, changes, counted, line, same_name, section};
use crate::history::{
    ApprovalGiven, Biography, Ended, Episode, JournalEntry, Present, RecordedApproval, Removed, Run, RunRecord, Subject,
};
use crate::roster::decide::notes::Note;
use crate::roster::model::record::EmployeeId;
use crate::roster::plan::ChangeKind;
use crate::roster::voice::{Told, Voice};
use crate::terminal::Style;
use crate::timezone::TimeZone;

/// In lines, on a terminal.
const CHANGES_SHOWN: usize = 48;
const NOTES_SHOWN: usize = 12;

/// One line a run, in the order given.
pub fn runs(timezone: &TimeZone, runs: &[Run]) -> String {
    if runs.is_empty() {
        return "No runs yet.\n".to_owned();
    }
    let mut text = String::new();
    for run in runs {
        line(
            &mut text,
            0,
            &format!("{:>5}  {}  {:<6} {}", run.id, local(timezone, run.started_at), run.command, end(run)),
        );
    }
    text
}

/// The result of a run, and what it changed.
fn end(run: &Run) -> String {
    let Some(ended) = &run.ended else { return outcome(run) };
    let Ended { counts, applied, people, .. } = ended;
    let changed = match (applied, counts) {
        (true, Some(counts)) => format!(": {}", changes(counts, Outcome::Done)),
        (true, None) | (false, _) => String::new(),
    };
    let approved = run
        .approval
        .as_ref()
        .map(|approval| format!(", plan {} approved by {}", approval.digest, approval.approver(Voice::log())))
        .unwrap_or_default();
    let people = counted(*people, "person", "people");
    format!("{}{changed}{approved} ({people})", outcome(run))
}

/// Every change of one run.
pub fn run(timezone: &TimeZone, record: &RunRecord, style: Style) -> String {
    let RunRecord { run, entries } = record;
    let mut text = String::new();
    line(&mut text, 0, &format!("Run {} ({}): {}.", run.id, run.command, end(run)));
    line(&mut text, 0, &format!("Started   {}", local(timezone, run.started_at)));
    if let Some(at) = run.finished_at() {
        line(&mut text, 0, &format!("Finished  {}", local(timezone, at)));
    }
    let ended = run.ended.as_ref();
    if let Some(digest) = ended.and_then(|ended| ended.digest.as_ref()) {
        line(&mut text, 0, &format!("Plan      {digest}"));
    }
    if let Some(rules) = ended.and_then(Ended::rules) {
        line(&mut text, 0, &format!("Held by   {}", rules.join(", ")));
    }
    if let Some(approval) = &run.approval {
        line(&mut text, 0, &format!("Approved  by {}", approved(approval)));
    }
    let message = ended.and_then(|ended| ended.message.as_deref()).unwrap_or_default();
    let message: Vec<String> = message.lines().map(str::to_owned).collect();
    section(&mut text, "Message", &message);
    section(&mut text, "Changes", &capped(lines(entries), CHANGES_SHOWN, style));
    section(&mut text, "Notes", &capped(notes(run.notes()), NOTES_SHOWN, style));
    text
}

/// Who approved, and which plan.
fn approved(approval: &RecordedApproval) -> String {
    let RecordedApproval { digest, given, approver: _ } = approval;
    let who = approval.approver(Voice::log());
    let when = match given {
        ApprovalGiven::InThisRun => "",
        ApprovalGiven::Earlier => " in an earlier run, whose delivery did not arrive",
    };
    format!("{who}: plan {digest}{when}")
}

/// Everybody who has or had this name, for a person to choose from.
pub fn choice(program: &str, people: &[Biography]) -> String {
    let mut text =
        format!("{} have or had this name; ask for one of them by id:\n", counted(people.len(), "person", "people"));
    people.iter().for_each(|person| line(&mut text, 2, &state(person)));
    if let Some(one) = people.iter().find(|person| person.id.has_profile()) {
        line(&mut text, 0, &format!("{program} status --employee {}", one.id));
    }
    text
}

/// Everything that happened to these people.
pub fn biographies(timezone: &TimeZone, people: &[Biography], style: Style) -> String {
    let one = |person: &Biography| biography(timezone, person, style);
    people.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// By id or, of a line of an adopted file, by import id; and by name where somebody is in.
fn state(person: &Biography) -> String {
    let Biography { id, import_id, present, removed, .. } = person;
    let id = match import_id.as_ref().filter(|_| !id.has_profile()) {
        Some(import_id) => format!("import id {import_id}"),
        None => id.to_string(),
    };
    match (present, removed) {
        (Some(Present { email, first_name, last_name }), _) => {
            format!("{id} {first_name} {last_name} <{email}>: in the mirror")
        }
        (None, Some(Removed { on, run, reason })) => format!("{id}: removed on {on} by run {run}, {}", reason.logged()),
        (None, None) => format!("{id}: never in the mirror"),
    }
}

fn biography(timezone: &TimeZone, person: &Biography, style: Style) -> String {
    let Biography { id, import_id, returned_as, episodes, .. } = person;
    let mut text = String::new();
    let who = if id.has_profile() { "Employee" } else { "Without a profile at Personio:" };
    line(&mut text, 0, &format!("{who} {}.", state(person)));
    if let Some(import_id) = import_id.as_ref().filter(|_| id.has_profile()) {
        line(&mut text, 0, &format!("Import id {import_id}."));
    }
    if let Some(new) = returned_as {
        line(&mut text, 0, &format!("Returned with a new profile, which has the import id: employee {new}."));
    }
    for Episode { run, entries, notes: said } in episodes {
        let approved = match &run.approval {
            Some(approval) => format!(", approved by {}", approved(approval)),
            None => String::new(),
        };
        let title =
            format!("{}, run {}{approved}", local(timezone, run.finished_at().unwrap_or(run.started_at)), run.id);
        let mut content = lines(entries);
        content.extend(notes(said));
        section(&mut text, &title, &capped(content, CHANGES_SHOWN, style));
    }
    text
}

fn notes(notes: &[Note]) -> Vec<String> {
    notes.iter().map(|note| format!("! {}", note.logged())).collect()
}

/// One line for each group, and one for each person with their fields below it.
fn lines(entries: &[JournalEntry]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut last: Option<(ChangeKind, EmployeeId)> = None;
    for entry in entries {
        let JournalEntry { kind, subject, field, before, after, reason } = entry;
        match subject {
            Subject::Group(key) => {
                let value = match (before, after) {
                    (None, None) => "(erased)".to_owned(),
                    // What appears or disappears has only one side.
                    (Some(name), None) | (None, Some(name)) => name.clone(),
                    (Some(_), Some(_)) => transition(before, after),
                };
                lines.push(format!("{} group of {}: {value}", sign(*kind), key.attribute));
            }
            Subject::Column(header) => {
                lines.push(format!("{} column {header}: {}", sign(*kind), transition(before, after)));
            }
            Subject::Layout => {
                let field = field.as_deref().unwrap_or_default();
                lines.push(format!("{} {field} of the file: {}", sign(*kind), transition(before, after)));
            }
            Subject::Employee(id) => {
                if last != Some((*kind, *id)) {
                    last = Some((*kind, *id));
                    let mut title = format!("{} {id}", sign(*kind));
                    if let Some(reason) = reason {
                        let _ = write!(title, ": {}", reason.logged());
                    }
                    lines.push(title);
                }
                let value = match after.as_deref().filter(|_| before == after) {
                    _ if entry.is_erased() => "(erased)".to_owned(),
                    Some(same) => same_name(same),
                    None => transition(before, after),
                };
                lines.push(format!("    {}: {value}", field.as_deref().unwrap_or_default()));
            }
        }
    }
    lines
}

fn sign(kind: ChangeKind) -> char {
    match kind {
        ChangeKind::Add | ChangeKind::GroupAdd | ChangeKind::ColumnAdd => '+',
        ChangeKind::Update | ChangeKind::ColumnChange | ChangeKind::LayoutChange => '~',
        ChangeKind::GroupRename => '=',
        ChangeKind::Remove | ChangeKind::GroupRemove | ChangeKind::ColumnRemove => '-',
    }
}

fn transition(before: &Option<String>, after: &Option<String>) -> String {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "(empty)".to_owned());
    format!("{} -> {}", shown(before), shown(after))
}
