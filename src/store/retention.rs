//! Erasing what was kept long enough. Counts, kinds, ids, dates and reasons stay: what happened can still be told, but no
//! longer with which values. `secure_delete` overwrites what is erased.

use rusqlite::{Params, Transaction};

use super::runs::timestamp;
use super::trouble::Trouble;
use crate::history::Keep;

/// Writes nothing where there is nothing to erase. How many values went.
pub(super) fn erase(transaction: &Transaction<'_>, keep: &Keep) -> Result<usize, Trouble> {
    let Keep { history_since, departed_since } = keep;
    let since = timestamp(*history_since);
    let old = without_values(transaction, "run IN (SELECT id FROM runs WHERE started_at < ?1)", [&since])?;
    // An outline names groups.
    let outlines = transaction
        .execute("UPDATE runs SET outline = NULL WHERE outline IS NOT NULL AND started_at < ?1", [&since])?;
    let gone = "employee IN (SELECT employee FROM identities WHERE removed_on < ?1)";
    let departed = without_values(transaction, gone, [departed_since.to_string()])?;
    Ok(old + outlines + departed)
}

/// Erases from the rows of the journal that `which` names and that still have values. The import id stays: it is the key
/// that a person has for ever. How many fields lost what they had.
fn without_values(transaction: &Transaction<'_>, which: &str, parameters: impl Params) -> Result<usize, Trouble> {
    let mut update = transaction.prepare(&format!(
        "UPDATE journal SET erased = 1, origin_value = iif(origin_value IS NULL, NULL, ''), fields = (
             SELECT json_group_array(iif(value ->> 0 = 'import_id', json(value), json_array(value ->> 0, NULL, NULL)) ORDER BY key)
             FROM json_each(journal.fields))
         WHERE erased = 0 AND {which}
         RETURNING (SELECT count(*) FROM json_each(journal.fields) WHERE value ->> 1 IS NULL AND value ->> 2 IS NULL)"
    ))?;
    let erased = update.query_map(parameters, |row| row.get::<_, usize>(0))?;
    erased.map(|fields| Ok(fields?)).sum()
}
