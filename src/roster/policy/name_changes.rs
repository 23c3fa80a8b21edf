//! Names in the configuration that have changed at Personio, and what the values of filters stand for.
//!
//! A name is looked up once. What it stood for is remembered and wins while it exists; a note says what to write instead. Law:
//! if names change at Personio while keys and ids stay, neither who is in nor the content of a column changes, and no run
//! stops.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::roster::model::record::{AttributeKey, EmployeeId, Field, Record, Status, Value};
use crate::roster::model::text::{alike, skeleton, tidy};
use crate::roster::plan::mirror::Mirror;
use crate::roster::plan::names::FilterValue;
use crate::roster::policy::{Policy, ScopeFilter};

/// A name that has changed at Personio, or a name in the configuration that nothing there has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mismatch {
    /// A label in the configuration no longer names the attribute it stands for, or no longer names it alone.
    Label { label: String, attribute: AttributeKey },
    /// `*` would take this attribute if it were resolved now.
    NewAttribute { attribute: AttributeKey, header: String },
    /// The header is still the old label; `now` is what it would become.
    Relabelled { attribute: AttributeKey, header: String, now: String },
    /// `*` took this attribute and may not take it as it is called or typed now. Its column keeps its last values.
    TakenNoMore { attribute: AttributeKey, header: String, now: String },
    /// What a value of a filter stands for has another name now.
    Renamed { attribute: AttributeKey, value: String, now: Vec<String> },
    /// Something else also has the name of a filter's value, and does not count.
    Namesake { attribute: AttributeKey, value: String },
    /// Nobody has a value of a filter.
    Nobody { attribute: AttributeKey, value: String, alike: Option<String> },
}

impl Mismatch {
    /// One word for machines.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Label { .. } => "label_moved",
            Self::NewAttribute { .. } => "new_attribute",
            Self::Relabelled { .. } => "relabelled",
            Self::TakenNoMore { .. } => "taken_no_more",
            Self::Renamed { .. } => "filter_value_renamed",
            Self::Namesake { .. } => "filter_value_twice",
            Self::Nobody { .. } => "filter_matches_nobody",
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label { label, attribute } => write!(
                f,
                "the label {label:?} in the configuration still stands for {attribute}, which has lost that label or \
                 shares it: write {attribute} instead"
            ),
            Self::NewAttribute { attribute, header } => write!(
                f,
                "{attribute} ({header:?}) is new at Personio and goes nowhere; sync --new-columns takes it in, with \
                 --dry-run or --approve"
            ),
            Self::Relabelled { attribute, header, now } => write!(
                f,
                "the column of {attribute} stays {header:?}, although its label at Personio makes it {now:?}; sync \
                 --new-columns takes that, with --dry-run or --approve"
            ),
            Self::TakenNoMore { attribute, header, now } => write!(
                f,
                "{attribute} is another attribute at Personio now ({now:?}), which \"*\" may not take: the column {header:?} keeps \
                 its last values, and newcomers have none; name it under [groups], or let sync --new-columns drop it, with \
                 --dry-run or --approve"
            ),
            Self::Renamed { attribute, value, now } => {
                let now: Vec<String> = now.iter().map(|name| format!("{name:?}")).collect();
                let key = filter_key(attribute);
                write!(f, "{key}: {value:?} is called {} at Personio now: write that instead", now.join(" and "))
            }
            Self::Namesake { attribute, value } => write!(
                f,
                "{}: another {attribute} is called {value:?} at Personio too and does not count: give it another name there",
                filter_key(attribute)
            ),
            Self::Nobody { attribute, value, alike } => {
                write!(f, "{}: nobody is in {value:?}", filter_key(attribute))?;
                alike.as_ref().map_or(Ok(()), |alike| write!(f, "; did you mean {alike:?}?"))
            }
        }
    }
}

/// The filters by name: their keys in `[people]`, and the attributes they look at.
pub const FILTERS: [(&str, &str); 4] = [
    ("employment_types", AttributeKey::EMPLOYMENT_TYPE),
    ("departments", AttributeKey::DEPARTMENT),
    ("offices", AttributeKey::OFFICE),
    ("subcompanies", AttributeKey::SUBCOMPANY),
];

fn filter_key(attribute: &AttributeKey) -> &str {
    let filter = FILTERS.iter().find(|(_, filtered)| *filtered == attribute.as_str());
    filter.map_or(attribute.as_str(), |(key, _)| key)
}

/// The values of the filtered attributes that a listing has.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    values: BTreeMap<AttributeKey, BTreeSet<Value>>,
    /// The values of people who have not left.
    current: BTreeMap<AttributeKey, BTreeSet<Value>>,
    /// Attributes that were not sent for somebody who is in the mirror.
    withheld: BTreeSet<AttributeKey>,
    mirrored: BTreeSet<EmployeeId>,
}

