//! The fixed words of the page in both languages, and how each of them writes numbers, days and parts.
//!
//! One table: whoever adds a word must give it in both languages, or it does not compile. Sentences with numbers in them are
//! written with [`say!`], which asks for both languages too.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, Timelike as _};

/// A language in which the page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    German,
}

/// A sentence in one of two languages, English first. Names in braces are those of the place where it stands.
macro_rules! say {
    ($language:expr, $english:literal, $german:literal $(,)?) => {
        match $language {
            Language::English => format!($english),
            Language::German => format!($german),
        }
    };
}
pub(super) use say;

macro_rules! words {
    ($($word:ident: $english:literal, $german:literal;)*) => {
        /// What the page says without a number in it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Word { $($word,)* }

        impl Word {
            /// Every word there is.
            #[cfg(test)]
            pub const ALL: &[Self] = &[$(Self::$word,)*];

            pub(crate) fn in_language(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$word, Language::English) => $english,
                    (Self::$word, Language::German) => $german,)*
                }
            }
        }
    };
}

words! {
    Title: "Review of the changes for Honestly", "Prüfung der Änderungen für Honestly";
    SkipToContent: "Skip to the summary", "Zur Zusammenfassung springen";
    BadgeHeld: "Held", "Angehalten";
    BadgePreview: "Preview", "Vorschau";
    BadgeDone: "Done", "Erledigt";
    BadgeFailed: "Failed", "Fehlgeschlagen";
    FurtherReasons: "And also", "Und außerdem";
    OneGoes: "goes", "geht";
    OneComes: "comes", "kommt dazu";
    OneChanges: "changes", "ändert sich";
    ManyGo: "go", "gehen";
    ManyCome: "come", "kommen dazu";
    ManyChange: "change", "ändern sich";
    NextSteps: "What to do next", "Was jetzt zu tun ist";
    Contents: "On this page", "Auf dieser Seite";
    Goes: "Who goes", "Wer geht";
    Comes: "Who comes", "Wer dazukommt";
    Changes: "Who changes", "Wer sich ändert";
    SharedChanges: "The same change for several people", "Dieselbe Änderung bei mehreren Personen";
    SingleChanges: "Changes of single people", "Änderungen bei einzelnen Personen";
    Groups: "Groups", "Gruppen";
    Columns: "Columns of the file", "Spalten der Datei";
    HeadCount: "Head count by department", "Personen je Abteilung";
    NotYet: "Not yet in", "Noch nicht dabei";
    Undecided: "Undecided", "Ungeklärt";
    Notes: "Also good to know", "Außerdem gut zu wissen";
    GoesMeans: "Honestly removes these people with the next import.", "Honestly entfernt diese Personen beim nächsten Import.";
    ComesMeans: "Honestly adds these people with the next import.", "Honestly legt diese Personen beim nächsten Import an.";
    NotYetMeans: "These people start later and come by themselves on their first day.",
        "Diese Personen fangen später an und kommen an ihrem ersten Tag von selbst dazu.";
    UndecidedMeans: "Until it is corrected in Personio, nothing changes for these people.",
        "Bis es in Personio berichtigt ist, ändert sich für diese Personen nichts.";
    Person: "Person", "Name";
    Department: "Department", "Abteilung";
    Evidence: "Why", "Grund";
    LastDay: "Last day", "Letzter Tag";
    FirstDay: "First day", "Erster Tag";
    Place: "Office and position", "Standort und Position";
    WhatChanges: "What changes", "Was sich ändert";
    WhatToCorrect: "What to correct in Personio", "Was in Personio zu berichtigen ist";
    Meanwhile: "Until then", "Bis dahin";
    Note: "Note", "Hinweis";
    Before: "Before", "Vorher";
    After: "After", "Nachher";
    Difference: "Difference", "Unterschied";
    Bars: "Before and after as bars", "Vorher und nachher als Balken";
    NoDepartment: "(no department)", "(keine Abteilung)";
    Empty: "(empty)", "(leer)";
    NoDayKnown: "not known", "nicht bekannt";
    CreatedAnew: "under the same name, but created anew at Personio", "gleicher Name, aber in Personio neu angelegt";
    StaysAsIs: "stays in Honestly as they are", "bleibt in Honestly, wie sie ist";
    NotAdded: "is not added", "wird nicht angelegt";
    ProblemNoLocalPart: "There is no e-mail address, and the import id cannot stand in for one. Enter an address.",
        "Es gibt keine E-Mail-Adresse, und die Import-ID kann sie nicht ersetzen. Bitte eine Adresse eintragen.";
    ProblemStillKnown: "Personio's list leaves this person out, yet knows the profile. Open it and check whether it is complete.",
        "Die Liste von Personio lässt diese Person aus, obwohl es das Profil gibt. Bitte öffnen und prüfen, ob es vollständig ist.";
    ProblemNoAnswer: "Personio's list leaves this person out, and nothing proves that they left. Check the profile.",
        "Die Liste von Personio lässt diese Person aus, und nichts belegt einen Austritt. Bitte das Profil prüfen.";
    LabelBlank: "its label at Personio is empty.", "Die Bezeichnung in Personio ist leer.";
    LabelTooLong: "its label at Personio is too long for Honestly.", "Die Bezeichnung in Personio ist zu lang für Honestly.";
    LabelTaken: "its label at Personio is another one's too.", "Die Bezeichnung in Personio ist mehrfach vergeben.";
    NoteNotStarted: "Was in, but has not started.", "War schon dabei, hat aber noch nicht angefangen.";
    NoteSupervisorCycle: "Reports to themself by way of others, and so has no supervisor in Honestly.",
        "Berichtet über andere an sich selbst und hat darum in Honestly keine vorgesetzte Person.";
    NoteImportIdKept: "Keeps the import id, because Honestly cannot change it.",
        "Behält die Import-ID, weil Honestly sie nicht ändern kann.";
    NoteReturned: "Returns with the import id of old.", "Kommt mit der früheren Import-ID zurück.";
    NoteNoLanguage: "The language is not among those of the configuration; the default is used.",
        "Die Sprache ist nicht in der Konfiguration genannt; es gilt die Voreinstellung.";
    NoteUnverified: "The file was delivered, but the destination lets nobody read it back to check it.",
        "Die Datei wurde übergeben, aber das Ziel lässt sie niemanden zur Prüfung zurücklesen.";
    NotInUndecided: "nothing could be decided about them", "es war nichts zu entscheiden";
    NotInUnlisted: "Personio does not list them", "Personio führt diese Person nicht auf";
    NotInUnknown: "nobody who was in has this address", "niemand, der dabei war, hat diese Adresse";
    MirrorMissing: "the program's own record of who is in Honestly is missing", "das eigene Verzeichnis des Programms, wer in Honestly ist, fehlt";
    MirrorEmptied: "the program's own record of who is in Honestly has lost people", "das eigene Verzeichnis des Programms, wer in Honestly ist, hat Personen verloren";
    MirrorAnother: "the program's own record of who is in Honestly is not the one it left", "das eigene Verzeichnis des Programms, wer in Honestly ist, ist nicht das, das es zuletzt hatte";
    MirrorOlder: "the program's own record of who is in Honestly is a copy from before the last run", "das eigene Verzeichnis des Programms, wer in Honestly ist, ist eine Kopie von vor dem letzten Lauf";
    MirrorUnknown: "nothing tells whether the program's own record of who is in Honestly is the last one", "es ist nicht zu erkennen, ob das eigene Verzeichnis des Programms, wer in Honestly ist, das letzte ist";
    NoteClockInDoubt: "The clock of this machine may be wrong: nobody comes, and nobody goes by a date.", "Die Uhr dieses Rechners geht vielleicht falsch: Niemand kommt, und niemand geht wegen eines Datums.";
    NoteNothingDelivered: "Nothing reaches Honestly: the configuration names no destination.",
        "Nichts erreicht Honestly: Die Konfiguration nennt kein Ziel.";
    FieldImportId: "Import id", "Import-ID";
    FieldEmail: "E-mail", "E-Mail";
    FieldEmailDomain: "E-mail domain", "E-Mail-Domain";
    FieldFirstName: "First name", "Vorname";
    FieldLastName: "Last name", "Nachname";
    FieldLanguage: "Language", "Sprache";
    FieldSupervisor: "Supervisor", "Vorgesetzte Person";
    AttributeStatus: "Status", "Beschäftigungsstatus";
    AttributeHireDate: "Hire date", "Einstellungsdatum";
    AttributeTerminationDate: "Termination date", "Austrittsdatum";
    AttributeOffice: "Office", "Standort";
    AttributeSubcompany: "Subcompany", "Gesellschaft";
    AttributeEmploymentType: "Employment type", "Anstellungsart";
    GroupAppears: "new", "neu";
    GroupDisappears: "goes", "entfällt";
    GroupRenamed: "renamed", "umbenannt";
    ColumnAppears: "new column", "neue Spalte";
    ColumnDisappears: "column goes", "Spalte entfällt";
    ColumnRefilled: "column is filled from elsewhere", "Spalte wird anders gefüllt";
    AllColumnsNew: "There was no file to compare with, so every column is new:",
        "Es gab keine Datei zum Vergleichen, darum sind alle Spalten neu:";
    OrderChanges: "The columns stand in another order.", "Die Spalten stehen in anderer Reihenfolge.";
    LineEndsChange: "The lines of the file end differently.", "Die Zeilen der Datei enden anders.";
    FilterTitle: "Find people", "Personen finden";
    Search: "Name, address or id", "Name, Adresse oder Nummer";
    AnyDepartment: "All departments", "Alle Abteilungen";
    AnyKind: "Everything", "Alles";
    KindLabel: "Kind of change", "Art der Änderung";
    Reset: "Show all again", "Wieder alles zeigen";
    Found: "{found} of {all} entries are shown.", "{found} von {all} Einträgen werden gezeigt.";
    Copy: "Copy", "Kopieren";
    Copied: "Copied", "Kopiert";
    SortBy: "Sort by {column}", "Nach {column} sortieren";
    WholeText: "Show the whole text", "Ganzen Text zeigen";
    RulesFirst: "Read the lists below, above all who goes.", "Lesen Sie die Listen unten, vor allem, wer geht.";
    WhenRight: "If all of it is right, whoever runs honestly-sync enters this command. It applies exactly this plan and no other:",
        "Wenn alles stimmt, gibt die Person, die honestly-sync betreibt, diesen Befehl ein. Er wendet genau diesen Plan an und keinen anderen:";
    WhenWrong: "If something is wrong, correct it in Personio and do not approve. The next run makes a new plan; nothing is lost while this one waits.",
        "Wenn etwas nicht stimmt, berichtigen Sie es in Personio und geben nichts frei. Der nächste Lauf macht einen neuen Plan; solange dieser wartet, geht nichts verloren.";
    PretendedDay: "This page shows another day than today, so there is nothing to approve. On that day, a run makes its own plan.",
        "Diese Seite zeigt einen anderen Tag als heute, darum gibt es nichts freizugeben. An jenem Tag macht ein Lauf seinen eigenen Plan.";
    NextRunApplies: "There is nothing to approve: the next run carries this plan out. If something is wrong, correct it in Personio before.",
        "Es ist nichts freizugeben: Der nächste Lauf führt diesen Plan aus. Wenn etwas nicht stimmt, berichtigen Sie es vorher in Personio.";
    NothingToDo: "Nothing is to be done.", "Es ist nichts zu tun.";
    CorrectUndecided: "Some people are undecided: correct them in Personio (see below).",
        "Einige Personen sind ungeklärt: Berichtigen Sie sie in Personio (siehe unten).";
    RunAgain: "Nothing has to be approved anew: the next run tries again. Whoever runs honestly-sync finds the reason in its messages:",
        "Es ist nichts neu freizugeben: Der nächste Lauf versucht es wieder. Wer honestly-sync betreibt, findet den Grund in dessen Meldungen:";
    WhatFailed: "The run failed on this plan.", "Der Lauf ist an diesem Plan gescheitert.";
    NobodyChanges: "Nobody comes, goes or changes.", "Niemand kommt dazu, geht oder ändert sich.";
    TitleHeld: "Held: nothing was changed in Honestly", "Angehalten: In Honestly wurde nichts geändert";
    TitleWouldChange: "What the next run would do", "Was der nächste Lauf tun würde";
    TitleNothingWouldChange: "Nothing would change", "Es würde sich nichts ändern";
    TitleChanged: "The changes are carried out", "Die Änderungen sind ausgeführt";
    TitleNothingChanged: "Nothing has changed", "Es hat sich nichts geändert";
    TitleFailed: "The last run failed", "Der letzte Lauf ist fehlgeschlagen";
    Private: "This page names people. Keep it where only those may read it who may see these data.",
        "Diese Seite nennt Personen. Bewahren Sie sie dort auf, wo nur lesen kann, wer diese Daten sehen darf.";
    NoScripts: "With scripts switched on, people on this page can be searched, filtered and sorted.",
        "Mit eingeschalteten Skripten lassen sich die Personen dieser Seite suchen, filtern und sortieren.";
    ToTheTop: "Back to the top", "Nach oben";
    Digest: "Digest of this plan", "Kennung dieses Plans";
}

