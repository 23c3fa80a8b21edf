//! What Personio's values mean: turns a person as sent into a [`Record`].
//!
//! The law: nobody gets lost. A field that cannot be read is withheld and named in the record. Only a person without attributes
//! or without an id makes the whole answer untrustworthy, since somebody would be missing without a trace. Absent means
//! withheld; `null`, `""`, invisible text and `[]` mean blank, also where the documents say object; whatever else says nothing
//! cannot be read. This module does not decide who belongs in Honestly.

mod value;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;
use serde_json::value::RawValue;

use value::{date, status, supervisor, text};

use super::refusal::Says;
use super::wire::{
    Content, Envelope, Error, ID, Labelled, Members, Person, Shape, Size, integer_of, member_of, read_envelope,
    read_members, shape_of, text_in,
};
use super::{FirstPage, TimeZone};
use crate::roster::model::record::{AttributeKey, Attributes, EmployeeId, Expected, Record, Unreadable, Values};
use crate::roster::policy::attribute::{Attribute, Kind};
use crate::secret::Secret;

/// Reads the value of an employee's own field into a record; what was expected where it cannot be read.
type Own = fn(&mut Record, Option<&RawValue>, &TimeZone) -> Result<(), Expected>;

/// The fields of an employee, which are always asked for.
const OWN: [(&str, Own); 7] = [
    (AttributeKey::FIRST_NAME, |record, value, _| text(value).map(|field| record.first_name = field)),
    (AttributeKey::LAST_NAME, |record, value, _| text(value).map(|field| record.last_name = field)),
    (AttributeKey::EMAIL, |record, value, _| text(value).map(|field| record.email = field)),
    (AttributeKey::STATUS, |record, value, _| status(value).map(|field| record.status = field)),
    (AttributeKey::HIRE_DATE, |record, value, zone| date(value, zone).map(|field| record.hire_date = field)),
    (AttributeKey::TERMINATION_DATE, |record, value, zone| {
        date(value, zone).map(|field| record.termination_date = field)
    }),
    (AttributeKey::SUPERVISOR, |record, value, _| supervisor(value).map(|field| record.supervisor = field)),
];

/// The attributes to ask for: the employee's own fields, and those mapped to groups or other columns.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Sorted.
    mapped: Arc<[AttributeKey]>,
    /// In the order of their keys.
    slots: Vec<Slot>,
}

/// What becomes of an attribute.
#[derive(Debug, Clone)]
struct Slot {
    key: AttributeKey,
    own: Option<Own>,
    /// Its index among the mapped attributes.
    mapped: Option<usize>,
}

impl Wanted {
    /// `mapped` may name an own field as well; then both places get it.
    pub fn new(mapped: impl IntoIterator<Item = AttributeKey>) -> Self {
        let mapped: BTreeSet<AttributeKey> = mapped.into_iter().collect();
        let slot = |key, own| Slot { key: AttributeKey::new(key), own, mapped: None };
        let own = OWN.into_iter().map(|(key, own)| slot(key, Some(own)));
        // The id comes unasked.
        let own = own.chain([slot(ID, None)]).map(|slot| (slot.key.clone(), slot));
        let mut slots: BTreeMap<AttributeKey, Slot> = own.collect();
        for (place, key) in mapped.iter().enumerate() {
            slots.entry(key.clone()).or_insert_with(|| slot(key.as_str(), None)).mapped = Some(place);
        }
        Self { mapped: mapped.into_iter().collect(), slots: slots.into_values().collect() }
    }

    /// Every key to ask for, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &AttributeKey> {
        self.slots.iter().filter(|slot| slot.is_asked_for()).map(|slot| &slot.key)
    }
}

impl Slot {
    fn is_asked_for(&self) -> bool {
        self.own.is_some() || self.mapped.is_some()
    }
}

/// One page of employees, with what `keep` made of each record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub size: Size,
    pub people: Vec<(EmployeeId, T)>,
    /// The attributes that were asked for and that at least one person on the page carries.
    pub readable: BTreeSet<AttributeKey>,
}

/// No name, date or department is this long. In memory, a value may take several times the size of its JSON.
const LARGEST_VALUE: usize = 64 * 1024;

/// Reads pages, and remembers what it has read: all people have their attributes in the same order, and share most of their
/// values with others.
#[derive(Debug)]
pub struct PageReader<'w> {
    wanted: &'w Wanted,
    timezone: &'w TimeZone,
    order: Sequence,
    /// By index among the mapped attributes.
    values: Vec<Remembered<Result<Values, Expected>>>,
}

impl<'w> PageReader<'w> {
    /// `timezone` is the company's, for dates that are written as a moment in another zone.
    pub fn new(wanted: &'w Wanted, timezone: &'w TimeZone) -> Self {
        Self {
            wanted,
            timezone,
            order: Sequence::default(),
            values: wanted.mapped.iter().map(|_| Remembered::default()).collect(),
        }
    }

