//! `status`: how it stands, at every moment there is.

use std::io::Read as _;
use std::process::Stdio;
use std::sync::mpsc;

use serde_json::{Value, json};

use crate::golden;
use crate::guard::digest;
use crate::personio::{Person, Personio, person, refusal};
use crate::stage::{Stage, ended};

fn three() -> Vec<Person> {
    vec![
        person(1, "Ada", "Lovelace", "ada@example.org"),
        person(2, "Grace", "Hopper", "grace@example.org"),
        person(3, "Edsger", "Dijkstra", "edsger@example.org"),
    ]
}

fn failing(personio: &Personio) {
    personio.interfere(|_, _| Some(refusal(500)));
}

#[test]
fn status_says_how_it_stands_from_the_first_day_on() {
    let personio = Personio::with(three());
    let stage = Stage::new(&personio);
    let tell = |name: &str| {
        let before = stage.files();
        stage.run(&["status"]).snapshot(name);
        let document = stage.run(&["status", "--json"]).expect(0).json();
        assert_eq!((&document["schema_version"], &document["exit_code"]), (&json!(1), &json!(0)));
        assert_eq!(stage.files(), before, "status changed the disk");
        document
    };
    let document = tell("standing-never-connected");
    assert_eq!((&document["run_id"], &document["counts"]["people"]), (&json!(null), &json!(0)));

    stage.connect(&["--no-sync"]).expect(0);
    tell("standing-never-synced");

    failing(&personio);
    stage.run(&["sync"]).expect(75);
    tell("standing-never-in-step");

    personio.behave();
    stage.run(&["sync"]).expect(0);
    let document = tell("standing-in-step");
    assert_eq!((&document["run_id"], &document["last_success"]["run_id"]), (&json!(2), &json!(2)));
    assert_eq!(document["counts"], json!({"people": 3, "groups": 1}));
    assert!(document["last_success_age_seconds"].as_i64().unwrap() < 600);

    failing(&personio);
    stage.run(&["sync"]).expect(75);
    let document = tell("standing-failed");
    assert_eq!((&document["last_run"]["exit_code"], &document["last_success"]["run_id"]), (&json!(75), &json!(2)));

    personio.behave();
    personio.set_people(three().into_iter().map(|person| person.with("status", json!("inactive"))));
    let held = stage.run(&["sync"]).expect(20);
    let digest = digest(&held);
    let document = tell("standing-held");
    assert_eq!((&document["held"]["digest"], &document["held"]["first_run_id"]), (&json!(digest), &json!(4)));
    let rules = document["held"]["rules"].as_array().unwrap();
    let half = rules.iter().find(|rule| rule["kind"] == "more_than_half").unwrap();
    let shown = std::fs::read_to_string(golden::in_repository("docs/json.md")).unwrap();
    let (shown, _) = shown.split_once("```json").unwrap().1.split_once("```").unwrap();
    assert_eq!(*half, serde_json::from_str::<Value>(shown).unwrap(), "docs/json.md shows it");
    assert!(rules.iter().any(|rule| rule["kind"] == "last_person"), "{document:#}");
    assert_eq!(document["held"]["counts"]["removed"], json!(3));
    assert!(document["held"]["approve_command"].as_str().unwrap().ends_with(&format!(" sync --approve {digest}")));
    assert!(stage.run(&["status"]).expect(0).stdout.contains(&digest), "the digest that the run told");

    failing(&personio);
    stage.run(&["sync"]).expect(75);
    let told = stage.run(&["status"]).expect(0).stdout;
    assert!(told.contains(" waits for approval; the last run failed and could not look again.\n"), "{told}");
    personio.behave();
    personio.set_people(three().into_iter().map(|person| match person.id() {
        3 => person.with("email", json!("nonsense")),
        _ => person,
    }));
    stage.run(&["sync"]).expect(0);
    let note = "employee 3 stays as they are: email is not an address";
    let document = tell("standing-undecided");
    assert_eq!(
        document["notes"],
        json!([{"kind": "undecided", "id": 3, "text": note,
        "facts": {"employee": 3, "problem": {"kind": "not_an_address"}, "place": "kept"}}])
    );

    let earlier = (chrono::Utc::now() - chrono::TimeDelta::hours(15)).to_rfc3339();
    stage.sqlite().execute("UPDATE runs SET finished_at = ?1 WHERE exit_code = 0", [earlier]).unwrap();
    tell("standing-late");
}

