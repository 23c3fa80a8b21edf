//! Who is removed: the sums first, then everybody with the evidence, whoever needs a look before the others.

use maud::{Markup, html};

use super::Page;
use super::data::data;
use super::table::{Row, lead, table};
use super::words::Word;
use crate::report::model::{Leaver, Leavers};
use crate::report::usual;
use crate::roster::decide::reasons::{Proof, Reason};
use crate::roster::guard::{Compared, OtherName, PastRemoval};
use crate::roster::plan::ChangeKind;
use crate::roster::voice::Told;
use crate::tongue::say;

pub(super) fn removed(page: &Page<'_>) -> Markup {
    let (tongue, leavers) = (page.tongue(), &page.report.plan.leavers);
    let shares = page.report.shares();
    html! {
        (lead(page, ChangeKind::Remove, leavers.people.len()))
        (reason_sums(page, leavers))
        @if !shares.is_empty() {
            ul.sums {
                @for (at, removed, of) in shares {
                    li {
                        @match page.report.department(at) {
                            Some(name) => (data(tongue, name)),
                            None => i { (Word::NoDepartment.text(tongue)) },
                        }
                        ": " (say!(tongue, "{removed} of {of} ({percent})", "{removed} von {of} ({percent})", removed = tongue.number(removed), of = tongue.number(of), percent = tongue.percent(removed, of)))
                    }
                }
            }
        }
        p.usual { (usual(page.names.voice(), page.report.view.usual)) "." }
        (leaver_table(page, leavers))
        (went(page))
    }
}

pub(super) fn only_in_the_mirror(page: &Page<'_>) -> Markup {
    let Some(step) = &page.report.from_mirror else { return html! {} };
    html! {
        p { (Word::OnlyInTheMirrorMeans.text(page.tongue())) }
        (reason_sums(page, &step.leavers))
        (leaver_table(page, &step.leavers))
    }
}

fn reason_sums(page: &Page<'_>, leavers: &Leavers<'_>) -> Markup {
    let said = |(reason, number): &(&Reason, usize)| reason.summed(*number, page.names.voice());
    html! { ul.sums { @for sum in leavers.reasons.iter().map(said) { li { (sum) } } } }
}

fn leaver_table(page: &Page<'_>, leavers: &Leavers<'_>) -> Markup {
    let tongue = page.tongue();
    let rows = leavers.people.iter().map(|Leaver { person, reason, proof }| {
        let last_day = reason.and_then(|reason| reason.last_day());
        let cells = html! {
            td {
                @if *proof == Proof::Weak { strong.check { (Word::PleaseCheck.text(tongue)) } " " }
                @if let Some(reason) = reason { (reason.told(page.names.voice())) }
            }
            td data-l=[last_day.map(|_| Word::LastDay.text(tongue))] { @if let Some(day) = last_day { time datetime=(day) { (tongue.day(day)) } } }
        };
        Row::new(*person, cells)
    });
    table(page, &[Word::Person, Word::Department, Word::Evidence, Word::LastDay], rows)
}

/// Whoever reads who is removed sees them with it: they count together.
fn went(page: &Page<'_>) -> Markup {
    let (tongue, went) = (page.tongue(), page.report.went_before);
    html! {
        @if !went.is_empty() {
            h3 { (Word::WentBefore.text(tongue)) " " span.number { (tongue.number(went.len())) } }
            ul {
                @for PastRemoval { name, employee, day, reason } in went {
                    li { (data(tongue, name)) " " small dir="auto" { (employee) } ", " time datetime=(day) { (tongue.day(*day)) } ": " (reason.told(page.names.voice())) }
                }
            }
        }
    }
}

/// Whoever would be somebody else first.
pub(super) fn in_another_file(page: &Page<'_>) -> Markup {
    let tongue = page.tongue();
    let Some(Compared { comparison: _, other_name, go }) = page.report.other_file else { return html! {} };
    let others = other_name.iter().map(|OtherName { import_id, there, ours }| (import_id, there, Some(ours)));
    let rows = others.chain(go.iter().map(|(import_id, name)| (import_id, name, None)));
    html! {
        p { (Word::InAnotherFileMeans.text(tongue)) }
        table.people {
            thead { tr { @for word in [Word::Person, Word::WithOurs] { th scope="col" { (word.text(tongue)) } } } }
            tbody {
                @for (import_id, name, ours) in rows {
                    tr data-p="" {
                        th scope="row" { @if !name.is_empty() { (data(tongue, name)) " " } small dir="auto" { (import_id) } }
                        td { @match ours {
                            Some(name) => (data(tongue, name)),
                            None => (page.verb(ChangeKind::Remove, 1)),
                        } }
                    }
                }
            }
        }
    }
}
