//! Who should exist in Honestly: every record and every mirrored person to a verdict, all verdicts to one snapshot.
//!
//! Its law: nobody leaves on doubt. Whoever is mirrored and undecided, for whatever reason, is in the desired snapshot as
//! they were. The result does not depend on the order of the records.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;

use super::groups::{Ballot, Reader, Settled};
use super::language::Language;
use super::mirror::{Mirror, Scope};
use super::policy::{ImportIdSource, LanguageRule, Policy};
use super::record::{AttributeKey, EmployeeId, Field, Record};
use super::reporting::{self, Link};
use super::snapshot::{Email, Employee, GroupKey, ImportId, Inconsistent, LONGEST_VALUE, Snapshot, fold};
use super::standing::{Standing, standing};
use super::text::tidy;
use super::verdict::{Absence, Note, Place, Problem, Reason};

/// What should be, and what a person should know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub desired: Snapshot,
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
            | Note::ForeignFile => None,
        })
    }
}

/// Decides about everybody. `absences` says what is known of mirrored people whom `records` does not mention; whoever is in
/// neither is undecided. Fails only on a bug: an inconsistent result is never returned.
pub fn decide(
    policy: &Policy,
    today: NaiveDate,
    mirror: &Mirror,
    records: Vec<Record>,
    absences: &BTreeMap<EmployeeId, Absence>,
) -> Result<Decision, Inconsistent> {
    let scope = Scope { policy: policy.canonical(), readable: readable(&records) };
    let mut sorting = Sorting::new(mirror);
    sorting.note_withheld_attributes(policy, &scope);
    sorting.sort_records(policy, today, records);
    sorting.sort_absent(absences);
    sorting.settle_import_ids();
    sorting.settle_addresses();
    sorting.finish(policy, scope)
}

/// The attributes that at least one record carried, the employee's own fields among them.
fn readable(records: &[Record]) -> BTreeSet<AttributeKey> {
    let mut readable = BTreeSet::new();
    for record in records {
        for key in record.attributes.keys() {
            if !readable.contains(key) {
                readable.insert(key.clone());
            }
        }
        let Record { id: _, first_name, last_name, email, status, hire_date, termination_date, supervisor, .. } =
            record;
        let own = [
            (AttributeKey::FIRST_NAME, matches!(first_name, Field::Withheld)),
            (AttributeKey::LAST_NAME, matches!(last_name, Field::Withheld)),
            (AttributeKey::EMAIL, matches!(email, Field::Withheld)),
            (AttributeKey::STATUS, matches!(status, Field::Withheld)),
            (AttributeKey::HIRE_DATE, matches!(hire_date, Field::Withheld)),
            (AttributeKey::TERMINATION_DATE, matches!(termination_date, Field::Withheld)),
            (AttributeKey::SUPERVISOR, matches!(supervisor, Field::Withheld)),
        ];
        for (key, withheld) in own {
            // An unreadable value was sent, so the attribute is not withheld.
            let sent = !withheld || record.unreadable.iter().any(|unreadable| unreadable.attribute.as_str() == key);
            if sent && !readable.contains(key) {
                readable.insert(AttributeKey::new(key));
            }
        }
        for unreadable in &record.unreadable {
            readable.insert(unreadable.attribute.clone());
        }
    }
    readable
}

/// Somebody who belongs, as far as they can be known by themself.
struct Candidate {
    record: Record,
    email: Email,
    first_name: String,
    last_name: String,
    import_id: ImportId,
}

/// Everybody, on the way to a verdict.
struct Sorting<'a> {
    mirror: &'a Mirror,
    candidates: BTreeMap<EmployeeId, Candidate>,
    excluded: BTreeMap<EmployeeId, Reason>,
    undecided: BTreeMap<EmployeeId, Problem>,
    /// Addresses of people who left and are still listed, folded: a new profile with one of them may be a rehire.
    former_addresses: HashMap<String, EmployeeId>,
    outsiders: BTreeMap<EmployeeId, String>,
    notes: BTreeSet<Note>,
}

impl<'a> Sorting<'a> {
    fn new(mirror: &'a Mirror) -> Self {
        Self {
            mirror,
            candidates: BTreeMap::new(),
            excluded: BTreeMap::new(),
            undecided: BTreeMap::new(),
            former_addresses: HashMap::new(),
            outsiders: BTreeMap::new(),
            notes: BTreeSet::new(),
        }
    }

