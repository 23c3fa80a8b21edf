//! Leaving needs evidence: whoever is merely missing from a listing is asked for by id, and doubt keeps people.

use serde_json::{Value, json};

use crate::guard::{assert_held, digest, ids, people, questions};
use crate::personio::http::{Delivery, Reply};
use crate::personio::{Personio, person, refusal};
use crate::stage::Stage;

/// Kind and id of every open note, and what became of the person.
fn open_notes(stage: &Stage) -> Value {
    let status = stage.run(&["status", "--json"]).expect(0).json();
    let notes = status["notes"].as_array().unwrap().iter();
    notes.map(|note| json!([note["kind"], note["id"], note["facts"]["place"]])).collect()
}

#[test]
fn case_22_two_of_three_hundred_deleted_at_personio_are_asked_for_and_go() {
    let personio = Personio::with(people(1..=300));
    let stage = Stage::in_step(&personio);
    personio.set_people(people((1..=300).filter(|id| ![17, 200].contains(id))));
    stage.run(&["sync", "--dry-run"]).expect(0).snapshot("evidence-deleted");
    stage.run(&["sync"]).expect(0);
    assert_eq!(questions(&personio), [17, 17, 18, 18, 200, 200], "18 is listed: it proves what a 404 is worth");
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
    stage.run(&["sync"]).expect(0).snapshot("evidence-missing-yet-known");
    assert_eq!(questions(&personio), [17, 18, 200], "each is asked for once");
    assert_eq!(listings() - asked, 2 * 4, "three pages and the closing one, twice");
    assert_eq!(stage.contents(), before);
    let kept = json!([["undecided", 17, "kept"], ["undecided", 200, "kept"]]);
    assert_eq!(open_notes(&stage), kept);
    // The warning is told when it is new, not every twelve hours.
    assert_eq!(stage.run(&["sync"]).expect(0).stderr, "");
    personio.behave();
    personio.hide([], 0);
    stage.run(&["sync"]).expect(0);
    assert_eq!(open_notes(&stage), json!([]));
}

#[test]
fn a_person_missing_once_is_found_in_the_second_listing() {
    let personio = Personio::with(people(1..=30));
    let stage = Stage::in_step(&personio);
    personio.hide([17], 1);
    assert_eq!(stage.run(&["sync"]).expect(0).stderr, "");
    assert_eq!(questions(&personio), [17, 18]);
    assert_eq!(ids(&stage).len(), 30);
}

#[test]
fn more_vanished_people_than_the_guard_lets_go_are_held() {
    let personio = Personio::with(people(1..=300));
    let stage = Stage::in_step(&personio);
    personio.set_people(people(4..=300));
    assert_held(&stage, &["3 people are missing from Personio's listing", "and Personio was asked about each"]);
    assert_eq!(questions(&personio).len(), 2 * (3 + 1));
    personio.set_people(people(3..=300));
    stage.run(&["sync"]).expect(0);
    // The same day, one more: the sum of seven days counts.
    personio.set_people(people(4..=300));
    assert_held(&stage, &["1 person is missing from Personio's listing and was never seen leaving, and 2 went since"]);
}

#[test]
fn of_many_missing_people_some_are_asked_about_and_all_before_they_go() {
    let personio = Personio::with(people(1..=400));
    let stage = Stage::in_step(&personio);
    personio.set_people(people(31..=400));
    let held = assert_held(&stage, &["30 people are missing", "was not asked about 5 of them, but is before they go"]);
    assert_eq!(questions(&personio).len(), 2 * (25 + 1), "and one who is listed");
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert_eq!(questions(&personio).len(), 2 * (25 + 1) + 30 + 1);
    assert_eq!(ids(&stage), (31..=400).collect::<Vec<_>>());
}

#[test]
fn whoever_personio_knows_by_id_is_counted_by_no_limit() {
    let personio = Personio::with(people(1..=100));
    let stage = Stage::in_step(&personio);
    personio.hide(1..=10, usize::MAX);
    stage.run(&["sync"]).expect(0);
    // Two more are gone, as may be.
    personio.set_people(people(1..=98));
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage), (1..=98).collect::<Vec<_>>());
}

