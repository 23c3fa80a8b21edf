//! The proof that a listing is complete. Only this file can make a [`CompleteListing`].
//!
//! The law: whoever existed all the while the listing was read is in it, given a server that honours offsets. Personio sorts by
//! creation date, newest first, and offers no other order (computed over a capture). A hire between two pages moves everybody
//! one place down and repeats a row; a deletion moves everybody up and hides one. So where there is more than one page, the
//! first is read once more at the end. If it has the same people and the same total, nobody came who is still there, and
//! therefore nobody went: the pages in between show one state, or a row comes twice. The order of its rows proves nothing. A
//! server that ignores offsets shows the newest people again and again, and the same comparison catches it. A total is believed
//! unless the pages speak against it: where the last page is full, or more pages are announced than the total fills, the page
//! after the last one is asked for and must hold nobody new. None of this rests on the order in which the pages between come,
//! so they are asked for ahead. After any disagreement everything is read again in turn, [`READINGS`] times in all, then
//! refused, never repaired.

mod reading;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use super::convert::Page;
use super::progress::{Observer, Progress};
use super::transport::MOST_REQUESTS;
use super::wire;
use crate::exit::{Exit, Failure};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use reading::{Disagreement, Reading, Step};

/// How often to read a listing that disagrees with itself before refusing it.
pub(super) const READINGS: u32 = 3;

/// More people than any company has. Such a total is nonsense, and following it would fill the memory.
const IMPLAUSIBLE_TOTAL: u64 = 5_000_000;

/// Every employee of the account, proven, with what is kept of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompleteListing<T> {
    people: Vec<(EmployeeId, T)>,
    readable: BTreeSet<AttributeKey>,
}

impl<T> CompleteListing<T> {
    /// Sorted.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = EmployeeId> + '_ {
        self.people.iter().map(|(id, _)| *id)
    }

    /// Sorted by id.
    pub fn into_people(self) -> Vec<(EmployeeId, T)> {
        self.people
    }

    /// The attributes that were asked for and that at least one record carries. Empty when there are no records.
    pub fn readable(&self) -> &BTreeSet<AttributeKey> {
        &self.readable
    }
}

/// How to ask for the pages after the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Over this many connections at once. The offsets are known when all pages are as long as the first.
    Ahead(usize),
    /// One after the other, each from where the one before ended. Right for pages of any length.
    InTurn,
}

/// Why a reading failed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Error {
    /// The pages contradict each other. Another reading may succeed.
    Disagreement(Disagreement),
    Failed(Failure),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Disagreement> for Error {
    fn from(disagreement: Disagreement) -> Self {
        Self::Disagreement(disagreement)
    }
}

/// Reads every page until the listing is proven complete. `open` is called once for each connection, and returns what asks for
/// the page at an offset, counted in people. Each reading asks at most once for each person announced, once beyond the last
/// one, and once to close.
pub(super) fn read_completely<T: Send, F: FnMut(u64) -> Result<Page<T>, Failure>>(
    open: impl Fn() -> F + Sync,
    connections: usize,
    observer: &Observer,
) -> Result<CompleteListing<T>, Failure> {
    let mut order = if connections > 1 { Order::Ahead(connections) } else { Order::InTurn };
    let mut readings = 1;
    loop {
        match read_once(&open, order, observer) {
            Ok(listing) => return Ok(listing),
            Err(Error::Failed(failure)) => return Err(failure),
            Err(Error::Disagreement(disagreement)) if readings < READINGS => {
                log::info!("reading the employees again: {disagreement}");
                readings += 1;
                order = Order::InTurn;
            }
            Err(Error::Disagreement(disagreement)) => {
                let what =
                    format!("Personio's list of employees is not complete: {disagreement} ({readings} readings)");
                return Err(Failure::new(Exit::Untrusted, what).hint(match disagreement {
                    Disagreement::PeopleBeyondTheEnd { .. } => {
                        "Personio announces fewer employees than it has; ask its support if the next run says the same"
                    }
                    Disagreement::TotalChanged { .. }
                    | Disagreement::Repeated { .. }
                    | Disagreement::TooShort { .. }
                    | Disagreement::TooLong { .. }
                    | Disagreement::UnevenPages { .. }
                    | Disagreement::OtherFirstPage => {
                        "someone may be editing employees in Personio right now; the next run reads everything again"
                    }
                }));
            }
        }
    }
}

