//! Cases that admins of such tools have met, each a test whose name is the case. `tests/cases.md` maps every number to its
//! test; cases about limits, evidence, crashes and overlap are in the files of those names.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{DateTime, Utc};
use honestly_sync::commands::Context;
use honestly_sync::config::{Environment, load};
use serde_json::{Value, json};

use crate::guard::{assert_held, digest, ids, inactive, people};
use crate::personio::http::Reply;
use crate::personio::{Person, Personio, person};
use crate::stage::{Stage, called};

fn ada() -> Person {
    person(1, "Ada", "Lovelace", "ada@example.org")
}

fn zoe() -> Person {
    person(2, "Zoë", "Öz", "zoe@example.org")
}

/// In step with these people.
fn in_step_with(people: impl IntoIterator<Item = Person>) -> (Personio, Stage) {
    let personio = Personio::with(people);
    let stage = Stage::in_step(&personio);
    (personio, stage)
}

/// The plan of a day, as the document for machines has it.
fn plan_on(stage: &Stage, day: &str) -> Value {
    stage.run(&["sync", "--dry-run", "--json", "--as-of", day]).expect(0).json()
}

fn plan(stage: &Stage) -> Value {
    stage.run(&["sync", "--dry-run", "--json"]).expect(0).json()
}

fn listed(document: &Value, section: &str) -> Vec<i64> {
    document["plan"][section].as_array().unwrap().iter().map(|entry| entry["id"].as_i64().unwrap()).collect()
}

fn removed(stage: &Stage, day: &str) -> Vec<i64> {
    listed(&plan_on(stage, day), "remove")
}

fn added(stage: &Stage, day: &str) -> Vec<i64> {
    listed(&plan_on(stage, day), "add")
}

/// Kind and person of every note.
fn notes(document: &Value) -> Vec<(String, Option<i64>)> {
    let notes = document["notes"].as_array().unwrap();
    notes.iter().map(|note| (note["kind"].as_str().unwrap().to_owned(), note["id"].as_i64())).collect()
}

fn import_id(stage: &Stage, employee: i64) -> String {
    let import_id = "SELECT import_id FROM identities WHERE employee = ?1";
    stage.sqlite().query_row(import_id, [employee], |row| row.get(0)).unwrap()
}

fn emails(stage: &Stage) -> Vec<String> {
    stage.people().into_iter().map(|(_, email)| email).collect()
}

fn supervisors(stage: &Stage) -> Vec<(i64, Option<i64>)> {
    let connection = stage.sqlite();
    let mut statement = connection.prepare("SELECT employee, supervisor FROM employees ORDER BY employee").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn case_1_a_rehire_with_a_new_profile_is_a_new_person_with_a_note_of_both_ids() {
    let (personio, stage) = in_step_with([ada(), zoe()]);
    let left = ada().with("status", json!("inactive"));
    let rehired = || person(9, "Ada", "Lovelace", "ada@example.org");
    personio.set_people([rehired(), left.clone().with("email", json!("ada@example.org_x7Ab3")), zoe()]);
    let document = plan(&stage);
    assert_eq!((listed(&document, "add"), listed(&document, "remove")), (vec![9], vec![1]));
    stage.run(&["sync", "--dry-run"]).snapshot("cases-rehired-with-a-new-profile");
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.people(), [(2, "zoe@example.org".into()), (9, "ada@example.org".into())]);
    assert_ne!(import_id(&stage, 9), import_id(&stage, 1));
    // The note belongs to the run that adds the person, not to every run after it.
    assert_eq!(notes(&plan(&stage)), []);
}

#[test]
fn case_2_the_mangled_address_of_an_inactive_profile_goes_nowhere() {
    let (personio, stage) = in_step_with([ada(), zoe()]);
    personio.set_people([zoe(), ada().with("email", json!("ada@example.org_x7Ab3")).with("status", json!("inactive"))]);
    let document = plan(&stage);
    assert_eq!((listed(&document, "update"), listed(&document, "remove")), (vec![], vec![1]));
}

#[test]
fn case_3_two_active_profiles_of_one_person_while_they_change_the_legal_entity() {
    let (personio, stage) = in_step_with([ada(), zoe()]);
    let new_profile = || person(9, "Ada", "Lovelace", "ada@example.org").department(2, "Sales");
    personio.set_people([new_profile(), ada(), zoe()]);
    let before = stage.contents();
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.contents(), before, "the mirrored profile stays while both are active");
    personio.set_people([new_profile(), ada().with("status", json!("inactive")), zoe()]);
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage), [2, 9]);
}

