//! More chains of holds and approvals: what happens between a plan that was told, its approval, and a delivery that failed.

use std::fs;

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use crate::chains::{CUT_OFF, Scene, http};
use crate::guard::{digest, inactive, people};
use crate::personio::{Person, refusal};

fn number(person: Person) -> Person {
    let id = person.id();
    person.custom("dynamic_1", "Personnel number", "standard", json!(format!("P-{id}")))
}

fn four_left() -> Vec<Person> {
    inactive(1..=4).chain(people(5..=12)).collect()
}

fn with_email(id: i64, email: &str) -> Person {
    people([id]).pop().unwrap().with("email", json!(email))
}

// 1. Whom HR took back, nobody has approved to go.

/// The second run sees the same as the first one, which was held.
#[test]
fn a_plan_that_is_told_again_is_not_carried_out_by_the_approval_of_before() {
    let scene = Scene::delivered();
    scene.personio.set_people(four_left());
    let held = digest(&scene.sync(20));
    scene.approve_in_vain(&held);
    // HR takes it back, and many come.
    scene.personio.set_people(people(1..=40));
    scene.sync(20);
    scene.personio.set_people(four_left());
    let first = scene.sync(20);
    let second = scene.stage.run(&["sync"]);
    assert_eq!((second.code, scene.rows().len()), (20, 12), "{first:#?} {second:#?}");
}

/// A run that delivers nothing sees that they stay.
#[test]
fn whom_a_run_saw_stay_that_delivers_nothing_does_not_go_by_the_approval_of_before() {
    let scene = Scene::delivered();
    scene.personio.set_people(four_left());
    scene.approve_in_vain(&digest(&scene.sync(20)));
    scene.stage.configure(&scene.personio, "");
    scene.personio.set_people(people(1..=12));
    scene.sync(0);
    scene.configure("");
    scene.personio.set_people(four_left());
    let ended = scene.stage.run(&["sync"]);
    assert_eq!((ended.code, scene.rows().len()), (20, 12), "{ended:#?}");
}

/// A run that another file held sees that they stay. Then our file stands there again.
#[test]
fn whom_a_run_saw_stay_that_another_file_held_does_not_go_by_the_approval_of_before() {
    let scene = Scene::delivered();
    scene.personio.set_people(four_left());
    scene.approve_in_vain(&digest(&scene.sync(20)));
    let (ours, aside) = (scene.file(), scene.stage.home().join("ours.csv"));
    let text = fs::read_to_string(&ours).unwrap();
    fs::rename(&ours, &aside).unwrap();
    fs::write(&ours, text + "\"901\",\"901@example.org\",\"Eva\",\"Stranger\"\n").unwrap();
    scene.personio.set_people(people(1..=12));
    scene.sync(20);
    fs::rename(&aside, &ours).unwrap();
    scene.personio.set_people(four_left());
    let ended = scene.stage.run(&["sync"]);
    assert_eq!((ended.code, scene.rows().len()), (20, 12), "{ended:#?}");
}

// 2. Who returns with a new profile.

