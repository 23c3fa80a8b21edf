//! Columns that come, go, or get another source: what is kept of whom, and which cells are told to change.

use super::*;
use crate::roster::feed::Source;
use crate::roster::model::snapshot::Memberships;

/// For how many people the note says so.
fn unknown_cells(decision: &Decision) -> Vec<usize> {
    let people = |note: &Note| match note {
        Note::CellsUnknown { people, .. } => Some(*people),
        _ => None,
    };
    decision.notes.iter().filter_map(people).collect()
}

#[test]
fn a_column_that_comes_back_says_nothing_from_the_past() {
    let policies = [policy(), samples::policy(vec![]), policy()];
    let office = |name| with(1, "office", vec![text(name)]);
    let mut mirror = mirrored(&policies[0], [vec![office("Berlin"), with(2, "office", vec![text("Berlin")])]]);
    for (policy, cell) in policies.iter().skip(1).zip([None, Some("")]) {
        let decision = decided(policy, &mirror, vec![unclear(office("Berlin")), with(2, "office", vec![text("Bonn")])]);
        let Feed { columns, people } = &decision.desired;
        let source = Source::Group(AttributeKey::new("office"));
        let own =
            columns.header_of(&source).map(|_| people.value_of(&people.employees()[0], "office").unwrap_or_default());
        assert_eq!(own.as_deref(), cell);
        assert_eq!(people.employees()[0].groups, Memberships::default());
        let note = Note::CellsUnknown { header: "office".to_owned(), people: 1 };
        assert_eq!(decision.notes.contains(&note), cell.is_some());
        mirror.feed = decision.desired;
    }
}

#[test]
fn another_attribute_for_the_language_is_another_column() {
    let speaks = |id, key: &str, code| with(id, key, vec![text(code)]);
    let by =
        |key: &str| LanguageRule::Attribute { key: AttributeKey::new(key), values: BTreeMap::new(), default: None };
    let french = || LanguageRule::Everyone(Language::new("fr").unwrap());
    let cases: [(LanguageRule, Record, Option<&str>, usize, &[usize]); 6] = [
        (by("lang"), unclear(record(1)), Some("de"), 0, &[]),
        (by("lang"), record(1), Some("de"), 0, &[]),
        (by("tongue"), unclear(record(1)), None, 1, &[1]),
        (by("tongue"), record(1), None, 1, &[1]),
        (by("tongue"), speaks(1, "tongue", "nl"), Some("nl"), 1, &[]),
        (french(), unclear(record(1)), Some("fr"), 1, &[]),
    ];
    let mirror =
        mirrored(&samples::speaking(policy(), by("lang")), [vec![speaks(1, "lang", "de"), speaks(2, "lang", "de")]]);
    for (language, first, expected, changed, told) in cases {
        let key = language.attribute().map_or("lang", AttributeKey::as_str).to_owned();
        let policy = samples::speaking(policy(), language);
        let decision = decided(&policy, &mirror, vec![first.clone(), speaks(2, &key, "en")]);
        let is = decision.desired.people.employees()[0].language;
        let columns = Plan::between(&mirror.feed, &decision.desired).columns().len();
        let told_now = unknown_cells(&decision);
        assert_eq!((is, columns, &told_now[..]), (expected.and_then(Language::new), changed, told), "{key} {first:?}");
    }
}

#[test]
fn only_cells_that_change_are_told() {
    let named = |key: &str| {
        let policy = samples::policy(vec![samples::rule(key)]);
        Policy { columns: samples::columns(&[("Where", key)]), ..policy }
    };
    let at = |id, key, name| with(id, key, vec![text(name)]);
    let both = |first: Record, second: Record| vec![first, second];
    let cases: [(Policy, Policy, Vec<Record>, Vec<Record>, &[usize]); 6] = [
        // What is released to nobody is blank for everybody.
        (
            samples::policy(vec![]),
            named("office"),
            both(record(1), record(2)),
            both(record(1), unclear(record(2))),
            &[],
        ),
        (
            samples::policy(vec![]),
            named("office"),
            both(record(1), record(2)),
            both(record(1), at(2, "office", "Bonn")),
            &[1],
        ),
        (
            samples::policy(vec![]),
            named("office"),
            both(record(1), record(2)),
            both(unclear(record(1)), at(2, "office", "Bonn")),
            &[1],
        ),
        // Newcomers have no cell that could change.
        (samples::policy(vec![]), named("office"), vec![record(2)], both(record(1), at(2, "office", "Bonn")), &[]),
        // The header stays, and with it what stood below it.
        (
            named("team"),
            named("office"),
            both(at(1, "team", "A"), record(2)),
            both(record(1), unclear(record(2))),
            &[1],
        ),
        (
            named("team"),
            named("office"),
            both(record(1), at(2, "team", "A")),
            both(record(1), at(2, "office", "Bonn")),
            &[],
        ),
    ];
    for (before, after, then, now, told) in cases {
        let mirror = mirrored(&before, [then]);
        assert_eq!(unknown_cells(&decided(&after, &mirror, now.clone())), told, "{now:?}");
    }
}

#[test]
fn what_is_mapped_to_nothing_is_blank_for_whoever_is_kept_too() {
    let mapped = |values: &[(&str, &str)]| {
        let policy = policy();
        Policy { groups: vec![rule("office", Several::Joined, values)], ..policy }
    };
    let at = |id, values: Vec<Value>| with(id, "office", values);
    let (bonn, both) = (|| vec![text("Bonn")], || vec![text("Bonn"), text("Trier")]);
    let numbered = || vec![numbered(7, "Bonn")];
    let nothing: &[(&str, &str)] = &[("Bonn", "")];
    let cases: [(&[(&str, &str)], Vec<Value>, Record, Record, &str); 9] = [
        (nothing, bonn(), unclear(record(1)), record(2), ""),
        (nothing, bonn(), record(1), at(2, vec![text("Trier")]), ""),
        (nothing, bonn(), unclear(record(1)), at(2, bonn()), ""),
        (nothing, numbered(), unclear(record(1)), at(2, numbered()), ""),
        (nothing, numbered(), record(1), at(2, numbered()), ""),
        // By nobody's text it is known whether theirs is mapped.
        (nothing, numbered(), unclear(record(1)), at(2, vec![text("Trier")]), "Bonn"),
        (nothing, both(), unclear(record(1)), record(2), "Bonn, Trier"),
        (&[("Bonn", ""), ("Trier", " ")], both(), unclear(record(1)), record(2), ""),
        (&[("Bonn", "B")], bonn(), unclear(record(1)), at(2, bonn()), "B"),
    ];
    for (values, own, first, second, expected) in cases {
        let mirror = mirrored(&policy(), [vec![at(1, own), record(2)]]);
        let decision = decided(&mapped(values), &mirror, vec![first.clone(), second.clone()]);
        let people = &decision.desired.people;
        let cell = people.value_of(&people.employees()[0], "office").unwrap_or_default();
        assert_eq!(cell, expected, "{values:?} {first:?} {second:?}");
        assert!(people.groups().all(|group| !group.name.is_empty()), "{values:?} {first:?} {second:?}");
    }
}
