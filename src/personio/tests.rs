//! The client against a Personio that misbehaves on request, over real HTTP on loopback.
//!
//! Every failure is also checked for what must never be in it: the secret, the token and anything from a body.

#[path = "../../examples/personio_sandbox/http.rs"]
#[allow(dead_code, reason = "the sandbox uses more of it than these tests do")]
mod server;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use server::{Delivery, Reply, Request, Server};

use super::*;
use crate::roster::model::record::{AttributeKey, Field};

const SECRET: &str = "canary-secret";
const TOKEN: &str = "papi-canary-token";
const IN_A_BODY: &str = "canary-body";

/// A server that remembers what it was asked. It answers one request at a time.
struct Crooked {
    server: Server,
    arrived: Arc<Mutex<Vec<Request>>>,
}

impl Crooked {
    /// `answer` is given each request and how many came before it.
    fn start(mut answer: impl FnMut(&Request, usize) -> Reply + Send + 'static) -> Self {
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let answering = Mutex::new((Arc::clone(&arrived), move |request: &Request, nth| answer(request, nth)));
        let server = Server::start("127.0.0.1:0", move |request| {
            let mut answering = lock(&answering);
            let nth = {
                let mut arrived = lock(&answering.0);
                arrived.push(request.clone());
                arrived.len() - 1
            };
            (answering.1)(request, nth)
        });
        Self { server: server.unwrap(), arrived }
    }

    /// Signs everybody in and leaves the reads to the test; `nth` counts reads only.
    fn for_reads(mut answer: impl FnMut(&Request, usize) -> Reply + Send + 'static) -> Self {
        let mut reads = 0;
        Self::start(move |request, _| {
            if is_sign_in(request) {
                return signed_in();
            }
            reads += 1;
            answer(request, reads - 1)
        })
    }

    fn base_url(&self) -> String {
        format!("{}/v1", self.server.url())
    }

    fn arrived(&self) -> Vec<Request> {
        lock(&self.arrived).clone()
    }

    fn sign_ins(&self) -> usize {
        self.arrived().iter().filter(|request| is_sign_in(request)).count()
    }
}

fn is_sign_in(request: &Request) -> bool {
    request.method == "POST" && request.path.ends_with("/auth")
}

fn settings(server: &Crooked) -> Settings {
    Settings {
        base_url: BaseUrl::parse(&server.base_url()).unwrap(),
        request_timeout: Duration::from_secs(5),
        give_up_after: Duration::from_secs(10),
        requests_per_second: 0,
        requests_per_minute: 0,
    }
}

fn bounded(settings: &Settings, observer: Observer, bounds: Bounds) -> Client {
    let credential = Credential { client_id: "id-1".into(), client_secret: Secret::new(SECRET) };
    let berlin = TimeZone::parse("Europe/Berlin").unwrap();
    let bounds = Bounds { first_wait: Duration::from_millis(1), ..bounds };
    Client::bounded(settings, berlin, credential, observer, bounds).unwrap()
}

fn client_with(settings: &Settings) -> Client {
    bounded(settings, Observer::none(), BOUNDS)
}

fn client(server: &Crooked) -> Client {
    client_with(&settings(server))
}

fn impatient(server: &Crooked) -> Settings {
    Settings { give_up_after: Duration::from_millis(200), ..settings(server) }
}

fn text(status: u16, body: impl Into<String>) -> Reply {
    Reply::bytes(status, "application/json", body.into())
}

fn with(mut reply: Reply, name: &str, value: impl Into<String>) -> Reply {
    reply.headers.push((name.to_owned(), value.into()));
    reply
}

/// The same answer, spoilt on its way.
fn spoilt(delivery: Delivery) -> Reply {
    Reply { delivery, ..text(200, format!("{{\"success\": true, \"data\": \"{IN_A_BODY}\"}}")) }
}

/// A closed connection.
fn hung_up() -> Reply {
    spoilt(Delivery::Hang(Duration::ZERO))
}

fn cut_short() -> Reply {
    spoilt(Delivery::CutAfter(16))
}

