//! The real binary against a real HTTP server and a real SQLite file.
//!
//! `stage` is one operator's machine, `personio` a Personio whose people and misbehaviour a test chooses, `sandbox` the
//! company of the example. A failure scenario asserts the exit code, the message, and that people, groups and feedback in
//! the mirror did not change.

mod golden;
mod personio;
#[path = "../../examples/personio_sandbox/mod.rs"]
#[allow(dead_code, reason = "the example uses more of it than the tests do")]
mod sandbox;
mod sshd;
mod stage;

mod approval;
mod bad_input;
mod connecting;
mod crash;
mod delivery;
mod evidence;
mod exit_codes;
mod first_run;
mod guard;
mod histories;
mod month;
mod overlap;
mod readme;
mod scenarios;
mod tidy;
mod weather;
