//! Turns `[groups]`, a table or a list, into what the administrator wishes.

use std::collections::BTreeMap;

use super::file::{Entry, Value};
use super::mistake::{Mistake, Placed};
use super::values::{cell, flag};
use crate::roster::policy::Several;
use crate::roster::policy::headers::USUAL_GROUPS;
use crate::roster::policy::mapping::{GroupWish, GroupWishes, Others};

/// The keys of one group's table.
pub const GROUP_KEYS: [&str; 3] = ["name", "values", "split"];

/// The groups without any configuration.
pub(super) fn usual() -> GroupWishes {
    GroupWishes { named: USUAL_GROUPS.iter().map(|(key, _)| plain(key)).collect(), others: Others::LeftAlone }
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
    let mut wishes = GroupWishes { named: Vec::new(), others: Others::LeftAlone };
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
    let GroupWishes { mut named, .. } = usual();
    let (mut takes_others, mut except) = (false, Vec::new());
    for Entry { key, value } in entries {
        if key.value == "*" {
            takes_others = flag(value)?;
            continue;
        }
        let selector = key.value.clone();
        words.push(key);
        match wish(&selector, value, words)? {
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
    Ok(GroupWishes { named, others })
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

fn values(value: Value<'_>) -> Result<BTreeMap<String, String>, Mistake> {
    value.entries()?.into_iter().map(|Entry { key, value }| Ok((key.value, value.text()?.to_owned()))).collect()
}

fn plain(selector: &str) -> GroupWish {
    GroupWish { selector: selector.to_owned(), name: None, values: BTreeMap::new(), several: Several::Joined }
}
