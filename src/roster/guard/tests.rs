//! Every rule, in tables.

mod destinations;
mod identities;
mod limits;
mod others;
mod scopes;
mod world;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::*;
use crate::roster::decide::Headcount;
use crate::roster::decide::reasons::Filter;
use crate::roster::model::snapshot::{Email, Employee, Group, GroupKey, ImportId, Memberships, Origin, Snapshot};
use crate::roster::plan::mirror::{Given, Mirror};
use crate::roster::voice::Told;

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

fn grounds(policy: &str, readable: &[&str]) -> Grounds {
    Grounds { policy: policy.to_owned(), readable: keys(readable), ..Grounds::default() }
}

/// Another file, with these people where it can be read.
fn other(hash: &str, people: Option<&[(&str, &str)]>) -> OtherFile {
    let names =
        |people: &[(&str, &str)]| people.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned())).collect();
    OtherFile {
        hash: hash.to_owned(),
        seen_at: chrono::DateTime::UNIX_EPOCH,
        people: people.map(names),
        instead_of: None,
        answered_by: None,
    }
}

/// A mirror, the desired feed, and everything else a plan is judged by.
struct Case {
    mirror: Mirror,
    decision: Decision,
    listed: BTreeSet<EmployeeId>,
    asked_for: BTreeSet<AttributeKey>,
    destination: Option<Destination>,
    clock: Clock,
    recent: Recent,
    former: BTreeMap<EmployeeId, Former>,
    mismatch: Option<MirrorMismatch>,
}

impl Case {
    /// Everybody on both sides is in the listing, and nothing else is special.
    fn between(before: Snapshot, after: Snapshot) -> Self {
        let listed = before.employees().iter().chain(after.employees()).map(|employee| employee.id).collect();
        let scopes = before.ids().iter().map(|id| (*id, Arc::default())).collect();
        let excluded = before.employees().iter().filter(|employee| after.employee(employee.id).is_none());
        let decision = Decision {
            headcount: Headcount::default(),
            excluded: excluded.map(|employee| (employee.id, Reason::Inactive)).collect(),
            desired: feed(after),
            outsiders: BTreeMap::new(),
            notes: Vec::new(),
            grounds: grounds("", &["email"]),
        };
        Self {
            mirror: Mirror { scopes, feed: feed(before), readable: keys(&["email"]), ..Mirror::default() },
            decision,
            listed,
            asked_for: keys(&["email", "status", "department"]),
            destination: None,
            clock: Clock::Plausible,
            recent: Recent::default(),
            former: BTreeMap::new(),
            mismatch: None,
        }
    }

    /// This many went in the days before, and none of them vanished.
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

    /// This many change their last name.
    fn renaming(renamed: i64, of: i64) -> Self {
        let after = |id| Employee { last_name: if id <= renamed { "King" } else { "Lovelace" }.into(), ..employee(id) };
        Self::between(people(1..=of), snapshot((1..=of).map(after)))
    }

    /// These people of the mirror are not in the listing; whoever of them goes is not at Personio any more.
    fn missing(mut self, missing: impl IntoIterator<Item = i64>) -> Self {
        for id in missing.into_iter().map(EmployeeId) {
            self.listed.remove(&id);
            self.decision.excluded.entry(id).and_modify(|reason| *reason = Reason::Absent(Absence::Gone));
        }
        self
    }

    /// A destination that was given the mirror's feed and still has that file.
    fn given(self, url: &str) -> Self {
        let given = Given::Destination(url.to_owned());
        let mut case = self.to(url, Stands::Ours);
        case.mirror.given = given;
        case
    }

    /// A destination where this was found.
    fn to(self, url: &str, stands: Stands) -> Self {
        let others = match &stands {
            Stands::Another { hash } => vec![other(hash, None)],
            Stands::Nothing | Stands::Ours | Stands::Part | Stands::Empty | Stands::Unknown => Vec::new(),
        };
        self.with_others(url, stands, others)
    }

    /// A destination where this was found, and these were seen.
    fn with_others(self, url: &str, stands: Stands, others: Vec<OtherFile>) -> Self {
        let files: Vec<_> = others.iter().filter(|other| other.is_question()).map(|o| o.people.clone()).collect();
        let compared = (!files.is_empty()).then(|| Compared::of(&files, &self.decision.desired));
        Self { destination: Some(Destination { url: url.to_owned(), stands, others, compared }), ..self }
    }

    fn evidence(&self) -> Evidence<'_> {
        let Self { mirror, decision, listed, asked_for, destination, clock, recent, former, mismatch } = self;
        let (recent, destination) = (*recent, destination.as_ref());
        Evidence {
            mirror,
            mismatch: *mismatch,
            decision,
            listed,
            asked_for,
            recent,
            former,
            destination,
            clock: *clock,
            days: const { &BTreeMap::new() },
        }
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

