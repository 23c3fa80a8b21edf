//! The state of things, for a person at three in the morning: the verdict first, then the facts.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use super::{changes, counted, line};
use crate::history::{Delivery, Ended, HeldSeries, Liveness, Run, Standing};
use crate::roster::decide::notes::Note;
use crate::roster::guard::{Advice, advice};
use crate::roster::voice::{Told, Voice};
use crate::terminal::{Extent, Style};
use crate::timezone::TimeZone;

/// The facts behind `status`.
#[derive(Debug, Clone, Copy)]
pub struct StatusView<'a> {
    pub now: DateTime<Utc>,
    pub timezone: &'a TimeZone,
    /// None where there is no mirror yet.
    pub standing: Option<&'a Standing>,
    pub credential: CredentialState,
    pub outlet: Outlet<'a>,
    pub files: Files<'a>,
    /// How the program was called, for commands that can be pasted.
    pub program: &'a str,
    pub style: Style,
}

/// Where the feed goes, as the configuration says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlet<'a> {
    NotSet,
    MirrorOnly,
    /// The URL. Only deliveries to it count, not those to former destinations.
    Destination(&'a str),
}

impl Outlet<'_> {
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::NotSet | Self::MirrorOnly => None,
            Self::Destination(url) => Some(url),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialState {
    Stored,
    Missing,
}

#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    pub configuration: Option<&'a Path>,
    pub credential: &'a Path,
    pub mirror: &'a Path,
}

/// The tool should run this often, as the article promises.
pub const EVERY: TimeDelta = TimeDelta::hours(12);

/// A screen's worth.
const NOTES_SHOWN: usize = 15;

pub fn text(view: &StatusView<'_>) -> String {
    let mut text = String::new();
    line(&mut text, 0, &verdict(view));
    if let Some(held) = view.standing.and_then(|standing| standing.held.as_ref()) {
        waiting(&mut text, held, view.program);
    }
    text.push('\n');
    if let Some(standing) = view.standing {
        facts(&mut text, view, standing);
    }
    let Files { configuration, credential, mirror } = view.files;
    let configuration = configuration.map_or("none, every key has its default".to_owned(), |p| p.display().to_string());
    fact(&mut text, "Configuration", &configuration);
    let state = match view.credential {
        CredentialState::Stored => "",
        CredentialState::Missing => " (does not exist)",
    };
    fact(&mut text, "Credential", &format!("{}{state}", credential.display()));
    let state = if view.standing.is_some() { "" } else { " (does not exist)" };
    fact(&mut text, "Mirror file", &format!("{}{state}", mirror.display()));
    text
}

fn verdict(view: &StatusView<'_>) -> String {
    let Some(standing) = view.standing else {
        return match view.credential {
            CredentialState::Missing => {
                format!("Never connected: run {} connect --client-id ID --secret -", view.program)
            }
            CredentialState::Stored => format!("Connected, never synced: run {} sync", view.program),
        };
    };
    if let Some(held) = &standing.held {
        let digest = held.digest().map(|digest| format!(" {digest}")).unwrap_or_default();
        let same = if held.is_same_plan() { "the plan is still the same" } else { "the plan has changed since" };
        let answer = if held.approve(view.program).is_some() { "approval" } else { "a correction" };
        return format!("Held since {}: plan{digest} waits for {answer}; {same}.", view.at(held.first.started_at));
    }
    let Some(at) = standing.last_success() else {
        return match view.credential {
            CredentialState::Missing => {
                format!(
                    "Never connected, and no sync has succeeded: run {} connect --client-id ID --secret -",
                    view.program
                )
            }
            CredentialState::Stored => "Never in step: no sync has succeeded yet.".to_owned(),
        };
    };
    let age = view.now - at;
    let ago = format!("the last success was {} ago", duration(age));
    match &standing.last {
        Some(last) if last.ended.as_ref().is_some_and(|ended| ended.exit_code != 0) => {
            format!("Not in step: the last run failed, {ago}.")
        }
        Some(_) | None if age > EVERY + TimeDelta::hours(2) => {
            format!("Not in step: {ago}, and every 12 hours is expected.")
        }
        Some(_) | None => format!("In step: {ago}."),
    }
}

/// What holds the plan, what it would do, and what a person can do about it.
fn waiting(text: &mut String, held: &HeldSeries, program: &str) {
    held.rules().iter().for_each(|rule| line(text, 2, &rule.logged()));
    if let Some(counts) = held.latest.ended.as_ref().and_then(|ended| ended.counts) {
        line(text, 2, &format!("it would do: {}", changes(&counts)));
    }
    for (what, command) in [("review it", held.review(program)), ("apply it", held.approve(program))] {
        command.iter().for_each(|command| line(text, 2, &format!("{what}: {command}")));
    }
    let Some(Advice { usually, does }) = advice(held.rules(), Voice::log()) else { return };
    line(text, 2, &format!("usually: {usually}"));
    does.iter().for_each(|step| line(text, 2, &step.replace("$0", program)));
}

