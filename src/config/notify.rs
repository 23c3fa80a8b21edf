//! Turns `[notify]` into the settings of mails, and finds the password for the mail server.

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;

use super::credential::{self, Found};
use super::file::{Document, Value};
use super::mistake::{Mistake, Placed};
use super::{Config, Environment, values};
use crate::exit::{Exit, Failure};
use crate::remote::smtp::{self, Attachment, MailSettings, SmtpServer};
use crate::secret::Secret;
use crate::tongue::Tongue;

/// Who gets mails, and how.
#[derive(Debug, Clone)]
pub struct Notify {
    pub mail: MailSettings,
    /// Who is told what HR can do nothing about; where it is nobody, all are told everything.
    pub operators: Vec<Mailbox>,
    /// The page's, where it is none.
    pub language: Option<Tongue>,
    pub(super) password_file: Option<PathBuf>,
}

impl Notify {
    /// Whether mails carry the review page of a held plan.
    pub fn attaches_page(&self) -> bool {
        self.mail.attachment == Attachment::Review
    }
}

/// The name under which systemd's `LoadCredential=` hands over the password.
pub(super) const PASSWORD_NAME: &str = "smtp-password";

/// None where nobody gets mails.
pub(super) fn notify(document: &mut Document<'_>) -> Result<Option<Notify>, Mistake> {
    let half = Duration::from_secs(30);
    let mut keys = document.section("notify")?;
    let to = keys.optional("to", placed(addresses))?;
    let from = keys.optional("from", placed(values::parsed(smtp::mailbox)))?;
    let smtp = keys.optional("smtp", placed(values::parsed(SmtpServer::parse)))?;
    let password_file = keys.optional("password_file", values::path)?;
    let operators = keys.or("operators", Vec::new(), addresses)?;
    let language = keys.optional("language", values::choice(Tongue::ALL.map(|tongue| (tongue.code(), tongue))))?;
    let attach_review = keys.or("attach_review", false, values::flag)?;
    let timeout = keys.or("timeout_seconds", half, values::seconds(half))?;
    let incomplete = |place, what| Err(Mistake::at(place, format!("[notify]: {what}")));
    let (to, from, server) = match (to, from, smtp) {
        (None, None, None) => return Ok(None),
        (Some(to), Some(from), Some(smtp)) => (to.value, from.value, smtp.value),
        (Some(to), None, _) => return incomplete(to.place, "`from` is missing: the address that mails come from"),
        (Some(to), Some(_), None) => {
            return incomplete(to.place, "`smtp` is missing: the server that takes mails, as in \"smtps://USER@HOST\"");
        }
        (None, Some(Placed { place, .. }), _) | (None, None, Some(Placed { place, .. })) => {
            return incomplete(place, "`to` is missing: the addresses that are told");
        }
    };
    let attachment = if attach_review { Attachment::Review } else { Attachment::Nothing };
    let mail = MailSettings { to, from, server, attachment, timeout };
    Ok(Some(Notify { mail, operators, language, password_file }))
}

/// The value with its place.
fn placed<T>(
    read: impl FnOnce(Value<'_>) -> Result<T, Mistake>,
) -> impl FnOnce(Value<'_>) -> Result<Placed<T>, Mistake> {
    move |value| Ok(Placed { value: read(value)?, place: value.place() })
}

fn addresses(value: Value<'_>) -> Result<Vec<Mailbox>, Mistake> {
    match value.items()? {
        none if none.is_empty() => Err(value.wrong("expected at least one address")),
        items => items.into_iter().map(values::parsed(smtp::mailbox)).collect(),
    }
}

impl Config {
    /// The password of the mail server's user: `[notify] password_file`, else systemd's `smtp-password`, else the environment.
    /// None where the server needs none.
    pub fn smtp_password(&self) -> Result<Option<Secret>, Failure> {
        match &self.notify {
            Some(Notify {
                mail: MailSettings { server: SmtpServer { user: Some(user), .. }, .. },
                password_file,
                ..
            }) => password(user, password_file.as_ref(), &self.environment).map(Some),
            Some(_) | None => Ok(None),
        }
    }
}

fn password(user: &str, file: Option<&PathBuf>, environment: &Environment) -> Result<Secret, Failure> {
    let handed_over = environment.handed_over(PASSWORD_NAME);
    let files = file.into_iter().chain(&handed_over);
    match (credential::search(files, &credential::SMTP_PASSWORD)?, &environment.smtp_password) {
        (Found::Text(_, text), _) => Ok(Secret::new(text.as_str())),
        (Found::Nothing | Found::Closed(_), Some(password)) => Ok(password.clone()),
        (Found::Closed(failure), None) => Err(failure),
        (Found::Nothing, None) => Err(Failure::new(Exit::Misconfigured, format!("there is no password for {user}"))
            .hint("write it into a file that only its owner can read (0600), and name that in [notify] password_file")
            .hint(format!("or hand it over as {PASSWORD_NAME} in $CREDENTIALS_DIRECTORY"))
            .hint("or in $HONESTLY_SYNC_SMTP_PASSWORD")),
    }
}

#[cfg(test)]
mod tests;
