//! What a terminal gets and a pipe does not: colour, no more lines than somebody reads on a screen, and questions.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};

use clap::ColorChoice;
use clap::builder::styling::{AnsiColor, Style as Ansi};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// No line at a terminal is longer. A buffer that moved while it is filled could not be wiped.
const LONGEST_LINE: usize = 4096;

/// A terminal that does not show what is typed, until this is dropped.
struct Hidden {
    terminal: File,
    before: Termios,
}

impl Hidden {
    fn begin(terminal: File) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO);
        modes.local_modes.insert(LocalModes::ECHONL);
        // What was typed before is seen already, and is no answer.
        tcsetattr(&terminal, OptionalActions::Flush, &modes)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

/// Asks at the terminal for a line that is not shown. Nothing is asked before the terminal hides it.
pub fn ask_hidden(question: &str) -> io::Result<Zeroizing<String>> {
    let hidden = Hidden::begin(OpenOptions::new().read(true).write(true).open("/dev/tty")?)?;
    (&hidden.terminal).write_all(question.as_bytes())?;
    let mut line = Zeroizing::new(String::with_capacity(LONGEST_LINE));
    BufReader::new(&hidden.terminal).read_line(&mut line)?;
    Ok(line)
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
