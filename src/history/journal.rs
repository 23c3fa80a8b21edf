//! What a run changed, entry by entry.

use crate::roster::decide::reasons::Reason;
use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::GroupKey;
use crate::roster::plan::ChangeKind;

/// Whom or what an entry is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    Employee(EmployeeId),
    Group(GroupKey),
    /// By its header.
    Column(String),
    /// The order of columns and the line ends of the file.
    Layout,
}

/// One field of one person, or the name of one group, before and after. Where both are empty, they were erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    pub kind: ChangeKind,
    pub subject: Subject,
    /// None for groups, whose name is what changes, and for columns, whose source is.
    pub field: Option<String>,
    pub before: Option<String>,
    pub after: Option<String>,
    /// Why, for removed people.
    pub reason: Option<Reason>,
}

impl JournalEntry {
    /// Whether its values were kept as long as they are kept, and are gone.
    pub fn is_erased(&self) -> bool {
        self.before.is_none() && self.after.is_none()
    }
}
