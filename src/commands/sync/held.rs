//! What is said of a plan that is held: why, where it parts from the one that a person named, and what to do.

use super::{Ending, Offer};
use crate::commands::Context;
use crate::exit::Failure;
use crate::report::{self, Asked, Difference, PlanView};
use crate::roster::guard::{Cause, Refusal};
use crate::roster::plan::Plan;
use crate::store::Reader;

pub(super) fn failure(
    context: &Context,
    reader: &Reader,
    view: &PlanView<'_>,
    refusal: &Refusal,
    asked: Asked,
) -> Result<Failure, Failure> {
    let difference = difference(reader, &view.proposal.plan, refusal)?;
    let failure = report::refusal(refusal, asked, view.sync, reader.largest_removal()?, &difference);
    Ok(failure.for_program(context.program()))
}

pub(super) fn ending(failure: Failure, refusal: &Refusal) -> Ending {
    let offer = if refusal.offers_approval() { Offer::Approval } else { Offer::AnotherWay };
    Ending::Held(failure, refusal.digest.clone(), offer)
}

/// Where the plan that a person reviewed and the one there is now part.
fn difference(reader: &Reader, plan: &Plan<'_>, refusal: &Refusal) -> Result<Difference, Failure> {
    let named = match &refusal.cause {
        Cause::Rules(_) | Cause::NothingHeld { .. } => return Ok(Difference::NotAsked),
        Cause::AnotherPlan { named, .. } => named,
    };
    let reviewed = reader.held(named)?.and_then(|run| run.ended?.outline);
    Ok(match reviewed {
        None => Difference::Unknown,
        Some(reviewed) => Difference::Lines(report::difference(&reviewed, &plan.outline())),
    })
}
