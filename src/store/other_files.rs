//! Other files that stood at a destination: what the next runs know of them once they are gone.
//!
//! The names of people in them are kept until a feed that was approved over them has arrived, and no longer.

use rusqlite::{Transaction, named_params};

use super::error::Error;
use super::rows::{At, Json, select};
use super::{Applying, Reader};
use crate::exit::Failure;
use crate::history::RunId;
use crate::roster::guard::{OtherFile, Sighting};

impl Reader {
    /// Other files that stood at a destination and that no feed is known to have replaced, in the order of their hashes.
    pub fn other_files(&self, destination: &str) -> Result<Vec<OtherFile>, Failure> {
        let query = "SELECT * FROM other_files WHERE destination = ?1 ORDER BY hash";
        self.reading(|connection| {
            select(connection, query, [destination], |row| {
                let At(seen_at) = row.get("seen_at")?;
                Ok(OtherFile {
                    hash: row.get("hash")?,
                    seen_at,
                    people: row.get::<_, Option<Json<_>>>("people")?.map(|Json(people)| people),
                    instead_of: row.get("instead_of")?,
                    answered_by: row.get("answered_by")?,
                })
            })
        })
    }
}

impl Applying<'_> {
    /// The feed that sets out was judged with the other files that stood at its destination, and is to replace them.
    pub fn answer_other_files(&mut self, destination: &str) -> Result<(), Failure> {
        let answer = "UPDATE other_files SET answered_by = ?2 WHERE destination = ?1 AND answered_by IS NULL";
        let run = self.run.0;
        self.writing(|transaction| Ok(transaction.execute(answer, (destination, run)).map(drop)?))
    }
}

/// Whatever was answered before is a question again where that file stands there again.
pub(super) fn note(transaction: &Transaction<'_>, run: RunId, url: &str, sighting: &Sighting) -> Result<(), Error> {
    match sighting {
        Sighting::Another(OtherFile { hash, seen_at, people, instead_of, answered_by }) => transaction.execute(
            "INSERT OR REPLACE INTO other_files (destination, hash, seen_at, run, people, instead_of, answered_by)
             VALUES (:destination, :hash, :seen_at, :run, :people, :instead_of, :answered_by)",
            named_params! {
                ":destination": url,
                ":hash": hash,
                ":seen_at": At(*seen_at),
                ":run": run.0,
                ":people": people.as_ref().map(Json),
                ":instead_of": instead_of,
                ":answered_by": answered_by,
            },
        )?,
        Sighting::OursAgain { modified } => transaction
            .execute("DELETE FROM other_files WHERE destination = ?1 AND instead_of = ?2", (url, modified))?,
    };
    Ok(())
}

/// This run's feed has arrived: forgets the files that it or one before it set out to replace, names and all.
pub(super) fn replaced(transaction: &Transaction<'_>, run: RunId, destination: &str) -> Result<(), Error> {
    let forget = "DELETE FROM other_files WHERE destination = ?1 AND answered_by <= ?2";
    transaction.execute(forget, (destination, run.0))?;
    Ok(())
}
