//! The name of a plan: a state or a change as bytes for a hash. Different ones give different bytes, on every machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sha2::{Digest as _, Sha256};

use super::{Change, Plan};
use crate::roster::feed::Column;
use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::{Employee, Group, GroupKey, Origin};

/// A person can be asked to compare this many bytes of a hash, no more.
const BYTES: usize = 6;

/// What a plan rests on besides the two feeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// What is wrong with the mirror, if anything is.
    pub mismatch: Option<&'static str>,
    pub generation: u64,
    /// The scope as one canonical text.
    pub scope: String,
    /// Where the feed goes; empty without a destination.
    pub destination: String,
    /// The hashes of the other files that stand at the destination, or stood there, and have somebody in them.
    pub other_files: BTreeSet<String>,
    /// For each person who leaves the mirror, the kind of reason.
    pub reasons: BTreeMap<EmployeeId, &'static str>,
}

/// The name of one plan: twelve lower-case hexadecimal characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlanDigest(String);

impl PlanDigest {
    /// None unless the text is twelve hexadecimal characters.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = text.len() == 12 && text.bytes().all(|b| b.is_ascii_hexdigit());
        well_formed.then(|| Self(text.to_ascii_lowercase()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlanDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Plan<'_> {
    /// Stands for exactly this plan on exactly this basis, whatever the machine, the time of day or the order of the pages.
    pub fn digest(&self, basis: &Basis) -> PlanDigest {
        let mut hash = Canonical::new();
        let Basis { mismatch, generation, scope, destination, other_files, reasons } = basis;
        if let Some(mismatch) = mismatch {
            hash.text("mismatch");
            hash.text(mismatch);
        }
        hash.text("generation");
        hash.number(*generation);
        let other_files = other_files.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
        for text in [scope, destination, &other_files] {
            hash.text(text);
        }
        for (EmployeeId(id), reason) in reasons {
            hash.bytes(&id.to_be_bytes());
            hash.text(reason);
        }
        for change in self.columns() {
            put(&mut hash, change, |hash, sign, column| hash.column(sign, column));
        }
        if let Some(layout) = self.new_layout() {
            hash.text(&layout);
        }
        for change in self.values() {
            put(&mut hash, change, Canonical::group);
        }
        for change in self.employees() {
            put(&mut hash, change, |hash, sign, employee| hash.employee(sign, employee));
        }
        PlanDigest(hash.finish())
    }

    /// The line ends and the order of all columns, new ones included, if any of that has changed.
    fn new_layout(&self) -> Option<String> {
        let columns = &self.after().columns;
        let order: Vec<&str> = columns.iter().map(|column| column.header.as_str()).collect();
        let differs = !self.columns().is_empty() || self.layout().is_some();
        differs.then(|| format!("{:?} {order:?}", columns.line_end()))
    }
}

/// A change, with a sign before each side.
fn put<T>(hash: &mut Canonical, change: &Change<T>, put_one: impl Fn(&mut Canonical, &str, &T)) {
    match change {
        Change::Create(after) => put_one(hash, "+", after),
        Change::Update { before, after } => {
            put_one(hash, "<", before);
            put_one(hash, ">", after);
        }
        Change::Delete(before) => put_one(hash, "-", before),
    }
}

/// Feeds values to the hash; every text carries its length.
struct Canonical {
    hash: Sha256,
    /// Bytes that the hash has not taken yet: many small pieces cost more than a large one.
    pending: Vec<u8>,
}

impl Canonical {
    const PIECE: usize = 4096;

    fn new() -> Self {
        Self { hash: Sha256::new(), pending: Vec::with_capacity(2 * Self::PIECE) }
    }

    fn finish(mut self) -> String {
        self.hash.update(&self.pending);
        base16ct::lower::encode_string(&self.hash.finalize()[..BYTES])
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= Self::PIECE {
            self.hash.update(&self.pending);
            self.pending.clear();
        }
    }

    fn number(&mut self, number: u64) {
        self.bytes(&number.to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes(text.as_bytes());
    }

    fn key(&mut self, key: &GroupKey) {
        let GroupKey { attribute, origin } = key;
        self.text(attribute.as_str());
        match origin {
            Origin::Id(id) => {
                self.text("id");
                self.bytes(&id.to_be_bytes());
            }
            Origin::Value(value) => {
                self.text("value");
                self.text(value);
            }
        }
    }

    fn group(&mut self, sign: &str, group: &Group) {
        let Group { key, name } = group;
        self.text(sign);
        self.text("group");
        self.key(key);
        self.text(name);
    }

    fn column(&mut self, sign: &str, column: &Column) {
        let Column { header, source } = column;
        for text in [sign, "column", header, &format!("{source:?}")] {
            self.text(text);
        }
    }

    fn employee(&mut self, sign: &str, employee: &Employee) {
        let Employee { id, import_id, email, first_name, last_name, language, supervisor, groups } = employee;
        self.text(sign);
        self.text("employee");
        self.bytes(&id.0.to_be_bytes());
        for text in [import_id.as_str(), email.as_str(), first_name, last_name] {
            self.text(text);
        }
        self.text(language.as_ref().map(|language| language.as_str()).unwrap_or_default());
        self.text(&supervisor.map(|EmployeeId(id)| id.to_string()).unwrap_or_default());
        self.number(groups.iter().count() as u64);
        for key in groups.iter() {
            self.key(key);
        }
    }
}