#[test]
fn status_works_while_a_sync_is_running() {
    let personio = Personio::with(three());
    let stage = Stage::in_step(&personio);
    let (arrived, arrival) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    personio.interfere(move |request, _| {
        if request.path.ends_with("/employees") {
            arrived.send(()).unwrap();
            may_go_on.recv().unwrap();
        }
        None
    });
    let sync = stage.command(&["sync"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    arrival.recv().unwrap();
    stage.run(&["status"]).snapshot("standing-in-progress");
    assert_eq!(stage.run(&["status", "--json"]).expect(0).json()["in_progress"], json!([2]));
    go_on.send(()).unwrap();
    assert!(sync.wait_with_output().unwrap().status.success());
    assert_eq!(stage.run(&["status", "--json"]).expect(0).json()["in_progress"], json!([]));
}

#[test]
fn a_reader_who_went_away_is_no_failure_and_no_message() {
    let personio = Personio::with(three());
    let stage = Stage::in_step(&personio);
    for arguments in [&["status"][..], &["status", "--json"], &["sync", "--dry-run"], &["sync", "--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        let (mut said, errors) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = stage.command(arguments);
        let status = command.stdout(writer).stderr(errors).status().unwrap();
        drop(command);
        let mut text = String::new();
        said.read_to_string(&mut text).unwrap();
        assert_eq!((status.code(), text.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_damaged_mirror_is_told_in_both_forms() {
    let personio = Personio::with(three());
    let stage = Stage::in_step(&personio);
    std::fs::write(stage.mirror(), "this is no mirror, it is a note about one that used to be here").unwrap();
    let text = ended(&mut stage.command(&["status"])).expect(1);
    assert!(
        text.stdout.is_empty() && text.stderr.starts_with("error: ") && text.stderr.lines().count() <= 10,
        "{text:#?}"
    );
    let document = stage.run(&["status", "--json"]).expect(1).json();
    assert_eq!((&document["exit_code"], &document["schema_version"]), (&json!(1), &json!(1)));
    assert!(document["error"]["message"].is_string(), "{document:#}");
}

/// All that tells how things stand tells the same; the first line of `status` says `part`.
#[track_caller]
fn told(stage: &Stage, state: &str, code: i32, part: &str) {
    let text = stage.run(&["status"]).expect(0).stdout;
    assert!(text.lines().next().is_some_and(|first| first.contains(part)), "no {part:?} in {text}");
    let check = stage.run(&["status", "--check"]).expect(code).stdout;
    let document = stage.run(&["status", "--json"]).expect(0).json();
    assert_eq!(document["state"], json!(state), "{document:#}");
    assert!(check.starts_with(&format!("HONESTLY-SYNC {} ", document["health"].as_str().unwrap())), "{check}");
}

fn metrics(stage: &Stage) -> String {
    std::fs::read_to_string(stage.home().join("sync.prom")).unwrap()
}

/// What a page says of how things stand.
fn state(page: &str) -> &str {
    page.split_once("<p id=\"state\">").and_then(|(_, after)| after.split_once("</p>")).unwrap().0
}

/// In step at a destination, with metrics and a page.
fn delivering(personio: &Personio) -> Stage {
    let stage = Stage::connected(personio);
    let folder = stage.home().join("upload");
    std::fs::create_dir(&folder).unwrap();
    stage.configure(
        personio,
        &format!(
            "[delivery]\nto = \"file://{}/employees.csv\"\n[monitoring]\ntextfile = \"sync.prom\"\n[review]\npage = \"page.html\"\n",
            folder.display()
        ),
    );
    let held = stage.run(&["sync"]).expect(20);
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    told(&stage, "in_step", 0, "In step: ");
    stage
}

#[test]
fn an_approval_for_nothing_is_in_the_log_and_changes_nothing_of_how_things_stand() {
    let personio = Personio::with(three());
    let stage = delivering(&personio);
    let page = || std::fs::read_to_string(stage.home().join("page.html")).unwrap();
    let before = page();
    stage.run(&["sync", "--approve", "0123456789ab"]).expect(20);
    told(&stage, "in_step", 0, "In step: ");
    assert_eq!(page(), before);
    let written = metrics(&stage);
    assert!(written.contains("\nhonestly_sync_exit_code 0\n"), "{written}");
    let newest = stage.run(&["status", "--runs", "1", "--json"]).expect(0).json();
    assert_eq!(newest["runs"][0]["exit_code"], json!(20), "{newest:#}");

    failing(&personio);
    stage.run(&["sync"]).expect(75);
    personio.behave();
    stage.run(&["sync", "--approve", "0123456789ab"]).expect(20);
    told(&stage, "failing", 1, "Not in step: the last run failed, ");
}

#[test]
fn a_page_says_since_when_runs_fail_and_of_when_it_is() {
    let personio = Personio::with(three());
    let stage = delivering(&personio);
    let page = || std::fs::read_to_string(stage.home().join("page.html")).unwrap();
    let good = page();
    assert!(state(&good).is_empty() && good.contains("as of"), "{good}");
    for (answer, code) in [(500, 75), (403, 77)] {
        personio.interfere(move |_, _| Some(refusal(answer)));
        stage.run(&["sync"]).expect(code);
        let told = page();
        assert!(state(&told).starts_with("Runs have failed since "), "{told}");
        let (rest, line) = (told.split_once("</p>").unwrap().1, good.split_once("</p>").unwrap().1);
        assert_eq!(rest, line, "nothing else changes");
    }
    let first = page();
    stage.run(&["sync"]).expect(77);
    assert_eq!(page(), first);
    personio.behave();
    stage.run(&["sync"]).expect(0);
    assert_eq!(state(&page()), "");
    // One that fails before it is in the log.
    std::fs::write(stage.mirror(), "this is no mirror, it is a note about one that used to be here").unwrap();
    stage.run(&["sync"]).expect(1);
    assert!(state(&page()).starts_with("Runs have failed since "));
}

#[test]
fn a_clock_in_doubt_is_a_warning_everywhere() {
    let personio = Personio::with(three());
    let stage = delivering(&personio);
    personio.date(crate::chains::http(chrono::Utc::now() + chrono::TimeDelta::days(30)));
    stage.run(&["sync"]).expect(0);
    told(&stage, "in_doubt", 1, "In step, but this machine's clock is ");
    assert!(metrics(&stage).contains("\nhonestly_sync_state{kind=\"in_doubt\"} 1\n"));
}

#[test]
fn a_destination_that_cannot_be_reached_is_a_warning_although_nothing_is_to_be_sent() {
    let personio = Personio::with(three());
    let stage = delivering(&personio);
    let (folder, away) = (stage.home().join("upload"), stage.home().join("away"));
    std::fs::rename(&folder, &away).unwrap();
    stage.run(&["sync"]).snapshot("standing-destination-not-looked-at");
    told(&stage, "in_doubt", 1, "In step, but the destination could not be looked at: ");
    assert_eq!(stage.run(&["sync"]).expect(0).stderr, "", "told once");
    assert!(metrics(&stage).contains("\nhonestly_sync_health 1\n"));
    let page = std::fs::read_to_string(stage.home().join("page.html")).unwrap();
    assert!(state(&page).starts_with("Something outside Personio leaves decisions undone."), "{page}");
    std::fs::rename(&away, &folder).unwrap();
    stage.run(&["sync"]).expect(0);
    told(&stage, "in_step", 0, "In step: ");
}

#[test]
fn a_killed_run_is_a_failed_one() {
    let personio = Personio::with(three());
    let stage = delivering(&personio);
    let (arrived, arrival) = mpsc::channel();
    personio.interfere(move |request, _| {
        if request.path.ends_with("/employees") {
            arrived.send(()).unwrap();
            std::thread::park();
        }
        None
    });
    let mut sync = stage.command(&["sync"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    arrival.recv().unwrap();
    told(&stage, "in_step", 0, "In step: ");
    sync.kill().unwrap();
    sync.wait().unwrap();
    told(&stage, "failing", 1, "Not in step: the last run failed, ");
}

#[test]
fn a_first_delivery_is_no_change_of_the_mirror() {
    let personio = Personio::with(three());
    let stage = Stage::in_step(&personio);
    let to = stage.home().join("employees.csv");
    let more = format!("[delivery]\nto = \"file://{}\"\n[monitoring]\ntextfile = \"sync.prom\"\n", to.display());
    stage.configure(&personio, &more);
    let held = stage.run(&["sync"]).expect(20);
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    let written = metrics(&stage);
    assert!(written.contains("\nhonestly_sync_changes_total{kind=\"add\"} 3\n"), "{written}");
}

#[test]
fn a_mirror_that_is_gone_or_emptied_is_not_one_that_never_was() {
    let personio = Personio::with(three());
    let stage = delivering(&personio);
    stage.sqlite().execute_batch("PRAGMA foreign_keys = off; DELETE FROM employees; DELETE FROM identities").unwrap();
    told(&stage, "another_mirror", 1, "Not in step: the mirror has lost people since the last run");
    std::fs::remove_file(stage.mirror()).unwrap();
    told(&stage, "another_mirror", 1, "Not in step: the mirror that the last run left is gone");
    stage.run(&["sync"]).expect(20);
    told(&stage, "held", 1, "Held since ");
}
