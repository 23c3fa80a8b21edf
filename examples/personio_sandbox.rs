//! A Personio v1 API on loopback, to try `honestly-sync` on a company in which days pass.
//!
//!     cargo run --example personio_sandbox -- --port 8080
//!     curl -X POST http://127.0.0.1:8080/sandbox/next-day
//!
//! Everyone in it is invented, and so is everything they do. The one line on standard output is the base URL, for
//! scripts.

#[path = "personio_sandbox/mod.rs"]
mod sandbox;

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use chrono::{NaiveDate, Utc};
use clap::Parser;

use sandbox::api::Limits;
use sandbox::company::Status;
use sandbox::{DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, DEFAULT_PEOPLE, DEFAULT_SEED, Sandbox, Settings};

/// A Personio v1 API on loopback, with a company in which days pass
#[derive(Parser)]
struct Arguments {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// People in the company, those included who left or have not started
    #[arg(long, value_name = "N", default_value_t = DEFAULT_PEOPLE as u32, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    people: u32,
    /// The same seed gives the same company and the same days
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// The day shown as today, however many days pass [default: today in Berlin]
    #[arg(long, value_name = "DATE")]
    today: Option<NaiveDate>,
    /// Days that pass before the first request
    #[arg(long, value_name = "N", default_value_t = 0)]
    days: u32,
    #[arg(long, value_name = "ID", default_value = DEFAULT_CLIENT_ID)]
    client_id: String,
    #[arg(long, value_name = "SECRET", default_value = DEFAULT_CLIENT_SECRET)]
    client_secret: String,
    /// Wait this long before every answer
    #[arg(long, value_name = "N", default_value_t = 0)]
    latency_ms: u64,
    /// Answer 429 beyond 15 pages of employees a second or 300 a minute, as Personio does
    #[arg(long)]
    enforce_limits: bool,
    /// An attribute the credential may not read; may be given several times
    #[arg(long, value_name = "KEY")]
    withhold: Vec<String>,
    /// End after this many seconds; 0 goes on until ended
    #[arg(long, value_name = "N", default_value_t = 600)]
    for_seconds: u64,
}

#[expect(clippy::disallowed_methods, reason = "a sandbox is about today")]
fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let today_in_berlin = || Utc::now().with_timezone(&chrono_tz::Europe::Berlin).date_naive();
    let mut settings = Settings::new(arguments.today.unwrap_or_else(today_in_berlin));
    settings.port = arguments.port;
    settings.people = arguments.people as usize;
    settings.seed = arguments.seed;
    settings.client_id = arguments.client_id;
    settings.client_secret = arguments.client_secret;
    settings.latency = Duration::from_millis(arguments.latency_ms);
    settings.limits = if arguments.enforce_limits { Limits::Enforced } else { Limits::Off };
    settings.withheld = arguments.withhold.into_iter().collect();

    let sandbox = Sandbox::start(settings).context("could not start the sandbox")?;
    for _ in 0..arguments.days {
        for event in sandbox.next_day() {
            eprintln!("{event}");
        }
    }
    announce(&sandbox)?;
    if arguments.for_seconds == 0 {
        loop {
            thread::park();
        }
    }
    thread::sleep(Duration::from_secs(arguments.for_seconds));
    let statistics = sandbox.statistics();
    eprintln!("ended after {} pages of employees, as --for-seconds asked", statistics.employee_pages);
    Ok(())
}

fn announce(sandbox: &Sandbox) -> io::Result<()> {
    let company = sandbox.company();
    let at_work = company.people().filter(|person| person.status() == Status::Active).count();
    eprintln!("{} people, {at_work} of them at work", company.len());
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "listening on {}", sandbox.base_url())?;
    stdout.flush()
}
