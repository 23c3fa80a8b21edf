//! Mails, against a real mail server.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use serde_json::json;

use crate::personio::{Personio, person};
use crate::smtpd::{self, AUTH, PASSWORD, Smtpd};
use crate::stage::{Ended, Stage, ended};

/// A machine on which nothing but mails is configured.
fn stage(notify: &str) -> Stage {
    let personio = Personio::with([person(1, "Ada", "Lovelace", "ada@example.org")]);
    let stage = Stage::new(&personio);
    stage.configure(&personio, notify);
    stage
}

/// `connect --check-notify` of somebody who has this password and, where it is given, trusts the server's authority.
fn check(stage: &Stage, trusted: Option<&Smtpd>, password: &str) -> Ended {
    let mut command = stage.command(&["-vv", "connect", "--check-notify"]);
    command.env("HONESTLY_SYNC_SMTP_PASSWORD", password).env("RUST_LOG", "trace");
    if let Some(smtpd) = trusted {
        command.env("SSL_CERT_FILE", smtpd.authority());
    }
    let ended = ended(&mut command);
    for text in [&ended.stdout, &ended.stderr] {
        assert!(!text.contains(password), "{ended:#?}");
    }
    ended
}

/// One way to speak to one server.
#[derive(Clone, Copy)]
struct Case {
    server: &'static [&'static str],
    smtp: &'static str,
    password: &'static str,
    trust: Trust,
    /// The exit code and, where it is not 0, a part of the message.
    expected: (i32, &'static str),
}

#[derive(Clone, Copy, PartialEq)]
enum Trust {
    TheAuthority,
    Nobody,
}

/// Signs in as it should, and trusts whom it should.
fn case(server: &'static [&'static str], smtp: &'static str) -> Case {
    Case { server, smtp, password: PASSWORD, trust: Trust::TheAuthority, expected: (0, "") }
}

#[test]
fn a_mail_arrives_as_safely_as_its_address_says_or_the_reason_is_told() {
    // By 0.0.0.0 Linux connects to itself, and it is no address of the loopback: there TLS is required.
    let cases = [
        case(&[], "smtp://127.0.0.1"),
        case(&[], "smtp://localhost"),
        case(&[AUTH], "smtp://honestly-sync@example.com@127.0.0.1"),
        case(&["tls"], "smtps://localhost"),
        case(&["tls", AUTH], "smtps://honestly-sync%40example.com@127.0.0.1"),
        case(&["starttls", AUTH, "host=0.0.0.0"], "smtp://honestly-sync@example.com@0.0.0.0"),
        Case { expected: (77, "does not offer STARTTLS"), ..case(&[AUTH, "host=0.0.0.0"], "smtp://u@0.0.0.0") },
        Case {
            password: "wrong",
            expected: (77, "refuses the password of u: 535 "),
            ..case(&["tls", AUTH], "smtps://u@localhost")
        },
        Case { expected: (77, "lets nobody sign in with a password"), ..case(&[], "smtp://u@localhost") },
        Case { expected: (77, "refuses the sender of the mail: 530 "), ..case(&["tls", AUTH], "smtps://localhost") },
        Case { trust: Trust::Nobody, expected: (77, "is not trusted: "), ..case(&["tls"], "smtps://u@localhost") },
        Case {
            trust: Trust::Nobody,
            expected: (77, "is not trusted: "),
            ..case(&["starttls", "host=0.0.0.0"], "smtp://u@0.0.0.0")
        },
        Case { expected: (78, "does not speak TLS from the first byte"), ..case(&[], "smtps://u@localhost") },
    ];
    for Case { server, smtp, password, trust, expected: (code, said) } in cases {
        let Some(smtpd) = Smtpd::start(server) else { return };
        let stage = stage(&smtpd.settings(smtp, ""));
        let told = check(&stage, (trust == Trust::TheAuthority).then_some(&smtpd), password);
        assert_eq!(told.code, code, "{server:?} {smtp} {told:#?}");
        let mails = smtpd.mails();
        if code != 0 {
            assert!(told.stderr.contains("error: ") && told.stderr.contains(said) && mails.is_empty(), "{told:#?}");
            continue;
        }
        let [mail] = &mails[..] else { panic!("{server:?} {smtp} {mails:#?}") };
        assert_eq!(mail["tls"], json!(server.contains(&"tls") || server.contains(&"starttls")), "{smtp}");
        assert_eq!(mail["signed_in"], json!(server.contains(&AUTH)), "{smtp}");
    }
}

