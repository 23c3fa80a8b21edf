//! What the tool says and does about a company on one day: the plan as a text that HR can read, the same plan as JSON, and
//! the run that carries it out.

use std::collections::BTreeMap;

use honestly_sync::roster::decide::reasons::Reason;
use honestly_sync::roster::feed::Source;
use honestly_sync::roster::voice::Told;
use serde_json::{Value, json};

use crate::golden;
use crate::personio::{Person, Personio, person};
use crate::stage::Stage;

/// Previews a day as the golden file has it, then lets the real run happen, and proves on the way that a preview changes
/// nothing on disk and that the journal of the run says what the preview of that run said. Returns the JSON of the day.
#[track_caller]
fn play(stage: &Stage, day: &str, name: &str) -> Value {
    let disk = stage.files();
    let text = stage.run(&["sync", "--dry-run", "--as-of", day]).expect(0);
    assert_eq!(text.stderr, "", "{name}");
    let of_the_day = stage.run(&["sync", "--dry-run", "--as-of", day, "--json"]).expect(0);
    let now = stage.run(&["sync", "--dry-run", "--json"]).expect(0).json();
    assert_eq!(stage.files(), disk, "{name}: a dry run changed the disk");
    golden::assert_is(&format!("tests/golden/{name}.txt"), &text.stdout);
    let of_the_day = of_the_day.json();
    assert_documented(&of_the_day, &Value::Null);
    assert!(text.stdout.contains(of_the_day["plan"]["digest"].as_str().unwrap()), "{}", text.stdout);

    let real = stage.run(&["sync", "--json"]).expect(0).json();
    let run = stage.runs().len() as i64;
    assert_documented(&real, &json!(run));
    assert_eq!(real["plan"], now["plan"], "{name}");
    assert_eq!(real["notes"], now["notes"], "{name}");
    assert_eq!(journal(stage, run), promised(&now["plan"]), "{name}: the journal says something else than the plan");
    assert_eq!(real["counts"]["people"], json!(stage.people().len()), "{name}");
    let again = stage.run(&["sync"]).expect(0);
    assert_eq!(again.stdout + &again.stderr, "", "{name}: the second run has something to say");
    of_the_day
}

/// Every field that machines may rely on.
#[track_caller]
fn assert_documented(document: &Value, run: &Value) {
    assert_eq!((&document["schema_version"], &document["run_id"], &document["exit_code"]), (&json!(1), run, &json!(0)));
    assert!(document["counts"]["people"].is_u64() && document["counts"]["groups"].is_u64(), "{document:#}");
    let plan = &document["plan"];
    let digest = plan["digest"].as_str().unwrap();
    assert!(digest.len() == 12 && digest.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()), "{digest}");
    for list in ["add", "update", "remove"] {
        assert!(plan[list].as_array().unwrap().iter().all(|entry| entry["id"].is_i64()), "{list}: {plan:#}");
    }
    for update in plan["update"].as_array().unwrap() {
        let changes = update["changes"].as_array().unwrap();
        assert!(!changes.is_empty(), "{update:#}");
        for change in changes {
            assert_eq!(change.as_object().unwrap().keys().collect::<Vec<_>>(), ["field", "from", "to"]);
            assert_ne!(change["from"], change["to"], "{update:#}");
        }
    }
    for remove in plan["remove"].as_array().unwrap() {
        let reasons = ["not_yet", "last_day_passed", "inactive", "on_leave", "absent", "out_of_scope"];
        assert!(reasons.contains(&remove["reason"]["kind"].as_str().unwrap()), "{remove:#}");
    }
    for list in ["add", "rename", "remove"] {
        assert!(plan["groups"][list].is_array(), "{list}: {plan:#}");
    }
    assert!(document["notes"].as_array().unwrap().iter().all(|note| note["text"].is_string()), "{document:#}");
}

/// Kind, whom or what, field, before, after, reason.
type Entry = (String, String, String, Option<String>, Option<String>, Option<String>);

/// The journal of one run.
fn journal(stage: &Stage, run: i64) -> Vec<Entry> {
    let connection = stage.sqlite();
    let mut statement = connection
        .prepare(
            "SELECT kind, coalesce(CAST(employee AS TEXT), attribute, header), coalesce(field, ''), before, after, reason
             FROM changes WHERE run = ?1",
        )
        .unwrap();
    let rows = statement
        .query_map([run], |row| {
            let reason: Option<String> = row.get(5)?;
            let reason = reason.map(|json| serde_json::from_str::<Reason>(&json).unwrap().logged());
            let kind: String = row.get(0)?;
            let side = |text: Option<String>| match text {
                Some(json) if kind.starts_with("column") => {
                    Some(serde_json::from_str::<Source>(&json).unwrap().logged())
                }
                text => text,
            };
            Ok((kind.clone(), row.get(1)?, row.get(2)?, side(row.get(3)?), side(row.get(4)?), reason))
        })
        .unwrap();
    let mut entries: Vec<Entry> = rows.map(Result::unwrap).collect();
    entries.sort();
    entries
}

