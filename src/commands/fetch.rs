//! From Personio to a decision: what the credential may read, the complete listing, the evidence about everybody who is
//! missing from it. Only reads; the same for a dry run and a real one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate};

use super::absences::account_for_missing;
use super::{Context, clock};
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::personio::{Attributes, Client, CompleteListing, Lookup, Wanted};
use crate::report::explain::Match;
use crate::roster::decide::absences::Absences;
use crate::roster::decide::eligibility::Calendar;
use crate::roster::decide::explain;
use crate::roster::decide::screening::{Screened, screen};
use crate::roster::decide::{Decision, decide};
use crate::roster::guard::{Clock, Recent};
use crate::roster::model::record::{AttributeKey, EmployeeId, Field, Record};
use crate::roster::model::snapshot::Employee;
use crate::roster::plan::mirror::Mirror;
use crate::roster::plan::names::Names;
use crate::roster::policy::attribute::Attribute;
use crate::roster::policy::name_changes::Seen;
use crate::roster::policy::nature::OWN_FIELDS;
use crate::roster::policy::{Policy, Query, Who};

/// What Personio said, and what was decided from it.
#[derive(Debug)]
pub(super) struct Fetched {
    pub decision: Decision,
    pub policy: Policy,
    /// Everybody in the listing.
    pub listed: BTreeSet<EmployeeId>,
    /// Every attribute that was asked for.
    pub asked_for: BTreeSet<AttributeKey>,
    /// This machine's clock beside Personio's, and what it says of the day.
    pub clock: Clock,
    pub calendar: Calendar,
    /// The people somebody asked to have explained, in the order of their ids.
    pub subjects: Vec<(EmployeeId, explain::AtPersonio)>,
    /// Everybody who is called what was asked for, where there are several: then nobody is explained.
    pub matches: Vec<Match>,
}

/// What is asked of Personio besides everybody.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    /// The day for which is decided.
    pub day: Day,
    /// When the newest run in step ended.
    pub ends: clock::Ends,
    pub confirm: Confirm,
    pub new_columns: NewColumns,
    pub recent: Recent,
    /// Somebody who is to be explained.
    pub subject: Option<&'a Query>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    /// By this machine's clock, which is compared with Personio's.
    Today(NaiveDate),
    /// One that somebody wants to preview: no clock has a part in it.
    Pretended(NaiveDate),
}

impl Day {
    pub(super) fn date(self) -> NaiveDate {
        match self {
            Self::Today(date) | Self::Pretended(date) => date,
        }
    }

    fn calendar(self, clock: Clock) -> Calendar {
        match (self, clock) {
            (Self::Pretended(date), _) | (Self::Today(date), Clock::Plausible) => Calendar::Known(date),
            (
                Self::Today(_),
                Clock::OffPersonios { .. } | Clock::BeforeTheLastRun { .. } | Clock::LongAfterTheLastRun { .. },
            ) => Calendar::InDoubt,
        }
    }
}

/// How many missing people Personio is asked about one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Confirm {
    /// As many as the guard could let go.
    WithinLimits,
    /// All: a person approved a plan, in this run or in one whose delivery did not arrive, and every removal in it is worth a
    /// question.
    All,
}

/// What becomes of attributes that are new at Personio where `*` takes all, and of new labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewColumns {
    /// A note says that they are there.
    Noted,
    TakenIn,
}

/// What is read, and what is known before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    pub config: &'a Config,
    pub client: &'a Client,
    pub mirror: &'a Mirror,
    /// What names stood for.
    pub names: &'a Names,
    pub may_vanish: usize,
}

/// Everybody whom Personio listed, with what is kept of each record, before anything is decided.
pub(super) struct Everybody<T> {
    pub policy: Policy,
    pub listing: CompleteListing<T>,
    /// What is known of mirrored people who are missing from the listing.
    pub absences: Absences,
}

