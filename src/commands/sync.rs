//! `sync`: fetch, decide, show, judge, apply. A dry run shares everything up to the judgement and then stops.

mod judged;
mod told;

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest as _, Sha256};

use super::look::{Prospect, Questions, look};
use super::parcel::{Dispatch, Parcel, destination, feed, parcel};
use super::{Context, print, print_json, watch};
use crate::cli;
use crate::exit::{Exit, Failure};
use crate::history::{Delivery, RunEnd, RunId};
use crate::report::json;
use crate::report::{self, Difference, GuardWord};
use crate::roster::decide::explain;
use crate::roster::decide::notes::Note;
use crate::roster::guard::{Approved, Destination};
use crate::roster::plan::PlanDigest;
use crate::roster::plan::mirror::Mirror;
use crate::roster::policy::Who;
use crate::secret::Credential;
use crate::store::{Loaded, Store};
use judged::{Judged, Scene, clock, difference, held, last_success, rules_of};
use told::{Teller, warn_of_new_notes};

pub use told::Output;

/// What the operator asks of a run beyond the usual.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The plan that may pass although it is held.
    pub approval: Option<&'a PlanDigest>,
    pub dispatch: Dispatch,
}

impl Order<'_> {
    /// Nothing special.
    pub const USUAL: Order<'static> = Order { approval: None, dispatch: Dispatch::WhenDifferent };
}

/// What became of the plan.
#[derive(Debug)]
pub enum Ending {
    Done(Exit),
    /// Held, with the message for the operator and the digest that a person may approve.
    Held(Failure, PlanDigest),
}

pub fn run(context: &Context, arguments: &cli::Sync) -> anyhow::Result<Exit> {
    let output = if arguments.json { Output::Json } else { Output::Text };
    let ending = if arguments.dry_run {
        let today = arguments.as_of.unwrap_or_else(|| context.today());
        let differs = if arguments.exit_code { Exit::Differs } else { Exit::InStep };
        match &arguments.explain {
            Some(who) => explain(context, today, who, output)?,
            None => preview(context, today, differs, output)?,
        }
    } else {
        let dispatch = if arguments.redeliver { Dispatch::Always } else { Dispatch::WhenDifferent };
        apply(context, Order { approval: arguments.approve.as_ref(), dispatch }, output)?
    };
    match ending {
        Ending::Done(exit) => Ok(exit),
        Ending::Held(failure, _) => Err(failure.into()),
    }
}

/// Shows the plan a real run would have. Sends only reads, changes no byte on disk. `differs` is the exit code where the
/// plan is not empty.
fn preview(context: &Context, today: NaiveDate, differs: Exit, output: Output) -> anyhow::Result<Ending> {
    let mut teller = Teller { output, run: None, people: 0, groups: 0, delivery: None };
    let Sight { mirror, prospect, destination, largest_removal, last } =
        see(context, today, None, &mut teller).map_err(|error| teller.failed(error))?;
    let clock = clock(context.time(), prospect.time_at_personio, last);
    let judged = Judged::new(context, &mirror, &prospect, Scene { destination, clock, today }, None);
    match output {
        Output::Text | Output::Summary => print(&report::plan(&judged.view()))?,
        Output::Json => {}
    }
    match &judged.verdict {
        Ok(_) => {
            let exit = if judged.plan.is_empty() { Exit::InStep } else { differs };
            teller.tell(&judged, &prospect.decision.notes, exit, None)?;
            Ok(Ending::Done(exit))
        }
        Err(refusal) => {
            let failure = held(refusal, largest_removal, &Difference::NotAsked);
            teller.tell(&judged, &prospect.decision.notes, failure.exit, Some(&failure))?;
            Ok(Ending::Held(failure, refusal.digest.clone()))
        }
    }
}

/// Why one person is in or out. Sends only reads, changes no byte on disk.
fn explain(context: &Context, today: NaiveDate, who: &Who, output: Output) -> anyhow::Result<Ending> {
    let mut teller = Teller { output, run: None, people: 0, groups: 0, delivery: None };
    let Sight { mirror, mut prospect, destination, largest_removal: _, last } =
        see(context, today, Some(who), &mut teller).map_err(|error| teller.failed(error))?;
    let subjects = std::mem::take(&mut prospect.subjects);
    let clock = clock(context.time(), prospect.time_at_personio, last);
    let judged = Judged::new(context, &mirror, &prospect, Scene { destination, clock, today }, None);
    let Prospect { policy, decision, .. } = &prospect;
    let explained = subjects.into_iter().map(|(id, heard)| explain::explain(policy, today, decision, id, heard));
    let explained: Vec<_> = explained.collect();
    let guard = if judged.verdict.is_ok() { GuardWord::Passes } else { GuardWord::Holds };
    match output {
        Output::Json => print_json(&json::explain(&judged.plan, &explained, guard))?,
        Output::Text | Output::Summary => print(&report::explain::text(&judged.view(), &explained, guard))?,
    }
    Ok(Ending::Done(Exit::InStep))
}

