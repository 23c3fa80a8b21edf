//! A plan with its verdict: what it is judged by, and why it is held in words.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::commands::Context;
use crate::commands::look::Prospect;
use crate::exit::Failure;
use crate::history::Standing;
use crate::report::{self, Difference, PlanView};
use crate::roster::guard::{Approved, Cause, Circumstances, Clock, Destination, Refusal};
use crate::roster::plan::mirror::Mirror;
use crate::roster::plan::{Plan, PlanDigest};
use crate::store::Store;

/// How much two clocks may differ before dates are in doubt.
const CLOCKS_DIFFER_BY: TimeDelta = TimeDelta::hours(1);

/// This machine's clock beside Personio's or, where that is not known, beside the last success.
pub fn clock(now: DateTime<Utc>, at_personio: Option<DateTime<Utc>>, last_success: Option<DateTime<Utc>>) -> Clock {
    match (at_personio, last_success) {
        (Some(there), _) if (now - there).abs() > CLOCKS_DIFFER_BY => {
            Clock::OffPersonios { hours: (now - there).num_hours() }
        }
        (None, Some(last)) if last - now > CLOCKS_DIFFER_BY => {
            Clock::BeforeTheLastRun { hours: (last - now).num_hours() }
        }
        (Some(_), _) | (None, Some(_) | None) => Clock::Plausible,
    }
}

pub fn last_success(standing: &Standing) -> Option<DateTime<Utc>> {
    standing.last_in_step.as_ref().and_then(|run| run.ended.as_ref()).map(|ended| ended.finished_at)
}

/// What a plan is judged by besides Personio and the mirror.
pub struct Scene {
    pub destination: Destination,
    pub clock: Clock,
    pub today: NaiveDate,
}

/// A plan with its verdict.
pub struct Judged<'a> {
    pub plan: Plan<'a>,
    pub digest: PlanDigest,
    pub verdict: Result<Approved<'a>, Refusal>,
    pub prospect: &'a Prospect,
    pub today: NaiveDate,
}

impl<'a> Judged<'a> {
    pub fn new(
        context: &Context,
        mirror: &'a Mirror,
        prospect: &'a Prospect,
        scene: Scene,
        approval: Option<&PlanDigest>,
    ) -> Self {
        let Scene { destination, clock, today } = scene;
        let plan = Plan::between(&mirror.feed.people, &prospect.decision.desired);
        let circumstances = Circumstances {
            mirror,
            decision: &prospect.decision,
            listed: &prospect.listed,
            asked_for: &prospect.asked_for,
            destination: &destination,
            clock,
        };
        let digest = plan.digest(&circumstances.basis());
        let verdict = context.config.guard.approve(plan.clone(), &circumstances, approval);
        Self { plan, digest, verdict, prospect, today }
    }

    pub fn view(&self) -> PlanView<'_> {
        PlanView {
            plan: &self.plan,
            decision: &self.prospect.decision,
            digest: &self.digest,
            today: self.today,
            names: &self.prospect.names,
        }
    }
}

pub fn held(refusal: &Refusal, largest_removal: u64, difference: &Difference) -> Failure {
    report::refusal(refusal, largest_removal, difference)
}

/// None where no rule holds the plan: nothing waits for an approval then.
pub fn rules_of(refusal: &Refusal) -> Option<String> {
    match &refusal.cause {
        Cause::Rules(rules) | Cause::AnotherPlan { rules, .. } => {
            Some(rules.iter().map(|rule| rule.kind()).collect::<Vec<_>>().join(" "))
        }
        Cause::NothingHeld { .. } => None,
    }
}

/// Where the plan that a person reviewed and the one there is now part.
pub fn difference(store: &Store, plan: &Plan<'_>, refusal: &Refusal) -> Result<Difference, Failure> {
    let given = match &refusal.cause {
        Cause::Rules(_) | Cause::NothingHeld { .. } => return Ok(Difference::NotAsked),
        Cause::AnotherPlan { given, .. } => given,
    };
    let reviewed: Option<BTreeMap<String, String>> = store.held(given)?.and_then(|run| run.ended?.outline);
    Ok(match reviewed {
        None => Difference::Unknown,
        Some(reviewed) => Difference::Lines(report::difference(&reviewed, &plan.outline())),
    })
}