fn facts(text: &mut String, view: &StatusView<'_>, standing: &Standing) {
    let Standing { last_in_step, last_change, unfinished, people, groups, .. } = standing;
    for unfinished in unfinished {
        let title = match unfinished.liveness {
            Liveness::InProgress => "In progress",
            // An interruption before the last success has been made good.
            Liveness::Interrupted if last_in_step.as_ref().is_some_and(|run| run.id > unfinished.run.id) => continue,
            Liveness::Interrupted => "Interrupted",
        };
        let run = &unfinished.run;
        fact(text, title, &format!("run {}, {} since {}", run.id, run.command, view.at(run.started_at)));
    }
    last_runs(text, view, standing);
    if let Some(run) = last_in_step {
        fact(text, "Last success", &of_run(view, run));
    }
    if let Some((run, counts)) = last_change.as_ref().and_then(|run| Some((run, run.ended.as_ref()?.counts?))) {
        fact(text, "Last change", &format!("{}: {}", of_run(view, run), changes(&counts)));
    }
    let mirror = format!("{} in {}", counted(*people, "person", "people"), counted(*groups, "group", "groups"));
    fact(text, "Mirror", &mirror);
    feed(text, view, standing);
    open_notes(text, view, standing);
}

/// The newest run and, where it was another one, the newest failure. A failure comes with its whole cause.
fn last_runs(text: &mut String, view: &StatusView<'_>, standing: &Standing) {
    let Standing { last, last_failure, failures_in_a_row, .. } = standing;
    let failed = |id| last_failure.as_ref().is_some_and(|run| run.id == id);
    if let Some(run) = last {
        fact(text, "Last run", &format!("{}, {}", of_run(view, run), outcome(run)));
        if failed(run.id) {
            cause(text, run);
        }
    }
    if *failures_in_a_row > 1 {
        fact(text, "", &format!("{failures_in_a_row} runs in a row have failed"));
    }
    if let Some(run) = last_failure.as_ref().filter(|run| last.as_ref().is_some_and(|last| last.id != run.id)) {
        fact(text, "Last failure", &format!("{}, {}", of_run(view, run), outcome(run)));
    }
}

/// What a failed run said below its first line, and the next steps that it named.
fn cause(text: &mut String, run: &Run) {
    let Some(Ended { exit_code: _, message, hints, .. }) = &run.ended else { return };
    message.iter().flat_map(|message| message.lines().skip(1)).for_each(|more| fact(text, "", more.trim_start()));
    hints.iter().for_each(|hint| fact(text, "", &format!("hint: {hint}")));
}

/// Where the feed goes, and what was delivered.
fn feed(text: &mut String, view: &StatusView<'_>, standing: &Standing) {
    let Standing { deliveries, on_its_way, approved, .. } = standing;
    if let Some(plan) = approved {
        fact(text, "Approved", &format!("plan {plan}, which was not carried out: the next run repeats it"));
    }
    if let Some((run, url)) = on_its_way {
        let looks_there = matches!(view.outlet, Outlet::Destination(configured) if configured == url);
        let next = if looks_there { ", and the next run finds out" } else { "; [delivery] to is another one now" };
        fact(text, "Sent", &format!("by run {run} to {url}: whether it arrived is not known{next}"));
    }
    match view.outlet {
        Outlet::NotSet => fact(text, "Delivery", &Note::NothingDelivered.logged()),
        Outlet::MirrorOnly => fact(text, "Delivery", "none: [delivery] to = \"none\", only the mirror is kept"),
        Outlet::Destination(url)
            if on_its_way.is_none() && !deliveries.iter().any(|delivery| delivery.destination == url) =>
        {
            fact(text, "Delivery", &format!("nothing was delivered to {url} yet"));
        }
        Outlet::Destination(_) => {}
    }
    for delivery in deliveries {
        let Delivery { destination, delivered_at, size, verified, .. } = delivery;
        let state = match (verified, delivery.not_taken_since()) {
            (_, Some(_)) => ", not taken since, as earlier files were: has Honestly stopped importing?",
            (true, None) => "",
            (false, None) => ", could not be verified",
        };
        fact(text, "Delivered", &format!("{destination}, {}, {size} bytes{state}", view.at(*delivered_at)));
    }
}

fn open_notes(text: &mut String, view: &StatusView<'_>, standing: &Standing) {
    // The text above says already that nothing is delivered.
    let notes: Vec<&Note> =
        standing.open_notes().into_iter().filter(|note| !matches!(note, Note::NothingDelivered)).collect();
    fact(text, "Open notes", &if notes.is_empty() { "none".to_owned() } else { notes.len().to_string() });
    let shown = match view.style.extent {
        Extent::Screens => NOTES_SHOWN,
        Extent::Everything => notes.len(),
    };
    for note in notes.iter().take(shown) {
        line(text, 2, &note.logged());
    }
    if let Some(more @ 1..) = notes.len().checked_sub(shown) {
        line(text, 2, &format!("... and {more} more: {} status --full", view.program));
    }
}

fn fact(text: &mut String, title: &str, content: &str) {
    line(text, 0, &format!("{title:<14}{content}"));
}

fn of_run(view: &StatusView<'_>, run: &Run) -> String {
    let at = run.finished_at().unwrap_or(run.started_at);
    format!("run {}, {}, {} ago", run.id, view.at(at), duration(view.now - at))
}

pub(super) fn outcome(run: &Run) -> String {
    match &run.ended {
        None => "not finished".to_owned(),
        Some(ended) if ended.exit_code == 0 => "in step".to_owned(),
        Some(ended) => {
            let message = ended.message.as_deref().and_then(|message| message.lines().next()).unwrap_or("failed");
            format!("exit code {}: {message}", ended.exit_code)
        }
    }
}

impl StatusView<'_> {
    /// In the company's time zone.
    fn at(&self, at: DateTime<Utc>) -> String {
        local(self.timezone, at)
    }
}

/// To the minute, in the company's time zone.
pub(super) fn local(timezone: &TimeZone, at: DateTime<Utc>) -> String {
    format!("{} {}", timezone.local(at).format("%Y-%m-%d %H:%M"), timezone.abbreviation(at))
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
