//! Leaving needs evidence: whoever is merely missing from a listing is asked for by id, and doubt keeps people.

use serde_json::json;

use crate::guard::{assert_held, digest, ids, people, questions};
use crate::personio::{Personio, person, refusal};
use crate::sandbox::http::{Delivery, Reply};
use crate::stage::Stage;

#[test]
fn case_22_two_of_three_hundred_deleted_at_personio_are_asked_for_and_go() {
    let personio = Personio::with(people(1..=300));
    let stage = Stage::in_step(&personio);
    personio.set_people(people((1..=300).filter(|id| ![17, 200].contains(id))));
    let previewed = stage.run(&["sync", "--dry-run"]).expect(0);
    assert!(previewed.stdout.contains("17 Ada Lovelace 17 <17@example.org>: not at Personio any more"));
    stage.run(&["sync"]).expect(0);
    assert_eq!(questions(&personio), [17, 200, 17, 200]);
    assert_eq!(ids(&stage).len(), 298);
}

#[test]
fn two_of_three_hundred_missing_yet_known_are_listed_again_and_kept_with_a_note() {
    let personio = Personio::with(people(1..=300));
    let stage = Stage::in_step(&personio);
    let before = stage.contents();
    personio.hide([17, 200], usize::MAX);
    let listings = || personio.requests().iter().filter(|request| *request == "GET /v1/company/employees").count();
    let asked = listings();
    let ended = stage.run(&["sync"]).expect(0);
    assert!(ended.stderr.contains("employee 17 stays as they are: is missing from Personio's listing"), "{ended:#?}");
    assert_eq!(questions(&personio), [17, 200], "each is asked for once");
    assert_eq!(listings() - asked, 2 * 4, "three pages and the closing one, twice");
    assert_eq!(stage.contents(), before);
    let status = stage.run(&["status"]).expect(0).stdout;
    assert!(status.contains("employee 200 stays as they are"), "{status}");
    // The warning is told when it is new, not every twelve hours.
    assert_eq!(stage.run(&["sync"]).expect(0).stderr, "");
    personio.behave();
    personio.hide([], 0);
    stage.run(&["sync"]).expect(0);
    assert!(stage.run(&["status"]).expect(0).stdout.contains("Open notes    none"));
}

#[test]
fn a_person_missing_once_is_found_in_the_second_listing() {
    let personio = Personio::with(people(1..=30));
    let stage = Stage::in_step(&personio);
    personio.hide([17], 1);
    assert_eq!(stage.run(&["sync"]).expect(0).stderr, "");
    assert_eq!(questions(&personio), [17]);
    assert_eq!(ids(&stage).len(), 30);
}

#[test]
fn more_missing_people_than_the_guard_lets_go_are_held_before_any_question() {
    let personio = Personio::with(people(1..=300));
    let stage = Stage::in_step(&personio);
    personio.set_people(people(27..=300));
    assert_held(&stage, &["26 people are missing from Personio's listing", "was not asked about each of them"]);
    assert_eq!(questions(&personio), [0; 0]);
    personio.set_people(people(26..=300));
    stage.run(&["sync"]).expect(0);
    assert_eq!(questions(&personio).len(), 25);
}

#[test]
fn an_approved_removal_of_missing_people_is_asked_about_first() {
    let personio = Personio::with(people(1..=40));
    let stage = Stage::in_step(&personio);
    personio.set_people(people(6..=40));
    let held = stage.run(&["sync"]).expect(20);
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert_eq!(questions(&personio), [1, 2, 3, 4, 5]);
    assert_eq!(ids(&stage), (6..=40).collect::<Vec<_>>());
}

#[test]
fn an_answer_about_a_missing_person_that_is_none_removes_nobody() {
    let personio = Personio::with(people(1..=30));
    let stage = Stage::in_step(&personio);
    let before = stage.contents();
    personio.set_people(people(2..=30));
    let html = || Reply::bytes(404, "text/html", "<html>canary-body: no such page</html>");
    let answers: [(fn() -> Reply, i32); 6] = [
        (html, 65),
        (|| refusal(403), 77),
        (|| refusal(500), 75),
        (|| refusal(422), 65),
        (|| Reply::json(200, &json!({"success": false, "error": {"code": 404, "message": "canary-body"}})), 65),
        (|| Reply { delivery: Delivery::Reset, ..refusal(404) }, 75),
    ];
    for (answer, code) in answers {
        personio.interfere(move |request, _| request.path.ends_with("/employees/1").then(answer));
        let ended = stage.run(&["sync"]).expect(code);
        assert!(!ended.stderr.contains("canary"), "{ended:#?}");
        assert_eq!(stage.contents(), before);
    }
    personio.behave();
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage).len(), 29);
}

#[test]
fn undecided_people_keep_their_place_their_groups_and_their_address() {
    let company = |second: crate::personio::Person| {
        [person(1, "Ada", "Lovelace", "ada@example.org"), second, person(3, "Eve", "King", "eve@example.org")]
    };
    let second = || person(2, "Zoë", "Öz", "zoe@example.org").department(9, "Alone").supervisor(1);
    let personio = Personio::with(company(second()));
    let stage = Stage::in_step(&personio);
    let before = stage.contents();
    for doubtful in [
        second().with("email", json!(null)),
        second().with("email", json!(" ")),
        second().with("email", json!("no address")),
        second().with("email", json!("eve@example.org")),
        second().with("status", json!("resting")),
        second().with("status", json!(null)),
        second().with("termination_date", json!("soon")),
        second().with("last_name", json!("")),
        second().with("first_name", json!("x".repeat(101))),
    ] {
        // Everything else about them changes too: nothing of it counts before they can be read.
        personio.set_people(company(doubtful.department(1, "Engineering").supervisor(3)));
        stage.run(&["sync"]).expect(0);
        let status = stage.run(&["status"]).expect(0).stdout;
        assert!(status.contains("employee 2 stays as they are"), "{status}");
        assert_eq!(stage.contents(), before);
    }
}

#[test]
fn all_problems_of_all_people_are_told_at_once_by_id() {
    let mut company = people(1..=6);
    company[0] = company[0].clone().with("email", json!(null));
    company[1] = company[1].clone().with("last_name", json!(" "));
    company[2] = company[2].clone().with("status", json!("resting"));
    company[3] = company[3].clone().with("hire_date", json!("soon"));
    let personio = Personio::with(company);
    let stage = Stage::connected(&personio);
    let ended = stage.run(&["sync"]).expect(0);
    for id in 1..=4 {
        assert!(ended.stderr.contains(&format!("employee {id} is left out: ")), "{ended:#?}");
    }
    assert_eq!(ids(&stage), [5, 6]);
}
