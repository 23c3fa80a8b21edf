//! Rows to a `Mirror`, checked as strictly as anything that comes from outside.
//!
//! A row that cannot be, or rows that contradict each other, mean a damaged mirror: no run may go on from a half-read state.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OptionalExtension as _, Row, ffi};

use super::error::Error;
use super::rows::{Json, select, value};
use super::{Reader, check, journal, scopes, undo};
use crate::exit::Failure;
use crate::history::RunId;
use crate::roster::decide::reasons::Reason;
use crate::roster::feed::{Columns, Feed, TwiceTheHeader};
use crate::roster::model::language::Language;
use crate::roster::model::record::{AttributeKey, EmployeeId, by_id};
use crate::roster::model::snapshot::{Email, Employee, Group, GroupKey, ImportId, Memberships, Snapshot};
use crate::roster::plan::mirror::{Departed, Mirror, Unsettled};
use crate::roster::plan::scope::Scope;

/// The mirror, and the moment it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    pub mirror: Mirror,
    /// Given to [`Store::begin`](super::Store::begin).
    pub mark: Mark,
    /// The mirror's random name; none where no witness was ever written.
    pub name: Option<String>,
    /// Where its second witness was written last; none where none was configured.
    pub second_witness: Option<String>,
}

/// A moment of the mirror's life. Two equal marks of one file mean that nothing on which a plan rests changed in between.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    writes: i64,
    pub(super) runs_in_step: i64,
}

impl Reader {
    /// Reads the whole mirror at one moment. Refuses one that is damaged, so a run loads before it writes.
    pub fn load(&self) -> Result<Loaded, Failure> {
        self.reading(|connection| {
            check::decisive(connection)?;
            let (mark, unsettled) = (mark(connection)?, unsettled(connection)?);
            let name = value(connection, "SELECT name FROM mirror", [])?;
            let second_witness = second_witness(connection)?;
            Ok(Loaded { mirror: Mirror { unsettled, ..state(connection)? }, mark, name, second_witness })
        })
    }
}

/// Where its second witness was written last.
pub(super) fn second_witness(connection: &Connection) -> Result<Option<String>, Error> {
    value(connection, "SELECT second_witness FROM mirror", [])
}

/// Feeds on their way, in the order in which they set out, each with the mirror before it as far as what undoes it is kept. Those
/// mirrors are made in a copy.
fn unsettled(connection: &Connection) -> Result<Vec<Unsettled>, Error> {
    let newest_first = undo::all(connection)?;
    if newest_first.is_empty() {
        return Ok(Vec::new());
    }
    let copy = copy(connection)?;
    let mut before: Vec<Option<Mirror>> = Vec::new();
    for (unsettled, is_undoable) in &newest_first {
        let is_reached = before.last().is_none_or(Option::is_some);
        before.push(if is_reached && *is_undoable { undone(&copy, RunId(unsettled.run)) } else { None });
    }
    let mut all: Vec<Unsettled> = Vec::new();
    for ((unsettled, _), before) in newest_first.into_iter().zip(before).rev() {
        let before = before.map(|mirror| Arc::new(Mirror { unsettled: all.clone(), ..mirror }));
        all.push(Unsettled { before, ..unsettled });
    }
    Ok(all)
}

/// A copy in memory, in which another mirror is made of this one.
pub(super) fn copy(connection: &Connection) -> Result<Connection, Error> {
    let mut copy = Connection::open_in_memory()?;
    if Backup::new(connection, &mut copy)?.step(-1)? != StepResult::Done {
        return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None).into());
    }
    // Rows fit together again only when all of them are back.
    copy.pragma_update(None, "foreign_keys", false)?;
    Ok(copy)
}

/// The mirror before this run. What only undoes stops nobody: a feed whose copies cannot be played back is not undone, which is
/// safe.
fn undone(copy: &Connection, run: RunId) -> Option<Mirror> {
    match undo::play_back(copy, run).and_then(|()| state(copy)) {
        Ok(mirror) => Some(mirror),
        Err(error) => {
            log::warn!("what undoes the file that run {run} sent cannot be read, so it will not be undone");
            log::debug!("{error:?}");
            None
        }
    }
}

/// What it holds, without what is on its way.
pub(super) fn state(connection: &Connection) -> Result<Mirror, Error> {
    let groups = groups(connection)?;
    let People { employees, departed, scopes, placeholders, unproven } = people(connection, &groups)?;
    let snapshot = Snapshot::new(employees, groups.into_values())
        .map_err(|inconsistent| Error::Damaged(inconsistent.to_string()))?;
    let of_mirror =
        "SELECT columns, given, generation, account, import_id_source, readable, names, replaced FROM mirror";
    connection.query_row_and_then(of_mirror, [], |row| {
        let (Json((columns, line_end)), Json(given)) = (row.get(0)?, row.get(1)?);
        let (Json(readable), Json(names)) = (row.get(5)?, row.get(6)?);
        let twice = |TwiceTheHeader(header)| Error::Damaged(format!("two columns are headed {header:?}"));
        let columns = Columns::new(columns, line_end).map_err(twice)?;
        Ok(Mirror {
            feed: Feed { columns, people: snapshot },
            unsettled: Vec::new(),
            given,
            departed,
            generation: row.get(2)?,
            account: row.get(3)?,
            import_id_source: row.get(4)?,
            readable,
            names,
            scopes,
            placeholders,
            unproven,
            replaced: row.get(7)?,
        })
    })
}

/// Whom a line of an adopted file fits by its import id alone.
pub(super) fn unproven(connection: &Connection) -> Result<BTreeSet<EmployeeId>, Error> {
    select(connection, "SELECT employee FROM identities WHERE unproven", [], |row| Ok(EmployeeId(row.get(0)?)))
}

