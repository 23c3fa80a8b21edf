//! Hands one mail to the server, in bounded time.
//!
//! Each address is asked for separately, so that a refused one does not keep the others from being told. The mail is the
//! server's with the reply to its end, and not before; without that reply nobody knows.

mod conversation;

use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use lettre::address::Envelope;
use lettre::{Address, Message};

use self::conversation::{Conversation, Error, Reply};
use super::{Arrival, Sent, Unsent};
use crate::exit::{Exit, Failure};
use crate::reach::Unreached;
use crate::remote::smtp::{Encryption, MailSettings, SmtpServer};
use crate::secret::Secret;
use crate::visible::quoted;

/// One mail on its way.
struct Handover {
    server: SmtpServer,
    password: Option<Secret>,
    /// What this machine calls itself.
    name: String,
    envelope: Envelope,
    mail: Vec<u8>,
    timeout: Duration,
}

/// What a handover tells.
enum Step {
    /// Everything but the end was sent, so that the server may have the mail from here on.
    Ending(Sent),
    Ended(Result<Sent, Unsent>),
}

pub(super) fn send(
    settings: &MailSettings,
    password: Option<&Secret>,
    name: String,
    mail: &Message,
) -> Result<Sent, Unsent> {
    let MailSettings { server, timeout, .. } = settings;
    let handover = Handover {
        server: server.clone(),
        password: password.cloned(),
        name,
        envelope: mail.envelope().clone(),
        mail: mail.formatted(),
        timeout: *timeout,
    };
    let until = Instant::now() + *timeout;
    // The limit of a connection is for each answer, and looking up a host has no limit. A thread of its own can be abandoned.
    let (tell, told) = mpsc::sync_channel(2);
    let began = thread::Builder::new().name("mail".to_owned()).spawn(move || {
        let ended = handover.carry_out(&tell);
        // Nobody waits any more where the time was over.
        let _ = tell.send(Step::Ended(ended));
    });
    began.map_err(|error| Failure::new(Exit::Unavailable, format!("no thread for the mail: {error}")))?;
    let mut unknown = None;
    loop {
        match told.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Step::Ending(sent)) => unknown = Some(sent),
            Ok(Step::Ended(ended)) => return ended,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::new(Exit::Bug, "the mail was given up by a bug").into());
            }
            Err(RecvTimeoutError::Timeout) => return unknown.ok_or_else(|| silent(server, *timeout).into()),
        }
    }
}

impl Handover {
    fn carry_out(&self, tell: &SyncSender<Step>) -> Result<Sent, Unsent> {
        let mut connection = self.connect()?;
        self.sign_in(&mut connection)?;
        let sender = self.envelope.from().map(ToString::to_string).unwrap_or_default();
        let from = connection.command(&format!("MAIL FROM:<{sender}>{}", self.size(&connection)?));
        from.map_err(|error| self.unsent("the sender of the mail", error))?;
        let mut sent = Sent { arrival: Arrival::Unknown, ..Sent::default() };
        let mut first = None;
        for address in self.envelope.to() {
            match connection.command(&format!("RCPT TO:<{address}>")) {
                Ok(_) => sent.taken.push(address.to_string()),
                // RFC 5321, section 3.8: the server ends the connection with it.
                Err(Error::Refused(reply)) if reply.code == 421 => {
                    return Err(self.told("the mail", Error::Refused(reply)).into());
                }
                Err(Error::Refused(reply)) => {
                    let put_off = reply.code < 500;
                    let failure = self.refused_address(address, reply);
                    first.get_or_insert_with(|| failure.clone());
                    match put_off {
                        true => sent.put_off.push((address.to_string(), failure.message)),
                        false => sent.refused.push(failure.message),
                    }
                }
                // A server that answers goes on. Anything else ends the connection.
                Err(error) => return Err(self.told("the mail", error).into()),
            }
        }
        if sent.taken.is_empty() {
            return Err(first.unwrap_or_else(|| Failure::new(Exit::Misconfigured, "the mail is for nobody")).into());
        }
        connection.command("DATA").map_err(|error| self.unsent("the mail", error))?;
        connection.mail(&self.mail).map_err(|error| self.unsent("the mail", error))?;
        let _ = tell.send(Step::Ending(sent.clone()));
        match connection.command(".") {
            Ok(_) => {
                connection.farewell();
                Ok(Sent { arrival: Arrival::Certain, ..sent })
            }
            Err(Error::Broken(_)) => Ok(sent),
            Err(error) => Err(self.unsent("the mail", error)),
        }
    }

