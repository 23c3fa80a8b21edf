//! The last look at a file before it is sent: it is read as Honestly would read it, and tested against every documented rule.
//!
//! It shares only the names of the columns with the code that writes the file, so a mistake there is found here.

use std::collections::HashSet;
use std::fmt;

use foldhash::fast::RandomState;

use super::{Column, Columns, LineEnd, Source};
use crate::roster::model::language::Language;
use crate::roster::model::snapshot::{LONGEST_VALUE, fold};

/// A rule of Honestly that a file breaks. Rows are named by their import id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breach {
    NotUtf8,
    ByteOrderMark,
    NotCsv,
    Header(String),
    Missing { row: String, column: String },
    Twice { row: String, column: String },
    TooLong { row: String, column: String, characters: usize },
    UnknownSupervisor { row: String },
    UnknownLanguage { row: String },
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("it is not UTF-8"),
            Self::ByteOrderMark => f.write_str("it starts with a byte order mark"),
            Self::NotCsv => f.write_str("it is not comma separated with every cell in double quotes"),
            Self::Header(header) => write!(f, "the header {header:?} is missing, unknown, repeated or too long"),
            Self::Missing { row, column } => write!(f, "{column} of {row:?} is empty"),
            Self::Twice { row, column } => write!(f, "{column} of {row:?} appears twice"),
            Self::TooLong { row, column, characters } => {
                write!(f, "{column} of {row:?} has {characters} characters, Honestly takes {LONGEST_VALUE}")
            }
            Self::UnknownSupervisor { row } => write!(f, "the supervisor of {row:?} is not in the file"),
            Self::UnknownLanguage { row } => write!(f, "the language of {row:?} is not a code of ISO 639-1"),
        }
    }
}

/// Reads a file that will be sent as Honestly would, and tests every rule that Honestly documents. The result is sorted, and
/// empty if the file may be sent.
pub fn check(bytes: &[u8], columns: &Columns) -> Vec<Breach> {
    let Ok(text) = std::str::from_utf8(bytes) else { return vec![Breach::NotUtf8] };
    if text.starts_with('\u{feff}') {
        return vec![Breach::ByteOrderMark];
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    let mut row = csv::StringRecord::new();
    let Ok(true) = reader.read_record(&mut row) else { return vec![Breach::NotCsv] };
    let breaches = check_headers(&row, columns);
    if !breaches.is_empty() {
        return ordered(breaches);
    }
    let mut rest = bytes;
    let mut rules = Rules::new(columns);
    loop {
        match after_row(rest, &row, columns.line_end()) {
            Some(after) => rest = after,
            None => return vec![Breach::NotCsv],
        }
        match reader.read_record(&mut row) {
            Ok(true) => rules.look_at(&row),
            Ok(false) if rest.is_empty() => return ordered(rules.breaches()),
            Ok(false) | Err(_) => return vec![Breach::NotCsv],
        }
    }
}

fn ordered(mut breaches: Vec<Breach>) -> Vec<Breach> {
    breaches.sort();
    breaches.dedup();
    breaches
}

/// The rest of the file after this row, if the row is written as Honestly wants it: every cell in double quotes, and double
/// quotes inside doubled.
fn after_row<'f>(mut rest: &'f [u8], row: &csv::StringRecord, line_end: LineEnd) -> Option<&'f [u8]> {
    for (at, cell) in row.iter().enumerate() {
        rest = rest.strip_prefix(if at == 0 { b"\"".as_slice() } else { b",\"" })?;
        for (at, part) in cell.split('"').enumerate() {
            rest = rest.strip_prefix(if at == 0 { b"".as_slice() } else { b"\"\"" })?;
            rest = rest.strip_prefix(part.as_bytes())?;
        }
        rest = rest.strip_prefix(b"\"")?;
    }
    rest.strip_prefix(match line_end {
        LineEnd::Lf => b"\n".as_slice(),
        LineEnd::CrLf => b"\r\n",
    })
}

