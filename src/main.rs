//! Parse, log, clock, run, exit code.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;
use std::time::Instant;

use chrono::Utc;
use clap::Parser as _;
use honestly_sync::cli::{Cli, Command, Common, LogFormat};
use honestly_sync::commands::{self, Context, Invocation};
use honestly_sync::config::{self, Environment};
use honestly_sync::delivery;
use honestly_sync::exit::{Exit, Failure};
use honestly_sync::logging::{self, Format};
use honestly_sync::secret;

fn main() -> ExitCode {
    if std::env::args_os().next().is_some_and(|name| name == delivery::BECOMES_SSH) {
        return delivery::become_ssh();
    }
    // This comes before anything is read that could be a secret.
    let core_files = secret::forbid_core_files();
    let cli = Cli::parse();
    let environment = Environment::read();
    let log = logging::start(log_settings(&cli.common, &environment));
    if let Err(error) = core_files {
        log::warn!(
            "a crash of this run could leave its memory on the disk: core files cannot be switched off: {error}"
        );
    }
    let invocation = Invocation::new(&cli, &environment);
    let program = invocation.program.clone();
    let ran = std::panic::catch_unwind(|| run(&cli, environment, invocation)).unwrap_or_else(|_| {
        let failure = Failure::new(Exit::Bug, "a bug stopped the run").hint("please report the lines above");
        Err(failure.hint("what it had come to: $0 status").into())
    });
    match ran {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let failure = Failure::of(&error).for_program(&program);
            log.print(&failure);
            ExitCode::from(commands::code_of(&cli.command, &failure))
        }
    }
}

fn log_settings(common: &Common, environment: &Environment) -> logging::Settings {
    let format = match (common.log_format, &environment.journal_stream) {
        (Some(LogFormat::Text), _) | (None, None) => Format::Text,
        (Some(LogFormat::Json), _) => Format::Json,
        (None, Some(_)) => Format::Journal,
    };
    let color = commands::color(common, environment);
    logging::Settings { verbose: common.verbose, quiet: common.quiet, format, color }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
fn run(cli: &Cli, environment: Environment, invocation: Invocation) -> anyhow::Result<u8> {
    let (now, started) = (Utc::now(), Instant::now());
    let context = || match config::load(cli.common.config.as_deref(), environment) {
        Ok(config) => Ok(Context::new(config, now, started, invocation)),
        Err(failure) => Err(commands::not_begun(&cli.command, failure.for_program(&invocation.program))),
    };
    match &cli.command {
        Command::Connect(arguments) => commands::connect::run(&context()?, arguments).map(Exit::code),
        Command::Sync(arguments) => commands::sync::run(&context()?, arguments).map(Exit::code),
        Command::Status(arguments) => commands::status::run(&context()?, arguments),
        Command::CheckConfig => commands::check_config::run(&context()?).map(Exit::code),
        Command::Completions(arguments) => commands::completions::run(arguments).map(Exit::code),
    }
}
