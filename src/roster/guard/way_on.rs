//! Rules for which no command to approve is offered, and what leads on from each.

use std::collections::BTreeSet;

use crate::roster::guard::{Clock, Rule};

/// What leads on from a rule that no approval answers well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WayOn {
    /// The credential must read employees again, or is not the right one.
    ReadEmployees,
    /// Personio has another company now, or the credential is not the right one.
    ReplaceCompany,
    CorrectPeople,
    SetClock,
}

/// What leads on from these rules. Where it is nothing, a command to approve is offered.
pub fn ways_on(rules: &[Rule]) -> BTreeSet<WayOn> {
    rules.iter().filter_map(Rule::way_on).collect()
}

impl Rule {
    /// What leads on where no command to approve is offered: no plan shows what is wrong there, and approving would not put it right.
    /// An approval is accepted all the same.
    pub fn way_on(&self) -> Option<WayOn> {
        match self {
            Self::EmptyListing => Some(WayOn::ReadEmployees),
            Self::NoOverlap { replaced: false, .. } => Some(WayOn::ReplaceCompany),
            Self::NobodyDecided { .. } => Some(WayOn::CorrectPeople),
            Self::Clock { clock: Clock::OffPersonios { .. } } => Some(WayOn::SetClock),
            Self::Clock {
                clock: Clock::Plausible | Clock::BeforeTheLastRun { .. } | Clock::LongAfterTheLastRun { .. },
            }
            | Self::NoOverlap { replaced: true, .. }
            | Self::AnotherMirror { .. }
            | Self::RemovalsAtMost { .. }
            | Self::Removals { .. }
            | Self::MoreThanHalf { .. }
            | Self::LastPerson { .. }
            | Self::Additions { .. }
            | Self::FieldChanges { .. }
            | Self::MustInclude { .. }
            | Self::Withheld { .. }
            | Self::ScopeChanged { .. }
            | Self::FilterMatchesNobody { .. }
            | Self::Vanished { .. }
            | Self::NeverThere { .. }
            | Self::Takeover { .. }
            | Self::SomebodyElse { .. }
            | Self::MostIdentities { .. }
            | Self::ColumnsChanged { .. }
            | Self::FirstDelivery { .. }
            | Self::ForeignFile { .. } => None,
        }
    }
}
