//! A dead man's switch: tells a monitoring service that a run has begun and how it ended, in the convention of healthchecks.io.
//! Sends codes and counts, never names. It makes one attempt with a short time-out, because a run must not wait for it.

use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::http;
use crate::remote::PingUrl;

/// How long one ping may take, from connecting to the answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Started,
    /// With an exit code. Zero is a success.
    Ended(u8),
}

/// Errors name no address: whoever knows it can pretend to be this tool.
pub fn ping(url: &PingUrl, moment: Moment, body: String) -> anyhow::Result<()> {
    let address = match moment {
        Moment::Started => url.at("start"),
        Moment::Ended(0) => url.itself(),
        Moment::Ended(code) => url.at(&code.to_string()),
    };
    let client = http::client(url.transit(), TIMEOUT);
    let client = client.map_err(reqwest::Error::without_url).context("no connection is possible")?;
    let answer = client.post(address).body(body).send();
    let status = answer.map_err(reqwest::Error::without_url).context("no answer")?.status();
    if status.is_success() { Ok(()) } else { bail!("it answered {}", status.as_u16()) }
}
