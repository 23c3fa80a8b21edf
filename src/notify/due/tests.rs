//! The laws of when a mail is due, over random run logs in which some mails get lost.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::tests::cases;

const RULES: [&str; 4] = ["removals", "removals vanished", "columns_changed", "vanished removals"];
const CAUSES: [(u8, &str); 4] = [(75, "decide"), (75, "decide"), (75, "deliver"), (77, "deliver")];

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        2 => Just(Outcome::InStep),
        4 => (0..RULES.len()).prop_map(|rules| Outcome::of(20, Some(RULES[rules]), None).unwrap()),
        4 => (0..CAUSES.len()).prop_map(|cause| Outcome::of(CAUSES[cause].0, None, Some(CAUSES[cause].1)).unwrap()),
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

fn in_step(played: &Played) -> bool {
    played.run.outcome == Outcome::InStep
}

/// The runs since the last one in step before `at`.
fn before(history: &[Played], at: usize) -> &[Played] {
    history[..at].rsplit(in_step).next().unwrap()
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
    fn after_trouble_was_told_its_end_is_told_exactly_once(history in histories()) {
        let mut open = false;
        for played in &history {
            if in_step(played) {
                prop_assert_eq!(played.due.map(|due| due.occasion), open.then_some(Occasion::AllClear));
            }
            match (in_step(played), &played.run.mail) {
                (_, Mail::NotSent) => {}
                (in_step, Mail::Sent | Mail::Owed(_)) => open = !in_step,
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
                Occasion::AllClear => prop_assert!(!in_step(begun) && since < played.run.ended_at),
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
        let rules = Outcome::of(20, Some("removals"), None).unwrap();
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

#[test]
fn a_run_is_what_the_log_says_of_it() {
    let of = Outcome::of;
    assert_eq!(of(0, None, None), Some(Outcome::InStep));
    assert_eq!(of(20, None, Some("nothing is held")), None, "a mistaken approval");
    assert_eq!(of(20, Some("a b"), Some("x")), of(20, Some("b a"), Some("y")));
    assert_ne!(of(20, Some("a"), None), of(20, Some("a b"), None));
    assert_eq!(of(75, None, Some("look")), of(75, None, Some("look")));
    assert_ne!(of(75, None, Some("look")), of(77, None, Some("look")));
    assert_ne!(of(75, None, Some("look")), of(75, None, Some("decide")), "another server");
}
