//! Applying an approved plan in one transaction, which is the run lock.
//!
//! Every write expects to change exactly one row; where it does not, the mirror is not the one the plan was made from, and
//! the whole transaction goes. Identities are only ever added, marked as removed, or taken back.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use rusqlite::{Params, Statement, Transaction, params};

use super::deliveries;
use super::error::{Error, json};
use super::held;
use super::journal::{Journal, json_text, reason_of};
use super::load;
use super::names;
use super::other_files;
use super::retention;
use super::runs;
use super::scopes;
use super::undo::{self, Departure};
use super::witness;
use crate::exit::Failure;
use crate::history::{Delivery, Keep, RunEnd, RunId};
use crate::roster::decide::reasons::Reason;
use crate::roster::feed::Column;
use crate::roster::guard::{Approval, Approved, Seen};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Employee, Group, GroupKey, Memberships, Origin};
use crate::roster::plan::mirror::Given;
use crate::roster::plan::names::Names;
use crate::roster::plan::scope::Scope;
use crate::roster::plan::{Change, Plan};

/// A run that holds the lock. Dropped without [`Applying::commit`], it leaves everything as it was.
#[derive(Debug)]
pub struct Applying<'s> {
    transaction: Transaction<'s>,
    path: &'s Path,
    run: RunId,
}

impl<'s> Applying<'s> {
    pub(super) fn new(transaction: Transaction<'s>, path: &'s Path, run: RunId) -> Result<Self, Error> {
        // What counts is the state at the commit: no order of rows suits every plan.
        transaction.pragma_update(None, "defer_foreign_keys", true)?;
        Ok(Self { transaction, path, run })
    }

    pub(super) fn transaction(&self) -> &Transaction<'s> {
        &self.transaction
    }

    /// What is written from here on to [`Applying::intend`] is undone if it is certain that nothing arrived.
    pub fn set_out(&mut self, departure: &Departure<'_>) -> Result<(), Failure> {
        self.writing(|transaction| {
            load::count_write(transaction)?;
            undo::record(transaction, self.run, departure)
        })
    }

    /// The feed that sets out was judged with the other files that stood at its destination.
    pub fn answer_other_files(&mut self, destination: &str) -> Result<(), Failure> {
        self.writing(|transaction| other_files::answer(transaction, self.run, destination))
    }

    /// Writes what the plan changes in the mirror, and its journal. An approval is used up, also where there was nothing to
    /// write. `reasons` says why each removed person goes; `today` is the date on their tombstones.
    pub fn apply(
        &mut self,
        approved: &Approved<'_>,
        reasons: &BTreeMap<EmployeeId, Reason>,
        today: NaiveDate,
    ) -> Result<(), Failure> {
        let (plan, step) = (approved.plan(), approved.from_mirror());
        let changes = !plan.is_empty() || !step.is_empty();
        let used_an_approval = match approved.by() {
            Approval::Person(_) | Approval::Earlier(_) => true,
            Approval::Limits | Approval::Adoption => false,
        };
        self.writing(|transaction| {
            if used_an_approval || changes {
                transaction.execute("UPDATE counters SET generations = generations + 1", [])?;
                transaction.execute("UPDATE mirror SET generation = (SELECT generations FROM counters)", [])?;
                load::count_write(transaction)?;
            } else {
                // What is remembered besides the feed may change all the same, and was kept with them.
                held::end_here(transaction)?;
            }
            if !step.is_empty() {
                Writer::new(transaction, self.run, today)?.write(step, reasons)?;
            }
            if let Some(Seen { besides, went_before, identities }) = approved.seen() {
                // A plan in which people go also shows who went unseen before.
                transaction.execute(
                    "UPDATE identities SET seen = 1 WHERE removed_on IS NOT NULL AND NOT seen AND (removed_run = ?1 OR ?2)
                         AND employee NOT IN (SELECT value FROM json_each(?3))",
                    params![self.run.0, went_before, json(besides)?],
                )?;
                let shown = "UPDATE identities SET shown_run = ?1 WHERE employee IN (SELECT value FROM json_each(?2))";
                transaction.execute(shown, params![self.run.0, json(identities)?])?;
            }
            if changes {
                Journal::new(transaction, self.run)?.write(approved, reasons)?;
                runs::set_applied(transaction, self.run)?;
            }
            Ok(())
        })
    }

    /// Who has the mirror's feed from now on.
    pub fn set_given(&mut self, given: &Given) -> Result<(), Failure> {
        let (given, url) = match given {
            Given::Nobody | Given::Unknown => ("nobody", None),
            Given::Adopted => ("adopted", None),
            Given::Destination(url) => ("destination", Some(url)),
        };
        let set = "UPDATE mirror SET given = ?1, destination = ?2 WHERE given <> ?1 OR destination IS NOT ?2";
        self.writing(|transaction| Ok(transaction.execute(set, (given, url)).map(drop)?))
    }

    /// Gives the mirror another name: a person let this one pass for the one that the last run left, and every copy of that one
    /// is another mirror from now on. Nobody has its feed. Where that is undone, it is this mirror all the same.
    pub fn believe(&mut self) -> Result<(), Failure> {
        self.set_given(&Given::Nobody)?;
        self.writing(|transaction| witness::name(transaction))
    }

    /// Whose people these are, where no run said so before: only `connect` replaces an account, and from here on it has.
    pub fn set_account(&mut self, account: &str) -> Result<(), Failure> {
        let set = "UPDATE mirror SET account = coalesce(account, ?1), replaced = 0 WHERE account IS NULL OR replaced";
        self.writing(|transaction| Ok(transaction.execute(set, [account]).map(drop)?))
    }

    /// What gives import ids from now on.
    pub fn set_import_id_source(&mut self, source: &str) -> Result<(), Failure> {
        let set = "UPDATE mirror SET import_id_source = ?1 WHERE import_id_source IS NOT ?1";
        self.writing(|transaction| Ok(transaction.execute(set, [source]).map(drop)?))
    }

    /// The scope under which everybody was decided in this run, but for those who have not seen all of it.
    pub fn set_scopes(&mut self, scope: &Scope, unseen: &BTreeMap<EmployeeId, Option<Scope>>) -> Result<(), Failure> {
        self.writing(|transaction| scopes::set(transaction, scope, unseen))
    }

    /// Whose address was made here.
    pub fn set_placeholders(&mut self, people: &BTreeSet<EmployeeId>) -> Result<(), Failure> {
        let set = "UPDATE employees SET placeholder = NOT placeholder
                   WHERE placeholder <> (employee IN (SELECT value FROM json_each(?1)))";
        self.writing(|transaction| Ok(transaction.execute(set, [json(people)?]).map(drop)?))
    }

    /// What can be read, and what names stood for.
    pub fn set_known(&mut self, readable: &BTreeSet<AttributeKey>, names: &Names) -> Result<(), Failure> {
        self.writing(|transaction| {
            transaction.execute("DELETE FROM readable", [])?;
            let mut insert = transaction.prepare("INSERT INTO readable (attribute) VALUES (?1)")?;
            for key in readable {
                insert.execute([key.as_str()])?;
            }
            names::set(transaction, names)
        })
    }

    /// What became of the last delivery, as this run found it.
    pub fn observe_delivery(&mut self, delivery: &Delivery) -> Result<(), Failure> {
        self.writing(|transaction| deliveries::observe(transaction, delivery))
    }

    /// Erases what was kept long enough. Returns how many values went.
    pub fn erase(&mut self, keep: &Keep) -> Result<usize, Failure> {
        self.writing(|transaction| retention::erase(transaction, keep))
    }

    /// The feed is the mirror's from here on, and on its way. `end` is how the run ends where it arrives.
    pub fn intend(self, end: &RunEnd) -> Result<(), Failure> {
        self.writing(|transaction| {
            undo::recorded(transaction)?;
            runs::set_out(transaction, self.run, end)
        })?;
        self.transaction.commit().map_err(|error| Error::from(error).told(self.path))
    }

    /// Records the end of a run that sends nothing, and makes everything since [`Store::begin`](super::Store::begin) last, both or
    /// neither. What was on its way before is no destination's feed any more.
    pub fn commit(self, end: &RunEnd) -> Result<(), Failure> {
        self.writing(|transaction| {
            undo::forget(transaction, self.run)?;
            held::end(transaction)?;
            runs::finish(transaction, self.run, end)
        })?;
        self.transaction.commit().map_err(|error| Error::from(error).told(self.path))
    }

    fn writing<T>(&self, write: impl FnOnce(&Transaction<'s>) -> Result<T, Error>) -> Result<T, Failure> {
        write(&self.transaction).map_err(|error| error.told(self.path))
    }
}

