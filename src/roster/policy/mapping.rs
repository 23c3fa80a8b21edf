//! Which attributes become what: the administrator's wishes meet what the credential may read.
//!
//! Selectors are keys or labels; labels are resolved here and must name one attribute. Attributes that are sensitive, or
//! that say nothing about a group of people, come only when they are named, never through `*`.

use std::collections::{BTreeMap, BTreeSet};

use crate::roster::model::record::AttributeKey;
use crate::roster::model::text::{fold, tidy};
use crate::roster::plan::names::Names;
use crate::roster::policy::attribute::{Attribute, Kind};
use crate::roster::policy::headers::{GroupColumn, HeaderOrigin, Headers, USUAL_GROUPS};
use crate::roster::policy::sensitive::is_sensitive;
use crate::roster::policy::{GroupRule, Policy, Several};

/// Which groups the administrator wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupWishes {
    /// In the order of the feed's columns.
    pub named: Vec<GroupWish>,
    pub others: Others,
}

/// What becomes of readable attributes that are not named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Others {
    /// They become no groups.
    LeftAlone,
    /// `*`: lists, tags and Personio's own relations, except the sensitive ones and those that were turned off; the
    /// selectors of the latter.
    Taken { except: Vec<String> },
}

/// One attribute that the administrator wants as a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupWish {
    /// A key such as `department` or `dynamic_123`, or a label.
    pub selector: String,
    /// Its name in Honestly; the usual name or the label where none is given.
    pub name: Option<String>,
    /// Personio's value to Honestly's, as written.
    pub values: BTreeMap<String, String>,
    pub several: Several,
}

/// Attributes without which nobody can be synced (the article marks them as mandatory).
pub const REQUIRED: [&str; 4] =
    [AttributeKey::FIRST_NAME, AttributeKey::LAST_NAME, AttributeKey::EMAIL, AttributeKey::DEPARTMENT];

/// Attributes that decide who is in, and are missed when they are withheld.
pub const RECOMMENDED: [&str; 3] = [AttributeKey::HIRE_DATE, AttributeKey::TERMINATION_DATE, AttributeKey::STATUS];

/// The attributes that are an employee's own fields, always asked for.
pub const OWN_FIELDS: [&str; 7] = [
    AttributeKey::FIRST_NAME,
    AttributeKey::LAST_NAME,
    AttributeKey::EMAIL,
    AttributeKey::STATUS,
    AttributeKey::HIRE_DATE,
    AttributeKey::TERMINATION_DATE,
    AttributeKey::SUPERVISOR,
];

/// Standard attributes that never come through `*`: they say when somebody's employment ends or how a profile changed, or
/// are no property one would ask a group of people about.
const NO_GROUPS: [&str; 14] = [
    "id",
    "preferred_name",
    "contract_end_date",
    "last_working_day",
    "probation_period_end",
    "termination_type",
    "termination_reason",
    "created_at",
    "last_modified_at",
    "profile_picture",
    "absence_entitlement",
    "holiday_calendar",
    "work_schedule",
    "vacation_day_balance",
];

/// What becomes of one readable attribute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    Required,
    Recommended,
    /// A field of the employee, such as the supervisor, the language or the import id.
    Field,
    /// A group; its name in Honestly.
    Group(String),
    /// Could be a group, and is not named in the configuration.
    NotMapped,
    Sensitive,
    NoGroup,
}

/// Why a wish cannot be granted. The administrator reads it next to the selector's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmappable {
    NoSuchLabel { label: String },
    SeveralWithLabel { label: String, keys: Vec<AttributeKey> },
    TwiceTheAttribute { key: AttributeKey },
    TwiceTheName { name: String },
}

impl std::fmt::Display for Unmappable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSuchLabel { label } => {
                write!(f, "{label:?} is neither the key nor the label of an attribute this credential may read")
            }
            Self::SeveralWithLabel { label, keys } => {
                let keys: Vec<&str> = keys.iter().map(AttributeKey::as_str).collect();
                write!(f, "{label:?} is the label of several attributes; name the key instead: {}", keys.join(", "))
            }
            Self::TwiceTheAttribute { key } => write!(f, "{key} is named twice"),
            Self::TwiceTheName { name } => write!(f, "two columns would be called {name:?} in Honestly"),
        }
    }
}

