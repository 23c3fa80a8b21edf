//! The destination of one run: what stands there, whether that is ours, and the file that takes its place.

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};

use crate::commands::Context;
use crate::delivery::{self, Existing, ExistingFile, Receipt, Settings, Verification};
use crate::exit::{Exit, Failure};
use crate::history::{Delivery, LeftFile};
use crate::roster::decide::notes::Note;
use crate::roster::feed::{self, Feed};
use crate::roster::guard::{Contents, Destination, Found};
use crate::roster::plan::mirror::Mirror;
use crate::store::Store;

/// Honestly imports twice a day: what stands there for longer was not taken.
const TAKEN_WITHIN: TimeDelta = TimeDelta::hours(24);

/// A destination as it was looked at before the plan was judged.
pub(super) struct Seen<'c> {
    settings: &'c Settings,
    url: String,
    /// The failure where it could not be looked at: the plan is judged first all the same.
    existing: Result<Existing, Failure>,
    /// What may stand there because of us.
    left: Vec<LeftFile>,
    last: Option<Delivery>,
    refresh: TimeDelta,
}

impl<'c> Seen<'c> {
    /// One sign-in.
    pub(super) fn look(settings: &'c Settings, refresh: TimeDelta, store: Option<&Store>) -> Result<Self, Failure> {
        let url = settings.target.to_string();
        let existing = delivery::look(settings);
        // Only now: what another run left there meanwhile, it set out with before.
        let left = store.map(|store| store.left_at(&url)).transpose()?.unwrap_or_default();
        let last = store.map(|store| store.delivery(&url)).transpose()?.flatten();
        Ok(Self { existing, settings, url, left, last, refresh })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Why it could not be looked at.
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.existing.as_ref().err()
    }

    /// What the last delivery noted, and a run without one did not repeat.
    pub(super) fn known_note(&self) -> Option<Note> {
        self.last.as_ref().filter(|last| !last.verified).map(|_| Note::DeliveryUnverified)
    }

    /// Whether the last delivery is so old that the same file is sent again.
    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.last.as_ref().is_some_and(|last| (now - last.delivered_at).abs() >= self.refresh)
    }

    /// The last delivery, where this look tells something new of what became of it: the other side took it, or it still stands
    /// there when it should not any more.
    pub(super) fn observed(&self, now: DateTime<Utc>) -> Option<Delivery> {
        let last = self.last.as_ref()?;
        let is_old = now - last.waiting_since() > TAKEN_WITHIN;
        match &self.existing {
            Ok(Existing::Nothing) if !last.taken => Some(Delivery { taken: true, ..last.clone() }),
            Ok(Existing::File(_)) if is_old && last.standing_at.is_none() => {
                Some(Delivery { standing_at: Some(now), ..last.clone() })
            }
            Ok(Existing::Nothing | Existing::File(_) | Existing::Unknown) | Err(_) => None,
        }
    }

    /// Since when files of ours wait there to be taken, where the newest of them still stands there.
    fn waiting_since(&self) -> Option<DateTime<Utc>> {
        let (Ok(Existing::File(file)), Some(last)) = (&self.existing, &self.last) else { return None };
        self.is_left(file, &hash(file)).then(|| last.waiting_since())
    }

    fn is_left(&self, file: &ExistingFile, hash: &str) -> bool {
        self.left.iter().any(|left| is_same(left, file, hash))
    }

    /// What the guard must know of it. A file is read only where somebody would want to know who stands in it.
    pub(super) fn compared(&self, mirror: &Mirror, desired: &Feed) -> Destination {
        let url = self.url.clone();
        let file = match &self.existing {
            Ok(Existing::Nothing) => return Destination { url, found: Found::Nothing, contents: None },
            Ok(Existing::Unknown) | Err(_) => return Destination { url, found: Found::Unknown, contents: None },
            Ok(Existing::File(file)) => file,
        };
        let contents = || Some(Contents::of(file.bytes.as_deref(), desired));
        let hash = hash(file);
        if !self.is_left(file, &hash) && !self.is_cut_off(file, desired) {
            return Destination { url, found: Found::Foreign { hash }, contents: contents() };
        }
        let contents = if mirror.certainty_at(&url).is_none() { contents() } else { None };
        Destination { url, found: Found::Ours, contents }
    }

    /// Whether it is the beginning of a file that a run set out to write under the real name, and that is to be written again.
    fn is_cut_off(&self, file: &ExistingFile, desired: &Feed) -> bool {
        if !self.settings.writes_in_place() {
            return false;
        }
        let (Some(part), Ok(whole)) = (&file.bytes, feed::render(desired)) else { return false };
        let sha256 = delivery::sha256(&whole);
        let arrived = self.last.iter().filter(|last| last.sha256 == sha256).count();
        whole.starts_with(part) && self.left.iter().filter(|left| left.sha256 == sha256).count() > arrived
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
            delivery::deliver(self.settings, &upload.bytes, seen)?;
        notes.extend(warnings.into_iter().map(|text| Note::Delivery { text }));
        let verified = match verification {
            Verification::ReadBack => true,
            Verification::Refused => {
                notes.push(Note::DeliveryUnverified);
                false
            }
        };
        let (destination, delivered_at) = (self.url.clone(), context.time());
        // This look may be the first that finds a file taken.
        let was_taken = matches!(seen, Existing::Nothing) && self.last.is_some();
        let taken = was_taken || self.last.as_ref().is_some_and(|last| last.taken);
        let untaken_since = self.waiting_since();
        let standing_at = untaken_since.filter(|since| delivered_at - *since > TAKEN_WITHIN).map(|_| delivered_at);
        Ok(Delivery { destination, delivered_at, size, sha256, modified, verified, taken, untaken_since, standing_at })
    }
}

/// Tells one file from another: its SHA-256 where it can be read, else its size and time.
fn hash(file: &ExistingFile) -> String {
    match (&file.bytes, file.modified) {
        (Some(bytes), _) => delivery::sha256(bytes),
        (None, Some(modified)) => format!("{} bytes of {modified}", file.size),
        (None, None) => format!("{} bytes", file.size),
    }
}

/// Whether a file that stands there is one that we left: by hash where it can be read, else by size and, where both are known,
/// by time.
fn is_same(left: &LeftFile, file: &ExistingFile, hash: &str) -> bool {
    match &file.bytes {
        Some(_) => left.sha256 == hash,
        None => {
            let is_touched = left.modified.zip(file.modified).is_some_and(|(then, now)| then != now);
            left.size == file.size && !is_touched
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
    pub(super) fn of(feed: &Feed) -> anyhow::Result<Self> {
        let bytes = feed::render(feed).context("cannot write the feed")?;
        let breaches = feed::check(&bytes, &feed.columns);
        if breaches.is_empty() {
            let sha256 = delivery::sha256(&bytes);
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
