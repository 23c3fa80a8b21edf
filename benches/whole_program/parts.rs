//! What is measured, one file for each part.

pub mod latency;
pub mod limits;
pub mod sizes;
