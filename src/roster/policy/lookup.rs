//! From selectors to attributes: which one a key or a label means, among those that the credential may read.
//!
//! A key needs no look-up. What a label stood for wins over what has that label now.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::roster::model::record::AttributeKey;
use crate::roster::model::text::{alike, folded};
use crate::roster::plan::names::Names;
use crate::roster::policy::attribute::Attribute;
use crate::roster::policy::headers::USUAL_GROUPS;
use crate::roster::policy::nature::{Nature, is_key, nature};

/// What the credential may read, and what names stood for.
#[derive(Debug)]
pub struct Lookup<'a> {
    pub readable: &'a [Attribute],
    pub remembered: &'a Names,
    /// The keys that the configuration names. A label that lost its attribute takes none of these.
    keys: BTreeSet<&'a str>,
}

/// Why a wish cannot be met. The administrator reads it next to the selector's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmappable {
    NoSuchLabel { label: String, alike: Option<String> },
    SeveralWithLabel { label: String, keys: Vec<AttributeKey> },
    TwiceTheAttribute { key: AttributeKey },
    TwiceTheName { name: String },
}

impl fmt::Display for Unmappable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchLabel { label, alike } => {
                write!(f, "{label:?} is neither the key nor the label of an attribute this credential may read")?;
                alike.iter().try_for_each(|alike| write!(f, "; did you mean {alike:?}?"))
            }
            Self::SeveralWithLabel { label, keys } => {
                let keys: Vec<&str> = keys.iter().map(AttributeKey::as_str).collect();
                write!(f, "{label:?} is the label of several attributes; name the key instead: {}", keys.join(", "))
            }
            Self::TwiceTheAttribute { key } => write!(f, "{key} is named twice, by its key or its label"),
            Self::TwiceTheName { name } => write!(f, "two columns would be called {name:?} in Honestly"),
        }
    }
}

impl<'a> Lookup<'a> {
    /// `selectors` are those of all groups.
    pub fn new(readable: &'a [Attribute], remembered: &'a Names, selectors: impl IntoIterator<Item = &'a str>) -> Self {
        Self { readable, remembered, keys: selectors.into_iter().filter(|selector| is_key(selector)).collect() }
    }

    /// The same with other remembered names.
    pub fn with<'n>(&self, remembered: &'n Names) -> Lookup<'n>
    where
        'a: 'n,
    {
        Lookup { readable: self.readable, remembered, keys: self.keys.clone() }
    }

    /// The attribute that a selector means. If the attribute that a label stood for cannot be read any more, the only attribute
    /// with that label now takes its place, unless another label or a key in the configuration stands for it.
    pub fn attribute(&self, selector: &str) -> Result<AttributeKey, Unmappable> {
        let remembered = self.remembered.label(selector);
        match remembered {
            _ if is_key(selector) => return Ok(AttributeKey::new(selector)),
            Some(key) if self.is_readable(key.as_str()) => return Ok(key.clone()),
            Some(_) | None if self.is_readable(selector) => return Ok(AttributeKey::new(selector)),
            Some(_) | None => {}
        }
        let keys = self.labelled(selector);
        match (keys.as_slice(), remembered) {
            ([key], None) => Ok((*key).clone()),
            ([key], Some(_)) if !self.is_meant_elsewhere(key) => Ok((*key).clone()),
            (_, Some(key)) => Ok(key.clone()),
            ([], None) => match self.usual(selector) {
                Some(key) => Ok(key),
                None => Err(Unmappable::NoSuchLabel { label: selector.to_owned(), alike: self.alike(selector) }),
            },
            ([_, _, ..], None) => {
                let keys = keys.into_iter().cloned().collect();
                Err(Unmappable::SeveralWithLabel { label: selector.to_owned(), keys })
            }
        }
    }

    /// The same where a remembered label never moves to another attribute: of import ids, which Honestly cannot change, and of
    /// what is turned off.
    pub fn fixed(&self, selector: &str) -> Result<AttributeKey, Unmappable> {
        self.remembered.label(selector).map_or_else(|| self.attribute(selector), |key| Ok(key.clone()))
    }

    /// The attribute that a selector turns off. One that named nothing turns nothing off later, when something gets that name.
    pub fn turned_off(&self, selector: &str) -> AttributeKey {
        self.fixed(selector).unwrap_or_else(|_| AttributeKey::new(folded(selector)))
    }

    /// The usual group with this name, where no attribute has it as its label: Personio's labels are in the company's language.
    fn usual(&self, name: &str) -> Option<AttributeKey> {
        let is_called_so = |usual: &&(&str, &str)| folded(usual.1) == folded(name);
        let key = USUAL_GROUPS.iter().find(is_called_so).map(|(key, _)| *key);
        key.filter(|key| self.is_readable(key)).map(AttributeKey::new)
    }

    /// The label most like a selector.
    pub fn alike(&self, selector: &str) -> Option<String> {
        alike(selector, self.readable.iter().map(|attribute| attribute.label.as_str())).map(str::to_owned)
    }

    /// What `*` may take.
    pub fn others(&self) -> BTreeMap<AttributeKey, String> {
        self.remembered.others.clone().unwrap_or_else(|| {
            let shared = self.readable.iter().filter(|attribute| nature(attribute) == Nature::Shared);
            shared.map(|attribute| (attribute.key.clone(), attribute.look())).collect()
        })
    }

    /// An attribute that `*` took, if it may not be taken by its type and label now, which are not those that a person saw.
    pub fn taken_no_more(&self, key: &AttributeKey) -> Option<&Attribute> {
        let seen = self.remembered.others.as_ref()?.get(key)?;
        let now = self.readable.iter().find(|attribute| attribute.key == *key)?;
        (now.look() != *seen && nature(now) != Nature::Shared).then_some(now)
    }

    /// Whether a label no longer names its attribute, or no longer names it alone.
    pub fn is_moved(&self, label: &str, attribute: &AttributeKey) -> bool {
        let labelled = self.labelled(label);
        let is_usual = || labelled.is_empty() && self.usual(label).as_ref() == Some(attribute);
        attribute.as_str() != label && self.is_readable(attribute.as_str()) && labelled != [attribute] && !is_usual()
    }

    /// What is readable, as Personio calls it.
    pub fn labels(&self) -> BTreeMap<AttributeKey, String> {
        let labelled = self.readable.iter().filter(|attribute| !attribute.label.trim().is_empty());
        labelled.map(|attribute| (attribute.key.clone(), attribute.label.clone())).collect()
    }

    pub fn is_readable(&self, key: &str) -> bool {
        self.readable.iter().any(|attribute| attribute.key.as_str() == key)
    }

    fn is_meant_elsewhere(&self, key: &AttributeKey) -> bool {
        self.keys.contains(key.as_str()) || self.remembered.labels.values().any(|other| other == key)
    }

    /// The attributes with this label, in the order of their keys.
    fn labelled(&self, label: &str) -> Vec<&AttributeKey> {
        let wanted = folded(label);
        let labelled = self.readable.iter().filter(|attribute| folded(&attribute.label) == wanted);
        let mut keys: Vec<&AttributeKey> = labelled.map(|attribute| &attribute.key).collect();
        keys.sort();
        keys
    }
}
