//! `status --check`: what a monitoring system is told.

use serde_json::json;

use crate::guard::digest;
use crate::personio::{Personio, person, refusal};
use crate::stage::Stage;

/// The label and value of every number behind the bar; the format is that of the Nagios plugin guidelines.
fn performance(line: &str) -> Vec<(String, String)> {
    let (_, numbers) = line.trim_end().split_once(" | ").unwrap_or((line, ""));
    let number = |part: &str| {
        let (label, rest) = part.split_once('=').unwrap();
        let fields: Vec<&str> = rest.split(';').collect();
        assert_eq!(fields.len(), 4, "value, warn, crit, min: {part}");
        let value = fields[0];
        assert!(value.trim_end_matches('s').parse::<u64>().is_ok(), "{part}");
        assert!(fields[1..].iter().all(|limit| limit.is_empty() || limit.parse::<u64>().is_ok()), "{part}");
        (label.to_owned(), value.to_owned())
    };
    numbers.split_whitespace().map(number).collect()
}

#[test]
fn a_check_goes_from_unknown_to_well_to_warning_to_critical() {
    let personio = Personio::with([person(1, "Ada", "Lovelace", "ada@example.org")]);
    let stage = Stage::connected(&personio);
    let check = |more: &[&str], code: i32, first: &str| {
        let before = stage.files();
        let ended = stage.run(&[&["status", "--check"], more].concat()).expect(code);
        assert!(ended.stdout.starts_with(&format!("HONESTLY-SYNC {first}")), "{ended:#?}");
        assert!(ended.stdout.lines().count() == 1 && ended.stderr.is_empty(), "{ended:#?}");
        assert_eq!(stage.files(), before, "a check changed the disk");
        performance(&ended.stdout)
    };
    assert_eq!(check(&[], 3, "UNKNOWN - no sync has succeeded yet"), []);
    stage.run(&["sync"]).expect(0);
    let numbers = check(&[], 0, "OK - the last success was less than a minute ago | age=");
    let labels: Vec<&str> = numbers.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, ["age", "people", "groups", "undecided", "held", "unverified"]);
    assert_eq!(numbers[1].1, "1");

    let turn_back = |hours: i64| {
        let at = chrono::Utc::now() - chrono::TimeDelta::hours(hours);
        stage.sqlite().execute("UPDATE runs SET finished_at = ?1 WHERE exit_code = 0", [at.to_rfc3339()]).unwrap();
    };
    turn_back(15);
    check(&[], 1, "WARNING - the last success was 15 hours ago");
    check(&["--warn", "16h"], 0, "OK");
    check(&["--warn", "2m", "--crit", "14h"], 2, "CRITICAL");
    turn_back(27);
    check(&[], 2, "CRITICAL - the last success was 1 day 3 hours ago");
    check(&["--crit", "2d"], 1, "WARNING");
    turn_back(-5);
    check(&[], 1, "WARNING - the last success lies ");

    check(&["--warn", "2d", "--crit", "1d"], 3, "UNKNOWN - --warn must not be more than --crit");
    stage.run(&["status", "--warn", "1h"]).expect(2);
    stage.run(&["status", "--check", "--warn", "soon"]).expect(2);
}

#[test]
fn a_held_plan_and_undecided_people_are_a_warning() {
    let personio = Personio::with([
        person(1, "Ada", "Lovelace", "ada@example.org"),
        person(2, "Grace", "Hopper", "grace@example.org").with("email", json!("nonsense")),
    ]);
    let stage = Stage::connected(&personio);
    stage.run(&["sync"]).expect(0);
    stage.run(&["status", "--check"]).expect(1).snapshot("check-undecided");
    personio.set_people([]);
    stage.run(&["sync"]).expect(20);
    stage.run(&["status", "--check"]).expect(1).snapshot("check-held");
}

#[test]
fn what_cannot_be_read_is_unknown() {
    let personio = Personio::with([person(1, "Ada", "Lovelace", "ada@example.org")]);
    let stage = Stage::in_step(&personio);
    std::fs::write(stage.mirror(), "this is no mirror, it is a note about one that used to be here").unwrap();
    stage.run(&["status", "--check"]).expect(3).snapshot("check-damaged");
    stage.configure(&personio, "client_secret = \"canary\"\n");
    let misconfigured = stage.run(&["status", "--check"]).expect(3).snapshot("check-misconfigured");
    assert!(misconfigured.stdout.lines().count() == 1 && !misconfigured.stdout.contains("canary"));
}

#[test]
fn a_delivery_that_could_not_be_verified_is_a_warning_while_it_is_the_destination() {
    let personio = Personio::with([person(1, "Ada", "Lovelace", "ada@example.org")]);
    let stage = Stage::connected(&personio);
    let to = |name: &str| {
        let path = stage.home().join(name);
        stage.configure(&personio, &format!("[delivery]\nto = \"file://{}\"\n", path.display()));
    };
    to("employees.csv");
    let held = stage.run(&["sync"]).expect(20);
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert!(stage.run(&["status", "--check"]).expect(0).stdout.contains(" unverified=0;"));
    stage
        .sqlite()
        .execute("UPDATE deliveries SET delivery = json_set(delivery, '$.verified', json('false'))", [])
        .unwrap();
    stage.run(&["status", "--check"]).expect(1).snapshot("check-unverified");
    to("elsewhere.csv");
    stage.run(&["status", "--check"]).expect(0);
}

#[test]
fn a_failed_last_run_is_a_warning_with_its_cause() {
    let personio = Personio::with([person(1, "Ada", "Lovelace", "ada@example.org")]);
    let stage = Stage::in_step(&personio);
    let check = |code: i32| stage.run(&["status", "--check"]).expect(code);
    personio.interfere(|_, _| Some(refusal(500)));
    stage.run(&["sync"]).expect(75);
    check(1).snapshot("check-failed");
    stage.run(&["sync"]).expect(75);
    check(1).snapshot("check-failed-twice");
    personio.behave();
    stage.run(&["sync"]).expect(0);
    check(0).snapshot("check-well");
    personio.interfere(|_, _| Some(refusal(403)));
    stage.run(&["sync"]).expect(77);
    check(1).snapshot("check-rejected");
}

#[test]
fn whoever_may_not_read_the_mirror_is_told_who_may() {
    let personio = Personio::with([person(1, "Ada", "Lovelace", "ada@example.org")]);
    let stage = Stage::in_step(&personio);
    let mut permissions = std::fs::metadata(stage.state()).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o000);
    std::fs::set_permissions(stage.state(), permissions.clone()).unwrap();
    let told = stage.run(&["status", "--check"]);
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o700);
    std::fs::set_permissions(stage.state(), permissions).unwrap();
    // Nothing is closed to root.
    if told.code != 0 {
        assert_eq!(told.code, 3, "{told:#?}");
        assert!(
            told.stdout.contains(" is closed to this user; ") && told.stdout.contains("root may read it"),
            "{told:#?}"
        );
    }
}
