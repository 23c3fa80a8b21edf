//! How the program was called, as far as its output depends on it.

use std::path::Path;

use clap::ColorChoice;

use crate::cli::{Cli, Command, Common};
use crate::config::Environment;
use crate::exit::PROGRAM;
use crate::terminal::{Extent, Paint, Stream, Style};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The program's name and, where one was given, the option that names the configuration.
    pub program: String,
    /// Of standard output.
    pub style: Style,
}

impl Invocation {
    pub fn new(cli: &Cli, environment: &Environment) -> Self {
        let config = cli.common.config.as_deref().or(environment.config.as_deref());
        let program = match config {
            Some(path) => format!("{PROGRAM} --config {}", quoted(path)),
            None => PROGRAM.to_owned(),
        };
        let stream = Stream::of(&std::io::stdout());
        let full = match &cli.command {
            Command::Sync(arguments) => arguments.full,
            Command::Status(arguments) => arguments.full,
            Command::Connect(_) | Command::CheckConfig | Command::Completions(_) => false,
        };
        // Anything that is not a terminal gets everything.
        let extent = if stream == Stream::Terminal && !full { Extent::Screens } else { Extent::Everything };
        Self { program, style: Style { paint: Paint::chosen(color(&cli.common, environment), stream), extent } }
    }
}

/// The command line takes precedence over the environment.
pub fn color(common: &Common, environment: &Environment) -> ColorChoice {
    let is_dumb = environment.term.as_ref().is_none_or(|term| term == "dumb");
    match common.color {
        ColorChoice::Auto if environment.no_color.is_some() || is_dumb => ColorChoice::Never,
        color @ (ColorChoice::Auto | ColorChoice::Always | ColorChoice::Never) => color,
    }
}

/// The full path, because a mail is read in another folder, as one word for a shell.
fn quoted(path: &Path) -> String {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let text = full.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests;
