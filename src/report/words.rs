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
    AsOf: "as of", "Stand:";
    SkipToContent: "Skip to the summary", "Zur Zusammenfassung springen";
    BadgeHeld: "Held", "Angehalten";
    BadgePreview: "Preview", "Vorschau";
    BadgeDone: "Done", "Erledigt";
    BadgeFailed: "Failed", "Fehlgeschlagen";
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
    PleaseCheck: "please check", "bitte prüfen";
    Where: "Where", "Wo";
    NothingReaches: "Nothing of it reaches Honestly.", "Nichts davon erreicht Honestly.";
    SupervisorRemoved: "Supervisor removed too: the cell becomes empty", "Vorgesetzte Person auch entfernt: die Zelle wird leer";
    Groups: "Groups", "Gruppen";
    Columns: "Columns of the file", "Spalten der Datei";
    HeadCount: "Head count by department", "Personen je Abteilung";
    GroupSizes: "Sizes of groups", "Größe der Gruppen";
    GroupSizesMeans: "Honestly shows no results of small groups. Nothing is held because of them.",
        "Honestly zeigt keine Ergebnisse kleiner Gruppen. Ihretwegen wird nichts angehalten.";
    BecomeSmall: "Groups that become small", "Gruppen, die klein werden";
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
    Number: "Id", "Nummer";
    LastName: "Last name", "Nachname";
    FirstName: "First name", "Vorname";
    Address: "E-mail", "E-Mail";
    Field: "Field", "Feld";
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
    FieldEmailDomain: "E-mail domain", "E-Mail-Domain";
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
    EntriesShown: "{found} of {all} people are shown.", "{found} von {all} Personen werden gezeigt.";
    Copy: "Copy", "Kopieren";
    Copied: "Copied", "Kopiert";
    SortBy: "Sort by {column}", "Nach {column} sortieren";
    WholeText: "Show the whole text", "Ganzen Text zeigen";
    WhenRight: "If all of it is right, whoever runs honestly-sync enters this command. It applies exactly this plan and no other:",
        "Wenn alles stimmt, gibt die Person, die honestly-sync betreibt, diesen Befehl ein. Er wendet genau diesen Plan an und keinen anderen:";
    WhenWrong: "If something is wrong, correct it in Personio and do not approve. The next run makes a new plan; nothing is lost while this one waits.",
        "Wenn etwas nicht stimmt, berichtigen Sie es in Personio und geben nichts frei. Der nächste Abgleich macht einen neuen Plan; solange dieser wartet, geht nichts verloren.";
    SendApproval: "Send the approval by mail", "Freigabe per Mail senden";
    SendObjection: "Send an objection by mail", "Einwand per Mail senden";
    ThenByItself: "An approval is no answer to this. Once it is put right, the next run goes on by itself.",
        "Eine Freigabe hilft hier nicht. Wenn das behoben ist, geht es beim nächsten Abgleich von selbst weiter.";
    PretendedDay: "This page shows another day than today, so there is nothing to approve. On that day, a run makes its own plan.",
        "Diese Seite zeigt einen anderen Tag als heute, darum gibt es nichts freizugeben. Für jenen Tag entsteht dann ein eigener Plan.";
    NextRunApplies: "There is nothing to approve: the next run carries this plan out. If something is wrong, correct it in Personio before.",
        "Es ist nichts freizugeben: Beim nächsten Abgleich wird dieser Plan ausgeführt. Wenn etwas nicht stimmt, berichtigen Sie es vorher in Personio.";
    NothingToDo: "Nothing is to be done.", "Es ist nichts zu tun.";
    CorrectUndecided: "Some people are undecided: correct them in Personio (see below).",
        "Einige Personen sind ungeklärt: Berichtigen Sie sie in Personio (siehe unten).";
    RunAgain: "Nothing has to be approved anew: the next run tries again. Whoever runs honestly-sync finds the reason in its messages:",
        "Es ist nichts neu freizugeben: Der nächste Abgleich versucht es wieder. Wer honestly-sync betreibt, findet den Grund in dessen Meldungen:";
    WhatFailed: "The run failed on this plan.", "Der Abgleich mit diesem Plan ist fehlgeschlagen.";
    RemovedNotKnown: "How many people that removes from Honestly is not known, as nobody knows what Honestly has.",
        "Wie viele Personen dadurch aus Honestly entfernt werden, ist nicht bekannt, weil niemand weiß, was Honestly hat.";
    NothingYet: "Nothing of it has happened yet.", "Noch ist nichts davon geschehen.";
    Delivered: "the file was delivered to Honestly", "die Datei wurde an Honestly übergeben";
    IfNobodyAnswers: "If nobody does anything, it stays held for as long as the reason lasts; until then nothing new reaches Honestly.",
        "Wenn niemand etwas tut, bleibt es angehalten, solange der Grund besteht; so lange erreicht nichts Neues Honestly.";
    NothingNewUntilThen: "Until that is put right, no change in Personio reaches Honestly.",
        "Bis das behoben ist, kommt keine Änderung aus Personio in Honestly an.";
    NobodyChanges: "Nobody is removed, added or updated.", "Niemand wird entfernt, aufgenommen oder aktualisiert.";
    TitleHeld: "Held: nothing was changed in Honestly", "Angehalten: In Honestly wurde nichts geändert";
    TitleNothingWouldChange: "Nothing would change", "Es würde sich nichts ändern";
    TitleNothingChanged: "Nothing has changed", "Es hat sich nichts geändert";
    TitleFailed: "The last run failed", "Der letzte Abgleich ist fehlgeschlagen";
    Private: "This page names people. Keep it where only those may read it who may see these data.",
        "Diese Seite nennt Personen. Bewahren Sie sie dort auf, wo nur lesen kann, wer diese Daten sehen darf.";
    NoScripts: "With scripts switched on, people on this page can be searched, filtered and sorted.",
        "Mit eingeschalteten Skripten lassen sich die Personen dieser Seite suchen, filtern und sortieren.";
    AsCsv: "All changes as a CSV file", "Alle Änderungen als CSV-Datei";
    FilteredPrint: "Filtered: not everybody is on this print.", "Gefiltert: Auf diesem Ausdruck stehen nicht alle.";
    Signature: "Checked, on the date and by:", "Geprüft, Datum und Unterschrift:";
    Sheet: "Plan", "Kennung";
    Old: "This page is more than a day old. Ask whoever runs honestly-sync for a newer one.",
        "Diese Seite ist älter als ein Tag. Fragen Sie die Person, die honestly-sync betreibt, nach einer neueren.";
    ToTheTop: "Back to the top", "Nach oben";
    Digest: "Digest of this plan", "Kennung dieses Plans";
}
