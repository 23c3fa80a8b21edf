//! HTTP to one host: one request in, one whole answer or one clear failure out.
//!
//! Everything sent here is safe to repeat (reads and signing in), so passing trouble is retried: time-outs, lost
//! connections, bodies cut short, 429 and 5xx, as long as patience lasts. Redirects are never followed: the token would
//! travel along. Messages name the host and the trouble, never an address with its query, a body, the secret or the token;
//! the log names method, path, status, duration and size.

use std::error::Error;
use std::io::{self, Read};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use std::{fmt, thread};

use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{StatusCode, Url, redirect};

use super::Settings;
use super::pace::{Limit, Next, Pacer, Patience, retry_after, waits};
use crate::exit::{Exit, Failure};
use crate::roster::model::record::AttributeKey;
use crate::secret::Secret;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A page of 100 people with 60 attributes has about half a megabyte; an answer beyond this is not one.
const LARGEST_BODY: usize = 256 * 1024 * 1024;

/// Sign-ins Personio allows in a minute. Source: the reference page of its authentication API.
const SIGN_INS_EACH_MINUTE: u32 = 60;

/// What may be asked of Personio. All of it can be repeated without harm.
pub enum Request<'a> {
    SignIn { body: &'a [u8] },
    Read { path: &'a str, query: &'a [(&'a str, &'a str)], token: &'a Secret },
}

/// A complete answer that no retry would change.
pub struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
}

#[derive(Debug)]
pub struct Transport {
    http: Client,
    base: Url,
    host: String,
    request_timeout: Duration,
    give_up_after: Duration,
    first_wait: Duration,
    pacer: Mutex<Pacer>,
    sign_in_pacer: Mutex<Pacer>,
    patience: Mutex<Patience>,
    /// What the other side's clock said in its latest answer.
    time_there: Mutex<Option<SystemTime>>,
}

impl Transport {
    pub fn new(settings: &Settings, first_wait: Duration) -> Result<Self, Failure> {
        let base = base_url(&settings.base_url)?;
        Ok(Self {
            http: http_client(settings, &base)?,
            host: host_of(&base),
            base,
            request_timeout: settings.request_timeout,
            give_up_after: settings.give_up_after,
            first_wait,
            pacer: Mutex::new(Pacer::new(
                [Limit::each_second(settings.requests_per_second), Limit::each_minute(settings.requests_per_minute)]
                    .into_iter()
                    .flatten(),
            )),
            sign_in_pacer: Mutex::new(Pacer::new(Limit::each_minute(SIGN_INS_EACH_MINUTE))),
            patience: Mutex::new(Patience::new(settings.give_up_after)),
            time_there: Mutex::new(None),
        })
    }

    /// Sends until there is an answer that no retry would change, or patience ends.
    pub fn send(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let mut waits = waits(self.first_wait);
        let mut attempts = 1;
        loop {
            self.keep_pace(request);
            let started = Instant::now();
            let setback = match self.attempt(request) {
                Ok(answer) => return Ok(answer),
                Err(Trouble::Final(failure)) => return Err(failure),
                Err(Trouble::Passing(setback)) => setback,
            };
            let planned = waits.next().unwrap_or(self.give_up_after);
            match lock(&self.patience).after_failure(started, Instant::now(), planned, setback.asked_wait()) {
                Next::TryAfter(wait) => {
                    log::info!("{}; trying again in {:.1} s", setback.sentence(self), wait.as_secs_f32());
                    thread::sleep(wait);
                    attempts += 1;
                }
                Next::GiveUp => return Err(setback.failure(self, attempts)),
            }
        }
    }

    /// What the other side's clock said in its latest answer, if it said anything.
    pub fn time_there(&self) -> Option<SystemTime> {
        *lock(&self.time_there)
    }

    /// An answer that is of no use, as a failure that names the request.
    pub fn unexpected(&self, answer: &Answer, path: &str) -> Failure {
        let failure = Failure::new(
            Exit::Untrusted,
            format!("{} answered {} with the status {}", self.host, path, answer.status.as_u16()),
        );
        match answer.status {
            StatusCode::NOT_FOUND => failure.hint(format!(
                "check `base_url` under [personio]: {} does not seem to be Personio's API v1",
                self.base
            )),
            _ => failure,
        }
    }

