//! An approval covers the plan that it names; what came since is judged like any plan by itself. So an answer survives the night.
//!
//! Law: an approval in time is refused exactly where what came since would be held by itself. Whoever is in the approved feed does
//! not go on doubt, and a removal that is not stated today for the same kind of reason was not approved.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{MirrorMismatch, Rule, WINDOW};
use crate::roster::decide::Decision;
use crate::roster::decide::reasons::Reason;
use crate::roster::feed::Feed;
use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::{Employee, Group, Inconsistent, Snapshot};
use crate::roster::plan::mirror::{Given, Mirror};
use crate::roster::plan::{Plan, PlanDigest};

/// Where a plan was to be carried out. An approval is good for no other place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Of the mirror: another one with every feed that set out and differs.
    pub generation: u64,
    pub account: Option<String>,
    /// The kind, where the mirror was not the one that the last run left.
    pub mismatch: Option<String>,
    /// The URL; none where nothing is delivered.
    pub destination: Option<String>,
    /// Tells other files apart that stand at the destination, or stood there and nobody answered.
    pub other_files: BTreeSet<String>,
}

impl Place {
    /// `destination` is its URL.
    pub fn of(
        mirror: &Mirror,
        mismatch: Option<MirrorMismatch>,
        destination: Option<&str>,
        other_files: BTreeSet<String>,
    ) -> Self {
        Self {
            generation: mirror.generation,
            account: mirror.account.clone(),
            mismatch: mismatch.map(|mismatch| mismatch.kind().to_owned()),
            destination: destination.map(str::to_owned),
            other_files,
        }
    }
}

/// A digest that a person named.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    pub named: &'a PlanDigest,
    pub given: ApprovalGiven,
    /// The plan of that digest, where a run told it and it can still be approved.
    pub held: Result<Since<'a>, Void>,
}

impl<'a> Answer<'a> {
    /// What came since the plan that is approved; none where that is void.
    pub fn since<'d>(&self, desired: &'d Feed) -> Option<CameSince<'d>>
    where
        'a: 'd,
    {
        let Since { plan, mirror } = self.held.ok()?;
        let stays = |id: &&EmployeeId| desired.people.employee(**id).is_some();
        let stay = plan.reasons.keys().filter(stays).copied().collect();
        Some(CameSince { named: self.named, step: Plan::between(&mirror.feed, desired), stay })
    }
}

/// What a plan changes beside one that was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameSince<'a> {
    pub named: &'a PlanDigest,
    pub step: Plan<'a>,
    /// Who stays whom that plan would have removed.
    pub stay: BTreeSet<EmployeeId>,
}

impl CameSince<'_> {
    /// Whether exactly that plan is carried out.
    pub fn is_empty(&self) -> bool {
        self.step.is_empty() && self.stay.is_empty()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalGiven {
    InThisRun,
    /// In an earlier run whose delivery did not arrive: an approval is spent only when its plan is carried out.
    Earlier,
}

/// What an approved plan leaves to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Since<'a> {
    pub plan: &'a HeldPlan,
    /// As it would be had the plan been carried out; its feed is what was approved.
    pub mirror: &'a Mirror,
}

/// Why a digest that a person named is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Void {
    /// No run of the log told it.
    NeverTold,
    /// It was carried out or withdrawn, or nobody told it for seven days.
    Ended,
    /// Another plan was carried out since.
    CarriedOutSince,
    OtherDestination,
    OtherAccount,
    OtherMirror,
    OtherFile,
}

/// A plan that a run held and told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub digest: PlanDigest,
    pub place: Place,
    /// When a run told it last.
    pub told_at: DateTime<Utc>,
    /// The rules that it broke.
    pub rules: Vec<Rule>,
    /// Whom it removes and who stayed in a run under its approval: should they be to go again, nobody has approved that.
    pub stayed: BTreeSet<EmployeeId>,
}

/// What a held plan would have made of the mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldPlan {
    pub hold: Hold,
    /// As the plan would leave it.
    pub mirror: Mirror,
    /// Why each person whom it removes was to go.
    pub reasons: BTreeMap<EmployeeId, Reason>,
}

impl Hold {
    /// Whether it can be approved here and now.
    pub fn is_good(&self, place: &Place, now: DateTime<Utc>) -> Result<(), Void> {
        let Place { generation, account, mismatch, destination, other_files } = &self.place;
        let conditions = [
            ((now - self.told_at).abs() <= WINDOW, Void::Ended),
            (*account == place.account, Void::OtherAccount),
            (*mismatch == place.mismatch, Void::OtherMirror),
            (*destination == place.destination, Void::OtherDestination),
            (*generation == place.generation, Void::CarriedOutSince),
            (*other_files == place.other_files, Void::OtherFile),
        ];
        conditions.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, void)| Err(void))
    }

    /// Whether whoever approved this plan has answered a rule that today's run breaks. Rules about the step are judged on what
    /// came since, which nobody has answered.
    pub(super) fn answers(&self, rule: &Rule) -> bool {
        match rule {
            Rule::AnotherMirror { .. }
            | Rule::FirstDelivery { .. }
            | Rule::ForeignFile { .. }
            | Rule::EmptyListing
            | Rule::NoOverlap { .. }
            | Rule::NobodyDecided { .. }
            | Rule::Clock { .. } => self.rules.iter().any(|told| told.kind() == rule.kind()),
            Rule::Withheld { attribute } => {
                self.rules.iter().any(|told| matches!(told, Rule::Withheld { attribute: told } if told == attribute))
            }
            Rule::MustInclude { missing, .. } => {
                self.rules.iter().any(|told| matches!(told, Rule::MustInclude { missing: told, .. } if told == missing))
            }
            Rule::RemovalsAtMost { .. }
            | Rule::Removals { .. }
            | Rule::MoreThanHalf { .. }
            | Rule::LastPerson { .. }
            | Rule::Additions { .. }
            | Rule::FieldChanges { .. }
            | Rule::ScopeChanged { .. }
            | Rule::FilterMatchesNobody { .. }
            | Rule::Vanished { .. }
            | Rule::NeverThere { .. }
            | Rule::Takeover { .. }
            | Rule::ColumnsChanged { .. } => false,
        }
    }
}

