//! How much may change unseen.
//!
//! A plan is judged as a whole, before anything is written: it passes, or nothing of it is applied. Percentages alone never
//! see two of three hundred people vanish, so people who are missing without evidence, a changed scope, an attribute that
//! disappeared and a feed that looks like another company's are rules of their own. The only way past a rule is a person
//! who names the digest of exactly this plan.

pub mod adopt;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::roster::decide::Decision;
use crate::roster::decide::notes::{Absence, Reason};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::plan::mirror::{Mirror, Scope};
use crate::roster::plan::{Basis, Change, FieldName, Plan, PlanDigest};
use crate::roster::policy::Who;

/// The limits. Zero means none allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    pub removals: Limit,
    /// More removals than this are held whatever the percentage.
    pub removals_at_most: usize,
    pub additions: Limit,
    /// For each field by itself.
    pub field_changes: Limit,
    /// People without whom no plan passes.
    pub must_include: BTreeSet<Who>,
}

/// Held when there are more than `people` *and* more than `percent` of the mirror; where one of the two is zero, whenever
/// there is anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub people: usize,
    pub percent: usize,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            removals: Limit { people: 3, percent: 10 },
            removals_at_most: 25,
            additions: Limit { people: 20, percent: 50 },
            field_changes: Limit { people: 10, percent: 30 },
            must_include: BTreeSet::new(),
        }
    }
}

impl Limit {
    fn exceeded_by(self, people: usize, of: usize) -> bool {
        if self.allows_nobody() {
            return people > 0;
        }
        people > self.people && people.saturating_mul(100) > self.percent.saturating_mul(of)
    }

    fn allows_nobody(self) -> bool {
        self.people == 0 || self.percent == 0
    }
}

/// What a plan is judged by besides itself.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    pub mirror: &'a Mirror,
    pub decision: &'a Decision,
    /// Everybody in the listing, whatever the verdict.
    pub listed: &'a BTreeSet<EmployeeId>,
    /// The attributes that were asked for, the employee's own fields among them.
    pub asked_for: &'a BTreeSet<AttributeKey>,
    pub destination: &'a Destination,
    pub clock: Clock,
}

/// This machine's clock, whose date decides who has started and who has left, beside another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Nothing speaks against it.
    Plausible,
    /// The hours by which it is ahead of Personio's; negative where it is behind.
    OffPersonios { hours: i64 },
    /// The hours from now to the end of a run that is over.
    BeforeTheLastRun { hours: i64 },
}

impl Circumstances<'_> {
    /// What the digest of a plan rests on.
    pub fn basis(&self) -> Basis {
        let Scope { policy, readable } = &self.decision.scope;
        let readable: Vec<&str> = readable.iter().map(AttributeKey::as_str).collect();
        Basis {
            generation: self.mirror.generation,
            scope: format!("{policy}readable {}", readable.join(" ")),
            destination: self.destination.as_str().to_owned(),
        }
    }
}

/// Where the feed goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The mirror alone is kept in step.
    Nowhere,
    /// It was delivered there before.
    Known(String),
    /// Nothing was ever delivered there.
    New(String),
}

impl Destination {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Nowhere => "",
            Self::Known(url) | Self::New(url) => url,
        }
    }
}

/// A rule that a plan breaks, with its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    RemovalsAtMost {
        removals: usize,
        of: usize,
        at_most: usize,
    },
    Removals {
        removals: usize,
        of: usize,
        limit: Limit,
    },
    Additions {
        additions: usize,
        of: usize,
        limit: Limit,
    },
    FieldChanges {
        field: FieldName,
        people: usize,
        of: usize,
        limit: Limit,
    },
    EmptyListing,
    NoOverlap {
        mirrored: usize,
        listed: usize,
    },
    MustInclude {
        missing: Who,
    },
    Withheld {
        attribute: AttributeKey,
    },
    /// People who would go while filters, mapping or readable attributes are not what they were; the lines that differ.
    ScopeChanged {
        removals: usize,
        differences: Vec<String>,
    },
    /// More people missing from the listing than could go, whatever Personio says about each of them: the listing itself
    /// is in doubt. `asked` says whether Personio was asked one by one.
    Missing {
        people: usize,
        asked: bool,
    },
    /// People who were in Honestly before and have no profile at Personio.
    NeverThere {
        people: usize,
    },
    /// Something would change by a date that may be wrong.
    Clock {
        clock: Clock,
    },
    FirstDelivery {
        destination: String,
        people: usize,
    },
}

