//! Plans that runs held and told: what each would make of the mirror, as long as a person may approve it.
//!
//! The rows that such a plan would change are kept as they would be (`rehearsal`). Laid over the mirror they give the one that the
//! plan would leave.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::error::{Error, from_json, ids, json};
use super::moment::{time, timestamp};
use super::{load, undo};
use crate::history::RunId;
use crate::roster::guard::{HeldPlan, Hold};
use crate::roster::model::record::EmployeeId;
use crate::roster::plan::PlanDigest;

/// Notes that this plan was told again, with its rules and all whom it removes; false where it is not kept.
pub(super) fn told_again(connection: &Connection, hold: &Hold) -> Result<bool, Error> {
    let told =
        "UPDATE held SET told_at = ?2, rules = ?3, place = ?4, stayed = '[]', approved_run = NULL WHERE digest = ?1";
    let (digest, told_at) = (hold.digest.as_str(), timestamp(hold.told_at));
    Ok(connection.execute(told, (digest, told_at, json(&hold.rules)?, json(&hold.place)?))? > 0)
}

pub(super) fn keep(connection: &Connection, run: RunId, hold: &Hold, images: &[undo::Image]) -> Result<(), Error> {
    let Hold { digest, place, told_at, rules, stayed, takes_new_columns } = hold;
    let (told_at, place, rules, stayed) = (timestamp(*told_at), json(place)?, json(rules)?, ids(stayed));
    connection.execute(
        "INSERT INTO held (digest, run, told_at, place, rules, stayed, new_columns) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![digest.as_str(), run.0, told_at, place, rules, stayed, takes_new_columns],
    )?;
    let mut insert = connection.prepare("INSERT INTO held_rows (digest, place, row, image) VALUES (?1, ?2, ?3, ?4)")?;
    for (place, row, image) in images {
        insert.execute(params![digest.as_str(), place, row, image])?;
    }
    Ok(())
}

/// Notes that a person approved this plan in this run.
pub(super) fn approve(connection: &Connection, run: RunId, digest: &PlanDigest) -> Result<(), Error> {
    connection.execute("UPDATE held SET approved_run = ?2 WHERE digest = ?1", params![digest.as_str(), run.0])?;
    Ok(())
}

/// A run passed over every approval that waits.
pub(super) fn forget_approvals(connection: &Connection) -> Result<(), Error> {
    connection.execute("UPDATE held SET approved_run = NULL WHERE approved_run IS NOT NULL", [])?;
    Ok(())
}

/// Notes whom this plan removes and who stay.
pub(super) fn note_who_stayed(
    connection: &Connection,
    digest: &PlanDigest,
    stayed: &BTreeSet<EmployeeId>,
) -> Result<(), Error> {
    let both = "SELECT value FROM json_each(stayed) UNION SELECT value FROM json_each(?2)";
    let note = format!("UPDATE held SET stayed = (SELECT json_group_array(value) FROM ({both})) WHERE digest = ?1");
    connection.execute(&note, params![digest.as_str(), ids(stayed)])?;
    Ok(())
}

/// These plans can be approved no longer: a run was in step without them.
pub(super) fn end(connection: &Connection, over: &[PlanDigest]) -> Result<(), Error> {
    let mut end = connection.prepare("DELETE FROM held WHERE digest = ?1")?;
    over.iter().try_for_each(|digest| end.execute([digest.as_str()]).map(drop))?;
    Ok(())
}

/// A person let this mirror pass for another one by approving this plan: what was told over either is over.
pub(super) fn end_others(connection: &Connection, approved: &PlanDigest) -> Result<(), Error> {
    connection.execute("DELETE FROM held WHERE digest <> ?1", [approved.as_str()])?;
    Ok(())
}

/// Whether a plan that is kept changes one of these people.
pub(super) fn changes_any(
    connection: &Connection,
    digest: &PlanDigest,
    people: &BTreeSet<EmployeeId>,
) -> Result<bool, Error> {
    let changes = "SELECT EXISTS (SELECT 1 FROM held_rows WHERE digest = ?1 AND place = 'employees'
                       AND row IN (SELECT value FROM json_each(?2)))";
    Ok(connection.query_row(changes, (digest.as_str(), ids(people)), |row| row.get(0))?)
}

