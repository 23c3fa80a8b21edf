//! Names of zones, their clocks, and whose rules count.

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
    let own = TimeZoneDatabase::bundled();
    assert!(own.available().count() > 590);
    for name in own.available() {
        let zone = TimeZone::find(name.as_str(), &TimeZoneDatabase::none()).unwrap_or_else(|| panic!("{name}"));
        for at in [DateTime::<Utc>::UNIX_EPOCH, DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(4_000_000)] {
            let ahead = zone.local(at) - at.naive_utc();
            assert!(ahead.abs() <= TimeDelta::hours(14), "{name} at {at}: {ahead}");
        }
    }
    for zone in chrono_tz::TZ_VARIANTS {
        assert!(TimeZone::parse(zone.name()).is_some(), "{zone}");
    }
    // The last two are files in the system's database.
    for name in [
        "",
        "canary",
        "Europe",
        "europe/berlin",
        "utc",
        " Europe/Berlin",
        "+01:00",
        "Etc/Unknown",
        "../UTC",
        "tzdata.zi",
        "localtime",
    ] {
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
fn a_day_begins_with_its_first_moment() {
    let cases = [
        ("Europe/Berlin", "2026-03-31T22:00:00Z", Some("2026-04-01")),
        ("Europe/Berlin", "2026-03-31T22:00:00.001Z", None),
        ("Europe/Berlin", "2026-03-31T23:00:00Z", None),
        ("Europe/Berlin", "2026-10-24T22:00:00Z", Some("2026-10-25")),
        ("Europe/Berlin", "2026-10-25T23:00:00Z", Some("2026-10-26")),
        // Clocks go from midnight to one.
        ("Africa/Cairo", "2026-04-23T22:00:00Z", Some("2026-04-24")),
        ("Africa/Cairo", "2026-04-23T21:00:00Z", None),
        ("Atlantic/Azores", "2026-03-29T01:00:00Z", Some("2026-03-29")),
        // Clocks go from one back to midnight.
        ("Atlantic/Azores", "2026-10-25T00:00:00Z", Some("2026-10-25")),
        ("Atlantic/Azores", "2026-10-25T01:00:00Z", Some("2026-10-25")),
    ];
    for (name, moment, expected) in cases {
        let zone = TimeZone::find(name, &TimeZoneDatabase::none()).unwrap();
        let day = zone.midnight_at(moment.parse().unwrap()).map(|day| day.to_string());
        assert_eq!(day.as_deref(), expected, "{name} {moment}");
    }
}

#[test]
fn the_systems_rules_count_where_they_can_be_read() {
    let own = "2026-06-01 14:00:00 CEST";
    let (whole, half) = (rules(5), &rules(5)[..50]);
    let cases: [(&str, &str, &[u8], &str); 4] = [
        ("as the system has it", "Europe/Berlin", &whole, "2026-06-01 17:00:00 +05"),
        ("without this zone", "Europe/Paris", &whole, own),
        ("with an empty file", "Europe/Berlin", b"", own),
        ("with half a file", "Europe/Berlin", half, own),
    ];
    for (what, file, rules, expected) in cases {
        let system = tempfile::tempdir().unwrap();
        std::fs::create_dir(system.path().join("Europe")).unwrap();
        std::fs::write(system.path().join(file), rules).unwrap();
        let system = TimeZoneDatabase::from_dir(system.path()).unwrap();
        let zone = TimeZone::find("Europe/Berlin", &system).unwrap();
        assert_eq!(shown(&zone, "2026-06-01T12:00:00Z"), expected, "{what}");
    }
    let zone = TimeZone::find("Europe/Berlin", &TimeZoneDatabase::none()).unwrap();
    assert_eq!(shown(&zone, "2026-06-01T12:00:00Z"), own);
}
