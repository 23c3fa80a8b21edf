//! One page's tongue, and its names for people, departments, columns and attributes of the plan.

use std::borrow::Cow;

use super::words::Word;
use crate::report::{PlanView, group_label};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Employee, Snapshot};
use crate::roster::plan::Plan;
use crate::roster::voice::{Names, Reader, Voice, own_attribute};
use crate::tongue::Tongue;
use crate::visible::isolated;

/// One person as every list shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub name: String,
    /// Personio's id (or the import id) and the address.
    pub details: String,
    /// The department's index on the page.
    pub department: Option<usize>,
}

#[derive(Debug, Clone)]
pub(super) struct PageNames<'a> {
    pub tongue: Tongue,
    pub view: &'a PlanView<'a>,
    /// The plan whose people are shown: compared with the last decision where nothing is known of the destination.
    pub plan: &'a Plan<'a>,
    /// Sorted.
    pub departments: Vec<String>,
}

impl<'a> PageNames<'a> {
    pub(super) fn new(tongue: Tongue, view: &'a PlanView<'a>) -> Self {
        let proposal = view.proposal;
        let destination = view.evidence.destination.map(|destination| destination.url.as_str());
        let is_known = view.evidence.mirror.given_to(destination).is_some();
        let plan =
            if is_known || view.mirrored().employees().is_empty() { &proposal.plan } else { &proposal.from_mirror };
        let sides = [&plan.before().people, &plan.after().people];
        let departments = sides.into_iter().flat_map(|people| {
            people.employees().iter().filter_map(|employee| people.value_of(employee, AttributeKey::DEPARTMENT))
        });
        let mut departments: Vec<Cow<'_, str>> = departments.collect();
        departments.sort_unstable();
        departments.dedup();
        Self { tongue, view, plan, departments: departments.into_iter().map(Cow::into_owned).collect() }
    }

    pub(super) fn before(&self) -> &'a Snapshot {
        &self.plan.before().people
    }

    pub(super) fn after(&self) -> &'a Snapshot {
        &self.plan.after().people
    }

    /// HR reads this page.
    pub(super) fn voice(&self) -> Voice<'_> {
        Voice::new(Reader::Hr(self.tongue), self)
    }

    pub(super) fn word(&self, word: Word) -> String {
        word.text(self.tongue).to_owned()
    }

    /// Text from somebody inside a sentence, in quotation marks.
    pub(super) fn quoted(&self, text: &str) -> String {
        self.tongue.quoted(&isolated(text))
    }

    /// Whoever is in on either side, or was before.
    fn known(&self, id: EmployeeId) -> Option<&'a Employee> {
        let sides = [self.after(), self.before(), self.view.mirrored()];
        sides.into_iter().find_map(|people| people.employee(id)).map(|employee| &**employee)
    }

    /// Name and id of somebody.
    pub(super) fn name(&self, id: EmployeeId) -> String {
        match (self.known(id), self.view.decision().outsiders.get(&id)) {
            (Some(employee), _) => format!("{} {} ({})", employee.first_name, employee.last_name, employee.key()),
            (None, Some(name)) if !name.is_empty() => format!("{name} ({id})"),
            (None, Some(_) | None) => id.to_string(),
        }
    }

    /// Name and id of somebody inside a sentence.
    pub(super) fn somebody(&self, id: EmployeeId) -> String {
        isolated(&self.name(id))
    }

    pub(super) fn department(&self, people: &Snapshot, employee: &Employee) -> Option<usize> {
        self.index_of(&people.value_of(employee, AttributeKey::DEPARTMENT)?)
    }

    /// The department's index on the page.
    pub(super) fn index_of(&self, department: &str) -> Option<usize> {
        self.departments.binary_search_by(|known| known.as_str().cmp(department)).ok()
    }

    pub(super) fn person(&self, people: &Snapshot, employee: &Employee) -> Person {
        let Employee { email, first_name, last_name, .. } = employee;
        Person {
            name: format!("{first_name} {last_name}"),
            details: format!("{} · {email}", employee.key()),
            department: self.department(people, employee),
        }
    }

    /// Somebody whom the plan does not name.
    pub(super) fn outsider(&self, id: EmployeeId) -> Person {
        let Some(employee) = self.known(id) else {
            let name = self.view.decision().outsiders.get(&id).cloned().unwrap_or_default();
            return Person { name, details: id.to_string(), department: None };
        };
        let people = if self.after().employee(id).is_some() { self.after() } else { self.before() };
        self.person(people, employee)
    }
}

impl Names for PageNames<'_> {
    fn person(&self, id: EmployeeId) -> String {
        self.somebody(id)
    }

    /// By the label that Personio sends, else by the usual word, else by the name of the column.
    fn attribute(&self, key: &AttributeKey) -> String {
        let sent = self.view.decision().grounds.labels.get(key).map(String::as_str);
        match sent.or_else(|| own_attribute(self.tongue, key.as_str())) {
            Some(label) => self.quoted(label),
            None => self.quoted(&group_label(self.view, key)),
        }
    }

    fn column(&self, key: &AttributeKey) -> String {
        group_label(self.view, key)
    }
}