/// What a dry run sees before it judges.
struct Sight {
    mirror: Mirror,
    prospect: Prospect,
    destination: Destination,
    largest_removal: u64,
    /// The last success.
    last: Option<DateTime<Utc>>,
}

fn see(context: &Context, today: NaiveDate, whom: Option<&Who>, teller: &mut Teller) -> anyhow::Result<Sight> {
    context.stopwatch.start();
    let store = Store::read(&context.config.mirror)?;
    let (mirror, largest_removal, last) = match &store {
        None => (Mirror::default(), 0, None),
        Some(store) => (store.load()?.mirror, store.largest_removal()?, last_success(&store.standing()?)),
    };
    context.stopwatch.was("loaded");
    let destination = destination(context, store.as_ref())?;
    teller.count(&mirror);
    let credential = context.config.credential()?;
    let prospect = prospect(context, credential, &mirror, today, Questions::WithinLimits, whom)?;
    if destination != Destination::Nowhere {
        feed(&prospect)?;
        context.stopwatch.was("fed");
    }
    context.stopwatch.tell();
    Ok(Sight { mirror, prospect, destination, largest_removal, last })
}

/// Brings the mirror in step, or holds. Whatever happens is in the run log, and whoever watches is told.
pub fn apply(context: &Context, order: Order<'_>, output: Output) -> anyhow::Result<Ending> {
    context.stopwatch.start();
    watch::started(context);
    let ending = apply_unwatched(context, order, output);
    let exit = match &ending {
        Ok(Ending::Done(exit)) => *exit,
        Ok(Ending::Held(failure, _)) => failure.exit,
        Err(error) => Failure::of(error).exit,
    };
    watch::ended(context, exit);
    context.stopwatch.tell();
    ending
}

fn apply_unwatched(context: &Context, order: Order<'_>, output: Output) -> anyhow::Result<Ending> {
    let mut teller = Teller { output, run: None, people: 0, groups: 0, delivery: None };
    let opened = || {
        let credential = context.config.credential()?;
        let mut store = Store::open(&context.config.mirror)?;
        // Before the run is in the log: a damaged mirror and that of another company stay as they are.
        let loaded = store.load()?;
        if let Some(credential) = &credential {
            refuse_other_account(context, loaded.mirror.account.as_deref(), credential)?;
        }
        context.stopwatch.was("loaded");
        let run = store.start_run("sync", context.now)?;
        Ok((store, loaded, run, credential))
    };
    let (mut store, loaded, run, credential) = opened().map_err(|failure: Failure| teller.failed(failure))?;
    teller.run = Some(run);
    attempt(context, &mut store, &loaded, run, credential, order, &mut teller).map_err(|error| {
        record(&mut store, run, &RunEnd::failed(context.time(), &Failure::of(&error)));
        teller.failed(error)
    })
}

fn attempt(
    context: &Context,
    store: &mut Store,
    loaded: &Loaded,
    run: RunId,
    credential: Option<Credential>,
    order: Order<'_>,
    teller: &mut Teller,
) -> anyhow::Result<Ending> {
    let Order { approval, dispatch } = order;
    let before = store.standing()?;
    teller.count(&loaded.mirror);
    let questions = if approval.is_some() { Questions::All } else { Questions::WithinLimits };
    let today = context.today();
    let prospect = prospect(context, credential, &loaded.mirror, today, questions, None)?;
    let destination = destination(context, Some(store))?;
    let clock = clock(context.time(), prospect.time_at_personio, last_success(&before));
    let judged = Judged::new(context, &loaded.mirror, &prospect, Scene { destination, clock, today }, approval);
    context.stopwatch.was("compared");
    let end = RunEnd {
        digest: Some(judged.digest.clone()),
        counts: Some(judged.plan.counts()),
        notes: prospect.decision.notes.clone(),
        ..RunEnd::in_step(context.time())
    };
    match &judged.verdict {
        Err(refusal) => {
            let difference = difference(store, &judged.plan, refusal)?;
            let failure = held(refusal, store.largest_removal()?, &difference);
            let outline = Some(judged.plan.outline());
            let held_by = rules_of(refusal);
            record(store, run, &RunEnd { held_by, outline, ..end.ending_with(&failure) });
            teller.tell(&judged, &prospect.decision.notes, failure.exit, Some(&failure))?;
            Ok(Ending::Held(failure, refusal.digest.clone()))
        }
        Ok(approved) => {
            let parcel = parcel(context, store, &prospect, dispatch)?;
            context.stopwatch.was("fed");
            let work = Work { approved, prospect: &prospect, today, parcel };
            let (notes, delivered) = commit(context, store, run, loaded, work, end)?;
            teller.people = prospect.decision.desired.people.employees().len() as u64;
            teller.groups = prospect.decision.desired.people.groups().len() as u64;
            teller.delivery = delivered;
            warn_of_new_notes(&notes, &before, teller.delivery.as_ref());
            teller.tell(&judged, &notes, Exit::InStep, None)?;
            Ok(Ending::Done(Exit::InStep))
        }
    }
}

