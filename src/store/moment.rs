//! How moments are written into the mirror: RFC 3339 in UTC with milliseconds, so that text sorts as time does.

use chrono::{DateTime, SecondsFormat, Utc};

use super::error::Error;

pub(super) fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

pub(super) fn time(text: &str) -> Result<DateTime<Utc>, Error> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .map_err(|_| Error::Damaged("a time in its run log is none".to_owned()))
}
