//! The first screen: what became of the plan and why, how much it changes, and what the reader should do next.

use super::data::isolated;
use super::names::Names;
use super::rules;
use super::words::{Language, Word, say};
use super::{Circumstances, Day, Outcome};
use crate::roster::decide::reasons::Reason;
use crate::roster::feed::Feed;
use crate::roster::guard::{Cause, Refusal, Rule, Stands};
use crate::roster::plan::mirror::Given;
use crate::roster::plan::{Counts, PlanDigest, Tally};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Summary {
    pub badge: Badge,
    pub title: String,
    /// Why it is so, in one sentence with its numbers.
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Badge {
    Held,
    Preview,
    Done,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NextStep {
    pub text: String,
    /// To be copied, or what the program said.
    pub shown: Option<Shown>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    Command(String),
    /// In the program's own language, which is English.
    Message(String),
}

pub(super) fn summary(language: Language, names: &Names<'_>, circumstances: &Circumstances<'_>) -> Summary {
    let Verdict { badge, title, mut reasons } = verdict(language, names, circumstances);
    let lead = if reasons.is_empty() { String::new() } else { reasons.remove(0) };
    Summary {
        badge,
        title,
        lead: sentence(&lead),
        reasons: reasons.iter().map(|reason| sentence(reason)).collect(),
        counts: names.plan.counts(),
        next: next(language, names, circumstances),
        background: background(language, names),
        elsewhere: elsewhere(language, names),
    }
}

/// What became of the plan, with the reasons, the weightiest first.
struct Verdict {
    badge: Badge,
    title: String,
    reasons: Vec<String>,
}

fn verdict(language: Language, names: &Names<'_>, circumstances: &Circumstances<'_>) -> Verdict {
    let plan = &names.view.proposal.plan;
    let word = |word: Word| word.in_language(language).to_owned();
    let in_all = if plan.is_empty() { word(Word::NobodyChanges) } else { changes(language, &names.plan.counts()) };
    match circumstances.outcome {
        Outcome::Held(refusal) => {
            Verdict { badge: Badge::Held, title: word(Word::TitleHeld), reasons: held(language, names, refusal) }
        }
        Outcome::WouldPass if plan.is_empty() => {
            Verdict { badge: Badge::Preview, title: word(Word::TitleNothingWouldChange), reasons: vec![in_all] }
        }
        Outcome::WouldPass => {
            let lead = say!(
                language,
                "{in_all}; nothing of it needs an approval",
                "{in_all}; nichts davon braucht eine Freigabe"
            );
            Verdict { badge: Badge::Preview, title: word(Word::TitleWouldChange), reasons: vec![lead] }
        }
        Outcome::Done => {
            let title = if plan.is_empty() { Word::TitleNothingChanged } else { Word::TitleChanged };
            Verdict { badge: Badge::Done, title: word(title), reasons: vec![in_all] }
        }
        Outcome::Failed(_) => {
            Verdict { badge: Badge::Failed, title: word(Word::TitleFailed), reasons: vec![word(Word::WhatFailed)] }
        }
    }
}

fn held(language: Language, names: &Names<'_>, refusal: &Refusal) -> Vec<String> {
    let told = |rules: &[Rule]| rules.iter().map(|rule| rules::rule(language, names, rule)).collect();
    match &refusal.cause {
        Cause::Rules(rules) => told(rules),
        Cause::AnotherPlan { named, rules } => {
            let mut reasons: Vec<String> = told(rules);
            reasons.push(another_plan(language, named));
            reasons
        }
        Cause::NothingHeld { named } => vec![say!(
            language,
            "the plan {named} was approved, and it is not the plan there is now, which needs no approval",
            "freigegeben wurde der Plan {named}, und der ist nicht der jetzige, der keine Freigabe braucht"
        )],
    }
}

fn another_plan(language: Language, named: &PlanDigest) -> String {
    say!(
        language,
        "the plan {named} was approved, and the plan there is now is another one",
        "freigegeben wurde der Plan {named}, und der jetzige ist ein anderer"
    )
}

fn next(language: Language, names: &Names<'_>, circumstances: &Circumstances<'_>) -> Vec<NextStep> {
    let step = |word: Word| NextStep { text: word.in_language(language).to_owned(), shown: None };
    let showing = |word: Word, shown| NextStep { shown: Some(shown), ..step(word) };
    let is_undecided = names.view.decision().undecided().next().is_some();
    let mut steps = match (circumstances.outcome, circumstances.day) {
        (Outcome::Held(_) | Outcome::WouldPass, Day::Pretended) => vec![step(Word::PretendedDay)],
        (Outcome::Held(Refusal { cause: Cause::Rules(_) | Cause::AnotherPlan { .. }, .. }), Day::Today) => {
            let command = Shown::Command(circumstances.command.to_owned());
            vec![step(Word::RulesFirst), showing(Word::WhenRight, command), step(Word::WhenWrong)]
        }
        (Outcome::Held(Refusal { cause: Cause::NothingHeld { .. }, .. }) | Outcome::WouldPass, Day::Today)
            if !names.view.proposal.plan.is_empty() =>
        {
            vec![step(Word::NextRunApplies)]
        }
        (Outcome::Held(Refusal { cause: Cause::NothingHeld { .. }, .. }) | Outcome::WouldPass, Day::Today)
        | (Outcome::Done, _) => vec![step(if is_undecided { Word::CorrectUndecided } else { Word::NothingToDo })],
        (Outcome::Failed(message), _) => vec![showing(Word::RunAgain, Shown::Message(message.to_owned()))],
    };
    let is_said = steps.iter().any(|step| step.text == Word::CorrectUndecided.in_language(language));
    if is_undecided && !is_said {
        steps.push(step(Word::CorrectUndecided));
    }
    steps
}

/// `3 people come and 2 people go`
fn changes(language: Language, counts: &Counts) -> String {
    let Tally { added, changed, removed } = counts.people;
    let (groups, columns) = (counts.groups.sum(), counts.columns.sum() + counts.layout);
    let (go, come, change) = (language.people(removed), language.people(added), language.people(changed));
    let mut parts = Vec::new();
    match removed {
        0 => {}
        1 => parts.push(say!(language, "{go} goes", "{go} geht")),
        _ => parts.push(say!(language, "{go} go", "{go} gehen")),
    }
    match added {
        0 => {}
        1 => parts.push(say!(language, "{come} comes", "{come} kommt dazu")),
        _ => parts.push(say!(language, "{come} come", "{come} kommen dazu")),
    }
    match changed {
        0 => {}
        1 => parts.push(say!(language, "{change} changes", "{change} ändert sich")),
        _ => parts.push(say!(language, "{change} change", "{change} ändern sich")),
    }
    match groups {
        0 => {}
        1 => parts.push(say!(language, "1 group changes", "1 Gruppe ändert sich")),
        _ => {
            let groups = language.number(groups);
            parts.push(say!(language, "{groups} groups change", "{groups} Gruppen ändern sich"));
        }
    }
    match columns {
        0 => {}
        1 => parts.push(say!(language, "1 column changes", "1 Spalte ändert sich")),
        _ => {
            let columns = language.number(columns);
            parts.push(say!(language, "{columns} columns change", "{columns} Spalten ändern sich"));
        }
    }
    language.listed(&parts)
}

fn background(language: Language, names: &Names<'_>) -> Vec<String> {
    let view = names.view;
    let plan = &view.proposal.plan;
    let people = |feed: &Feed| language.people(feed.people.employees().len());
    let (before, after) = (people(plan.before()), people(plan.after()));
    let Some(destination) = view.evidence.destination else {
        return vec![say!(
            language,
            "On record there are {before}, and with this plan {after}. Nothing is delivered to Honestly.",
            "Verzeichnet sind {before}, mit diesem Plan {after}. An Honestly wird nichts übergeben."
        )];
    };
    let mirror = view.evidence.mirror;
    let mut sentences = vec![match (&mirror.given, mirror.certainty_at(&destination.url)) {
        (_, Some(_)) | (Given::Adopted, None) => say!(
            language,
            "Honestly has {before}, and with this plan {after}.",
            "In Honestly sind {before}, mit diesem Plan {after}."
        ),
        (Given::Nobody | Given::Destination { .. }, None) => {
            let lists = if std::ptr::eq(names.plan, plan) {
                String::new()
            } else {
                say!(
                    language,
                    " The lists below compare with what was last decided.",
                    " Die Listen unten vergleichen mit dem zuletzt Entschiedenen."
                )
            };
            say!(
                language,
                "Nothing is known of what Honestly has; it would get a file with {after}.{lists}",
                "Es ist nicht bekannt, was Honestly hat; es bekäme eine Datei mit {after}.{lists}"
            )
        }
    }];
    match (&destination.stands, destination.comparison) {
        (Stands::Another { .. }, Some(comparison)) => {
            let (url, has) = (isolated(&destination.url), rules::comparison(language, comparison));
            sentences.push(say!(
                language,
                "The file of somebody else at {url} has {has}.",
                "Die fremde Datei unter {url} hat {has}."
            ));
        }
        (Stands::Another { .. }, None) | (Stands::Ours | Stands::Part | Stands::Nothing | Stands::Unknown, _) => {}
    }
    sentences
}

fn elsewhere(language: Language, names: &Names<'_>) -> Vec<String> {
    let (mut left, mut on_leave, mut out_of_scope) = (0, 0, 0);
    let excluded = names.view.decision().excluded.iter();
    for (_, reason) in excluded.filter(|(id, _)| names.view.mirrored().employee(**id).is_none()) {
        match reason {
            Reason::LastDayPassed(_) | Reason::Inactive => left += 1,
            Reason::OnLeave => on_leave += 1,
            Reason::OutOfScope(_) => out_of_scope += 1,
            // The one has a section of its own, the other is said of people in the mirror only.
            Reason::NotYet(_) | Reason::Absent(_) | Reason::ClockInDoubt => {}
        }
    }
    let said = |number: usize, text: &dyn Fn(String) -> String| (number > 0).then(|| text(language.people(number)));
    let sentences = [
        said(left, &|people| {
            say!(
                language,
                "{people} who left are still at Personio.",
                "In Personio stehen noch {people}, die ausgetreten sind."
            )
        }),
        said(on_leave, &|people| {
            say!(language, "{people} on leave do not take part.", "{people} in Abwesenheit nehmen nicht teil.")
        }),
        said(out_of_scope, &|people| {
            say!(
                language,
                "{people} do not take part by the filters of the configuration.",
                "{people} nehmen wegen der Filter der Konfiguration nicht teil."
            )
        }),
    ];
    sentences.into_iter().flatten().collect()
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first: String = characters.next().iter().flat_map(|first| first.to_uppercase()).collect();
    let stop = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{stop}", characters.as_str())
}
