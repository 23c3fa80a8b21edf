//! On what evidence somebody goes, what keeps somebody undecided and what to correct, and notes: each as one sentence.

use chrono::NaiveDate;

use super::data::isolated;
use super::mismatches;
use super::names::{Names, attribute};
use super::words::{Language, Word, say};
use crate::roster::decide::absences::Doubt;
use crate::roster::decide::notes::{Note, Problem};
use crate::roster::decide::reasons::{Absence, Filter, Reason};
use crate::roster::model::record::{AttributeKey, Unreadable};
use crate::roster::model::snapshot::LONGEST_VALUE;
use crate::roster::plan::FieldName;
use crate::roster::policy::headers::{LabelProblem, Renamed};

/// On what evidence somebody goes. The last day has a column of its own.
pub(super) fn evidence(language: Language, names: &Names<'_>, reason: &Reason) -> String {
    match reason {
        Reason::NotYet(_) => say!(
            language,
            "by their new first day they have not started yet",
            "hat laut dem neuen Einstellungsdatum noch nicht angefangen"
        ),
        Reason::LastDayPassed(_) => {
            say!(language, "left: Personio states the last day", "ausgetreten: Personio nennt den letzten Tag")
        }
        Reason::Inactive => {
            say!(language, "left: the status at Personio is inactive", "ausgetreten: in Personio inaktiv")
        }
        Reason::OnLeave => say!(
            language,
            "on leave, and people on leave do not take part",
            "abwesend (Elternzeit, Sabbatical), und Abwesende nehmen nicht teil"
        ),
        Reason::Absent(Absence::Gone) => {
            say!(language, "Personio no longer has this profile", "Personio hat dieses Profil nicht mehr")
        }
        Reason::Absent(Absence::NotAsked) => say!(
            language,
            "missing from Personio's list, without any proof that they left",
            "fehlt in der Liste von Personio, ohne Beleg für einen Austritt"
        ),
        Reason::Absent(Absence::NeverThere) => say!(
            language,
            "was in Honestly before and has no profile at Personio",
            "war schon vorher in Honestly und hat kein Profil in Personio"
        ),
        Reason::OutOfScope(Filter::Exclude) => {
            say!(language, "excluded by name in the configuration", "in der Konfiguration namentlich ausgenommen")
        }
        Reason::OutOfScope(Filter::WithoutEmail) => say!(
            language,
            "has no e-mail address, and such people do not take part by the configuration",
            "hat keine E-Mail-Adresse, und solche Personen nehmen laut Konfiguration nicht teil"
        ),
        Reason::ClockInDoubt => say!(
            language,
            "nobody comes in while the clock of this machine is in doubt",
            "niemand kommt dazu, solange die Uhr dieses Rechners zweifelhaft ist"
        ),
        Reason::OutOfScope(Filter::Attribute(key)) => {
            let label = language.quoted(&attribute(language, names, key));
            say!(
                language,
                "does not take part by the configuration's filter on {label}",
                "nimmt wegen des Filters der Konfiguration auf {label} nicht teil"
            )
        }
    }
}

/// The last day of work, where Personio states it.
pub(super) fn last_day(reason: &Reason) -> Option<NaiveDate> {
    match reason {
        Reason::LastDayPassed(day) => Some(*day),
        Reason::NotYet(_)
        | Reason::Inactive
        | Reason::OnLeave
        | Reason::Absent(_)
        | Reason::OutOfScope(_)
        | Reason::ClockInDoubt => None,
    }
}

