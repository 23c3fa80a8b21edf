//! The sections below the first screen. Whoever is listed in one carries the place of their department, so that the script can
//! find and filter them.

use maud::{Markup, html};

use super::ReviewPage;
use super::bars;
use super::data::{data, is_short};
use super::file::{ColumnChange, GroupChange, Kind, Touched};
use super::names::Person;
use super::people::{Alteration, Changing, Coming, Going, Remark, SharedChange, Undecided, Waiting};
use super::words::{Language, Word};
use crate::roster::decide::notes::Place;

/// A section with what the table of contents says of it.
pub(super) struct Section {
    pub id: &'static str,
    pub title: &'static str,
    pub number: Option<usize>,
    pub lists_people: bool,
    pub body: Markup,
}

/// Those with content, in the order in which a reader needs them.
pub(super) fn all(page: &ReviewPage) -> Vec<Section> {
    let people = |id, title, number, body: &dyn Fn() -> Markup| {
        (number > 0).then(|| section(page, Head { id, title, number: Some(number), lists_people: true }, body()))
    };
    let columns = page.all_columns.len()
        + page.columns.len()
        + usize::from(page.layout.order)
        + usize::from(page.layout.line_ends);
    let sections = [
        people("goes", Word::Goes, page.going.len(), &|| goes(page)),
        people("undecided", Word::Undecided, page.undecided.len(), &|| undecided(page)),
        people("comes", Word::Comes, page.coming.len(), &|| comes(page)),
        people("changes", Word::Changes, page.summary.counts.people.changed, &|| changes(page)),
        people("groups", Word::Groups, page.groups.len(), &|| groups(page)),
        people("columns", Word::Columns, columns, &|| self::columns(page)),
        (!page.head_counts.is_empty()).then(|| {
            let head = Head { id: "heads", title: Word::HeadCount, number: None, lists_people: false };
            section(page, head, bars::head_counts(page))
        }),
        people("later", Word::NotYet, page.waiting.len(), &|| waiting(page)),
        (!page.remarks.is_empty() || !page.summary.elsewhere.is_empty()).then(|| {
            let head = Head { id: "notes", title: Word::Notes, number: None, lists_people: true };
            section(page, head, notes(page))
        }),
    ];
    sections.into_iter().flatten().collect()
}

struct Head {
    id: &'static str,
    title: Word,
    number: Option<usize>,
    lists_people: bool,
}

fn section(page: &ReviewPage, head: Head, content: Markup) -> Section {
    let Head { id, title, number, lists_people } = head;
    let title = title.in_language(page.language);
    let body = html! {
        section id=(id) aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (title) @if let Some(number) = number { " " span.number { (page.language.number(number)) } } }
            (content)
        }
    };
    Section { id, title, number, lists_people, body }
}

/// The first cell of a row.
fn name(page: &ReviewPage, person: &Person) -> Markup {
    html! {
        th scope="row" {
            @if !person.name.is_empty() { (data(page.language, &person.name)) " " }
            small dir="auto" { (person.details) }
        }
    }
}

fn department(page: &ReviewPage, person: &Person) -> Markup {
    let name = person.department.and_then(|at| page.departments.get(at));
    html! {
        @match name {
            None => td {},
            Some(name) if is_short(name) => td dir="auto" { (name) },
            Some(name) => td { (data(page.language, name)) },
        }
    }
}

/// The place of a department, for the filter.
fn place(department: Option<usize>) -> String {
    department.map(|at| at.to_string()).unwrap_or_default()
}

/// The heads of a table. Those that can be sorted by get a button from the script.
fn heads(page: &ReviewPage, words: &[Word]) -> Markup {
    let has_departments = !page.departments.is_empty();
    let words = words.iter().filter(|word| has_departments || **word != Word::Department);
    html! { thead { tr { @for word in words { th scope="col" { (word.in_language(page.language)) } } } } }
}

