//! Turns the configuration and what the credential may read into the policy: every attribute is a key, never a label.

use std::collections::{BTreeMap, BTreeSet};

use super::Config;
use super::mistake::{Place, Placed, What, Word, pointed_at};
use crate::exit::{Exit, Failure};
use crate::roster::feed::{Column, Columns, LineEnd, Source, TwiceTheHeader};
use crate::roster::model::record::AttributeKey;
use crate::roster::model::text::folded;
use crate::roster::plan::names::{Ids, Names};
use crate::roster::policy::attribute::{Attribute, Kind};
use crate::roster::policy::headers::{GroupColumn, HeaderOrigin, usual_name};
use crate::roster::policy::lookup::{Lookup, Unmappable};
use crate::roster::policy::mapping::Others;
use crate::roster::policy::name_changes::{Mismatch, Named, Role};
use crate::roster::policy::nature::is_key;
use crate::roster::policy::{
    ImportIdSource, LanguageRule, OnLeave, Policy, ScopeFilter, SupervisorAway, Who, WithoutEmail,
};

/// How the feed differs from the usual one.
#[derive(Debug, Clone)]
pub(super) struct Feed {
    pub line_end: LineEnd,
    pub order: ColumnOrder,
    /// From usual header to configured header.
    pub headers: BTreeMap<String, String>,
    pub leave_out: BTreeSet<String>,
    pub constants: BTreeMap<String, String>,
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
    pub supervisor_away: SupervisorAway,
    pub filters: Vec<ScopeFilter>,
    pub import_id: ImportIdSource<Placed<String>>,
    pub language: LanguageRule<Placed<String>>,
}

/// The headers of the feed's own columns, in their order. No group may take them.
pub(super) const OWN_HEADERS: [&str; 6] = ["ImportId", "Email", "Firstname", "Lastname", "Language", "ReportsToId"];

impl People {
    /// The selectors for import ids and languages.
    fn selectors(&self) -> impl Iterator<Item = &Placed<String>> {
        self.import_id.attribute().into_iter().chain(self.language.attribute())
    }
}

impl Config {
    /// Whether labels must be looked up at Personio before the policy is known.
    pub fn needs_labels(&self) -> bool {
        !self.labels().is_empty() || self.groups.need_labels()
    }

    /// The selectors that are no keys: Personio must be asked what they name.
    pub fn labels(&self) -> BTreeSet<&str> {
        let own = self.people.selectors().map(|selector| selector.value.as_str());
        self.group_selectors().chain(own).filter(|selector| !is_key(selector)).collect()
    }

    fn group_selectors(&self) -> impl Iterator<Item = &str> {
        self.groups.named.iter().map(|wish| wish.selector.as_str())
    }

    /// The policy with the columns of the feed, once it is known what the credential may read. What names stood for before
    /// wins.
    pub fn policy(&self, readable: &[Attribute], remembered: &Names) -> Result<Policy, Failure> {
        let lookup = Lookup::new(readable, remembered, self.group_selectors());
        self.resolve(&lookup).map_err(|unmappable| {
            let place = self.place_of(&unmappable, &lookup);
            let what = pointed_at(&unmappable.to_string(), place, self.file.as_deref());
            Failure::new(Exit::Misconfigured, what).hint(way_on(&unmappable))
        })
    }

    /// Refuses columns that are impossible whatever Personio has. Here each label stands for an attribute of its own, or for
    /// the usual group whose name it gets.
    pub(super) fn check_columns(&self) -> Result<(), Failure> {
        let attribute = |label: &str| {
            let wish = self.groups.named.iter().find(|wish| wish.selector == label);
            let name = wish.and_then(|wish| wish.name.as_deref()).map(folded);
            let is_named_so = |key: &&str| usual_name(key).map(folded) == name;
            let usual = self.groups.by_default.iter().copied().find(is_named_so);
            let key = usual.map_or_else(|| format!("the label {:?}", folded(label)), str::to_owned);
            let (label, universal_id) = (label.to_owned(), None);
            (key.clone(), Attribute { key: AttributeKey::new(key), label, universal_id, kind: Kind::Unknown })
        };
        let readable: BTreeMap<String, Attribute> = self.labels().into_iter().map(attribute).collect();
        let readable: Vec<Attribute> = readable.into_values().collect();
        self.policy(&readable, &Names::default()).map(drop)
    }