#[test]
fn case_4_an_address_of_somebody_who_left_belongs_to_whoever_is_active() {
    let company = || [person(9, "Eve", "King", "ada@example.org"), ada().with("status", json!("inactive"))];
    let (personio, stage) = in_step_with(company());
    for _ in 0..3 {
        assert_eq!(stage.people(), [(9, "ada@example.org".to_owned())]);
        let mut turned = company();
        turned.reverse();
        personio.set_people(turned);
        assert_eq!(stage.run(&["sync", "--dry-run", "--exit-code"]).code, 0);
    }
}

#[test]
fn case_5_a_new_address_of_the_same_person_is_an_update() {
    let (personio, stage) = in_step_with([ada()]);
    personio.set_people([ada().with("email", json!("ada.king@example.org"))]);
    let document = plan(&stage);
    assert_eq!(listed(&document, "update"), [1]);
    stage.run(&["sync"]).expect(0);
    assert_eq!((emails(&stage), import_id(&stage, 1)), (vec!["ada.king@example.org".to_owned()], "1".to_owned()));
}

#[test]
fn case_6_two_people_swap_their_addresses() {
    let (personio, stage) = in_step_with([ada(), zoe()]);
    personio.set_people([ada().with("email", json!("zoe@example.org")), zoe().with("email", json!("ada@example.org"))]);
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.people(), [(1, "zoe@example.org".into()), (2, "ada@example.org".into())]);
}

#[test]
fn case_7_without_an_address_a_new_person_waits_and_a_known_one_stays() {
    for address in [Value::Null, json!(""), json!("  \u{a0} ")] {
        let (personio, stage) = in_step_with([ada()]);
        personio.set_people([ada().with("email", address.clone()), zoe().with("email", address.clone())]);
        let document = plan(&stage);
        let undecided: Vec<_> = document["plan"]["undecided"].as_array().unwrap().iter().collect();
        assert_eq!((&undecided[0]["kept"], &undecided[1]["kept"]), (&json!(true), &json!(false)), "{address}");
        stage.run(&["sync"]).expect(0);
        assert_eq!(stage.people(), [(1, "ada@example.org".to_owned())]);
    }
}

#[test]
fn case_8_addresses_are_trimmed_compared_without_case_and_kept_as_spelled() {
    let (personio, stage) = in_step_with([ada().with("email", json!("  Ada.Lovelace@Example.ORG\n"))]);
    assert_eq!(emails(&stage), ["Ada.Lovelace@Example.ORG"]);
    personio.set_people([
        ada().with("email", json!("Ada.Lovelace@Example.ORG")),
        zoe().with("email", json!("Ü@example.org")),
    ]);
    stage.run(&["sync"]).expect(0);
    assert_eq!(emails(&stage), ["Ada.Lovelace@Example.ORG", "Ü@example.org"]);
    let before = stage.contents();
    for broken in ["ada", "ada@", "@example.org", "a da@example.org", "ada@example.org.", "ada@@example.org"] {
        personio.set_people([ada().with("email", json!(broken)), zoe().with("email", json!("Ü@example.org"))]);
        stage.run(&["sync"]).expect(0);
        assert_eq!(stage.contents(), before, "{broken}");
    }
}

#[test]
fn case_9_of_two_active_people_with_one_address_the_mirrored_one_stays() {
    let eve = || person(9, "Eve", "King", "ADA@example.org");
    let (personio, stage) = in_step_with([ada(), zoe()]);
    let mut told = Vec::new();
    for company in [[eve(), ada(), zoe()], [zoe(), ada(), eve()]] {
        personio.set_people(company);
        let document = plan(&stage);
        assert_eq!((listed(&document, "add"), listed(&document, "remove")), (vec![], vec![]));
        assert_eq!(notes(&document), [("undecided".to_owned(), Some(9))]);
        told.push(document["notes"][0]["facts"].clone());
    }
    assert_eq!(told[0], told[1], "in whatever order they come");
    stage.run(&["sync"]).snapshot("cases-one-address-of-two");
    // Where neither is mirrored, neither is chosen.
    let (_personio, stage) = in_step_with([eve(), ada(), zoe()]);
    assert_eq!(ids(&stage), [2]);
}

#[test]
fn case_10_the_first_day_counts_whatever_the_status_says() {
    let (personio, stage) = in_step_with([ada()]);
    for status in ["onboarding", "active", "inactive", "leave"] {
        personio.set_people([ada(), zoe().with("hire_date", json!("2031-03-01")).with("status", json!(status))]);
        assert_eq!(added(&stage, "2031-02-28"), [0; 0], "{status}");
        assert_eq!(added(&stage, "2031-03-01"), [2], "{status}");
    }
}

