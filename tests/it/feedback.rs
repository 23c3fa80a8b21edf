//! What stays when people go: their feedback, their import id, and nothing that says who they were.

use serde_json::json;

use crate::guard::digest;
use crate::personio::{Person, Personio, person};
use crate::stage::Stage;

fn six() -> Vec<Person> {
    (1..=6).map(|id| person(id, &format!("Ada{id}"), "Lovelace-Byron", &format!("ada.{id}@example.org"))).collect()
}

fn feedback(stage: &Stage) -> Vec<(i64, i64, String, String)> {
    let connection = stage.sqlite();
    let mut statement = connection.prepare("SELECT id, employee, given_on, text FROM feedback ORDER BY id").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Every row outside the journal, which is there to remember.
fn everything_but_the_journal(stage: &Stage) -> String {
    let connection = stage.sqlite();
    let mut statement = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut text = String::new();
    for table in tables.iter().filter(|table| *table != "journal") {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for at in 0..columns {
                text.push_str(&format!("{:?}\n", row.get::<_, rusqlite::types::Value>(at).unwrap()));
            }
        }
    }
    text
}

#[test]
fn feedback_stays_when_the_people_go_and_the_tombstone_names_nobody() {
    let personio = Personio::with(six());
    let stage = Stage::in_step(&personio);
    for id in 1..=6 {
        stage.add_feedback(id, &format!("what number {id} thinks"));
        stage.add_feedback(id, "and something else");
    }
    let before = feedback(&stage);
    personio.set_people(six().into_iter().map(|person| match person.id() {
        1 => person,
        2 => person.with("termination_date", json!("2024-03-31")).with("status", json!("inactive")),
        3 => person.with("status", json!("leave")),
        _ => person.with("status", json!("inactive")),
    }));
    let held = stage.run(&["sync"]).expect(20);
    assert_eq!(feedback(&stage), before);
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert_eq!(stage.people().len(), 1);
    assert_eq!(feedback(&stage), before);

    let told = everything_but_the_journal(&stage);
    for id in 2..=6 {
        assert!(!told.contains(&format!("Ada{id}")) && !told.contains(&format!("ada.{id}@")), "employee {id}: {told}");
    }
    assert!(told.contains("Ada1"), "whoever stays is looked for in the right place");
    let tombstones: Vec<(i64, String, String)> = {
        let connection = stage.sqlite();
        let mut statement = connection
            .prepare(
                "SELECT employee, import_id, reason FROM identities WHERE removed_on IS NOT NULL ORDER BY employee",
            )
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let tombstone = |id: i64, reason: &str| (id, id.to_string(), reason.to_owned());
    let left = "left, status inactive";
    let expected = [
        tombstone(2, "left, last day 2024-03-31"),
        tombstone(3, "on leave"),
        tombstone(4, left),
        tombstone(5, left),
        tombstone(6, left),
    ];
    assert_eq!(tombstones, expected);

    // One comes back under another name, and their old feedback is theirs again.
    personio.set_people([six().remove(0), person(3, "Augusta", "King", "augusta@example.org")]);
    stage.run(&["sync"]).expect(0);
    let back: (String, Option<String>) = stage
        .sqlite()
        .query_row(
            "SELECT import_id, removed_on FROM employees JOIN identities USING (employee) WHERE employee = 3",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(back, ("3".to_owned(), None));
    assert_eq!(feedback(&stage), before);
}

#[test]
fn what_is_deleted_is_wiped_from_the_file() {
    let personio = Personio::with(six());
    let stage = Stage::in_step(&personio);
    // Without the journal, no byte of the file may say who somebody was.
    personio.set_people(six().into_iter().take(5));
    stage.run(&["sync"]).expect(0);
    let connection = stage.sqlite();
    connection.pragma_update(None, "secure_delete", true).unwrap();
    connection.execute("DELETE FROM journal WHERE employee = 6", []).unwrap();
    drop(connection);
    let bytes = std::fs::read(stage.mirror()).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("ada.5@example.org") && !holds("ada.6@example.org") && !holds("Ada6"));
}
