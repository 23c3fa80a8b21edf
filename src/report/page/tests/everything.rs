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
use crate::roster::guard::{Cause, Evidence, Proposal, Recent, Rule};
use crate::roster::model::record::{AttributeKey, EmployeeId, Expected, Unreadable};
use crate::roster::model::snapshot::{Email, Employee, Group, GroupKey, ImportId, Memberships, Origin, Snapshot};
use crate::roster::plan::mirror::Mirror;
use crate::roster::plan::{Basis, Counts};
use crate::roster::policy::headers::{LabelProblem, Renamed};
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
        Note::SupervisorNotIn { supervisor: EmployeeId(99), people: 2 },
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
