//! What a person answered: the digest that is named in this run, or was in an earlier one that did not carry it out, and the plan
//! that it stands for.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::Start;
use crate::commands::fetch::inconsistent;
use crate::exit::Failure;
use crate::history::NewColumns;
use crate::roster::decide::Decision;
use crate::roster::decide::reasons::Reason;
use crate::roster::guard::{Answer, ApprovalGiven, HeldPlan, Hold, Place, Since, Void};
use crate::roster::model::record::EmployeeId;
use crate::roster::plan::PlanDigest;
use crate::roster::plan::mirror::Mirror;
use crate::roster::policy::ImportIdSource;
use crate::store::Reader;

pub(super) struct NamedPlan {
    digest: PlanDigest,
    given: ApprovalGiven,
    plan: Result<HeldPlan, Void>,
}

impl NamedPlan {
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
            let Some(plan) = good.map(|hold| reader.held_plan(hold)).transpose()?.flatten() else { return Ok(None) };
            return Ok(Some(Self { digest: plan.hold.digest.clone(), given: ApprovalGiven::Earlier, plan: Ok(plan) }));
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

    /// The mirror from which a run under this approval decides; none where it is void. `stay` are people whom it removes and who
    /// stay, although it gives their address to somebody else.
    pub(super) fn supposed(&self, mirror: &Mirror, stay: &BTreeSet<EmployeeId>) -> Result<Option<Mirror>, Failure> {
        let plan = self.plan.as_ref().ok();
        plan.map(|plan| plan.supposed(mirror, stay)).transpose().map_err(|error| inconsistent(&error))
    }

    /// Whom this plan removes and who are to be decided about once more; see [`HeldPlan::to_stay`].
    pub(super) fn to_stay(&self, mirror: &Mirror, decision: &Decision) -> BTreeSet<EmployeeId> {
        self.plan.as_ref().map(|plan| plan.to_stay(mirror, decision)).unwrap_or_default()
    }

    /// See [`HeldPlan::reasons_as_told`].
    pub(super) fn reasons_as_told(&self, mirror: &Mirror, decision: &Decision) -> BTreeMap<EmployeeId, Reason> {
        self.plan.as_ref().map(|plan| plan.reasons_as_told(mirror, decision)).unwrap_or_default()
    }

    /// The same digest, where something else gives import ids than in its plan: one from an earlier run is none then.
    pub(super) fn for_import_ids_of(self, source: &ImportIdSource) -> Option<Self> {
        let is_other = |plan: &HeldPlan| plan.mirror.import_id_source.as_deref() != Some(source.as_str());
        match (&self.plan, self.given) {
            (Ok(plan), ApprovalGiven::Earlier) if is_other(plan) => None,
            (Ok(plan), ApprovalGiven::InThisRun) if is_other(plan) => {
                Some(Self { plan: Err(Void::OtherImportIds), ..self })
            }
            (Ok(_) | Err(_), _) => Some(self),
        }
    }

    pub(super) fn is_void(&self) -> bool {
        self.plan.is_err()
    }

    /// The mirror as the approved plan would have left it, as far as today's decision agrees.
    pub(super) fn since(
        &self,
        mirror: &Mirror,
        supposed: &Mirror,
        decision: &Decision,
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
    Ok(reader.held_plan(hold)?.ok_or(Void::Unreadable))
}

/// The plan that was told last and can be approved here and now, with the mirror as it would have left it.
pub(super) struct ToldPlan {
    plan: HeldPlan,
    since: Mirror,
}

impl ToldPlan {
    pub(super) fn newest(
        reader: &Reader,
        place: &Place,
        start: &Start<'_>,
        now: DateTime<Utc>,
        decision: &Decision,
    ) -> Result<Option<Self>, Failure> {
        let (mirror, takes_new_columns) = (start.mirror, start.new_columns == NewColumns::TakenIn);
        let holds = reader.holds()?;
        let is_meant = |hold: &&Hold| hold.takes_new_columns == takes_new_columns && hold.is_good(place, now).is_ok();
        let good = holds.iter().map(|(hold, _)| hold).find(is_meant);
        let Some(plan) = good.map(|hold| reader.held_plan(hold)).transpose()?.flatten() else { return Ok(None) };
        let supposed = plan.supposed(mirror, &BTreeSet::new());
        let since = supposed.and_then(|supposed| plan.since(mirror, &supposed, decision));
        Ok(Some(Self { since: since.map_err(|error| inconsistent(&error))?, plan }))
    }

    /// As if a person named it in this run.
    pub(super) fn answer(&self) -> Answer<'_> {
        let held = Ok(Since { plan: &self.plan, mirror: &self.since });
        Answer { named: &self.plan.hold.digest, given: ApprovalGiven::InThisRun, held }
    }
}
