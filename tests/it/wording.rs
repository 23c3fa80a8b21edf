//! The wording of sentences decides nothing (law 15): the same runs, with every sentence of the log replaced by a number between
//! them, come to the same plans, ends and files.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::personio::{Person, Personio, person, refusal};
use crate::smtpd::Smtpd;
use crate::stage::Stage;

/// Whether the log keeps its sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sentences {
    Kept,
    Numbered,
}

/// What happens before a run.
enum Event {
    Nothing,
    /// Who is listed.
    People(Vec<Person>),
    /// Somebody else puts a file there.
    Foreign,
    /// The other side takes the file.
    Taken,
    /// More of the configuration.
    Configured(&'static str),
    /// Personio answers nothing else from here on, where there is an answer.
    Personio(Option<u16>),
}

fn people(ids: impl IntoIterator<Item = i64>) -> Vec<Person> {
    let one = |id| person(id, &format!("First{id}"), &format!("Last{id}"), &format!("p{id}@example.org"));
    ids.into_iter().map(|id| one(id).department(id % 3 + 1, ["Sales", "People", "Finance"][id as usize % 3])).collect()
}

fn changed(ids: impl IntoIterator<Item = i64>, id: i64, change: impl Fn(Person) -> Person) -> Vec<Person> {
    people(ids).into_iter().map(|person| if person.id() == id { change(person) } else { person }).collect()
}

fn events() -> Vec<(&'static str, Event)> {
    use Event::{Configured, Foreign, Nothing, People, Taken};
    let fails = |status: u16| Event::Personio(Some(status));
    let left = |day: &'static str| {
        move |person: Person| person.with("status", json!("inactive")).with("termination_date", json!(day))
    };
    vec![
        ("the first delivery is held", Nothing),
        ("two vanish", People(people(3..=40))),
        ("a third one is held", People(people(4..=40))),
        ("they are back", People(people(3..=40))),
        ("somebody leaves", People(changed(3..=40, 5, left("2026-01-31T00:00:00+01:00")))),
        ("and is undecided", People(changed(3..=40, 5, |person| person.with("status", json!("odd"))))),
        ("a note", People(changed(3..=40, 6, |person| person.with("email", json!("nonsense"))))),
        ("the same note", Nothing),
        ("another file", Foreign),
        ("it is taken", Taken),
        (
            "a placeholder",
            Configured("[people]\nwithout_email = \"placeholder\"\nplaceholder_domain = \"a.example.org\"\n"),
        ),
        ("is made", People(changed(3..=40, 7, |person| person.with("email", json!(null))))),
        (
            "and stays",
            Configured("[people]\nwithout_email = \"placeholder\"\nplaceholder_domain = \"b.example.org\"\n"),
        ),
        ("a first failure is not told", fails(403)),
        ("the second one is", fails(403)),
        ("the same is told once", fails(403)),
        ("another one is told", fails(404)),
        ("all is well again", Event::Personio(None)),
        ("too many come", People(people(3..=80))),
    ]
}

/// Everything by which two plays can be told apart, run by run.
fn play(personio: &Personio, folder: &Path, mails: &str, sentences: Sentences) -> Vec<Value> {
    let file = folder.join("employees.csv");
    let _ = fs::remove_file(&file);
    personio.set_people(people(1..=40));
    let stage = Stage::connected(personio);
    let delivery = format!("[delivery]\nto = \"file://{}\"\n{mails}", file.display());
    stage.configure(personio, &delivery);
    let number = || {
        if sentences == Sentences::Numbered {
            let update = "UPDATE runs SET message = CAST(id AS TEXT), hints = json_array(CAST(id AS TEXT))";
            stage.sqlite().execute(update, []).unwrap();
        }
    };
    let mut seen = Vec::new();
    let mut run = |what: &str, arguments: &[&str]| {
        let ended = stage.run(arguments);
        let told = "SELECT notified FROM runs ORDER BY id DESC LIMIT 1";
        let told: Option<String> = stage.sqlite().query_row(told, [], |row| row.get(0)).unwrap();
        number();
        let mut document = ended.json();
        let error = document.as_object_mut().unwrap().remove("error");
        if let Some(delivery) = document["delivery"].as_object_mut() {
            delivery.remove("delivered_at");
        }
        let home = stage.home().display().to_string();
        let text = |text: &str| text.replace(&home, "HOME");
        let held = &stage.run(&["status", "--json"]).expect(0).json()["held"];
        let held = ["digest", "rules", "review_command", "approve_command"].map(|key| held[key].to_string());
        let document = text(&document.to_string());
        let bytes = fs::read_to_string(&file).ok();
        let plan = json!([what, ended.code, document, text(&held.join(" ")), bytes, told]);
        seen.push(json!([plan, text(&error.unwrap_or_default().to_string()), text(&ended.stderr)]));
        (ended.code, held[0].trim_matches('"').to_owned())
    };
    for (what, event) in events() {
        match event {
            Event::Nothing => {}
            Event::People(people) => personio.set_people(people),
            Event::Foreign => fs::write(&file, "somebody else's").unwrap(),
            Event::Taken => fs::remove_file(&file).unwrap(),
            Event::Configured(more) => stage.configure(personio, &format!("{more}{delivery}")),
            Event::Personio(None) => personio.behave(),
            Event::Personio(Some(status)) => personio.interfere(move |_, _| Some(refusal(status))),
        }
        let (code, digest) = run(what, &["sync", "--json"]);
        // What vanished stays held, so that the next event meets the hold.
        if code == 20 && what != "a third one is held" {
            run(what, &["sync", "--json", "--approve", &digest]);
        }
    }
    seen
}

#[test]
fn the_wording_of_sentences_decides_nothing() {
    let personio = Personio::with(people(1..=40));
    let folder = tempfile::tempdir().unwrap();
    let smtpd = Smtpd::start(&[]);
    let mails = smtpd.as_ref().map(|smtpd| smtpd.settings("smtp://127.0.0.1", "")).unwrap_or_default();
    let [kept, numbered] = [Sentences::Kept, Sentences::Numbered].map(|it| play(&personio, folder.path(), &mails, it));
    assert_eq!(kept.len(), numbered.len());
    for (kept, numbered) in kept.iter().zip(&numbered) {
        assert!(kept == numbered, "{kept:#}\n{numbered:#}");
    }
    let held: Vec<&Value> = kept.iter().map(|run| &run[0]).filter(|run| run[1] == 20).map(|run| &run[0]).collect();
    assert_eq!(held, ["the first delivery is held", "a third one is held", "another file", "too many come"]);
    let stays = kept.iter().find(|run| run[0][0] == "and stays").unwrap();
    assert!(stays[0][4].as_str().unwrap().contains("@a.example.org"), "it is known as one that was made: {stays:#}");
    let told: Vec<[&Value; 2]> =
        kept.iter().map(|run| [&run[0][0], &run[0][5]]).filter(|run| !run[1].is_null()).collect();
    let told: Vec<String> = told.iter().map(|[what, told]| format!("{what}: {told}").replace('"', "")).collect();
    let expected = [
        "the first delivery is held: hold_began",
        "the first delivery is held: all_clear",
        "a third one is held: hold_began",
        "they are back: all_clear",
        "another file: hold_began",
        "another file: all_clear",
        "the second one is: failed_again",
        "another one is told: failed_again",
        "all is well again: all_clear",
        "too many come: hold_began",
        "too many come: all_clear",
    ];
    assert!(smtpd.is_none() || told == expected, "{told:#?}");
}
