//! Names at Personio are not identities: labels, departments and offices are renamed, doubled and exchanged, and nobody goes.

use serde_json::{Value, json};

use crate::personio::http::{Reply, Request};
use crate::personio::{Interference, Person, Personio, person, refusal};
use crate::stage::{Ended, Stage};

fn somebody(id: i64) -> Person {
    person(id, "Ada", "Lovelace", &format!("{id}@example.org"))
}

fn digest(held: &Ended) -> String {
    held.json()["plan"]["digest"].as_str().unwrap().to_owned()
}

/// Twenty people with two attributes of their own, which have these labels.
fn with_labels(first: &str, second: &str) -> Vec<Person> {
    let own = |person: Person, key: &str, label: &str| person.custom(key, label, "list", json!(format!("in {key}")));
    (1..=20).map(|id| own(own(somebody(id), "dynamic_1", first), "dynamic_2", second)).collect()
}

#[test]
fn labels_that_change_at_personio_stop_nobody_and_change_no_column() {
    let personio = Personio::with(with_labels("Badge", "Site"));
    let stage = Stage::connected(&personio);
    let file = stage.home().join("employees.csv");
    let groups = "[groups]\n\"Badge\" = true\n\"*\" = true\n";
    stage.configure(&personio, &format!("{groups}[delivery]\nto = \"file://{}\"\n", file.display()));
    let first = stage.run(&["sync", "--dry-run", "--json"]).expect(20);
    stage.run(&["sync", "--approve", &digest(&first)]).expect(0);
    let sent = std::fs::read_to_string(&file).unwrap();
    assert!(sent.lines().next().unwrap().ends_with("\"Badge\",\"Site\""), "{sent}");

    let stays = |what: &str, people: Vec<Person>, told: &[&str]| {
        personio.set_people(people);
        let run = stage.run(&["sync"]).expect(0);
        for part in told {
            assert!(run.stderr.contains(part), "{what}: {part}: {}", run.stderr);
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), sent, "{what}");
        let again = stage.run(&["sync"]).expect(0);
        assert_eq!(again.stderr, "", "{what}: told twice");
    };
    let label = "the label \"Badge\" in the configuration still stands for dynamic_1";
    stays("renamed", with_labels("Grade", "Site"), &[label, "stays \"Badge\"", "\"Grade\""]);
    stays("exchanged", with_labels("Site", "Badge"), &["stays \"Site\""]);
    stays("doubled", with_labels("Badge", "Badge"), &["\"Badge (dynamic_2)\""]);
    stays("as before", with_labels("Badge", "Site"), &[]);
    let new = |person: Person| person.custom("dynamic_3", "Shift", "tags", json!("late"));
    let people: Vec<Person> = with_labels("Badge", "Site").into_iter().map(new).collect();
    stays("new", people.clone(), &["dynamic_3 (\"Shift\") is new at Personio and goes nowhere; sync --new-columns"]);
    stays("gone", with_labels("Badge", "Site"), &[]);

    personio.set_people(people);
    stage.run(&["sync", "--new-columns"]).expect(2);
    let preview = stage.run(&["sync", "--new-columns", "--dry-run", "--json"]).expect(20);
    let document = preview.json();
    assert_eq!(document["held"]["rules"][0]["kind"], "columns_changed", "{document}");
    let told = stage.run(&["sync", "--new-columns", "--dry-run"]).expect(20);
    let command = format!("sync --new-columns --approve {}", digest(&preview));
    assert!(told.stderr.contains(&command), "{}", told.stderr);
    // Wherever a person looks, there is the command that makes this plan again.
    stage.connect(&[]).expect(20);
    let status = stage.run(&["status", "--json"]).json();
    assert!(status["held"]["approve_command"].as_str().unwrap().ends_with(&command), "{status:#}");
    assert!(status["held"]["review_command"].as_str().unwrap().ends_with("sync --new-columns --dry-run"), "{status:#}");
    assert!(stage.run(&["status"]).stdout.contains(&command));
    let page = stage.home().join("page.html");
    stage.run(&["sync", "--new-columns", "--dry-run", "--review", page.to_str().unwrap()]).expect(20);
    assert!(std::fs::read_to_string(page).unwrap().contains(&command));
    stage.run(&["sync", "--new-columns", "--approve", &digest(&preview)]).expect(0);
    let sent = std::fs::read_to_string(&file).unwrap();
    assert!(sent.lines().next().unwrap().ends_with("\"Badge\",\"Site\",\"Shift\""), "{sent}");
    assert_eq!(stage.run(&["sync"]).expect(0).stderr, "", "what was taken in stays in");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), sent);
}

