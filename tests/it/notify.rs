//! Mails, against a real mail server.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use honestly_sync::notify::{self, Attached, Message, Sender, Thread};
use honestly_sync::remote::smtp::{self as remote, Attachment, MailSettings, SmtpServer};
use serde_json::{Value, json};

use crate::guard::{inactive, people};
use crate::personio::{Personio, person, refusal};
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

const UNKNOWN: &str = " comes from an authority that this machine does not know";

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
        Case { trust: Trust::Nobody, expected: (77, UNKNOWN), ..case(&["tls"], "smtps://u@localhost") },
        Case {
            trust: Trust::Nobody,
            expected: (77, UNKNOWN),
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
    assert_eq!((header("auto-submitted").as_str(), header("mime-version").as_str()), ("auto-generated", "1.0"));
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
    let said =
        "refuses the address hr@example.com of [notify] to: 550 \u{201c}5.1.1 no such user \\u{1b}[31mhere\u{201d}";
    assert!(told.stderr.contains(said), "{told:#?}");
    let to: Vec<_> = smtpd.mails().iter().map(|mail| mail["to"].clone()).collect();
    assert_eq!(to, [json!(["it@example.com"])]);
    let alone = stage_for("\"hr@example.com\"").run(&["connect", "--check-notify"]).expect(77);
    assert!(alone.stderr.contains(said), "{alone:#?}");
    let later = stage_for("\"late@example.com\"").run(&["connect", "--check-notify"]).expect(75);
    assert!(later.stderr.contains("451 \u{201c}4.3.0 try again later"), "{later:#?}");
    assert_eq!(smtpd.mails().len(), 1);
}

/// What a server does that never finishes its answer.
#[derive(Clone, Copy, PartialEq)]
enum Hanging {
    Silent,
    /// One byte after another, without the end of a line: no reply is that long.
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
        let said = match hanging {
            Hanging::Silent => " did not take the mail within 1 s\n",
            Hanging::Dripping => " closed the connection without a readable answer\n",
        };
        assert!(told.stderr.contains(said) && told.stderr.contains(hint), "{told:#?}");
        server.join().unwrap();
    }
}

#[test]
fn without_a_server_a_password_or_settings_the_next_step_is_told() {
    let cases = [
        (smtpd::settings("smtp://127.0.0.1:1", ""), 75, "the mail server 127.0.0.1:1 refused the connection"),
        (
            smtpd::settings("smtps://no.such.host.invalid", ""),
            75,
            "the name of the mail server no.such.host.invalid:465 cannot be resolved",
        ),
        (smtpd::settings("smtps://hr@127.0.0.1", ""), 78, "there is no password for hr"),
        (String::new(), 78, "nobody is sent mails: [notify] to is missing"),
    ];
    for (notify, code, said) in cases {
        let told = stage(&notify).run(&["connect", "--check-notify"]).expect(code);
        assert!(told.stderr.starts_with(&format!("error: {said}")), "{told:#?}");
    }
}

/// Twenty people in step, and whoever is configured is told.
fn in_step(smtpd: &Smtpd) -> (Personio, Stage) {
    let personio = Personio::with(people(1..=20));
    let stage = Stage::in_step(&personio);
    stage.configure(&personio, &smtpd.settings("smtp://localhost", "timeout_seconds = 20"));
    (personio, stage)
}

/// The subject of all mails about a hold.
const HELD: &str = "review of the changes for Honestly";

/// The subjects of all mails so far.
fn subjects(smtpd: &Smtpd) -> Vec<String> {
    let mails = smtpd.mails();
    let subject = |mail: &Value| mail["headers"]["subject"].as_str().unwrap().replacen("honestly-sync: ", "", 1);
    mails.iter().map(subject).collect()
}

/// Moves every run back by so many hours.
fn time_passes(stage: &Stage, hours: u32) {
    let earlier = |column: &str| format!("{column} = strftime('%Y-%m-%dT%H:%M:%fZ', {column}, '-{hours} hours')");
    let update = format!("UPDATE runs SET {}, {}", earlier("started_at"), earlier("finished_at"));
    stage.sqlite().execute(&update, []).unwrap();
}

