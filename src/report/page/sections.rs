//! The sections below the first screen. Each person in a list has the index of their department, so that the script can find
//! and filter them.

use maud::{Markup, html};

use super::ReviewPage;
use super::bars;
use super::data::{data, is_short};
use super::file::{ColumnChange, GroupChange, Touched};
use super::names::Person;
use super::people::{Alteration, Changing, Coming, Going, Remark, SharedChange, Stranger, Undecided, Waiting, Went};
use super::words::Word;
use crate::roster::decide::notes::Place;
use crate::tongue::{Tongue, say};

/// A section with its entry in the table of contents.
pub(super) struct Section {
    pub id: &'static str,
    pub title: Word,
    pub number: Option<usize>,
    pub lists_people: bool,
    pub body: Markup,
}

/// Those with content, in the order in which a reader needs them.
pub(super) fn all(page: &ReviewPage) -> Vec<Section> {
    let section = |id, title, number, body: fn(&ReviewPage) -> Markup| {
        (number > 0).then(|| Section { id, title, number: Some(number), lists_people: true, body: body(page) })
    };
    let columns = page.all_columns.len() + page.columns.len() + page.layout.len();
    let came_since = page.since.iter().map(|(_, people)| people.len()).sum();
    let sections = [
        section("since", Word::CameSince, came_since, since),
        section("goes", Word::Goes, page.going.len(), goes),
        section("another", Word::InAnotherFile, page.in_another_file.len(), in_another_file),
        section("undecided", Word::Undecided, page.undecided.len(), undecided),
        section("comes", Word::Comes, page.coming.len(), comes),
        section("changes", Word::Changes, page.summary.counts.people.changed, changes),
        section("groups", Word::Groups, page.groups.len(), groups),
        section("columns", Word::Columns, columns, self::columns),
        section("heads", Word::HeadCount, page.head_counts.len(), bars::head_counts).map(|section| Section {
            number: None,
            lists_people: false,
            ..section
        }),
        section("later", Word::NotYet, page.waiting.len(), waiting),
        section("notes", Word::Notes, page.remarks.len() + page.summary.elsewhere.len(), notes)
            .map(|section| Section { number: None, ..section }),
    ];
    sections.into_iter().flatten().collect()
}

impl Section {
    pub(super) fn html(&self, tongue: Tongue) -> Markup {
        let Self { id, title, number, lists_people: _, body } = self;
        html! {
            section id=(id) aria-labelledby={ (id) "-title" } {
                h2 id={ (id) "-title" } { (title.text(tongue)) @if let Some(number) = number { " " span.number { (tongue.number(*number)) } } }
                (body)
            }
        }
    }
}

/// One person in a table.
struct Row<'p> {
    person: &'p Person,
    /// Which fields change, for the filter.
    fields: Option<String>,
    /// The cells after the name and the department.
    cells: Markup,
}

impl<'p> Row<'p> {
    fn new(person: &'p Person, cells: Markup) -> Self {
        Self { person, fields: None, cells }
    }
}

/// A table whose heads the script turns into buttons for sorting. Departments are shown where there are any.
fn table<'p>(page: &ReviewPage, heads: &[Word], rows: impl Iterator<Item = Row<'p>>) -> Markup {
    let has_departments = !page.departments.is_empty();
    let heads: Vec<Word> = heads.iter().copied().filter(|word| has_departments || *word != Word::Department).collect();
    html! {
        table .people .departments[has_departments] {
            thead { tr { @for word in &heads { th scope="col" { (word.text(page.tongue)) } } } }
            tbody {
                @for Row { person, fields, cells } in rows {
                    tr data-p=(index(person)) data-f=[fields] {
                        th scope="row" {
                            @if !person.name.is_empty() { (data(page.tongue, &person.name)) " " }
                            (details(person))
                        }
                        @if heads.contains(&Word::Department) { (department(page, person)) }
                        (cells)
                    }
                }
            }
        }
    }
}

fn details(person: &Person) -> Markup {
    html! { small dir="auto" { (person.details) } }
}

fn department(page: &ReviewPage, person: &Person) -> Markup {
    let name = person.department.and_then(|at| page.departments.get(at));
    html! {
        @match name {
            None => td {},
            Some(name) if is_short(name) => td dir="auto" { (name) },
            Some(name) => td { (data(page.tongue, name)) },
        }
    }
}

