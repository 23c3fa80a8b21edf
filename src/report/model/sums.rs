//! The sums of a report without anybody's name, for a mail.

use super::Report;
use super::files::Baseline;
use crate::history::Usual;
use crate::roster::decide::reasons::Reason;
use crate::roster::plan::Counts;

/// What may be told outside of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    pub counts: Counts,
    pub baseline: Baseline,
    pub reasons: Vec<(Reason, usize)>,
    /// Of each department that loses people: how many of how many.
    pub shares: Vec<(usize, usize)>,
    pub usual: Usual,
    /// Groups that become small.
    pub falls: usize,
}

impl Report<'_> {
    pub fn sums(&self) -> Sums {
        let reasons = self.plan.leavers.reasons.iter();
        Sums {
            counts: self.plan.counts,
            baseline: self.baseline,
            reasons: reasons.map(|(reason, number)| ((*reason).clone(), *number)).collect(),
            shares: self.shares().into_iter().map(|(_, removed, of)| (removed, of)).collect(),
            usual: self.view.usual,
            falls: self.falls().len(),
        }
    }
}