    fn said(&self) -> Vec<String> {
        Guard::default().judge(&self.proposal(), &self.evidence()).iter().map(Told::logged).collect()
    }
}

const PASSES: [&str; 0] = [];

#[test]
fn more_people_than_may_vanish_are_held_and_so_is_whoever_was_not_asked_about() {
    let not_asked = |case: Case, missing: std::ops::RangeInclusive<i64>| {
        let mut case = case.missing(missing.clone());
        for id in missing {
            case.decision.excluded.insert(EmployeeId(id), Reason::Absent(Absence::NotAsked));
        }
        case
    };
    assert_eq!(Case::removing(2, 30).missing(1..=2).judged(), PASSES);
    assert_eq!(Case::removing(3, 30).missing(1..=3).judged(), ["vanished"]);
    assert_eq!(not_asked(Case::removing(3, 30), 1..=3).judged(), ["vanished"]);
    assert_eq!(not_asked(Case::removing(1, 30), 1..=1).judged(), ["vanished"]);
    // Personio knows all of them, so they are in doubt, and nobody goes.
    assert_eq!(Case::removing(0, 30).missing(1..=3).judged(), PASSES);
    assert_eq!(Case::removing(2, 30).missing(1..=9).judged(), PASSES);
    // One person in the morning, two in the evening.
    let recent = Recent { removed: 1, vanished: 1, since: chrono::NaiveDate::from_ymd_opt(2026, 11, 19) };
    assert_eq!(Case { recent, ..Case::removing(2, 30).missing(1..=2) }.judged(), ["vanished"]);
    assert_eq!(Case { recent, ..Case::removing(1, 30).missing(1..=1) }.judged(), PASSES);
    assert_eq!(Case { recent, ..Case::removing(1, 30) }.judged(), PASSES, "seen leaving");
    let none_vanished = Recent { vanished: 0, ..recent };
    let (four, one) = (|| Case::removing(4, 60).missing(1..=4), || Case::removing(1, 60).missing(1..=1));
    for (case, part) in [
        (not_asked(four(), 2..=4), "was not asked about 3 of them, but is before they go"),
        (four(), "was asked about each"),
        (Case { recent, ..four() }, "seen leaving, and 1 went since Thursday, 2026-11-19; "),
        (Case { recent: none_vanished, ..four() }, "4 people are missing"),
        (Case { recent: none_vanished, ..four() }, "were never seen leaving; "),
        (Case { recent: Recent { vanished: 2, ..recent }, ..one() }, "1 person is missing"),
    ] {
        let said = case.said().concat();
        assert!(said.contains(part), "{said}");
    }
    let asked = |vanished| Guard { vanished, ..Guard::default() }.inquiry(&recent);
    assert_eq!(asked(2), Extent { asked_at_most: 25, may_vanish: 1 });
    assert_eq!(asked(40), Extent { asked_at_most: 40, may_vanish: 39 });
}

#[test]
fn another_companys_listing_and_an_empty_one_are_held() {
    let all_gone = ["empty_listing", "more_than_half", "last_person"];
    assert_eq!(Case::removing(2, 2).missing(1..=2).judged(), all_gone);
    assert_eq!(Case::between(people([]), people([])).judged(), ["empty_listing"]);
    let others = Case::between(people(1..=2), people(3..=4)).missing(1..=2);
    assert_eq!(others.judged(), ["no_overlap", "more_than_half"]);
    assert_eq!(Case::between(people(1..=2), people(2..=4)).missing(1..=1).judged(), PASSES);
    // Overlap counts ids in the listing, whatever was decided about the people.
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
    // Whoever an address stands for is meant, not whoever has it now.
    for (stands_for, expected) in [(2, &PASSES[..]), (1, &["must_include"])] {
        let (attribute, name) = Who::parse("3@example.org").named();
        let ids = BTreeMap::from([(name, BTreeSet::from([stands_for]))]);
        let mut case = Case::removing(1, 3);
        case.decision.grounds.names.values.insert(AttributeKey::new(attribute), ids);
        assert_eq!(case.judged_by(&must("3@example.org")), expected, "{stands_for}");
    }
    let both = Guard { must_include: [Who::parse("8"), Who::parse("9")].into(), ..Guard::default() };
    assert_eq!(Case::removing(0, 3).judged_by(&both), ["must_include", "must_include"]);
}

#[test]
fn people_without_a_profile_and_people_who_take_over_others_are_held() {
    let never_there =
        |ids: std::ops::RangeInclusive<i64>| Case::between(people(ids.clone().chain(1..=40)), people(1..=40));
    assert_eq!(never_there(-1..=-1).judged(), ["never_there"]);
    assert_eq!(never_there(-2..=-1).judged(), ["never_there"]);
    let address = |id: i64, of: i64| Employee { email: employee(of).email, ..employee(id) };
    let taken_over =
        Case::between(people(1..=40), snapshot((1..=39).map(|id| address(id, if id == 7 { 40 } else { id }))));
    assert_eq!(taken_over.judged(), ["takeover"]);
    assert!(taken_over.said()[0].contains("such as employee 7 of employee 40"), "{:?}", taken_over.said());
}

