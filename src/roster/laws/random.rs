//! Random feeds, and mirrors with what Personio may say after them: six ids and four addresses, so that collisions are usual.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

use crate::roster::decide::Decision;
use crate::roster::decide::reasons::{Absence, Reason};
use crate::roster::feed::{self, Column, Columns, Feed, LineEnd, Source};
use crate::roster::model::record::{AttributeKey, Attributes, EmployeeId, Field, Record, Status, Unreadable, Value};
use crate::roster::model::snapshot::{Email, Employee, Group, GroupKey, ImportId, Origin, Snapshot};
use crate::roster::plan::Change;
use crate::roster::plan::mirror::{Departed, Mirror};
use crate::roster::policy::{GroupRule, LanguageRule, Policy, Several};
use crate::roster::samples::{self, decide};

pub(super) fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()
}

pub(super) fn policy() -> Policy {
    let rule = |key: &str, several| GroupRule {
        attribute: AttributeKey::new(key),
        values: BTreeMap::from([("hr".to_owned(), "Human Resources".to_owned())]),
        several,
    };
    let groups =
        vec![rule("department", Several::Joined), rule("position", Several::Joined), rule("tags", Several::Split)];
    let language = LanguageRule::Attribute { key: AttributeKey::new("lang"), values: BTreeMap::new(), default: None };
    Policy { language, ..samples::policy(groups) }
}

pub(super) fn columns_of_a_file() -> Columns {
    samples::columns(&[("Department", "department"), ("Position", "position")])
}

/// Any columns, also ones that no configuration gives: few headers and few sources, so that headers change their sources.
pub(super) fn columns() -> impl Strategy<Value = Columns> {
    let header = select(vec!["ImportId", "Email", "A", "B", "C"]);
    let source = select(vec![
        Source::Email,
        Source::LastName,
        Source::ReportsToId,
        Source::Group(AttributeKey::new("department")),
        Source::Group(AttributeKey::new("position")),
        Source::Constant("x".to_owned()),
        Source::Constant("y".to_owned()),
    ]);
    (vec((header, source), 0..5), select(vec![LineEnd::Lf, LineEnd::CrLf])).prop_map(|(columns, line_end)| {
        let mut seen = BTreeSet::new();
        let unique = columns.into_iter().filter(|(header, _)| seen.insert(*header));
        let columns = unique.map(|(header, source)| Column { header: header.to_owned(), source }).collect();
        Columns::new(columns, line_end).unwrap()
    })
}

pub(super) fn feed() -> impl Strategy<Value = Feed> {
    (columns(), snapshot()).prop_map(|(columns, people)| Feed { columns, people })
}

pub(super) fn field<T: Clone + std::fmt::Debug + 'static>(
    known: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Field<T>> {
    prop_oneof![1 => Just(Field::Withheld), 1 => Just(Field::Blank), 6 => known.prop_map(Field::Known)]
}

pub(super) fn employee_id() -> impl Strategy<Value = EmployeeId> {
    (1..=6_i64).prop_map(EmployeeId)
}

pub(super) fn date() -> impl Strategy<Value = NaiveDate> {
    (0..5_u64).prop_map(|days| today() - Days::new(2) + Days::new(days))
}

pub(super) fn value(id: Option<i64>, text: &str) -> Value {
    Value { id, text: text.into() }
}

pub(super) fn record(id: EmployeeId) -> impl Strategy<Value = Record> {
    let addresses = ["a@x.de", "b@x.de", "c@x.de", "d@x.de", "A@x.de", "d@x.de_1a2b3", "broken"];
    let status = select(vec![
        Status::Active,
        Status::Active,
        Status::Active,
        Status::Inactive,
        Status::Leave,
        Status::Onboarding,
        Status::Other("resting".into()),
    ]);
    let departments = vec![
        vec![value(Some(1), "Sales")],
        vec![value(Some(2), "Sales")],
        vec![value(Some(1), "sales ")],
        vec![value(Some(2), "HR")],
        vec![value(Some(3), "Human  Resources")],
        vec![value(None, "HR")],
    ];
    let texts = ["Engineer", "engineer", "Lead", "HR", "Mu\u{308}ller", "M\u{fc}ller"];
    let identity = (
        field(select(vec!["Ada", "Zoë", " "]).prop_map(str::to_owned)),
        field(select(vec!["Lovelace", "Öz"]).prop_map(str::to_owned)),
        field(select(addresses.to_vec()).prop_map(str::to_owned)),
    );
    let employment = (field(status), field(date()), field(date()), field(employee_id()));
    let groups = (
        field(select(departments)),
        field(select(texts.to_vec()).prop_map(|text| vec![value(None, text)])),
        field(vec(select(texts.to_vec()).prop_map(|text| value(None, text)), 0..3)),
        field(select(vec!["de", "EN", "?"]).prop_map(|text| vec![value(None, text)])),
    );
    (identity, employment, groups, proptest::bool::weighted(0.1)).prop_map(
        move |(identity, employment, groups, odd)| {
            let attributes = [("department", groups.0), ("position", groups.1), ("tags", groups.2), ("lang", groups.3)];
            let sent = attributes.into_iter().filter_map(|(key, field)| match field {
                Field::Withheld => None,
                Field::Blank => Some((AttributeKey::new(key), Vec::new())),
                Field::Known(values) => Some((AttributeKey::new(key), values)),
            });
            let mut record = Record {
                id,
                first_name: identity.0,
                last_name: identity.1,
                email: identity.2,
                status: employment.0,
                hire_date: employment.1,
                termination_date: employment.2,
                supervisor: employment.3,
                attributes: Attributes::new(sent),
                unreadable: Vec::new(),
            };
            if odd {
                record.hire_date = Field::Withheld;
                let attribute = AttributeKey::new(AttributeKey::HIRE_DATE);
                record.unreadable.push(Unreadable { attribute, expected: "a date" });
            }
            record
        },
    )
}

