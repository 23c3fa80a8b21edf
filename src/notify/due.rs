//! Whether a mail is due about the run that has just ended. It is when a hold begins, when another rule leads or half as many people
//! more would be removed, every third day while it lasts, when a run fails or is in doubt for the second time in a row (once for
//! each cause), and when all is well again.
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
    /// Its number in the log.
    pub run: i64,
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
    Held(Hold),
    /// For this cause.
    Failed(Words),
}

/// What tells one held plan from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// What the rule that leads is about.
    pub leads: String,
    /// People who would be removed.
    pub removals: usize,
}

/// What tells one doubt or failure from another.
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
    /// The last mail told of so many removals, and now there are half as many more.
    HoldGrew {
        told: usize,
    },
    /// Another rule leads than in the last mail.
    LeadChanged,
    HoldLasts,
    FailedAgain,
    DoubtLasts,
    AllClear,
}

/// What mails are about. Those about one hold make one thread, and so do those about failures and doubts that follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    Hold,
    Failure,
    Doubt,
}

/// A mail that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub occasion: Occasion,
    /// The end of the first run that was held, that failed, or that was in doubt, in what the mail is about.
    pub since: DateTime<Utc>,
    /// At its end, everything that people wait to hear the end of.
    pub topics: BTreeSet<Topic>,
    /// The run with the first mail of the thread; none where this is the first.
    pub thread: Option<i64>,
}

impl Occasion {
    /// One word for the run log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HoldBegan => "hold_began",
            Self::HoldGrew { told: _ } => "hold_grew",
            Self::LeadChanged => "lead_changed",
            Self::HoldLasts => "hold_lasts",
            Self::FailedAgain => "failed_again",
            Self::DoubtLasts => "doubt_lasts",
            Self::AllClear => "all_clear",
        }
    }
}

/// The mail that is due after a run with this outcome, which ended at `now`. `past` holds the runs before it, oldest first: at least
/// all since the last one in step without doubts before the newest mail.
pub fn due(past: &[PastRun], outcome: &Outcome, now: DateTime<Utc>) -> Option<Due> {
    match outcome {
        Outcome::InStep => all_clear(past),
        Outcome::InDoubt(_) => in_doubt(past, outcome, now),
        Outcome::Held(hold) => held(since_in_step(past), hold, now),
        Outcome::Failed(_) => failed(since_in_step(past), outcome, now),
    }
}

/// The newest mail once more, as if it had not been sent, and to whom it is owed. None where things are no longer as it told.
pub fn owed<'p>(past: &'p [PastRun], outcome: &Outcome, now: DateTime<Utc>) -> Option<(Due, &'p [String])> {
    let newest = past.iter().rposition(PastRun::is_told)?;
    let PastRun { mail: Mail::Owed(addresses), outcome: told, .. } = &past[newest] else { return None };
    let mut without = past.to_vec();
    without[newest].mail = Mail::NotSent;
    let is_so_still = match (told, outcome) {
        (Outcome::Held(told), Outcome::Held(hold)) => told.leads == hold.leads,
        (told, outcome) => told == outcome,
    };
    is_so_still.then(|| due(&without, outcome, now))?.map(|due| (due, addresses.as_slice()))
}

impl PastRun {
    fn is_told(&self) -> bool {
        self.mail != Mail::NotSent
    }

    fn topic(&self) -> Option<Topic> {
        match self.outcome {
            Outcome::InStep => None,
            Outcome::InDoubt(_) => Some(Topic::Doubt),
            Outcome::Held(_) => Some(Topic::Hold),
            Outcome::Failed(_) => Some(Topic::Failure),
        }
    }

    /// Whether it ended what was held before it.
    fn is_in_step(&self) -> bool {
        matches!(self.outcome, Outcome::InStep | Outcome::InDoubt(_))
    }
}

/// The newest mail told of trouble, and the trouble is over.
fn all_clear(past: &[PastRun]) -> Option<Due> {
    let told = past.iter().rposition(PastRun::is_told)?;
    // Empty where that mail said that all is well.
    let trouble = since(&past[..=told], |run| run.outcome == Outcome::InStep);
    let since = trouble.first()?.ended_at;
    let hold = open_hold(past);
    let others =
        trouble.iter().filter(|run| run.is_told()).filter_map(PastRun::topic).filter(|topic| *topic != Topic::Hold);
    let topics: BTreeSet<Topic> = others.chain(hold.map(|_| Topic::Hold)).collect();
    let thread = hold.or_else(|| first_told(trouble, *topics.first()?));
    Some(Due { occasion: Occasion::AllClear, since, topics, thread })
}