    fn resolve(&self, lookup: &Lookup<'_>) -> Result<Policy, Unmappable> {
        let (groups, mut mismatches) = self.group_columns(lookup)?;
        let People { on_leave, exclude, without_email, supervisor_away, filters, import_id, language } = &self.people;
        let import_id = match import_id {
            ImportIdSource::PersonioId => ImportIdSource::PersonioId,
            ImportIdSource::Attribute(selector) => ImportIdSource::Attribute(lookup.fixed(&selector.value)?),
        };
        let language = match language {
            LanguageRule::Unset => LanguageRule::Unset,
            LanguageRule::Everyone(language) => LanguageRule::Everyone(*language),
            LanguageRule::Attribute { key, values, default } => {
                let key = lookup.attribute(&key.value)?;
                LanguageRule::Attribute { key, values: values.clone(), default: *default }
            }
        };
        let columns = self.columns(language.source(), &groups);
        let columns = columns.map_err(|TwiceTheHeader(name)| Unmappable::TwiceTheName { name })?;
        let named = self.named(lookup)?;
        let moved = named.iter().filter(|named| !named.is_value() && lookup.is_moved(&named.written, &named.attribute));
        mismatches.extend(moved.map(|named| {
            let now = vec![named.attribute.as_str().to_owned()];
            Mismatch::Renamed { named: named.clone(), now }
        }));
        mismatches.extend(self.off_for_nothing(lookup));
        let names = self.names(lookup, &named, &groups);
        let policy = Policy {
            timezone: self.timezone.name().to_owned(),
            on_leave: *on_leave,
            exclude: exclude.iter().map(|who| (who.clone(), BTreeSet::new())).collect(),
            without_email: without_email.clone(),
            supervisor_away: *supervisor_away,
            filters: filters.clone(),
            import_id,
            language,
            renamed: groups.iter().filter_map(GroupColumn::renamed).collect(),
            columns,
            names,
            groups: groups.into_iter().map(|column| column.rule).collect(),
            named,
            mismatches,
            unlabelled: BTreeSet::new(),
            labels: lookup.labels(),
        };
        Ok(policy.remembering(lookup.remembered))
    }

    /// All that is named and may stand for something at Personio. A line that says only the default names nothing.
    fn named(&self, lookup: &Lookup<'_>) -> Result<Vec<Named>, Unmappable> {
        let named = |word: &Word| {
            let Word { what, text: Placed { value, place } } = word;
            let (role, attribute) = match what {
                What::Off | What::Header => return None,
                What::Group if self.groups.by_default.contains(value.as_str()) => return None,
                What::Group | What::Field => (Role::Attribute, self.attribute(lookup, value)),
                What::Value(Role::Mapped, selector) => (Role::Mapped, self.attribute(lookup, selector)),
                What::Value(role, key) => (*role, Ok(AttributeKey::new(key.as_str()))),
            };
            let named = |attribute| Named { role, line: place.line, attribute, written: value.clone() };
            Some(attribute.map(named))
        };
        self.words.iter().filter_map(named).collect()
    }

    /// What a selector that is no group to be turned off means.
    fn attribute(&self, lookup: &Lookup<'_>, selector: &str) -> Result<AttributeKey, Unmappable> {
        match self.people.import_id.attribute() {
            Some(import_id) if import_id.value == selector => lookup.fixed(selector),
            Some(_) | None => lookup.attribute(selector),
        }
    }

    /// Selectors that turn off what nobody can read, as far as Personio listed what can be read. What is not there by its usual
    /// key needs no word.
    fn off_for_nothing(&self, lookup: &Lookup<'_>) -> Vec<Mismatch> {
        let off = self.words.iter().filter(|word| word.what == What::Off && usual_name(&word.text.value).is_none());
        let mismatch = |Word { what: _, text: Placed { value, place } }: &Word| {
            let attribute = lookup.turned_off(value);
            let is_nothing = !lookup.readable.is_empty() && !lookup.is_readable(attribute.as_str());
            let named = Named { role: Role::Attribute, line: place.line, attribute, written: value.clone() };
            is_nothing.then(|| Mismatch::Nobody { named, alike: lookup.alike(value) })
        };
        off.filter_map(mismatch).collect()
    }

