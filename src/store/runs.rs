//! The run log: one row for every run that was no dry run, whatever became of it.
//!
//! A row is written when a run starts and once more when it ends. A row without an end is a run in progress or one that was
//! interrupted. Rows carry codes, counts, sentences and ids, never names or addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, Params, Row, Transaction, named_params, params};

use super::error::Error;
use super::rows::{self, At, Json, value};
use super::{LOCK_TIMEOUT, LOG_TIMEOUT, Reader, Store, deliveries, held, notes, undo};
use crate::exit::Failure;
use crate::history::{
    ApprovalGiven, Approver, Ended, NewColumns, RecordedApproval, Run, RunEnd, RunId, RunLog, Step, Usual,
};
use crate::roster::decide::clock::Ends;
use crate::roster::decide::notes::Note;
use crate::roster::guard::{Approval, WINDOW};
use crate::roster::plan::{ChangeKind, Counts, PlanDigest};

impl Reader {
    /// What how things stand is judged by, read at one moment.
    pub fn log(&self) -> Result<RunLog, Failure> {
        self.reading(log)
    }

    /// The newest runs of the log, newest first.
    pub fn runs(&self, most: u32) -> Result<Vec<Run>, Failure> {
        self.reading(|connection| select(connection, "true ORDER BY id DESC LIMIT ?1", [most]))
    }

    /// The newest run of the log.
    pub fn latest_run(&self) -> Result<Option<RunId>, Failure> {
        Ok(self.runs(1)?.pop().map(|run| run.id))
    }

    /// One run of the log.
    pub fn run(&self, id: RunId) -> Result<Option<Run>, Failure> {
        self.reading(|connection| run(connection, id))
    }

    /// The newest run whose plan was held under this digest: what a person who approves it has reviewed.
    pub fn held(&self, digest: &PlanDigest) -> Result<Option<Run>, Failure> {
        let which = "held_by IS NOT NULL AND digest = ?1 ORDER BY id DESC";
        self.reading(|connection| newest(connection, which, [digest.as_str()]))
    }

    /// When runs ended, those that were killed when they began.
    pub fn ends(&self) -> Result<Ends, Failure> {
        self.reading(|connection| {
            let newest = newest_end(connection, "exit_code = 0 AND command = 'sync' ORDER BY id DESC")?;
            let undoubted = "(exit_code = 0 OR added IS NOT NULL) AND NOT clock_in_doubt
                             ORDER BY coalesce(finished_at, started_at) DESC";
            Ok(Ends { newest, undoubted: newest_end(connection, undoubted)? })
        })
    }

    /// How many people were removed at other times.
    pub fn usual(&self, now: DateTime<Utc>) -> Result<Usual, Failure> {
        const FEWEST_WEEKS: i64 = 4;
        let sums = "SELECT coalesce(max(removed) FILTER (WHERE applied = 1), 0),
                coalesce(sum(removed) FILTER (WHERE applied = 1), 0), min(started_at)
            FROM runs WHERE started_at >= ?1";
        self.reading(|connection| {
            let (largest_removal, removed, first): (_, _, Option<At>) =
                connection.query_row(sums, [At(now - TimeDelta::days(365))], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })?;
            let weeks = first.map_or(0, |At(first)| (now - first).num_weeks());
            let weeks = usize::try_from(weeks).ok().filter(|_| weeks >= FEWEST_WEEKS);
            Ok(Usual { largest_removal, by_week: weeks.map(|weeks| (removed, weeks)) })
        })
    }

    /// The run that is in progress, as far as can be seen from here.
    pub(super) fn in_progress(&self) -> Result<Option<Run>, Failure> {
        self.reading(|connection| in_progress(connection, None))
    }

    /// A run whose process lives, by the name of this program: the number of one that is gone may be another program's by now.
    pub(super) fn living(&self) -> Result<Option<Run>, Failure> {
        let name = |pid: u32| std::fs::read(format!("/proc/{pid}/comm")).ok();
        let is_ours = |run: &Run| name(run.pid).is_some_and(|other| Some(other) == name(std::process::id()));
        let unfinished = self.reading(|connection| select(connection, "finished_at IS NULL ORDER BY id DESC", []))?;
        Ok(unfinished.into_iter().find(|run| lives(run) && is_ours(run)))
    }
}

