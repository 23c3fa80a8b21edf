//! The journal: what every applied run changed, person by person, group by group, column by column, each field by field.
//!
//! Its law: it says what the plan said. Each entry comes from `Plan::field_changes` or from a group's change, so the plan of a
//! dry run and the journal of the real run cannot differ. A row holds all fields of one change as JSON, because a first sync
//! of many people would otherwise write more rows here than in the rest of the mirror; reading makes an entry of each again.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rusqlite::{Connection, Params, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use super::error::{Error, json};
use super::rows::{Json, select};
use crate::history::{JournalEntry, RunId, Subject};
use crate::roster::decide::reasons::Reason;
use crate::roster::feed::Column;
use crate::roster::feed::Source;
use crate::roster::guard::Approved;
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Email, Employee, GroupKey, Origin};
use crate::roster::plan::mirror::LastKnown;
use crate::roster::plan::{Change, ChangeKind, FieldChange, FieldName, GroupChange, LayoutChange, Plan};
use crate::roster::policy::Query;
use crate::roster::voice::Told;

/// Writes the entries of one run.
pub(super) struct Journal<'t> {
    pub transaction: &'t Transaction<'t>,
    pub run: RunId,
}

impl Journal<'_> {
    /// Everything that was shown and judged. Where it starts from nothing because nothing is known of the destination, whoever
    /// goes from the mirror is not in it, and is entered too.
    pub(super) fn write(&self, approved: &Approved<'_>, reasons: &BTreeMap<EmployeeId, Reason>) -> Result<(), Error> {
        let (plan, step) = (approved.plan(), approved.from_mirror());
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
        &self,
        plan: &Plan<'_>,
        change: &Change<&Arc<Employee>>,
        reasons: &BTreeMap<EmployeeId, Reason>,
    ) -> Result<(), Error> {
        let kind = change.pick(ChangeKind::Add, ChangeKind::Update, ChangeKind::Remove);
        let id = change.subject().id;
        let reason = match change {
            Change::Create(_) | Change::Update { .. } => None,
            Change::Delete(_) => Some(Json(reason_of(reasons, id)?)),
        };
        let fields = plan.field_changes(change);
        let fields = fields.iter().map(|FieldChange { field, from, to }| (Some(field), from, to));
        self.enter(kind, &Subject::Employee(id), reason, fields)
    }

    fn group(&self, change: &GroupChange) -> Result<(), Error> {
        let GroupChange { attribute: _, name, keys } = change;
        let kind = name.pick(ChangeKind::GroupAdd, ChangeKind::GroupRename, ChangeKind::GroupRemove);
        // The first of its values stands for all that have this name.
        let subject = Subject::Group(GroupKey::clone(&keys[0]));
        let (before, after) = name.sides();
        let name = |name: &Arc<str>| name.to_string();
        self.enter(kind, &subject, None, [(None::<&str>, before.map(name), after.map(name))].iter())
    }

    fn column(&self, change: &Change<&Column>) -> Result<(), Error> {
        let kind = change.pick(ChangeKind::ColumnAdd, ChangeKind::ColumnChange, ChangeKind::ColumnRemove);
        let (before, after) = change.sides();
        let source = |column: Option<&&Column>| column.map(|column| json(&column.source)).transpose();
        let subject = Subject::Column(change.subject().header.clone());
        self.enter(kind, &subject, None, [(None::<&str>, source(before)?, source(after)?)].iter())
    }

    fn layout(&self, change: &LayoutChange<'_>) -> Result<(), Error> {
        let LayoutChange { before, after } = change;
        let ends = ("line_end", before.line_end.as_str().to_owned(), after.line_end.as_str().to_owned());
        let order = ("order", before.order.join(", "), after.order.join(", "));
        let differing = [ends, order].into_iter().filter(|(_, before, after)| before != after);
        self.enter(ChangeKind::LayoutChange, &Subject::Layout, None, differing)
    }

    /// One row.
    fn enter(
        &self,
        kind: ChangeKind,
        subject: &Subject,
        reason: Option<Json<&Reason>>,
        fields: impl Iterator<Item = impl Serialize>,
    ) -> Result<(), Error> {
        let (mut employee, mut header) = (None, None);
        let (mut attribute, mut origin_id, mut origin_value) = (None, None, None);
        match subject {
            Subject::Employee(EmployeeId(id)) => employee = Some(*id),
            Subject::Group(GroupKey { attribute: key, origin }) => {
                attribute = Some(key.as_str());
                match origin {
                    Origin::Id(id) => origin_id = Some(*id),
                    Origin::Value(value) => origin_value = Some(&**value),
                }
            }
            Subject::Column(name) => header = Some(name),
            Subject::Layout => {}
        }
        let (run, kind, fields) = (self.run.0, kind.as_str(), Json(fields.collect::<Vec<_>>()));
        let insert =
            "INSERT INTO journal (run, kind, employee, attribute, origin_id, origin_value, header, fields, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let row = params![run, kind, employee, attribute, origin_id, origin_value, header, fields, reason];
        self.transaction.prepare_cached(insert)?.execute(row)?;
        Ok(())
    }
}

