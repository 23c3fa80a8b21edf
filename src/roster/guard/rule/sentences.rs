//! What each rule says to its readers. None ends with a full stop, so that it can follow a colon.

use super::{Heading, NotIn, Rule};
use crate::roster::guard::takeovers::Changed;
use crate::roster::guard::{Comparison, Recent, Stands};
use crate::roster::model::record::AttributeKey;
use crate::roster::plan::{Counts, Tally};
use crate::roster::policy::Who;
use crate::roster::voice::{Told, Voice, tell};
use crate::visible::isolated;

impl Told for Rule {
    // long because every rule has its sentence for three readers
    fn told(&self, voice: Voice<'_>) -> String {
        let number = |number| voice.number(number);
        let people = |number| voice.people(number);
        let would = |number| voice.agreeing(number, ["", ""], ["würde", "würden"]);
        let had = |number| voice.agreeing(number, ["", ""], ["hätte", "hätten"]);
        let such_as = |number| voice.agreeing(number, ["namely", "such as"], ["nämlich", "etwa"]);
        let options = self.card().options.join(", ");
        match self {
            Self::AnotherMirror { mismatch } => tell!(
                voice,
                "{mismatch}; people may get import ids by which Honestly knows somebody else",
                "{mismatch}; people may get import ids by which Honestly knows somebody else",
                "{mismatch}; Personen können Import-IDs bekommen, unter denen Honestly jemand anderes kennt",
                mismatch = mismatch.told(voice)
            ),
            Self::RemovalsAtMost { removals, at_most } => tell!(
                voice,
                "{removals}; the limit is {at_most} ({options})",
                "{removals}; the limit is {people}",
                "{removals}; die Grenze ist {people}",
                removals = removals.told(voice),
                people = voice.people(*at_most),
                at_most = number(*at_most)
            ),
            Self::Removals { removals, limit } => tell!(
                voice,
                "{removals}; the limit is {limit} ({options})",
                "{removals}; the limit is {limit}",
                "{removals}; die Grenze ist {limit}",
                removals = removals.told(voice),
                limit = limit.told(voice)
            ),
            Self::MoreThanHalf { removals } => tell!(
                voice,
                "{removals}: more than half always needs an approval",
                "{removals}; more than half are never removed without somebody looking",
                "{removals}; mehr als die Hälfte wird nie entfernt, ohne dass jemand hinsieht",
                removals = removals.told(voice)
            ),
            Self::LastPerson { removals } => tell!(
                voice,
                "{removals}: nobody would be left",
                "{removals}; nobody would be left",
                "{removals}; es bliebe niemand übrig",
                removals = removals.told(voice)
            ),
            Self::Additions { additions, of, limit } => tell!(
                voice,
                "{people} would be added to {of} ({percent}); the limit is {limit} ({options})",
                "{people} would be added to {of} ({percent}); the limit is {limit}",
                "{people} {would} zu bisher {of} hinzukommen ({percent}); die Grenze ist {limit}",
                people = people(*additions),
                would = would(*additions),
                percent = voice.percent(*additions, *of),
                of = number(*of),
                limit = limit.told(voice)
            ),
            Self::FieldChanges { column, people: changed, of, limit } => tell!(
                voice,
                "{column} would change for {changed} of {of} ({percent}); the limit is {limit} ({options})",
                "{column} would change for {changed} of {of} ({percent}); the limit is {limit}",
                "{column} würde sich bei {changed} von {of} ändern ({percent}); die Grenze ist {limit}",
                column = column.told(voice),
                percent = voice.percent(*changed, *of),
                changed = number(*changed),
                of = people(*of),
                limit = limit.told(voice)
            ),
            Self::EmptyListing => tell!(
                voice,
                "Personio listed nobody at all: wrong rights, or the wrong account?",
                "Personio lists nobody at all",
                "Personio führt niemanden auf"
            ),
            Self::NoOverlap { mirrored, listed, replaced: _ } => tell!(
                voice,
                "none of the {mirrored} in the mirror is among the {listed} whom Personio listed: another company's credential?",
                "Honestly has {mirrored} and Personio lists {listed}, and nobody is in both",
                "in Honestly {are} {mirrored}, Personio führt {listed} auf, und niemand kommt in beiden vor",
                are = voice.agreeing(*mirrored, ["", ""], ["ist", "sind"]),
                mirrored = people(*mirrored),
                listed = number(*listed)
            ),
            Self::MustInclude { missing, why } => must_include(voice, missing, why.as_ref()),
            Self::Withheld { attribute } => tell!(
                voice,
                "{attribute} could be read before and cannot be read for anybody now: was it taken from the credential?",
                "{attribute} could be read at Personio before and cannot be read for anybody now",
                "{attribute} war in Personio bisher lesbar und ist es jetzt bei niemandem mehr",
                attribute = voice.attribute(attribute)
            ),
            Self::ScopeChanged { removals, differences } => tell!(
                voice,
                "{people} would be removed while the scope has changed since they were last decided ({differences})",
                "{people} would be removed, and what decides who takes part has changed since it last decided about them \
                 ({differences})",
                "{people} {would} entfernt, und seit zuletzt über sie entschieden wurde, gilt etwas anderes ({differences})",
                people = people(*removals),
                would = would(*removals),
                differences = some_of(voice, &each(differences, voice))
            ),
            Self::FilterMatchesNobody { removals, values } => tell!(
                voice,
                "{people} would be removed for being out of scope, but {values}",
                "{people} would be removed because a filter does not let them in, but: {values}",
                "{people} {would} entfernt, weil ein Filter sie nicht zulässt, aber: {values}",
                people = people(*removals),
                would = would(*removals),
                values = each(values, voice).join("; ")
            ),
            Self::Vanished { people, recent, limit, not_asked } => {
                vanished(voice, *people, recent, [*limit, *not_asked])
            }
            Self::NeverThere { people, become_others } => never_there(voice, *people, *become_others),
            Self::Takeover { people: taking, employee, of } => tell!(
                voice,
                "{people} would take over the name or the address of others who were in within the last seven days, such as \
                 {employee} of {of}: feedback would change hands",
                "{people} would have the name or the address that others had within the last seven days, {such_as} {employee} that \
                 of {of}; feedback would change hands",
                "{people} {had} den Namen oder die Adresse, die in den letzten sieben Tagen jemand anderes hatte, {such_as} \
                 {employee} von {of}; Feedback käme in andere Hände",
                people = people(*taking),
                had = had(*taking),
                such_as = such_as(*taking),
                employee = voice.person(*employee),
                of = voice.person(*of)
            ),
            Self::SomebodyElse { people: strangers, employee } => tell!(
                voice,
                "{people} would have neither a word of their name nor the address of seven days ago, such as {employee}: \
                 somebody else on an old profile?",
                "{people} would have neither a word of their name nor the address of seven days ago, {such_as} {employee}",
                "{people} {had} weder ein Wort des Namens noch die Adresse von vor sieben Tagen, {such_as} {employee}",
                people = people(*strangers),
                had = had(*strangers),
                such_as = such_as(*strangers),
                employee = voice.person(*employee)
            ),
            Self::MostIdentities { changed: Changed { names, addresses, of } } => tell!(
                voice,
                "of {of}, {names} would be called otherwise than seven days ago and {addresses} would have another address: more \
                 than half never change unseen",
                "for {names} of {of} the name would be another one than seven days ago, and for {addresses} the address; more than \
                 half never change without somebody looking",
                "bei {names} von {of} wäre der Name anders als vor sieben Tagen und bei {addresses} die Adresse; mehr als die \
                 Hälfte ändert sich nie, ohne dass jemand hinsieht",
                of = people(*of),
                names = number(*names),
                addresses = number(*addresses)
            ),
            Self::NobodyDecided { people: listed } => tell!(
                voice,
                "nothing could be decided about any of the {people} whom Personio listed and who may be in",
                "Personio lists {people} who may take part, and nothing can be decided about any of them",
                "Personio führt {people} auf, die dazugehören können, und über niemanden davon lässt sich entscheiden",
                people = people(*listed)
            ),
            Self::Clock { clock } => tell!(
                voice,
                "{clock}, and dates decide who is in: is the clock right?",
                "{clock}, and dates decide who takes part",
                "{clock}, und vom Datum hängt ab, wer dabei ist",
                clock = clock.told(voice)
            ),
            Self::ColumnsChanged { added, changed, removed } => columns_changed(voice, [added, changed, removed]),
            Self::FirstDelivery {
                destination,
                people: in_file,
                stands,
                comparison,
                undecided,
                against_mirror: Counts { people: Tally { added, changed, removed }, .. },
                not_released,
            } => tell!(
                voice,
                "this would be a first delivery to {destination}: Honestly removes whoever is not among the {people} in the \
                 file{left_out}; against the mirror {added} would be added, {removed} removed and {changed} \
                 changed{unread}{there}",
                "this would be a first file: it would have {people}, and Honestly removes everybody else{left_out}; compared with what \
                 was last decided: {added} new, {removed} removed, {changed} changed{unread}{there}",
                "das wäre eine erste Datei: Sie hätte {people}, und Honestly entfernt alle anderen{left_out}; gegenüber dem zuletzt \
                 Entschiedenen: {added} neu, {removed} entfernt, {changed} geändert{unread}{there}",
                people = people(*in_file),
                added = number(*added),
                removed = number(*removed),
                changed = number(*changed),
                left_out = left_out(voice, *undecided),
                unread = unread(voice, not_released),
                there = there(voice, stands, comparison.as_ref())
            ),
            Self::ForeignFile { destination, stands_there, comparison } => {
                foreign_file(voice, destination, *stands_there, comparison)
            }
        }
    }
}