fn goes(page: &ReviewPage) -> Markup {
    let language = page.language;
    html! {
        p { (Word::GoesMeans.in_language(language)) }
        table .people .departments[!page.departments.is_empty()] {
            (heads(page, &[Word::Person, Word::Department, Word::Evidence, Word::LastDay]))
            tbody {
                @for Going { person, evidence, last_day } in &page.going {
                    tr data-p=(place(person.department)) {
                        (name(page, person))
                        @if !page.departments.is_empty() { (department(page, person)) }
                        td { (evidence) }
                        td data-l=[last_day.map(|_| Word::LastDay.in_language(language))] { @if let Some(day) = last_day { time datetime=(day) { (language.day(*day)) } } }
                    }
                }
            }
        }
    }
}

fn undecided(page: &ReviewPage) -> Markup {
    let language = page.language;
    let meanwhile = |place| match place {
        Place::Kept => Word::StaysAsIs,
        Place::LeftOut => Word::NotAdded,
    };
    html! {
        p { (Word::UndecidedMeans.in_language(language)) }
        table .people .departments[!page.departments.is_empty()] {
            (heads(page, &[Word::Person, Word::WhatToCorrect, Word::Meanwhile]))
            tbody {
                @for Undecided { person, correction, place: kept } in &page.undecided {
                    tr data-p=(place(person.department)) {
                        (name(page, person))
                        td { (correction) }
                        td data-l=(Word::Meanwhile.in_language(language)) { (meanwhile(*kept).in_language(language)) }
                    }
                }
            }
        }
    }
}

fn comes(page: &ReviewPage) -> Markup {
    html! {
        p { (Word::ComesMeans.in_language(page.language)) }
        table .people .departments[!page.departments.is_empty()] {
            (heads(page, &[Word::Person, Word::Department, Word::Place]))
            tbody {
                @for Coming { person, place: office } in &page.coming {
                    tr data-p=(place(person.department)) {
                        (name(page, person))
                        @if !page.departments.is_empty() { (department(page, person)) }
                        td { (data(page.language, office)) }
                    }
                }
            }
        }
    }
}

fn changes(page: &ReviewPage) -> Markup {
    let language = page.language;
    let changes = &page.changes;
    html! {
        @if !changes.shared.is_empty() {
            h3 { (Word::SharedChanges.in_language(language)) }
            @for SharedChange { alteration: shared, people } in &changes.shared {
                details data-f=(shared.field) {
                    summary { (alteration(page, shared)) " " span.number { (language.people(people.len())) } }
                    ul.names {
                        @for person in people { li data-p=(place(person.department)) { bdi { (person.name) } " " small dir="auto" { (person.details) } } }
                    }
                }
            }
        }
        @if !changes.single.is_empty() {
            @if !changes.shared.is_empty() { h3 { (Word::SingleChanges.in_language(language)) } }
            table .people .departments[!page.departments.is_empty()] {
                (heads(page, &[Word::Person, Word::Department, Word::WhatChanges]))
                tbody {
                    @for Changing { person, alterations } in &changes.single {
                        tr data-p=(place(person.department)) data-f=(fields(alterations)) {
                            (name(page, person))
                            @if !page.departments.is_empty() { (department(page, person)) }
                            td { @for one in alterations { div { (alteration(page, one)) } } }
                        }
                    }
                }
            }
        }
    }
}

fn fields(alterations: &[Alteration]) -> String {
    alterations.iter().map(|alteration| alteration.field.to_string()).collect::<Vec<_>>().join(" ")
}

fn alteration(page: &ReviewPage, alteration: &Alteration) -> Markup {
    let label = page.changes.fields.get(alteration.field).map(String::as_str).unwrap_or_default();
    let is_anew = alteration.from.is_some() && alteration.from == alteration.to;
    html! {
        b dir="auto" { (label) } ": "
        (before_and_after(page.language, alteration.from.as_deref(), alteration.to.as_deref()))
        @if is_anew { " " small { "(" (Word::CreatedAnew.in_language(page.language)) ")" } }
    }
}

