//! The first screen: what became of the plan and why, how much it changes, and what the reader should do next.

use super::names::PageNames;
use super::words::{CHANGE, COLUMN, COME, GO, GROUP, Word, for_number};
use super::{Circumstances, Day, PlanState};
use crate::report::elsewhere;
use crate::roster::feed::Feed;
use crate::roster::guard::{self, Advice, Cause, Refusal};
use crate::roster::plan::Counts;
use crate::roster::voice::Told as _;
use crate::tongue::{Tongue, say};
use crate::visible::isolated;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Summary {
    /// The style's name for what became of the plan.
    pub class: &'static str,
    pub badge: Word,
    pub title: Word,
    /// The main reason, in one sentence with its numbers.
    pub lead: String,
    /// Further reasons.
    pub reasons: Vec<String>,
    pub counts: Counts,
    pub next: Vec<NextStep>,
    /// What the plan is compared with, and what stands at the destination.
    pub background: Vec<String>,
    /// How many people Personio has besides.
    pub elsewhere: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NextStep {
    pub text: String,
    /// Text to copy, or what the program said.
    pub shown: Option<Shown>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    Command(String),
    /// In the program's own language, which is English.
    Message(String),
}

pub(super) fn summary(names: &PageNames<'_>, circumstances: &Circumstances<'_>) -> Summary {
    let is_empty = names.view.proposal.plan.is_empty();
    let counts = names.plan.counts();
    let in_all = if is_empty { names.word(Word::NobodyChanges) } else { changes(names.tongue, &counts) };
    // The weightiest reason comes first.
    let (class, badge, title, reasons) = match circumstances.state {
        PlanState::Held(refusal) => ("held", Word::BadgeHeld, Word::TitleHeld, held(names, refusal)),
        PlanState::WouldPass if is_empty => {
            ("preview", Word::BadgePreview, Word::TitleNothingWouldChange, vec![in_all])
        }
        PlanState::WouldPass => {
            let lead = say!(
                names.tongue,
                "{in_all}; nothing of it needs an approval",
                "{in_all}; nichts davon braucht eine Freigabe"
            );
            ("preview", Word::BadgePreview, Word::TitleWouldChange, vec![lead])
        }
        PlanState::Done if is_empty => ("done", Word::BadgeDone, Word::TitleNothingChanged, vec![in_all]),
        PlanState::Done => ("done", Word::BadgeDone, Word::TitleChanged, vec![in_all]),
        PlanState::Failed(_) => ("failed", Word::BadgeFailed, Word::TitleFailed, vec![names.word(Word::WhatFailed)]),
    };
    let mut sentences = reasons.iter().map(|reason| sentence(reason));
    Summary {
        class,
        badge,
        title,
        lead: sentences.next().unwrap_or_default(),
        reasons: sentences.collect(),
        counts,
        next: next(names, circumstances),
        background: background(names),
        elsewhere: others(names),
    }
}

fn held(names: &PageNames<'_>, refusal: &Refusal) -> Vec<String> {
    let mut reasons: Vec<String> = refusal.unanswered().iter().map(|rule| rule.told(names.voice())).collect();
    match &refusal.cause {
        Cause::Unapproved => {}
        Cause::Since { named, rules: _ } => reasons.push(say!(
            names.tongue,
            "the plan {named} was approved, and this is about what came since",
            "der Plan {named} wurde freigegeben, und hier geht es um das, was seitdem dazukam"
        )),
        Cause::Void { named, why } if refusal.rules.is_empty() => reasons.push(say!(
            names.tongue,
            "the plan {named} was approved and cannot be carried out ({why}); the plan there is now needs no approval",
            "freigegeben wurde der Plan {named}, der nicht ausgeführt werden kann ({why}); der jetzige braucht keine Freigabe",
            why = why.told(names.voice())
        )),
        Cause::Void { named, why } => reasons.push(say!(
            names.tongue,
            "the plan {named} was approved and cannot be carried out ({why})",
            "freigegeben wurde der Plan {named}, der nicht ausgeführt werden kann ({why})",
            why = why.told(names.voice())
        )),
    }
    reasons
}

fn next(names: &PageNames<'_>, circumstances: &Circumstances<'_>) -> Vec<NextStep> {
    let step = |text: Word| NextStep { text: names.word(text), shown: None };
    let showing = |text: Word, shown| NextStep { text: names.word(text), shown: Some(shown) };
    let undecided = names.view.decision().undecided().next().map(|_| step(Word::CorrectUndecided));
    let steps = match (circumstances.state, circumstances.day) {
        (PlanState::Held(_) | PlanState::WouldPass, Day::Pretended) => vec![step(Word::PretendedDay)],
        (PlanState::Held(refusal), Day::Today) if !refusal.rules.is_empty() => {
            let command = Shown::Command(circumstances.command.to_owned());
            let then = match refusal.offers_approval() {
                true => vec![showing(Word::WhenRight, command), step(Word::WhenWrong)],
                false => vec![step(Word::ThenByItself)],
            };
            advice(names, refusal).into_iter().chain(then).collect()
        }
        (PlanState::Held(_) | PlanState::WouldPass, Day::Today) if !names.view.proposal.plan.is_empty() => {
            vec![step(Word::NextRunApplies)]
        }
        (PlanState::Held(_) | PlanState::WouldPass, Day::Today) | (PlanState::Done, _) if undecided.is_some() => {
            Vec::new()
        }
        (PlanState::Held(_) | PlanState::WouldPass, Day::Today) | (PlanState::Done, _) => vec![step(Word::NothingToDo)],
        (PlanState::Failed(message), _) => vec![showing(Word::RunAgain, Shown::Message(message.to_owned()))],
    };
    steps.into_iter().chain(undecided).collect()
}

/// What the rule that leads usually means, and what HR does about it.
fn advice(names: &PageNames<'_>, refusal: &Refusal) -> Option<NextStep> {
    let Advice { usually, does } = guard::advice(refusal.unanswered(), names.voice())?;
    Some(NextStep { text: format!("{usually} {}", does.join(" ")), shown: None })
}

/// `3 people go and 2 people come`
fn changes(tongue: Tongue, counts: &Counts) -> String {
    let people = counts.people;
    let things = |number, noun| format!("{} {}", tongue.number(number), for_number(number, noun).text(tongue));
    let (groups, columns) = (counts.groups.sum(), counts.columns.sum() + counts.layout);
    let parts = [
        (people.removed, tongue.people(people.removed), GO),
        (people.added, tongue.people(people.added), COME),
        (people.changed, tongue.people(people.changed), CHANGE),
        (groups, things(groups, GROUP), CHANGE),
        (columns, things(columns, COLUMN), CHANGE),
    ];
    let parts = parts.into_iter().filter(|(number, _, _)| *number > 0);
    let part = |(number, things, verb)| format!("{things} {}", for_number(number, verb).text(tongue));
    tongue.listed(&parts.map(part).collect::<Vec<_>>())
}

fn background(names: &PageNames<'_>) -> Vec<String> {
    let tongue = names.tongue;
    let plan = &names.view.proposal.plan;
    let people = |feed: &Feed| tongue.people(feed.people.employees().len());
    let (before, after) = (people(plan.before()), people(plan.after()));
    let Some(destination) = names.view.evidence.destination else {
        return vec![say!(
            tongue,
            "On record there are {before}, and with this plan {after}. Nothing is delivered to Honestly.",
            "Verzeichnet sind {before}, mit diesem Plan {after}. An Honestly wird nichts übergeben."
        )];
    };
    let what_it_has = if names.view.evidence.mirror.given_to(Some(&destination.url)).is_some() {
        say!(
            tongue,
            "Honestly has {before}, and with this plan {after}.",
            "In Honestly sind {before}, mit diesem Plan {after}."
        )
    } else {
        let lists = if std::ptr::eq(names.plan, plan) { String::new() } else { names.word(Word::ListsCompare) };
        say!(
            tongue,
            "Nothing is known of what Honestly has; it would get a file with {after}.{lists}",
            "Es ist nicht bekannt, was Honestly hat; es bekäme eine Datei mit {after}.{lists}"
        )
    };
    let what_stands_there = destination.compared.as_ref().filter(|_| !destination.other_files().is_empty());
    let what_stands_there = what_stands_there.map(|compared| {
        say!(
            tongue,
            "What somebody else left at {url}: {has}.",
            "Was jemand anderes unter {url} abgelegt hat: {has}.",
            url = isolated(&destination.url),
            has = compared.comparison.told(names.voice())
        )
    });
    [what_it_has].into_iter().chain(what_stands_there).collect()
}

/// The people at Personio whom the plan does not name.
fn others(names: &PageNames<'_>) -> Vec<String> {
    let tongue = names.tongue;
    let [left, on_leave, out_of_scope] =
        elsewhere(names.view).map(|number| (number > 0).then(|| tongue.people(number)));
    let left = left.map(|people| {
        say!(
            tongue,
            "{people} who left are still at Personio.",
            "In Personio stehen noch {people}, die ausgetreten sind."
        )
    });
    let on_leave = on_leave.map(|people| {
        say!(tongue, "{people} on leave do not take part.", "{people} in Abwesenheit nehmen nicht teil.")
    });
    let out_of_scope = out_of_scope.map(|people| {
        say!(
            tongue,
            "{people} do not take part by the filters of the configuration.",
            "{people} nehmen wegen der Filter der Konfiguration nicht teil."
        )
    });
    [left, on_leave, out_of_scope].into_iter().flatten().collect()
}

/// Adds a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first: String = characters.next().iter().flat_map(|first| first.to_uppercase()).collect();
    let stop = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{stop}", characters.as_str())
}
