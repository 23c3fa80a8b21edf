//! How things stand: judged once, from the run log, for `status`, its check, metrics, page, mails and ping. Pure.

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Delivery, Outcome, Run, RunId};
use crate::exit::Health;
use crate::roster::decide::clock::CLOCK_TOLERANCE;
use crate::roster::decide::notes::{Note, Weight};
use crate::roster::guard::{MirrorMismatch, Rule};
use crate::roster::plan::mirror::{Unsettled, Writing};
use crate::roster::plan::{Counts, PlanDigest};

/// What the mirror says of runs and deliveries, read at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunLog {
    /// Newest first: all since the newest run in step at least. None of them is in progress, so whichever has no end was killed.
    pub runs: Vec<Run>,
    pub in_progress: Option<Run>,
    /// The newest run that changed something.
    pub last_change: Option<Run>,
    /// In the order of destinations.
    pub deliveries: Vec<Delivery>,
    /// Files that set out and are not known to have arrived, newest first.
    pub on_their_way: Vec<Unsettled>,
    /// A plan that a person approved in a run that did not carry it out: the next one repeats it, while it is good.
    pub approved: Option<PlanDigest>,
    /// What all applied runs changed of the mirror together.
    pub totals: Counts,
    pub people: u64,
    pub groups: u64,
}

/// What is judged besides the log.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    pub now: DateTime<Utc>,
    pub outlet: &'a Outlet,
    /// Set where the mirror is not the one that the last run left.
    pub mismatch: Option<MirrorMismatch>,
    pub limits: Limits,
}

/// Where the feed goes, as the configuration says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outlet {
    NotSet,
    MirrorOnly,
    /// The URL. Only deliveries to it count, not those to former destinations.
    Destination(String),
}

/// How old the last success may be before somebody should look, and before it is serious.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub warn: TimeDelta,
    pub crit: TimeDelta,
}

/// The judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing<'l> {
    pub state: State,
    pub health: Health,
    pub held: Option<HeldSeries<'l>>,
    pub failing: Option<FailingSeries<'l>>,
    /// The worst first.
    pub findings: Vec<Weighed<'l>>,
}

/// A finding with the state that it makes, and how serious it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighed<'l> {
    pub finding: Finding<'l>,
    pub state: State,
    pub health: Health,
}

/// How things stand, in one word. Where several apply, the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    InStep,
    /// In step, but for people whose data at Personio says too little.
    Undecided,
    /// In step, but something outside Personio's data leaves decisions undone, or it is not known what Honestly has.
    InDoubt,
    /// The last success is too long ago, although no run failed.
    Overdue,
    NotDelivering,
    Failing,
    NeverInStep,
    AnotherMirror,
    Held,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding<'l> {
    /// And neither is a plan held, nor is the mirror another one.
    NeverInStep,
    AnotherMirror(MirrorMismatch),
    Held(HeldSeries<'l>),
    Failing(FailingSeries<'l>),
    NotDelivering,
    /// A part of the file that this run sent may stand under its real name.
    PartSent(RunId),
    /// It is not known whether the file that this run sent has arrived.
    Unsettled(RunId),
    /// A note of the last run in step.
    Doubt(&'l Note),
    Unverified,
    /// Earlier files were taken, and those since then are not.
    NotTaken(DateTime<Utc>),
    /// So many people.
    Undecided(usize),
    /// How long ago the last success was.
    Success(TimeDelta),
}

/// Plans held since the last success or approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldSeries<'l> {
    /// Held since this run.
    pub first: &'l Run,
    /// The newest; the same run where only one was held.
    pub latest: &'l Run,
}

/// Runs that failed, one after the other, up to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailingSeries<'l> {
    pub first: &'l Run,
    pub latest: &'l Run,
    pub runs: usize,
}

impl Limits {
    /// With two runs a day: one of them is late, and two of them failed or did not come.
    pub const USUAL: Self = Self { warn: TimeDelta::hours(14), crit: TimeDelta::hours(26) };
}

impl Outlet {
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::NotSet | Self::MirrorOnly => None,
            Self::Destination(url) => Some(url),
        }
    }
}

