use proptest::prelude::*;

use super::*;

fn is_command(text: &str) -> bool {
    text.starts_with("prog sync")
}

#[test]
fn a_line_breaks_at_words_with_a_hanging_indent_and_a_command_stays_whole() {
    for (line, shown) in [
        ("short\n", "short\n"),
        ("one two three four five six\n", "one two three four\n    five six\n"),
        ("  - 65 Lilix Nornorbach go\n", "  - 65 Lilix\n      Nornorbach go\n"),
        ("日本語 日本語 日本語 日本\n", "日本語 日本語 日本語\n    日本\n"),
        ("a_word_that_is_wider_than_all\n", "a_word_that_is_wider_than_all\n"),
        ("hint: approve: prog sync --approve 0123\n", "hint: approve:\n    prog sync --approve 0123\n"),
        ("  prog sync --approve 0123456789ab\n", "  prog sync --approve 0123456789ab\n"),
        ("\u{1b}[31mone two three four\u{1b}[0m\n", "\u{1b}[31mone two three four\u{1b}[0m\n"),
        ("no end of the line here and there", "no end of the line\n    here and there"),
    ] {
        assert_eq!(wrapped(line, 20, is_command), shown);
    }
}

proptest! {
    /// Wherever lines break, the words are the same, and only what cannot break is wider than the terminal.
    #[test]
    fn breaking_lines_loses_no_word(text in "([a-zäß日]{1,9}|prog sync|  |\u{a0}|\u{3000}|\n| ){0,40}", columns in 1..60_usize) {
        let broken = wrapped(&text, columns, is_command);
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        prop_assert_eq!(words(&broken), words(&text));
        for line in broken.lines().filter(|line| display_width(line) > columns) {
            let content = line.trim_start();
            prop_assert!(is_command(content) || !content.trim_end().contains(' ') , "{:?}", line);
        }
    }
}

#[test]
fn a_column_is_as_wide_as_it_is_seen() {
    for (text, shown) in [("ab", "ab  |"), ("日本", "日本|"), ("e\u{301}", "e\u{301}   |"), ("too long", "too long|")]
    {
        assert_eq!(format!("{}|", padded(text, 4)), shown);
    }
}
