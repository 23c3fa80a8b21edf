//! The run log: one row for every run that was no dry run, whatever became of it.
//!
//! A row is written when a run starts and once more when it ends. A row without an end is a run in progress or one that was
//! interrupted. Rows carry codes, counts, sentences and ids, never names or addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, Params, Row, Transaction, named_params};

use super::deliveries;
use super::error::{Error, from_json, json};
use super::held;
use super::moment::{time, timestamp};
use super::notes;
use super::undo;
use crate::history::{ApprovalGiven, Ended, NewColumns, RecordedApproval, Run, RunEnd, RunId, RunLog, Step, Usual};
use crate::roster::decide::clock::Ends;
use crate::roster::decide::notes::Note;
use crate::roster::guard::Approval;
use crate::roster::plan::{ChangeKind, Counts, PlanDigest};

/// Notes that the run's plan was applied and changed something, and what of it changed the mirror.
pub(super) fn set_applied(transaction: &Transaction<'_>, run: RunId, step: &Counts) -> Result<(), Error> {
    let step: BTreeMap<_, _> = step.each().map(|(kind, number)| (kind.as_str(), number)).into();
    transaction.execute("UPDATE runs SET applied = 1, mirror_changes = ?2 WHERE id = ?1", (run.0, json(&step)?))?;
    Ok(())
}

/// Enters a run's end.
pub(super) fn finish(transaction: &Transaction<'_>, run: RunId, end: &RunEnd) -> Result<(), Error> {
    let RunEnd { finished_at, exit, message, hints, failed_at, digest, held_by, new_columns, .. } = end;
    let RunEnd { counts, approval, notes, over, .. } = end;
    held::end(transaction, over)?;
    let clock_in_doubt = notes.iter().any(|note| matches!(note, Note::ClockInDoubt { .. }));
    let (approved_by, approved_earlier) = approved(approval.as_ref());
    let rows = transaction.execute(
        "UPDATE runs SET finished_at = :finished_at, exit_code = :exit_code, message = :message, hints = :hints,
             failed_at = :failed_at, digest = coalesce(:digest, digest), held_by = :held_by,
             new_columns = :new_columns,
             approved_by = coalesce(:approved_by, approved_by),
             approved_earlier = max(:approved_earlier, approved_earlier),
             generation = (SELECT generation FROM mirror),
             people = (SELECT count(*) FROM employees), groups = (SELECT count(*) FROM groups),
             clock_in_doubt = :clock_in_doubt
         WHERE id = :run AND finished_at IS NULL",
        named_params! {
            ":run": run.0,
            ":finished_at": timestamp(*finished_at),
            ":exit_code": exit.code(),
            ":message": message,
            ":hints": json(hints)?,
            ":failed_at": failed_at.map(Step::as_str),
            ":digest": digest.as_ref().map(PlanDigest::as_str),
            ":held_by": held_by.as_ref().map(json).transpose()?,
            ":new_columns": *new_columns == NewColumns::TakenIn,
            ":approved_by": approved_by,
            ":approved_earlier": approved_earlier,
            ":clock_in_doubt": clock_in_doubt,
        },
    )?;
    if rows != 1 {
        return Err(Error::Impossible(format!("run {run} is not in progress")));
    }
    came_to(transaction, run, notes, counts.as_ref())
}

/// Enters what a run found and what its plan counts. What it noted before stays where nothing comes in its place.
fn came_to(transaction: &Transaction<'_>, run: RunId, notes: &[Note], counts: Option<&Counts>) -> Result<(), Error> {
    let noted = "SELECT noted FROM runs WHERE id = ?1";
    let is_noted: bool = transaction.query_row(noted, [run.0], |row| row.get(0))?;
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
pub(super) fn log(connection: &Connection) -> Result<RunLog, Error> {
    let count = |table: &str| -> Result<u64, Error> {
        Ok(connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?)
    };
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
        people: count("employees")?,
        groups: count("groups")?,
    })
}

/// Notes what people were told of a run by mail, and which addresses are to be told again. One mail is owed at most: the newest.
pub(super) fn set_notified(
    transaction: &Transaction<'_>,
    run: RunId,
    what: &str,
    owed: &[String],
) -> Result<(), Error> {
    let owed = if owed.is_empty() { None } else { Some(owed.join(" ")) };
    transaction.execute("UPDATE runs SET owed = NULL WHERE owed IS NOT NULL", [])?;
    transaction.execute("UPDATE runs SET notified = ?2, owed = ?3 WHERE id = ?1", (run.0, what, owed))?;
    Ok(())
}