impl State {
    pub const ALL: [Self; 9] = [
        Self::InStep,
        Self::Undecided,
        Self::InDoubt,
        Self::Overdue,
        Self::NotDelivering,
        Self::Failing,
        Self::NeverInStep,
        Self::AnotherMirror,
        Self::Held,
    ];

    /// One word for machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InStep => "in_step",
            Self::Undecided => "undecided",
            Self::InDoubt => "in_doubt",
            Self::Overdue => "overdue",
            Self::NotDelivering => "not_delivering",
            Self::NeverInStep => "never_in_step",
            Self::Failing => "failing",
            Self::Held => "held",
            Self::AnotherMirror => "another_mirror",
        }
    }
}

impl<'l> Finding<'l> {
    fn weighed(self, limits: Limits) -> Weighed<'l> {
        let (state, health) = match &self {
            Self::NeverInStep => (State::NeverInStep, Health::Unknown),
            Self::AnotherMirror(_) => (State::AnotherMirror, Health::Warning),
            Self::Held(_) => (State::Held, Health::Warning),
            Self::Failing(_) => (State::Failing, Health::Warning),
            Self::NotDelivering => (State::NotDelivering, Health::Warning),
            // The next import would remove whoever is missing in it.
            Self::PartSent(_) => (State::InDoubt, Health::Critical),
            Self::Unsettled(_) | Self::Doubt(_) | Self::Unverified | Self::NotTaken(_) => {
                (State::InDoubt, Health::Warning)
            }
            Self::Undecided(_) => (State::Undecided, Health::Warning),
            Self::Success(age) if *age > limits.crit => (State::Overdue, Health::Critical),
            Self::Success(age) if *age > limits.warn => (State::Overdue, Health::Warning),
            Self::Success(age) if -*age > CLOCK_TOLERANCE => (State::InDoubt, Health::Warning),
            Self::Success(_) => (State::InStep, Health::Ok),
        };
        Weighed { finding: self, state, health }
    }
}

impl RunLog {
    /// The newest run that came to an end, whatever it was for.
    pub fn last_ended(&self) -> Option<&Run> {
        self.runs.iter().find(|run| run.ended.is_some())
    }

    /// The newest run that failed, since the newest one in step.
    pub fn last_failure(&self) -> Option<&Run> {
        self.since_in_step().find(|(_, outcome)| *outcome == Outcome::Failed).map(|(run, _)| run)
    }

    pub fn last_in_step(&self) -> Option<&Run> {
        self.runs.iter().find(|run| run.outcome() == Some(Outcome::InStep))
    }

    /// When the newest run in step ended.
    pub fn last_success(&self) -> Option<DateTime<Utc>> {
        self.last_in_step().and_then(Run::finished_at)
    }

    /// The notes of the newest run in step, but for those that say what it did.
    pub fn open_notes(&self) -> Vec<&Note> {
        let notes = self.last_in_step().into_iter().flat_map(Run::notes);
        notes.filter(|note| !note.is_of_one_run()).collect()
    }

    /// How many people are undecided.
    pub fn undecided(&self) -> usize {
        self.open_notes().into_iter().map(Note::undecided).sum()
    }

    /// Those that say how things stand, since the newest one in step, newest first.
    pub fn since_in_step(&self) -> impl Iterator<Item = (&Run, Outcome)> + Clone {
        let telling = self.runs.iter().filter_map(|run| Some((run, run.outcome()?)));
        telling.take_while(|(_, outcome)| *outcome != Outcome::InStep)
    }

    /// How the newest run ended that says how things stand; none where it was killed.
    pub fn exit_code(&self) -> Option<u8> {
        let newest = self.runs.iter().find(|run| run.outcome().is_some())?;
        newest.ended.as_ref().map(|ended| ended.exit_code)
    }

