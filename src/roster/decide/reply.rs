//! What Personio did instead of giving an answer that could be used: a fact for notes, without any of the answer.

use serde::{Deserialize, Serialize};

use crate::roster::voice::{Told, Voice, tell};

/// What Personio did instead of giving a usable answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    NotInTime,
    NotReached,
    NotSecure,
    NoAnswer,
    CutShort,
    TooLarge,
    UnknownCoding,
    /// This run may send nothing more.
    NotAsked,
    Status(u16),
    /// A 404 that somebody on the way may have made.
    NotPersonios404,
    /// Status 200, with this in place of an answer.
    Content(Content),
}

/// What came in place of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Content {
    Nothing,
    Html,
    HalfOfJson,
    NoJson,
    OtherShape,
    Unsuccessful,
    NotOnePerson,
    NoAttributes,
    NoId,
    AnotherPerson,
}

impl Told for Reply {
    /// What Personio did, without Personio.
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::NotInTime => {
                tell!(voice, "did not answer in time", "did not answer in time", "hat nicht rechtzeitig geantwortet")
            }
            Self::NotReached => tell!(voice, "could not be reached", "could not be reached", "war nicht erreichbar"),
            Self::NotSecure => tell!(
                voice,
                "could not be reached securely",
                "could not be reached securely",
                "war nicht auf sicherem Weg erreichbar"
            ),
            Self::NotAsked => tell!(voice, "was not asked", "was not asked", "wurde nicht gefragt"),
            Self::NoAnswer => {
                tell!(voice, "closed the connection without an answer", "did not answer", "hat nicht geantwortet")
            }
            Self::CutShort => unusable(voice, "sent an answer that was cut short", None),
            Self::TooLarge => unusable(voice, "sent an answer that was too large", None),
            Self::UnknownCoding => unusable(voice, "sent an answer in an unknown coding", None),
            Self::Status(status) => unusable(voice, &format!("answered {status}"), Some(*status)),
            Self::NotPersonios404 => unusable(voice, "answered 404 without Personio's own error", Some(404)),
            Self::Content(content) => unusable(voice, &format!("answered 200 with {}", content.words()), Some(200)),
        }
    }
}

/// Only the operator hears what came. The status helps whoever is asked for help.
fn unusable(voice: Voice<'_>, came: &str, status: Option<u16>) -> String {
    let status = status.map(|status| format!(" ({status})")).unwrap_or_default();
    tell!(voice, "{came}", "gave no usable answer{status}", "hat keine brauchbare Antwort gegeben{status}")
}

impl Content {
    /// Only the operator hears of it.
    fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Html => "HTML",
            Self::HalfOfJson => "half of a JSON document",
            Self::NoJson => "no JSON",
            Self::OtherShape => "JSON of another shape",
            Self::Unsuccessful => "`success: false`",
            Self::NotOnePerson => "something else than one person",
            Self::NoAttributes => "a person without attributes",
            Self::NoId => "a person without an id",
            Self::AnotherPerson => "another person",
        }
    }
}