impl Seen {
    pub fn add(&mut self, filters: &[ScopeFilter], mirror: &Mirror, record: &Record) {
        let is_mirrored = mirror.feed.people.employee(record.id).is_some();
        if is_mirrored && !filters.is_empty() {
            self.mirrored.insert(record.id);
        }
        for ScopeFilter { attribute, .. } in filters {
            match record.attributes.get(attribute.as_str()) {
                Field::Withheld if is_mirrored => {
                    self.withheld.insert(attribute.clone());
                }
                Field::Withheld => {}
                Field::Blank => {
                    self.values.entry(attribute.clone()).or_default();
                }
                Field::Known(values) => {
                    add_values(&mut self.values, attribute, values);
                    // Personio leaves former employees in their departments and offices.
                    if record.status != Field::Known(Status::Inactive) {
                        add_values(&mut self.current, attribute, values);
                    }
                }
            }
        }
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
    /// The policy with values of filters looked up anew, where only former employees still have what a value stood for and
    /// others have what bears its name now. None if nothing needs a new look-up. None too if a mirrored person is missing from
    /// the listing and not known to be gone: then a value may only seem unused.
    pub fn renewed(&self, mirror: &Mirror, seen: &Seen, is_gone: impl Fn(EmployeeId) -> bool) -> Option<Self> {
        let is_known = |id: &EmployeeId| seen.mirrored.contains(id) || is_gone(*id);
        if !mirror.feed.people.ids().iter().all(is_known) {
            return None;
        }
        let mut renewed = self.clone();
        let mut is_outdated = false;
        for ScopeFilter { attribute, allowed } in &mut renewed.filters {
            let values = seen.values.get(attribute).filter(|_| !seen.withheld.contains(attribute));
            let (Some(values), Some(current)) = (values, seen.current.get(attribute)) else { continue };
            for (name, allowed) in allowed {
                let is_gone = !allowed.ids.is_empty() && !current.iter().any(|value| is_one_of(value, &allowed.ids));
                if is_gone && current.iter().any(|value| skeleton(&value.text) == *name) {
                    allowed.ids = ids_of(values, name);
                    is_outdated = true;
                }
            }
        }
        is_outdated.then_some(renewed)
    }

    /// Remembers what the values of the filters stand for, now that the listing is complete, and notes names that have changed.
    pub fn learn_values(&mut self, seen: &Seen) {
        for ScopeFilter { attribute, allowed } in &self.filters {
            let let_in: BTreeSet<i64> = allowed.values().flat_map(|allowed| &allowed.ids).copied().collect();
            for (name, allowed) in allowed {
                let mut ids = allowed.ids.clone();
                if let Some(values) = seen.values.get(attribute) {
                    if ids.is_empty() {
                        ids = ids_of(values, name);
                    }
                    self.mismatches.extend(otherwise_called(attribute, name, &allowed.written, &ids, values));
                    let namesakes =
                        seen.current.get(attribute).map(|current| ids_of(current, name)).unwrap_or_default();
                    if !ids.is_empty() && !namesakes.iter().all(|id| ids.contains(id) || let_in.contains(id)) {
                        let (attribute, value) = (attribute.clone(), allowed.written.clone());
                        self.mismatches.push(Mismatch::Namesake { attribute, value });
                    }
                }
                if !ids.is_empty() {
                    self.names.values.insert(FilterValue { attribute: attribute.clone(), name: name.clone() }, ids);
                }
            }
        }
    }
}

/// How the names at Personio differ from the value of a filter. The value stands for these ids or, without ids, for its name.
fn otherwise_called(
    attribute: &AttributeKey,
    name: &str,
    written: &str,
    ids: &BTreeSet<i64>,
    values: &BTreeSet<Value>,
) -> Option<Mismatch> {
    let (attribute, value) = (attribute.clone(), written.to_owned());
    let is_called_so = |value: &&Value| skeleton(&value.text) == name;
    let meant: Vec<&Value> = if ids.is_empty() {
        values.iter().filter(is_called_so).collect()
    } else {
        values.iter().filter(|value| is_one_of(value, ids)).collect()
    };
    if meant.is_empty() {
        let alike = alike(name, values.iter().map(|value| &*value.text)).map(|text| tidy(text).into_owned());
        return Some(Mismatch::Nobody { alike, attribute, value });
    }
    let otherwise = meant.iter().filter(|value| !is_called_so(value)).map(|value| tidy(&value.text).into_owned());
    let now: BTreeSet<String> = otherwise.filter(|name| !name.is_empty()).collect();
    (!now.is_empty()).then(|| Mismatch::Renamed { attribute, value, now: now.into_iter().collect() })
}

fn ids_of(values: &BTreeSet<Value>, name: &str) -> BTreeSet<i64> {
    values.iter().filter(|value| skeleton(&value.text) == name).filter_map(|value| value.id).collect()
}

fn is_one_of(value: &Value, ids: &BTreeSet<i64>) -> bool {
    value.id.is_some_and(|id| ids.contains(&id))
}
