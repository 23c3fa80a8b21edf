//! Answers that are not what Personio documents, and a Personio that is not there: one clear sentence, an exit code, and a
//! mirror in which nothing but the run log has changed. What can be survived is survived.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use wait4::Wait4 as _;

use crate::guard::people;
use crate::personio::http::{Delivery, Reply, Request};
use crate::personio::{Interference, Person, Personio, person, refusal};
use crate::stage::{Ended, Stage, ended};

fn three() -> [Person; 3] {
    [
        person(1, "Ada", "Lovelace", "ada@example.org"),
        person(2, "Grace", "Hopper", "grace@example.org").supervisor(1),
        person(3, "Edsger", "Dijkstra", "edsger@example.org").department(2, "Sales"),
    ]
}

/// A run that failed: how it ended, in how many words, and that it changed nothing but the run log.
#[track_caller]
fn assert_failed(stage: &Stage, run: &Ended, code: i32, sentence: &str, before: (&str, usize)) {
    let Ended { code: ended_with, stdout, stderr } = run;
    assert_eq!((*ended_with, stdout.as_str()), (code, ""), "{sentence}: {run:#?}");
    let said = stderr.lines().next().unwrap();
    assert!(said.starts_with("error: ") && said.contains(sentence), "{sentence}: {run:#?}");
    assert!(stderr.lines().count() <= 10 && stderr.matches("error: ").count() == 1, "{sentence}: {run:#?}");
    assert_eq!(stage.contents(), before.0, "{sentence}: the mirror changed");
    let runs = stage.runs();
    assert_eq!(runs.len(), before.1 + 1, "{sentence}: {runs:?}");
    let logged = said.trim_start_matches("error: ").to_owned();
    assert_eq!(runs.last().unwrap(), &(Some(code.into()), Some(logged)), "{sentence}");
}

#[track_caller]
fn assert_tells_no_secret(what: &str, run: &Ended) {
    let told = format!("{}{}", run.stdout, run.stderr);
    assert!(!told.contains("canary"), "{what}: {told}");
}

fn at(path: &'static str, reply: impl Fn() -> Reply + Send + 'static) -> Interference {
    Box::new(move |request: &Request, _| (request.path == path).then(&reply))
}

const AUTH: &str = "/v1/auth";
const EMPLOYEES: &str = "/v1/company/employees";

fn text(status: u16, content_type: &str, body: &str) -> Reply {
    Reply::bytes(status, content_type, body.as_bytes())
}

fn unsuccessful(status: u16) -> Reply {
    Reply::json(status, &json!({"success": false, "error": {"code": 0, "message": "no"}, "data": "canary-body"}))
}

fn delivered(delivery: Delivery) -> Reply {
    let data =
        json!([{"type": "Employee", "attributes": {"id": {"label": "canary-body", "value": 1, "type": "integer"}}}]);
    let body = json!({"success": true, "metadata": {"total_elements": 1}, "data": data});
    Reply { delivery, ..Reply::json(200, &body) }
}

