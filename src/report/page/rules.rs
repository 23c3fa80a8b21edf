//! Why a plan is held, for somebody in HR: every rule of the guard as one sentence with its numbers.

use super::names::PageNames;
use super::words::Word;
use crate::roster::guard::takeovers::Changed;
use crate::roster::guard::{Comparison, MirrorMismatch, NotIn, Recent, Removals, Rule, Stands};
use crate::roster::model::record::AttributeKey;
use crate::roster::policy::Who;
use crate::roster::voice::Told;
use crate::tongue::{Tongue, say};
use crate::visible::isolated;

/// Without a full stop, so that it can follow a colon.
// long because every rule has its sentence in two tongues
pub(super) fn rule(names: &PageNames<'_>, rule: &Rule) -> String {
    let tongue = names.tongue;
    match rule {
        Rule::RemovalsAtMost { removals, at_most } => say!(
            tongue,
            "{removals}; at most {at_most} may go without somebody looking",
            "{removals}; ohne dass jemand hinsieht, dürfen es höchstens {at_most} sein",
            removals = self::removals(tongue, removals),
            at_most = tongue.number(*at_most)
        ),
        Rule::Removals { removals, limit } => say!(
            tongue,
            "{removals}; the limit is {limit}",
            "{removals}; die Grenze ist {limit}",
            removals = self::removals(tongue, removals),
            limit = limit.told(names.voice())
        ),
        Rule::MoreThanHalf { removals } => say!(
            tongue,
            "{removals}; more than half never go without somebody looking",
            "{removals}; mehr als die Hälfte geht nie, ohne dass jemand hinsieht",
            removals = self::removals(tongue, removals)
        ),
        Rule::LastPerson { removals } => say!(
            tongue,
            "{removals}; nobody would be left",
            "{removals}; es bliebe niemand übrig",
            removals = self::removals(tongue, removals)
        ),
        Rule::Additions { additions, of, limit } => say!(
            tongue,
            "{people} would come to the {of} there are ({percent}); the limit is {limit}",
            "{people} würden zu den {of} vorhandenen dazukommen ({percent}); die Grenze ist {limit}",
            people = tongue.people(*additions),
            percent = tongue.percent(*additions, *of),
            of = tongue.number(*of),
            limit = limit.told(names.voice())
        ),
        Rule::FieldChanges { header, people, of, limit } => say!(
            tongue,
            "{header} would change for {number} of {of} ({percent}); the limit is {limit}",
            "{header} würde sich bei {number} von {of} ändern ({percent}); die Grenze ist {limit}",
            header = names.quoted(header),
            number = tongue.number(*people),
            percent = tongue.percent(*people, *of),
            of = tongue.people(*of),
            limit = limit.told(names.voice())
        ),
        Rule::EmptyListing => say!(
            tongue,
            "Personio listed nobody at all; perhaps the credential lost its rights or belongs to another account",
            "Personio hat niemanden aufgelistet; vielleicht fehlen dem Zugang die Rechte, oder er gehört zu einem anderen \
             Konto"
        ),
        Rule::NoOverlap { mirrored, listed, replaced: _ } => say!(
            tongue,
            "none of the {mirrored} in Honestly is among the {listed} whom Personio listed; perhaps the credential belongs to \
             another company",
            "von den {mirrored} in Honestly ist niemand unter den {listed}, die Personio aufgelistet hat; vielleicht gehört der \
             Zugang zu einer anderen Firma",
            mirrored = tongue.people(*mirrored),
            listed = tongue.people(*listed)
        ),
        Rule::MustInclude { missing, why } => {
            let who = match missing {
                Who::Id(id) => names.somebody(*id),
                Who::Email(address) => isolated(address),
            };
            let why = match why {
                Some(NotIn::Excluded(reason)) => reason.told(names.voice()),
                Some(NotIn::Undecided(_)) => names.word(Word::NotInUndecided),
                Some(NotIn::NotListed) => names.word(Word::NotInUnlisted),
                None => names.word(Word::NotInUnknown),
            };
            say!(
                tongue,
                "{who} must be in by the configuration (must_include) and is not: {why}",
                "{who} muss laut Konfiguration dabei sein (must_include) und fehlt: {why}"
            )
        }
        Rule::Withheld { attribute } => say!(
            tongue,
            "{label} could be read at Personio before and cannot be read for anybody now; perhaps it was taken from the \
             credential",
            "{label} war in Personio bisher lesbar und ist es jetzt bei niemandem mehr; vielleicht wurde es dem Zugang entzogen",
            label = names.voice().attribute(attribute)
        ),
        Rule::ScopeChanged { removals, differences } => say!(
            tongue,
            "{people} would go while filters, exclusions or rights are not those by which they were last decided ({differences} differences)",
            "{people} würden gehen, während Filter, Ausnahmen oder Rechte andere sind als bei der letzten Entscheidung über sie (Unterschiede: {differences})",
            people = tongue.people(*removals),
            differences = tongue.number(differences.len())
        ),
        Rule::Vanished { people, recent, limit, not_asked } => {
            let missing = say!(
                tongue,
                "{people} are missing from Personio's list and were never seen leaving{before}; the limit is {limit}",
                "{people} fehlen in der Liste von Personio, ohne dass ein Austritt zu sehen war{before}; die Grenze ist {limit}",
                people = tongue.people(*people),
                before = since(tongue, recent, recent.vanished),
                limit = tongue.number(*limit)
            );
            match not_asked {
                0 => say!(
                    tongue,
                    "{missing}; Personio was asked about each of them",
                    "{missing}; nach jeder einzelnen wurde Personio gefragt"
                ),
                _ => say!(
                    tongue,
                    "{missing}; Personio was not asked about {some} of them, but is before they go",
                    "{missing}; nach {some} davon wurde Personio noch nicht gefragt, das geschieht, bevor sie gehen",
                    some = tongue.number(*not_asked)
                ),
            }
        }
        Rule::NeverThere { people, become_others: others @ 1.. } => say!(
            tongue,
            "{strangers} who were in Honestly before would go without a profile at Personio, and {others} would become \
             somebody else, who has the import id there",
            "{strangers} aus Honestly würden ohne Profil in Personio gehen, und {others} würden zu jemand anderem, dem in Personio \
             die Import-ID gehört",
            strangers = tongue.people(*people),
            others = tongue.number(*others)
        ),
        Rule::NeverThere { people, become_others: 0 } => say!(
            tongue,
            "{strangers} who were in Honestly before would go: they have no profile at Personio",
            "{strangers}, die schon vorher in Honestly waren, würden gehen: In Personio gibt es kein Profil dazu",
            strangers = tongue.people(*people)
        ),
        Rule::Clock { clock } => clock.told(names.voice()),
        Rule::ColumnsChanged { added, changed, removed } => say!(
            tongue,
            "the columns of the file change: {added} new, {removed} gone, {changed} filled from elsewhere",
            "die Spalten der Datei ändern sich: {added} neu, {removed} entfallen, {changed} anders gefüllt",
            added = tongue.number(added.len()),
            removed = tongue.number(removed.len()),
            changed = tongue.number(changed.len())
        ),
        Rule::FirstDelivery { destination, people, stands, comparison, undecided, against_mirror, not_released } => {
            let change = against_mirror.people;
            let (come, go) = (tongue.number(change.added), tongue.number(change.removed));
            say!(
                tongue,
                "this would be the first file for {destination}, or the first since another one was given to it: Honestly \
                 removes everybody who is not among the {people} in it{left_out}; compared with what was last decided, {come} come, {go} \
                 go and {updated} change{unread}{there}",
                "dies wäre die erste Datei für {destination} oder die erste seit einer anderen: Honestly entfernt alle, die \
                 nicht unter den {people} darin sind{left_out}; gegenüber dem zuletzt Entschiedenen: {come} kommen dazu, {go} gehen, \
                 {updated} ändern sich{unread}{there}",
                destination = isolated(destination),
                people = tongue.people(*people),
                updated = tongue.number(change.changed),
                left_out = left_out(tongue, *undecided),
                unread = unread(names, not_released),
                there = stands_there(tongue, stands, *comparison)
            )
        }
        Rule::AnotherMirror { mismatch } => names.word(match mismatch {
            MirrorMismatch::Missing => Word::MirrorMissing,
            MirrorMismatch::Emptied => Word::MirrorEmptied,
            MirrorMismatch::Another => Word::MirrorAnother,
            MirrorMismatch::Older => Word::MirrorOlder,
            MirrorMismatch::NoWitness => Word::MirrorUnknown,
        }),
        Rule::FilterMatchesNobody { removals, values } => say!(
            tongue,
            "{people} would go by a filter of whose values {filters} may not be what is meant: nobody has it, or something \
             else is called so too",
            "{people} würden wegen eines Filters gehen, von dessen Werten {filters} vielleicht nicht der gemeinte ist: niemand \
             hat ihn, oder etwas anderes heißt auch so",
            people = tongue.people(*removals),
            filters = tongue.number(values.len())
        ),
        Rule::Takeover { people, employee, of } => say!(
            tongue,
            "{people} would have the name or the address that others had within the last seven days, such as {employee} that of \
             {of}; feedback would change hands",
            "{people} hätten den Namen oder die Adresse, die andere in den letzten sieben Tagen hatten, etwa {employee} von {of}; \
             Antworten kämen in andere Hände",
            people = tongue.people(*people),
            employee = names.somebody(*employee),
            of = names.somebody(*of)
        ),
        Rule::SomebodyElse { people, employee } => say!(
            tongue,
            "{people} would have neither a word of their name nor the address of seven days ago, such as {employee}; perhaps \
             that is somebody else on an old profile",
            "{people} hätten weder ein Wort ihres Namens noch ihre Adresse von vor sieben Tagen, etwa {employee}; vielleicht steht \
             jemand anderes in einem alten Profil",
            people = tongue.people(*people),
            employee = names.somebody(*employee)
        ),
        Rule::MostIdentities { changed: Changed { names, addresses, of } } => say!(
            tongue,
            "of {of}, {names} would be called otherwise than seven days ago and {addresses} would have another address; more than \
             half never change without somebody looking",
            "von {of} würden {names} anders heißen als vor sieben Tagen und {addresses} eine andere Adresse haben; mehr als die \
             Hälfte ändert sich nie, ohne dass jemand hinsieht",
            of = tongue.people(*of),
            names = tongue.number(*names),
            addresses = tongue.number(*addresses)
        ),
        Rule::NobodyDecided { people } => say!(
            tongue,
            "Personio listed {people} who may be in, and nothing could be decided about any of them",
            "Personio hat {people} aufgelistet, die dazugehören können, und über niemanden davon lässt sich etwas entscheiden",
            people = tongue.people(*people)
        ),
        Rule::ForeignFile { destination, stands_there, comparison } => {
            let (destination, has) = (isolated(destination), self::comparison(tongue, *comparison));
            match (comparison.files, stands_there) {
                (1, true) => say!(
                    tongue,
                    "at {destination} there is a file that no run left there; it has {has}",
                    "unter {destination} liegt eine Datei, die kein Lauf dort hinterlassen hat; sie hat {has}"
                ),
                (1, false) => say!(
                    tongue,
                    "at {destination} there was a file that no run left there and that Honestly may have; it has {has}",
                    "unter {destination} lag eine Datei, die kein Lauf dort hinterlassen hat und die Honestly haben kann; sie \
                     hat {has}"
                ),
                (files, _) => say!(
                    tongue,
                    "at {destination} there are or were {files} files that no run left there; they have {has}",
                    "unter {destination} liegen oder lagen {files} Dateien, die kein Lauf dort hinterlassen hat; sie haben {has}",
                    files = tongue.number(files)
                ),
            }
        }
    }
}

