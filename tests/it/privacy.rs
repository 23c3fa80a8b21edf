//! People's data: kept as long as it serves, and told to nobody who did not ask. Secrets: told to nobody.

use serde_json::json;

use crate::delivery::approve;
use crate::personio::http::{Reply, Server};
use crate::personio::{CLIENT_ID, Person, Personio, SECRET, TOKEN, person, refusal};
use crate::stage::{Ended, Stage, ended};

/// Every value of theirs is a canary.
const NAMES: [&str; 3] = ["Canaryfirst", "Canarylast", "canary.address"];
const PING: &str = "canary-ping-uuid";

fn canary() -> Person {
    person(7, "Canaryfirst", "Canarylast", "canary.address@example.org")
}

fn ada() -> Person {
    person(1, "Ada", "Lovelace", "ada@example.org")
}

/// Turns every run and every removal back by so many days.
fn age(stage: &Stage, days: i64) {
    let connection = stage.sqlite();
    let back = format!("-{days} days");
    for statement in [
        "UPDATE runs SET started_at = strftime('%Y-%m-%dT%H:%M:%fZ', started_at, ?1)",
        "UPDATE identities SET removed_on = date(removed_on, ?1) WHERE removed_on IS NOT NULL",
    ] {
        connection.execute(statement, [&back]).unwrap();
    }
}

/// Whether the file has this text anywhere, also in free pages.
fn file_has(stage: &Stage, text: &str) -> bool {
    let bytes = std::fs::read(stage.mirror()).unwrap();
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn what_the_history_has_of_departed_people_is_erased_in_time() {
    let personio = Personio::with([ada(), canary()]);
    let stage = Stage::in_step(&personio);
    personio.set_people([ada(), canary().with("status", json!("inactive"))]);
    stage.run(&["sync"]).expect(0);
    age(&stage, 29);
    stage.run(&["sync"]).expect(0);
    assert!(file_has(&stage, "Canarylast"), "a day early");

    age(&stage, 2);
    let told = stage.run(&["-v", "sync"]).expect(0);
    assert_eq!(told.stderr.matches("erased").count(), 1, "{told:#?}");
    for name in NAMES {
        assert!(!file_has(&stage, name), "{name}");
    }
    // Who is in keeps their history.
    assert!(stage.run(&["status", "--run", "1"]).expect(0).stdout.contains("last_name: (empty) -> Lovelace"));
    let rest = stage.run(&["status", "--employee", "7"]).expect(0).stdout;
    assert!(rest.starts_with("Employee 7: removed on "), "{rest}");
    assert!(
        rest.contains("  + 7\n      import_id: (empty) -> 7\n      email: (erased)\n")
            && rest.contains("  - 7: left, status inactive\n"),
        "{rest}"
    );
    let document = stage.run(&["status", "--employee", "7", "--json"]).expect(0).json();
    assert_eq!(document["people"][0]["history"][0]["changes"][1]["erased"], json!(true));
    stage.run(&["status", "--employee", "canary.address@example.org"]).expect(2);

    // With nothing left to erase, a run writes its own row and nothing else.
    let before: Vec<String> = stage.contents().lines().map(str::to_owned).collect();
    let told = stage.run(&["-v", "sync"]).expect(0);
    assert!(!told.stderr.contains("erased"), "{told:#?}");
    assert_eq!(stage.contents().lines().collect::<Vec<_>>(), before);
    // Whoever returns is the same person.
    personio.set_people([ada(), canary()]);
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.people().len(), 2);
}

