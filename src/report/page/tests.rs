//! Both languages say everything, and no value becomes part of the page's structure.

pub(in crate::report) mod everything;

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::roster::decide::notes::samples::Facts;
use crate::roster::guard::Rule;
use everything::{Company, day};

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
        // An address behind somebody's id.
        let is_said = |text: &String| text.chars().any(char::is_alphabetic) && !text.starts_with("· ");
        of_the_page.map(|(_, text)| text).filter(is_said).collect()
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
fn a_mail_that_approves_is_offered_only_where_the_command_is() {
    let company = Company::new("Ada");
    let links = |rules: &[Rule]| {
        Tongue::ALL.map(|tongue| {
            let html = company.held_by(tongue, rules.to_vec());
            assert!(html.contains("<title>Acme: "));
            let links = html.split("href=\"mailto:it@example.com?subject=").skip(1);
            links.map(|link| link.split("%20").next().unwrap().to_owned()).collect::<Vec<_>>()
        })
    };
    let never_there = Rule::NeverThere { people: 3, become_others: 0 };
    assert_eq!(
        links(std::slice::from_ref(&never_there)),
        [["Acme%3A", "Acme%3A"].map(str::to_owned).to_vec(), ["Acme%3A", "Acme%3A"].map(str::to_owned).to_vec()]
    );
    assert_eq!(links(&[never_there, Rule::EmptyListing]).map(|links| links.len()), [1, 1]);
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
