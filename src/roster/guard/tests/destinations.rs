//! What is found at a destination, and which rules a plan breaks there.

use super::*;
use crate::roster::decide::absences::Doubt;
use crate::roster::decide::notes::{Place, Problem};
use crate::roster::feed::{Column, Columns, LineEnd, Source};

#[test]
fn a_destination_of_which_nothing_is_known_is_held_with_every_limit_since_the_mirror() {
    let cases = [
        (Case::removing(0, 3).given(FEED), vec![]),
        (Case::removing(0, 3).to(FEED, Stands::Nothing), vec!["first_delivery"]),
        (Case::removing(0, 3).to(FEED, Stands::Unknown), vec!["first_delivery"]),
        (Case::removing(0, 3).given("file:///other").to(FEED, Stands::Ours), vec!["first_delivery"]),
        // People whom the mirror has and the file lacks count, although the plan only adds.
        (Case::removing(4, 12).to(FEED, Stands::Nothing), vec!["removals", "first_delivery"]),
        (Case::renaming(11, 36).to(FEED, Stands::Nothing), vec!["field_changes", "first_delivery"]),
        // Everybody is new to the destination, but the limit on additions counts from the mirror alone.
        (Case::removing(0, 300).to(FEED, Stands::Nothing), vec!["first_delivery"]),
        (Case::adding(21, 41).to(FEED, Stands::Nothing), vec!["additions", "first_delivery"]),
    ];
    for (case, expected) in cases {
        assert_eq!(case.judged(), expected, "{:?} {:?}", case.destination, case.mirror.given);
        let starts_from_nothing = *case.proposal().plan.before() == Feed::default();
        assert_eq!(starts_from_nothing, expected.contains(&"first_delivery"), "{:?}", case.mirror.given);
    }
    let mut adopted = Case::removing(1, 12).to(FEED, Stands::Nothing);
    adopted.mirror.given = Given::Adopted;
    assert_eq!(adopted.judged(), ["first_delivery"]);
    assert_eq!(adopted.proposal().plan.counts().people.removed, 1, "what was adopted is what the plan starts from");
}

/// Whoever of them is in Honestly goes with the first file.
#[test]
fn a_first_delivery_tells_of_the_people_who_are_not_in_the_file_because_they_are_undecided() {
    let said = |places: &[Place]| {
        let mut case = Case::removing(0, 3).to(FEED, Stands::Nothing);
        let problem = || Problem::NotListed(Doubt::StillKnown);
        let notes =
            places.iter().map(|place| Note::Undecided { employee: EmployeeId(9), problem: problem(), place: *place });
        case.decision.notes = notes.collect();
        case.said().concat()
    };
    let told = "the 3 people in the file, such as 2 people of Personio who cannot be decided about; against";
    assert!(said(&[Place::LeftOut, Place::Kept, Place::LeftOut]).contains(told));
    assert!(said(&[Place::Kept]).contains("the 3 people in the file; against"));
}

#[test]
fn another_file_is_held_and_is_part_of_what_is_approved() {
    let foreign = |hash: &str| Stands::Another { hash: hash.to_owned() };
    let found = |stands: Stands| {
        let mut case = Case::removing(1, 12).given(FEED);
        case.destination = case.destination.map(|destination| Destination { stands, ..destination });
        case
    };
    assert_eq!(found(foreign("a")).judged(), ["foreign_file"]);
    assert_eq!(Case::removing(0, 3).to(FEED, foreign("a")).judged(), ["first_delivery", "foreign_file"]);
    assert_ne!(found(foreign("a")).digest(), found(foreign("b")).digest());
    // An approval still holds after Honestly took the file away.
    for alike in [Stands::Nothing, Stands::Unknown] {
        assert_eq!(found(alike.clone()).judged(), PASSES, "{alike:?}");
        assert_eq!(found(alike).digest(), found(Stands::Ours).digest());
    }
}

#[test]
fn columns_that_nobody_reviewed_are_held_where_the_destination_has_others() {
    let columns = |columns: &[(&str, Source)], line_end| {
        let column =
            |(header, source): &(&str, Source)| Column { header: (*header).to_owned(), source: source.clone() };
        Columns::new(columns.iter().map(column).collect(), line_end).unwrap()
    };
    let (id, text) = (("ImportId", Source::ImportId), Source::Constant("x".to_owned()));
    let before = [id.clone(), ("A", text.clone()), ("B", Source::Email)];
    let cases: [(&[(&str, Source)], LineEnd, &str); 5] = [
        (&[id.clone(), ("A", text.clone()), ("B", Source::Email), ("C", text.clone())], LineEnd::Lf, "new \"C\""),
        (&[id.clone(), ("A", text.clone())], LineEnd::Lf, "gone \"B\""),
        (&[id.clone(), ("A", Source::Email), ("B", text.clone())], LineEnd::Lf, "filled otherwise \"A\", \"B\""),
        // Reported, but not held.
        (&[("B", Source::Email), ("A", text.clone()), id.clone()], LineEnd::Lf, ""),
        (&before, LineEnd::CrLf, ""),
    ];
    for (after, line_end, expected) in cases {
        let mut case = Case::removing(0, 3).given(FEED);
        case.mirror.feed.columns = columns(&before, LineEnd::Lf);
        case.decision.desired.columns = columns(after, line_end);
        assert!(!case.proposal().plan.is_empty(), "{after:?}");
        let rules = Guard::default().judge(&case.proposal(), &case.evidence());
        let text: Vec<String> = rules.iter().map(Rule::to_string).collect();
        match expected {
            "" => assert_eq!(text, [""; 0], "{after:?}"),
            part => assert!(text.len() == 1 && text[0].ends_with(part), "{part}: {text:?}"),
        }
        case.destination = None;
        assert_eq!(case.judged(), PASSES, "without a destination");
    }
}

#[test]
fn a_first_delivery_tells_what_decides_and_cannot_be_read() {
    for (readable, expected) in [
        (&["email"][..], "; hire_date, termination_date, status cannot be read, so who left may be among them; "),
        (&["hire_date", "status"], "; termination_date cannot be read, so"),
        (&["hire_date", "status", "termination_date"], " 0 go and 0 change; no file is there"),
    ] {
        let mut case = Case::removing(0, 3).to(FEED, Stands::Nothing);
        case.mirror.readable.clear();
        case.decision.grounds = grounds("", readable);
        assert!(case.said()[0].contains(expected), "{:?}", case.said());
    }
}

#[test]
fn who_stands_in_a_file_is_compared_by_import_id() {
    let desired = feed(people(2..=6));
    for (file, expected) in [
        (
            Some("ImportId\n1\n2\n3\n9\n"),
            "4 people, by their import ids 2 of them would stay and 2 go, and 3 others would come",
        ),
        (Some("ImportId\n7\n"), "1 person, by their import ids 0 of them would stay and 1 go, and 5 others would come"),
        (Some("Name\nAda\n"), "it cannot be read as a feed"),
        (None, "it cannot be read as a feed"),
    ] {
        assert_eq!(Comparison::of(file.map(str::as_bytes), &desired).to_string(), expected, "{file:?}");
    }
}
