//! A plan as JSON, with everything it does.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use crate::report::PlanView;
use crate::roster::decide::notes::Place;
use crate::roster::decide::reasons::Reason;
use crate::roster::feed::Column;
use crate::roster::guard::Evidence;
use crate::roster::model::snapshot::{Employee, Snapshot};
use crate::roster::plan::mirror::Given;
use crate::roster::plan::{Change, FieldChange, Plan};

#[derive(Debug, Serialize)]
pub(super) struct PlanDocument<'a> {
    digest: String,
    /// What the plan is compared with: `mirror`, `adopted`, or `nothing` where nothing is known of the destination.
    baseline: &'static str,
    add: Vec<PersonDocument>,
    update: Vec<UpdateDocument<'a>>,
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
struct UpdateDocument<'a> {
    id: i64,
    changes: Vec<FieldChange<'a>>,
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
    /// Whether the remaining columns change their order.
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

// long because it fills every list of the document
pub(super) fn plan_document<'a>(view: &PlanView<'a>) -> PlanDocument<'a> {
    let (plan, decision) = (&view.proposal.plan, view.evidence.decision);
    let mut document = PlanDocument {
        digest: view.digest.to_string(),
        baseline: baseline(view.evidence),
        add: Vec::new(),
        update: Vec::new(),
        remove: Vec::new(),
        groups: groups_document(plan),
        columns: columns_document(plan),
        not_yet: Vec::new(),
        undecided: Vec::new(),
        out_of_scope: 0,
    };
    for change in plan.employees() {
        match change {
            Change::Create(employee) => document.add.push(person(employee, &plan.after().people)),
            Change::Update { after, .. } => {
                document.update.push(UpdateDocument { id: after.id.0, changes: plan.field_changes(change) });
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

fn groups_document(plan: &Plan<'_>) -> GroupsDocument {
    let mut document = GroupsDocument::default();
    for change in plan.groups() {
        let attribute = change.attribute.to_string();
        match &change.name {
            Change::Create(name) => document.add.push(GroupDocument { attribute, name: name.to_string() }),
            Change::Update { before, after } => {
                let (from, to) = (before.to_string(), after.to_string());
                document.rename.push(RenameDocument { attribute, from, to });
            }
            Change::Delete(name) => document.remove.push(GroupDocument { attribute, name: name.to_string() }),
        }
    }
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
