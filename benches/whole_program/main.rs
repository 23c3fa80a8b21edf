//! The whole program against the sandbox, and beside each run its floor: a bare client that fetches the same bytes over the
//! same number of connections and throws them away.
//!
//!     cargo bench --bench whole_program
//!     cargo bench --bench whole_program -- --people 1000 --rounds 9
//!
//! Sandbox, floor and program are processes of their own, so each one's time and memory are its own. Floor and program take
//! turns, and the median of the rounds counts: what matters is the ratio within one run. Traffic stays on loopback.

mod bare;
mod serve;
mod stage;
mod table;

#[path = "../../examples/personio_sandbox/mod.rs"]
#[allow(dead_code, reason = "the example uses more of it than the benchmark does")]
mod sandbox;

use chrono::NaiveDate;
use clap::Parser;
use stage::{Cost, Limits, Stage};
use std::time::Duration;

const CONNECTIONS: usize = 6;

#[derive(Parser)]
struct Arguments {
    /// People
    #[arg(long, value_delimiter = ',', default_values_t = [1000, 10_000, 100_000])]
    people: Vec<usize>,
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(clap::Subcommand)]
enum Role {
    #[command(hide = true)]
    Serve(serve::Arguments),
    #[command(hide = true)]
    Fetch(bare::Arguments),
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let today = NaiveDate::from_ymd_opt(2026, 3, 27).unwrap();
    match &arguments.role {
        Some(Role::Serve(arguments)) => Ok(serve::run(arguments, today)?),
        Some(Role::Fetch(arguments)) => Ok(bare::run(arguments)?),
        None => compare(&arguments),
    }
}

fn compare(arguments: &Arguments) -> anyhow::Result<()> {
    for &people in &arguments.people {
        let stage = Stage::new(people, Duration::ZERO, Limits::Off)?;
        // Renders every page, and tells what the program asks for.
        stage.remembered()?;
        stage.run(&["sync"])?;
        let targets = stage.remembered()?;
        turns(arguments.rounds, &stage, "first sync", people, &targets, |stage| Ok(stage.forget_the_mirror()?))?;
        turns(arguments.rounds, &stage, "no change", people, &targets, |_| Ok(()))?;
        turns(arguments.rounds, &stage, "1 % changed", people, &targets, |stage| {
            stage.mirror()?.execute("UPDATE employees SET last_name = last_name || '?' WHERE employee IN (SELECT employee FROM employees ORDER BY employee LIMIT (SELECT count(*) / 100 FROM employees))", [])?;
            Ok(())
        })?;
    }
    Ok(())
}

fn turns(
    rounds: usize,
    stage: &Stage,
    work: &str,
    people: usize,
    targets: &[String],
    prepare: impl Fn(&Stage) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (mut floor, mut program) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        prepare(stage)?;
        floor.push(stage.fetch(targets, CONNECTIONS)?);
        program.push(stage.run(&["sync"])?);
    }
    table::print(&table::Line {
        work: work.into(),
        people,
        requests: targets.len() + 1,
        floor: median(floor),
        program: median(program),
    });
    Ok(())
}

fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by_key(|cost| cost.wall);
    costs[costs.len() / 2]
}
