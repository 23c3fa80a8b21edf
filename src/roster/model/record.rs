//! What Personio said about one person, typed.
//!
//! A record never loses a person: a value that cannot be read is a problem *in* the record, and its field counts as withheld. A
//! withheld field keeps the mirrored value, a blank one clears it. Nothing here decides who belongs in Honestly.

use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Personio's id of an employee: the only identity. One profile is one employment; a rehired person usually gets a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(from = "Written", into = "Written")]
pub struct EmployeeId(pub i64);

/// As JSON, which people read too: the number that stands for a line is nobody's at Personio.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
#[serde(untagged)]
enum Written {
    Profile(i64),
    /// Without a profile: a line of the adopted file.
    Line {
        line: i64,
    },
}

impl From<Written> for EmployeeId {
    fn from(written: Written) -> Self {
        match written {
            Written::Profile(id) => Self(id),
            Written::Line { line } => Self::without_profile(line),
        }
    }
}

impl From<EmployeeId> for Written {
    fn from(id: EmployeeId) -> Self {
        if id.has_profile() { Self::Profile(id.0) } else { Self::Line { line: -id.0 } }
    }
}

impl EmployeeId {
    /// Stands for somebody who is in Honestly and has no profile at Personio: a line of the adopted file.
    pub fn without_profile(line: i64) -> Self {
        Self(-line)
    }

    pub fn has_profile(self) -> bool {
        self.0 > 0
    }
}

impl fmt::Display for EmployeeId {
    /// The number that stands for a line is nobody's at Personio, and is shown to nobody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.has_profile() { self.0.fmt(f) } else { write!(f, "line {} of the adopted file", self.0.unsigned_abs()) }
    }
}

/// Somebody where no names are known.
pub fn by_id(id: EmployeeId) -> String {
    if id.has_profile() { format!("employee {id}") } else { id.to_string() }
}

/// The key of an attribute at Personio, such as `department` or `dynamic_123`. Labels are for display only: administrators
/// rename and duplicate them, keys stay.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(with = "String"))]
#[serde(from = "String", into = "String")]
pub struct AttributeKey(Arc<str>);

impl AttributeKey {
    pub const FIRST_NAME: &str = "first_name";
    pub const LAST_NAME: &str = "last_name";
    pub const EMAIL: &str = "email";
    pub const STATUS: &str = "status";
    pub const HIRE_DATE: &str = "hire_date";
    pub const TERMINATION_DATE: &str = "termination_date";
    pub const SUPERVISOR: &str = "supervisor";
    pub const DEPARTMENT: &str = "department";
    pub const OFFICE: &str = "office";
    pub const SUBCOMPANY: &str = "subcompany";
    pub const EMPLOYMENT_TYPE: &str = "employment_type";

    pub fn new(key: impl Into<Arc<str>>) -> Self {
        Self(key.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AttributeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for AttributeKey {
    fn from(key: String) -> Self {
        Self::new(key)
    }
}

impl From<AttributeKey> for String {
    fn from(key: AttributeKey) -> Self {
        key.as_str().to_owned()
    }
}

impl std::borrow::Borrow<str> for AttributeKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// One field as the credential sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field<T> {
    /// The key is not in the answer: the credential may not read it. This says nothing about the person.
    Withheld,
    /// The key is there and empty (`null`, `""` or `[]`).
    Blank,
    Known(T),
}

impl<T> Field<T> {
    pub fn as_ref(&self) -> Field<&T> {
        match self {
            Field::Withheld => Field::Withheld,
            Field::Blank => Field::Blank,
            Field::Known(value) => Field::Known(value),
        }
    }

    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Field::Withheld => Field::Withheld,
            Field::Blank => Field::Blank,
            Field::Known(value) => Field::Known(change(value)),
        }
    }

    pub fn known(self) -> Option<T> {
        match self {
            Field::Known(value) => Some(value),
            Field::Withheld | Field::Blank => None,
        }
    }
}

