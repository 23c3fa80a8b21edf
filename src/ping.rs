//! A dead man's switch: tells a monitoring service that a run has begun and how it ended, in the convention of
//! healthchecks.io. Sends codes and counts, never names. One attempt and a short time-out: a run must not wait for it.

use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::blocking::Client;
use reqwest::redirect;

use crate::remote::{PingUrl, Transit};

/// How long one ping may take, from connecting to the answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Started,
    /// With an exit code; zero is a success.
    Ended(u8),
}

/// Errors name no address: whoever knows it can pretend to be this tool.
pub fn ping(url: &PingUrl, moment: Moment, body: String) -> anyhow::Result<()> {
    let address = match moment {
        Moment::Started => url.at("start"),
        Moment::Ended(0) => url.itself(),
        Moment::Ended(code) => url.at(&code.to_string()),
    };
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error means that another thread was faster, and then there is a provider too.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let mut builder = Client::builder()
        .user_agent(concat!("honestly-sync/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .timeout(TIMEOUT);
    match url.transit() {
        Transit::Encrypted => {}
        // Without https no certificates are needed: reqwest refuses to start on a machine that has none.
        Transit::ThisMachine => builder = builder.no_proxy().tls_certs_only([]),
    }
    let client = builder.build().map_err(reqwest::Error::without_url).context("no connection is possible")?;
    let answer = client.post(address).body(body).send();
    let status = answer.map_err(reqwest::Error::without_url).context("no answer")?.status();
    if status.is_success() { Ok(()) } else { bail!("it answered {}", status.as_u16()) }
}