fn read_once<T: Send, F: FnMut(u64) -> Result<Page<T>, Failure>>(
    open: &(impl Fn() -> F + Sync),
    order: Order,
    observer: &Observer,
) -> Result<CompleteListing<T>, Error> {
    let mut fetch = open();
    let first = fetch(0)?;
    let total = first.size.total.ok_or_else(|| Failure::new(Exit::Untrusted, wire::Error::WithoutTotal.to_string()))?;
    let newest: BTreeSet<EmployeeId> = first.people.iter().map(|(id, _)| *id).collect();
    refuse_endless(total, first.people.len() as u64)?;
    let mut reading = Reading::new(total);
    match (reading.take(0, first)?, order) {
        (Step::Complete, _) => {}
        (Step::AskFrom(offset), Order::InTurn) => in_turn(&mut fetch, offset, &mut reading, observer)?,
        (Step::AskFrom(size), Order::Ahead(connections)) => ahead(open, connections, size, &mut reading, observer)?,
    }
    let total_is_in_doubt = reading.total_is_in_doubt();
    if total_is_in_doubt {
        reading.look_beyond(&fetch(total)?)?;
    }
    if reading.pages > 1 || total_is_in_doubt {
        close(&fetch(0)?, &newest, total)?;
    }
    observer.tell(Progress::Received { received: total, total });
    Ok(reading.into_listing())
}

/// Refuses a total that no company has, or that would take more requests than a run may send, before sending them.
fn refuse_endless(total: u64, people_per_page: u64) -> Result<(), Failure> {
    let pages = total.div_ceil(people_per_page.max(1));
    if total <= IMPLAUSIBLE_TOTAL && pages <= u64::from(MOST_REQUESTS) {
        return Ok(());
    }
    let message = format!("Personio claims to have {total} employees on {pages} pages, which cannot be");
    Err(Failure::new(Exit::Untrusted, message))
}

fn in_turn<T>(
    fetch: &mut impl FnMut(u64) -> Result<Page<T>, Failure>,
    offset: u64,
    reading: &mut Reading<T>,
    observer: &Observer,
) -> Result<(), Error> {
    let mut next = offset;
    loop {
        observer.tell(Progress::Received { received: next, total: reading.total });
        match reading.take(next, fetch(next)?)? {
            Step::AskFrom(offset) => next = offset,
            Step::Complete => return Ok(()),
        }
    }
}

/// Reads every page after the first at the offsets that follow from its size. A page that is shorter or longer than that is a
/// disagreement: the next reading asks in turn.
fn ahead<T: Send, F: FnMut(u64) -> Result<Page<T>, Failure>>(
    open: &(impl Fn() -> F + Sync),
    connections: usize,
    size: u64,
    reading: &mut Reading<T>,
    observer: &Observer,
) -> Result<(), Error> {
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
        observer.tell(Progress::Received { received: size, total });
        for (offset, page) in arrivals {
            let page = page?;
            let (expected, came) = (size.min(total - offset), page.people.len() as u64);
            if page.size.total == Some(total) && came != expected {
                return Err(Disagreement::UnevenPages { expected, came }.into());
            }
            match reading.take(offset, page)? {
                Step::AskFrom(received) => observer.tell(Progress::Received { received, total }),
                Step::Complete => return Ok(()),
            }
        }
        Err(Disagreement::TooShort { received: reading.people.len() as u64, total }.into())
    })
}

/// Compares the first page, asked for again at the end, with what it was at the beginning.
fn close<T>(again: &Page<T>, newest: &BTreeSet<EmployeeId>, total: u64) -> Result<(), Disagreement> {
    if again.size.total != Some(total) {
        return Err(Disagreement::TotalChanged { before: total, now: again.size.total });
    }
    let now: BTreeSet<EmployeeId> = again.people.iter().map(|(id, _)| *id).collect();
    if now == *newest { Ok(()) } else { Err(Disagreement::OtherFirstPage) }
}

#[cfg(test)]
mod tests;
