//! A snapshot to the bytes of `employees.csv`.
//!
//! Honestly takes UTF-8 without a byte order mark, commas, every cell in double quotes and case-sensitive headers (help page
//! "wie-synchronisiere-ich-meine-mitarbeiterdaten-mit-meinem-hr-system"). The same snapshot gives the same bytes. Values are
//! sent as they are: a leading `=` belongs to the value, this file is for a machine.

mod check;

use std::borrow::Cow;

pub use check::{Breach, check};

use crate::roster::model::language::Language;
use crate::roster::model::record::AttributeKey;
use crate::roster::model::snapshot::{Email, Employee, ImportId, Snapshot};
use crate::roster::plan::digest::Canonical;

/// The columns and the line ending of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    pub columns: Vec<Column>,
    pub line_end: LineEnd,
}

/// Stands for the bytes that [`render`] gives, and costs a fraction of them: two feeds with one fingerprint are the same.
/// Another version of this program may write the same people in other bytes.
pub fn fingerprint(snapshot: &Snapshot, format: &Format) -> String {
    let mut hash = Canonical::new();
    hash.text(env!("CARGO_PKG_VERSION"));
    hash.text(&format.canonical());
    for group in snapshot.groups() {
        hash.group("=", &group);
    }
    for employee in snapshot.employees() {
        hash.employee("=", employee);
    }
    hash.finish(32)
}

impl Format {
    /// Everything that decides about the bytes of a feed besides the people, as one text.
    fn canonical(&self) -> String {
        let Self { columns, line_end } = self;
        let columns: String =
            columns.iter().map(|Column { header, source }| format!("{header:?} {source:?}\n")).collect();
        format!("{line_end:?}\n{columns}")
    }
}

/// One column: its header, and where its cells come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub header: String,
    pub source: Source,
}

/// Where a cell comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    ImportId,
    Email,
    FirstName,
    LastName,
    Language,
    /// The supervisor's import id.
    ReportsToId,
    /// The person's groups of one attribute, sorted and joined with a comma.
    Group(AttributeKey),
    /// The same text for everybody.
    Constant(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    Lf,
    CrLf,
}

/// Rows in the order of import ids. Fails only where memory does.
pub fn render(snapshot: &Snapshot, format: &Format) -> Result<Vec<u8>, csv::Error> {
    /// A guess that saves the file from being moved around in memory while it grows.
    const BYTES_PER_CELL: usize = 16;
    let room = (snapshot.employees().len() + 1) * format.columns.len() * BYTES_PER_CELL;
    let terminator = match format.line_end {
        LineEnd::Lf => csv::Terminator::Any(b'\n'),
        LineEnd::CrLf => csv::Terminator::CRLF,
    };
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(terminator)
        .from_writer(Vec::with_capacity(room));
    writer.write_record(format.columns.iter().map(|column| on_one_line(Cow::Borrowed(&column.header)).into_owned()))?;
    let mut employees: Vec<&Employee> = snapshot.employees().iter().map(|employee| &**employee).collect();
    employees.sort_unstable_by(|a, b| a.import_id.cmp(&b.import_id));
    for employee in employees {
        for column in &format.columns {
            writer.write_field(&*on_one_line(cell(snapshot, employee, &column.source)))?;
        }
        // Ends the row.
        writer.write_record(None::<&[u8]>)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn cell<'s>(snapshot: &'s Snapshot, employee: &'s Employee, source: &'s Source) -> Cow<'s, str> {
    Cow::Borrowed(match source {
        Source::ImportId => employee.import_id.as_str(),
        Source::Email => employee.email.as_str(),
        Source::FirstName => &employee.first_name,
        Source::LastName => &employee.last_name,
        Source::Language => employee.language.as_ref().map(|language| language.as_str()).unwrap_or_default(),
        Source::ReportsToId => {
            let supervisor = employee.supervisor.and_then(|id| snapshot.employee(id));
            supervisor.map(|supervisor| supervisor.import_id.as_str()).unwrap_or_default()
        }
        Source::Group(attribute) => return snapshot.value_of(employee, attribute.as_str()).unwrap_or_default(),
        Source::Constant(text) => text,
    })
}

fn on_one_line(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte == b'\r' || byte == b'\n') {
        Cow::Owned(text.replace("\r\n", " ").replace(['\r', '\n'], " "))
    } else {
        text
    }
}

/// One person as a file in the feed's format has them.
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
    pub rows: Vec<Row>,
    /// Headers that no column of the format has; their cells are passed over.
    pub unknown: Vec<String>,
}

/// Reads a file that was exported or sent before: in any order of columns, with columns missing that are not required. Every
/// line that cannot be used is named, by its number from one.
pub fn read(bytes: &[u8], format: &Format) -> Result<Rows, Vec<Unusable>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let headers = reader.headers().map_err(|_| vec![Unusable { line: 1, why: "not comma separated UTF-8".into() }])?;
    let column = |header: &str| format.columns.iter().find(|column| column.header == header.trim());
    let sources: Vec<Option<&Source>> = headers.iter().map(|header| column(header).map(|c| &c.source)).collect();
    let unknown = headers.iter().filter(|header| column(header).is_none()).map(str::to_owned).collect();
    let required = [Source::ImportId, Source::Email, Source::FirstName, Source::LastName];
    let missing: Vec<Unusable> = format
        .columns
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
    if unusable.is_empty() { Ok(Rows { rows, unknown }) } else { Err(unusable) }
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
    let name = |source: &Source| match cell(source) {
        "" => Err("a name is empty"),
        name => Ok(name.to_owned()),
    };
    let value = |(source, text): (&Option<&Source>, &str)| match source {
        Some(Source::Group(key)) if !text.trim().is_empty() => Some((key.clone(), text.trim().to_owned())),
        Some(_) | None => None,
    };
    let language = match cell(&Source::Language) {
        "" => None,
        code => Some(Language::new(code).ok_or("the language is no code of ISO 639-1")?),
    };
    Ok(Row {
        import_id: ImportId::new(cell(&Source::ImportId)).ok_or("the import id is empty")?,
        email: Email::new(cell(&Source::Email)).ok_or("the e-mail address is none")?,
        first_name: name(&Source::FirstName)?,
        last_name: name(&Source::LastName)?,
        language,
        reports_to: ImportId::new(cell(&Source::ReportsToId)),
        values: sources.iter().zip(record).filter_map(value).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_inside_values_become_spaces() {
        let mut format = crate::roster::samples::format(&[("Department", "department")]);
        format.columns.push(Column { header: "Note".into(), source: Source::Constant("=a\r\nb\nc".into()) });
        format.line_end = LineEnd::CrLf;
        let bytes = render(&Snapshot::default(), &format).unwrap();
        assert!(bytes.ends_with(b"\"Note\"\r\n"));
        assert_eq!(on_one_line("=a\r\nb\nc\rd".into()), "=a b c d");
    }
}
