//! Erasing what was kept long enough. Counts, kinds, ids, dates and reasons of changes stay: what happened can still be told, but
//! no longer with which values, words or notes. `secure_delete` overwrites what is erased.

use super::rows::At;
use super::{Applying, journal};
use crate::exit::Failure;
use crate::history::Keep;

impl Applying<'_> {
    /// Writes nothing where there is nothing to erase. How many values went.
    pub fn erase(&mut self, keep: &Keep) -> Result<usize, Failure> {
        let Keep { history_since: since, departed_since } = keep;
        self.writing(|transaction| {
            let old = journal::erase(transaction, "run IN (SELECT id FROM runs WHERE started_at < ?1)", [At(*since)])?;
            let runs = transaction.execute(
                "UPDATE runs SET message = NULL, hints = NULL, approver = NULL,
                     held_by = iif(held_by IS NULL, NULL, '[]')
                 WHERE started_at < ?1 AND (coalesce(message, approver) IS NOT NULL OR held_by <> '[]')",
                [At(*since)],
            )?;
            let notes = "DELETE FROM notes WHERE (SELECT started_at FROM runs WHERE id = last_run) < ?1";
            let notes = transaction.execute(notes, [At(*since)])?;
            // Where the feed does not go any more, nothing answers for another file.
            let elsewhere = "DELETE FROM other_files
                 WHERE destination IS NOT (SELECT given ->> 'destination' FROM mirror) AND seen_at < ?1";
            let others = transaction.execute(elsewhere, [At(*since)])?;
            let gone = "employee IN (SELECT employee FROM identities WHERE removed_on < ?1)";
            let departed = journal::erase(transaction, gone, [departed_since.to_string()])?;
            Ok(old + runs + notes + others + departed)
        })
    }
}
