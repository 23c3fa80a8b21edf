//! How much may change unseen.

use super::plan::{Plan, PlanDigest};

/// Who let a plan pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
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
}
