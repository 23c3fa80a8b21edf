//! What a mail says. The subject and the first line say what to do; counts, reasons and commands follow. Names nobody.

use std::fmt::Write as _;

use chrono::NaiveDateTime;

use super::model::{Baseline, Sums};
use super::{Outcome, RemovedFrom, usual};
use crate::exit::Exit;
use crate::history::RecordedApproval;
use crate::notify::due::Occasion;
use crate::roster::plan::ChangeKind;
use crate::roster::voice::{Told, Voice, tell};
use crate::visible::visible;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunNotice {
    pub occasion: Occasion,
    /// When what the mail tells began, by the company's clocks.
    pub since: NaiveDateTime,
    pub exit: Exit,
    /// The run's own sentences, as its log has them.
    pub message: Option<String>,
    /// The next steps, one each.
    pub hints: Vec<String>,
    /// What can be done about a plan that is held.
    pub answer: Answer,
    /// Of the run's plan. None where no plan was made.
    pub sums: Option<Sums>,
    /// How what earlier mails told came to its end, where it did.
    pub end: End,
    /// Where the page of the plan is kept, on this machine.
    pub page_at: Option<String>,
}

/// How what earlier mails told came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Approved(RecordedApproval),
    /// No run holds the plan any more, and nobody approved it.
    Withdrawn,
    /// No plan was held.
    Recovered,
}

/// A sentence for the end of a mail's first paragraph.
impl Told for End {
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::Approved(approval) => tell!(
                voice,
                "The plan was approved by {approver} and carried out.",
                "The plan was approved by {approver} and carried out.",
                "Der Plan wurde von {approver} freigegeben und ausgeführt.",
                approver = approval.approver(voice)
            ),
            Self::Withdrawn => tell!(
                voice,
                "Nobody approved the held plan: what led to it is no longer there, so it was withdrawn.",
                "Nobody approved the held plan: what led to it is no longer there, so it was withdrawn.",
                "Niemand hat den angehaltenen Plan freigegeben: Was zu ihm führte, besteht nicht mehr, darum wurde er zurückgezogen."
            ),
            Self::Recovered => {
                tell!(voice, "Runs succeed again.", "Runs succeed again.", "Die Läufe gelingen wieder.")
            }
        }
    }
}

/// What can be done about a plan that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    ApproveOrCorrect,
    /// No approval is offered.
    Correct,
}

/// A mail's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// One line of ASCII.
    pub subject: String,
    pub body: String,
}

/// Whether the page that names everybody is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    Attached,
    LeftOut,
}

/// A mail that only tells that mails arrive. `host` is the machine that the commands are for.
pub fn test(host: &str) -> Text {
    let subject = "honestly-sync: nothing to do, this is a test".to_owned();
    let body = "Nothing to do: somebody tried with connect --check-notify whether mails arrive here, and they do.\n\n\
                A mail comes when a plan waits for a review, when runs keep failing, and when all is well again.\n";
    Text { subject, body: signed(body, host) }
}

/// A mail about a run.
pub fn text(run: &RunNotice, page: Page, host: &str) -> Text {
    Text { subject: subject(run), body: signed(&body(run, page), host) }
}

fn signed(body: &str, host: &str) -> String {
    format!("{body}\nhonestly-sync {} on {}\n", env!("CARGO_PKG_VERSION"), visible(host))
}

fn subject(run: &RunNotice) -> String {
    let RunNotice { occasion, since, exit, message: _, hints: _, answer: _, sums, end: _, page_at: _ } = run;
    let since = since.format("%Y-%m-%d");
    let counted = sums.as_ref().map(|sums| {
        let clauses = clauses(*occasion, RemovedFrom::Unsaid, sums);
        clauses.into_iter().take(2).collect::<Vec<_>>().join(", ")
    });
    let counted = counted.filter(|counted| !counted.is_empty()).map_or_else(String::new, |said| format!(": {said}"));
    let what = match occasion {
        Occasion::HoldBegan => format!("please review a held plan{counted}"),
        Occasion::RulesChanged => format!("please review a plan held for other reasons now{counted}"),
        Occasion::HoldLasts => format!("please review the plan held since {since}{counted}"),
        Occasion::FailedAgain => format!("please {}: runs have failed since {since}", remedy(*exit)),
        Occasion::DoubtLasts => format!("please look: runs have been in doubt since {since}"),
        Occasion::AllClear => "nothing to do, all is well again".to_owned(),
    };
    format!("honestly-sync: {what}")
}

/// `19 people would be removed`
fn clauses(occasion: Occasion, from: RemovedFrom, sums: &Sums) -> Vec<String> {
    let outcome = outcome(occasion);
    outcome.clauses(Voice::log(), from, &sums.counts).into_iter().map(|(_, said)| said).collect()
}

fn outcome(occasion: Occasion) -> Outcome {
    match occasion {
        Occasion::HoldBegan | Occasion::RulesChanged | Occasion::HoldLasts => Outcome::Held,
        Occasion::FailedAgain => Outcome::Failed,
        Occasion::DoubtLasts | Occasion::AllClear => Outcome::Done,
    }
}

