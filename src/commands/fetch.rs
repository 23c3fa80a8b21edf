//! From Personio to a decision: what the credential may read, the complete listing, and the evidence about everybody who is
//! missing from it. Only reads, in a dry run and in a real one.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};

use super::Context;
use super::absences::account_for_missing;
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::history::NewColumns;
use crate::personio::{Attributes, Client, CompleteListing, Wanted};
use crate::roster::decide::absences::{Absences, Extent};
use crate::roster::decide::clock::{Clock, Ends};
use crate::roster::decide::eligibility::{Background, Calendar, has_left};
use crate::roster::decide::notes::{Instead, Note};
use crate::roster::decide::screening::{Finding, screen};
use crate::roster::decide::{Decision, decide};
use crate::roster::guard::Recent;
use crate::roster::model::record::{AttributeKey, EmployeeId, Record};
use crate::roster::model::snapshot::Inconsistent;
use crate::roster::plan::mirror::Mirror;
use crate::roster::plan::names::Names;
use crate::roster::policy::{Policy, Seen};

/// What Personio said, and what was decided from it.
#[derive(Debug)]
pub(super) struct Fetched {
    pub decision: Decision,
    pub policy: Policy,
    /// Whose people these are.
    pub account: String,
    /// Everybody in the listing.
    pub listed: BTreeSet<EmployeeId>,
    /// Every attribute that was asked for.
    pub asked_for: BTreeSet<AttributeKey>,
    /// This machine's clock compared with Personio's, and what that means for the day.
    pub clock: Clock,
    pub calendar: Calendar,
}

/// What to ask Personio besides the listing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    /// The day to decide for.
    pub day: Day,
    /// When runs in step ended.
    pub ends: Ends,
    pub confirm: Confirm,
    pub new_columns: NewColumns,
    pub recent: Recent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    /// By this machine's clock, which is compared with Personio's.
    Today(NaiveDate),
    /// A day that somebody wants to preview. No clock matters for it.
    Pretended(NaiveDate),
}

impl Day {
    pub(super) fn date(self) -> NaiveDate {
        match self {
            Self::Today(date) | Self::Pretended(date) => date,
        }
    }

    fn calendar(self, clock: Clock) -> Calendar {
        match self {
            Self::Today(_) if clock.is_in_doubt() => Calendar::InDoubt,
            Self::Today(date) | Self::Pretended(date) => Calendar::Known(date),
        }
    }
}

/// How many missing people to ask Personio about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Confirm {
    /// Enough to know whether the listing can be right.
    Usual,
    /// All: a person approved a plan, in this run or in one whose delivery did not arrive, so every removal in it is worth a
    /// question.
    All,
}

/// What to read, and what is known before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    pub config: &'a Config,
    pub client: &'a Client,
    pub mirror: &'a Mirror,
    /// What names stood for.
    pub names: &'a Names,
    pub extent: Extent,
    pub calendar: Calendar,
}

/// Everybody whom Personio listed, with what is kept of each record, before anything is decided.
pub(super) struct Everybody<T> {
    pub policy: Policy,
    pub listing: CompleteListing<T>,
    /// What is known of mirrored people who are missing from the listing.
    pub absences: Absences,
    /// How the policy was resolved, where that was not as usual.
    pub note: Option<Note>,
}

/// Reads everything.
pub(super) fn read<T: Send>(
    reading: &Reading<'_>,
    keep: impl Fn(&Policy, Record) -> T + Sync,
) -> Result<Everybody<T>, Failure> {
    let Reading { config, client, mirror, names, .. } = *reading;
    let (policy, note) = policy(config, client, names)?;
    refuse_other_import_ids(mirror, &policy)?;
    let (listed, seen) = list(reading, policy, &keep)?;
    // What a filter lets in is known only now. It rarely takes another listing.
    let is_gone = |id| matches!(listed.absences.get(&id), Some(Ok(_)));
    let (mut listed, seen) = match listed.policy.renewed(mirror, &seen, is_gone) {
        None => (listed, seen),
        Some(renewed) => list(reading, renewed, &keep)?,
    };
    listed.policy.learn(&seen);
    listed.note = note;
    Ok(listed)
}

/// Lists everybody under one policy.
fn list<T: Send>(
    reading: &Reading<'_>,
    policy: Policy,
    keep: &(impl Fn(&Policy, Record) -> T + Sync),
) -> Result<(Everybody<T>, Seen), Failure> {
    let Reading { client, mirror, extent, calendar, .. } = *reading;
    let wanted = Wanted::new(policy.attributes());
    let seen = Mutex::new(Seen::default());
    let everybody = || {
        client.list(&wanted, |record| {
            let background = Background { calendar, presence: mirror.presence(record.id) };
            let has_left = has_left(&policy, background, &record);
            seen.lock().unwrap_or_else(PoisonError::into_inner).add(&policy, mirror, &record, has_left);
            keep(&policy, record)
        })
    };
    let (listing, absences) = account_for_missing(client, mirror, &wanted, extent, everybody)?;
    let seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((Everybody { policy, listing, absences, note: None }, seen))
}

