//! Why one person is in or out, for somebody who asked.

use super::model::Alteration;
use super::plan::alteration;
use super::{GuardWord, PlanView, counted, line, listed, section};
use crate::roster::decide::eligibility::Eligibility;
use crate::roster::decide::explain::{
    AtPersonio, Explanation, Membership, Outcome, Said, Spoken, Step, StepResult, Supervisor,
};
use crate::roster::decide::notes::Place;
use crate::roster::model::record::{EmployeeId, Field};
use crate::roster::plan::sizes::{Members, or_empty};
use crate::roster::voice::Told;
use crate::terminal::Extent;

const NOBODY: &str = "Nobody in Personio's listing or in the mirror has this name or address, and no group is called so. Personio knows more when \
     asked by id.\n";

/// Everybody of the groups that somebody asked for.
pub fn members(view: &PlanView<'_>, groups: &[Members<'_>]) -> String {
    let mut text = String::new();
    for Members { header, value, people } in groups {
        let number = counted(people.len(), "person", "people");
        line(&mut text, 0, &format!("{header}: {}, {number} with this plan", or_empty(value)));
        people.iter().for_each(|id| line(&mut text, 2, &listed(view.called(*id))));
    }
    if text.is_empty() { NOBODY.to_owned() } else { text }
}

/// All there is to say about the people somebody asked for.
pub fn text(view: &PlanView<'_>, explanations: &[Explanation], guard: GuardWord) -> String {
    if explanations.is_empty() {
        return NOBODY.to_owned();
    }
    let one = |explanation: &Explanation| person(view, explanation, guard);
    explanations.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Of those with the name, on a terminal.
const MATCHES_SHOWN: usize = 18;

/// Everybody with the name that somebody asked for, to choose from.
pub fn choice(view: &PlanView<'_>, matches: &[Match]) -> String {
    let mut text =
        format!("{} have this name; explain one of them by id:\n", counted(matches.len(), "person", "people"));
    let shown = match view.style.extent {
        Extent::Screens => MATCHES_SHOWN,
        Extent::Everything => matches.len(),
    };
    for Match { id, name } in matches.iter().take(shown) {
        let person = view.called(*id);
        let shown = if person.name().is_empty() { format!("{id} {name}") } else { listed(person) };
        line(&mut text, 2, &shown);
    }
    if let Some(more @ 1..) = matches.len().checked_sub(shown) {
        line(&mut text, 2, &format!("... and {more} more; a longer part of the name means fewer"));
    }
    if let Some(one) = matches.iter().find(|one| one.id.has_profile()) {
        line(&mut text, 0, &format!("{} --dry-run --explain {}", view.sync, one.id));
    }
    text
}

/// Somebody with the name that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    pub id: EmployeeId,
    pub name: String,
}

fn person(view: &PlanView<'_>, explanation: &Explanation, guard: GuardWord) -> String {
    let Explanation { id, heard, said, steps, groups, supervisor, outcome, notes } = explanation;
    let mut text = String::new();
    line(&mut text, 0, &format!("{} on {}: {}.", addressed(view, *id), view.today, verdict(outcome, heard)));
    let mut personio = vec![whereabouts(heard)];
    personio.extend(said.iter().map(|Said { attribute, value }| format!("{attribute}: {}", spoken(value))));
    section(&mut text, "What Personio says", &personio);
    let steps: Vec<String> =
        steps.iter().map(|Step { kind: _, rule, result }| format!("{rule}: {}", step(result))).collect();
    section(&mut text, "The rules, in their order", &steps);
    if let Outcome::Undecided(problem, _) = outcome {
        section(&mut text, "What stands in the way", &[problem.told(view.voice())]);
    }
    let groups: Vec<String> = groups.iter().map(|membership| group(view, membership, outcome)).collect();
    section(&mut text, "Groups", &groups);
    match heard {
        AtPersonio::Listed(_) | AtPersonio::Unlisted(_) => {
            section(&mut text, "Supervisor", &[chief(view, supervisor, outcome)])
        }
        AtPersonio::Gone | AtPersonio::Unclear(_) | AtPersonio::NoProfile => {}
    }
    let notes: Vec<String> = notes.iter().map(|note| note.told(view.voice())).collect();
    section(&mut text, "Notes", &notes);
    section(&mut text, "What the next run would do", &next(view, *id, guard));
    text
}

fn addressed(view: &PlanView<'_>, id: EmployeeId) -> String {
    match view.mirrored().employee(id).filter(|_| !id.has_profile()) {
        Some(line) => format!("{} {} (import id {})", line.first_name, line.last_name, line.import_id),
        None => format!("Employee {id}"),
    }
}