/// The index of a person's department, for the filter.
fn index(person: &Person) -> String {
    person.department.map(|at| at.to_string()).unwrap_or_default()
}

fn since(page: &ReviewPage) -> Markup {
    html! {
        p { (Word::CameSinceMeans.text(page.tongue)) }
        @for (what, people) in &page.since {
            h3 { (what.text(page.tongue)) " " span.number { (page.tongue.number(people.len())) } }
            ul.names { @for person in people { li data-p=(index(person)) { bdi { (person.name) } " " (details(person)) } } }
        }
    }
}

fn goes(page: &ReviewPage) -> Markup {
    let tongue = page.tongue;
    let rows = page.going.iter().map(|Going { person, evidence, last_day }| {
        let cells = html! {
            td { (evidence) }
            td data-l=[last_day.map(|_| Word::LastDay.text(tongue))] { @if let Some(day) = last_day { time datetime=(day) { (tongue.day(*day)) } } }
        };
        Row::new(person, cells)
    });
    html! {
        p { (Word::GoesMeans.text(tongue)) }
        (table(page, &[Word::Person, Word::Department, Word::Evidence, Word::LastDay], rows))
        (went(page))
    }
}

/// Whoever reads who goes sees them with it: they count together.
fn went(page: &ReviewPage) -> Markup {
    let tongue = page.tongue;
    html! {
        @if !page.went.is_empty() {
            h3 { (Word::WentBefore.text(tongue)) " " span.number { (tongue.number(page.went.len())) } }
            ul {
                @for Went { name, details, day, evidence } in &page.went {
                    li { (data(tongue, name)) " " small dir="auto" { (details) } ", " time datetime=(day) { (tongue.day(*day)) } ": " (evidence) }
                }
            }
        }
    }
}

fn in_another_file(page: &ReviewPage) -> Markup {
    let tongue = page.tongue;
    let rows = page.in_another_file.iter().map(|Stranger { person, ours }| {
        let becomes = match ours {
            Some(name) => data(tongue, name),
            None => html! { (Word::OneGoes.text(tongue)) },
        };
        Row::new(person, html! { td { (becomes) } })
    });
    html! {
        p { (Word::InAnotherFileMeans.text(tongue)) }
        (table(page, &[Word::Person, Word::WithOurs], rows))
    }
}

fn undecided(page: &ReviewPage) -> Markup {
    let tongue = page.tongue;
    let rows = page.undecided.iter().map(|Undecided { person, correction, place }| {
        let meanwhile = match place {
            Place::Kept => Word::StaysAsIs,
            Place::LeftOut => Word::NotAdded,
        };
        let cells = html! {
            td { (correction) }
            td data-l=(Word::Meanwhile.text(tongue)) { (meanwhile.text(tongue)) }
        };
        Row::new(person, cells)
    });
    html! {
        p { (Word::UndecidedMeans.text(tongue)) }
        (table(page, &[Word::Person, Word::WhatToCorrect, Word::Meanwhile], rows))
    }
}

fn comes(page: &ReviewPage) -> Markup {
    let rows = page.coming.iter();
    let rows = rows.map(|Coming { person, office_and_position }| {
        Row::new(person, html! { td { (data(page.tongue, office_and_position)) } })
    });
    html! {
        p { (Word::ComesMeans.text(page.tongue)) }
        (table(page, &[Word::Person, Word::Department, Word::OfficeAndPosition], rows))
    }
}

fn changes(page: &ReviewPage) -> Markup {
    let tongue = page.tongue;
    let changes = &page.changes;
    let rows = changes.single.iter().map(|Changing { person, alterations }| {
        let fields = alterations.iter().map(|alteration| alteration.field.to_string()).collect::<Vec<_>>().join(" ");
        let cells = html! { td { @for one in alterations { div { (alteration(page, one)) } } } };
        Row { fields: Some(fields), ..Row::new(person, cells) }
    });
    html! {
        @if !changes.shared.is_empty() {
            h3 { (Word::SharedChanges.text(tongue)) }
            @for SharedChange { alteration: shared, people } in &changes.shared {
                details data-f=(shared.field) {
                    summary { (alteration(page, shared)) " " span.number { (tongue.people(people.len())) } }
                    ul.names {
                        @for person in people { li data-p=(index(person)) { bdi { (person.name) } " " (details(person)) } }
                    }
                }
            }
        }
        @if !changes.single.is_empty() {
            @if !changes.shared.is_empty() { h3 { (Word::SingleChanges.text(tongue)) } }
            (table(page, &[Word::Person, Word::Department, Word::WhatChanges], rows))
        }
    }
}

