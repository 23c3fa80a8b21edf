//! A plan as JSON, with everything it does.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{each, object, profile};
use crate::history::Usual;
use crate::report::model::{
    Baseline, Department, Difference, Leaver, Newcomer, Person, Report, Since, Sureness, Undecided,
};
use crate::roster::decide::notes::Place;
use crate::roster::decide::reasons::Reason;
use crate::roster::feed::Column;
use crate::roster::guard::PastRemoval;
use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::{Employee, Snapshot};
use crate::roster::plan::{Change, Plan};

pub(super) fn plan_document(report: &Report<'_>) -> impl Serialize {
    let Difference { plan, leavers, newcomers, changed, .. } = &report.plan;
    let after = &plan.after().people;
    let updates = plan.employees().iter().filter(|change| matches!(change, Change::Update { .. }));
    let went_before = each(report.went_before, |PastRemoval { employee, name, day, reason }| {
        object!(Went { id: profile(*employee), name, day, reason: reason.kind(), detail: reason.to_string() })
    });
    object!(Planned {
        digest: report.view.digest.as_str(),
        went_before,
        baseline: match report.baseline {
            Baseline::Mirror | Baseline::Delivered | Baseline::OnItsWay => "mirror",
            Baseline::Adopted => "adopted",
            Baseline::Unknown => "nothing",
        },
        add: each(by_id(newcomers, |newcomer| newcomer.person), |Newcomer { person, .. }| {
            person.employee.map(|employee| employed(employee, after))
        }),
        update: each(updates, |change| {
            object!(Update { id: profile(change.subject().id), changes: plan.field_changes(change) })
        }),
        // Whose cell for the supervisor becomes empty because that one is removed; they are among the updates.
        lose_supervisor: each(&changed.consequences, |person| profile(person.id)),
        remove: removals(&report.plan),
        // How many are removed for each reason. One of `detail`, which may have a day, stands for all of its kind.
        reasons: each(&leavers.reasons, |(reason, people)| {
            object!(ReasonSum { reason: reason.kind(), detail: reason.to_string(), people })
        }),
        // None before where nobody knows what the destination has.
        departments: each(&report.head_counts, |Department { at, before, after, removed }| {
            object!(Heads { department: report.department(*at), before, after, removed })
        }),
        usual: usual(report.view.usual),
        // Who is removed from the mirror, where the plan starts from nothing and so removes nobody.
        leave_the_mirror: report.from_mirror.as_ref().map(removals).unwrap_or_default(),
        groups: groups(plan),
        columns: columns(&report.plan),
        not_yet: each(&report.waiting, |(person, first_day)| object!(NotYet { id: person.id, first_day })),
        undecided: each(&report.undecided, |Undecided { person, problem, place }| {
            object!(Undecided { id: profile(person.id), kept: *place == Place::Kept, problem: problem.to_string() })
        }),
        left: report.elsewhere.left,
        on_leave: report.elsewhere.on_leave,
        out_of_scope: report.elsewhere.out_of_scope,
        since: report.since.as_ref().map(since),
    })
}

fn removals(step: &Difference<'_>) -> Vec<impl Serialize> {
    let people = &step.plan.before().people;
    each(by_id(&step.leavers.people, |leaver| leaver.person), |Leaver { person, reason, sureness }| {
        object!(Remove {
            #[serde(flatten)]
            person: person.employee.map(|employee| employed(employee, people)),
            reason: reason.map_or("unknown", Reason::kind),
            detail: reason.map(Reason::to_string).unwrap_or_default(),
            please_check: *sureness == Sureness::PleaseCheck,
        })
    })
}

/// Machines read people in the order of their ids.
fn by_id<'r, T>(all: &'r [T], person: impl Fn(&T) -> Person<'_>) -> Vec<&'r T> {
    let mut all: Vec<&T> = all.iter().collect();
    all.sort_by_key(|one| person(one).id);
    all
}

fn usual(Usual { largest_removal, by_week }: Usual) -> impl Serialize {
    let by_week = by_week.map(|(removed, weeks)| object!(ByWeek { removed, weeks }));
    object!(UsualSizes { largest_removal, by_week })
}

/// What came since a plan that was told: everybody by id, as they stand in the lists above.
fn since(Since { told, step }: &Since<'_>) -> impl Serialize {
    let Difference { plan, leavers, newcomers, .. } = step;
    let ids = |people: Vec<Person<'_>>| {
        let ids: BTreeSet<EmployeeId> = people.into_iter().filter_map(|person| profile(person.id)).collect();
        ids
    };
    let updated = plan.employees().iter().filter(|change| matches!(change, Change::Update { .. }));
    object!(CameSince {
        plan: told.named.as_str(),
        stay: &told.stay,
        add: ids(newcomers.iter().map(|newcomer| newcomer.person).collect()),
        update: updated.filter_map(|change| profile(change.subject().id)).collect::<Vec<_>>(),
        remove: ids(leavers.people.iter().map(|leaver| leaver.person).collect()),
        groups: groups(plan),
        columns: columns(step),
    })
}

fn groups(plan: &Plan<'_>) -> impl Serialize {
    let (mut add, mut rename, mut remove) = (Vec::new(), Vec::new(), Vec::new());
    let group = |attribute: String, name: &str| object!(One { attribute, name: name.to_owned() });
    for change in plan.groups() {
        let attribute = change.attribute.to_string();
        match &change.name {
            Change::Create(name) => add.push(group(attribute, name)),
            Change::Update { before, after } => {
                rename.push(object!(Rename { attribute, from: before.to_string(), to: after.to_string() }));
            }
            Change::Delete(name) => remove.push(group(attribute, name)),
        }
    }
    object!(Groups { add, rename, remove })
}

fn columns(step: &Difference<'_>) -> impl Serialize {
    let (mut add, mut change, mut remove) = (Vec::new(), Vec::new(), Vec::new());
    let column = |column: &Column| object!(One { header: column.header.clone(), source: column.source.to_string() });
    for changed in step.plan.columns() {
        match changed {
            Change::Create(after) => add.push(column(after)),
            Change::Update { before, after } => change.push(object!(Refilled {
                header: &after.header,
                from: before.source.to_string(),
                to: after.source.to_string(),
            })),
            Change::Delete(before) => remove.push(column(before)),
        }
    }
    object!(Columns {
        add,
        change,
        remove,
        // Whether the remaining columns change their order.
        reordered: step.is_reordered,
        // `lf` or `crlf`, where the line ends change.
        line_end: step.line_ends.map(|(_, after)| after.as_str()),
    })
}

fn employed(employee: &Employee, snapshot: &Snapshot) -> impl Serialize {
    let Employee { id, import_id, email, first_name, last_name, language, supervisor, groups } = employee;
    let attributes = groups.iter().map(|key| key.attribute.as_str());
    let groups = attributes.filter_map(|key| Some((key, snapshot.value_of(employee, key)?)));
    object!(Person {
        id: profile(*id),
        import_id: import_id.as_str(),
        email: email.to_string(),
        first_name: first_name.to_string(),
        last_name: last_name.to_string(),
        language: language.map(|language| language.as_str()),
        supervisor: supervisor.and_then(profile),
        groups: groups.collect::<BTreeMap<_, _>>(),
    })
}
