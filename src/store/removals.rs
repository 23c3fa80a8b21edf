//! What earlier runs did without a person seeing it: whom they removed, and who people were before. It counts together with the next
//! plan.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::Row;

use super::error::Error;
use super::rows::{At, Json, select};
use super::{Reader, journal};
use crate::exit::Failure;
use crate::roster::guard::{Former, PastRemoval};
use crate::roster::model::record::EmployeeId;

impl Reader {
    /// Everybody who is out, also not with a new profile, whom nobody saw go, and who was removed by a run that ended, or was cut
    /// off, since then.
    pub fn removals(&self, since: DateTime<Utc>) -> Result<Vec<PastRemoval>, Failure> {
        let unseen = "SELECT identities.employee, fields, removed_on, identities.reason
             FROM identities JOIN runs ON runs.id = removed_run
                 LEFT JOIN journal ON run = removed_run AND journal.employee = identities.employee
             WHERE NOT seen AND returned_as IS NULL AND coalesce(finished_at, started_at) >= ?1
             ORDER BY identities.employee";
        self.reading(|connection| {
            select(connection, unseen, [At(since)], |row| {
                let (employee, name) = (EmployeeId(row.get(0)?), journal::name_before(row, 1)?);
                let Json(reason) = row.get(3)?;
                let day = row.get::<_, String>(2)?.parse();
                let day = day.map_err(|_| Error::Damaged("the day of a removal cannot be read".to_owned()))?;
                Ok(PastRemoval { employee, name, day, reason })
            })
        })
    }

    /// What people were since then, where a run sent it otherwise and no person saw them become somebody else. The oldest value
    /// counts.
    pub fn former(&self, since: DateTime<Utc>) -> Result<BTreeMap<EmployeeId, Former>, Failure> {
        let changed = "SELECT employee, fields
             FROM runs JOIN journal ON journal.run = runs.id JOIN identities USING (employee)
             WHERE kind IN ('update', 'remove') AND NOT erased AND run > coalesce(shown_run, 0)
                 AND coalesce(finished_at, started_at) >= ?1 ORDER BY journal.id";
        let changes: Vec<(EmployeeId, [Option<String>; 3])> = self.reading(|connection| {
            let read = |row: &Row<'_>| Ok((EmployeeId(row.get(0)?), journal::identity_before(row, 1)?));
            select(connection, changed, [At(since)], read)
        })?;
        let mut people: BTreeMap<EmployeeId, Former> = BTreeMap::new();
        for (id, [first_name, last_name, email]) in changes {
            if first_name.is_none() && last_name.is_none() && email.is_none() {
                continue;
            }
            let former = people.entry(id).or_default();
            former.first_name = former.first_name.take().or(first_name);
            former.last_name = former.last_name.take().or(last_name);
            former.email = former.email.take().or(email);
        }
        Ok(people)
    }
}
