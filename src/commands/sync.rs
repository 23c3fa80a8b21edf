//! `sync`: the order of a run. Looking, fetching, deciding, planning and judging only read. A dry run shows the result, and a
//! real run carries it out.

mod act;
mod answer;
pub(super) mod destination;
mod explain;
mod held;
mod kept;
mod output;
mod preview;
mod review;
mod send;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::NaiveDate;

use super::Context;
use super::fetch::{Confirm, Day, Fetched, Request, fetch};
use crate::cli;
use crate::config::Delivery;
use crate::exit::{Exit, Failure};
use crate::history::{NewColumns, RunLog};
use crate::report::PlanView;
use crate::report::model::Report;
use crate::roster::decide::notes::Note;
use crate::roster::feed::Feed;
use crate::roster::guard::{Approved, Evidence, MirrorMismatch, Place, Proposal, Recent, Refusal, Settlement, WINDOW};
use crate::roster::model::record::Record;
use crate::roster::plan::PlanDigest;
use crate::roster::plan::mirror::{Given, Mirror};
use crate::roster::policy::Query;
use crate::store::{Loaded, Reader};
use crate::timezone::TimeZone;
use answer::{NamedPlan, ToldPlan};
use destination::Looked;

pub use crate::roster::guard::Resend;
pub use act::apply;
pub use output::Form;
pub use preview::preview;

/// What a dry run is asked for. It sends only reads and changes no byte anywhere.
#[derive(Debug, Clone, Copy)]
pub struct Preview<'a> {
    /// Another day than today.
    pub day: Option<NaiveDate>,
    /// Explain this person instead of showing the plan.
    pub subject: Option<&'a Query>,
    /// Where to write the page for a review.
    pub review: Option<&'a Path>,
    /// The exit code where the plan is not empty.
    pub when_differs: Exit,
    pub new_columns: NewColumns,
    pub form: Form,
}

/// What a real run is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Apply<'a> {
    /// The plan that may pass although it is held.
    pub approval: Option<&'a PlanDigest>,
    /// Who decided that, where it is said.
    pub by: Option<&'a str>,
    pub resend: Resend,
    pub new_columns: NewColumns,
    pub form: Form,
}

impl Apply<'_> {
    /// Without any special wish.
    pub const USUAL: Apply<'static> =
        Apply { approval: None, by: None, resend: Resend::WhenDue, new_columns: NewColumns::Noted, form: Form::Text };
}

/// Whether a command to approve a held plan is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    Approval,
    /// The message names another way on.
    AnotherWay,
}

/// What became of the plan.
#[derive(Debug)]
pub enum Ending {
    Done(Exit),
    /// Held, with the message for the operator, the digest that a person may approve, and whether that is offered.
    Held(Failure, PlanDigest, Offer),
}

pub fn run(context: &Context, arguments: &cli::Sync) -> anyhow::Result<Exit> {
    let form = if arguments.json { Form::Json } else { Form::Text };
    let new_columns = if arguments.new_columns { NewColumns::TakenIn } else { NewColumns::Noted };
    let ending = if arguments.dry_run {
        let when_differs = if arguments.exit_code { Exit::Differs } else { Exit::InStep };
        let (subject, review) = (arguments.explain.as_ref(), arguments.review.as_deref());
        let asked = Preview { day: arguments.as_of, subject, review, when_differs, new_columns, form };
        preview(context, &asked)?
    } else {
        let resend = if arguments.redeliver { Resend::Now } else { Resend::WhenDue };
        let (approval, by) = (arguments.approve.as_ref(), arguments.by.as_deref());
        apply(context, &Apply { approval, by, resend, new_columns, form })?
    };
    match ending {
        Ending::Done(exit) => Ok(exit),
        Ending::Held(failure, ..) => Err(failure.into()),
    }
}

