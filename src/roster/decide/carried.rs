//! What the columns of the file carry of people. The mirror holds what the file holds, and nothing else: also of whoever is kept.
//!
//! A column is its source: another header, order or line end changes nothing. One that the mirror's file did not have says
//! nothing of whoever is kept: their cells are blank, never from the past, and counted in a note.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::roster::decide::Sorting;
use crate::roster::decide::notes::Note;
use crate::roster::decide::screening::Candidate;
use crate::roster::feed::{Column, Columns, Source};
use crate::roster::model::language::Language;
use crate::roster::model::record::{AttributeKey, EmployeeId, Field};
use crate::roster::model::snapshot::{Employee, GroupKey, Origin};
use crate::roster::policy::bands::Bands;
use crate::roster::policy::{GroupRule, LanguageRule, Policy};

/// What is kept of people: what the mirror's file says of them and the new one says too.
pub(super) struct Carried<'a> {
    pub(super) policy: &'a Policy,
    /// The source of its column.
    pub(super) language: Source,
    mirrored: &'a Columns,
    attributes: BTreeMap<&'a AttributeKey, &'a GroupRule>,
}

impl<'a> Carried<'a> {
    pub(super) fn new(policy: &'a Policy, mirrored: &'a Columns) -> Self {
        let mut carried = Self { policy, language: policy.language.source(), mirrored, attributes: BTreeMap::new() };
        let rules = policy.groups.iter().map(|rule| (&rule.attribute, rule));
        carried.attributes = rules.filter(|(key, _)| carried.is_in_both(&Source::Group((*key).clone()))).collect();
        carried
    }

    /// Whether the new file has such a column.
    pub(super) fn has(&self, source: &Source) -> bool {
        self.policy.columns.header_of(source).is_some()
    }

    fn is_in_both(&self, source: &Source) -> bool {
        self.has(source) && self.mirrored.header_of(source).is_some()
    }

    pub(super) fn language(&self, employee: &Employee) -> Option<Language> {
        let everybodys = match self.policy.language {
            LanguageRule::Everyone(language) => Some(language),
            LanguageRule::Unset | LanguageRule::Attribute { .. } => None,
        };
        match self.has(&self.language) {
            true if self.is_in_both(&self.language) => employee.language,
            true => everybodys,
            false => None,
        }
    }

    pub(super) fn supervisor(&self, employee: &Employee) -> Option<EmployeeId> {
        employee.supervisor.filter(|_| self.is_in_both(&Source::ReportsToId))
    }

    pub(super) fn groups<'e>(
        &self,
        employee: &'e Employee,
    ) -> impl Iterator<Item = (&'e Arc<GroupKey>, &'a GroupRule)> {
        let rule = |key: &GroupKey| self.attributes.get(&key.attribute).copied().filter(|rule| fits(rule, key));
        employee.groups.iter().filter_map(move |key| Some((key, rule(key)?)))
    }

    /// An attribute that cannot be read keeps its groups from the mirror.
    pub(super) fn groups_of<'e>(
        &self,
        mirrored: Option<&'e Arc<Employee>>,
        attribute: &'e AttributeKey,
    ) -> impl Iterator<Item = &'e Arc<GroupKey>> {
        let rule = self.attributes.get(attribute).copied();
        let kept = move |key: &&'e Arc<GroupKey>| rule.is_some_and(|rule| fits(rule, key));
        mirrored.into_iter().flat_map(|employee| employee.groups.of_attribute(attribute.as_str())).filter(kept)
    }
}

/// Whether the column may still have it. A date that was sent before its column got bands is told to nobody from then on.
fn fits(rule: &GroupRule, key: &GroupKey) -> bool {
    match &key.origin {
        Origin::Value(value) => rule.bands.is_none() || Bands::is_band(value),
        Origin::Id(_) => rule.bands.is_none(),
    }
}

impl Sorting<'_> {
    pub(super) fn note_unknown_cells(&mut self, carried: &Carried<'_>, undecided: &[&Arc<Employee>]) {
        let Carried { policy, mirrored, .. } = carried;
        for Column { header, source } in policy.columns.iter().filter(|c| mirrored.header_of(&c.source).is_none()) {
            // Where it is not sent, the cell is kept.
            let attribute = match source {
                Source::Group(key) | Source::Language(Some(key)) => Some(key.as_str()),
                Source::ReportsToId => Some(AttributeKey::SUPERVISOR),
                Source::ImportId | Source::Email | Source::FirstName | Source::LastName => None,
                Source::Language(None) | Source::Constant(_) | Source::Unknown => None,
            };
            let Some(attribute) = attribute else { continue };
            // What nobody's record has is blank for everybody, and no cell changes where none was filled.
            let may_change = |employee: &Arc<Employee>| match mirrored.get(header) {
                Some(before) => !self.mirror.feed.cell(employee, &before.source).is_empty(),
                None => self.grounds.readable.contains(attribute),
            };
            let kept = |(id, candidate): &(EmployeeId, Candidate)| {
                let is_withheld = if attribute == AttributeKey::SUPERVISOR {
                    candidate.supervisor == Field::Withheld
                } else {
                    candidate.attributes.get(attribute) == Field::Withheld
                };
                self.mirrored(*id).filter(|_| is_withheld)
            };
            let kept = undecided.iter().copied().chain(self.candidates.iter().filter_map(kept));
            let people = kept.filter(|employee| may_change(employee)).count();
            if people > 0 {
                self.notes.insert(Note::CellsUnknown { header: header.clone(), people });
            }
        }
    }
}
