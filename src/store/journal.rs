//! The journal: what every applied run changed, person by person and group by group, each field by field.
//!
//! Its law: it says what the plan said. Each entry comes from `Plan::field_changes` or from a group's change, so the plan of a
//! dry run and the journal of the real run cannot differ. A row holds all fields of one change as JSON, because a first sync
//! of many people would otherwise write more rows here than in the rest of the mirror; reading makes an entry of each again.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Params, Row, Statement, Transaction, params};
use serde::{Deserialize, Serialize, Serializer};

use super::error::Error;
use super::load;
use crate::history::{ChangeKind, JournalEntry, RunId, Subject};
use crate::roster::decide::notes::Reason;
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Group, GroupKey, Origin, fold};
use crate::roster::plan::{Change, FieldChange, FieldName};

/// Writes the entries of one run.
pub(super) struct Journal<'t> {
    run: RunId,
    insert_person: Statement<'t>,
    insert_group: Statement<'t>,
    /// The JSON of one row after the other.
    fields: Vec<u8>,
}

impl<'t> Journal<'t> {
    pub(super) fn new(transaction: &'t Transaction<'_>, run: RunId) -> Result<Self, Error> {
        let person = "INSERT INTO journal (run, kind, employee, fields, reason) VALUES (?1, ?2, ?3, ?4, ?5)";
        let group = "INSERT INTO journal (run, kind, attribute, origin_id, origin_value, fields)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        Ok(Self {
            run,
            insert_person: transaction.prepare(person)?,
            insert_group: transaction.prepare(group)?,
            fields: Vec::new(),
        })
    }

    pub(super) fn employee(
        &mut self,
        kind: ChangeKind,
        id: EmployeeId,
        fields: &[FieldChange<'_>],
        reason: Option<&Reason>,
    ) -> Result<(), Error> {
        let fields = fields.iter().map(|FieldChange { field, from, to }| (Some(Named(field)), from, to));
        write(&mut self.fields, fields)?;
        let reason = reason.map(Reason::to_string);
        self.insert_person.execute(params![self.run.0, kind.as_str(), id.0, json_text(&self.fields), reason])?;
        Ok(())
    }

    pub(super) fn group(&mut self, change: &Change<Group>) -> Result<(), Error> {
        let (kind, key, before, after) = match change {
            Change::Create(group) => (ChangeKind::GroupAdd, &group.key, None, Some(&*group.name)),
            Change::Update { before, after } => {
                (ChangeKind::GroupRename, &after.key, Some(&*before.name), Some(&*after.name))
            }
            Change::Delete(group) => (ChangeKind::GroupRemove, &group.key, Some(&*group.name), None),
        };
        let GroupKey { attribute, origin } = &**key;
        let (id, value) = match origin {
            Origin::Id(id) => (Some(*id), None),
            Origin::Value(value) => (None, Some(&**value)),
        };
        write(&mut self.fields, [(None::<Named<'_>>, before, after)].iter())?;
        let fields = json_text(&self.fields);
        self.insert_group.execute(params![self.run.0, kind.as_str(), attribute.as_str(), id, value, fields])?;
        Ok(())
    }
}

/// Replaces the JSON of one row by that of another.
fn write(json: &mut Vec<u8>, fields: impl Iterator<Item = impl Serialize>) -> Result<(), Error> {
    json.clear();
    let mut serializer = serde_json::Serializer::new(json);
    serializer.collect_seq(fields).map_err(|error| Error::Impossible(error.to_string()))
}

/// A field by its name.
struct Named<'a>(&'a FieldName);

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

/// Binds JSON, which is always UTF-8, without copying it.
pub(super) fn json_text(json: &[u8]) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(ValueRef::Text(json))
}

/// What one run changed, in the order it was written.
pub(super) fn changes_of(connection: &Connection, run: RunId) -> Result<Vec<JournalEntry>, Error> {
    let mut statement = connection.prepare(
        "SELECT kind, employee, attribute, origin_id, origin_value, reason, fields
         FROM journal WHERE run = ?1 ORDER BY id",
    )?;
    let mut rows = statement.query([run.0])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        expand(row, &mut entries)?;
    }
    Ok(entries)
}

