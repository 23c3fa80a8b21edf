//! Rules about people and groups that no law covers, as tables: what is sent, and what follows.

mod columns;
mod doubt;
mod identity;

use chrono::NaiveDate;

use super::*;
use crate::roster::model::language::Language;
use crate::roster::model::record::{Attributes, Field};
use crate::roster::model::record::{Record, Status, Value};
use crate::roster::model::snapshot::LONGEST_VALUE;
use crate::roster::model::text::fold;
use crate::roster::plan::{Plan, Tally};
use crate::roster::policy::{GroupRule, ImportIdSource, LanguageRule, Several};
use crate::roster::samples;

const TODAY: &str = "2026-11-23";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn policy() -> Policy {
    samples::policy(vec![samples::rule("office")])
}

fn rule(key: &str, several: Several, values: &[(&str, &str)]) -> GroupRule {
    let values = values.iter().map(|(from, to)| (fold(from).into_owned(), (*to).to_owned())).collect();
    GroupRule { attribute: AttributeKey::new(key), values, several, bands: None }
}

fn text(text: &str) -> Value {
    Value { id: None, text: text.into() }
}

fn numbered(id: i64, text: &str) -> Value {
    Value { id: Some(id), text: text.into() }
}

/// Somebody at work. With id 1 the address is `a1@x.de`.
fn record(id: i64) -> Record {
    Record {
        first_name: Field::Known("Ada".into()),
        last_name: Field::Known("Lovelace".into()),
        email: Field::Known(format!("a{id}@x.de")),
        status: Field::Known(Status::Active),
        hire_date: Field::Known(day("2020-01-01")),
        termination_date: Field::Blank,
        supervisor: Field::Blank,
        ..Record::withheld(EmployeeId(id))
    }
}

fn with(id: i64, key: &str, values: Vec<Value>) -> Record {
    Record { attributes: Attributes::new([(AttributeKey::new(key), values)]), ..record(id) }
}

fn called(id: i64, email: &str) -> Record {
    Record { email: Field::Known(email.into()), ..record(id) }
}

fn led(id: i64, supervisor: i64) -> Record {
    Record { supervisor: Field::Known(EmployeeId(supervisor)), ..record(id) }
}

fn unclear(record: Record) -> Record {
    Record { status: Field::Known(Status::Other("resting".into())), ..record }
}

fn gone(mut record: Record) -> Record {
    record.termination_date = Field::Known(day("2026-11-22"));
    record
}

fn decided(policy: &Policy, mirror: &Mirror, records: Vec<Record>) -> Decision {
    let listed: BTreeSet<EmployeeId> = records.iter().map(|record| record.id).collect();
    let mirrored = mirror.feed.people.employees().iter().map(|employee| employee.id);
    let absences = mirrored
        .filter(|id| !listed.contains(id))
        .map(|id| (id, crate::roster::decide::reasons::Absence::Gone))
        .collect();
    samples::decide(policy, day(TODAY), mirror, records, &absences).unwrap()
}

/// The mirror after runs with these records, one after the other.
fn mirrored<const N: usize>(policy: &Policy, runs: [Vec<Record>; N]) -> Mirror {
    let mut mirror = Mirror::default();
    for records in runs {
        let decision = decided(policy, &mirror, records);
        mirror.departed = samples::departed(&mirror, &decision);
        mirror.readable = decision.grounds.readable;
        mirror.placeholders = decision.grounds.placeholders;
        mirror.feed = decision.desired;
    }
    mirror
}

fn group_names(decision: &Decision) -> Vec<String> {
    decision.desired.people.names().into_iter().map(|(_, name)| name.to_owned()).collect()
}

fn kinds(decision: &Decision) -> Vec<(&'static str, i64)> {
    decision.notes.iter().map(|note| (note.kind(), note.employee().map_or(0, |id| id.0))).collect()
}

fn undecided(decision: &Decision) -> Vec<(i64, Problem, Place)> {
    decision.undecided().map(|(id, problem, place)| (id.0, problem.clone(), place)).collect()
}

#[test]
fn spellings_that_differ_only_in_case_are_the_one_mirrored_first() {
    let cases: [(&[&str], &[&str], &str, usize); 7] = [
        // mirrored, sent now, name, notes
        (&[], &["Sales", " Sales ", "Sales"], "Sales", 0),
        (&[], &["SALES", "Sales", "Sales"], "Sales", 1),
        (&[], &["sales", "Sales"], "Sales", 1),
        (&[], &["SALES", "Sales", "sales", "Sales"], "Sales", 2),
        (&["SALES"], &["Sales", "Sales", "SALES"], "SALES", 1),
        (&["sales"], &["Sales", "Sales"], "Sales", 0),
        (&["Mu\u{308}ller"], &["M\u{fc}ller", "M\u{dc}LLER"], "M\u{fc}ller", 1),
    ];
    let policy = samples::policy(vec![rule("position", Several::Joined, &[])]);
    for (before, now, name, others_told) in cases {
        let records =
            |sent: &[&str]| (1..).zip(sent).map(|(id, sent)| with(id, "position", vec![text(sent)])).collect();
        let mirror = mirrored(&policy, [records(before)]);
        let decision = decided(&policy, &mirror, records(now));
        assert_eq!(group_names(&decision), [name], "{before:?} {now:?}");
        let told = decision.notes.iter();
        let others = told.map(|note| if let Note::SpellingVariants { others, .. } = note { *others } else { 0 });
        assert_eq!(others.sum::<usize>(), others_told, "{before:?} {now:?}");
        assert!(decision.desired.people.employees().iter().all(|employee| employee.groups.iter().count() == 1));
    }
}