    /// The size of the mail for a server that asks for it, if it takes so much: RFC 1870.
    fn size(&self, connection: &Conversation) -> Result<String, Unsent> {
        let Some(most) = connection.offered("SIZE") else { return Ok(String::new()) };
        match most.parse() {
            Ok(most @ 1..) if self.mail.len() > most => {
                let (size, server) = (self.mail.len(), &self.server);
                let what = format!("the mail server {server} takes no mail of {size} bytes, but of {most} at most");
                Err(Unsent::TooLarge(Failure::new(Exit::Rejected, what)))
            }
            Ok(_) | Err(_) => Ok(format!(" SIZE={}", self.mail.len())),
        }
    }

    fn unsent(&self, what: &str, error: Error) -> Unsent {
        let is_too_large = matches!(&error, Error::Refused(reply) if reply.is_of_size());
        let failure = self.told(what, error);
        if is_too_large { Unsent::TooLarge(failure) } else { Unsent::Failed(failure) }
    }

    fn connect(&self) -> Result<Conversation, Failure> {
        let SmtpServer { host, port, user: _, encryption } = &self.server;
        let this_machine = |error| self.told("this machine", error);
        let mut connection = Conversation::begin(host, *port, self.timeout).map_err(this_machine)?;
        if *encryption == Encryption::Tls {
            connection = connection.encrypted(host).map_err(this_machine)?;
        }
        connection.reply().map_err(this_machine)?;
        let name = format!("this machine as {}", self.name);
        connection.hello(&self.name).map_err(|error| self.told(&name, error))?;
        match encryption {
            Encryption::Tls | Encryption::ThisMachine => {}
            Encryption::StartTls if connection.offered("STARTTLS").is_some() => {
                connection.command("STARTTLS").map_err(|error| self.told("STARTTLS", error))?;
                connection = connection.encrypted(host).map_err(this_machine)?;
                connection.hello(&self.name).map_err(|error| self.told(&name, error))?;
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

    fn sign_in(&self, connection: &mut Conversation) -> Result<(), Failure> {
        let (Some(user), Some(password)) = (&self.server.user, &self.password) else { return Ok(()) };
        match connection.sign_in(user, password) {
            Ok(()) => Ok(()),
            Err(Error::NoWayToSignIn) => {
                let offered = match connection.offered("AUTH") {
                    Some(methods) if !methods.is_empty() => format!("it offers only {}", quoted(methods)),
                    Some(_) | None => "it offers no way to sign in".to_owned(),
                };
                let what = format!("the mail server {} lets nobody sign in with a password: {offered}", self.server);
                Err(Failure::new(Exit::Rejected, what)
                    .hint("leave USER out of [notify] smtp where the server takes mails without signing in"))
            }
            Err(error) => Err(self.told(&format!("the password of {user}"), error)),
        }
    }

    fn refused_address(&self, address: &Address, reply: Reply) -> Failure {
        self.told(&format!("the address {address} of [notify] to"), Error::Refused(reply))
    }

    /// Why the server did not take something.
    fn told(&self, what: &str, error: Error) -> Failure {
        let server = &self.server;
        match error {
            Error::Refused(Reply { code, lines }) => {
                let (exit, verb) =
                    if code < 500 { (Exit::Unavailable, "puts off") } else { (Exit::Rejected, "refuses") };
                let words = lines.join(" ");
                let is_secret = self.password.as_ref().is_some_and(|password| words.contains(password.reveal()));
                let words = if is_secret { String::new() } else { quoted(&words) };
                let message = format!("the mail server {server} {verb} {what}: {code} {words}");
                Failure::new(exit, message.trim_end())
            }
            Error::Broken(Unreached::TimedOut) => silent(server, self.timeout),
            Error::Broken(Unreached::NotTls) => {
                let failure = Unreached::NotTls.told(&format!("the mail server {server}"));
                let failure = Failure { exit: Exit::Misconfigured, ..failure };
                match server.encryption {
                    Encryption::Tls => failure.hint(format!("smtp://{server} in [notify] smtp begins with STARTTLS")),
                    Encryption::StartTls | Encryption::ThisMachine => failure,
                }
            }
            Error::Broken(why) => why.told(&format!("the mail server {server}")),
            Error::NoWayToSignIn => Failure::new(Exit::Rejected, format!("the mail server {server} takes no password")),
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
