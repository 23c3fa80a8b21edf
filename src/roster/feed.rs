//! Everything that decides the bytes of `employees.csv`: its columns, and the people below them.
//!
//! Honestly removes whoever is missing from this file, so the feed is what is compared, shown, judged and sent. `render` writes
//! it, `read` reads one back, and `check` tests the bytes against every rule that Honestly documents.

mod check;
mod read;
mod render;

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use check::{Breach, check};
pub use read::{Row, Rows, Unusable, contents, read};
pub use render::render;

use crate::roster::model::record::AttributeKey;
use crate::roster::model::snapshot::{Employee, Snapshot};
use crate::roster::model::text::folded;
use crate::roster::voice::{Told, Voice, tell};

/// What a destination has or will have: a header, and everybody below it. Empty if there is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feed {
    pub columns: Columns,
    pub people: Snapshot,
}

/// The header of the file in its order, and the line ending. No header appears twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    columns: Vec<Column>,
    line_end: LineEnd,
}

/// One column: its header, and where its cells come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub header: String,
    pub source: Source,
}

/// Where a cell comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    ImportId,
    Email,
    FirstName,
    LastName,
    /// Of the attribute that gives it, if one does.
    Language(Option<AttributeKey>),
    /// The supervisor's import id.
    ReportsToId,
    /// The person's groups of one attribute, sorted and joined with a comma.
    Group(AttributeKey),
    /// The same text for everybody.
    Constant(String),
    /// A column of an adopted file that this program does not fill.
    Unknown,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineEnd {
    #[default]
    Lf,
    CrLf,
}

/// A header that two columns would have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwiceTheHeader(pub String);

impl Columns {
    pub fn new(columns: Vec<Column>, line_end: LineEnd) -> Result<Self, TwiceTheHeader> {
        let mut seen = BTreeSet::new();
        if let Some(twice) = columns.iter().find(|column| !seen.insert(folded(&column.header))) {
            return Err(TwiceTheHeader(twice.header.clone()));
        }
        // Without columns there are no lines to end.
        let line_end = if columns.is_empty() { LineEnd::default() } else { line_end };
        Ok(Self { columns, line_end })
    }

    /// In the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Column> {
        self.columns.iter()
    }

    pub fn line_end(&self) -> LineEnd {
        self.line_end
    }

    pub fn get(&self, header: &str) -> Option<&Column> {
        self.iter().find(|column| column.header == header)
    }

    /// The header of the column that a source fills.
    pub fn header_of(&self, source: &Source) -> Option<&str> {
        self.iter().find(|column| column.source == *source).map(|column| column.header.as_str())
    }

    /// The name in Honestly of an attribute that is a group.
    pub fn name_of(&self, attribute: &AttributeKey) -> Option<&str> {
        let is_its = |column: &&Column| matches!(&column.source, Source::Group(key) if key == attribute);
        self.iter().find(is_its).map(|column| column.header.as_str())
    }
}

impl Feed {
    /// The cell of one person for a source.
    pub fn cell<'f>(&'f self, employee: &'f Employee, source: &'f Source) -> Cow<'f, str> {
        on_one_line(Cow::Borrowed(match source {
            Source::ImportId => employee.import_id.as_str(),
            Source::Email => employee.email.as_str(),
            Source::FirstName => &employee.first_name,
            Source::LastName => &employee.last_name,
            Source::Language(_) => employee.language.as_ref().map(|language| language.as_str()).unwrap_or_default(),
            Source::ReportsToId => {
                let supervisor = employee.supervisor.and_then(|id| self.people.employee(id));
                supervisor.map(|supervisor| supervisor.import_id.as_str()).unwrap_or_default()
            }
            Source::Group(attribute) => {
                return on_one_line(self.people.value_of(employee, attribute.as_str()).unwrap_or_default());
            }
            Source::Constant(text) => text,
            Source::Unknown => "",
        }))
    }
}

impl Source {
    /// One word for machines, such as `group`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ImportId => "import_id",
            Self::Email => AttributeKey::EMAIL,
            Self::FirstName => AttributeKey::FIRST_NAME,
            Self::LastName => AttributeKey::LAST_NAME,
            Self::Language(_) => "language",
            Self::ReportsToId => AttributeKey::SUPERVISOR,
            Self::Group(_) => "group",
            Self::Constant(_) => "constant",
            Self::Unknown => "unknown",
        }
    }

    /// The source of this kind that every person has.
    pub fn of_kind(kind: &str) -> Option<Self> {
        let own = [
            Self::ImportId,
            Self::Email,
            Self::FirstName,
            Self::LastName,
            Self::Language(None),
            Self::ReportsToId,
            Self::Unknown,
        ];
        own.into_iter().find(|source| source.kind() == kind)
    }
}

impl Told for Source {
    fn told(&self, voice: Voice<'_>) -> String {
        match self {
            Self::ImportId => tell!(voice, "import id", "import ID", "Import-ID"),
            Self::Email => tell!(voice, "e-mail address", "e-mail address", "E-Mail-Adresse"),
            Self::FirstName => tell!(voice, "first name", "first name", "Vorname"),
            Self::LastName => tell!(voice, "last name", "last name", "Nachname"),
            Self::Language(None) => tell!(voice, "language", "language", "Sprache"),
            Self::Language(Some(key)) => {
                let key = voice.attribute(key);
                tell!(voice, "language by {key}", "language by {key}", "Sprache nach {key}")
            }
            Self::ReportsToId => {
                tell!(voice, "import id of the supervisor", "supervisor", "vorgesetzte Person")
            }
            Self::Group(key) => voice.attribute(key),
            Self::Constant(text) => {
                let text = voice.quoted(text);
                tell!(voice, "{text} for everybody", "{text} for everybody", "{text} bei allen")
            }
            Self::Unknown => tell!(voice, "not from here", "not from Personio", "nicht aus Personio"),
        }
    }
}

impl LineEnd {
    /// As the configuration calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "lf",
            Self::CrLf => "crlf",
        }
    }
}

/// A cell is one line: nobody knows whether Honestly's importer takes more.
fn on_one_line(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte == b'\r' || byte == b'\n') {
        Cow::Owned(text.replace("\r\n", " ").replace(['\r', '\n'], " "))
    } else {
        text
    }
}

#[cfg(test)]
mod tests;
