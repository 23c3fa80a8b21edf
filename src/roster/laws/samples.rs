//! For tests: the default policy and format, and a decision made from given records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::roster::decide::eligibility::Calendar;
use crate::roster::decide::reasons::{Absence, Reason};
use crate::roster::decide::screening::screen;
use crate::roster::decide::{Decision, Grounds};
use crate::roster::feed::{Column, Columns, Feed, LineEnd, Source};
use crate::roster::guard::Former;
use crate::roster::model::record::{AttributeKey, EmployeeId, Field, Record};
use crate::roster::model::snapshot::{ImportId, Inconsistent, Snapshot};
use crate::roster::plan::mirror::{Departed, LastKnown, Mirror};
use crate::roster::plan::names::Names;
use crate::roster::plan::scope::Scope;
use crate::roster::plan::{Change, Plan};
use crate::roster::policy::name_changes::{Named, Role};
use crate::roster::policy::{
    GroupRule, ImportIdSource, LanguageRule, OnLeave, Policy, Several, SupervisorAway, WithoutEmail,
};

/// With a column for each group.
pub fn policy(groups: Vec<GroupRule>) -> Policy {
    let keys: Vec<&str> = groups.iter().map(|rule| rule.attribute.as_str()).collect();
    let columns = columns(&keys.iter().map(|key| (*key, *key)).collect::<Vec<_>>());
    Policy {
        timezone: "Europe/Berlin".to_owned(),
        on_leave: OnLeave::Remove,
        exclude: BTreeMap::new(),
        without_email: WithoutEmail::Undecided,
        supervisor_away: SupervisorAway::Empty,
        filters: Vec::new(),
        import_id: ImportIdSource::PersonioId,
        language: LanguageRule::Unset,
        groups,
        columns,
        renamed: Vec::new(),
        names: Names::default(),
        named: Vec::new(),
        mismatches: Vec::new(),
        unlabelled: BTreeSet::new(),
        labels: BTreeMap::new(),
    }
}

/// The same policy with another language.
pub fn speaking(policy: Policy, language: LanguageRule) -> Policy {
    let mut columns: Vec<Column> = policy.columns.iter().cloned().collect();
    for column in columns.iter_mut().filter(|column| matches!(column.source, Source::Language(_))) {
        column.source = language.source();
    }
    Policy { columns: Columns::new(columns, policy.columns.line_end()).unwrap(), language, ..policy }
}

pub fn rule(key: &str) -> GroupRule {
    GroupRule { attribute: AttributeKey::new(key), values: BTreeMap::new(), several: Several::Joined, bands: None }
}

/// The feed's own columns and some groups, each with its header and its attribute.
pub fn columns(groups: &[(&str, &str)]) -> Columns {
    let column = |header: &str, source| Column { header: header.to_owned(), source };
    let own = [
        column("ImportId", Source::ImportId),
        column("Email", Source::Email),
        column("Firstname", Source::FirstName),
        column("Lastname", Source::LastName),
        column("Language", Source::Language(None)),
        column("ReportsToId", Source::ReportsToId),
    ];
    let groups = groups.iter().map(|(header, key)| column(header, Source::Group(AttributeKey::new(*key))));
    Columns::new(own.into_iter().chain(groups).collect(), LineEnd::Lf).unwrap()
}

/// A name in the first line of a configuration.
pub fn named(role: Role, attribute: &str, written: &str) -> Named {
    Named { role, line: 1, attribute: AttributeKey::new(attribute), written: written.to_owned() }
}

/// Who is out once a decision was carried out.
pub fn departed(before: &Mirror, decision: &Decision) -> BTreeMap<EmployeeId, Departed> {
    let mut departed = before.departed.clone();
    for employee in before.feed.people.employees() {
        let last_day = decision.excluded.get(&employee.id).and_then(Reason::last_day);
        let (import_id, last_known) = (employee.import_id.clone(), Some(LastKnown::from(&**employee)));
        departed.insert(employee.id, Departed { import_id, last_day, last_known });
    }
    let present = decision.desired.people.employees();
    let is_in =
        |id, import_id: &ImportId| present.iter().any(|employee| employee.id == id || employee.import_id == *import_id);
    departed.retain(|id, departed| !is_in(*id, &departed.import_id));
    departed
}

/// Whom a line of an adopted file still fits by its import id alone.
pub fn unproven(before: &Mirror, decision: &Decision) -> BTreeSet<EmployeeId> {
    let is_shown = |id: &EmployeeId| match decision.desired.people.employee(*id) {
        Some(after) => before.feed.people.employee(*id) != Some(after),
        None => false,
    };
    before.unproven.iter().filter(|id| !is_shown(id)).copied().collect()
}