fn signed_in() -> Reply {
    text(200, format!(r#"{{"success":true,"data":{{"token":"{TOKEN}","expires_in":86400,"scope":"x"}}}}"#))
}

fn person(id: i64) -> String {
    format!(
        r#"{{"type":"Employee","attributes":{{"id":{{"label":"ID","value":{id}}},"email":{{"label":"Email","value":"{id}@example.org"}}}}}}"#
    )
}

fn page(total: usize, ids: impl IntoIterator<Item = i64>) -> Reply {
    let rows: Vec<_> = ids.into_iter().map(person).collect();
    text(200, format!(r#"{{"success":true,"metadata":{{"total_elements":{total}}},"data":[{}]}}"#, rows.join(",")))
}

fn refusal(status: u16) -> Reply {
    text(status, format!(r#"{{"success":false,"error":{{"code":{status},"message":"{IN_A_BODY}"}}}}"#))
}

fn list(client: &Client) -> Result<CompleteListing<Record>, Failure> {
    client.list(&Wanted::new([]), |record| record)
}

fn assert_failed(failure: &Failure, exit: Exit, part: &str) {
    assert_eq!(failure.exit, exit, "{failure:?}");
    assert!(failure.message.contains(part), "{failure:?} does not say {part:?}");
    assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
    assert_eq!(failure.message.lines().count(), 1, "{failure:?}");
}

#[test]
fn a_listing_is_fetched_page_by_page_with_the_wanted_attributes_only() {
    let server = Crooked::for_reads(|_, nth| if nth == 1 { page(3, [7]) } else { page(3, [9, 8]) });
    let progress = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&progress);
    let observer = Observer::new(move |at| lock(&noted).push(at));
    let client = bounded(&settings(&server), observer, BOUNDS);
    let wanted = Wanted::new([AttributeKey::new("dynamic_1"), AttributeKey::new("department")]);
    let listing = client.list(&wanted, |record| record).unwrap();
    assert_eq!(listing.ids().map(|id| id.0).collect::<Vec<_>>(), [7, 8, 9]);
    assert_eq!(listing.readable().iter().map(AttributeKey::as_str).collect::<Vec<_>>(), ["email"]);
    assert_eq!(listing.into_people()[0].1.email, Field::Known("7@example.org".into()));
    let received = |received| Progress::Received { received, total: 3 };
    assert_eq!(*lock(&progress), [received(2), received(3)]);

    let requests = server.arrived();
    let [sign_in, first, second, closing] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!((sign_in.method.as_str(), sign_in.path.as_str()), ("POST", "/v1/auth"));
    assert_eq!(sign_in.body, format!(r#"{{"client_id":"id-1","client_secret":"{SECRET}"}}"#).as_bytes());
    assert_eq!(sign_in.header("content-type"), Some("application/json"));
    assert_eq!(sign_in.header("authorization"), None);
    assert!(requests.iter().skip(1).all(|request| request.path == "/v1/company/employees"));
    let keys = [
        "department",
        "dynamic_1",
        "email",
        "first_name",
        "hire_date",
        "last_name",
        "status",
        "supervisor",
        "termination_date",
    ];
    let query = |offset: &str| -> Vec<(String, String)> {
        let paging = [("limit", "100"), ("offset", offset)];
        let pairs = paging.into_iter().chain(keys.map(|key| ("attributes[]", key)));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    assert_eq!((&first.query, &second.query), (&query("0"), &query("2")));
    assert_eq!(closing.query, first.query);
    assert_eq!(first.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    assert_eq!(first.header("user-agent"), Some(concat!("honestly-sync/", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn a_rejected_credential_is_tried_once() {
    let cases = [
        refusal(400),
        refusal(401),
        refusal(403),
        text(200, format!(r#"{{"success":false,"error":{{"code":0,"message":"{IN_A_BODY}"}}}}"#)),
        text(403, format!("<html>{IN_A_BODY}</html>")),
    ];
    for reply in cases {
        let server = Crooked::start(move |_, _| reply.clone());
        assert_failed(&client(&server).sign_in().unwrap_err(), Exit::Rejected, "rejected the credential");
        assert_eq!(server.arrived().len(), 1);
    }
}

#[test]
fn an_answer_to_a_sign_in_that_is_none_is_not_trusted() {
    for (reply, part) in [
        (text(200, format!("<html>{IN_A_BODY}")), "HTML"),
        (text(200, ""), "empty"),
        (text(200, format!(r#"{{"success":true,"data":{{"tok":"{IN_A_BODY}"}}}}"#)), "shape"),
        (refusal(404), "404"),
        (refusal(422), "422"),
    ] {
        let server = Crooked::start(move |_, _| reply.clone());
        assert_failed(&client(&server).sign_in().unwrap_err(), Exit::Untrusted, part);
        assert_eq!(server.arrived().len(), 1);
    }
}

#[test]
fn signing_in_is_repeated_in_bad_weather() {
    let server = Crooked::start(|_, nth| match nth {
        0 => refusal(429),
        1 => refusal(503),
        2 => hung_up(),
        3 => cut_short(),
        _ => signed_in(),
    });
    client(&server).sign_in().unwrap();
    assert_eq!(server.arrived().len(), 5);
}

#[test]
fn one_sign_in_serves_all_reads() {
    let server = Crooked::for_reads(|_, _| page(1, [1]));
    let client = client(&server);
    client.sign_in().unwrap();
    list(&client).unwrap();
    list(&client).unwrap();
    assert_eq!(server.sign_ins(), 1);
}

#[test]
fn a_token_refused_in_mid_run_is_replaced_once_for_each_refusal() {
    let refused = Mutex::new(BTreeSet::new());
    let server = Crooked::for_reads(move |request, _| {
        let offset: i64 = request.query_value("offset").unwrap().parse().unwrap();
        // The first answer for each page but the first; beyond the last one there is nobody.
        if [1, 2].contains(&offset) && refused.lock().unwrap().insert(offset) {
            refusal(401)
        } else {
            page(3, (1..=3).rev().skip(usize::try_from(offset).unwrap()).take(1))
        }
    });
    assert_eq!(list(&client(&server)).unwrap().ids().len(), 3);
    // Two readers that are refused the same token share the new one.
    assert!((2..=3).contains(&server.sign_ins()));
}

#[test]
fn a_token_refused_twice_in_a_row_ends_the_run() {
    let server = Crooked::for_reads(|_, _| refusal(401));
    assert_failed(&list(&client(&server)).unwrap_err(), Exit::Rejected, "a token it had just issued");
    assert_eq!((server.sign_ins(), server.arrived().len()), (2, 4));
}

#[test]
fn a_credential_rejected_in_mid_run_ends_the_run() {
    let server = Crooked::start(|request, nth| match (is_sign_in(request), nth) {
        (true, 0) => signed_in(),
        _ => refusal(401),
    });
    assert_failed(&list(&client(&server)).unwrap_err(), Exit::Rejected, "rejected the credential");
    assert_eq!(server.arrived().len(), 3);
}

#[test]
fn answers_that_no_retry_would_change_fail_at_once() {
    for (reply, exit, part) in [
        (refusal(403), Exit::Rejected, "may not read employees"),
        (refusal(400), Exit::Untrusted, "400"),
        (refusal(404), Exit::Untrusted, "404"),
        (refusal(422), Exit::Untrusted, "422"),
        (text(204, ""), Exit::Untrusted, "204"),
        (refusal(200), Exit::Untrusted, "`success: false`"),
        (text(200, format!("<!doctype html>{IN_A_BODY}")), Exit::Untrusted, "HTML instead of JSON"),
        (text(200, format!("{IN_A_BODY} {{")), Exit::Untrusted, "not JSON"),
        (text(200, format!(r#"{{"success":true,"data":["{IN_A_BODY}"#)), Exit::Untrusted, "in the middle"),
        (text(200, format!(r#"{{"success":true,"data":["{IN_A_BODY}"]}}"#)), Exit::Untrusted, "shape"),
        (text(200, ""), Exit::Untrusted, "empty answer"),
        (text(200, r#"{"success":true,"data":[]}"#), Exit::Untrusted, "how many employees"),
    ] {
        let server = Crooked::for_reads(move |_, _| reply.clone());
        assert_failed(&list(&client(&server)).unwrap_err(), exit, part);
        assert_eq!(server.arrived().len(), 2, "{part}");
    }
}

#[test]
fn a_wrong_address_is_hinted_at() {
    let server = Crooked::for_reads(|_, _| refusal(404));
    let failure = list(&client(&server)).unwrap_err();
    assert!(failure.hints.concat().contains("base_url"));
}

#[test]
fn bad_weather_that_passes_leaves_no_trace() {
    let server = Crooked::for_reads(|_, nth| match nth {
        0 => refusal(429),
        1 => refusal(500),
        2 => text(502, format!("<html>{IN_A_BODY}</html>")),
        3 => cut_short(),
        4 => hung_up(),
        5 => with(refusal(429), "Retry-After", "0"),
        6 => with(refusal(503), "Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"),
        7 => with(refusal(429), "Retry-After", "nonsense"),
        _ => page(1, [1]),
    });
    assert_eq!(list(&client(&server)).unwrap().ids().len(), 1);
    assert_eq!(server.arrived().len(), 10);
}

#[test]
fn bad_weather_that_lasts_is_given_up() {
    for (reply, exit, part) in [
        (refusal(429), Exit::Unavailable, "too many requests (429)"),
        (refusal(500), Exit::Unavailable, "status 500"),
        (text(503, format!("<html>{IN_A_BODY}</html>")), Exit::Unavailable, "status 503"),
        (hung_up(), Exit::Unavailable, "closed the connection"),
        (cut_short(), Exit::Untrusted, "cut short"),
    ] {
        let server = Crooked::for_reads(move |_, _| reply.clone());
        let failure = list(&client_with(&impatient(&server))).unwrap_err();
        assert_failed(&failure, exit, part);
        assert!(failure.message.contains("gave up after"), "{failure}");
        assert!((2..30).contains(&server.arrived().len()), "{} requests", server.arrived().len());
    }
}

#[test]
fn a_wait_that_does_not_fit_into_the_budget_is_not_begun() {
    let server = Crooked::for_reads(|_, _| with(refusal(429), "Retry-After", "3600"));
    let failure = list(&client(&server)).unwrap_err();
    assert_failed(&failure, Exit::Unavailable, "gave up after 1 try, asked to wait 3600 seconds");
    assert_eq!(server.arrived().len(), 2);
}

#[test]
fn a_server_that_falls_silent_is_given_up() {
    for reply in [spoilt(Delivery::Hang(Duration::from_secs(60))), spoilt(Delivery::StallAfter(16))] {
        let server = Crooked::for_reads(move |_, _| reply.clone());
        let settings = Settings { request_timeout: Duration::from_millis(250), ..impatient(&server) };
        assert_failed(&list(&client_with(&settings)).unwrap_err(), Exit::Unavailable, "did not answer in time");
    }
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let server = Crooked::for_reads(|_, _| hung_up());
    let settings = impatient(&server);
    let host = settings.base_url.host();
    drop(server);
    assert_failed(
        &client_with(&settings).sign_in().unwrap_err(),
        Exit::Unavailable,
        &format!("{host} refused the connection"),
    );
}

#[test]
fn a_redirect_is_never_followed() {
    for status in [301, 302, 303, 307, 308] {
        let other = Crooked::start(|_, _| page(0, []));
        let target = format!("{}/company/employees?{IN_A_BODY}", other.base_url());
        let during_sign_in = {
            let target = target.clone();
            Crooked::start(move |_, _| with(text(status, ""), "Location", target.clone()))
        };
        let during_a_read = Crooked::for_reads(move |_, _| with(text(status, ""), "Location", target.clone()));
        assert_failed(&client(&during_sign_in).sign_in().unwrap_err(), Exit::Untrusted, "to another host");
        assert_failed(&list(&client(&during_a_read)).unwrap_err(), Exit::Untrusted, "to another host");
        assert_eq!(during_sign_in.arrived().len(), 1);
        assert!(other.arrived().is_empty());
    }
    let within = Crooked::for_reads(|_, _| with(text(302, ""), "Location", "/elsewhere"));
    assert_failed(&list(&client(&within)).unwrap_err(), Exit::Untrusted, "to another address");
    let without = Crooked::for_reads(|_, _| text(304, ""));
    assert_failed(&list(&client(&without)).unwrap_err(), Exit::Untrusted, "to another address");
}

#[test]
fn nothing_that_can_be_printed_holds_the_secret_or_the_token() {
    let server = Crooked::for_reads(|_, _| page(0, []));
    let client = client(&server);
    client.sign_in().unwrap();
    let printed = format!("{client:?}");
    assert!(printed.contains("***") && printed.contains("id-1"));
    assert!(!printed.contains("canary"), "{printed}");
}

#[test]
fn attributes_may_be_refused_without_the_credential_being_wrong() {
    let server = Crooked::for_reads(|_, nth| match nth {
        0 => refusal(403),
        1 => text(
            200,
            r#"{"success":true,"data":[{"key":"email","label":"E-Mail","type":"standard","universal_id":"email","options":[]}]}"#,
        ),
        _ => refusal(404),
    });
    let client = client(&server);
    assert_eq!(client.attributes(), Ok(Attributes::Refused));
    let email =
        Attribute { key: AttributeKey::new("email"), label: "E-Mail".into(), universal_id: Some("email".into()) };
    assert_eq!(client.attributes(), Ok(Attributes::Listed(vec![email])));
    assert_failed(&client.attributes().unwrap_err(), Exit::Untrusted, "404");
    assert_eq!(server.arrived()[1].path, "/v1/company/employees/attributes");
}

#[test]
fn the_first_page_tells_what_is_readable() {
    let server = Crooked::for_reads(|_, _| page(134, [1, 2]));
    let client = client(&server);
    let everything = client.first_page().unwrap();
    assert_eq!((everything.total, everything.people), (134, 2));
    assert_eq!(everything.readable.iter().map(|it| it.label.as_str()).collect::<Vec<_>>(), ["Email", "ID"]);
    assert!(server.arrived()[1].query_value("attributes[]").is_none());
}

/// Every answer about one id, and what it says of the person. None of them fails.
#[test]
fn only_personio_itself_says_that_somebody_is_gone_and_no_answer_about_one_id_fails() {
    let one = |id| text(200, format!(r#"{{"success":true,"data":{}}}"#, person(id)));
    let unclear = |reason: &str| Err(reason.to_owned());
    let cases: Vec<(Reply, Result<&str, String>)> = vec![
        (refusal(404), Ok("gone")),
        (one(7), Ok("known")),
        (one(8), unclear("answered 200 with another person")),
        (refusal(200), unclear("answered 200 with `success: false`")),
        (text(200, ""), unclear("answered 200 with nothing")),
        (text(200, format!("<html>{IN_A_BODY}")), unclear("answered 200 with HTML")),
        (text(200, r#"{"success":true,"data":{"#), unclear("answered 200 with half of a JSON document")),
        (page(1, [7]), unclear("answered 200 with something else than one person")),
        (text(404, format!("<html>{IN_A_BODY}</html>")), unclear("answered 404 without Personio's own error")),
        (text(404, r#"{"message":"no Route matched"}"#), unclear("answered 404 without Personio's own error")),
        (text(404, r#"{"success":false}"#), unclear("answered 404 without Personio's own error")),
        (text(404, r#"{"success":true,"error":{}}"#), unclear("answered 404 without Personio's own error")),
        (refusal(400), unclear("answered 400")),
        (refusal(401), unclear("answered 401")),
        (refusal(403), unclear("answered 403")),
        (refusal(422), unclear("answered 422")),
        (refusal(429), unclear("answered 429")),
        (with(refusal(429), "Retry-After", "3600"), unclear("answered 429")),
        (refusal(500), unclear("answered 500")),
        (text(503, format!("<html>{IN_A_BODY}")), unclear("answered 503")),
        (with(text(301, ""), "Location", "https://elsewhere.invalid/canary"), unclear("answered 301")),
        (hung_up(), unclear("closed the connection without an answer")),
        (cut_short(), unclear("sent an answer that was cut short")),
        (with(one(7), "Content-Encoding", "br"), unclear("sent an answer in an unknown coding")),
    ];
    for (reply, expected) in cases {
        let server = Crooked::for_reads(move |_, _| reply.clone());
        let heard = match client(&server).employee(EmployeeId(7), &Wanted::new([])).unwrap() {
            Lookup::Gone => Ok("gone"),
            Lookup::Known(record) => {
                assert_eq!(record.email, Field::Known("7@example.org".into()));
                Ok("known")
            }
            Lookup::Unclear(reason) => Err(reason),
        };
        assert_eq!(heard, expected);
        let reads = server.arrived().into_iter().filter(|request| !is_sign_in(request));
        let reads: Vec<_> = reads.map(|request| request.path).collect();
        assert!(
            reads.len() <= 3 && reads.iter().all(|path| path == "/v1/company/employees/7"),
            "{expected:?}: {reads:?}"
        );
    }
}

#[test]
fn without_a_token_nobody_can_be_asked_about_anybody() {
    let server = Crooked::start(|request, nth| match (is_sign_in(request), nth) {
        (true, 0) => signed_in(),
        _ => refusal(401),
    });
    let failure = client(&server).employee(EmployeeId(7), &Wanted::new([])).unwrap_err();
    assert_failed(&failure, Exit::Rejected, "rejected the credential");
}

#[test]
fn a_run_sends_so_many_requests_and_no_more() {
    let server = Crooked::for_reads(|request, _| {
        let offset: i64 = request.query_value("offset").unwrap().parse().unwrap();
        page(1_000, [offset + 1])
    });
    let client = bounded(&settings(&server), Observer::none(), Bounds { most_requests: 30, ..BOUNDS });
    assert_failed(&list(&client).unwrap_err(), Exit::Untrusted, "was sent 30 requests");
    assert_eq!(server.arrived().len(), 30);
    let failure = client.employee(EmployeeId(7), &Wanted::new([])).unwrap_err();
    assert_failed(&failure, Exit::Untrusted, "was sent 30 requests");
}

#[test]
fn whoever_waits_for_a_sign_in_waits_for_a_bounded_time() {
    let bounds = Bounds { sign_in: Duration::from_millis(200), ..BOUNDS };
    let patient = |server: &Crooked| Settings {
        request_timeout: Duration::from_secs(3_600),
        give_up_after: Duration::from_secs(3_600),
        ..settings(server)
    };
    for (reply, part) in [
        (refusal(503), "status 503"),
        (refusal(429), "too many requests"),
        (spoilt(Delivery::Hang(Duration::from_secs(60))), "did not answer in time"),
        (spoilt(Delivery::StallAfter(16)), "did not answer in time"),
    ] {
        let server = Crooked::start(move |_, _| reply.clone());
        let client = bounded(&patient(&server), Observer::none(), bounds);
        assert_failed(&client.sign_in().unwrap_err(), Exit::Unavailable, part);
    }
}

#[test]
fn whoever_waits_is_told_why() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let observer = || {
        let noted = Arc::clone(&told);
        Observer::new(move |progress| lock(&noted).push(progress))
    };
    let server = Crooked::for_reads(|_, nth| if nth == 0 { refusal(503) } else { page(1, [1]) });
    list(&bounded(&settings(&server), observer(), BOUNDS)).unwrap();
    let events = std::mem::take(&mut *lock(&told));
    let [Progress::Retrying { reason, after }, Progress::Received { received: 1, total: 1 }] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert!(reason.ends_with("has trouble of its own (status 503)") && !after.is_zero(), "{events:?}");

    // Signing in is the one request of the first second.
    let limited = Settings { requests_per_second: 1, ..settings(&server) };
    bounded(&limited, observer(), BOUNDS).first_page().unwrap();
    let events = std::mem::take(&mut *lock(&told));
    assert!(matches!(events.as_slice(), [Progress::AtTheLimit { .. }]), "{events:?}");
}

#[test]
fn a_request_line_stays_short_enough_for_any_server() {
    for count in [0, 1, 40, 80, 160, 320, 1_000] {
        for letters in ["a", "ä", "[]&="] {
            let keys = (0..count).map(|number| AttributeKey::new(format!("dynamic_{letters}{number}")));
            let wanted = Wanted::new(keys.collect::<Vec<_>>());
            let mut pairs = vec![("limit", "100"), ("offset", "4294967295")];
            pairs.extend(attribute_query(&wanted));
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let line = format!("GET /v1{EMPLOYEES}?{query} HTTP/1.1");
            assert!(line.len() < 6_000, "{count} keys: {}", line.len());
            assert!(
                count > 80 || pairs.len() == 2 + wanted.keys().count(),
                "{count} keys are few enough to be asked for"
            );
        }
    }
}

#[test]
fn where_too_much_is_mapped_everything_is_asked_for_and_the_rest_passed_over() {
    let server = Crooked::for_reads(|_, _| page(1, [1]));
    let wanted = Wanted::new((0..400).map(|number| AttributeKey::new(format!("dynamic_{number}"))));
    let listing = client(&server).list(&wanted, |record| record).unwrap();
    assert!(server.arrived()[1].query_value("attributes[]").is_none());
    assert_eq!(listing.readable().iter().map(AttributeKey::as_str).collect::<Vec<_>>(), ["email"]);
}

#[test]
fn bodies_are_read_whatever_gzip_is_called() {
    let Reply { body, .. } = page(1, [1]);
    let mut coded = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    coded.write_all(&body).unwrap();
    let coded = coded.finish().unwrap();
    let half = coded[..coded.len() / 2].to_vec();
    let coded_as = |name: &str, bytes: &[u8]| {
        let reply = with(Reply::bytes(200, "application/json", bytes), "Content-Encoding", name);
        Crooked::for_reads(move |_, _| reply.clone())
    };
    for name in ["gzip", "x-gzip", "GZIP", "X-GZip"] {
        let server = coded_as(name, &coded);
        assert_eq!(list(&client(&server)).unwrap().ids().len(), 1, "{name}");
        assert_eq!(server.arrived()[1].header("accept-encoding"), Some("gzip"));
    }
    let server = coded_as("gzip", &half);
    assert_failed(&list(&client_with(&impatient(&server))).unwrap_err(), Exit::Untrusted, "cut short");
    let server = coded_as("br", &coded);
    assert_failed(&list(&client(&server)).unwrap_err(), Exit::Untrusted, "a coding that was not asked for");
}

#[test]
fn an_address_without_a_path_is_asked_without_one() {
    let server = Crooked::for_reads(|_, _| page(1, [1]));
    for address in [server.server.url(), server.server.url() + "/"] {
        let settings = Settings { base_url: BaseUrl::parse(&address).unwrap(), ..settings(&server) };
        list(&client_with(&settings)).unwrap();
    }
    let paths: BTreeSet<String> = server.arrived().into_iter().map(|request| request.path).collect();
    assert_eq!(paths.into_iter().collect::<Vec<_>>(), ["/auth", "/company/employees"]);
}

#[test]
fn a_listing_that_changes_while_it_is_read_is_read_again() {
    let server = Crooked::for_reads(|_, nth| match nth {
        0 => page(3, [3, 2]),
        1 => page(4, [2, 1]),
        3 => page(4, [2, 1]),
        _ => page(4, [4, 3]),
    });
    assert_eq!(list(&client(&server)).unwrap().ids().len(), 4);

    let server = Crooked::for_reads(|_, _| page(3, [1, 2]));
    assert_failed(&list(&client(&server)).unwrap_err(), Exit::Untrusted, "employee 1 came twice (3 readings)");
    assert_eq!(server.arrived().len(), 1 + 6);
}

#[test]
fn readers_on_several_threads_share_one_new_token() {
    let issued = AtomicUsize::new(0);
    let server = Crooked::start(move |request, _| {
        if is_sign_in(request) {
            let number = issued.fetch_add(1, Ordering::SeqCst);
            text(200, format!(r#"{{"success":true,"data":{{"token":"papi-{number}"}}}}"#))
        } else if request.header("authorization") == Some("Bearer papi-0") {
            refusal(401)
        } else {
            page(1, [1])
        }
    });
    let client = client(&server);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..4).map(|_| scope.spawn(|| list(&client))).collect();
        for reader in readers {
            assert!(reader.join().unwrap().is_ok_and(|listing| listing.ids().len() == 1));
        }
    });
    assert_eq!(server.sign_ins(), 2);
}
