//! One employee who becomes another one.
//!
//! If names and addresses of employees change hands, the cause is usually a badly sorted import at Personio: feedback and rights
//! would change hands too. Everybody is compared with who they were seven days ago, so that it does not matter in how many runs that
//! happens, and by [`Spelling`], so that it does not matter how it is written. Its law: names and addresses that are permuted among
//! ids are found, whatever the permutation. Two people may exchange addresses, unless they have the same name. A newcomer with the
//! name and address of somebody who leaves is a rehire.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};

use super::spelling::Spelling;
use super::window::Former;
use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::{Employee, Snapshot};
use crate::roster::model::text::{fold, fold_address};

/// Somebody who would have the name or the address of another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Takeover {
    pub employee: EmployeeId,
    /// Whose it was.
    pub of: EmployeeId,
}

/// How many people are called otherwise, and how many have another address, of those who were in and are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Changed {
    pub names: usize,
    /// But for those with the same part before the `@`, because a domain is not theirs, and for addresses that others had, which are
    /// judged as such: two people may be the whole company.
    pub addresses: usize,
    pub of: usize,
}

impl Changed {
    /// Never for one person alone.
    pub fn is_most(self) -> bool {
        let Self { names, addresses, of } = self;
        [names, addresses].into_iter().any(|changed| changed > 1 && changed * 2 > of)
    }
}

/// What becomes of who people were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identities {
    /// In the order of ids.
    pub takeovers: Vec<Takeover>,
    /// People whom nobody knows, each on a profile that somebody else had.
    pub strangers: Vec<EmployeeId>,
    pub changed: Changed,
    /// Everybody whose name or address is counted there.
    changing: BTreeSet<EmployeeId>,
}

impl Identities {
    /// Who is somebody else by one of these rules: whoever approves a plan that breaks it has seen them.
    pub fn shown(&self) -> BTreeSet<EmployeeId> {
        let Self { takeovers, strangers, changed, changing } = self;
        let most = changing.iter().filter(|_| changed.is_most());
        takeovers.iter().map(|takeover| &takeover.employee).chain(strangers).chain(most).copied().collect()
    }
}

/// Who everybody was: as the mirror has them, but for what was sent otherwise in the last seven days.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    pub mirror: &'a Snapshot,
    pub former: &'a BTreeMap<EmployeeId, Former>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity<'a> {
    first_name: &'a str,
    last_name: &'a str,
    email: &'a str,
}

impl<'a> Identity<'a> {
    fn of(employee: &'a Employee) -> Self {
        let Employee { first_name, last_name, email, .. } = employee;
        Self { first_name, last_name, email: email.as_str() }
    }

    fn spelling(self) -> Spelling {
        Spelling::of(self.first_name, self.last_name)
    }

    fn local_part(self) -> &'a str {
        self.email.rsplit_once('@').map_or(self.email, |(local, _)| local)
    }
}

impl<'a> Past<'a> {
    /// None for a newcomer, and where too little is known of somebody who went.
    fn of(&self, id: EmployeeId) -> Option<Identity<'a>> {
        let known = self.mirror.employee(id).map(|employee| Identity::of(employee));
        let Some(Former { first_name, last_name, email }) = self.former.get(&id) else { return known };
        let or = |former: &'a Option<String>, known: Option<&'a str>| former.as_deref().or(known);
        Some(Identity {
            first_name: or(first_name, known.map(|known| known.first_name))?,
            last_name: or(last_name, known.map(|known| known.last_name))?,
            email: or(email, known.map(|known| known.email))?,
        })
    }

    /// Everybody who was in, whoever went in the seven days included.
    fn everybody(&self) -> impl Iterator<Item = (EmployeeId, Identity<'a>)> {
        let went = self.former.keys().copied().filter(|id| self.mirror.employee(*id).is_none());
        let ids = self.mirror.employees().iter().map(|employee| employee.id).chain(went);
        ids.filter_map(|id| Some((id, self.of(id)?)))
    }

    /// Everybody in the mirror who was somebody else.
    fn in_between(&self) -> impl Iterator<Item = (EmployeeId, Identity<'a>)> {
        let mirrored = self.mirror.employees().iter().map(|employee| (employee.id, Identity::of(employee)));
        mirrored.filter(|(id, is)| self.former.contains_key(id) && self.of(*id) != Some(*is))
    }

    /// The same people as a later mirror would remember them, but for those whom a person saw become somebody else.
    pub fn remembered_by(&self, later: &Snapshot, seen: &BTreeSet<EmployeeId>) -> BTreeMap<EmployeeId, Former> {
        let differs = |id: EmployeeId, was: Identity<'_>| later.employee(id).is_none_or(|now| Identity::of(now) != was);
        let others = self.everybody().filter(|(id, was)| !seen.contains(id) && differs(*id, *was));
        let former = others.map(|(id, Identity { first_name, last_name, email })| {
            let [first_name, last_name, email] = [first_name, last_name, email].map(|text| Some(text.to_owned()));
            (id, Former { first_name, last_name, email })
        });
        former.collect()
    }
}

/// Somebody who was in and is, and is called otherwise or has another address.
struct Change<'a> {
    id: EmployeeId,
    then: Identity<'a>,
    now: Identity<'a>,
    was_called: Spelling,
    is_called: Spelling,
    address: String,
}

