//! How text from Personio is made comparable, and how it is shown.
//!
//! What looks the same to a reader must be the same to a program, a text of nothing but invisible characters is blank, and
//! what is shown to a person has no invisible character in it: it stands there escaped. All three rest on [`is_visible`].

use std::borrow::Cow;

use icu_properties::props::{DefaultIgnorableCodePoint, EmojiModifier, ExtendedPictographic, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_normalization::UnicodeNormalization as _;

/// Whether a reader can see the character. White space, controls, direction marks, joiners, fillers and whatever Unicode has
/// not assigned cannot be seen.
pub fn is_visible(c: char) -> bool {
    /// Braille with no dots: a symbol by its category, and empty.
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
        // A library's enum, which may grow: every other category has a shape.
        _ => CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c),
    };
    !unseen && c != BLANK_BRAILLE
}

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

/// The text as a person may be shown it: an invisible character stands there as its escape, such as `\u{202e}` or `\n`.
/// Spaces stay, and so do the joiners inside an emoji.
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_looks_the_same_is_the_same() {
        let cases = [
            ("  Sales  ", "Sales"),
            ("Kingsroad  4D", "Kingsroad 4D"),
            ("R&D\n\tBerlin", "R&D Berlin"),
            ("Sales\u{a0}Nord", "Sales Nord"),
            ("Sa\u{200b}les", "Sales"),
            ("\u{202e}Sa\u{200e}les\u{202c}", "Sales"),
            ("Mu\u{308}ller", "M\u{fc}ller"),
            ("Mu\u{200b}\u{308}ller", "M\u{fc}ller"),
            ("\u{130}stanbul", "\u{130}stanbul"),
            ("Wei\u{df}", "Wei\u{df}"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
            (" \u{a0}\u{feff}\t", ""),
            ("\u{200d}\u{fe0f}", ""),
            ("\u{3164}", ""),
            ("\u{2800}\u{115f} \u{2800}", ""),
            ("", ""),
            (" ", ""),
            ("Sales Nord", "Sales Nord"),
            ("Sales ", "Sales"),
            ("Sa\u{7f}les", "Sa les"),
        ];
        for (raw, expected) in cases {
            assert_eq!(tidy(raw), expected, "{raw:?}");
        }
    }

    #[test]
    fn what_cannot_be_told_apart_has_one_skeleton() {
        let cases = [
            ("E7", "e7"),
            ("Ｅ７", "e7"),
            ("E\u{200d}7", "e7"),
            (" E7\u{202c}", "e7"),
            ("STRASSE", "Straße"),
            ("ΣΟΦΟΣ", "σοφος"),
            ("ﬁ", "FI"),
        ];
        for (one, other) in cases {
            assert_eq!(skeleton(one), skeleton(other), "{one:?} {other:?}");
        }
        for (one, other) in [("E7", "E8"), ("07", "7"), ("E 7", "E7"), ("Muller", "Müller")] {
            assert_ne!(skeleton(one), skeleton(other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn every_code_point_is_shown_escaped_or_visible() {
        for c in '\0'..=char::MAX {
            let text = format!("a{c}b");
            let shown = visible(&text);
            if c == ' ' || is_visible(c) {
                assert_eq!(shown, text, "{c:?}");
            } else {
                assert_eq!(shown, format!("a{}b", c.escape_default()), "{c:?}");
                assert!(shown.chars().all(is_visible), "{c:?}");
            }
        }
        let cases = [
            ("👩\u{200d}💻 Robin", "👩\u{200d}💻 Robin"),
            ("👩🏽\u{200d}💻", "👩🏽\u{200d}💻"),
            ("❤\u{fe0f}", "❤\u{fe0f}"),
            ("👩\u{200d}", "👩\\u{200d}"),
            ("👩\u{200d}\u{200d}💻", "👩\\u{200d}\\u{200d}💻"),
            ("A\u{fe0f}", "A\\u{fe0f}"),
            ("Ada\u{202e}\nÖz", "Ada\\u{202e}\\nÖz"),
            ("שירה", "שירה"),
        ];
        for (text, shown) in cases {
            assert_eq!(visible(text), shown);
        }
    }

    proptest! {
        #[test]
        fn tidy_text_is_tidy(text in "(?s)[a\u{308}\u{200b}\u{200d}\u{202e} \n\u{3164}Ü👩\u{300}\u{ad}]{0,8}|(?s).{0,6}") {
            let once = tidy(&text).into_owned();
            prop_assert_eq!(&tidy(&once), &once);
            prop_assert!(once.is_empty() || once.chars().any(is_visible));
            prop_assert!(!once.chars().any(|c| c.is_control()));
        }
    }
}
