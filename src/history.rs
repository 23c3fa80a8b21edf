//! What the run log says: plain values between the store, which keeps them, and the report, which tells them. How things stand is
//! judged in `standing`.

mod journal;
mod standing;

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::exit::{Exit, Failure};
use crate::roster::decide::notes::Note;
use crate::roster::decide::reasons::Reason;
use crate::roster::guard::{Approval, Approving, Rule, approving};
use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::ImportId;
use crate::roster::plan::{Counts, PlanDigest};
use crate::roster::voice::{Reader, Told, Voice, tell};
use crate::visible::isolated;

pub use crate::roster::guard::{ApprovalGiven, Delivery};
pub use journal::{JournalEntry, Subject};
pub use standing::{
    FailingSeries, Finding, HeldSeries, Limits, Outlet, RunLog, Standing, State, Surroundings, Weighed,
};

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
    /// Where a person approved; known although the run never ended.
    pub approval: Option<RecordedApproval>,
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
    /// Who named it, in whichever run. None where that is no longer kept.
    pub approver: Option<Approver>,
}

/// Who approved a plan, as whoever entered the approval says. A claim: nothing proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approver {
    pub by: String,
    /// The user who entered it.
    pub user: String,
    /// The machine where it was entered.
    pub host: String,
}

/// `Mona Weber, entered by root on server1`
impl Told for Approver {
    fn told(&self, voice: Voice<'_>) -> String {
        let shown = |text: &String| match voice.reader {
            Reader::Operator => text.clone(),
            Reader::Hr(_) => isolated(text),
        };
        let [by, user, host] = [&self.by, &self.user, &self.host].map(shown);
        if self.by == self.user {
            tell!(voice, "{by} on {host}", "{by} on {host}", "{by} auf {host}")
        } else {
            tell!(
                voice,
                "{by}, entered by {user} on {host}",
                "{by}, entered by {user} on {host}",
                "{by}, eingegeben von {user} auf {host}"
            )
        }
    }
}

impl RecordedApproval {
    /// Who approved, as far as that is kept.
    pub fn approver(&self, voice: Voice<'_>) -> String {
        self.approver
            .as_ref()
            .map_or_else(|| tell!(voice, "a person", "a person", "einer Person"), |approver| approver.told(voice))
    }
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

/// What a run that is over says of how things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    InStep,
    Held,
    /// Also where it was killed.
    Failed,
}

impl Run {
    /// None where it says nothing of how things stand: it was no sync, or it did no more than name an approval for nothing.
    pub fn outcome(&self) -> Option<Outcome> {
        const IN_STEP: u8 = Exit::InStep as u8;
        const HELD: u8 = Exit::Held as u8;
        const USAGE: u8 = Exit::Usage as u8;
        let ended = self.ended.as_ref().map(|ended| (ended.exit_code, &ended.held_by));
        match ended {
            _ if self.command != Self::SYNC => None,
            Some((IN_STEP, _)) => Some(Outcome::InStep),
            Some((HELD, Some(_))) => Some(Outcome::Held),
            Some((HELD, None) | (USAGE, _)) => None,
            Some(_) | None => Some(Outcome::Failed),
        }
    }

    /// The command whose runs say how things stand.
    pub const SYNC: &str = "sync";

    pub fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.ended.as_ref().map(|ended| ended.finished_at)
    }

    pub fn notes(&self) -> &[Note] {
        self.ended.as_ref().map(|ended| ended.notes.as_slice()).unwrap_or_default()
    }
}

/// How many people were removed at other times, by what the last 365 days of the run log say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usual {
    /// By one run, approved or not.
    pub largest_removal: usize,
    /// By all of them, and in how many weeks; none before there are four.
    pub by_week: Option<(usize, usize)>,
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

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, command, started_at, pid, approval: _, ended: _ } = self;
        write!(f, "run {id} ({command}, since {}, process {pid})", started_at.format("%Y-%m-%d %H:%M:%S UTC"))
    }
}
