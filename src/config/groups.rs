//! Turns `[groups]`, a table or a list, into what the administrator wishes.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{Entry, Value};
use super::mistake::{Mistake, Placed};
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
    GroupWishes { named: keys.map(plain).into(), by_default: keys.into(), others: Others::LeftAlone }
}

/// The wishes. `words` collects every selector and name with its place, for mistakes that only the credential's rights reveal.
pub(super) fn groups(value: Value<'_>, words: &mut Vec<Placed<String>>) -> Result<GroupWishes, Mistake> {
    match (value.as_items(), value.as_entries()) {
        (Some(selectors), _) => list(selectors, words),
        (None, Some(entries)) => table(entries, words),
        (None, None) => Err(value.wrong("expected a list of attributes, or a table with an attribute for each key")),
    }
}

/// Exactly these.
fn list(selectors: Vec<Value<'_>>, words: &mut Vec<Placed<String>>) -> Result<GroupWishes, Mistake> {
    let mut wishes = GroupWishes { named: Vec::new(), by_default: BTreeSet::new(), others: Others::LeftAlone };
    for value in selectors {
        match value.text()? {
            "*" => wishes.others = Others::Taken { except: Vec::new() },
            selector => {
                words.push(Placed { value: selector.to_owned(), place: value.place() });
                wishes.named.push(plain(selector));
            }
        }
    }
    Ok(wishes)
}

/// The usual groups with these changes.
fn table(entries: Vec<Entry<'_>>, words: &mut Vec<Placed<String>>) -> Result<GroupWishes, Mistake> {
    let GroupWishes { mut named, mut by_default, .. } = usual();
    let (mut takes_others, mut except) = (false, Vec::new());
    for Entry { key, value } in entries {
        if key.value == "*" {
            takes_others = flag(value)?;
            continue;
        }
        let selector = key.value.clone();
        if selector.trim().is_empty() {
            return Err(value.wrong("expected the key or the label of an attribute before the sign"));
        }
        words.push(key);
        let wish = wish(&selector, value, words)?;
        // A line that says only the default is none.
        if wish.as_ref() != Some(&plain(&selector)) {
            by_default.remove(selector.as_str());
        }
        match wish {
            None => {
                named.retain(|wish| wish.selector != selector);
                except.push(selector);
            }
            Some(wish) => match named.iter_mut().find(|usual| usual.selector == selector) {
                Some(usual) => *usual = wish,
                None => named.push(wish),
            },
        }
    }
    let others = if takes_others { Others::Taken { except } } else { Others::LeftAlone };
    Ok(GroupWishes { named, by_default, others })
}

/// None where the attribute must not become a group.
fn wish(selector: &str, value: Value<'_>, words: &mut Vec<Placed<String>>) -> Result<Option<GroupWish>, Mistake> {
    let mut name = |value: Value<'_>| {
        let name = cell(value)?;
        words.push(Placed { value: name.clone(), place: value.place() });
        Ok(name)
    };
    if let Some(is_group) = value.as_flag() {
        return Ok(is_group.then(|| plain(selector)));
    }
    if value.as_text().is_some() {
        return Ok(Some(GroupWish { name: Some(name(value)?), ..plain(selector) }));
    }
    if value.as_entries().is_none() {
        return Err(value.wrong("expected true, false, a name, or a table with name, values and split"));
    }
    let part = |key| value.part(key, &GROUP_KEYS);
    Ok(Some(GroupWish {
        selector: selector.to_owned(),
        name: part("name")?.map(name).transpose()?,
        values: part("values")?.map(values).transpose()?.unwrap_or_default(),
        several: match part("split")?.map(flag).transpose()? {
            Some(true) => Several::Split,
            Some(false) | None => Several::Joined,
        },
    }))
}

/// Nothing is no group.
fn values(table: Value<'_>) -> Result<BTreeMap<String, String>, Mistake> {
    mapped(table, |value| match tidy(value.text()?) {
        name if name.chars().count() > LONGEST_VALUE => Err(value.wrong("expected at most 100 characters")),
        name => Ok(name.into_owned()),
    })
}

fn plain(selector: &str) -> GroupWish {
    GroupWish { selector: selector.to_owned(), name: None, values: BTreeMap::new(), several: Several::Joined }
}
