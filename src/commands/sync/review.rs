//! Writes the page on which a person reviews the plan: where a dry run is told to, and after every real run where the
//! configuration names a file.
//!
//! The page names people. A new file is for its owner alone, or for the group that its folder hands down; one that stands there is
//! replaced in one step and keeps its mode and its group.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use chrono::{DateTime, Utc};

use super::{Ending, JudgedPlan};
use crate::commands::Context;
use crate::config::Config;
use crate::config::notify::Notify;
use crate::exit::{Exit, Failure};
use crate::history::{Limits, RecordedApproval, RunLog, State, Surroundings};
use crate::replace;
use crate::report::page::{self, Circumstances, Day, PlanState, StateLine};
use crate::roster::guard::Refusal;
use crate::roster::plan::PlanDigest;

/// A plan that was judged, and what a page says of it.
pub(super) struct PlanForReview<'j> {
    pub context: &'j Context,
    pub judged: &'j JudgedPlan<'j>,
    pub refusal: Option<&'j Refusal>,
    /// The digest to approve.
    pub approve: &'j PlanDigest,
    /// Under which the plan was carried out, or was to be.
    pub approval: Option<&'j RecordedApproval>,
}

impl<'j> PlanForReview<'j> {
    /// `begun` is the start of this run, where it holds plans.
    fn held(&self, refusal: &'j Refusal, begun: Option<DateTime<Utc>>) -> PlanState<'j> {
        let first = self.judged.log.held().map(|held| held.first.started_at);
        let since = first.or(begun).map(|since| self.context.config.timezone.local(since));
        PlanState::Held { refusal, since }
    }

    fn print<T>(
        &self,
        state: PlanState<'_>,
        day: Day,
        csv: Option<&str>,
        form: impl FnOnce(&Circumstances<'_>) -> T,
    ) -> T {
        let Self { context, judged, refusal: _, approve, approval } = *self;
        let command = format!("{} --approve {approve}", judged.report.view.sync);
        let (review, written) = (&context.config.review, context.config.timezone.local(context.time()));
        form(&Circumstances {
            state,
            day,
            written,
            command: &command,
            csv,
            approve,
            contact: review.contact.as_deref(),
            company: review.company.as_deref(),
            profile: review.profile_url.as_deref(),
            approval,
        })
    }
}

/// The page of a dry run. Nothing else was asked for, so it fails where the page cannot be written.
pub(super) fn preview(judged: &PlanForReview<'_>, path: &Path, day: Day) -> Result<(), Failure> {
    let state = judged.refusal.map_or(PlanState::WouldPass, |refusal| judged.held(refusal, None));
    write_with_csv(judged, state, day, path).map_err(|error| {
        let what = format!("the page could not be written to {}: {error}", path.display());
        Failure::new(Exit::Usage, what).hint("name a file in a folder that this user may write to")
    })
}

/// The page that the configuration names, after a real run. What the run did is done, so a failure here is a warning. The page
/// of a held plan is handed on where mails take it along.
pub(super) fn keep_up_to_date(judged: &PlanForReview<'_>, ended: &anyhow::Result<Ending>) -> Option<String> {
    // An approval for nothing changes nothing of what is known.
    if judged.refusal.is_some_and(|refusal| refusal.rules.is_empty()) {
        return None;
    }
    let Config { review, notify, .. } = &judged.context.config;
    let is_attached = notify.as_ref().is_some_and(Notify::attaches_page) && judged.refusal.is_some();
    if review.page.is_none() && !is_attached {
        return None;
    }
    let message = ended.as_ref().err().map(|error| Failure::of(error).message);
    let state = match (&message, judged.refusal) {
        (Some(message), _) => PlanState::Failed(message),
        (None, Some(refusal)) => judged.held(refusal, Some(judged.context.now)),
        (None, None) => PlanState::Done,
    };
    if let Some(path) = &review.page
        && let Err(error) = write_with_csv(judged, state, Day::Today, path)
    {
        log::warn!("[review] page could not be written to {}: {error}", path.display());
    }
    is_attached.then(|| html(judged, state, Day::Today))
}

/// Says on the page that the configuration names how things stand after this run, which may have come to no plan. The lists stay
/// those of the last run that did.
pub(super) fn say_how_it_stands(context: &Context, exit: Exit, log: Option<&RunLog>) {
    let Config { review, timezone, .. } = &context.config;
    let Some(path) = &review.page else { return };
    let outlet = context.outlet();
    let surroundings = Surroundings { now: context.time(), outlet: &outlet, mismatch: None, limits: Limits::USUAL };
    let standing = log.map(|log| log.judged(&surroundings));
    let failing = standing.as_ref().and_then(|standing| standing.failing).map(|failing| failing.first.started_at);
    let is_in_doubt = standing.is_some_and(|standing| standing.findings.iter().any(|one| one.state == State::InDoubt));
    let line = match (failing, exit) {
        (Some(since), _) => StateLine::Failing { since: timezone.local(since) },
        (None, Exit::InStep | Exit::Held) if is_in_doubt => StateLine::InDoubt,
        (None, Exit::InStep | Exit::Held) => StateLine::Nothing,
        // It failed before it was in the log.
        (None, _) => StateLine::Failing { since: timezone.local(context.now) },
    };
    let said = || match fs::read_to_string(path) {
        Ok(page) => line.on(&page, review.language).map_or(Ok(()), |page| write(path, path, page.as_bytes())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = said() {
        log::warn!("[review] page does not say how this run ended: {}: {error}", path.display());
    }
}

fn html(judged: &PlanForReview<'_>, state: PlanState<'_>, day: Day) -> String {
    let language = judged.context.config.review.language;
    judged.print(state, day, None, |circumstances| page::html(language, judged.judged.report, circumstances))
}

/// The CSV first, so that the page never links a file that is not there.
fn write_with_csv(judged: &PlanForReview<'_>, state: PlanState<'_>, day: Day, path: &Path) -> io::Result<()> {
    let (language, report) = (judged.context.config.review.language, judged.judged.report);
    let beside = path.with_extension("csv");
    let name = beside.file_name().map(|name| name.to_string_lossy().into_owned());
    judged.print(state, day, name.as_deref(), |circumstances| {
        write(&beside, path, &page::csv(language, report, circumstances))?;
        write(path, path, page::html(language, report, circumstances).as_bytes())
    })
}

/// `model` is the file whose mode and group the new one takes over.
fn write(path: &Path, model: &Path, bytes: &[u8]) -> io::Result<()> {
    replace::file(path, bytes, |new| {
        replace::open_to_readers(new, model).map_err(|error| replace::explained("it cannot keep its group", &error))
    })
}
