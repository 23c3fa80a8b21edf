//! The run log, one run and one person's past as JSON.

use serde::Serialize;

use super::status::{RunDocument, run_document};
use super::{NoteDocument, SCHEMA_VERSION, recorded};
use crate::history::{Biography, Episode, JournalEntry, Run, RunRecord, Subject};
use crate::roster::model::snapshot::{GroupKey, Origin};

/// What `status --runs --json` prints.
#[derive(Debug, Serialize)]
pub struct RunsDocument {
    schema_version: u32,
    command: &'static str,
    exit_code: u8,
    /// Newest first.
    runs: Vec<RunDocument>,
}

/// What `status --run ID --json` prints.
#[derive(Debug, Serialize)]
pub struct RunRecordDocument {
    schema_version: u32,
    command: &'static str,
    exit_code: u8,
    run: RunDocument,
    held_by: Option<String>,
    changes: Vec<EntryDocument>,
    notes: Vec<NoteDocument>,
}

/// What `status --employee WHO --json` prints.
#[derive(Debug, Serialize)]
pub struct BiographiesDocument {
    schema_version: u32,
    command: &'static str,
    exit_code: u8,
    people: Vec<BiographyDocument>,
}

#[derive(Debug, Serialize)]
struct BiographyDocument {
    id: i64,
    import_id: Option<String>,
    present: Option<PresentDocument>,
    removed: Option<RemovedDocument>,
    /// Oldest first.
    history: Vec<EpisodeDocument>,
}

#[derive(Debug, Serialize)]
struct PresentDocument {
    email: String,
    first_name: String,
    last_name: String,
}

#[derive(Debug, Serialize)]
struct RemovedDocument {
    on: String,
    run_id: i64,
    reason: String,
}

#[derive(Debug, Serialize)]
struct EpisodeDocument {
    run: RunDocument,
    changes: Vec<EntryDocument>,
    notes: Vec<NoteDocument>,
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
    /// The values were kept as long as they are kept.
    erased: bool,
    reason: Option<String>,
}

#[derive(Debug, Serialize)]
struct GroupKeyDocument {
    attribute: String,
    personio_id: Option<i64>,
}

pub fn runs(runs: &[Run]) -> RunsDocument {
    let runs = runs.iter().map(run_document).collect();
    RunsDocument { schema_version: SCHEMA_VERSION, command: "status", exit_code: 0, runs }
}

pub fn run_record(record: &RunRecord) -> RunRecordDocument {
    let RunRecord { run, entries } = record;
    let ended = run.ended.as_ref();
    RunRecordDocument {
        schema_version: SCHEMA_VERSION,
        command: "status",
        exit_code: 0,
        run: run_document(run),
        held_by: ended.and_then(|ended| ended.held_by.clone()),
        changes: entries.iter().map(entry).collect(),
        notes: ended.iter().flat_map(|ended| &ended.notes).map(recorded).collect(),
    }
}

pub fn biographies(people: &[Biography]) -> BiographiesDocument {
    let people = people.iter().map(biography).collect();
    BiographiesDocument { schema_version: SCHEMA_VERSION, command: "status", exit_code: 0, people }
}

fn biography(person: &Biography) -> BiographyDocument {
    let Biography { id, import_id, present, removed, episodes } = person;
    BiographyDocument {
        id: id.0,
        import_id: import_id.as_ref().map(ToString::to_string),
        present: present.as_ref().map(|present| PresentDocument {
            email: present.email.clone(),
            first_name: present.first_name.clone(),
            last_name: present.last_name.clone(),
        }),
        removed: removed.as_ref().map(|removed| RemovedDocument {
            on: removed.on.clone(),
            run_id: removed.run.0,
            reason: removed.reason.clone(),
        }),
        history: episodes.iter().map(episode).collect(),
    }
}

fn episode(episode: &Episode) -> EpisodeDocument {
    let Episode { run, entries, notes } = episode;
    EpisodeDocument {
        run: run_document(run),
        changes: entries.iter().map(entry).collect(),
        notes: notes.iter().map(recorded).collect(),
    }
}

fn entry(entry: &JournalEntry) -> EntryDocument {
    let JournalEntry { kind, subject, field, before, after, reason } = entry;
    EntryDocument {
        kind: kind.as_str(),
        id: match subject {
            Subject::Employee(id) => Some(id.0),
            Subject::Group(_) | Subject::Column(_) | Subject::Layout => None,
        },
        group: match subject {
            Subject::Group(GroupKey { attribute, origin }) => Some(GroupKeyDocument {
                attribute: attribute.to_string(),
                personio_id: match origin {
                    Origin::Id(id) => Some(*id),
                    Origin::Value(_) => None,
                },
            }),
            Subject::Employee(_) | Subject::Column(_) | Subject::Layout => None,
        },
        column: match subject {
            Subject::Column(header) => Some(header.clone()),
            Subject::Employee(_) | Subject::Group(_) | Subject::Layout => None,
        },
        field: field.clone(),
        from: before.clone(),
        to: after.clone(),
        erased: entry.is_erased(),
        reason: reason.clone(),
    }
}
