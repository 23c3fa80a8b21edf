//! What comes from outside the core, as tables: the clock, the days before, another mirror, and what the destination has.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::*;
use crate::hash::sha256;
use crate::roster::decide::clock::Ends;
use crate::roster::feed;
use crate::roster::plan::mirror::{Unsettled, Writing};

pub(super) fn noon() -> DateTime<Utc> {
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
fn whoever_went_unseen_is_counted_by_reason_since_the_first_of_them() {
    let past = |id, on, reason: Reason| PastRemoval {
        employee: EmployeeId(id),
        name: String::new(),
        day: NaiveDate::from_ymd_opt(2026, 11, on).unwrap(),
        reason,
    };
    let unseen =
        [past(1, 24, Reason::Inactive), past(2, 22, Reason::Absent(Absence::Gone)), past(3, 23, Reason::OnLeave)];
    assert_eq!(Recent::of(&unseen), Recent { removed: 3, vanished: 1, since: Some(unseen[1].day) });
    assert_eq!(Recent::of(&[]), Recent::default());
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
    let gone = crate::roster::plan::mirror::Departed {
        import_id: ImportId::from(EmployeeId(1)),
        last_day: None,
        last_known: None,
    };
    assert!(!Mirror { departed: BTreeMap::from([(EmployeeId(1), gone)]), ..Mirror::default() }.is_new());
}

/// The bytes of a file with these people.
pub(super) fn bytes(ids: std::ops::RangeInclusive<i64>) -> Vec<u8> {
    feed::render(&super::feed(people(ids))).unwrap()
}

pub(super) fn delivery(bytes: &[u8]) -> Delivery {
    Delivery {
        destination: FEED.to_owned(),
        delivered_at: noon(),
        size: bytes.len() as u64,
        sha256: sha256(bytes),
        modified: Some(1),
        mount: None,
        verified: true,
        taken: false,
        untaken_since: None,
        standing_at: None,
    }
}

pub(super) fn memory(last: Option<Delivery>) -> Memory {
    Memory { url: FEED.to_owned(), last, others: Vec::new(), refresh: TimeDelta::days(7) }
}

/// A mirror with these people whose feed was given to the usual destination.
pub(super) fn mirror_of(ids: std::ops::RangeInclusive<i64>) -> Mirror {
    Mirror { feed: super::feed(people(ids)), given: Given::Destination(FEED.to_owned()), ..Mirror::default() }
}

/// The mirror once a feed with these people has set out, in a run of this number.
pub(super) fn set_out(before: &Mirror, run: i64, writing: Writing, ids: std::ops::RangeInclusive<i64>) -> Mirror {
    let whole = bytes(ids.clone());
    let unsettled = Unsettled {
        run,
        destination: FEED.to_owned(),
        size: whole.len() as u64,
        sha256: sha256(&whole),
        writing,
        set_out_at: noon(),
        before: Some(Arc::new(before.clone())),
    };
    Mirror { unsettled: [before.unsettled.clone(), vec![unsettled]].concat(), ..mirror_of(ids) }
}

pub(super) fn file(bytes: &[u8]) -> Finding<'_> {
    Finding::File(FoundFile { size: bytes.len() as u64, modified: Some(1), bytes: Some(bytes) })
}

/// A file that nobody may read.
pub(super) fn closed(size: usize, modified: Option<i64>) -> Finding<'static> {
    Finding::File(FoundFile { size: size as u64, modified, bytes: None })
}

