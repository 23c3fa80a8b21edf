//! What was measured, as tables in Markdown that can also be read as they are.

use std::time::Duration;

use crate::operator::Cost;
use crate::{Case, Row};

/// Every case of the first program beside its floor.
pub fn costs(rows: &[Row]) -> String {
    let header = [
        "People",
        "Destination",
        "Work",
        "Wall ms",
        "CPU ms",
        "Peak MB",
        "Floor: wall ms",
        "CPU ms",
        "Peak MB",
        "Wall ÷ floor",
    ];
    let row = |Row { case, programs, floor, .. }: &Row| {
        let numbers = [&programs[0], floor].into_iter().flat_map(|costs| medians(costs));
        let ratio = format!("{:.2}", median(&quotients(&programs[0], floor, |cost| cost.wall)));
        columns(case).into_iter().chain(numbers).chain([ratio]).collect()
    };
    render(&header, rows.iter().map(row).collect())
}

/// The first program against another one, in pairs of one round.
pub fn ratios(rows: &[Row], other: usize) -> String {
    let header =
        ["People", "Destination", "Work", "Wall ms", "CPU ms", "Peak MB", "Wall, round by round", "Wall", "CPU"];
    let row = |Row { case, programs, .. }: &Row| {
        let (this, other) = (&programs[0], &programs[other]);
        let wall = quotients(this, other, |cost| cost.wall);
        let cpu = quotients(this, other, |cost| cost.cpu);
        let pairs = wall.iter().map(|ratio| format!("{ratio:.2}")).collect::<Vec<_>>().join(" ");
        let medians_of_ratios = [&wall, &cpu].map(|ratios| format!("{:.2}", median(ratios)));
        columns(case).into_iter().chain(medians(other)).chain([pairs]).chain(medians_of_ratios).collect()
    };
    render(&header, rows.iter().map(row).collect())
}

fn columns(case: &Case) -> [String; 3] {
    [whole(case.people), case.destination.to_string(), case.work.to_string()]
}

fn medians(costs: &[Cost]) -> [String; 3] {
    let of =
        |number: &dyn Fn(&Cost) -> f64| whole(median(&costs.iter().map(number).collect::<Vec<_>>()).round() as usize);
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    [of(&|cost| milliseconds(cost.wall)), of(&|cost| milliseconds(cost.cpu)), of(&|cost| cost.peak as f64 / 1e6)]
}

fn quotients(these: &[Cost], those: &[Cost], time: impl Fn(&Cost) -> Duration) -> Vec<f64> {
    these.iter().zip(those).map(|(this, that)| time(this).as_secs_f64() / time(that).as_secs_f64()).collect()
}

/// The one in the middle. There is at least one.
fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// `1,234,567`
pub fn whole(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// What begins with a digit stands right.
fn render(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let is_number = |cell: &str| cell.starts_with(|first: char| first.is_ascii_digit());
    let right: Vec<bool> = (0..header.len()).map(|column| rows.iter().all(|row| is_number(&row[column]))).collect();
    let rule = right.iter().map(|right| if *right { "-:".to_owned() } else { "-".to_owned() }).collect();
    let mut lines = vec![header.iter().map(|title| (*title).to_owned()).collect(), rule];
    lines.extend(rows);
    let widths: Vec<usize> = (0..header.len())
        .map(|column| lines.iter().map(|line: &Vec<String>| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    let line = |cells: &Vec<String>| {
        let padded =
            cells.iter().zip(&widths).zip(&right).map(|((cell, &width), &right)| match (cell.as_str(), right) {
                ("-" | "-:", _) => format!(" {cell:->width$} |"),
                (_, true) => format!(" {cell:>width$} |"),
                (_, false) => format!(" {cell:<width$} |"),
            });
        format!("|{}\n", padded.collect::<String>())
    };
    lines.iter().map(line).collect()
}
