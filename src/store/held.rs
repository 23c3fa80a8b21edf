//! Plans that runs held and told: what each would make of the mirror, as long as a person may approve it.
//!
//! The rows that such a plan would change are kept as they would be (`rehearsal`). Laid over the mirror they give the one that the
//! plan would leave.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::error::Error;
use super::rows::{At, Json, ids, select, value};
use super::{Reader, Store, load, undo};
use crate::exit::Failure;
use crate::history::RunId;
use crate::roster::guard::{HeldPlan, Hold};
use crate::roster::model::record::EmployeeId;
use crate::roster::plan::PlanDigest;

impl Reader {
    /// The held plans that may be approved, the one approved last first, then the one told last, each with whether a person
    /// approved it in a run that did not carry it out.
    pub fn holds(&self) -> Result<Vec<(Hold, bool)>, Failure> {
        self.reading(all)
    }

    pub fn is_held(&self, digest: &PlanDigest) -> Result<bool, Failure> {
        Ok(self.holds()?.iter().any(|(hold, _)| hold.digest == *digest))
    }

    /// Whether a held plan changes one of these people.
    pub fn held_plan_changes_any(&self, digest: &PlanDigest, people: &BTreeSet<EmployeeId>) -> Result<bool, Failure> {
        let changes = "SELECT EXISTS (SELECT 1 FROM held_rows WHERE digest = ?1 AND place = 'employees'
                           AND row IN (SELECT value FROM json_each(?2)))";
        self.reading(|connection| value(connection, changes, params![digest.as_str(), ids(people)]))
    }

    /// What a held plan would make of the mirror; none where it is not kept, or its rows do not fit the mirror.
    pub fn held_plan(&self, hold: &Hold) -> Result<Option<HeldPlan>, Failure> {
        self.reading(|connection| {
            let kept = "SELECT run FROM held WHERE digest = ?1";
            let run = connection.query_row(kept, [hold.digest.as_str()], |row| row.get(0)).optional()?;
            let Some(run) = run else { return Ok(None) };
            let laid_over = laid_over(&load::copy(connection)?, run, hold);
            Ok(laid_over.map_err(|error| unreadable(hold.digest.as_str(), &error)).ok())
        })
    }
}

impl Store {
    /// Plans that nobody told since then can be approved no longer, and are kept no longer.
    pub fn erase_held(&mut self, run: RunId, since: DateTime<Utc>) -> Result<(), Failure> {
        self.executing(run, "DELETE FROM held WHERE told_at < ?1", [At(since)])
    }

    /// A run passed over every approval that waits.
    pub fn forget_approvals(&mut self, run: RunId) -> Result<(), Failure> {
        self.executing(run, "UPDATE held SET approved_run = NULL WHERE approved_run IS NOT NULL", [])
    }

    /// Notes that a person approved a plan that is kept.
    pub fn approve(&mut self, run: RunId, digest: &PlanDigest) -> Result<(), Failure> {
        self.executing(run, "UPDATE held SET approved_run = ?2 WHERE digest = ?1", params![digest.as_str(), run.0])
    }

    /// Notes whom a plan that is kept removes and who stay, by what this run found under its approval.
    pub fn note_who_stayed(
        &mut self,
        run: RunId,
        digest: &PlanDigest,
        stayed: &BTreeSet<EmployeeId>,
    ) -> Result<(), Failure> {
        let both = "SELECT value FROM json_each(stayed) UNION SELECT value FROM json_each(?2)";
        let note = format!("UPDATE held SET stayed = (SELECT json_group_array(value) FROM ({both})) WHERE digest = ?1");
        self.executing(run, &note, params![digest.as_str(), ids(stayed)])
    }
}

/// Notes that this plan was told again, with its rules and all whom it removes; false where it is not kept.
pub(super) fn told_again(connection: &Connection, hold: &Hold) -> Result<bool, Error> {
    let Hold { digest, place, told_at, rules, stayed: _, takes_new_columns: _ } = hold;
    let told =
        "UPDATE held SET told_at = ?2, rules = ?3, place = ?4, stayed = '[]', approved_run = NULL WHERE digest = ?1";
    Ok(connection.execute(told, params![digest.as_str(), At(*told_at), Json(rules), Json(place)])? > 0)
}