/// Who let a plan pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// It takes over what is in Honestly already, and so changes nothing there.
    Adoption,
    /// Within every limit.
    Limits,
    /// A person who named the digest of exactly this plan.
    Person(PlanDigest),
}

/// A plan that passed the guard. The store applies nothing else.
#[derive(Debug)]
pub struct Approved<'a> {
    plan: Plan<'a>,
    by: Approval,
}

impl<'a> Approved<'a> {
    pub fn plan(&self) -> &Plan<'a> {
        &self.plan
    }

    pub fn by(&self) -> &Approval {
        &self.by
    }

    /// The plan that fills an empty mirror with people who are in Honestly already. None for any other plan.
    pub fn adoption(plan: Plan<'a>) -> Option<Self> {
        let is_empty = plan.before().employees().is_empty() && plan.before().groups().len() == 0;
        is_empty.then_some(Self { plan, by: Approval::Adoption })
    }

    /// A plan nobody judged, for tests of the store.
    #[cfg(test)]
    pub(crate) fn unjudged(plan: Plan<'a>) -> Self {
        Self { plan, by: Approval::Limits }
    }
}

/// A plan that is held, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub digest: PlanDigest,
    pub cause: Cause,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Never empty.
    Rules(Vec<Broken>),
    /// A digest was given that stands for another plan; the rules this one breaks.
    AnotherPlan { given: PlanDigest, rules: Vec<Broken> },
    /// A digest was given, and nothing is held.
    NothingHeld { given: PlanDigest },
}

impl Guard {
    /// Whether so many removals could pass at all. More missing people than this are not asked for one by one.
    pub fn lets_go(&self, removals: usize, of: usize) -> bool {
        removals <= self.removals_at_most && !self.removals.exceeded_by(removals, of)
    }

    /// Every rule the plan breaks, in a fixed order; none when it may pass unseen.
    pub fn judge(&self, plan: &Plan<'_>, circumstances: &Circumstances<'_>) -> Vec<Broken> {
        let Circumstances { mirror, decision, listed, asked_for, destination, clock } = *circumstances;
        let mirrored = mirror.snapshot.employees();
        let of = mirrored.len();
        let counts = plan.counts();
        let mut broken = Vec::new();

        if listed.is_empty() {
            broken.push(Broken::EmptyListing);
        } else if of > 0 && !mirrored.iter().any(|employee| listed.contains(&employee.id)) {
            broken.push(Broken::NoOverlap { mirrored: of, listed: listed.len() });
        }
        if counts.removed > self.removals_at_most {
            let at_most = self.removals_at_most;
            broken.push(Broken::RemovalsAtMost { removals: counts.removed, of, at_most });
        }
        if self.removals.exceeded_by(counts.removed, of) {
            broken.push(Broken::Removals { removals: counts.removed, of, limit: self.removals });
        }
        let never_there = mirrored.iter().filter(|employee| !employee.id.has_profile()).count();
        if never_there > 0 {
            broken.push(Broken::NeverThere { people: never_there });
        }
        let missing = mirrored.iter().filter(|e| e.id.has_profile() && !listed.contains(&e.id)).count();
        if !self.lets_go(missing, of) {
            let asked = !decision.excluded.values().any(|reason| *reason == Reason::Absent(Absence::NotAsked));
            broken.push(Broken::Missing { people: missing, asked });
        }
        if of > 0 && self.additions.exceeded_by(counts.added, of) {
            broken.push(Broken::Additions { additions: counts.added, of, limit: self.additions });
        }
        for (field, people) in people_by_field(plan) {
            if self.field_changes.exceeded_by(people, of) {
                broken.push(Broken::FieldChanges { field, people, of, limit: self.field_changes });
            }
        }
        broken.extend(
            self.must_include
                .iter()
                .filter(|who| !includes(decision, who))
                .map(|who| Broken::MustInclude { missing: who.clone() }),
        );
        if let Some(before) = &mirror.scope {
            let vanished = before.readable.difference(&decision.scope.readable);
            broken.extend(
                vanished
                    .filter(|attribute| asked_for.contains(*attribute))
                    .map(|attribute| Broken::Withheld { attribute: attribute.clone() }),
            );
            let differences = differences(before, &decision.scope);
            if counts.removed > 0 && !differences.is_empty() {
                broken.push(Broken::ScopeChanged { removals: counts.removed, differences });
            }
        }
        match clock {
            Clock::OffPersonios { .. } | Clock::BeforeTheLastRun { .. } if counts.removed > 0 => {
                broken.push(Broken::Clock { clock });
            }
            Clock::OffPersonios { .. } | Clock::BeforeTheLastRun { .. } | Clock::Plausible => {}
        }
        if let Destination::New(destination) = destination {
            let people = decision.desired.employees().len();
            broken.push(Broken::FirstDelivery { destination: destination.clone(), people });
        }
        broken
    }

