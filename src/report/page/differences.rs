//! What changes for people who stay, for groups and for columns, with the people whom this touches.

use maud::{Markup, html};

use super::Page;
use super::data::{data, is_short};
use super::table::{Room, Row, index, list, table};
use crate::report::model::{Alteration, ColumnTouched, GroupTouched, Person, Subject, Value};
use crate::report::words::Word;
use crate::roster::plan::Change;
use crate::roster::plan::sizes::Fall;
use crate::roster::voice::Told;
use crate::tongue::{Tongue, say};

pub(super) fn changes(page: &Page<'_>) -> Markup {
    let tongue = page.tongue();
    let changed = &page.report.plan.changed;
    let field = |one: &Alteration<'_>| changed.subjects.binary_search(&one.subject).unwrap_or_default();
    let mut room = Room::new();
    let rows = room.take(&changed.single).iter().map(|(person, alterations)| {
        let fields = alterations.iter().map(|one| field(one).to_string()).collect::<Vec<_>>().join(" ");
        let cells = html! { td { @for one in alterations { div { (alteration(page, one)) } } } };
        Row { fields: Some(fields), ..Row::new(*person, cells) }
    });
    let consequences = &changed.consequences;
    html! {
        @if !changed.shared.is_empty() || !consequences.is_empty() { h3 { (Word::SharedChanges.text(tongue)) } }
        @for (shared, people) in &changed.shared {
            details data-f=(field(shared)) {
                summary { (alteration(page, shared)) " " span.number { (tongue.people(people.len())) } }
                (list(page, room.take(people).iter().copied()))
            }
        }
        @if !consequences.is_empty() {
            details {
                summary { (Word::SupervisorRemoved.text(tongue)) " " span.number { (tongue.people(consequences.len())) } }
                (list(page, room.take(consequences).iter().copied()))
            }
        }
        @if !changed.single.is_empty() {
            @if !changed.shared.is_empty() { h3 { (Word::SingleChanges.text(tongue)) } }
            (table(page, &[Word::Person, Word::Department, Word::WhatChanges], rows))
        }
        (room.rest(page))
    }
}

/// How the page calls what changes.
pub(super) fn label(page: &Page<'_>, subject: &Subject) -> String {
    match subject {
        Subject::EmailDomain => page.names.word(Word::FieldEmailDomain),
        Subject::Field(field) => field.told(page.names.voice()),
    }
}

fn alteration(page: &Page<'_>, Alteration { subject, from, to }: &Alteration<'_>) -> Markup {
    let shown = |value: &Option<Value<'_>>| match value {
        None => None,
        Some(Value::Text(text)) => Some(text.to_string()),
        Some(Value::Person(id)) => Some(page.names.name(*id)),
    };
    let (old, new) = (shown(from), shown(to));
    html! {
        b dir="auto" { (label(page, subject)) } ": "
        @match old.as_deref().filter(|_| from == to) {
            Some(same) => {
                span { (data(page.tongue(), same)) }
                " " small { "(" (Word::AnotherValue.text(page.tongue())) ")" }
            }
            None => { (before_and_after(page.tongue(), old.as_deref(), new.as_deref())) }
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

pub(super) fn groups(page: &Page<'_>) -> Markup {
    let (tongue, mut room) = (page.tongue(), Room::new());
    html! {
        @for GroupTouched { change, label: _, people } in &page.report.plan.groups {
            (folded(tongue, people, &mut room, &html! {
                b dir="auto" { (page.names.voice().column(&change.attribute)) } ": "
                @match &change.name {
                    Change::Create(name) => ins { (data(tongue, name)) },
                    Change::Delete(name) => del { (data(tongue, name)) },
                    Change::Update { before, after } => (before_and_after(tongue, Some(before), Some(after))),
                }
                " (" (change.name.pick(Word::GroupAppears, Word::GroupRenamed, Word::GroupDisappears).text(tongue)) ")"
            }))
        }
    }
}

/// The groups that become small, then what there is to say of each column.
pub(super) fn sizes(page: &Page<'_>) -> Markup {
    let tongue = page.tongue();
    let named = |value: &str| html! { @if value.is_empty() { i { (Word::Empty.text(tongue)) } } @else { (data(tongue, value)) } };
    html! {
        p { (Word::GroupSizesMeans.text(tongue)) }
        @if !page.report.falls().is_empty() {
            h3 { (Word::BecomeSmall.text(tongue)) }
            ul {
                @for Fall { header: _, attribute, value, before, after } in page.report.falls() {
                    li {
                        b dir="auto" { (page.names.voice().column(attribute)) } ": " (named(value)) " "
                        (before_and_after(tongue, Some(&tongue.number(before)), Some(&tongue.number(after))))
                    }
                }
            }
        }
        ul {
            @for sizes in page.report.sizes().iter().filter(|sizes| sizes.tells_apart()) {
                li {
                    (sizes.told(page.names.voice()))
                    @if let small @ [_, ..] = sizes.named().as_slice() {
                        ul.names { @for (value, size) in small { li { (named(value)) " " span.number { (tongue.number(*size)) } } } }
                    }
                }
            }
        }
    }
}

pub(super) fn columns(page: &Page<'_>) -> Markup {
    let (tongue, step, mut room) = (page.tongue(), &page.report.plan, Room::new());
    let is_new = step.plan.before().columns.iter().len() == 0;
    html! {
        @if is_new {
            p { (Word::AllColumnsNew.text(tongue)) }
            ul.names { @for column in &step.columns { li { bdi { (column.change.subject().header) } } } }
        } @else {
            @for ColumnTouched { change, people } in &step.columns {
                @let what = change.pick(Word::ColumnAppears, Word::ColumnRefilled, Word::ColumnDisappears);
                (folded(tongue, people, &mut room, &html! { b dir="auto" { (change.subject().header) } ": " (what.text(tongue)) }))
            }
        }
        @if step.is_reordered { p { (Word::OrderChanges.text(tongue)) } }
        @if step.line_ends.is_some() { p { (Word::LineEndsChange.text(tongue)) } }
    }
}

/// This many names are enough to recognise a group. The number says how many there are.
const NAMES_SHOWN: usize = 100;

/// One line with a number, and the names of the people it touches.
fn folded(tongue: Tongue, people: &[Person<'_>], room: &mut Room, line: &Markup) -> Markup {
    let number = html! { " " span.number { (tongue.people(people.len())) } };
    if people.is_empty() {
        return html! { p.line { (line) (number) } };
    }
    let shown = room.take(&people[..people.len().min(NAMES_SHOWN)]);
    let more = people.len() - shown.len();
    html! {
        details {
            summary { (line) (number) }
            ul.names {
                @for person in shown { li data-p=(index(*person)) { bdi { (person.name()) } } }
                @if more > 0 { li.more { (say!(tongue, "and {more} more", "und {more} weitere", more = tongue.number(more))) } }
            }
        }
    }
}
