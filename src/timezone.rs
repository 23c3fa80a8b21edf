//! The company's time zone: what its clocks show, and so which day it is there.
//!
//! The database in the program decides which names exist, so that a configuration is right or wrong on every machine alike. The
//! system's database decides what a name means, as the time-zone crate finds it: governments change their clocks at a few
//! weeks' notice, and the operator updates the system. Where the system has none, or none of this name that can be read, the
//! program's own rules count: nobody's last day waits for a file.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use jiff::Timestamp;
use jiff::tz::{self, TimeZoneDatabase};

/// A time zone of the IANA database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZone(tz::TimeZone);

impl TimeZone {
    /// Reads a name such as `Europe/Berlin`. None for anything else, also for the name in other capitals.
    pub fn parse(name: &str) -> Option<Self> {
        Self::find(name, tz::db())
    }

    fn find(name: &str, system: &TimeZoneDatabase) -> Option<Self> {
        let is_same = |zone: &tz::TimeZone| zone.iana_name() == Some(name) && !zone.is_unknown();
        let own = TimeZoneDatabase::bundled().get(name).ok().filter(is_same)?;
        let zone = system.get(name).unwrap_or_else(|error| {
            log::debug!("the rules of {name} are the program's own, not the system's: {error}");
            own
        });
        Some(Self(zone))
    }

    /// The name as it was read.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or_default()
    }

    /// What the clocks there show.
    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        let offset = self.0.to_offset(timestamp(at)).seconds();
        at.naive_utc() + TimeDelta::seconds(offset.into())
    }

    /// The day that begins there at this moment, if one does.
    pub fn midnight_at(&self, moment: Timestamp) -> Option<NaiveDate> {
        let at = DateTime::from_timestamp(moment.as_second(), 0).filter(|_| moment.subsec_nanosecond() == 0)?;
        let (local, before) = (self.local(at), self.local(at - TimeDelta::seconds(1)));
        // Where clocks skip midnight, the day begins later. Where they go back to it, midnight comes twice.
        (before.date() < local.date() || local.time() == NaiveTime::MIN).then(|| local.date())
    }

    /// The name of the time there: `CET`, and `CEST` in summer.
    pub fn abbreviation(&self, at: DateTime<Utc>) -> String {
        self.0.to_offset_info(timestamp(at)).abbreviation().to_owned()
    }
}

/// After the year 9999 the last rules stay.
fn timestamp(at: DateTime<Utc>) -> Timestamp {
    Timestamp::from_second(at.timestamp()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
