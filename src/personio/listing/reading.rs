//! One attempt at the whole listing: what its pages hold together, and whether they contradict each other.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use foldhash::fast::RandomState;

use super::CompleteListing;
use crate::personio::PEOPLE_PER_PAGE;
use crate::personio::convert::Page;
use crate::roster::model::record::{AttributeKey, EmployeeId};

/// Room for this many people is reserved before they come, and more only as they come, because a number in an answer proves
/// nothing.
const RESERVED_AT_MOST: usize = 200_000;

/// What to do after a page that agrees with those before it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    AskFrom(u64),
    Complete,
}

/// What does not add up. Names numbers only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disagreement {
    TotalChanged { before: u64, now: Option<u64> },
    Repeated { id: EmployeeId },
    TooShort { received: u64, total: u64 },
    TooLong { received: u64, total: u64 },
    UnevenPages { expected: u64, came: u64 },
    OtherFirstPage,
    PeopleBeyondTheEnd { total: u64 },
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TotalChanged { before, now: Some(now) } => {
                write!(f, "the number of employees changed from {before} to {now} while they were read")
            }
            Self::TotalChanged { before, now: None } => {
                write!(f, "the first page announced {before} employees, a later one said nothing about it")
            }
            Self::Repeated { id } => write!(f, "employee {id} came twice"),
            Self::TooShort { received, total } => {
                write!(f, "{total} employees were announced, and after {received} no more came")
            }
            Self::TooLong { received, total } => write!(f, "{total} employees were announced, and {received} came"),
            Self::UnevenPages { expected, came } => {
                write!(f, "{expected} employees were expected on a page, and {came} came")
            }
            Self::OtherFirstPage => f.write_str("the first page was another one after the last page than before it"),
            Self::PeopleBeyondTheEnd { total } => {
                write!(f, "{total} employees were announced, and beyond them there are more")
            }
        }
    }
}

/// One attempt at the whole listing.
pub(super) struct Reading<T> {
    pub total: u64,
    ids: HashSet<EmployeeId, RandomState>,
    pub people: Vec<(EmployeeId, T)>,
    readable: BTreeSet<AttributeKey>,
    pub pages: u64,
    /// How many people the fullest page had.
    largest_page: u64,
    /// Where the last page began, and how many people it had.
    last_page: (u64, u64),
    /// How many people a page may have at most.
    limit: u64,
    /// The largest number of pages that was announced.
    announced_pages: u64,
}

impl<T> Reading<T> {
    pub(super) fn new(total: u64) -> Self {
        let expected = usize::try_from(total).unwrap_or_default().min(RESERVED_AT_MOST);
        Self {
            total,
            ids: HashSet::with_capacity_and_hasher(expected, RandomState::default()),
            people: Vec::with_capacity(expected),
            readable: BTreeSet::new(),
            pages: 0,
            largest_page: 0,
            last_page: (0, 0),
            limit: PEOPLE_PER_PAGE,
            announced_pages: 0,
        }
    }

    pub(super) fn take(&mut self, offset: u64, page: Page<T>) -> Result<Step, Disagreement> {
        let total = self.total;
        let Page { size, people, readable } = page;
        if size.total != Some(total) {
            return Err(Disagreement::TotalChanged { before: total, now: size.total });
        }
        let came = people.len() as u64;
        for (id, kept) in people {
            if !self.ids.insert(id) {
                return Err(Disagreement::Repeated { id });
            }
            self.people.push((id, kept));
        }
        self.readable.extend(readable);
        self.pages += 1;
        self.largest_page = self.largest_page.max(came);
        self.last_page = self.last_page.max((offset, came));
        self.limit = self.limit.min(size.limit.unwrap_or(self.limit));
        self.announced_pages = self.announced_pages.max(size.pages.unwrap_or_default());
        let received = self.people.len() as u64;
        if received > total {
            Err(Disagreement::TooLong { received, total })
        } else if received == total {
            Ok(Step::Complete)
        } else if came == 0 {
            Err(Disagreement::TooShort { received, total })
        } else {
            Ok(Step::AskFrom(received))
        }
    }

    /// Whether the pages speak against the total: the last one has no room for one more person, or more pages were announced
    /// than the total fills.
    pub(super) fn total_is_in_doubt(&self) -> bool {
        let full = if self.pages > 1 { self.largest_page.min(self.limit) } else { self.limit };
        let (_, last) = self.last_page;
        last >= full || self.announced_pages > self.total.div_ceil(self.largest_page.max(1)).max(1)
    }

    /// Nobody new may stand beyond the announced end. Some endpoints of Personio repeat their last rows there (personio-py,
    /// commit aa801a7). Where several pages have shown that the server honours offsets, that proves as much as an empty page.
    pub(super) fn look_beyond(&self, page: &Page<T>) -> Result<(), Disagreement> {
        let nobody_new = page.people.iter().all(|(id, _)| self.ids.contains(id));
        match page.people.is_empty() || (self.pages > 1 && nobody_new) {
            true => Ok(()),
            false => Err(Disagreement::PeopleBeyondTheEnd { total: self.total }),
        }
    }

    pub(super) fn into_listing(self) -> CompleteListing<T> {
        let Self { mut people, readable, .. } = self;
        people.sort_unstable_by_key(|(id, _)| *id);
        CompleteListing { people, readable }
    }
}
