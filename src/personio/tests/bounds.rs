//! How much, how long and how often: bad weather, limits, sizes.

use super::*;

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
        8 => refusal(408),
        9 => text(425, ""),
        _ => page(1, [1]),
    });
    assert_eq!(list(&client(&server)).unwrap().ids().len(), 1);
    assert_eq!(server.arrived().len(), 12);
}

#[test]
fn bad_weather_that_lasts_is_given_up() {
    for (reply, exit, part) in [
        (refusal(429), Exit::Unavailable, "too many requests (429): \u{201c}Personio's words\u{201d}"),
        (refusal(500), Exit::Unavailable, "status 500: \u{201c}Personio's words\u{201d}"),
        (text(500, ""), Exit::Unavailable, "status 500; gave up"),
        (
            text(503, format!("<html><title>No way out</title>{IN_A_BODY}</html>")),
            Exit::Unavailable,
            "503, a page for browsers: \u{201c}No way out\u{201d}; gave up",
        ),
        (text(502, format!("<html>{IN_A_BODY}</html>")), Exit::Unavailable, "502, a page for browsers; gave up"),
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
fn what_will_be_answered_the_same_again_is_asked_once() {
    for status in [501, 505, 511] {
        for (reply, part) in [
            (text(status, "<html><title>Sign in first</title></html>"), "something in between answered"),
            (refusal(status), "with the status"),
        ] {
            let server = Crooked::for_reads(move |_, _| reply.clone());
            assert_failed(&list(&client(&server)).unwrap_err(), Exit::Untrusted, part);
            assert_eq!(server.arrived().len(), 2);
        }
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
fn a_run_sends_so_many_requests_and_no_more() {
    let server = Crooked::for_reads(|request, _| {
        let offset: i64 = request.query_value("offset").unwrap().parse().unwrap();
        page(1_000, [offset + 1])
    });
    let client = bounded(&settings(&server), Observer::new(|_| ()), Bounds { most_requests: 30, ..BOUNDS });
    assert_failed(&list(&client).unwrap_err(), Exit::Untrusted, "was sent 30 requests");
    assert_eq!(server.arrived().len(), 30);
    let failure = client.employee(EmployeeId(7), &Wanted::new([])).unwrap_err();
    assert_failed(&failure, Exit::Untrusted, "was sent 30 requests");
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
    assert!(reason.contains("answered with the status 503") && !after.is_zero(), "{events:?}");

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
