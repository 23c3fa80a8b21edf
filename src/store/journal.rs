//! The journal: what every applied run changed, person by person, group by group, column by column, each field by field.
//!
//! Its law: it says what the plan said. Each entry comes from `Plan::field_changes` or from a group's change, so the plan of a
//! dry run and the journal of the real run cannot differ. A row holds all fields of one change as JSON, because a first sync
//! of many people would otherwise write more rows here than in the rest of the mirror; reading makes an entry of each again.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Params, Row, Statement, Transaction, params};
use serde::{Deserialize, Serialize, Serializer};

use super::error::Error;
use super::load;
use crate::history::{JournalEntry, RunId, Subject};
use crate::roster::decide::reasons::Reason;
use crate::roster::feed::{Column, Source};
use crate::roster::guard::Approved;
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Employee, Group, GroupKey, Origin};
use crate::roster::plan::{Change, ChangeKind, FieldChange, FieldName, LayoutChange, Plan};
use crate::roster::policy::Query;

/// Writes the entries of one run.
pub(super) struct Journal<'t> {
    run: RunId,
    insert_person: Statement<'t>,
    insert_group: Statement<'t>,
    insert_column: Statement<'t>,
    /// The JSON of one row after the other.
    fields: Vec<u8>,
}

impl<'t> Journal<'t> {
    pub(super) fn new(transaction: &'t Transaction<'_>, run: RunId) -> Result<Self, Error> {
        let person = "INSERT INTO journal (run, kind, employee, fields, reason) VALUES (?1, ?2, ?3, ?4, ?5)";
        let group = "INSERT INTO journal (run, kind, attribute, origin_id, origin_value, fields)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let column = "INSERT INTO journal (run, kind, header, fields) VALUES (?1, ?2, ?3, ?4)";
        Ok(Self {
            run,
            insert_person: transaction.prepare(person)?,
            insert_group: transaction.prepare(group)?,
            insert_column: transaction.prepare(column)?,
            fields: Vec::new(),
        })
    }

    /// Everything that was shown and judged. Where it starts from nothing because nothing is known of the destination, whoever
    /// goes from the mirror is not in it, and is entered too.
    pub(super) fn write(
        &mut self,
        approved: &Approved<'_>,
        reasons: &BTreeMap<EmployeeId, Reason>,
    ) -> Result<(), Error> {
        let (plan, step) = (approved.plan(), approved.step());
        plan.groups().iter().try_for_each(|change| self.group(change))?;
        for change in plan.employees() {
            self.employee(plan, change, reasons)?;
        }
        plan.columns().iter().try_for_each(|change| self.column(change))?;
        plan.layout().map_or(Ok(()), |change| self.layout(change))?;
        if !std::ptr::eq(plan.before(), step.before()) {
            for change in step.employees() {
                match change {
                    Change::Delete(_) => self.employee(step, change, reasons)?,
                    Change::Create(_) | Change::Update { .. } => {}
                }
            }
        }
        Ok(())
    }

    fn employee(
        &mut self,
        plan: &Plan<'_>,
        change: &Change<&Arc<Employee>>,
        reasons: &BTreeMap<EmployeeId, Reason>,
    ) -> Result<(), Error> {
        let (kind, id, reason) = match change {
            Change::Create(after) => (ChangeKind::Add, after.id, None),
            Change::Update { before: _, after } => (ChangeKind::Update, after.id, None),
            Change::Delete(before) => (ChangeKind::Remove, before.id, Some(reason_of(reasons, before.id)?)),
        };
        let fields = plan.field_changes(change);
        let fields = fields.iter().map(|FieldChange { field, from, to }| (Some(Named(field)), from, to));
        write(&mut self.fields, fields)?;
        let reason = reason.map(Reason::to_string);
        self.insert_person.execute(params![self.run.0, kind.as_str(), id.0, json_text(&self.fields), reason])?;
        Ok(())
    }

