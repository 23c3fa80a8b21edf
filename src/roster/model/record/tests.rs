//! A short way to write attributes in tests.

use std::collections::BTreeMap;

use super::*;

impl Attributes {
    pub(crate) fn new(values: impl IntoIterator<Item = (AttributeKey, Vec<Value>)>) -> Self {
        let values: BTreeMap<_, _> = values.into_iter().collect();
        let (keys, values): (Vec<_>, Vec<_>) =
            values.into_iter().map(|(key, values)| (key, Some(Values::from(values)))).unzip();
        Self::laid_out(&keys.into(), values)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &AttributeKey> {
        self.iter().map(|(key, _)| key)
    }
}
