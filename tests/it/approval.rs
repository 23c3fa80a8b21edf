//! An approval applies exactly the plan that a person saw, once.

use serde_json::json;

use crate::guard::{digest, ids, inactive, people};
use crate::personio::{Person, Personio};
use crate::stage::{Ended, Stage};

/// Four of twelve leave, somebody new comes.
fn held_company() -> impl Iterator<Item = Person> {
    people(5..=13).into_iter().chain(inactive(1..=4))
}

fn held() -> (Personio, Stage, Ended) {
    let personio = Personio::with(people(1..=12));
    let stage = Stage::in_step(&personio);
    personio.set_people(held_company());
    let held = stage.run(&["sync"]).expect(20);
    (personio, stage, held)
}

#[track_caller]
fn assert_refused(stage: &Stage, given: &str, parts: &[&str]) -> Ended {
    let before = stage.contents();
    let refused = stage.run(&["sync", "--approve", given]).expect(20);
    for part in parts {
        assert!(refused.stderr.contains(part), "no {part:?} in {refused:#?}");
    }
    assert_eq!(stage.contents(), before);
    refused
}

#[test]
fn the_right_digest_applies_the_plan_and_the_next_run_is_in_step() {
    let (_personio, stage, held) = held();
    stage.run(&["sync", "--approve", &digest(&held).to_uppercase()]).expect(0);
    assert_eq!(ids(&stage), (5..=13).collect::<Vec<_>>());
    let approved: String = stage
        .sqlite()
        .query_row("SELECT approved_by FROM runs WHERE approved_by IS NOT NULL", [], |row| row.get(0))
        .unwrap();
    assert_eq!(approved, digest(&held));
    let before = stage.contents();
    let next = stage.run(&["sync"]).expect(0);
    assert_eq!((next.stdout, next.stderr), (String::new(), String::new()));
    assert_eq!(stage.contents(), before);
    let status = stage.run(&["status"]).expect(0).stdout;
    assert!(status.starts_with("In step"), "{status}");
}

#[test]
fn the_digest_is_the_same_whatever_the_order_of_pages_the_machine_and_the_time() {
    let (personio, stage, held) = held();
    let mut reversed: Vec<Person> = held_company().collect();
    reversed.reverse();
    personio.set_people(reversed);
    personio.limit_pages(3);
    let again = stage.run(&["sync"]).expect(20);
    let previewed = stage.run(&["sync", "--dry-run", "--json"]).expect(20).json();
    let tomorrow = stage.run(&["sync", "--dry-run", "--json", "--as-of", "2031-01-01"]).expect(20).json();
    let elsewhere = Stage::new(&personio);
    personio.set_people(people(1..=12));
    elsewhere.connect(&[]).expect(0);
    personio.set_people(held_company());
    let on_another_machine = elsewhere.run(&["sync"]).expect(20);
    for other in [digest(&again), digest(&on_another_machine)] {
        assert_eq!(other, digest(&held));
    }
    for document in [previewed, tomorrow] {
        assert_eq!(document["held"]["digest"], json!(digest(&held)));
    }
}

/// One leaver more than were approved passes by itself, four more do not; what HR took back does not happen.
#[test]
fn an_approval_covers_its_plan_and_what_came_since_is_judged_by_itself() {
    let (personio, stage, held) = held();
    let first = digest(&held);
    personio.set_people(people([1]).into_iter().chain(inactive(2..=6)).chain(people(7..=14)));
    let offered = stage.run(&["sync", "--dry-run"]).expect(20);
    assert!(offered.stderr.contains(&format!("--approve {first}")), "{offered:#?}");
    personio.set_people(people([1]).into_iter().chain(inactive(2..=8)).chain(people(9..=14)));
    let refused = assert_refused(
        &stage,
        &first,
        &[
            &format!("what came since plan {first} was approved is held"),
            "4 people would be removed, 1 person would be added",
            "4 of 10 people (40 %) would be removed",
        ],
    );
    let shown = stage.run(&["sync", "--dry-run"]).expect(20);
    assert!(!shown.stderr.contains(&first), "{shown:#?}");
    personio.set_people(people([1]).into_iter().chain(inactive(2..=6)).chain(people(7..=14)));
    let done = stage.run(&["sync", "--approve", &first, "--json"]).expect(0).json();
    assert_eq!(done["plan"]["since"]["remove"], json!([5, 6]));
    assert_eq!(done["plan"]["since"]["add"], json!([14]));
    assert_eq!(ids(&stage), [1, 7, 8, 9, 10, 11, 12, 13, 14]);
    assert_refused(&stage, &digest(&refused), &["nothing is held"]);
}

