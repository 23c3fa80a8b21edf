//! The decision table, and a check that `docs/who-is-in.md` agrees with it.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::roster::model::record::{Attributes, EmployeeId, Expected, Unreadable, Value};
use crate::roster::plan::names::Names;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const TODAY: &str = "2026-11-23";

/// Today, for somebody who was never in.
fn on(today: &str) -> Background {
    Background { calendar: Calendar::Known(day(today)), presence: Presence::Never }
}

fn policy() -> Policy {
    crate::roster::samples::policy(Vec::new())
}

fn person(hire: &str, termination: &str, status: &str) -> Record {
    let date = |text: &str| match text {
        "withheld" => Field::Withheld,
        "" => Field::Blank,
        text => Field::Known(day(text)),
    };
    let status = match status {
        "withheld" => Field::Withheld,
        "" => Field::Blank,
        "active" => Field::Known(Status::Active),
        "inactive" => Field::Known(Status::Inactive),
        "leave" => Field::Known(Status::Leave),
        "onboarding" => Field::Known(Status::Onboarding),
        other => Field::Known(Status::Other(other.to_owned())),
    };
    Record { hire_date: date(hire), termination_date: date(termination), status, ..Record::withheld(EmployeeId(1)) }
}

#[test]
fn the_decision_table() {
    let (past, yesterday, now, tomorrow) = ("2020-01-01", "2026-11-22", "2026-11-23", "2026-11-24");
    let left = || Eligibility::Out(Reason::LastDayPassed(day(yesterday)));
    let not_yet = || Eligibility::Out(Reason::NotYet(Some(day(tomorrow))));
    let missing_status = || Eligibility::Unclear(Problem::Missing(AttributeKey::new("status")));
    let cases = [
        // hire date, termination date, status, verdict
        (past, "", "active", Eligibility::In),
        (tomorrow, "", "onboarding", not_yet()),
        (tomorrow, "", "active", not_yet()),
        (tomorrow, "", "withheld", not_yet()),
        (tomorrow, "", "resting", not_yet()),
        (now, "", "onboarding", Eligibility::In),
        (now, "", "inactive", Eligibility::In),
        (now, "", "leave", Eligibility::In),
        (now, "", "resting", Eligibility::In),
        ("withheld", "", "onboarding", Eligibility::Out(Reason::NotYet(None))),
        ("", "", "onboarding", Eligibility::Out(Reason::NotYet(None))),
        (past, "", "onboarding", Eligibility::In),
        (past, now, "active", Eligibility::In),
        (past, now, "inactive", Eligibility::In),
        (past, tomorrow, "active", Eligibility::In),
        (past, yesterday, "active", left()),
        (past, yesterday, "leave", left()),
        (past, yesterday, "withheld", left()),
        (past, yesterday, "resting", left()),
        (now, yesterday, "active", Eligibility::Unclear(Problem::LastDayBeforeFirst(day(yesterday)))),
        (past, "", "inactive", Eligibility::Out(Reason::Inactive)),
        ("withheld", "withheld", "inactive", Eligibility::Out(Reason::Inactive)),
        (past, "", "leave", Eligibility::Out(Reason::OnLeave)),
        (past, tomorrow, "leave", Eligibility::Out(Reason::OnLeave)),
        (past, "", "resting", Eligibility::Unclear(Problem::UnknownStatus("resting".into()))),
        (past, tomorrow, "resting", Eligibility::Unclear(Problem::UnknownStatus("resting".into()))),
        (past, "", "", missing_status()),
        (past, "", "withheld", Eligibility::In),
        ("withheld", "withheld", "withheld", Eligibility::In),
    ];
    for (hire, termination, status, expected) in cases {
        let record = person(hire, termination, status);
        assert_eq!(eligibility(&policy(), on(TODAY), &record), expected, "{hire} {termination} {status}");
        let mut last = Eligibility::In;
        walk(&policy(), on(TODAY), &record, |_, result| match result {
            StepResult::NotAsked | StepResult::Silent => {}
            StepResult::Says(said) => last = said,
        });
        assert_eq!(last, expected, "what is explained is what decides");
    }
}

