//! What a mail says. Sentences for HR come first: what to do, what would happen, and why. Below the line for IT stands what whoever
//! runs the program does: commands, paths and its own messages. It names nobody but whoever approved.

mod hr;

use std::collections::BTreeMap;

use chrono::NaiveDateTime;

use super::model::Sums;
use crate::exit::Exit;
use crate::history::RecordedApproval;
use crate::notify::due::{Occasion, Topic};
use crate::roster::guard::Rule;
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::plan::{Counts, PlanDigest};
use crate::roster::voice::{Names, Reader, Voice, own_attribute};
use crate::tongue::{Tongue, say};
use crate::visible::{isolated, visible};

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunNotice {
    pub occasion: Occasion,
    /// What the thread of the mail is about.
    pub topic: Topic,
    /// When what the mail tells began, by the company's clocks.
    pub since: NaiveDateTime,
    pub exit: Exit,
    /// The rules that hold its plan.
    pub rules: Vec<Rule>,
    pub digest: Option<PlanDigest>,
    /// Of the run's plan. None where no plan was made.
    pub sums: Option<Sums>,
    /// How what earlier mails told came to its end, where it did.
    pub end: Option<End>,
    /// What the run changed with which it came to its end.
    pub done: Option<Counts>,
    pub operator: ForOperator,
}

/// What stands below the line for IT.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForOperator {
    /// The run's own sentences, as its log has them.
    pub message: Option<String>,
    /// The next steps, one each.
    pub hints: Vec<String>,
    /// Where the page of the plan is kept, on this machine.
    pub page_at: Option<String>,
}

/// How what earlier mails told came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Approved(RecordedApproval),
    /// What was left of it needed no approval any more.
    CarriedOut,
    /// No run holds the plan any more, and nobody approved it.
    Withdrawn,
    /// Decisions are left undone, and so nothing is held.
    Suspended,
    /// No plan was held.
    Recovered,
}

/// To whom mails are written, and what they carry.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    pub tongue: Tongue,
    pub company: Option<&'a str>,
    /// Who gets the answer of whoever reviews the plan.
    pub contact: Option<&'a str>,
    /// The machine that the commands are for.
    pub host: &'a str,
    pub page: Page,
}

/// A mail's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// One line.
    pub subject: String,
    pub body: String,
}

/// Whether the page that names everybody is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    Attached,
    LeftOut,
    /// The server takes no mail of its size.
    TooLarge,
}

/// People by id, and attributes by what Personio calls them.
struct Discreet<'a> {
    tongue: Tongue,
    labels: Option<&'a BTreeMap<AttributeKey, String>>,
}

impl Names for Discreet<'_> {
    fn person(&self, id: EmployeeId) -> String {
        match id.has_profile() {
            true => say!(self.tongue, "the person with the id {id}", "die Person mit der Nummer {id}"),
            false => isolated(&id.to_string()),
        }
    }

    fn attribute(&self, key: &AttributeKey) -> String {
        let sent = self.labels.and_then(|labels| labels.get(key)).map(String::as_str);
        let label = sent.or_else(|| own_attribute(self.tongue, key.as_str())).unwrap_or(key.as_str());
        self.tongue.quoted(&isolated(label))
    }
}

/// A mail that only tells that mails arrive.
pub fn test(letter: &Letter<'_>) -> Text {
    let tongue = letter.tongue;
    let what = say!(tongue, "nothing to do, this is a test", "nichts zu tun, das ist ein Test");
    let body = say!(
        tongue,
        "Nothing to do: somebody tried whether mails of honestly-sync arrive here, and they do.\n\n\
         A mail comes when changes wait for a check, when nothing new reaches Honestly any more, and when all is well again.\n",
        "Nichts zu tun: Jemand hat ausprobiert, ob Mails von honestly-sync hier ankommen, und das tun sie.\n\n\
         Eine Mail kommt, wenn Änderungen auf eine Prüfung warten, wenn nichts Neues mehr Honestly erreicht und wenn alles \
         wieder in Ordnung ist.\n"
    );
    Text { subject: titled(letter, &what), body: signed(body, letter) }
}

