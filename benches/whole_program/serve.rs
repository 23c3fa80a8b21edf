//! The sandbox as a process of its own, which remembers what it was asked so that the same can be asked again.
//!
//! It must not live in the process that measures: with 100,000 people in it, everything started from there would seem
//! to need as much memory. It ends when its standard input does, so it never outlives whoever started it.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::sandbox::api::{Api, Limits};
use crate::sandbox::company::Company;
use crate::sandbox::http::{Reply, Server};
use crate::sandbox::{DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, DEFAULT_SEED};

/// Where what was asked is given out, and forgotten.
const ASKED: &str = "/asked";

#[derive(Args)]
pub struct Arguments {
    #[arg(long)]
    people: usize,
    #[arg(long)]
    latency_ms: u64,
    #[arg(long)]
    enforce_limits: bool,
}

/// What the sandbox is like.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub people: usize,
    pub latency: Duration,
    pub limits: Limits,
}

impl Shape {
    /// Fast and without limits.
    pub fn of(people: usize) -> Self {
        Self { people, latency: Duration::ZERO, limits: Limits::Off }
    }
}

/// What was asked for since it was last looked at. Signing in is not in it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Asked {
    /// Path and query of every request, in the order in which they came.
    pub targets: Vec<String>,
    /// In the bodies of the answers.
    pub bytes: u64,
}

/// What the sandbox counted since it began, as far as it matters here.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Counted {
    pub employee_pages: u64,
    pub too_many_requests: u64,
}

/// A sandbox that is running; dropping it ends it.
pub struct Served {
    process: Child,
    /// `127.0.0.1:PORT`
    pub address: String,
}

impl Served {
    pub fn start(shape: Shape) -> anyhow::Result<Self> {
        let Shape { people, latency, limits } = shape;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", "--people", &people.to_string(), "--latency-ms", &latency.as_millis().to_string()]);
        if limits == Limits::Enforced {
            command.arg("--enforce-limits");
        }
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        // From here on it is ended whatever happens.
        let mut served = Self { process, address: String::new() };
        let told = served.process.stdout.take().context("the sandbox has an output")?;
        BufReader::new(told).read_line(&mut served.address)?;
        served.address.truncate(served.address.trim_end().len());
        anyhow::ensure!(!served.address.is_empty(), "the sandbox did not start");
        Ok(served)
    }

    pub fn asked(&self) -> anyhow::Result<Asked> {
        self.look_at(ASKED)
    }

    pub fn counted(&self) -> anyhow::Result<Counted> {
        self.look_at("/sandbox/statistics")
    }

    fn look_at<T: for<'de> Deserialize<'de>>(&self, path: &str) -> anyhow::Result<T> {
        let mut stream = TcpStream::connect(&self.address)?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("an answer has a head and a body")?;
        Ok(serde_json::from_str(body)?)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves until standard input ends. Prints the address.
#[expect(clippy::disallowed_methods, reason = "a sandbox is about today")]
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { people, latency_ms, enforce_limits } = arguments;
    let today = chrono::Utc::now().with_timezone(&chrono_tz::Europe::Berlin).date_naive();
    let company = Company::new(*people, DEFAULT_SEED, today);
    let limits = if *enforce_limits { Limits::Enforced } else { Limits::Off };
    let latency = Duration::from_millis(*latency_ms);
    let api = Api::new(company, DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, &BTreeSet::new(), limits, latency);
    let memory = Arc::new(Mutex::new(Memory::default()));
    let server = Server::start("127.0.0.1:0", move |request| {
        if request.path == ASKED {
            let memory = std::mem::take(&mut *memory.lock().expect("nobody panics while holding it"));
            return Reply::json(200, &serde_json::json!(memory.told()));
        }
        let reply = api.answer(request);
        if request.method == "GET" && request.path.starts_with("/v1") {
            let mut memory = memory.lock().expect("nobody panics while holding it");
            memory.bytes += reply.body.len() as u64;
            memory.requests.push((request.path.clone(), request.query.clone()));
        }
        reply
    })?;
    println!("{}", server.url().trim_start_matches("http://"));
    io::stdout().flush()?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

/// As it came, so that remembering costs next to nothing while somebody waits for the answer.
#[derive(Default)]
struct Memory {
    requests: Vec<(String, Vec<(String, String)>)>,
    bytes: u64,
}

impl Memory {
    fn told(&self) -> Asked {
        Asked { targets: self.requests.iter().map(|(path, query)| target(path, query)).collect(), bytes: self.bytes }
    }
}

/// As it stood in the first line of the request, or as good.
fn target(path: &str, query: &[(String, String)]) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    let query = pairs.collect::<Vec<_>>().join("&");
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
