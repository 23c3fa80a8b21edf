//! Puts together everybody who will be in: groups, supervisors and languages in one consistent snapshot.
//!
//! What does not fit into Honestly's cells is left out here, with a note, so that one odd person never stops the feed. What no
//! column carries is left out too.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::roster::decide::carried::Carried;
use crate::roster::decide::groups::{Reader, ReadingId, Resolved, Tally};
use crate::roster::decide::notes::{Note, Place, Problem};
use crate::roster::decide::screening::{Candidate, EmailFrom};
use crate::roster::decide::supervisors::{self, Link};
use crate::roster::decide::{Decision, Grounds, Headcount, Sorting};
use crate::roster::feed::{Feed, Source};
use crate::roster::model::language::Language;
use crate::roster::model::record::{AttributeKey, EmployeeId, Field};
use crate::roster::model::snapshot::{Employee, Group, Inconsistent, Memberships, Snapshot};
use crate::roster::model::text::tidy;
use crate::roster::policy::{LanguageRule, Policy};

impl<'a> Sorting<'a> {
    pub(super) fn finish(mut self, policy: &Policy) -> Result<Decision, Inconsistent> {
        let kept = self.set_undecided_aside();
        let carried = Carried::new(policy, &self.mirror.feed.columns);
        self.note_unknown_cells(&carried, &kept);
        let mut readers: Vec<Reader<'_>> = policy.groups.iter().map(|rule| Reader::new(rule, &policy.names)).collect();
        // Memberships are sorted, and this order of readers builds them so.
        readers.sort_by_key(|reader| reader.attribute());
        let (mut groups, readings) = self.groups(&mut readers, &kept, &carried);
        let supervisors = self.supervisors(&kept, &carried);
        let supervisor_of =
            |id| supervisors.binary_search_by_key(&id, |(id, _)| *id).ok().and_then(|at| supervisors[at].1);

        let mut left_out: Vec<Note> = Vec::new();
        let mut employees: Vec<Arc<Employee>> = Vec::with_capacity(self.candidates.len() + kept.len());
        for employee in kept {
            self.grounds.unseen.insert(employee.id, None);
            if self.mirror.placeholders.contains(&employee.id) {
                self.grounds.placeholders.insert(employee.id);
            }
            let own = carried.groups(employee).filter_map(|(key, _)| groups.key(key)).cloned().collect();
            let own = fitting(&groups, employee.id, own, &mut left_out);
            let (language, supervisor) = (carried.language(employee), supervisor_of(employee.id));
            let kept = Employee { language, supervisor, groups: own, ..Employee::clone(employee) };
            employees.push(same_or_new(Some(employee), kept));
        }
        for (at, (id, candidate)) in std::mem::take(&mut self.candidates).into_iter().enumerate() {
            self.note_candidate(id, &candidate);
            let mirrored = self.mirrored(id);
            let language = self.language(&carried, id, &candidate, mirrored);
            self.note_unseen(id, &candidate);
            let Candidate { email, email_from, first_name, last_name, import_id, .. } = candidate;
            match email_from {
                EmailFrom::Personio => {}
                EmailFrom::Placeholder => drop(self.grounds.placeholders.insert(id)),
            }
            let supervisor = supervisor_of(id);
            let own_readings = &readings[at * readers.len()..][..readers.len()];
            let own = memberships(&readers, own_readings, mirrored, &carried, &groups);
            let own = fitting(&groups, id, own, &mut left_out);
            let employee = Employee { id, import_id, email, first_name, last_name, language, supervisor, groups: own };
            employees.push(same_or_new(mirrored, employee));
        }
        self.notes.extend(std::mem::take(&mut groups.notes));
        let mut groups: Vec<Group> = groups.groups().collect();
        if !left_out.is_empty() {
            let used: HashSet<_> = employees.iter().flat_map(|employee| employee.groups.iter()).collect();
            groups.retain(|group| used.contains(&group.key));
        }
        self.notes.extend(left_out);
        let not_sent = std::mem::take(&mut self.not_sent).into_iter();
        self.notes.extend(not_sent.map(|(attribute, people)| Note::ValuesNotSent { attribute, people }));
        Ok(Decision {
            headcount: self.headcount(),
            desired: Feed { columns: policy.columns.clone(), people: Snapshot::new(employees, groups)? },
            excluded: self.excluded,
            outsiders: self.outsiders,
            notes: self.notes.into_iter().collect(),
            grounds: self.grounds,
        })
    }

