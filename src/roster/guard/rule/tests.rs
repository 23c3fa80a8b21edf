//! Every rule speaks to each of its readers, and says the same to all of them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::samples::{differences, rules, stands, voids};
use super::*;
use crate::golden;
use crate::roster::model::record::by_id;
use crate::roster::voice::{Names, Reader, Told, Voice};
use crate::tests::cases;
use crate::tongue::Tongue;

/// A page that knows labels.
struct Labels;

impl Names for Labels {
    fn person(&self, id: EmployeeId) -> String {
        format!("Ada Lovelace ({})", by_id(id).trim_start_matches("employee "))
    }

    fn attribute(&self, key: &AttributeKey) -> String {
        let (first, rest) = key.as_str().split_at(1);
        format!("“{}{}”", first.to_uppercase(), rest.replace('_', " "))
    }
}

fn voices() -> [(&'static str, Voice<'static>); 3] {
    let hr = |tongue| Voice::new(Reader::Hr(tongue), &Labels);
    [("operator", Voice::log()), ("hr en", hr(Tongue::English)), ("hr de", hr(Tongue::German))]
}

fn told(fact: &impl Told) -> [String; 3] {
    voices().map(|(_, voice)| fact.told(voice))
}

/// A number by itself, whatever mark stands between thousands and however a month is written.
fn numbers(sentence: &str) -> BTreeSet<u64> {
    let plain = sentence.replace("3,000", "3000").replace("3.000", "3000").replace(" November ", ".11.");
    let found = plain.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    found.map(|digits| digits.parse().unwrap()).collect()
}

fn assert_speaks(sentences: &[String; 3]) {
    let [operator, english, german] = sentences;
    assert!(sentences.iter().all(|sentence| !sentence.trim().is_empty()), "{sentences:?}");
    assert_eq!((numbers(english), numbers(german)), (numbers(operator), numbers(operator)), "{sentences:#?}");
    for hr in [english, german] {
        let of_ours =
            ["_", "ReportsToId", "mirror", "credential", "$0", "Lauf", "Zugang", "Zuordnung", " gehen", " would go"];
        let said: Vec<_> = of_ours.iter().filter(|word| hr.contains(**word)).collect();
        assert!(said.is_empty(), "{said:?} in {hr}");
    }
}

#[test]
fn every_rule_says_the_same_to_each_reader_and_has_advice() {
    let mut text = String::new();
    let mut before = None;
    for rule in rules() {
        let Card { kind, concerns, approving, options } = rule.card();
        let _ = writeln!(text, "{kind}: about {concerns:?}, approving {approving:?}, by {options:?}");
        let sentences = told(&rule);
        assert_speaks(&sentences);
        for ((reader, _), sentence) in voices().iter().zip(&sentences) {
            let _ = writeln!(text, "  {reader}: {sentence}");
        }
        let advice = voices().map(|(reader, voice)| (reader, rule.advice(voice)));
        if before.as_ref() != Some(&advice) {
            for (reader, Advice { usually, does }) in &advice {
                let _ = writeln!(text, "  {reader} usually: {usually}");
                does.iter().for_each(|step| _ = writeln!(text, "  {reader} does: {step}"));
            }
        }
        before = Some(advice);
        text.push('\n');
    }
    let named = |name: &str, sentences: [String; 3], text: &mut String| {
        let _ = writeln!(text, "{name}");
        for ((reader, _), sentence) in voices().iter().zip(&sentences) {
            let _ = writeln!(text, "  {reader}: {sentence}");
        }
        text.push('\n');
    };
    stands().iter().for_each(|stands| named("stands", told(stands), &mut text));
    voids().iter().for_each(|void| named("void", told(void), &mut text));
    golden::assert_is("tests/golden/sentences-rules.txt", &text);
}

