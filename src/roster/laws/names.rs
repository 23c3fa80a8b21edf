//! The law of names of values and people: what is called otherwise at Personio, and whose address is another one, changes nobody.
//!
//! The model knows by ids whom each name stood for first, and nothing of names but that.

use super::*;
use crate::roster::decide::eligibility::{Background, Calendar, has_left};
use crate::roster::plan::mirror::Presence;
use crate::roster::policy::name_changes::{Mismatch, Named, Role};
use crate::roster::policy::{ScopeFilter, Seen, Who};

const ADDRESSES: [&str; 4] = ["a@x.de", "b@x.de", "c@x.de", "d@x.de"];
const DEPARTMENTS: [&str; 4] = ["Sales", "Ops", "HR", "IT"];

/// What Personio says on one day.
#[derive(Debug, Clone)]
struct Day {
    /// Whose address each of six people has: a number of somebody, whose first address it was.
    addresses: Vec<usize>,
    /// What the four departments are called.
    called: Vec<usize>,
    /// Whose address is blank.
    blank: Vec<bool>,
}

/// What the configuration names, by what it stands for on the first day.
#[derive(Debug, Clone)]
struct Config {
    excluded: BTreeSet<usize>,
    required: usize,
    let_in: BTreeSet<usize>,
    /// Departments that have another name in Honestly.
    mapped: BTreeMap<usize, &'static str>,
}

fn address(of: usize) -> String {
    ADDRESSES.get(of).map_or_else(|| format!("{of}@y.de"), |address| (*address).to_owned())
}

fn config() -> impl Strategy<Value = Config> {
    let mapped = proptest::collection::btree_map(0..4_usize, select(vec!["One", "Two", ""]), 0..3);
    (btree_set(0..6_usize, 0..3), 0..6_usize, btree_set(0..4_usize, 1..=3), mapped)
        .prop_map(|(excluded, required, let_in, mapped)| Config { excluded, required, let_in, mapped })
}

fn day() -> impl Strategy<Value = Day> {
    let permuted = |of: usize| Just((0..of).collect::<Vec<_>>()).prop_shuffle();
    (permuted(6), permuted(4), vec(proptest::bool::weighted(0.1), 6)).prop_map(|(addresses, called, blank)| Day {
        addresses,
        called,
        blank,
    })
}

impl Config {
    /// Without the departments in which nobody is: such a name stands for whoever has it first.
    fn about(mut self, departments: &[usize]) -> Self {
        self.let_in.retain(|at| departments.contains(at));
        self.mapped.retain(|at, _| departments.contains(at));
        self
    }

    fn policy(&self, mirror: &Mirror) -> Policy {
        let who = |at: usize| Who::parse(&address(at));
        let name = |at: &usize| fold(DEPARTMENTS[*at]).into_owned();
        let person = |role, at: usize| samples::named(role, Named::ADDRESS, &who(at).named().1);
        let value = |role, at: &usize| samples::named(role, "department", DEPARTMENTS[*at]);
        let excluded = self.excluded.iter().map(|at| person(Role::Excluded, *at));
        let values = self.let_in.iter().map(|at| value(Role::Filter, at));
        let mapped = self.mapped.keys().map(|at| value(Role::Mapped, at));
        let values_of_rule = self.mapped.iter().map(|(at, to)| (name(at), (*to).to_owned())).collect();
        let attribute = AttributeKey::new("department");
        let filter = Some(ScopeFilter { attribute, allowed: self.let_in.iter().map(name).collect() });
        let policy = Policy {
            exclude: self.excluded.iter().map(|at| (who(*at), BTreeSet::new())).collect(),
            filters: filter.into_iter().filter(|filter| !filter.allowed.is_empty()).collect(),
            named: excluded.chain(values).chain(mapped).chain([person(Role::Required, self.required)]).collect(),
            ..samples::policy(vec![GroupRule { values: values_of_rule, ..samples::rule("department") }])
        };
        policy.remembering(&mirror.names)
    }
}

/// Everybody is in a department, and stays there.
fn records(day: &Day, departments: &[usize]) -> Vec<Record> {
    let one = |(at, department): (usize, &usize)| {
        let id = at as i64 + 1;
        let values = vec![value(Some(*department as i64), DEPARTMENTS[day.called[*department]])];
        Record {
            first_name: Field::Known("Ada".into()),
            last_name: Field::Known(format!("Name{id}")),
            email: if day.blank[at] { Field::Blank } else { Field::Known(address(day.addresses[at])) },
            status: Field::Known(Status::Active),
            hire_date: Field::Known(today() - Days::new(100)),
            termination_date: Field::Blank,
            supervisor: Field::Blank,
            attributes: Attributes::new([(AttributeKey::new("department"), values)]),
            ..Record::withheld(EmployeeId(id))
        }
    };
    departments.iter().enumerate().map(one).collect()
}

