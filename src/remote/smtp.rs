//! Where mails are handed in, as a URL names it, and whom they go to. Read once, by the configuration; nothing here connects
//! to anything.

use std::fmt;
use std::time::Duration;

use lettre::Address;
use lettre::message::Mailbox;
use url::{Host, Url};

use super::{is_loopback, percent_decoded};

/// All that decides where a mail goes and what it may carry. The password is no part of it: it is read when it is needed.
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

/// How what is said to the server is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte.
    Tls,
    /// After a greeting in the clear; without it nothing is sent.
    StartTls,
    /// The server is an address of this machine.
    ThisMachine,
}

/// RFC 8314, section 3.3.
const TLS_PORT: u16 = 465;
/// RFC 6409, section 3.1.
const STARTTLS_PORT: u16 = 587;
/// RFC 5321, section 4.5.4.2: what a mail server listens at for its own machine.
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

/// Hosts of `smtp:` are opaque to the URL grammar: `127.0.0.1` is a name there.
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

/// Reads `hr@example.com` or `HR <hr@example.com>`. What a server is told is ASCII, as every server takes it.
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
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_as_it_is_meant() {
        let server = |host: &str, port, user: Option<&str>, encryption| {
            Ok(SmtpServer { host: host.to_owned(), port, user: user.map(str::to_owned), encryption })
        };
        let cases = [
            ("smtps://mail.example.com", server("mail.example.com", 465, None, Encryption::Tls)),
            ("smtps://hr@mail.example.com/", server("mail.example.com", 465, Some("hr"), Encryption::Tls)),
            ("smtp://hr%40example.com@h:2525", server("h", 2525, Some("hr@example.com"), Encryption::StartTls)),
            ("smtps://hr@example.com@h", server("h", 465, Some("hr@example.com"), Encryption::Tls)),
            ("smtp://mail.example.com", server("mail.example.com", 587, None, Encryption::StartTls)),
            ("smtp://localhost", server("localhost", 25, None, Encryption::ThisMachine)),
            ("smtp://127.0.0.1:2525", server("127.0.0.1", 2525, None, Encryption::ThisMachine)),
            ("smtp://[::1]", server("::1", 25, None, Encryption::ThisMachine)),
            ("smtps://[::1]", server("::1", 465, None, Encryption::Tls)),
            ("smtp://localhost.example.com", server("localhost.example.com", 587, None, Encryption::StartTls)),
            ("smtp://127.0.0.1.example.com", server("127.0.0.1.example.com", 587, None, Encryption::StartTls)),
            ("smtp://10.0.0.1", server("10.0.0.1", 587, None, Encryption::StartTls)),
        ];
        for (text, expected) in cases {
            assert_eq!(SmtpServer::parse(text), expected, "{text}");
        }
        let refused = [
            "",
            "mail.example.com",
            "https://mail.example.com",
            "smtps://",
            "smtps:mail",
            "smtps://u:canary@h",
            "smtps://u%0a@h",
            "smtps://h/path",
            "smtps://h?x=1",
            "smtps://h#x",
        ];
        for text in refused {
            let why = SmtpServer::parse(text).unwrap_err();
            assert!(!why.contains("canary"), "{text}");
        }
    }

    #[test]
    fn an_address_is_one_that_every_server_takes() {
        for (text, expected) in [
            ("hr@example.com", "hr@example.com"),
            (" HR Team <hr@example.com> ", "HR Team <hr@example.com>"),
            ("hr@bücher.example", "hr@xn--bcher-kva.example"),
        ] {
            assert_eq!(mailbox(text).map(|mailbox| mailbox.to_string()), Ok(expected.to_owned()), "{text}");
        }
        for text in [
            "",
            "hr",
            "@example.com",
            "hr@",
            "hr@x,de",
            "mailto:a@x.de",
            "ü@example.com",
            "a\nb <a@x.de>",
            "a@[10.0.0.1]",
        ] {
            assert!(mailbox(text).is_err(), "{text}");
        }
    }
}
