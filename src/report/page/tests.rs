//! Both languages say everything, and no value of anybody's becomes part of the page's structure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::people::Names;
use super::words::Word;
use super::*;
use crate::roster::decide::absences::Doubt;
use crate::roster::decide::notes::{Place, Problem};
use crate::roster::decide::reasons::{Absence, Filter, Reason};
use crate::roster::decide::{Decision, Listed};
use crate::roster::feed::Feed;
use crate::roster::guard::{
    Cause, Clock, Contents, Evidence, Found, Limit, MirrorMismatch, Proposal, Recent, Removals, Rule,
};
use crate::roster::model::record::{AttributeKey, EmployeeId, Unreadable};
use crate::roster::model::snapshot::{Email, Employee, Group, GroupKey, ImportId, Memberships, Origin, Snapshot};
use crate::roster::plan::mirror::{Mirror, Scope};
use crate::roster::plan::{Basis, Counts, Tally};
use crate::roster::policy::Who;
use crate::roster::policy::headers::{LabelProblem, Renamed};
use crate::roster::samples;

const LANGUAGES: [Language; 2] = [Language::English, Language::German];

/// A company in which one person of each kind has the name and the department at hand.
struct Company {
    mirror: Mirror,
    decision: Decision,
    listed: BTreeSet<EmployeeId>,
    asked_for: BTreeSet<AttributeKey>,
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 3).unwrap()
}

fn key(department: i64) -> Arc<GroupKey> {
    Arc::new(GroupKey { attribute: AttributeKey::new("department"), origin: Origin::Id(department) })
}

fn employee(id: i64, name: &str, department: i64) -> Employee {
    Employee {
        id: EmployeeId(id),
        import_id: ImportId::from(EmployeeId(id)),
        email: Email::new(&format!("{id}@example.org")).unwrap(),
        first_name: name.into(),
        last_name: "Lovelace".into(),
        language: None,
        supervisor: None,
        groups: Memberships::from_iter([key(department)]),
    }
}

impl Company {
    /// 1 to 3 go, 4 changes the name, 5 to 8 the department, 9 comes; 10 starts later, 11 is undecided.
    fn new(name: &str) -> Self {
        let group = |id: i64, name: &str| Group { key: key(id), name: name.into() };
        let people = |people: Vec<Employee>, groups: Vec<Group>| Feed {
            columns: samples::columns(&[("Department", "department")]),
            people: Snapshot::new(people, groups).unwrap(),
        };
        let before = (1..=8).map(|id| employee(id, name, 1)).collect();
        let after = [employee(4, "Eva", 1), employee(9, name, 1)].into_iter();
        let after = after.chain((5..=8).map(|id| employee(id, name, 2))).collect();
        let reasons = [
            (1, Reason::LastDayPassed(day())),
            (2, Reason::Absent(Absence::NotAsked)),
            (3, Reason::OutOfScope(Filter::Attribute(AttributeKey::new("department")))),
            (10, Reason::NotYet(Some(day()))),
            (12, Reason::OnLeave),
        ];
        let undecided = Note::Undecided {
            employee: EmployeeId(11),
            problem: Problem::ContestedEmail(EmployeeId(5)),
            place: Place::LeftOut,
        };
        Self {
            mirror: Mirror { feed: people(before, vec![group(1, name)]), ..Mirror::default() },
            decision: Decision {
                desired: people(after, vec![group(1, name), group(2, "Sales")]),
                excluded: reasons.into_iter().map(|(id, reason)| (EmployeeId(id), reason)).collect(),
                outsiders: BTreeMap::from([10, 11].map(|id| (EmployeeId(id), name.to_owned()))),
                notes: vec![undecided, Note::NoLanguage { employee: EmployeeId(9) }, Note::NothingDelivered],
                scope: Scope::default(),
                listed: Listed::default(),
            },
            listed: BTreeSet::new(),
            asked_for: BTreeSet::new(),
        }
    }

