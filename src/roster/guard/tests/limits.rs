//! Numbers at a limit and one beyond it, alone and summed over days.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::roster::voice::Told;
use crate::tests::cases;

#[test]
fn the_defaults_are_the_ones_the_operator_reads_about() {
    let Guard { removals, removals_at_most, vanished, additions, field_changes, must_include } = Guard::default();
    assert_eq!((removals, removals_at_most, vanished), (Limit { people: 3, percent: 10 }, None, 2));
    assert_eq!((additions, field_changes), (Limit { people: 20, percent: 50 }, Limit { people: 10, percent: 30 }));
    assert!(must_include.is_empty());
}

#[test]
fn every_number_at_its_limit_passes_and_one_beyond_is_held() {
    let removing: fn(i64, i64) -> Case = Case::removing;
    let (adding, renaming): (fn(i64, i64) -> Case, fn(i64, i64) -> Case) = (Case::adding, Case::renaming);
    let cases: [(fn(i64, i64) -> Case, i64, i64, &[&str]); 34] = [
        (removing, 0, 10, &PASSES),
        // Three people may always go, but never more than half of a company, and never the last one.
        (removing, 1, 2, &PASSES),
        (removing, 2, 3, &["more_than_half"]),
        (removing, 3, 5, &["more_than_half"]),
        (removing, 3, 6, &PASSES),
        (removing, 1, 1, &["more_than_half", "last_person"]),
        (removing, 4, 12, &["removals"]),
        (removing, 4, 39, &["removals"]),
        // Exactly ten percent is not more than ten percent.
        (removing, 4, 40, &PASSES),
        (removing, 5, 40, &["removals"]),
        (removing, 25, 250, &PASSES),
        (removing, 25, 249, &["removals"]),
        (removing, 25, 1000, &PASSES),
        // Twenty-five, or two percent if that is more.
        (removing, 26, 1299, &["removals_at_most"]),
        (removing, 26, 1300, &PASSES),
        (removing, 40, 2000, &PASSES),
        (removing, 41, 2000, &["removals_at_most"]),
        (removing, 26, 259, &["removals_at_most", "removals"]),
        (removing, 12, 12, &["removals", "more_than_half", "last_person"]),
        (adding, 0, 10, &PASSES),
        (adding, 20, 1, &PASSES),
        (adding, 20, 40, &PASSES),
        (adding, 21, 41, &["additions"]),
        (adding, 21, 42, &PASSES),
        (adding, 22, 42, &["additions"]),
        // The first sync has nobody to compare with.
        (adding, 1000, 0, &PASSES),
        (renaming, 0, 10, &PASSES),
        (renaming, 5, 10, &PASSES),
        (renaming, 6, 10, &["most_identities"]),
        (renaming, 11, 36, &["field_changes"]),
        (renaming, 11, 37, &PASSES),
        (renaming, 30, 100, &PASSES),
        (renaming, 31, 100, &["field_changes"]),
        (renaming, 100, 100, &["most_identities", "field_changes"]),
    ];
    for (case, people, of, expected) in cases {
        let case = case(people, of);
        assert_eq!(case.judged(), expected, "{people} of {of}");
        let rules = Guard::default().judge(&case.proposal(), &case.evidence());
        let removes = case.proposal().from_mirror.counts().people.removed > 0;
        assert!(rules.iter().all(|rule| (rule.card().concerns == Concern::Removals) == removes), "{rules:?}");
    }
}

