//! The sentences of a mail for HR: what to do, what would happen or happened, and why.

use super::{End, Letter, Page, RunNotice, without_addresses};
use crate::exit::Exit;
use crate::notify::due::Occasion;
use crate::report::headline::{self, sentence};
use crate::report::model::{Baseline, Sums};
use crate::report::words::Word;
use crate::report::{Outcome, RemovedFrom, usual};
use crate::roster::guard::{Approving, advice, approving, leading};
use crate::roster::plan::ChangeKind;
use crate::roster::voice::{Told, Voice, tell};
use crate::tongue::{Tongue, say};

/// A paragraph each.
pub(super) fn paragraphs(run: &RunNotice, letter: &Letter<'_>, voice: Voice<'_>) -> Vec<String> {
    let (tongue, since) = (letter.tongue, letter.tongue.moment(run.since));
    match run.occasion {
        Occasion::HoldBegan | Occasion::HoldGrew { .. } | Occasion::LeadChanged | Occasion::HoldLasts => {
            held(run, letter, voice)
        }
        Occasion::FailedAgain => vec![
            say!(
                tongue,
                "Please tell whoever runs honestly-sync, unless that is you: nothing new has reached Honestly since {since}. {why}",
                "Bitte sagen Sie es der Person, die honestly-sync betreibt, wenn Sie es nicht selbst sind: Seit {since} hat nichts Neues \
                 Honestly erreicht. {why}",
                why = failed(run.exit, tongue)
            ),
            Word::NothingNewUntilThen.text(tongue).to_owned(),
        ],
        Occasion::DoubtLasts => {
            let doubt = say!(
                tongue,
                "Please tell whoever runs honestly-sync, unless that is you: since {since}, something outside Personio leaves \
                 decisions undone. What could be decided has reached Honestly.",
                "Bitte sagen Sie es der Person, die honestly-sync betreibt, wenn Sie es nicht selbst sind: Seit {since} lässt etwas \
                 außerhalb von Personio Entscheidungen offen. Was sich entscheiden ließ, hat Honestly erreicht."
            );
            ended(run, voice).into_iter().chain([doubt]).collect()
        }
        Occasion::AllClear => {
            let clear = say!(
                tongue,
                "Nothing to do: all is well again. What you were told of began on {since} and is over.",
                "Nichts zu tun: Alles ist wieder in Ordnung. Was Ihnen gemeldet wurde, begann am {since} und ist vorbei."
            );
            [clear].into_iter().chain(ended(run, voice)).collect()
        }
    }
}

fn held(run: &RunNotice, letter: &Letter<'_>, voice: Voice<'_>) -> Vec<String> {
    let (tongue, RunNotice { since, rules, sums, .. }) = (letter.tongue, run);
    let facts = sums.iter().flat_map(|sums| facts(sums, voice)).map(|fact| format!("  {fact}"));
    // The guard's words may name somebody whom the configuration names.
    let why = rules.iter().map(|rule| format!("  {}", without_addresses(&sentence(&rule.told(voice)), tongue)));
    let why = listed(&say!(tongue, "Why it is held:", "Warum es angehalten ist:"), why);
    let advice = advice(rules, voice).map(|advice| format!("{} {}", advice.usually, advice.does.join(" ")));
    [
        opening(run, voice),
        headline::nothing_yet(tongue, *since),
        facts.collect::<Vec<_>>().join("\n"),
        why,
        advice.unwrap_or_default(),
        where_everybody_is(run, letter),
        answer(run, letter),
        Word::IfNobodyAnswers.text(tongue).to_owned(),
    ]
    .into_iter()
    .filter(|paragraph| !paragraph.is_empty())
    .collect()
}

