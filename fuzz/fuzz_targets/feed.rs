//! A file in the feed's format, as somebody exported it or left it at the destination: read or refused with the lines that
//! cannot be used, never a panic; and what the last check before sending passes can be read.

#![no_main]

use std::sync::LazyLock;

use honestly_sync::roster::feed::{self, Column, Format, LineEnd, Source};
use honestly_sync::roster::model::record::AttributeKey;
use libfuzzer_sys::fuzz_target;

static FORMAT: LazyLock<Format> = LazyLock::new(|| {
    let group = |key: &str| Source::Group(AttributeKey::new(key));
    let columns = [
        ("ImportId", Source::ImportId),
        ("Email", Source::Email),
        ("Firstname", Source::FirstName),
        ("Lastname", Source::LastName),
        ("Language", Source::Language),
        ("ReportsToId", Source::ReportsToId),
        ("Department", group("department")),
        ("Company", Source::Constant("Example GmbH".to_owned())),
    ];
    let columns = columns.map(|(header, source)| Column { header: header.to_owned(), source });
    Format { columns: columns.into(), line_end: LineEnd::Lf }
});

fuzz_target!(|bytes: &[u8]| {
    let read = feed::read(bytes, &FORMAT);
    let breaches = feed::check(bytes, &FORMAT);
    match read {
        Ok(rows) => assert!(rows.rows.iter().all(|row| !row.import_id.as_str().trim().is_empty())),
        Err(unusable) => {
            assert!(!unusable.is_empty(), "refused without a reason");
            assert!(!breaches.is_empty(), "fit to be sent, and not to be read: {unusable:?}");
        }
    }
});