/// The variants that can be read, as the reader itself names them, against those of the samples.
fn assert_all<T: Serialize + DeserializeOwned>(samples: impl IntoIterator<Item = T>, unknown: Value) {
    let name = |sample: T| match serde_json::to_value(&sample).unwrap() {
        Value::String(name) => name,
        Value::Object(fields) => match fields.get("kind").and_then(Value::as_str) {
            Some(kind) => kind.to_owned(),
            None => fields.keys().next().unwrap().clone(),
        },
        other => panic!("{other}"),
    };
    let sampled: BTreeSet<String> = samples.into_iter().map(name).collect();
    let error = serde_json::from_value::<T>(unknown).err().unwrap().to_string();
    let (_, expected) = error.split_once("expected one of ").unwrap();
    let known: BTreeSet<String> = expected.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(known.len() > 1, "{error}");
    assert_eq!(sampled, known);
}

#[test]
fn every_kind_has_a_sample() {
    assert_all(rules(), json!({"kind": "?"}));
    assert_all(differences(), json!("?"));
    assert_all(stands(), json!("?"));
    assert_all(voids(), json!("?"));
    let mismatches = rules().into_iter().filter_map(|rule| match rule {
        Rule::AnotherMirror { mismatch } => Some(mismatch),
        _ => None,
    });
    assert_all(mismatches, json!("?"));
}

#[test]
fn what_is_stored_of_a_rule_reads_back() {
    for rule in rules() {
        let stored = serde_json::to_value(&rule).unwrap();
        assert!(!stored.to_string().contains('@'), "no address is stored: {stored}");
        assert_eq!(stored["kind"], rule.kind());
        assert_eq!(serde_json::from_value::<Rule>(stored).unwrap().logged(), rule.logged());
    }
}

#[test]
fn what_no_approval_answers_leads_and_then_what_is_gravest() {
    let rules = rules();
    assert_eq!(leading(&rules).map(Rule::kind), Some("empty_listing"));
    assert_eq!(approving(&rules), Approving::NotOffered);
    let offered: Vec<Rule> = rules.into_iter().filter(|rule| rule.card().approving == Approving::Offered).collect();
    assert_eq!((leading(&offered).map(Rule::kind), approving(&offered)), (Some("no_overlap"), Approving::Offered));
    let about = |concern| offered.iter().find(|rule| rule.card().concerns == concern).unwrap().clone();
    let leads = |concerns: &[Concern]| {
        let rules: Vec<Rule> = concerns.iter().map(|concern| about(*concern)).collect();
        leading(&rules).map(|rule| rule.card().concerns)
    };
    assert_eq!(leads(&[Concern::Contents, Concern::Removals, Concern::Destination]), Some(Concern::Removals));
    assert_eq!(leads(&[Concern::Columns, Concern::Destination, Concern::Identities]), Some(Concern::Identities));
    assert_eq!((leading(&[]), approving(&[])), (None, Approving::Offered));
}

/// The same with other numbers, one after the other.
fn with_numbers(value: &mut Value, numbers: &mut impl Iterator<Item = u8>) {
    match value {
        Value::Number(number) => *number = numbers.next().unwrap().into(),
        Value::Bool(is) => *is = numbers.next().unwrap() % 2 == 0,
        Value::Array(values) => values.iter_mut().for_each(|value| with_numbers(value, numbers)),
        Value::Object(fields) => fields.values_mut().for_each(|value| with_numbers(value, numbers)),
        Value::Null | Value::String(_) => {}
    }
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn whatever_the_numbers_all_readers_hear_the_same_ones(of in 0..rules().len(), numbers in prop::collection::vec(0_u8..4, 1..9)) {
        let mut stored = serde_json::to_value(&rules()[of]).unwrap();
        with_numbers(&mut stored, &mut numbers.into_iter().cycle());
        let rule: Rule = serde_json::from_value(stored).unwrap();
        prop_assume!(!matches!(rule, Rule::NeverThere { people: 0, become_others: 0 }));
        let sentences = told(&rule);
        assert_speaks(&sentences);
        let [_, english, german] = sentences;
        for wrong in [" 1 people", "1 Personen würden", " 1 hours", " 1 Stunden"] {
            prop_assert!(!format!(" {english} {german}").contains(wrong), "{wrong} in {english} {german}");
        }
    }
}
