//! A date as Personio might write it: a day, nothing, or unreadable; never a panic, and never a day that is not next to the
//! one that was written.

#![no_main]

use std::sync::LazyLock;

use honestly_sync::personio::{PageReader, Wanted};
use honestly_sync::roster::model::record::{Field, Record};
use honestly_sync::timezone::TimeZone;
use honestly_sync::visible::is_visible;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

static WANTED: LazyLock<Wanted> = LazyLock::new(|| Wanted::new([]));
static BERLIN: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::parse("Europe/Berlin").expect("it is in the bundled database"));

fuzz_target!(|text: &str| {
    let body = json!({
        "success": true,
        "metadata": {"total_elements": 1},
        "data": [{"type": "Employee", "attributes": {
            "id": {"label": "ID", "value": 7, "type": "integer"},
            "hire_date": {"label": "Hire date", "value": text, "type": "date"},
        }}],
    });
    let read = PageReader::new(&WANTED, &BERLIN).page(body.to_string().as_bytes(), |record: Record| record);
    let page = read.expect("one odd value never costs the page");
    let [(_, record)] = page.people.as_slice() else { panic!("one person, {} read", page.people.len()) };
    match record.hire_date {
        Field::Known(day) => {
            let written = text.trim();
            let neighbours = [day.pred_opt(), Some(day), day.succ_opt()];
            let begins_with = |day: &chrono::NaiveDate| written.starts_with(&day.format("%Y-%m-%d").to_string());
            assert!(neighbours.iter().flatten().any(begins_with), "{text:?} is not {day}");
        }
        // Nothing to see is nothing said; everything else that is no day must be told.
        Field::Blank => {
            let is_blank = !text.chars().any(is_visible);
            assert!(!record.unreadable.is_empty() || is_blank, "{text:?} was passed over");
        }
        Field::Withheld => assert!(!record.unreadable.is_empty(), "{text:?} counts as not released"),
    }
});
