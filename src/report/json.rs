//! The same facts as the texts, for machines: one document on standard output, also on failure.
//!
//! Under one `schema_version`, fields are only added.

mod explain;
mod past;
mod plan;
mod status;
mod sync;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use crate::history::Delivery;
use crate::roster::plan::Counts as PlanCounts;

pub use explain::{choice, explain};
pub use past::{biographies, run_record, runs};
pub use status::{StatusDocument, failed_status, status};
pub use sync::{SyncDocument, SyncFacts, sync};

const SCHEMA_VERSION: u32 = 1;

/// What a command that only reports prints: a head, and the report.
#[derive(Debug, Serialize)]
pub struct Document<T> {
    schema_version: u32,
    command: &'static str,
    exit_code: u8,
    #[serde(flatten)]
    told: T,
}

impl<T> Document<T> {
    fn of(command: &'static str, told: T) -> Self {
        Self { schema_version: SCHEMA_VERSION, command, exit_code: 0, told }
    }
}

#[derive(Debug, Default, Serialize)]
struct Counts {
    people: u64,
    groups: u64,
    #[serde(flatten)]
    changes: Option<Changes>,
}

/// How many changes of each kind.
#[derive(Debug)]
struct Changes(PlanCounts);

impl Serialize for Changes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.each().map(|(kind, number)| (kind.counted(), number)))
    }
}

#[derive(Debug, Serialize)]
struct DeliveryDocument {
    destination: String,
    delivered_at: String,
    size: u64,
    sha256: String,
    verified: bool,
}

impl From<&Delivery> for DeliveryDocument {
    fn from(delivery: &Delivery) -> Self {
        let Delivery { destination, delivered_at, size, sha256, modified: _, verified, .. } = delivery;
        Self {
            destination: destination.clone(),
            delivered_at: timestamp(*delivered_at),
            size: *size,
            sha256: sha256.clone(),
            verified: *verified,
        }
    }
}

fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
