//! The core: who should exist in Honestly, what differs, and how much of it may change unseen.
//!
//! Everything here is a pure function of its arguments: no file, no network, no clock, no log. What Personio said
//! (`record`) becomes a verdict (`decide`), the verdicts a consistent state (`snapshot`), two states a `plan`, and only a
//! plan that passed the `guard` can be applied. The laws in `laws.rs` say what must always hold.

pub mod adopt;
mod canonical;
mod claims;
pub mod decide;
pub mod explain;
pub mod feed;
pub mod groups;
pub mod guard;
pub mod language;
#[cfg(test)]
mod laws;
pub mod mapping;
pub mod mirror;
pub mod plan;
pub mod policy;
pub mod record;
pub mod reporting;
#[cfg(test)]
mod samples;
pub mod screening;
pub mod snapshot;
pub mod standing;
pub mod text;
pub mod verdict;
