//! The result of a run as JSON.

use serde::Serialize;

use super::plan::plan_document;
use super::{SCHEMA_VERSION, counts, delivery, each, object};
use crate::exit::Failure;
use crate::history::{Delivery, RunId};
use crate::report::PlanView;
use crate::roster::decide::notes::Note;
use crate::roster::guard::{Cause, Comparison, Destination, Refusal, Stands};

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

/// What `sync --json` prints. There is no run where it is a dry run, which is not in the log, and where the log could not be
/// reached.
pub fn sync(facts: &SyncFacts<'_>) -> impl Serialize {
    let SyncFacts { run, exit_code, people, groups, plan, notes, refusal, delivery: delivered, failure } = facts;
    object!(Synced {
        schema_version: SCHEMA_VERSION,
        command: "sync",
        run_id: run,
        exit_code,
        counts: counts(*people, *groups, plan.map(|view| view.proposal.plan.counts())),
        destination: plan.and_then(|view| view.evidence.destination).map(destination),
        plan: plan.map(plan_document),
        notes: each(*notes, super::note),
        held: refusal.map(held),
        delivery: delivered.map(delivery),
        error: failure,
    })
}

/// A destination as the run found it. There are no contents where the file there was not compared or cannot be read as a feed.
fn destination(Destination { url, stands, comparison }: &Destination) -> impl Serialize {
    let found = match stands {
        Stands::Nothing => "nothing",
        Stands::Ours | Stands::Part => "ours",
        Stands::Another { .. } => "foreign",
        Stands::Unknown => "unknown",
    };
    let contents = match *comparison {
        Some(Comparison::Read { people, stay, go, come }) => Some(object!(Contents { people, stay, go, come })),
        Some(Comparison::Unreadable) | None => None,
    };
    object!(Found { url, found, contents })
}

fn held(refusal: &Refusal) -> impl Serialize {
    let given = match &refusal.cause {
        Cause::Rules(_) => None,
        Cause::AnotherPlan { named, .. } | Cause::NothingHeld { named } => Some(named.as_str()),
    };
    let rules =
        each(refusal.rules().unwrap_or_default(), |rule| object!(Broken { rule: rule.kind(), text: rule.to_string() }));
    object!(Held { digest: refusal.digest.as_str(), approval_offered: refusal.offers_approval(), given, rules })
}
