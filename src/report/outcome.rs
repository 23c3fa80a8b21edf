//! What became of a plan decides the tense of every sentence about it: one table for people, groups and columns.

use crate::roster::plan::{ChangeKind, Counts};
use crate::roster::voice::{Reader, Voice};
use crate::tongue::Tongue;

/// What became of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Held,
    Previewed,
    Done,
    /// Its run failed. The file may have arrived all the same, so nothing says that it did not.
    Failed,
}

/// Where removed people are removed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemovedFrom {
    Honestly,
    /// Nothing is delivered anywhere: only the mirror changes.
    Mirror,
    /// The sentence does not say.
    Unsaid,
}

/// The gravest first.
const ORDER: [ChangeKind; 10] = [
    ChangeKind::Remove,
    ChangeKind::Add,
    ChangeKind::Update,
    ChangeKind::GroupRemove,
    ChangeKind::GroupAdd,
    ChangeKind::GroupRename,
    ChangeKind::ColumnRemove,
    ChangeKind::ColumnAdd,
    ChangeKind::ColumnChange,
    ChangeKind::LayoutChange,
];

impl Outcome {
    /// `3 people would be removed from Honestly`
    pub fn clause(self, voice: Voice<'_>, from: RemovedFrom, kind: ChangeKind, number: usize) -> String {
        format!("{} {}", things(voice, kind, number), self.verb(voice, from, kind, number))
    }

    /// A clause for each kind of change that there is.
    pub fn clauses(self, voice: Voice<'_>, from: RemovedFrom, counts: &Counts) -> Vec<(ChangeKind, String)> {
        gravest(counts).map(|kind| (kind, self.clause(voice, from, kind, counts.of(kind)))).collect()
    }

    /// `would be removed from Honestly`
    pub fn verb(self, voice: Voice<'_>, from: RemovedFrom, kind: ChangeKind, number: usize) -> String {
        let participle = participle(voice, kind);
        let place = place(voice, from, kind);
        let auxiliary = match self {
            Self::Held | Self::Previewed => voice.agreeing(number, ["would be"; 2], ["würde", "würden"]),
            Self::Done => voice.agreeing(number, ["was", "were"], ["wurde", "wurden"]),
            Self::Failed => voice.agreeing(number, ["was to be", "were to be"], ["sollte", "sollten"]),
        };
        match (voice.tongue(), self) {
            (Tongue::English, _) => format!("{auxiliary} {participle}{place}"),
            (Tongue::German, Self::Failed) => format!("{auxiliary}{place} {participle} werden"),
            (Tongue::German, Self::Held | Self::Previewed | Self::Done) => format!("{auxiliary}{place} {participle}"),
        }
    }
}

/// The kinds of change that there are, the gravest first.
pub(super) fn gravest(counts: &Counts) -> impl Iterator<Item = ChangeKind> {
    ORDER.into_iter().filter(|kind| counts.of(*kind) > 0)
}

/// `3 people`
fn things(voice: Voice<'_>, kind: ChangeKind, number: usize) -> String {
    match kind {
        ChangeKind::Add | ChangeKind::Update | ChangeKind::Remove => voice.people(number),
        ChangeKind::GroupAdd | ChangeKind::GroupRename | ChangeKind::GroupRemove => {
            voice.counted(number, ["group", "groups"], ["Gruppe", "Gruppen"])
        }
        ChangeKind::ColumnAdd | ChangeKind::ColumnChange | ChangeKind::ColumnRemove => {
            voice.counted(number, ["column", "columns"], ["Spalte", "Spalten"])
        }
        // There is one at most.
        ChangeKind::LayoutChange => {
            voice.agreeing(1, ["the layout of the file"; 2], ["der Aufbau der Datei"; 2]).to_owned()
        }
    }
}

/// `removed`
pub(super) fn participle(voice: Voice<'_>, kind: ChangeKind) -> &'static str {
    let (english, german) = match kind {
        ChangeKind::Add => ("added", "aufgenommen"),
        ChangeKind::GroupAdd | ChangeKind::ColumnAdd => ("added", "hinzugefügt"),
        ChangeKind::Update => ("updated", "aktualisiert"),
        ChangeKind::GroupRename => ("renamed", "umbenannt"),
        ChangeKind::ColumnChange => ("filled otherwise", "anders gefüllt"),
        ChangeKind::LayoutChange => ("changed", "geändert"),
        ChangeKind::Remove | ChangeKind::GroupRemove | ChangeKind::ColumnRemove => ("removed", "entfernt"),
    };
    match voice.tongue() {
        Tongue::English => english,
        Tongue::German => german,
    }
}

/// Of people who are removed. HR knows no mirror: that nothing reaches Honestly is a sentence of its own.
fn place(voice: Voice<'_>, from: RemovedFrom, kind: ChangeKind) -> &'static str {
    if kind != ChangeKind::Remove {
        return "";
    }
    match (from, voice.reader) {
        (RemovedFrom::Honestly, Reader::Operator | Reader::Hr(Tongue::English)) => " from Honestly",
        (RemovedFrom::Honestly, Reader::Hr(Tongue::German)) => " aus Honestly",
        (RemovedFrom::Mirror, Reader::Operator) => " from the mirror",
        (RemovedFrom::Mirror, Reader::Hr(_)) | (RemovedFrom::Unsaid, _) => "",
    }
}

#[cfg(test)]
mod tests;
