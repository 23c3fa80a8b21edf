//! Whether a mail is due about the run that has just ended. It is when a hold begins, when its rules change, every third day
//! while it lasts, when a run fails for the second time in a row (once for each cause), and when all is well again.
//!
//! Decided from the run log alone. A mail that could not be sent leaves no trace there, so the next run decides the same.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

/// How long the same rules are not told again: three days, less an hour. So a run that ends a little earlier in its day than
/// the one three days before still counts as the third day's.
pub const REMINDER: TimeDelta = TimeDelta::hours(71);

/// One run that came to an end, as the run log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRun {
    pub ended_at: DateTime<Utc>,
    pub outcome: Outcome,
    pub mail: Mail,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    InStep,
    Held(Rules),
    Failed(Cause),
}

/// The kinds of rules that hold a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules(BTreeSet<String>);

/// Why a run failed: its exit code, and the word for where it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    exit_code: u8,
    failed_at: String,
}

/// Whether a mail went out after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mail {
    Sent,
    /// These addresses are to be told again: the server put them off, or nobody knows whether it took the mail.
    Owed(Vec<String>),
    NotSent,
}

/// Why there is a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    HoldBegan,
    RulesChanged,
    HoldLasts,
    FailedAgain,
    AllClear,
}

/// A mail that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub occasion: Occasion,
    /// The end of the first run that was held, or that failed, in what the mail is about.
    pub since: DateTime<Utc>,
}

impl Occasion {
    /// One word for the run log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HoldBegan => "hold_began",
            Self::RulesChanged => "rules_changed",
            Self::HoldLasts => "hold_lasts",
            Self::FailedAgain => "failed_again",
            Self::AllClear => "all_clear",
        }
    }
}

impl Outcome {
    /// What the run log says of a run that came to an end: its exit code, its rules as words between spaces, where it failed.
    /// None where it says nothing about the state of things: an approval for which nothing was held.
    pub fn of(exit_code: u8, held_by: Option<&str>, failed_at: Option<&str>) -> Option<Self> {
        const IN_STEP: u8 = 0;
        const HELD: u8 = 20;
        match (exit_code, held_by) {
            (IN_STEP, _) => Some(Self::InStep),
            (HELD, None) => None,
            (HELD, Some(rules)) => Some(Self::Held(Rules(rules.split_whitespace().map(str::to_owned).collect()))),
            (exit_code, _) => {
                Some(Self::Failed(Cause { exit_code, failed_at: failed_at.unwrap_or_default().to_owned() }))
            }
        }
    }
}

/// The mail that is due after a run with this outcome, which ended at `now`. `past` holds the runs before it, in the order in
/// which they ended: at least all since the last one in step or the last one with a mail, whichever is longer ago.
pub fn due(past: &[PastRun], outcome: &Outcome, now: DateTime<Utc>) -> Option<Due> {
    let episode = since_in_step(past);
    match outcome {
        Outcome::InStep => all_clear(past),
        Outcome::Held(rules) => held(episode, rules, now),
        Outcome::Failed(cause) => failed(episode, cause, now),
    }
}

/// The newest mail once more, as if it had not been sent, and to whom it is owed. None where things are no longer as it told.
pub fn owed<'p>(past: &'p [PastRun], outcome: &Outcome, now: DateTime<Utc>) -> Option<(Due, &'p [String])> {
    let newest = past.iter().rposition(|run| run.mail != Mail::NotSent)?;
    let PastRun { mail: Mail::Owed(addresses), outcome: told, .. } = &past[newest] else { return None };
    let mut without = past.to_vec();
    without[newest].mail = Mail::NotSent;
    (told == outcome).then(|| due(&without, outcome, now))?.map(|due| (due, addresses.as_slice()))
}

/// The newest mail told of trouble, and the trouble is over.
fn all_clear(past: &[PastRun]) -> Option<Due> {
    let told = past.iter().rposition(|run| run.mail != Mail::NotSent)?;
    // Empty where that mail said that all is well.
    let episode = since_in_step(&past[..=told]);
    episode.first().map(|first| Due { occasion: Occasion::AllClear, since: first.ended_at })
}

fn since_in_step(runs: &[PastRun]) -> &[PastRun] {
    runs.rsplit(|run| run.outcome == Outcome::InStep).next().unwrap_or_default()
}

/// `episode`: the runs since the last one in step.
fn held(episode: &[PastRun], rules: &Rules, now: DateTime<Utc>) -> Option<Due> {
    let holds = || episode.iter().filter(|run| matches!(run.outcome, Outcome::Held(_)));
    let since = holds().next().map_or(now, |first| first.ended_at);
    let mut told = holds().filter(|run| run.mail != Mail::NotSent).peekable();
    if told.peek().is_none() {
        return Some(Due { occasion: Occasion::HoldBegan, since });
    }
    let same = told.filter(|run| matches!(&run.outcome, Outcome::Held(told) if told == rules));
    match same.map(|run| (now - run.ended_at).abs()).min() {
        None => Some(Due { occasion: Occasion::RulesChanged, since }),
        // Absolute, because a clock that was once ahead must not silence later mails.
        Some(ago) if ago >= REMINDER => Some(Due { occasion: Occasion::HoldLasts, since }),
        Some(_) => None,
    }
}

fn failed(episode: &[PastRun], cause: &Cause, now: DateTime<Utc>) -> Option<Due> {
    let failures = episode.iter().rev().take_while(|run| matches!(run.outcome, Outcome::Failed(_)));
    // None where the run before did not fail: a single failure may be bad luck.
    let first = failures.last()?;
    let told = episode
        .iter()
        .any(|run| run.mail != Mail::NotSent && matches!(&run.outcome, Outcome::Failed(told) if told == cause));
    let since = first.ended_at.min(now);
    (!told).then_some(Due { occasion: Occasion::FailedAgain, since })
}

#[cfg(test)]
mod tests;
