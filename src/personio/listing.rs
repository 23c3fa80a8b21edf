//! The proof that a listing is complete: only this file can make a [`CompleteListing`].
//!
//! Law: whoever existed all the while the listing was read is in it, given a server that honours offsets. Personio sorts
//! by creation date, newest first, and offers no other order (computed over a capture): a hire between two pages moves
//! everybody one place down and repeats a row, a deletion moves everybody up and hides one. So where there is more than one
//! page, the first is read once more at the end. The same people in the same total mean that nobody came who is still
//! there, and therefore that nobody went: the pages in between show one state, or a row comes twice. A server that looks
//! at no offset shows the newest people again and again, and is caught by the same comparison. On any disagreement
//! everything is read again, [`READINGS`] times in all, then refused, never repaired.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use super::convert::Page;
use super::wire::Fault;
use crate::exit::{Exit, Failure};
use crate::roster::mapping::Attribute;
use crate::roster::record::{AttributeKey, EmployeeId, Record};

/// How often a listing that disagrees with itself is read before it is refused.
pub const READINGS: u32 = 3;

/// More people than any company has: such a total is nonsense, and following it would fill the memory.
const IMPLAUSIBLE_TOTAL: u64 = 5_000_000;

/// Every employee of the account, proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteListing {
    records: Vec<Record>,
    readable: BTreeSet<AttributeKey>,
    labels: BTreeMap<AttributeKey, String>,
}

impl CompleteListing {
    /// Sorted by id.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    pub fn into_records(self) -> Vec<Record> {
        self.records
    }

    /// The attributes asked for that at least one record carries. Empty when there are no records.
    pub fn readable(&self) -> &BTreeSet<AttributeKey> {
        &self.readable
    }

    /// The label of every readable attribute, for display.
    pub fn labels(&self) -> &BTreeMap<AttributeKey, String> {
        &self.labels
    }
}

/// How far a reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub received: u64,
    pub total: u64,
}

/// Reads every page until the listing is proven complete. `fetch` asks for the page that starts at an offset, counted in
/// people. Never asks beyond the announced total, and at most once for each person announced and once to close.
pub fn read_completely(
    mut fetch: impl FnMut(u64) -> Result<Page, Failure>,
    report: &mut dyn FnMut(Progress),
) -> Result<CompleteListing, Failure> {
    let mut readings = 1;
    loop {
        match read_once(&mut fetch, report)? {
            Ok(listing) => return Ok(listing),
            Err(disagreement) if readings < READINGS => {
                log::info!("reading the employees again: {disagreement}");
                readings += 1;
            }
            Err(disagreement) => {
                return Err(Failure::new(
                    Exit::Untrusted,
                    format!("Personio's list of employees is not complete: {disagreement} ({readings} readings)"),
                )
                .hint("someone may be editing employees in Personio right now; the next run reads everything again"));
            }
        }
    }
}

fn read_once(
    fetch: &mut impl FnMut(u64) -> Result<Page, Failure>,
    report: &mut dyn FnMut(Progress),
) -> Result<Result<CompleteListing, Disagreement>, Failure> {
    let first = fetch(0)?;
    let total = first.total.ok_or_else(|| Failure::new(Exit::Untrusted, Fault::WithoutTotal.to_string()))?;
    if total > IMPLAUSIBLE_TOTAL {
        let message = format!("Personio claims to have {total} employees, which cannot be");
        return Err(Failure::new(Exit::Untrusted, message));
    }
    let newest: Vec<EmployeeId> = first.records.iter().map(|record| record.id).collect();
    let mut reading = Reading::new(total);
    let mut step = reading.take(first);
    loop {
        match step {
            Ok(Step::AskFrom(offset)) => {
                report(Progress { received: offset, total });
                step = reading.take(fetch(offset)?);
            }
            Ok(Step::Complete) => {
                let one_page = newest.len() as u64 == total;
                if !one_page && let Err(disagreement) = close(&fetch(0)?, &newest, total) {
                    return Ok(Err(disagreement));
                }
                report(Progress { received: total, total });
                return Ok(Ok(reading.into_listing()));
            }
            Err(disagreement) => return Ok(Err(disagreement)),
        }
    }
}

/// Compares the first page, asked for again at the end, with what it was at the beginning.
fn close(again: &Page, newest: &[EmployeeId], total: u64) -> Result<(), Disagreement> {
    if again.total != Some(total) {
        Err(Disagreement::TotalChanged { before: total, now: again.total })
    } else if !again.records.iter().map(|record| record.id).eq(newest.iter().copied()) {
        Err(Disagreement::OtherFirstPage)
    } else {
        Ok(())
    }
}

/// What to do after a page that agrees with the ones before it.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    AskFrom(u64),
    Complete,
}

/// What does not add up, in numbers only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disagreement {
    TotalChanged { before: u64, now: Option<u64> },
    Repeated { id: EmployeeId },
    TooShort { received: u64, total: u64 },
    TooLong { received: u64, total: u64 },
    OtherFirstPage,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Disagreement::TotalChanged { before, now: Some(now) } => {
                write!(f, "the number of employees changed from {before} to {now} while they were read")
            }
            Disagreement::TotalChanged { before, now: None } => {
                write!(f, "the first page announced {before} employees, a later one said nothing about it")
            }
            Disagreement::Repeated { id } => write!(f, "employee {id} came twice"),
            Disagreement::TooShort { received, total } => {
                write!(f, "{total} employees were announced, and after {received} no more came")
            }
            Disagreement::TooLong { received, total } => {
                write!(f, "{total} employees were announced, and {received} came")
            }
            Disagreement::OtherFirstPage => {
                f.write_str("the first page was another one after the last page than before it")
            }
        }
    }
}

/// One attempt at the whole listing.
struct Reading {
    total: u64,
    ids: HashSet<EmployeeId>,
    records: Vec<Record>,
    readable: BTreeMap<AttributeKey, Attribute>,
}

impl Reading {
    fn new(total: u64) -> Self {
        Self { total, ids: HashSet::new(), records: Vec::new(), readable: BTreeMap::new() }
    }

    fn take(&mut self, page: Page) -> Result<Step, Disagreement> {
        let total = self.total;
        if page.total != Some(total) {
            return Err(Disagreement::TotalChanged { before: total, now: page.total });
        }
        let was_empty = page.records.is_empty();
        for record in page.records {
            if !self.ids.insert(record.id) {
                return Err(Disagreement::Repeated { id: record.id });
            }
            self.records.push(record);
        }
        for (key, attribute) in page.readable {
            self.readable.entry(key).or_insert(attribute);
        }
        let received = self.records.len() as u64;
        if received > total {
            Err(Disagreement::TooLong { received, total })
        } else if received == total {
            Ok(Step::Complete)
        } else if was_empty {
            Err(Disagreement::TooShort { received, total })
        } else {
            Ok(Step::AskFrom(received))
        }
    }

    fn into_listing(self) -> CompleteListing {
        let Self { total: _, ids: _, mut records, readable } = self;
        records.sort_by_key(|record| record.id);
        let labels: BTreeMap<_, _> = readable.into_iter().map(|(key, attribute)| (key, attribute.label)).collect();
        CompleteListing { records, readable: labels.keys().cloned().collect(), labels }
    }
}

#[cfg(test)]
mod tests;