/// Reads everything.
pub(super) fn read<T: Send>(
    reading: &Reading<'_>,
    keep: impl Fn(&Policy, Record) -> T + Sync,
) -> Result<Everybody<T>, Failure> {
    let Reading { config, client, mirror, names, .. } = *reading;
    let readable = if config.needs_labels() { readable_attributes(client)? } else { Vec::new() };
    let policy = config.policy(&readable, names)?;
    refuse_other_import_ids(mirror, &policy)?;
    let (listed, seen) = list(reading, policy, &keep)?;
    // What a filter lets in is known only now; that it is another one is rare.
    let is_gone = |id| matches!(listed.absences.get(&id), Some(Ok(_)));
    let (mut listed, seen) = match listed.policy.renewed(mirror, &seen, is_gone) {
        None => (listed, seen),
        Some(renewed) => list(reading, renewed, &keep)?,
    };
    listed.policy.learn_values(&seen);
    Ok(listed)
}

/// Lists everybody by one policy.
fn list<T: Send>(
    reading: &Reading<'_>,
    policy: Policy,
    keep: &(impl Fn(&Policy, Record) -> T + Sync),
) -> Result<(Everybody<T>, Seen), Failure> {
    let Reading { client, mirror, may_vanish, .. } = *reading;
    let wanted = Wanted::new(policy.attributes());
    let seen = Mutex::new(Seen::default());
    let everybody = || {
        client.list(&wanted, |record| {
            seen.lock().unwrap_or_else(PoisonError::into_inner).add(&policy.filters, mirror, &record);
            keep(&policy, record)
        })
    };
    let (listing, absences) = account_for_missing(client, mirror, &wanted, may_vanish, everybody)?;
    let seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((Everybody { policy, listing, absences }, seen))
}

/// Decides about everybody who was screened.
pub(super) fn decided(
    policy: &Policy,
    mirror: &Mirror,
    findings: Vec<(EmployeeId, Screened)>,
    readable: BTreeSet<AttributeKey>,
    absences: &Absences,
) -> Result<Decision, Failure> {
    decide(policy, mirror, findings, readable, absences).map_err(|inconsistent| {
        Failure::new(Exit::Bug, format!("the decision is inconsistent: {inconsistent}"))
            .hint("this is a bug; please report it with the output of honestly-sync -vv sync --dry-run")
    })
}

/// Reads everything and decides.
pub(super) fn fetch(
    context: &Context,
    client: &Client,
    mirror: &Mirror,
    request: &Request<'_>,
) -> Result<Fetched, Failure> {
    let Request { day, ends, confirm, new_columns, recent, subject } = *request;
    client.open()?;
    let clock = clock::compare(context.time(), client.time().map(DateTime::from), ends);
    let calendar = day.calendar(clock);
    let subject = subject.map(|who| Subjects::new(mirror, who));
    let keep = |policy: &Policy, record: Record| {
        let kept = subject.as_ref().filter(|subject| subject.is(&record)).map(|_| Box::new(record.clone()));
        (screen(policy, calendar, mirror, record), kept)
    };
    let may_vanish = match confirm {
        Confirm::WithinLimits => context.config.guard.may_vanish(&recent),
        Confirm::All => usize::MAX,
    };
    let names = match new_columns {
        NewColumns::Noted => mirror.names(),
        NewColumns::TakenIn => mirror.names().without_columns(),
    };
    let reading = Reading { config: &context.config, client, mirror, names: &names, may_vanish };
    let Everybody { policy, listing, absences } = read(&reading, keep)?;
    let listed = listing.ids().collect();
    let readable = listing.readable().clone();
    let mut subjects = BTreeMap::new();
    let keep_subject = |(id, (finding, record)): (EmployeeId, (Screened, Option<Box<Record>>))| {
        subjects.extend(record.map(|record| (id, explain::AtPersonio::Listed(record))));
        (id, finding)
    };
    let findings = listing.into_people().into_iter().map(keep_subject).collect();
    let matches = subject.as_ref().map(|subject| subject.matches(mirror, &subjects)).unwrap_or_default();
    if let Some(subject) = &subject
        && matches.is_empty()
    {
        ask_for_unlisted(client, &policy, subject, &mut subjects)?;
    }
    context.timings.lap("read");
    let decision = decided(&policy, mirror, findings, readable, &absences)?;
    context.timings.lap("decided");
    let asked_for = policy.attributes().into_iter().chain(OWN_FIELDS.map(AttributeKey::new)).collect();
    let subjects = if matches.is_empty() { subjects.into_iter().collect() } else { Vec::new() };
    Ok(Fetched { decision, policy, listed, asked_for, clock, calendar, subjects, matches })
}

