//! Which proxy the environment names, and what is said of each of its answers.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::ffi::OsStringExt as _;
use std::thread;

use super::*;
use crate::reach::Distrust;

fn personio() -> Url {
    Url::parse("https://api.personio.de/v1").unwrap()
}

/// The proxy for Personio where these variables are set.
fn proxy(variables: &[(&str, &str)]) -> Result<Option<(Arc<Proxy>, String)>, Failure> {
    let value = |name: &str| Some(OsString::from(variables.iter().find(|(variable, _)| *variable == name)?.1));
    Proxy::to(&personio(), &Proxies::of(value))
}

#[test]
fn a_proxy_is_named_by_its_variable_and_an_exception_has_none() {
    for (variables, named) in [
        (&[][..], None),
        (&[("HTTPS_PROXY", "")], None),
        (&[("HTTP_PROXY", "http://proxy:3128")], None),
        (&[("HTTPS_PROXY", "http://u:canary@proxy:3128")], Some("the proxy of HTTPS_PROXY (proxy:3128)")),
        (&[("HTTPS_PROXY", ""), ("https_proxy", "proxy:3128")], Some("the proxy of https_proxy (proxy:3128)")),
        (&[("ALL_PROXY", "https://proxy")], Some("the proxy of ALL_PROXY (proxy:443)")),
        (&[("all_proxy", "http://[::1]/")], Some("the proxy of all_proxy ([::1]:80)")),
        (&[("HTTPS_PROXY", "socks5://proxy"), ("NO_PROXY", "personio.de")], None),
        (&[("HTTPS_PROXY", "proxy:3128"), ("no_proxy", "*")], None),
    ] {
        let found = proxy(variables).unwrap().map(|(proxy, _)| format!("{proxy:?}"));
        assert_eq!(found.as_deref(), named, "{variables:?}");
    }
}

#[test]
fn a_proxy_that_cannot_be_used_is_told_with_its_variable_and_without_its_value() {
    let values = ["socks5://u:canary@proxy:1080", "socks5h://proxy", "http://", "http://pro xy:canary", "ftp://proxy"];
    for value in values {
        let failure = proxy(&[("https_proxy", value)]).unwrap_err();
        assert_eq!(failure.exit, Exit::Misconfigured);
        assert_eq!(failure.message, "the environment variable https_proxy names no HTTP proxy");
        assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
    }
    let bytes = |name: &str| (name == "ALL_PROXY").then(|| OsString::from_vec(vec![b'h', 0xff]));
    let failure = Proxy::to(&personio(), &Proxies::of(bytes)).unwrap_err();
    assert!(failure.message.contains("ALL_PROXY"));
}

/// What is said of a proxy that answers like this, or is not there.
fn said(user: &str, answer: Option<&'static str>) -> (NotReached, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (proxy, _) = proxy(&[("HTTPS_PROXY", &format!("http://{user}127.0.0.1:{port}"))]).unwrap().unwrap();
    let serving = answer.map(|answer| {
        let listener = listener.try_clone().unwrap();
        thread::spawn(move || {
            let (mut tcp, _) = listener.accept().unwrap();
            let head: Vec<String> =
                BufReader::new(&tcp).lines().map_while(Result::ok).take_while(|it| !it.is_empty()).collect();
            tcp.write_all(answer.as_bytes()).unwrap();
            head
        })
    });
    drop(listener);
    let asked = proxy.asked_for("api.personio.de:443", Duration::from_secs(10));
    if let Some(serving) = serving {
        let head = serving.join().unwrap();
        assert_eq!(head[0], "CONNECT api.personio.de:443 HTTP/1.1");
        assert_eq!(head.iter().any(|line| line.starts_with("Proxy-Authorization: Basic ")), !user.is_empty());
    }
    let not_reached = asked.unwrap_err();
    let sentence = not_reached.sentence("api.personio.de").replace(&format!(":{port}"), "");
    (not_reached, sentence)
}

#[test]
fn a_proxy_that_refuses_is_quoted_and_goes_on_refusing() {
    const THE_PROXY: &str = "the proxy of HTTPS_PROXY (127.0.0.1)";
    for (user, answer, exit, expected) in [
        (
            "",
            Some("HTTP/1.1 407 Please sign in\r\n\r\n"),
            Exit::Rejected,
            "wants a user and a password (407): \u{201c}Please sign in\u{201d}",
        ),
        (
            "u:canary@",
            Some("HTTP/1.1 407 No\r\n\r\n"),
            Exit::Rejected,
            "does not let its user in (407): \u{201c}No\u{201d}",
        ),
        (
            "",
            Some("HTTP/1.0 401 Unauthorized\r\n\r\n"),
            Exit::Rejected,
            "wants a user and a password (401): \u{201c}Unauthorized\u{201d}",
        ),
        ("", Some("HTTP/1.1 403\r\n\r\n"), Exit::Rejected, "opens no way to api.personio.de (403)"),
        (
            "",
            Some("HTTP/1.0 502 Bad Gateway\r\n\r\n"),
            Exit::Unavailable,
            "opens no way to api.personio.de (502): \u{201c}Bad Gateway\u{201d}",
        ),
        (
            "",
            Some("HTTP/1.1 429 Slower\r\n\r\n"),
            Exit::Unavailable,
            "opens no way to api.personio.de (429): \u{201c}Slower\u{201d}",
        ),
        ("", Some("what?\r\n"), Exit::Unavailable, "closed the connection without a readable answer"),
        ("", None, Exit::Unavailable, "refused the connection"),
    ] {
        let (not_reached, sentence) = said(user, answer);
        assert_eq!(sentence, format!("{THE_PROXY} {expected}"));
        assert_eq!(not_reached.exit(), exit, "{sentence}");
        assert!(!format!("{not_reached:?}").contains("canary"), "{not_reached:?}");
    }
}

/// A proxy that opens connections is trusted by its authority; no authority makes an old certificate a new one.
#[test]
fn a_certificate_behind_a_proxy_has_the_remedy_of_its_kind() {
    let (proxy, _) = proxy(&[("HTTPS_PROXY", "http://proxy:3128")]).unwrap().unwrap();
    let hint = |why, behind| NotReached::Host { why: Unreached::Distrusted(why), behind }.hint("host").unwrap();
    for (why, is_of_proxy) in [
        (Distrust::UnknownAuthority, true),
        (Distrust::SelfSigned, true),
        (Distrust::Expired { on: None, today: None }, false),
        (Distrust::NotYetValid { before: None, today: None }, false),
        (Distrust::OtherHost { names: Vec::new() }, false),
    ] {
        let alone = hint(why.clone(), None);
        let said = hint(why.clone(), Some(Arc::clone(&proxy)));
        assert_eq!(said.contains("opens encrypted connections"), is_of_proxy, "{why:?} {said}");
        assert!(is_of_proxy || said == alone, "{said}");
    }
}
