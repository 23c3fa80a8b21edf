//! Who should exist in Honestly: every record and every mirrored person to a verdict, all verdicts to one snapshot.
//!
//! Its law: nobody leaves on doubt. Whoever is mirrored and undecided, for whatever reason, is in the desired snapshot as
//! they were. The result does not depend on the order of the records.

pub mod absences;
mod claims;
pub mod eligibility;
pub mod explain;
pub mod groups;
pub mod notes;
pub mod screening;
pub mod supervisors;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::roster::decide::absences::{Absences, Doubt};
use crate::roster::decide::claims::Claims;
use crate::roster::decide::groups::{Ballot, Meant, Reader, Settled};
use crate::roster::decide::notes::{Note, Place, Problem, Reason};
use crate::roster::decide::screening::{Candidate, Finding, ImportIdAs};
use crate::roster::decide::supervisors::Link;
use crate::roster::feed::Feed;
use crate::roster::model::language::Language;
use crate::roster::model::record::{AttributeKey, Attributes, EmployeeId, Field};
use crate::roster::model::snapshot::{Employee, GroupKey, ImportId, Inconsistent, Memberships, Snapshot, fold};
use crate::roster::model::text::tidy;
use crate::roster::plan::mirror::{Mirror, Scope};
use crate::roster::policy::{LanguageRule, Policy};

/// What should be, and what a person should know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub desired: Feed,
    /// Everybody who was listed or mirrored and does not belong, with the reason.
    pub excluded: BTreeMap<EmployeeId, Reason>,
    /// Names of people who are not in and whom a reader of the plan wants to recognise: future hires and undecided people.
    pub outsiders: BTreeMap<EmployeeId, String>,
    /// Sorted.
    pub notes: Vec<Note>,
    pub scope: Scope,
}

impl Decision {
    pub fn undecided(&self) -> impl Iterator<Item = (EmployeeId, &Problem, Place)> {
        self.notes.iter().filter_map(|note| match note {
            Note::Undecided { employee, problem, place } => Some((*employee, problem, *place)),
            Note::FieldUnreadable { .. }
            | Note::SupervisorNotIn { .. }
            | Note::SupervisorCycle { .. }
            | Note::ValueTooLong { .. }
            | Note::ImportIdKept { .. }
            | Note::Returned { .. }
            | Note::Rehired { .. }
            | Note::StartPostponed { .. }
            | Note::NoLanguage { .. }
            | Note::SpellingVariants { .. }
            | Note::AttributeWithheld { .. }
            | Note::DeliveryUnverified
            | Note::Delivery { .. }
            | Note::NothingDelivered => None,
        })
    }
}

/// Decides about everybody, each screened against this policy and this mirror. `readable` are the attributes that at least one
/// of their records carried. `absences` says what is known of mirrored people of whom there is no finding; whoever is in
/// neither was not asked for, which is doubt. Fails only on a bug: an inconsistent result is never returned.
pub fn decide(
    policy: &Policy,
    mirror: &Mirror,
    findings: Vec<(EmployeeId, Finding)>,
    readable: BTreeSet<AttributeKey>,
    absences: &Absences,
) -> Result<Decision, Inconsistent> {
    let scope = Scope { policy: policy.canonical(), readable };
    let mut sorting = Sorting::new(mirror);
    sorting.note_withheld_attributes(policy, &scope);
    sorting.sort(findings, absences);
    sorting.settle_import_ids();
    sorting.settle_addresses();
    sorting.finish(policy, scope)
}

/// Everybody, on the way to a verdict.
struct Sorting<'a> {
    mirror: &'a Mirror,
    /// In the order of their ids. Whoever is undecided as well is one no more.
    candidates: Vec<(EmployeeId, Candidate)>,
    excluded: BTreeMap<EmployeeId, Reason>,
    undecided: BTreeMap<EmployeeId, Problem>,
    /// Addresses of people who left and are still listed, folded: a new profile with one of them may be a rehire.
    former_addresses: HashMap<Arc<str>, EmployeeId>,
    outsiders: BTreeMap<EmployeeId, String>,
    notes: BTreeSet<Note>,
}

