//! Files of somebody else at the destination: what becomes of whoever is in them, also once they are gone.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use crate::guard::{digest, inactive, people};
use crate::personio::{Personio, refusal};
use crate::stage::{Ended, Stage};

/// Twelve people, delivered.
struct Scene {
    personio: Personio,
    stage: Stage,
}

impl Scene {
    fn delivered() -> Self {
        let personio = Personio::with(people(1..=12));
        let stage = Stage::connected(&personio);
        let scene = Self { personio, stage };
        scene.configure("");
        scene.stage.run(&["sync", "--approve", &digest(&scene.stage.run(&["sync"]).expect(20))]).expect(0);
        scene
    }

    fn configure(&self, more: &str) {
        let to = format!("{more}\n[delivery]\nto = \"file://{}\"\n", self.file().display());
        self.stage.configure(&self.personio, &to);
    }

    fn file(&self) -> PathBuf {
        self.stage.home().join("employees.csv")
    }

    /// Our file with these lines below it.
    fn upload(&self, more: &str) {
        let ours = fs::read_to_string(self.file()).unwrap();
        fs::write(self.file(), ours + more).unwrap();
    }

    fn take(&self) {
        fs::remove_file(self.file()).unwrap();
    }

    fn dry(&self) -> Ended {
        self.stage.run(&["sync", "--dry-run"])
    }

    /// How many people of other files a plan that is held would remove.
    fn would_go(&self) -> i64 {
        let held = self.stage.run(&["sync", "--dry-run", "--json"]).expect(20).json();
        held["destination"]["contents"]["go"].as_i64().unwrap()
    }

    fn remembered(&self) -> i64 {
        self.stage.sqlite().query_row("SELECT count(*) FROM other_files", [], |row| row.get(0)).unwrap()
    }

    /// Everything on disk but the file at the destination.
    fn disk(&self) -> Vec<u8> {
        fs::read(self.stage.mirror()).unwrap()
    }

    fn rows(&self) -> usize {
        csv::Reader::from_path(self.file()).unwrap().records().count()
    }
}

/// Ten people more.
fn ten() -> String {
    (901..=910).map(|id| format!("\"{id}\",\"{id}@example.org\",\"Eva\",\"Stranger {id}\"\n")).collect()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn whoever_was_in_a_file_that_honestly_took_is_asked_about_until_somebody_answers() {
    let scene = Scene::delivered();
    scene.upload(&ten());
    let held = scene.stage.run(&["sync"]).expect(20).snapshot("others-file");
    let named = digest(&held);
    scene.take();

    // Gone, and a question all the same, for a dry run as well.
    for (name, arguments) in [("others-file-gone-dry", &["sync", "--dry-run"][..]), ("others-file-gone", &["sync"])] {
        let held = scene.stage.run(arguments).expect(20).snapshot(name);
        assert!(!held.stderr.contains("Stranger"), "{held:#?}");
        assert_eq!(digest(&held), named, "{name}: no second question");
    }
    let full = scene.stage.run(&["sync", "--dry-run", "--full"]).expect(20);
    assert_eq!(full.stdout, scene.dry().expect(20).stdout, "into a pipe, all is written");
    let page = scene.stage.home().join("page.html");
    scene.stage.run(&["sync", "--dry-run", "--review", page.to_str().unwrap()]).expect(20);
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("In a file of somebody else") && page.contains("Eva Stranger 910"), "{page}");
    let document = scene.stage.run(&["sync", "--dry-run", "--json"]).expect(20).json();
    let (destination, other) = (&document["destination"], &document["destination"]["other_files"][0]);
    assert_eq!((&destination["found"], &destination["contents"]["go"]), (&json!("nothing"), &json!(10)));
    assert_eq!(destination["contents"]["who_goes"][0], json!({"import_id": "901", "name": "Eva Stranger 901"}));
    assert!(other["seen_at"].is_string() && other["readable"] == json!(true), "{other}");

    // Whatever else is held meanwhile, and whoever fails, forgets nobody.
    scene.personio.interfere(|_, _| Some(refusal(500)));
    scene.stage.run(&["sync"]).expect(75);
    scene.personio.behave();
    scene.stage.run(&["sync", "--approve", &named]).expect(0);
    assert_eq!((scene.rows(), scene.remembered()), (12, 0));
    assert!(!contains(&scene.disk(), "Stranger"), "a name is left in the mirror");
    assert_eq!(scene.stage.run(&["sync"]).expect(0).stderr, "");
    scene.take();
    assert_eq!((scene.stage.run(&["sync"]).expect(0).stderr.as_str(), scene.file().exists()), ("", false));
}

/// A run remembers what it sees before anything can fail; a dry run remembers nothing.
#[test]
fn a_run_that_fails_remembers_what_it_saw_and_a_dry_run_does_not() {
    let scene = Scene::delivered();
    scene.upload(&ten());
    scene.dry().expect(20);
    assert_eq!(scene.remembered(), 0);
    scene.personio.interfere(|_, _| Some(refusal(500)));
    scene.stage.run(&["sync"]).expect(75);
    scene.personio.behave();
    scene.take();
    assert_eq!(scene.would_go(), 10);
    // Another one beside it, with somebody of another name on a known import id: all count, and those come first.
    scene.stage.run(&["sync"]).expect(20);
    fs::write(scene.file(), "ImportId,Firstname,Lastname\n1,ADA,lovelace  1\n2,Eva,Other\n").unwrap();
    let held = scene.stage.run(&["sync", "--json"]).expect(20).json();
    let contents = &held["destination"]["contents"];
    let numbers = ["people", "other_name", "stay", "go", "come"].map(|number| contents[number].as_i64().unwrap());
    assert_eq!(numbers, [22, 1, 11, 10, 0], "{contents:#}");
    assert_eq!(
        contents["of_another_name"],
        json!([{"import_id": "2", "there": "Eva Other", "ours": "Ada Lovelace 2"}])
    );
    let text = scene.stage.run(&["sync", "--dry-run", "--full"]).expect(20).stdout;
    let [renamed, gone] = ["~ 2 Eva Other -> Ada Lovelace 2", "- 901 Eva"].map(|line| text.find(line).unwrap());
    assert!(gone < renamed, "{text}");
    let approve = scene.stage.run(&["sync", "--approve", held["held"]["digest"].as_str().unwrap()]);
    assert_eq!((approve.code, scene.rows(), scene.remembered()), (0, 12, 0), "{approve:#?}");
}