#[test]
fn a_hold_is_told_until_it_is_over_and_its_commands_work_when_they_are_pasted() {
    let Some(smtpd) = Smtpd::start(&[]) else { return };
    let (personio, stage) = in_step(&smtpd);
    stage.run(&["sync"]).expect(0);
    stage.run(&["sync", "--dry-run"]).expect(0);
    assert_eq!(subjects(&smtpd), [""; 0], "nobody is told that nothing happens");

    personio.set_people(people(6..=20).into_iter().chain(inactive(1..=5)));
    stage.run(&["sync", "--dry-run"]).expect(20);
    assert_eq!(subjects(&smtpd), [""; 0], "a dry run tells nobody");
    let held = stage.run(&["sync"]).expect(20);
    assert_eq!(subjects(&smtpd), [HELD]);
    stage.run(&["sync"]).expect(20);
    time_passes(&stage, 70);
    stage.run(&["sync"]).expect(20);
    assert_eq!(smtpd.mails().len(), 1, "not again within three days");
    time_passes(&stage, 2);
    stage.run(&["sync"]).expect(20);
    assert_eq!(subjects(&smtpd), [HELD; 2]);

    personio.set_people(people(6..=41).into_iter().chain(inactive(1..=5)));
    stage.run(&["sync"]).expect(20);
    stage.run(&["sync"]).expect(20);
    let mails = smtpd.mails();
    assert_eq!(mails.len(), 2, "the same rule leads, and no more people would be removed");
    time_passes(&stage, 72);
    stage.run(&["sync"]).expect(20);
    let mails = smtpd.mails();
    for mail in &mails {
        let text = mail["text"].as_str().unwrap();
        assert!(!mail.to_string().contains("Ada") && !text.contains('@'), "{mail:#}");
    }
    let text = mails[2]["text"].as_str().unwrap();
    assert!(text.starts_with("Please check: 5 of 20 people would be removed. This still waits"), "{text}");
    for part in
        ["  21 people would be added.\n", "  5 people would be removed.\n", "5 of 20 people (25 %) would be removed"]
    {
        assert!(text.contains(part), "{part} {text}");
    }
    assert!(
        mails[0]["text"].as_str().unwrap().contains(held.stderr.lines().next().unwrap().split_once(' ').unwrap().1)
    );

    // From another folder and without --config of its own.
    let pasted = |part: &str| {
        let line = text.lines().find(|line| line.ends_with(part) || line.contains(&format!("{part} "))).unwrap().trim();
        let folder = Path::new(env!("CARGO_BIN_EXE_honestly-sync")).parent().unwrap();
        let path = format!("{}:/usr/bin:/bin", folder.display());
        let mut shell = Command::new("sh");
        shell.env_clear().env("PATH", path).env("HOME", "/").env("STATE_DIRECTORY", stage.state()).current_dir("/");
        ended(shell.arg("-c").arg(line))
    };
    assert!(pasted("sync --dry-run").expect(20).stdout.contains("21"));
    pasted("sync --approve").expect(0);
    assert_eq!(subjects(&smtpd)[3..], [HELD], "a thread has one subject");
    let over = smtpd.mails()[3]["text"].as_str().unwrap().to_owned();
    assert!(over.contains("\nThe plan was carried out. It was approved by "), "{over}");
    stage.run(&["sync"]).expect(0);
    assert_eq!(smtpd.mails().len(), 4, "all is well once");
}

#[test]
fn runs_that_keep_failing_are_told_once_for_each_cause() {
    let Some(smtpd) = Smtpd::start(&[]) else { return };
    let (personio, stage) = in_step(&smtpd);
    let fail = |status: u16| personio.interfere(move |_, _| Some(refusal(status)));
    fail(403);
    stage.run(&["sync"]).expect(77);
    assert_eq!(smtpd.mails().len(), 0, "once may be bad luck");
    stage.run(&["sync"]).expect(77);
    stage.run(&["sync"]).expect(77);
    let mails = smtpd.mails();
    assert_eq!(mails.len(), 1, "once for each cause");
    let text = mails[0]["text"].as_str().unwrap();
    assert!(text.contains(" Access was refused: a credential, a right or a key has to be renewed.\n"), "{text}");
    let message: String =
        stage.sqlite().query_row("SELECT message FROM runs ORDER BY id DESC", [], |row| row.get(0)).unwrap();
    assert!(text.contains(&message), "{text}");
    fail(503);
    stage.run(&["sync"]).expect(75);
    assert_eq!(subjects(&smtpd), ["please look: nothing new reaches Honestly"; 2]);
    assert!(smtpd.mails()[1]["text"].as_str().unwrap().contains(" A server cannot be reached, or does not work.\n"));
    fail(403);
    stage.run(&["sync"]).expect(77);
    assert_eq!(smtpd.mails().len(), 2);
    personio.behave();
    stage.run(&["sync"]).expect(0);
    stage.run(&["sync"]).expect(0);
    assert_eq!(subjects(&smtpd)[2..], ["nothing to do, all is well again"]);
    // One failure and its end are no news.
    fail(403);
    stage.run(&["sync"]).expect(77);
    personio.behave();
    stage.run(&["sync"]).expect(0);
    assert_eq!(smtpd.mails().len(), 3);
}

