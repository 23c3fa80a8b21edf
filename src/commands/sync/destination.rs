//! The destination of one run: what somebody who looks finds there, and the file that takes its place. The core judges both.

use anyhow::Context as _;
use chrono::{DateTime, Utc};

use crate::commands::Context;
use crate::config::Delivery as Configured;
use crate::delivery::{self, Existing, ExistingFile, Leftover, Receipt, Settings, Verification};
use crate::exit::{Exit, Failure};
use crate::hash::sha256;
use crate::report::PlanView;
use crate::roster::decide::notes::Note;
use crate::roster::feed::{self, Feed};
use crate::roster::guard::{Delivery, Destination, Finding, FoundFile, Memory, Resend, Writing};
use crate::roster::plan::mirror::Mirror;
use crate::store::{Mark, Reader};

/// A destination as it was looked at before the plan was judged.
pub(super) struct Looked<'c> {
    settings: &'c Settings,
    /// The failure where it could not be looked at: the plan is judged first all the same.
    existing: Result<Existing, Failure>,
    memory: Memory,
}

impl<'c> Looked<'c> {
    /// One sign-in; none where nothing is delivered. What was loaded is of the same moment, else this run steps aside (exit 75).
    pub(super) fn at(context: &'c Context, reader: &Reader, mark: &Mark) -> Result<Option<Self>, Failure> {
        let Configured::To { settings, refresh } = &context.config.delivery else { return Ok(None) };
        let existing = delivery::look(settings, Leftover::Unasked).map(|look| look.existing);
        if let Err(failure) = &existing
            && failure.exit == Exit::Misconfigured
        {
            // No run will ever deliver there: that is said before everybody is read.
            return Err(failure.clone());
        }
        let url = settings.target.to_string();
        // After the look: another run noted what it left there before it left it.
        let (left, last) = (reader.left_at(&url)?, reader.delivery(&url)?);
        reader.refuse_stale(mark)?;
        context.timings.lap("looked");
        let writing = if settings.writes_in_place() { Writing::InPlace } else { Writing::Aside };
        Ok(Some(Self { settings, existing, memory: Memory { url, writing, left, last, refresh: *refresh } }))
    }

    pub(super) fn url(&self) -> &str {
        &self.memory.url
    }

    /// Why it could not be looked at.
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.existing.as_ref().err()
    }

    /// What the last delivery noted, and a run without one did not repeat.
    pub(super) fn known_note(&self) -> Option<Note> {
        self.memory.last.as_ref().filter(|last| !last.verified).map(|_| Note::DeliveryUnverified)
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

    /// Replaces the file. What is worth a note is added to `notes`.
    pub(super) fn deliver(
        &self,
        upload: &Upload,
        context: &Context,
        notes: &mut Vec<Note>,
    ) -> Result<Delivery, Failure> {
        let seen = self.existing.as_ref().map_err(Failure::clone)?;
        let Receipt { size, sha256, modified, verification, warnings } =
            delivery::deliver(self.settings, &upload.bytes, seen).map_err(|undelivered| undelivered.failure)?;
        notes.extend(warnings.into_iter().map(|text| Note::Delivery { text }));
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
            verified,
            taken: false,
            untaken_since: None,
            standing_at: None,
        };
        Ok(self.memory.continued(self.finding(), delivery))
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
