//! A mirror of the first released schema, with everything that may stand in it, is one of the present schema afterwards.

use rusqlite::Connection;

use crate::golden;
use crate::personio::{Personio, person};
use crate::stage::Stage;

/// As the first version would have left it: two people, one who is gone, feedback, a held run, a delivery, a journal.
const CONTENT: &str = "
    UPDATE mirror SET generation = 3, import_id_source = 'id';
    INSERT INTO runs (id, command, started_at, pid, finished_at, exit_code, digest, applied, generation, added, updated, removed,
                      groups_added, groups_renamed, groups_removed, columns_added, columns_changed, columns_removed,
                      layout_changed, people, groups, notes)
        VALUES (1, 'sync', '2026-01-01T00:30:00.000Z', 7, '2026-01-01T00:30:09.000Z', 0, '0123456789ab', 1, 1, 3, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 1,
                '[[\"no_language\",1,\"the language of employee 1 is not known\"]]'),
               (2, 'sync', '2026-01-01T12:30:00.000Z', 8, '2026-01-01T12:30:09.000Z', 0, '0123456789ac', 1, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 1, '[]'),
               (3, 'sync', '2026-01-02T00:30:00.000Z', 9, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    INSERT INTO identities (employee, import_id, removed_on, removed_run, reason)
        VALUES (1, '1', NULL, NULL, NULL), (2, '2', NULL, NULL, NULL), (3, '3', '2026-01-01', 2, 'left, status inactive');
    INSERT INTO employees (employee, email, first_name, last_name, language, supervisor, groups)
        VALUES (1, 'ada@example.org', 'Ada', 'Lovelace', NULL, NULL, '[1]'), (2, 'grace@example.org', 'Grace', 'Hopper', NULL, 1, '[1]');
    INSERT INTO groups (id, attribute, origin_id, name) VALUES (1, 'department', 1, 'Engineering');
    INSERT INTO feedback (employee, given_on, text) VALUES (3, '2026-01-01', 'fine');
    INSERT INTO deliveries (destination, run, delivered_at, size, sha256, modified, verified)
        VALUES ('file:///nowhere/employees.csv', 2, '2026-01-01T12:30:08.000Z', 10, 'ab', NULL, 1);
    INSERT INTO journal (run, kind, employee, fields, reason)
        VALUES (1, 'add', 3, '[[\"import_id\",null,\"3\"],[\"first_name\",null,\"Alan\"]]', NULL),
               (2, 'remove', 3, '[[\"import_id\",\"3\",null],[\"first_name\",\"Alan\",null]]', 'left, status inactive');
    PRAGMA user_version = 1;
    PRAGMA application_id = 1213158233;
";

#[test]
fn a_mirror_of_the_first_schema_goes_on() {
    let personio = Personio::with([
        person(1, "Ada", "Lovelace", "ada@example.org"),
        person(2, "Grace", "Hopper", "grace@example.org").supervisor(1),
    ]);
    let stage = Stage::new(&personio);
    stage.connect(&["--no-sync"]).expect(0);
    let schema = std::fs::read_to_string(golden::in_repository("src/schema/0001.sql")).unwrap();
    let connection = Connection::open(stage.mirror()).unwrap();
    connection.execute_batch(&format!("BEGIN; {schema} {CONTENT} COMMIT;")).unwrap();
    drop(connection);
    let (old, before) = (std::fs::read(stage.mirror()).unwrap(), stage.contents());

    // Looking needs no upgrade on disk.
    assert_eq!(stage.run(&["status", "--runs"]).expect(0).stdout.lines().count(), 3);
    assert!(stage.run(&["status", "--employee", "3"]).expect(0).stdout.contains("first_name: (empty) -> Alan"));
    assert_eq!(std::fs::read(stage.mirror()).unwrap(), old);

    stage.run(&["sync"]).expect(0);
    let after = stage.contents();
    for line in before.lines().filter(|line| !line.starts_with("mirror: ")) {
        assert!(after.contains(line), "{line} is gone");
    }
    assert_eq!(stage.people().len(), 2);
    let version: i64 = stage.sqlite().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    if version > 1 {
        let copy = stage.state().join(format!("mirror.db.before-{version}"));
        assert_eq!(std::fs::read(copy).unwrap(), old, "the old mirror is kept beside it");
    }
    // Alan left long ago: by now only his ids are known. So long after the last run the clock was in doubt, and nothing was erased
    // before a second one.
    stage.run(&["sync"]).expect(0);
    assert!(stage.run(&["status", "--employee", "3"]).expect(0).stdout.contains("first_name: (erased)"));
}