#[test]
fn what_stands_there_is_known_by_its_bytes_or_by_size_and_time_where_nobody_may_read() {
    let (old, new, half) = (bytes(1..=3), bytes(1..=4), &bytes(1..=4)[..120]);
    let another = |hash: &str| Stands::Another { hash: hash.to_owned() };
    let (known, longer) = (memory(Some(delivery(&old))), bytes(1..=9));
    let settled = mirror_of(1..=3);
    let (aside, in_place) =
        (set_out(&settled, 1, Writing::Aside, 1..=4), set_out(&settled, 1, Writing::InPlace, 1..=4));
    let later = set_out(&in_place, 2, Writing::InPlace, 1..=9);
    let nobody = Mirror { given: Given::Nobody, ..settled.clone() };
    let (size, other) = (old.len(), old.len() + 1);
    let cases = [
        (&settled, Finding::Nothing, Stands::Nothing),
        (&settled, Finding::Unknown, Stands::Unknown),
        (&settled, file(&old), Stands::Ours),
        (&settled, file(&new), another(&sha256(&new))),
        (&settled, closed(size, Some(1)), Stands::Ours),
        (&settled, closed(size, None), Stands::Ours),
        (&settled, closed(size, Some(2)), another(&format!("{size} bytes of 2"))),
        (&settled, closed(other, Some(1)), another(&format!("{other} bytes of 1"))),
        (&settled, closed(other, None), another(&format!("{other} bytes"))),
        (&settled, file(half), another(&sha256(half))),
        (&nobody, file(&old), Stands::Ours),
        (&aside, file(&new), Stands::Ours),
        (&aside, closed(new.len(), Some(7)), Stands::Ours),
        (&aside, file(half), another(&sha256(half))),
        (&in_place, file(half), Stands::Part),
        (&in_place, file(b""), Stands::Part),
        (&in_place, file(b"x"), another(&sha256(b"x"))),
        (&in_place, closed(3, None), another("3 bytes")),
        (&settled, file(b""), Stands::Empty),
        (&settled, file(b"\xef\xbb\xbf \r\n"), Stands::Empty),
        (&settled, file(b"\"ImportId\",\"Email\"\n"), Stands::Empty),
        (&settled, closed(0, None), Stands::Empty),
        (&settled, file(b"hello\n"), another(&sha256(b"hello\n"))),
        (&settled, file(b"ImportId\n\"\"\n"), another(&sha256(b"ImportId\n\"\"\n"))),
        (&later, file(half), Stands::Part),
        (&later, file(&longer[..200]), Stands::Part),
    ];
    let desired = super::feed(people(1..=4));
    for (mirror, finding, expected) in cases {
        let judged = known.judge(finding, mirror, &desired);
        assert_eq!((&judged.stands, judged.url.as_str()), (&expected, FEED), "{finding:?}");
        // Who is in a file of ours is of interest only where nothing is known of what this destination has.
        let is_compared = match expected {
            Stands::Nothing | Stands::Unknown | Stands::Another { .. } | Stands::Empty => false,
            Stands::Ours | Stands::Part => mirror.given == Given::Nobody,
        };
        assert_eq!(judged.compared.is_some(), is_compared, "{finding:?}");
    }
}

