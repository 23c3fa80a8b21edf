//! How a message looks in each format.

use super::*;

#[test]
fn a_message_looks_as_its_reader_needs_it() {
    let cases = [
        (Format::Text, Paint::Plain, "error: it broke\nhere\n\nhint: mend it\n"),
        (
            Format::Text,
            Paint::Colored,
            "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m it broke\nhere\n\n\u{1b}[1m\u{1b}[36mhint:\u{1b}[0m mend it\n",
        ),
        (Format::Journal, Paint::Colored, "<3>it broke\n<3>here\n<3>hint: mend it\n"),
        (
            Format::Json,
            Paint::Colored,
            "{\"hints\":[\"mend it\"],\"level\":\"error\",\"message\":\"it broke\\nhere\",\"target\":\"x\"}\n",
        ),
    ];
    for (format, paint, expected) in cases {
        let log = Log { format, paint };
        assert_eq!(
            log.message(Level::Error, "x", "it broke\nhere", &Fields::default(), &["mend it".to_owned()]),
            expected,
            "{format:?}"
        );
    }
}

#[test]
fn every_level_has_its_priority() {
    let log = Log { format: Format::Journal, paint: Paint::Plain };
    let levels = [(Level::Error, 3), (Level::Warn, 4), (Level::Info, 6), (Level::Debug, 7), (Level::Trace, 7)];
    for (level, priority) in levels {
        assert_eq!(log.message(level, "x", "so", &Fields::default(), &[]), format!("<{priority}>so\n"));
    }
}