impl HeldPlan {
    /// The mirror from which a run under this approval decides: nobody of the approved feed goes on doubt, and their import ids
    /// and addresses are theirs. Whoever was to go is still there, so that today's evidence about them is asked for.
    pub fn supposed(&self, mirror: &Mirror) -> Result<Mirror, Inconsistent> {
        let was_to_go = |id| self.reasons.contains_key(&id);
        let people = with_those_back(&self.mirror.feed.people, &mirror.feed.people, was_to_go)?;
        let mut supposed = Mirror {
            unsettled: mirror.unsettled.clone(),
            given: mirror.given.clone(),
            generation: mirror.generation,
            account: mirror.account.clone(),
            ..self.mirror.clone()
        };
        for id in self.reasons.keys().filter(|id| people.employee(**id).is_some()) {
            supposed.departed.remove(id);
            supposed.scopes.extend(mirror.scopes.get(id).map(|scope| (*id, Arc::clone(scope))));
            supposed.placeholders.extend(mirror.placeholders.get(id));
        }
        supposed.feed.people = people;
        Ok(supposed)
    }

    /// The mirror as it would be had the plan been carried out, as far as today's decision agrees: what came since starts from
    /// it. A removal that is not stated today for the same kind of reason, or was taken back meanwhile, was not approved.
    pub fn since(&self, mirror: &Mirror, supposed: &Mirror, decision: &Decision) -> Result<Mirror, Inconsistent> {
        let stays = |id| match (self.reasons.get(&id), decision.excluded.get(&id)) {
            (Some(told), Some(today)) => self.hold.stayed.contains(&id) || !told.is_of_one_kind_with(today),
            (Some(_), None) => true,
            (None, _) => false,
        };
        let Feed { columns, people } = &self.mirror.feed;
        let people = with_those_back(people, &mirror.feed.people, stays)?;
        // The destination would have it.
        let given = self.hold.place.destination.clone().map_or_else(|| supposed.given.clone(), Given::Destination);
        Ok(Mirror { feed: Feed { columns: columns.clone(), people }, given, ..supposed.clone() })
    }
}

/// Everybody of the approved feed, and beside them those of the mirror who are back, as the mirror has them. Their address is theirs:
/// whoever was given it has what they had before, or is a newcomer again.
fn with_those_back(
    approved: &Snapshot,
    mirror: &Snapshot,
    is_back: impl Fn(EmployeeId) -> bool,
) -> Result<Snapshot, Inconsistent> {
    let is_missing = |employee: &&Arc<Employee>| is_back(employee.id) && approved.employee(employee.id).is_none();
    let missing = mirror.employees().iter().filter(is_missing);
    let mut back: BTreeMap<EmployeeId, Arc<Employee>> = missing.map(|e| (e.id, Arc::clone(e))).collect();
    if back.is_empty() {
        return Ok(approved.clone());
    }
    let addresses = |back: &BTreeMap<EmployeeId, Arc<Employee>>| -> BTreeSet<Arc<str>> {
        back.values().map(|employee| employee.email.folded()).collect()
    };
    loop {
        let taken = addresses(&back);
        let others = approved.employees().iter().filter(|employee| !back.contains_key(&employee.id));
        let clashing = others.filter(|employee| taken.contains(&employee.email.folded()));
        let before: Vec<Arc<Employee>> = clashing.filter_map(|e| mirror.employee(e.id)).cloned().collect();
        if before.is_empty() {
            break;
        }
        back.extend(before.into_iter().map(|employee| (employee.id, employee)));
    }
    let taken = addresses(&back);
    let stays =
        |employee: &&Arc<Employee>| !back.contains_key(&employee.id) && !taken.contains(&employee.email.folded());
    let people: Vec<Arc<Employee>> =
        approved.employees().iter().filter(stays).chain(back.values()).map(Arc::clone).collect();
    let ids: BTreeSet<EmployeeId> = people.iter().map(|employee| employee.id).collect();
    let people = people.into_iter().map(|employee| match employee.supervisor {
        Some(supervisor) if !ids.contains(&supervisor) => {
            Arc::new(Employee { supervisor: None, ..(*employee).clone() })
        }
        Some(_) | None => employee,
    });
    let new_group = |group: &Group| approved.group_name(&group.key).is_none();
    Snapshot::new(people, approved.groups().chain(mirror.groups().filter(new_group)))
}
