//! What a run changed, entry by entry.

use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::GroupKey;

/// What happened to a person, a group or a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    Add,
    Update,
    Remove,
    GroupAdd,
    GroupRename,
    GroupRemove,
    ColumnAdd,
    ColumnChange,
    ColumnRemove,
    LayoutChange,
}

impl ChangeKind {
    const ALL: [Self; 10] = [
        Self::Add,
        Self::Update,
        Self::Remove,
        Self::GroupAdd,
        Self::GroupRename,
        Self::GroupRemove,
        Self::ColumnAdd,
        Self::ColumnChange,
        Self::ColumnRemove,
        Self::LayoutChange,
    ];

    /// The kind that the journal calls so.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// One word for machines, as it stands in the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Update => "update",
            Self::Remove => "remove",
            Self::GroupAdd => "group_add",
            Self::GroupRename => "group_rename",
            Self::GroupRemove => "group_remove",
            Self::ColumnAdd => "column_add",
            Self::ColumnChange => "column_change",
            Self::ColumnRemove => "column_remove",
            Self::LayoutChange => "layout_change",
        }
    }
}

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
    pub reason: Option<String>,
}

impl JournalEntry {
    /// Whether its values were kept as long as they are kept, and are gone.
    pub fn is_erased(&self) -> bool {
        self.before.is_none() && self.after.is_none()
    }
}
