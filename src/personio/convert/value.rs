//! What single values mean: texts, dates, people, departments, tags.
//!
//! The law: whatever the shape, the result is a value, blank, or the name of what was expected, never a failed answer. The
//! value's own shape decides; Personio's type helps where one shape has two meanings. Numbers and texts stay as they were
//! written, relations become their name and id, and several values are sorted, since their order means nothing.

use std::borrow::Cow;

use chrono::NaiveDate;
use jiff::civil::Time;
use jiff::fmt::temporal::Pieces;
use serde_json::value::RawValue;

use crate::personio::wire::{ID, Labelled, Members, Shape, integer_of, member_of, shape_of, text_in};
use crate::roster::model::record::{AttributeKey, EmployeeId, Expected, Field, Status, Value, Values};
use crate::roster::model::snapshot::LONGEST_VALUE;
use crate::roster::policy::headers::usual_name;
use crate::timezone::TimeZone;
use crate::visible::is_visible;

/// The value of an attribute. `None` where it is blank.
fn filled(value: Option<&RawValue>, expected: Expected) -> Result<Option<Shape<'_>>, Expected> {
    let shape = shape_of(value.ok_or(expected)?).map_err(|_| expected)?;
    Ok(match shape {
        Shape::Null => None,
        Shape::Text(text) if is_blank(&text) => None,
        Shape::List(items) if items.is_empty() => None,
        Shape::Text(_) | Shape::List(_) | Shape::Truth | Shape::Number(_) | Shape::Object(_) => Some(shape),
    })
}

/// Whether it has no visible character.
fn is_blank(text: &str) -> bool {
    !text.chars().any(is_visible)
}

fn filled_text(value: Option<&RawValue>, expected: Expected) -> Result<Option<Cow<'_, str>>, Expected> {
    match filled(value, expected)? {
        None => Ok(None),
        Some(Shape::Text(text)) => Ok(Some(text)),
        Some(_) => Err(expected),
    }
}

pub(super) fn text(value: Option<&RawValue>) -> Result<Field<String>, Expected> {
    Ok(filled_text(value, Expected::Text)?.map_or(Field::Blank, |text| Field::Known(text.into_owned())))
}

pub(super) fn status(value: Option<&RawValue>) -> Result<Field<Status>, Expected> {
    let Some(text) = filled_text(value, Expected::Status)? else { return Ok(Field::Blank) };
    Ok(Field::Known(match text.trim().to_lowercase().as_str() {
        "active" => Status::Active,
        "inactive" => Status::Inactive,
        "leave" => Status::Leave,
        "onboarding" => Status::Onboarding,
        other if other.chars().count() > LONGEST_VALUE => return Err(Expected::Status),
        other => Status::Other(other.to_owned()),
    }))
}

pub(super) fn date(value: Option<&RawValue>, zone: &TimeZone) -> Result<Field<NaiveDate>, Expected> {
    let Some(text) = filled_text(value, Expected::Date)? else { return Ok(Field::Blank) };
    day_of(&text, zone).map(Field::Known).ok_or(Expected::Date)
}

/// The day that a date means. Personio writes `2021-01-01`, `2021-01-01T00:00:00+01:00` and `2021-01-01T00:00:00+0100`:
/// midnight in the zone of the person's office. So the day as written is right in any zone, while the day in UTC is another
/// one. Where the time is not midnight, the moment may be midnight in the company's zone, as `2026-03-31T22:00:00Z` is in
/// Berlin. Source: Personio's OpenAPI document and captures.
fn day_of(text: &str, zone: &TimeZone) -> Option<NaiveDate> {
    let text = text.trim();
    let written = written_day(text.get(..10)?)?;
    if text.len() == 10 {
        return Some(written);
    }
    let parsed = Pieces::parse(text).ok()?;
    let time = parsed.time()?;
    let moment = parsed.to_numeric_offset().map(|offset| offset.to_timestamp(parsed.date().to_datetime(time)));
    match moment {
        Some(Ok(moment)) if time != Time::midnight() => Some(zone.midnight_at(moment).unwrap_or(written)),
        Some(_) | None => Some(written),
    }
}

/// Four, two and two digits. Other notations of a day are not guessed at.
fn written_day(day: &str) -> Option<NaiveDate> {
    let mut parts = day.split('-');
    let mut number = |digits: usize| -> Option<u16> {
        let part = parts.next().filter(|part| part.len() == digits)?;
        part.bytes().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u16::from(byte - b'0')))
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    NaiveDate::from_ymd_opt(year.into(), month.into(), day.into())
}

/// An employee whose attributes are labelled like those of any person, unlike those of a department. Newer answers carry only
/// the id. Source: Personio's OpenAPI document.
pub(super) fn supervisor(value: Option<&RawValue>) -> Result<Field<EmployeeId>, Expected> {
    let value = value.ok_or(Expected::Supervisor)?;
    if let Some(attributes) = member_of(value, "attributes") {
        let id = member_of(attributes, ID).and_then(|id| integer_of(unlabelled(id)));
        return id.filter(|id| *id > 0).map(|id| Field::Known(EmployeeId(id))).ok_or(Expected::Supervisor);
    }
    match filled(Some(value), Expected::Supervisor)? {
        None => Ok(Field::Blank),
        Some(_) => Err(Expected::Supervisor),
    }
}

fn inner<'de>(object: &Members<'de>) -> Option<Members<'de>> {
    match shape_of(object.get("attributes")?) {
        Ok(Shape::Object(attributes)) => Some(attributes),
        Ok(_) | Err(_) => None,
    }
}

fn unlabelled(raw: &RawValue) -> &RawValue {
    member_of(raw, "value").unwrap_or(raw)
}

