//! Hands one mail to the server, in bounded time.
//!
//! Each address is asked for separately, so that a refused one does not keep the others from being told.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};

use super::Sent;
use crate::exit::{Exit, Failure};
use crate::remote::smtp::{Encryption, MailSettings, SmtpServer};
use crate::secret::Secret;
use crate::visible::visible;

/// One mail on its way.
struct Handover {
    server: SmtpServer,
    password: Option<Secret>,
    envelope: Envelope,
    mail: Vec<u8>,
    timeout: Duration,
}

pub(super) fn send(settings: &MailSettings, password: Option<&Secret>, mail: &Message) -> Result<Sent, Failure> {
    let MailSettings { server, timeout, .. } = settings;
    let handover = Handover {
        server: server.clone(),
        password: password.cloned(),
        envelope: mail.envelope().clone(),
        mail: mail.formatted(),
        timeout: *timeout,
    };
    // The library's limit is for each answer, and looking up a host has no limit. A thread of its own can be abandoned.
    let (tell, told) = mpsc::sync_channel(1);
    let began = thread::Builder::new().name("mail".to_owned()).spawn(move || {
        // Nobody waits any more where the time was over.
        let _ = tell.send(handover.carry_out());
    });
    began.map_err(|error| Failure::new(Exit::Unavailable, format!("no thread for the mail: {error}")))?;
    match told.recv_timeout(*timeout) {
        Ok(sent) => sent,
        Err(RecvTimeoutError::Disconnected) => Err(Failure::new(Exit::Bug, "the mail was given up by a bug")),
        Err(RecvTimeoutError::Timeout) => Err(silent(server, *timeout)),
    }
}

impl Handover {
    fn carry_out(&self) -> Result<Sent, Failure> {
        let mut connection = self.connect()?;
        self.sign_in(&mut connection)?;
        let sender = Mail::new(self.envelope.from().cloned(), Vec::new());
        connection.command(sender).map_err(|error| self.refused("the sender of the mail", &error))?;
        let mut refused: Vec<Failure> = Vec::new();
        for address in self.envelope.to() {
            match connection.command(Rcpt::new(address.clone(), Vec::new())) {
                Ok(_) => {}
                // A server that answers goes on. Anything else ends the connection.
                Err(error) if error.status().is_some() => refused.push(self.refused_address(address, &error)),
                Err(error) => return Err(self.broken(&error)),
            }
        }
        if refused.len() == self.envelope.to().len() {
            let mut refused = refused.into_iter();
            return Err(refused.next().unwrap_or_else(|| Failure::new(Exit::Misconfigured, "the mail is for nobody")));
        }
        connection.command(Data).map_err(|error| self.refused("the mail", &error))?;
        connection.message(&self.mail).map_err(|error| self.refused("the mail", &error))?;
        // The server has the mail now. Its farewell changes nothing.
        let _ = connection.quit();
        Ok(Sent { refused: refused.into_iter().map(|failure| failure.message).collect() })
    }

    fn connect(&self) -> Result<SmtpConnection, Failure> {
        let SmtpServer { host, port, user: _, encryption } = &self.server;
        let tls = || {
            TlsParameters::new(host.clone()).map_err(|_| {
                Failure::new(Exit::Misconfigured, "encrypted connections are not possible on this machine").hint(
                    "install the CA certificates of the system (package ca-certificates), or name a file in SSL_CERT_FILE",
                )
            })
        };
        let wrapped = match encryption {
            Encryption::Tls => Some(tls()?),
            Encryption::StartTls | Encryption::ThisMachine => None,
        };
        let (name, timeout) = (ClientId::default(), Some(self.timeout));
        let connected = SmtpConnection::connect((host.as_str(), *port), timeout, &name, wrapped.as_ref(), None);
        let mut connection = connected.map_err(|error| self.broken(&error))?;
        match encryption {
            Encryption::Tls | Encryption::ThisMachine => {}
            Encryption::StartTls if connection.can_starttls() => {
                connection.starttls(&tls()?, &name).map_err(|error| self.broken(&error))?;
            }
            Encryption::StartTls => {
                let what = format!("the mail server {} does not offer STARTTLS, and nothing was sent", self.server);
                return Err(Failure::new(Exit::Rejected, what).hint(format!(
                    "smtps://{host} in [notify] smtp, where the server speaks TLS from the first byte"
                )));
            }
        }
        Ok(connection)
    }