/// Notes of a feed that sets out what its run will end with where it arrives: that end may never come.
pub(super) fn set_out(transaction: &Transaction<'_>, run: RunId, end: &RunEnd) -> Result<(), Error> {
    let RunEnd { approval, notes, digest, counts, .. } = end;
    let (approved_by, approved_earlier) = approved(approval.as_ref());
    transaction.execute(
        "UPDATE runs SET approved_by = coalesce(?2, approved_by), approved_earlier = max(?3, approved_earlier),
             digest = coalesce(?4, digest),
             people = (SELECT count(*) FROM employees), groups = (SELECT count(*) FROM groups)
         WHERE id = ?1",
        (run.0, approved_by, approved_earlier, digest.as_ref().map(PlanDigest::as_str)),
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

pub(super) fn latest(connection: &Connection, most: u32) -> Result<Vec<Run>, Error> {
    select(connection, "true ORDER BY id DESC LIMIT ?1", [most])
}

/// Every run that came to a plan, which is where notes come from, and the runs named, oldest first.
pub(super) fn with_plan(connection: &Connection, and: &BTreeSet<RunId>) -> Result<Vec<Run>, Error> {
    let mut runs = select(connection, "added IS NOT NULL OR applied = 1 ORDER BY id", [])?;
    let found: BTreeSet<RunId> = runs.iter().map(|run| run.id).collect();
    for id in and.difference(&found) {
        runs.extend(run(connection, *id)?);
    }
    runs.sort_by_key(|run| run.id);
    Ok(runs)
}

pub(super) fn held(connection: &Connection, digest: &PlanDigest) -> Result<Option<Run>, Error> {
    newest(connection, "held_by IS NOT NULL AND digest = ?1 ORDER BY id DESC", [digest.as_str()])
}

pub(super) fn usual(connection: &Connection, now: DateTime<Utc>) -> Result<Usual, Error> {
    const FEWEST_WEEKS: i64 = 4;
    let sums = "SELECT coalesce(max(removed) FILTER (WHERE applied = 1), 0),
             coalesce(sum(removed) FILTER (WHERE applied = 1), 0), min(started_at)
         FROM runs WHERE started_at >= ?1";
    let since = timestamp(now - TimeDelta::days(365));
    let (largest_removal, removed, first): (_, _, Option<String>) =
        connection.query_row(sums, [since], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let weeks = first.map(|first| time(&first)).transpose()?.map_or(0, |first| (now - first).num_weeks());
    let weeks = usize::try_from(weeks).ok().filter(|_| weeks >= FEWEST_WEEKS);
    Ok(Usual { largest_removal, by_week: weeks.map(|weeks| (removed, weeks)) })
}

pub(super) fn ends(connection: &Connection) -> Result<Ends, Error> {
    let newest = newest_end(connection, "exit_code = 0 AND command = 'sync' ORDER BY id DESC")?;
    let undoubted = newest_end(connection, "exit_code = 0 AND NOT clock_in_doubt ORDER BY finished_at DESC")?;
    Ok(Ends { newest, undoubted })
}

fn newest_end(connection: &Connection, which: &str) -> Result<Option<DateTime<Utc>>, Error> {
    Ok(newest(connection, which, [])?.and_then(|run| run.ended).map(|ended| ended.finished_at))
}

fn totals(connection: &Connection) -> Result<Counts, Error> {
    let mut statement =
        connection.prepare("SELECT coalesce(sum(mirror_changes ->> ?1), 0) FROM runs WHERE applied = 1")?;
    Counts::collect(|kind| Ok(statement.query_row([kind.as_str()], |row| row.get(0))?))
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

/// A run whose process lives, by the name of this program: the number of one that is gone may be another program's by now.
pub(super) fn living(connection: &Connection) -> Result<Option<Run>, Error> {
    let name = |pid: u32| std::fs::read(format!("/proc/{pid}/comm")).ok();
    let is_ours = |run: &Run| name(run.pid).is_some_and(|other| Some(other) == name(std::process::id()));
    let unfinished = select(connection, "finished_at IS NULL ORDER BY id DESC", [])?;
    Ok(unfinished.into_iter().find(|run| lives(run) && is_ours(run)))
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

pub(super) fn select(connection: &Connection, which: &str, parameters: impl Params) -> Result<Vec<Run>, Error> {
    let mut statement = connection.prepare(&format!("SELECT * FROM runs WHERE {which}"))?;
    let mut rows = statement.query(parameters)?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(from_row(row)?);
    }
    for run in &mut runs {
        if let Some(ended) = &mut run.ended {
            ended.notes = notes::of(connection, run.id)?;
        }
    }
    Ok(runs)
}

fn from_row(row: &Row<'_>) -> Result<Run, Error> {
    let finished_at: Option<String> = row.get("finished_at")?;
    let ended = match finished_at {
        Some(finished_at) => Some(ended(row, &finished_at)?),
        None => None,
    };
    let started_at: String = row.get("started_at")?;
    Ok(Run {
        id: RunId(row.get("id")?),
        command: row.get("command")?,
        started_at: time(&started_at)?,
        pid: row.get("pid")?,
        approval: approval(row)?,
        ended,
    })
}

fn ended(row: &Row<'_>, finished_at: &str) -> Result<Ended, Error> {
    let is_counted = row.get::<_, Option<usize>>("added")?.is_some();
    Ok(Ended {
        finished_at: time(finished_at)?,
        exit_code: row.get("exit_code")?,
        message: row.get("message")?,
        hints: row.get::<_, Option<String>>("hints")?.map_or(Ok(Vec::new()), |text| from_json(&text))?,
        failed_at: row.get("failed_at")?,
        digest: digest(row.get("digest")?)?,
        counts: is_counted.then(|| counts(row)).transpose()?,
        applied: row.get("applied")?,
        held_by: row.get::<_, Option<String>>("held_by")?.map(|text| from_json(&text)).transpose()?,
        new_columns: if row.get("new_columns")? { NewColumns::TakenIn } else { NewColumns::Noted },
        generation: row.get("generation")?,
        people: row.get("people")?,
        groups: row.get("groups")?,
        notes: Vec::new(),
        notified: row.get("notified")?,
        owed: row.get::<_, Option<String>>("owed")?.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
    })
}

fn approval(row: &Row<'_>) -> Result<Option<RecordedApproval>, Error> {
    let given = if row.get("approved_earlier")? { ApprovalGiven::Earlier } else { ApprovalGiven::InThisRun };
    let user: Option<String> = row.get("approved_user")?;
    Ok(digest(row.get("approved_by")?)?.map(|digest| RecordedApproval { digest, given, user }))
}

fn digest(text: Option<String>) -> Result<Option<PlanDigest>, Error> {
    let damaged = || Error::Damaged("a digest in its run log is none".to_owned());
    text.map(|text| PlanDigest::parse(&text).ok_or_else(damaged)).transpose()
}
