//! What this program left at each destination: how the next run knows a file there as its own.

use rusqlite::{Connection, Transaction, named_params};

use super::error::Error;
use super::moment::{time, timestamp};
use crate::history::RunId;
use crate::roster::guard::Delivery;

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
            mount: row.get("mount")?,
            verified: row.get("verified")?,
            taken: row.get("taken")?,
            untaken_since: row.get::<_, Option<String>>("untaken_since")?.map(|at| time(&at)).transpose()?,
            standing_at: row.get::<_, Option<String>>("standing_at")?.map(|at| time(&at)).transpose()?,
        });
    }
    Ok(deliveries)
}

pub(super) fn set(transaction: &Transaction<'_>, run: RunId, delivery: &Delivery) -> Result<(), Error> {
    let Delivery {
        destination,
        delivered_at,
        size,
        sha256,
        modified,
        mount,
        verified,
        taken,
        untaken_since,
        standing_at,
    } = delivery;
    transaction.execute(
        "INSERT OR REPLACE INTO deliveries
             (destination, run, delivered_at, size, sha256, modified, mount, verified, taken, untaken_since, standing_at)
         VALUES (:destination, :run, :delivered_at, :size, :sha256, :modified, :mount, :verified, :taken, :untaken_since, :standing_at)",
        named_params! {
            ":destination": destination,
            ":run": run.0,
            ":delivered_at": timestamp(*delivered_at),
            ":size": size,
            ":sha256": sha256,
            ":modified": modified,
            ":mount": mount,
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
