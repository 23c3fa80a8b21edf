//! What stands at a destination, what a plan starts from because of it, and whether a file must go out.
//!
//! The shell brings what it found there and what is remembered; everything that follows from it is decided here. Nothing
//! there, our own file, one with nobody in it and what nobody may look at count alike for an approval: Honestly takes files
//! away. Other files that stood there are remembered (`others`).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::Settlement;
use super::others::{Compared, OtherFile, Sighting};
use crate::hash::sha256;
use crate::roster::feed::{self, Columns, Feed};
use crate::roster::plan::Plan;
use crate::roster::plan::mirror::{Mirror, Writing};
use crate::roster::voice::{Told, Voice, tell};

/// Honestly imports twice a day: what stands there for longer was not taken.
const TAKEN_WITHIN: TimeDelta = TimeDelta::hours(24);

/// What somebody who looked under the real name brings back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding<'f> {
    Nothing,
    File(FoundFile<'f>),
    /// It may not be looked at, or could not be.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundFile<'f> {
    /// In bytes.
    pub size: u64,
    /// In seconds since 1970 by the destination's clock; none where it does not tell.
    pub modified: Option<i64>,
    /// None where it may not be read, or is too large to be read.
    pub bytes: Option<&'f [u8]>,
}

/// What the last delivery left at a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// The URL.
    pub destination: String,
    pub delivered_at: DateTime<Utc>,
    /// In bytes.
    pub size: u64,
    /// In hexadecimal.
    pub sha256: String,
    /// In seconds since 1970 by the destination's clock; none where it does not tell.
    pub modified: Option<i64>,
    /// Where the file system was mounted that the file lies on; none where that is not on this machine.
    pub mount: Option<String>,
    /// Whether it could be read back.
    pub verified: bool,
    /// Whether the other side ever took a file away there.
    pub taken: bool,
    /// When the first of the files was delivered that nobody took and that this one replaced; none where it replaced none.
    pub untaken_since: Option<DateTime<Utc>>,
    /// When a later run found that nobody had taken one for more than a day.
    pub standing_at: Option<DateTime<Utc>>,
}

/// What is known of a destination before it is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    pub url: String,
    /// None where nothing was ever delivered.
    pub last: Option<Delivery>,
    /// Other files that stood there, in the order of their hashes.
    pub others: Vec<OtherFile>,
    /// So long after the last delivery the same file is sent again.
    pub refresh: TimeDelta,
}

/// A destination as it stands when a plan is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    pub url: String,
    pub stands: Stands,
    /// The other files that stand or stood there and that no feed of ours is known to have replaced.
    pub others: Vec<OtherFile>,
    /// Who is in those that are a question, else in the file of ours there where nobody knows what the destination has.
    pub compared: Option<Compared>,
}

/// What stands under the real name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stands {
    Nothing,
    /// The file that the last delivery left there, or one that set out since.
    Ours,
    /// The beginning of a file that set out to be written in place.
    Part,
    /// Another file, with nobody in it: there is nobody to lose.
    Empty,
    Another {
        /// Tells one file from another: a hash where it can be read, else its size and time.
        hash: String,
    },
    /// It may not be looked at, or could not be.
    Unknown,
}

/// When a file is sent that is no other than the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resend {
    /// When the last delivery is older than `[delivery] refresh`.
    WhenDue,
    Now,
}

impl Memory {
    /// The hashes of the other files over which a plan must be approved.
    pub fn other_files(&self) -> BTreeSet<String> {
        questions(&self.others)
    }

    /// What the guard must know of what was found.
    pub fn judge(&self, finding: Finding<'_>, mirror: &Mirror, desired: &Feed) -> Destination {
        let (stands, others) = (self.stands(finding, mirror), self.others.clone());
        let mut files: Vec<_> = others.iter().filter(|o| o.is_question()).map(|other| other.people.clone()).collect();
        if let (Finding::File(file), Stands::Ours | Stands::Part, false) =
            (finding, &stands, mirror.is_given_to(&self.url))
            && files.is_empty()
        {
            files.push(file.people(&desired.columns));
        }
        let compared = (!files.is_empty()).then(|| Compared::of(&files, desired));
        Destination { url: self.url.clone(), stands, others, compared }
    }

