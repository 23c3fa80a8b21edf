//! The state of things as JSON.

use serde::Serialize;

use super::{Changes, SCHEMA_VERSION, counts, delivery, each, note, object, timestamp};
use crate::exit::Failure;
use crate::history::{HeldSeries, Run};
use crate::report::findings::finding;
use crate::report::status::StatusView;
use crate::roster::guard::Rule;
use crate::roster::plan::PlanDigest;

/// What `status --json` prints.
pub fn status(view: &StatusView<'_>) -> impl Serialize {
    let StatusView { log, surroundings, files, program, .. } = view;
    let standing = log.judged(surroundings);
    let killed = log.since_in_step().map(|(run, _)| run).filter(|run| run.ended.is_none());
    object!(State {
        schema_version: SCHEMA_VERSION,
        command: "status",
        run_id: log.last_ended().map(|run| run.id),
        exit_code: 0,
        // How things stand in one word, and what `status --check` would say by its usual limits.
        state: standing.state.as_str(),
        health: standing.health.word(),
        findings: each(&standing.findings, |weighed| object!(Found {
            state: weighed.state.as_str(),
            health: weighed.health.word(),
            text: finding(&weighed.finding, surroundings),
        })),
        counts: counts(log.people, log.groups, None),
        last_run: log.last_ended().map(run_document),
        last_success: log.last_in_step().map(run_document),
        last_success_age_seconds: log.last_success().map(|at| (surroundings.now - at).num_seconds()),
        last_change: log.last_change.as_ref().map(run_document),
        last_failure: log.last_failure().map(run_document),
        failures_in_a_row: standing.failing.map_or(0, |failing| failing.runs),
        in_progress: each(&log.in_progress, |run| run.id),
        interrupted: each(killed, |run| run.id),
        held: standing.held.map(|held| held_since(held, program)),
        // The plan that the next run repeats.
        approved: log.approved.as_ref().map(PlanDigest::as_str),
        deliveries: each(&log.deliveries, delivery),
        notes: each(log.open_notes(), note),
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

fn held_since<'l>(series: HeldSeries<'l>, program: &'l str) -> impl Serialize {
    let ended = series.latest.ended.as_ref();
    object!(Held {
        since: timestamp(series.first.started_at),
        first_run_id: series.first.id,
        digest: series.digest().map(PlanDigest::as_str),
        same_plan: series.is_same_plan(),
        // By their names, and then each in words with its numbers.
        rules: each(series.rules(), Rule::kind),
        reasons: each(series.rules(), Rule::to_string),
        // What it would change.
        counts: ended.and_then(|ended| ended.counts).map(Changes),
        review_command: series.review(program),
        approve_command: series.approve(program),
    })
}

pub(super) fn run_document(run: &Run) -> impl Serialize {
    let Run { id, command, started_at, pid: _, approval, ended } = run;
    let (ended, approval) = (ended.as_ref(), approval.as_ref());
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
