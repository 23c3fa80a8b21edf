//! The page's changes as CSV, whole, for whoever counts and sorts elsewhere: one line for each change.

use std::borrow::Cow;
use std::fmt::Display;

use super::Page;
use crate::report::model::{Difference, GroupTouched};
use crate::report::outcome::participle;
use crate::report::words::Word;
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Employee, Snapshot};
use crate::roster::plan::{Change, ChangeKind, FieldChange, FieldName};
use crate::roster::voice::Told as _;
use crate::tongue::Tongue;

/// The mark by which spreadsheets know UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

const HEADS: [Word; 10] = [
    Word::KindLabel,
    Word::Number,
    Word::LastName,
    Word::FirstName,
    Word::Address,
    Word::Department,
    Word::Field,
    Word::Before,
    Word::After,
    Word::Evidence,
];

pub(super) fn csv(page: &Page<'_>) -> Vec<u8> {
    let Difference { plan, leavers, groups, columns, .. } = &page.report.plan;
    let delimiter = match page.tongue() {
        Tongue::English => b',',
        Tongue::German => b';',
    };
    let mut csv = csv::WriterBuilder::new().delimiter(delimiter).from_writer(MARK.to_vec());
    let mut line = |cells: [String; 10]| {
        // Into memory, and every line has ten cells: nothing can fail.
        let _ = csv.write_record(cells.map(|cell| harmless(&cell)));
    };
    line(HEADS.map(|head| page.names.word(head)));
    let kind = |kind| participle(page.names.voice(), kind).to_owned();
    for leaver in &leavers.people {
        let reason = leaver.reason.map(|reason| reason.told(page.names.voice())).unwrap_or_default();
        if let Some(employee) = leaver.person.employee {
            let [id, last, first, address, department] = person(&plan.before().people, employee);
            let none = String::new;
            line([kind(ChangeKind::Remove), id, last, first, address, department, none(), none(), none(), reason]);
        }
    }
    for change in plan.employees() {
        let of = match change {
            Change::Delete(_) => continue,
            Change::Create(_) => ChangeKind::Add,
            Change::Update { .. } => ChangeKind::Update,
        };
        for FieldChange { field, from, to } in plan.field_changes(change) {
            let value = |value: Option<Cow<'_, str>>| match value {
                Some(id) if field == FieldName::Supervisor => {
                    id.parse().map_or(id.to_string(), |id| page.names.name(EmployeeId(id)))
                }
                value => value.unwrap_or_default().into_owned(),
            };
            let [from, to] = [from, to].map(value);
            let [id, last, first, address, department] = person(&plan.after().people, change.subject());
            let field = field.told(page.names.voice());
            line([kind(of), id, last, first, address, department, field, from, to, String::new()]);
        }
    }
    for GroupTouched { change, .. } in groups {
        let [from, to] = sides(&change.name);
        let of = change.name.pick(ChangeKind::GroupAdd, ChangeKind::GroupRename, ChangeKind::GroupRemove);
        line(of_file(kind(of), page.names.voice().column(&change.attribute), from, to));
    }
    for column in columns {
        let [from, to] = match column.change {
            Change::Create(column) => [String::new(), column.header.clone()],
            Change::Update { before, after } => [before.header.clone(), after.header.clone()],
            Change::Delete(column) => [column.header.clone(), String::new()],
        };
        let of = column.change.pick(ChangeKind::ColumnAdd, ChangeKind::ColumnChange, ChangeKind::ColumnRemove);
        line(of_file(kind(of), page.names.word(Word::Columns), from, to));
    }
    csv.into_inner().unwrap_or_default()
}

fn sides(change: &Change<impl Display>) -> [String; 2] {
    let (before, after) = change.sides();
    [before, after].map(|side| side.map(ToString::to_string).unwrap_or_default())
}

/// A change that is about nobody.
fn of_file(kind: String, field: String, from: String, to: String) -> [String; 10] {
    let none = String::new;
    [kind, none(), none(), none(), none(), none(), field, from, to, none()]
}

fn person(people: &Snapshot, employee: &Employee) -> [String; 5] {
    let department = people.value_of(employee, AttributeKey::DEPARTMENT);
    [
        employee.key(),
        employee.last_name.to_string(),
        employee.first_name.to_string(),
        employee.email.to_string(),
        department.unwrap_or_default().into_owned(),
    ]
}

/// A spreadsheet runs a cell that begins so as a formula; behind an apostrophe it is text. One that separates cells otherwise than
/// this file begins a cell behind each mark that separates somewhere.
fn harmless(cell: &str) -> String {
    let mut harmless = String::with_capacity(cell.len());
    let mut begins = true;
    for c in cell.chars() {
        if begins && matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n') {
            harmless.push('\'');
        }
        harmless.push(c);
        let separates = matches!(c, ',' | ';' | '\t' | '\r' | '\n' | '|');
        begins = separates || begins && (c.is_whitespace() || c == '"');
    }
    harmless
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn no_cell_is_run_as_a_formula() {
        for (cell, shown) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t'=1"),
            ("\r=1", "'\r'=1"),
            (" =1", " '=1"),
            ("Müller;=cmd|'/c calc'!A1", "Müller;'=cmd|'/c calc'!A1"),
            ("x, \"=1", "x, \"'=1"),
            ("Ada = 1, Smith-Jones; R&D", "Ada = 1, Smith-Jones; R&D"),
        ] {
            assert_eq!(harmless(cell), shown);
        }
    }
}
