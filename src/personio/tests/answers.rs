//! What becomes of the answers about employees.

use std::net::SocketAddr;

use socket2::{Domain, Socket, Type};

use super::*;
use crate::roster::decide::reply;
use crate::roster::policy::attribute::Kind;
use crate::roster::voice::Told;

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
fn a_server_that_is_not_there_is_named() {
    // Bound and not listening: it refuses, and no other test gets its port meanwhile.
    let taken = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    taken.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let port = taken.local_addr().unwrap().as_socket().unwrap().port();
    let base_url = BaseUrl::parse(&format!("http://127.0.0.1:{port}/v1")).unwrap();
    let settings = Settings { base_url, ..impatient(&Crooked::for_reads(|_, _| hung_up())) };
    let host = crate::remote::host_of(&settings.base_url.at(""));
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
fn attributes_that_are_not_listed_stop_nobody() {
    let server = Crooked::for_reads(|_, nth| match nth {
        0 => refusal(403),
        1 => text(
            200,
            r#"{"success":true,"data":[{"key":"email","label":"E-Mail","type":"standard","universal_id":"email","options":[]}]}"#,
        ),
        _ => refusal(404),
    });
    let client = client(&server);
    assert_eq!(client.attributes(), Ok(Attributes::NotListed(reply::Reply::Status(403))));
    let email = Attribute {
        key: AttributeKey::new("email"),
        label: "E-Mail".into(),
        universal_id: Some("email".into()),
        kind: Kind::Standard,
    };
    assert_eq!(client.attributes(), Ok(Attributes::Listed(vec![email])));
    assert_eq!(client.attributes(), Ok(Attributes::NotListed(reply::Reply::Status(404))));
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

/// Every answer about one id, and what it says of the person. None of them is a failure.
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
            Lookup::Unclear(reply) => Err(reply.logged()),
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
fn what_personio_announces_to_end_is_known_with_its_day() {
    let server = Crooked::for_reads(|request, _| match request.path.ends_with("/7") {
        true => with(refusal(404), "Deprecation", "@1767139200"),
        false => with(page(1, [1]), "Sunset", "Fri, 31 Dec 2027 23:59:59 GMT"),
    });
    let client = client(&server);
    assert_eq!(client.ending(), BTreeMap::new());
    client.employee(EmployeeId(7), &Wanted::new([])).unwrap();
    assert_eq!(client.ending().into_iter().collect::<Vec<_>>(), [(EMPLOYEES, None)]);
    list(&client).unwrap();
    let day = httpdate::parse_http_date("Fri, 31 Dec 2027 23:59:59 GMT").unwrap();
    assert_eq!(client.ending().into_iter().collect::<Vec<_>>(), [(EMPLOYEES, Some(day))]);
}
