//! Opening the file: created private, recognised before it is touched, and brought to the present schema.
//!
//! A file is ours when its application id says so; everything else is refused unread. Nothing is written before the file was
//! recognised, nothing migrated before it was checked, and `user_version` is written only by a migration, because setting it
//! rewrites the file. The database file itself is never opened through std while SQLite may have it open: closing it would drop
//! SQLite's locks.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior};

use super::beside::{COPY, JOURNAL, beside};
use super::check;
use super::error::Error;
use crate::exit::{Exit, Failure};

/// "HOSY": marks a SQLite file as a mirror.
pub(super) const APPLICATION_ID: i64 = 0x484F_5359;

/// The steps from an empty file to the present schema. A released one is never edited.
pub(super) const MIGRATIONS: &[&str] = &[include_str!("../schema/0001.sql")];

/// Of a new file, in bytes. Four times SQLite's own: a person's rows leave less of such pages unused, so that a first sync of
/// 100,000 people holds a sixth less in memory and commits in half the time.
pub(super) const PAGE_SIZE: usize = 16_384;

/// How long opening waits for another process to finish its commit or migration.
const FOR_A_COMMIT: Duration = Duration::from_secs(10);

pub(super) fn open(path: &Path, migrations: &[&str]) -> Result<Connection, Error> {
    create(path)?;
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(FOR_A_COMMIT)?;
    // Another program's WAL database would otherwise be written to when it is closed.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let schema = recognise(&connection, migrations)?;
    if connection.is_readonly("main")? {
        return Err(Error::ReadOnly);
    }
    match schema {
        0 => connection.pragma_update(None, "page_size", PAGE_SIZE)?,
        older if older < migrations.len() => check::whole(&connection)?,
        _ => {}
    }
    keep_private(&connection)?;
    if schema < migrations.len() {
        migrate(&connection, path, migrations)?;
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

pub(super) fn read(path: &Path, migrations: &[&str]) -> Result<Option<Connection>, Error> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
        Ok(found) if found.is_dir() => return Err(is_a_folder(path)),
        // Created by a run that has not committed its first migration.
        Ok(found) if found.len() == 0 => return Ok(None),
        Ok(_) => {}
    }
    let mut connection = open_read_only(path)?;
    let schema = match recognise(&connection, migrations) {
        Err(trouble) if trouble.is_interrupted_commit() => {
            let Some(left) = left_by_a_crash(path)? else { return read(path, migrations) };
            let Some(restored) = restore_in_memory(&left)? else { return Ok(None) };
            connection = restored;
            recognise(&connection, migrations)?
        }
        recognised => recognised?,
    };
    if schema < migrations.len() {
        connection = copy_to_memory(&connection)?;
        let transaction = Transaction::new_unchecked(&connection, TransactionBehavior::Immediate)?;
        upgrade(&transaction, schema, migrations)?;
        transaction.commit()?;
    }
    connection.pragma_update(None, "query_only", true)?;
    Ok(Some(connection))
}

