//! Who should exist in Honestly: a verdict for every record and every mirrored person, and one snapshot from all verdicts.
//!
//! Its law: nobody leaves on doubt. Whoever is mirrored and undecided, for whatever reason, stays in the desired snapshot as
//! they were. The result does not depend on the order of the records.

pub mod absences;
mod carried;
mod claims;
pub mod clock;
mod composition;
mod contests;
pub mod eligibility;
pub mod explain;
pub mod groups;
pub mod notes;
mod problems;
pub mod reasons;
pub mod reply;
mod returns;
pub mod screening;
pub mod supervisors;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::roster::decide::absences::{Absences, Doubt};
use crate::roster::decide::notes::{Note, Place, Problem};
use crate::roster::decide::reasons::Reason;
use crate::roster::decide::screening::{Candidate, Finding, ImportIdAs, Screened};
use crate::roster::feed::Feed;
use crate::roster::model::record::{AttributeKey, EmployeeId, Field};
use crate::roster::model::snapshot::{Employee, Inconsistent};
use crate::roster::model::text::fold_address;
use crate::roster::plan::mirror::Mirror;
use crate::roster::plan::names::Names;
use crate::roster::plan::scope::Scope;
use crate::roster::policy::mapping::RECOMMENDED;
use crate::roster::policy::name_changes::Mismatch;
use crate::roster::policy::{Policy, SupervisorAway};

/// What should be, and what a person should know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub desired: Feed,
    /// Everybody who was listed or mirrored and does not belong, with the reason.
    pub excluded: BTreeMap<EmployeeId, Reason>,
    /// Names of people who are not in but whom a reader of the plan wants to recognise: future hires and undecided people.
    pub outsiders: BTreeMap<EmployeeId, String>,
    /// Sorted.
    pub notes: Vec<Note>,
    pub grounds: Grounds,
    pub headcount: Headcount,
}

/// What a decision rests on besides people's own records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grounds {
    /// The policy as one canonical text.
    pub policy: String,
    /// The attributes that at least one record carried.
    pub readable: BTreeSet<AttributeKey>,
    /// What names stood for.
    pub names: Names,
    pub scope: Scope,
    /// Who was not decided under all of it, with what they have seen of it. None: nothing, and they keep what they had.
    pub unseen: BTreeMap<EmployeeId, Option<Scope>>,
    /// Whose address was made here, now or before.
    pub placeholders: BTreeSet<EmployeeId>,
    /// What Personio calls its attributes, where it was asked.
    pub labels: BTreeMap<AttributeKey, String>,
}

/// How many people of a listing may be in, and how many of those are undecided. Former employees do not count: every listing
/// has them, and what is known of them says nothing about the rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Headcount {
    pub people: usize,
    pub undecided: usize,
}

impl Headcount {
    /// More than a few people may be in, and all are undecided: the listing is in doubt, not the people.
    pub fn nobody_is_decided(self) -> bool {
        /// In a listing this small it may be chance.
        const FEW: usize = 3;
        self.people > FEW && self.undecided == self.people
    }
}

impl Decision {
    /// Each person who is undecided by what is known of them.
    pub fn undecided(&self) -> impl Iterator<Item = (EmployeeId, &Problem, Place)> {
        self.notes.iter().filter_map(|note| {
            let Note::Undecided { employee, problem, place } = note else { return None };
            Some((*employee, problem, *place))
        })
    }

    /// Why nothing could be decided about somebody, and where they are meanwhile.
    pub fn doubt_about(&self, id: EmployeeId) -> Option<(Problem, Place)> {
        let own = self.undecided().find(|(employee, ..)| *employee == id);
        let waits = self.outsiders.contains_key(&id) && !self.excluded.contains_key(&id);
        let nobodys = self.notes.iter().filter(|_| waits).find_map(|note| {
            let Note::NoImportIds { attribute, people: _ } = note else { return None };
            Some((Problem::NoImportId(attribute.clone()), Place::LeftOut))
        });
        own.map(|(_, problem, place)| (problem.clone(), place)).or(nobodys)
    }

