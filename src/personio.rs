//! Personio's API v1, as much of it as a reader of all employees needs.
//!
//! [`Client`] signs in, asks, and returns either what Personio said or one [`Failure`]; it never returns a part. It only
//! reads. `wire` is the JSON as sent, `convert` what it means, `listing` the proof that nobody is missing, `pace` the
//! limits and the patience, `transport` the HTTP. The credential goes into the body of a sign-in to the configured host
//! and nowhere else: not into an address, a message or a log, and not to another host.

mod convert;
mod listing;
mod pace;
mod transport;
mod wire;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use serde::Serialize;
use zeroize::Zeroizing;

pub use convert::{PageReader, Wanted};
pub use listing::{CompleteListing, Progress};

use crate::exit::{Exit, Failure};
use crate::roster::model::record::{AttributeKey, EmployeeId, Record};
use crate::roster::policy::mapping::Attribute;
use crate::secret::{Credential, Secret};
use convert::SignedIn;
use transport::{Answer, Request, Transport, attribute_query, lock};
use wire::Fault;

/// The most people Personio gives out in one page. Source: its pagination guide, enforced since January 2025.
const PEOPLE_PER_PAGE: &str = "100";

/// How many pages are asked for at once: enough to use the fifteen requests a second where an answer takes half a second.
pub const CONNECTIONS: usize = 8;

/// Personio asks to leave at least a second before a retry. Source: its changelog on rate limits of May 2024.
const FIRST_WAIT: Duration = Duration::from_secs(1);

const EMPLOYEES: &str = "/company/employees";
const ATTRIBUTES: &str = "/company/employees/attributes";

/// Where Personio is and how patient to be with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Such as `https://api.personio.de/v1`. Plain http is refused except on loopback.
    pub base_url: String,
    /// How long one request may take, from connecting to the last byte.
    pub request_timeout: Duration,
    /// How much time all failed attempts and the waits after them may take together, over the life of a client.
    pub give_up_after: Duration,
    /// Personio allows 15; `0` means no limit.
    pub requests_per_second: u32,
    /// Personio allows 300; `0` means no limit.
    pub requests_per_minute: u32,
}

/// The attributes the credential may read, according to Personio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attributes {
    /// Sorted by key.
    Listed(Vec<Attribute>),
    /// Some credentials may not list attributes although they may read employees.
    Refused,
}

/// The first page of employees, read for what can be seen rather than for who is on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstPage {
    /// How many employees the account has.
    pub total: u64,
    /// How many of them are on this page. With none, nothing is known about what is readable.
    pub people: usize,
    /// The attributes at least one of them carries, sorted by key; an attribute the credential may not read is absent.
    pub readable: Vec<Attribute>,
}

/// What Personio says about one id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// Personio itself says that there is no such employee.
    Gone,
    Known(Box<Record>),
}

/// A connection to one Personio account.
#[derive(Debug)]
pub struct Client {
    transport: Transport,
    credential: Credential,
    session: Mutex<Option<Session>>,
}

/// A token, and the how-manieth of this client it is, so that a refused token is replaced once and not once per reader.
#[derive(Debug, Clone)]
struct Session {
    token: Arc<Secret>,
    number: u32,
}

impl Client {
    /// Sends nothing yet.
    pub fn new(settings: &Settings, credential: Credential) -> Result<Self, Failure> {
        Self::with_first_wait(settings, credential, FIRST_WAIT)
    }

    fn with_first_wait(settings: &Settings, credential: Credential, first_wait: Duration) -> Result<Self, Failure> {
        Ok(Self { transport: Transport::new(settings, first_wait)?, credential, session: Mutex::new(None) })
    }

    /// Proves the credential. Reading signs in by itself where needed; this is for those who want to know first.
    pub fn sign_in(&self) -> Result<(), Failure> {
        self.session_after(None).map(drop)
    }

    /// What Personio's clock said in its latest answer, if it said anything.
    pub fn time(&self) -> Option<SystemTime> {
        self.transport.time_there()
    }

    /// The attributes the credential may read.
    pub fn attributes(&self) -> Result<Attributes, Failure> {
        let answer = self.read(ATTRIBUTES, &[])?;
        match answer.status {
            StatusCode::OK => convert::read_attributes(&answer.body).map(Attributes::Listed).map_err(untrusted),
            StatusCode::FORBIDDEN => Ok(Attributes::Refused),
            _ => Err(self.transport.unexpected(&answer, ATTRIBUTES)),
        }
    }

    /// One page of employees, asking for some attributes or, with `None`, for whatever the credential may read.
    pub fn first_page(&self, keys: Option<&[AttributeKey]>) -> Result<FirstPage, Failure> {
        let mut query = vec![("limit", PEOPLE_PER_PAGE), ("offset", "0")];
        query.extend(attribute_query(keys.unwrap_or_default()));
        let body = self.employees(EMPLOYEES, &query)?;
        let (total, people, readable) = convert::read_survey(&body).map_err(untrusted)?;
        Ok(FirstPage { total, people, readable })
    }

