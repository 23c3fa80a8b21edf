//! Every exit code, through the real binary: what cron, systemd and monitoring act on.

use serde_json::json;

use crate::guard::{ids, inactive, people};
use crate::personio::http::Reply;
use crate::personio::{CLIENT_ID, Personio, SECRET, TOKEN, refusal};
use crate::stage::Stage;

/// A machine in step with twelve people, before something happens to it.
struct Case {
    personio: Personio,
    stage: Stage,
}

type Happening = fn(&Case);

fn short_of_one(case: &Case) {
    let page = json!({
        "success": true, "metadata": {"total_elements": 12}, "data": [],
    });
    case.personio.interfere(move |request, _| request.path.ends_with("/employees").then(|| Reply::json(200, &page)));
}

fn answering(case: &Case, reply: fn() -> Reply) {
    case.personio.interfere(move |_, _| Some(reply()));
}

fn answering_reads(case: &Case, reply: fn() -> Reply) {
    case.personio.interfere(move |request, _| (request.method == "GET").then(reply));
}

fn nothing(_: &Case) {}

const SYNC: &[&str] = &["sync"];
const PREVIEW: &[&str] = &["sync", "--dry-run"];
const DIFFERS: &[&str] = &["sync", "--dry-run", "--exit-code"];

#[test]
fn every_exit_code_means_what_the_help_says() {
    let cases: Vec<(i32, &str, Happening, &[&str])> = vec![
        (0, "in step", nothing, SYNC),
        (0, "previewed", |case| case.personio.set_people(people(1..=13)), PREVIEW),
        (0, "in step, with --exit-code", nothing, DIFFERS),
        (0, "looked at", nothing, &["status"]),
        (1, "the mirror is damaged", |case| std::fs::write(case.stage.mirror(), "garbage").unwrap(), SYNC),
        (
            1,
            "the mirror is damaged, in a dry run",
            |case| std::fs::write(case.stage.mirror(), "garbage").unwrap(),
            PREVIEW,
        ),
        (2, "no command", nothing, &[]),
        (2, "an unknown flag", nothing, &["sync", "--force"]),
        (2, "a page on standard output", nothing, &["sync", "--dry-run", "--review", "-"]),
        (2, "a malformed digest", nothing, &["sync", "--approve", "none"]),
        (2, "a flag that needs another", nothing, &["sync", "--as-of", "2026-01-01"]),
        (2, "no secret and no terminal", nothing, &["connect", "--client-id", "x"]),
        (10, "the plan is not empty", |case| case.personio.set_people(people(1..=13)), DIFFERS),
        (20, "held", |case| case.personio.set_people(inactive(1..=12)), SYNC),
        (20, "held, in a dry run", |case| case.personio.set_people(inactive(1..=12)), PREVIEW),
        (20, "held, with --exit-code", |case| case.personio.set_people(inactive(1..=12)), DIFFERS),
        (20, "approved where nothing is held", nothing, &["sync", "--approve", "0123456789ab"]),
        (65, "a listing that is not complete", short_of_one, SYNC),
        (
            65,
            "a page that is none",
            |case| answering_reads(case, || Reply::bytes(200, "text/html", "<html>canary")),
            SYNC,
        ),
        (65, "a success that is none", |case| answering_reads(case, || refusal(200)), SYNC),
        (65, "another address", |case| answering(case, || refusal(404)), SYNC),
        (75, "a server in trouble", |case| answering(case, || refusal(503)), SYNC),
        (75, "too many requests", |case| answering_reads(case, || refusal(429)), SYNC),
        (75, "nobody there", |case| case.stage.moves_to("http://127.0.0.1:9/v1"), SYNC),
        (77, "a rejected credential", |case| answering(case, || refusal(403)), SYNC),
        (77, "a lost right", |case| answering_reads(case, || refusal(403)), SYNC),
        (77, "a token refused twice", |case| answering_reads(case, || refusal(401)), SYNC),
        (78, "an unknown key", |case| case.stage.configure(&case.personio, "[gard]\nremovals = 1\n"), SYNC),
        (78, "a wrong value", |case| case.stage.configure(&case.personio, "[guard]\nremovals = \"canary\"\n"), SYNC),
        (78, "a file to be sent again, and nowhere to", nothing, &["sync", "--redeliver"]),
        (78, "not connected", |case| std::fs::remove_file(case.stage.credential()).unwrap(), SYNC),
        (78, "a newer mirror", |case| case.stage.sqlite().pragma_update(None, "user_version", 9).unwrap(), SYNC),
    ];
    for (code, what, happening, arguments) in cases {
        let personio = Personio::with(people(1..=12));
        let case = Case { stage: Stage::in_step(&personio), personio };
        happening(&case);
        let is_readable = code != 1;
        let before = is_readable.then(|| case.stage.contents());
        let ended = case.stage.run(arguments);
        assert_eq!(ended.code, code, "{what}: {ended:#?}");
        if [0, 10].contains(&code) {
            assert_eq!(ended.stderr, "", "{what}");
        } else if code != 2 {
            assert!(ended.stderr.starts_with("error: "), "{what}: {ended:#?}");
            assert!(ended.stderr.lines().count() <= 10, "{what}: {ended:#?}");
        }
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!said.contains("canary") && !said.contains(SECRET) && !said.contains(TOKEN), "{what}: {ended:#?}");
        if let Some(before) = before {
            assert_eq!(case.stage.contents(), before, "{what}");
        }
        if arguments.first() == Some(&"sync") && code != 2 {
            let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
            let told = case.stage.run(&arguments);
            if code == 78 && told.stdout.is_empty() {
                // Where there is no configuration there is nobody who could write a document.
                continue;
            }
            assert_eq!((told.code, &told.json()["exit_code"]), (code, &json!(code)), "{what}");
        }
    }
}

#[test]
fn a_rejected_credential_is_not_stored() {
    let personio = Personio::with(people(1..=2));
    let stage = Stage::new(&personio);
    stage.connect_as(CLIENT_ID, "wrong", &[]).expect(77);
    assert!(!stage.credential().exists());
    stage.run(&["sync"]).expect(78);
}

#[test]
fn a_dry_run_whose_reader_went_away_ends_well_and_writes_nothing() {
    let personio = Personio::with(people(1..=12));
    let stage = Stage::in_step(&personio);
    let mut command = stage.command(&["sync", "--dry-run"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    personio.set_people(people(1..=20));
    assert_eq!(command.stdout(writer).status().unwrap().code(), Some(0));
    assert_eq!(ids(&stage).len(), 12);
}
