//! Backup and restore as they are documented, and a mirror that is not the one that the last run left.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::crash::{strace, traced};
use crate::guard::{digest, ids, people};
use crate::personio::Personio;
use crate::stage::Stage;

fn machine() -> (Personio, Stage) {
    let personio = Personio::with(people(1..=6));
    let stage = Stage::in_step(&personio);
    (personio, stage)
}

fn witness(stage: &Stage) -> PathBuf {
    PathBuf::from(format!("{}.witness", stage.mirror().display()))
}

/// Held until approved, in a dry run too, with what is the matter; afterwards nothing is the matter any more.
#[track_caller]
fn assert_held_until_approved(stage: &Stage, matter: &str) {
    let before = stage.files();
    let dry = stage.run(&["sync", "--dry-run"]);
    assert!(format!("{}{}", dry.stdout, dry.stderr).contains(matter), "{dry:#?}");
    assert!(stage.files() == before, "a dry run wrote something");
    let dry = stage.run(&["sync", "--dry-run", "--json"]).json();
    let held = stage.run(&["sync"]).expect(20);
    assert!(held.stderr.contains(matter) && held.stderr.contains("connect --adopt"), "{held:#?}");
    assert_eq!(dry["held"]["digest"].as_str(), Some(digest(&held).as_str()), "{dry:#}");
    let again = stage.run(&["sync"]).expect(20);
    assert_eq!(digest(&again), digest(&held), "it stays held");
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert_eq!(stage.run(&["sync"]).expect(0).stderr, "");
}

#[test]
fn a_restored_copy_is_held_and_an_approval_goes_on_from_it() {
    let (personio, stage) = machine();
    let backup = stage.home().join("backup.db");
    // `sqlite3 mirror.db ".backup backup.db"` where the program is there, else a copy while nothing runs.
    let made = Command::new("sqlite3").arg(stage.mirror()).arg(format!(".backup {}", backup.display())).status();
    if !made.is_ok_and(|status| status.success()) {
        fs::copy(stage.mirror(), &backup).unwrap();
    }
    // The newest copy is the mirror itself.
    fs::write(stage.mirror(), fs::read(&backup).unwrap()).unwrap();
    assert_eq!(stage.run(&["sync"]).expect(0).stderr, "");

    personio.set_people(people(2..=7));
    stage.run(&["sync"]).expect(0);
    let newest = fs::read(stage.mirror()).unwrap();
    fs::write(stage.mirror(), fs::read(&backup).unwrap()).unwrap();
    assert_held_until_approved(&stage, "an older copy");
    assert_eq!(ids(&stage), (2..=7).collect::<Vec<_>>());
    // Since then the one that was lost is another mirror, however new it was.
    fs::write(stage.mirror(), newest).unwrap();
    assert_held_until_approved(&stage, "another mirror");
}

/// Ten people were delivered, and six more since a copy of the mirror was made; then the six left. The older copy stands there,
/// and says what Personio says.
fn restored_to_before_six_came() -> (Personio, Stage, PathBuf) {
    let personio = Personio::with(people(1..=10));
    let stage = Stage::new(&personio);
    let feed = stage.home().join("employees.csv");
    stage.configure(&personio, &format!("[delivery]\nto = \"file://{}\"\n", feed.display()));
    stage.connect(&["--no-sync"]).expect(0);
    stage.run(&["sync", "--approve", &digest(&stage.run(&["sync"]).expect(20))]).expect(0);
    let older = fs::read(stage.mirror()).unwrap();
    personio.set_people(people(1..=16));
    stage.run(&["sync"]).expect(0);
    fs::copy(stage.mirror(), stage.home().join("newest.db")).unwrap();
    fs::write(stage.mirror(), older).unwrap();
    personio.set_people(people(1..=10));
    (personio, stage, feed)
}

fn rows(feed: &Path) -> usize {
    fs::read_to_string(feed).unwrap().lines().count() - 1
}