/// What a run starts from.
#[derive(Clone, Copy)]
struct Start<'s> {
    mirror: &'s Mirror,
    /// None where nothing is delivered.
    looked: Option<&'s Looked<'s>>,
    /// What that look told of feeds on their way; the mirror is the one after it.
    settlement: &'s Settlement,
    /// Set where the mirror is not the one that the last run left.
    mismatch: Option<MirrorMismatch>,
    day: Day,
    new_columns: NewColumns,
    /// The plan that a person named.
    approval: Option<&'s PlanDigest>,
    /// Sees every record that Personio lists.
    observe: &'s (dyn Fn(&Record) + Sync),
}

/// A judged plan, and all that the last step needs.
#[derive(Clone, Copy)]
struct JudgedPlan<'j> {
    report: &'j Report<'j>,
    verdict: &'j Result<Approved<'j>, Refusal>,
    fetched: &'j Fetched,
    /// None where nothing is delivered.
    looked: Option<&'j Looked<'j>>,
    /// What an approval of this plan is good for.
    place: &'j Place,
    /// The plan that was told last, where it can be approved here and now, and no plan is approved.
    told_before: Option<&'j PlanDigest>,
    /// Before this run.
    log: &'j RunLog,
}

/// What a look at the destination tells of feeds on their way, and the mirror to go on from. Nobody has the feed of a mirror that
/// is not the one that the last run left.
fn resolved(
    context: &Context,
    loaded: &mut Loaded,
    mismatch: Option<MirrorMismatch>,
    looked: Option<&mut Looked<'_>>,
) -> Settlement {
    if mismatch.is_some() {
        loaded.mirror.given = Given::Unknown;
    }
    let Some(looked) = looked else { return Settlement::default() };
    let settlement = looked.resolve(&loaded.mirror, context.now);
    if !settlement.is_empty() {
        loaded.mirror = settlement.applied_to(&loaded.mirror);
    }
    settlement
}