#[test]
fn a_mail_that_cannot_be_sent_changes_no_exit_code_and_is_due_again() {
    let Some(smtpd) = Smtpd::start(&["refuse=hr@example.com"]) else { return };
    let (personio, stage) = in_step(&smtpd);
    let unreachable = |stage: &Stage| stage.configure(&personio, &smtpd::settings("smtp://127.0.0.1:1", ""));
    let reachable = |stage: &Stage| stage.configure(&personio, &smtpd.settings("smtp://localhost", ""));
    let warning = "warning: no mail could be sent of this run: the mail server 127.0.0.1:1 refused the connection";
    unreachable(&stage);
    personio.set_people(inactive(1..=20));
    let held = stage.run(&["sync"]).expect(20);
    assert!(held.stderr.contains(warning), "{held:#?}");
    reachable(&stage);
    let held = stage.run(&["sync"]).expect(20);
    assert!(
        held.stderr.contains("warning: the mail server localhost:") && held.stderr.contains(" refuses the address hr@")
    );
    assert_eq!(smtpd.mails()[0]["to"], json!(["it@example.com"]));
    personio.set_people(people(1..=20));
    unreachable(&stage);
    assert!(stage.run(&["sync"]).expect(0).stderr.contains(warning));
    reachable(&stage);
    stage.run(&["sync"]).expect(0);
    stage.run(&["sync"]).expect(0);
    assert_eq!(subjects(&smtpd), [HELD; 2]);
    let over = smtpd.mails()[1]["text"].as_str().unwrap().to_owned();
    assert!(over.contains(" it was withdrawn, because what led to it is no longer there.\n"), "{over}");
}

#[test]
fn a_page_arrives_as_it_was_sent() {
    let Some(smtpd) = Smtpd::start(&[]) else { return };
    let text = "<!doctype html><p>Ada Lövelace, 12.5 %\n.\n..\n".to_owned();
    for page in [None, Some(text.clone())] {
        let settings = MailSettings {
            to: vec![remote::mailbox("hr@example.com").unwrap()],
            from: remote::mailbox("sync@example.org").unwrap(),
            server: SmtpServer::parse(&format!("smtp://localhost:{}", smtpd.port())).unwrap(),
            attachment: Attachment::Review,
            timeout: Duration::from_secs(20),
        };
        let sender = Sender { password: None, now: chrono::DateTime::UNIX_EPOCH };
        let page = page.map(|page| Attached { page, body_without: "It is elsewhere.\n".to_owned() });
        let thread = Thread { id: "run-1".to_owned(), first: None };
        let message = Message { subject: "a page".to_owned(), body: "See it.\n".to_owned(), thread, page };
        notify::tell(&settings, sender, "sync", message).unwrap();
    }
    let mails = smtpd.mails();
    assert!(mails[0]["attachments"] == json!([]) && !mails[0].to_string().contains("Ada"), "{:#}", mails[0]);
    let attached = &mails[1]["attachments"][0];
    assert_eq!(
        (&attached["name"], &attached["type"], attached["content"].as_str().map(|text| text.replace("\r\n", "\n"))),
        (&json!("review.html"), &json!("text/html"), Some(text))
    );
    assert_eq!(mails[1]["defects"], json!([]));
}

