//! The destination of one run: what somebody who looks finds there, and the file that takes its place. The core judges both.

use std::collections::BTreeSet;

use anyhow::Context as _;
use chrono::{DateTime, Utc};

use crate::commands::Context;
use crate::config::Delivery as Configured;
use crate::delivery::{
    self, Before, Existing, ExistingFile, Look, Receipt, Settings, Undelivered, Verification, Warning, WarningKind,
};
use crate::exit::{Exit, Failure};
use crate::hash::sha256;
use crate::history::RunId;
use crate::report::PlanView;
use crate::roster::decide::notes::{Flaw, FlawKind, Note};
use crate::roster::feed::{self, Feed};
use crate::roster::guard::{Delivery, Destination, Finding, FoundFile, Leftover, Memory, Resend, Settlement, Stands};
use crate::roster::plan::mirror::{Mirror, Unsettled, Writing};
use crate::store::{Loaded, Reader};

/// A destination as it was looked at before the plan was judged.
pub(super) struct Looked<'c> {
    settings: &'c Settings,
    /// The failure where it could not be looked at: the plan is judged first all the same.
    existing: Result<Existing, Failure>,
    leftover: Leftover,
    memory: Memory,
}

/// Whether a look may remove the temporary file that a run left there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tidy {
    Yes,
    No,
}

impl<'c> Looked<'c> {
    /// One sign-in; none where nothing is delivered. What was loaded is of the same moment, else this run steps aside (exit 75).
    pub(super) fn at(
        context: &'c Context,
        reader: &Reader,
        loaded: &Loaded,
        tidy: Tidy,
    ) -> Result<Option<Self>, Failure> {
        let Configured::To { settings, refresh } = &context.config.delivery else { return Ok(None) };
        let url = settings.target.to_string();
        let is_on_its_way = loaded.mirror.on_their_way_to(&url).next().is_some();
        let asked = match tidy {
            // What a delivery left that was cut off holds everybody's data.
            Tidy::Yes => delivery::Leftover::Removed,
            Tidy::No if is_on_its_way => delivery::Leftover::Found,
            Tidy::No => delivery::Leftover::Unasked,
        };
        // For what a failure of the look itself means.
        let before = Before::of(reader.delivery(&url)?.as_ref());
        let (existing, leftover) = match delivery::look(settings, asked, before) {
            Ok(Look { existing, lay_there: true }) => (Ok(existing), Leftover::Withdrawn),
            Ok(Look { existing, lay_there: false }) => (Ok(existing), Leftover::None),
            Err(failure) => (Err(failure), Leftover::None),
        };
        if let Err(failure) = &existing
            && failure.exit == Exit::Misconfigured
        {
            // No run will ever deliver there: that is said before everybody is read.
            return Err(failure.clone());
        }
        // After the look: another run noted what it left there before it left it.
        let (last, others) = (reader.delivery(&url)?, reader.other_files(&url)?);
        let existing = match last.as_ref().and_then(|last| last.mount.as_deref()) {
            Some(mount) => existing.and_then(|existing| delivery::check_mount(settings, mount).map(|()| existing)),
            None => existing,
        };
        reader.refuse_stale(&loaded.mark)?;
        context.timings.lap("looked");
        let memory = Memory { url, last, others, refresh: *refresh };
        Ok(Some(Self { settings, existing, leftover, memory }))
    }

    /// What this look tells of feeds that are on their way and of other files. It is known from here on.
    pub(super) fn resolve(&mut self, mirror: &Mirror, now: DateTime<Utc>) -> Settlement {
        let settlement = Settlement::of(mirror, &self.memory, self.finding(), self.leftover, now);
        self.memory.learn(&settlement);
        settlement
    }

    /// The mirror's feed, which was approved, where a part of it or a file with nobody in it stands there: an import would remove
    /// whoever is missing.
    pub(super) fn repair(&self, mirror: &Mirror) -> anyhow::Result<Option<Upload>> {
        match self.memory.stands(self.finding(), mirror) {
            Stands::Part | Stands::Empty => Upload::of(&mirror.feed).map(Some),
            Stands::Nothing | Stands::Ours | Stands::Another { .. } | Stands::Unknown => Ok(None),
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.memory.url
    }

    /// Why it could not be looked at.
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.existing.as_ref().err()
    }

    pub(super) fn unseen(&self) -> Option<Note> {
        self.failure().map(|failure| Note::DestinationUnseen { why: failure.message.clone() })
    }

    /// What the last delivery noted, and a run without one did not repeat.
    pub(super) fn known_note(&self) -> Option<Note> {
        self.memory.last.as_ref().filter(|last| !last.verified).map(|_| Note::DeliveryUnverified)
    }

    /// Tells apart the files over which a plan must be approved.
    pub(super) fn other_files(&self) -> BTreeSet<String> {
        self.memory.other_files()
    }

