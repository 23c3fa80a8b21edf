//! The HTTP client. It follows no redirect, and what it sends is encrypted or stays on this machine.

use std::time::Duration;

use reqwest::blocking::Client;
use reqwest::redirect;

use crate::remote::Transit;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// `timeout` is for one request, from connecting to the answer.
pub fn client(transit: Transit, timeout: Duration) -> reqwest::Result<Client> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error means that another thread was faster. Then there is a provider too.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let builder = Client::builder()
        .user_agent(concat!("honestly-sync/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT.min(timeout))
        .timeout(timeout);
    match transit {
        Transit::Encrypted => builder.build(),
        // A proxy would see a secret in the clear. Without https no certificates are needed, and reqwest refuses to start on a
        // machine that has none.
        Transit::ThisMachine => builder.no_proxy().tls_certs_only([]).build(),
    }
}