/// Personio's employment status, lower case in its API v1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    Active,
    Inactive,
    Leave,
    Onboarding,
    /// A status this version does not know: the person is left undecided.
    Other(String),
}

/// One value of an attribute: the text, and Personio's id if it is an object (department, office, team, ...). The id tells a
/// rename from a move.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value {
    pub id: Option<i64>,
    pub text: Arc<str>,
}

/// A value that could not be read, described without the value: records hold personal data, messages do not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Unreadable {
    pub attribute: AttributeKey,
    pub expected: Expected,
}

/// What was expected instead of a value that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    Date,
    Text,
    Status,
    Supervisor,
    Value,
    ValueWithId,
    SmallValue,
    TextOrNumber,
    List,
    NamedObject,
}

/// One person as Personio states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub id: EmployeeId,
    pub first_name: Field<String>,
    pub last_name: Field<String>,
    pub email: Field<String>,
    pub status: Field<Status>,
    /// First day of work: the first ten characters as Personio wrote them, never converted between time zones.
    pub hire_date: Field<NaiveDate>,
    /// Last day of employment; the status becomes `inactive` on the day after.
    pub termination_date: Field<NaiveDate>,
    pub supervisor: Field<EmployeeId>,
    /// Every other attribute that was asked for and sent, sorted by key.
    pub attributes: Attributes,
    /// Fields that could not be read, sorted; each of them is `Withheld` above.
    pub unreadable: Vec<Unreadable>,
}

impl Record {
    /// A person of whom only the id was sent.
    pub fn withheld(id: EmployeeId) -> Self {
        Self {
            id,
            first_name: Field::Withheld,
            last_name: Field::Withheld,
            email: Field::Withheld,
            status: Field::Withheld,
            hire_date: Field::Withheld,
            termination_date: Field::Withheld,
            supervisor: Field::Withheld,
            attributes: Attributes::default(),
            unreadable: Vec::new(),
        }
    }
}

/// The values of one attribute, shared by everybody who has the same ones; an empty list means blank.
pub type Values = Arc<[Value]>;

/// The attributes of one record that are neither withheld nor part of the employee's own fields.
#[derive(Debug, Clone, Default)]
pub struct Attributes {
    /// Sorted, and the same for all records of one listing.
    keys: Arc<[AttributeKey]>,
    /// In the order of the keys; none where withheld.
    values: Box<[Option<Values>]>,
}

impl Attributes {
    /// `keys` are sorted; `values` are in the same order, with none where one is withheld.
    pub fn laid_out(keys: &Arc<[AttributeKey]>, values: Vec<Option<Values>>) -> Self {
        debug_assert!(keys.is_sorted() && keys.len() == values.len());
        Self { keys: Arc::clone(keys), values: values.into_boxed_slice() }
    }

    pub fn get(&self, key: &str) -> Field<&[Value]> {
        self.shared(key).map(|values| &**values)
    }

    /// The shared values: two people with the same values from one page have the same pointer.
    pub fn shared(&self, key: &str) -> Field<&Values> {
        let place = self.keys.binary_search_by(|known| known.as_str().cmp(key));
        match place.ok().and_then(|at| self.values[at].as_ref()) {
            None => Field::Withheld,
            Some(values) if values.is_empty() => Field::Blank,
            Some(values) => Field::Known(values),
        }
    }

    /// Puts something else in the place of what is known of one attribute.
    pub fn replace(&mut self, key: &str, values: Field<Values>) {
        if let Ok(at) = self.keys.binary_search_by(|known| known.as_str().cmp(key)) {
            self.values[at] = match values {
                Field::Withheld => None,
                Field::Blank => Some(Values::from([])),
                Field::Known(values) => Some(values),
            };
        }
    }

    fn iter(&self) -> impl Iterator<Item = (&AttributeKey, &Values)> {
        self.keys.iter().zip(&self.values).filter_map(|(key, values)| values.as_ref().map(|values| (key, values)))
    }
}

impl PartialEq for Attributes {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Attributes {}

#[cfg(test)]
mod tests;
