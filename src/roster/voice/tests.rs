//! What holds for every sentence: each variant has a sample, all three readers hear the same numbers, and HR hears nothing of the
//! configuration.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::*;

/// Names as one reader knows them. The person whom a note is about has no number, because HR reads it beside their name.
struct Known(Reader);

impl Names for Known {
    fn person(&self, id: EmployeeId) -> String {
        match (self.0, id) {
            (_, EmployeeId(1)) => "Ada Lovelace".to_owned(),
            (Reader::Operator, id) => by_id(id),
            (Reader::Hr(_), id) => format!("Charles Babbage ({id})"),
        }
    }

    fn attribute(&self, key: &AttributeKey) -> String {
        match self.0 {
            Reader::Operator => key.to_string(),
            Reader::Hr(tongue) => tongue.quoted(own_attribute(tongue, key.as_str()).unwrap_or("Team")),
        }
    }
}

/// One fact to the operator, to HR in English and to HR in German.
pub(crate) fn three(fact: &impl Told) -> [String; 3] {
    let readers = [Reader::Operator, Reader::Hr(Tongue::English), Reader::Hr(Tongue::German)];
    readers.map(|reader| fact.told(Voice::new(reader, &Known(reader))))
}

/// The word by which a fact is stored.
fn word(fact: &impl Serialize) -> String {
    match serde_json::to_value(fact).unwrap() {
        Value::String(word) => word,
        Value::Object(fields) => match fields.get("kind").and_then(Value::as_str) {
            Some(kind) => kind.to_owned(),
            None => fields.keys().next().unwrap().clone(),
        },
        other => panic!("{other}"),
    }
}

/// All words that a type has, as it says itself where it reads another one.
fn words<T: DeserializeOwned>() -> BTreeSet<String> {
    let refusals =
        ["\"?\"", "{\"kind\": \"?\"}"].map(|text| serde_json::from_str::<T>(text).err().unwrap().to_string());
    let refusal = refusals.iter().find(|refusal| refusal.contains("expected one of")).cloned().unwrap_or_default();
    refusal.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

/// A section of a golden file: each sample with its sentences. Fails where a variant has no sample.
pub(crate) fn section<T: Told + Serialize + DeserializeOwned>(title: &str, samples: &[T]) -> String {
    let (sampled, words) = (samples.iter().map(word).collect::<BTreeSet<_>>(), words::<T>());
    // A type with a variant without a word of its own does not say its words.
    assert!(words.is_empty() || sampled == words, "{title}: each variant has a sample: {sampled:?}, {words:?}");
    samples.iter().fold(format!("# {title}\n"), |text, sample| text + &lines(&word(sample), sample))
}

pub(crate) fn lines(word: &str, fact: &impl Told) -> String {
    let [operator, english, german] = three(fact);
    format!("\n{word}\noperator: {operator}\nhr en: {english}\nhr de: {german}\n")
}

/// Compares with a golden file, or rewrites it.
pub(crate) fn golden(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, text).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text, "UPDATE=1 rewrites it");
}

/// What every fact must keep to.
pub(crate) fn speaks_to_all(fact: &impl Told) -> Result<(), String> {
    let [operator, english, german] = three(fact);
    let told = format!("{operator}\n{english}\n{german}");
    if [&operator, &english, &german].iter().any(|sentence| sentence.trim().is_empty()) || english == german {
        return Err(format!("somebody hears nothing of their own: {told}"));
    }
    if numbers(&operator) != numbers(&english) || numbers(&english) != numbers(&german) {
        return Err(format!("other numbers: {told}"));
    }
    let not_theirs =
        ["_", "[", "--", "`", "$0", "HONESTLY", "onfiguration", "credential", "mirror", "Lauf", "Zugang", "Zuordnung"];
    let of_one = [["1", "people"], ["1", "Personen"]];
    for sentence in [&english, &german] {
        let words: Vec<&str> = sentence.split([' ', '.', ',', ')', '(']).collect();
        let disagrees = words.windows(2).any(|pair| of_one.iter().any(|wrong| pair == wrong));
        if disagrees || not_theirs.iter().any(|word| sentence.contains(word)) {
            return Err(format!("not for HR: {sentence}"));
        }
    }
    Ok(())
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The numbers of a sentence, whatever mark stands between thousands and however a month is written.
fn numbers(sentence: &str) -> BTreeSet<String> {
    let month = |(at, name): (usize, &&str)| (format!(" {name} "), format!(" {} ", at + 1));
    let plain =
        MONTHS.iter().enumerate().map(month).fold(sentence.to_owned(), |text, (name, at)| text.replace(&name, &at));
    let characters: Vec<char> = plain.chars().collect();
    let is_digit = |at: usize| characters.get(at).is_some_and(char::is_ascii_digit);
    let is_mark = |at: usize| {
        matches!(characters[at], ',' | '.')
            && at > 0
            && is_digit(at - 1)
            && (1..=3).all(|on| is_digit(at + on))
            && !is_digit(at + 4)
    };
    let kept: String = (0..characters.len()).filter(|at| !is_mark(*at)).map(|at| characters[at]).collect();
    let numbers = kept.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
    numbers.map(|number| number.trim_start_matches('0').to_owned()).collect()
}

#[test]
fn a_number_is_the_same_however_it_is_written() {
    let same = ["3 on 2026-11-03, 3000", "3 on 3 November 2026, 3,000", "3 am 3.11.2026, 3.000"];
    assert_eq!(same.map(|text| numbers(text).into_iter().collect::<Vec<_>>()), [["11", "2026", "3", "3000"]; 3]);
}
