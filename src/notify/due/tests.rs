//! The laws of when a mail is due, over random run logs in which some mails get lost.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::tests::cases;

const RULES: [&str; 4] = ["removals", "removals vanished", "columns_changed", "vanished removals"];
const CAUSES: [&str; 4] = ["75 decide", "killed", "75 deliver", "77 deliver"];
const DOUBTS: [&str; 3] = ["clock_in_doubt", "destination_unseen", "clock_in_doubt destination_unseen"];

fn outcome() -> impl Strategy<Value = Outcome> {
    let words = |all: &'static [&'static str]| (0..all.len()).prop_map(|at| Words::of(all[at].split(' ')));
    prop_oneof![
        2 => Just(Outcome::InStep),
        2 => words(&DOUBTS).prop_map(Outcome::InDoubt),
        4 => words(&RULES).prop_map(Outcome::Held),
        4 => words(&CAUSES).prop_map(Outcome::Failed),
    ]
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
            let run = PastRun { ended_at: now, outcome, mail };
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
    fn the_same_state_is_never_told_twice_within_three_days(history in histories()) {
        for (at, later) in history.iter().enumerate().filter(|(_, played)| was_sent(played)) {
            for earlier in before(&history, at).iter().filter(was_sent) {
                let apart = later.run.ended_at - earlier.run.ended_at;
                prop_assert!(in_step(later) || earlier.run.outcome != later.run.outcome || apart >= REMINDER);
            }
        }
    }

    #[test]
    fn nobody_waits_for_an_approval_untold(history in histories()) {
        for (at, played) in history.iter().enumerate() {
            if let Outcome::Held(rules) = &played.run.outcome {
                let told = before(&history, at).iter().filter(was_sent).any(|earlier| {
                    matches!(&earlier.run.outcome, Outcome::Held(told) if told == rules)
                        && played.run.ended_at - earlier.run.ended_at < REMINDER
                });
                prop_assert_eq!(played.due.is_some(), !told);
            }
        }
    }

    #[test]
    fn a_hold_begins_changes_and_lasts_in_this_order(history in histories()) {
        for (at, played) in history.iter().enumerate() {
            let told: Vec<&Outcome> = before(&history, at).iter().filter(was_sent)
                .map(|earlier| &earlier.run.outcome).filter(|outcome| matches!(outcome, Outcome::Held(_))).collect();
            let expected = match (told.is_empty(), told.contains(&&played.run.outcome)) {
                (true, _) => Occasion::HoldBegan,
                (false, false) => Occasion::RulesChanged,
                (false, true) => Occasion::HoldLasts,
            };
            if let (Outcome::Held(_), Some(due)) = (&played.run.outcome, played.due) {
                prop_assert_eq!(due.occasion, expected);
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
                prop_assert_eq!(played.due.map(|due| due.occasion), (second && !told).then_some(Occasion::FailedAgain),
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
                let is_due = !told.contains(&&played.run.outcome) && (lasts || !told.is_empty());
                prop_assert_eq!(played.due.map(|due| due.occasion), is_due.then_some(Occasion::DoubtLasts));
            }
        }
    }

    #[test]
    fn after_trouble_was_told_its_end_is_told_exactly_once(history in histories()) {
        let mut open = false;
        for played in &history {
            if all_is_well(played) {
                prop_assert_eq!(played.due.map(|due| due.occasion), open.then_some(Occasion::AllClear));
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
            let Some(Due { occasion, since }) = played.due else { continue };
            let begun = history[..=at].iter().find(|earlier| earlier.run.ended_at == since).unwrap();
            match occasion {
                Occasion::HoldBegan | Occasion::RulesChanged | Occasion::HoldLasts => {
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
    fn what_is_older_than_the_last_run_in_step_and_the_last_mail_decides_nothing(history in histories()) {
        let runs: Vec<PastRun> = history.iter().map(|played| played.run.clone()).collect();
        for (at, played) in history.iter().enumerate() {
            let last = |wanted: &dyn Fn(&PastRun) -> bool| runs[..at].iter().rposition(wanted).unwrap_or(0);
            let from = last(&|run| run.outcome == Outcome::InStep).min(last(&|run| run.mail == Mail::Sent));
            let shortened = due(&runs[from..at], &played.run.outcome, played.run.ended_at);
            prop_assert_eq!(shortened.map(|due| due.occasion), played.due.map(|due| due.occasion));
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
        let rules = Outcome::Held(Words::of(["removals"]));
        let mut told = 0;
        for _ in 0..9 {
            let due = due(&past, &rules, now);
            told += usize::from(due.is_some());
            let mail = if due.is_some() { Mail::Sent } else { Mail::NotSent };
            past.push(PastRun { ended_at: now, outcome: rules.clone(), mail });
            now += TimeDelta::hours(12);
        }
        prop_assert!((1..=2).contains(&told), "{}", told);
    }
}
