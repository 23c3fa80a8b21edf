//! Tests the proof of completeness with a model of Personio whose people come and go between two pages.

mod ahead;
mod beyond;
mod model;

use std::collections::HashSet;
use std::sync::Mutex;

use proptest::prelude::*;

use super::*;
use crate::tests::cases;
use model::*;

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn whoever_was_there_all_the_time_is_in_a_complete_listing(
        people in 0i64..12,
        weather in weather(),
        paging in paging(),
        connections in 1usize..4,
    ) {
        let mut model = Model::new(people, weather, paging);
        let listing = read_over(connections, |offset| model.page(offset));
        if let Ok(listing) = &listing {
            let listed: HashSet<_> = listing.ids().collect();
            prop_assert_eq!(listed.len(), listing.ids().len());
            prop_assert!(model.throughout.is_subset(&listed), "{:?} in {:?}", model.throughout, listed);
        }
        prop_assert!(model.requests <= u64::from(READINGS) * (u64::try_from(people).unwrap() + 20 + 3));
    }

    #[test]
    fn a_listing_at_rest_is_proven_whatever_the_size_of_its_pages(people in 0i64..40, size in 1usize..50) {
        let mut model = Model::new(people, Vec::new(), Paging::UpTo(size));
        prop_assert_eq!(ids(&read(|offset| model.page(offset)).unwrap()), (1..=people).collect::<Vec<_>>());
    }

    #[test]
    fn nonsense_is_refused_within_bounds(
        pages in proptest::collection::vec((proptest::option::of(0u64..30), proptest::collection::vec(1i64..30, 0..6)), 1..8),
    ) {
        let mut requests = 0;
        let listing = read(|_| {
            let (total, ids) = pages[requests % pages.len()].clone();
            requests += 1;
            page(total, ids)
        });
        prop_assert!(requests <= 3 * 31);
        if let Ok(listing) = listing {
            prop_assert!(listing.ids().is_sorted_by(|a, b| a < b));
        }
    }
}

fn refusal(mut fetch: impl FnMut(u64, u64) -> Page<()> + Send) -> (String, u64) {
    let mut requests = 0;
    let failure = refusal_or_listing(|offset, _| {
        requests += 1;
        fetch(offset, requests)
    })
    .unwrap_err();
    assert_eq!(failure.exit, Exit::Untrusted);
    (failure.message, requests)
}

fn refusal_or_listing(mut fetch: impl FnMut(u64, u64) -> Page<()> + Send) -> Result<CompleteListing<()>, Failure> {
    let mut requests = 0;
    read(|offset| {
        requests += 1;
        fetch(offset, requests)
    })
}

#[test]
fn every_disagreement_is_read_three_times_and_then_told_in_numbers() {
    type Fetch = fn(u64, u64) -> Page<()>;
    let cases: [(Fetch, &str, u64); 5] = [
        (|_, request| page(Some(10 + request), [1]), "changed from", 6),
        (|offset, _| page((offset == 0).then_some(3), [1]), "said nothing", 6),
        (|_, _| page(Some(3), [1, 2]), "employee 1 came twice", 6),
        (|offset, _| page(Some(5), (offset == 0).then_some(1)), "5 employees were announced, and after 1", 6),
        (|_, _| page(Some(1), [1, 2]), "1 employees were announced, and 2 came", 3),
    ];
    for (fetch, part, expected) in cases {
        let (message, requests) = refusal(fetch);
        assert!(message.contains(part), "{message}");
        assert_eq!(requests, expected, "{message}");
    }
}

#[test]
fn a_listing_that_comes_to_rest_is_proven_at_the_second_reading() {
    let mut model = Model::new(5, vec![vec![], vec![Event::Hire]], Paging::UpTo(2));
    let progress = std::sync::Arc::new(Mutex::new(Vec::new()));
    let noted = std::sync::Arc::clone(&progress);
    let observer = Observer::new(move |at| noted.lock().unwrap().push(at));
    let model = Mutex::new(&mut model);
    let open = || |offset| Ok(model.lock().unwrap().page(offset));
    let listing = read_completely(open, 1, &observer);
    assert_eq!(ids(&listing.unwrap()), [1, 2, 3, 4, 5, 6]);
    let received = [(2, 5), (2, 6), (4, 6), (6, 6)].map(|(received, total)| Progress::Received { received, total });
    assert_eq!(*progress.lock().unwrap(), received);
}

