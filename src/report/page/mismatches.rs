//! Names that have changed, for somebody in HR: what the configuration says, and what Personio says now.

use super::voice::Voice;
use crate::roster::policy::name_changes::Mismatch;
use crate::tongue::say;

pub(super) fn mismatch(voice: &Voice<'_>, mismatch: &Mismatch) -> String {
    let tongue = voice.tongue;
    match mismatch {
        Mismatch::Label { label, attribute } => say!(
            tongue,
            "The configuration says {label} and means {attribute}, which no longer has this name at Personio, or shares it.",
            "Die Konfiguration nennt {label} und meint {attribute}; in Personio heißt das nicht mehr oder nicht mehr als Einziges so.",
            label = voice.quoted(label)
        ),
        Mismatch::NewAttribute { attribute: _, header } => say!(
            tongue,
            "{header} is new at Personio and goes nowhere until somebody takes it in.",
            "{header} ist neu in Personio und wird nicht übergeben, bis es jemand aufnimmt.",
            header = voice.quoted(header)
        ),
        Mismatch::Relabelled { attribute: _, header, now } => say!(
            tongue,
            "The column stays {header}, although Personio calls it {now} now.",
            "Die Spalte bleibt {header}, obwohl sie in Personio jetzt {now} heißt.",
            header = voice.quoted(header),
            now = voice.quoted(now)
        ),
        Mismatch::TakenNoMore { attribute: _, header, now } => say!(
            tongue,
            "{header} is another field at Personio now ({now}), whose values nobody agreed to send: the column keeps its last ones.",
            "{header} ist in Personio jetzt ein anderes Feld ({now}), dessen Werte niemand freigegeben hat: Die Spalte behält die \
             letzten.",
            header = voice.quoted(header),
            now = voice.quoted(now)
        ),
        Mismatch::Renamed { attribute, value, now } => say!(
            tongue,
            "{key}: {value} in the configuration is called {now} at Personio now and still counts.",
            "{key}: {value} in der Konfiguration heißt in Personio jetzt {now} und zählt weiter.",
            key = voice.attribute(attribute),
            value = voice.quoted(value),
            now = now.iter().map(|now| voice.quoted(now)).collect::<Vec<_>>().join(", ")
        ),
        Mismatch::Namesake { attribute, value } => say!(
            tongue,
            "{key}: another one is called {value} at Personio too and does not count.",
            "{key}: In Personio heißt noch etwas anderes {value}; das zählt nicht.",
            key = voice.attribute(attribute),
            value = voice.quoted(value)
        ),
        Mismatch::Nobody { attribute, value, alike } => {
            let (key, value) = (voice.attribute(attribute), voice.quoted(value));
            let nobody = say!(tongue, "{key}: nobody is in {value}.", "{key}: In {value} ist niemand.");
            let Some(alike) = alike.as_deref().map(|alike| voice.quoted(alike)) else { return nobody };
            say!(tongue, "{nobody} Is {alike} meant?", "{nobody} Ist {alike} gemeint?")
        }
    }
}
