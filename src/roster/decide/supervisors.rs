//! Reporting lines: everybody's supervisor among the people who will be in.
//!
//! Its law: every supervisor is in, and nobody reports to themself through others. Honestly shows survey results along these
//! lines, so a wrong line is worse than none: an impossible supervisor is left out, with a note.

use std::collections::BTreeMap;

use crate::roster::decide::notes::Note;
use crate::roster::model::record::EmployeeId;

/// To whom somebody reports, and who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Nobody,
    /// Personio says it now.
    Stated(EmployeeId),
    /// Kept from the mirror, because Personio's statement cannot be read.
    Kept(EmployeeId),
}

/// Settles the links of everybody who will be in, sorted by id; the supervisors are returned in the same order.
pub fn settle(links: &[(EmployeeId, Link)]) -> (Vec<Option<EmployeeId>>, Vec<Note>) {
    let mut notes = Vec::new();
    let mut not_in: BTreeMap<EmployeeId, usize> = BTreeMap::new();
    // By place, so that following a line upwards needs no search.
    let mut supervisors: Vec<Option<usize>> = Vec::with_capacity(links.len());
    for (_, link) in links {
        let supervisor = match link {
            Link::Nobody => None,
            Link::Stated(supervisor) | Link::Kept(supervisor) => Some(*supervisor),
        };
        let place = supervisor.and_then(|supervisor| place_of(links, supervisor));
        if let (Some(supervisor), None) = (supervisor, place) {
            *not_in.entry(supervisor).or_default() += 1;
        }
        supervisors.push(place);
    }
    notes.extend(not_in.into_iter().map(|(supervisor, people)| Note::SupervisorNotIn { supervisor, people }));
    for cycle in cycles(&supervisors) {
        // What Personio now states closed the circle; the kept links alone were fine.
        let is_stated = |place: &usize| matches!(links[*place].1, Link::Stated(_));
        let stated: Vec<usize> = cycle.iter().copied().filter(is_stated).collect();
        for place in if stated.is_empty() { cycle } else { stated } {
            notes.push(Note::SupervisorCycle { employee: links[place].0 });
            supervisors[place] = None;
        }
    }
    (supervisors.into_iter().map(|place| place.map(|place| links[place].0)).collect(), notes)
}

fn place_of(links: &[(EmployeeId, Link)], id: EmployeeId) -> Option<usize> {
    links.binary_search_by_key(&id, |(id, _)| *id).ok()
}

/// The cycles of a relation in which everybody has at most one successor.
fn cycles(successor: &[Option<usize>]) -> Vec<Vec<usize>> {
    const NONE: usize = 0;
    // The walk that passed here, counted from one.
    let mut walked = vec![NONE; successor.len()];
    let mut cycles = Vec::new();
    for start in 0..successor.len() {
        let walk = start + 1;
        let mut next = Some(start);
        while let Some(place) = next.filter(|place| walked[*place] == NONE) {
            walked[place] = walk;
            next = successor[place];
        }
        if let Some(again) = next.filter(|place| walked[*place] == walk) {
            let onwards = std::iter::successors(successor[again], |place| successor[*place]);
            cycles.push(std::iter::once(again).chain(onwards.take_while(|place| *place != again)).collect());
        }
    }
    cycles
}

#[cfg(test)]
mod tests;
