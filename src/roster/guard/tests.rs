//! Every rule at its limit and one beyond, as tables.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::cases::cases;
use crate::roster::decide::Listed;
use crate::roster::decide::reasons::Filter;
use crate::roster::feed::{Column, Columns, LineEnd, Source};
use crate::roster::model::snapshot::{Email, Employee, Group, GroupKey, ImportId, Memberships, Origin, Snapshot};
use crate::roster::plan::mirror::{Certainty, Given, Mirror};
use crate::roster::plan::names::Names;

fn employee(id: i64) -> Employee {
    Employee {
        id: EmployeeId(id),
        import_id: ImportId::from(EmployeeId(id)),
        email: Email::new(&format!("{id}@example.org")).unwrap(),
        first_name: "Ada".into(),
        last_name: "Lovelace".into(),
        language: None,
        supervisor: None,
        groups: Memberships::default(),
    }
}

fn snapshot(employees: impl IntoIterator<Item = Employee>) -> Snapshot {
    Snapshot::new(employees, []).unwrap()
}

fn people(ids: impl IntoIterator<Item = i64>) -> Snapshot {
    snapshot(ids.into_iter().map(employee))
}

fn feed(people: Snapshot) -> Feed {
    let columns = crate::roster::samples::columns(&[("Department", "department")]);
    Feed { columns, people }
}

fn keys(keys: &[&str]) -> BTreeSet<AttributeKey> {
    keys.iter().map(|key| AttributeKey::new(*key)).collect()
}

fn scope(policy: &str, readable: &[&str]) -> Scope {
    Scope { policy: policy.to_owned(), readable: keys(readable), names: Names::default() }
}

/// A mirror, what should be, and everything else a plan is judged by.
struct Case {
    mirror: Mirror,
    decision: Decision,
    listed: BTreeSet<EmployeeId>,
    asked_for: BTreeSet<AttributeKey>,
    destination: Option<Destination>,
    clock: Clock,
    recent: Recent,
}

impl Case {
    /// Everybody of both sides is in the listing, and nothing else is special.
    fn between(before: Snapshot, after: Snapshot) -> Self {
        let listed = before.employees().iter().chain(after.employees()).map(|employee| employee.id).collect();
        let excluded = before.employees().iter().filter(|employee| after.employee(employee.id).is_none());
        let decision = Decision {
            listed: Listed::default(),
            excluded: excluded.map(|employee| (employee.id, Reason::Inactive)).collect(),
            desired: feed(after),
            outsiders: BTreeMap::new(),
            notes: Vec::new(),
            scope: scope("", &["email"]),
        };
        Self {
            mirror: Mirror { feed: feed(before), scope: Some(scope("", &["email"])), ..Mirror::default() },
            decision,
            listed,
            asked_for: keys(&["email", "status", "department"]),
            destination: None,
            clock: Clock::Plausible,
            recent: Recent::default(),
        }
    }

    /// So many went in the days before, none of them vanished.
    fn after(self, removed: usize) -> Self {
        let since = chrono::NaiveDate::from_ymd_opt(2026, 11, 19);
        Self { recent: Recent { removed, vanished: 0, since }, ..self }
    }

    fn removing(removed: i64, of: i64) -> Self {
        Self::between(people(1..=of), people(removed + 1..=of))
    }

    fn adding(added: i64, to: i64) -> Self {
        Self::between(people(1..=to), people(1..=to + added))
    }

    /// The last name changes for so many.
    fn renaming(renamed: i64, of: i64) -> Self {
        let after = |id| Employee { last_name: if id <= renamed { "King" } else { "Lovelace" }.into(), ..employee(id) };
        Self::between(people(1..=of), snapshot((1..=of).map(after)))
    }

    /// So many of the mirror are not in the listing.
    fn missing(self, missing: impl IntoIterator<Item = i64>) -> Self {
        let missing: BTreeSet<EmployeeId> = missing.into_iter().map(EmployeeId).collect();
        Self { listed: self.listed.difference(&missing).copied().collect(), ..self }
    }

    /// With a destination that was given the mirror's feed, and where its file still stands.
    fn given(self, url: &str) -> Self {
        let given = Given::Destination { url: url.to_owned(), certainty: Certainty::Arrived };
        let mut case = self.to(url, Found::Ours);
        case.mirror.given = given;
        case
    }