#[test]
fn who_went_in_the_days_before_counts() {
    let cases: [(Case, &[&str]); 6] = [
        (Case::removing(3, 60).after(3), &PASSES),
        (Case::removing(3, 57).after(3), &PASSES),
        (Case::removing(1, 54).after(6), &["removals"]),
        (Case::removing(0, 54).after(20), &PASSES),
        (Case::removing(3, 400).after(23), &["removals_at_most"]),
        (Case::removing(1, 4).after(2), &PASSES),
    ];
    for (case, expected) in cases {
        assert_eq!(case.judged(), expected, "{:?}", case.recent);
    }
    assert_eq!(Case::removing(2, 4).after(2).judged(), ["removals", "more_than_half"]);
    let held = Case::removing(6, 58).after(2);
    let said = Guard::default().judge(&held.proposal(), &held.evidence())[0].logged();
    let expected = "6 people would be removed, and 2 were since Thursday, 2026-11-19: together 8 of 60 people (13 %); the limit is 3 people and 10 %";
    assert!(said.starts_with(expected), "{said}");
}

/// The removals that pass in a history of plans: each plan comes some half days after the one before and removes some people.
fn play(company: usize, plans: &[(u8, usize)]) -> Vec<(usize, usize)> {
    let (mut here, mut now, mut passed) = (company, 0_usize, Vec::<(usize, usize)>::new());
    for (half_days, wanted) in plans {
        now += usize::from(*half_days);
        let removed = passed.iter().filter(|(at, _)| now - at <= 14).map(|(_, people)| people).sum();
        let goes = (*wanted).min(here);
        if Case::removing(goes as i64, here as i64).after(removed).judged().is_empty() {
            passed.push((now, goes));
            here -= goes;
        }
    }
    passed
}

proptest! {
    #![proptest_config(cases(500))]

    /// The law of small sums.
    #[test]
    fn in_no_seven_days_without_an_approval_more_go_than_the_limits_allow(
        company in 1..80_usize,
        plans in vec((0..6_u8, 0..8_usize), 1..40),
    ) {
        let passed = play(company, &plans);
        let gone: usize = passed.iter().map(|(_, people)| people).sum();
        prop_assert!(gone < company, "the last person went unseen");
        for (start, _) in &passed {
            let before: usize = passed.iter().filter(|(at, _)| at < start).map(|(_, people)| people).sum();
            let window = passed.iter().filter(|(at, _)| at >= start && at - start <= 14);
            let (sum, of) = (window.map(|(_, people)| people).sum::<usize>(), company - before);
            prop_assert!(sum <= 3 || sum * 100 <= 10 * of, "{} of {} within seven days: {:?}", sum, of, passed);
            prop_assert!(sum * 2 <= of && sum <= 25, "{} of {}", sum, of);
        }
    }
}

/// How often a year of ordinary arrivals and departures is held: two runs a day, 18 of 100 people leave in a year, most of them
/// at the end of a month, and as many are hired, most of them at the beginning.
fn held_in_a_year(company: i64, seed: u64) -> usize {
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut here, mut held) = (company, 0);
    let mut passed: Vec<(i64, i64)> = Vec::new();
    let yearly = company as f64 * 0.18;
    for day in 0..365 {
        let of_month = day % 30;
        // Seven of ten at the turn of the month, the rest on any day.
        let expected = yearly * if of_month == 0 { 0.7 / 12.2 } else { 0.3 / 352.0 };
        let mut some = || {
            (0..12).filter(|_| random.f64() < (expected / 12.0).fract()).count() as i64
                + 12 * (expected / 12.0).trunc() as i64
        };
        let (leave, come) = (some().min(here - 1), some());
        let removed = passed.iter().filter(|(at, _)| day - at <= 7).map(|(_, people)| people).sum::<i64>();
        // Usually so few come that judging them is not needed.
        let judged = leave > 0 || come > 20;
        let case = || Case::between(people(1..=here), people(leave + 1..=here + come)).after(removed as usize);
        if judged && !case().judged().is_empty() {
            held += 1;
        } else {
            passed.push((day, leave));
        }
        here += come - leave;
    }
    held
}

#[test]
fn an_ordinary_year_is_not_held() {
    for (company, allowed, seeds) in [(12, 0, 20), (120, 0, 6), (800, 0, 2), (5_000, 1, 1)] {
        let held: Vec<usize> = (0..seeds).map(|seed| held_in_a_year(company, seed)).collect();
        println!("{company} people: held {held:?} times a year");
        assert!(held.iter().all(|held| *held <= allowed), "{company} people: {held:?}");
    }
}

