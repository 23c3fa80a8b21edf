//! Sizes add up, and what becomes small is told whatever it is called.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::{Email, Employee, Group, GroupKey, ImportId, Origin};
use crate::roster::samples;

const COLUMNS: [(&str, &str); 3] = [("Position", "position"), ("Team", "team"), ("Department", "department")];

/// Everybody with the number of their value in each of the three columns, or none. A value is called after its number.
fn feed(people: &[[Vec<i64>; 3]]) -> Feed {
    feed_called(people, |attribute, value| format!("{attribute} {value}"))
}

fn feed_called(people: &[[Vec<i64>; 3]], name: impl Fn(&str, i64) -> String) -> Feed {
    let key = |attribute: &str, value| {
        Arc::new(GroupKey { attribute: AttributeKey::new(attribute), origin: Origin::Id(value) })
    };
    let mut groups: BTreeMap<Arc<GroupKey>, Group> = BTreeMap::new();
    let mut employees = Vec::new();
    for (id, values) in (1..).zip(people) {
        let mut own = Vec::new();
        for ((_, attribute), values) in COLUMNS.iter().zip(values) {
            for value in values {
                let key = key(attribute, *value);
                own.push(Arc::clone(&key));
                groups.insert(Arc::clone(&key), Group { key, name: name(attribute, *value).into() });
            }
        }
        let id = EmployeeId(id);
        employees.push(Employee {
            id,
            import_id: ImportId::from(id),
            email: Email::new(&format!("{id}@example.org")).unwrap(),
            first_name: "Ada".into(),
            last_name: "Lovelace".into(),
            language: None,
            supervisor: None,
            groups: own.into_iter().collect(),
        });
    }
    Feed { columns: samples::columns(&COLUMNS), people: Snapshot::new(employees, groups.into_values()).unwrap() }
}

/// That many people with each value: `[2, 1]` is 1, 1, 2.
fn spread(sizes: &[usize]) -> Vec<i64> {
    (1..).zip(sizes).flat_map(|(value, size)| vec![value; *size]).collect()
}

fn company(columns: [&[usize]; 3]) -> Feed {
    let columns = columns.map(spread);
    let one = |at: usize| columns.each_ref().map(|column| column.get(at).copied().into_iter().collect::<Vec<i64>>());
    feed(&(0..columns.iter().map(Vec::len).max().unwrap_or_default()).map(one).collect::<Vec<_>>())
}

fn told(feed: &Feed, smallest: usize) -> Vec<String> {
    sizes(feed, smallest).iter().map(Told::logged).collect()
}

#[test]
fn a_company_of_33_is_told_in_three_lines() {
    let (mut positions, mut teams) = (vec![1; 27], vec![1, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4]);
    positions.extend([2, 2, 2]);
    teams.push(8);
    let feed = company([&positions, &teams, &[4, 3, 2, 12, 12]]);
    let sizes = sizes(&feed, 5);
    let counts = |one: &Sizes<'_>| (one.small().len(), one.small().iter().map(|(_, size)| size).sum::<usize>());
    assert_eq!(sizes.iter().map(counts).collect::<Vec<_>>(), [(30, 33), (11, 25), (3, 9)]);
    assert_eq!(
        told(&feed, 5),
        [
            "Position: 30 values for 33 people: it tells who somebody is",
            "Team: 12 values for 33 people, 11 with fewer than 5 people (25 people in all)",
            "Department: 5 values for 33 people, 3 with fewer than 5 people (9 people in all)",
        ]
    );
    assert_eq!(sizes[2].named(), [("department 3", 2), ("department 2", 3), ("department 1", 4)]);
    assert_eq!(sizes[0].named(), []);
}

#[test]
fn nothing_is_told_where_no_size_is_small_or_nobody_is_there() {
    assert_eq!(told(&company([&[3], &[3], &[3]]), 0), [""; 0]);
    assert_eq!(told(&Feed { columns: samples::columns(&COLUMNS), ..Feed::default() }, 5), [""; 0]);
}

#[test]
fn a_blank_cell_is_a_value() {
    let feed = company([&[6], &[9], &[2]]);
    let sizes = sizes(&feed, 5);
    assert_eq!(sizes[0].values, BTreeMap::from([("position 1", 6), ("", 3)]));
    assert_eq!(sizes[0].small(), [("", 3)]);
    assert_eq!(sizes[1].small(), []);
    assert_eq!(sizes[1].logged(), "Team: 1 value for 9 people, none with fewer than 5 people");
}

