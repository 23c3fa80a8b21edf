//! How fast requests leave, and how long trying lasts.

use proptest::prelude::*;

use super::*;

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn without_limits_nothing_waits() {
    let now = Instant::now();
    let mut pacer = Pacer::new([Limit::each(SECOND, 0), Limit::each(MINUTE, 0)].into_iter().flatten());
    assert!((0..1000).all(|_| pacer.reserve(now).is_zero()));
    assert!(pacer.past.is_empty());
}

#[test]
fn the_sixteenth_request_waits_for_the_first_to_leave_the_window() {
    let now = Instant::now();
    let limits: Vec<_> = Limit::each(SECOND, 15).into_iter().collect();
    let past: VecDeque<_> = (0..15).map(|tenth| now + Duration::from_millis(tenth * 10)).collect();
    let later = now + Duration::from_millis(200);
    assert_eq!(wait_before_next(&past, &limits, later), Duration::from_millis(830));
    assert_eq!(wait_before_next(&past, &limits, now + seconds(2)), Duration::ZERO);
    assert_eq!(wait_before_next(&past.iter().take(14).copied().collect(), &limits, later), Duration::ZERO);
}

proptest! {
    #[test]
    fn no_window_ever_sees_more_than_its_limit(
        each_second in 1u32..6,
        each_minute in 1u32..40,
        pauses in proptest::collection::vec(0u64..700, 1..200),
    ) {
        let limits: Vec<_> = [Limit::each(SECOND, each_second), Limit::each(MINUTE, each_minute)].into_iter().flatten().collect();
        let mut pacer = Pacer::new(limits.clone());
        let mut now = Instant::now();
        let mut left = Vec::new();
        for pause in pauses {
            now += Duration::from_millis(pause);
            now += pacer.reserve(now);
            left.push(now);
        }
        for limit in limits {
            for pair in left.windows(limit.requests + 1) {
                prop_assert!(pair[limit.requests] - pair[0] >= limit.window);
            }
        }
    }
}

#[test]
fn three_hundred_requests_take_no_longer_than_the_limits_ask_for() {
    let start = Instant::now();
    let mut pacer = Pacer::new([Limit::each(SECOND, 15), Limit::each(MINUTE, 300)].into_iter().flatten());
    let mut now = start;
    for _ in 0..300 {
        now += pacer.reserve(now);
    }
    assert!(now - start <= seconds(20), "{:?}", now - start);
    now += pacer.reserve(now);
    assert!(now - start <= seconds(61), "{:?}", now - start);
}

#[test]
fn waits_double_with_a_spread_up_to_a_ceiling() {
    let waits: Vec<_> = waits(seconds(1)).take(12).collect();
    for (wait, at_least) in waits.iter().zip([1, 2, 4, 8, 16, 30, 30]) {
        assert!(*wait >= seconds(at_least) && *wait <= seconds(2 * at_least), "{waits:?}");
    }
    assert!(waits.iter().all(|wait| *wait <= seconds(60)));
}

#[test]
fn two_schedules_are_not_in_step() {
    let one: Vec<_> = waits(seconds(1)).take(8).collect();
    let other: Vec<_> = waits(seconds(1)).take(8).collect();
    assert_ne!(one, other);
}

#[test]
fn patience_counts_attempts_and_waits_over_all_requests() {
    let mut patience = Patience::new(seconds(10));
    let mut now = Instant::now();
    let mut in_turn = |spent: u64, planned: u64, asked: Option<u64>| {
        let began = now;
        now += seconds(spent);
        let next = patience.after_failure(began, now, seconds(planned), asked.map(seconds));
        if let Next::TryAfter(wait) = next {
            now += wait;
        }
        next
    };
    assert_eq!(in_turn(2, 1, None), Next::TryAfter(seconds(1)));
    assert_eq!(in_turn(2, 1, Some(3)), Next::TryAfter(seconds(3)));
    assert_eq!(in_turn(1, 2, None), Next::GiveUp);
    assert_eq!(in_turn(0, 1, None), Next::TryAfter(seconds(1)));
    assert_eq!(in_turn(0, 1, None), Next::GiveUp);
}

#[test]
fn requests_that_wait_together_lose_the_time_once() {
    let mut patience = Patience::new(seconds(10));
    let began = Instant::now();
    for _ in 0..6 {
        let next = patience.after_failure(began, began + seconds(2), seconds(3), None);
        assert_eq!(next, Next::TryAfter(seconds(3)));
    }
    // Five seconds are lost. An attempt that began meanwhile and ends later adds only the rest.
    let next = patience.after_failure(began + seconds(4), began + seconds(7), seconds(3), None);
    assert_eq!(next, Next::TryAfter(seconds(3)));
    let next = patience.after_failure(began + seconds(9), began + seconds(9), seconds(2), None);
    assert_eq!(next, Next::GiveUp);
}

#[test]
fn a_wait_personio_asks_for_is_kept_whole_or_not_begun() {
    let mut patience = Patience::new(seconds(10));
    let now = Instant::now();
    assert_eq!(patience.after_failure(now, now, seconds(1), Some(seconds(11))), Next::GiveUp);
    assert_eq!(patience.after_failure(now, now, seconds(1), Some(Duration::MAX)), Next::GiveUp);
    assert_eq!(patience.after_failure(now, now, seconds(1), Some(seconds(10))), Next::TryAfter(seconds(10)));
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    let now = SystemTime::UNIX_EPOCH + seconds(784_111_777);
    for (header, expected) in [
        ("0", Some(0)),
        (" 120 ", Some(120)),
        ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
        ("Sun, 06 Nov 1994 08:49:07 GMT", Some(0)),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
    ] {
        assert_eq!(retry_after(header, now), expected.map(seconds), "{header}");
    }
}
