//! Changes that look like people leaving: in what can be read, and in what the configuration says about who is in.

use super::*;
use crate::roster::decide::notes::Note;
use crate::roster::decide::reasons::Filter;
use crate::roster::plan::scope::Scope;
use crate::roster::policy::name_changes::{Mismatch, Role};
use crate::roster::samples;

#[test]
fn an_attribute_nobody_carries_any_more_is_held_unless_it_is_no_longer_asked_for() {
    let with = |readable: &[&str], asked_for: &[&str]| {
        let mut case = Case::removing(0, 3);
        case.mirror.readable = keys(&["department", "email", "status"]);
        case.decision.grounds = grounds("", readable);
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
fn only_whom_an_edit_may_have_put_out_is_held_and_whenever_that_comes() {
    let excluding = |ids: &[i64]| Scope { excluded: ids.iter().copied().map(EmployeeId).collect(), ..Scope::default() };
    let with = |mut case: Case, before: Option<Scope>| {
        case.decision.excluded.values_mut().for_each(|reason| *reason = Reason::OutOfScope(Filter::Exclude));
        case.decision.grounds.scope = excluding(&[1, 2]);
        match before {
            None => case.mirror.scopes.clear(),
            Some(before) => case.mirror.scopes.values_mut().for_each(|scope| *scope = Arc::new(before.clone())),
        }
        case
    };
    let removals = |case: &Case| match &Guard::default().judge(&case.proposal(), &case.evidence())[..] {
        [Rule::ScopeChanged { removals, differences }] => (*removals, differences.len()),
        rules => panic!("{rules:?}"),
    };
    assert_eq!(with(Case::adding(1, 300), Some(excluding(&[]))).judged(), PASSES);
    assert_eq!(removals(&with(Case::removing(2, 300), Some(excluding(&[])))), (2, 2));
    assert_eq!(removals(&with(Case::removing(2, 300), Some(excluding(&[1])))), (1, 1));
    assert_eq!(with(Case::removing(2, 300), Some(excluding(&[1, 2, 3]))).judged(), PASSES);
    // Whoever was never decided, after an adoption, was put out by nothing yet.
    assert_eq!(removals(&with(Case::removing(2, 300), None)), (2, 2));
    // One of them was decided since the edit, and the other was not.
    let mut later = with(Case::removing(2, 300), Some(excluding(&[1, 2])));
    later.mirror.scopes.insert(EmployeeId(2), Arc::new(excluding(&[1])));
    assert_eq!(removals(&later), (1, 1));
    let said = later.said();
    assert!(said[0].ends_with("since they were last decided (employee 2 is excluded now)"), "{said:?}");
}

#[test]
fn nobody_goes_by_a_filter_whose_value_is_in_doubt() {
    let department = AttributeKey::new("department");
    let by_the_filter = Reason::OutOfScope(Filter::Attribute(department.clone()));
    let nobodys =
        Note::Name(Mismatch::Nobody { named: samples::named(Role::Filter, "department", "Slaes"), alike: None });
    let another = Note::Name(Mismatch::Namesake { named: samples::named(Role::Filter, "department", "Sales") });
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
