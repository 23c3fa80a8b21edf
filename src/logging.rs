//! Messages to standard error: plain sentences, without time stamps, with nothing that a cron mail must not carry.

use std::io::Write as _;

use log::{Level, LevelFilter};

use crate::exit::Failure;

/// `verbose` counts `-v`. `RUST_LOG` overrides both.
pub fn start(verbose: u8, quiet: bool) {
    let own = match (quiet, verbose) {
        (true, _) => LevelFilter::Error,
        (false, 0) => LevelFilter::Warn,
        (false, 1) => LevelFilter::Info,
        (false, _) => LevelFilter::Debug,
    };
    let mut builder = env_logger::Builder::new();
    builder.filter_module("honestly_sync", own).parse_default_env();
    builder.format(|out, record| match record.level() {
        Level::Error => writeln!(out, "error: {}", record.args()),
        Level::Warn => writeln!(out, "warning: {}", record.args()),
        Level::Info => writeln!(out, "{}", record.args()),
        Level::Debug | Level::Trace => writeln!(out, "{}: {}", record.target(), record.args()),
    });
    builder.init();
}

/// A failure in a few lines: what failed, then the next step.
pub fn tell(failure: &Failure) {
    log::error!("{}", failure.message);
    if let Some(hint) = &failure.hint {
        let mut out = std::io::stderr().lock();
        // Nobody is left to tell where standard error itself is gone.
        let _ = writeln!(out, "\nhint: {hint}");
    }
}
