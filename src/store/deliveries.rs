//! What this program left at each destination: how the next run knows a file there as its own.

use rusqlite::{Connection, Transaction, named_params};

use super::error::Error;
use super::rows::{At, select};
use super::{Applying, Reader};
use crate::exit::Failure;
use crate::history::RunId;
use crate::roster::guard::Delivery;

impl Reader {
    /// What the last delivery left at a destination; none where nothing was ever delivered there.
    pub fn delivery(&self, destination: &str) -> Result<Option<Delivery>, Failure> {
        let all = self.reading(all)?;
        Ok(all.into_iter().find(|delivery| delivery.destination == destination))
    }
}

impl Applying<'_> {
    /// What became of the last delivery, as this run found it.
    pub fn observe_delivery(&mut self, delivery: &Delivery) -> Result<(), Failure> {
        let Delivery { destination, taken, standing_at, .. } = delivery;
        let observe = "UPDATE deliveries SET taken = ?2, standing_at = ?3 WHERE destination = ?1";
        self.writing(|transaction| {
            Ok(transaction.execute(observe, (destination, taken, standing_at.map(At))).map(drop)?)
        })
    }
}

pub(super) fn all(connection: &Connection) -> Result<Vec<Delivery>, Error> {
    select(connection, "SELECT * FROM deliveries ORDER BY destination", [], |row| {
        let At(delivered_at) = row.get("delivered_at")?;
        let at = |column| Ok::<_, Error>(row.get::<_, Option<At>>(column)?.map(|At(at)| at));
        Ok(Delivery {
            destination: row.get("destination")?,
            delivered_at,
            size: row.get("size")?,
            sha256: row.get("sha256")?,
            modified: row.get("modified")?,
            verified: row.get("verified")?,
            taken: row.get("taken")?,
            untaken_since: at("untaken_since")?,
            standing_at: at("standing_at")?,
        })
    })
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
            ":delivered_at": At(*delivered_at),
            ":size": size,
            ":sha256": sha256,
            ":modified": modified,
            ":verified": verified,
            ":taken": taken,
            ":untaken_since": untaken_since.map(At),
            ":standing_at": standing_at.map(At),
        },
    )?;
    Ok(())
}
