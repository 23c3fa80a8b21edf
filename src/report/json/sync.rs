//! The result of a run as JSON.

use serde::Serialize;

use super::plan::{PlanDocument, plan_document};
use super::{Changes, Counts, DeliveryDocument, SCHEMA_VERSION};
use crate::exit::Failure;
use crate::history::{Delivery, RecordedNote, RunId};
use crate::report::PlanView;
use crate::roster::decide::notes::Note;
use crate::roster::guard::{Cause, Comparison, Destination, Refusal, Stands};

/// What `sync --json` prints.
#[derive(Debug, Serialize)]
pub struct SyncDocument<'a> {
    schema_version: u32,
    command: &'static str,
    /// None for a dry run, which is not in the log, and where the log could not be reached.
    run_id: Option<i64>,
    exit_code: u8,
    counts: Counts,
    /// None where nothing is delivered.
    destination: Option<DestinationDocument>,
    plan: Option<PlanDocument<'a>>,
    notes: Vec<RecordedNote>,
    held: Option<HeldDocument>,
    /// None where nothing was delivered.
    delivery: Option<DeliveryDocument>,
    error: Option<&'a Failure>,
}

/// The result of a run, as far as it came.
#[derive(Debug, Default)]
pub struct SyncFacts<'a> {
    pub run: Option<RunId>,
    pub exit_code: u8,
    /// People and groups in the mirror after the run.
    pub people: u64,
    pub groups: u64,
    pub plan: Option<&'a PlanView<'a>>,
    /// The notes of the decision and of the delivery.
    pub notes: &'a [Note],
    pub refusal: Option<&'a Refusal>,
    pub delivery: Option<&'a Delivery>,
    pub failure: Option<&'a Failure>,
}

/// A destination as the run found it.
#[derive(Debug, Serialize)]
struct DestinationDocument {
    url: String,
    /// `nothing`, `ours`, `foreign` or `unknown`
    found: &'static str,
    /// None where the file there was not compared or cannot be read as a feed.
    contents: Option<ContentsDocument>,
}

#[derive(Debug, Serialize)]
struct ContentsDocument {
    people: usize,
    stay: usize,
    go: usize,
    come: usize,
}

impl From<&Destination> for DestinationDocument {
    fn from(destination: &Destination) -> Self {
        let Destination { url, stands, comparison } = destination;
        let found = match stands {
            Stands::Nothing => "nothing",
            Stands::Ours | Stands::Part => "ours",
            Stands::Another { .. } => "foreign",
            Stands::Unknown => "unknown",
        };
        let contents = match *comparison {
            Some(Comparison::Read { people, stay, go, come }) => Some(ContentsDocument { people, stay, go, come }),
            Some(Comparison::Unreadable) | None => None,
        };
        Self { url: url.clone(), found, contents }
    }
}

#[derive(Debug, Serialize)]
struct HeldDocument {
    digest: String,
    given: Option<String>,
    rules: Vec<RuleDocument>,
}

#[derive(Debug, Serialize)]
struct RuleDocument {
    rule: &'static str,
    text: String,
}

pub fn sync<'a>(facts: &SyncFacts<'a>) -> SyncDocument<'a> {
    let SyncFacts { run, exit_code, people, groups, plan, notes, refusal, delivery, failure } = facts;
    SyncDocument {
        schema_version: SCHEMA_VERSION,
        command: "sync",
        run_id: run.map(|RunId(id)| id),
        exit_code: *exit_code,
        counts: Counts {
            people: *people,
            groups: *groups,
            changes: plan.map(|view| Changes(view.proposal.plan.counts())),
        },
        destination: plan.and_then(|view| view.evidence.destination).map(DestinationDocument::from),
        plan: plan.map(plan_document),
        notes: notes.iter().map(RecordedNote::from).collect(),
        held: refusal.map(held),
        delivery: delivery.map(DeliveryDocument::from),
        error: *failure,
    }
}

fn held(refusal: &Refusal) -> HeldDocument {
    let (given, rules) = match &refusal.cause {
        Cause::Rules(rules) => (None, rules.as_slice()),
        Cause::AnotherPlan { named, rules } => (Some(named.to_string()), rules.as_slice()),
        Cause::NothingHeld { named } => (Some(named.to_string()), [].as_slice()),
    };
    HeldDocument {
        digest: refusal.digest.to_string(),
        given,
        rules: rules.iter().map(|rule| RuleDocument { rule: rule.kind(), text: rule.to_string() }).collect(),
    }
}
