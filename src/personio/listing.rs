//! The proof that a listing is complete: only this file can make a [`CompleteListing`].
//!
//! Law: whoever existed all the while the listing was read is in it, given a server that honours offsets. Personio sorts
//! by creation date, newest first, and offers no other order (computed over a capture): a hire between two pages moves
//! everybody one place down and repeats a row, a deletion moves everybody up and hides one. So where there is more than one
//! page, the first is read once more at the end. The same people in the same total mean that nobody came who is still
//! there, and therefore that nobody went: the pages in between show one state, or a row comes twice. A server that looks
//! at no offset shows the newest people again and again, and is caught by the same comparison. None of this rests on the
//! order in which the pages between come, so they are asked for ahead. On any disagreement everything is read again in
//! turn, [`READINGS`] times in all, then refused, never repaired.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::RandomState;

use super::convert::Page;
use super::wire::Fault;
use crate::exit::{Exit, Failure};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::policy::mapping::Attribute;

/// How often a listing that disagrees with itself is read before it is refused.
pub const READINGS: u32 = 3;

/// More people than any company has: such a total is nonsense, and following it would fill the memory.
const IMPLAUSIBLE_TOTAL: u64 = 5_000_000;

/// Room is made for so many people before they come; for more while they do, because a number in an answer proves nothing.
const RESERVED_AT_MOST: usize = 200_000;

/// Every employee of the account, proven, with what is kept of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteListing<T> {
    people: Vec<(EmployeeId, T)>,
    readable: BTreeSet<AttributeKey>,
    labels: BTreeMap<AttributeKey, String>,
}

impl<T> CompleteListing<T> {
    /// Sorted.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = EmployeeId> + '_ {
        self.people.iter().map(|(id, _)| *id)
    }

    pub fn contains(&self, id: EmployeeId) -> bool {
        self.people.binary_search_by_key(&id, |(id, _)| *id).is_ok()
    }

    /// Sorted by id.
    pub fn into_people(self) -> Vec<(EmployeeId, T)> {
        self.people
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

/// How the pages after the first are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Over so many connections at once: their offsets are known when all pages are as long as the first.
    Ahead(usize),
    /// One after the other, each where the one before ended: right for pages of any length.
    InTurn,
}

