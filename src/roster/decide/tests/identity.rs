//! Who owns an import id or an address, and who is new.

use super::*;
use crate::roster::decide::notes::Unlike;

#[test]
fn an_import_id_is_given_once_and_to_one_person() {
    let number = |id: i64, number: &str| {
        let values = if number.is_empty() { Vec::new() } else { vec![text(number)] };
        with(id, "number", values)
    };
    let key = || AttributeKey::new("number");
    let policy = Policy { import_id: ImportIdSource::Attribute(key()), ..policy() };
    // 1 is in with N1; 2 was in with N2.
    let mirror = mirrored(&policy, [vec![number(1, "N1"), number(2, "N2")], vec![number(1, "N1")]]);
    let missing = || Problem::NoImportId(key());
    let contested = |other| Problem::ContestedImportId(EmployeeId(other));
    let doubt = |id, problem| vec![(id, problem, Place::LeftOut)];
    let called_as = |old, new| Record { email: Field::Known(format!("a{old}@x.de")), ..number(new, "N2") };
    type Case =
        (&'static str, Vec<Record>, Vec<(i64, &'static str)>, Vec<(i64, Problem, Place)>, Vec<(&'static str, i64)>);
    let several = || with(3, "number", vec![text("N3"), text("N4")]);
    let cases: [Case; 11] = [
        ("several", vec![number(1, "N1"), several()], vec![(1, "N1")], doubt(3, missing()), vec![]),
        ("new", vec![number(1, "N1"), number(3, " N3 ")], vec![(1, "N1"), (3, "N3")], vec![], vec![]),
        ("missing", vec![number(1, "N1"), number(3, "")], vec![(1, "N1")], doubt(3, missing()), vec![]),
        ("withheld", vec![number(1, "N1"), record(3)], vec![(1, "N1")], doubt(3, missing()), vec![]),
        ("missing from somebody who has one", vec![number(1, "")], vec![(1, "N1")], vec![], vec![]),
        ("changed", vec![number(1, "N9")], vec![(1, "N1")], vec![], vec![("import_id_kept", 1)]),
        ("another's", vec![number(1, "N1"), number(3, "N1")], vec![(1, "N1")], doubt(3, contested(1)), vec![]),
        (
            "that of somebody who left",
            vec![number(1, "N1"), number(3, "N2")],
            vec![(1, "N1")],
            doubt(3, Problem::NotSurelyBack { former: EmployeeId(2), unlike: Unlike::Address }),
            vec![],
        ),
        (
            "the same person with a new profile",
            vec![number(1, "N1"), called_as(2, 3)],
            vec![(1, "N1"), (3, "N2")],
            vec![],
            vec![("returned", 3)],
        ),
        (
            "two of them",
            vec![number(1, "N1"), called_as(2, 3), called_as(2, 4)],
            vec![(1, "N1")],
            [doubt(3, contested(2)), doubt(4, contested(2))].concat(),
            vec![],
        ),
        (
            "returns with another",
            vec![number(1, "N1"), number(2, "N8")],
            vec![(1, "N1"), (2, "N2")],
            vec![],
            vec![("import_id_kept", 2), ("returned", 2)],
        ),
    ];
    for (what, records, expected, doubts, notes) in cases {
        let decision = decided(&policy, &mirror, records);
        let import_ids: Vec<(i64, &str)> =
            decision.desired.people.employees().iter().map(|e| (e.id.0, e.import_id.as_str())).collect();
        assert_eq!(import_ids, expected, "{what}");
        assert_eq!(undecided(&decision), doubts, "{what}");
        let told: Vec<(&str, i64)> = kinds(&decision).into_iter().filter(|(kind, _)| *kind != "undecided").collect();
        assert_eq!(told, notes, "{what}");
    }
    let decision = decided(&policy, &mirror, vec![number(1, "N1"), number(3, "N5"), number(4, "N5")]);
    let both = [(3, contested(4), Place::LeftOut), (4, contested(3), Place::LeftOut)];
    assert_eq!(undecided(&decision), both, "two new people with one number");
}

#[test]
fn a_contested_address_belongs_to_whoever_is_mirrored_with_it() {
    let contested = |id, other, place| (id, Problem::ContestedEmail(EmployeeId(other)), place);
    let (kept, left_out) = (Place::Kept, Place::LeftOut);
    type Case = (&'static str, Vec<Record>, Vec<Record>, Vec<(i64, &'static str)>, Vec<(i64, Problem, Place)>);
    let cases: [Case; 7] = [
        (
            "the mirrored one keeps it",
            vec![record(2)],
            vec![called(1, "A2@x.de"), record(2)],
            vec![(2, "a2@x.de")],
            vec![contested(1, 2, left_out)],
        ),
        (
            "neither is mirrored",
            vec![],
            vec![called(1, "a@x.de"), called(2, "A@X.de"), record(3)],
            vec![(3, "a3@x.de")],
            vec![contested(1, 2, left_out), contested(2, 1, left_out)],
        ),
        (
            "two mirrored ones want a new one",
            vec![record(1), record(2)],
            vec![called(1, "n@x.de"), called(2, "n@x.de")],
            vec![(1, "a1@x.de"), (2, "a2@x.de")],
            vec![contested(1, 2, kept), contested(2, 1, kept)],
        ),
        (
            "a swap is no contest",
            vec![record(1), record(2)],
            vec![called(1, "a2@x.de"), called(2, "a1@x.de")],
            vec![(1, "a2@x.de"), (2, "a1@x.de")],
            vec![],
        ),
        // 3 stays with a3 in doubt, so 2 cannot have a3 and stays with a2, so 1 cannot have a2.
        (
            "a chain of three",
            vec![record(1), record(2), record(3)],
            vec![called(1, "a2@x.de"), called(2, "a3@x.de"), called(3, "nonsense")],
            vec![(1, "a1@x.de"), (2, "a2@x.de"), (3, "a3@x.de")],
            vec![contested(1, 2, kept), contested(2, 3, kept), (3, Problem::NotAnAddress, kept)],
        ),
        (
            "whoever left claims nothing",
            vec![],
            vec![gone(called(1, "a@x.de")), called(2, "a@x.de")],
            vec![(2, "a@x.de")],
            vec![],
        ),
        (
            "a leaver's address is free at once",
            vec![record(1)],
            vec![gone(record(1)), called(2, "a1@x.de")],
            vec![(2, "a1@x.de")],
            vec![],
        ),
    ];
    for (what, before, now, expected, doubts) in cases {
        let mirror = mirrored(&policy(), [before]);
        let decision = decided(&policy(), &mirror, now);
        let addresses: Vec<(i64, &str)> =
            decision.desired.people.employees().iter().map(|e| (e.id.0, e.email.as_str())).collect();
        assert_eq!(addresses, expected, "{what}");
        assert_eq!(undecided(&decision), doubts, "{what}");
    }
}

