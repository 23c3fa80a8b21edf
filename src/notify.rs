//! Mails to people: a plan waits for them, runs fail, or all is well again.
//!
//! A mail holds what to do, counts and commands. Names leave only with the page, and only where the configuration says so. The
//! caller turns failures here into warnings: the run's own result matters more.

pub mod due;
mod smtp;

use chrono::{DateTime, Utc};
use lettre::message::header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{self, MultiPart, SinglePart};

use crate::exit::{Exit, Failure};
use crate::remote::smtp::MailSettings;
use crate::secret::Secret;

/// A mail before it has a sender and receivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// One line.
    pub subject: String,
    pub body: String,
    pub thread: Thread,
    /// An HTML page to attach.
    pub page: Option<Attached>,
}

/// A page that a mail takes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    pub page: String,
    /// What the mail says where the server takes none of its size.
    pub body_without: String,
}

/// Where a mail stands among others. Each part is the beginning of a Message-ID, without the domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    pub id: String,
    /// Of the thread's first mail, where this is another one.
    pub first: Option<String>,
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

/// Sends a mail from a machine of this name. Succeeds where the server took it for at least one address, or may have.
pub fn tell(settings: &MailSettings, sender: Sender<'_>, host: &str, message: Message) -> Result<Sent, Failure> {
    let name = greeting(host, settings.from.email.domain());
    let send = |message| {
        let mail = mail(settings, sender.now, message).map_err(Unsent::Failed)?;
        smtp::send(settings, sender.password, name.to_owned(), &mail)
    };
    let Message { subject, thread, page, .. } = &message;
    let without = page.as_ref().map(|page| Message {
        subject: subject.clone(),
        body: page.body_without.clone(),
        thread: thread.clone(),
        page: None,
    });
    match (send(message), without) {
        (Err(Unsent::TooLarge(_)), Some(without)) => send(without),
        (sent, _) => sent,
    }
    .map_err(|(Unsent::TooLarge(failure) | Unsent::Failed(failure))| failure)
}

/// Why a server did not take a mail.
#[derive(Debug)]
enum Unsent {
    /// It takes none of this size.
    TooLarge(Failure),
    Failed(Failure),
}

impl From<Failure> for Unsent {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

fn mail(settings: &MailSettings, now: DateTime<Utc>, message: Message) -> Result<lettre::Message, Failure> {
    let Message { subject, body, thread: Thread { id, first }, page } = message;
    let written = |error: lettre::error::Error| Failure::new(Exit::Bug, format!("no mail can be made: {error}"));
    let whole = |id: String| format!("<{id}@{}>", settings.from.email.domain());
    let mut builder = lettre::Message::builder()
        .from(settings.from.clone())
        .subject(subject)
        .date(now.into())
        .message_id(Some(whole(id)))
        .header(MIME_VERSION_1_0)
        // RFC 3834: absence replies must not answer this mail.
        .raw_header(header("Auto-Submitted", "auto-generated"))
        // Exchange uses this header instead.
        .raw_header(header("X-Auto-Response-Suppress", "All"));
    if let Some(first) = first.map(whole) {
        builder = builder.in_reply_to(first.clone()).references(first);
    }
    for to in &settings.to {
        builder = builder.to(to.clone());
    }
    match page {
        None => builder.header(ContentType::TEXT_PLAIN).body(body),
        Some(Attached { page, .. }) => {
            let page = message::Attachment::new("review.html".to_owned()).body(page, ContentType::TEXT_HTML);
            builder.multipart(MultiPart::mixed().singlepart(SinglePart::plain(body)).singlepart(page))
        }
    }
    .map_err(written)
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// What this machine calls itself to a mail server: its name where that is a whole one, else the domain of its mails.
fn greeting<'a>(host: &'a str, domain: &'a str) -> &'a str {
    let is_whole = host.contains('.') && !host.starts_with("localhost");
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    if is_whole && host.chars().all(is_name) { host } else { domain }
}

#[cfg(test)]
mod tests;
