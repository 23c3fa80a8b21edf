//! The page on which a person reviews a plan: one HTML file that needs nothing else and sends no request.
//!
//! Its reader works in HR and does not know this program. So the first screen shows what is held and why, how many come, go and
//! change, and what to do next. The people follow by name. Everything on it is printed from the report, and the template escapes
//! every value.

mod bars;
mod csv;
mod data;
mod differences;
mod names;
mod removals;
mod sections;
mod state;
mod summary;
mod table;
mod template;
#[cfg(test)]
pub(super) mod tests;

use chrono::NaiveDateTime;

use super::model::{Baseline, Report};
use super::outcome::Outcome;
use super::words::Word;
use crate::history::RecordedApproval;
use crate::roster::guard::Refusal;
use crate::roster::plan::{ChangeKind, PlanDigest};
use crate::tongue::Tongue;
use names::PageNames;
pub use state::StateLine;

/// The facts for a page besides the report.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    pub state: PlanState<'a>,
    pub day: Day,
    /// In the company's time zone.
    pub written: NaiveDateTime,
    /// The command that carries out exactly this plan, ready to paste into a terminal.
    pub command: &'a str,
    /// The name of the file beside the page that has every change; a mail carries the page alone.
    pub csv: Option<&'a str>,
    /// That plan.
    pub approve: &'a PlanDigest,
    /// Who gets the reader's answer.
    pub contact: Option<&'a str>,
    pub company: Option<&'a str>,
    /// The address of somebody's profile in Personio's own pages, with `{id}` for their id.
    pub profile: Option<&'a str>,
    /// Under which the plan was carried out.
    pub approval: Option<&'a RecordedApproval>,
}

/// What became of the plan, or what would.
#[derive(Debug, Clone, Copy)]
pub enum PlanState<'a> {
    Held {
        refusal: &'a Refusal,
        /// The start of the first run of this hold, in the company's time zone; none where no run held a plan yet.
        since: Option<NaiveDateTime>,
    },
    /// A dry run whose plan no rule would hold.
    WouldPass,
    Done,
    /// The run that had to carry it out failed, with this message.
    Failed(&'a str),
}

impl PlanState<'_> {
    fn outcome(self) -> Outcome {
        match self {
            Self::Held { .. } => Outcome::Held,
            Self::WouldPass => Outcome::Previewed,
            Self::Done => Outcome::Done,
            Self::Failed(_) => Outcome::Failed,
        }
    }
}

/// The day that a plan is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    Today,
    /// A dry run for another day. Such a plan cannot be approved.
    Pretended,
}

/// A report with what its page needs besides.
struct Page<'a> {
    report: &'a Report<'a>,
    circumstances: &'a Circumstances<'a>,
    names: PageNames<'a>,
}

impl Page<'_> {
    fn tongue(&self) -> Tongue {
        self.names.tongue
    }

    /// `60 people would be removed from Honestly`
    fn clause(&self, kind: ChangeKind, number: usize) -> String {
        self.circumstances.state.outcome().clause(self.names.voice(), self.report.from(), kind, number)
    }

    /// Said where nothing is delivered.
    fn nothing_reaches(&self) -> Option<&'static str> {
        (self.report.baseline == Baseline::Mirror).then(|| Word::NothingReaches.text(self.tongue()))
    }

    /// `would be removed from Honestly`
    fn verb(&self, kind: ChangeKind, number: usize) -> String {
        self.circumstances.state.outcome().verb(self.names.voice(), self.report.from(), kind, number)
    }
}

/// The changes for the file beside the page.
pub fn csv(tongue: Tongue, report: &Report<'_>, circumstances: &Circumstances<'_>) -> Vec<u8> {
    csv::csv(&Page { report, circumstances, names: PageNames::new(tongue, &report.view) })
}

pub fn html(tongue: Tongue, report: &Report<'_>, circumstances: &Circumstances<'_>) -> String {
    let names = PageNames::new(tongue, &report.view);
    template::page(&Page { report, circumstances, names }).into_string()
}
