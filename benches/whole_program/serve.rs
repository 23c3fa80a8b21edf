//! The sandbox as a process of its own, which remembers what it was asked so that the same can be asked again.

use std::io::{self, Write as _};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use chrono::NaiveDate;
use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::sandbox::api::{Api, Limits};
use crate::sandbox::company::Company;
use crate::sandbox::http::{Reply, Request, Server};
use crate::sandbox::{DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, DEFAULT_SEED};

/// Where the requests remembered so far are given out, one line each, and forgotten.
pub const REMEMBERED: &str = "/remembered";

#[derive(Args)]
pub struct Arguments {
    #[arg(long)]
    people: usize,
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    #[arg(long)]
    enforce_limits: bool,
}

/// Serves until it is ended.
pub fn run(arguments: &Arguments, today: NaiveDate) -> io::Result<()> {
    let company = Company::new(arguments.people, DEFAULT_SEED, today);
    let limits = if arguments.enforce_limits { Limits::Enforced } else { Limits::Off };
    let latency = Duration::from_millis(arguments.latency_ms);
    let (id, secret) = (DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET);
    let api = Api::new(company, id, secret, &[].into(), limits, latency);
    let remembered = Arc::new(Mutex::new(Vec::<String>::new()));
    let server = Server::start("127.0.0.1:0", move |request| {
        let mut remembered = remembered.lock().expect("nobody panics while remembering");
        if request.path == REMEMBERED {
            return Reply::bytes(200, "text/plain", std::mem::take(&mut *remembered).join("\n"));
        }
        if request.method == "GET" && request.path.starts_with("/v1") {
            remembered.push(target(request));
        }
        drop(remembered);
        api.answer(request)
    })?;
    println!("{}", server.url());
    io::stdout().flush()?;
    loop {
        thread::park();
    }
}

/// As it stood in the first line of the request, or as good.
fn target(request: &Request) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = request.query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    let query = pairs.collect::<Vec<_>>().join("&");
    if query.is_empty() { request.path.clone() } else { format!("{}?{query}", request.path) }
}