/// Whether a selector can only be a key: keys need no look-up.
pub fn is_key(selector: &str) -> bool {
    selector.starts_with("dynamic_")
        || USUAL_GROUPS.iter().any(|(key, _)| *key == selector)
        || OWN_FIELDS.contains(&selector)
        || NO_GROUPS.contains(&selector)
}

impl GroupWishes {
    /// Whether the labels of the readable attributes are needed to resolve them.
    pub fn need_labels(&self) -> bool {
        let needs = |wish: &GroupWish| {
            let usual = USUAL_GROUPS.iter().any(|(key, _)| *key == wish.selector);
            !is_key(&wish.selector) || (wish.name.is_none() && !usual)
        };
        matches!(self.others, Others::Taken { .. }) || self.named.iter().any(needs)
    }

    /// Resolves every wish against what the credential may read. A key that is not readable is kept: its values stay what
    /// they are until it is. `reserved` are headers of columns that are no groups. What `names` remember wins.
    pub fn resolve(
        &self,
        readable: &[Attribute],
        reserved: &[&str],
        names: &Names,
    ) -> Result<Vec<GroupColumn>, Unmappable> {
        let mut rules: Vec<GroupRule> = Vec::new();
        let mut wished: Vec<Option<&str>> = Vec::new();
        for GroupWish { selector, name, values, several } in &self.named {
            let attribute = resolve_selector(selector, readable, names)?;
            if rules.iter().any(|rule| rule.attribute == attribute) {
                return Err(Unmappable::TwiceTheAttribute { key: attribute });
            }
            let values = values.iter().map(|(from, to)| (fold(&tidy(from)).into_owned(), to.clone())).collect();
            rules.push(GroupRule { attribute, values, several: *several });
            wished.push(name.as_deref());
        }
        for attribute in self.others(readable, names, &rules) {
            let (values, several) = (BTreeMap::new(), Several::Joined);
            rules.push(GroupRule { attribute, values, several });
            wished.push(None);
        }
        let mut headers = Headers::new(readable, reserved);
        // Names that the configuration or this program chose come first, so that no label at Personio can take one.
        let mut chosen: Vec<Option<String>> = Vec::with_capacity(rules.len());
        for (rule, wished) in rules.iter().zip(wished) {
            let name = wished.or_else(|| usual_name(&rule.attribute)).map(|name| tidy(name).into_owned());
            if let Some(name) = name.as_ref().filter(|name| !headers.take(name)) {
                return Err(Unmappable::TwiceTheName { name: name.clone() });
            }
            chosen.push(name);
        }
        // Then those that columns have.
        let mut kept = |(rule, chosen): (&GroupRule, &Option<String>)| {
            let header = names.headers.get(&rule.attribute).filter(|_| chosen.is_none())?;
            headers.take(header).then(|| header.clone())
        };
        let kept: Vec<Option<String>> = rules.iter().zip(&chosen).map(&mut kept).collect();
        let column = |(rule, (chosen, kept)): (GroupRule, (Option<String>, Option<String>))| match (chosen, kept) {
            (Some(header), _) => GroupColumn { header, origin: HeaderOrigin::Chosen, problem: None, rule },
            (None, Some(header)) => GroupColumn { header, origin: HeaderOrigin::Label, problem: None, rule },
            (None, None) => headers.by_label(rule),
        };
        Ok(rules.into_iter().zip(chosen.into_iter().zip(kept)).map(column).collect())
    }

    /// What `*` takes, in the order of the keys. An attribute that cannot be read any more keeps its column.
    fn others(&self, readable: &[Attribute], names: &Names, named: &[GroupRule]) -> BTreeSet<AttributeKey> {
        let except: BTreeSet<AttributeKey> = match &self.others {
            Others::LeftAlone => return BTreeSet::new(),
            Others::Taken { except } => except.iter().map(|selector| excepted(selector, readable, names)).collect(),
        };
        let mut others = names.others.clone().unwrap_or_else(|| shared(readable));
        others.retain(|key| !except.contains(key) && !named.iter().any(|rule| rule.attribute == *key));
        others
    }
}

/// What a selector turns off that `*` would take. One that named nothing when `*` was resolved turns nothing off later, when
/// something is called so.
pub fn excepted(selector: &str, readable: &[Attribute], names: &Names) -> AttributeKey {
    match names.label(selector) {
        Some(key) if names.others.is_some() => key.clone(),
        Some(_) | None => resolve_selector(selector, readable, names).unwrap_or_else(|_| AttributeKey::new(selector)),
    }
}