/// The law's test found this: where a total is that of the page, a deletion makes the end of the listing seem to come early.
#[test]
fn a_deletion_below_the_total_of_a_page_loses_nobody() {
    let mut model = Model::new(3, vec![vec![], vec![Event::Deletion { at: 0 }]], Paging::TotalOfThePage(2));
    if let Ok(listing) = read(|offset| model.page(offset)) {
        assert!(model.throughout.iter().all(|id| listing.ids().any(|listed| listed == *id)));
    }
}

#[test]
fn a_listing_without_a_total_cannot_be_proven_and_is_not_read_again() {
    let (message, requests) = refusal(|_, _| page(None, [1]));
    assert!(message.contains("did not say how many"), "{message}");
    assert_eq!(requests, 1);
}

#[test]
fn a_total_no_company_has_is_refused_at_once() {
    let (message, requests) = refusal(|_, _| page(Some(u64::MAX), [1]));
    assert!(message.contains("cannot be"), "{message}");
    assert_eq!(requests, 1);
}

#[test]
fn an_account_without_people_is_a_complete_listing() {
    let mut offsets = Vec::new();
    let listing = read(|offset| {
        offsets.push(offset);
        page(Some(0), [])
    });
    assert!(listing.unwrap().ids().len() == 0);
    assert_eq!(offsets, [0]);
}

/// The offsets that were asked for, and the result.
fn asked(mut model: Model) -> (Vec<u64>, Result<CompleteListing<()>, Failure>) {
    let mut offsets = Vec::new();
    let listing = read(|offset| {
        offsets.push(offset);
        model.page(offset)
    });
    (offsets, listing)
}

#[test]
fn the_page_after_the_end_is_asked_for_where_the_last_one_is_full() {
    for (people, paging, says_its_limit, offsets) in [
        (5, Paging::UpTo(3), true, &[0, 3, 0][..]),
        (6, Paging::UpTo(3), true, &[0, 3, 6, 0]),
        (6, Paging::UpTo(3), false, &[0, 3, 6, 0]),
        // Rows that come again beyond the end are nobody new.
        (6, Paging::RepeatsPastTheEnd(3), true, &[0, 3, 6, 0]),
        (3, Paging::UpTo(3), true, &[0, 3, 0]),
        (3, Paging::UpTo(4), true, &[0]),
        (3, Paging::Everything, false, &[0]),
    ] {
        let (asked_for, listing) = asked(Model { says_its_limit, ..Model::new(people, Vec::new(), paging) });
        assert_eq!(asked_for, offsets, "{people} people, {paging:?}");
        assert_eq!(listing.unwrap().ids().len(), usize::try_from(people).unwrap());
    }
}

#[test]
fn a_total_that_names_the_page_s_own_length_is_refused() {
    // In doubt only because the page is full; read three times.
    let (offsets, listing) = asked(Model::new(8, Vec::new(), Paging::TotalOfThePage(3)));
    let failure = listing.unwrap_err();
    assert!(failure.message.contains("3 employees were announced, and beyond them there are more"), "{failure}");
    assert_eq!((failure.exit, offsets), (Exit::Untrusted, vec![0, 3, 0, 3, 0, 3]));

    // In doubt because of the number of pages, where nothing says how long a page may be.
    let announcing = |pages: u64| {
        refusal_or_listing(move |offset, _| {
            let rest: Vec<i64> = (1..=8).skip(usize::try_from(offset).unwrap()).take(3).collect();
            let mut page = page(Some(rest.len() as u64), rest);
            page.size.pages = Some(pages);
            page
        })
    };
    assert!(announcing(3).unwrap_err().message.contains("beyond them there are more"));
    assert_eq!(announcing(1).unwrap().ids().len(), 3, "nothing speaks against it");
}

#[test]
fn more_pages_than_people_need_are_no_contradiction_where_nobody_comes() {
    // As in an example of Personio's OpenAPI document: two people, three pages.
    let mut offsets = Vec::new();
    let listing = read(|offset| {
        offsets.push(offset);
        let mut page = page(Some(2), (1..=2).filter(|_| offset == 0));
        page.size.pages = Some(3);
        page
    });
    assert_eq!((listing.unwrap().ids().len(), offsets), (2, vec![0, 2, 0]));
}

