//! The state of things as JSON.

use serde::Serialize;

use super::{Changes, SCHEMA_VERSION, counts, delivery, each, note, object, timestamp};
use crate::exit::Failure;
use crate::history::{HeldSeries, Liveness, Run, Standing};
use crate::report::status::StatusView;
use crate::roster::guard::Rule;
use crate::roster::plan::PlanDigest;
use crate::roster::voice::Told as _;

/// What `status --json` prints.
pub fn status(view: &StatusView<'_>) -> impl Serialize {
    let StatusView { now, standing, files, program, .. } = view;
    let run = |which: fn(&Standing) -> &Option<Run>| standing.and_then(|standing| which(standing).as_ref());
    let unfinished = |liveness: Liveness| {
        let all = standing.iter().flat_map(|standing| &standing.unfinished);
        all.filter(|unfinished| unfinished.liveness == liveness).map(|unfinished| unfinished.run.id).collect::<Vec<_>>()
    };
    let (people, groups) = standing.map_or((0, 0), |standing| (standing.people, standing.groups));
    object!(State {
        schema_version: SCHEMA_VERSION,
        command: "status",
        run_id: run(|standing| &standing.last).map(|run| run.id),
        exit_code: 0,
        counts: counts(people, groups, None),
        last_run: run(|standing| &standing.last).map(run_document),
        last_success: run(|standing| &standing.last_in_step).map(run_document),
        last_success_age_seconds: standing.and_then(Standing::last_success).map(|at| (*now - at).num_seconds()),
        last_change: run(|standing| &standing.last_change).map(run_document),
        last_failure: run(|standing| &standing.last_failure).map(run_document),
        failures_in_a_row: standing.map_or(0, |standing| standing.failures_in_a_row),
        in_progress: unfinished(Liveness::InProgress),
        interrupted: unfinished(Liveness::Interrupted),
        held: standing.and_then(|standing| standing.held.as_ref()).map(|held| held_since(held, program)),
        // The plan that the next run repeats.
        approved: standing.and_then(|standing| standing.approved.as_ref()).map(PlanDigest::as_str),
        deliveries: each(standing.iter().flat_map(|standing| &standing.deliveries), delivery),
        notes: each(standing.map(Standing::open_notes).unwrap_or_default(), note),
        files: object!(Paths {
            configuration: files.configuration.map(|path| path.display().to_string()),
            credential: files.credential.display().to_string(),
            mirror: files.mirror.display().to_string(),
        }),
        // Where there is one, there is nothing else to tell.
        error: None::<Failure>,
    })
}

/// A failed `status`, which has no facts but the failure.
pub fn failed_status(failure: &Failure) -> serde_json::Value {
    serde_json::json!({
        "schema_version": SCHEMA_VERSION,
        "command": "status",
        "run_id": null,
        "exit_code": failure.exit.code(),
        "counts": { "people": 0, "groups": 0 },
        "error": failure,
    })
}

fn held_since(series: &HeldSeries, program: &str) -> impl Serialize {
    let ended = series.latest.ended.as_ref();
    object!(Held {
        since: timestamp(series.first.started_at),
        first_run_id: series.first.id,
        digest: series.digest().map(PlanDigest::as_str),
        same_plan: series.is_same_plan(),
        // By their names, and then each in words with its numbers.
        rules: each(series.rules(), Rule::kind),
        reasons: each(series.rules(), Rule::logged),
        // What it would change.
        counts: ended.and_then(|ended| ended.counts).map(Changes),
        review_command: series.review(program),
        approve_command: series.approve(program),
    })
}

pub(super) fn run_document(run: &Run) -> impl Serialize {
    let Run { id, command, started_at, pid: _, ended } = run;
    let ended = ended.as_ref();
    let approval = ended.and_then(|ended| ended.approval.as_ref());
    object!(Record {
        run_id: id,
        command,
        started_at: timestamp(*started_at),
        finished_at: run.finished_at().map(timestamp),
        exit_code: ended.map(|ended| ended.exit_code),
        message: ended.and_then(|ended| ended.message.as_ref()),
        counts: ended.and_then(|ended| ended.counts).map(Changes),
        digest: ended.and_then(|ended| ended.digest.as_ref()).map(PlanDigest::as_str),
        // The digest that a person named.
        approved_by: approval.map(|approval| approval.digest.as_str()),
        approved_user: approval.and_then(|approval| approval.user.as_ref()),
    })
}
