//! Plans that runs held and told: what each would make of the mirror, as long as a person may approve it.
//!
//! The rows that such a plan would change are kept as they would be (`rehearsal`). Laid over the mirror they give the one that the
//! plan would leave.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::error::{Error, from_json, json};
use super::moment::{time, timestamp};
use super::{load, undo};
use crate::history::RunId;
use crate::roster::guard::{HeldPlan, Hold};
use crate::roster::model::record::EmployeeId;
use crate::roster::plan::PlanDigest;

/// Notes that this plan was told again, with all whom it removes; false where it is not kept.
pub(super) fn told_again(connection: &Connection, hold: &Hold) -> Result<bool, Error> {
    let told = "UPDATE held SET told_at = ?2, stayed = '[]' WHERE digest = ?1";
    Ok(connection.execute(told, (hold.digest.as_str(), timestamp(hold.told_at)))? > 0)
}

pub(super) fn keep(connection: &Connection, run: RunId, hold: &Hold, images: &[undo::Image]) -> Result<(), Error> {
    let Hold { digest, place, told_at, rules, stayed } = hold;
    let row = params![digest.as_str(), run.0, timestamp(*told_at), json(place)?, json(rules)?, json(stayed)?];
    let insert = "INSERT INTO held (digest, run, told_at, place, rules, stayed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    connection.execute(insert, row)?;
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

/// Notes whom this plan removes and who stay.
pub(super) fn note_who_stayed(
    connection: &Connection,
    digest: &PlanDigest,
    stayed: &BTreeSet<EmployeeId>,
) -> Result<(), Error> {
    let both = "SELECT value FROM json_each(stayed) UNION SELECT value FROM json_each(?2)";
    let note = format!("UPDATE held SET stayed = (SELECT json_group_array(value) FROM ({both})) WHERE digest = ?1");
    connection.execute(&note, params![digest.as_str(), json(stayed)?])?;
    Ok(())
}

/// Every plan of every hold has ended: one was carried out, or a run was in step without them.
pub(super) fn end(connection: &Connection) -> Result<(), Error> {
    connection.execute("DELETE FROM held", [])?;
    Ok(())
}

/// Plans that nobody told since then can be approved no longer.
pub(super) fn erase(connection: &Connection, since: DateTime<Utc>) -> Result<(), Error> {
    connection.execute("DELETE FROM held WHERE told_at < ?1", [timestamp(since)])?;
    Ok(())
}

/// A run is in step with the mirror as it is, without them.
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

/// The one told last first, each with whether a person approved it.
pub(super) fn all(connection: &Connection) -> Result<Vec<(Hold, bool)>, Error> {
    let mut statement = connection.prepare("SELECT * FROM held ORDER BY told_at DESC, run DESC")?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let digest = PlanDigest::parse(&row.get::<_, String>("digest")?);
        let hold = Hold {
            digest: digest.ok_or_else(|| Error::Damaged("a held plan has no digest".to_owned()))?,
            place: from_json(&row.get::<_, String>("place")?)?,
            told_at: time(&row.get::<_, String>("told_at")?)?,
            rules: from_json(&row.get::<_, String>("rules")?)?,
            stayed: from_json(&row.get::<_, String>("stayed")?)?,
        };
        all.push((hold, row.get::<_, Option<i64>>("approved_run")?.is_some()));
    }
    Ok(all)
}

/// What a held plan would make of the mirror; none where it is not kept. What a person may approve stops no run: a plan whose rows
/// do not fit the mirror can be approved no longer, which is safe.
pub(super) fn plan(connection: &Connection, hold: &Hold) -> Result<Option<HeldPlan>, Error> {
    let run = connection.query_row("SELECT run FROM held WHERE digest = ?1", [hold.digest.as_str()], |row| row.get(0));
    let Some(run): Option<i64> = run.optional()? else { return Ok(None) };
    let copy = load::copy(connection)?;
    match laid_over(&copy, run, hold) {
        Ok(plan) => Ok(Some(plan)),
        Err(error) => {
            log::warn!("what plan {} would change cannot be read, so it can be approved no longer", hold.digest);
            log::debug!("{error:?}");
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
