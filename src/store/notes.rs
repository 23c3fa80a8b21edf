//! What runs noted. A note that lasts is stored once, with the first and the last run in a row that noted it, because some
//! last for years. Runs that noted nothing, such as failed ones, end no row.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Transaction};

use super::error::{Error, json};
use super::rows::{Json, select, value};
use crate::history::RunId;
use crate::roster::decide::notes::Note;

/// Enters what a run noted, in place of what it had noted before.
pub(super) fn enter(transaction: &Transaction<'_>, run: RunId, notes: &[Note]) -> Result<(), Error> {
    let before: Option<i64> = value(transaction, "SELECT max(id) FROM runs WHERE noted = 1 AND id < ?1", [run.0])?;
    transaction.execute("DELETE FROM notes WHERE first_run = ?1", [run.0])?;
    transaction.execute("UPDATE notes SET last_run = ?2 WHERE last_run = ?1", (run.0, before))?;
    let lasting = "SELECT note, id FROM notes WHERE last_run = ?1";
    let lasting: BTreeMap<String, i64> = select(transaction, lasting, [before], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut last = transaction.prepare("UPDATE notes SET last_run = ?2 WHERE id = ?1")?;
    let mut first = transaction.prepare("INSERT INTO notes (note, first_run, last_run) VALUES (?1, ?2, ?2)")?;
    for note in notes.iter().map(json).collect::<Result<BTreeSet<String>, Error>>()? {
        match lasting.get(&note) {
            Some(id) => last.execute((id, run.0))?,
            None => first.execute((note, run.0))?,
        };
    }
    transaction.execute("UPDATE runs SET noted = 1 WHERE id = ?1", [run.0])?;
    Ok(())
}

/// What a run noted, sorted.
pub(super) fn of(connection: &Connection, run: RunId) -> Result<Vec<Note>, Error> {
    let noted = "SELECT note FROM notes WHERE first_run <= ?1 AND last_run >= ?1
                 AND (SELECT noted FROM runs WHERE id = ?1)";
    let mut notes: Vec<Note> = select(connection, noted, [run.0], |row| {
        let Json(note) = row.get(0)?;
        Ok(note)
    })?;
    notes.sort();
    Ok(notes)
}
