//! From a feed to the bytes of `employees.csv`.
//!
//! Honestly takes UTF-8 without a byte order mark, commas, every cell in double quotes and case-sensitive headers (help page
//! "wie-synchronisiere-ich-meine-mitarbeiterdaten-mit-meinem-hr-system"). The same feed gives the same bytes. Values are sent
//! unchanged: a leading `=` is part of the value, because this file is read by a machine.

use std::borrow::Cow;

use super::{Feed, LineEnd, on_one_line};
use crate::roster::model::snapshot::Employee;

/// Rows are sorted by import id. Fails only if memory runs out.
pub fn render(feed: &Feed) -> Result<Vec<u8>, csv::Error> {
    /// A guess, so that the growing file is not moved around in memory.
    const BYTES_PER_CELL: usize = 16;
    let Feed { columns, people } = feed;
    let room = (people.employees().len() + 1) * columns.iter().len() * BYTES_PER_CELL;
    let terminator = match columns.line_end() {
        LineEnd::Lf => csv::Terminator::Any(b'\n'),
        LineEnd::CrLf => csv::Terminator::CRLF,
    };
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(terminator)
        .from_writer(Vec::with_capacity(room));
    writer.write_record(columns.iter().map(|column| on_one_line(Cow::Borrowed(&column.header)).into_owned()))?;
    let mut employees: Vec<&Employee> = people.employees().iter().map(|employee| &**employee).collect();
    employees.sort_unstable_by(|a, b| a.import_id.cmp(&b.import_id));
    for employee in employees {
        for column in columns.iter() {
            writer.write_field(&*feed.cell(employee, &column.source))?;
        }
        // Ends the row.
        writer.write_record(None::<&[u8]>)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}
