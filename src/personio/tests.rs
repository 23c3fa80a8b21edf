//! The client against a Personio that misbehaves on request, over real HTTP on loopback.
//!
//! Every failure is also checked for what must never be in it: the secret, the token and anything from a body.

#[path = "../../examples/personio_sandbox/http.rs"]
#[allow(dead_code, reason = "the sandbox uses more of it than these tests do")]
mod server;

mod answers;
mod bounds;
mod signing_in;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use server::{Delivery, Reply, Request, Server};

use super::*;
use crate::roster::model::record::{AttributeKey, Field};

const SECRET: &str = "canary-secret";
const TOKEN: &str = "papi-canary-token";
const IN_A_BODY: &str = "canary-body";

/// A server that remembers what it was asked. It answers one request at a time.
struct Crooked {
    server: Server,
    arrived: Arc<Mutex<Vec<Request>>>,
}

impl Crooked {
    /// `answer` gets each request and how many came before it.
    fn start(mut answer: impl FnMut(&Request, usize) -> Reply + Send + 'static) -> Self {
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let answering = Mutex::new((Arc::clone(&arrived), move |request: &Request, nth| answer(request, nth)));
        let server = Server::start("127.0.0.1:0", move |request| {
            let mut answering = lock(&answering);
            let nth = {
                let mut arrived = lock(&answering.0);
                arrived.push(request.clone());
                arrived.len() - 1
            };
            (answering.1)(request, nth)
        });
        Self { server: server.unwrap(), arrived }
    }

    /// Signs everybody in and leaves the reads to the test. `nth` counts only reads.
    fn for_reads(mut answer: impl FnMut(&Request, usize) -> Reply + Send + 'static) -> Self {
        let mut reads = 0;
        Self::start(move |request, _| {
            if is_sign_in(request) {
                return signed_in();
            }
            reads += 1;
            answer(request, reads - 1)
        })
    }

    fn base_url(&self) -> String {
        format!("{}/v1", self.server.url())
    }

    fn arrived(&self) -> Vec<Request> {
        lock(&self.arrived).clone()
    }

    fn sign_ins(&self) -> usize {
        self.arrived().iter().filter(|request| is_sign_in(request)).count()
    }
}

fn is_sign_in(request: &Request) -> bool {
    request.method == "POST" && request.path.ends_with("/auth")
}

fn settings(server: &Crooked) -> Settings {
    Settings {
        base_url: BaseUrl::parse(&server.base_url()).unwrap(),
        request_timeout: Duration::from_secs(5),
        give_up_after: Duration::from_secs(10),
        requests_per_second: 0,
        requests_per_minute: 0,
        proxies: Proxies::default(),
    }
}

fn bounded(settings: &Settings, observer: Observer, bounds: Bounds) -> Client {
    let credential = Credential { client_id: "id-1".into(), client_secret: Secret::new(SECRET) };
    let berlin = TimeZone::parse("Europe/Berlin").unwrap();
    let bounds = Bounds { first_wait: Duration::from_millis(1), ..bounds };
    Client::bounded(settings, berlin, credential, observer, bounds).unwrap()
}

fn client_with(settings: &Settings) -> Client {
    bounded(settings, Observer::new(|_| ()), BOUNDS)
}

fn client(server: &Crooked) -> Client {
    client_with(&settings(server))
}

fn impatient(server: &Crooked) -> Settings {
    Settings { give_up_after: Duration::from_millis(200), ..settings(server) }
}

fn text(status: u16, body: impl Into<String>) -> Reply {
    Reply::bytes(status, "application/json", body.into())
}

fn with(mut reply: Reply, name: &str, value: impl Into<String>) -> Reply {
    reply.headers.push((name.to_owned(), value.into()));
    reply
}

/// The same answer, damaged on its way.
fn spoilt(delivery: Delivery) -> Reply {
    Reply { delivery, ..text(200, format!("{{\"success\": true, \"data\": \"{IN_A_BODY}\"}}")) }
}

/// A closed connection.
fn hung_up() -> Reply {
    spoilt(Delivery::Hang(Duration::ZERO))
}

fn cut_short() -> Reply {
    spoilt(Delivery::CutAfter(16))
}

fn signed_in() -> Reply {
    text(200, format!(r#"{{"success":true,"data":{{"token":"{TOKEN}","expires_in":86400,"scope":"x"}}}}"#))
}

fn person(id: i64) -> String {
    format!(
        r#"{{"type":"Employee","attributes":{{"id":{{"label":"ID","value":{id}}},"email":{{"label":"Email","value":"{id}@example.org"}}}}}}"#
    )
}

fn page(total: usize, ids: impl IntoIterator<Item = i64>) -> Reply {
    let rows: Vec<_> = ids.into_iter().map(person).collect();
    text(200, format!(r#"{{"success":true,"metadata":{{"total_elements":{total}}},"data":[{}]}}"#, rows.join(",")))
}

fn refusal(status: u16) -> Reply {
    text(
        status,
        format!(r#"{{"success":false,"error":{{"code":{status},"message":"Personio's words"}},"data":"{IN_A_BODY}"}}"#),
    )
}

fn list(client: &Client) -> Result<CompleteListing<Record>, Failure> {
    client.list(&Wanted::new([]), |record| record)
}

fn assert_failed(failure: &Failure, exit: Exit, part: &str) {
    assert_eq!(failure.exit, exit, "{failure:?}");
    assert!(failure.message.contains(part), "{failure:?} does not say {part:?}");
    assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
    assert_eq!(failure.message.lines().count(), 1, "{failure:?}");
}
