//! The ladder of evidence as a law: every answer to every question, in companies of a few ids.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::*;
use crate::roster::decide::eligibility::Calendar;
use crate::roster::decide::notes::{Note, Place, Problem};
use crate::roster::decide::reply::Reply;
use crate::roster::decide::screening::screen;
use crate::roster::decide::{Decision, decide};
use crate::roster::model::record::{Field, Record, Status};
use crate::roster::plan::mirror::Mirror;
use crate::roster::samples;
use crate::roster::voice::Told;
use crate::tests::cases;

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        3 => Just(Answer::Gone),
        2 => Just(Answer::Known),
        2 => Just(Answer::Unclear(Reply::Status(403))),
        2 => Just(Answer::Unclear(Reply::Status(500))),
    ]
}

fn ids(of: impl IntoIterator<Item = i64>) -> Vec<EmployeeId> {
    of.into_iter().map(EmployeeId).collect()
}

/// Personio as the inquiry sees it.
#[derive(Debug, Clone)]
struct World {
    mirrored: BTreeSet<i64>,
    /// What the first, the second and any later listing shows.
    listings: [BTreeSet<i64>; 2],
    /// By id; whoever is mirrored or listed has one.
    answers: Vec<Answer>,
    extent: Extent,
}

fn world() -> impl Strategy<Value = World> {
    let listing = || btree_set(1i64..=9, 0..=9);
    let mirrored = btree_set(prop_oneof![9 => 1i64..=9, 1 => -2i64..=-1], 0..=9);
    let extent = (0usize..=9, 0usize..=9).prop_map(|(asked_at_most, may_vanish)| Extent { asked_at_most, may_vanish });
    (mirrored, [listing(), listing()], vec(answer(), 10), extent)
        .prop_map(|(mirrored, listings, answers, extent)| World { mirrored, listings, answers, extent })
}

/// The result of an inquiry in this world.
struct Played {
    /// Or why the listing is not complete.
    absences: Result<Absences, Incomplete>,
    /// In their order.
    questions: Vec<EmployeeId>,
    listings: usize,
}

fn play(world: &World) -> Played {
    let mut inquiry = Inquiry::new(world.extent);
    let mirrored = || ids(world.mirrored.iter().copied());
    let listing = |number: usize| ids(world.listings[number.min(1)].iter().copied());
    let mut played = Played { absences: Ok(Absences::new()), questions: Vec::new(), listings: 1 };
    inquiry.take_listing(mirrored(), &listing(0));
    loop {
        match inquiry.next() {
            Step::Ask(ids) => {
                assert!((1..=AT_ONCE).contains(&ids.len()), "{ids:?}");
                ids.iter().for_each(|id| inquiry.take_answer(*id, world.answer_for(*id).clone()));
                played.questions.extend(ids);
            }
            Step::ListAgain => {
                inquiry.take_listing(mirrored(), &listing(played.listings));
                played.listings += 1;
            }
            Step::Incomplete(incomplete) => return Played { absences: Err(incomplete), ..played },
            Step::Settled(absences) => return Played { absences: Ok(absences), ..played },
        }
    }
}

impl World {
    fn answer_for(&self, id: EmployeeId) -> &Answer {
        &self.answers[usize::try_from(id.0).unwrap()]
    }

    fn listed_last(&self, played: &Played) -> &BTreeSet<i64> {
        &self.listings[played.listings - 1]
    }
}

fn record(id: i64) -> Record {
    let known = |text: String| Field::Known(text);
    Record {
        first_name: known("Ada".to_owned()),
        last_name: known(format!("Lovelace {id}")),
        email: known(format!("{id}@example.org")),
        status: Field::Known(Status::Active),
        ..Record::withheld(EmployeeId(id))
    }
}

