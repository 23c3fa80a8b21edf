//! What a credential may read and what becomes of it, for the person who just created it.

use std::collections::BTreeSet;
use std::path::Path;

use super::{counted, line};
use crate::exit::{Exit, Failure};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::plan::mirror::Mirror;
use crate::roster::policy::Policy;
use crate::roster::policy::attribute::Attribute;
use crate::roster::policy::mapping::{RECOMMENDED, REQUIRED, Use, use_of};
use crate::terminal::{columns_of, padded};

/// What the credential may read.
#[derive(Debug, Clone)]
pub struct Access {
    /// Sorted by key.
    pub readable: Vec<Attribute>,
    /// How many people Personio has, whatever their status.
    pub people: u64,
}

impl Access {
    fn reads(&self, key: &str) -> bool {
        self.readable.iter().any(|attribute| attribute.key.as_str() == key)
    }

    /// The required attributes that are not released.
    pub fn missing(&self) -> Vec<&'static str> {
        REQUIRED.into_iter().filter(|key| !self.reads(key)).collect()
    }
}

/// Where to release an attribute in Personio.
const WHERE: &str =
    "in Personio: Marketplace > Connected integrations > the integration > Readable employee attributes";

/// What Personio's settings call the required attributes.
fn called(key: &str) -> &str {
    match key {
        AttributeKey::FIRST_NAME => "First name",
        AttributeKey::LAST_NAME => "Last name",
        AttributeKey::EMAIL => "Email",
        AttributeKey::DEPARTMENT => "Department",
        other => other,
    }
}

pub fn not_released(missing: &[&str]) -> Failure {
    let names: Vec<&str> = missing.iter().map(|key| called(key)).collect();
    let what = format!("the credential may not read {}; nothing was stored", names.join(", "));
    Failure::new(Exit::Rejected, what).hint(format!("release {} {WHERE}; then run connect again", names.join(", ")))
}

/// What a credential sees of the people whom the mirror has.
#[derive(Debug, Clone)]
pub struct Sight<'s> {
    pub listed: BTreeSet<EmployeeId>,
    /// What at least one record carried.
    pub readable: &'s BTreeSet<AttributeKey>,
    pub asked_for: &'s BTreeSet<AttributeKey>,
}

/// Why the credential may not take the place of the one that the mirror knows: it sees nobody, or more than a few people or an
/// attribute less.
pub fn less(mirror: &Mirror, seen: &Sight<'_>, path: &Path) -> Option<Failure> {
    /// More than these, and more than a tenth; or more than half.
    const A_FEW: usize = 3;
    let profiles = || mirror.feed.people.employees().iter().filter(|employee| employee.id.has_profile());
    let missed = profiles().filter(|employee| !seen.listed.contains(&employee.id)).count();
    let (people, shown) = (profiles().count(), path.display());
    if people > 0 && missed == people {
        let what = format!(
            "this credential sees none of the {people} people in the mirror {shown}: it belongs to another company; nothing was \
             stored"
        );
        return Some(Failure::new(Exit::Rejected, what).hint(
            "set [mirror] path to a new file for another company, or add --replace to replace everybody after approval",
        ));
    }
    let lost: Vec<&str> = mirror
        .readable
        .difference(seen.readable)
        .filter(|key| seen.asked_for.contains(*key))
        .map(|key| called(key.as_str()))
        .collect();
    let fewer = ((missed > A_FEW && missed * 10 > people) || missed * 2 > people)
        .then(|| format!("sees only {} of the {people} people in the mirror {shown}", people - missed));
    let blind = (!lost.is_empty()).then(|| format!("may not read {}, which could be read before", lost.join(", ")));
    let less: Vec<String> = fewer.into_iter().chain(blind).collect();
    (!less.is_empty()).then(|| {
        Failure::new(Exit::Held, format!("this credential {}; nothing was stored", less.join(" and ")))
            .hint(format!("release them for it {WHERE}; then run connect again"))
            .hint("where it is to see no more, add --replace: the first sync then holds what goes until it is approved")
    })
}

/// Shows only which required attributes are there.
pub fn required_only(access: &Access) -> String {
    let mut text = format!("Signed in. Personio has {}.\n\nRequired\n", people(access));
    for key in REQUIRED {
        let what = if access.reads(key) { "readable" } else { "NOT RELEASED" };
        line(&mut text, 2, &format!("{}{what}", padded(called(key), 28)));
    }
    text
}