    pub(super) fn judged(&self, mirror: &Mirror, desired: &Feed) -> Destination {
        self.memory.judge(self.finding(), mirror, desired)
    }

    /// What this look tells of the last delivery.
    pub(super) fn observed(&self, now: DateTime<Utc>) -> Option<Delivery> {
        self.memory.observed(self.finding(), now)
    }

    /// The file that must go out, rendered and proven to keep every rule that Honestly documents; none where nothing must.
    pub(super) fn upload(
        &self,
        view: &PlanView<'_>,
        resend: Resend,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Option<Upload>> {
        let plan = &view.proposal.plan;
        let Some(destination) = view.evidence.destination else { return Ok(None) };
        let must_send = self.memory.must_send(plan, destination, view.evidence.mirror, resend, now);
        must_send.then(|| Upload::of(plan.after())).transpose()
    }

    /// What sets out.
    pub(super) fn departure(&self, upload: &Upload, RunId(run): RunId, set_out_at: DateTime<Utc>) -> Unsettled {
        let writing = if self.settings.writes_in_place() { Writing::InPlace } else { Writing::Aside };
        let (destination, size, sha256) = (self.memory.url.clone(), upload.bytes.len() as u64, upload.sha256.clone());
        Unsettled { run, destination, size, sha256, writing, set_out_at, before: None }
    }

    /// Replaces the file. What is worth a note is added to `notes`.
    pub(super) fn deliver(
        &self,
        upload: &Upload,
        context: &Context,
        mirror: &Mirror,
        notes: &mut Vec<Note>,
    ) -> Result<Delivery, Undelivered> {
        let seen = self.existing.as_ref().map_err(Failure::clone)?;
        let before = Before::of(self.memory.last.as_ref());
        let Receipt { size, sha256, modified, mount, verification, warnings } =
            delivery::deliver(self.settings, &upload.bytes, seen, before)?;
        notes.extend(warnings.into_iter().map(|warning| Note::Delivery(flaw(warning))));
        let verified = match verification {
            Verification::ReadBack => true,
            Verification::Refused => {
                notes.push(Note::DeliveryUnverified);
                false
            }
        };
        let delivery = Delivery {
            destination: self.memory.url.clone(),
            delivered_at: context.time(),
            size,
            sha256,
            modified,
            mount,
            verified,
            taken: false,
            untaken_since: None,
            standing_at: None,
        };
        Ok(self.memory.continued(self.finding(), mirror, delivery))
    }

    fn finding(&self) -> Finding<'_> {
        match &self.existing {
            Ok(Existing::Nothing) => Finding::Nothing,
            Ok(Existing::File(ExistingFile { size, modified, bytes })) => {
                Finding::File(FoundFile { size: *size, modified: *modified, bytes: bytes.as_deref() })
            }
            Ok(Existing::Unknown) | Err(_) => Finding::Unknown,
        }
    }
}

/// As the core knows it.
pub(in crate::commands) fn flaw(Warning { kind, file, quote }: Warning) -> Flaw {
    let kind = match kind {
        WarningKind::AnotherSize { sent, stated } => FlawKind::AnotherSize { sent, stated },
        WarningKind::NotSeen => FlawKind::NotSeen,
        WarningKind::FolderNotSynced => FlawKind::FolderNotSynced,
        WarningKind::ModeNotKept => FlawKind::ModeNotKept,
        WarningKind::LeftoverStays => FlawKind::LeftoverStays,
        WarningKind::ReplacedFileStays => FlawKind::ReplacedFileStays,
        WarningKind::ProbeStays => FlawKind::ProbeStays,
        WarningKind::FolderNotListed => FlawKind::FolderNotListed,
    };
    Flaw { kind, file, quote }
}

/// The bytes of `employees.csv`, proven to keep every rule that Honestly documents.
pub(super) struct Upload {
    pub bytes: Vec<u8>,
    /// In hexadecimal.
    pub sha256: String,
}

impl Upload {
    fn of(feed: &Feed) -> anyhow::Result<Self> {
        let bytes = feed::render(feed).context("cannot write the feed")?;
        let breaches = feed::check(&bytes, &feed.columns);
        if breaches.is_empty() {
            let sha256 = sha256(&bytes);
            return Ok(Self { bytes, sha256 });
        }
        const SHOWN: usize = 5;
        let shown: String = breaches.iter().take(SHOWN).map(|breach| format!("\n  {breach}")).collect();
        let more = match breaches.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!("\n  and {more} more"),
        };
        let what = format!("employees.csv would break Honestly's rules, and nothing was delivered:{shown}{more}");
        Err(Failure::new(Exit::Untrusted, what).hint("correct the people named by their import ids in Personio").into())
    }
}
