//! The whole program against the sandbox, and beside each run its floor: clients that fetch the same bytes over the
//! same number of connections and throw them away.
//!
//!     cargo bench --bench whole_program
//!     cargo bench --bench whole_program -- --only sizes --people 1000,10000 --rounds 3
//!
//! Sandbox, floor and program are processes of their own, so each one's time and memory are its own. They take turns on
//! one machine, and the median of the rounds counts: what matters is the ratio within one run. Every run is checked for
//! having done its work, and every floor for having received the program's bytes. All traffic stays on loopback.

mod bare;
mod cost;
mod machine;
mod parts;
mod phases;
mod serve;
mod stage;
mod table;
mod targets;

#[path = "../../examples/personio_sandbox/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the example and its tests use more of it than the benchmark does")]
mod sandbox;

use std::collections::BTreeSet;

use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};

use parts::{latency, limits, sizes};

/// Measures honestly-sync against a sandbox on this machine, and prints what it costs beside what merely fetching the
/// same bytes costs
#[derive(Parser)]
#[command(
    name = "whole_program",
    bin_name = "cargo bench --bench whole_program --",
    max_term_width = 100,
    args_conflicts_with_subcommands = true
)]
struct Arguments {
    /// How many people the sandbox has, in the part `sizes`
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_values_t = [1_000, 10_000, 100_000], value_parser = people)]
    people: Vec<usize>,

    /// How often everything is done in the part `sizes`; the median counts
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=50))]
    rounds: u8,

    /// Which parts are run
    #[arg(long, value_name = "PART,...", value_delimiter = ',', value_enum, default_values_t = [Part::Sizes, Part::Latency, Part::Limits])]
    only: Vec<Part>,

    // cargo bench says so.
    #[arg(long, hide = true)]
    bench: bool,

    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Part {
    /// First sync, no change and 1 % changed, at every size
    Sizes,
    /// A sandbox that takes 300 ms for every answer
    Latency,
    /// A sandbox that enforces Personio's limits; takes a minute and a half
    Limits,
}

/// What this executable is when the benchmark starts it again.
#[derive(Subcommand)]
enum Role {
    #[command(hide = true)]
    Serve(serve::Arguments),
    #[command(hide = true)]
    Fetch(bare::Arguments),
}

fn people(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(people @ 1..=100_000) => Ok(people),
        _ => Err("from 1 to 100000".to_owned()),
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match &arguments.role {
        Some(Role::Serve(arguments)) => serve::run(arguments),
        Some(Role::Fetch(arguments)) => bare::run(arguments),
        None if arguments.bench => measure(&arguments),
        None => {
            // `cargo test --benches` comes this way, and no timing belongs into tests.
            println!("nothing is measured outside of: cargo bench --bench whole_program");
            Ok(())
        }
    }
}

fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { people, rounds, only, bench: _, role: _ } = arguments;
    let only: BTreeSet<Part> = only.iter().copied().collect();
    let mut judged = Vec::new();
    println!("{}\n", machine::describe()?);
    if only.contains(&Part::Sizes) {
        let sizes = sizes::measure(people, usize::from(*rounds)).context("part sizes")?;
        println!("{}", sizes.tables());
        judged.extend(sizes.judge());
    }
    if only.contains(&Part::Latency) {
        judged.extend(latency::measure().context("part latency")?);
    }
    if only.contains(&Part::Limits) {
        judged.extend(limits::measure().context("part limits")?);
    }
    judged.push(targets::binary()?);
    println!("{}", targets::table(&judged));
    Ok(())
}
