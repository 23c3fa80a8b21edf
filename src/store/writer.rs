//! What a plan changes in the mirror, row by row.
//!
//! Every statement expects to change exactly one row; where it does not, the mirror is not the one the plan was made from.
//! Identities are only ever added, marked as removed, taken back, or handed over to a new profile of the same person.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use rusqlite::{Params, Statement, Transaction, params};

use super::error::{Error, json};
use super::journal::{json_text, reason_of};
use super::load;
use super::rows::Json;
use crate::history::RunId;
use crate::roster::decide::reasons::Reason;
use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::{Employee, Group, GroupKey, Memberships, Origin};
use crate::roster::plan::{Change, Plan};

/// The statements of one application, each prepared once.
pub(super) struct Writer<'t> {
    transaction: &'t Transaction<'t>,
    run: RunId,
    today: NaiveDate,
    /// The number by which people refer to a group.
    numbers: HashMap<Arc<GroupKey>, i64>,
    identify: Statement<'t>,
    hand_over: Statement<'t>,
    bring_back: Statement<'t>,
    bury: Statement<'t>,
    insert: Statement<'t>,
    update: Statement<'t>,
    delete: Statement<'t>,
    /// The groups of one person after the other, as numbers and as JSON.
    own: Vec<i64>,
    json: Vec<u8>,
}

