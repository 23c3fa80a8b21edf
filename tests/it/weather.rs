//! Personio in bad weather: waited out within a budget, never asked faster than configured, and nobody else told a secret.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use honestly_sync::personio::{Client, Observer, Settings, Wanted};
use honestly_sync::remote::{BaseUrl, Proxies};
use honestly_sync::secret::{Credential, Secret};
use honestly_sync::timezone::TimeZone;
use serde_json::json;

use crate::guard::{ids, people};
use crate::personio::http::{Delivery, Reply, Request, Server};
use crate::personio::{CLIENT_ID, Personio, SECRET, TOKEN, refusal};
use crate::stage::Stage;

fn configure(stage: &Stage, base_url: &str, more: &str) {
    let text = format!("[personio]\nbase_url = \"{base_url}\"\n{more}[delivery]\nto = \"none\"\n");
    std::fs::write(stage.config(), text).unwrap();
}

/// When each request arrived, and what the first ones got instead of an answer.
fn spoil(personio: &Personio, mut replies: Vec<Reply>) -> Arc<Mutex<Vec<Instant>>> {
    replies.reverse();
    let arrived = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&arrived);
    personio.interfere(move |request, _| {
        noted.lock().unwrap().push(Instant::now());
        if request.method == "GET" { replies.pop() } else { None }
    });
    arrived
}

fn gaps(arrived: &Mutex<Vec<Instant>>) -> Vec<Duration> {
    arrived.lock().unwrap().windows(2).map(|pair| pair[1] - pair[0]).collect()
}

fn with_header(mut reply: Reply, name: &str, value: String) -> Reply {
    reply.headers.push((name.to_owned(), value));
    reply
}