impl<'a> Change<'a> {
    fn between(id: EmployeeId, then: Identity<'a>, now: Identity<'a>) -> Self {
        let address = fold_address(now.email).into_owned();
        Self { id, then, now, was_called: then.spelling(), is_called: now.spelling(), address }
    }

    fn is_renamed(&self) -> bool {
        self.was_called != self.is_called
    }

    fn has_another_address(&self) -> bool {
        *fold_address(self.then.email) != *self.address
    }

    fn has_another_local_part(&self) -> bool {
        fold(self.then.local_part()) != fold(self.now.local_part())
    }
}

/// What a step from who people were to these people makes of them. Whoever is undecided keeps a name that may be theirs no longer.
pub fn identities(past: &Past<'_>, after: &Snapshot, undecided: &BTreeSet<EmployeeId>) -> Identities {
    let stay = || after.employees().iter().filter_map(|now| Some((now.id, past.of(now.id)?, Identity::of(now))));
    let differing = stay().filter(|(_, then, now)| then != now);
    let changes: Vec<Change<'_>> = differing.map(|(id, then, now)| Change::between(id, then, now)).collect();
    if changes.is_empty() {
        return Identities::default();
    }
    let (takeovers, anothers) = takeovers(past, after, undecided, &changes);
    let takes_over = |id| takeovers.binary_search_by_key(&id, |takeover: &Takeover| takeover.employee).is_ok();
    let is_stranger = |change: &&Change<'_>| {
        change.has_another_address()
            && !change.was_called.shares_a_word_with(&change.is_called)
            && !takes_over(change.id)
    };
    let renamed = || changes.iter().filter(|change| change.is_renamed());
    let is_new = |change: &&Change<'_>| change.has_another_local_part() && !anothers.contains(&change.id);
    let moved = || changes.iter().filter(is_new);
    Identities {
        strangers: changes.iter().filter(is_stranger).map(|change| change.id).collect(),
        changed: Changed { names: renamed().count(), addresses: moved().count(), of: stay().count() },
        changing: renamed().chain(moved()).map(|change| change.id).collect(),
        takeovers,
    }
}

/// An exchange of two addresses is usual: a correction, or one box that is handed over. Three are a list that slipped, whether they
/// are one circle or not: two exchanges in a week are rarer than that.
const MAY_TAKE_ADDRESSES: usize = 2;

/// Every takeover in the order of ids, and everybody who has an address that another one had.
fn takeovers(
    past: &Past<'_>,
    after: &Snapshot,
    undecided: &BTreeSet<EmployeeId>,
    changes: &[Change<'_>],
) -> (Vec<Takeover>, BTreeSet<EmployeeId>) {
    let moved = || changes.iter().filter(|change| change.has_another_address());
    let mut owners: HashMap<&str, Vec<EmployeeId>, RandomState> =
        moved().map(|change| (change.address.as_str(), Vec::new())).collect();
    // Whose name is free: whoever keeps a name shares it.
    let renamed = changes.iter().filter(|change| change.is_renamed());
    let mut names: HashMap<Spelling, Vec<EmployeeId>, RandomState> = HashMap::default();
    renamed.for_each(|change| names.entry(change.was_called.clone()).or_default().push(change.id));
    for (id, was) in past.everybody() {
        if let Some(owners) = owners.get_mut(&*fold_address(was.email)) {
            owners.push(id);
        }
        if after.employee(id).is_none() || undecided.contains(&id) {
            names.entry(was.spelling()).or_default().push(id);
        }
    }
    // Also what was sent in between: a harmless edit hides nobody behind who they were.
    for (id, is) in past.in_between() {
        if let Some(owners) = owners.get_mut(&*fold_address(is.email)) {
            owners.push(id);
        }
        if after.employee(id).is_none_or(|now| Identity::of(now).spelling() != is.spelling()) {
            names.entry(is.spelling()).or_default().push(id);
        }
    }
    let other = |ids: Option<&Vec<EmployeeId>>, change: &Change<'_>| -> Vec<EmployeeId> {
        ids.into_iter().flatten().copied().filter(|id| *id != change.id).collect()
    };
    let owners = |change: &Change<'_>| {
        if change.has_another_address() { other(owners.get(change.address.as_str()), change) } else { Vec::new() }
    };
    let anothers = changes.iter().filter(|change| !owners(change).is_empty()).map(|change| change.id);
    let anothers: BTreeSet<EmployeeId> = anothers.collect();
    let takeover = |change: &Change<'_>| {
        let is_namesake = |owner: &EmployeeId| past.of(*owner).is_some_and(|was| was.spelling() == change.is_called);
        let counts =
            |owner: &EmployeeId| anothers.len() > MAY_TAKE_ADDRESSES || change.is_renamed() || is_namesake(owner);
        let by_name = if change.is_renamed() { other(names.get(&change.is_called), change) } else { Vec::new() };
        let of = owners(change).into_iter().find(counts).or_else(|| by_name.first().copied())?;
        Some(Takeover { employee: change.id, of })
    };
    (changes.iter().filter_map(takeover).collect(), anothers)
}
