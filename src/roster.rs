//! The core: who should exist in Honestly, what differs, and how much of it may change unseen.
//!
//! Everything here is a pure function of its arguments: no file, no network, no clock, no log. Seven rooms on seven floors,
//! each of which may name those above it in this list: what is known of people (`model`), how it is said to one reader (`voice`),
//! the file that Honestly reads (`feed`), the difference of two files (`plan`), what the configuration wants (`policy`), who
//! should be in (`decide`), and what may happen unseen (`guard`). The laws in `laws.rs` say what must always hold.

pub mod decide;
pub mod feed;
pub mod guard;
#[cfg(test)]
mod laws;
pub mod model;
pub mod plan;
pub mod policy;
pub mod voice;
#[cfg(test)]
pub(crate) use laws::samples;
