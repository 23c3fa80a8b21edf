//! What this program left at each destination, and what it set out with: how the next run knows a file there as its own.

use rusqlite::{Connection, Transaction, named_params};

use super::error::Error;
use super::moment::{time, timestamp};
use crate::history::RunId;
use crate::roster::guard::{Delivery, LeftFile};
use crate::roster::plan::mirror::Certainty;

pub(super) fn all(connection: &Connection) -> Result<Vec<Delivery>, Error> {
    let mut statement = connection.prepare("SELECT * FROM deliveries ORDER BY destination")?;
    let mut rows = statement.query([])?;
    let mut deliveries = Vec::new();
    while let Some(row) = rows.next()? {
        deliveries.push(Delivery {
            destination: row.get("destination")?,
            delivered_at: time(&row.get::<_, String>("delivered_at")?)?,
            size: row.get("size")?,
            sha256: row.get("sha256")?,
            modified: row.get("modified")?,
            verified: row.get("verified")?,
            taken: row.get("taken")?,
            untaken_since: row.get::<_, Option<String>>("untaken_since")?.map(|at| time(&at)).transpose()?,
            standing_at: row.get::<_, Option<String>>("standing_at")?.map(|at| time(&at)).transpose()?,
        });
    }
    Ok(deliveries)
}

pub(super) fn set(transaction: &Transaction<'_>, run: RunId, delivery: &Delivery) -> Result<(), Error> {
    let Delivery { destination, delivered_at, size, sha256, modified, verified, taken, untaken_since, standing_at } =
        delivery;
    transaction.execute(
        "INSERT OR REPLACE INTO deliveries
             (destination, run, delivered_at, size, sha256, modified, verified, taken, untaken_since, standing_at)
         VALUES (:destination, :run, :delivered_at, :size, :sha256, :modified, :verified, :taken, :untaken_since, :standing_at)",
        named_params! {
            ":destination": destination,
            ":run": run.0,
            ":delivered_at": timestamp(*delivered_at),
            ":size": size,
            ":sha256": sha256,
            ":modified": modified,
            ":verified": verified,
            ":taken": taken,
            ":untaken_since": untaken_since.map(timestamp),
            ":standing_at": standing_at.map(timestamp),
        },
    )?;
    Ok(())
}

/// Notes what became of the last delivery, as a later run found it.
pub(super) fn observe(transaction: &Transaction<'_>, delivery: &Delivery) -> Result<(), Error> {
    let Delivery { destination, taken, standing_at, .. } = delivery;
    transaction.execute(
        "UPDATE deliveries SET taken = ?2, standing_at = ?3 WHERE destination = ?1",
        (destination, taken, standing_at.map(timestamp)),
    )?;
    Ok(())
}

/// Runs that set out for a destination after the last delivery that is known to have arrived there.
const SET_OUT: &str = "FROM runs WHERE delivering = ?1
    AND id > (SELECT coalesce(max(run), 0) FROM deliveries WHERE destination = ?1)";

pub(super) fn certainty(connection: &Connection, destination: &str) -> Result<Certainty, Error> {
    // Whether another file was taken meanwhile, nobody can see.
    let doubt = format!(
        "SELECT EXISTS (SELECT 1 {SET_OUT})
         OR EXISTS (SELECT 1 FROM runs WHERE held_by LIKE '%foreign_file%'
                    AND id > (SELECT coalesce(max(run), 0) FROM deliveries WHERE destination = ?1))"
    );
    let in_doubt: bool = connection.query_row(&doubt, [destination], |row| row.get(0))?;
    Ok(if in_doubt { Certainty::InDoubt } else { Certainty::Arrived })
}

/// Every file that may stand at a destination because of us.
pub(super) fn left_at(connection: &Connection, destination: &str) -> Result<Vec<LeftFile>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT size, sha256, modified FROM deliveries WHERE destination = ?1
         UNION ALL SELECT delivering_size, delivering_sha256, NULL {SET_OUT}"
    ))?;
    let files = statement.query_map([destination], |row| {
        Ok(LeftFile { size: row.get(0)?, sha256: row.get(1)?, modified: row.get(2)? })
    })?;
    Ok(files.collect::<Result<_, _>>()?)
}
