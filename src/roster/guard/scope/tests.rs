//! Which difference between two scopes could have made which removal, as a table.

use super::*;
use crate::roster::decide::reasons::Absence;
use crate::roster::voice::Told;

fn keys(keys: &[&str]) -> BTreeSet<AttributeKey> {
    keys.iter().map(|key| AttributeKey::new(*key)).collect()
}

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

fn readable(readable: &[&str]) -> Scope {
    Scope { readable: keys(readable), ..Scope::default() }
}

/// At the moment of the run it is another day in each zone.
fn day_in(zone: &str) -> Option<NaiveDate> {
    match zone {
        "Behind" => Some(day(22)),
        "Ahead" => Some(day(24)),
        "Same" | "Now" | "" => Some(day(23)),
        _ => None,
    }
}

fn zone(name: &str) -> Scope {
    Scope { timezone: name.to_owned(), ..Scope::default() }
}

fn on_leave(on_leave: OnLeave) -> Scope {
    Scope { on_leave, ..Scope::default() }
}

fn excluding(ids: &[i64], addresses: &[&str]) -> Scope {
    let excluded = ids.iter().copied().map(EmployeeId).collect();
    let excluded_addresses = addresses.iter().map(|address| (*address).to_owned()).collect();
    Scope { excluded, excluded_addresses, ..Scope::default() }
}

/// A filter on departments that lets in these names with these ids.
fn only(names: &[(&str, &[i64])]) -> Scope {
    let names = names.iter().map(|(name, ids)| ((*name).to_owned(), ids.iter().copied().collect())).collect();
    Scope { filters: [(AttributeKey::new("department"), names)].into(), ..Scope::default() }
}

