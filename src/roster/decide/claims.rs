//! Who claims what only one person can have: an address or an import id.
//!
//! Usually there is one claimant, so one claimant takes no more memory than their id.

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::collections::hash_map::{Entry, HashMap};
use std::hash::Hash;

use foldhash::fast::RandomState;

use crate::roster::model::record::EmployeeId;

/// The claimants of each thing.
pub(super) struct Claims<K>(HashMap<K, Claimants, RandomState>);

enum Claimants {
    One(EmployeeId),
    Several(BTreeSet<EmployeeId>),
}

impl<K> Default for Claims<K> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<K: Eq + Hash> Claims<K> {
    /// Adds somebody's claim. Returns whether somebody else claims it too.
    pub(super) fn add(&mut self, what: K, id: EmployeeId) -> bool {
        match self.0.entry(what) {
            Entry::Vacant(free) => {
                free.insert(Claimants::One(id));
                false
            }
            Entry::Occupied(mut taken) => taken.get_mut().change(|ids| {
                ids.insert(id);
                ids.len() > 1
            }),
        }
    }

    /// Takes somebody's claim back.
    pub(super) fn withdraw<Q: Eq + Hash + ?Sized>(&mut self, what: &Q, id: EmployeeId)
    where
        K: Borrow<Q>,
    {
        if let Some(claimants) = self.0.get_mut(what) {
            claimants.change(|ids| ids.remove(&id));
        }
    }

    /// Everybody who claims it.
    pub(super) fn of<Q: Eq + Hash + ?Sized>(&self, what: &Q) -> BTreeSet<EmployeeId>
    where
        K: Borrow<Q>,
    {
        match self.0.get(what) {
            None => BTreeSet::new(),
            Some(Claimants::One(id)) => BTreeSet::from([*id]),
            Some(Claimants::Several(ids)) => ids.clone(),
        }
    }

    /// Somebody else who claims it.
    pub(super) fn besides<Q: Eq + Hash + ?Sized>(&self, what: &Q, id: EmployeeId) -> Option<EmployeeId>
    where
        K: Borrow<Q>,
    {
        match self.0.get(what)? {
            Claimants::One(only) => Some(*only).filter(|only| *only != id),
            Claimants::Several(ids) => ids.iter().copied().find(|other| *other != id),
        }
    }

    /// Whether anybody claims it.
    pub(super) fn has<Q: Eq + Hash + ?Sized>(&self, what: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.0.contains_key(what)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Claimants {
    fn change<R>(&mut self, change: impl FnOnce(&mut BTreeSet<EmployeeId>) -> R) -> R {
        let mut ids = match self {
            Self::One(id) => BTreeSet::from([*id]),
            Self::Several(ids) => std::mem::take(ids),
        };
        let result = change(&mut ids);
        *self = Self::Several(ids);
        result
    }
}
