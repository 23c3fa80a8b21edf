//! What comes from outside the core, as tables: the clock, the days before, another mirror, and what the destination has.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::*;
use crate::hash::sha256;
use crate::roster::feed;
use crate::roster::plan::mirror::Certainty;

fn noon() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

#[test]
fn a_clock_is_believed_as_far_as_another_one_speaks_for_it() {
    let (hour, minute, day) = (TimeDelta::hours(1), TimeDelta::minutes(1), TimeDelta::days(1));
    let at = |offset: TimeDelta| Some(noon() + offset);
    let ends = |newest, undoubted| Ends { newest, undoubted };
    let none = ends(None, None);
    let cases = [
        // Personio's clock decides, whatever the earlier runs say.
        (at(hour), none, Clock::Plausible),
        (at(-hour), none, Clock::Plausible),
        (at(hour + minute), none, Clock::OffPersonios { hours: -1 }),
        (at(-hour - minute), none, Clock::OffPersonios { hours: 1 }),
        (at(-day * 2), ends(at(-day), at(-day)), Clock::OffPersonios { hours: 48 }),
        (at(TimeDelta::zero()), ends(at(day), at(day)), Clock::Plausible),
        (at(TimeDelta::zero()), ends(at(-day * 31), at(-day * 31)), Clock::Plausible),
        // Without it, the earlier runs do.
        (None, none, Clock::Plausible),
        (None, ends(at(hour), at(hour)), Clock::Plausible),
        (None, ends(at(hour + minute), at(hour + minute)), Clock::BeforeTheLastRun { hours: 1 }),
        (None, ends(at(day * 3), None), Clock::BeforeTheLastRun { hours: 72 }),
        (None, ends(at(-day * 30), at(-day * 30)), Clock::Plausible),
        (None, ends(at(-day * 30 - minute), at(-day * 30 - minute)), Clock::LongAfterTheLastRun { days: 30 }),
        (None, ends(at(-day * 31), None), Clock::LongAfterTheLastRun { days: 31 }),
        // The time since counts from the later of the two ends.
        (None, ends(at(-day), at(-day * 40)), Clock::Plausible),
        (None, ends(at(-day * 40), at(-day)), Clock::Plausible),
        // An undoubted run that ended after now decides, whatever the newest run says.
        (None, ends(at(-minute), at(day)), Clock::BeforeTheLastRun { hours: 24 }),
        (None, ends(at(day * 9), at(day)), Clock::BeforeTheLastRun { hours: 24 }),
        (None, ends(at(day * 9), at(hour)), Clock::BeforeTheLastRun { hours: 216 }),
    ];
    for (personio, ends, expected) in cases {
        assert_eq!(Clock::compare(noon(), personio, ends), expected, "{personio:?} {ends:?}");
    }
    assert!(!Clock::Plausible.is_in_doubt());
    for clock in [
        Clock::OffPersonios { hours: 2 },
        Clock::BeforeTheLastRun { hours: 2 },
        Clock::LongAfterTheLastRun { days: 31 },
    ] {
        assert!(clock.is_in_doubt(), "{clock:?}");
    }
}

#[test]
fn whoever_went_unseen_counts_for_seven_days() {
    let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    let gone = Reason::Absent(Absence::Gone).to_string();
    let past =
        |offset, on, reason: &str, seen| PastRemoval { at: noon() + offset, day: day(on), reason: reason.into(), seen };
    let removals = [
        past(-WINDOW, 16, "left", Seen::Unseen),
        past(-WINDOW - TimeDelta::seconds(1), 15, &gone, Seen::Unseen),
        past(-TimeDelta::days(1), 22, &gone, Seen::Unseen),
        past(-TimeDelta::days(1), 14, &gone, Seen::Approved),
        past(TimeDelta::days(1), 24, "left", Seen::Unseen),
    ];
    assert_eq!(Recent::of(&removals, noon()), Recent { removed: 3, vanished: 1, since: Some(day(16)) });
    assert_eq!(Recent::of(&removals[3..4], noon()), Recent::default());
    assert_eq!(WINDOW, TimeDelta::days(7));
}

