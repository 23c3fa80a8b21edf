//! How much may change unseen.
//!
//! A plan is judged as a whole, before anything is written: either all of it passes, or none of it is applied. Percentages
//! alone do not notice two of three hundred people who vanish. So people missing without evidence, a changed scope, an
//! attribute that disappeared and a feed that looks like another company's have rules of their own. The only way past a rule is
//! a person who names the digest of exactly this plan.

pub mod adopt;
mod approval;
mod destination;
mod judge;
mod limit;
mod mismatch;
mod others;
mod rule;
mod scope;
mod settlement;
mod spelling;
pub mod takeovers;
mod verdict;
mod void;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

pub use approval::{Answer, ApprovalGiven, CameSince, HeldPlan, Hold, Place, Since};
pub use destination::{Delivery, Destination, Finding, FoundFile, Memory, Resend, Stands};
pub use limit::Limit;
pub use mismatch::{Age, Lineage, Log, MirrorMismatch, Testimony};
pub use others::{Compared, Comparison, OtherFile, OtherName, Sighting};
#[cfg(test)]
pub(crate) use rule::samples;
pub use rule::{Advice, Approving, Card, Concern, Heading, NotIn, Rule, advice, approving, leading};
pub use scope::Difference;
pub use settlement::{Leftover, Settlement};
pub use verdict::{Approval, Approved, Cause, Refusal, Seen};
pub use void::Void;
pub use window::{Former, PastRemoval, Recent, Removals, WINDOW};

use takeovers::{Identities, Past};

use crate::roster::decide::absences::Extent;
use crate::roster::decide::clock::Clock;
use crate::roster::decide::notes::Note;
use crate::roster::decide::reasons::{Absence, Reason};
use crate::roster::decide::{Decision, Grounds};
use crate::roster::feed::Feed;
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Employee, Snapshot};
use crate::roster::plan::mirror::Mirror;
use crate::roster::plan::{Basis, Change, Plan, PlanDigest};
use crate::roster::policy::Who;

/// The limits. Zero means that none are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    pub removals: Limit,
    /// More removals than this are held whatever the percentage. Without a value the limit is 25 or 2 % of the people,
    /// whichever is larger.
    pub removals_at_most: Option<usize>,
    /// A plan is held if more people than this are no longer listed and were never seen leaving.
    pub vanished: usize,
    pub additions: Limit,
    /// For each header by itself.
    pub field_changes: Limit,
    /// No plan passes without these people.
    pub must_include: BTreeSet<Who>,
}

/// More removals than this are held ...
const AT_MOST: usize = 25;
/// ... unless the company is so large that this percentage is more: there, that many people leave in an ordinary week.
const AT_MOST_PERCENT: usize = 2;
/// Every run asks about this many people who are missing from the listing, or about `vanished` if that is more.
const ASKED_AT_MOST: usize = 25;

impl Default for Guard {
    fn default() -> Self {
        Self {
            removals: Limit { people: 3, percent: 10 },
            removals_at_most: None,
            vanished: 2,
            additions: Limit { people: 20, percent: 50 },
            field_changes: Limit { people: 10, percent: 30 },
            must_include: BTreeSet::new(),
        }
    }
}

/// A plan before it is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal<'a> {
    /// From what the destination has, as far as that is known. This plan is shown, is judged under its digest, and is sent.
    pub plan: Plan<'a>,
    /// From the mirror: how many come, go and change since the last decision, even if nothing is known of the destination.
    pub from_mirror: Plan<'a>,
}

impl<'a> Proposal<'a> {
    /// `baseline` is what the destination has; see [`Mirror::given_to`].
    pub fn new(mirror: &'a Mirror, baseline: &'a Feed, desired: &'a Feed) -> Self {
        let plan = Plan::between(baseline, desired);
        let from_mirror =
            if std::ptr::eq(baseline, &mirror.feed) { plan.clone() } else { Plan::between(&mirror.feed, desired) };
        Self { plan, from_mirror }
    }

    /// Of a plan that starts from the mirror.
    pub fn of(plan: &Plan<'a>) -> Self {
        Self { plan: plan.clone(), from_mirror: plan.clone() }
    }
}

/// What a plan is judged by, besides itself.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    pub mirror: &'a Mirror,
    /// Set if the mirror is not the one that the last run left.
    pub mismatch: Option<MirrorMismatch>,
    pub decision: &'a Decision,
    /// Everybody in the listing, whatever was decided.
    pub listed: &'a BTreeSet<EmployeeId>,
    /// The attributes that were asked for, including the employee's own fields.
    pub asked_for: &'a BTreeSet<AttributeKey>,
    pub recent: Recent,
    /// What people were within seven days, where it is not what the mirror has.
    pub former: &'a BTreeMap<EmployeeId, Former>,
    /// None if nothing is delivered.
    pub destination: Option<&'a Destination>,
    pub clock: Clock,
    /// The day by which dates are judged, in each other time zone under which somebody was last decided.
    pub days: &'a BTreeMap<String, NaiveDate>,
}