/// A mirror in memory in which nobody ever was.
pub(super) fn empty(migrations: &[&str]) -> Result<Connection, Error> {
    let connection = Connection::open_in_memory()?;
    let transaction = Transaction::new_unchecked(&connection, TransactionBehavior::Immediate)?;
    upgrade(&transaction, 0, migrations)?;
    transaction.commit()?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn is_a_folder(path: &Path) -> Error {
    Error::Told(
        Failure::new(Exit::Misconfigured, format!("the mirror {} is a folder", path.display()))
            .hint("`[mirror] path` names a file"),
    )
}

/// Creates what is missing, for the owner alone. SQLite gives its journal the mode of the file.
fn create(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Err(is_a_folder(path));
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
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
fn recognise(connection: &Connection, migrations: &[&str]) -> Result<usize, Error> {
    if pragma(connection, "page_count")? == 0 {
        return Ok(0);
    }
    if pragma(connection, "application_id")? != APPLICATION_ID {
        return Err(Error::NotAMirror);
    }
    match numbered_schema(connection, migrations)? {
        0 => Err(Error::Damaged("it has no schema".to_owned())),
        schema => Ok(schema),
    }
}

fn numbered_schema(connection: &Connection, migrations: &[&str]) -> Result<usize, Error> {
    let schema = pragma(connection, "user_version")?;
    match usize::try_from(schema) {
        Ok(number) if number <= migrations.len() => Ok(number),
        Ok(_) => Err(Error::Newer { schema, known: migrations.len() }),
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
///
/// A crate would replace only the loop over the steps: a foreign file, a newer schema and the copy are still ours to see to.
/// rusqlite_migration 2.6 needs Rust 1.95, refinery 0.10 needs 1.92.
fn migrate(connection: &Connection, path: &Path, migrations: &[&str]) -> Result<(), Error> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    // Not `recognise`: an empty file has a page as soon as a transaction is open.
    let schema = numbered_schema(&transaction, migrations)?;
    if schema == migrations.len() {
        return Ok(());
    }
    if schema > 0 {
        // The transaction keeps other writers away; it has changed nothing yet, so this reads the old state.
        keep_copy(path, migrations.len())?;
    }
    upgrade(&transaction, schema, migrations)?;
    transaction.commit()?;
    Ok(())
}

fn upgrade(transaction: &Transaction<'_>, schema: usize, migrations: &[&str]) -> Result<(), Error> {
    for step in &migrations[schema..] {
        transaction.execute_batch(step)?;
    }
    let dangling = transaction.query_row("PRAGMA foreign_key_check", [], |_| Ok(())).optional()?;
    if dangling.is_some() {
        return Err(Error::Damaged("after its upgrade a reference would point nowhere".to_owned()));
    }
    if schema == 0 {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    transaction.pragma_update(None, "user_version", migrations.len())?;
    Ok(())
}

/// Leaves the mirror as it was before schema `number` beside it. A copy that a crash cut short is written again.
fn keep_copy(path: &Path, number: usize) -> Result<(), Error> {
    let copy = beside(path, &format!("{COPY}{number}"));
    match fs::remove_file(&copy) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&copy)?;
    let mut target = Connection::open(&copy)?;
    back_up(&open_read_only(path)?, &mut target)
}

fn copy_to_memory(source: &Connection) -> Result<Connection, Error> {
    let mut memory = Connection::open_in_memory()?;
    back_up(source, &mut memory)?;
    Ok(memory)
}

/// The files of an interrupted commit.
struct Interrupted {
    mirror: Vec<u8>,
    journal: Vec<u8>,
}

/// None where another process plays the journal back meanwhile: only a journal that stands there before and after the mirror is
/// read belongs to what was read.
fn left_by_a_crash(path: &Path) -> Result<Option<Interrupted>, Error> {
    let read = || -> io::Result<Option<Interrupted>> {
        let journal = fs::read(beside(path, JOURNAL))?;
        let mirror = fs::read(path)?;
        let is_whole = fs::read(beside(path, JOURNAL))? == journal;
        Ok(is_whole.then_some(Interrupted { mirror, journal }))
    };
    match read() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => Ok(read?),
    }
}

/// What the mirror will be once the journal of an interrupted commit is played back, without playing it back on disk: a reader
/// may not write, and the next run does it anyway. None where the commit was the first one.
fn restore_in_memory(Interrupted { mirror, journal }: &Interrupted) -> Result<Option<Connection>, Error> {
    let folder = tempfile::Builder::new().permissions(Permissions::from_mode(0o700)).tempdir()?;
    let copy = folder.path().join("mirror");
    fs::write(&copy, mirror)?;
    fs::write(beside(&copy, JOURNAL), journal)?;
    let restored = Connection::open(&copy)?;
    // A backup of nothing would have a page.
    let memory = if pragma(&restored, "page_count")? == 0 { None } else { Some(copy_to_memory(&restored)?) };
    drop(restored);
    folder.close()?;
    Ok(memory)
}

fn back_up(source: &Connection, target: &mut Connection) -> Result<(), Error> {
    const PAGES: i32 = 1000;
    Backup::new(source, target)?.run_to_completion(PAGES, Duration::from_millis(20), None)?;
    Ok(())
}
