//! A plan as JSON, with everything it does.

use std::collections::BTreeMap;

use super::{Document, each, fact, object};
use crate::report::PlanView;
use crate::roster::decide::notes::Place;
use crate::roster::decide::reasons::Reason;
use crate::roster::feed::Column;
use crate::roster::guard::{CameSince, Evidence, PastRemoval};
use crate::roster::model::snapshot::{Employee, Snapshot};
use crate::roster::plan::mirror::Given;
use crate::roster::plan::{Change, Plan};
use crate::roster::voice::Told;

pub(super) fn plan_document(view: &PlanView<'_>) -> impl Document {
    let (plan, decision) = (&view.proposal.plan, view.evidence.decision);
    let (mut add, mut update) = (Vec::new(), Vec::new());
    for change in plan.employees() {
        match change {
            Change::Create(employee) => add.push(person(employee, &plan.after().people)),
            Change::Update { before: _, after } => {
                update.push(object!(Update { id: after.id, changes: plan.field_changes(change) }));
            }
            Change::Delete(_) => {}
        }
    }
    let (mut not_yet, mut out_of_scope) = (Vec::new(), 0);
    for (id, why) in &decision.excluded {
        match why {
            Reason::NotYet(first_day) => not_yet.push(object!(NotYet { id, first_day })),
            Reason::OutOfScope(_) => out_of_scope += 1,
            Reason::LastDayPassed(_)
            | Reason::Inactive
            | Reason::OnLeave
            | Reason::Absent(_)
            | Reason::ClockInDoubt => {}
        }
    }
    let undecided = each(decision.undecided(), |(id, why, place)| {
        object!(Undecided {
            id,
            /// Whether they are in the file, as they were.
            kept: place == Place::Kept,
            problem: fact(why),
        })
    });
    let went_before = each(view.went_before(), |PastRemoval { employee, name, day, reason: why }| {
        object!(Went { id: employee, name, day, reason: fact(why) })
    });
    object!(Planned {
        /// What `sync --approve` takes.
        digest: view.digest.as_str(),
        /// Who was removed within the last seven days and was in no approved plan; the limits count them.
        went_before,
        /// What the plan starts from: `mirror`, `adopted` or `nothing`.
        baseline: baseline(view.evidence),
        add,
        update,
        remove: removals(view, plan),
        /// Who goes from the mirror, where the plan starts from nothing and so removes nobody.
        leave_the_mirror: view.leavers_of_the_mirror().map(|step| removals(view, step)).unwrap_or_default(),
        groups: groups(plan),
        columns: columns(plan),
        /// Who has not started.
        not_yet,
        undecided,
        /// How many people the filters leave out.
        out_of_scope,
        /// What came since the plan that was named, where one was.
        since: view.since.map(since),
    })
}

fn removals<'a>(view: &'a PlanView<'_>, plan: &'a Plan<'_>) -> Vec<impl Document + use<'a>> {
    let removed = plan.employees().iter().filter_map(|change| match change {
        Change::Delete(employee) => Some(*employee),
        Change::Create(_) | Change::Update { .. } => None,
    });
    each(removed, |employee| {
        let why = view.decision().excluded.get(&employee.id);
        object!(Remove {
            #[serde(flatten)]
            person: person(employee, &plan.before().people),
            reason: why.map(fact),
        })
    })
}

/// What came since a plan that was told: everybody by id, as they stand in the lists above.
fn since(since: &CameSince<'_>) -> impl Document {
    let CameSince { named, step, stay } = since;
    let (mut add, mut update, mut remove) = (Vec::new(), Vec::new(), Vec::new());
    for change in step.employees() {
        change.pick(&mut add, &mut update, &mut remove).push(change.subject().id);
    }
    object!(Since {
        /// The digest that was named.
        plan: named.as_str(),
        /// How many people stay whom it would have removed.
        stay,
        /// Ids.
        add,
        /// Ids.
        update,
        /// Ids.
        remove,
        groups: groups(step),
        columns: columns(step),
    })
}

fn groups(plan: &Plan<'_>) -> impl Document {
    let (mut add, mut rename, mut remove) = (Vec::new(), Vec::new(), Vec::new());
    let group = |attribute: String, name: &str| object!(NamedGroup { attribute, name: name.to_owned() });
    for change in plan.groups() {
        let attribute = change.attribute.to_string();
        match &change.name {
            Change::Create(name) => add.push(group(attribute, name)),
            Change::Update { before, after } => {
                rename.push(object!(RenamedGroup { attribute, from: before.to_string(), to: after.to_string() }));
            }
            Change::Delete(name) => remove.push(group(attribute, name)),
        }
    }
    object!(Groups { add, rename, remove })
}

/// What the plan is compared with. Nothing may be known of the destination.
fn baseline(evidence: &Evidence<'_>) -> &'static str {
    match (evidence.destination, &evidence.mirror.given) {
        (None, _) => "mirror",
        (Some(_), Given::Adopted) => "adopted",
        (Some(destination), Given::Nobody | Given::Destination(_) | Given::Unknown) => {
            if evidence.mirror.is_given_to(&destination.url) { "mirror" } else { "nothing" }
        }
    }
}

fn columns(plan: &Plan<'_>) -> impl Document {
    let (mut add, mut change, mut remove) = (Vec::new(), Vec::new(), Vec::new());
    let column =
        |column: &Column| object!(HeaderAndSource { header: column.header.clone(), source: column.source.logged() });
    for changed in plan.columns() {
        match changed {
            Change::Create(after) => add.push(column(after)),
            Change::Update { before, after } => change.push(object!(RefilledColumn {
                header: &after.header,
                from: before.source.logged(),
                to: after.source.logged(),
            })),
            Change::Delete(before) => remove.push(column(before)),
        }
    }
    let layout = plan.layout();
    let line_end = layout.filter(|layout| layout.before.line_end != layout.after.line_end);
    object!(Columns {
        add,
        change,
        remove,
        /// Whether the remaining columns change their order.
        reordered: layout.is_some_and(|layout| layout.before.order != layout.after.order),
        /// `lf` or `crlf`, where the line ends change.
        line_end: line_end.map(|layout| layout.after.line_end.as_str()),
    })
}

fn person(employee: &Employee, snapshot: &Snapshot) -> impl Document {
    let Employee { id, import_id, email, first_name, last_name, language, supervisor, groups } = employee;
    let attributes = groups.iter().map(|key| key.attribute.as_str());
    let groups = attributes.filter_map(|key| Some((key, snapshot.value_of(employee, key)?)));
    object!(Person {
        id,
        import_id: import_id.as_str(),
        email: email.to_string(),
        first_name: first_name.to_string(),
        last_name: last_name.to_string(),
        language: language.map(|language| language.as_str()),
        /// The id at Personio.
        supervisor: supervisor,
        /// By Personio's keys of attributes.
        groups: groups.collect::<BTreeMap<_, _>>(),
    })
}