/// Whom somebody asked to have explained.
struct Subjects<'w> {
    query: &'w Query,
    /// Those of them whose ids are known before Personio is asked: it may list them under another address or name.
    ids: BTreeSet<EmployeeId>,
}

impl<'w> Subjects<'w> {
    fn new(mirror: &Mirror, query: &'w Query) -> Self {
        let named = match query {
            Query::Who(Who::Id(id)) => Some(*id),
            Query::Who(Who::Email(_)) | Query::Name(_) => None,
        };
        let is = |employee: &&Arc<Employee>| {
            query.is_address(employee.email.as_str()) || query.is_part_of(&employee.first_name, &employee.last_name)
        };
        let mirrored = mirror.feed.people.employees().iter().filter(is).map(|employee| employee.id);
        Self { query, ids: mirrored.chain(named).collect() }
    }

    fn is(&self, record: &Record) -> bool {
        self.ids.contains(&record.id)
            || record.email.as_ref().known().is_some_and(|address| self.query.is_address(address))
            || self.query.is_part_of(name(&record.first_name), name(&record.last_name))
    }

    /// Where a part of a name means several people: who they are.
    fn matches(&self, mirror: &Mirror, listed: &BTreeMap<EmployeeId, explain::AtPersonio>) -> Vec<Match> {
        let called = |id: EmployeeId| match (listed.get(&id), mirror.feed.people.employee(id)) {
            (Some(explain::AtPersonio::Listed(record)), _) => {
                format!("{} {}", name(&record.first_name), name(&record.last_name))
            }
            (_, Some(employee)) => format!("{} {}", employee.first_name, employee.last_name),
            (_, None) => String::new(),
        };
        let all: BTreeSet<EmployeeId> = self.ids.iter().chain(listed.keys()).copied().collect();
        match self.query {
            Query::Name(_) if all.len() > 1 => all.into_iter().map(|id| Match { id, name: called(id) }).collect(),
            Query::Name(_) | Query::Who(_) => Vec::new(),
        }
    }
}

/// Empty where Personio does not say it.
fn name(field: &Field<String>) -> &str {
    field.as_ref().known().map(String::as_str).unwrap_or_default()
}

/// Somebody who is to be explained and not in the listing is asked for by id.
fn ask_for_unlisted(
    client: &Client,
    policy: &Policy,
    wanted_people: &Subjects<'_>,
    subjects: &mut BTreeMap<EmployeeId, explain::AtPersonio>,
) -> Result<(), Failure> {
    let wanted = Wanted::new(policy.attributes());
    for id in &wanted_people.ids {
        if subjects.contains_key(id) {
            continue;
        }
        let heard = if id.has_profile() {
            match client.employee(*id, &wanted)? {
                Lookup::Gone => explain::AtPersonio::Gone,
                Lookup::Known(record) => explain::AtPersonio::Unlisted(record),
                Lookup::Unclear(reason) => explain::AtPersonio::Unclear(reason),
            }
        } else {
            explain::AtPersonio::NoProfile
        };
        subjects.insert(*id, heard);
    }
    Ok(())
}

/// The attributes the credential may read, with their labels. Where it may not list them, one page of employees tells.
pub(super) fn readable_attributes(client: &Client) -> Result<Vec<Attribute>, Failure> {
    match client.attributes()? {
        Attributes::Listed(attributes) => Ok(attributes),
        Attributes::Refused => Ok(client.first_page()?.readable),
    }
}

/// Import ids cannot be changed in Honestly, so neither can what gives them.
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