#[test]
fn the_plan_over_a_restored_copy_shows_every_row_and_its_approval_sends_the_file() {
    let (_personio, stage, feed) = restored_to_before_six_came();
    let shown = stage.run(&["sync", "--dry-run"]).expect(20);
    for id in 1..=10 {
        assert!(shown.stdout.contains(&format!(" {id} Ada Lovelace {id} <{id}@example.org>")), "{shown:#?}");
    }
    let plan = stage.run(&["sync", "--dry-run", "--json"]).expect(20).json();
    let (plan, count) = (&plan["plan"], |part: &Value| part.as_array().map(Vec::len));
    assert_eq!((count(&plan["add"]), count(&plan["columns"]["add"])), (Some(10), Some(14)), "{plan:#}");
    let held = stage.run(&["sync"]).expect(20);
    assert!(
        held.stderr.contains("an older copy") && held.stderr.contains("10 would stay, 6 would be removed"),
        "{held:#?}"
    );
    assert_eq!(rows(&feed), 16, "nothing was sent");
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert_eq!(rows(&feed), 10);
    let sent = fs::read(&feed).unwrap();
    assert_eq!(stage.run(&["sync"]).expect(0).stderr, "");
    // The refresh sends what is there already.
    for is_taken in [false, true] {
        if is_taken {
            fs::remove_file(&feed).unwrap();
        }
        let earlier = (chrono::Utc::now() - chrono::TimeDelta::days(8)).to_rfc3339();
        stage
            .sqlite()
            .execute("UPDATE deliveries SET delivery = json_set(delivery, '$.delivered_at', ?1)", [earlier])
            .unwrap();
        stage.run(&["sync"]).expect(0);
        assert_eq!(fs::read(&feed).unwrap(), sent);
    }
}

/// From the moment before its feed sets out an approved copy is this mirror, and every other one is another: whatever becomes of
/// the run, the next one goes on from what was sent, and the newest copy of before is held.
#[test]
fn an_approved_copy_that_was_killed_is_this_mirror_as_soon_as_its_feed_may_have_set_out() {
    let Some(strace) = strace() else { return };
    let (_personio, stage, feed) = restored_to_before_six_came();
    let newest = fs::read(stage.home().join("newest.db")).unwrap();
    let held = stage.run(&["sync"]).expect(20);
    let kept = [stage.mirror(), witness(&stage), feed.clone()].map(|path| (fs::read(&path).unwrap(), path));
    let (mut arrived, mut nth) = (0, 1);
    loop {
        let journal = PathBuf::from(format!("{}-journal", stage.mirror().display()));
        assert!(!journal.exists() || fs::remove_file(journal).is_ok());
        kept.iter().for_each(|(bytes, path)| fs::write(path, bytes).unwrap());
        let approve = stage.command(&["sync", "--approve", &digest(&held)]);
        if traced(&strace, "fsync", &format!("signal=KILL:when={nth}"), &approve).code == 0 {
            break;
        }
        if rows(&feed) == 10 {
            arrived += 1;
            let approved = fs::read(stage.mirror()).unwrap();
            fs::write(stage.mirror(), &newest).unwrap();
            stage.run(&["sync"]).expect(20);
            fs::write(stage.mirror(), approved).unwrap();
        }
        // The approval counts as soon as it is noted.
        let next = stage.run(&["sync"]);
        assert!(next.code == 0 || (next.code == 20 && arrived == 0), "{nth}: {next:#?}");
        nth += 1;
    }
    assert!(arrived > 0 && nth > 3, "{arrived} of {nth}");
    assert_eq!((rows(&feed), stage.unsettled()), (10, 0));
}

/// A nightly backup may fall into a run.
#[test]
fn a_copy_made_during_a_run_is_older_than_what_that_run_left() {
    let (personio, stage) = machine();
    let (mirror, backup) = (stage.mirror(), stage.home().join("backup.db"));
    let made = backup.clone();
    personio.interfere(move |request, _| {
        if request.path.ends_with("/employees") {
            fs::copy(&mirror, &made).unwrap();
        }
        None
    });
    personio.set_people(people(2..=7));
    stage.run(&["sync"]).expect(0);
    personio.behave();
    fs::copy(&backup, stage.mirror()).unwrap();
    assert_held_until_approved(&stage, "an older copy");
}

#[test]
fn the_witness_of_an_approved_copy_follows_its_commit() {
    let Some(strace) = strace() else { return };
    let (personio, stage) = machine();
    let older = fs::read(stage.mirror()).unwrap();
    personio.set_people(people(2..=7));
    stage.run(&["sync"]).expect(0);
    fs::write(stage.mirror(), older).unwrap();
    let held = stage.run(&["sync"]).expect(20);
    let approve = stage.command(&["sync", "--approve", &digest(&held)]);
    let said = fs::read(witness(&stage)).unwrap();
    let mut cut_off = 0;
    // Killed at one write to the disk after the other, until the commit came through.
    loop {
        let killed = traced(&strace, "fsync", &format!("signal=KILL:when={}", cut_off + 1), &approve);
        if ids(&stage) == (2..=7).collect::<Vec<_>>() {
            // Where the witness is not written yet, the mirror is another one to it, and a person is asked once more.
            let expected = if fs::read(witness(&stage)).unwrap() == said { 20 } else { 0 };
            stage.run(&["sync"]).expect(expected);
            break;
        }
        assert_ne!(killed.code, 0, "{killed:#?}");
        assert_eq!(fs::read(witness(&stage)).unwrap(), said, "after {cut_off} writes");
        cut_off += 1;
    }
    assert!(cut_off > 2, "{cut_off}");
}