pub(super) fn keep(connection: &Connection, run: RunId, hold: &Hold, images: &[undo::Image]) -> Result<(), Error> {
    let Hold { digest, place, told_at, rules, stayed, takes_new_columns } = hold;
    let (place, rules, stayed) = (Json(place), Json(rules), ids(stayed));
    connection.execute(
        "INSERT INTO held (digest, run, told_at, place, rules, stayed, new_columns) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![digest.as_str(), run.0, At(*told_at), place, rules, stayed, takes_new_columns],
    )?;
    let mut insert = connection.prepare("INSERT INTO held_rows (digest, place, row, image) VALUES (?1, ?2, ?3, ?4)")?;
    for (place, row, image) in images {
        insert.execute(params![digest.as_str(), place, row, image])?;
    }
    Ok(())
}

/// These plans can be approved no longer: a run was in step without them.
pub(super) fn end(connection: &Connection, over: &[PlanDigest]) -> Result<(), Error> {
    let mut end = connection.prepare("DELETE FROM held WHERE digest = ?1")?;
    Ok(over.iter().try_for_each(|digest| end.execute([digest.as_str()]).map(drop))?)
}

/// A person let this mirror pass for another one by approving this plan: what was told over either is over.
pub(super) fn end_others(connection: &Connection, approved: &PlanDigest) -> Result<(), Error> {
    connection.execute("DELETE FROM held WHERE digest <> ?1", [approved.as_str()])?;
    Ok(())
}

/// What this mirror remembers is not what they were made with.
pub(super) fn end_here(connection: &Connection) -> Result<(), Error> {
    connection.execute("DELETE FROM held WHERE place ->> 'generation' = (SELECT generation FROM mirror)", [])?;
    Ok(())
}

/// The feed that is the mirror's will not be undone: what was held before it set out is over.
pub(super) fn end_before(connection: &Connection) -> Result<(), Error> {
    connection.execute("DELETE FROM held WHERE place ->> 'generation' <> (SELECT generation FROM mirror)", [])?;
    Ok(())
}

/// What a person may approve stops no run: a row that cannot be read can be approved no longer, which is safe.
pub(super) fn all(connection: &Connection) -> Result<Vec<(Hold, bool)>, Error> {
    let query = "SELECT * FROM held ORDER BY approved_run DESC, told_at DESC, run DESC";
    let all: Vec<Option<_>> = select(connection, query, [], |row| {
        let is_approved = row.get::<_, Option<i64>>("approved_run")?.is_some();
        let digest: String = row.get("digest")?;
        Ok(hold(row).map_err(|error| unreadable(&digest, &error)).ok().map(|hold| (hold, is_approved)))
    })?;
    Ok(all.into_iter().flatten().collect())
}

fn hold(row: &Row<'_>) -> Result<Hold, Error> {
    let (Json(place), Json(rules), Json(stayed)) = (row.get("place")?, row.get("rules")?, row.get("stayed")?);
    let At(told_at) = row.get("told_at")?;
    Ok(Hold { digest: row.get("digest")?, place, told_at, rules, stayed, takes_new_columns: row.get("new_columns")? })
}

fn unreadable(digest: &str, error: &Error) {
    log::warn!("what plan {digest} would change cannot be read, so it can be approved no longer");
    log::debug!("{error:?}");
}

fn laid_over(copy: &Connection, run: i64, hold: &Hold) -> Result<HeldPlan, Error> {
    undo::put_back(copy, "SELECT row, image FROM held_rows WHERE digest = ?1 AND place = ?2", hold.digest.as_str())?;
    let gone = "SELECT employee, reason FROM identities WHERE removed_run = ?1";
    let reasons = select(copy, gone, [run], |row| {
        let Json(reason) = row.get(1)?;
        Ok((EmployeeId(row.get(0)?), reason))
    })?;
    Ok(HeldPlan { hold: hold.clone(), mirror: load::state(copy)?, reasons })
}
