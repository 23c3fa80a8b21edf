//! How durations are told.

use super::*;

#[test]
fn durations_are_told_in_the_two_largest_parts() {
    let cases = [
        (0, "less than a minute"),
        (61, "1 minute"),
        (3_600, "1 hour"),
        (11_520, "3 hours 12 minutes"),
        (86_400, "1 day"),
        (97_200, "1 day 3 hours"),
        (-5, "less than a minute"),
    ];
    for (seconds, expected) in cases {
        assert_eq!(duration(TimeDelta::seconds(seconds)), expected, "{seconds}");
    }
}
