//! People's data as it is, in its own direction and folded where it is long.

use std::borrow::Cow;

use maud::{Markup, html};

use crate::report::words::Word;
use crate::tongue::Tongue;
use crate::visible::beginning;

/// People's data as it is, in its own direction. A long text is folded.
pub(super) fn data(tongue: Tongue, text: &str) -> Markup {
    let beginning = beginning(text);
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

/// Whether a text is shown without a click. Where such a text fills an element, the element itself gets the direction: a page
/// of thousands of rows opens faster with fewer elements.
pub(super) fn is_short(text: &str) -> bool {
    matches!(beginning(text), Cow::Borrowed(_))
}
