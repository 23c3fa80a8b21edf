//! How text from Personio is made comparable: what looks the same to a reader must be the same to a program, and a text of
//! nothing but invisible characters is blank.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

use crate::visible::is_visible;

/// Composed characters (NFC), characters without any effect on their neighbours dropped, every run of white space and
/// controls one space, none at the ends; empty where nothing can be seen. Letters keep their case and their accents. Joiners
/// and variation selectors stay: emoji and several scripts need them.
pub fn tidy(text: &str) -> Cow<'_, str> {
    if is_tidy_ascii(text) {
        return Cow::Borrowed(text);
    }
    let mut tidy = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars().filter(|c| !is_idle(*c)).nfc() {
        if c.is_whitespace() || c.is_control() {
            gap = true;
            continue;
        }
        if gap && !tidy.is_empty() {
            tidy.push(' ');
        }
        gap = false;
        tidy.push(c);
    }
    if !tidy.chars().any(is_visible) {
        tidy.clear();
    }
    Cow::Owned(tidy)
}

/// Invisible, without width, and without effect on the shape of what stands beside it: soft hyphen, zero width space, word
/// joiner, byte order mark, marks of direction, invisible operators, marks of annotations, language tag.
fn is_idle(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'
            | '\u{200E}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0001}'
    )
}

/// The form in which two values are compared: variants that differ only in case are one group.
pub fn fold(value: &str) -> Cow<'_, str> {
    let is_folded = value.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_folded { Cow::Borrowed(value) } else { Cow::Owned(value.to_lowercase()) }
}

/// Both: the form in which names and labels are compared.
pub fn folded(text: &str) -> String {
    fold(&tidy(text)).into_owned()
}

/// What is most like a text, where no more than a typing mistake or two lie between them.
pub fn alike<'c>(text: &str, choices: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    const ALIKE: f64 = 0.6;
    let text = folded(text);
    let likeness = |choice: &str| strsim::normalized_damerau_levenshtein(&folded(choice), &text);
    let best = choices.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) >= ALIKE).then_some(best)
}

/// The form in which keys and names of people are compared, where a difference that can hardly be seen is none: compatible
/// characters composed (NFKC), without case, without anything invisible.
pub fn skeleton(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    let seen: String = tidy(text).nfkc().filter(|c| *c == ' ' || is_visible(*c)).collect();
    // Through upper case, because some letters have several lower forms, and "ß" is "ss" in capitals.
    Cow::Owned(seen.to_uppercase().to_lowercase().nfkc().collect())
}

/// Most texts need no work, and this is quicker to see than to do it. ASCII is composed and has nothing invisible.
fn is_tidy_ascii(text: &str) -> bool {
    let mut before = b' ';
    text.bytes().all(|byte| {
        let fits = byte.is_ascii_graphic() || (byte == b' ' && before != b' ');
        before = byte;
        fits
    }) && (text.is_empty() || before != b' ')
}

#[cfg(test)]
mod tests;
