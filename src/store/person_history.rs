//! Everything the mirror and its journal know about one person.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _};

use super::error::Error;
use super::{journal, runs};
use crate::history::{Biography, Episode, Present, RecordedNote, Removed, RunId};
use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::ImportId;
use crate::roster::policy::{Query, Who};

pub(super) fn of(connection: &Connection, query: &Query) -> Result<Vec<Biography>, Error> {
    let ids = match query {
        Query::Who(Who::Id(id)) => BTreeSet::from([*id]),
        Query::Who(Who::Email(_)) | Query::Name(_) => meant(connection, query)?,
    };
    let found = ids.into_iter().map(|id| biography(connection, id));
    found.filter_map(Result::transpose).collect()
}

/// Whoever has or had the address, or is or was called so. SQLite folds ASCII alone.
fn meant(connection: &Connection, query: &Query) -> Result<BTreeSet<EmployeeId>, Error> {
    let mut ids = journal::meant(connection, query)?;
    let mut statement = connection.prepare("SELECT employee, email, first_name, last_name FROM employees")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text = |at| row.get_ref(at)?.as_str().map_err(Error::from);
        if query.is_address(text(1)?) || query.is_part_of(text(2)?, text(3)?) {
            ids.insert(EmployeeId(row.get(0)?));
        }
    }
    Ok(ids)
}

/// None where there is neither an identity nor a note.
fn biography(connection: &Connection, id: EmployeeId) -> Result<Option<Biography>, Error> {
    let identity = connection
        .query_row(
            "SELECT import_id, removed_on, removed_run, reason FROM identities WHERE employee = ?1",
            [id.0],
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, Option<String>>(1)?,
                    row.get::<_, Option<i64>>(2)?,
                    row.get::<_, Option<String>>(3)?,
                ))
            },
        )
        .optional()?;
    let episodes = episodes(connection, id)?;
    let (import_id, removed) = match identity {
        None if episodes.is_empty() => return Ok(None),
        None => (None, None),
        Some((import_id, on, run, reason)) => {
            let known = ImportId::new(&import_id);
            let known = known.ok_or_else(|| Error::Damaged(format!("the import id of employee {id} cannot be")))?;
            let removed = on.zip(run).zip(reason);
            (Some(known), removed.map(|((on, run), reason)| Removed { on, run: RunId(run), reason }))
        }
    };
    let present = connection
        .query_row("SELECT email, first_name, last_name FROM employees WHERE employee = ?1", [id.0], |row| {
            Ok(Present { email: row.get(0)?, first_name: row.get(1)?, last_name: row.get(2)? })
        })
        .optional()?;
    Ok(Some(Biography { id, import_id, present, removed, episodes }))
}

fn episodes(connection: &Connection, id: EmployeeId) -> Result<Vec<Episode>, Error> {
    let mut changes = journal::changes_to(connection, id)?;
    let touched: BTreeSet<RunId> = changes.keys().copied().collect();
    let mut before: Vec<RecordedNote> = Vec::new();
    let mut episodes = Vec::new();
    for run in runs::with_plan(connection, &touched)? {
        let entries = changes.remove(&run.id).unwrap_or_default();
        let notes: Vec<RecordedNote> =
            run.ended.iter().flat_map(|ended| &ended.notes).filter(|note| note.employee == Some(id)).cloned().collect();
        let new: Vec<RecordedNote> = notes.iter().filter(|note| !before.contains(note)).cloned().collect();
        before = notes;
        if !entries.is_empty() || !new.is_empty() {
            episodes.push(Episode { run, entries, notes: new });
        }
    }
    Ok(episodes)
}