fn fallen(before: &Feed, after: &Feed) -> Vec<(String, usize, usize)> {
    let falls = falls(before, after, &sizes(after, 5));
    falls.iter().map(|fall| (format!("{}: {}", fall.header, fall.value), fall.before, fall.after)).collect()
}

#[test]
fn a_value_falls_that_was_not_small_and_that_somebody_still_has() {
    let before = company([&[6, 5, 3], &[14], &[9, 5]]);
    let fall = |column: &str, before, after| (column.to_owned(), before, after);
    // 6 to 4; one that goes altogether is a group that disappears; one that was small falls no deeper; 5 are enough.
    let after = company([&[4, 0, 2], &[6], &[5, 1]]);
    assert_eq!(fallen(&before, &after), [fall("Position: position 1", 6, 4), fall("Department: department 2", 5, 1)]);
    assert_eq!(fallen(&before, &before), []);
    assert_eq!(fallen(&Feed::default(), &after), []);
}

#[test]
fn a_value_falls_also_when_it_is_renamed_and_two_of_one_name_are_one() {
    let people = |first: usize, second: usize| {
        let of = |value| [vec![], vec![], vec![value]];
        (0..first).map(|_| of(1)).chain((0..second).map(|_| of(2))).collect::<Vec<_>>()
    };
    let renamed = feed_called(&people(4, 5), |_, value| if value == 1 { "Law".to_owned() } else { "Sales".to_owned() });
    assert_eq!(fallen(&feed(&people(6, 5)), &renamed), [("Department: Law".to_owned(), 6, 4)]);
    let one_name = feed_called(&people(3, 3), |_, _| "Law".to_owned());
    assert_eq!(fallen(&feed(&people(6, 5)), &one_name), []);
}

proptest! {
    #[test]
    fn sizes_add_up_to_the_people_and_where_values_are_split_to_what_everybody_has(
        people in proptest::collection::vec(
            [proptest::option::of(1..4_i64), proptest::option::of(1..4_i64)]
                .prop_flat_map(|[one, two]| proptest::collection::vec(1..6_i64, 0..4).prop_map(move |split| (one, two, split))),
            1..12,
        ),
    ) {
        let people: Vec<[Vec<i64>; 3]> = people
            .into_iter()
            .map(|(one, two, split)| [one.into_iter().collect(), two.into_iter().collect(), split])
            .collect();
        let feed = feed(&people);
        let sizes = sizes(&feed, 3);
        let sum = |one: &Sizes<'_>| one.values.values().sum::<usize>();
        prop_assert_eq!(sum(&sizes[0]), people.len());
        prop_assert_eq!(sum(&sizes[1]), people.len());
        let distinct = |split: &Vec<i64>| split.iter().collect::<std::collections::BTreeSet<_>>().len().max(1);
        prop_assert_eq!(sum(&sizes[2]), people.iter().map(|[.., split]| distinct(split)).sum::<usize>());
        for one in &sizes {
            prop_assert!(one.small().iter().all(|(_, size)| (1..3).contains(size)));
        }
        // The cells of the file are counted.
        for (value, size) in &sizes[0].values {
            let source = Source::Group(AttributeKey::new("position"));
            let cells = feed.people.employees().iter().filter(|one| feed.cell(one, &source) == *value);
            prop_assert_eq!(cells.count(), *size);
        }
    }
}

#[test]
fn a_group_is_found_by_its_value_and_by_its_column_and_value() {
    let feed = company([&[2, 1], &[2], &[3]]);
    let found = |asked: &str| {
        let members = members(&feed, asked);
        members
            .into_iter()
            .map(|one| (one.header, one.value, one.people.iter().map(|id| id.0).collect()))
            .collect::<Vec<(&str, &str, Vec<i64>)>>()
    };
    let first = ("Position", "position 1", vec![1, 2]);
    assert_eq!(found("position 1"), std::slice::from_ref(&first));
    assert_eq!(found("position: position 1"), [first]);
    assert_eq!(found("team: (empty)"), [("Team", "", vec![3])]);
    assert_eq!(found("position"), []);
}
