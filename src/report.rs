//! Plans, notes, refusals and the state of things as text for people. Pure: the same facts give the same text.
//!
//! A person asked for the text shown here, so it may name people; logs and mails get only ids. `json` gives the same facts to
//! machines.

mod answer;
pub mod check;
pub mod connect;
pub mod explain;
mod findings;
mod headline;
pub mod json;
pub mod mail;
pub mod metrics;
pub mod model;
mod outcome;
pub mod page;
pub mod past;
mod plan;
mod refusal;
mod section;
pub mod status;
mod words;

use std::fmt::{Display, Write as _};

use chrono::NaiveDate;

use crate::history::{Delivery, Usual};
use crate::roster::decide::Decision;
use crate::roster::decide::notes::Note;
use crate::roster::decide::reasons::Reason;
use crate::roster::guard::{CameSince, Evidence, PastRemoval, Proposal};
use crate::roster::model::record::{AttributeKey, EmployeeId, by_id};
use crate::roster::model::snapshot::Snapshot;
use crate::roster::plan::{Counts, Plan, PlanDigest};
use crate::roster::voice::{Names, Reader, Voice, tell};
use crate::terminal::Style;
use crate::visible::visible;
use model::{People, Person};

/// All that a reader of a plan may want to know.
#[derive(Debug, Clone, Copy)]
pub struct PlanView<'a> {
    pub proposal: &'a Proposal<'a>,
    pub evidence: &'a Evidence<'a>,
    /// Who went in the days before, and whom nobody saw go.
    pub unseen: &'a [PastRemoval],
    pub digest: &'a PlanDigest,
    /// Those of the decision, and those about the delivery before it happens.
    pub notes: &'a [Note],
    /// How much is removed at other times.
    pub usual: Usual,
    /// A group with fewer people is told; none where it is 0.
    pub smallest_group: usize,
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

    /// Somebody by id, wherever they are known.
    fn called(&self, id: EmployeeId) -> Person<'a> {
        People { view: *self, departments: &[] }.called(id)
    }

    /// The people at Personio who were not in before, with the reason why they are not in.
    fn outside(&self) -> impl Iterator<Item = (EmployeeId, &'a Reason)> {
        let (excluded, mirrored) = (&self.decision().excluded, self.mirrored());
        excluded.iter().filter(|(id, _)| mirrored.employee(**id).is_none()).map(|(id, reason)| (*id, reason))
    }

    /// Who was in before, whatever the destination has.
    fn mirrored(&self) -> &'a Snapshot {
        &self.evidence.mirror.feed.people
    }

    /// Wherever somebody may be, the newest first.
    fn sides(&self) -> [&'a Snapshot; 3] {
        [&self.plan().after().people, &self.plan().before().people, self.mirrored()]
    }
}

pub use outcome::{Outcome, RemovedFrom};
pub use plan::{group_sizes, plan, since};
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
    let changes = changes(counts, Outcome::Done);
    format!("In step: {}; {changes}{delivered}.", people_in_groups(people, groups))
}

pub fn people_in_groups(people: usize, groups: usize) -> String {
    format!("{} in {}", counted(people, "person", "people"), counted(groups, "group", "groups"))
}

/// `2 people would be removed, 3 people would be added`
pub fn changes(counts: &Counts, outcome: Outcome) -> String {
    let clauses: Vec<String> =
        outcome.clauses(Voice::log(), RemovedFrom::Unsaid, counts).into_iter().map(|(_, said)| said).collect();
    if clauses.is_empty() { NOTHING.to_owned() } else { clauses.join(", ") }
}

const NOTHING: &str = "nothing to change";

/// How much is removed at other times.
fn usual(voice: Voice<'_>, usual: Usual) -> String {
    let Usual { largest_removal, by_week } = usual;
    if largest_removal == 0 {
        return tell!(
            voice,
            "no run within a year removed anybody",
            "Nobody was removed within a year",
            "Innerhalb eines Jahres wurde niemand entfernt"
        );
    }
    let largest = voice.people(largest_removal);
    let largest = tell!(
        voice,
        "the largest removal of one run within a year: {largest}",
        "The largest removal within a year: {largest}",
        "Die größte Zahl, die innerhalb eines Jahres auf einmal entfernt wurde: {largest}"
    );
    let Some((removed, weeks)) = by_week else { return largest };
    let tenths = (removed * 10 + weeks / 2) / weeks;
    let (whole, tenth) = (tenths / 10, tenths % 10);
    let average = tell!(
        voice,
        "; on average {whole}.{tenth} a week",
        "; on average {whole}.{tenth} a week",
        "; im Mittel {whole},{tenth} in der Woche"
    );
    format!("{largest}{average}")
}

pub fn counted<N: Display + PartialEq + From<u8>>(number: N, one: &str, many: &str) -> String {
    let noun = if number == N::from(1) { one } else { many };
    format!("{number} {noun}")
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

/// Somebody as lists of a text show them.
fn listed(person: Person<'_>) -> String {
    let email = person.email().map(|email| format!(" <{email}>")).unwrap_or_default();
    format!("{}{email}", short(person))
}

/// Somebody inside a sentence.
fn short(person: Person<'_>) -> String {
    format!("{} {}", person.key(), person.name()).trim_end().to_owned()
}

/// The cell stays as it is.
fn same_name(value: &str) -> String {
    format!("{value} (another value at Personio, with the same name)")
}

/// A person asked, and so reads names.
impl Names for PlanView<'_> {
    fn person(&self, id: EmployeeId) -> String {
        let person = self.called(id);
        if person.employee.is_none() && person.name().is_empty() { by_id(id) } else { short(person) }
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
