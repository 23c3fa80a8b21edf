//! The sentence of each note, for the operator and for HR. HR reads a note about a person beside their name, so its sentence
//! does not name them again.

use super::{Flaw, FlawKind, Instead, Note, Place};
use crate::roster::model::record::{AttributeKey, Unreadable};
use crate::roster::model::snapshot::LONGEST_VALUE;
use crate::roster::plan::{Counts, Tally};
use crate::roster::voice::{Told, Voice, tell};

impl Told for Note {
    fn told(&self, voice: Voice<'_>) -> String {
        match self.employee() {
            Some(employee) => self.told_of(voice, &voice.person(employee)),
            None => self.told_of(voice, ""),
        }
    }
}

impl Note {
    // long because every note has its sentence for three readers
    /// `who` is the person whom it is about, if it is about one.
    fn told_of(&self, voice: Voice<'_>, who: &str) -> String {
        match self {
            Self::Undecided { employee: _, problem, place: Place::Kept } => tell!(
                voice,
                "{who} stays as they are: {problem}",
                "Stays in Honestly as they are. {problem}",
                "Bleibt in Honestly unverändert. {problem}",
                problem = problem.told(voice)
            ),
            Self::Undecided { employee: _, problem, place: Place::LeftOut } => tell!(
                voice,
                "{who} is left out: {problem}",
                "Is not added. {problem}",
                "Wird nicht aufgenommen. {problem}",
                problem = problem.told(voice)
            ),
            Self::NoImportIds { attribute, people } => tell!(
                voice,
                "{key}, which gives import ids, is in nobody's record: it is not released for the credential, or there is none; \
                 {people} left out",
                "Nobody has {key}, which becomes the import ID: it is not released, or there is none. Not added: {people}.",
                "{key} wird als Import-ID gebraucht und steht bei niemandem: Es ist nicht freigegeben, oder es gibt es nicht. \
                 Nicht aufgenommen: {people}.",
                key = voice.attribute(attribute),
                people = voice.people(*people)
            ),
            Self::FieldUnreadable { employee: _, unreadable: Unreadable { attribute, expected } } => tell!(
                voice,
                "{key} of {who} is not taken over: Personio's value is not {expected}",
                "{key} cannot be read and is not taken over: {expected} is expected.",
                "{key} ist nicht lesbar und wird nicht übernommen: Erwartet wird {expected}.",
                key = voice.attribute(attribute),
                expected = expected.told(voice)
            ),
            Self::SupervisorNotIn { supervisor: _, people, next: Some(next) } => tell!(
                voice,
                "{who} is not in: {people} of their people {verb} to {next}, the next above",
                "Is not in Honestly; there {of} {verb} to the next above, {next}.",
                "Ist nicht in Honestly; dort gilt für {of} die nächsthöhere vorgesetzte Person, {next}.",
                verb = voice.agreeing(*people, ["reports", "report"], ["", ""]),
                of = voice.people(*people),
                next = voice.person(*next)
            ),
            Self::SupervisorNotIn { supervisor: _, people, next: None } => tell!(
                voice,
                "{who} is not in, and so nobody's supervisor: {people} of their people {have} none",
                "Is not in Honestly, and so not shown there as a supervisor (of {of}).",
                "Ist nicht in Honestly und darum dort nicht als vorgesetzte Person eingetragen (bei {of}).",
                have = voice.agreeing(*people, ["has", "have"], ["", ""]),
                of = voice.people(*people)
            ),
            Self::SupervisorCycle { employee: _ } => tell!(
                voice,
                "{who} reports to themself through others: no supervisor",
                "Reports to themself by way of others, and so has no supervisor in Honestly. Correct the supervisor.",
                "Ist über andere die eigene vorgesetzte Person und hat darum in Honestly keine. Bitte berichtigen."
            ),
            Self::GroupOfEachDay { attribute } => tell!(
                voice,
                "{key} is a date and makes a group for each day; with bands it makes a few: bands = [\"1y\", \"3y\"]",
                "{key} is a date, and so there is a group for each day. Groups such as “1 to 3 years” have more people.",
                "{key} ist ein Datum, darum gibt es für jeden Tag eine Gruppe. Gruppen wie „1 bis 3 Jahre“ haben mehr Personen.",
                key = voice.attribute(attribute)
            ),
            Self::ValueTooLong { employee: _, attribute, characters } => tell!(
                voice,
                "{key} of {who} is left out: {characters} characters, Honestly takes {LONGEST_VALUE}",
                "{key} is left out: it has {characters} characters, and Honestly takes {LONGEST_VALUE}. Shorten it.",
                "{key} wird weggelassen: Der Wert hat {characters} Zeichen, und Honestly nimmt {LONGEST_VALUE}. Bitte kürzen.",
                key = voice.attribute(attribute),
                characters = voice.number(*characters)
            ),
            Self::ImportIdKept { employee: _ } => tell!(
                voice,
                "{who} keeps the import id they have: Honestly cannot change it",
                "Keeps the import ID they have, because Honestly cannot change it.",
                "Behält die bisherige Import-ID, weil Honestly sie nicht ändern kann."
            ),
            Self::Returned { employee: _, with_new_profile_after: None } => tell!(
                voice,
                "{who} returns with the import id they had",
                "Returns with the import ID they had.",
                "Kommt mit der früheren Import-ID zurück."
            ),
            Self::Returned { employee: _, with_new_profile_after: Some(former) } => tell!(
                voice,
                "{who} is {former}, who left, with a new profile: import id, names and address are the same, and so they return \
                 with the import id they had",
                "Is {former}, who left, with a new profile: import ID, names and address are the same, and the import ID stays.",
                "Ist {former} mit einem neuen Profil: Import-ID, Namen und Adresse sind dieselben, und die Import-ID bleibt.",
                former = voice.person(*former)
            ),
            Self::Rehired { employee: _, former } => tell!(
                voice,
                "{who} has the address that {former} had: a new person with a new import id",
                "Has the address that {former} had, and counts as a new person with a new import ID.",
                "Hat die Adresse, die {former} hatte, und gilt als neue Person mit neuer Import-ID.",
                former = voice.person(*former)
            ),
            Self::StartPostponed { employee: _, first_day: Some(day) } => tell!(
                voice,
                "{who} was in, but now starts on {day}",
                "Was in, but now starts only on {day}.",
                "War schon dabei, fängt aber jetzt erst am {day} an.",
                day = voice.day(*day)
            ),
            Self::StartPostponed { employee: _, first_day: None } => tell!(
                voice,
                "{who} was in, but has not started",
                "Was in, but has not started.",
                "War schon dabei, hat aber noch nicht angefangen."
            ),
            Self::NoLanguage { employee: _ } => tell!(
                voice,
                "the language of {who} is not in [people.language] values: the default is used",
                "The language is none of those that were chosen; the usual one is used.",
                "Die Sprache gehört nicht zu den ausgewählten; es gilt die übliche."
            ),
            Self::SpellingVariants { attribute, chosen, others } => tell!(
                voice,
                "{key}: {chosen} has {others} at Personio, which {verb} as the same",
                "{key}: {chosen} has {others} in Personio; all of it counts as one.",
                "{key}: {chosen} hat in Personio {others}; alles gilt als dasselbe.",
                key = voice.attribute(attribute),
                chosen = voice.quoted(chosen),
                verb = voice.agreeing(*others, ["counts", "count"], ["", ""]),
                others = voice.counted(
                    *others,
                    ["other spelling", "other spellings"],
                    ["andere Schreibweise", "andere Schreibweisen"]
                )
            ),
            Self::AttributeWithheld { attribute } => tell!(
                voice,
                "{key} can no longer be read: everybody keeps the value they have",
                "{key} can no longer be read; everybody keeps the value they have.",
                "{key} ist nicht mehr lesbar; alle behalten ihren bisherigen Wert.",
                key = voice.attribute(attribute)
            ),
            Self::NotReleased { attribute } => tell!(
                voice,
                "{key} is not released for the credential: it cannot say {what}",
                "{key} is not released for this integration and cannot say {what}.",
                "{key} ist für diese Anbindung nicht freigegeben und kann nicht sagen, {what}.",
                key = voice.attribute(attribute),
                what = what_it_says(voice, attribute)
            ),
            Self::ValuesNotSent { attribute, people } => tell!(
                voice,
                "{key} is missing in the records of {people}, while others have it: what is in Honestly of it stays",
                "{key} is missing for {people}, while others have it; what is in Honestly of it stays.",
                "{key} fehlt bei {people}, während andere es haben; was davon in Honestly steht, bleibt.",
                key = voice.attribute(attribute),
                people = voice.people(*people)
            ),
            Self::CellsUnknown { header, people } => tell!(
                voice,
                "{header}: the cells of {people} are blank, because this column is new and their values are not known",
                "The column {quoted} is new, and blank for {people} whose values are not known today.",
                "Die Spalte {quoted} ist neu und bei {people}, deren Werte heute nicht bekannt sind, leer.",
                quoted = voice.quoted(header),
                people = voice.people(*people)
            ),
            Self::ColumnRenamed(renamed) => renamed.told(voice),
            Self::Name(mismatch) => mismatch.told(voice),
            Self::AttributesNotListed { reply, instead } => tell!(
                voice,
                "asked for its list of attributes, Personio {reply}: {instead}",
                "The list of fields is missing, because Personio {reply}; {instead}.",
                "Die Liste der Felder fehlt, denn Personio {reply}; {instead}.",
                reply = reply.told(voice),
                instead = instead.told(voice)
            ),
            Self::InterfaceEnds { path, on: Some(day) } => tell!(
                voice,
                "Personio says that {path} of its API ends on {day}: this program needs a newer version before that",
                "Personio announces that this program can read its people only until {day}. Ask for a newer version before that.",
                "Personio kündigt an, dass dieses Programm die Personen nur noch bis {day} lesen kann. Bitte vorher eine \
                 neuere Version einspielen lassen.",
                day = voice.day(*day)
            ),
            Self::InterfaceEnds { path, on: None } => tell!(
                voice,
                "Personio says that {path} of its API will end, and not when: this program then needs a newer version",
                "Personio announces that this program cannot read its people for ever, and names no day. Ask for a newer version.",
                "Personio kündigt an, dass dieses Programm die Personen nicht auf Dauer lesen kann, und nennt keinen Tag. \
                 Bitte eine neuere Version einspielen lassen."
            ),
            Self::DestinationUnseen { why } => tell!(
                voice,
                "the destination could not be looked at: {why}",
                "The place where the file for Honestly is left cannot be reached. Nothing had to be sent this time.",
                "Der Ort, an dem die Datei für Honestly abgelegt wird, ist nicht erreichbar. Diesmal war nichts zu übergeben."
            ),
            Self::DeliveryUnverified => tell!(
                voice,
                "delivered, could not be verified: the destination lets nobody read the file back",
                "The file was passed on, but could not be checked there.",
                "Die Datei wurde übergeben, ließ sich dort aber nicht prüfen."
            ),
            Self::Delivery(flaw) => flaw.told(voice),
            Self::Arrived { run } => tell!(
                voice,
                "the file that run {run} sent has arrived",
                "The file of sync {run} has arrived.",
                "Die Datei von Abgleich {run} ist angekommen."
            ),
            Self::NotArrived { run } => tell!(
                voice,
                "the file that run {run} sent did not arrive: what that run changed is taken back",
                "The file of sync {run} did not arrive; its changes are taken back.",
                "Die Datei von Abgleich {run} ist nicht angekommen; seine Änderungen sind zurückgenommen."
            ),
            Self::CameBesides { plan, counts, stay } => came_besides(voice, plan, counts, *stay),
            Self::Withdrawn { plan } => tell!(
                voice,
                "plan {plan}, which was held, is over: this run was in step and needed no approval of it",
                "The plan {plan}, which waited for an approval, is over.",
                "Der Plan {plan}, der auf eine Freigabe wartete, ist hinfällig."
            ),
            Self::NothingDelivered => tell!(
                voice,
                "nothing is delivered to Honestly: [delivery] to is not set",
                "Nothing reaches Honestly yet: no destination has been set up.",
                "Es kommt noch nichts bei Honestly an: Ein Ziel ist nicht eingerichtet."
            ),
            Self::CredentialPassedOver { place, used } => tell!(
                voice,
                "{place} has another Personio credential than {used}, whose credential is used",
                "Two different API keys for Personio are stored; only one of them is used.",
                "Für Personio sind zwei verschiedene API-Schlüssel hinterlegt; nur einer davon wird verwendet."
            ),
            Self::HalfCredential { set, missing } => tell!(
                voice,
                "the environment has {set} without {missing}, and no run uses half a credential",
                "Of an API key for Personio only one half is stored, and so it is not used.",
                "Von einem API-Schlüssel für Personio ist nur die Hälfte hinterlegt; darum wird er nicht verwendet."
            ),
            Self::ClockInDoubt { clock } => tell!(
                voice,
                "{clock}: nobody comes, and nobody goes by a date",
                "Nobody is added, and nobody is removed by a date, because {clock}.",
                "Niemand wird aufgenommen, und niemand wegen eines Datums entfernt, denn {clock}.",
                clock = clock.told(voice)
            ),
        }
    }
}