/// What is wrong, and what to correct in Personio.
// long because every problem has its sentence in two languages
pub(super) fn correction(language: Language, names: &Names<'_>, problem: &Problem) -> String {
    let label = |key: &AttributeKey| language.quoted(&attribute(language, names, key));
    match problem {
        Problem::Missing(key) => {
            let label = label(key);
            say!(language, "{label} is empty. Fill it in.", "{label} ist leer. Bitte ausfüllen.")
        }
        Problem::Unreadable(Unreadable { attribute: key, expected }) => {
            let (label, expected) = (label(key), self::expected(language, expected));
            say!(
                language,
                "{label} cannot be read: {expected} is expected. Enter it anew.",
                "{label} ist nicht lesbar: Erwartet wird {expected}. Bitte neu eintragen."
            )
        }
        Problem::NotAnAddress => say!(
            language,
            "The e-mail address is none. Correct its spelling.",
            "Die E-Mail-Adresse ist keine gültige. Bitte die Schreibweise berichtigen."
        ),
        Problem::TooLong(key, characters) => too_long(language, &label(key), *characters),
        Problem::UnknownStatus(status) => unknown_status(language, status),
        Problem::ContestedEmail(other) => contested_email(language, &names.of(*other)),
        Problem::NoImportId(key) => {
            let label = label(key);
            say!(
                language,
                "{label}, which becomes the import id, is empty. Fill it in.",
                "{label} ist leer und wird als Import-ID gebraucht. Bitte ausfüllen."
            )
        }
        Problem::ContestedImportId(other) => {
            let other = isolated(&names.of(*other));
            say!(
                language,
                "The import id belongs or belonged to {other}. Enter another one.",
                "Die Import-ID gehört oder gehörte zu {other}. Bitte eine andere eintragen."
            )
        }
        Problem::FilterWithheld(key) => {
            let label = label(key);
            say!(
                language,
                "{label} cannot be read, and a filter looks at it. Give the credential the right to read it.",
                "{label} ist nicht lesbar, und ein Filter braucht es. Bitte dem API-Zugang das Leserecht geben."
            )
        }
        Problem::NotSent(key) => {
            let label = label(key);
            say!(
                language,
                "{label} is missing in this profile, while others have it. Open the profile and check it.",
                "{label} fehlt in diesem Profil, während andere es haben. Bitte das Profil öffnen und prüfen."
            )
        }
        Problem::NoLocalPart => word(language, Word::ProblemNoLocalPart),
        Problem::LastDayBeforeFirst(day) => last_day_before_first(language, *day),
        Problem::ActiveAfterLastDay(day) => active_after_last_day(language, *day),
        Problem::NotListed(doubt) => word(language, not_listed(doubt)),
    }
}

fn last_day_before_first(language: Language, day: NaiveDate) -> String {
    let day = language.day(day);
    say!(
        language,
        "The last day, {day}, is before the first. Correct one of the two.",
        "Der letzte Tag ({day}) liegt vor dem ersten. Bitte einen der beiden berichtigen."
    )
}

fn active_after_last_day(language: Language, day: NaiveDate) -> String {
    let day = language.day(day);
    say!(
        language,
        "The status is active, although the last day was {day}. Correct the status or the day.",
        "Der Status ist aktiv, obwohl der letzte Tag der {day} war. Bitte den Status oder den Tag berichtigen."
    )
}

/// What is to be done about somebody who is missing from the listing, without evidence that they are gone.
fn not_listed(doubt: &Doubt) -> Word {
    match doubt {
        Doubt::StillKnown => Word::ProblemStillKnown,
        Doubt::Unclear(_) | Doubt::RouteUnproven { .. } | Doubt::NobodyListed | Doubt::NotAsked => {
            Word::ProblemNoAnswer
        }
    }
}

fn too_long(language: Language, label: &str, characters: usize) -> String {
    let characters = language.number(characters);
    say!(
        language,
        "{label} has {characters} characters, and Honestly takes {LONGEST_VALUE}. Shorten it.",
        "{label} hat {characters} Zeichen, und Honestly nimmt {LONGEST_VALUE}. Bitte kürzen."
    )
}