    fn with_view<T>(&self, look: impl FnOnce(&PlanView<'_>) -> T) -> T {
        let Self { mirror, decision, listed, asked_for } = self;
        let recent = Recent::default();
        let evidence = Evidence {
            mirror,
            decision,
            listed,
            asked_for,
            recent,
            destination: None,
            mismatch: None,
            clock: Clock::Plausible,
        };
        let proposal = Proposal::new(mirror, &mirror.feed, &decision.desired);
        let digest = proposal.plan.digest(&Basis {
            mismatch: None,
            generation: 1,
            scope: String::new(),
            destination: String::new(),
            foreign_file: String::new(),
            reasons: BTreeMap::new(),
        });
        look(&PlanView {
            proposal: &proposal,
            evidence: &evidence,
            digest: &digest,
            today: day(),
            sync: "honestly-sync sync",
            style: crate::terminal::Style {
                paint: crate::terminal::Paint::Plain,
                extent: crate::terminal::Extent::Everything,
            },
        })
    }

    fn html(&self, language: Language) -> String {
        self.with_view(|view| {
            let rules = vec![Rule::NeverThere { people: 3 }, Rule::EmptyListing];
            let refusal = Refusal { digest: view.digest.clone(), cause: Cause::Rules(rules) };
            let circumstances = Circumstances {
                outcome: Outcome::Held(&refusal),
                notes: &self.decision.notes,
                day: Day::Today,
                written: day().and_hms_opt(7, 5, 0).unwrap(),
                command: "honestly-sync sync --approve 0123456789ab",
            };
            ReviewPage::new(language, view, &circumstances).html()
        })
    }
}

fn rules() -> Vec<Rule> {
    let limit = Limit { people: 13, percent: 17 };
    let recent = Recent { removed: 4, vanished: 3, since: Some(day() - chrono::Days::new(2)) };
    let removals = Removals { now: 61, recent, mirrored: 812 };
    let headers = |header: &str| vec![header.to_owned()];
    let contents = Some(Contents::Read { people: 41, stay: 42, go: 43, come: 44 });
    let against_mirror = Counts { people: Tally { added: 51, changed: 52, removed: 53 }, ..Counts::default() };
    let first = |found, contents| Rule::FirstDelivery {
        destination: "file:///x".to_owned(),
        people: 3000,
        found,
        contents,
        against_mirror,
        not_released: vec![AttributeKey::new("status")],
    };
    vec![
        Rule::RemovalsAtMost { removals, at_most: 25 },
        Rule::Removals { removals, limit },
        Rule::Removals { removals, limit: Limit { people: 0, percent: 0 } },
        Rule::MoreThanHalf { removals },
        Rule::LastPerson { removals: Removals { recent: Recent::default(), ..removals } },
        Rule::Additions { additions: 61, of: 812, limit },
        Rule::FieldChanges { header: "X".to_owned(), people: 61, of: 812, limit },
        Rule::EmptyListing,
        Rule::NoOverlap { mirrored: 11, listed: 12 },
        Rule::MustInclude { missing: Who::Id(EmployeeId(99)) },
        Rule::MustInclude { missing: Who::Email("x".to_owned()) },
        Rule::Withheld { attribute: AttributeKey::new("email") },
        Rule::ScopeChanged { removals: 11, differences: headers("x") },
        Rule::Vanished { people: 11, recent, limit: 2, asked: true },
        Rule::Vanished { people: 11, recent: Recent::default(), limit: 2, asked: false },
        Rule::NeverThere { people: 11 },
        Rule::FilterMatchesNobody { removals: 11, values: headers("x") },
        Rule::Takeover { people: 11, employee: EmployeeId(12), of: EmployeeId(13) },
        Rule::NobodyDecided { people: 11 },
        Rule::AnotherMirror { mismatch: MirrorMismatch::Missing },
        Rule::AnotherMirror { mismatch: MirrorMismatch::Emptied },
        Rule::AnotherMirror { mismatch: MirrorMismatch::Another },
        Rule::AnotherMirror { mismatch: MirrorMismatch::Older },
        Rule::AnotherMirror { mismatch: MirrorMismatch::NoWitness },
        Rule::Clock { clock: Clock::LongAfterTheLastRun { days: 31 } },
        Rule::Clock { clock: Clock::Plausible },
        Rule::Clock { clock: Clock::OffPersonios { hours: -5 } },
        Rule::Clock { clock: Clock::OffPersonios { hours: 5 } },
        Rule::Clock { clock: Clock::BeforeTheLastRun { hours: 5 } },
        Rule::ColumnsChanged { added: headers("x"), changed: Vec::new(), removed: headers("y") },
        first(Found::Nothing, None),
        first(Found::Unknown, None),
        first(Found::Ours, contents),
        first(Found::Foreign { hash: String::new() }, contents),
        Rule::ForeignFile { destination: "file:///x".to_owned(), contents },
        Rule::ForeignFile { destination: "file:///x".to_owned(), contents: Some(Contents::Unreadable) },
    ]
}

fn reasons() -> Vec<Reason> {
    vec![
        Reason::NotYet(None),
        Reason::LastDayPassed(day()),
        Reason::Inactive,
        Reason::OnLeave,
        Reason::Absent(Absence::Gone),
        Reason::Absent(Absence::NotAsked),
        Reason::Absent(Absence::NeverThere),
        Reason::ClockInDoubt,
        Reason::OutOfScope(Filter::Exclude),
        Reason::OutOfScope(Filter::WithoutEmail),
        Reason::OutOfScope(Filter::Attribute(AttributeKey::new("office"))),
    ]
}

fn problems() -> Vec<Problem> {
    let key = AttributeKey::new("hire_date");
    vec![
        Problem::Missing(key.clone()),
        Problem::Unreadable(Unreadable { attribute: key.clone(), expected: "a date" }),
        Problem::NotAnAddress,
        Problem::TooLong(key.clone(), 123),
        Problem::UnknownStatus("x".to_owned()),
        Problem::ContestedEmail(EmployeeId(99)),
        Problem::NoImportId(key.clone()),
        Problem::ContestedImportId(EmployeeId(99)),
        Problem::FilterWithheld(key),
        Problem::NotSent(AttributeKey::new("email")),
        Problem::NoLocalPart,
        Problem::LastDayBeforeFirst(day()),
        Problem::ActiveAfterLastDay(day()),
        Problem::NotListed(Doubt::StillKnown),
        Problem::NotListed(Doubt::NobodyListed),
    ]
}

fn notes() -> Vec<Note> {
    let (employee, key) = (EmployeeId(1), AttributeKey::new("hire_date"));
    vec![
        Note::FieldUnreadable { employee, unreadable: Unreadable { attribute: key.clone(), expected: "a text" } },
        Note::SupervisorNotIn { employee, supervisor: EmployeeId(99) },
        Note::SupervisorCycle { employee },
        Note::ValueTooLong { employee, attribute: key.clone(), characters: 123 },
        Note::ImportIdKept { employee },
        Note::Returned { employee },
        Note::Rehired { employee, former: EmployeeId(99) },
        Note::StartPostponed { employee, first_day: None },
        Note::NoLanguage { employee },
        Note::SpellingVariants { attribute: key.clone(), chosen: "x".to_owned(), others: 7 },
        Note::AttributeWithheld { attribute: key.clone() },
        Note::NotReleased { attribute: key.clone() },
        Note::ValuesNotSent { attribute: key.clone(), people: 7 },
        Note::ColumnRenamed(Renamed { attribute: key, header: "x".to_owned(), because: LabelProblem::Taken }),
        Note::DeliveryUnverified,
        Note::Delivery { text: "x".to_owned() },
        Note::NothingDelivered,
    ]
}

/// The numbers of a sentence, whatever stands between thousands.
fn numbers(sentence: &str) -> Vec<String> {
    let mut numbers: Vec<String> = sentence
        .replace("3,000", "3000")
        .replace("3.000", "3000")
        .replace(" November ", ".11.")
        .split(|c: char| !c.is_ascii_digit())
        .filter(|number| !number.is_empty())
        .map(str::to_owned)
        .collect();
    numbers.sort();
    numbers
}

#[test]
fn every_sentence_is_there_in_both_languages_with_the_same_numbers() {
    Company::new("Ada").with_view(|view| {
        let names = Names::new(view);
        let mut sentences: Vec<[String; 2]> = Vec::new();
        sentences.extend(Word::ALL.iter().map(|word| LANGUAGES.map(|l| word.in_language(l).to_owned())));
        sentences.extend(rules().iter().map(|rule| LANGUAGES.map(|l| rules::rule(l, &names, rule))));
        sentences.extend(reasons().iter().map(|reason| LANGUAGES.map(|l| reasons::evidence(l, &names, reason))));
        sentences.extend(problems().iter().map(|problem| LANGUAGES.map(|l| reasons::correction(l, &names, problem))));
        sentences.extend(notes().iter().map(|note| LANGUAGES.map(|l| reasons::note(l, &names, note).unwrap())));
        sentences.extend([0, 1, 2, 3000].map(|number| LANGUAGES.map(|l| l.people(number))));
        for [english, german] in sentences {
            assert_ne!(english, german);
            assert!(!english.trim().is_empty() && !german.trim().is_empty());
            assert_eq!(numbers(&english), numbers(&german), "{english}\n{german}");
            assert!(english.is_ascii() || !english.contains(['ä', 'ö', 'ü', 'ß']), "{english}");
        }
    });
}

#[test]
fn what_can_be_expected_of_a_value_is_said_in_german_too() {
    let expected = [
        "a date",
        "a text",
        "a status",
        "a supervisor",
        "a value",
        "a text or a number",
        "a list of values",
        "an object",
        "an object with a name",
    ];
    Company::new("Ada").with_view(|view| {
        for expected in expected {
            let problem = Problem::Unreadable(Unreadable { attribute: AttributeKey::new("email"), expected });
            let german = reasons::correction(Language::German, &Names::new(view), &problem);
            assert!(!german.contains(expected), "{german}");
        }
    });
}

#[test]
fn numbers_and_days_are_written_as_each_language_writes_them() {
    let written = |language: Language| {
        let moment = language.moment(day().and_hms_opt(7, 5, 0).unwrap());
        [language.number(1_234_567), language.number(999), language.percent(1, 7), language.day(day()), moment]
    };
    assert_eq!(written(Language::English), ["1,234,567", "999", "14%", "3 November 2026", "3 November 2026, 07:05"]);
    assert_eq!(written(Language::German), ["1.234.567", "999", "14\u{202f}%", "3.11.2026", "3.11.2026, 07:05 Uhr"]);
}

/// The tags with their attributes, and what stands between them.
fn parts(html: &str) -> (Vec<String>, Vec<String>) {
    let (_, body) = html.split_once("<body>").unwrap();
    let (body, _) = body.split_once("<script>").unwrap();
    let mut parts = (Vec::new(), Vec::new());
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap();
        parts.0.push(tag.to_owned());
        parts.1.push(text.trim().to_owned());
    }
    parts
}

