//! The same facts as the texts, for machines: one document on standard output, also on failure.
//!
//! Under one `schema_version`, fields are only added.

#![expect(non_camel_case_types, reason = "the macro `object` names the type of each value as its key")]

mod explain;
mod past;
mod plan;
mod status;
mod sync;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use crate::history::Delivery;
use crate::roster::decide::notes::Note;
use crate::roster::model::record::EmployeeId;
use crate::roster::plan::Counts;

/// An object of a document: each key with its value, in the order in which they are printed. Only readers see its name.
macro_rules! object {
    ($name:ident { $($(#[$meaning:meta])* $key:ident $(: $value:expr)?),* $(,)? }) => {{
        #[derive(serde::Serialize)]
        struct $name<$($key),*> { $($(#[$meaning])* $key: $key),* }
        $name { $($key $(: $value)?),* }
    }};
}
use object;

pub use explain::{choice, explain};
pub use past::{biographies, run_record, runs};
pub use status::{failed_status, status};
pub use sync::{SyncFacts, sync};

const SCHEMA_VERSION: u32 = 1;

/// What a command that only reports prints: a head, and the report.
fn document(command: &'static str, told: impl Serialize) -> impl Serialize {
    object!(Document {
        schema_version: SCHEMA_VERSION,
        command,
        exit_code: 0,
        #[serde(flatten)]
        told,
    })
}

/// Each of them as a value of a document.
fn each<T, V>(all: impl IntoIterator<Item = T>, told: impl Fn(T) -> V) -> Vec<V> {
    all.into_iter().map(told).collect()
}

fn counts(people: u64, groups: u64, changes: Option<Counts>) -> impl Serialize {
    object!(InAll {
        people,
        groups,
        #[serde(flatten)]
        changes: changes.map(Changes),
    })
}

/// How many changes of each kind.
#[derive(Debug)]
struct Changes(Counts);

impl Serialize for Changes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.each().map(|(kind, number)| (kind.counted(), number)))
    }
}

fn delivery(delivery: &Delivery) -> impl Serialize {
    let Delivery { destination, delivered_at, size, sha256, modified: _, mount: _, verified, .. } = delivery;
    object!(Delivered { destination, delivered_at: timestamp(*delivered_at), size, sha256, verified })
}

/// `id` is that of the person it is about.
fn note(note: &Note) -> impl Serialize + use<> {
    object!(Told { kind: note.kind(), id: note.employee().and_then(profile), text: note.to_string() })
}

/// The id of a profile at Personio; none for a line of an adopted file, which its import id names.
fn profile(id: EmployeeId) -> Option<EmployeeId> {
    Some(id).filter(|id| id.has_profile())
}

fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
