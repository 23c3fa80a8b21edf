//! Why a request brought no answer: what may pass and is tried again, what affects the whole run, and how each is told.
//!
//! Sentences name the host and the trouble, never an address with its query, a body, the secret or the token.

use std::io;
use std::time::Duration;

use reqwest::StatusCode;

use crate::exit::{Exit, Failure};
use crate::roster::decide::reply::Reply;

/// Why an attempt brought no usable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    TimedOut,
    UnknownHost,
    NoConnection(Refused),
    NoAnswer,
    CutShort,
    /// Too many requests, or trouble of its own.
    Busy {
        status: StatusCode,
        asked_wait: Option<Duration>,
    },
    Redirected {
        status: StatusCode,
        /// None where it is the same host.
        other_host: Option<String>,
    },
    TooLarge {
        most_bytes: usize,
    },
    /// The body has a coding that was not offered.
    UnknownCoding,
    NotSecure {
        reason: &'static str,
    },
    /// This run has sent this many requests.
    TooManySent {
        requests: u32,
    },
    NotSendable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    Yes,
    No,
}

/// What an error means for later attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    MayPass,
    /// The same request fails again, but another one may be answered.
    ThisRequest,
    /// No request of this run will be answered.
    ThisRun,
}

/// What to do after an error.
struct Nature {
    outlook: Outlook,
    exit: Exit,
    hint: Option<&'static str>,
}

impl Error {
    pub fn of_sending(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::TimedOut
        } else if error.is_dns() {
            Self::UnknownHost
        } else if let Some(reason) = tls_reason(error) {
            Self::NotSecure { reason }
        } else if error.is_connect() {
            Self::NoConnection(was_refused(error))
        } else if error.is_builder() {
            Self::NotSendable
        } else {
            Self::NoAnswer
        }
    }

    pub fn of_reading(error: &io::Error) -> Self {
        let timed_out = causes(error).any(|cause| {
            cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout)
                || cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
        });
        if timed_out { Self::TimedOut } else { Self::CutShort }
    }

    pub fn outlook(&self) -> Outlook {
        self.nature().outlook
    }

    pub fn asked_wait(&self) -> Option<Duration> {
        if let Self::Busy { asked_wait, .. } = self { *asked_wait } else { None }
    }

    /// For a note about the one person who was asked for.
    pub fn reply(&self) -> Reply {
        match self {
            Self::TimedOut => Reply::NotInTime,
            Self::UnknownHost | Self::NoConnection(_) => Reply::NotReached,
            Self::NoAnswer => Reply::NoAnswer,
            Self::CutShort => Reply::CutShort,
            Self::Busy { status, .. } | Self::Redirected { status, .. } => Reply::Status(status.as_u16()),
            Self::TooLarge { .. } => Reply::TooLarge,
            Self::UnknownCoding => Reply::UnknownCoding,
            Self::NotSecure { .. } => Reply::NotSecure,
            Self::TooManySent { .. } | Self::NotSendable => Reply::NotAsked,
        }
    }

    /// One sentence for somebody who waits and for readers of the log.
    pub fn sentence(&self, host: &str) -> String {
        match self {
            Self::TimedOut => format!("{host} did not answer in time"),
            Self::UnknownHost => format!("the name {host} cannot be resolved"),
            Self::NoConnection(Refused::Yes) => format!("{host} refused the connection"),
            Self::NoConnection(Refused::No) => format!("no connection to {host}"),
            Self::NoAnswer => format!("{host} closed the connection without a readable answer"),
            Self::CutShort => format!("an answer of {host} was cut short on the way"),
            Self::Busy { status: StatusCode::TOO_MANY_REQUESTS, .. } => {
                format!("{host} says that there are too many requests (429)")
            }
            Self::Busy { status, .. } => format!("{host} has trouble of its own (status {})", status.as_u16()),
            Self::Redirected { other_host: Some(other), .. } => {
                format!("{host} redirects to another host, {other}; refused")
            }
            Self::Redirected { other_host: None, .. } => format!("{host} redirects to another address; refused"),
            Self::TooLarge { most_bytes } => format!("{host} sent more than {} MiB in one answer", most_bytes >> 20),
            Self::UnknownCoding => format!("{host} sent an answer in a coding that was not asked for"),
            Self::NotSecure { reason } => format!("no secure connection to {host}: {reason}"),
            Self::TooManySent { requests } => {
                format!("{host} was sent {requests} requests in this run, and there is no end of them")
            }
            Self::NotSendable => format!("a request to {host} could not be put together"),
        }
    }

    fn nature(&self) -> Nature {
        const LATER: &str = "try again later, as the next run does; `give_up_after_seconds` under [personio] sets how long \
                             a sync keeps trying";
        const ELSEWHERE: &str = "the credential is sent to no other place than `base_url` under [personio]; check it, and \
                                 any proxy";
        const NOT_SECURE: &str = "check this machine's clock and CA certificates, and whether a proxy opens encrypted \
                                  connections";
        const NOT_PERSONIO: &str = "check `base_url` under [personio], and any proxy: this is not how Personio answers";
        let (outlook, exit, hint) = match self {
            Self::TimedOut | Self::UnknownHost | Self::NoConnection(_) | Self::NoAnswer | Self::Busy { .. } => {
                (Outlook::MayPass, Exit::Unavailable, Some(LATER))
            }
            // Something on the way keeps damaging answers. Waiting alone will not help.
            Self::CutShort => (Outlook::MayPass, Exit::Untrusted, Some(LATER)),
            Self::Redirected { .. } => (Outlook::ThisRequest, Exit::Untrusted, Some(ELSEWHERE)),
            Self::NotSecure { .. } => (Outlook::ThisRequest, Exit::Unavailable, Some(NOT_SECURE)),
            Self::TooLarge { .. } | Self::UnknownCoding => (Outlook::ThisRequest, Exit::Untrusted, Some(NOT_PERSONIO)),
            Self::TooManySent { .. } => (Outlook::ThisRun, Exit::Untrusted, Some(NOT_PERSONIO)),
            Self::NotSendable => (Outlook::ThisRun, Exit::Bug, None),
        };
        Nature { outlook, exit, hint }
    }
}

