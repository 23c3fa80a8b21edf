//! The page as HTML. The template escapes every value; people's data runs in its own direction (`bdi`).
//!
//! Style and script are part of the page, and its policy allows exactly these two by their hashes. So a browser runs no code
//! that a value might smuggle in, and sends no request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::Page;
use super::differences::label;
use super::sections::{self, Section};
use super::state;
use super::summary::{self, NextStep, Shown, Summary};
use super::words::Word;
use crate::report::model::Baseline;
use crate::roster::plan::ChangeKind;
use crate::visible::beginning;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

pub(super) fn page(page: &Page<'_>) -> Markup {
    let tongue = page.tongue();
    let summary = summary::summary(page);
    let word = |word: Word| word.text(tongue);
    let sections = sections::all(page);
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    html! {
        (DOCTYPE)
        html lang=(tongue.code()) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                meta name="referrer" content="no-referrer";
                title { @if let Some(company) = page.circumstances.company { (company) ": " } (word(summary.title)) " – " (word(Word::Title)) }
                // Without this, a browser asks the page's server for an icon.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#summary" { (word(Word::SkipToContent)) }
                (header(page))
                main {
                    (state::place())
                    (first_screen(page, &summary))
                    @if sections.len() > 1 { (contents(page, &sections)) }
                    @if sections.iter().any(|section| section.lists_people) { (filter(page, &sections)) }
                    @for section in &sections { (section.html(tongue)) }
                }
                footer {
                    p { (word(Word::Private)) }
                    noscript { p { (word(Word::NoScripts)) } }
                    p { a href="#top" { (word(Word::ToTheTop)) } }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// The hash as a policy writes it.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

fn header(page: &Page<'_>) -> Markup {
    html! {
        header #top {
            span.program { "honestly-sync" }
            span { (Word::Title.text(page.tongue())) }
            span.as-of { (Word::AsOf.text(page.tongue())) }
            time datetime=(page.circumstances.written.format("%Y-%m-%dT%H:%M")) { (page.tongue().moment(page.circumstances.written)) }
        }
    }
}

fn first_screen(page: &Page<'_>, summary: &Summary) -> Markup {
    let (tongue, report) = (page.tongue(), page.report);
    let word = |word: Word| word.text(tongue);
    let people = report.plan.counts.people;
    // Where nobody knows what Honestly has, nobody knows who would be removed: that is not zero.
    let known = |number| (report.baseline != Baseline::Unknown).then_some(number);
    let tiles = [
        ("go", known(people.removed), ChangeKind::Remove, "#goes"),
        ("come", Some(people.added), ChangeKind::Add, "#comes"),
        ("change", known(people.changed), ChangeKind::Update, "#changes"),
    ];
    html! {
        section #summary .(summary.class) aria-labelledby="title" {
            p.badge { (word(summary.badge)) " · " (tongue.day(report.view.today)) }
            h1 #title { (word(summary.title)) }
            p.lead { (summary.lead) }
            @if !summary.reasons.is_empty() {
                h2.small { (word(Word::FurtherReasons)) }
                ul { @for reason in &summary.reasons { li { (reason) } } }
            }
            ul.tiles {
                @for (class, number, kind, target) in tiles {
                    @let tile = html! {
                        strong { @match number { Some(number) => (tongue.number(number)), None => (word(Word::NotKnown)) } } " "
                        span { (page.verb(kind, number.unwrap_or_default())) }
                    };
                    li.(class) {
                        @if number.is_some_and(|number| number > 0) { a href=(target) { (tile) } } @else { (tile) }
                    }
                }
            }
            @for sentence in &summary.background { p.background { (sentence) } }
            h2 { (word(Word::NextSteps)) }
            @match summary.next.as_slice() {
                [only] => (next_step(page, only)),
                several => { ol { @for step in several { li { (next_step(page, step)) } } } }
            }
            p.digest { (word(Word::Digest)) ": " code { (report.view.digest) } }
        }
    }
}

fn next_step(page: &Page<'_>, step: &NextStep) -> Markup {
    let word = |word: Word| word.text(page.tongue());
    html! {
        p { (step.text) }
        @match &step.shown {
            None => {}
            Some(Shown::Command(command)) => {
                p.command { code { (command) } button type="button" hidden data-copied=(word(Word::Copied)) { (word(Word::Copy)) } }
            }
            Some(Shown::Message(message)) => { p.message { samp lang="en" { (message) } } }
        }
        @if let Some((what, link)) = &step.answer { p { a href=(link) { (word(*what)) } } }
    }
}

fn contents(page: &Page<'_>, sections: &[Section]) -> Markup {
    html! {
        nav aria-labelledby="contents" {
            h2 #contents { (Word::OnThisPage.text(page.tongue())) }
            ul {
                @for section in sections {
                    li { a href={ "#" (section.id) } { (section.title) @if let Some(number) = section.number { " (" (page.tongue().number(number)) ")" } } }
                }
            }
        }
    }
}

/// The script shows it, because it does nothing without the script.
fn filter(page: &Page<'_>, sections: &[Section]) -> Markup {
    let word = |word: Word| word.text(page.tongue());
    html! {
        search hidden data-found=(word(Word::EntriesShown)) data-sort=(word(Word::SortBy)) {
            form #filter aria-labelledby="filter-title" {
                h2 #filter-title { (word(Word::FilterTitle)) }
                label { (word(Word::Search)) input type="search" name="text" autocomplete="off" spellcheck="false"; }
                @if !page.report.departments.is_empty() {
                    label {
                        (word(Word::Department))
                        select name="department" {
                            option value="" { (word(Word::AnyDepartment)) }
                            @for (at, department) in page.report.departments.iter().enumerate() {
                                option value=(at) dir="auto" { (beginning(department)) }
                            }
                        }
                    }
                }
                label {
                    (word(Word::KindLabel))
                    select name="kind" {
                        option value="" { (word(Word::AnyKind)) }
                        @for section in sections.iter().filter(|section| section.lists_people) {
                            option value=(section.id) { (section.title) }
                            @if section.id == "changes" {
                                @for (at, field) in page.report.plan.changed.subjects.iter().enumerate() {
                                    option value={ "field " (at) } { (section.title) ": " (beginning(&label(page, field))) }
                                }
                            }
                        }
                    }
                }
                button type="reset" { (word(Word::Reset)) }
                p role="status" {}
            }
        }
    }
}
