//! An approval covers the plan that it names; what came since is judged like any plan by itself. So an answer survives the night.
//!
//! Law: an approval in time is refused exactly where what came since would be held by itself. Whoever is in the approved feed does
//! not go on doubt, and a removal that is not stated today for the same kind of reason was not approved.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{MirrorMismatch, Rule, Void, WINDOW};
use crate::roster::decide::Decision;
use crate::roster::decide::reasons::Reason;
use crate::roster::feed::Feed;
use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::{Email, Employee, Group, ImportId, Inconsistent, Snapshot};
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
    /// Whether the destination has the mirror's feed; else the plan started from nothing.
    pub is_known: bool,
    /// Tells other files apart that stand at the destination, or stood there and nobody answered.
    pub other_files: BTreeSet<String>,
}

impl Place {
    /// `account` is the one that is read, `destination` its URL.
    pub fn of(
        mirror: &Mirror,
        account: Option<String>,
        mismatch: Option<MirrorMismatch>,
        destination: Option<&str>,
        other_files: BTreeSet<String>,
    ) -> Self {
        Self {
            generation: mirror.generation,
            account,
            mismatch: mismatch.map(|mismatch| mismatch.kind().to_owned()),
            destination: destination.map(str::to_owned),
            is_known: mirror.given_to(destination).is_some(),
            other_files,
        }
    }

    /// Whether a plan for the mirror as it was is one for this one. A mirror that an approved run believed, and whose delivery
    /// failed, is the one over which that was approved: nothing is known of the destination, as before.
    fn is_of_one_mirror_with(&self, now: &Self) -> bool {
        let was_believed = self.mismatch.is_some() && now.mismatch.is_none() && !now.is_known;
        self.is_known == now.is_known && (self.mismatch == now.mismatch || was_believed)
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

impl Since<'_> {
    /// Whether a rule about today's run or place was not broken when the plan was told.
    pub(super) fn leaves_unseen(&self, rule: &Rule) -> bool {
        !rule.concerns_the_step() && !self.plan.hold.answers(rule)
    }
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
    /// Whether it takes in columns that were new.
    pub takes_new_columns: bool,
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
        let Place { generation, account, mismatch: _, destination, is_known: _, other_files } = &self.place;
        let conditions = [
            ((now - self.told_at).abs() <= WINDOW, Void::Ended),
            (*account == place.account, Void::OtherAccount),
            (*destination == place.destination, Void::OtherDestination),
            (self.place.is_of_one_mirror_with(place), Void::OtherMirror),
            (*generation == place.generation, Void::CarriedOutSince),
            (*other_files == place.other_files, Void::OtherFile),
        ];
        conditions.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, void)| Err(void))
    }

    /// Whether a run in step at this place shows that nobody needs to answer this plan any more, unless it could not decide about
    /// somebody whom the plan changes.
    pub fn is_over_with(&self, place: &Place, takes_new_columns: bool) -> bool {
        self.place == *place && (takes_new_columns || !self.takes_new_columns)
    }

    /// Whether whoever approved this plan has answered a rule that today's run breaks. Rules about the step are judged on what
    /// came since, which nobody has answered.
    pub(super) fn answers(&self, rule: &Rule) -> bool {
        !rule.concerns_the_step() && self.rules.iter().any(|told| told.asks_what(rule))
    }
}

impl Rule {
    /// Whether whoever answered this rule has answered the other one, whatever its numbers.
    fn asks_what(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Withheld { attribute: this }, Self::Withheld { attribute: other }) => this == other,
            (Self::MustInclude { missing: this, .. }, Self::MustInclude { missing: other, .. }) => this == other,
            // Import ids that would be somebody of another name were seen, and no others.
            (Self::ForeignFile { comparison: this, .. }, Self::ForeignFile { comparison: other, .. }) => {
                other.other_name <= this.other_name
            }
            // Either way nothing is known of what the destination has.
            (Self::AnotherMirror { .. }, Self::FirstDelivery { .. }) => true,
            (this, other) => this.kind() == other.kind(),
        }
    }
}

impl HeldPlan {
    /// The mirror from which a run under this approval decides: nobody of the approved feed goes on doubt, and their import ids
    /// and addresses are theirs. Whoever was to go is still there, so that today's evidence about them is asked for, and without
    /// the address that the plan gives to somebody else, unless they are known to `stay`.
    pub fn supposed(&self, mirror: &Mirror, stay: &BTreeSet<EmployeeId>) -> Result<Mirror, Inconsistent> {
        // Whoever returned with a new profile in this plan is one person.
        let returned = self.returned(mirror);
        let was_to_go = |id| self.reasons.contains_key(&id) && (!returned.contains_key(&id) || stay.contains(&id));
        let given_away: BTreeSet<EmployeeId> = self.addresses_given_away(mirror).difference(stay).copied().collect();
        let without_address =
            |employee: &Arc<Employee>| match Email::new(&format!("gone{}@given-away.invalid", employee.id.0)) {
                Some(email) if given_away.contains(&employee.id) => {
                    Arc::new(Employee { email, ..(**employee).clone() })
                }
                Some(_) | None => Arc::clone(employee),
            };
        let before = &mirror.feed.people;
        let people = if given_away.is_empty() {
            with_those_back(&self.mirror.feed.people, before, was_to_go)?
        } else {
            let before = Snapshot::new(before.employees().iter().map(without_address), before.groups())?;
            with_those_back(&self.mirror.feed.people, &before, was_to_go)?
        };
        let mut supposed = Mirror {
            unsettled: mirror.unsettled.clone(),
            given: mirror.given.clone(),
            generation: mirror.generation,
            account: mirror.account.clone(),
            import_id_source: mirror.import_id_source.clone(),
            ..self.mirror.clone()
        };
        for id in self.reasons.keys().filter(|id| people.employee(**id).is_some()) {
            supposed.departed.remove(id);
            supposed.scopes.extend(mirror.scopes.get(id).map(|scope| (*id, Arc::clone(scope))));
            supposed.placeholders.extend(mirror.placeholders.get(id));
            supposed.unproven.extend(mirror.unproven.get(id));
        }
        supposed.feed.people = people;
        Ok(supposed)
    }

