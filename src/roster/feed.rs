//! A snapshot to the bytes of `employees.csv`.
//!
//! Honestly takes UTF-8 without a byte order mark, commas, every cell in double quotes and case-sensitive headers (help page
//! "wie-synchronisiere-ich-meine-mitarbeiterdaten-mit-meinem-hr-system"). The same snapshot gives the same bytes. Values are
//! sent as they are: a leading `=` belongs to the value, this file is for a machine.

use super::record::AttributeKey;
use super::snapshot::{Employee, Snapshot};

/// The columns and the line ending of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    pub columns: Vec<Column>,
    pub line_end: LineEnd,
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
    let terminator = match format.line_end {
        LineEnd::Lf => csv::Terminator::Any(b'\n'),
        LineEnd::CrLf => csv::Terminator::CRLF,
    };
    let mut writer =
        csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).terminator(terminator).from_writer(Vec::new());
    writer.write_record(format.columns.iter().map(|column| on_one_line(column.header.clone())))?;
    let mut employees: Vec<&Employee> = snapshot.employees().iter().collect();
    employees.sort_by(|a, b| a.import_id.cmp(&b.import_id));
    for employee in employees {
        writer
            .write_record(format.columns.iter().map(|column| on_one_line(cell(snapshot, employee, &column.source))))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn cell(snapshot: &Snapshot, employee: &Employee, source: &Source) -> String {
    match source {
        Source::ImportId => employee.import_id.to_string(),
        Source::Email => employee.email.to_string(),
        Source::FirstName => employee.first_name.clone(),
        Source::LastName => employee.last_name.clone(),
        Source::Language => employee.language.map(|language| language.as_str().to_owned()).unwrap_or_default(),
        Source::ReportsToId => {
            let supervisor = employee.supervisor.and_then(|id| snapshot.employee(id));
            supervisor.map(|supervisor| supervisor.import_id.to_string()).unwrap_or_default()
        }
        Source::Group(attribute) => snapshot.value_of(employee, attribute.as_str()).unwrap_or_default(),
        Source::Constant(text) => text.clone(),
    }
}

fn on_one_line(text: String) -> String {
    if text.contains(['\r', '\n']) { text.replace("\r\n", " ").replace(['\r', '\n'], " ") } else { text }
}