/// What a run carries out, all of it or nothing.
struct Work<'w> {
    approved: &'w Approved<'w>,
    prospect: &'w Prospect,
    today: NaiveDate,
    parcel: Option<Parcel>,
}

/// Everything in one transaction, which is also the run lock: apply, deliver, commit. Whatever fails leaves the mirror as it
/// was, and what was delivered without a commit is delivered again by the next run.
fn commit(
    context: &Context,
    store: &mut Store,
    run: RunId,
    loaded: &Loaded,
    work: Work<'_>,
    mut end: RunEnd,
) -> Result<(Vec<Note>, Option<Delivery>), Failure> {
    let Loaded { mirror, mark } = loaded;
    let Work { approved, prospect, today, parcel } = work;
    if let Some(parcel) = &parcel {
        store.set_out(run, mark, &parcel.destination())?;
    }
    let mut applying = store.begin(run, mark)?;
    applying.apply(approved, &prospect.decision.excluded, today)?;
    if mirror.account.as_ref() != Some(&prospect.account) {
        applying.set_account(&prospect.account)?;
    }
    if mirror.import_id_source.as_deref() != Some(prospect.policy.import_id.as_str()) {
        applying.set_import_id_source(prospect.policy.import_id.as_str())?;
    }
    if mirror.scope.as_ref() != Some(&prospect.decision.scope) {
        applying.set_scope(&prospect.decision.scope)?;
    }
    // Before the delivery: whatever can fail in the mirror fails while nothing was sent.
    let erased = applying.erase(&context.keep())?;
    if erased > 0 {
        log::info!("{} erased: [retention]", report::counted(erased, "old value was", "old values were"));
    }
    context.stopwatch.was("applied");
    let mut delivered = None;
    if let Some(parcel) = parcel {
        let (delivery, notes) = parcel.deliver(context)?;
        applying.set_delivery(&delivery)?;
        end.notes.extend(notes);
        delivered = Some(delivery);
        context.stopwatch.was("delivered");
    }
    end.finished_at = context.time();
    applying.commit(&end)?;
    context.stopwatch.was("committed");
    Ok((end.notes, delivered))
}

fn prospect(
    context: &Context,
    credential: Option<Credential>,
    mirror: &Mirror,
    today: NaiveDate,
    questions: Questions,
    whom: Option<&Who>,
) -> Result<Prospect, Failure> {
    let credential = credential.ok_or_else(|| {
        let path = context.config.personio.credentials.display();
        Failure::new(Exit::Misconfigured, format!("never connected: there is no credential {path}"))
            .hint("honestly-sync connect --client-id ID --secret -")
    })?;
    refuse_other_account(context, mirror.account.as_deref(), &credential)?;
    let account = account(&credential);
    let client = context.client(credential)?;
    look(context, &client, mirror, today, questions, account, whom)
}

/// A fingerprint of the credential: enough to notice another one, nothing to learn from.
pub fn account(credential: &Credential) -> String {
    Sha256::digest(credential.client_id.as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn refuse_other_account(context: &Context, known: Option<&str>, credential: &Credential) -> Result<(), Failure> {
    match known {
        Some(known) if known != account(credential) => {
            let what = format!("the mirror {} belongs to another credential", context.config.mirror.display());
            Err(Failure::new(Exit::Misconfigured, what).hint(
                "set [mirror] path to the mirror of this company, or run honestly-sync connect with the new credential of \
                 the same company",
            ))
        }
        Some(_) | None => Ok(()),
    }
}

/// Enters the end of a run that wrote nothing else. The run's own result matters more than a log that cannot be written.
fn record(store: &mut Store, run: RunId, end: &RunEnd) {
    if let Err(failure) = store.finish_run(run, end) {
        log::error!("the run log has no end for run {run}: {failure}");
    }
}