#[test]
fn a_listing_that_lacks_many_whom_personio_knows_is_not_complete() {
    let personio = Personio::with(people(1..=40));
    let stage = Stage::in_step(&personio);
    let before = stage.contents();
    personio.hide(1..=4, usize::MAX);
    stage.run(&["sync"]).expect(0);
    personio.hide(1..=5, usize::MAX);
    for arguments in [&["sync", "--dry-run"][..], &["sync"], &["sync", "--approve", "0123456789ab"]] {
        let ended = stage.run(arguments).expect(65);
        let said = "error: Personio's listing is not complete: 5 of 40 people are missing from it, and asked by id, Personio \
                    knows all 5 who were asked about\n\nhint: if the next run says the same, check which employees the \
                    credential may read";
        assert!(ended.stderr.contains(said), "{ended:#?}");
    }
    assert_eq!(stage.contents(), before);
    // One of them is gone: they may all be, and a person decides about who was not found.
    personio.set_people(people(2..=40));
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage), (2..=40).collect::<Vec<_>>());
}

/// Each would be asked about, so that the run would end in the middle of it, with nothing done.
#[test]
fn an_approval_that_must_ask_about_more_people_than_a_run_may_ends_before_it_asks() {
    let personio = Personio::with(people(1..=20_020));
    let stage = Stage::in_step(&personio);
    personio.set_people(people(20_001..=20_020));
    let held = stage.run(&["sync"]).expect(20);
    let (before, asked) = (stage.contents(), questions(&personio).len());
    let ended = stage.run(&["sync", "--approve", &digest(&held)]).expect(65);
    let said = "20000 people are missing from Personio's listing, and each would have to be asked about by id; this run may send ";
    assert!(ended.stderr.contains(said) && ended.stderr.contains("nothing was changed"), "{ended:#?}");
    assert_eq!(questions(&personio).len(), asked);
    assert_eq!(stage.contents(), before);
}

#[test]
fn an_approved_removal_of_missing_people_is_asked_about_first() {
    let personio = Personio::with(people(1..=40));
    let stage = Stage::in_step(&personio);
    personio.set_people(people(6..=40));
    let held = stage.run(&["sync"]).expect(20);
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert_eq!(questions(&personio), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]);
    assert_eq!(ids(&stage), (6..=40).collect::<Vec<_>>());
}

/// What the route by id answers about the one person who is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    RightPerson,
    AnotherPerson,
    Nothing,
    Html,
    CutShort,
    GenericJson,
    PersoniosError,
}

/// What becomes of the person. The run goes on in any case, and everybody else is as in any other run.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    Removed,
    /// Kept, with a note that ends like this.
    Doubted(String),
}

const STATUSES: [u16; 8] = [200, 301, 400, 401, 403, 404, 429, 500];

const BODIES: [Body; 7] = [
    Body::RightPerson,
    Body::AnotherPerson,
    Body::Nothing,
    Body::Html,
    Body::CutShort,
    Body::GenericJson,
    Body::PersoniosError,
];

fn reply(status: u16, body: Body) -> Reply {
    let one = |id| json!({"success": true, "data": people(id..=id)[0].row(&[])});
    match body {
        Body::RightPerson => Reply::json(status, &one(1)),
        Body::AnotherPerson => Reply::json(status, &one(2)),
        Body::Nothing => Reply::bytes(status, "application/json", ""),
        Body::Html => Reply::bytes(status, "text/html", "<!doctype html><html>canary-body</html>"),
        Body::CutShort => Reply { delivery: Delivery::CutAfter(20), ..Reply::json(status, &one(1)) },
        Body::GenericJson => Reply::json(status, &json!({"message": "canary-body"})),
        Body::PersoniosError => refusal(status),
    }
}

fn fate(status: u16, body: Body) -> Fate {
    let answered = |words: &str| Fate::Doubted(format!("; asked by id, Personio {words}"));
    match (status, body) {
        (404, Body::PersoniosError) => Fate::Removed,
        (200, Body::RightPerson) => Fate::Doubted(", yet known there when asked by id".to_owned()),
        (200, Body::AnotherPerson) => answered("answered 200 with another person"),
        (200, Body::Nothing) => answered("answered 200 with nothing"),
        (200, Body::Html) => answered("answered 200 with HTML"),
        (200, Body::GenericJson) => answered("answered 200 with something else than one person"),
        (200, Body::PersoniosError) => answered("answered 200 with `success: false`"),
        // These statuses say enough before the body comes.
        (301 | 429 | 500, _) => answered(&format!("answered {status}")),
        (_, Body::CutShort) => answered("sent an answer that was cut short"),
        (404, _) => answered("answered 404 without Personio's own error"),
        (_, _) => answered(&format!("answered {status}")),
    }
}

