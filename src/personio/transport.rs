//! HTTP to one host: one request in, one whole answer or one clear reason out.
//!
//! Everything sent here is safe to repeat (reads and signing in), so passing trouble is retried as long as patience lasts:
//! time-outs, lost connections, bodies cut short, 408, 425, 429 and 5xx but for what stays as it is. Redirects are never followed: the token would travel along. The
//! log names method, path, status, duration and size.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::blocking::{RequestBuilder, Response};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, LOCATION, RETRY_AFTER};
use zeroize::Zeroizing;

use super::Settings;
use super::body::{self, Coding};
use super::convert;
use super::error::{Error, Outlook, Unanswered};
use super::pace::{Limit, MINUTE, Next, Pacer, Patience, SECOND, retry_after, waits};
use super::progress::{Observer, Progress};
use super::refusal::Says;
use crate::exit::Failure;
use crate::http::Route;
use crate::remote::BaseUrl;
use crate::secret::Secret;

/// The sign-ins that Personio allows in a minute. Source: the reference page of its authentication API.
const SIGN_INS_EACH_MINUTE: u32 = 60;

/// Enough to read two million people once. A listing that needs more has no end.
pub(super) const MOST_REQUESTS: u32 = 20_000;

/// More than the words of a refusal take, in bytes.
const MOST_WORDS: u64 = 64 * 1024;

/// Shorter waits are not worth telling.
const NOTABLE_WAIT: Duration = Duration::from_secs(1);

/// What can be asked of Personio. All of it can be repeated without harm.
pub(super) enum Request<'a> {
    SignIn { body: &'a [u8] },
    Read { path: &'a str, query: &'a [(&'a str, &'a str)], token: &'a Secret },
}

/// How long to keep trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// As long as the patience of the run lasts.
    Run,
    /// The same, with at most this many attempts.
    Attempts(u32),
    /// For this long, including the wait for answers.
    Within(Duration),
}

/// A complete answer that no retry would change.
pub(super) struct Answer {
    pub status: StatusCode,
    /// Of an answer without success.
    pub says: Says,
    pub body: Vec<u8>,
}

/// What is not configurable: only tests have a reason to change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    /// The wait before the second attempt.
    pub first_wait: Duration,
    /// How long proving a credential may take.
    pub sign_in: Duration,
    /// Over the life of a client.
    pub most_requests: u32,
}

#[derive(Debug)]
pub(super) struct Transport {
    route: Route,
    base: BaseUrl,
    /// Of the credential, which no message repeats.
    secret: Secret,
    request_timeout: Duration,
    give_up_after: Duration,
    pub bounds: Bounds,
    requests: AtomicU32,
    pacer: Mutex<Pacer>,
    sign_in_pacer: Mutex<Pacer>,
    patience: Mutex<Patience>,
    pub observer: Observer,
    /// The time that the other side gave in its latest answer.
    time_there: Mutex<Option<SystemTime>>,
    /// Of which Personio says that it ends, and when, if it says that.
    ending: Mutex<BTreeMap<&'static str, Option<SystemTime>>>,
}

impl Transport {
    pub(super) fn new(
        settings: &Settings,
        secret: Secret,
        bounds: Bounds,
        observer: Observer,
    ) -> Result<Self, Failure> {
        let base = &settings.base_url;
        let route = Route::to(&base.at(""), base.transit(), &settings.proxies, settings.request_timeout)?;
        let limits =
            [Limit::each(SECOND, settings.requests_per_second), Limit::each(MINUTE, settings.requests_per_minute)];
        Ok(Self {
            route,
            base: settings.base_url.clone(),
            secret,
            request_timeout: settings.request_timeout,
            give_up_after: settings.give_up_after,
            bounds,
            requests: AtomicU32::new(0),
            pacer: Mutex::new(Pacer::new(limits.into_iter().flatten())),
            sign_in_pacer: Mutex::new(Pacer::new(Limit::each(MINUTE, SIGN_INS_EACH_MINUTE))),
            patience: Mutex::new(Patience::new(settings.give_up_after)),
            observer,
            time_there: Mutex::new(None),
            ending: Mutex::default(),
        })
    }