#[test]
fn case_11_tomorrow_begins_at_midnight_where_the_company_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let today = |zone: &str, now: &str| {
        std::fs::write(&path, format!("timezone = {zone:?}\n")).unwrap();
        let environment = Environment { home: Some(folder.path().to_owned()), ..Environment::default() };
        let config = load(Some(&path), environment).unwrap();
        let now: DateTime<Utc> = now.parse().unwrap();
        Context::new(config, now, std::time::Instant::now(), called()).today().to_string()
    };
    for (zone, now, expected) in [
        ("Europe/Berlin", "2026-11-30T22:59:59Z", "2026-11-30"),
        ("Europe/Berlin", "2026-11-30T23:00:00Z", "2026-12-01"),
        ("Europe/Berlin", "2026-07-31T21:59:59Z", "2026-07-31"),
        ("Europe/Berlin", "2026-07-31T22:00:00Z", "2026-08-01"),
        // The nights in which the clocks change.
        ("Europe/Berlin", "2026-03-28T22:59:59Z", "2026-03-28"),
        ("Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29"),
        ("Europe/Berlin", "2026-03-29T22:00:00Z", "2026-03-30"),
        ("Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25"),
        ("Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-25"),
        ("Pacific/Kiritimati", "2026-11-30T10:00:00Z", "2026-12-01"),
        ("America/Los_Angeles", "2026-12-01T07:59:59Z", "2026-11-30"),
    ] {
        assert_eq!(today(zone, now), expected, "{zone} {now}");
    }
    // The day is the one written, in whatever zone it was written.
    let (personio, stage) = in_step_with([ada()]);
    for date in ["2031-03-01T00:00:00+01:00", "2031-03-01T00:00:00Z", "2031-03-01T23:59:59-11:00", "2031-03-01"] {
        personio.set_people([ada(), zoe().with("hire_date", json!(date))]);
        assert_eq!((added(&stage, "2031-02-28"), added(&stage, "2031-03-01")), (vec![], vec![2]), "{date}");
    }
}

#[test]
fn case_12_a_start_that_is_postponed_takes_the_person_out_with_a_note() {
    let (personio, stage) = in_step_with([ada(), zoe()]);
    personio.set_people([ada(), zoe().with("hire_date", json!("2999-01-01")).with("status", json!("onboarding"))]);
    let document = plan(&stage);
    assert_eq!(listed(&document, "remove"), [2]);
    assert_eq!(document["plan"]["remove"][0]["reason"]["kind"], "not_yet");
    assert_eq!(notes(&document), [("start_postponed".to_owned(), Some(2))]);
    // Guarded as any other removal.
    let (personio, stage) = in_step_with(people(1..=12));
    let postponed = |person: Person| person.with("hire_date", json!("2999-01-01")).with("status", json!("onboarding"));
    let postponed = people(1..=4).into_iter().map(postponed);
    personio.set_people(postponed.chain(people(5..=12)));
    assert_held(&stage, &["4 of 12 people"]);
}

#[test]
fn case_13_without_hire_dates_the_status_tells_who_has_not_started() {
    let personio =
        Personio::with([ada(), zoe().with("status", json!("onboarding"))].map(|person| person.without("hire_date")));
    let stage = Stage::new(&personio);
    stage.connect(&[]).expect(0).snapshot("cases-no-hire-dates");
    assert_eq!(ids(&stage), [1]);
}

#[test]
fn case_14_a_termination_date_in_the_future_stays() {
    let (_personio, stage) = in_step_with([ada().with("termination_date", json!("2999-12-31")), zoe()]);
    assert_eq!(removed(&stage, "2999-12-30"), [0; 0]);
    assert_eq!(ids(&stage), [1, 2]);
}

#[test]
fn case_15_the_last_day_counts_and_the_day_after_does_not() {
    for status in ["active", "inactive"] {
        let leaver = ada().with("termination_date", json!("2999-12-31")).with("status", json!(status));
        let (_personio, stage) = in_step_with([leaver, zoe()]);
        assert_eq!(removed(&stage, "2999-12-31"), [0; 0], "{status}");
        assert_eq!(removed(&stage, "3000-01-01"), [1], "{status}");
    }
}

