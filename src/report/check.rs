//! The state of things in one line for a monitoring system, in the format of Nagios plugins: a word, a sentence, and the
//! numbers after the bar. Ids and counts only.

use super::findings::finding;
use crate::exit::{Failure, Health};
use crate::history::{Finding, Limits, RunLog, Standing, Surroundings};

/// The state and its line.
pub fn check(log: &RunLog, surroundings: &Surroundings<'_>) -> (Health, String) {
    let standing = log.judged(surroundings);
    let sentence: Vec<String> = standing.findings.iter().map(|one| finding(&one.finding, surroundings)).collect();
    line(standing.health, &sentence.join(", "), &performance(log, &standing, surroundings))
}

/// Nothing could be checked.
pub fn failed(failure: &Failure) -> (Health, String) {
    line(Health::Unknown, failure.message.lines().next().unwrap_or("failed"), "")
}

fn line(health: Health, sentence: &str, performance: &str) -> (Health, String) {
    let bar = if performance.is_empty() { "" } else { " | " };
    (health, format!("HONESTLY-SYNC {} - {}{bar}{performance}\n", health.word(), sentence.replace('|', "/")))
}

/// `label=value[unit];warn;crit;min`; none before the first success.
fn performance(log: &RunLog, standing: &Standing<'_>, surroundings: &Surroundings<'_>) -> String {
    let Surroundings { now, limits: Limits { warn, crit }, .. } = *surroundings;
    let Some(at) = log.last_success() else { return String::new() };
    let unverified = standing.findings.iter().filter(|weighed| weighed.finding == Finding::Unverified).count();
    format!(
        "age={}s;{};{};0 people={};;;0 groups={};;;0 undecided={};0;;0 held={};0;;0 unverified={unverified};0;;0",
        (now - at).num_seconds().max(0),
        warn.num_seconds(),
        crit.num_seconds(),
        log.people,
        log.groups,
        log.undecided(),
        standing.held.iter().count(),
    )
}
