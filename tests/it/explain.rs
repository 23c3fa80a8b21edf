//! `sync --dry-run --explain WHO`: why somebody is in or out, against live data.

use honestly_sync::visible::is_visible;
use serde_json::json;

use crate::personio::{Personio, person};
use crate::stage::Stage;

fn explain(stage: &Stage, who: &str) -> String {
    explain_with(stage, who, 0)
}

/// What is said of somebody, with this exit code.
fn explain_with(stage: &Stage, who: &str, code: i32) -> String {
    let before = stage.files();
    let told = stage.run(&["sync", "--dry-run", "--explain", who]).expect(code);
    assert!(told.stderr.is_empty(), "{told:#?}");
    assert_eq!(stage.files(), before, "an explanation changed the disk");
    let document = stage.run(&["sync", "--dry-run", "--explain", who, "--json"]).expect(code).json();
    assert_eq!((&document["schema_version"], &document["command"]), (&json!(1), &json!("sync")));
    assert_eq!(document["exit_code"], code);
    told.stdout
}

#[track_caller]
fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part}\n---\n{text}");
    }
}

#[test]
fn somebody_who_is_in_is_explained_step_by_step() {
    let boss = person(1, "Ada", "Lovelace", "ada@example.org");
    let grace = person(2, "Grace", "Hopper", "grace@example.org")
        .department(7, " Engi  neering ")
        .with("office", json!(null))
        .supervisor(1);
    let personio = Personio::with([boss, grace.clone()]);
    let stage = Stage::in_step(&personio);
    personio.set_people([person(1, "Ada", "Lovelace", "ada@example.org"), grace.with("last_name", json!("Murray"))]);
    let text = explain(&stage, "GRACE@example.org");
    assert!(text.starts_with("Employee 2 on ") && text.lines().next().unwrap().ends_with(": in."), "{text}");
    assert_says(
        &text,
        &[
            "What Personio says\n  in the listing\n  first_name: \"Grace\"\n  last_name: \"Murray\"\n",
            "  termination_date: blank\n",
            "  team: withheld, the credential may not read it\n",
            "  hire date cannot be read: no\n",
            "  status decides: yes, in\n  not in yet, and the clock is in doubt: no\n  named in [people] exclude: no\n",
            "Department: \" Engi  neering \" -> Engi neering\n",
            "Office: blank -> none\n",
            "Supervisor\n  1 Ada Lovelace -> 1 Ada Lovelace\n",
            "What the next run would do\n  change them\n      Last name: Hopper -> Murray\n",
        ],
    );
    let document = stage.run(&["sync", "--dry-run", "--explain", "2", "--json"]).expect(0).json();
    let grace = &document["people"][0];
    assert_eq!((&grace["heard"], &grace["outcome"]), (&json!("listed"), &json!("in")));
    assert_eq!((&grace["next"]["action"], &grace["next"]["held"]), (&json!("update"), &json!(false)));
    assert_eq!(grace["next"]["changes"], json!([{"field": "last_name", "from": "Hopper", "to": "Murray"}]));
    assert!(explain(&stage, "1").contains("What the next run would do\n  nothing\n"));
}

#[test]
fn somebody_who_is_out_or_undecided_is_told_by_which_rule() {
    let personio = Personio::with([
        person(1, "Ada", "Lovelace", "ada@example.org"),
        person(2, "Grace", "Hopper", "grace@example.org").with("status", json!("inactive")),
        person(3, "Edsger", "Dijkstra", "edsger@example.org").department(2, "Sales"),
        person(4, "Alan", "Turing", "nonsense"),
        person(5, "Barbara", "Liskov", "barbara@example.org").with("hire_date", json!("soon")),
        person(6, "Donald", "Knuth", "donald@example.org").with("status", json!("leave")),
    ]);
    let stage = Stage::new(&personio);
    stage.configure(&personio, "[people]\ndepartments = [\"Engineering\"]\n");
    stage.connect(&["--no-sync"]).expect(0);
    let cases: [(&str, &[&str]); 5] = [
        (
            "2",
            &[
                "out, left, status inactive.",
                "  status decides: yes, out: left, status inactive\n  not in yet, and the clock is in doubt: not asked\n",
            ],
        ),
        (
            "3",
            &[
                "taken out by the filter on department: yes, out: out of scope",
                "Department: \"Sales\" -> would be Sales",
            ],
        ),
        ("4", &["undecided, not added.", "What stands in the way\n  email is not an address\n"]),
        (
            "5",
            &[
                "hire_date: cannot be read, not a date\n",
                "hire date cannot be read: yes, undecided: hire_date is not a date\n  termination date cannot be read: not asked",
            ],
        ),
        ("6", &["status: \"leave\"", "out, on leave", "What the next run would do\n  nothing\n"]),
    ];
    for (who, parts) in cases {
        assert_says(&explain(&stage, who), parts);
    }
    assert_says(&explain(&stage, "1"), &["What the next run would do\n  add them\n"]);
}

