//! `sync`: load, look, fetch, decide, plan, show, judge, act. A dry run is the same function without its last step.

mod act;
mod destination;
mod output;
mod review;
mod run;

use std::path::Path;

use chrono::NaiveDate;

use super::fetch::NewColumns;
use super::{Context, close_private_files, mails, monitoring, telling};
use crate::cli;
use crate::exit::{Exit, Failure};
use crate::roster::plan::PlanDigest;
use crate::roster::policy::Query;
use crate::store::{Patience, RunLock};
use output::Output;
use run::Run;

pub use output::Form;

/// What is asked of a run.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    pub purpose: Purpose<'a>,
    pub new_columns: NewColumns,
    pub form: Form,
}

#[derive(Debug, Clone, Copy)]
pub enum Purpose<'a> {
    /// A dry run: shows what a real one would do, sends only reads and changes no byte anywhere.
    Preview {
        /// Another day than today.
        day: Option<NaiveDate>,
        /// Explain this person instead of showing the plan.
        subject: Option<&'a Query>,
        /// Where a page to review goes.
        review: Option<&'a Path>,
        /// The exit code where the plan is not empty.
        when_differs: Exit,
    },
    Apply {
        /// The plan that may pass although it is held.
        approval: Option<&'a PlanDigest>,
        resend: Resend,
    },
}

/// When a file is sent that is no other than the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resend {
    /// When the last delivery is older than `[delivery] refresh`.
    WhenDue,
    Now,
}

impl Order<'_> {
    /// A real run with nothing special.
    pub const USUAL: Order<'static> = Order {
        purpose: Purpose::Apply { approval: None, resend: Resend::WhenDue },
        new_columns: NewColumns::Noted,
        form: Form::Text,
    };
}

/// What became of the plan.
#[derive(Debug)]
pub enum Ending {
    Done(Exit),
    /// Held, with the message for the operator and the digest that a person may approve.
    Held(Failure, PlanDigest),
}

pub fn run(context: &Context, arguments: &cli::Sync) -> anyhow::Result<Exit> {
    let purpose = if arguments.dry_run {
        let when_differs = if arguments.exit_code { Exit::Differs } else { Exit::InStep };
        let (subject, review) = (arguments.explain.as_ref(), arguments.review.as_deref());
        Purpose::Preview { day: arguments.as_of, subject, review, when_differs }
    } else {
        let resend = if arguments.redeliver { Resend::Now } else { Resend::WhenDue };
        Purpose::Apply { approval: arguments.approve.as_ref(), resend }
    };
    let form = if arguments.json { Form::Json } else { Form::Text };
    let new_columns = if arguments.new_columns { NewColumns::TakenIn } else { NewColumns::Noted };
    match sync(context, Order { purpose, new_columns, form })? {
        Ending::Done(exit) => Ok(exit),
        Ending::Held(failure, _) => Err(failure.into()),
    }
}

/// One run, dry or real. Whatever becomes of a real one is in the run log, and whoever monitors is told.
pub fn sync(context: &Context, order: Order<'_>) -> anyhow::Result<Ending> {
    let is_real = matches!(order.purpose, Purpose::Apply { .. });
    context.timings.start();
    // Before anything else: what a second run would read could not be written.
    let _lock = begin(context, &order).map_err(|failure| {
        let failure = failure.for_program(context.program());
        Output::new(order.form).failed(&failure);
        failure
    })?;
    if is_real {
        monitoring::started(context);
    }
    let mut run = Run::new(context, order);
    let ended = run.steps().map_err(|error| run.failed(error));
    if is_real {
        let exit = match &ended {
            Ok(Ending::Done(exit)) => *exit,
            Ok(Ending::Held(failure, _)) => failure.exit,
            Err(error) => Failure::of(error).exit,
        };
        run.output.log(exit, context.started.elapsed());
        telling(|| monitoring::ended(context, exit));
        if let (Some(store), Some(id)) = (&mut run.store, run.id) {
            let ended = mails::Ended { run: id, exit, page: run.page.as_deref() };
            telling(|| mails::ended(context, store, &ended));
        }
    }
    context.timings.log();
    ended
}

/// One real run at a time, and nothing in the way of what is written.
fn begin(context: &Context, order: &Order<'_>) -> Result<Option<RunLock>, Failure> {
    let patience = match order.purpose {
        Purpose::Preview { review, .. } => {
            review.iter().try_for_each(|page| context.config.check_review(page))?;
            None
        }
        Purpose::Apply { approval: Some(_), .. } => Some(Patience::WaitAMinute),
        Purpose::Apply { approval: None, .. } => Some(Patience::StepAside),
    };
    close_private_files(context)?;
    let waiting = || log::warn!("another run is in progress: waiting a minute for it");
    patience.map(|patience| RunLock::take(&context.config.mirror, patience, waiting)).transpose()
}
