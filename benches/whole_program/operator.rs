//! One operator's machine with one build of the program, and what its runs cost.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::Value;
use tempfile::TempDir;
use wait4::Wait4 as _;

use crate::personio::{CLIENT_ID, SECRET};
use crate::sandbox_process::{Asked, SandboxProcess};
use crate::{Destination, Work};

/// What one process costs, from its start to its end.
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
pub fn cost_of(command: &mut Command) -> anyhow::Result<Cost> {
    let began = Instant::now();
    let used = command.spawn()?.wait4()?;
    let wall = began.elapsed();
    ensure!(used.status.success(), "{command:?} ended with {}", used.status);
    Ok(Cost { wall, cpu: used.rusage.utime + used.rusage.stime, peak: used.rusage.maxrss })
}

/// The floor for what the program asked for.
pub fn cost_of_floor(sandbox: &SandboxProcess, asked: &Asked) -> anyhow::Result<Cost> {
    let targets = tempfile::NamedTempFile::new()?;
    fs::write(targets.path(), asked.targets.join("\n"))?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["floor", "--address", &sandbox.address, "--bytes", &asked.bytes.to_string(), "--targets"]);
    cost_of(command.arg(targets.path()).stdin(Stdio::null()))
}

pub struct Operator<'a> {
    program: &'a Path,
    home: TempDir,
    destination: Destination,
}

/// A run of `sync`.
#[derive(Debug)]
pub struct Run {
    pub cost: Cost,
    /// How long its parts took, as the log has it.
    pub parts: String,
    pub asked: Asked,
}

impl<'a> Operator<'a> {
    /// Nothing has run yet, and the program has its credential from the environment: connecting would ask for pages, and the
    /// limits would count them.
    pub fn new(
        program: &'a Path,
        sandbox: &SandboxProcess,
        destination: Destination,
        limits: &str,
    ) -> anyhow::Result<Self> {
        let operator = Self { program, home: tempfile::tempdir()?, destination };
        // Little patience, so that the benchmark ends when the sandbox does not answer.
        let mut config = format!(
            "[personio]\nbase_url = \"http://{}/v1\"\ntimeout_seconds = 30\ngive_up_after_seconds = 60\n{limits}",
            sandbox.address
        );
        if destination == Destination::File {
            config += &format!("[delivery]\nto = \"file://{}\"\n", operator.path("employees.csv").display());
        }
        fs::write(operator.path("config.toml"), config)?;
        Ok(operator)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// With nothing of the real environment.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("STATE_DIRECTORY", self.path("state"))
            .env("HONESTLY_SYNC_CLIENT_ID", CLIENT_ID)
            .env("HONESTLY_SYNC_SECRET", SECRET)
            .arg("--config")
            .arg(self.path("config.toml"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    /// Runs `sync` and checks that it had the expected work. A first delivery is held until a person approves it, so what is
    /// measured there is the run that carries it out.
    pub fn sync(&self, work: Work, sandbox: &SandboxProcess) -> anyhow::Result<Run> {
        let mut approval = Vec::new();
        if work == Work::FirstSync {
            self.forget_everything()?;
            if self.destination == Destination::File {
                let held = self.command(&["sync"]).stderr(Stdio::null()).status()?;
                ensure!(held.code() == Some(20), "the first delivery is held, not {held}");
                let status = self.status()?;
                let digest = status["held"]["digest"].as_str().context("a held plan has a digest")?;
                approval.extend(["--approve".to_owned(), digest.to_owned()]);
            }
        }
        sandbox.asked()?;
        let log = self.path("log");
        let mut sync = self.command(&["sync", "-v", "--log-format", "json"]);
        let cost = cost_of(sync.args(approval).stderr(File::create(&log)?));
        let log = fs::read_to_string(log)?;
        let cost = cost.with_context(|| log.clone())?;
        let run = Run { cost, parts: parts_in(&log)?, asked: sandbox.asked()? };
        self.check(work, &run.asked)?;
        Ok(run)
    }

    /// The mirror and the feed as they are before the first sync: not there.
    fn forget_everything(&self) -> io::Result<()> {
        for name in ["state/mirror.db", "state/mirror.db.witness", "employees.csv"] {
            fs::remove_file(self.path(name)).or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            })?;
        }
        Ok(())
    }

    fn status(&self) -> anyhow::Result<Value> {
        let output = self.command(&["status", "--json"]).stdout(Stdio::piped()).output()?;
        ensure!(output.status.success(), "status: {}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// A run that was fast because it did something else counts for nothing.
    fn check(&self, work: Work, asked: &Asked) -> anyhow::Result<()> {
        let status = self.status()?;
        let last = &status["last_run"];
        ensure!(last["exit_code"] == 0, "the run ended with {}", last["exit_code"]);
        let [added, updated, removed] =
            ["added", "updated", "removed"].map(|kind| last["counts"][kind].as_u64().unwrap_or(u64::MAX));
        // Not everybody who is first on a page is in Honestly.
        let pages = asked.targets.len() as u64;
        let as_expected = match work {
            Work::FirstSync => status["counts"]["people"] == added && added > 0 && updated == 0,
            Work::NoChange => added == 0 && updated == 0,
            Work::FewChanges => added == 0 && (pages / 2..=pages).contains(&updated),
        };
        ensure!(as_expected && removed == 0, "{work}: {}", last["counts"]);
        let is_delivered = self.path("employees.csv").exists();
        ensure!(is_delivered == (self.destination == Destination::File), "delivered: {is_delivered}");
        Ok(())
    }
}

/// The one line of the log that says how long the parts of the run took.
fn parts_in(log: &str) -> anyhow::Result<String> {
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).with_context(|| format!("a line of the log: {line}"))?;
        if line["target"] == "honestly_sync::timing" {
            return line["message"].as_str().map(str::to_owned).context("a line of the log has a message");
        }
    }
    anyhow::bail!("the log has no line of timings:\n{log}")
}