    fn sign_in(&self, connection: &mut SmtpConnection) -> Result<(), Failure> {
        let (Some(user), Some(password)) = (&self.server.user, &self.password) else { return Ok(()) };
        let credentials = Credentials::new(user.clone(), password.reveal().to_owned());
        match connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials) {
            Ok(_) => Ok(()),
            Err(error) if error.is_client() => {
                let what = format!("the mail server {} lets nobody sign in with a password", self.server);
                Err(Failure::new(Exit::Rejected, what)
                    .hint("leave USER out of [notify] smtp where the server takes mails without signing in"))
            }
            Err(error) => Err(self.refused(&format!("the password of {user}"), &error)),
        }
    }

    /// What the server refused.
    fn refused(&self, what: &str, error: &Error) -> Failure {
        match error.status() {
            None => self.broken(error),
            Some(status) => {
                let exit = if error.is_permanent() { Exit::Rejected } else { Exit::Unavailable };
                let message = format!("the mail server {} refuses {what}: {status} {}", self.server, reason(error));
                Failure::new(exit, message.trim_end())
            }
        }
    }

    fn refused_address(&self, address: &Address, error: &Error) -> Failure {
        self.refused(&format!("the address {address} of [notify] to"), error)
    }

    /// Why there is no connection, or no longer one.
    fn broken(&self, error: &Error) -> Failure {
        let server = &self.server;
        match tls_error(error) {
            Some(rustls::Error::InvalidCertificate(_)) => {
                let what = format!("the certificate of the mail server {server} is not trusted: {}", reason(error));
                Failure::new(Exit::Rejected, what).hint(
                    "install the authority that made it with the CA certificates of the system, or name its file in \
                     SSL_CERT_FILE",
                )
            }
            Some(rustls::Error::InvalidMessage(_)) => {
                let what = format!("the mail server {server} does not speak TLS from the first byte");
                Failure::new(Exit::Misconfigured, what)
                    .hint(format!("smtp://{server} in [notify] smtp begins with STARTTLS"))
            }
            Some(_) => Failure::new(Exit::Rejected, format!("no TLS with the mail server {server}: {}", reason(error))),
            None if is_timeout(error) => silent(server, self.timeout),
            None => {
                let what = format!("no connection to the mail server {server}: {}", reason(error));
                Failure::new(Exit::Unavailable, what)
            }
        }
    }
}

fn silent(server: &SmtpServer, timeout: Duration) -> Failure {
    let what = format!("the mail server {server} did not take the mail within {} s", timeout.as_secs());
    let failure = Failure::new(Exit::Unavailable, what);
    match server.encryption {
        // A server that waits for TLS says nothing first.
        Encryption::StartTls => failure.hint(format!("smtps://{server} where it speaks TLS from the first byte")),
        Encryption::Tls | Encryption::ThisMachine => failure,
    }
}

fn io_error(error: &Error) -> Option<&std::io::Error> {
    std::error::Error::source(error)?.downcast_ref()
}

fn tls_error(error: &Error) -> Option<&rustls::Error> {
    io_error(error)?.get_ref()?.downcast_ref()
}

fn is_timeout(error: &Error) -> bool {
    use std::io::ErrorKind;
    io_error(error).is_some_and(|error| matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock))
}

/// The server's own words or the system's, on one line.
fn reason(error: &Error) -> String {
    const LONGEST: usize = 300;
    let words = std::error::Error::source(error).map_or_else(String::new, ToString::to_string);
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    visible(&line).chars().take(LONGEST).collect()
}
