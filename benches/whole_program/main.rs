//! The whole program against the sandbox, and beside every run its floor: the same pages fetched, parsed and thrown away.
//!
//!     cargo bench --bench whole_program
//!     cargo bench --bench whole_program -- --people 1000 --rounds 3 --paced 0
//!     HONESTLY_SYNC_BENCH_AGAINST=/path/to/another/honestly-sync cargo bench --bench whole_program
//!
//! Sandbox, floor and program are processes of their own, so each one's time and memory are its own. In every round all of them
//! take their turn, so whatever else the machine does meets all of them: compare within a round, and between builds only what
//! was measured in one run. Every run is checked for having done its work. All traffic stays on loopback.

mod floor;
mod operator;
mod sandbox_process;
mod table;

#[path = "../../examples/personio_sandbox/mod.rs"]
mod personio;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Parser, Subcommand};

use operator::{Cost, Operator, Run, cost_of_floor};
use sandbox_process::{SandboxProcess, Shape};
use table::whole;

const AGAINST: &str = "HONESTLY_SYNC_BENCH_AGAINST";
const UNLIMITED: &str = "requests_per_second = 0\nrequests_per_minute = 0\n";
const LATENCY_MS: u64 = 300;

/// Measures honestly-sync against a sandbox on this machine, and prints what it costs beside what merely reading the same costs
#[derive(Parser)]
#[command(
    bin_name = "cargo bench --bench whole_program --",
    max_term_width = 100,
    args_conflicts_with_subcommands = true
)]
struct Arguments {
    /// How many people the sandbox has
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_values_t = [10_000, 100_000], value_parser = people)]
    people: Vec<usize>,

    /// How often everything is done; the median counts
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=50))]
    rounds: u8,

    /// How many people the sandbox has where it is slow, and where it has Personio's limits; 0 leaves this out. 40,000 take more
    /// than a minute
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_values_t = [10_000, 40_000], value_parser = people)]
    paced: Vec<usize>,

    // cargo bench says so.
    #[arg(long, hide = true)]
    bench: bool,

    #[command(subcommand)]
    role: Option<Role>,
}

/// What this executable is when the benchmark starts it again.
#[derive(Subcommand)]
enum Role {
    #[command(hide = true)]
    Serve(Shape),
    #[command(hide = true)]
    Floor(floor::Arguments),
}

fn people(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(people @ 0..=100_000) => Ok(people),
        _ => Err("from 0 to 100000".to_owned()),
    }
}

/// What a run finds to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    FirstSync,
    NoChange,
    FewChanges,
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FirstSync => "first sync",
            Self::NoChange => "no change",
            Self::FewChanges => "1 % changed",
        })
    }
}

/// Where the feed goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    None,
    File,
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::File => "file://",
        })
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match &arguments.role {
        Some(Role::Serve(shape)) => sandbox_process::serve(*shape),
        Some(Role::Floor(arguments)) => floor::run(arguments),
        None if arguments.bench => measure(&arguments),
        None => {
            // `cargo test --benches` comes this way, and no timing belongs into tests.
            println!("nothing is measured outside of: cargo bench --bench whole_program");
            Ok(())
        }
    }
}

fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { people, rounds, paced, bench: _, role: _ } = arguments;
    let mut programs = vec![PathBuf::from(env!("CARGO_BIN_EXE_honestly-sync"))];
    programs.extend(std::env::var_os(AGAINST).iter().flat_map(std::env::split_paths));
    println!("{}\n", machine()?);

    let mut rows = Vec::new();
    for &people in people {
        let sandbox = SandboxProcess::start(Shape { people, latency_ms: 0, enforce_limits: false })?;
        for destination in [Destination::None, Destination::File] {
            let operators = operators(&programs, &sandbox, destination)?;
            if destination == Destination::None {
                // Not measured: the sandbox makes every page when it is first asked for.
                operators[0].sync(Work::FirstSync, &sandbox)?;
            }
            for work in [Work::FirstSync, Work::NoChange, Work::FewChanges] {
                rows.push(measure_case(Case { people, destination, work }, &operators, &sandbox, *rounds)?);
            }
        }
    }
    println!("{}", table::costs(&rows));
    for (number, program) in programs.iter().enumerate().skip(1) {
        println!("The program divided by {}:\n\n{}", program.display(), table::ratios(&rows, number));
    }
    for Row { case, parts, .. } in &rows {
        println!("- {case}: {parts}.");
    }
    for &people in paced.iter().filter(|people| **people > 0) {
        measure_waits(&programs[0], people)?;
    }
    Ok(())
}