    /// Sends until there is an answer that no retry would change, or the effort is spent.
    pub(super) fn send(&self, request: &Request<'_>, effort: Effort) -> Result<Answer, Unanswered> {
        let own_patience = match effort {
            Effort::Within(limit) => Some(Mutex::new(Patience::new(limit.min(self.give_up_after)))),
            Effort::Run | Effort::Attempts(_) => None,
        };
        let patience = own_patience.as_ref().unwrap_or(&self.patience);
        let mut waits = waits(self.bounds.first_wait);
        let mut attempts = 0;
        let mut before: Option<Error> = None;
        loop {
            self.keep_pace(request);
            attempts += 1;
            let started = Instant::now();
            let timeout = match effort {
                Effort::Within(_) => self.request_timeout.min(lock(patience).left()),
                Effort::Run | Effort::Attempts(_) => self.request_timeout,
            };
            let error = match self.attempt(request, timeout) {
                Ok(answer) => return Ok(answer),
                // That too little time was left says less than what was answered before.
                Err(error) if timeout < self.request_timeout && error == Error::timed_out() => before.unwrap_or(error),
                Err(error) => error,
            };
            let is_last = match (error.outlook(), effort) {
                (Outlook::ThisRequest | Outlook::ThisRun, _) => true,
                (Outlook::MayPass, Effort::Attempts(most)) => attempts >= most,
                (Outlook::MayPass, Effort::Run | Effort::Within(_)) => false,
            };
            let planned = waits.next().unwrap_or(self.give_up_after);
            let next = match is_last {
                true => Next::GiveUp,
                false => lock(patience).after_failure(started, Instant::now(), planned, error.asked_wait()),
            };
            match next {
                Next::TryAfter(wait) => {
                    self.wait_before_retry(&error, wait);
                    before = Some(error);
                }
                Next::GiveUp => {
                    let longest_wait = self.give_up_after;
                    return Err(Unanswered { error, attempts, host: self.route.host().to_owned(), longest_wait });
                }
            }
        }
    }

    /// The time that the other side gave in its latest answer, if any.
    pub(super) fn time_there(&self) -> Option<SystemTime> {
        *lock(&self.time_there)
    }

