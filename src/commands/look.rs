//! From Personio to a decision: what the credential may read, the complete listing, the evidence about everybody who is
//! missing from it. Only reads; the same for a dry run and a real one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::personio::{Attributes, Client, CompleteListing, Lookup, Wanted};
use crate::report::counted;
use crate::roster::decide::{Decision, decide};
use crate::roster::explain;
use crate::roster::feed::{Format, Source};
use crate::roster::mapping::{Attribute, Mapping, OWN_FIELDS};
use crate::roster::mirror::Mirror;
use crate::roster::policy::{Policy, Who};
use crate::roster::record::{AttributeKey, EmployeeId, Record};
use crate::roster::snapshot::fold;
use crate::roster::verdict::Absence;

/// What a look at Personio came to.
#[derive(Debug)]
pub struct Prospect {
    pub decision: Decision,
    pub policy: Policy,
    /// A fingerprint of the credential.
    pub account: String,
    /// Everybody in the listing.
    pub listed: BTreeSet<EmployeeId>,
    /// Every attribute that was asked for.
    pub asked_for: BTreeSet<AttributeKey>,
    /// What Personio's clock said, if it said anything.
    pub time_at_personio: Option<DateTime<Utc>>,
    /// The names of attributes in Honestly.
    pub names: BTreeMap<AttributeKey, String>,
    /// The columns of the feed.
    pub format: Format,
    /// The people somebody asked to have explained, in the order of their ids.
    pub subjects: Vec<(EmployeeId, explain::Heard)>,
}

/// How many missing people Personio is asked about one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Questions {
    /// As many as the guard could let go.
    WithinLimits,
    /// All: a person approved a plan, and every removal in it is worth a question.
    All,
}

/// What Personio said, before anything is decided.
pub struct Heard {
    pub policy: Policy,
    pub mapping: Mapping,
    pub format: Format,
    pub listing: CompleteListing,
    /// What is known of mirrored people who are missing from the listing.
    pub absences: BTreeMap<EmployeeId, Absence>,
}

/// Reads everything.
pub fn hear(config: &Config, client: &Client, mirror: &Mirror, questions: Questions) -> Result<Heard, Failure> {
    let readable = if config.needs_labels() { readable_attributes(client)? } else { Vec::new() };
    let (policy, mapping) = config.policy(&readable)?;
    let format = config.feed_format(&mapping)?;
    refuse_other_import_ids(mirror, &policy)?;
    let wanted = Wanted::new(policy.attributes());
    let listing = list(client, &wanted)?;
    let (listing, absences) = account_for_missing(config, client, mirror, listing, &wanted, questions)?;
    Ok(Heard { policy, mapping, format, listing, absences })
}

/// Decides about everybody.
pub fn decided(
    policy: &Policy,
    today: NaiveDate,
    mirror: &Mirror,
    records: Vec<Record>,
    absences: &BTreeMap<EmployeeId, Absence>,
) -> Result<Decision, Failure> {
    decide(policy, today, mirror, records, absences).map_err(|inconsistent| {
        Failure::new(Exit::Broken, format!("the decision is inconsistent: {inconsistent}"))
            .hint("this is a bug; please report it with the output of honestly-sync -vv sync --dry-run")
    })
}

/// Reads everything and decides.
pub fn look(
    config: &Config,
    client: &Client,
    mirror: &Mirror,
    today: NaiveDate,
    questions: Questions,
    account: String,
    whom: Option<&Who>,
) -> Result<Prospect, Failure> {
    let Heard { policy, mapping, format, listing, absences } = hear(config, client, mirror, questions)?;
    let listed = listing.records().iter().map(|record| record.id).collect();
    let subjects = whom.map(|who| subjects(client, &policy, mirror, &listing, who)).transpose()?.unwrap_or_default();
    let decision = decided(&policy, today, mirror, listing.into_records(), &absences)?;
    let own = OWN_FIELDS.map(AttributeKey::new);
    let asked_for = policy.attributes().into_iter().chain(own).collect();
    let time_at_personio = client.time().map(DateTime::from);
    let names = names(&mapping);
    Ok(Prospect { decision, policy, account, listed, asked_for, time_at_personio, names, format, subjects })
}

