//! The page on which a person reviews a plan: one HTML file that needs nothing else and sends no request.
//!
//! Its reader works in HR and does not know this program. So the first screen shows what is held and why, how many come, go and
//! change, and what to do next. The people follow by name. Two steps, both pure: facts become a plain page of values, and that
//! becomes HTML, in which the template escapes every value.

mod bars;
mod data;
mod file;
mod names;
mod people;
mod sections;
mod summary;
mod template;
#[cfg(test)]
mod tests;
mod words;

use chrono::{NaiveDate, NaiveDateTime};

use super::PlanView;
use crate::roster::decide::notes::Note;
use crate::roster::guard::Refusal;
use crate::roster::plan::PlanDigest;
use crate::tongue::Tongue;
use file::{ColumnChange, GroupChange, HeadCount};
use names::{PageNames, Person};
use people::{Changes, Coming, Going, Remark, Stranger, Undecided, Waiting, Went};
use summary::Summary;
use words::Word;

/// The facts for a page besides the plan.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    pub state: PlanState<'a>,
    pub notes: &'a [Note],
    pub day: Day,
    /// In the company's time zone.
    pub written: NaiveDateTime,
    /// The command that carries out exactly this plan, ready to paste into a terminal.
    pub command: &'a str,
}

/// What became of the plan, or what would.
#[derive(Debug, Clone, Copy)]
pub enum PlanState<'a> {
    Held(&'a Refusal),
    /// A dry run whose plan no rule would hold.
    WouldPass,
    Done,
    /// The run that had to carry it out failed, with this message.
    Failed(&'a str),
}

/// The day that a plan is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    Today,
    /// A dry run for another day. Such a plan cannot be approved.
    Pretended,
}

/// Everything on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewPage {
    tongue: Tongue,
    today: NaiveDate,
    written: NaiveDateTime,
    digest: PlanDigest,
    summary: Summary,
    departments: Vec<String>,
    /// Who goes, comes and changes besides a plan that was told.
    since: Vec<(Word, Vec<Person>)>,
    going: Vec<Going>,
    in_another_file: Vec<Stranger>,
    went: Vec<Went>,
    coming: Vec<Coming>,
    changes: Changes,
    groups: Vec<GroupChange>,
    columns: Vec<ColumnChange>,
    /// The headers of a file that is compared with nothing.
    all_columns: Vec<String>,
    /// What changes in the file besides its columns.
    layout: Vec<Word>,
    head_counts: Vec<HeadCount>,
    waiting: Vec<Waiting>,
    undecided: Vec<Undecided>,
    remarks: Vec<Remark>,
}

impl ReviewPage {
    pub fn new(tongue: Tongue, view: &PlanView<'_>, circumstances: &Circumstances<'_>) -> Self {
        let names = PageNames::new(tongue, view);
        Self {
            tongue,
            today: view.today,
            written: circumstances.written,
            digest: view.digest.clone(),
            summary: summary::summary(&names, circumstances),
            since: people::since(&names),
            going: people::going(&names),
            in_another_file: people::in_another_file(&names),
            went: people::went(&names),
            coming: people::coming(&names),
            changes: people::changing(&names),
            groups: file::groups(&names),
            columns: file::columns(&names),
            all_columns: file::all_columns(&names),
            layout: file::layout(&names),
            head_counts: file::head_counts(&names),
            waiting: people::waiting(&names),
            undecided: people::undecided(&names),
            remarks: people::remarks(&names, circumstances.notes),
            departments: names.departments,
        }
    }

    pub fn html(&self) -> String {
        template::page(self).into_string()
    }
}
