//! Why a plan is held, what came since the one that was approved, and what to do next.

use std::fmt::Write as _;

use super::{Outcome, PlanView, changes, usual};
use crate::exit::{Exit, Failure};
use crate::roster::guard::{Cause, Concern, Refusal, advice};
use crate::roster::plan::PlanDigest;
use crate::roster::voice::{Told, Voice};
use crate::visible::visible;

/// The kind of run that made the plan. It decides what can be done about the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked<'a> {
    /// A real run: nobody has seen the plan.
    Run,
    /// A dry run, which has shown it.
    Preview {
        /// A plan that was told before, where what came since passes by itself.
        told_before: Option<&'a PlanDigest>,
    },
    /// A dry run for another day. No run makes this plan today, so nobody can approve it.
    PretendedDay,
}

/// Why a plan is held, in at most ten lines.
pub fn refusal(view: &PlanView<'_>, refusal: &Refusal, asked: &Asked<'_>) -> Failure {
    let Refusal { digest, rules, cause } = refusal;
    let mut message = match cause {
        Cause::Unapproved => format!("plan {digest} is held, and nothing of it was written"),
        Cause::Since { named, rules: _ } => {
            let came = view.since.map(|since| changes(&since.step.counts(), Outcome::Held)).unwrap_or_default();
            format!("what came since plan {named} was approved is held, and nothing was written: {came}")
        }
        Cause::Void { named, why } if rules.is_empty() => {
            let message = format!(
                "plan {named} cannot be approved, because {}; nothing is held, and nothing of it was written",
                why.logged()
            );
            return Failure::new(Exit::Held, message).hint("$0 sync applies what there is to apply");
        }
        Cause::Void { named, why } => format!(
            "plan {named} cannot be approved, because {}; the plan there is now, {digest}, is held, and nothing of it was written",
            why.logged()
        ),
    };
    const SHOWN: usize = 4;
    let rules = refusal.unanswered();
    for rule in rules.iter().take(SHOWN) {
        let _ = write!(message, "\n  {}", visible(&rule.logged()));
    }
    if rules.len() > SHOWN {
        let _ = write!(message, "\n  and {} more rules", rules.len() - SHOWN);
    }
    if rules.iter().any(|rule| rule.card().concerns == Concern::Removals) {
        let _ = write!(message, "\n  {}", usual(view.voice(), view.usual));
    }
    Failure { exit: Exit::Held, message, hints: next_steps(refusal, asked, view.sync) }
}

fn next_steps(refusal: &Refusal, asked: &Asked<'_>, sync: &str) -> Vec<String> {
    let review = match asked {
        Asked::Run => Some(format!("review it: {sync} --dry-run")),
        Asked::Preview { .. } | Asked::PretendedDay => None,
    };
    let then = match asked {
        Asked::Preview { told_before: Some(told) } => {
            vec![format!("apply plan {told}, which was told before, with what came since: {sync} --approve {told}")]
        }
        _ if !refusal.offers_approval() => Vec::new(),
        Asked::Run | Asked::Preview { told_before: None } => {
            vec![format!("apply exactly this plan: {sync} --approve {}", refusal.digest)]
        }
        Asked::PretendedDay => vec!["a plan can be approved on its own day only".to_owned()],
    };
    let steps = advice(refusal.unanswered(), Voice::log()).into_iter().flat_map(|advice| advice.does);
    review.into_iter().chain(steps).chain(then).collect()
}
