//! Tables in Markdown, aligned for whoever reads the source, and numbers as people write them.

use std::time::Duration;

/// The first row is the header; numbers stand right.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new<const N: usize>(header: [&str; N]) -> Self {
        Self { rows: vec![header.map(str::to_owned).into()] }
    }

    pub fn push(&mut self, row: impl Into<Vec<String>>) {
        self.rows.push(row.into());
    }

    pub fn render(&self) -> String {
        let columns = self.rows[0].len();
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).max(2);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let is_right =
            |column: usize| self.rows[1..].iter().all(|row| row[column].starts_with(|c: char| c.is_ascii_digit()));
        let right: Vec<bool> = (0..columns).map(is_right).collect();
        let line = |row: &[String]| {
            let cells = row.iter().zip(&widths).zip(&right).map(|((text, &width), &right)| {
                if right { format!(" {text:>width$} |") } else { format!(" {text:<width$} |") }
            });
            format!("|{}\n", cells.collect::<String>())
        };
        let rule = widths.iter().zip(&right).map(|(&width, &right)| {
            let dashes = "-".repeat(width - 1);
            if right { format!(" {dashes}: |") } else { format!(" {dashes}- |") }
        });
        let rule = format!("|{}\n", rule.collect::<String>());
        let body: String = self.rows[1..].iter().map(|row| line(row)).collect();
        format!("{}{rule}{body}", line(&self.rows[0]))
    }
}

/// `1,234,567`
pub fn whole(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).expect("digits are ASCII")).collect();
    groups.join(",")
}

/// Three digits that count: `0.42`, `4.2`, `42`, `4,200`.
pub fn measured(number: f64) -> String {
    match number {
        ..1.0 => format!("{number:.2}"),
        1.0..10.0 => format!("{number:.1}"),
        _ => whole(number.round() as usize),
    }
}

pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

pub fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