/// What a look settles and undoes: the run that is settled, the first that is undone, and who is in the mirror afterwards.
#[test]
fn only_bytes_that_were_read_settle_a_feed_and_only_bytes_and_our_temporary_file_undo_one() {
    use Leftover::Withdrawn;
    let elsewhere = "file:///elsewhere/employees.csv";
    let settled = mirror_of(1..=3);
    let one = set_out(&settled, 1, Writing::Aside, 1..=4);
    let two = set_out(&one, 2, Writing::Aside, 1..=5);
    let in_place = set_out(&settled, 1, Writing::InPlace, 1..=4);
    // Back to the people of the first file.
    let back = set_out(&one, 2, Writing::Aside, 1..=3);
    let first = set_out(&Mirror { given: Given::Nobody, ..settled.clone() }, 1, Writing::Aside, 1..=4);
    let moved = Mirror { given: Given::Destination(elsewhere.to_owned()), ..two.clone() };
    let unknown = Mirror { given: Given::Unknown, ..two.clone() };
    let mut forgotten = two.clone();
    forgotten.unsettled.iter_mut().for_each(|unsettled| unsettled.before = None);
    let mut from_elsewhere = two.clone();
    from_elsewhere.unsettled[0].destination = elsewhere.to_owned();
    let again = set_out(&two, 3, Writing::Aside, 1..=4);
    let mut back_from_elsewhere = set_out(&two, 3, Writing::Aside, 1..=6);
    back_from_elsewhere.unsettled[..2].iter_mut().for_each(|sent| sent.destination = elsewhere.to_owned());
    let (old, first_file, second_file, other) = (bytes(1..=3), bytes(1..=4), bytes(1..=5), bytes(7..=9));
    let none = Leftover::None;
    let cases = [
        (&settled, file(&old), Withdrawn, None, None, 3),
        (&one, file(&first_file), none, Some(1), None, 4),
        (&one, file(&first_file), Withdrawn, Some(1), None, 4),
        (&one, file(&old), none, None, None, 4),
        (&one, file(&old), Withdrawn, None, Some(1), 3),
        (&one, file(&other), Withdrawn, None, None, 4),
        // What lies beside it is of another run.
        (&in_place, file(&old), Withdrawn, None, None, 4),
        (&set_out(&in_place, 2, Writing::Aside, 1..=5), file(&old), Withdrawn, None, None, 5),
        (&one, file(&first_file[..120]), Withdrawn, None, None, 4),
        (&one, Finding::Nothing, Withdrawn, None, None, 4),
        (&one, Finding::Unknown, Withdrawn, None, None, 4),
        (&one, closed(first_file.len(), Some(1)), none, None, None, 4),
        (&one, closed(old.len(), Some(1)), Withdrawn, None, None, 4),
        (&two, file(&second_file), none, Some(2), None, 5),
        (&two, file(&first_file), none, Some(1), None, 5),
        (&two, file(&first_file), Withdrawn, Some(1), Some(2), 4),
        (&two, file(&old), none, None, None, 5),
        (&two, file(&old), Withdrawn, None, Some(1), 3),
        // Of equal bytes the newest counts.
        (&back, file(&old), none, Some(2), None, 3),
        (&back, file(&old), Withdrawn, Some(2), None, 3),
        (&again, file(&first_file), none, Some(3), None, 4),
        (&back_from_elsewhere, file(&second_file), Withdrawn, None, None, 6),
        // Nobody knows what this destination had before.
        (&first, file(&old), Withdrawn, None, None, 4),
        (&first, file(&first_file), none, Some(1), None, 4),
        (&moved, file(&second_file), none, None, None, 5),
        (&unknown, file(&second_file), Withdrawn, None, None, 5),
        (&forgotten, file(&old), Withdrawn, None, None, 5),
        (&forgotten, file(&first_file), Withdrawn, Some(1), None, 5),
        (&from_elsewhere, file(&second_file), none, Some(2), None, 5),
        (&from_elsewhere, file(&first_file), Withdrawn, None, None, 5),
    ];
    let never = Settlement::of(&one, &memory(None), file(&old), Withdrawn, noon());
    assert_eq!((never.settled, never.undone), (None, None), "nothing was ever known to have arrived there");
    let first_of_all = Settlement::of(&one, &memory(None), file(&first_file), none, noon()).settled;
    assert!(first_of_all.is_some_and(|(_, delivery)| !delivery.taken));
    let known = memory(Some(Delivery { taken: true, ..delivery(&old) }));
    let second = TimeDelta::seconds(1);
    for (now, undone) in [(noon() + WINDOW, Some(1)), (noon() + WINDOW + second, None), (noon() - second, None)] {
        assert_eq!(Settlement::of(&one, &known, file(&old), Withdrawn, now).undone, undone, "{now}");
    }
    for (at, (mirror, finding, leftover, settled, undone, people)) in cases.into_iter().enumerate() {
        let settlement = Settlement::of(mirror, &known, finding, leftover, noon());
        assert_eq!(settlement.settled.as_ref().map(|(run, _)| *run), settled, "{at}");
        assert_eq!(settlement.undone, undone, "{at}");
        let is_silent = settled.is_none() && undone.is_none() && settlement.sighting.is_none();
        assert_eq!(settlement.is_empty(), is_silent, "{at}");
        let after = settlement.applied_to(mirror);
        assert_eq!(after.feed.people.employees().len(), people, "{at}");
        let is_open =
            |run: &i64| settled.is_none_or(|settled| *run > settled) && undone.is_none_or(|undone| *run < undone);
        let open: Vec<i64> = mirror.unsettled.iter().map(|unsettled| unsettled.run).filter(is_open).collect();
        assert_eq!(after.unsettled.iter().map(|unsettled| unsettled.run).collect::<Vec<_>>(), open, "{at}");
        if let Some((_, delivery)) = settlement.settled {
            assert_eq!((delivery.delivered_at, delivery.taken, delivery.verified), (noon(), true, true), "{at}");
            assert_eq!(FoundFile { size: delivery.size, modified: delivery.modified, bytes: None }, {
                let Finding::File(file) = finding else { panic!("{at}") };
                FoundFile { bytes: None, ..file }
            });
        }
    }
}