#[test]
fn a_wait_that_personio_asks_for_is_kept() {
    let personio = Personio::with(people(1..=3));
    let stage = Stage::connected(&personio);
    configure(&stage, &personio.base_url(), "give_up_after_seconds = 60\n");
    // A date has whole seconds: up to one of the three is lost in rounding.
    let date = || (chrono::Utc::now() + chrono::TimeDelta::seconds(3)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let arrived = spoil(
        &personio,
        vec![
            with_header(refusal(429), "retry-after", "2".to_owned()),
            with_header(refusal(503), "retry-after", date()),
        ],
    );
    stage.run(&["sync"]).expect(0);
    let gaps = gaps(&arrived);
    assert!(gaps[1] >= Duration::from_millis(1_990), "{gaps:?}");
    // The date was made before the first wait: what is left of it is less than the schedule's own wait.
    assert!(gaps[2] >= Duration::from_millis(990), "{gaps:?}");
    assert_eq!(ids(&stage).len(), 3);
}

#[test]
fn weather_that_clears_leaves_no_trace() {
    let personio = Personio::with(people(1..=3));
    let stage = Stage::connected(&personio);
    configure(&stage, &personio.base_url(), "give_up_after_seconds = 60\ntimeout_seconds = 1\n");
    spoil(
        &personio,
        vec![
            Reply { delivery: Delivery::Reset, ..refusal(500) },
            Reply { delivery: Delivery::CutAfter(3), ..refusal(200) },
        ],
    );
    let ended = stage.run(&["sync"]).expect(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
}

#[test]
fn weather_that_lasts_is_given_up_within_the_budget() {
    let personio = Personio::with(people(1..=3));
    let stage = Stage::in_step(&personio);
    let before = stage.contents();
    configure(&stage, &personio.base_url(), "give_up_after_seconds = 4\ntimeout_seconds = 1\n");
    let silence = || Reply { delivery: Delivery::Hang(Duration::from_secs(60)), ..refusal(500) };
    let replies: [fn() -> Reply; 3] =
        [|| refusal(503), silence, || with_header(refusal(429), "retry-after", "3600".to_owned())];
    for reply in replies {
        personio.interfere(move |_, _| Some(reply()));
        let started = Instant::now();
        let ended = stage.run(&["sync"]).expect(75);
        assert!(started.elapsed() < Duration::from_secs(12), "{:?}", started.elapsed());
        assert!(ended.stderr.contains("gave up after"), "{ended:#?}");
        assert_eq!(stage.contents(), before);
    }
}

#[test]
fn personio_is_never_asked_faster_than_configured() {
    let personio = Personio::with(people(1..=16));
    let stage = Stage::connected(&personio);
    personio.limit_pages(1);
    configure(&stage, &personio.base_url(), "requests_per_second = 6\nrequests_per_minute = 300\n");
    let arrived = spoil(&personio, Vec::new());
    stage.run(&["sync"]).expect(0);
    let arrived = arrived.lock().unwrap();
    // Signing in, everybody, the page beyond the last one, which is full, and the first again.
    assert_eq!(arrived.len(), 1 + 16 + 1 + 1);
    // Three seconds apart at least; a machine at work may let the first one wait. The law of the pace itself is in `pace`.
    let took = *arrived.last().unwrap() - arrived[0];
    assert!(took >= Duration::from_secs(2), "{took:?}");
}

#[test]
fn a_refused_token_is_replaced_once_for_each_refusal() {
    let personio = Personio::with(people(1..=6));
    let stage = Stage::connected(&personio);
    personio.limit_pages(2);
    let sign_ins = || personio.requests().iter().filter(|request| *request == "POST /v1/auth").count();
    let before = sign_ins();
    let mut reads = 0;
    personio.interfere(move |request, _| {
        reads += usize::from(request.method == "GET");
        (request.method == "GET" && [2, 5].contains(&reads)).then(|| refusal(401))
    });
    stage.run(&["sync"]).expect(0);
    assert_eq!(sign_ins() - before, 3);
    personio.interfere(|request, _| (request.method == "GET").then(|| refusal(401)));
    stage.run(&["sync"]).expect(77);
    assert_eq!(sign_ins() - before, 3 + 2);
}

#[test]
fn credentials_never_travel_to_another_host() {
    let heard = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&heard);
    let stranger = Server::start("127.0.0.1:0", move |_| {
        counting.fetch_add(1, Ordering::SeqCst);
        Reply::json(200, &json!({"success": true, "data": {"token": "papi-stranger"}}))
    })
    .unwrap();
    let personio = Personio::with(people(1..=3));
    let stage = Stage::in_step(&personio);
    for (method, status) in [("POST", 302), ("POST", 307), ("GET", 301), ("GET", 302), ("GET", 307), ("GET", 308)] {
        let target = format!("{}/v1/auth", stranger.url());
        personio.interfere(move |request, _| {
            let elsewhere = || with_header(Reply::bytes(status, "text/plain", ""), "location", target.clone());
            (request.method == method).then(elsewhere)
        });
        let ended = stage.run(&["-vv", "sync"]).expect(65);
        assert!(ended.stderr.contains("another host") || ended.stderr.contains("another address"), "{ended:#?}");
        assert!(!ended.stderr.contains(SECRET) && !ended.stderr.contains(TOKEN), "{ended:#?}");
    }
    assert_eq!(heard.load(Ordering::SeqCst), 0);
}

/// A company that is never at rest: people, newest first.
struct Restless {
    people: Vec<i64>,
    next_id: i64,
    /// Who was ever there and is gone.
    gone: BTreeSet<i64>,
    random: fastrand::Rng,
}

impl Restless {
    fn answer(&mut self, request: &Request) -> Reply {
        const PAGE: usize = 9;
        if request.method == "POST" {
            return Reply::json(200, &json!({"success": true, "data": {"token": TOKEN}}));
        }
        if self.random.usize(..600) == 0 {
            self.change();
        }
        let offset: usize = request.query_value("offset").unwrap().parse().unwrap();
        let rows = self.people.iter().skip(offset).take(PAGE).map(
            |id| json!({"type": "Employee", "attributes": {"id": {"label": "ID", "value": id, "type": "integer"}}}),
        );
        let rows: Vec<_> = rows.collect();
        let total = self.people.len();
        Reply::json(200, &json!({"success": true, "metadata": {"total_elements": total}, "data": rows}))
    }

    /// Somebody comes, somebody goes, or both, so that the total says nothing.
    fn change(&mut self) {
        let what = self.random.u8(..4);
        if what != 0 {
            self.people.insert(0, self.next_id);
            self.next_id += 1;
        }
        if what != 1 {
            let gone = self.people.remove(self.random.usize(..self.people.len()));
            self.gone.insert(gone);
        }
    }
}

#[test]
fn a_hundred_parallel_runs_over_a_listing_that_changes_at_random_are_complete_or_refused() {
    let company = Restless {
        people: (1..=100).rev().collect(),
        next_id: 101,
        gone: BTreeSet::new(),
        random: fastrand::Rng::with_seed(fastrand::u64(..)),
    };
    let seed = company.random.get_seed();
    let company = Arc::new(Mutex::new(company));
    let answering = Arc::clone(&company);
    let server = Server::start("127.0.0.1:0", move |request| answering.lock().unwrap().answer(request)).unwrap();
    let settings = Settings {
        base_url: BaseUrl::parse(&format!("{}/v1", server.url())).unwrap(),
        request_timeout: Duration::from_secs(60),
        give_up_after: Duration::from_secs(60),
        requests_per_second: 0,
        requests_per_minute: 0,
        proxies: Proxies::default(),
    };
    let berlin = TimeZone::parse("Europe/Berlin").unwrap();
    let proven = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                let credential = Credential { client_id: CLIENT_ID.into(), client_secret: Secret::new(SECRET) };
                let client = Client::new(&settings, berlin.clone(), credential, Observer::new(|_| ())).unwrap();
                let there: BTreeSet<i64> = company.lock().unwrap().people.iter().copied().collect();
                match client.list(&Wanted::new([]), |_| ()) {
                    Ok(listing) => {
                        let listed: BTreeSet<i64> = listing.ids().map(|id| id.0).collect();
                        let company = company.lock().unwrap();
                        let throughout: Vec<&i64> = there.difference(&company.gone).collect();
                        let lost: Vec<_> = throughout.into_iter().filter(|id| !listed.contains(id)).collect();
                        assert!(lost.is_empty(), "seed {seed}: {lost:?} were there all the time");
                        proven.fetch_add(1, Ordering::SeqCst);
                    }
                    Err(failure) => assert_eq!(failure.exit.code(), 65, "seed {seed}: {failure}"),
                }
            });
        }
    });
    assert!(proven.into_inner() > 0, "seed {seed}: never at rest long enough, which shows nothing");
}