impl Evidence<'_> {
    /// The notes of the decision, and the reason to doubt the clock behind it.
    pub fn notes(&self) -> Vec<Note> {
        let doubt = self.clock.is_in_doubt().then_some(Note::ClockInDoubt { clock: self.clock });
        self.decision.notes.iter().cloned().chain(doubt).collect()
    }

    /// What a step to these people makes of who everybody was.
    pub fn identities(&self, after: &Snapshot) -> Identities {
        let undecided = self.decision.undecided().map(|(id, ..)| id).collect();
        takeovers::identities(&self.past(), after, &undecided)
    }

    fn past(&self) -> Past<'_> {
        Past { mirror: &self.mirror.feed.people, former: self.former }
    }

    /// What the digest of a plan rests on.
    pub fn basis(&self, proposal: &Proposal<'_>) -> Basis {
        let Grounds { policy, readable, names: _, scope: _, unseen: _, placeholders: _, labels: _ } =
            &self.decision.grounds;
        let readable: Vec<&str> = readable.iter().map(AttributeKey::as_str).collect();
        let reason = |change: &Change<&Arc<Employee>>| match change {
            Change::Delete(employee) => Some((employee.id, self.decision.excluded.get(&employee.id)?.kind())),
            Change::Create(_) | Change::Update { .. } => None,
        };
        Basis {
            mismatch: self.mismatch.map(MirrorMismatch::kind),
            generation: self.mirror.generation,
            scope: format!("{policy}readable {}", readable.join(" ")),
            destination: self.destination.map(|destination| destination.url.clone()).unwrap_or_default(),
            other_files: self.destination.map(Destination::other_files).unwrap_or_default(),
            reasons: proposal.from_mirror.employees().iter().filter_map(reason).collect(),
        }
    }
}

impl Guard {
    /// How many of the people who are missing from a listing to ask for by id, and how many may go unseen.
    pub fn inquiry(&self, recent: &Recent) -> Extent {
        let may_vanish = self.vanished.saturating_sub(recent.vanished);
        Extent { asked_at_most: ASKED_AT_MOST.max(self.vanished), may_vanish }
    }

    /// Every rule that the plan breaks, in a fixed order; none if it may pass unseen. The limits count the step from the
    /// mirror: if the plan starts from the mirror, the two are the same, and if it starts from nothing, it only adds.
    pub fn judge(&self, proposal: &Proposal<'_>, evidence: &Evidence<'_>) -> Vec<Rule> {
        let mut rules: Vec<Rule> =
            evidence.mismatch.iter().map(|mismatch| Rule::AnotherMirror { mismatch: *mismatch }).collect();
        judge::listing(evidence, &mut rules);
        // Only the first few rules are shown, so causes come before the numbers that they lead to.
        judge::identity(&evidence.identities(&proposal.from_mirror.after().people), &mut rules);
        judge::filters(&proposal.from_mirror, evidence.decision, &mut rules);
        judge::clock(&proposal.from_mirror, evidence.clock, &mut rules);
        self.judge_removals(&proposal.from_mirror, evidence, &mut rules);
        self.judge_changes(&proposal.from_mirror, evidence, &mut rules);
        judge::must_include(&self.must_include, evidence, &mut rules);
        judge::scope(&proposal.from_mirror, evidence, &mut rules);
        judge::destination(proposal, evidence, &mut rules);
        rules
    }

    fn judge_removals(&self, step: &Plan<'_>, evidence: &Evidence<'_>, rules: &mut Vec<Rule>) {
        let Evidence { mirror, decision, recent, .. } = evidence;
        let mirrored = mirror.feed.people.employees();
        let removals = Removals { now: step.counts().people.removed, recent: *recent, mirrored: mirrored.len() };
        if removals.now > 0 {
            let (sum, of) = (removals.sum(), removals.of());
            let at_most = self.removals_at_most.unwrap_or_else(|| AT_MOST.max(of * AT_MOST_PERCENT / 100));
            if sum > at_most {
                rules.push(Rule::RemovalsAtMost { removals, at_most });
            }
            if self.removals.exceeded_by(sum, of) {
                rules.push(Rule::Removals { removals, limit: self.removals });
            }
            if sum * 2 > of {
                rules.push(Rule::MoreThanHalf { removals });
            }
            if decision.desired.people.employees().is_empty() {
                rules.push(Rule::LastPerson { removals });
            }
        }
        let never_there = mirrored.iter().filter(|employee| !employee.id.has_profile()).count();
        let become_others = adopt::become_others(step, mirror);
        if never_there + become_others > 0 {
            rules.push(Rule::NeverThere { people: never_there, become_others });
        }
        let going = removed(step);
        let reasons = || going.iter().filter_map(|id| decision.excluded.get(id));
        let absent = |of: Absence| reasons().filter(|reason| **reason == Reason::Absent(of)).count();
        let not_asked = absent(Absence::NotAsked);
        let people = absent(Absence::Gone) + not_asked;
        if people > self.inquiry(recent).may_vanish || not_asked > 0 {
            rules.push(Rule::Vanished { people, recent: *recent, limit: self.vanished, not_asked });
        }
    }