    pub(super) fn ending(&self) -> BTreeMap<&'static str, Option<SystemTime>> {
        lock(&self.ending).clone()
    }

    pub(super) fn requests_left(&self) -> u32 {
        self.bounds.most_requests.saturating_sub(self.requests.load(Ordering::Relaxed))
    }

    pub(super) fn host(&self) -> &str {
        self.route.host()
    }

    fn wait_before_retry(&self, error: &Error, wait: Duration) {
        let reason = error.sentence(self.route.host());
        log::info!("{reason}; trying again in {:.1} s", wait.as_secs_f32());
        self.observer.tell(Progress::Retrying { reason, after: wait });
        thread::sleep(wait);
    }

    fn keep_pace(&self, request: &Request<'_>) {
        let now = Instant::now();
        let own = lock(&self.pacer).reserve(now);
        let wait = match request {
            Request::Read { .. } => own,
            Request::SignIn { .. } => own.max(lock(&self.sign_in_pacer).reserve(now)),
        };
        if wait >= NOTABLE_WAIT {
            self.observer.tell(Progress::AtTheLimit { time_left: wait });
        }
        thread::sleep(wait);
    }

    fn attempt(&self, request: &Request<'_>, timeout: Duration) -> Result<Answer, Error> {
        let most = self.bounds.most_requests;
        if self.requests.fetch_add(1, Ordering::Relaxed) >= most {
            return Err(Error::TooManySent { requests: most });
        }
        let started = Instant::now();
        let (method, path) = match request {
            Request::SignIn { .. } => ("POST", "/auth"),
            Request::Read { path, .. } => ("GET", *path),
        };
        let response =
            self.build(request).timeout(timeout).send().map_err(|error| Error::of_sending(&self.route, &error))?;
        let status = response.status();
        self.note_time(response.headers());
        self.note_ending(path, response.headers());
        let trace = trace_of(response.headers()).to_string();
        let told = |size: usize| {
            log::debug!(
                "{method} {path}: {} after {} ms, {size} bytes{trace}",
                status.as_u16(),
                started.elapsed().as_millis()
            );
        };
        if let Some(error) = self.redirected(&response) {
            told(0);
            return Err(error);
        }
        let asked_wait = response.headers().get(RETRY_AFTER);
        let asked_wait =
            asked_wait.and_then(|wait| retry_after(&String::from_utf8_lossy(wait.as_bytes()), SystemTime::now()));
        let coding = Coding::of(response.headers()).ok_or(Error::UnknownCoding);
        let most = if may_pass(status) { MOST_WORDS } else { u64::MAX };
        let body = coding.and_then(|coding| body::read(coding.decoded(response).take(most), started, timeout));
        told(body.as_ref().map_or(0, Vec::len));
        if may_pass(status) {
            let says = body.map_or(Says::Nothing, |body| self.says(request, &body));
            return Err(Error::Busy { status, says, asked_wait });
        }
        let body = body?;
        let says = match (request, status) {
            // Large, and of use by its content alone.
            (Request::Read { .. }, StatusCode::OK) => Says::Nothing,
            (Request::SignIn { .. } | Request::Read { .. }, _) => self.says(request, &body),
        };
        Ok(Answer { status, says, body })
    }

    /// What an answer says is not repeated where that holds what is secret: some servers repeat a request.
    fn says(&self, request: &Request<'_>, body: &[u8]) -> Says {
        let token = match request {
            Request::SignIn { .. } => None,
            Request::Read { token, .. } => Some(*token),
        };
        let secrets: Vec<&str> = [Some(&self.secret), token].into_iter().flatten().map(Secret::reveal).collect();
        convert::says(body).without(&secrets)
    }

    fn build(&self, request: &Request<'_>) -> RequestBuilder {
        match request {
            Request::SignIn { body } => {
                let request = self.route.client.post(self.base.at("/auth"));
                // reqwest wants a copy of its own, which holds the secret. It is wiped when the request is dropped.
                let body = Bytes::from_owner(Zeroizing::new(body.to_vec()));
                request.header(CONTENT_TYPE, "application/json").body(body)
            }
            Request::Read { path, query, token } => {
                self.route.client.get(self.base.at(path)).query(query).bearer_auth(token.reveal())
            }
        }
        .header(ACCEPT, "application/json")
        .header(ACCEPT_ENCODING, Coding::ACCEPTED)
    }

    /// RFC 9745 and RFC 8594. `Deprecation` alone says nothing of the day on which something ends.
    fn note_ending(&self, path: &str, headers: &HeaderMap) {
        const PLACES: [&str; 3] = ["/auth", super::ATTRIBUTES, super::EMPLOYEES];
        let sunset = headers.get("sunset").map(|date| String::from_utf8_lossy(date.as_bytes()));
        if sunset.is_some() || headers.contains_key("deprecation") {
            let day = sunset.and_then(|date| httpdate::parse_http_date(date.trim()).ok());
            let place = PLACES.into_iter().find(|place| path.starts_with(place)).unwrap_or_default();
            let mut ending = lock(&self.ending);
            let known = ending.entry(place).or_default();
            *known = day.or(*known);
        }
    }

    /// An answer without a readable date says nothing about the time.
    fn note_time(&self, headers: &HeaderMap) {
        let date = headers.get(DATE).map(|date| String::from_utf8_lossy(date.as_bytes()));
        if let Some(Ok(time)) = date.map(|date| httpdate::parse_http_date(date.trim())) {
            *lock(&self.time_there) = Some(time);
        }
    }

    /// The token would go where the answer leads.
    fn redirected(&self, response: &Response) -> Option<Error> {
        let status = response.status();
        let target = || {
            let location = response.headers().get(LOCATION)?;
            self.base.redirected_to(&String::from_utf8_lossy(location.as_bytes()))
        };
        let other_host = || target().filter(|host| host != self.route.host());
        status.is_redirection().then(|| Error::Redirected { status, other_host: other_host() })
    }
}

/// Whether the same request may be answered another time. What is not implemented, and a network that asks to sign in first, stay.
fn may_pass(status: StatusCode) -> bool {
    const PASSING: [StatusCode; 3] =
        [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY];
    const LASTING: [StatusCode; 3] = [
        StatusCode::NOT_IMPLEMENTED,
        StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        StatusCode::NETWORK_AUTHENTICATION_REQUIRED,
    ];
    PASSING.contains(&status) || (status.is_server_error() && !LASTING.contains(&status))
}

/// For questions to Personio's support. No document gives the name of the header, so any name with "trace" counts.
fn trace_of(headers: &HeaderMap) -> impl fmt::Display + use<> {
    let trace = headers.iter().find(|(name, _)| name.as_str().contains("trace"));
    trace.map_or_else(String::new, |(name, value)| format!(", {name}: {value:?}"))
}

/// A thread that panicked while holding one of these left a value that is still right.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
