//! What the program is to reach, and whether it did.

use std::fs;

use crate::stage::PROGRAM;
use crate::table::{Table, megabytes};

/// One target and what was measured.
#[derive(Debug)]
pub struct Judged {
    pub work: String,
    pub target: String,
    pub measured: String,
    pub verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Met,
    Missed,
    /// There is nothing to judge by.
    Open,
}

impl Verdict {
    /// Of something that must hold.
    pub fn of(holds: bool) -> Self {
        if holds { Self::Met } else { Self::Missed }
    }
}

impl Judged {
    /// `unit` follows both numbers, `of` only the limit.
    pub fn at_most(work: impl Into<String>, limit: f64, unit: &str, of: &str, measured: f64) -> Self {
        Self {
            work: work.into(),
            target: format!("at most {limit} {unit}{of}"),
            measured: format!("{measured:.2} {unit}"),
            verdict: Verdict::of(measured <= limit),
        }
    }
}

/// The size of the program that was measured, which is built with the settings of a release.
pub fn binary() -> anyhow::Result<Judged> {
    Ok(Judged::at_most("size of the program", 8.0, "MB", "", megabytes(fs::metadata(PROGRAM)?.len())))
}

pub fn table(judged: &[Judged]) -> String {
    let mut table = Table::new(["Work", "Target", "Measured", ""]);
    for Judged { work, target, measured, verdict } in judged {
        let verdict = match verdict {
            Verdict::Met => "met",
            Verdict::Missed => "missed",
            Verdict::Open => "open",
        };
        table.push([work.clone(), target.clone(), measured.clone(), verdict.to_owned()]);
    }
    table.render()
}