#[test]
fn the_page_of_a_held_plan_goes_along_where_the_configuration_says_so() {
    let Some(smtpd) = Smtpd::start(&[]) else { return };
    let (personio, stage) = in_step(&smtpd);
    personio.set_people(people(6..=20).into_iter().chain(inactive(1..=5)));
    stage.run(&["sync"]).expect(20);
    stage.configure(&personio, &smtpd.settings("smtp://localhost", "timeout_seconds = 20\nattach_review = true"));
    time_passes(&stage, 73);
    stage.run(&["sync"]).expect(20);
    let mails = smtpd.mails();
    assert_eq!(mails[0]["attachments"], json!([]), "nobody asked for it");
    let page = mails[1]["attachments"][0]["content"].as_str().unwrap();
    let digest = mails[1]["text"].as_str().unwrap().split("--approve ").nth(1).unwrap().trim();
    assert!(page.contains("Ada") && page.contains(&digest[..12]), "{page}");
    personio.set_people(people(1..=20));
    stage.run(&["sync"]).expect(0);
    assert_eq!(smtpd.mails()[2]["attachments"], json!([]), "where nothing is held there is nothing to review");
}

/// By a server that says before how much it takes, and by one that says so after it has all of it.
#[test]
fn a_page_that_is_too_large_for_the_server_is_left_out_and_the_mail_says_where_it_is() {
    for limit in ["size=9000", "silent_size=9000"] {
        let Some(smtpd) = Smtpd::start(&[limit]) else { return };
        let (personio, stage) = in_step(&smtpd);
        let settings = smtpd.settings("smtp://localhost", "timeout_seconds = 20\nattach_review = true");
        stage.configure(&personio, &format!("{settings}[review]\npage = \"review.html\"\n"));
        personio.set_people(people(6..=20).into_iter().chain(inactive(1..=5)));
        let held = stage.run(&["sync"]).expect(20);
        assert!(!held.stderr.contains("warning: "), "{held:#?}");
        let mails = smtpd.mails();
        assert_eq!(mails.len(), 1, "{limit}");
        assert_eq!(mails[0]["attachments"], json!([]));
        let text = mails[0]["text"].as_str().unwrap();
        let at = format!("is on this machine: {}\n", stage.home().join("review.html").display());
        assert!(text.contains(" It is too large for a mail.\n") && text.contains(&at), "{text}");
    }
    let Some(smtpd) = Smtpd::start(&["size=100"]) else { return };
    let (personio, stage) = in_step(&smtpd);
    personio.set_people(inactive(1..=20));
    let held = stage.run(&["sync"]).expect(20);
    assert!(held.stderr.contains(" bytes, but of 100 at most\n"), "a mail without a page: {held:#?}");
}

/// Whichever run sends the mail.
#[test]
fn the_end_of_a_hold_is_told_by_the_run_that_ended_it() {
    let Some(smtpd) = Smtpd::start(&[]) else { return };
    let (personio, stage) = in_step(&smtpd);
    let configure = |smtp: &str, more: &str| {
        stage.configure(&personio, &format!("{}{more}", smtpd::settings(smtp, "timeout_seconds = 20")));
    };
    let reachable = format!("smtp://localhost:{}", smtpd.port());
    let last = || smtpd.mails().pop().unwrap()["text"].as_str().unwrap().to_owned();
    personio.set_people(people(6..=20).into_iter().chain(inactive(1..=5)));
    let held = stage.run(&["sync"]).expect(20);
    configure("smtp://127.0.0.1:1", "");
    stage.run(&["sync", "--approve", &crate::guard::digest(&held), "--by", "Mona Weber"]).expect(0);
    configure(&reachable, "");
    stage.run(&["sync"]).expect(0);
    assert_eq!(smtpd.mails().len(), 2);
    let told = last();
    assert!(told.contains("The plan was carried out. It was approved by Mona Weber, entered by "), "{told}");
    assert!(told.contains("\n\n  5 people were removed\n"), "{told}");

    personio.set_people(people(11..=20).into_iter().chain(inactive(6..=10)));
    stage.run(&["sync"]).expect(20);
    configure(&reachable, "[guard]\nremovals = 5\nremovals_percent = 50\n");
    stage.run(&["sync"]).expect(0);
    let told = last();
    assert!(told.contains("What was left of it needed no approval any more and was carried out.\n"), "{told}");
    assert!(
        told.contains("\n  5 people were removed from the mirror\n") || told.contains("\n  5 people were removed\n"),
        "{told}"
    );
}
