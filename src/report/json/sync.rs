//! The result of a run as JSON.

use super::plan::plan_document;
use super::{Document, counts, delivery, document, each, fact, note, object};
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

/// What `sync --json` prints.
pub fn sync(facts: &SyncFacts<'_>) -> impl Document {
    let SyncFacts { run, exit_code, people, groups, plan, notes, refusal, told_before, delivery: delivered, failure } =
        facts;
    let told = object!(Synced {
        /// Null for a dry run, which is not in the log, and where the log could not be reached.
        run_id: run,
        counts: counts(*people, *groups, plan.map(|report| report.plan.counts)),
        destination: plan.and_then(|report| report.view.evidence.destination).map(destination),
        plan: plan.map(plan_document),
        notes: each(*notes, note),
        held: refusal.map(|refusal| held(refusal, told_before.unwrap_or(&refusal.digest))),
        delivery: delivered.map(delivery),
        error: failure,
    });
    document("sync", *exit_code, told)
}

/// A destination as the run found it.
fn destination(Destination { url, stands, others, compared }: &Destination) -> impl Document {
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
            /// In the file there.
            people,
            /// In both, by another name.
            other_name: others,
            /// In both.
            stay,
            /// Only in the file there.
            go,
            /// Only in the new one.
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
        object!(Other {
            hash: &other.hash,
            /// Null for the one that stands there.
            seen_at,
            readable: other.people.is_some(),
        })
    });
    object!(Found {
        url,
        /// `nothing`, `ours`, `part`, `foreign`, `empty` or `unknown`.
        found,
        /// How the file there differs from the new one; null where no file was compared or none can be read as a feed.
        contents,
        /// Files that no run left there and over which no plan was approved.
        other_files,
    })
}

/// `approve` is the digest to name.
fn held(refusal: &Refusal, approve: &PlanDigest) -> impl Document {
    let (given, void) = match &refusal.cause {
        Cause::Unapproved => (None, None),
        Cause::Since { named, rules: _ } => (Some(named.as_str()), None),
        Cause::Void { named, why } => (Some(named.as_str()), Some(*why)),
    };
    object!(Held {
        /// What `sync --approve` takes.
        digest: approve.as_str(),
        /// Whether an approval is offered: some rules name another way on.
        approval_offered: refusal.offers_approval(),
        /// The digest that was named, where one was.
        given,
        /// Why it is not good any more.
        void,
        rules: each(refusal.unanswered(), fact),
    })
}
