//! Feeds that set out and are not known to have arrived, and what undoes each of them.
//!
//! While a feed is made the mirror's, triggers copy every row before it changes. Played back, newest copy first, they give the
//! mirror back as it was. They are kept until the feed is settled, and for a week at most.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::backup::Backup;
use rusqlite::{Connection, Transaction, params};

use super::error::Error;
use super::load;
use super::moment::{time, timestamp};
use crate::history::RunId;
use crate::roster::plan::mirror::{Mirror, Unsettled, Writing};

/// The tables that make up the state of a mirror.
const STATE: [&str; 6] = ["columns", "employees", "groups", "identities", "names", "readable"];
/// What of the one row of `mirror` belongs to its state.
const OF_MIRROR: &str = "generation, import_id_source, scope_policy, given, destination, line_end";

/// What a run sets out with.
#[derive(Debug)]
pub struct Departure<'a> {
    /// The URL.
    pub destination: &'a str,
    /// In bytes.
    pub size: usize,
    /// In hexadecimal.
    pub sha256: &'a str,
    pub writing: Writing,
    pub at: DateTime<Utc>,
}

/// From here on, what undoes the run is kept.
pub(super) fn record(transaction: &Transaction<'_>, run: RunId, departure: &Departure<'_>) -> Result<(), Error> {
    let Departure { destination, size, sha256, writing, at } = departure;
    transaction.execute(
        "INSERT INTO unsettled (run, destination, size, sha256, in_place, set_out_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![run.0, destination, size, sha256, *writing == Writing::InPlace, timestamp(*at)],
    )?;
    for (place, columns) in state(transaction)? {
        let old: Vec<String> = columns.split(", ").map(|column| format!("old.{column}")).collect();
        let image = format!("json_array({})", old.join(", "));
        for (event, row, image) in [("INSERT", "new", "NULL"), ("UPDATE", "old", &image), ("DELETE", "old", &image)] {
            transaction.execute_batch(&format!(
                "CREATE TEMP TRIGGER undo_{place}_{event} AFTER {event} ON main.{place} BEGIN
                     INSERT INTO undo (run, place, row, image) VALUES ({run}, '{place}', {row}.rowid, {image});
                 END"
            ))?;
        }
    }
    Ok(())
}

/// What is written from here on is not undone.
pub(super) fn recorded(transaction: &Transaction<'_>) -> Result<(), Error> {
    for (place, _) in state(transaction)? {
        for event in ["INSERT", "UPDATE", "DELETE"] {
            transaction.execute_batch(&format!("DROP TRIGGER temp.undo_{place}_{event}"))?;
        }
    }
    Ok(())
}

/// Gives the mirror back as it was before this run, which must be the last one that set out. Its journal goes with it.
pub(super) fn undo(connection: &Connection, run: RunId) -> Result<(), Error> {
    connection.pragma_update(None, "defer_foreign_keys", true)?;
    connection.execute("DELETE FROM journal WHERE run = ?1", [run.0])?;
    connection.execute("UPDATE runs SET applied = 0 WHERE id = ?1", [run.0])?;
    play_back(connection, run)
}

fn play_back(connection: &Connection, run: RunId) -> Result<(), Error> {
    for (place, columns) in state(connection)? {
        let values: Vec<String> = (0..columns.split(", ").count()).map(|at| format!("?2 ->> {at}")).collect();
        let values = values.join(", ");
        let mut images =
            connection.prepare("SELECT row, image FROM undo WHERE run = ?1 AND place = ?2 ORDER BY id DESC")?;
        let mut remove = connection.prepare(&format!("DELETE FROM {place} WHERE rowid = ?1"))?;
        let mut update =
            connection.prepare(&format!("UPDATE {place} SET ({columns}) = ({values}) WHERE rowid = ?1"))?;
        let mut insert =
            connection.prepare(&format!("INSERT INTO {place} (rowid, {columns}) VALUES (?1, {values})"))?;
        let mut rows = images.query(params![run.0, place])?;
        while let Some(row) = rows.next()? {
            let (row, image): (i64, Option<String>) = (row.get(0)?, row.get(1)?);
            match image {
                None => remove.execute([row])?,
                Some(image) => match update.execute(params![row, image])? {
                    0 => insert.execute(params![row, image])?,
                    updated => updated,
                },
            };
        }
    }
    connection.execute("DELETE FROM undo WHERE run = ?1", [run.0])?;
    connection.execute("DELETE FROM unsettled WHERE run = ?1", [run.0])?;
    Ok(())
}