#[test]
fn a_mirror_is_compared_with_what_its_witness_says() {
    let lineage = |name, age, people| Lineage { name, age, people };
    let (own, other) = (Some("a"), Some("b"));
    let (knows, lacks) = (Log::HasTheRun, Log::LacksTheRun);
    let names = |log, people_left| Testimony::Names { mirror: "a", log, people_left };
    let cases = [
        (Testimony::Missing, lineage(None, Age::New, 0), None),
        (Testimony::Missing, lineage(own, Age::New, 0), None),
        (Testimony::Missing, lineage(None, Age::Used, 3), None),
        (Testimony::Missing, lineage(own, Age::Used, 3), Some(MirrorMismatch::NoWitness)),
        (Testimony::Unreadable, lineage(None, Age::New, 0), Some(MirrorMismatch::NoWitness)),
        (Testimony::Unreadable, lineage(own, Age::Used, 3), Some(MirrorMismatch::NoWitness)),
        (names(lacks, 0), lineage(None, Age::New, 0), Some(MirrorMismatch::Missing)),
        (names(knows, 0), lineage(other, Age::New, 0), Some(MirrorMismatch::Missing)),
        (names(knows, 3), lineage(other, Age::Used, 3), Some(MirrorMismatch::Another)),
        (names(knows, 3), lineage(None, Age::Used, 3), Some(MirrorMismatch::Another)),
        (names(lacks, 3), lineage(own, Age::Used, 3), Some(MirrorMismatch::Older)),
        (names(lacks, 0), lineage(own, Age::New, 0), Some(MirrorMismatch::Older)),
        (names(knows, 3), lineage(own, Age::Used, 2), Some(MirrorMismatch::Emptied)),
        (names(knows, 3), lineage(own, Age::New, 0), Some(MirrorMismatch::Emptied)),
        (names(knows, 3), lineage(own, Age::Used, 3), None),
        (names(knows, 3), lineage(own, Age::Used, 4), None),
        (names(knows, 0), lineage(own, Age::New, 0), None),
    ];
    for (testimony, mirror, expected) in cases {
        assert_eq!(MirrorMismatch::between(testimony, mirror), expected, "{testimony:?} {mirror:?}");
    }
    let mut mirror = Mirror::default();
    assert!(mirror.is_new());
    mirror.generation = 1;
    assert!(!mirror.is_new());
    assert!(!Mirror { feed: feed(people(1..=1)), ..Mirror::default() }.is_new());
    let gone = crate::roster::plan::mirror::Departed { import_id: ImportId::from(EmployeeId(1)), last_day: None };
    assert!(!Mirror { departed: BTreeMap::from([(EmployeeId(1), gone)]), ..Mirror::default() }.is_new());
}

/// The bytes of a file with these people.
fn bytes(ids: std::ops::RangeInclusive<i64>) -> Vec<u8> {
    feed::render(&super::feed(people(ids))).unwrap()
}

fn delivery(bytes: &[u8]) -> Delivery {
    Delivery {
        destination: FEED.to_owned(),
        delivered_at: noon(),
        size: bytes.len() as u64,
        sha256: sha256(bytes),
        modified: Some(1),
        verified: true,
        taken: false,
        untaken_since: None,
        standing_at: None,
    }
}

fn left(bytes: &[u8], modified: Option<i64>) -> LeftFile {
    LeftFile { size: bytes.len() as u64, sha256: sha256(bytes), modified }
}

fn memory(left: Vec<LeftFile>, last: Option<Delivery>) -> Memory {
    Memory { url: FEED.to_owned(), writing: Writing::Aside, left, last, refresh: TimeDelta::days(7) }
}

fn file(bytes: &[u8]) -> Finding<'_> {
    Finding::File(FoundFile { size: bytes.len() as u64, modified: Some(1), bytes: Some(bytes) })
}

/// A file that nobody may read.
fn closed(size: usize, modified: Option<i64>) -> Finding<'static> {
    Finding::File(FoundFile { size: size as u64, modified, bytes: None })
}

