//! The result of a run as JSON.

use serde::Serialize;

use super::plan::plan_document;
use super::{SCHEMA_VERSION, counts, delivery, each, object};
use crate::exit::Failure;
use crate::history::{Delivery, RunId};
use crate::report::model::Report;
use crate::roster::decide::notes::Note;
use crate::roster::guard::{Cause, Compared, Comparison, Destination, OtherName, Refusal, Stands};
use crate::roster::plan::PlanDigest;

/// The result of a run, as far as it came.
#[derive(Debug, Default)]
pub struct SyncFacts<'a> {
    pub run: Option<RunId>,
    pub exit_code: u8,
    /// People and groups in the mirror after the run.
    pub people: u64,
    pub groups: u64,
    pub plan: Option<&'a Report<'a>>,
    /// The notes of the decision and of the delivery.
    pub notes: &'a [Note],
    pub refusal: Option<&'a Refusal>,
    /// A plan that was told before and is to be approved instead.
    pub told_before: Option<&'a PlanDigest>,
    pub delivery: Option<&'a Delivery>,
    pub failure: Option<&'a Failure>,
}

/// What `sync --json` prints. There is no run where it is a dry run, which is not in the log, and where the log could not be
/// reached.
pub fn sync(facts: &SyncFacts<'_>) -> impl Serialize {
    let SyncFacts { run, exit_code, people, groups, plan, notes, refusal, told_before, delivery: delivered, failure } =
        facts;
    object!(Synced {
        schema_version: SCHEMA_VERSION,
        command: "sync",
        run_id: run,
        exit_code,
        counts: counts(*people, *groups, plan.map(|report| report.plan.counts)),
        destination: plan.and_then(|report| report.view.evidence.destination).map(destination),
        plan: plan.map(plan_document),
        notes: each(*notes, super::note),
        held: refusal.map(|refusal| held(refusal, told_before.unwrap_or(&refusal.digest))),
        delivery: delivered.map(delivery),
        error: failure,
    })
}

/// A destination as the run found it. There are no contents where no file was compared or none can be read as a feed.
fn destination(Destination { url, stands, others, compared }: &Destination) -> impl Serialize {
    let found = match stands {
        Stands::Nothing => "nothing",
        Stands::Ours => "ours",
        Stands::Part => "part",
        Stands::Another { .. } => "foreign",
        Stands::Empty => "empty",
        Stands::Unknown => "unknown",
    };
    let contents = compared.as_ref().filter(|compared| !compared.comparison.is_unreadable()).map(|compared| {
        let Compared { comparison, other_name, go: would_go } = compared;
        let Comparison { files: _, unreadable: _, people, other_name: others, stay, go, come } = *comparison;
        object!(Contents {
            people,
            other_name: others,
            stay,
            go,
            come,
            of_another_name: each(other_name, |OtherName { import_id, there, ours }| {
                object!(OfAnotherName { import_id, there, ours })
            }),
            who_goes: each(would_go, |(import_id, name)| object!(WhoGoes { import_id, name })),
        })
    });
    let other_files = each(others.iter().filter(|other| other.is_question()), |other| {
        let stands_there = *stands == Stands::Another { hash: other.hash.clone() };
        let seen_at = (!stands_there).then_some(other.seen_at);
        object!(Other { hash: &other.hash, seen_at, readable: other.people.is_some() })
    });
    object!(Found { url, found, contents, other_files })
}

/// `approve` is the digest to name.
fn held(refusal: &Refusal, approve: &PlanDigest) -> impl Serialize {
    let (given, void) = match &refusal.cause {
        Cause::Unapproved => (None, None),
        Cause::Since { named, rules: _ } => (Some(named.as_str()), None),
        Cause::Void { named, why } => (Some(named.as_str()), Some(*why)),
    };
    let rules = each(refusal.unanswered(), |rule| object!(Broken { rule: rule.kind(), text: rule.to_string() }));
    object!(Held { digest: approve.as_str(), approval_offered: refusal.offers_approval(), given, void, rules })
}