#[test]
fn zero_means_none_allowed() {
    let none = |people, percent| Limit { people, percent };
    let guards: [(Guard, Case, Case, &[&str]); 7] = [
        (
            Guard { removals_at_most: Some(0), ..Guard::default() },
            Case::removing(0, 300),
            Case::removing(1, 300),
            &["removals_at_most"],
        ),
        (
            Guard { removals: none(0, 10), ..Guard::default() },
            Case::removing(0, 300),
            Case::removing(1, 300),
            &["removals"],
        ),
        (
            Guard { removals: none(3, 0), ..Guard::default() },
            Case::removing(0, 300),
            Case::removing(1, 300),
            &["removals"],
        ),
        (
            Guard { additions: none(0, 50), ..Guard::default() },
            Case::adding(0, 300),
            Case::adding(1, 300),
            &["additions"],
        ),
        (
            Guard { additions: none(20, 0), ..Guard::default() },
            Case::adding(0, 300),
            Case::adding(1, 300),
            &["additions"],
        ),
        (
            Guard { field_changes: none(0, 30), ..Guard::default() },
            Case::renaming(0, 300),
            Case::renaming(1, 300),
            &["field_changes"],
        ),
        (
            Guard { field_changes: none(10, 0), ..Guard::default() },
            Case::renaming(0, 300),
            Case::renaming(1, 300),
            &["field_changes"],
        ),
    ];
    for (guard, nobody, somebody, expected) in guards {
        assert_eq!(nobody.judged_by(&guard), PASSES, "{guard:?}");
        assert_eq!(somebody.judged_by(&guard), expected, "{guard:?}");
        let said = guard.judge(&somebody.proposal(), &somebody.evidence())[0].logged();
        assert!(said.contains("the limit is 0"), "{said}");
    }
}

#[test]
fn a_limit_beyond_all_numbers_holds_nothing_and_breaks_nothing() {
    let endless = Limit { people: 1, percent: usize::MAX };
    let guard = Guard { removals: endless, removals_at_most: Some(usize::MAX), ..Guard::default() };
    assert_eq!(Case::removing(150, 300).judged_by(&guard), PASSES);
}

#[test]
fn cells_that_nobody_knows_today_count_like_changed_ones() {
    for (people, expected) in [(11, &["field_changes"][..]), (10, &PASSES)] {
        let mut case = Case::adding(0, 36);
        case.decision.notes = vec![Note::CellsUnknown { header: "Office".to_owned(), people }];
        assert_eq!(case.judged(), expected, "{people}");
    }
}

#[test]
fn each_field_is_counted_by_itself() {
    let after = |id| match id {
        1..=11 => Employee { last_name: "King".into(), ..employee(id) },
        12..=22 => Employee { first_name: "Zoë".into(), ..employee(id) },
        _ => employee(id),
    };
    assert_eq!(Case::between(people(1..=45), snapshot((1..=45).map(after))).judged(), PASSES);
    assert_eq!(
        Case::between(people(1..=30), snapshot((1..=30).map(after))).judged(),
        ["most_identities", "field_changes", "field_changes"]
    );
}

#[test]
fn groups_created_anew_under_their_name_are_no_change_of_a_field() {
    let in_group = |origin: i64| {
        let key = Arc::new(GroupKey { attribute: AttributeKey::new("department"), origin: Origin::Id(origin) });
        let groups: Memberships = [key.clone()].into_iter().collect();
        let employees = (1..=40).map(|id| Employee { groups: groups.clone(), ..employee(id) });
        Snapshot::new(employees, [Group { key, name: "Sales".into() }]).unwrap()
    };
    let anew = |origin| Case::between(in_group(1), in_group(origin));
    assert_eq!(anew(2).judged(), PASSES);
    assert_ne!(anew(2).digest(), anew(3).digest(), "but they are others");
}
