//! Turns `[groups]`, a table or a list, into what the administrator wishes.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{Entry, Value};
use super::mistake::{Mistake, Placed, What, Word};
use super::values::{cell, flag, mapped};
use crate::roster::model::snapshot::LONGEST_VALUE;
use crate::roster::model::text::tidy;
use crate::roster::policy::Several;
use crate::roster::policy::headers::USUAL_GROUPS;
use crate::roster::policy::mapping::{GroupWish, GroupWishes, Others};

/// The keys of one group's table.
pub const GROUP_KEYS: [&str; 3] = ["name", "values", "split"];

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
        return Err(value.wrong("expected true, false, a name, or a table with name, values and split"));
    }
    let part = |key| value.part(key, &GROUP_KEYS);
    Ok(Some(GroupWish {
        selector: selector.to_owned(),
        name: part("name")?.map(|value| name(value, words)).transpose()?,
        values: part("values")?.map(|table| values(table, selector, words)).transpose()?.unwrap_or_default(),
        several: match part("split")?.map(flag).transpose()? {
            Some(true) => Several::Split,
            Some(false) | None => Several::Joined,
        },
    }))
}

/// Nothing is no group.
fn values(table: Value<'_>, selector: &str, words: &mut Vec<Word>) -> Result<BTreeMap<String, String>, Mistake> {
    mapped(table, selector, words, |value| match tidy(value.text()?) {
        name if name.chars().count() > LONGEST_VALUE => Err(value.wrong("expected at most 100 characters")),
        name => Ok(name.into_owned()),
    })
}

fn plain(selector: &str) -> GroupWish {
    GroupWish { selector: selector.to_owned(), name: None, values: BTreeMap::new(), several: Several::Joined }
}
