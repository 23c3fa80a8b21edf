//! `sync`: fetch, decide, show, judge, apply. A dry run shares everything up to the judgement and then stops.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};

use super::look::{Prospect, Questions, look};
use super::parcel::{Dispatch, Parcel, destination, feed, parcel};
use super::{Context, print, print_json, somebody_watches, watch};
use crate::cli;
use crate::exit::{Exit, Failure};
use crate::history::{Delivery, RunEnd, RunId, Standing};
use crate::report::json::{self, SyncFacts};
use crate::report::{self, Difference, GuardWord, PlanView};
use crate::roster::explain;
use crate::roster::guard::{Approved, Cause, Circumstances, Clock, Destination, Refusal};
use crate::roster::mirror::Mirror;
use crate::roster::plan::{Plan, PlanDigest};
use crate::roster::policy::Who;
use crate::roster::verdict::{Note, Weight};
use crate::secret::Credential;
use crate::store::{Loaded, Store};

/// How the result is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Text; after a good run a summary, where somebody watches.
    Text,
    /// The same, with the summary in any case.
    Summary,
    /// One document on standard output, also on failure.
    Json,
}

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
    let store = Store::read(&context.config.mirror)?;
    let (mirror, largest_removal, last) = match &store {
        None => (Mirror::default(), 0, None),
        Some(store) => (store.load()?.mirror, store.largest_removal()?, last_success(&store.standing()?)),
    };
    let destination = destination(context, store.as_ref())?;
    teller.count(&mirror);
    let credential = context.config.credential()?;
    let prospect = prospect(context, credential, &mirror, today, Questions::WithinLimits, whom)?;
    if destination != Destination::Nowhere {
        feed(&prospect)?;
    }
    Ok(Sight { mirror, prospect, destination, largest_removal, last })
}

/// Brings the mirror in step, or holds. Whatever happens is in the run log, and whoever watches is told.
pub fn apply(context: &Context, order: Order<'_>, output: Output) -> anyhow::Result<Ending> {
    watch::started(context);
    let ending = apply_unwatched(context, order, output);
    let exit = match &ending {
        Ok(Ending::Done(exit)) => *exit,
        Ok(Ending::Held(failure, _)) => failure.exit,
        Err(error) => Failure::of(error).exit,
    };
    watch::ended(context, exit);
    ending
}

fn apply_unwatched(context: &Context, order: Order<'_>, output: Output) -> anyhow::Result<Ending> {
    let mut teller = Teller { output, run: None, people: 0, groups: 0, delivery: None };
    let opened = || {
        let credential = context.config.credential()?;
        let mut store = Store::open(&context.config.mirror)?;
        if let Some(credential) = &credential {
            // Before the run is in the log: the mirror of another company stays as it is.
            refuse_other_account(context, store.account()?.as_deref(), credential)?;
        }
        let run = store.start_run("sync", context.now)?;
        Ok((store, run, credential))
    };
    let (mut store, run, credential) = opened().map_err(|failure: Failure| teller.failed(failure))?;
    teller.run = Some(run);
    attempt(context, &mut store, run, credential, order, &mut teller).map_err(|error| {
        record(&mut store, run, &RunEnd::failed(context.time(), &Failure::of(&error)));
        teller.failed(error)
    })
}

