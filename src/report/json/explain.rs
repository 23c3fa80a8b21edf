//! An explanation as JSON.

use std::borrow::Cow;

use serde::Serialize;

use super::{ChangeDocument, NoteDocument, SCHEMA_VERSION, note};
use crate::report::GuardWord;
use crate::report::explain::Match;
use crate::roster::decide::eligibility::Eligibility;
use crate::roster::decide::explain::{AtPersonio, Explanation, Membership, Outcome, Said, Spoken, Step, StepResult};
use crate::roster::decide::notes::Place;
use crate::roster::model::record::{EmployeeId, Field};
use crate::roster::plan::{Change, Plan};

/// What `sync --dry-run --explain WHO --json` prints.
#[derive(Debug, Serialize)]
pub struct ExplainDocument {
    schema_version: u32,
    command: &'static str,
    exit_code: u8,
    people: Vec<PersonDocument>,
    /// Where a part of a name was asked for that several people have: they are not explained.
    matches: Vec<MatchDocument>,
}

#[derive(Debug, Serialize)]
struct MatchDocument {
    id: i64,
    name: String,
}

#[derive(Debug, Serialize)]
struct PersonDocument {
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
    notes: Vec<NoteDocument>,
    next: NextDocument,
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
struct NextDocument {
    /// `add`, `update`, `remove` or `nothing`
    action: &'static str,
    held: bool,
    changes: Vec<ChangeDocument>,
}

pub fn explain(plan: &Plan<'_>, explanations: &[Explanation], guard: GuardWord) -> ExplainDocument {
    let people = explanations.iter().map(|explanation| person(plan, explanation, guard)).collect();
    ExplainDocument { schema_version: SCHEMA_VERSION, command: "sync", exit_code: 0, people, matches: Vec::new() }
}

pub fn choice(matches: &[Match]) -> ExplainDocument {
    let matches = matches.iter().map(|Match { id, name }| MatchDocument { id: id.0, name: name.clone() }).collect();
    ExplainDocument { schema_version: SCHEMA_VERSION, command: "sync", exit_code: 0, people: Vec::new(), matches }
}

fn person(plan: &Plan<'_>, explanation: &Explanation, guard: GuardWord) -> PersonDocument {
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
        notes: notes.iter().map(note).collect(),
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

fn next(plan: &Plan<'_>, id: EmployeeId, guard: GuardWord) -> NextDocument {
    let held = match guard {
        GuardWord::Passes => false,
        GuardWord::Holds => true,
    };
    let Some((action, change)) = plan.employees().iter().find_map(|change| match change {
        Change::Create(employee) => (employee.id == id).then_some(("add", change)),
        Change::Update { before: _, after } => (after.id == id).then_some(("update", change)),
        Change::Delete(employee) => (employee.id == id).then_some(("remove", change)),
    }) else {
        return NextDocument { action: "nothing", held, changes: Vec::new() };
    };
    let changes = plan.field_changes(change).into_iter();
    let changes = changes
        .map(|c| ChangeDocument {
            field: c.field.to_string(),
            from: c.from.map(Cow::into_owned),
            to: c.to.map(Cow::into_owned),
        })
        .collect();
    NextDocument { action, held, changes }
}
