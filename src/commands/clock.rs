//! This machine's clock, whose date decides who has started and who has left, beside Personio's.

use chrono::{DateTime, TimeDelta, Utc};

use crate::history::CLOCK_TOLERANCE;
use crate::roster::guard::Clock;

/// So long after the last success a clock is in doubt that nothing speaks for.
const LONG_AFTER: TimeDelta = TimeDelta::days(30);

/// Compares with Personio's clock or, where that is not known, with the end of the last success.
pub fn compare(now: DateTime<Utc>, at_personio: Option<DateTime<Utc>>, last_success: Option<DateTime<Utc>>) -> Clock {
    match (at_personio, last_success) {
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
