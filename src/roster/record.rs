//! What Personio said about one person, typed.
//!
//! A record never loses a person: a value that cannot be read is a problem *in* the record, and its field counts as withheld.
//! What is withheld keeps the mirrored value, what is blank clears it. Nothing here decides who belongs in Honestly.

use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;

/// Personio's id of an employee: the only identity. One profile is one employment; a rehired person usually gets a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmployeeId(pub i64);

impl EmployeeId {
    /// Stands for somebody who is in Honestly and has no profile at Personio, whose ids count from one; `number` does too.
    pub fn without_profile(number: i64) -> Self {
        Self(-number)
    }

    pub fn has_profile(self) -> bool {
        self.0 > 0
    }
}

impl fmt::Display for EmployeeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The key of an attribute at Personio, such as `department` or `dynamic_123`. Labels are for display only: they are
/// renamed and duplicated by administrators, keys are not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

impl std::borrow::Borrow<str> for AttributeKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// One field as the credential sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field<T> {
    /// The key is not in the answer: the credential may not read it. Says nothing about the person.
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

/// One value of an attribute: the text, and the id Personio gives it where it is an object (department, office, team, ...).
/// The id is what tells a rename from a move.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value {
    pub id: Option<i64>,
    pub text: Arc<str>,
}

/// A value that could not be read, told without the value itself: records hold personal data, messages do not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    pub attribute: AttributeKey,
    /// What was expected, such as `a date`.
    pub expected: &'static str,
}

/// One person as Personio states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub id: EmployeeId,
    pub first_name: Field<String>,
    pub last_name: Field<String>,
    pub email: Field<String>,
    pub status: Field<Status>,
    /// First day of work; the first ten characters as Personio wrote them, never converted between time zones.
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
    /// A person of whom nothing but the id was sent.
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

/// The attributes of one record that are neither withheld nor part of the employee's own fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes(Vec<(AttributeKey, Vec<Value>)>);

impl Attributes {
    /// An empty list of values means blank.
    pub fn new(values: impl IntoIterator<Item = (AttributeKey, Vec<Value>)>) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort();
        values.dedup_by(|later, earlier| later.0 == earlier.0);
        Self(values)
    }

    pub fn get(&self, key: &str) -> Field<&[Value]> {
        match self.0.binary_search_by(|(k, _)| k.as_str().cmp(key)) {
            Err(_) => Field::Withheld,
            Ok(at) if self.0[at].1.is_empty() => Field::Blank,
            Ok(at) => Field::Known(&self.0[at].1),
        }
    }

    pub fn keys(&self) -> impl Iterator<Item = &AttributeKey> {
        self.0.iter().map(|(key, _)| key)
    }
}