#[test]
fn a_record_that_contradicts_itself_decides_nothing() {
    let day_of = |text: &str| day(text);
    let before_first = |last_day| Eligibility::Unclear(Problem::LastDayBeforeFirst(day_of(last_day)));
    let long_active = |last_day| Eligibility::Unclear(Problem::StatusAfterLastDay(day_of(last_day)));
    let left = |last_day| Eligibility::Out(Reason::LastDayPassed(day_of(last_day)));
    let far_ahead = |first_day| Eligibility::Unclear(Problem::StatusBeforeFirstDay(day_of(first_day)));
    let not_yet = |first_day| Eligibility::Out(Reason::NotYet(Some(day_of(first_day))));
    let was_removed_for = |last_day| Presence::Departed(Some(day_of(last_day)));
    let (never, within) = (Presence::Never, Presence::In);
    let cases = [
        // hire date, termination date, status, what the mirror has, verdict
        ("2026-10-01", "2025-06-30", "active", within, before_first("2025-06-30")),
        ("2026-10-01", "2025-06-30", "active", never, before_first("2025-06-30")),
        ("2026-12-01", "2025-06-30", "onboarding", within, before_first("2025-06-30")),
        ("2026-10-01", "2025-06-30", "inactive", within, before_first("2025-06-30")),
        ("2026-10-01", "2025-06-30", "inactive", never, left("2025-06-30")),
        ("2026-10-01", "2025-06-30", "active", was_removed_for("2025-06-30"), left("2025-06-30")),
        ("2026-10-01", "2025-06-30", "active", Presence::Departed(None), before_first("2025-06-30")),
        ("2020-01-01", "0001-01-01", "active", within, before_first("0001-01-01")),
        ("2020-01-01", "1970-01-01", "active", within, before_first("1970-01-01")),
        ("", "1970-01-01", "active", within, long_active("1970-01-01")),
        ("2020-01-01", "2026-11-16", "active", within, left("2026-11-16")),
        ("2020-01-01", "2026-11-15", "active", within, long_active("2026-11-15")),
        ("2020-01-01", "2026-11-15", "active", never, long_active("2026-11-15")),
        ("2020-01-01", "2026-11-15", "active", was_removed_for("2026-11-15"), left("2026-11-15")),
        ("2020-01-01", "2026-11-15", "active", was_removed_for("2026-11-14"), long_active("2026-11-15")),
        ("2020-01-01", "2026-11-15", "inactive", within, left("2026-11-15")),
        ("2020-01-01", "2026-11-15", "leave", within, Eligibility::Out(Reason::OnLeave)),
        ("2020-01-01", "2026-11-16", "leave", within, left("2026-11-16")),
        ("2020-01-01", "2026-11-15", "withheld", within, left("2026-11-15")),
        ("2062-11-01", "", "active", within, far_ahead("2062-11-01")),
        ("9999-12-31", "", "leave", within, far_ahead("9999-12-31")),
        ("2026-12-01", "", "resting", within, far_ahead("2026-12-01")),
        ("2026-12-01", "", "", within, far_ahead("2026-12-01")),
        ("2026-12-01", "", "withheld", within, far_ahead("2026-12-01")),
        ("2026-12-01", "", "onboarding", within, not_yet("2026-12-01")),
        ("2026-12-01", "", "inactive", within, not_yet("2026-12-01")),
        ("2026-11-30", "", "active", within, not_yet("2026-11-30")),
        ("2062-11-01", "", "active", never, not_yet("2062-11-01")),
        ("2062-11-01", "", "active", Presence::Departed(None), not_yet("2062-11-01")),
    ];
    for (hire, termination, status, presence, expected) in cases {
        let background = Background { presence, ..on(TODAY) };
        let said = eligibility(&policy(), background, &person(hire, termination, status));
        assert_eq!(said, expected, "{hire} {termination} {status} {presence:?}");
    }
    // Leave that is kept contradicts a last day as work does.
    let kept = Policy { on_leave: OnLeave::Keep, ..policy() };
    for (presence, last_day, expected) in [
        (within, "2026-11-15", long_active("2026-11-15")),
        (never, "2026-11-15", long_active("2026-11-15")),
        (within, "2026-11-16", left("2026-11-16")),
        (was_removed_for("2026-11-15"), "2026-11-15", left("2026-11-15")),
        (was_removed_for("2026-11-14"), "2026-11-15", long_active("2026-11-15")),
    ] {
        let background = Background { presence, ..on(TODAY) };
        let said = eligibility(&kept, background, &person("2020-01-01", last_day, "leave"));
        assert_eq!(said, expected, "leave {last_day} {presence:?}");
    }
}