    /// With a destination where this was found.
    fn to(self, url: &str, found: Found) -> Self {
        Self { destination: Some(Destination { url: url.to_owned(), found, contents: None }), ..self }
    }

    fn evidence(&self) -> Evidence<'_> {
        let Self { mirror, decision, listed, asked_for, destination, clock, recent } = self;
        let (recent, destination) = (*recent, destination.as_ref());
        Evidence { mirror, mismatch: None, decision, listed, asked_for, recent, destination, clock: *clock }
    }

    fn proposal(&self) -> Proposal<'_> {
        static NOTHING: LazyLock<Feed> = LazyLock::new(Feed::default);
        let url = self.destination.as_ref().map(|destination| destination.url.as_str());
        Proposal::new(&self.mirror, self.mirror.given_to(url).unwrap_or(&NOTHING), &self.decision.desired)
    }

    fn digest(&self) -> PlanDigest {
        let proposal = self.proposal();
        proposal.plan.digest(&self.evidence().basis(&proposal))
    }

    fn judged_by(&self, guard: &Guard) -> Vec<&'static str> {
        guard.judge(&self.proposal(), &self.evidence()).iter().map(Rule::kind).collect()
    }

    fn judged(&self) -> Vec<&'static str> {
        self.judged_by(&Guard::default())
    }
}

const PASSES: [&str; 0] = [];

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
    let cases: [(fn(i64, i64) -> Case, i64, i64, &[&str]); 33] = [
        (removing, 0, 10, &PASSES),
        // Three may always go, but never more than half of a company, nor the last one.
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
        // Twenty-five, or five percent where that is more.
        (removing, 26, 500, &["removals_at_most"]),
        (removing, 26, 520, &PASSES),
        (removing, 50, 1000, &PASSES),
        (removing, 51, 1000, &["removals_at_most"]),
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
        (renaming, 10, 10, &PASSES),
        (renaming, 11, 36, &["field_changes"]),
        (renaming, 11, 37, &PASSES),
        (renaming, 30, 100, &PASSES),
        (renaming, 31, 100, &["field_changes"]),
        (renaming, 100, 100, &["field_changes"]),
    ];
    for (case, people, of, expected) in cases {
        assert_eq!(case(people, of).judged(), expected, "{people} of {of}");
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
    let said = Guard::default().judge(&held.proposal(), &held.evidence())[0].to_string();
    let expected =
        "6 of 60 people (13 %) would be removed, and 2 went since Thursday, 2026-11-19; the limit is 3 people and 10 %";
    assert!(said.starts_with(expected), "{said}");
}

/// What a history of removals comes to: each after so many half days, of so many people.
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

