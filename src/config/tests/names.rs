//! The law of names, from the configuration to a decision: while keys and ids stay the same, new names for labels and
//! departments at Personio change nothing. The same people are in, the same attributes fill the same columns, and nothing is an
//! error.

use std::sync::{Arc, LazyLock};

use chrono::NaiveDate;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::roster::decide::Decision;
use crate::roster::decide::eligibility::Calendar;
use crate::roster::decide::screening::screen;
use crate::roster::model::record::{AttributeKey, Attributes, EmployeeId, Field, Record, Status, Value};
use crate::roster::model::snapshot::Employee;
use crate::roster::plan::mirror::Mirror;
use crate::roster::policy::attribute::{Attribute, Kind};
use crate::roster::policy::name_changes::{Mismatch, Role};
use crate::roster::policy::{Policy, Seen, nature};
use crate::tests::cases;

const TEXT: &str = "[people]\ndepartments = [\"Sales\"]\nimport_id = \"Number\"\nlanguage = { attribute = \"Tongue\" }\n\
                    [groups]\n\"Badge\" = true\ndynamic_4 = true\n\"Site\" = false\n\"*\" = true\n";

/// The labels of dynamic_1 to dynamic_5, and of dynamic_6 where it exists.
#[derive(Debug, Clone)]
struct Called {
    labels: Vec<&'static str>,
    /// The names of the departments 1 to 3.
    departments: Vec<&'static str>,
}

fn called() -> impl Strategy<Value = Called> {
    let label = select(vec!["Number", "Tongue", "Badge", "Site", "Shift", "", "Language", "department", "Salary"]);
    let department = select(vec!["Sales", " SALES", "HR", "Ops"]);
    (vec(label, 5..=6), vec(department, 3)).prop_map(|(labels, departments)| Called { labels, departments })
}

static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let environment = Environment { home: Some(PathBuf::from("/home/ada")), ..Environment::default() };
    super::super::validate::build(TEXT, None, environment).unwrap()
});

impl Called {
    /// The names for which the configuration was written: each of its labels names one attribute, and somebody is in its
    /// department.
    fn unambiguous(mut self, department: usize) -> Self {
        const NAMED: [&str; 3] = ["Number", "Tongue", "Badge"];
        self.labels.truncate(5);
        self.labels.iter_mut().filter(|label| NAMED.contains(label)).for_each(|label| *label = "Shift");
        self.labels[..3].copy_from_slice(&NAMED);
        self.departments[department] = "Sales";
        self
    }

    fn readable(&self) -> Vec<Attribute> {
        let attribute = |key: String, label: &str| Attribute {
            key: AttributeKey::new(key),
            label: label.to_owned(),
            universal_id: None,
            kind: Kind::List,
        };
        let custom = self.labels.iter().enumerate();
        let custom = custom.map(|(at, label)| attribute(format!("dynamic_{}", at + 1), label));
        custom.chain([attribute("department".to_owned(), "Department")]).collect()
    }

    /// Six people, each in a department.
    fn records(&self, departments: &[usize]) -> Vec<Record> {
        let record = |(at, department): (usize, &usize)| {
            let id = at as i64 + 1;
            let name = self.departments[*department];
            let department = Value { id: Some(*department as i64), text: name.into() };
            let text = |text: &str| vec![Value { id: None, text: text.into() }];
            let own = [
                ("department".to_owned(), vec![department]),
                ("dynamic_1".to_owned(), text(&format!("N{id}"))),
                ("dynamic_2".to_owned(), text("de")),
            ];
            let custom =
                (3..=self.labels.len()).map(|number| (format!("dynamic_{number}"), text(&format!("v{number}"))));
            let attributes = own.into_iter().chain(custom).map(|(key, values)| (AttributeKey::new(key), values));
            Record {
                id: EmployeeId(id),
                first_name: Field::Known("Ada".into()),
                last_name: Field::Known("Lovelace".into()),
                email: Field::Known(format!("{id}@example.org")),
                status: Field::Known(Status::Active),
                hire_date: Field::Known(NaiveDate::from_ymd_opt(2020, 1, 1).unwrap()),
                termination_date: Field::Blank,
                supervisor: Field::Blank,
                attributes: Attributes::new(attributes),
                unreadable: Vec::new(),
            }
        };
        departments.iter().enumerate().map(record).collect()
    }
}

