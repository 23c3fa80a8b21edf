//! What the last delivery left at each destination: how the next run knows whether there is anything to deliver.

use rusqlite::{Connection, Transaction, named_params};

use super::error::Error;
use super::runs::{time, timestamp};
use crate::history::{Delivery, RunId};

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
            fingerprint: row.get("fingerprint")?,
        });
    }
    Ok(deliveries)
}

pub(super) fn set(transaction: &Transaction<'_>, run: RunId, delivery: &Delivery) -> Result<(), Error> {
    let Delivery { destination, delivered_at, size, sha256, modified, verified, fingerprint } = delivery;
    transaction.execute(
        "INSERT OR REPLACE INTO deliveries (destination, run, delivered_at, size, sha256, modified, verified, fingerprint)
         VALUES (:destination, :run, :delivered_at, :size, :sha256, :modified, :verified, :fingerprint)",
        named_params! {
            ":destination": destination,
            ":run": run.0,
            ":delivered_at": timestamp(*delivered_at),
            ":size": size,
            ":sha256": sha256,
            ":modified": modified,
            ":verified": verified,
            ":fingerprint": fingerprint,
        },
    )?;
    Ok(())
}

/// Notes where a run sets out to deliver, so that a crash leaves a trace.
pub(super) fn set_out(transaction: &Transaction<'_>, run: RunId, destination: &str) -> Result<(), Error> {
    transaction.execute("UPDATE runs SET delivering = ?2 WHERE id = ?1", (run.0, destination))?;
    Ok(())
}

/// Whether a run set out for a destination after the last one that is known to have arrived.
pub(super) fn in_doubt(connection: &Connection, destination: &str) -> Result<bool, Error> {
    let later = "SELECT EXISTS (SELECT 1 FROM runs WHERE delivering = ?1
                 AND id > (SELECT coalesce(max(run), 0) FROM deliveries WHERE destination = ?1))";
    Ok(connection.query_row(later, [destination], |row| row.get(0))?)
}
