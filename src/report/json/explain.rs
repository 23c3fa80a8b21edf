//! An explanation as JSON.

use serde::Serialize;

use super::Document;
use crate::history::RecordedNote;
use crate::report::GuardWord;
use crate::report::explain::Match;
use crate::roster::decide::eligibility::Eligibility;
use crate::roster::decide::explain::{AtPersonio, Explanation, Membership, Outcome, Said, Spoken, Step, StepResult};
use crate::roster::decide::notes::Place;
use crate::roster::model::record::{EmployeeId, Field};
use crate::roster::plan::{FieldChange, Plan};

/// What `sync --dry-run --explain WHO --json` prints.
#[derive(Debug, Serialize)]
pub struct Explained<'a> {
    people: Vec<PersonDocument<'a>>,
    /// Where the part of a name fits several people: they are not explained.
    matches: &'a [Match],
}

#[derive(Debug, Serialize)]
struct PersonDocument<'a> {
    id: i64,
    /// `listed`, `unlisted`, `gone` or `no_profile`
    heard: &'static str,
    /// `in`, `out`, `undecided` or `unknown`
    outcome: &'static str,
    why: Option<String>,
    attributes: Vec<AttributeDocument>,
    rules: Vec<RuleDocument>,
    groups: Vec<GroupDocument>,
    supervisor: SupervisorDocument,
    notes: Vec<RecordedNote>,
    next: NextDocument<'a>,
}

#[derive(Debug, Serialize)]
struct AttributeDocument {
    attribute: String,
    #[serde(flatten)]
    said: SpokenDocument,
}

#[derive(Debug, Serialize)]
struct SpokenDocument {
    /// `read`, `withheld`, `blank` or `unreadable`
    state: &'static str,
    values: Vec<String>,
}

#[derive(Debug, Serialize)]
struct RuleDocument {
    rule: &'static str,
    text: String,
    /// `not_asked`, `silent`, `in`, `out` or `undecided`
    result: &'static str,
    detail: Option<String>,
}

#[derive(Debug, Serialize)]
struct GroupDocument {
    attribute: String,
    #[serde(flatten)]
    said: SpokenDocument,
    means: Vec<String>,
    too_long: Vec<usize>,
    given: Option<String>,
}

#[derive(Debug, Serialize)]
struct SupervisorDocument {
    said: Option<i64>,
    given: Option<i64>,
}

#[derive(Debug, Serialize)]
struct NextDocument<'a> {
    /// `add`, `update`, `remove` or `nothing`
    action: &'static str,
    held: bool,
    changes: Vec<FieldChange<'a>>,
}

pub fn explain<'a>(plan: &Plan<'a>, explanations: &[Explanation], guard: GuardWord) -> Document<Explained<'a>> {
    let people = explanations.iter().map(|explanation| person(plan, explanation, guard)).collect();
    Document::of("sync", Explained { people, matches: &[] })
}

pub fn choice(matches: &[Match]) -> Document<Explained<'_>> {
    Document::of("sync", Explained { people: Vec::new(), matches })
}

fn person<'a>(plan: &Plan<'a>, explanation: &Explanation, guard: GuardWord) -> PersonDocument<'a> {
    let Explanation { id, heard, said, steps, groups, supervisor, outcome, notes } = explanation;
    let (outcome, why) = match outcome {
        Outcome::In => ("in", None),
        Outcome::Out(reason) => ("out", Some(reason.to_string())),
        Outcome::Undecided(problem, Place::Kept | Place::LeftOut) => ("undecided", Some(problem.to_string())),
        Outcome::Unknown => ("unknown", None),
    };
    let said_by_personio = match &supervisor.said {
        Field::Withheld | Field::Blank => None,
        Field::Known(id) => Some(id.0),
    };
    PersonDocument {
        id: id.0,
        heard: match heard {
            AtPersonio::Listed(_) => "listed",
            AtPersonio::Unlisted(_) => "unlisted",
            AtPersonio::Gone => "gone",
            AtPersonio::Unclear(_) => "unclear",
            AtPersonio::NoProfile => "no_profile",
        },
        outcome,
        why,
        attributes: said
            .iter()
            .map(|Said { attribute, value }| AttributeDocument {
                attribute: attribute.to_string(),
                said: spoken(value),
            })
            .collect(),
        rules: steps.iter().map(rule).collect(),
        groups: groups.iter().map(group).collect(),
        supervisor: SupervisorDocument { said: said_by_personio, given: supervisor.given.map(|id| id.0) },
        notes: notes.iter().map(RecordedNote::from).collect(),
        next: next(plan, *id, guard),
    }
}

fn spoken(value: &Spoken) -> SpokenDocument {
    let (state, values) = match value {
        Spoken::Withheld => ("withheld", Vec::new()),
        Spoken::Blank => ("blank", Vec::new()),
        Spoken::Unreadable(_) => ("unreadable", Vec::new()),
        Spoken::Read(values) => ("read", values.clone()),
    };
    SpokenDocument { state, values }
}

fn rule(step: &Step) -> RuleDocument {
    let Step { kind, rule, result } = step;
    let (result, detail) = match result {
        StepResult::NotAsked => ("not_asked", None),
        StepResult::Silent => ("silent", None),
        StepResult::Says(Eligibility::In) => ("in", None),
        StepResult::Says(Eligibility::Out(reason)) => ("out", Some(reason.to_string())),
        StepResult::Says(Eligibility::Unclear(problem)) => ("undecided", Some(problem.to_string())),
    };
    RuleDocument { rule: kind, text: rule.clone(), result, detail }
}

fn group(membership: &Membership) -> GroupDocument {
    let Membership { attribute, said, means, too_long, given } = membership;
    GroupDocument {
        attribute: attribute.to_string(),
        said: spoken(said),
        means: means.clone(),
        too_long: too_long.clone(),
        given: given.clone(),
    }
}

fn next<'a>(plan: &Plan<'a>, id: EmployeeId, guard: GuardWord) -> NextDocument<'a> {
    let held = match guard {
        GuardWord::Passes => false,
        GuardWord::Holds => true,
    };
    match plan.employees().iter().find(|change| change.subject().id == id) {
        Some(change) => {
            let action = change.pick("add", "update", "remove");
            NextDocument { action, held, changes: plan.field_changes(change) }
        }
        None => NextDocument { action: "nothing", held, changes: Vec::new() },
    }
}