impl Store {
    /// Enters a run into the log, so that others can see it and a crash leaves a trace. What undoes feeds that set out more than
    /// seven days ago is erased.
    pub fn start_run(&mut self, command: &str, started_at: DateTime<Utc>) -> Result<RunId, Failure> {
        self.writing(LOCK_TIMEOUT, None, |transaction| {
            transaction.execute(
                "INSERT INTO runs (command, started_at, pid) VALUES (?1, ?2, ?3)",
                params![command, At(started_at), std::process::id()],
            )?;
            let run = RunId(transaction.last_insert_rowid());
            undo::erase(transaction, Some(started_at - WINDOW))?;
            Ok(run)
        })
    }

    /// Notes who named the digest of a plan in this run.
    pub fn set_approver(&mut self, run: RunId, approver: &Approver) -> Result<(), Failure> {
        self.executing(run, "UPDATE runs SET approver = ?2 WHERE id = ?1", (run.0, Json(approver)))
    }

    /// Notes what people were told of a run by mail, and which addresses are to be told again: of one mail at most, the newest.
    pub fn set_notified(&mut self, run: RunId, what: &str, owed: &[String]) -> Result<(), Failure> {
        let owed = (!owed.is_empty()).then(|| owed.join(" "));
        self.writing(LOG_TIMEOUT, Some(run), |transaction| {
            transaction.execute("UPDATE runs SET owed = NULL WHERE owed IS NOT NULL", [])?;
            transaction.execute("UPDATE runs SET notified = ?2, owed = ?3 WHERE id = ?1", (run.0, what, owed))?;
            Ok(())
        })
    }

    /// Records the end of a run that failed, was held or had nothing to change. Writes nothing but the run's own row.
    pub fn finish_run(&mut self, run: RunId, end: &RunEnd) -> Result<(), Failure> {
        self.writing(LOG_TIMEOUT, Some(run), |transaction| finish(transaction, run, end))
    }
}

/// Notes that the run's plan was applied and changed something, and what of it changed the mirror.
pub(super) fn set_applied(transaction: &Transaction<'_>, run: RunId, step: &Counts) -> Result<(), Error> {
    let step: BTreeMap<_, _> = step.each().map(|(kind, number)| (kind.as_str(), number)).into();
    let set = "UPDATE runs SET applied = 1, mirror_changes = ?2 WHERE id = ?1";
    transaction.execute(set, params![run.0, Json(step)])?;
    Ok(())
}

/// Enters a run's end.
pub(super) fn finish(transaction: &Transaction<'_>, run: RunId, end: &RunEnd) -> Result<(), Error> {
    let RunEnd { finished_at, exit, message, hints, failed_at, held_by, new_columns, over, .. } = end;
    held::end(transaction, over)?;
    set_out(transaction, run, end)?;
    let rows = transaction.execute(
        "UPDATE runs SET finished_at = :finished_at, exit_code = :exit_code, message = :message, hints = :hints,
             failed_at = :failed_at, held_by = :held_by, new_columns = :new_columns,
             generation = (SELECT generation FROM mirror)
         WHERE id = :run AND finished_at IS NULL",
        named_params! {
            ":run": run.0,
            ":finished_at": At(*finished_at),
            ":exit_code": exit.code(),
            ":message": message,
            ":hints": Json(hints),
            ":failed_at": failed_at.map(Step::as_str),
            ":held_by": held_by.as_ref().map(Json),
            ":new_columns": *new_columns == NewColumns::TakenIn,
        },
    )?;
    if rows == 1 { Ok(()) } else { Err(Error::Impossible(format!("run {run} is not in progress"))) }
}

/// Enters what a run found and what its plan counts. What it noted before stays where nothing comes in its place.
fn came_to(transaction: &Transaction<'_>, run: RunId, notes: &[Note], counts: Option<&Counts>) -> Result<(), Error> {
    let is_noted: bool = value(transaction, "SELECT noted FROM runs WHERE id = ?1", [run.0])?;
    if !notes.is_empty() || (counts.is_some() && !is_noted) {
        notes::enter(transaction, run, notes)?;
    }
    for (kind, number) in counts.iter().flat_map(|counts| counts.each()) {
        let set = format!("UPDATE runs SET {} = ?2 WHERE id = ?1", kind.counted());
        transaction.execute(&set, (run.0, number))?;
    }
    Ok(())
}

