//! The difference between what Honestly was last given and what it should have.
//!
//! A plan is built only by `Plan::between` and holds no change that changes nothing. It obeys two laws: applied to the first
//! snapshot it gives the second, and it is empty exactly when the two are equal. It cannot act; `guard` judges it, `store`
//! applies it.

pub(crate) mod digest;
pub mod mirror;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::roster::model::record::AttributeKey;
use crate::roster::model::snapshot::{Employee, Group, Inconsistent, Snapshot};
use crate::roster::plan::digest::Canonical;

/// As many bytes of a hash as a person can be asked to compare.
const BYTES: usize = 6;

/// One difference. `Update` never has two equal sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<T> {
    Create(T),
    Update { before: T, after: T },
    Delete(T),
}

/// All differences between two snapshots, in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<'a> {
    before: &'a Snapshot,
    after: &'a Snapshot,
    employees: Vec<Change<&'a Arc<Employee>>>,
    groups: Vec<Change<Group>>,
}

/// A field of an employee, as the plan and the journal name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldName {
    ImportId,
    Email,
    FirstName,
    LastName,
    Language,
    Supervisor,
    Group(AttributeKey),
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ImportId => "import_id",
            Self::Email => AttributeKey::EMAIL,
            Self::FirstName => AttributeKey::FIRST_NAME,
            Self::LastName => AttributeKey::LAST_NAME,
            Self::Language => "language",
            Self::Supervisor => AttributeKey::SUPERVISOR,
            Self::Group(key) => key.as_str(),
        })
    }
}

/// One field of one person before and after; `None` is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldChange<'a> {
    pub field: FieldName,
    pub from: Option<Cow<'a, str>>,
    pub to: Option<Cow<'a, str>>,
}

/// How much a plan changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub added: usize,
    pub updated: usize,
    pub removed: usize,
    pub groups_added: usize,
    pub groups_renamed: usize,
    pub groups_removed: usize,
}

impl<'a> Plan<'a> {
    pub fn between(before: &'a Snapshot, after: &'a Snapshot) -> Self {
        let employees = merge(before.employees().iter(), after.employees().iter(), |employee| employee.id);
        let groups = merge(before.groups(), after.groups(), |group| group.key.clone());
        Self { before, after, employees, groups }
    }

    /// The snapshot that results when this plan is applied. Fails only where `snapshot` is not the one it was made from.
    pub fn apply_to(&self, snapshot: &Snapshot) -> Result<Snapshot, Inconsistent> {
        let mut employees: BTreeMap<_, _> = snapshot.employees().iter().map(|e| (e.id, e.clone())).collect();
        for change in &self.employees {
            match change {
                Change::Create(after) | Change::Update { after, .. } => {
                    employees.insert(after.id, Arc::clone(after));
                }
                Change::Delete(before) => {
                    employees.remove(&before.id);
                }
            }
        }
        let mut groups: BTreeMap<_, _> = snapshot.groups().map(|g| (g.key.clone(), g)).collect();
        for change in &self.groups {
            match change {
                Change::Create(after) | Change::Update { after, .. } => {
                    groups.insert(after.key.clone(), after.clone());
                }
                Change::Delete(before) => {
                    groups.remove(&before.key);
                }
            }
        }
        Snapshot::new(employees.into_values(), groups.into_values())
    }

    pub fn is_empty(&self) -> bool {
        self.employees.is_empty() && self.groups.is_empty()
    }

    /// In the order of employee ids.
    pub fn employees(&self) -> &[Change<&'a Arc<Employee>>] {
        &self.employees
    }

    /// In the order of group keys. An `Update` is a rename: same id at Personio, new name.
    pub fn groups(&self) -> &[Change<Group>] {
        &self.groups
    }

    pub fn before(&self) -> &'a Snapshot {
        self.before
    }

    pub fn after(&self) -> &'a Snapshot {
        self.after
    }

    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in &self.employees {
            match change {
                Change::Create(_) => counts.added += 1,
                Change::Update { .. } => counts.updated += 1,
                Change::Delete(_) => counts.removed += 1,
            }
        }
        for change in &self.groups {
            match change {
                Change::Create(_) => counts.groups_added += 1,
                Change::Update { .. } => counts.groups_renamed += 1,
                Change::Delete(_) => counts.groups_removed += 1,
            }
        }
        counts
    }

    /// Field by field what one change does, sorted by field. A created person goes from nothing to every field they have, a
    /// deleted one the other way round. Renamed groups are not field changes: membership is by key.
    pub fn field_changes(&self, change: &Change<&'a Arc<Employee>>) -> Vec<FieldChange<'a>> {
        let (before, after) = match change {
            Change::Create(after) => (None, Some(*after)),
            Change::Update { before, after } => (Some(*before), Some(*after)),
            Change::Delete(before) => (Some(*before), None),
        };
        let from = before.map(|employee| fields(employee, self.before)).unwrap_or_default();
        let to = after.map(|employee| fields(employee, self.after)).unwrap_or_default();
        let differs = |change: &FieldChange<'_>| {
            // By key, not by name: whoever stays in a renamed group has not changed, whoever moves to another group of the
            // same name has.
            if let (FieldName::Group(key), Some(before), Some(after)) = (&change.field, before, after) {
                let key = key.as_str();
                return !before.groups.of_attribute(key).eq(after.groups.of_attribute(key));
            }
            change.from != change.to
        };
        side_by_side(from, to).filter(differs).collect()
    }

    /// Twelve hexadecimal characters that stand for exactly this plan on exactly this basis, whatever the machine, the
    /// time of day or the order in which pages came.
    pub fn digest(&self, basis: &Basis) -> PlanDigest {
        let mut hash = Canonical::new();
        let Basis { generation, scope, destination } = basis;
        hash.text("generation");
        hash.number(*generation);
        hash.text(scope);
        hash.text(destination);
        for change in &self.groups {
            put(&mut hash, change, Canonical::group);
        }
        for change in &self.employees {
            put(&mut hash, change, |hash, sign, employee| hash.employee(sign, employee));
        }
        PlanDigest(hash.finish(BYTES))
    }

    /// One line for each change, by id and without personal data: its name, such as `remove 12`, and a fingerprint of what it
    /// does. Two outlines show where a reviewed plan and the present one part.
    pub fn outline(&self) -> BTreeMap<String, String> {
        let mut outline = BTreeMap::new();
        for change in &self.employees {
            let mut hash = Canonical::new();
            put(&mut hash, change, |hash, sign, employee| hash.employee(sign, employee));
            let name = match change {
                Change::Create(employee) => format!("add {}", employee.id),
                Change::Update { after, .. } => format!("update {}", after.id),
                Change::Delete(employee) => format!("remove {}", employee.id),
            };
            outline.insert(name, hash.finish(BYTES));
        }
        for change in &self.groups {
            let mut hash = Canonical::new();
            put(&mut hash, change, Canonical::group);
            let name = match change {
                Change::Create(group) => format!("add {}: {}", group.key.attribute, group.name),
                Change::Update { before, .. } => format!("rename {}: {}", before.key.attribute, before.name),
                Change::Delete(group) => format!("remove {}: {}", group.key.attribute, group.name),
            };
            outline.insert(name, hash.finish(BYTES));
        }
        outline
    }
}

