//! One consistent state of employees and groups.
//!
//! A `Snapshot` is built only by `Snapshot::new`, which refuses anything inconsistent: ids, import ids and e-mail addresses
//! are unique, each of a person's own values has one name, every membership names a group and every supervisor is there.
//! Several values of one attribute may have one name: that makes them one group only where names are written or shown.
//! Whoever holds a snapshot need not check any of it again.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use email_address::EmailAddress;
use foldhash::fast::RandomState;

use crate::roster::model::language::Language;
use crate::roster::model::record::{AttributeKey, EmployeeId, by_id};
pub use crate::roster::model::text::fold;
use crate::roster::model::text::fold_address;
use crate::visible::is_visible;

/// The key of a person in Honestly's feed: assigned once and never changed, because Honestly cannot change it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImportId(Arc<str>);

impl ImportId {
    /// None if nothing but white space is left: Honestly requires a value.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<EmployeeId> for ImportId {
    fn from(id: EmployeeId) -> Self {
        Self(id.to_string().into())
    }
}

impl fmt::Display for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An e-mail address, spelled as Personio spells it. Case does not count in comparisons.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(Arc<str>);

impl Email {
    /// None unless the text is one address by the grammar of mail (RFC 5321, 5322 and 6531) and every character of it is
    /// visible. Only its server knows whether it exists.
    pub fn parse(text: &str) -> Option<Self> {
        let options = email_address::Options::default().without_display_text().without_domain_literal();
        let fits = |email: &Self| {
            email.0.chars().all(is_visible) && EmailAddress::parse_with_options(&email.0, options).is_ok()
        };
        Self::new(text).filter(fits)
    }

    /// An address that Honestly has; it may be older than the grammar of [`Email::parse`]. It needs one `@` with something on
    /// both sides, no white space or control character, no dot at the end, and at most 254 characters.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, domain) = text.split_once('@')?;
        let well_formed = !local.is_empty()
            && !domain.is_empty()
            && !domain.contains('@')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !text.chars().any(|c| c.is_whitespace() || c.is_control())
            && text.chars().count() <= 254;
        well_formed.then(|| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    pub fn local_part(&self) -> &str {
        self.0.split_once('@').map_or(&*self.0, |(local, _)| local)
    }

    /// The form in which two addresses are compared.
    pub fn folded(&self) -> Arc<str> {
        match fold_address(&self.0) {
            Cow::Borrowed(_) => Arc::clone(&self.0),
            Cow::Owned(folded) => folded.into(),
        }
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A person's own value of an attribute: Personio's id or, if it has none, the folded text before any mapping. A name is no identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKey {
    pub attribute: AttributeKey,
    pub origin: Origin,
}

/// Where a group's identity comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Personio's id of the department, office, team, subcompany or cost centre.
    Id(i64),
    /// The value itself, folded. Of a joined list, all of its values with a line break between them.
    Value(Arc<str>),
}

/// One value of an attribute, with its name in Honestly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub key: Arc<GroupKey>,
    /// At most [`LONGEST_VALUE`] characters.
    pub name: Arc<str>,
}

/// Honestly takes attribute values of at most this many characters (help page "wie-aktualisiere-ich-meine-mitarbeiter-per-excel").
pub const LONGEST_VALUE: usize = 100;

/// The text between several values in one cell.
pub const BETWEEN_VALUES: &str = ", ";

/// The groups one person belongs to: sorted, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memberships(Box<[Arc<GroupKey>]>);

impl Memberships {
    pub fn iter(&self) -> impl Iterator<Item = &Arc<GroupKey>> {
        self.0.iter()
    }

    /// The keys of one attribute after those of another.
    pub fn by_attribute(&self) -> impl Iterator<Item = &[Arc<GroupKey>]> {
        self.0.chunk_by(|a, b| a.attribute == b.attribute)
    }

