//! The client against a Personio that misbehaves on request, over real HTTP on loopback.
//!
//! Every failure is also checked for what must never be in it: the secret, the token and anything from a body.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::crooked::{Arrived, CrookedServer, Reply};
use super::*;
use crate::roster::model::record::Field;

const SECRET: &str = "canary-secret";
const TOKEN: &str = "papi-canary-token";
const IN_A_BODY: &str = "canary-body";

fn settings(server: &CrookedServer) -> Settings {
    Settings {
        base_url: server.base_url(),
        request_timeout: Duration::from_secs(5),
        give_up_after: Duration::from_secs(10),
        requests_per_second: 0,
        requests_per_minute: 0,
    }
}

fn client_with(settings: &Settings) -> Client {
    let credential = Credential { client_id: "id-1".into(), client_secret: Secret::new(SECRET) };
    Client::with_first_wait(settings, credential, Duration::from_millis(1)).unwrap()
}

fn client(server: &CrookedServer) -> Client {
    client_with(&settings(server))
}

fn impatient(server: &CrookedServer) -> Settings {
    Settings { give_up_after: Duration::from_millis(200), ..settings(server) }
}

fn signed_in() -> Reply {
    Reply::new(200, format!(r#"{{"success":true,"data":{{"token":"{TOKEN}","expires_in":86400,"scope":"x"}}}}"#))
}

fn person(id: i64) -> String {
    format!(
        r#"{{"type":"Employee","attributes":{{"id":{{"label":"ID","value":{id}}},"email":{{"label":"Email","value":"{id}@example.org"}}}}}}"#
    )
}

fn page(total: usize, ids: impl IntoIterator<Item = i64>) -> Reply {
    let rows: Vec<_> = ids.into_iter().map(person).collect();
    Reply::new(
        200,
        format!(r#"{{"success":true,"metadata":{{"total_elements":{total}}},"data":[{}]}}"#, rows.join(",")),
    )
}

fn refusal(status: u16) -> Reply {
    Reply::new(status, format!(r#"{{"success":false,"error":{{"code":{status},"message":"{IN_A_BODY}"}}}}"#))
}

/// Signs everybody in and leaves the reads to the test; `nth` counts reads only.
fn server_for_reads(answer: impl Fn(&Arrived, usize) -> Reply + Send + 'static) -> CrookedServer {
    let reads = AtomicUsize::new(0);
    CrookedServer::start(move |request, _| {
        if request.is_sign_in() { signed_in() } else { answer(request, reads.fetch_add(1, Ordering::SeqCst)) }
    })
}

fn list(client: &Client) -> Result<CompleteListing<Record>, Failure> {
    client.list(&Wanted::new([]), |record| record, &mut |_| {})
}

fn assert_failed(failure: &Failure, exit: Exit, part: &str) {
    assert_eq!(failure.exit, exit, "{failure:?}");
    assert!(failure.message.contains(part), "{failure:?} does not say {part:?}");
    assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
    assert_eq!(failure.message.lines().count(), 1, "{failure:?}");
}

fn sign_ins(server: &CrookedServer) -> usize {
    server.arrived().iter().filter(|request| request.is_sign_in()).count()
}

#[test]
fn a_listing_is_fetched_page_by_page_with_the_wanted_attributes_only() {
    let server = server_for_reads(|_, nth| if nth == 1 { page(3, [7]) } else { page(3, [9, 8]) });
    let client = client(&server);
    let mut progress = Vec::new();
    let wanted = Wanted::new([AttributeKey::new("dynamic_1"), AttributeKey::new("department")]);
    let listing = client.list(&wanted, |record| record, &mut |at| progress.push(at)).unwrap();
    assert_eq!(listing.ids().map(|id| id.0).collect::<Vec<_>>(), [7, 8, 9]);
    assert_eq!(listing.readable().iter().map(AttributeKey::as_str).collect::<Vec<_>>(), ["email"]);
    assert_eq!(listing.into_people()[0].1.email, Field::Known("7@example.org".into()));
    assert_eq!(progress, [Progress { received: 2, total: 3 }, Progress { received: 3, total: 3 }]);

    let requests = server.arrived();
    let [sign_in, first, second, closing] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!((sign_in.method.as_str(), sign_in.target.as_str()), ("POST", "/v1/auth"));
    assert_eq!(sign_in.body, format!(r#"{{"client_id":"id-1","client_secret":"{SECRET}"}}"#));
    assert_eq!(sign_in.header("content-type"), Some("application/json"));
    assert_eq!(sign_in.header("authorization"), None);
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
    let query: String = keys.map(|key| format!("&attributes%5B%5D={key}")).concat();
    assert_eq!(first.target, format!("/v1/company/employees?limit=100&offset=0{query}"));
    assert_eq!(second.target, format!("/v1/company/employees?limit=100&offset=2{query}"));
    assert_eq!(closing.target, first.target);
    assert_eq!(first.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    assert_eq!(first.header("user-agent"), Some(concat!("honestly-sync/", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn a_rejected_credential_is_tried_once() {
    let cases = [
        refusal(400),
        refusal(401),
        refusal(403),
        Reply::new(200, format!(r#"{{"success":false,"error":{{"code":0,"message":"{IN_A_BODY}"}}}}"#)),
        Reply::new(403, format!("<html>{IN_A_BODY}</html>")),
    ];
    for reply in cases {
        let server = CrookedServer::start(move |_, _| reply.clone());
        assert_failed(&client(&server).sign_in().unwrap_err(), Exit::Rejected, "rejected the credential");
        assert_eq!(server.arrived().len(), 1);
    }
}

#[test]
fn an_answer_to_a_sign_in_that_is_none_is_not_trusted() {
    for (reply, part) in [
        (Reply::new(200, format!("<html>{IN_A_BODY}")), "HTML"),
        (Reply::new(200, ""), "empty"),
        (Reply::new(200, format!(r#"{{"success":true,"data":{{"tok":"{IN_A_BODY}"}}}}"#)), "shape"),
        (refusal(404), "404"),
        (refusal(422), "422"),
    ] {
        let server = CrookedServer::start(move |_, _| reply.clone());
        assert_failed(&client(&server).sign_in().unwrap_err(), Exit::Untrusted, part);
        assert_eq!(server.arrived().len(), 1);
    }
}

#[test]
fn signing_in_is_repeated_in_bad_weather() {
    let server = CrookedServer::start(|_, nth| match nth {
        0 => refusal(429),
        1 => refusal(503),
        2 => Reply::HangUp,
        3 => Reply::CutShort,
        _ => signed_in(),
    });
    client(&server).sign_in().unwrap();
    assert_eq!(server.arrived().len(), 5);
}

#[test]
fn one_sign_in_serves_all_reads() {
    let server = server_for_reads(|_, _| page(1, [1]));
    let client = client(&server);
    client.sign_in().unwrap();
    list(&client).unwrap();
    list(&client).unwrap();
    assert_eq!(sign_ins(&server), 1);
}

#[test]
fn a_token_refused_in_mid_run_is_replaced_once_for_each_refusal() {
    let refused = Mutex::new(BTreeSet::new());
    let server = server_for_reads(move |request, _| {
        let id = (1..=3).find(|id| request.target.contains(&format!("offset={}", 3 - id))).unwrap();
        // The first answer for each page but the first.
        if id < 3 && refused.lock().unwrap().insert(id) { refusal(401) } else { page(3, [id]) }
    });
    assert_eq!(list(&client(&server)).unwrap().ids().len(), 3);
    // Two readers that are refused the same token share the new one.
    assert!((2..=3).contains(&sign_ins(&server)));
}

#[test]
fn a_token_refused_twice_in_a_row_ends_the_run() {
    let server = server_for_reads(|_, _| refusal(401));
    assert_failed(&list(&client(&server)).unwrap_err(), Exit::Rejected, "a token it had just issued");
    assert_eq!((sign_ins(&server), server.arrived().len()), (2, 4));
}

#[test]
fn a_credential_rejected_in_mid_run_ends_the_run() {
    let server = CrookedServer::start(|request, nth| match (request.is_sign_in(), nth) {
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
        (Reply::new(204, ""), Exit::Untrusted, "204"),
        (refusal(200), Exit::Untrusted, "`success: false`"),
        (Reply::new(200, format!("<!doctype html>{IN_A_BODY}")), Exit::Untrusted, "HTML instead of JSON"),
        (Reply::new(200, format!("{IN_A_BODY} {{")), Exit::Untrusted, "not JSON"),
        (Reply::new(200, format!(r#"{{"success":true,"data":["{IN_A_BODY}"#)), Exit::Untrusted, "in the middle"),
        (Reply::new(200, format!(r#"{{"success":true,"data":["{IN_A_BODY}"]}}"#)), Exit::Untrusted, "shape"),
        (Reply::new(200, ""), Exit::Untrusted, "empty answer"),
        (Reply::new(200, r#"{"success":true,"data":[]}"#), Exit::Untrusted, "how many employees"),
    ] {
        let server = server_for_reads(move |_, _| reply.clone());
        assert_failed(&list(&client(&server)).unwrap_err(), exit, part);
        assert_eq!(server.arrived().len(), 2, "{part}");
    }
}

#[test]
fn a_wrong_address_is_hinted_at() {
    let server = server_for_reads(|_, _| refusal(404));
    let failure = list(&client(&server)).unwrap_err();
    assert!(failure.hints.concat().contains("base_url"));
}

#[test]
fn bad_weather_that_passes_leaves_no_trace() {
    let server = server_for_reads(|_, nth| match nth {
        0 => refusal(429),
        1 => refusal(500),
        2 => Reply::new(502, format!("<html>{IN_A_BODY}</html>")),
        3 => Reply::CutShort,
        4 => Reply::HangUp,
        5 => refusal(429).with("Retry-After", "0"),
        6 => refusal(503).with("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"),
        7 => refusal(429).with("Retry-After", "nonsense"),
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
        (Reply::new(503, format!("<html>{IN_A_BODY}</html>")), Exit::Unavailable, "status 503"),
        (Reply::HangUp, Exit::Unavailable, "closed the connection"),
        (Reply::CutShort, Exit::Untrusted, "cut short"),
    ] {
        let server = server_for_reads(move |_, _| reply.clone());
        let failure = list(&client_with(&impatient(&server))).unwrap_err();
        assert_failed(&failure, exit, part);
        assert!(failure.message.contains("gave up after"), "{failure}");
        assert!((2..30).contains(&server.arrived().len()), "{} requests", server.arrived().len());
    }
}

#[test]
fn a_wait_that_does_not_fit_into_the_budget_is_not_begun() {
    let server = server_for_reads(|_, _| refusal(429).with("Retry-After", "3600"));
    let failure = list(&client(&server)).unwrap_err();
    assert_failed(&failure, Exit::Unavailable, "gave up after 1 try, asked to wait 3600 seconds");
    assert_eq!(server.arrived().len(), 2);
}

#[test]
fn a_server_that_falls_silent_is_given_up() {
    for reply in [Reply::Silence, Reply::Stall] {
        let server = server_for_reads(move |_, _| reply.clone());
        let settings = Settings { request_timeout: Duration::from_millis(250), ..impatient(&server) };
        assert_failed(&list(&client_with(&settings)).unwrap_err(), Exit::Unavailable, "did not answer in time");
    }
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let server = server_for_reads(|_, _| Reply::HangUp);
    let settings = impatient(&server);
    let host = settings.base_url.trim_start_matches("http://").trim_end_matches("/v1").to_owned();
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
        let other = CrookedServer::start(|_, _| page(0, []));
        let target = format!("{}/company/employees?{IN_A_BODY}", other.base_url());
        let during_sign_in = {
            let target = target.clone();
            CrookedServer::start(move |_, _| Reply::new(status, "").with("Location", target.clone()))
        };
        let during_a_read = server_for_reads(move |_, _| Reply::new(status, "").with("Location", target.clone()));
        assert_failed(&client(&during_sign_in).sign_in().unwrap_err(), Exit::Untrusted, "to another host");
        assert_failed(&list(&client(&during_a_read)).unwrap_err(), Exit::Untrusted, "to another host");
        assert_eq!(during_sign_in.arrived().len(), 1);
        assert!(other.arrived().is_empty());
    }
    let within = server_for_reads(|_, _| Reply::new(302, "").with("Location", "/elsewhere"));
    assert_failed(&list(&client(&within)).unwrap_err(), Exit::Untrusted, "to another address");
    let without = server_for_reads(|_, _| Reply::new(304, ""));
    assert_failed(&list(&client(&without)).unwrap_err(), Exit::Untrusted, "to another address");
}

#[test]
fn nothing_that_can_be_printed_holds_the_secret_or_the_token() {
    let server = server_for_reads(|_, _| page(0, []));
    let client = client(&server);
    client.sign_in().unwrap();
    let printed = format!("{client:?}");
    assert!(printed.contains("***") && printed.contains("id-1"));
    assert!(!printed.contains("canary"), "{printed}");
}

#[test]
fn attributes_may_be_refused_without_the_credential_being_wrong() {
    let server = server_for_reads(|_, nth| match nth {
        0 => refusal(403),
        1 => Reply::new(
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
    assert_eq!(server.arrived()[1].target, "/v1/company/employees/attributes");
}

#[test]
fn the_first_page_tells_what_is_readable() {
    let server = server_for_reads(|_, _| page(134, [1, 2]));
    let client = client(&server);
    let everything = client.first_page(None).unwrap();
    assert_eq!((everything.total, everything.people), (134, 2));
    assert_eq!(everything.readable.iter().map(|it| it.label.as_str()).collect::<Vec<_>>(), ["Email", "ID"]);
    client.first_page(Some(&[AttributeKey::new("email")])).unwrap();
    let targets: Vec<_> = server.arrived().into_iter().skip(1).map(|request| request.target).collect();
    assert_eq!(targets[0], "/v1/company/employees?limit=100&offset=0");
    assert_eq!(targets[1], "/v1/company/employees?limit=100&offset=0&attributes%5B%5D=email");
}

#[test]
fn only_personio_itself_says_that_somebody_is_gone() {
    let html = Reply::new(404, format!("<html>{IN_A_BODY}</html>"));
    let gateway = Reply::new(404, r#"{"message":"no Route matched"}"#);
    let known = Reply::new(200, format!(r#"{{"success":true,"data":{}}}"#, person(7)));
    let somebody_else = Reply::new(200, format!(r#"{{"success":true,"data":{}}}"#, person(8)));
    let replies = [refusal(404), known, html, gateway, somebody_else, refusal(200), refusal(403), refusal(422)];
    let server = server_for_reads(move |_, nth| replies[nth].clone());
    let client = client(&server);
    let wanted = Wanted::new([]);
    let ask = || client.employee(EmployeeId(7), &wanted);
    assert_eq!(ask(), Ok(Lookup::Gone));
    let Lookup::Known(record) = ask().unwrap() else { panic!("not known") };
    assert_eq!(record.email, Field::Known("7@example.org".into()));
    assert_failed(&ask().unwrap_err(), Exit::Untrusted, "404");
    assert_failed(&ask().unwrap_err(), Exit::Untrusted, "404");
    assert_failed(&ask().unwrap_err(), Exit::Untrusted, "another person");
    assert_failed(&ask().unwrap_err(), Exit::Untrusted, "`success: false`");
    assert_failed(&ask().unwrap_err(), Exit::Rejected, "403");
    assert_failed(&ask().unwrap_err(), Exit::Untrusted, "422");
    assert!(server.arrived().iter().skip(1).all(|request| request.target == "/v1/company/employees/7"));
}

#[test]
fn a_listing_that_changes_while_it_is_read_is_read_again() {
    let server = server_for_reads(|_, nth| match nth {
        0 => page(3, [3, 2]),
        1 => page(4, [2, 1]),
        3 => page(4, [2, 1]),
        _ => page(4, [4, 3]),
    });
    assert_eq!(list(&client(&server)).unwrap().ids().len(), 4);

    let server = server_for_reads(|_, _| page(3, [1, 2]));
    assert_failed(&list(&client(&server)).unwrap_err(), Exit::Untrusted, "employee 1 came twice (3 readings)");
    assert_eq!(server.arrived().len(), 1 + 6);
}

#[test]
fn readers_on_several_threads_share_one_new_token() {
    let issued = AtomicUsize::new(0);
    let server = CrookedServer::start(move |request, _| {
        if request.is_sign_in() {
            let number = issued.fetch_add(1, Ordering::SeqCst);
            Reply::new(200, format!(r#"{{"success":true,"data":{{"token":"papi-{number}"}}}}"#))
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
    assert_eq!(sign_ins(&server), 2);
}