/// What to check, and how that differs from what was told before.
fn opening(run: &RunNotice, voice: Voice<'_>) -> String {
    let (tongue, RunNotice { occasion, rules, sums, .. }) = (voice.tongue(), run);
    let headline = sums.as_ref().and_then(|sums| {
        let kind = headline::leading(leading(rules), &sums.extent.counts)?;
        Some(headline::headline(voice, Outcome::Held, &sums.extent, kind))
    });
    let please = match headline {
        Some(headline) => say!(tongue, "Please check: {headline}.", "Bitte prüfen: {headline}."),
        None => say!(tongue, "Please check why this is held.", "Bitte prüfen Sie, warum angehalten wurde."),
    };
    let again = match occasion {
        Occasion::HoldGrew { told } => say!(
            tongue,
            "This plan replaces the one that you were told of, which would have removed {told}.",
            "Dieser Plan ersetzt den zuletzt gemeldeten, mit dem {told} entfernt worden wären.",
            told = voice.people(*told)
        ),
        Occasion::LeadChanged => say!(
            tongue,
            "This plan replaces the one that you were told of: it is held for another reason.",
            "Dieser Plan ersetzt den zuletzt gemeldeten: Er ist aus einem anderen Grund angehalten."
        ),
        Occasion::HoldLasts => say!(tongue, "This still waits for an answer.", "Das wartet noch auf eine Antwort."),
        Occasion::HoldBegan | Occasion::FailedAgain | Occasion::DoubtLasts | Occasion::AllClear => String::new(),
    };
    format!("{please} {again}").trim_end().to_owned()
}

/// Where everybody concerned is named.
fn where_everybody_is(run: &RunNotice, letter: &Letter<'_>) -> String {
    let tongue = letter.tongue;
    let page = match letter.page {
        Page::Attached => {
            say!(
                tongue,
                "The attached page names everybody concerned.",
                "Die angehängte Seite nennt alle, um die es geht."
            )
        }
        Page::LeftOut | Page::TooLarge if run.operator.page_at.is_none() => say!(
            tongue,
            "Whoever runs honestly-sync can show you everybody concerned on a page.",
            "Die Person, die honestly-sync betreibt, kann Ihnen alle, um die es geht, auf einer Seite zeigen."
        ),
        Page::LeftOut | Page::TooLarge => say!(
            tongue,
            "The page of this plan names everybody concerned. Whoever runs honestly-sync knows where it is.",
            "Die Seite zu diesem Plan nennt alle, um die es geht. Wo sie ist, weiß die Person, die honestly-sync betreibt."
        ),
    };
    let too_large = (letter.page == Page::TooLarge)
        .then(|| say!(tongue, "It is too large for a mail.", "Für eine Mail ist sie zu groß."));
    [page].into_iter().chain(too_large).collect::<Vec<_>>().join(" ")
}

/// What can be done about a plan that is held.
fn answer(run: &RunNotice, letter: &Letter<'_>) -> String {
    let tongue = letter.tongue;
    let to = letter.contact.map_or_else(
        || say!(tongue, "whoever runs honestly-sync", "der Person, die honestly-sync betreibt"),
        str::to_owned,
    );
    match (approving(&run.rules), &run.digest) {
        (Approving::Offered, Some(digest)) => say!(
            tongue,
            "If all of it is right, tell {to} that you approve plan {digest}. If something is wrong, say what, and correct it in Personio.",
            "Wenn alles stimmt, schreiben Sie {to}, dass Sie den Plan {digest} freigeben. Wenn etwas nicht stimmt, schreiben Sie, was, \
             und berichtigen es in Personio."
        ),
        (Approving::Offered, None) | (Approving::NotOffered, _) => Word::ThenByItself.text(tongue).to_owned(),
    }
}

/// How what was told came to its end, and what was carried out.
fn ended(run: &RunNotice, voice: Voice<'_>) -> Vec<String> {
    let RunNotice { end: Some(end), sums, done, .. } = run else { return Vec::new() };
    let sums = sums.as_ref();
    let from = sums.map_or(RemovedFrom::Unsaid, |sums| sums.extent.from());
    let counts = sums.map(|sums| sums.extent.counts).or(*done).unwrap_or_default();
    let clauses = Outcome::Done.clauses(voice, from, &counts).into_iter().map(|(_, said)| said);
    let is_approved = matches!(end, End::Approved(_));
    let since = sums.and_then(|sums| sums.since).filter(|_| is_approved);
    let besides = since.and_then(|since| headline::besides_the_approved(voice, from, &since));
    let done: Vec<String> = clauses.chain(besides).map(|said| format!("  {said}")).collect();
    let is_told = !done.is_empty() && matches!(end, End::Approved(_) | End::CarriedOut);
    [end.told(voice)].into_iter().chain(is_told.then(|| done.join("\n"))).collect()
}