/// Whoever of them is in Honestly goes with a first file.
fn left_out(tongue: Tongue, undecided: usize) -> String {
    if undecided == 0 {
        return String::new();
    }
    let people = tongue.people(undecided);
    say!(
        tongue,
        ", such as {people} of Personio, see below, who cannot be decided about",
        ", etwa {people} aus Personio, über die sich nicht entscheiden lässt (siehe unten)"
    )
}

/// The attributes that decide who is in and that cannot be read.
fn unread(names: &PageNames<'_>, keys: &[AttributeKey]) -> String {
    if keys.is_empty() {
        return String::new();
    }
    let keys = keys.iter().map(|key| names.voice().attribute(key)).collect::<Vec<_>>().join(", ");
    say!(
        names.tongue,
        "; {keys} cannot be read, so who left may be among them",
        "; {keys} ist nicht lesbar, darum können Ausgeschiedene darunter sein"
    )
}

/// How many would go, with those who went in the days before.
fn removals(tongue: Tongue, removals: &Removals) -> String {
    let Removals { now, recent, mirrored } = removals;
    let of = mirrored + recent.removed;
    say!(
        tongue,
        "{now} of {of} would go{before} ({percent})",
        "{now} von {of} würden gehen{before} ({percent})",
        percent = tongue.percent(now + recent.removed, of),
        now = tongue.number(*now),
        of = tongue.people(of),
        before = since(tongue, recent, recent.removed)
    )
}

