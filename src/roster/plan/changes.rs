//! One difference: of a person field by field, of a column, or of the cells below the headers.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use super::Plan;
use crate::roster::feed::{Feed, LineEnd, Source};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Employee, Group, Snapshot};
use crate::roster::voice::{Told, Voice, own_attribute, tell};

/// One difference. `Update` never has two equal sides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change<T> {
    Create(T),
    Update { before: T, after: T },
    Delete(T),
}

impl<T> Change<T> {
    /// The first value for a created thing, the second for an updated one, the third for a deleted one.
    pub fn pick<U>(&self, created: U, updated: U, deleted: U) -> U {
        match self {
            Self::Create(_) => created,
            Self::Update { .. } => updated,
            Self::Delete(_) => deleted,
        }
    }

    /// What was and what will be.
    pub fn sides(&self) -> (Option<&T>, Option<&T>) {
        match self {
            Self::Create(after) => (None, Some(after)),
            Self::Update { before, after } => (Some(before), Some(after)),
            Self::Delete(before) => (Some(before), None),
        }
    }

    pub fn map<U>(&self, to: impl Fn(&T) -> U) -> Change<U> {
        match self {
            Self::Create(after) => Change::Create(to(after)),
            Self::Update { before, after } => Change::Update { before: to(before), after: to(after) },
            Self::Delete(before) => Change::Delete(to(before)),
        }
    }

    /// The person, group or column that changes: as it will be or, if it goes, as it was.
    pub fn subject(&self) -> &T {
        match self {
            Self::Create(after) | Self::Update { before: _, after } => after,
            Self::Delete(before) => before,
        }
    }
}

/// A field of an employee, as the plan and the journal name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(with = "String"))]
pub enum FieldName {
    ImportId,
    Email,
    FirstName,
    LastName,
    Language,
    Supervisor,
    Group(AttributeKey),
}

impl FieldName {
    /// One word for machines, as the journal keeps it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::ImportId => "import_id",
            Self::Email => AttributeKey::EMAIL,
            Self::FirstName => AttributeKey::FIRST_NAME,
            Self::LastName => AttributeKey::LAST_NAME,
            Self::Language => "language",
            Self::Supervisor => AttributeKey::SUPERVISOR,
            Self::Group(key) => key.as_str(),
        }
    }
}

impl Told for FieldName {
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::ImportId => tell!(voice, "Import id", "Import ID", "Import-ID"),
            Self::Language => tell!(voice, "Language", "Language", "Sprache"),
            Self::Group(key) => voice.column(key),
            Self::Email | Self::FirstName | Self::LastName | Self::Supervisor => {
                own_attribute(voice.tongue(), self.as_str()).unwrap_or_default().to_owned()
            }
        }
    }
}

impl Serialize for FieldName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One field of one person before and after; null where it is empty. Both sides are equal only where Personio has another value with the
/// same name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FieldChange<'a> {
    pub field: FieldName,
    pub from: Option<Cow<'a, str>>,
    pub to: Option<Cow<'a, str>>,
}

/// How a file is laid out, apart from its set of columns. A change here changes no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout<'a> {
    pub line_end: LineEnd,
    /// The headers that both files have, in their order in this one.
    pub order: Vec<&'a str>,
}

/// Two layouts that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutChange<'a> {
    pub before: Layout<'a>,
    pub after: Layout<'a>,
}

impl<'a> LayoutChange<'a> {
    /// None if both are the same, or if one of the two has no columns.
    pub(super) fn between(before: &'a Feed, after: &'a Feed) -> Option<Self> {
        let layout = |feed: &'a Feed, other: &Feed| Layout {
            line_end: feed.columns.line_end(),
            order: (feed.columns.iter().map(|column| column.header.as_str()))
                .filter(|header| other.columns.get(header).is_some())
                .collect(),
        };
        let is_new = before.columns.iter().len() == 0 || after.columns.iter().len() == 0;
        let change = Self { before: layout(before, after), after: layout(after, before) };
        (!is_new && change.before != change.after).then_some(change)
    }
}

/// Walks two sorted sequences side by side.
pub(super) fn merge<T: PartialEq, K: Ord>(
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
pub(super) type Filled<'a> = (FieldName, Cow<'a, str>);

