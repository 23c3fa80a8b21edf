//! What Personio's values mean: a person as sent becomes a [`Record`].
//!
//! Law: nobody gets lost. A field that cannot be read is withheld and named in the record; only a person without
//! attributes or without an id makes the whole answer untrustworthy, since somebody would be missing without a trace.
//! Absent means withheld; `null`, `""`, blanks and `[]` mean blank, also where an object is documented. Dates are read as
//! written and never converted between time zones: Personio writes midnight in the zone of the person's office, so the
//! same day reads differently in UTC. Who belongs in Honestly is not decided here.

mod value;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

pub use value::Interner;
use value::{Expected, date, status, supervisor, text, values};

use super::wire::{
    Content, Envelope, Fault, ID, Interest, Labelled, Members, Person, Shape, integer_of, read_envelope, read_members,
    shape_of, text_in,
};
use crate::roster::mapping::Attribute;
use crate::roster::record::{AttributeKey, Attributes, EmployeeId, Field, Record, Unreadable};
use crate::secret::Secret;

/// The attributes that become an employee's own fields and are always asked for.
const OWN_FIELDS: [&str; 7] = [
    AttributeKey::FIRST_NAME,
    AttributeKey::LAST_NAME,
    AttributeKey::EMAIL,
    AttributeKey::STATUS,
    AttributeKey::HIRE_DATE,
    AttributeKey::TERMINATION_DATE,
    AttributeKey::SUPERVISOR,
];

/// The attributes to ask for: the employee's own fields, and those mapped to groups or other columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    mapped: BTreeSet<AttributeKey>,
    all: BTreeSet<AttributeKey>,
}

impl Wanted {
    /// `mapped` may name an own field as well; it is then sent in both places.
    pub fn new(mapped: impl IntoIterator<Item = AttributeKey>) -> Self {
        let mapped: BTreeSet<_> = mapped.into_iter().collect();
        let all = OWN_FIELDS.into_iter().map(AttributeKey::new).chain(mapped.iter().cloned()).collect();
        Self { mapped, all }
    }

    /// Every key to ask for, sorted.
    pub fn keys(&self) -> &BTreeSet<AttributeKey> {
        &self.all
    }
}

/// One page of employees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// How many employees the account has, if Personio said so.
    pub total: Option<u64>,
    pub records: Vec<Record>,
    /// The attributes at least one person on the page carries.
    pub readable: BTreeMap<AttributeKey, Attribute>,
}

/// Reads a page of employees.
pub fn read_page(body: &[u8], wanted: &Wanted, interner: &mut Interner) -> Result<Page, Fault> {
    let (total, people) = people_in(read_envelope(body, Interest::Only(wanted.keys()))?)?;
    let mut readable = BTreeMap::new();
    let mut records = Vec::with_capacity(people.len());
    for person in &people {
        describe(person, &mut readable)?;
        records.push(record_of(person, wanted, interner)?);
    }
    readable.retain(|key, _| wanted.keys().contains(key));
    Ok(Page { total, records, readable })
}

/// Reads which attributes the people of a page carry, without keeping any value.
pub fn read_survey(body: &[u8]) -> Result<(u64, usize, Vec<Attribute>), Fault> {
    let (total, people) = people_in(read_envelope(body, Interest::Everything)?)?;
    let mut readable = BTreeMap::new();
    for person in &people {
        id_of(person)?;
        describe(person, &mut readable)?;
    }
    Ok((total.ok_or(Fault::WithoutTotal)?, people.len(), readable.into_values().collect()))
}

/// Reads the answer about one employee, who must be the one asked for.
pub fn read_person(body: &[u8], asked: EmployeeId, wanted: &Wanted) -> Result<Record, Fault> {
    let envelope = read_envelope(body, Interest::Only(wanted.keys()))?;
    if !envelope.successful {
        return Err(Fault::Unsuccessful);
    }
    let Content::OnePerson(person) = envelope.content else { return Err(Fault::WithoutPeople) };
    let record = record_of(&person, wanted, &mut Interner::default())?;
    if record.id == asked { Ok(record) } else { Err(Fault::OtherPerson) }
}

/// Reads the list of attributes the credential may see.
pub fn read_attributes(body: &[u8]) -> Result<Vec<Attribute>, Fault> {
    let answer = successful(read_members(body)?)?;
    let Some(Ok(Shape::List(rows))) = answer.get("data").map(shape_of) else { return Err(Fault::OtherShape) };
    let mut attributes = Vec::with_capacity(rows.len());
    for row in rows {
        let Ok(Shape::Object(row)) = shape_of(row) else { return Err(Fault::OtherShape) };
        let key = text_in(row.get("key")).ok_or(Fault::OtherShape)?;
        let labelled = Labelled {
            label: row.get("label"),
            kind: row.get("type"),
            universal_id: row.get("universal_id"),
            value: None,
        };
        attributes.push(described(&key, &labelled));
    }
    attributes.sort();
    Ok(attributes)
}

