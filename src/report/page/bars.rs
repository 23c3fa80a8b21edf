//! How many people each department has before and after: numbers in a table, and bars for the eye.

use maud::{Markup, html};

use super::ReviewPage;
use super::data::data;
use super::file::HeadCount;

use super::words::Word;

/// Departments that stay as they are come last, folded.
pub(super) fn head_counts(page: &ReviewPage) -> Markup {
    let most = page.head_counts.iter().map(|count| count.before.max(count.after)).max().unwrap_or_default();
    let (changed, same): (Vec<HeadCount>, Vec<HeadCount>) =
        page.head_counts.iter().partition(|count| count.before != count.after);
    let unchanged = page.language.unchanged_departments(same.len());
    html! {
        @if !changed.is_empty() { (bars(page, &changed, most)) }
        @if !same.is_empty() {
            @if changed.is_empty() { (bars(page, &same, most)) }
            @else { details { summary { (unchanged) } (bars(page, &same, most)) } }
        }
    }
}

fn bars(page: &ReviewPage, counts: &[HeadCount], most: usize) -> Markup {
    let language = page.language;
    let word = |word: Word| word.in_language(language);
    let width = |number: usize| format!("{}%", (number * 1000).checked_div(most).unwrap_or(0) as f64 / 10.0);
    html! {
        table.heads {
            thead { tr {
                @for head in [Word::Department, Word::Before, Word::After, Word::Difference, Word::Bars] { th scope="col" { (word(head)) } }
            } }
            tbody {
                @for HeadCount { department, before, after } in counts {
                    tr {
                        th scope="row" {
                            @match department.and_then(|at| page.departments.get(at)) {
                                Some(name) => (data(language, name)),
                                None => i { (word(Word::NoDepartment)) },
                            }
                        }
                        td.count { (language.number(*before)) }
                        td.count { (language.number(*after)) }
                        td.count { (language.difference(*before, *after)) }
                        // For the eye alone: the numbers stand beside them.
                        td.bars aria-hidden="true" {
                            svg height="20" {
                                rect.before width=(width(*before)) height="8" rx="2" {}
                                rect.after width=(width(*after)) height="8" y="11" rx="2" {}
                            }
                        }
                    }
                }
            }
        }
    }
}
