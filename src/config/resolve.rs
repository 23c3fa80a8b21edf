//! What the configuration wishes and what the credential may read, to the policy: every attribute a key, never a label.

use std::collections::{BTreeMap, BTreeSet};

use super::Config;
use super::mistake::{Place, Placed, pointed_at};
use crate::exit::{Exit, Failure};
use crate::roster::feed::{Column, Columns, LineEnd, Source, TwiceTheHeader};
use crate::roster::model::language::Language;
use crate::roster::model::record::AttributeKey;
use crate::roster::model::text::tidy;
use crate::roster::policy::mapping::{self, Attribute, GroupColumn, Unmappable};
use crate::roster::policy::{ImportIdSource, LanguageRule, OnLeave, Policy, ScopeFilter, Who, WithoutEmail};

/// How the feed differs from the usual one.
#[derive(Debug, Clone)]
pub struct Feed {
    pub line_end: LineEnd,
    pub order: ColumnOrder,
    /// Usual header to the configured one.
    pub headers: BTreeMap<String, String>,
    pub leave_out: BTreeSet<String>,
    pub constants: BTreeMap<String, String>,
    /// Every header that is named, and where.
    pub words: Vec<Placed<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnOrder {
    Configured,
    Sorted,
}

#[derive(Debug, Clone)]
pub struct People {
    pub on_leave: OnLeave,
    pub exclude: BTreeSet<Who>,
    pub without_email: WithoutEmail,
    pub filters: Vec<ScopeFilter>,
    pub import_id: ImportIdWish,
    pub language: LanguageWish,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportIdWish {
    PersonioId,
    /// By key or label.
    Attribute(Placed<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LanguageWish {
    Unset,
    Everyone(Language),
    Attribute { selector: Placed<String>, values: BTreeMap<String, Language>, default: Option<Language> },
}

/// The headers of the feed's own columns, in their order; no group may take them.
pub const OWN_HEADERS: [&str; 6] = ["ImportId", "Email", "Firstname", "Lastname", "Language", "ReportsToId"];

const OWN_SOURCES: [Source; 6] =
    [Source::ImportId, Source::Email, Source::FirstName, Source::LastName, Source::Language, Source::ReportsToId];

impl Config {
    /// Whether labels must be looked up at Personio before the policy is known.
    pub fn needs_labels(&self) -> bool {
        !self.labels().is_empty() || self.groups.need_labels()
    }

    /// The selectors that are no keys: what they name is known when Personio was asked.
    pub fn labels(&self) -> BTreeSet<&str> {
        let People { import_id, language, .. } = &self.people;
        let import_id = match import_id {
            ImportIdWish::PersonioId => None,
            ImportIdWish::Attribute(selector) => Some(&selector.value),
        };
        let language = match language {
            LanguageWish::Unset | LanguageWish::Everyone(_) => None,
            LanguageWish::Attribute { selector, .. } => Some(&selector.value),
        };
        let groups = self.groups.named.iter().map(|wish| &wish.selector);
        let selectors = groups.chain(import_id).chain(language).map(String::as_str);
        selectors.filter(|selector| !mapping::is_key(selector)).collect()
    }

    /// The policy with the columns of the feed, now that it is known what the credential may read.
    pub fn policy(&self, readable: &[Attribute]) -> Result<Policy, Failure> {
        let resolve = |selector: &Placed<String>| {
            mapping::resolve_selector(&selector.value, readable)
                .map_err(|unmappable| self.impossible(&unmappable, Some(selector.place)))
        };
        let configured = self.feed.headers.values().chain(self.feed.constants.keys()).map(String::as_str);
        let reserved: Vec<&str> = OWN_HEADERS.into_iter().chain(configured).collect();
        let groups = self
            .groups
            .resolve(readable, &reserved)
            .map_err(|unmappable| self.impossible(&unmappable, self.place_of(&unmappable, readable)))?;
        let columns = self.columns(&groups).map_err(|TwiceTheHeader(name)| {
            let unmappable = Unmappable::TwiceTheName { name };
            self.impossible(&unmappable, self.place_of(&unmappable, readable))
        })?;
        let People { on_leave, exclude, without_email, filters, import_id, language } = &self.people;
        Ok(Policy {
            on_leave: *on_leave,
            exclude: exclude.clone(),
            without_email: without_email.clone(),
            filters: filters.clone(),
            import_id: match import_id {
                ImportIdWish::PersonioId => ImportIdSource::PersonioId,
                ImportIdWish::Attribute(selector) => ImportIdSource::Attribute(resolve(selector)?),
            },
            language: match language {
                LanguageWish::Unset => LanguageRule::Unset,
                LanguageWish::Everyone(language) => LanguageRule::Everyone(*language),
                LanguageWish::Attribute { selector, values, default } => {
                    LanguageRule::Attribute { key: resolve(selector)?, values: values.clone(), default: *default }
                }
            },
            renamed: groups.iter().filter_map(GroupColumn::renamed).collect(),
            groups: groups.into_iter().map(|column| column.rule).collect(),
            columns,
        })
    }

    /// The feed's own columns, then a column for each attribute that becomes a group, then constants.
    fn columns(&self, groups: &[GroupColumn]) -> Result<Columns, TwiceTheHeader> {
        let Feed { line_end, order, headers, leave_out, constants, words: _ } = &self.feed;
        let own = OWN_HEADERS.iter().zip(&OWN_SOURCES).filter(|(usual, _)| !leave_out.contains(**usual));
        let own = own.map(|(usual, source)| Column {
            header: headers.get(*usual).cloned().unwrap_or_else(|| (*usual).to_owned()),
            source: source.clone(),
        });
        let of_group = |GroupColumn { header, rule, problem: _ }: &GroupColumn| Column {
            header: header.clone(),
            source: Source::Group(rule.attribute.clone()),
        };
        let mut groups: Vec<Column> = groups.iter().map(of_group).collect();
        match order {
            ColumnOrder::Configured => {}
            ColumnOrder::Sorted => groups.sort_by(|a, b| a.header.cmp(&b.header)),
        }
        let constants = constants
            .iter()
            .map(|(header, text)| Column { header: header.clone(), source: Source::Constant(text.clone()) });
        Columns::new(own.chain(groups).chain(constants).collect(), *line_end)
    }

    /// Where the word stands that cannot be what it says; of two, the later one.
    fn place_of(&self, unmappable: &Unmappable, readable: &[Attribute]) -> Option<Place> {
        let is_meant = |word: &&Placed<String>| match unmappable {
            Unmappable::NoSuchLabel { label } | Unmappable::SeveralWithLabel { label, .. } => word.value == *label,
            Unmappable::TwiceTheAttribute { key } => names(&word.value, key, readable),
            Unmappable::TwiceTheName { name } => tidy(&word.value) == tidy(name),
        };
        self.words.iter().filter(is_meant).map(|word| word.place).max()
    }

    fn impossible(&self, unmappable: &Unmappable, place: Option<Place>) -> Failure {
        let hint = "release the attribute for the credential in Personio, or run honestly-sync connect --no-sync to see \
                    what may be read";
        let what = pointed_at(&unmappable.to_string(), place, self.file.as_deref());
        Failure::new(Exit::Misconfigured, what).hint(hint)
    }
}

fn names(selector: &str, key: &AttributeKey, readable: &[Attribute]) -> bool {
    matches!(mapping::resolve_selector(selector, readable), Ok(found) if found == *key)
}
