//! A dry run is the real run without its last step: in every situation both have one digest, one plan, one judgement and one
//! exit code. The situations are the rules of the guard, and every way in which a file at a destination could part from the
//! plan that was shown for it.

use std::fs;
use std::path::PathBuf;

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use crate::guard::{inactive, people};
use crate::personio::{Person, Personio, person, refusal};
use crate::stage::{Ended, Stage};

/// One company, its operator's machine, and a folder for two destinations.
struct Scene {
    personio: Personio,
    stage: Stage,
}

/// What is configured besides the server.
#[derive(Clone, Copy, Default)]
struct Configured {
    /// Keys of `[personio]`, and whole sections.
    more: &'static str,
    /// The name of the destination; none keeps only the mirror.
    to: Option<&'static str>,
    /// Keys of `[delivery]`.
    delivery: &'static str,
}

impl Scene {
    /// Twelve people, none of them delivered anywhere.
    fn connected() -> Self {
        Self::with(people(1..=12))
    }

    fn with(people: Vec<Person>) -> Self {
        let personio = Personio::with(people);
        let stage = Stage::connected(&personio);
        Self { personio, stage }
    }

    /// Delivered to `a`.
    fn delivered() -> Self {
        Self::connected().then_to("a")
    }

    /// Runs, and approves what is held.
    fn then_to(self, name: &'static str) -> Self {
        self.configure(Configured { to: Some(name), ..Configured::default() });
        self.approve();
        self
    }

    /// Runs with nothing but a mirror.
    fn then_nowhere(self, people: Vec<Person>) -> Self {
        self.configure(Configured::default());
        self.personio.set_people(people);
        self.stage.run(&["sync"]).expect(0);
        self
    }

    fn configure(&self, configured: Configured) {
        let Configured { more, to, delivery } = configured;
        let to = to.map_or("none".to_owned(), |name| format!("file://{}", self.file(name).display()));
        self.stage.configure(&self.personio, &format!("{more}\n[delivery]\nto = \"{to}\"\n{delivery}\n"));
    }

    fn configured(self, configured: Configured) -> Self {
        self.configure(configured);
        self
    }

    fn approve(&self) -> Ended {
        let held = self.stage.run(&["sync", "--json"]);
        if held.code == 0 {
            return held;
        }
        let digest = held.expect(20).json()["held"]["digest"].as_str().unwrap().to_owned();
        self.stage.run(&["sync", "--approve", &digest]).expect(0)
    }

    fn set_people(self, people: impl IntoIterator<Item = Person>) -> Self {
        self.personio.set_people(people);
        self
    }

    fn file(&self, name: &str) -> PathBuf {
        self.stage.home().join(format!("{name}.csv"))
    }

    fn write(self, name: &str, bytes: &str) -> Self {
        fs::write(self.file(name), bytes).unwrap();
        self
    }

    fn sql(self, statement: &str) -> Self {
        self.stage.sqlite().execute_batch(statement).unwrap();
        self
    }

    fn import_ids(&self, name: &str) -> Vec<String> {
        let mut reader = csv::Reader::from_path(self.file(name)).unwrap();
        reader.records().map(|row| row.unwrap()[0].to_owned()).collect()
    }
}

/// One situation, and what becomes of it.
struct Situation {
    name: &'static str,
    scene: fn() -> Scene,
    code: i32,
    /// The rules that hold it.
    rules: &'static [&'static str],
}

const A: Configured = Configured { more: "", to: Some("a"), delivery: "" };
const B: Configured = Configured { more: "", to: Some("b"), delivery: "" };
/// From here on no run can note that it is in step.
const CUT_OFF: &str =
    "CREATE TRIGGER cut_off BEFORE UPDATE ON runs WHEN NEW.exit_code = 0 BEGIN SELECT RAISE(ABORT, ''); END";
const EMPTY: &[&str] = &["empty_listing", "withheld"];
const FEED_OF_OTHERS: &str =
    "\"ImportId\",\"Email\"\n\"3\",\"x@example.org\"\n\"900\",\"y@example.org\"\n\"901\",\"z@example.org\"\n";

