//! Whether this machine's clock can be believed: its date decides who has started and who has left.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

/// How much two clocks may differ before dates are in doubt.
pub const CLOCK_TOLERANCE: TimeDelta = TimeDelta::hours(1);
/// So long after the last run in step a clock is in doubt where nothing else speaks for it.
const LONG_AFTER: TimeDelta = TimeDelta::days(30);

/// This machine's clock, compared with another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Nothing speaks against it.
    Plausible,
    /// The hours by which it is ahead of Personio's; negative where it is behind.
    OffPersonios { hours: i64 },
    /// The hours from now to the end of a run that is over.
    BeforeTheLastRun { hours: i64 },
    /// The days since the end of the last run that was in step, where no other clock is known.
    LongAfterTheLastRun { days: i64 },
}

/// When runs in step ended, as the machine's clock had it then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ends {
    pub newest: Option<DateTime<Utc>>,
    /// The latest end of a run whose clock was in no doubt. A run by a wrong clock that was set back does not prove that
    /// time went back.
    pub undoubted: Option<DateTime<Utc>>,
}

impl Clock {
    /// Compares with Personio's clock or, where that is not known, with the ends of earlier runs.
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
