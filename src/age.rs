//! How long, as people write it: `90m`, `14h`, `2d`.
//!
//! Measured against crates: humantime 2.4 also takes `1y` and `1month` of its own lengths, jiff 1.0 also `2 days ago` and `-5h`.
//! Refusing what they take would be as long as this.

use chrono::TimeDelta;

/// One number and one unit: `s`, `m`, `h` or `d`. None for anything else, and beyond what a calendar can hold.
pub fn parse(text: &str) -> Option<TimeDelta> {
    let text = text.trim();
    let unit = text.chars().next_back()?;
    let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    TimeDelta::try_seconds(i64::from(number) * seconds).filter(|age| *age <= LONGEST)
}

/// A century.
const LONGEST: TimeDelta = TimeDelta::days(36_525);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_one_number_and_one_unit() {
        let cases = [
            ("0s", Some(0)),
            ("90m", Some(5_400)),
            (" 14h ", Some(50_400)),
            ("2d", Some(172_800)),
            ("400d", Some(34_560_000)),
            ("", None),
            ("h", None),
            ("14", None),
            ("-1h", None),
            ("1.5h", None),
            ("1h30m", None),
            ("14 h", None),
            ("4w", None),
            ("1ä", None),
            ("36526d", None),
            ("99999999999d", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(parse(text).map(|age| age.num_seconds()), seconds, "{text:?}");
        }
    }
}