/// Doubts that last are told once each; at once where people wait to hear that something else is over.
fn in_doubt(past: &[PastRun], doubts: &Outcome, now: DateTime<Utc>) -> Option<Due> {
    let trouble = since(past, |run| run.outcome == Outcome::InStep);
    let lasting = trouble.iter().rev().take_while(|run| run.outcome == *doubts);
    let first = lasting.last().map(|run| run.ended_at);
    let hold = open_hold(past);
    let is_news = !trouble.iter().any(|run| run.is_told() && run.outcome == *doubts);
    let is_due = hold.is_some() || is_news && (first.is_some() || trouble.iter().any(PastRun::is_told));
    let topics = [Topic::Doubt].into_iter().chain(hold.map(|_| Topic::Hold)).collect();
    let thread = hold.or_else(|| first_told(trouble, Topic::Doubt));
    is_due.then(|| Due { occasion: Occasion::DoubtLasts, since: first.unwrap_or(now).min(now), topics, thread })
}

/// The run with the first mail about the hold that the newest mails told, and whose end they did not.
fn open_hold(past: &[PastRun]) -> Option<i64> {
    let newest = past.iter().rposition(PastRun::is_told)?;
    first_told(since_in_step(&past[..=newest]), Topic::Hold)
}

fn first_told(runs: &[PastRun], topic: Topic) -> Option<i64> {
    runs.iter().find(|run| run.is_told() && run.topic() == Some(topic)).map(|run| run.run)
}

fn since_in_step(runs: &[PastRun]) -> &[PastRun] {
    since(runs, PastRun::is_in_step)
}

fn since(runs: &[PastRun], ends: impl Fn(&PastRun) -> bool) -> &[PastRun] {
    runs.rsplit(ends).next().unwrap_or_default()
}

/// `episode`: the runs since the last one in step.
fn held(episode: &[PastRun], hold: &Hold, now: DateTime<Utc>) -> Option<Due> {
    let holds = episode.iter().filter_map(|run| match &run.outcome {
        Outcome::Held(hold) => Some((run, hold)),
        Outcome::InStep | Outcome::InDoubt(_) | Outcome::Failed(_) => None,
    });
    let since = holds.clone().next().map_or(now, |(first, _)| first.ended_at);
    let mut told = holds.filter(|(run, _)| run.is_told());
    let occasion = match told.next_back() {
        None => Occasion::HoldBegan,
        Some((_, told)) if grew(told.removals, hold.removals) => Occasion::HoldGrew { told: told.removals },
        Some((_, told)) if told.leads != hold.leads => Occasion::LeadChanged,
        // Absolute, because a clock that was once ahead must not silence later mails.
        Some((run, _)) if (now - run.ended_at).abs() >= REMINDER => Occasion::HoldLasts,
        Some(_) => return None,
    };
    let thread = first_told(episode, Topic::Hold);
    Some(Due { occasion, since, topics: [Topic::Hold].into(), thread })
}

/// Half as many more. Where nobody was to go, it is another rule that leads.
fn grew(told: usize, removals: usize) -> bool {
    told > 0 && removals > told && removals.saturating_mul(2) >= told.saturating_mul(3)
}

fn failed(episode: &[PastRun], failure: &Outcome, now: DateTime<Utc>) -> Option<Due> {
    let failures = episode.iter().rev().take_while(|run| run.topic() == Some(Topic::Failure));
    // None where the run before did not fail: a single failure may be bad luck.
    let first = failures.last()?;
    let told = episode.iter().any(|run| run.is_told() && run.outcome == *failure);
    let (since, thread) = (first.ended_at.min(now), first_told(episode, Topic::Failure));
    let due = Due { occasion: Occasion::FailedAgain, since, topics: [Topic::Failure].into(), thread };
    (!told).then_some(due)
}

#[cfg(test)]
mod tests;