#[test]
fn case_16_a_last_day_that_has_passed_beats_a_status_that_lags_behind() {
    let (personio, stage) = in_step_with([ada(), zoe()]);
    // Long after it, an active person contradicts the date, and stays.
    personio.set_people([ada().with("termination_date", json!("2021-01-31")), zoe()]);
    stage.run(&["sync"]).expect(0);
    assert_eq!((ids(&stage), notes(&plan(&stage))), (vec![1, 2], vec![("undecided".to_owned(), Some(1))]));
    personio.set_people([ada().with("termination_date", json!("2999-01-31")), zoe()]);
    assert_eq!(removed(&stage, "2999-02-01"), [1]);
}

#[test]
fn case_17_whoever_returns_on_the_same_profile_gets_their_import_id_back() {
    let (personio, stage) = in_step_with([ada(), zoe()]);
    let before = import_id(&stage, 1);
    personio.set_people([ada().with("termination_date", json!("2021-01-31")).with("status", json!("inactive")), zoe()]);
    stage.run(&["sync"]).expect(0);
    personio.set_people([ada(), zoe()]);
    assert_eq!(notes(&plan(&stage)), [("returned".to_owned(), Some(1))]);
    stage.run(&["sync"]).expect(0);
    assert_eq!((ids(&stage), import_id(&stage, 1)), (vec![1, 2], before));
}

#[test]
fn case_18_a_termination_that_is_withdrawn_changes_nothing() {
    let (personio, stage) = in_step_with([ada(), zoe()]);
    let before = stage.contents();
    for date in [json!("2999-12-31"), Value::Null] {
        personio.set_people([ada().with("termination_date", date), zoe()]);
        stage.run(&["sync"]).expect(0);
        assert_eq!(stage.contents(), before);
    }
}

#[test]
fn case_19_the_end_of_a_contract_is_not_the_end_of_an_employment() {
    let (_personio, stage) = in_step_with([ada().with("contract_end_date", json!("2021-01-31")), zoe()]);
    assert_eq!(ids(&stage), [1, 2]);
}

#[test]
fn case_20_inactive_without_a_date_has_left() {
    let (personio, stage) = in_step_with([ada(), zoe()]);
    personio.set_people([zoe(), ada().with("status", json!("inactive"))]);
    let document = plan(&stage);
    assert_eq!(document["plan"]["remove"][0]["reason"]["text"], "left, status inactive");
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage), [2]);
}

#[test]
fn case_21_parental_leave_goes_or_stays_as_configured_and_returns_with_the_same_import_id() {
    let on_leave = || [ada().with("status", json!("leave")), zoe()];
    let (personio, stage) = in_step_with([ada(), zoe()]);
    personio.set_people(on_leave());
    assert_eq!(plan(&stage)["plan"]["remove"][0]["reason"]["kind"], "on_leave");
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage), [2]);
    personio.set_people([ada(), zoe()]);
    stage.run(&["sync"]).expect(0);
    assert_eq!((ids(&stage), import_id(&stage, 1)), (vec![1, 2], "1".to_owned()));
    stage.configure(&personio, "[people]\non_leave = \"keep\"\n");
    personio.set_people(on_leave());
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage), [1, 2]);
}

#[test]
fn case_23_a_status_that_was_never_readable_is_warned_about_and_dates_decide() {
    let company = [ada(), zoe().with("termination_date", json!("2021-01-31"))];
    let personio = Personio::with(company.map(|person| person.without("status")));
    let stage = Stage::new(&personio);
    stage.connect(&[]).expect(0).snapshot("cases-no-status");
    assert_eq!(ids(&stage), [1]);
}

#[test]
fn case_27_a_renamed_attribute_is_the_same_attribute() {
    let with_team = |person: Person, label: &str| person.custom("dynamic_7", label, "standard", json!("Blue"));
    let personio = Personio::with([with_team(ada(), "Squad"), with_team(zoe(), "Squad")]);
    let stage = Stage::connected(&personio);
    stage.configure(&personio, "[groups]\ndynamic_7 = \"Crew\"\n");
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.groups("dynamic_7"), ["Blue"]);
    let before = stage.contents();
    personio.set_people([
        with_team(ada(), "Crew"),
        with_team(zoe(), "Crew").custom("dynamic_8", "New", "standard", json!("x")),
    ]);
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.contents(), before, "a label is for display, and what is not mapped is not taken");
}

#[test]
fn case_28_a_renamed_department_is_one_change() {
    let (personio, stage) = in_step_with(people(1..=30));
    personio.set_people(people(1..=30).into_iter().map(|person| person.department(1, "Technology")));
    // One change of the plan, and a cell in everybody's row of the file: surveys select by it.
    let document = stage.run(&["sync", "--dry-run", "--json"]).expect(20).json();
    assert_eq!(listed(&document, "update"), [0; 0]);
    assert_eq!(document["held"]["rules"][0]["kind"], "field_changes");
    assert_eq!(
        document["plan"]["groups"]["rename"],
        json!([
            {"attribute": "department", "from": "Engineering", "to": "Technology"}
        ])
    );
    stage.run(&["sync", "--approve", document["plan"]["digest"].as_str().unwrap()]).expect(0);
    assert_eq!(stage.groups("department"), ["Technology"]);
}

