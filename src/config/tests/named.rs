//! What stands in the configuration, from its text to a decision: what each name stood for on one day decides on the next one,
//! and what is called otherwise, or stands for nobody, is told with its line.

use chrono::NaiveDate;

use super::*;
use crate::roster::decide::eligibility::{Background, Calendar, has_left};
use crate::roster::decide::notes::Note;
use crate::roster::decide::screening::screen;
use crate::roster::decide::{Decision, decide};
use crate::roster::model::record::{Attributes, EmployeeId, Field, Record, Status, Value};
use crate::roster::plan::mirror::{Mirror, Presence};
use crate::roster::policy::{Seen, Who};
use crate::roster::voice::Told;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()
}

/// Somebody in the first department, with a text of their own.
fn person(id: i64) -> Record {
    let value = |id, text: &str| vec![Value { id, text: text.into() }];
    let attributes =
        [("department", value(Some(1), "Sales")), ("gender", value(None, "x")), ("dynamic_1", value(None, "Lead"))];
    Record {
        first_name: Field::Known("Ada".into()),
        last_name: Field::Known(format!("Name{id}")),
        email: Field::Known(format!("{id}@x.de")),
        status: Field::Known(Status::Active),
        hire_date: Field::Known(NaiveDate::from_ymd_opt(2020, 1, 1).unwrap()),
        termination_date: Field::Blank,
        supervisor: Field::Blank,
        attributes: Attributes::new(attributes.map(|(key, values)| (AttributeKey::new(key), values))),
        ..Record::withheld(EmployeeId(id))
    }
}

fn with_address(id: i64, address: &str) -> Record {
    Record { email: Field::Known(address.to_owned()), ..person(id) }
}

fn in_department(record: Record, id: i64, name: &str) -> Record {
    let department = [(AttributeKey::new("department"), vec![Value { id: Some(id), text: name.into() }])];
    let others = record.attributes.keys().filter(|key| key.as_str() != "department").cloned().collect::<Vec<_>>();
    let others = others.into_iter().map(|key| (key, vec![Value { id: None, text: "x".into() }]));
    Record { attributes: Attributes::new(department.into_iter().chain(others)), ..record }
}

fn left(record: Record) -> Record {
    Record { status: Field::Known(Status::Inactive), ..record }
}

/// What a run does between Personio and the guard.
fn run(config: &Config, mirror: &Mirror, records: &[Record]) -> Decision {
    let attribute = |key: &str, label: &str| Attribute {
        key: AttributeKey::new(key),
        label: label.to_owned(),
        universal_id: None,
        kind: Kind::List,
    };
    let readable =
        [attribute("department", "Abteilung"), attribute("gender", "Gender"), attribute("dynamic_1", "Role")];
    let readable = if config.needs_labels() { &readable[..] } else { &[] };
    let calendar = Calendar::Known(today());
    let listed = |policy: &_| {
        let mut seen = Seen::default();
        for record in records {
            let has_left = has_left(policy, Background { calendar, presence: Presence::Never }, record);
            seen.add(policy, mirror, record, has_left);
        }
        seen
    };
    let policy = config.policy(readable, &mirror.names).unwrap();
    let seen = listed(&policy);
    let mut policy = policy.renewed(mirror, &seen, |_| false).unwrap_or(policy);
    policy.learn(&listed(&policy));
    let asked_for = policy.asked_for();
    let own = ["first_name", "last_name", "email", "status", "hire_date", "termination_date", "supervisor"];
    let carried = own.into_iter().chain(["department", "gender", "dynamic_1"]).map(AttributeKey::new);
    let carried = carried.filter(|key| asked_for.contains(key)).collect();
    let findings =
        records.iter().map(|record| (record.id, screen(&policy, calendar, mirror, record.clone()))).collect();
    decide(&policy, mirror, findings, carried, &Default::default()).expect("consistent")
}

/// Everybody with their department, and the columns.
fn file(decision: &Decision) -> String {
    let people = &decision.desired.people;
    let line = |employee: &std::sync::Arc<crate::roster::model::snapshot::Employee>| {
        format!("{}:{}", employee.id, people.value_of(employee, "department").unwrap_or_default())
    };
    people.employees().iter().map(line).collect::<Vec<_>>().join(" ")
}

