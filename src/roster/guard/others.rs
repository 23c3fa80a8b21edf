//! Other files that stand at a destination or stood there when a run looked, and who of them would go.
//!
//! Honestly may have imported such a file before anybody could answer, so it stays a question once it is gone, until a feed that
//! a person approved over it has arrived, or our own file stands there again, untouched. A file with nobody in it is no question.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::roster::feed::Feed;
use crate::roster::model::snapshot::Employee;
use crate::roster::model::text::skeleton;
use crate::roster::voice::{Told, Voice, tell};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherFile {
    /// Tells one file from another: a hash where it can be read, else its size and time.
    pub hash: String,
    /// The last time.
    pub seen_at: DateTime<Utc>,
    /// Names by import id; none where it cannot be read as a feed.
    pub people: Option<BTreeMap<String, String>>,
    /// When the file that the last delivery had left was written, by the destination's clock; none where that is not known.
    pub instead_of: Option<i64>,
    /// The run whose approved feed set out to replace it and is not known to have arrived.
    pub answered_by: Option<i64>,
}

impl OtherFile {
    /// Whether a plan over it must be approved.
    pub fn is_question(&self) -> bool {
        self.answered_by.is_none() && self.people.as_ref().is_none_or(|people| !people.is_empty())
    }
}

/// What a look tells of other files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sighting {
    Another(OtherFile),
    /// Our own file stands there again, with the time that it had when others were seen instead of it.
    OursAgain {
        modified: i64,
    },
}

/// Who is in one or several files, compared by import id with who would be in the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    pub comparison: Comparison,
    /// Whose import id would be somebody of another name.
    pub other_name: Vec<OtherName>,
    /// Import ids and names of those who are only in these files.
    pub go: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherName {
    pub import_id: String,
    pub there: String,
    /// In the new file.
    pub ours: String,
}

/// The numbers of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Comparison {
    pub files: usize,
    /// So many of them are no feed, or may not be read.
    pub unreadable: usize,
    pub people: usize,
    /// In both, by another name.
    pub other_name: usize,
    /// In both.
    pub stay: usize,
    /// Only in these files.
    pub go: usize,
    /// Only in the new one.
    pub come: usize,
}

impl Compared {
    /// `files` are names by import id, none of a file that cannot be read.
    pub fn of(files: &[Option<BTreeMap<String, String>>], desired: &Feed) -> Self {
        let name = |person: &Arc<Employee>| format!("{} {}", person.first_name, person.last_name);
        let employees = desired.people.employees().iter();
        let ours: BTreeMap<&str, String> = employees.map(|person| (person.import_id.as_str(), name(person))).collect();
        let mut there: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (import_id, name) in files.iter().flatten().flatten() {
            there.entry(import_id).or_default().insert(name);
        }
        let (mut other_name, mut go) = (Vec::new(), Vec::new());
        for (import_id, names) in &there {
            let differs = |ours: &str| names.iter().find(|name| !name.is_empty() && spelled(name) != spelled(ours));
            match ours.get(import_id) {
                None => {
                    go.push(((*import_id).to_owned(), names.iter().copied().next_back().unwrap_or_default().to_owned()))
                }
                Some(ours) => other_name.extend(differs(ours).map(|there| OtherName {
                    import_id: (*import_id).to_owned(),
                    there: (*there).to_owned(),
                    ours: ours.clone(),
                })),
            }
        }
        let in_both = there.len() - go.len();
        let comparison = Comparison {
            files: files.len(),
            unreadable: files.iter().filter(|people| people.is_none()).count(),
            people: there.len(),
            other_name: other_name.len(),
            stay: in_both - other_name.len(),
            go: go.len(),
            come: ours.len() - in_both,
        };
        Self { comparison, other_name, go }
    }
}

/// Case and spaces do not matter.
fn spelled(name: &str) -> String {
    skeleton(name).split_whitespace().collect()
}

impl Comparison {
    /// Whether nothing is known of who is in them.
    pub fn is_unreadable(&self) -> bool {
        self.unreadable == self.files
    }
}

impl Told for Comparison {
    fn told(&self, voice: Voice<'_>) -> String {
        let Self { files: _, unreadable, people, other_name, stay, go, come } = *self;
        if self.is_unreadable() {
            return tell!(
                voice,
                "it cannot be read as a feed",
                "who is in it cannot be read",
                "wer darin steht, ist nicht lesbar"
            );
        }
        let number = |number| voice.number(number);
        let would = |number| voice.agreeing(number, ["", ""], ["würde", "würden"]);
        let renamed = match other_name {
            0 => String::new(),
            _ => tell!(
                voice,
                "{other_name} of them would be somebody of another name, ",
                "{other_name} of them would become somebody of another name, ",
                "{other_name} davon {would} zu jemandem mit anderem Namen, ",
                would = would(other_name),
                other_name = number(other_name)
            ),
        };
        let rest = match unreadable {
            0 => String::new(),
            _ => tell!(
                voice,
                "; {unreadable} more cannot be read as a feed",
                "; {unreadable} more cannot be read",
                "; {unreadable} weitere {are} nicht lesbar",
                are = voice.agreeing(unreadable, ["", ""], ["ist", "sind"]),
                unreadable = number(unreadable)
            ),
        };
        tell!(
            voice,
            "{people}, by their import ids {renamed}{stay} of them would stay and {go} go, and {come} others would come{rest}",
            "{people}; compared by import id, {renamed}{stay} would stay, {go} would be removed and {come} others would be \
             added{rest}",
            "{people}; {renamed}{stay} {would_stay} bleiben, {go} {would_go} entfernt und {come} andere {would_come} neu angelegt, \
             verglichen nach der Import-ID{rest}",
            people = voice.people(people),
            would_stay = would(stay),
            would_go = would(go),
            would_come = would(come),
            stay = number(stay),
            go = number(go),
            come = number(come)
        )
    }
}
