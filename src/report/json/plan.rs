//! A plan as JSON, with everything it does.

use std::collections::BTreeMap;

use super::{Document, each, fact, object};
use crate::history::Usual;
use crate::report::model::{Baseline, Department, Difference, Leaver, Person, Report, Since, Undecided};
use crate::roster::decide::notes::Place;
use crate::roster::decide::reasons::Proof;
use crate::roster::feed::Column;
use crate::roster::guard::PastRemoval;
use crate::roster::model::snapshot::{Employee, Snapshot};
use crate::roster::plan::sizes::{Fall, Sizes};
use crate::roster::plan::{Change, Plan};
use crate::roster::voice::Told;

pub(super) fn plan_document(report: &Report<'_>) -> impl Document {
    let Difference { plan, leavers, newcomers, changed, .. } = &report.plan;
    let updates = plan.employees().iter().filter(|change| matches!(change, Change::Update { .. }));
    let undecided = each(&report.undecided, |Undecided { person, problem, place }| {
        object!(Undecided {
            id: person.id,
            /// Whether they are in the file, as they were.
            kept: *place == Place::Kept,
            problem: fact(*problem),
        })
    });
    let went_before = each(report.went_before, |PastRemoval { employee, name, day, reason: why }| {
        object!(Went { id: employee, name, day, reason: fact(why) })
    });
    object!(Planned {
        /// What `sync --approve` takes.
        digest: report.view.digest.as_str(),
        /// Who was removed within the last seven days and was in no approved plan; the limits count them.
        went_before,
        /// What the plan starts from: `mirror`, `adopted` or `nothing`.
        baseline: match report.baseline {
            Baseline::Mirror | Baseline::Delivered | Baseline::OnItsWay => "mirror",
            Baseline::Adopted => "adopted",
            Baseline::Unknown => "nothing",
        },
        add: each(by_id(newcomers, |one| one.person), |(one, _)| employed(one, &plan.after().people)),
        update: each(updates, |change| {
            object!(Update { id: change.subject().id, changes: plan.field_changes(change) })
        }),
        /// Whose supervisor is removed, and so their cell for it becomes empty: ids of some of the updates.
        lose_supervisor: each(&changed.consequences, |person| person.id),
        remove: removals(&report.plan),
        /// How many are removed for each kind of reason; one of the reasons stands for all.
        reasons: each(&leavers.reasons, |(why, people)| object!(ReasonSum { reason: fact(*why), people })),
        /// How many people each department has; null for people without one.
        departments: each(report.head_counts(), |one| department(report, one)),
        /// What `[review] smallest_group` says of the groups with the plan: each column of groups, in the order of the file.
        group_sizes: each(report.sizes(), named_sizes),
        /// Which values had enough people and have fewer, though somebody.
        groups_that_become_small: each(report.falls(), fall),
        usual: usual(report.view.usual),
        /// Who is removed from the mirror, where the plan starts from nothing and so removes nobody.
        leave_the_mirror: report.from_mirror.as_ref().map(removals).unwrap_or_default(),
        groups: groups(plan),
        columns: columns(&report.plan),
        /// Who has not started.
        not_yet: each(&report.waiting, |(person, first_day)| object!(NotYet { id: person.id, first_day })),
        undecided,
        /// How many people at Personio left and are not in the plan.
        left: report.elsewhere.left,
        /// How many people at Personio are on leave and not in the plan.
        on_leave: report.elsewhere.on_leave,
        /// How many people the filters leave out.
        out_of_scope: report.elsewhere.out_of_scope,
        /// What came since the plan that was named, where one was.
        since: report.since.as_ref().map(since),
    })
}

fn named_sizes(one: Sizes<'_>) -> impl Document {
    object!(NamedSizes {
        #[serde(flatten)]
        sizes: sizes(&one),
        /// Values with fewer people, the smallest first; `""` is a blank cell.
        small: each(one.small(), |(value, people)| object!(SmallGroup { value, people })),
    })
}

fn fall(Fall { header, attribute, value, before, after }: Fall<'_>) -> impl Document {
    object!(FallingGroup { header, attribute: attribute.as_str(), value, before, after })
}

/// Of one column, without the names of its values.
pub(super) fn sizes<'f>(one: &Sizes<'f>) -> impl Document + use<'f> {
    let Sizes { header, attribute, ref values, people, smallest } = *one;
    let small = one.small();
    object!(GroupSizes {
        header,
        attribute: attribute.as_str(),
        /// How many values it has. A blank cell is one.
        values: values.len(),
        /// In the file. Where the values of a person are split, they count in each.
        people,
        smallest_group: smallest,
        small_values: small.len(),
        people_in_small_values: small.iter().map(|(_, size)| size).sum::<usize>(),
        /// Whether most values have one person.
        tells_who: one.tells_who(),
        text: one.logged(),
    })
}

fn removals(step: &Difference<'_>) -> Vec<impl Document> {
    each(by_id(&step.leavers.people, |leaver| leaver.person), |(one, Leaver { reason: why, proof, .. })| {
        object!(Remove {
            #[serde(flatten)]
            person: employed(one, &step.plan.before().people),
            reason: why.map(fact),
            /// Whether Personio does not state it clearly.
            please_check: *proof == Proof::Weak,
        })
    })
}

/// Machines read people in the order of their ids.
fn by_id<'r, 'a, T>(all: &'r [T], person: impl Fn(&T) -> Person<'a>) -> Vec<(&'a Employee, &'r T)> {
    let mut all: Vec<_> = all.iter().filter_map(|one| Some((person(one).employee?, one))).collect();
    all.sort_by_key(|(employee, _)| employee.id);
    all
}

fn department(report: &Report<'_>, Department { at, before, after, removed }: &Department) -> impl Document {
    object!(Heads {
        department: report.department(*at).map(str::to_owned),
        /// Null where nobody knows what the destination has.
        before: *before,
        after: *after,
        removed: *removed,
    })
}

/// By what the last 365 days of the run log say.
fn usual(Usual { largest_removal, by_week }: Usual) -> impl Document {
    object!(UsualSizes {
        /// By one run.
        largest_removal,
        /// By all of them; null before there are four weeks.
        by_week: by_week.map(|(removed, weeks)| object!(ByWeek { removed, weeks })),
    })
}

/// What came since a plan that was told: everybody by id, as they stand in the lists above.
fn since(Since { told, step }: &Since<'_>) -> impl Document {
    let (mut add, mut update, mut remove) = (Vec::new(), Vec::new(), Vec::new());
    for change in step.plan.employees() {
        change.pick(&mut add, &mut update, &mut remove).push(change.subject().id);
    }
    object!(Since {
        /// The digest that was named.
        plan: told.named.as_str(),
        /// How many people stay whom it would have removed.
        stay: &told.stay,
        /// Ids.
        add,
        /// Ids.
        update,
        /// Ids.
        remove,
        groups: groups(step.plan),
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

fn columns(step: &Difference<'_>) -> impl Document {
    let (mut add, mut change, mut remove) = (Vec::new(), Vec::new(), Vec::new());
    let column =
        |column: &Column| object!(HeaderAndSource { header: column.header.clone(), source: column.source.logged() });
    for changed in step.plan.columns() {
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
    object!(Columns {
        add,
        change,
        remove,
        /// Whether the remaining columns change their order.
        reordered: step.is_reordered,
        /// `lf` or `crlf`, where the line ends change.
        line_end: step.line_ends.map(|(_, after)| after.as_str()),
    })
}

fn employed(employee: &Employee, snapshot: &Snapshot) -> impl Document {
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