    /// Every employee with the wanted attributes, proven complete. Of each record only what `keep` makes of it is kept, so
    /// that memory grows with what is needed and not with what came; it is asked on several threads. `progress` is told
    /// after each page; it starts anew when a listing that changed while it was read has to be read again.
    pub fn list<T: Send>(
        &self,
        wanted: &Wanted,
        keep: impl Fn(Record) -> T + Sync,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<CompleteListing<T>, Failure> {
        let attributes = attribute_query(wanted.keys());
        let open = || {
            let mut reader = PageReader::new(wanted);
            let (attributes, keep) = (&attributes, &keep);
            move |offset: u64| {
                let offset = offset.to_string();
                let mut query = vec![("limit", PEOPLE_PER_PAGE), ("offset", offset.as_str())];
                query.extend(attributes);
                let body = self.employees(EMPLOYEES, &query)?;
                reader.page(&body, keep).map_err(untrusted)
            }
        };
        listing::read_completely(open, CONNECTIONS, progress)
    }

    /// What Personio knows about one person. Only Personio's own 404 counts as gone: one from a proxy or a wrong address
    /// is no evidence of anything.
    pub fn employee(&self, id: EmployeeId, wanted: &Wanted) -> Result<Lookup, Failure> {
        let path = format!("{EMPLOYEES}/{id}");
        let answer = self.read(&path, &[])?;
        match answer.status {
            StatusCode::OK => PageReader::new(wanted)
                .person(&answer.body, id)
                .map(|record| Lookup::Known(Box::new(record)))
                .map_err(untrusted),
            StatusCode::NOT_FOUND if convert::is_refusal_by_personio(&answer.body) => Ok(Lookup::Gone),
            StatusCode::FORBIDDEN => Err(missing_right()),
            _ => Err(self.transport.unexpected(&answer, &path)),
        }
    }

    fn employees(&self, path: &str, query: &[(&str, &str)]) -> Result<Vec<u8>, Failure> {
        let answer = self.read(path, query)?;
        match answer.status {
            StatusCode::OK => Ok(answer.body),
            StatusCode::FORBIDDEN => Err(missing_right()),
            _ => Err(self.transport.unexpected(&answer, path)),
        }
    }

    /// A read whose token is refused gets one new token. A second refusal is final: some missing rights show as 401.
    fn read(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, Failure> {
        let session = self.session_after(None)?;
        let answer = self.transport.send(&Request::Read { path, query, token: &session.token })?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        log::info!("Personio refused the token; signing in again");
        let session = self.session_after(Some(session.number))?;
        let answer = self.transport.send(&Request::Read { path, query, token: &session.token })?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        Err(Failure::new(Exit::Rejected, "Personio refused a token it had just issued (401)").hint(
            "check that the credential is still active and may read employees, in Personio under \
             Settings > Integrations > API credentials",
        ))
    }

    /// The current session, or a new one where there is none or only the refused one. Readers on other threads wait here
    /// and share the result.
    fn session_after(&self, refused: Option<u32>) -> Result<Session, Failure> {
        let mut current = lock(&self.session);
        if let Some(session) = current.as_ref().filter(|session| Some(session.number) != refused) {
            return Ok(session.clone());
        }
        let token = Arc::new(self.request_token()?);
        let session = Session { token, number: refused.map_or(0, |number| number + 1) };
        *current = Some(session.clone());
        Ok(session)
    }

    fn request_token(&self) -> Result<Secret, Failure> {
        #[derive(Serialize)]
        struct SignIn<'a> {
            client_id: &'a str,
            client_secret: &'a str,
        }

        let Credential { client_id, client_secret } = &self.credential;
        let body = serde_json::to_vec(&SignIn { client_id, client_secret: client_secret.reveal() }).map(Zeroizing::new);
        let body = body.map_err(|_| Failure::new(Exit::Bug, "the sign-in could not be written as JSON"))?;
        let answer = self.transport.send(&Request::SignIn { body: &body })?;
        match answer.status {
            StatusCode::OK => match convert::read_token(&answer.body).map_err(untrusted)? {
                SignedIn::Yes(token) => Ok(token),
                SignedIn::No => Err(rejected("`success: false`")),
            },
            // Which of the three a wrong secret gets is documented in different ways at Personio.
            StatusCode::BAD_REQUEST => Err(rejected("400")),
            StatusCode::UNAUTHORIZED => Err(rejected("401")),
            StatusCode::FORBIDDEN => Err(rejected("403")),
            _ => Err(self.transport.unexpected(&answer, "/auth")),
        }
    }
}

fn rejected(how: &str) -> Failure {
    Failure::new(Exit::Rejected, format!("Personio rejected the credential ({how})")).hint(
        "create or renew it in Personio under Settings > Integrations > API credentials, then `honestly-sync connect`",
    )
}

fn missing_right() -> Failure {
    Failure::new(Exit::Rejected, "the credential may not read employees (403)")
        .hint("allow it to read employees in Personio under Settings > Integrations > API credentials")
}

fn untrusted(fault: Fault) -> Failure {
    Failure::new(Exit::Untrusted, fault.to_string())
}

#[cfg(test)]
mod crooked;
#[cfg(test)]
mod tests;
