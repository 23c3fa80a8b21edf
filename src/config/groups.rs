//! Turns `[groups]`, a table or a list, into what the administrator wishes.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{Entry, Value};
use super::mistake::{Mistake, Placed, What, Word};
use super::values::{cell, flag, mapped};
use crate::roster::model::record::AttributeKey;
use crate::roster::model::snapshot::LONGEST_VALUE;
use crate::roster::model::text::{folded, tidy};
use crate::roster::policy::Several;
use crate::roster::policy::bands::Bands;
use crate::roster::policy::headers::USUAL_GROUPS;
use crate::roster::policy::mapping::{GroupWish, GroupWishes, Others};
use crate::roster::voice::own_attribute;
use crate::tongue::Tongue;

/// The keys of one group's table.
pub const GROUP_KEYS: [&str; 5] = ["name", "values", "split", "bands", "names"];

/// A band that begins later than this begins for nobody: 200 years.
const MOST_MONTHS: u32 = 2400;

/// The groups without any configuration.
pub(super) fn usual() -> GroupWishes {
    let keys = USUAL_GROUPS.map(|(key, _)| key);
    GroupWishes { named: keys.map(plain).into(), by_default: keys.into(), off: Vec::new(), others: Others::LeftAlone }
}

/// The wishes. `words` collects every selector and name with its place, for mistakes that only the credential's rights reveal.
pub(super) fn groups(value: Value<'_>, words: &mut Vec<Word>) -> Result<GroupWishes, Mistake> {
    match (value.as_items(), value.as_entries()) {
        (Some(selectors), _) => list(selectors, words),
        (None, Some(entries)) => table(entries, words),
        (None, None) => Err(value.wrong("expected a list of attributes, or a table with an attribute for each key")),
    }
}

/// Exactly these.
fn list(selectors: Vec<Value<'_>>, words: &mut Vec<Word>) -> Result<GroupWishes, Mistake> {
    let mut wishes = GroupWishes { named: Vec::new(), by_default: BTreeSet::new(), ..usual() };
    for value in selectors {
        match value.text()? {
            "*" => wishes.others = Others::Taken,
            selector => {
                let text = Placed { value: selector.to_owned(), place: value.place() };
                words.push(Word { what: What::Group, text });
                wishes.named.push(plain(selector));
            }
        }
    }
    Ok(wishes)
}

/// The usual groups with these changes.
fn table(entries: Vec<Entry<'_>>, words: &mut Vec<Word>) -> Result<GroupWishes, Mistake> {
    let GroupWishes { mut named, mut by_default, mut off, mut others } = usual();
    for Entry { key, value } in entries {
        if key.value == "*" {
            others = if flag(value)? { Others::Taken } else { Others::LeftAlone };
            continue;
        }
        let selector = key.value.clone();
        if selector.trim().is_empty() {
            return Err(value.wrong("expected the key or the label of an attribute before the sign"));
        }
        let wish = wish(&selector, value, words)?;
        words.push(Word { what: if wish.is_some() { What::Group } else { What::Off }, text: key });
        // A line that says only the default is none.
        if wish.as_ref() != Some(&plain(&selector)) {
            by_default.remove(selector.as_str());
        }
        match wish {
            None => {
                named.retain(|wish| wish.selector != selector);
                off.push(selector);
            }
            Some(wish) => match named.iter_mut().find(|usual| usual.selector == selector) {
                Some(usual) => *usual = wish,
                None => named.push(wish),
            },
        }
    }
    Ok(GroupWishes { named, by_default, off, others })
}

