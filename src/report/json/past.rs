//! The run log, one run and one person's past as JSON.

use serde::Serialize;

use super::Document;
use super::status::{RunDocument, run_document};
use crate::history::{Biography, Episode, JournalEntry, Present, RecordedNote, Removed, Run, RunRecord, Subject};
use crate::roster::model::snapshot::{GroupKey, Origin};

/// What `status --runs --json` prints.
#[derive(Debug, Serialize)]
pub struct Runs {
    /// Newest first.
    runs: Vec<RunDocument>,
}

/// What `status --run ID --json` prints.
#[derive(Debug, Serialize)]
pub struct RunOfRecord {
    run: RunDocument,
    held_by: Option<String>,
    changes: Vec<EntryDocument>,
    notes: Vec<RecordedNote>,
}

/// What `status --employee WHO --json` prints.
#[derive(Debug, Serialize)]
pub struct Biographies {
    people: Vec<BiographyDocument>,
}

#[derive(Debug, Serialize)]
struct BiographyDocument {
    id: i64,
    import_id: Option<String>,
    present: Option<Present>,
    removed: Option<Removed>,
    /// Oldest first.
    history: Vec<EpisodeDocument>,
}

#[derive(Debug, Serialize)]
struct EpisodeDocument {
    run: RunDocument,
    changes: Vec<EntryDocument>,
    notes: Vec<RecordedNote>,
}

#[derive(Debug, Serialize)]
struct EntryDocument {
    kind: &'static str,
    id: Option<i64>,
    group: Option<GroupKeyDocument>,
    /// The header of a column.
    column: Option<String>,
    field: Option<String>,
    from: Option<String>,
    to: Option<String>,
    /// Their retention time is over, so the values are gone.
    erased: bool,
    reason: Option<String>,
}

#[derive(Debug, Serialize)]
struct GroupKeyDocument {
    attribute: String,
    personio_id: Option<i64>,
}

pub fn runs(runs: &[Run]) -> Document<Runs> {
    Document::of("status", Runs { runs: runs.iter().map(run_document).collect() })
}

pub fn run_record(record: &RunRecord) -> Document<RunOfRecord> {
    let RunRecord { run, entries } = record;
    let ended = run.ended.as_ref();
    let told = RunOfRecord {
        run: run_document(run),
        held_by: ended.and_then(|ended| ended.held_by.clone()),
        changes: entries.iter().map(entry).collect(),
        notes: ended.map(|ended| ended.notes.clone()).unwrap_or_default(),
    };
    Document::of("status", told)
}

pub fn biographies(people: &[Biography]) -> Document<Biographies> {
    Document::of("status", Biographies { people: people.iter().map(biography).collect() })
}

fn biography(person: &Biography) -> BiographyDocument {
    let Biography { id, import_id, present, removed, episodes } = person;
    BiographyDocument {
        id: id.0,
        import_id: import_id.as_ref().map(ToString::to_string),
        present: present.clone(),
        removed: removed.clone(),
        history: episodes.iter().map(episode).collect(),
    }
}

fn episode(episode: &Episode) -> EpisodeDocument {
    let Episode { run, entries, notes } = episode;
    EpisodeDocument { run: run_document(run), changes: entries.iter().map(entry).collect(), notes: notes.clone() }
}

fn entry(entry: &JournalEntry) -> EntryDocument {
    let JournalEntry { kind, subject, field, before, after, reason } = entry;
    let (id, group, column) = match subject {
        Subject::Employee(id) => (Some(id.0), None, None),
        Subject::Group(key) => (None, Some(group_key(key)), None),
        Subject::Column(header) => (None, None, Some(header.clone())),
        Subject::Layout => (None, None, None),
    };
    EntryDocument {
        kind: kind.as_str(),
        id,
        group,
        column,
        field: field.clone(),
        from: before.clone(),
        to: after.clone(),
        erased: entry.is_erased(),
        reason: reason.clone(),
    }
}

fn group_key(GroupKey { attribute, origin }: &GroupKey) -> GroupKeyDocument {
    let personio_id = match origin {
        Origin::Id(id) => Some(*id),
        Origin::Value(_) => None,
    };
    GroupKeyDocument { attribute: attribute.to_string(), personio_id }
}
