//! Names that have changed, for somebody in HR: what the configuration says, and what Personio says now.

use super::names::PageNames;
use crate::roster::model::record::EmployeeId;
use crate::roster::policy::name_changes::{Mismatch, Named, Role};
use crate::tongue::say;

pub(super) fn mismatch(names: &PageNames<'_>, mismatch: &Mismatch) -> String {
    let tongue = names.tongue;
    match mismatch {
        Mismatch::NewAttribute { attribute: _, header } => say!(
            tongue,
            "{header} is new at Personio and goes nowhere until somebody takes it in.",
            "{header} ist neu in Personio und wird nicht übergeben, bis es jemand aufnimmt.",
            header = names.quoted(header)
        ),
        Mismatch::Relabelled { attribute: _, header, now } => say!(
            tongue,
            "The column stays {header}, although Personio calls it {now} now.",
            "Die Spalte bleibt {header}, obwohl sie in Personio jetzt {now} heißt.",
            header = names.quoted(header),
            now = names.quoted(now)
        ),
        Mismatch::TakenNoMore { attribute: _, header, now } => say!(
            tongue,
            "{header} is another field at Personio now ({now}), whose values nobody agreed to send: the column keeps its last ones.",
            "{header} ist in Personio jetzt ein anderes Feld ({now}), dessen Werte niemand freigegeben hat: Die Spalte behält die \
             letzten.",
            header = names.quoted(header),
            now = names.quoted(now)
        ),
        Mismatch::Renamed { named, now } => renamed(names, named, now),
        Mismatch::Namesake { named } => match named.role {
            Role::Excluded | Role::Required => say!(
                tongue,
                "{place}: somebody else has this address now and is not meant.",
                "{place}: Diese Adresse hat jetzt jemand anderes; gemeint ist weiter die Person von früher.",
                place = place(names, named)
            ),
            Role::Attribute | Role::Filter | Role::Mapped => say!(
                tongue,
                "{place}: another one is called {value} at Personio too and does not count.",
                "{place}: In Personio heißt noch etwas anderes {value}; das zählt nicht.",
                place = place(names, named),
                value = names.quoted(&named.written)
            ),
        },
        Mismatch::Nobody { named, alike } => {
            let nobody = nobody(names, named);
            let Some(alike) = alike.as_deref().map(|alike| names.quoted(alike)) else { return nobody };
            say!(tongue, "{nobody} Is {alike} meant?", "{nobody} Ist {alike} gemeint?")
        }
    }
}

/// Where a name stands.
fn place(names: &PageNames<'_>, named: &Named) -> String {
    let Named { role, line, attribute, written: _ } = named;
    let (tongue, line) = (names.tongue, names.tongue.number(*line));
    match role {
        Role::Attribute => say!(tongue, "Configuration, line {line}", "Konfiguration, Zeile {line}"),
        Role::Filter | Role::Mapped => {
            let attribute = names.attribute(attribute);
            say!(tongue, "{attribute} (configuration, line {line})", "{attribute} (Konfiguration, Zeile {line})")
        }
        Role::Excluded => {
            say!(tongue, "Excluded (configuration, line {line})", "Ausgenommen (Konfiguration, Zeile {line})")
        }
        Role::Required => {
            say!(tongue, "Must be in (configuration, line {line})", "Muss dabei sein (Konfiguration, Zeile {line})")
        }
    }
}

fn renamed(names: &PageNames<'_>, named: &Named, now: &[String]) -> String {
    let (tongue, place) = (names.tongue, place(names, named));
    match named.role {
        Role::Attribute => say!(
            tongue,
            "{place}: {label} means {attribute}, which no longer has this name at Personio, or shares it.",
            "{place}: {label} meint {attribute}; in Personio heißt das nicht mehr oder nicht mehr als Einziges so.",
            label = names.quoted(&named.written),
            attribute = named.attribute
        ),
        Role::Filter | Role::Mapped => say!(
            tongue,
            "{place}: {value} is called {now} at Personio now and still counts.",
            "{place}: {value} heißt in Personio jetzt {now} und zählt weiter.",
            value = names.quoted(&named.written),
            now = now.iter().map(|now| names.quoted(now)).collect::<Vec<_>>().join(", ")
        ),
        Role::Excluded | Role::Required => {
            let ids = now.iter().filter_map(|id| id.parse().ok()).map(EmployeeId);
            say!(
                tongue,
                "{place}: the address still means {people}, who has another one now.",
                "{place}: Die Adresse meint weiter {people}, jetzt mit einer anderen Adresse.",
                people = ids.map(|id| names.somebody(id)).collect::<Vec<_>>().join(", ")
            )
        }
    }
}

fn nobody(names: &PageNames<'_>, named: &Named) -> String {
    let (tongue, place, value) = (names.tongue, place(names, named), names.quoted(&named.written));
    match named.role {
        Role::Attribute => say!(
            tongue,
            "{place}: nobody has the field {value}: it is not released, or there is none.",
            "{place}: Das Feld {value} hat niemand: Es ist nicht freigegeben, oder es gibt es nicht."
        ),
        Role::Filter => say!(tongue, "{place}: nobody is in {value}.", "{place}: In {value} ist niemand."),
        Role::Mapped => say!(tongue, "{place}: nobody has {value}.", "{place}: {value} hat niemand."),
        Role::Excluded | Role::Required if named.is_address() => {
            say!(tongue, "{place}: nobody has this address.", "{place}: Diese Adresse hat niemand.")
        }
        Role::Excluded | Role::Required => {
            say!(
                tongue,
                "{place}: Personio lists no employee {id}.",
                "{place}: Personio kennt niemanden mit der Nummer {id}.",
                id = named.written
            )
        }
    }
}
