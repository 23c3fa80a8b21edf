//! How a run ends: the exit codes, and the failure that carries one.
//!
//! Exit codes are part of the interface: cron, systemd and monitoring act on them. Every room may fail with a [`Failure`];
//! only `main` ends the process.

use std::fmt;

use serde::Serialize;

/// The exit codes, with what the operator does about each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// In step, or previewed. Nothing to do.
    InStep = 0,
    /// A bug or a damaged mirror. Report it.
    Bug = 1,
    /// The command line is wrong. Correct it.
    Usage = 2,
    /// Only `sync --dry-run --exit-code`: the plan is not empty. Decide.
    Differs = 10,
    /// Held by the guard. Review, then approve or fix.
    Held = 20,
    /// Personio's answer cannot be trusted: incomplete or unreadable. Look, or wait.
    Untrusted = 65,
    /// Unreachable, rate limited, or another run is active. Wait for the next run.
    Unavailable = 75,
    /// A credential, right or host key was rejected. Renew it.
    Rejected = 77,
    /// The configuration is wrong. Fix the named line.
    Misconfigured = 78,
}

impl Exit {
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// What `status --check` ends with instead: the states of a Nagios plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    Ok = 0,
    Warning = 1,
    Critical = 2,
    /// Never in step yet, or it cannot be found out.
    Unknown = 3,
}

impl Health {
    pub fn code(self) -> u8 {
        self as u8
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// The name of this program.
pub const PROGRAM: &str = "honestly-sync";

/// A failure with its exit code, a clear message, and the next step. Never carries a secret or a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Failure {
    #[serde(skip)]
    pub exit: Exit,
    pub message: String,
    /// The next steps, one in each. In a command, `$0` stands for the program, with its options.
    pub hints: Vec<String>,
}

impl Failure {
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hints: Vec::new() }
    }

    /// The failure somewhere in the chain. An error without one was not expected by anybody.
    pub fn of(error: &anyhow::Error) -> Self {
        match error.chain().find_map(|cause| cause.downcast_ref::<Self>()) {
            Some(failure) => failure.clone(),
            None => Self::new(Exit::Bug, format!("{error:#}")).hint("this is a bug; please report it"),
        }
    }

    /// The same with `program`, which may hold options, in the commands of its hints, so that they work when pasted.
    #[must_use]
    pub fn for_program(mut self, program: &str) -> Self {
        self.hints.iter_mut().for_each(|hint| *hint = hint.replace("$0", program));
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
