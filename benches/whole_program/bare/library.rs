//! A bare client on the HTTP library that the program uses, with the program's settings.

use std::io::Read as _;

use anyhow::Context as _;
use reqwest::blocking::Client;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::redirect;

use super::{LONGEST_SILENCE, credential, token_in};

pub struct SignedIn {
    http: Client,
    url: String,
    token: String,
}

impl SignedIn {
    pub fn new(address: &str) -> anyhow::Result<Self> {
        let provided = rustls::crypto::ring::default_provider().install_default();
        provided.ok().context("the first provider of cryptography")?;
        // As in src/personio/transport.rs.
        let http = Client::builder()
            .user_agent("whole_program")
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(LONGEST_SILENCE)
            .timeout(LONGEST_SILENCE)
            .no_proxy()
            .tls_certs_only([])
            .build()?;
        let url = format!("http://{address}");
        let asked = http.post(format!("{url}/v1/auth")).header(CONTENT_TYPE, "application/json").body(credential());
        let token = token_in(&asked.send()?.error_for_status()?.bytes()?)?;
        Ok(Self { http, url, token })
    }

    /// Reads one answer to its end, in pieces as the program does. Tells how many bytes its body had.
    pub fn fetch(&self, target: &str) -> anyhow::Result<u64> {
        let asked = self.http.get(format!("{}{target}", self.url)).bearer_auth(&self.token);
        let mut answer = asked.header(ACCEPT, "application/json").send()?.error_for_status()?;
        let mut piece = vec![0; 64 * 1024];
        let mut received = 0;
        loop {
            match answer.read(&mut piece)? {
                0 => return Ok(received),
                size => received += size as u64,
            }
        }
    }
}
