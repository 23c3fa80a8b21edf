//! `completions SHELL`: what a shell loads to complete this program's command line.

use clap::CommandFactory as _;

use super::print_as_it_is;
use crate::cli::{Cli, Completions};
use crate::exit::{Exit, PROGRAM};

pub fn run(arguments: &Completions) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), PROGRAM, &mut script);
    print_as_it_is(&String::from_utf8(script)?)?;
    Ok(Exit::InStep)
}
