//! Whether a mail is due about the run that has just ended. It is when a hold begins, when its rules change, every third day
//! while it lasts, when a run fails or is in doubt for the second time in a row (once for each cause), and when all is well again.
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
    /// In step, but for these doubts.
    InDoubt(Words),
    /// By these rules.
    Held(Words),
    /// For this cause.
    Failed(Words),
}

/// What tells one doubt, hold or failure from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(BTreeSet<String>);

impl Words {
    pub fn of<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        Self(words.into_iter().map(str::to_owned).collect())
    }
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
    DoubtLasts,
    AllClear,
}

/// A mail that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub occasion: Occasion,
    /// The end of the first run that was held, that failed, or that was in doubt, in what the mail is about.
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
            Self::DoubtLasts => "doubt_lasts",
            Self::AllClear => "all_clear",
        }
    }
}

/// The mail that is due after a run with this outcome, which ended at `now`. `past` holds the runs before it, oldest first: at least
/// all since the last one in step or the last one with a mail, whichever is longer ago.
pub fn due(past: &[PastRun], outcome: &Outcome, now: DateTime<Utc>) -> Option<Due> {
    match outcome {
        Outcome::InStep => all_clear(past),
        Outcome::InDoubt(_) => in_doubt(past, outcome, now),
        Outcome::Held(rules) => held(since_in_step(past), rules, now),
        Outcome::Failed(_) => failed(since_in_step(past), outcome, now),
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
    let trouble = since(&past[..=told], |outcome| *outcome == Outcome::InStep);
    trouble.first().map(|first| Due { occasion: Occasion::AllClear, since: first.ended_at })
}

/// Doubts that last are told once each; at once where people wait to hear that something else is over.
fn in_doubt(past: &[PastRun], doubts: &Outcome, now: DateTime<Utc>) -> Option<Due> {
    let trouble = since(past, |outcome| *outcome == Outcome::InStep);
    let told = |run: &&PastRun| run.mail != Mail::NotSent;
    let lasting = trouble.iter().rev().take_while(|run| run.outcome == *doubts);
    let first = lasting.last().map(|run| run.ended_at);
    let is_due = !trouble.iter().filter(told).any(|run| run.outcome == *doubts)
        && (first.is_some() || trouble.iter().any(|run| told(&run)));
    is_due.then(|| Due { occasion: Occasion::DoubtLasts, since: first.unwrap_or(now).min(now) })
}

fn since_in_step(runs: &[PastRun]) -> &[PastRun] {
    since(runs, |outcome| match outcome {
        Outcome::InStep | Outcome::InDoubt(_) => true,
        Outcome::Held(_) | Outcome::Failed(_) => false,
    })
}

fn since(runs: &[PastRun], ends: impl Fn(&Outcome) -> bool) -> &[PastRun] {
    runs.rsplit(|run| ends(&run.outcome)).next().unwrap_or_default()
}

/// `episode`: the runs since the last one in step.
fn held(episode: &[PastRun], rules: &Words, now: DateTime<Utc>) -> Option<Due> {
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

fn failed(episode: &[PastRun], failure: &Outcome, now: DateTime<Utc>) -> Option<Due> {
    let failures = episode.iter().rev().take_while(|run| matches!(run.outcome, Outcome::Failed(_)));
    // None where the run before did not fail: a single failure may be bad luck.
    let first = failures.last()?;
    let told = episode.iter().any(|run| run.mail != Mail::NotSent && run.outcome == *failure);
    let since = first.ended_at.min(now);
    (!told).then_some(Due { occasion: Occasion::FailedAgain, since })
}

#[cfg(test)]
mod tests;