/// Who went in the days before. They count too, because small sums add up.
fn since(tongue: Tongue, recent: &Recent, people: usize) -> String {
    match recent.since {
        Some(since) if people > 0 => {
            let (people, since) = (tongue.number(people), tongue.day(since));
            say!(tongue, ", after {people} since {since}", ", nach {people} seit dem {since}")
        }
        Some(_) | None => String::new(),
    }
}

/// What stands at the destination of a first delivery.
fn stands_there(tongue: Tongue, stands: &Stands, comparison: Option<Comparison>) -> String {
    match (stands, comparison) {
        (Stands::Nothing, _) => say!(tongue, "; no file is there yet", "; dort liegt noch keine Datei"),
        (Stands::Unknown, _) => {
            say!(tongue, "; what is there cannot be seen", "; was dort liegt, lässt sich nicht ansehen")
        }
        (Stands::Ours | Stands::Part, Some(comparison)) => say!(
            tongue,
            "; the file that was left there has {comparison}",
            "; die dort hinterlassene Datei hat {comparison}",
            comparison = self::comparison(tongue, comparison)
        ),
        (Stands::Empty, _) => {
            say!(tongue, "; the file there has nobody in it", "; in der Datei dort steht niemand")
        }
        // The rule about another file describes it.
        (Stands::Ours | Stands::Part, None) | (Stands::Another { .. }, _) => String::new(),
    }
}

/// The people in files, as the object of a verb.
pub(super) fn comparison(tongue: Tongue, comparison: Comparison) -> String {
    if comparison.is_unreadable() {
        return say!(tongue, "a content that cannot be read", "einen Inhalt, der sich nicht lesen lässt");
    }
    let Comparison { files: _, unreadable, people, other_name, stay, go, come } = comparison;
    let renamed = match other_name {
        0 => String::new(),
        _ => say!(
            tongue,
            "{other_name} would be somebody of another name, ",
            "wären {other_name} jemand mit anderem Namen, ",
            other_name = tongue.number(other_name)
        ),
    };
    let rest = match unreadable {
        0 => String::new(),
        _ => say!(
            tongue,
            "; {unreadable} more cannot be read",
            "; {unreadable} weitere lassen sich nicht lesen",
            unreadable = tongue.number(unreadable)
        ),
    };
    say!(
        tongue,
        "{people}, of whom {renamed}{stay} stay and {go} go; {come} others come{rest}",
        "{people}, davon {renamed}bleiben {stay} und gehen {go}; {come} andere kommen dazu{rest}",
        people = tongue.people(people),
        stay = tongue.number(stay),
        go = tongue.number(go),
        come = tongue.number(come)
    )
}
