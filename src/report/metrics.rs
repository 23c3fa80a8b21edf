//! The state of things as Prometheus metrics, in the text format of node_exporter's textfile collector. Counts, codes and times
//! only.
//!
//! A crate such as prometheus-client keeps live counters in a registry. A dozen numbers that are written once need none.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};

use crate::history::{RunLog, Standing, State};
use crate::roster::plan::ChangeKind;

/// The facts behind the metrics.
#[derive(Debug, Clone, Copy)]
pub struct MetricsView<'a> {
    pub exit_code: u8,
    pub ended_at: DateTime<Utc>,
    pub duration: TimeDelta,
    /// None where the mirror cannot be read: then no metric comes from it.
    pub mirror: Option<&'a MirrorFacts<'a>>,
}

#[derive(Debug, Clone)]
pub struct MirrorFacts<'a> {
    pub log: &'a RunLog,
    pub standing: Standing<'a>,
}

pub fn text(view: &MetricsView<'_>) -> String {
    let MetricsView { exit_code, ended_at, duration, mirror } = view;
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, value: String| {
        family(&mut text, "gauge", name, help, &[(String::new(), value)]);
    };
    gauge("exit_code", "Exit code of the last run that says how things stand.", exit_code.to_string());
    gauge("last_run_timestamp_seconds", "When the last run ended, since 1970.", ended_at.timestamp().to_string());
    gauge("run_duration_seconds", "How long the last run took.", seconds(*duration));
    let Some(MirrorFacts { log, standing }) = mirror else { return text };
    if let Some(at) = log.last_success() {
        let help = "When the last run in step ended, since 1970.";
        gauge("last_success_timestamp_seconds", help, at.timestamp().to_string());
    }
    gauge("people", "People in the mirror: the feed that was last decided.", log.people.to_string());
    gauge("groups", "Groups in the mirror.", log.groups.to_string());
    gauge("undecided", "People about whom nothing could be decided.", log.undecided().to_string());
    let help = "What status --check ends with: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.";
    gauge("health", help, standing.health.code().to_string());
    let states = State::ALL.map(|state| (labelled(state.as_str()), u8::from(state == standing.state).to_string()));
    family(&mut text, "gauge", "state", "How things stand: 1 for one of the kinds.", &states);
    let sample = |(kind, number): (ChangeKind, usize)| (labelled(kind.as_str()), number.to_string());
    let samples = log.totals.each().map(sample);
    family(&mut text, "counter", "changes_total", "Changes applied to the mirror since it exists.", &samples);
    text
}

fn labelled(kind: &str) -> String {
    format!("{{kind=\"{kind}\"}}")
}

/// A comment with the help text, one with the type, and the samples: labels and value.
fn family(text: &mut String, kind: &str, name: &str, help: &str, samples: &[(String, String)]) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "# HELP honestly_sync_{name} {help}\n# TYPE honestly_sync_{name} {kind}");
    for (labels, value) in samples {
        let _ = writeln!(text, "honestly_sync_{name}{labels} {value}");
    }
}

fn seconds(duration: TimeDelta) -> String {
    let milliseconds = duration.num_milliseconds().max(0);
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// The counts of a run for a ping, one on each line.
pub fn ping_body(view: &MetricsView<'_>) -> String {
    let MetricsView { exit_code, ended_at: _, duration, mirror } = view;
    let mut body = format!("exit_code={exit_code}\nduration_seconds={}\n", seconds(*duration));
    if let Some(MirrorFacts { log, standing }) = mirror {
        let (people, groups, undecided, state) = (log.people, log.groups, log.undecided(), standing.state.as_str());
        let _ = write!(body, "people={people}\ngroups={groups}\nundecided={undecided}\nstate={state}\n");
    }
    body
}
