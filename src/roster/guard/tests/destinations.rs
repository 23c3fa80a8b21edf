//! What is found at a destination, and which rules a plan breaks there.

use super::*;
use crate::roster::decide::absences::Doubt;
use crate::roster::decide::notes::{Place, Problem};
use crate::roster::feed::{Column, Columns, LineEnd, Source};
use crate::roster::voice::Told;

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
fn another_file_is_held_also_once_it_is_gone_and_is_part_of_what_is_approved() {
    let foreign = |hash: &str| Stands::Another { hash: hash.to_owned() };
    let known = || Case::removing(1, 12).given(FEED);
    let stood = |stands, others| known().with_others(FEED, stands, others);
    let (readable, closed) = (other("a", Some(&[("3", "Ada Lovelace"), ("99", "Eva")])), other("b", None));
    let nobody = other("c", Some(&[]));
    let answered = OtherFile { answered_by: Some(7), ..readable.clone() };
    let plain = known().digest();
    assert_eq!(Case::removing(0, 3).to(FEED, foreign("a")).judged(), ["first_delivery", "foreign_file"]);
    for (others, held) in [
        (vec![readable.clone()], true),
        (vec![closed.clone()], true),
        (vec![readable.clone(), closed.clone()], true),
        (vec![answered.clone(), closed.clone()], true),
        (vec![nobody.clone()], false),
        (vec![answered], false),
    ] {
        // An approval still holds after Honestly took the file away.
        let there = stood(foreign("a"), others.clone());
        for stands in [foreign("a"), Stands::Nothing, Stands::Unknown, Stands::Ours, Stands::Part, Stands::Empty] {
            let case = stood(stands, others.clone());
            assert_eq!(case.judged(), if held { &["foreign_file"][..] } else { &PASSES }, "{others:?}");
            assert_eq!((case.digest(), case.digest() == plain), (there.digest(), !held), "{others:?}");
        }
    }
    let one = |hash| stood(Stands::Nothing, vec![other(hash, None)]).digest();
    let both = stood(Stands::Nothing, vec![readable.clone(), closed.clone()]);
    assert_ne!(one("a"), one("b"));
    assert!(both.digest() != one("a") && both.digest() != one("b"));
    for (case, expected) in [
        (
            stood(foreign("a"), vec![readable.clone()]),
            "has a file that no run left there: 2 people, by their import ids 1 would stay, 1 would be removed and ",
        ),
        (
            stood(Stands::Nothing, vec![readable]),
            "had a file that no run left there and that Honestly may have: 2 people, ",
        ),
        (both, "has or had 2 files that no run left there: 2 people, "),
        (stood(foreign("b"), vec![closed]), "has a file that no run left there: it cannot be read as a feed"),
    ] {
        assert!(case.said()[0].contains(expected), "{:?}", case.said());
    }
}

#[test]
fn a_first_delivery_tells_what_stands_there_unless_the_rule_about_other_files_does() {
    let first = |stands, others| Case::removing(0, 3).with_others(FEED, stands, others).said();
    assert!(first(Stands::Empty, vec![other("c", Some(&[]))])[0].ends_with("; the file there has nobody in it"));
    let ours = first(Stands::Ours, vec![other("a", None)]);
    assert!(ours.len() == 2 && ours[0].ends_with("may be among them"), "{ours:?}");
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
        (&[id.clone(), ("A", Source::Email), ("B", text.clone())], LineEnd::Lf, "filled otherwise \"A\" and \"B\""),
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
        let text: Vec<String> = rules.iter().map(Told::logged).collect();
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
        (&["email"][..], "; hire_date, termination_date and status cannot be read, so who left may be among them; "),
        (&["hire_date", "status"], "; termination_date cannot be read, so"),
        (&["hire_date", "status", "termination_date"], " 0 removed and 0 changed; no file is there"),
    ] {
        let mut case = Case::removing(0, 3).to(FEED, Stands::Nothing);
        case.mirror.readable.clear();
        case.decision.grounds = grounds("", readable);
        assert!(case.said()[0].contains(expected), "{:?}", case.said());
    }
}
