//! Bands on their edges, and their law.

use chrono::Days;
use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn a_band_begins_on_the_day_itself() {
    let bands = Bands::new(vec![6, 12, 36, 120]).unwrap();
    let names = ["under 6 months", "6 months to 1 year", "1 to 3 years", "3 to 10 years", "10 years and more"];
    assert_eq!(bands.usual_names(), names);
    let cases = [
        // The date, the day, the band.
        ("2026-12-01", "2026-11-30", None),
        ("2026-11-30", "2026-11-30", Some(0)),
        ("2026-05-31", "2026-11-29", Some(0)),
        // There is no 31 November: it is 1 December.
        ("2026-05-31", "2026-11-30", Some(0)),
        ("2026-05-31", "2026-12-01", Some(1)),
        ("2026-05-30", "2026-11-30", Some(1)),
        ("2025-11-30", "2026-11-30", Some(2)),
        ("2025-12-01", "2026-11-30", Some(1)),
        ("2024-02-29", "2025-02-28", Some(1)),
        ("2024-02-29", "2025-03-01", Some(2)),
        ("2016-02-29", "2026-02-28", Some(3)),
        ("2016-02-29", "2026-03-01", Some(4)),
        ("1901-01-01", "2026-11-30", Some(4)),
    ];
    for (date, today, band) in cases {
        let expected = band.map(|band: usize| &bands.values[band]);
        assert_eq!(bands.of(day(date), day(today)), expected, "{date} on {today}");
    }
}

#[test]
fn what_is_no_time_is_no_band() {
    for bounds in [vec![], vec![0], vec![0, 12], vec![12, 12], vec![36, 12]] {
        assert_eq!(Bands::new(bounds.clone()), None, "{bounds:?}");
    }
}

#[test]
fn what_is_no_date_is_unreadable_and_a_day_in_doubt_says_nothing() {
    let bands = Bands::new(vec![12]).unwrap();
    let value = |text: &str, id| Value { id, text: text.into() };
    let today = Some(day("2026-11-30"));
    let known = |text: &str| [value(text, None)];
    assert_eq!(bands.read(Field::Known(&known("2020-01-01")), today), Ok(Field::Known(bands.values[1].clone())));
    assert_eq!(bands.read(Field::Known(&known("2027-01-01")), today), Ok(Field::Blank));
    assert_eq!(bands.read(Field::Blank, today), Ok(Field::Blank));
    assert_eq!(bands.read(Field::Withheld, today), Ok(Field::Withheld));
    assert_eq!(bands.read(Field::Blank, None), Ok(Field::Withheld), "whatever the date says");
    for (value, is_band) in [("12..36", true), ("..12", true), ("120..", true), ("1987-03-10", false), ("a..b", false)]
    {
        assert_eq!(Bands::is_band(value), is_band, "{value}");
    }
    assert_eq!(bands.read(Field::Known(&known("2020-01-01")), None), Ok(Field::Withheld));
    assert_eq!(bands.read(Field::Known(&known("two years")), today), Err(Expected::Date));
    assert_eq!(bands.read(Field::Known(&[value("2020-01-01", Some(4))]), today), Err(Expected::Date));
}

proptest! {
    #[test]
    fn a_band_only_moves_forward(
        bounds in proptest::collection::btree_set(1_u32..200, 1..6),
        date in 0_u64..40_000,
        ages in proptest::array::uniform2(0_u64..40_000),
    ) {
        let bands = Bands::new(bounds.into_iter().collect()).unwrap();
        let date = day("1950-01-01") + Days::new(date);
        let [mut sooner, mut later] = ages.map(|age| bands.of(date, date + Days::new(age)).unwrap());
        if ages[0] > ages[1] {
            std::mem::swap(&mut sooner, &mut later);
        }
        let place = |values: &Values| bands.values.iter().position(|band| band == values);
        prop_assert!(place(sooner) <= place(later));
        prop_assert_eq!(bands.of(date, date.pred_opt().unwrap()), None);
    }
}
