//! The evidence on which somebody goes, what keeps somebody undecided and what to correct, and notes: each as one sentence.

use super::mismatches;
use super::names::PageNames;
use super::words::Word;
use crate::roster::decide::absences::Doubt;
use crate::roster::decide::notes::{Note, Problem, Unlike};
use crate::roster::decide::reasons::{Absence, Filter, Reason};
use crate::roster::model::record::{EmployeeId, Expected, Unreadable};
use crate::roster::model::snapshot::LONGEST_VALUE;
use crate::roster::plan::Counts;
use crate::roster::policy::headers::{LabelProblem, Renamed};
use crate::tongue::{Tongue, say};
use crate::visible::isolated;

/// The evidence on which somebody goes. The last day has a column of its own.
pub(super) fn evidence(names: &PageNames<'_>, reason: &Reason) -> String {
    names.word(match reason {
        Reason::NotYet(_) => Word::ReasonNotYet,
        Reason::LastDayPassed(_) => Word::ReasonLastDayPassed,
        Reason::Inactive => Word::ReasonInactive,
        Reason::OnLeave => Word::ReasonOnLeave,
        Reason::Absent(Absence::Gone) => Word::ReasonGone,
        Reason::Absent(Absence::NotAsked) => Word::ReasonNotAsked,
        Reason::Absent(Absence::NeverThere) => Word::ReasonNeverThere,
        Reason::OutOfScope(Filter::Exclude) => Word::ReasonExcluded,
        Reason::OutOfScope(Filter::WithoutEmail) => Word::ReasonWithoutEmail,
        Reason::ClockInDoubt => Word::ReasonClockInDoubt,
        Reason::OutOfScope(Filter::Attribute(key)) => {
            return say!(
                names.tongue,
                "does not take part by the configuration's filter on {label}",
                "nimmt wegen des Filters der Konfiguration auf {label} nicht teil",
                label = names.label(key)
            );
        }
    })
}

/// What is wrong, and what to correct in Personio.
// long because every problem has its sentence in two tongues
pub(super) fn correction(names: &PageNames<'_>, problem: &Problem) -> String {
    let tongue = names.tongue;
    match problem {
        Problem::Missing(key) => say!(
            tongue,
            "{label} is empty. Fill it in.",
            "{label} ist leer. Bitte ausfüllen.",
            label = names.label(key)
        ),
        Problem::Unreadable(Unreadable { attribute, expected }) => say!(
            tongue,
            "{label} cannot be read: {expected} is expected. Enter it anew.",
            "{label} ist nicht lesbar: Erwartet wird {expected}. Bitte neu eintragen.",
            label = names.label(attribute),
            expected = self::expected(tongue, *expected)
        ),
        Problem::NotAnAddress => names.word(Word::ProblemNotAnAddress),
        Problem::TooLong(key, characters) => say!(
            tongue,
            "{label} has {characters} characters, and Honestly takes {LONGEST_VALUE}. Shorten it.",
            "{label} hat {characters} Zeichen, und Honestly nimmt {LONGEST_VALUE}. Bitte kürzen.",
            label = names.label(key),
            characters = tongue.number(*characters)
        ),
        Problem::UnknownStatus(status) => say!(
            tongue,
            "The status {status} is not known. Set one that Personio offers, such as active.",
            "Der Beschäftigungsstatus {status} ist nicht bekannt. Bitte einen setzen, den Personio anbietet, etwa aktiv.",
            status = names.quoted(status)
        ),
        Problem::ContestedEmail(other) => say!(
            tongue,
            "The e-mail address is also that of {other}. Give each of them their own.",
            "Die E-Mail-Adresse gehört auch zu {other}. Bitte beiden eine eigene geben.",
            other = names.somebody(*other)
        ),
        Problem::NoImportId(key) => say!(
            tongue,
            "{label}, which becomes the import id, is empty or has several values. Give it one.",
            "{label} ist leer oder hat mehrere Werte und wird als Import-ID gebraucht. Bitte einen Wert eintragen.",
            label = names.label(key)
        ),
        Problem::ContestedImportId(other) => say!(
            tongue,
            "The import id belongs or belonged to {other}. Enter another one.",
            "Die Import-ID gehört oder gehörte zu {other}. Bitte eine andere eintragen.",
            other = names.somebody(*other)
        ),
        Problem::NotSurelyBack { former, unlike } => not_surely_back(names, *former, *unlike),
        Problem::FilterWithheld(key) => say!(
            tongue,
            "{label} cannot be read, and a filter looks at it. Give the credential the right to read it.",
            "{label} ist nicht lesbar, und ein Filter braucht es. Bitte dem API-Zugang das Leserecht geben.",
            label = names.label(key)
        ),
        Problem::NotSent(key) => say!(
            tongue,
            "{label} is missing in this profile, while others have it. Open the profile and check it.",
            "{label} fehlt in diesem Profil, während andere es haben. Bitte das Profil öffnen und prüfen.",
            label = names.label(key)
        ),
        Problem::NoLocalPart => names.word(Word::ProblemNoLocalPart),
        Problem::LastDayBeforeFirst(day) => say!(
            tongue,
            "The last day, {day}, is before the first. Correct one of the two.",
            "Der letzte Tag ({day}) liegt vor dem ersten. Bitte einen der beiden berichtigen.",
            day = tongue.day(*day)
        ),
        Problem::StatusAfterLastDay(day) => say!(
            tongue,
            "The status is that of an employee, although the last day was {day}. Correct the status or the day.",
            "Dem Status nach ist die Person beschäftigt, obwohl der letzte Tag der {day} war. Bitte den Status oder den Tag \
             berichtigen.",
            day = tongue.day(*day)
        ),
        Problem::StatusBeforeFirstDay(day) => say!(
            tongue,
            "The first day is {day}, although the status is not onboarding. Correct the status or the day.",
            "Der erste Tag ist der {day}, obwohl der Status nicht Onboarding ist. Bitte den Status oder den Tag berichtigen.",
            day = tongue.day(*day)
        ),
        Problem::NotListed(Doubt::StillKnown) => names.word(Word::ProblemStillKnown),
        Problem::NotListed(Doubt::Unclear(_) | Doubt::RouteUnproven { .. } | Doubt::NobodyListed | Doubt::NotAsked) => {
            names.word(Word::ProblemNoAnswer)
        }
    }
}