/// What the store remembers after a run in step.
pub fn scopes(before: &Mirror, decision: &Decision) -> BTreeMap<EmployeeId, Arc<Scope>> {
    let Grounds { scope, unseen, .. } = &decision.grounds;
    let today = Arc::new(scope.clone());
    let scope = |id: &EmployeeId| match unseen.get(id) {
        Some(None) => Some((*id, Arc::clone(before.scopes.get(id)?))),
        Some(Some(seen)) => Some((*id, Arc::new(seen.clone()))),
        None => Some((*id, Arc::clone(&today))),
    };
    decision.desired.people.ids().iter().filter_map(scope).collect()
}

/// Screens everybody and decides, as for a listing.
pub fn decide(
    policy: &Policy,
    today: NaiveDate,
    mirror: &Mirror,
    records: Vec<Record>,
    absences: &BTreeMap<EmployeeId, Absence>,
) -> Result<Decision, Inconsistent> {
    decide_on(policy, Calendar::Known(today), mirror, records, absences)
}

/// The same for a calendar that may be in doubt.
pub fn decide_on(
    policy: &Policy,
    calendar: Calendar,
    mirror: &Mirror,
    records: Vec<Record>,
    absences: &BTreeMap<EmployeeId, Absence>,
) -> Result<Decision, Inconsistent> {
    let readable = readable(&records);
    let findings = records.into_iter().map(|record| (record.id, screen(policy, calendar, mirror, record))).collect();
    let absences = absences.iter().map(|(id, absence)| (*id, Ok(*absence))).collect();
    crate::roster::decide::decide(policy, mirror, findings, readable, &absences)
}

/// The attributes that at least one record carried, including the employee's own fields.
fn readable(records: &[Record]) -> BTreeSet<AttributeKey> {
    let mut readable = BTreeSet::new();
    for record in records {
        for key in record.attributes.keys() {
            if !readable.contains(key) {
                readable.insert(key.clone());
            }
        }
        let Record { id: _, first_name, last_name, email, status, hire_date, termination_date, supervisor, .. } =
            record;
        let own = [
            (AttributeKey::FIRST_NAME, matches!(first_name, Field::Withheld)),
            (AttributeKey::LAST_NAME, matches!(last_name, Field::Withheld)),
            (AttributeKey::EMAIL, matches!(email, Field::Withheld)),
            (AttributeKey::STATUS, matches!(status, Field::Withheld)),
            (AttributeKey::HIRE_DATE, matches!(hire_date, Field::Withheld)),
            (AttributeKey::TERMINATION_DATE, matches!(termination_date, Field::Withheld)),
            (AttributeKey::SUPERVISOR, matches!(supervisor, Field::Withheld)),
        ];
        for (key, withheld) in own {
            // An unreadable value was sent, so the attribute is not withheld.
            let sent = !withheld || record.unreadable.iter().any(|unreadable| unreadable.attribute.as_str() == key);
            if sent && !readable.contains(key) {
                readable.insert(AttributeKey::new(key));
            }
        }
        for unreadable in &record.unreadable {
            readable.insert(unreadable.attribute.clone());
        }
    }
    readable
}

/// What the journal tells after a run: the oldest value of each field, but of those whom a person saw become somebody else.
pub fn remember(
    former: &mut BTreeMap<EmployeeId, Former>,
    before: &Snapshot,
    after: &Snapshot,
    shown: &BTreeSet<EmployeeId>,
) {
    let feeds = [before, after].map(|people| Feed { columns: columns(&[]), people: people.clone() });
    for change in Plan::between(&feeds[0], &feeds[1]).employees() {
        let (then, now) = match change {
            Change::Create(_) => continue,
            Change::Update { before, after } => (before, Some(after)),
            Change::Delete(before) => (before, None),
        };
        let entry = former.entry(then.id).or_default();
        let old = |then: &str, now: Option<&str>| (now != Some(then)).then(|| then.to_owned());
        let first_name = old(&then.first_name, now.map(|now| &*now.first_name));
        entry.first_name = entry.first_name.take().or(first_name);
        entry.last_name = entry.last_name.take().or(old(&then.last_name, now.map(|now| &*now.last_name)));
        entry.email = entry.email.take().or(old(then.email.as_str(), now.map(|now| now.email.as_str())));
    }
    former.retain(|id, former| !shown.contains(id) && *former != Former::default());
}
