//! What a terminal gets and a pipe does not: colour, no more lines than somebody reads on a screen, lines that break at words, and
//! questions.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd;

use clap::ColorChoice;
use clap::builder::styling::{AnsiColor, Style as Ansi};
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use textwrap::core::display_width;
use textwrap::{Options, WordSeparator};
use zeroize::Zeroizing;

/// No line at a terminal is longer, in bytes.
const LONGEST_LINE: usize = 4096;

/// A terminal that does not show what is typed, until this is dropped. The key that interrupts ends a line there, and those that
/// stop or quit are part of it: a program that was ended by one of them would leave the terminal hidden.
struct Hidden {
    terminal: File,
    before: Termios,
}

impl Hidden {
    fn begin(terminal: File) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        modes.special_codes[SpecialCodeIndex::VEOL] = before.special_codes[SpecialCodeIndex::VINTR];
        modes.local_modes.insert(LocalModes::ECHONL);
        // What was typed before is seen already, and is no answer.
        tcsetattr(&terminal, OptionalActions::Flush, &modes)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // A second line that was pasted is not for the shell, which would show it and keep it in its history.
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// Asks at the terminal for a line that is not shown. Nothing is asked before the terminal hides it.
pub fn ask_hidden(question: &str) -> io::Result<Zeroizing<String>> {
    let hidden = Hidden::begin(OpenOptions::new().read(true).write(true).open("/dev/tty")?)?;
    (&hidden.terminal).write_all(question.as_bytes())?;
    let interrupt = hidden.before.special_codes[SpecialCodeIndex::VINTR];
    let mut buffer = Zeroizing::new(vec![0; LONGEST_LINE]);
    let mut length = 0;
    let line = loop {
        let read = (&hidden.terminal).read(&mut buffer[length..])?;
        length += read;
        // The key that ends a file hands out what was typed so far.
        if read == 0 || [b'\n', interrupt].contains(&buffer[length - 1]) {
            break &buffer[..length];
        }
    };
    if !line.ends_with(b"\n") {
        (&hidden.terminal).write_all(b"\n")?;
    }
    drop(hidden);
    if interrupt != 0 && line.ends_with(&[interrupt]) {
        kill_process(getpid(), Signal::INT)?;
        return Err(io::ErrorKind::Interrupted.into());
    }
    let line = std::str::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(Zeroizing::new(line.to_owned()))
}

/// The text for whoever reads this stream: on a terminal no line that could break at a word is wider than it.
pub fn fitted<'t>(text: &'t str, stream: &impl AsFd, is_command: impl Fn(&str) -> bool) -> Cow<'t, str> {
    // Of anything but a terminal nobody knows a width.
    match tcgetwinsize(stream).map(|size| usize::from(size.ws_col)) {
        Ok(columns @ 1..) => Cow::Owned(wrapped(text, columns, is_command)),
        Ok(0) | Err(_) => Cow::Borrowed(text),
    }
}

/// What stands further in than a line, where the line goes on.
const HANGING: usize = 4;

fn wrapped(text: &str, columns: usize, is_command: impl Fn(&str) -> bool) -> String {
    let mut wrapped = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
        if display_width(body) <= columns {
            wrapped.push_str(line);
            continue;
        }
        let content = body.trim_start();
        let indent = &body[..body.len() - content.len()];
        let further = " ".repeat((indent.len() + HANGING).min(columns / 2));
        // A command is copied, so it stays in one piece.
        let starts = content.match_indices(char::is_whitespace).map(|(at, space)| at + space.len());
        let command = [0].into_iter().chain(starts).find(|at| is_command(&content[*at..]));
        let (prose, command) = content.split_at(command.unwrap_or(content.len()));
        let options = Options::new(columns).initial_indent(indent).subsequent_indent(&further);
        let options = options.break_words(false).word_separator(WordSeparator::AsciiSpace);
        let mut lines: Vec<Cow<'_, str>> = Vec::new();
        if !prose.is_empty() {
            lines.extend(textwrap::wrap(prose.trim_end(), options));
        }
        if !command.is_empty() {
            lines.push(format!("{}{command}", if prose.is_empty() { indent } else { &further }).into());
        }
        wrapped.push_str(&lines.join("\n"));
        wrapped.push_str(end);
    }
    wrapped
}

/// So many columns of a terminal, filled with spaces behind what is seen of the text.
pub fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(display_width(text))))
}

/// How many columns of a terminal a text takes.
pub fn columns_of(text: &str) -> usize {
    display_width(text)
}

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    Plain,
    Colored,
}

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What fits a few screens, and how to see the rest.
    Screens,
    Everything,
}

/// What a stream is connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Terminal,
    Other,
}

impl Stream {
    pub fn of(stream: &impl std::io::IsTerminal) -> Self {
        if stream.is_terminal() { Self::Terminal } else { Self::Other }
    }
}

/// How text is laid out for its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    pub paint: Paint,
    pub extent: Extent,
}

impl Paint {
    /// Without a wish, only terminals get colour.
    pub fn chosen(choice: ColorChoice, stream: Stream) -> Self {
        match (choice, stream) {
            (ColorChoice::Always, _) | (ColorChoice::Auto, Stream::Terminal) => Self::Colored,
            (ColorChoice::Never, _) | (ColorChoice::Auto, Stream::Other) => Self::Plain,
        }
    }

    pub fn color(self, color: AnsiColor, text: &str) -> String {
        self.styled(Ansi::new().fg_color(Some(color.into())), text)
    }

    pub fn bold(self, color: AnsiColor, text: &str) -> String {
        self.styled(Ansi::new().bold().fg_color(Some(color.into())), text)
    }

    fn styled(self, style: Ansi, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Colored => format!("{style}{text}{style:#}"),
        }
    }
}

#[cfg(test)]
mod tests;
