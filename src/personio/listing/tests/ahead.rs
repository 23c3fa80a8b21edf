//! Pages asked for ahead: over how many connections, from which offsets, and what they may not contradict.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;

use super::*;

/// The ids of the page at each offset.
type Pages = BTreeMap<u64, Vec<i64>>;

/// This many people, with this many on a page.
fn even(people: i64, size: usize) -> Pages {
    let ids: Vec<i64> = (1..=people).collect();
    ids.chunks(size).enumerate().map(|(nth, ids)| ((nth * size) as u64, ids.to_vec())).collect()
}

/// How often `open` was called, the offsets asked for (sorted), and the result.
fn asked_ahead(pages: &Pages, total: u64, connections: usize) -> (usize, Vec<u64>, Result<Vec<i64>, Failure>) {
    let (opened, offsets) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let open = || {
        opened.fetch_add(1, Ordering::Relaxed);
        |offset| {
            offsets.lock().unwrap().push(offset);
            Ok(page(Some(total), pages.get(&offset).cloned().unwrap_or_default()))
        }
    };
    let listing = read_completely(open, connections, &Observer::new(|_| ()));
    let mut offsets = offsets.into_inner().unwrap();
    offsets.sort_unstable();
    (opened.into_inner(), offsets, listing.map(|listing| ids(&listing)))
}

#[test]
fn every_page_is_asked_for_once_over_no_more_connections_than_there_are_pages() {
    for (people, size, connections, opened, offsets) in [
        (1, 1, 8, 1, &[0][..]),
        (2, 1, 8, 2, &[0, 0, 1, 2]),
        (3, 3, 8, 1, &[0]),
        (4, 3, 8, 2, &[0, 0, 3]),
        (6, 3, 8, 2, &[0, 0, 3, 6]),
        (7, 3, 8, 3, &[0, 0, 3, 6]),
        (7, 3, 3, 3, &[0, 0, 3, 6]),
        (7, 3, 2, 3, &[0, 0, 3, 6]),
        (11, 3, 2, 3, &[0, 0, 3, 6, 9]),
        (11, 2, 3, 4, &[0, 0, 2, 4, 6, 8, 10]),
        (11, 2, 1, 1, &[0, 0, 2, 4, 6, 8, 10]),
        (11, 2, 0, 1, &[0, 0, 2, 4, 6, 8, 10]),
    ] {
        let case = format!("{people} people, {size} on a page, {connections} connections");
        let total = u64::try_from(people).unwrap();
        let (was_opened, asked_for, listing) = asked_ahead(&even(people, size), total, connections);
        assert_eq!(listing.unwrap(), (1..=people).collect::<Vec<_>>(), "{case}");
        assert_eq!((was_opened, asked_for.as_slice()), (opened, offsets), "{case}");
    }
}

#[test]
fn pages_of_any_length_are_read_in_turn_at_the_second_reading() {
    let pages = Pages::from([(0, vec![1, 2, 3]), (3, vec![4, 5]), (5, vec![6, 7, 8]), (6, vec![7, 8])]);
    for (connections, offsets) in [(1, &[0, 0, 3, 5, 8][..]), (2, &[0, 0, 0, 3, 3, 5, 6, 8])] {
        let (_, asked_for, listing) = asked_ahead(&pages, 8, connections);
        assert_eq!(listing.unwrap(), (1..=8).collect::<Vec<_>>());
        assert_eq!(asked_for, offsets, "{connections} connections");
    }
}

#[test]
fn a_page_that_contradicts_the_first_ends_what_was_asked_for_ahead() {
    let first = || page(Some(7), [1, 2, 3]);
    let uneven = |came| Err(Disagreement::UnevenPages { expected: 3, came });
    let other_total = |now| Err(Disagreement::TotalChanged { before: 7, now });
    for (second, expected) in [
        (page(Some(7), [4, 5, 6]), Ok(vec![1, 2, 3, 4, 5, 6, 7])),
        (page(Some(7), []), uneven(0)),
        (page(Some(7), [4, 5]), uneven(2)),
        (page(Some(7), [4, 5, 6, 7]), uneven(4)),
        (page(Some(7), [4, 5, 1]), Err(Disagreement::Repeated { id: EmployeeId(1) })),
        (page(Some(8), [4, 5, 6]), other_total(Some(8))),
        (page(Some(8), [4, 5]), other_total(Some(8))),
        (page(None, [4, 5]), other_total(None)),
    ] {
        let told = std::sync::Arc::new(Mutex::new(Vec::new()));
        let noted = std::sync::Arc::clone(&told);
        let observer = Observer::new(move |progress| noted.lock().unwrap().push(progress));
        let mut reading = Reading::new(7);
        assert_eq!(reading.take(0, first()), Ok(Step::AskFrom(3)));
        // The third page comes last, so that the page that is judged is always the second.
        let open = || |offset| Ok(if offset == 3 { second.clone() } else { page(Some(7), [7]) });
        let ended = ahead(&open, 1, 3, &mut reading, &observer);
        let listed = ended.map(|()| ids(&reading.into_listing()));
        let told = told.lock().unwrap();
        let received = |received| Progress::Received { received, total: 7 };
        match &expected {
            Ok(_) => assert_eq!(*told, [received(3), received(6)]),
            Err(_) => assert_eq!(*told, [received(3)]),
        }
        assert_eq!(listed, expected.map_err(Error::Disagreement));
    }
}
