//! Whose certificates this machine trusts, and why it does not trust one.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier as OfSystem;
use webpki::EndEntityCert;

use super::Unreached;

/// Why a certificate is not trusted. Days are None where they are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Distrust {
    Expired { on: Option<NaiveDate>, today: Option<NaiveDate> },
    NotYetValid { before: Option<NaiveDate>, today: Option<NaiveDate> },
    OtherHost { names: Vec<String> },
    UnknownAuthority,
    SelfSigned,
    Unusable,
}

/// TLS with the authorities of this machine.
pub fn tls_here() -> Result<ClientConfig, Unreached> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let of_system = OfSystem::new(Arc::clone(&provider)).map_err(|_| Unreached::NoAuthorities)?;
    let verifier = Arc::new(Verifier(of_system));
    Ok(with(provider)?.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// TLS that trusts nobody, for connections without TLS: they need no CA certificates on this machine.
pub fn tls_to_nobody() -> Result<ClientConfig, Unreached> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(with(provider)?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn with(
    provider: Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, Unreached> {
    let builder = ClientConfig::builder_with_provider(provider);
    builder.with_safe_default_protocol_versions().map_err(|_| Unreached::NoAuthorities)
}

/// The system's judgement, and of a certificate that nobody vouches for whether it vouches for itself.
#[derive(Debug)]
struct Verifier(OfSystem);

#[derive(Debug)]
struct SelfSigned;

impl std::fmt::Display for SelfSigned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("self-signed")
    }
}

impl std::error::Error for SelfSigned {}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged = self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let signs_itself = || EndEntityCert::try_from(end_entity).is_ok_and(|it| it.issuer() == it.subject());
        match judged {
            // The system's words for it differ: an unknown issuer, an authority's own certificate, a namesake's signature.
            Err(rustls::Error::InvalidCertificate(why))
                if Distrust::of(&why).is_about_its_maker() && signs_itself() =>
            {
                Err(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(SelfSigned)))))
            }
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

impl Distrust {
    /// Whether another authority would be trusted.
    pub fn is_of_authority(&self) -> bool {
        matches!(self, Self::UnknownAuthority | Self::SelfSigned)
    }

    pub(super) fn of(error: &CertificateError) -> Self {
        match error {
            CertificateError::Expired => Self::Expired { on: None, today: None },
            CertificateError::ExpiredContext { time, not_after } => {
                Self::Expired { on: day(*not_after), today: day(*time) }
            }
            CertificateError::NotValidYet => Self::NotYetValid { before: None, today: None },
            CertificateError::NotValidYetContext { time, not_before } => {
                Self::NotYetValid { before: day(*not_before), today: day(*time) }
            }
            CertificateError::NotValidForName => Self::OtherHost { names: Vec::new() },
            CertificateError::NotValidForNameContext { expected: _, presented } => {
                // As in `DnsName("mail.example.com")`. An e-mail address is no host.
                let presented =
                    presented.iter().filter(|kind| kind.starts_with("DnsName") || kind.starts_with("IpAddress"));
                let name = |kind: &String| kind.split(['(', ')']).nth(1).map(|name| name.replace('"', ""));
                Self::OtherHost { names: presented.filter_map(name).collect() }
            }
            CertificateError::UnknownIssuer => Self::UnknownAuthority,
            CertificateError::Other(other) if other.0.is::<SelfSigned>() => Self::SelfSigned,
            _ => Self::Unusable,
        }
    }

    fn is_about_its_maker(&self) -> bool {
        match self {
            Self::UnknownAuthority | Self::SelfSigned | Self::Unusable => true,
            Self::Expired { .. } | Self::NotYetValid { .. } | Self::OtherHost { .. } => false,
        }
    }

    pub(super) fn sentence(&self, whom: &str) -> String {
        let on = |word: &str, day: &Option<NaiveDate>| day.map_or_else(String::new, |day| format!(" {word} {day}"));
        match self {
            Self::Expired { on: day, .. } => format!("the certificate of {whom} has expired{}", on("on", day)),
            Self::NotYetValid { before, .. } => {
                format!("the certificate of {whom} is not valid yet{}", on("and will be on", before))
            }
            Self::OtherHost { names } if names.is_empty() => format!("the certificate of {whom} is for no host"),
            Self::OtherHost { names } => format!("the certificate of {whom} is for another host: {}", names.join(", ")),
            Self::UnknownAuthority => {
                format!("the certificate of {whom} comes from an authority that this machine does not know")
            }
            Self::SelfSigned => format!("{whom} signed its certificate itself, and no authority vouches for it"),
            Self::Unusable => format!("the certificate of {whom} cannot be used for a server"),
        }
    }

    pub(super) fn hint(&self, whom: &str) -> String {
        match self {
            Self::Expired { today, .. } | Self::NotYetValid { today, .. } => {
                let clock = today.map_or_else(String::new, |today| format!(": this machine's clock says {today}"));
                format!("whoever runs {whom} renews it, unless the clock is wrong{clock}")
            }
            Self::OtherHost { .. } => "use a name that the certificate has, or have one made for this name".to_owned(),
            Self::UnknownAuthority => {
                "install that authority with the CA certificates of this machine (on Debian: a .crt in \
                 /usr/local/share/ca-certificates, then update-ca-certificates)"
                    .to_owned()
            }
            Self::SelfSigned => {
                "have an authority make one; or make it with CA:FALSE and install it with the CA certificates of this \
                 machine (on Debian: a .crt in /usr/local/share/ca-certificates, then update-ca-certificates)"
                    .to_owned()
            }
            Self::Unusable => format!("whoever runs {whom} has another one made"),
        }
    }
}

fn day(time: UnixTime) -> Option<NaiveDate> {
    DateTime::from_timestamp(i64::try_from(time.as_secs()).unwrap_or(i64::MAX), 0).map(|time| time.date_naive())
}
