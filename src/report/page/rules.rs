//! Why a plan is held, for somebody in HR: every rule of the guard as one sentence with its numbers.

use super::data::isolated;
use super::names::{Names, attribute};
use super::reasons;
use super::words::{Language, Word, say};
use crate::roster::guard::{Clock, Comparison, Limit, MirrorMismatch, NotIn, Recent, Removals, Rule, Stands};
use crate::roster::model::record::AttributeKey;
use crate::roster::plan::Counts;
use crate::roster::policy::Who;

/// Without a full stop, so that it can stand behind a colon.
// long because every rule has its sentence in two languages
pub(super) fn rule(language: Language, names: &Names<'_>, rule: &Rule) -> String {
    match rule {
        Rule::RemovalsAtMost { removals, at_most } => {
            let (removals, at_most) = (self::removals(language, removals), language.number(*at_most));
            say!(
                language,
                "{removals}; at most {at_most} may go without somebody looking",
                "{removals}; ohne dass jemand hinsieht, dürfen es höchstens {at_most} sein"
            )
        }
        Rule::Removals { removals, limit } => {
            let (removals, limit) = (self::removals(language, removals), self::limit(language, *limit));
            say!(language, "{removals}; the limit is {limit}", "{removals}; die Grenze ist {limit}")
        }
        Rule::MoreThanHalf { removals } => {
            let removals = self::removals(language, removals);
            say!(
                language,
                "{removals}; more than half never go without somebody looking",
                "{removals}; mehr als die Hälfte geht nie, ohne dass jemand hinsieht"
            )
        }
        Rule::LastPerson { removals } => {
            let removals = self::removals(language, removals);
            say!(language, "{removals}; nobody would be left", "{removals}; es bliebe niemand übrig")
        }
        Rule::Additions { additions, of, limit } => self::additions(language, *additions, *of, *limit),
        Rule::FieldChanges { header, people, of, limit } => {
            let (number, of, percent) =
                (language.number(*people), language.people(*of), language.percent(*people, *of));
            field_changes(language, header, Part { number, of, percent }, *limit)
        }
        Rule::EmptyListing => say!(
            language,
            "Personio listed nobody at all; perhaps the credential lost its rights or belongs to another account",
            "Personio hat niemanden aufgelistet; vielleicht fehlen dem Zugang die Rechte, oder er gehört zu einem anderen \
             Konto"
        ),
        Rule::NoOverlap { mirrored, listed } => no_overlap(language, *mirrored, *listed),
        Rule::MustInclude { missing, why } => must_include(language, names, missing, why.as_ref()),
        Rule::Withheld { attribute } => withheld(language, names, attribute),
        Rule::ScopeChanged { removals, differences } => scope_changed(language, *removals, differences.len()),
        Rule::Vanished { people, recent, limit, asked } => {
            let missing = vanished(language, *people, recent, *limit);
            match asked {
                true => say!(
                    language,
                    "{missing}; Personio was asked about each of them",
                    "{missing}; nach jeder einzelnen wurde Personio gefragt"
                ),
                false => say!(
                    language,
                    "{missing}, so Personio was not asked about each of them",
                    "{missing}, darum wurde Personio nicht nach jeder einzelnen gefragt"
                ),
            }
        }
        Rule::NeverThere { people } => {
            let strangers = language.people(*people);
            say!(
                language,
                "{strangers} who were in Honestly before would go: they have no profile at Personio",
                "{strangers}, die schon vorher in Honestly waren, würden gehen: In Personio gibt es kein Profil dazu"
            )
        }
        Rule::Clock { clock } => self::clock(language, *clock),
        Rule::ColumnsChanged { added, changed, removed } => {
            columns_changed(language, [added.len(), removed.len(), changed.len()])
        }
        Rule::FirstDelivery { destination, people, stands, comparison, against_mirror, not_released } => {
            let file = first_delivery(language, destination, *people);
            let (step, there) = (against(language, against_mirror), stands_there(language, stands, *comparison));
            let unread = not_released_text(language, names, not_released);
            format!("{file}{step}{unread}{there}")
        }
        Rule::AnotherMirror { mismatch } => another_mirror(language, *mismatch).to_owned(),
        Rule::FilterMatchesNobody { removals, values } => {
            let (people, filters) = (language.people(*removals), language.number(values.len()));
            say!(
                language,
                "{people} would go by a filter of whose values {filters} may not be what is meant: nobody has it, or something \
                 else is called so too",
                "{people} würden wegen eines Filters gehen, von dessen Werten {filters} vielleicht nicht der gemeinte ist: niemand \
                 hat ihn, oder etwas anderes heißt auch so"
            )
        }
        Rule::Takeover { people, employee, of } => {
            let people = language.people(*people);
            let (employee, of) = (isolated(&names.of(*employee)), isolated(&names.of(*of)));
            say!(
                language,
                "{people} would take over the name, or name and address, of others, such as {employee} those of {of}; feedback \
                 would change hands",
                "{people} würden Namen oder Namen und Adresse anderer übernehmen, etwa {employee} die von {of}; Antworten kämen \
                 in andere Hände"
            )
        }
        Rule::NobodyDecided { people } => {
            let people = language.people(*people);
            say!(
                language,
                "Personio listed {people} who may be in, and nothing could be decided about any of them",
                "Personio hat {people} aufgelistet, die dazugehören können, und über niemanden davon lässt sich etwas entscheiden"
            )
        }
        Rule::ForeignFile { destination, comparison } => foreign_file(language, destination, *comparison),
    }
}

