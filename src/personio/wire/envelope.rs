//! Answers about employees: the envelope (`success`, `metadata`, `data`) around people and their attributes.
//!
//! Attributes that nobody asked for are skipped and not kept. The others stay raw text with their whole object.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Error, Into, Object, error_of, integer_of, member_of, read_into, text_of};

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
    let mut sieve = Sieve { choose, most: 0, people: 0 };
    let envelope = Envelope { successful: true, size: Size::default(), content: Content::Nothing };
    let read = read_into(text, Opened { envelope, sieve: &mut sieve }).map(|opened| opened.envelope);
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

/// An envelope while it is read.
struct Opened<'s, 'de, K, C> {
    envelope: Envelope<'de, K>,
    sieve: &'s mut Sieve<C>,
}

impl<'de, K: PartialEq, C: FnMut(&str) -> Option<K>> Object<'de> for Opened<'_, 'de, K, C> {
    fn take<A: MapAccess<'de>>(&mut self, key: Cow<'de, str>, map: &mut A) -> Result<(), A::Error> {
        let Self { envelope: Envelope { successful, size, content }, sieve } = self;
        match key.as_ref() {
            "success" => *successful = map.next_value::<&RawValue>()?.get() == "true",
            "metadata" => {
                let metadata: &RawValue = map.next_value()?;
                size.total = member_of(metadata, "total_elements").and_then(integer_of);
                size.pages = member_of(metadata, "total_pages").and_then(integer_of);
            }
            "limit" => size.limit = integer_of(map.next_value()?),
            "data" => *content = map.next_value_seed(ContentSeed(sieve))?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
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
        let mut row = Row { attributes: None, sieve: self.0 };
        while rows.next_element_seed(Into(&mut row))?.is_some() {
            people.push(Person { attributes: row.attributes.take() });
            row.sieve.people += 1;
            if row.sieve.people > MOST_PEOPLE {
                return Err(A::Error::custom("too many people"));
            }
        }
        Ok(Content::People(people))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut row = Row { attributes: None, sieve: self.0 };
        Into(&mut row).visit_map(map)?;
        Ok(Content::OnePerson(Person { attributes: row.attributes }))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Content::Nothing)
    }

    // Failed answers have been seen with a text in place of the data. Then `success` says what happened.
    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Content::Nothing)
    }
}

/// A person while they are read.
struct Row<'s, 'de, K, C> {
    attributes: Option<Vec<(K, &'de RawValue)>>,
    sieve: &'s mut Sieve<C>,
}

impl<'de, K: PartialEq, C: FnMut(&str) -> Option<K>> Object<'de> for Row<'_, 'de, K, C> {
    fn take<A: MapAccess<'de>>(&mut self, key: Cow<'de, str>, map: &mut A) -> Result<(), A::Error> {
        if key != "attributes" {
            return map.next_value::<IgnoredAny>().map(drop);
        }
        let attributes = Vec::with_capacity(self.sieve.most.min(RESERVED_AT_MOST));
        let mut chosen = Chosen { attributes, choose: &mut self.sieve.choose };
        map.next_value_seed(Into(&mut chosen))?;
        self.sieve.most = chosen.attributes.len().max(self.sieve.most);
        self.attributes = Some(chosen.attributes);
        Ok(())
    }
}

/// The attributes of a person while they are read.
struct Chosen<'s, 'de, K, C> {
    attributes: Vec<(K, &'de RawValue)>,
    choose: &'s mut C,
}

impl<'de, K: PartialEq, C: FnMut(&str) -> Option<K>> Object<'de> for Chosen<'_, 'de, K, C> {
    fn take<A: MapAccess<'de>>(&mut self, key: Cow<'de, str>, map: &mut A) -> Result<(), A::Error> {
        let Some(chosen) = (self.choose)(&key) else { return map.next_value::<IgnoredAny>().map(drop) };
        let value = map.next_value()?;
        match self.attributes.iter_mut().find(|(earlier, _)| *earlier == chosen) {
            Some((_, earlier)) => *earlier = value,
            None => self.attributes.push((chosen, value)),
        }
        Ok(())
    }
}
