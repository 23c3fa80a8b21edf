//! A mirror on disk in a folder of its own, which goes when it goes.

use std::collections::BTreeMap;

use honestly_sync::history::RunEnd;
use honestly_sync::roster::guard::Approved;
use honestly_sync::roster::model::snapshot::Snapshot;
use honestly_sync::roster::plan::Plan;
use honestly_sync::store::Store;
use tempfile::TempDir;

use crate::company::{now, today};

pub struct MirrorFile(TempDir);

impl MirrorFile {
    /// Nobody in it.
    pub fn new() -> Self {
        let mirror = Self(tempfile::tempdir().expect("a temporary folder can be made"));
        mirror.open();
        mirror
    }

    pub fn open(&self) -> Store {
        Store::open(&self.0.path().join("mirror.db")).expect("it opens")
    }

    /// Applies everybody to the empty mirror and commits. Returns the mirror, so that nobody measures how it goes.
    pub fn apply(self, everybody: &Snapshot) -> Self {
        let nobody = Snapshot::default();
        let approved = Approved::adoption(Plan::between(&nobody, everybody)).expect("the mirror is empty");
        let mut store = self.open();
        let mark = store.load().expect("it loads").mark;
        let run = store.start_run("sync", now()).expect("the run log can be written");
        let mut applying = store.begin(run, &mark).expect("nobody else is here");
        applying.apply(&approved, &BTreeMap::new(), today()).expect("the plan fits");
        applying.commit(&RunEnd::in_step(now())).expect("there is room on the disk");
        self
    }
}
