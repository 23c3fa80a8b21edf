//! The line that says how things stand. A run that comes to no plan has no lists for a page, so it changes this line alone.

use chrono::NaiveDateTime;
use maud::{Markup, html};

use crate::tongue::{Tongue, say};

/// What is said of how things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateLine {
    Nothing,
    InDoubt,
    /// In the company's time zone.
    Failing {
        since: NaiveDateTime,
    },
}

const BEGIN: &str = "<p id=\"state\">";
const END: &str = "</p>";

/// Its place, in which nothing is said yet.
pub(super) fn place() -> Markup {
    html! { p #state {} }
}

impl StateLine {
    /// The page with this line; none where it says so already, or has no place for it.
    pub fn on(self, page: &str, tongue: Tongue) -> Option<String> {
        let (before, rest) = page.split_once(BEGIN)?;
        let (line, after) = rest.split_once(END)?;
        let new = html! { (self.said(tongue)) }.into_string();
        (line != new).then(|| [before, BEGIN, &new, END, after].concat())
    }

    fn said(self, tongue: Tongue) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::InDoubt => say!(
                tongue,
                "Something outside Personio leaves decisions undone. Whoever runs honestly-sync sees it with: honestly-sync status",
                "Etwas außerhalb von Personio lässt Entscheidungen offen. Wer honestly-sync betreibt, sieht es mit: honestly-sync status"
            ),
            Self::Failing { since } => say!(
                tongue,
                "Runs have failed since {since}: nothing new reaches Honestly, and what this page shows is from the time above. \
                 Whoever runs honestly-sync sees the reason with: honestly-sync status",
                "Seit {since} schlägt der Abgleich fehl: Nichts Neues erreicht Honestly, und was diese Seite zeigt, ist vom Zeitpunkt oben. \
                 Wer honestly-sync betreibt, sieht den Grund mit: honestly-sync status",
                since = tongue.moment(since)
            ),
        }
    }
}
