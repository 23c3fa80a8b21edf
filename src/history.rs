//! What the run log says: plain values between the store, which keeps them, and the report, which tells them.

mod journal;

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::roster::decide::notes::Note;
use crate::roster::decide::reasons::Reason;
use crate::roster::guard::{Approval, Approving, Rule, approving};
use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::ImportId;
use crate::roster::plan::{Counts, PlanDigest};

pub use crate::roster::guard::{ApprovalGiven, Delivery};
pub use journal::{JournalEntry, Subject};

/// The number of a run. Never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunId(pub i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How a run ended, as the run itself says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEnd {
    pub finished_at: DateTime<Utc>,
    pub exit: Exit,
    /// One sentence; none after a good run.
    pub message: Option<String>,
    pub hints: Vec<String>,
    /// Where a run failed.
    pub failed_at: Option<Step>,
    /// The plan's, where the run came that far.
    pub digest: Option<PlanDigest>,
    /// What the plan would change or has changed, where the run came that far.
    pub counts: Option<Counts>,
    /// The guard's rules that held the plan; none where nothing waits for an approval.
    pub held_by: Option<Vec<Rule>>,
    pub new_columns: NewColumns,
    /// Who let the plan pass; known although it could not be carried out.
    pub approval: Option<Approval>,
    /// Held plans that it shows to need no answer any more.
    pub over: Vec<PlanDigest>,
    pub notes: Vec<Note>,
}

/// One run as the log has it. Displayed as its number, command, start and process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub id: RunId,
    /// Such as `sync`.
    pub command: String,
    pub started_at: DateTime<Utc>,
    pub pid: u32,
    /// None while it is in progress, and for ever where it was interrupted.
    pub ended: Option<Ended>,
}

/// How a run ended, as the log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub finished_at: DateTime<Utc>,
    pub exit_code: u8,
    pub message: Option<String>,
    pub hints: Vec<String>,
    /// One word for where it failed.
    pub failed_at: Option<String>,
    pub digest: Option<PlanDigest>,
    pub counts: Option<Counts>,
    /// Whether its plan was applied and changed something.
    pub applied: bool,
    pub held_by: Option<Vec<Rule>>,
    pub new_columns: NewColumns,
    /// Where a person approved.
    pub approval: Option<RecordedApproval>,
    /// Of the mirror after the run, as `people` and `groups` are.
    pub generation: u64,
    pub people: u64,
    pub groups: u64,
    pub notes: Vec<Note>,
    /// One word for what people were told of it by mail; none where no mail was sent.
    pub notified: Option<String>,
    /// The addresses that are to be told again.
    pub owed: Vec<String>,
}

/// A part of a run that may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Looking at the mirror and the destination.
    Look,
    /// Asking Personio, planning and judging.
    Decide,
    /// Carrying out an approved plan.
    Deliver,
}

impl Step {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Decide => "decide",
            Self::Deliver => "deliver",
        }
    }
}

/// What becomes of attributes that are new at Personio where `*` takes all, and of new labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewColumns {
    /// A note names them.
    Noted,
    TakenIn,
}

impl NewColumns {
    /// The command that makes the same plan again.
    pub fn sync(self, program: &str) -> String {
        match self {
            Self::Noted => format!("{program} sync"),
            Self::TakenIn => format!("{program} sync --new-columns"),
        }
    }
}

impl Ended {
    /// The kinds of the rules that held its plan.
    pub fn rules(&self) -> Option<Vec<&'static str>> {
        self.held_by.as_ref().map(|rules| rules.iter().map(Rule::kind).collect())
    }

    /// The command that shows its plan.
    pub fn review(&self, program: &str) -> String {
        format!("{} --dry-run", self.new_columns.sync(program))
    }

    /// The command that applies exactly its plan, where one is offered.
    pub fn approve(&self, program: &str) -> Option<String> {
        match approving(self.held_by.as_deref().unwrap_or_default()) {
            Approving::Offered => {
                self.digest.as_ref().map(|digest| format!("{} --approve {digest}", self.new_columns.sync(program)))
            }
            Approving::NotOffered => None,
        }
    }
}

/// Who let a plan pass that was held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedApproval {
    /// What a person named.
    pub digest: PlanDigest,
    pub given: ApprovalGiven,
    /// Who named it, where that was in this run.
    pub user: Option<String>,
}

impl RunEnd {
    /// A run that ended in step, before anything else is known of it.
    pub fn in_step(finished_at: DateTime<Utc>) -> Self {
        Self {
            finished_at,
            exit: Exit::InStep,
            message: None,
            hints: Vec::new(),
            failed_at: None,
            digest: None,
            counts: None,
            held_by: None,
            new_columns: NewColumns::Noted,
            approval: None,
            over: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub fn failed(finished_at: DateTime<Utc>, failure: &Failure) -> Self {
        Self::in_step(finished_at).ending_with(failure)
    }

    #[must_use]
    pub fn ending_with(self, failure: &Failure) -> Self {
        let Failure { exit, message, hints } = failure;
        Self { exit: *exit, message: Some(message.clone()), hints: hints.clone(), ..self }
    }
}

impl Run {
    pub fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.ended.as_ref().map(|ended| ended.finished_at)
    }

    pub fn notes(&self) -> &[Note] {
        self.ended.as_ref().map(|ended| ended.notes.as_slice()).unwrap_or_default()
    }
}

/// Whether a run without an end can still come to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    InProgress,
    /// Its process is gone, as far as can be seen from here.
    Interrupted,
}

