//! Other files that stood at a destination: what the next runs know of them once they are gone.
//!
//! The names of people in them are kept until a feed that was approved over them has arrived, and no longer.

use rusqlite::{Connection, Transaction, named_params};

use super::error::{Error, json};
use super::moment::{time, timestamp};
use crate::history::RunId;
use crate::roster::guard::{OtherFile, Sighting};

/// In the order of their hashes.
pub(super) fn of(connection: &Connection, destination: &str) -> Result<Vec<OtherFile>, Error> {
    let mut statement = connection.prepare("SELECT * FROM other_files WHERE destination = ?1 ORDER BY hash")?;
    let mut rows = statement.query([destination])?;
    let mut files = Vec::new();
    while let Some(row) = rows.next()? {
        let people: Option<String> = row.get("people")?;
        let people = people.map(|people| serde_json::from_str(&people)).transpose();
        files.push(OtherFile {
            hash: row.get("hash")?,
            seen_at: time(&row.get::<_, String>("seen_at")?)?,
            people: people.map_err(|error| Error::Damaged(format!("who was in another file: {error}")))?,
            instead_of: row.get("instead_of")?,
            answered_by: row.get("answered_by")?,
        });
    }
    Ok(files)
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
                ":seen_at": timestamp(*seen_at),
                ":run": run.0,
                ":people": people.as_ref().map(json).transpose()?,
                ":instead_of": instead_of,
                ":answered_by": answered_by,
            },
        )?,
        Sighting::OursAgain { modified } => transaction
            .execute("DELETE FROM other_files WHERE destination = ?1 AND instead_of = ?2", (url, modified))?,
    };
    Ok(())
}

/// A feed that passed although they stood there sets out to replace them.
pub(super) fn answer(transaction: &Transaction<'_>, run: RunId, destination: &str) -> Result<(), Error> {
    let answer = "UPDATE other_files SET answered_by = ?2 WHERE destination = ?1 AND answered_by IS NULL";
    transaction.execute(answer, (destination, run.0))?;
    Ok(())
}

/// This run's feed has arrived: forgets the files that it or one before it set out to replace, names and all.
pub(super) fn replaced(transaction: &Transaction<'_>, run: RunId, destination: &str) -> Result<(), Error> {
    let forget = "DELETE FROM other_files WHERE destination = ?1 AND answered_by <= ?2";
    transaction.execute(forget, (destination, run.0))?;
    Ok(())
}
