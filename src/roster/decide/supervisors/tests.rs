//! Reporting lines as a table, and the law of those that pass over people who are not in.

use proptest::prelude::*;

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
        let links: Vec<_> = (1..).map(EmployeeId).zip(links.iter().copied()).collect();
        let (supervisors, notes) = settle(&links, |_| Field::Blank, |_| None);
        let told: Vec<i64> = supervisors.iter().map(|supervisor| supervisor.map_or(0, |id| id.0)).collect();
        assert_eq!(told, expected, "{links:?}");
        let emptied = links.iter().zip(&supervisors).filter(|((_, link), to)| *link != Nobody && to.is_none()).count();
        let told = notes.iter().map(|note| if let Note::SupervisorNotIn { people, .. } = note { *people } else { 1 });
        assert_eq!(told.sum::<usize>(), emptied, "everybody who lost one is told: {links:?}");
    }
}

/// In the place of somebody above: nobody can read who it is.
const UNREADABLE: i64 = -1;

fn above_of(above: &[(i64, i64)], away: EmployeeId) -> Field<EmployeeId> {
    match above.iter().find(|(one, _)| EmployeeId(*one) == away) {
        None => Field::Blank,
        Some((_, UNREADABLE)) => Field::Withheld,
        Some((_, up)) => Field::Known(EmployeeId(*up)),
    }
}

#[test]
fn whoever_reports_to_somebody_away_reports_to_the_next_above() {
    use Link::{Kept, Nobody, Stated};
    let id = EmployeeId;
    // Links of the people 1, 2, 3; who is above 8 and 9, who are not in; the supervisors, where 0 is none.
    let cases: [(&[Link], &[(i64, i64)], &[i64]); 9] = [
        (&[Nobody, Stated(id(9)), Kept(id(9))], &[(9, 1)], &[0, 1, 1]),
        (&[Nobody, Stated(id(9)), Nobody], &[(9, 8), (8, 1)], &[0, 1, 0]),
        (&[Nobody, Stated(id(9)), Nobody], &[(9, 8)], &[0, 0, 0]),
        (&[Nobody, Stated(id(9)), Nobody], &[(9, 8), (8, 9)], &[0, 0, 0]),
        // Their own report is above them: the line that is whole stays.
        (&[Stated(id(2)), Stated(id(9)), Nobody], &[(9, 1)], &[2, 0, 0]),
        (&[Nobody, Stated(id(9)), Nobody], &[(9, 2)], &[0, 0, 0]),
        (&[Stated(id(9)), Stated(id(8)), Nobody], &[(9, 2), (8, 1)], &[0, 0, 0]),
        // Whose supervisor cannot be read: the line that is there stays.
        (&[Nobody, Stated(id(9)), Nobody], &[(9, UNREADABLE)], &[0, 3, 0]),
        (&[Nobody, Stated(id(9)), Nobody], &[(9, 8), (8, UNREADABLE)], &[0, 3, 0]),
    ];
    for (links, above, expected) in cases {
        let links: Vec<_> = (1..).map(EmployeeId).zip(links.iter().copied()).collect();
        let (supervisors, notes) = settle(&links, |away| above_of(above, away), |_| Some(id(3)));
        for note in notes {
            let Note::SupervisorNotIn { next: Some(next), people, .. } = note else { continue };
            let sent = supervisors.iter().filter(|supervisor| **supervisor == Some(next)).count();
            assert!(people <= sent, "only whoever is sent so is told: {links:?} {above:?}");
        }
        let told: Vec<i64> = supervisors.iter().map(|supervisor| supervisor.map_or(0, |id| id.0)).collect();
        assert_eq!(told, expected, "{links:?} {above:?}");
    }
}

proptest! {
    #[test]
    fn nobody_reports_to_somebody_away_or_in_a_circle_and_whole_lines_stay(
        people in proptest::collection::vec(proptest::option::of((any::<bool>(), 1_i64..9)), 5),
        above in proptest::collection::btree_map(6_i64..9, 1_i64..10, 0..4),
    ) {
        let link = |link: &Option<(bool, i64)>| match link {
            None => Link::Nobody,
            Some((true, to)) => Link::Stated(EmployeeId(*to)),
            Some((false, to)) => Link::Kept(EmployeeId(*to)),
        };
        let links: Vec<_> = (1..).map(EmployeeId).zip(people.iter().map(link)).collect();
        let (empty, _) = settle(&links, |_| Field::Blank, |_| None);
        let above: Vec<(i64, i64)> = above.into_iter().map(|(one, up)| (one, if up == 9 { UNREADABLE } else { up })).collect();
        let (next, _) = settle(&links, |away| above_of(&above, away), |id| Some(EmployeeId(id.0 % 5 + 1)));
        for (at, (id, link)) in links.iter().enumerate() {
            let mut line = vec![*id];
            while let Some(up) = place_of(&links, line[line.len() - 1]).and_then(|place| next[place]) {
                prop_assert!(place_of(&links, up).is_some(), "{up} is not in");
                prop_assert!(!line.contains(&up), "{line:?} goes in a circle");
                line.push(up);
            }
            if let Link::Stated(to) | Link::Kept(to) = link
                && place_of(&links, *to).is_some()
            {
                prop_assert_eq!(next[at], empty[at], "{} reports to somebody who is in", id);
            }
        }
    }
}
