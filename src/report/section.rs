//! Sections of a text: a title, the items below it, and how much of that fits a few screens.

use clap::builder::styling::AnsiColor;

use super::{counted, line, painted_line};
use crate::terminal::{Extent, Paint, Style};
use crate::visible::visible;

/// Two and a half screens, so that a plan and the refusal below it fit three.
pub(super) const MOST_LINES: usize = 60;

/// What a section shows in any case, in lines.
const FEWEST_LINES: usize = 2;

/// What happens to something. Decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Added,
    Removed,
    Changed,
    Unmarked,
}

impl Mark {
    fn paint(self, paint: Paint, text: &str) -> String {
        match self {
            Self::Added => paint.color(AnsiColor::Green, text),
            Self::Removed => paint.color(AnsiColor::Red, text),
            Self::Changed => paint.color(AnsiColor::Yellow, text),
            Self::Unmarked => text.to_owned(),
        }
    }
}

/// Lines that are shown together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub mark: Mark,
    pub first: String,
    /// Below the first line, and indented further.
    pub rest: Vec<String>,
    /// How many of the things in the title's count this item stands for.
    pub stands_for: usize,
}

impl Item {
    pub(super) fn new(mark: Mark, first: impl Into<String>) -> Self {
        Self { mark, first: first.into(), rest: Vec::new(), stands_for: 1 }
    }

    /// Without a mark, indented as if it had one.
    pub(super) fn plain(line: impl std::fmt::Display) -> Self {
        Self::new(Mark::Unmarked, format!("  {line}"))
    }

    fn height(&self) -> usize {
        1 + self.rest.len()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    pub title: String,
    pub items: Vec<Item>,
    /// The largest number of item lines on a screen.
    pub most: usize,
}

impl Section {
    pub(super) fn new(title: impl Into<String>, items: Vec<Item>, most: usize) -> Self {
        Self { title: title.into(), items, most }
    }

    /// How many items fit into `most` lines. At least one.
    fn fitting(&self, most: usize) -> usize {
        let mut height = 0;
        let fits = |item: &&Item| {
            height += item.height();
            height <= most
        };
        self.items.iter().take_while(fits).count().max(1).min(self.items.len())
    }

    /// Includes the title, the line before it, and the line that says how many are left out.
    fn height(&self, most: usize) -> usize {
        let shown = self.fitting(most);
        let more = usize::from(shown < self.items.len());
        2 + self.items[..shown].iter().map(Item::height).sum::<usize>() + more
    }

    fn write(&self, text: &mut String, paint: Paint, most: usize) -> Whole {
        if !text.is_empty() {
            text.push('\n');
        }
        line(text, 0, &self.title);
        let shown = self.fitting(most);
        for Item { mark, first, rest, stands_for: _ } in &self.items[..shown] {
            painted_line(text, 2, &mark.paint(paint, &visible(first)));
            rest.iter().for_each(|content| line(text, 6, content));
        }
        let hidden: usize = self.items[shown..].iter().map(|item| item.stands_for).sum();
        if hidden == 0 {
            return Whole::Yes;
        }
        line(text, 2, &format!("... and {hidden} more"));
        Whole::No
    }
}

/// Whether everything is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whole {
    Yes,
    No,
}

/// Writes every section that has items, with an empty line between them. On a screen it writes at most `most` lines and
/// shortens the longest sections first.
pub(super) fn write(text: &mut String, sections: &[Section], style: Style, most: usize) -> Whole {
    let sections: Vec<&Section> = sections.iter().filter(|section| !section.items.is_empty()).collect();
    let mut limits: Vec<usize> = match style.extent {
        Extent::Everything => vec![usize::MAX; sections.len()],
        Extent::Screens => sections.iter().map(|section| section.most).collect(),
    };
    if style.extent == Extent::Screens {
        let height = |limits: &[usize]| -> usize {
            sections.iter().zip(limits).map(|(section, limit)| section.height(*limit)).sum()
        };
        while height(&limits) > most
            && let Some(largest) = limits.iter_mut().filter(|limit| **limit > FEWEST_LINES).max()
        {
            *largest -= 1;
        }
    }
    let mut whole = Whole::Yes;
    for (section, limit) in sections.iter().zip(limits) {
        if section.write(text, style.paint, limit) == Whole::No {
            whole = Whole::No;
        }
    }
    whole
}

/// Lines cut to what fits, with a line for how many are left out.
pub(super) fn capped(lines: Vec<String>, most: usize, style: Style) -> Vec<String> {
    let hidden = lines.len().saturating_sub(most);
    if style.extent == Extent::Everything || hidden <= 1 {
        return lines;
    }
    let more = format!("... and {} more: --full", counted(hidden, "line", "lines"));
    lines.into_iter().take(most).chain([more]).collect()
}

#[cfg(test)]
mod tests;
