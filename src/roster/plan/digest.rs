//! A state or a change as bytes for a hash: no two that differ give the same bytes, on whatever machine.

use sha2::{Digest as _, Sha256};

use crate::roster::model::record::EmployeeId;
use crate::roster::model::snapshot::{Employee, Group, GroupKey, Origin};

/// Takes values in; every text carries its length.
pub struct Canonical {
    hash: Sha256,
    /// What the hash has not taken yet: many small pieces cost it more than a large one.
    pending: Vec<u8>,
}

impl Canonical {
    const PIECE: usize = 4096;

    pub fn new() -> Self {
        Self { hash: Sha256::new(), pending: Vec::with_capacity(2 * Self::PIECE) }
    }

    /// The first so many bytes of the hash in hexadecimal.
    pub fn finish(mut self, bytes: usize) -> String {
        self.hash.update(&self.pending);
        self.hash.finalize().iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= Self::PIECE {
            self.hash.update(&self.pending);
            self.pending.clear();
        }
    }

    pub fn number(&mut self, number: u64) {
        self.bytes(&number.to_be_bytes());
    }

    pub fn text(&mut self, text: &str) {
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

    pub fn group(&mut self, sign: &str, group: &Group) {
        let Group { key, name } = group;
        self.text(sign);
        self.text("group");
        self.key(key);
        self.text(name);
    }

    pub fn employee(&mut self, sign: &str, employee: &Employee) {
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
