//! One run at a time, and looking is always possible.

use std::process::Stdio;
use std::sync::Arc;

use serde_json::json;

use crate::guard::{ids, inactive, people};
use crate::personio::Personio;
use crate::stage::{Stage, ended};

#[test]
fn a_second_sync_steps_aside_and_names_the_run_in_progress() {
    let personio = Personio::with(people(1..=12));
    let stage = Stage::in_step(&personio);
    personio.set_people(people(1..=13));
    // A run that has applied its plan and delivers: it has entered itself into the log and holds the transaction open.
    let first = stage.sqlite();
    let pid = std::process::id();
    first
        .execute("INSERT INTO runs (command, started_at, pid) VALUES ('sync', '2026-03-01T12:00:00.000Z', ?1)", [pid])
        .unwrap();
    first.execute_batch("BEGIN IMMEDIATE; UPDATE mirror SET generation = 99").unwrap();
    let asked = personio.requests().len();

    let expected = format!("another run is in progress: run 2 (sync, since 2026-03-01 12:00:00 UTC, process {pid})");
    for arguments in [&["sync"][..], &["sync", "--approve", "0123456789ab"]] {
        let second = stage.run(arguments).expect(75);
        assert!(second.stderr.contains(&expected), "{second:#?}");
    }
    assert_eq!(personio.requests().len(), asked, "nothing was asked in vain");
    let status = stage.run(&["status"]).expect(0).stdout;
    assert!(status.contains("In progress   run 2, sync since 2026-03-01 13:00"), "{status}");
    let previewed = stage.run(&["sync", "--dry-run"]).expect(0);
    assert!(previewed.stdout.contains("13 Ada Lovelace 13"), "{previewed:#?}");

    first.execute_batch("ROLLBACK").unwrap();
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage).len(), 13);
}

/// Whether the second run meets the lock of the first.
#[derive(Clone, Copy)]
enum Lock {
    Holds,
    IsLost,
}

/// Another server of the same company, which lets a whole run of `sync` pass while it is asked for employees.
fn while_the_first_one_reads(
    stage: &Arc<Stage>,
    company: &Personio,
    lock: Lock,
    arguments: &'static [&'static str],
) -> Personio {
    let slow = Personio::with(company.people());
    let second = Arc::clone(stage);
    let mut passed = false;
    slow.interfere(move |request, _| {
        if request.path.ends_with("/company/employees") && !std::mem::replace(&mut passed, true) {
            match lock {
                Lock::Holds => {}
                Lock::IsLost => std::fs::remove_file(second.state().join("mirror.db.lock")).unwrap(),
            }
            second.run(arguments);
        }
        None
    });
    slow
}

/// `sync` of the same machine against another server.
fn sync_with(stage: &Stage, server: &Personio) -> crate::stage::Ended {
    let path = stage.home().join("slow.toml");
    let text = std::fs::read_to_string(stage.config()).unwrap();
    let (before, after) = text.split_once("base_url = \"").unwrap();
    let (_, after) = after.split_once('"').unwrap();
    std::fs::write(&path, format!("{before}base_url = \"{}\"{after}", server.base_url())).unwrap();
    let mut command = stage.command(&["sync"]);
    command.env("HONESTLY_SYNC_CONFIG", &path);
    let arguments: Vec<_> = command.get_args().map(std::ffi::OsStr::to_owned).collect();
    let mut other = std::process::Command::new(command.get_program());
    other.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?)))).stdin(Stdio::null());
    ended(
        other.args(
            arguments.iter().map(|argument| if *argument == stage.config() { path.as_os_str() } else { argument }),
        ),
    )
}

#[test]
fn case_54_of_two_runs_that_read_at_the_same_time_one_wins() {
    let company = Personio::with(people(1..=12));
    let stage = Arc::new(Stage::in_step(&company));
    company.set_people(people(1..=13));
    // Where a lock is lost, the transaction is the guarantee.
    let slow = while_the_first_one_reads(&stage, &company, Lock::IsLost, &["sync"]);
    let first = sync_with(&stage, &slow).expect(75);
    assert!(first.stderr.contains("changed the mirror while this run was at work"), "{first:#?}");
    assert!(first.stderr.contains("run 3 (sync, since "), "{first:#?}");
    assert_eq!(ids(&stage).len(), 13, "the second one came through");
    sync_with(&stage, &slow).expect(0);
}