/// This run's feed arrived, or a later one takes its place: what was on its way before it is of no interest either.
pub(super) fn forget(connection: &Connection, up_to: RunId) -> Result<(), Error> {
    connection.execute("DELETE FROM undo WHERE run <= ?1", [up_to.0])?;
    connection.execute("DELETE FROM unsettled WHERE run <= ?1", [up_to.0])?;
    Ok(())
}

/// What undoes a run is kept for a while; then it is no longer undone, which is safe.
pub(super) fn erase(connection: &Connection, since: DateTime<Utc>) -> Result<(), Error> {
    let since = timestamp(since);
    connection.execute("DELETE FROM undo WHERE run IN (SELECT run FROM unsettled WHERE set_out_at < ?1)", [&since])?;
    connection.execute("UPDATE unsettled SET undoable = 0 WHERE set_out_at < ?1", [&since])?;
    Ok(())
}

/// The last run that set out and is not settled.
pub(super) fn newest(connection: &Connection) -> Result<Option<RunId>, Error> {
    Ok(connection.query_row("SELECT max(run) FROM unsettled", [], |row| row.get::<_, Option<i64>>(0))?.map(RunId))
}

/// In the order in which they set out, each with the mirror before it as far as that is kept. The mirrors are made in a copy.
pub(super) fn load(connection: &Connection) -> Result<Vec<Unsettled>, Error> {
    if newest(connection)?.is_none() {
        return Ok(Vec::new());
    }
    let mut copy = Connection::open_in_memory()?;
    Backup::new(connection, &mut copy)?.step(-1)?;
    let mut statement = connection.prepare("SELECT * FROM unsettled ORDER BY run DESC")?;
    let mut rows = statement.query([])?;
    let mut newest_first: Vec<(Unsettled, Option<Mirror>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let run: i64 = row.get("run")?;
        let is_reached = newest_first.last().is_none_or(|(_, before)| before.is_some());
        let before = match is_reached && row.get("undoable")? {
            false => None,
            true => {
                play_back(&copy, RunId(run))?;
                Some(load::state(&copy)?)
            }
        };
        let writing = if row.get("in_place")? { Writing::InPlace } else { Writing::Aside };
        let set_out_at = time(&row.get::<_, String>("set_out_at")?)?;
        let (destination, size, sha256) = (row.get("destination")?, row.get("size")?, row.get("sha256")?);
        let unsettled = Unsettled { run, destination, size, sha256, writing, set_out_at, before: None };
        newest_first.push((unsettled, before));
    }
    let mut all: Vec<Unsettled> = Vec::new();
    for (unsettled, before) in newest_first.into_iter().rev() {
        let before = before.map(|mirror| Arc::new(Mirror { unsettled: all.clone(), ..mirror }));
        all.push(Unsettled { before, ..unsettled });
    }
    Ok(all)
}

/// The tables of the state with their columns.
fn state(connection: &Connection) -> Result<Vec<(&'static str, String)>, Error> {
    let mut statement = connection.prepare("SELECT group_concat(name, ', ') FROM pragma_table_info(?1)")?;
    let mut all = vec![("mirror", OF_MIRROR.to_owned())];
    for place in STATE {
        all.push((place, statement.query_row([place], |row| row.get(0))?));
    }
    Ok(all)
}