/// Everything that ever happened to one person, run by run.
pub(super) fn changes_to(connection: &Connection, id: EmployeeId) -> Result<BTreeMap<RunId, Vec<JournalEntry>>, Error> {
    let mut statement = connection.prepare(
        "SELECT kind, employee, attribute, origin_id, origin_value, reason, fields, run
         FROM journal WHERE employee = ?1 ORDER BY id",
    )?;
    let mut rows = statement.query([id.0])?;
    let mut entries: BTreeMap<RunId, Vec<JournalEntry>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        expand(row, entries.entry(RunId(row.get(7)?)).or_default())?;
    }
    Ok(entries)
}

/// Whoever's address the journal still knows to have been this one. It is compared here, because SQLite folds ASCII alone.
pub(super) fn with_address(connection: &Connection, address: &str) -> Result<BTreeSet<EmployeeId>, Error> {
    let email = FieldName::Email.to_string();
    let mut statement =
        connection.prepare("SELECT employee, fields FROM journal WHERE employee IS NOT NULL AND NOT erased")?;
    let mut rows = statement.query([])?;
    let mut ids = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let is_address = |value: &Option<Text<'_>>| value.as_ref().is_some_and(|value| fold(&value.0) == address);
        if fields(row, 1)?.iter().any(|field| field.is_of(&email) && (is_address(&field.1) || is_address(&field.2))) {
            ids.insert(EmployeeId(row.get(0)?));
        }
    }
    Ok(ids)
}

/// Erases the values of all rows that `which` names and that still have some. The import id stays: it is the key that a
/// person has for ever. How many values went.
pub(super) fn erase(transaction: &Transaction<'_>, which: &str, parameters: impl Params) -> Result<usize, Error> {
    // Found first, because what they are found by changes.
    let mut found = transaction.prepare(&format!("SELECT id FROM journal WHERE erased = 0 AND {which}"))?;
    let found: Vec<i64> = found.query_map(parameters, |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut select = transaction.prepare("SELECT fields FROM journal WHERE id = ?1")?;
    let mut update = transaction.prepare(
        "UPDATE journal SET erased = 1, fields = ?2, origin_value = iif(origin_value IS NULL, NULL, '') WHERE id = ?1",
    )?;
    let import_id = FieldName::ImportId.to_string();
    let (mut values, mut json) = (0, Vec::new());
    for id in found {
        let mut rows = select.query([id])?;
        let Some(row) = rows.next()? else { continue };
        let mut fields = fields(row, 0)?;
        for Field(_, before, after) in fields.iter_mut().filter(|field| !field.is_of(&import_id)) {
            (*before, *after) = (None, None);
            values += 1;
        }
        write(&mut json, fields.iter())?;
        update.execute(params![id, json_text(&json)])?;
    }
    Ok(values)
}

/// Name, before and after, as they stand in the JSON.
#[derive(Serialize, Deserialize)]
struct Field<'a>(
    #[serde(borrow)] Option<Text<'a>>,
    #[serde(borrow)] Option<Text<'a>>,
    #[serde(borrow)] Option<Text<'a>>,
);

impl Field<'_> {
    fn is_of(&self, name: &str) -> bool {
        self.0.as_ref().is_some_and(|own| own.0 == name)
    }
}

/// Borrowed wherever nothing in it is escaped; serde would copy a bare `Option<Cow<str>>` each time.
#[derive(Serialize, Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

fn fields<'r>(row: &'r Row<'_>, column: usize) -> Result<Vec<Field<'r>>, Error> {
    let json = row.get_ref(column)?.as_str()?;
    serde_json::from_str(json).map_err(|_| Error::Damaged("an entry of its journal cannot be read".to_owned()))
}

fn expand(row: &Row<'_>, entries: &mut Vec<JournalEntry>) -> Result<(), Error> {
    let unknown = || Error::Damaged("its journal has an entry of no known kind".to_owned());
    let kind = ChangeKind::parse(row.get_ref(0)?.as_str()?).ok_or_else(unknown)?;
    let subject = match (row.get::<_, Option<i64>>(1)?, row.get::<_, Option<String>>(2)?) {
        (Some(id), _) => Subject::Employee(EmployeeId(id)),
        (None, attribute) => Subject::Group(GroupKey {
            attribute: AttributeKey::new(attribute.unwrap_or_default()),
            origin: load::origin(row, 3)?,
        }),
    };
    let reason: Option<String> = row.get(5)?;
    let owned = |text: Option<Text<'_>>| text.map(|text| text.0.into_owned());
    entries.extend(fields(row, 6)?.into_iter().map(|Field(field, before, after)| JournalEntry {
        kind,
        subject: subject.clone(),
        field: owned(field),
        before: owned(before),
        after: owned(after),
        reason: reason.clone(),
    }));
    Ok(())
}