/// How to read a value, by the type that Personio gives the attribute.
enum Kind {
    Tags,
    Date,
    /// Chosen or written by people, also where it looks like a number.
    Text,
    /// One of the other documented types, or no type as in older answers: the value's own shape decides.
    Documented,
    /// A type that this version does not know: only a plain value is safe to read.
    Unknown,
}

fn kind_of(key: &AttributeKey, labelled: &Labelled<'_>) -> Kind {
    match text_in(labelled.kind).as_deref() {
        Some("tags") => Kind::Tags,
        Some("date") => Kind::Date,
        Some("list" | "link" | "multiline") => Kind::Text,
        None | Some("standard") if usual_name(key.as_str()).is_some() => Kind::Text,
        None | Some("standard" | "integer" | "decimal") => Kind::Documented,
        Some(_) => Kind::Unknown,
    }
}

/// The values of a mapped attribute. No values mean blank. Numbers stay as they were written, because ids can be larger than a
/// floating-point number holds.
pub(super) fn values(key: &AttributeKey, labelled: &Labelled<'_>, zone: &TimeZone) -> Result<Values, Expected> {
    values_in(key, labelled, zone).map(Values::from)
}

fn values_in(key: &AttributeKey, labelled: &Labelled<'_>, zone: &TimeZone) -> Result<Vec<Value>, Expected> {
    let Some(shape) = filled(labelled.value, Expected::Value)? else { return Ok(Vec::new()) };
    let one = |text: &str| Value { id: None, text: text.into() };
    match (kind_of(key, labelled), shape) {
        (_, Shape::Null) => Ok(Vec::new()),
        (Kind::Date, Shape::Text(text)) => match day_of(&text, zone) {
            Some(day) => Ok(vec![one(&day.to_string())]),
            None => Err(Expected::Date),
        },
        (Kind::Date, Shape::Number(_) | Shape::Truth | Shape::List(_) | Shape::Object(_)) => Err(Expected::Date),
        (Kind::Tags, Shape::Text(text)) => tags(&text),
        (Kind::Text | Kind::Documented | Kind::Unknown, Shape::Text(text)) => Ok(vec![one(&text)]),
        (Kind::Documented | Kind::Unknown, Shape::Number(text)) => Ok(vec![one(text)]),
        (Kind::Text | Kind::Tags, Shape::Number(_) | Shape::Truth) | (Kind::Documented, Shape::Truth) => {
            Err(Expected::Text)
        }
        (Kind::Text | Kind::Documented | Kind::Tags, Shape::List(items)) => several(&items),
        (Kind::Text | Kind::Documented | Kind::Tags, Shape::Object(object)) => Ok(vec![named(&object)?]),
        (Kind::Unknown, Shape::Truth | Shape::List(_) | Shape::Object(_)) => Err(Expected::TextOrNumber),
    }
}

/// Tags come as one string with commas, or as the text of a JSON list. Their order means nothing and changes between answers.
/// In the first form, a comma inside a tag cannot be told from one between tags. Source: personio-py, issue 48 and its
/// captures.
fn tags(text: &str) -> Result<Vec<Value>, Expected> {
    if text.trim_start().starts_with('[')
        && let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(text)
    {
        return several(&items);
    }
    let values = text.split(',').map(str::trim).filter(|tag| !is_blank(tag));
    sorted(values.map(|tag| Value { id: None, text: tag.into() }).collect())
}

fn several(items: &[&RawValue]) -> Result<Vec<Value>, Expected> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        match shape_of(item).map_err(|_| Expected::List)? {
            Shape::Null => {}
            Shape::Text(text) if is_blank(&text) => {}
            Shape::Text(text) => values.push(Value { id: None, text: text.trim().into() }),
            Shape::Object(object) => values.push(named(&object)?),
            Shape::Number(_) | Shape::Truth | Shape::List(_) => return Err(Expected::List),
        }
    }
    sorted(values)
}

/// Values of a list that is not empty. It must say something; an id alone is enough only by itself, because several values are
/// compared by their texts.
fn sorted(mut values: Vec<Value>) -> Result<Vec<Value>, Expected> {
    values.sort();
    values.dedup();
    match values.as_slice() {
        [] => Err(Expected::List),
        [_, _, ..] if values.iter().any(|value| value.text.is_empty()) => Err(Expected::NamedObject),
        [_, ..] => Ok(values),
    }
}

/// A department, office, team or the like: an object with an id and a name, or an employee with labelled names. An id is
/// enough: its name may be known.
fn named(object: &Members<'_>) -> Result<Value, Expected> {
    let attributes = inner(object).ok_or(Expected::NamedObject)?;
    let mut words = Vec::new();
    for key in name_keys(&attributes) {
        let Some(name) = attributes.get(key) else { return Err(Expected::NamedObject) };
        match shape_of(unlabelled(name)).map_err(|_| Expected::NamedObject)? {
            Shape::Null => {}
            Shape::Text(text) if is_blank(&text) => {}
            Shape::Text(text) => words.push(text),
            Shape::Number(_) | Shape::Truth | Shape::List(_) | Shape::Object(_) => {
                return Err(Expected::NamedObject);
            }
        }
    }
    let id = attributes.get(ID).and_then(|id| integer_of(unlabelled(id)));
    let says_something = id.is_some() || !words.is_empty();
    says_something.then(|| Value { id, text: words.join(" ").into() }).ok_or(Expected::NamedObject)
}

fn name_keys(attributes: &Members<'_>) -> &'static [&'static str] {
    if attributes.get("name").is_none() && attributes.get(AttributeKey::LAST_NAME).is_some() {
        &[AttributeKey::FIRST_NAME, AttributeKey::LAST_NAME]
    } else {
        &["name"]
    }
}