#[test]
fn no_sentence_of_one_page_stands_on_the_other() {
    let company = Company::new("Ada");
    let texts = |language| -> BTreeSet<String> {
        let (tags, texts) = parts(&company.html(language));
        let is_data = |tag: &str| tag == "bdi" || tag.contains("dir=\"auto\"");
        let is_own = |tag: &str| !is_data(tag) && !["code", "span class=\"program\""].contains(&tag);
        let of_the_page = tags.iter().zip(texts).filter(|(tag, _)| is_own(tag));
        of_the_page.map(|(_, text)| text).filter(|text| text.chars().any(char::is_alphabetic)).collect()
    };
    let (english, german) = (texts(Language::English), texts(Language::German));
    let both: Vec<_> = english.intersection(&german).collect();
    assert_eq!(both, [""; 0]);
    assert!(english.len() > 40 && german.len() > 40);
}

proptest! {
    #[test]
    fn no_value_becomes_part_of_the_structure(name in "[<>&\"'/=a-z \u{202e}\u{2066}\u{2069}\u{0}!-]{1,40}") {
        let name = format!("A{name}");
        for language in LANGUAGES {
            let (plain, hostile) = (Company::new("Ada").html(language), Company::new(&name).html(language));
            prop_assert_eq!(parts(&hostile).0, parts(&plain).0);
        }
    }
}

