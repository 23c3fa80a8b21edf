//! How long each part of a run took, in one line of the log. Operators look at it when runs become slow, and the benchmark
//! reads it.

use std::cell::RefCell;
use std::time::{Duration, Instant};

/// Measures one part after the other.
#[derive(Debug, Default)]
pub(super) struct Timings(RefCell<Laps>);

#[derive(Debug, Default)]
struct Laps {
    since: Option<Instant>,
    parts: Vec<(&'static str, Duration)>,
}

impl Timings {
    /// Starts a run. Whatever was measured before belongs to another run.
    pub(super) fn start(&self) {
        *self.0.borrow_mut() = Laps { since: Some(Instant::now()), parts: Vec::new() };
    }

    /// Counts all the time since the last lap for this part.
    pub(super) fn lap(&self, part: &'static str) {
        let now = Instant::now();
        let Laps { since, parts } = &mut *self.0.borrow_mut();
        parts.extend(since.replace(now).map(|since| (part, now - since)));
    }

    /// Logs all parts, such as `loaded 0.210 s, read 1.234 s`. A run without finished parts logs nothing.
    pub(super) fn log(&self) {
        let laps = self.0.borrow();
        if laps.parts.is_empty() {
            return;
        }
        let parts = laps.parts.iter().map(|(part, took)| format!("{part} {:.3} s", took.as_secs_f64()));
        log::info!(target: "honestly_sync::timing", "{}", parts.collect::<Vec<_>>().join(", "));
    }
}