fn operators<'a>(
    programs: &'a [PathBuf],
    sandbox: &SandboxProcess,
    destination: Destination,
) -> anyhow::Result<Vec<Operator<'a>>> {
    programs.iter().map(|program| Operator::new(program, sandbox, destination, UNLIMITED)).collect()
}

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub people: usize,
    pub destination: Destination,
    pub work: Work,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { people, destination, work } = self;
        write!(f, "{} people, destination {destination}, {work}", whole(*people))
    }
}

/// What was measured, round by round.
#[derive(Debug)]
pub struct Row {
    pub case: Case,
    /// Of every program.
    pub programs: Vec<Vec<Cost>>,
    pub floor: Vec<Cost>,
    /// Of the last run of the first program.
    pub parts: String,
}

fn measure_case(case: Case, operators: &[Operator<'_>], sandbox: &SandboxProcess, rounds: u8) -> anyhow::Result<Row> {
    let mut row = Row { case, programs: vec![Vec::new(); operators.len()], floor: Vec::new(), parts: String::new() };
    for round in 1..=rounds {
        eprintln!("{case}: round {round} of {rounds}");
        if case.work == Work::FewChanges {
            sandbox.rename_one_in_a_hundred()?;
        }
        let mut turns: Vec<usize> = (0..operators.len()).collect();
        if round % 2 == 0 {
            turns.reverse();
        }
        for turn in turns {
            let Run { cost, parts, asked } = operators[turn].sync(case.work, sandbox)?;
            row.programs[turn].push(cost);
            if turn == 0 {
                row.parts = parts;
                row.floor.push(cost_of_floor(sandbox, &asked)?);
            }
        }
    }
    Ok(row)
}

/// How long a first sync waits for a Personio that is slow, and for one that has limits.
fn measure_waits(program: &Path, people: usize) -> anyhow::Result<()> {
    eprintln!("{} people, waiting for Personio", whole(people));
    let sandbox = SandboxProcess::start(Shape { people, latency_ms: LATENCY_MS, enforce_limits: false })?;
    let Run { cost, asked, .. } =
        Operator::new(program, &sandbox, Destination::None, UNLIMITED)?.sync(Work::FirstSync, &sandbox)?;
    println!(
        "- {} people, {LATENCY_MS} ms for each answer: {:.1} s; the floor {:.1} s.",
        whole(people),
        cost.wall.as_secs_f64(),
        cost_of_floor(&sandbox, &asked)?.wall.as_secs_f64(),
    );
    let sandbox = SandboxProcess::start(Shape { people, latency_ms: 0, enforce_limits: true })?;
    let Run { cost, asked, .. } =
        Operator::new(program, &sandbox, Destination::None, "")?.sync(Work::FirstSync, &sandbox)?;
    println!(
        "- {} people, 15 requests a second and 300 a minute: {:.1} s; the fastest schedule {} s; {} of {} requests refused.",
        whole(people),
        cost.wall.as_secs_f64(),
        fastest_schedule(asked.targets.len()).as_secs(),
        asked.refused,
        asked.targets.len(),
    );
    Ok(())
}

/// When the last of so many requests can leave at the earliest: fifteen each second, and after three hundred a new minute.
fn fastest_schedule(requests: usize) -> Duration {
    let before = requests.saturating_sub(1) as u64;
    Duration::from_secs(before / 300 * 60 + before % 300 / 15)
}

/// The machine that the numbers belong to.
fn machine() -> anyhow::Result<String> {
    let processor = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let kernel: Vec<&str> = release.split('.').take(2).collect();
    // Some architectures name no model.
    let model = model.map_or("processor without a name", |(_, model)| model);
    Ok(format!("{} cores, {model}, Linux {}.", std::thread::available_parallelism()?, kernel.join(".")))
}
