//! Addresses of mail servers and of people.

use super::*;

#[test]
fn a_server_is_read_as_it_is_meant() {
    let server = |host: &str, port, user: Option<&str>, encryption| {
        Ok(SmtpServer { host: host.to_owned(), port, user: user.map(str::to_owned), encryption })
    };
    let cases = [
        ("smtps://mail.example.com", server("mail.example.com", 465, None, Encryption::Tls)),
        ("smtps://hr@mail.example.com/", server("mail.example.com", 465, Some("hr"), Encryption::Tls)),
        ("smtp://hr%40example.com@h:2525", server("h", 2525, Some("hr@example.com"), Encryption::StartTls)),
        ("smtps://hr@example.com@h", server("h", 465, Some("hr@example.com"), Encryption::Tls)),
        ("smtp://mail.example.com", server("mail.example.com", 587, None, Encryption::StartTls)),
        ("smtp://localhost", server("localhost", 25, None, Encryption::ThisMachine)),
        ("smtp://127.0.0.1:2525", server("127.0.0.1", 2525, None, Encryption::ThisMachine)),
        ("smtp://[::1]", server("::1", 25, None, Encryption::ThisMachine)),
        ("smtps://[::1]", server("::1", 465, None, Encryption::Tls)),
        ("smtp://localhost.example.com", server("localhost.example.com", 587, None, Encryption::StartTls)),
        ("smtp://127.0.0.1.example.com", server("127.0.0.1.example.com", 587, None, Encryption::StartTls)),
        ("smtp://10.0.0.1", server("10.0.0.1", 587, None, Encryption::StartTls)),
    ];
    for (text, expected) in cases {
        assert_eq!(SmtpServer::parse(text), expected, "{text}");
    }
    let refused = [
        "",
        "mail.example.com",
        "https://mail.example.com",
        "smtps://",
        "smtps:mail",
        "smtps://u:canary@h",
        "smtps://u%0a@h",
        "smtps://h/path",
        "smtps://h?x=1",
        "smtps://h#x",
    ];
    for text in refused {
        let why = SmtpServer::parse(text).unwrap_err();
        assert!(!why.contains("canary"), "{text}");
    }
}

#[test]
fn an_address_is_one_that_every_server_takes() {
    for (text, expected) in [
        ("hr@example.com", "hr@example.com"),
        (" HR Team <hr@example.com> ", "HR Team <hr@example.com>"),
        ("hr@bücher.example", "hr@xn--bcher-kva.example"),
    ] {
        assert_eq!(mailbox(text).map(|mailbox| mailbox.to_string()), Ok(expected.to_owned()), "{text}");
    }
    for text in
        ["", "hr", "@example.com", "hr@", "hr@x,de", "mailto:a@x.de", "ü@example.com", "a\nb <a@x.de>", "a@[10.0.0.1]"]
    {
        assert!(mailbox(text).is_err(), "{text}");
    }
}
