//! The laws of plans: between two unrelated feeds, and between two that differ in only one thing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::snapshot;
use crate::roster::feed::{self, Column, Columns, Feed, LineEnd, Source};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Employee, Group, GroupKey, Snapshot};
use crate::roster::plan::{Basis, Change, Counts, GroupChange, Plan, PlanDigest};
use crate::tests::cases;

/// Any columns, including ones that no configuration gives: few headers and few sources, so that headers change their sources.
fn columns() -> impl Strategy<Value = Columns> {
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

/// Two feeds that usually differ in only one thing, because one small difference is easily missed among many.
fn two_feeds() -> impl Strategy<Value = (Feed, Feed)> {
    (feed(), feed(), 0..8_usize).prop_map(|(feed, other, difference)| {
        let (mut employees, groups) = (feed.people.employees().to_vec(), feed.people.groups().collect::<Vec<Group>>());
        let mut columns: Vec<Column> = feed.columns.iter().cloned().collect();
        let (people, columns) = match difference {
            0 => (other.people, other.columns),
            1 => (other.people, feed.columns.clone()),
            2 => (feed.people.clone(), other.columns),
            3 => (feed.people.clone(), Columns::new(columns, other.columns.line_end()).unwrap()),
            4 => {
                columns.reverse();
                (feed.people.clone(), Columns::new(columns, feed.columns.line_end()).unwrap())
            }
            5 => {
                columns.iter_mut().take(1).for_each(|column| column.source = Source::Constant("z".to_owned()));
                (feed.people.clone(), Columns::new(columns, feed.columns.line_end()).unwrap())
            }
            6 => {
                let renamed =
                    groups.into_iter().map(|group| Group { name: format!("{}, renamed", group.name).into(), ..group });
                (Snapshot::new(employees, renamed).unwrap(), feed.columns.clone())
            }
            _ => {
                if let Some(first) = employees.first_mut() {
                    *first = Arc::new(Employee { last_name: "King".into(), ..Employee::clone(first) });
                }
                (Snapshot::new(employees, groups).unwrap(), feed.columns.clone())
            }
        };
        (feed, Feed { columns, people })
    })
}

/// A file's cells by import id and header, as a stranger would read them. The import id is below `Key`.
fn parsed(feed: &Feed) -> BTreeMap<String, BTreeMap<&str, String>> {
    let bytes = feed::render(feed).unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
    let rows = reader.records().skip(1).map(Result::unwrap);
    let headers = || feed.columns.iter().map(|column| column.header.as_str());
    rows.map(|row| headers().zip(row.iter().map(str::to_owned)).collect::<BTreeMap<_, _>>())
        .map(|cells| (cells["Key"].clone(), cells))
        .collect()
}

/// The feed that results when a plan is applied. It uses only what the plan itself says, and of the second feed only the order
/// of its columns and its line ends.
fn applied(plan: &Plan<'_>, feed: &Feed) -> Feed {
    let mut employees: BTreeMap<_, _> = feed.people.employees().iter().map(|e| (e.id, e.clone())).collect();
    for change in plan.employees() {
        match change {
            Change::Create(after) | Change::Update { after, .. } => {
                employees.insert(after.id, Arc::clone(after));
            }
            Change::Delete(before) => {
                employees.remove(&before.id);
            }
        }
    }
    let mut groups: BTreeMap<_, _> = feed.people.groups().map(|g| (g.key.clone(), g)).collect();
    for change in plan.values() {
        match change {
            Change::Create(after) | Change::Update { after, .. } => {
                groups.insert(after.key.clone(), after.clone());
            }
            Change::Delete(before) => {
                groups.remove(&before.key);
            }
        }
    }
    let people = Snapshot::new(employees.into_values(), groups.into_values()).unwrap();
    Feed { columns: applied_to_columns(plan, &feed.columns), people }
}

fn applied_to_columns(plan: &Plan<'_>, columns: &Columns) -> Columns {
    let mut by_header: BTreeMap<&str, Column> = columns.iter().map(|c| (c.header.as_str(), c.clone())).collect();
    for change in plan.columns() {
        match change {
            Change::Create(after) | Change::Update { after, .. } => {
                by_header.insert(&after.header, Column::clone(after));
            }
            Change::Delete(before) => {
                by_header.remove(before.header.as_str());
            }
        }
    }
    let order = &plan.after().columns;
    let place = |header: &str| order.iter().position(|c| c.header == header).unwrap_or(usize::MAX);
    let mut columns: Vec<Column> = by_header.into_values().collect();
    columns.sort_by_key(|column| place(&column.header));
    Columns::new(columns, order.line_end()).unwrap()
}

fn changes_nothing<T: PartialEq>(change: &Change<T>) -> bool {
    matches!(change, Change::Update { before, after } if before == after)
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn law_1_a_plan_leads_from_one_feed_to_the_other((a, b) in two_feeds()) {
        prop_assert_eq!(applied(&Plan::between(&a, &b), &a), b);
    }

    #[test]
    fn law_2_a_plan_is_empty_exactly_when_nothing_differs_and_then_the_bytes_are_the_same((a, b) in two_feeds()) {
        prop_assert!(Plan::between(&a, &a).is_empty());
        let plan = Plan::between(&a, &b);
        prop_assert_eq!(plan.is_empty(), a == b);
        prop_assert_eq!(plan.counts() == Counts::default() && plan.values().is_empty(), a == b);
        prop_assert_eq!(plan.counts().people.sum(), plan.employees().len());
        if plan.is_empty() {
            prop_assert_eq!(feed::render(&a).unwrap(), feed::render(&b).unwrap());
        }
        for change in plan.employees() {
            prop_assert!(!changes_nothing(change));
            prop_assert!(!plan.field_changes(change).is_empty());
        }
        for change in plan.values() {
            prop_assert!(!changes_nothing(change));
        }
        for change in plan.columns() {
            prop_assert!(!changes_nothing(change));
        }
    }

    /// A rename is one by its own value; what appears was nobody's name, and what goes is nobody's any more.
    #[test]
    fn what_a_plan_says_of_groups_is_true_and_said_once((a, b) in two_feeds()) {
        let plan = Plan::between(&a, &b);
        let (were, are) = (a.people.names(), b.people.names());
        let (mut appeared, mut gone) = (were.clone(), are.clone());
        let mut said = BTreeSet::new();
        for GroupChange { attribute, name, keys } in plan.groups() {
            prop_assert!(said.insert((attribute, name)));
            let called = |key: &GroupKey| (a.people.group_name(key), b.people.group_name(key));
            prop_assert!(!keys.is_empty() && keys.iter().all(|key| called(key) == name.sides()));
            match name {
                Change::Create(name) => prop_assert!(appeared.insert((attribute, &**name))),
                Change::Update { before, after } => {
                    appeared.insert((attribute, &**after));
                    gone.insert((attribute, &**before));
                }
                Change::Delete(name) => prop_assert!(gone.insert((attribute, &**name))),
            }
        }
        prop_assert!(appeared.is_superset(&are) && gone.is_superset(&were));
    }

    #[test]
    fn counted_cells_are_what_two_parsed_files_show((a, b) in two_feeds()) {
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
    fn a_digest_stands_for_one_plan_on_one_basis(a in feed(), (b, c) in two_feeds()) {
        let basis = Basis {
            mismatch: None,
            generation: 1,
            scope: "s".into(),
            destination: String::new(),
            other_files: BTreeSet::new(),
            reasons: BTreeMap::from([(EmployeeId(1), "left")]),
        };
        let (plan, another) = (Plan::between(&a, &b), Plan::between(&a, &c));
        let digest = plan.digest(&basis);
        prop_assert_eq!(&digest, &Plan::between(&a.clone(), &b.clone()).digest(&basis));
        prop_assert_eq!(PlanDigest::parse(digest.as_str()), Some(digest.clone()));
        prop_assert_eq!(digest == another.digest(&basis), b == c);
        let (nothing, change) = (Plan::between(&b, &b), Plan::between(&b, &c));
        prop_assert_eq!(nothing.digest(&basis) == change.digest(&basis), b == c);
        for other in [
            Basis { generation: 2, ..basis.clone() },
            Basis { mismatch: Some("older"), ..basis.clone() },
            Basis { scope: "t".into(), ..basis.clone() },
            Basis { destination: "d".into(), ..basis.clone() },
            Basis { other_files: BTreeSet::from(["f".into()]), ..basis.clone() },
            Basis { other_files: BTreeSet::from(["f".into(), "g".into()]), ..basis.clone() },
            Basis { reasons: BTreeMap::from([(EmployeeId(1), "absent")]), ..basis.clone() },
        ] {
            prop_assert_ne!(&digest, &Plan::between(&a, &b).digest(&other));
        }
    }
}

#[test]
fn where_one_of_two_files_has_no_columns_there_is_no_order_to_change() {
    let columns = vec![Column { header: "Key".to_owned(), source: Source::ImportId }];
    let some = Feed { columns: Columns::new(columns, LineEnd::CrLf).unwrap(), ..Feed::default() };
    assert_eq!(Plan::between(&Feed::default(), &some).layout(), None);
    assert_eq!(Plan::between(&some, &Feed::default()).layout(), None);
}

#[test]
fn a_digest_is_twelve_hexadecimal_characters() {
    for (text, expected) in [
        ("0123456789ab", Some("0123456789ab")),
        ("0123456789AB", Some("0123456789ab")),
        ("0123456789a", None),
        ("0123456789abc", None),
        ("0123456789ag", None),
    ] {
        assert_eq!(PlanDigest::parse(text).map(|digest| digest.to_string()).as_deref(), expected, "{text}");
    }
}
