//! What one record says by itself, before anybody is compared with anybody else.
//!
//! Law: screening looks only at one person, the policy and the mirror, so records can be screened in any order, as they come.
//! Only what the decision needs is kept of a record: of people who left only the address, and no values that nobody mapped.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::roster::decide::eligibility::{Background, Calendar, Eligibility, eligibility, has_no_address, unjudged};
use crate::roster::decide::notes::Problem;
use crate::roster::decide::reasons::{Reason, Says};
use crate::roster::model::record::{AttributeKey, Attributes, EmployeeId, Field, Record, Unreadable};
use crate::roster::model::snapshot::{Email, Employee, ImportId, LONGEST_VALUE};
use crate::roster::model::text::tidy;
use crate::roster::plan::mirror::{Mirror, Presence};
use crate::roster::plan::scope::Part;
use crate::roster::policy::{ImportIdSource, Policy, WithoutEmail};

/// What one record says, and to whom they report at Personio, also where they are not in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub screened: Screened,
    pub supervisor: Field<EmployeeId>,
}

/// What one record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Screened {
    /// Belongs, as far as their own record can say.
    In(Candidate),
    /// Has not started; the name is for a reader who wants to recognise them.
    NotYet { first_day: Option<NaiveDate>, name: String },
    /// Has left; the address as Personio writes it now.
    Left { reason: Reason, address: Option<String> },
    /// Has not left, but is out for another reason.
    Out(Reason),
    /// Nothing can be decided from this record.
    Unclear { problem: Problem, name: String },
    /// Fields that decide were not sent. If others in the listing have them, that is doubt; if nobody has, the credential may
    /// not read them, and `otherwise` counts.
    Incomplete { missing: Vec<AttributeKey>, name: String, otherwise: Box<Screened> },
}

/// Somebody who belongs, with everything that Honestly requires of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub email: Email,
    pub email_from: EmailFrom,
    pub first_name: Arc<str>,
    pub last_name: Arc<str>,
    pub import_id: ImportId,
    pub import_id_as: ImportIdAs,
    pub supervisor: Field<EmployeeId>,
    pub attributes: Attributes,
    pub unreadable: Vec<Unreadable>,
    /// The parts of the scope that said nothing of them.
    pub unjudged: BTreeSet<Part>,
}

/// Where somebody's import id comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportIdAs {
    /// They never had one.
    New,
    /// Whoever has or had one keeps it.
    Kept,
    /// Kept, although Personio now gives another one.
    KeptDespitePersonio,
}

/// Where somebody's address comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailFrom {
    Personio,
    /// Made here.
    Placeholder,
}

impl Candidate {
    /// First and last name, for a reader who wants to recognise them.
    pub fn name(&self) -> String {
        display_name(Some(&self.first_name), Some(&self.last_name))
    }
}

/// Screens one record.
pub fn screen(policy: &Policy, calendar: Calendar, mirror: &Mirror, record: Record) -> Finding {
    let supervisor = record.supervisor.clone();
    Finding { supervisor, screened: screened(policy, calendar, mirror, record) }
}

fn screened(policy: &Policy, calendar: Calendar, mirror: &Mirror, record: Record) -> Screened {
    let missing = missing(&record);
    if missing.is_empty() {
        return screen_what_was_sent(policy, calendar, mirror, record);
    }
    let (name, presence) = (name_of(&record), mirror.presence(record.id));
    match screen_what_was_sent(policy, calendar, mirror, record) {
        // A former employee who is not in needs no decision.
        left @ Screened::Left { .. } if presence != Presence::In => left,
        otherwise => Screened::Incomplete { missing, name, otherwise: Box::new(otherwise) },
    }
}