#[test]
fn people_on_leave_stay_where_the_policy_keeps_them() {
    let policy = Policy { on_leave: OnLeave::Keep, ..policy() };
    assert_eq!(eligibility(&policy, on(TODAY), &person("2020-01-01", "", "leave")), Eligibility::In);
}

#[test]
fn a_date_that_cannot_be_read_decides_nothing() {
    for key in ["hire_date", "termination_date", "status"] {
        let unreadable = Unreadable { attribute: AttributeKey::new(key), expected: Expected::Date };
        let record = Record {
            unreadable: vec![unreadable.clone()],
            status: Field::Withheld,
            ..person("2020-01-01", "", "withheld")
        };
        let expected = Eligibility::Unclear(Problem::Unreadable(unreadable));
        assert_eq!(eligibility(&policy(), on(TODAY), &record), expected, "{key}");
    }
    // Of a former employee who is not in, no date is asked for.
    for (key, status, termination, presence, is_asked) in [
        ("hire_date", "inactive", "2026-11-01", Presence::Never, false),
        ("hire_date", "inactive", "", Presence::Departed(None), false),
        ("hire_date", "inactive", TODAY, Presence::Never, true),
        ("hire_date", "inactive", "2026-11-01", Presence::In, true),
        ("hire_date", "active", "2026-11-22", Presence::Never, true),
        ("termination_date", "inactive", "withheld", Presence::Never, false),
        ("termination_date", "inactive", "withheld", Presence::In, true),
    ] {
        let unreadable = vec![Unreadable { attribute: AttributeKey::new(key), expected: Expected::Date }];
        let record = Record { unreadable, ..person("withheld", termination, status) };
        let said = eligibility(&policy(), Background { presence, ..on(TODAY) }, &record);
        assert_eq!(matches!(said, Eligibility::Unclear(_)), is_asked, "{key} {status} {termination} {presence:?}");
    }
    let another = Unreadable { attribute: AttributeKey::new("birthday"), expected: Expected::Date };
    let record = Record { unreadable: vec![another], ..person("2020-01-01", "", "active") };
    assert_eq!(eligibility(&policy(), on(TODAY), &record), Eligibility::In);
}

