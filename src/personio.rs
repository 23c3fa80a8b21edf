//! Personio's API v1, as far as a reader of all employees needs it.
//!
//! [`Client`] signs in, asks, and returns what Personio said or one [`Failure`]. It never returns a part, and it only reads.
//! `wire` is the JSON as sent, `convert` is what it means, `listing` proves that nobody is missing, `pace` has the limits and
//! the patience, `transport` the HTTP, `body` the limits of a body, `error` the reasons for no answer, and `progress` what
//! somebody who waits is told. The credential goes into the body of a sign-in to the configured host and nowhere else: not into
//! an address, a message or a log, and not to another host.

mod body;
mod convert;
mod error;
mod listing;
mod pace;
mod progress;
mod refusal;
mod transport;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use serde::Serialize;
use zeroize::Zeroizing;

pub use convert::{PageReader, Wanted};
pub use listing::CompleteListing;
pub use progress::{Observer, Progress};

use crate::exit::{Exit, Failure};
use crate::remote::{BaseUrl, Proxies};
use crate::roster::decide::reply::Reply;
use crate::roster::model::record::{EmployeeId, Record};
use crate::roster::policy::attribute::Attribute;
use crate::secret::{Credential, Secret};
use crate::timezone::TimeZone;
use convert::SignedIn;
use error::{Outlook, Unanswered};
use refusal::{Asked, Meaning, Refusal, meaning};
use transport::{Answer, Bounds, Effort, Request, Transport, lock};

/// The most people Personio gives out in one page. Source: its pagination guide, enforced since January 2025.
const PEOPLE_PER_PAGE: u64 = 100;

/// How many pages to ask for at once: enough to use the fifteen requests a second where an answer takes half a second.
pub const CONNECTIONS: usize = 8;

const BOUNDS: Bounds = Bounds {
    // Personio asks to leave at least a second before a retry. Source: its changelog on rate limits of May 2024.
    first_wait: Duration::from_secs(1),
    // Somebody who types `connect` waits for this.
    sign_in: Duration::from_secs(30),
    most_requests: transport::MOST_REQUESTS,
};

/// How many times to ask for one person by id or for the list of attributes: no answer does no harm, and must not use up the
/// run's patience.
const ATTEMPTS: u32 = 3;

/// Servers and proxies refuse a request line of 8 kB. The path and the rest of the line need some of that.
const LONGEST_QUERY: usize = 5_500;

const EMPLOYEES: &str = "/company/employees";
const ATTRIBUTES: &str = "/company/employees/attributes";

/// Where Personio is and how patient to be with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub base_url: BaseUrl,
    /// How long one request may take, from connecting to the last byte.
    pub request_timeout: Duration,
    /// How much time all failed attempts and the waits after them may take together, over the life of a client.
    pub give_up_after: Duration,
    /// Personio allows 15. `0` means no limit.
    pub requests_per_second: u32,
    /// Personio allows 300. `0` means no limit.
    pub requests_per_minute: u32,
    pub proxies: Proxies,
}

/// The attributes the credential may read, according to Personio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attributes {
    /// Sorted by key.
    Listed(Vec<Attribute>),
    /// What Personio did instead. Some credentials may not list attributes although they may read employees.
    NotListed(Reply),
}

/// The first page of employees, read for what the credential may see and not for who is on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstPage {
    /// How many employees the account has.
    pub total: u64,
    /// How many employees are on this page. With none, nothing is known about what is readable.
    pub people: usize,
    /// The attributes that at least one of them carries, sorted by key. An attribute that the credential may not read is
    /// absent.
    pub readable: Vec<Attribute>,
}

/// What Personio says about one id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// Personio itself says that there is no such employee.
    Gone,
    Known(Box<Record>),
    /// Any other answer says nothing about the person.
    Unclear(Reply),
}

/// A connection to one Personio account.
#[derive(Debug)]
pub struct Client {
    transport: Transport,
    credential: Credential,
    /// The company's time zone, for dates that are written as a moment in another zone.
    timezone: TimeZone,
    session: Mutex<Option<Session>>,
}

/// A token and its number within this client. The number makes sure that a refused token is replaced once, not by every reader.
#[derive(Debug, Clone)]
struct Session {
    token: Arc<Secret>,
    number: u32,
}

/// Why a read brought no answer.
enum NotRead {
    /// Nobody can be asked without a token.
    SignIn(Failure),
    /// The token was refused, and so was a new one. Some missing rights look like this.
    TokenRefused(Answer),
    Unanswered(Unanswered),
}