/// The runs since the one in step before the last run or, where the last mail told of trouble, before the run that it was about;
/// and what came of all runs.
fn log(connection: &Connection) -> Result<RunLog, Error> {
    let since = "id >= coalesce((SELECT max(id) FROM runs WHERE exit_code = 0 AND command = 'sync' AND id < coalesce(
                     (SELECT iif(notified = 'all_clear' AND owed IS NULL, NULL, id) FROM runs WHERE notified IS NOT NULL ORDER BY id DESC LIMIT 1),
                     (SELECT max(id) FROM runs WHERE command = 'sync'))), 0) ORDER BY id DESC";
    let mut runs = select(connection, since, [])?;
    // One run at a time: only the newest can be at work.
    let is_at_work = runs.first().is_some_and(|run| run.ended.is_none() && lives(run));
    Ok(RunLog {
        in_progress: is_at_work.then(|| runs.remove(0)),
        runs,
        last_change: newest(connection, "applied = 1 ORDER BY id DESC", [])?,
        deliveries: deliveries::all(connection)?,
        approved: held::all(connection)?.into_iter().find(|(_, is_approved)| *is_approved).map(|(hold, _)| hold.digest),
        on_their_way: undo::all(connection)?.into_iter().map(|(sent, _)| sent).collect(),
        totals: totals(connection)?,
        people: value(connection, "SELECT count(*) FROM employees", [])?,
        groups: value(connection, "SELECT count(*) FROM groups", [])?,
    })
}

fn totals(connection: &Connection) -> Result<Counts, Error> {
    let sum = "SELECT coalesce(sum(mirror_changes ->> ?1), 0) FROM runs WHERE applied = 1";
    Counts::collect(|kind| value(connection, sum, [kind.as_str()]))
}

/// Notes what a run ends with, where its feed sets out before it does: that end may never come.
pub(super) fn set_out(transaction: &Transaction<'_>, run: RunId, end: &RunEnd) -> Result<(), Error> {
    let RunEnd { approval, notes, digest, counts, .. } = end;
    let (approved_by, approved_earlier) = approved(approval.as_ref());
    let is_clock_in_doubt = notes.iter().any(|note| matches!(note, Note::ClockInDoubt { .. }));
    transaction.execute(
        "UPDATE runs SET approved_by = coalesce(?2, approved_by), approved_earlier = max(?3, approved_earlier),
             approver = coalesce(approver, (SELECT earlier.approver FROM runs AS earlier
                 WHERE earlier.approved_by = ?2 AND earlier.approver IS NOT NULL ORDER BY earlier.id DESC LIMIT 1)),
             digest = coalesce(?4, digest), clock_in_doubt = max(?5, clock_in_doubt),
             people = (SELECT count(*) FROM employees), groups = (SELECT count(*) FROM groups)
         WHERE id = ?1",
        (run.0, approved_by, approved_earlier, digest.as_ref().map(PlanDigest::as_str), is_clock_in_doubt),
    )?;
    came_to(transaction, run, notes, counts.as_ref())
}

/// Notes what the run has found so far.
pub(super) fn note(transaction: &Transaction<'_>, run: RunId, notes: &[Note]) -> Result<(), Error> {
    came_to(transaction, run, notes, None)
}

/// The feed that set out did not arrive: nothing of its plan was carried out. A held run may have sent the file before again.
pub(super) fn set_undone(connection: &Connection, run: RunId) -> Result<(), Error> {
    let counts = ChangeKind::ALL.map(|kind| format!(", {} = NULL", kind.counted())).concat();
    let undo = format!(
        "UPDATE runs SET applied = 0, people = (SELECT count(*) FROM employees), groups = (SELECT count(*) FROM groups),
             digest = NULL{counts}
         WHERE id = ?1 AND held_by IS NULL"
    );
    connection.execute(&undo, [run.0])?;
    Ok(())
}

/// The digest that a person named, and whether they did so in an earlier run.
fn approved(approval: Option<&Approval>) -> (Option<&str>, bool) {
    match approval {
        Some(Approval::Person(digest)) => (Some(digest.as_str()), false),
        Some(Approval::Earlier(digest)) => (Some(digest.as_str()), true),
        Some(Approval::Limits | Approval::Adoption) | None => (None, false),
    }
}

pub(super) fn run(connection: &Connection, run: RunId) -> Result<Option<Run>, Error> {
    newest(connection, "id = ?1", [run.0])
}