    fn group(&mut self, change: &Change<Group>) -> Result<(), Error> {
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

    fn column(&mut self, change: &Change<&Column>) -> Result<(), Error> {
        let (kind, header, before, after) = match change {
            Change::Create(column) => (ChangeKind::ColumnAdd, &column.header, None, Some(&column.source)),
            Change::Update { before, after } => {
                (ChangeKind::ColumnChange, &after.header, Some(&before.source), Some(&after.source))
            }
            Change::Delete(column) => (ChangeKind::ColumnRemove, &column.header, Some(&column.source), None),
        };
        let told = |source: Option<&Source>| source.map(Source::to_string);
        write(&mut self.fields, [(None::<Named<'_>>, told(before), told(after))].iter())?;
        self.insert_column.execute(params![self.run.0, kind.as_str(), header, json_text(&self.fields)])?;
        Ok(())
    }

    fn layout(&mut self, change: &LayoutChange<'_>) -> Result<(), Error> {
        let LayoutChange { before, after } = change;
        let ends = ("line_end", before.line_end.as_str().to_owned(), after.line_end.as_str().to_owned());
        let order = ("order", before.order.join(", "), after.order.join(", "));
        let differing = [ends, order].into_iter().filter(|(_, before, after)| before != after);
        write(&mut self.fields, differing)?;
        let kind = ChangeKind::LayoutChange.as_str();
        self.insert_column.execute(params![self.run.0, kind, None::<&str>, json_text(&self.fields)])?;
        Ok(())
    }
}

/// Nobody goes for no reason.
pub(super) fn reason_of(reasons: &BTreeMap<EmployeeId, Reason>, id: EmployeeId) -> Result<&Reason, Error> {
    reasons.get(&id).ok_or_else(|| Error::Impossible(format!("it removes employee {id} for no reason")))
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
        "SELECT kind, employee, attribute, origin_id, origin_value, reason, fields, header
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
        "SELECT kind, employee, attribute, origin_id, origin_value, reason, fields, header, run
         FROM journal WHERE employee = ?1 ORDER BY id",
    )?;
    let mut rows = statement.query([id.0])?;
    let mut entries: BTreeMap<RunId, Vec<JournalEntry>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        expand(row, entries.entry(RunId(row.get(8)?)).or_default())?;
    }
    Ok(entries)
}

/// Whoever, by a change whose values are still there, had the address or was called so.
pub(super) fn meant(connection: &Connection, query: &Query) -> Result<BTreeSet<EmployeeId>, Error> {
    let named = |name: FieldName| name.to_string();
    let (email, first, last) = (named(FieldName::Email), named(FieldName::FirstName), named(FieldName::LastName));
    let mut statement =
        connection.prepare("SELECT employee, fields FROM journal WHERE employee IS NOT NULL AND NOT erased")?;
    let mut rows = statement.query([])?;
    let mut ids = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let fields = fields(row, 1)?;
        let values = |name: &str| -> Vec<&str> {
            let of_name = fields.iter().filter(|field| field.is_of(name));
            of_name.flat_map(|field| [&field.1, &field.2]).flatten().map(|value| &*value.0).collect()
        };
        // A change of one of the two names says nothing of the other.
        let or_none = |values: Vec<_>| if values.is_empty() { vec![""] } else { values };
        let (first_names, last_names) = (or_none(values(&first)), or_none(values(&last)));
        let is_called = first_names.iter().any(|one| last_names.iter().any(|other| query.is_part_of(one, other)));
        if is_called || values(&email).into_iter().any(|address| query.is_address(address)) {
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
    let header: Option<String> = row.get(7)?;
    let subject = match (row.get::<_, Option<i64>>(1)?, row.get::<_, Option<String>>(2)?, header) {
        (Some(id), _, _) => Subject::Employee(EmployeeId(id)),
        (None, Some(attribute), _) => {
            Subject::Group(GroupKey { attribute: AttributeKey::new(attribute), origin: load::origin(row, 3)? })
        }
        (None, None, Some(header)) => Subject::Column(header),
        (None, None, None) => Subject::Layout,
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