/// The fields that decide about a person and were not sent. Names and addresses are not among them: without them nobody is
/// decided about anyway.
fn missing(record: &Record) -> Vec<AttributeKey> {
    let Record { status, hire_date, termination_date, unreadable, .. } = record;
    let withheld = [
        (AttributeKey::STATUS, *status == Field::Withheld),
        (AttributeKey::HIRE_DATE, *hire_date == Field::Withheld),
        (AttributeKey::TERMINATION_DATE, *termination_date == Field::Withheld),
    ];
    let was_sent = |key: &str| unreadable.iter().any(|unreadable| unreadable.attribute.as_str() == key);
    let missing = withheld.into_iter().filter(|(key, withheld)| *withheld && !was_sent(key));
    missing.map(|(key, _)| AttributeKey::new(key)).collect()
}

fn screen_what_was_sent(policy: &Policy, calendar: Calendar, mirror: &Mirror, mut record: Record) -> Screened {
    let background = Background { calendar, presence: mirror.presence(record.id) };
    match eligibility(policy, background, &record) {
        Eligibility::Out(reason) => match reason.says() {
            Says::NotBegun => Screened::NotYet { first_day: reason.day(), name: name_of(&record) },
            Says::Ended => Screened::Left { reason, address: record.email.known() },
            Says::OnLeave | Says::NoProfile | Says::OutOfScope | Says::Nothing => Screened::Out(reason),
        },
        Eligibility::Unclear(problem) => Screened::Unclear { problem, name: name_of(&record) },
        Eligibility::In => match candidate(policy, calendar, mirror, &mut record) {
            Ok(candidate) => Screened::In(candidate),
            Err(problem) => Screened::Unclear { problem, name: name_of(&record) },
        },
    }
}

/// Somebody with everything that Honestly requires, or what is missing. Whoever has or had an import id keeps it. Unchanged
/// text is shared with the mirror, so that nobody is in memory twice. The attributes are moved out of the record.
fn candidate(policy: &Policy, calendar: Calendar, mirror: &Mirror, record: &mut Record) -> Result<Candidate, Problem> {
    band_dates(policy, calendar, record);
    let first_name = usable(record, AttributeKey::FIRST_NAME, &record.first_name)?;
    let last_name = usable(record, AttributeKey::LAST_NAME, &record.last_name)?;
    let mirrored = mirror.feed.people.employee(record.id);
    let (import_id, import_id_as) = import_id(policy, mirror, mirrored.map(|employee| &**employee), record)?;
    let placeholder = mirrored.filter(|employee| mirror.placeholders.contains(&employee.id));
    let (email, email_from) = match has_no_address(record) {
        true => (stand_in(policy, placeholder.map(|employee| &employee.email), &import_id)?, EmailFrom::Placeholder),
        false => (address(mirrored.map(|employee| &employee.email), record)?, EmailFrom::Personio),
    };
    Ok(Candidate {
        email,
        email_from,
        first_name: shared(mirrored.map(|employee| &employee.first_name), &first_name),
        last_name: shared(mirrored.map(|employee| &employee.last_name), &last_name),
        import_id,
        import_id_as,
        supervisor: record.supervisor.clone(),
        unjudged: unjudged(calendar, record),
        attributes: std::mem::take(&mut record.attributes),
        unreadable: std::mem::take(&mut record.unreadable),
    })
}

/// Puts bands in the place of dates, so that no later part of the program knows the date.
fn band_dates(policy: &Policy, calendar: Calendar, record: &mut Record) {
    for rule in &policy.groups {
        let Some(bands) = &rule.bands else { continue };
        let values = bands.read(record.attributes.get(rule.attribute.as_str()), calendar.today());
        let values = values.unwrap_or_else(|expected| {
            record.unreadable.push(Unreadable { attribute: rule.attribute.clone(), expected });
            record.unreadable.sort();
            Field::Withheld
        });
        record.attributes.replace(rule.attribute.as_str(), values);
    }
}

