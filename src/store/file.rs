//! Opening the file: created private, recognised before it is touched, and brought to the present schema.
//!
//! A file is ours when its application id says so; everything else is refused unread. Nothing is written before the file was
//! recognised, and `user_version` is written only by a migration, because setting it rewrites the file. The database file itself is never opened through std while SQLite may have it open: closing it would drop
//! SQLite's locks.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::beside::{JOURNAL, beside};
use super::error::{Error, read_only};
use crate::replace;

/// "HOSY": marks a SQLite file as a mirror.
pub(super) const APPLICATION_ID: i64 = 0x484F_5359;

/// The steps from an empty file to the present schema. One that was released is never edited.
const MIGRATIONS: &[&str] = &[include_str!("../schema/0001.sql")];

/// Of a new file, in bytes. Four times SQLite's own: a person's rows leave less of such pages unused, so that a first sync of
/// 100,000 people holds a sixth less in memory and commits in half the time.
pub(super) const PAGE_SIZE: usize = 16_384;

/// How long opening waits for another process to finish its commit or migration.
const FOR_A_COMMIT: Duration = Duration::from_secs(10);

pub(super) fn open(path: &Path) -> Result<Connection, Error> {
    create(path)?;
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(FOR_A_COMMIT)?;
    // Another program's WAL database would otherwise be written to when it is closed.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let schema = recognise(&connection)?;
    if connection.is_readonly("main")? {
        return Err(Error::Told(read_only(path)));
    }
    if schema == 0 {
        connection.pragma_update(None, "page_size", PAGE_SIZE)?;
    }
    keep_private(&connection)?;
    if schema < MIGRATIONS.len() {
        migrate(&connection)?;
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

pub(super) fn read(path: &Path) -> Result<Option<Connection>, Error> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
        // Created by a run that has not committed its first migration.
        Ok(found) if found.len() == 0 => return Ok(None),
        Ok(_) => {}
    }
    let mut connection = open_read_only(path)?;
    match recognise(&connection) {
        Err(trouble) if trouble.is_interrupted_commit() => {
            let Some([mirror, journal]) = left_by_a_crash(path)? else { return read(path) };
            let Some(restored) = restore_elsewhere(&mirror, &journal)? else { return Ok(None) };
            connection = restored;
            recognise(&connection)?
        }
        recognised => recognised?,
    };
    connection.pragma_update(None, "query_only", true)?;
    Ok(Some(connection))
}

/// A mirror in memory in which nobody ever was.
pub(super) fn empty() -> Result<Connection, Error> {
    let connection = Connection::open_in_memory()?;
    migrate(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Creates what is missing, for the owner alone. SQLite gives its journal the mode of the file.
fn create(path: &Path) -> Result<(), Error> {
    replace::make_folder_of(path)?;
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn open_read_only(path: &Path) -> Result<Connection, Error> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(FOR_A_COMMIT)?;
    Ok(connection)
}

/// The number of the file's schema, 0 for an empty file. Refuses whatever is not a mirror this version can read.
fn recognise(connection: &Connection) -> Result<usize, Error> {
    if pragma(connection, "page_count")? == 0 {
        return Ok(0);
    }
    if pragma(connection, "application_id")? != APPLICATION_ID {
        return Err(Error::NotAMirror);
    }
    match numbered_schema(connection)? {
        0 => Err(Error::Damaged("it has no schema".to_owned())),
        // Until the first release the schema was edited in place.
        schema if schema == MIGRATIONS.len() && tables(connection)? != tables(&empty()?)? => Err(Error::Development),
        schema => Ok(schema),
    }
}

/// Every table of ours with its columns.
fn tables(connection: &Connection) -> Result<Vec<(String, String, String)>, Error> {
    let mut statement = connection.prepare(
        "SELECT place.name, field.name, field.type FROM sqlite_schema AS place, pragma_table_info(place.name) AS field
         WHERE place.type = 'table' AND place.name NOT LIKE 'sqlite%' ORDER BY 1, 2",
    )?;
    let columns = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(columns.collect::<Result<_, _>>()?)
}

fn numbered_schema(connection: &Connection) -> Result<usize, Error> {
    let schema = pragma(connection, "user_version")?;
    match usize::try_from(schema) {
        Ok(number) if number <= MIGRATIONS.len() => Ok(number),
        Ok(_) => Err(Error::Newer { schema, known: MIGRATIONS.len() }),
        Err(_) => Err(Error::Damaged(format!("it says it has schema {schema}"))),
    }
}

fn pragma(connection: &Connection, name: &str) -> Result<i64, Error> {
    Ok(connection.pragma_query_value(None, name, |row| row.get(0))?)
}

/// Commits that survive a power cut, nothing erased left in free pages, no copies of people's data in temporary files, and
/// readers let in while a transaction is open, however large it grows.
fn keep_private(connection: &Connection) -> Result<(), Error> {
    connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_spill", false)?;
    Ok(())
}

/// All pending steps in one transaction, which another process may have been faster to take.
fn migrate(connection: &Connection) -> Result<(), Error> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    // Not `recognise`: an empty file has a page as soon as a transaction is open.
    let schema = numbered_schema(&transaction)?;
    if schema < MIGRATIONS.len() {
        MIGRATIONS[schema..].iter().try_for_each(|step| transaction.execute_batch(step))?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", MIGRATIONS.len())?;
    }
    transaction.commit()?;
    Ok(())
}

/// Mirror and journal of an interrupted commit. None where another process plays the journal back meanwhile: only a journal that
/// stands there before and after the mirror is read belongs to what was read.
fn left_by_a_crash(path: &Path) -> Result<Option<[Vec<u8>; 2]>, Error> {
    let read = || -> io::Result<_> {
        let journal = fs::read(beside(path, JOURNAL))?;
        let mirror = fs::read(path)?;
        let is_whole = fs::read(beside(path, JOURNAL))? == journal;
        Ok(is_whole.then_some([mirror, journal]))
    };
    match read() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => Ok(read?),
    }
}

/// What the mirror will be once the journal of an interrupted commit is played back, without playing it back where it is: a
/// reader may not write, and the next run does it anyway. None where the commit was the first one.
fn restore_elsewhere(mirror: &[u8], journal: &[u8]) -> Result<Option<Connection>, Error> {
    let folder = tempfile::Builder::new().permissions(Permissions::from_mode(0o700)).tempdir()?;
    let copy = folder.path().join("mirror");
    fs::write(&copy, mirror)?;
    fs::write(beside(&copy, JOURNAL), journal)?;
    let restored = Connection::open(&copy)?;
    // The first look at it plays the journal back.
    let is_empty = pragma(&restored, "page_count")? == 0;
    // The open file lasts as long as the connection, and nobody else can open it.
    folder.close()?;
    Ok((!is_empty).then_some(restored))
}
