//! What a plan changes in the mirror, row by row.
//!
//! Every statement expects to change exactly one row; where it does not, the mirror is not the one the plan was made from.
//! Identities are only ever added, marked as removed, taken back, or handed over to a new profile of the same person.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use rusqlite::{Params, Transaction, params};

use super::error::Error;
use super::journal::reason_of;
use super::load;
use super::rows::Json;
use crate::history::RunId;
use crate::roster::decide::reasons::Reason;
use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::{Employee, Group, GroupKey, Origin};
use crate::roster::plan::{Change, Plan};

/// One application of a plan.
pub(super) struct Writer<'t> {
    transaction: &'t Transaction<'t>,
    run: RunId,
    today: NaiveDate,
    /// The number by which people refer to a group.
    numbers: HashMap<Arc<GroupKey>, i64>,
}

impl<'t> Writer<'t> {
    pub(super) fn new(transaction: &'t Transaction<'_>, run: RunId, today: NaiveDate) -> Result<Self, Error> {
        let groups = load::groups(transaction)?;
        let numbers = groups.into_iter().map(|(number, group)| (group.key, number)).collect();
        Ok(Self { transaction, run, today, numbers })
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
        let unproven = load::unproven(self.transaction)?;
        for change in step.employees() {
            match change {
                Change::Create(after) => self.create(after)?,
                Change::Update { before, after } => self.update(before, after)?,
                Change::Delete(_) => continue,
            }
            let id = change.subject().id;
            if unproven.contains(&id) {
                self.one_row("UPDATE identities SET unproven = 0 WHERE employee = ?1", [id.0])?;
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

    fn create(&self, employee: &Employee) -> Result<(), Error> {
        let identity = params![employee.id.0, employee.import_id.as_str()];
        // Most come for the first time. Of whoever is out it was decided that this is their new profile.
        let identify = "INSERT INTO identities (employee, import_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        if self.rows(identify, identity)? == 0 {
            let hand_over = "UPDATE identities SET import_id = NULL, returned_as = ?1
                             WHERE import_id = ?2 AND employee <> ?1 AND removed_on IS NOT NULL";
            self.rows(hand_over, identity)?;
            let bring_back = "INSERT INTO identities (employee, import_id) VALUES (?1, ?2)
                 ON CONFLICT (employee) DO UPDATE SET import_id = excluded.import_id, returned_as = NULL,
                     removed_on = NULL, removed_run = NULL, reason = NULL, seen = 0
                 WHERE removed_on IS NOT NULL AND coalesce(import_id, excluded.import_id) = excluded.import_id";
            if self.rows(bring_back, identity)? == 0 {
                return Err(other_import_id(employee.id));
            }
        }
        let insert = "INSERT INTO employees (employee, email, first_name, last_name, language, supervisor, groups)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        self.put(insert, employee)
    }

    fn update(&self, before: &Employee, after: &Employee) -> Result<(), Error> {
        if after.import_id != before.import_id {
            return Err(other_import_id(after.id));
        }
        let update = "UPDATE employees SET email = ?2, first_name = ?3, last_name = ?4, language = ?5, supervisor = ?6,
                          groups = ?7
                      WHERE employee = ?1";
        self.put(update, after)
    }

    fn delete(&self, id: EmployeeId, reason: &Reason) -> Result<(), Error> {
        self.one_row("DELETE FROM employees WHERE employee = ?1", [id.0])?;
        let bury = "UPDATE identities SET removed_on = ?2, removed_run = ?3, reason = ?4
                    WHERE employee = ?1 AND removed_on IS NULL";
        self.one_row(bury, params![id.0, self.today.to_string(), self.run.0, Json(reason)])
    }

    /// Fills a statement with all columns of one person.
    fn put(&self, statement: &str, employee: &Employee) -> Result<(), Error> {
        // The import id belongs to the identity.
        let Employee { id, import_id: _, email, first_name, last_name, language, supervisor, groups } = employee;
        let (language, supervisor) = (language.as_ref().map(|language| language.as_str()), supervisor.map(|id| id.0));
        let mut numbers = groups.iter().map(|key| self.number(key)).collect::<Result<Vec<_>, _>>()?;
        numbers.sort_unstable();
        let row = params![id.0, email.as_str(), first_name, last_name, language, supervisor, Json(numbers)];
        self.one_row(statement, row)
    }

    fn number(&self, key: &GroupKey) -> Result<i64, Error> {
        let missing = || Error::Impossible(format!("a group of {} is not in the mirror", key.attribute));
        self.numbers.get(key).copied().ok_or_else(missing)
    }

    fn one_row(&self, statement: &str, parameters: impl Params) -> Result<(), Error> {
        match self.rows(statement, parameters)? {
            1 => Ok(()),
            _ => Err(Error::Impossible("it was made from another state".to_owned())),
        }
    }

    fn rows(&self, statement: &str, parameters: impl Params) -> Result<usize, Error> {
        Ok(self.transaction.prepare_cached(statement)?.execute(parameters)?)
    }
}

fn other_import_id(id: EmployeeId) -> Error {
    Error::Impossible(format!("it gives employee {id} another import id than they have"))
}