/// Nobody goes for no reason.
pub(super) fn reason_of(reasons: &BTreeMap<EmployeeId, Reason>, id: EmployeeId) -> Result<&Reason, Error> {
    reasons.get(&id).ok_or_else(|| Error::Impossible(format!("it removes employee {id} for no reason")))
}

/// What one run changed, in the order it was written.
pub(super) fn changes_of(connection: &Connection, run: RunId) -> Result<Vec<JournalEntry>, Error> {
    Ok(entries(connection, "run", run.0)?.remove(&run).unwrap_or_default())
}

/// Everything that ever happened to one person, run by run.
pub(super) fn changes_to(connection: &Connection, id: EmployeeId) -> Result<BTreeMap<RunId, Vec<JournalEntry>>, Error> {
    entries(connection, "employee", id.0)
}

fn entries(connection: &Connection, column: &str, value: i64) -> Result<BTreeMap<RunId, Vec<JournalEntry>>, Error> {
    let query = format!(
        "SELECT kind, employee, attribute, origin_id, origin_value, reason, fields, header, run
         FROM journal WHERE {column} = ?1 ORDER BY id",
    );
    let mut entries: BTreeMap<RunId, Vec<JournalEntry>> = BTreeMap::new();
    for (run, of_row) in select::<_, Vec<_>>(connection, &query, [value], |row| Ok((RunId(row.get(8)?), expand(row)?)))?
    {
        entries.entry(run).or_default().extend(of_row);
    }
    Ok(entries)
}

/// Whoever, by a change whose values are still there, had the address or was called so.
pub(super) fn meant(connection: &Connection, query: &Query) -> Result<BTreeSet<EmployeeId>, Error> {
    let named = |name: FieldName| name.as_str().to_owned();
    let (email, first, last) = (named(FieldName::Email), named(FieldName::FirstName), named(FieldName::LastName));
    let entries = "SELECT employee, fields FROM journal WHERE employee IS NOT NULL AND NOT erased";
    let ids: Vec<Option<EmployeeId>> = select(connection, entries, [], |row| {
        let fields = fields(row, 1)?;
        let values = |name: &str| -> Vec<&str> {
            let of_name = fields.iter().filter(|field| field.is_of(name));
            of_name.flat_map(|field| [&field.1, &field.2]).flatten().map(|value| &*value.0).collect()
        };
        // A change of one of the two names says nothing of the other.
        let or_none = |values: Vec<_>| if values.is_empty() { vec![""] } else { values };
        let (first_names, last_names) = (or_none(values(&first)), or_none(values(&last)));
        let is_called = first_names.iter().any(|one| last_names.iter().any(|other| query.is_part_of(one, other)));
        let is_meant = is_called || values(&email).into_iter().any(|address| query.is_address(address));
        Ok(if is_meant { Some(EmployeeId(row.get(0)?)) } else { None })
    })?;
    Ok(ids.into_iter().flatten().collect())
}

