//! Where no command to approve is offered, the way on that is named leads on; what is not offered is accepted all the same.

use serde_json::{Value, json};

use crate::guard::httpdate_now;
use crate::guard::{ids, inactive, people};
use crate::personio::Personio;
use crate::stage::{Ended, Stage};

/// Held, with this rule among others, and nowhere a command to approve. The first words of the next steps.
#[track_caller]
fn assert_not_offered(stage: &Stage, rule: &str, way: &str) -> Ended {
    let page = stage.home().join("page.html");
    let (arguments, told) =
        (["sync", "--dry-run", "--review", page.to_str().unwrap()], "An approval is no answer to this.");
    let previewed = stage.run(&arguments).expect(20);
    let held = stage.run(&["sync"]).expect(20);
    let status = stage.run(&["status"]).expect(0).stdout;
    let (document, page) = (stage.run(&["status", "--json"]).json(), std::fs::read_to_string(&page).unwrap());
    for text in [&previewed.stderr, &held.stderr, &status, &page, &document.to_string()] {
        assert!(!text.contains("--approve "), "{text}");
    }
    for text in [&previewed.stderr, &held.stderr, &status] {
        assert!(text.contains(way), "no {way:?} in {text}");
    }
    assert!(page.contains(told) && status.contains("waits for a correction"), "{status}");
    assert_eq!(document["held"]["approve_command"], Value::Null);
    assert!(document["held"]["rules"].as_array().unwrap().iter().any(|held| held["kind"] == rule), "{document:#}");
    held
}

/// The digest, which the message names as ever.
fn digest(stage: &Stage) -> String {
    let held = stage.run(&["sync", "--json"]).expect(20).json();
    assert_eq!(held["held"]["approval_offered"], json!(false), "{held:#}");
    held["held"]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn where_nobody_is_listed_the_credential_must_read_employees_again() {
    let personio = Personio::with(people(1..=12));
    let stage = Stage::in_step(&personio);
    personio.set_people([]);
    assert_not_offered(&stage, "empty_listing", "let the credential read employees");
    stage.run(&["sync", "--approve", &digest(&stage)]).expect(0);
    assert_eq!(ids(&stage).len(), 12, "nobody was asked about, so nobody goes");
    personio.set_people(people(1..=11).into_iter().chain(inactive([12])));
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage).len(), 11);
}

#[test]
fn where_other_people_are_listed_connect_replaces_the_company_and_the_plan_can_be_approved() {
    let personio = Personio::with(people(1..=3));
    let stage = Stage::in_step(&personio);
    personio.set_people(people(101..=103));
    assert_not_offered(&stage, "no_overlap", " connect --client-id ID --secret - --replace\n");
    let held = stage.connect(&["--replace"]).expect(20);
    assert!(held.stderr.contains("none of the 3 people in the mirror is among the 3"), "{held:#?}");
    let (_, digest_of_it) =
        held.stderr.split_once(" sync --new-columns --approve ").unwrap_or_else(|| panic!("{held:#?}"));
    stage.run(&["sync", "--new-columns", "--approve", digest_of_it.trim()]).expect(0);
    assert_eq!(ids(&stage), [101, 102, 103]);
    // That was said of one company, and of no other one.
    personio.set_people(people(201..=203));
    assert_not_offered(&stage, "no_overlap", " connect --client-id ID --secret -\n");
    stage.run(&["sync", "--approve", &digest(&stage)]).expect(0);
    assert_eq!(ids(&stage), [201, 202, 203]);
}

#[test]
fn where_nobody_is_decided_people_are_corrected_in_personio() {
    let personio = Personio::with(people(1..=12));
    let stage = Stage::in_step(&personio);
    personio.set_people(people(1..=13).into_iter().map(|person| person.with("last_name", json!(" "))));
    assert_not_offered(&stage, "nobody_decided", "correct in Personio what keeps people undecided");
    stage.run(&["sync", "--approve", &digest(&stage)]).expect(0);
    assert_eq!(ids(&stage).len(), 12);
    personio.set_people(people(1..=13));
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage).len(), 13);
}

#[test]
fn where_the_clock_is_off_personios_it_is_set() {
    let personio = Personio::with(people(1..=12));
    let stage = Stage::in_step(&personio);
    personio.set_people(people(2..=12).into_iter().chain(inactive([1])));
    personio.date("Tue, 26 Jan 2021 08:49:37 GMT");
    assert_not_offered(&stage, "clock", "set this machine's clock");
    personio.date(httpdate_now());
    stage.run(&["sync"]).expect(0);
    personio.set_people(people(3..=12).into_iter().chain(inactive(1..=2)));
    personio.date("Tue, 26 Jan 2021 08:49:37 GMT");
    stage.run(&["sync", "--approve", &digest(&stage)]).expect(0);
    assert_eq!(ids(&stage), (3..=12).collect::<Vec<_>>());
}