#[test]
fn somebody_who_is_not_there_is_asked_for_by_id() {
    let personio = Personio::with([
        person(1, "Ada", "Lovelace", "ada@example.org"),
        person(2, "Grace", "Hopper", "g@example.org"),
    ]);
    let stage = Stage::in_step(&personio);
    personio.set_people([person(1, "Ada", "Lovelace", "ada@example.org")]);
    let gone = "What Personio says\n  not in the listing; asked by id: 404\n";
    assert_says(&explain_with(&stage, "77", 2), &["neither at Personio nor in Honestly.", gone]);
    for who in ["2", "g@example.org"] {
        assert_says(&explain(&stage, who), &["out, not at Personio any more.", gone, "  remove them\n"]);
    }
    assert!(explain_with(&stage, "nobody@example.org", 2).starts_with("Nobody in Personio's listing or in the mirror"));

    personio
        .set_people([person(1, "Ada", "Lovelace", "ada@example.org"), person(2, "Grace", "Hopper", "g@example.org")]);
    personio.hide([2], usize::MAX);
    let kept = explain(&stage, "2");
    assert_says(&kept, &["undecided, stays as they are in Honestly.", "not in the listing; asked by id: known\n"]);
    let newcomer = person(3, "Alan", "Turing", "alan@example.org");
    personio.set_people(personio.people().into_iter().chain([newcomer]));
    personio.hide([3], usize::MAX);
    assert_says(
        &explain(&stage, "3"),
        &["missing from the listing, not added.", "  first_name: \"Alan\"\n", "  nothing\n"],
    );
}

#[test]
fn a_plan_that_would_be_held_is_said_and_still_explained() {
    let personio = Personio::with((1..=9).map(|id| person(id, "Ada", "Lovelace", &format!("{id}@example.org"))));
    let stage = Stage::in_step(&personio);
    personio.set_people([person(1, "Ada", "Lovelace", "1@example.org")]);
    assert_says(&explain(&stage, "2"), &["  remove them, but its whole plan would be held"]);
    stage.run(&["sync", "--explain", "2"]).expect(2);
    stage.run(&["sync", "--dry-run", "--explain", "a"]).expect(2);
}

#[test]
fn a_part_of_a_name_finds_somebody_and_several_are_listed() {
    let personio = Personio::with([
        person(1, "Ada", "Lovelace", "ada@example.org"),
        person(2, "Grace", "Hopper", "grace@example.org"),
        person(3, "Aylin", "Şahin", "aylin@example.org"),
    ]);
    let stage = Stage::in_step(&personio);
    // Grace is called otherwise at Personio by now, Alan is new, and Aylin is listed no longer.
    personio.set_people([
        person(1, "Ada", "Lovelace", "ada@example.org"),
        person(2, "Grace", "Murray", "grace@example.org"),
        person(4, "Alan", "Lovell", "alan@example.org"),
    ]);
    for who in ["grace", "HOPPER", "murray", "Hopper Grace"] {
        assert!(explain(&stage, who).starts_with("Employee 2 on "), "{who}");
    }
    assert!(explain(&stage, "lovell").starts_with("Employee 4 on "));
    assert!(explain(&stage, "şahin").starts_with("Employee 3 on "));
    let several = explain(&stage, "love");
    assert!(several.starts_with("2 people have this name; explain one of them by id:\n  1 Ada Lovelace"), "{several}");
    assert!(
        several.contains("\n  4 ") && several.contains("Alan Lovell") && several.contains(" --explain 1\n"),
        "{several}"
    );
    let document = stage.run(&["sync", "--dry-run", "--explain", "love", "--json"]).expect(0).json();
    assert_eq!((&document["people"], &document["matches"][1]["id"]), (&json!([]), &json!(4)));
    assert!(explain_with(&stage, "nobody", 2).starts_with("Nobody in Personio's listing or in the mirror"));
}