fn each<'t>(facts: impl IntoIterator<Item = &'t (impl Told + 't)>, voice: Voice<'_>) -> Vec<String> {
    facts.into_iter().map(|fact| fact.told(voice)).collect()
}

/// The first few, with semicolons, because they have commas themselves.
fn some_of(voice: Voice<'_>, words: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = words.iter().take(SHOWN).cloned();
    let more = words.len().saturating_sub(SHOWN);
    let more = (more > 0)
        .then(|| tell!(voice, "and {more} more", "and {more} more", "und {more} weitere", more = voice.number(more)));
    shown.chain(more).collect::<Vec<_>>().join("; ")
}

fn must_include(voice: Voice<'_>, missing: &Who, why: Option<&NotIn>) -> String {
    let who = match missing {
        Who::Id(id) => {
            let who = voice.person(*id);
            tell!(voice, "{who}, named in must_include,", "{who}", "{who}")
        }
        // The run log holds no addresses.
        Who::Email(address) if address.is_empty() => tell!(
            voice,
            "somebody named in must_include by e-mail address",
            "somebody who is named by address",
            "eine mit ihrer Adresse genannte Person"
        ),
        Who::Email(address) => {
            let address = isolated(address);
            tell!(voice, "somebody named in must_include by e-mail address", "{address}", "{address}")
        }
    };
    let why = why.map_or_else(
        || {
            tell!(
                voice,
                "no employee who has not left has that address",
                "nobody who has not left has this address",
                "niemand, der nicht ausgetreten ist, hat diese Adresse"
            )
        },
        |why| why.told(voice),
    );
    tell!(
        voice,
        "{who} is not in: {why}",
        "{who} must always take part and is missing: {why}",
        "{who} muss immer dabei sein und fehlt: {why}"
    )
}

