//! A company to show, and a page with everything that it can say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::report::page::*;
use crate::roster::decide::clock::Clock;
use crate::roster::decide::notes::{Place, Problem};
use crate::roster::decide::reasons::{Absence, Filter, Reason};
use crate::roster::decide::{Decision, Grounds, Headcount};
use crate::roster::feed::Feed;
use crate::roster::guard::takeovers::Changed;
use crate::roster::guard::{
    Cause, Comparison, Difference, Evidence, Limit, MirrorMismatch, NotIn, Proposal, Recent, Removals, Rule, Stands,
};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Email, Employee, Group, GroupKey, ImportId, Memberships, Origin, Snapshot};
use crate::roster::plan::mirror::Mirror;
use crate::roster::plan::{Basis, Counts, Tally};
use crate::roster::policy::Who;
use crate::roster::policy::name_changes::{Mismatch, Role};
use crate::roster::samples;

/// A company in which one person of each kind has the given name and department.
pub(super) struct Company {
    pub(super) mirror: Mirror,
    pub(super) decision: Decision,
    pub(super) listed: BTreeSet<EmployeeId>,
    pub(super) asked_for: BTreeSet<AttributeKey>,
}

pub(super) fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 3).unwrap()
}

pub(super) fn key(department: i64) -> Arc<GroupKey> {
    Arc::new(GroupKey { attribute: AttributeKey::new("department"), origin: Origin::Id(department) })
}

pub(super) fn employee(id: i64, name: &str, department: i64) -> Employee {
    Employee {
        id: EmployeeId(id),
        import_id: ImportId::from(EmployeeId(id)),
        email: Email::new(&format!("{id}@example.org")).unwrap(),
        first_name: name.into(),
        last_name: "Lovelace".into(),
        language: None,
        supervisor: None,
        groups: Memberships::from_iter([key(department)]),
    }
}

impl Company {
    /// 1 to 3 go, 4 changes the name, 5 to 8 the department, 9 comes, 10 starts later, 11 is undecided.
    pub(super) fn new(name: &str) -> Self {
        let group = |id: i64, name: &str| Group { key: key(id), name: name.into() };
        let people = |people: Vec<Employee>, groups: Vec<Group>| Feed {
            columns: samples::columns(&[("Department", "department")]),
            people: Snapshot::new(people, groups).unwrap(),
        };
        let before = (1..=8).map(|id| employee(id, name, 1)).collect();
        let after = [employee(4, "Eva", 1), employee(9, name, 1)].into_iter();
        let after = after.chain((5..=8).map(|id| employee(id, name, 2))).collect();
        let reasons = [
            (1, Reason::LastDayPassed(day())),
            (2, Reason::Absent(Absence::NotAsked)),
            (3, Reason::OutOfScope(Filter::Attribute(AttributeKey::new("department")))),
            (10, Reason::NotYet(Some(day()))),
            (12, Reason::OnLeave),
        ];
        let undecided = Note::Undecided {
            employee: EmployeeId(11),
            problem: Problem::ContestedEmail(EmployeeId(5)),
            place: Place::LeftOut,
        };
        Self {
            mirror: Mirror { feed: people(before, vec![group(1, name)]), ..Mirror::default() },
            decision: Decision {
                desired: people(after, vec![group(1, name), group(2, "Sales")]),
                excluded: reasons.into_iter().map(|(id, reason)| (EmployeeId(id), reason)).collect(),
                outsiders: BTreeMap::from([10, 11].map(|id| (EmployeeId(id), name.to_owned()))),
                notes: vec![undecided, Note::NoLanguage { employee: EmployeeId(9) }, Note::NothingDelivered],
                grounds: Grounds::default(),
                headcount: Headcount::default(),
            },
            listed: BTreeSet::new(),
            asked_for: BTreeSet::new(),
        }
    }