fn expected(tongue: Tongue, expected: Expected) -> String {
    let german = match expected {
        Expected::Date => "ein Datum",
        Expected::Text => "ein Text",
        Expected::Status => "ein Status",
        Expected::Supervisor => "eine vorgesetzte Person",
        Expected::Value => "ein Wert",
        Expected::ValueWithId => "ein Wert mit ID",
        Expected::SmallValue => "ein Wert von höchstens 64 kB",
        Expected::TextOrNumber => "ein Text oder eine Zahl",
        Expected::List => "eine Liste von Werten",
        Expected::NamedObject => "ein Eintrag mit einem Namen",
    };
    match tongue {
        Tongue::English => expected.to_string(),
        Tongue::German => german.to_owned(),
    }
}

/// The import id is that of somebody who left, and nobody can tell whether this is them.
fn not_surely_back(names: &PageNames<'_>, former: EmployeeId, unlike: Unlike) -> String {
    let former = names.somebody(former);
    let same = match unlike {
        Unlike::Name | Unlike::Address | Unlike::NameAndAddress => say!(
            names.tongue,
            "If this is the same person, give the profile the names and the address they had, or take the old profile.",
            "Ist es dieselbe Person, bitte die Namen und die Adresse von damals eintragen oder das alte Profil verwenden."
        ),
        Unlike::NotKept => say!(
            names.tongue,
            "What they were called is kept no longer. If this is the same person, take the old profile.",
            "Wie die Person hieß, ist nicht mehr gespeichert. Ist es dieselbe, bitte das alte Profil verwenden."
        ),
    };
    say!(
        names.tongue,
        "The import id is that of {former}, who left. {same} If not, enter another import id.",
        "Die Import-ID ist die von {former}, nicht mehr dabei. {same} Sonst bitte eine andere Import-ID eintragen."
    )
}

