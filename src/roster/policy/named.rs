//! What the names of values and people stand for, looked up in one way: by what the mirror remembers, then in a listing.
//!
//! Law: no permutation of addresses among ids, and no rename, changes who is excluded, required or let in, nor what a value is
//! mapped to. What a name stood for wins while it exists: a value while somebody has it who has not left, a person while they
//! have not left. Then it is looked up anew, and whoever first has the name is meant.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::roster::model::record::{AttributeKey, EmployeeId, Field, Record, Value};
use crate::roster::model::text::{alike, skeleton, tidy};
use crate::roster::plan::mirror::Mirror;
use crate::roster::plan::names::{Ids, Names};
use crate::roster::policy::name_changes::{Mismatch, Named, Role};
use crate::roster::policy::{Policy, Who};

/// What a listing has of all that is named: of attributes every value, of people those who are named or remembered.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    values: BTreeMap<AttributeKey, BTreeSet<Value>>,
    /// The values of people who have not left: Personio leaves former employees in their departments and offices.
    current: BTreeMap<AttributeKey, BTreeSet<Value>>,
    /// Attributes that were not sent for somebody who is in the mirror.
    withheld: BTreeSet<AttributeKey>,
    mirrored: BTreeSet<EmployeeId>,
}

impl Seen {
    pub fn add(&mut self, policy: &Policy, mirror: &Mirror, record: &Record, has_left: bool) {
        let is_mirrored = mirror.feed.people.employee(record.id).is_some();
        if is_mirrored && !policy.named.is_empty() {
            self.mirrored.insert(record.id);
        }
        for attribute in policy.named_attributes() {
            let values = match attribute.as_str() {
                Named::ADDRESS | Named::ID => {
                    Field::Known(Cow::Owned(policy.as_named(attribute, record).into_iter().collect()))
                }
                key => record.attributes.get(key).map(Cow::Borrowed),
            };
            match values {
                Field::Withheld if is_mirrored => drop(self.withheld.insert(attribute.clone())),
                Field::Withheld => {}
                Field::Blank => drop(self.values.entry(attribute.clone()).or_default()),
                Field::Known(values) => {
                    add_values(&mut self.values, attribute, &values);
                    if !has_left {
                        add_values(&mut self.current, attribute, &values);
                    }
                }
            }
        }
    }

    fn of(&self, attribute: &AttributeKey) -> Option<(&BTreeSet<Value>, &BTreeSet<Value>)> {
        const NONE: &BTreeSet<Value> = &BTreeSet::new();
        Some((self.values.get(attribute)?, self.current.get(attribute).unwrap_or(NONE)))
    }
}

fn add_values(seen: &mut BTreeMap<AttributeKey, BTreeSet<Value>>, attribute: &AttributeKey, values: &[Value]) {
    let seen = seen.entry(attribute.clone()).or_default();
    for value in values {
        // Most people share their values with somebody.
        if !seen.contains(value) {
            seen.insert(value.clone());
        }
    }
}

impl Policy {
    /// The same policy, whose names stand for what they stood for.
    #[must_use]
    pub fn remembering(self, remembered: &Names) -> Self {
        let mut ids = Ids::new();
        for named in self.named.iter().filter(|named| named.is_value()) {
            let name = named.name();
            if let Some(stood_for) = remembered.ids(&named.attribute, &name) {
                ids.entry(named.attribute.clone()).or_default().insert(name.into_owned(), stood_for.clone());
            }
        }
        self.standing_for(ids)
    }

    #[must_use]
    fn standing_for(mut self, ids: Ids) -> Self {
        self.names.values = ids;
        for (who, people) in &mut self.exclude {
            *people = self.names.people(who.named());
        }
        self
    }

    /// The attributes whose values are named, each once.
    fn named_attributes(&self) -> impl Iterator<Item = &AttributeKey> {
        let mut before = BTreeSet::new();
        let attributes = self.named.iter().filter(|named| named.is_value()).map(|named| &named.attribute);
        attributes.filter(move |attribute| before.insert(*attribute))
    }

    /// Somebody whom the configuration names, by the fingerprint of their address or by their id. An address names whoever has
    /// it, and for whom it stands.
    fn as_named(&self, attribute: &AttributeKey, record: &Record) -> Option<Value> {
        let address = || record.email.as_ref().known().map(|email| Who::of_address(email).named().1);
        let text = match attribute.as_str() {
            Named::ID => record.id.to_string(),
            _ => address().unwrap_or_default(),
        };
        let stands_for = |name: &str| self.names.ids(attribute, name).is_some_and(|ids| ids.contains(&record.id.0));
        let mut named = self.named.iter().filter(|named| named.is_value() && named.attribute == *attribute);
        let is_named = named.any(|named| named.written == text || stands_for(&named.written));
        is_named.then(|| Value { id: Some(record.id.0), text: text.into() })
    }

