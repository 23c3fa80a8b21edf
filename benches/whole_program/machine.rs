//! The machine that the numbers belong to, in one line.

use std::fs;
use std::thread;

use anyhow::Context as _;

pub fn describe() -> anyhow::Result<String> {
    let cores = thread::available_parallelism()?;
    let processor = fs::read_to_string("/proc/cpuinfo").context("the benchmark runs on Linux")?;
    let model = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    // Some architectures name none.
    let model = model.map_or("processor without a name", |(_, model)| model.trim());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let kernel: Vec<&str> = kernel.trim().split('.').take(2).collect();
    Ok(format!("{cores} cores, {model}, Linux {}.", kernel.join(".")))
}
