//! Metrics for Prometheus, and the dead man's switch.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::personio::http::{Reply, Server};
use crate::personio::{Personio, person, refusal};
use crate::stage::Stage;

/// Reads the text exposition format, stricter than Prometheus does: HELP, TYPE, samples, in this order, every family once, and
/// the names as `promtool check metrics` wants them. Values by name and labels.
fn parse(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with('\n') && !text.contains('\r'), "{text}");
    let mut values = BTreeMap::new();
    let mut families: Vec<(String, String)> = Vec::new();
    let mut helped = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(!help.trim().is_empty() && families.iter().all(|(family, _)| family != name), "{line}");
            helped = name.to_owned();
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(name, helped, "{line}");
            assert!(["counter", "gauge"].contains(&kind), "{line}");
            assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
            let well_formed = |c: char| c.is_ascii_lowercase() || c == '_';
            assert!(name.starts_with("honestly_sync_") && name.chars().all(well_formed), "{line}");
            assert!(!["gauge", "counter", "_count", "_sum", "_bucket", "milli"].iter().any(|bad| name.contains(bad)));
            families.push((name.to_owned(), kind.to_owned()));
        } else {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = sample.split_once('{').unwrap_or((sample, ""));
            assert_eq!(families.last().unwrap().0, name, "{line}");
            if !labels.is_empty() {
                let (label, content) = labels.strip_suffix("\"}").unwrap().split_once("=\"").unwrap();
                assert!(label == "kind" && content.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{line}");
            }
            assert!(values.insert(sample.to_owned(), value.parse().unwrap()).is_none(), "{line}");
        }
    }
    values
}

/// Where it is installed, Prometheus's own judgement.
fn promtool(text: &str) {
    let child =
        Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else { return };
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let told = child.wait_with_output().unwrap();
    assert!(told.status.success() && told.stdout.is_empty(), "{told:?}");
}

#[test]
fn metrics_are_there_after_good_and_bad_runs_and_name_nobody() {
    let personio = Personio::with([
        person(1, "Ada", "Lovelace", "ada@example.org"),
        person(2, "Grace", "Hopper", "grace@example.org"),
        person(3, "Alan", "Turing", "nonsense"),
    ]);
    let stage = Stage::connected(&personio);
    stage.configure(&personio, "[monitoring]\ntextfile = \"metrics/honestly_sync.prom\"\n");
    let folder = stage.home().join("metrics");
    let path = folder.join("honestly_sync.prom");
    let metrics = || {
        let text = std::fs::read_to_string(&path).unwrap();
        promtool(&text);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
        for name in ["Ada", "Lovelace", "example.org", "Engineering"] {
            assert!(!text.contains(name), "{text}");
        }
        let values = parse(&text);
        move |name: &str| values.get(&format!("honestly_sync_{name}")).copied()
    };
    // Where the file cannot be written, the run warns and is as good as it is.
    let warned = stage.run(&["sync"]).expect(0);
    assert!(warned.stderr.contains("warning: the metrics could not be written to "), "{warned:#?}");
    std::fs::create_dir(&folder).unwrap();
    stage.run(&["sync", "--dry-run"]).expect(0);
    assert!(!path.exists(), "a dry run tells nobody");

    stage.run(&["sync"]).expect(0);
    let now = chrono::Utc::now().timestamp() as f64;
    let value = metrics();
    for (name, expected) in [
        ("exit_code", 0.0),
        ("people", 2.0),
        ("groups", 1.0),
        ("undecided", 1.0),
        ("health", 1.0),
        ("state{kind=\"undecided\"}", 1.0),
        ("state{kind=\"held\"}", 0.0),
        ("changes_total{kind=\"add\"}", 2.0),
        ("changes_total{kind=\"remove\"}", 0.0),
        ("changes_total{kind=\"group_add\"}", 1.0),
    ] {
        assert_eq!(value(name), Some(expected), "{name}");
    }
    let success = value("last_success_timestamp_seconds").unwrap();
    assert!(now - success < 600.0 && value("run_duration_seconds").unwrap() < 600.0);

    personio.set_people([]);
    stage.run(&["sync"]).expect(20);
    let value = metrics();
    assert_eq!((value("exit_code"), value("state{kind=\"held\"}")), (Some(20.0), Some(1.0)));
    assert_eq!(value("last_success_timestamp_seconds"), Some(success));

    std::fs::write(stage.mirror(), "this is no mirror, it is a note about one that used to be here").unwrap();
    stage.run(&["sync"]).expect(1);
    let value = metrics();
    assert_eq!((value("exit_code"), value("people")), (Some(1.0), None));
}

/// A service that writes down what it is told, and answers with one status.
fn service(status: u16) -> (Server, Arc<Mutex<Vec<(String, String)>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hearing = Arc::clone(&heard);
    let server = Server::start("127.0.0.1:0", move |request| {
        let body = String::from_utf8(request.body.clone()).unwrap();
        hearing.lock().unwrap().push((format!("{} {}", request.method, request.path), body));
        Reply::json(status, &json!({}))
    });
    (server.unwrap(), heard)
}

#[test]
fn a_dead_mans_switch_hears_of_the_start_and_the_end_of_every_run() {
    let personio = Personio::with([person(1, "Ada", "Lovelace", "ada@example.org")]);
    let stage = Stage::connected(&personio);
    let (server, heard) = service(200);
    let pinged = format!("[monitoring]\nping_url = \"{}/canary-uuid/\"\n", server.url());
    stage.configure(&personio, &pinged);
    let told = || std::mem::take(&mut *heard.lock().unwrap());

    stage.run(&["sync", "--dry-run"]).expect(0);
    stage.run(&["status"]).expect(0);
    assert_eq!(told(), [], "only runs are told");

    stage.run(&["sync"]).expect(0);
    let good = told();
    assert_eq!(good[0], ("POST /canary-uuid/start".to_owned(), String::new()));
    assert_eq!(good[1].0, "POST /canary-uuid/");
    assert!(good[1].1.starts_with("exit_code=0\nduration_seconds=") && good[1].1.contains("\npeople=1\n"), "{good:?}");
    assert!(!good[1].1.contains("Ada") && good.len() == 2, "{good:?}");

    personio.interfere(|_, _| Some(refusal(403)));
    stage.run(&["sync"]).expect(77);
    let paths: Vec<String> = told().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["POST /canary-uuid/start", "POST /canary-uuid/77"]);
}

#[test]
fn a_switch_that_cannot_be_reached_is_a_warning_and_its_address_a_secret() {
    let personio = Personio::with([person(1, "Ada", "Lovelace", "ada@example.org")]);
    let stage = Stage::connected(&personio);
    let (refusing, _heard) = service(500);
    for url in [refusing.url(), "http://127.0.0.1:1".to_owned()] {
        stage.configure(&personio, &format!("[monitoring]\nping_url = \"{url}/canary-uuid\"\n"));
        let told = stage.run(&["-vv", "sync"]).expect(0);
        assert!(told.stderr.contains("warning: [monitoring] ping_url could not be told of this run: "), "{told:#?}");
        assert!(!told.stderr.contains("canary-uuid"), "{told:#?}");
    }
}
