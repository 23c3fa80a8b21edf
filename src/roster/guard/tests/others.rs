//! Other files: what a look tells of them, how long they are remembered, and who of them would go.

use super::world::{bytes, closed, delivery, file, memory, mirror_of, noon, set_out};
use super::*;
use crate::hash::sha256;
use crate::roster::plan::mirror::Writing;
use crate::roster::voice::Told;

/// What is remembered after looks at the same destination, one after the other, each at this mirror.
fn remembered(memory: &Memory, looks: &[(&Mirror, Finding<'_>)]) -> Vec<String> {
    let mut memory = memory.clone();
    for (mirror, finding) in looks {
        let settlement = Settlement::of(mirror, &memory, *finding, Leftover::None, noon());
        memory.learn(&settlement);
    }
    memory.others.into_iter().map(|other| other.hash).collect()
}

#[test]
fn another_file_is_remembered_until_our_own_stands_there_again_untouched() {
    let (ours, eva, nobody) = (bytes(1..=3), bytes(5..=6), b"ImportId\n");
    let (known, mirror) = (memory(Some(delivery(&ours))), mirror_of(1..=3));
    let at = |modified, bytes| Finding::File(FoundFile { size: 9, modified, bytes: Some(bytes) });
    let (own, touched, untold) = (at(Some(1), &ours), at(Some(2), &ours), at(None, &ours));
    let (unknown, nobodys) =
        (Mirror { given: Given::Unknown, ..mirror.clone() }, Mirror { given: Given::Nobody, ..mirror.clone() });
    let untimed = memory(Some(Delivery { modified: None, ..delivery(&ours) }));
    let (e, n) = (sha256(&eva), sha256(nobody));
    let mut both = vec![e.clone(), n.clone()];
    both.sort();
    for (known, looks, expected) in [
        (&known, vec![(&mirror, own)], vec![]),
        (&known, vec![(&mirror, Finding::Nothing), (&mirror, Finding::Unknown)], vec![]),
        (&known, vec![(&mirror, file(&eva))], vec![e.clone()]),
        (&known, vec![(&mirror, file(nobody))], vec![n]),
        (&known, vec![(&mirror, file(&eva)), (&mirror, file(nobody)), (&mirror, file(&eva))], both),
        (&known, vec![(&unknown, file(&eva))], vec![e.clone()]),
        (&memory(None), vec![(&nobodys, file(&eva))], vec![e.clone()]),
        (&known, vec![(&mirror, closed(0, None))], vec!["0 bytes".to_owned()]),
        // Gone, or ours by its bytes alone: Honestly may have it.
        (&known, vec![(&mirror, file(&eva)), (&mirror, Finding::Nothing)], vec![e.clone()]),
        (&known, vec![(&mirror, file(&eva)), (&mirror, Finding::Unknown)], vec![e.clone()]),
        (&known, vec![(&mirror, file(&eva)), (&mirror, touched)], vec![e.clone()]),
        (&known, vec![(&mirror, file(&eva)), (&mirror, untold)], vec![e.clone()]),
        (&known, vec![(&mirror, file(&eva)), (&mirror, closed(ours.len(), Some(1)))], vec![e.clone()]),
        (&untimed, vec![(&mirror, file(&eva)), (&mirror, untold)], vec![e.clone()]),
        (&known, vec![(&mirror, file(&eva)), (&unknown, own)], vec![e.clone()]),
        (&known, vec![(&mirror, file(&eva)), (&mirror, own)], vec![]),
        (&known, vec![(&mirror, file(&eva)), (&mirror, file(nobody)), (&mirror, own)], vec![]),
    ] {
        assert_eq!(remembered(known, &looks), expected, "{looks:?}");
    }
    // A file of ours that was sent since, as a repair does, proves nothing.
    let mut repaired = known.clone();
    repaired.learn(&Settlement::of(&mirror, &known, file(&eva), Leftover::None, noon()));
    repaired.last = Some(Delivery { modified: Some(2), ..delivery(&ours) });
    assert_eq!(remembered(&repaired, &[(&mirror, touched)]), [e]);
}

#[test]
fn another_file_ends_with_the_feed_that_was_approved_over_it_and_comes_back_where_that_is_undone() {
    let (ours, first, second) = (bytes(1..=3), bytes(1..=4), bytes(1..=5));
    let one = set_out(&mirror_of(1..=3), 1, Writing::Aside, 1..=4);
    let two = set_out(&one, 2, Writing::Aside, 1..=5);
    let answered = |run| OtherFile { answered_by: run, ..other(&format!("{run:?}"), None) };
    let others = vec![answered(None), answered(Some(1)), answered(Some(2))];
    let known = Memory { others, ..memory(Some(delivery(&ours))) };
    for (finding, leftover, expected) in [
        (Finding::Nothing, Leftover::None, &[("None", None), ("Some(1)", Some(1)), ("Some(2)", Some(2))][..]),
        (file(&first), Leftover::None, &[("None", None), ("Some(2)", Some(2))]),
        (file(&first), Leftover::Withdrawn, &[("None", None), ("Some(2)", None)]),
        (file(&second), Leftover::None, &[("None", None)]),
        (file(&ours), Leftover::Withdrawn, &[("None", None), ("Some(1)", None), ("Some(2)", None)]),
    ] {
        let mut known = known.clone();
        known.learn(&Settlement::of(&two, &known, finding, leftover, noon()));
        let now: Vec<_> = known.others.iter().map(|other| (other.hash.as_str(), other.answered_by)).collect();
        assert_eq!(now, expected, "{finding:?} {leftover:?}");
    }
    // Seen again after that feed set out, it is a question again.
    let mut again = Memory { others: vec![OtherFile { answered_by: Some(2), ..other(&sha256(b"x"), None) }], ..known };
    again.learn(&Settlement::of(&two, &again, file(b"x"), Leftover::None, noon()));
    assert_eq!(again.others.iter().map(|other| other.answered_by).collect::<Vec<_>>(), [None]);
}

#[test]
fn who_is_in_other_files_is_compared_by_import_id_and_name() {
    let desired = feed(people(2..=6));
    let named = "Lastname,ImportId,Firstname\n";
    for (files, said, other_name, go) in [
        (
            vec!["ImportId\n1\n2\n3\n9\n"],
            "4 people, by their import ids 2 would stay, 2 would be removed and 3 others would be added",
            vec![],
            vec!["1 ", "9 "],
        ),
        (
            vec!["ImportId\n7\n"],
            "1 person, by their import ids 0 would stay, 1 would be removed and 5 others would be added",
            vec![],
            vec!["7 "],
        ),
        (vec!["Name\nAda\n"], "it cannot be read as a feed", vec![], vec![]),
        (
            vec![&format!("{named}LOVE lace,2, ada\nKing,3,Ada\nKing,9,Eva\n")],
            "3 people, by their import ids 1 of them would be somebody of another name, 1 would stay, 1 would be removed and 3 \
             others would be added",
            vec!["3 Ada King Ada Lovelace"],
            vec!["9 Eva King"],
        ),
        // Of several files everybody counts, once; one that can be read does not hide one that cannot.
        (
            vec!["ImportId\n2\n9\n", &format!("{named}King,2,Eva\nKing,8,Bob\n"), "x"],
            "3 people, by their import ids 1 of them would be somebody of another name, 0 would stay, 2 would be removed and 4 \
             others would be added; 1 more cannot be read as a feed",
            vec!["2 Eva King Ada Lovelace"],
            vec!["8 Bob King", "9 "],
        ),
    ] {
        let read: Vec<_> =
            files.iter().map(|file| crate::roster::feed::contents(file.as_bytes(), &desired.columns)).collect();
        let Compared { comparison, other_name: others, go: going } = Compared::of(&read, &desired);
        assert_eq!(comparison.logged(), said, "{files:?}");
        let others: Vec<_> = others.iter().map(|o| format!("{} {} {}", o.import_id, o.there, o.ours)).collect();
        let going: Vec<_> = going.iter().map(|(import_id, name)| format!("{import_id} {name}")).collect();
        assert_eq!(
            (others, going),
            (other_name.iter().map(ToString::to_string).collect(), go.iter().map(ToString::to_string).collect())
        );
    }
}
