//! The shape of `config.toml`, and mistakes told by file, line and column.
//!
//! The words are our own: the TOML library's messages repeat the line and the value, and people paste secrets into
//! configuration files.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Every key, each optional.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub timezone: Option<Spanned<String>>,
    #[serde(default)]
    pub personio: Personio,
    #[serde(default)]
    pub mirror: Mirror,
    #[serde(default)]
    pub people: People,
    #[serde(default)]
    pub groups: Groups,
    #[serde(default)]
    pub guard: Guard,
    #[serde(default)]
    pub feed: Feed,
    #[serde(default)]
    pub delivery: Delivery,
    #[serde(default)]
    pub monitoring: Monitoring,
    #[serde(default)]
    pub retention: Retention,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Personio {
    pub base_url: Option<Spanned<String>>,
    pub credentials: Option<Spanned<String>>,
    pub timeout_seconds: Option<Spanned<u32>>,
    pub give_up_after_seconds: Option<Spanned<u32>>,
    pub requests_per_second: Option<u32>,
    pub requests_per_minute: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mirror {
    pub path: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    pub on_leave: Option<OnLeave>,
    #[serde(default)]
    pub exclude: Vec<Person>,
    #[serde(default)]
    pub employment_types: Vec<Spanned<String>>,
    #[serde(default)]
    pub departments: Vec<Spanned<String>>,
    #[serde(default)]
    pub offices: Vec<Spanned<String>>,
    #[serde(default)]
    pub subcompanies: Vec<Spanned<String>>,
    pub import_id: Option<Spanned<String>>,
    pub language: Option<Language>,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub enum OnLeave {
    Remove,
    Keep,
}

impl TryFrom<String> for OnLeave {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "remove" => Ok(Self::Remove),
            "keep" => Ok(Self::Keep),
            _ => Err(format!("{OURS}expected \"remove\" or \"keep\"")),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    pub removals: Option<usize>,
    pub removals_percent: Option<Spanned<usize>>,
    pub removals_at_most: Option<usize>,
    pub additions: Option<usize>,
    pub additions_percent: Option<Spanned<usize>>,
    pub field_changes: Option<usize>,
    pub field_changes_percent: Option<Spanned<usize>>,
    #[serde(default)]
    pub must_include: Vec<Person>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    pub line_end: Option<LineEnd>,
    pub columns: Option<ColumnOrder>,
    /// Another header for a column, by its usual one.
    #[serde(default)]
    pub headers: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub leave_out: Vec<Spanned<String>>,
    /// Columns with the same text for everybody.
    #[serde(default)]
    pub constants: BTreeMap<String, Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineEnd {
    Lf,
    Crlf,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnOrder {
    Configured,
    Sorted,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    pub to: Option<Spanned<String>>,
    pub identity_file: Option<Spanned<String>>,
    pub known_hosts: Option<Spanned<String>>,
    pub host_key: Option<Spanned<OneOrMany>>,
    pub temporary_name: Option<Spanned<String>>,
    pub timeout_seconds: Option<Spanned<u32>>,
    pub refresh: Option<Spanned<String>>,
}

/// A text, or a list of them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Monitoring {
    pub textfile: Option<Spanned<String>>,
    pub ping_url: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    pub history: Option<Spanned<String>>,
    pub departed: Option<Spanned<String>>,
}

/// One person: Personio's id as a number, or an e-mail address or id as text.
#[derive(Debug)]
pub struct Person(pub String);

/// A code for everybody, or the attribute that says it.
#[derive(Debug)]
pub enum Language {
    Everyone(String),
    Attribute { attribute: String, values: BTreeMap<String, String>, default: Option<String> },
}

/// `groups = [...]`, or the table `[groups]`, in the order of the file.
#[derive(Debug, Default)]
pub enum Groups {
    #[default]
    Usual,
    List(Vec<String>),
    Table(Vec<(String, Group)>),
}

/// What stands behind one key of `[groups]`.
#[derive(Debug)]
pub enum Group {
    On,
    Off,
    Named(String),
    Settings(GroupSettings),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupSettings {
    pub name: Option<String>,
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    #[serde(default)]
    pub split: bool,
}

/// A mistake and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    pub what: String,
    pub span: Option<Range<usize>>,
}

impl Mistake {
    /// `config.toml:3:1: what`
    pub fn pointed_at(&self, file: &str, text: &str) -> String {
        match self.span.as_ref().and_then(|span| text.get(..span.start)) {
            None if file.is_empty() => self.what.clone(),
            None => format!("{file}: {}", self.what),
            Some(before) => {
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
                format!("{file}:{line}:{column}: {}", self.what)
            }
        }
    }
}

pub fn parse(text: &str) -> Result<File, Mistake> {
    toml::from_str(text).map_err(|error| Mistake { what: without_values(error.message()), span: error.span() })
}

/// Where `[groups]` or `[people]` has exactly this word as a key or a text; never inside a comment or another word.
pub fn place_of(word: &str, text: &str) -> Option<Range<usize>> {
    let root = DeTable::parse(text).ok()?;
    ["groups", "people"].iter().find_map(|section| place_in(word, root.get_ref().get(*section)?))
}

fn place_in(word: &str, value: &Spanned<DeValue<'_>>) -> Option<Range<usize>> {
    match value.get_ref() {
        DeValue::String(text) => (text.trim() == word).then(|| value.span()),
        DeValue::Array(items) => items.iter().find_map(|item| place_in(word, item)),
        DeValue::Table(table) => table.iter().find_map(|(key, value)| {
            let is_key = key.get_ref().trim() == word;
            if is_key { Some(key.span()) } else { place_in(word, value) }
        }),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => None,
    }
}

/// Key names may be shown, values may not. What the library says about a value follows the word `expected`.
fn without_values(message: &str) -> String {
    if message.starts_with("unknown field") || message.starts_with("missing field") || message.starts_with(OURS) {
        return message.trim_start_matches(OURS).replace('\n', " ").replace(" field `", " key `");
    }
    if message.starts_with("duplicate key") {
        return "this key stands here twice".to_owned();
    }
    match message.rfind("expected ") {
        Some(at) => format!("not what belongs here: expected {}", plain(&message[at + "expected ".len()..])),
        None => "not valid TOML".to_owned(),
    }
}

/// The library's words for kinds of values, in those of somebody who edits a file.
fn plain(expected: &str) -> String {
    match expected {
        "literal string" => "a value; a text stands in double quotes".to_owned(),
        "a string" => "a text in double quotes".to_owned(),
        "a sequence" => "a list in square brackets".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "u32" | "usize" => "a whole number, 0 or more".to_owned(),
        other => other.replace('\n', " "),
    }
}

/// Marks messages of this file, which never carry a value.
const OURS: &str = "config: ";

impl<'de> Deserialize<'de> for Person {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PersonVisitor;
        impl Visitor<'_> for PersonVisitor {
            type Value = Person;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an employee id or an e-mail address")
            }
            fn visit_i64<E>(self, id: i64) -> Result<Person, E> {
                Ok(Person(id.to_string()))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Person, E> {
                let text = text.trim();
                if text.contains('@') || text.parse::<i64>().is_ok() {
                    return Ok(Person(text.to_owned()));
                }
                Err(E::custom(format_args!("{OURS}expected an employee id or an e-mail address")))
            }
        }
        deserializer.deserialize_any(PersonVisitor)
    }
}

impl<'de> Deserialize<'de> for Language {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LanguageVisitor;
        impl<'de> Visitor<'de> for LanguageVisitor {
            type Value = Language;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a language code such as \"de\", or a table with attribute, values and default")
            }
            fn visit_str<E: serde::de::Error>(self, code: &str) -> Result<Language, E> {
                expect_code(code)?;
                Ok(Language::Everyone(code.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Language, A::Error> {
                #[derive(Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Table {
                    attribute: String,
                    #[serde(default)]
                    values: BTreeMap<String, String>,
                    default: Option<String>,
                }
                let Table { attribute, values, default } =
                    Table::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                values.values().chain(&default).try_for_each(|code| expect_code(code))?;
                Ok(Language::Attribute { attribute, values, default })
            }
        }
        deserializer.deserialize_any(LanguageVisitor)
    }
}

