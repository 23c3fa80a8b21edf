//! The state of things as JSON.

use super::{Document, Moment, changes, counts, delivery, document, each, fact, note, object};
use crate::exit::Failure;
use crate::history::{HeldSeries, Liveness, Run, Standing};
use crate::report::status::{Files, StatusView};
use crate::roster::plan::PlanDigest;

/// What `status --json` prints. A failed one knows nothing but the failure.
pub fn status(told: Result<&StatusView<'_>, &Failure>) -> impl Document {
    let view = told.ok();
    let standing = view.and_then(|view| view.standing);
    let run = |which: fn(&Standing) -> &Option<Run>| standing.and_then(|standing| which(standing).as_ref());
    let unfinished = |liveness: Liveness| {
        let all = standing.iter().flat_map(|standing| &standing.unfinished);
        all.filter(|unfinished| unfinished.liveness == liveness).map(|unfinished| unfinished.run.id).collect::<Vec<_>>()
    };
    let (people, groups) = standing.map_or((0, 0), |standing| (standing.people, standing.groups));
    let last_success = standing.and_then(Standing::last_success);
    let state = object!(State {
        /// Of the last run.
        run_id: run(|standing| &standing.last).map(|run| run.id),
        counts: counts(people, groups, None),
        last_run: run(|standing| &standing.last).map(run_document),
        last_success: run(|standing| &standing.last_in_step).map(run_document),
        last_success_age_seconds: last_success.zip(view).map(|(at, view)| (view.now - at).num_seconds()),
        last_change: run(|standing| &standing.last_change).map(run_document),
        last_failure: run(|standing| &standing.last_failure).map(run_document),
        failures_in_a_row: standing.map_or(0, |standing| standing.failures_in_a_row),
        /// The ids of runs.
        in_progress: unfinished(Liveness::InProgress),
        /// The ids of runs.
        interrupted: unfinished(Liveness::Interrupted),
        held: standing
            .and_then(|standing| standing.held.as_ref())
            .zip(view)
            .map(|(held, view)| held_since(held, view.program)),
        /// The plan that the next run repeats.
        approved: standing.and_then(|standing| standing.approved.as_ref()).map(PlanDigest::as_str),
        deliveries: each(standing.iter().flat_map(|standing| &standing.deliveries), delivery),
        notes: each(standing.map(Standing::open_notes).unwrap_or_default(), note),
        files: view.map(|view| paths(&view.files)),
        /// Where there is one, there is nothing else to tell.
        error: told.err(),
    });
    document("status", told.err().map_or(0, |failure| failure.exit.code()), state)
}

fn paths(Files { configuration, credential, mirror }: &Files<'_>) -> impl Document {
    object!(Paths {
        configuration: configuration.map(|path| path.display().to_string()),
        credential: credential.display().to_string(),
        mirror: mirror.display().to_string(),
    })
}

fn held_since(series: &HeldSeries, program: &str) -> impl Document {
    let ended = series.latest.ended.as_ref();
    object!(HeldSeries {
        since: Moment::of(series.first.started_at),
        first_run_id: series.first.id,
        /// Of the newest plan.
        digest: series.digest().map(PlanDigest::as_str),
        /// Whether it is still the one that was held first.
        same_plan: series.is_same_plan(),
        rules: each(series.rules(), fact),
        /// What it would change.
        counts: ended.and_then(|ended| ended.counts).map(changes),
        review_command: series.review(program),
        approve_command: series.approve(program),
    })
}

pub(super) fn run_document(run: &Run) -> impl Document {
    let Run { id, command, started_at, pid: _, ended } = run;
    let ended = ended.as_ref();
    let approval = ended.and_then(|ended| ended.approval.as_ref());
    object!(Run {
        run_id: id,
        command,
        started_at: Moment::of(*started_at),
        finished_at: run.finished_at().map(Moment::of),
        /// Null while it is in progress, and for ever where it was interrupted.
        exit_code: ended.map(|ended| ended.exit_code),
        message: ended.and_then(|ended| ended.message.as_ref()),
        /// The next steps.
        hints: ended.map(|ended| ended.hints.as_slice()).unwrap_or_default(),
        /// Where it failed: `look`, `decide` or `deliver`.
        failed_at: ended.and_then(|ended| ended.failed_at.as_ref()),
        /// The rules that held its plan; null where nothing waited for an approval.
        held_by: ended.and_then(|ended| ended.held_by.as_ref()).map(|rules| each(rules, fact)),
        /// What the plan would change or has changed.
        counts: ended.and_then(|ended| ended.counts).map(changes),
        digest: ended.and_then(|ended| ended.digest.as_ref()).map(PlanDigest::as_str),
        /// The digest that a person named.
        approved_by: approval.map(|approval| approval.digest.as_str()),
        approved_user: approval.and_then(|approval| approval.user.as_ref()),
    })
}