#[test]
fn a_run_in_step_without_a_held_plan_withdraws_it() {
    let (personio, stage, held) = held();
    personio.set_people(people(1..=12));
    let corrected = stage.run(&["sync", "--json"]).expect(0).json();
    let kinds: Vec<&str> = corrected["notes"].as_array().unwrap().iter().map(|n| n["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"withdrawn"), "{corrected:#}");
    // The same mistake again: the old answer was for the old one.
    personio.set_people(people(5..=14).into_iter().chain(inactive(1..=4)));
    assert_refused(&stage, &digest(&held), &["because it was carried out or withdrawn"]);
}

/// Whoever the approved plan lets in comes although they are undecided by now, and whom it removes stays where they are.
#[test]
fn nobody_of_an_approved_plan_goes_on_doubt() {
    let (personio, stage, held) = held();
    let doubted = people([1, 13]).into_iter().map(|person| person.with("status", json!(null)));
    personio.set_people(inactive(2..=4).chain(people(5..=12)).chain(doubted));
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert_eq!(ids(&stage), [1, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
}

#[test]
fn a_digest_nobody_was_shown_approves_nothing() {
    let (_personio, stage, _held) = held();
    assert_refused(&stage, "0123456789ab", &["because no run told it"]);
}

#[test]
fn a_digest_that_is_given_must_match_also_where_nothing_is_held() {
    let personio = Personio::with(people(1..=12));
    let stage = Stage::in_step(&personio);
    assert_refused(&stage, "0123456789ab", &["nothing is held, and nothing of it was written"]);
    let status = stage.run(&["status"]).expect(0).stdout;
    assert!(status.starts_with("In step: "), "nothing waits for an approval: {status}");
    personio.set_people(people(1..=13));
    assert_refused(&stage, "0123456789ab", &["nothing is held"]);
    let free = stage.run(&["sync", "--dry-run", "--json"]).expect(0).json();
    stage.run(&["sync", "--approve", free["plan"]["digest"].as_str().unwrap()]).expect(0);
    assert_eq!(ids(&stage).len(), 13);
}

#[test]
fn a_used_digest_approves_nothing() {
    let (personio, stage, held) = held();
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert_refused(&stage, &digest(&held), &["nothing is held"]);
    // The same people leave a second time: the same changes on another day are another plan.
    personio.set_people(people(1..=12));
    stage.run(&["sync"]).expect(0);
    personio.set_people(held_company());
    assert_refused(&stage, &digest(&held), &["because it was carried out or withdrawn"]);
}

#[test]
fn an_approval_is_used_up_also_where_it_had_nothing_to_change() {
    let personio = Personio::with(people(1..=5));
    let stage = Stage::in_step(&personio);
    stage.configure(&personio, "[guard]\nmust_include = [99]\n");
    let held = stage.run(&["sync"]).expect(20);
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert_refused(&stage, &digest(&held), &["because it was carried out or withdrawn"]);
    assert_eq!(ids(&stage), [1, 2, 3, 4, 5]);
}

#[test]
fn a_malformed_digest_is_a_wrong_command_line() {
    let (personio, stage, _held) = held();
    let asked = personio.requests().len();
    for malformed in ["", "0123456789a", "0123456789abc", "0123456789ag", "yes", "--dry-run"] {
        stage.run(&["sync", "--approve", malformed]).expect(2);
    }
    for wrong in [&["sync", "--force"][..], &["sync", "--approve", "0123456789ab", "--dry-run"], &["sync", "--yes"]] {
        stage.run(wrong).expect(2);
    }
    assert_eq!(personio.requests().len(), asked);
}

#[test]
fn no_environment_variable_lets_a_plan_pass() {
    let (_personio, stage, held) = held();
    let mut command = stage.command(&["sync"]);
    for name in ["FORCE", "YES", "APPROVE", "HONESTLY_SYNC_APPROVE", "HONESTLY_SYNC_FORCE"] {
        command.env(name, digest(&held));
    }
    crate::stage::ended(&mut command).expect(20);
}

#[test]
fn whoever_was_not_asked_about_and_is_known_does_not_go_with_an_approval() {
    let personio = Personio::with(people(1..=400));
    let stage = Stage::in_step(&personio);
    // Of 28 who are missing from every listing, three are really gone; the last three are not asked about.
    personio.set_people(people(4..=400));
    personio.hide(4..=28, usize::MAX);
    let some_asked = stage.run(&["sync"]).expect(20);
    stage.run(&["sync", "--approve", &digest(&some_asked)]).expect(0);
    assert_eq!(ids(&stage), (4..=400).collect::<Vec<_>>());
    stage.run(&["sync"]).expect(0);
}

/// Whoever the approved plan removes, and Personio does not state to go any more, stays, also where their address was given away.
#[test]
fn an_address_that_an_approved_plan_gives_away_removes_nobody() {
    let given_to =
        |owner: i64| people([20]).into_iter().map(move |new| new.with("email", json!(format!("{owner}@example.org"))));
    let blank = || people([1]).into_iter().map(|person| person.with("status", json!(null)));
    for back in [people([1]), blank().collect()] {
        let personio = Personio::with(people(1..=12));
        let stage = Stage::in_step(&personio);
        personio.set_people(inactive(1..=6).chain(people(7..=12)).chain(given_to(1)));
        let held = stage.run(&["sync"]).expect(20);
        personio.set_people(back.into_iter().chain(inactive(2..=6)).chain(people(7..=12)).chain(given_to(1)));
        let previewed = stage.run(&["sync", "--dry-run", "--json"]).expect(20).json();
        let gone: Vec<&serde_json::Value> =
            previewed["plan"]["remove"].as_array().unwrap().iter().map(|p| &p["id"]).collect();
        assert_eq!(gone, [2, 3, 4, 5, 6], "{previewed:#}");
        stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
        assert_eq!(ids(&stage), [1, 7, 8, 9, 10, 11, 12]);
    }
}

/// Those who went unseen count on: the plan that was approved showed nobody who goes.
#[test]
fn whoever_goes_besides_a_plan_without_removals_is_not_seen() {
    let personio = Personio::with(people(1..=100));
    let stage = Stage::in_step(&personio);
    personio.set_people(inactive(1..=9).chain(people(10..=100)));
    stage.run(&["sync"]).expect(0);
    personio.set_people(inactive(1..=9).chain(people(10..=190)));
    let held = stage.run(&["sync"]).expect(20);
    personio.set_people(inactive(1..=10).chain(people(11..=190)));
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    let unseen: i64 = stage
        .sqlite()
        .query_row("SELECT count(*) FROM identities WHERE removed_on IS NOT NULL AND NOT seen", [], |row| row.get(0))
        .unwrap();
    assert_eq!(unseen, 10);
}

/// A plan whose rows do not fit the mirror stops no run, and is good for nothing any more.
/// An approval that could not be carried out is for the mistake that a person read, not for the next one.
#[test]
fn whom_hr_took_back_before_an_approved_plan_arrived_is_not_approved_to_go() {
    let leaving = || held_company().collect::<Vec<_>>();
    let corrected = || people(1..=14).into_iter().collect::<Vec<_>>();
    let partly = || people([1, 2]).into_iter().chain(inactive(3..=4)).chain(people(5..=13)).collect::<Vec<_>>();
    // What Personio lists when it is approved, in the run after that, and once deliveries arrive; how that ends.
    let cases = [
        (leaving(), leaving(), 0),
        (leaving(), corrected(), 20),
        (partly(), leaving(), 0),
        (partly(), corrected(), 20),
    ];
    for (number, (approved, between, ended)) in cases.into_iter().enumerate() {
        let personio = Personio::with(people(1..=12));
        let stage = Stage::connected(&personio);
        let folder = stage.home().join("out");
        std::fs::create_dir(&folder).unwrap();
        stage.configure(&personio, &format!("[delivery]\nto = \"file://{}/employees.csv\"\n", folder.display()));
        crate::delivery::approve(&stage);
        personio.set_people(leaving());
        let held = stage.run(&["sync"]).expect(20);
        std::fs::remove_dir_all(&folder).unwrap();
        for people in [approved, between] {
            personio.set_people(people);
            stage.run(&["sync", "--approve", &digest(&held)]).expect(77);
        }
        std::fs::create_dir(&folder).unwrap();
        personio.set_people(leaving());
        let last = stage.run(&["sync"]);
        assert_eq!(last.code, ended, "case {number}: {last:#?}");
    }
}

/// Such a plan starts from nothing and so removes nobody, yet approving it is to have seen them go.
#[test]
fn whoever_goes_with_a_first_delivery_is_named() {
    let personio = Personio::with(people(1..=12));
    let stage = Stage::in_step(&personio);
    let to = stage.home().join("employees.csv");
    stage.configure(&personio, &format!("[delivery]\nto = \"file://{}\"\n", to.display()));
    personio.set_people(inactive([3]).chain(people((1..=12).filter(|id| *id != 3))));
    let text = stage.run(&["sync", "--dry-run"]).expect(20).stdout;
    assert!(text.contains("In the mirror, not in the file (1)\n    by reason: 1 left"), "{text}");
    let document = stage.run(&["sync", "--dry-run", "--json"]).expect(20).json();
    assert_eq!(document["plan"]["leave_the_mirror"][0]["id"], json!(3));
    assert_eq!((&document["plan"]["remove"], &document["plan"]["leave_the_mirror"][1]), (&json!([]), &json!(null)));
}

#[test]
fn a_held_plan_that_cannot_be_read_stops_no_run() {
    let (_personio, stage, held) = held();
    stage.sqlite().execute("UPDATE held_rows SET image = '[\"x\"]' WHERE image IS NOT NULL", []).unwrap();
    let again = stage.run(&["sync", "--dry-run"]).expect(20);
    assert!(again.stderr.contains("it can be approved no longer"), "{again:#?}");
    // Today's plan is the same, and is told by its digest.
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert_eq!(ids(&stage), (5..=13).collect::<Vec<_>>());
}