    /// What this look tells of other files: one stands there, or our own file does again, untouched since before one did.
    pub fn sighting(&self, finding: Finding<'_>, mirror: &Mirror, now: DateTime<Utc>) -> Option<Sighting> {
        let Finding::File(file) = finding else { return None };
        match self.stands(finding, mirror) {
            Stands::Another { .. } | Stands::Empty => Some(Sighting::Another(OtherFile {
                hash: file.hash(),
                seen_at: now,
                people: file.people(&mirror.feed.columns),
                instead_of: self.last.as_ref().and_then(|last| last.modified),
                answered_by: None,
            })),
            Stands::Ours if mirror.is_given_to(&self.url) => {
                let last =
                    self.last.as_ref().filter(|last| file.bytes.is_some_and(|bytes| sha256(bytes) == last.sha256));
                let modified = last.and(file.modified)?;
                let is_back = self.others.iter().any(|other| other.instead_of == Some(modified));
                is_back.then_some(Sighting::OursAgain { modified })
            }
            Stands::Ours | Stands::Part | Stands::Nothing | Stands::Unknown => None,
        }
    }

    /// What is known once a look has told something.
    pub fn learn(&mut self, settlement: &Settlement) {
        let Settlement { settled, undone, sighting } = settlement;
        if let Some((run, delivery)) = settled {
            self.last = Some(delivery.clone());
            self.others.retain(|other| other.answered_by.is_none_or(|answered| answered > *run));
        }
        for other in &mut self.others {
            other.answered_by = other.answered_by.filter(|run| undone.is_none_or(|undone| *run < undone));
        }
        match sighting {
            Some(Sighting::Another(seen)) => {
                self.others.retain(|other| other.hash != seen.hash);
                self.others.push(seen.clone());
                self.others.sort_by(|a, b| a.hash.cmp(&b.hash));
            }
            Some(Sighting::OursAgain { modified }) => self.others.retain(|o| o.instead_of != Some(*modified)),
            None => {}
        }
    }

    /// Whose file stands there.
    pub fn stands(&self, finding: Finding<'_>, mirror: &Mirror) -> Stands {
        match finding {
            Finding::Nothing => Stands::Nothing,
            Finding::Unknown => Stands::Unknown,
            Finding::File(file) if self.is_ours(file, mirror) => Stands::Ours,
            Finding::File(file) if self.is_part(file, mirror) => Stands::Part,
            Finding::File(file) if file.people(&mirror.feed.columns).is_some_and(|people| people.is_empty()) => {
                Stands::Empty
            }
            Finding::File(file) => Stands::Another { hash: file.hash() },
        }
    }

    fn is_ours(&self, file: FoundFile<'_>, mirror: &Mirror) -> bool {
        let last = self.last.iter().map(|last| (last.size, &last.sha256, last.modified));
        let on_their_way = mirror.unsettled.iter().filter(|unsettled| unsettled.destination == self.url);
        last.chain(on_their_way.map(|unsettled| (unsettled.size, &unsettled.sha256, None)))
            .any(|(size, sha256, modified)| file.is(size, sha256, modified))
    }

    /// Whether it is the beginning of a file that set out to be written in place.
    fn is_part(&self, file: FoundFile<'_>, mirror: &Mirror) -> bool {
        let Some(part) = file.bytes else { return false };
        let in_place = mirror.on_their_way_to(&self.url).filter(|(unsettled, _)| unsettled.writing == Writing::InPlace);
        in_place.filter_map(|(_, feed)| feed::render(feed).ok()).any(|whole| whole.starts_with(part))
    }

    /// Whether a file must go out: because something differs, because the destination may not have it, or because it is time.
    pub fn must_send(
        &self,
        plan: &Plan<'_>,
        destination: &Destination,
        mirror: &Mirror,
        resend: Resend,
        now: DateTime<Utc>,
    ) -> bool {
        let is_due = self.last.as_ref().is_some_and(|last| (now - last.delivered_at).abs() >= self.refresh);
        !plan.is_empty()
            || resend == Resend::Now
            || !mirror.is_given_to(&self.url)
            || !mirror.unsettled.is_empty()
            || !destination.others.is_empty()
            || is_due
    }

