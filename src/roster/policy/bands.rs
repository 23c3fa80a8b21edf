//! Bands of a date: how long ago it is, as groups of many people instead of a group for each day.
//!
//! Its law: a band is a function of the date and the day, and for one date it only ever moves forward. From the door on there is
//! only the band; nothing keeps the date.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Datelike, Months, NaiveDate};

use crate::roster::model::record::{Expected, Field, Value, Values};

/// Where bands end and the next ones begin, each as a time since the date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bands {
    /// Months of the calendar, ascending.
    bounds: Vec<u32>,
    /// One more than bounds; shared by everybody in a band.
    values: Vec<Values>,
}

impl Bands {
    /// None unless the bounds, in months, are above zero and ascending.
    pub fn new(bounds: Vec<u32>) -> Option<Self> {
        if bounds.is_empty() || bounds[0] == 0 || !bounds.is_sorted_by(|one, next| one < next) {
            return None;
        }
        let starts = std::iter::once(None).chain(bounds.iter().copied().map(Some));
        let ends = bounds.iter().copied().map(Some).chain([None]);
        let value = |(start, end)| Values::from([Value { id: None, text: Arc::from(own_value(start, end)) }]);
        let values = starts.zip(ends).map(value).collect();
        Some(Self { bounds, values })
    }

    /// Whether a value is a band's, of these bounds or of others.
    pub fn is_band(value: &str) -> bool {
        let is_number = |part: &str| part.chars().all(|c| c.is_ascii_digit());
        value.split_once("..").is_some_and(|(start, end)| is_number(start) && is_number(end))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.values.len()
    }

    /// The usual words for them, the nearest first: `under 1 year`, `1 to 3 years`, `10 years and more`.
    pub fn usual_names(&self) -> Vec<String> {
        let between = self.bounds.windows(2).map(|pair| match (pair[0], pair[1]) {
            (from, to) if from % 12 == 0 && to % 12 == 0 => format!("{} to {} years", from / 12, to / 12),
            (from, to) if to < 12 => format!("{from} to {to} months"),
            (from, to) => format!("{} to {}", time(from), time(to)),
        });
        let (first, last) = (self.bounds[0], self.bounds[self.bounds.len() - 1]);
        std::iter::once(format!("under {}", time(first)))
            .chain(between)
            .chain([format!("{} and more", time(last))])
            .collect()
    }

    /// What maps the bands to these names.
    pub fn named(&self, names: impl IntoIterator<Item = String>) -> BTreeMap<String, String> {
        self.values.iter().map(|values| values[0].text.to_string()).zip(names).collect()
    }

    /// The band of a date on a day; none for a date that lies ahead.
    pub fn of(&self, date: NaiveDate, today: NaiveDate) -> Option<&Values> {
        let has_passed = |months: &&u32| later(date, **months).is_some_and(|end| end <= today);
        (date <= today).then(|| &self.values[self.bounds.iter().take_while(has_passed).count()])
    }

    /// The band in place of a date as Personio sends it. Nothing is known of it while the day is in doubt.
    pub fn read(&self, dates: Field<&[Value]>, today: Option<NaiveDate>) -> Result<Field<Values>, Expected> {
        let Some(today) = today else { return Ok(Field::Withheld) };
        let dates = match dates {
            Field::Blank => return Ok(Field::Blank),
            Field::Withheld => return Ok(Field::Withheld),
            Field::Known(dates) => dates,
        };
        let [Value { id: None, text }] = dates else { return Err(Expected::Date) };
        let date = text.parse().map_err(|_| Expected::Date)?;
        Ok(self.of(date, today).map_or(Field::Blank, |values| Field::Known(Arc::clone(values))))
    }
}

/// A person's own value. It says in months where the band begins and ends, so that another name for it is a renamed group.
fn own_value(start: Option<u32>, end: Option<u32>) -> String {
    let months = |months: Option<u32>| months.map(|months| months.to_string()).unwrap_or_default();
    format!("{}..{}", months(start), months(end))
}

/// Months of the calendar after a date. A day that this month does not have is the first of the next, and 29 February counts as
/// 1 March.
fn later(date: NaiveDate, months: u32) -> Option<NaiveDate> {
    let is_leap_day = (date.month(), date.day()) == (2, 29);
    let date = if is_leap_day { date.succ_opt()? } else { date };
    let end = date.checked_add_months(Months::new(months))?;
    if end.day() == date.day() { Some(end) } else { end.succ_opt() }
}

fn time(months: u32) -> String {
    let (number, unit) = if months.is_multiple_of(12) { (months / 12, "year") } else { (months, "month") };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
