//! A company to show, and a page with everything that it can say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::report::page::*;
use crate::roster::decide::absences::Doubt;
use crate::roster::decide::clock::Clock;
use crate::roster::decide::notes::{Instead, Place, Problem, Unlike};
use crate::roster::decide::reasons::{Absence, Filter, Reason};
use crate::roster::decide::{Decision, Grounds, Headcount};
use crate::roster::feed::Feed;
use crate::roster::guard::takeovers::Changed;
use crate::roster::guard::{
    Cause, Comparison, Difference, Evidence, Limit, MirrorMismatch, NotIn, Proposal, Recent, Removals, Rule, Stands,
};
use crate::roster::model::record::{AttributeKey, EmployeeId, Expected, Unreadable};
use crate::roster::model::snapshot::{Email, Employee, Group, GroupKey, ImportId, Memberships, Origin, Snapshot};
use crate::roster::plan::mirror::Mirror;
use crate::roster::plan::{Basis, Counts, Tally};
use crate::roster::policy::Who;
use crate::roster::policy::headers::{LabelProblem, Renamed};
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

pub(super) fn reasons() -> Vec<Reason> {
    vec![
        Reason::NotYet(None),
        Reason::LastDayPassed(day()),
        Reason::Inactive,
        Reason::OnLeave,
        Reason::Absent(Absence::Gone),
        Reason::Absent(Absence::NotAsked),
        Reason::Absent(Absence::NeverThere),
        Reason::ClockInDoubt,
        Reason::OutOfScope(Filter::Exclude),
        Reason::OutOfScope(Filter::WithoutEmail),
        Reason::OutOfScope(Filter::Attribute(AttributeKey::new("office"))),
    ]
}

pub(super) fn problems() -> Vec<Problem> {
    let key = AttributeKey::new("hire_date");
    vec![
        Problem::Missing(key.clone()),
        Problem::Unreadable(Unreadable { attribute: key.clone(), expected: Expected::Date }),
        Problem::NotAnAddress,
        Problem::TooLong(key.clone(), 123),
        Problem::UnknownStatus("x".to_owned()),
        Problem::ContestedEmail(EmployeeId(99)),
        Problem::NoImportId(key.clone()),
        Problem::ContestedImportId(EmployeeId(99)),
        Problem::NotSurelyBack { former: EmployeeId(99), unlike: Unlike::Name },
        Problem::NotSurelyBack { former: EmployeeId(99), unlike: Unlike::NotKept },
        Problem::FilterWithheld(key),
        Problem::NotSent(AttributeKey::new("email")),
        Problem::NoLocalPart,
        Problem::LastDayBeforeFirst(day()),
        Problem::StatusAfterLastDay(day()),
        Problem::StatusBeforeFirstDay(day()),
        Problem::NotListed(Doubt::StillKnown),
        Problem::NotListed(Doubt::NobodyListed),
    ]
}

pub(super) fn notes() -> Vec<Note> {
    let (employee, key) = (EmployeeId(1), AttributeKey::new("hire_date"));
    vec![
        Note::FieldUnreadable { employee, unreadable: Unreadable { attribute: key.clone(), expected: Expected::Text } },
        Note::GroupOfEachDay { attribute: AttributeKey::new("hire_date") },
        Note::SupervisorNotIn { supervisor: EmployeeId(99), people: 2, next: None },
        Note::SupervisorNotIn { supervisor: EmployeeId(99), people: 2, next: Some(EmployeeId(4)) },
        Note::SupervisorCycle { employee },
        Note::ValueTooLong { employee, attribute: key.clone(), characters: 123 },
        Note::ImportIdKept { employee },
        Note::Returned { employee, with_new_profile_after: None },
        Note::Returned { employee, with_new_profile_after: Some(EmployeeId(99)) },
        Note::Rehired { employee, former: EmployeeId(99) },
        Note::StartPostponed { employee, first_day: None },
        Note::NoLanguage { employee },
        Note::SpellingVariants { attribute: key.clone(), chosen: "x".to_owned(), others: 7 },
        Note::AttributeWithheld { attribute: key.clone() },
        Note::NotReleased { attribute: key.clone() },
        Note::ValuesNotSent { attribute: key.clone(), people: 7 },
        Note::CellsUnknown { header: "x".to_owned(), people: 7 },
        Note::ColumnRenamed(Renamed { attribute: key, header: "x".to_owned(), because: LabelProblem::Taken }),
        Note::DeliveryUnverified,
        Note::Delivery { text: "x".to_owned() },
        Note::Arrived { run: 7 },
        Note::NotArrived { run: 7 },
        Note::CameBesides { plan: "x".to_owned(), counts: Counts::default(), stay: 7 },
        Note::Withdrawn { plan: "x".to_owned() },
        Note::NothingDelivered,
        Note::AttributesNotListed { how: "x".to_owned(), instead: Instead::Memory },
        Note::HalfCredential { set: "A".to_owned(), missing: "B".to_owned() },
        Note::CredentialPassedOver { place: "x".to_owned(), used: "y".to_owned() },
    ]
}
