//! Why a plan is held, what to do next, and where it differs from the plan that was approved.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{advice, counted};
use crate::exit::{Exit, Failure};
use crate::roster::guard::{Cause, Refusal, Rule};
use crate::visible::visible;

/// The kind of run that made the plan. It decides what can be done about the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A real run: nobody has seen the plan.
    Run,
    /// A dry run, which has shown it.
    Preview,
    /// A dry run for another day. No run makes this plan today, so nobody can approve it.
    PretendedDay,
}

/// Why a plan is held, in at most ten lines. `sync` is the command that makes it again.
pub fn refusal(refusal: &Refusal, asked: Asked, sync: &str, largest_removal: u64, difference: &Difference) -> Failure {
    let Refusal { digest, cause } = refusal;
    let (first, rules) = match cause {
        Cause::NothingHeld { named } => {
            let message = format!("plan {named} cannot be approved: nothing is held, and nothing of it was written");
            return Failure::new(Exit::Held, message).hint("honestly-sync sync applies what there is to apply");
        }
        Cause::Rules(rules) => (format!("plan {digest} is held, and nothing of it was written"), rules),
        Cause::AnotherPlan { named, rules } => (
            format!(
                "plan {named} is not the plan there is now, which is {digest}; it is held, and nothing of it was written"
            ),
            rules,
        ),
    };
    let mut message = first;
    const SHOWN: usize = 4;
    for rule in rules.iter().take(SHOWN) {
        let _ = write!(message, "\n  {}", visible(&rule.to_string()));
    }
    if rules.len() > SHOWN {
        let _ = write!(message, "\n  and {} more rules", rules.len() - SHOWN);
    }
    if rules.iter().any(|rule| rule.concerns_removals()) {
        let _ = write!(
            message,
            "\n  the largest removal of the past runs: {}",
            counted(largest_removal, "person", "people")
        );
    }
    match difference {
        Difference::NotAsked => {}
        Difference::Unknown => message.push_str("\n  the plan that was approved is in no run of the log"),
        Difference::Lines(lines) => {
            let _ = write!(message, "\n  different since: {}", visible(&shortened(lines, 6)));
        }
    }
    let hints = next_steps(refusal, rules, asked, sync);
    Failure { exit: Exit::Held, message, hints }
}

fn next_steps(refusal: &Refusal, rules: &[Rule], asked: Asked, sync: &str) -> Vec<String> {
    let review = match asked {
        Asked::Run => Some(format!("review it: {sync} --dry-run")),
        Asked::Preview | Asked::PretendedDay => None,
    };
    let then = match asked {
        _ if !refusal.offers_approval() => advice::steps(rules),
        Asked::Run | Asked::Preview => vec![format!("apply exactly this plan: {sync} --approve {}", refusal.digest)],
        Asked::PretendedDay => vec!["a plan can be approved on its own day only".to_owned()],
    };
    review.into_iter().chain(then).collect()
}

/// What differs between the plan that was approved and the one there is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// No other digest was given.
    NotAsked,
    /// The run log does not know the digest that was given.
    Unknown,
    Lines(Vec<String>),
}

/// Compares two outlines of plans.
pub fn difference(reviewed: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, fingerprint) in reviewed {
        match now.get(name) {
            None => lines.push(format!("no longer {name}")),
            Some(other) if other != fingerprint => lines.push(format!("{name} differently")),
            Some(_) => {}
        }
    }
    lines.extend(now.keys().filter(|name| !reviewed.contains_key(*name)).map(|name| format!("now also {name}")));
    if lines.is_empty() {
        lines.push("the same changes on another basis (scope, destination or a run in between)".to_owned());
    }
    lines
}

fn shortened(lines: &[String], most: usize) -> String {
    match lines.len().checked_sub(most) {
        None | Some(0) => lines.join("; "),
        Some(more) => format!("{}; and {more} more", lines[..most].join("; ")),
    }
}