impl Language {
    /// As the attribute `lang` names it.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// With a mark between the thousands.
    pub fn number(self, number: usize) -> String {
        let mark = match self {
            Self::English => ',',
            Self::German => '.',
        };
        let digits = number.to_string();
        let mut text = String::with_capacity(digits.len() + digits.len() / 3);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(mark);
            }
            text.push(digit);
        }
        text
    }

    pub fn day(self, day: NaiveDate) -> String {
        const MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        match self {
            Self::English => format!("{} {} {}", day.day(), MONTHS[day.month0() as usize], day.year()),
            Self::German => format!("{}.{}.{}", day.day(), day.month(), day.year()),
        }
    }

    pub fn moment(self, moment: NaiveDateTime) -> String {
        let (day, hour, minute) = (self.day(moment.date()), moment.hour(), moment.minute());
        say!(self, "{day}, {hour:02}:{minute:02}", "{day}, {hour:02}:{minute:02} Uhr")
    }

    pub fn percent(self, part: usize, of: usize) -> String {
        let percent = self.number(part.saturating_mul(100).checked_div(of).unwrap_or(100));
        // A narrow space that does not break.
        say!(self, "{percent}%", "{percent}\u{202f}%")
    }

    /// `1 person`, `3,000 people`
    pub fn people(self, number: usize) -> String {
        let n = self.number(number);
        match number {
            1 => say!(self, "{n} person", "{n} Person"),
            _ => say!(self, "{n} people", "{n} Personen"),
        }
    }

    /// The words with commas between, and the one before the last.
    pub fn listed(self, words: &[String]) -> String {
        match words {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => {
                let first = first.join(", ");
                say!(self, "{first} and {last}", "{first} und {last}")
            }
        }
    }

    /// As a title or name of somebody's or something's, in the marks of the language.
    pub fn quoted(self, text: &str) -> String {
        say!(self, "“{text}”", "„{text}“")
    }

    pub fn and_more(self, number: usize) -> String {
        let number = self.number(number);
        say!(self, "and {number} more", "und {number} weitere")
    }

    pub fn unchanged_departments(self, number: usize) -> String {
        let n = self.number(number);
        match number {
            1 => say!(self, "1 department stays as it is", "1 Abteilung bleibt gleich groß"),
            _ => say!(self, "{n} departments stay as they are", "{n} Abteilungen bleiben gleich groß"),
        }
    }

    /// With its sign; the minus is the one that is as wide as the plus.
    pub fn difference(self, before: usize, after: usize) -> String {
        let number = self.number(before.abs_diff(after));
        match before.cmp(&after) {
            std::cmp::Ordering::Less => format!("+{number}"),
            std::cmp::Ordering::Equal => number,
            std::cmp::Ordering::Greater => format!("−{number}"),
        }
    }
}
