//! What a plan does, in one line, and what is needed to judge it: the first that HR reads on the page and in a mail.

use chrono::NaiveDateTime;

use super::model::{Baseline, Extent};
use super::outcome::{Outcome, RemovedFrom, gravest};
use super::words::Word;
use crate::roster::guard::{Concern, Rule};
use crate::roster::plan::{ChangeKind, Counts};
use crate::roster::voice::Voice;
use crate::tongue::{Tongue, say};

/// The kind of change that leads: the gravest there is, unless the rule that leads is about others.
pub(super) fn leading(rule: Option<&Rule>, counts: &Counts) -> Option<ChangeKind> {
    let is_about_others = rule.is_some_and(|rule| match rule.card().concerns {
        Concern::Identities | Concern::Columns | Concern::Contents => true,
        Concern::Run | Concern::Mirror | Concern::Removals | Concern::Destination => false,
    });
    let others = [ChangeKind::Update, ChangeKind::Add].into_iter().filter(|_| is_about_others);
    let others = others.max_by_key(|kind| counts.of(*kind)).filter(|kind| counts.of(*kind) > 0);
    others.or_else(|| gravest(counts).next())
}

/// What happens to how many of how many.
pub(super) fn headline(voice: Voice<'_>, outcome: Outcome, extent: &Extent, kind: ChangeKind) -> String {
    let (Extent { counts, baseline, before, after }, tongue) = (extent, voice.tongue());
    let number = counts.of(kind);
    match (baseline, kind) {
        (Baseline::Unknown, _) => {
            let file = tongue.people(*after);
            match outcome {
                Outcome::Held | Outcome::Previewed => {
                    say!(tongue, "Honestly would get a file with {file}", "Honestly bekäme eine Datei mit {file}")
                }
                Outcome::Done => {
                    say!(tongue, "Honestly got a file with {file}", "Honestly hat eine Datei mit {file} bekommen")
                }
                Outcome::Failed => say!(
                    tongue,
                    "Honestly was to get a file with {file}",
                    "Honestly sollte eine Datei mit {file} bekommen"
                ),
            }
        }
        (_, ChangeKind::Remove | ChangeKind::Update) => say!(
            tongue,
            "{number} of {of} {verb}",
            "{number} von {of} {verb}",
            verb = outcome.verb(voice, extent.from(), kind, number),
            number = tongue.number(number),
            of = tongue.people(*before)
        ),
        (_, kind) => outcome.clause(voice, extent.from(), kind, number),
    }
}

/// What there is before and after; where nobody knows that, the one comparison that HR can make.
pub(super) fn known(tongue: Tongue, outcome: Outcome, extent: &Extent) -> String {
    let [before, after] = [extent.before, extent.after].map(|people| tongue.people(people));
    match extent.baseline {
        Baseline::Mirror => say!(
            tongue,
            "On record there are {before}, and with this plan {after}. {nothing}",
            "Verzeichnet sind {before}, mit diesem Plan {after}. {nothing}",
            nothing = Word::NothingReaches.text(tongue)
        ),
        _ if extent.counts == Counts::default() => say!(tongue, "Honestly has {after}.", "In Honestly sind {after}."),
        _ if outcome == Outcome::Done => {
            say!(tongue, "With this plan, Honestly has {after}.", "Mit diesem Plan sind in Honestly {after}.")
        }
        Baseline::Delivered | Baseline::OnItsWay | Baseline::Adopted => say!(
            tongue,
            "Honestly has {before}, and with this plan {after}.",
            "In Honestly sind {before}, mit diesem Plan {after}."
        ),
        Baseline::Unknown => say!(
            tongue,
            "Compare with Honestly: if it shows more than {after} today, the others would be removed.",
            "Vergleichen Sie mit Honestly: Zeigt es heute mehr als {after}, würden die übrigen entfernt."
        ),
    }
}

/// `since` is the start of the first run of the hold, in the company's time zone.
pub(super) fn nothing_yet(tongue: Tongue, since: NaiveDateTime) -> String {
    let since = tongue.moment(since);
    say!(
        tongue,
        "Held since {since}: nothing of it has happened yet.",
        "Angehalten seit {since}: Noch ist nichts davon geschehen."
    )
}

/// What came besides the plan that was approved.
pub(super) fn besides_the_approved(voice: Voice<'_>, from: RemovedFrom, since: &Counts) -> Option<String> {
    let said: Vec<String> = Outcome::Done.clauses(voice, from, since).into_iter().map(|(_, said)| said).collect();
    (!said.is_empty()).then(|| {
        let said = voice.listed(said);
        say!(
            voice.tongue(),
            "Not part of the approved plan, as it came since: {said}.",
            "Nicht Teil des freigegebenen Plans, weil es seitdem dazukam: {said}."
        )
    })
}

/// Adds a capital letter and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first: String = characters.next().iter().flat_map(|first| first.to_uppercase()).collect();
    let stop = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{stop}", characters.as_str())
}