#[test]
fn a_value_of_more_than_a_hundred_characters_is_left_out_and_never_cut() {
    let tags = |count: usize| (0..count).map(|at| text(&format!("{at:09}"))).collect::<Vec<_>>();
    let cases = [
        // sent, groups, characters told
        (vec![text(&"x".repeat(100))], 1, None),
        (vec![text(&"x".repeat(101))], 0, Some(101)),
        (vec![text(&"ü".repeat(100))], 1, None),
        (vec![text(&"u\u{308}".repeat(100))], 1, None),
        (vec![text(&"u\u{308}".repeat(101))], 0, Some(101)),
        (vec![text(&format!("  {}  ", "x".repeat(100)))], 1, None),
        // Nine characters, with a comma and a space between any two values.
        (tags(9), 1, None),
        (tags(10), 0, Some(108)),
    ];
    let policy = samples::policy(vec![rule("tags", Several::Joined, &[])]);
    for (sent, groups, characters) in cases {
        let decision = decided(&policy, &Mirror::default(), vec![with(1, "tags", sent.clone())]);
        assert_eq!(decision.desired.people.groups().len(), groups, "{sent:?}");
        let told: Vec<usize> = decision
            .notes
            .iter()
            .filter_map(|note| if let Note::ValueTooLong { characters, .. } = note { Some(*characters) } else { None })
            .collect();
        assert_eq!(told, Vec::from_iter(characters), "{sent:?}");
        assert!(decision.desired.people.groups().all(|group| group.name.chars().count() <= LONGEST_VALUE));
    }
    // With `Split`, several groups share one cell.
    let policy = samples::policy(vec![rule("tags", Several::Split, &[])]);
    for (second, groups) in [(49, 2), (50, 0)] {
        let sent = vec![text(&"x".repeat(49)), text(&"y".repeat(second))];
        let decision = decided(&policy, &Mirror::default(), vec![with(1, "tags", sent)]);
        assert_eq!(decision.desired.people.employees()[0].groups.iter().count(), groups, "{second}");
    }
}

#[test]
fn several_values_are_one_sorted_value_or_a_membership_each() {
    let hr = [("HR", "Human Resources")];
    let cases: [(Several, &[&str], &[&str]); 6] = [
        (Several::Joined, &["rust", "go"], &["go, rust"]),
        (Several::Joined, &["go", "rust", "go "], &["go, rust"]),
        (Several::Joined, &["hr", "Berlin"], &["Berlin, Human Resources"]),
        (Several::Split, &["rust", "go"], &["go", "rust"]),
        (Several::Split, &["Hr", "Human  Resources", "go"], &["Human Resources", "go"]),
        (Several::Split, &[" ", "go"], &["go"]),
    ];
    for (several, sent, expected) in cases {
        let policy = samples::policy(vec![rule("tags", several, &hr)]);
        let record = with(1, "tags", sent.iter().copied().map(text).collect());
        let decision = decided(&policy, &Mirror::default(), vec![record]);
        assert_eq!(group_names(&decision), expected, "{sent:?}");
    }
}

#[test]
fn an_office_is_known_by_its_id() {
    let sales = || vec![with(1, "office", vec![numbered(7, "Sales")]), with(2, "office", vec![numbered(8, "Ops")])];
    let cases: [(Vec<Record>, usize, (usize, usize, usize)); 7] = [
        // sent now, people changed, groups (added, renamed, removed)
        // A known id has its known name.
        (vec![with(1, "office", vec![numbered(7, "")]), with(2, "office", vec![numbered(8, "Ops")])], 0, (0, 0, 0)),
        (vec![with(1, "office", vec![numbered(8, " ")]), with(2, "office", vec![numbered(8, "Ops")])], 1, (0, 0, 1)),
        (
            vec![
                with(1, "office", vec![numbered(7, "")]),
                with(2, "office", vec![numbered(8, "Ops")]),
                with(3, "office", vec![numbered(7, "Revenue")]),
            ],
            0,
            (0, 1, 0),
        ),
        (
            vec![with(1, "office", vec![numbered(7, "Revenue")]), with(2, "office", vec![numbered(8, "Ops")])],
            0,
            (0, 1, 0),
        ),
        // Two offices swap their names.
        (
            vec![with(1, "office", vec![numbered(7, "Ops")]), with(2, "office", vec![numbered(8, "Sales")])],
            0,
            (0, 2, 0),
        ),
        // A new office with the old name is another value, and the same group.
        (
            vec![with(1, "office", vec![numbered(9, "Sales")]), with(2, "office", vec![numbered(8, "Ops")])],
            1,
            (0, 0, 0),
        ),
        // Two offices with one name are one group, and nobody has moved.
        (vec![with(1, "office", vec![numbered(7, "Ops")]), with(2, "office", vec![numbered(8, "Ops")])], 0, (0, 1, 0)),
    ];
    let policy = policy();
    let mirror = mirrored(&policy, [sales()]);
    for (now, people, groups) in cases {
        let decision = decided(&policy, &mirror, now.clone());
        let plan = Plan::between(&mirror.feed, &decision.desired);
        let counts = plan.counts();
        assert_eq!(counts.people.changed, people, "{now:?}");
        let Tally { added, changed, removed } = counts.groups;
        assert_eq!((added, changed, removed), groups, "{now:?}");
    }
}

