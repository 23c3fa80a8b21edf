//! What the guard holds, through the real binary: nothing is applied, and the message says why and what to do.

use serde_json::{Value, json};

use crate::personio::{Person, Personio, person};
use crate::stage::{Ended, Stage};

/// Active people without anything special.
pub fn people(ids: impl IntoIterator<Item = i64>) -> Vec<Person> {
    ids.into_iter().map(|id| person(id, "Ada", &format!("Lovelace {id}"), &format!("{id}@example.org"))).collect()
}

pub fn inactive(ids: impl IntoIterator<Item = i64>) -> impl Iterator<Item = Person> {
    people(ids).into_iter().map(|person| person.with("status", json!("inactive")))
}

/// The digest of the one command that approves.
pub fn digest(held: &Ended) -> String {
    let (_, after) = held.stderr.split_once(" sync --approve ").unwrap_or_else(|| panic!("{held:#?}"));
    after.trim().to_owned()
}

/// The ids that Personio was asked about, in no order: several are asked about at once.
pub fn questions(personio: &Personio) -> Vec<i64> {
    let requests = personio.requests();
    let asked = requests.iter().filter_map(|request| request.strip_prefix("GET /v1/company/employees/")?.parse().ok());
    let mut asked: Vec<i64> = asked.collect();
    asked.sort_unstable();
    asked
}

pub fn ids(stage: &Stage) -> Vec<i64> {
    stage.people().into_iter().map(|(id, _)| id).collect()
}

/// Both the dry run and the real one are held, with the same words, and leave people and groups alone.
#[track_caller]
pub fn assert_held(stage: &Stage, parts: &[&str]) -> Ended {
    let before = stage.contents();
    let bytes = std::fs::read(stage.mirror()).unwrap();
    let previewed = stage.run(&["sync", "--dry-run"]).expect(20);
    assert_eq!(std::fs::read(stage.mirror()).unwrap(), bytes, "a dry run changes no byte");
    let held = stage.run(&["sync"]).expect(20);
    // A dry run does not recommend a dry run.
    let reasons = |ended: &Ended| ended.stderr.split("\nhint: ").next().unwrap().to_owned();
    assert_eq!(reasons(&held), reasons(&previewed));
    assert_eq!(held.stdout, "");
    for part in parts {
        assert!(held.stderr.contains(part), "no {part:?} in {held:#?}");
    }
    assert!(held.stderr.lines().count() <= 10, "{}", held.stderr);
    assert!(!held.stderr.contains('@'), "{}", held.stderr);
    assert_eq!(stage.contents(), before);
    held
}

