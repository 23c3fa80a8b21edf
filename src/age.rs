//! Durations as people write them: `90m`, `14h`, `2d`.
//!
//! Measured against crates: humantime 2.4 also takes `1y` and `1month` with its own lengths, jiff 1.0 also takes `2 days ago`
//! and `-5h`. Refusing what they take would need as much code as this.

use chrono::TimeDelta;

/// One number and one unit: `s`, `m`, `h` or `d`. None for anything else, and for more than a century.
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
mod tests;