/// The statements of one application, each prepared once.
pub(super) struct Writer<'t> {
    transaction: &'t Transaction<'t>,
    run: RunId,
    today: NaiveDate,
    /// The number by which people refer to a group.
    numbers: HashMap<Arc<GroupKey>, i64>,
    identify: Statement<'t>,
    identity: Statement<'t>,
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
            identify: transaction.prepare(
                "INSERT INTO identities (employee, import_id) VALUES (?1, ?2) ON CONFLICT (employee) DO NOTHING",
            )?,
            identity: transaction.prepare("SELECT import_id FROM identities WHERE employee = ?1")?,
            bring_back: transaction.prepare(
                "UPDATE identities SET removed_on = NULL, removed_run = NULL, reason = NULL, seen = 0
                 WHERE employee = ?1 AND removed_on IS NOT NULL",
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
        for change in step.employees() {
            match change {
                Change::Create(after) => self.create(after)?,
                Change::Update { before, after } => self.update(before, after)?,
                Change::Delete(before) => self.delete(before.id, reason_of(reasons, before.id)?)?,
            }
        }
        Ok(())
    }

    /// The header is rewritten as a whole: it is short, and its order counts.
    fn columns(&self, step: &Plan<'_>) -> Result<(), Error> {
        if step.columns().is_empty() && step.layout().is_none() {
            return Ok(());
        }
        let columns = &step.after().columns;
        self.transaction.execute("UPDATE mirror SET line_end = ?1", [columns.line_end().as_str()])?;
        self.transaction.execute("DELETE FROM columns", [])?;
        for Column { header, source } in columns.iter() {
            self.one_row(
                "INSERT INTO columns (header, source, detail) VALUES (?1, ?2, ?3)",
                params![header, source.kind(), source.of()],
            )?;
        }
        Ok(())
    }

    fn create(&mut self, employee: &Employee) -> Result<(), Error> {
        let id = employee.id;
        // Most people come for the first time; only whom the statement finds is looked at.
        if self.identify.execute(params![id.0, employee.import_id.as_str()])? == 0 {
            let known: String = self.identity.query_row([id.0], |row| row.get(0))?;
            if known != employee.import_id.as_str() {
                return Err(other_import_id(id));
            }
            one(self.bring_back.execute([id.0])?)?;
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