fn situations() -> Vec<Situation> {
    let held = |name, scene, rules| Situation { name, scene, code: 20, rules };
    let passes = |name, scene| Situation { name, scene, code: 0, rules: &[] };
    vec![
        passes("nothing is different", Scene::delivered),
        passes("one comes, one goes, one changes", || {
            let changed = people([3]).pop().unwrap().with("last_name", json!("King"));
            let others = people(4..=13).into_iter().chain(people([1])).chain(inactive([2]));
            Scene::delivered().set_people(others.chain([changed]))
        }),
        passes("only the mirror is wanted", || Scene::connected().configured(Configured::default())),
        passes("honestly took the file", || {
            let scene = Scene::delivered();
            fs::remove_file(scene.file("a")).unwrap();
            scene
        }),
        passes("the last delivery is old", || {
            Scene::delivered().configured(Configured { delivery: "refresh = \"0\"", ..A })
        }),
        passes("a run set out and did not come to its end", || {
            let scene = Scene::delivered();
            let set_out = format!(
                "INSERT INTO runs (command, started_at, pid) VALUES ('sync', '2026-01-01T00:00:00.000Z', 1);
                 INSERT INTO unsettled (run, sent)
                 SELECT max(id), json_object('run', max(id), 'destination', 'file://{}', 'size', 3, 'sha256', 'ab',
                     'writing', 'Aside', 'set_out_at', '2026-01-01T00:00:00.000Z') FROM runs",
                scene.file("a").display()
            );
            scene.sql(&set_out)
        }),
        passes("lines end otherwise and columns stand elsewhere", || {
            Scene::delivered().configured(Configured { more: "[feed]\nline_end = \"crlf\"\ncolumns = \"sorted\"", ..A })
        }),
        held(
            "too many go",
            || Scene::delivered().set_people(people(5..=12).into_iter().chain(inactive(1..=4))),
            &["removals"],
        ),
        held(
            "more go than ever may",
            || {
                Scene::with(people(1..=300))
                    .then_to("a")
                    .set_people(people(27..=300).into_iter().chain(inactive(1..=26)))
            },
            &["removals_at_most"],
        ),
        held("too many come", || Scene::delivered().set_people(people(1..=33)), &["additions"]),
        held(
            "one field of everybody",
            || {
                Scene::delivered()
                    .set_people(people(1..=12).into_iter().map(|one| one.with("last_name", json!("King"))))
            },
            &["most_identities", "field_changes"],
        ),
        held(
            "every department has another name",
            || Scene::delivered().set_people(people(1..=12).into_iter().map(|one| one.department(1, "Technology"))),
            &["field_changes"],
        ),
        held("nobody is listed", || Scene::delivered().set_people([]), EMPTY),
        held(
            "another company is listed",
            || Scene::delivered().set_people(people(50..=61)),
            &["no_overlap", "removals", "more_than_half", "vanished"],
        ),
        held(
            "somebody who must be in is not",
            || Scene::delivered().configured(Configured { more: "[guard]\nmust_include = [99]", ..A }),
            &["must_include"],
        ),
        held(
            "an attribute is withheld",
            || Scene::delivered().set_people(people(1..=12).into_iter().map(|one| one.without("status"))),
            &["withheld"],
        ),
        held(
            "a filter was edited and somebody would go",
            || {
                let scene = Scene::delivered();
                let moved = people([1]).pop().unwrap().department(2, "Sales");
                scene
                    .set_people(people(2..=12).into_iter().chain([moved]))
                    .configured(Configured { more: "[people]\ndepartments = [\"Engineering\"]", ..A })
            },
            &["scope_changed"],
        ),
        passes("the clock is in doubt", || {
            let scene = Scene::delivered();
            let gone = people([1])
                .pop()
                .unwrap()
                .with("termination_date", json!("2020-01-01T00:00:00+01:00"))
                .with("status", json!("inactive"));
            let date = Utc::now() - TimeDelta::days(40);
            scene.personio.date(date.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
            scene.set_people(people(2..=12).into_iter().chain([gone]))
        }),
        held("a first delivery", || Scene::connected().configured(A), &["first_delivery"]),
        held(
            "a first delivery of a mirror that was kept without",
            || Scene::connected().then_nowhere(people(1..=12)).configured(A),
            &["first_delivery"],
        ),
        held(
            "a first delivery onto a file of others",
            || Scene::connected().configured(A).write("a", FEED_OF_OTHERS),
            &["first_delivery", "foreign_file"],
        ),
        held("another destination", || Scene::delivered().configured(B), &["first_delivery"]),
        held("to one, to another and back", || Scene::delivered().then_to("b").configured(A), &["first_delivery"]),
        held(
            "to one, to none while somebody leaves, and back",
            || Scene::delivered().then_nowhere(people(2..=12)).configured(A),
            &["first_delivery"],
        ),
        passes("to one, to none while nothing changes, and back", || {
            Scene::delivered().then_nowhere(people(1..=12)).configured(A)
        }),
        held("another file stands there", || Scene::delivered().write("a", FEED_OF_OTHERS), &["foreign_file"]),
        held(
            "a part of our file stands there",
            || {
                let scene = Scene::delivered();
                let bytes = fs::read_to_string(scene.file("a")).unwrap();
                scene.write("a", &bytes[..bytes.len() / 2])
            },
            &["foreign_file"],
        ),
        held(
            "another file stood there",
            || {
                let scene = Scene::delivered().write("a", FEED_OF_OTHERS);
                scene.stage.run(&["sync"]).expect(20);
                fs::remove_file(scene.file("a")).unwrap();
                scene
            },
            &["foreign_file"],
        ),
        passes("nobody is in the file there", || Scene::delivered().write("a", "\"ImportId\"\n")),
        held("no feed at all stands there", || Scene::delivered().write("a", "hello\n"), &["foreign_file"]),
        held(
            "another header",
            || Scene::delivered().configured(Configured { more: "[feed]\nheaders = { Lastname = \"Surname\" }", ..A }),
            &["columns_changed"],
        ),
        held(
            "a column is left out",
            || Scene::delivered().configured(Configured { more: "[feed]\nleave_out = [\"Language\"]", ..A }),
            &["columns_changed"],
        ),
        held(
            "a column more",
            || Scene::delivered().configured(Configured { more: "[feed]\nconstants = { Company = \"X\" }", ..A }),
            &["columns_changed"],
        ),
        held(
            "two columns exchange their names",
            || {
                let more = "[groups]\nposition = \"Department\"\ndepartment = \"Position\"";
                Scene::delivered().configured(Configured { more, ..A })
            },
            &["field_changes", "columns_changed"],
        ),
        held(
            "adopted people",
            || {
                let scene = Scene::with(people(1..=12));
                let scene =
                    scene.write("export", "ImportId,Email,Firstname,Lastname\n1,1@example.org,Ada,Lovelace 1\n");
                scene.stage.connect(&["--no-sync", "--adopt", scene.file("export").to_str().unwrap()]).expect(0);
                scene.configured(A)
            },
            &["first_delivery"],
        ),
        held(
            "held and beyond Honestly's rules",
            || {
                let tags = json!(["x".repeat(60), "y".repeat(60)]).to_string();
                let tagged = move |one: Person| {
                    if one.id() == 1 { one.custom("dynamic_1", "Tags", "tags", json!(tags)) } else { one }
                };
                let more = "[groups]\ndynamic_1 = { name = \"Tags\", split = true }";
                Scene::delivered()
                    .set_people(people(5..=12).into_iter().chain(inactive(1..=4)).map(tagged))
                    .configured(Configured { more, ..A })
            },
            &["removals", "columns_changed"],
        ),
    ]
}

#[test]
fn a_dry_run_and_a_real_one_have_one_digest_one_plan_and_one_exit_code() {
    let situations = situations();
    assert!(situations.len() >= 30);
    for Situation { name, scene, code, rules } in situations {
        let scene = scene();
        let disk = scene.stage.files();
        let text = scene.stage.run(&["sync", "--dry-run"]);
        let dry = scene.stage.run(&["sync", "--dry-run", "--json"]).expect(code).json();
        assert_eq!(scene.stage.files(), disk, "{name}: a dry run changed the disk");
        let real = scene.stage.run(&["sync", "--json"]).expect(code).json();
        for part in ["plan", "held", "notes", "destination"] {
            assert_eq!(dry[part], real[part], "{name}: {part}");
        }
        assert_eq!(dry["error"]["message"], real["error"]["message"], "{name}");
        assert_eq!((dry["counts"]["added"].clone(), text.code), (real["counts"]["added"].clone(), code), "{name}");
        assert!(text.stdout.contains(real["plan"]["digest"].as_str().unwrap()), "{name}: {}", text.stdout);
        let mut held: Vec<&str> = dry["held"]["rules"]
            .as_array()
            .map(|rules| rules.iter().map(|rule| rule["kind"].as_str().unwrap()).collect())
            .unwrap_or_default();
        // One for each column or attribute.
        held.dedup();
        assert_eq!(held, rules, "{name}: {:#}", dry["held"]);
        let differs = scene.stage.run(&["sync", "--dry-run", "--exit-code"]);
        // A real run that was not held left nothing to do.
        assert_eq!(differs.code, code, "{name}: {differs:#?}");
    }
}

/// How often each thing stands in the plan.
fn numbers(plan: &Value) -> [usize; 5] {
    let count = |list: &Value| list.as_array().unwrap().len();
    [
        count(&plan["add"]),
        count(&plan["update"]),
        count(&plan["remove"]),
        count(&plan["columns"]["add"]),
        count(&plan["columns"]["remove"]),
    ]
}

#[test]
fn whoever_left_while_nothing_was_delivered_is_not_removed_behind_an_empty_plan() {
    let scene = Scene::with(people(1..=60)).then_to("a");
    for left in [3, 6, 9, 12, 15, 18] {
        scene.configure(Configured::default());
        scene.personio.set_people(people(left + 1..=60).into_iter().chain(inactive(1..=left)));
        scene.stage.run(&["sync"]).expect(0);
        // Each time in another week, or seven days would add up.
        let earlier = (Utc::now() - TimeDelta::days(8)).to_rfc3339();
        scene.stage.sqlite().execute("UPDATE runs SET finished_at = ?1", [&earlier]).unwrap();
    }
    scene.configure(A);
    let held = scene.stage.run(&["sync", "--json"]).expect(20).json();
    assert_eq!((held["plan"]["baseline"].as_str(), numbers(&held["plan"])), (Some("nothing"), [42, 0, 0, 14, 0]));
    assert_eq!(held["destination"]["contents"]["stay"], json!(42), "{held:#}");
    assert_eq!(held["destination"]["contents"]["go"], json!(18), "{held:#}");
    scene.stage.run(&["sync"]).expect(20).snapshot("one-sync-first-file");
    assert_eq!(scene.import_ids("a").len(), 60, "held");
    scene.approve();
    assert_eq!(scene.import_ids("a").len(), 42);
}

#[test]
fn a_half_empty_first_file_is_shown_against_the_mirror() {
    let scene = Scene::connected().then_nowhere(people(1..=12));
    scene.personio.set_people(people(7..=13).into_iter().chain(inactive(1..=6)));
    scene.configure(A);
    scene.stage.run(&["sync"]).expect(20).snapshot("one-sync-half-empty-first-file");
    scene.stage.run(&["sync", "--dry-run"]).expect(20).snapshot("one-sync-half-empty-first-file-plan");
}

#[test]
fn a_delivery_that_failed_after_an_approval_is_repeated_without_a_new_one() {
    let scene = Scene::connected();
    let folder = scene.stage.home().join("upload");
    let to = format!("[delivery]\nto = \"file://{}/employees.csv\"\n", folder.display());
    scene.stage.configure(&scene.personio, &to);
    let digest = scene.stage.run(&["sync", "--json"]).expect(20).json()["held"]["digest"].as_str().unwrap().to_owned();
    // The folder is missing.
    scene.stage.run(&["sync", "--approve", &digest]).expect(77);
    scene.stage.run(&["sync"]).expect(77);
    let waiting = scene.stage.run(&["status"]).expect(0).stdout;
    assert!(!waiting.starts_with("Held"), "nothing waits for an approval: {waiting}");
    assert!(
        waiting.contains(&format!("plan {digest} by "))
            && waiting.contains(": it was not carried out, and the next run repeats it"),
        "{waiting}"
    );
    fs::create_dir(&folder).unwrap();
    scene.stage.run(&["sync"]).expect(0);
    assert!(folder.join("employees.csv").exists());
    let run = scene.stage.runs().len().to_string();
    let told = scene.stage.run(&["status", "--run", &run]).expect(0).stdout;
    assert!(told.contains(&format!(": plan {digest} in an earlier run, whose delivery did not arrive")), "{told}");
    // It is spent: the same plan on the state there is now is another one.
    scene.stage.run(&["sync", "--approve", &digest]).expect(20);
}

/// A scene, the folder of its file, and where that can be moved to.
fn delivered_into_a_folder() -> (Scene, PathBuf, PathBuf) {
    let scene = Scene::connected();
    let (folder, aside) = (scene.stage.home().join("upload"), scene.stage.home().join("aside"));
    fs::create_dir(&folder).unwrap();
    let to = format!("[delivery]\nto = \"file://{}/employees.csv\"\n", folder.display());
    scene.stage.configure(&scene.personio, &to);
    scene.approve();
    (scene, folder, aside)
}

/// What an approval let go was asked for in that run. Whoever lets it pass again asks again.
#[test]
fn whoever_is_known_by_their_id_again_stays_although_an_approval_is_not_spent() {
    let (scene, folder, aside) = delivered_into_a_folder();
    scene.personio.set_people(people(1..=6));
    let held = scene.stage.run(&["sync", "--json"]).expect(20).json();
    fs::rename(&folder, &aside).unwrap();
    scene.stage.run(&["sync", "--approve", held["held"]["digest"].as_str().unwrap()]).expect(77);
    fs::rename(&aside, &folder).unwrap();
    scene.personio.set_people(people(1..=12));
    scene.personio.hide(10..=12, usize::MAX);
    let dry = scene.stage.run(&["sync", "--dry-run", "--json"]).expect(0).json();
    let real = scene.stage.run(&["sync", "--json"]).expect(0).json();
    assert_eq!((numbers(&real["plan"]), &dry["plan"]), ([0; 5], &real["plan"]), "{real:#}");
    assert_eq!(scene.stage.people().len(), 12);
}

#[test]
fn an_approval_lets_no_more_pass_than_would_pass_by_itself() {
    let scene = Scene::connected();
    let to = format!("[delivery]\nto = \"file://{}/upload/employees.csv\"\n", scene.stage.home().display());
    scene.stage.configure(&scene.personio, &to);
    let digest = scene.stage.run(&["sync", "--json"]).expect(20).json()["held"]["digest"].as_str().unwrap().to_owned();
    scene.stage.run(&["sync", "--approve", &digest]).expect(77);
    scene.personio.set_people(people(1..=40));
    scene.stage.run(&["sync"]).expect(20);
    scene.personio.set_people(people(1..=13));
    scene.stage.run(&["sync"]).expect(77);
}

#[test]
fn the_same_file_goes_out_again_when_the_last_delivery_is_old() {
    let scene = Scene::delivered();
    let delivered = |scene: &Scene| -> i64 {
        scene.stage.sqlite().query_row("SELECT run FROM deliveries", [], |row| row.get(0)).unwrap()
    };
    let first = delivered(&scene);
    scene.stage.run(&["sync"]).expect(0);
    assert_eq!(delivered(&scene), first);
    let week_old = (Utc::now() - TimeDelta::days(7) - TimeDelta::minutes(1)).to_rfc3339();
    scene
        .stage
        .sqlite()
        .execute("UPDATE deliveries SET delivery = json_set(delivery, '$.delivered_at', ?1)", [&week_old])
        .unwrap();
    let bytes = fs::read(scene.file("a")).unwrap();
    scene.stage.run(&["sync"]).expect(0);
    let second = delivered(&scene);
    assert!(second > first, "older than seven days");
    // By a clock that was two years ahead.
    let ahead = (Utc::now() + TimeDelta::days(730)).to_rfc3339();
    scene
        .stage
        .sqlite()
        .execute("UPDATE deliveries SET delivery = json_set(delivery, '$.delivered_at', ?1)", [&ahead])
        .unwrap();
    scene.stage.run(&["sync"]).expect(0);
    let third = delivered(&scene);
    assert!(third > second, "by a clock that was ahead");
    assert_eq!(fs::read(scene.file("a")).unwrap(), bytes);
    scene.configure(Configured { delivery: "refresh = \"0\"", ..A });
    scene.stage.run(&["sync"]).expect(0);
    assert!(delivered(&scene) > third, "in every run");
}

/// Honestly may have taken it, and whoever was missing in it is gone there.
#[test]
fn the_file_goes_out_again_when_another_one_that_stood_there_is_gone() {
    let scene = Scene::delivered();
    let ours = fs::read(scene.file("a")).unwrap();
    let scene = scene.write("a", FEED_OF_OTHERS);
    scene.stage.run(&["sync"]).expect(20);
    fs::remove_file(scene.file("a")).unwrap();
    scene.approve();
    assert_eq!(fs::read(scene.file("a")).unwrap(), ours);
    fs::remove_file(scene.file("a")).unwrap();
    scene.stage.run(&["sync"]).expect(0);
    assert!(!scene.file("a").exists(), "once is enough");
}

#[test]
fn what_is_not_delivered_is_said_everywhere_and_wanted_so_it_is_well() {
    let personio = Personio::with(people(1..=3));
    let stage = Stage::new(&personio);
    stage.configure(&personio, "[delivery]\n");
    let said = "nothing is delivered to Honestly: [delivery] to is not set";
    let connected = stage.connect(&[]).expect(0);
    assert!(connected.stdout.contains(said), "{connected:#?}");
    assert!(stage.run(&["status"]).expect(0).stdout.contains(said));
    let check = stage.run(&["status", "--check"]).expect(1).stdout;
    assert!(check.contains("WARNING") && check.contains(said), "{check}");
    // Once, when it is new.
    assert_eq!(stage.run(&["sync"]).expect(0).stderr, "");
    stage.run(&["sync", "--dry-run"]).expect(0).snapshot("one-sync-without-a-destination");
    stage.configure(&personio, "[delivery]\nto = \"none\"\n");
    stage.run(&["sync"]).expect(0);
    stage.run(&["status", "--check"]).expect(0);
    assert!(!stage.run(&["status"]).expect(0).stdout.contains(said));
}

#[test]
fn a_destination_that_cannot_be_looked_at_is_said_and_judged_all_the_same() {
    let personio = Personio::with(people(1..=3));
    let stage = Stage::connected(&personio);
    // Nobody listens there.
    let to = "[delivery]\nto = \"sftp://u@127.0.0.1:1/upload/employees.csv\"\ntimeout_seconds = 2\n";
    stage.configure(&personio, to);
    stage.run(&["sync", "--dry-run"]).expect(20).snapshot("one-sync-destination-not-looked-at");
    let held = stage.run(&["sync", "--json"]).expect(20);
    let digest = held.json()["held"]["digest"].as_str().unwrap().to_owned();
    assert_eq!(held.json()["destination"]["found"], json!("unknown"), "{held:#?}");
    let before = stage.contents();
    stage.run(&["sync", "--approve", &digest]).expect(75);
    assert_eq!(stage.contents(), before);
    // Approved, and not spent.
    stage.run(&["sync"]).expect(75);
}

/// As with a share that is not mounted: nobody took the file.
#[test]
fn a_folder_that_is_missing_is_no_file_that_was_taken() {
    let (scene, folder, aside) = delivered_into_a_folder();
    fs::rename(&folder, &aside).unwrap();
    for arguments in [&["sync", "--dry-run"][..], &["sync"]] {
        let told = scene.stage.run(arguments).expect(0).stderr;
        assert!(told.contains(&format!("cannot look at {}: No such file", folder.display())), "{told}");
    }
    let taken: bool =
        scene.stage.sqlite().query_row("SELECT delivery ->> 'taken' FROM deliveries", [], |row| row.get(0)).unwrap();
    assert!(!taken);
    scene.personio.set_people(people(1..=13));
    scene.stage.run(&["sync"]).expect(77);
    fs::rename(&aside, &folder).unwrap();
    scene.stage.run(&["sync"]).expect(0);
}

#[test]
fn a_person_with_a_group_named_otherwise_is_named_in_both_plans() {
    let scene = Scene::with(vec![person(1, "Ada", "Lovelace", "ada@example.org")]).then_to("a");
    scene.personio.set_people([person(1, "Ada", "Lovelace", "ada@example.org").department(1, "Technology")]);
    let dry = scene.stage.run(&["sync", "--dry-run", "--exit-code", "--json"]).expect(10).json();
    assert_eq!(dry["plan"]["groups"]["rename"][0]["to"], "Technology");
    scene.stage.run(&["sync"]).expect(0);
    assert!(fs::read_to_string(scene.file("a")).unwrap().contains("Technology"));
}

#[test]
fn a_file_that_is_not_taken_as_earlier_ones_were_is_said_in_status() {
    let scene = Scene::delivered();
    let days_old = |scene: &Scene| {
        let then = (Utc::now() - TimeDelta::days(2)).to_rfc3339();
        scene
            .stage
            .sqlite()
            .execute("UPDATE deliveries SET delivery = json_set(delivery, '$.delivered_at', ?1)", [&then])
            .unwrap();
    };
    // Nobody ever took one: there may be nobody who does.
    days_old(&scene);
    scene.stage.run(&["sync"]).expect(0);
    scene.stage.run(&["status", "--check"]).expect(0);
    // The first one is taken, the second one is not.
    fs::remove_file(scene.file("a")).unwrap();
    scene.stage.run(&["sync"]).expect(0);
    scene.personio.set_people(people(1..=13));
    scene.stage.run(&["sync"]).expect(0);
    scene.stage.run(&["status", "--check"]).expect(0);
    days_old(&scene);
    scene.stage.run(&["sync"]).expect(0);
    scene.stage.run(&["status", "--check"]).expect(1).snapshot("one-sync-not-taken-check");
    assert!(scene.stage.run(&["status"]).expect(0).stdout.contains("not taken since"));
    // Taken again, all is well.
    fs::remove_file(scene.file("a")).unwrap();
    scene.personio.set_people(people(1..=12));
    scene.stage.run(&["sync"]).expect(0);
    scene.stage.run(&["status", "--check"]).expect(0);
    // Where something changes every day, no single file stands there for long.
    for (run, code) in [(14, 0), (13, 0), (14, 1)] {
        let earlier =
            |key: &str| format!("'$.{key}', strftime('%Y-%m-%dT%H:%M:%fZ', delivery ->> '{key}', '-11 hours')");
        let (delivered, untaken) = (earlier("delivered_at"), earlier("untaken_since"));
        let set = format!("UPDATE deliveries SET delivery = json_set(delivery, {delivered}, {untaken})");
        scene.stage.sqlite().execute_batch(&set).unwrap();
        scene.personio.set_people(people(1..=run));
        scene.stage.run(&["sync"]).expect(0);
        assert_eq!(scene.stage.run(&["status", "--check"]).code, code, "{run} people");
    }
}

#[test]
fn what_never_can_be_delivered_to_is_said_before_anything_is_read() {
    let scene = Scene::connected();
    fs::create_dir(scene.file("a")).unwrap();
    scene.configure(A);
    let requests = scene.personio.requests().len();
    scene.stage.run(&["sync"]).expect(78);
    scene.stage.run(&["sync", "--dry-run"]).expect(78);
    assert_eq!(scene.personio.requests().len(), requests);
}

/// A run may be cut off after its rename and before it notes that, and what it sent may be undone at Personio before the next
/// one.
#[test]
fn what_a_run_sent_that_was_cut_off_is_noted_first_and_the_plan_starts_from_it() {
    let scene = Scene::delivered();
    let file = scene.file("a");
    let delivered = fs::read(&file).unwrap();
    let scene = scene.set_people(people(1..=11).into_iter().chain(inactive([12]))).sql(CUT_OFF);
    scene.stage.run(&["sync"]).expect(75).snapshot("one-sync-delivered-and-not-noted");
    assert!(fs::read(&file).unwrap() != delivered);
    let scene = scene.sql("DROP TRIGGER cut_off").set_people(people(1..=12));
    for command in [["sync", "--json", "--dry-run"].as_slice(), &["sync", "--json"]] {
        let ran = scene.stage.run(command).expect(0).json();
        assert_eq!((numbers(&ran["plan"]), &ran["destination"]["found"]), ([1, 0, 0, 0, 0], &json!("ours")), "{ran:#}");
    }
    assert!(fs::read(&file).unwrap() == delivered, "one person is missing in the file that stands there");
}

/// What set out was approved: nobody of it goes on doubt, and whoever leaves it counts.
#[test]
fn whoever_came_with_a_file_whose_end_was_lost_is_in() {
    let undecided = people(21..=26).into_iter().map(|person| person.with("status", Value::Null));
    let six_leave: Vec<Person> = undecided.chain(inactive(27..=32)).collect();
    for (next, rule) in [(six_leave, "removals"), (Vec::new(), "vanished")] {
        let scene = Scene::with(people(1..=20)).then_to("a").set_people(people(1..=32)).sql(CUT_OFF);
        scene.stage.run(&["sync"]).expect(75);
        let scene = scene.sql("DROP TRIGGER cut_off").set_people(people(1..=20).into_iter().chain(next));
        for command in [["sync", "--json", "--dry-run"].as_slice(), &["sync", "--json"]] {
            let held = scene.stage.run(command).expect(20).json();
            assert!(held["held"].to_string().contains(rule), "{rule}: {held:#}");
        }
        assert_eq!(scene.import_ids("a").len(), 32, "{rule}");
        if rule == "removals" {
            scene.approve();
            assert_eq!(scene.import_ids("a").len(), 26, "six keep their place, and six were shown to go");
        }
    }
}

/// The file of a run that could not note that it arrived stands at `a`; whether there is a part of it.
fn sent_without_an_end(delivery: &'static str, part: bool) -> Scene {
    let scene = Scene::delivered().configured(Configured { delivery, ..A }).set_people(people(1..=13)).sql(CUT_OFF);
    scene.stage.run(&["sync"]).expect(75);
    if part {
        let bytes = fs::read(scene.file("a")).unwrap();
        fs::write(scene.file("a"), &bytes[..bytes.len() / 2]).unwrap();
    }
    scene.sql("DROP TRIGGER cut_off")
}

#[test]
fn what_a_run_settled_is_told_also_where_personio_fails_then() {
    let scene = sent_without_an_end("", false);
    let run = scene.stage.runs().len();
    let digest: Option<String> = scene
        .stage
        .sqlite()
        .query_row("SELECT digest FROM runs WHERE id = (SELECT max(id) FROM runs)", [], |row| row.get(0))
        .unwrap();
    assert!(digest.is_some(), "what set out is in the log");
    let failed_at = || -> String {
        let select = "SELECT failed_at FROM runs ORDER BY id DESC LIMIT 1";
        scene.stage.sqlite().query_row(select, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(failed_at(), "deliver");
    scene.personio.interfere(|_, _| Some(refusal(403)));
    let failed = scene.stage.run(&["sync", "--json"]).expect(77);
    assert!(failed.stderr.contains(&format!("the file that run {run} sent has arrived")), "{failed:#?}");
    assert_eq!(failed.json()["notes"][0]["kind"], "arrived", "{failed:#?}");
    assert_eq!(failed_at(), "decide");
    let logged = scene.stage.run(&["status", "--run", "latest", "--json"]).expect(0).json();
    assert_eq!(logged["notes"][0]["kind"], "arrived", "{logged:#}");
    scene.configure(Configured::default());
    scene.stage.run(&["sync", "--redeliver"]).expect(78);
    assert_eq!(failed_at(), "look");
}

#[test]
fn a_part_of_ours_and_its_repair_are_in_the_document() {
    let scene = sent_without_an_end("temporary_name = \"none\"", true);
    let dry = scene.stage.run(&["sync", "--json", "--dry-run"]).expect(0).json();
    assert_eq!(dry["destination"]["found"], "part", "{dry:#}");
    scene.personio.interfere(|_, _| Some(refusal(403)));
    let failed = scene.stage.run(&["sync", "--json"]).expect(77).json();
    assert!(failed["delivery"]["size"].as_u64() == Some(fs::metadata(scene.file("a")).unwrap().len()), "{failed:#}");
    assert_eq!(scene.import_ids("a").len(), 13);
}

#[test]
fn status_says_who_finds_out_what_became_of_a_file() {
    let scene = sent_without_an_end("", false);
    let said = |what: &str| scene.stage.run(&["status"]).expect(0).stdout.contains(what);
    assert!(said("whether it arrived is not known, and the next run finds out"));
    scene.configure(B);
    assert!(said("whether it arrived is not known; [delivery] to is another one now"));
    scene.configure(Configured::default());
    assert!(said("whether it arrived is not known; [delivery] to is another one now"));
}

#[test]
fn what_a_delivery_left_aside_is_removed_also_where_nothing_is_sent() {
    let scene = Scene::delivered();
    let left = scene.stage.home().join(".a.csv.part");
    fs::write(&left, "everybody's data").unwrap();
    scene.stage.run(&["sync", "--dry-run"]).expect(0);
    assert!(left.exists());
    let before = fs::metadata(scene.file("a")).unwrap().modified().unwrap();
    scene.stage.run(&["sync"]).expect(0);
    assert!(!left.exists());
    assert_eq!(fs::metadata(scene.file("a")).unwrap().modified().unwrap(), before);
}
