//! Every code point, and pictures made of several.

use super::*;

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