#[test]
fn a_held_plan_changes_nothing_not_even_what_is_harmless_and_says_what_to_do() {
    let personio = Personio::with(people(1..=42));
    let stage = Stage::in_step(&personio);
    personio.set_people(people(3..=42).into_iter().chain(inactive(1..=2)));
    stage.run(&["sync"]).expect(0);

    let harmless = people(9..=9).pop().unwrap().with("last_name", json!("King"));
    let held_company = || inactive(3..=8).chain([harmless.clone()]).chain(people(10..=43)).collect::<Vec<_>>();
    personio.set_people(held_company());
    let held = assert_held(&stage, &[]).snapshot("guard-held");
    assert_eq!(held.stderr.matches("--approve").count(), 1, "one command approves");

    let row = |sql: &str| -> Value {
        let text: String = stage.sqlite().query_row(sql, [], |row| row.get(0)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let last = row(
        "SELECT json_object('exit', exit_code, 'digest', digest, 'by', (SELECT group_concat(value ->> 'kind', ' ') FROM json_each(held_by)), 'added', added, 'updated', updated, \
         'removed', removed, 'applied', applied) FROM runs ORDER BY id DESC LIMIT 1",
    );
    let expected = json!({
        "exit": 20, "digest": digest(&held), "by": "removals", "added": 1, "updated": 1, "removed": 6, "applied": 0,
    });
    assert_eq!(last, expected);

    assert!(stage.run(&["status"]).snapshot("guard-held-status").stdout.contains(&digest(&held)));
    personio.set_people(held_company().into_iter().chain(people(44..=44)));
    stage.run(&["sync"]).expect(20);
    stage.run(&["status"]).expect(0).snapshot("guard-held-and-changed-status");
}

/// Four of sixty leave and four come on each of eight days: nobody is asked about the same people twice.
#[test]
fn whom_an_approved_plan_showed_counts_no_more() {
    let personio = Personio::with(people(1..=60));
    let stage = Stage::in_step(&personio);
    let leave = |up_to: i64| personio.set_people(inactive(1..=up_to).chain(people(up_to + 1..=60 + up_to)));
    for day in 1..=8 {
        leave(4 * day);
        if day % 2 == 1 {
            stage.run(&["sync"]).expect(0);
            continue;
        }
        let held = stage.run(&["sync"]).expect(20);
        let first = 4 * day - 7;
        assert!(held.stderr.contains("4 people would be removed, and 4 were since "), "{held:#?}");
        let page = stage.home().join("page.html");
        let shown = stage.run(&["sync", "--dry-run", "--full", "--review", page.to_str().unwrap()]).expect(20).stdout;
        let page = std::fs::read_to_string(&page).unwrap();
        let json = stage.run(&["sync", "--dry-run", "--json"]).expect(20).json()["plan"]["went_before"].clone();
        assert_eq!(json.as_array().unwrap().len(), 4);
        for (at, id) in (first..first + 4).enumerate() {
            assert!(shown.contains(&format!("  {id} Ada Lovelace {id}, on ")), "{shown}");
            assert!(page.contains(&format!("Ada Lovelace {id}")), "{page}");
            assert_eq!((&json[at]["id"], &json[at]["reason"]["kind"]), (&json!(id), &json!("inactive")));
        }
        stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    }
    assert_eq!(ids(&stage), (33..=92).collect::<Vec<_>>());
}

#[test]
fn a_first_file_lacks_whoever_is_undecided_and_everywhere_says_so() {
    let undecided = people(41..=42).into_iter().map(|person| person.with("email", json!("nonsense")));
    let personio = Personio::with(people(1..=40).into_iter().chain(undecided));
    let stage = Stage::connected(&personio);
    let to = stage.home().join("employees.csv");
    stage.configure(&personio, &format!("[delivery]\nto = \"file://{}\"\n", to.display()));
    let page = stage.home().join("page.html");
    let shown = stage.run(&["sync", "--dry-run", "--review", page.to_str().unwrap()]).expect(20);
    let told = "not among the 40 people in the file, such as 2 people of Personio who cannot be decided about";
    assert!(shown.stderr.contains(told) && shown.stdout.contains("? 41 "), "{shown:#?}");
    let page = std::fs::read_to_string(&page).unwrap();
    assert!(
        page.contains("such as 2\u{a0}people of Personio") || page.contains("such as 2 people of Personio"),
        "{page}"
    );
    let document = stage.run(&["sync", "--json"]).expect(20).json();
    assert!(document["held"].to_string().contains(told), "{document:#}");
    let left_out = json!([[41, false], [42, false]]);
    let undecided = document["plan"]["undecided"].as_array().unwrap().iter();
    assert_eq!(undecided.map(|one| json!([one["id"], one["kept"]])).collect::<Value>(), left_out);
}

#[test]
fn the_json_of_a_held_plan_names_every_rule() {
    let personio = Personio::with(people(1..=40));
    let stage = Stage::in_step(&personio);
    personio.set_people(inactive(1..=40));
    for arguments in [&["sync", "--dry-run", "--json"][..], &["sync", "--json"]] {
        let document = stage.run(arguments).expect(20).json();
        let rules: Vec<&str> =
            document["held"]["rules"].as_array().unwrap().iter().map(|rule| rule["kind"].as_str().unwrap()).collect();
        assert_eq!(
            (document["exit_code"].as_i64(), rules),
            (Some(20), vec!["removals_at_most", "removals", "more_than_half", "last_person"])
        );
        assert_eq!(document["counts"]["removed"], 40);
    }
}

#[test]
fn every_limit_can_be_configured_and_a_missing_key_means_the_default() {
    use honestly_sync::config::{Environment, load};
    use honestly_sync::roster::guard::{Guard, Limit};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let environment = || Environment { home: Some(folder.path().to_owned()), ..Environment::default() };
    let guard_of = |lines: &str| {
        std::fs::write(&path, format!("[guard]\n{lines}\n")).unwrap();
        load(Some(&path), environment()).map(|config| config.guard)
    };
    let default = Guard::default;
    let Limit { people, percent } = default().removals;
    for (lines, expected) in [
        ("", default()),
        ("removals = 0", Guard { removals: Limit { people: 0, percent }, ..default() }),
        ("removals_percent = 7", Guard { removals: Limit { people, percent: 7 }, ..default() }),
        ("removals_at_most = 0", Guard { removals_at_most: Some(0), ..default() }),
        ("additions = 1", Guard { additions: Limit { people: 1, percent: 50 }, ..default() }),
        ("additions_percent = 1", Guard { additions: Limit { people: 20, percent: 1 }, ..default() }),
        ("field_changes = 1", Guard { field_changes: Limit { people: 1, percent: 30 }, ..default() }),
        ("field_changes_percent = 1", Guard { field_changes: Limit { people: 10, percent: 1 }, ..default() }),
    ] {
        assert_eq!(guard_of(lines), Ok(expected), "{lines}");
    }
    let named = guard_of("must_include = [7, \"8\", \"Ada@Example.org\"]").unwrap();
    assert_eq!(named.must_include.len(), 3);
    for wrong in ["removals = -1", "removals = \"3\"", "removal = 3", "force = true", "removals_percent = 1.5"] {
        assert_eq!(guard_of(wrong).unwrap_err().exit.code(), 78, "{wrong}");
    }
}

#[test]
fn case_45_an_edited_filter_removes_nobody_unseen() {
    let sales = people(11..=11).pop().unwrap().department(2, "Sales");
    let company = || people(1..=10).into_iter().chain([sales.clone()]);
    let personio = Personio::with(company());
    let stage = Stage::in_step(&personio);
    stage.configure(&personio, "[people]\ndepartments = [\"Engineering\"]\n");
    let held = assert_held(
        &stage,
        &["1 person would be removed while the scope has changed", "the filter on department is new"],
    );
    stage.run(&["sync", "--dry-run"]).snapshot("guard-filter-edited");
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert_eq!(ids(&stage), (1..=10).collect::<Vec<_>>());
    // The scope is known now: whoever moves out of it goes by themself.
    personio.set_people(company().skip(1).chain([people(1..=1).pop().unwrap().department(2, "Sales")]));
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage), (2..=10).collect::<Vec<_>>());
}