    /// Lets the plan pass, or says why not. An approval is good for exactly the plan it names, and for nothing where nothing
    /// is held.
    pub fn approve<'a>(
        &self,
        plan: Plan<'a>,
        circumstances: &Circumstances<'_>,
        approval: Option<&PlanDigest>,
    ) -> Result<Approved<'a>, Refusal> {
        let rules = self.judge(&plan, circumstances);
        if rules.is_empty() && approval.is_none() {
            return Ok(Approved { plan, by: Approval::Limits });
        }
        let digest = plan.digest(&circumstances.basis());
        let cause = match approval {
            None => Cause::Rules(rules),
            Some(given) if rules.is_empty() => Cause::NothingHeld { given: given.clone() },
            Some(given) if *given == digest => return Ok(Approved { plan, by: Approval::Person(given.clone()) }),
            Some(given) => Cause::AnotherPlan { given: given.clone(), rules },
        };
        Err(Refusal { digest, cause })
    }
}

fn includes(decision: &Decision, who: &Who) -> bool {
    match who {
        Who::Id(id) => decision.desired.employee(*id).is_some(),
        Who::Email(email) => decision.desired.employees().iter().any(|employee| *employee.email.folded() == **email),
    }
}

/// For how many people each field changes its value; comings and goings have rules of their own.
fn people_by_field(plan: &Plan<'_>) -> BTreeMap<FieldName, usize> {
    let mut people = BTreeMap::new();
    for change in plan.employees() {
        if let Change::Update { .. } = change {
            for change in plan.field_changes(change).into_iter().filter(|change| change.from != change.to) {
                *people.entry(change.field).or_default() += 1;
            }
        }
    }
    people
}

