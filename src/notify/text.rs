//! What a mail says. The subject and the first line say what to do; counts, reasons and commands follow. Names nobody.

use std::fmt::Write as _;

use super::due::Occasion;
use super::{Answer, Changes, Notice, RunNotice};
use crate::exit::Exit;
use crate::visible::visible;

/// A mail's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    /// One line of ASCII.
    pub subject: String,
    pub body: String,
}

/// Whether the page that names everybody is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    Attached,
    LeftOut,
}

/// `host` is the machine that the commands are for.
pub(super) fn text(notice: &Notice, page: Page, host: &str) -> Text {
    let (subject, mut body) = match notice {
        Notice::Test => (
            "honestly-sync: nothing to do, this is a test".to_owned(),
            "Nothing to do: somebody tried with connect --check-notify whether mails arrive here, and they do.\n\n\
             A mail comes when a plan waits for a review, when runs keep failing, and when all is well again.\n"
                .to_owned(),
        ),
        Notice::Run(run) => (subject(run), body(run, page)),
    };
    let _ = write!(body, "\nhonestly-sync {} on {}\n", env!("CARGO_PKG_VERSION"), visible(host));
    Text { subject, body }
}

fn subject(run: &RunNotice) -> String {
    let RunNotice { occasion, since, exit, message: _, hints: _, answer: _, changes } = run;
    let since = since.format("%Y-%m-%d");
    let counted = changes.as_ref().map(counted).filter(|counted| !counted.is_empty());
    let counted = counted.map_or_else(String::new, |counted| format!(": {counted}"));
    let what = match occasion {
        Occasion::HoldBegan => format!("please review a held plan{counted}"),
        Occasion::RulesChanged => format!("please review a plan that is held for other reasons now{counted}"),
        Occasion::HoldLasts => format!("please review the plan that has been held since {since}{counted}"),
        Occasion::FailedAgain => format!("please {}: runs have failed since {since}", remedy(*exit)),
        Occasion::DoubtLasts => format!("please look: runs have been in doubt since {since}"),
        Occasion::AllClear => "nothing to do, all is well again".to_owned(),
    };
    format!("honestly-sync: {what}")
}

/// `2 come, 19 go`
fn counted(changes: &Changes) -> String {
    let Changes { added, updated, removed, groups, columns } = *changes;
    let words = [
        (added, "comes", "come"),
        (removed, "goes", "go"),
        (updated, "changes", "change"),
        (groups, "group changes", "groups change"),
        (columns, "column changes", "columns change"),
    ];
    let words = words.iter().filter(|(count, ..)| *count > 0);
    let words = words.map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }));
    words.collect::<Vec<_>>().join(", ")
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
    let RunNotice { occasion, since, exit, message, hints, answer, changes } = run;
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
            format!("Nothing to do: all is well again. What you were told of began at {since} and is over.\n")
        }
    };
    if let Some(changes) = changes {
        body += &table(changes);
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
    body
}

/// A message is a screen, not a listing.
const LINES: usize = 20;

/// A line for each kind of change that occurs.
fn table(changes: &Changes) -> String {
    let Changes { added, updated, removed, groups, columns } = *changes;
    let rows = [
        ("people who come", added),
        ("people who go", removed),
        ("people who change", updated),
        ("groups that change", groups),
        ("columns that change", columns),
    ];
    let rows: Vec<String> = rows
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| format!("  {:<21}{count:>7}\n", format!("{what}:")))
        .collect();
    if rows.is_empty() { String::new() } else { format!("\n{}", rows.concat()) }
}

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