#[test]
fn what_stands_there_is_known_by_its_bytes_or_by_size_and_time_where_nobody_may_read() {
    let (old, new, half) = (bytes(1..=3), bytes(1..=4), &bytes(1..=4)[..120]);
    let another = |hash: &str| Stands::Another { hash: hash.to_owned() };
    let known = memory(vec![left(&old, Some(1))], Some(delivery(&old)));
    let set_out = |writing| Memory { writing, left: vec![left(&old, Some(1)), left(&new, None)], ..known.clone() };
    let sent_again = Memory { last: Some(delivery(&new)), ..set_out(Writing::InPlace) };
    let (size, other) = (old.len(), old.len() + 1);
    let cases = [
        (&known, Finding::Nothing, Stands::Nothing),
        (&known, Finding::Unknown, Stands::Unknown),
        (&known, file(&old), Stands::Ours),
        (&known, file(&new), another(&sha256(&new))),
        (&known, closed(size, Some(1)), Stands::Ours),
        (&known, closed(size, None), Stands::Ours),
        (&known, closed(size, Some(2)), another(&format!("{size} bytes of 2"))),
        (&known, closed(other, Some(1)), another(&format!("{other} bytes of 1"))),
        (&known, closed(other, None), another(&format!("{other} bytes"))),
        (&set_out(Writing::Aside), file(&new), Stands::Ours),
        (&set_out(Writing::Aside), file(half), another(&sha256(half))),
        (&set_out(Writing::InPlace), file(half), Stands::Part),
        (&set_out(Writing::InPlace), file(b""), Stands::Part),
        (&set_out(Writing::InPlace), file(b"x"), another(&sha256(b"x"))),
        (&set_out(Writing::InPlace), closed(3, None), another("3 bytes")),
        // The file that was on its way has arrived.
        (&Memory { left: vec![left(&new, Some(1))], ..sent_again }, file(half), another(&sha256(half))),
    ];
    let mut mirror = Mirror { feed: super::feed(people(1..=3)), ..Mirror::default() };
    let desired = super::feed(people(1..=4));
    for (memory, finding, expected) in cases {
        let judged = memory.judge(finding, &mirror, &desired);
        assert_eq!((&judged.stands, judged.url.as_str()), (&expected, FEED), "{finding:?}");
        assert_eq!(judged.is_another_file(), matches!(expected, Stands::Another { .. }), "{finding:?}");
        // Nothing is known of what this destination has.
        assert_eq!(judged.comparison.is_some(), !matches!(expected, Stands::Nothing | Stands::Unknown), "{finding:?}");
    }
    mirror.given = Given::Destination { url: FEED.to_owned(), certainty: Certainty::Arrived };
    assert_eq!(known.judge(file(&old), &mirror, &desired).comparison, None);
    let compared = known.judge(file(&bytes(3..=9)), &mirror, &desired).comparison;
    assert_eq!(compared, Some(Comparison::Read { people: 7, stay: 2, go: 5, come: 2 }));
    assert_eq!(known.judge(file(b"x"), &mirror, &desired).comparison, Some(Comparison::Unreadable));
}

