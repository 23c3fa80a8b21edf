//! What a terminal gets and a pipe does not: colour, and no more lines than somebody reads on a screen.

use clap::ColorChoice;
use clap::builder::styling::{AnsiColor, Style as Ansi};

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
