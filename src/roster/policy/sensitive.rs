//! Which attributes are sensitive: they become groups only when the configuration names them.
//!
//! Nobody should have to think of this: pay, bank, tax, insurance, birthday, private address and phone, emergency contact,
//! family, health, faith, origin, sexuality, papers and discipline are left out. The list only sorts; whatever becomes a column
//! is seen by a person before it is sent.

use crate::roster::model::text::skeleton;
use crate::roster::policy::attribute::Attribute;

/// What the words mean stands in the file.
const WORDS: &str = include_str!("sensitive.txt");

pub fn is_sensitive(attribute: &Attribute) -> bool {
    let Attribute { key, label, universal_id, kind: _ } = attribute;
    let texts = [key.as_str(), label, universal_id.as_deref().unwrap_or_default()].map(spoken);
    let is_in = |text: &String, word: &str| match word.chars().count() {
        0..=4 => text.split(' ').any(|spoken| spoken.starts_with(word)),
        _ => text.contains(word),
    };
    let without_dots = WORDS.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue");
    let lines = WORDS.lines().chain(without_dots.lines()).filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| line.split(", ")).any(|word| texts.iter().any(|text| is_in(text, word)))
}

/// Letters and digits, with a space for everything between them.
fn spoken(text: &str) -> String {
    let text = skeleton(text);
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