fn came_besides(voice: Voice<'_>, plan: &str, counts: &Counts, stay: usize) -> String {
    let Counts { people: Tally { added, changed, removed }, groups, columns, layout } = counts;
    let others = voice.number(groups.sum() + columns.sum() + layout);
    let (added, changed, removed) = (voice.number(*added), voice.number(*changed), voice.number(*removed));
    tell!(
        voice,
        "besides plan {plan}, which was approved, what came since was carried out: people removed {removed}, added {added}, \
         changed {changed}; other changes {others}; people who stay although it would have removed them: {stay}",
        "Besides the approved plan {plan} this came and was carried out: people removed {removed}, added {added}, changed \
         {changed}; other changes {others}; people who stay although the plan would have removed them: {stay}.",
        "Neben dem freigegebenen Plan {plan} kam hinzu und wurde ausgeführt: Personen entfernt {removed}, aufgenommen {added}, \
         geändert {changed}; andere Änderungen {others}; Personen, die bleiben, obwohl der Plan sie entfernt hätte: {stay}.",
        stay = voice.number(stay)
    )
}

/// What an attribute would say about people if it were released.
fn what_it_says(voice: Voice<'_>, attribute: &AttributeKey) -> String {
    match attribute.as_str() {
        AttributeKey::HIRE_DATE => {
            tell!(voice, "who has not started", "who has not started", "wer noch nicht angefangen hat")
        }
        AttributeKey::TERMINATION_DATE => tell!(voice, "who has left", "who has left", "wer ausgetreten ist"),
        AttributeKey::DEPARTMENT => tell!(
            voice,
            "in which department anybody is",
            "in which department anybody is",
            "in welcher Abteilung jemand ist"
        ),
        _ => tell!(
            voice,
            "who has left or is on leave",
            "who has left or is on leave",
            "wer ausgetreten oder in Auszeit ist"
        ),
    }
}

