//! Reporting lines as a table.

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
        let (supervisors, notes) = settle(&links);
        let told: Vec<i64> = supervisors.iter().map(|supervisor| supervisor.map_or(0, |id| id.0)).collect();
        assert_eq!(told, expected, "{links:?}");
        let emptied = links.iter().zip(&supervisors).filter(|((_, link), to)| *link != Nobody && to.is_none()).count();
        let told = notes.iter().map(|note| if let Note::SupervisorNotIn { people, .. } = note { *people } else { 1 });
        assert_eq!(told.sum::<usize>(), emptied, "everybody who lost one is told: {links:?}");
    }
}
