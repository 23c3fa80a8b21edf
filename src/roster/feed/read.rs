//! Reads a file in the feed's format: one that Honestly exported, one that was sent before, or one that somebody else left at
//! the destination.

use std::collections::BTreeMap;

use super::{Column, Columns, Source, TwiceTheHeader};
use crate::roster::model::language::Language;
use crate::roster::model::record::AttributeKey;
use crate::roster::model::snapshot::{Email, ImportId, LONGEST_VALUE};
use crate::roster::model::text::tidy;

/// One person in a file of the feed's format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub import_id: ImportId,
    pub email: Email,
    pub first_name: String,
    pub last_name: String,
    pub language: Option<Language>,
    pub reports_to: Option<ImportId>,
    /// The cells of mapped attributes that are not empty.
    pub values: Vec<(AttributeKey, String)>,
}

/// What a file in the feed's format says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The file's own header. A header that is none of ours gets [`Source::Unknown`], and its cells are skipped.
    pub columns: Columns,
    pub rows: Vec<Row>,
}

/// Reads a file that was exported or sent before. The columns may be in any order, and optional ones may be missing. Every line
/// that cannot be used is reported with its number, counted from one.
pub fn read(bytes: &[u8], columns: &Columns) -> Result<Rows, Vec<Unusable>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let headers = reader.headers().map_err(|_| vec![Unusable { line: 1, why: "not comma separated UTF-8".into() }])?;
    let column = |header: &str| columns.get(header.trim());
    let sources: Vec<Option<&Source>> = headers.iter().map(|header| column(header).map(|c| &c.source)).collect();
    let source = |header: &str| column(header).map_or(Source::Unknown, |column| column.source.clone());
    let own = headers.iter().map(|header| Column { header: header.trim().to_owned(), source: source(header) });
    let own = Columns::new(own.collect(), columns.line_end()).map_err(|TwiceTheHeader(header)| {
        vec![Unusable { line: 1, why: format!("the header {header:?} appears twice") }]
    })?;
    let required = [Source::ImportId, Source::Email, Source::FirstName, Source::LastName];
    let missing: Vec<Unusable> = columns
        .iter()
        .filter(|column| required.contains(&column.source) && !sources.contains(&Some(&column.source)))
        .map(|column| Unusable { line: 1, why: format!("the header {:?} is missing", column.header) })
        .collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let mut rows = Vec::new();
    let mut unusable = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let line = at + 2;
        match record {
            Err(_) => unusable.push(Unusable { line, why: "not as many cells as the header has, or not UTF-8".into() }),
            Ok(record) => match row(&sources, &record) {
                Ok(row) => rows.push(row),
                Err(why) => unusable.push(Unusable { line, why: why.into() }),
            },
        }
    }
    if unusable.is_empty() { Ok(Rows { columns: own, rows }) } else { Err(unusable) }
}

/// A line that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    pub line: usize,
    pub why: String,
}

fn row(sources: &[Option<&Source>], record: &csv::StringRecord) -> Result<Row, &'static str> {
    let cell = |wanted: &Source| {
        let at = sources.iter().position(|source| *source == Some(wanted));
        at.and_then(|at| record.get(at)).unwrap_or_default().trim()
    };
    let name = |source: &Source| match tidy(cell(source)) {
        name if name.is_empty() => Err("a name is empty"),
        name if name.chars().count() > LONGEST_VALUE => Err("a name has more than 100 characters"),
        name => Ok(name.into_owned()),
    };
    let is_group = |source: &Option<&Source>| matches!(source, Some(Source::Group(_)));
    let is_too_long = |text: &str| text.trim().chars().count() > LONGEST_VALUE;
    if sources.iter().zip(record).any(|(source, text)| is_group(source) && is_too_long(text)) {
        return Err("a value has more than 100 characters");
    }
    let value = |(source, text): (&Option<&Source>, &str)| match source {
        Some(Source::Group(key)) if !text.trim().is_empty() => Some((key.clone(), text.trim().to_owned())),
        Some(_) | None => None,
    };
    let gives_language = |source: &&&Source| matches!(source, Source::Language(_));
    let language = match sources.iter().flatten().find(gives_language).map_or("", |source| cell(source)) {
        "" => None,
        code => Some(Language::new(code).ok_or("the language is not a code of ISO 639-1")?),
    };
    Ok(Row {
        import_id: ImportId::new(cell(&Source::ImportId)).ok_or("the import id is empty")?,
        email: Email::new(cell(&Source::Email)).ok_or("the e-mail address is not valid")?,
        first_name: name(&Source::FirstName)?,
        last_name: name(&Source::LastName)?,
        language,
        reports_to: ImportId::new(cell(&Source::ReportsToId)),
        values: sources.iter().zip(record).filter_map(value).collect(),
    })
}

/// Who is in a file that we may read but did not write: names by import id, empty where it has none. Tolerates as much as
/// possible: a shortened file or other columns are worth comparing too. Nobody is in a file without a byte, or with a header
/// alone. None if it has no header with import ids.
pub fn contents(bytes: &[u8], columns: &Columns) -> Option<BTreeMap<String, String>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Some(BTreeMap::new());
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header = reader.byte_headers().ok()?.clone();
    let column = |source, usual: &str| {
        let ours = columns.header_of(source).unwrap_or(usual);
        header.iter().position(|cell| [ours.as_bytes(), usual.as_bytes()].contains(&cell))
    };
    let at = column(&Source::ImportId, "ImportId")?;
    let names = column(&Source::FirstName, "Firstname").zip(column(&Source::LastName, "Lastname"));
    let mut people = BTreeMap::new();
    for record in reader.byte_records() {
        let record = record.ok()?;
        let import_id = std::str::from_utf8(record.get(at)?).ok()?;
        let cell = |at| String::from_utf8_lossy(record.get(at).unwrap_or_default());
        let name = names.map(|(first, last)| tidy(&format!("{} {}", cell(first), cell(last))).into_owned());
        people.insert(import_id.to_owned(), name.unwrap_or_default());
    }
    Some(people)
}
