//! The laws of the core, as property tests over tiny domains: six ids and four addresses, so that collisions are the
//! normal case.

mod approvals;
mod identities;
mod names;
mod people;
mod plans;
mod returns;
pub(crate) mod samples;
mod scopes;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{Days, NaiveDate, TimeDelta};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;
use samples::decide;

use crate::roster::decide::Decision;
use crate::roster::decide::reasons::{Absence, Reason};
use crate::roster::feed::{self, Columns, Feed};
use crate::roster::model::record::{
    AttributeKey, Attributes, EmployeeId, Expected, Field, Record, Status, Unreadable, Value,
};
use crate::roster::model::snapshot::{Email, Employee, Group, GroupKey, ImportId, Origin, Snapshot, fold};
use crate::roster::plan::Plan;
use crate::roster::plan::mirror::Mirror;
use crate::roster::policy::{GroupRule, LanguageRule, Policy, Several};
use crate::tests::cases;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()
}

fn policy() -> Policy {
    let rule = |key: &str, several| GroupRule {
        attribute: AttributeKey::new(key),
        values: BTreeMap::from([("hr".to_owned(), "Human Resources".to_owned())]),
        several,
        bands: None,
    };
    let groups =
        vec![rule("department", Several::Joined), rule("position", Several::Joined), rule("tags", Several::Split)];
    let language = LanguageRule::Attribute { key: AttributeKey::new("lang"), values: BTreeMap::new(), default: None };
    samples::speaking(samples::policy(groups), language)
}

fn columns_of_a_file() -> Columns {
    samples::columns(&[("Department", "department"), ("Position", "position")])
}

fn field<T: Clone + std::fmt::Debug + 'static>(
    known: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Field<T>> {
    prop_oneof![1 => Just(Field::Withheld), 1 => Just(Field::Blank), 6 => known.prop_map(Field::Known)]
}

fn employee_id() -> impl Strategy<Value = EmployeeId> {
    (1..=6_i64).prop_map(EmployeeId)
}

fn date() -> impl Strategy<Value = NaiveDate> {
    (0..5_u64).prop_map(|days| today() - Days::new(2) + Days::new(days))
}

fn value(id: Option<i64>, text: &str) -> Value {
    Value { id, text: text.into() }
}

fn record(id: EmployeeId) -> impl Strategy<Value = Record> {
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
                record.unreadable.push(Unreadable { attribute, expected: Expected::Date });
            }
            record
        },
    )
}

fn records() -> impl Strategy<Value = Vec<Record>> {
    btree_set(1..=6_i64, 0..=6)
        .prop_flat_map(|ids| ids.into_iter().map(|id| record(EmployeeId(id))).collect::<Vec<_>>())
}

