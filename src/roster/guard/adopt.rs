//! The mirror's first state, from people who are already in Honestly, put there by its own connector or by hand.
//!
//! The first plan then shows what Honestly would really gain and lose, and import ids are kept, because Honestly cannot change
//! them. One matching fact proves no identity: a number may be somebody else's id, and an address may belong to somebody else
//! by now. So a match needs two facts: an import id or an address, and the name. Whoever does not match exactly one employee
//! stays in the mirror without a profile: the plan shows that they would go, and the guard holds it until a person has looked.
//! But nobody who is listed is kept from their own import id: a line that has it stands for them, and the plan shows what of it
//! would change.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::roster::decide::Decision;
use crate::roster::decide::reasons::Says;
use crate::roster::decide::screening::stated_import_id;
use crate::roster::feed::Row;
use crate::roster::model::record::{AttributeKey, EmployeeId, Field, Record};
use crate::roster::model::snapshot::{
    BETWEEN_VALUES, Email, Employee, Group, GroupKey, ImportId, Inconsistent, Memberships, Origin, Snapshot, fold,
};
use crate::roster::model::text::{skeleton, tidy};
use crate::roster::plan::mirror::Mirror;
use crate::roster::plan::{Change, Plan};
use crate::roster::policy::{ImportIdSource, Policy, Several};

/// What an employee is known by at Personio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub id: EmployeeId,
    /// Folded.
    pub email: Option<Arc<str>>,
    /// The import id that they would get if they were new.
    pub import_id: Option<ImportId>,
    first_name: Option<Box<str>>,
    last_name: Option<Box<str>>,
}

/// The state to start with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    pub snapshot: Snapshot,
    /// Rows matched to one employee.
    pub matched: usize,
    /// Rows that match nobody at Personio, in the order of their import ids.
    pub unmatched: Vec<ImportId>,
    /// In the order of the lines.
    pub ambiguous: Vec<Ambiguous>,
}

/// An import id of the file that differs by leading zeros alone from the one that Personio gives somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadingZeros {
    pub file: ImportId,
    pub personio: ImportId,
}

/// A row that matches an employee by one fact alone, or matches several employees, or the same one as another row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ambiguous {
    /// In the file, counted from one.
    pub line: usize,
    pub import_id: ImportId,
    /// Who may be meant.
    pub may_be: Vec<EmployeeId>,
    /// Whose own import id it is: the line stands for them.
    pub stands_for: Option<EmployeeId>,
}

impl Known {
    pub fn of(record: &Record, policy: &Policy) -> Self {
        let import_id = match &policy.import_id {
            ImportIdSource::PersonioId => Some(ImportId::from(record.id)),
            ImportIdSource::Attribute(key) => stated_import_id(record, key),
        };
        let email = record.email.as_ref().known().and_then(|text| Email::new(&tidy(text)));
        let name = |name: &Field<String>| name.as_ref().known().map(|name| skeleton(name).into());
        Self {
            id: record.id,
            email: email.map(|email| email.folded()),
            import_id,
            first_name: name(&record.first_name),
            last_name: name(&record.last_name),
        }
    }
}

/// Matches every row by name and by import id or e-mail address. `decision` is what an empty mirror would lead to: it says who
/// is in and which groups have ids.
pub fn adopt(policy: &Policy, rows: Vec<Row>, known: &[Known], decision: &Decision) -> Result<Adoption, Inconsistent> {
    let matches = Matches::new(known, decision);
    let mut claims: BTreeMap<EmployeeId, Vec<usize>> = BTreeMap::new();
    let mut found: Vec<Match> = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let matched = matches.find(row);
        if let Match::One(id) = matched {
            claims.entry(id).or_default().push(at);
        }
        found.push(matched);
    }
    for (id, claimants) in claims.into_iter().filter(|(_, claimants)| claimants.len() > 1) {
        claimants.into_iter().for_each(|at| found[at] = Match::Unclear { may_be: vec![id], stands_for: None });
    }
    matches.give_back(&rows, &mut found);

    let mut adoption =
        Adoption { snapshot: Snapshot::default(), matched: 0, unmatched: Vec::new(), ambiguous: Vec::new() };
    let ids: Vec<EmployeeId> = rows
        .iter()
        .zip(found)
        .enumerate()
        .map(|(at, (row, matched))| adoption.enter(at + FIRST_ROW, row, matched))
        .collect();
    let by_import_id: HashMap<ImportId, EmployeeId> =
        rows.iter().map(|row| row.import_id.clone()).zip(ids.iter().copied()).collect();
    let mut groups = Groups::new(policy, decision);
    let employees = rows
        .into_iter()
        .zip(ids)
        .map(|(row, id)| {
            let Row { import_id, email, first_name, last_name, language, reports_to, values } = row;
            let supervisor = reports_to.and_then(|supervisor| by_import_id.get(&supervisor).copied());
            let groups = groups.memberships(id, &values);
            let (first_name, last_name) = (first_name.into(), last_name.into());
            Employee { id, import_id, email, first_name, last_name, language, supervisor, groups }
        })
        .collect::<Vec<_>>();
    adoption.unmatched.sort();
    adoption.snapshot = Snapshot::new(employees, groups.into_groups())?;
    Ok(adoption)
}

