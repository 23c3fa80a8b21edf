//! What stands at a destination, what a plan starts from because of it, and whether a file must go out.
//!
//! The shell brings what it found there and what is remembered; everything that follows from it is decided here. Nothing
//! there, our own file and what nobody may look at count alike for an approval: Honestly takes files away.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::hash::sha256;
use crate::roster::feed::{self, Feed};
use crate::roster::plan::Plan;
use crate::roster::plan::mirror::{Mirror, Writing};

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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Whether another file was found there since: it may have been taken.
    pub another_stood: bool,
    /// So long after the last delivery the same file is sent again.
    pub refresh: TimeDelta,
}

/// A destination as it stands when a plan is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    pub url: String,
    pub stands: Stands,
    /// Who is in the file there, where that is of interest: it is another's, or nobody knows what the destination has.
    pub comparison: Option<Comparison>,
}

/// What stands under the real name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stands {
    Nothing,
    /// The file that the last delivery left there, or one that set out since.
    Ours,
    /// The beginning of a file that set out to be written in place.
    Part,
    Another {
        /// Tells one file from another: a hash where it can be read, else its size and time.
        hash: String,
    },
    /// It may not be looked at, or could not be.
    Unknown,
}

/// Who is in a file, compared by import id with who would be in the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    Read {
        people: usize,
        /// In both files.
        stay: usize,
        /// Only in the file that stands there.
        go: usize,
        /// Only in the new one.
        come: usize,
    },
    /// It is no feed, or may not be read.
    Unreadable,
}

/// When a file is sent that is no other than the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resend {
    /// When the last delivery is older than `[delivery] refresh`.
    WhenDue,
    Now,
}

impl Memory {
    /// What the guard must know of what was found.
    pub fn judge(&self, finding: Finding<'_>, mirror: &Mirror, desired: &Feed) -> Destination {
        let stands = self.stands(finding, mirror);
        let is_of_interest = match stands {
            Stands::Nothing | Stands::Unknown => false,
            Stands::Another { .. } => true,
            Stands::Ours | Stands::Part => !mirror.is_given_to(&self.url),
        };
        let comparison = match finding {
            Finding::File(file) if is_of_interest => Some(Comparison::of(file.bytes, desired)),
            Finding::File(_) | Finding::Nothing | Finding::Unknown => None,
        };
        Destination { url: self.url.clone(), stands, comparison }
    }

    /// Whose file stands there.
    pub fn stands(&self, finding: Finding<'_>, mirror: &Mirror) -> Stands {
        match finding {
            Finding::Nothing => Stands::Nothing,
            Finding::Unknown => Stands::Unknown,
            Finding::File(file) if self.is_ours(file, mirror) => Stands::Ours,
            Finding::File(file) if self.is_part(file, mirror) => Stands::Part,
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
            || self.another_stood
            || destination.is_another_file()
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

impl Destination {
    pub fn is_another_file(&self) -> bool {
        match self.stands {
            Stands::Another { .. } => true,
            Stands::Nothing | Stands::Ours | Stands::Part | Stands::Unknown => false,
        }
    }
}

impl Comparison {
    /// `bytes` is what stands there, where it may be read.
    pub fn of(bytes: Option<&[u8]>, desired: &Feed) -> Self {
        let Some(feed::Contents { import_ids, people }) =
            bytes.and_then(|bytes| feed::contents(bytes, &desired.columns))
        else {
            return Self::Unreadable;
        };
        let wanted: BTreeSet<&str> = desired.people.employees().iter().map(|e| e.import_id.as_str()).collect();
        let stay = import_ids.iter().filter(|import_id| wanted.contains(import_id.as_str())).count();
        Self::Read { people, stay, go: import_ids.len() - stay, come: wanted.len() - stay }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { people, stay, go, come } => write!(
                f,
                "{people} {}, by their import ids {stay} of them would stay and {go} go, and {come} others would come",
                if *people == 1 { "person" } else { "people" }
            ),
            Self::Unreadable => f.write_str("it cannot be read as a feed"),
        }
    }
}