    /// The columns of groups, and how they differ from those without any memory.
    fn group_columns(&self, lookup: &Lookup<'_>) -> Result<(Vec<GroupColumn>, Vec<Mismatch>), Unmappable> {
        let configured = self.feed.headers.values().chain(self.feed.constants.keys()).map(String::as_str);
        let reserved: Vec<&str> = OWN_HEADERS.into_iter().chain(configured).collect();
        let mut columns = self.groups.columns(lookup, &reserved)?;
        let without_columns = lookup.remembered.without_columns();
        let anew = self.groups.columns(&lookup.with(&without_columns), &reserved)?;
        let named: Result<BTreeSet<_>, _> = self.group_selectors().map(|selector| lookup.attribute(selector)).collect();
        let named = named?;
        let taken_no_more = |column: &GroupColumn| {
            let now = lookup.taken_no_more(&column.rule.attribute).filter(|now| !named.contains(&now.key))?;
            let (attribute, header) = (now.key.clone(), column.header.clone());
            Some(Mismatch::TakenNoMore { attribute, header, now: now.label.clone() })
        };
        let mut mismatches: Vec<Mismatch> = columns.iter().filter_map(taken_no_more).collect();
        for GroupColumn { header: now, problem, rule, .. } in anew {
            let attribute = rule.attribute;
            match columns.iter_mut().find(|column| column.rule.attribute == attribute) {
                None => mismatches.push(Mismatch::NewAttribute { attribute, header: now }),
                Some(column) if column.header == now => column.problem = problem,
                // Where nothing can be read, the label is unknown.
                Some(_) if !lookup.is_readable(attribute.as_str()) => {}
                Some(column) => {
                    let header = column.header.clone();
                    mismatches.push(Mismatch::Relabelled { attribute, header, now });
                }
            }
        }
        Ok((columns, mismatches))
    }

    /// What the names stand for from now on. For values this is known once everybody was read.
    fn names(&self, lookup: &Lookup<'_>, named: &[Named], groups: &[GroupColumn]) -> Names {
        let on = named.iter().filter(|named| !named.is_value()).map(|named| (&named.written, named.attribute.clone()));
        let off = self.groups.off.iter().map(|selector| (selector, lookup.turned_off(selector)));
        let labels = off.chain(on).filter(|(selector, _)| !is_key(selector));
        let from_label = groups.iter().filter(|column| column.origin == HeaderOrigin::Label);
        Names {
            labels: labels.map(|(label, attribute)| (folded(label), attribute)).collect(),
            others: (self.groups.others == Others::Taken).then(|| lookup.others()),
            headers: from_label.map(|column| (column.rule.attribute.clone(), column.header.clone())).collect(),
            values: Ids::new(),
        }
    }

    /// The feed's own columns, then a column for each attribute that becomes a group, then constants.
    fn columns(&self, language: Source, groups: &[GroupColumn]) -> Result<Columns, TwiceTheHeader> {
        let own = [Source::ImportId, Source::Email, Source::FirstName, Source::LastName, language, Source::ReportsToId];
        let Feed { line_end, order, headers, leave_out, constants } = &self.feed;
        let own = OWN_HEADERS.into_iter().zip(own).filter(|(usual, _)| !leave_out.contains(*usual));
        let own = own.map(|(usual, source)| Column {
            header: headers.get(usual).cloned().unwrap_or_else(|| usual.to_owned()),
            source,
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

    /// The place of the word that is wrong. Of two, the later one.
    fn place_of(&self, unmappable: &Unmappable, lookup: &Lookup<'_>) -> Option<Place> {
        let is_meant = |word: &&Placed<String>| match unmappable {
            Unmappable::NoSuchLabel { label, alike: _ } | Unmappable::SeveralWithLabel { label, .. } => {
                word.value == *label
            }
            Unmappable::TwiceTheAttribute { key } => lookup.attribute(&word.value).is_ok_and(|found| found == *key),
            Unmappable::TwiceTheName { name } => folded(&word.value) == folded(name),
        };
        let words = |of: fn(&What) -> bool| {
            let words = self.words.iter().filter(move |word| of(&word.what)).map(|word| &word.text);
            words.filter(is_meant).map(|word| word.place).max()
        };
        let of_group_or_column = words(|what| matches!(what, What::Group | What::Off | What::Header));
        of_group_or_column.or_else(|| words(|what| *what == What::Field))
    }
}

/// What helps against a mistake that is seen once the attributes are known.
fn way_on(unmappable: &Unmappable) -> &'static str {
    match unmappable {
        Unmappable::NoSuchLabel { .. } => {
            "release the attribute for the credential in Personio, or run $0 connect --no-sync to see what may be read"
        }
        Unmappable::SeveralWithLabel { .. } => "run $0 connect --no-sync to see which key is which attribute",
        Unmappable::TwiceTheAttribute { .. } => "leave one of the two lines out",
        Unmappable::TwiceTheName { .. } => "give one of the two columns another name",
    }
}