#[test]
fn an_edit_removes_nobody_unseen_who_was_undecided_when_it_was_made() {
    let sales = |status: Value| {
        people(11..=13).into_iter().map(move |person| person.department(2, "Sales").with("status", status.clone()))
    };
    let personio = Personio::with(people(1..=10).into_iter().chain(sales(json!("active"))));
    let stage = Stage::in_step(&personio);
    stage.configure(&personio, "[people]\ndepartments = [\"Engineering\"]\n");
    personio.set_people(people(1..=10).into_iter().chain(sales(Value::Null)));
    stage.run(&["sync"]).expect(0);
    stage.run(&["sync"]).expect(0);
    // Whoever left goes, whatever was edited; whoever is back in their place does not.
    let left = || inactive([11]).map(|person| person.department(2, "Sales"));
    personio.set_people(people(1..=10).into_iter().chain(left()).chain(sales(Value::Null).skip(1)));
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage), (1..=10).chain(12..=13).collect::<Vec<_>>());
    personio.set_people(people(1..=10).into_iter().chain(left()).chain(sales(json!("active")).skip(1)));
    let since = "2 people would be removed while the scope has changed since they were last decided (the filter on \
                 department is new)";
    assert_held(&stage, &[since]);
    // Held runs remember nothing.
    assert_held(&stage, &[since]);
    // An edit that lets them in is no reason to hold anybody.
    stage.configure(&personio, "[people]\ndepartments = [\"Engineering\", \"Sales\"]\n");
    personio.set_people(people(1..=10).into_iter().chain(inactive(11..=12)).chain(sales(json!("active")).skip(2)));
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage), (1..=10).chain([13]).collect::<Vec<_>>());
}