/// What a plan rests on besides the two snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    pub generation: u64,
    /// The scope as one canonical text.
    pub scope: String,
    /// Where the feed goes; empty without a destination.
    pub destination: String,
}

/// The name of one plan: twelve lower-case hexadecimal characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlanDigest(String);

impl PlanDigest {
    /// None unless the text is twelve hexadecimal characters.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = text.len() == 12 && text.bytes().all(|b| b.is_ascii_hexdigit());
        well_formed.then(|| Self(text.to_ascii_lowercase()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlanDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Walks two sorted sequences side by side.
fn merge<T: PartialEq, K: Ord>(
    before: impl Iterator<Item = T>,
    after: impl Iterator<Item = T>,
    key: impl Fn(&T) -> K,
) -> Vec<Change<T>> {
    let (mut before, mut after) = (before.peekable(), after.peekable());
    let mut changes = Vec::new();
    loop {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return changes,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(b), Some(a)) => key(b).cmp(&key(a)),
        };
        match order {
            std::cmp::Ordering::Less => changes.extend(before.next().map(Change::Delete)),
            std::cmp::Ordering::Greater => changes.extend(after.next().map(Change::Create)),
            std::cmp::Ordering::Equal => {
                if let (Some(before), Some(after)) = (before.next(), after.next())
                    && before != after
                {
                    changes.push(Change::Update { before, after });
                }
            }
        }
    }
}

/// A field that is not empty, with its value.
type Filled<'a> = (FieldName, Cow<'a, str>);

/// Every field that is not empty, sorted. Destructured, so that a new field cannot be forgotten here.
fn fields<'a>(employee: &'a Employee, snapshot: &'a Snapshot) -> Vec<Filled<'a>> {
    let Employee { id: _, import_id, email, first_name, last_name, language, supervisor, groups } = employee;
    let mut fields: Vec<Filled<'a>> = vec![
        (FieldName::ImportId, import_id.as_str().into()),
        (FieldName::Email, email.as_str().into()),
        (FieldName::FirstName, Cow::Borrowed(first_name)),
        (FieldName::LastName, Cow::Borrowed(last_name)),
    ];
    fields.extend(language.as_ref().map(|language| (FieldName::Language, language.as_str().into())));
    fields.extend(supervisor.map(|supervisor| (FieldName::Supervisor, supervisor.to_string().into())));
    let mut attribute = None;
    for key in groups.iter().filter(|key| attribute.replace(&key.attribute) != Some(&key.attribute)) {
        if let Some(value) = snapshot.value_of(employee, key.attribute.as_str()) {
            fields.push((FieldName::Group(key.attribute.clone()), value));
        }
    }
    fields
}

/// Every field that either side has, with what both have there; both sides are sorted.
fn side_by_side<'a>(from: Vec<Filled<'a>>, to: Vec<Filled<'a>>) -> impl Iterator<Item = FieldChange<'a>> {
    let (mut from, mut to) = (from.into_iter().peekable(), to.into_iter().peekable());
    std::iter::from_fn(move || {
        let field = match (from.peek(), to.peek()) {
            (None, None) => return None,
            (Some((field, _)), None) | (None, Some((field, _))) => field.clone(),
            (Some((before, _)), Some((after, _))) => before.min(after).clone(),
        };
        let from = from.next_if(|(name, _)| *name == field).map(|(_, value)| value);
        let to = to.next_if(|(name, _)| *name == field).map(|(_, value)| value);
        Some(FieldChange { field, from, to })
    })
}

/// A change with its sign before each side.
fn put<T>(hash: &mut Canonical, change: &Change<T>, put_one: impl Fn(&mut Canonical, &str, &T)) {
    match change {
        Change::Create(after) => put_one(hash, "+", after),
        Change::Update { before, after } => {
            put_one(hash, "<", before);
            put_one(hash, ">", after);
        }
        Change::Delete(before) => put_one(hash, "-", before),
    }
}
