//! What a person answered: the digest that is named in this run, or was in an earlier one that did not carry it out, and the plan
//! that it stands for.

use chrono::{DateTime, Utc};

use crate::commands::fetch::inconsistent;
use crate::exit::Failure;
use crate::roster::decide::Decision;
use crate::roster::guard::{Answer, ApprovalGiven, HeldPlan, Hold, Place, Since, Void};
use crate::roster::plan::PlanDigest;
use crate::roster::plan::mirror::Mirror;
use crate::store::Reader;

pub(super) struct Named {
    digest: PlanDigest,
    given: ApprovalGiven,
    plan: Result<HeldPlan, Void>,
}

impl Named {
    /// `named` is the digest that this run was given. Without one an approval from an earlier run counts as long as it is good.
    pub(super) fn find(
        reader: &Reader,
        named: Option<&PlanDigest>,
        place: &Place,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>, Failure> {
        let holds = reader.holds()?;
        let Some(named) = named else {
            let approved = holds.iter().filter(|(_, is_approved)| *is_approved).map(|(hold, _)| hold);
            let good = approved.into_iter().find(|hold| hold.is_good(place, now).is_ok());
            let Some(hold) = good else { return Ok(None) };
            return Ok(Some(Self {
                digest: hold.digest.clone(),
                given: ApprovalGiven::Earlier,
                plan: kept(reader, hold)?,
            }));
        };
        let plan = match holds.iter().find(|(hold, _)| hold.digest == *named) {
            Some((hold, _)) => match hold.is_good(place, now) {
                Ok(()) => kept(reader, hold)?,
                Err(void) => Err(void),
            },
            None if reader.held(named)?.is_some() => Err(Void::Ended),
            None => Err(Void::NeverTold),
        };
        Ok(Some(Self { digest: named.clone(), given: ApprovalGiven::InThisRun, plan }))
    }

    /// The mirror from which a run under this approval decides; none where it is void.
    pub(super) fn supposed(&self, mirror: &Mirror) -> Result<Option<Mirror>, Failure> {
        let plan = self.plan.as_ref().ok();
        plan.map(|plan| plan.supposed(mirror)).transpose().map_err(|error| inconsistent(&error))
    }

    /// The mirror as the approved plan would have left it, as far as today's decision agrees.
    pub(super) fn since(
        &self,
        mirror: &Mirror,
        supposed: Mirror,
        decision: &mut Decision,
    ) -> Result<Option<Mirror>, Failure> {
        let plan = self.plan.as_ref().ok();
        plan.map(|plan| plan.since(mirror, supposed, decision)).transpose().map_err(|error| inconsistent(&error))
    }

    pub(super) fn answer<'a>(&'a self, since: Option<&'a Mirror>) -> Answer<'a> {
        let held = match (&self.plan, since) {
            (Ok(plan), Some(mirror)) => Ok(Since { plan, mirror }),
            (Ok(_), None) => Err(Void::Ended),
            (Err(void), _) => Err(*void),
        };
        Answer { named: &self.digest, given: self.given, held }
    }
}

fn kept(reader: &Reader, hold: &Hold) -> Result<Result<HeldPlan, Void>, Failure> {
    Ok(reader.held_plan(hold)?.ok_or(Void::Ended))
}

/// The plan that was told last and can be approved here and now, with the mirror as it would have left it.
pub(super) struct Told {
    plan: HeldPlan,
    since: Mirror,
}

impl Told {
    pub(super) fn newest(
        reader: &Reader,
        place: &Place,
        now: DateTime<Utc>,
        mirror: &Mirror,
        decision: &Decision,
    ) -> Result<Option<Self>, Failure> {
        let holds = reader.holds()?;
        let good = holds.iter().map(|(hold, _)| hold).find(|hold| hold.is_good(place, now).is_ok());
        let Some(plan) = good.map(|hold| reader.held_plan(hold)).transpose()?.flatten() else { return Ok(None) };
        let mut decision = decision.clone();
        let since = plan.supposed(mirror).and_then(|supposed| plan.since(mirror, supposed, &mut decision));
        Ok(Some(Self { since: since.map_err(|error| inconsistent(&error))?, plan }))
    }

    /// As if a person named it in this run.
    pub(super) fn answer(&self) -> Answer<'_> {
        let held = Ok(Since { plan: &self.plan, mirror: &self.since });
        Answer { named: &self.plan.hold.digest, given: ApprovalGiven::InThisRun, held }
    }
}