fn attempt(
    context: &Context,
    store: &mut Store,
    run: RunId,
    credential: Option<Credential>,
    order: Order<'_>,
    teller: &mut Teller,
) -> anyhow::Result<Ending> {
    let Order { approval, dispatch } = order;
    let loaded = store.load()?;
    let before = store.standing()?;
    teller.count(&loaded.mirror);
    let questions = if approval.is_some() { Questions::All } else { Questions::WithinLimits };
    let today = context.today();
    let prospect = prospect(context, credential, &loaded.mirror, today, questions, None)?;
    let destination = destination(context, Some(store))?;
    let clock = clock(context.time(), prospect.time_at_personio, last_success(&before));
    let judged = Judged::new(context, &loaded.mirror, &prospect, Scene { destination, clock, today }, approval);
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
            let work = Work { approved, prospect: &prospect, today, parcel };
            let (notes, delivered) = commit(context, store, run, &loaded, work, end)?;
            teller.people = prospect.decision.desired.employees().len() as u64;
            teller.groups = prospect.decision.desired.groups().len() as u64;
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
    let mut delivered = None;
    if let Some(parcel) = parcel {
        let (delivery, notes) = parcel.deliver(context)?;
        applying.set_delivery(&delivery)?;
        end.notes.extend(notes);
        delivered = Some(delivery);
    }
    let erased = applying.erase(&context.keep())?;
    if erased > 0 {
        log::info!("{} erased: [retention]", report::counted(erased, "old value was", "old values were"));
    }
    end.finished_at = context.time();
    applying.commit(&end)?;
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
    look(&context.config, &client, mirror, today, questions, account, whom)
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

/// How much two clocks may differ before dates are in doubt.
const CLOCKS_DIFFER_BY: TimeDelta = TimeDelta::hours(1);

/// This machine's clock beside Personio's or, where that is not known, beside the last success.
fn clock(now: DateTime<Utc>, at_personio: Option<DateTime<Utc>>, last_success: Option<DateTime<Utc>>) -> Clock {
    match (at_personio, last_success) {
        (Some(there), _) if (now - there).abs() > CLOCKS_DIFFER_BY => {
            Clock::OffPersonios { hours: (now - there).num_hours() }
        }
        (None, Some(last)) if last - now > CLOCKS_DIFFER_BY => {
            Clock::BeforeTheLastRun { hours: (last - now).num_hours() }
        }
        (Some(_), _) | (None, Some(_) | None) => Clock::Plausible,
    }
}

fn last_success(standing: &Standing) -> Option<DateTime<Utc>> {
    standing.last_in_step.as_ref().and_then(|run| run.ended.as_ref()).map(|ended| ended.finished_at)
}

/// What a plan is judged by besides Personio and the mirror.
struct Scene {
    destination: Destination,
    clock: Clock,
    today: NaiveDate,
}

/// A plan with its verdict.
struct Judged<'a> {
    plan: Plan<'a>,
    digest: PlanDigest,
    verdict: Result<Approved<'a>, Refusal>,
    prospect: &'a Prospect,
    today: NaiveDate,
}

impl<'a> Judged<'a> {
    fn new(
        context: &Context,
        mirror: &'a Mirror,
        prospect: &'a Prospect,
        scene: Scene,
        approval: Option<&PlanDigest>,
    ) -> Self {
        let Scene { destination, clock, today } = scene;
        let plan = Plan::between(&mirror.snapshot, &prospect.decision.desired);
        let circumstances = Circumstances {
            mirror,
            decision: &prospect.decision,
            listed: &prospect.listed,
            asked_for: &prospect.asked_for,
            destination: &destination,
            clock,
        };
        let digest = plan.digest(&circumstances.basis());
        let verdict = context.config.guard.approve(plan.clone(), &circumstances, approval);
        Self { plan, digest, verdict, prospect, today }
    }

    fn view(&self) -> PlanView<'_> {
        PlanView {
            plan: &self.plan,
            decision: &self.prospect.decision,
            digest: &self.digest,
            today: self.today,
            names: &self.prospect.names,
        }
    }
}

/// Tells a run's result, in whichever form was asked for.
struct Teller {
    output: Output,
    run: Option<RunId>,
    people: u64,
    groups: u64,
    delivery: Option<Delivery>,
}

impl Teller {
    fn count(&mut self, mirror: &Mirror) {
        self.people = mirror.snapshot.employees().len() as u64;
        self.groups = mirror.snapshot.groups().len() as u64;
    }

