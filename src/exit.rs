//! How a run ends: the exit codes, and the failure that carries one.
//!
//! Exit codes are part of the interface: cron, systemd and monitoring act on them. Every room may fail with a [`Failure`];
//! only `main` ends the process.

use std::fmt;

use serde::Serialize;

/// The exit codes. [`Exit::told`] says what each means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    InStep = 0,
    Bug = 1,
    Usage = 2,
    Differs = 10,
    Held = 20,
    Untrusted = 65,
    Unavailable = 75,
    Rejected = 77,
    Misconfigured = 78,
}

impl Exit {
    pub const ALL: [Self; 9] = [
        Self::InStep,
        Self::Bug,
        Self::Usage,
        Self::Differs,
        Self::Held,
        Self::Untrusted,
        Self::Unavailable,
        Self::Rejected,
        Self::Misconfigured,
    ];

    pub fn code(self) -> u8 {
        self as u8
    }

    /// What it means, and what to do: for the help, the man page and the manual.
    pub fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::InStep => ("in step, or previewed", "nothing"),
            Self::Bug => ("a bug, or a damaged mirror", "report it"),
            Self::Usage => ("the command line is wrong", "correct it"),
            Self::Differs => ("only sync --dry-run --exit-code: the plan is not empty", "decide"),
            Self::Held => ("held by the guard", "review, then approve or fix"),
            Self::Untrusted => ("Personio's answer cannot be trusted: incomplete or unreadable", "look, or wait"),
            Self::Unavailable => ("unreachable, rate limited, or another run is active", "wait for the next run"),
            Self::Rejected => ("a credential, right, key or algorithm was rejected", "renew or change it"),
            Self::Misconfigured => ("the configuration is wrong", "fix the named line"),
        }
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

/// Whether a text begins with a command of this program, as messages give them.
pub fn is_command(text: &str) -> bool {
    let rest = text.strip_prefix(PROGRAM).and_then(|rest| rest.strip_prefix(' '));
    let begins = ["--config ", "connect", "sync", "status", "check-config"];
    rest.is_some_and(|rest| begins.iter().any(|begin| rest.starts_with(begin)))
}

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
