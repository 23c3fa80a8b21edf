//! The sandbox as a process of its own, which remembers what it was asked so that the same can be asked again, and in which
//! one person in a hundred can change their name.
//!
//! It must not live in the process that measures: with 100,000 people in it, everything started from there would seem to need
//! as much memory.

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use crate::personio::http::{Delivery, Reply, Request};
use crate::personio::{Personio, company, page_of, refusal};

/// Tells what was asked since it was told last.
const ASKED: &str = "/asked";
/// Changes the last name of whoever is first on a page, and at the second time changes it back.
const RENAME: &str = "/rename";
const LAST_NAME: &[u8] = br#""last_name":{"label":"last_name","type":"standard","universal_id":"last_name","value":""#;
const LARGEST_PAGE: usize = 100;

/// What the sandbox is like.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Shape {
    #[arg(long)]
    pub people: usize,
    #[arg(long)]
    pub latency_ms: u64,
    #[arg(long)]
    pub enforce_limits: bool,
}

/// What was asked for. Signing in is not in it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Asked {
    /// Path and query of every request, in the order in which they came.
    pub targets: Vec<String>,
    /// In the bodies of the answers.
    pub bytes: u64,
    /// Requests refused for coming too fast.
    pub refused: usize,
}

/// A sandbox that is running; dropping it ends it.
pub struct SandboxProcess {
    process: Child,
    /// `127.0.0.1:PORT`
    pub address: String,
}

impl SandboxProcess {
    pub fn start(shape: Shape) -> anyhow::Result<Self> {
        let Shape { people, latency_ms, enforce_limits } = shape;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", "--people", &people.to_string(), "--latency-ms", &latency_ms.to_string()]);
        command.args(enforce_limits.then_some("--enforce-limits"));
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        // From here on it is ended whatever happens.
        let mut started = Self { process, address: String::new() };
        let output = started.process.stdout.take().context("the sandbox has an output")?;
        BufReader::new(output).read_line(&mut started.address)?;
        started.address.truncate(started.address.trim_end().len());
        ensure!(!started.address.is_empty(), "the sandbox did not start");
        Ok(started)
    }

    pub fn asked(&self) -> anyhow::Result<Asked> {
        Ok(serde_json::from_str(&self.get(ASKED)?)?)
    }

    pub fn rename_one_in_a_hundred(&self) -> anyhow::Result<()> {
        self.get(RENAME).map(drop)
    }

    fn get(&self, path: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("an answer has a head and a body")?;
        Ok(body.to_owned())
    }
}

impl Drop for SandboxProcess {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Prints the address and serves until standard input ends, so that it never outlives whoever started it.
pub fn serve(shape: Shape) -> anyhow::Result<()> {
    let personio = Personio::with([]);
    let mut listing =
        Listing { shape, asked: Asked::default(), is_renamed: false, pages: HashMap::new(), granted: VecDeque::new() };
    personio.interfere(move |request, _| listing.answer(request));
    println!("{}", personio.base_url().trim_start_matches("http://").trim_end_matches("/v1"));
    io::stdout().flush()?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

/// The list of people, of which every page is made when it is first asked for: only its bytes are kept.
struct Listing {
    shape: Shape,
    asked: Asked,
    is_renamed: bool,
    pages: HashMap<String, Arc<Vec<u8>>>,
    /// The moments of the pages granted in the last minute.
    granted: VecDeque<Instant>,
}

impl Listing {
    /// Nothing but signing in is left to the fake.
    fn answer(&mut self, request: &Request) -> Option<Reply> {
        match request.path.as_str() {
            ASKED => Some(Reply::json(200, &serde_json::json!(std::mem::take(&mut self.asked)))),
            RENAME => {
                self.is_renamed = !self.is_renamed;
                Some(Reply::json(200, &serde_json::Value::Null))
            }
            "/v1/auth" => None,
            _ => {
                let mut reply = self.page(request);
                if self.is_renamed {
                    rename_the_first(&mut reply);
                }
                self.asked.targets.push(target(request));
                self.asked.bytes += reply.body.len() as u64;
                self.asked.refused += usize::from(reply.status == 429);
                reply.delivery = Delivery::After(Duration::from_millis(self.shape.latency_ms));
                Some(reply)
            }
        }
    }

    fn page(&mut self, request: &Request) -> Reply {
        if self.shape.enforce_limits && !self.admit(Instant::now()) {
            return refusal(429);
        }
        let make = || {
            let page =
                page_of(request, self.shape.people, LARGEST_PAGE, |places| places.map(company::numbered).collect());
            Arc::new(page.to_string().into_bytes())
        };
        let body = Arc::clone(self.pages.entry(target(request)).or_insert_with(make));
        Reply { body, ..Reply::bytes(200, "application/json", "") }
    }

    /// Whether Personio would answer one more request now: it does 15 times a second and 300 times a minute.
    fn admit(&mut self, now: Instant) -> bool {
        let within = |window: u64| move |moment: &&Instant| now.duration_since(**moment) < Duration::from_secs(window);
        while self.granted.front().is_some_and(|moment| !within(60)(&moment)) {
            self.granted.pop_front();
        }
        let last_second = self.granted.iter().rev().take_while(within(1)).count();
        let is_granted = self.granted.len() < 300 && last_second < 15;
        self.granted.extend(is_granted.then_some(now));
        is_granted
    }
}

/// The first name on a page is the first person's own; a supervisor's comes after it.
fn rename_the_first(reply: &mut Reply) {
    if let Some(at) = reply.body.windows(LAST_NAME.len()).position(|window| window == LAST_NAME) {
        let (before, after) = reply.body.split_at(at + LAST_NAME.len());
        reply.body = Arc::new([before, b"Z", after].concat());
    }
}

fn target(request: &Request) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&request.query).finish();
    if query.is_empty() { request.path.clone() } else { format!("{}?{query}", request.path) }
}