#[test]
fn a_run_that_was_held_stands_in_nobodys_way() {
    let company = Personio::with(people(1..=12));
    let stage = Arc::new(Stage::in_step(&company));
    company.set_people(inactive(1..=12));
    let slow = while_the_first_one_reads(&stage, &company, Lock::IsLost, &["sync"]);
    slow.set_people(people(1..=13));
    sync_with(&stage, &slow).expect(0);
    assert_eq!(ids(&stage).len(), 13);
}

#[test]
fn looking_while_a_run_reads_stands_in_nobodys_way() {
    for arguments in [&["status"][..], &["sync", "--dry-run"]] {
        let company = Personio::with(people(1..=12));
        let stage = Arc::new(Stage::in_step(&company));
        let slow = while_the_first_one_reads(&stage, &company, Lock::Holds, arguments);
        slow.set_people(people(1..=13));
        sync_with(&stage, &slow).expect(0);
        assert_eq!(ids(&stage).len(), 13);
    }
}

#[test]
fn a_crowd_of_first_runs_leaves_one_consistent_mirror() {
    let personio = Personio::with(people(1..=12).into_iter().map(|person| person.with("supervisor", json!(null))));
    let stage = Stage::connected(&personio);
    let crowd: Vec<_> = (0..6)
        .map(|_| stage.command(&["sync"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
        .collect();
    let codes: Vec<_> = crowd
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            let code = output.status.code().unwrap();
            assert!([0, 75].contains(&code), "{code}: {}", String::from_utf8_lossy(&output.stderr));
            code
        })
        .collect();
    assert!(codes.contains(&0), "{codes:?}");
    assert_eq!(ids(&stage), (1..=12).collect::<Vec<_>>());
    stage.run(&["sync"]).expect(0);
}

/// Pauses the first run while it reads. Returns how the second one ended, and how many people it asked about.
#[test]
fn a_second_run_steps_aside_before_it_reads_anybody_and_an_approval_waits() {
    let company = Personio::with(people(1..=12));
    let stage = Stage::in_step(&company);
    let listings = |company: &Personio| {
        company.requests().iter().filter(|request| *request == "GET /v1/company/employees").count()
    };
    let before = listings(&company);
    company.set_people(people(1..=13));
    let (arrived, arrival) = std::sync::mpsc::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel();
    let mut passed = false;
    company.interfere(move |request, _| {
        if request.path.ends_with("/company/employees") && !std::mem::replace(&mut passed, true) {
            arrived.send(()).unwrap();
            may_go_on.recv().unwrap();
        }
        None
    });
    let first = stage.command(&["sync"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    arrival.recv().unwrap();
    let second = stage.run(&["sync"]).expect(75);
    assert!(second.stderr.starts_with("error: another run is in progress: run 2 (sync, since "), "{second:#?}");
    assert!(second.stderr.contains(&format!("process {})", first.id())), "{second:#?}");
    let document = stage.run(&["sync", "--json"]).expect(75).json();
    assert_eq!(document["exit_code"], json!(75));
    assert_eq!(stage.runs().len(), 2, "who steps aside leaves no trace");
    stage.run(&["status"]).expect(0);

    let mut approving = stage.command(&["sync", "--approve", "0123456789ab"]);
    let mut approving = approving.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = std::io::BufReader::new(approving.stderr.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut said, &mut line).unwrap();
    assert_eq!(line, "warning: another run is in progress: waiting a minute for it\n");
    go_on.send(()).unwrap();
    assert!(first.wait_with_output().unwrap().status.success());
    // Its turn has come: it read, and found nothing that is held.
    std::io::Read::read_to_string(&mut said, &mut line).unwrap();
    assert_eq!(approving.wait().unwrap().code(), Some(20), "{line}");
    assert_eq!(listings(&company) - before, 2, "who stepped aside asked for nobody");
}
