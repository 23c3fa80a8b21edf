//! The fixed words of the page in both tongues.
//!
//! One table: a new word must be given in both, or it does not compile. Sentences with numbers are written with `say!`, which
//! needs both too.

use crate::tongue::Tongue;

macro_rules! words {
    ($($word:ident: $english:literal, $german:literal;)*) => {
        /// The fixed texts of the page, without numbers.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Word { $($word,)* }

        impl Word {
            /// Every word there is.
            #[cfg(test)]
            pub const ALL: &[Self] = &[$(Self::$word,)*];

            pub(crate) fn text(self, tongue: Tongue) -> &'static str {
                match (self, tongue) {
                    $((Self::$word, Tongue::English) => $english,
                    (Self::$word, Tongue::German) => $german,)*
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
    NextSteps: "What to do next", "Was jetzt zu tun ist";
    OnThisPage: "On this page", "Auf dieser Seite";
    CameSince: "What came since the last plan", "Was seit dem letzten Plan dazukam";
    CameSinceMeans: "A plan was told before; these changes were not part of it.", "Ein Plan lag schon vor; diese Änderungen gehörten noch nicht dazu.";
    SharedChanges: "The same change for several people", "Dieselbe Änderung bei mehreren Personen";
    SingleChanges: "Changes of single people", "Änderungen bei einzelnen Personen";
    InAnotherFile: "In a file of somebody else", "In einer fremden Datei";
    OnlyInTheMirror: "Not in the file any more", "Nicht mehr in der Datei";
    OnlyInTheMirrorMeans: "These people were in by the last decision. Whether Honestly has them is not known.",
        "Diese Personen waren nach der letzten Entscheidung dabei. Ob sie in Honestly sind, ist nicht bekannt.";
    PleaseCheck: "Please check:", "Bitte prüfen:";
    NothingReaches: "Nothing of it reaches Honestly.", "Nichts davon erreicht Honestly.";
    SupervisorRemoved: "Supervisor removed too: the cell becomes empty", "Vorgesetzte Person auch entfernt: die Zelle wird leer";
    Groups: "Groups", "Gruppen";
    Columns: "Columns of the file", "Spalten der Datei";
    HeadCount: "Head count by department", "Personen je Abteilung";
    NotYet: "Not yet in", "Noch nicht dabei";
    Undecided: "Undecided", "Ungeklärt";
    Notes: "Also good to know", "Außerdem gut zu wissen";
    InAnotherFileMeans: "Somebody else left a file at the destination, and Honestly may have it. Whoever is only in that one is removed with ours. Where an import id stands for somebody of another name, feedback changes hands.",
        "Jemand anderes hat am Ziel eine Datei abgelegt, und Honestly kann sie haben. Wer nur darin steht, wird mit unserer entfernt. Wo eine Import-ID für jemand mit anderem Namen steht, kommen Antworten in andere Hände.";
    WentBefore: "Removed in the last seven days without anybody looking, and counted with them",
        "In den letzten sieben Tagen entfernt, ohne dass jemand hinsah, und mitgezählt";
    NotYetMeans: "These people start later and come by themselves on their first day.",
        "Diese Personen fangen später an und kommen an ihrem ersten Tag von selbst dazu.";
    UndecidedMeans: "Until it is corrected in Personio, nothing changes for these people.",
        "Bis es in Personio berichtigt ist, ändert sich für diese Personen nichts.";
    Person: "Person", "Name";
    Department: "Department", "Abteilung";
    Evidence: "Why", "Grund";
    LastDay: "Last day", "Letzter Tag";
    FirstDay: "First day", "Erster Tag";
    OfficeAndPosition: "Office and position", "Standort und Position";
    WhatChanges: "What changes", "Was sich ändert";
    WithOurs: "With our file", "Mit unserer Datei";
    WhatToCorrect: "What to correct in Personio", "Was in Personio zu berichtigen ist";
    Meanwhile: "Until then", "Bis dahin";
    Note: "Note", "Hinweis";
    Before: "Before", "Vorher";
    After: "After", "Nachher";
    Difference: "Difference", "Unterschied";
    Bars: "Before and after as bars", "Vorher und nachher als Balken";
    NoDepartment: "(no department)", "(keine Abteilung)";
    Empty: "(empty)", "(leer)";
    NotKnown: "not known", "nicht bekannt";
    AnotherValue: "another value at Personio, with the same name", "ein anderer Wert in Personio, mit gleichem Namen";
    StaysAsIs: "stays in Honestly as they are", "bleibt in Honestly, wie sie ist";
    NotAdded: "is not added", "wird nicht angelegt";
    ReasonNotYet: "by their new first day they have not started yet", "hat laut dem neuen Einstellungsdatum noch nicht angefangen";
    ReasonLastDayPassed: "left: Personio states the last day", "ausgetreten: Personio nennt den letzten Tag";
    ReasonInactive: "left: the status at Personio is inactive", "ausgetreten: in Personio inaktiv";
    ReasonOnLeave: "on leave, and people on leave do not take part",
        "abwesend (Elternzeit, Sabbatical), und Abwesende nehmen nicht teil";
    ReasonGone: "Personio no longer has this profile", "Personio hat dieses Profil nicht mehr";
    ReasonNotAsked: "missing from Personio's list, without any proof that they left",
        "fehlt in der Liste von Personio, ohne Beleg für einen Austritt";
    ReasonNeverThere: "was in Honestly before and has no profile at Personio",
        "war schon vorher in Honestly und hat kein Profil in Personio";
    ReasonExcluded: "excluded by name in the configuration", "in der Konfiguration namentlich ausgenommen";
    ReasonWithoutEmail: "has no e-mail address, and such people do not take part by the configuration",
        "hat keine E-Mail-Adresse, und solche Personen nehmen laut Konfiguration nicht teil";
    ReasonClockInDoubt: "nobody comes in while the clock of this machine is in doubt",
        "niemand kommt dazu, solange die Uhr dieses Rechners zweifelhaft ist";
    ProblemNotAnAddress: "The e-mail address is none. Correct its spelling.",
        "Die E-Mail-Adresse ist keine gültige. Bitte die Schreibweise berichtigen.";
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
    NotInUnknown: "no employee who has not left has this address", "niemand, der nicht ausgeschieden ist, hat diese Adresse";
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
    GroupDisappears: "removed", "entfällt";
    GroupRenamed: "renamed", "umbenannt";
    ColumnAppears: "new column", "neue Spalte";
    ColumnDisappears: "column removed", "Spalte entfällt";
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
    EntriesShown: "{found} of {all} entries are shown.", "{found} von {all} Einträgen werden gezeigt.";
    Copy: "Copy", "Kopieren";
    Copied: "Copied", "Kopiert";
    SortBy: "Sort by {column}", "Nach {column} sortieren";
    WholeText: "Show the whole text", "Ganzen Text zeigen";
    RulesFirst: "Read the lists below, above all who would be removed.", "Lesen Sie die Listen unten, vor allem, wer entfernt würde.";
    WhenRight: "If all of it is right, whoever runs honestly-sync enters this command. It applies exactly this plan and no other:",
        "Wenn alles stimmt, gibt die Person, die honestly-sync betreibt, diesen Befehl ein. Er wendet genau diesen Plan an und keinen anderen:";
    WhenWrong: "If something is wrong, correct it in Personio and do not approve. The next run makes a new plan; nothing is lost while this one waits.",
        "Wenn etwas nicht stimmt, berichtigen Sie es in Personio und geben nichts frei. Der nächste Lauf macht einen neuen Plan; solange dieser wartet, geht nichts verloren.";
    WayWhenNobodyIsListed: "Whoever manages Personio gives the credential the right to read employees again, or whoever runs honestly-sync stores the right one (connect).",
        "Wer Personio verwaltet, gibt dem Zugang wieder das Recht, Personen zu lesen, oder wer honestly-sync betreibt, hinterlegt den richtigen (connect).";
    WayToOtherPeople: "If this is another company or another Personio account, whoever runs honestly-sync says so (connect --replace); else the credential is the wrong one.",
        "Wenn es eine andere Firma oder ein anderes Personio-Konto ist, teilt die Person, die honestly-sync betreibt, das mit (connect --replace); sonst ist der Zugang der falsche.";
    WayToDecide: "Correct in Personio what keeps people undecided (see below), or give the credential the right to read it.",
        "Berichtigen Sie in Personio, weshalb die Personen ungeklärt sind (siehe unten), oder geben Sie dem Zugang das Recht, es zu lesen.";
    WayToTime: "Whoever runs honestly-sync sets the clock of this machine.",
        "Die Person, die honestly-sync betreibt, stellt die Uhr dieses Rechners.";
    ThenByItself: "An approval is no answer to this. Once it is put right, the next run goes on by itself.",
        "Eine Freigabe hilft hier nicht. Wenn das behoben ist, macht der nächste Lauf von selbst weiter.";
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
    NobodyChanges: "Nobody is removed, added or updated.", "Niemand wird entfernt, aufgenommen oder aktualisiert.";
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