    pub(super) fn with_view<T>(&self, look: impl FnOnce(&PlanView<'_>) -> T) -> T {
        let Self { mirror, decision, listed, asked_for } = self;
        let recent = Recent::default();
        let evidence = Evidence {
            mirror,
            decision,
            listed,
            asked_for,
            recent,
            former: const { &BTreeMap::new() },
            destination: None,
            mismatch: None,
            clock: Clock::Plausible,
            days: &BTreeMap::new(),
        };
        let proposal = Proposal::new(mirror, &mirror.feed, &decision.desired);
        let digest = proposal.plan.digest(&Basis {
            mismatch: None,
            generation: 1,
            scope: String::new(),
            destination: String::new(),
            other_files: BTreeSet::new(),
            reasons: BTreeMap::new(),
        });
        look(&PlanView {
            since: None,
            proposal: &proposal,
            evidence: &evidence,
            unseen: &[],
            digest: &digest,
            today: day(),
            sync: "honestly-sync sync",
            style: crate::terminal::Style {
                paint: crate::terminal::Paint::Plain,
                extent: crate::terminal::Extent::Everything,
            },
        })
    }

    pub(super) fn html(&self, tongue: Tongue) -> String {
        self.with_view(|view| {
            let rules = vec![Rule::NeverThere { people: 3, become_others: 0 }, Rule::EmptyListing];
            let refusal = Refusal { digest: view.digest.clone(), rules, cause: Cause::Unapproved };
            let circumstances = Circumstances {
                state: PlanState::Held(&refusal),
                notes: &self.decision.notes,
                day: Day::Today,
                written: day().and_hms_opt(7, 5, 0).unwrap(),
                command: "honestly-sync sync --approve 0123456789ab",
            };
            ReviewPage::new(tongue, view, &circumstances).html()
        })
    }
}

pub(super) fn rules() -> Vec<Rule> {
    let limit = Limit { people: 13, percent: 17 };
    let recent = Recent { removed: 4, vanished: 3, since: Some(day() - chrono::Days::new(2)) };
    let removals = Removals { now: 61, recent, mirrored: 812 };
    let headers = |header: &str| vec![header.to_owned()];
    let comparison = Comparison { files: 1, unreadable: 0, people: 41, other_name: 0, stay: 42, go: 43, come: 44 };
    let mixed = Comparison { files: 7, unreadable: 6, other_name: 8, ..comparison };
    let unreadable = Comparison { unreadable: 1, ..comparison };
    let another =
        |stands_there, comparison| Rule::ForeignFile { destination: "file:///x".to_owned(), stands_there, comparison };
    let against_mirror = Counts { people: Tally { added: 51, changed: 52, removed: 53 }, ..Counts::default() };
    let first = |stands, comparison| Rule::FirstDelivery {
        undecided: 12,
        destination: "file:///x".to_owned(),
        people: 3000,
        stands,
        comparison,
        against_mirror,
        not_released: vec![AttributeKey::new("status")],
    };
    vec![
        Rule::RemovalsAtMost { removals, at_most: 25 },
        Rule::Removals { removals, limit },
        Rule::Removals { removals, limit: Limit { people: 0, percent: 0 } },
        Rule::MoreThanHalf { removals },
        Rule::LastPerson { removals: Removals { recent: Recent::default(), ..removals } },
        Rule::Additions { additions: 61, of: 812, limit },
        Rule::FieldChanges { header: "X".to_owned(), people: 61, of: 812, limit },
        Rule::EmptyListing,
        Rule::NoOverlap { mirrored: 11, listed: 12, replaced: false },
        Rule::MustInclude { missing: Who::Id(EmployeeId(99)), why: Some(NotIn::NotListed) },
        Rule::MustInclude { missing: Who::Id(EmployeeId(98)), why: Some(NotIn::Excluded(Reason::OnLeave)) },
        Rule::MustInclude { missing: Who::Id(EmployeeId(97)), why: Some(NotIn::Undecided(Problem::NoLocalPart)) },
        Rule::MustInclude { missing: Who::Email("x".to_owned()), why: None },
        Rule::Withheld { attribute: AttributeKey::new("email") },
        Rule::ScopeChanged { removals: 11, differences: BTreeSet::from([Difference::OnLeave]) },
        Rule::Vanished { people: 11, recent, limit: 2, not_asked: 0 },
        Rule::Vanished { people: 11, recent: Recent::default(), limit: 2, not_asked: 9 },
        Rule::NeverThere { people: 11, become_others: 0 },
        Rule::NeverThere { people: 0, become_others: 2 },
        Rule::FilterMatchesNobody {
            removals: 11,
            values: vec![Mismatch::Namesake { named: samples::named(Role::Filter, "office", "x") }],
        },
        Rule::Takeover { people: 11, employee: EmployeeId(12), of: EmployeeId(13) },
        Rule::SomebodyElse { people: 11, employee: EmployeeId(12) },
        Rule::MostIdentities { changed: Changed { names: 14, addresses: 15, of: 16 } },
        Rule::NobodyDecided { people: 11 },
        Rule::AnotherMirror { mismatch: MirrorMismatch::Missing },
        Rule::AnotherMirror { mismatch: MirrorMismatch::Emptied },
        Rule::AnotherMirror { mismatch: MirrorMismatch::Another },
        Rule::AnotherMirror { mismatch: MirrorMismatch::Older },
        Rule::AnotherMirror { mismatch: MirrorMismatch::NoWitness },
        Rule::Clock { clock: Clock::LongAfterTheLastRun { days: 31 } },
        Rule::Clock { clock: Clock::Plausible },
        Rule::Clock { clock: Clock::OffPersonios { hours: -5 } },
        Rule::Clock { clock: Clock::OffPersonios { hours: 5 } },
        Rule::Clock { clock: Clock::BeforeTheLastRun { hours: 5 } },
        Rule::ColumnsChanged { added: headers("x"), changed: Vec::new(), removed: headers("y") },
        first(Stands::Nothing, None),
        first(Stands::Unknown, None),
        first(Stands::Empty, None),
        first(Stands::Ours, Some(comparison)),
        first(Stands::Another { hash: String::new() }, Some(comparison)),
        another(true, comparison),
        another(true, unreadable),
        another(false, comparison),
        another(false, mixed),
    ]
}
