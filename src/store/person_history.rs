//! Everything the mirror and its journal know about one run, and about one person.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::error::Error;
use super::rows::{Json, select};
use super::{Reader, journal, load, runs};
use crate::exit::Failure;
use crate::history::{Biography, Episode, Present, Removed, RunId, RunRecord};
use crate::roster::decide::notes::Note;
use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::ImportId;
use crate::roster::policy::{Query, Who};

impl Reader {
    /// One run with everything it changed.
    pub fn record(&self, run: RunId) -> Result<Option<RunRecord>, Failure> {
        self.reading(|connection| {
            let Some(found) = runs::run(connection, run)? else { return Ok(None) };
            Ok(Some(RunRecord { run: found, entries: journal::changes_of(connection, run)? }))
        })
    }

    /// Everything that ever happened to whoever has this id, has or had this address, or is or was called so, as far as the
    /// mirror or its journal still knows: nobody where nobody is known.
    pub fn biographies(&self, query: &Query) -> Result<Vec<Biography>, Failure> {
        self.reading(|connection| {
            let ids = match query {
                Query::Who(Who::Id(id)) => BTreeSet::from([*id]),
                Query::Who(Who::Email(_)) | Query::Name(_) => meant(connection, query)?,
            };
            let found = ids.into_iter().map(|id| biography(connection, id));
            found.filter_map(Result::transpose).collect()
        })
    }
}

/// Whoever has or had the address, or is or was called so. SQLite folds ASCII alone.
fn meant(connection: &Connection, query: &Query) -> Result<BTreeSet<EmployeeId>, Error> {
    let mut ids = journal::meant(connection, query)?;
    let everybody = "SELECT employee, email, first_name, last_name FROM employees";
    let present: Vec<Option<EmployeeId>> = select(connection, everybody, [], |row| {
        let text = |at| row.get_ref(at)?.as_str().map_err(Error::from);
        let is_meant = query.is_address(text(1)?) || query.is_part_of(text(2)?, text(3)?);
        Ok(if is_meant { Some(EmployeeId(row.get(0)?)) } else { None })
    })?;
    ids.extend(present.into_iter().flatten());
    Ok(ids)
}

/// None where there is neither an identity nor a note.
fn biography(connection: &Connection, id: EmployeeId) -> Result<Option<Biography>, Error> {
    let mut statement = connection.prepare(
        "SELECT import_id, removed_on, removed_run, reason, email, first_name, last_name, returned_as
         FROM identities LEFT JOIN employees USING (employee) WHERE employee = ?1",
    )?;
    let mut rows = statement.query([id.0])?;
    let episodes = episodes(connection, id)?;
    let Some(row) = rows.next()? else {
        let unknown = Biography { id, import_id: None, present: None, removed: None, returned_as: None, episodes };
        return Ok((!unknown.episodes.is_empty()).then_some(unknown));
    };
    let import_id = match row.get_ref(0)?.as_str_or_null()? {
        Some(text) => Some(ImportId::new(text).ok_or_else(|| load::impossible("import id", id))?),
        None => None,
    };
    let returned_as = row.get::<_, Option<i64>>(7)?.map(EmployeeId);
    let removed = match row.get(1)? {
        Some(on) => {
            let Json(reason) = row.get(3)?;
            Some(Removed { on, run: RunId(row.get(2)?), reason })
        }
        None => None,
    };
    let present = match row.get(4)? {
        Some(email) => Some(Present { email, first_name: row.get(5)?, last_name: row.get(6)? }),
        None => None,
    };
    Ok(Some(Biography { id, import_id, present, removed, returned_as, episodes }))
}

fn episodes(connection: &Connection, id: EmployeeId) -> Result<Vec<Episode>, Error> {
    let mut changes = journal::changes_to(connection, id)?;
    let touched: BTreeSet<RunId> = changes.keys().copied().collect();
    let mut before: Vec<Note> = Vec::new();
    let mut episodes = Vec::new();
    for run in runs::with_plan(connection, &touched)? {
        let entries = changes.remove(&run.id).unwrap_or_default();
        let notes: Vec<Note> = run
            .ended
            .iter()
            .flat_map(|ended| &ended.notes)
            .filter(|note| note.employee() == Some(id))
            .cloned()
            .collect();
        let new: Vec<Note> = notes.iter().filter(|note| !before.contains(note)).cloned().collect();
        before = notes;
        if !entries.is_empty() || !new.is_empty() {
            episodes.push(Episode { run, entries, notes: new });
        }
    }
    Ok(episodes)
}