    /// The last delivery, where this look tells something new of what became of it: the other side took it, or it still stands
    /// there when it should not any more.
    pub fn observed(&self, finding: Finding<'_>, now: DateTime<Utc>) -> Option<Delivery> {
        let last = self.last.as_ref()?;
        let is_old = now - last.waiting_since() > TAKEN_WITHIN;
        match finding {
            Finding::Nothing if !last.taken => Some(Delivery { taken: true, ..last.clone() }),
            Finding::File(_) if is_old && last.standing_at.is_none() => {
                Some(Delivery { standing_at: Some(now), ..last.clone() })
            }
            Finding::Nothing | Finding::File(_) | Finding::Unknown => None,
        }
    }

    /// What a new delivery makes of what is known: whether the other side takes files, and since when one waits there.
    #[must_use]
    pub fn continued(&self, finding: Finding<'_>, mirror: &Mirror, delivery: Delivery) -> Delivery {
        let (was_taken, untaken_since) = match (finding, &self.last) {
            // This look may be the first that finds a file taken.
            (Finding::Nothing, Some(_)) => (true, None),
            (Finding::File(file), Some(last)) if self.is_ours(file, mirror) => (false, Some(last.waiting_since())),
            (Finding::Nothing | Finding::File(_) | Finding::Unknown, _) => (false, None),
        };
        let taken = was_taken || self.last.as_ref().is_some_and(|last| last.taken);
        let delivered_at = delivery.delivered_at;
        let standing_at = untaken_since.filter(|since| delivered_at - *since > TAKEN_WITHIN).map(|_| delivered_at);
        Delivery { taken, untaken_since, standing_at, ..delivery }
    }
}

impl FoundFile<'_> {
    /// By hash where it can be read, else by size and, where both are known, by time.
    fn is(&self, size: u64, sha256: &str, modified: Option<i64>) -> bool {
        match self.bytes {
            Some(_) => self.hash() == sha256,
            None => {
                let is_touched = self.modified.zip(modified).is_some_and(|(now, then)| now != then);
                self.size == size && !is_touched
            }
        }
    }

    /// Names by import id; none where it cannot be read as a feed.
    fn people(&self, columns: &Columns) -> Option<BTreeMap<String, String>> {
        match self.bytes {
            Some(bytes) => feed::contents(bytes, columns),
            None => (self.size == 0).then(BTreeMap::new),
        }
    }

    /// Tells one file from another: its SHA-256 where it can be read, else its size and time.
    fn hash(&self) -> String {
        match (self.bytes, self.modified) {
            (Some(bytes), _) => sha256(bytes),
            (None, Some(modified)) => format!("{} bytes of {modified}", self.size),
            (None, None) => format!("{} bytes", self.size),
        }
    }
}

impl Delivery {
    /// When the first file was delivered that nobody took.
    pub fn waiting_since(&self) -> DateTime<Utc> {
        self.untaken_since.unwrap_or(self.delivered_at)
    }

    /// Where the other side takes files away and takes none any more: since when it should have.
    pub fn not_taken_since(&self) -> Option<DateTime<Utc>> {
        (self.taken && self.standing_at.is_some()).then(|| self.waiting_since())
    }
}

/// The hashes of those over which a plan must be approved.
fn questions(others: &[OtherFile]) -> BTreeSet<String> {
    others.iter().filter(|other| other.is_question()).map(|other| other.hash.clone()).collect()
}

impl Destination {
    /// The hashes of the other files over which a plan must be approved.
    pub fn other_files(&self) -> BTreeSet<String> {
        questions(&self.others)
    }
}

impl Told for Stands {
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::Nothing => tell!(voice, "no file is there", "no file is there yet", "dort liegt noch keine Datei"),
            Self::Ours | Self::Part => tell!(
                voice,
                "the file there is the one that was left",
                "the file there is the last one of this program",
                "die Datei dort ist die letzte von diesem Programm"
            ),
            Self::Empty => tell!(
                voice,
                "the file there has nobody in it",
                "the file there has nobody in it",
                "in der Datei dort steht niemand"
            ),
            Self::Another { hash: _ } => {
                tell!(voice, "another file is there", "another file is there", "dort liegt eine andere Datei")
            }
            Self::Unknown => tell!(
                voice,
                "what is there cannot be read",
                "what is there cannot be seen",
                "was dort liegt, lässt sich nicht ansehen"
            ),
        }
    }
}