/// A mail about a run.
pub fn text(run: &RunNotice, letter: &Letter<'_>) -> Text {
    let names = Discreet { tongue: letter.tongue, labels: run.sums.as_ref().map(|sums| &sums.labels) };
    let voice = Voice::new(Reader::Hr(letter.tongue), &names);
    let mut paragraphs: Vec<String> =
        hr::paragraphs(run, letter, voice).iter().map(|paragraph| lines(paragraph)).collect();
    let operator = for_operator(run, letter);
    if !operator.is_empty() {
        paragraphs.push(say!(letter.tongue, "For IT", "Für die IT (auf Englisch)"));
    }
    paragraphs.extend(operator);
    let body = paragraphs.join("\n\n") + "\n";
    Text { subject: titled(letter, &subject(run, letter.tongue)), body: signed(body, letter) }
}

fn titled(letter: &Letter<'_>, what: &str) -> String {
    let company = letter.company.map(|company| format!(" ({})", visible(company))).unwrap_or_default();
    format!("honestly-sync{company}: {what}")
}

fn signed(body: String, letter: &Letter<'_>) -> String {
    let (version, host) = (env!("CARGO_PKG_VERSION"), visible(letter.host));
    body + &say!(letter.tongue, "\nhonestly-sync {version} on {host}\n", "\nhonestly-sync {version} auf {host}\n")
}

/// The same for all mails of a hold, as programs for mails make threads of them: so it says neither numbers nor an outcome.
fn subject(run: &RunNotice, tongue: Tongue) -> String {
    match (run.topic, run.occasion) {
        (Topic::Hold, _) => say!(tongue, "review of the changes for Honestly", "Prüfung der Änderungen für Honestly"),
        (_, Occasion::AllClear) => {
            say!(tongue, "nothing to do, all is well again", "nichts zu tun, alles ist wieder in Ordnung")
        }
        (Topic::Failure, _) => {
            say!(tongue, "please look: nothing new reaches Honestly", "bitte nachsehen: Nichts Neues erreicht Honestly")
        }
        (Topic::Doubt, _) => {
            say!(tongue, "please look: decisions are left undone", "bitte nachsehen: Entscheidungen bleiben offen")
        }
    }
}

/// A paragraph each.
fn for_operator(run: &RunNotice, letter: &Letter<'_>) -> Vec<String> {
    let ForOperator { message, hints, page_at } = &run.operator;
    let message = message.iter().map(|message| {
        let message = lines(message);
        let shown = message.lines().take(LINES).map(|line| format!("  {line}"));
        let shown = shown.collect::<Vec<_>>().join("\n");
        // The guard's words may name somebody whom the configuration names.
        if run.rules.is_empty() { shown } else { without_addresses(&shown, Tongue::English) }
    });
    let page = page_at.iter().map(|path| format!("The page of this plan is on this machine: {}", visible(path)));
    let is_nowhere = page_at.is_none() && letter.page != Page::Attached && !run.rules.is_empty();
    let none = is_nowhere.then(|| "No page of this plan is kept, as [review] page is not set; one is written with: sync --dry-run --review FILE.html".to_owned());
    message.chain(hints.iter().map(|hint| lines(hint))).chain(page).chain(none).collect()
}

/// A message is a screen, not a listing.
const LINES: usize = 20;

/// Replaces each e-mail address, and nothing around it.
fn without_addresses(text: &str, tongue: Tongue) -> String {
    let is_address = |word: &str| {
        let sides = word.split_once('@').filter(|_| !word.contains("://"));
        sides.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
    };
    let word = |word: &str| {
        let address = word.trim_matches(|c: char| !c.is_alphanumeric());
        match is_address(address) {
            true => word.replace(address, &say!(tongue, "(an address)", "(eine Adresse)")),
            false => word.to_owned(),
        }
    };
    text.split_inclusive(char::is_whitespace).map(word).collect()
}

/// Several lines, safe to show to a person: nobody is named, so no mark keeps the direction of a name.
fn lines(text: &str) -> String {
    let is_mark = |c: char| ('\u{2066}'..='\u{2069}').contains(&c);
    // A space that programs for mails know.
    text.replace(is_mark, "").replace('\u{202f}', " ").split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
