//! How a run's result is printed: as text where somebody watches, as one JSON document, and warnings when they are new.

use std::time::Duration;

use crate::commands::{Context, print, print_json, somebody_watches, tell_done};
use crate::exit::{Exit, Failure};
use crate::history::RunId;
use crate::logging::RUN;
use crate::report::json::{self, SyncFacts};
use crate::report::model::Report;
use crate::report::{self, Outcome};
use crate::roster::decide::notes::{Note, Weight};
use crate::roster::feed::Feed;
use crate::roster::guard::{Delivery, Refusal};
use crate::roster::plan::{Counts, PlanDigest, Tally};
use crate::roster::voice::Told;
use crate::visible::visible;

/// The form in which a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Text; after a good run a summary, where somebody watches.
    Text,
    /// The same, with the summary in any case.
    Summary,
    /// One document on standard output, also on failure.
    Json,
}

/// How many there are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Size {
    people: u64,
    groups: u64,
}

impl Size {
    pub(super) fn of(feed: &Feed) -> Self {
        Self { people: feed.people.employees().len() as u64, groups: feed.people.names().len() as u64 }
    }

    pub(super) fn facts(self, exit: Exit) -> SyncFacts<'static> {
        let Self { people, groups } = self;
        SyncFacts { exit_code: exit.code(), people, groups, ..SyncFacts::default() }
    }
}

/// One document on standard output, where one was asked for.
pub(super) fn document(form: Form, facts: &SyncFacts<'_>) -> anyhow::Result<()> {
    match form {
        Form::Json => print_json(&json::sync(facts)),
        Form::Text | Form::Summary => Ok(()),
    }
}

/// The document of a failure; of a text there is nothing more to say.
fn document_of_failure(form: Form, facts: &SyncFacts<'_>) {
    if let Err(second) = document(form, facts) {
        log::error!("{second:#}");
    }
}

/// A dry run failed before it could show a plan.
pub(super) fn failed(context: &Context, form: Form, size: Size, error: &anyhow::Error) {
    let failure = Failure::of(error).for_program(context.program());
    document_of_failure(form, &SyncFacts { failure: Some(&failure), ..size.facts(failure.exit) });
}

/// Collects what the last document and the line for the log say of a real run.
pub(super) struct Output {
    form: Form,
    /// None where the log could not be reached.
    run: Option<RunId>,
    /// None where the run came to no plan.
    plan: Option<(PlanDigest, Counts)>,
    size: Size,
    delivery: Option<Delivery>,
    /// Of what earlier runs sent.
    notes: Vec<Note>,
}

impl Output {
    pub(super) fn new(form: Form) -> Self {
        Self { form, run: None, plan: None, size: Size::default(), delivery: None, notes: Vec::new() }
    }

    pub(super) fn begun(&mut self, run: RunId, feed: &Feed) {
        self.run = Some(run);
        self.count(feed);
    }

    /// What the run is about to do. `connect` tells of the groups once, whether the plan is held or not.
    pub(super) fn proposed(&mut self, report: &Report<'_>, approval: Option<&PlanDigest>) {
        self.plan = Some((report.view.digest.clone(), report.plan.counts));
        match self.form {
            Form::Summary if approval.is_none() => tell_done(print(&report::group_sizes(report))),
            Form::Summary | Form::Text | Form::Json => {}
        }
    }

    /// What is to be told also where the run fails later on.
    pub(super) fn noted(&mut self, notes: Vec<Note>) {
        self.notes = notes;
    }

    pub(super) fn delivered(&mut self, delivery: Delivery) {
        self.delivery = Some(delivery);
    }

    /// Who is in the mirror now.
    pub(super) fn count(&mut self, feed: &Feed) {
        self.size = Size::of(feed);
    }

