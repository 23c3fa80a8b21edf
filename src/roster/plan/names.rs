//! What the names in the configuration stood for in the last run in step.
//!
//! Administrators at Personio rename labels, departments and offices, give one name to two of them, or swap two names; people
//! change their addresses. Keys and ids stay. The mirror remembers what each name stood for.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::roster::model::record::{AttributeKey, EmployeeId, Value};
use crate::roster::model::text::{folded, skeleton};

/// What names stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Names {
    /// The attribute that each label in the configuration names; folded. A label that was to be left out and named nothing
    /// stands for itself.
    pub labels: BTreeMap<String, AttributeKey>,
    /// What `*` could take when it was resolved, each with its type and label as a person saw them then; none if the
    /// configuration does not have it.
    pub others: Option<BTreeMap<AttributeKey, String>>,
    /// Headers that come from labels.
    pub headers: BTreeMap<AttributeKey, String>,
    pub values: Ids,
}

/// The ids at Personio that each name of a value stands for, by its attribute. Names are skeletons.
pub type Ids = BTreeMap<AttributeKey, BTreeMap<String, BTreeSet<i64>>>;

impl Names {
    pub fn label(&self, label: &str) -> Option<&AttributeKey> {
        self.labels.get(&folded(label))
    }

    pub fn ids(&self, attribute: &AttributeKey, name: &str) -> Option<&BTreeSet<i64>> {
        self.values.get(attribute)?.get(name)
    }

    /// Those for whom a name stands.
    pub fn people(&self, (attribute, name): (&str, String)) -> BTreeSet<EmployeeId> {
        let ids = self.values.get(attribute).and_then(|names| names.get(&name));
        ids.into_iter().flatten().copied().map(EmployeeId).collect()
    }

    /// The names by which a value goes: first those that stand for its id, then what it is called, unless it has an id and that
    /// name is known to stand for others.
    pub fn of<'n>(&'n self, attribute: &AttributeKey, value: &'n Value) -> impl Iterator<Item = Cow<'n, str>> {
        let known = self.values.get(attribute);
        let is_meant = |ids: &BTreeSet<i64>| value.id.is_some_and(|id| ids.contains(&id));
        let by_id = known.into_iter().flatten().filter(move |(_, ids)| is_meant(ids));
        let called = Some(skeleton(&value.text));
        let called = called.filter(|name| value.id.is_none() || known.is_none_or(|known| !known.contains_key(&**name)));
        by_id.map(|(name, _)| Cow::Borrowed(name.as_str())).chain(called)
    }

    /// Whether all that these names stand for is known from here, but for values.
    pub fn say_all_of(&self, resolved: &Self) -> bool {
        let Self { labels, others, headers, values: _ } = resolved;
        labels.iter().all(|(label, key)| self.labels.get(label) == Some(key))
            && headers.iter().all(|(key, header)| self.headers.get(key) == Some(header))
            && (others.is_none() || *others == self.others)
    }

    /// Without what `*`, the labels of columns and labels that named nothing stood for, so that all are resolved anew.
    pub fn without_columns(&self) -> Self {
        let Self { labels, others: _, headers: _, values } = self;
        let mut labels = labels.clone();
        labels.retain(|label, key| label != key.as_str());
        Self { labels, others: None, headers: BTreeMap::new(), values: values.clone() }
    }
}
