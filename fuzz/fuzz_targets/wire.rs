//! An answer of Personio, bytes to records: never a panic, whatever was sent, and the same answer always means the same.

#![no_main]

use std::sync::LazyLock;

use honestly_sync::personio::{PageReader, Wanted};
use honestly_sync::roster::model::record::{AttributeKey, EmployeeId, Record};
use honestly_sync::timezone::TimeZone;
use libfuzzer_sys::fuzz_target;

/// Every attribute that the quirk files map, and the usual ones.
static WANTED: LazyLock<Wanted> = LazyLock::new(|| {
    let keys = ["department", "office", "team", "position", "gender", "cost_centers", "dynamic_1", "dynamic_2"];
    Wanted::new(keys.map(AttributeKey::new))
});

static BERLIN: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::parse("Europe/Berlin").expect("it is in the bundled database"));

fuzz_target!(|body: &[u8]| {
    let read = |reader: &mut PageReader<'_>| reader.page(body, |record: Record| record);
    let mut reader = PageReader::new(&WANTED, &BERLIN);
    let first = read(&mut reader);
    assert_eq!(first, read(&mut reader), "what a reader remembers of a page changes what the page means");
    if let Ok(page) = &first {
        for (id, record) in &page.people {
            assert_eq!(*id, record.id);
        }
    }
    // The answer about one person, read by somebody who has read others before.
    for asked in [1, 7] {
        let alone = PageReader::new(&WANTED, &BERLIN).person(body, EmployeeId(asked));
        assert_eq!(alone, reader.person(body, EmployeeId(asked)), "what was read before changes what is read");
        assert!(alone.is_err() || first.is_err(), "a list and one person at once");
    }
});