    pub fn contains(&self, key: &GroupKey) -> bool {
        self.0.binary_search_by(|own| (**own).cmp(key)).is_ok()
    }

    pub fn of_attribute(&self, attribute: &str) -> impl Iterator<Item = &Arc<GroupKey>> {
        let start = self.0.partition_point(|key| key.attribute.as_str() < attribute);
        self.0[start..].iter().take_while(move |key| key.attribute.as_str() == attribute)
    }
}

impl FromIterator<Arc<GroupKey>> for Memberships {
    fn from_iter<I: IntoIterator<Item = Arc<GroupKey>>>(keys: I) -> Self {
        let mut keys: Vec<_> = keys.into_iter().collect();
        if !keys.is_sorted_by(|a, b| a < b) {
            keys.sort_unstable();
            keys.dedup();
        }
        Self(keys.into_boxed_slice())
    }
}

/// One person as Honestly has or should have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employee {
    pub id: EmployeeId,
    pub import_id: ImportId,
    pub email: Email,
    pub first_name: Arc<str>,
    pub last_name: Arc<str>,
    /// ISO 639-1, lower case.
    pub language: Option<Language>,
    pub supervisor: Option<EmployeeId>,
    pub groups: Memberships,
}

impl Employee {
    /// What a reader finds them by: Personio's id or, of a line of the adopted file, its import id.
    pub fn key(&self) -> String {
        if self.id.has_profile() { self.id.to_string() } else { self.import_id.to_string() }
    }
}

/// Employees and groups at one moment. Two snapshots share everybody who is the same in both.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// In the order of their ids.
    employees: Vec<Arc<Employee>>,
    /// The ids alone, so that a search does not touch the employees.
    ids: Vec<EmployeeId>,
    groups: BTreeMap<Arc<GroupKey>, Arc<str>>,
    /// The names by the address of their keys in memory: a membership and its group usually share one key.
    by_address: HashMap<usize, Arc<str>, RandomState>,
}

impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        self.employees == other.employees && self.groups == other.groups
    }
}

impl Eq for Snapshot {}

/// Why a state cannot be a snapshot. Carries ids only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inconsistent {
    TwiceTheId(EmployeeId),
    TwiceTheImportId(EmployeeId, EmployeeId),
    TwiceTheEmail(EmployeeId, EmployeeId),
    TwiceTheGroup(AttributeKey),
    UnknownGroup(EmployeeId, AttributeKey),
    UnknownSupervisor(EmployeeId, EmployeeId),
}

impl fmt::Display for Inconsistent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TwiceTheId(id) => write!(f, "{} appears twice", by_id(*id)),
            Self::TwiceTheImportId(a, b) => write!(f, "{} and {} have one import id", by_id(*a), by_id(*b)),
            Self::TwiceTheEmail(a, b) => write!(f, "{} and {} have one e-mail address", by_id(*a), by_id(*b)),
            Self::TwiceTheGroup(attribute) => write!(f, "a value of {attribute} has two names"),
            Self::UnknownGroup(id, attribute) => {
                write!(f, "{} belongs to a group of {attribute} that does not exist", by_id(*id))
            }
            Self::UnknownSupervisor(id, supervisor) => {
                write!(f, "{} reports to {supervisor}, who is not there", by_id(*id))
            }
        }
    }
}

impl std::error::Error for Inconsistent {}

