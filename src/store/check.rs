//! Whether the file is sound enough to go on.
//!
//! Its law: nobody is removed because the mirror was half read. Somebody undecided is kept only if they are in it, so a page
//! lost must never look like people who were never there. SQLite itself notices little while it reads; therefore every page
//! of the tables that decisions rest on is checked whenever they are loaded, before a run writes anything.
//!
//! The journal is not: it grows for ever, which would make every run slower, and no damage in it can take anybody out of the plan.
//! Whoever meets it there is told, and a transaction that meets it goes as a whole.

use rusqlite::Connection;

use super::error::Error;

/// What a plan and its delivery rest on.
pub(super) const DECISIVE: [&str; 11] = [
    "mirror",
    "counters",
    "identities",
    "scopes",
    "employees",
    "groups",
    "unsettled",
    "deliveries",
    "other_files",
    "runs",
    "notes",
];

/// SQLite's own check of the pages and of every value's kind, with their indexes. About 35 ms for 100,000 people.
pub(super) fn decisive(connection: &Connection) -> Result<(), Error> {
    for table in DECISIVE {
        let check = format!("PRAGMA quick_check('{table}')");
        let found: String = connection.query_row(&check, [], |row| row.get(0))?;
        if found != "ok" {
            return Err(Error::Damaged("SQLite's check of it fails".to_owned()));
        }
    }
    Ok(())
}
