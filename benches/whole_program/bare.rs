//! The floor: clients that do nothing but fetch. They ask for what the program asked for, over as many connections, and
//! throw every answer away as it comes.
//!
//! There are two. `sockets` is what this machine can do at all: plain sockets and no HTTP library, which is about the
//! speed of memory. `library` fetches as the program does, with the same library under the same settings: what a
//! program that speaks HTTP this way can reach if everything else costs nothing.

mod library;
mod sockets;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::{Args, ValueEnum};

use crate::sandbox::{DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET};

/// As many as the program uses.
pub use honestly_sync::personio::CONNECTIONS;

/// A sandbox that says nothing for so long is broken, and the benchmark shall end.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Client {
    Library,
    Sockets,
}

#[derive(Args)]
pub struct Arguments {
    #[arg(long)]
    pub client: Client,
    /// `127.0.0.1:PORT`
    #[arg(long)]
    pub address: String,
    #[arg(long)]
    pub connections: usize,
    /// A file with what to ask for: in every line a path with its query.
    #[arg(long)]
    pub targets: PathBuf,
    /// How many bytes the bodies of the answers must have together.
    #[arg(long)]
    pub bytes: u64,
}

/// Signs in, then asks for everything, as many at a time as there are connections. Fails where other than the expected
/// bytes arrive.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { client, address, connections, targets, bytes } = arguments;
    let targets = std::fs::read_to_string(targets)?;
    let targets: Vec<&str> = targets.lines().collect();
    let received = match client {
        Client::Library => {
            let library = library::SignedIn::new(address)?;
            fetch_all(*connections, &targets, || Ok(|target: &str| library.fetch(target)))?
        }
        Client::Sockets => {
            let token = sockets::Connection::open(address)?.sign_in()?;
            fetch_all(*connections, &targets, || {
                let mut connection = sockets::Connection::open(address)?;
                let token = &token;
                Ok(move |target: &str| connection.fetch(target, token))
            })?
        }
    };
    ensure!(received == *bytes, "{received} bytes arrived instead of {bytes}");
    Ok(())
}

/// Deals the targets out to so many connections. `open` gives what fetches over one of them, and tells how many bytes
/// came.
fn fetch_all<F: FnMut(&str) -> anyhow::Result<u64>>(
    connections: usize,
    targets: &[&str],
    open: impl Fn() -> anyhow::Result<F> + Sync,
) -> anyhow::Result<u64> {
    let next = AtomicUsize::new(0);
    let over_one = || {
        let mut fetch = open()?;
        let mut received = 0;
        while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
            received += fetch(target)?;
        }
        Ok(received)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..connections).map(|_| scope.spawn(over_one)).collect();
        threads.into_iter().map(|thread| thread.join().expect("fetching does not panic")).sum()
    })
}

fn credential() -> String {
    serde_json::json!({ "client_id": DEFAULT_CLIENT_ID, "client_secret": DEFAULT_CLIENT_SECRET }).to_string()
}

fn token_in(answer: &[u8]) -> anyhow::Result<String> {
    let answer: serde_json::Value = serde_json::from_slice(answer)?;
    Ok(answer["data"]["token"].as_str().context("the sandbox gives a token")?.to_owned())
}
