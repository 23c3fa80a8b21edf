//! Mail servers that behave as oddly as real ones do, by the test's own sockets.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::guard::{inactive, people};
use crate::personio::{Personio, person};
use crate::smtpd;
use crate::stage::Stage;

/// What a server does that others do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Oddity {
    /// Answers to this command with these lines. The greeting is the answer to nothing.
    Answers(&'static str, &'static str),
    /// Takes the mail, and says nothing of it.
    SilentAfterTheMail,
    /// Takes the mail, and ends the connection.
    GoneAfterTheMail,
    /// Never answers to QUIT.
    SilentAtTheEnd,
}

use Oddity::*;

#[derive(Default)]
struct State {
    oddities: Vec<Oddity>,
    commands: Vec<String>,
    /// The addresses of each mail that was taken.
    mails: Vec<Vec<String>>,
}

/// Serves until the test's process ends.
struct OddMail {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl OddMail {
    fn start(oddities: &[Oddity]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State { oddities: oddities.to_vec(), ..State::default() }));
        let serving = Arc::clone(&state);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let state = Arc::clone(&serving);
                // A client that goes away ends its connection.
                thread::spawn(move || serve(&connection.unwrap(), &state));
            }
        });
        Self { port, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn behave(&self, oddities: &[Oddity]) {
        self.state().oddities = oddities.to_vec();
    }

    fn settings(&self, user: &str) -> String {
        smtpd::settings(&format!("smtp://{user}127.0.0.1:{}", self.port), "timeout_seconds = 2")
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(connection: &TcpStream, state: &Mutex<State>) -> Option<()> {
    let oddities = lock(state).oddities.clone();
    let own = |command: &str| {
        oddities.iter().find_map(|oddity| match oddity {
            Answers(to, with) if command == *to || (!to.is_empty() && command.starts_with(to)) => Some(*with),
            _ => None,
        })
    };
    let mut into = connection;
    let mut say = |words: &str| write!(into, "{}\r\n", words.replace('\n', "\r\n")).ok();
    say(own("").unwrap_or("220 mail.test ESMTP"))?;
    let mut lines = BufReader::new(connection).lines().map_while(Result::ok);
    let mut to = Vec::new();
    while let Some(line) = lines.next() {
        lock(state).commands.push(line.clone());
        let answer = match (own(&line), line.split([' ', ':']).next()?) {
            (Some(answer), _) => answer,
            (None, "EHLO") => "250-mail.test\n250 AUTH PLAIN LOGIN",
            (None, "QUIT") if oddities.contains(&SilentAtTheEnd) => continue,
            (None, "QUIT") => "221 bye",
            (None, "AUTH") => "235 ok",
            (None, "RCPT") => {
                to.push(line.trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned());
                "250 ok"
            }
            (None, "DATA") => {
                say("354 go on")?;
                while lines.next()? != "." {}
                if let Some(answer) = own(".") {
                    answer
                } else {
                    lock(state).mails.push(to.clone());
                    match () {
                        () if oddities.contains(&SilentAfterTheMail) => continue,
                        () if oddities.contains(&GoneAfterTheMail) => return None,
                        () => "250 queued",
                    }
                }
            }
            (None, _) => "250 ok",
        };
        say(answer)?;
    }
    Some(())
}

fn stage(notify: &str) -> Stage {
    let personio = Personio::with([person(1, "Ada", "Lovelace", "ada@example.org")]);
    let stage = Stage::new(&personio);
    stage.configure(&personio, notify);
    stage
}

#[test]
fn whatever_the_step_the_server_is_quoted() {
    for (oddity, user, code, said) in [
        (
            Answers("", "554 5.7.1 your address is listed"),
            "",
            77,
            "refuses this machine: 554 \u{201c}5.7.1 your address is listed\u{201d}",
        ),
        (Answers("", "421 too busy"), "", 75, "puts off this machine: 421 \u{201c}too busy\u{201d}"),
        (Answers("EHLO", "550-no\n550 such name"), "", 77, "refuses this machine as "),
        (
            Answers("AUTH", "504 5.7.4 unrecognized"),
            "u@",
            77,
            "refuses the password of u: 504 \u{201c}5.7.4 unrecognized\u{201d}",
        ),
        (Answers("AUTH", "454 4.7.0 later"), "u@", 75, "puts off the password of u: 454 \u{201c}4.7.0 later\u{201d}"),
        (Answers("AUTH", "535 no canary-password"), "u@", 77, "refuses the password of u: 535\n"),
        (
            Answers("EHLO", "250-mail.test\n250 AUTH NTLM GSSAPI"),
            "u@",
            77,
            "lets nobody sign in with a password: it offers only \u{201c}NTLM GSSAPI\u{201d}",
        ),
        (
            Answers("EHLO", "250 mail.test"),
            "u@",
            77,
            "lets nobody sign in with a password: it offers no way to sign in",
        ),
        (Answers("MAIL", "452 full"), "", 75, "puts off the sender of the mail: 452 \u{201c}full\u{201d}"),
        (Answers("RCPT", "450 greylisted"), "", 75, "puts off the address hr@example.com of [notify] to: 450 "),
        // The second of two addresses.
        (
            Answers("RCPT TO:<it@", "421 4.3.2 back at 04:00"),
            "",
            75,
            "puts off the mail: 421 \u{201c}4.3.2 back at 04:00\u{201d}",
        ),
        (Answers("DATA", "554 no"), "", 77, "refuses the mail: 554 \u{201c}no\u{201d}"),
        (Answers(".", "552 too large"), "", 77, "refuses the mail: 552 \u{201c}too large\u{201d}"),
        (Answers("", "HTTP/1.1 400 Bad Request"), "", 75, "closed the connection without a readable answer"),
        (SilentAfterTheMail, "", 75, "it is not known whether the mail server 127.0.0.1:"),
        (GoneAfterTheMail, "", 75, "it is not known whether the mail server 127.0.0.1:"),
    ] {
        let server = OddMail::start(&[oddity]);
        let stage = stage(&server.settings(user));
        let mut command = stage.command(&["connect", "--check-notify"]);
        let told = crate::stage::ended(command.env("HONESTLY_SYNC_SMTP_PASSWORD", "canary-password")).expect(code);
        assert!(told.stderr.contains(said) && !told.stderr.contains("canary"), "{oddity:?} {told:#?}");
    }
}

#[test]
fn servers_with_habits_of_their_own_take_the_mail() {
    for (oddities, user) in [
        (&[Answers("EHLO", "502 what?")][..], ""),
        (
            &[
                Answers("EHLO", "250-mail.test\n250 AUTH=LOGIN"),
                Answers("AUTH", "334 VXNlcm5hbWU6"),
                Answers("dQ==", "334 UGFzc3dvcmQ6"),
                Answers("cA==", "235 ok"),
            ],
            "u@",
        ),
        (&[SilentAtTheEnd], ""),
        (&[Answers("RCPT TO:<hr@", "251 forwarded")], ""),
    ] {
        let server = OddMail::start(oddities);
        let stage = stage(&server.settings(user));
        // With a line end, as a file or `echo` leaves it.
        let mut command = stage.command(&["connect", "--check-notify"]);
        let told = crate::stage::ended(command.env("HONESTLY_SYNC_SMTP_PASSWORD", "p\r\n")).expect(0);
        assert!(told.stdout.contains("took a test for hr@example.com, it@example.com; "), "{oddities:?} {told:#?}");
        let state = server.state();
        assert_eq!(state.mails.len(), 1, "{oddities:?}");
        let name = state.commands.iter().find_map(|line| line.strip_prefix("EHLO ")).unwrap();
        assert!(name.contains('.') && !name.contains('['), "{name}");
    }
}

/// A held plan of which people are told.
fn held(server: &OddMail) -> (Personio, Stage) {
    let personio = Personio::with(people(1..=20));
    let stage = Stage::in_step(&personio);
    stage.configure(&personio, &server.settings(""));
    personio.set_people(people(6..=20).into_iter().chain(inactive(1..=5)));
    (personio, stage)
}

#[test]
fn a_mail_of_which_nobody_knows_is_sent_once_more_and_never_a_third_time() {
    let both = vec!["hr@example.com".to_owned(), "it@example.com".to_owned()];
    for second in [&[SilentAfterTheMail][..], &[]] {
        let server = OddMail::start(&[SilentAfterTheMail]);
        let (_personio, stage) = held(&server);
        let told = stage.run(&["sync"]).expect(20);
        assert!(told.stderr.contains("; the next run sends it once more\n"), "{told:#?}");
        server.behave(second);
        let told = stage.run(&["sync"]).expect(20);
        assert_eq!(told.stderr.contains("; it is not sent a third time\n"), !second.is_empty(), "{told:#?}");
        let told = stage.run(&["sync"]).expect(20);
        assert!(!told.stderr.contains("mail server"), "{told:#?}");
        assert_eq!(server.state().mails, [both.clone(), both.clone()]);
    }
}

#[test]
fn whoever_is_put_off_is_asked_again_and_nobody_else() {
    let server = OddMail::start(&[Answers("RCPT TO:<it@", "451 4.7.1 greylisted")]);
    let (personio, stage) = held(&server);
    let said = "warning: the mail server 127.0.0.1:";
    let told = stage.run(&["sync"]).expect(20);
    assert!(
        told.stderr.contains(said) && told.stderr.contains("greylisted\u{201d}; the next run asks again\n"),
        "{told:#?}"
    );
    let told = stage.run(&["sync"]).expect(20);
    assert!(told.stderr.contains("no mail could be sent of this run: the mail server"), "{told:#?}");
    server.behave(&[]);
    stage.run(&["sync"]).expect(20);
    stage.run(&["sync"]).expect(20);
    assert_eq!(server.state().mails, [vec!["hr@example.com"], vec!["it@example.com"]]);
    // What is over is told to all.
    personio.set_people(people(1..=20));
    stage.run(&["sync"]).expect(0);
    assert_eq!(server.state().mails.len(), 3);
    assert_eq!(server.state().mails[2].len(), 2);
}
