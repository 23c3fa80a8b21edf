//! What was found of how things stand, each in one sentence for the operator. Ids and counts only.

use chrono::TimeDelta;

use super::counted;
use crate::history::{FailingSeries, Finding, Surroundings};
use crate::roster::decide::clock::CLOCK_TOLERANCE;
use crate::roster::decide::notes::Note;
use crate::roster::voice::Told;

/// What was found, in one line.
pub(super) fn finding(found: &Finding<'_>, surroundings: &Surroundings<'_>) -> String {
    let ago = |at| duration(surroundings.now - at);
    match found {
        Finding::NeverInStep => "no sync has succeeded yet".to_owned(),
        Finding::AnotherMirror(mismatch) => mismatch.logged(),
        Finding::Held(held) => format!("a plan has been held for {}", ago(held.first.started_at)),
        Finding::Failing(failing) => format!("{}, {}", runs_failed(failing), cause(failing)),
        Finding::NotDelivering => Note::NothingDelivered.logged(),
        Finding::PartSent(run) => {
            format!("run {run} was cut off while it wrote employees.csv in place: a part of it may stand there")
        }
        Finding::Unsettled(run) => format!("whether the file that run {run} sent has arrived is not known"),
        Finding::Doubt(note) => first_line(&note.logged()).to_owned(),
        Finding::Unverified => "the delivery could not be verified".to_owned(),
        Finding::NotTaken(since) => {
            format!("what was delivered {} ago was not taken, as earlier files were", ago(*since))
        }
        Finding::Undecided(people) => format!("{} undecided", counted(*people, "person is", "people are")),
        Finding::Success(age) if -*age > CLOCK_TOLERANCE => {
            format!("the last success lies {} ahead: this machine's clock is wrong", duration(-*age))
        }
        Finding::Success(age) => format!("the last success was {} ago", duration(*age)),
    }
}

pub(super) fn runs_failed(failing: &FailingSeries<'_>) -> String {
    match failing.runs {
        1 => "the last run failed".to_owned(),
        runs => format!("the last {runs} runs failed"),
    }
}

fn cause(failing: &FailingSeries<'_>) -> String {
    let Some(ended) = &failing.latest.ended else { return "it was interrupted".to_owned() };
    let message = ended.message.as_deref().map_or("without a message", first_line);
    format!("exit code {}: {message}", ended.exit_code)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// At most the two largest parts: `3 hours 12 minutes`.
pub(super) fn duration(delta: TimeDelta) -> String {
    let minutes = delta.num_minutes();
    if minutes < 1 {
        return "less than a minute".to_owned();
    }
    let parts = [(minutes / 1440, "day"), (minutes / 60 % 24, "hour"), (minutes % 60, "minute")];
    let parts: Vec<String> = parts
        .into_iter()
        .skip_while(|(number, _)| *number == 0)
        .take(2)
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number} {unit}{}", if number == 1 { "" } else { "s" }))
        .collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests;
