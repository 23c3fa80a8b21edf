//! Who said no, and what that means: one table of what was asked, the status, and whose words the body has.
//!
//! Only a body in Personio's own shape speaks for Personio. Whatever else answers in its name stands in between.

use crate::exit::{Exit, Failure};
use crate::visible::quoted;

/// Where credentials are made. Source: the getting-started page of Personio's developer hub, September 2026.
const INTEGRATIONS: &str = "Marketplace > Connected integrations";

/// In an answer 403 that means what 401 means. Source: Personio's OpenAPI document.
const INVALID_TOKEN: &str = "authorization is not valid";

/// Whose words a body has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// Personio's own error, with its message.
    Personio(String),
    /// A page for a browser, with its title.
    Page(String),
    Nothing,
}

impl Says {
    /// The same without its words, where they hold one of these.
    pub(super) fn without(mut self, secrets: &[&str]) -> Self {
        if let Self::Personio(words) | Self::Page(words) = &mut self
            && secrets.iter().any(|secret| words.contains(secret))
        {
            words.clear();
        }
        self
    }

    /// The words, for the end of a sentence.
    pub(super) fn after_a_colon(&self) -> String {
        let words = match self {
            Self::Personio(words) | Self::Page(words) => quoted(words),
            Self::Nothing => String::new(),
        };
        if words.is_empty() { words } else { format!(": {words}") }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    SignIn,
    Read,
}

/// What an answer without success means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    CredentialRejected,
    TokenRefused,
    MissingRight,
    /// Another place than Personio's API.
    OtherPlace,
    /// Nothing that Personio documents.
    Unexpected,
    /// Something else answered in Personio's name.
    InBetween,
}

/// An answer without success, as messages need it.
pub(super) struct Refusal<'a> {
    pub asked: Asked,
    pub host: &'a str,
    pub path: &'a str,
    pub status: u16,
    pub says: Says,
}

pub(super) fn meaning(asked: Asked, status: u16, says: &Says) -> Meaning {
    match (asked, status, says) {
        // Personio's documents disagree on which of them a wrong secret gets.
        (Asked::SignIn, 200 | 400 | 401 | 403, Says::Personio(_)) => Meaning::CredentialRejected,
        (Asked::Read, 401, Says::Personio(_)) => Meaning::TokenRefused,
        (Asked::Read, 403, Says::Personio(words)) if words.to_lowercase().contains(INVALID_TOKEN) => {
            Meaning::TokenRefused
        }
        (Asked::Read, 403, Says::Personio(_)) => Meaning::MissingRight,
        (_, 404, _) => Meaning::OtherPlace,
        (_, _, Says::Personio(_)) => Meaning::Unexpected,
        (_, 400.., Says::Page(_)) | (_, 400..500 | 511, Says::Nothing) => Meaning::InBetween,
        (_, _, Says::Page(_) | Says::Nothing) => Meaning::Unexpected,
    }
}

impl Refusal<'_> {
    pub(super) fn failure(&self) -> Failure {
        let Self { asked, host, path, status, says } = self;
        let said = says.after_a_colon();
        match meaning(*asked, *status, says) {
            Meaning::CredentialRejected => {
                let how = if *status == 200 { "`success: false`".to_owned() } else { status.to_string() };
                Failure::new(Exit::Rejected, format!("Personio rejected the credential ({how}){said}")).hint(format!(
                    "create or renew it in Personio under {INTEGRATIONS}, then $0 connect --client-id ID --no-sync"
                ))
            }
            Meaning::TokenRefused => {
                let what = format!("Personio refused a token it had just issued ({status}){said}");
                Failure::new(Exit::Rejected, what).hint(format!(
                    "check that the credential is still active and may read employees, in Personio under {INTEGRATIONS}"
                ))
            }
            Meaning::MissingRight => {
                Failure::new(Exit::Rejected, format!("the credential may not read employees ({status}){said}"))
                    .hint(format!("allow it to read employees in Personio under {INTEGRATIONS}"))
            }
            Meaning::OtherPlace => self.unexpected(&said).hint(format!(
                "check `base_url` under [personio]: {host} does not seem to have Personio's API v1 there"
            )),
            Meaning::Unexpected => self.unexpected(&said),
            Meaning::InBetween => {
                let what = match says {
                    Says::Page(_) => "a page for browsers",
                    Says::Personio(_) | Says::Nothing => "not in the shape of Personio's errors",
                };
                let what =
                    format!("something in between answered {path} in the name of {host}: {status}, {what}{said}");
                Failure::new(Exit::Untrusted, what).hint(format!(
                    "whoever runs the firewall or proxy between this machine and {host} lets its requests through"
                ))
            }
        }
    }

    fn unexpected(&self, said: &str) -> Failure {
        let Self { host, path, status, .. } = self;
        Failure::new(Exit::Untrusted, format!("{host} answered {path} with the status {status}{said}"))
    }
}

#[cfg(test)]
mod tests;
