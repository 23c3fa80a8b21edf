//! The table reads well for one and for several, in every tense and for every reader.

use super::*;

fn voices() -> [Voice<'static>; 3] {
    let log = Voice::log();
    [log, log.for_hr(Tongue::English), log.for_hr(Tongue::German)]
}

const OUTCOMES: [Outcome; 4] = [Outcome::Held, Outcome::Previewed, Outcome::Done, Outcome::Failed];

#[test]
fn a_removal_says_its_tense_and_from_where() {
    let said = |from, number| {
        let outcomes = OUTCOMES[1..].iter();
        let said =
            outcomes.flat_map(|outcome| voices().map(|voice| outcome.clause(voice, from, ChangeKind::Remove, number)));
        said.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(
        said(RemovedFrom::Honestly, 1),
        "1 person would be removed from Honestly\n1 person would be removed from Honestly\n\
         1 Person würde aus Honestly entfernt\n1 person was removed from Honestly\n1 person was removed from Honestly\n\
         1 Person wurde aus Honestly entfernt\n1 person was to be removed from Honestly\n\
         1 person was to be removed from Honestly\n1 Person sollte aus Honestly entfernt werden"
    );
    assert_eq!(
        said(RemovedFrom::Mirror, 6000),
        "6000 people would be removed from the mirror\n6,000 people would be removed\n6.000 Personen würden entfernt\n\
         6000 people were removed from the mirror\n6,000 people were removed\n6.000 Personen wurden entfernt\n\
         6000 people were to be removed from the mirror\n6,000 people were to be removed\n\
         6.000 Personen sollten entfernt werden"
    );
}

#[test]
fn every_kind_of_change_is_said_otherwise_and_only_the_past_says_that_it_happened() {
    for voice in voices() {
        for outcome in OUTCOMES {
            let said: std::collections::BTreeSet<String> =
                ORDER.map(|kind| outcome.clause(voice, RemovedFrom::Unsaid, kind, 2)).into();
            assert_eq!(said.len(), ChangeKind::ALL.len(), "{said:?}");
            for clause in said {
                let words: Vec<&str> = clause.split(' ').collect();
                let happened = ["were", "was", "wurden", "wurde"].iter().any(|word| words.contains(word))
                    && !clause.contains(" to be ");
                assert_eq!(happened, outcome == Outcome::Done, "{clause}");
            }
        }
    }
}

#[test]
fn removals_are_told_first_and_what_does_not_happen_is_not_told() {
    let mut counts = Counts::default();
    assert!(Outcome::Held.clauses(Voice::log(), RemovedFrom::Unsaid, &counts).is_empty());
    counts.people.added = 1;
    counts.people.removed = 2;
    counts.layout = 1;
    let said: Vec<String> =
        Outcome::Done.clauses(Voice::log(), RemovedFrom::Honestly, &counts).into_iter().map(|(_, said)| said).collect();
    assert_eq!(
        said,
        ["2 people were removed from Honestly", "1 person was added", "the layout of the file was changed"]
    );
}