#[test]
fn an_exclusion_of_people_who_are_not_listed_is_held_when_they_are_back() {
    let personio = Personio::with(people(1..=40));
    let stage = Stage::in_step(&personio);
    stage.configure(&personio, "[people]\nexclude = [4, 9]\n");
    personio.hide([4, 9], usize::MAX);
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage).len(), 40);
    personio.hide([], 0);
    assert_held(
        &stage,
        &["2 people would be", "last decided (employee 4 is excluded now; employee 9 is excluded now)"],
    );
}

#[test]
fn an_edited_filter_that_removes_nobody_passes() {
    let personio = Personio::with(people(1..=10));
    let stage = Stage::in_step(&personio);
    stage.configure(&personio, "[people]\ndepartments = [\"Engineering\", \"Sales\"]\n");
    stage.run(&["sync"]).expect(0);
}

#[test]
fn case_24_a_status_or_termination_date_taken_from_the_credential_adds_no_leavers() {
    let personio = Personio::with(people(1..=10).into_iter().chain(inactive(11..=14)));
    let stage = Stage::in_step(&personio);
    assert_eq!(ids(&stage).len(), 10);
    for key in ["status", "termination_date"] {
        personio.set_people(people(1..=14).into_iter().map(|person| person.without(key)));
        let expected = format!("{key} could be read before and cannot be read for anybody now");
        assert_held(&stage, &[&expected]);
    }
}

#[test]
fn case_25_an_optional_attribute_taken_from_the_credential_clears_nothing() {
    let with_office = |id| {
        let office = json!({"type": "Office", "attributes": {"id": 5, "name": "Berlin"}});
        people(id..=id).pop().unwrap().with("office", office)
    };
    let personio = Personio::with((1..=5).map(with_office));
    let stage = Stage::in_step(&personio);
    assert_eq!(stage.groups("office"), ["Berlin"]);
    personio.set_people(people(1..=5));
    let held = assert_held(&stage, &["office could be read before and cannot be read for anybody now"]);
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert_eq!(stage.groups("office"), ["Berlin"], "also an approved run clears nothing that is merely withheld");
    stage.run(&["sync"]).expect(0);
}

#[test]
fn case_26_a_mandatory_attribute_taken_from_the_credential_stops_everything() {
    let personio = Personio::with(people(1..=30));
    let stage = Stage::in_step(&personio);
    for key in ["email", "last_name", "department"] {
        personio.set_people(people(1..=31).into_iter().map(|person| person.without(key)));
        assert_held(&stage, &[&format!("{key} could be read before and cannot be read for anybody now")]);
    }
}

#[test]
fn case_46_another_companys_people_are_refused() {
    let personio = Personio::with(people(1..=2));
    let stage = Stage::in_step(&personio);
    personio.set_people(people(101..=102));
    assert_held(&stage, &["none of the 2 people in the mirror is among the 2 whom Personio listed"]);
    let connected = stage.connect(&[]).expect(77);
    assert!(connected.stderr.contains("belongs to another company"), "{connected:#?}");
}

#[test]
fn case_47_a_listing_of_nobody_is_held() {
    let personio = Personio::with(people(1..=2));
    let stage = Stage::in_step(&personio);
    let first = Stage::connected(&personio);
    personio.set_people([]);
    assert_held(&stage, &["Personio listed nobody at all"]);
    first.run(&["sync"]).expect(20);
    assert_eq!(ids(&first), [0; 0]);
}

#[test]
fn somebody_who_must_be_included_holds_every_plan_without_them() {
    let personio = Personio::with(people(1..=5));
    let stage = Stage::in_step(&personio);
    stage.configure(&personio, "[guard]\nmust_include = [\"5@EXAMPLE.org\", 4]\n");
    stage.run(&["sync"]).expect(0);
    personio.set_people(people(1..=4).into_iter().chain(inactive(5..=5)));
    assert_held(&stage, &["somebody named in must_include by e-mail address is not in: left, status inactive"]);
    personio.set_people(people([1, 2, 3, 5]).into_iter().chain(inactive(4..=4)));
    assert_held(&stage, &["employee 4, named in must_include, is not in: left, status inactive"]);
    stage.configure(&personio, "[guard]\nmust_include = [\"nobody@example.org\", 99]\n");
    assert_held(
        &stage,
        &[
            "by e-mail address is not in: no employee who has not left has that address",
            "is not in: Personio does not list them",
        ],
    );
}