pub(super) fn records() -> impl Strategy<Value = Vec<Record>> {
    btree_set(1..=6_i64, 0..=6)
        .prop_flat_map(|ids| ids.into_iter().map(|id| record(EmployeeId(id))).collect::<Vec<_>>())
}

/// Any consistent state, also ones that no decision would produce.
pub(super) fn snapshot() -> impl Strategy<Value = Snapshot> {
    let person = (0..4_usize, 0..3_usize, proptest::option::of(employee_id()), btree_set(0..5_usize, 0..3));
    let group = (0..5_usize, 0..4_usize);
    (vec(proptest::option::of(person), 6), vec(group, 0..5)).prop_map(|(people, groups)| {
        let keys: Vec<Arc<GroupKey>> = (0..5)
            .map(|at| {
                let attribute = AttributeKey::new(["department", "position"][at % 2]);
                let origin = if at < 3 { Origin::Id(at as i64) } else { Origin::Value(format!("v{at}").into()) };
                Arc::new(GroupKey { attribute, origin })
            })
            .collect();
        let mut by_key = BTreeMap::new();
        let mut names = BTreeSet::new();
        for (key, name) in groups {
            let key = keys[key].clone();
            let name: Arc<str> = ["Sales", "HR", "Ops, \"Nord\"", "=IT"][name].into();
            if !by_key.contains_key(&key) && names.insert((key.attribute.clone(), name.clone())) {
                by_key.insert(key.clone(), Group { key, name });
            }
        }
        let mut addresses = BTreeSet::new();
        let mut employees = Vec::new();
        for (at, person) in people.into_iter().enumerate() {
            let Some((address, name, supervisor, groups)) = person else { continue };
            let id = EmployeeId(at as i64 + 1);
            let email = Email::new(["a@x.de", "B@x.de", "c@x.de", "d@x.de"][address]).unwrap();
            if addresses.insert(email.folded()) {
                employees.push(Employee {
                    id,
                    import_id: ImportId::from(id),
                    email,
                    first_name: ["Ada", "Jörg\u{1F600}", "O'Neil, \"X\""][name].into(),
                    last_name: "Öz".into(),
                    language: None,
                    supervisor,
                    groups: groups
                        .into_iter()
                        .map(|at| keys[at].clone())
                        .filter(|key| by_key.contains_key(key))
                        .collect(),
                });
            }
        }
        let present: BTreeSet<EmployeeId> = employees.iter().map(|employee| employee.id).collect();
        for employee in &mut employees {
            employee.supervisor = employee.supervisor.filter(|id| present.contains(id));
        }
        Snapshot::new(employees, by_key.into_values()).unwrap()
    })
}

/// A file's cells by import id and header, as a stranger would read them. The import id stands below `Key`.
pub(super) fn parsed(feed: &Feed) -> BTreeMap<String, BTreeMap<&str, String>> {
    let bytes = feed::render(feed).unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
    let rows = reader.records().skip(1).map(Result::unwrap);
    let headers = || feed.columns.iter().map(|column| column.header.as_str());
    rows.map(|row| headers().zip(row.iter().map(str::to_owned)).collect::<BTreeMap<_, _>>())
        .map(|cells| (cells["Key"].clone(), cells))
        .collect()
}

pub(super) fn changes_nothing<T: PartialEq>(change: &Change<T>) -> bool {
    matches!(change, Change::Update { before, after } if before == after)
}

/// What the store does with a decision that was applied.
pub(super) fn applied(before: &Mirror, decision: &Decision) -> Mirror {
    let mut departed = before.departed.clone();
    for employee in before.feed.people.employees() {
        let last_day = match decision.excluded.get(&employee.id) {
            Some(Reason::LastDayPassed(day)) => Some(*day),
            Some(_) | None => None,
        };
        departed.insert(employee.id, Departed { import_id: employee.import_id.clone(), last_day });
    }
    departed.retain(|id, _| decision.desired.people.employee(*id).is_none());
    Mirror {
        feed: decision.desired.clone(),
        departed,
        generation: before.generation + 1,
        scope: Some(decision.scope.clone()),
        ..before.clone()
    }
}

pub(super) fn everyone_missing_is_gone(mirror: &Mirror, records: &[Record]) -> BTreeMap<EmployeeId, Absence> {
    let listed: BTreeSet<EmployeeId> = records.iter().map(|record| record.id).collect();
    let ids = mirror.feed.people.employees().iter().map(|employee| employee.id);
    ids.filter(|id| !listed.contains(id)).map(|id| (id, Absence::Gone)).collect()
}

/// A mirror that some history of decisions led to.
pub(super) fn history() -> impl Strategy<Value = (Mirror, Vec<Record>)> {
    (vec(records(), 0..4), records()).prop_map(|(past, now)| {
        let mut mirror = Mirror::default();
        for records in past {
            let gone = everyone_missing_is_gone(&mirror, &records);
            let decision = decide(&policy(), today(), &mirror, records, &gone).unwrap();
            mirror = applied(&mirror, &decision);
        }
        (mirror, now)
    })
}
