//! What the names in the configuration stood for in the last run in step.
//!
//! Administrators at Personio rename labels, departments and offices, give one name to two of them, or swap two names; keys and
//! ids stay. The mirror remembers what each name stood for.

use std::collections::{BTreeMap, BTreeSet};

use crate::roster::model::record::AttributeKey;
use crate::roster::model::text::folded;

/// What names stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The attribute that each label in the configuration names; folded.
    pub labels: BTreeMap<String, AttributeKey>,
    /// What `*` could take when it was resolved, each with its type and label as a person saw them then; none if the
    /// configuration does not have it.
    pub others: Option<BTreeMap<AttributeKey, String>>,
    /// Headers that come from labels.
    pub headers: BTreeMap<AttributeKey, String>,
    /// The ids at Personio that each value of a filter stands for.
    pub values: BTreeMap<FilterValue, BTreeSet<i64>>,
}

/// One value of a filter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilterValue {
    pub attribute: AttributeKey,
    /// As a skeleton.
    pub name: String,
}

impl Names {
    pub fn label(&self, label: &str) -> Option<&AttributeKey> {
        self.labels.get(&folded(label))
    }

    /// Whether all that these names stand for is known from here, but for values.
    pub fn say_all_of(&self, resolved: &Self) -> bool {
        let Self { labels, others, headers, values: _ } = resolved;
        labels.iter().all(|(label, key)| self.labels.get(label) == Some(key))
            && headers.iter().all(|(key, header)| self.headers.get(key) == Some(header))
            && (others.is_none() || *others == self.others)
    }

    /// Without what `*` and the labels of columns stood for, so that both are resolved anew.
    pub fn without_columns(&self) -> Self {
        let Self { labels, others: _, headers: _, values } = self;
        Self { labels: labels.clone(), others: None, headers: BTreeMap::new(), values: values.clone() }
    }
}
