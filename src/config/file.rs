//! `config.toml` as a reader of keys: each key is asked for once, with its default and the function that reads its value.
//!
//! Only the keys that were asked for exist: any other key is a mistake. So no second list of keys is needed, and once all are
//! read it is known which of them differ from their defaults.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::{Mistake, Place, Placed};
use crate::roster::model::text::alike;

/// The whole file, and the keys that were asked for.
pub(super) struct Document<'t> {
    text: &'t str,
    folder: &'t Path,
    root: DeTable<'t>,
    settings: Vec<Setting>,
}

/// One key of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Empty for a key above the first section.
    pub section: &'static str,
    pub key: &'static str,
    /// The value as TOML on one line, where it differs from the default.
    pub differing: Option<String>,
}

/// Keys whose values only the owner of the file may know.
const HIDDEN: [&str; 1] = ["ping_url"];

/// One section while its keys are read.
pub(super) struct Section<'d, 't> {
    document: &'d mut Document<'t>,
    name: &'static str,
}

/// One value of the file, or a part of it.
#[derive(Clone, Copy)]
pub(super) struct Value<'v> {
    text: &'v str,
    /// Where relative paths start.
    pub folder: &'v Path,
    section: &'v str,
    /// Its key in the table that holds it, below the section.
    table: &'v str,
    key: &'v str,
    node: &'v Spanned<DeValue<'v>>,
}

/// A key of a table whose keys the operator chooses.
pub(super) struct Entry<'v> {
    pub key: Placed<String>,
    pub value: Value<'v>,
}

impl<'t> Document<'t> {
    /// A relative path in it starts at `folder`.
    pub(super) fn parse(text: &'t str, folder: Option<&'t Path>) -> Result<Self, Mistake> {
        let root = DeTable::parse(text)
            .map_err(|error| Mistake::of_syntax(without_values(error.message()), error.span(), text))?;
        Ok(Self { text, folder: folder.unwrap_or(Path::new("")), root: root.into_inner(), settings: Vec::new() })
    }

    /// The keys above the first section.
    pub(super) fn top(&mut self) -> Section<'_, 't> {
        Section { document: self, name: "" }
    }

    pub(super) fn section(&mut self, name: &'static str) -> Result<Section<'_, 't>, Mistake> {
        match self.root.get_key_value(name) {
            Some((key, value)) if value.get_ref().as_table().is_none() => {
                Err(Mistake::of_key(format!("expected a section: [{name}]"), key.span(), self.text))
            }
            Some(_) | None => Ok(Section { document: self, name }),
        }
    }

    /// All keys. Fails where the file has a key that nobody asked for.
    pub(super) fn end(self) -> Result<Vec<Setting>, Mistake> {
        for (name, value) in in_order(&self.root) {
            let is_section = self.settings.iter().any(|known| known.section == name.get_ref());
            match value.get_ref() {
                DeValue::Table(keys) if is_section => {
                    for (key, _) in in_order(keys) {
                        self.expect_known(name.get_ref(), key)?;
                    }
                }
                _ => self.expect_known("", name)?,
            }
        }
        Ok(self.settings)
    }

    fn expect_known(&self, section: &str, key: &Spanned<Cow<'_, str>>) -> Result<(), Mistake> {
        let of_section = self.settings.iter().filter(|known| known.section == section);
        let mut names: Vec<&str> = of_section.map(|known| known.key).collect();
        if section.is_empty() {
            let mut sections: Vec<&str> = self.settings.iter().map(|known| known.section).collect();
            sections.retain(|name| !name.is_empty());
            sections.dedup();
            names.extend(sections);
        }
        if names.contains(&&**key.get_ref()) {
            return Ok(());
        }
        let shown = |section: &str| match section {
            "" => "above the first section".to_owned(),
            section => format!("in [{section}]"),
        };
        let elsewhere = self.settings.iter().find(|known| known.key == key.get_ref());
        let what = match elsewhere {
            Some(right) => format!("unknown key `{key}` {}; it stands {}", shown(section), shown(right.section)),
            None if section.is_empty() => unknown("", key.get_ref(), &names),
            None => unknown(&format!("[{section}]"), key.get_ref(), &names),
        };
        Err(Mistake::of_key(what, key.span(), self.text))
    }
}

impl Section<'_, '_> {
    /// The value of a key, else its default.
    pub(super) fn or<T: PartialEq>(
        &mut self,
        key: &'static str,
        default: T,
        read: impl FnOnce(Value<'_>) -> Result<T, Mistake>,
    ) -> Result<T, Mistake> {
        Ok(match self.read(key, read, |value| *value != default)? {
            Some(value) => value,
            None => default,
        })
    }

    /// The value of a key that has no default.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(Value<'_>) -> Result<T, Mistake>,
    ) -> Result<Option<T>, Mistake> {
        self.read(key, read, |_| true)
    }

    fn read<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(Value<'_>) -> Result<T, Mistake>,
        differs: impl FnOnce(&T) -> bool,
    ) -> Result<Option<T>, Mistake> {
        let Document { text, folder, root, settings } = &mut *self.document;
        let node = match self.name {
            "" => root.get(key),
            name => root.get(name).and_then(|section| section.get_ref().as_table()).and_then(|keys| keys.get(key)),
        };
        let value =
            node.map(|node| read(Value { text, folder, section: self.name, table: "", key, node })).transpose()?;
        let differing = node.filter(|_| value.as_ref().is_some_and(differs)).map(|node| match HIDDEN.contains(&key) {
            true => "\"***\"".to_owned(),
            false => on_one_line(node, text),
        });
        settings.push(Setting { section: self.name, key, differing });
        Ok(value)
    }
}