#[test]
fn case_29_a_department_that_is_split_or_merged_is_shown_as_moves() {
    let (personio, stage) = in_step_with(people(1..=4));
    let split = || people(1..=2).into_iter().chain(people(3..=4).into_iter().map(|p| p.department(2, "Research")));
    personio.set_people(split());
    assert_eq!(listed(&plan(&stage), "update"), [3, 4]);
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.groups("department"), ["Engineering", "Research"]);
    personio.set_people(people(1..=4));
    assert_eq!(listed(&plan(&stage), "update"), [3, 4]);
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.groups("department"), ["Engineering"]);
}

#[test]
fn case_30_nobody_needs_a_department() {
    let (personio, stage) = in_step_with([ada(), zoe()]);
    personio.set_people([ada().with("department", Value::Null), zoe()]);
    let document = plan(&stage);
    let change = &document["plan"]["update"][0]["changes"][0];
    assert_eq!(
        (&change["field"], &change["from"], &change["to"]),
        (&json!("department"), &json!("Engineering"), &Value::Null)
    );
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage), [1, 2]);
}

#[test]
fn case_31_a_group_goes_with_its_last_member() {
    let (personio, stage) = in_step_with([ada().department(2, "Sales"), zoe()]);
    personio.set_people([ada(), zoe()]);
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.groups("department"), ["Engineering"]);
}

#[test]
fn case_32_spellings_that_differ_in_case_are_one_group_under_the_mirrored_name() {
    let (personio, stage) = in_step_with([ada().with("position", json!("Sales")), zoe()]);
    personio.set_people([
        ada().with("position", json!("Sales")),
        zoe().with("position", json!("sales")),
        person(3, "Eve", "King", "eve@example.org").with("position", json!("SALES")),
    ]);
    let document = plan(&stage);
    assert_eq!(document["notes"][0]["kind"], "spelling_variants");
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.groups("position"), ["Sales"]);
}

#[test]
fn case_33_white_space_makes_no_difference() {
    let (personio, stage) = in_step_with([ada().with("position", json!("Head of Sales")), zoe()]);
    let before = stage.contents();
    for variant in ["  Head of Sales", "Head  of\tSales\n", "Head\u{a0}of Sales", "Head of\u{200b} Sales"] {
        let ada = ada().with("position", json!(variant)).with("first_name", json!(" Ada\u{a0}\n"));
        personio.set_people([ada, zoe()]);
        stage.run(&["sync"]).expect(0);
        assert_eq!(stage.contents(), before, "{variant:?}");
    }
}

#[test]
fn case_34_composed_and_decomposed_letters_are_the_same_and_none_becomes_ascii() {
    let company = |last_name: &str, position: &str| {
        [ada().with("last_name", json!(last_name)).with("position", json!(position)), zoe()]
    };
    let (personio, stage) = in_step_with(company("M\u{fc}ller-Stra\u{df}er", "\u{130}stanbul"));
    let before = stage.contents();
    assert!(before.contains("Müller-Straßer") && before.contains("İstanbul"), "{before}");
    personio.set_people(company("Mu\u{308}ller-Stra\u{df}er", "I\u{307}stanbul"));
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.contents(), before);
}

#[test]
fn case_35_letters_of_all_kinds_are_kept() {
    let (_personio, stage) = in_step_with([ada().with("last_name", json!("שלום 👩🏽‍🚀")).with("position", json!("🚀"))]);
    let contents = stage.contents();
    assert!(contents.contains("שלום") && stage.groups("position") == ["🚀"], "{contents}");
}

#[test]
fn case_36_a_hundred_characters_fit_and_no_value_is_cut() {
    let (personio, stage) = in_step_with([ada(), zoe()]);
    for (value, fits) in [
        ("x".repeat(100), true),
        ("ü".repeat(100), true),
        ("u\u{308}".repeat(100), true),
        ("x".repeat(101), false),
        (format!("{}1", "x".repeat(100)), false),
    ] {
        personio.set_people([ada().with("position", json!(value)), zoe()]);
        let document = plan(&stage);
        let is_noted = notes(&document).contains(&("value_too_long".to_owned(), Some(1)));
        assert_eq!(is_noted, !fits, "{value}");
        stage.run(&["sync"]).expect(0);
        assert_eq!(stage.groups("position").len(), usize::from(fits), "{value}");
    }
    // A name that is too long leaves the person as they are.
    let before = stage.contents();
    personio.set_people([ada().with("last_name", json!("x".repeat(101))).with("position", Value::Null), zoe()]);
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.contents(), before);
}