#[test]
fn what_is_the_matter_with_a_mirror_is_told_and_is_part_of_what_is_approved() {
    use MirrorMismatch::{Another, Emptied, Missing, NoWitness, Older};
    let cases = [Missing, Emptied, Another, Older, NoWitness]
        .map(|mismatch| Case { mismatch: Some(mismatch), ..Case::removing(1, 12) });
    assert!(cases.iter().all(|case| case.judged() == ["another_mirror"]));
    let digests: BTreeSet<PlanDigest> = cases.iter().map(Case::digest).collect();
    let sentences: BTreeSet<Vec<String>> = cases.iter().map(Case::said).collect();
    assert_eq!((digests.len(), sentences.len()), (5, 5));
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
    for (hours, expected) in [(-400, "400 hours behind Personio's"), (2, "2 hours ahead of Personio's")] {
        let said = Rule::Clock { clock: Clock::OffPersonios { hours } }.logged();
        assert!(said.starts_with(&format!("this machine's clock is {expected}")), "{said}");
    }
}

const FEED: &str = "file:///feed";

#[test]
fn rules_speak_in_a_fixed_order() {
    let guard = Guard { must_include: BTreeSet::from([Who::parse("1")]), ..Guard::default() };
    let after = |id| Employee { last_name: "King".into(), ..employee(id) };
    let mut case = Case::between(people(1..=60), snapshot((31..=100).map(after))).missing(1..=30);
    case.decision.excluded.insert(EmployeeId(1), Reason::Absent(Absence::NotAsked));
    case.decision.grounds = grounds("", &[]);
    case.decision.grounds.scope.excluded.insert(EmployeeId(2));
    case.decision.excluded.insert(EmployeeId(2), Reason::OutOfScope(Filter::Exclude));
    case.clock = Clock::OffPersonios { hours: 5 };
    let case = case.to(FEED, Stands::Another { hash: "f".to_owned() });
    let expected = [
        "most_identities",
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
    let approve_in = |case: &Case, named: &PlanDigest, given| {
        let answer = Answer { named, given, held: Err(Void::NeverTold) };
        guard.approve(&case.proposal(), &case.evidence(), Some(&answer)).map(|approved| approved.by().clone())
    };
    let approve = |case: &Case, named: &PlanDigest| approve_in(case, named, ApprovalGiven::InThisRun);
    let unapproved = |case: &Case| guard.approve(&case.proposal(), &case.evidence(), None).map(|a| a.by().clone());
    let digest = Case::digest;
    let other = PlanDigest::parse("0123456789ab").unwrap();
    let void = || Cause::Void { named: other.clone(), why: Void::NeverTold };

    assert_eq!(unapproved(&free), Ok(Approval::Limits));
    let refusal = unapproved(&held).unwrap_err();
    assert_eq!((refusal.digest, refusal.cause, refusal.rules.len()), (digest(&held), Cause::Unapproved, 1));
    assert_eq!(approve(&held, &digest(&held)), Ok(Approval::Person(digest(&held))));
    let refusal = approve(&held, &other).unwrap_err();
    assert_eq!((refusal.cause, refusal.rules.len()), (void(), 1));
    let refusal = approve(&free, &other).unwrap_err();
    assert_eq!((refusal.cause, refusal.rules.len()), (void(), 0));
    assert_eq!(approve(&free, &digest(&free)), Ok(Approval::Person(digest(&free))));
    // An approval that was not carried out still counts.
    let earlier = approve_in(&held, &digest(&held), ApprovalGiven::Earlier);
    assert_eq!(earlier, Ok(Approval::Earlier(digest(&held))));

    // Another state, scope or destination is another digest; another day, clock or order of questions is not.
    let mut later = Case::removing(4, 12);
    later.mirror.generation = 1;
    let mut rescoped = Case::removing(4, 12);
    rescoped.decision.grounds = grounds("on_leave keep\n", &["email"]);
    let elsewhere = Case::removing(4, 12).given(FEED);
    // Reviewed as left, now there as vanished.
    let mut vanished = Case::removing(4, 12);
    vanished.decision.excluded.insert(EmployeeId(1), Reason::Absent(Absence::Gone));
    for other in [later, rescoped, elsewhere, vanished] {
        assert_ne!(digest(&other), digest(&held));
    }
    let asked = Case { clock: Clock::OffPersonios { hours: 3 }, ..Case::removing(4, 12) };
    assert_eq!(digest(&asked), digest(&held));
}
