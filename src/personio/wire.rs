//! Personio's JSON exactly as it was sent, borrowed from the body.
//!
//! This module knows the envelope and the labelled attribute objects, not what a value means. Values stay raw text, so that no
//! number is rounded and an oddity in one field does not cost a whole page. Where a key comes twice the last one counts, as in
//! every JSON reader that accepts it. An answer of another shape is an [`Error`]; nothing is guessed.

mod envelope;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::roster::decide::reply;

pub(super) use envelope::{Content, Envelope, Person, Size, read_envelope};

/// Why an answer cannot be used. Says nothing of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    Empty,
    Html,
    CutShort,
    NotJson,
    OtherShape,
    Unsuccessful,
    WithoutPeople,
    WithoutAttributes,
    WithoutId,
    WithoutTotal,
    OtherPerson,
    TooManyPeople,
}

impl Error {
    /// What came instead of an answer about one person.
    pub fn content(self) -> reply::Content {
        match self {
            Error::Empty => reply::Content::Nothing,
            Error::Html => reply::Content::Html,
            Error::CutShort => reply::Content::HalfOfJson,
            Error::NotJson => reply::Content::NoJson,
            Error::OtherShape => reply::Content::OtherShape,
            Error::Unsuccessful => reply::Content::Unsuccessful,
            Error::WithoutPeople | Error::WithoutTotal | Error::TooManyPeople => reply::Content::NotOnePerson,
            Error::WithoutAttributes => reply::Content::NoAttributes,
            Error::WithoutId => reply::Content::NoId,
            Error::OtherPerson => reply::Content::AnotherPerson,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::Empty => "an empty answer came in the name of Personio",
            Error::Html => "HTML instead of JSON came in the name of Personio: something in between answers",
            Error::CutShort => "Personio's answer ends in the middle of its JSON",
            Error::NotJson => "what came in the name of Personio is not JSON",
            Error::OtherShape => "Personio's answer is JSON, but not of the shape Personio documents",
            Error::Unsuccessful => {
                "Personio reported a failure (`success: false`) although the request itself went well"
            }
            Error::WithoutPeople => "Personio's answer holds no list of employees",
            Error::WithoutAttributes => "Personio's answer holds a person without attributes",
            Error::WithoutId => "Personio's answer holds a person whose id is missing or not a whole number",
            Error::WithoutTotal => {
                "Personio did not say how many employees there are, so nothing proves the listing complete"
            }
            Error::OtherPerson => "Personio answered with another person than the one asked for",
            Error::TooManyPeople => "Personio's answer holds more people than a page can have",
        })
    }
}

/// The key under which every person carries their id. It comes back whether asked for or not. Source: Personio's OpenAPI
/// document, example `?attributes[]=first_name`.
pub(super) const ID: &str = "id";

/// One attribute: `{label, value, type, universal_id}`. Any of these may be missing: older answers have no type, custom
/// attributes often have no universal id.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Labelled<'de> {
    pub label: Option<&'de RawValue>,
    pub kind: Option<&'de RawValue>,
    pub universal_id: Option<&'de RawValue>,
    pub value: Option<&'de RawValue>,
}

impl<'de> Labelled<'de> {
    /// Where something else stands in place of the object, no value can be read, but the person stays.
    pub(super) fn of(raw: &'de RawValue) -> Self {
        match shape_of(raw) {
            Ok(Shape::Object(members)) => Self {
                label: members.get("label"),
                kind: members.get("type"),
                universal_id: members.get("universal_id"),
                value: members.get("value"),
            },
            Ok(_) | Err(_) => Self::default(),
        }
    }

    /// Reads only the value and skips the rest.
    pub(super) fn value_of(raw: &'de RawValue) -> Option<&'de RawValue> {
        member_of(raw, "value")
    }
}

/// A string that borrows from the body unless it holds escapes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// The members of a small object, in the order sent.
#[derive(Debug)]
pub(super) struct Members<'de>(Vec<(Cow<'de, str>, &'de RawValue)>);

impl<'de> Members<'de> {
    fn of(text: &'de str) -> serde_json::Result<Self> {
        read_into(text, Self(Vec::with_capacity(8)))
    }

    pub(super) fn get(&self, key: &str) -> Option<&'de RawValue> {
        self.0.iter().rev().find(|(name, _)| name == key).map(|(_, value)| *value)
    }
}

/// One member of an object; skips the others. None where the member is missing or there is no object.
pub(super) fn member_of<'de>(raw: &'de RawValue, key: &'static str) -> Option<&'de RawValue> {
    read_into(raw.get(), Member(key, None)).map_or(None, |member| member.1)
}

