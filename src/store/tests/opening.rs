//! The file: created private, recognised, and refused without changing a byte.

use super::*;

#[test]
fn a_new_mirror_is_empty_and_private() {
    let place = Place::new();
    let store = place.open();
    assert_eq!(store.load().unwrap().mirror, Mirror::default());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.file()), 0o600);
    assert_eq!(mode(place.file().parent().unwrap()), 0o700);
}

#[test]
fn opening_again_changes_no_byte() {
    let place = Place::new();
    sync_to(&mut place.open(), &company([1, 2]));
    let before = place.bytes();
    place.open().load().unwrap();
    place.read().load().unwrap();
    assert_eq!(place.bytes(), before);
}

#[test]
fn reading_creates_nothing() {
    let place = Place::new();
    assert!(Reader::existing(&place.file()).unwrap().is_none());
    assert!(!place.file().parent().unwrap().exists());
    fs::create_dir(place.file().parent().unwrap()).unwrap();
    fs::write(place.file(), "").unwrap();
    assert!(Reader::existing(&place.file()).unwrap().is_none());
    assert_eq!(place.bytes(), BTreeMap::from([(place.file(), Vec::new())]));
}

#[test]
fn a_reader_cannot_write() {
    let place = Place::new();
    place.open();
    let before = place.bytes();
    for connection in [place.read().connection, Reader::open(Path::new("/nowhere")).unwrap().connection] {
        let refused = connection.execute("UPDATE mirror SET account = 'x'", []).unwrap_err();
        assert_eq!(refused.sqlite_error_code(), Some(rusqlite::ErrorCode::ReadOnly));
    }
    assert_eq!(place.bytes(), before);
}

/// Opening and reading must both refuse with this exit code, name the file, and change no byte.
fn assert_refused(place: &Place, exit: Exit) {
    let before = place.bytes();
    for failure in [Store::open(&place.file()).unwrap_err(), Reader::existing(&place.file()).unwrap_err()] {
        assert_eq!(failure.exit, exit, "{failure}");
        assert!(failure.message.contains(place.file().to_str().unwrap()), "{failure}");
        assert!(!failure.hints.is_empty(), "{failure}");
    }
    assert_eq!(place.bytes(), before);
}

#[test]
fn a_newer_schema_is_refused() {
    let place = Place::new();
    place.open();
    place.raw().pragma_update(None, "user_version", 9).unwrap();
    assert_refused(&place, Exit::Misconfigured);
    assert!(Store::open(&place.file()).unwrap_err().message.contains("it has schema 9, this version knows up to 1"));
}

#[test]
fn a_mirror_of_a_development_version_is_refused_by_name() {
    for edit in ["ALTER TABLE runs DROP COLUMN new_columns", "DROP TABLE undo", "ALTER TABLE mirror ADD COLUMN x TEXT"]
    {
        let place = Place::new();
        place.open();
        place.raw().execute_batch(edit).unwrap();
        assert_refused(&place, Exit::Misconfigured);
        let failure = Store::open(&place.file()).unwrap_err();
        assert!(failure.message.contains("was made by a development version"), "{failure}");
        assert!(failure.hints[0].ends_with("$0 connect --adopt FILE"), "{failure}");
    }
}

#[test]
fn another_programs_database_is_refused() {
    let place = Place::new();
    fs::create_dir(place.file().parent().unwrap()).unwrap();
    place.raw().execute_batch("CREATE TABLE contacts (name)").unwrap();
    assert_refused(&place, Exit::Misconfigured);
}

#[test]
fn another_programs_database_with_an_unmerged_log_keeps_it() {
    let place = Place::new();
    fs::create_dir(place.file().parent().unwrap()).unwrap();
    let theirs = place.raw();
    theirs.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    theirs.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE contacts (name)").unwrap();
    drop(theirs);
    let before = fs::read(place.file()).unwrap();
    assert_eq!(Store::open(&place.file()).unwrap_err().exit, Exit::Misconfigured);
    assert_eq!(fs::read(place.file()).unwrap(), before);
    assert_eq!(rows(&place.raw(), "contacts").len(), 0);
}

#[test]
fn garbage_is_refused() {
    for garbage in ["hello".to_owned(), "ImportId,Email\n".repeat(1000)] {
        let place = Place::new();
        fs::create_dir(place.file().parent().unwrap()).unwrap();
        fs::write(place.file(), garbage).unwrap();
        assert_refused(&place, Exit::Bug);
    }
}

/// A mirror of these bytes.
fn of_bytes(bytes: &[u8]) -> Place {
    let place = Place::new();
    fs::create_dir(place.file().parent().unwrap()).unwrap();
    fs::write(place.file(), bytes).unwrap();
    place
}