#[test]
fn a_name_of_ten_thousand_characters_is_folded_and_shown_whole() {
    let name = "x".repeat(10_000);
    let html = Company::new(&name).html(Language::English);
    let (beginning, _) = name.split_at(160);
    assert!(html.contains(&format!("<bdi>{beginning}…</bdi>")));
    assert!(html.contains(&format!("<bdi>{name} Lovelace</bdi>")));
}

#[test]
fn the_same_change_of_several_people_is_one_line_and_whoever_changes_alone_has_their_own() {
    Company::new("Ada").with_view(|view| {
        let Changes { fields, shared, single } = people::changing(Language::English, &Names::new(view));
        let shared: Vec<_> = shared
            .iter()
            .map(|change| {
                let people::Alteration { field, from, to } = &change.alteration;
                (fields[*field].as_str(), from.as_deref(), to.as_deref(), change.people.len())
            })
            .collect();
        assert_eq!(shared, [("Department", Some("Ada"), Some("Sales"), 4)]);
        let single: Vec<_> = single.iter().map(|changing| changing.person.name.as_str()).collect();
        assert_eq!(single, ["Eva Lovelace"]);
    });
}

#[test]
fn a_new_domain_of_several_addresses_is_one_change_and_a_department_called_otherwise_stays_one() {
    let mut company = Company::new("Ada");
    let people = (1..=8)
        .map(|id| Employee { email: Email::new(&format!("{id}@example.com")).unwrap(), ..employee(id, "Ada", 1) });
    let group = Group { key: key(1), name: "Care".into() };
    company.decision.desired.people = Snapshot::new(people, [group]).unwrap();
    company.with_view(|view| {
        let names = Names::new(view);
        let Changes { fields, shared, single } = people::changing(Language::German, &names);
        let [change] = shared.as_slice() else { panic!("{shared:?}") };
        let people::Alteration { field, from, to } = &change.alteration;
        assert_eq!((fields[*field].as_str(), change.people.len()), ("E-Mail-Domain", 8));
        assert_eq!((from.as_deref(), to.as_deref()), (Some("example.org"), Some("example.com")));
        assert_eq!(single, []);
        let [group] = file::groups(&names).try_into().unwrap();
        assert_eq!((group.from.as_deref(), group.to.as_deref(), group.touched.people), (Some("Ada"), Some("Care"), 8));
        let [HeadCount { department, before, after }] = file::head_counts(&names).try_into().unwrap();
        assert_eq!((names.departments[department.unwrap()].as_str(), before, after), ("Care", 8, 8));
    });
}