/// Every run that came to a plan, which is where notes come from, and the runs named, oldest first.
pub(super) fn with_plan(connection: &Connection, and: &BTreeSet<RunId>) -> Result<Vec<Run>, Error> {
    let which = "added IS NOT NULL OR applied = 1 OR id IN (SELECT value FROM json_each(?1)) ORDER BY id";
    select(connection, which, [Json(and)])
}

fn newest_end(connection: &Connection, which: &str) -> Result<Option<DateTime<Utc>>, Error> {
    Ok(newest(connection, which, [])?.map(|run| run.ended.map_or(run.started_at, |ended| ended.finished_at)))
}

fn counts(row: &Row<'_>) -> rusqlite::Result<Counts> {
    Counts::collect(|kind| row.get(kind.counted()))
}

/// The run that most likely stands in the way: the newest unfinished one whose process lives, else the newest unfinished one,
/// because a process in another container cannot be seen.
pub(super) fn in_progress(connection: &Connection, own: Option<RunId>) -> Result<Option<Run>, Error> {
    let unfinished = "finished_at IS NULL AND id IS NOT ?1 ORDER BY id DESC";
    let mut others = select(connection, unfinished, [own.map(|RunId(id)| id)])?;
    let living = others.iter().position(lives);
    Ok((!others.is_empty()).then(|| others.swap_remove(living.unwrap_or(0))))
}

/// The run that ended in step most recently.
pub(super) fn latest_in_step(connection: &Connection) -> Result<Option<Run>, Error> {
    newest(connection, "exit_code = 0 ORDER BY finished_at DESC, id DESC", [])
}

/// Whether its process is there, as far as can be seen from here. In a container every run may have the same process number: one
/// with ours that is not ours is gone.
fn lives(run: &Run) -> bool {
    run.pid != std::process::id() && Path::new("/proc").join(run.pid.to_string()).exists()
}

fn newest(connection: &Connection, which: &str, parameters: impl Params) -> Result<Option<Run>, Error> {
    Ok(select(connection, &format!("{which} LIMIT 1"), parameters)?.pop())
}

fn select(connection: &Connection, which: &str, parameters: impl Params) -> Result<Vec<Run>, Error> {
    let query = format!("SELECT * FROM runs WHERE {which}");
    let mut runs: Vec<Run> = rows::select(connection, &query, parameters, |row| {
        let (At(started_at), finished_at) = (row.get("started_at")?, row.get::<_, Option<At>>("finished_at")?);
        let given = if row.get("approved_earlier")? { ApprovalGiven::Earlier } else { ApprovalGiven::InThisRun };
        let (digest, approver) =
            (row.get::<_, Option<PlanDigest>>("approved_by")?, row.get::<_, Option<Json<_>>>("approver")?);
        Ok(Run {
            approval: digest.map(|digest| RecordedApproval {
                digest,
                given,
                approver: approver.map(|Json(approver)| approver),
            }),
            id: RunId(row.get("id")?),
            command: row.get("command")?,
            started_at,
            pid: row.get("pid")?,
            ended: finished_at.map(|At(finished_at)| ended(row, finished_at)).transpose()?,
        })
    })?;
    for run in &mut runs {
        if let Some(ended) = &mut run.ended {
            ended.notes = notes::of(connection, run.id)?;
        }
    }
    Ok(runs)
}

fn ended(row: &Row<'_>, finished_at: DateTime<Utc>) -> Result<Ended, Error> {
    let is_counted = row.get::<_, Option<usize>>("added")?.is_some();
    Ok(Ended {
        finished_at,
        exit_code: row.get("exit_code")?,
        message: row.get("message")?,
        hints: row.get::<_, Option<Json<_>>>("hints")?.map_or_else(Vec::new, |Json(hints)| hints),
        failed_at: row.get("failed_at")?,
        digest: row.get("digest")?,
        counts: is_counted.then(|| counts(row)).transpose()?,
        applied: row.get("applied")?,
        held_by: row.get::<_, Option<Json<_>>>("held_by")?.map(|Json(rules)| rules),
        new_columns: if row.get("new_columns")? { NewColumns::TakenIn } else { NewColumns::Noted },
        generation: row.get("generation")?,
        people: row.get("people")?,
        groups: row.get("groups")?,
        notes: Vec::new(),
        notified: row.get("notified")?,
        owed: row.get::<_, Option<String>>("owed")?.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
    })
}
