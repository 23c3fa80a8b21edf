//! What only one person can have: an import id or an address.
//!
//! Its law for addresses: whoever is mirrored with one keeps it. If nobody is, nobody gets it, so the order of records never
//! matters.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::roster::decide::Sorting;
use crate::roster::decide::claims::Claims;
use crate::roster::decide::notes::Problem;
use crate::roster::decide::screening::ImportIdAs;
use crate::roster::model::record::EmployeeId;
use crate::roster::model::text::skeleton;

impl Sorting<'_> {
    /// A new person gets an import id only if no other newcomer, mirrored or departed person has it, or one that looks nearly
    /// the same: Honestly, or whoever looks, would take the two for one. Whoever left and is back has a new profile, and their own
    /// import id.
    pub(super) fn settle_import_ids(&mut self) {
        let newcomers = || self.candidates.iter().filter(|(_, candidate)| candidate.import_id_as == ImportIdAs::New);
        let mut claims: Claims<Cow<'_, str>> = Claims::default();
        for (id, candidate) in newcomers() {
            claims.add(skeleton(candidate.import_id.as_str()), *id);
        }
        if claims.is_empty() {
            return;
        }
        let mut holders: HashMap<Cow<'_, str>, EmployeeId> = HashMap::new();
        let mirrored = self.mirror.feed.people.employees().iter().map(|employee| (employee.id, &employee.import_id));
        let departed = self.mirror.departed.iter().map(|(id, departed)| (*id, &departed.import_id));
        for (id, import_id) in mirrored.chain(departed) {
            let import_id = skeleton(import_id.as_str());
            if claims.has(&*import_id) {
                holders.entry(import_id).or_insert(id);
            }
        }
        let contested: Vec<_> = newcomers()
            .filter_map(|(id, candidate)| {
                let import_id = skeleton(candidate.import_id.as_str());
                match (holders.get(&*import_id).copied(), claims.besides(&*import_id, *id)) {
                    (None, None) => None,
                    (Some(holder), None) => Some((*id, self.is_back(candidate, holder))),
                    (Some(other), Some(_)) | (None, Some(other)) => Some((*id, Err(Problem::ContestedImportId(other)))),
                }
            })
            .collect();
        for (id, verdict) in contested {
            match verdict {
                Ok(former) => drop(self.returns.insert(id, former)),
                Err(problem) => self.doubt_candidate(id, problem),
            }
        }
    }

    /// One address, one person: whoever is mirrored with it keeps it; if nobody is, nobody gets it. A mirrored person in doubt
    /// returns to their old address, which may contest another one, so this goes on until nothing is contested.
    pub(super) fn settle_addresses(&mut self) {
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
}
