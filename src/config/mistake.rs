//! A mistake in `config.toml`, shown with file, line and column, and with the line itself.
//!
//! No message repeats a value: people paste secrets into configuration files. So the words are our own, and of a line only the
//! part left of the equals sign is shown.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use crate::roster::policy::name_changes::Role;

/// A place in the file, line and column counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub line: usize,
    pub column: usize,
}

impl Place {
    /// The place of a byte.
    pub(super) fn of(at: usize, text: &str) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A value and its place, for mistakes that are found when the file is long closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed<T> {
    pub value: T,
    pub place: Place,
}

/// A word whose meaning Personio knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub what: What,
    pub text: Placed<String>,
}

/// What a word stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// The attribute of a group.
    Group,
    /// An attribute that must not become one.
    Off,
    /// The attribute of import ids or languages.
    Field,
    /// A name in Honestly.
    Header,
    /// A value of an attribute, or a person.
    Value(Role, String),
}

/// A mistake and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub what: String,
    pub place: Option<Place>,
    /// The line without its value, and a line with carets below it.
    excerpt: Option<String>,
}

impl Mistake {
    /// A mistake without a place in a file.
    pub(super) fn without_place(what: impl Into<String>) -> Self {
        Self { what: what.into(), place: None, excerpt: None }
    }

    /// A mistake that is found when everything is read.
    pub(super) fn at(place: Place, what: impl Into<String>) -> Self {
        Self { what: what.into(), place: Some(place), excerpt: None }
    }

    /// Without the line, because nobody knows what in it is a key and what a value.
    pub(super) fn of_syntax(what: impl Into<String>, span: Option<Range<usize>>, text: &str) -> Self {
        Self { what: what.into(), place: span.map(|span| Place::of(span.start, text)), excerpt: None }
    }

    /// About a key. A key may be shown.
    pub(super) fn of_key(what: impl Into<String>, span: Range<usize>, text: &str) -> Self {
        let Range { start, end } = span;
        let begin = start_of_line(start, text);
        let rest = match text[end..].trim_start_matches([' ', '\t']).chars().next() {
            Some('=') => MASKED,
            Some(']') => "]",
            _ => "",
        };
        let place = Place::of(start, text);
        let shown = format!("{}{rest}", &text[begin..end]);
        let excerpt = excerpt(place, &shown, text[begin..start].chars().count()..text[begin..end].chars().count());
        Self { what: what.into(), place: Some(place), excerpt: Some(excerpt) }
    }

    /// About the value of a key, or of a key in its table. The line is shown where it begins with one of these keys.
    pub(super) fn of_value(what: impl Into<String>, keys: &[&str], at: usize, text: &str) -> Self {
        let place = Place::of(at, text);
        let before = &text[start_of_line(at, text)..at];
        // In a longer text or list, the first equals sign may belong to a value.
        let left = before.split_once('=').map(|(left, _)| left.trim_end());
        let is_key = |left: &&str| {
            let name = left.trim().trim_matches(['"', '\'']);
            keys.iter().any(|key| name == *key || name.strip_suffix(key).is_some_and(|table| table.ends_with('.')))
        };
        let left = left.filter(is_key);
        let excerpt = left.map(|left| {
            let masked = left.chars().count() + " = ".len();
            excerpt(place, &format!("{left}{MASKED}"), masked..masked + "***".len())
        });
        Self { what: what.into(), place: Some(place), excerpt }
    }

    /// `config.toml:3:1: what`, then the line.
    pub(super) fn pointed_at(&self, file: Option<&Path>) -> String {
        let Self { what, place, excerpt } = self;
        pointed_at(what, *place, file) + excerpt.as_deref().unwrap_or_default()
    }
}

/// `config.toml:3:1: what`, as far as file and place are known.
pub(super) fn pointed_at(what: &str, place: Option<Place>, file: Option<&Path>) -> String {
    match (file, place) {
        (None, _) => what.to_owned(),
        (Some(file), None) => format!("{}: {what}", file.display()),
        (Some(file), Some(place)) => format!("{}:{place}: {what}", file.display()),
    }
}

const MASKED: &str = " = ***";

fn start_of_line(at: usize, text: &str) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

fn excerpt(place: Place, shown: &str, marked: Range<usize>) -> String {
    let number = place.line.to_string();
    let indent = " ".repeat(number.len());
    // A tab is one character and would move the carets.
    let shown = shown.replace('\t', " ");
    format!("\n{number} | {shown}\n{indent} | {}{}", " ".repeat(marked.start), "^".repeat(marked.len()))
}
