//! An explanation as JSON.

use super::{Document, document, each, fact, note, object};
use crate::exit::Exit;
use crate::report::GuardWord;
use crate::report::explain::Match;
use crate::roster::decide::eligibility::Eligibility;
use crate::roster::decide::explain::{AtPersonio, Explanation, Membership, Outcome, Said, Spoken, Step, StepResult};
use crate::roster::decide::notes::Place;
use crate::roster::model::record::{EmployeeId, Field};
use crate::roster::plan::Plan;
use crate::roster::plan::sizes::Members;

pub fn explain(plan: &Plan<'_>, explanations: &[Explanation], guard: GuardWord, exit: Exit) -> impl Document {
    explained(each(explanations, |explanation| person(plan, explanation, guard)), &[], &[], exit)
}

/// Where the part of a name fits several people, they are not explained.
pub fn choice(matches: &[Match]) -> impl Document {
    explained(Vec::<()>::new(), matches, &[], Exit::InStep)
}

/// Where a group is called so, and nobody is.
pub fn members(groups: &[Members<'_>], exit: Exit) -> impl Document {
    explained(Vec::<()>::new(), &[], groups, exit)
}

/// What `sync --dry-run --explain WHO --json` prints.
fn explained(people: Vec<impl Document>, matches: &[Match], groups: &[Members<'_>], exit: Exit) -> impl Document {
    let matches = each(matches, |Match { id, name }| object!(Fits { id, name }));
    let told = object!(Explanations {
        /// Empty where several people have the part of a name that was asked for.
        people,
        /// Those several people.
        matches,
        /// Where nobody is called so: the groups that are, with the ids of the people in them.
        groups: each(groups, |Members { header, value, people }| object!(GroupMembers { header, value, people })),
    });
    document("sync", exit.code(), told)
}

fn person(plan: &Plan<'_>, explanation: &Explanation, guard: GuardWord) -> impl Document {
    let Explanation { id, heard, said, steps, groups, supervisor, outcome, notes } = explanation;
    let heard = match heard {
        AtPersonio::Listed(_) => "listed",
        AtPersonio::Unlisted(_) => "unlisted",
        AtPersonio::Gone => "gone",
        AtPersonio::Unclear(_) => "unclear",
        AtPersonio::NoProfile => "no_profile",
    };
    let (outcome, out, undecided) = match outcome {
        Outcome::In => ("in", None, None),
        Outcome::Out(why) => ("out", Some(why), None),
        Outcome::Undecided(why, Place::Kept | Place::LeftOut) => ("undecided", None, Some(why)),
        Outcome::Unknown => ("unknown", None, None),
    };
    let chief = match &supervisor.said {
        Field::Withheld | Field::Blank => None,
        Field::Known(id) => Some(id),
    };
    object!(Explanation {
        id,
        /// What Personio told of them: `listed`, `unlisted`, `gone`, `unclear`, or `no_profile` for a line of an adopted file.
        heard,
        /// `in`, `out`, `undecided` or `unknown`.
        outcome,
        /// Why they are out.
        reason: out.map(fact),
        /// Why nothing is decided about them.
        problem: undecided.map(fact),
        /// What Personio says.
        attributes: each(said, attribute),
        /// What decides, in this order.
        rules: each(steps, step),
        groups: each(groups, group),
        supervisor: object!(Chief {
            /// The id at Personio.
            said: chief,
            /// The id of whoever stands in the file.
            given: supervisor.given,
        }),
        notes: each(notes, note),
        next: next(plan, *id, guard),
    })
}

fn attribute(Said { attribute, value }: &Said) -> impl Document {
    let (state, values) = spoken(value);
    object!(Attribute {
        /// Personio's key.
        attribute: attribute.as_str(),
        /// `withheld`, `blank`, `unreadable` or `read`.
        state,
        values,
    })
}

fn group(Membership { attribute, said, means, too_long, given }: &Membership) -> impl Document {
    let (state, values) = spoken(said);
    object!(Group {
        /// Personio's key.
        attribute: attribute.as_str(),
        /// `withheld`, `blank`, `unreadable` or `read`.
        state,
        values,
        /// What the configuration makes of them.
        means,
        too_long,
        /// What stands in the file.
        given,
    })
}

fn spoken(value: &Spoken) -> (&'static str, &[String]) {
    match value {
        Spoken::Withheld => ("withheld", &[]),
        Spoken::Blank => ("blank", &[]),
        Spoken::Unreadable(_) => ("unreadable", &[]),
        Spoken::Read(values) => ("read", values),
    }
}

fn step(Step { kind, rule, result }: &Step) -> impl Document {
    let (result, out, undecided) = match result {
        StepResult::NotAsked => ("not_asked", None, None),
        StepResult::Silent => ("silent", None, None),
        StepResult::Says(Eligibility::In) => ("in", None, None),
        StepResult::Says(Eligibility::Out(why)) => ("out", Some(why), None),
        StepResult::Says(Eligibility::Unclear(why)) => ("undecided", None, Some(why)),
    };
    object!(Step {
        kind,
        /// The same for people.
        text: rule,
        /// `not_asked`, `silent`, `in`, `out` or `undecided`.
        result,
        reason: out.map(fact),
        problem: undecided.map(fact),
    })
}

fn next(plan: &Plan<'_>, id: EmployeeId, guard: GuardWord) -> impl Document {
    let change = plan.employees().iter().find(|change| change.subject().id == id);
    let action = change.map_or("nothing", |change| change.pick("add", "update", "remove"));
    let changes = change.map(|change| plan.field_changes(change)).unwrap_or_default();
    object!(Next {
        /// `nothing`, `add`, `update` or `remove`.
        action,
        /// Whether the guard holds the plan.
        held: guard == GuardWord::Holds,
        changes,
    })
}
