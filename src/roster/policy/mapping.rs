//! Which attributes become what: the administrator's wishes meet what the credential may read.
//!
//! Selectors are keys or labels; labels are resolved here and must name one attribute. Attributes that are sensitive, or
//! that say nothing about a group of people, come only when they are named, never through `*`.

use std::collections::{BTreeMap, BTreeSet};

use crate::roster::model::record::AttributeKey;
use crate::roster::model::snapshot::fold;
use crate::roster::model::text::tidy;
use crate::roster::policy::{GroupRule, Policy, Several};

/// One attribute as `GET /company/employees/attributes` lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attribute {
    pub key: AttributeKey,
    /// For display; administrators rename and duplicate labels.
    pub label: String,
    /// Often missing for custom attributes, and not unique.
    pub universal_id: Option<String>,
}

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
    LeftAlone,
    /// `*`: all of them, except the sensitive ones and those that were turned off; the selectors of the latter.
    Taken {
        except: Vec<String>,
    },
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

/// The groups that come without any configuration: Personio's key and the name in Honestly.
pub const USUAL_GROUPS: [(&str, &str); 8] = [
    ("department", "Department"),
    ("office", "Office"),
    ("team", "Team"),
    ("subcompany", "Subcompany"),
    ("position", "Position"),
    ("gender", "Gender"),
    ("employment_type", "Employment type"),
    ("cost_centers", "Cost centre"),
];

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