#[test]
fn whoever_returns_with_a_new_profile_in_an_approved_plan_comes() {
    let mut wrong = Vec::new();
    for which in ["as it was", "somebody came", "undecided", "in vain", "end lost"] {
        let scene = Scene::connected(people(1..=12).into_iter().map(number));
        scene.configure("[people]\nimport_id = \"dynamic_1\"\n");
        scene.approve(&digest(&scene.sync(20)), 0);
        let new = person_20_is_1();
        let now = |new: Person, since: i64| {
            let old = inactive(1..=4).chain(people(5..=since)).map(number);
            old.chain([new]).collect::<Vec<_>>()
        };
        scene.personio.set_people(now(new.clone(), 12));
        let held = digest(&scene.sync(20));
        match which {
            "somebody came" => scene.personio.set_people(now(new.clone(), 13)),
            "undecided" => scene.personio.set_people(now(new.clone().with("status", Value::Null), 12)),
            "in vain" => scene.approve_in_vain(&held),
            _ => {}
        }
        let ended = if which == "in vain" {
            scene.stage.run(&["sync"])
        } else if which == "end lost" {
            scene.stage.sqlite().execute_batch(CUT_OFF).unwrap();
            scene.approve(&held, 75);
            scene.stage.sqlite().execute_batch("DROP TRIGGER cut_off").unwrap();
            scene.stage.run(&["sync"])
        } else {
            scene.stage.run(&["sync", "--approve", &held])
        };
        let rows = scene.rows();
        if ended.code != 0 || !rows.contains(&"P-1".to_owned()) || rows.contains(&"P-2".to_owned()) {
            wrong.push((which, ended.code, rows, ended.stderr));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn person_20_is_1() -> Person {
    let new = people([1]).pop().unwrap();
    let (first, last) = (new.value("first_name").clone(), new.value("last_name").clone());
    let new = with_email(20, "1@example.org").with("first_name", first).with("last_name", last);
    new.custom("dynamic_1", "Personnel number", "standard", json!("P-1"))
}

// 3. Restored mirrors.

// 4. A digest that only a dry run told.

/// The same for one whose seven days are over.
#[test]
fn a_rule_about_the_run_that_came_since_is_not_answered_by_a_digest_that_is_over() {
    let scene = Scene::delivered();
    scene.personio.set_people(four_left());
    let held = digest(&scene.sync(20));
    let told_at = (Utc::now() - TimeDelta::days(8)).format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    scene.stage.sqlite().execute("UPDATE held SET told_at = ?1", [told_at]).unwrap();
    scene.configure("[guard]\nmust_include = [2]\n");
    let ended = scene.stage.run(&["sync", "--approve", &held]);
    assert_eq!((ended.code, scene.rows().len()), (20, 12), "{ended:#?}");
}

/// An approval waits for seven days and no longer.
#[test]
fn an_approval_that_waited_for_eight_days_is_asked_for_again() {
    let scene = Scene::delivered();
    scene.personio.set_people(four_left());
    scene.approve_in_vain(&digest(&scene.sync(20)));
    let told_at = (Utc::now() - TimeDelta::days(8)).format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    scene.stage.sqlite().execute("UPDATE held SET told_at = ?1", [told_at]).unwrap();
    let ended = scene.stage.run(&["sync"]);
    assert_eq!((ended.code, scene.rows().len()), (20, 12), "{ended:#?}");
    let again = scene.stage.run(&["sync"]);
    assert_eq!((again.code, scene.rows().len()), (20, 12), "{again:#?}");
}

// 5. Other files.

/// Nobody saw that an import id of the other file would be somebody of another name.
#[test]
fn whoever_came_since_with_an_import_id_of_another_file_is_seen_first() {
    let scene = Scene::delivered();
    let ours = fs::read_to_string(scene.file()).unwrap();
    fs::write(scene.file(), ours + "\"901\",\"eva@example.org\",\"Eva\",\"Stranger\"\n").unwrap();
    let held = digest(&scene.sync(20));
    scene.personio.set_people(people(1..=12).into_iter().chain(people([901])));
    let ended = scene.stage.run(&["sync", "--approve", &held]);
    assert_eq!(ended.code, 20, "{ended:#?}");
}

// 6. A column that froze.

#[test]
fn a_hold_does_not_end_because_its_column_froze() {
    let shift = |label: &'static str, value: &'static str| {
        move |person: Person| person.custom("dynamic_3", label, "list", json!(value))
    };
    let scene = Scene::connected(people(1..=12).into_iter().map(shift("Shift", "early")));
    scene.configure("[groups]\n\"*\" = true\n");
    scene.approve(&digest(&scene.sync(20)), 0);
    scene.personio.set_people(people(1..=12).into_iter().map(shift("Shift", "late")));
    let held = digest(&scene.sync(20));
    scene.approve_in_vain(&held);
    scene.personio.set_people(people(1..=12).into_iter().map(shift("Krankenkasse", "late")));
    let frozen = scene.stage.run(&["sync"]);
    scene.personio.set_people(people(1..=12).into_iter().map(shift("Shift", "late")));
    let ended = scene.stage.run(&["sync"]);
    let is_late = fs::read_to_string(scene.file()).unwrap().contains("late");
    assert_eq!((frozen.code, ended.code, is_late), (0, 0, true), "{frozen:#?} {ended:#?}");
}

// 7. Addresses given away.

#[test]
fn an_address_that_stands_in_for_one_given_away_is_nowhere() {
    let mut wrong = Vec::new();
    for config in ["", "[people]\nexclude = [\"1@example.org\"]\n", "[guard]\nmust_include = [\"1@example.org\"]\n"] {
        for who in ["nobody", "leaver", "heir", "both", "not listed", "not known"] {
            let scene = Scene::delivered();
            let chain =
                || [with_email(9, "1@example.org"), with_email(10, "9@example.org"), with_email(20, "10@example.org")];
            let now = |leaver: Value, heir: Value| {
                let one = people([1]).into_iter().map(move |one| one.with("status", leaver.clone()));
                let chain = chain()
                    .into_iter()
                    .map(move |one| if one.id() == 9 { one.with("status", heir.clone()) } else { one });
                one.chain(inactive(2..=4)).chain(people(5..=8)).chain(people(11..=12)).chain(chain).collect::<Vec<_>>()
            };
            scene.personio.set_people(now(json!("inactive"), json!("active")));
            let held = digest(&scene.sync(20));
            let (leaver, heir) = match who {
                "leaver" => (Value::Null, json!("active")),
                "heir" => (json!("inactive"), Value::Null),
                "both" => (Value::Null, Value::Null),
                _ => (json!("inactive"), json!("active")),
            };
            scene.personio.set_people(now(leaver, heir));
            if who.starts_with("not") {
                let people = scene.personio.people();
                scene.personio.set_people(people.into_iter().filter(|person| person.id() != 1));
            }
            if who == "not known" {
                scene.personio.interfere(|request, _| request.path.contains("/employees/").then(|| refusal(403)));
            }
            scene.configure(config);
            let page = scene.stage.home().join("page.html");
            let page_path = page.display().to_string();
            let shown = [
                scene.stage.run(&["sync", "--dry-run", "--full", "--review", &page_path]),
                scene.stage.run(&["sync", "--dry-run", "--json"]),
                scene.stage.run(&["sync", "--dry-run", "--explain", "1"]),
                scene.stage.run(&["sync", "--approve", &held, "--json"]),
                scene.stage.run(&["status", "--full"]),
                scene.stage.run(&["status", "--json"]),
                scene.stage.run(&["sync"]),
            ];
            let mirror = String::from_utf8_lossy(&fs::read(scene.stage.mirror()).unwrap()).into_owned();
            let file = fs::read_to_string(scene.file()).unwrap();
            let page = fs::read_to_string(page).unwrap_or_default();
            let said = shown.iter().flat_map(|ended| [ended.stdout.clone(), ended.stderr.clone()]);
            let leak = said.chain([mirror, file.clone(), page]).any(|text| text.contains("given-away"));
            let codes: Vec<i32> = shown.iter().map(|ended| ended.code).collect();
            let doubles = file.matches("\"1@example.org\"").count() > 1;
            let stays = !matches!(who, "leaver" | "both" | "not known")
                || scene.rows().contains(&"1".to_owned())
                || !config.is_empty();
            if leak || codes.contains(&1) || doubles || !stays {
                wrong.push((config, who, codes, leak, doubles, stays, scene.rows(), shown[3].stderr.clone()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

// 8. Half of a takeover.

/// One half was in an approved plan that showed nothing of it, the other one comes later.
#[test]
fn the_other_half_of_a_takeover_is_held_however_the_first_one_went_out() {
    let called = |id: i64, last: &str| people([id]).pop().unwrap().with("last_name", json!(last));
    let mut wrong = Vec::new();
    for which in ["since", "later", "in vain"] {
        let scene = Scene::delivered();
        let now = |six: Person| {
            let five = called(5, "Lovelace 6");
            inactive(1..=4).chain([five, six]).chain(people(7..=12)).collect::<Vec<_>>()
        };
        scene.personio.set_people(now(called(6, "Lovelace 6")));
        let held = digest(&scene.sync(20));
        match which {
            "later" => drop(scene.approve(&held, 0)),
            "in vain" => scene.approve_in_vain(&held),
            _ => {}
        }
        scene.personio.set_people(now(called(6, "Lovelace 5")));
        let ended = match which {
            "since" => scene.stage.run(&["sync", "--approve", &held]),
            _ => scene.stage.run(&["sync"]),
        };
        if ended.code != 20 {
            wrong.push((which, ended));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

// 9. New columns.

/// A plan that is held under an approval of new columns has them too.
#[test]
fn a_plan_that_is_held_under_an_approval_of_new_columns_can_be_approved_with_them() {
    let badge = |person: Person| person.custom("dynamic_1", "Badge", "list", json!("in 1"));
    let shift = |person: Person| person.custom("dynamic_3", "Shift", "tags", json!("late"));
    let scene = Scene::connected(people(1..=12).into_iter().map(badge));
    scene.configure("[groups]\n\"*\" = true\n");
    scene.approve(&digest(&scene.sync(20)), 0);
    scene.personio.set_people(people(1..=12).into_iter().map(badge).map(shift));
    let columns = scene.stage.run(&["sync", "--new-columns", "--dry-run"]).expect(20);
    let (_, columns) = columns.stderr.split_once("--approve ").unwrap();
    let columns = columns.trim().to_owned();
    let (folder, aside) = (scene.folder(), scene.stage.home().join("aside"));
    let (from, to) = (folder.clone(), aside.clone());
    scene.personio.meanwhile(move || fs::rename(&from, &to).unwrap());
    let failed = scene.stage.run(&["sync", "--new-columns", "--approve", &columns]);
    assert!(failed.code == 75 || failed.code == 77, "{failed:#?}");
    fs::rename(&aside, &folder).unwrap();
    scene.personio.set_people(four_left().into_iter().map(badge).map(shift));
    let held = scene.sync(20);
    scene.approve(&digest(&held), 0);
    let file = fs::read_to_string(scene.file()).unwrap();
    assert_eq!((file.contains("\"Shift\""), scene.rows().len()), (true, 8), "{held:#?}");
}

// 10. What is told.

/// Status promises nothing that the next run does not do.
#[test]
fn status_tells_of_an_approval_only_while_the_next_run_repeats_it() {
    let mut wrong = Vec::new();
    for which in ["another file", "another destination", "eight days"] {
        let scene = Scene::delivered();
        scene.personio.set_people(four_left());
        scene.approve_in_vain(&digest(&scene.sync(20)));
        match which {
            "another file" => {
                let ours = fs::read_to_string(scene.file()).unwrap();
                fs::write(scene.file(), ours + "\"901\",\"901@example.org\",\"Eva\",\"Stranger\"\n").unwrap();
            }
            "another destination" => scene.stage.configure(&scene.personio, ""),
            _ => {
                let told_at = (Utc::now() - TimeDelta::days(8)).format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
                scene.stage.sqlite().execute("UPDATE held SET told_at = ?1", [told_at]).unwrap();
            }
        }
        scene.sync(20);
        let status = scene.stage.run(&["status", "--json"]).json();
        if status["approved"] != Value::Null {
            wrong.push((which, status["approved"].clone(), scene.stage.run(&["status"]).stdout));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The end of an approved run is lost, HR takes it back, and slips again.
#[test]
fn an_approval_whose_end_was_lost_is_spent() {
    let scene = Scene::delivered();
    scene.personio.set_people(four_left());
    let held = digest(&scene.sync(20));
    scene.stage.sqlite().execute_batch(CUT_OFF).unwrap();
    scene.approve(&held, 75);
    scene.stage.sqlite().execute_batch("DROP TRIGGER cut_off").unwrap();
    scene.personio.set_people(people(1..=12));
    scene.sync(0);
    assert_eq!(scene.rows().len(), 12);
    scene.personio.set_people(four_left());
    let ended = scene.stage.run(&["sync"]);
    assert_eq!((ended.code, scene.rows().len()), (20, 12), "{ended:#?}");
    let ended = scene.stage.run(&["sync", "--approve", &held]);
    assert_eq!((ended.code, scene.rows().len()), (20, 12), "{ended:#?}");
}

// 11. A rule that was seen after an approval is not answered by it.

#[test]
fn a_rule_about_the_run_that_was_told_after_an_approval_is_not_answered_by_it() {
    let mut wrong = Vec::new();
    for which in ["must_include", "clock"] {
        let scene = Scene::delivered();
        scene.personio.set_people(four_left());
        scene.approve_in_vain(&digest(&scene.sync(20)));
        match which {
            "must_include" => scene.configure("[guard]\nmust_include = [2]\n"),
            _ => scene.personio.date(http(Utc::now() - TimeDelta::hours(30))),
        }
        let first = scene.sync(20);
        let second = scene.stage.run(&["sync"]);
        if (second.code, scene.rows().len()) != (20, 12) {
            wrong.push((which, first, second));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// An approval over another file that came to nothing answers nothing once it is over.
#[test]
fn another_file_is_a_question_again_once_the_approval_over_it_came_to_nothing() {
    let scene = Scene::delivered();
    let ours = fs::read_to_string(scene.file()).unwrap();
    fs::write(scene.file(), ours + "\"901\",\"eva@example.org\",\"Eva\",\"Stranger\"\n").unwrap();
    scene.approve_in_vain(&digest(&scene.sync(20)));
    let told_at = (Utc::now() - TimeDelta::days(8)).format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    scene.stage.sqlite().execute("UPDATE held SET told_at = ?1", [told_at]).unwrap();
    fs::remove_file(scene.file()).unwrap();
    let ended = scene.stage.run(&["sync"]);
    assert_eq!((ended.code, scene.file().exists()), (20, false), "{ended:#?}");
}

/// Whoever left days ago returns with a new profile in an approved plan.
#[test]
fn whoever_left_before_an_approved_plan_and_returns_in_it_comes() {
    let mut wrong = Vec::new();
    for which in ["as it was", "undecided", "old profile too", "renamed"] {
        let scene = Scene::connected(people(1..=12).into_iter().map(number));
        scene.configure("[people]\nimport_id = \"dynamic_1\"\n");
        scene.approve(&digest(&scene.sync(20)), 0);
        scene.personio.set_people(inactive([1]).chain(people(2..=12)).map(number));
        scene.sync(0);
        let now = |one: Vec<Person>, new: Person| {
            let all = one.into_iter().chain(inactive(2..=5)).chain(people(6..=12)).map(number);
            all.chain([new]).collect::<Vec<_>>()
        };
        scene.personio.set_people(now(inactive([1]).collect(), person_20_is_1()));
        let held = digest(&scene.sync(20));
        match which {
            "undecided" => {
                scene.personio.set_people(now(inactive([1]).collect(), person_20_is_1().with("status", Value::Null)))
            }
            "old profile too" => scene.personio.set_people(now(people([1]), person_20_is_1())),
            "renamed" => scene
                .personio
                .set_people(now(inactive([1]).collect(), person_20_is_1().with("last_name", json!("King")))),
            _ => {}
        }
        let ended = scene.stage.run(&["sync", "--approve", &held]);
        let rows = scene.rows();
        if ended.code != 0 || rows.iter().filter(|row| *row == "P-1").count() != 1 {
            wrong.push((which, ended.code, rows, ended.stderr));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// HR makes the old profile active again, or keeps it undecided, beside the new one.
#[test]
fn somebody_with_two_profiles_ends_no_run_with_1() {
    let mut wrong = Vec::new();
    for old in [json!("active"), Value::Null] {
        for new in [json!("active"), json!("inactive"), Value::Null] {
            let scene = Scene::connected(people(1..=12).into_iter().map(number));
            scene.configure("[people]\nimport_id = \"dynamic_1\"\n");
            scene.approve(&digest(&scene.sync(20)), 0);
            let rest = || inactive(2..=4).chain(people(5..=12)).map(number);
            scene.personio.set_people(inactive([1]).map(number).chain(rest()).chain([person_20_is_1()]));
            let held = digest(&scene.sync(20));
            let one = people([1]).into_iter().map(number).map(|one| one.with("status", old.clone()));
            scene.personio.set_people(one.chain(rest()).chain([person_20_is_1().with("status", new.clone())]));
            let ended = scene.stage.run(&["sync", "--approve", &held]);
            let ones = scene.rows().iter().filter(|row| *row == "P-1").count();
            if !matches!(ended.code, 0 | 20) || ones != 1 {
                wrong.push((old.clone(), new, ended, ones));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Random plans that were approved a night later.
#[test]
fn nobody_goes_on_doubt_and_no_run_ends_with_1_under_a_random_approval() {
    let mut state = 7_u64;
    let mut random = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut wrong = Vec::new();
    for round in 0..60 {
        let scene = Scene::delivered();
        let mut somebody = |id: i64, is_doubt: bool| {
            let addresses = ["1@example.org", "2@example.org", "5@example.org", "6@example.org"];
            let mut one = people([id]).pop().unwrap();
            if random(2) == 0 {
                one = one.with("email", json!(addresses[random(4) as usize]));
            }
            if random(4) == 0 {
                one = one.with("last_name", json!(format!("Lovelace {}", [1, 2, 5, 6][random(4) as usize])));
            }
            match random(if is_doubt { 4 } else { 8 }) {
                0 => one.with("status", Value::Null),
                1 => one.with("status", json!("inactive")),
                _ => one,
            }
        };
        let changing = [5, 6, 7, 20, 21];
        let told: Vec<Person> = changing.iter().map(|id| somebody(*id, false)).collect();
        scene.personio.set_people(inactive(1..=4).chain(told.clone()).chain(people(8..=12)));
        let held = scene.stage.run(&["sync", "--json"]);
        if held.code != 20 {
            wrong.push((round, "told", held.code, held.stderr));
            continue;
        }
        let document = held.json();
        let held = document["held"]["digest"].as_str().unwrap().to_owned();
        let plan = document["plan"].clone();
        let ids = |kind: &str| -> Vec<i64> {
            let list = plan[kind].as_array().into_iter().flatten();
            list.filter_map(|one| one["id"].as_i64()).collect()
        };
        let (added, removed) = (ids("add"), ids("remove"));
        assert!(!removed.is_empty(), "{document:#}");
        let mut today: Vec<Person> = Vec::new();
        let mut doubtful: Vec<i64> = Vec::new();
        for (at, id) in changing.iter().enumerate() {
            let one = if at % 2 == round % 2 { somebody(*id, true) } else { told[at].clone() };
            if *one.value("status") == Value::Null {
                doubtful.push(*id);
            }
            today.push(one);
        }
        let leaver = if round % 3 == 0 {
            people([1]).pop().unwrap().with("status", Value::Null)
        } else {
            inactive([1]).next().unwrap()
        };
        if round % 3 == 0 {
            doubtful.push(1);
        }
        scene.personio.set_people([leaver].into_iter().chain(inactive(2..=4)).chain(today).chain(people(8..=12)));
        let before = scene.rows();
        let ended = scene.stage.run(&["sync", "--approve", &held]);
        if !matches!(ended.code, 0 | 20) {
            wrong.push((round, "code", ended.code, ended.stderr));
            continue;
        }
        let (rows, file) = (scene.rows(), fs::read_to_string(scene.file()).unwrap());
        if file.contains("given-away") {
            wrong.push((round, "leak", ended.code, file));
            continue;
        }
        let lost: Vec<i64> = doubtful
            .into_iter()
            .filter(|id| before.contains(&id.to_string()) || (ended.code == 0 && added.contains(id)))
            .filter(|id| !rows.contains(&id.to_string()))
            .filter(|id| !(removed.contains(id) && *id != 1))
            .collect();
        if !lost.is_empty() {
            wrong.push((
                round,
                "doubt",
                ended.code,
                format!("{lost:?} {added:?} {removed:?} {rows:?} {}", ended.stderr),
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The credential is renewed with another client id, and the plan is told again: it is a plan of this account.
#[test]
fn a_plan_that_is_told_again_under_a_renewed_credential_can_be_approved_a_night_later() {
    let scene = Scene::delivered();
    scene.personio.set_people(four_left());
    let before = digest(&scene.sync(20));
    scene.stage.connect_as("renewed", crate::personio::SECRET, &["--no-sync"]).expect(0);
    let again = digest(&scene.sync(20));
    scene.personio.set_people(inactive(1..=4).chain(people(5..=13)));
    let ended = scene.stage.run(&["sync", "--approve", &again]);
    assert_eq!((ended.code, scene.rows().len()), (0, 9), "{before} {again} {ended:#?}");
}

/// Under another account the approval that failed is none, and a plan that is told again has nobody's.
#[test]
fn status_and_runs_agree_after_a_restored_mirror_was_approved() {
    let scene = Scene::delivered();
    let older = fs::read(scene.stage.mirror()).unwrap();
    scene.personio.set_people(people(1..=13));
    scene.sync(0);
    fs::write(scene.stage.mirror(), older).unwrap();
    let held = digest(&scene.sync(20));
    // The folder cannot be looked at, so nothing is sent.
    let (folder, aside) = (scene.folder(), scene.stage.home().join("aside"));
    fs::rename(&folder, &aside).unwrap();
    let failed = scene.stage.run(&["sync", "--approve", &held]);
    fs::rename(&aside, &folder).unwrap();
    let ended = scene.stage.run(&["sync"]);
    assert_eq!((ended.code, scene.rows().len()), (0, 13), "{failed:#?} {ended:#?}");
}

/// Four of sixty leave on two days: what a person saw is asked once.
#[test]
fn a_plan_that_is_approved_where_all_stay_ends_quietly() {
    let scene = Scene::delivered();
    scene.personio.set_people(four_left());
    let held = digest(&scene.sync(20));
    scene.personio.set_people(people(1..=13));
    let ended = scene.stage.run(&["sync", "--approve", &held]);
    assert_eq!((ended.code, scene.rows().len()), (0, 13), "{ended:#?}");
    scene.personio.set_people(inactive(1..=4).chain(people(5..=13)));
    let again = scene.stage.run(&["sync"]);
    assert_eq!((again.code, scene.rows().len()), (20, 13), "{again:#?}");
    let status = scene.stage.run(&["status", "--json"]).json();
    assert_eq!(status["approved"], Value::Null, "{status:#}");
}

/// A plan under another digest goes with an approval that waits: nobody goes who was not in it.
#[test]
fn whoever_goes_besides_an_approval_that_waits_counts_by_the_limits() {
    let scene = Scene::delivered();
    scene.personio.set_people(four_left());
    scene.approve_in_vain(&digest(&scene.sync(20)));
    scene.personio.set_people(inactive(1..=5).chain(people(6..=12)));
    scene.sync(0);
    assert_eq!(scene.rows().len(), 7);
    // Three more by themselves are too many with the one that nobody saw.
    scene.personio.set_people(inactive(1..=8).chain(people(9..=12)));
    let ended = scene.stage.run(&["sync"]);
    assert_eq!((ended.code, scene.rows().len()), (20, 7), "{ended:#?}");
}