/// What the operator does about a run that ends so, after `please`.
fn remedy(exit: Exit) -> &'static str {
    match exit {
        Exit::Bug => "report a bug, or restore the mirror",
        Exit::Untrusted => "look at Personio, whose answers cannot be trusted",
        Exit::Unavailable => "look why a server cannot be reached",
        Exit::Rejected => "renew a credential, right or key",
        Exit::Usage | Exit::Misconfigured => "correct the configuration",
        Exit::InStep | Exit::Differs | Exit::Held => "look at the run log",
    }
}

fn body(run: &RunNotice, page: Page) -> String {
    let RunNotice { occasion, since, exit, message, hints, answer, sums, end, page_at } = run;
    let since = since.format("%Y-%m-%d %H:%M");
    let nothing_reaches = "Until then nothing that changes in Personio reaches Honestly.";
    let then = match answer {
        Answer::ApproveOrCorrect => "then approve it or correct what led to it",
        Answer::Correct => "then correct what led to it, as no approval does",
    };
    let mut body = match occasion {
        Occasion::HoldBegan => format!("Please review this plan, {then}. {nothing_reaches}\n"),
        Occasion::RulesChanged => format!(
            "Please review this plan, which is held for other reasons than when you were told last, {then}. \
             {nothing_reaches}\n"
        ),
        Occasion::HoldLasts => {
            format!("Please review this plan, which has been held since {since}, {then}. {nothing_reaches}\n")
        }
        Occasion::FailedAgain => {
            format!("Please {}: every run since {since} has failed. {nothing_reaches}\n", remedy(*exit))
        }
        Occasion::DoubtLasts => format!(
            "Please look: runs come to their end, but since {since} something outside Personio's data leaves decisions undone.\n"
        ),
        Occasion::AllClear => {
            let end = end.logged();
            format!("Nothing to do: all is well again. What you were told of began at {since} and is over. {end}\n")
        }
    };
    let sums = sums.iter().flat_map(|sums| self::sums(*occasion, sums));
    for (at, line) in sums.enumerate() {
        let _ = writeln!(body, "{}  {line}", if at == 0 { "\n" } else { "" });
    }
    let shown = message.as_deref().map(|message| match occasion {
        // The guard's words may name somebody whom the configuration names.
        Occasion::HoldBegan | Occasion::RulesChanged | Occasion::HoldLasts => without_addresses(&lines(message)),
        Occasion::FailedAgain | Occasion::DoubtLasts | Occasion::AllClear => lines(message),
    });
    for line in shown.iter().flat_map(|message| message.lines()).take(LINES).enumerate() {
        let (before, line) = (if line.0 == 0 { "\n" } else { "" }, line.1);
        let _ = writeln!(body, "{before}  {line}");
    }
    for hint in hints {
        let _ = write!(body, "\n{}\n", lines(hint));
    }
    match page {
        Page::Attached => body += "\nThe attached page names everybody concerned.\n",
        Page::LeftOut => {}
    }
    if let Some(path) = page_at {
        let _ = writeln!(body, "\nThe page of this plan is on this machine: {}", visible(path));
    }
    body
}

/// A message is a screen, not a listing.
const LINES: usize = 20;

/// A line for each kind of change that occurs, and the sums of those who are removed: departments without their names.
fn sums(occasion: Occasion, sums: &Sums) -> Vec<String> {
    let (voice, Sums { counts, baseline, reasons, shares, usual: usually, falls }) = (Voice::log(), sums);
    let from = if *baseline == Baseline::Mirror { RemovedFrom::Mirror } else { RemovedFrom::Honestly };
    let mut lines = clauses(occasion, from, sums);
    if *baseline == Baseline::Unknown {
        let removed = outcome(occasion).verb(voice, from, ChangeKind::Remove, 2);
        lines.push(format!("how many people {removed} is not known"));
    }
    if counts.people.removed > 0 {
        let reasons = reasons.iter().map(|(reason, number)| reason.summed(*number, voice));
        lines.push(format!("by reason: {}", reasons.collect::<Vec<_>>().join("; ")));
        let shares: Vec<String> = shares.iter().map(|(removed, of)| format!("{removed} of {of}")).collect();
        lines.extend((!shares.is_empty()).then(|| format!("by department: {}", voice.some(&shares, SHARES))));
        lines.push(usual(voice, *usually));
    }
    lines.extend((*falls > 0).then(|| format!("groups that become small: {falls}")));
    lines
}

/// This many departments in a mail.
const SHARES: usize = 8;

/// Replaces each word with an @ by `(an address)`, except URLs.
fn without_addresses(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace);
    words
        .map(|word| match word.contains('@') && !word.contains("://") {
            true => format!("(an address){}", &word[word.trim_end().len()..]),
            false => word.to_owned(),
        })
        .collect()
}

/// Several lines, safe to show to a person.
fn lines(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