fn decided(mirror: &Mirror, listed: impl IntoIterator<Item = i64>, absences: &Absences) -> Decision {
    let today = NaiveDate::from_ymd_opt(2026, 3, 27).unwrap();
    let policy = samples::policy(Vec::new());
    let screened = |id| (EmployeeId(id), screen(&policy, Calendar::Known(today), mirror, record(id)));
    decide(&policy, mirror, listed.into_iter().map(screened).collect(), BTreeSet::new(), absences).unwrap()
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn somebody_goes_only_by_personios_404_after_a_listed_person_was_answered(world in world()) {
        let played = play(&world);
        let asked_for = |id: &EmployeeId| played.questions.contains(id);
        let proven = world.listings.iter().flatten().any(|id| {
            asked_for(&EmployeeId(*id)) && *world.answer_for(EmployeeId(*id)) == Answer::Known
        });
        let absent: BTreeSet<i64> = world.mirrored.difference(world.listed_last(&played)).copied().collect();
        let missing: Vec<EmployeeId> = ids(absent.iter().copied().filter(|id| *id > 0));
        let asked = missing.iter().filter(|id| asked_for(id));
        let all_known = asked.clone().count() > 0 && asked.clone().all(|id| *world.answer_for(*id) == Answer::Known);
        let is_incomplete = missing.len() > 3 && missing.len() * 10 > world.mirrored.len() && all_known;
        let absences = match &played.absences {
            Err(found) => {
                let expected = Incomplete { missing: missing.len(), asked: asked.count(), mirrored: world.mirrored.len() };
                prop_assert!(is_incomplete && *found == expected);
                return Ok(());
            }
            Ok(absences) => absences,
        };
        prop_assert!(!is_incomplete);
        prop_assert_eq!(absences.keys().map(|id| id.0).collect::<BTreeSet<_>>(), absent);
        let goes = |absence: &Absence| *absence == Absence::Gone || *absence == Absence::NotAsked;
        let vanished = absences.values().filter(|absence| absence.as_ref().is_ok_and(goes)).count();
        for (id, absence) in absences {
            match absence {
                Ok(Absence::Gone) => {
                    prop_assert!(asked_for(id) && *world.answer_for(*id) == Answer::Gone && proven, "{id}");
                }
                Ok(Absence::NotAsked) => {
                    prop_assert!(!asked_for(id) && vanished > world.extent.may_vanish, "unheld: {id}");
                }
                Ok(Absence::NeverThere) => prop_assert!(!id.has_profile(), "{id}"),
                Err(_) => prop_assert!(id.has_profile(), "{id}"),
            }
        }
        // Where everything is in order, whoever is gone is removed.
        let orderly = world.listings[0] == world.listings[1]
            && (1..=9).all(|id| match world.listings[0].contains(&id) {
                true => *world.answer_for(EmployeeId(id)) == Answer::Known,
                false => *world.answer_for(EmployeeId(id)) == Answer::Gone,
            });
        if orderly && missing.len() <= world.extent.asked_at_most && !world.listings[0].is_empty() {
            prop_assert!(absences.values().all(|absence| absence.is_ok()), "{:?}", absences);
        }
    }

    #[test]
    fn questions_are_few_and_never_asked_twice(world in world()) {
        let Played { questions, listings, .. } = play(&world);
        let unique: BTreeSet<&EmployeeId> = questions.iter().collect();
        prop_assert_eq!(unique.len(), questions.len(), "{:?}", questions);
        let is_contradicted = |id: &EmployeeId| {
            world.mirrored.contains(&id.0) && !world.listings[0].contains(&id.0) && *world.answer_for(*id) == Answer::Known
        };
        prop_assert_eq!(listings, if questions.iter().any(is_contradicted) { 2 } else { 1 });
        let unclear = questions.iter().filter(|id| matches!(world.answer_for(**id), Answer::Unclear(_))).count();
        prop_assert!(unclear < UNANSWERED_AT_MOST + AT_ONCE, "no others after them: {questions:?}");
        let about_missing = questions.iter().filter(|id| !world.listings[0].contains(&id.0)).count();
        prop_assert!(about_missing <= world.extent.asked_at_most * listings, "{questions:?}");
    }

    #[test]
    fn doubt_about_somebody_leaves_the_rest_as_if_they_had_been_listed_unchanged(world in world()) {
        let mirrored = || world.mirrored.iter().copied().filter(|id| *id > 0);
        let mirror = Mirror { feed: decided(&Mirror::default(), mirrored(), &Absences::new()).desired, ..Mirror::default() };
        let world = World { mirrored: mirrored().collect(), ..world };
        let played = play(&world);
        let listed = world.listed_last(&played);
        let Ok(absences) = &played.absences else { return Ok(()) };
        let doubtful: BTreeSet<i64> =
            absences.iter().filter(|(_, absence)| absence.is_err()).map(|(id, _)| id.0).collect();
        let doubted = decided(&mirror, listed.iter().copied(), absences);
        let unchanged = decided(&mirror, listed.union(&doubtful).copied(), absences);
        prop_assert_eq!(&doubted.desired, &unchanged.desired);
        prop_assert_eq!(&doubted.excluded, &unchanged.excluded);
        let told: BTreeSet<i64> = doubted.undecided().map(|(id, _, _)| id.0).collect();
        prop_assert_eq!(told, doubtful);
    }
}

