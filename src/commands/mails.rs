//! Mails about runs: turns the run log into notices, and logs that people were told.

use std::collections::BTreeSet;

use lettre::message::Mailbox;

use super::{Context, operator};
use crate::config::notify::Notify;
use crate::exit::{Exit, Failure};
use crate::history::{self, Run, RunId, RunLog};
use crate::notify::due::{self, Due, Hold, Mail, Occasion, Outcome, PastRun, Topic, Words};
use crate::notify::{self, Arrival, Attached, Message, Sender, Sent, Thread};
use crate::remote::smtp::MailSettings;
use crate::report::mail::{self, End, ForOperator, Letter, Page, RunNotice, Text};
use crate::report::model::Sums;
use crate::roster::decide::notes::{Note, Weight};
use crate::roster::guard::{Rule, advice, leading};
use crate::roster::voice::{Told, Voice};
use crate::store::Store;

/// A run that ended.
pub(super) struct Ended<'e> {
    pub run: RunId,
    pub log: &'e RunLog,
    pub exit: Exit,
    /// The page on which its plan is reviewed, where mails carry it.
    pub page: Option<&'e str>,
    /// Of its plan, where it came that far.
    pub sums: Option<&'e Sums>,
}

/// Tells people how a run ended, where a mail is due. A failure here is a warning, and the next run finds the mail still due.
pub(super) fn ended(context: &Context, store: &mut Store, ended: &Ended<'_>) {
    let Some(notify) = &context.config.notify else { return };
    match tell(context, notify, store, ended) {
        Ok(warnings) => warnings.iter().for_each(|warning| log::warn!("{warning}")),
        Err(Failure { exit: _, message, hints }) => {
            log::warn!("no mail could be sent of this run: {message}");
            hints.iter().for_each(|hint| log::warn!("{hint}"));
        }
    }
}

/// Returns a warning for each address that was not reached, or may not have been.
fn tell(context: &Context, notify: &Notify, store: &mut Store, told: &Ended<'_>) -> Result<Vec<String>, Failure> {
    let Ended { run, log, exit: _, page, sums: _ } = *told;
    let this = log.runs.iter().find(|this| this.id == run);
    let Some((this, ended)) = this.and_then(|this| Some((this, this.ended.clone()?))) else { return Ok(Vec::new()) };
    let before = log.runs.iter().rev().filter(|before| before.id < run);
    let past: Vec<PastRun> = before.filter_map(past_run).collect();
    let Some(outcome) = outcome(this) else { return Ok(Vec::new()) };
    let due = due::due(&past, &outcome, ended.finished_at).map(|due| (due, None));
    let due =
        due.or_else(|| due::owed(&past, &outcome, ended.finished_at).map(|(due, addresses)| (due, Some(addresses))));
    let Some((due, again)) = due else { return Ok(Vec::new()) };
    let mut settings = MailSettings { to: receivers(notify, &due, log), ..notify.mail.clone() };
    settings.to.retain(|mailbox| again.is_none_or(|owed| owed.contains(&mailbox.email.to_string())));
    if settings.to.is_empty() {
        return Ok(Vec::new());
    }
    let notice = notice(context, this, ended, &due, told);
    let host = operator::host();
    let to = |page| letter(context, notify, &host, page);
    let Text { subject, body } = mail::text(&notice, &to(page.map_or(Page::LeftOut, |_| Page::Attached)));
    let page = page.map(|page| {
        let Text { subject: _, body } = mail::text(&notice, &to(Page::TooLarge));
        Attached { page: page.to_owned(), body_without: body }
    });
    let first = due.thread.and_then(|first| log.runs.iter().find(|run| run.id.0 == first)).map(thread);
    let message = Message { subject, body, thread: Thread { id: thread(this), first }, page };
    let sent = send(context, &settings, message)?;
    let (owed, warnings) = left(&settings, sent, again);
    if let Err(failure) = store.set_notified(run, due.occasion.as_str(), &owed) {
        log::warn!("the mail about run {run} is not in the run log, so it will be sent again: {failure}");
    }
    Ok(warnings)
}

/// The beginning of a run's Message-ID: the same whenever it is asked for, and no other mirror's.
fn thread(run: &Run) -> String {
    format!("run-{}.{}", run.id, run.started_at.timestamp_micros())
}