#[test]
fn two_rows_of_the_first_page_that_change_places_are_no_change() {
    let model = Model::new(5, vec![vec![], vec![], vec![Event::Swap]], Paging::UpTo(2));
    let (offsets, listing) = asked(model);
    assert_eq!((listing.unwrap().ids().len(), offsets), (5, vec![0, 2, 4, 0]));
}

#[test]
fn a_server_that_looks_at_no_offset_is_refused() {
    let mut model = Model::new(6, Vec::new(), Paging::AlwaysTheFirst(3));
    let (message, requests) = refusal(|offset, _| model.page(offset));
    assert!(message.contains("came twice"), "{message}");
    assert_eq!(requests, 6);
}

#[test]
fn a_server_that_looks_at_no_offset_is_refused_even_where_its_people_change_in_step_with_the_pages() {
    // Found by chance: one row a page, and between any two pages somebody came and somebody went.
    let swap = || vec![Event::Hire, Event::Deletion { at: 1 }];
    let mut model = Model::new(2, vec![vec![], swap(), vec![], swap(), swap()], Paging::AlwaysTheFirst(1));
    let (message, _) = refusal(|offset, _| model.page(offset));
    assert!(message.contains("the first page was another one") || message.contains("came twice"), "{message}");
}

#[test]
fn the_first_page_is_read_again_at_the_end_and_must_be_the_same() {
    for (closing, part) in [
        (page(Some(3), [4, 3]), "the first page was another one"),
        (page(Some(3), [3]), "the first page was another one"),
        (page(Some(4), [3, 2]), "changed from 3 to 4"),
        (page(None, [3, 2]), "said nothing"),
    ] {
        let (message, requests) = refusal(|offset, request| match (offset, request % 3) {
            (0, 1) => page(Some(3), [3, 2]),
            (2, _) => page(Some(3), [1]),
            _ => closing.clone(),
        });
        assert!(message.contains(part), "{message}");
        assert_eq!(requests, 9, "{message}");
    }
}

#[test]
fn a_failure_on_a_later_page_fails_the_listing() {
    let failure = Failure::new(Exit::Unavailable, "gone");
    for connections in [1, 3] {
        let fetch = |offset| if offset == 0 { Ok(page(Some(9), [1])) } else { Err(failure.clone()) };
        assert_eq!(read_completely(|| fetch, connections, &Observer::new(|_| ())), Err(failure.clone()));
    }
}

#[test]
fn a_total_is_followed_up_to_what_companies_have_and_a_run_may_ask() {
    let most = u64::from(MOST_REQUESTS);
    for (total, people_per_page, is_refused) in [
        (0, 0, false),
        (1, 1, false),
        (most, 1, false),
        (most + 1, 1, true),
        (most, 0, false),
        (most + 1, 0, true),
        (IMPLAUSIBLE_TOTAL, 250, false),
        (IMPLAUSIBLE_TOTAL, 249, true),
        (IMPLAUSIBLE_TOTAL, IMPLAUSIBLE_TOTAL, false),
        (IMPLAUSIBLE_TOTAL + 1, IMPLAUSIBLE_TOTAL + 1, true),
        (u64::MAX, 100, true),
        (u64::MAX, u64::MAX, true),
    ] {
        let refused = refuse_endless(total, people_per_page);
        assert_eq!(refused.is_err(), is_refused, "{total} people, {people_per_page} on a page");
    }
}

#[test]
fn a_listing_knows_whom_it_lists() {
    let listing = read(|_| page(Some(3), [9, 2, 5])).unwrap();
    let known = (0..=10).filter(|id| listing.ids().any(|listed| listed == EmployeeId(*id)));
    assert_eq!(known.collect::<Vec<_>>(), [2, 5, 9]);
    assert_eq!(listing.into_people(), [2, 5, 9].map(|id| (EmployeeId(id), ())));
}

#[test]
fn what_anybody_carries_is_readable() {
    let key = AttributeKey::new;
    let listing = read(|offset| match offset {
        0 => Page { readable: [key("email")].into(), ..page(Some(2), [2]) },
        _ => Page { readable: [key("email"), key("team")].into(), ..page(Some(2), [1]) },
    })
    .unwrap();
    assert_eq!(listing.readable().iter().map(AttributeKey::as_str).collect::<Vec<_>>(), ["email", "team"]);
}
