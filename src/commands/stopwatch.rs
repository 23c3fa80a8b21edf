//! How long each part of a run took, told in one line of the log: what an operator looks at when runs become slow, and what
//! the benchmark reads.

use std::cell::RefCell;
use std::time::{Duration, Instant};

/// Runs from part to part.
#[derive(Debug)]
pub struct Stopwatch(RefCell<Laps>);

#[derive(Debug)]
struct Laps {
    since: Instant,
    parts: Vec<(&'static str, Duration)>,
}

impl Stopwatch {
    pub fn starting_at(since: Instant) -> Self {
        Self(RefCell::new(Laps { since, parts: Vec::new() }))
    }

    /// Everything since the last part was this one.
    pub fn was(&self, part: &'static str) {
        let now = Instant::now();
        let Laps { since, parts } = &mut *self.0.borrow_mut();
        parts.push((part, now - std::mem::replace(since, now)));
    }

    /// Tells it, such as `loaded 0.210 s, read 1.234 s`.
    pub fn tell(&self) {
        let laps = self.0.borrow();
        let parts = laps.parts.iter().map(|(part, took)| format!("{part} {:.3} s", took.as_secs_f64()));
        log::info!(target: "honestly_sync::timing", "{}", parts.collect::<Vec<_>>().join(", "));
    }
}
