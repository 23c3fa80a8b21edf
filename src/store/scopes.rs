//! Scopes as rows, and for each person the one under which they were last decided.
//!
//! Law: whoever is kept undecided keeps theirs, and whoever was decided keeps the parts that nobody could judge. Only a feed that sets out, or a run in step, writes here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::Applying;
use super::error::{Error, json};
use super::rows::{Json, ids, select, value};
use crate::exit::Failure;
use crate::roster::model::record::EmployeeId;
use crate::roster::plan::scope::Scope;

/// Every scope by the number that people refer to it by.
pub(super) fn load(connection: &Connection) -> Result<HashMap<i64, Arc<Scope>>, Error> {
    select(connection, "SELECT id, scope FROM scopes", [], |row| {
        let Json(scope) = row.get(1)?;
        Ok((row.get(0)?, Arc::new(scope)))
    })
}

impl Applying<'_> {
    /// Everybody in the mirror was decided under this scope, but for these people: with what they have seen of it, or with what
    /// they had, if that is none of it.
    pub fn set_scopes(&mut self, scope: &Scope, unseen: &BTreeMap<EmployeeId, Option<Scope>>) -> Result<(), Failure> {
        self.remembering(|transaction| {
            let all = "UPDATE employees SET scope = ?1
                       WHERE scope IS NOT ?1 AND employee NOT IN (SELECT value FROM json_each(?2))";
            let mut changed = transaction.execute(all, params![number(transaction, scope)?, ids(unseen.keys())])?;
            let one = "UPDATE employees SET scope = ?1 WHERE scope IS NOT ?1 AND employee = ?2";
            for (id, seen) in unseen.iter().filter_map(|(id, seen)| Some((id, seen.as_ref()?))) {
                changed += transaction.execute(one, params![number(transaction, seen)?, id.0])?;
            }
            let unused = "NOT EXISTS (SELECT 1 FROM employees WHERE employees.scope = scopes.id)";
            transaction.execute(&format!("DELETE FROM scopes WHERE {unused}"), [])?;
            Ok(changed)
        })
    }
}

/// The number that people refer to a scope by.
fn number(connection: &Connection, scope: &Scope) -> Result<i64, Error> {
    let json = json(scope)?;
    connection.execute("INSERT INTO scopes (scope) VALUES (?1) ON CONFLICT DO NOTHING", [&json])?;
    value(connection, "SELECT id FROM scopes WHERE scope = ?1", [&json])
}