/// HR is told of holds and their ends; operators of all that HR can do nothing about, and how that went on.
fn receivers(notify: &Notify, due: &Due, log: &RunLog) -> Vec<Mailbox> {
    let Notify { mail: MailSettings { to, .. }, operators, .. } = notify;
    let rules = log.runs.iter().filter_map(|run| leading(run.ended.as_ref()?.held_by.as_deref()?));
    let needs_operator = rules.into_iter().any(Rule::needs_operator);
    let of_others = due.topics.iter().any(|topic| *topic != Topic::Hold);
    let is_for_hr = due.topics.contains(&Topic::Hold) || operators.is_empty();
    let is_for_operators = of_others || needs_operator;
    let mut told: Vec<Mailbox> = to.iter().filter(|_| is_for_hr).cloned().collect();
    for operator in operators.iter().filter(|_| is_for_operators) {
        if told.iter().all(|other| other.email != operator.email) {
            told.push(operator.clone());
        }
    }
    told
}

/// What there is to tell of a run, and how it ended as its log has it.
fn notice(context: &Context, this: &Run, ended: history::Ended, due: &Due, told: &Ended<'_>) -> RunNotice {
    let Ended { run: _, log, exit, page: _, sums } = *told;
    let rules = ended.held_by.clone().unwrap_or_default();
    let program = context.program();
    let hints = match due.occasion {
        Occasion::DoubtLasts => doubts(this).map(Told::logged).collect(),
        // A command stands on a line of its own.
        Occasion::HoldBegan | Occasion::HoldGrew { .. } | Occasion::LeadChanged | Occasion::HoldLasts => {
            let commands =
                [("review it", Some(ended.review(program))), ("apply exactly this plan", ended.approve(program))];
            let commands = commands.into_iter().filter_map(|(what, command)| Some(format!("{what}:\n  {}", command?)));
            let steps = advice(&rules, Voice::log()).into_iter().flat_map(|advice| advice.does);
            steps.map(|step| step.replace("$0", program)).chain(commands).collect()
        }
        Occasion::FailedAgain | Occasion::AllClear => ended.hints,
    };
    let is_of_hold = due.topics.contains(&Topic::Hold);
    let page_at = context.config.review.page.as_deref().filter(|_| is_of_hold);
    // How things stand is told by when runs began, here as on the page.
    let first = log.runs.iter().find(|run| run.finished_at() == Some(due.since)).map(|run| run.started_at);
    let is_over = due.occasion == Occasion::AllClear || due.occasion == Occasion::DoubtLasts && is_of_hold;
    let end = is_over.then(|| end(this, log, &due.topics));
    // What another run did is told by its counts, as its sums are not kept.
    let done = end.as_ref().and_then(|(run, _)| log.runs.iter().find(|one| one.id == *run)?.ended.as_ref()?.counts);
    let sums = sums.filter(|_| end.as_ref().is_none_or(|(run, _)| *run == this.id));
    let operator =
        ForOperator { message: ended.message, hints, page_at: page_at.map(|path| path.display().to_string()) };
    RunNotice {
        occasion: due.occasion,
        topic: due.topics.first().copied().unwrap_or(Topic::Hold),
        since: context.config.timezone.local(first.unwrap_or(due.since)),
        exit,
        rules,
        digest: ended.digest,
        sums: sums.cloned(),
        end: end.map(|(_, end)| end),
        done,
        operator,
    }
}

fn letter<'l>(context: &'l Context, notify: &Notify, host: &'l str, page: Page) -> Letter<'l> {
    let review = &context.config.review;
    Letter {
        tongue: notify.language.unwrap_or(review.language),
        company: review.company.as_deref(),
        contact: review.contact.as_deref(),
        host,
        page,
    }
}

/// Which addresses the next run tells again, and a warning for each doubt. A mail of which nobody knows is repeated once.
fn left(settings: &MailSettings, sent: Sent, again: Option<&[String]>) -> (Vec<String>, Vec<String>) {
    let Sent { arrival, taken, put_off, refused: mut warnings } = sent;
    let (mut owed, later): (Vec<String>, Vec<String>) = put_off.into_iter().unzip();
    warnings.extend(later.into_iter().map(|sentence| format!("{sentence}; the next run asks again")));
    match (arrival, again) {
        (Arrival::Certain, _) => {}
        (Arrival::Unknown, None) => {
            owed.extend(taken);
            warnings.push(format!("{}; the next run sends it once more", not_known(settings)));
        }
        (Arrival::Unknown, Some(_)) => {
            warnings.push(format!("{}; it is not sent a third time", not_known(settings)));
        }
    }
    (owed, warnings)
}

fn not_known(settings: &MailSettings) -> String {
    let server = &settings.server;
    format!("it is not known whether the mail server {server} took the mail: it had all of it, and did not say so")
}