    /// Whom this plan removes and who are to be decided about once more, with what they had: they stay by this decision although
    /// the plan gives their address to somebody else, or their new profile does not come.
    pub fn to_stay(&self, mirror: &Mirror, decision: &Decision) -> BTreeSet<EmployeeId> {
        let is_in = |id: &EmployeeId| decision.desired.people.employee(*id).is_some();
        let stay = self.addresses_given_away(mirror).into_iter().filter(is_in);
        let alone = self.returned(mirror).into_iter().filter(|(_, new)| !is_in(new)).map(|(old, _)| old);
        stay.chain(alone).collect()
    }

    /// Why the old profile goes of whoever is in with a new one: as it was told, where this decision says nothing of it.
    pub fn reasons_as_told(&self, mirror: &Mirror, decision: &Decision) -> BTreeMap<EmployeeId, Reason> {
        let is_in = |id: EmployeeId| decision.desired.people.employee(id).is_some();
        let is_open =
            |(old, new): &(EmployeeId, EmployeeId)| is_in(*new) && !is_in(*old) && !decision.excluded.contains_key(old);
        let open = self.returned(mirror).into_iter().filter(is_open);
        open.filter_map(|(old, _)| Some((old, self.reasons.get(&old)?.clone()))).collect()
    }

    /// Who is in the mirror, and whose address somebody has in this plan that removes them.
    fn addresses_given_away(&self, mirror: &Mirror) -> BTreeSet<EmployeeId> {
        let approved = self.mirror.feed.people.employees();
        let taken: BTreeSet<Arc<str>> = approved.iter().map(|employee| employee.email.folded()).collect();
        let returned = self.returned(mirror);
        let leavers = self.leavers(mirror).filter(|leaver| !returned.contains_key(&leaver.id));
        leavers.filter(|leaver| taken.contains(&leaver.email.folded())).map(|leaver| leaver.id).collect()
    }

    /// Who is in the mirror, and whose import id a new profile has in this plan, which removes theirs: each with that profile.
    fn returned(&self, mirror: &Mirror) -> BTreeMap<EmployeeId, EmployeeId> {
        let approved = self.mirror.feed.people.employees();
        let given: BTreeMap<&ImportId, EmployeeId> = approved.iter().map(|e| (&e.import_id, e.id)).collect();
        self.leavers(mirror).filter_map(|leaver| Some((leaver.id, *given.get(&leaver.import_id)?))).collect()
    }

    fn leavers<'m>(&self, mirror: &'m Mirror) -> impl Iterator<Item = &'m Arc<Employee>> {
        let leavers = self.reasons.keys().filter(|id| self.mirror.feed.people.employee(**id).is_none());
        leavers.filter_map(|id| mirror.feed.people.employee(*id))
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

/// Everybody of the approved feed, and beside them those of the mirror who are back, as the mirror has them. Their address and
/// import id are theirs: whoever was given one has what they had before, or is a newcomer again.
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
    loop {
        let taken = Taken::by(&back);
        let others = approved.employees().iter().filter(|employee| !back.contains_key(&employee.id));
        let clashing = others.filter(|employee| taken.clashes_with(employee));
        let before: Vec<Arc<Employee>> = clashing.filter_map(|e| mirror.employee(e.id)).cloned().collect();
        if before.is_empty() {
            break;
        }
        back.extend(before.into_iter().map(|employee| (employee.id, employee)));
    }
    let taken = Taken::by(&back);
    let stays = |employee: &&Arc<Employee>| !back.contains_key(&employee.id) && !taken.clashes_with(employee);
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

/// What only one person can have.
struct Taken {
    addresses: BTreeSet<Arc<str>>,
    import_ids: BTreeSet<ImportId>,
}

impl Taken {
    fn by(people: &BTreeMap<EmployeeId, Arc<Employee>>) -> Self {
        let people = || people.values();
        Self {
            addresses: people().map(|employee| employee.email.folded()).collect(),
            import_ids: people().map(|employee| employee.import_id.clone()).collect(),
        }
    }

    fn clashes_with(&self, employee: &Employee) -> bool {
        self.addresses.contains(&employee.email.folded()) || self.import_ids.contains(&employee.import_id)
    }
}
