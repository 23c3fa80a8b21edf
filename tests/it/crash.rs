//! Any moment may be the last: the real binary, ended at every write and every network step it makes, on disks that fill
//! and in front of files it must not touch.
//!
//! `strace` counts system calls and ends the process at the n-th of a kind, or lets it fail from there on; n grows until
//! the run comes through, so no moment is left out. Without `strace` these tests say so and pass, except in CI.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;

use crate::guard::{digest, inactive, people};
use crate::personio::http::{Delivery, Reply};
use crate::personio::{Person, Personio, SECRET};
use crate::stage::{Ended, Stage, ended};

/// More system calls of one kind than a run makes.
const MOST: usize = 400;

fn before() -> Vec<Person> {
    people(1..=12)
}

/// One goes, one comes, one marries, one moves.
fn after() -> impl Iterator<Item = Person> {
    let mut company = people(3..=13);
    company[0] = company[0].clone().with("last_name", json!("King"));
    company[1] = company[1].clone().department(2, "Sales");
    company.into_iter().chain(people([2])).chain(inactive([1]))
}

/// Two states of one machine: in step with `before`, and what a run makes of `after`.
struct Scene {
    personio: Personio,
    stage: Stage,
    files: BTreeMap<PathBuf, Vec<u8>>,
    old: String,
    new: String,
}

impl Scene {
    fn new() -> Self {
        let personio = Personio::with(before());
        let stage = Stage::in_step(&personio);
        let (files, old) = (files(&stage), state(&stage));
        personio.set_people(after());
        stage.run(&["sync"]).expect(0);
        let new = state(&stage);
        assert_ne!(old, new);
        let scene = Self { personio, stage, files, old, new };
        scene.rewind();
        scene
    }

    fn rewind(&self) {
        for path in files(&self.stage).keys() {
            std::fs::remove_file(path).unwrap();
        }
        for (path, bytes) in &self.files {
            std::fs::write(path, bytes).unwrap();
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        assert_eq!(state(&self.stage), self.old);
    }

    /// The mirror is the old one or the new one, looking works, and the next run makes it the new one.
    #[track_caller]
    fn assert_recovers(&self, moment: &str) {
        self.stage.run(&["status"]).expect(0);
        self.stage.run(&["sync", "--dry-run"]).expect(0);
        // Opened here for the first time by somebody who may write: this plays an unfinished commit back.
        let found = state(&self.stage);
        assert!(found == self.old || found == self.new, "{moment}: between\n{found}");
        let next = self.stage.run(&["sync"]).expect(0);
        assert_eq!((next.stdout.as_str(), next.stderr.as_str()), ("", ""), "{moment}");
        assert_eq!(state(&self.stage), self.new, "{moment}");
        let damage: String = self.stage.sqlite().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(damage, "ok", "{moment}");
    }
}

/// The contents without the numbers of runs, because a repeated run gets another one.
fn state(stage: &Stage) -> String {
    let without_run = |line: &str| match line.strip_prefix("identities: ") {
        Some(columns) => {
            let mut columns: Vec<&str> = columns.split(" | ").collect();
            columns.remove(3);
            columns.join(" | ")
        }
        None => line.to_owned(),
    };
    stage.contents().lines().map(without_run).collect::<Vec<_>>().join("\n")
}

fn files(stage: &Stage) -> BTreeMap<PathBuf, Vec<u8>> {
    let paths = std::fs::read_dir(stage.state()).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// `command` as the last arguments of another program.
pub fn behind(prefix: &[&str], command: &Command) -> Command {
    let mut wrapped = Command::new(prefix[0]);
    wrapped.env_clear().args(&prefix[1..]).arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    wrapped.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    wrapped
}

pub fn program(name: &str) -> Option<String> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.exists());
    found.map(|path| path.to_str().unwrap().to_owned())
}

/// The path of a `strace` that may trace, or a word about why a test shows nothing.
pub fn strace() -> Option<String> {
    let path = program("strace");
    let works = |path: &String| {
        let traced = Command::new(path).args(["-qq", "-o", "/dev/null", "-e", "trace=write", "true"]).output();
        traced.is_ok_and(|output| output.status.success())
    };
    match path.filter(works) {
        Some(path) => Some(path),
        None if std::env::var("CI").is_ok_and(|ci| ci == "true") => panic!("CI needs strace, and the right to trace"),
        None => {
            eprintln!("left out: no strace that may trace on this machine");
            None
        }
    }
}

