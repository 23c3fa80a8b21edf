//! The state of things, for a person at three in the morning: the verdict first, then the facts.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::findings::{duration, finding, runs_failed};
use super::{Outcome as Tense, changes, counted, line};
use crate::history::{Delivery, Ended, HeldSeries, Outcome, Outlet, Run, RunLog, Standing, State, Surroundings};
use crate::roster::decide::notes::Note;
use crate::roster::guard::{Advice, advice};
use crate::roster::plan::mirror::Unsettled;
use crate::roster::plan::sizes::Sizes;
use crate::roster::voice::{Told, Voice};
use crate::terminal::{Extent, Style};
use crate::timezone::TimeZone;

/// The facts behind `status`.
#[derive(Debug, Clone, Copy)]
pub struct StatusView<'a> {
    pub surroundings: Surroundings<'a>,
    pub timezone: &'a TimeZone,
    /// Empty where there is no mirror yet.
    pub log: &'a RunLog,
    /// Of the mirror's groups.
    pub sizes: &'a [Sizes<'a>],
    pub credential: Presence,
    pub mirror: Presence,
    pub files: Files<'a>,
    /// How the program was called, for commands that can be pasted.
    pub program: &'a str,
    pub style: Style,
}

/// Whether a file is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    There,
    Missing,
}

#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    pub configuration: Option<&'a Path>,
    pub credential: &'a Path,
    pub mirror: &'a Path,
}

/// A screen's worth.
const NOTES_SHOWN: usize = 15;

pub fn text(view: &StatusView<'_>) -> String {
    let standing = view.log.judged(&view.surroundings);
    let mut text = String::new();
    line(&mut text, 0, &verdict(view, &standing));
    if let Some(held) = &standing.held {
        waiting(&mut text, held, view.program);
    }
    text.push('\n');
    match view.mirror {
        Presence::There => facts(&mut text, view, &standing),
        Presence::Missing => {}
    }
    let Files { configuration, credential, mirror } = view.files;
    let configuration = configuration.map_or("none, every key has its default".to_owned(), |p| p.display().to_string());
    fact(&mut text, "Configuration", &configuration);
    for (title, path, presence) in [("Credential", credential, view.credential), ("Mirror file", mirror, view.mirror)] {
        let state = match presence {
            Presence::There => "",
            Presence::Missing => " (does not exist)",
        };
        fact(&mut text, title, &format!("{}{state}", path.display()));
    }
    text
}

fn verdict(view: &StatusView<'_>, standing: &Standing<'_>) -> String {
    let connect = || format!("run {} connect --client-id ID --secret -", view.program);
    let of = |state: State| -> String {
        let here = standing.findings.iter().filter(|weighed| weighed.state == state);
        here.map(|weighed| finding(&weighed.finding, &view.surroundings)).collect::<Vec<_>>().join(", ")
    };
    let success = view.log.last_success().map_or("no sync has succeeded yet".to_owned(), |at| {
        format!("the last success was {} ago", duration(view.surroundings.now - at))
    });
    match (standing.state, &standing.held, &standing.failing) {
        (State::Held, Some(held), failing) => {
            let digest = held.digest().map(|digest| format!(" {digest}")).unwrap_or_default();
            let same = match (failing, held.is_same_plan()) {
                (Some(_), _) => "the last run failed and could not look again",
                (None, true) => "the plan is still the same",
                (None, false) => "the plan has changed since",
            };
            let answer = if held.approve(view.program).is_some() { "approval" } else { "a correction" };
            format!("Held since {}: plan{digest} waits for {answer}; {same}.", view.at(held.first.started_at))
        }
        (State::Failing, _, Some(failing)) => format!("Not in step: {}, {success}.", runs_failed(failing)),
        (State::NeverInStep, ..) => match (view.log.runs.is_empty(), view.credential) {
            (true, Presence::Missing) => format!("Never connected: {}", connect()),
            (true, Presence::There) => format!("Connected, never synced: run {} sync", view.program),
            (false, Presence::Missing) => format!("Never connected, and no sync has succeeded: {}", connect()),
            (false, Presence::There) => "Never in step: no sync has succeeded yet.".to_owned(),
        },
        (State::Overdue, ..) => format!("Not in step: {success}, and every 12 hours is expected."),
        (State::InStep, ..) => format!("In step: {success}."),
        (state @ (State::Undecided | State::InDoubt | State::NotDelivering), ..) => {
            format!("In step, but {}; {success}.", of(state))
        }
        (state @ (State::AnotherMirror | State::Held | State::Failing), ..) => format!("Not in step: {}.", of(state)),
    }
}