fn check_headers(headers: &csv::StringRecord, columns: &Columns) -> Vec<Breach> {
    let known: Vec<&str> = columns.iter().map(|column| column.header.as_str()).collect();
    let mut seen = HashSet::new();
    let unknown = headers.iter().filter(|header| {
        !known.contains(header) || !seen.insert(*header) || header.chars().count() > LONGEST_VALUE || header.is_empty()
    });
    let mut breaches: Vec<Breach> = unknown.map(|header| Breach::Header(header.to_owned())).collect();
    let required = [Source::ImportId, Source::Email, Source::FirstName, Source::LastName];
    let missing = required.iter().filter(|source| !columns.iter().any(|column| column.source == **source));
    breaches.extend(missing.map(|source| Breach::Header(format!("{source:?}"))));
    let absent = known.iter().filter(|header| !headers.iter().any(|h| h == **header));
    breaches.extend(absent.map(|header| Breach::Header((*header).to_owned())));
    breaches
}

/// Honestly's rules for rows, checked row by row.
struct Rules<'f> {
    columns: &'f Columns,
    /// The column of import ids, by which rows are named.
    names: Option<usize>,
    import_ids: HashSet<Box<str>, RandomState>,
    /// Folded.
    emails: HashSet<Box<str>, RandomState>,
    /// Supervisors whose rows have not come yet, each with the row that names them.
    awaited: Vec<(Box<str>, Box<str>)>,
    breaches: Vec<Breach>,
}

impl<'f> Rules<'f> {
    fn new(columns: &'f Columns) -> Self {
        Self {
            columns,
            names: columns.iter().position(|column| column.source == Source::ImportId),
            import_ids: HashSet::default(),
            emails: HashSet::default(),
            awaited: Vec::new(),
            breaches: Vec::new(),
        }
    }

    fn look_at(&mut self, row: &csv::StringRecord) {
        let name = self.names.and_then(|at| row.get(at)).unwrap_or_default();
        for (Column { header, source }, value) in self.columns.iter().zip(row) {
            let (row, column) = (|| name.to_owned(), || header.clone());
            let breach = match source {
                Source::ImportId | Source::Email | Source::FirstName | Source::LastName if value.trim().is_empty() => {
                    Breach::Missing { row: row(), column: column() }
                }
                Source::ImportId if !self.import_ids.insert(value.into()) => {
                    Breach::Twice { row: row(), column: column() }
                }
                Source::Email if !self.emails.insert(fold(value).into()) => {
                    Breach::Twice { row: row(), column: column() }
                }
                Source::ReportsToId if !value.is_empty() && !self.import_ids.contains(value) => {
                    self.awaited.push((value.into(), name.into()));
                    continue;
                }
                Source::Language(_) if !value.is_empty() && !is_language(value) => {
                    Breach::UnknownLanguage { row: row() }
                }
                Source::FirstName | Source::LastName | Source::Group(_) | Source::Constant(_)
                    if value.len() > LONGEST_VALUE && value.chars().count() > LONGEST_VALUE =>
                {
                    Breach::TooLong { row: row(), column: column(), characters: value.chars().count() }
                }
                Source::ImportId
                | Source::Email
                | Source::FirstName
                | Source::LastName
                | Source::Language(_)
                | Source::ReportsToId
                | Source::Group(_)
                | Source::Constant(_)
                | Source::Unknown => continue,
            };
            self.breaches.push(breach);
        }
    }

    fn breaches(self) -> Vec<Breach> {
        let Self { import_ids, awaited, mut breaches, .. } = self;
        let missing = awaited.into_iter().filter(|(supervisor, _)| !import_ids.contains(supervisor));
        breaches.extend(missing.map(|(_, row)| Breach::UnknownSupervisor { row: row.into() }));
        breaches
    }
}

fn is_language(code: &str) -> bool {
    Language::new(code).is_some_and(|language| language.as_str() == code)
}

#[cfg(test)]
mod tests;
