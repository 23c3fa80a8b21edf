//! Why nothing could be decided about somebody, as facts with their sentence.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::roster::decide::absences::Doubt;
use crate::roster::model::record::{AttributeKey, EmployeeId, Expected, Unreadable};
use crate::roster::model::snapshot::LONGEST_VALUE;
use crate::roster::voice::{Told, Voice, tell};

/// Why nothing could be decided about somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", content = "facts", rename_all = "snake_case")]
pub enum Problem {
    Missing(AttributeKey),
    /// A field that decides is missing in this record, while others have it.
    NotSent(AttributeKey),
    Unreadable(Unreadable),
    NotAnAddress,
    /// The placeholder address cannot be made, because the import id is no valid local part.
    NoLocalPart,
    /// The record contradicts itself: a last day before the first.
    LastDayBeforeFirst(NaiveDate),
    /// The record contradicts itself: employed by status long after this last day.
    StatusAfterLastDay(NaiveDate),
    /// The record of somebody who is in contradicts itself: a status of work, or none, long before this first day.
    StatusBeforeFirstDay(NaiveDate),
    /// More characters than Honestly takes.
    TooLong(AttributeKey, usize),
    UnknownStatus(String),
    /// Another person has the same address; their id.
    ContestedEmail(EmployeeId),
    /// The attribute that gives import ids is empty or has several values.
    NoImportId(AttributeKey),
    /// Another person has or had this import id, or claims it too; their id.
    ContestedImportId(EmployeeId),
    /// The import id is that of somebody who left, and not all of what they had is the same: nobody can tell who this is.
    NotSurelyBack {
        former: EmployeeId,
        unlike: Unlike,
    },
    /// A filter looks at an attribute that is withheld.
    FilterWithheld(AttributeKey),
    /// Missing from the listing, without evidence that they are gone.
    NotListed(Doubt),
}

/// What is not the same of a new profile and of the person who left and had its import id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unlike {
    Name,
    Address,
    NameAndAddress,
    /// What they had is kept no longer.
    NotKept,
}

impl Told for Problem {
    // long because every problem has its sentence for three readers
    /// For HR also what to correct in Personio.
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::Missing(key) => tell!(
                voice,
                "{key} is missing",
                "{key} is empty. Fill it in.",
                "{key} ist leer. Bitte ausfüllen.",
                key = voice.attribute(key)
            ),
            Self::NotSent(key) => tell!(
                voice,
                "{key} is missing in their record, while others have it",
                "{key} is missing in this profile, while others have it. Open the profile and check it.",
                "{key} fehlt in diesem Profil, während andere es haben. Bitte das Profil öffnen und prüfen.",
                key = voice.attribute(key)
            ),
            Self::Unreadable(Unreadable { attribute, expected }) => tell!(
                voice,
                "{key} is not {expected}",
                "{key} cannot be read: {expected} is expected. Enter it anew.",
                "{key} ist nicht lesbar: Erwartet wird {expected}. Bitte neu eintragen.",
                key = voice.attribute(attribute),
                expected = expected.told(voice)
            ),
            Self::NotAnAddress => tell!(
                voice,
                "email is not an address",
                "The e-mail address is not valid. Correct its spelling.",
                "Die E-Mail-Adresse ist ungültig. Bitte die Schreibweise berichtigen."
            ),
            Self::NoLocalPart => tell!(
                voice,
                "has no e-mail address, and the import id cannot stand in for one",
                "The e-mail address is missing. Enter it.",
                "Die E-Mail-Adresse fehlt. Bitte eintragen."
            ),
            Self::LastDayBeforeFirst(day) => tell!(
                voice,
                "the last day, {day}, is before the first",
                "The last day, {day}, is before the first. Correct whichever is wrong.",
                "Der letzte Tag ({day}) liegt vor dem ersten. Bitte den falschen berichtigen.",
                day = voice.day(*day)
            ),
            Self::StatusAfterLastDay(day) => tell!(
                voice,
                "by their status they are employed, although the last day was {day}",
                "The last day was {day}, and yet the status is not Inactive. Correct whichever is wrong.",
                "Der letzte Tag war der {day}, der Status ist aber nicht „Inaktiv“. Bitte berichtigen, was nicht stimmt.",
                day = voice.day(*day)
            ),
            Self::StatusBeforeFirstDay(day) => tell!(
                voice,
                "the first day is {day}, and yet the status is not \"onboarding\"",
                "The first day is {day}, and yet the status is not Onboarding. Correct whichever is wrong.",
                "Der erste Tag ist der {day}, der Status ist aber nicht „Onboarding“. Bitte berichtigen, was nicht stimmt.",
                day = voice.day(*day)
            ),
            Self::TooLong(key, characters) => tell!(
                voice,
                "{key} has {characters} characters, Honestly takes {LONGEST_VALUE}",
                "{key} has {characters} characters, and Honestly takes {LONGEST_VALUE}. Shorten it.",
                "{key} hat {characters} Zeichen, und Honestly nimmt {LONGEST_VALUE}. Bitte kürzen.",
                key = voice.attribute(key),
                characters = voice.number(*characters)
            ),
            Self::UnknownStatus(status) => tell!(
                voice,
                "status {status} is not known",
                "The status {status} is not known. Check it.",
                "Der Status {status} ist nicht bekannt. Bitte prüfen.",
                status = voice.quoted(status)
            ),
            Self::ContestedEmail(other) => tell!(
                voice,
                "has the e-mail address of {other}",
                "The e-mail address is also that of {other}. Give each of them their own.",
                "Dieselbe E-Mail-Adresse hat auch {other}. Bitte bei beiden die eigene eintragen.",
                other = voice.person(*other)
            ),
            Self::NoImportId(key) => tell!(
                voice,
                "{key}, which gives the import id, has not exactly one value",
                "{key}, which becomes the import ID, is empty or has several values. Leave one value in it.",
                "{key} wird als Import-ID gebraucht und ist leer oder hat mehrere Werte. Bitte genau einen Wert eintragen.",
                key = voice.attribute(key)
            ),
            Self::ContestedImportId(other) => tell!(
                voice,
                "has the import id of {other}",
                "The import ID belongs or belonged to {other}. Enter another one.",
                "Die Import-ID gehört oder gehörte zu {other}. Bitte eine andere eintragen.",
                other = voice.person(*other)
            ),
            Self::NotSurelyBack { former, unlike } => tell!(
                voice,
                "has the import id of {former}, who left, but {unlike}: the same person comes in with {same}, anybody else with \
                 another import id",
                "The import ID is that of {former}, who left, but {unlike}. For the same person, go on with the old profile; for \
                 anybody else, enter another import ID.",
                "Die Import-ID ist die von {former}, inzwischen ausgetreten, aber {unlike}. Für dieselbe Person bitte das alte \
                 Profil weiterführen, sonst eine andere Import-ID eintragen.",
                former = voice.person(*former),
                same = unlike.same(),
                unlike = unlike.told(voice)
            ),
            Self::FilterWithheld(key) => tell!(
                voice,
                "{key}, which a filter looks at, is withheld",
                "{key} decides who takes part, and cannot be read. Release it for this integration.",
                "{key} entscheidet, wer teilnimmt, und ist nicht lesbar. Bitte für diese Anbindung freigeben.",
                key = voice.attribute(key)
            ),
            Self::NotListed(doubt) => doubt.told(voice),
        }
    }
}