fn expect_code<E: serde::de::Error>(code: &str) -> Result<(), E> {
    match crate::roster::model::language::Language::new(code) {
        Some(_) => Ok(()),
        None => Err(E::custom(format_args!("{OURS}expected two letters of ISO 639-1, such as \"de\""))),
    }
}

impl<'de> Deserialize<'de> for Groups {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct GroupsVisitor;
        impl<'de> Visitor<'de> for GroupsVisitor {
            type Value = Groups;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of attributes, or a table with an attribute for each key")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Groups, A::Error> {
                let mut selectors = Vec::new();
                while let Some(selector) = list.next_element()? {
                    selectors.push(selector);
                }
                Ok(Groups::List(selectors))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Groups, A::Error> {
                let mut groups: Vec<(String, Group)> = Vec::new();
                while let Some((selector, group)) = table.next_entry()? {
                    if selector == "*" && matches!(group, Group::Named(_) | Group::Settings(_)) {
                        return Err(A::Error::custom(format_args!("{OURS}\"*\": expected true or false")));
                    }
                    groups.push((selector, group));
                }
                Ok(Groups::Table(groups))
            }
        }
        deserializer.deserialize_any(GroupsVisitor)
    }
}

impl<'de> Deserialize<'de> for Group {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct GroupVisitor;
        impl<'de> Visitor<'de> for GroupVisitor {
            type Value = Group;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, a name, or a table with name, values and split")
            }
            fn visit_bool<E>(self, on: bool) -> Result<Group, E> {
                Ok(if on { Group::On } else { Group::Off })
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Group, E> {
                if name.trim().is_empty() {
                    return Err(E::custom(format_args!("{OURS}the name in Honestly must not be empty")));
                }
                Ok(Group::Named(name.trim().to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Group, A::Error> {
                let settings = GroupSettings::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                if settings.name.as_ref().is_some_and(|name| name.trim().is_empty()) {
                    return Err(A::Error::custom(format_args!("{OURS}the name in Honestly must not be empty")));
                }
                Ok(Group::Settings(settings))
            }
        }
        deserializer.deserialize_any(GroupVisitor)
    }
}