/// A run without an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    pub run: Run,
    pub liveness: Liveness,
}

/// Plans held since the last success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldSeries {
    /// Held since this run.
    pub first: Run,
    /// The newest; the same run where only one was held.
    pub latest: Run,
}

impl HeldSeries {
    /// Whether the plan is still the one that was held first.
    pub fn is_same_plan(&self) -> bool {
        let digest = |run: &Run| run.ended.as_ref().and_then(|ended| ended.digest.clone());
        digest(&self.first).is_some() && digest(&self.first) == digest(&self.latest)
    }

    /// The rules that hold the newest plan.
    pub fn rules(&self) -> &[Rule] {
        let rules = self.latest.ended.as_ref().and_then(|ended| ended.held_by.as_deref());
        rules.unwrap_or_default()
    }

    /// The command that shows the newest plan.
    pub fn review(&self, program: &str) -> Option<String> {
        self.latest.ended.as_ref().map(|ended| ended.review(program))
    }

    /// The command that applies exactly the newest plan, where one is offered.
    pub fn approve(&self, program: &str) -> Option<String> {
        self.latest.ended.as_ref().and_then(|ended| ended.approve(program))
    }

    /// Of the newest plan.
    pub fn digest(&self) -> Option<&PlanDigest> {
        self.latest.ended.as_ref().and_then(|ended| ended.digest.as_ref())
    }
}

/// How far back values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// The values of changes by runs that started before this are erased.
    pub history_since: DateTime<Utc>,
    /// All values of people who were removed before this day are erased from the journal.
    pub departed_since: NaiveDate,
}

/// One run and what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    pub run: Run,
    /// In the order it was written: groups, then people by id, each field by field.
    pub entries: Vec<JournalEntry>,
}

/// Everything that ever happened to one person, as far as the mirror still knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Biography {
    pub id: EmployeeId,
    /// None for somebody who never was in Honestly and is known from notes alone, and for whoever has it with a new profile.
    pub import_id: Option<ImportId>,
    /// As they are in Honestly now.
    pub present: Option<Present>,
    pub removed: Option<Removed>,
    /// Their new profile.
    pub returned_as: Option<EmployeeId>,
    /// Oldest first.
    pub episodes: Vec<Episode>,
}

/// Somebody who is in Honestly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    pub email: String,
    pub first_name: String,
    pub last_name: String,
}

/// When and why somebody was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// ISO 8601.
    pub on: String,
    pub run: RunId,
    pub reason: Reason,
}

/// What one run did to or said about one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    pub run: Run,
    /// Field by field.
    pub entries: Vec<JournalEntry>,
    /// Notes about them that the run before did not have.
    pub notes: Vec<Note>,
}

/// How it stands: what `status` tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The newest run that came to an end.
    pub last: Option<Run>,
    /// The newest run that was neither in step nor held.
    pub last_failure: Option<Run>,
    /// How many runs failed since the newest one that did not.
    pub failures_in_a_row: u64,
    /// The newest run that ended in step. Its notes are the open ones.
    pub last_in_step: Option<Run>,
    /// The newest run that changed something.
    pub last_change: Option<Run>,
    /// Newest first.
    pub unfinished: Vec<Unfinished>,
    pub held: Option<HeldSeries>,
    /// In the order of destinations.
    pub deliveries: Vec<Delivery>,
    /// The last run that sent a file which is not known to have arrived, and where to.
    pub on_its_way: Option<(RunId, String)>,
    /// A plan that a person approved in a run that did not carry it out: the next one repeats it, while it is good.
    pub approved: Option<PlanDigest>,
    pub people: u64,
    pub groups: u64,
}

impl Standing {
    /// When the newest run in step ended.
    pub fn last_success(&self) -> Option<DateTime<Utc>> {
        self.last_in_step.as_ref().and_then(Run::finished_at)
    }

    /// The notes of the newest run in step, but for those that say what it did.
    pub fn open_notes(&self) -> Vec<&Note> {
        let notes = self.last_in_step.iter().flat_map(Run::notes);
        notes.filter(|note| !note.is_of_one_run()).collect()
    }

    /// How many people are undecided.
    pub fn undecided(&self) -> usize {
        self.open_notes().into_iter().map(Note::undecided).sum()
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, command, started_at, pid, ended: _ } = self;
        write!(f, "run {id} ({command}, since {}, process {pid})", started_at.format("%Y-%m-%d %H:%M:%S UTC"))
    }
}
