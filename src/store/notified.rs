//! What people were told of runs by mail, and what decides whether they are told of the next one.

use rusqlite::{Connection, Transaction};

use super::error::Error;
use super::moment::time;
use crate::history::{EndedRun, RunId};

pub(super) fn ended_before(connection: &Connection, run: RunId) -> Result<Vec<EndedRun>, Error> {
    let mut statement = connection.prepare(
        "WITH last (in_step, told) AS (
             SELECT (SELECT coalesce(max(id), 0) FROM runs WHERE exit_code = 0 AND command = 'sync' AND id <> ?1),
                 (SELECT max(id) FROM runs WHERE notified IS NOT NULL AND id <> ?1)
         )
         SELECT finished_at, exit_code, held_by, message, notified FROM runs, last
         WHERE finished_at IS NOT NULL AND command = 'sync' AND id <> ?1 AND id >= min(in_step, coalesce(told, in_step))
         ORDER BY finished_at, id",
    )?;
    let mut rows = statement.query([run.0])?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(EndedRun {
            finished_at: time(&row.get::<_, String>(0)?)?,
            exit_code: row.get(1)?,
            held_by: row.get(2)?,
            message: row.get(3)?,
            notified: row.get(4)?,
        });
    }
    Ok(runs)
}

pub(super) fn set(transaction: &Transaction<'_>, run: RunId, what: &str) -> Result<(), Error> {
    transaction.execute("UPDATE runs SET notified = ?2 WHERE id = ?1", (run.0, what))?;
    Ok(())
}