#[test]
fn case_37_several_values_are_one_group_in_a_fixed_order_or_several() {
    let with_tags = |tags: Value| {
        [ada().custom("dynamic_3", "Skills", "tags", tags), zoe().custom("dynamic_3", "Skills", "tags", json!([]))]
    };
    let personio = Personio::with(with_tags(json!(["Rust", "Ada\nlanguage"])));
    let stage = Stage::connected(&personio);
    stage.configure(&personio, "[groups]\ndynamic_3 = true\n");
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.groups("dynamic_3"), ["Ada language, Rust"]);
    let before = stage.contents();
    personio.set_people(with_tags(json!(["Ada language", "Rust"])));
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.contents(), before);
    stage.configure(&personio, "[groups]\ndynamic_3 = { split = true }\n");
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.groups("dynamic_3"), ["Ada language", "Rust"]);
}

#[test]
fn case_38_numbers_dates_and_leading_zeros_are_text_as_sent() {
    let company = [ada()
        .custom("dynamic_1", "Postcode", "standard", json!("04109"))
        .custom("dynamic_2", "Level", "integer", json!(7))
        .custom("dynamic_3", "Factor", "decimal", json!(0.1))
        .custom("dynamic_4", "Since", "date", json!("2020-02-01T00:00:00+01:00"))];
    let personio = Personio::with(company);
    let stage = Stage::connected(&personio);
    stage.configure(&personio, "[groups]\ndynamic_1 = true\ndynamic_2 = true\ndynamic_3 = true\ndynamic_4 = true\n");
    stage.run(&["sync"]).expect(0);
    for (key, expected) in
        [("dynamic_1", "04109"), ("dynamic_2", "7"), ("dynamic_3", "0.1"), ("dynamic_4", "2020-02-01")]
    {
        assert_eq!(stage.groups(key), [expected]);
    }
}

#[test]
fn case_42_a_supervisor_who_is_not_in_is_nobodys_supervisor() {
    let (personio, stage) = in_step_with([ada(), zoe().supervisor(1)]);
    assert_eq!(supervisors(&stage), [(1, None), (2, Some(1))]);
    let future = ada().with("hire_date", json!("2999-01-01")).with("status", json!("onboarding"));
    for absent in [ada().with("status", json!("inactive")), future] {
        personio.set_people([absent, zoe().supervisor(1)]);
        let document = plan(&stage);
        assert!(notes(&document).contains(&("supervisor_not_in".to_owned(), Some(1))), "{document}");
    }
    stage.run(&["sync"]).expect(0);
    assert_eq!(supervisors(&stage), [(2, None)]);
}

#[test]
fn case_43_circles_of_supervisors_are_broken() {
    let (_personio, stage) = in_step_with([
        ada().supervisor(2),
        zoe().supervisor(1),
        person(3, "Eve", "King", "eve@example.org").supervisor(3),
        person(4, "Ben", "Bär", "ben@example.org").supervisor(1),
    ]);
    assert_eq!(supervisors(&stage), [(1, None), (2, None), (3, None), (4, Some(1))]);
    stage.run(&["status"]).snapshot("cases-circles-of-supervisors");
}

#[test]
fn case_44_a_supervisor_who_was_rehired_is_followed_when_personio_says_so() {
    let (personio, stage) = in_step_with([ada(), zoe().supervisor(1)]);
    let left = ada().with("status", json!("inactive"));
    let rehired = || person(9, "Ada", "Lovelace", "ada@example.org");
    personio.set_people([rehired(), left.clone(), zoe().supervisor(1)]);
    stage.run(&["sync"]).expect(0);
    assert_eq!(supervisors(&stage), [(2, None), (9, None)], "an address proves nothing");
    personio.set_people([rehired(), left, zoe().supervisor(9)]);
    stage.run(&["sync"]).expect(0);
    assert_eq!(supervisors(&stage), [(2, Some(9)), (9, None)]);
}