    fn keep_pace(&self, request: &Request<'_>) {
        let now = Instant::now();
        let own = lock(&self.pacer).reserve(now);
        let wait = match request {
            Request::Read { .. } => own,
            Request::SignIn { .. } => own.max(lock(&self.sign_in_pacer).reserve(now)),
        };
        thread::sleep(wait);
    }

    fn attempt(&self, request: &Request<'_>) -> Result<Answer, Trouble> {
        let started = Instant::now();
        let (method, path) = match request {
            Request::SignIn { .. } => ("POST", "/auth"),
            Request::Read { path, .. } => ("GET", *path),
        };
        let mut response = self.build(request).send().map_err(|error| self.sending_failed(&error))?;
        let status = response.status();
        self.note_time(response.headers());
        if let Some(trouble) = self.refusal(&response) {
            log::debug!("{method} {path}: {} after {} ms", status.as_u16(), started.elapsed().as_millis());
            return Err(trouble);
        }
        let body = self.read_body(&mut response, started)?;
        log::debug!(
            "{method} {path}: {} after {} ms, {} bytes{}",
            status.as_u16(),
            started.elapsed().as_millis(),
            body.len(),
            trace_of(response.headers()),
        );
        Ok(Answer { status, body })
    }

    fn build(&self, request: &Request<'_>) -> RequestBuilder {
        let mut url = self.base.clone();
        match request {
            Request::SignIn { body } => {
                url.set_path(&format!("{}/auth", self.base.path()));
                self.http.post(url).header(CONTENT_TYPE, "application/json").body(body.to_vec())
            }
            Request::Read { path, query, token } => {
                url.set_path(&format!("{}{path}", self.base.path()));
                self.http.get(url).query(query).bearer_auth(token.reveal())
            }
        }
        .header(ACCEPT, "application/json")
    }

    /// An answer without a readable date says nothing about the time.
    fn note_time(&self, headers: &HeaderMap) {
        let date = headers.get(DATE).map(|date| String::from_utf8_lossy(date.as_bytes()));
        if let Some(Ok(time)) = date.map(|date| httpdate::parse_http_date(date.trim())) {
            *lock(&self.time_there) = Some(time);
        }
    }

    /// Statuses that are the same trouble for every request.
    fn refusal(&self, response: &Response) -> Option<Trouble> {
        let status = response.status();
        let asked = || {
            let header = response.headers().get(RETRY_AFTER)?;
            retry_after(&String::from_utf8_lossy(header.as_bytes()), SystemTime::now())
        };
        if status == StatusCode::TOO_MANY_REQUESTS {
            Some(Trouble::Passing(Setback::TooManyRequests { asked: asked() }))
        } else if status.is_server_error() {
            Some(Trouble::Passing(Setback::ServerError { status, asked: asked() }))
        } else if status.is_redirection() {
            Some(Trouble::Final(self.redirected(response.headers())))
        } else {
            None
        }
    }

    fn redirected(&self, headers: &HeaderMap) -> Failure {
        let target = headers.get(LOCATION).map(|location| String::from_utf8_lossy(location.as_bytes()));
        let message = match target.map(|target| self.base.join(&target)) {
            Some(Ok(target)) if host_of(&target) != self.host => {
                format!("{} redirects to another host, {}; refused", self.host, host_of(&target))
            }
            Some(_) | None => format!("{} redirects to another address; refused", self.host),
        };
        Failure::new(Exit::Untrusted, message)
            .hint("the credential is sent to no other place than `base_url` under [personio]; check it, and any proxy")
    }

