//! Messages to standard error: plain sentences, with nothing that a cron mail must not carry. Never a time stamp: journald,
//! containers and cron add their own.

use std::io::{IsTerminal as _, Write as _};

use clap::ColorChoice;
use clap::builder::styling::{AnsiColor, Style};
use env_logger::WriteStyle;
use log::{Level, LevelFilter};

use crate::exit::Failure;

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `error: what`
    Text,
    /// One JSON object a line: `level`, `target`, `message`, with failures `hints`.
    Json,
    /// `<3>what`, the prefix that journald turns into a priority (sd-daemon(3)).
    Journal,
}

/// Who asked for what.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Counts `-v`.
    pub verbose: u8,
    /// `-q`
    pub quiet: bool,
    pub format: Format,
    pub color: ColorChoice,
}

/// The log, once it has started.
#[derive(Debug, Clone, Copy)]
pub struct Log {
    format: Format,
    paint: Paint,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Paint {
    Plain,
    Colored,
}

/// `RUST_LOG` overrides `-v` and `-q`.
pub fn start(settings: Settings) -> Log {
    let Settings { verbose, quiet, format, color } = settings;
    let own = match (quiet, verbose) {
        (true, _) => LevelFilter::Error,
        (false, 0) => LevelFilter::Warn,
        (false, 1) => LevelFilter::Info,
        (false, _) => LevelFilter::Debug,
    };
    let paint = match color {
        ColorChoice::Always => Paint::Colored,
        ColorChoice::Auto if std::io::stderr().is_terminal() => Paint::Colored,
        ColorChoice::Auto | ColorChoice::Never => Paint::Plain,
    };
    let log = Log { format, paint };
    let mut builder = env_logger::Builder::new();
    builder.filter_module("honestly_sync", own).parse_default_env();
    // What is painted was decided above.
    builder.write_style(WriteStyle::Always);
    builder.format(move |out, record| {
        write!(out, "{}", log.message(record.level(), record.target(), &record.args().to_string(), &[]))
    });
    builder.init();
    log
}

impl Log {
    /// A failure in a few lines: what failed, then the next step.
    pub fn tell(self, failure: &Failure) {
        let Failure { exit: _, message, hints } = failure;
        let text = self.message(Level::Error, "honestly_sync", message, hints);
        let mut out = std::io::stderr().lock();
        // Nobody is left to tell where standard error itself is gone.
        let _ = out.write_all(text.as_bytes());
    }

    fn message(self, level: Level, target: &str, message: &str, hints: &[String]) -> String {
        match self.format {
            Format::Text => {
                let first = match level {
                    Level::Error => format!("{} {message}\n", self.painted(AnsiColor::Red, "error:")),
                    Level::Warn => format!("{} {message}\n", self.painted(AnsiColor::Yellow, "warning:")),
                    Level::Info => format!("{message}\n"),
                    Level::Debug | Level::Trace => format!("{target}: {message}\n"),
                };
                let word = self.painted(AnsiColor::Cyan, "hint:");
                let hints: String = hints.iter().map(|hint| format!("{word} {hint}\n")).collect();
                if hints.is_empty() { first } else { format!("{first}\n{hints}") }
            }
            Format::Json => {
                let level = level.as_str().to_ascii_lowercase();
                let mut document = serde_json::json!({ "level": level, "target": target, "message": message });
                if !hints.is_empty() {
                    document["hints"] = hints.into();
                }
                format!("{document}\n")
            }
            Format::Journal => {
                let priority = match level {
                    Level::Error => 3,
                    Level::Warn => 4,
                    Level::Info => 6,
                    Level::Debug | Level::Trace => 7,
                };
                let hints: Vec<String> = hints.iter().map(|hint| format!("hint: {hint}")).collect();
                let lines = message.lines().chain(hints.iter().flat_map(|hint| hint.lines()));
                lines.map(|line| format!("<{priority}>{line}\n")).collect()
            }
        }
    }

    fn painted(self, color: AnsiColor, word: &str) -> String {
        match self.paint {
            Paint::Plain => word.to_owned(),
            Paint::Colored => {
                let style = Style::new().bold().fg_color(Some(color.into()));
                format!("{style}{word}{style:#}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
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
                log.message(Level::Error, "x", "it broke\nhere", &["mend it".to_owned()]),
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
            assert_eq!(log.message(level, "x", "so", &[]), format!("<{priority}>so\n"));
        }
    }
}