#[test]
fn a_test_mail_is_well_formed_and_names_nobody() {
    let Some(smtpd) = Smtpd::start(&[]) else { return };
    let stage = stage(&smtpd.settings("smtp://localhost", "attach_review = true"));
    let told = stage.run(&["connect", "--check-notify"]).expect(0);
    assert!(told.stdout.contains(" took a test for hr@example.com, it@example.com; "), "{told:#?}");
    assert_eq!(told.stderr, "");
    let mails = smtpd.mails();
    let mail = &mails[0];
    assert_eq!(
        (mail["from"].clone(), mail["to"].clone()),
        (json!("sync@example.org"), json!(["hr@example.com", "it@example.com"]))
    );
    let header = |name: &str| mail["headers"][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(header("subject"), "honestly-sync: nothing to do, this is a test");
    assert_eq!(header("to"), "HR Team <hr@example.com>, it@example.com");
    assert_eq!(header("auto-submitted"), "auto-generated");
    assert!(header("message-id").ends_with("@example.org>"), "{mail:#}");
    let date = chrono::DateTime::parse_from_rfc2822(&header("date")).unwrap();
    assert!((chrono::Utc::now() - date.to_utc()).num_seconds().abs() < 600);
    assert_eq!((&mail["charset"], &mail["defects"], &mail["attachments"]), (&json!("utf-8"), &json!([]), &json!([])));
    assert!(mail["text"].as_str().unwrap().starts_with("Nothing to do: "), "{mail:#}");
    assert!(!stage.mirror().exists() && !stage.credential().exists());
}

#[test]
fn an_address_that_is_refused_keeps_nobody_else_from_being_told() {
    let Some(smtpd) = Smtpd::start(&["refuse=hr@example.com", "later=late@example.com"]) else { return };
    let stage_for = |to: &str| {
        stage(&format!(
            "[notify]\nto = [{to}]\nfrom = \"sync@example.org\"\nsmtp = \"smtp://localhost:{}\"\n",
            smtpd.port()
        ))
    };
    let told = stage_for("\"hr@example.com\", \"it@example.com\"").run(&["connect", "--check-notify"]).expect(77);
    let said = "refuses the address hr@example.com of [notify] to: 550 5.1.1 no such user \\u{1b}[31mhere";
    assert!(told.stderr.contains(said), "{told:#?}");
    let to: Vec<_> = smtpd.mails().iter().map(|mail| mail["to"].clone()).collect();
    assert_eq!(to, [json!(["it@example.com"])]);
    let alone = stage_for("\"hr@example.com\"").run(&["connect", "--check-notify"]).expect(77);
    assert!(alone.stderr.contains(said), "{alone:#?}");
    let later = stage_for("\"late@example.com\"").run(&["connect", "--check-notify"]).expect(75);
    assert!(later.stderr.contains("451 4.3.0 try again later"), "{later:#?}");
    assert_eq!(smtpd.mails().len(), 1);
}

/// What a server does that never comes to an answer.
#[derive(Clone, Copy, PartialEq)]
enum Hanging {
    Silent,
    /// A byte after the other, without the end of a line: each resets a limit on single answers.
    Dripping,
}

#[test]
fn a_server_that_hangs_is_given_up() {
    let cases = [
        ("smtp://127.0.0.1", Hanging::Silent, ""),
        ("smtp://127.0.0.1", Hanging::Dripping, ""),
        ("smtps://127.0.0.1", Hanging::Silent, ""),
        ("smtp://0.0.0.0", Hanging::Silent, "hint: smtps://0.0.0.0:"),
    ];
    for (smtp, hanging, hint) in cases {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let (mut connection, _) = listener.accept().unwrap();
            while hanging == Hanging::Dripping && connection.write_all(b"2").is_ok() {}
            // Until the client has gone; how it goes is all the same.
            let _ = connection.read_to_end(&mut Vec::new());
        });
        let stage = stage(&smtpd::settings(&format!("{smtp}:{port}"), "timeout_seconds = 1"));
        let told = stage.run(&["connect", "--check-notify"]).expect(75);
        assert!(told.stderr.contains(" did not take the mail within 1 s\n") && told.stderr.contains(hint), "{told:#?}");
        server.join().unwrap();
    }
}

#[test]
fn without_a_server_a_password_or_settings_the_next_step_is_told() {
    let cases = [
        (
            smtpd::settings("smtp://127.0.0.1:1", ""),
            75,
            "no connection to the mail server 127.0.0.1:1: Connection refused",
        ),
        (
            smtpd::settings("smtps://no.such.host.invalid", ""),
            75,
            "no connection to the mail server no.such.host.invalid:465: ",
        ),
        (smtpd::settings("smtps://hr@127.0.0.1", ""), 78, "there is no password for hr"),
        (String::new(), 78, "nobody is sent mails: [notify] to is missing"),
    ];
    for (notify, code, said) in cases {
        let told = stage(&notify).run(&["connect", "--check-notify"]).expect(code);
        assert!(told.stderr.starts_with(&format!("error: {said}")), "{told:#?}");
    }
}
