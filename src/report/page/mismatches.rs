//! Names that are no longer what they were, for somebody in HR: what the configuration says, and what Personio says now.

use super::data::isolated;
use super::names::{Names, attribute};
use super::words::{Language, say};
use crate::roster::policy::name_changes::Mismatch;

pub(super) fn mismatch(language: Language, names: &Names<'_>, mismatch: &Mismatch) -> String {
    let quoted = |text: &str| language.quoted(&isolated(text));
    match mismatch {
        Mismatch::Label { label, attribute: key } => {
            let (label, key) = (quoted(label), key.as_str());
            say!(
                language,
                "The configuration says {label} and means {key}, which is no longer called so at Personio, or not alone.",
                "Die Konfiguration nennt {label} und meint {key}; in Personio heißt das nicht mehr oder nicht mehr als Einziges so."
            )
        }
        Mismatch::NewAttribute { attribute: _, header } => {
            let header = quoted(header);
            say!(
                language,
                "{header} is new at Personio and goes nowhere until somebody takes it in.",
                "{header} ist neu in Personio und wird nicht übergeben, bis es jemand aufnimmt."
            )
        }
        Mismatch::Relabelled { attribute: _, header, now } => {
            let (header, now) = (quoted(header), quoted(now));
            say!(
                language,
                "The column stays {header}, although Personio calls it {now} now.",
                "Die Spalte bleibt {header}, obwohl sie in Personio jetzt {now} heißt."
            )
        }
        Mismatch::Renamed { attribute: key, value, now } => {
            let now = now.iter().map(|now| quoted(now)).collect::<Vec<_>>().join(", ");
            let (key, value) = (attribute(language, names, key), quoted(value));
            say!(
                language,
                "{key}: {value} in the configuration is called {now} at Personio now and still counts.",
                "{key}: {value} in der Konfiguration heißt in Personio jetzt {now} und zählt weiter."
            )
        }
        Mismatch::Namesake { attribute: key, value } => {
            let (key, value) = (attribute(language, names, key), quoted(value));
            say!(
                language,
                "{key}: another one is called {value} at Personio too and does not count.",
                "{key}: In Personio heißt noch etwas anderes {value}; das zählt nicht."
            )
        }
        Mismatch::Nobody { attribute: key, value, alike } => {
            let (key, value) = (attribute(language, names, key), quoted(value));
            let nobody = say!(language, "{key}: nobody is in {value}.", "{key}: In {value} ist niemand.");
            let Some(alike) = alike.as_deref().map(quoted) else { return nobody };
            say!(language, "{nobody} Is {alike} meant?", "{nobody} Ist {alike} gemeint?")
        }
    }
}
