//! Rows to a `Mirror`, checked as strictly as anything that comes from outside.
//!
//! A row that cannot be, or rows that contradict each other, mean a damaged mirror: no run may go on from a half-read state.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::trouble::Trouble;
use crate::roster::language::Language;
use crate::roster::mirror::{Mirror, Scope};
use crate::roster::record::{AttributeKey, EmployeeId};
use crate::roster::snapshot::{Email, Employee, Group, GroupKey, ImportId, Memberships, Origin, Snapshot};

/// The mirror, and the moment it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// What Honestly was last given.
    pub mirror: Mirror,
    /// Given to [`Store::begin`](super::Store::begin).
    pub mark: Mark,
}

/// A moment of the mirror's life. Two equal marks of one file mean that no run in step ended in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    generation: u64,
    runs_in_step: i64,
}

pub(super) fn load(connection: &Connection) -> Result<Loaded, Trouble> {
    let mark = mark(connection)?;
    let groups = groups(connection)?;
    let employees = employees(connection, &groups)?;
    let departed = departed(connection, employees.len())?;
    let snapshot = Snapshot::new(employees, groups.into_values())
        .map_err(|inconsistent| Trouble::Damaged(inconsistent.to_string()))?;
    let (account, import_id_source, policy) =
        connection.query_row("SELECT account, import_id_source, scope_policy FROM mirror", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<String>>(2)?))
        })?;
    let scope = match policy {
        Some(policy) => Some(Scope { policy, readable: readable(connection)? }),
        None => None,
    };
    let mirror = Mirror { snapshot, departed, generation: mark.generation, account, import_id_source, scope };
    Ok(Loaded { mirror, mark })
}

pub(super) fn mark(connection: &Connection) -> Result<Mark, Trouble> {
    let generation: Option<i64> =
        connection.query_row("SELECT generation FROM mirror", [], |row| row.get(0)).optional()?;
    let generation = generation
        .and_then(|number| u64::try_from(number).ok())
        .ok_or_else(|| Trouble::Damaged("it has no generation".to_owned()))?;
    let runs_in_step = connection.query_row("SELECT count(*) FROM runs WHERE exit_code = 0", [], |row| row.get(0))?;
    Ok(Mark { generation, runs_in_step })
}

/// Every group by the number its memberships refer to.
pub(super) fn groups(connection: &Connection) -> Result<HashMap<i64, Group>, Trouble> {
    let mut attributes: HashMap<String, AttributeKey> = HashMap::new();
    let mut groups = HashMap::new();
    let mut statement = connection.prepare("SELECT id, attribute, origin_id, origin_value, name FROM groups")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let attribute: String = row.get(1)?;
        let attribute = attributes.entry(attribute).or_insert_with_key(|key| AttributeKey::new(key.as_str())).clone();
        let key = Arc::new(GroupKey { attribute, origin: origin(row, 2)? });
        groups.insert(row.get(0)?, Group { key, name: row.get::<_, String>(4)?.into() });
    }
    Ok(groups)
}

/// An origin stands in two columns, one of which is empty.
pub(super) fn origin(row: &Row<'_>, column: usize) -> Result<Origin, Trouble> {
    match (row.get::<_, Option<i64>>(column)?, row.get::<_, Option<String>>(column + 1)?) {
        (Some(id), None) => Ok(Origin::Id(id)),
        (None, Some(value)) => Ok(Origin::Value(value.into())),
        (Some(_), Some(_)) | (None, None) => Err(Trouble::Damaged("a group has no single origin".to_owned())),
    }
}

fn employees(connection: &Connection, groups: &HashMap<i64, Group>) -> Result<Vec<Employee>, Trouble> {
    let mut memberships = memberships(connection, groups)?;
    let mut employees = Vec::new();
    let mut statement = connection.prepare(
        "SELECT employee, import_id, email, first_name, last_name, language, supervisor
         FROM employees LEFT JOIN identities USING (employee)
         WHERE removed_on IS NULL ORDER BY employee",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = EmployeeId(row.get(0)?);
        let impossible = |field: &str| Trouble::Damaged(format!("the {field} of employee {id} cannot be"));
        let language = match row.get::<_, Option<String>>(5)? {
            Some(code) => Some(Language::new(&code).ok_or_else(|| impossible("language"))?),
            None => None,
        };
        employees.push(Employee {
            id,
            import_id: import_id(row.get(1)?).ok_or_else(|| impossible("import id"))?,
            email: Email::new(&row.get::<_, String>(2)?).ok_or_else(|| impossible("e-mail address"))?,
            first_name: row.get(3)?,
            last_name: row.get(4)?,
            language,
            supervisor: row.get::<_, Option<i64>>(6)?.map(EmployeeId),
            groups: memberships.remove(&id).unwrap_or_default().into_iter().collect::<Memberships>(),
        });
    }
    match memberships.keys().next() {
        Some(id) => Err(Trouble::Damaged(format!("employee {id} has groups but is not there"))),
        None => Ok(employees),
    }
}

fn import_id(text: Option<String>) -> Option<ImportId> {
    text.and_then(|text| ImportId::new(&text))
}

fn memberships(
    connection: &Connection,
    groups: &HashMap<i64, Group>,
) -> Result<BTreeMap<EmployeeId, Vec<Arc<GroupKey>>>, Trouble> {
    let mut memberships: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut statement = connection.prepare("SELECT employee, group_id FROM memberships")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = EmployeeId(row.get(0)?);
        let group = groups
            .get(&row.get(1)?)
            .ok_or_else(|| Trouble::Damaged(format!("employee {id} belongs to a group that is not there")))?;
        memberships.entry(id).or_default().push(group.key.clone());
    }
    Ok(memberships)
}

/// Whoever was removed. `present` is how many people there are: each must have an identity that was not removed.
fn departed(connection: &Connection, present: usize) -> Result<BTreeMap<EmployeeId, ImportId>, Trouble> {
    let mut departed = BTreeMap::new();
    let mut staying = 0;
    let mut statement = connection.prepare("SELECT employee, import_id, removed_on IS NOT NULL FROM identities")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if !row.get::<_, bool>(2)? {
            staying += 1;
            continue;
        }
        let id = EmployeeId(row.get(0)?);
        let import_id = import_id(row.get(1)?)
            .ok_or_else(|| Trouble::Damaged(format!("the import id of employee {id} cannot be")))?;
        departed.insert(id, import_id);
    }
    let people: i64 = connection.query_row("SELECT count(*) FROM employees", [], |row| row.get(0))?;
    if staying == present && usize::try_from(people) == Ok(present) {
        Ok(departed)
    } else {
        Err(Trouble::Damaged("its people and their identities do not match".to_owned()))
    }
}

fn readable(connection: &Connection) -> Result<BTreeSet<AttributeKey>, Trouble> {
    let mut statement = connection.prepare("SELECT attribute FROM readable")?;
    let keys = statement.query_map([], |row| row.get::<_, String>(0))?;
    let keys = keys.map(|key| key.map(AttributeKey::new)).collect::<Result<_, _>>()?;
    Ok(keys)
}
