//! The sections below the first screen.

use maud::{Markup, html};

use super::data::data;
use super::table::{Room, Row, lead, list, said, table};
use super::{Page, bars, differences, removals};
use crate::report::model::{Elsewhere, Newcomer, Person, Since, Undecided};
use crate::report::words::Word;
use crate::roster::decide::notes::{Note, Place};
use crate::roster::guard::Compared;
use crate::roster::plan::ChangeKind;
use crate::roster::voice::Told;
use crate::tongue::{Tongue, say};

/// A section with its entry in the table of contents.
pub(super) struct Section {
    pub id: &'static str,
    pub title: String,
    pub number: Option<usize>,
    pub lists_people: bool,
    pub body: Markup,
}

/// Those with content, in the order in which a reader needs them.
pub(super) fn all(page: &Page<'_>) -> Vec<Section> {
    let report = page.report;
    let titled = |id, title: String, number, body: fn(&Page<'_>) -> Markup| {
        (number > 0).then(|| Section { id, title, number: Some(number), lists_people: true, body: body(page) })
    };
    let section = |id, title: Word, number, body| titled(id, page.names.word(title), number, body);
    let happens = |id, kind, number, body| titled(id, capital(&page.verb(kind, number)), number, body);
    let people = report.plan.counts.people;
    let columns =
        report.plan.columns.len() + usize::from(report.plan.is_reordered) + report.plan.line_ends.iter().count();
    let came_since = report.since.as_ref().map_or(0, |since| since.step.counts.people.sum());
    let other_file = report.other_file.map_or(0, |Compared { other_name, go, .. }| other_name.len() + go.len());
    let of_the_mirror = report.from_mirror.as_ref().map_or(0, |step| step.counts.people.removed);
    let notes = report.other_notes.len() + elsewhere(page).len();
    let sections = [
        section("since", Word::CameSince, came_since, since),
        happens("goes", ChangeKind::Remove, people.removed, removals::removed),
        section("mirror", Word::OnlyInTheMirror, of_the_mirror, removals::only_in_the_mirror),
        section("another", Word::InAnotherFile, other_file, removals::in_another_file),
        section("undecided", Word::Undecided, report.undecided.len(), undecided),
        happens("comes", ChangeKind::Add, people.added, added),
        happens("changes", ChangeKind::Update, people.changed, differences::changes),
        section("groups", Word::Groups, report.plan.groups.len(), differences::groups),
        section("columns", Word::Columns, columns, differences::columns),
        section("heads", Word::HeadCount, report.head_counts().len(), bars::head_counts).map(|section| Section {
            number: None,
            lists_people: false,
            ..section
        }),
        section(
            "sizes",
            Word::GroupSizes,
            report.falls().len() + report.sizes().iter().filter(|sizes| sizes.tells_apart()).count(),
            differences::sizes,
        )
        .map(|section| Section { number: None, lists_people: false, ..section }),
        section("later", Word::NotYet, report.waiting.len(), waiting),
        section("notes", Word::Notes, notes, self::notes).map(|section| Section { number: None, ..section }),
    ];
    sections.into_iter().flatten().collect()
}

/// `Would be removed`
pub(super) fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect()
}

impl Section {
    pub(super) fn html(&self, tongue: Tongue) -> Markup {
        let Self { id, title, number, lists_people: _, body } = self;
        html! {
            section id=(id) aria-labelledby={ (id) "-title" } {
                h2 id={ (id) "-title" } { (title) @if let Some(number) = number { " " span.number { (tongue.number(*number)) } } }
                (body)
            }
        }
    }
}

fn since(page: &Page<'_>) -> Markup {
    let Some(Since { told: _, step }) = &page.report.since else { return html! {} };
    let (changed, mut room) = (&step.changed, Room::new());
    let mut updated: Vec<Person<'_>> = changed.single.iter().map(|(person, _)| *person).collect();
    updated.extend(changed.shared.iter().flat_map(|(_, people)| people).chain(&changed.consequences));
    updated.sort_by_key(|person| person.id);
    updated.dedup_by_key(|person| person.id);
    let lists = [
        (ChangeKind::Remove, step.leavers.people.iter().map(|leaver| leaver.person).collect()),
        (ChangeKind::Add, step.newcomers.iter().map(|newcomer| newcomer.person).collect()),
        (ChangeKind::Update, updated),
    ];
    html! {
        p { (Word::CameSinceMeans.text(page.tongue())) }
        @for (kind, people) in lists.into_iter().filter(|(_, people)| !people.is_empty()) {
            h3 { (capital(&page.verb(kind, people.len()))) " " span.number { (page.tongue().number(people.len())) } }
            (list(page, room.take(&people).iter().copied()))
        }
        (room.rest(page))
    }
}

