//! People's data as it is, in its own direction and folded where it is long.

use maud::{Markup, html};

use super::words::Word;
use crate::tongue::Tongue;

/// The longest text that is shown without a click.
const LONG: usize = 160;

/// People's data as it is, in its own direction. A long text is folded.
pub(super) fn data(tongue: Tongue, text: &str) -> Markup {
    let beginning = cut(text);
    html! {
        @if beginning.len() == text.len() {
            bdi { (text) }
        } @else {
            details.long {
                summary { bdi { (beginning) } " " span.more { (Word::WholeText.text(tongue)) } }
                bdi { (text) }
            }
        }
    }
}

/// The beginning of a text, with a mark where more follows.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(LONG) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

/// Whether a text is shown without a click. Where such a text fills an element, the element itself gets the direction: a page
/// of thousands of rows opens faster with fewer elements.
pub(super) fn is_short(text: &str) -> bool {
    text.len() <= LONG
}

/// People's data inside a sentence. Its direction does not affect the direction of the sentence. Marks that could end the
/// isolation are left out here, and long text is cut; tables show all of it.
pub(super) fn isolated(data: &str) -> String {
    let is_mark = |c: char| ('\u{2066}'..='\u{2069}').contains(&c);
    format!("\u{2068}{}\u{2069}", cut(data).replace(is_mark, ""))
}
