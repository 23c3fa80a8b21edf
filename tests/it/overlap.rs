//! One run at a time, and looking is always possible.

use std::process::Stdio;
use std::sync::Arc;

use honestly_sync::secret::{Credential, Secret};
use serde_json::json;

use crate::crash::{behind, strace};
use crate::guard::{ids, people};
use crate::personio::{Personio, SECRET};
use crate::stage::{Ended, Stage, ended};

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
    stage.run(&["sync", "--dry-run"]).expect(0).snapshot("overlap-dry-run-beside-a-run");

    first.execute_batch("ROLLBACK").unwrap();
    stage.run(&["sync"]).expect(0);
    assert_eq!(ids(&stage).len(), 13);
}

/// `sync` during which another command passes while it reads. Where a lock is lost, the transaction is the guarantee.
fn sync_while(company: &Personio, stage: &Arc<Stage>, lock: Lock, passes: fn(&Stage)) -> Ended {
    let other = Arc::clone(stage);
    company.meanwhile(move || {
        match lock {
            Lock::Holds => {}
            Lock::IsLost => std::fs::remove_file(other.state().join("mirror.db.lock")).unwrap(),
        }
        passes(&other);
    });
    stage.run(&["sync"])
}

/// Whether another command meets the lock of the first.
#[derive(Clone, Copy)]
enum Lock {
    Holds,
    IsLost,
}

fn company_of_twelve() -> (Personio, Arc<Stage>) {
    let company = Personio::with(people(1..=12));
    let stage = Arc::new(Stage::in_step(&company));
    (company, stage)
}

#[test]
fn case_54_of_two_runs_that_read_at_the_same_time_one_wins() {
    let (company, stage) = company_of_twelve();
    company.set_people(people(1..=13));
    let first = sync_while(&company, &stage, Lock::IsLost, |stage| drop(stage.run(&["sync"]).expect(0))).expect(75);
    assert!(first.stderr.contains("changed the mirror while this run was at work"), "{first:#?}");
    assert!(first.stderr.contains("run 3 (sync, since "), "{first:#?}");
    assert_eq!(ids(&stage).len(), 13, "the second one came through");
    stage.run(&["sync"]).expect(0);
}

#[test]
fn a_run_that_was_held_stands_in_nobodys_way() {
    let (company, stage) = company_of_twelve();
    company.set_people(people(1..=13));
    let held = |stage: &Stage| {
        let config = std::fs::read_to_string(stage.config()).unwrap();
        std::fs::write(stage.config(), config + "[people]\nexclude = [1]\n").unwrap();
        stage.run(&["sync"]).expect(20);
    };
    sync_while(&company, &stage, Lock::IsLost, held).expect(0);
    assert_eq!(ids(&stage).len(), 13);
}

/// `sync` on a file system that has no locks; none without strace.
fn sync_without_locks(stage: &Stage) -> Option<Ended> {
    let strace = strace()?;
    let inject = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=flock", "-e", "inject=flock:error=ENOLCK"];
    Some(ended(&mut behind(&[&[&*strace][..], &inject].concat(), &stage.command(&["sync"]))))
}

#[test]
fn without_a_lock_a_run_steps_aside_while_another_one_lives() {
    let (company, stage) = company_of_twelve();
    company.set_people(people(1..=13));
    let second = |stage: &Stage| {
        let Some(second) = sync_without_locks(stage) else { return };
        assert!(second.stderr.starts_with("error: another run is in progress: run 2 (sync, since "), "{second:#?}");
        second.expect(75);
    };
    sync_while(&company, &stage, Lock::Holds, second).expect(0);
    // A run that was cut off long ago, whose number another program has by now.
    let insert = "INSERT INTO runs (command, started_at, pid) VALUES ('sync', '2026-03-01T12:00:00.000Z', ?1)";
    stage.sqlite().execute(insert, [std::process::id()]).unwrap();
    sync_without_locks(&stage).iter().for_each(|ended| drop(ended.clone().expect(0)));
}

fn account(stage: &Stage) -> String {
    stage.sqlite().query_row("SELECT account FROM mirror", [], |row| row.get(0)).unwrap()
}

#[test]
fn connect_steps_aside_while_a_run_reads_and_stores_nothing() {
    let (company, stage) = company_of_twelve();
    company.set_people(people(1..=13));
    let (before, known) = (std::fs::read(stage.credential()).unwrap(), account(&stage));
    let connects = |stage: &Stage| {
        let refused = stage.connect_as("renewed", SECRET, &["--no-sync"]).expect(75);
        assert!(refused.stderr.starts_with("error: another run is in progress: run 2 (sync, since "), "{refused:#?}");
    };
    sync_while(&company, &stage, Lock::Holds, connects).expect(0);
    assert_eq!((std::fs::read(stage.credential()).unwrap(), account(&stage)), (before, known));
    assert_eq!(ids(&stage).len(), 13);
}

/// Also where the run has nothing to change, and writes the account of a mirror that had none.
#[test]
fn a_run_never_writes_another_account_than_the_one_it_loaded() {
    for (arrives, had_one) in [(1, true), (0, true), (1, false)] {
        let (company, stage) = company_of_twelve();
        company.set_people(people(1..=12 + arrives));
        if !had_one {
            stage.sqlite().execute("UPDATE mirror SET account = NULL", []).unwrap();
        }
        let connects = |stage: &Stage| drop(stage.connect_as("renewed", SECRET, &["--no-sync"]).expect(0));
        let first = sync_while(&company, &stage, Lock::IsLost, connects).expect(75);
        assert!(first.stderr.contains("changed the mirror while this run was at work"), "{first:#?}");
        let renewed = Credential { client_id: "renewed".to_owned(), client_secret: Secret::new(SECRET) };
        assert_eq!(account(&stage), renewed.account(&company.base_url()));
        assert_eq!(ids(&stage).len(), 12);
        stage.run(&["sync"]).expect(0);
    }
}

#[test]
fn looking_while_a_run_reads_stands_in_nobodys_way() {
    let looks: [fn(&Stage); 2] =
        [|stage| drop(stage.run(&["status"]).expect(0)), |stage| drop(stage.run(&["sync", "--dry-run"]).expect(0))];
    for look in looks {
        let (company, stage) = company_of_twelve();
        company.set_people(people(1..=13));
        sync_while(&company, &stage, Lock::Holds, look).expect(0);
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