    /// reqwest's own time-out starts anew with every piece of a body; this one covers the whole answer.
    fn read_body(&self, response: &mut Response, started: Instant) -> Result<Vec<u8>, Trouble> {
        let mut body = Vec::new();
        let mut piece = vec![0; 64 * 1024];
        loop {
            match response.read(&mut piece) {
                Ok(0) => return Ok(body),
                Ok(size) => body.extend_from_slice(&piece[..size]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => return Err(Trouble::Passing(Setback::TimedOut)),
                Err(_) => return Err(Trouble::Passing(Setback::CutShort)),
            }
            if started.elapsed() > self.request_timeout {
                return Err(Trouble::Passing(Setback::TimedOut));
            }
            if body.len() > LARGEST_BODY {
                let message = format!("{} sent more than {} MiB in one answer", self.host, LARGEST_BODY >> 20);
                return Err(Trouble::Final(Failure::new(Exit::Untrusted, message)));
            }
        }
    }

    fn sending_failed(&self, error: &reqwest::Error) -> Trouble {
        if error.is_timeout() {
            Trouble::Passing(Setback::TimedOut)
        } else if error.is_dns() {
            Trouble::Passing(Setback::UnknownHost)
        } else if let Some(reason) = tls_reason(error) {
            let message = format!("no secure connection to {}: {reason}", self.host);
            Trouble::Final(Failure::new(Exit::Unavailable, message).hint(
                "check this machine's clock and CA certificates, and whether a proxy opens encrypted connections",
            ))
        } else if error.is_connect() {
            Trouble::Passing(Setback::NoConnection { refused: was_refused(error) })
        } else if error.is_builder() {
            let message = format!("a request to {} could not be put together", self.host);
            Trouble::Final(Failure::new(Exit::Bug, message))
        } else {
            Trouble::Passing(Setback::NoAnswer)
        }
    }
}

/// Why an attempt brought no usable answer.
enum Trouble {
    Passing(Setback),
    Final(Failure),
}

/// Trouble that may pass.
#[derive(Debug, Clone, Copy)]
enum Setback {
    TimedOut,
    UnknownHost,
    NoConnection { refused: Refused },
    NoAnswer,
    CutShort,
    TooManyRequests { asked: Option<Duration> },
    ServerError { status: StatusCode, asked: Option<Duration> },
}

#[derive(Debug, Clone, Copy)]
enum Refused {
    Yes,
    No,
}

impl Setback {
    fn asked_wait(self) -> Option<Duration> {
        match self {
            Setback::TooManyRequests { asked } | Setback::ServerError { asked, .. } => asked,
            Setback::TimedOut
            | Setback::UnknownHost
            | Setback::NoConnection { .. }
            | Setback::NoAnswer
            | Setback::CutShort => None,
        }
    }

    fn sentence(self, transport: &Transport) -> String {
        let host = &transport.host;
        match self {
            Setback::TimedOut => format!("{host} did not answer in time"),
            Setback::UnknownHost => format!("the name {host} cannot be resolved"),
            Setback::NoConnection { refused: Refused::Yes } => format!("{host} refused the connection"),
            Setback::NoConnection { refused: Refused::No } => format!("no connection to {host}"),
            Setback::NoAnswer => format!("{host} closed the connection without a readable answer"),
            Setback::CutShort => format!("an answer of {host} was cut short on the way"),
            Setback::TooManyRequests { .. } => format!("{host} says that there are too many requests (429)"),
            Setback::ServerError { status, .. } => {
                format!("{host} has trouble of its own (status {})", status.as_u16())
            }
        }
    }

