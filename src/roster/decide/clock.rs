//! Whether this machine's clock can be trusted: its date decides who has started and who has left.

use serde::{Deserialize, Serialize};

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

/// How much two clocks may differ before dates are in doubt.
pub const CLOCK_TOLERANCE: TimeDelta = TimeDelta::hours(1);
/// If the last run in step is longer ago than this and Personio's clock is not known, the clock is in doubt.
const LONG_AFTER: TimeDelta = TimeDelta::days(30);

/// This machine's clock, compared with another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// There is no reason to doubt it.
    Plausible,
    /// The hours that it is ahead of Personio's clock; negative if it is behind.
    OffPersonios { hours: i64 },
    /// The hours that it is behind the end of an earlier run.
    BeforeTheLastRun { hours: i64 },
    /// The days since the end of the last run in step, if no other clock is known.
    LongAfterTheLastRun { days: i64 },
}

/// When runs in step ended, by this machine's clock at that time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ends {
    pub newest: Option<DateTime<Utc>>,
    /// The latest end of a run whose clock was not in doubt. A run under a wrong clock that was set back does not prove that
    /// time went back.
    pub undoubted: Option<DateTime<Utc>>,
}

impl Clock {
    /// Compares with Personio's clock or, if that is not known, with the ends of earlier runs.
    pub fn compare(now: DateTime<Utc>, at_personio: Option<DateTime<Utc>>, ends: Ends) -> Self {
        let latest = ends.newest.max(ends.undoubted);
        let before = ends.undoubted.filter(|undoubted| *undoubted - now > CLOCK_TOLERANCE);
        match (at_personio, before.or(latest)) {
            (Some(there), _) if (now - there).abs() > CLOCK_TOLERANCE => {
                Self::OffPersonios { hours: (now - there).num_hours() }
            }
            (None, Some(last)) if last - now > CLOCK_TOLERANCE => {
                Self::BeforeTheLastRun { hours: (last - now).num_hours() }
            }
            (None, Some(last)) if now - last > LONG_AFTER => {
                Self::LongAfterTheLastRun { days: (now - last).num_days() }
            }
            (Some(_), _) | (None, Some(_) | None) => Self::Plausible,
        }
    }

    pub fn is_in_doubt(self) -> bool {
        match self {
            Self::Plausible => false,
            Self::OffPersonios { .. } | Self::BeforeTheLastRun { .. } | Self::LongAfterTheLastRun { .. } => true,
        }
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plausible => f.write_str("this machine's clock is plausible"),
            Self::OffPersonios { hours } if *hours < 0 => {
                write!(f, "this machine's clock is {} hours behind Personio's", hours.unsigned_abs())
            }
            Self::OffPersonios { hours } => write!(f, "this machine's clock is {hours} hours ahead of Personio's"),
            Self::BeforeTheLastRun { hours } => {
                write!(f, "this machine's clock is {hours} hours before the end of the last run")
            }
            Self::LongAfterTheLastRun { days } => {
                write!(
                    f,
                    "this machine's clock is {days} days after the end of the last run, and Personio's is not known"
                )
            }
        }
    }
}
