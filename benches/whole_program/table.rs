//! The table.
use crate::stage::Cost;
use std::time::Duration;

pub struct Line {
    pub work: String,
    pub people: usize,
    pub requests: usize,
    pub floor: Cost,
    pub program: Cost,
}

fn ms(d: Duration) -> String {
    format!("{:.0}", d.as_secs_f64() * 1e3)
}

pub fn print(line: &Line) {
    println!(
        "| {} | {} | {} | {} | {} | {:.2} | {} | {} | {:.0} | {:.0} |",
        line.people,
        line.work,
        line.requests,
        ms(line.program.wall),
        ms(line.floor.wall),
        line.program.wall.as_secs_f64() / line.floor.wall.as_secs_f64(),
        ms(line.program.cpu),
        ms(line.floor.cpu),
        line.program.peak as f64 / 1e6,
        line.floor.peak as f64 / 1e6
    );
}