#[test]
fn our_own_file_untouched_ends_the_question_and_one_that_was_written_again_does_not() {
    for (later, code) in [(0, 0), (5, 20)] {
        let scene = Scene::delivered();
        let ours = fs::read(scene.file()).unwrap();
        let modified = fs::metadata(scene.file()).unwrap().modified().unwrap();
        scene.upload(&ten());
        scene.stage.run(&["sync"]).expect(20);
        fs::write(scene.file(), &ours).unwrap();
        File::open(scene.file()).unwrap().set_modified(modified + Duration::from_secs(later)).unwrap();
        scene.dry().expect(code);
        scene.stage.run(&["sync"]).expect(code);
        assert_eq!(scene.remembered(), i64::from(code > 0), "{later} seconds later");
    }
}

#[test]
fn a_file_with_nobody_in_it_is_no_question_and_is_replaced_whatever_becomes_of_the_plan() {
    let left: [&[u8]; 3] = [b"", b"\xef\xbb\xbf\n", b"\"ImportId\",\"Email\"\n"];
    for empty in left {
        let scene = Scene::delivered();
        let ours = fs::read(scene.file()).unwrap();
        let is_ours = |what: &str| assert!(fs::read(scene.file()).unwrap() == ours, "{what} {empty:?}");
        let leave = || fs::write(scene.file(), empty).unwrap();
        leave();
        assert_eq!(scene.dry().expect(0).stderr, "");
        assert_eq!(scene.stage.run(&["sync"]).expect(0).stderr, "");
        is_ours("in step");
        assert_eq!(scene.remembered(), 0);

        leave();
        scene.personio.interfere(|_, _| Some(refusal(500)));
        scene.stage.run(&["sync"]).expect(75).snapshot("others-file-with-nobody");
        is_ours("Personio fails");

        leave();
        scene.personio.behave();
        scene.personio.set_people(people(5..=12).into_iter().chain(inactive(1..=4)));
        scene.stage.run(&["sync"]).expect(20);
        is_ours("held");
    }
}

/// Honestly may have the other file: nobody approved that its people go, so ours is not sent in place of an empty one either.
#[test]
fn nothing_is_sent_in_place_of_a_file_with_nobody_in_it_while_another_one_is_a_question() {
    let scene = Scene::delivered();
    scene.upload(&ten());
    scene.stage.run(&["sync"]).expect(20);
    fs::write(scene.file(), "").unwrap();
    scene.stage.run(&["sync"]).expect(20);
    assert_eq!(fs::read(scene.file()).unwrap(), b"", "nobody answered");
    let held = scene.stage.run(&["sync"]).expect(20);
    assert_eq!(scene.would_go(), 10);
    scene.stage.run(&["sync", "--approve", &digest(&held)]).expect(0);
    assert_eq!(scene.rows(), 12);
}

/// Honestly may take it before any run looks again.
#[test]
fn a_file_that_comes_after_the_look_is_remembered() {
    let scene = Scene::delivered();
    scene.personio.set_people(people(1..=11).into_iter().chain(inactive([12])));
    let (path, bytes) = (scene.file(), fs::read_to_string(scene.file()).unwrap() + &ten());
    scene.personio.interfere(move |_, _| {
        fs::write(&path, &bytes).unwrap();
        None
    });
    scene.stage.run(&["sync"]).expect(75).snapshot("others-file-after-the-look");
    scene.personio.behave();
    scene.take();
    scene.stage.run(&["sync"]).expect(20);
    assert_eq!(scene.would_go(), 11);
}

/// A feed that was approved over it and did not arrive leaves it; one that arrived, as the next run finds out, ends it.
#[test]
fn an_answer_counts_once_the_feed_it_was_given_for_has_arrived() {
    let cut_off =
        "CREATE TRIGGER cut_off BEFORE UPDATE ON runs WHEN NEW.exit_code = 0 BEGIN SELECT RAISE(ABORT, ''); END";
    let scene = Scene::delivered();
    scene.upload(&ten());
    let held = scene.stage.run(&["sync"]).expect(20);
    scene.take();
    scene.stage.sqlite().execute_batch(cut_off).unwrap();
    scene.stage.run(&["sync", "--approve", &digest(&held)]).expect(75);
    scene.stage.sqlite().execute_batch("DROP TRIGGER cut_off").unwrap();
    assert_eq!(scene.remembered(), 1, "nobody knows yet whether it arrived");
    scene.personio.interfere(|_, _| Some(refusal(500)));
    scene.stage.run(&["sync"]).expect(75);
    assert_eq!(scene.remembered(), 0, "it stands there");
    scene.personio.behave();
    scene.stage.run(&["sync"]).expect(0);
}