/// How often a year of ordinary comings and goings is held: two runs a day, 18 of 100 people leave in a year, most of them at the
/// end of a month, and as many are hired, most of them at its beginning.
fn held_in_a_year(company: i64, seed: u64) -> usize {
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut here, mut held) = (company, 0);
    let mut passed: Vec<(i64, i64)> = Vec::new();
    let yearly = company as f64 * 0.18;
    for day in 0..365 {
        let of_month = day % 30;
        // Seven of ten at the turn of the month, the others on any day.
        let expected = yearly * if of_month == 0 { 0.7 / 12.2 } else { 0.3 / 352.0 };
        let mut some = || {
            (0..12).filter(|_| random.f64() < (expected / 12.0).fract()).count() as i64
                + 12 * (expected / 12.0).trunc() as i64
        };
        let (leave, come) = (some().min(here - 1), some());
        let removed = passed.iter().filter(|(at, _)| day - at <= 7).map(|(_, people)| people).sum::<i64>();
        // So few come as a rule that nobody needs to ask.
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
        let said = guard.judge(&somebody.proposal(), &somebody.evidence())[0].to_string();
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
fn each_field_is_counted_by_itself() {
    let after = |id| match id {
        1..=11 => Employee { last_name: "King".into(), ..employee(id) },
        12..=22 => Employee { first_name: "Zoë".into(), ..employee(id) },
        _ => employee(id),
    };
    assert_eq!(Case::between(people(1..=40), snapshot((1..=40).map(after))).judged(), PASSES);
    assert_eq!(
        Case::between(people(1..=30), snapshot((1..=30).map(after))).judged(),
        ["field_changes", "field_changes"]
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
    assert_eq!(Case::between(in_group(1), in_group(2)).judged(), PASSES);
}

#[test]
fn more_missing_people_than_may_vanish_are_held_whatever_became_of_them() {
    let not_asked = |case: Case, missing: std::ops::RangeInclusive<i64>| {
        let mut case = case.missing(missing.clone());
        for id in missing {
            case.decision.excluded.insert(EmployeeId(id), Reason::Absent(Absence::NotAsked));
        }
        case
    };
    assert_eq!(Case::removing(2, 30).missing(1..=2).judged(), PASSES);
    assert_eq!(not_asked(Case::removing(3, 30), 1..=3).judged(), ["vanished"]);
    // Personio was asked, and knows all of them: nobody goes, but the listing cannot be right.
    assert_eq!(Case::removing(0, 30).missing(1..=3).judged(), ["vanished"]);
    // One in the morning, two in the evening.
    let recent = Recent { removed: 1, vanished: 1, since: chrono::NaiveDate::from_ymd_opt(2026, 11, 19) };
    assert_eq!(Case { recent, ..Case::removing(2, 30).missing(1..=2) }.judged(), ["vanished"]);
    assert_eq!(Case { recent, ..Case::removing(1, 30).missing(1..=1) }.judged(), PASSES);
    assert_eq!(Case { recent, ..Case::removing(1, 30) }.judged(), PASSES, "seen leaving");
    for (case, part) in [
        (not_asked(Case::removing(4, 30), 1..=4), "was not asked about each"),
        (Case::removing(0, 30).missing(1..=4), "was asked about each"),
    ] {
        let broken = Guard::default().judge(&case.proposal(), &case.evidence());
        let said = broken.iter().map(Rule::to_string).collect::<String>();
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn another_companys_listing_and_an_empty_one_are_held() {
    let all_gone = ["empty_listing", "more_than_half", "last_person"];
    assert_eq!(Case::removing(2, 2).missing(1..=2).judged(), all_gone);
    assert_eq!(Case::between(people([]), people([])).judged(), ["empty_listing"]);
    let others = Case::between(people(1..=2), people(3..=4)).missing(1..=2);
    assert_eq!(others.judged(), ["no_overlap", "more_than_half"]);
    assert_eq!(Case::between(people(1..=2), people(2..=4)).missing(1..=1).judged(), PASSES);
    // Overlap is a matter of ids in the listing, whatever the verdict about the people is.
    assert_eq!(Case::between(people(1..=2), people(2..=3)).judged(), PASSES);
    assert_eq!(Case::between(people([]), people(3..=4)).judged(), PASSES);
}

#[test]
fn whoever_must_be_included_is_looked_for_in_the_result() {
    let must = |who: &str| Guard { must_include: BTreeSet::from([Who::parse(who)]), ..Guard::default() };
    for (who, expected) in [
        ("2", &PASSES[..]),
        ("1", &["must_include"]),
        ("7", &["must_include"]),
        (" 2@EXAMPLE.org ", &PASSES),
        ("1@example.org", &["must_include"]),
    ] {
        assert_eq!(Case::removing(1, 3).judged_by(&must(who)), expected, "{who}");
    }
    let both = Guard { must_include: [Who::parse("8"), Who::parse("9")].into(), ..Guard::default() };
    assert_eq!(Case::removing(0, 3).judged_by(&both), ["must_include", "must_include"]);
}

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
fn nobody_goes_by_a_clock_in_doubt() {
    for clock in
        [Clock::OffPersonios { hours: 2 }, Clock::OffPersonios { hours: -400 }, Clock::BeforeTheLastRun { hours: 2 }]
    {
        assert_eq!(Case { clock, ..Case::removing(1, 300) }.judged(), ["clock"], "{clock:?}");
        assert_eq!(Case { clock, ..Case::adding(1, 300) }.judged(), PASSES, "{clock:?}");
        assert_eq!(Case { clock, ..Case::removing(0, 300) }.judged(), PASSES, "{clock:?}");
    }
    let said = Rule::Clock { clock: Clock::OffPersonios { hours: -400 } }.to_string();
    assert!(said.starts_with("this machine's clock is 400 hours behind Personio's"), "{said}");
}

const FEED: &str = "file:///feed";

#[test]
fn a_destination_of_which_nothing_is_known_is_held_with_every_limit_since_the_mirror() {
    let cases = [
        (Case::removing(0, 3).given(FEED), vec![]),
        (Case::removing(0, 3).to(FEED, Found::Nothing), vec!["first_delivery"]),
        (Case::removing(0, 3).to(FEED, Found::Unknown), vec!["first_delivery"]),
        (Case::removing(0, 3).given("file:///other").to(FEED, Found::Ours), vec!["first_delivery"]),
        // What the file has fewer than the mirror counts, although the plan only adds.
        (Case::removing(4, 12).to(FEED, Found::Nothing), vec!["removals", "first_delivery"]),
        (Case::renaming(11, 36).to(FEED, Found::Nothing), vec!["field_changes", "first_delivery"]),
        // Everybody is new to the destination; the limit on additions is about the mirror alone.
        (Case::removing(0, 300).to(FEED, Found::Nothing), vec!["first_delivery"]),
        (Case::adding(21, 41).to(FEED, Found::Nothing), vec!["additions", "first_delivery"]),
    ];
    for (case, expected) in cases {
        assert_eq!(case.judged(), expected, "{:?} {:?}", case.destination, case.mirror.given);
    }
    let mut adopted = Case::removing(1, 12).to(FEED, Found::Nothing);
    adopted.mirror.given = Given::Adopted;
    assert_eq!(adopted.judged(), ["first_delivery"]);
    assert_eq!(adopted.proposal().plan.counts().people.removed, 1, "what was adopted is what the plan starts from");
}

#[test]
fn another_file_is_held_and_is_part_of_what_is_approved() {
    let foreign = |hash: &str| Found::Foreign { hash: hash.to_owned() };
    let found = |found: Found| {
        let mut case = Case::removing(1, 12).given(FEED);
        case.destination = case.destination.map(|destination| Destination { found, ..destination });
        case
    };
    assert_eq!(found(foreign("a")).judged(), ["foreign_file"]);
    assert_eq!(Case::removing(0, 3).to(FEED, foreign("a")).judged(), ["first_delivery", "foreign_file"]);
    assert_ne!(found(foreign("a")).digest(), found(foreign("b")).digest());
    // An approval survives a file that Honestly took.
    for alike in [Found::Nothing, Found::Unknown] {
        assert_eq!(found(alike.clone()).judged(), PASSES, "{alike:?}");
        assert_eq!(found(alike).digest(), found(Found::Ours).digest());
    }
}

#[test]
fn columns_that_nobody_reviewed_are_held_where_the_destination_has_others() {
    let columns = |columns: &[(&str, Source)], line_end| {
        let column =
            |(header, source): &(&str, Source)| Column { header: (*header).to_owned(), source: source.clone() };
        Columns::new(columns.iter().map(column).collect(), line_end).unwrap()
    };
    let (id, text) = (("ImportId", Source::ImportId), Source::Constant("x".to_owned()));
    let before = [id.clone(), ("A", text.clone()), ("B", Source::Email)];
    let cases: [(&[(&str, Source)], LineEnd, &str); 5] = [
        (&[id.clone(), ("A", text.clone()), ("B", Source::Email), ("C", text.clone())], LineEnd::Lf, "new \"C\""),
        (&[id.clone(), ("A", text.clone())], LineEnd::Lf, "gone \"B\""),
        (&[id.clone(), ("A", Source::Email), ("B", text.clone())], LineEnd::Lf, "filled otherwise \"A\", \"B\""),
        // Told, and not held.
        (&[("B", Source::Email), ("A", text.clone()), id.clone()], LineEnd::Lf, ""),
        (&before, LineEnd::CrLf, ""),
    ];
    for (after, line_end, expected) in cases {
        let mut case = Case::removing(0, 3).given(FEED);
        case.mirror.feed.columns = columns(&before, LineEnd::Lf);
        case.decision.desired.columns = columns(after, line_end);
        assert!(!case.proposal().plan.is_empty(), "{after:?}");
        let rules = Guard::default().judge(&case.proposal(), &case.evidence());
        let text: Vec<String> = rules.iter().map(Rule::to_string).collect();
        match expected {
            "" => assert_eq!(text, [""; 0], "{after:?}"),
            part => assert!(text.len() == 1 && text[0].ends_with(part), "{part}: {text:?}"),
        }
        case.destination = None;
        assert_eq!(case.judged(), PASSES, "without a destination");
    }
}

#[test]
fn rules_speak_in_a_fixed_order() {
    let guard = Guard { must_include: BTreeSet::from([Who::parse("1")]), ..Guard::default() };
    let after = |id| Employee { last_name: "King".into(), ..employee(id) };
    let mut case = Case::between(people(1..=60), snapshot((31..=100).map(after))).missing(1..=30);
    case.decision.excluded.insert(EmployeeId(1), Reason::Absent(Absence::NotAsked));
    case.decision.scope = scope("on_leave Keep\n", &[]);
    case.clock = Clock::OffPersonios { hours: 5 };
    let case = case.to(FEED, Found::Foreign { hash: "f".to_owned() });
    let expected = [
        "clock",
        "removals_at_most",
        "removals",
        "vanished",
        "additions",
        "field_changes",
        "must_include",
        "withheld",
        "scope_changed",
        "first_delivery",
        "foreign_file",
    ];
    assert_eq!(case.judged_by(&guard), expected);
}

#[test]
fn an_approval_is_good_for_exactly_the_plan_it_names() {
    let guard = Guard::default();
    let (held, free) = (Case::removing(4, 12), Case::removing(1, 12));
    let (held_digest, nothing) = (held.digest(), BTreeSet::new());
    let approve_with = |case: &Case, given: Option<&PlanDigest>, unspent: &BTreeSet<PlanDigest>| {
        let approvals = Approvals { given, unspent };
        guard.approve(&case.proposal(), &case.evidence(), &approvals).map(|approved| approved.by().clone())
    };
    let approve = |case: &Case, given: Option<&PlanDigest>| approve_with(case, given, &nothing);
    let digest = Case::digest;
    let cause = |result: Result<Approval, Refusal>| result.unwrap_err().cause;
    let other = PlanDigest::parse("0123456789ab").unwrap();

    assert_eq!(approve(&free, None), Ok(Approval::Limits));
    assert_eq!(approve(&held, Some(&digest(&held))), Ok(Approval::Person(digest(&held))));
    assert!(matches!(cause(approve(&held, None)), Cause::Rules(rules) if rules.len() == 1));
    assert!(matches!(cause(approve(&held, Some(&other))), Cause::AnotherPlan { given, .. } if given == other));
    assert_eq!(cause(approve(&free, Some(&other))), Cause::NothingHeld { given: other.clone() });
    assert_eq!(approve(&free, Some(&digest(&free))), Ok(Approval::Person(digest(&free))));
    // An approval that was not carried out is still one, and of this plan alone.
    let unspent = BTreeSet::from([held_digest.clone()]);
    assert_eq!(approve_with(&held, None, &unspent), Ok(Approval::Earlier(held_digest)));
    assert!(approve_with(&held, None, &BTreeSet::from([other])).is_err());

    // One state only, one scope only, one destination only; not one day only, one clock only or one order of questions only.
    let mut later = Case::removing(4, 12);
    later.mirror.generation = 1;
    let mut rescoped = Case::removing(4, 12);
    rescoped.decision.scope = scope("on_leave Keep\n", &["email"]);
    let elsewhere = Case::removing(4, 12).given(FEED);
    // Reviewed as left, there now as vanished.
    let mut vanished = Case::removing(4, 12);
    vanished.decision.excluded.insert(EmployeeId(1), Reason::Absent(Absence::Gone));
    for other in [later, rescoped, elsewhere, vanished] {
        assert_ne!(digest(&other), digest(&held));
    }
    let asked = Case { clock: Clock::OffPersonios { hours: 3 }, ..Case::removing(4, 12) };
    assert_eq!(digest(&asked), digest(&held));
}