/// What the journal must say when exactly this plan is carried out.
fn promised(plan: &Value) -> Vec<Entry> {
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let fields = |person: &Value| -> BTreeMap<String, Option<String>> {
        let own = ["import_id", "email", "first_name", "last_name", "language", "supervisor"];
        let own = own.into_iter().map(|field| (field.to_owned(), text(&person[field])));
        let groups = person["groups"].as_object().unwrap().iter().map(|(key, name)| (key.clone(), text(name)));
        own.chain(groups).filter(|(_, value)| value.is_some()).collect()
    };
    let list = |value: &Value| value.as_array().unwrap().clone();
    let mut entries = Vec::new();
    let mut enter = |kind: &str, whom: &Value, field: &str, before, after, reason| {
        entries.push((kind.to_owned(), text(whom).unwrap(), field.to_owned(), before, after, reason));
    };
    for person in list(&plan["add"]) {
        for (field, value) in fields(&person) {
            enter("add", &person["id"], &field, None, value, None);
        }
    }
    for person in list(&plan["update"]) {
        for change in list(&person["changes"]) {
            let field = change["field"].as_str().unwrap();
            enter("update", &person["id"], field, text(&change["from"]), text(&change["to"]), None);
        }
    }
    for person in list(&plan["remove"]) {
        for (field, value) in fields(&person) {
            enter("remove", &person["id"], &field, value, None, text(&person["reason"]["text"]));
        }
    }
    for (kind, list_of, before, after) in [
        ("group_add", "add", "", "name"),
        ("group_rename", "rename", "from", "to"),
        ("group_remove", "remove", "name", ""),
    ] {
        for group in list(&plan["groups"][list_of]) {
            enter(kind, &group["attribute"], "", text(&group[before]), text(&group[after]), None);
        }
    }
    for (kind, list_of, before, after) in [
        ("column_add", "add", "", "source"),
        ("column_change", "change", "from", "to"),
        ("column_remove", "remove", "source", ""),
    ] {
        for column in list(&plan["columns"][list_of]) {
            enter(kind, &column["header"], "", text(&column[before]), text(&column[after]), None);
        }
    }
    entries.sort();
    entries
}

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|entry| entry["id"].as_i64().unwrap()).collect()
}

fn kinds(document: &Value) -> Vec<&str> {
    document["notes"].as_array().unwrap().iter().map(|note| note["kind"].as_str().unwrap()).collect()
}

fn position(person: Person, position: &str) -> Person {
    person.with("position", json!(position))
}

fn at_work() -> Vec<Person> {
    vec![
        position(person(101, "Johanna", "Weber", "johanna.weber@example.org").department(1, "Management"), "CEO"),
        position(person(102, "Mehmet", "Yıldız", "mehmet.yildiz@example.org"), "Head of Engineering")
            .department(2, "Engineering")
            .supervisor(101),
        position(person(103, "Sophie", "Lindner", "sophie.lindner@example.org"), "HR manager")
            .department(3, "HR")
            .supervisor(101),
        position(person(104, "Tomasz", "Kowalski", "tomasz.kowalski@example.org"), "Developer")
            .department(2, "Engineering")
            .supervisor(102),
        position(person(105, "Aylin", "Şahin", "aylin.sahin@example.org"), "Head of Sales")
            .department(4, "Sales")
            .supervisor(101),
        position(person(106, "Jonas", "Becker", "jonas.becker@example.org"), "Account manager")
            .department(4, "Sales")
            .supervisor(105),
        position(person(107, "Marie", "Dubois", "marie.dubois@example.org"), "Developer")
            .department(2, "Engineering")
            .supervisor(102),
        position(person(108, "Lukas", "Hoffmann", "lukas.hoffmann@example.org"), "Account manager")
            .department(4, "Sales")
            .supervisor(105),
        position(person(109, "Chiara", "Romano", "chiara.romano@example.org"), "Recruiter")
            .department(3, "HR")
            .supervisor(103),
        position(person(110, "Petr", "Novák", "petr.novak@example.org"), "Developer")
            .department(2, "Engineering")
            .supervisor(102),
    ]
}