impl<'a> Sorting<'a> {
    fn new(mirror: &'a Mirror) -> Self {
        Self {
            mirror,
            candidates: Vec::new(),
            excluded: BTreeMap::new(),
            undecided: BTreeMap::new(),
            former_addresses: HashMap::new(),
            outsiders: BTreeMap::new(),
            notes: BTreeSet::new(),
        }
    }

    fn mirrored(&self, id: EmployeeId) -> Option<&'a Arc<Employee>> {
        self.mirror.feed.people.employee(id)
    }

    fn note_withheld_attributes(&mut self, policy: &Policy, scope: &Scope) {
        let Some(before) = &self.mirror.scope else { return };
        let asked_for = policy.attributes();
        let vanished = before.readable.difference(&scope.readable);
        let mapped = vanished.filter(|key| asked_for.contains(*key) || key.as_str() == AttributeKey::SUPERVISOR);
        self.notes.extend(mapped.map(|key| Note::AttributeWithheld { attribute: key.clone() }));
    }

    fn sort(&mut self, mut findings: Vec<(EmployeeId, Finding)>, absences: &Absences) {
        findings.sort_by_key(|(id, _)| *id);
        let listed: Vec<EmployeeId> = findings.iter().map(|(id, _)| *id).collect();
        let mut sort = |(id, finding)| match finding {
            Finding::In(candidate) => {
                if candidate.import_id_as == ImportIdAs::KeptAgainstPersonio {
                    self.notes.insert(Note::ImportIdKept { employee: id });
                }
                Some((id, candidate))
            }
            Finding::NotYet { first_day, name } => {
                if self.mirrored(id).is_some() {
                    self.notes.insert(Note::StartPostponed { employee: id, first_day });
                }
                self.outsiders.insert(id, name);
                self.excluded.insert(id, Reason::NotYet(first_day));
                None
            }
            Finding::Left { reason, address } => {
                self.remember_addresses(id, address);
                self.excluded.insert(id, reason);
                None
            }
            Finding::Out(reason) => {
                self.excluded.insert(id, reason);
                None
            }
            Finding::Unclear { problem, name } => {
                self.doubt(id, problem, name);
                None
            }
        };
        let candidates = findings.into_iter().filter_map(&mut sort).collect();
        self.candidates = candidates;
        self.sort_absent(&listed, absences);
    }

    /// Mirrored people whom nobody listed.
    fn sort_absent(&mut self, listed: &[EmployeeId], absences: &Absences) {
        for employee in self.mirror.feed.people.employees() {
            let id = employee.id;
            if listed.binary_search(&id).is_ok() {
                continue;
            }
            match absences.get(&id) {
                Some(Ok(absence)) => {
                    self.former_addresses.insert(employee.email.folded(), id);
                    self.excluded.insert(id, Reason::Absent(*absence));
                }
                Some(Err(doubt)) => {
                    self.undecided.insert(id, Problem::NotListed(doubt.clone()));
                }
                None => {
                    self.undecided.insert(id, Problem::NotListed(Doubt::NotAsked));
                }
            }
        }
    }

    fn remember_addresses(&mut self, id: EmployeeId, address: Option<String>) {
        for address in address.iter().flat_map(|address| addresses_before_leaving(address)) {
            self.former_addresses.insert(address.into(), id);
        }
        if let Some(employee) = self.mirrored(id) {
            self.former_addresses.insert(employee.email.folded(), id);
        }
    }

    fn doubt(&mut self, id: EmployeeId, problem: Problem, name: String) {
        if self.mirrored(id).is_none() {
            self.outsiders.insert(id, name);
        }
        self.undecided.insert(id, problem);
    }

    /// A candidate about whom a look at the others brought doubt.
    fn doubt_candidate(&mut self, id: EmployeeId, problem: Problem) {
        if let Ok(at) = self.candidates.binary_search_by_key(&id, |(id, _)| *id)
            && !self.undecided.contains_key(&id)
        {
            let name = self.candidates[at].1.name();
            self.doubt(id, problem, name);
        }
    }

    /// A new person gets an import id that nobody has or had: Honestly would take the two for one.
    fn settle_import_ids(&mut self) {
        let newcomers = || self.candidates.iter().filter(|(_, candidate)| candidate.import_id_as == ImportIdAs::New);
        let mut claims: Claims<&ImportId> = Claims::default();
        for (id, candidate) in newcomers() {
            claims.add(&candidate.import_id, *id);
        }
        if claims.is_empty() {
            return;
        }
        let mut holders: HashMap<&ImportId, EmployeeId> = HashMap::new();
        let mirrored = self.mirror.feed.people.employees().iter().map(|employee| (employee.id, &employee.import_id));
        let departed = self.mirror.departed.iter().map(|(id, import_id)| (*id, import_id));
        for (id, import_id) in mirrored.chain(departed).filter(|(_, import_id)| claims.has(import_id)) {
            holders.entry(import_id).or_insert(id);
        }
        let contested: Vec<_> = newcomers()
            .filter_map(|(id, candidate)| {
                let holder = holders.get(&candidate.import_id).copied();
                let other = holder.or_else(|| claims.besides(&&candidate.import_id, *id))?;
                Some((*id, Problem::ContestedImportId(other)))
            })
            .collect();
        for (id, problem) in contested {
            self.doubt_candidate(id, problem);
        }
    }

    /// One address, one person: whoever is mirrored with it keeps it, and where nobody is, nobody gets it. Each doubt returns
    /// a mirrored person to their old address, which may contest another one, so this goes on until nothing is contested.
    fn settle_addresses(&mut self) {
        let mut claims: Claims<Arc<str>> = Claims::default();
        let mut contested: BTreeSet<Arc<str>> = BTreeSet::new();
        let undecided = self.undecided.keys().filter_map(|id| Some((*id, &self.mirrored(*id)?.email)));
        let candidates = self.candidates.iter().filter(|(id, _)| !self.undecided.contains_key(id));
        for (id, email) in candidates.map(|(id, candidate)| (*id, &candidate.email)).chain(undecided) {
            let address = email.folded();
            if claims.add(Arc::clone(&address), id) {
                contested.insert(address);
            }
        }
        while let Some(address) = contested.pop_first() {
            let claimants = claims.of(&address);
            let holder = claimants
                .iter()
                .copied()
                .find(|id| self.mirrored(*id).is_some_and(|employee| employee.email.folded() == address));
            for id in claimants.iter().copied().filter(|id| Some(*id) != holder) {
                let Some(other) = holder.or_else(|| claimants.iter().copied().find(|other| *other != id)) else {
                    continue;
                };
                self.doubt_candidate(id, Problem::ContestedEmail(other));
                claims.withdraw(&address, id);
                if let Some(employee) = self.mirrored(id) {
                    let returned_to = employee.email.folded();
                    if claims.add(Arc::clone(&returned_to), id) {
                        contested.insert(returned_to);
                    }
                }
            }
        }
    }

    fn finish(mut self, policy: &Policy, scope: Scope) -> Result<Decision, Inconsistent> {
        let undecided = std::mem::take(&mut self.undecided);
        self.candidates.retain(|(id, _)| !undecided.contains_key(id));
        let mut kept: Vec<&Arc<Employee>> = Vec::new();
        for (id, problem) in undecided {
            let mirrored = self.mirrored(id);
            kept.extend(mirrored);
            let place = if mirrored.is_some() { Place::Kept } else { Place::LeftOut };
            self.notes.insert(Note::Undecided { employee: id, problem, place });
        }
        let mut readers: Vec<Reader<'_>> = policy.groups.iter().map(Reader::new).collect();
        // Memberships are sorted; in this order they come so.
        readers.sort_by_key(|reader| reader.attribute());
        let (groups, said) = self.groups(&mut readers, &kept);
        let supervisors = self.supervisors(&kept);
        let supervisor_of =
            |id| supervisors.binary_search_by_key(&id, |(id, _)| *id).ok().and_then(|at| supervisors[at].1);

        let mut employees: Vec<Arc<Employee>> = Vec::with_capacity(self.candidates.len() + kept.len());
        for employee in kept {
            let groups = employee.groups.iter().filter_map(|key| groups.key(key)).collect();
            let supervisor = supervisor_of(employee.id);
            employees.push(same_or_new(Some(employee), Employee { supervisor, groups, ..Employee::clone(employee) }));
        }
        for (at, (id, candidate)) in std::mem::take(&mut self.candidates).into_iter().enumerate() {
            self.note_arrival(id, &candidate);
            let mirrored = self.mirrored(id);
            let language = self.language(policy, id, &candidate.attributes, mirrored);
            let Candidate { email, first_name, last_name, import_id, unreadable, .. } = candidate;
            let supervisor = supervisor_of(id);
            let said = &said[at * readers.len()..][..readers.len()];
            let groups = memberships(&readers, said, &groups, mirrored);
            let employee = Employee { id, import_id, email, first_name, last_name, language, supervisor, groups };
            employees.push(same_or_new(mirrored, employee));
            self.notes
                .extend(unreadable.into_iter().map(|unreadable| Note::FieldUnreadable { employee: id, unreadable }));
        }
        self.notes.extend(groups.notes);
        Ok(Decision {
            desired: Feed { columns: policy.columns.clone(), people: Snapshot::new(employees, groups.groups)? },
            excluded: self.excluded,
            outsiders: self.outsiders,
            notes: self.notes.into_iter().collect(),
            scope,
        })
    }

    /// Notes about somebody who comes: told in the run that adds them, not ever after.
    fn note_arrival(&mut self, id: EmployeeId, candidate: &Candidate) {
        if self.mirrored(id).is_some() {
            return;
        }
        if self.mirror.departed.contains_key(&id) {
            self.notes.insert(Note::Returned { employee: id });
        } else if let Some(former) = self.former_addresses.get(&candidate.email.folded()) {
            self.notes.insert(Note::Rehired { employee: id, former: *former });
        }
    }

    /// The groups that everybody adds up to, and what each reader read of one candidate after the other.
    fn groups(&mut self, readers: &mut [Reader<'_>], kept: &[&Arc<Employee>]) -> (Settled, Vec<Field<Meant>>) {
        let mut ballot = Ballot::default();
        for employee in kept {
            employee.groups.iter().for_each(|key| ballot.keep(key));
        }
        let mut said: Vec<Field<Meant>> = Vec::with_capacity(readers.len() * self.candidates.len());
        for (id, candidate) in &self.candidates {
            for reader in readers.iter_mut() {
                let attribute = reader.attribute();
                let meant = candidate.attributes.shared(attribute.as_str()).map(|values| reader.count(values));
                match meant {
                    Field::Blank => {}
                    Field::Withheld => {
                        kept_groups(self.mirror.feed.people.employee(*id), attribute).for_each(|key| ballot.keep(key))
                    }
                    Field::Known(meant) => {
                        let too_long = reader.meaning(meant).too_long.iter();
                        self.notes.extend(too_long.map(|characters| Note::ValueTooLong {
                            employee: *id,
                            attribute: attribute.clone(),
                            characters: *characters,
                        }));
                    }
                }
                said.push(meant);
            }
        }
        readers.iter().for_each(|reader| ballot.add(reader));
        let settled = ballot.settle(&self.mirror.feed.people);
        readers.iter_mut().for_each(|reader| reader.settle(&settled));
        (settled, said)
    }

    /// Everybody's supervisor among the people who will be in, in the order of their ids.
    fn supervisors(&mut self, kept: &[&Arc<Employee>]) -> Vec<(EmployeeId, Option<EmployeeId>)> {
        let as_mirrored =
            |employee: Option<&Arc<Employee>>| employee.and_then(|e| e.supervisor).map_or(Link::Nobody, Link::Kept);
        let kept = kept.iter().map(|employee| (employee.id, as_mirrored(Some(employee))));
        let candidates = self.candidates.iter().map(|(id, candidate)| {
            let link = match candidate.supervisor {
                Field::Withheld => as_mirrored(self.mirrored(*id)),
                Field::Blank => Link::Nobody,
                Field::Known(supervisor) => Link::Stated(supervisor),
            };
            (*id, link)
        });
        let mut links: Vec<_> = kept.chain(candidates).collect();
        links.sort_by_key(|(id, _)| *id);
        let (supervisors, notes) = supervisors::settle(&links);
        self.notes.extend(notes);
        links.into_iter().map(|(id, _)| id).zip(supervisors).collect()
    }

    fn language(
        &mut self,
        policy: &Policy,
        id: EmployeeId,
        attributes: &Attributes,
        mirrored: Option<&Arc<Employee>>,
    ) -> Option<Language> {
        match &policy.language {
            LanguageRule::Unset => None,
            LanguageRule::Everyone(language) => Some(*language),
            LanguageRule::Attribute { key, values, default } => match attributes.get(key.as_str()) {
                Field::Withheld => mirrored.map_or(*default, |employee| employee.language),
                Field::Blank => *default,
                Field::Known(stated) => {
                    let text = stated.first().map(|value| tidy(&value.text)).unwrap_or_default();
                    let language = values.get(&*fold(&text)).copied().or_else(|| Language::new(&text));
                    if language.is_none() {
                        self.notes.insert(Note::NoLanguage { employee: id });
                    }
                    language.or(*default)
                }
            },
        }
    }
}

