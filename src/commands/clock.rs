//! This machine's clock, whose date decides who has started and who has left, beside Personio's.

use chrono::{DateTime, TimeDelta, Utc};

use crate::history::CLOCK_TOLERANCE;
use crate::roster::guard::Clock;

/// So long after the last success a clock is in doubt that nothing speaks for.
const LONG_AFTER: TimeDelta = TimeDelta::days(30);

/// Ends of runs in step, as the machine's clock had them then.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ends {
    pub newest: Option<DateTime<Utc>>,
    /// The latest whose clock was in no doubt: a run that was set back by a wrong clock is no proof that time went back.
    pub undoubted: Option<DateTime<Utc>>,
}

/// Compares with Personio's clock or, where that is not known, with the ends of runs before.
pub(super) fn compare(now: DateTime<Utc>, at_personio: Option<DateTime<Utc>>, ends: Ends) -> Clock {
    let latest = ends.newest.max(ends.undoubted);
    let before = ends.undoubted.filter(|undoubted| *undoubted - now > CLOCK_TOLERANCE);
    match (at_personio, before.or(latest)) {
        (Some(there), _) if (now - there).abs() > CLOCK_TOLERANCE => {
            Clock::OffPersonios { hours: (now - there).num_hours() }
        }
        (None, Some(last)) if last - now > CLOCK_TOLERANCE => {
            Clock::BeforeTheLastRun { hours: (last - now).num_hours() }
        }
        (None, Some(last)) if now - last > LONG_AFTER => Clock::LongAfterTheLastRun { days: (now - last).num_days() },
        (Some(_), _) | (None, Some(_) | None) => Clock::Plausible,
    }
}
