//! Messages to standard error: plain sentences, without anything that a cron mail must not carry. They never have a time stamp:
//! journald, containers and cron add their own.

use std::io::Write as _;

use clap::ColorChoice;
use clap::builder::styling::AnsiColor;
use env_logger::WriteStyle;
use log::kv::{Key, Value, VisitSource};
use log::{Level, LevelFilter};

use crate::exit::{Failure, is_command};
use crate::terminal::{self, Paint, Stream};

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `error: what`
    Text,
    /// One JSON object a line: `level`, `target`, `message`. Failures add `hints`, and runs add their result.
    Json,
    /// `<3>what`, the prefix that journald turns into a priority (sd-daemon(3)).
    Journal,
}

/// Who asked for which messages.
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

/// What a run says about itself at its end: one line for each run, where lines are collected.
pub const RUN: &str = "honestly_sync::run";

/// `RUST_LOG` overrides `-v` and `-q`.
pub fn start(settings: Settings) -> Log {
    let Settings { verbose, quiet, format, color } = settings;
    let own = match (quiet, verbose) {
        (true, _) => LevelFilter::Error,
        (false, 0) => LevelFilter::Warn,
        (false, 1) => LevelFilter::Info,
        (false, _) => LevelFilter::Debug,
    };
    let paint = Paint::chosen(color, Stream::of(&std::io::stderr()));
    let log = Log { format, paint };
    let mut builder = env_logger::Builder::new();
    builder.filter_module("honestly_sync", own);
    match format {
        // A journal and a log collector are searched for runs later, good ones included. A cron mail is not.
        Format::Journal | Format::Json if !quiet => drop(builder.filter_module(RUN, LevelFilter::Info)),
        Format::Journal | Format::Json | Format::Text => {}
    }
    builder.parse_default_env();
    // What to colour was decided above.
    builder.write_style(WriteStyle::Always);
    builder.format(move |out, record| {
        let fields = Fields::of(record.key_values());
        write!(out, "{}", log.message(record.level(), record.target(), &record.args().to_string(), &fields, &[]))
    });
    builder.init();
    log
}

impl Log {
    /// A failure in a few lines: what failed, then the next step.
    pub fn print(self, failure: &Failure) {
        let Failure { exit: _, message, hints } = failure;
        let text = self.message(Level::Error, "honestly_sync", message, &Fields::default(), hints);
        let mut out = std::io::stderr().lock();
        // If standard error itself is gone, there is nobody left to tell.
        let _ = out.write_all(text.as_bytes());
    }

    fn message(self, level: Level, target: &str, message: &str, fields: &Fields, hints: &[String]) -> String {
        match self.format {
            Format::Text => {
                let first = match level {
                    Level::Error => format!("{} {message}\n", self.paint.bold(AnsiColor::Red, "error:")),
                    Level::Warn => format!("{} {message}\n", self.paint.bold(AnsiColor::Yellow, "warning:")),
                    Level::Info => format!("{message}\n"),
                    Level::Debug | Level::Trace => format!("{target}: {message}\n"),
                };
                let word = self.paint.bold(AnsiColor::Cyan, "hint:");
                let hints: String = hints.iter().map(|hint| format!("{word} {hint}\n")).collect();
                let text = if hints.is_empty() { first } else { format!("{first}\n{hints}") };
                terminal::fitted(&text, &std::io::stderr(), is_command).into_owned()
            }
            Format::Json => {
                let level = level.as_str().to_ascii_lowercase();
                let mut document = serde_json::json!({ "level": level, "target": target, "message": message });
                for (name, value) in &fields.0 {
                    document[name] = value.clone();
                }
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
}

/// What a message says besides its sentence, for machines.
#[derive(Debug, Default)]
struct Fields(Vec<(String, serde_json::Value)>);

impl Fields {
    fn of(source: &dyn log::kv::Source) -> Self {
        let mut fields = Self::default();
        // Collecting cannot fail.
        let _ = source.visit(&mut fields);
        fields
    }
}

impl<'kv> VisitSource<'kv> for Fields {
    fn visit_pair(&mut self, key: Key<'kv>, value: Value<'kv>) -> Result<(), log::kv::Error> {
        let number =
            value.to_i64().map(serde_json::Value::from).or_else(|| value.to_f64().map(serde_json::Value::from));
        self.0.push((key.to_string(), number.unwrap_or_else(|| value.to_string().into())));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
