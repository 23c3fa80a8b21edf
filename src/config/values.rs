//! Turns one value of the file into one of the core's own types. Each mistake says what was expected.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;

use super::file::{Entry, Value};
use super::mistake::{Mistake, Place, Placed, What, Word};
use crate::age;
use crate::remote::{Fingerprint, TemporaryName};
use crate::roster::guard::WINDOW;
use crate::roster::model::language::Language;
use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::{Email, LONGEST_VALUE};
use crate::roster::model::text::{skeleton, tidy};
use crate::roster::policy::Who;
use crate::roster::policy::name_changes::Role;
use crate::timezone::TimeZone;

/// A whole number. The mistake shows an example.
pub(super) fn number<N: TryFrom<i64> + Display>(example: N) -> impl FnOnce(Value<'_>) -> Result<N, Mistake> {
    move |value| {
        let number = value.as_number().and_then(|number| N::try_from(number).ok());
        number.ok_or_else(|| value.wrong(format!("expected a number, such as {example}")))
    }
}

pub(super) fn percent(example: usize) -> impl FnOnce(Value<'_>) -> Result<usize, Mistake> {
    move |value| match number(example)(value)? {
        percent @ 0..=100 => Ok(percent),
        _ => Err(value.wrong("expected a percentage from 0 to 100")),
    }
}

/// A duration in seconds.
pub(super) fn seconds(example: Duration) -> impl FnOnce(Value<'_>) -> Result<Duration, Mistake> {
    move |value| match number(u32::try_from(example.as_secs()).unwrap_or(u32::MAX))(value)? {
        0 => Err(value.wrong("expected at least 1 second")),
        seconds => Ok(Duration::from_secs(seconds.into())),
    }
}

/// A duration with a unit. Zero needs no unit.
pub(super) fn age(value: Value<'_>) -> Result<TimeDelta, Mistake> {
    match value.text()?.trim() {
        "0" => Ok(TimeDelta::zero()),
        text => {
            age::parse(text).ok_or_else(|| value.wrong("expected a number and a unit, such as \"400d\" or \"12h\""))
        }
    }
}

/// The guard compares with what people were within [`WINDOW`]: values are kept as long as that.
pub(super) fn at_least_a_week(value: Value<'_>) -> Result<TimeDelta, Mistake> {
    let age = age(value)?;
    if age < WINDOW { Err(value.wrong("expected at least \"7d\"")) } else { Ok(age) }
}

pub(super) fn flag(value: Value<'_>) -> Result<bool, Mistake> {
    value.as_flag().ok_or_else(|| value.wrong("expected true or false"))
}