#[test]
fn changed_values_are_erased_after_their_time_and_counts_stay() {
    let personio = Personio::with([ada().with("last_name", json!("Canarylast")).with("position", json!("Canarypost"))]);
    let stage = Stage::in_step(&personio);
    personio.set_people([ada().with("position", json!("Engineer"))]);
    stage.run(&["sync"]).expect(0);
    age(&stage, 399);
    stage.run(&["sync"]).expect(0);
    assert!(file_has(&stage, "Canarylast"));
    age(&stage, 2);
    stage.run(&["sync"]).expect(0);
    for value in ["Canarylast", "Canarypost", "canarypost"] {
        assert!(!file_has(&stage, value), "{value}");
    }
    let text = stage.run(&["status", "--run", "2"]).expect(0).stdout;
    assert!(text.contains("1 person was updated, 1 group was removed, 1 group was added"), "{text}");
    assert!(text.contains("last_name: (erased)") && text.contains("- group of position: (erased)"), "{text}");
    assert_eq!(stage.people(), [(1, "ada@example.org".to_owned())]);

    age(&stage, 8);
    stage.configure(&personio, "[retention]\nhistory = \"7d\"\n");
    stage.run(&["sync"]).expect(0);
    assert!(stage.run(&["status", "--run", "1"]).expect(0).stdout.contains("email: (erased)"));
}

