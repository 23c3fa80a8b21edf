//! How text from Personio is made comparable: what looks the same to a reader must be the same to a program.

use unicode_normalization::UnicodeNormalization as _;

/// Composed characters (NFC), invisible ones dropped, every run of white space one space, none at the ends. Letters keep
/// their case and their accents. Joiners stay: emoji and several scripts need them.
pub fn tidy(text: &str) -> String {
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
    tidy
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
        ];
        for (raw, expected) in cases {
            assert_eq!(tidy(raw), expected, "{raw:?}");
        }
    }
}