/// Whoever is meant, listed or not. Somebody who is not in the listing is asked for by id.
fn subjects(
    client: &Client,
    policy: &Policy,
    mirror: &Mirror,
    listing: &CompleteListing,
    who: &Who,
) -> Result<Vec<(EmployeeId, explain::Heard)>, Failure> {
    let has = |address: &str, wanted: &str| fold(address.trim()) == wanted;
    let is_meant = |record: &Record| match who {
        Who::Id(id) => record.id == *id,
        Who::Email(wanted) => record.email.as_ref().known().is_some_and(|address| has(address, wanted)),
    };
    let listed = listing.records().iter().filter(|record| is_meant(record));
    let mut subjects: BTreeMap<EmployeeId, explain::Heard> =
        listed.map(|record| (record.id, explain::Heard::Listed(Box::new(record.clone())))).collect();
    let missing: Vec<EmployeeId> = match who {
        Who::Id(id) => vec![*id],
        Who::Email(wanted) => {
            let mirrored = mirror.snapshot.employees().iter();
            mirrored.filter(|employee| has(employee.email.as_str(), wanted)).map(|employee| employee.id).collect()
        }
    };
    let wanted = Wanted::new(policy.attributes());
    for id in missing {
        if subjects.contains_key(&id) {
            continue;
        }
        let elsewhere = listing.records().iter().find(|record| record.id == id);
        let heard = match elsewhere {
            // In the listing under another address than in the mirror.
            Some(record) => explain::Heard::Listed(Box::new(record.clone())),
            None if !id.has_profile() => explain::Heard::NoProfile,
            None => match client.employee(id, &wanted)? {
                Lookup::Gone => explain::Heard::Gone,
                Lookup::Known(record) => explain::Heard::Unlisted(record),
            },
        };
        subjects.insert(id, heard);
    }
    Ok(subjects.into_iter().collect())
}

/// The attributes the credential may read, with their labels. Where it may not list them, one page of employees tells.
pub fn readable_attributes(client: &Client) -> Result<Vec<Attribute>, Failure> {
    match client.attributes()? {
        Attributes::Listed(attributes) => Ok(attributes),
        Attributes::Refused => Ok(client.first_page(None)?.readable),
    }
}

/// Every page, with a progress bar where somebody watches.
pub fn list(client: &Client, wanted: &Wanted) -> Result<CompleteListing, Failure> {
    // Nothing to draw before the first page says how many there are.
    let bar = ProgressBar::hidden();
    if let Ok(style) = ProgressStyle::with_template("Reading employees {wide_bar} {pos}/{len}") {
        bar.set_style(style);
    }
    let listing = client.list(wanted, &mut |progress| {
        if bar.is_hidden() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.set_length(progress.total);
        bar.set_position(progress.received);
    });
    bar.finish_and_clear();
    listing
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

/// What is known of mirrored people who are missing from the listing. Where Personio still knows one of them, the listing
/// and the answer contradict each other: everything is listed once more, and whoever is still unclear stays without an
/// entry, which is doubt.
fn account_for_missing(
    config: &Config,
    client: &Client,
    mirror: &Mirror,
    mut listing: CompleteListing,
    wanted: &Wanted,
    questions: Questions,
) -> Result<(CompleteListing, BTreeMap<EmployeeId, Absence>), Failure> {
    let mut answers: BTreeMap<EmployeeId, Lookup> = BTreeMap::new();
    let mut attempt = Attempt::First;
    loop {
        let (mut absences, missing) = missing(mirror, &listing);
        let people = mirror.snapshot.employees().len();
        if questions == Questions::WithinLimits && !config.guard.lets_go(missing.len(), people) {
            absences.extend(missing.into_iter().map(|id| (id, Absence::NotAsked)));
            return Ok((listing, absences));
        }
        for id in &missing {
            if !answers.contains_key(id) {
                answers.insert(*id, client.employee(*id, wanted)?);
            }
        }
        let still_known = missing.iter().filter(|id| matches!(answers[*id], Lookup::Known(_))).count();
        if still_known == 0 || attempt == Attempt::Second {
            let gone = missing.into_iter().filter(|id| matches!(answers[id], Lookup::Gone));
            absences.extend(gone.map(|id| (id, Absence::Gone)));
            return Ok((listing, absences));
        }
        let people = counted(still_known, "person is", "people are");
        log::info!("{people} missing from the listing, yet known to Personio: listing everybody again");
        listing = list(client, wanted)?;
        attempt = Attempt::Second;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    First,
    Second,
}

/// Mirrored people who are not in the listing: those about whom Personio cannot be asked, with the reason, and the others.
fn missing(mirror: &Mirror, listing: &CompleteListing) -> (BTreeMap<EmployeeId, Absence>, Vec<EmployeeId>) {
    let listed: BTreeSet<EmployeeId> = listing.records().iter().map(|record| record.id).collect();
    let mirrored = mirror.snapshot.employees().iter().map(|employee| employee.id);
    let (missing, never_there): (Vec<_>, Vec<_>) =
        mirrored.filter(|id| !listed.contains(id)).partition(|id| id.has_profile());
    (never_there.into_iter().map(|id| (id, Absence::NeverThere)).collect(), missing)
}

fn names(mapping: &Mapping) -> BTreeMap<AttributeKey, String> {
    let named = mapping.columns.iter().filter_map(|column| match &column.source {
        Source::Group(key) => Some((key.clone(), column.header.clone())),
        Source::ImportId
        | Source::Email
        | Source::FirstName
        | Source::LastName
        | Source::Language
        | Source::ReportsToId
        | Source::Constant(_) => None,
    });
    named.collect()
}
