//! What the configuration wishes and what the credential may read, to the policy: every attribute a key, never a label.

use std::collections::{BTreeMap, BTreeSet};

use super::Config;
use super::mistake::{Place, Placed, pointed_at};
use crate::exit::{Exit, Failure};
use crate::roster::feed::{Column, Columns, LineEnd, Source, TwiceTheHeader};
use crate::roster::model::language::Language;
use crate::roster::model::record::AttributeKey;
use crate::roster::model::text::{fold, tidy};
use crate::roster::plan::names::{FilterValue, Names};
use crate::roster::policy::attribute::Attribute;
use crate::roster::policy::headers::{GroupColumn, HeaderOrigin};
use crate::roster::policy::mapping::{self, Others, Unmappable};
use crate::roster::policy::names::Mismatch;
use crate::roster::policy::{ImportIdSource, LanguageRule, OnLeave, Policy, ScopeFilter, Who, WithoutEmail};

/// How the feed differs from the usual one.
#[derive(Debug, Clone)]
pub(super) struct Feed {
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
pub(super) enum ColumnOrder {
    Configured,
    Sorted,
}

#[derive(Debug, Clone)]
pub(super) struct People {
    pub on_leave: OnLeave,
    pub exclude: BTreeSet<Who>,
    pub without_email: WithoutEmail,
    pub filters: Vec<ScopeFilter>,
    pub import_id: ImportIdWish,
    pub language: LanguageWish,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ImportIdWish {
    PersonioId,
    /// By key or label.
    Attribute(Placed<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LanguageWish {
    Unset,
    Everyone(Language),
    Attribute { selector: Placed<String>, values: BTreeMap<String, Language>, default: Option<Language> },
}

/// The headers of the feed's own columns, in their order; no group may take them.
pub(super) const OWN_HEADERS: [&str; 6] = ["ImportId", "Email", "Firstname", "Lastname", "Language", "ReportsToId"];

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

    /// The policy with the columns of the feed, now that it is known what the credential may read. What names stood for
    /// before wins.
    pub fn policy(&self, readable: &[Attribute], remembered: &Names) -> Result<Policy, Failure> {
        let remembered = &self.with_keys(remembered);
        let resolve = |selector: &Placed<String>| {
            mapping::resolve_selector(&selector.value, readable, remembered)
                .map_err(|unmappable| self.impossible(&unmappable, Some(selector.place)))
        };
        // Honestly cannot change import ids: what gives them is never another attribute for a label's sake.
        let gives_import_ids = |selector: &Placed<String>| match remembered.label(&selector.value) {
            Some(key) => Ok(key.clone()),
            None => resolve(selector),
        };
        let mistake =
            |unmappable: &Unmappable| self.impossible(unmappable, self.place_of(unmappable, readable, remembered));
        let Resolved { columns: groups, mut mismatches } =
            self.group_columns(readable, remembered).map_err(|found| mistake(&found))?;
        let columns =
            self.columns(&groups).map_err(|TwiceTheHeader(name)| mistake(&Unmappable::TwiceTheName { name }))?;
        let names = self.names(readable, remembered, &groups);
        mismatches.extend(self.moved_labels(readable, &names));
        let People { on_leave, exclude, without_email, filters, import_id, language } = &self.people;
        Ok(Policy {
            timezone: self.timezone.name().to_owned(),
            on_leave: *on_leave,
            exclude: exclude.clone(),
            without_email: without_email.clone(),
            filters: filters.iter().map(|filter| known(filter, remembered)).collect(),
            import_id: match import_id {
                ImportIdWish::PersonioId => ImportIdSource::PersonioId,
                ImportIdWish::Attribute(selector) => ImportIdSource::Attribute(gives_import_ids(selector)?),
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
            names,
            mismatches,
        })
    }

    /// With the keys in the configuration, so that no label that lost its attribute takes one of theirs. They stand under what no
    /// label is when it is folded.
    fn with_keys(&self, remembered: &Names) -> Names {
        let selectors = self.groups.named.iter().map(|wish| wish.selector.as_str());
        let keys = selectors.filter(|selector| mapping::is_key(selector));
        let mut names = remembered.clone();
        names.labels.extend(keys.map(|key| (format!("KEY {key}"), AttributeKey::new(key))));
        names
    }

    /// The columns of groups, and how they differ from those that there would be if nothing were remembered.
    fn group_columns(&self, readable: &[Attribute], remembered: &Names) -> Result<Resolved, Unmappable> {
        let configured = self.feed.headers.values().chain(self.feed.constants.keys()).map(String::as_str);
        let reserved: Vec<&str> = OWN_HEADERS.into_iter().chain(configured).collect();
        let resolve = |names: &Names| self.groups.resolve(readable, &reserved, names);
        let (mut columns, anew) = (resolve(remembered)?, resolve(&remembered.without_columns())?);
        let mut mismatches = Vec::new();
        for GroupColumn { header: now, problem, rule, .. } in anew {
            let attribute = rule.attribute;
            match columns.iter_mut().find(|column| column.rule.attribute == attribute) {
                None => mismatches.push(Mismatch::NewAttribute { attribute, header: now }),
                Some(column) if column.header == now => column.problem = problem,
                // Where nothing can be read, nothing is known of its label.
                Some(_) if !readable.iter().any(|readable| readable.key == attribute) => {}
                Some(column) => {
                    let header = column.header.clone();
                    mismatches.push(Mismatch::Relabelled { attribute, header, now });
                }
            }
        }
        Ok(Resolved { columns, mismatches })
    }

    /// What the names stand for from now on. Those of filters are known when everybody was heard of.
    fn names(&self, readable: &[Attribute], remembered: &Names, groups: &[GroupColumn]) -> Names {
        let (others, except) = match &self.groups.others {
            Others::LeftAlone => (None, &[][..]),
            Others::Taken { except } => {
                (Some(remembered.others.clone().unwrap_or_else(|| mapping::shared(readable))), &except[..])
            }
        };
        let except = except.iter().filter(|selector| !mapping::is_key(selector));
        let except = except.map(|selector| (label(selector), mapping::excepted(selector, readable, remembered)));
        let resolved = |selector: &str| {
            // What gives import ids stays what it is, also where it cannot be read.
            let is_import_id =
                matches!(&self.people.import_id, ImportIdWish::Attribute(wish) if wish.value == selector);
            let key = match remembered.label(selector).filter(|_| is_import_id) {
                Some(key) => key.clone(),
                None => mapping::resolve_selector(selector, readable, remembered).ok()?,
            };
            Some((label(selector), key))
        };
        let from_label = |column: &&GroupColumn| column.origin == HeaderOrigin::Label;
        let header = |column: &GroupColumn| (column.rule.attribute.clone(), column.header.clone());
        Names {
            labels: except.chain(self.labels().into_iter().filter_map(resolved)).collect(),
            others,
            headers: groups.iter().filter(from_label).map(header).collect(),
            values: BTreeMap::new(),
        }
    }

    /// The feed's own columns, then a column for each attribute that becomes a group, then constants.
    fn columns(&self, groups: &[GroupColumn]) -> Result<Columns, TwiceTheHeader> {
        let Feed { line_end, order, headers, leave_out, constants, words: _ } = &self.feed;
        let own = OWN_HEADERS.iter().zip(&OWN_SOURCES).filter(|(usual, _)| !leave_out.contains(**usual));
        let own = own.map(|(usual, source)| Column {
            header: headers.get(*usual).cloned().unwrap_or_else(|| (*usual).to_owned()),
            source: source.clone(),
        });
        let of_group = |GroupColumn { header, origin: _, problem: _, rule }: &GroupColumn| Column {
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

    /// Labels in the configuration that are no longer, or no longer alone, those of the attributes they stand for.
    fn moved_labels(&self, readable: &[Attribute], names: &Names) -> Vec<Mismatch> {
        let is_readable = |key: &AttributeKey| readable.iter().any(|attribute| attribute.key == *key);
        let moved = |label: &str| {
            let attribute = names.label(label)?;
            let is_moved = attribute.as_str() != label
                && is_readable(attribute)
                && mapping::labelled(label, readable) != [attribute];
            is_moved.then(|| Mismatch::Label { label: label.to_owned(), attribute: attribute.clone() })
        };
        self.labels().into_iter().filter_map(moved).collect()
    }

    /// Where the word stands that cannot be what it says; of two, the later one.
    fn place_of(&self, unmappable: &Unmappable, readable: &[Attribute], remembered: &Names) -> Option<Place> {
        let is_meant = |word: &&Placed<String>| match unmappable {
            Unmappable::NoSuchLabel { label } | Unmappable::SeveralWithLabel { label, .. } => word.value == *label,
            Unmappable::TwiceTheAttribute { key } => means(&word.value, key, readable, remembered),
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

/// The columns of groups.
struct Resolved {
    columns: Vec<GroupColumn>,
    mismatches: Vec<Mismatch>,
}

fn means(selector: &str, key: &AttributeKey, readable: &[Attribute], remembered: &Names) -> bool {
    matches!(mapping::resolve_selector(selector, readable, remembered), Ok(found) if found == *key)
}

/// A label as names are known by it.
fn label(selector: &str) -> String {
    fold(&tidy(selector)).into_owned()
}

/// A filter by what its values stood for.
fn known(filter: &ScopeFilter, remembered: &Names) -> ScopeFilter {
    let mut filter = filter.clone();
    for (name, allowed) in &mut filter.allowed {
        let value = FilterValue { attribute: filter.attribute.clone(), name: name.clone() };
        allowed.ids = remembered.values.get(&value).cloned().unwrap_or_default();
    }
    filter
}
