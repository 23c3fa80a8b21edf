//! Writes the page on which a person reviews the plan: where a dry run is told to, and after every real run where the
//! configuration names a file.
//!
//! The page names people. A new file is for its owner alone; one that stands there is replaced in one step and keeps its mode and
//! its group, so that somebody else can be given the right to read it and keeps it.

use std::fs::{self, Metadata, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::Path;

use anyhow::Context as _;

use super::{Ending, Purpose};
use crate::commands::Context;
use crate::config::Config;
use crate::config::notify::Notify;
use crate::exit::{Exit, Failure};
use crate::report::PlanView;
use crate::report::page::{Circumstances, Day, PlanState, ReviewPage};
use crate::roster::decide::notes::Note;
use crate::roster::guard::Refusal;

/// A plan that was judged, and what a page says of it.
pub(super) struct PlanForReview<'j> {
    pub context: &'j Context,
    pub view: &'j PlanView<'j>,
    pub refusal: Option<&'j Refusal>,
    pub notes: &'j [Note],
}

/// The page of a dry run, where one was asked for. Nothing else was, so it fails where the page cannot be written.
pub(super) fn preview(judged: &PlanForReview<'_>, purpose: Purpose<'_>) -> Result<(), Failure> {
    let (path, day) = match purpose {
        Purpose::Apply { .. } | Purpose::Preview { review: None, .. } => return Ok(()),
        Purpose::Preview { review: Some(path), day, .. } => (path, day),
    };
    let is_today = day.is_none_or(|day| day == judged.context.today());
    let day = if is_today { Day::Today } else { Day::Pretended };
    let state = judged.refusal.map_or(PlanState::WouldPass, PlanState::Held);
    write(path, &html(judged, state, day)).map_err(|error| {
        let what = format!("the page could not be written to {}: {error:#}", path.display());
        Failure::new(Exit::Usage, what).hint("name a file in a folder that this user may write to")
    })
}

/// The page that the configuration names, after a real run. What the run did is done, so a failure here is a warning. The page
/// of a held plan is handed on where mails take it along.
pub(super) fn keep_up_to_date(
    judged: &PlanForReview<'_>,
    purpose: Purpose<'_>,
    ended: &anyhow::Result<Ending>,
) -> Option<String> {
    let Config { review, notify, .. } = &judged.context.config;
    let path = match purpose {
        Purpose::Preview { .. } => return None,
        Purpose::Apply { .. } => review.page.as_ref(),
    };
    let is_attached = notify.as_ref().is_some_and(Notify::attaches_page);
    let is_attached = is_attached && judged.refusal.is_some();
    if path.is_none() && !is_attached {
        return None;
    }
    let message = ended.as_ref().err().map(|error| Failure::of(error).message);
    let state = match (&message, judged.refusal) {
        (Some(message), _) => PlanState::Failed(message),
        (None, Some(refusal)) => PlanState::Held(refusal),
        (None, None) => PlanState::Done,
    };
    let page = html(judged, state, Day::Today);
    if let Some((path, Err(error))) = path.map(|path| (path, write(path, &page))) {
        log::warn!("[review] page could not be written to {}: {error:#}", path.display());
    }
    is_attached.then_some(page)
}

fn html(judged: &PlanForReview<'_>, state: PlanState<'_>, day: Day) -> String {
    let PlanForReview { context, view, refusal: _, notes } = judged;
    let command = format!("{} --approve {}", view.sync, view.digest);
    let written = context.config.timezone.local(context.time());
    let circumstances = Circumstances { state, notes, day, written, command: &command };
    ReviewPage::new(context.config.review.language, view, &circumstances).html()
}

/// Replaces the file in one step.
fn write(path: &Path, page: &str) -> anyhow::Result<()> {
    let standing = match fs::symlink_metadata(path) {
        Ok(standing) => Some(standing),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let named = tempfile::Builder::new().prefix(".honestly-sync-").suffix(".tmp").tempfile_in(folder);
    let mut file = named.context("no temporary file beside it")?;
    file.write_all(page.as_bytes())?;
    // What is no file by now was put there after the run looked: it is replaced, and has nothing to be kept.
    if let Some(standing) = standing.filter(Metadata::is_file) {
        if file.as_file().metadata()?.gid() != standing.gid() {
            fchown(file.as_file(), None, Some(standing.gid())).context("it cannot keep its group")?;
        }
        // After the group: until then nobody else may read it.
        file.as_file().set_permissions(Permissions::from_mode(standing.mode() & 0o777))?;
    }
    file.persist(path)?;
    Ok(())
}
