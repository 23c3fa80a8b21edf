//! Reporting lines: everybody's supervisor among the people who will be in.
//!
//! Its law: every supervisor is in, and nobody reports to themself through others. Honestly shows survey results along these
//! lines, so a wrong one is worse than none: what cannot be is left empty, with a note.

use std::collections::{BTreeMap, BTreeSet};

use super::record::EmployeeId;
use super::verdict::Note;

/// To whom somebody reports, and who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Nobody,
    /// Personio says it now.
    Stated(EmployeeId),
    /// Kept from the mirror, because Personio's word cannot be read.
    Kept(EmployeeId),
}

/// Settles the links of everybody who will be in.
pub fn settle(links: &BTreeMap<EmployeeId, Link>) -> (BTreeMap<EmployeeId, Option<EmployeeId>>, Vec<Note>) {
    let mut notes = Vec::new();
    let mut supervisors: BTreeMap<EmployeeId, Option<EmployeeId>> = BTreeMap::new();
    for (id, link) in links {
        let supervisor = match link {
            Link::Nobody => None,
            Link::Stated(supervisor) | Link::Kept(supervisor) => Some(*supervisor),
        };
        let is_in = supervisor.filter(|supervisor| links.contains_key(supervisor));
        if let (Some(supervisor), None) = (supervisor, is_in) {
            notes.push(Note::SupervisorNotIn { employee: *id, supervisor });
        }
        supervisors.insert(*id, is_in);
    }
    for cycle in cycles(&supervisors) {
        // What Personio states now closed the circle; what is kept was fine without it.
        let is_stated = |id: &EmployeeId| matches!(links[id], Link::Stated(_));
        let stated: Vec<EmployeeId> = cycle.iter().copied().filter(is_stated).collect();
        for id in if stated.is_empty() { cycle } else { stated } {
            notes.push(Note::SupervisorCycle { employee: id });
            supervisors.insert(id, None);
        }
    }
    (supervisors, notes)
}

/// The cycles of a relation in which everybody has at most one successor.
fn cycles(successor: &BTreeMap<EmployeeId, Option<EmployeeId>>) -> Vec<Vec<EmployeeId>> {
    let mut done: BTreeSet<EmployeeId> = BTreeSet::new();
    let mut cycles = Vec::new();
    for start in successor.keys() {
        let mut path: Vec<EmployeeId> = Vec::new();
        let mut on_path: BTreeSet<EmployeeId> = BTreeSet::new();
        let mut next = Some(*start).filter(|id| !done.contains(id));
        while let Some(id) = next {
            path.push(id);
            on_path.insert(id);
            next = successor.get(&id).copied().flatten().filter(|id| !done.contains(id));
            if let Some(again) = next.filter(|id| on_path.contains(id)) {
                cycles.push(path.iter().copied().skip_while(|id| *id != again).collect());
                break;
            }
        }
        done.extend(on_path);
    }
    cycles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_left_empty() {
        use Link::{Kept, Nobody, Stated};
        let id = EmployeeId;
        let cases: [(&[Link], &[i64]); 8] = [
            // Links of the people 1, 2, 3; their supervisors, where 0 is none.
            (&[Nobody, Stated(id(1)), Kept(id(2))], &[0, 1, 2]),
            (&[Stated(id(9)), Kept(id(9)), Stated(id(2))], &[0, 0, 2]),
            (&[Stated(id(1)), Nobody, Nobody], &[0, 0, 0]),
            (&[Stated(id(2)), Stated(id(1)), Stated(id(1))], &[0, 0, 1]),
            (&[Kept(id(2)), Stated(id(1)), Stated(id(2))], &[2, 0, 2]),
            (&[Kept(id(2)), Kept(id(1)), Nobody], &[0, 0, 0]),
            (&[Stated(id(2)), Stated(id(3)), Stated(id(1))], &[0, 0, 0]),
            (&[Stated(id(2)), Stated(id(3)), Stated(id(2))], &[2, 0, 0]),
        ];
        for (links, expected) in cases {
            let links: BTreeMap<_, _> = (1..).map(EmployeeId).zip(links.iter().copied()).collect();
            let (supervisors, notes) = settle(&links);
            let told: Vec<i64> = supervisors.values().map(|supervisor| supervisor.map_or(0, |id| id.0)).collect();
            assert_eq!(told, expected, "{links:?}");
            let emptied = links.iter().filter(|(id, link)| **link != Nobody && supervisors[*id].is_none()).count();
            assert_eq!(notes.len(), emptied, "a note for everybody who lost one: {links:?}");
        }
    }
}