fn vanished(voice: Voice<'_>, people: usize, recent: &Recent, [limit, not_asked]: [usize; 2]) -> String {
    let asked = match not_asked {
        0 => tell!(
            voice,
            "was asked about each",
            "Personio was asked about each of them",
            "nach jeder davon wurde Personio gefragt"
        ),
        _ => tell!(
            voice,
            "was not asked about {not_asked} of them, but is before they go",
            "Personio was not asked about {not_asked} of them, but is before they are removed",
            "nach {not_asked} davon wurde Personio noch nicht gefragt, das geschieht vor dem Entfernen",
            not_asked = voice.number(not_asked)
        ),
    };
    tell!(
        voice,
        "{people} {are} missing from Personio's listing and {were} never seen leaving{before}; the limit is {limit} (vanished), and \
         Personio {asked}",
        "{people} {are} missing from Personio's list and {were} never seen leaving{before}; the limit is {limit}; {asked}",
        "{people} {are} in der Liste von Personio, ohne dass ein Austritt zu sehen war{before}; die Grenze ist {limit}; {asked}",
        are = voice.agreeing(people, ["is", "are"], ["fehlt", "fehlen"]),
        were = voice.agreeing(people, ["was", "were"], ["", ""]),
        people = voice.people(people),
        before = recent.told(voice, recent.vanished),
        limit = voice.number(limit)
    )
}

