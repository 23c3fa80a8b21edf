//! The sandbox as a process of its own, which remembers what it was asked so that the same can be asked again, and in which
//! one person in a hundred can change their name.
//!
//! It must not live in the process that measures: with 100,000 people in it, everything started from there would seem to need
//! as much memory.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use crate::sandbox::api::{Api, Limits};
use crate::sandbox::company::Company;
use crate::sandbox::http::{Reply, Request, Server};
use crate::sandbox::{DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, DEFAULT_SEED};

/// Tells what was asked since it was told last.
const ASKED: &str = "/asked";
/// Changes the last name of whoever is first on a page, and at the second time changes it back.
const RENAME: &str = "/rename";
const LAST_NAME: &[u8] = br#""last_name":{"label":"Last name","value":""#;

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
#[expect(clippy::disallowed_methods, reason = "a sandbox is about today")]
pub fn serve(shape: Shape) -> anyhow::Result<()> {
    let Shape { people, latency_ms, enforce_limits } = shape;
    let company = Company::new(people, DEFAULT_SEED, chrono::Utc::now().date_naive());
    let limits = if enforce_limits { Limits::Enforced } else { Limits::Off };
    let latency = Duration::from_millis(latency_ms);
    let api = Api::new(company, DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, &BTreeSet::new(), limits, latency);
    let (asked, renamed) = (Mutex::new(Asked::default()), AtomicBool::new(false));
    let server = Server::start("127.0.0.1:0", move |request| match request.path.as_str() {
        ASKED => {
            let asked = std::mem::take(&mut *asked.lock().expect("nobody panics while holding it"));
            Reply::json(200, &serde_json::json!(asked))
        }
        RENAME => {
            renamed.fetch_xor(true, Ordering::Relaxed);
            Reply::json(200, &serde_json::Value::Null)
        }
        path => {
            let mut reply = api.answer(request);
            if renamed.load(Ordering::Relaxed) {
                rename_the_first(&mut reply);
            }
            if path.starts_with("/v1") && request.method == "GET" {
                let target = target(request);
                let mut asked = asked.lock().expect("nobody panics while holding it");
                asked.targets.push(target);
                asked.bytes += reply.body.len() as u64;
                asked.refused += usize::from(reply.status == 429);
            }
            reply
        }
    })?;
    println!("{}", server.url().trim_start_matches("http://"));
    io::stdout().flush()?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
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
