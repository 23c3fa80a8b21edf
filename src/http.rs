//! HTTP to one host: the client, the proxy that the environment names for that host, and who it was where no answer came. It
//! follows no redirect, and what it sends is encrypted or stays on this machine.

mod proxy;

use std::sync::Arc;
use std::time::Duration;

use reqwest::blocking::Client;
use reqwest::redirect;
use url::Url;

use crate::exit::{Exit, Failure};
use crate::reach::{Unreached, causes, tls_here, tls_to_nobody};
use crate::remote::{Proxies, Transit, host_of};
use crate::visible::quoted;
pub use proxy::Proxy;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How requests get to one host.
#[derive(Debug)]
pub struct Route {
    pub client: Client,
    /// The host, with its port where that is not the usual one.
    host: String,
    /// The proxy, and what it is asked for.
    proxy: Option<(Arc<Proxy>, String)>,
    timeout: Duration,
}

/// Who did not let a request through, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotReached {
    /// The host, behind the proxy if there is one.
    Host {
        why: Unreached,
        behind: Option<Arc<Proxy>>,
    },
    Proxy {
        proxy: Arc<Proxy>,
        why: Unreached,
    },
    /// The proxy's answer.
    RefusedByProxy {
        proxy: Arc<Proxy>,
        status: u16,
        words: String,
    },
}

impl Route {
    /// To the host of this address. `timeout` is for one request, from connecting to the answer.
    pub fn to(url: &Url, transit: Transit, proxies: &Proxies, timeout: Duration) -> Result<Self, Failure> {
        let connect_timeout = CONNECT_TIMEOUT.min(timeout);
        let builder = Client::builder()
            .user_agent(concat!("honestly-sync/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(connect_timeout)
            .timeout(timeout);
        let (tls, proxy) = match transit {
            Transit::Encrypted => (tls_here(), Proxy::to(url, proxies)?),
            // A proxy would see a secret in the clear.
            Transit::ThisMachine => (tls_to_nobody(), None),
        };
        let host = host_of(url);
        let builder = builder.tls_backend_preconfigured(tls.map_err(|why| why.told(&host))?);
        let no_client = |error: reqwest::Error| {
            let words = error.without_url();
            Failure::new(Exit::Bug, format!("there is no HTTP client: {words}"))
        };
        let (builder, proxy) = match proxy {
            None => (builder.no_proxy(), None),
            Some((proxy, address)) => {
                let by_proxy = reqwest::Proxy::all(&address).map_err(|_| proxy.unreadable())?;
                (builder.proxy(by_proxy), Some((proxy, proxy::authority(url))))
            }
        };
        Ok(Self { client: builder.build().map_err(no_client)?, host, proxy, timeout: connect_timeout })
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    /// Who it was where a request brought no answer. The client keeps neither a proxy's status nor its words, so the proxy is
    /// asked once more, by itself.
    pub fn not_reached(&self, error: &reqwest::Error) -> NotReached {
        if let (true, Some((proxy, target))) = (error.is_connect(), &self.proxy)
            && let Err(refusal) = proxy.asked_for(target, self.timeout)
        {
            return refusal;
        }
        let why = if error.is_timeout() {
            Unreached::TimedOut
        } else if error.is_dns() {
            Unreached::UnknownName
        } else {
            let what_was_read = causes(error).any(|cause| cause.is::<std::io::Error>() || cause.is::<rustls::Error>());
            match error.is_connect() && !what_was_read {
                true => Unreached::NoConnection(None),
                false => Unreached::of(error),
            }
        };
        NotReached::Host { why, behind: self.proxy.as_ref().map(|(proxy, _)| Arc::clone(proxy)) }
    }
}

impl NotReached {
    pub fn of_host(why: Unreached) -> Self {
        Self::Host { why, behind: None }
    }

    /// tinyproxy says 401 where RFC 9110 has 407.
    pub fn sentence(&self, host: &str) -> String {
        match self {
            Self::Host { why, behind: _ } => why.sentence(host),
            Self::Proxy { proxy, why } => why.sentence(&proxy.to_string()),
            Self::RefusedByProxy { proxy, status: status @ (401 | 407), words } if proxy.names_user => {
                format!("{proxy} does not let its user in ({status}){}", said(words))
            }
            Self::RefusedByProxy { proxy, status: status @ (401 | 407), words } => {
                format!("{proxy} wants a user and a password ({status}){}", said(words))
            }
            Self::RefusedByProxy { proxy, status, words } => {
                format!("{proxy} opens no way to {host} ({status}){}", said(words))
            }
        }
    }

    /// `Unavailable` where the same attempt can succeed later, and nowhere else. A proxy that forbids goes on forbidding; what it
    /// says of the host may pass.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Host { why, .. } | Self::Proxy { why, .. } => why.exit(),
            Self::RefusedByProxy { status: 408 | 425 | 429, .. } => Exit::Unavailable,
            Self::RefusedByProxy { status: 400..500, .. } => Exit::Rejected,
            Self::RefusedByProxy { .. } => Exit::Unavailable,
        }
    }

    pub fn told(&self, host: &str) -> Failure {
        let hints = self.hint(host).into_iter().collect();
        Failure { hints, ..Failure::new(self.exit(), self.sentence(host)) }
    }

    pub fn hint(&self, host: &str) -> Option<String> {
        match self {
            Self::Host { why: Unreached::Distrusted(why), behind: Some(proxy) } if why.is_of_authority() => Some(format!(
                "where {proxy} opens encrypted connections, its authority belongs to the CA certificates of this machine"
            )),
            Self::Host { why, .. } => why.hint(host),
            Self::Proxy { proxy, why } => why.hint(&proxy.to_string()),
            Self::RefusedByProxy { proxy, status: 401 | 407, .. } => {
                Some(format!("{} takes http://USER:PASSWORD@{}", proxy.variable, proxy.address))
            }
            Self::RefusedByProxy { proxy, .. } => (self.exit() == Exit::Rejected).then(|| {
                let variable = proxy.variable;
                format!(
                    "whoever runs the proxy allows CONNECT to {host}; or name the host in NO_PROXY where {variable} is not meant for it"
                )
            }),
        }
    }
}

fn said(words: &str) -> String {
    let words = quoted(words);
    if words.is_empty() { words } else { format!(": {words}") }
}

#[cfg(test)]
mod tests;
