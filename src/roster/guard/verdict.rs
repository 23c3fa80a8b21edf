//! What the guard says of a plan: it may pass, or it is held, and why.

use std::collections::BTreeSet;

use super::{Approving, Proposal, Rule, Void, approving};
use crate::roster::feed::Feed;
use crate::roster::model::record::EmployeeId;
use crate::roster::plan::{Plan, PlanDigest};

/// Why a plan may pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// It takes over what is already in Honestly, so it changes nothing there.
    Adoption,
    /// Within every limit.
    Limits,
    /// A person who named the digest of exactly this plan.
    Person(PlanDigest),
    /// The same person's approval from an earlier run whose delivery did not arrive.
    Earlier(PlanDigest),
}

/// What whoever approved a plan saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Who goes besides the plan that was approved.
    pub besides: BTreeSet<EmployeeId>,
    /// Whether that plan removed somebody: such a plan also shows who went unseen in the days before.
    pub went_before: bool,
    /// Who becomes somebody else by the plan that was approved: from here on they are who they are.
    pub identities: BTreeSet<EmployeeId>,
}

/// A plan that passed the guard. The store applies nothing else, and nothing else is delivered.
#[derive(Debug)]
pub struct Approved<'a> {
    pub(super) proposal: Proposal<'a>,
    pub(super) by: Approval,
    /// None where no person approved it.
    pub(super) seen: Option<Seen>,
}

impl<'a> Approved<'a> {
    /// The plan that was shown and judged.
    pub fn plan(&self) -> &Plan<'a> {
        &self.proposal.plan
    }

    /// What it changes in the mirror.
    pub fn from_mirror(&self) -> &Plan<'a> {
        &self.proposal.from_mirror
    }

    pub fn by(&self) -> &Approval {
        &self.by
    }

    /// What the person who approved it saw; none where nobody did.
    pub fn seen(&self) -> Option<&Seen> {
        self.seen.as_ref()
    }

    /// The plan that fills an empty mirror with people who are already in Honestly. None for any other plan.
    pub fn adoption(plan: Plan<'a>) -> Option<Self> {
        let is_empty = *plan.before() == Feed::default();
        is_empty.then(|| Self { proposal: Proposal::of(&plan), by: Approval::Adoption, seen: None })
    }

    /// A plan that nobody judged, for tests of the store.
    #[cfg(test)]
    pub(crate) fn unjudged(plan: Plan<'a>) -> Self {
        Self { proposal: Proposal::of(&plan), by: Approval::Limits, seen: None }
    }

    /// The same, approved by somebody who saw these people become somebody else.
    #[cfg(test)]
    pub(crate) fn showing(self, identities: BTreeSet<EmployeeId>) -> Self {
        Self { seen: Some(Seen { identities, ..Seen::default() }), ..self }
    }
}

/// A plan that is held, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub digest: PlanDigest,
    /// All that the plan breaks; empty only where a digest was named that is not good.
    pub rules: Vec<Rule>,
    pub cause: Cause,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Nobody has approved it.
    Unapproved,
    /// A plan was approved, and what came since breaks these rules.
    Since { named: PlanDigest, rules: Vec<Rule> },
    /// The digest that was named is not good.
    Void { named: PlanDigest, why: Void },
}

impl Refusal {
    /// The rules that a person must answer now.
    pub fn unanswered(&self) -> &[Rule] {
        match &self.cause {
            Cause::Since { named: _, rules } => rules,
            Cause::Unapproved | Cause::Void { .. } => &self.rules,
        }
    }

    /// Whether a command to approve the plan is offered.
    pub fn offers_approval(&self) -> bool {
        !self.rules.is_empty() && approving(&self.rules) == Approving::Offered
    }
}
