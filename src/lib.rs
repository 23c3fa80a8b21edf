//! The rooms of `honestly-sync`. The library exists for the binary, its tests and its benchmarks; it is not a stable interface.

pub mod config;
pub mod exit;
pub mod personio;
pub mod roster;
pub mod secret;
pub mod store;
