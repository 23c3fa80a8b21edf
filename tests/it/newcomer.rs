//! What somebody meets who does things in the wrong order, or for the first time.

use serde_json::json;

use crate::personio::{CLIENT_ID, Person, Personio, SECRET, person};
use crate::stage::{Stage, ended};

fn thirty() -> impl Iterator<Item = Person> {
    (1..=30).map(|id| person(id, "Ada", "Lovelace", &format!("ada{id}@example.org")))
}

fn company() -> Personio {
    Personio::with(thirty())
}

fn everybody_leaves(personio: &Personio) {
    personio.set_people(thirty().map(|person| person.with("status", json!("inactive"))));
}

#[test]
fn who_syncs_before_connecting_is_told_to_connect() {
    let stage = Stage::new(&company());
    stage.run(&["sync"]).expect(78).snapshot("newcomer-sync-first");
    stage.run(&["status"]).expect(0).snapshot("newcomer-sync-first-status");
}

#[test]
fn connect_says_what_came_of_the_first_sync_also_without_a_terminal() {
    let personio = company();
    let connected = Stage::new(&personio).connect(&[]).expect(0);
    assert!(connected.stdout.ends_with(
        "\nIn step: 30 people in 1 group; 30 people were added, 1 group was added, 14 columns were added.\n"
    ));
}

#[test]
fn a_run_that_says_more_says_its_summary_once() {
    let personio = company();
    let stage = Stage::in_step(&personio);
    let ended = stage.run(&["-v", "sync"]).expect(0);
    assert_eq!((ended.stdout + &ended.stderr).matches("In step").count(), 1);
}

#[test]
fn who_names_an_attribute_wrongly_sees_what_there_is() {
    let personio = company();
    let stage = Stage::new(&personio);
    stage.configure(&personio, "[groups]\n\"Departement\" = true\n");
    stage.connect(&[]).expect(78).snapshot("newcomer-attribute-misspelt");
    assert!(!stage.credential().exists());
}

#[test]
fn a_folder_in_the_place_of_the_credential_is_called_a_folder() {
    let personio = company();
    let stage = Stage::new(&personio);
    stage.configure(&personio, &format!("[mirror]\npath = {:?}\n", stage.mirror()));
    std::fs::create_dir_all(stage.credential()).unwrap();
    stage.run(&["sync"]).expect(78).snapshot("newcomer-credential-is-a-folder");
}

#[test]
fn an_approval_of_nothing_does_not_look_like_a_held_plan() {
    let personio = company();
    let stage = Stage::in_step(&personio);
    stage.run(&["sync", "--approve", "0123456789ab"]).expect(20);
    assert_eq!(stage.run(&["status", "--json"]).expect(0).json()["held"], json!(null));
}

#[test]
fn a_disk_that_takes_no_output_is_named() {
    let stage = Stage::new(&company());
    let mut command = stage.command(&["status"]);
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let ended = command.stdout(full).stderr(std::process::Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(75));
    assert!(String::from_utf8(ended.stderr).unwrap().starts_with("error: cannot write to standard output: "));
}

#[test]
fn a_pipe_gets_all_open_notes() {
    let language = "[people]\nlanguage = { attribute = \"dynamic_1\", default = \"de\" }\n";
    let personio = Personio::with((1..=30).map(|id| {
        let person = person(id, "Ada", "Lovelace", &format!("ada{id}@example.org"));
        person.custom("dynamic_1", "Tongue", "standard", serde_json::json!("Elvish"))
    }));
    let stage = Stage::new(&personio);
    stage.configure(&personio, language);
    stage.connect(&[]).expect(0);
    let status = stage.run(&["status"]).expect(0);
    assert!(status.stdout.contains("Open notes    30\n"), "{status:#?}");
    assert_eq!(status.stdout.matches("the default is used").count(), 30, "{status:#?}");
}

#[test]
fn a_file_in_the_home_that_nobody_asked_for_is_left_alone() {
    let personio = company();
    let stage = Stage::new(&personio);
    let stranger = stage.home().join("notes.txt");
    std::fs::write(&stranger, "mine").unwrap();
    stage.connect(&[]).expect(0);
    assert_eq!(std::fs::read_to_string(stranger).unwrap(), "mine");
}