    /// How many people are not in because nothing could be decided about them.
    pub fn left_out(&self) -> usize {
        let is_kept = |note: &&Note| matches!(note, Note::Undecided { place: Place::Kept, .. });
        self.notes.iter().filter(|note| !is_kept(note)).map(Note::undecided).sum()
    }
}

/// Decides about everybody. Every finding was screened against this policy and this mirror. `readable` are the attributes that
/// at least one record carried. `absences` says what is known of mirrored people without a finding; whoever is in neither was
/// not asked for, which is doubt. Fails only on a bug: an inconsistent result is never returned.
pub fn decide(
    policy: &Policy,
    mirror: &Mirror,
    findings: Vec<(EmployeeId, Finding)>,
    readable: BTreeSet<AttributeKey>,
    absences: &Absences,
) -> Result<Decision, Inconsistent> {
    let scope = policy.scope(&readable);
    let (names, labels) = (policy.names.clone(), policy.labels.clone());
    let grounds = Grounds { policy: policy.canonical(), readable, names, scope, labels, ..Grounds::default() };
    let mut sorting = Sorting::new(mirror, grounds);
    sorting.note_columns(policy);
    if !findings.is_empty() {
        sorting.note_attributes(policy);
    }
    sorting.sort(policy, findings, absences);
    sorting.settle_import_ids();
    sorting.settle_addresses();
    sorting.finish(policy)
}

/// Everybody, on the way to a verdict.
struct Sorting<'a> {
    mirror: &'a Mirror,
    grounds: Grounds,
    /// In the order of their ids.
    listed: Vec<EmployeeId>,
    /// To whom everybody listed reports at Personio; nobody where the policy does not want the next above.
    above: HashMap<EmployeeId, Field<EmployeeId>>,
    /// In the order of their ids. Whoever becomes undecided no longer counts as a candidate.
    candidates: Vec<(EmployeeId, Candidate)>,
    excluded: BTreeMap<EmployeeId, Reason>,
    undecided: BTreeMap<EmployeeId, Problem>,
    /// Folded addresses of people who left and are still listed or mirrored: a new profile with one of them may be a rehire.
    former_addresses: HashMap<Arc<str>, EmployeeId>,
    outsiders: BTreeMap<EmployeeId, String>,
    /// New profiles of people who left, each with the old one.
    returns: BTreeMap<EmployeeId, EmployeeId>,
    /// For each attribute that others have, how many candidates lack it.
    not_sent: BTreeMap<AttributeKey, usize>,
    notes: BTreeSet<Note>,
}

impl<'a> Sorting<'a> {
    fn new(mirror: &'a Mirror, grounds: Grounds) -> Self {
        Self {
            mirror,
            grounds,
            listed: Vec::new(),
            above: HashMap::new(),
            candidates: Vec::new(),
            excluded: BTreeMap::new(),
            undecided: BTreeMap::new(),
            former_addresses: HashMap::new(),
            outsiders: BTreeMap::new(),
            returns: BTreeMap::new(),
            not_sent: BTreeMap::new(),
            notes: BTreeSet::new(),
        }
    }