/// Plans that nobody told since then can be approved no longer.
pub(super) fn erase(connection: &Connection, since: DateTime<Utc>) -> Result<(), Error> {
    connection.execute("DELETE FROM held WHERE told_at < ?1", [timestamp(since)])?;
    Ok(())
}

/// What this mirror remembers is not what they were made with.
pub(super) fn end_here(connection: &Connection) -> Result<(), Error> {
    let own = "place ->> 'generation' = (SELECT generation FROM mirror)";
    connection.execute(&format!("DELETE FROM held WHERE {own}"), [])?;
    Ok(())
}

/// The feed that is the mirror's will not be undone: what was held before it set out is over.
pub(super) fn end_before(connection: &Connection) -> Result<(), Error> {
    let other = "place ->> 'generation' <> (SELECT generation FROM mirror)";
    connection.execute(&format!("DELETE FROM held WHERE {other}"), [])?;
    Ok(())
}

/// The one approved last first, then the one told last, each with whether a person approved it. What a person may approve stops no
/// run: a row that cannot be read can be approved no longer, which is safe.
pub(super) fn all(connection: &Connection) -> Result<Vec<(Hold, bool)>, Error> {
    let mut statement = connection.prepare("SELECT * FROM held ORDER BY approved_run DESC, told_at DESC, run DESC")?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        match hold(row) {
            Ok(hold) => all.push((hold, row.get::<_, Option<i64>>("approved_run")?.is_some())),
            Err(error) => unreadable(&row.get::<_, String>("digest")?, &error),
        }
    }
    Ok(all)
}

fn hold(row: &Row<'_>) -> Result<Hold, Error> {
    let digest = PlanDigest::parse(&row.get::<_, String>("digest")?);
    let stayed: Vec<i64> = from_json(&row.get::<_, String>("stayed")?)?;
    Ok(Hold {
        digest: digest.ok_or_else(|| Error::Damaged("a held plan has no digest".to_owned()))?,
        place: from_json(&row.get::<_, String>("place")?)?,
        told_at: time(&row.get::<_, String>("told_at")?)?,
        rules: from_json(&row.get::<_, String>("rules")?)?,
        stayed: stayed.into_iter().map(EmployeeId).collect(),
        takes_new_columns: row.get("new_columns")?,
    })
}

fn unreadable(digest: &str, error: &Error) {
    log::warn!("what plan {digest} would change cannot be read, so it can be approved no longer");
    log::debug!("{error:?}");
}

/// What a held plan would make of the mirror; none where it is not kept, or its rows do not fit the mirror.
pub(super) fn plan(connection: &Connection, hold: &Hold) -> Result<Option<HeldPlan>, Error> {
    let run = connection.query_row("SELECT run FROM held WHERE digest = ?1", [hold.digest.as_str()], |row| row.get(0));
    let Some(run): Option<i64> = run.optional()? else { return Ok(None) };
    let copy = load::copy(connection)?;
    match laid_over(&copy, run, hold) {
        Ok(plan) => Ok(Some(plan)),
        Err(error) => {
            unreadable(hold.digest.as_str(), &error);
            Ok(None)
        }
    }
}

fn laid_over(copy: &Connection, run: i64, hold: &Hold) -> Result<HeldPlan, Error> {
    undo::put_back(copy, "SELECT row, image FROM held_rows WHERE digest = ?1 AND place = ?2", hold.digest.as_str())?;
    let mut reasons = BTreeMap::new();
    let mut statement = copy.prepare("SELECT employee, reason FROM identities WHERE removed_run = ?1")?;
    let mut rows = statement.query([run])?;
    while let Some(row) = rows.next()? {
        reasons.insert(EmployeeId(row.get(0)?), from_json(&row.get::<_, String>(1)?)?);
    }
    Ok(HeldPlan { hold: hold.clone(), mirror: load::state(copy)?, reasons })
}