/// None for notes that other sections show.
// long because every note has its sentence in two tongues
pub(super) fn note(names: &PageNames<'_>, note: &Note) -> Option<String> {
    let tongue = names.tongue;
    Some(match note {
        Note::Undecided { .. } => return None,
        Note::NoImportIds { attribute, people } => say!(
            tongue,
            "{label}, which gives import ids, is in nobody's record: it is not released, or there is none; left out are {people}.",
            "{label}, woher die Import-IDs kommen, steht bei niemandem: Es ist nicht freigegeben, oder es gibt es nicht; draußen \
             bleiben {people}.",
            label = names.label(attribute),
            people = tongue.people(*people)
        ),
        Note::SupervisorNotIn { supervisor: _, people, next: Some(next) } => say!(
            tongue,
            "Is not in Honestly; whoever reports to them ({people}) reports to {next} there, the next above.",
            "Ist nicht in Honestly; für die Unterstellten ({people}) gilt dort die nächsthöhere vorgesetzte Person, {next}.",
            people = tongue.people(*people),
            next = names.somebody(*next)
        ),
        Note::SupervisorNotIn { supervisor: _, people, next: None } => say!(
            tongue,
            "Is not in Honestly, and so not shown there as the supervisor of their people (in number: {people}).",
            "Ist nicht in Honestly und wird dort darum nicht als Führungskraft gezeigt (Zahl der Unterstellten: {people}).",
            people = tongue.number(*people)
        ),
        Note::Rehired { employee: _, former } => say!(
            tongue,
            "Has the address that {former} had, and counts as a new person with a new import id.",
            "Hat die Adresse, die {former} hatte, und gilt als neue Person mit neuer Import-ID.",
            former = names.somebody(*former)
        ),
        Note::StartPostponed { employee: _, first_day: Some(day) } => say!(
            tongue,
            "Was in, but now starts on {day}.",
            "War schon dabei, fängt aber jetzt erst am {day} an.",
            day = tongue.day(*day)
        ),
        Note::StartPostponed { employee: _, first_day: None } => names.word(Word::NoteNotStarted),
        Note::SupervisorCycle { employee: _ } => names.word(Word::NoteSupervisorCycle),
        Note::ImportIdKept { employee: _ } => names.word(Word::NoteImportIdKept),
        Note::Returned { employee: _, with_new_profile_after: None } => names.word(Word::NoteReturned),
        Note::Returned { employee: _, with_new_profile_after: Some(former) } => say!(
            tongue,
            "Is {former}, who left, with a new profile: import id, names and address are the same, and the import id stays.",
            "Ist {former} mit einem neuen Profil: Import-ID, Namen und Adresse sind dieselben, und die Import-ID bleibt.",
            former = names.somebody(*former)
        ),
        Note::NoLanguage { employee: _ } => names.word(Word::NoteNoLanguage),
        Note::DeliveryUnverified => names.word(Word::NoteUnverified),
        Note::Arrived { run } => {
            say!(tongue, "The file of run {run} has arrived.", "Die Datei von Lauf {run} ist angekommen.")
        }
        Note::NotArrived { run } => say!(
            tongue,
            "The file of run {run} did not arrive; what that run changed is taken back.",
            "Die Datei von Lauf {run} ist nicht angekommen; was der Lauf geändert hatte, ist zurückgenommen."
        ),
        Note::CameBesides { plan, counts: Counts { people, groups, columns, layout }, stay } => say!(
            tongue,
            "Besides the approved plan {plan}: {removed} removed, {added} added and {changed} changed, and {others} other \
             changes, which came since; {stay} stay although the plan would have removed them.",
            "Neben dem freigegebenen Plan {plan} kam dazu: {removed} entfernt, {added} aufgenommen, {changed} geändert, und \
             {others} andere Änderungen; {stay} bleiben, obwohl der Plan sie entfernt hätte.",
            removed = tongue.people(people.removed),
            added = tongue.people(people.added),
            changed = tongue.people(people.changed),
            others = tongue.number(groups.sum() + columns.sum() + layout),
            stay = tongue.people(*stay)
        ),
        Note::Withdrawn { plan } => say!(
            tongue,
            "The plan {plan}, which was held, is over.",
            "Der Plan {plan}, der auf eine Freigabe wartete, ist hinfällig."
        ),
        Note::CredentialPassedOver { place, used } => say!(
            tongue,
            "{place} has another Personio credential than {used}, whose credential is used.",
            "Personios Zugangsdaten sind an zwei Stellen verschieden: Verwendet werden die von {used}, nicht die von {place}.",
            place = isolated(place),
            used = isolated(used)
        ),
        Note::AttributesNotListed { how: _, instead: _ } => say!(
            tongue,
            "Personio did not send its list of fields; their names were found in another way.",
            "Personio hat die Liste der Felder nicht geschickt; ihre Namen sind auf anderem Weg gefunden worden."
        ),
        Note::HalfCredential { set, missing } => say!(
            tongue,
            "The environment has {set} without {missing}; no run uses half a credential.",
            "In der Umgebung steht {set} ohne {missing}; halbe Zugangsdaten verwendet kein Lauf."
        ),
        Note::NothingDelivered => names.word(Word::NoteNothingDelivered),
        Note::ClockInDoubt { clock: _ } => names.word(Word::NoteClockInDoubt),
        Note::Name(mismatch) => mismatches::mismatch(names, mismatch),
        Note::Delivery { text } => say!(
            tongue,
            "About the delivery: {text}",
            "Zur Übergabe, in den Worten des Programms: {text}",
            text = isolated(text)
        ),
        Note::FieldUnreadable { employee: _, unreadable: Unreadable { attribute, expected } } => say!(
            tongue,
            "{label} at Personio is not {expected}; the value in Honestly stays.",
            "{label} ist in Personio nicht lesbar (erwartet: {expected}); der Wert in Honestly bleibt.",
            label = names.label(attribute),
            expected = self::expected(tongue, *expected)
        ),
        Note::GroupOfEachDay { attribute } => say!(
            tongue,
            "{label} is a date, and so there is a group for each day. Groups such as “1 to 3 years” have more people.",
            "{label} ist ein Datum, darum gibt es für jeden Tag eine Gruppe. Gruppen wie „1 bis 3 Jahre“ haben mehr Personen.",
            label = names.label(attribute)
        ),
        Note::ValueTooLong { employee: _, attribute, characters } => say!(
            tongue,
            "{label} is left out: it has {characters} characters, and Honestly takes {LONGEST_VALUE}.",
            "{label} wird weggelassen: Der Wert hat {characters} Zeichen, und Honestly nimmt {LONGEST_VALUE}.",
            label = names.label(attribute),
            characters = tongue.number(*characters)
        ),
        Note::SpellingVariants { attribute, chosen, others } => say!(
            tongue,
            "{label}: {chosen} is also spelled otherwise at Personio ({others}); all of it counts as one.",
            "{label}: {chosen} ist in Personio auch anders geschrieben ({others}); alles gilt als dasselbe.",
            label = names.label(attribute),
            chosen = names.quoted(chosen),
            others = tongue.number(*others)
        ),
        Note::AttributeWithheld { attribute } => say!(
            tongue,
            "{label} can no longer be read; everybody keeps the value they have.",
            "{label} ist nicht mehr lesbar; alle behalten ihren bisherigen Wert.",
            label = names.label(attribute)
        ),
        Note::NotReleased { attribute } => say!(
            tongue,
            "{label} is not released for the credential, and so cannot say who is in.",
            "{label} ist für den Zugang nicht freigegeben und kann darum nicht sagen, wer dabei ist.",
            label = names.label(attribute)
        ),
        Note::ValuesNotSent { attribute, people } => say!(
            tongue,
            "{label} is missing for {people}, while others have it; they keep what they have.",
            "{label} fehlt bei {people}, während andere es haben; sie behalten, was sie haben.",
            label = names.label(attribute),
            people = tongue.people(*people)
        ),
        Note::CellsUnknown { header, people } => say!(
            tongue,
            "The column {header} is new: its cells are blank for {people} whose values are not known today.",
            "Die Spalte {header} ist neu: bei {people}, deren Werte heute nicht bekannt sind, sind ihre Zellen leer.",
            header = names.quoted(header),
            people = tongue.people(*people)
        ),
        Note::ColumnRenamed(Renamed { attribute, header, because }) => say!(
            tongue,
            "The column of {label} is called {header}: {because}",
            "Die Spalte zu {label} heißt {header}: {because}",
            label = names.label(attribute),
            header = names.quoted(header),
            because = names.word(match because {
                LabelProblem::Blank => Word::LabelBlank,
                LabelProblem::TooLong => Word::LabelTooLong,
                LabelProblem::Taken => Word::LabelTaken,
            })
        ),
    })
}