#[test]
fn a_file_goes_out_where_something_differs_or_the_destination_may_not_have_it() {
    let old = bytes(1..=3);
    let known = memory(vec![left(&old, Some(1))], Some(delivery(&old)));
    let given = |certainty| Given::Destination { url: FEED.to_owned(), certainty };
    let there = |given| Mirror { feed: super::feed(people(1..=3)), given, ..Mirror::default() };
    let (arrived, other) = (there(given(Certainty::Arrived)), bytes(5..=6));
    let (never, week) = (memory(Vec::new(), None), known.refresh);
    let cases = [
        (&known, &arrived, 3, file(&old), Resend::WhenDue, noon(), false),
        (&known, &arrived, 3, Finding::Nothing, Resend::WhenDue, noon(), false),
        (&known, &arrived, 3, Finding::Unknown, Resend::WhenDue, noon(), false),
        (&known, &arrived, 4, file(&old), Resend::WhenDue, noon(), true),
        (&known, &arrived, 3, file(&old), Resend::Now, noon(), true),
        (&known, &arrived, 3, file(&other), Resend::WhenDue, noon(), true),
        (&known, &arrived, 3, file(&old), Resend::WhenDue, noon() + week, true),
        (&known, &arrived, 3, file(&old), Resend::WhenDue, noon() + week - TimeDelta::seconds(1), false),
        // Setting a clock back must not end the refreshes.
        (&known, &arrived, 3, file(&old), Resend::WhenDue, noon() - week, true),
        (&known, &there(given(Certainty::InDoubt)), 3, file(&old), Resend::WhenDue, noon(), true),
        (&known, &there(Given::Nobody), 3, file(&old), Resend::WhenDue, noon(), true),
        (&known, &there(Given::Adopted), 3, file(&old), Resend::WhenDue, noon(), true),
        (&never, &arrived, 3, Finding::Nothing, Resend::WhenDue, noon() + week, false),
    ];
    for (memory, mirror, ids, finding, resend, now, expected) in cases {
        let desired = super::feed(people(1..=ids));
        let destination = memory.judge(finding, mirror, &desired);
        let plan = Plan::between(&mirror.feed, &desired);
        let case = format!("{ids} {finding:?} {resend:?} {now} {:?}", mirror.given);
        assert_eq!(memory.must_send(&plan, &destination, mirror, resend, now), expected, "{case}");
    }
}

#[test]
fn whether_the_other_side_takes_files_is_learnt_by_looking() {
    let old = bytes(1..=3);
    let day = TimeDelta::hours(24);
    let second = TimeDelta::seconds(1);
    let last = delivery(&old);
    let known = |last: &Delivery| memory(vec![left(&old, Some(1))], Some(last.clone()));
    let taken = Delivery { taken: true, ..last.clone() };
    let standing = |at| Some(Delivery { standing_at: Some(at), ..last.clone() });
    let seen_standing = Delivery { standing_at: Some(noon() + day), ..last.clone() };
    let waiting = Delivery { untaken_since: Some(noon() - day), ..last.clone() };
    let late = noon() + day + second;
    for (last, finding, now, expected) in [
        (&last, Finding::Nothing, noon(), Some(taken.clone())),
        (&taken, Finding::Nothing, noon(), None),
        (&last, Finding::Unknown, late, None),
        (&last, file(&old), noon() + day, None),
        (&last, file(&old), late, standing(late)),
        (&seen_standing, file(&old), late, None),
        (
            &waiting,
            file(&old),
            noon() + second,
            Some(Delivery { standing_at: Some(noon() + second), ..waiting.clone() }),
        ),
    ] {
        assert_eq!(known(last).observed(finding, now), expected, "{last:?} {finding:?} {now}");
    }
    assert_eq!(memory(Vec::new(), None).observed(Finding::Nothing, late), None);

    let new = |offset| Delivery { delivered_at: noon() + offset, ..delivery(&bytes(1..=4)) };
    let continued = |last: &Delivery, finding, offset| {
        let Delivery { taken, untaken_since, standing_at, .. } = known(last).continued(finding, new(offset));
        (taken, untaken_since, standing_at)
    };
    let since = Some(noon());
    assert_eq!(continued(&last, Finding::Nothing, second), (true, None, None));
    assert_eq!(continued(&taken, Finding::Unknown, second), (true, None, None));
    assert_eq!(continued(&last, Finding::Unknown, second), (false, None, None));
    assert_eq!(continued(&last, file(b"x"), second), (false, None, None));
    assert_eq!(continued(&last, file(&old), day), (false, since, None));
    assert_eq!(continued(&last, file(&old), day + second), (false, since, Some(late)));
    assert_eq!(continued(&waiting, file(&old), second), (false, waiting.untaken_since, Some(noon() + second)));
    let first = memory(Vec::new(), None).continued(Finding::Nothing, new(second));
    assert_eq!((first.taken, first.untaken_since, first.standing_at), (false, None, None));

    for (taken, standing_at, expected) in
        [(true, since, since), (true, None, None), (false, since, None), (false, None, None)]
    {
        assert_eq!(Delivery { taken, standing_at, ..last.clone() }.not_taken_since(), expected);
    }
    assert_eq!((last.waiting_since(), waiting.waiting_since()), (noon(), noon() - day));
}
