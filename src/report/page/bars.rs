//! How many people each department has before and after: numbers in a table, and bars for the eye.

use std::cmp::Ordering;

use maud::{Markup, html};

use super::Page;
use super::data::data;
use crate::report::model::Department;
use crate::report::words::Word;
use crate::tongue::{Tongue, say};

/// Departments without changes come last, folded.
pub(super) fn head_counts(page: &Page<'_>) -> Markup {
    let counts = page.report.head_counts();
    let most = counts.iter().map(|count| count.after.max(count.before.unwrap_or_default())).max().unwrap_or_default();
    let (changed, same): (Vec<Department>, Vec<Department>) =
        counts.iter().partition(|count| count.before != Some(count.after));
    html! {
        @if !changed.is_empty() { (bars(page, &changed, most)) }
        @if !same.is_empty() {
            @if changed.is_empty() { (bars(page, &same, most)) }
            @else { details { summary { (unchanged(page.tongue(), same.len())) } (bars(page, &same, most)) } }
        }
    }
}

fn bars(page: &Page<'_>, counts: &[Department], most: usize) -> Markup {
    let tongue = page.tongue();
    let width = |number: usize| format!("{}%", (number * 1000).checked_div(most).unwrap_or(0) as f64 / 10.0);
    html! {
        table.heads {
            thead { tr {
                @for head in [Word::Department, Word::Before, Word::After, Word::Difference, Word::Bars] { th scope="col" { (head.text(tongue)) } }
            } }
            tbody {
                @for Department { at, before, after, removed: _ } in counts {
                    tr {
                        th scope="row" {
                            @match page.report.department(*at) {
                                Some(name) => (data(tongue, name)),
                                None => i { (Word::NoDepartment.text(tongue)) },
                            }
                        }
                        td.count { (before.map_or_else(|| Word::NotKnown.text(tongue).to_owned(), |before| tongue.number(before))) }
                        td.count { (tongue.number(*after)) }
                        td.count { @if let Some(before) = before { (difference(tongue, *before, *after)) } }
                        // Only for the eye: the numbers stand beside the bars.
                        td.bars aria-hidden="true" {
                            svg height="20" {
                                rect.before width=(width(before.unwrap_or_default())) height="8" rx="2" {}
                                rect.after width=(width(*after)) height="8" y="11" rx="2" {}
                            }
                        }
                    }
                }
            }
        }
    }
}

fn unchanged(tongue: Tongue, departments: usize) -> String {
    let n = tongue.number(departments);
    match departments {
        1 => say!(tongue, "{n} department stays as it is", "{n} Abteilung bleibt gleich groß"),
        _ => say!(tongue, "{n} departments stay as they are", "{n} Abteilungen bleiben gleich groß"),
    }
}

/// With its sign. The minus is the one that is as wide as the plus.
fn difference(tongue: Tongue, before: usize, after: usize) -> String {
    let sign = match before.cmp(&after) {
        Ordering::Less => "+",
        Ordering::Equal => "",
        Ordering::Greater => "−",
    };
    format!("{sign}{}", tongue.number(before.abs_diff(after)))
}
