//! Both languages say everything, and no value becomes part of the page's structure.

mod everything;

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::roster::decide::notes::samples::Facts;
use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::{Email, Employee, Group, Snapshot};
use everything::{Company, day, employee, key};

/// The numbers of a sentence, whatever mark stands between thousands.
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
        let all_names = Tongue::ALL.map(|tongue| PageNames::new(tongue, view));
        let mut sentences: Vec<[String; 2]> = Vec::new();
        sentences.extend(Word::ALL.iter().map(|word| all_names.each_ref().map(|names| names.word(*word))));
        sentences.extend([0, 1, 2, 3000].map(|number| Tongue::ALL.map(|tongue| tongue.people(number))));
        for [english, german] in sentences {
            assert_ne!(english, german);
            assert!(!english.trim().is_empty() && !german.trim().is_empty());
            assert_eq!(numbers(&english), numbers(&german), "{english}\n{german}");
            assert!(english.is_ascii() || !english.contains(['ä', 'ö', 'ü', 'ß']), "{english}");
        }
    });
}

#[test]
fn numbers_and_days_are_written_as_each_language_writes_them() {
    let written = |tongue: Tongue| {
        let moment = tongue.moment(day().and_hms_opt(7, 5, 0).unwrap());
        [tongue.number(1_234_567), tongue.number(999), tongue.percent(1, 7), tongue.day(day()), moment]
    };
    assert_eq!(written(Tongue::English), ["1,234,567", "999", "14%", "3 November 2026", "3 November 2026, 07:05"]);
    assert_eq!(written(Tongue::German), ["1.234.567", "999", "14\u{202f}%", "3.11.2026", "3.11.2026, 07:05 Uhr"]);
}

/// The tags with their attributes, and the texts between them.
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
    let texts = |tongue| -> BTreeSet<String> {
        let (tags, texts) = parts(&company.html(tongue));
        let is_data = |tag: &str| tag == "bdi" || tag.contains("dir=\"auto\"");
        let is_own = |tag: &str| !is_data(tag) && !["code", "span class=\"program\""].contains(&tag);
        let of_the_page = tags.iter().zip(texts).filter(|(tag, _)| is_own(tag));
        of_the_page.map(|(_, text)| text).filter(|text| text.chars().any(char::is_alphabetic)).collect()
    };
    let (english, german) = (texts(Tongue::English), texts(Tongue::German));
    let both: Vec<_> = english.intersection(&german).collect();
    assert_eq!(both, [""; 0]);
    assert!(english.len() > 40 && german.len() > 40);
}

proptest! {
    #[test]
    fn no_value_becomes_part_of_the_structure(name in "[<>&\"'/=a-z \u{202e}\u{2066}\u{2069}\u{0}!-]{1,40}") {
        let name = format!("A{name}");
        for tongue in Tongue::ALL {
            let (plain, hostile) = (Company::new("Ada").html(tongue), Company::new(&name).html(tongue));
            prop_assert_eq!(parts(&hostile).0, parts(&plain).0);
        }
    }
}

#[test]
fn a_name_of_ten_thousand_characters_is_folded_and_shown_whole() {
    let name = "x".repeat(10_000);
    let html = Company::new(&name).html(Tongue::English);
    let (beginning, _) = name.split_at(160);
    assert!(html.contains(&format!("<bdi>{beginning}…</bdi>")));
    assert!(html.contains(&format!("<bdi>{name} Lovelace</bdi>")));
}

#[test]
fn the_same_change_of_several_people_is_one_line_and_whoever_changes_alone_has_their_own() {
    Company::new("Ada").with_view(|view| {
        let Changes { fields, shared, single } = people::changing(&PageNames::new(Tongue::English, view));
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
fn supervisors_who_go_leave_one_change() {
    let mut company = Company::new("Ada");
    let led = |leader: Option<i64>| move |id| Employee { supervisor: leader.map(EmployeeId), ..employee(id, "Ada", 1) };
    let people = |people: Vec<Employee>| Snapshot::new(people, [Group { key: key(1), name: "Ada".into() }]).unwrap();
    let before = (1..=4).map(led(Some(7))).chain((5..=6).map(led(Some(8)))).chain((7..=8).map(led(None)));
    company.mirror.feed.people = people(before.collect());
    company.decision.desired.people = people((1..=6).map(led(None)).collect());
    company.with_view(|view| {
        let Changes { fields, shared, single } = people::changing(&PageNames::new(Tongue::German, view));
        let [change] = shared.as_slice() else { panic!("{shared:?}") };
        let people::Alteration { field, from, to } = &change.alteration;
        assert_eq!((fields[*field].as_str(), change.people.len(), single.len()), ("Vorgesetzte Person", 6, 0));
        assert_eq!((from.as_deref(), to.as_deref()), (Some("jemand, der auch geht"), None));
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
        let names = PageNames::new(Tongue::German, view);
        let Changes { fields, shared, single } = people::changing(&names);
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

#[test]
fn what_is_stored_of_reasons_and_notes_reads_back() {
    fn read_back<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(all: &[T]) {
        for one in all {
            assert_eq!(serde_json::from_str::<T>(&serde_json::to_string(one).unwrap()).unwrap(), *one);
        }
    }
    let facts = Facts { number: 7, day: day() };
    read_back(&facts.notes());
    read_back(&facts.reasons());
}