#[test]
fn every_bad_answer_ends_in_one_sentence_and_an_untouched_mirror() {
    let elsewhere = Personio::with([]);
    let redirect =
        |to: String| Reply { headers: vec![("location".to_owned(), to)], ..text(302, "text/html", "canary-body") };
    let (to_another_host, within) = (elsewhere.base_url() + "/company/employees", "/v1/canary".to_owned());
    let html = "<!doctype html><html><body>canary-body</body></html>";
    let cases: Vec<(Interference, i32, &str)> = vec![
        (at(AUTH, || refusal(400)), 77, "Personio rejected the credential (400)"),
        (at(AUTH, || refusal(401)), 77, "Personio rejected the credential (401)"),
        (at(AUTH, || refusal(403)), 77, "Personio rejected the credential (403)"),
        (at(AUTH, || unsuccessful(200)), 77, "Personio rejected the credential (`success: false`)"),
        (at(AUTH, || refusal(404)), 65, "answered /auth with the status 404"),
        (at(AUTH, || text(200, "application/json", r#"{"success": true, "data": {}}"#)), 65, "not of the shape"),
        (at(AUTH, || text(200, "text/html", html)), 65, "HTML instead of JSON"),
        (at(AUTH, || refusal(429)), 75, "too many requests (429)"),
        (at(AUTH, || refusal(500)), 75, "answered with the status 500"),
        (at(EMPLOYEES, || refusal(401)), 77, "Personio refused a token it had just issued (401)"),
        (at(EMPLOYEES, || refusal(403)), 77, "the credential may not read employees (403)"),
        (at(EMPLOYEES, || refusal(404)), 65, "answered /company/employees with the status 404"),
        (at(EMPLOYEES, || refusal(422)), 65, "answered /company/employees with the status 422"),
        (at(EMPLOYEES, || refusal(429)), 75, "too many requests (429)"),
        (at(EMPLOYEES, || refusal(500)), 75, "answered with the status 500"),
        (at(EMPLOYEES, || text(502, "text/html", html)), 75, "502, a page for browsers"),
        (at(EMPLOYEES, || text(200, "text/html", html)), 65, "HTML instead of JSON"),
        (at(EMPLOYEES, || delivered(Delivery::CutAfter(90))), 65, "cut short on the way"),
        (at(EMPLOYEES, || delivered(Delivery::Reset)), 75, "without a readable answer"),
        (at(EMPLOYEES, || text(200, "application/json", r#"{"data": ["canary-body"#)), 65, "in the middle of its JSON"),
        (at(EMPLOYEES, || text(200, "application/json", "canary-body")), 65, "is not JSON"),
        (at(EMPLOYEES, || text(200, "application/json", "")), 65, "empty answer"),
        (at(EMPLOYEES, || unsuccessful(200)), 65, "reported a failure (`success: false`)"),
        (
            at(EMPLOYEES, || Reply::json(200, &json!({"success": true, "data": []}))),
            65,
            "nothing proves the listing complete",
        ),
        (at(EMPLOYEES, || delivered(Delivery::Whole)), 20, "is held, and nothing of it was written"),
        (at(EMPLOYEES, move || redirect(to_another_host.clone())), 65, "redirects to another host"),
        (at(EMPLOYEES, move || redirect(within.clone())), 65, "redirects to another address"),
    ];
    let personio = Personio::with(three());
    let stage = Stage::in_step(&personio);
    let before = stage.contents();
    for (interference, code, sentence) in cases {
        personio.interfere(interference);
        let runs = stage.runs().len();
        let quiet = stage.run(&["sync"]);
        assert_tells_no_secret(sentence, &quiet);
        if code != 20 {
            assert_failed(&stage, &quiet, code, sentence, (&before, runs));
        }
        let mut talkative = stage.command(&["-vv", "sync", "--json"]);
        let talkative = ended(talkative.env("RUST_LOG", "trace")).expect(code);
        assert_tells_no_secret(sentence, &talkative);
        let document = talkative.json();
        assert_eq!(document["exit_code"], code, "{sentence}");
        assert!(document["error"]["message"].as_str().unwrap().contains(sentence), "{document:#}");
        assert_eq!(stage.contents(), before, "{sentence}");
    }
    assert_eq!(elsewhere.requests(), [""; 0], "the redirect was followed");
    personio.behave();
    assert_eq!(stage.run(&["sync"]).expect(0).stderr, "", "nothing of it lasts");
}

#[test]
fn a_personio_that_is_not_there_is_named() {
    let free_port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    // RFC 6761 keeps this name from ever existing; whether a resolver says so or none is there is the same trouble.
    let no_name = "https://personio.invalid/v1".to_owned();
    let cases = [
        (format!("http://127.0.0.1:{free_port}/v1"), "refused the connection; gave up after"),
        (no_name, "cannot be resolved; gave up after"),
    ];
    let personio = Personio::with(three());
    let stage = Stage::in_step(&personio);
    for (base_url, sentence) in cases {
        stage.moves_to(&base_url);
        let before = stage.contents();
        let runs = stage.runs().len();
        let ended = ended(stage.command(&["sync"]).env("RES_OPTIONS", "attempts:1 timeout:1"));
        assert_failed(&stage, &ended, 75, sentence, (&before, runs));
    }
}

#[test]
fn a_personio_that_says_nothing_is_given_up() {
    let personio = Personio::with(three());
    let stage = Stage::in_step(&personio);
    let before = stage.contents();
    let config = std::fs::read_to_string(stage.config()).unwrap();
    std::fs::write(stage.config(), config.replace("timeout_seconds = 5", "timeout_seconds = 1")).unwrap();
    personio.interfere(at(EMPLOYEES, || delivered(Delivery::Hang(Duration::from_secs(60)))));
    let runs = stage.runs().len();
    assert_failed(&stage, &stage.run(&["sync"]), 75, "did not answer in time; gave up after", (&before, runs));
}

#[test]
fn a_token_refused_in_mid_run_is_replaced_once() {
    let personio = Personio::with(three());
    let stage = Stage::in_step(&personio);
    let mut valid = false;
    personio.interfere(move |request, _| {
        let refused = request.path == EMPLOYEES && !valid;
        valid |= refused;
        refused.then(|| refusal(401))
    });
    let before = personio.requests().len();
    assert_eq!(stage.run(&["sync"]).expect(0).stderr, "");
    let (sign_in, read) = ("POST /v1/auth", "GET /v1/company/employees");
    assert_eq!(personio.requests()[before..], [sign_in, read, sign_in, read]);
}

/// The honest page with one thing about it changed.
fn page_with(change: impl Fn(&mut Value) + Send + 'static) -> Interference {
    let rows: Vec<Value> = three().iter().map(|person| person.row(&[])).collect();
    Box::new(move |request, _| {
        let mut page = json!({
            "success": true, "metadata": {"total_elements": 3, "current_page": 0, "total_pages": 1},
            "offset": 0, "limit": 100, "data": rows,
        });
        change(&mut page);
        (request.path == EMPLOYEES).then(|| Reply::json(200, &page))
    })
}

#[test]
fn quirks_that_harm_nobody_are_survived() {
    let personio = Personio::with(three());
    let stage = Stage::in_step(&personio);
    let before = stage.contents();
    let of_second = |page: &mut Value, key: &str, value: Value| page["data"][1]["attributes"][key]["value"] = value;
    let cases: [(&str, Interference, &str); 5] = [
        ("an offset as a string", page_with(|page| page["offset"] = json!("0")), ""),
        ("a total as a string", page_with(|page| page["metadata"]["total_elements"] = json!("3")), ""),
        ("an attribute nobody asked for", page_with(|page| page["data"][0]["attributes"]["x"] = json!(["canary"])), ""),
        (
            "an unknown type",
            page_with(|page| page["data"][2]["attributes"]["department"]["type"] = json!("hologram")),
            "warning: department of employee 3 is not taken over: Personio's value is not a text or a number",
        ),
        (
            "an object where a text stands",
            page_with(move |page| of_second(page, "last_name", json!({"canary": 1}))),
            "warning: employee 2 stays as they are: last_name is not a text",
        ),
    ];
    for (what, interference, warning) in cases {
        personio.interfere(interference);
        let survived = stage.run(&["sync"]).expect(0);
        assert_eq!(survived.stderr.trim_end(), warning, "{what}");
        assert_eq!(stage.contents(), before, "{what}");
    }
    // Blank in its three forms clears what may be empty.
    for blank in [json!(""), json!([]), Value::Null] {
        personio.behave();
        stage.run(&["sync"]).expect(0);
        personio.interfere(page_with(move |page| {
            of_second(page, "supervisor", blank.clone());
            of_second(page, "department", blank.clone());
        }));
        stage.run(&["sync"]).expect(0);
        let supervisor: Option<i64> = stage
            .sqlite()
            .query_row("SELECT supervisor FROM employees WHERE employee = 2", [], |row| row.get(0))
            .unwrap();
        assert_eq!(supervisor, None);
    }
}

/// So many equal bytes, as from a server that wants to fill the memory.
fn bomb(beginning: &str, repeated: &str, bytes: usize) -> Reply {
    let coded = |text: &str| {
        let mut coder = GzEncoder::new(Vec::new(), Compression::best());
        coder.write_all(text.as_bytes()).unwrap();
        coder.finish().unwrap()
    };
    // Members of a gzip file may follow each other: only one of them is compressed.
    let member = repeated.repeat(64 * 1024 / repeated.len());
    let members = coded(&member).repeat(bytes / member.len());
    let mut reply = Reply::bytes(200, "application/json", [coded(beginning), members].concat());
    reply.headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
    reply
}

#[test]
fn eight_bombs_at_once_do_not_fill_the_memory() {
    let personio = Personio::with(people(1..=900));
    let stage = Stage::connected(&personio);
    // How long it takes to read so much is not what is tested.
    let config = std::fs::read_to_string(stage.config()).unwrap();
    std::fs::write(stage.config(), config.replace("timeout_seconds = 5", "timeout_seconds = 120")).unwrap();
    let envelope = r#"{"success": true, "metadata": {"total_elements": 900}, "data": ["#;
    for (what, reply, sentence, at_once) in [
        ("blanks without end", bomb("", " ", 1 << 30), "sent more than 32 MiB in one answer", 8),
        // One that is refused early ends the others. Each of them stays just below the limit of the first case.
        ("rows without end", bomb(envelope, "{},", 31 << 20), "more people than a page can have", 2),
    ] {
        let bombs = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&bombs);
        personio.interfere(move |request, _| {
            let first = request.path != EMPLOYEES || request.query_value("offset") == Some("0");
            (!first).then(|| {
                counting.fetch_add(1, Ordering::SeqCst);
                reply.clone()
            })
        });
        let mut run = stage.command(&["sync"]);
        let run = run.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (memory, said) = peak(run);
        assert!(said.contains(sentence), "{what}: {said}");
        let bombs = bombs.load(Ordering::SeqCst);
        assert!(bombs >= at_once, "{what}: only {bombs} at once");
        assert!(memory < 400_000_000, "{what}: {memory} bytes");
    }
}

/// The most memory a run had, and what it said.
fn peak(mut run: Child) -> (u64, String) {
    let mut said = String::new();
    run.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (run.wait4().unwrap().rusage.maxrss, said)
}

#[test]
fn a_listing_without_an_end_is_refused() {
    let personio = Personio::with(people(1..=3));
    let stage = Stage::in_step(&personio);
    let before = stage.contents();
    let page = |total: u64| {
        let row = people(1..=1)[0].row(&[]);
        Reply::json(200, &json!({"success": true, "metadata": {"total_elements": total}, "data": [row]}))
    };
    for (total, sentence) in [
        (5_000_000, "Personio claims to have 5000000 employees on 5000000 pages, which cannot be"),
        (20_001, "Personio claims to have 20001 employees on 20001 pages, which cannot be"),
        (u64::MAX, "which cannot be"),
    ] {
        personio.interfere(at(EMPLOYEES, move || page(total)));
        let (runs, requests) = (stage.runs().len(), personio.requests().len());
        assert_failed(&stage, &stage.run(&["sync"]), 65, sentence, (&before, runs));
        assert_eq!(personio.requests().len() - requests, 2, "signing in, and one page");
    }
}

#[test]
fn a_total_that_the_page_contradicts_is_refused() {
    let personio = Personio::with(people(1..=250));
    let stage = Stage::in_step(&personio);
    let before = stage.contents();
    // Full pages, each of which says that it is the whole list.
    personio.rewrite(|page| {
        let people = page["data"].as_array().map_or(0, Vec::len);
        page["metadata"]["total_elements"] = json!(people);
    });
    let (runs, requests) = (stage.runs().len(), personio.requests().len());
    let sentence = "100 employees were announced, and beyond them there are more (3 readings)";
    assert_failed(&stage, &stage.run(&["sync"]), 65, sentence, (&before, runs));
    assert_eq!(personio.requests().len() - requests, 1 + 3 * 2);
}

#[test]
fn two_rows_that_change_places_are_no_reason_to_read_again() {
    let personio = Personio::with(people(1..=250));
    let stage = Stage::in_step(&personio);
    let mut first_pages = 0;
    personio.rewrite(move |page| {
        if page["offset"] == 0 {
            first_pages += 1;
            page["data"].as_array_mut().unwrap().swap(0, first_pages);
        }
    });
    let requests = personio.requests().len();
    assert_eq!(stage.run(&["sync"]).expect(0).stderr, "");
    assert_eq!(personio.requests().len() - requests, 1 + 3 + 1);
}
