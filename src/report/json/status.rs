//! The state of things as JSON.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Changes, Counts, DeliveryDocument, SCHEMA_VERSION, timestamp};
use crate::exit::Failure;
use crate::history::{Ended, HeldSeries, Liveness, RecordedNote, Run, Standing};
use crate::report::status::StatusView;
use crate::roster::plan::PlanDigest;

/// What `status --json` prints.
#[derive(Debug, Serialize)]
pub struct StatusDocument {
    schema_version: u32,
    command: &'static str,
    /// The newest run that came to an end.
    run_id: Option<i64>,
    exit_code: u8,
    counts: Counts,
    last_run: Option<RunDocument>,
    last_success: Option<RunDocument>,
    last_success_age_seconds: Option<i64>,
    last_change: Option<RunDocument>,
    /// The newest run that was neither in step nor held.
    last_failure: Option<RunDocument>,
    /// How many runs failed since the newest one that did not.
    failures_in_a_row: u64,
    in_progress: Vec<i64>,
    interrupted: Vec<i64>,
    held: Option<HeldSinceDocument>,
    deliveries: Vec<DeliveryDocument>,
    notes: Vec<RecordedNote>,
    files: FilesDocument,
    /// There is none: where there is, there is nothing else to tell.
    error: Option<Failure>,
}

#[derive(Debug, Serialize)]
pub(super) struct RunDocument {
    run_id: i64,
    command: String,
    started_at: String,
    finished_at: Option<String>,
    exit_code: Option<u8>,
    message: Option<String>,
    counts: Option<Changes>,
    digest: Option<String>,
    /// The digest that a person named.
    approved_by: Option<String>,
    approved_user: Option<String>,
}

#[derive(Debug, Serialize)]
struct HeldSinceDocument {
    since: String,
    first_run_id: i64,
    digest: Option<String>,
    same_plan: bool,
    /// The rules that hold it, by their names, and each in words with its numbers.
    rules: Vec<String>,
    reasons: Vec<String>,
    /// What it would change.
    counts: Option<Changes>,
    review_command: Option<String>,
    approve_command: Option<String>,
}

#[derive(Debug, Serialize)]
struct FilesDocument {
    configuration: Option<String>,
    credential: String,
    mirror: String,
}

pub fn status(view: &StatusView<'_>) -> StatusDocument {
    let StatusView { now, standing, files, .. } = view;
    let run_of = |run: Option<&Run>| run.map(run_document);
    let success = standing.and_then(|standing| standing.last_in_step.as_ref());
    let unfinished = |liveness: Liveness| {
        let all = standing.iter().flat_map(|standing| &standing.unfinished);
        all.filter(|unfinished| unfinished.liveness == liveness).map(|unfinished| unfinished.run.id.0).collect()
    };
    StatusDocument {
        schema_version: SCHEMA_VERSION,
        command: "status",
        run_id: standing.and_then(|standing| standing.last.as_ref()).map(|run| run.id.0),
        exit_code: 0,
        counts: Counts {
            people: standing.map_or(0, |standing| standing.people),
            groups: standing.map_or(0, |standing| standing.groups),
            changes: None,
        },
        last_run: run_of(standing.and_then(|standing| standing.last.as_ref())),
        last_success: run_of(success),
        last_success_age_seconds: standing.and_then(Standing::last_success).map(|at| (*now - at).num_seconds()),
        last_change: run_of(standing.and_then(|standing| standing.last_change.as_ref())),
        last_failure: run_of(standing.and_then(|standing| standing.last_failure.as_ref())),
        failures_in_a_row: standing.map_or(0, |standing| standing.failures_in_a_row),
        in_progress: unfinished(Liveness::InProgress),
        interrupted: unfinished(Liveness::Interrupted),
        held: standing.and_then(|standing| standing.held.as_ref()).map(held_since),
        deliveries: standing.iter().flat_map(|standing| &standing.deliveries).map(DeliveryDocument::from).collect(),
        notes: standing.iter().flat_map(|standing| standing.open_notes()).cloned().collect(),
        files: FilesDocument {
            configuration: files.configuration.map(|path| path.display().to_string()),
            credential: files.credential.display().to_string(),
            mirror: files.mirror.display().to_string(),
        },
        error: None,
    }
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

fn held_since(series: &HeldSeries) -> HeldSinceDocument {
    let ended = series.latest.ended.as_ref();
    let rules = ended.and_then(|ended| ended.held_by.as_deref()).unwrap_or_default();
    HeldSinceDocument {
        since: timestamp(series.first.started_at),
        first_run_id: series.first.id.0,
        digest: series.digest().map(PlanDigest::to_string),
        same_plan: series.is_same_plan(),
        rules: rules.split_whitespace().map(str::to_owned).collect(),
        reasons: series.reasons().map(str::to_owned).collect(),
        counts: ended.and_then(|ended| ended.counts).map(Changes),
        review_command: series.review().map(str::to_owned),
        approve_command: series.approve().map(str::to_owned),
    }
}

pub(super) fn run_document(run: &Run) -> RunDocument {
    let Run { id, command, started_at, pid: _, ended } = run;
    let ended: Option<&Ended> = ended.as_ref();
    RunDocument {
        run_id: id.0,
        command: command.clone(),
        started_at: timestamp(*started_at),
        finished_at: finished(run).map(timestamp),
        exit_code: ended.map(|ended| ended.exit_code),
        message: ended.and_then(|ended| ended.message.clone()),
        counts: ended.and_then(|ended| ended.counts).map(Changes),
        digest: ended.and_then(|ended| ended.digest.as_ref()).map(PlanDigest::to_string),
        approved_by: ended.and_then(|ended| ended.approval.as_ref()).map(|approval| approval.digest.to_string()),
        approved_user: ended.and_then(|ended| ended.approval.as_ref()).and_then(|approval| approval.user.clone()),
    }
}

fn finished(run: &Run) -> Option<DateTime<Utc>> {
    run.ended.as_ref().map(|ended| ended.finished_at)
}
