//! The proxy that the environment names for a host, and what it says by itself.

use std::fmt;
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use url::Url;

use super::NotReached;
use crate::exit::{Exit, Failure};
use crate::reach::{Unreached, dial, encrypt};
use crate::remote::Proxies;

/// A proxy as messages name it, which shows no password, and how it is asked.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    pub(super) variable: &'static str,
    /// The host with its port.
    pub(super) address: String,
    pub(super) names_user: bool,
    speaks: Speaks,
    /// The header that lets its user in.
    authorization: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaks {
    Plain,
    Tls,
}

/// No answer to CONNECT has a longer head.
const LONGEST_HEAD: usize = 8 * 1024;

/// What a proxy is asked for.
pub(super) fn authority(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(443))
}

impl Proxy {
    /// The proxy for this address, and the value that names it. None where no variable is set, or NO_PROXY has the host.
    pub(super) fn to(url: &Url, proxies: &Proxies) -> Result<Option<(Arc<Self>, String)>, Failure> {
        let Some((name, value)) = proxies.named() else { return Ok(None) };
        let exceptions = proxies.exceptions();
        let read = |address: &str| {
            let uri = url.as_str().parse().ok()?;
            Matcher::builder().all(address.to_owned()).no(exceptions.clone()).build().intercept(&uri)
        };
        if read("http://any.invalid").is_none() {
            return Ok(None);
        }
        let mut proxy = Self {
            variable: name,
            address: String::new(),
            names_user: false,
            speaks: Speaks::Plain,
            authorization: None,
        };
        let value = value.to_str().ok_or_else(|| proxy.unreadable())?.trim();
        // A mark of a password that is not escaped makes a host of its beginning.
        let Some(intercept) = read(value).filter(|_| !value.contains(['#', '?'])) else {
            return Err(proxy.unreadable());
        };
        proxy.speaks = proxy.speaks_to(&intercept)?;
        proxy.address = host_and_port(&intercept, proxy.speaks).ok_or_else(|| proxy.unreadable())?;
        proxy.authorization = intercept.basic_auth().and_then(|header| header.to_str().ok().map(str::to_owned));
        proxy.names_user = proxy.authorization.is_some();
        Ok(Some((Arc::new(proxy), value.to_owned())))
    }

    fn speaks_to(&self, intercept: &Intercept) -> Result<Speaks, Failure> {
        match intercept.uri().scheme_str() {
            Some("http") => Ok(Speaks::Plain),
            Some("https") => Ok(Speaks::Tls),
            Some(_) | None => Err(self.unreadable()),
        }
    }

    /// The value may hold a password, so it is not shown.
    pub(super) fn unreadable(&self) -> Failure {
        let variable = self.variable;
        Failure::new(Exit::Misconfigured, format!("the environment variable {variable} names no HTTP proxy"))
            .hint(format!("set {variable} to http://HOST:PORT, or unset it; SOCKS is not spoken"))
    }

    /// Asks for the way to a host and its port.
    pub(super) fn asked_for(self: &Arc<Self>, target: &str, timeout: Duration) -> Result<(), NotReached> {
        let failed = |why| NotReached::Proxy { proxy: Arc::clone(self), why };
        let (host, port) = self.address.rsplit_once(':').unwrap_or((&self.address, ""));
        let (host, port) = (host.trim_matches(['[', ']']), port.parse().unwrap_or_default());
        let tcp = dial(host, port, timeout).map_err(failed)?;
        let head = match self.speaks {
            Speaks::Plain => self.head(tcp, target),
            Speaks::Tls => self.head(encrypt(tcp, host).map_err(failed)?, target),
        };
        let head = head.map_err(|error| failed(Unreached::of(&error)))?;
        let mut words = head.lines().next().unwrap_or_default().splitn(3, ' ').skip(1);
        match words.next().and_then(|status| status.parse().ok()) {
            Some(200..300) => Ok(()),
            Some(status) => {
                let words = words.next().unwrap_or_default().to_owned();
                Err(NotReached::RefusedByProxy { proxy: Arc::clone(self), status, words })
            }
            None => Err(failed(Unreached::Closed)),
        }
    }

    fn head(&self, mut connection: impl Read + Write, target: &str) -> std::io::Result<String> {
        let authorization = self.authorization.as_ref();
        let authorization = authorization.map_or_else(String::new, |value| format!("Proxy-Authorization: {value}\r\n"));
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n");
        connection.write_all(request.as_bytes())?;
        connection.flush()?;
        let mut head = Vec::new();
        let mut piece = [0; 512];
        while !head.contains(&b'\n') && head.len() < LONGEST_HEAD {
            match connection.read(&mut piece)? {
                0 => break,
                size => head.extend_from_slice(&piece[..size]),
            }
        }
        Ok(String::from_utf8_lossy(&head).into_owned())
    }
}

fn host_and_port(intercept: &Intercept, speaks: Speaks) -> Option<String> {
    let usual = match speaks {
        Speaks::Plain => 80,
        Speaks::Tls => 443,
    };
    let uri = intercept.uri();
    let host = uri.host().filter(|host| !host.is_empty())?;
    Some(format!("{host}:{}", uri.port_u16().unwrap_or(usual)))
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy of {} ({})", self.variable, self.address)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
