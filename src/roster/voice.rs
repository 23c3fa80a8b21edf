//! For whom a sentence is made, and how it calls people, attributes, numbers and days.
//!
//! The program stores and passes facts: kinds, ids, dates, numbers. Each fact says itself through [`Told`], at the very end, for one
//! reader. No part of the program reads a sentence.

use std::fmt::Display;

use chrono::NaiveDate;

use crate::roster::model::record::{AttributeKey, EmployeeId, by_id};
use crate::tongue::{Tongue, say};
use crate::visible::isolated;

/// For whom a sentence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Whoever runs the program, in English: keys, options and commands mean something to them.
    Operator,
    /// Somebody in HR, who knows Personio and neither this program nor its configuration.
    Hr(Tongue),
}

/// How a reader knows people and attributes.
pub trait Names {
    /// Somebody inside a sentence.
    fn person(&self, id: EmployeeId) -> String;
    /// An attribute inside a sentence.
    fn attribute(&self, key: &AttributeKey) -> String;
    /// The column of an attribute, as a name that stands alone.
    fn column(&self, key: &AttributeKey) -> String {
        self.attribute(key)
    }
}

/// One reader, and the names they know.
#[derive(Clone, Copy)]
pub struct Voice<'a> {
    pub reader: Reader,
    names: &'a dyn Names,
}

/// A fact that says itself to one reader.
pub trait Told {
    /// Without a full stop where it may follow a colon.
    fn told(&self, voice: Voice<'_>) -> String;

    /// For logs and mails: people by id, attributes by key, and so no personal data.
    fn logged(&self) -> String {
        self.told(Voice::log())
    }
}

/// What Personio calls its own attributes, in English and in German: for whoever was sent no label of them.
const OWN_ATTRIBUTES: [(&str, &str, &str); 11] = [
    (AttributeKey::EMAIL, "E-mail", "E-Mail"),
    (AttributeKey::FIRST_NAME, "First name", "Vorname"),
    (AttributeKey::LAST_NAME, "Last name", "Nachname"),
    (AttributeKey::SUPERVISOR, "Supervisor", "Vorgesetzte Person"),
    (AttributeKey::STATUS, "Status", "Status"),
    (AttributeKey::HIRE_DATE, "Hire date", "Einstellungsdatum"),
    (AttributeKey::TERMINATION_DATE, "Termination date", "Austrittsdatum"),
    (AttributeKey::DEPARTMENT, "Department", "Abteilung"),
    (AttributeKey::OFFICE, "Office", "Standort"),
    (AttributeKey::SUBCOMPANY, "Subcompany", "Gesellschaft"),
    (AttributeKey::EMPLOYMENT_TYPE, "Employment type", "Anstellungsart"),
];

/// What Personio calls one of its own attributes.
pub fn own_attribute(tongue: Tongue, key: &str) -> Option<&'static str> {
    let (_, english, german) = OWN_ATTRIBUTES.iter().find(|(own, _, _)| *own == key)?;
    Some(match tongue {
        Tongue::English => english,
        Tongue::German => german,
    })
}

/// A sentence for one of the three readers: for the operator, for HR in English, for HR in German. Names in braces come from the
/// arguments, else from the surrounding code; not each of the three has to use all of them.
macro_rules! tell {
    ($voice:expr, $operator:literal, $english:literal, $german:literal $(, $name:ident = $value:expr)* $(,)?) => {{
        $(let $name = $value;)*
        match $voice.reader {
            $crate::roster::voice::Reader::Operator => format!($operator),
            $crate::roster::voice::Reader::Hr($crate::tongue::Tongue::English) => format!($english),
            $crate::roster::voice::Reader::Hr($crate::tongue::Tongue::German) => format!($german),
        }
    }};
}
pub(crate) use tell;

/// Ids and keys, where nobody may be named.
struct Ids;

impl Names for Ids {
    fn person(&self, id: EmployeeId) -> String {
        by_id(id)
    }

    fn attribute(&self, key: &AttributeKey) -> String {
        key.to_string()
    }
}

impl Voice<'static> {
    /// For logs, mails to operators and the run log.
    pub const fn log() -> Self {
        Self { reader: Reader::Operator, names: &Ids }
    }
}

impl<'a> Voice<'a> {
    /// Of the same names, for somebody in HR.
    #[cfg(test)]
    pub(crate) fn for_hr(self, tongue: Tongue) -> Self {
        Self { reader: Reader::Hr(tongue), ..self }
    }

    pub fn new(reader: Reader, names: &'a dyn Names) -> Self {
        Self { reader, names }
    }

    pub fn tongue(self) -> Tongue {
        match self.reader {
            Reader::Operator => Tongue::English,
            Reader::Hr(tongue) => tongue,
        }
    }

    /// Somebody by id, and by name where the reader may read it.
    pub fn person(self, id: EmployeeId) -> String {
        self.names.person(id)
    }

    /// An attribute: its key for the operator, its label for HR.
    pub fn attribute(self, key: &AttributeKey) -> String {
        self.names.attribute(key)
    }

    /// The column of an attribute: the name in its header.
    pub fn column(self, key: &AttributeKey) -> String {
        self.names.column(key)
    }

    /// Text from Personio or from the configuration.
    pub fn quoted(self, text: &str) -> String {
        match self.reader {
            Reader::Operator => format!("{text:?}"),
            Reader::Hr(tongue) => tongue.quoted(&isolated(text)),
        }
    }

    /// HR's numbers have marks between thousands.
    pub fn number(self, number: usize) -> String {
        match self.reader {
            Reader::Operator => number.to_string(),
            Reader::Hr(tongue) => tongue.number(number),
        }
    }

    /// `1 person`, `3,000 people`
    pub fn people(self, number: usize) -> String {
        self.counted(number, ["person", "people"], ["Person", "Personen"])
    }

    /// A number and its noun, which agree.
    pub fn counted(self, number: usize, english: [&str; 2], german: [&str; 2]) -> String {
        let [one, many] = match self.tongue() {
            Tongue::English => english,
            Tongue::German => german,
        };
        format!("{} {}", self.number(number), if number == 1 { one } else { many })
    }

    /// The word for one, or the word for several.
    pub fn agreeing(self, number: usize, english: [&'static str; 2], german: [&'static str; 2]) -> &'static str {
        let [one, many] = match self.tongue() {
            Tongue::English => english,
            Tongue::German => german,
        };
        if number == 1 { one } else { many }
    }

    /// A part of a whole; of nothing it is all.
    pub fn percent(self, part: usize, of: usize) -> String {
        match self.reader {
            Reader::Operator => format!("{} %", part.saturating_mul(100).checked_div(of).unwrap_or(100)),
            Reader::Hr(tongue) => tongue.percent(part, of),
        }
    }

    pub fn day(self, day: NaiveDate) -> String {
        match self.reader {
            Reader::Operator => day.to_string(),
            Reader::Hr(tongue) => tongue.day(day),
        }
    }

    /// Words with commas between them, and "and" before the last.
    pub fn listed(self, words: impl IntoIterator<Item = impl Display>) -> String {
        let words: Vec<String> = words.into_iter().map(|word| word.to_string()).collect();
        self.tongue().listed(&words)
    }

    /// At most `most` of them, and how many more there are.
    pub fn some(self, words: &[String], most: usize) -> String {
        let shown = words.iter().take(most).cloned();
        let more = words.len().saturating_sub(most);
        let more = (more > 0).then(|| say!(self.tongue(), "{more} more", "{more} weitere", more = self.number(more)));
        self.listed(shown.chain(more))
    }
}

#[cfg(test)]
pub(crate) mod tests;