#[test]
fn each_doubt_is_told_with_its_reason() {
    let answers = |of: &[(i64, Answer)]| {
        let mut answers = vec![Answer::Known; 10];
        of.iter().for_each(|(id, answer)| answers[usize::try_from(*id).unwrap()] = answer.clone());
        answers
    };
    let unclear = |status| Answer::Unclear(Reply::Status(status));
    // The control is the neighbour of the first missing person.
    let listed = [0, 5, 6];
    let extent = Extent { asked_at_most: 3, may_vanish: 9 };
    let cases = [
        (
            answers(&[(1, Answer::Known), (2, Answer::Gone)]),
            &listed[..],
            1,
            "is missing from Personio's listing, yet known there when asked by id",
        ),
        (
            answers(&[(1, unclear(403))]),
            &listed,
            1,
            "is missing from Personio's listing; asked by id, Personio answered 403",
        ),
        (
            answers(&[(1, Answer::Gone), (5, Answer::Gone)]),
            &listed,
            1,
            "is missing from Personio's listing; asked by id for employee 5, who is listed, Personio answered 404",
        ),
        (
            answers(&[(1, Answer::Gone), (2, unclear(500))]),
            &listed,
            4,
            "is missing from Personio's listing; not asked by id, because enough others were, or went without an answer",
        ),
        (
            answers(&[]),
            &[],
            1,
            "is missing from Personio's listing; nobody is listed, so no answer by id proves anything",
        ),
    ];
    for (answers, listed, id, sentence) in cases {
        let listing: BTreeSet<i64> = listed.iter().copied().collect();
        let world = World { mirrored: (1..=6).collect(), listings: [listing.clone(), listing], answers, extent };
        let doubt = play(&world).absences.unwrap()[&EmployeeId(id)].clone().unwrap_err();
        let note = Note::Undecided { employee: EmployeeId(id), problem: Problem::NotListed(doubt), place: Place::Kept };
        assert_eq!(note.logged(), format!("employee {id} stays as they are: {sentence}"));
    }
}

/// Who is asked for at once: the control with the first of them.
#[test]
fn the_first_questions_prove_the_route_and_soon_end_where_it_proves_nothing() {
    let listed: Vec<i64> = (40..=60).collect();
    let asked = |mirrored: i64, extent: Extent, answers: &dyn Fn(i64) -> Answer| {
        let mut inquiry = Inquiry::new(extent);
        inquiry.take_listing(ids((1..=mirrored).chain(listed.iter().copied())), &ids(listed.iter().copied()));
        let mut batches: Vec<Vec<i64>> = Vec::new();
        while let Step::Ask(ids) = inquiry.next() {
            ids.iter().for_each(|id| inquiry.take_answer(*id, answers(id.0)));
            batches.push(ids.iter().map(|id| id.0).collect());
        }
        batches
    };
    let usual = Extent { asked_at_most: 25, may_vanish: 2 };
    let gone = |id| if id < 40 { Answer::Gone } else { Answer::Known };
    let refused = |_| Answer::Unclear(Reply::Status(403));
    let first = vec![40, 1, 2, 3, 4, 5, 6, 7];
    assert_eq!(asked(2, usual, &gone), [[40, 1, 2]]);
    assert_eq!(asked(9, usual, &gone), [first.clone(), vec![8, 9]]);
    assert_eq!(asked(39, usual, &gone).concat().len(), 1 + 25);
    assert_eq!(asked(39, Extent::EVERYBODY, &gone).concat().len(), 1 + 39);
    assert_eq!(asked(39, usual, &refused).concat(), first);
    assert_eq!(asked(39, usual, &|_| Answer::Gone).concat(), first);
}
