//! How another machine is reached, and why it is not: TCP within a time, TLS where it is wanted. One table for Personio, proxies,
//! pings and mail servers: what went wrong, whether the same attempt can succeed later, the exit code, and what helps.
//!
//! Sentences are our own words and the system's, never the debugging text of a library.

mod certificate;

use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, ClientConnection, StreamOwned};

pub use certificate::{Distrust, tls_here, tls_to_nobody};

use crate::exit::{Exit, Failure};

/// Why another machine is not reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreached {
    UnknownName,
    Refused,
    TimedOut,
    /// The other side, or something on the way, closed the connection.
    Closed,
    /// In the system's words, where it has any.
    NoConnection(Option<String>),
    /// What came was no TLS.
    NotTls,
    /// Neither version nor cipher.
    NothingInCommon,
    /// Of ours.
    WantsCertificate,
    Distrusted(Distrust),
    /// This machine has no CA certificates.
    NoAuthorities,
}

pub type Encrypted = StreamOwned<ClientConnection, TcpStream>;

/// `host` is a name or an address, without brackets. The connection is given up after `timeout`, and so is each answer on it.
pub fn dial(host: &str, port: u16, timeout: Duration) -> Result<TcpStream, Unreached> {
    let until = Instant::now() + timeout;
    let addresses = (host, port).to_socket_addrs().map_err(|_| Unreached::UnknownName)?;
    let mut why = Unreached::UnknownName;
    for address in addresses {
        let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let connected = TcpStream::connect_timeout(&address, left).and_then(|stream| {
            stream.set_read_timeout(Some(timeout))?;
            stream.set_write_timeout(Some(timeout))?;
            Ok(stream)
        });
        match connected {
            Ok(stream) => return Ok(stream),
            Err(error) => why = Unreached::of(&error),
        }
    }
    Err(why)
}

/// Shakes hands with `host`, whose certificate must be one that this machine trusts.
pub fn encrypt(mut connection: TcpStream, host: &str) -> Result<Encrypted, Unreached> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| Unreached::UnknownName)?;
    let mut tls = ClientConnection::new(Arc::new(tls_here()?), name).map_err(|error| Unreached::of(&error))?;
    while tls.is_handshaking() {
        tls.complete_io(&mut connection).map_err(|error| Unreached::of(&error))?;
    }
    Ok(StreamOwned::new(tls, connection))
}

impl Unreached {
    /// By what lies under an error. What says nothing is a connection that was closed.
    pub fn of(error: &(dyn StdError + 'static)) -> Self {
        if let Some(tls) = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
            return match tls {
                rustls::Error::InvalidCertificate(why) => Self::Distrusted(Distrust::of(why)),
                rustls::Error::AlertReceived(alert) => Self::by_alert(*alert),
                _ => Self::NotTls,
            };
        }
        let Some(error) = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).last() else {
            return Self::Closed;
        };
        match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Self::TimedOut,
            ErrorKind::ConnectionRefused => Self::Refused,
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => Self::Closed,
            ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::NoConnection(error.raw_os_error().map(|_| error.to_string())),
        }
    }

    /// What the other side says before it ends a handshake, by RFC 8446, section 6.2.
    fn by_alert(alert: AlertDescription) -> Self {
        match alert {
            AlertDescription::HandshakeFailure
            | AlertDescription::ProtocolVersion
            | AlertDescription::InsufficientSecurity => Self::NothingInCommon,
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::NoCertificate => Self::WantsCertificate,
            _ => Self::Closed,
        }
    }

    /// `whom` names the party, such as "api.personio.de" or "the mail server mail.example.com:465".
    pub fn sentence(&self, whom: &str) -> String {
        match self {
            Self::UnknownName => format!("the name of {whom} cannot be resolved"),
            Self::Refused => format!("{whom} refused the connection"),
            Self::TimedOut => format!("{whom} did not answer in time"),
            Self::Closed => format!("{whom} closed the connection without a readable answer"),
            Self::NoConnection(None) => format!("no connection to {whom}"),
            Self::NoConnection(Some(words)) => format!("no connection to {whom}: {words}"),
            Self::NotTls => format!("{whom} does not speak TLS from the first byte"),
            Self::NothingInCommon => format!("{whom} speaks no TLS 1.2 or 1.3 with a cipher that is known here"),
            Self::WantsCertificate => format!("{whom} wants a certificate of this machine, and none is ever shown"),
            Self::Distrusted(distrust) => distrust.sentence(whom),
            Self::NoAuthorities => "this machine trusts no authority, so no connection can be encrypted".to_owned(),
        }
    }

    /// `Unavailable` where the same attempt can succeed later, and nowhere else.
    pub fn exit(&self) -> Exit {
        match self {
            Self::UnknownName | Self::Refused | Self::TimedOut | Self::Closed | Self::NoConnection(_) => {
                Exit::Unavailable
            }
            Self::NotTls | Self::NothingInCommon | Self::WantsCertificate | Self::Distrusted(_) => Exit::Rejected,
            Self::NoAuthorities => Exit::Misconfigured,
        }
    }

    pub fn hint(&self, whom: &str) -> Option<String> {
        match self {
            Self::UnknownName
            | Self::Refused
            | Self::TimedOut
            | Self::Closed
            | Self::NoConnection(_)
            | Self::NotTls
            | Self::NothingInCommon
            | Self::WantsCertificate => None,
            Self::Distrusted(distrust) => Some(distrust.hint(whom)),
            // Source: the documentation of rustls-native-certs.
            Self::NoAuthorities => Some(
                "where SSL_CERT_FILE or SSL_CERT_DIR is set, correct it: nothing but what it names is read; else install the CA \
                 certificates of the system (package ca-certificates)"
                    .to_owned(),
            ),
        }
    }

    pub fn told(&self, whom: &str) -> Failure {
        let hints = self.hint(whom).into_iter().collect();
        Failure { hints, ..Failure::new(self.exit(), self.sentence(whom)) }
    }
}

/// An error, and what lies under it.
pub fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| {
        let error: &'a (dyn StdError + 'static) = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            // An io::Error hides the error that it was made of: its source is the source of that error.
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

#[cfg(test)]
mod tests;