#[test]
fn a_copy_from_before_a_run_is_held_however_that_run_ended() {
    let Some(strace) = strace() else { return };
    let (personio, stage) = machine();
    personio.set_people(people(2..=7));
    let before = (fs::read(stage.mirror()).unwrap(), fs::read(witness(&stage)).unwrap());
    let sync = stage.command(&["sync"]);
    // Killed at one write to the disk after the other.
    let mut nth = 1;
    loop {
        let ended = traced(&strace, "fsync", &format!("signal=KILL:when={nth}"), &sync);
        let is_committed = ids(&stage) == (2..=7).collect::<Vec<_>>();
        assert!(is_committed || ended.code != 0, "{ended:#?}");
        fs::write(stage.mirror(), &before.0).unwrap();
        if is_committed {
            stage.run(&["sync"]).expect(20);
            fs::write(stage.mirror(), &before.0).unwrap();
        }
        fs::write(witness(&stage), &before.1).unwrap();
        if ended.code == 0 {
            break;
        }
        nth += 1;
    }
    assert!(nth > 3, "{nth}");
}

#[test]
fn a_mirror_that_is_lost_or_truncated_is_held() {
    let (_personio, stage) = machine();
    fs::write(stage.mirror(), "").unwrap();
    assert_held_until_approved(&stage, "is gone");
    fs::remove_file(stage.mirror()).unwrap();
    assert_held_until_approved(&stage, "is gone");
    assert_eq!(ids(&stage), (1..=6).collect::<Vec<_>>());
}

#[test]
fn a_mirror_without_a_witness_is_held() {
    let (_personio, stage) = machine();
    fs::remove_file(witness(&stage)).unwrap();
    assert_held_until_approved(&stage, "missing or unreadable");
    fs::write(witness(&stage), "").unwrap();
    assert_held_until_approved(&stage, "missing or unreadable");
}

#[test]
fn a_mirror_without_its_people_is_held() {
    let (_personio, stage) = machine();
    let emptied = "PRAGMA foreign_keys = OFF; DELETE FROM employees; DELETE FROM identities";
    stage.sqlite().execute_batch(emptied).unwrap();
    assert_held_until_approved(&stage, "lost people");
}

#[test]
fn the_first_run_ever_is_not_held() {
    let personio = Personio::with(people(1..=6));
    let stage = Stage::connected(&personio);
    assert!(!stage.mirror().exists() && !witness(&stage).exists());
    stage.run(&["sync", "--dry-run"]).expect(0);
    assert!(!witness(&stage).exists(), "a dry run wrote the witness");
    stage.run(&["sync"]).expect(0);
    assert!(witness(&stage).exists());
}

#[test]
fn a_volume_that_was_rolled_back_with_its_witness_is_seen_by_a_second_one() {
    let (personio, stage) = machine();
    let elsewhere = stage.home().join("elsewhere");
    let second = elsewhere.join("second.witness");
    stage.configure(&personio, &format!("[mirror]\nsecond_witness = \"{}\"\n", second.display()));
    // Where it cannot be written, nothing is changed.
    personio.set_people(people(1..=7));
    let failed = stage.run(&["sync"]).expect(75);
    assert!(failed.stderr.contains(&format!("cannot write the mirror's witness {}", second.display())), "{failed:#?}");
    assert_eq!(ids(&stage).len(), 6);
    fs::create_dir(&elsewhere).unwrap();
    stage.run(&["sync"]).expect(0);
    assert_eq!(fs::read(&second).unwrap(), fs::read(witness(&stage)).unwrap());

    let volume = [stage.mirror(), witness(&stage)];
    let before = volume.each_ref().map(|file| fs::read(file).unwrap());
    personio.set_people(people(2..=8));
    stage.run(&["sync"]).expect(0);
    volume.iter().zip(before).for_each(|(file, bytes)| fs::write(file, bytes).unwrap());
    assert_held_until_approved(&stage, "an older copy");
    assert_eq!(fs::read(&second).unwrap(), fs::read(witness(&stage)).unwrap());
    fs::remove_file(&second).unwrap();
    assert_held_until_approved(&stage, "a witness of the mirror is missing");

    stage.configure(&personio, &format!("[mirror]\nsecond_witness = \"{}\"\n", stage.mirror().display()));
    let refused = stage.run(&["check-config"]).expect(78);
    assert!(refused.stderr.contains("the mirror and the second witness would be one file"), "{refused:#?}");
}