#[test]
fn a_removal_rests_on_a_difference_only_where_that_could_have_made_it() {
    use Reason::{Inactive, LastDayPassed, NotYet, OnLeave as Leave, OutOfScope};
    const ALL: [&str; 3] = ["hire_date", "status", "termination_date"];
    let none = Scope::default;
    let gone = Reason::Absent(Absence::Gone);
    let (excluded, filtered) =
        (OutOfScope(Filter::Exclude), OutOfScope(Filter::Attribute(AttributeKey::new("department"))));
    let (keep, remove) = (|| on_leave(OnLeave::Keep), || on_leave(OnLeave::Remove));
    let sales = || only(&[("sales", &[1])]);
    // More than a week ahead.
    let far = NaiveDate::from_ymd_opt(2026, 12, 1).unwrap();
    let cases: [(Scope, Scope, &Reason, &[&str]); 59] = [
        // The time zone counts where the day there states something else. It is the 23rd now.
        (zone("Behind"), zone("Now"), &LastDayPassed(day(22)), &["the time zone was Behind and is Now"]),
        (zone("Behind"), zone("Now"), &LastDayPassed(day(21)), &[]),
        (zone("Same"), zone("Now"), &LastDayPassed(day(22)), &[]),
        (zone("Ahead"), zone("Now"), &LastDayPassed(day(22)), &[]),
        (zone("Gone"), zone("Now"), &LastDayPassed(day(1)), &["the time zone was Gone and is Now"]),
        (zone("Now"), zone("Now"), &LastDayPassed(day(22)), &[]),
        // And where a status may contradict the day there.
        (zone("Ahead"), zone("Now"), &LastDayPassed(day(16)), &["the time zone was Ahead and is Now"]),
        (zone("Ahead"), zone("Now"), &LastDayPassed(day(15)), &[]),
        (zone("Behind"), zone("Now"), &LastDayPassed(day(15)), &[]),
        (zone("Behind"), zone("Now"), &NotYet(Some(day(30))), &["the time zone was Behind and is Now"]),
        (zone("Behind"), zone("Now"), &NotYet(Some(far)), &[]),
        (zone("Ahead"), zone("Now"), &NotYet(Some(far)), &[]),
        (zone("Ahead"), zone("Now"), &NotYet(Some(day(24))), &["the time zone was Ahead and is Now"]),
        (zone("Ahead"), zone("Now"), &NotYet(Some(day(25))), &[]),
        (zone("Same"), zone("Now"), &NotYet(Some(day(24))), &[]),
        (zone("Behind"), zone("Now"), &NotYet(Some(day(24))), &[]),
        (zone("Behind"), zone("Now"), &NotYet(None), &[]),
        (zone("Behind"), zone("Now"), &Inactive, &[]),
        (zone("Behind"), zone("Now"), &filtered, &[]),
        // People on leave.
        (keep(), remove(), &Leave, &["people on leave are removed now"]),
        (remove(), remove(), &Leave, &[]),
        (keep(), remove(), &Inactive, &[]),
        (remove(), keep(), &Inactive, &[]),
        // Exclusions.
        (none(), excluding(&[7], &[]), &excluded, &["employee 7 is excluded now"]),
        (none(), excluding(&[7], &[]), &Inactive, &[]),
        (none(), excluding(&[7], &[]), &gone, &[]),
        (excluding(&[7], &[]), excluding(&[7, 8], &["x"]), &excluded, &[]),
        (excluding(&[7, 8], &[]), excluding(&[7], &[]), &excluded, &[]),
        (excluding(&[], &["x"]), excluding(&[], &["x"]), &excluded, &[]),
        (excluding(&[], &["x", "y"]), excluding(&[], &["x"]), &excluded, &[]),
        (excluding(&[8], &["x"]), excluding(&[8], &["x", "y"]), &excluded, &["another address is excluded now (y)"]),
        (excluding(&[7], &[]), excluding(&[8], &["y"]), &excluded, &["another address is excluded now (y)"]),
        // Filters.
        (none(), sales(), &filtered, &["the filter on department is new"]),
        (none(), sales(), &LastDayPassed(day(22)), &[]),
        (sales(), sales(), &filtered, &[]),
        (sales(), only(&[("sales", &[1]), ("ops", &[])]), &filtered, &[]),
        (
            only(&[("sales", &[1]), ("ops", &[])]),
            sales(),
            &filtered,
            &["the filter on department no longer lets in all that \"ops\" stood for"],
        ),
        (
            only(&[("sales", &[1, 2])]),
            sales(),
            &filtered,
            &["the filter on department no longer lets in all that \"sales\" stood for"],
        ),
        (only(&[("sales", &[1, 2])]), sales(), &gone, &[]),
        // The same under another name, and a name that is learnt.
        (sales(), only(&[("vertrieb", &[1, 3])]), &filtered, &[]),
        (only(&[("sales", &[])]), sales(), &filtered, &[]),
        (
            sales(),
            only(&[("sales", &[])]),
            &filtered,
            &["the filter on department no longer lets in all that \"sales\" stood for"],
        ),
        // Rights that were withdrawn may hide a doubt.
        (readable(&ALL), readable(&ALL[1..]), &Inactive, &["hire_date cannot be read any more"]),
        (readable(&ALL), readable(&["hire_date", "termination_date"]), &filtered, &["status cannot be read any more"]),
        (readable(&ALL), readable(&ALL[..2]), &excluded, &["termination_date cannot be read any more"]),
        (readable(&ALL), readable(&[]), &gone, &[]),
        (
            readable(&ALL),
            readable(&["termination_date"]),
            &LastDayPassed(day(1)),
            &["hire_date cannot be read any more", "status cannot be read any more"],
        ),
        (
            readable(&ALL),
            readable(&["hire_date"]),
            &NotYet(Some(day(30))),
            &["termination_date cannot be read any more"],
        ),
        (
            readable(&ALL),
            readable(&["status"]),
            &NotYet(None),
            &["hire_date cannot be read any more", "termination_date cannot be read any more"],
        ),
        // What was released states what it could not state before.
        (readable(&["hire_date"]), readable(&ALL), &Inactive, &["status can be read now"]),
        (readable(&["status"]), readable(&ALL), &Inactive, &[]),
        (readable(&["status"]), readable(&ALL), &LastDayPassed(day(1)), &["termination_date can be read now"]),
        (readable(&["status"]), readable(&ALL), &NotYet(Some(day(30))), &["hire_date can be read now"]),
        (readable(&["hire_date"]), readable(&ALL), &NotYet(Some(far)), &["status can be read now"]),
        (readable(&[]), readable(&ALL), &NotYet(None), &["status can be read now"]),
        (readable(&[]), readable(&ALL), &Leave, &["status can be read now"]),
        // Dates state the same, whatever the status.
        (readable(&["termination_date"]), readable(&ALL), &LastDayPassed(day(22)), &[]),
        (readable(&["hire_date"]), readable(&ALL), &NotYet(Some(day(24))), &[]),
        (readable(&["hire_date"]), readable(&ALL), &filtered, &[]),
    ];
    for (before, now, reason, expected) in &cases {
        let removal =
            Removal { employee: EmployeeId(7), reason, days: [before, now].map(|scope| day_in(&scope.timezone)) };
        let found: Vec<String> = differences(before, now, removal).iter().map(Told::logged).collect();
        assert_eq!(found, *expected, "{reason:?} {before:?} {now:?}");
    }
}
