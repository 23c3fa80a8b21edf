//! Reporting lines: everybody's supervisor among the people who will be in.
//!
//! Its law: every supervisor is in, and nobody reports to themself through others. Honestly shows survey results along these
//! lines, so a wrong line is worse than none: an impossible supervisor is left out, with a note. Where the policy wants it, whoever
//! reports to somebody who is listed and not in reports to the next above who is; that changes nobody whose supervisor is in.

use std::collections::{BTreeMap, BTreeSet};

use crate::roster::decide::notes::Note;
use crate::roster::model::record::{EmployeeId, Field};

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
/// whom somebody reports who is not in; it is blank where nobody takes their place. Where that cannot be read, the line of `kept` stays.
pub fn settle(
    links: &[(EmployeeId, Link)],
    above: impl Fn(EmployeeId) -> Field<EmployeeId>,
    kept: impl Fn(EmployeeId) -> Option<EmployeeId>,
) -> (Vec<Option<EmployeeId>>, Vec<Note>) {
    let mut nexts: BTreeMap<EmployeeId, Field<usize>> = BTreeMap::new();
    // By place, so that following a line upwards needs no search.
    let mut supervisors: Vec<Option<(usize, Strength)>> = Vec::with_capacity(links.len());
    // Whose supervisor is away, by the place of whoever reports to them.
    let mut away: Vec<(usize, EmployeeId)> = Vec::new();
    for (id, link) in links {
        let (supervisor, strength) = match link {
            Link::Nobody => {
                supervisors.push(None);
                continue;
            }
            Link::Stated(supervisor) => (*supervisor, Strength::Stated),
            Link::Kept(supervisor) => (*supervisor, Strength::Kept),
        };
        let climbed = || nexts.entry(supervisor).or_insert_with(|| next_above(links, &above, supervisor)).clone();
        let place = place_of(links, supervisor);
        supervisors.push(match place.map_or_else(climbed, Field::Known) {
            Field::Known(next) if place.is_some() => Some((next, strength)),
            Field::Withheld => kept(*id).and_then(|kept| place_of(links, kept)).map(|place| (place, Strength::Climbed)),
            next @ (Field::Known(_) | Field::Blank) => {
                away.push((supervisors.len(), supervisor));
                next.known().map(|next| (next, Strength::Climbed))
            }
        });
    }
    let successors: Vec<Option<usize>> = supervisors.iter().map(|link| link.map(|(place, _)| place)).collect();
    let mut cut: BTreeSet<usize> = BTreeSet::new();
    for cycle in cycles(&successors) {
        let strength = |place: &usize| supervisors[*place].map(|(_, strength)| strength);
        let weakest = cycle.iter().map(strength).min();
        cut.extend(cycle.into_iter().filter(|place| Some(strength(place)) == weakest));
    }
    for place in &cut {
        supervisors[*place] = None;
    }
    // Of those whose line closed a circle, that is what there is to say.
    let mut people: BTreeMap<(EmployeeId, Option<EmployeeId>), usize> = BTreeMap::new();
    for (place, supervisor) in away.into_iter().filter(|(place, _)| !cut.contains(place)) {
        let next = supervisors[place].map(|(next, _)| links[next].0);
        *people.entry((supervisor, next)).or_default() += 1;
    }
    let away =
        people.into_iter().map(|((supervisor, next), people)| Note::SupervisorNotIn { supervisor, people, next });
    let circles = cut.iter().map(|place| Note::SupervisorCycle { employee: links[*place].0 });
    let notes = away.chain(circles).collect();
    (supervisors.into_iter().map(|link| link.map(|(place, _)| links[place].0)).collect(), notes)
}

fn place_of(links: &[(EmployeeId, Link)], id: EmployeeId) -> Option<usize> {
    links.binary_search_by_key(&id, |(id, _)| *id).ok()
}

/// Who is in and next above somebody who is not. Nobody where Personio's own line ends before, or goes in a circle; not known where
/// it cannot be read.
fn next_above(
    links: &[(EmployeeId, Link)],
    above: impl Fn(EmployeeId) -> Field<EmployeeId>,
    away: EmployeeId,
) -> Field<usize> {
    let mut passed = BTreeSet::from([away]);
    let mut at = away;
    loop {
        let next = match above(at) {
            Field::Known(next) => next,
            Field::Blank => return Field::Blank,
            Field::Withheld => return Field::Withheld,
        };
        match place_of(links, next) {
            Some(place) => return Field::Known(place),
            None if passed.insert(next) => at = next,
            None => return Field::Blank,
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