/// Reads an answer of which only a few members matter.
pub(super) fn read_members(body: &[u8]) -> Result<Members<'_>, Error> {
    Members::of(text_of(body)?).map_err(error_of)
}

/// What a raw value is, by its first character. serde_json has already checked that it is well formed.
#[derive(Debug)]
pub(super) enum Shape<'de> {
    Null,
    Truth,
    Number(&'de str),
    Text(Cow<'de, str>),
    List(Vec<&'de RawValue>),
    Object(Members<'de>),
}

/// Fails for text that is not Unicode, such as half of a surrogate pair.
pub(super) fn shape_of(raw: &RawValue) -> Result<Shape<'_>, serde_json::Error> {
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'"') => Shape::Text(serde_json::from_str::<Text<'_>>(text)?.0),
        Some(b'[') => Shape::List(serde_json::from_str(text)?),
        Some(b'{') => Shape::Object(Members::of(text)?),
        Some(b't' | b'f') => Shape::Truth,
        Some(b'n') | None => Shape::Null,
        Some(_) => Shape::Number(text),
    })
}

/// Longer than any number with its spaces and escapes. Lists of numbers take more memory than their JSON.
const LONGEST_INTEGER: usize = 200;

/// A whole number, sent as a number or as a string of digits.
pub(super) fn integer_of<N: FromStr>(raw: &RawValue) -> Option<N> {
    if raw.get().len() > LONGEST_INTEGER {
        return None;
    }
    let digits = match shape_of(raw) {
        Ok(Shape::Number(text)) => Cow::Borrowed(text),
        Ok(Shape::Text(text)) => text,
        Ok(Shape::Null | Shape::Truth | Shape::List(_) | Shape::Object(_)) | Err(_) => return None,
    };
    let Ok(number) = digits.trim().parse() else { return None };
    Some(number)
}

/// A text that is there, readable and not blank.
pub(super) fn text_in(raw: Option<&RawValue>) -> Option<String> {
    match shape_of(raw?) {
        Ok(Shape::Text(text)) if !text.trim().is_empty() => Some(text.into_owned()),
        Ok(_) | Err(_) => None,
    }
}

fn text_of(body: &[u8]) -> Result<&str, Error> {
    let text = std::str::from_utf8(body).map_err(|_| Error::NotJson)?;
    match text.trim_start().as_bytes().first() {
        None => Err(Error::Empty),
        Some(b'<') => Err(Error::Html),
        Some(_) => Ok(text),
    }
}

fn error_of(error: serde_json::Error) -> Error {
    use serde_json::error::Category;
    match error.classify() {
        Category::Eof => Error::CutShort,
        Category::Syntax | Category::Io => Error::NotJson,
        Category::Data => Error::OtherShape,
    }
}

/// What is kept of an object, member by member.
pub(super) trait Object<'de> {
    /// Takes or skips the value behind this key.
    fn take<A: MapAccess<'de>>(&mut self, key: Cow<'de, str>, map: &mut A) -> Result<(), A::Error>;
}

/// Reads an object into what is kept of it.
struct Into<'o, O>(&'o mut O);

impl<'de, O: Object<'de>> DeserializeSeed<'de> for Into<'_, O> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, O: Object<'de>> Visitor<'de> for Into<'_, O> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Text(key)) = map.next_key()? {
            self.0.take(key, &mut map)?;
        }
        Ok(())
    }
}

/// Reads a whole text into what is kept of the object in it.
fn read_into<'de, O: Object<'de>>(text: &'de str, mut object: O) -> serde_json::Result<O> {
    let mut json = serde_json::Deserializer::from_str(text);
    Into(&mut object).deserialize(&mut json)?;
    json.end()?;
    Ok(object)
}

/// The value of one member.
struct Member<'de>(&'static str, Option<&'de RawValue>);

impl<'de> Object<'de> for Member<'de> {
    fn take<A: MapAccess<'de>>(&mut self, key: Cow<'de, str>, map: &mut A) -> Result<(), A::Error> {
        if key == self.0 {
            self.1 = Some(map.next_value()?);
            return Ok(());
        }
        map.next_value::<IgnoredAny>().map(drop)
    }
}

impl<'de> Object<'de> for Members<'de> {
    fn take<A: MapAccess<'de>>(&mut self, key: Cow<'de, str>, map: &mut A) -> Result<(), A::Error> {
        self.0.push((key, map.next_value()?));
        Ok(())
    }
}
