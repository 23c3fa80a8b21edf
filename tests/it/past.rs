//! `status --runs`, `--run` and `--employee`: what an auditor asks a year later.

use serde_json::json;

use crate::guard::digest;
use crate::personio::{Personio, person};
use crate::stage::Stage;

/// Ada comes and changes her name, Grace comes and goes, and everybody else goes with an approval.
fn played() -> (Personio, Stage) {
    let (ada, grace) =
        (person(1, "Ada", "Byron", "ada.byron@example.org"), person(2, "Grace", "Hopper", "grace@example.org"));
    let others = || (3..=9).map(|id| person(id, "Edsger", "Dijkstra", &format!("{id}@example.org")));
    let married = ada.clone().with("last_name", json!("Lovelace")).with("email", json!("ada.lovelace@example.org"));
    let personio = Personio::with([ada, grace.clone()].into_iter().chain(others()));
    let stage = Stage::in_step(&personio);
    let grace = grace.with("status", json!("inactive"));
    personio.set_people([married.clone(), grace.clone()].into_iter().chain(others()));
    stage.run(&["sync"]).expect(0);
    personio.set_people([married, grace]);
    let held = stage.run(&["sync"]).expect(20);
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    (personio, stage)
}

#[test]
fn the_run_log_has_one_line_a_run_the_newest_first() {
    let (_personio, stage) = played();
    let before = stage.files();
    stage.run(&["status", "--runs"]).expect(0).snapshot("past-runs");
    assert_eq!(stage.run(&["status", "--runs", "2"]).expect(0).stdout.lines().count(), 2);
    let document = stage.run(&["status", "--runs", "--json"]).expect(0).json();
    let ids: Vec<i64> =
        document["runs"].as_array().unwrap().iter().map(|run| run["run_id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [4, 3, 2, 1]);
    assert!(document["runs"][0]["approved_by"].is_string(), "{document:#}");
    assert_eq!(stage.files(), before, "status changed the disk");
}

#[test]
fn one_run_is_told_field_by_field_with_its_approval() {
    let (_personio, stage) = played();
    stage.run(&["status", "--run", "2"]).expect(0).snapshot("past-run");
    let document = stage.run(&["status", "--run", "2", "--json"]).expect(0).json();
    assert_eq!(
        document["changes"][1],
        json!({"kind": "update", "id": 1, "group": null, "column": null, "field": "last_name", "from": "Byron", "to": "Lovelace",
               "erased": false, "reason": null})
    );
    stage.run(&["status", "--run", "3"]).expect(0).snapshot("past-run-held");
    stage.run(&["status", "--run", "4"]).expect(0).snapshot("past-run-approved");

    stage.run(&["status", "--run", "99"]).expect(2).snapshot("past-run-unknown");
    assert_eq!(stage.run(&["status", "--run", "99", "--json"]).expect(2).json()["exit_code"], json!(2));
}

#[test]
fn everything_that_happened_to_one_person_is_found_by_id_and_by_every_address_they_had() {
    let (personio, stage) = played();
    let by_id = stage.run(&["status", "--employee", "1"]).expect(0).snapshot("past-employee").stdout;
    for address in ["ADA.byron@example.org", "ada.lovelace@example.org"] {
        assert_eq!(stage.run(&["status", "--employee", address]).expect(0).stdout, by_id);
    }
    stage.run(&["status", "--employee", "grace@example.org"]).expect(0).snapshot("past-employee-gone");
    let document = stage.run(&["status", "--employee", "grace@example.org", "--json"]).expect(0).json();
    let grace = &document["people"][0];
    assert_eq!((&grace["id"], &grace["present"], &grace["removed"]["run_id"]), (&json!(2), &json!(null), &json!(2)));
    assert_eq!(grace["history"].as_array().unwrap().len(), 2);

    // A note about somebody who was never in is told once, not once a run.
    let people = personio.people().into_iter().chain([person(40, "New", "Comer", "nonsense")]);
    personio.set_people(people);
    stage.run(&["sync"]).expect(0);
    stage.run(&["sync"]).expect(0);
    stage.run(&["status", "--employee", "40"]).expect(0).snapshot("past-employee-never-in");

    stage.run(&["status", "--employee", "nobody@example.org"]).expect(2).snapshot("past-employee-unknown");
    stage.run(&["status", "--employee", "nobody"]).expect(2);
    stage.run(&["status", "--employee", "1", "--runs"]).expect(2);

    for name in ["lovelace", "BYRON", "ada"] {
        assert_eq!(stage.run(&["status", "--employee", name]).expect(0).stdout, by_id, "{name}");
    }
    stage.run(&["status", "--employee", "dijkstra"]).expect(0).snapshot("past-employees-of-one-name");
    let document = stage.run(&["status", "--employee", "dijkstra", "--json"]).expect(0).json();
    assert_eq!(document["people"].as_array().unwrap().len(), 7);
}

#[test]
fn the_newest_run_has_a_name() {
    let (_personio, stage) = played();
    let latest = stage.run(&["status", "--run", "latest"]).expect(0).stdout;
    assert_eq!(latest, stage.run(&["status", "--run", "4"]).expect(0).stdout);
    stage.run(&["status", "--run", "newest"]).expect(2).snapshot("past-run-of-a-wrong-name");
}

#[test]
fn an_approval_has_a_name() {
    let personio = Personio::with((1..=9).map(|id| person(id, "Edsger", "Dijkstra", &format!("{id}@example.org"))));
    let said = |program: &str, argument: &str| {
        let told = std::process::Command::new(program).arg(argument).output().unwrap();
        String::from_utf8(told.stdout).unwrap().trim().to_owned()
    };
    let (user, host) = (said("id", "-un"), said("uname", "-n"));
    let by_sudo = &[("SUDO_USER", "mona"), ("USER", "canary")][..];
    let cases = [
        (by_sudo, &[][..], "mona"),
        (by_sudo, &["--by", " Mona Weber "], "Mona Weber"),
        (&[("LOGNAME", "canary"), ("USER", "canary")], &[], &user),
    ];
    for (variables, arguments, by) in cases {
        personio.set_people((1..=9).map(|id| person(id, "Edsger", "Dijkstra", &format!("{id}@example.org"))));
        let stage = Stage::in_step(&personio);
        personio.set_people([person(1, "Edsger", "Dijkstra", "1@example.org")]);
        let held = stage.run(&["sync"]).expect(20);
        let digest = digest(&held);
        let approve = [&["sync", "--approve", &digest][..], arguments].concat();
        crate::stage::ended(stage.command(&approve).envs(variables.iter().copied())).expect(0);
        let shown = if by == user { format!("{by} on {host}") } else { format!("{by}, entered by {user} on {host}") };
        let run = stage.run(&["status", "--run", "latest"]).expect(0).stdout;
        assert!(run.contains(&format!("Approved  by {shown}: plan {digest}\n")), "{run}");
        let status = stage.run(&["status"]).expect(0).stdout;
        assert!(status.contains(&format!("; approved by {shown}\n")), "{status}");
        let document = stage.run(&["status", "--run", "latest", "--json"]).expect(0).json();
        assert_eq!(document["run"]["approver"], json!({"by": by, "user": user, "host": host}));
    }
}

#[test]
fn a_name_that_could_be_read_as_something_else_approves_nothing() {
    let stage = Stage::new(&Personio::with([]));
    let long = "x".repeat(101);
    for name in ["", "  ", "Mona\nWeber", "Mona\u{202e}Weber", &long] {
        let refused = stage.run(&["sync", "--approve", "0265f02c5481", "--by", name]).expect(2);
        assert!(refused.stderr.contains("expected a name on one line"), "{name:?} {refused:#?}");
    }
    stage.run(&["sync", "--by", "Mona Weber"]).expect(2);
}

#[test]
fn without_a_mirror_there_is_no_past() {
    let stage = Stage::new(&Personio::with([]));
    assert_eq!(stage.run(&["status", "--runs"]).expect(0).stdout, "No runs yet.\n");
    assert_eq!(stage.run(&["status", "--runs", "--json"]).expect(0).json()["runs"], json!([]));
    stage.run(&["status", "--run", "1"]).expect(2);
}