/// One of a few words.
pub(super) fn choice<T: Clone, const N: usize>(
    words: [(&'static str, T); N],
) -> impl FnOnce(Value<'_>) -> Result<T, Mistake> {
    move |value| {
        let text = value.text()?;
        let chosen = words.iter().find(|(word, _)| *word == text).map(|(_, choice)| choice.clone());
        chosen.ok_or_else(|| {
            let words: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            value.wrong(format!("expected {}", words.join(" or ")))
        })
    }
}

/// A path as written. A relative path starts at the configuration's folder.
pub(super) fn path(value: Value<'_>) -> Result<PathBuf, Mistake> {
    match value.text()? {
        text if text.trim().is_empty() || text.starts_with('~') => {
            Err(value.wrong("not a path; write it in full, \"~\" is not expanded"))
        }
        text => Ok(value.folder.join(text)),
    }
}

pub(super) fn timezone(value: Value<'_>) -> Result<TimeZone, Mistake> {
    TimeZone::parse(value.text()?)
        .ok_or_else(|| value.wrong("not the name of a time zone; expected one such as \"Europe/Berlin\""))
}

/// A text that `parse` reads. Its error becomes the mistake.
pub(super) fn parsed<T, E: Display>(parse: impl Fn(&str) -> Result<T, E>) -> impl Fn(Value<'_>) -> Result<T, Mistake> {
    move |value| parse(value.text()?).map_err(|what| value.wrong(what))
}

/// One fingerprint, or a list of them.
pub(super) fn fingerprints(value: Value<'_>) -> Result<Vec<Fingerprint>, Mistake> {
    match value.as_items() {
        None => Ok(vec![fingerprint(value)?]),
        Some(none) if none.is_empty() => Err(value.wrong("expected at least one fingerprint")),
        Some(items) => items.into_iter().map(fingerprint).collect(),
    }
}

fn fingerprint(value: Value<'_>) -> Result<Fingerprint, Mistake> {
    Fingerprint::parse(value.text()?)
        .ok_or_else(|| value.wrong("not a fingerprint; expected SHA256:... or a whole line of ssh-keygen -l"))
}

/// A name beside the real one, or the word for no such name.
pub(super) fn temporary_name(real: Option<&str>) -> impl Fn(Value<'_>) -> Result<TemporaryName, Mistake> {
    move |value| match value.text()? {
        name if Some(name) == real => {
            Err(value.wrong("this is the real name; \"none\" writes under it, which may leave a part there"))
        }
        name => TemporaryName::parse(name).map_err(|what| value.wrong(what)),
    }
}

/// Everybody who is named, and where.
pub(super) fn people(value: Value<'_>) -> Result<BTreeMap<Who, Place>, Mistake> {
    value.items()?.into_iter().map(|item| Ok((person(item)?, item.place()))).collect()
}

fn person(value: Value<'_>) -> Result<Who, Mistake> {
    let id = value.as_number().map(|id| Who::Id(EmployeeId(id)));
    let is_one = |who: &Who| match who {
        Who::Id(id) => id.has_profile(),
        Who::Email(address) => Email::parse(address).is_some(),
    };
    let who = id.or_else(|| value.as_text().map(Who::parse)).filter(is_one);
    who.ok_or_else(|| value.wrong("expected an employee id or an e-mail address"))
}

/// The name of an attribute: its key or its label.
pub(super) fn selector(value: Value<'_>) -> Result<Placed<String>, Mistake> {
    match value.text()?.trim() {
        "" => Err(value.wrong("expected the key or the label of an attribute")),
        selector => Ok(Placed { value: selector.to_owned(), place: value.place() }),
    }
}

/// A table of values of an attribute at Personio, each spelled once, and what it means.
pub(super) fn mapped<T>(
    table: Value<'_>,
    selector: &str,
    words: &mut Vec<Word>,
    read: impl Fn(Value<'_>) -> Result<T, Mistake>,
) -> Result<BTreeMap<String, T>, Mistake> {
    let mut mapped = BTreeMap::new();
    for Entry { key, value } in table.entries()? {
        if mapped.insert(skeleton(&key.value).into_owned(), read(value)?).is_some() {
            return Err(value.wrong("another spelling of this value stands here too"));
        }
        let text = Placed { value: tidy(&key.value).into_owned(), place: key.place };
        words.push(Word { what: What::Value(Role::Mapped, selector.to_owned()), text });
    }
    Ok(mapped)
}

/// A header or a cell of the feed.
pub(super) fn cell(value: Value<'_>) -> Result<String, Mistake> {
    fitting(value.text()?).ok_or_else(|| value.wrong("expected 1 to 100 characters"))
}

/// The text for a cell or a header, where it is allowed there.
pub(super) fn fitting(text: &str) -> Option<String> {
    let text = tidy(text);
    (1..=LONGEST_VALUE).contains(&text.chars().count()).then(|| text.into_owned())
}

/// The part after the `@` of an address.
pub(super) fn domain(value: Value<'_>) -> Result<String, Mistake> {
    let domain = value.text()?.trim().to_lowercase();
    match Email::parse(&format!("1@{domain}")) {
        Some(_) => Ok(domain),
        None => Err(value.wrong("not a domain; expected one such as \"no-mail.example.com\"")),
    }
}

/// A value at Personio that a filter lets in, as written.
pub(super) fn allowed(value: Value<'_>) -> Result<Placed<String>, Mistake> {
    match tidy(value.text()?).into_owned() {
        written if skeleton(&written).is_empty() => Err(value.wrong("expected a name")),
        written => Ok(Placed { value: written, place: value.place() }),
    }
}

pub(super) fn language(value: Value<'_>) -> Result<Language, Mistake> {
    Language::new(value.text()?).ok_or_else(|| value.wrong("expected two letters of ISO 639-1, such as \"de\""))
}
