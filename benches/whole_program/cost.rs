//! What one process costs, from its start to its end.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::ensure;
use wait4::Wait4 as _;

#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub wall: Duration,
    /// In user and kernel mode, over all threads.
    pub cpu: Duration,
    /// The most memory it had at any moment, in bytes.
    pub peak: u64,
}

/// Runs a process to its end, which must be a good one. Its memory is its own only while ours is smaller: Linux lets a
/// process begin with the peak of the one that started it.
pub fn measure(command: &mut Command) -> anyhow::Result<Cost> {
    let began = Instant::now();
    let used = command.spawn()?.wait4()?;
    let wall = began.elapsed();
    ensure!(used.status.success(), "{command:?} ended with {}", used.status);
    Ok(Cost { wall, cpu: used.rusage.utime + used.rusage.stime, peak: used.rusage.maxrss })
}

/// The one in the middle by wall time, with whatever else belongs to it. There is at least one.
pub fn median<T>(mut rounds: Vec<T>, cost: impl Fn(&T) -> Cost) -> T {
    rounds.sort_by_key(|round| cost(round).wall);
    rounds.swap_remove(rounds.len() / 2)
}