#[test]
fn a_flood_of_new_people_is_held() {
    let personio = Personio::with(people(1..=10));
    let stage = Stage::in_step(&personio);
    personio.set_people(people(1..=31));
    assert_held(&stage, &["21 people would be added to 10 (210 %); the limit is 20 people and 50 %"]);
    personio.set_people(people(1..=30));
    stage.run(&["sync"]).expect(0);
}

#[test]
fn one_field_for_everybody_is_held() {
    let personio = Personio::with(people(1..=20));
    let stage = Stage::in_step(&personio);
    let moved = |person: Person| {
        let address = format!("{}@example.com", person.id());
        person.with("email", json!(address))
    };
    personio.set_people(people(1..=20).into_iter().map(moved));
    assert_held(&stage, &["\"Email\" would change for 20 of 20 people (100 %); the limit is 10 people and 30 %"]);
}

#[test]
fn case_51_a_small_company_has_its_normal_comings_and_goings() {
    let personio = Personio::with(people(1..=12));
    let stage = Stage::in_step(&personio);
    personio.set_people(people(3..=12).into_iter().chain(inactive(1..=2)));
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage).len(), 10);
    personio.set_people(inactive(1..=12));
    assert_held(&stage, &["10 people would be removed, and 2 were since "]);
}

#[test]
fn case_52_a_plan_held_three_times_is_held_since_the_first() {
    let personio = Personio::with(people(1..=12));
    let stage = Stage::in_step(&personio);
    personio.set_people(people(5..=13).into_iter().chain(inactive(1..=4)));
    let digests: Vec<String> = (0..3).map(|_| digest(&stage.run(&["sync"]).expect(20))).collect();
    assert!(digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
    let held = stage.run(&["status", "--json"]).expect(0).json()["held"].clone();
    let first: i64 =
        stage.sqlite().query_row("SELECT min(id) FROM runs WHERE exit_code = 20", [], |row| row.get(0)).unwrap();
    assert_eq!((&held["first_run_id"], &held["same_plan"]), (&json!(first), &json!(true)));
    assert_eq!(ids(&stage), (1..=12).collect::<Vec<_>>(), "nobody came either");
}

#[test]
fn case_55_a_wrong_clock_moves_nobody() {
    // Personio's own clock is the witness.
    let personio = Personio::with(people(1..=5));
    let stage = Stage::in_step(&personio);
    let leaver = |id: i64| {
        people(id..=id)
            .pop()
            .unwrap()
            .with("termination_date", json!("2021-01-31T00:00:00+01:00"))
            .with("status", json!("inactive"))
    };
    personio.set_people(people(2..=5).into_iter().chain([leaver(1)]));
    personio.date("Tue, 26 Jan 2021 08:49:37 GMT");
    let ended = stage.run(&["sync"]).expect(0);
    assert!(ended.stderr.contains("hours ahead of Personio's: nobody comes, and nobody goes by a date"), "{ended:#?}");
    assert_eq!(ids(&stage), [1, 2, 3, 4, 5]);

    // Without it, the last run is. A run in the far future stands for a clock that has since gone back.
    let personio = Personio::with(people(1..=5));
    let stage = Stage::in_step(&personio);
    stage.sqlite().execute("UPDATE runs SET finished_at = '2999-01-01T00:00:00.000Z'", []).unwrap();
    stage.run(&["sync", "--dry-run"]).expect(0);
    let late = person(5, "E", "Five", "5@example.org").with("hire_date", json!("2998-12-31"));
    personio.set_people(people(1..=4).into_iter().chain([late.with("status", json!("onboarding"))]));
    // A run whose own clock was in doubt is no proof to the next one.
    for _ in 0..2 {
        let notes = stage.run(&["sync", "--json"]).expect(0).json()["notes"].to_string();
        assert!(notes.contains("hours before the end of the last run: nobody comes"), "{notes}");
        assert_eq!(ids(&stage), [1, 2, 3, 4, 5]);
    }
    // Personio's clock outweighs a log that is from the future.
    personio.date(httpdate_now());
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage), [1, 2, 3, 4]);
}

pub fn httpdate_now() -> String {
    httpdate::fmt_http_date(std::time::SystemTime::now())
}
