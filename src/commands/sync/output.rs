//! How a run's result is printed: as text where somebody watches, as one JSON document, and warnings when they are new.

use std::time::Duration;

use crate::commands::fetch::Fetched;
use crate::commands::{print, print_json, somebody_watches};
use crate::exit::{Exit, Failure};
use crate::history::{Delivery, RecordedNote, RunId};
use crate::logging::RUN;
use crate::report::json::{self, SyncFacts};
use crate::report::{self, GuardWord, PlanView};
use crate::roster::decide::eligibility::Background;
use crate::roster::decide::explain;
use crate::roster::decide::notes::{Note, Weight};
use crate::roster::feed::Feed;
use crate::roster::guard::{Approved, Refusal};
use crate::roster::plan::{Counts, PlanDigest, Tally};
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

/// Prints in one form, and collects what the last document says.
pub(super) struct Output {
    form: Form,
    pub run: Option<RunId>,
    /// The plan's, where the run came to one.
    plan: Option<(PlanDigest, Counts)>,
    people: u64,
    groups: u64,
    pub delivery: Option<Delivery>,
}

/// What a run that came to a plan ended with.
pub(super) struct Result<'a> {
    pub notes: &'a [Note],
    pub refusal: Option<&'a Refusal>,
    pub failure: Option<&'a Failure>,
    pub exit: Exit,
}

impl Output {
    pub(super) fn new(form: Form) -> Self {
        Self { form, run: None, plan: None, people: 0, groups: 0, delivery: None }
    }

    /// What the run is about to do.
    pub(super) fn proposed(&mut self, digest: &PlanDigest, counts: Counts) {
        self.plan = Some((digest.clone(), counts));
    }

    /// Who is in the mirror now.
    pub(super) fn count(&mut self, feed: &Feed) {
        self.people = feed.people.employees().len() as u64;
        self.groups = feed.people.groups().len() as u64;
    }

    fn facts(&self, exit: Exit) -> SyncFacts<'_> {
        let Self { form: _, run, plan: _, people, groups, delivery } = self;
        SyncFacts {
            run: *run,
            exit_code: exit.code(),
            people: *people,
            groups: *groups,
            delivery: delivery.as_ref(),
            ..SyncFacts::default()
        }
    }

    /// The one line that a journal and a collector of lines get of each run; where a person watches or cron sends mails it is
    /// not written.
    pub(super) fn log(&self, exit: Exit, took: Duration) {
        let run = self.run.map_or(0, |RunId(id)| id);
        let (digest, counts) =
            self.plan.clone().map_or((String::new(), Counts::default()), |(d, c)| (d.to_string(), c));
        let Tally { added, changed: updated, removed } = counts.people;
        let seconds = (took.as_secs_f64() * 1000.0).round() / 1000.0;
        let code = exit.code();
        // Whoever reads that people go must not have to know what the exit code means.
        let fate = if exit == Exit::InStep { "" } else { " (not applied)" };
        let plan = if digest.is_empty() {
            String::new()
        } else {
            format!("plan {digest}{fate}, {}; ", report::changes(&counts))
        };
        log::info!(
            target: RUN,
            run, digest, exit_code = code, duration_seconds = seconds, people = self.people, groups = self.groups, added, updated, removed;
            "run {run}: {plan}{} in {} afterwards; exit code {code} after {seconds} s",
            report::counted(self.people as usize, "person", "people"),
            report::counted(self.groups as usize, "group", "groups"),
        );
    }

    /// The plan, before anything is done about it. A document has it at its end.
    pub(super) fn print_plan(&self, view: &PlanView<'_>) -> anyhow::Result<()> {
        match self.form {
            Form::Json => Ok(()),
            Form::Text | Form::Summary => print(&report::plan(view)),
        }
    }

    pub(super) fn explain(
        &self,
        view: &PlanView<'_>,
        fetched: &Fetched,
        verdict: &std::result::Result<Approved<'_>, Refusal>,
    ) -> anyhow::Result<()> {
        let Fetched { policy, decision, subjects, matches, .. } = fetched;
        if !matches.is_empty() {
            return match self.form {
                Form::Json => print_json(&json::choice(matches)),
                Form::Text | Form::Summary => print(&report::explain::choice(view, matches)),
            };
        }
        let one = |(id, heard): &(_, explain::AtPersonio)| {
            let presence = view.evidence.mirror.presence(*id);
            let background = Background { calendar: fetched.calendar, presence };
            explain::explain(policy, background, decision, *id, heard.clone())
        };
        let explained: Vec<_> = subjects.iter().map(one).collect();
        let guard = if verdict.is_ok() { GuardWord::Passes } else { GuardWord::Holds };
        match self.form {
            Form::Json => print_json(&json::explain(&view.proposal.plan, &explained, guard)),
            Form::Text | Form::Summary => print(&report::explain::text(view, &explained, guard)),
        }
    }

    pub(super) fn result(&self, view: &PlanView<'_>, result: &Result<'_>) -> anyhow::Result<()> {
        let Result { notes, refusal, failure, exit } = *result;
        match self.form {
            Form::Json => {
                print_json(&json::sync(&SyncFacts { plan: Some(view), notes, refusal, failure, ..self.facts(exit) }))
            }
            Form::Text | Form::Summary if self.run.is_some() && failure.is_none() => {
                let summary = self.summary(&view.proposal.plan.counts());
                if self.form == Form::Summary || somebody_watches() {
                    return print(&(summary + "\n"));
                }
                log::info!("{summary}");
                Ok(())
            }
            Form::Text | Form::Summary => Ok(()),
        }
    }

    fn summary(&self, counts: &Counts) -> String {
        report::summary(counts, self.people as usize, self.groups as usize, self.delivery.as_ref())
    }

    /// A failure before there was a plan, or after the plan could not be carried out.
    pub(super) fn failed(&self, failure: &Failure) {
        let document = json::sync(&SyncFacts { failure: Some(failure), ..self.facts(failure.exit) });
        if self.form == Form::Json
            && let Err(second) = print_json(&document)
        {
            log::error!("{second:#}");
        }
    }
}

/// Warnings are printed when they are new, not every twelve hours; on a terminal also that nothing is delivered at all.
pub(super) fn warn_of_new_notes(form: Form, program: &str, notes: &[Note], before: &[RecordedNote]) {
    let is_known = |note: &Note| {
        before.iter().any(|known| {
            // A sentence about a person changes with its numbers; a note about nobody is its sentence.
            let is_same = known.employee.is_some() || known.text == note.to_string();
            known.kind == note.kind() && known.employee == note.employee() && is_same
        })
    };
    let is_always_told = |note: &Note| *note == Note::NothingDelivered && somebody_watches();
    // `connect`, which prints a summary in any case, has told at length what is not released.
    let was_told = |note: &&Note| form == Form::Summary && matches!(note, Note::NotReleased { .. });
    let warnings = notes.iter().filter(|note| note.weight() == Weight::Warning && !was_told(note));
    let new: Vec<&Note> = warnings.filter(|note| is_always_told(note) || !is_known(note)).collect();
    const SHOWN: usize = 8;
    for note in new.iter().take(SHOWN) {
        log::warn!("{}", visible(&note.to_string()));
    }
    if new.len() > SHOWN {
        log::warn!("and {} more new notes: {program} status --full", new.len() - SHOWN);
    }
}
