//! The languages of pages, and how each of them writes numbers, days and lists.

use chrono::{NaiveDate, NaiveDateTime};

/// A language in which the program writes to people in HR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    English,
    German,
}

/// A sentence in one of two tongues, English first. Names in braces come from the arguments behind the two, else from the
/// surrounding code.
macro_rules! say {
    ($tongue:expr, $english:literal, $german:literal $(, $name:ident = $value:expr)* $(,)?) => {
        match $tongue {
            $crate::tongue::Tongue::English => format!($english, $($name = $value),*),
            $crate::tongue::Tongue::German => format!($german, $($name = $value),*),
        }
    };
}
pub(crate) use say;

impl Tongue {
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// As configuration files and the attribute `lang` name it.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// With a mark between the thousands.
    pub fn number(self, number: usize) -> String {
        let mark = match self {
            Self::English => ",",
            Self::German => ".",
        };
        let digits = number.to_string();
        let thousands = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
        thousands.collect::<Vec<_>>().join(mark)
    }

    pub fn day(self, day: NaiveDate) -> String {
        let form = match self {
            Self::English => "%-d %B %-Y",
            Self::German => "%-d.%-m.%-Y",
        };
        day.format(form).to_string()
    }

    pub fn moment(self, moment: NaiveDateTime) -> String {
        let (day, time) = (self.day(moment.date()), moment.format("%H:%M"));
        say!(self, "{day}, {time}", "{day}, {time} Uhr")
    }

    pub fn percent(self, part: usize, of: usize) -> String {
        let percent = self.number(part.saturating_mul(100).checked_div(of).unwrap_or(100));
        // A narrow space that does not break.
        say!(self, "{percent}%", "{percent}\u{202f}%")
    }

    /// `1 person`, `3,000 people`
    pub fn people(self, number: usize) -> String {
        let n = self.number(number);
        match number {
            1 => say!(self, "{n} person", "{n} Person"),
            _ => say!(self, "{n} people", "{n} Personen"),
        }
    }

    /// The words with commas between them, and "and" before the last.
    pub fn listed(self, words: &[String]) -> String {
        match words {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => {
                let first = first.join(", ");
                say!(self, "{first} and {last}", "{first} und {last}")
            }
        }
    }

    /// A title or a name in quotation marks.
    pub fn quoted(self, text: &str) -> String {
        say!(self, "“{text}”", "„{text}“")
    }
}