    fn facts(&self, exit: Exit) -> SyncFacts<'_> {
        SyncFacts { run: self.run, delivery: self.delivery.as_ref(), ..self.size.facts(exit) }
    }

    /// The one line that a journal and a collector of lines get of each run; where a person watches or cron sends mails it is
    /// not written.
    pub(super) fn log(&self, exit: Exit, took: Duration) {
        let run = self.run.map_or(0, |RunId(id)| id);
        let (digest, counts) =
            self.plan.clone().map_or((String::new(), Counts::default()), |(d, c)| (d.to_string(), c));
        let Tally { added, changed: updated, removed } = counts.people;
        let Size { people, groups } = self.size;
        let seconds = (took.as_secs_f64() * 1000.0).round() / 1000.0;
        let code = exit.code();
        let outcome = match exit {
            Exit::InStep | Exit::Differs => Outcome::Done,
            Exit::Held => Outcome::Held,
            Exit::Bug | Exit::Usage | Exit::Untrusted | Exit::Unavailable | Exit::Rejected | Exit::Misconfigured => {
                Outcome::Failed
            }
        };
        let plan = if digest.is_empty() {
            String::new()
        } else {
            format!("plan {digest}: {}; ", report::changes(&counts, outcome))
        };
        log::info!(
            target: RUN,
            run, digest, exit_code = code, duration_seconds = seconds, people, groups, added, updated, removed;
            "run {run}: {plan}{} afterwards; exit code {code} after {seconds} s",
            report::people_in_groups(people as usize, groups as usize),
        );
    }

    pub(super) fn held(&self, report: &Report<'_>, refusal: &Refusal, failure: &Failure) -> anyhow::Result<()> {
        let (plan, notes, refusal) = (Some(report), report.view.notes, Some(refusal));
        document(self.form, &SyncFacts { plan, notes, refusal, failure: Some(failure), ..self.facts(failure.exit) })
    }

    /// After a good run a summary, where somebody watches.
    pub(super) fn carried_out(&self, report: &Report<'_>, notes: &[Note]) -> anyhow::Result<()> {
        let Size { people, groups } = self.size;
        let summary = || report::summary(&report.plan.counts, people as usize, groups as usize, self.delivery.as_ref());
        match self.form {
            Form::Json => document(self.form, &SyncFacts { plan: Some(report), notes, ..self.facts(Exit::InStep) }),
            Form::Text if !somebody_watches() => {
                log::info!("{}", summary());
                Ok(())
            }
            Form::Text | Form::Summary => print(&(summary() + "\n")),
        }
    }

    /// A failure before there was a plan, or after the plan could not be carried out.
    pub(super) fn failed(&self, context: &Context, error: &anyhow::Error) {
        self.notes.iter().for_each(|note| log::warn!("{}", note.logged()));
        let failure = Failure::of(error).for_program(context.program());
        let (facts, notes) = (self.facts(failure.exit), self.notes.as_slice());
        document_of_failure(self.form, &SyncFacts { failure: Some(&failure), notes, ..facts });
    }
}

/// Warnings are printed when they are new, not every twelve hours; on a terminal also that nothing is delivered at all.
pub(super) fn warn_of_new_notes(form: Form, program: &str, notes: &[Note], before: &[Note]) {
    let is_known = |note: &Note| {
        before.iter().any(|known| {
            // What is said of a person changes with its numbers.
            let is_of_the_same = known.employee().is_some() && known.employee() == note.employee();
            known == note || (is_of_the_same && known.kind() == note.kind())
        })
    };
    let is_always_told = |note: &Note| *note == Note::NothingDelivered && somebody_watches();
    // `connect`, which prints a summary in any case, has told at length what is not released.
    let was_told = |note: &&Note| form == Form::Summary && matches!(note, Note::NotReleased { .. });
    let warnings = notes.iter().filter(|note| note.weight() != Weight::Remark && !was_told(note));
    let new: Vec<&Note> = warnings.filter(|note| is_always_told(note) || !is_known(note)).collect();
    const SHOWN: usize = 8;
    for note in new.iter().take(SHOWN) {
        log::warn!("{}", visible(&note.logged()));
    }
    if new.len() > SHOWN {
        log::warn!("and {} more new notes: {program} status --full", new.len() - SHOWN);
    }
}
