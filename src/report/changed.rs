//! What changes for people who stay: one line where the same changes for many, else a line for each field below each person.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::section::{Item, Mark};
use super::{PlanView, counted, domains, field_value, person, same_name};
use crate::roster::model::snapshot::Employee;
use crate::roster::plan::{Change, FieldChange, FieldName};
use crate::roster::voice::Told;
use crate::terminal::Extent;

/// From this many people on, the same change is one line for all of them.
const MANY: usize = 5;

/// A change that several people may share: a field with its values, the domain of addresses whose part before the @ stays, or a
/// supervisor who goes too, whoever that is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Same {
    Domain { from: String, to: String },
    Field { label: String, from: String, to: String },
    SupervisorGoes { label: String },
}

impl Same {
    fn of(view: &PlanView<'_>, change: &FieldChange<'_>, supervisor_goes: bool) -> Self {
        if let Some((from, to)) = domains(change) {
            return Self::Domain { from: from.to_owned(), to: to.to_owned() };
        }
        let FieldChange { field, from, to } = change;
        let label = field.told(view.voice());
        if supervisor_goes && *field == FieldName::Supervisor {
            return Self::SupervisorGoes { label };
        }
        Self::Field {
            label,
            from: field_value(field, from.as_deref(), &view.plan().before().people),
            to: field_value(field, to.as_deref(), &view.plan().after().people),
        }
    }

    fn line(&self, people: usize) -> String {
        let people = counted(people, "person", "people");
        match self {
            Self::Domain { from, to } => format!("~ E-mail domain {from} -> {to}: {people}"),
            Self::Field { label, from, to } if from == to => format!("~ {label} {}: {people}", same_name(from)),
            Self::Field { label, from, to } => format!("~ {label} {from} -> {to}: {people}"),
            Self::SupervisorGoes { label } => format!("~ {label} (goes too) -> (empty): {people}"),
        }
    }
}

/// First what many share, the most people first. Then everybody with other changes, in the order of ids.
pub(super) fn items(view: &PlanView<'_>) -> Vec<Item> {
    let changes: Vec<(&Employee, Vec<(Same, String)>)> =
        view.plan().employees().iter().filter_map(|change| changes_of(view, change)).collect();
    let mut people: BTreeMap<&Same, Vec<&Employee>> = BTreeMap::new();
    for (employee, fields) in &changes {
        fields.iter().for_each(|(same, _)| people.entry(same).or_default().push(employee));
    }
    people.retain(|_, people| people.len() >= MANY);
    let mut shared: Vec<(&Same, &Vec<&Employee>)> = people.iter().map(|(same, people)| (*same, people)).collect();
    shared.sort_by_key(|(_, people)| std::cmp::Reverse(people.len()));
    let mut items: Vec<Item> = shared.into_iter().map(|(same, people)| together(view, same, people)).collect();
    for (employee, fields) in &changes {
        let own: Vec<String> =
            fields.iter().filter(|(same, _)| !people.contains_key(same)).map(|(_, line)| line.clone()).collect();
        if !own.is_empty() {
            items.push(Item { rest: own, ..Item::new(Mark::Changed, format!("~ {}", person(employee))) });
        }
    }
    items
}

/// One line, with the people below it where everything is shown.
fn together(view: &PlanView<'_>, same: &Same, people: &[&Employee]) -> Item {
    let rest = match view.style.extent {
        Extent::Screens => Vec::new(),
        Extent::Everything => people.iter().map(|employee| person(employee)).collect(),
    };
    Item { rest, stands_for: people.len(), ..Item::new(Mark::Changed, same.line(people.len())) }
}

/// For each field, its change and its line.
fn changes_of<'a>(
    view: &PlanView<'a>,
    change: &Change<&'a Arc<Employee>>,
) -> Option<(&'a Employee, Vec<(Same, String)>)> {
    let (before, after) = match change {
        Change::Update { before, after } => (before, after),
        Change::Create(_) | Change::Delete(_) => return None,
    };
    let (fields, goes) = (view.plan().field_changes(change), view.plan().loses_supervisor(before, after));
    let fields = fields.iter().map(|field| (Same::of(view, field, goes), super::field_change(view, field)));
    Some((after, fields.collect()))
}