/// Reads every page until the listing is proven complete. `open` gives what asks for the page that starts at an offset,
/// counted in people, one for each connection. Never asks beyond the announced total, and at most once for each person
/// announced and once to close.
pub fn read_completely<T: Send, F: FnMut(u64) -> Result<Page<T>, Failure>>(
    open: impl Fn() -> F + Sync,
    connections: usize,
    report: &mut dyn FnMut(Progress),
) -> Result<CompleteListing<T>, Failure> {
    let mut order = if connections > 1 { Order::Ahead(connections) } else { Order::InTurn };
    let mut readings = 1;
    loop {
        match read_once(&open, order, report)? {
            Ok(listing) => return Ok(listing),
            Err(disagreement) if readings < READINGS => {
                log::info!("reading the employees again: {disagreement}");
                readings += 1;
                order = Order::InTurn;
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

fn read_once<T: Send, F: FnMut(u64) -> Result<Page<T>, Failure>>(
    open: &(impl Fn() -> F + Sync),
    order: Order,
    report: &mut dyn FnMut(Progress),
) -> Result<Result<CompleteListing<T>, Disagreement>, Failure> {
    let mut fetch = open();
    let first = fetch(0)?;
    let total = first.total.ok_or_else(|| Failure::new(Exit::Untrusted, Fault::WithoutTotal.to_string()))?;
    if total > IMPLAUSIBLE_TOTAL {
        let message = format!("Personio claims to have {total} employees, which cannot be");
        return Err(Failure::new(Exit::Untrusted, message));
    }
    let newest: Vec<EmployeeId> = first.people.iter().map(|(id, _)| *id).collect();
    let mut reading = Reading::new(total);
    let rest = match (reading.take(first), order) {
        (Err(disagreement), _) => Err(disagreement),
        (Ok(Step::Complete), _) => Ok(()),
        (Ok(Step::AskFrom(offset)), Order::InTurn) => in_turn(&mut fetch, offset, &mut reading, report)?,
        (Ok(Step::AskFrom(size)), Order::Ahead(connections)) => ahead(open, connections, size, &mut reading, report)?,
    };
    if let Err(disagreement) = rest {
        return Ok(Err(disagreement));
    }
    let one_page = newest.len() as u64 == total;
    if !one_page && let Err(disagreement) = close(&fetch(0)?, &newest, total) {
        return Ok(Err(disagreement));
    }
    report(Progress { received: total, total });
    Ok(Ok(reading.into_listing()))
}

fn in_turn<T>(
    fetch: &mut impl FnMut(u64) -> Result<Page<T>, Failure>,
    offset: u64,
    reading: &mut Reading<T>,
    report: &mut dyn FnMut(Progress),
) -> Result<Result<(), Disagreement>, Failure> {
    let mut next = offset;
    loop {
        report(Progress { received: next, total: reading.total });
        match reading.take(fetch(next)?) {
            Ok(Step::AskFrom(offset)) => next = offset,
            Ok(Step::Complete) => return Ok(Ok(())),
            Err(disagreement) => return Ok(Err(disagreement)),
        }
    }
}

/// Every page after the first at the offsets that follow from its size. A page that is shorter or longer than that is a
/// disagreement: the next reading asks in turn.
fn ahead<T: Send, F: FnMut(u64) -> Result<Page<T>, Failure>>(
    open: &(impl Fn() -> F + Sync),
    connections: usize,
    size: u64,
    reading: &mut Reading<T>,
    report: &mut dyn FnMut(Progress),
) -> Result<Result<(), Disagreement>, Failure> {
    let total = reading.total;
    let pages = total.div_ceil(size);
    let next = AtomicU64::new(1);
    std::thread::scope(|scope| {
        let (arrived, arrivals) = std::sync::mpsc::sync_channel(connections);
        for _ in 0..connections.min(usize::try_from(pages - 1).unwrap_or(connections)) {
            let (arrived, next) = (arrived.clone(), &next);
            scope.spawn(move || {
                let mut fetch = open();
                loop {
                    let offset = next.fetch_add(1, Ordering::Relaxed).saturating_mul(size);
                    // A closed channel means that the reading is over, for whatever reason.
                    if offset >= total || arrived.send((offset, fetch(offset))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(arrived);
        report(Progress { received: size, total });
        for (offset, page) in arrivals {
            let page = page?;
            let (expected, came) = (size.min(total - offset), page.people.len() as u64);
            if page.total == Some(total) && came != expected {
                return Ok(Err(Disagreement::UnevenPages { expected, came }));
            }
            match reading.take(page) {
                Ok(Step::AskFrom(received)) => report(Progress { received, total }),
                Ok(Step::Complete) => return Ok(Ok(())),
                Err(disagreement) => return Ok(Err(disagreement)),
            }
        }
        Ok(Err(Disagreement::TooShort { received: reading.people.len() as u64, total }))
    })
}

/// Compares the first page, asked for again at the end, with what it was at the beginning.
fn close<T>(again: &Page<T>, newest: &[EmployeeId], total: u64) -> Result<(), Disagreement> {
    if again.total != Some(total) {
        Err(Disagreement::TotalChanged { before: total, now: again.total })
    } else if !again.people.iter().map(|(id, _)| *id).eq(newest.iter().copied()) {
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
    UnevenPages { expected: u64, came: u64 },
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
            Disagreement::UnevenPages { expected, came } => {
                write!(f, "{expected} employees were expected on a page, and {came} came")
            }
            Disagreement::OtherFirstPage => {
                f.write_str("the first page was another one after the last page than before it")
            }
        }
    }
}

/// One attempt at the whole listing.
struct Reading<T> {
    total: u64,
    ids: HashSet<EmployeeId, RandomState>,
    people: Vec<(EmployeeId, T)>,
    readable: BTreeMap<AttributeKey, Attribute>,
}

impl<T> Reading<T> {
    fn new(total: u64) -> Self {
        let expected = usize::try_from(total).unwrap_or_default().min(RESERVED_AT_MOST);
        Self {
            total,
            ids: HashSet::with_capacity_and_hasher(expected, RandomState::default()),
            people: Vec::with_capacity(expected),
            readable: BTreeMap::new(),
        }
    }

    fn take(&mut self, page: Page<T>) -> Result<Step, Disagreement> {
        let total = self.total;
        if page.total != Some(total) {
            return Err(Disagreement::TotalChanged { before: total, now: page.total });
        }
        let was_empty = page.people.is_empty();
        for (id, kept) in page.people {
            if !self.ids.insert(id) {
                return Err(Disagreement::Repeated { id });
            }
            self.people.push((id, kept));
        }
        for (key, attribute) in page.readable {
            self.readable.entry(key).or_insert(attribute);
        }
        let received = self.people.len() as u64;
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

    fn into_listing(self) -> CompleteListing<T> {
        let Self { total: _, ids: _, mut people, readable } = self;
        people.sort_unstable_by_key(|(id, _)| *id);
        let labels: BTreeMap<_, _> = readable.into_iter().map(|(key, attribute)| (key, attribute.label)).collect();
        CompleteListing { people, readable: labels.keys().cloned().collect(), labels }
    }
}

#[cfg(test)]
mod tests;
