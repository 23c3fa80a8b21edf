//! The state of things in one line for a monitoring system, in the format of Nagios plugins: a word, a sentence, and the
//! numbers after the bar. Ids and counts only.

use chrono::{DateTime, TimeDelta, Utc};

use super::counted;
use super::status::{Outlet, duration};
use crate::exit::{Exit, Failure, Health};
use crate::history::{Delivery, Standing};
use crate::roster::decide::clock::CLOCK_TOLERANCE;
use crate::roster::decide::notes::Note;
use crate::roster::policy::name_changes::Mismatch;
use crate::roster::voice::Told;

/// What a check looks at.
#[derive(Debug, Clone, Copy)]
pub struct CheckView<'a> {
    pub now: DateTime<Utc>,
    /// None where there is no mirror yet.
    pub standing: Option<&'a Standing>,
    pub outlet: Outlet<'a>,
    pub limits: Limits,
}

/// How old the last success may be before somebody should look, and before it is serious.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub warn: TimeDelta,
    pub crit: TimeDelta,
}

/// The state and its line.
pub fn check(view: &CheckView<'_>) -> (Health, String) {
    let CheckView { now, standing, outlet, limits } = view;
    let Some((standing, at)) = standing.and_then(|standing| Some((standing, standing.last_success()?))) else {
        let held = match standing.and_then(|standing| standing.held.as_ref()) {
            Some(_) => ", and a plan is held",
            None => "",
        };
        let failed = standing.and_then(failed_last).map(|finding| format!(", {finding}")).unwrap_or_default();
        return line(Health::Unknown, &format!("no sync has succeeded yet{held}{failed}"), "");
    };
    let numbers = Numbers::of(standing, outlet.url(), *now - at);
    let mut findings = vec![age(numbers.age, limits)];
    findings.extend(failed_last(standing).map(|finding| (Health::Warning, finding)));
    if numbers.held > 0 {
        let since = standing.held.as_ref().map(|held| duration(*now - held.first.started_at)).unwrap_or_default();
        findings.push((Health::Warning, format!("a plan has been held for {since}")));
    }
    if numbers.undecided > 0 {
        let undecided = counted(numbers.undecided, "person is", "people are");
        findings.push((Health::Warning, format!("{undecided} undecided")));
    }
    let is_kept = |note: &&Note| matches!(note, Note::Name(Mismatch::TakenNoMore { .. }));
    match standing.open_notes().into_iter().filter(is_kept).count() {
        0 => {}
        kept => findings.push((
            Health::Warning,
            format!("{} last values", counted(kept, "column keeps its", "columns keep their")),
        )),
    }
    if numbers.unverified > 0 {
        findings.push((Health::Warning, "the delivery could not be verified".to_owned()));
    }
    let here = standing.deliveries.iter().filter(|delivery| Some(delivery.destination.as_str()) == outlet.url());
    findings.extend(here.filter_map(Delivery::not_taken_since).map(|since| {
        let age = duration(*now - since);
        (Health::Warning, format!("what was delivered {age} ago was not taken, as earlier files were"))
    }));
    match outlet {
        Outlet::NotSet => findings.push((Health::Warning, Note::NothingDelivered.logged())),
        Outlet::MirrorOnly | Outlet::Destination(_) => {}
    }
    // The worst comes first.
    findings.sort_by_key(|(health, _)| std::cmp::Reverse(*health));
    let health = findings.first().map_or(Health::Ok, |(health, _)| *health);
    let sentence: Vec<String> = findings.into_iter().map(|(_, finding)| finding).collect();
    line(health, &sentence.join(", "), &numbers.performance(limits))
}

/// The newest run where it failed, with its cause. A failure that may pass by itself is worth a warning only from the second
/// time in a row.
fn failed_last(standing: &Standing) -> Option<String> {
    let failures = standing.failures_in_a_row;
    let ended = standing.last_failure.as_ref().filter(|_| failures > 0)?.ended.as_ref()?;
    if ended.exit_code == Exit::Unavailable.code() && failures < 2 {
        return None;
    }
    let cause = ended.message.as_deref().and_then(|message| message.lines().next()).unwrap_or("without a message");
    let runs = if failures == 1 { "the last run".to_owned() } else { format!("the last {failures} runs") };
    Some(format!("{runs} failed, exit code {}: {cause}", ended.exit_code))
}

/// Nothing could be checked.
pub fn failed(failure: &Failure) -> (Health, String) {
    line(Health::Unknown, failure.message.lines().next().unwrap_or("failed"), "")
}

fn line(health: Health, sentence: &str, performance: &str) -> (Health, String) {
    let word = match health {
        Health::Ok => "OK",
        Health::Warning => "WARNING",
        Health::Critical => "CRITICAL",
        Health::Unknown => "UNKNOWN",
    };
    let bar = if performance.is_empty() { "" } else { " | " };
    (health, format!("HONESTLY-SYNC {word} - {}{bar}{performance}\n", sentence.replace('|', "/")))
}

fn age(age: TimeDelta, limits: &Limits) -> (Health, String) {
    let Limits { warn, crit } = limits;
    if -age > CLOCK_TOLERANCE {
        let ahead = duration(-age);
        return (Health::Warning, format!("the last success lies {ahead} ahead: this machine's clock is wrong"));
    }
    let health = match age {
        age if age > *crit => Health::Critical,
        age if age > *warn => Health::Warning,
        _ => Health::Ok,
    };
    (health, format!("the last success was {} ago", duration(age)))
}

struct Numbers {
    age: TimeDelta,
    people: u64,
    groups: u64,
    undecided: usize,
    held: usize,
    unverified: usize,
}

impl Numbers {
    fn of(standing: &Standing, destination: Option<&str>, age: TimeDelta) -> Self {
        let here = standing.deliveries.iter().filter(|delivery| Some(delivery.destination.as_str()) == destination);
        Self {
            age,
            people: standing.people,
            groups: standing.groups,
            undecided: standing.undecided(),
            held: standing.held.iter().count(),
            unverified: here.filter(|delivery| !delivery.verified).count(),
        }
    }

    /// `label=value[unit];warn;crit;min`
    fn performance(&self, limits: &Limits) -> String {
        let Self { age, people, groups, undecided, held, unverified } = self;
        let (warn, crit) = (limits.warn.num_seconds(), limits.crit.num_seconds());
        format!(
            "age={}s;{warn};{crit};0 people={people};;;0 groups={groups};;;0 undecided={undecided};0;;0 held={held};0;;0 \
             unverified={unverified};0;;0",
            age.num_seconds().max(0)
        )
    }
}
