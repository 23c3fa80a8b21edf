//! Who is removed: the sums first, then everybody with the evidence, whoever needs a look before the others.

use maud::{Markup, html};

use super::Page;
use super::data::data;
use super::table::{Room, Row, lead, profile, table};
use crate::report::model::{Leaver, Leavers, is_alike};
use crate::report::words::Word;
use crate::roster::decide::reasons::{Proof, Reason};
use crate::roster::guard::{Compared, OtherName, PastRemoval};
use crate::roster::plan::ChangeKind;
use crate::roster::voice::Told;
use crate::tongue::say;

pub(super) fn removed(page: &Page<'_>) -> Markup {
    let leavers = &page.report.plan.leavers;
    html! {
        (lead(page, ChangeKind::Remove, leavers.people.len()))
        (leaver_table(page, leavers))
        (went(page))
    }
}

/// The departments by name on the first screen; the rest is one line.
const SHARES: usize = 5;

/// Which departments lose how many of their people.
pub(super) fn shares(page: &Page<'_>) -> Markup {
    let (tongue, shares) = (page.tongue(), page.report.shares());
    let (shown, rest) = shares.split_at(shares.len().min(SHARES));
    let others: usize = rest.iter().map(|(_, removed, _)| removed).sum();
    html! {
        @if !shares.is_empty() {
            div {
                h2 { (Word::Where.text(tongue)) }
                ul.sums {
                    @for (at, removed, of) in shown {
                        li {
                            @match page.report.department(*at) {
                                Some(name) => (data(tongue, name)),
                                None => i { (Word::NoDepartment.text(tongue)) },
                            }
                            ": " (say!(tongue, "{removed} of {of} ({percent})", "{removed} von {of} ({percent})", removed = tongue.number(*removed), of = tongue.number(*of), percent = tongue.percent(*removed, *of)))
                        }
                    }
                    @if !rest.is_empty() {
                        li { (say!(tongue, "{others} in other departments ({rest})", "{others} in weiteren Abteilungen ({rest})", others = tongue.number(others), rest = tongue.number(rest.len()))) }
                    }
                }
            }
        }
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

/// A sum for each kind of reason, marked where it proves little.
pub(super) fn reason_sums(page: &Page<'_>, leavers: &Leavers<'_>) -> Markup {
    let voice = page.names.voice();
    let check = html! { " " strong.check { (Word::PleaseCheck.text(page.tongue())) } };
    let taken = leavers.people.iter().filter(|leaver| leaver.successor.is_some()).count();
    html! {
        ul.sums {
            @for (reason, number) in &leavers.reasons {
                li { (reason.summed(*number, voice)) @if reason.proof() == Proof::Weak { (check) } }
            }
            @if taken > 0 {
                li {
                    (say!(page.tongue(), "{taken} of them: a newcomer has the address", "{taken} davon: Jemand Neues hat die Adresse", taken = page.tongue().number(taken)))
                    (check)
                }
            }
        }
    }
}

fn leaver_table(page: &Page<'_>, leavers: &Leavers<'_>) -> Markup {
    let tongue = page.tongue();
    let mut room = Room::new();
    let rows = room.take(&leavers.people).iter().map(|Leaver { person, reason, proof, successor }| {
        let last_day = reason.and_then(|reason| reason.last_day());
        let cells = html! {
            td {
                @if let Some(reason) = reason { (reason.told(page.names.voice())) }
                @if let Some(id) = successor { div { (say!(tongue, "the address is given to {somebody}", "die Adresse bekommt {somebody}", somebody = page.names.somebody(*id))) } }
                @if *proof == Proof::Weak { " " strong.check { (Word::PleaseCheck.text(tongue)) } }
            }
            td data-l=[last_day.map(|_| Word::LastDay.text(tongue))] { @if let Some(day) = last_day { time datetime=(day) { (tongue.day(day)) } } }
        };
        let sum = |reason: &Reason| leavers.reasons.iter().position(|(one, _)| is_alike(one, reason));
        let fields = reason.and_then(sum).map(|at| at.to_string());
        Row { fields, ..Row::new(*person, cells) }
    });
    html! {
        (table(page, &[Word::Person, Word::Department, Word::Evidence, Word::LastDay], rows))
        (room.rest(page))
    }
}

/// Whoever reads who is removed sees them with it: they count together.
fn went(page: &Page<'_>) -> Markup {
    let (tongue, went, mut room) = (page.tongue(), page.report.went_before, Room::new());
    html! {
        @if !went.is_empty() {
            h3 { (Word::WentBefore.text(tongue)) " " span.number { (tongue.number(went.len())) } }
            ul {
                @for PastRemoval { name, employee, day, reason } in room.take(went) {
                    li { (data(tongue, name)) " " small dir="auto" { (profile(page, *employee, &employee.to_string())) } ", " time datetime=(day) { (tongue.day(*day)) } ": " (reason.told(page.names.voice())) }
                }
            }
            (room.rest(page))
        }
    }
}

/// Whoever would be somebody else first.
pub(super) fn in_another_file(page: &Page<'_>) -> Markup {
    let tongue = page.tongue();
    let Some(Compared { comparison: _, other_name, go }) = page.report.other_file else { return html! {} };
    let mut room = Room::new();
    let others =
        room.take(other_name).iter().map(|OtherName { import_id, there, ours }| (import_id, there, Some(ours)));
    let rows = others.chain(room.take(go).iter().map(|(import_id, name)| (import_id, name, None)));
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
        (room.rest(page))
    }
}