#[test]
fn a_filter_follows_what_its_value_stood_for() {
    // Departments 1 and 2 by their names; the first eleven people are in 1.
    let people = |one: &str, two: &str| -> Vec<Person> {
        let department = |id| if id <= 11 { (1, one) } else { (2, two) };
        (1..=20).map(|id| somebody(id).department(department(id).0, department(id).1)).collect()
    };
    let personio = Personio::with(people("Sales", "Ops"));
    let stage = Stage::connected(&personio);
    stage.configure(&personio, "[people]\ndepartments = [\"Sales\"]\n[guard]\nfield_changes = 100\n");
    stage.run(&["sync"]).expect(0);
    let before = stage.names();
    let rows: [(&str, &str, &str); 4] = [
        ("Vertrieb", "Ops", "departments: \"Sales\" is called \"Vertrieb\" at Personio now: write that instead"),
        ("Ops", "Sales", "departments: another department is called \"Sales\" at Personio too and does not count"),
        ("Sales", "Sales", "departments: another department is called \"Sales\""),
        ("Sales", "Ops", ""),
    ];
    for (one, two, told) in rows {
        personio.set_people(people(one, two));
        stage.run(&["sync"]).expect(0);
        let notes = stage.run(&["sync", "--dry-run"]).expect(0).stdout;
        assert!(notes.contains(told), "{one} {two}: {notes}");
        assert_eq!(stage.names(), before, "{one} {two}");
    }
    // A department is made anew under the same name: only a former employee is left in the old one.
    let former = || [somebody(30).department(1, "Sales").with("status", json!("inactive"))];
    let anew = (1..=20)
        .map(|id| somebody(id).department(if id <= 11 { 9 } else { 2 }, if id <= 11 { "Sales" } else { "Ops" }));
    personio.set_people(anew.chain(former()));
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.names(), before);
    let notes = stage.run(&["sync", "--dry-run"]).expect(0).stdout;
    assert!(!notes.contains("departments:"), "{notes}");
    let doubled = (1..=20).map(|id| somebody(id).department(if id <= 11 { 9 } else { 2 }, "Sales"));
    personio.set_people(doubled.chain(former()));
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.names(), before, "the new department is remembered");
}

#[test]
fn a_value_that_nobody_has_holds_removals_by_the_filter_and_no_leavers() {
    let in_sales = |id| somebody(id).department(1, "Sales");
    let personio = Personio::with((1..=20).map(in_sales));
    let stage = Stage::connected(&personio);
    let filter = "[people]\ndepartments = [\"Sales\", \"Slaes\"]\n";
    stage.configure(&personio, filter);
    let told = "departments: nobody is in \"Slaes\"; did you mean \"Sales\"?";
    assert!(stage.run(&["sync", "--dry-run"]).expect(0).stdout.contains(told));
    assert!(stage.run(&["sync"]).expect(0).stderr.contains(told));

    let last_day = |person: Person| person.with("termination_date", json!("2026-01-01T00:00:00+01:00"));
    let left = |person: Person| last_day(person).with("status", json!("inactive"));
    personio.set_people((1..=20).map(|id| if id == 1 { left(in_sales(id)) } else { in_sales(id) }));
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.people().len(), 19, "whoever left goes");

    personio.set_people((2..=20).map(|id| if id == 2 { somebody(id).department(2, "Ops") } else { in_sales(id) }));
    let held = stage.run(&["sync", "--dry-run", "--json"]).expect(20);
    let rules: Vec<Value> = held.json()["held"]["rules"].as_array().unwrap().clone();
    assert!(rules.iter().any(|rule| rule["kind"] == "filter_matches_nobody"), "{rules:?}");
    stage.configure(&personio, "[people]\ndepartments = [\"Slaes\"]\n");
    // The cause is among what is shown.
    stage.run(&["sync", "--dry-run"]).expect(20).snapshot("names-filter-that-nobody-matches");
    stage.configure(&personio, "[people]\ndepartments = [\"Sales\"]\n");
    let rules = stage.run(&["sync", "--dry-run", "--json"]).expect(20).json()["held"]["rules"].clone();
    assert_eq!((rules[0]["kind"].as_str(), rules.as_array().unwrap().len()), (Some("scope_changed"), 1), "{rules}");
}

