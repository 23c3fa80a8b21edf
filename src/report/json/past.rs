//! The run log, one run and one person's past as JSON.

use serde::Serialize;

use super::status::run_document;
use super::{document, each, note, object, profile};
use crate::history::{Biography, Ended, Episode, JournalEntry, Run, RunRecord, Subject};
use crate::roster::decide::reasons::Reason;
use crate::roster::model::snapshot::{GroupKey, Origin};
use crate::roster::voice::Told;

/// What `status --runs --json` prints: newest first.
pub fn runs(runs: &[Run]) -> impl Serialize {
    document("status", object!(Runs { runs: each(runs, run_document) }))
}

/// What `status --run ID --json` prints.
pub fn run_record(RunRecord { run, entries }: &RunRecord) -> impl Serialize {
    let ended = run.ended.as_ref();
    let told = object!(RunOfRecord {
        run: run_document(run),
        held_by: ended.and_then(Ended::rules).map(|rules| rules.join(" ")),
        changes: each(entries, entry),
        notes: each(run.notes(), note),
    });
    document("status", told)
}

/// What `status --employee WHO --json` prints.
pub fn biographies(people: &[Biography]) -> impl Serialize {
    document("status", object!(Biographies { people: each(people, biography) }))
}

fn biography(Biography { id, import_id, present, removed, returned_as, episodes }: &Biography) -> impl Serialize {
    let import_id = import_id.as_ref().map(|import_id| import_id.as_str());
    // Oldest first.
    object!(Life { id: profile(*id), import_id, present, removed, returned_as, history: each(episodes, episode) })
}

fn episode(Episode { run, entries, notes }: &Episode) -> impl Serialize {
    object!(Chapter { run: run_document(run), changes: each(entries, entry), notes: each(notes, note) })
}

fn entry(entry: &JournalEntry) -> impl Serialize {
    let JournalEntry { kind, subject, field, before, after, reason } = entry;
    let (id, group, column) = match subject {
        Subject::Employee(id) => (profile(*id), None, None),
        Subject::Group(key) => (None, Some(group_key(key)), None),
        Subject::Column(header) => (None, None, Some(header)),
        Subject::Layout => (None, None, None),
    };
    object!(Entry {
        kind: kind.as_str(),
        id,
        group,
        column,
        field,
        from: before,
        to: after,
        // Their retention time is over, so the values are gone.
        erased: entry.is_erased(),
        reason: reason.as_ref().map(Reason::logged),
    })
}

fn group_key(GroupKey { attribute, origin }: &GroupKey) -> impl Serialize {
    let personio_id = match origin {
        Origin::Id(id) => Some(id),
        Origin::Value(_) => None,
    };
    object!(Key { attribute: attribute.as_str(), personio_id })
}