#[test]
fn case_47_a_page_that_fails_or_a_total_that_changes_leaves_the_mirror_untouched() {
    let (personio, stage) = in_step_with(people(1..=10));
    personio.set_people(people(1..=11));
    personio.limit_pages(2);
    let before = stage.contents();
    for offset in ["0", "2", "10"] {
        personio.interfere(move |request, _| {
            (request.query_value("offset") == Some(offset)).then(|| crate::personio::refusal(500))
        });
        stage.run(&["sync"]).expect(75);
        personio.interfere(move |request, number| {
            let page = json!({"success": true, "metadata": {"total_elements": number}, "data": []});
            (request.query_value("offset") == Some(offset)).then(|| Reply::json(200, &page))
        });
        let ended = stage.run(&["sync"]).expect(65);
        assert!(ended.stderr.contains("3 readings"), "{ended:#?}");
        assert_eq!(stage.contents(), before, "{offset}");
    }
    personio.behave();
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage).len(), 11);
}

#[test]
fn case_49_a_person_who_comes_twice_makes_the_listing_untrusted() {
    let (personio, stage) = in_step_with(people(1..=3));
    let before = stage.contents();
    personio.set_people(people([1, 2, 2]));
    stage.run(&["sync"]).expect(65).snapshot("cases-a-person-who-comes-twice");
    assert_eq!(stage.contents(), before);
}

#[test]
fn case_58_a_new_name_of_the_same_person_is_an_update() {
    let (personio, stage) = in_step_with([ada(), zoe()]);
    personio.set_people([ada().with("last_name", json!("King")), zoe()]);
    let document = plan(&stage);
    assert_eq!((listed(&document, "update"), listed(&document, "remove")), (vec![1], vec![]));
}

#[test]
fn case_59_somebody_with_a_single_name_waits_with_a_note() {
    for key in ["first_name", "last_name"] {
        let (_personio, stage) = in_step_with([ada(), zoe().with(key, json!(""))]);
        assert_eq!(ids(&stage), [1]);
        let status = stage.run(&["status"]).expect(0).stdout;
        assert!(status.contains(&format!("employee 2 is left out: {key} is missing")), "{status}");
    }
}

#[test]
fn case_60_the_import_id_is_chosen_once_and_never_changes() {
    let numbered = |person: Person, number: Value| person.custom("dynamic_5", "Number", "standard", number);
    let eve = || person(3, "Eve", "King", "eve@example.org");
    let personio =
        Personio::with([numbered(ada(), json!("A-1")), numbered(zoe(), json!("A-2")), numbered(eve(), json!(""))]);
    let stage = Stage::connected(&personio);
    let by_number = "[people]\nimport_id = \"dynamic_5\"\n";
    stage.configure(&personio, by_number);
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage), [1, 2], "without a number there is no import id");
    // A number that is changed, reused or given twice moves nobody.
    personio.set_people([numbered(ada(), json!("A-9")), numbered(zoe(), json!("A-2")), numbered(eve(), json!("A-2"))]);
    let document = plan(&stage);
    let expected = [("undecided".to_owned(), Some(3)), ("import_id_kept".to_owned(), Some(1))];
    assert_eq!(notes(&document), expected);
    stage.run(&["sync"]).expect(0);
    assert_eq!((import_id(&stage, 1), ids(&stage)), ("A-1".to_owned(), vec![1, 2]));
    // The number of somebody who left is not free either.
    personio.set_people([numbered(zoe(), json!("A-2")), numbered(eve(), json!("A-1"))]);
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage), [2]);
    stage.configure(&personio, "");
    stage.run(&["sync"]).expect(78).snapshot("cases-import-ids-from-elsewhere");
}

