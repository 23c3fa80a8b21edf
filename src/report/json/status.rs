//! The state of things as JSON.

use super::plan::sizes;
use super::{Document, Moment, changes, counts, delivery, document, each, fact, note, object};
use crate::exit::{Failure, Health};
use crate::history::{Approver, HeldSeries, Run, RunLog};
use crate::report::findings::finding;
use crate::report::status::{Files, StatusView};
use crate::roster::plan::PlanDigest;

/// What `status --json` prints. A failed one knows nothing but the failure.
pub fn status(told: Result<&StatusView<'_>, &Failure>) -> impl Document {
    let view = told.ok();
    let log = view.map(|view| view.log);
    let standing = view.map(|view| view.log.judged(&view.surroundings));
    let killed = log.into_iter().flat_map(RunLog::since_in_step).map(|(run, _)| run).filter(|run| run.ended.is_none());
    let (people, groups) = log.map_or((0, 0), |log| (log.people, log.groups));
    let found = standing.iter().flat_map(|standing| &standing.findings).zip(std::iter::repeat(view)).filter_map(
        |(weighed, view)| {
            Some(object!(StateFinding {
                state: weighed.state.as_str(),
                health: weighed.health.word(),
                text: finding(&weighed.finding, &view?.surroundings),
            }))
        },
    );
    let state = object!(State {
        /// Of the last run.
        run_id: log.and_then(RunLog::last_ended).map(|run| run.id),
        /// How things stand, in one word; null where that cannot be found out.
        state: standing.as_ref().map(|standing| standing.state.as_str()),
        /// What `status --check` says by its usual limits.
        health: standing.as_ref().map_or(Health::Unknown, |standing| standing.health).word(),
        /// The worst first.
        findings: found.collect::<Vec<_>>(),
        counts: counts(people, groups, None),
        /// What `[review] smallest_group` says of the mirror's groups: each column, in the order of the file.
        group_sizes: each(view.into_iter().flat_map(|view| view.sizes), sizes),
        last_run: log.and_then(RunLog::last_ended).map(run_document),
        last_success: log.and_then(RunLog::last_in_step).map(run_document),
        last_success_age_seconds: view
            .and_then(|view| Some((view.surroundings.now - view.log.last_success()?).num_seconds())),
        last_change: log.and_then(|log| log.last_change.as_ref()).map(run_document),
        /// Since the last success.
        last_failure: log.and_then(RunLog::last_failure).map(run_document),
        failures_in_a_row: standing.as_ref().and_then(|standing| standing.failing).map_or(0, |failing| failing.runs),
        /// The ids of runs.
        in_progress: each(log.and_then(|log| log.in_progress.as_ref()), |run| run.id),
        /// The ids of runs.
        interrupted: each(killed, |run| run.id),
        held: standing
            .as_ref()
            .and_then(|standing| standing.held)
            .zip(view)
            .map(|(held, view)| held_since(held, view.program)),
        /// The plan that the next run repeats.
        approved: log.and_then(|log| log.approved.as_ref()).map(PlanDigest::as_str),
        deliveries: each(log.into_iter().flat_map(|log| &log.deliveries), delivery),
        notes: each(log.map(RunLog::open_notes).unwrap_or_default(), note),
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

fn held_since<'l>(series: HeldSeries<'l>, program: &'l str) -> impl Document {
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

fn approver(Approver { by, user, host }: &Approver) -> impl Document {
    object!(ApprovedBy {
        by,
        /// The user who entered it.
        user,
        /// The machine where it was entered.
        host,
    })
}

pub(super) fn run_document(run: &Run) -> impl Document {
    let Run { id, command, started_at, pid: _, approval, ended } = run;
    let (ended, approval) = (ended.as_ref(), approval.as_ref());
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
        /// Who approved, as whoever entered it says; null where that is no longer kept.
        approver: approval.and_then(|approval| approval.approver.as_ref()).map(approver),
    })
}