/// The program's memory is not the one that the last run left.
fn another_mirror(language: Language, mismatch: MirrorMismatch) -> &'static str {
    let word = match mismatch {
        MirrorMismatch::Missing => Word::MirrorMissing,
        MirrorMismatch::Emptied => Word::MirrorEmptied,
        MirrorMismatch::Another => Word::MirrorAnother,
        MirrorMismatch::Older => Word::MirrorOlder,
        MirrorMismatch::NoWitness => Word::MirrorUnknown,
    };
    word.in_language(language)
}

/// What decides who is in and cannot be read.
fn not_released_text(language: Language, names: &Names<'_>, keys: &[AttributeKey]) -> String {
    if keys.is_empty() {
        return String::new();
    }
    let keys = keys.iter().map(|key| attribute(language, names, key)).collect::<Vec<_>>().join(", ");
    say!(
        language,
        "; {keys} cannot be read, so who left may be among them",
        "; {keys} ist nicht lesbar, darum können Ausgeschiedene darunter sein"
    )
}

/// How many would go, with those who went in the days before.
fn removals(language: Language, removals: &Removals) -> String {
    let Removals { now, recent, mirrored } = removals;
    let of = mirrored + recent.removed;
    let percent = language.percent(now + recent.removed, of);
    let (now, of, before) = (language.number(*now), language.people(of), since(language, recent, recent.removed));
    say!(language, "{now} of {of} would go{before} ({percent})", "{now} von {of} würden gehen{before} ({percent})")
}

/// Who went in the days before: they count too, because small sums add up.
fn since(language: Language, recent: &Recent, people: usize) -> String {
    match recent.since {
        Some(since) if people > 0 => {
            let (people, since) = (language.number(people), language.day(since));
            say!(language, ", after {people} since {since}", ", nach {people} seit dem {since}")
        }
        Some(_) | None => String::new(),
    }
}

fn vanished(language: Language, people: usize, recent: &Recent, limit: usize) -> String {
    let before = since(language, recent, recent.vanished);
    let (people, limit) = (language.people(people), language.number(limit));
    say!(
        language,
        "{people} are missing from Personio's list and were never seen leaving{before}; the limit is {limit}",
        "{people} fehlen in der Liste von Personio, ohne dass ein Austritt zu sehen war{before}; die Grenze ist {limit}"
    )
}

fn additions(language: Language, additions: usize, of: usize, limit: Limit) -> String {
    let percent = language.percent(additions, of);
    let (additions, of, limit) = (language.people(additions), language.number(of), self::limit(language, limit));
    say!(
        language,
        "{additions} would come to the {of} there are ({percent}); the limit is {limit}",
        "{additions} würden zu den {of} vorhandenen dazukommen ({percent}); die Grenze ist {limit}"
    )
}

