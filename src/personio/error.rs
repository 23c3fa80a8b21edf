//! Why a request brought no answer: what may pass and is tried again, what affects the whole run, and how each is told.
//!
//! Sentences name who it was and the trouble, never an address with its query, the secret or the token.

use std::io;
use std::time::Duration;

use reqwest::StatusCode;

use super::refusal::Says;
use crate::exit::{Exit, Failure};
use crate::http::{NotReached, Route};
use crate::reach::{Unreached, causes};
use crate::roster::decide::reply::Reply;

/// Why an attempt brought no usable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    NotReached(NotReached),
    CutShort,
    /// A status that may pass.
    Busy {
        status: StatusCode,
        says: Says,
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
    /// This run has sent this many requests.
    TooManySent {
        requests: u32,
    },
    NotSendable,
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
    hint: Option<String>,
}

impl Error {
    pub fn of_sending(route: &Route, error: &reqwest::Error) -> Self {
        if error.is_builder() { Self::NotSendable } else { Self::NotReached(route.not_reached(error)) }
    }

    pub fn of_reading(error: &io::Error) -> Self {
        let timed_out = causes(error).any(|cause| {
            cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout)
                || cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
        });
        if timed_out { Self::timed_out() } else { Self::CutShort }
    }

    pub fn timed_out() -> Self {
        Self::NotReached(NotReached::of_host(Unreached::TimedOut))
    }

    pub fn outlook(&self) -> Outlook {
        // No outlook depends on the host.
        self.nature("").outlook
    }

    pub fn asked_wait(&self) -> Option<Duration> {
        if let Self::Busy { asked_wait, .. } = self { *asked_wait } else { None }
    }

    /// For a note about the one person who was asked for.
    pub fn reply(&self) -> Reply {
        match self {
            Self::NotReached(NotReached::Host { why, .. }) => match why {
                Unreached::TimedOut => Reply::NotInTime,
                Unreached::Closed => Reply::NoAnswer,
                Unreached::NotTls
                | Unreached::NothingInCommon
                | Unreached::WantsCertificate
                | Unreached::Distrusted(_)
                | Unreached::NoAuthorities => Reply::NotSecure,
                Unreached::UnknownName | Unreached::Refused | Unreached::NoConnection(_) => Reply::NotReached,
            },
            Self::NotReached(NotReached::Proxy { .. } | NotReached::RefusedByProxy { .. }) => Reply::NotReached,
            Self::CutShort => Reply::CutShort,
            Self::Busy { status, .. } | Self::Redirected { status, .. } => Reply::Status(status.as_u16()),
            Self::TooLarge { .. } => Reply::TooLarge,
            Self::UnknownCoding => Reply::UnknownCoding,
            Self::TooManySent { .. } | Self::NotSendable => Reply::NotAsked,
        }
    }

    /// One sentence for somebody who waits and for readers of the log.
    pub fn sentence(&self, host: &str) -> String {
        match self {
            Self::NotReached(not_reached) => not_reached.sentence(host),
            Self::CutShort => format!("an answer of {host} was cut short on the way"),
            Self::Busy { status, says, .. } => {
                let status = status.as_u16();
                let who = match says {
                    Says::Page(_) => {
                        format!("something in between answered in the name of {host}: {status}, a page for browsers")
                    }
                    Says::Personio(_) | Says::Nothing if status == 429 => {
                        format!("{host} says that there are too many requests (429)")
                    }
                    Says::Personio(_) | Says::Nothing => format!("{host} answered with the status {status}"),
                };
                who + &says.after_a_colon()
            }
            Self::Redirected { other_host: Some(other), .. } => {
                format!("{host} redirects to another host, {other}; refused")
            }
            Self::Redirected { other_host: None, .. } => format!("{host} redirects to another address; refused"),
            Self::TooLarge { most_bytes } => format!("{host} sent more than {} MiB in one answer", most_bytes >> 20),
            Self::UnknownCoding => format!("{host} sent an answer in a coding that was not asked for"),
            Self::TooManySent { requests } => {
                format!("{host} was sent {requests} requests in this run, and there is no end of them")
            }
            Self::NotSendable => format!("a request to {host} could not be put together"),
        }
    }

    fn nature(&self, host: &str) -> Nature {
        const LATER: &str = "the next run tries again; `give_up_after_seconds` under [personio] sets how long a sync keeps \
                             trying";
        const ELSEWHERE: &str = "the credential is sent to no other place than `base_url` under [personio]";
        let not_personio = || Some(format!("is {host} Personio? This is not how Personio answers"));
        let later = || Some(LATER.to_owned());
        let (outlook, exit, hint) = match self {
            Self::NotReached(not_reached) => match not_reached.exit() {
                exit if exit == Exit::Unavailable => (Outlook::MayPass, exit, later()),
                exit => (Outlook::ThisRun, exit, not_reached.hint(host)),
            },
            Self::Busy { .. } => (Outlook::MayPass, Exit::Unavailable, later()),
            // Something on the way keeps damaging answers. Waiting alone will not help.
            Self::CutShort => (Outlook::MayPass, Exit::Untrusted, None),
            Self::Redirected { .. } => (Outlook::ThisRequest, Exit::Untrusted, Some(ELSEWHERE.to_owned())),
            Self::TooLarge { .. } | Self::UnknownCoding => (Outlook::ThisRequest, Exit::Untrusted, not_personio()),
            Self::TooManySent { .. } => (Outlook::ThisRun, Exit::Untrusted, not_personio()),
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
        let Nature { outlook, exit, hint } = error.nature(&host);
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
        Failure { hints: hint.into_iter().collect(), ..Failure::new(exit, sentence) }
    }
}