/// Erases the values of all rows that `which` names and that still have some. The import id stays: it is the key that a
/// person has for ever. How many values went.
pub(super) fn erase(transaction: &Transaction<'_>, which: &str, parameters: impl Params) -> Result<usize, Error> {
    // Found first, because what they are found by changes.
    let found = format!("SELECT id FROM journal WHERE erased = 0 AND {which}");
    let found: Vec<i64> = select(transaction, &found, parameters, |row| Ok(row.get(0)?))?;
    let mut select = transaction.prepare("SELECT fields FROM journal WHERE id = ?1")?;
    let mut update = transaction.prepare(
        "UPDATE journal SET erased = 1, fields = ?2, origin_value = iif(origin_value IS NULL, NULL, '') WHERE id = ?1",
    )?;
    let import_id = FieldName::ImportId.as_str();
    let mut values = 0;
    for id in found {
        let mut rows = select.query([id])?;
        let Some(row) = rows.next()? else { continue };
        let mut fields = fields(row, 0)?;
        for Field(_, before, after) in fields.iter_mut().filter(|field| !field.is_of(import_id)) {
            (*before, *after) = (None, None);
            values += 1;
        }
        update.execute(params![id, Json(&fields)])?;
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

/// What whoever is out was called when they were removed, as far as it is not erased.
pub(super) fn last_known(connection: &Connection) -> Result<HashMap<EmployeeId, LastKnown>, Error> {
    let removed = "SELECT journal.employee, fields
         FROM identities JOIN journal ON journal.employee = identities.employee AND erased = 0 AND run = removed_run
         WHERE removed_on IS NOT NULL AND returned_as IS NULL AND kind = 'remove'";
    let all: Vec<Option<_>> = select(connection, removed, [], |row| {
        let [Some(first), Some(last), Some(email)] = identity_before(row, 1)? else { return Ok(None) };
        let Some(email) = Email::new(&email) else { return Ok(None) };
        let (first_name, last_name) = (first.into(), last.into());
        Ok(Some((EmployeeId(row.get(0)?), LastKnown { first_name, last_name, email })))
    })?;
    Ok(all.into_iter().flatten().collect())
}

/// What somebody was called before a change; nothing where its values are erased.
pub(super) fn name_before(row: &Row<'_>, column: usize) -> Result<String, Error> {
    if row.get_ref(column)?.as_str_or_null()?.is_none() {
        return Ok(String::new());
    }
    let [first_name, last_name, _] = identity_before(row, column)?;
    Ok([first_name, last_name].into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// First name, last name and address before a change, each where it changes and is not erased.
pub(super) fn identity_before(row: &Row<'_>, column: usize) -> Result<[Option<String>; 3], Error> {
    let fields = fields(row, column)?;
    Ok([FieldName::FirstName, FieldName::LastName, FieldName::Email].map(|name| {
        let name = name.as_str().to_owned();
        Some(fields.iter().find(|field| field.is_of(&name))?.1.as_ref()?.0.to_string())
    }))
}

/// An origin stands in two columns, one of which is empty.
pub(super) fn origin(row: &Row<'_>, column: usize) -> Result<Origin, Error> {
    match (row.get::<_, Option<i64>>(column)?, row.get::<_, Option<String>>(column + 1)?) {
        (Some(id), None) => Ok(Origin::Id(id)),
        (None, Some(value)) => Ok(Origin::Value(value.into())),
        (Some(_), Some(_)) | (None, None) => Err(Error::Damaged("a group has no single origin".to_owned())),
    }
}

fn expand(row: &Row<'_>) -> Result<Vec<JournalEntry>, Error> {
    let unknown = || Error::Damaged("its journal has an entry of no known kind".to_owned());
    let kind = ChangeKind::parse(row.get_ref(0)?.as_str()?).ok_or_else(unknown)?;
    let header: Option<String> = row.get(7)?;
    let subject = match (row.get::<_, Option<i64>>(1)?, row.get::<_, Option<String>>(2)?, header) {
        (Some(id), _, _) => Subject::Employee(EmployeeId(id)),
        (None, Some(attribute), _) => {
            Subject::Group(GroupKey { attribute: AttributeKey::new(attribute), origin: origin(row, 3)? })
        }
        (None, None, Some(header)) => Subject::Column(header),
        (None, None, None) => Subject::Layout,
    };
    let reason: Option<Json<Reason>> = row.get(5)?;
    let reason = reason.map(|Json(reason)| reason);
    let owned = |text: Option<Text<'_>>| text.map(|text| text.0.into_owned());
    let side = |text: Option<Text<'_>>| match (&subject, text) {
        (Subject::Column(_), Some(source)) => {
            let source: Source = serde_json::from_str(&source.0).map_err(|_| unknown())?;
            Ok(Some(source.logged()))
        }
        (_, text) => Ok::<_, Error>(owned(text)),
    };
    let entry = |Field(field, before, after)| {
        Ok(JournalEntry {
            kind,
            subject: subject.clone(),
            field: owned(field),
            before: side(before)?,
            after: side(after)?,
            reason: reason.clone(),
        })
    };
    fields(row, 6)?.into_iter().map(entry).collect()
}