fn alteration(page: &ReviewPage, alteration: &Alteration) -> Markup {
    let label = page.changes.fields.get(alteration.field).map(String::as_str).unwrap_or_default();
    let (from, to) = (alteration.from.as_deref(), alteration.to.as_deref());
    html! {
        b dir="auto" { (label) } ": "
        @match from.filter(|_| from == to) {
            Some(same) => {
                span { (data(page.tongue, same)) }
                " " small { "(" (Word::AnotherValue.text(page.tongue)) ")" }
            }
            None => { (before_and_after(page.tongue, from, to)) }
        }
    }
}

/// The old value struck out, with the new one beside it. The words that the style puts before each are for screen readers.
fn before_and_after(tongue: Tongue, from: Option<&str>, to: Option<&str>) -> Markup {
    let empty = Word::Empty.text(tongue);
    html! {
        @match from {
            None => del { i { (empty) } },
            Some(value) if is_short(value) => del dir="auto" { (value) },
            Some(value) => del { (data(tongue, value)) },
        }
        " "
        @match to {
            None => ins { i { (empty) } },
            Some(value) if is_short(value) => ins dir="auto" { (value) },
            Some(value) => ins { (data(tongue, value)) },
        }
    }
}

fn groups(page: &ReviewPage) -> Markup {
    let tongue = page.tongue;
    html! {
        @for GroupChange { what, label, from, to, touched } in &page.groups {
            (folded(tongue, touched, &html! {
                b dir="auto" { (label) } ": "
                @match (from, to) {
                    (None, Some(name)) => ins { (data(tongue, name)) },
                    (Some(name), None) => del { (data(tongue, name)) },
                    (from, to) => (before_and_after(tongue, from.as_deref(), to.as_deref())),
                }
                " (" (what.text(tongue)) ")"
            }))
        }
    }
}

fn columns(page: &ReviewPage) -> Markup {
    let tongue = page.tongue;
    html! {
        @if !page.all_columns.is_empty() {
            p { (Word::AllColumnsNew.text(tongue)) }
            ul.names { @for header in &page.all_columns { li { bdi { (header) } } } }
        }
        @for ColumnChange { what, header, touched } in &page.columns {
            (folded(tongue, touched, &html! { b dir="auto" { (header) } ": " (what.text(tongue)) }))
        }
        @for change in &page.layout { p { (change.text(tongue)) } }
    }
}

/// One line with a number, and the names of the people it touches.
fn folded(tongue: Tongue, touched: &Touched, line: &Markup) -> Markup {
    let number = html! { " " span.number { (tongue.people(touched.people)) } };
    if touched.names.is_empty() {
        return html! { p.line { (line) (number) } };
    }
    let more = touched.people - touched.names.len();
    html! {
        details {
            summary { (line) (number) }
            ul.names {
                @for person in &touched.names { li data-p=(index(person)) { bdi { (person.name) } } }
                @if more > 0 { li.more { (say!(tongue, "and {more} more", "und {more} weitere", more = tongue.number(more))) } }
            }
        }
    }
}

fn waiting(page: &ReviewPage) -> Markup {
    let tongue = page.tongue;
    let rows = page.waiting.iter().map(|Waiting { person, first_day }| {
        let cells = html! {
            td data-l=(Word::FirstDay.text(tongue)) {
                @match first_day {
                    Some(day) => time datetime=(day) { (tongue.day(*day)) },
                    None => (Word::NoDayKnown.text(tongue)),
                }
            }
        };
        Row::new(person, cells)
    });
    html! {
        p { (Word::NotYetMeans.text(tongue)) }
        (table(page, &[Word::Person, Word::FirstDay], rows))
    }
}

fn notes(page: &ReviewPage) -> Markup {
    let rows = page.remarks.iter();
    let rows = rows.filter_map(|Remark { person, text }| Some(Row::new(person.as_ref()?, html! { td { (text) } })));
    let mut rows = rows.peekable();
    html! {
        ul {
            @for sentence in &page.summary.elsewhere { li { (sentence) } }
            @for remark in page.remarks.iter().filter(|remark| remark.person.is_none()) { li { (remark.text) } }
        }
        @if rows.peek().is_some() { (table(page, &[Word::Person, Word::Note], rows)) }
    }
}