/// A request without an answer, and without attempts left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    pub error: Error,
    pub attempts: u32,
    pub host: String,
    /// The longest wait that was possible.
    pub longest_wait: Duration,
}

impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        let Unanswered { error, attempts, host, longest_wait } = unanswered;
        let Nature { outlook, exit, hint } = error.nature();
        let mut sentence = error.sentence(&host);
        match outlook {
            Outlook::MayPass => {
                let tries = if attempts == 1 { "1 try".to_owned() } else { format!("{attempts} tries") };
                sentence.push_str(&format!("; gave up after {tries}"));
            }
            Outlook::ThisRequest | Outlook::ThisRun => {}
        }
        if let Some(wait) = error.asked_wait().filter(|wait| *wait > longest_wait) {
            sentence.push_str(&format!(", asked to wait {} seconds", wait.as_secs()));
        }
        Failure { hints: hint.into_iter().map(str::to_owned).collect(), ..Failure::new(exit, sentence) }
    }
}

fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn std::error::Error + 'static)| {
        let error: &'a (dyn std::error::Error + 'static) = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            // An io::Error hides the error that it was made of: its source is the source of that error.
            Some(inner) => Some(inner as &(dyn std::error::Error + 'static)),
            None => error.source(),
        }
    })
}

fn was_refused(error: &reqwest::Error) -> Refused {
    let refused = causes(error).any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    });
    if refused { Refused::Yes } else { Refused::No }
}

fn tls_reason(error: &reqwest::Error) -> Option<&'static str> {
    let error = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>())?;
    Some(match error {
        rustls::Error::InvalidCertificate(_) => "its certificate is not valid or not trusted here",
        _ => "it does not speak TLS as expected",
    })
}
