//! Mails to people: a plan waits for them, runs fail, or all is well again.
//!
//! A mail holds what to do, counts and commands. Names leave only with the page, and only where the configuration says so. The
//! caller turns failures here into warnings: the run's own result matters more.

pub mod due;
mod smtp;
mod text;

use chrono::{DateTime, NaiveDateTime, Utc};
use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{self, MultiPart, SinglePart};

use crate::exit::{Exit, Failure};
use crate::remote::smtp::{Attachment, MailSettings};
use crate::secret::Secret;
use due::Occasion;
use text::{Page, Text};

/// What a mail tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// That mails arrive.
    Test,
    Run(RunNotice),
}

/// How a run ended, as text and counts.
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
    /// What the plan would change, or has changed. None where no plan was made.
    pub changes: Option<Changes>,
}

/// What can be done about a plan that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    ApproveOrCorrect,
    /// No approval is offered.
    Correct,
}

/// How many of each a plan changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    pub added: usize,
    pub updated: usize,
    pub removed: usize,
    pub groups: usize,
    pub columns: usize,
}

/// The server for mails.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// None where the server wants none.
    pub password: Option<&'a Secret>,
    pub now: DateTime<Utc>,
}

/// Whether the server said that it has the mail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Arrival {
    #[default]
    Certain,
    /// It had all of it, and said nothing. It may have it.
    Unknown,
}

/// A mail that was handed to the server, for at least one address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    pub arrival: Arrival,
    /// The addresses that the server took.
    pub taken: Vec<String>,
    /// Each address that the server does not take now, with a sentence.
    pub put_off: Vec<(String, String)>,
    /// A sentence for each address that the server refused.
    pub refused: Vec<String>,
}

/// Sends a mail, with the page where the configuration allows it. Succeeds where the server took it for at least one address,
/// or may have.
pub fn tell(
    settings: &MailSettings,
    sender: Sender<'_>,
    notice: &Notice,
    page: Option<&[u8]>,
) -> Result<Sent, Failure> {
    let page = match settings.attachment {
        Attachment::Review => page,
        Attachment::Nothing => None,
    };
    let mail = mail(settings, sender.now, notice, page)?;
    smtp::send(settings, sender.password, greeting(host(), settings.from.email.domain()), &mail)
}

fn mail(settings: &MailSettings, now: DateTime<Utc>, notice: &Notice, page: Option<&[u8]>) -> Result<Message, Failure> {
    let goes_along = if page.is_some() { Page::Attached } else { Page::LeftOut };
    let Text { subject, body } = text::text(notice, goes_along, &host());
    let written = |error: lettre::error::Error| Failure::new(Exit::Bug, format!("no mail can be made: {error}"));
    let id = format!("<{}.{}@{}>", now.timestamp_micros(), std::process::id(), settings.from.email.domain());
    let mut builder = Message::builder()
        .from(settings.from.clone())
        .subject(subject)
        .date(now.into())
        .message_id(Some(id))
        .header(MIME_VERSION_1_0)
        // RFC 3834: absence replies must not answer this mail.
        .raw_header(header("Auto-Submitted", "auto-generated"))
        // Exchange uses this header instead.
        .raw_header(header("X-Auto-Response-Suppress", "All"));
    for to in &settings.to {
        builder = builder.to(to.clone());
    }
    match page {
        None => builder.header(ContentType::TEXT_PLAIN).body(body),
        Some(page) => {
            let page = message::Attachment::new("review.html".to_owned()).body(page.to_vec(), ContentType::TEXT_HTML);
            builder.multipart(MultiPart::mixed().singlepart(SinglePart::plain(body)).singlepart(page))
        }
    }
    .map_err(written)
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// What this machine calls itself to a mail server: its name where that is a whole one, else the domain of its mails.
fn greeting(host: String, domain: &str) -> String {
    let is_whole = host.contains('.') && !host.starts_with("localhost");
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    if is_whole && host.chars().all(is_name) { host } else { domain.to_owned() }
}

/// The machine on which to paste the commands.
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
