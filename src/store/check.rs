//! Whether the file is sound enough to go on.
//!
//! Its law: nobody is removed because the mirror was half read. Somebody undecided is kept only if they are in it, so a page
//! lost must never look like people who were never there. SQLite itself notices little while it reads; therefore every page
//! of the tables that decisions rest on is checked whenever they are loaded, before a run writes anything.
//!
//! The journal and the feedback are not: they grow for ever, which would make every run slower, and no damage in them can take
//! anybody out of the plan. Whoever meets it there is told, and a transaction that meets it goes as a whole.

use rusqlite::Connection;

use super::error::Error;

/// What a plan and its delivery rest on.
pub(super) const DECISIVE: [&str; 8] =
    ["mirror", "columns", "readable", "identities", "employees", "groups", "deliveries", "runs"];

/// About 35 ms for 100,000 people.
pub(super) fn decisive(connection: &Connection) -> Result<(), Error> {
    DECISIVE.iter().try_for_each(|table| quick_check(connection, &format!("'{table}'")))
}

/// Everything, as a migration reads and rewrites it.
pub(super) fn whole(connection: &Connection) -> Result<(), Error> {
    quick_check(connection, "1")
}

/// SQLite's own check of the pages and of every value's kind: of one table and its indexes, or up to so many errors.
fn quick_check(connection: &Connection, of: &str) -> Result<(), Error> {
    let found: String = connection.query_row(&format!("PRAGMA quick_check({of})"), [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(Error::Damaged("SQLite's check of it fails".to_owned())) }
}
