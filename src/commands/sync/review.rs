//! Writes the page on which a person reviews the plan: where a dry run is told to, and after every real run where the
//! configuration names a file.
//!
//! The page names people. A new file is for its owner alone; one that stands there is replaced in one step and keeps its mode and
//! its group, so that somebody else can be given the right to read it and keeps it.

use std::fs::{self, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::{Ending, Purpose};
use crate::commands::Context;
use crate::config::PageLanguage;
use crate::exit::{Exit, Failure};
use crate::report::PlanView;
use crate::report::page::{Circumstances, Day, Language, Outcome, ReviewPage};
use crate::roster::decide::notes::Note;
use crate::roster::guard::Refusal;
use crate::roster::plan::PlanDigest;

/// A plan that was judged, and what a page says of it.
pub struct Judged<'j> {
    pub context: &'j Context,
    pub view: &'j PlanView<'j>,
    pub refusal: Option<&'j Refusal>,
    pub notes: &'j [Note],
}

/// The page of a dry run, where one was asked for. Nothing else was, so it fails where the page cannot be written.
pub fn preview(judged: &Judged<'_>, purpose: Purpose<'_>) -> Result<(), Failure> {
    let (path, day) = match purpose {
        Purpose::Apply { .. } | Purpose::Preview { review: None, .. } => return Ok(()),
        Purpose::Preview { review: Some(path), day, .. } => (path, day),
    };
    let is_today = day.is_none_or(|day| day == judged.context.today());
    let day = if is_today { Day::Today } else { Day::Pretended };
    let outcome = judged.refusal.map_or(Outcome::WouldPass, Outcome::Held);
    write(path, &html(judged, outcome, day)).map_err(|error| {
        let what = format!("the page could not be written to {}: {error:#}", path.display());
        Failure::new(Exit::Usage, what).hint("name a file in a folder that this user may write to")
    })
}

/// The page that the configuration names, after a real run. What the run did is done, so a failure here is a warning.
pub fn keep_up_to_date(judged: &Judged<'_>, purpose: Purpose<'_>, ended: &anyhow::Result<Ending>) {
    let path = match purpose {
        Purpose::Preview { .. } => return,
        Purpose::Apply { .. } => judged.context.config.review.page.as_ref(),
    };
    let Some(path) = path else { return };
    let message = ended.as_ref().err().map(|error| Failure::of(error).message);
    let outcome = match (&message, judged.refusal) {
        (Some(message), _) => Outcome::Failed(message),
        (None, Some(refusal)) => Outcome::Held(refusal),
        (None, None) => Outcome::Done,
    };
    if let Err(error) = write(path, &html(judged, outcome, Day::Today)) {
        log::warn!("[review] page could not be written to {}: {error:#}", path.display());
    }
}

fn html(judged: &Judged<'_>, outcome: Outcome<'_>, day: Day) -> String {
    let Judged { context, view, refusal: _, notes } = judged;
    let language = match context.config.review.language {
        PageLanguage::English => Language::English,
        PageLanguage::German => Language::German,
    };
    let command = approval(context.config.file.as_deref(), view.digest);
    let written = context.config.timezone.local(context.time());
    let circumstances = Circumstances { outcome, notes, day, written, command: &command };
    ReviewPage::new(language, view, &circumstances).html()
}

/// The command that applies exactly this plan, from whatever folder it is entered.
fn approval(config: Option<&Path>, digest: &PlanDigest) -> String {
    let config = config.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    let config = config.map(|path| format!(" --config {}", quoted(&path.to_string_lossy()))).unwrap_or_default();
    format!("honestly-sync sync --approve {digest}{config}")
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// Replaces the file in one step.
fn write(path: &Path, page: &str) -> anyhow::Result<()> {
    // Behind a link stands the file that others were given the right to read.
    let (path, standing) = match fs::canonicalize(path) {
        Ok(path) => (path.clone(), Some(fs::metadata(path)?)),
        Err(error) if error.kind() == ErrorKind::NotFound => (PathBuf::from(path), None),
        Err(error) => return Err(error.into()),
    };
    if standing.as_ref().is_some_and(|standing| !standing.is_file()) {
        bail!("no file stands there, but something else");
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let named = tempfile::Builder::new().prefix(".honestly-sync-").suffix(".tmp").tempfile_in(folder);
    let mut file = named.context("no temporary file beside it")?;
    file.write_all(page.as_bytes())?;
    if let Some(standing) = standing {
        if file.as_file().metadata()?.gid() != standing.gid() {
            fchown(file.as_file(), None, Some(standing.gid())).context("it cannot keep its group")?;
        }
        // After the group: until then nobody else may read it.
        file.as_file().set_permissions(Permissions::from_mode(standing.mode() & 0o777))?;
    }
    file.persist(path)?;
    Ok(())
}
