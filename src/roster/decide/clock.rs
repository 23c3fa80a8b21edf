//! Whether this machine's clock can be trusted: its date decides who has started and who has left.

use serde::{Deserialize, Serialize};

use chrono::{DateTime, TimeDelta, Utc};

use crate::roster::voice::{Told, Voice, tell};

/// How much two clocks may differ before dates are in doubt.
pub const CLOCK_TOLERANCE: TimeDelta = TimeDelta::hours(1);
/// If the last run in step is longer ago than this and Personio's clock is not known, the clock is in doubt.
const LONG_AFTER: TimeDelta = TimeDelta::days(30);

/// This machine's clock, compared with another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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

/// When runs ended, by this machine's clock at that time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ends {
    /// Of the last run in step.
    pub newest: Option<DateTime<Utc>>,
    /// The latest end of a run that came to a plan while its clock was not in doubt, whatever became of that plan. A run under a
    /// wrong clock that was set back does not prove that time went back.
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

impl Told for Clock {
    fn told(&self, voice: Voice<'_>) -> String {
        let hours = |hours: i64| {
            let hours = usize::try_from(hours.unsigned_abs()).unwrap_or(usize::MAX);
            voice.counted(hours, ["hour", "hours"], ["Stunde", "Stunden"])
        };
        match *self {
            Self::Plausible => tell!(
                voice,
                "this machine's clock is plausible",
                "the clock of this machine is plausible",
                "die Uhr dieses Rechners ist plausibel"
            ),
            Self::OffPersonios { hours: off @ ..0 } => tell!(
                voice,
                "this machine's clock is {hours} behind Personio's",
                "the clock of this machine is {hours} behind Personio's",
                "die Uhr dieses Rechners geht gegenüber der von Personio {hours} nach",
                hours = hours(off)
            ),
            Self::OffPersonios { hours: off } => tell!(
                voice,
                "this machine's clock is {hours} ahead of Personio's",
                "the clock of this machine is {hours} ahead of Personio's",
                "die Uhr dieses Rechners geht gegenüber der von Personio {hours} vor",
                hours = hours(off)
            ),
            Self::BeforeTheLastRun { hours: off } => tell!(
                voice,
                "this machine's clock is {hours} before the end of the last run",
                "the clock of this machine is {hours} before the end of the last check",
                "die Uhr dieses Rechners steht {hours} vor dem Ende des letzten Abgleichs",
                hours = hours(off)
            ),
            Self::LongAfterTheLastRun { days } => tell!(
                voice,
                "this machine's clock is {days} days after the end of the last run, and Personio's is not known",
                "the clock of this machine is {days} days after the last check, and Personio's is not known",
                "die Uhr dieses Rechners steht {days} Tage nach dem letzten Abgleich, und die von Personio ist nicht bekannt",
                days = voice.number(usize::try_from(days).unwrap_or_default())
            ),
        }
    }
}
