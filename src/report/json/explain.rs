//! An explanation as JSON.

use serde::Serialize;

use super::{document, each, object, profile};
use crate::report::GuardWord;
use crate::report::explain::Match;
use crate::roster::decide::eligibility::Eligibility;
use crate::roster::decide::explain::{AtPersonio, Explanation, Membership, Outcome, Said, Spoken, Step, StepResult};
use crate::roster::decide::notes::Place;
use crate::roster::model::record::{EmployeeId, Field};
use crate::roster::plan::Plan;
use crate::roster::voice::Told;

pub fn explain(plan: &Plan<'_>, explanations: &[Explanation], guard: GuardWord) -> impl Serialize {
    explained(each(explanations, |explanation| person(plan, explanation, guard)), &[])
}

/// Where the part of a name fits several people, they are not explained.
pub fn choice(matches: &[Match]) -> impl Serialize {
    explained(Vec::<()>::new(), matches)
}

/// What `sync --dry-run --explain WHO --json` prints.
fn explained(people: Vec<impl Serialize>, matches: &[Match]) -> impl Serialize {
    let matches = each(matches, |Match { id, name }| object!(Fits { id: profile(*id), name }));
    document("sync", object!(Explained { people, matches }))
}

fn person(plan: &Plan<'_>, explanation: &Explanation, guard: GuardWord) -> impl Serialize {
    let Explanation { id, heard, said, steps, groups, supervisor, outcome, notes } = explanation;
    let heard = match heard {
        AtPersonio::Listed(_) => "listed",
        AtPersonio::Unlisted(_) => "unlisted",
        AtPersonio::Gone => "gone",
        AtPersonio::Unclear(_) => "unclear",
        AtPersonio::NoProfile => "no_profile",
    };
    let (outcome, why) = match outcome {
        Outcome::In => ("in", None),
        Outcome::Out(reason) => ("out", Some(reason.logged())),
        Outcome::Undecided(problem, Place::Kept | Place::LeftOut) => ("undecided", Some(problem.logged())),
        Outcome::Unknown => ("unknown", None),
    };
    let chief = match &supervisor.said {
        Field::Withheld | Field::Blank => None,
        Field::Known(id) => Some(id),
    };
    object!(Person {
        id: profile(*id),
        heard,
        outcome,
        why,
        attributes: each(said, attribute),
        rules: each(steps, rule),
        groups: each(groups, group),
        supervisor: object!(Chief { said: chief, given: supervisor.given.and_then(profile) }),
        notes: each(notes, super::note),
        next: next(plan, *id, guard),
    })
}

fn attribute(Said { attribute, value }: &Said) -> impl Serialize {
    let (state, values) = spoken(value);
    object!(Attribute { attribute: attribute.as_str(), state, values })
}

fn group(Membership { attribute, said, means, too_long, given }: &Membership) -> impl Serialize {
    let (state, values) = spoken(said);
    object!(Group { attribute: attribute.as_str(), state, values, means, too_long, given })
}

fn spoken(value: &Spoken) -> (&'static str, &[String]) {
    match value {
        Spoken::Withheld => ("withheld", &[]),
        Spoken::Blank => ("blank", &[]),
        Spoken::Unreadable(_) => ("unreadable", &[]),
        Spoken::Read(values) => ("read", values),
    }
}

fn rule(Step { kind, rule, result }: &Step) -> impl Serialize {
    let (result, detail) = match result {
        StepResult::NotAsked => ("not_asked", None),
        StepResult::Silent => ("silent", None),
        StepResult::Says(Eligibility::In) => ("in", None),
        StepResult::Says(Eligibility::Out(reason)) => ("out", Some(reason.logged())),
        StepResult::Says(Eligibility::Unclear(problem)) => ("undecided", Some(problem.logged())),
    };
    object!(Rule { rule: kind, text: rule, result, detail })
}

fn next(plan: &Plan<'_>, id: EmployeeId, guard: GuardWord) -> impl Serialize {
    let change = plan.employees().iter().find(|change| change.subject().id == id);
    let action = change.map_or("nothing", |change| change.pick("add", "update", "remove"));
    let changes = change.map(|change| plan.field_changes(change)).unwrap_or_default();
    object!(Next { action, held: guard == GuardWord::Holds, changes })
}
