//! The laws of when a mail is due, over random run logs in which some mails get lost.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::tests::cases;

const LEADS: [&str; 3] = ["removals", "vanished", "columns_changed"];
const REMOVALS: [usize; 6] = [0, 1, 10, 14, 15, 60];
const CAUSES: [&str; 4] = ["75 decide", "killed", "75 deliver", "77 deliver"];
const DOUBTS: [&str; 3] = ["clock_in_doubt", "destination_unseen", "clock_in_doubt destination_unseen"];

fn outcome() -> impl Strategy<Value = Outcome> {
    let words = |all: &'static [&'static str]| (0..all.len()).prop_map(|at| Words::of(all[at].split(' ')));
    prop_oneof![
        2 => Just(Outcome::InStep),
        2 => words(&DOUBTS).prop_map(Outcome::InDoubt),
        4 => (0..LEADS.len(), 0..REMOVALS.len()).prop_map(|(leads, removals)| held_by(LEADS[leads], REMOVALS[removals])),
        4 => words(&CAUSES).prop_map(Outcome::Failed),
    ]
}

fn held_by(leads: &str, removals: usize) -> Outcome {
    Outcome::Held(Hold { leads: leads.to_owned(), removals })
}

/// A run of the log, and the mail that was due after it.
#[derive(Debug, Clone)]
struct Played {
    run: PastRun,
    due: Option<Due>,
}

/// A company's runs, 1 to 30 hours apart. Some of their mails get lost.
fn histories() -> impl Strategy<Value = Vec<Played>> {
    vec((outcome(), 1..30_i64, prop::bool::weighted(0.8)), 1..40).prop_map(|runs| {
        let mut now = DateTime::UNIX_EPOCH;
        let mut past: Vec<PastRun> = Vec::new();
        let mut played = Vec::new();
        for (outcome, hours, arrives) in runs {
            now += TimeDelta::hours(hours);
            let due = due(&past, &outcome, now);
            let mail = if due.is_some() && arrives { Mail::Sent } else { Mail::NotSent };
            let run = PastRun { run: past.len() as i64 + 1, ended_at: now, outcome, mail };
            past.push(run.clone());
            played.push(Played { run, due });
        }
        played
    })
}

fn was_sent(played: &&Played) -> bool {
    played.run.mail == Mail::Sent
}

fn all_is_well(played: &Played) -> bool {
    played.run.outcome == Outcome::InStep
}

/// With doubts or without.
fn in_step(played: &Played) -> bool {
    matches!(played.run.outcome, Outcome::InStep | Outcome::InDoubt(_))
}

/// The runs since the last one in step before `at`.
fn before(history: &[Played], at: usize) -> &[Played] {
    history[..at].rsplit(in_step).next().unwrap()
}