impl<'v> Value<'v> {
    pub(super) fn as_text(&self) -> Option<&'v str> {
        self.node.get_ref().as_str()
    }

    pub(super) fn as_flag(&self) -> Option<bool> {
        self.node.get_ref().as_bool()
    }

    /// None also for a number that is out of range.
    pub(super) fn as_number(&self) -> Option<i64> {
        let digits = self.node.get_ref().as_integer()?;
        i64::from_str_radix(digits.as_str(), digits.radix()).ok()
    }

    pub(super) fn as_items(&self) -> Option<Vec<Self>> {
        Some(self.node.get_ref().as_array()?.iter().map(|node| Self { node, ..*self }).collect())
    }

    /// In the order of the file.
    pub(super) fn as_entries(&self) -> Option<Vec<Entry<'v>>> {
        let entry = |(key, node): (&'v Spanned<Cow<'v, str>>, _)| Entry {
            key: Placed { value: key.to_string(), place: Place::of(key.span().start, self.text) },
            value: self.inside(key.get_ref(), node),
        };
        Some(in_order(self.node.get_ref().as_table()?).into_iter().map(entry).collect())
    }

    fn inside(self, key: &'v str, node: &'v Spanned<DeValue<'v>>) -> Self {
        let (section, table) = match self.section {
            "" => (self.key, ""),
            section => (section, self.key),
        };
        Self { section, table, key, node, ..self }
    }

    /// The value of one key of a table that may have only these keys.
    pub(super) fn part(self, key: &str, keys: &[&str]) -> Result<Option<Self>, Mistake> {
        let Some(table) = self.node.get_ref().as_table() else { return Ok(None) };
        let entries = in_order(table);
        if let Some((key, _)) = entries.iter().find(|(key, _)| !keys.contains(&&**key.get_ref())) {
            return Err(Mistake::of_key(unknown(&self.name(), key.get_ref(), keys), key.span(), self.text));
        }
        let found = entries.into_iter().find(|(found, _)| found.get_ref() == key);
        Ok(found.map(|(key, node)| self.inside(key.get_ref(), node)))
    }

    pub(super) fn text(self) -> Result<&'v str, Mistake> {
        self.as_text().ok_or_else(|| self.wrong("expected a text in double quotes"))
    }

    pub(super) fn items(self) -> Result<Vec<Self>, Mistake> {
        self.as_items().ok_or_else(|| self.wrong("expected a list in square brackets"))
    }

    pub(super) fn entries(self) -> Result<Vec<Entry<'v>>, Mistake> {
        self.as_entries().ok_or_else(|| self.wrong("expected a table in braces"))
    }

    pub(super) fn place(self) -> Place {
        Place::of(self.node.span().start, self.text)
    }

    /// A mistake about this value. The message does not repeat it.
    pub(super) fn wrong(self, what: impl fmt::Display) -> Mistake {
        let Self { text, table, key, node, .. } = self;
        Mistake::of_value(format!("{}: {what}", self.name()), &[table, key], node.span().start, text)
    }

    /// Such as `[people] language.default`.
    fn name(self) -> String {
        match (self.section, self.table, self.key) {
            ("", _, key) => key.to_owned(),
            (section, "", key) => format!("[{section}] {key}"),
            (section, table, key) => format!("[{section}] {table}.{key}"),
        }
    }
}

/// The table is sorted by key, the file is not.
fn in_order<'v>(table: &'v DeTable<'v>) -> Vec<(&'v Spanned<Cow<'v, str>>, &'v Spanned<DeValue<'v>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// `place` is the section or the table. Empty above the first section.
fn unknown(place: &str, key: &str, names: &[&str]) -> String {
    let place = if place.is_empty() { String::new() } else { format!(" in {place}") };
    match alike(key, names.iter().copied()) {
        Some(name) => format!("unknown key `{key}`{place}: did you mean `{name}`?"),
        None => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("unknown key `{key}`{place}, expected one of {}", names.join(", "))
        }
    }
}

fn on_one_line(node: &Spanned<DeValue<'_>>, text: &str) -> String {
    match node.get_ref() {
        DeValue::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| on_one_line(item, text)).collect();
            format!("[{}]", items.join(", "))
        }
        DeValue::Table(table) => {
            let key = |key: &Spanned<_>| text.get(key.span()).unwrap_or_default();
            let entries = in_order(table).into_iter();
            let entries: Vec<String> =
                entries.map(|(name, value)| format!("{} = {}", key(name), on_one_line(value, text))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        DeValue::String(value) if text.get(node.span()).is_none_or(|text| text.contains('\n')) => format!("{value:?}"),
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
            text.get(node.span()).unwrap_or_default().to_owned()
        }
    }
}

/// What the TOML library says about a value after the word `expected`. The rest may repeat the value.
fn without_values(message: &str) -> String {
    if message.starts_with("duplicate key") {
        return "this key stands here twice".to_owned();
    }
    match message.rfind("expected ").map(|at| message[at + "expected ".len()..].replace('\n', " ")) {
        Some(expected) if expected == "literal string" => {
            "not valid TOML: expected a value; a text stands in double quotes".to_owned()
        }
        Some(expected) => format!("not valid TOML: expected {expected}"),
        None => "not valid TOML".to_owned(),
    }
}
