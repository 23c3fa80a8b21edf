//! Every rule speaks to each of its readers, and says the same to all of them.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::samples::{differences, mismatches, rules, stands, voids};
use super::*;
use crate::roster::voice::tests::{golden, lines, section, speaks_to_all, three};
use crate::tests::cases;

/// What somebody is advised.
struct Advised<'r>(&'r Rule);

impl Told for Advised<'_> {
    fn told(&self, voice: Voice<'_>) -> String {
        let Advice { usually, does } = self.0.advice(voice);
        format!("{usually}\n    - {}", does.join("\n    - "))
    }
}

#[test]
fn every_rule_says_itself_to_each_of_three_readers_and_has_advice() {
    let (mut text, mut before) = ("# Rules\n".to_owned(), String::new());
    for rule in rules() {
        text += &lines(rule.kind(), &rule);
        let advised = lines(&format!("... approving {:?}", rule.card().approving), &Advised(&rule));
        // Where the numbers make another sentence, the advice is the same.
        text += if advised == before { "" } else { &advised };
        before = advised;
    }
    text += &section("Differences of scope", &Vec::from_iter(differences()));
    text += &section("Mirrors", &mismatches());
    text += &section("What stands there", &stands());
    text += &section("Why a digest is not good", &voids());
    golden("sentences-rules.txt", &text);
}

#[test]
fn every_rule_has_a_sample() {
    let error = serde_json::from_value::<Rule>(json!({"kind": "?"})).err().unwrap().to_string();
    let (_, expected) = error.split_once("expected one of ").unwrap();
    let known: BTreeSet<&str> = expected.split('`').skip(1).step_by(2).collect();
    let sampled = rules();
    assert_eq!(sampled.iter().map(Rule::kind).collect::<BTreeSet<_>>(), known);
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
        Value::Bool(is) => *is = numbers.next().unwrap().is_multiple_of(2),
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
        if let Err(fault) = speaks_to_all(&rule) {
            prop_assert!(false, "{fault}");
        }
        let [_, english, german] = three(&rule);
        for going in ["ReportsToId", " gehen", " would go"] {
            prop_assert!(!english.contains(going) && !german.contains(going), "{english}\n{german}");
        }
    }
}
