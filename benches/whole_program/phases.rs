//! How long the parts of a run took, as the program's log tells it.
//!
//! With `-v --log-format json` the program writes one line whose target ends with `timing`. Its message is a list such
//! as `loaded 0.210 s, read 1.234 s, decided 0.012 s, compared 0.004 s, applied 0.034 s, fed 0.056 s, delivered 0.020
//! s`: words and seconds, in the order in which they happened. A run without such a line has no phases, which is no
//! mistake.

use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;

/// What a run does itself between having read everybody and sending the feed.
const OWN_WORK: [&str; 4] = ["decided", "compared", "applied", "fed"];

#[derive(Debug, Clone)]
pub struct Phases(Vec<(String, Duration)>);

impl Phases {
    pub fn in_log(log: &str) -> anyhow::Result<Option<Self>> {
        #[derive(Deserialize)]
        struct Line<'l> {
            target: &'l str,
            // Borrowed only where nothing in it is escaped.
            message: String,
        }

        for line in log.lines() {
            let Line { target, message } = serde_json::from_str(line).with_context(|| format!("a log line: {line}"))?;
            if target.ends_with("timing") {
                return Self::parse(&message).with_context(|| format!("a list of phases: {message}")).map(Some);
            }
        }
        Ok(None)
    }

    fn parse(message: &str) -> anyhow::Result<Self> {
        let phase = |phase: &str| {
            let (name, seconds) = phase.strip_suffix(" s")?.split_once(' ')?;
            Some((name.to_owned(), Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?))
        };
        let phases: Option<Vec<_>> = message.split(", ").map(phase).collect();
        Ok(Self(phases.context("`NAME SECONDS s`, with commas between")?))
    }

    /// Deciding, comparing, applying and feeding together.
    pub fn own_work(&self) -> Duration {
        let Self(phases) = self;
        phases.iter().filter(|(name, _)| OWN_WORK.contains(&name.as_str())).map(|(_, time)| *time).sum()
    }

    pub fn list(&self) -> String {
        let Self(phases) = self;
        let phases = phases.iter().map(|(name, time)| format!("{name} {:.3} s", time.as_secs_f64()));
        phases.collect::<Vec<_>>().join(", ")
    }
}