/// Decides about everybody who was screened.
pub(super) fn decided(
    policy: &Policy,
    mirror: &Mirror,
    findings: Vec<(EmployeeId, Finding)>,
    readable: BTreeSet<AttributeKey>,
    absences: &Absences,
) -> Result<Decision, Failure> {
    decide(policy, mirror, findings, readable, absences).map_err(|error| inconsistent(&error))
}

pub(super) fn inconsistent(error: &Inconsistent) -> Failure {
    Failure::new(Exit::Bug, format!("the decision is inconsistent: {error}"))
        .hint("this is a bug; please report it with the output of $0 -vv sync --dry-run")
}

/// Reads everything and decides. `observe` sees every listed record.
pub(super) fn fetch(
    context: &Context,
    mirror: &Mirror,
    request: &Request,
    observe: &(dyn Fn(&Record) + Sync),
) -> Result<Fetched, Failure> {
    let Request { day, ends, confirm, new_columns, recent } = *request;
    let credential = context.required_credential()?;
    context.refuse_other_account(mirror, &credential)?;
    let account = context.account(&credential);
    let client = context.client(credential)?;
    client.open().map_err(|failure| context.naming_credentials(failure))?;
    let clock = Clock::compare(context.time(), client.time().map(DateTime::from), ends);
    let calendar = day.calendar(clock);
    let keep = |policy: &Policy, record: Record| {
        observe(&record);
        screen(policy, calendar, mirror, record)
    };
    let extent = match confirm {
        Confirm::Usual => context.config.guard.inquiry(&recent),
        Confirm::All => Extent::EVERYBODY,
    };
    let names = match new_columns {
        NewColumns::Noted => mirror.names.clone(),
        NewColumns::TakenIn => mirror.names.without_columns(),
    };
    let reading = Reading { config: &context.config, client: &client, mirror, names: &names, extent, calendar };
    let Everybody { policy, listing, absences, note } = read(&reading, keep)?;
    let listed = listing.ids().collect();
    let readable = listing.readable().clone();
    context.timings.lap("read");
    let mut decision = decided(&policy, mirror, listing.into_people(), readable, &absences)?;
    decision.notes.extend(note);
    decision.notes.extend(client.ending().into_iter().map(|(path, ends)| {
        let on = ends.map(|ends| DateTime::<Utc>::from(ends).date_naive());
        Note::InterfaceEnds { path: path.to_owned(), on }
    }));
    decision.notes.sort();
    context.timings.lap("decided");
    let asked_for = policy.asked_for();
    Ok(Fetched { decision, policy, account, listed, asked_for, clock, calendar })
}

/// The policy by the attributes that the credential may read. Where Personio does not list them, a page of employees tells
/// them, else what is remembered, if that says everything.
fn policy(config: &Config, client: &Client, names: &Names) -> Result<(Policy, Option<Note>), Failure> {
    if !config.needs_labels() {
        return Ok((config.policy(&[], names)?, None));
    }
    let reply = match client.attributes()? {
        Attributes::Listed(attributes) => return Ok((config.policy(&attributes, names)?, None)),
        Attributes::NotListed(reply) => reply,
    };
    let (policy, instead) = match client.first_page() {
        Ok(page) => (config.policy(&page.readable, names)?, Instead::Employees),
        Err(failure) => match config.policy(&[], names) {
            Ok(policy) if names.say_all_of(&policy.names) => (policy.without_labels(), Instead::Memory),
            Ok(_) | Err(_) => return Err(failure),
        },
    };
    Ok((policy, Some(Note::AttributesNotListed { reply, instead })))
}

/// Import ids cannot be changed in Honestly, so their source cannot be changed either.
fn refuse_other_import_ids(mirror: &Mirror, policy: &Policy) -> Result<(), Failure> {
    let now = policy.import_id.as_str();
    match &mirror.import_id_source {
        Some(before) if before != now => {
            let what = format!("[people] import_id is {now:?}, but everybody in the mirror has theirs from {before:?}");
            Err(Failure::new(Exit::Misconfigured, what)
                .hint(format!("Honestly cannot change import ids; set import_id = {before:?}")))
        }
        Some(_) | None => Ok(()),
    }
}
