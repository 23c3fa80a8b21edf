//! What each rule usually means, and what its reader does about it. Nothing here asks anybody to state what is not true.

use super::Rule;
use crate::roster::decide::clock::Clock;
use crate::roster::policy::Who;
use crate::roster::voice::{Reader, Voice, tell};

/// What a rule usually means, and what its reader does about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    pub usually: String,
    /// The operator's steps are hints: `$0` stands for the program in a command.
    pub does: Vec<String>,
}

impl Advice {
    fn of(usually: String, does: String) -> Self {
        Self { usually, does: vec![does] }
    }

    /// With a second step that only the operator can take.
    fn or_else(mut self, voice: Voice<'_>, step: &str) -> Self {
        match voice.reader {
            Reader::Operator => self.does.push(step.to_owned()),
            Reader::Hr(_) => {}
        }
        self
    }
}

const OTHER_CREDENTIAL: &str = "or store the right credential: $0 connect --client-id ID --secret -";

impl Rule {
    // long because every rule has its advice for three readers
    pub fn advice(&self, voice: Voice<'_>) -> Advice {
        match self {
            Self::EmptyListing => Advice::of(
                tell!(
                    voice,
                    "the credential lost a right, or belongs to another account",
                    "Usually the connection to Personio lost a right, or belongs to another account.",
                    "Meist hat die Verbindung zu Personio ein Recht verloren oder gehört zu einem anderen Konto."
                ),
                tell!(
                    voice,
                    "let the credential read employees, in Personio under Marketplace > Connected integrations; the next run goes on",
                    "Whoever manages Personio lets the connection read employees again, or whoever runs honestly-sync connects the \
                     right account.",
                    "Wer Personio verwaltet, gibt der Verbindung wieder das Recht, Personen zu lesen, oder die Person, die \
                     honestly-sync betreibt, verbindet das richtige Konto."
                ),
            )
            .or_else(voice, OTHER_CREDENTIAL),
            Self::NoOverlap { replaced: false, .. } => Advice::of(
                tell!(
                    voice,
                    "the credential belongs to another company",
                    "Usually the connection belongs to another company or to another Personio account.",
                    "Meist gehört die Verbindung zu einer anderen Firma oder einem anderen Personio-Konto."
                ),
                tell!(
                    voice,
                    "if Personio has another company or account now: $0 connect --client-id ID --secret - --replace",
                    "Tell whoever runs honestly-sync whether it is meant to be another company now.",
                    "Sagen Sie der Person, die honestly-sync betreibt, ob es jetzt eine andere Firma sein soll."
                ),
            )
            .or_else(voice, OTHER_CREDENTIAL),
            Self::NoOverlap { replaced: true, .. } => Advice::of(
                tell!(
                    voice,
                    "Personio has another company or account now, as connect --replace said",
                    "The company was replaced on purpose: everybody from before is removed, and everybody of now is new.",
                    "Die Firma wurde mit Absicht ersetzt: Alle bisherigen werden entfernt, und alle jetzigen sind neu."
                ),
                tell!(
                    voice,
                    "check that the people who come are of the right company",
                    "Check that those who are added are of the right company.",
                    "Prüfen Sie, ob die neuen Personen zur richtigen Firma gehören."
                ),
            ),
            Self::NobodyDecided { .. } => Advice::of(
                tell!(
                    voice,
                    "the credential lost a right, or Personio sends something unknown",
                    "Usually the connection to Personio lost a right, or one field is wrong for everybody.",
                    "Meist hat die Verbindung zu Personio ein Recht verloren, oder ein Feld ist bei allen falsch."
                ),
                tell!(
                    voice,
                    "correct in Personio what keeps people undecided, or let the credential read it; the next run goes on",
                    "Correct in Personio what is wrong for the undecided people, or let the connection read it.",
                    "Berichtigen Sie in Personio, was bei den ungeklärten Personen falsch ist, oder geben Sie der \
                     Verbindung das Recht, es zu lesen."
                ),
            ),
            Self::Clock { clock: Clock::OffPersonios { .. } } => Advice::of(
                tell!(
                    voice,
                    "this machine's clock is wrong",
                    "Usually the clock of this machine is wrong.",
                    "Meist geht die Uhr dieses Rechners falsch."
                ),
                tell!(
                    voice,
                    "set this machine's clock, as with timedatectl set-ntp true; the next run goes on",
                    "Ask whoever runs honestly-sync to set it.",
                    "Bitten Sie die Person, die honestly-sync betreibt, sie zu stellen."
                ),
            ),
            Self::Clock { clock: Clock::Plausible | Clock::BeforeTheLastRun { .. } | Clock::LongAfterTheLastRun { .. } } => {
                Advice::of(
                    tell!(
                        voice,
                        "this machine's clock is wrong, or was; or nothing ran for a long time",
                        "The clock of this machine is wrong or was, or nothing was checked for a long time.",
                        "Die Uhr dieses Rechners geht oder ging falsch, oder es wurde lange nicht abgeglichen."
                    ),
                    tell!(
                        voice,
                        "check this machine's clock, as with timedatectl; approve only if it is right",
                        "Ask whoever runs honestly-sync to check it. An approval is right only if the date is.",
                        "Bitten Sie die Person, die honestly-sync betreibt, sie zu prüfen. Eine Freigabe ist nur richtig, wenn das \
                         Datum stimmt."
                    ),
                )
            }
            Self::Withheld { .. } => Advice::of(
                tell!(
                    voice,
                    "the right to read it was taken from the credential",
                    "Usually the connection to Personio lost the right to read it.",
                    "Meist hat die Verbindung zu Personio das Recht verloren, es zu lesen."
                ),
                tell!(
                    voice,
                    "release it in Personio under Marketplace > Connected integrations; once approved, its last values stay",
                    "Whoever manages Personio gives that right back. After an approval, the last values stay.",
                    "Wer Personio verwaltet, gibt dieses Recht zurück. Nach einer Freigabe bleiben die letzten Werte stehen."
                ),
            ),
            Self::MustInclude { missing, .. } => Advice::of(
                tell!(
                    voice,
                    "they have left, or the credential sees too little",
                    "Usually the person has left, or something in the profile changed.",
                    "Meist ist die Person ausgetreten, oder im Profil hat sich etwas geändert."
                ),
                match missing {
                    Who::Id(id) => tell!(
                        voice,
                        "see why, correct it in Personio or take them out of must_include: $0 sync --dry-run --explain {id}",
                        "If the person works here, correct the profile in Personio; if not, tell whoever runs honestly-sync.",
                        "Arbeitet die Person noch hier, berichtigen Sie das Profil in Personio; sonst sagen Sie es der Person, die \
                         honestly-sync betreibt."
                    ),
                    Who::Email(_) => tell!(
                        voice,
                        "correct it in Personio, or take them out of must_include",
                        "If the person works here, correct the profile in Personio; if not, tell whoever runs honestly-sync.",
                        "Arbeitet die Person noch hier, berichtigen Sie das Profil in Personio; sonst sagen Sie es der Person, die \
                         honestly-sync betreibt."
                    ),
                },
            ),
            Self::AnotherMirror { .. } => Advice::of(
                tell!(
                    voice,
                    "a backup was restored, a file was moved or deleted, or the machine is a new one",
                    "Usually a backup was restored, or honestly-sync was moved to another machine.",
                    "Meist wurde eine Sicherung zurückgespielt, oder honestly-sync ist auf einen anderen Rechner umgezogen."
                ),
                tell!(
                    voice,
                    "put the newest copy of the mirror back, or remove the mirror and take over who is in Honestly: $0 connect --adopt FILE",
                    "Ask whoever runs honestly-sync to put the newest copy back. An approval is right only if nobody is in Honestly \
                     yet.",
                    "Bitten Sie die Person, die honestly-sync betreibt, die neueste Kopie zurückzuspielen. Eine Freigabe ist nur \
                     richtig, wenn noch niemand in Honestly ist."
                ),
            ),
            Self::RemovalsAtMost { .. }
            | Self::Removals { .. }
            | Self::MoreThanHalf { .. }
            | Self::LastPerson { .. } => Advice::of(
                tell!(
                    voice,
                    "many have left; or a status, a last day or a filter was set for many by mistake",
                    "Many people have left, or a status or a last day was set for many by mistake.",
                    "Viele sind ausgetreten, oder Status oder Austritt wurden bei vielen versehentlich gesetzt."
                ),
                tell!(
                    voice,
                    "let HR check who would be removed: the dry run writes a page with --review plan.html",
                    "Go through those who would be removed, and compare the reasons with Personio.",
                    "Gehen Sie durch, wer entfernt würde, und vergleichen Sie die Gründe mit Personio."
                ),
            ),
            Self::ScopeChanged { .. } => Advice::of(
                tell!(
                    voice,
                    "a filter, an exclusion or a right was changed, perhaps long ago for whoever was undecided since",
                    "Somebody changed who takes part, or a right at Personio, perhaps a while ago.",
                    "Jemand hat geändert, wer teilnimmt, oder ein Recht in Personio, vielleicht schon vor einer Weile."
                ),
                tell!(
                    voice,
                    "approve if that was meant; else take it back, and the next run goes on",
                    "Check whether these people are meant to be left out. If not, tell whoever runs honestly-sync.",
                    "Prüfen Sie, ob diese Personen wirklich nicht mehr teilnehmen sollen. Wenn doch, sagen Sie es der Person, die \
                     honestly-sync betreibt."
                ),
            ),
            Self::FilterMatchesNobody { .. } => Advice::of(
                tell!(
                    voice,
                    "a value of a filter is misspelt, its department was closed, or a second one has its name",
                    "Usually a value is misspelt, was closed in Personio, or a second one has its name.",
                    "Meist ist ein Wert falsch geschrieben oder in Personio entfallen, oder ein zweiter heißt genauso."
                ),
                tell!(
                    voice,
                    "write the value as Personio has it, or let HR give the second one another name; the next run goes on",
                    "Tell whoever runs honestly-sync what it is called in Personio now. Where two have one name, tell them apart there.",
                    "Sagen Sie der Person, die honestly-sync betreibt, wie es in Personio jetzt heißt. Heißen zwei gleich, benennen \
                     Sie dort einen um."
                ),
            ),
            Self::Vanished { .. } => Advice::of(
                tell!(
                    voice,
                    "profiles were deleted in Personio, or the listing is not whole",
                    "Usually profiles were deleted in Personio without a last day.",
                    "Meist wurden in Personio Profile ohne Austritt gelöscht."
                ),
                tell!(
                    voice,
                    "ask who deleted them; once approved, each is asked about first, and nobody goes whom Personio still knows",
                    "Find out who deleted these profiles in Personio, and why. Nobody is removed whom Personio still knows.",
                    "Klären Sie, wer diese Profile in Personio gelöscht hat und warum. Wen Personio noch kennt, der wird nicht \
                     entfernt."
                ),
            ),
            Self::NeverThere { .. } => Advice::of(
                tell!(
                    voice,
                    "people were adopted without a profile at Personio, or with another one's import id",
                    "These people came from Honestly and have no profile in Personio, or another person's import id.",
                    "Diese Personen kamen aus Honestly und haben kein Profil in Personio oder die Import-ID einer anderen Person."
                ),
                tell!(
                    voice,
                    "correct the file or Personio and adopt again, with a mirror that is empty: $0 connect --adopt FILE",
                    "Check in Personio whether they work here. If so, tell whoever runs honestly-sync before anybody approves.",
                    "Prüfen Sie in Personio, ob sie hier arbeiten. Wenn ja, sagen Sie es vor einer Freigabe der Person, die \
                     honestly-sync betreibt."
                ),
            ),
            Self::Takeover { .. } => Advice::of(
                tell!(
                    voice,
                    "an import at Personio put names or addresses into other people's profiles",
                    "Usually an import put names or addresses into other people's profiles.",
                    "Meist hat ein Import Namen oder Adressen in fremde Profile geschrieben."
                ),
                tell!(
                    voice,
                    "let HR correct the profiles; approve only if they really were exchanged",
                    "Correct the profiles in Personio. An approval is right only if these people really exchanged them.",
                    "Berichtigen Sie die Profile in Personio. Eine Freigabe ist nur richtig, wenn wirklich getauscht wurde."
                ),
            ),
            Self::SomebodyElse { .. } => Advice::of(
                tell!(
                    voice,
                    "a profile was used again for another person, who would have the feedback of the one before",
                    "Usually a profile was used again for another person, who would have the feedback of the one before.",
                    "Meist wurde ein Profil für jemand anderes weiterverwendet, der das Feedback der Person von vorher hätte."
                ),
                tell!(
                    voice,
                    "let HR give the new person a profile of their own; approve if it is the same person",
                    "Give the new person a profile of their own. An approval is right if it is the same person.",
                    "Legen Sie für die neue Person ein eigenes Profil an. Eine Freigabe ist richtig, wenn es dieselbe Person ist."
                ),
            ),
            Self::MostIdentities { .. } => Advice::of(
                tell!(
                    voice,
                    "addresses follow a new pattern, or a list slipped in an import at Personio",
                    "Addresses follow a new pattern, or a list slipped by some lines in an import.",
                    "Die Adressen folgen einem neuen Muster, oder beim Import ist eine Liste verrutscht."
                ),
                tell!(
                    voice,
                    "let HR check some of them: the dry run writes a page with --review plan.html",
                    "Check for some of them that name and address belong to the same person, and correct it in Personio if not.",
                    "Prüfen Sie bei einigen, ob Name und Adresse zur selben Person gehören, und berichtigen Sie es sonst in Personio."
                ),
            ),
            Self::FirstDelivery { .. } => Advice::of(
                tell!(
                    voice,
                    "the first file, a new destination, or people were adopted",
                    "It is the first file, or it goes to a new place.",
                    "Es ist die erste Datei, oder sie wird an einem neuen Ort abgelegt."
                ),
                tell!(
                    voice,
                    "compare how many stay and go with what Honestly shows, and let HR correct who is undecided",
                    "Compare the number of people with Honestly. Correct the undecided ones first: they are missing in the file.",
                    "Vergleichen Sie die Zahl der Personen mit Honestly. Klären Sie zuerst die ungeklärten: Sie fehlen in der Datei."
                ),
            ),
            Self::ForeignFile { .. } => Advice::of(
                tell!(
                    voice,
                    "somebody uploaded by hand, an old host or another connector still runs, or a backup was restored",
                    "Somebody uploaded a file by hand, or another program still does.",
                    "Jemand hat eine Datei von Hand hochgeladen, oder ein anderes Programm tut das noch."
                ),
                tell!(
                    voice,
                    "find out who writes there and stop it; the dry run names who of that file would go",
                    "Find out who put it there, and check who of that file would be removed.",
                    "Klären Sie, wer sie abgelegt hat, und prüfen Sie, wer aus dieser Datei entfernt würde."
                ),
            ),
            Self::ColumnsChanged { .. } => Advice::of(
                tell!(
                    voice,
                    "an edited configuration, or a new connect",
                    "Whoever runs honestly-sync changed what the file contains.",
                    "Die Person, die honestly-sync betreibt, hat geändert, was in der Datei steht."
                ),
                tell!(
                    voice,
                    "check with HR that no survey selects by a column that goes",
                    "Check that no survey in Honestly selects people by a column that would be missing.",
                    "Prüfen Sie, ob eine Umfrage in Honestly nach einer Spalte auswählt, die dann fehlt."
                ),
            ),
            Self::Additions { .. } => Advice::of(
                tell!(
                    voice,
                    "a company or an office was added, or a filter was widened",
                    "Many people have started, a company or an office was added, or a filter was widened.",
                    "Viele haben angefangen, eine Gesellschaft oder ein Standort kam dazu, oder ein Filter wurde erweitert."
                ),
                tell!(
                    voice,
                    "let HR check that all of them take part: the dry run writes a page with --review plan.html",
                    "Check that all of them are meant to take part in surveys.",
                    "Prüfen Sie, ob alle davon an Umfragen teilnehmen sollen."
                ),
            ),
            Self::FieldChanges { .. } => Advice::of(
                tell!(
                    voice,
                    "a reorganisation, a renamed department, or new addresses",
                    "Usually there was a reorganisation, a department got another name, or people got other addresses.",
                    "Meist gab es eine Umstrukturierung, eine Abteilung heißt anders, oder es gibt neue Adressen."
                ),
                tell!(
                    voice,
                    "let HR check some of them: the dry run writes a page with --review plan.html",
                    "Compare some of the changes with Personio.",
                    "Vergleichen Sie einige der Änderungen mit Personio."
                ),
            ),
        }
    }
}