    fn failure(self, transport: &Transport, attempts: u32) -> Failure {
        let exit = match self {
            // Something on the way keeps mutilating answers; waiting alone will not help.
            Setback::CutShort => Exit::Untrusted,
            Setback::TimedOut
            | Setback::UnknownHost
            | Setback::NoConnection { .. }
            | Setback::NoAnswer
            | Setback::TooManyRequests { .. }
            | Setback::ServerError { .. } => Exit::Unavailable,
        };
        let tries = if attempts == 1 { "1 try".to_owned() } else { format!("{attempts} tries") };
        let asked = match self.asked_wait() {
            Some(wait) if wait > transport.give_up_after => format!(", asked to wait {} seconds", wait.as_secs()),
            Some(_) | None => String::new(),
        };
        Failure::new(exit, format!("{}; gave up after {tries}{asked}", self.sentence(transport))).hint(
            "the next run tries again; `give_up_after_seconds` under [personio] sets how long one run keeps trying",
        )
    }
}

fn base_url(text: &str) -> Result<Url, Failure> {
    let refuse = |why: &str| Err(Failure::new(Exit::Misconfigured, format!("`base_url` under [personio] {why}")));
    let Ok(mut url) = Url::parse(text.trim()) else { return refuse("is not a URL") };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("must not hold a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("must end with its path, without `?` or `#`");
    }
    match (url.scheme(), url.has_host()) {
        ("https", true) => {}
        ("http", true) if is_loopback(&url) => {}
        ("http", true) => return refuse("must begin with https://, or the secret would travel unencrypted"),
        _ => return refuse("must begin with https:// and name a host"),
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("an address without a host");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn http_client(settings: &Settings, base: &Url) -> Result<Client, Failure> {
    install_tls_provider();
    let mut builder = Client::builder()
        .user_agent(concat!("honestly-sync/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT.min(settings.request_timeout))
        .timeout(settings.request_timeout);
    if base.scheme() == "http" {
        // Loopback only. A proxy would see the secret in the clear, and without https no certificates are needed:
        // reqwest refuses to start on a machine that has none.
        builder = builder.no_proxy().tls_certs_only([]);
    }
    builder.build().map_err(|_| {
        Failure::new(Exit::Misconfigured, "encrypted connections are not possible on this machine").hint(
            "install the CA certificates of the system (package ca-certificates), or name a file in SSL_CERT_FILE",
        )
    })
}

fn install_tls_provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error means that another thread was faster, and then there is a provider too.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            // An io::Error hides the error it was made of: its source is that one's source.
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

fn is_timeout(error: &io::Error) -> bool {
    causes(error).any(|cause| {
        cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout)
            || cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
    })
}

fn was_refused(error: &reqwest::Error) -> Refused {
    let refused = causes(error).any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    });
    if refused { Refused::Yes } else { Refused::No }
}

fn tls_reason(error: &reqwest::Error) -> Option<String> {
    let error = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>())?;
    Some(match error {
        rustls::Error::InvalidCertificate(_) => "its certificate is not valid or not trusted here".to_owned(),
        _ => "it does not speak TLS as expected".to_owned(),
    })
}

/// For questions to Personio's support. The name of the header is documented nowhere, so any that speaks of a trace.
fn trace_of(headers: &HeaderMap) -> impl fmt::Display + use<> {
    let trace = headers.iter().find(|(name, _)| name.as_str().contains("trace"));
    trace.map_or_else(String::new, |(name, value)| format!(", {name}: {value:?}"))
}

/// Whoever panicked while holding one of these left plain numbers behind, which are still right.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The query that asks for attributes. Personio expects the key repeated, brackets included.
pub fn attribute_query<'a>(keys: impl IntoIterator<Item = &'a AttributeKey>) -> Vec<(&'a str, &'a str)> {
    keys.into_iter().map(|key| ("attributes[]", key.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_https_or_loopback_and_nothing_else() {
        for (text, expected) in [
            ("https://api.personio.de/v1", Ok("https://api.personio.de/v1")),
            (" https://api.personio.de/v1// ", Ok("https://api.personio.de/v1")),
            ("http://localhost:8080/v1/", Ok("http://localhost:8080/v1")),
            ("http://127.0.0.1:1/v1", Ok("http://127.0.0.1:1/v1")),
            ("http://[::1]:1/v1", Ok("http://[::1]:1/v1")),
            ("http://api.personio.de/v1", Err("unencrypted")),
            ("http://127.0.0.1.example.org/v1", Err("unencrypted")),
            ("https://id:canary@api.personio.de/v1", Err("user name or password")),
            ("https://api.personio.de/v1?client_secret=canary", Err("`?`")),
            ("file:///v1", Err("https://")),
            ("api.personio.de", Err("not a URL")),
        ] {
            match (base_url(text), expected) {
                (Ok(url), Ok(expected)) => assert_eq!(url.as_str().trim_end_matches('/'), expected),
                (Err(failure), Err(why)) => {
                    assert_eq!(failure.exit, Exit::Misconfigured);
                    assert!(failure.message.contains(why) && !failure.message.contains("canary"), "{failure}");
                }
                (got, _) => panic!("{text}: {got:?}"),
            }
        }
    }
}