/// The lines of the policy and the readable attributes that only one of the two scopes has.
fn differences(before: &Scope, after: &Scope) -> Vec<String> {
    let lines = |scope: &Scope| -> BTreeSet<String> {
        let readable = scope.readable.iter().map(|key| format!("readable {key}"));
        scope.policy.lines().map(str::to_owned).chain(readable).collect()
    };
    let (before, after) = (lines(before), lines(after));
    let gone = before.difference(&after).map(|line| format!("no longer: {line}"));
    let new = after.difference(&before).map(|line| format!("new: {line}"));
    gone.chain(new).collect()
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.allows_nobody() {
            return f.write_str("0, none are allowed");
        }
        write!(f, "{} people and {} %", self.people, self.percent)
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plausible => f.write_str("this machine's clock is plausible"),
            Self::OffPersonios { hours } if *hours < 0 => {
                write!(f, "this machine's clock is {} hours behind Personio's", hours.unsigned_abs())
            }
            Self::OffPersonios { hours } => write!(f, "this machine's clock is {hours} hours ahead of Personio's"),
            Self::BeforeTheLastRun { hours } => {
                write!(f, "this machine's clock is {hours} hours before the end of the last run")
            }
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RemovalsAtMost { removals, of, at_most } => {
                write!(f, "{removals} of {of} people would be removed; the limit is {at_most} (removals_at_most)")
            }
            Self::Removals { removals, of, limit } => write!(
                f,
                "{removals} of {of} people ({} %) would be removed; the limit is {limit} (removals, removals_percent)",
                percent(*removals, *of)
            ),
            Self::Additions { additions, of, limit } => write!(
                f,
                "{additions} people would be added to {of} ({} %); the limit is {limit} (additions, additions_percent)",
                percent(*additions, *of)
            ),
            Self::FieldChanges { field, people, of, limit } => write!(
                f,
                "{field} would change for {people} of {of} people ({} %); the limit is {limit} (field_changes, \
                 field_changes_percent)",
                percent(*people, *of)
            ),
            Self::EmptyListing => f.write_str("Personio listed nobody at all: wrong rights, or the wrong account?"),
            Self::NoOverlap { mirrored, listed } => write!(
                f,
                "none of the {mirrored} people in the mirror is among the {listed} whom Personio listed: another company's \
                 credential?"
            ),
            Self::MustInclude { missing: Who::Id(id) } => write!(f, "employee {id}, named in must_include, is not in"),
            Self::MustInclude { missing: Who::Email(_) } => {
                f.write_str("somebody named in must_include by e-mail address is not in")
            }
            Self::Withheld { attribute } => write!(
                f,
                "{attribute} could be read before and cannot be read for anybody now: was it taken from the credential?"
            ),
            Self::ScopeChanged { removals, differences } => {
                const SHOWN: usize = 3;
                let shown = differences.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("; ");
                let more = match differences.len().saturating_sub(SHOWN) {
                    0 => String::new(),
                    more => format!("; and {more} more"),
                };
                write!(f, "{removals} people would be removed while the scope has changed ({shown}{more})")
            }
            Self::Missing { people, asked: false } => write!(
                f,
                "{people} people are missing from Personio's listing, more than the guard lets go, so Personio was not \
                 asked about each of them"
            ),
            Self::Missing { people, asked: true } => write!(
                f,
                "{people} people were missing from Personio's listing, more than the guard lets go; Personio was asked about \
                 each of them"
            ),
            Self::Clock { clock } => write!(f, "{clock}, and dates decide who is in: is the clock right?"),
            Self::NeverThere { people } => write!(
                f,
                "{people} people who were in Honestly before would be removed: they have no profile at Personio"
            ),
            Self::FirstDelivery { destination, people } => write!(
                f,
                "this would be the first delivery to {destination}: Honestly removes whoever is not among the {people} \
                 people in the file"
            ),
        }
    }
}

impl Broken {
    /// Whether the number of people who would go belongs next to it.
    pub fn concerns_removals(&self) -> bool {
        match self {
            Self::RemovalsAtMost { .. }
            | Self::Removals { .. }
            | Self::ScopeChanged { .. }
            | Self::Missing { .. }
            | Self::NeverThere { .. } => true,
            Self::Additions { .. }
            | Self::FieldChanges { .. }
            | Self::EmptyListing
            | Self::NoOverlap { .. }
            | Self::MustInclude { .. }
            | Self::Withheld { .. }
            | Self::Clock { .. }
            | Self::FirstDelivery { .. } => false,
        }
    }

    /// One word for machines and the run log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RemovalsAtMost { .. } => "removals_at_most",
            Self::Removals { .. } => "removals",
            Self::Additions { .. } => "additions",
            Self::FieldChanges { .. } => "field_changes",
            Self::EmptyListing => "empty_listing",
            Self::NoOverlap { .. } => "no_overlap",
            Self::MustInclude { .. } => "must_include",
            Self::Withheld { .. } => "withheld",
            Self::ScopeChanged { .. } => "scope_changed",
            Self::Missing { .. } => "missing",
            Self::NeverThere { .. } => "never_there",
            Self::Clock { .. } => "clock",
            Self::FirstDelivery { .. } => "first_delivery",
        }
    }
}

fn percent(part: usize, of: usize) -> usize {
    (part * 100).checked_div(of).unwrap_or(100)
}

#[cfg(test)]
mod tests;