/// Any consistent state, including ones that no decision would produce.
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
        for (key, name) in groups {
            let key = keys[key].clone();
            let name: Arc<str> = ["Sales", "HR", "Ops, \"Nord\"", "=IT"][name].into();
            by_key.entry(key.clone()).or_insert(Group { key, name });
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

/// What the store does after a decision was applied.
fn applied(before: &Mirror, decision: &Decision) -> Mirror {
    Mirror {
        feed: decision.desired.clone(),
        departed: samples::departed(before, decision),
        unproven: samples::unproven(before, decision),
        generation: before.generation + 1,
        readable: decision.grounds.readable.clone(),
        names: decision.grounds.names.clone(),
        scopes: samples::scopes(before, decision),
        placeholders: decision.grounds.placeholders.clone(),
        ..before.clone()
    }
}

fn everyone_missing_is_gone(mirror: &Mirror, records: &[Record]) -> BTreeMap<EmployeeId, Absence> {
    let listed: BTreeSet<EmployeeId> = records.iter().map(|record| record.id).collect();
    let ids = mirror.feed.people.employees().iter().map(|employee| employee.id);
    ids.filter(|id| !listed.contains(id)).map(|id| (id, Absence::Gone)).collect()
}

/// A mirror that follows from some history of decisions, and the records of the next run.
fn history() -> impl Strategy<Value = (Mirror, Vec<Record>)> {
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

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn law_3_the_second_run_has_nothing_to_do((mirror, now) in history()) {
        let gone = everyone_missing_is_gone(&mirror, &now);
        let first = decide(&policy(), today(), &mirror, now.clone(), &gone).unwrap();
        let mirror = applied(&mirror, &first);
        let second = decide(&policy(), today(), &mirror, now, &BTreeMap::new()).unwrap();
        prop_assert_eq!(&second.desired, &first.desired);
        prop_assert!(Plan::between(&mirror.feed, &second.desired).is_empty());
    }

    #[test]
    fn law_4_nobody_leaves_on_doubt((mirror, now) in history(), asked in btree_set(1..=6_i64, 0..=6)) {
        let mut gone = everyone_missing_is_gone(&mirror, &now);
        gone.retain(|id, _| asked.contains(&id.0));
        let decision = decide(&policy(), today(), &mirror, now, &gone).unwrap();
        for before in mirror.feed.people.employees() {
            prop_assert_eq!(decision.desired.people.employee(before.id).is_some(), !decision.excluded.contains_key(&before.id));
        }
        for (id, _, _) in decision.undecided() {
            let Some(before) = mirror.feed.people.employee(id) else {
                prop_assert!(decision.desired.people.employee(id).is_none());
                continue;
            };
            let after = decision.desired.people.employee(id).unwrap();
            prop_assert_eq!((&after.email, &after.first_name, &after.last_name), (&before.email, &before.first_name, &before.last_name));
            prop_assert_eq!(after.groups.iter().count(), before.groups.iter().count());
            prop_assert!(after.supervisor.is_none() || after.supervisor == before.supervisor);
        }
    }

    #[test]
    fn an_import_id_is_for_ever((mirror, now) in history()) {
        let gone = everyone_missing_is_gone(&mirror, &now);
        let decision = decide(&policy(), today(), &mirror, now, &gone).unwrap();
        for employee in decision.desired.people.employees() {
            if let Some(before) = mirror.feed.people.employee(employee.id) {
                prop_assert_eq!(&employee.import_id, &before.import_id);
            }
            if let Some(before) = mirror.departed.get(&employee.id) {
                prop_assert_eq!(&employee.import_id, &before.import_id);
            }
        }
    }

    #[test]
    fn the_order_of_pages_decides_nothing((mirror, now) in history(), seed in any::<u64>()) {
        let gone = everyone_missing_is_gone(&mirror, &now);
        let mut shuffled = now.clone();
        shuffled.sort_by_key(|record| (record.id.0 as u64).wrapping_mul(seed | 1).rotate_left(17));
        let one = decide(&policy(), today(), &mirror, now, &gone).unwrap();
        let other = decide(&policy(), today(), &mirror, shuffled, &gone).unwrap();
        prop_assert_eq!(one, other);
    }

    #[test]
    fn nobody_reports_to_themself_through_others((mirror, now) in history()) {
        let gone = everyone_missing_is_gone(&mirror, &now);
        let desired = decide(&policy(), today(), &mirror, now, &gone).unwrap().desired;
        for employee in desired.people.employees() {
            let mut above = employee.supervisor;
            for _ in 0..=6 {
                above = above.and_then(|id| desired.people.employee(id)).and_then(|employee| employee.supervisor);
            }
            prop_assert_eq!(above, None);
        }
    }

    #[test]
    fn law_6_the_file_says_what_the_feed_says(snapshot in snapshot()) {
        let feed = Feed { columns: columns_of_a_file(), people: snapshot.clone() };
        let bytes = feed::render(&feed).unwrap();
        prop_assert_eq!(&bytes, &feed::render(&feed.clone()).unwrap());
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(rows.len(), snapshot.employees().len());
        for (row, employee) in rows.iter().zip(snapshot.employees()) {
            let supervisor = employee.supervisor.map(|id| id.to_string()).unwrap_or_default();
            let department = snapshot.value_of(employee, "department").unwrap_or_default();
            let position = snapshot.value_of(employee, "position").unwrap_or_default();
            let expected = [
                employee.import_id.as_str(), employee.email.as_str(), &employee.first_name, &employee.last_name,
                "", &supervisor, &department, &position,
            ];
            prop_assert_eq!(row.iter().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn names_are_one_spelling_each((mirror, now) in history()) {
        let gone = everyone_missing_is_gone(&mirror, &now);
        let desired = decide(&policy(), today(), &mirror, now, &gone).unwrap().desired;
        let mut seen = BTreeSet::new();
        for (attribute, name) in desired.people.names() {
            prop_assert!(seen.insert((attribute, fold(name))));
        }
    }
}
