//! The rooms of `honestly-sync`. The library exists for the binary, its tests and its benchmarks. It is not a stable
//! interface.

#![cfg_attr(not(test), warn(unreachable_pub))]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr))]
#![cfg_attr(test, allow(clippy::type_complexity, reason = "a table of cases says its type where it stands"))]

pub mod age;
pub mod cli;
pub mod commands;
pub mod config;
pub mod delivery;
pub mod exit;
pub mod hash;
pub mod history;
pub mod http;
pub mod logging;
pub mod notify;
pub mod personio;
pub mod ping;
pub mod reach;
pub mod remote;
pub mod replace;
pub mod report;
pub mod roster;
pub mod secret;
pub mod store;
pub mod terminal;
#[cfg(test)]
mod tests;
pub mod timezone;
pub mod tongue;
pub mod visible;