impl Told for End {
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::Approved(approval) => tell!(
                voice,
                "The plan was carried out. It was approved by {approver}.",
                "The plan was carried out. It was approved by {approver}.",
                "Der Plan wurde ausgeführt. Freigegeben von {approver}.",
                approver = approval.approver(voice)
            ),
            Self::CarriedOut => tell!(
                voice,
                "Nobody approved the held plan. What was left of it needed no approval any more and was carried out.",
                "Nobody approved the held plan. What was left of it needed no approval any more and was carried out.",
                "Niemand hat den angehaltenen Plan freigegeben. Was von ihm übrig war, brauchte keine Freigabe mehr und wurde ausgeführt."
            ),
            Self::Withdrawn => tell!(
                voice,
                "Nobody approved the held plan: it was withdrawn, because what led to it is no longer there.",
                "Nobody approved the held plan: it was withdrawn, because what led to it is no longer there.",
                "Niemand hat den angehaltenen Plan freigegeben: Er wurde zurückgezogen, weil nicht mehr da ist, was zu ihm führte."
            ),
            Self::Suspended => tell!(
                voice,
                "Nothing is held at the moment, because decisions are left undone. Once they can be made, it may be held again.",
                "Nothing is held at the moment, because decisions are left undone. Once they can be made, it may be held again.",
                "Im Moment ist nichts angehalten, weil Entscheidungen offen bleiben. Sobald sie möglich sind, kann es wieder angehalten werden."
            ),
            Self::Recovered => tell!(
                voice,
                "Runs succeed again.",
                "New data reaches Honestly again.",
                "Neues erreicht Honestly wieder."
            ),
        }
    }
}

/// A line for each kind of change that occurs, and the sums of those who are removed: departments without their names.
fn facts(sums: &Sums, voice: Voice<'_>) -> Vec<String> {
    let Sums { extent, reasons, shares, usual: usually, falls, .. } = sums;
    let tongue = voice.tongue();
    let mut lines = Vec::new();
    for (kind, clause) in Outcome::Held.clauses(voice, extent.from(), &extent.counts) {
        lines.push(sentence(&clause));
        if kind == ChangeKind::Remove {
            lines.extend(reasons.iter().map(|(reason, number)| format!("  {}", reason.summed(*number, voice))));
        }
    }
    if extent.baseline == Baseline::Unknown {
        lines.push(Word::RemovedNotKnown.text(tongue).to_owned());
    }
    if extent.counts.people.removed > 0 {
        let parts = shares.iter().map(|(removed, of)| {
            say!(
                tongue,
                "{removed} of {of}",
                "{removed} von {of}",
                removed = voice.number(*removed),
                of = voice.number(*of)
            )
        });
        let parts = voice.some(&parts.collect::<Vec<_>>(), SHARES);
        lines.extend(
            (!shares.is_empty())
                .then(|| say!(tongue, "In single departments: {parts}.", "In einzelnen Abteilungen: {parts}.")),
        );
        lines.push(sentence(&usual(voice, *usually)));
    }
    lines.extend((*falls > 0).then(|| {
        say!(
            tongue,
            "Groups that become small: {falls}.",
            "Gruppen, die klein werden: {falls}.",
            falls = voice.number(*falls)
        )
    }));
    lines.push(headline::known(tongue, Outcome::Held, extent));
    lines
}

/// This many departments in a mail.
const SHARES: usize = 8;

/// What HR is told of a failure.
fn failed(exit: Exit, tongue: Tongue) -> String {
    match exit {
        Exit::Unavailable => say!(
            tongue,
            "A server cannot be reached, or does not work.",
            "Ein Server ist nicht zu erreichen oder arbeitet nicht."
        ),
        Exit::Rejected => say!(
            tongue,
            "Access was refused: a credential, a right or a key has to be renewed.",
            "Der Zugriff wurde verweigert: Zugangsdaten, ein Recht oder ein Schlüssel müssen erneuert werden."
        ),
        Exit::Untrusted => {
            say!(tongue, "Personio's answers cannot be trusted.", "Den Antworten von Personio ist nicht zu trauen.")
        }
        Exit::Usage | Exit::Misconfigured => {
            say!(tongue, "The configuration has to be corrected.", "Die Konfiguration muss berichtigt werden.")
        }
        Exit::Bug | Exit::InStep | Exit::Differs | Exit::Held => {
            say!(tongue, "The program itself has a problem.", "Das Programm selbst hat ein Problem.")
        }
    }
}

/// A paragraph with what it lists; empty where there is nothing to list.
fn listed(heading: &str, items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { String::new() } else { format!("{heading}\n{}", items.join("\n")) }
}
