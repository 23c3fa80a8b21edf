//! Feeds that set out and are not known to have arrived, and what undoes each of them.
//!
//! While a feed is made the mirror's, triggers copy every row before it changes. Played back, newest copy first, they give the
//! mirror back as it was. They are kept until the feed is settled, and for a week at most.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row, ToSql, Transaction, params};

use super::error::Error;
use super::rows::{At, Json, select, value};
use crate::history::RunId;
use crate::roster::plan::mirror::Unsettled;

/// The tables that make up the state of a mirror.
const STATE: [&str; 5] = ["employees", "groups", "identities", "mirror", "scopes"];

/// From here on, what undoes the run is kept.
pub(super) fn record(transaction: &Transaction<'_>, sent: &Unsettled) -> Result<(), Error> {
    transaction.execute("INSERT INTO unsettled (run, sent) VALUES (?1, ?2)", params![sent.run, Json(sent)])?;
    watch(transaction, RunId(sent.run))
}

/// From here on, every row of the state is copied before it changes.
pub(super) fn watch(transaction: &Transaction<'_>, run: RunId) -> Result<(), Error> {
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
    play_back(connection, run)
}

/// Each row as it was when this run first changed it.
pub(super) fn play_back(connection: &Connection, run: RunId) -> Result<(), Error> {
    let oldest = "SELECT row, image FROM undo
                  WHERE id IN (SELECT min(id) FROM undo WHERE run = ?1 AND place = ?2 GROUP BY row)";
    put_back(connection, oldest, run.0)?;
    connection.execute("DELETE FROM undo WHERE run = ?1", [run.0])?;
    connection.execute("DELETE FROM unsettled WHERE run = ?1", [run.0])?;
    Ok(())
}

/// Puts copied rows where they were. `images` selects the number of each row once, and its copy, by a key and a table.
pub(super) fn put_back(connection: &Connection, images: &str, key: impl ToSql) -> Result<(), Error> {
    for (place, columns) in state(connection)? {
        let values: Vec<String> = (0..columns.split(", ").count()).map(|at| format!("?2 ->> {at}")).collect();
        // All go before the first one comes: a value that must be unique may have moved to another row.
        let remove = format!("DELETE FROM {place} WHERE rowid IN (SELECT row FROM ({images}))");
        connection.execute(&remove, params![key, place])?;
        let mut images = connection.prepare(images)?;
        let insert = format!("INSERT INTO {place} (rowid, {columns}) VALUES (?1, {})", values.join(", "));
        let mut insert = connection.prepare(&insert)?;
        let mut rows = images.query(params![key, place])?;
        while let Some(row) = rows.next()? {
            if let (row, Some(image)) = (row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?) {
                insert.execute(params![row, image])?;
            }
        }
    }
    Ok(())
}

/// This run's feed arrived, or a later one takes its place: what was on its way before it is of no interest either.
pub(super) fn forget(connection: &Connection, up_to: RunId) -> Result<(), Error> {
    connection.execute("DELETE FROM undo WHERE run <= ?1", [up_to.0])?;
    connection.execute("DELETE FROM unsettled WHERE run <= ?1", [up_to.0])?;
    Ok(())
}

/// Erases what undoes feeds, of all or of those of runs that began before `since`: they are no longer undone, which is safe.
pub(super) fn erase(connection: &Connection, since: Option<DateTime<Utc>>) -> Result<(), Error> {
    let old = "coalesce((SELECT started_at FROM runs WHERE id = run) < ?1, true)";
    connection
        .execute(&format!("DELETE FROM undo WHERE run IN (SELECT run FROM unsettled WHERE {old})"), [since.map(At)])?;
    connection.execute(&format!("UPDATE unsettled SET undoable = 0 WHERE {old}"), [since.map(At)])?;
    Ok(())
}

/// Whether what undoes this run's feed is still kept.
pub(super) fn is_kept(connection: &Connection, run: RunId) -> Result<bool, Error> {
    value(connection, "SELECT undoable FROM unsettled WHERE run = ?1", [run.0])
}

/// The last run that set out and is not settled.
pub(super) fn newest(connection: &Connection) -> Result<Option<RunId>, Error> {
    Ok(value::<Option<i64>>(connection, "SELECT max(run) FROM unsettled", [])?.map(RunId))
}

/// Newest first, each without the mirror before it. The second says whether what undoes it is kept.
pub(super) fn all(connection: &Connection) -> Result<Vec<(Unsettled, bool)>, Error> {
    select(connection, "SELECT sent, undoable FROM unsettled ORDER BY run DESC", [], |row| {
        let Json(sent) = row.get(0)?;
        Ok((sent, row.get(1)?))
    })
}

/// A row: its table, its number, and its values as JSON; none where it is gone.
pub(super) type Image = (String, i64, Option<String>);

/// Every row that changed since it is watched, as it is now.
pub(super) fn changed(connection: &Connection, run: RunId) -> Result<Vec<Image>, Error> {
    let mut changed = Vec::new();
    for (place, columns) in state(connection)? {
        let rows = format!(
            "SELECT touched.row, iif({place}.rowid IS NULL, NULL, json_array({columns}))
             FROM (SELECT DISTINCT row FROM undo WHERE run = ?1 AND place = '{place}') AS touched
             LEFT JOIN {place} ON {place}.rowid = touched.row"
        );
        let image = |row: &Row<'_>| Ok((place.to_owned(), row.get(0)?, row.get(1)?));
        changed.extend(select::<_, Vec<Image>>(connection, &rows, [run.0], image)?);
    }
    Ok(changed)
}

/// The tables of the state with their columns.
fn state(connection: &Connection) -> Result<Vec<(&'static str, String)>, Error> {
    let mut statement = connection.prepare("SELECT group_concat(name, ', ') FROM pragma_table_info(?1)")?;
    STATE.into_iter().map(|place| Ok((place, statement.query_row([place], |row| row.get(0))?))).collect()
}