impl Snapshot {
    /// Takes employees and groups in any order.
    pub fn new<E: Into<Arc<Employee>>>(
        employees: impl IntoIterator<Item = E>,
        groups: impl IntoIterator<Item = Group>,
    ) -> Result<Self, Inconsistent> {
        let mut by_key: BTreeMap<Arc<GroupKey>, Arc<str>> = BTreeMap::new();
        for Group { key, name } in groups {
            let attribute = key.attribute.clone();
            if by_key.insert(key, name).is_some() {
                return Err(Inconsistent::TwiceTheGroup(attribute));
            }
        }
        let mut employees: Vec<Arc<Employee>> = employees.into_iter().map(Into::into).collect();
        employees.sort_by_key(|employee| employee.id);
        let ids: Vec<EmployeeId> = employees.iter().map(|employee| employee.id).collect();
        if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Inconsistent::TwiceTheId(pair[0]));
        }
        let by_address = by_key.iter().map(|(key, name)| (address(key), Arc::clone(name))).collect();
        let snapshot = Self { employees, ids, groups: by_key, by_address };
        snapshot.check_unique(|e| Arc::clone(&e.import_id.0), Inconsistent::TwiceTheImportId)?;
        snapshot.check_unique(|e| e.email.folded(), Inconsistent::TwiceTheEmail)?;
        for employee in &snapshot.employees {
            if let Some(key) = employee.groups.iter().find(|key| snapshot.name_of(key).is_none()) {
                return Err(Inconsistent::UnknownGroup(employee.id, key.attribute.clone()));
            }
            if let Some(supervisor) = employee.supervisor.filter(|id| snapshot.employee(*id).is_none()) {
                return Err(Inconsistent::UnknownSupervisor(employee.id, supervisor));
            }
        }
        Ok(snapshot)
    }

    fn check_unique(
        &self,
        key: impl Fn(&Employee) -> Arc<str>,
        error: impl Fn(EmployeeId, EmployeeId) -> Inconsistent,
    ) -> Result<(), Inconsistent> {
        let mut seen = HashMap::with_capacity_and_hasher(self.employees.len(), RandomState::default());
        for employee in &self.employees {
            if let Some(other) = seen.insert(key(employee), employee.id) {
                return Err(error(other, employee.id));
            }
        }
        Ok(())
    }

    /// In the order of their ids.
    pub fn employees(&self) -> &[Arc<Employee>] {
        &self.employees
    }

    pub fn employee(&self, id: EmployeeId) -> Option<&Arc<Employee>> {
        self.ids.binary_search(&id).ok().map(|at| &self.employees[at])
    }

    /// In ascending order.
    pub fn ids(&self) -> &[EmployeeId] {
        &self.ids
    }

    /// In the order of their keys.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = Group> + '_ {
        self.groups.iter().map(|(key, name)| Group { key: key.clone(), name: name.clone() })
    }

    /// The groups as a reader of names sees them.
    pub fn names(&self) -> BTreeSet<(&AttributeKey, &str)> {
        self.groups.iter().map(|(key, name)| (&key.attribute, &**name)).collect()
    }

    pub fn group_name(&self, key: &GroupKey) -> Option<&Arc<str>> {
        self.groups.get(key)
    }

    /// The key object that the memberships of this snapshot share.
    pub fn shared_key(&self, key: &GroupKey) -> Option<&Arc<GroupKey>> {
        self.groups.get_key_value(key).map(|(key, _)| key)
    }

    /// The same, faster for a key object that this snapshot has.
    pub fn name_of(&self, key: &Arc<GroupKey>) -> Option<&Arc<str>> {
        self.by_address.get(&address(key)).or_else(|| self.groups.get(key))
    }

    /// The names of one person's groups of one attribute, sorted, each once, and joined: one cell of the feed.
    pub fn value_of<'s>(&'s self, employee: &Employee, attribute: &str) -> Option<Cow<'s, str>> {
        let mut names = employee.groups.of_attribute(attribute).filter_map(|key| self.name_of(key)).map(|name| &**name);
        let first = names.next()?;
        let Some(second) = names.next() else { return Some(Cow::Borrowed(first)) };
        let mut names: Vec<&str> = [first, second].into_iter().chain(names).collect();
        names.sort_unstable();
        names.dedup();
        Some(Cow::Owned(names.join(BETWEEN_VALUES)))
    }
}

/// The address of a key in memory. It is stable as long as the snapshot holds the key.
fn address(key: &Arc<GroupKey>) -> usize {
    Arc::as_ptr(key).addr()
}