/// What `*` may take.
pub fn shared(readable: &[Attribute]) -> BTreeSet<AttributeKey> {
    let shared = readable.iter().filter(|attribute| nature(attribute) == Nature::Shared);
    shared.map(|attribute| attribute.key.clone()).collect()
}

/// The name of a group that comes without configuration.
fn usual_name(key: &AttributeKey) -> Option<&'static str> {
    USUAL_GROUPS.iter().find(|(usual, _)| *usual == key.as_str()).map(|(_, name)| *name)
}

/// What becomes of one readable attribute.
pub fn use_of(attribute: &Attribute, policy: &Policy) -> Use {
    let key = attribute.key.as_str();
    if REQUIRED.contains(&key) {
        return Use::Required;
    }
    if RECOMMENDED.contains(&key) {
        return Use::Recommended;
    }
    if OWN_FIELDS.contains(&key) || policy.is_field(&attribute.key) {
        return Use::Field;
    }
    match (policy.columns.name_of(&attribute.key), nature(attribute)) {
        (Some(name), _) => Use::Group(name.to_owned()),
        (None, Nature::Shared | Nature::Personal) => Use::NotMapped,
        (None, Nature::Sensitive) => Use::Sensitive,
        (None, Nature::NoGroup) => Use::NoGroup,
    }
}

/// Whether an attribute may come without being named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    /// `*` takes it.
    Shared,
    /// Typed by somebody, a number, a date or a link: it is about one person, as a rule.
    Personal,
    Sensitive,
    NoGroup,
}

/// `*` takes only what is made to be shared by several people: Personio's own relations, and attributes whose values an
/// administrator listed.
fn nature(attribute: &Attribute) -> Nature {
    let key = attribute.key.as_str();
    let is_usual = USUAL_GROUPS.iter().any(|(usual, _)| *usual == key);
    match attribute.kind {
        _ if is_usual => Nature::Shared,
        _ if OWN_FIELDS.contains(&key) || NO_GROUPS.contains(&key) => Nature::NoGroup,
        _ if is_sensitive(attribute) => Nature::Sensitive,
        Kind::List | Kind::Tags => Nature::Shared,
        Kind::Standard | Kind::Date | Kind::Integer | Kind::Decimal | Kind::Link | Kind::Multiline | Kind::Unknown => {
            Nature::Personal
        }
    }
}

/// A selector, which is a key or a label, to the key of a readable attribute. What a label stood for wins over what is called
/// so now; where that cannot be read any more, it gives way to the only one that is called so, unless another label stands for
/// that one.
pub fn resolve_selector(selector: &str, readable: &[Attribute], names: &Names) -> Result<AttributeKey, Unmappable> {
    let is_readable = |key: &str| readable.iter().any(|attribute| attribute.key.as_str() == key);
    let remembered = names.label(selector);
    match remembered {
        _ if is_key(selector) => return Ok(AttributeKey::new(selector)),
        Some(key) if is_readable(key.as_str()) => return Ok(key.clone()),
        Some(_) | None if is_readable(selector) => return Ok(AttributeKey::new(selector)),
        Some(_) | None => {}
    }
    let keys = labelled(selector, readable);
    match (keys.as_slice(), remembered) {
        ([key], None) => Ok((*key).clone()),
        ([key], Some(_)) if !names.labels.values().any(|other| other == *key) => Ok((*key).clone()),
        (_, Some(key)) => Ok(key.clone()),
        ([], None) => Err(Unmappable::NoSuchLabel { label: selector.to_owned() }),
        ([_, _, ..], None) => {
            let keys = keys.into_iter().cloned().collect();
            Err(Unmappable::SeveralWithLabel { label: selector.to_owned(), keys })
        }
    }
}

/// The attributes that have a label, by their keys.
pub fn labelled<'r>(label: &str, readable: &'r [Attribute]) -> Vec<&'r AttributeKey> {
    let tidied = tidy(label);
    let wanted = fold(&tidied);
    let labelled = readable.iter().filter(|attribute| fold(&tidy(&attribute.label)) == wanted);
    let mut keys: Vec<&AttributeKey> = labelled.map(|attribute| &attribute.key).collect();
    keys.sort();
    keys
}

#[cfg(test)]
mod tests;
