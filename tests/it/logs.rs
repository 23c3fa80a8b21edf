//! Messages on standard error: for people, for journald, for machines.

use serde_json::{Value, json};

use crate::personio::{Personio, person, refusal};
use crate::stage::{Stage, ended};

fn failing() -> (Personio, Stage) {
    let personio = Personio::with([person(1, "Ada", "Lovelace", "ada@example.org")]);
    let stage = Stage::in_step(&personio);
    personio.interfere(|_, _| Some(refusal(403)));
    (personio, stage)
}

#[test]
fn journald_gets_a_priority_on_every_line_and_no_colour() {
    let (_personio, stage) = failing();
    let mut command = stage.command(&["-v", "--color", "always", "sync"]);
    let told = ended(command.env("JOURNAL_STREAM", "8:12345")).expect(77).snapshot("logs-journald");
    for line in told.stderr.lines() {
        assert!(["<3>", "<4>", "<6>", "<7>"].iter().any(|priority| line.starts_with(priority)), "{line}");
    }
    let mut command = stage.command(&["--log-format", "text", "sync"]);
    assert!(ended(command.env("JOURNAL_STREAM", "8:12345")).expect(77).stderr.starts_with("error: "));
}

#[test]
fn machines_get_an_object_a_line() {
    let (_personio, stage) = failing();
    let told = stage.run(&["-vv", "sync", "--log-format", "json"]).expect(77);
    let lines: Vec<Value> = told.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = lines.last().unwrap();
    assert_eq!(last["level"], json!("error"));
    assert!(last["message"].as_str().unwrap().starts_with("Personio rejected the credential"), "{told:#?}");
    assert!(last["hints"].is_array() && lines.iter().any(|line| line["level"] == json!("debug")), "{told:#?}");
}

#[test]
fn colour_is_for_terminals_or_on_request() {
    let (_personio, stage) = failing();
    assert!(!stage.run(&["sync"]).expect(77).stderr.contains('\u{1b}'));
    stage.run(&["sync", "--color", "always"]).expect(77).snapshot("logs-coloured");
    let mut command = stage.command(&["sync", "--color", "never"]);
    assert!(!ended(command.env("NO_COLOR", "1")).expect(77).stderr.contains('\u{1b}'));
}

#[test]
fn rust_log_says_more_or_less() {
    let (_personio, stage) = failing();
    let mut command = stage.command(&["sync"]);
    assert!(ended(command.env("RUST_LOG", "honestly_sync=debug")).expect(77).stderr.contains("honestly_sync::"));
    let mut command = stage.command(&["sync"]);
    assert!(ended(command.env("RUST_LOG", "off")).expect(77).stderr.starts_with("error: "), "a failure is always told");
}

#[test]
fn a_warning_comes_once_and_again_when_the_set_has_changed() {
    let good = || vec![person(1, "Ada", "Lovelace", "ada@example.org"), person(2, "Grace", "Hopper", "g@example.org")];
    let bad = |id: i64| person(id, "Alan", "Turing", "nonsense");
    let with = |more: &[i64]| good().into_iter().chain(more.iter().map(|id| bad(*id))).collect::<Vec<_>>();
    let personio = Personio::with(good());
    let stage = Stage::in_step(&personio);
    let warning = |id: i64| format!("warning: employee {id} is left out: email is not an address\n");
    let runs: [(&[i64], String); 7] = [
        (&[3], warning(3)),
        (&[3], String::new()),
        (&[3, 4], warning(4)),
        (&[3, 4], String::new()),
        (&[4], String::new()),
        (&[], String::new()),
        (&[3], warning(3)),
    ];
    for (bad, said) in runs {
        personio.set_people(with(bad));
        let told = stage.run(&["sync"]).expect(0);
        assert_eq!((told.stderr, told.stdout), (said, String::new()), "{bad:?}");
    }
}

#[test]
fn a_journal_and_a_collector_get_one_line_for_each_run_and_cron_gets_none() {
    let personio = Personio::with([person(1, "Ada", "Lovelace", "ada@example.org")]);
    let stage = Stage::connected(&personio);
    let cron = stage.run(&["sync"]).expect(0);
    assert_eq!(cron.stdout + &cron.stderr, "");
    let mut command = stage.command(&["sync"]);
    ended(command.env("JOURNAL_STREAM", "8:12345")).expect(0).snapshot("logs-line-of-a-run");

    personio.set_people([person(1, "Ada", "King", "ada@example.org"), person(2, "Grace", "Hopper", "g@example.org")]);
    let lines = |code: i32| -> Vec<Value> {
        let ended = stage.run(&["sync", "--log-format", "json"]).expect(code);
        let parsed: Vec<Value> = ended.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        parsed.into_iter().filter(|line| line["target"] == json!("honestly_sync::run")).collect()
    };
    let [line] = &lines(0)[..] else { panic!("one line") };
    assert_eq!((&line["run"], &line["exit_code"], &line["people"]), (&json!(3), &json!(0), &json!(2)));
    assert_eq!((&line["added"], &line["updated"], &line["removed"]), (&json!(1), &json!(1), &json!(0)));
    assert!(line["digest"].as_str().unwrap().len() == 12 && line["duration_seconds"].is_f64(), "{line:#}");
    personio.interfere(|_, _| Some(refusal(403)));
    let [line] = &lines(77)[..] else { panic!("a failed run has one, too") };
    assert_eq!((&line["run"], &line["exit_code"], &line["digest"]), (&json!(4), &json!(77), &json!("")));
    personio.interfere(|_, _| None);
    stage.configure(&personio, "[guard]\nmust_include = [99]\n");
    let mut command = stage.command(&["sync"]);
    ended(command.env("JOURNAL_STREAM", "8:12345")).expect(20).snapshot("logs-line-of-a-held-run");

    personio.interfere(|_, _| Some(refusal(403)));
    let quiet = stage.run(&["-q", "sync", "--log-format", "json"]).expect(77).stderr;
    assert_eq!(quiet.lines().count(), 1, "{quiet}");
}