#[test]
fn a_namesake_of_a_filters_value_takes_nobody_out_unseen() {
    let in_sales = |id| somebody(id).department(1, "Sales");
    let personio = Personio::with((1..=60).map(in_sales));
    let stage = Stage::connected(&personio);
    stage.configure(&personio, "[people]\ndepartments = [\"Sales\"]\n");
    stage.run(&["sync"]).expect(0);
    let moved = |to: i64, name: &'static str| {
        (1..=60).map(move |id| if id <= 2 { somebody(id).department(to, name) } else { in_sales(id) })
    };
    personio.set_people(moved(2, "Sales"));
    stage.run(&["sync"]).expect(20).snapshot("names-namesake-of-a-filter");
    // A value without its id is taken for the one of its name; under another name it may still be that one.
    let without_id = |name: &str| json!({"type": "Department", "attributes": {"name": name}});
    for name in ["Sales", "Vertrieb"] {
        let people =
            (1..=60).map(|id| if id <= 2 { somebody(id).with("department", without_id(name)) } else { in_sales(id) });
        personio.set_people(people);
        stage.run(&["sync"]).expect(0);
        assert_eq!(stage.people().len(), 60, "{name}");
    }
    personio.set_people(moved(2, "Ops"));
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.people().len(), 58, "whoever is in another department goes");
}

#[test]
fn two_values_of_a_filter_may_exchange_their_names() {
    let people = |one: &'static str, two: &'static str| {
        (1..=60).map(move |id| if id <= 30 { somebody(id).department(1, one) } else { somebody(id).department(2, two) })
    };
    let personio = Personio::with(people("Sales", "Ops"));
    let stage = Stage::connected(&personio);
    stage.configure(&personio, "[people]\ndepartments = [\"Sales\", \"Ops\"]\n[guard]\nfield_changes = 100\n");
    stage.run(&["sync"]).expect(0);
    personio.set_people(
        people("Ops", "Sales").map(|person| if person.id() == 1 { person.department(3, "HR") } else { person }),
    );
    stage.run(&["sync", "--dry-run"]).expect(0).snapshot("names-exchanged");
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.people().len(), 59);
}

#[test]
fn an_address_in_the_configuration_goes_on_standing_for_whoever_had_it() {
    let people = |one: &str, two: &str, last: i64| -> Vec<Person> {
        let with = |id, address: &str| somebody(id).with("email", json!(address));
        [with(1, one), with(2, two)].into_iter().chain((3..=last).map(somebody)).collect()
    };
    let personio = Personio::with(people("1@example.org", "2@example.org", 20));
    let stage = Stage::connected(&personio);
    let rest = "without_email = \"placeholder\"\nplaceholder_domain = \"none.example.org\"\n[guard]\nmust_include = [\"2@example.org\"]\n";
    stage.configure(&personio, &format!("[people]\nexclude = [\"1@example.org\"]\n{rest}"));
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.people().len(), 19);
    let told = "exclude: the address still stands for the employee who had it and has another one now: write their id instead, 1";
    let rows = [
        ("2@example.org", "1@example.org", true),
        ("married@example.org", "1@example.org", true),
        ("", "other@example.org", false),
        ("1@example.org", "2@example.org", false),
    ];
    for (one, two, is_told) in rows {
        personio.set_people(people(one, two, 20));
        stage.run(&["sync"]).expect(0);
        let preview = stage.run(&["sync", "--dry-run", "--json"]).expect(0).json();
        assert_eq!(preview["notes"].to_string().contains(told), is_told, "{one} {two}: {preview:#}");
        let ids: Vec<i64> = stage.people().iter().map(|person| person.0).collect();
        assert_eq!(ids, (2..=20).collect::<Vec<i64>>(), "{one} {two}");
    }
    // A held run learns nothing, and whoever left makes room.
    personio.set_people(people("2@example.org", "1@example.org", 3));
    stage.run(&["sync"]).expect(20);
    let left = |person: Person| if person.id() == 1 { person.with("status", json!("inactive")) } else { person };
    let newcomer = somebody(30).with("email", json!("1@example.org"));
    personio.set_people(people("x@example.org", "2@example.org", 20).into_iter().map(left).chain([newcomer]));
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.people().len(), 19, "the address is somebody else's now, who is not sent either");
}

#[test]
fn another_time_zone_removes_nobody_unseen() {
    let personio = Personio::with((1..=20).map(somebody));
    let stage = Stage::in_step(&personio);
    let text = std::fs::read_to_string(stage.config()).unwrap();
    std::fs::write(stage.config(), format!("timezone = \"Pacific/Honolulu\"\n{text}")).unwrap();
    stage.run(&["sync"]).expect(0);
    // There it is always one day later.
    std::fs::write(stage.config(), format!("timezone = \"Pacific/Kiritimati\"\n{text}")).unwrap();
    let there = (chrono::Utc::now() + chrono::TimeDelta::hours(14)).date_naive();
    let days_ago = |days| format!("{}T00:00:00+00:00", there - chrono::Days::new(days));
    personio.set_people((1..=20).map(|id| match id {
        1 => somebody(id).with("status", json!("inactive")),
        2 => somebody(id).with("termination_date", json!(days_ago(1))),
        3 => somebody(id).with("termination_date", json!(days_ago(2))),
        _ => somebody(id),
    }));
    // Whoever has left goes by any clock.
    stage.run(&["sync"]).expect(20).snapshot("names-of-time-zones");
    std::fs::write(stage.config(), format!("timezone = \"Pacific/Honolulu\"\n{text}")).unwrap();
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.people().len(), 18);
}

