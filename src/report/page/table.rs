//! People in tables and lists. Each has the index of their department, so that the script can find and filter them.

use maud::{Markup, html};

use super::Page;
use super::data::{data, is_short};
use crate::report::model::Person;
use crate::report::words::Word;
use crate::roster::decide::notes::Note;
use crate::roster::model::record::EmployeeId;
use crate::roster::plan::ChangeKind;
use crate::roster::voice::Told;
use crate::tongue::say;

/// How many people may still be shown below a heading: more make a page that no browser opens at once. The CSV has all.
pub(super) struct Room {
    left: usize,
    left_out: usize,
}

impl Room {
    pub(super) fn new() -> Self {
        Self { left: 1_000, left_out: 0 }
    }

    /// As many of them as have room.
    pub(super) fn take<'p, T>(&mut self, all: &'p [T]) -> &'p [T] {
        let (shown, rest) = all.split_at(all.len().min(self.left));
        self.left -= shown.len();
        self.left_out += rest.len();
        shown
    }

    /// How many are left out, and where they are.
    pub(super) fn rest(&self, page: &Page<'_>) -> Markup {
        let (tongue, more) = (page.tongue(), page.tongue().number(self.left_out));
        html! {
            @if self.left_out > 0 {
                p.rest { (match page.circumstances.csv {
                    None => say!(tongue, "{more} more are not shown here.", "{more} weitere sind hier nicht gezeigt."),
                    Some(csv) => say!(tongue, "{more} more are not shown here. All changes are in the file {csv}.", "{more} weitere sind hier nicht gezeigt. Alle Änderungen stehen in der Datei {csv}."),
                }) }
            }
        }
    }
}

/// One person in a table.
pub(super) struct Row<'p> {
    pub person: Person<'p>,
    /// Which fields change, or which reason there is, for the filter.
    pub fields: Option<String>,
    /// The cells after the name and the department.
    pub cells: Markup,
}

impl<'p> Row<'p> {
    pub(super) fn new(person: Person<'p>, cells: Markup) -> Self {
        Self { person, fields: None, cells }
    }
}

/// A table whose heads the script turns into buttons for sorting. Departments are shown where there are any. What is to be said of
/// somebody stands below their name.
pub(super) fn table<'p>(page: &Page<'_>, heads: &[Word], rows: impl Iterator<Item = Row<'p>>) -> Markup {
    let has_departments = !page.report.departments.is_empty();
    let heads: Vec<Word> = heads.iter().copied().filter(|word| has_departments || *word != Word::Department).collect();
    html! {
        table .people .departments[has_departments] {
            thead { tr { @for word in &heads { th scope="col" { (word.text(page.tongue())) } } } }
            tbody {
                @for Row { person, fields, cells } in rows {
                    tr data-p=(index(person)) data-f=[fields] {
                        th scope="row" {
                            @let name = person.name();
                            @if !name.is_empty() { (data(page.tongue(), &name)) " " }
                            (details(page, person))
                            @for note in page.report.notes_about(person) { p.note { (said(page, note)) } }
                        }
                        @if heads.contains(&Word::Department) { (department(page, person)) }
                        (cells)
                    }
                }
            }
        }
    }
}

pub(super) fn said(page: &Page<'_>, note: &Note) -> String {
    note.told(page.names.voice())
}

/// Personio's id (or the import id) and the address.
fn details(page: &Page<'_>, person: Person<'_>) -> Markup {
    html! { small dir="auto" { (profile(page, person.id, &person.key())) @if let Some(email) = person.email() { " · " (email) } } }
}

/// What somebody is known by, as a link to their profile where it is known what the address of one is.
pub(super) fn profile(page: &Page<'_>, id: EmployeeId, key: &str) -> Markup {
    let url = page.circumstances.profile.filter(|_| id.has_profile());
    html! {
        @match url.map(|url| url.replace("{id}", &id.to_string())) {
            Some(url) => a href=(url) target="_blank" rel="noreferrer" { (key) },
            None => (key),
        }
    }
}

fn department(page: &Page<'_>, person: Person<'_>) -> Markup {
    html! {
        @match page.report.department(person.department) {
            None => td {},
            Some(name) if is_short(name) => td dir="auto" { (name) },
            Some(name) => td { (data(page.tongue(), name)) },
        }
    }
}

/// The index of a person's department, for the filter.
pub(super) fn index(person: Person<'_>) -> String {
    person.department.map(|at| at.to_string()).unwrap_or_default()
}

/// Names in a row, for a fold.
pub(super) fn list<'p>(page: &Page<'_>, people: impl IntoIterator<Item = Person<'p>>) -> Markup {
    html! { ul.names { @for person in people { li data-p=(index(person)) { bdi { (person.name()) } " " (details(page, person)) } } } }
}

/// What stands above a table: `60 people would be removed from Honestly.`
pub(super) fn lead(page: &Page<'_>, kind: ChangeKind, number: usize) -> Markup {
    html! { p { (page.clause(kind, number)) "." @if let Some(nothing) = page.nothing_reaches() { " " (nothing) } } }
}
