//! After the commit nothing is a failure, and before it whatever fails leaves the old mirror and the old file.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::TcpListener;
use std::process::Stdio;
use std::thread;

use crate::crash::{behind, program, strace};
use crate::guard::people;
use crate::personio::Personio;
use crate::stage::{Ended, Stage, ended};

/// In step at a destination, with everything that is written after a commit.
fn machine() -> (Personio, Stage) {
    let personio = Personio::with(people(1..=6));
    let stage = Stage::new(&personio);
    configure(&personio, &stage, "out", 1);
    fs::create_dir(stage.home().join("out")).unwrap();
    stage.connect(&["--no-sync"]).expect(0);
    let held = stage.run(&["sync"]).expect(20);
    stage.run(&["sync", "--approve", &crate::guard::digest(&held)]).expect(0);
    (personio, stage)
}

/// Metrics and page go to `folder`, mails to the port `smtp`.
fn configure(personio: &Personio, stage: &Stage, folder: &str, smtp: u16) {
    let home = stage.home().display();
    let more = format!(
        "[delivery]\nto = \"file://{home}/out/employees.csv\"\n[monitoring]\ntextfile = \"{home}/{folder}/honestly.prom\"\n\
         ping_url = \"http://127.0.0.1:1/ping\"\n[review]\npage = \"{home}/{folder}/review.html\"\n\
         [notify]\nto = [\"hr@example.org\"]\nfrom = \"sync@example.org\"\nsmtp = \"smtp://127.0.0.1:{smtp}\"\n"
    );
    stage.configure(personio, &more);
}

/// A mail server that takes nothing.
fn refusing_mails() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for connection in listener.incoming() {
            // Whether anybody hears it is all the same.
            let _ = connection.unwrap().write_all(b"554 5.3.2 not today\r\n");
        }
    });
    port
}

#[test]
fn what_fails_after_a_run_is_done_is_a_warning() {
    let (personio, stage) = machine();
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap().into();
    let unread = || std::io::pipe().unwrap().1.into();
    let read = Stdio::piped;
    let outputs: [(Stdio, Stdio); 6] = [
        (full(), read()),
        (unread(), read()),
        (read(), full()),
        (read(), unread()),
        (full(), full()),
        (unread(), unread()),
    ];
    // In every second round somebody answers the mail, and refuses.
    let servers = [1, refusing_mails()];
    for ((people_now, (stdout, stderr)), smtp) in (7..).zip(outputs).zip(servers.into_iter().cycle()) {
        // The folder of the metrics and the page is not there, nobody answers the ping, and a mail is due: all is well again.
        configure(&personio, &stage, "nowhere", smtp);
        personio.set_people([]);
        stage.run(&["sync"]).expect(20);
        stage
            .sqlite()
            .execute("UPDATE runs SET notified = 'hold_began' WHERE id = (SELECT max(id) FROM runs)", [])
            .unwrap();
        personio.set_people(people(1..=people_now));
        let ended = ended_on(&stage, &["sync", "--json"], stdout, stderr);
        assert_eq!(ended.code, 0, "{ended:#?}");
        let is_heard = people_now <= 8;
        if is_heard {
            for warning in [
                "the metrics could not be written",
                "[review] page could not be written",
                "ping_url could not be told",
                "no mail could be sent of this run",
            ] {
                assert!(ended.stderr.contains(warning), "{warning}: {ended:#?}");
            }
        }
        assert_eq!(ended.stderr.contains("cannot write to standard output"), people_now == 7, "{ended:#?}");
        assert_eq!(stage.people().len() as i64, people_now);
        let feed = fs::read_to_string(stage.home().join("out/employees.csv")).unwrap();
        assert_eq!(feed.lines().count() as i64, people_now + 1);
        assert_eq!(stage.runs().last().unwrap().0, Some(0));
    }
    // A dry run is there to print.
    for arguments in [&["sync", "--dry-run"][..], &["sync", "--dry-run", "--json"]] {
        assert_eq!(ended_on(&stage, arguments, full(), read()).code, 75);
    }
}

fn ended_on(stage: &Stage, arguments: &[&str], stdout: Stdio, stderr: Stdio) -> Ended {
    let child = stage.command(arguments).stdout(stdout).stderr(stderr).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn whatever_call_fails_the_exit_code_is_0_exactly_when_mirror_and_feed_are_new() {
    let (Some(strace), Some(timeout)) = (strace(), program("timeout")) else { return };
    let (personio, stage) = machine();
    personio.set_people(people(2..=7));
    let feed = stage.home().join("out/employees.csv");
    let old = (stage.people(), fs::read(&feed).unwrap());
    let before = stage.files();
    let rewind = || {
        stage.files().keys().filter(|path| path.is_file()).for_each(|path| fs::remove_file(path).unwrap());
        for (path, bytes) in before.iter().filter(|(path, _)| !path.is_dir()) {
            fs::write(path, bytes).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            fs::set_permissions(path, mode).unwrap();
        }
    };
    let sync = stage.command(&["sync", "--json"]);
    ended(&mut stage.command(&["sync", "--json"])).expect(0);
    let new = (stage.people(), fs::read(&feed).unwrap());
    rewind();
    let mut failed = 0;
    for (call, error) in [
        ("pwrite64", "ENOSPC"),
        ("fsync", "EIO"),
        ("fdatasync", "EIO"),
        ("rename", "EIO"),
        ("unlink", "EIO"),
        ("openat", "EMFILE"),
        ("write", "ENOSPC"),
    ] {
        let log = stage.home().join("calls");
        let count = ended(&mut behind(
            &[&strace, "-f", "-qq", "-o", log.to_str().unwrap(), "-e", &format!("trace={call}")],
            &sync,
        ));
        count.expect(0);
        let calls = fs::read_to_string(&log).unwrap().lines().count();
        rewind();
        for nth in 1..=calls {
            // Once, as a disk that recovers: every call is met by itself.
            let (trace, inject) = (format!("trace={call}"), format!("inject={call}:error={error}:when={nth}"));
            // With `write` threads wake each other, too, and one that is not woken waits for ever.
            let limited = [&*timeout, "-s", "KILL", "10", &strace, "-f", "-qq", "-o", "/dev/null"];
            let ended = ended(&mut behind(&[&limited[..], &["-e", &trace, "-e", &inject]].concat(), &sync));
            let moment = format!("{call} {nth}: {ended:#?}");
            let in_step = stage.runs().iter().filter(|(code, _)| *code == Some(0)).count();
            let now = (stage.people(), fs::read(&feed).unwrap());
            let is_whole = now.1 == old.1 || now.1 == new.1;
            match ended.code {
                0 => assert!(now == new && in_step == 2, "{moment}"),
                -1 => assert!(is_whole && (now.0 == old.0 || now.0 == new.0), "{moment}"),
                _ => {
                    assert!(is_whole && in_step == 1, "{moment}");
                    let is_certain = stage.unsettled() == 0;
                    assert_eq!(now.0, if is_certain { &old.0 } else { &new.0 }.clone(), "{moment}");
                    assert!(now.1 == old.1 || !is_certain, "a file that the mirror does not know: {moment}");
                    let says = |what: &str| ended.stderr.contains(what);
                    assert!(!says("nothing was delivered") || now.1 == old.1, "{moment}");
                    assert!(!says("nothing of it was written") || now == old, "{moment}");
                    assert!(!says(" was delivered to ") || now.1 == new.1, "{moment}");
                    failed += 1;
                }
            }
            rewind();
        }
    }
    assert!(failed > 10, "only {failed} failures");
}
