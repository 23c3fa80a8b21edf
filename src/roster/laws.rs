//! The laws of the core, as property tests over tiny domains: six ids and four addresses, so that collisions are the
//! normal case.

mod people;
mod random;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::Days;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

use crate::cases::cases;
use crate::roster::decide::Decision;
use crate::roster::feed::{self, Column, Columns, Feed, Source};
use crate::roster::model::record::{AttributeKey, Attributes, EmployeeId, Field, Record, Status, Value};
use crate::roster::model::snapshot::{Employee, Snapshot, fold};
use crate::roster::plan::mirror::Mirror;
use crate::roster::plan::{Basis, Counts, Plan};
use crate::roster::policy::{GroupRule, Policy, Several};
use crate::roster::samples::{self, decide};
use random::*;

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn law_1_a_plan_leads_from_one_feed_to_the_other(a in feed(), b in feed()) {
        prop_assert_eq!(Plan::between(&a, &b).apply_to(&a).unwrap(), b);
    }

    #[test]
    fn law_2_a_plan_is_empty_exactly_when_nothing_differs_and_then_the_bytes_are_the_same(a in feed(), b in feed()) {
        prop_assert!(Plan::between(&a, &a).is_empty());
        let plan = Plan::between(&a, &b);
        prop_assert_eq!(plan.is_empty(), a == b);
        prop_assert_eq!(plan.counts() == Counts::default(), a == b);
        if plan.is_empty() {
            prop_assert_eq!(feed::render(&a).unwrap(), feed::render(&b).unwrap());
        }
        for change in plan.employees() {
            prop_assert!(!changes_nothing(change));
            prop_assert!(!plan.field_changes(change).is_empty());
        }
        for change in plan.groups() {
            prop_assert!(!changes_nothing(change));
        }
        for change in plan.columns() {
            prop_assert!(!changes_nothing(change));
        }
    }

    #[test]
    fn counted_cells_are_what_two_parsed_files_show(a in feed(), b in feed()) {
        let key = Column { header: "Key".to_owned(), source: Source::ImportId };
        let with_key = |feed: &Feed| Feed {
            columns: Columns::new(feed.columns.iter().cloned().chain([key.clone()]).collect(), feed.columns.line_end()).unwrap(),
            people: feed.people.clone(),
        };
        let (a, b) = (with_key(&a), with_key(&b));
        let (one, other) = (parsed(&a), parsed(&b));
        let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
        for (person, cells) in &one {
            for (header, cell) in cells {
                let changed = other.get(person).and_then(|cells| cells.get(header)).is_some_and(|other| other != cell);
                *shown.entry(header).or_default() += usize::from(changed);
            }
        }
        shown.retain(|_, people| *people > 0);
        prop_assert_eq!(Plan::between(&a, &b).changed_cells(), shown);
    }

    #[test]
    fn a_digest_stands_for_one_plan_on_one_basis(a in feed(), b in feed(), c in feed()) {
        let basis = Basis {
            mismatch: None,
            generation: 1,
            scope: "s".into(),
            destination: String::new(),
            foreign_file: String::new(),
            reasons: BTreeMap::from([(EmployeeId(1), "left")]),
        };
        let digest = Plan::between(&a, &b).digest(&basis);
        prop_assert_eq!(&digest, &Plan::between(&a.clone(), &b.clone()).digest(&basis));
        prop_assert_eq!(digest == Plan::between(&a, &c).digest(&basis), b == c);
        for other in [
            Basis { generation: 2, ..basis.clone() },
            Basis { mismatch: Some("older"), ..basis.clone() },
            Basis { scope: "t".into(), ..basis.clone() },
            Basis { destination: "d".into(), ..basis.clone() },
            Basis { foreign_file: "f".into(), ..basis.clone() },
            Basis { reasons: BTreeMap::from([(EmployeeId(1), "absent")]), ..basis.clone() },
        ] {
            prop_assert_ne!(&digest, &Plan::between(&a, &b).digest(&other));
        }
    }

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
        for group in desired.people.groups() {
            prop_assert!(seen.insert((group.key.attribute.clone(), fold(&group.name).into_owned())));
        }
    }
}