/// How the newest hold came to its end, by the first run after it that was in step: `this` one or, where its mail was lost, one
/// before; else how trouble did.
fn end(this: &Run, log: &RunLog, topics: &BTreeSet<Topic>) -> (RunId, End) {
    let until_now = || log.runs.iter().filter(|run| run.id <= this.id);
    let held = until_now().find(|run| run.outcome() == Some(history::Outcome::Held));
    let in_step = |run: &&Run| run.outcome() == Some(history::Outcome::InStep);
    let ended = held.and_then(|held| until_now().take_while(|run| run.id > held.id).filter(in_step).last());
    let Some(run) = ended.filter(|_| topics.contains(&Topic::Hold)) else { return (this.id, End::Recovered) };
    let changed = run
        .ended
        .as_ref()
        .is_some_and(|ended| ended.applied && ended.counts.is_some_and(|counts| counts.people.removed > 0));
    let end = match &run.approval {
        Some(approval) => End::Approved(approval.clone()),
        None if changed => End::CarriedOut,
        None if doubts(run).next().is_some() => End::Suspended,
        None => End::Withdrawn,
    };
    (run.id, end)
}

fn past_run(run: &Run) -> Option<PastRun> {
    let mail = match run.ended.as_ref().filter(|ended| ended.notified.is_some()) {
        None => Mail::NotSent,
        Some(ended) if ended.owed.is_empty() => Mail::Sent,
        Some(ended) => Mail::Owed(ended.owed.clone()),
    };
    Some(PastRun { run: run.id.0, ended_at: run.finished_at().unwrap_or(run.started_at), outcome: outcome(run)?, mail })
}

/// None for a run that says nothing about the state of things.
fn outcome(run: &Run) -> Option<Outcome> {
    let ended = run.ended.as_ref();
    Some(match run.outcome()? {
        history::Outcome::InStep => {
            let kinds: BTreeSet<&str> = doubts(run).map(Note::kind).collect();
            if kinds.is_empty() { Outcome::InStep } else { Outcome::InDoubt(Words::of(kinds)) }
        }
        history::Outcome::Held => {
            let rules = ended.and_then(|ended| ended.held_by.as_deref()).unwrap_or_default();
            let removals = ended.and_then(|ended| ended.counts).map_or(0, |counts| counts.people.removed);
            Outcome::Held(Hold { leads: leading(rules).map_or("", Rule::lead).to_owned(), removals })
        }
        history::Outcome::Failed => {
            let code = ended.map_or("killed".to_owned(), |ended| ended.exit_code.to_string());
            let place = ended.and_then(|ended| ended.failed_at.as_deref());
            Outcome::Failed(Words::of([code.as_str()].into_iter().chain(place)))
        }
    })
}

fn doubts(run: &Run) -> impl Iterator<Item = &Note> {
    run.notes().iter().filter(|note| note.weight() == Weight::Doubt)
}

/// Sends a test mail to everybody who would be told, and reports that the server took it.
pub(super) fn check(context: &Context) -> Result<String, Failure> {
    let Some(notify) = &context.config.notify else {
        let failure = Failure::new(Exit::Misconfigured, "nobody is sent mails: [notify] to is missing");
        return Err(failure.hint(
            "[notify] takes to = [\"hr@example.com\"], from = \"honestly-sync@example.com\" and smtp = \"smtps://USER@HOST\"",
        ));
    };
    let mut settings = notify.mail.clone();
    settings.to.extend(notify.operators.iter().cloned());
    let (mail, host) = (&settings, operator::host());
    let Text { subject, body } = mail::test(&letter(context, notify, &host, Page::LeftOut));
    let id = format!("test-{}.{}", std::process::id(), context.now.timestamp_micros());
    let message = Message { subject, body, thread: Thread { id, first: None }, page: None };
    let Sent { arrival, taken, put_off, refused } = send(context, mail, message)?;
    let later: Vec<String> = put_off.into_iter().map(|(_, sentence)| sentence).collect();
    match (refused.is_empty(), later.is_empty(), arrival) {
        (true, true, Arrival::Certain) => {
            let to = taken.join(", ");
            Ok(format!("The mail server {} took a test for {to}; see whether it arrives.\n", mail.server))
        }
        (true, true, Arrival::Unknown) => Err(Failure::new(Exit::Unavailable, not_known(mail))
            .hint("timeout_seconds under [notify], where the server needs longer")),
        (true, false, _) => Err(Failure::new(Exit::Unavailable, later.join("; "))),
        (false, _, _) => Err(Failure::new(Exit::Rejected, [refused, later].concat().join("; "))),
    }
}

fn send(context: &Context, settings: &MailSettings, message: Message) -> Result<Sent, Failure> {
    let password = context.config.smtp_password()?;
    let sender = Sender { password: password.as_ref(), now: context.time() };
    notify::tell(settings, sender, &operator::host(), message)
}