#[test]
fn a_day_on_which_everything_happens() {
    let personio = Personio::with(at_work());
    let stage = Stage::in_step(&personio);
    let mut people = at_work();
    for person in &mut people {
        let changed = person.clone();
        *person = match changed.id() {
            // HR has a new name.
            103 => changed.department(3, "People & Culture"),
            106 => changed.with("termination_date", json!("2026-11-30T00:00:00+01:00")),
            107 => changed.with("last_name", json!("Lefèvre")).with("email", json!("marie.lefevre@example.org")),
            108 => position(changed, "Sales engineer").department(2, "Engineering").supervisor(102),
            109 => changed.department(3, "People & Culture").with("status", json!("leave")),
            110 => changed.with("email", json!("")),
            _ => changed,
        };
    }
    let starts = |person: Person, day: &str| person.with("hire_date", json!(format!("{day}T00:00:00+01:00")));
    people.extend([
        starts(position(person(111, "Nina", "Schäfer", "nina.schaefer@example.org"), "Recruiter"), "2026-12-01")
            .department(3, "People & Culture")
            .supervisor(103),
        starts(position(person(112, "David", "Okafor", "david.okafor@example.org"), "Developer"), "2027-01-04")
            .with("status", json!("onboarding"))
            .department(2, "Engineering")
            .supervisor(102),
        starts(person(113, "Ines", "Castro", ""), "2026-11-15").department(4, "Sales").supervisor(105),
    ]);
    personio.set_people(people);
    let document = play(&stage, "2026-12-01", "sample-plan");
    let plan = &document["plan"];
    assert_eq!(
        (ids(&plan["add"]), ids(&plan["update"]), ids(&plan["remove"])),
        (vec![111], vec![107, 108], vec![106, 109])
    );
}

#[test]
fn the_first_run_adds_everybody_who_belongs() {
    let mut people = at_work();
    people[9] = people[9].clone().with("status", json!("inactive"));
    people.push(person(111, "Ewa", "Nowak", "ewa.nowak@example.org").with("hire_date", json!("2999-01-04")));
    let personio = Personio::with(people);
    let stage = Stage::connected(&personio);
    assert!(!stage.mirror().exists());
    let document = play(&stage, "2026-12-01", "first-run");
    assert_eq!(ids(&document["plan"]["add"]), (101..=109).collect::<Vec<_>>());
    assert_eq!(document["counts"]["people"], 0);
}

#[test]
fn nothing_to_do_is_said_in_two_lines() {
    let personio = Personio::with(at_work());
    let document = play(&Stage::in_step(&personio), "2026-12-01", "nothing-to-do");
    for list in ["add", "update", "remove"] {
        assert_eq!(document["plan"][list], json!([]));
    }
    assert_eq!(
        document["counts"],
        json!({"people": 10, "groups": 11, "added": 0, "updated": 0, "removed": 0,
        "groups_added": 0, "groups_renamed": 0, "groups_removed": 0,
        "columns_added": 0, "columns_changed": 0, "columns_removed": 0, "layout_changed": 0})
    );
}

#[test]
fn one_joins_one_moves_one_leaves() {
    let personio = Personio::with(at_work());
    let stage = Stage::in_step(&personio);
    let mut people = at_work();
    people[3] = people[3].clone().department(4, "Sales").supervisor(105);
    people.remove(8);
    people
        .push(position(person(111, "Ewa", "Nowak", "ewa.nowak@example.org"), "Developer").department(2, "Engineering"));
    personio.set_people(people);
    let document = play(&stage, "2026-12-01", "joiner-mover-leaver");
    let plan = &document["plan"];
    assert_eq!(ids(&plan["add"]), [111]);
    assert_eq!(
        plan["update"],
        json!([{"id": 104, "changes": [
            {"field": "supervisor", "from": "102", "to": "105"},
            {"field": "department", "from": "Engineering", "to": "Sales"},
        ]}])
    );
    assert_eq!((ids(&plan["remove"]), &plan["remove"][0]["reason"]["kind"]), (vec![109], &json!("absent")));
    assert!(
        personio.requests().contains(&"GET /v1/company/employees/109".to_owned()),
        "nobody asked whether 109 is gone"
    );
}

#[test]
fn a_renamed_department_is_one_rename_and_no_moves() {
    // Not for so many that surveys would lose a group unseen.
    let company = |name: &str| -> Vec<Person> {
        let department = |id| if id <= 10 { (1, name) } else { (2, "Sales") };
        let one = |id| person(id, "Kim", "Fischer", &format!("kim.{id}@example.org"));
        (1..=40).map(|id| one(id).department(department(id).0, department(id).1)).collect()
    };
    let personio = Personio::with(company("Engineering"));
    let stage = Stage::in_step(&personio);
    personio.set_people(company("Research & Development"));
    let plan = &play(&stage, "2026-12-01", "department-renamed")["plan"];
    let rename = json!({"attribute": "department", "from": "Engineering", "to": "Research & Development"});
    assert_eq!(plan["groups"], json!({"add": [], "rename": [rename], "remove": []}));
    assert_eq!((&plan["add"], &plan["update"], &plan["remove"]), (&json!([]), &json!([]), &json!([])));
}

