//! The first screen: what became of the plan and why, how much it changes, and what the reader should do next.

use super::names::PageNames;
use super::words::Word;
use super::{Circumstances, Day, Page, PlanState};
use crate::report::answer::{self, Question};
use crate::report::model::Baseline;
use crate::report::{Outcome, RemovedFrom};
use crate::roster::feed::Feed;
use crate::roster::guard::{self, Advice, Cause, Refusal};
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
    pub next: Vec<NextStep>,
    /// What the plan is compared with, and what stands at the destination.
    pub background: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NextStep {
    pub text: String,
    /// Text to copy, or what the program said.
    pub shown: Option<Shown>,
    /// A mail that the reader's own program opens.
    pub answer: Option<(Word, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    Command(String),
    /// In the program's own language, which is English.
    Message(String),
}

pub(super) fn summary(page: &Page<'_>) -> Summary {
    let Page { report, circumstances, names } = page;
    let is_empty = report.plan.plan.is_empty();
    let in_all = if is_empty { names.word(Word::NobodyChanges) } else { changes(page) };
    // Where the lead says something else, what changes in all stands below it.
    let below = match circumstances.state {
        PlanState::Held(_) | PlanState::Failed(_) if !is_empty => Some(sentence(&in_all)),
        PlanState::Held(_) | PlanState::Failed(_) | PlanState::WouldPass | PlanState::Done => None,
    };
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
        next: next(page),
        background: below.into_iter().chain(approved(page)).chain(background(page)).collect(),
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

/// Who approved the plan that a run carried out, or tried to.
fn approved(page: &Page<'_>) -> Option<String> {
    let approver = page.circumstances.approval?.approver(page.names.voice());
    Some(say!(page.tongue(), "Approved by {approver}.", "Freigegeben von {approver}."))
}

fn next(page: &Page<'_>) -> Vec<NextStep> {
    let Page { report: _, circumstances, names } = page;
    let step = |text: Word| NextStep { text: names.word(text), shown: None, answer: None };
    let showing = |text: Word, shown| NextStep { shown: Some(shown), ..step(text) };
    let undecided = names.view.decision().undecided().next().map(|_| step(Word::CorrectUndecided));
    let steps = match (circumstances.state, circumstances.day) {
        (PlanState::Held(_) | PlanState::WouldPass, Day::Pretended) => vec![step(Word::PretendedDay)],
        (PlanState::Held(refusal), Day::Today) if !refusal.rules.is_empty() => {
            let command = Shown::Command(circumstances.command.to_owned());
            let then = match refusal.offers_approval() {
                true => vec![
                    NextStep {
                        answer: answer(page, Word::SendApproval, answer::approval),
                        ..showing(Word::WhenRight, command)
                    },
                    NextStep { answer: answer(page, Word::SendObjection, answer::objection), ..step(Word::WhenWrong) },
                ],
                false => vec![NextStep {
                    answer: answer(page, Word::SendObjection, answer::objection),
                    ..step(Word::ThenByItself)
                }],
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

fn answer(page: &Page<'_>, word: Word, link: fn(Tongue, &Question<'_>) -> String) -> Option<(Word, String)> {
    let Circumstances { approve: digest, contact, company, .. } = *page.circumstances;
    let changes = changes(page);
    Some((word, link(page.tongue(), &Question { contact: contact?, company, digest, changes: &changes })))
}

/// What the rule that leads usually means, and what HR does about it.
fn advice(names: &PageNames<'_>, refusal: &Refusal) -> Option<NextStep> {
    let Advice { usually, does } = guard::advice(refusal.unanswered(), names.voice())?;
    Some(NextStep { text: format!("{usually} {}", does.join(" ")), shown: None, answer: None })
}

/// `3 people would be removed from Honestly and 2 people would be added`
fn changes(page: &Page<'_>) -> String {
    let (outcome, counts) = (page.circumstances.state.outcome(), &page.report.plan.counts);
    let clauses = outcome.clauses(page.names.voice(), page.report.from(), counts);
    page.names.voice().listed(clauses.into_iter().map(|(_, said)| said))
}

fn background(page: &Page<'_>) -> Vec<String> {
    let (report, tongue) = (page.report, page.tongue());
    let people = |feed: &Feed| tongue.people(feed.people.employees().len());
    let (before, after) = (people(report.plan.plan.before()), people(report.plan.plan.after()));
    let known = match report.baseline {
        Baseline::Mirror => say!(
            tongue,
            "On record there are {before}, and with this plan {after}. {nothing}",
            "Verzeichnet sind {before}, mit diesem Plan {after}. {nothing}",
            nothing = Word::NothingReaches.text(tongue)
        ),
        Baseline::Delivered | Baseline::OnItsWay | Baseline::Adopted => say!(
            tongue,
            "Honestly has {before}, and with this plan {after}.",
            "In Honestly sind {before}, mit diesem Plan {after}."
        ),
        Baseline::Unknown => say!(
            tongue,
            "Nothing is known of what Honestly has, nor who would be removed from it; it would get a file with {after}.",
            "Es ist nicht bekannt, was Honestly hat und wer daraus entfernt würde; es bekäme eine Datei mit {after}."
        ),
    };
    let against_the_mirror = report.from_mirror.as_ref().map(|step| {
        let clauses = Outcome::Previewed.clauses(page.names.voice(), RemovedFrom::Unsaid, &step.counts);
        let changes = if clauses.is_empty() {
            page.names.word(Word::NobodyChanges)
        } else {
            page.names.voice().listed(clauses.into_iter().map(|(_, said)| said))
        };
        say!(
            tongue,
            "Compared with what was last decided ({people}): {changes}",
            "Verglichen mit dem zuletzt Entschiedenen ({people}): {changes}",
            people = people(step.plan.before())
        )
    });
    let destination = report.view.evidence.destination;
    let there = destination.filter(|destination| !destination.other_files().is_empty());
    let there = there.and_then(|destination| {
        let compared = destination.compared.as_ref()?;
        Some(say!(
            tongue,
            "What somebody else left at {url}: {has}.",
            "Was jemand anderes unter {url} abgelegt hat: {has}.",
            url = isolated(&destination.url),
            has = compared.comparison.told(page.names.voice())
        ))
    });
    [known].into_iter().chain(against_the_mirror.map(|said| sentence(&said))).chain(there).collect()
}

/// Adds a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first: String = characters.next().iter().flat_map(|first| first.to_uppercase()).collect();
    let stop = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{stop}", characters.as_str())
}