/// A placeholder for an address that Personio states there is none of, if the policy wants one.
fn stand_in(policy: &Policy, given: Option<&Email>, import_id: &ImportId) -> Result<Email, Problem> {
    let WithoutEmail::Placeholder { domain } = &policy.without_email else {
        return Err(Problem::Missing(AttributeKey::new(AttributeKey::EMAIL)));
    };
    // A placeholder given under another domain stays: it never changes.
    if let Some(given) = given {
        return Ok(given.clone());
    }
    let stands_in = |email: &Email| email.local_part() == import_id.as_str();
    Email::parse(&format!("{import_id}@{domain}")).filter(stands_in).ok_or(Problem::NoLocalPart)
}

/// The address that Personio states.
fn address(mirrored: Option<&Email>, record: &Record) -> Result<Email, Problem> {
    // `usable` does not fit: an address may be longer than a name.
    let text = match &record.email {
        Field::Known(text) => tidy(text),
        Field::Blank | Field::Withheld => usable(record, AttributeKey::EMAIL, &record.email)?,
    };
    match mirrored.filter(|email| email.as_str() == text) {
        Some(email) => Ok(email.clone()),
        None => Email::parse(&text).ok_or(Problem::NotAnAddress),
    }
}

fn import_id(
    policy: &Policy,
    mirror: &Mirror,
    mirrored: Option<&Employee>,
    record: &Record,
) -> Result<(ImportId, ImportIdAs), Problem> {
    let departed = || mirror.departed.get(&record.id).map(|departed| &departed.import_id);
    let kept = mirrored.map(|employee| &employee.import_id).or_else(departed);
    match (&policy.import_id, kept) {
        (ImportIdSource::PersonioId, None) => Ok((ImportId::from(record.id), ImportIdAs::New)),
        (ImportIdSource::PersonioId, Some(kept)) => Ok((kept.clone(), ImportIdAs::Kept)),
        (ImportIdSource::Attribute(key), kept) => match (stated_import_id(record, key), kept) {
            (Some(stated), None) => match stated.as_str().chars().count() {
                characters if characters > LONGEST_VALUE => Err(Problem::TooLong(key.clone(), characters)),
                _ => Ok((stated, ImportIdAs::New)),
            },
            (None, None) => Err(Problem::NoImportId(key.clone())),
            (Some(stated), Some(kept)) if stated != *kept => Ok((kept.clone(), ImportIdAs::KeptDespitePersonio)),
            (_, Some(kept)) => Ok((kept.clone(), ImportIdAs::Kept)),
        },
    }
}

/// The import id that an attribute gives somebody. Several values give none.
pub fn stated_import_id(record: &Record, key: &AttributeKey) -> Option<ImportId> {
    match record.attributes.get(key.as_str()) {
        Field::Known([value]) => ImportId::new(&tidy(&value.text)),
        Field::Known(_) | Field::Blank | Field::Withheld => None,
    }
}

fn shared(mirrored: Option<&Arc<str>>, text: &str) -> Arc<str> {
    mirrored.filter(|mirrored| ***mirrored == *text).map_or_else(|| text.into(), Arc::clone)
}

/// A required text, tidied, or what is wrong with it.
fn usable<'r>(record: &Record, key: &str, field: &'r Field<String>) -> Result<Cow<'r, str>, Problem> {
    if let Some(unreadable) = record.unreadable.iter().find(|unreadable| unreadable.attribute.as_str() == key) {
        return Err(Problem::Unreadable(unreadable.clone()));
    }
    let text = field.as_ref().known().map(|text| tidy(text)).unwrap_or_default();
    match text.chars().count() {
        0 => Err(Problem::Missing(AttributeKey::new(key))),
        characters if characters > LONGEST_VALUE => Err(Problem::TooLong(AttributeKey::new(key), characters)),
        _ => Ok(text),
    }
}

/// First and last name, as far as they are known.
fn name_of(record: &Record) -> String {
    let [first_name, last_name] = [&record.first_name, &record.last_name].map(|name| name.as_ref().known());
    display_name(first_name.map(String::as_str), last_name.map(String::as_str))
}

fn display_name(first_name: Option<&str>, last_name: Option<&str>) -> String {
    tidy(&format!("{} {}", first_name.unwrap_or_default(), last_name.unwrap_or_default())).into_owned()
}