pub fn traced(strace: &str, call: &str, fault: &str, command: &Command) -> Ended {
    let (trace, inject) = (format!("trace={call}"), format!("inject={call}:{fault}"));
    ended(&mut behind(&[strace, "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject], command))
}

#[test]
fn a_run_killed_at_every_write_leaves_the_old_mirror_or_the_new_one() {
    let Some(strace) = strace() else { return };
    let mut moments = 0;
    std::thread::scope(|scope| {
        let halves = [
            &["pwrite64", "unlink", "ftruncate"][..],
            &["fdatasync", "fsync", "write", "connect", "writev", "recvfrom"],
        ];
        let halves = halves.map(|calls| {
            let strace = &strace;
            scope.spawn(move || {
                let scene = Scene::new();
                let mut moments = 0;
                for call in calls {
                    let sync = scene.stage.command(&["sync"]);
                    let killed = |nth: usize| traced(strace, call, &format!("signal=KILL:when={nth}"), &sync).code != 0;
                    let came_through = (1..=MOST).find(|nth| {
                        let killed = killed(*nth);
                        scene.assert_recovers(&format!("{call} {nth}"));
                        scene.rewind();
                        !killed
                    });
                    moments += came_through.unwrap_or_else(|| panic!("{call}: no end after {MOST}")) - 1;
                }
                moments
            })
        });
        moments = halves.into_iter().map(|half| half.join().unwrap()).sum();
    });
    assert!(moments > 30, "only {moments} moments: did nothing get counted?");
}

#[test]
fn a_first_connect_killed_at_every_write_can_be_repeated() {
    let Some(strace) = strace() else { return };
    let personio = Personio::with(before());
    let mut moments = 0;
    for call in ["rename", "renameat", "renameat2", "fsync", "mkdir", "pwrite64", "write"] {
        for nth in 1..=MOST {
            let stage = Stage::new(&personio);
            let mut connect = stage.command(&["connect"]);
            connect.env("HONESTLY_SYNC_CLIENT_ID", crate::personio::CLIENT_ID).env("HONESTLY_SYNC_SECRET", SECRET);
            let killed = traced(&strace, call, &format!("signal=KILL:when={nth}"), &connect).code != 0;
            stage.run(&["status"]).expect(0);
            if stage.credential().exists() {
                assert_eq!(std::fs::metadata(stage.credential()).unwrap().mode() & 0o777, 0o600, "{call} {nth}");
            }
            stage.connect(&[]).expect(0);
            assert_eq!(stage.people().len(), 12, "{call} {nth}");
            if !killed {
                break;
            }
            assert!(nth < MOST, "{call}: no end");
            moments += 1;
        }
    }
    assert!(moments > 5, "only {moments} moments");
}

#[test]
fn a_disk_that_fails_at_any_write_leaves_the_old_mirror_or_the_new_one() {
    let Some(strace) = strace() else { return };
    let scene = Scene::new();
    for (call, error) in [("pwrite64", "ENOSPC"), ("fsync", "EIO"), ("fdatasync", "EIO"), ("unlink", "EIO")] {
        let came_through = (1..=MOST).find(|nth| {
            let sync = scene.stage.command(&["sync"]);
            let ended = traced(&strace, call, &format!("error={error}:when={nth}+"), &sync);
            assert!([0, 75].contains(&ended.code), "{call} {nth}: {ended:#?}");
            if ended.code == 75 {
                assert!(ended.stderr.contains("the disk") && ended.stderr.lines().count() <= 10, "{ended:#?}");
            }
            scene.assert_recovers(&format!("{call} {nth}"));
            scene.rewind();
            ended.code == 0
        });
        assert!(came_through.is_some(), "{call}: no end after {MOST}");
    }
}

#[test]
fn a_disk_with_no_room_at_all_leaves_the_file_as_it_was() {
    let scene = Scene::new();
    // Blocks of 512 bytes that any file may have.
    for blocks in ["0", "1", "16"] {
        let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let sync = scene.stage.command(&["sync"]);
        let ended = ended(&mut behind(&["/bin/sh", "-c", &limited, "sh"], &sync)).expect(75);
        assert!(ended.stderr.contains("the disk"), "{ended:#?}");
        assert_eq!(state(&scene.stage), scene.old);
        if blocks == "0" {
            assert_eq!(std::fs::read(scene.stage.mirror()).unwrap(), scene.files[&scene.stage.mirror()]);
        }
        scene.assert_recovers(blocks);
        scene.rewind();
    }
}

/// Starts a sync, sends the signal when Personio receives the n-th request, and waits for the end.
fn signalled(scene: &Scene, nth: usize, signal: &str) -> Option<std::process::ExitStatus> {
    let first = scene.personio.requests().len();
    let (asked, being_asked) = mpsc::channel();
    scene.personio.interfere(move |_, number| {
        (number == first + nth).then(|| {
            // The other end is gone when the run ended before.
            let _ = asked.send(());
            Reply { delivery: Delivery::Hang(Duration::from_secs(60)), ..Reply::bytes(200, "text/plain", "") }
        })
    });
    let mut child = scene.stage.command(&["sync"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // The sender lives in the server: a run that comes through ends first.
    loop {
        match being_asked.recv_timeout(Duration::from_millis(5)) {
            Ok(()) => break,
            Err(_) => {
                if let Some(status) = child.try_wait().unwrap() {
                    assert!(status.success(), "{status:?}");
                    scene.personio.behave();
                    return None;
                }
            }
        }
    }
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let status = child.wait().unwrap();
    scene.personio.behave();
    Some(status)
}

#[test]
fn a_run_ended_at_every_request_leaves_the_old_mirror() {
    use std::os::unix::process::ExitStatusExt as _;

    let scene = Scene::new();
    // One goes without a word, so that a question is among the requests; small pages make more of them.
    scene.personio.set_people(after().filter(|person| person.id() != 1));
    scene.personio.limit_pages(5);
    for (signal, number) in [("-KILL", 9), ("-TERM", 15)] {
        let mut moments = 0;
        while let Some(status) = signalled(&scene, moments, signal) {
            assert_eq!(status.signal(), Some(number));
            assert_eq!(state(&scene.stage), scene.old);
            assert!(!scene.stage.mirror().with_file_name("mirror.db-journal").exists());
            let status = scene.stage.run(&["status"]).expect(0).stdout;
            assert!(status.contains("Interrupted   run 2, sync since"), "{status}");
            let next = scene.stage.run(&["sync"]).expect(0);
            assert_eq!((next.stdout.as_str(), next.stderr.as_str()), ("", ""));
            let ids = crate::guard::ids(&scene.stage);
            assert_eq!(ids, (2..=13).collect::<Vec<_>>());
            scene.rewind();
            moments += 1;
        }
        // Sign-in, three pages, the first again, one question, and one about somebody who is listed.
        assert_eq!(moments, 7);
        scene.rewind();
    }
}

/// Every command is refused with the code and one sentence that names the file, which stays as it is.
#[track_caller]
fn assert_refused(stage: &Stage, code: i32, part: &str) {
    let before = files(stage);
    for arguments in [&["sync"][..], &["sync", "--dry-run"], &["sync", "--approve", "0123456789ab"]] {
        let refused = stage.run(arguments).expect(code);
        let (sentence, hints) = refused.stderr.split_once("\n\nhint: ").unwrap_or_else(|| panic!("{refused:#?}"));
        assert!(sentence.contains(part) && sentence.contains("mirror.db"), "{refused:#?}");
        assert!(sentence.lines().count() == 1 && hints.lines().count() <= 2, "{refused:#?}");
        assert!(files(stage) == before, "{arguments:?} wrote something");
    }
}

#[test]
fn a_damaged_mirror_is_refused_and_left_alone() {
    let scene = Scene::new();
    let (stage, path) = (&scene.stage, scene.stage.mirror());
    let whole = std::fs::read(&path).unwrap();
    let half = whole[..whole.len() / 2].to_vec();
    let mut scribbled = whole.clone();
    let page = 16_384;
    scribbled[page..page + 600].fill(0xA5);
    let mut other = whole.clone();
    other[..16].copy_from_slice(b"Not SQLite at al");
    for bytes in [half, scribbled, other] {
        std::fs::write(&path, bytes).unwrap();
        assert_refused(stage, 1, "damaged");
        assert_eq!(stage.run(&["status"]).code, 1);
        assert_eq!(stage.run(&["status", "--check"]).code, 3);
    }
}

#[test]
fn a_mirror_of_a_newer_version_is_refused_and_left_alone() {
    let scene = Scene::new();
    scene.stage.sqlite().pragma_update(None, "user_version", 99).unwrap();
    assert_refused(&scene.stage, 78, "it has schema 99");
}

#[test]
fn another_programs_database_is_refused_and_left_alone() {
    let scene = Scene::new();
    scene.stage.sqlite().pragma_update(None, "application_id", 7).unwrap();
    assert_refused(&scene.stage, 78, "a database of another program");
}

#[test]
fn another_companys_mirror_is_refused_and_left_alone() {
    let scene = Scene::new();
    let other = Stage::connected(&Personio::with(people(101..=102)));
    other.configure(&scene.personio, "");
    let credential = std::fs::read_to_string(scene.stage.credential()).unwrap();
    std::fs::write(scene.stage.credential(), credential.replace(crate::personio::CLIENT_ID, "client-2")).unwrap();
    let asked = scene.personio.requests().len();
    assert_refused(&scene.stage, 78, "belongs to another credential");
    // A stale copy of the company, such as a sandbox, has other people under the same client id.
    let sandbox = Personio::with(people(1..=3));
    let config = std::fs::read_to_string(scene.stage.config()).unwrap();
    let here = scene.personio.base_url();
    std::fs::write(scene.stage.config(), config.replace(&here, &sandbox.base_url())).unwrap();
    assert_refused(&scene.stage, 78, &format!("belongs to another credential and another base_url, {here}"));
    std::fs::write(scene.stage.credential(), credential).unwrap();
    assert_refused(&scene.stage, 78, &format!("belongs to another base_url, {here}"));
    assert_eq!(scene.personio.requests().len() + sandbox.requests().len(), asked, "no credential is tried out");
    std::fs::write(scene.stage.config(), config.replace("/v1\"", "/v1/\"")).unwrap();
    scene.stage.run(&["sync"]).expect(0);
}

#[test]
fn a_mirror_that_cannot_be_written_is_refused_and_left_alone() {
    let scene = Scene::new();
    let stage = &scene.stage;
    let mode = |path: PathBuf, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    std::fs::remove_file(stage.credential()).unwrap();
    mode(stage.mirror(), 0o444);
    mode(stage.state().join("mirror.db.witness"), 0o444);
    mode(stage.state(), 0o555);
    let mut sync = stage.unprivileged(&["sync"]);
    sync.env("HONESTLY_SYNC_CLIENT_ID", crate::personio::CLIENT_ID).env("HONESTLY_SYNC_SECRET", SECRET);
    let refused = ended(&mut sync).expect(77);
    mode(stage.state(), 0o755);
    assert!(refused.stderr.contains("mirror.db cannot be written"), "{refused:#?}");
    assert_eq!(std::fs::read(stage.mirror()).unwrap(), scene.files[&stage.mirror()]);
    assert!(!stage.mirror().with_file_name("mirror.db-journal").exists());
}

#[test]
fn a_journal_that_another_process_plays_back_is_in_no_readers_way() {
    let Some(strace) = strace() else { return };
    let scene = Scene::new();
    let journal = scene.stage.mirror().with_file_name("mirror.db-journal");
    // A connection that writes into the file before its commit, copied at that moment: what a killed process leaves.
    let writer = scene.stage.sqlite();
    writer.execute_batch("PRAGMA cache_size = 1; BEGIN; UPDATE employees SET first_name = 'half done'").unwrap();
    writer.execute_batch("CREATE TABLE filler AS WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT hex(zeroblob(400)) FROM n").unwrap();
    let left = files(&scene.stage);
    drop(writer);
    for (path, bytes) in &left {
        std::fs::write(path, bytes).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    assert!(journal.exists());
    // As if it were gone: once where SQLite looks, then where it is read before the mirror is, and after.
    for nth in 1..=3 {
        for arguments in [&["status"][..], &["sync", "--dry-run"]] {
            let fault = format!("inject=openat:error=ENOENT:when={nth}");
            let prefix = [&strace, "-f", "-qq", "-o", "/dev/null", "-P", journal.to_str().unwrap(), "-e", &fault];
            let read = ended(&mut behind(&prefix, &scene.stage.command(arguments))).expect(0);
            assert_eq!(read.stderr, "", "{nth}");
        }
        assert!(files(&scene.stage) == left, "a reader wrote something");
    }
    scene.assert_recovers("played back");
}

#[test]
fn an_approved_plan_that_was_cut_off_can_be_approved_again() {
    let Some(strace) = strace() else { return };
    let scene = Scene::new();
    scene.personio.set_people(people(5..=12).into_iter().chain(inactive(1..=4)));
    let held = scene.stage.run(&["sync"]).expect(20);
    let approve = scene.stage.command(&["sync", "--approve", &digest(&held)]);
    let mut cut_off = 0;
    for nth in 1..=MOST {
        let old = state(&scene.stage);
        let ended = traced(&strace, "fsync", &format!("signal=KILL:when={nth}"), &approve);
        scene.stage.run(&["status"]).expect(0);
        if ended.code == 0 {
            break;
        }
        // Once the commit came through before the end, the digest is used up.
        if state(&scene.stage) != old {
            break;
        }
        cut_off += 1;
    }
    assert!(cut_off > 2, "{cut_off}");
    scene.stage.run(&["sync"]).expect(0);
    assert_eq!(crate::guard::ids(&scene.stage), (5..=12).collect::<Vec<_>>());
}

/// SQLite itself says that another process has it.
#[test]
fn a_file_system_without_locks_is_told_as_that() {
    let Some(strace) = strace() else { return };
    let scene = Scene::new();
    let told = traced(&strace, "fcntl", "error=ENOLCK", &scene.stage.command(&["sync"])).expect(77);
    let begins = format!("error: the file system of the mirror {} has no locks\n", scene.stage.mirror().display());
    assert!(told.stderr.starts_with(&begins), "{told:#?}");
    scene.stage.run(&["sync"]).expect(0);
}