#[test]
fn a_list_of_attributes_that_cannot_be_used_stops_no_run() {
    let personio = Personio::with(with_labels("Badge", "Site"));
    let stage = Stage::connected(&personio);
    let groups = |more: &str| stage.configure(&personio, &format!("[groups]\n\"Badge\" = true\n{more}\"*\" = true\n"));
    groups("");
    stage.run(&["sync"]).expect(0);
    let asked = |request: &Request| request.path.ends_with("/attributes");
    let is_first_page = |request: &Request| request.query.iter().all(|(key, _)| key != "attributes[]");
    let page = "a page of employees told their labels";
    let ways: [(Interference, &str); 4] = [
        (Box::new(move |request, _| asked(request).then(|| refusal(404))), page),
        (
            Box::new(move |request, _| asked(request).then(|| Reply::json(200, &json!({"success": true, "data": 7})))),
            page,
        ),
        (
            Box::new(move |request, _| {
                asked(request).then(|| Reply::json(200, &json!({"success": true, "data": [null]})))
            }),
            page,
        ),
        (
            Box::new(move |request, _| {
                let is_read = request.path.ends_with("/employees") && is_first_page(request);
                (asked(request) || is_read).then(|| refusal(404))
            }),
            "labels stand for what they stood for",
        ),
    ];
    for (interference, told) in ways {
        personio.interfere(interference);
        let run = stage.run(&["sync", "--dry-run", "--json"]).expect(0).json();
        let notes = run["notes"].to_string();
        assert!(
            notes.contains("asked for its list of attributes, Personio answered") && notes.contains(told),
            "{run:#}"
        );
    }
    // What was never looked up is not guessed.
    groups("\"Site\" = true\n");
    stage.run(&["sync"]).expect(65);
}

#[test]
fn what_the_star_took_is_looked_at_again_when_it_becomes_something_else() {
    let shift = |label: &'static str, kind: &'static str, value: &'static str| {
        move |id: i64| {
            somebody(id).custom("dynamic_1", "Badge", "list", json!("b")).custom("dynamic_2", label, kind, json!(value))
        }
    };
    let people = |one: &dyn Fn(i64) -> Person, most: i64| (1..=most).map(one).collect::<Vec<Person>>();
    let personio = Personio::with(people(&shift("Project", "list", "Apollo"), 20));
    let stage = Stage::connected(&personio);
    let file = stage.home().join("employees.csv");
    let configure = |groups: &str| {
        stage.configure(
            &personio,
            &format!("[groups]\n{groups}\"*\" = true\n[delivery]\nto = \"file://{}\"\n", file.display()),
        );
    };
    configure("");
    let first = stage.run(&["sync", "--dry-run", "--json"]).expect(20);
    stage.run(&["sync", "--approve", &digest(&first)]).expect(0);

    let note = "dynamic_2 is another attribute at Personio now";
    for (label, kind, value) in [("Krankenkasse", "list", "canary"), ("Project", "multiline", "canary")] {
        personio.set_people(people(&shift(label, kind, value), 21));
        let told = stage.run(&["sync", "--dry-run"]).expect(0).stdout;
        assert!(told.contains(note), "{told}");
        stage.run(&["sync"]).expect(0);
        let sent = std::fs::read_to_string(&file).unwrap();
        assert_eq!((sent.matches("Apollo").count(), sent.contains("canary")), (20, false), "{sent}");
        assert_eq!(stage.run(&["sync"]).expect(0).stderr, "", "told once");
        let check = stage.run(&["status", "--check"]).expect(1).stdout;
        assert!(check.contains("WARNING") && check.contains("keeps its last values"), "{check}");
        let dropped = stage.run(&["sync", "--new-columns", "--dry-run", "--json"]).expect(20).json();
        assert!(dropped["plan"]["columns"]["remove"].to_string().contains("Project"), "{dropped:#}");
    }
    // A harmless name, or the name in the configuration, ends it.
    personio.set_people(people(&shift("Shift", "list", "Apollo"), 21));
    assert!(!stage.run(&["sync", "--dry-run"]).expect(0).stdout.contains(note));
    personio.set_people(people(&shift("Krankenkasse", "list", "AOK"), 21));
    configure("dynamic_2 = \"Project\"\n");
    let named = stage.run(&["sync", "--dry-run"]).expect(20).stdout;
    assert!(!named.contains(note) && named.contains("AOK"), "{named}");
}