/// The memberships that one person's readings come to.
fn memberships(
    readers: &[Reader<'_>],
    said: &[Field<Meant>],
    settled: &Settled,
    mirrored: Option<&Arc<Employee>>,
) -> Memberships {
    let mut own = Vec::with_capacity(readers.len());
    for (reader, said) in readers.iter().zip(said) {
        match said {
            Field::Blank => {}
            Field::Withheld => {
                own.extend(kept_groups(mirrored, reader.attribute()).filter_map(|key| settled.key(key)));
            }
            Field::Known(meant) => own.extend(reader.settled(*meant).iter().cloned()),
        }
    }
    own.into_iter().collect()
}

/// The groups of an attribute that cannot be read are those in the mirror.
fn kept_groups<'a>(
    mirrored: Option<&'a Arc<Employee>>,
    attribute: &'a AttributeKey,
) -> impl Iterator<Item = &'a Arc<GroupKey>> {
    mirrored.into_iter().flat_map(|employee| employee.groups.of_attribute(attribute.as_str()))
}

/// Who has not changed is the same person, in memory too.
fn same_or_new(mirrored: Option<&Arc<Employee>>, employee: Employee) -> Arc<Employee> {
    mirrored.filter(|mirrored| ***mirrored == employee).map_or_else(|| Arc::new(employee), Arc::clone)
}

/// The address itself, and what it was before Personio made room for a rehire: it appends an underscore and five random
/// characters to the old profile's address (support article 360001146169; where exactly is not said, so both places count).
fn addresses_before_leaving(address: &str) -> Vec<String> {
    let address = fold(address.trim()).into_owned();
    let unmarked = |part: &str| {
        let (rest, mark) = part.rsplit_once('_')?;
        (mark.len() == 5 && mark.bytes().all(|b| b.is_ascii_alphanumeric())).then(|| rest.to_owned())
    };
    let mut addresses = Vec::from_iter(unmarked(&address));
    if let Some((local, domain)) = address.split_once('@') {
        addresses.extend(unmarked(local).map(|local| format!("{local}@{domain}")));
    }
    addresses.push(address);
    addresses
}

#[cfg(test)]
mod tests;
