//! What earlier runs did without a person seeing it: whom they removed, and who people were before. It counts together with the next
//! plan.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::error::{Error, from_json};
use super::journal;
use super::moment::timestamp;
use crate::roster::guard::{Former, PastRemoval};
use crate::roster::model::record::EmployeeId;

/// Everybody who is out, also not with a new profile, whom nobody saw go, and who was removed by a run that ended, or was cut off, since then.
pub(super) fn unseen(connection: &Connection, since: DateTime<Utc>) -> Result<Vec<PastRemoval>, Error> {
    let mut statement = connection.prepare(
        "SELECT identities.employee, removed_on, identities.reason, fields
         FROM identities JOIN runs ON runs.id = removed_run
             LEFT JOIN journal ON run = removed_run AND journal.employee = identities.employee
         WHERE NOT seen AND returned_as IS NULL AND coalesce(finished_at, started_at) >= ?1 ORDER BY identities.employee",
    )?;
    let mut rows = statement.query([timestamp(since)])?;
    let mut removals = Vec::new();
    while let Some(row) = rows.next()? {
        let damaged = |_| Error::Damaged("the day of a removal cannot be read".to_owned());
        removals.push(PastRemoval {
            employee: EmployeeId(row.get(0)?),
            name: journal::name_before(row, 3)?,
            day: row.get::<_, String>(1)?.parse().map_err(damaged)?,
            reason: from_json(&row.get::<_, String>(2)?)?,
        });
    }
    Ok(removals)
}

/// What people were since then, where a run sent it otherwise and no person saw them become somebody else. The oldest value counts.
pub(super) fn former(connection: &Connection, since: DateTime<Utc>) -> Result<BTreeMap<EmployeeId, Former>, Error> {
    let mut statement = connection.prepare(
        "SELECT employee, fields
         FROM runs JOIN journal ON journal.run = runs.id JOIN identities USING (employee)
         WHERE kind IN ('update', 'remove') AND NOT erased AND run > coalesce(shown_run, 0)
             AND coalesce(finished_at, started_at) >= ?1 ORDER BY journal.id",
    )?;
    let mut rows = statement.query([timestamp(since)])?;
    let mut people: BTreeMap<EmployeeId, Former> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let [first_name, last_name, email] = journal::identity_before(row, 1)?;
        if first_name.is_none() && last_name.is_none() && email.is_none() {
            continue;
        }
        let former = people.entry(EmployeeId(row.get(0)?)).or_default();
        former.first_name = former.first_name.take().or(first_name);
        former.last_name = former.last_name.take().or(last_name);
        former.email = former.email.take().or(email);
    }
    Ok(people)
}
