//! Reporting lines: everybody's supervisor among the people who will be in.
//!
//! Its law: every supervisor is in, and nobody reports to themself through others. Honestly shows survey results along these
//! lines, so a wrong line is worse than none: an impossible supervisor is left out, with a note. Where the policy wants it, whoever
//! reports to somebody who is listed and not in reports to the next above who is; that changes nobody whose supervisor is in.

use std::collections::{BTreeMap, BTreeSet};

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

/// What a link rests on, the weakest first: of a circle only the weakest are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    /// Passes over somebody who is not in.
    Climbed,
    /// What Personio states now may close a circle; the kept links alone were fine.
    Stated,
    Kept,
}

/// Settles the links of everybody who will be in, sorted by id; the supervisors are returned in the same order. `above` says to
/// whom somebody reports who is not in; nobody where nobody takes their place.
pub fn settle(
    links: &[(EmployeeId, Link)],
    above: impl Fn(EmployeeId) -> Option<EmployeeId>,
) -> (Vec<Option<EmployeeId>>, Vec<Note>) {
    let mut away: BTreeMap<EmployeeId, (usize, Option<usize>)> = BTreeMap::new();
    // By place, so that following a line upwards needs no search.
    let mut supervisors: Vec<Option<(usize, Strength)>> = Vec::with_capacity(links.len());
    for (_, link) in links {
        let (supervisor, strength) = match link {
            Link::Nobody => {
                supervisors.push(None);
                continue;
            }
            Link::Stated(supervisor) => (*supervisor, Strength::Stated),
            Link::Kept(supervisor) => (*supervisor, Strength::Kept),
        };
        supervisors.push(match place_of(links, supervisor) {
            Some(place) => Some((place, strength)),
            None => {
                let (people, next) =
                    away.entry(supervisor).or_insert_with(|| (0, next_above(links, &above, supervisor)));
                *people += 1;
                next.map(|place| (place, Strength::Climbed))
            }
        });
    }
    let note = |(supervisor, (people, next)): (EmployeeId, (usize, Option<usize>))| {
        let next = next.map(|place| links[place].0);
        Note::SupervisorNotIn { supervisor, people, next }
    };
    let mut notes: Vec<Note> = away.into_iter().map(note).collect();
    let successors: Vec<Option<usize>> = supervisors.iter().map(|link| link.map(|(place, _)| place)).collect();
    for cycle in cycles(&successors) {
        let strength = |place: &usize| supervisors[*place].map(|(_, strength)| strength);
        let weakest = cycle.iter().map(strength).min();
        let cut: Vec<usize> = cycle.into_iter().filter(|place| Some(strength(place)) == weakest).collect();
        for place in cut {
            notes.push(Note::SupervisorCycle { employee: links[place].0 });
            supervisors[place] = None;
        }
    }
    (supervisors.into_iter().map(|link| link.map(|(place, _)| links[place].0)).collect(), notes)
}

fn place_of(links: &[(EmployeeId, Link)], id: EmployeeId) -> Option<usize> {
    links.binary_search_by_key(&id, |(id, _)| *id).ok()
}

/// Who is in and next above somebody who is not. Nobody where Personio's own line ends before, or goes in a circle.
fn next_above(
    links: &[(EmployeeId, Link)],
    above: impl Fn(EmployeeId) -> Option<EmployeeId>,
    away: EmployeeId,
) -> Option<usize> {
    let mut passed = BTreeSet::from([away]);
    let mut next = above(away)?;
    loop {
        match place_of(links, next) {
            Some(place) => return Some(place),
            None if passed.insert(next) => next = above(next)?,
            None => return None,
        }
    }
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
