//! The store against real files: what all its tests share.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::history::{JournalEntry, NewColumns, Subject};
use crate::roster::decide::notes::Note;
use crate::roster::decide::reasons::{Absence, Reason};
use crate::roster::feed::{Column, Columns, Feed, LineEnd, Source};
use crate::roster::guard::{Approved, Rule};
use crate::roster::model::language::Language;
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Email, Employee, Group, GroupKey, ImportId, Origin, Snapshot};
use crate::roster::plan::mirror::Mirror;
use crate::roster::plan::{Change, ChangeKind, Plan, PlanDigest};

mod laws;
mod on_their_way;
mod opening;
mod returns;
mod running;
mod witness;

struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("state").join("mirror.db")
    }

    fn open(&self) -> Store {
        Store::open(&self.file()).unwrap()
    }

    fn read(&self) -> Reader {
        Reader::existing(&self.file()).unwrap().unwrap()
    }

    fn raw(&self) -> Connection {
        Connection::open(self.file()).unwrap()
    }

    /// Every file of the folder with its bytes.
    fn bytes(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = fs::read_dir(self.file().parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }

    /// Every table with its rows.
    fn tables(&self) -> BTreeMap<String, Vec<String>> {
        let connection = self.raw();
        let mut names = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        names.into_iter().map(|name| (name.clone(), rows(&connection, &name))).collect()
    }
}

fn rows(connection: &Connection, table: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        Ok((0..columns).map(|at| format!("{:?}", row.get_ref(at).unwrap())).collect::<Vec<_>>().join("|"))
    };
    statement.query_map([], row).unwrap().map(Result::unwrap).collect()
}

fn noon() -> DateTime<Utc> {
    "2026-03-01T12:00:00.123Z".parse().unwrap()
}

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 1).unwrap()
}

fn end(exit: Exit) -> RunEnd {
    RunEnd {
        finished_at: noon() + TimeDelta::seconds(5),
        exit,
        message: None,
        hints: Vec::new(),
        failed_at: None,
        digest: None,
        counts: None,
        held_by: None,
        new_columns: NewColumns::Noted,
        approval: None,
        over: Vec::new(),
        notes: Vec::new(),
    }
}

fn held(digest: &str) -> RunEnd {
    RunEnd { digest: PlanDigest::parse(digest), held_by: Some(vec![Rule::EmptyListing]), ..end(Exit::Held) }
}

fn reasons() -> BTreeMap<EmployeeId, Reason> {
    (1..=6).map(|id| (EmployeeId(id), Reason::Absent(Absence::Gone))).collect()
}

/// One run that makes `after` the mirror's state.
fn sync_to(store: &mut Store, after: &Feed) -> RunId {
    let run = store.start_run("sync", noon()).unwrap();
    let Loaded { mirror, mark, .. } = store.load().unwrap();
    let plan = Plan::between(&mirror.feed, after);
    let counts = plan.counts();
    let mut applying = store.begin(run, &mark).unwrap();
    applying.apply(&Approved::unjudged(plan), &reasons(), today()).unwrap();
    applying.commit(&RunEnd { counts: Some(counts), ..end(Exit::InStep) }).unwrap();
    run
}

fn person(id: i64) -> Employee {
    Employee {
        id: EmployeeId(id),
        import_id: ImportId::new(&format!("P{id}")).unwrap(),
        email: Email::new(&format!("person{id}@example.com")).unwrap(),
        first_name: "Zoë".into(),
        last_name: "Groß".into(),
        language: Language::new("de"),
        supervisor: None,
        groups: [sales().key].into_iter().collect(),
    }
}

fn sales() -> Group {
    let key = GroupKey { attribute: AttributeKey::new("department"), origin: Origin::Id(7) };
    Group { key: key.into(), name: "Sales".into() }
}

fn company(ids: impl IntoIterator<Item = i64>) -> Feed {
    feed(Snapshot::new(ids.into_iter().map(person), [sales()]).unwrap())
}

fn feed(people: Snapshot) -> Feed {
    Feed { columns: crate::roster::samples::columns(&[("Department", "department")]), people }
}