    /// The policy with names looked up anew, where only former employees are what a name stood for and others have that name
    /// now. None if nothing needs a new look-up. None too if a mirrored person is missing from the listing and not known to be
    /// gone: then a value may only seem unused. Of people only those count whom the name stood for.
    pub fn renewed(&self, mirror: &Mirror, seen: &Seen, is_gone: impl Fn(EmployeeId) -> bool) -> Option<Self> {
        let ids = mirror.feed.people.ids().iter();
        let in_doubt: BTreeSet<i64> =
            ids.filter(|id| !seen.mirrored.contains(id) && !is_gone(**id)).map(|id| id.0).collect();
        let mut renewed = self.names.values.clone();
        for named in self.named.iter().filter(|named| named.is_value()) {
            let name = named.name();
            let known = self.names.ids(&named.attribute, &name);
            let (Some(known), Some((values, current))) = (known, seen.of(&named.attribute)) else { continue };
            let may_seem_unused = match named.is_address() {
                true => !known.is_disjoint(&in_doubt),
                false => !in_doubt.is_empty() || seen.withheld.contains(&named.attribute),
            };
            // Whoever must be in is meant as long as they are in, also on the day on which they leave.
            let is_required = named.role == Role::Required
                && known.iter().any(|id| mirror.feed.people.employee(EmployeeId(*id)).is_some());
            let is_used = may_seem_unused || is_required || current.iter().any(|value| is_one_of(value, known));
            if !is_used && !self.free(named, current).is_empty() {
                // Whoever is not listed at all may be listed again.
                let unseen = known.iter().filter(|id| !values.iter().any(|value| value.id == Some(**id)));
                let ids = unseen.copied().chain(self.free(named, values)).collect();
                renewed.entry(named.attribute.clone()).or_default().insert(name.into_owned(), ids);
            }
        }
        (renewed != self.names.values).then(|| self.clone().standing_for(renewed))
    }

    /// Remembers what the names stand for, now that the listing is complete, and notes those that have changed.
    pub fn learn(&mut self, seen: &Seen) {
        let mut ids = self.names.values.clone();
        for named in self.named.iter().filter(|named| named.is_value()) {
            if let Some((values, current)) = seen.of(&named.attribute) {
                let name = named.name();
                let known = self.names.ids(&named.attribute, &name).cloned();
                let known = known.unwrap_or_else(|| self.free(named, values));
                self.mismatches.extend(otherwise_called(named, &known, values));
                let namesakes = self.free(named, current);
                if !known.is_empty() && !known.is_superset(&namesakes) {
                    self.mismatches.push(Mismatch::Namesake { named: named.clone() });
                }
                if !known.is_empty() {
                    ids.entry(named.attribute.clone()).or_default().insert(name.into_owned(), known);
                }
            }
        }
        self.names.values = ids;
    }

    /// The ids of what is called so, without those for which another name in the same place stands: what it stands for wins.
    /// Several addresses may stand for one person.
    fn free(&self, named: &Named, values: &BTreeSet<Value>) -> BTreeSet<i64> {
        let name = named.name();
        let called_so = values.iter().filter(|value| skeleton(&value.text) == name).filter_map(|value| value.id);
        let siblings = self
            .named
            .iter()
            .filter(|other| !other.is_address() && (other.role, &other.attribute) == (named.role, &named.attribute));
        let others = siblings.filter(|other| other.name() != name);
        let taken: BTreeSet<&i64> =
            others.filter_map(|other| self.names.ids(&other.attribute, &other.name())).flatten().collect();
        called_so.filter(|id| !taken.contains(id)).collect()
    }
}

/// How the names at Personio differ from a name in the configuration. It stands for these ids or, without ids, for its name.
fn otherwise_called(named: &Named, ids: &BTreeSet<i64>, values: &BTreeSet<Value>) -> Option<Mismatch> {
    let name = named.name();
    let is_called_so = |value: &&Value| skeleton(&value.text) == name;
    let meant: Vec<&Value> = if ids.is_empty() {
        values.iter().filter(is_called_so).collect()
    } else {
        values.iter().filter(|value| is_one_of(value, ids)).collect()
    };
    let named = named.clone();
    if meant.is_empty() {
        // Whoever must be in and is not holds every plan, which says more.
        if named.role == Role::Required {
            return None;
        }
        let is_of_people = matches!(named.attribute.as_str(), Named::ADDRESS | Named::ID);
        let called = values.iter().filter(|_| !is_of_people).map(|value| &*value.text);
        let alike = alike(&name, called).map(|text| tidy(text).into_owned());
        return Some(Mismatch::Nobody { alike, named });
    }
    let otherwise = meant.iter().filter(|value| !is_called_so(value)).filter(|value| !tidy(&value.text).is_empty());
    let instead = |value: &&Value| match value.id.filter(|_| named.is_address()) {
        Some(id) => id.to_string(),
        None => tidy(&value.text).into_owned(),
    };
    let now: BTreeSet<String> = otherwise.map(instead).collect();
    (!now.is_empty()).then(|| Mismatch::Renamed { named, now: now.into_iter().collect() })
}

fn is_one_of(value: &Value, ids: &BTreeSet<i64>) -> bool {
    value.id.is_some_and(|id| ids.contains(&id))
}