/// What the answer to a sign-in says.
#[derive(Debug)]
pub enum SignedIn {
    Yes(Secret),
    No,
}

/// Reads the token. It is opaque, and only the body carries it reliably: the `Authorization` header of later answers,
/// which some clients wait for, is not always there. Source: Personio's changelog on the improved bearer token (2023).
pub fn read_token(body: &[u8]) -> Result<SignedIn, Fault> {
    let Ok(answer) = successful(read_members(body)?) else { return Ok(SignedIn::No) };
    let Some(Ok(Shape::Object(granted))) = answer.get("data").map(shape_of) else { return Err(Fault::OtherShape) };
    // Anything but visible ASCII could not travel in a header.
    text_in(granted.get("token"))
        .filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic()))
        .map(|token| SignedIn::Yes(Secret::new(token)))
        .ok_or(Fault::OtherShape)
}

/// Whether a body is Personio's own way to say that something failed, as opposed to a page of some proxy on the way.
pub fn is_refusal_by_personio(body: &[u8]) -> bool {
    read_members(body).is_ok_and(|answer| answer.get("success").is_some_and(|success| success.get() == "false"))
}

fn successful(answer: Members<'_>) -> Result<Members<'_>, Fault> {
    match answer.get("success").map(RawValue::get) {
        Some("true") | None => Ok(answer),
        Some(_) => Err(Fault::Unsuccessful),
    }
}

fn people_in(envelope: Envelope<'_>) -> Result<(Option<u64>, Vec<Person<'_>>), Fault> {
    match envelope {
        Envelope { successful: false, .. } => Err(Fault::Unsuccessful),
        Envelope { total, content: Content::People(people), .. } => Ok((total, people)),
        Envelope { content: Content::Nothing | Content::OnePerson(_), .. } => Err(Fault::WithoutPeople),
    }
}

fn describe(person: &Person<'_>, readable: &mut BTreeMap<AttributeKey, Attribute>) -> Result<(), Fault> {
    for (key, labelled) in person.attributes()? {
        if !readable.contains_key(key.0.as_ref()) {
            let attribute = described(&key.0, labelled);
            readable.insert(attribute.key.clone(), attribute);
        }
    }
    Ok(())
}

fn described(key: &str, labelled: &Labelled<'_>) -> Attribute {
    Attribute {
        key: AttributeKey::new(key),
        label: text_in(labelled.label).unwrap_or_else(|| key.to_owned()),
        universal_id: text_in(labelled.universal_id),
    }
}

/// Personio's ids count from one; a zero would be an empty id that became a number on the way.
fn id_of(person: &Person<'_>) -> Result<EmployeeId, Fault> {
    let (_, id) = person.attributes()?.iter().find(|(key, _)| key.0 == ID).ok_or(Fault::WithoutId)?;
    id.value.and_then(integer_of).filter(|id| *id > 0).map(EmployeeId).ok_or(Fault::WithoutId)
}

fn record_of(person: &Person<'_>, wanted: &Wanted, interner: &mut Interner) -> Result<Record, Fault> {
    let mut record = Record::withheld(id_of(person)?);
    let mut attributes = Vec::with_capacity(wanted.mapped.len());
    let mut unreadable = Vec::new();
    for (key, labelled) in person.attributes()? {
        let key = key.0.as_ref();
        let problem = match key {
            AttributeKey::FIRST_NAME => settle(text(labelled), &mut record.first_name),
            AttributeKey::LAST_NAME => settle(text(labelled), &mut record.last_name),
            AttributeKey::EMAIL => settle(text(labelled), &mut record.email),
            AttributeKey::STATUS => settle(status(labelled), &mut record.status),
            AttributeKey::HIRE_DATE => settle(date(labelled), &mut record.hire_date),
            AttributeKey::TERMINATION_DATE => settle(date(labelled), &mut record.termination_date),
            AttributeKey::SUPERVISOR => settle(supervisor(labelled), &mut record.supervisor),
            _ => None,
        };
        unreadable.extend(problem.map(|expected| Unreadable { attribute: AttributeKey::new(key), expected }));
        if let Some(key) = wanted.mapped.get(key) {
            match values(labelled, interner) {
                Ok(values) => attributes.push((key.clone(), values)),
                Err(expected) => unreadable.push(Unreadable { attribute: key.clone(), expected }),
            }
        }
    }
    unreadable.sort();
    unreadable.dedup_by(|later, earlier| later.attribute == earlier.attribute);
    record.attributes = Attributes::new(attributes);
    record.unreadable = unreadable;
    Ok(record)
}

fn settle<T>(read: Result<Field<T>, Expected>, field: &mut Field<T>) -> Option<Expected> {
    match read {
        Ok(value) => {
            *field = value;
            None
        }
        Err(expected) => Some(expected),
    }
}

#[cfg(test)]
mod tests;
