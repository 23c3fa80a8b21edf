//! How text from Personio is made comparable: what looks the same to a reader must be the same to a program.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// Composed characters (NFC), invisible ones dropped, every run of white space one space, none at the ends. Letters keep
/// their case and their accents. Joiners stay: emoji and several scripts need them.
pub fn tidy(text: &str) -> Cow<'_, str> {
    if is_tidy_ascii(text) {
        return Cow::Borrowed(text);
    }
    let mut tidy = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.nfc() {
        match c {
            '\u{200B}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}' => {}
            c if c.is_whitespace() || c.is_control() => gap = true,
            c => {
                if gap && !tidy.is_empty() {
                    tidy.push(' ');
                }
                gap = false;
                tidy.push(c);
            }
        }
    }
    Cow::Owned(tidy)
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
    use super::tidy;

    #[test]
    fn what_looks_the_same_is_the_same() {
        let cases = [
            ("  Sales  ", "Sales"),
            ("Kingsroad  4D", "Kingsroad 4D"),
            ("R&D\n\tBerlin", "R&D Berlin"),
            ("Sales\u{a0}Nord", "Sales Nord"),
            ("Sa\u{200b}les", "Sales"),
            ("Mu\u{308}ller", "M\u{fc}ller"),
            ("\u{130}stanbul", "\u{130}stanbul"),
            ("Wei\u{df}", "Wei\u{df}"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
            (" \u{a0}\u{feff}\t", ""),
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
}