fn field_changes(language: Language, header: &str, people: Part, limit: Limit) -> String {
    let Part { number, of, percent } = people;
    let (header, limit) = (language.quoted(&isolated(header)), self::limit(language, limit));
    say!(
        language,
        "{header} would change for {number} of {of} ({percent}); the limit is {limit}",
        "{header} würde sich bei {number} von {of} ändern ({percent}); die Grenze ist {limit}"
    )
}

fn no_overlap(language: Language, mirrored: usize, listed: usize) -> String {
    let (mirrored, listed) = (language.people(mirrored), language.people(listed));
    say!(
        language,
        "none of the {mirrored} in Honestly is among the {listed} whom Personio listed; perhaps the credential belongs to \
         another company",
        "von den {mirrored} in Honestly ist niemand unter den {listed}, die Personio aufgelistet hat; vielleicht gehört der \
         Zugang zu einer anderen Firma"
    )
}

fn must_include(language: Language, names: &Names<'_>, missing: &Who, why: Option<&NotIn>) -> String {
    let who = match missing {
        Who::Id(id) => isolated(&names.of(*id)),
        Who::Email(address) => isolated(address),
    };
    let why = match why {
        Some(NotIn::Excluded(reason)) => reasons::evidence(language, names, reason),
        Some(NotIn::Undecided(_)) => Word::NotInUndecided.in_language(language).to_owned(),
        Some(NotIn::NotListed) => Word::NotInUnlisted.in_language(language).to_owned(),
        None => Word::NotInUnknown.in_language(language).to_owned(),
    };
    say!(
        language,
        "{who} must be in by the configuration (must_include) and is not: {why}",
        "{who} muss laut Konfiguration dabei sein (must_include) und fehlt: {why}"
    )
}

fn withheld(language: Language, names: &Names<'_>, key: &AttributeKey) -> String {
    let label = language.quoted(&attribute(language, names, key));
    say!(
        language,
        "{label} could be read at Personio before and cannot be read for anybody now; perhaps it was taken from the credential",
        "{label} war in Personio bisher lesbar und ist es jetzt bei niemandem mehr; vielleicht wurde es dem Zugang entzogen"
    )
}

fn scope_changed(language: Language, removals: usize, differences: usize) -> String {
    let (removals, differences) = (language.people(removals), language.number(differences));
    say!(
        language,
        "{removals} would go while filters, mapping or rights are not what they were ({differences} differences)",
        "{removals} würden gehen, während Filter, Zuordnung oder Rechte andere sind als zuvor (Unterschiede: {differences})"
    )
}

fn columns_changed(language: Language, [added, removed, changed]: [usize; 3]) -> String {
    let (added, removed, changed) = (language.number(added), language.number(removed), language.number(changed));
    say!(
        language,
        "the columns of the file change: {added} new, {removed} gone, {changed} filled from elsewhere",
        "die Spalten der Datei ändern sich: {added} neu, {removed} entfallen, {changed} anders gefüllt"
    )
}

/// What stands at the destination of a first delivery.
fn stands_there(language: Language, stands: &Stands, comparison: Option<Comparison>) -> String {
    match (stands, comparison) {
        (Stands::Nothing, _) => say!(language, "; no file is there yet", "; dort liegt noch keine Datei"),
        (Stands::Unknown, _) => {
            say!(language, "; what is there cannot be seen", "; was dort liegt, lässt sich nicht ansehen")
        }
        (Stands::Ours | Stands::Part, Some(comparison)) => {
            let comparison = self::comparison(language, comparison);
            say!(
                language,
                "; the file that was left there has {comparison}",
                "; die dort hinterlassene Datei hat {comparison}"
            )
        }
        // The rule about another file says what it is.
        (Stands::Ours | Stands::Part, None) | (Stands::Another { .. }, _) => String::new(),
    }
}

