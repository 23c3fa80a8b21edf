//! How fast to ask and how long to keep trying, as plain arithmetic over instants.
//!
//! The law: no period of a limit's length ever sees more requests than the limit allows, and the time lost to bad weather
//! (failed attempts and the waits after them) never passes the budget. A long listing without failures is not bad weather,
//! however long it takes. Nothing here sleeps or reads a clock.
//!
//! This law is why the limiter is our own. Measured against governor 0.10: with 15 a second its bucket lets 29 through in one
//! second, and 100 in one moment with 300 a minute. Without a burst, 300 a minute take 20 s for 100 requests; here they take 6
//! s.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// Requests that leave a second apart can arrive closer together, so each window is a little longer.
const LEEWAY: Duration = Duration::from_millis(30);

/// The longest wait between two attempts, unless Personio asks for a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// At most this many requests in any period of this length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    pub requests: usize,
    pub window: Duration,
}

impl Limit {
    /// `None` for zero requests, which mean no limit.
    pub(super) fn each(window: Duration, requests: u32) -> Option<Self> {
        (requests > 0).then_some(Self { requests: requests as usize, window: window + LEEWAY })
    }
}

/// How long to wait before the next request, given when the earlier ones left (oldest first).
pub(super) fn wait_before_next(past: &VecDeque<Instant>, limits: &[Limit], now: Instant) -> Duration {
    let free_at = limits.iter().filter_map(|limit| {
        let oldest_that_counts = past.len().checked_sub(limit.requests)?;
        past.get(oldest_that_counts).map(|left| *left + limit.window)
    });
    free_at.map(|at| at.saturating_duration_since(now)).max().unwrap_or_default()
}

/// Remembers when requests left, as far back as its limits look.
#[derive(Debug)]
pub(super) struct Pacer {
    limits: Vec<Limit>,
    past: VecDeque<Instant>,
}

impl Pacer {
    pub(super) fn new(limits: impl IntoIterator<Item = Limit>) -> Self {
        Self { limits: limits.into_iter().collect(), past: VecDeque::new() }
    }

    /// Takes the next free place, and returns how long it is until then.
    pub(super) fn reserve(&mut self, now: Instant) -> Duration {
        let wait = wait_before_next(&self.past, &self.limits, now);
        self.past.push_back(now + wait);
        let remembered = self.limits.iter().map(|limit| limit.requests).max().unwrap_or(0);
        while self.past.len() > remembered {
            self.past.pop_front();
        }
        wait
    }
}

/// The waits between the attempts at one request: each about twice the one before, with random jitter so that many
/// installations do not retry together.
pub(super) fn waits(first: Duration) -> ExponentialBackoff {
    ExponentialBuilder::new()
        .with_min_delay(first)
        .with_factor(2.0)
        .with_max_delay(LONGEST_WAIT.max(first))
        .without_max_times()
        .with_jitter()
        .build()
}

/// The time that may be lost to bad weather, over all requests together. Requests that run at once lose the same time once:
/// several connections that wait together are no less patient than one.
#[derive(Debug)]
pub(super) struct Patience {
    budget: Duration,
    lost: Duration,
    /// The moment up to which lost time is counted already.
    counted_until: Option<Instant>,
}

/// Whether to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    TryAfter(Duration),
    GiveUp,
}

impl Patience {
    pub(super) fn new(budget: Duration) -> Self {
        Self { budget, lost: Duration::ZERO, counted_until: None }
    }

    /// How much time may still be lost.
    pub(super) fn left(&self) -> Duration {
        self.budget.saturating_sub(self.lost)
    }

    /// What to do after an attempt that began at `began` and failed at `now`. `planned` is the wait by the schedule, `asked`
    /// the one that Personio asked for. Never waits less than asked: a wait that does not fit into the budget is not begun.
    pub(super) fn after_failure(
        &mut self,
        began: Instant,
        now: Instant,
        planned: Duration,
        asked: Option<Duration>,
    ) -> Next {
        let counted_until = self.counted_until.map_or(began, |until| until.max(began));
        self.lost = self.lost.saturating_add(now.saturating_duration_since(counted_until));
        let counted_until = counted_until.max(now);
        self.counted_until = Some(counted_until);
        let wait = planned.max(asked.unwrap_or_default());
        let Some(end) = now.checked_add(wait) else { return Next::GiveUp };
        let lost = self.lost.saturating_add(end.saturating_duration_since(counted_until));
        if lost > self.budget {
            return Next::GiveUp;
        }
        self.lost = lost;
        self.counted_until = Some(counted_until.max(end));
        Next::TryAfter(wait)
    }
}

/// What a `Retry-After` header asks for, in seconds or as a date. `None` when it is neither.
pub(super) fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    match httpdate::parse_http_date(header) {
        Ok(date) => Some(date.duration_since(now).unwrap_or_default()),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests;
