//! Where to hand in mails, as a URL names it, and whom they go to. The configuration reads this once; nothing here connects to
//! anything.

use std::fmt;
use std::time::Duration;

use lettre::Address;
use lettre::message::Mailbox;
use url::{Host, Url};

use super::{is_loopback, percent_decoded};

/// All that decides where a mail goes and what it may carry, except the password, which is read when it is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSettings {
    pub to: Vec<Mailbox>,
    pub from: Mailbox,
    pub server: SmtpServer,
    pub attachment: Attachment,
    /// How long handing in one mail may take, from looking up the host to the server's last answer.
    pub timeout: Duration,
}

/// What a mail carries beside its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attachment {
    Nothing,
    /// The page that names everybody concerned.
    Review,
}

/// A server that takes mails, as its URL names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpServer {
    /// A name or an address, without brackets.
    pub host: String,
    pub port: u16,
    /// None where the server takes mails from this machine without signing in.
    pub user: Option<String>,
    pub encryption: Encryption,
}

/// How the words to the server are kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte.
    Tls,
    /// After a greeting in the clear. Without encryption nothing is sent.
    StartTls,
    /// The server is an address of this machine.
    ThisMachine,
}

/// RFC 8314, section 3.3.
const TLS_PORT: u16 = 465;
/// RFC 6409, section 3.1.
const STARTTLS_PORT: u16 = 587;
/// RFC 5321, section 4.5.4.2: the port where a mail server listens for its own machine.
const LOCAL_PORT: u16 = 25;

impl SmtpServer {
    /// Reads `smtps://USER@HOST[:PORT]`, or `smtp://` for STARTTLS and for a server on this machine.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "expected smtps://USER@HOST, or smtp://USER@HOST for STARTTLS";
        let url = Url::parse(text.trim()).map_err(|_| EXPECTED)?;
        if url.password().is_some() {
            return Err("a password has no place here: it comes from [notify] password_file, from smtp-password in \
                        $CREDENTIALS_DIRECTORY or from $HONESTLY_SYNC_SMTP_PASSWORD");
        }
        let encryption = match url.scheme() {
            "smtps" => Encryption::Tls,
            "smtp" if is_this_machine(&url) => Encryption::ThisMachine,
            "smtp" => Encryption::StartTls,
            _ => return Err(EXPECTED),
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err("expected nothing after the host and its port");
        }
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let user = percent_decoded(url.username()).ok_or("the user is not UTF-8")?;
        if host.is_empty() || user.chars().any(char::is_control) {
            return Err(EXPECTED);
        }
        let usual = match encryption {
            Encryption::Tls => TLS_PORT,
            Encryption::StartTls => STARTTLS_PORT,
            Encryption::ThisMachine => LOCAL_PORT,
        };
        let user = (!user.is_empty()).then_some(user);
        Ok(Self { host, port: url.port().unwrap_or(usual), user, encryption })
    }
}

/// To the URL grammar, hosts of `smtp:` are opaque: `127.0.0.1` is a name there.
fn is_this_machine(url: &Url) -> bool {
    let address = url.host_str().map(Host::parse);
    is_loopback(url)
        || match address {
            Some(Ok(Host::Ipv4(address))) => address.is_loopback(),
            Some(Ok(Host::Ipv6(address))) => address.is_loopback(),
            Some(Ok(Host::Domain(_)) | Err(_)) | None => false,
        }
}

impl fmt::Display for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, user: _, encryption: _ } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// Reads `hr@example.com` or `HR <hr@example.com>`. The server gets ASCII, as every server takes it.
pub fn mailbox(text: &str) -> Result<Mailbox, &'static str> {
    const EXPECTED: &str = "not an e-mail address; expected one such as \"hr@example.com\" or \"HR <hr@example.com>\"";
    let Mailbox { name, email } = text.trim().parse().map_err(|_| EXPECTED)?;
    let domain = match Host::parse(email.domain()) {
        Ok(Host::Domain(ascii)) => ascii,
        Ok(Host::Ipv4(_) | Host::Ipv6(_)) | Err(_) => return Err(EXPECTED),
    };
    if !email.user().is_ascii() || name.as_ref().is_some_and(|name| name.chars().any(char::is_control)) {
        return Err(EXPECTED);
    }
    Ok(Mailbox::new(name, Address::new(email.user(), domain).map_err(|_| EXPECTED)?))
}

#[cfg(test)]
mod tests;
