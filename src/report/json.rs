//! The same facts as the texts, for machines: one document on standard output, also on failure.
//!
//! Fields are only ever added under one `schema_version`.

mod explain;
mod past;

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::Serialize;

use super::PlanView;
use crate::exit::Failure;
use crate::history::{Delivery, Ended, HeldSeries, Liveness, RecordedNote, Run, RunId, Standing};
use crate::roster::decide::notes::{Note, Place, Reason};
use crate::roster::feed::Column;
use crate::roster::guard::{Cause, Contents, Destination, Evidence, Found, Refusal};
use crate::roster::model::snapshot::{Employee, Group, Snapshot};
use crate::roster::plan::mirror::Given;
use crate::roster::plan::{self, Change, Plan, PlanDigest};

pub use explain::explain;
pub use past::{biographies, run_record, runs};

const SCHEMA_VERSION: u32 = 1;

/// What `sync --json` prints.
#[derive(Debug, Serialize)]
pub struct SyncDocument {
    schema_version: u32,
    command: &'static str,
    /// None for a dry run, which is in no log, and where the log could not be reached.
    run_id: Option<i64>,
    exit_code: u8,
    counts: Counts,
    /// None where nothing is delivered.
    destination: Option<DestinationDocument>,
    plan: Option<PlanDocument>,
    notes: Vec<NoteDocument>,
    held: Option<HeldDocument>,
    /// None where nothing was delivered.
    delivery: Option<DeliveryDocument>,
    error: Option<ErrorDocument>,
}

/// What came of a run, as far as it came.
#[derive(Debug, Default)]
pub struct SyncFacts<'a> {
    pub run: Option<RunId>,
    pub exit_code: u8,
    /// People and groups in the mirror after the run.
    pub people: u64,
    pub groups: u64,
    pub plan: Option<&'a PlanView<'a>>,
    /// The decision's and the delivery's.
    pub notes: &'a [Note],
    pub refusal: Option<&'a Refusal>,
    pub delivery: Option<&'a Delivery>,
    pub failure: Option<&'a Failure>,
}

#[derive(Debug, Default, Serialize)]
struct Counts {
    people: u64,
    groups: u64,
    #[serde(flatten)]
    changes: Option<Changes>,
}

#[derive(Debug, Default, Serialize)]
struct Changes {
    added: usize,
    updated: usize,
    removed: usize,
    groups_added: usize,
    groups_renamed: usize,
    groups_removed: usize,
    columns_added: usize,
    columns_changed: usize,
    columns_removed: usize,
    layout_changed: usize,
}

impl From<plan::Counts> for Changes {
    fn from(counts: plan::Counts) -> Self {
        let plan::Counts {
            added,
            updated,
            removed,
            groups_added,
            groups_renamed,
            groups_removed,
            columns_added,
            columns_changed,
            columns_removed,
            layout_changed,
        } = counts;
        Self {
            added,
            updated,
            removed,
            groups_added,
            groups_renamed,
            groups_removed,
            columns_added,
            columns_changed,
            columns_removed,
            layout_changed,
        }
    }
}

#[derive(Debug, Serialize)]
struct PlanDocument {
    digest: String,
    /// What it is compared with: `mirror`, `adopted`, or `nothing` where nothing is known of the destination.
    baseline: &'static str,
    add: Vec<PersonDocument>,
    update: Vec<UpdateDocument>,
    remove: Vec<RemoveDocument>,
    groups: GroupsDocument,
    columns: ColumnsDocument,
    not_yet: Vec<NotYetDocument>,
    undecided: Vec<UndecidedDocument>,
    out_of_scope: usize,
}

