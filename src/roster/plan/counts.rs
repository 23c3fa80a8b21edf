//! The ten kinds of changes, and how many of each a plan makes.

use serde::{Deserialize, Serialize};

use super::Change;

/// What happens to a person, a group, a column, or the layout of the file.
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
    pub const ALL: [Self; 10] = [
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

    pub fn is_of_people(self) -> bool {
        matches!(self, Self::Add | Self::Update | Self::Remove)
    }

    /// The kind with this word in the journal.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// One word for machines, as in the journal.
    pub fn as_str(self) -> &'static str {
        self.words().0
    }

    /// The name of the number of such changes, in the run log and in JSON.
    pub fn counted(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Add => ("add", "added"),
            Self::Update => ("update", "updated"),
            Self::Remove => ("remove", "removed"),
            Self::GroupAdd => ("group_add", "groups_added"),
            Self::GroupRename => ("group_rename", "groups_renamed"),
            Self::GroupRemove => ("group_remove", "groups_removed"),
            Self::ColumnAdd => ("column_add", "columns_added"),
            Self::ColumnChange => ("column_change", "columns_changed"),
            Self::ColumnRemove => ("column_remove", "columns_removed"),
            Self::LayoutChange => ("layout_change", "layout_changed"),
        }
    }
}

/// How much a plan changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, PartialOrd, Ord)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Counts {
    pub people: Tally,
    pub groups: Tally,
    pub columns: Tally,
    /// One if the order of columns or the line ends change.
    pub layout: usize,
}

/// Changes of one kind of thing. A group changes by its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, PartialOrd, Ord)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tally {
    pub added: usize,
    pub changed: usize,
    pub removed: usize,
}

impl Counts {
    /// All numbers, in the order of [`ChangeKind::ALL`].
    pub fn each(self) -> [(ChangeKind, usize); 10] {
        ChangeKind::ALL.map(|kind| (kind, self.of(kind)))
    }

    pub fn of(mut self, kind: ChangeKind) -> usize {
        *self.number(kind)
    }

    /// The reverse: from the number of each kind.
    pub fn collect<E>(mut number: impl FnMut(ChangeKind) -> Result<usize, E>) -> Result<Self, E> {
        let mut counts = Self::default();
        for kind in ChangeKind::ALL {
            *counts.number(kind) = number(kind)?;
        }
        Ok(counts)
    }

    fn number(&mut self, kind: ChangeKind) -> &mut usize {
        match kind {
            ChangeKind::Add => &mut self.people.added,
            ChangeKind::Update => &mut self.people.changed,
            ChangeKind::Remove => &mut self.people.removed,
            ChangeKind::GroupAdd => &mut self.groups.added,
            ChangeKind::GroupRename => &mut self.groups.changed,
            ChangeKind::GroupRemove => &mut self.groups.removed,
            ChangeKind::ColumnAdd => &mut self.columns.added,
            ChangeKind::ColumnChange => &mut self.columns.changed,
            ChangeKind::ColumnRemove => &mut self.columns.removed,
            ChangeKind::LayoutChange => &mut self.layout,
        }
    }
}

impl Tally {
    pub(super) fn of<'c, T: 'c>(changes: impl IntoIterator<Item = &'c Change<T>>) -> Self {
        let mut tally = Self::default();
        for change in changes {
            *change.pick(&mut tally.added, &mut tally.changed, &mut tally.removed) += 1;
        }
        tally
    }

    pub fn sum(self) -> usize {
        self.added + self.changed + self.removed
    }
}
