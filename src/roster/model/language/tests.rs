//! Texts that are codes, and texts that are not.

use super::*;

#[test]
fn codes_are_the_standard_ones() {
    let codes: Vec<&str> = CODES.split_whitespace().collect();
    assert_eq!(codes.len(), 183);
    assert!(codes.is_sorted() && codes.iter().all(|code| code.len() == 2));
    assert_eq!(Language::new(" DE ").map(Language::as_str), Some("de"));
    for (text, code) in [
        ("de-DE", "de"),
        ("de_AT", "de"),
        ("pt-BR", "pt"),
        ("zh-Hant-TW", "zh"),
        ("EN_us", "en"),
        ("ca-ES", "ca"),
        ("SV-SE", "sv"),
        ("de-CH", "de"),
        ("BE", "be"),
        ("br-FR", "br"),
    ] {
        assert_eq!(Language::new(text).map(Language::as_str), Some(code), "{text}");
    }
    for no_code in [
        "",
        "d",
        "deu",
        "xx",
        "Deutsch",
        "xx-DE",
        "de-",
        "de - AT",
        "no, danke",
        "-de",
        "deu-DE",
        "CH-DE",
        "CH_fr",
        "ch-de",
        "BE-NL",
        "LU-FR",
        "CA-en",
    ] {
        assert_eq!(Language::new(no_code), None, "{no_code}");
    }
}