fn undecided(page: &Page<'_>) -> Markup {
    let tongue = page.tongue();
    let mut room = Room::new();
    let rows = room.take(&page.report.undecided).iter().map(|Undecided { person, problem, place }| {
        let meanwhile = match place {
            Place::Kept => Word::StaysAsIs,
            Place::LeftOut => Word::NotAdded,
        };
        let cells = html! {
            td { (problem.told(page.names.voice())) }
            td data-l=(Word::Meanwhile.text(tongue)) { (meanwhile.text(tongue)) }
        };
        Row::new(*person, cells)
    });
    html! {
        p { (Word::UndecidedMeans.text(tongue)) }
        (table(page, &[Word::Person, Word::WhatToCorrect, Word::Meanwhile], rows))
        (room.rest(page))
    }
}

fn added(page: &Page<'_>) -> Markup {
    let newcomers = &page.report.plan.newcomers;
    let mut room = Room::new();
    let rows = room
        .take(newcomers)
        .iter()
        .map(|Newcomer { person, place }| Row::new(*person, html! { td { (data(page.tongue(), &place.join(", "))) } }));
    html! {
        (lead(page, ChangeKind::Add, newcomers.len()))
        (table(page, &[Word::Person, Word::Department, Word::OfficeAndPosition], rows))
        (room.rest(page))
    }
}

fn waiting(page: &Page<'_>) -> Markup {
    let tongue = page.tongue();
    let mut room = Room::new();
    let rows = room.take(&page.report.waiting).iter().map(|(person, first_day)| {
        let cells = html! {
            td data-l=(Word::FirstDay.text(tongue)) {
                @match first_day {
                    Some(day) => time datetime=(day) { (tongue.day(*day)) },
                    None => (Word::NotKnown.text(tongue)),
                }
            }
        };
        Row::new(*person, cells)
    });
    html! {
        p { (Word::NotYetMeans.text(tongue)) }
        (table(page, &[Word::Person, Word::FirstDay], rows))
        (room.rest(page))
    }
}

fn notes(page: &Page<'_>) -> Markup {
    let (about, rest): (Vec<&Note>, Vec<&Note>) =
        page.report.other_notes.iter().partition(|note| note.employee().is_some());
    let mut room = Room::new();
    let rest_shown = room.take(&rest);
    let row = |note: &&Note| {
        let person = page.report.view.called(note.employee()?);
        Some(Row::new(person, html! { td { (said(page, note)) } }))
    };
    html! {
        ul {
            @for sentence in elsewhere(page) { li { (sentence) } }
            @for note in rest_shown { li { (said(page, note)) } }
        }
        @if !about.is_empty() { (table(page, &[Word::Person, Word::Note], room.take(&about).iter().filter_map(row))) }
        (room.rest(page))
    }
}

/// The people at Personio whom the plan does not name.
fn elsewhere(page: &Page<'_>) -> Vec<String> {
    let tongue = page.tongue();
    let Elsewhere { left, on_leave, out_of_scope } = page.report.elsewhere;
    let [left, on_leave, out_of_scope] =
        [left, on_leave, out_of_scope].map(|number| (number > 0).then(|| tongue.people(number)));
    let left = left.map(|people| {
        say!(tongue, "{people} who left are still at Personio.", "Ausgetreten und noch in Personio: {people}.")
    });
    let on_leave = on_leave.map(|people| {
        say!(tongue, "{people} on leave do not take part.", "{people} in Auszeit: Sie nehmen nicht teil.")
    });
    let out_of_scope = out_of_scope.map(|people| {
        say!(
            tongue,
            "{people} do not take part by the filters of the configuration.",
            "Nach den eingestellten Filtern nicht dabei: {people}."
        )
    });
    [left, on_leave, out_of_scope].into_iter().flatten().collect()
}