#[test]
fn a_group_lists_its_people_where_nobody_is_called_so_and_status_tells_its_column_without_its_name() {
    let personio = Personio::with([
        person(1, "Ada", "Lovelace", "ada@example.org").department(7, "Legal"),
        person(2, "Grace", "Hopper", "grace@example.org").department(7, "Legal"),
        person(3, "Alan", "Sales", "alan@example.org").department(8, "Sales"),
        person(4, "Alan", "Turing", "turing@example.org").department(9, "R&D@Berlin"),
        person(5, "Edith", "Clarke", "edith@example.org").department(9, "R&D@Berlin"),
    ]);
    let stage = Stage::in_step(&personio);
    let legal = "Department: Legal, 2 people with this plan\n  1 Ada Lovelace <ada@example.org>\n  2 Grace Hopper";
    for who in ["Department: Legal", "Department:Legal", "legal"] {
        assert!(explain(&stage, who).starts_with(legal), "{}", explain(&stage, who));
    }
    assert!(explain(&stage, "Department: Sales").starts_with("Department: Sales, 1 person with this plan\n  3 Alan"));
    assert!(explain(&stage, "sales").starts_with("Employee 3 on "));
    for who in ["Department: R&D@Berlin", "r&d@berlin"] {
        assert!(explain(&stage, who).starts_with("Department: R&D@Berlin, 2 people with this plan\n  4 Alan"));
    }
    let document = stage.run(&["sync", "--dry-run", "--explain", "legal", "--json"]).expect(0).json();
    assert_eq!(document["groups"], json!([{"header": "Department", "value": "Legal", "people": [1, 2]}]));

    let told = "Department: 3 values for 5 people, 3 with fewer than 5 people (5 people in all)";
    let status = stage.run(&["status"]).expect(0).stdout;
    assert!(status.contains(&format!("\nGroups        {told}\n")) && !status.contains("Legal"), "{status}");
    let document = stage.run(&["status", "--json"]).expect(0).json();
    assert_eq!(document["group_sizes"][0]["text"], told);
    assert!(!document.to_string().contains("Legal"), "{document:#}");
    let plan = stage.run(&["sync", "--dry-run", "--exit-code"]).expect(0).stdout;
    assert!(plan.contains(&format!("{told}: Sales 1, Legal 2 and R&D@Berlin 2\n")), "{plan}");
}

/// Fillers, joiners, marks of direction, controls, tags, private use, and letters that nobody has assigned.
const UNSEEN: &str = "\u{3164}\u{200d}\u{202e}\u{1b}[31m\u{7}\u{e0041}\u{e000}\u{2800}\u{115f}\u{378}\u{fe0f}";

#[test]
fn whatever_is_shown_can_be_seen() {
    let odd = |text: &str| format!("{text}{UNSEEN}{text}");
    let hidden = |id: i64| {
        person(id, &odd("Ada"), &odd("Love"), &format!("{id}@example.org"))
            .department(id, &odd("Sales"))
            .with("position", json!(odd("Head")))
            .custom("dynamic_1", &odd("Label"), "list", json!(odd("Value")))
    };
    let personio = Personio::with((1..=3).map(hidden));
    let stage = Stage::connected(&personio);
    stage.configure(&personio, "[groups]\n\"*\" = true\n");
    let adopted = stage.home().join("adopted.csv");
    let rows =
        format!("\"ImportId\",\"Email\",\"Firstname\",\"Lastname\"\n\"{UNSEEN}\",\"9@example.org\",\"A\",\"B\"\n");
    std::fs::write(&adopted, rows).unwrap();
    let shown = |arguments: &[&str]| {
        let told = stage.run(arguments);
        assert!(told.code == 0 || told.code == 20, "{told:?}");
        for c in told.stdout.chars().chain(told.stderr.chars()) {
            assert!(c == '\n' || c == ' ' || is_visible(c), "{c:?} of {arguments:?}: {told:?}");
        }
        told.stdout
    };
    assert!(shown(&["sync", "--dry-run"]).contains("Ada\\u{3164}\\u{200d}"));
    stage.connect(&["--no-sync"]).expect(0);
    assert!(shown(&["sync", "--dry-run", "--explain", "1"]).contains("first_name: \"Ada"));
    shown(&["sync", "--dry-run", "--explain", "love"]);
    shown(&["sync"]);
    personio.set_people(
        (1..=2).map(hidden).map(|person| person.custom("dynamic_1", &odd("Now"), "list", json!(odd("Other")))),
    );
    shown(&["sync"]);
    for arguments in [
        &["status", "--full"][..],
        &["status", "--run", "1"],
        &["status", "--employee", "1"],
        &["status", "--employee", "love"],
    ] {
        shown(arguments);
    }
    std::fs::remove_dir_all(stage.state()).unwrap();
    let told = stage.connect(&["--adopt", adopted.to_str().unwrap(), "--no-sync"]).expect(0);
    for c in told.stdout.chars().chain(told.stderr.chars()) {
        assert!(c == '\n' || c == ' ' || is_visible(c), "{c:?}: {told:?}");
    }
    shown(&["sync", "--dry-run"]);
}

#[test]
fn a_supervisor_who_is_not_sent_because_the_line_is_a_circle_is_told_so() {
    let personio = Personio::with([
        person(1, "Ada", "Lovelace", "ada@example.org").supervisor(2),
        person(2, "Grace", "Hopper", "grace@example.org").supervisor(1),
        person(3, "Alan", "Turing", "alan@example.org").supervisor(1),
    ]);
    let stage = Stage::connected(&personio);
    let circle = "  2 Grace Hopper -> none (the line above 2 Grace Hopper leads back to them)\n";
    assert_says(&explain(&stage, "1"), &[circle]);
    assert_says(&explain(&stage, "3"), &["  1 Ada Lovelace -> 1 Ada Lovelace\n"]);
}
