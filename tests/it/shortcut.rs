//! Nothing is sent where nothing changed since the last delivery. Whatever happened in between, a run that ends well leaves the
//! present state at its destination.

use std::fs;

use crate::guard::digest;
use crate::personio::{Person, Personio, person};
use crate::stage::{Ended, Stage};

fn people(first_name: &str) -> Vec<Person> {
    vec![
        person(1, first_name, "Lovelace", "ada@example.org").department(1, "Sales"),
        person(2, "Grace", "Hopper", "grace@example.org").supervisor(1),
    ]
}

/// Approves what is held.
fn sync(stage: &Stage) -> Ended {
    let ended = stage.run(&["sync"]);
    if ended.code == 20 { stage.run(&["sync", "--approve", &digest(&ended)]) } else { ended }
}

#[test]
fn a_change_made_in_the_mirror_by_hand_goes_out_when_the_file_is_sent_again() {
    let personio = Personio::with(people("Ada"));
    let stage = Stage::connected(&personio);
    let file = stage.home().join("employees.csv");
    stage.configure(&personio, &format!("[delivery]\nto = \"file://{}\"\n", file.display()));
    sync(&stage).expect(0);
    stage.sqlite().execute("UPDATE employees SET first_name = 'Eva' WHERE employee = 1", []).unwrap();
    personio.set_people(people("Eva"));
    // The mirror says that the destination has her so: nothing is left to decide.
    stage.run(&["sync"]).expect(0);
    assert!(fs::read_to_string(&file).unwrap().contains("\"Ada\""));
    stage.run(&["sync", "--redeliver"]).expect(0);
    assert!(fs::read_to_string(file).unwrap().contains("\"Eva\""));
}

#[test]
fn what_fails_in_the_mirror_fails_before_anything_is_sent() {
    let personio = Personio::with(people("Ada"));
    let stage = Stage::connected(&personio);
    let file = stage.home().join("employees.csv");
    stage.configure(&personio, &format!("[delivery]\nto = \"file://{}\"\n", file.display()));
    sync(&stage).expect(0);
    let (sent, before) = (fs::read(&file).unwrap(), stage.contents());
    // Old enough to be erased.
    let damage = "UPDATE journal SET fields = 'not JSON'; UPDATE runs SET started_at = '2020-01-01T00:00:00.000Z'";
    stage.sqlite().execute_batch(damage).unwrap();
    personio.set_people(people("Eva"));
    let ended = stage.run(&["sync"]).expect(1);
    assert!(ended.stderr.contains("an entry of its journal cannot be read"), "{ended:#?}");
    assert_eq!((fs::read(&file).unwrap(), stage.contents()), (sent, before));
}

#[test]
fn whatever_happens_between_two_deliveries_the_destination_has_the_present_state() {
    for seed in 0..12 {
        let mut dice = fastrand::Rng::with_seed(seed);
        let personio = Personio::with(people("Ada"));
        let stage = Stage::connected(&personio);
        let folder = |name: &str| stage.home().join(name);
        ["a", "b"].iter().for_each(|name| fs::create_dir(folder(name)).unwrap());
        let (mut destination, mut line_end, mut first_name) = (Some("a"), "lf", "Ada");
        let mut story = String::new();
        for _ in 0..8 {
            match dice.u8(..6) {
                0 => destination = [Some("a"), Some("b"), None][dice.usize(..3)],
                1 => line_end = ["lf", "crlf"][dice.usize(..2)],
                2 | 3 => first_name = ["Ada", "Eva", "Ida"][dice.usize(..3)],
                _ => {}
            }
            personio.set_people(people(first_name));
            let file = destination.map(|name| folder(name).join("employees.csv"));
            let delivery = file.iter().map(|file| format!("[delivery]\nto = \"file://{}\"\n", file.display()));
            let delivery: String = delivery.collect();
            stage.configure(&personio, &format!("[feed]\nline_end = \"{line_end}\"\n{delivery}"));
            let away = destination.filter(|_| dice.u8(..4) == 0);
            away.iter().for_each(|name| fs::rename(folder(name), folder("away")).unwrap());
            let ended = sync(&stage);
            away.iter().for_each(|name| fs::rename(folder("away"), folder(name)).unwrap());
            story += &format!("\n{destination:?} {line_end} {first_name} away: {away:?} -> {}", ended.code);
            match (ended.code, file) {
                (0, Some(file)) => {
                    let feed = fs::read_to_string(file).unwrap();
                    assert!(feed.contains(&format!("\"{first_name}\"")), "seed {seed}{story}\n{feed}");
                    assert_eq!(feed.contains("\r\n"), line_end == "crlf", "seed {seed}{story}");
                }
                (0, None) => {}
                (_, _) => assert!(away.is_some(), "seed {seed}{story}\n{ended:#?}"),
            }
        }
    }
}
