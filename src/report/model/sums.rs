//! What of a report is told outside of the machine: sums without anybody's name.

use std::collections::BTreeMap;

use super::Report;
use super::files::Baseline;
use crate::history::Usual;
use crate::report::RemovedFrom;
use crate::roster::decide::reasons::Reason;
use crate::roster::feed::{Feed, Source};
use crate::roster::model::record::AttributeKey;
use crate::roster::plan::Counts;
use crate::roster::voice::own_attribute;
use crate::tongue::Tongue;

/// How much a plan changes of how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub counts: Counts,
    pub baseline: Baseline,
    /// People.
    pub before: usize,
    /// People.
    pub after: usize,
}

impl Extent {
    /// From where people are removed.
    pub fn from(&self) -> RemovedFrom {
        if self.baseline == Baseline::Mirror { RemovedFrom::Mirror } else { RemovedFrom::Honestly }
    }
}

/// What a mail tells of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    pub extent: Extent,
    pub reasons: Vec<(Reason, usize)>,
    /// Of each department that loses people: how many of how many.
    pub shares: Vec<(usize, usize)>,
    pub usual: Usual,
    /// Groups that become small.
    pub falls: usize,
    /// What came since a plan that was told.
    pub since: Option<Counts>,
    /// What Personio calls attributes, else the headers of those for which nobody has a word.
    pub labels: BTreeMap<AttributeKey, String>,
}

impl Report<'_> {
    pub fn extent(&self) -> Extent {
        let people = |feed: &Feed| feed.people.employees().len();
        let plan = self.plan.plan;
        let (before, after) = (people(plan.before()), people(plan.after()));
        Extent { counts: self.plan.counts, baseline: self.baseline, before, after }
    }

    pub fn sums(&self) -> Sums {
        let reasons = self.plan.leavers.reasons.iter();
        Sums {
            extent: self.extent(),
            reasons: reasons.map(|(reason, number)| ((*reason).clone(), *number)).collect(),
            shares: self.shares().into_iter().map(|(_, removed, of)| (removed, of)).collect(),
            usual: self.view.usual,
            falls: self.falls().len(),
            since: self.since.as_ref().map(|since| since.step.counts),
            labels: self.labels(),
        }
    }

    fn labels(&self) -> BTreeMap<AttributeKey, String> {
        let columns =
            [self.plan.plan.before(), self.plan.plan.after()].into_iter().flat_map(|feed| feed.columns.iter());
        let headers = columns.filter_map(|column| {
            let Source::Group(key) = &column.source else { return None };
            own_attribute(Tongue::English, key.as_str()).is_none().then(|| (key.clone(), column.header.clone()))
        });
        headers.chain(self.view.decision().grounds.labels.clone()).collect()
    }
}