    /// Reads a page of employees, and keeps what `keep` makes of each record.
    pub fn page<T>(&mut self, body: &[u8], keep: impl Fn(Record) -> T) -> Result<Page<T>, Error> {
        let (wanted, order) = (self.wanted, &mut self.order);
        let (size, people) = people_in(read_envelope(body, |key| order.slot(key, wanted))?)?;
        let mut kept = Vec::with_capacity(people.len());
        // By index of the slot.
        let mut sent = vec![false; wanted.slots.len()];
        for person in &people {
            let record = self.record(person)?;
            person.attributes()?.iter().for_each(|(slot, _)| sent[*slot] = true);
            kept.push((record.id, keep(record)));
        }
        let carried = wanted.slots.iter().zip(sent).filter(|(slot, sent)| *sent && slot.is_asked_for());
        Ok(Page { size, people: kept, readable: carried.map(|(slot, _)| slot.key.clone()).collect() })
    }

    /// Reads the answer about one employee, who must be the one that was asked for.
    pub fn person(&mut self, body: &[u8], asked: EmployeeId) -> Result<Record, Error> {
        let Self { wanted, order, .. } = self;
        let envelope = read_envelope(body, |key| order.slot(key, wanted))?;
        if !envelope.successful {
            return Err(Error::Unsuccessful);
        }
        let Content::OnePerson(person) = envelope.content else { return Err(Error::WithoutPeople) };
        let record = self.record(&person)?;
        if record.id == asked { Ok(record) } else { Err(Error::OtherPerson) }
    }

    fn record(&mut self, person: &Person<'_, usize>) -> Result<Record, Error> {
        let (slots, zone) = (&self.wanted.slots, self.timezone);
        let sent = person.attributes()?;
        let id = sent.iter().find(|(slot, _)| slots[*slot].key.as_str() == ID).ok_or(Error::WithoutId)?;
        let mut record = Record::withheld(id_in(id.1)?);
        let mut attributes = vec![None; self.wanted.mapped.len()];
        let mut unreadable = Vec::new();
        for (slot, raw) in sent {
            let Slot { key, own, mapped } = &slots[*slot];
            if raw.get().len() > LARGEST_VALUE {
                unreadable.push(Unreadable { attribute: key.clone(), expected: Expected::SmallValue });
                continue;
            }
            let problem = own.and_then(|own| own(&mut record, Labelled::value_of(raw), zone).err());
            unreadable.extend(problem.map(|expected| Unreadable { attribute: key.clone(), expected }));
            if let Some(place) = *mapped {
                match self.values[place].read(raw, |raw| value::values(key, &Labelled::of(raw), zone)) {
                    Ok(values) => attributes[place] = Some(values),
                    Err(expected) => unreadable.push(Unreadable { attribute: key.clone(), expected }),
                }
            }
        }
        unreadable.sort();
        unreadable.dedup_by(|later, earlier| later.attribute == earlier.attribute);
        record.attributes = Attributes::laid_out(&self.wanted.mapped, attributes);
        record.unreadable = unreadable;
        Ok(record)
    }
}

/// The attributes in the order in which they came so far, each with its slot if it is wanted. So the next one is usually known
/// before it is looked up.
#[derive(Debug, Default)]
struct Sequence {
    came: Vec<(Box<str>, Option<usize>)>,
    next: usize,
}

impl Sequence {
    /// More attributes than any account has.
    const MOST: usize = 1000;

    fn slot(&mut self, key: &str, wanted: &Wanted) -> Option<usize> {
        let is_at = |at: &usize| self.came.get(*at).is_some_and(|(known, _)| **known == *key);
        let known = [self.next, 0].into_iter().find(is_at).or_else(|| (0..self.came.len()).find(is_at));
        if let Some(at) = known {
            self.next = at + 1;
            return self.came[at].1;
        }
        let slot = wanted.slots.iter().position(|slot| slot.key.as_str() == key);
        if self.came.len() < Self::MOST {
            self.came.push((key.into(), slot));
            self.next = self.came.len();
        }
        slot
    }
}