    fn mirrored(&self, id: EmployeeId) -> Option<&'a Arc<Employee>> {
        self.mirror.feed.people.employee(id)
    }

    fn note_columns(&mut self, policy: &Policy) {
        self.notes.extend(policy.renamed.iter().cloned().map(Note::ColumnRenamed));
        self.notes.extend(policy.mismatches.iter().cloned().map(Note::Name));
    }

    /// Notes what the credential may not read, or may no longer read.
    fn note_attributes(&mut self, policy: &Policy) {
        let readable = &self.grounds.readable;
        let asked_for = policy.attributes();
        // `connect` refuses a credential without the department, but a credential that was handed over was never checked.
        let department = [AttributeKey::DEPARTMENT].into_iter().filter(|key| asked_for.contains(*key));
        let missed = RECOMMENDED.into_iter().chain(department).filter(|key| !readable.contains(*key));
        self.notes.extend(missed.map(|key| Note::NotReleased { attribute: AttributeKey::new(key) }));
        let vanished = self.mirror.readable.difference(readable);
        let mapped = vanished.filter(|key| asked_for.contains(*key) || key.as_str() == AttributeKey::SUPERVISOR);
        self.notes.extend(mapped.map(|key| Note::AttributeWithheld { attribute: key.clone() }));
        // What was readable in the last run, or is required, has a note already.
        let is_known = |key: &AttributeKey| {
            readable.contains(key) || self.mirror.readable.contains(key) || key.as_str() == AttributeKey::DEPARTMENT
        };
        let nobodys = policy.named.iter().filter(|named| !named.is_value() && !is_known(&named.attribute));
        let nobodys = nobodys.map(|named| Mismatch::Nobody { named: named.clone(), alike: None });
        self.notes.extend(nobodys.map(Note::Name));
    }

    fn sort(&mut self, policy: &Policy, mut findings: Vec<(EmployeeId, Finding)>, absences: &Absences) {
        findings.sort_by_key(|(id, _)| *id);
        self.listed = findings.iter().map(|(id, _)| *id).collect();
        if policy.supervisor_away == SupervisorAway::Next {
            self.above = findings.iter().map(|(id, finding)| (*id, finding.supervisor.clone())).collect();
        }
        let candidates =
            findings.into_iter().filter_map(|(id, finding)| Some((id, self.candidate(id, finding.screened)?)));
        self.candidates = candidates.collect();
        self.sort_absent(absences);
    }

    /// Returns a candidate if they belong, and files everybody else by what was found.
    fn candidate(&mut self, id: EmployeeId, finding: Screened) -> Option<Candidate> {
        match finding {
            Screened::In(candidate) => {
                if candidate.import_id_as == ImportIdAs::KeptDespitePersonio {
                    self.notes.insert(Note::ImportIdKept { employee: id });
                }
                Some(candidate)
            }
            Screened::NotYet { first_day, name } => {
                if self.mirrored(id).is_some() {
                    self.notes.insert(Note::StartPostponed { employee: id, first_day });
                }
                self.outsiders.insert(id, name);
                self.excluded.insert(id, Reason::NotYet(first_day));
                None
            }
            Screened::Left { reason, address } => {
                self.remember_addresses(id, address);
                self.excluded.insert(id, reason);
                None
            }
            Screened::Out(reason) => {
                self.excluded.insert(id, reason);
                None
            }
            Screened::Unclear { problem, name } => {
                self.doubt(id, problem, name);
                None
            }
            Screened::Incomplete { missing, name, otherwise } => {
                match missing.into_iter().find(|key| self.grounds.readable.contains(key)) {
                    None => self.candidate(id, *otherwise),
                    Some(key) => {
                        self.doubt(id, Problem::NotSent(key), name);
                        None
                    }
                }
            }
        }
    }

    /// Mirrored people who are not listed.
    fn sort_absent(&mut self, absences: &Absences) {
        for employee in self.mirror.feed.people.employees() {
            let id = employee.id;
            if self.listed.binary_search(&id).is_ok() {
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

    /// Puts a candidate in doubt after a comparison with others.
    fn doubt_candidate(&mut self, id: EmployeeId, problem: Problem) {
        if let Ok(at) = self.candidates.binary_search_by_key(&id, |(id, _)| *id)
            && !self.undecided.contains_key(&id)
        {
            let name = self.candidates[at].1.name();
            self.doubt(id, problem, name);
        }
    }

    /// Notes about a newcomer: given only in the run that adds them.
    fn note_arrival(&mut self, id: EmployeeId, candidate: &Candidate) {
        if self.mirrored(id).is_some() {
            return;
        }
        if let Some(former) = self.returns.get(&id) {
            self.notes.insert(Note::Returned { employee: id, with_new_profile_after: Some(*former) });
        } else if self.mirror.departed.contains_key(&id) {
            self.notes.insert(Note::Returned { employee: id, with_new_profile_after: None });
        } else if let Some(former) = self.former_addresses.get(&candidate.email.folded()) {
            self.notes.insert(Note::Rehired { employee: id, former: *former });
        }
    }
}

/// The address itself, and what it was before Personio made room for a rehire: Personio appends an underscore and five random
/// characters to the old profile's address (support article 360001146169). The article does not say where exactly, so both
/// places count.
fn addresses_before_leaving(address: &str) -> Vec<String> {
    let address = fold_address(address.trim()).into_owned();
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