#[test]
fn whoever_is_rehired_under_their_number_returns_with_their_import_id_if_names_and_address_are_the_same() {
    let numbered = |person: Person| person.custom("dynamic_5", "Number", "standard", json!("A-1"));
    let old = || numbered(ada());
    let other = || zoe().custom("dynamic_5", "Number", "standard", json!("A-2"));
    let new = |last_name: &str, email: &str| numbered(person(9, "Ada", last_name, email));
    let inactive = || old().with("status", json!("inactive")).with("email", json!("ada@example.org_x7Ab3"));
    let told = |but: &str| {
        format!("employee 9 is left out: has the import id of employee 1, who left, but {but}: the same person")
    };
    type Case = (&'static str, bool, Person, Option<String>);
    let cases: [Case; 5] = [
        ("in the run that removes the old profile", false, new("Lovelace", "ADA@example.org"), None),
        ("later", true, new("LOVELACE", "ada@example.org"), None),
        ("married", true, new("King", "ada@example.org"), Some(told("with another name"))),
        ("another address", false, new("Lovelace", "al@example.org"), Some(told("with another address"))),
        ("neither", true, new("King", "king@example.org"), Some(told("with another name and address"))),
    ];
    for (what, later, new, doubt) in cases {
        let personio = Personio::with([old(), other()]);
        let stage = Stage::connected(&personio);
        stage.configure(&personio, "[people]\nimport_id = \"dynamic_5\"\n");
        stage.run(&["sync"]).expect(0);
        if later {
            personio.set_people([inactive(), other()]);
            stage.run(&["sync"]).expect(0);
            assert_eq!(ids(&stage), [2], "{what}");
        }
        personio.set_people([inactive(), new, other()]);
        let document = plan(&stage);
        stage.run(&["sync"]).expect(0);
        match doubt {
            None => {
                assert_eq!(notes(&document), [("returned".to_owned(), Some(9))], "{what}");
                assert_eq!((ids(&stage), import_id(&stage, 9)), (vec![2, 9], "A-1".to_owned()), "{what}");
                let known =
                    |id: &str| stage.run(&["status", "--employee", id, "--json"]).expect(0).json()["people"][0].clone();
                assert_eq!(known("1")["returned_as"], json!(9), "{what}: {:#}", known("1"));
                let status = stage.run(&["status", "--employee", "9"]).expect(0).stdout;
                assert!(status.contains("employee 9 is employee 1, who left, with a new profile"), "{status}");
            }
            Some(doubt) => {
                assert_eq!(ids(&stage), [2], "{what}");
                let status = stage.run(&["status"]).expect(0).stdout;
                assert!(status.contains(&doubt), "{what}: {status}");
            }
        }
        assert_eq!((listed(&plan(&stage), "add"), listed(&plan(&stage), "remove")), (vec![], vec![]), "{what}");
    }
}

#[test]
fn what_somebody_was_called_is_erased_in_time_and_then_nobody_is_taken_for_them() {
    let numbered = |person: Person| person.custom("dynamic_5", "Number", "standard", json!("A-1"));
    let other = || zoe().custom("dynamic_5", "Number", "standard", json!("A-2"));
    let personio = Personio::with([numbered(ada()), other()]);
    let stage = Stage::connected(&personio);
    stage.configure(&personio, "[people]\nimport_id = \"dynamic_5\"\n");
    stage.run(&["sync"]).expect(0);
    personio.set_people([other()]);
    stage.run(&["sync"]).expect(0);
    let back = "UPDATE identities SET removed_on = date(removed_on, '-31 days') WHERE removed_on IS NOT NULL";
    stage.sqlite().execute(back, []).unwrap();
    stage.run(&["sync"]).expect(0);
    let new = numbered(person(9, "Ada", "Lovelace", "ada@example.org"));
    personio.set_people([new, other()]);
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage), [2]);
    let status = stage.run(&["status"]).expect(0).stdout;
    let told = "has the import id of employee 1, who left, but what they were called is kept no longer: the same person comes \
                in with the old profile, anybody else with another import id";
    assert!(status.contains(told), "{status}");
    // The way on that the note names.
    personio.set_people([numbered(ada()), other()]);
    stage.run(&["sync"]).expect(0);
    assert_eq!((ids(&stage), import_id(&stage, 1)), (vec![1, 2], "A-1".to_owned()));
}

#[test]
fn an_approved_removal_of_an_inactive_crowd_is_the_whole_plan_or_nothing() {
    let (personio, stage) = in_step_with(people(1..=12));
    personio.set_people(inactive(1..=12));
    let held = stage.run(&["sync"]).expect(20);
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert_eq!(ids(&stage), [0; 0]);
    assert_eq!(stage.groups("department"), [""; 0]);
}

/// Every test that `tests/cases.md` names exists, and every number from 1 to 60 has a line.
#[test]
fn every_case_has_a_line_and_every_test_in_it_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = std::fs::read_to_string(root.join("tests/cases.md")).unwrap();
    let mut sources = String::new();
    let mut folders = vec![root.join("src"), root.join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut numbers = BTreeSet::new();
    for line in list.lines().filter(|line| line.starts_with("| ")) {
        let number = line.trim_start_matches("| ").split(' ').next().unwrap();
        let Ok(number) = number.parse::<u32>() else { continue };
        numbers.insert(number);
        for test in line.split('`').skip(1).step_by(2) {
            assert!(sources.contains(&format!("fn {test}(")), "case {number}: no test {test}");
        }
    }
    assert_eq!(numbers, (1..=60).collect());
    let named = |line: &str| {
        line.trim_start().strip_prefix("fn case_").map(|name| format!("case_{}", name.split('(').next().unwrap()))
    };
    for name in sources.lines().filter_map(named) {
        assert!(list.contains(&format!("`{name}`")), "{name} is not in the list");
    }
}