impl NotRead {
    /// What Personio did, where another request may be answered.
    fn reply(self) -> Result<Reply, Failure> {
        match self {
            Self::SignIn(failure) => Err(failure),
            Self::TokenRefused(answer) => Ok(Reply::Status(answer.status.as_u16())),
            Self::Unanswered(unanswered) => match unanswered.error.outlook() {
                Outlook::ThisRun => Err(unanswered.into()),
                Outlook::MayPass | Outlook::ThisRequest => Ok(unanswered.error.reply()),
            },
        }
    }
}

impl Client {
    /// Sends nothing yet. `observer` gets the news for somebody who waits.
    pub fn new(
        settings: &Settings,
        timezone: TimeZone,
        credential: Credential,
        observer: Observer,
    ) -> Result<Self, Failure> {
        Self::bounded(settings, timezone, credential, observer, BOUNDS)
    }

    fn bounded(
        settings: &Settings,
        timezone: TimeZone,
        credential: Credential,
        observer: Observer,
        bounds: Bounds,
    ) -> Result<Self, Failure> {
        let transport = Transport::new(settings, credential.client_secret.clone(), bounds, observer)?;
        Ok(Self { transport, credential, timezone, session: Mutex::new(None) })
    }

    /// Proves the credential for somebody who waits for it. Reading signs in by itself where needed, and is as patient with
    /// that as with everything else.
    pub fn sign_in(&self) -> Result<(), Failure> {
        self.session_after(None, Effort::Within(self.transport.bounds.sign_in)).map(drop)
    }

    /// Signs in where that was not done yet, with the patience of reading. Afterwards Personio's clock is known.
    pub fn open(&self) -> Result<(), Failure> {
        self.session_after(None, Effort::Run).map(drop)
    }

    /// The time in Personio's latest answer, if it gave one.
    pub fn time(&self) -> Option<SystemTime> {
        self.transport.time_there()
    }

