//! A Personio v1 API on loopback, with a company behind it in which days pass.
//!
//! One module tree for two users: the example `personio_sandbox` runs it as a program, the integration tests start it
//! in their own process. Everything Personio-like is in `api` and `attributes`, everything company-like in `company`,
//! `organisation` and `names`; `http` knows of neither and serves tests that want a server of their own.

pub mod api;
pub mod attributes;
pub mod company;
pub mod http;
pub mod names;
pub mod organisation;

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, RwLockReadGuard};
use std::time::Duration;

use chrono::NaiveDate;

use self::api::{Api, Limits, Statistics};
use self::attributes::CATALOGUE;
use self::company::{Company, Event};
use self::http::Server;

pub const DEFAULT_PEOPLE: usize = 240;
pub const DEFAULT_SEED: u64 = 20;
pub const DEFAULT_CLIENT_ID: &str = "sandbox-id";
pub const DEFAULT_CLIENT_SECRET: &str = "sandbox-secret";

#[derive(Debug, Clone)]
pub struct Settings {
    /// 0 takes a free one.
    pub port: u16,
    pub people: usize,
    pub seed: u64,
    /// The day that every answer looks like, however many days pass.
    pub today: NaiveDate,
    pub client_id: String,
    pub client_secret: String,
    pub latency: Duration,
    pub limits: Limits,
    /// Keys of attributes the credential may not read.
    pub withheld: BTreeSet<String>,
}

impl Settings {
    pub fn new(today: NaiveDate) -> Settings {
        Settings {
            port: 0,
            people: DEFAULT_PEOPLE,
            seed: DEFAULT_SEED,
            today,
            client_id: DEFAULT_CLIENT_ID.to_owned(),
            client_secret: DEFAULT_CLIENT_SECRET.to_owned(),
            latency: Duration::ZERO,
            limits: Limits::Off,
            withheld: BTreeSet::new(),
        }
    }
}

/// A running sandbox; dropping it ends it.
pub struct Sandbox {
    api: Arc<Api>,
    server: Server,
}

impl Sandbox {
    /// Fails when the port is taken or a withheld key does not exist: withholding nothing by mistake would prove
    /// nothing.
    pub fn start(settings: Settings) -> io::Result<Sandbox> {
        let Settings { port, people, seed, today, client_id, client_secret, latency, limits, withheld } = settings;
        let is_withholdable = |key: &str| CATALOGUE.iter().skip(1).any(|attribute| attribute.key == key);
        if let Some(key) = withheld.iter().find(|key| !is_withholdable(key)) {
            let message = format!("no attribute `{key}` that could be withheld");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let company = Company::new(people, seed, today);
        let api = Arc::new(Api::new(company, &client_id, &client_secret, &withheld, limits, latency));
        let answering = Arc::clone(&api);
        let server = Server::start(("127.0.0.1", port), move |request| answering.answer(request))?;
        Ok(Sandbox { api, server })
    }

    /// What `[personio] base_url` is set to: `http://127.0.0.1:PORT/v1`.
    pub fn base_url(&self) -> String {
        format!("{}/v1", self.server.url())
    }

    pub fn next_day(&self) -> Vec<Event> {
        self.api.next_day()
    }

    pub fn statistics(&self) -> Statistics {
        self.api.statistics()
    }

    /// The company as it is. Let go of it before the next day: a day cannot pass while somebody looks.
    pub fn company(&self) -> RwLockReadGuard<'_, Company> {
        self.api.company()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::thread;

    use super::*;

    fn settings() -> Settings {
        Settings { people: 30, ..Settings::new(NaiveDate::from_ymd_opt(2026, 3, 27).unwrap()) }
    }

    #[test]
    fn only_what_exists_and_is_not_the_id_can_be_withheld() {
        for (key, possible) in [("email", true), ("dynamic_1204416", true), ("id", false), ("e-mail", false)] {
            let started = Sandbox::start(Settings { withheld: BTreeSet::from([key.to_owned()]), ..settings() });
            assert_eq!(started.is_ok(), possible, "{key}");
        }
    }

    #[test]
    fn days_pass_the_same_way_from_within_and_over_the_wire() {
        let (within, over_the_wire) = (Sandbox::start(settings()).unwrap(), Sandbox::start(settings()).unwrap());
        within.next_day();
        let answer = ask(&over_the_wire, "POST /sandbox/next-day");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        let names = |sandbox: &Sandbox| -> Vec<String> {
            sandbox.company().people().map(|person| format!("{} {}", person.id(), person.email())).collect()
        };
        assert_eq!(names(&within), names(&over_the_wire));
    }

    #[test]
    fn requests_under_way_together_are_seen_together() {
        let sandbox = Sandbox::start(Settings { latency: Duration::from_millis(300), ..settings() }).unwrap();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| ask(&sandbox, "GET /v1/company/employees"));
            }
        });
        assert!((2..=4).contains(&sandbox.statistics().highest_parallelism), "{:?}", sandbox.statistics());
    }

    fn ask(sandbox: &Sandbox, line: &str) -> String {
        let url = sandbox.base_url();
        let address = url.trim_start_matches("http://").trim_end_matches("/v1");
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "{line} HTTP/1.1\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}