    fn mirrored(&self, id: EmployeeId) -> Option<&'a Employee> {
        self.mirror.snapshot.employee(id)
    }

    fn note_withheld_attributes(&mut self, policy: &Policy, scope: &Scope) {
        let Some(before) = &self.mirror.scope else { return };
        let asked_for = policy.attributes();
        let vanished = before.readable.difference(&scope.readable);
        let mapped = vanished.filter(|key| asked_for.contains(*key) || key.as_str() == AttributeKey::SUPERVISOR);
        self.notes.extend(mapped.map(|key| Note::AttributeWithheld { attribute: key.clone() }));
    }

    fn sort_records(&mut self, policy: &Policy, today: NaiveDate, mut records: Vec<Record>) {
        records.sort_by_key(|record| record.id);
        for record in records {
            let id = record.id;
            match standing(policy, today, &record) {
                Standing::Out(reason) => self.exclude(record, reason),
                Standing::Unclear(problem) => self.doubt(&record, problem),
                Standing::In => match self.candidate(policy, &record) {
                    Ok((email, first_name, last_name, import_id)) => {
                        self.candidates.insert(id, Candidate { record, email, first_name, last_name, import_id });
                    }
                    Err(problem) => self.doubt(&record, problem),
                },
            }
        }
    }

    /// Everything that Honestly requires of one person, or what is missing. Whoever has or had an import id keeps it.
    fn candidate(&mut self, policy: &Policy, record: &Record) -> Result<(Email, String, String, ImportId), Problem> {
        let first_name = usable(record, AttributeKey::FIRST_NAME, &record.first_name)?;
        let last_name = usable(record, AttributeKey::LAST_NAME, &record.last_name)?;
        let email = match &record.email {
            // Not `usable`: an address may be longer than a name.
            Field::Known(text) => tidy(text),
            Field::Blank | Field::Withheld => usable(record, AttributeKey::EMAIL, &record.email)?,
        };
        let email = Email::new(&email).ok_or(Problem::NotAnAddress)?;
        let given = match &policy.import_id {
            ImportIdSource::PersonioId => Ok(ImportId::from(record.id)),
            ImportIdSource::Attribute(key) => match record.attributes.get(key.as_str()) {
                Field::Known([value, ..]) => ImportId::new(&tidy(&value.text)),
                Field::Known([]) | Field::Blank | Field::Withheld => None,
            }
            .ok_or_else(|| Problem::NoImportId(key.clone())),
        };
        let owned = self.mirrored(record.id).map(|employee| &employee.import_id);
        let Some(kept) = owned.or_else(|| self.mirror.departed.get(&record.id)) else {
            return Ok((email, first_name, last_name, given?));
        };
        if matches!((&policy.import_id, given), (ImportIdSource::Attribute(_), Ok(given)) if given != *kept) {
            self.notes.insert(Note::ImportIdKept { employee: record.id });
        }
        Ok((email, first_name, last_name, kept.clone()))
    }

    fn exclude(&mut self, record: Record, reason: Reason) {
        let id = record.id;
        match reason {
            Reason::NotYet(first_day) => {
                if self.mirrored(id).is_some() {
                    self.notes.insert(Note::StartPostponed { employee: id, first_day });
                }
                self.outsiders.insert(id, display_name(&record));
            }
            Reason::LastDayPassed(_) | Reason::Inactive => self.remember_addresses(&record),
            Reason::OnLeave | Reason::Absent(_) | Reason::OutOfScope(_) => {}
        }
        self.excluded.insert(id, reason);
    }

    fn remember_addresses(&mut self, record: &Record) {
        if let Field::Known(address) = &record.email {
            for address in addresses_before_leaving(address) {
                self.former_addresses.insert(address, record.id);
            }
        }
        if let Some(employee) = self.mirrored(record.id) {
            self.former_addresses.insert(employee.email.folded(), record.id);
        }
    }

    fn doubt(&mut self, record: &Record, problem: Problem) {
        if self.mirrored(record.id).is_none() {
            self.outsiders.insert(record.id, display_name(record));
        }
        self.undecided.insert(record.id, problem);
    }

    /// A candidate about whom a look at the others brought doubt.
    fn doubt_candidate(&mut self, id: EmployeeId, problem: Problem) {
        if let Some(candidate) = self.candidates.remove(&id) {
            self.doubt(&candidate.record, problem);
        }
    }

    fn sort_absent(&mut self, absences: &BTreeMap<EmployeeId, Absence>) {
        for employee in self.mirror.snapshot.employees() {
            let id = employee.id;
            let listed = self.candidates.contains_key(&id)
                || self.excluded.contains_key(&id)
                || self.undecided.contains_key(&id);
            if listed {
                continue;
            }
            match absences.get(&id) {
                Some(absence) => {
                    self.former_addresses.insert(employee.email.folded(), id);
                    self.excluded.insert(id, Reason::Absent(*absence));
                }
                None => {
                    self.undecided.insert(id, Problem::StillKnown);
                }
            }
        }
    }

    /// A new person gets an import id that nobody has or had: Honestly would take the two for one.
    fn settle_import_ids(&mut self) {
        let mut owners: HashMap<&ImportId, Vec<EmployeeId>> = HashMap::new();
        for employee in self.mirror.snapshot.employees() {
            owners.entry(&employee.import_id).or_default().push(employee.id);
        }
        for (id, import_id) in &self.mirror.departed {
            owners.entry(import_id).or_default().push(*id);
        }
        let is_new = |id: &EmployeeId| self.mirrored(*id).is_none() && !self.mirror.departed.contains_key(id);
        let newcomers = self.candidates.iter().filter(|(id, _)| is_new(id)).map(|(id, c)| (*id, &c.import_id));
        for (id, import_id) in newcomers.clone() {
            owners.entry(import_id).or_default().push(id);
        }
        let contested: Vec<_> = newcomers
            .filter_map(|(id, import_id)| {
                let other = owners[import_id].iter().copied().find(|owner| *owner != id)?;
                Some((id, Problem::ContestedImportId(other)))
            })
            .collect();
        for (id, problem) in contested {
            self.doubt_candidate(id, problem);
        }
    }

    /// One address, one person: whoever is mirrored with it keeps it, and where nobody is, nobody gets it. Each doubt returns
    /// a mirrored person to their old address, which may contest another one, so this goes on until nothing is contested.
    fn settle_addresses(&mut self) {
        let mut claims: HashMap<String, BTreeSet<EmployeeId>> = HashMap::new();
        for (id, candidate) in &self.candidates {
            claims.entry(candidate.email.folded()).or_default().insert(*id);
        }
        for id in self.undecided.keys() {
            if let Some(employee) = self.mirrored(*id) {
                claims.entry(employee.email.folded()).or_default().insert(*id);
            }
        }
        let mut contested: BTreeSet<String> =
            claims.iter().filter(|(_, claimants)| claimants.len() > 1).map(|(address, _)| address.clone()).collect();
        while let Some(address) = contested.pop_first() {
            let claimants = claims.get(&address).cloned().unwrap_or_default();
            let holder = claimants
                .iter()
                .copied()
                .find(|id| self.mirrored(*id).is_some_and(|employee| employee.email.folded() == address));
            for id in claimants.iter().copied().filter(|id| Some(*id) != holder) {
                let Some(other) = holder.or_else(|| claimants.iter().copied().find(|other| *other != id)) else {
                    continue;
                };
                self.doubt_candidate(id, Problem::ContestedEmail(other));
                if let Some(claimants) = claims.get_mut(&address) {
                    claimants.remove(&id);
                }
                if let Some(employee) = self.mirrored(id) {
                    let returned_to = employee.email.folded();
                    let claimants = claims.entry(returned_to.clone()).or_default();
                    claimants.insert(id);
                    if claimants.len() > 1 {
                        contested.insert(returned_to);
                    }
                }
            }
        }
    }

    fn finish(mut self, policy: &Policy, scope: Scope) -> Result<Decision, Inconsistent> {
        let kept: BTreeMap<EmployeeId, &Employee> =
            self.undecided.keys().filter_map(|id| self.mirrored(*id).map(|employee| (*id, employee))).collect();
        for (id, problem) in &self.undecided {
            let place = if kept.contains_key(id) { Place::Kept } else { Place::LeftOut };
            self.notes.insert(Note::Undecided { employee: *id, problem: problem.clone(), place });
        }
        let (memberships, settled) = self.groups(policy, &kept);
        let supervisors = self.supervisors(&kept);

        let mut employees = Vec::with_capacity(self.candidates.len() + kept.len());
        for (id, employee) in kept {
            let groups = employee.groups.iter().filter_map(|key| settled.key(key)).collect();
            employees.push(Employee { supervisor: supervisors[&id], groups, ..employee.clone() });
        }
        for ((id, candidate), groups) in std::mem::take(&mut self.candidates).into_iter().zip(memberships) {
            self.note_arrival(id, &candidate);
            let mirrored = self.mirrored(id);
            let Candidate { record, email, first_name, last_name, import_id } = candidate;
            employees.push(Employee {
                id,
                import_id,
                email,
                first_name,
                last_name,
                language: self.language(policy, &record, mirrored),
                supervisor: supervisors[&id],
                groups: groups.iter().filter_map(|key| settled.key(key)).collect(),
            });
            self.notes.extend(
                record.unreadable.into_iter().map(|unreadable| Note::FieldUnreadable { employee: id, unreadable }),
            );
        }
        self.notes.extend(settled.notes);
        Ok(Decision {
            desired: Snapshot::new(employees, settled.groups)?,
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

    /// The memberships of every candidate, in the order of their ids, and the groups they all add up to.
    fn groups(
        &mut self,
        policy: &Policy,
        kept: &BTreeMap<EmployeeId, &Employee>,
    ) -> (Vec<Vec<Arc<GroupKey>>>, Settled) {
        let mut ballot = Ballot::default();
        for employee in kept.values() {
            employee.groups.iter().for_each(|key| ballot.keep(key));
        }
        let mut readers: Vec<Reader<'_>> = policy.groups.iter().map(Reader::new).collect();
        let mut memberships = Vec::with_capacity(self.candidates.len());
        for (id, candidate) in &self.candidates {
            let mut own = Vec::with_capacity(readers.len());
            for reader in &mut readers {
                let attribute = reader.attribute();
                match candidate.record.attributes.get(attribute.as_str()) {
                    Field::Blank => {}
                    Field::Withheld => {
                        let mirrored = self.mirror.snapshot.employee(*id);
                        for key in mirrored.iter().flat_map(|e| e.groups.of_attribute(attribute.as_str())) {
                            ballot.keep(key);
                            own.push(key.clone());
                        }
                    }
                    Field::Known(values) => {
                        let meaning = reader.read(values);
                        own.extend(ballot.count(meaning).cloned());
                        self.notes.extend(meaning.too_long.iter().map(|characters| Note::ValueTooLong {
                            employee: *id,
                            attribute: attribute.clone(),
                            characters: *characters,
                        }));
                    }
                }
            }
            memberships.push(own);
        }
        (memberships, ballot.settle(&self.mirror.snapshot))
    }

    /// Everybody's supervisor among the people who will be in.
    fn supervisors(&mut self, kept: &BTreeMap<EmployeeId, &Employee>) -> BTreeMap<EmployeeId, Option<EmployeeId>> {
        let as_mirrored =
            |employee: Option<&Employee>| employee.and_then(|e| e.supervisor).map_or(Link::Nobody, Link::Kept);
        let kept = kept.iter().map(|(id, employee)| (*id, as_mirrored(Some(employee))));
        let candidates = self.candidates.iter().map(|(id, candidate)| {
            let link = match candidate.record.supervisor {
                Field::Withheld => as_mirrored(self.mirrored(*id)),
                Field::Blank => Link::Nobody,
                Field::Known(supervisor) => Link::Stated(supervisor),
            };
            (*id, link)
        });
        let (supervisors, notes) = reporting::settle(&kept.chain(candidates).collect());
        self.notes.extend(notes);
        supervisors
    }

    fn language(&mut self, policy: &Policy, record: &Record, mirrored: Option<&Employee>) -> Option<Language> {
        match &policy.language {
            LanguageRule::Unset => None,
            LanguageRule::Everyone(language) => Some(*language),
            LanguageRule::Attribute { key, values, default } => match record.attributes.get(key.as_str()) {
                Field::Withheld => mirrored.map_or(*default, |employee| employee.language),
                Field::Blank => *default,
                Field::Known(stated) => {
                    let text = stated.first().map(|value| tidy(&value.text)).unwrap_or_default();
                    let language = values.get(&fold(&text)).copied().or_else(|| Language::new(&text));
                    if language.is_none() {
                        self.notes.insert(Note::NoLanguage { employee: record.id });
                    }
                    language.or(*default)
                }
            },
        }
    }
}

/// A required text, tidied, or what is wrong with it.
fn usable(record: &Record, key: &str, field: &Field<String>) -> Result<String, Problem> {
    if let Some(unreadable) = record.unreadable.iter().find(|unreadable| unreadable.attribute.as_str() == key) {
        return Err(Problem::Unreadable(unreadable.clone()));
    }
    let text = field.as_ref().known().map(|text| tidy(text)).unwrap_or_default();
    match text.chars().count() {
        0 => Err(Problem::Missing(AttributeKey::new(key))),
        characters if characters > LONGEST_VALUE => Err(Problem::TooLong(AttributeKey::new(key), characters)),
        _ => Ok(text),
    }
}

/// First and last name as far as they are known.
fn display_name(record: &Record) -> String {
    let part = |field: &Field<String>| field.as_ref().known().map(|text| tidy(text)).unwrap_or_default();
    tidy(&format!("{} {}", part(&record.first_name), part(&record.last_name)))
}

/// The address itself, and what it was before Personio made room for a rehire: it appends an underscore and five random
/// characters to the old profile's address (support article 360001146169; where exactly is not said, so both places count).
fn addresses_before_leaving(address: &str) -> Vec<String> {
    let address = fold(address.trim());
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
