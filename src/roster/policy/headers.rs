//! From labels at Personio to headers of columns.
//!
//! Administrators write labels for people: they may be empty, too long, used twice, or the name of another column. None of that
//! stops a run: such a column gets its key in the header, and a note says so.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::roster::model::record::AttributeKey;
use crate::roster::model::snapshot::LONGEST_VALUE;
use crate::roster::model::text::{folded, tidy};
use crate::roster::policy::GroupRule;
use crate::roster::policy::attribute::Attribute;
use crate::roster::voice::{Told, Voice, tell};

/// The groups that need no configuration: Personio's key and the name in Honestly.
pub const USUAL_GROUPS: [(&str, &str); 8] = [
    ("department", "Department"),
    ("office", "Office"),
    ("team", "Team"),
    ("subcompany", "Subcompany"),
    ("position", "Position"),
    ("gender", "Gender"),
    ("employment_type", "Employment type"),
    ("cost_centers", "Cost centre"),
];

/// The name of a group that needs no configuration.
pub fn usual_name(key: &str) -> Option<&'static str> {
    USUAL_GROUPS.iter().find(|(usual, _)| *usual == key).map(|(_, name)| *name)
}

/// An attribute that becomes a group: its name in Honestly, and how its values are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupColumn {
    pub header: String,
    pub origin: HeaderOrigin,
    /// Why the header is not the label, if it should be.
    pub problem: Option<LabelProblem>,
    pub rule: GroupRule,
}

/// Where a header comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderOrigin {
    /// The configuration or this program gives it.
    Chosen,
    /// The attribute's label at Personio.
    Label,
}

impl GroupColumn {
    pub fn renamed(&self) -> Option<Renamed> {
        let Self { header, origin: _, problem, rule } = self;
        problem.map(|because| Renamed { attribute: rule.attribute.clone(), header: header.clone(), because })
    }
}

/// A column whose header is not its attribute's label at Personio.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Renamed {
    pub attribute: AttributeKey,
    pub header: String,
    pub because: LabelProblem,
}

/// Why a label cannot be a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LabelProblem {
    Blank,
    TooLong,
    /// Another column or another attribute has this name.
    Taken,
}

impl Told for Renamed {
    fn told(&self, voice: Voice<'_>) -> String {
        let Self { attribute, header, because } = self;
        tell!(
            voice,
            "the column of {attribute} is called {header}: {because}",
            "The column of {attribute} is called {header}: {because}.",
            "Die Spalte zu {attribute} heißt {header}, denn {because}.",
            attribute = voice.attribute(attribute),
            header = voice.quoted(header),
            because = because.told(voice)
        )
    }
}

impl Told for LabelProblem {
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::Blank => tell!(
                voice,
                "its label at Personio is empty",
                "its name in Personio is empty",
                "die Bezeichnung in Personio ist leer"
            ),
            Self::TooLong => tell!(
                voice,
                "its label at Personio is longer than Honestly takes",
                "its name in Personio is longer than Honestly takes",
                "die Bezeichnung in Personio ist länger, als Honestly nimmt"
            ),
            Self::Taken => tell!(
                voice,
                "another column or attribute has the name of its label at Personio",
                "its name in Personio is that of another field or column too",
                "die Bezeichnung in Personio hat auch ein anderes Feld oder eine andere Spalte"
            ),
        }
    }
}

/// The headers of columns: each appears once, ignoring case, and fits into a cell.
pub struct Headers<'a> {
    readable: &'a [Attribute],
    /// Folded.
    taken: BTreeSet<String>,
}

impl<'a> Headers<'a> {
    pub fn new(readable: &'a [Attribute], reserved: &[&str]) -> Self {
        Self { readable, taken: reserved.iter().map(|header| folded(header)).collect() }
    }

    /// Takes a header; false if it was taken already.
    pub fn take(&mut self, header: &str) -> bool {
        self.taken.insert(folded(header))
    }

    /// The label if it can be a header, label and key if it is taken, else the key, else a number.
    pub fn by_label(&mut self, rule: GroupRule) -> GroupColumn {
        let attribute = self.readable.iter().find(|attribute| attribute.key == rule.attribute);
        let label = attribute.map(|attribute| tidy(&attribute.label).into_owned());
        let key = tidy(rule.attribute.as_str()).into_owned();
        let mut problem = label.as_ref().and_then(|label| self.problem_of(&rule.attribute, label));
        let first = match (label, problem) {
            (Some(label), None) => label,
            (Some(label), Some(LabelProblem::Taken)) => format!("{label} ({key})"),
            (Some(_), Some(LabelProblem::Blank | LabelProblem::TooLong)) | (None, _) => key.clone(),
        };
        let numbered = (1..).map(|number: usize| format!("Attribute {number}"));
        let mut choices = [first.clone(), key].into_iter().chain(numbered);
        let header = choices.find(|header| fits(header) && self.take(header)).unwrap_or_default();
        if problem.is_none() && header != first {
            problem = Some(LabelProblem::Taken);
        }
        GroupColumn { header, origin: HeaderOrigin::Label, problem, rule }
    }

    fn problem_of(&self, key: &AttributeKey, label: &str) -> Option<LabelProblem> {
        if label.is_empty() {
            return Some(LabelProblem::Blank);
        }
        if !fits(label) {
            return Some(LabelProblem::TooLong);
        }
        let label = folded(label);
        let is_usual = USUAL_GROUPS.iter().any(|(_, usual)| folded(usual) == label);
        let is_other = |attribute: &Attribute| attribute.key != *key && folded(&attribute.label) == label;
        let is_taken = is_usual || self.taken.contains(&label) || self.readable.iter().any(is_other);
        is_taken.then_some(LabelProblem::Taken)
    }
}

fn fits(header: &str) -> bool {
    (1..=LONGEST_VALUE).contains(&header.chars().count())
}