/// Every failure that a newcomer meets, and the commands among its hints.
#[test]
fn every_command_in_a_hint_names_the_configuration_that_was_given() {
    let personio = company();
    let fresh = || Stage::new(&personio);
    let in_step = Stage::in_step(&personio);
    let held = Stage::in_step(&personio);
    everybody_leaves(&personio);
    let approve_nothing = &["sync", "--approve", "0123456789ab"][..];
    let cases: [(&Stage, &[&str], i32); 7] = [
        (&fresh(), &["sync"], 78),
        (&fresh(), &["sync", "--dry-run"], 78),
        (&fresh(), &["connect"], 2),
        (&fresh(), &["status", "--run", "7"], 2),
        (&in_step, &["status", "--employee", "nobody"], 2),
        (&held, &["sync"], 20),
        (&held, approve_nothing, 20),
    ];
    for (stage, arguments, code) in cases {
        let ended = stage.run(arguments).expect(code);
        let hints: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with("hint: ")).collect();
        let commands: Vec<&&str> = hints.iter().filter(|hint| hint.contains("honestly-sync")).collect();
        assert!(!commands.is_empty(), "{arguments:?}: {ended:#?}");
        for hint in commands {
            let complete = format!("honestly-sync --config {} ", stage.config().display());
            assert!(hint.contains(&complete) && hint.matches("honestly-sync ").count() == 1, "{hint}");
        }
    }
    let status = held.run(&["status"]).expect(0).stdout;
    let approve = status.lines().find_map(|line| line.strip_prefix("  apply it: ")).unwrap();
    assert!(approve.starts_with(&format!("honestly-sync --config {} sync --approve ", held.config().display())));
    let words: Vec<&str> = approve.split(' ').skip(3).collect();
    held.run(&words).expect(0);
}

#[test]
fn a_hint_fits_the_run_that_gives_it() {
    let personio = company();
    let stage = Stage::in_step(&personio);
    everybody_leaves(&personio);
    let hints = |arguments: &[&str]| stage.run(arguments).expect(20).stderr;
    stage.run(&["sync"]).expect(20).snapshot("newcomer-held");
    stage.run(&["sync", "--dry-run"]).expect(20).snapshot("newcomer-held-dry");
    let pretended = hints(&["sync", "--dry-run", "--as-of", "2999-01-01"]);
    assert!(!pretended.contains("--approve"), "{pretended}");
}

#[test]
fn that_nothing_is_delivered_is_said_once() {
    let personio = company();
    let stage = Stage::in_step(&personio);
    stage.configure(&personio, "[delivery]\n");
    stage.run(&["sync"]).expect(0);
    let status = stage.run(&["status"]).expect(0).stdout;
    assert_eq!(status.matches("nothing is delivered to Honestly").count(), 1, "{status}");
    assert!(status.contains("Open notes    none\n"), "{status}");
}

#[test]
fn what_connect_would_have_said_of_a_credential_every_run_knows() {
    // The last one is a former employee: they are in every listing.
    let former = || person(31, "Ada", "Lovelace", "former@example.org").with("status", json!("inactive"));
    let everybody = || company().people().into_iter().chain([former()]);
    let not_released = |key: &str| format!("{key} is not released for the credential");
    let cases: [(&str, i32, &str); 5] = [
        ("status", 0, &not_released("status")),
        ("hire_date", 0, &not_released("hire_date")),
        ("termination_date", 0, &not_released("termination_date")),
        ("department", 0, &not_released("department")),
        ("email", 20, "nothing could be decided about any of the 30 people whom Personio listed and who may be in"),
    ];
    for (key, exit, told) in cases {
        let personio = Personio::with(everybody().map(|person: Person| person.without(key)));
        let stage = Stage::new(&personio);
        let mut sync = stage.command(&["sync"]);
        let run =
            ended(sync.env("HONESTLY_SYNC_CLIENT_ID", CLIENT_ID).env("HONESTLY_SYNC_SECRET", SECRET)).expect(exit);
        assert!(run.stderr.contains(told), "{key}: {run:#?}");
    }
}