/// Words that mark an attribute as sensitive where its key, universal id or label has them: pay, bank, tax, insurance,
/// birthday, private address and phone, emergency contact, family, health, faith, papers; English and German, folded.
/// Words of up to four letters count at the start of a word only.
pub const SENSITIVE: [&str; 60] = [
    "salary",
    "gehalt",
    "lohn",
    "wage",
    "bonus",
    "compensation",
    "vergütung",
    "payroll",
    "pay grade",
    "provision",
    "iban",
    "bic",
    "swift",
    "bank",
    "konto",
    "account holder",
    "tax",
    "steuer",
    "kirche",
    "church",
    "konfession",
    "religion",
    "insurance",
    "versicherung",
    "krankenkasse",
    "social security",
    "pension",
    "rente",
    "birth",
    "geburt",
    "private",
    "privat",
    "home address",
    "street",
    "straße",
    "strasse",
    "hausnummer",
    "zip",
    "postal",
    "postleitzahl",
    "plz",
    "wohnort",
    "phone",
    "telefon",
    "mobile",
    "handy",
    "emergency",
    "notfall",
    "marital",
    "familienstand",
    "kinder",
    "children",
    "disab",
    "behinder",
    "passport",
    "reisepass",
    "personalausweis",
    "national",
    "staatsangehörigkeit",
    "visa",
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

/// An attribute that becomes a group: its name in Honestly, and how its values are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupColumn {
    pub header: String,
    pub rule: GroupRule,
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

impl Unmappable {
    /// What the configuration says at the place of the mistake.
    pub fn selector(&self) -> String {
        match self {
            Self::NoSuchLabel { label } | Self::SeveralWithLabel { label, .. } => label.clone(),
            Self::TwiceTheAttribute { key } => key.to_string(),
            Self::TwiceTheName { name } => name.clone(),
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
    /// they are until it is.
    pub fn resolve(&self, readable: &[Attribute], reserved: &[&str]) -> Result<Vec<GroupColumn>, Unmappable> {
        let mut columns = Vec::new();
        for GroupWish { selector, name, values, several } in &self.named {
            let attribute = resolve_selector(selector, readable)?;
            let header = name.clone().unwrap_or_else(|| usual_name(&attribute, readable));
            let values = values.iter().map(|(from, to)| (fold(&tidy(from)).into_owned(), to.clone())).collect();
            columns.push(GroupColumn { header, rule: GroupRule { attribute, values, several: *several } });
        }
        if let Others::Taken { except } = &self.others {
            let mut taken: BTreeSet<AttributeKey> =
                columns.iter().map(|column| column.rule.attribute.clone()).collect();
            for selector in except {
                taken.insert(resolve_selector(selector, readable).unwrap_or_else(|_| AttributeKey::new(&**selector)));
            }
            let mut others: Vec<&Attribute> = readable
                .iter()
                .filter(|attribute| !taken.contains(&attribute.key) && nature(attribute) == Nature::Open)
                .collect();
            others.sort_by(|a, b| a.key.cmp(&b.key));
            columns.extend(others.into_iter().map(|Attribute { key, .. }| {
                let (attribute, values, several) = (key.clone(), BTreeMap::new(), Several::Joined);
                GroupColumn { header: usual_name(key, readable), rule: GroupRule { attribute, values, several } }
            }));
        }
        let mut keys = BTreeSet::new();
        if let Some(column) = columns.iter().find(|column| !keys.insert(&column.rule.attribute)) {
            return Err(Unmappable::TwiceTheAttribute { key: column.rule.attribute.clone() });
        }
        let mut names: BTreeSet<String> = reserved.iter().map(|name| fold(name).into_owned()).collect();
        if let Some(column) = columns.iter().find(|column| !names.insert(fold(&column.header).into_owned())) {
            return Err(Unmappable::TwiceTheName { name: column.header.clone() });
        }
        Ok(columns)
    }
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
        (None, Nature::Open) => Use::NotMapped,
        (None, Nature::Sensitive) => Use::Sensitive,
        (None, Nature::NoGroup) => Use::NoGroup,
    }
}

/// Whether an attribute may come without being named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    Open,
    Sensitive,
    NoGroup,
}

fn nature(attribute: &Attribute) -> Nature {
    let key = attribute.key.as_str();
    if OWN_FIELDS.contains(&key) || NO_GROUPS.contains(&key) {
        return Nature::NoGroup;
    }
    let texts = [key, &attribute.label, attribute.universal_id.as_deref().unwrap_or_default()];
    let spoken = texts.map(|text| fold(text).replace(['_', '-'], " "));
    let is_in = |text: &String, word: &str| match word.len() {
        0..=4 => text.split_whitespace().any(|spoken| spoken.starts_with(word)),
        _ => text.contains(word),
    };
    if SENSITIVE.iter().any(|word| spoken.iter().any(|text| is_in(text, word))) {
        Nature::Sensitive
    } else {
        Nature::Open
    }
}

/// A selector, which is a key or a label, to the key of a readable attribute.
pub fn resolve_selector(selector: &str, readable: &[Attribute]) -> Result<AttributeKey, Unmappable> {
    if is_key(selector) || readable.iter().any(|attribute| attribute.key.as_str() == selector) {
        return Ok(AttributeKey::new(selector));
    }
    let tidied = tidy(selector);
    let wanted = fold(&tidied);
    let mut keys: Vec<AttributeKey> = readable
        .iter()
        .filter(|attribute| fold(&tidy(&attribute.label)) == wanted)
        .map(|attribute| attribute.key.clone())
        .collect();
    keys.sort();
    match keys.as_slice() {
        [] => Err(Unmappable::NoSuchLabel { label: selector.to_owned() }),
        [key] => Ok(key.clone()),
        [_, _, ..] => Err(Unmappable::SeveralWithLabel { label: selector.to_owned(), keys }),
    }
}

/// The usual name, else the label where it is one attribute's alone, else label and key.
fn usual_name(key: &AttributeKey, readable: &[Attribute]) -> String {
    if let Some((_, name)) = USUAL_GROUPS.iter().find(|(usual, _)| *usual == key.as_str()) {
        return (*name).to_owned();
    }
    let label = |attribute: &Attribute| tidy(&attribute.label).into_owned();
    let Some(own) = readable.iter().find(|attribute| attribute.key == *key).map(label).filter(|l| !l.is_empty()) else {
        return key.to_string();
    };
    let taken = |attribute: &&Attribute| attribute.key != *key && fold(&label(attribute)) == fold(&own);
    let usual = USUAL_GROUPS.iter().any(|(_, name)| fold(name) == fold(&own));
    if usual || readable.iter().any(|attribute| taken(&attribute)) { format!("{own} ({key})") } else { own }
}
