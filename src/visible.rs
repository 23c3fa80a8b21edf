//! What readers can see of a text. In text for people, every invisible character is replaced by its escape; inside a sentence for
//! a browser, data keeps its own direction.

use std::borrow::Cow;

use icu_properties::props::{DefaultIgnorableCodePoint, EmojiModifier, ExtendedPictographic, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Whether a reader can see the character. White space, controls, direction marks, joiners, fillers and whatever Unicode has
/// not assigned cannot be seen.
pub fn is_visible(c: char) -> bool {
    /// Braille without dots: a symbol by its category, and empty.
    const BLANK_BRAILLE: char = '\u{2800}';
    if c.is_ascii() {
        return c.is_ascii_graphic();
    }
    let unseen = match CodePointMapData::<GeneralCategory>::new().get(c) {
        GeneralCategory::Control
        | GeneralCategory::Format
        | GeneralCategory::Surrogate
        | GeneralCategory::PrivateUse
        | GeneralCategory::Unassigned
        | GeneralCategory::SpaceSeparator
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator => true,
        // A library's enum, which may grow. Every other category has a shape.
        _ => CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c),
    };
    !unseen && c != BLANK_BRAILLE
}

/// The text as a person may see it: an invisible character becomes its escape, such as `\u{202e}` or `\n`. Spaces stay, and so
/// do the joiners inside an emoji.
pub fn visible(text: &str) -> Cow<'_, str> {
    const VARIATION: char = '\u{FE0F}';
    const JOINER: char = '\u{200D}';
    if text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return Cow::Borrowed(text);
    }
    let (pictures, modifiers) =
        (CodePointSetData::new::<ExtendedPictographic>(), CodePointSetData::new::<EmojiModifier>());
    let mut shown = String::with_capacity(text.len());
    let mut after_picture = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let belongs_to_picture = after_picture
            && (c == VARIATION
                || modifiers.contains(c)
                || (c == JOINER && chars.peek().is_some_and(|next| pictures.contains(*next))));
        if belongs_to_picture || c == ' ' || is_visible(c) {
            shown.push(c);
        } else {
            shown.extend(c.escape_default());
        }
        after_picture = pictures.contains(c) || (belongs_to_picture && c != JOINER);
    }
    if shown == text { Cow::Borrowed(text) } else { Cow::Owned(shown) }
}

/// A name for one line of a text for people.
pub fn short_name(text: &str) -> Result<String, &'static str> {
    const LONGEST: usize = 100;
    let name = text.trim();
    match name.is_empty() || name.chars().count() > LONGEST || visible(name) != name {
        true => Err("expected a name on one line: visible characters, and at most 100 of them"),
        false => Ok(name.to_owned()),
    }
}

/// The longest text that is shown whole inside a sentence, in characters.
const LONG: usize = 160;

/// The beginning of a text, with a mark where more follows.
pub fn beginning(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONG) {
        None => Cow::Borrowed(text),
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
    }
}

/// What another party said, inside a sentence: on one line, cut where it is long. Empty where it said nothing.
pub fn quoted(words: &str) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() { line } else { format!("\u{201c}{}\u{201d}", beginning(&visible(&line))) }
}

/// People's data inside a sentence for a browser or a mail. Its direction does not affect the direction of the sentence. Marks
/// that could end the isolation are left out here, and long text is cut; tables show all of it.
pub fn isolated(data: &str) -> String {
    let is_mark = |c: char| ('\u{2066}'..='\u{2069}').contains(&c);
    format!("\u{2068}{}\u{2069}", beginning(data).replace(is_mark, ""))
}

#[cfg(test)]
mod tests;