fn unknown_status(language: Language, status: &str) -> String {
    let status = language.quoted(&isolated(status));
    say!(
        language,
        "The status {status} is not known. Set one that Personio offers, such as active.",
        "Der Beschäftigungsstatus {status} ist nicht bekannt. Bitte einen setzen, den Personio anbietet, etwa aktiv."
    )
}

fn contested_email(language: Language, other: &str) -> String {
    let other = isolated(other);
    say!(
        language,
        "The e-mail address is also that of {other}. Give each of them their own.",
        "Die E-Mail-Adresse gehört auch zu {other}. Bitte beiden eine eigene geben."
    )
}

/// What `personio` says a value should have been.
fn expected(language: Language, expected: &str) -> &str {
    let german = match expected {
        "a date" => "ein Datum",
        "a text" => "ein Text",
        "a status" => "ein Status",
        "a supervisor" => "eine vorgesetzte Person",
        "a value" => "ein Wert",
        "a text or a number" => "ein Text oder eine Zahl",
        "a list of values" => "eine Liste von Werten",
        "an object" => "ein Eintrag",
        "an object with a name" => "ein Eintrag mit einem Namen",
        // Said in English rather than not at all.
        unknown => unknown,
    };
    match language {
        Language::English => expected,
        Language::German => german,
    }
}

/// None for what other sections show.
pub(super) fn note(language: Language, names: &Names<'_>, note: &Note) -> Option<String> {
    Some(match note {
        Note::Undecided { .. } => return None,
        Note::FieldUnreadable { .. }
        | Note::ValueTooLong { .. }
        | Note::SpellingVariants { .. }
        | Note::AttributeWithheld { .. }
        | Note::NotReleased { .. }
        | Note::ValuesNotSent { .. }
        | Note::ColumnRenamed(_) => return note_of_attribute(language, names, note),
        Note::SupervisorNotIn { employee: _, supervisor } => {
            let supervisor = isolated(&names.of(*supervisor));
            say!(
                language,
                "Reports to {supervisor}, who is not in Honestly, and so has no supervisor there.",
                "Berichtet an {supervisor}. Diese Person ist nicht in Honestly, darum bleibt das Feld dort leer."
            )
        }
        Note::Rehired { employee: _, former } => {
            let former = isolated(&names.of(*former));
            say!(
                language,
                "Has the address that {former} had, and counts as a new person with a new import id.",
                "Hat die Adresse, die {former} hatte, und gilt als neue Person mit neuer Import-ID."
            )
        }
        Note::StartPostponed { employee: _, first_day: Some(day) } => {
            let day = language.day(*day);
            say!(language, "Was in, but now starts on {day}.", "War schon dabei, fängt aber jetzt erst am {day} an.")
        }
        Note::StartPostponed { employee: _, first_day: None } => word(language, Word::NoteNotStarted),
        Note::SupervisorCycle { employee: _ } => word(language, Word::NoteSupervisorCycle),
        Note::ImportIdKept { employee: _ } => word(language, Word::NoteImportIdKept),
        Note::Returned { employee: _ } => word(language, Word::NoteReturned),
        Note::NoLanguage { employee: _ } => word(language, Word::NoteNoLanguage),
        Note::DeliveryUnverified => word(language, Word::NoteUnverified),
        Note::NothingDelivered => word(language, Word::NoteNothingDelivered),
        Note::ClockInDoubt { text: _ } => word(language, Word::NoteClockInDoubt),
        Note::Name(mismatch) => mismatches::mismatch(language, names, mismatch),
        Note::Delivery { text } => {
            let text = isolated(text);
            say!(language, "About the delivery: {text}", "Zur Übergabe, in den Worten des Programms: {text}")
        }
    })
}

fn word(language: Language, word: Word) -> String {
    word.in_language(language).to_owned()
}

fn label_problem(problem: LabelProblem) -> Word {
    match problem {
        LabelProblem::Blank => Word::LabelBlank,
        LabelProblem::TooLong => Word::LabelTooLong,
        LabelProblem::Taken => Word::LabelTaken,
    }
}