/// The runs since the last one before `at` after which all was well.
fn trouble(history: &[Played], at: usize) -> &[Played] {
    history[..at].rsplit(all_is_well).next().unwrap()
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn the_same_failure_is_never_told_twice_before_a_run_is_in_step(history in histories()) {
        for (at, later) in history.iter().enumerate().filter(|(_, played)| was_sent(played)) {
            for earlier in before(&history, at).iter().filter(was_sent) {
                let is_failure = matches!(later.run.outcome, Outcome::Failed(_));
                prop_assert!(!is_failure || earlier.run.outcome != later.run.outcome);
            }
        }
    }

    #[test]
    fn a_hold_is_told_when_it_begins_grows_by_half_gets_another_lead_or_lasts_for_three_days(history in histories()) {
        for (at, played) in history.iter().enumerate() {
            let Outcome::Held(hold) = &played.run.outcome else { continue };
            let told: Vec<(&Hold, DateTime<Utc>)> = before(&history, at).iter().filter(was_sent)
                .filter_map(|earlier| match &earlier.run.outcome {
                    Outcome::Held(told) => Some((told, earlier.run.ended_at)),
                    _ => None,
                }).collect();
            let expected = match told.last() {
                None => Some(Occasion::HoldBegan),
                Some((last, _)) if last.removals > 0 && hold.removals > last.removals
                    && hold.removals as f64 >= 1.5 * last.removals as f64 => Some(Occasion::HoldGrew { told: last.removals }),
                Some((last, _)) if last.leads != hold.leads => Some(Occasion::LeadChanged),
                Some((_, at)) => (played.run.ended_at - *at >= REMINDER).then_some(Occasion::HoldLasts),
            };
            prop_assert_eq!(played.due.as_ref().map(|due| due.occasion), expected);
        }
    }

    /// All mails about a hold, from the first to the one that tells its end, are one thread, and no other mail is in it.
    #[test]
    fn a_hold_is_one_thread_and_its_end_is_told_in_it_once(history in histories()) {
        let (mut thread, mut is_over) = (None, false);
        for played in &history {
            let hold = played.due.as_ref().filter(|due| due.topics.contains(&Topic::Hold));
            let arrived = played.run.mail == Mail::Sent;
            match (&played.run.outcome, hold) {
                (Outcome::Held(_), Some(due)) => {
                    prop_assert_eq!(due.thread, thread.filter(|_| due.occasion != Occasion::HoldBegan));
                    if arrived {
                        (thread, is_over) = (due.thread.or(Some(played.run.run)), false);
                    }
                }
                (Outcome::InStep | Outcome::InDoubt(_), Some(due)) => {
                    prop_assert!(thread.is_some());
                    prop_assert_eq!(due.thread, thread);
                    (thread, is_over) = (thread.filter(|_| !arrived), true);
                }
                (Outcome::Failed(_), found) => {
                    prop_assert_eq!(found, None);
                    // Nobody waits for the end of a hold any more who was told of other trouble after it.
                    thread = thread.filter(|_| !(is_over && arrived));
                }
                (Outcome::InStep | Outcome::InDoubt(_), None) => prop_assert_eq!(thread, None, "its end is owed"),
                (Outcome::Held(_), None) => {}
            }
        }
    }

    #[test]
    fn a_failure_is_told_from_the_second_in_a_row_and_once_for_each_cause(history in histories()) {
        for (at, played) in history.iter().enumerate() {
            if let Outcome::Failed(cause) = &played.run.outcome {
                let episode = before(&history, at);
                let second = episode.last().is_some_and(|last| matches!(last.run.outcome, Outcome::Failed(_)));
                let told = episode.iter().filter(was_sent).any(|earlier| earlier.run.outcome == played.run.outcome);
                prop_assert_eq!(played.due.as_ref().map(|due| due.occasion), (second && !told).then_some(Occasion::FailedAgain),
                    "{:?}", cause);
            }
        }
    }

    #[test]
    fn a_doubt_is_told_once_and_at_once_where_people_wait_for_the_end_of_something_else(history in histories()) {
        for (at, played) in history.iter().enumerate() {
            if let Outcome::InDoubt(_) = &played.run.outcome {
                let trouble = trouble(&history, at);
                let told: Vec<&Outcome> = trouble.iter().filter(was_sent).map(|earlier| &earlier.run.outcome).collect();
                let lasts = trouble.last().is_some_and(|last| last.run.outcome == played.run.outcome);
                let ended_a_hold = played.due.as_ref().is_some_and(|due| due.topics.contains(&Topic::Hold));
                let is_due = ended_a_hold || !told.contains(&&played.run.outcome) && (lasts || !told.is_empty());
                prop_assert_eq!(played.due.as_ref().map(|due| due.occasion), is_due.then_some(Occasion::DoubtLasts));
            }
        }
    }

    #[test]
    fn after_trouble_was_told_its_end_is_told_exactly_once(history in histories()) {
        let mut open = false;
        for played in &history {
            if all_is_well(played) {
                prop_assert_eq!(played.due.as_ref().map(|due| due.occasion), open.then_some(Occasion::AllClear));
            }
            match (all_is_well(played), &played.run.mail) {
                (_, Mail::NotSent) => {}
                (is_well, Mail::Sent | Mail::Owed(_)) => open = !is_well,
            }
        }
    }

    #[test]
    fn what_lasts_began_when_its_first_run_ended(history in histories()) {
        for (at, played) in history.iter().enumerate() {
            let Some(Due { occasion, since, .. }) = &played.due else { continue };
            let since = *since;
            let begun = history[..=at].iter().find(|earlier| earlier.run.ended_at == since).unwrap();
            match occasion {
                Occasion::HoldBegan | Occasion::HoldGrew { .. } | Occasion::LeadChanged | Occasion::HoldLasts => {
                    prop_assert!(matches!(begun.run.outcome, Outcome::Held(_)));
                    let before_it = before(&history, at).iter().take_while(|run| run.run.ended_at < since);
                    prop_assert!(before_it.clone().all(|run| matches!(run.run.outcome, Outcome::Failed(_))));
                }
                Occasion::FailedAgain => {
                    let mut row = history[..at].iter().skip_while(|run| run.run.ended_at < since);
                    prop_assert!(row.all(|run| matches!(run.run.outcome, Outcome::Failed(_))) && since < played.run.ended_at);
                }
                Occasion::DoubtLasts => prop_assert!(matches!(begun.run.outcome, Outcome::InDoubt(_))),
                Occasion::AllClear => prop_assert!(!all_is_well(begun) && since < played.run.ended_at),
            }
        }
    }

    /// `due` needs the log only as far back as its doc comment says.
    #[test]
    fn what_is_older_than_the_last_run_in_step_before_the_newest_mail_decides_nothing(history in histories()) {
        let runs: Vec<PastRun> = history.iter().map(|played| played.run.clone()).collect();
        for (at, played) in history.iter().enumerate() {
            let mail = runs[..at].iter().rposition(|run| run.mail == Mail::Sent).unwrap_or(0);
            let from = runs[..mail].iter().rposition(|run| run.outcome == Outcome::InStep).unwrap_or(0);
            let shortened = due(&runs[from..at], &played.run.outcome, played.run.ended_at);
            prop_assert_eq!(shortened.map(|due| due.occasion), played.due.as_ref().map(|due| due.occasion));
        }
    }

    /// A clock that was years off for a while: a waiting plan is told again within three days of the right time.
    #[test]
    fn a_clock_that_was_wrong_silences_nobody(history in histories(), years in -40..40_i64) {
        let mut past: Vec<PastRun> = history.into_iter().map(|played| played.run).collect();
        let mut now = past.last().map_or(DateTime::UNIX_EPOCH, |last| last.ended_at) + TimeDelta::hours(12);
        for run in &mut past {
            run.ended_at += TimeDelta::days(365 * years);
        }
        let rules = held_by("removals", 60);
        let mut told = 0;
        for _ in 0..9 {
            let due = due(&past, &rules, now);
            told += usize::from(due.is_some());
            let mail = if due.is_some() { Mail::Sent } else { Mail::NotSent };
            past.push(PastRun { run: past.len() as i64 + 1, ended_at: now, outcome: rules.clone(), mail });
            now += TimeDelta::hours(12);
        }
        prop_assert!((1..=2).contains(&told), "{}", told);
    }
}
