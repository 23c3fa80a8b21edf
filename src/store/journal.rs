//! The journal: what every applied run changed, field by field.
//!
//! Its law: it says what the plan said. Each entry comes from `Plan::field_changes` or from a group's change, so the plan of a
//! dry run and the journal of the real run cannot differ.

use std::collections::BTreeMap;

use rusqlite::{CachedStatement, Connection, Row, Transaction, params};

use super::load;
use super::trouble::Trouble;
use crate::history::{ChangeKind, JournalEntry, RunId, Subject};
use crate::roster::plan::{Change, FieldChange};
use crate::roster::record::{AttributeKey, EmployeeId};
use crate::roster::snapshot::{Group, GroupKey, Origin};
use crate::roster::verdict::Reason;

/// Writes the entries of one run.
pub(super) struct Journal<'t> {
    run: RunId,
    insert: CachedStatement<'t>,
}

impl<'t> Journal<'t> {
    pub(super) fn new(transaction: &'t Transaction<'_>, run: RunId) -> Result<Self, Trouble> {
        let insert = transaction.prepare_cached(
            "INSERT INTO changes (run, kind, employee, attribute, origin_id, origin_value, field, before, after, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        Ok(Self { run, insert })
    }

    pub(super) fn employee(
        &mut self,
        kind: ChangeKind,
        id: EmployeeId,
        fields: &[FieldChange],
        reason: Option<&Reason>,
    ) -> Result<(), Trouble> {
        for FieldChange { field, from, to } in fields {
            self.write(&JournalEntry {
                kind,
                subject: Subject::Employee(id),
                field: Some(field.to_string()),
                before: from.as_deref().map(str::to_owned),
                after: to.as_deref().map(str::to_owned),
                reason: reason.map(Reason::to_string),
            })?;
        }
        Ok(())
    }

    pub(super) fn group(&mut self, change: &Change<Group>) -> Result<(), Trouble> {
        let (kind, key, before, after) = match change {
            Change::Create(group) => (ChangeKind::GroupAdd, &group.key, None, Some(&group.name)),
            Change::Update { before, after } => {
                (ChangeKind::GroupRename, &after.key, Some(&before.name), Some(&after.name))
            }
            Change::Delete(group) => (ChangeKind::GroupRemove, &group.key, Some(&group.name), None),
        };
        self.write(&JournalEntry {
            kind,
            subject: Subject::Group(GroupKey::clone(key)),
            field: None,
            before: before.map(|name| name.to_string()),
            after: after.map(|name| name.to_string()),
            reason: None,
        })
    }

    fn write(&mut self, entry: &JournalEntry) -> Result<(), Trouble> {
        let JournalEntry { kind, subject, field, before, after, reason } = entry;
        let (employee, attribute, origin_id, origin_value) = match subject {
            Subject::Employee(id) => (Some(id.0), None, None, None),
            Subject::Group(GroupKey { attribute, origin: Origin::Id(id) }) => {
                (None, Some(attribute.as_str()), Some(*id), None)
            }
            Subject::Group(GroupKey { attribute, origin: Origin::Value(value) }) => {
                (None, Some(attribute.as_str()), None, Some(&**value))
            }
        };
        self.insert.execute(params![
            self.run.0,
            kind.as_str(),
            employee,
            attribute,
            origin_id,
            origin_value,
            field,
            before,
            after,
            reason
        ])?;
        Ok(())
    }
}

pub(super) fn changes_of(connection: &Connection, run: RunId) -> Result<Vec<JournalEntry>, Trouble> {
    let mut statement = connection.prepare(
        "SELECT kind, employee, attribute, origin_id, origin_value, field, before, after, reason
         FROM changes WHERE run = ?1 ORDER BY id",
    )?;
    let mut rows = statement.query([run.0])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(entry(row)?);
    }
    Ok(entries)
}

/// What happened to one person, run by run.
pub(super) fn changes_to(
    connection: &Connection,
    id: EmployeeId,
) -> Result<BTreeMap<RunId, Vec<JournalEntry>>, Trouble> {
    let mut statement = connection.prepare(
        "SELECT kind, employee, attribute, origin_id, origin_value, field, before, after, reason, run
         FROM changes WHERE employee = ?1 ORDER BY id",
    )?;
    let mut rows = statement.query([id.0])?;
    let mut entries: BTreeMap<RunId, Vec<JournalEntry>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        entries.entry(RunId(row.get(9)?)).or_default().push(entry(row)?);
    }
    Ok(entries)
}

fn entry(row: &Row<'_>) -> Result<JournalEntry, Trouble> {
    let word: String = row.get(0)?;
    let kind = ChangeKind::parse(&word);
    let subject = match (row.get::<_, Option<i64>>(1)?, row.get::<_, Option<String>>(2)?) {
        (Some(id), _) => Subject::Employee(EmployeeId(id)),
        (None, attribute) => Subject::Group(GroupKey {
            attribute: AttributeKey::new(attribute.unwrap_or_default()),
            origin: load::origin(row, 3)?,
        }),
    };
    Ok(JournalEntry {
        kind: kind.ok_or_else(|| Trouble::Damaged("its journal has an entry of no known kind".to_owned()))?,
        subject,
        field: row.get(5)?,
        before: row.get(6)?,
        after: row.get(7)?,
        reason: row.get(8)?,
    })
}
