//! The credential, the token, and who may see them.

use super::*;

#[test]
fn a_rejected_credential_is_tried_once() {
    let cases = [refusal(400), refusal(401), refusal(403), refusal(200)];
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
        // The first answer to each page but the first is a refusal. Beyond the last page there is nobody.
        if [1, 2].contains(&offset) && refused.lock().unwrap().insert(offset) {
            refusal(401)
        } else {
            page(3, (1..=3).rev().skip(usize::try_from(offset).unwrap()).take(1))
        }
    });
    assert_eq!(list(&client(&server)).unwrap().ids().len(), 3);
    // Two readers whose same token is refused share the new one.
    assert!((2..=3).contains(&server.sign_ins()));
}

fn token_is_not_valid() -> Reply {
    text(403, r#"{"success":false,"error":{"message":"Provided authorization is not valid","code":403}}"#)
}

#[test]
fn a_token_refused_twice_in_a_row_ends_the_run() {
    for (reply, part) in [
        (refusal(401), "a token it had just issued (401): \u{201c}Personio's words\u{201d}"),
        (token_is_not_valid(), "a token it had just issued (403): \u{201c}Provided authorization is not valid\u{201d}"),
    ] {
        let server = Crooked::for_reads(move |_, _| reply.clone());
        assert_failed(&list(&client(&server)).unwrap_err(), Exit::Rejected, part);
        assert_eq!((server.sign_ins(), server.arrived().len()), (2, 4));
    }
}

#[test]
fn a_token_that_ended_and_is_answered_403_is_replaced() {
    let server = Crooked::for_reads(|_, nth| if nth == 0 { token_is_not_valid() } else { page(1, [1]) });
    assert_eq!(list(&client(&server)).unwrap().ids().len(), 1);
    assert_eq!(server.sign_ins(), 2);
}

#[test]
fn a_page_of_something_in_between_is_no_word_of_personio() {
    for status in [401, 403, 407] {
        let page = move || text(status, format!("<html><title>Access denied</title>{IN_A_BODY}</html>"));
        let server = Crooked::start(move |_, _| page());
        let said = format!("{status}, a page for browsers: \u{201c}Access denied\u{201d}");
        assert_failed(&client(&server).sign_in().unwrap_err(), Exit::Untrusted, &said);
        let server = Crooked::for_reads(move |_, _| page());
        assert_failed(&list(&client(&server)).unwrap_err(), Exit::Untrusted, &said);
        assert_eq!(server.sign_ins(), 1);
    }
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
fn nothing_that_can_be_printed_holds_the_secret_or_the_token() {
    let server = Crooked::for_reads(|_, _| page(0, []));
    let client = client(&server);
    client.sign_in().unwrap();
    let printed = format!("{client:?}");
    assert!(printed.contains("***") && printed.contains("id-1"));
    assert!(!printed.contains("canary"), "{printed}");
}

/// Some servers repeat what they were asked, in words for people.
#[test]
fn whatever_repeats_a_request_no_sentence_holds_the_secret_or_the_token() {
    let shapes: [fn(u16, &str) -> Reply; 2] = [
        |status, words| {
            let error = serde_json::json!({"success": false, "error": {"code": status, "message": words}});
            text(status, error.to_string())
        },
        |status, words| text(status, format!("<html><title lang=en>{words}</title></html>")),
    ];
    for shape in shapes {
        for status in [200, 400, 401, 403, 404, 408, 422, 429, 500, 501, 503, 511] {
            let repeating = move |request: &Request| match is_sign_in(request) {
                true => shape(status, &format!("no way in with {SECRET}")),
                false => shape(status, &format!("no such {}", request.header("authorization").unwrap())),
            };
            let told = Arc::new(Mutex::new(String::new()));
            let noted = Arc::clone(&told);
            let observer = Observer::new(move |progress| *lock(&noted) += &format!("{progress:?}"));
            for server in [
                Crooked::start(move |request, _| repeating(request)),
                Crooked::for_reads(move |request, _| repeating(request)),
            ] {
                let failure = list(&bounded(&impatient(&server), observer.clone(), BOUNDS)).unwrap_err();
                let told = format!("{failure:?} {}", lock(&told));
                assert!(!told.contains("canary"), "{status}: {told}");
            }
        }
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
        let client = bounded(&patient(&server), Observer::new(|_| ()), bounds);
        assert_failed(&client.sign_in().unwrap_err(), Exit::Unavailable, part);
    }
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
