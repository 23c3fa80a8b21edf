//! Erasing what was kept long enough. Counts, kinds, ids, dates and reasons of changes stay: what happened can still be told, but
//! no longer with which values, words or notes. `secure_delete` overwrites what is erased.

use rusqlite::Transaction;

use super::error::Error;
use super::journal;
use super::moment::timestamp;
use crate::history::Keep;

/// A rule may hold ids, names and words of the configuration, and what stands for an address. A foreign file is counts and a
/// destination, and until the next delivery there decides whether ours goes out.
const PERSONAL: &str = "value ->> 'kind' <> 'foreign_file'";

/// Writes nothing where there is nothing to erase. How many values went.
pub(super) fn erase(transaction: &Transaction<'_>, keep: &Keep) -> Result<usize, Error> {
    let Keep { history_since, departed_since } = keep;
    let since = timestamp(*history_since);
    let old = journal::erase(transaction, "run IN (SELECT id FROM runs WHERE started_at < ?1)", [&since])?;
    let runs = transaction.execute(
        &format!(
            "UPDATE runs SET message = NULL, hints = NULL, outline = NULL, approved_user = NULL, notes = iif(notes IS NULL, NULL, '[]'),
                 held_by = iif(held_by IS NULL, NULL, (SELECT json_group_array(json(value)) FROM json_each(held_by) WHERE NOT {PERSONAL}))
             WHERE started_at < ?1
                 AND (coalesce(message, outline, approved_user) IS NOT NULL OR notes <> '[]'
                     OR EXISTS (SELECT 1 FROM json_each(held_by) WHERE {PERSONAL}))"
        ),
        [&since],
    )?;
    let gone = "employee IN (SELECT employee FROM identities WHERE removed_on < ?1)";
    let departed = journal::erase(transaction, gone, [departed_since.to_string()])?;
    Ok(old + runs + departed)
}