/// The old value struck out, the new one beside it. What the style says before each is for screen readers.
fn before_and_after(language: Language, from: Option<&str>, to: Option<&str>) -> Markup {
    let empty = Word::Empty.in_language(language);
    html! {
        @match from {
            None => del { i { (empty) } },
            Some(value) if is_short(value) => del dir="auto" { (value) },
            Some(value) => del { (data(language, value)) },
        }
        " "
        @match to {
            None => ins { i { (empty) } },
            Some(value) if is_short(value) => ins dir="auto" { (value) },
            Some(value) => ins { (data(language, value)) },
        }
    }
}

fn groups(page: &ReviewPage) -> Markup {
    let language = page.language;
    html! {
        @for GroupChange { kind, label, from, to, touched } in &page.groups {
            (folded(page, touched, &html! {
                b dir="auto" { (label) } ": "
                @match kind {
                    Kind::Appears => { ins { (data(language, to.as_deref().unwrap_or_default())) } " (" (Word::GroupAppears.in_language(language)) ")" }
                    Kind::Disappears => { del { (data(language, from.as_deref().unwrap_or_default())) } " (" (Word::GroupDisappears.in_language(language)) ")" }
                    Kind::Changes => { (before_and_after(language, from.as_deref(), to.as_deref())) " (" (Word::GroupRenamed.in_language(language)) ")" }
                }
            }))
        }
    }
}

fn columns(page: &ReviewPage) -> Markup {
    let language = page.language;
    html! {
        @if !page.all_columns.is_empty() {
            p { (Word::AllColumnsNew.in_language(language)) }
            ul.names { @for header in &page.all_columns { li { bdi { (header) } } } }
        }
        @for ColumnChange { kind, header, touched } in &page.columns {
            @let what = match kind {
                Kind::Appears => Word::ColumnAppears,
                Kind::Disappears => Word::ColumnDisappears,
                Kind::Changes => Word::ColumnRefilled,
            };
            (folded(page, touched, &html! { b dir="auto" { (header) } ": " (what.in_language(language)) }))
        }
        @if page.layout.order { p { (Word::OrderChanges.in_language(language)) } }
        @if page.layout.line_ends { p { (Word::LineEndsChange.in_language(language)) } }
    }
}

/// One line with a number, and by name whom it touches.
fn folded(page: &ReviewPage, touched: &Touched, line: &Markup) -> Markup {
    let number = html! { " " span.number { (page.language.people(touched.people)) } };
    if touched.names.is_empty() {
        return html! { p.line { (line) (number) } };
    }
    html! {
        details {
            summary { (line) (number) }
            ul.names {
                @for person in &touched.names { li data-p=(place(person.department)) { bdi { (person.name) } } }
                @if touched.people > touched.names.len() { li.more { (page.language.and_more(touched.people - touched.names.len())) } }
            }
        }
    }
}

fn waiting(page: &ReviewPage) -> Markup {
    let language = page.language;
    html! {
        p { (Word::NotYetMeans.in_language(language)) }
        table .people .departments[!page.departments.is_empty()] {
            (heads(page, &[Word::Person, Word::FirstDay]))
            tbody {
                @for Waiting { person, first_day } in &page.waiting {
                    tr data-p=(place(person.department)) {
                        (name(page, person))
                        td data-l=(Word::FirstDay.in_language(language)) {
                            @match first_day {
                                Some(day) => time datetime=(day) { (language.day(*day)) },
                                None => (Word::NoDayKnown.in_language(language)),
                            }
                        }
                    }
                }
            }
        }
    }
}

fn notes(page: &ReviewPage) -> Markup {
    let about_people: Vec<(&Person, &str)> = page
        .remarks
        .iter()
        .filter_map(|Remark { person, text }| person.as_ref().map(|person| (person, text.as_str())))
        .collect();
    html! {
        ul {
            @for sentence in &page.summary.elsewhere { li { (sentence) } }
            @for remark in page.remarks.iter().filter(|remark| remark.person.is_none()) { li { (remark.text) } }
        }
        @if !about_people.is_empty() {
            table .people .departments[!page.departments.is_empty()] {
                (heads(page, &[Word::Person, Word::Note]))
                tbody {
                    @for (person, text) in about_people {
                        tr data-p=(place(person.department)) { (name(page, person)) td { (text) } }
                    }
                }
            }
        }
    }
}
