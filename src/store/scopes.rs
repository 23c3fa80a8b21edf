//! Scopes as rows, and for each person the one under which they were last decided.
//!
//! Law: whoever is kept undecided keeps theirs, and whoever was decided keeps the parts that nobody could judge. Only a feed that sets out, or a run in step, writes here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::error::{Error, ids};
use crate::roster::model::record::EmployeeId;
use crate::roster::plan::scope::Scope;

/// Every scope by the number that people refer to it by.
pub(super) fn load(connection: &Connection) -> Result<HashMap<i64, Arc<Scope>>, Error> {
    let mut statement = connection.prepare("SELECT id, scope FROM scopes")?;
    let mut rows = statement.query([])?;
    let mut scopes = HashMap::new();
    while let Some(row) = rows.next()? {
        let scope = serde_json::from_str(row.get_ref(1)?.as_str()?);
        let scope: Scope = scope.map_err(|_| Error::Damaged("a scope cannot be read".to_owned()))?;
        scopes.insert(row.get(0)?, Arc::new(scope));
    }
    Ok(scopes)
}

/// Everybody in the mirror was decided under this scope, but for these people: with what they have seen of it, or with what they
/// had, if that is none of it. How many people have another one than before.
pub(super) fn set(
    connection: &Connection,
    scope: &Scope,
    unseen: &BTreeMap<EmployeeId, Option<Scope>>,
) -> Result<usize, Error> {
    let mut changed = connection.execute(
        "UPDATE employees SET scope = ?1
         WHERE scope IS NOT ?1 AND employee NOT IN (SELECT value FROM json_each(?2))",
        params![number(connection, scope)?, ids(unseen.keys())],
    )?;
    for (id, seen) in unseen {
        let Some(seen) = seen else { continue };
        changed += connection.execute(
            "UPDATE employees SET scope = ?1 WHERE scope IS NOT ?1 AND employee = ?2",
            params![number(connection, seen)?, id.0],
        )?;
    }
    connection.execute(
        "DELETE FROM scopes WHERE NOT EXISTS (SELECT 1 FROM employees WHERE employees.scope = scopes.id)",
        [],
    )?;
    Ok(changed)
}

/// The number that people refer to a scope by.
fn number(connection: &Connection, scope: &Scope) -> Result<i64, Error> {
    let json = serde_json::to_string(scope).map_err(impossible)?;
    connection.execute("INSERT INTO scopes (scope) VALUES (?1) ON CONFLICT DO NOTHING", [&json])?;
    Ok(connection.query_row("SELECT id FROM scopes WHERE scope = ?1", [&json], |row| row.get(0))?)
}

fn impossible(error: serde_json::Error) -> Error {
    Error::Impossible(error.to_string())
}
