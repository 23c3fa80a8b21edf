//! Answers about employees: the envelope (`success`, `metadata`, `data`) around people and their attributes.
//!
//! Attributes that nobody asked for are skipped and not kept. The others stay raw text with their whole object.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Error, Text, error_of, integer_of, member_of, text_of};

/// One answer: the envelope with what it holds. `K` is the reader's name for an attribute.
#[derive(Debug)]
pub(crate) struct Envelope<'de, K> {
    /// `false` only when Personio said something other than `true`. Early answers carry no `success`.
    pub successful: bool,
    pub size: Size,
    pub content: Content<'de, K>,
}

/// What an answer says about the whole listing. Any of it may be missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// How many employees the account has.
    pub total: Option<u64>,
    pub pages: Option<u64>,
    /// How many people a page has at most.
    pub limit: Option<u64>,
}

#[derive(Debug)]
pub(crate) enum Content<'de, K> {
    Nothing,
    People(Vec<Person<'de, K>>),
    OnePerson(Person<'de, K>),
}

/// The attributes of one person, in the order sent, each with the object that holds its value. `None` when the row has no
/// `attributes`.
#[derive(Debug)]
pub(crate) struct Person<'de, K> {
    attributes: Option<Vec<(K, &'de RawValue)>>,
}

impl<'de, K> Person<'de, K> {
    pub(crate) fn attributes(&self) -> Result<&[(K, &'de RawValue)], Error> {
        self.attributes.as_deref().ok_or(Error::WithoutAttributes)
    }
}

/// Reads an answer about employees: a page of them, or a single one. `choose` gives the name for an attribute, or none where it
/// is not wanted.
pub(crate) fn read_envelope<'de, K: PartialEq>(
    body: &'de [u8],
    choose: impl FnMut(&str) -> Option<K>,
) -> Result<Envelope<'de, K>, Error> {
    let text = text_of(body)?;
    let mut json = serde_json::Deserializer::from_str(text);
    let mut sieve = Sieve { choose, most: 0, people: 0 };
    let read = EnvelopeSeed(&mut sieve).deserialize(&mut json).and_then(|envelope| json.end().map(|()| envelope));
    if sieve.people > MOST_PEOPLE {
        return Err(Error::TooManyPeople);
    }
    read.map_err(error_of)
}

/// Many times the people of any page. In memory a row is larger than the shortest one in an answer.
const MOST_PEOPLE: usize = 5_000;

/// Room for this many attributes is reserved before they come.
const RESERVED_AT_MOST: usize = 100;

/// Chooses attributes, and counts.
struct Sieve<C> {
    choose: C,
    /// The most attributes that one person had so far.
    most: usize,
    people: usize,
}

struct EnvelopeSeed<'s, C>(&'s mut Sieve<C>);

impl<'de, K: PartialEq, C: FnMut(&str) -> Option<K>> DeserializeSeed<'de> for EnvelopeSeed<'_, C> {
    type Value = Envelope<'de, K>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, K: PartialEq, C: FnMut(&str) -> Option<K>> Visitor<'de> for EnvelopeSeed<'_, C> {
    type Value = Envelope<'de, K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer of Personio")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut envelope = Envelope { successful: true, size: Size::default(), content: Content::Nothing };
        while let Some(Text(key)) = map.next_key()? {
            match key.as_ref() {
                "success" => envelope.successful = map.next_value::<&RawValue>()?.get() == "true",
                "metadata" => {
                    let metadata: &RawValue = map.next_value()?;
                    envelope.size.total = member_of(metadata, "total_elements").and_then(integer_of);
                    envelope.size.pages = member_of(metadata, "total_pages").and_then(integer_of);
                }
                "limit" => envelope.size.limit = integer_of(map.next_value()?),
                "data" => envelope.content = map.next_value_seed(ContentSeed(self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(envelope)
    }
}

struct ContentSeed<'s, C>(&'s mut Sieve<C>);

impl<'de, K: PartialEq, C: FnMut(&str) -> Option<K>> DeserializeSeed<'de> for ContentSeed<'_, C> {
    type Value = Content<'de, K>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, K: PartialEq, C: FnMut(&str) -> Option<K>> Visitor<'de> for ContentSeed<'_, C> {
    type Value = Content<'de, K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("employees")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Self::Value, A::Error> {
        let mut people = Vec::new();
        while let Some(person) = rows.next_element_seed(PersonSeed(self.0))? {
            people.push(person);
            self.0.people += 1;
            if self.0.people > MOST_PEOPLE {
                return Err(A::Error::custom("too many people"));
            }
        }
        Ok(Content::People(people))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        PersonSeed(self.0).visit_map(map).map(Content::OnePerson)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Content::Nothing)
    }

    // Failed answers have been seen with a text in place of the data. Then `success` says what happened.
    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Content::Nothing)
    }
}

struct PersonSeed<'s, C>(&'s mut Sieve<C>);

impl<'de, K: PartialEq, C: FnMut(&str) -> Option<K>> DeserializeSeed<'de> for PersonSeed<'_, C> {
    type Value = Person<'de, K>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, K: PartialEq, C: FnMut(&str) -> Option<K>> Visitor<'de> for PersonSeed<'_, C> {
    type Value = Person<'de, K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a person")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut person = Person { attributes: None };
        while let Some(Text(key)) = map.next_key()? {
            if key == "attributes" {
                person.attributes = Some(map.next_value_seed(AttributesSeed(self.0))?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(person)
    }
}

struct AttributesSeed<'s, C>(&'s mut Sieve<C>);

impl<'de, K: PartialEq, C: FnMut(&str) -> Option<K>> DeserializeSeed<'de> for AttributesSeed<'_, C> {
    type Value = Vec<(K, &'de RawValue)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, K: PartialEq, C: FnMut(&str) -> Option<K>> Visitor<'de> for AttributesSeed<'_, C> {
    type Value = Vec<(K, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the attributes of a person")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Sieve { choose, most, people: _ } = self.0;
        let mut attributes: Self::Value = Vec::with_capacity((*most).min(RESERVED_AT_MOST));
        while let Some(Text(key)) = map.next_key()? {
            let Some(chosen) = choose(&key) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = map.next_value::<&RawValue>()?;
            match attributes.iter_mut().find(|(earlier, _)| *earlier == chosen) {
                Some((_, earlier)) => *earlier = value,
                None => attributes.push((chosen, value)),
            }
        }
        *most = attributes.len().max(*most);
        Ok(attributes)
    }
}