/// What could be mapped, for somebody whose mapping has a mistake.
pub fn unmapped(access: &Access) -> String {
    let mut text = format!("Signed in. Personio has {}.\n\nThe credential may read\n", people(access));
    access.readable.iter().for_each(|attribute| line(&mut text, 2, &shown(attribute)));
    text.push('\n');
    text
}

/// Every readable attribute and what becomes of it.
pub fn access(access: &Access, policy: &Policy) -> String {
    let Access { readable, people: _ } = access;
    let named = readable.iter().map(shown).chain(RECOMMENDED.map(str::to_owned));
    let width = named.map(|name| columns_of(&name)).max().unwrap_or_default() + 2;
    let row = |name: &str, what: &str| format!("{}{what}", padded(name, width));
    let mut text = format!("Signed in. Personio has {}.\n", people(access));
    let mut section = |title: &str, rows: Vec<String>| super::section(&mut text, title, &rows);
    let used = |becomes: Use| readable.iter().filter(move |attribute| use_of(attribute, policy) == becomes);
    let names = |becomes: Use| used(becomes).map(shown).collect();

    let required = used(Use::Required).map(|attribute| row(&shown(attribute), "readable"));
    section("Required", required.collect());
    let recommended = RECOMMENDED.map(|key| {
        let found = readable.iter().find(|attribute| attribute.key.as_str() == key);
        found.map_or_else(|| row(key, "not released"), |attribute| row(&shown(attribute), "readable"))
    });
    section("Recommended: they decide who is in", recommended.to_vec());
    section("Synced as a field", names(Use::Field));
    let groups = readable.iter().filter_map(|attribute| {
        let name = policy.columns.name_of(&attribute.key)?;
        Some(row(&shown(attribute), &format!("as {name:?}")))
    });
    section("Synced as a group", groups.collect());
    let unmapped = used(Use::NotMapped).map(|attribute| row(&shown(attribute), &pasted(attribute)));
    section("Available, not mapped: paste the line under [groups] in config.toml", unmapped.collect());
    section("Left alone because sensitive, unless named under [groups]", names(Use::Sensitive));
    section("Left alone because they say nothing about a group, unless named under [groups]", names(Use::NoGroup));
    text.push('\n');
    text
}

fn people(access: &Access) -> String {
    counted(access.people, "person", "people")
}

fn shown(attribute: &Attribute) -> String {
    let Attribute { key, label, .. } = attribute;
    if label.is_empty() || label == key.as_str() { key.to_string() } else { format!("{label} ({key})") }
}

/// The line of `config.toml` that maps the attribute. Every JSON string is a TOML string.
fn pasted(attribute: &Attribute) -> String {
    let label = if attribute.label.trim().is_empty() { attribute.key.as_str() } else { attribute.label.trim() };
    format!("{} = {}", attribute.key, serde_json::Value::from(label))
}

/// What a recommended attribute that is not released means for this company.
pub fn warnings(access: &Access) -> Vec<String> {
    let (hire, termination, status) = (
        access.reads(AttributeKey::HIRE_DATE),
        access.reads(AttributeKey::TERMINATION_DATE),
        access.reads(AttributeKey::STATUS),
    );
    let people = people(access);
    let mut warnings = Vec::new();
    match (hire, status) {
        (true, _) => {}
        (false, true) => warnings.push(
            "hire_date is not released: future hires are known by the status \"onboarding\" alone, and Personio may change it \
             after their first day"
                .to_owned(),
        ),
        (false, false) => warnings.push(format!(
            "neither hire_date nor status is released: whoever is hired in the future is added at once, and all {people} count"
        )),
    }
    match (termination, status) {
        (true, true) => {}
        (false, true) => warnings.push(
            "termination_date is not released: people stay until Personio says \"inactive\" or no longer lists them".to_owned(),
        ),
        (true, false) => warnings.push(
            "status is not released: people on leave cannot be told from others and stay in; leavers go by their last day alone"
                .to_owned(),
        ),
        (false, false) => warnings.push(format!(
            "neither termination_date nor status is released: nobody who left can be told from those who stay, so everybody \
             Personio lists ({people}, former ones among them) would be in Honestly"
        )),
    }
    warnings.into_iter().map(|warning| format!("{warning}; release it {WHERE}")).collect()
}
