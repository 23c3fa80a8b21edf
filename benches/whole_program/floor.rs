//! The floor: what it costs to read the same and do nothing with it.
//!
//! A client with the program's HTTP library and settings asks for what the program asked for, over as many connections,
//! parses every page into people and their attributes, and throws them away. Whatever reads Personio this way costs as much.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use honestly_sync::personio::CONNECTIONS;
use reqwest::blocking::Client;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde::Deserialize;
use serde_json::Value;

use crate::personio::{CLIENT_ID, SECRET};

/// A sandbox that says nothing for so long is broken, and the benchmark shall end.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);

#[derive(clap::Args)]
pub struct Arguments {
    /// `127.0.0.1:PORT`
    #[arg(long)]
    pub address: String,
    /// A file with what to ask for: in every line a path with its query.
    #[arg(long)]
    pub targets: PathBuf,
    /// How many bytes the bodies of the answers must have together.
    #[arg(long)]
    pub bytes: u64,
}

#[derive(Deserialize)]
struct Page<'p> {
    #[serde(borrow)]
    data: Vec<Person<'p>>,
}

#[derive(Deserialize)]
struct Person<'p> {
    #[serde(borrow)]
    attributes: HashMap<&'p str, Attribute<'p>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "they are parsed, and that is all")]
struct Attribute<'p> {
    #[serde(borrow)]
    label: Cow<'p, str>,
    value: Value,
}

/// Signs in, then asks for everything. Fails where other than the expected bytes arrive.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { address, targets, bytes } = arguments;
    rustls::crypto::ring::default_provider().install_default().map_err(|_| anyhow!("there is a provider already"))?;
    // As in src/personio/transport.rs.
    let http = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(LONGEST_SILENCE)
        .timeout(LONGEST_SILENCE)
        .no_proxy()
        .tls_certs_only([])
        .build()?;
    let credential = serde_json::json!({ "client_id": CLIENT_ID, "client_secret": SECRET });
    let sign_in = http.post(format!("http://{address}/v1/auth")).header(CONTENT_TYPE, "application/json");
    let answer = sign_in.body(credential.to_string()).send()?.error_for_status()?.bytes()?;
    let answer: Value = serde_json::from_slice(&answer)?;
    let token = answer["data"]["token"].as_str().context("the sandbox gives a token")?;

    let targets = std::fs::read_to_string(targets)?;
    let targets: Vec<&str> = targets.lines().collect();
    let (next, received) = (AtomicUsize::new(0), AtomicU64::new(0));
    let read_in_turn = || -> anyhow::Result<()> {
        while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
            let request = http.get(format!("http://{address}{target}")).bearer_auth(token);
            let body = request.header(ACCEPT, "application/json").send()?.error_for_status()?.bytes()?;
            received.fetch_add(body.len() as u64, Ordering::Relaxed);
            let page: Page<'_> = serde_json::from_slice(&body)?;
            ensure!(page.data.iter().all(|person| !person.attributes.is_empty()), "everybody has attributes");
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(read_in_turn)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("reading does not panic"))
    })?;
    let received = received.into_inner();
    ensure!(received == *bytes, "{received} bytes arrived instead of {bytes}");
    Ok(())
}
