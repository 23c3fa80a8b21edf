//! Mails about runs: what the run log says becomes a notice, and that people were told goes into the log.

use std::borrow::Cow;

use super::Context;
use crate::config::notify::Notify;
use crate::exit::{Exit, Failure};
use crate::history::{EndedRun, RunId};
use crate::notify::due::{self, Due, Mail, Occasion, Outcome, PastRun};
use crate::notify::{self, Changes, Notice, RunNotice, Sender, Sent};
use crate::roster::plan::{Counts, PlanDigest};
use crate::store::Store;

/// Tells people how a run ended, where it is due. What fails here is a warning, and the next run finds the mail still due.
pub fn ended(context: &Context, store: &mut Store, run: RunId, exit: Exit) {
    let Some(notify) = &context.config.notify else { return };
    match tell(context, notify, store, run, exit) {
        Ok(Sent { refused }) => refused.iter().for_each(|refusal| log::warn!("{refusal}")),
        Err(Failure { exit: _, message, hints }) => {
            log::warn!("no mail could be sent of this run: {message}");
            hints.iter().for_each(|hint| log::warn!("{hint}"));
        }
    }
}

fn tell(context: &Context, notify: &Notify, store: &mut Store, run: RunId, exit: Exit) -> Result<Sent, Failure> {
    let Some(ended) = store.run(run)?.and_then(|run| run.ended) else { return Ok(Sent::default()) };
    let outcome = Outcome::of(ended.exit_code, ended.held_by.as_deref(), ended.message.as_deref());
    let past: Vec<PastRun> = store.ended_before(run)?.iter().filter_map(past_run).collect();
    let due = outcome.and_then(|outcome| due::due(&past, &outcome, ended.finished_at));
    let Some(Due { occasion, since }) = due else { return Ok(Sent::default()) };
    let hints = match (occasion, &ended.digest) {
        (Occasion::HoldBegan | Occasion::RulesChanged | Occasion::HoldLasts, Some(digest)) => review(context, digest),
        (Occasion::HoldBegan | Occasion::RulesChanged | Occasion::HoldLasts, None)
        | (Occasion::FailedAgain | Occasion::AllClear, _) => ended.hints,
    };
    let notice = Notice::Run(RunNotice {
        occasion,
        since: context.config.timezone.local(since),
        exit,
        message: ended.message,
        hints,
        changes: ended.counts.as_ref().map(changes),
    });
    let sent = send(context, notify, &notice)?;
    if let Err(failure) = store.set_notified(run, occasion.as_str()) {
        log::warn!("the mail about run {run} is not in the run log, so it will be sent again: {failure}");
    }
    Ok(sent)
}

/// None for a run that says nothing of how things stand.
fn past_run(run: &EndedRun) -> Option<PastRun> {
    let EndedRun { finished_at, exit_code, held_by, message, notified } = run;
    let outcome = Outcome::of(*exit_code, held_by.as_deref(), message.as_deref())?;
    let mail = if notified.is_some() { Mail::Sent } else { Mail::NotSent };
    Some(PastRun { ended_at: *finished_at, outcome, mail })
}

/// The commands with which a person reviews and approves, wherever they are pasted on this machine.
fn review(context: &Context, digest: &PlanDigest) -> Vec<String> {
    let program = match &context.config.file {
        None => "honestly-sync".to_owned(),
        Some(file) => {
            let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
            format!("honestly-sync --config {}", quoted(&file.to_string_lossy()))
        }
    };
    vec![
        format!("Review it:\n  {program} sync --dry-run"),
        format!("Apply exactly this plan:\n  {program} sync --approve {digest}"),
    ]
}

/// One word of a shell.
fn quoted(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:=,@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

fn changes(counts: &Counts) -> Changes {
    let Counts {
        added,
        updated,
        removed,
        groups_added,
        groups_renamed,
        groups_removed,
        columns_added,
        columns_changed,
        columns_removed,
        layout_changed: _,
    } = *counts;
    Changes {
        added,
        updated,
        removed,
        groups: groups_added + groups_renamed + groups_removed,
        columns: columns_added + columns_changed + columns_removed,
    }
}

/// Sends a test to everybody who would be told, and says that the server took it.
pub fn check(context: &Context) -> Result<String, Failure> {
    let Some(notify) = &context.config.notify else {
        let failure = Failure::new(Exit::Misconfigured, "nobody is sent mails: [notify] to is missing");
        return Err(failure.hint(
            "[notify] takes to = [\"hr@example.com\"], from = \"honestly-sync@example.com\" and smtp = \"smtps://USER@HOST\"",
        ));
    };
    let Sent { refused } = send(context, notify, &Notice::Test)?;
    let Notify { mail, .. } = notify;
    let to: Vec<String> = mail.to.iter().map(|mailbox| mailbox.email.to_string()).collect();
    match refused.is_empty() {
        true => {
            Ok(format!("The mail server {} took a test for {}; see whether it arrives.\n", mail.server, to.join(", ")))
        }
        false => Err(Failure::new(Exit::Rejected, refused.join("; "))),
    }
}

fn send(context: &Context, notify: &Notify, notice: &Notice) -> Result<Sent, Failure> {
    let password = context.config.smtp_password()?;
    let sender = Sender { password: password.as_ref(), now: context.time() };
    notify::tell(&notify.mail, sender, notice, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_of_a_shell() {
        for text in ["/etc/honestly-sync/config.toml", "/a b/c", "", "it's", "$HOME;`x`\"*?", "/ü/\n"] {
            let printed =
                std::process::Command::new("sh").arg("-c").arg(format!("printf %s {}", quoted(text))).output();
            assert_eq!(String::from_utf8(printed.unwrap().stdout).unwrap(), text);
        }
    }
}
