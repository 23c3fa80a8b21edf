//! What somebody meets who does things in the wrong order, or for the first time.

use crate::personio::{Personio, person};
use crate::stage::Stage;

fn company() -> Personio {
    Personio::with((1..=30).map(|id| person(id, "Ada", "Lovelace", &format!("ada{id}@example.org"))))
}

#[test]
fn who_syncs_before_connecting_is_told_to_connect() {
    let stage = Stage::new(&company());
    let refused = stage.run(&["sync"]).expect(78);
    assert!(refused.stderr.contains("hint: honestly-sync connect --client-id ID --secret -"), "{refused:#?}");
    let status = stage.run(&["status"]).expect(0);
    assert!(status.stdout.starts_with("Never connected, and no sync has succeeded: run honestly-sync connect"));
}

#[test]
fn connect_says_what_came_of_the_first_sync_also_without_a_terminal() {
    let personio = company();
    let connected = Stage::new(&personio).connect(&[]).expect(0);
    assert!(
        connected
            .stdout
            .ends_with("\nIn step: 30 people in 1 group; 30 people come, 1 group appears, 14 columns appear.\n")
    );
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
    let refused = stage.connect(&[]).expect(78);
    assert!(refused.stderr.contains("\"Departement\" is neither the key nor the label"), "{refused:#?}");
    assert!(refused.stdout.contains("The credential may read\n"), "{refused:#?}");
    assert!(refused.stdout.contains("department"), "{refused:#?}");
    assert!(!stage.credential().exists());
}

#[test]
fn a_folder_in_the_place_of_the_credential_is_called_a_folder() {
    let personio = company();
    let stage = Stage::new(&personio);
    stage.configure(&personio, &format!("[mirror]\npath = {:?}\n", stage.mirror()));
    std::fs::create_dir_all(stage.credential()).unwrap();
    let refused = stage.run(&["sync"]).expect(78);
    let expected = format!("error: the credential {} is a folder\n", stage.credential().display());
    assert!(refused.stderr.starts_with(&expected), "{refused:#?}");
}

#[test]
fn an_approval_of_nothing_does_not_look_like_a_held_plan() {
    let personio = company();
    let stage = Stage::in_step(&personio);
    stage.run(&["sync", "--approve", "0123456789ab"]).expect(20);
    let status = stage.run(&["status"]).expect(0);
    assert!(!status.stdout.contains("waits for approval"), "{status:#?}");
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
fn status_shows_a_screen_of_notes_and_says_how_many_more() {
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
    assert!(status.stdout.contains("  and 15 more; all of them: honestly-sync sync --dry-run\n"), "{status:#?}");
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