    fn judge_changes(&self, step: &Plan<'_>, evidence: &Evidence<'_>, rules: &mut Vec<Rule>) {
        let of = evidence.mirror.feed.people.employees().len();
        let additions = step.counts().people.added;
        if of > 0 && self.additions.exceeded_by(additions, of) {
            rules.push(Rule::Additions { additions, of, limit: self.additions });
        }
        let mut cells = step.changed_cells();
        for note in &evidence.decision.notes {
            if let Note::CellsUnknown { header, people } = note {
                cells.entry(header).or_insert(*people);
            }
        }
        for (header, people) in cells {
            if self.field_changes.exceeded_by(people, of) {
                let column = Heading::found(&step.after().columns, header);
                rules.push(Rule::FieldChanges { column, people, of, limit: self.field_changes });
            }
        }
    }

    /// Lets the plan pass, or says why not. An approval counts for the plan that it names, and what came since is judged by
    /// itself.
    pub fn approve<'a>(
        &self,
        proposal: &Proposal<'a>,
        evidence: &Evidence<'_>,
        answer: Option<&Answer<'_>>,
    ) -> Result<Approved<'a>, Refusal> {
        let approved = |by, seen| Ok(Approved { proposal: proposal.clone(), by, seen });
        let rules = self.judge(proposal, evidence);
        let Some(Answer { named, given, held }) = answer else {
            if rules.is_empty() {
                return approved(Approval::Limits, None);
            }
            let digest = proposal.plan.digest(&evidence.basis(proposal));
            return Err(Refusal { digest, rules, cause: Cause::Unapproved });
        };
        let by = |named: &PlanDigest| match given {
            ApprovalGiven::InThisRun => Approval::Person(named.clone()),
            ApprovalGiven::Earlier => Approval::Earlier(named.clone()),
        };
        let digest = proposal.plan.digest(&evidence.basis(proposal));
        let unseen: Vec<Rule> = match held {
            Ok(since) => rules.iter().filter(|rule| since.leaves_unseen(rule)).cloned().collect(),
            Err(_) => Vec::new(),
        };
        if !unseen.is_empty() {
            return Err(Refusal { digest, rules, cause: Cause::Since { named: (*named).clone(), rules: unseen } });
        }
        // Whom HR took back before they are to go again, nobody has approved to go.
        let is_again = *given == ApprovalGiven::Earlier && held.is_ok_and(|since| !since.plan.hold.stayed.is_empty());
        // One that ended is no answer, also where the plan is the same again: it is held, and told anew.
        let may_be_exact = held.is_ok() || matches!(held, Err(Void::NeverTold | Void::Unreadable));
        if digest == **named && may_be_exact && !is_again {
            let went_before = proposal.plan.counts().people.removed > 0;
            let identities = evidence.identities(&proposal.from_mirror.after().people).shown();
            return approved(by(named), Some(Seen { besides: BTreeSet::new(), went_before, identities }));
        }
        let cause = match held {
            Ok(since) => {
                let step = Plan::between(&since.mirror.feed, proposal.plan.after());
                let identities = evidence.identities(&since.plan.mirror.feed.people).shown();
                let unanswered = self.judge_since(since, &step, &identities, evidence);
                if rules.is_empty() || unanswered.is_empty() {
                    let went_before = !since.plan.reasons.is_empty();
                    return approved(by(named), Some(Seen { besides: removed(&step), went_before, identities }));
                }
                Cause::Since { named: (*named).clone(), rules: unanswered }
            }
            Err(why) => Cause::Void { named: (*named).clone(), why: *why },
        };
        Err(Refusal { digest, rules, cause })
    }

    /// The rules that what came since an approved plan breaks by itself. Half of a takeover may have been in that plan, where nobody
    /// saw the whole: everybody is who they were before it, but for those whom it showed become somebody else.
    fn judge_since(
        &self,
        since: &Since<'_>,
        step: &Plan<'_>,
        seen: &BTreeSet<EmployeeId>,
        evidence: &Evidence<'_>,
    ) -> Vec<Rule> {
        let step = Proposal::of(step);
        // A plan in which people go also shows who went unseen before.
        let recent = if since.plan.reasons.is_empty() { evidence.recent } else { Recent::default() };
        let former = &evidence.past().remembered_by(&since.mirror.feed.people, seen);
        let mut rules = self.judge(&step, &Evidence { mirror: since.mirror, recent, former, ..*evidence });
        rules.retain(|rule| !since.plan.hold.answers(rule));
        rules
    }
}

fn removed(plan: &Plan<'_>) -> BTreeSet<EmployeeId> {
    let removed = |change: &Change<&Arc<Employee>>| match change {
        Change::Delete(employee) => Some(employee.id),
        Change::Create(_) | Change::Update { .. } => None,
    };
    plan.employees().iter().filter_map(removed).collect()
}

#[cfg(test)]
mod tests;