/// What is told but for attributes that the account does not release.
fn told(decision: &Decision) -> Vec<String> {
    decision.notes.iter().filter(|note| !matches!(note, Note::NotReleased { .. })).map(Note::logged).collect()
}

#[test]
fn what_a_name_stood_for_is_meant_and_what_stands_for_nobody_is_told_with_its_line() {
    let sales = |id| in_department(person(id), 1, "Sales");
    let called = |id, name| in_department(person(id), 1, name);
    let other = |id, name| in_department(person(id), 2, name);
    let blank = || Record { email: Field::Blank, ..person(1) };
    let line = |line: usize| format!("(line {line} of the configuration)");
    let exclude = "[people]\nexclude = [\"1@x.de\"]";
    let placeholder = format!("{exclude}\nwithout_email = \"placeholder\"\nplaceholder_domain = \"none.de\"");
    let filter = "[people]\ndepartments = [\"Sales\"]";
    let both = "[people]\ndepartments = [\"Sales\", \"Vertrieb\"]";
    let mapped = "[groups]\ndepartment = { values = { \"Sales\" = \"A\" } }";
    let cases: [(&str, Vec<Record>, Vec<Record>, &str, &[&str]); 20] = [
        // configuration; yesterday's and today's records; who is in today's file; what today's notes say
        (
            exclude,
            vec![person(1), person(2)],
            vec![with_address(1, "2@x.de"), with_address(2, "1@x.de")],
            "2:Sales",
            &[
                "exclude: the address still stands for the employee who had it and has another one now: write their id instead, 1",
                "exclude: somebody else has this address and is not meant",
            ],
        ),
        (
            exclude,
            vec![person(1), person(2)],
            vec![with_address(1, "married@x.de"), person(2)],
            "2:Sales",
            &["write their id instead, 1"],
        ),
        (&placeholder, vec![person(1), person(2)], vec![blank(), person(2)], "2:Sales", &[]),
        // Whoever has it first is meant, also where they come after somebody who left.
        (exclude, vec![person(2)], vec![person(2), with_address(3, "1@x.de")], "2:Sales", &[]),
        (
            exclude,
            vec![person(1), person(2)],
            vec![left(person(1)), person(2), with_address(3, "1@x.de")],
            "2:Sales",
            &[],
        ),
        (exclude, vec![person(1), person(2)], vec![person(2), with_address(3, "1@x.de")], "2:Sales", &[]),
        (exclude, vec![], vec![person(2)], "2:Sales", &["exclude: no employee has this address"]),
        ("[people]\nexclude = [99]", vec![], vec![person(2)], "2:Sales", &["exclude: Personio lists no employee 99"]),
        (
            filter,
            vec![sales(1), other(2, "Ops")],
            vec![called(1, "Ops"), other(2, "Sales")],
            "1:Ops",
            &[
                "departments: \"Sales\" is called \"Ops\" at Personio now: write that instead",
                "departments: another department is called \"Sales\" at Personio too and does not count",
            ],
        ),
        (
            both,
            vec![sales(1)],
            vec![called(1, "Vertrieb"), other(2, "Ops")],
            "1:Vertrieb",
            &["\"Sales\" is called \"Vertrieb\""],
        ),
        (
            mapped,
            vec![sales(1)],
            vec![called(1, "Vertrieb")],
            "1:A",
            &["values of department: \"Sales\" is called \"Vertrieb\""],
        ),
        (
            mapped,
            vec![sales(1)],
            vec![called(1, "Ops"), other(2, "Sales")],
            "1:A 2:Sales",
            &[
                "values of department: \"Sales\" is called \"Ops\"",
                "values of department: another department is called \"Sales\"",
            ],
        ),
        // Two names come to be one department's.
        (
            "[groups]\ndepartment = { values = { \"Zeta\" = \"Z\", \"Alpha\" = \"A\" } }",
            vec![called(1, "Zeta")],
            vec![called(1, "Alpha")],
            "1:Z",
            &["values of department: \"Zeta\" is called \"Alpha\""],
        ),
        (
            "[groups]\ndepartment = { values = { \"Slaes\" = \"A\" } }",
            vec![],
            vec![sales(1)],
            "1:Sales",
            &["values of department: nobody has \"Slaes\"; did you mean \"Sales\"?"],
        ),
        (
            "[groups]\ndynamic_999 = \"Squad\"",
            vec![],
            vec![sales(1)],
            "1:Sales",
            &["no employee has the attribute \"dynamic_999\""],
        ),
        (
            "[people]\nlanguage = { attribute = \"dynamic_9\", default = \"de\" }",
            vec![],
            vec![sales(1)],
            "1:Sales",
            &["no employee has the attribute \"dynamic_9\""],
        ),
        (
            "[people]\nimport_id = \"dynamic_9\"",
            vec![],
            vec![sales(1), sales(2), sales(3)],
            "",
            &["no employee has the attribute \"dynamic_9\""],
        ),
        (
            "[groups]\n\"Gendr\" = false",
            vec![],
            vec![sales(1)],
            "1:Sales",
            &[
                "no employee has the attribute \"Gendr\": it is not released for the credential, or there is none; did you mean \"Gender\"?",
            ],
        ),
        ("[groups]\n\"Gender\" = false", vec![], vec![sales(1)], "1:Sales", &[]),
        // Personio's labels are in another language.
        ("[groups]\n\"Department\" = { values = { \"Sales\" = \"A\" } }", vec![], vec![sales(1)], "1:A", &[]),
    ];
    for (text, yesterday, today, expected, notes) in cases {
        let environment = Environment { home: Some(PathBuf::from("/home/ada")), ..Environment::default() };
        let config = super::super::validate::build(text, None, environment).unwrap();
        let mut mirror = Mirror::default();
        if !yesterday.is_empty() {
            let decision = run(&config, &mirror, &yesterday);
            mirror = Mirror { feed: decision.desired, names: decision.grounds.names, ..mirror };
        }
        let decision = run(&config, &mirror, &today);
        assert_eq!(file(&decision), expected, "{text} {today:?}");
        let told = told(&decision);
        let (of_lines, others): (Vec<&String>, Vec<&String>) = told.iter().partition(|note| note.ends_with(&line(2)));
        assert_eq!(of_lines.len(), notes.len(), "{text}: {told:?}");
        for note in notes {
            assert!(of_lines.iter().any(|told| told.contains(note)), "{text}: {note} in {told:?}");
        }
        match text.contains("import_id") {
            true => assert!(
                others[0].starts_with("dynamic_9, which gives import ids, is in nobody's record") && others.len() == 1,
                "{others:?}"
            ),
            false => assert_eq!(others, [] as [&String; 0], "{text}"),
        }
        let has_gender = decision
            .desired
            .columns
            .header_of(&crate::roster::feed::Source::Group(AttributeKey::new("gender")))
            .is_some();
        assert_eq!(has_gender, !text.contains("Gender"), "{text}");
    }
}

#[test]
fn whoever_is_not_listed_for_a_while_is_meant_when_they_are_back() {
    let days = |text: &str, days: &[Vec<Record>]| {
        let environment = Environment { home: Some(PathBuf::from("/home/ada")), ..Environment::default() };
        let config = super::super::validate::build(text, None, environment).unwrap();
        let next = |mirror: Mirror, day: &Vec<Record>| {
            let decision = run(&config, &mirror, day);
            Mirror { feed: decision.desired, names: decision.grounds.names, ..mirror }
        };
        days.iter().fold(Mirror::default(), next)
    };
    let heir = || with_address(3, "1@x.de");
    let unlisted =
        [vec![person(1), person(2)], vec![person(2), heir()], vec![with_address(1, "4@x.de"), person(2), heir()]];
    let ids: Vec<EmployeeId> = days("[people]\nexclude = [\"1@x.de\"]", &unlisted).feed.people.ids().to_vec();
    assert_eq!(ids, [EmployeeId(2)]);
    // Of somebody who is in, only evidence tells that they are gone.
    let required = days("[guard]\nmust_include = [\"1@x.de\"]", &unlisted[..2]);
    assert_eq!(required.names.people(Who::parse("1@x.de").named()), [EmployeeId(1)].into());
}
