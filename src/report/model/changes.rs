//! What changes for people who stay: what several share, what only one has, and what follows from who is removed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::people::{People, Person};
use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::Snapshot;
use crate::roster::plan::{Change, FieldChange, FieldName, Plan};

/// From this many people on, the same change stands once for all of them.
const SEVERAL: usize = 3;

/// Everybody whom a plan changes.
#[derive(Debug, Default)]
pub struct Changed<'a> {
    /// What changes for anybody, sorted.
    pub subjects: Vec<Subject>,
    /// The most people first.
    pub shared: Vec<(Alteration<'a>, Vec<Person<'a>>)>,
    /// By name within each department.
    pub single: Vec<(Person<'a>, Vec<Alteration<'a>>)>,
    /// Whose cell for the supervisor becomes empty because that one is removed.
    pub consequences: Vec<Person<'a>>,
}

/// One field before and after, in a form that makes the same change of two people equal; none is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alteration<'a> {
    pub subject: Subject,
    pub from: Option<Value<'a>>,
    pub to: Option<Value<'a>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The part after the @. The rest stays.
    EmailDomain,
    Field(FieldName),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value<'a> {
    Text(Cow<'a, str>),
    Person(EmployeeId),
}

impl<'a> Alteration<'a> {
    pub fn of(plan: &Plan<'a>, change: FieldChange<'a>) -> Self {
        let FieldChange { field, from, to } = change;
        if field == FieldName::Email
            && let (Some(from), Some(to)) = (&from, &to)
            && let Some((from, to)) = domains(from, to)
        {
            let domain = |domain: &str| Some(Value::Text(domain.to_owned().into()));
            return Self { subject: Subject::EmailDomain, from: domain(from), to: domain(to) };
        }
        let (from, to) = (value(&field, from, &plan.before().people), value(&field, to, &plan.after().people));
        Self { subject: Subject::Field(field), from, to }
    }
}

/// The domains of two addresses that have the same part before the @.
fn domains<'c>(from: &'c str, to: &'c str) -> Option<(&'c str, &'c str)> {
    let ((local, from), (same, to)) = from.rsplit_once('@').zip(to.rsplit_once('@'))?;
    (local == same).then_some((from, to))
}

/// A supervisor is a person.
fn value<'a>(field: &FieldName, value: Option<Cow<'a, str>>, people: &Snapshot) -> Option<Value<'a>> {
    let value = value?;
    let id = if *field == FieldName::Supervisor { value.parse().ok().map(EmployeeId) } else { None };
    Some(match id.filter(|id| people.employee(*id).is_some()) {
        Some(id) => Value::Person(id),
        None => Value::Text(value),
    })
}

impl<'a> Changed<'a> {
    pub(super) fn new(people: &People<'a, '_>, plan: &'a Plan<'a>) -> Self {
        let mut changed = Self::default();
        let mut shared: BTreeMap<Alteration<'a>, Vec<Person<'a>>> = BTreeMap::new();
        for change in plan.employees() {
            let (before, after) = match change {
                Change::Update { before, after } => (before, after),
                Change::Create(_) | Change::Delete(_) => continue,
            };
            let person = people.person(&plan.after().people, after);
            let follows = plan.loses_supervisor(before, after);
            if follows {
                changed.consequences.push(person);
            }
            let fields = plan.field_changes(change).into_iter();
            for field in fields.filter(|change| !(follows && change.field == FieldName::Supervisor)) {
                shared.entry(Alteration::of(plan, field)).or_default().push(person);
            }
        }
        let mut single: BTreeMap<EmployeeId, (Person<'a>, Vec<Alteration<'a>>)> = BTreeMap::new();
        for (alteration, people) in shared {
            if changed.subjects.last() != Some(&alteration.subject) {
                changed.subjects.push(alteration.subject.clone());
            }
            if people.len() >= SEVERAL {
                changed.shared.push((alteration, people));
                continue;
            }
            for person in people {
                single.entry(person.id).or_insert((person, Vec::new())).1.push(alteration.clone());
            }
        }
        changed.shared.sort_by_key(|(_, people)| std::cmp::Reverse(people.len()));
        changed.single = single.into_values().collect();
        changed.single.sort_by_cached_key(|(person, _)| person.order());
        changed
    }
}