    /// Notes who is undecided, and returns those of them who are mirrored.
    fn set_undecided_aside(&mut self) -> Vec<&'a Arc<Employee>> {
        let mut kept = Vec::new();
        self.candidates.retain(|(id, _)| !self.undecided.contains_key(id));
        let mut nobodys_ids: BTreeMap<AttributeKey, usize> = BTreeMap::new();
        for (id, problem) in &self.undecided {
            // Told once: no record of anybody could help.
            if let Problem::NoImportId(key) = problem
                && !self.grounds.readable.contains(key)
            {
                *nobodys_ids.entry(key.clone()).or_default() += 1;
                continue;
            }
            let mirrored = self.mirrored(*id);
            kept.extend(mirrored);
            let place = if mirrored.is_some() { Place::Kept } else { Place::LeftOut };
            self.notes.insert(Note::Undecided { employee: *id, problem: problem.clone(), place });
        }
        let nobodys_ids = nobodys_ids.into_iter();
        self.notes.extend(nobodys_ids.map(|(attribute, people)| Note::NoImportIds { attribute, people }));
        kept
    }

    fn headcount(&self) -> Headcount {
        let may_be_in = || self.listed.iter().filter(|id| !self.excluded.contains_key(id));
        Headcount {
            people: may_be_in().count(),
            undecided: may_be_in().filter(|id| self.undecided.contains_key(id)).count(),
        }
    }

    /// A newcomer comes in under today's scope. Whoever was in, and was never decided, was put out by nothing yet.
    fn note_unseen(&mut self, id: EmployeeId, candidate: &Candidate) {
        let Grounds { scope: now, unseen, .. } = &mut self.grounds;
        if candidate.unjudged.is_empty() || self.mirror.feed.people.employee(id).is_none() {
            return;
        }
        let never_decided = || Arc::new(now.of_nobody());
        let seen =
            now.without(&candidate.unjudged, &self.mirror.scopes.get(&id).cloned().unwrap_or_else(never_decided));
        if seen != *now {
            unseen.insert(id, Some(seen));
        }
    }

    fn note_candidate(&mut self, id: EmployeeId, candidate: &Candidate) {
        self.note_arrival(id, candidate);
        let unreadable = candidate.unreadable.iter().cloned();
        self.notes.extend(unreadable.map(|unreadable| Note::FieldUnreadable { employee: id, unreadable }));
    }

    /// The groups that all people together have, and what each reader read for each candidate in turn.
    fn groups(
        &mut self,
        readers: &mut [Reader<'_>],
        kept: &[&Arc<Employee>],
        carried: &Carried<'_>,
    ) -> (Resolved, Vec<Field<ReadingId>>) {
        let mut tally = Tally::default();
        for employee in kept {
            carried.groups(employee).for_each(|(key, rule)| tally.keep(key, rule));
        }
        let mut readings: Vec<Field<ReadingId>> = Vec::with_capacity(readers.len() * self.candidates.len());
        for (id, candidate) in &self.candidates {
            for reader in readers.iter_mut() {
                let attribute = reader.attribute();
                let reading = candidate.attributes.shared(attribute.as_str()).map(|values| reader.count(values));
                match reading {
                    Field::Blank => {}
                    Field::Withheld => {
                        // A band is withheld while the clock is in doubt, too.
                        if reader.rule().bands.is_none() {
                            count_not_sent(&mut self.not_sent, &self.grounds, candidate, attribute.as_str());
                        }
                        carried.groups_of(self.mirrored(*id), attribute).for_each(|key| tally.keep(key, reader.rule()))
                    }
                    Field::Known(reading) => {
                        let too_long = reader.reading(reading).too_long.iter();
                        self.notes.extend(too_long.map(|characters| Note::ValueTooLong {
                            employee: *id,
                            attribute: attribute.clone(),
                            characters: *characters,
                        }));
                    }
                }
                readings.push(reading);
            }
        }
        readers.iter().for_each(|reader| tally.add(reader));
        let of_each_day = readers.iter().filter(|reader| reader.reads_only_dates());
        self.notes.extend(of_each_day.map(|reader| Note::GroupOfEachDay { attribute: reader.attribute().clone() }));
        let resolved = tally.resolve(&self.mirror.feed.people);
        readers.iter_mut().for_each(|reader| reader.resolve(&resolved));
        (resolved, readings)
    }

    /// Everybody's supervisor among the people who will be in, in the order of their ids.
    fn supervisors(&mut self, kept: &[&Arc<Employee>], carried: &Carried<'_>) -> Vec<(EmployeeId, Option<EmployeeId>)> {
        if !carried.has(&Source::ReportsToId) {
            return Vec::new();
        }
        let as_mirrored = |employee: Option<&Arc<Employee>>| {
            employee.and_then(|employee| carried.supervisor(employee)).map_or(Link::Nobody, Link::Kept)
        };
        let kept = kept.iter().map(|employee| (employee.id, as_mirrored(Some(employee))));
        let candidates = self.candidates.iter().map(|(id, candidate)| {
            let link = match candidate.supervisor {
                Field::Withheld => {
                    count_not_sent(&mut self.not_sent, &self.grounds, candidate, AttributeKey::SUPERVISOR);
                    as_mirrored(self.mirror.feed.people.employee(*id))
                }
                Field::Blank => Link::Nobody,
                Field::Known(supervisor) => Link::Stated(supervisor),
            };
            (*id, link)
        });
        let mut links: Vec<_> = kept.chain(candidates).collect();
        links.sort_by_key(|(id, _)| *id);
        let (supervisors, notes) = supervisors::settle(
            &links,
            |away| self.above.get(&away).cloned().unwrap_or(Field::Blank),
            |id| self.mirror.feed.people.employee(id).and_then(|employee| carried.supervisor(employee)),
        );
        self.notes.extend(notes);
        links.into_iter().map(|(id, _)| id).zip(supervisors).collect()
    }

    fn language(
        &mut self,
        carried: &Carried<'_>,
        id: EmployeeId,
        candidate: &Candidate,
        mirrored: Option<&Arc<Employee>>,
    ) -> Option<Language> {
        match &carried.policy.language {
            _ if !carried.has(&carried.language) => None,
            LanguageRule::Unset => None,
            LanguageRule::Everyone(language) => Some(*language),
            LanguageRule::Attribute { key, values, default } => match candidate.attributes.get(key.as_str()) {
                Field::Withheld => {
                    count_not_sent(&mut self.not_sent, &self.grounds, candidate, key.as_str());
                    mirrored.map_or(*default, |employee| carried.language(employee))
                }
                Field::Blank => *default,
                Field::Known(stated) => {
                    // Several values are no language.
                    let language = match stated {
                        [value] => {
                            let text = tidy(&value.text);
                            if text.is_empty() {
                                return *default;
                            }
                            carried
                                .policy
                                .names
                                .of(key, value)
                                .find_map(|name| values.get(&*name).copied())
                                .or_else(|| Language::new(&text))
                        }
                        _ => None,
                    };
                    if language.is_none() {
                        self.notes.insert(Note::NoLanguage { employee: id });
                    }
                    language.or(*default)
                }
            },
        }
    }
}

