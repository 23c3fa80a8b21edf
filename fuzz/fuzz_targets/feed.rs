//! A file in the feed's format, as somebody exported it or left it at the destination: read or refused with the lines that
//! cannot be used, never a panic; and what the last check before sending passes has everybody once.

#![no_main]

use std::sync::LazyLock;

use honestly_sync::roster::feed::{self, Column, Columns, LineEnd, Source};
use honestly_sync::roster::model::record::AttributeKey;
use libfuzzer_sys::fuzz_target;

static COLUMNS: LazyLock<Columns> = LazyLock::new(|| {
    let group = |key: &str| Source::Group(AttributeKey::new(key));
    let columns = [
        ("ImportId", Source::ImportId),
        ("Email", Source::Email),
        ("Firstname", Source::FirstName),
        ("Lastname", Source::LastName),
        ("Language", Source::Language(None)),
        ("ReportsToId", Source::ReportsToId),
        ("Department", group("department")),
        ("Company", Source::Constant("Example GmbH".to_owned())),
    ];
    let columns = columns.map(|(header, source)| Column { header: header.to_owned(), source });
    Columns::new(columns.into(), LineEnd::Lf).expect("no header stands there twice")
});

fuzz_target!(|bytes: &[u8]| {
    let contents = feed::contents(bytes, &COLUMNS);
    match feed::read(bytes, &COLUMNS) {
        Ok(rows) => {
            assert!(rows.rows.iter().all(|row| !row.import_id.as_str().trim().is_empty()));
            assert!(contents.as_ref().is_none_or(|contents| contents.len() <= rows.rows.len()));
        }
        Err(unusable) => {
            assert!(!unusable.is_empty(), "refused without a reason");
            assert!(unusable.iter().all(|it| it.line >= 1 && !it.why.is_empty()));
        }
    }
    if feed::check(bytes, &COLUMNS).is_empty() {
        let contents = contents.expect("what may be sent can be looked at where it stands");
        let people = feed::read(bytes, &COLUMNS).map_or(contents.len(), |rows| rows.rows.len());
        assert_eq!(contents.len(), people, "what may be sent has everybody once");
    }
});
