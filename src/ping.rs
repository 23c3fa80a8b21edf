//! A dead man's switch: tells a monitoring service that a run has begun and how it ended, in the convention of healthchecks.io.
//! Sends codes and counts, never names. It makes one attempt with a short time-out, because a run must not wait for it.

use std::time::Duration;

use crate::exit::{Exit, Failure};
use crate::http::Route;
use crate::remote::{PingUrl, Proxies};

/// How long one ping may take, from connecting to the answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Started,
    /// With an exit code. Zero is a success.
    Ended(u8),
}

/// Failures name the host and not the address: whoever knows that can pretend to be this tool.
pub fn ping(url: &PingUrl, proxies: &Proxies, moment: Moment, body: String) -> Result<(), Failure> {
    let address = match moment {
        Moment::Started => url.at("start"),
        Moment::Ended(0) => url.itself().to_string(),
        Moment::Ended(code) => url.at(&code.to_string()),
    };
    let route = Route::to(url.itself(), url.transit(), proxies, TIMEOUT)?;
    let answer = route.client.post(address).body(body).send();
    let host = route.host();
    let status = answer.map_err(|error| route.not_reached(&error).told(host))?.status();
    match status.is_success() {
        true => Ok(()),
        false => Err(Failure::new(Exit::Unavailable, format!("{host} answered {}", status.as_u16()))),
    }
}