impl Told for Unlike {
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::Name => {
                tell!(voice, "with another name", "the name is another one", "der Name ist ein anderer")
            }
            Self::Address => {
                tell!(voice, "with another address", "the address is another one", "die Adresse ist eine andere")
            }
            Self::NameAndAddress => tell!(
                voice,
                "with another name and address",
                "name and address are others",
                "Name und Adresse sind andere"
            ),
            Self::NotKept => tell!(
                voice,
                "what they were called is kept no longer",
                "nobody can tell whether this is them",
                "ob es dieselbe Person ist, lässt sich nicht mehr sagen"
            ),
        }
    }
}

impl Unlike {
    /// With what the same person comes in. HR is not asked to enter a name or an address that is not theirs any more.
    fn same(self) -> &'static str {
        match self {
            Self::Name => "the name they had, or with the old profile",
            Self::Address => "the address they had, or with the old profile",
            Self::NameAndAddress => "the name and the address they had, or with the old profile",
            Self::NotKept => "the old profile",
        }
    }
}

impl Told for Expected {
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::Date => tell!(voice, "a date", "a date", "ein Datum"),
            Self::Text => tell!(voice, "a text", "a text", "ein Text"),
            Self::Status => tell!(voice, "a status", "a status", "ein Status"),
            Self::Supervisor => tell!(voice, "a supervisor", "a supervisor", "eine vorgesetzte Person"),
            Self::Value => tell!(voice, "a value", "a value", "ein Wert"),
            Self::ValueWithId => tell!(voice, "a value with an id", "a value of the list", "ein Wert aus der Auswahl"),
            Self::SmallValue => {
                tell!(voice, "a value of at most 64 kB", "a value of at most 64 kB", "ein Wert von höchstens 64 kB")
            }
            Self::TextOrNumber => {
                tell!(voice, "a text or a number", "a text or a number", "ein Text oder eine Zahl")
            }
            Self::List => tell!(voice, "a list of values", "a list of values", "eine Liste von Werten"),
            Self::NamedObject => {
                tell!(voice, "an object with a name", "an entry with a name", "ein Eintrag mit einem Namen")
            }
        }
    }
}