impl Adoption {
    /// People whom a line fits by its import id alone.
    pub fn unproven(&self) -> BTreeSet<EmployeeId> {
        self.ambiguous.iter().filter_map(|line| line.stands_for).collect()
    }

    /// Counts a line. Whom it stands for in the mirror.
    fn enter(&mut self, line: usize, row: &Row, matched: Match) -> EmployeeId {
        let import_id = row.import_id.clone();
        let person = match matched {
            Match::One(id) => {
                self.matched += 1;
                Some(id)
            }
            Match::Nobody => {
                self.unmatched.push(import_id);
                None
            }
            Match::Unclear { may_be, stands_for } => {
                self.ambiguous.push(Ambiguous { line, import_id, may_be, stands_for });
                stands_for
            }
        };
        // A file has fewer lines.
        person.unwrap_or_else(|| EmployeeId::without_profile(i64::try_from(line).unwrap_or(i64::MAX)))
    }
}

/// How many people would become somebody else, whom a line fits by its import id alone.
pub(super) fn become_others(step: &Plan<'_>, mirror: &Mirror) -> usize {
    let becomes = |change: &&Change<&Arc<Employee>>| match change {
        Change::Create(after) | Change::Update { before: _, after } => mirror.unproven.contains(&after.id),
        Change::Delete(_) => false,
    };
    step.employees().iter().filter(becomes).count()
}

/// In the order of the lines. Spreadsheets drop such zeros.
pub fn leading_zeros(rows: &[Row], known: &[Known]) -> Vec<LeadingZeros> {
    let own = || known.iter().filter_map(|known| known.import_id.as_ref());
    let same: BTreeSet<Cow<'_, str>> = own().map(|own| skeleton(own.as_str())).collect();
    let bare = |id: &ImportId| skeleton(id.as_str()).trim_start_matches('0').to_owned();
    let by_rest: HashMap<String, &ImportId> = own().map(|own| (bare(own), own)).collect();
    let differing = rows.iter().filter(|row| !same.contains(&skeleton(row.import_id.as_str())));
    let pair = |row: &Row| {
        let personio = ImportId::clone(by_rest.get(&bare(&row.import_id)).filter(|own| !bare(own).is_empty())?);
        Some(LeadingZeros { file: row.import_id.clone(), personio })
    };
    differing.filter_map(pair).collect()
}

/// The line after the header.
const FIRST_ROW: usize = 2;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Match {
    One(EmployeeId),
    Unclear {
        may_be: Vec<EmployeeId>,
        /// Whose own import id it is, where no line matches them.
        stands_for: Option<EmployeeId>,
    },
    Nobody,
}

/// What a row and an employee have in common.
struct Facts {
    id: EmployeeId,
    import_id: bool,
    address: bool,
    first_name: bool,
    last_name: bool,
}

impl Facts {
    /// Import id or address, and the full name; with both import id and address half the name is enough, because people marry.
    fn identify(&self) -> bool {
        let Self { id: _, import_id, address, first_name, last_name } = *self;
        match (import_id && address, import_id || address) {
            (true, _) => first_name || last_name,
            (false, true) => first_name && last_name,
            (false, false) => false,
        }
    }
}

/// Employees, by the facts that a row may have.
struct Matches<'a> {
    /// By the skeletons of import ids.
    by_import_id: HashMap<Cow<'a, str>, Vec<&'a Known>>,
    by_email: HashMap<&'a str, Vec<&'a Known>>,
    decision: &'a Decision,
}

impl<'a> Matches<'a> {
    fn new(known: &'a [Known], decision: &'a Decision) -> Self {
        let mut matches = Self { by_import_id: HashMap::new(), by_email: HashMap::new(), decision };
        for one in known {
            if let Some(import_id) = &one.import_id {
                matches.by_import_id.entry(skeleton(import_id.as_str())).or_default().push(one);
            }
            if let Some(email) = &one.email {
                matches.by_email.entry(email).or_default().push(one);
            }
        }
        matches
    }

