//! A Personio v1 API on loopback, to try `honestly-sync` on a company in which days pass.
//!
//!     cargo run --example personio_sandbox -- --port 8080
//!     curl -X POST http://127.0.0.1:8080/sandbox/next-day
//!
//! Everyone in it is invented, and so is everything they do. The one line on standard output is the base URL, for
//! scripts.

#[path = "personio_sandbox/mod.rs"]
mod personio;

use std::io::{self, Write as _};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;

use personio::{Personio, company};

/// A Personio v1 API on loopback, with a company in which days pass. Any client id will do
#[derive(Parser)]
struct Arguments {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// People in the company, those included who left or have not started
    #[arg(long, value_name = "N", default_value_t = 240, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    people: u32,
    #[arg(long, value_name = "SECRET", default_value = "sandbox-secret")]
    client_secret: String,
    /// End after this many seconds; 0 goes on until ended
    #[arg(long, value_name = "N", default_value_t = 600)]
    for_seconds: u64,
}

fn main() -> anyhow::Result<()> {
    let Arguments { port, people, client_secret, for_seconds } = Arguments::parse();
    let everybody = company::people(people as usize);
    let personio = Personio::start(port, &client_secret, everybody).context("could not start the sandbox")?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "listening on {}", personio.base_url())?;
    stdout.flush()?;
    if for_seconds == 0 {
        loop {
            thread::park();
        }
    }
    thread::sleep(Duration::from_secs(for_seconds));
    eprintln!("ended after {} requests, as --for-seconds asked", personio.requests().len());
    Ok(())
}
