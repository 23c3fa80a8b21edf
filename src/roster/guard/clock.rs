//! What may speak against this machine's clock.

use std::fmt;

/// This machine's clock, whose date decides who has started and who has left, beside another one.
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
