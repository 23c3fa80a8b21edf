//! Whom earlier runs removed without a person seeing it: they count together with those of the next plan.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::error::{Error, from_json};
use super::journal;
use super::moment::timestamp;
use crate::roster::guard::PastRemoval;
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