#[derive(Debug, Serialize)]
struct PersonDocument {
    id: i64,
    import_id: String,
    email: String,
    first_name: String,
    last_name: String,
    language: Option<String>,
    supervisor: Option<i64>,
    groups: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct UpdateDocument {
    id: i64,
    changes: Vec<ChangeDocument>,
}

#[derive(Debug, Serialize)]
struct ChangeDocument {
    field: String,
    from: Option<String>,
    to: Option<String>,
}

#[derive(Debug, Serialize)]
struct RemoveDocument {
    #[serde(flatten)]
    person: PersonDocument,
    reason: &'static str,
    detail: String,
}

#[derive(Debug, Default, Serialize)]
struct GroupsDocument {
    add: Vec<GroupDocument>,
    rename: Vec<RenameDocument>,
    remove: Vec<GroupDocument>,
}

#[derive(Debug, Serialize)]
struct GroupDocument {
    attribute: String,
    name: String,
}

#[derive(Debug, Serialize)]
struct RenameDocument {
    attribute: String,
    from: String,
    to: String,
}

#[derive(Debug, Serialize)]
struct ColumnsDocument {
    add: Vec<ColumnDocument>,
    change: Vec<ColumnChangeDocument>,
    remove: Vec<ColumnDocument>,
    /// Whether the columns that stay stand in another order.
    reordered: bool,
    /// `lf` or `crlf`, where the line ends change.
    line_end: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct ColumnDocument {
    header: String,
    source: String,
}

#[derive(Debug, Serialize)]
struct ColumnChangeDocument {
    header: String,
    from: String,
    to: String,
}

/// A destination as it was looked at.
#[derive(Debug, Serialize)]
struct DestinationDocument {
    url: String,
    /// `nothing`, `ours`, `foreign` or `unknown`
    found: &'static str,
    /// None where the file there was not compared or cannot be read as a feed.
    contents: Option<ContentsDocument>,
}

#[derive(Debug, Serialize)]
struct ContentsDocument {
    people: usize,
    stay: usize,
    go: usize,
    come: usize,
}

impl From<&Destination> for DestinationDocument {
    fn from(destination: &Destination) -> Self {
        let Destination { url, found, contents } = destination;
        let found = match found {
            Found::Nothing => "nothing",
            Found::Ours => "ours",
            Found::Foreign { .. } => "foreign",
            Found::Unknown => "unknown",
        };
        let contents = match *contents {
            Some(Contents::Read { people, stay, go, come }) => Some(ContentsDocument { people, stay, go, come }),
            Some(Contents::Unreadable) | None => None,
        };
        Self { url: url.clone(), found, contents }
    }
}

#[derive(Debug, Serialize)]
struct NotYetDocument {
    id: i64,
    first_day: Option<NaiveDate>,
}

#[derive(Debug, Serialize)]
struct UndecidedDocument {
    id: i64,
    kept: bool,
    problem: String,
}

#[derive(Debug, Serialize)]
struct NoteDocument {
    kind: String,
    id: Option<i64>,
    text: String,
}

#[derive(Debug, Serialize)]
struct HeldDocument {
    digest: String,
    given: Option<String>,
    rules: Vec<RuleDocument>,
}

#[derive(Debug, Serialize)]
struct RuleDocument {
    rule: &'static str,
    text: String,
}

#[derive(Debug, Serialize)]
struct DeliveryDocument {
    destination: String,
    delivered_at: String,
    size: u64,
    sha256: String,
    verified: bool,
}

impl From<&Delivery> for DeliveryDocument {
    fn from(delivery: &Delivery) -> Self {
        let Delivery { destination, delivered_at, size, sha256, modified: _, verified, taken: _, standing_at: _ } =
            delivery;
        Self {
            destination: destination.clone(),
            delivered_at: timestamp(*delivered_at),
            size: *size,
            sha256: sha256.clone(),
            verified: *verified,
        }
    }
}

#[derive(Debug, Serialize)]
struct ErrorDocument {
    message: String,
    hints: Vec<String>,
}

impl From<&Failure> for ErrorDocument {
    fn from(failure: &Failure) -> Self {
        Self { message: failure.message.clone(), hints: failure.hints.clone() }
    }
}

pub fn sync(facts: &SyncFacts<'_>) -> SyncDocument {
    let SyncFacts { run, exit_code, people, groups, plan, notes, refusal, delivery, failure } = facts;
    SyncDocument {
        schema_version: SCHEMA_VERSION,
        command: "sync",
        run_id: run.map(|RunId(id)| id),
        exit_code: *exit_code,
        counts: Counts {
            people: *people,
            groups: *groups,
            changes: plan.map(|view| view.proposal.plan.counts().into()),
        },
        destination: plan.and_then(|view| view.evidence.destination).map(DestinationDocument::from),
        plan: plan.map(plan_document),
        notes: notes.iter().map(note).collect(),
        held: refusal.map(held),
        delivery: delivery.map(DeliveryDocument::from),
        error: failure.map(ErrorDocument::from),
    }
}

fn plan_document(view: &PlanView<'_>) -> PlanDocument {
    let (plan, decision) = (&view.proposal.plan, view.evidence.decision);
    let mut document = PlanDocument {
        digest: view.digest.to_string(),
        baseline: baseline(view.evidence),
        add: Vec::new(),
        update: Vec::new(),
        remove: Vec::new(),
        groups: GroupsDocument::default(),
        columns: columns_document(plan),
        not_yet: Vec::new(),
        undecided: Vec::new(),
        out_of_scope: 0,
    };
    for change in plan.employees() {
        match change {
            Change::Create(employee) => document.add.push(person(employee, &plan.after().people)),
            Change::Update { after, .. } => {
                let changes = plan.field_changes(change).into_iter();
                let changes = changes.map(|c| ChangeDocument {
                    field: c.field.to_string(),
                    from: c.from.map(Cow::into_owned),
                    to: c.to.map(Cow::into_owned),
                });
                document.update.push(UpdateDocument { id: after.id.0, changes: changes.collect() });
            }
            Change::Delete(employee) => {
                let reason = decision.excluded.get(&employee.id);
                document.remove.push(RemoveDocument {
                    person: person(employee, &plan.before().people),
                    reason: reason.map_or("unknown", Reason::kind),
                    detail: reason.map(Reason::to_string).unwrap_or_default(),
                });
            }
        }
    }
    for change in plan.groups() {
        match change {
            Change::Create(group) => document.groups.add.push(group_document(group)),
            Change::Update { before, after } => document.groups.rename.push(RenameDocument {
                attribute: before.key.attribute.to_string(),
                from: before.name.to_string(),
                to: after.name.to_string(),
            }),
            Change::Delete(group) => document.groups.remove.push(group_document(group)),
        }
    }
    for (id, reason) in &decision.excluded {
        match reason {
            Reason::NotYet(first_day) => {
                document.not_yet.push(NotYetDocument { id: id.0, first_day: *first_day });
            }
            Reason::OutOfScope(_) => document.out_of_scope += 1,
            Reason::LastDayPassed(_)
            | Reason::Inactive
            | Reason::OnLeave
            | Reason::Absent(_)
            | Reason::ClockInDoubt => {}
        }
    }
    let undecided = decision.undecided().map(|(id, problem, place)| UndecidedDocument {
        id: id.0,
        kept: place == Place::Kept,
        problem: problem.to_string(),
    });
    document.undecided.extend(undecided);
    document
}

fn baseline(evidence: &Evidence<'_>) -> &'static str {
    match (evidence.destination, &evidence.mirror.given) {
        (None, _) => "mirror",
        (Some(_), Given::Adopted) => "adopted",
        (Some(destination), Given::Nobody | Given::Destination { .. }) => {
            if evidence.mirror.certainty_at(&destination.url).is_some() { "mirror" } else { "nothing" }
        }
    }
}

fn columns_document(plan: &Plan<'_>) -> ColumnsDocument {
    let mut document = ColumnsDocument {
        add: Vec::new(),
        change: Vec::new(),
        remove: Vec::new(),
        reordered: plan.layout().is_some_and(|layout| layout.before.order != layout.after.order),
        line_end: (plan.layout())
            .filter(|layout| layout.before.line_end != layout.after.line_end)
            .map(|layout| layout.after.line_end.as_str()),
    };
    let column = |column: &Column| ColumnDocument { header: column.header.clone(), source: column.source.to_string() };
    for change in plan.columns() {
        match change {
            Change::Create(after) => document.add.push(column(after)),
            Change::Update { before, after } => document.change.push(ColumnChangeDocument {
                header: after.header.clone(),
                from: before.source.to_string(),
                to: after.source.to_string(),
            }),
            Change::Delete(before) => document.remove.push(column(before)),
        }
    }
    document
}

fn person(employee: &Employee, snapshot: &Snapshot) -> PersonDocument {
    let Employee { id, import_id, email, first_name, last_name, language, supervisor, groups } = employee;
    let attributes = groups.iter().map(|key| key.attribute.as_str());
    let groups =
        attributes.filter_map(|key| Some((key.to_owned(), snapshot.value_of(employee, key)?.into_owned()))).collect();
    PersonDocument {
        id: id.0,
        import_id: import_id.to_string(),
        email: email.to_string(),
        first_name: first_name.to_string(),
        last_name: last_name.to_string(),
        language: language.map(|language| language.as_str().to_owned()),
        supervisor: supervisor.map(|supervisor| supervisor.0),
        groups,
    }
}

fn group_document(group: &Group) -> GroupDocument {
    GroupDocument { attribute: group.key.attribute.to_string(), name: group.name.to_string() }
}

fn note(note: &Note) -> NoteDocument {
    NoteDocument { kind: note.kind().to_owned(), id: note.employee().map(|id| id.0), text: note.to_string() }
}

fn held(refusal: &Refusal) -> HeldDocument {
    let (given, rules) = match &refusal.cause {
        Cause::Rules(rules) => (None, rules.as_slice()),
        Cause::AnotherPlan { given, rules } => (Some(given.to_string()), rules.as_slice()),
        Cause::NothingHeld { given } => (Some(given.to_string()), [].as_slice()),
    };
    HeldDocument {
        digest: refusal.digest.to_string(),
        given,
        rules: rules.iter().map(|rule| RuleDocument { rule: rule.kind(), text: rule.to_string() }).collect(),
    }
}

/// What `status --json` prints.
#[derive(Debug, Serialize)]
pub struct StatusDocument {
    schema_version: u32,
    command: &'static str,
    /// The newest run that came to an end.
    run_id: Option<i64>,
    exit_code: u8,
    counts: Counts,
    last_run: Option<RunDocument>,
    last_success: Option<RunDocument>,
    last_success_age_seconds: Option<i64>,
    last_change: Option<RunDocument>,
    in_progress: Vec<i64>,
    interrupted: Vec<i64>,
    held: Option<HeldSinceDocument>,
    deliveries: Vec<DeliveryDocument>,
    notes: Vec<NoteDocument>,
    files: FilesDocument,
    error: Option<ErrorDocument>,
}

#[derive(Debug, Serialize)]
struct RunDocument {
    run_id: i64,
    command: String,
    started_at: String,
    finished_at: Option<String>,
    exit_code: Option<u8>,
    message: Option<String>,
    counts: Option<Changes>,
    digest: Option<String>,
    approved_by: Option<String>,
}

#[derive(Debug, Serialize)]
struct HeldSinceDocument {
    since: String,
    first_run_id: i64,
    digest: Option<String>,
    same_plan: bool,
}

#[derive(Debug, Serialize)]
struct FilesDocument {
    configuration: Option<String>,
    credential: String,
    mirror: String,
}

pub fn status(view: &super::status::StatusView<'_>) -> StatusDocument {
    let super::status::StatusView { now, standing, files, .. } = view;
    let run_of = |run: Option<&Run>| run.map(run_document);
    let success = standing.and_then(|standing| standing.last_in_step.as_ref());
    let unfinished = |liveness: Liveness| {
        let all = standing.iter().flat_map(|standing| &standing.unfinished);
        all.filter(|unfinished| unfinished.liveness == liveness).map(|unfinished| unfinished.run.id.0).collect()
    };
    StatusDocument {
        schema_version: SCHEMA_VERSION,
        command: "status",
        run_id: standing.and_then(|standing| standing.last.as_ref()).map(|run| run.id.0),
        exit_code: 0,
        counts: Counts {
            people: standing.map_or(0, |standing| standing.people),
            groups: standing.map_or(0, |standing| standing.groups),
            changes: None,
        },
        last_run: run_of(standing.and_then(|standing| standing.last.as_ref())),
        last_success: run_of(success),
        last_success_age_seconds: standing.and_then(Standing::last_success).map(|at| (*now - at).num_seconds()),
        last_change: run_of(standing.and_then(|standing| standing.last_change.as_ref())),
        in_progress: unfinished(Liveness::InProgress),
        interrupted: unfinished(Liveness::Interrupted),
        held: standing.and_then(|standing| standing.held.as_ref()).map(held_since),
        deliveries: standing.iter().flat_map(|standing| &standing.deliveries).map(DeliveryDocument::from).collect(),
        notes: standing.iter().flat_map(|standing| standing.open_notes()).map(recorded).collect(),
        files: FilesDocument {
            configuration: files.configuration.map(|path| path.display().to_string()),
            credential: files.credential.display().to_string(),
            mirror: files.mirror.display().to_string(),
        },
        error: None,
    }
}

/// A failed `status`, which has no facts but the failure.
pub fn failed_status(failure: &Failure) -> serde_json::Value {
    serde_json::json!({
        "schema_version": SCHEMA_VERSION,
        "command": "status",
        "run_id": null,
        "exit_code": failure.exit.code(),
        "counts": { "people": 0, "groups": 0 },
        "error": ErrorDocument::from(failure),
    })
}

fn recorded(RecordedNote { kind, employee, text }: &RecordedNote) -> NoteDocument {
    NoteDocument { kind: kind.clone(), id: employee.map(|id| id.0), text: text.clone() }
}

fn held_since(series: &HeldSeries) -> HeldSinceDocument {
    HeldSinceDocument {
        since: timestamp(series.first.started_at),
        first_run_id: series.first.id.0,
        digest: series.latest.ended.as_ref().and_then(|ended| ended.digest.as_ref()).map(PlanDigest::to_string),
        same_plan: series.is_same_plan(),
    }
}

fn run_document(run: &Run) -> RunDocument {
    let Run { id, command, started_at, pid: _, ended } = run;
    let ended: Option<&Ended> = ended.as_ref();
    RunDocument {
        run_id: id.0,
        command: command.clone(),
        started_at: timestamp(*started_at),
        finished_at: finished(run).map(timestamp),
        exit_code: ended.map(|ended| ended.exit_code),
        message: ended.and_then(|ended| ended.message.clone()),
        counts: ended.and_then(|ended| ended.counts).map(Changes::from),
        digest: ended.and_then(|ended| ended.digest.as_ref()).map(PlanDigest::to_string),
        approved_by: ended.and_then(|ended| ended.approval.as_ref()).map(|approval| approval.digest.to_string()),
    }
}

fn finished(run: &Run) -> Option<DateTime<Utc>> {
    run.ended.as_ref().map(|ended| ended.finished_at)
}

fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
