//! A policy and a format for tests: the usual ones, with nothing configured.

use std::collections::{BTreeMap, BTreeSet};

use super::feed::{Column, Format, LineEnd, Source};
use super::policy::{GroupRule, ImportIdSource, LanguageRule, OnLeave, Policy, Several};
use super::record::AttributeKey;

pub fn policy(groups: Vec<GroupRule>) -> Policy {
    Policy {
        on_leave: OnLeave::Remove,
        exclude: BTreeSet::new(),
        filters: Vec::new(),
        import_id: ImportIdSource::PersonioId,
        language: LanguageRule::Unset,
        groups,
    }
}

pub fn rule(key: &str) -> GroupRule {
    GroupRule { attribute: AttributeKey::new(key), values: BTreeMap::new(), several: Several::Joined }
}

/// The feed's own columns and some groups, each with its header and its attribute.
pub fn format(groups: &[(&str, &str)]) -> Format {
    let column = |header: &str, source| Column { header: header.to_owned(), source };
    let own = [
        column("ImportId", Source::ImportId),
        column("Email", Source::Email),
        column("Firstname", Source::FirstName),
        column("Lastname", Source::LastName),
        column("Language", Source::Language),
        column("ReportsToId", Source::ReportsToId),
    ];
    let groups = groups.iter().map(|(header, key)| column(header, Source::Group(AttributeKey::new(*key))));
    Format { columns: own.into_iter().chain(groups).collect(), line_end: LineEnd::Lf }
}