/// What a run does between Personio and the guard.
fn run(config: &Config, mirror: &Mirror, records: Vec<Record>) -> (Policy, Decision) {
    let policy = config.policy(mirror);
    let (policy, seen) = listed(policy, mirror, &records);
    let (mut policy, seen) = match policy.renewed(mirror, &seen, |_| false) {
        None => (policy, seen),
        Some(renewed) => listed(renewed, mirror, &records),
    };
    policy.learn(&seen);
    let decision = decide(&policy, today(), mirror, records, &BTreeMap::new()).unwrap();
    (policy, decision)
}

fn listed(policy: Policy, mirror: &Mirror, records: &[Record]) -> (Policy, Seen) {
    let mut seen = Seen::default();
    for record in records {
        let background = Background { calendar: Calendar::Known(today()), presence: Presence::In };
        seen.add(&policy, mirror, record, has_left(&policy, background, record));
    }
    (policy, seen)
}

/// By the persons' ids.
fn excluded(decision: &Decision) -> BTreeSet<EmployeeId> {
    decision.excluded.keys().copied().collect()
}

/// Everybody's own department and its cell, without the new names of what is not mapped.
fn cells(config: &Config, decision: &Decision, departments: &[usize]) -> Vec<(EmployeeId, Option<String>)> {
    let people = &decision.desired.people;
    let is_mapped = |employee: &&Arc<Employee>| config.mapped.contains_key(&departments[employee.id.0 as usize - 1]);
    let cell =
        |employee: &Arc<Employee>| (employee.id, people.value_of(employee, "department").map(|cell| cell.into_owned()));
    people.employees().iter().filter(is_mapped).map(cell).collect()
}

proptest! {
    #![proptest_config(cases(1000))]

    /// Six people in four departments, on days on which addresses and names change hands or are blank.
    #[test]
    fn law_14_no_other_address_and_no_other_name_changes_who_or_what_is_meant(
        config in config(), departments in vec(0..4_usize, 6), days in vec(day(), 1..4),
    ) {
        let config = config.about(&departments);
        let first = Day { addresses: (0..6).collect(), called: (0..4).collect(), blank: vec![false; 6] };
        let (_, decision) = run(&config, &Mirror::default(), records(&first, &departments));
        let out = excluded(&decision);
        let is_out = |at: &usize| !config.let_in.is_empty() && !config.let_in.contains(&departments[*at]);
        let meant = |at: &usize| config.excluded.contains(at) || is_out(at);
        prop_assert_eq!(&out, &(0..6).filter(meant).map(|at| EmployeeId(at as i64 + 1)).collect());
        let (kept, required) = (cells(&config, &decision, &departments), Who::parse(&address(config.required)).named());
        let mut mirror = applied(&Mirror::default(), &decision);
        for day in days {
            let (policy, decision) = run(&config, &mirror, records(&day, &departments));
            prop_assert_eq!(&excluded(&decision), &out);
            let is_required = BTreeSet::from([EmployeeId(config.required as i64 + 1)]);
            prop_assert_eq!(decision.grounds.names.people(required.clone()), is_required);
            prop_assert_eq!(&cells(&config, &decision, &departments), &kept);
            // Whatever is called otherwise is told, and nothing else.
            for named in &policy.named {
                let is_told = |mismatch: &Mismatch| matches!(mismatch, Mismatch::Renamed { named: told, .. } if told == named);
                let told = policy.mismatches.iter().any(is_told);
                let otherwise = match named.is_address() {
                    true => (0..6).any(|at| {
                        let is_named = Who::parse(&address(at)).named().1 == named.written;
                        is_named && !day.blank[at] && day.addresses[at] != at
                    }),
                    false => departments.iter().any(|at| DEPARTMENTS[*at] == named.written && day.called[*at] != *at),
                };
                prop_assert_eq!(told, otherwise, "{:?}", named);
            }
            mirror = applied(&mirror, &decision);
        }
    }

    /// What one run learns changes nobody in the next one: no filter, with whichever names, takes out for one run whom it lets in.
    #[test]
    fn the_same_people_are_decided_in_the_same_way_again(
        edits in vec(config(), 1..3), departments in vec(0..4_usize, 6),
        days in vec((0..3_usize, day(), vec(0..4_usize, 6)), 1..4),
    ) {
        let mut mirror = Mirror::default();
        for (edit, day, moved) in days {
            let config = &edits[edit % edits.len()];
            let departments = if moved[0] == 0 { &moved } else { &departments };
            let (_, first) = run(config, &mirror, records(&day, departments));
            mirror = applied(&mirror, &first);
            let (_, again) = run(config, &mirror, records(&day, departments));
            prop_assert_eq!(excluded(&again), excluded(&first));
            prop_assert_eq!(&again.desired, &first.desired);
            mirror = applied(&mirror, &again);
        }
    }
}