/// None where the attribute must not become a group.
fn wish(selector: &str, value: Value<'_>, words: &mut Vec<Word>) -> Result<Option<GroupWish>, Mistake> {
    let name = |value: Value<'_>, words: &mut Vec<Word>| {
        let name = cell(value)?;
        words.push(Word { what: What::Header, text: Placed { value: name.clone(), place: value.place() } });
        Ok(name)
    };
    if let Some(is_group) = value.as_flag() {
        return Ok(is_group.then(|| plain(selector)));
    }
    if value.as_text().is_some() {
        return Ok(Some(GroupWish { name: Some(name(value, words)?), ..plain(selector) }));
    }
    if value.as_entries().is_none() {
        return Err(value.wrong("expected true, false, a name, or a table with name, values, split, bands and names"));
    }
    let part = |key| value.part(key, &GROUP_KEYS);
    let name = part("name")?.map(|value| name(value, words)).transpose()?;
    if let Some(bounds) = part("bands")? {
        if let Some(other) = [part("values")?, part("split")?].into_iter().flatten().next() {
            return Err(other.wrong("bands have names of their own, and nobody is in two"));
        }
        let is_date = matches!(selector, AttributeKey::HIRE_DATE | AttributeKey::TERMINATION_DATE);
        if !is_date && own_attribute(Tongue::English, selector).is_some() {
            return Err(bounds.wrong("bands are of a date, and this attribute is none"));
        }
        let bands = bands(bounds)?;
        let names = part("names")?.map(|names| band_names(&bands, names)).transpose()?;
        let values = bands.named(names.unwrap_or_else(|| bands.usual_names()));
        return Ok(Some(GroupWish { name, values, bands: Some(bands), ..plain(selector) }));
    }
    if let Some(names) = part("names")? {
        return Err(names.wrong("these are the names of bands, and there are none"));
    }
    Ok(Some(GroupWish {
        name,
        values: part("values")?.map(|table| values(table, selector, words)).transpose()?.unwrap_or_default(),
        several: match part("split")?.map(flag).transpose()? {
            Some(true) => Several::Split,
            Some(false) | None => Several::Joined,
        },
        ..plain(selector)
    }))
}

/// Where bands end and the next begin.
fn bands(value: Value<'_>) -> Result<Bands, Mistake> {
    let bound = |value: Value<'_>| {
        let text = value.text()?.trim();
        let months = match (text.strip_suffix('y'), text.strip_suffix('m')) {
            (Some(years), _) => years.parse::<u32>().ok().and_then(|years| years.checked_mul(12)),
            (None, Some(months)) => months.parse().ok(),
            (None, None) => None,
        };
        months
            .filter(|months| (1..=MOST_MONTHS).contains(months))
            .ok_or_else(|| value.wrong("expected a time since the date, such as \"6m\" or \"3y\""))
    };
    let bounds = value.items()?.into_iter().map(bound).collect::<Result<Vec<_>, _>>()?;
    Bands::new(bounds).ok_or_else(|| value.wrong("expected one or more times, each longer than the one before"))
}

/// One name for each band.
fn band_names(bands: &Bands, value: Value<'_>) -> Result<Vec<String>, Mistake> {
    let names = value.items()?.into_iter().map(cell).collect::<Result<Vec<_>, _>>()?;
    let different: BTreeSet<String> = names.iter().map(|name| folded(name)).collect();
    match bands.count() {
        _ if different.len() < names.len() => Err(value.wrong("two bands have one name")),
        count if names.len() == count => Ok(names),
        count => Err(value.wrong(format!("expected {count} names, one more than bands"))),
    }
}

/// Nothing is no group.
fn values(table: Value<'_>, selector: &str, words: &mut Vec<Word>) -> Result<BTreeMap<String, String>, Mistake> {
    mapped(table, selector, words, |value| match tidy(value.text()?) {
        name if name.chars().count() > LONGEST_VALUE => Err(value.wrong("expected at most 100 characters")),
        name => Ok(name.into_owned()),
    })
}

fn plain(selector: &str) -> GroupWish {
    GroupWish {
        selector: selector.to_owned(),
        name: None,
        values: BTreeMap::new(),
        several: Several::Joined,
        bands: None,
    }
}
