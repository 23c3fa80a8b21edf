//! Who is removed on what evidence, and who is added.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::report::PlanView;
use crate::roster::decide::reasons::{Proof, Reason};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Employee, Snapshot};
use crate::roster::plan::{Change, Plan};

/// Somebody as every list shows them.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    pub id: EmployeeId,
    /// None for somebody at Personio who is in neither feed nor mirror.
    pub employee: Option<&'a Employee>,
    /// What Personio calls such a person; may be empty.
    name: &'a str,
    /// The department's index in the report.
    pub department: Option<usize>,
}

#[derive(Debug)]
pub struct Leaver<'a> {
    pub person: Person<'a>,
    pub reason: Option<&'a Reason>,
    /// Weak: a person should check it.
    pub proof: Proof,
    /// A newcomer who has their address.
    pub successor: Option<EmployeeId>,
}

#[derive(Debug)]
pub struct Leavers<'a> {
    /// The doubtful ones first, then by department and name.
    pub people: Vec<Leaver<'a>>,
    /// One of the reasons of each kind, with the number of people. The most people first.
    pub reasons: Vec<(&'a Reason, usize)>,
}

#[derive(Debug)]
pub struct Newcomer<'a> {
    pub person: Person<'a>,
    /// Office and position, where they are known.
    pub place: Vec<String>,
}

impl Person<'_> {
    pub fn name(&self) -> String {
        match self.employee {
            Some(Employee { first_name, last_name, .. }) => format!("{first_name} {last_name}"),
            None => self.name.to_owned(),
        }
    }

    /// Personio's id, or the import id of a line of an adopted file.
    pub fn key(&self) -> String {
        self.employee.map_or_else(|| self.id.to_string(), Employee::key)
    }

    pub fn email(&self) -> Option<&str> {
        self.employee.map(|employee| employee.email.as_str())
    }

    /// For sorting: by last and first name without accents and capitals, as one looks somebody up.
    pub(super) fn order(&self) -> (String, EmployeeId) {
        let name = match self.employee {
            Some(Employee { first_name, last_name, .. }) => format!("{last_name} {first_name}"),
            None => self.name(),
        };
        let name = name.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
        (name, self.id)
    }
}

/// Makes people of what the plan knows.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct People<'a, 'd> {
    pub view: PlanView<'a>,
    pub departments: &'d [String],
}

impl<'a> People<'a, '_> {
    pub(super) fn person(&self, people: &Snapshot, employee: &'a Employee) -> Person<'a> {
        let department = people.value_of(employee, AttributeKey::DEPARTMENT);
        let department = department.and_then(|name| self.index_of(&name));
        Person { id: employee.id, employee: Some(employee), name: "", department }
    }

    pub(super) fn index_of(&self, department: &str) -> Option<usize> {
        self.departments.binary_search_by(|known| known.as_str().cmp(department)).ok()
    }

    /// Somebody by id, whom the plan need not name.
    pub(in crate::report) fn called(&self, id: EmployeeId) -> Person<'a> {
        let known = self.view.sides().into_iter().find_map(|people| Some((people, people.employee(id)?)));
        match known {
            Some((people, employee)) => self.person(people, employee),
            None => {
                let name = self.view.decision().outsiders.get(&id).map(String::as_str).unwrap_or_default();
                Person { id, employee: None, name, department: None }
            }
        }
    }

    pub(super) fn leavers(&self, plan: &'a Plan<'a>) -> Leavers<'a> {
        let taken: BTreeMap<Arc<str>, EmployeeId> =
            created(plan).map(|employee| (employee.email.folded(), employee.id)).collect();
        let removed = plan.employees().iter().filter_map(|change| match change {
            Change::Delete(employee) => Some(*employee),
            Change::Create(_) | Change::Update { .. } => None,
        });
        let one = |employee: &'a Arc<Employee>| {
            let reason = self.view.decision().excluded.get(&employee.id);
            let successor = taken.get(&employee.email.folded()).copied();
            let proof = reason.filter(|_| successor.is_none()).map_or(Proof::Weak, Reason::proof);
            Leaver { person: self.person(&plan.before().people, employee), reason, proof, successor }
        };
        let mut people: Vec<Leaver<'a>> = removed.map(one).collect();
        people.sort_by_cached_key(|leaver| (Reverse(leaver.proof), leaver.person.order()));
        let mut reasons: Vec<(&'a Reason, usize)> = Vec::new();
        for reason in people.iter().filter_map(|leaver| leaver.reason) {
            match reasons.iter_mut().find(|(one, _)| is_alike(one, reason)) {
                Some((_, number)) => *number += 1,
                None => reasons.push((reason, 1)),
            }
        }
        reasons.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
        Leavers { people, reasons }
    }

    pub(super) fn newcomers(&self, plan: &'a Plan<'a>) -> Vec<Newcomer<'a>> {
        let people = &plan.after().people;
        let one = |employee: &'a Employee| {
            let place = [AttributeKey::OFFICE, "position"].into_iter();
            let place = place.filter_map(|key| people.value_of(employee, key)).map(|value| value.into_owned());
            Newcomer { person: self.person(people, employee), place: place.collect() }
        };
        let mut newcomers: Vec<Newcomer<'a>> = created(plan).map(one).collect();
        newcomers.sort_by_cached_key(|newcomer| newcomer.person.order());
        newcomers
    }
}

pub(super) fn in_order(people: &mut [Person<'_>]) {
    people.sort_by_cached_key(Person::order);
}

fn created<'a>(plan: &'a Plan<'a>) -> impl Iterator<Item = &'a Employee> {
    plan.employees().iter().filter_map(|change| match change {
        Change::Create(employee) => Some(&***employee),
        Change::Update { .. } | Change::Delete(_) => None,
    })
}

/// Whether two reasons are the same but for their days.
pub(in crate::report) fn is_alike(one: &Reason, other: &Reason) -> bool {
    match (one, other) {
        (Reason::NotYet(_), Reason::NotYet(_)) | (Reason::LastDayPassed(_), Reason::LastDayPassed(_)) => true,
        (one, other) => one == other,
    }
}