#[test]
fn half_a_mirror_is_refused() {
    let sound = Place::new();
    sync_to(&mut sound.open(), &company([1, 2, 3]));
    let bytes = fs::read(sound.file()).unwrap();
    assert_refused(&of_bytes(&bytes[..bytes.len() / 2]), Exit::Bug);
}

/// Every page with the table that it belongs to, itself or as part of an index. Pages count from one.
fn pages(place: &Place) -> Vec<(usize, String)> {
    let connection = place.raw();
    let pages = "SELECT pageno, tbl_name FROM dbstat JOIN sqlite_schema USING (name)";
    let mut pages = connection.prepare(pages).unwrap();
    let pages = pages.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    pages.map(Result::unwrap).collect()
}

#[test]
fn no_damage_misleads_a_decision_and_what_decisions_rest_on_is_refused() {
    let sound = Place::new();
    sync_to(&mut sound.open(), &company(1..=400));
    let whole = fs::read(sound.file()).unwrap();
    let mirror = sound.read().load().unwrap().mirror;
    let pages = pages(&sound).into_iter().filter(|(_, table)| check::DECISIVE.contains(&table.as_str()));
    let decisive: BTreeSet<usize> = pages.map(|(page, _)| page).collect();
    assert!(decisive.len() > check::DECISIVE.len(), "{decisive:?}");
    let size = file::PAGE_SIZE;
    for page in 2..=whole.len() / size {
        // What a page begins with: nonsense, that it has no rows, that it was never written.
        for damage in [&[0xA5; 64][..], &[whole[(page - 1) * size], 0, 0, 0, 0], &[0; 64]] {
            let mut bytes = whole.clone();
            bytes[(page - 1) * size..][..damage.len()].copy_from_slice(damage);
            if bytes == whole {
                continue;
            }
            let place = of_bytes(&bytes);
            let opened = Store::open(&place.file()).and_then(|store| store.load());
            let read = Reader::existing(&place.file()).and_then(|reader| reader.unwrap().load());
            for loaded in [opened, read] {
                match loaded {
                    Ok(loaded) => {
                        assert!(!decisive.contains(&page), "page {page}: {damage:?}");
                        assert_eq!(loaded.mirror, mirror, "page {page}: {damage:?}");
                    }
                    Err(failure) => assert_eq!(failure.exit, Exit::Bug, "page {page}: {failure}"),
                }
            }
            assert_eq!(fs::read(place.file()).unwrap(), bytes);
        }
    }
}

#[test]
fn a_mirror_that_cannot_be_written_is_refused_but_read() {
    let place = Place::new();
    sync_to(&mut place.open(), &company([1]));
    let folder = place.file().parent().unwrap().to_owned();
    fs::set_permissions(place.file(), fs::Permissions::from_mode(0o400)).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
    let before = place.bytes();
    // To root the modes mean nothing.
    if fs::OpenOptions::new().append(true).open(place.file()).is_err() {
        assert_eq!(Store::open(&place.file()).unwrap_err().exit, Exit::Rejected);
    }
    assert_eq!(place.read().load().unwrap().mirror.feed, company([1]));
    assert_eq!(place.bytes(), before);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn after_a_crash_in_mid_commit_readers_see_the_old_state_and_the_next_run_restores_it() {
    let place = Place::new();
    sync_to(&mut place.open(), &company([1, 2]));
    let crashed = Place::new();
    fs::create_dir(crashed.file().parent().unwrap()).unwrap();
    // A connection that writes into the file before its commit, copied at that moment: what a killed process leaves.
    let writer = place.raw();
    writer.execute_batch("PRAGMA cache_size = 1; BEGIN; UPDATE employees SET first_name = 'half done'").unwrap();
    writer.execute_batch("CREATE TABLE filler AS WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n LIMIT 2000) SELECT hex(zeroblob(200)) FROM n").unwrap();
    for (path, bytes) in place.bytes() {
        fs::write(crashed.file().with_file_name(path.file_name().unwrap()), bytes).unwrap();
    }
    drop(writer);
    let before = crashed.bytes();
    assert_eq!(before.len(), 2, "a journal was left");

    assert_eq!(crashed.read().load().unwrap().mirror.feed, company([1, 2]));
    assert_eq!(crashed.bytes(), before);
    assert_eq!(crashed.open().load().unwrap().mirror.feed, company([1, 2]));
    assert_eq!(crashed.bytes().len(), 1);
}

#[test]
fn a_folder_that_takes_no_new_mirror_is_not_called_somebody_elses() {
    let place = Place::new();
    let denied = || Error::Io(std::io::ErrorKind::PermissionDenied.into()).told(&place.file()).message;
    assert!(denied().ends_with(" cannot be written"), "{}", denied());
    place.open();
    assert!(denied().contains(" is closed to this user; "), "{}", denied());
}
