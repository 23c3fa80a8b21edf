//! Texts that look the same.

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

proptest! {
    #[test]
    fn tidy_text_is_tidy(text in "(?s)[a\u{308}\u{200b}\u{200d}\u{202e} \n\u{3164}Ü👩\u{300}\u{ad}]{0,8}|(?s).{0,6}") {
        let once = tidy(&text).into_owned();
        prop_assert_eq!(&tidy(&once), &once);
        prop_assert!(once.is_empty() || once.chars().any(is_visible));
        prop_assert!(!once.chars().any(|c| c.is_control()));
    }
}

#[test]
fn an_address_is_one_however_its_domain_is_written() {
    for (one, other, same) in [
        ("Anna@Müller.de", "anna@xn--mller-kva.de", true),
        ("anna@BÜCHER.example", "anna@bücher.example", true),
        ("ännä@müller.de", "ANNA@müller.de", false),
        ("anna@müller.de", "anna@muller.de", false),
        ("anna@example.org", "ANNA@EXAMPLE.ORG", true),
        // No domain of a server; it is compared as it stands.
        ("anna@\u{2488}com", "anna@\u{2488}com", true),
    ] {
        assert_eq!(fold_address(one) == fold_address(other), same, "{one} {other}");
    }
}