#[test]
fn a_supervisor_is_somebody_who_is_in() {
    let future = |id| Record { hire_date: Field::Known(day("2026-12-01")), ..record(id) };
    let cases: [(&str, Vec<Record>, &[(i64, Option<i64>)], &[(&str, i64)]); 7] = [
        ("in", vec![record(1), led(2, 1)], &[(1, None), (2, Some(1))], &[]),
        ("unknown to Personio", vec![led(2, 9), led(3, 9)], &[(2, None), (3, None)], &[("supervisor_not_in", 9)]),
        ("left", vec![gone(record(1)), led(2, 1)], &[(2, None)], &[("supervisor_not_in", 1)]),
        ("not yet in", vec![future(1), led(2, 1)], &[(2, None)], &[("supervisor_not_in", 1)]),
        ("oneself", vec![led(1, 1)], &[(1, None)], &[("supervisor_cycle", 1)]),
        (
            "a cycle",
            vec![led(1, 2), led(2, 3), led(3, 1), led(4, 1)],
            &[(1, None), (2, None), (3, None), (4, Some(1))],
            &[("supervisor_cycle", 1), ("supervisor_cycle", 2), ("supervisor_cycle", 3)],
        ),
        (
            "left out",
            vec![called(1, "nonsense"), led(2, 1)],
            &[(2, None)],
            &[("undecided", 1), ("supervisor_not_in", 1)],
        ),
    ];
    for (what, records, expected, notes) in cases {
        let decision = decided(&policy(), &Mirror::default(), records);
        let supervisors: Vec<(i64, Option<i64>)> =
            decision.desired.people.employees().iter().map(|e| (e.id.0, e.supervisor.map(|id| id.0))).collect();
        assert_eq!(supervisors, expected, "{what}");
        assert_eq!(kinds(&decision), notes, "{what}");
    }
    // People may report to somebody who is kept in doubt.
    let mirror = mirrored(&policy(), [vec![record(1), led(2, 1)]]);
    let decision = decided(&policy(), &mirror, vec![called(1, "nonsense"), led(2, 1)]);
    assert_eq!(decision.desired.people.employee(EmployeeId(2)).unwrap().supervisor, Some(EmployeeId(1)));
}

#[test]
fn the_language_is_looked_up_or_the_default() {
    let code = |code: &str| Language::new(code);
    let rule = |default: Option<Language>| LanguageRule::Attribute {
        key: AttributeKey::new("tongue"),
        values: BTreeMap::from([("deutsch".to_owned(), code("de").unwrap())]),
        default,
    };
    let known = |value: &str| Some(vec![text(value)]);
    let cases = [
        // rule, sent (none: withheld), language, whether there is a note
        (LanguageRule::Unset, known("de"), None, false),
        (LanguageRule::Everyone(code("fr").unwrap()), known("de"), code("fr"), false),
        (rule(None), known(" deutsch "), code("de"), false),
        (rule(None), known("EN"), code("en"), false),
        (rule(None), known("Klingon"), None, true),
        (rule(code("en")), Some(vec![text("de"), text("fr")]), code("en"), true),
        (rule(code("en")), known("Klingon"), code("en"), true),
        (rule(code("en")), Some(Vec::new()), code("en"), false),
        (rule(code("en")), None, code("en"), false),
    ];
    for (language, sent, expected, noted) in cases {
        let record = sent.clone().map_or_else(|| record(1), |values| with(1, "tongue", values));
        let policy = samples::speaking(policy(), language.clone());
        let decision = decided(&policy, &Mirror::default(), vec![record]);
        assert_eq!(decision.desired.people.employees()[0].language, expected, "{language:?} {sent:?}");
        assert_eq!(!decision.notes.is_empty(), noted, "{language:?} {sent:?}");
    }
    let policy = samples::speaking(policy(), rule(code("en")));
    let mirror = mirrored(&policy, [vec![with(1, "tongue", vec![text("Deutsch")])]]);
    let withheld = decided(&policy, &mirror, vec![record(1)]);
    assert_eq!(withheld.desired.people.employees()[0].language, code("de"), "a withheld language stays");
}