/// The order of every run after it looked at the destination: fetch, decide, plan, judge, and then the last step, which shows or
/// carries out. Until the judgement there is only a [`Reader`], so nothing can be written.
fn judged<S: AsRef<Reader>, T>(
    context: &Context,
    store: S,
    start: &Start<'_>,
    last_step: impl FnOnce(S, &JudgedPlan<'_>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let (reader, Start { mirror, looked, .. }) = (store.as_ref(), *start);
    let other_files = looked.map(Looked::other_files).unwrap_or_default();
    let credential = context.config.credential()?;
    let account = credential.as_ref().map(|credential| context.account(credential)).or_else(|| mirror.account.clone());
    let place = Place::of(mirror, account, start.mismatch, looked.map(Looked::url), other_files);
    let named = NamedPlan::find(reader, start.approval, &place, context.now)?;
    let (ends, log) = (reader.ends()?, reader.log()?);
    let (unseen, former) = (reader.removals(context.now - WINDOW)?, reader.former(context.now - WINDOW)?);
    let recent = Recent::of(&unseen);
    let confirm = if named.is_some() { Confirm::All } else { Confirm::Usual };
    let request = Request { day: start.day, ends, confirm, new_columns: start.new_columns, recent };
    let Decided { fetched, named, supposed } = decided(context, start, named, &request)?;
    let since = match (&named, &supposed) {
        (Some(named), Some(supposed)) => named.since(mirror, supposed, &fetched.decision)?,
        (Some(_) | None, _) => None,
    };
    let desired = &fetched.decision.desired;
    let destination = looked.map(|looked| looked.judged(mirror, desired));
    let nothing = Feed::default();
    let baseline = mirror.given_to(looked.map(Looked::url)).unwrap_or(&nothing);
    let proposal = Proposal::new(mirror, baseline, desired);
    let days = days(context, [mirror].into_iter().chain(&since), start.day);
    let evidence = Evidence {
        mirror,
        mismatch: start.mismatch,
        decision: &fetched.decision,
        listed: &fetched.listed,
        asked_for: &fetched.asked_for,
        recent,
        former: &former,
        destination: destination.as_ref(),
        clock: fetched.clock,
        days: &days,
    };
    let digest = proposal.plan.digest(&evidence.basis(&proposal));
    let answer = named.as_ref().map(|named| named.answer(since.as_ref()));
    let verdict = context.config.guard.approve(&proposal, &evidence, answer.as_ref());
    let told = match &named {
        Some(_) => None,
        None => ToldPlan::newest(reader, &place, start, context.now, evidence.decision)?,
    };
    let told = told.as_ref().map(ToldPlan::answer);
    let told_before = told.map(|told| told.named);
    context.timings.lap("compared");
    let (sync, style) = (&start.new_columns.sync(context.program()), context.invocation.style);
    let (proposal, evidence, digest, unseen) = (&proposal, &evidence, &digest, &unseen);
    let since = answer.or(told).and_then(|answer| answer.since(desired));
    let (since, today, smallest_group) = (since.as_ref(), start.day.date(), context.config.review.smallest_group);
    let (usual, notes) = (reader.usual(context.now)?, &notes(context, evidence, start));
    let view = PlanView { proposal, evidence, unseen, digest, notes, usual, smallest_group, since, today, sync, style };
    let report = &Report::new(&view);
    let (verdict, fetched, place, log) = (&verdict, &fetched, &place, &log);
    last_step(store, &JudgedPlan { report, verdict, fetched, looked, place, told_before, log })
}

/// What was decided, the approval under which that was done, and the mirror from which.
struct Decided {
    fetched: Fetched,
    named: Option<NamedPlan>,
    supposed: Option<Mirror>,
}

/// Asks and decides under an approval, where there is one. It is done again where what Personio said shows that the approved plan
/// is for other import ids, or that somebody stays whose address it gives away.
fn decided(
    context: &Context,
    start: &Start<'_>,
    mut named: Option<NamedPlan>,
    request: &Request,
) -> Result<Decided, Failure> {
    let mut stay = BTreeSet::new();
    loop {
        let supposed = named.as_ref().map(|named| named.supposed(start.mirror, &stay)).transpose()?.flatten();
        // An approved plan has its columns already.
        let new_columns = if supposed.is_some() { NewColumns::Noted } else { request.new_columns };
        let request = Request { new_columns, ..*request };
        let mut fetched = fetch(context, supposed.as_ref().unwrap_or(start.mirror), &request, start.observe)?;
        let was_void = named.as_ref().is_none_or(NamedPlan::is_void);
        named = named.and_then(|named| named.for_import_ids_of(&fetched.policy.import_id));
        let is_void = named.as_ref().is_none_or(NamedPlan::is_void);
        let others_stay = named.as_ref().map(|named| named.to_stay(start.mirror, &fetched.decision));
        let others_stay = others_stay.unwrap_or_default();
        if was_void == is_void && others_stay.is_subset(&stay) {
            let as_told = named.as_ref().map(|named| named.reasons_as_told(start.mirror, &fetched.decision));
            fetched.decision.excluded.extend(as_told.unwrap_or_default());
            return Ok(Decided { fetched, named, supposed });
        }
        stay.extend(others_stay);
    }
}

/// The notes of the decision, and those about the delivery before it happens.
fn notes(context: &Context, evidence: &Evidence<'_>, start: &Start<'_>) -> Vec<Note> {
    let mut notes = evidence.notes();
    notes.extend(start.settlement.notes());
    notes.extend(start.looked.and_then(Looked::unseen));
    notes.extend(context.passed_over());
    notes.extend(context.half_credential());
    match context.config.delivery {
        Delivery::NotSet => notes.push(Note::NothingDelivered),
        Delivery::MirrorOnly | Delivery::To { .. } => {}
    }
    notes
}

/// The day of a run in its time zone and in each under which somebody was last decided.
fn days<'m>(context: &Context, mirrors: impl Iterator<Item = &'m Mirror>, day: Day) -> BTreeMap<String, NaiveDate> {
    let zones = mirrors.flat_map(|mirror| mirror.scopes.values()).map(|scope| scope.timezone.as_str());
    let zones: BTreeSet<&str> = zones.chain([context.config.timezone.name()]).collect();
    let date = |zone: &str| match day {
        Day::Today(_) => TimeZone::parse(zone).map(|zone| zone.local(context.now).date()),
        Day::Pretended(date) => Some(date),
    };
    zones.into_iter().filter_map(|zone| Some((zone.to_owned(), date(zone)?))).collect()
}