#[test]
fn two_people_swap_their_addresses() {
    let two = |first: &str, second: &str| [person(1, "Ada", "Klein", first), person(2, "Ada", "Kleine", second)];
    let personio = Personio::with(two("ada@example.org", "ada2@example.org"));
    let stage = Stage::in_step(&personio);
    personio.set_people(two("ada2@example.org", "ada@example.org"));
    let document = play(&stage, "2026-12-01", "addresses-swapped");
    assert_eq!(ids(&document["plan"]["update"]), [1, 2]);
    assert_eq!(stage.people(), [(1, "ada2@example.org".to_owned()), (2, "ada@example.org".to_owned())]);
}

#[test]
fn a_person_we_cannot_read_keeps_their_place() {
    let personio = Personio::with(at_work());
    let stage = Stage::in_step(&personio);
    let before = stage.contents();
    let mut people = at_work();
    people[1] = people[1].clone().with("email", json!({"address": "mehmet.yildiz@example.org"}));
    people[2] = people[2].clone().with("hire_date", json!("some day")).with("last_name", json!("Somebody else"));
    people[3] = people[3].clone().with("status", json!("resting"));
    people[4] = people[4].clone().with("first_name", json!(" "));
    people[5] = people[5].clone().with("supervisor", json!("Aylin Şahin"));
    personio.set_people(people);
    let document = play(&stage, "2026-12-01", "unreadable-people-kept");
    assert_eq!(kinds(&document), ["undecided", "undecided", "undecided", "undecided", "field_unreadable"]);
    assert_eq!(stage.contents(), before);
}

#[test]
fn whoever_returns_gets_their_import_id_back() {
    let number =
        |person: Person, number: &str| person.custom("dynamic_1", "Personnel number", "standard", json!(number));
    let numbered = || at_work().into_iter().enumerate().map(move |(at, person)| number(person, &format!("P-{at}")));
    let personio = Personio::with(numbered());
    let stage = Stage::new(&personio);
    stage.configure(&personio, "[people]\nimport_id = \"dynamic_1\"\n");
    stage.connect(&[]).expect(0);
    let import_id = || -> String {
        stage.sqlite().query_row("SELECT import_id FROM identities WHERE employee = 105", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(import_id(), "P-4");
    personio.set_people(numbered().filter(|person| person.id() != 105));
    stage.run(&["sync"]).expect(0);
    // Personio gives out another number, and Honestly cannot change import ids.
    personio.set_people(numbered().map(|person| match person.id() {
        105 => number(person, "P-99"),
        _ => person,
    }));
    let document = play(&stage, "2026-12-01", "returning-person");
    assert_eq!(document["plan"]["add"][0]["import_id"], "P-4");
    assert_eq!(kinds(&document), ["import_id_kept", "returned"]);
    assert_eq!(import_id(), "P-4");
}

#[test]
fn names_of_all_kinds_come_as_they_are() {
    let spelled = |gap: &str, ue: &str, oe: &str| {
        [
            person(1, &format!("J{ue}rgen"), &format!("Groß{gap}B{oe}lter"), "juergen@example.org")
                .department(1, &format!("B{ue}ro{gap}K{oe}ln")),
            person(2, "Siobhán", "O’Neil-D'Arcy", "siobhan.o'neil@example.org").department(2, "R&D \"Labs\", =1+1"),
            person(3, "שירה", "כהן", "shira@example.org").department(3, "תל אביב"),
            person(4, "👩‍💻 Robin", "İnce", "robin@example.org").department(4, "Team 🚀"),
            person(5, "美咲", "佐藤", "佐藤@例え.jp").department(5, "東京"),
        ]
    };
    let personio = Personio::with(spelled("  ", "u\u{308}", "o\u{308}"));
    let stage = Stage::connected(&personio);
    play(&stage, "2026-12-01", "names-of-all-kinds");
    let before = stage.contents();
    assert!(before.contains("Jürgen") && before.contains("Groß Bölter"), "{before}");
    personio.set_people(spelled("\u{a0}", "ü", "ö"));
    stage.run(&["sync"]).expect(0);
    assert_eq!(stage.contents(), before);
}