/// None for a note that is about no attribute.
// long because every note has its sentence in two languages
fn note_of_attribute(language: Language, names: &Names<'_>, note: &Note) -> Option<String> {
    let label = |key: &AttributeKey| language.quoted(&attribute(language, names, key));
    Some(match note {
        Note::FieldUnreadable { employee: _, unreadable: Unreadable { attribute: key, expected } } => {
            let (label, expected) = (label(key), self::expected(language, expected));
            say!(
                language,
                "{label} at Personio is not {expected}; the value in Honestly stays.",
                "{label} ist in Personio nicht lesbar (erwartet: {expected}); der Wert in Honestly bleibt."
            )
        }
        Note::ValueTooLong { employee: _, attribute: key, characters } => {
            let (label, characters) = (label(key), language.number(*characters));
            say!(
                language,
                "{label} is left out: it has {characters} characters, and Honestly takes {LONGEST_VALUE}.",
                "{label} wird weggelassen: Der Wert hat {characters} Zeichen, und Honestly nimmt {LONGEST_VALUE}."
            )
        }
        Note::SpellingVariants { attribute: key, chosen, others } => {
            let (label, chosen, others) = (label(key), language.quoted(&isolated(chosen)), language.number(*others));
            say!(
                language,
                "{label}: {chosen} is also spelled otherwise at Personio ({others}); all of it counts as one.",
                "{label}: {chosen} ist in Personio auch anders geschrieben ({others}); alles gilt als dasselbe."
            )
        }
        Note::AttributeWithheld { attribute: key } => {
            let label = label(key);
            say!(
                language,
                "{label} can no longer be read; everybody keeps the value they have.",
                "{label} ist nicht mehr lesbar; alle behalten ihren bisherigen Wert."
            )
        }
        Note::NotReleased { attribute: key } => {
            let label = label(key);
            say!(
                language,
                "{label} is not released for the credential, and so cannot say who is in.",
                "{label} ist für den Zugang nicht freigegeben und kann darum nicht sagen, wer dabei ist."
            )
        }
        Note::ValuesNotSent { attribute: key, people } => {
            let (label, people) = (label(key), language.people(*people));
            say!(
                language,
                "{label} is missing for {people}, while others have it; they keep what they have.",
                "{label} fehlt bei {people}, während andere es haben; sie behalten, was sie haben."
            )
        }
        Note::ColumnRenamed(Renamed { attribute: key, header, because }) => {
            let (label, header) = (label(key), language.quoted(&isolated(header)));
            let because = word(language, label_problem(*because));
            say!(
                language,
                "The column of {label} is called {header}: {because}",
                "Die Spalte zu {label} heißt {header}: {because}"
            )
        }
        Note::Undecided { .. }
        | Note::SupervisorNotIn { .. }
        | Note::SupervisorCycle { .. }
        | Note::ImportIdKept { .. }
        | Note::Returned { .. }
        | Note::Rehired { .. }
        | Note::StartPostponed { .. }
        | Note::NoLanguage { .. }
        | Note::DeliveryUnverified
        | Note::Delivery { .. }
        | Note::Name(_)
        | Note::ClockInDoubt { .. }
        | Note::NothingDelivered => return None,
    })
}

/// A field of the feed as the page calls it.
pub(super) fn field(language: Language, names: &Names<'_>, field: &FieldName) -> String {
    let word = match field {
        FieldName::ImportId => Word::FieldImportId,
        FieldName::Email => Word::FieldEmail,
        FieldName::FirstName => Word::FieldFirstName,
        FieldName::LastName => Word::FieldLastName,
        FieldName::Language => Word::FieldLanguage,
        FieldName::Supervisor => Word::FieldSupervisor,
        FieldName::Group(key) => return names.column(key),
    };
    word.in_language(language).to_owned()
}
