//! The run log, one run and one person's past as JSON.

use super::status::run_document;
use super::{Document, document, each, fact, note, object};
use crate::history::{Biography, Episode, JournalEntry, Present, Removed, Run, RunRecord, Subject};
use crate::roster::decide::notes::Note;
use crate::roster::model::snapshot::{GroupKey, Origin};

/// What `status --runs --json` prints: newest first.
pub fn runs(runs: &[Run]) -> impl Document {
    let told = object!(Runs {
        /// Newest first.
        runs: each(runs, run_document),
    });
    document("status", 0, told)
}

/// What `status --run ID --json` prints.
pub fn run_record(RunRecord { run, entries }: &RunRecord) -> impl Document {
    document("status", 0, what_it_did(run, entries, run.notes()))
}

/// What `status --employee WHO --json` prints.
pub fn biographies(people: &[Biography]) -> impl Document {
    document("status", 0, object!(Biographies { people: each(people, biography) }))
}

fn biography(Biography { id, import_id, present, removed, returned_as, episodes }: &Biography) -> impl Document {
    let import_id = import_id.as_ref().map(|import_id| import_id.as_str());
    let present = present
        .as_ref()
        .map(|Present { email, first_name, last_name }| object!(Present { email, first_name, last_name }));
    let removed = removed.as_ref().map(|Removed { on, run, reason: why }| {
        object!(Removed {
            /// ISO 8601.
            on,
            run_id: run,
            reason: fact(why),
        })
    });
    object!(Life {
        id,
        /// Null for whoever never was in Honestly, and for whoever has it with a new profile.
        import_id,
        /// As they are in Honestly now.
        present,
        removed,
        /// The id of their new profile.
        returned_as,
        /// Oldest first.
        history: each(episodes, |Episode { run, entries, notes }| what_it_did(run, entries, notes)),
    })
}

/// A run with what it changed and noted: of everybody, or of one person.
fn what_it_did(run: &Run, entries: &[JournalEntry], notes: &[Note]) -> impl Document {
    object!(Chapter { run: run_document(run), changes: each(entries, entry), notes: each(notes, note) })
}

fn entry(entry: &JournalEntry) -> impl Document {
    let JournalEntry { kind, subject, field, before, after, reason: why } = entry;
    let (id, group, column) = match subject {
        Subject::Employee(id) => (Some(id), None, None),
        Subject::Group(key) => (None, Some(group_key(key)), None),
        Subject::Column(header) => (None, None, Some(header)),
        Subject::Layout => (None, None, None),
    };
    object!(Entry {
        /// Such as `add`, `group_rename` or `column_remove`.
        kind: kind.as_str(),
        /// Of a person.
        id,
        group,
        /// The header.
        column,
        field,
        from: before,
        to: after,
        /// Their retention time is over, so the values are gone.
        erased: entry.is_erased(),
        /// Why a person was removed.
        reason: why.as_ref().map(fact),
    })
}

fn group_key(GroupKey { attribute, origin }: &GroupKey) -> impl Document {
    let personio_id = match origin {
        Origin::Id(id) => Some(id),
        Origin::Value(_) => None,
    };
    object!(Key {
        /// Personio's key.
        attribute: attribute.as_str(),
        /// Null where the group is known by its name alone.
        personio_id,
    })
}
