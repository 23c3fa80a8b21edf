//! The first screen: what became of the plan and why, how much it changes, and what the reader should do next.

use super::names::PageNames;
use super::{Circumstances, Day, Page, PlanState};
use crate::report::answer::{self, Question};
use crate::report::headline::{self, sentence};
use crate::report::model::Baseline;
use crate::report::words::Word;
use crate::report::{Outcome, RemovedFrom, usual};
use crate::roster::feed::Feed;
use crate::roster::guard::{self, Advice, Cause, Refusal};
use crate::roster::plan::ChangeKind;
use crate::roster::voice::Told as _;
use crate::tongue::{Tongue, say};
use crate::visible::isolated;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Summary {
    /// The style's name for what became of the plan.
    pub class: &'static str,
    pub badge: Word,
    pub title: String,
    /// What is needed to judge the title: what is usual, since when, what has happened.
    pub facts: Vec<String>,
    /// What happens to a held plan if nobody does anything.
    pub unanswered: Option<String>,
    /// What the rules say, the weightiest first, or how the plan came to be carried out.
    pub reasons: Vec<String>,
    pub next: Vec<NextStep>,
    /// What changes besides, what the plan is compared with, and what stands at the destination.
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
    let Page { report: _, circumstances, names } = page;
    let (class, badge, reasons) = match circumstances.state {
        PlanState::Held { refusal, .. } => ("held", Word::BadgeHeld, held(names, refusal)),
        PlanState::WouldPass => ("preview", Word::BadgePreview, Vec::new()),
        PlanState::Done => ("done", Word::BadgeDone, done(page)),
        PlanState::Failed(_) => ("failed", Word::BadgeFailed, vec![names.word(Word::WhatFailed)]),
    };
    let leading = leading(page);
    let besides = besides(page, leading);
    Summary {
        class,
        badge,
        title: title(page, leading),
        facts: facts(page),
        unanswered: unanswered(page).then(|| names.word(Word::IfNobodyAnswers)),
        reasons: reasons.iter().map(|reason| sentence(reason)).collect(),
        next: next(page),
        background: besides.into_iter().map(|said| sentence(&said)).chain(background(page)).collect(),
    }
}

fn leading(page: &Page<'_>) -> Option<ChangeKind> {
    let rule = match page.circumstances.state {
        PlanState::Held { refusal, .. } => guard::leading(refusal.unanswered()),
        PlanState::WouldPass | PlanState::Done | PlanState::Failed(_) => None,
    };
    headline::leading(rule, &page.report.plan.counts)
}

fn title(page: &Page<'_>, leading: Option<ChangeKind>) -> String {
    let state = page.circumstances.state;
    match leading {
        Some(kind) => headline::headline(page.names.voice(), state.outcome(), &page.report.extent(), kind),
        None => page.names.word(match state {
            PlanState::Held { .. } => Word::TitleHeld,
            PlanState::WouldPass => Word::TitleNothingWouldChange,
            PlanState::Done => Word::TitleNothingChanged,
            PlanState::Failed(_) => Word::TitleFailed,
        }),
    }
}

fn facts(page: &Page<'_>) -> Vec<String> {
    let (report, names, tongue) = (page.report, &page.names, page.tongue());
    // What has happened is itself part of what is usual.
    let is_over = matches!(page.circumstances.state, PlanState::Done);
    let is_removing = report.plan.counts.people.removed > 0 && !is_over;
    let usual = is_removing.then(|| format!("{}.", usual(names.voice(), report.view.usual)));
    let unknown = (report.baseline == Baseline::Unknown).then(|| names.word(Word::RemovedNotKnown));
    let so_far = match page.circumstances.state {
        PlanState::Held { since: Some(since), .. } => Some(headline::nothing_yet(tongue, since)),
        PlanState::Held { since: None, .. } | PlanState::WouldPass => {
            (!report.plan.plan.is_empty()).then(|| names.word(Word::NothingYet))
        }
        PlanState::Done | PlanState::Failed(_) => None,
    };
    [unknown, usual, so_far].into_iter().flatten().collect()
}

/// Whether an answer is waited for.
fn unanswered(page: &Page<'_>) -> bool {
    let Circumstances { state, day, .. } = page.circumstances;
    matches!(state, PlanState::Held { refusal, .. } if !refusal.rules.is_empty()) && *day == Day::Today
}

/// Who approved a plan that was carried out, what came besides, and that its file was delivered.
fn done(page: &Page<'_>) -> Vec<String> {
    let Page { report, circumstances, names } = page;
    let is_delivered = report.baseline != Baseline::Mirror && !report.plan.plan.is_empty();
    let since = report.since.as_ref().filter(|_| circumstances.approval.is_some());
    let besides =
        since.and_then(|since| headline::besides_the_approved(names.voice(), report.from(), &since.step.counts));
    approved(page).into_iter().chain(besides).chain(is_delivered.then(|| names.word(Word::Delivered))).collect()
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
        (PlanState::Held { .. } | PlanState::WouldPass, Day::Pretended) => vec![step(Word::PretendedDay)],
        (PlanState::Held { refusal, .. }, Day::Today) if !refusal.rules.is_empty() => {
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
        (PlanState::Held { .. } | PlanState::WouldPass, Day::Today) if !names.view.proposal.plan.is_empty() => {
            vec![step(Word::NextRunApplies)]
        }
        (PlanState::Held { .. } | PlanState::WouldPass, Day::Today) | (PlanState::Done, _) if undecided.is_some() => {
            Vec::new()
        }
        (PlanState::Held { .. } | PlanState::WouldPass, Day::Today) | (PlanState::Done, _) => {
            vec![step(Word::NothingToDo)]
        }
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

/// What changes besides what the title says: `2 people would be added and 3 people would be updated`
fn besides(page: &Page<'_>, leading: Option<ChangeKind>) -> Option<String> {
    let (outcome, report, tongue) = (page.circumstances.state.outcome(), page.report, page.tongue());
    let follows = report.plan.changed.consequences.len();
    let clauses = outcome.clauses(page.names.voice(), report.from(), &report.plan.counts).into_iter();
    let clauses = clauses.filter(|(kind, _)| Some(*kind) != leading || report.baseline == Baseline::Unknown);
    let said: Vec<String> = clauses
        .map(|(kind, clause)| match kind == ChangeKind::Update && follows > 0 {
            true => say!(
                tongue,
                "{clause} ({follows} for a supervisor who is removed)",
                "{clause} ({follows} wegen einer vorgesetzten Person, die entfernt wird)",
                follows = tongue.number(follows)
            ),
            false => clause,
        })
        .collect();
    (!said.is_empty()).then(|| {
        let said = page.names.voice().listed(said);
        say!(tongue, "besides, {said}", "außerdem: {said}")
    })
}

fn background(page: &Page<'_>) -> Vec<String> {
    let (report, tongue) = (page.report, page.tongue());
    let people = |feed: &Feed| tongue.people(feed.people.employees().len());
    let known = headline::known(tongue, page.circumstances.state.outcome(), &report.extent());
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
