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
use super::removals;
use super::sections::{self, Section};
use super::state;
use super::summary::{self, NextStep, Shown, Summary};
use crate::report::words::Word;
use crate::visible::beginning;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

pub(super) fn page(page: &Page<'_>) -> Markup {
    let tongue = page.tongue();
    let summary = summary::summary(page);
    let word = |word: Word| word.text(tongue);
    let sections = sections::all(page);
    let sheet = sheet(page);
    let policy = format!(
        "default-src 'none'; style-src '{}' '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(&sheet),
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
                title { @if let Some(company) = page.circumstances.company { (company) ": " } (summary.title) " – " (word(Word::Title)) }
                // Without this, a browser asks the page's server for an icon.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
                style { (PreEscaped(&sheet)) }
            }
            body {
                a.skip href="#summary" { (word(Word::SkipToContent)) }
                (header(page))
                main {
                    (state::place())
                    p #old hidden { (word(Word::Old)) }
                    p #filtered hidden { (word(Word::FilteredPrint)) }
                    (first_screen(page, &summary))
                    @if sections.len() > 1 { (contents(page, &sections)) }
                    @if sections.iter().any(|section| section.lists_people) { (filter(page, &sections)) }
                    @for section in &sections { (section.html(tongue)) }
                    p.sign { (word(Word::Signature)) }
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

/// On every sheet of paper: which plan it is, and which page. The digest is made of letters and digits.
fn sheet(page: &Page<'_>) -> String {
    let (plan, digest) = (Word::Sheet.text(page.tongue()), page.report.view.digest);
    format!(
        "@page {{ @bottom-left {{ content: \"{plan} {digest}\"; font: 8pt sans-serif }} \
         @bottom-right {{ content: counter(page) \" / \" counter(pages); font: 8pt sans-serif }} }}"
    )
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
            span.as-of {
                (Word::AsOf.text(page.tongue())) " "
                time datetime=(page.circumstances.written.format("%Y-%m-%dT%H:%M")) { (page.tongue().moment(page.circumstances.written)) }
            }
        }
    }
}

fn first_screen(page: &Page<'_>, summary: &Summary) -> Markup {
    let (tongue, report) = (page.tongue(), page.report);
    let word = |word: Word| word.text(tongue);
    html! {
        section #summary .(summary.class) aria-labelledby="title" {
            p.badge { (word(summary.badge)) " · " (tongue.day(report.view.today)) }
            h1 #title { (summary.title) }
            @for fact in &summary.facts { p.fact { (fact) } }
            @if report.plan.counts.people.removed > 0 {
                div.judge {
                    div { h2 { (word(Word::Evidence)) } (removals::reason_sums(page, &report.plan.leavers)) }
                    (removals::shares(page))
                }
            }
            @if let Some(unanswered) = &summary.unanswered { p.fact { (unanswered) } }
            @if !summary.background.is_empty() { p.background { (summary.background.join(" ")) } }
            @match summary.reasons.as_slice() {
                [] => {}
                [only] => p.lead { (only) },
                several => ul.lead { @for reason in several { li { (reason) } } },
            }
            h2 { (word(Word::NextSteps)) }
            @match summary.next.as_slice() {
                [only] => (next_step(page, only)),
                several => { ol { @for step in several { li { (next_step(page, step)) } } } }
            }
            @if let Some(csv) = page.circumstances.csv { p.csv { a href=(csv) download { (word(Word::AsCsv)) } } }
            p.digest { (word(Word::Digest)) ": " code { (report.view.digest) } }
        }
    }
}

fn next_step(page: &Page<'_>, step: &NextStep) -> Markup {
    let word = |word: Word| word.text(page.tongue());
    let link = |(what, link): &(Word, String)| html! { a href=(link) { (word(*what)) } };
    html! {
        p {
            (step.text)
            @if let (None, Some(answer)) = (&step.shown, &step.answer) { " " (link(answer)) }
        }
        @match &step.shown {
            None => {}
            Some(Shown::Command(command)) => {
                p.command { code { (command) } button type="button" hidden data-copied=(word(Word::Copied)) { (word(Word::Copy)) } }
            }
            Some(Shown::Message(message)) => { p.message { samp lang="en" { (message) } } }
        }
        @if let (Some(_), Some(answer)) = (&step.shown, &step.answer) { p { (link(answer)) } }
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
                            @if section.id == "goes" {
                                @for (at, (reason, number)) in page.report.plan.leavers.reasons.iter().enumerate() {
                                    option value={ "goes " (at) } { (section.title) ": " (reason.summed(*number, page.names.voice())) }
                                }
                            }
                            @if section.id == "changes" {
                                @for (at, field) in page.report.plan.changed.subjects.iter().enumerate() {
                                    option value={ "changes " (at) } { (section.title) ": " (beginning(&label(page, field))) }
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
