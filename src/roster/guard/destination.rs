//! What stands at the destination when a plan is judged, as far as the core must know it.

use std::collections::BTreeSet;
use std::fmt;

use crate::roster::feed::{self, Feed};

/// A destination, as it was looked at before the plan is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    pub url: String,
    pub found: Found,
    /// Who stands in the file there, where that is of interest: it is another's, or nobody knows what the destination has.
    pub contents: Option<Contents>,
}

impl Destination {
    pub fn is_foreign(&self) -> bool {
        match self.found {
            Found::Foreign { .. } => true,
            Found::Nothing | Found::Ours | Found::Unknown => false,
        }
    }
}

/// What stands at a destination. Nothing there, our own file and what nobody may look at count alike for an approval: Honestly
/// takes files away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Nothing,
    /// The file that the last delivery left there, or a run that set out since, also where that was cut off while it wrote.
    Ours,
    Foreign {
        /// Tells one file from another: a hash where it can be read, else its size and time.
        hash: String,
    },
    /// It may not be looked at, or could not be.
    Unknown,
}

/// Who stands in a file, compared by import id with who would stand in the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
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

impl Contents {
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

impl fmt::Display for Contents {
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