#[test]
fn a_new_profile_with_the_address_of_a_leaver_is_told_as_a_rehire() {
    let rehired = [("rehired", 2)];
    let cases: [(&str, Vec<Record>, Vec<Record>, &[(&str, i64)]); 7] = [
        ("the same address", vec![], vec![gone(called(1, "ada@x.de")), called(2, "Ada@x.de")], &rehired),
        ("marked at the end", vec![], vec![gone(called(1, "ada@x.de_1a2b3")), called(2, "ada@x.de")], &rehired),
        ("marked before the @", vec![], vec![gone(called(1, "ada_1a2b3@x.de")), called(2, "ada@x.de")], &rehired),
        (
            "mirrored under it",
            vec![called(1, "ada@x.de")],
            vec![gone(called(1, "x@x.de")), called(2, "ada@x.de")],
            &rehired,
        ),
        ("mirrored and absent", vec![called(1, "ada@x.de")], vec![called(2, "ada@x.de")], &rehired),
        ("another address", vec![], vec![gone(called(1, "ada_1a2b3c@x.de")), called(2, "ada@x.de")], &[]),
        ("already in", vec![called(2, "ada@x.de")], vec![gone(called(1, "ada@x.de")), called(2, "ada@x.de")], &[]),
    ];
    for (what, before, now, notes) in cases {
        let mirror = mirrored(&policy(), [before]);
        let decision = decided(&policy(), &mirror, now);
        assert_eq!(kinds(&decision), notes, "{what}");
        assert_eq!(decision.desired.people.employees().len(), 1, "{what}");
        assert_eq!(decision.desired.people.employees()[0].import_id.as_str(), "2", "{what}");
    }
}
