//! Which attributes become what: what the administrator wants, given what the credential may read.
//!
//! Sensitive attributes, and those that say nothing about a group of people, come only when they are named, never through `*`.

use std::collections::{BTreeMap, BTreeSet};

use crate::roster::model::record::AttributeKey;
use crate::roster::model::text::tidy;
use crate::roster::policy::attribute::Attribute;
use crate::roster::policy::bands::Bands;
use crate::roster::policy::headers::{GroupColumn, HeaderOrigin, Headers, usual_name};
use crate::roster::policy::lookup::{Lookup, Unmappable};
use crate::roster::policy::nature::{Nature, OWN_FIELDS, is_key, nature};
use crate::roster::policy::{GroupRule, Policy, Several};

/// Which groups the administrator wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupWishes {
    /// In the order of the feed's columns.
    pub named: Vec<GroupWish>,
    /// The usual groups among them that are as they are by default: a line with their label replaces them.
    pub by_default: BTreeSet<&'static str>,
    /// The selectors of those turned off: neither by default nor through `*`.
    pub off: Vec<String>,
    pub others: Others,
}

/// What happens to readable attributes that are not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// They become no groups.
    LeftAlone,
    /// `*`: lists, tags and Personio's own relations, except sensitive ones and those turned off.
    Taken,
}

/// One attribute that the administrator wants as a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupWish {
    /// A key such as `department` or `dynamic_123`, or a label.
    pub selector: String,
    /// Its name in Honestly; if none is given, the usual name or the label.
    pub name: Option<String>,
    /// From Personio's value, folded, to Honestly's.
    pub values: BTreeMap<String, String>,
    pub several: Several,
    pub bands: Option<Bands>,
}

/// Attributes without which nobody can be synced (the article marks them as mandatory).
pub const REQUIRED: [&str; 4] =
    [AttributeKey::FIRST_NAME, AttributeKey::LAST_NAME, AttributeKey::EMAIL, AttributeKey::DEPARTMENT];

/// Attributes that help to decide who is in. A note says when they are withheld.
pub const RECOMMENDED: [&str; 3] = [AttributeKey::HIRE_DATE, AttributeKey::TERMINATION_DATE, AttributeKey::STATUS];

/// What one readable attribute becomes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    Required,
    Recommended,
    /// A field of the employee, such as the supervisor, the language or the import id.
    Field,
    /// A group, with its name in Honestly.
    Group(String),
    /// Could be a group, but is not named in the configuration.
    NotMapped,
    Sensitive,
    NoGroup,
}

impl GroupWishes {
    /// Whether resolving the wishes needs the labels of the readable attributes.
    pub fn need_labels(&self) -> bool {
        let needs = |GroupWish { selector, name, .. }: &GroupWish| {
            !is_key(selector) || (name.is_none() && usual_name(selector).is_none())
        };
        self.others == Others::Taken
            || self.named.iter().any(needs)
            || self.off.iter().any(|selector| !is_key(selector))
    }

    /// Resolves every wish against what the credential may read. A key that is not readable is kept: its values stay as they
    /// are until it can be read. `reserved` are headers of columns that are not groups.
    pub fn columns(&self, lookup: &Lookup<'_>, reserved: &[&str]) -> Result<Vec<GroupColumn>, Unmappable> {
        // Each rule with the name that the configuration or this program chose.
        let mut rules: Vec<(GroupRule, Option<String>)> = Vec::new();
        let mut by_default = self.by_default.clone();
        let off: BTreeSet<AttributeKey> = self.off.iter().map(|selector| lookup.turned_off(selector)).collect();
        for GroupWish { selector, name, values, several, bands } in &self.named {
            let attribute = lookup.attribute(selector)?;
            if off.contains(&attribute) && by_default.contains(selector.as_str()) {
                continue;
            }
            let earlier = rules.iter().position(|(rule, _)| rule.attribute == attribute);
            if earlier.is_some() && !by_default.remove(attribute.as_str()) {
                return Err(Unmappable::TwiceTheAttribute { key: attribute });
            }
            let chosen = name.as_deref().or_else(|| usual_name(attribute.as_str())).map(|name| tidy(name).into_owned());
            let rule =
                (GroupRule { attribute, values: values.clone(), several: *several, bands: bands.clone() }, chosen);
            match earlier {
                Some(at) => rules[at] = rule,
                None => rules.push(rule),
            }
        }
        for attribute in self.others(lookup).difference(&off).cloned() {
            if !rules.iter().any(|(rule, _)| rule.attribute == attribute) {
                let chosen = usual_name(attribute.as_str()).map(str::to_owned);
                rules.push((
                    GroupRule { attribute, values: BTreeMap::new(), several: Several::Joined, bands: None },
                    chosen,
                ));
            }
        }
        let mut headers = Headers::new(lookup.readable, reserved);
        // Chosen names come first, so that no label at Personio can take one.
        if let Some(name) = rules.iter().filter_map(|(_, chosen)| chosen.as_ref()).find(|name| !headers.take(name)) {
            return Err(Unmappable::TwiceTheName { name: name.clone() });
        }
        // Then the headers that columns already have.
        let mut kept = |(rule, chosen): &(GroupRule, Option<String>)| {
            let header = lookup.remembered.headers.get(&rule.attribute).filter(|_| chosen.is_none())?;
            headers.take(header).then(|| header.clone())
        };
        let kept: Vec<Option<String>> = rules.iter().map(&mut kept).collect();
        let column = |((rule, chosen), kept)| match (chosen, kept) {
            (Some(header), _) => GroupColumn { header, origin: HeaderOrigin::Chosen, problem: None, rule },
            (None, Some(header)) => GroupColumn { header, origin: HeaderOrigin::Label, problem: None, rule },
            (None, None) => headers.by_label(rule),
        };
        Ok(rules.into_iter().zip(kept).map(column).collect())
    }

    /// What `*` takes, in the order of the keys. An attribute that cannot be read any more keeps its column.
    fn others(&self, lookup: &Lookup<'_>) -> BTreeSet<AttributeKey> {
        match self.others {
            Others::LeftAlone => BTreeSet::new(),
            Others::Taken => lookup.others().into_keys().collect(),
        }
    }
}

/// What one readable attribute becomes.
pub fn use_of(attribute: &Attribute, policy: &Policy) -> Use {
    let key = attribute.key.as_str();
    if REQUIRED.contains(&key) {
        return Use::Required;
    }
    if RECOMMENDED.contains(&key) {
        return Use::Recommended;
    }
    if OWN_FIELDS.contains(&key) || policy.fields().any(|field| *field == attribute.key) {
        return Use::Field;
    }
    match (policy.columns.name_of(&attribute.key), nature(attribute)) {
        (Some(name), _) => Use::Group(name.to_owned()),
        (None, Nature::Shared | Nature::Personal) => Use::NotMapped,
        (None, Nature::Sensitive) => Use::Sensitive,
        (None, Nature::NoGroup) => Use::NoGroup,
    }
}

#[cfg(test)]
mod tests;