fn foreign_file(language: Language, destination: &str, comparison: Option<Comparison>) -> String {
    let destination = isolated(destination);
    let file = say!(
        language,
        "at {destination} there is a file that no run left there",
        "unter {destination} liegt eine Datei, die kein Lauf dort hinterlassen hat"
    );
    match comparison.map(|comparison| self::comparison(language, comparison)) {
        Some(has) => say!(language, "{file}; it has {has}", "{file}; sie hat {has}"),
        None => file,
    }
}

/// So many people of all there are.
struct Part {
    number: String,
    of: String,
    percent: String,
}

fn limit(language: Language, limit: Limit) -> String {
    let Limit { people, percent } = limit;
    if people == 0 || percent == 0 {
        return say!(language, "none at all", "niemand");
    }
    let (people, percent) = (language.people(people), language.percent(percent, 100));
    say!(language, "{people} and {percent}", "{people} und {percent}")
}

fn clock(language: Language, clock: Clock) -> String {
    let hours = |hours: i64| language.number(usize::try_from(hours.unsigned_abs()).unwrap_or(usize::MAX));
    match clock {
        Clock::Plausible => {
            say!(language, "the clock of this machine is plausible", "die Uhr dieses Rechners ist plausibel")
        }
        Clock::OffPersonios { hours: off } if off < 0 => {
            let off = hours(off);
            say!(
                language,
                "the clock of this machine is {off} hours behind Personio's, and dates decide who goes",
                "die Uhr dieses Rechners geht gegenüber der von Personio {off} Stunden nach, und Daten entscheiden, wer geht"
            )
        }
        Clock::OffPersonios { hours: off } => {
            let off = hours(off);
            say!(
                language,
                "the clock of this machine is {off} hours ahead of Personio's, and dates decide who goes",
                "die Uhr dieses Rechners geht gegenüber der von Personio {off} Stunden vor, und Daten entscheiden, wer geht"
            )
        }
        Clock::LongAfterTheLastRun { days } => {
            let days = hours(days);
            say!(
                language,
                "the clock of this machine is {days} days after the last run, and Personio's is not known",
                "die Uhr dieses Rechners steht {days} Tage nach dem letzten Lauf, und die von Personio ist nicht bekannt"
            )
        }
        Clock::BeforeTheLastRun { hours: off } => {
            let off = hours(off);
            say!(
                language,
                "the clock of this machine is {off} hours before the end of the last run, and dates decide who goes",
                "die Uhr dieses Rechners steht {off} Stunden vor dem Ende des letzten Laufs, und Daten entscheiden, wer geht"
            )
        }
    }
}

fn first_delivery(language: Language, destination: &str, people: usize) -> String {
    let (destination, people) = (isolated(destination), language.people(people));
    say!(
        language,
        "this would be the first file for {destination}, or the first since another one was given to it: Honestly removes \
         everybody who is not among the {people} in it",
        "dies wäre die erste Datei für {destination} oder die erste seit einer anderen: Honestly entfernt alle, die nicht \
         unter den {people} darin sind"
    )
}

fn against(language: Language, Counts { people, .. }: &Counts) -> String {
    let [added, removed, updated] =
        [people.added, people.removed, people.changed].map(|number| language.number(number));
    say!(
        language,
        "; compared with what was last decided, {added} come, {removed} go and {updated} change",
        "; gegenüber dem zuletzt Entschiedenen: {added} kommen dazu, {removed} gehen, {updated} ändern sich"
    )
}

/// Who stands in a file, behind a verb.
pub(super) fn comparison(language: Language, comparison: Comparison) -> String {
    match comparison {
        Comparison::Read { people, stay, go, come } => {
            let (people, stay, go, come) =
                (language.people(people), language.number(stay), language.number(go), language.number(come));
            say!(
                language,
                "{people}, of whom {stay} stay and {go} go; {come} others come",
                "{people}, davon bleiben {stay} und gehen {go}; {come} andere kommen dazu"
            )
        }
        Comparison::Unreadable => {
            say!(language, "a content that cannot be read", "einen Inhalt, der sich nicht lesen lässt")
        }
    }
}
