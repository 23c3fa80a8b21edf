//! A model of Personio whose people come and go while it is read.

use std::collections::HashSet;
use std::sync::Mutex;

use proptest::prelude::*;

use crate::personio::listing::*;
use crate::personio::wire::Size;

/// What happens at Personio between two requests.
#[derive(Debug, Clone)]
pub(super) enum Event {
    Hire,
    Deletion {
        at: usize,
    },
    /// Two rows of the first page change places.
    Swap,
}

/// How a server hands out pages.
#[derive(Debug, Clone, Copy)]
pub(super) enum Paging {
    UpTo(usize),
    Everything,
    /// Takes offsets for page numbers, as another endpoint of Personio does.
    OffsetsAsPages(usize),
    /// Ignores offsets.
    AlwaysTheFirst(usize),
    /// Repeats the last rows past the end.
    RepeatsPastTheEnd(usize),
    /// The total is the number of people on the page.
    TotalOfThePage(usize),
}

/// Personio as far as a listing sees it: people, newest first.
pub(super) struct Model {
    pub(super) people: Vec<i64>,
    pub(super) next_id: i64,
    pub(super) weather: std::vec::IntoIter<Vec<Event>>,
    pub(super) paging: Paging,
    /// Who was there at every moment of the current reading.
    pub(super) throughout: HashSet<EmployeeId>,
    pub(super) requests: u64,
    /// Whether pages carry their `limit`.
    pub(super) says_its_limit: bool,
}

impl Model {
    pub(super) fn new(people: i64, weather: Vec<Vec<Event>>, paging: Paging) -> Self {
        Self {
            people: (1..=people).rev().collect(),
            next_id: people + 1,
            weather: weather.into_iter(),
            paging,
            throughout: HashSet::new(),
            requests: 0,
            says_its_limit: true,
        }
    }

    pub(super) fn page(&mut self, offset: u64) -> Page<()> {
        self.requests += 1;
        for event in self.weather.next().unwrap_or_default() {
            match event {
                Event::Hire => {
                    self.people.insert(0, self.next_id);
                    self.next_id += 1;
                }
                Event::Deletion { at } if !self.people.is_empty() => {
                    self.people.remove(at % self.people.len());
                }
                Event::Deletion { .. } => {}
                Event::Swap => {
                    let last = self.people.len().min(self.paging.size()).saturating_sub(1);
                    if last > 0 {
                        self.people.swap(0, last);
                    }
                }
            }
        }
        let now: HashSet<_> = self.people.iter().copied().map(EmployeeId).collect();
        self.throughout = if offset == 0 { now } else { self.throughout.intersection(&now).copied().collect() };
        let offset = usize::try_from(offset).unwrap();
        let size = self.paging.size();
        let from = match self.paging {
            Paging::UpTo(_) | Paging::Everything | Paging::TotalOfThePage(_) => offset,
            Paging::OffsetsAsPages(size) => offset * size,
            Paging::AlwaysTheFirst(_) => 0,
            Paging::RepeatsPastTheEnd(size) => offset.min(self.people.len().saturating_sub(size)),
        };
        let ids: Vec<i64> = self.people.iter().skip(from).take(size).copied().collect();
        let total = match self.paging {
            Paging::TotalOfThePage(_) => ids.len(),
            Paging::UpTo(_)
            | Paging::Everything
            | Paging::OffsetsAsPages(_)
            | Paging::AlwaysTheFirst(_)
            | Paging::RepeatsPastTheEnd(_) => self.people.len(),
        };
        let mut page = page(Some(total as u64), ids);
        page.size.limit = u64::try_from(size).ok().filter(|_| self.says_its_limit);
        page
    }
}

impl Paging {
    pub(super) fn size(self) -> usize {
        match self {
            Self::Everything => 1_000,
            Self::UpTo(size)
            | Self::OffsetsAsPages(size)
            | Self::AlwaysTheFirst(size)
            | Self::RepeatsPastTheEnd(size)
            | Self::TotalOfThePage(size) => size,
        }
    }
}

pub(super) fn page(total: Option<u64>, ids: impl IntoIterator<Item = i64>) -> Page<()> {
    let people = ids.into_iter().map(|id| (EmployeeId(id), ())).collect();
    let size = Size { total, ..Size::default() };
    Page { size, people, readable: BTreeSet::new() }
}

/// Asks in turn.
pub(super) fn read(fetch: impl FnMut(u64) -> Page<()> + Send) -> Result<CompleteListing<()>, Failure> {
    read_over(1, fetch)
}

pub(super) fn read_over(
    connections: usize,
    fetch: impl FnMut(u64) -> Page<()> + Send,
) -> Result<CompleteListing<()>, Failure> {
    let fetch = Mutex::new(fetch);
    read_completely(|| |offset| Ok(fetch.lock().unwrap()(offset)), connections, &Observer::new(|_| ()))
}

pub(super) fn ids(listing: &CompleteListing<()>) -> Vec<i64> {
    listing.ids().map(|id| id.0).collect()
}

pub(super) fn event() -> impl Strategy<Value = Event> {
    prop_oneof![Just(Event::Hire), (0usize..12).prop_map(|at| Event::Deletion { at }), Just(Event::Swap)]
}

/// Mostly calm: a listing that never rests is never proven, and would test nothing.
pub(super) fn weather() -> impl Strategy<Value = Vec<Vec<Event>>> {
    let moment = prop_oneof![
        3 => Just(Vec::new()),
        1 => proptest::collection::vec(event(), 1..3),
        // A hire and a deletion at once leave the total as it was. Counting alone does not see this case.
        1 => (0usize..12).prop_map(|at| vec![Event::Hire, Event::Deletion { at }]),
    ];
    proptest::collection::vec(moment, 0..20)
}

pub(super) fn paging() -> impl Strategy<Value = Paging> {
    prop_oneof![
        6 => (1usize..5).prop_map(Paging::UpTo),
        1 => Just(Paging::Everything),
        1 => (1usize..5).prop_map(Paging::OffsetsAsPages),
        1 => (1usize..5).prop_map(Paging::AlwaysTheFirst),
        1 => (1usize..5).prop_map(Paging::RepeatsPastTheEnd),
        1 => (1usize..5).prop_map(Paging::TotalOfThePage),
    ]
}