    fn facts(&self, exit: Exit) -> SyncFacts<'_> {
        let Self { output: _, run, people, groups, delivery } = self;
        SyncFacts {
            run: *run,
            exit_code: exit.code(),
            people: *people,
            groups: *groups,
            plan: None,
            notes: &[],
            refusal: None,
            delivery: delivery.as_ref(),
            failure: None,
        }
    }

    fn tell(&self, judged: &Judged<'_>, notes: &[Note], exit: Exit, failure: Option<&Failure>) -> anyhow::Result<()> {
        match self.output {
            Output::Json => print_json(&json::sync(&SyncFacts {
                plan: Some((&judged.plan, &judged.prospect.decision, &judged.digest)),
                notes,
                refusal: judged.verdict.as_ref().err(),
                failure,
                ..self.facts(exit)
            })),
            Output::Text | Output::Summary if self.run.is_some() && failure.is_none() => {
                let (people, groups) = (self.people as usize, self.groups as usize);
                let summary = report::summary(&judged.plan.counts(), people, groups, self.delivery.as_ref());
                if self.output == Output::Summary || somebody_watches() {
                    return print(&(summary + "\n"));
                }
                log::info!("{summary}");
                Ok(())
            }
            Output::Text | Output::Summary => Ok(()),
        }
    }

    /// An error before there was a plan, or after the plan could not be carried out. Hands the error on.
    fn failed(&self, error: impl Into<anyhow::Error>) -> anyhow::Error {
        let error = error.into();
        let failure = Failure::of(&error);
        let document = json::sync(&SyncFacts { failure: Some(&failure), ..self.facts(failure.exit) });
        if self.output == Output::Json
            && let Err(second) = print_json(&document)
        {
            log::error!("{second:#}");
        }
        error
    }
}

/// Enters the end of a run that wrote nothing else. The run's own result matters more than a log that cannot be written.
fn record(store: &mut Store, run: RunId, end: &RunEnd) {
    if let Err(failure) = store.finish_run(run, end) {
        log::error!("the run log has no end for run {run}: {failure}");
    }
}

fn held(refusal: &Refusal, largest_removal: u64, difference: &Difference) -> Failure {
    let (message, hint) = report::refusal(refusal, largest_removal, difference);
    Failure::new(Exit::Held, message).hint(hint)
}

/// None where no rule holds the plan: nothing waits for an approval then.
fn rules_of(refusal: &Refusal) -> Option<String> {
    match &refusal.cause {
        Cause::Rules(rules) | Cause::AnotherPlan { rules, .. } => {
            Some(rules.iter().map(|rule| rule.kind()).collect::<Vec<_>>().join(" "))
        }
        Cause::NothingHeld { .. } => None,
    }
}

/// Where the plan that a person reviewed and the one there is now part.
fn difference(store: &Store, plan: &Plan<'_>, refusal: &Refusal) -> Result<Difference, Failure> {
    let given = match &refusal.cause {
        Cause::Rules(_) | Cause::NothingHeld { .. } => return Ok(Difference::NotAsked),
        Cause::AnotherPlan { given, .. } => given,
    };
    let reviewed: Option<BTreeMap<String, String>> = store.held(given)?.and_then(|run| run.ended?.outline);
    Ok(match reviewed {
        None => Difference::Unknown,
        Some(reviewed) => Difference::Lines(report::difference(&reviewed, &plan.outline())),
    })
}

/// Warnings are told when they are new, not every twelve hours.
fn warn_of_new_notes(notes: &[Note], before: &Standing, delivery: Option<&Delivery>) {
    let known = before.last_in_step.as_ref().and_then(|run| run.ended.as_ref()).map(|ended| ended.notes.as_slice());
    let is_known = |text: &str| known.is_some_and(|known| known.iter().any(|note| note.text == text));
    // A run without a delivery has no note about one; that alone makes the next one no news.
    let to = delivery.map(|delivery| delivery.destination.as_str());
    let was_unverified = before.deliveries.iter().any(|last| Some(last.destination.as_str()) == to && !last.verified);
    let warnings = notes.iter().filter(|note| note.weight() == Weight::Warning);
    let warnings = warnings.filter(|note| !(was_unverified && **note == Note::DeliveryUnverified)).map(Note::to_string);
    let new: Vec<String> = warnings.filter(|text| !is_known(text)).collect();
    const SHOWN: usize = 8;
    for text in new.iter().take(SHOWN) {
        log::warn!("{text}");
    }
    if new.len() > SHOWN {
        log::warn!("and {} more new notes: honestly-sync status", new.len() - SHOWN);
    }
}