    /// The parts of its API of which Personio says that they end, and when, if it says that.
    pub fn ending(&self) -> BTreeMap<&'static str, Option<SystemTime>> {
        self.transport.ending()
    }

    /// How many more requests this client may send.
    pub fn requests_left(&self) -> usize {
        self.transport.requests_left() as usize
    }

    /// The attributes the credential may read. The list only helps. Fails only where nobody can be asked any more.
    pub fn attributes(&self) -> Result<Attributes, Failure> {
        let answer = match self.answer(ATTRIBUTES, &[], Effort::Attempts(ATTEMPTS)) {
            Ok(answer) => answer,
            Err(not_read) => return not_read.reply().map(Attributes::NotListed),
        };
        Ok(match answer.status {
            StatusCode::OK => match convert::read_attributes(&answer.body) {
                Ok(attributes) => Attributes::Listed(attributes),
                Err(error) => Attributes::NotListed(Reply::Content(error.content())),
            },
            _ => Attributes::NotListed(Reply::Status(answer.status.as_u16())),
        })
    }

    /// One page of employees with all that the credential may read.
    pub fn first_page(&self) -> Result<FirstPage, Failure> {
        let limit = PEOPLE_PER_PAGE.to_string();
        let body = self.employees(&[("limit", &limit), ("offset", "0")])?;
        convert::read_first_page(&body).map_err(untrusted)
    }

    /// Every employee with the wanted attributes, proven complete. Keeps only what `keep` makes of each record, so that memory
    /// grows with what is needed and not with what came. Calls `keep` on several threads.
    pub fn list<T: Send>(
        &self,
        wanted: &Wanted,
        keep: impl Fn(Record) -> T + Sync,
    ) -> Result<CompleteListing<T>, Failure> {
        let (attributes, limit) = (attribute_query(wanted), PEOPLE_PER_PAGE.to_string());
        let open = || {
            let mut reader = PageReader::new(wanted, &self.timezone);
            let (attributes, limit, keep) = (&attributes, &limit, &keep);
            move |offset: u64| {
                let offset = offset.to_string();
                let mut query = vec![("limit", limit.as_str()), ("offset", offset.as_str())];
                query.extend(attributes);
                let body = self.employees(&query)?;
                reader.page(&body, keep).map_err(untrusted)
            }
        };
        listing::read_completely(open, CONNECTIONS, &self.transport.observer)
    }

    /// What Personio knows about one person. Only Personio's own 404 counts as gone: a 404 from a proxy or a wrong address
    /// proves nothing, nor does any other answer. Fails only where nobody can be asked any more.
    pub fn employee(&self, id: EmployeeId, wanted: &Wanted) -> Result<Lookup, Failure> {
        let answer = match self.answer(&format!("{EMPLOYEES}/{id}"), &[], Effort::Attempts(ATTEMPTS)) {
            Ok(answer) => answer,
            Err(not_read) => return not_read.reply().map(Lookup::Unclear),
        };
        Ok(match answer.status {
            StatusCode::OK => match PageReader::new(wanted, &self.timezone).person(&answer.body, id) {
                Ok(record) => Lookup::Known(Box::new(record)),
                Err(error) => Lookup::Unclear(Reply::Content(error.content())),
            },
            StatusCode::NOT_FOUND if convert::is_nobody_by_personio(&answer.body) => Lookup::Gone,
            StatusCode::NOT_FOUND => Lookup::Unclear(Reply::NotPersonios404),
            _ => Lookup::Unclear(Reply::Status(answer.status.as_u16())),
        })
    }

    fn employees(&self, query: &[(&str, &str)]) -> Result<Vec<u8>, Failure> {
        let answer = self.read(EMPLOYEES, query, Effort::Run)?;
        match answer.status {
            StatusCode::OK => Ok(answer.body),
            _ => Err(self.refusal(Asked::Read, EMPLOYEES, &answer)),
        }
    }

    fn read(&self, path: &str, query: &[(&str, &str)], effort: Effort) -> Result<Answer, Failure> {
        self.answer(path, query, effort).map_err(|not_read| match not_read {
            NotRead::SignIn(failure) => failure,
            NotRead::Unanswered(unanswered) => unanswered.into(),
            NotRead::TokenRefused(answer) => self.refusal(Asked::Read, path, &answer),
        })
    }

    /// Reads, and gets one new token if the token is refused.
    fn answer(&self, path: &str, query: &[(&str, &str)], effort: Effort) -> Result<Answer, NotRead> {
        let ask = |session: &Session| {
            let request = Request::Read { path, query, token: &session.token };
            self.transport.send(&request, effort).map_err(NotRead::Unanswered)
        };
        let is_refused = |answer: &Answer| match answer.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                meaning(Asked::Read, answer.status.as_u16(), &answer.says) == Meaning::TokenRefused
            }
            _ => false,
        };
        let session = self.session_after(None, Effort::Run).map_err(NotRead::SignIn)?;
        let answer = ask(&session)?;
        if !is_refused(&answer) {
            return Ok(answer);
        }
        log::info!("Personio refused the token; signing in again");
        let session = self.session_after(Some(session.number), Effort::Run).map_err(NotRead::SignIn)?;
        let answer = ask(&session)?;
        if is_refused(&answer) { Err(NotRead::TokenRefused(answer)) } else { Ok(answer) }
    }

    /// An answer without success.
    fn refusal(&self, asked: Asked, path: &str, Answer { status, says, .. }: &Answer) -> Failure {
        let says = says.clone();
        Refusal { asked, host: self.transport.host(), path, status: status.as_u16(), says }.failure()
    }

    /// The current session, or a new one where there is none or only the refused one. Readers on other threads wait here and
    /// share the result.
    fn session_after(&self, refused: Option<u32>, effort: Effort) -> Result<Session, Failure> {
        let mut current = lock(&self.session);
        if let Some(session) = current.as_ref().filter(|session| Some(session.number) != refused) {
            return Ok(session.clone());
        }
        let token = Arc::new(self.request_token(effort)?);
        let session = Session { token, number: refused.map_or(0, |number| number + 1) };
        *current = Some(session.clone());
        Ok(session)
    }

    fn request_token(&self, effort: Effort) -> Result<Secret, Failure> {
        #[derive(Serialize)]
        struct SignIn<'a> {
            client_id: &'a str,
            client_secret: &'a str,
        }

        let Credential { client_id, client_secret } = &self.credential;
        let body = serde_json::to_vec(&SignIn { client_id, client_secret: client_secret.reveal() }).map(Zeroizing::new);
        let body = body.map_err(|_| Failure::new(Exit::Bug, "the sign-in could not be written as JSON"))?;
        let mut answer = self.transport.send(&Request::SignIn { body: &body }, effort)?;
        let signed_in = match answer.status {
            StatusCode::OK => {
                let body = Zeroizing::new(std::mem::take(&mut answer.body));
                convert::read_token(&body).map_err(untrusted)?
            }
            _ => SignedIn::No,
        };
        match signed_in {
            SignedIn::Yes(token) => Ok(token),
            SignedIn::No => Err(self.refusal(Asked::SignIn, "/auth", &answer)),
        }
    }
}

/// The query that asks for attributes. Personio expects the key repeated, brackets included. Where that would be longer than
/// servers accept, it asks for everything, and the reader skips what nobody wants.
fn attribute_query(wanted: &Wanted) -> Vec<(&str, &str)> {
    let pairs: Vec<_> = wanted.keys().map(|key| ("attributes[]", key.as_str())).collect();
    let as_sent = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
    if as_sent.len() <= LONGEST_QUERY { pairs } else { Vec::new() }
}

fn untrusted(error: wire::Error) -> Failure {
    Failure::new(Exit::Untrusted, error.to_string())
}

#[cfg(test)]
mod tests;
