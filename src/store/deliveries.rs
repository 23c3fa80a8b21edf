//! What this program left at each destination: how the next run knows a file there as its own.

use rusqlite::{Connection, Transaction, params};

use super::error::Error;
use super::rows::{Json, select};
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
        let observe = "UPDATE deliveries SET delivery = ?2 WHERE destination = ?1";
        let row = params![delivery.destination, Json(delivery)];
        self.writing(|transaction| Ok(transaction.execute(observe, row).map(drop)?))
    }
}

pub(super) fn all(connection: &Connection) -> Result<Vec<Delivery>, Error> {
    select(connection, "SELECT delivery FROM deliveries ORDER BY destination", [], |row| {
        let Json(delivery) = row.get(0)?;
        Ok(delivery)
    })
}

pub(super) fn set(transaction: &Transaction<'_>, run: RunId, delivery: &Delivery) -> Result<(), Error> {
    let set = "INSERT OR REPLACE INTO deliveries (destination, run, delivery) VALUES (?1, ?2, ?3)";
    transaction.execute(set, params![delivery.destination, run.0, Json(delivery)])?;
    Ok(())
}
