//! How a run's result is told: as text where somebody watches, as one JSON document, and warnings when they are new.

use super::judged::Judged;
use crate::commands::{print, print_json, somebody_watches};
use crate::exit::{Exit, Failure};
use crate::history::{Delivery, RunId, Standing};
use crate::report;
use crate::report::json::{self, SyncFacts};
use crate::roster::decide::notes::{Note, Weight};
use crate::roster::plan::mirror::Mirror;

/// How the result is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Text; after a good run a summary, where somebody watches.
    Text,
    /// The same, with the summary in any case.
    Summary,
    /// One document on standard output, also on failure.
    Json,
}

/// Tells a run's result, in whichever form was asked for.
pub struct Teller {
    pub output: Output,
    pub run: Option<RunId>,
    pub people: u64,
    pub groups: u64,
    pub delivery: Option<Delivery>,
}

impl Teller {
    pub fn count(&mut self, mirror: &Mirror) {
        self.people = mirror.feed.people.employees().len() as u64;
        self.groups = mirror.feed.people.groups().len() as u64;
    }

    fn facts(&self, exit: Exit) -> SyncFacts<'_> {
        let Self { output: _, run, people, groups, delivery } = self;
        SyncFacts {
            run: *run,
            exit_code: exit.code(),
            people: *people,
            groups: *groups,
            plan: None,
            notes: &[],
            refusal: None,
            delivery: delivery.as_ref(),
            failure: None,
        }
    }

    pub fn tell(
        &self,
        judged: &Judged<'_>,
        notes: &[Note],
        exit: Exit,
        failure: Option<&Failure>,
    ) -> anyhow::Result<()> {
        match self.output {
            Output::Json => print_json(&json::sync(&SyncFacts {
                plan: Some((&judged.plan, &judged.prospect.decision, &judged.digest)),
                notes,
                refusal: judged.verdict.as_ref().err(),
                failure,
                ..self.facts(exit)
            })),
            Output::Text | Output::Summary if self.run.is_some() && failure.is_none() => {
                let (people, groups) = (self.people as usize, self.groups as usize);
                let summary = report::summary(&judged.plan.counts(), people, groups, self.delivery.as_ref());
                if self.output == Output::Summary || somebody_watches() {
                    return print(&(summary + "\n"));
                }
                log::info!("{summary}");
                Ok(())
            }
            Output::Text | Output::Summary => Ok(()),
        }
    }

    /// An error before there was a plan, or after the plan could not be carried out. Hands the error on.
    pub fn failed(&self, error: impl Into<anyhow::Error>) -> anyhow::Error {
        let error = error.into();
        let failure = Failure::of(&error);
        let document = json::sync(&SyncFacts { failure: Some(&failure), ..self.facts(failure.exit) });
        if self.output == Output::Json
            && let Err(second) = print_json(&document)
        {
            log::error!("{second:#}");
        }
        error
    }
}

/// Warnings are told when they are new, not every twelve hours.
pub fn warn_of_new_notes(notes: &[Note], before: &Standing, delivery: Option<&Delivery>) {
    let known = before.last_in_step.as_ref().and_then(|run| run.ended.as_ref()).map(|ended| ended.notes.as_slice());
    let is_known = |text: &str| known.is_some_and(|known| known.iter().any(|note| note.text == text));
    // A run without a delivery has no note about one; that alone makes the next one no news.
    let to = delivery.map(|delivery| delivery.destination.as_str());
    let was_unverified = before.deliveries.iter().any(|last| Some(last.destination.as_str()) == to && !last.verified);
    let warnings = notes.iter().filter(|note| note.weight() == Weight::Warning);
    let warnings = warnings.filter(|note| !(was_unverified && **note == Note::DeliveryUnverified)).map(Note::to_string);
    let new: Vec<String> = warnings.filter(|text| !is_known(text)).collect();
    const SHOWN: usize = 8;
    for text in new.iter().take(SHOWN) {
        log::warn!("{text}");
    }
    if new.len() > SHOWN {
        log::warn!("and {} more new notes: honestly-sync status", new.len() - SHOWN);
    }
}