impl<'t> Writer<'t> {
    pub(super) fn new(transaction: &'t Transaction<'_>, run: RunId, today: NaiveDate) -> Result<Self, Error> {
        let groups = load::groups(transaction)?;
        Ok(Self {
            transaction,
            run,
            today,
            numbers: groups.into_iter().map(|(number, group)| (group.key, number)).collect(),
            identify: transaction
                .prepare("INSERT INTO identities (employee, import_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?,
            hand_over: transaction.prepare(
                "UPDATE identities SET import_id = NULL, returned_as = ?1
                 WHERE import_id = ?2 AND employee <> ?1 AND removed_on IS NOT NULL",
            )?,
            bring_back: transaction.prepare(
                "INSERT INTO identities (employee, import_id) VALUES (?1, ?2) ON CONFLICT (employee) DO UPDATE
                 SET import_id = excluded.import_id, returned_as = NULL,
                     removed_on = NULL, removed_run = NULL, reason = NULL, seen = 0
                 WHERE removed_on IS NOT NULL AND coalesce(import_id, excluded.import_id) = excluded.import_id",
            )?,
            bury: transaction.prepare(
                "UPDATE identities SET removed_on = ?2, removed_run = ?3, reason = ?4
                 WHERE employee = ?1 AND removed_on IS NULL",
            )?,
            insert: transaction.prepare(
                "INSERT INTO employees (employee, email, first_name, last_name, language, supervisor, groups)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?,
            update: transaction.prepare(
                "UPDATE employees SET email = ?2, first_name = ?3, last_name = ?4, language = ?5, supervisor = ?6,
                     groups = ?7
                 WHERE employee = ?1",
            )?,
            delete: transaction.prepare("DELETE FROM employees WHERE employee = ?1")?,
            own: Vec::new(),
            json: Vec::new(),
        })
    }

    pub(super) fn write(&mut self, step: &Plan<'_>, reasons: &BTreeMap<EmployeeId, Reason>) -> Result<(), Error> {
        self.groups(step)?;
        self.people(step, reasons)?;
        self.columns(step)
    }

    fn groups(&mut self, step: &Plan<'_>) -> Result<(), Error> {
        for change in step.values() {
            match change {
                Change::Create(group) => self.create_group(group)?,
                Change::Update { before: _, after } => {
                    let number = self.number(&after.key)?;
                    self.one_row("UPDATE groups SET name = ?2 WHERE id = ?1", params![number, after.name])?;
                }
                Change::Delete(group) => {
                    let number = self.number(&group.key)?;
                    self.one_row("DELETE FROM groups WHERE id = ?1", [number])?;
                }
            }
        }
        Ok(())
    }

    fn create_group(&mut self, group: &Group) -> Result<(), Error> {
        let GroupKey { attribute, origin } = &*group.key;
        let (id, value) = match origin {
            Origin::Id(id) => (Some(*id), None),
            Origin::Value(value) => (None, Some(&**value)),
        };
        self.one_row(
            "INSERT INTO groups (attribute, origin_id, origin_value, name) VALUES (?1, ?2, ?3, ?4)",
            params![attribute.as_str(), id, value, group.name],
        )?;
        self.numbers.insert(group.key.clone(), self.transaction.last_insert_rowid());
        Ok(())
    }

    fn people(&mut self, step: &Plan<'_>, reasons: &BTreeMap<EmployeeId, Reason>) -> Result<(), Error> {
        // First: whoever comes may be somebody who goes, with a new profile.
        for change in step.employees() {
            match change {
                Change::Delete(before) => self.delete(before.id, reason_of(reasons, before.id)?)?,
                Change::Create(_) | Change::Update { .. } => {}
            }
        }
        let mut proven = self.transaction.prepare("UPDATE identities SET unproven = 0 WHERE employee = ?1")?;
        let unproven = load::unproven(self.transaction)?;
        for change in step.employees() {
            match change {
                Change::Create(after) => self.create(after)?,
                Change::Update { before, after } => self.update(before, after)?,
                Change::Delete(_) => continue,
            }
            let id = change.subject().id;
            if unproven.contains(&id) {
                one(proven.execute([id.0])?)?;
            }
        }
        Ok(())
    }

    fn columns(&self, step: &Plan<'_>) -> Result<(), Error> {
        if step.columns().is_empty() && step.layout().is_none() {
            return Ok(());
        }
        let columns = &step.after().columns;
        let header = Json((columns.iter().collect::<Vec<_>>(), columns.line_end()));
        self.one_row("UPDATE mirror SET columns = ?1", [header])
    }

    fn create(&mut self, employee: &Employee) -> Result<(), Error> {
        let identity = params![employee.id.0, employee.import_id.as_str()];
        // Most come for the first time. Of whoever is out it was decided that this is their new profile.
        if self.identify.execute(identity)? == 0 {
            self.hand_over.execute(identity)?;
            if self.bring_back.execute(identity)? == 0 {
                return Err(other_import_id(employee.id));
            }
        }
        self.set_groups(&employee.groups)?;
        put(&mut self.insert, employee, &self.json)
    }

    fn update(&mut self, before: &Employee, after: &Employee) -> Result<(), Error> {
        if after.import_id != before.import_id {
            return Err(other_import_id(after.id));
        }
        self.set_groups(&after.groups)?;
        put(&mut self.update, after, &self.json)
    }

    fn delete(&mut self, id: EmployeeId, reason: &Reason) -> Result<(), Error> {
        one(self.delete.execute([id.0])?)?;
        let (on, reason) = (self.today.to_string(), json(reason)?);
        one(self.bury.execute(params![id.0, on, self.run.0, reason])?)
    }

    /// As `employees.groups` holds them.
    fn set_groups(&mut self, groups: &Memberships) -> Result<(), Error> {
        self.own.clear();
        for key in groups.iter() {
            let number = self.number(key)?;
            self.own.push(number);
        }
        self.own.sort_unstable();
        self.json.clear();
        serde_json::to_writer(&mut self.json, &self.own).map_err(|error| Error::Impossible(error.to_string()))
    }

    fn number(&self, key: &GroupKey) -> Result<i64, Error> {
        let missing = || Error::Impossible(format!("a group of {} is not in the mirror", key.attribute));
        self.numbers.get(key).copied().ok_or_else(missing)
    }

    fn one_row(&self, statement: &str, parameters: impl Params) -> Result<(), Error> {
        one(self.transaction.prepare_cached(statement)?.execute(parameters)?)
    }
}

/// Fills a statement with all columns of one person.
fn put(statement: &mut Statement<'_>, employee: &Employee, groups: &[u8]) -> Result<(), Error> {
    // The import id belongs to the identity.
    let Employee { id, import_id: _, email, first_name, last_name, language, supervisor, groups: _ } = employee;
    one(statement.execute(params![
        id.0,
        email.as_str(),
        first_name,
        last_name,
        language.as_ref().map(|language| language.as_str()),
        supervisor.map(|supervisor| supervisor.0),
        json_text(groups),
    ])?)
}

fn one(rows: usize) -> Result<(), Error> {
    if rows == 1 { Ok(()) } else { Err(Error::Impossible("it was made from another state".to_owned())) }
}

fn other_import_id(id: EmployeeId) -> Error {
    Error::Impossible(format!("it gives employee {id} another import id than they have"))
}
