//! What is said of a plan that is held: why, what came since the one that a person named, and what to do.

use super::{Ending, Offer};
use crate::commands::Context;
use crate::exit::Failure;
use crate::report::{self, Asked, PlanView};
use crate::roster::guard::Refusal;

pub(super) fn failure(context: &Context, view: &PlanView<'_>, refusal: &Refusal, asked: &Asked<'_>) -> Failure {
    report::refusal(view, refusal, asked).for_program(context.program())
}

pub(super) fn ending(failure: Failure, refusal: &Refusal) -> Ending {
    let offer = if refusal.offers_approval() { Offer::Approval } else { Offer::AnotherWay };
    Ending::Held(failure, refusal.digest.clone(), offer)
}
