//! Chains of holds, approvals, failed deliveries and restored mirrors: what one run leaves for the next.

use std::fs;
use std::path::PathBuf;

use chrono::{DateTime, Days, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::guard::{digest, ids, inactive, people};
use crate::personio::{Person, Personio, refusal};
use crate::stage::{Ended, Stage};

/// Twelve people, delivered into a folder.
pub struct Scene {
    pub personio: Personio,
    pub stage: Stage,
}

impl Scene {
    pub fn connected(people: impl IntoIterator<Item = Person>) -> Self {
        let personio = Personio::with(people);
        let stage = Stage::connected(&personio);
        let scene = Self { personio, stage };
        fs::create_dir(scene.folder()).unwrap();
        scene.configure("");
        scene
    }

    pub fn delivered() -> Self {
        let scene = Self::connected(people(1..=12));
        scene.approve(&digest(&scene.sync(20)), 0);
        scene
    }

    pub fn configure(&self, more: &str) {
        let to = format!("{more}\n[delivery]\nto = \"file://{}\"\n", self.file().display());
        self.stage.configure(&self.personio, &to);
    }

    pub fn folder(&self) -> PathBuf {
        self.stage.home().join("upload")
    }

    pub fn file(&self) -> PathBuf {
        self.folder().join("employees.csv")
    }

    pub fn rows(&self) -> Vec<String> {
        let mut reader = csv::Reader::from_path(self.file()).unwrap();
        reader.records().map(|row| row.unwrap()[0].to_owned()).collect()
    }

    #[track_caller]
    pub fn sync(&self, code: i32) -> Ended {
        self.stage.run(&["sync"]).expect(code)
    }

    #[track_caller]
    pub fn approve(&self, digest: &str, code: i32) -> Ended {
        self.stage.run(&["sync", "--approve", digest]).expect(code)
    }

    /// An approval whose delivery certainly does not arrive: the folder is away when the file is to be written.
    #[track_caller]
    pub fn approve_in_vain(&self, digest: &str) {
        let (folder, aside) = (self.folder(), self.stage.home().join("aside"));
        let (from, to) = (folder.clone(), aside.clone());
        self.personio.meanwhile(move || fs::rename(&from, &to).unwrap());
        let failed = self.stage.run(&["sync", "--approve", digest]);
        assert!(failed.code == 75 || failed.code == 77, "{failed:#?}");
        fs::rename(&aside, &folder).unwrap();
        assert_eq!(self.stage.unsettled(), 0);
    }

    pub fn waits(&self, digest: &str) -> bool {
        let select = "SELECT count(*) FROM held WHERE digest = ?1 AND approved_run IS NOT NULL";
        self.stage.sqlite().query_row(select, [digest], |row| row.get::<_, i64>(0)).unwrap() > 0
    }

    /// The kinds of the notes of the last run.
    pub fn notes(&self) -> Vec<String> {
        let run = self.stage.run(&["status", "--run", "latest", "--json"]).expect(0).json();
        run["notes"].as_array().unwrap().iter().map(|note| note["kind"].as_str().unwrap().to_owned()).collect()
    }
}

pub fn http(date: DateTime<Utc>) -> String {
    date.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

pub fn undecided(ids: impl IntoIterator<Item = i64>) -> impl Iterator<Item = Person> {
    people(ids).into_iter().map(|person| person.with("status", Value::Null))
}

/// Yesterday was their last day, which Personio's status does not say yet.
pub fn left_yesterday(ids: impl IntoIterator<Item = i64>) -> impl Iterator<Item = Person> {
    let yesterday = Utc::now().date_naive() - Days::new(2);
    people(ids).into_iter().map(move |person| person.with("termination_date", json!(format!("{yesterday}"))))
}

pub const CUT_OFF: &str =
    "CREATE TRIGGER cut_off BEFORE UPDATE ON runs WHEN NEW.exit_code = 0 BEGIN SELECT RAISE(ABORT, ''); END";

// 1. Rules about the run are judged today.

/// Told with one rule, the same plan breaks another one by now, which nobody has seen.
#[test]
fn a_rule_about_the_run_that_came_since_is_not_answered_by_the_same_digest() {
    let mut wrong = Vec::new();
    for which in ["must_include", "clock"] {
        let scene = Scene::delivered();
        scene.personio.set_people(inactive(1..=4).chain(people(5..=12)));
        let held = digest(&scene.sync(20));
        match which {
            "must_include" => scene.configure("[guard]\nmust_include = [2]\n"),
            _ => scene.personio.date(http(Utc::now() - TimeDelta::hours(30))),
        }
        let ended = scene.stage.run(&["sync", "--approve", &held]);
        if (ended.code, scene.rows().len()) != (20, 12) {
            wrong.push((which, ended));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The same where something harmless came since: the clock is judged by what came since alone.
#[test]
fn nobody_of_an_approved_plan_goes_under_a_clock_in_doubt_that_nobody_saw() {
    let scene = Scene::delivered();
    scene.personio.set_people(inactive(1..=4).chain(people(5..=12)));
    let held = digest(&scene.sync(20));
    let renamed = people([9]).into_iter().map(|person| person.with("last_name", json!("King")));
    scene.personio.set_people(inactive(1..=4).chain(people(5..=8)).chain(renamed).chain(people(10..=12)));
    scene.personio.date(http(Utc::now() - TimeDelta::hours(30)));
    let ended = scene.stage.run(&["sync", "--approve", &held]);
    assert_eq!((ended.code, scene.rows().len()), (20, 12), "{ended:#?}");
}

/// A plan that was told a second time, with one rule more, was seen with that rule.
#[test]
fn a_plan_that_is_told_again_with_another_rule_is_approved_with_it() {
    let scene = Scene::delivered();
    scene.personio.set_people(inactive(1..=4).chain(people(5..=12)));
    let held = digest(&scene.sync(20));
    scene.configure("[guard]\nmust_include = [99]\n");
    let again = scene.sync(20);
    assert!(digest(&again) == held && again.stderr.contains("must_include"), "{again:#?}");
    scene.personio.set_people(inactive(1..=4).chain(people(5..=13)));
    scene.approve(&held, 0);
}

// 2. Nobody of the approved feed goes on doubt.

/// Whoever was shown to come comes, although nobody can say anything of them a day later, also with a leaver's address.
#[test]
fn a_rehire_of_an_approved_plan_comes_although_they_are_undecided_by_now() {
    let rehired = |person: Person| person.with("email", json!("1@example.org"));
    for (who, status) in [("stated", json!("active")), ("undecided", Value::Null)] {
        let scene = Scene::delivered();
        let now = |status: Value| {
            let new = people([20]).into_iter().map(move |new| rehired(new).with("status", status.clone()));
            inactive(1..=4).chain(people(5..=12)).chain(new).collect::<Vec<_>>()
        };
        scene.personio.set_people(now(json!("active")));
        let held = digest(&scene.sync(20));
        scene.personio.set_people(now(status));
        scene.approve(&held, 0);
        assert!(scene.rows().contains(&"20".to_owned()), "{who}: {:?}", scene.rows());
    }
}

/// The same over a restored mirror: there the rehires are in Honestly already.
#[test]
fn nobody_goes_on_doubt_under_an_approval_over_a_restored_mirror() {
    let rehired = |status: &'static str| {
        move |id: i64| {
            let status = if status.is_empty() { Value::Null } else { json!(status) };
            people([id + 20]).pop().unwrap().with("email", json!(format!("{id}@example.org"))).with("status", status)
        }
    };
    let scene = Scene::delivered();
    let older = fs::read(scene.stage.mirror()).unwrap();
    let now = |status| inactive(1..=3).chain(people(4..=12)).chain((1..=3).map(rehired(status))).collect::<Vec<_>>();
    scene.personio.set_people(now("active"));
    scene.sync(0);
    assert_eq!(scene.rows().len(), 12);
    fs::write(scene.stage.mirror(), older).unwrap();
    let held = digest(&scene.sync(20));
    scene.personio.set_people(now(""));
    let ended = scene.stage.run(&["sync", "--approve", &held]);
    assert_eq!(scene.rows().len(), 12, "three are undecided, and nobody saw them go: {ended:#?}");
}

/// Whoever is in takes the address of a leaver, and is undecided a day later.
#[test]
fn an_address_that_an_approved_plan_gives_stays_with_somebody_who_is_undecided_by_now() {
    let scene = Scene::delivered();
    let now = |status: Value| {
        let heir = people([9])
            .into_iter()
            .map(move |heir| heir.with("email", json!("1@example.org")).with("status", status.clone()));
        inactive(1..=4).chain(people(5..=8)).chain(people(10..=12)).chain(heir).collect::<Vec<_>>()
    };
    scene.personio.set_people(now(json!("active")));
    let held = digest(&scene.sync(20));
    scene.personio.set_people(now(Value::Null));
    scene.approve(&held, 0);
    assert!(fs::read_to_string(scene.file()).unwrap().contains("\"9\",\"1@example.org\""));
}

// 3. What came since is judged as if the plan had been carried out.

/// Three went unseen, and the plan showed them: had it been carried out, one more would pass.
#[test]
fn whoever_went_before_and_was_shown_counts_no_more_for_what_came_since() {
    let personio = Personio::with(people(1..=30));
    let stage = Stage::in_step(&personio);
    let leave = |up_to: i64| personio.set_people(inactive(1..=up_to).chain(people(up_to + 1..=30)));
    leave(3);
    stage.run(&["sync"]).expect(0);
    leave(7);
    let held = stage.run(&["sync"]).expect(20);
    assert!(stage.run(&["sync", "--dry-run", "--full"]).expect(20).stdout.contains("Removed before, unseen (3)"));
    leave(8);
    // Elsewhere the plan is carried out first.
    let state = stage.files();
    leave(7);
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    leave(8);
    stage.run(&["sync"]).expect(0);
    state.iter().filter(|(path, _)| path.is_file()).for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    assert_eq!(ids(&stage).len(), 27);
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert_eq!(ids(&stage).len(), 22);
}

/// A first delivery shows who is in the file, and of those who go only how many.
#[test]
fn whom_a_first_delivery_did_not_show_by_name_counts() {
    let personio = Personio::with(people(1..=60));
    let stage = Stage::in_step(&personio);
    let file = stage.home().join("employees.csv");
    stage.configure(&personio, &format!("[delivery]\nto = \"file://{}\"\n", file.display()));
    personio.set_people(inactive(1..=3).chain(people(4..=60)));
    let held = stage.run(&["sync"]).expect(20);
    let shown = stage.run(&["sync", "--dry-run", "--full"]).expect(20).stdout;
    let is_named = shown.contains("- 1 ");
    stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    let seen: i64 =
        stage.sqlite().query_row("SELECT count(*) FROM identities WHERE seen", [], |row| row.get(0)).unwrap();
    assert!(is_named || seen == 0, "{seen} count as seen, and nobody saw a name: {shown}");
}

// 4. A hold does not end because its evidence goes away.

#[test]
fn a_hold_does_not_end_where_nothing_can_be_decided_of_those_who_were_to_go() {
    let mut wrong = Vec::new();
    for which in ["undecided", "clock", "by id"] {
        let scene = Scene::delivered();
        scene.personio.set_people(left_yesterday(1..=4).chain(people(5..=12)));
        if which == "by id" {
            scene.personio.set_people(people(5..=12));
        }
        let held = digest(&scene.sync(20));
        match which {
            "undecided" => scene.personio.set_people(undecided(1..=4).chain(people(5..=12))),
            "clock" => scene.personio.date(http(Utc::now() - TimeDelta::days(30))),
            _ => scene.personio.interfere(|request, _| request.path.contains("/employees/").then(|| refusal(403))),
        }
        scene.sync(0);
        scene.personio.behave();
        assert_eq!(scene.rows().len(), 12);
        // All is readable again, and somebody came.
        scene.personio.date(http(Utc::now()));
        match which {
            "by id" => scene.personio.set_people(people(5..=13)),
            _ => scene.personio.set_people(left_yesterday(1..=4).chain(people(5..=13))),
        }
        let ended = scene.stage.run(&["sync", "--approve", &held]);
        if (ended.code, scene.rows().len()) != (0, 9) {
            wrong.push((which, ended));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// An approval is spent when its changes are carried out, and not while nobody can say anything of them.
#[test]
fn an_approval_is_not_spent_while_nothing_can_be_decided_of_those_who_are_to_go() {
    let mut wrong = Vec::new();
    for which in ["undecided", "clock"] {
        let scene = Scene::delivered();
        scene.personio.set_people(left_yesterday(1..=4).chain(people(5..=12)));
        let held = digest(&scene.sync(20));
        match which {
            "undecided" => scene.personio.set_people(undecided(1..=4).chain(people(5..=12))),
            _ => scene.personio.date(http(Utc::now() - TimeDelta::days(30))),
        }
        scene.stage.run(&["sync", "--approve", &held]);
        scene.personio.date(http(Utc::now()));
        scene.personio.set_people(left_yesterday(1..=4).chain(people(5..=12)));
        let ended = scene.stage.run(&["sync"]);
        if (ended.code, scene.rows().len()) != (0, 8) {
            wrong.push((which, ended));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `connect` tells a plan with new columns. The timer's run at night knows nothing of them.
#[test]
fn new_columns_that_were_told_can_be_approved_the_next_morning() {
    let badge = |person: Person| person.custom("dynamic_1", "Badge", "list", json!("in 1"));
    let shift = |person: Person| person.custom("dynamic_3", "Shift", "tags", json!("late"));
    let scene = Scene::connected(people(1..=20).into_iter().map(badge));
    scene.configure("[groups]\n\"*\" = true\n");
    scene.approve(&digest(&scene.sync(20)), 0);
    scene.personio.set_people(people(1..=20).into_iter().map(badge).map(shift));
    let told = scene.stage.connect(&[]).expect(20);
    let (_, told) = told.stderr.split_once("--approve ").unwrap_or_else(|| panic!("{told:#?}"));
    let told = told.trim();
    // The night.
    scene.sync(0);
    scene.personio.set_people(people(1..=21).into_iter().map(badge).map(shift));
    scene.stage.run(&["sync", "--new-columns", "--approve", told]).expect(0);
    assert!(fs::read_to_string(scene.file()).unwrap().contains("\"Shift\""));
}

/// Whoever asks for new columns sees them, also while another plan was told.
#[test]
fn new_columns_are_shown_although_a_plan_without_them_was_told() {
    let badge = |person: Person| person.custom("dynamic_1", "Badge", "list", json!("in 1"));
    let shift = |person: Person| person.custom("dynamic_3", "Shift", "tags", json!("late"));
    let scene = Scene::connected(people(1..=20).into_iter().map(badge));
    scene.configure("[groups]\n\"*\" = true\n");
    scene.approve(&digest(&scene.sync(20)), 0);
    scene.personio.set_people(inactive(1..=4).chain(people(5..=20)).map(badge).map(shift));
    scene.sync(20);
    let shown = scene.stage.run(&["sync", "--new-columns", "--dry-run", "--json"]).expect(20).json();
    assert_eq!(shown["plan"]["columns"]["add"].as_array().map(Vec::len), Some(1), "{:#}", shown["plan"]["columns"]);
}

/// A run that delivers nothing says nothing of a destination.
#[test]
fn a_first_delivery_that_was_told_does_not_end_by_a_run_that_delivers_nothing() {
    let scene = Scene::connected(people(1..=12));
    scene.stage.configure(&scene.personio, "");
    scene.sync(0);
    scene.configure("");
    let held = digest(&scene.sync(20));
    scene.stage.configure(&scene.personio, "");
    scene.sync(0);
    scene.configure("");
    scene.personio.set_people(people(1..=13));
    scene.approve(&held, 0);
}

/// A clock in doubt erases nothing.
#[test]
fn a_clock_that_is_off_by_eight_days_erases_no_held_plan() {
    let scene = Scene::delivered();
    scene.personio.set_people(inactive(1..=4).chain(people(5..=12)));
    let held = digest(&scene.sync(20));
    // To this machine it is eight days later, to Personio it is not.
    let told_at = (Utc::now() - TimeDelta::days(8)).format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    scene.stage.sqlite().execute("UPDATE held SET told_at = ?1", [told_at]).unwrap();
    scene.personio.date(http(Utc::now() - TimeDelta::days(8)));
    let renamed = people([9]).into_iter().map(|person| person.with("last_name", json!("King")));
    scene.personio.set_people(inactive(1..=4).chain(people(5..=8)).chain(renamed).chain(people(10..=12)));
    let under_doubt = scene.sync(20);
    assert!(under_doubt.stderr.contains("clock"), "{under_doubt:#?}");
    let kept: i64 = scene
        .stage
        .sqlite()
        .query_row("SELECT count(*) FROM held WHERE digest = ?1", [&held], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, 1);
}

/// A second witness that is named no more has said all the same that this is an older copy.
#[test]
fn a_rolled_back_volume_stays_held_where_the_second_witness_is_named_no_more() {
    let scene = Scene::delivered();
    let second = scene.stage.home().join("second.witness");
    let witness = PathBuf::from(format!("{}.witness", scene.stage.mirror().display()));
    scene.configure(&format!("[mirror]\nsecond_witness = \"{}\"\n", second.display()));
    scene.sync(0);
    let volume = [scene.stage.mirror(), witness];
    let before = volume.each_ref().map(|file| fs::read(file).unwrap());
    scene.personio.set_people(people(1..=18));
    scene.sync(0);
    volume.iter().zip(before).for_each(|(file, bytes)| fs::write(file, bytes).unwrap());
    // Six came since, of whom nothing can be said today. Honestly has taken the file.
    fs::remove_file(scene.file()).unwrap();
    scene.personio.set_people(people(1..=11).into_iter().chain(inactive([12])).chain(undecided(13..=18)));
    let held = scene.sync(20);
    assert!(held.stderr.contains("an older copy"), "{held:#?}");
    scene.configure("");
    let ended = scene.stage.run(&["sync"]);
    assert_eq!((ended.code, scene.file().exists()), (20, false), "{ended:#?}");
}

// 5. An approval whose delivery failed.

/// The next run repeats it, also over a restored mirror.
#[test]
fn an_approval_over_a_restored_mirror_whose_delivery_failed_is_repeated() {
    let scene = Scene::delivered();
    let older = fs::read(scene.stage.mirror()).unwrap();
    scene.personio.set_people(people(1..=13));
    scene.sync(0);
    fs::write(scene.stage.mirror(), older).unwrap();
    let held = digest(&scene.sync(20));
    scene.approve_in_vain(&held);
    assert!(scene.waits(&held));
    let again = scene.stage.run(&["sync"]);
    assert_eq!((again.code, scene.rows().len()), (0, 13), "{again:#?}");
}

/// After that nobody knows what the destination has, and a plan that was told before that answers nothing of it.
#[test]
fn a_plan_for_a_known_destination_is_no_answer_once_nobody_knows_what_it_has() {
    let scene = Scene::delivered();
    scene.personio.set_people(inactive(1..=4).chain(people(5..=12)));
    let told = digest(&scene.sync(20));
    let older = fs::read(scene.stage.mirror()).unwrap();
    scene.personio.set_people(people(1..=18));
    scene.sync(0);
    assert_eq!(scene.rows().len(), 18);
    fs::remove_file(scene.file()).unwrap();
    fs::write(scene.stage.mirror(), older).unwrap();
    let restored = digest(&scene.sync(20));
    scene.approve_in_vain(&restored);
    // Six of those who came since are undecided today.
    scene.personio.set_people(inactive(1..=4).chain(people(5..=12)).chain(undecided(13..=18)));
    let ended = scene.stage.run(&["sync", "--approve", &told]);
    assert_eq!((ended.code, scene.file().exists()), (20, false), "{ended:#?}");
}

/// An approval that waited when a copy of the mirror was made was carried out long ago, and is no answer in place of the one that
/// was given over that copy.
#[test]
fn an_approval_that_waits_in_a_restored_copy_is_not_carried_out_in_place_of_the_one_over_it() {
    let scene = Scene::delivered();
    let now = |since: Vec<Person>| inactive(1..=4).chain(people(5..=12)).chain(since).collect::<Vec<_>>();
    scene.personio.set_people(now(Vec::new()));
    scene.approve_in_vain(&digest(&scene.sync(20)));
    let older = fs::read(scene.stage.mirror()).unwrap();
    scene.sync(0);
    scene.personio.set_people(now(people(13..=18)));
    scene.sync(0);
    assert_eq!(scene.rows().len(), 14);
    // Honestly takes that file, and the volume is restored.
    fs::remove_file(scene.file()).unwrap();
    fs::write(scene.stage.mirror(), older).unwrap();
    let over_it = scene.sync(20);
    assert!(over_it.stderr.contains("an older copy") && over_it.stderr.contains("14 people"), "{over_it:#?}");
    scene.approve_in_vain(&digest(&over_it));
    // Nobody of the approved feed goes on doubt.
    scene.personio.set_people(now(undecided(13..=18).collect()));
    let ended = scene.stage.run(&["sync"]);
    let rows = if scene.file().exists() { scene.rows().len() } else { 14 };
    assert_eq!(rows, 14, "{ended:#?}");
}

/// What a person may approve stops no run, also where it is approved and waits, or was written by another version.
#[test]
fn a_held_plan_that_cannot_be_read_stops_no_run_also_where_it_is_approved() {
    let broken = [
        ("rows", "UPDATE held_rows SET image = '[\"x\"]' WHERE image IS NOT NULL"),
        ("rules", "UPDATE held SET rules = '[{\"kind\":\"of_another_version\"}]'"),
        ("place", "UPDATE held SET place = '{}'"),
    ];
    let mut wrong = Vec::new();
    for (which, broken) in broken {
        let scene = Scene::delivered();
        scene.personio.set_people(inactive(1..=4).chain(people(5..=12)));
        scene.approve_in_vain(&digest(&scene.sync(20)));
        scene.stage.sqlite().execute_batch(broken).unwrap();
        scene.personio.set_people(people(1..=13));
        let ended = scene.stage.run(&["sync"]);
        if (ended.code, scene.rows().len()) != (0, 13) {
            wrong.push((which, ended));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The source of import ids is fixed by the first delivery, and none arrived: a plan that was told or approved fixes nothing.
#[test]
fn the_source_of_import_ids_can_be_edited_while_no_first_delivery_has_arrived() {
    let number = |person: Person| {
        let id = person.id();
        person.custom("dynamic_1", "Personnel number", "standard", json!(format!("P-{id}")))
    };
    let edited = "[people]\nimport_id = \"dynamic_1\"\n";
    let mut wrong = Vec::new();
    for (which, command) in [("told", &["sync", "--dry-run"][..]), ("approved", &["sync"])] {
        let scene = Scene::connected(people(1..=12).into_iter().map(number));
        let held = digest(&scene.sync(20));
        if which == "approved" {
            scene.approve_in_vain(&held);
        }
        scene.configure(edited);
        let ended = scene.stage.run(command);
        if ended.code != 20 {
            wrong.push((which, ended));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a dry run shows besides its own plan stops it no more than a real run.
#[test]
fn a_dry_run_is_held_where_a_run_is_although_a_plan_was_told_with_people_who_are_listed_no_more() {
    let scene = Scene::connected(people(1..=12));
    scene.sync(20);
    scene.personio.hide(1..=4, usize::MAX);
    let dry = scene.stage.run(&["sync", "--dry-run"]);
    let real = scene.stage.run(&["sync"]);
    assert_eq!(dry.code, real.code, "{dry:#?} {real:#?}");
}

/// Of two approvals the last one counts.
#[test]
fn of_two_approvals_whose_deliveries_failed_the_newer_one_is_repeated() {
    let scene = Scene::delivered();
    let leave = |up_to: i64| scene.personio.set_people(inactive(1..=up_to).chain(people(up_to + 1..=12)));
    leave(4);
    let four = digest(&scene.sync(20));
    leave(8);
    let eight = digest(&scene.sync(20));
    scene.approve_in_vain(&eight);
    // That was a slip. Somebody came meanwhile.
    scene.personio.set_people(inactive(1..=4).chain(people(5..=13)));
    scene.approve_in_vain(&four);
    assert!(scene.waits(&four));
    // Again.
    leave(8);
    let ended = scene.stage.run(&["sync"]);
    assert_eq!((ended.code, scene.rows().len()), (20, 12), "{ended:#?}");
}

/// The same credential is proven again while a first delivery waits.
#[test]
fn connecting_again_with_the_same_credential_voids_no_held_plan() {
    let scene = Scene::connected(people(1..=12));
    let held = digest(&scene.sync(20));
    scene.stage.connect(&["--no-sync"]).expect(0);
    scene.personio.set_people(people(1..=13));
    scene.approve(&held, 0);
}

// 6. What is told of it.

/// An approval over somebody else's file sends ours; a feed that arrived without its end was carried out.
#[test]
fn a_plan_that_was_carried_out_is_not_told_to_be_over_without_approval() {
    let scene = Scene::delivered();
    let ours = fs::read_to_string(scene.file()).unwrap();
    fs::write(scene.file(), ours + "\"901\",\"901@example.org\",\"Eva\",\"Stranger\"\n").unwrap();
    let held = digest(&scene.sync(20));
    scene.approve(&held, 0);
    assert_eq!(scene.rows().len(), 12);
    assert!(!scene.notes().contains(&"withdrawn".to_owned()), "over another file: {:?}", scene.notes());
}

#[test]
fn a_plan_that_arrived_without_its_end_is_not_told_to_be_over_without_approval() {
    let scene = Scene::delivered();
    scene.personio.set_people(inactive(1..=4).chain(people(5..=12)));
    let held = digest(&scene.sync(20));
    scene.stage.sqlite().execute_batch(CUT_OFF).unwrap();
    scene.approve(&held, 75);
    scene.stage.sqlite().execute_batch("DROP TRIGGER cut_off").unwrap();
    assert_eq!(scene.rows().len(), 8);
    fs::remove_file(scene.file()).unwrap();
    scene.sync(0);
    assert!(!scene.notes().contains(&"withdrawn".to_owned()), "{:?}", scene.notes());
}

/// A part that is repaired settles what was approved.
#[test]
fn an_approved_plan_that_a_repair_sent_waits_no_more() {
    let scene = Scene::delivered();
    scene.personio.set_people(inactive(1..=4).chain(people(5..=12)));
    let held = digest(&scene.sync(20));
    scene.stage.sqlite().execute_batch(CUT_OFF).unwrap();
    scene.approve(&held, 75);
    scene.stage.sqlite().execute_batch("DROP TRIGGER cut_off").unwrap();
    fs::write(scene.file(), "").unwrap();
    scene.personio.interfere(|_, _| Some(refusal(500)));
    scene.sync(75);
    scene.personio.behave();
    assert_eq!((scene.rows().len(), scene.stage.unsettled()), (8, 0));
    let status = scene.stage.run(&["status", "--json"]).json();
    assert_eq!(status["approved"], Value::Null, "{status:#}");
    scene.sync(0);
    assert!(!scene.notes().contains(&"withdrawn".to_owned()), "{:?}", scene.notes());
}

/// Text, page and JSON of a dry run name one digest to approve.
#[test]
fn the_document_of_a_dry_run_names_the_digest_that_its_text_offers() {
    let scene = Scene::delivered();
    scene.personio.set_people(inactive(1..=4).chain(people(5..=12)));
    let told = digest(&scene.sync(20));
    scene.personio.set_people(inactive(1..=4).chain(people(5..=13)));
    let text = digest(&scene.stage.run(&["sync", "--dry-run"]).expect(20));
    assert_eq!(text, told);
    let document = scene.stage.run(&["sync", "--dry-run", "--json"]).expect(20).json();
    assert_eq!(document["held"]["digest"], json!(told), "{:#}", document["held"]);
}