#[test]
fn a_file_goes_out_where_something_differs_or_the_destination_may_not_have_it() {
    let old = bytes(1..=3);
    let known = memory(Some(delivery(&old)));
    let there = |given| Mirror { given, ..mirror_of(1..=3) };
    let arrived = mirror_of(1..=3);
    let (never, week) = (memory(None), known.refresh);
    let others = vec![other("c", Some(&[]))];
    let another_stood = Memory { others, ..known.clone() };
    let on_its_way = set_out(&mirror_of(1..=2), 1, Writing::Aside, 1..=3);
    let cases = [
        (&known, &arrived, 3, file(&old), Resend::WhenDue, noon(), false),
        (&known, &arrived, 3, Finding::Nothing, Resend::WhenDue, noon(), false),
        (&known, &arrived, 3, Finding::Unknown, Resend::WhenDue, noon(), false),
        (&known, &arrived, 4, file(&old), Resend::WhenDue, noon(), true),
        (&known, &arrived, 3, file(&old), Resend::Now, noon(), true),
        (&known, &arrived, 3, file(&old), Resend::WhenDue, noon() + week, true),
        (&known, &arrived, 3, file(&old), Resend::WhenDue, noon() + week - TimeDelta::seconds(1), false),
        // Setting a clock back must not end the refreshes.
        (&known, &arrived, 3, file(&old), Resend::WhenDue, noon() - week, true),
        (&another_stood, &arrived, 3, Finding::Nothing, Resend::WhenDue, noon(), true),
        (&known, &on_its_way, 3, file(&old), Resend::WhenDue, noon(), true),
        (&known, &there(Given::Unknown), 3, file(&old), Resend::WhenDue, noon(), true),
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
    let known = |last: &Delivery| memory(Some(last.clone()));
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
    assert_eq!(memory(None).observed(Finding::Nothing, late), None);

    let new = |offset| Delivery { delivered_at: noon() + offset, ..delivery(&bytes(1..=4)) };
    let continued = |last: &Delivery, finding, offset| {
        let Delivery { taken, untaken_since, standing_at, .. } =
            known(last).continued(finding, &mirror_of(1..=3), new(offset));
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
    let first = memory(None).continued(Finding::Nothing, &mirror_of(1..=3), new(second));
    assert_eq!((first.taken, first.untaken_since, first.standing_at), (false, None, None));

    for (taken, standing_at, expected) in
        [(true, since, since), (true, None, None), (false, since, None), (false, None, None)]
    {
        assert_eq!(Delivery { taken, standing_at, ..last.clone() }.not_taken_since(), expected);
    }
    assert_eq!((last.waiting_since(), waiting.waiting_since()), (noon(), noon() - day));
}