pub(super) fn mark(connection: &Connection) -> Result<Mark, Error> {
    let writes = connection.query_row("SELECT writes FROM counters", [], |row| row.get(0)).optional()?;
    let writes = writes.ok_or_else(|| Error::Damaged("its one row is missing".to_owned()))?;
    let runs_in_step = value(connection, "SELECT count(*) FROM runs WHERE exit_code = 0", [])?;
    Ok(Mark { writes, runs_in_step })
}

/// A plan that was made before this one is written rests on something else now.
pub(super) fn count_write(connection: &Connection) -> Result<(), Error> {
    connection.execute("UPDATE counters SET writes = writes + 1", [])?;
    Ok(())
}

/// Every group by the number that people refer to it by.
pub(super) fn groups(connection: &Connection) -> Result<HashMap<i64, Group>, Error> {
    let mut attributes: BTreeSet<AttributeKey> = BTreeSet::new();
    select(connection, "SELECT id, attribute, origin_id, origin_value, name FROM groups", [], |row| {
        let attribute = row.get_ref(1)?.as_str()?;
        let attribute = match attributes.get(attribute) {
            Some(known) => known.clone(),
            None => {
                let new = AttributeKey::new(attribute);
                attributes.insert(new.clone());
                new
            }
        };
        let key = Arc::new(GroupKey { attribute, origin: journal::origin(row, 2)? });
        Ok((row.get(0)?, Group { key, name: row.get(4)? }))
    })
}

/// Everybody who ever was in Honestly.
struct People {
    employees: Vec<Arc<Employee>>,
    departed: BTreeMap<EmployeeId, Departed>,
    scopes: BTreeMap<EmployeeId, Arc<Scope>>,
    placeholders: BTreeSet<EmployeeId>,
    unproven: BTreeSet<EmployeeId>,
}

/// Walks people and their identities side by side, both by id: whoever is there has an identity that was not removed, and the
/// other way round.
fn people(connection: &Connection, groups: &HashMap<i64, Group>) -> Result<People, Error> {
    let known = scopes::load(connection)?;
    let unmatched = || Error::Damaged("its people and their identities do not match".to_owned());
    let mut last_known = journal::last_known(connection)?;
    let mut identities = connection
        .prepare("SELECT employee, import_id, reason FROM identities WHERE returned_as IS NULL ORDER BY employee")?;
    let mut present = connection.prepare(
        "SELECT employee, email, first_name, last_name, language, supervisor, groups, scope, placeholder FROM employees
         ORDER BY employee",
    )?;
    let (mut identities, mut present) = (identities.query([])?, present.query([])?);
    let (mut employees, mut departed, mut scopes): (Vec<_>, BTreeMap<_, _>, Vec<_>) = Default::default();
    let (mut placeholders, unproven) = (BTreeSet::new(), unproven(connection)?);
    while let Some(identity) = identities.next()? {
        let id = EmployeeId(identity.get(0)?);
        let import_id = ImportId::new(identity.get_ref(1)?.as_str()?).ok_or_else(|| impossible("import id", id))?;
        // Only who was removed has a reason.
        if let Some(reason) = identity.get_ref(2)?.as_str_or_null()? {
            let reason: Reason = serde_json::from_str(reason).map_err(|_| impossible("reason of the removal", id))?;
            let (last_day, last_known) = (reason.last_day(), last_known.remove(&id));
            departed.insert(id, Departed { import_id, last_day, last_known });
            continue;
        }
        let row = present.next()?.ok_or_else(unmatched)?;
        if row.get::<_, i64>(0)? != id.0 {
            return Err(unmatched());
        }
        if let Some(number) = row.get::<_, Option<i64>>(7)? {
            let scope = known.get(&number).ok_or_else(|| impossible("scope", id))?;
            scopes.push((id, Arc::clone(scope)));
        }
        if row.get(8)? {
            placeholders.insert(id);
        }
        employees.push(Arc::new(employee(row, id, import_id, groups)?));
    }
    match present.next()? {
        Some(_) => Err(unmatched()),
        None => Ok(People { employees, departed, scopes: scopes.into_iter().collect(), placeholders, unproven }),
    }
}

fn employee(
    row: &Row<'_>,
    id: EmployeeId,
    import_id: ImportId,
    groups: &HashMap<i64, Group>,
) -> Result<Employee, Error> {
    let language = match row.get_ref(4)?.as_str_or_null()? {
        Some(code) => Some(Language::new(code).ok_or_else(|| impossible("language", id))?),
        None => None,
    };
    Ok(Employee {
        id,
        import_id,
        email: Email::new(row.get_ref(1)?.as_str()?).ok_or_else(|| impossible("e-mail address", id))?,
        first_name: row.get(2)?,
        last_name: row.get(3)?,
        language,
        supervisor: row.get::<_, Option<i64>>(5)?.map(EmployeeId),
        groups: memberships(row.get_ref(6)?.as_str()?, id, groups)?,
    })
}

fn memberships(json: &str, id: EmployeeId, groups: &HashMap<i64, Group>) -> Result<Memberships, Error> {
    let numbers: Vec<i64> = serde_json::from_str(json).map_err(|_| impossible("list of groups", id))?;
    if !numbers.is_sorted_by(|earlier, later| earlier < later) {
        return Err(impossible("list of groups", id));
    }
    let missing = || Error::Damaged(format!("{} belongs to a group that is not there", by_id(id)));
    let keys = numbers.iter().map(|number| groups.get(number).map(|group| group.key.clone()).ok_or_else(missing));
    keys.collect()
}

pub(super) fn impossible(field: &str, id: EmployeeId) -> Error {
    Error::Damaged(format!("the {field} of {} cannot be", by_id(id)))
}