    fn find(&self, row: &Row) -> Match {
        let nobody: &[&Known] = &[];
        let by_import_id = self.by_import_id.get(&*skeleton(row.import_id.as_str())).map_or(nobody, Vec::as_slice);
        let by_email = self.by_email.get(&*row.email.folded()).map_or(nobody, Vec::as_slice);
        let ids = |known: &[&Known]| -> BTreeSet<EmployeeId> { known.iter().map(|known| known.id).collect() };
        let (import_ids, addresses) = (ids(by_import_id), ids(by_email));
        let is = |name: &Option<Box<str>>, text: &str| name.as_deref().is_some_and(|name| *name == *skeleton(text));
        let candidates: BTreeMap<EmployeeId, &Known> =
            by_import_id.iter().chain(by_email).map(|known| (known.id, *known)).collect();
        let facts = candidates.values().map(|known| Facts {
            id: known.id,
            import_id: import_ids.contains(&known.id),
            address: addresses.contains(&known.id),
            first_name: is(&known.first_name, &row.first_name),
            last_name: is(&known.last_name, &row.last_name),
        });
        let identified: Vec<Facts> = facts.filter(Facts::identify).collect();
        let only = |meant: &dyn Fn(&Facts) -> bool| match identified
            .iter()
            .filter(|facts| meant(facts))
            .collect::<Vec<_>>()[..]
        {
            [one] => Some(one.id),
            [] | [_, _, ..] => None,
        };
        // A rehired person has two profiles with one name and address: the one with the import id is meant, else the one who is
        // in.
        let both = |facts: &Facts| facts.import_id && facts.address;
        match only(&|_| true).or_else(|| only(&both)).or_else(|| only(&|facts| self.is_in(facts.id))) {
            Some(id) => Match::One(id),
            None if candidates.is_empty() => Match::Nobody,
            None => Match::Unclear { may_be: candidates.into_keys().collect(), stands_for: None },
        }
    }

    /// Lets lines that are not clear stand for those whose own import id they have, each for one person. Of several, the one who is
    /// in is meant, else one who has not left, else the newest profile.
    fn give_back(&self, rows: &[Row], found: &mut [Match]) {
        let matched = |found: &Match| match found {
            Match::One(id) => Some(*id),
            Match::Unclear { .. } | Match::Nobody => None,
        };
        let mut taken: BTreeSet<EmployeeId> = found.iter().filter_map(matched).collect();
        for (row, found) in rows.iter().zip(found) {
            let Match::Unclear { stands_for, may_be: _ } = found else { continue };
            let own = self.by_import_id.get(&*skeleton(row.import_id.as_str())).into_iter().flatten();
            let free = own.map(|known| known.id).filter(|id| !taken.contains(id));
            *stands_for = free.max_by_key(|id| (self.is_in(*id), !self.has_left(*id), *id));
            taken.extend(*stands_for);
        }
    }

    fn has_left(&self, id: EmployeeId) -> bool {
        self.decision.excluded.get(&id).is_some_and(|reason| reason.says() == Says::Ended)
    }

    fn is_in(&self, id: EmployeeId) -> bool {
        self.decision.desired.people.employee(id).is_some()
    }
}

/// The file's groups: names, for which each person's own values are looked up.
struct Groups<'a> {
    policy: &'a Policy,
    desired: &'a Snapshot,
    /// By folded names.
    values: HashMap<(AttributeKey, String), Vec<Arc<GroupKey>>>,
    names: BTreeMap<Arc<GroupKey>, Arc<str>>,
}

impl<'a> Groups<'a> {
    fn new(policy: &'a Policy, decision: &'a Decision) -> Self {
        let desired = &decision.desired.people;
        let mut values: HashMap<_, Vec<_>> = HashMap::new();
        for Group { key, name } in desired.groups() {
            values.entry((key.attribute.clone(), fold(&name).into_owned())).or_default().push(key);
        }
        Self { policy, desired, values, names: BTreeMap::new() }
    }

    fn memberships(&mut self, id: EmployeeId, values: &[(AttributeKey, String)]) -> Memberships {
        let mut memberships = Vec::with_capacity(values.len());
        for (attribute, cell) in values {
            let several = self.policy.groups.iter().find(|rule| rule.attribute == *attribute).map(|rule| rule.several);
            let names: Vec<&str> = match several {
                Some(Several::Split) => cell.split(BETWEEN_VALUES).collect(),
                Some(Several::Joined) | None => vec![cell],
            };
            for name in names.into_iter().filter(|name| !name.trim().is_empty()) {
                memberships.extend(self.own_values(id, attribute, name));
            }
        }
        memberships.into_iter().collect()
    }

    /// Those of the person, if Personio says so, else the only one that is called so. Of several, and of whoever was not decided,
    /// nobody knows which it is: it is the text alone.
    fn own_values(&mut self, id: EmployeeId, attribute: &AttributeKey, name: &str) -> Vec<Arc<GroupKey>> {
        let folded = fold(name).into_owned();
        let called_so = self.values.get(&(attribute.clone(), folded.clone())).map_or(&[][..], Vec::as_slice);
        let person = self.desired.employee(id);
        let is_own = |key: &&Arc<GroupKey>| person.is_some_and(|person| person.groups.contains(key));
        let own: Vec<Arc<GroupKey>> = called_so.iter().filter(is_own).cloned().collect();
        let keys = match (own.is_empty(), called_so) {
            (false, _) => own,
            (true, [one]) if person.is_some() => vec![Arc::clone(one)],
            (true, _) => {
                let origin = Origin::Value(folded.into());
                vec![Arc::new(GroupKey { attribute: attribute.clone(), origin })]
            }
        };
        for key in &keys {
            self.names.entry(Arc::clone(key)).or_insert_with(|| name.into());
        }
        keys
    }

    fn into_groups(self) -> impl Iterator<Item = Group> {
        self.names.into_iter().map(|(key, name)| Group { key, name })
    }
}

#[cfg(test)]
mod tests;