    pub fn held(&self) -> Option<HeldSeries<'_>> {
        let unanswered = self.since_in_step().take_while(|(run, _)| run.approval.is_none());
        let mut held = unanswered.filter(|(_, outcome)| *outcome == Outcome::Held).map(|(run, _)| run);
        let latest = held.next()?;
        Some(HeldSeries { first: held.last().unwrap_or(latest), latest })
    }

    fn failing(&self) -> Option<FailingSeries<'_>> {
        let failed = self.since_in_step().take_while(|(_, outcome)| *outcome == Outcome::Failed).map(|(run, _)| run);
        let latest = failed.clone().next()?;
        Some(FailingSeries { first: failed.clone().last().unwrap_or(latest), latest, runs: failed.count() })
    }

    /// The one judgement of how things stand.
    pub fn judged(&self, surroundings: &Surroundings<'_>) -> Standing<'_> {
        let Surroundings { now, outlet, mismatch, limits } = *surroundings;
        let (held, failing, undecided) = (self.held(), self.failing(), self.undecided());
        let mut findings = Vec::new();
        findings.extend(mismatch.map(Finding::AnotherMirror));
        let never = self.last_success().is_none() && held.is_none() && mismatch.is_none();
        findings.extend(never.then_some(Finding::NeverInStep));
        findings.extend(held.map(Finding::Held));
        findings.extend(failing.map(Finding::Failing));
        findings.extend((*outlet == Outlet::NotSet).then_some(Finding::NotDelivering));
        findings.extend(self.doubts(outlet));
        findings.extend((undecided > 0).then_some(Finding::Undecided(undecided)));
        findings.extend(self.last_success().map(|at| Finding::Success(now - at)));
        let mut findings: Vec<_> = findings.into_iter().map(|finding| finding.weighed(limits)).collect();
        findings.sort_by_key(|weighed| Reverse(weighed.health));
        let state = findings.iter().map(|weighed| weighed.state).max().unwrap_or(State::InStep);
        let health = findings.first().map_or(Health::Ok, |weighed| weighed.health);
        Standing { state, health, held, failing, findings }
    }

    /// What is not known, or left undone, for a reason outside Personio's data.
    fn doubts(&self, outlet: &Outlet) -> impl Iterator<Item = Finding<'_>> {
        let at_work = self.in_progress.as_ref().map(|run| run.id);
        let here = |url: &str| outlet.url() == Some(url);
        let sent =
            self.on_their_way.iter().filter(move |sent| here(&sent.destination) && Some(RunId(sent.run)) != at_work);
        let sent = sent.take(1).map(|sent| match sent.writing {
            Writing::InPlace => Finding::PartSent(RunId(sent.run)),
            Writing::Aside => Finding::Unsettled(RunId(sent.run)),
        });
        let noted = self.open_notes().into_iter().filter(|note| note.weight() == Weight::Doubt).map(Finding::Doubt);
        let delivered = self.deliveries.iter().find(|delivery| here(&delivery.destination));
        let unverified = delivered.filter(|delivery| !delivery.verified).map(|_| Finding::Unverified);
        let not_taken = delivered.and_then(Delivery::not_taken_since).map(Finding::NotTaken);
        sent.chain(noted).chain(unverified).chain(not_taken)
    }
}

impl<'l> HeldSeries<'l> {
    /// Whether the plan is still the one that was held first.
    pub fn is_same_plan(&self) -> bool {
        let digest = |run: &Run| run.ended.as_ref().and_then(|ended| ended.digest.clone());
        digest(self.first).is_some() && digest(self.first) == digest(self.latest)
    }

    /// The rules that hold the newest plan.
    pub fn rules(&self) -> &'l [Rule] {
        let rules = self.latest.ended.as_ref().and_then(|ended| ended.held_by.as_deref());
        rules.unwrap_or_default()
    }

    /// The command that shows the newest plan.
    pub fn review(&self, program: &str) -> Option<String> {
        self.latest.ended.as_ref().map(|ended| ended.review(program))
    }

    /// The command that applies exactly the newest plan, where one is offered.
    pub fn approve(&self, program: &str) -> Option<String> {
        self.latest.ended.as_ref().and_then(|ended| ended.approve(program))
    }

    /// Of the newest plan.
    pub fn digest(&self) -> Option<&'l PlanDigest> {
        self.latest.ended.as_ref().and_then(|ended| ended.digest.as_ref())
    }
}

#[cfg(test)]
mod tests;
