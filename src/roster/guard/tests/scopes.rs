//! Changes that look like people leaving: in what can be read, and in what the configuration says about who is in.

use super::*;
use crate::roster::decide::notes::Note;
use crate::roster::decide::reasons::Filter;
use crate::roster::plan::names::FilterValue;
use crate::roster::policy::name_changes::Mismatch;

#[test]
fn an_attribute_nobody_carries_any_more_is_held_unless_it_is_no_longer_asked_for() {
    let with = |readable: &[&str], asked_for: &[&str]| {
        let mut case = Case::removing(0, 3);
        case.mirror.scope = Some(scope("", &["department", "email", "status"]));
        case.decision.scope = scope("", readable);
        case.asked_for = keys(asked_for);
        case.judged()
    };
    let all = ["department", "email", "status"];
    assert_eq!(with(&all, &all), PASSES);
    assert_eq!(with(&["department", "email"], &all), ["withheld"]);
    assert_eq!(with(&["email"], &all), ["withheld", "withheld"]);
    assert_eq!(with(&["email", "status"], &["email", "status"]), PASSES);
    assert_eq!(with(&["department", "email", "status", "office"], &all), PASSES);
}

#[test]
fn a_changed_scope_alone_passes_and_together_with_a_removal_is_held() {
    let changes: [(&str, &[&str], &str); 3] = [
        ("only department {\"sales\"}\n", &["email"], "new: only department"),
        ("", &["email", "team"], "new: readable team"),
        ("on_leave Keep\n", &["email"], "new: on_leave Keep"),
    ];
    for (policy, readable, part) in changes {
        let with = |mut case: Case| {
            case.decision.scope = scope(policy, readable);
            case
        };
        assert_eq!(with(Case::adding(1, 300)).judged(), PASSES, "{part}");
        let held = with(Case::removing(1, 300));
        assert_eq!(held.judged(), ["scope_changed"], "{part}");
        let said = Guard::default().judge(&held.proposal(), &held.evidence())[0].to_string();
        assert!(said.contains(part), "{said}");
    }
    // Before the first run in step there is no scope to compare with.
    let mut first = Case::removing(1, 300);
    first.mirror.scope = None;
    first.decision.scope = scope("on_leave Keep\n", &[]);
    assert_eq!(first.judged(), PASSES);
    let mut filtered = Case::removing(1, 300);
    filtered.decision.excluded.insert(EmployeeId(1), Reason::OutOfScope(Filter::Exclude));
    assert_eq!(filtered.judged(), PASSES, "a person who moved out of the scope");
}

#[test]
fn a_filter_whose_name_stands_for_something_else_is_a_changed_scope() {
    let names = |ids: &[i64]| {
        let sales = FilterValue { attribute: AttributeKey::new("department"), name: "sales".to_owned() };
        let values =
            if ids.is_empty() { BTreeMap::new() } else { BTreeMap::from([(sales, ids.iter().copied().collect())]) };
        Names { values, ..Names::default() }
    };
    // A name that was not looked up before has not changed.
    for (before, after, expected) in [
        (&[1][..], &[1][..], None),
        (&[1], &[1, 2], Some("(no longer: department \"sales\" is 1; new: department \"sales\" is 1 or 2)")),
        (&[], &[1], None),
        (&[1], &[], None),
    ] {
        let mut case = Case::removing(1, 300);
        case.mirror.scope = Some(Scope { names: names(before), ..scope("", &["email"]) });
        case.decision.scope.names = names(after);
        let said = case.said();
        assert_eq!(said.len(), usize::from(expected.is_some()), "{said:?}");
        assert!(said.iter().all(|said| expected.is_some_and(|part| said.ends_with(part))), "{said:?}");
    }
}

#[test]
fn nobody_goes_by_a_filter_whose_value_is_in_doubt() {
    let department = AttributeKey::new("department");
    let by_the_filter = Reason::OutOfScope(Filter::Attribute(department.clone()));
    let nobodys =
        Note::Name(Mismatch::Nobody { attribute: department.clone(), value: "Slaes".to_owned(), alike: None });
    let another = Note::Name(Mismatch::Namesake { attribute: department, value: "Sales".to_owned() });
    let cases: [(i64, &Reason, &Note, &[&str]); 5] = [
        (1, &by_the_filter, &nobodys, &["filter_matches_nobody"]),
        (2, &by_the_filter, &nobodys, &["filter_matches_nobody"]),
        (0, &by_the_filter, &nobodys, &PASSES),
        (1, &by_the_filter, &another, &["filter_matches_nobody"]),
        // Whoever left is removed.
        (1, &Reason::Inactive, &nobodys, &PASSES),
    ];
    for (removed, reason, note, expected) in cases {
        let mut case = Case::removing(removed, 300);
        case.decision.excluded.values_mut().for_each(|excluded| *excluded = reason.clone());
        case.decision.notes = vec![note.clone()];
        assert_eq!(case.judged(), expected, "{removed} {reason:?} {note:?}");
    }
}