#[test]
fn filters_say_nothing_about_the_person() {
    let filter = ScopeFilter {
        attribute: AttributeKey::new("department"),
        allowed: ["sales", "müller & co", "aussendienst"].map(str::to_owned).into(),
    };
    let policy = Policy {
        exclude: ["7", "Ada@X.de"].map(|who| (Who::parse(who), BTreeSet::new())).into(),
        filters: vec![filter],
        ..policy()
    };
    let out = |filter| Eligibility::Out(Reason::OutOfScope(filter));
    let department = || Filter::Attribute(AttributeKey::new("department"));
    let in_department = |names: &[&str]| {
        let values = names.iter().map(|name| Value { id: Some(1), text: (*name).into() }).collect();
        Attributes::new(BTreeMap::from([(AttributeKey::new("department"), values)]))
    };
    let withheld = Eligibility::Unclear(Problem::FilterWithheld(AttributeKey::new("department")));
    let cases = [
        (1, "b@x.de", in_department(&["Sales"]), Eligibility::In),
        (1, "b@x.de", in_department(&[" SALES "]), Eligibility::In),
        (1, "b@x.de", in_department(&["Mu\u{308}ller  & Co"]), Eligibility::In),
        (1, "b@x.de", in_department(&["Sa\u{200d}les"]), Eligibility::In),
        (1, "b@x.de", in_department(&["MÜLLER \u{ff06} Co"]), Eligibility::In),
        (1, "b@x.de", in_department(&["Außendienst"]), Eligibility::In),
        (1, "b@x.de", in_department(&["HR"]), out(department())),
        (1, "b@x.de", in_department(&[]), out(department())),
        (1, "b@x.de", Attributes::default(), withheld),
        (7, "b@x.de", in_department(&["Sales"]), out(Filter::Exclude)),
        (1, "ada@x.DE", in_department(&["Sales"]), out(Filter::Exclude)),
        (1, "a\u{200b}da@x.de\u{a0}", in_department(&["Sales"]), out(Filter::Exclude)),
    ];
    for (id, email, attributes, expected) in cases {
        let record = Record {
            id: EmployeeId(id),
            email: Field::Known(email.to_owned()),
            attributes,
            ..person("2020-01-01", "", "active")
        };
        assert_eq!(eligibility(&policy, on(TODAY), &record), expected, "{id} {email}");
    }
}

#[test]
fn a_filter_goes_by_the_ids_it_knows_and_takes_nobody_out_for_a_missing_one() {
    let department = AttributeKey::new("department");
    let filter = |values: &[(&str, &[i64])]| ScopeFilter {
        attribute: department.clone(),
        allowed: values.iter().map(|(name, _)| (*name).to_owned()).collect(),
    };
    let names = |values: &[(&str, &[i64])]| {
        let known = values.iter().filter(|(_, ids)| !ids.is_empty());
        let known = known.map(|(name, ids)| ((*name).to_owned(), ids.iter().copied().collect())).collect();
        Names { values: BTreeMap::from([(department.clone(), known)]), ..Names::default() }
    };
    let in_doubt = |expected| {
        let unreadable = Unreadable { attribute: AttributeKey::new("department"), expected };
        Eligibility::Unclear(Problem::Unreadable(unreadable))
    };
    let (in_scope, doubt) = (Eligibility::In, in_doubt(Expected::ValueWithId));
    let nameless = in_doubt(Expected::NamedObject);
    let out = Eligibility::Out(Reason::OutOfScope(Filter::Attribute(AttributeKey::new("department"))));
    let (known, unknown): (&[(&str, &[i64])], &[(&str, &[i64])]) = (&[("sales", &[5]), ("hr", &[])], &[("sales", &[])]);
    let cases = [
        (known, Some(5), "Sales", &in_scope),
        (known, Some(5), "Vertrieb", &in_scope),
        (known, Some(9), "Sales", &out),
        (known, Some(9), "HR", &in_scope),
        (known, None, "Sales", &in_scope),
        (known, None, "Vertrieb", &doubt),
        (unknown, Some(9), "Sales", &in_scope),
        (unknown, None, "Sales", &in_scope),
        (unknown, None, "Vertrieb", &out),
        // Only the id was sent.
        (known, Some(5), "", &in_scope),
        (known, Some(9), " ", &nameless),
        (&[("sales", &[5])], Some(9), "", &out),
        (unknown, Some(9), "", &nameless),
    ];
    for (values, id, text, expected) in cases {
        let policy = Policy { filters: vec![filter(values)], names: names(values), ..policy() };
        let department = (AttributeKey::new("department"), vec![Value { id, text: text.into() }]);
        let record = Record { attributes: Attributes::new([department]), ..person("2020-01-01", "", "active") };
        assert_eq!(eligibility(&policy, on(TODAY), &record), *expected, "{id:?} {text}");
    }
}