/// Whoever lacks an attribute that others have keeps the value they have. Unlike a missing field that decides, this is no doubt
/// about the person: a newcomer comes without the value, and everything else is kept up to date.
fn count_not_sent(
    not_sent: &mut BTreeMap<AttributeKey, usize>,
    grounds: &Grounds,
    candidate: &Candidate,
    attribute: &str,
) {
    let was_sent = candidate.unreadable.iter().any(|unreadable| unreadable.attribute.as_str() == attribute);
    if let Some(key) = grounds.readable.get(attribute).filter(|_| !was_sent) {
        *not_sent.entry(key.clone()).or_default() += 1;
    }
}

/// The memberships, without those of an attribute whose names together are too long: nothing is cut, the cell stays blank.
fn fitting(groups: &Resolved, id: EmployeeId, own: Memberships, left_out: &mut Vec<Note>) -> Memberships {
    let too_long = groups.too_long(&own);
    if too_long.is_empty() {
        return own;
    }
    let fitting = own.iter().filter(|key| !too_long.contains_key(&key.attribute)).cloned().collect();
    let note = |(attribute, characters)| Note::ValueTooLong { employee: id, attribute, characters };
    left_out.extend(too_long.into_iter().map(note));
    fitting
}

/// The memberships that follow from one person's readings.
fn memberships(
    readers: &[Reader<'_>],
    readings: &[Field<ReadingId>],
    mirrored: Option<&Arc<Employee>>,
    carried: &Carried<'_>,
    groups: &Resolved,
) -> Memberships {
    let mut own = Vec::with_capacity(readers.len());
    for (reader, reading) in readers.iter().zip(readings) {
        match reading {
            Field::Blank => {}
            Field::Withheld => {
                let kept = carried.groups_of(mirrored, reader.attribute());
                own.extend(kept.filter_map(|key| groups.key(key)).cloned());
            }
            Field::Known(reading) => own.extend(reader.memberships(*reading).iter().cloned()),
        }
    }
    own.into_iter().collect()
}

/// Whoever has not changed also stays the same object in memory.
fn same_or_new(mirrored: Option<&Arc<Employee>>, employee: Employee) -> Arc<Employee> {
    mirrored.filter(|mirrored| ***mirrored == employee).map_or_else(|| Arc::new(employee), Arc::clone)
}