/// What a run does between Personio and the guard.
fn run(mirror: &Mirror, called: &Called, departments: &[usize]) -> Result<(Policy, Decision), Failure> {
    let policy = CONFIG.policy(&called.readable(), &mirror.names)?;
    let records = called.records(departments);
    let mut seen = Seen::default();
    records.iter().for_each(|record| seen.add(&policy, mirror, record, false));
    let mut policy = policy.renewed(mirror, &seen, |_| false).unwrap_or(policy);
    policy.learn(&seen);
    let today = Calendar::Known(NaiveDate::from_ymd_opt(2026, 11, 23).unwrap());
    let readable = called.readable().into_iter().map(|attribute| attribute.key);
    let readable = readable.chain(nature::OWN_FIELDS.map(AttributeKey::new)).collect();
    let findings = records.into_iter().map(|record| (record.id, screen(&policy, today, mirror, record))).collect();
    let decision =
        crate::roster::decide::decide(&policy, mirror, findings, readable, &Default::default()).expect("consistent");
    Ok((policy, decision))
}

fn after(decision: &Decision) -> Mirror {
    Mirror { feed: decision.desired.clone(), names: decision.grounds.names.clone(), ..Mirror::default() }
}

/// What fills each column.
fn columns(policy: &Policy) -> Vec<(String, String)> {
    policy.columns.iter().map(|column| (column.header.clone(), format!("{:?}", column.source))).collect()
}

/// Everybody who is in, and what fills their cells. Departments with the same name are one group.
fn people(decision: &Decision) -> Vec<String> {
    let line = |employee: &Arc<Employee>| {
        let Employee { id, import_id, language, groups, .. } = &**employee;
        let groups = groups.iter().filter(|group| group.attribute.as_str() != "department");
        format!("{id} {import_id} {language:?} {:?}", groups.collect::<Vec<_>>())
    };
    decision.desired.people.employees().iter().map(line).collect()
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn names_that_change_at_personio_change_nobody_and_no_column(
        first in called(), later in vec(called(), 1..4), departments in vec(0..3_usize, 6),
    ) {
        let first = first.unambiguous(departments[0]);
        let (policy, decision) = run(&Mirror::default(), &first, &departments).unwrap();
        let mut mirror = after(&decision);
        for called in later {
            let (policy_now, decision_now) = run(&mirror, &called, &departments).unwrap();
            prop_assert_eq!(columns(&policy_now), columns(&policy));
            prop_assert_eq!(&policy_now.groups, &policy.groups);
            prop_assert_eq!((&policy_now.import_id, &policy_now.language), (&policy.import_id, &policy.language));
            prop_assert_eq!(&decision_now.grounds.names, &decision.grounds.names);
            prop_assert_eq!(people(&decision_now), people(&decision));
            for employee in decision_now.desired.people.employees() {
                let department = decision_now.desired.people.value_of(employee, "department").unwrap().to_lowercase();
                let stated = called.departments[departments[employee.id.0 as usize - 1]];
                prop_assert_eq!(department, stated.trim().to_lowercase());
            }
            // Where what the filter stands for has another name now, the result says so.
            let is_called_so = |at: usize| called.departments[at].trim().to_lowercase() == "sales";
            let was_called_so = |at: usize| first.departments[at].trim().to_lowercase() == "sales";
            let renamed = departments.iter().any(|at| was_called_so(*at) && !is_called_so(*at));
            let told = policy_now.mismatches.iter().any(|mismatch| matches!(mismatch, Mismatch::Renamed { named, .. } if named.role == Role::Filter));
            prop_assert_eq!(told, renamed);
            mirror = after(&decision_now);
        }
    }

    /// The same, where some attributes cannot be read for a while.
    #[test]
    fn no_label_takes_what_another_one_stands_for(
        first in called(), later in vec((called(), vec(any::<bool>(), 7)), 1..4),
    ) {
        let (policy, _) = run(&Mirror::default(), &first.unambiguous(0), &[0]).unwrap();
        let mut names = policy.names;
        for (called, gone) in later {
            let readable = called.readable().into_iter().zip(gone).filter(|(_, gone)| !gone);
            let readable: Vec<Attribute> = readable.map(|(attribute, _)| attribute).collect();
            let now = CONFIG.policy(&readable, &names).unwrap();
            let is_readable = |key: &AttributeKey| readable.iter().any(|attribute| attribute.key == *key);
            for (label, key) in names.labels.iter().filter(|(_, key)| is_readable(key)) {
                prop_assert_eq!(now.names.labels.get(label), Some(key));
            }
            let stands_for: std::collections::BTreeSet<&AttributeKey> = now.names.labels.values().collect();
            prop_assert_eq!(stands_for.len(), now.names.labels.len());
            names = now.names;
        }
    }
}
