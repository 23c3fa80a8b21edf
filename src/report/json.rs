//! The same facts as the texts, for machines: one document on standard output, also on failure.
//!
//! docs/json.md says what is promised of them. The comments of the fields are the descriptions in `docs/*.schema.json`.

#![expect(non_camel_case_types, reason = "the macro `object` names the type of each value as its key")]

mod explain;
mod past;
mod plan;
mod status;
mod sync;
#[cfg(test)]
mod tests;

use chrono::{DateTime, SecondsFormat, Utc};
#[cfg(test)]
use schemars::JsonSchema as Described;
use serde::Serialize;
#[cfg(not(test))]
use serde::Serialize as Described;

use crate::history::Delivery;
use crate::roster::decide::notes::Note;
use crate::roster::plan::Counts;
use crate::roster::voice::Told;

/// A document or a value of one. The tests know its schema.
pub trait Document: Serialize + Described {}

impl<T: Serialize + Described + ?Sized> Document for T {}

/// An object of a document: each key with its value, in the order in which they are printed. Only readers see its name.
macro_rules! object {
    ($name:ident { $($(#[$meaning:meta])* $key:ident $(: $value:expr)?),* $(,)? }) => {{
        #[derive(serde::Serialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        struct $name<$($key),*> { $($(#[$meaning])* $key: $key),* }
        $name { $($key $(: $value)?),* }
    }};
}
use object;

pub use explain::{choice, explain, members};
pub use past::{biographies, run_record, runs};
pub use status::status;
pub use sync::{SyncFacts, sync};

const SCHEMA_VERSION: u32 = 1;

/// What a command prints: a head, and what it tells.
fn document(command: &'static str, exit_code: u8, told: impl Document) -> impl Document {
    object!(Document {
        /// Another number means that more than new fields has changed.
        schema_version: SCHEMA_VERSION,
        /// `sync` or `status`.
        command,
        /// What the program ends with; the README has the table.
        exit_code,
        #[serde(flatten)]
        told,
    })
}

/// Each of them as a value of a document.
fn each<T, V>(all: impl IntoIterator<Item = T>, told: impl Fn(T) -> V) -> Vec<V> {
    all.into_iter().map(told).collect()
}

fn counts(people: u64, groups: u64, changes: Option<Counts>) -> impl Document {
    object!(InAll {
        /// In the mirror.
        people,
        /// In the mirror.
        groups,
        #[serde(flatten)]
        changes: changes.map(self::changes),
    })
}

/// How many changes of each kind.
fn changes(Counts { people, groups, columns, layout }: Counts) -> impl Document {
    object!(Changes {
        added: people.added,
        updated: people.changed,
        removed: people.removed,
        groups_added: groups.added,
        groups_renamed: groups.changed,
        groups_removed: groups.removed,
        columns_added: columns.added,
        columns_changed: columns.changed,
        columns_removed: columns.removed,
        /// One if the order of columns or the line ends change.
        layout_changed: layout,
    })
}

fn delivery(delivery: &Delivery) -> impl Document {
    let Delivery { destination, delivered_at, size, sha256, modified: _, verified, .. } = delivery;
    object!(Delivered {
        /// The URL.
        destination,
        delivered_at: Moment::of(*delivered_at),
        /// In bytes.
        size,
        /// In hexadecimal.
        sha256,
        /// Whether it could be read back.
        verified,
    })
}

/// What was found or decided.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Told{T}"))]
struct Fact<T> {
    #[serde(flatten)]
    fact: T,
    /// The same for people, in words that may change with every version.
    text: String,
}

fn fact<T: Told>(fact: &T) -> Fact<&T>
where
    for<'f> &'f T: Document,
{
    Fact { fact, text: fact.logged() }
}

fn note(note: &Note) -> impl Document {
    object!(Noted {
        /// Of the person it is about, where it is about one.
        id: note.employee(),
        #[serde(flatten)]
        note: fact(note),
    })
}

/// In UTC, to the second.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
struct Moment(#[cfg_attr(test, schemars(with = "DateTime<Utc>"))] String);

impl Moment {
    fn of(at: DateTime<Utc>) -> Self {
        Self(at.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}