/// Every field that is not empty, sorted. Destructured, so that a new field cannot be forgotten here.
pub(super) fn fields<'a>(employee: &'a Employee, snapshot: &'a Snapshot) -> Vec<Filled<'a>> {
    let Employee { id: _, import_id, email, first_name, last_name, language, supervisor, groups } = employee;
    let mut fields: Vec<Filled<'a>> = vec![
        (FieldName::ImportId, import_id.as_str().into()),
        (FieldName::Email, email.as_str().into()),
        (FieldName::FirstName, Cow::Borrowed(first_name)),
        (FieldName::LastName, Cow::Borrowed(last_name)),
    ];
    fields.extend(language.as_ref().map(|language| (FieldName::Language, language.as_str().into())));
    fields.extend(supervisor.map(|supervisor| (FieldName::Supervisor, supervisor_of(supervisor, snapshot).into())));
    let mut attribute = None;
    for key in groups.iter().filter(|key| attribute.replace(&key.attribute) != Some(&key.attribute)) {
        if let Some(value) = snapshot.value_of(employee, key.attribute.as_str()) {
            fields.push((FieldName::Group(key.attribute.clone()), value));
        }
    }
    fields
}

/// By Personio's id; of a line of the adopted file the import id.
fn supervisor_of(id: EmployeeId, snapshot: &Snapshot) -> String {
    match snapshot.employee(id).filter(|_| !id.has_profile()) {
        Some(line) => format!("import id {}", line.import_id),
        None => id.to_string(),
    }
}

/// Every field that either side has, with the values of both sides. Both inputs are sorted.
pub(super) fn side_by_side<'a>(from: Vec<Filled<'a>>, to: Vec<Filled<'a>>) -> impl Iterator<Item = FieldChange<'a>> {
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

impl<'a> Plan<'a> {
    /// Whether somebody has no supervisor any more because that one goes too: that follows from who goes, and is no change by itself.
    pub fn loses_supervisor(&self, before: &Employee, after: &Employee) -> bool {
        let goes = |id: EmployeeId| self.after.people.employee(id).is_none();
        after.supervisor.is_none() && before.supervisor.is_some_and(goes)
    }

    /// For how many people who are in both files the cell changes, by the headers that both have; but for cells that only follow from
    /// who goes.
    pub fn changed_cells(&self) -> BTreeMap<&'a str, usize> {
        let (before, after) = (self.before, self.after);
        let renamed: BTreeSet<&AttributeKey> = self.values().iter().filter_map(renamed_attribute).collect();
        let columns: Vec<Header<'a>> = (before.columns.iter())
            .filter_map(|column| {
                let (from, to) = (&column.source, &after.columns.get(&column.header)?.source);
                let is_renamed = matches!(to, Source::Group(key) if renamed.contains(key));
                let reach = if from != to || is_renamed { Reach::Everybody } else { Reach::WhoeverChanges };
                Some(Header { header: &column.header, from, to, reach })
            })
            .collect();
        let everybody: Vec<&Header<'a>> = columns.iter().filter(|column| column.reach == Reach::Everybody).collect();
        let mut cells = BTreeMap::new();
        let mut count = |column: &Header<'a>, one: &'a Employee, other: &'a Employee| {
            let is_supervisor = [column.from, column.to].iter().all(|source| **source == Source::ReportsToId);
            let follows = is_supervisor && self.loses_supervisor(one, other);
            if !follows && before.cell(one, column.from) != after.cell(other, column.to) {
                *cells.entry(column.header).or_default() += 1;
            }
        };
        for change in self.employees() {
            match change {
                Change::Update { before, after } => columns.iter().for_each(|column| count(column, before, after)),
                Change::Create(_) | Change::Delete(_) => {}
            }
        }
        if !everybody.is_empty() {
            let unchanged = before.people.employees().iter().filter_map(|one| {
                let other = after.people.employee(one.id)?;
                (one == other).then_some((one, other))
            });
            unchanged.for_each(|(one, other)| everybody.iter().for_each(|column| count(column, one, other)));
        }
        cells
    }
}

/// A header that both files have, with the source of its cells in each.
struct Header<'a> {
    header: &'a str,
    from: &'a Source,
    to: &'a Source,
    reach: Reach,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    WhoeverChanges,
    /// Its source has changed, or a group of its attribute was renamed: the cell may change although the person does not.
    Everybody,
}

fn renamed_attribute(change: &Change<Group>) -> Option<&AttributeKey> {
    match change {
        Change::Update { before: _, after } => Some(&after.key.attribute),
        Change::Create(_) | Change::Delete(_) => None,
    }
}