/// What was read from the labelled objects of one kind, by their JSON: the same text is read only once.
#[derive(Debug)]
struct Remembered<T>(HashMap<Box<str>, T, RandomState>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<T: Clone> Remembered<T> {
    /// More than any company has departments. Values that differ for nearly everybody are not worth the memory.
    const MOST: usize = 4096;

    fn read(&mut self, raw: &RawValue, read: impl FnOnce(&RawValue) -> T) -> T {
        if let Some(known) = self.0.get(raw.get()) {
            return known.clone();
        }
        let value = read(raw);
        if self.0.len() < Self::MOST {
            self.0.insert(raw.get().into(), value.clone());
        }
        value
    }
}

/// Reads which attributes the people of a page carry, without keeping any value.
pub(super) fn read_first_page(body: &[u8]) -> Result<FirstPage, Error> {
    let (size, people) = people_in(read_envelope(body, |key| Some(AttributeKey::new(key)))?)?;
    let mut readable: BTreeMap<&AttributeKey, Attribute> = BTreeMap::new();
    for person in &people {
        let sent = person.attributes()?;
        let id = sent.iter().find(|(key, _)| key.as_str() == ID).ok_or(Error::WithoutId)?;
        id_in(id.1)?;
        for (key, raw) in sent {
            let labelled = || if raw.get().len() > LARGEST_VALUE { Labelled::default() } else { Labelled::of(raw) };
            readable.entry(key).or_insert_with(|| described(key.clone(), &labelled()));
        }
    }
    let total = size.total.ok_or(Error::WithoutTotal)?;
    Ok(FirstPage { total, people: people.len(), readable: readable.into_values().collect() })
}

/// Reads the list of attributes that the credential may see. It only helps: what cannot be read of it is passed over.
pub(super) fn read_attributes(body: &[u8]) -> Result<Vec<Attribute>, Error> {
    let answer = successful(read_members(body)?)?;
    let Some(Ok(Shape::List(rows))) = answer.get("data").map(shape_of) else { return Err(Error::OtherShape) };
    let mut attributes: Vec<Attribute> = rows.into_iter().filter_map(listed).collect();
    attributes.sort();
    attributes.dedup_by(|later, earlier| later.key == earlier.key);
    if attributes.is_empty() { Err(Error::OtherShape) } else { Ok(attributes) }
}

/// One row of the list.
fn listed(row: &RawValue) -> Option<Attribute> {
    let key = text_in(member_of(row, "key"))?;
    Some(described(AttributeKey::new(key), &Labelled::of(row)))
}

/// What the answer to a sign-in says.
#[derive(Debug)]
pub(super) enum SignedIn {
    Yes(Secret),
    No,
}

/// Reads the token, which is opaque. Only the body carries it reliably: later answers do not always have the `Authorization`
/// header that some clients wait for. Source: Personio's changelog on the improved bearer token (2023).
pub(super) fn read_token(body: &[u8]) -> Result<SignedIn, Error> {
    let Ok(answer) = successful(read_members(body)?) else { return Ok(SignedIn::No) };
    let Some(Ok(Shape::Object(granted))) = answer.get("data").map(shape_of) else { return Err(Error::OtherShape) };
    // A header carries nothing but visible ASCII.
    text_in(granted.get("token"))
        .filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic()))
        .map(|token| SignedIn::Yes(Secret::new(token)))
        .ok_or(Error::OtherShape)
}

/// Whether the body of a 404 is Personio's own way to say that there is no such person, and not a page of a proxy or a missing
/// right. Personio's errors have the status as their code, or zero, or no code.
pub(super) fn is_nobody_by_personio(body: &[u8]) -> bool {
    let Ok(answer) = read_members(body) else { return false };
    let Some(Ok(Shape::Object(error))) = answer.get("error").map(shape_of) else { return false };
    fails(&answer) && error.get("code").is_none_or(|code| matches!(integer_of(code), Some(404 | 0)))
}

/// Whose words an answer without success has.
pub(super) fn says(body: &[u8]) -> Says {
    match read_members(body) {
        Ok(answer) if fails(&answer) => {
            let error = answer.get("error").map(shape_of);
            let message = match &error {
                Some(Ok(Shape::Object(error))) => text_in(error.get("message")),
                Some(_) | None => None,
            };
            Says::Personio(message.unwrap_or_default())
        }
        Err(Error::Html) => {
            // Letters of ASCII have the same place in lower case.
            let text = String::from_utf8_lossy(body);
            let lower = text.to_ascii_lowercase();
            let from = lower.find("<title").and_then(|at| Some(at + lower[at..].find('>')? + 1));
            let title = from.and_then(|from| Some(&text[from..from + lower[from..].find("</title>")?]));
            Says::Page(title.unwrap_or_default().to_owned())
        }
        Ok(_) | Err(_) => Says::Nothing,
    }
}

/// Every failure in Personio's own shape says this, also where it says no more.
fn fails(answer: &Members<'_>) -> bool {
    answer.get("success").is_some_and(|success| success.get() == "false")
}

fn successful(answer: Members<'_>) -> Result<Members<'_>, Error> {
    match answer.get("success").map(RawValue::get) {
        Some("true") | None => Ok(answer),
        Some(_) => Err(Error::Unsuccessful),
    }
}

fn people_in<K>(envelope: Envelope<'_, K>) -> Result<(Size, Vec<Person<'_, K>>), Error> {
    match envelope {
        Envelope { successful: false, .. } => Err(Error::Unsuccessful),
        Envelope { size, content: Content::People(people), .. } => Ok((size, people)),
        Envelope { content: Content::Nothing | Content::OnePerson(_), .. } => Err(Error::WithoutPeople),
    }
}

fn described(key: AttributeKey, labelled: &Labelled<'_>) -> Attribute {
    let label = text_in(labelled.label).unwrap_or_else(|| key.to_string());
    let kind = text_in(labelled.kind).map_or(Kind::Unknown, |kind| Kind::parse(&kind));
    Attribute { key, label, universal_id: text_in(labelled.universal_id), kind }
}

/// Personio's ids count from one. A zero would be an empty id that became a number on the way.
fn id_in(raw: &RawValue) -> Result<EmployeeId, Error> {
    Labelled::value_of(raw).and_then(integer_of).filter(|id| *id > 0).map(EmployeeId).ok_or(Error::WithoutId)
}

#[cfg(test)]
mod tests;