/// What holds the plan, what it would do, and what a person can do about it.
fn waiting(text: &mut String, held: &HeldSeries, program: &str) {
    held.rules().iter().for_each(|rule| line(text, 2, &rule.logged()));
    if let Some(counts) = held.latest.ended.as_ref().and_then(|ended| ended.counts) {
        line(text, 2, &changes(&counts, Tense::Held));
    }
    for (what, command) in [("review it", held.review(program)), ("apply it", held.approve(program))] {
        command.iter().for_each(|command| line(text, 2, &format!("{what}: {command}")));
    }
    let Some(Advice { usually, does }) = advice(held.rules(), Voice::log()) else { return };
    line(text, 2, &format!("usually: {usually}"));
    does.iter().for_each(|step| line(text, 2, &step.replace("$0", program)));
}

fn facts(text: &mut String, view: &StatusView<'_>, standing: &Standing<'_>) {
    let RunLog { in_progress, last_change, people, groups, .. } = view.log;
    let killed = view.log.since_in_step().map(|(run, _)| run).filter(|run| run.ended.is_none());
    let unfinished = in_progress.iter().map(|run| ("In progress", run)).chain(killed.map(|run| ("Interrupted", run)));
    for (title, run) in unfinished {
        fact(text, title, &format!("run {}, {} since {}", run.id, run.command, view.at(run.started_at)));
    }
    last_runs(text, view);
    // The verdict tells them where nothing is worse.
    if standing.state != State::InDoubt {
        for doubt in standing.findings.iter().filter(|weighed| weighed.state == State::InDoubt) {
            fact(text, "In doubt", &finding(&doubt.finding, &view.surroundings));
        }
    }
    if let Some(run) = view.log.last_in_step() {
        fact(text, "Last success", &of_run(view, run));
    }
    if let Some((run, counts)) = last_change.as_ref().and_then(|run| Some((run, run.ended.as_ref()?.counts?))) {
        let approved =
            run.approval.as_ref().map(|approval| format!("; approved by {}", approval.approver(Voice::log())));
        let changes = changes(&counts, Tense::Done);
        fact(text, "Last change", &format!("{}: {changes}{}", of_run(view, run), approved.unwrap_or_default()));
    }
    let mirror = format!("{} in {}", counted(*people, "person", "people"), counted(*groups, "group", "groups"));
    fact(text, "Mirror", &mirror);
    for (at, sizes) in view.sizes.iter().filter(|sizes| sizes.tells_apart()).enumerate() {
        fact(text, if at == 0 { "Groups" } else { "" }, &sizes.logged());
    }
    feed(text, view, standing.state);
    open_notes(text, view);
}

/// The newest run and, where it was another one, the newest failure since the last success. A failure comes with its whole cause.
fn last_runs(text: &mut String, view: &StatusView<'_>) {
    let last = view.log.last_ended();
    let failed = view.log.last_failure();
    if let Some(run) = last {
        fact(text, "Last run", &format!("{}, {}", of_run(view, run), outcome(run)));
        if run.outcome() == Some(Outcome::Failed) {
            cause(text, run);
        }
    }
    if let Some(run) = failed.filter(|run| last.is_some_and(|last| last.id != run.id)) {
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
fn feed(text: &mut String, view: &StatusView<'_>, state: State) {
    let RunLog { deliveries, on_their_way, approved, .. } = view.log;
    let outlet = view.surroundings.outlet;
    if let Some(plan) = approved {
        let given = view.log.runs.iter().filter_map(|run| run.approval.as_ref()).find(|given| given.digest == *plan);
        let by = given.map(|given| format!(" by {}", given.approver(Voice::log()))).unwrap_or_default();
        fact(text, "Approved", &format!("plan {plan}{by}: it was not carried out, and the next run repeats it"));
    }
    if let Some(Unsettled { run, destination, .. }) = on_their_way.first() {
        let looks_there = outlet.url() == Some(destination);
        let next = if looks_there { ", and the next run finds out" } else { "; [delivery] to is another one now" };
        fact(text, "Sent", &format!("by run {run} to {destination}: whether it arrived is not known{next}"));
    }
    match outlet {
        // The verdict says it.
        Outlet::NotSet if state == State::NotDelivering => {}
        Outlet::NotSet => fact(text, "Delivery", &Note::NothingDelivered.logged()),
        Outlet::MirrorOnly => fact(text, "Delivery", "none: [delivery] to = \"none\", only the mirror is kept"),
        Outlet::Destination(url)
            if on_their_way.is_empty() && !deliveries.iter().any(|delivery| delivery.destination == *url) =>
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

fn open_notes(text: &mut String, view: &StatusView<'_>) {
    // The text above says already that nothing is delivered.
    let notes: Vec<&Note> =
        view.log.open_notes().into_iter().filter(|note| !matches!(note, Note::NothingDelivered)).collect();
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
    format!("run {}, {}, {} ago", run.id, view.at(at), duration(view.surroundings.now - at))
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