#[test]
fn the_end_of_a_contract_is_not_the_end_of_an_employment() {
    let ended = Attributes::new([(
        AttributeKey::new("contract_end_date"),
        vec![Value { id: None, text: "2020-12-31".into() }],
    )]);
    let record = Record { attributes: ended, ..person("2020-01-01", "", "active") };
    assert_eq!(eligibility(&policy(), on(TODAY), &record), Eligibility::In);
}

/// The dates and statuses behind the words of the document; none where two words contradict each other.
fn spelled_out(first: &str, last: &str, status: &str) -> Option<Record> {
    let first_day = match first {
        "past" => "2020-01-01",
        "today" => TODAY,
        "up to 7 days ahead" => "2026-11-30",
        "more than 7 days ahead" => "2026-12-01",
        "empty" => "",
        "not released" => "withheld",
        _ => panic!("{first}"),
    };
    let known = !["empty", "not released"].contains(&first);
    let day_before;
    let last_day = match last {
        "before the first day" if known => {
            day_before = day(first_day).pred_opt().unwrap().to_string();
            day_before.as_str()
        }
        "before the first day" => return None,
        "more than 7 days ago" => "2026-11-15",
        "up to 7 days ago" => "2026-11-16",
        "today" => TODAY,
        "ahead" => "2027-01-31",
        "empty" => "",
        "not released" => "withheld",
        _ => panic!("{last}"),
    };
    let status = match status {
        "another" => "resting",
        "empty" => "",
        "not released" => "withheld",
        status => status,
    };
    let record = person(first_day, last_day, status);
    let contradicts = match (&record.hire_date, &record.termination_date) {
        (Field::Known(first), Field::Known(last)) => last < first,
        _ => false,
    };
    (!contradicts || last == "before the first day").then_some(record)
}

#[test]
fn the_document_says_what_is_decided() {
    const FIRST: [&str; 6] = ["past", "today", "up to 7 days ahead", "more than 7 days ahead", "empty", "not released"];
    const LAST: [&str; 7] =
        ["before the first day", "more than 7 days ago", "up to 7 days ago", "today", "ahead", "empty", "not released"];
    const STATUS: [&str; 7] = ["active", "leave", "onboarding", "inactive", "another", "empty", "not released"];
    let document = include_str!("../../../../docs/who-is-in.md");
    let table = document.lines().skip_while(|line| !line.starts_with("| First day |")).skip(2);
    let rows: Vec<Vec<&str>> = table
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let fits = |cell: &str, word: &str| cell == "any" || cell.split(" or ").any(|choice| choice == word);
    let mut used = BTreeSet::new();
    for (first, last, status) in FIRST
        .iter()
        .flat_map(|first| LAST.iter().flat_map(move |last| STATUS.iter().map(move |status| (*first, *last, *status))))
    {
        let Some(record) = spelled_out(first, last, status) else { continue };
        let row =
            rows.iter().position(|row| fits(row[0], first) && fits(row[1], last) && fits(row[2], status)).unwrap();
        used.insert(row);
        let said = match eligibility(&policy(), Background { presence: Presence::In, ..on(TODAY) }, &record) {
            Eligibility::In => "yes",
            Eligibility::Out(Reason::NotYet(_)) => "no, has not started",
            Eligibility::Out(Reason::LastDayPassed(_) | Reason::Inactive) => "no, has left",
            Eligibility::Out(Reason::OnLeave) => "no, on leave",
            Eligibility::Out(reason) => panic!("{reason:?}"),
            Eligibility::Unclear(_) => "undecided",
        };
        assert_eq!(said, rows[row][3], "{first}, {last}, {status}");
    }
    assert_eq!(used.len(), rows.len(), "every row decides about somebody");
}

#[test]
fn every_rule_has_a_word_and_a_sentence_of_its_own() {
    let policy = policy();
    let kinds: BTreeSet<&str> = rules(&policy).map(Rule::kind).collect();
    let sentences: BTreeSet<String> = rules(&policy).map(|rule| rule.to_string()).collect();
    assert_eq!((kinds.len(), sentences.len()), (13, 13));
}