#[test]
fn every_answer_about_somebody_who_is_missing_decides_about_them_alone() {
    let personio = Personio::with(people(1..=30));
    let stage = Stage::in_step(&personio);
    for (row, (status, body)) in STATUSES.iter().flat_map(|status| BODIES.map(|body| (*status, body))).enumerate() {
        let what = format!("{status} with {body:?}");
        // Everybody else goes on: somebody has another name in every run.
        let renamed = people(30..=30).pop().unwrap().with("last_name", json!(format!("King {row}")));
        let company = || people(2..=29).into_iter().chain([renamed.clone()]);
        personio.set_people(company());
        personio.interfere(move |request, _| request.path.ends_with("/employees/1").then(|| reply(status, body)));
        let run = stage.run(&["sync"]).expect(0);
        assert!(!run.stderr.contains("canary"), "{what}: {run:#?}");
        let names: Vec<String> = stage.names();
        assert!(names.contains(&format!("King {row}")), "{what}: {names:?}");
        let status_now = stage.run(&["status"]).expect(0).stdout;
        match fate(status, body) {
            Fate::Removed => {
                assert_eq!(ids(&stage), (2..=30).collect::<Vec<_>>(), "{what}");
                personio.behave();
                personio.set_people(people(1..=1).into_iter().chain(company()));
                stage.run(&["sync"]).expect(0);
            }
            Fate::Doubted(words) => {
                assert_eq!(ids(&stage), (1..=30).collect::<Vec<_>>(), "{what}");
                let note = format!("employee 1 stays as they are: is missing from Personio's listing{words}\n");
                assert!(status_now.contains(&note), "{what}: no {note:?} in {status_now}");
            }
        }
    }
}

/// A gateway or a changed route that answers 404 to everything is no evidence against anybody.
#[test]
fn a_404_counts_only_where_a_listed_person_is_known_by_id() {
    let personio = Personio::with(people(1..=30));
    let stage = Stage::in_step(&personio);
    let before = stage.contents();
    personio.set_people(people(3..=30));
    personio.interfere(|request, _| request.path.starts_with("/v1/company/employees/").then(|| refusal(404)));
    let run = stage.run(&["sync"]).expect(0);
    for id in 1..=2 {
        let note = format!(
            "employee {id} stays as they are: is missing from Personio's listing; asked by id for employee 3, who is \
             listed, Personio answered 404"
        );
        assert!(run.stderr.contains(&note), "{run:#?}");
    }
    assert_eq!(questions(&personio), [1, 2, 3]);
    assert_eq!(stage.contents(), before);
    personio.behave();
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage), (3..=30).collect::<Vec<_>>());
}

#[test]
fn where_personio_answers_about_nobody_by_id_the_rest_are_doubted_unasked() {
    let personio = Personio::with(people(1..=300));
    let stage = Stage::in_step(&personio);
    let before = stage.contents();
    personio.set_people(people(13..=300));
    personio.interfere(|request, _| request.path.starts_with("/v1/company/employees/").then(|| refusal(403)));
    let run = stage.run(&["sync"]).expect(0);
    assert_eq!(questions(&personio), [1, 2, 3, 4, 5, 6, 7, 13]);
    assert!(run.stderr.contains(
        "employee 3 stays as they are: is missing from Personio's listing; asked by id, Personio answered 403"
    ));
    let status = stage.run(&["status", "--full"]).expect(0).stdout;
    let twelfth = "employee 12 stays as they are: is missing from Personio's listing; asked by id for employee 13, who is \
                   listed, Personio answered 403";
    assert!(status.contains(twelfth), "{status}");
    assert_eq!(stage.contents(), before);
}

#[test]
fn a_credential_that_is_rejected_in_the_middle_ends_the_run() {
    let personio = Personio::with(people(1..=30));
    let stage = Stage::in_step(&personio);
    let before = stage.contents();
    personio.set_people(people(2..=30));
    let mut asked = false;
    personio.interfere(move |request, _| {
        asked |= request.path.ends_with("/employees/1");
        asked.then(|| refusal(401))
    });
    stage.run(&["sync"]).expect(77).snapshot("evidence-rejected-in-the-middle");
    assert_eq!(stage.contents(), before);
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
        let notes = open_notes(&stage);
        assert!(notes.as_array().unwrap().contains(&json!(["undecided", 2, "kept"])), "{notes}");
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