fn never_there(voice: Voice<'_>, people: usize, become_others: usize) -> String {
    let would = |number| voice.agreeing(number, ["", ""], ["würde", "würden"]);
    let removed = || {
        tell!(
            voice,
            "{people} adopted from Honestly would be removed: no profile at Personio",
            "{people} who {were} in Honestly before would be removed, because Personio has no profile for them",
            "{people} aus Honestly {would} entfernt, weil es in Personio kein Profil dazu gibt",
            were = voice.agreeing(people, ["was", "were"], ["", ""]),
            would = would(people),
            people = voice.people(people)
        )
    };
    let others = || {
        tell!(
            voice,
            "{people} adopted from Honestly would become somebody else, who has the import id at Personio: feedback would change \
             hands",
            "{people} in Honestly would become somebody else, who has their import id at Personio; feedback would change hands",
            "{people} in Honestly {would} zu jemand anderem, dem in Personio die Import-ID gehört; Feedback käme in andere Hände",
            would = would(become_others),
            people = voice.people(become_others)
        )
    };
    let parts = [(people > 0).then(removed), (become_others > 0).then(others)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn columns_changed(voice: Voice<'_>, [added, changed, removed]: [&[Heading]; 3]) -> String {
    let named = |headings: &[Heading]| (!headings.is_empty()).then(|| voice.some(&each(headings, voice), 6));
    let parts = [
        named(added).map(|columns| tell!(voice, "new {columns}", "new {columns}", "neu {columns}")),
        named(changed).map(|columns| {
            tell!(voice, "filled otherwise {columns}", "filled from elsewhere {columns}", "anders gefüllt {columns}")
        }),
        named(removed).map(|columns| tell!(voice, "gone {columns}", "gone {columns}", "nicht mehr dabei {columns}")),
    ];
    tell!(
        voice,
        "the columns change: {parts}",
        "the columns of the file would change: {parts}",
        "die Spalten der Datei würden sich ändern: {parts}",
        parts = parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    )
}

/// Whoever of them is in Honestly goes with a first file.
fn left_out(voice: Voice<'_>, undecided: usize) -> String {
    if undecided == 0 {
        return String::new();
    }
    let people = voice.people(undecided);
    tell!(
        voice,
        ", such as {people} of Personio who cannot be decided about",
        ", such as {people} of Personio who cannot be decided about",
        ", etwa {people} aus Personio, über die sich nicht entscheiden lässt"
    )
}

fn unread(voice: Voice<'_>, keys: &[AttributeKey]) -> String {
    if keys.is_empty() {
        return String::new();
    }
    tell!(
        voice,
        "; {keys} cannot be read, so who left may be among them",
        "; {keys} cannot be read, so who left may be among them",
        "; {keys} {are} nicht lesbar, darum können Ausgetretene darunter sein",
        are = voice.agreeing(keys.len(), ["", ""], ["ist", "sind"]),
        keys = voice.listed(keys.iter().map(|key| voice.attribute(key)))
    )
}

/// What stands at the destination, but for another file, which a rule of its own describes.
fn there(voice: Voice<'_>, stands: &Stands, comparison: Option<&Comparison>) -> String {
    let stands_there = stands.told(voice);
    match (stands, comparison) {
        (Stands::Nothing | Stands::Unknown | Stands::Empty, _) => format!("; {stands_there}"),
        (Stands::Ours | Stands::Part, Some(comparison)) => format!("; {stands_there}: {}", comparison.told(voice)),
        (Stands::Ours | Stands::Part, None) | (Stands::Another { .. }, _) => String::new(),
    }
}

fn foreign_file(voice: Voice<'_>, to: &str, stands_there: bool, comparison: &Comparison) -> String {
    let who = comparison.told(voice);
    match (comparison.files, stands_there) {
        (1, true) => tell!(
            voice,
            "{to} has a file that no run left there: {who}",
            "where Honestly fetches the file, there is one that is not from this program: {who}",
            "dort, wo Honestly die Datei abholt, liegt eine, die nicht von diesem Programm ist: {who}"
        ),
        (1, false) => tell!(
            voice,
            "{to} had a file that no run left there and that Honestly may have: {who}",
            "where Honestly fetches the file, there was one that is not from this program and that Honestly may have: {who}",
            "dort, wo Honestly die Datei abholt, lag eine, die nicht von diesem Programm ist und die Honestly haben kann: {who}"
        ),
        (files, _) => tell!(
            voice,
            "{to} has or had {files} files that no run left there: {who}",
            "where Honestly fetches the file, there are or were {files} files that are not from this program: {who}",
            "dort, wo Honestly die Datei abholt, liegen oder lagen {files} Dateien, die nicht von diesem Programm sind: {who}",
            files = voice.number(files)
        ),
    }
}
