//! A company to show, and a page with everything that it can say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::history::Usual;
use crate::report::PlanView;
use crate::report::model::Report;
use crate::report::page::{Circumstances, Day, PlanState};
use crate::roster::decide::clock::Clock;
use crate::roster::decide::notes::{Note, Place, Problem};
use crate::roster::decide::reasons::{Absence, Filter, Reason};
use crate::roster::decide::{Decision, Grounds, Headcount};
use crate::roster::feed::Feed;
use crate::roster::guard::{Cause, Destination, Evidence, Proposal, Recent, Refusal, Rule};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Email, Employee, Group, GroupKey, ImportId, Memberships, Origin, Snapshot};
use crate::roster::plan::mirror::Mirror;
use crate::roster::plan::{Basis, PlanDigest};
use crate::roster::samples;
use crate::tongue::Tongue;

/// A company in which one person of each kind has the given name and department.
pub(in crate::report) struct Company {
    pub(in crate::report) mirror: Mirror,
    pub(in crate::report) decision: Decision,
    pub(in crate::report) listed: BTreeSet<EmployeeId>,
    pub(in crate::report) asked_for: BTreeSet<AttributeKey>,
    pub(in crate::report) destination: Option<Destination>,
}

pub(in crate::report) fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 3).unwrap()
}

pub(in crate::report) fn key(department: i64) -> Arc<GroupKey> {
    Arc::new(GroupKey { attribute: AttributeKey::new("department"), origin: Origin::Id(department) })
}

pub(in crate::report) fn employee(id: i64, name: &str, department: i64) -> Employee {
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
    pub(in crate::report) fn new(name: &str) -> Self {
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
            destination: None,
        }
    }

    pub(in crate::report) fn with_view<T>(&self, look: impl FnOnce(&PlanView<'_>) -> T) -> T {
        let Self { mirror, decision, listed, asked_for, destination } = self;
        let url = destination.as_ref().map(|destination| destination.url.as_str());
        let nothing = Feed::default();
        let recent = Recent::default();
        let evidence = Evidence {
            mirror,
            decision,
            listed,
            asked_for,
            recent,
            former: const { &BTreeMap::new() },
            destination: destination.as_ref(),
            mismatch: None,
            clock: Clock::Plausible,
            days: &BTreeMap::new(),
        };
        let proposal = Proposal::new(mirror, mirror.given_to(url).unwrap_or(&nothing), &decision.desired);
        let digest = proposal.plan.digest(&Basis {
            mismatch: None,
            generation: 1,
            scope: String::new(),
            destination: String::new(),
            other_files: BTreeSet::new(),
            reasons: BTreeMap::new(),
        });
        look(&PlanView {
            smallest_group: 5,
            notes: &self.decision.notes,
            usual: Usual { largest_removal: 5, by_week: Some((9, 6)) },
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

    pub(in crate::report) fn html(&self, tongue: Tongue) -> String {
        self.held_by(tongue, vec![Rule::NeverThere { people: 3, become_others: 0 }, Rule::EmptyListing])
    }

    pub(in crate::report) fn held_by(&self, tongue: Tongue, rules: Vec<Rule>) -> String {
        self.with_view(|view| {
            let refusal = Refusal { digest: view.digest.clone(), rules, cause: Cause::Unapproved };
            let circumstances = Circumstances {
                state: PlanState::Held { refusal: &refusal, since: None },
                day: Day::Today,
                written: day().and_hms_opt(7, 5, 0).unwrap(),
                command: "honestly-sync sync --approve 0123456789ab",
                csv: Some("review.csv"),
                approve: &PlanDigest::parse("0123456789ab").unwrap(),
                contact: Some("it@example.com"),
                profile: Some("https://example.app.personio.com/staff/details/{id}"),
                company: Some("Acme"),
                approval: None,
            };
            crate::report::page::html(tongue, &Report::new(view), &circumstances)
        })
    }
}