fn verdict(outcome: &Outcome, heard: &AtPersonio) -> String {
    match outcome {
        Outcome::In => "in".to_owned(),
        Outcome::Out(reason) => format!("out, {}", reason.logged()),
        Outcome::Undecided(_, Place::Kept) => "undecided, stays as they are in Honestly".to_owned(),
        Outcome::Undecided(_, Place::LeftOut) => "undecided, not added".to_owned(),
        Outcome::Unknown => match heard {
            AtPersonio::Listed(_) | AtPersonio::Unlisted(_) => "missing from the listing, not added".to_owned(),
            AtPersonio::Unclear(_) => "not in Honestly, and not known whether at Personio".to_owned(),
            AtPersonio::Gone | AtPersonio::NoProfile => "neither at Personio nor in Honestly".to_owned(),
        },
    }
}

fn whereabouts(heard: &AtPersonio) -> String {
    match heard {
        AtPersonio::Listed(_) => "in the listing".to_owned(),
        AtPersonio::Unlisted(_) => "not in the listing; asked by id: known".to_owned(),
        AtPersonio::Gone => "not in the listing; asked by id: 404".to_owned(),
        AtPersonio::Unclear(reply) => format!("not in the listing; asked by id, Personio {}", reply.logged()),
        AtPersonio::NoProfile => "never had a profile at Personio".to_owned(),
    }
}

fn spoken(value: &Spoken) -> String {
    match value {
        Spoken::Withheld => "withheld, the credential may not read it".to_owned(),
        Spoken::Blank => "blank".to_owned(),
        Spoken::Unreadable(expected) => format!("cannot be read, not {}", expected.logged()),
        // In quotes, so that spaces at the ends are visible.
        Spoken::Read(values) => values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", "),
    }
}

fn step(result: &StepResult) -> String {
    match result {
        StepResult::NotAsked => "not asked".to_owned(),
        StepResult::Silent => "no".to_owned(),
        StepResult::Says(Eligibility::In) => "yes, in".to_owned(),
        StepResult::Says(Eligibility::Out(reason)) => format!("yes, out: {}", reason.logged()),
        StepResult::Says(Eligibility::Unclear(problem)) => format!("yes, undecided: {}", problem.logged()),
    }
}

fn group(view: &PlanView<'_>, membership: &Membership, outcome: &Outcome) -> String {
    let Membership { attribute, said, means, too_long, given } = membership;
    let label = super::group_label(view, attribute);
    let became = match (outcome, given) {
        (Outcome::In | Outcome::Undecided(_, Place::Kept), Some(given)) => given.clone(),
        (Outcome::In | Outcome::Undecided(_, Place::Kept), None) => "none".to_owned(),
        (Outcome::Out(_) | Outcome::Undecided(_, Place::LeftOut) | Outcome::Unknown, _) if means.is_empty() => {
            "none".to_owned()
        }
        (Outcome::Out(_) | Outcome::Undecided(_, Place::LeftOut) | Outcome::Unknown, _) => {
            format!("would be {}", means.join(", "))
        }
    };
    let left_out: String =
        too_long.iter().map(|characters| format!("; left out: {characters} characters are too many")).collect();
    format!("{label}: {} -> {became}{left_out}", spoken(said))
}

fn chief(view: &PlanView<'_>, supervisor: &Supervisor, outcome: &Outcome) -> String {
    let Supervisor { said, away, given } = supervisor;
    let said = match said {
        Field::Withheld => "withheld".to_owned(),
        Field::Blank => "blank".to_owned(),
        Field::Known(id) => view.voice().person(*id),
    };
    let given = match (outcome, given) {
        (_, Some(id)) => view.voice().person(*id),
        (Outcome::In | Outcome::Undecided(_, Place::Kept), None) => "none".to_owned(),
        (Outcome::Out(_) | Outcome::Undecided(_, Place::LeftOut) | Outcome::Unknown, None) => "not in".to_owned(),
    };
    // Whoever is in is sent as a supervisor, unless that closed a circle.
    let is_circle =
        matches!((outcome, &supervisor.said, away, supervisor.given), (Outcome::In, Field::Known(_), None, None));
    let away = away.as_ref().map(|away| match away {
        Outcome::Out(reason) => format!(" ({said} is out, {})", reason.logged()),
        Outcome::Undecided(problem, _) => format!(" ({said} is undecided, {})", problem.logged()),
        Outcome::In => String::new(),
        Outcome::Unknown => format!(" ({said} is not listed)"),
    });
    let why = away.or_else(|| is_circle.then(|| format!(" (the line above {said} leads back to them)")));
    format!("{said} -> {given}{}", why.unwrap_or_default())
}

fn next(view: &PlanView<'_>, id: EmployeeId, guard: GuardWord) -> Vec<String> {
    let mut changes = view.plan().employees().iter();
    let Some(change) = changes.find(|change| change.subject().id == id) else { return vec!["nothing".to_owned()] };
    let does = change.pick("add them", "change them", "remove them");
    let held = match guard {
        GuardWord::Passes => String::new(),
        GuardWord::Holds => format!(", but its whole plan would be held: review it with {} --dry-run", view.sync),
    };
    let fields = view.plan().field_changes(change);
    let fields = fields.into_iter().map(|change| Alteration::of(view.plan(), change));
    let fields = fields.map(|change| format!("    {}", alteration(view, &change)));
    [format!("{does}{held}")].into_iter().chain(fields).collect()
}
