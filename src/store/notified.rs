//! What people were told of runs by mail, and what decides whether they are told of the next one.

use rusqlite::{Connection, Transaction};

use super::error::Error;
use super::runs;
use crate::history::{Run, RunId};

pub(super) fn ended_before(connection: &Connection, run: RunId) -> Result<Vec<Run>, Error> {
    let since = "finished_at IS NOT NULL AND command = 'sync' AND id <> ?1
                 AND id >= (SELECT min(in_step, coalesce(told, in_step)) FROM
                     (SELECT coalesce(max(id), 0) AS in_step FROM runs
                      WHERE exit_code = 0 AND command = 'sync' AND id <> ?1),
                     (SELECT max(id) AS told FROM runs WHERE notified IS NOT NULL AND owed IS NULL AND id <> ?1))
                 ORDER BY finished_at, id";
    runs::select(connection, since, [run.0])
}

pub(super) fn set(transaction: &Transaction<'_>, run: RunId, what: &str, owed: &[String]) -> Result<(), Error> {
    let owed = if owed.is_empty() { None } else { Some(owed.join(" ")) };
    transaction.execute("UPDATE runs SET notified = ?2, owed = ?3 WHERE id = ?1", (run.0, what, owed))?;
    // One mail is owed at most: the newest.
    transaction.execute("UPDATE runs SET owed = NULL WHERE id <> ?1 AND owed IS NOT NULL", [run.0])?;
    Ok(())
}