fn six() -> Vec<Person> {
    (1..=6).map(|id| person(id, &format!("Ada{id}"), "Lovelace-Byron", &format!("ada.{id}@example.org"))).collect()
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

/// Honestly keeps what people said under their import id: all that this program can do for it is to give the id to nobody else
/// and to send it again.
#[test]
fn whoever_goes_is_sent_no_more_and_comes_back_with_the_import_id_that_their_feedback_belongs_to() {
    let personio = Personio::with(six());
    let stage = Stage::connected(&personio);
    let file = stage.home().join("employees.csv");
    stage.configure(&personio, &format!("[delivery]\nto = \"file://{}\"\n", file.display()));
    approve(&stage);
    let sent = || -> Vec<String> {
        let text = std::fs::read_to_string(&file).unwrap();
        text.lines().skip(1).map(|row| row.split(',').next().unwrap().replace('"', "")).collect()
    };
    assert_eq!(sent(), ["1", "2", "3", "4", "5", "6"]);
    personio.set_people(six().into_iter().map(|person| match person.id() {
        1 => person,
        2 => person.with("termination_date", json!("2024-03-31")).with("status", json!("inactive")),
        3 => person.with("status", json!("leave")),
        _ => person.with("status", json!("inactive")),
    }));
    approve(&stage);
    assert_eq!(sent(), ["1"]);

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
    let left = "{\"kind\":\"inactive\"}";
    let expected = [
        tombstone(2, "{\"kind\":\"last_day_passed\",\"facts\":\"2024-03-31\"}"),
        tombstone(3, "{\"kind\":\"on_leave\"}"),
        tombstone(4, left),
        tombstone(5, left),
        tombstone(6, left),
    ];
    assert_eq!(tombstones, expected);

    // One comes back under another name.
    personio.set_people([six().remove(0), person(3, "Ada3", "King", "ada.king@example.org")]);
    stage.run(&["sync"]).expect(0);
    assert_eq!(sent(), ["1", "3"]);
    let removed_on: Option<String> =
        stage.sqlite().query_row("SELECT removed_on FROM identities WHERE employee = 3", [], |row| row.get(0)).unwrap();
    assert_eq!(removed_on, None);
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
    assert!(file_has(&stage, "ada.5@example.org"));
    assert!(!file_has(&stage, "ada.6@example.org") && !file_has(&stage, "Ada6"));
}

fn has_any(text: &str, canaries: &[&str]) -> Option<String> {
    canaries.iter().find(|canary| text.contains(*canary)).map(|canary| format!("{canary} in {text}"))
}

#[test]
fn secrets_are_told_to_nobody_and_names_only_to_those_who_asked() {
    let personio = Personio::with([ada(), canary(), person(8, "Canaryfirst", "Canarylast", "nonsense")]);
    let pinged = Server::start("127.0.0.1:0", |_| Reply::json(500, &json!({}))).unwrap();
    let stage = Stage::new(&personio);
    let feed = stage.home().join("employees.csv");
    let configure = |more: &str| {
        let text = format!(
            "[monitoring]\ntextfile = \"canary.prom\"\nping_url = \"{}/{PING}\"\n[delivery]\nto = \"file://{}\"\n{more}",
            pinged.url(),
            feed.display()
        );
        stage.configure(&personio, &text);
    };
    configure("");
    let secrets = [SECRET, TOKEN, PING, "canary-body"];
    // Whether a person asked to see people.
    let quiet = |told: &Ended, what: &str| {
        for text in [&told.stdout, &told.stderr] {
            assert_eq!(has_any(text, &secrets), None, "{what}");
            assert_eq!(has_any(text, &NAMES), None, "{what}");
        }
    };
    let asked = |told: &Ended, what: &str| {
        assert!(has_any(&told.stdout, &NAMES).is_some(), "{what} shows nobody: {told:#?}");
        assert_eq!(has_any(&told.stdout, &secrets), None, "{what}");
        assert_eq!(has_any(&told.stderr, &[&secrets[..], &NAMES].concat()), None, "{what}");
    };
    let loudest = |arguments: &[&str]| {
        let mut command = stage.command(arguments);
        ended(command.env("RUST_LOG", "trace"))
    };
    quiet(&stage.connect_as(CLIENT_ID, "canary-secret-wrong", &["-vv"]).expect(77), "a wrong secret");
    let connected = stage.connect(&["-vv"]).expect(20);
    quiet(&connected, "connect");
    let digest = connected.stderr.split("--approve ").nth(1).unwrap().lines().next().unwrap().trim().to_owned();
    asked(&loudest(&["sync", "--dry-run"]).clone(), "the plan");
    asked(&loudest(&["sync", "--dry-run", "--json"]), "the plan as JSON");
    quiet(&loudest(&["sync", "--approve", &digest]).expect(0), "a run");
    assert!(std::fs::read_to_string(&feed).unwrap().contains("Canarylast"));

    for arguments in [&["sync"][..], &["status"], &["status", "--json"], &["status", "--check"], &["status", "--runs"]]
    {
        quiet(&loudest(arguments), &arguments.join(" "));
    }
    for arguments in
        [&["status", "--run", "2"][..], &["status", "--employee", "7"], &["sync", "--dry-run", "--explain", "7"]]
    {
        asked(&loudest(arguments).expect(0), &arguments.join(" "));
    }
    // Every way to fail, with people and secrets in the answers.
    let leak = || format!("{{\"Canaryfirst\": \"{TOKEN} Canarylast canary.address\"");
    let broken = move || Reply { status: 200, ..Reply::json(200, &json!(leak())) };
    for status in [400, 403, 404, 429, 500] {
        personio.interfere(move |_, _| Some(refusal(status)));
        quiet(&loudest(&["sync"]), &format!("{status}"));
        quiet(&loudest(&["--log-format", "json", "sync", "--json"]), &format!("{status} as JSON"));
    }
    personio.interfere(move |request, _| request.path.contains("employees").then(&broken));
    quiet(&loudest(&["sync"]).expect(65), "an answer that is none");
    personio.behave();
    personio.set_people([]);
    quiet(&loudest(&["sync"]).expect(20), "a held plan");
    personio.set_people([
        ada(),
        canary().with("hire_date", json!("Canarylast")),
        person(9, "Canaryfirst", "B", "canary.address@example.org"),
    ]);
    quiet(&loudest(&["sync"]).expect(0), "undecided people");
    configure("[people]\nexclude = [\"canary.address\"]\n");
    quiet(&loudest(&["sync"]).expect(78), "a mistake in the configuration");
    configure("");
    std::fs::write(stage.mirror(), format!("{} Canarylast", "no mirror ".repeat(20))).unwrap();
    quiet(&loudest(&["sync"]), "a damaged mirror");

    for (path, bytes) in stage.files() {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (credential, config) = (path == stage.credential(), path == stage.config());
        assert!(credential || !text.contains(SECRET), "{}", path.display());
        assert!(!text.contains(TOKEN) && (config || !text.contains(PING)), "{}", path.display());
        let of_people = path == stage.mirror() || path == feed;
        assert!(of_people || has_any(&text, &NAMES).is_none(), "{}", path.display());
    }
}