impl Told for Instead {
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::Employees => tell!(
                voice,
                "a page of employees told their labels",
                "some profiles tell their names",
                "ihre Namen stehen in einigen Profilen"
            ),
            Self::Memory => tell!(
                voice,
                "labels stand for what they stood for, and what only * takes keeps its values",
                "names stand for what they stood for, and fields that were not chosen one by one keep their values",
                "Namen stehen für das, wofür sie standen, und nicht einzeln ausgewählte Felder behalten ihre Werte"
            ),
        }
    }
}

impl Told for Flaw {
    fn told(&self, voice: Voice<'_>) -> String {
        let Self { kind, file, quote } = self;
        let quote = quote.as_deref().map(|quote| format!(" ({quote})")).unwrap_or_default();
        match kind {
            FlawKind::AnotherSize { sent, stated } => tell!(
                voice,
                "{file} is delivered with {sent} bytes, and the server speaks of {stated}",
                "The file was passed on with {sent} bytes, and there it is said to have {stated}.",
                "Die Datei wurde mit {sent} Bytes übergeben, dort soll sie {stated} haben."
            ),
            FlawKind::NotSeen => tell!(
                voice,
                "{file} is delivered, but cannot be looked at afterwards{quote}",
                "The file was passed on, but could not be looked at afterwards.",
                "Die Datei wurde übergeben, ließ sich danach aber nicht ansehen."
            ),
            FlawKind::FolderNotSynced => tell!(
                voice,
                "{file} is delivered, but its folder cannot be synced to disk{quote}",
                "The file was passed on, but a power cut could still lose it.",
                "Die Datei wurde übergeben, könnte bei einem Stromausfall aber noch verloren gehen."
            ),
            FlawKind::ModeNotKept => tell!(
                voice,
                "{file} does not keep its mode and group{quote}",
                "The file was passed on, but others may have lost the right to read it.",
                "Die Datei wurde übergeben, aber andere können sie womöglich nicht mehr lesen."
            ),
            FlawKind::LeftoverStays => tell!(
                voice,
                "{file} was left by an earlier run and cannot be removed{quote}: it may hold everybody's data",
                "A file that was left before cannot be removed: it may hold everybody's data.",
                "Eine früher liegen gebliebene Datei lässt sich nicht löschen: Sie kann die Daten aller enthalten."
            ),
            FlawKind::ReplacedFileStays => tell!(
                voice,
                "{file}, the file that was replaced, cannot be removed{quote}: it holds everybody's data",
                "The file that was replaced cannot be removed: it holds everybody's data.",
                "Die ersetzte Datei lässt sich nicht löschen: Sie enthält die Daten aller."
            ),
            FlawKind::ProbeStays => tell!(
                voice,
                "{file} cannot be removed{quote} and stays there",
                "A file that was only a trial cannot be removed.",
                "Eine Datei, die nur ein Versuch war, lässt sich nicht löschen."
            ),
            FlawKind::FolderNotListed => tell!(
                voice,
                "{file} cannot be listed{quote}, which no delivery needs",
                "The folder at the destination cannot be listed, which is not needed either.",
                "Der Ordner am Ziel lässt sich nicht auflisten, was auch nicht nötig ist."
            ),
        }
    }
}
