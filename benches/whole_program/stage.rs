//! One operator's machine and one sandbox, and what processes on it cost.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use rusqlite::Connection;
use serde::Deserialize;
use tempfile::TempDir;

use crate::bare::Client;
use crate::cost::{Cost, measure};
use crate::phases::Phases;
use crate::sandbox::api::Limits;
use crate::sandbox::{DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET};
use crate::serve::{Asked, Served, Shape};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_honestly-sync");

pub struct Stage {
    home: TempDir,
    pub sandbox: Served,
}

/// A run of `sync`.
#[derive(Debug, Clone)]
pub struct Run {
    pub cost: Cost,
    pub phases: Option<Phases>,
}

/// What `status --json` says, as far as it matters here.
#[derive(Debug, Deserialize)]
pub struct Standing {
    pub counts: People,
    pub last_run: LastRun,
    pub held: Option<Held>,
}

#[derive(Debug, Deserialize)]
pub struct People {
    pub people: usize,
}

#[derive(Debug, Deserialize)]
pub struct LastRun {
    pub exit_code: u8,
    pub counts: Option<Changes>,
}

#[derive(Debug, Deserialize)]
pub struct Held {
    pub digest: String,
}

/// People whom a run changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Changes {
    pub added: usize,
    pub updated: usize,
    pub removed: usize,
}

impl Stage {
    /// Nothing has run yet, and the program has its credential from the environment: connecting would ask for pages,
    /// and the limits would count them.
    pub fn new(shape: Shape) -> anyhow::Result<Self> {
        let sandbox = Served::start(shape)?;
        let home = tempfile::tempdir()?;
        let limits = match shape.limits {
            Limits::Off => "requests_per_second = 0\nrequests_per_minute = 0\n",
            Limits::Enforced => "",
        };
        let address = &sandbox.address;
        // Little patience, so that the benchmark ends when the sandbox does not answer.
        let config = format!(
            "[personio]\nbase_url = \"http://{address}/v1\"\ntimeout_seconds = 30\ngive_up_after_seconds = 60\n{limits}"
        );
        fs::write(home.path().join("config.toml"), config)?;
        Ok(Self { home, sandbox })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The program on this machine, with nothing of the real one's environment.
    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("STATE_DIRECTORY", self.path("state"))
            .env("HONESTLY_SYNC_CLIENT_ID", DEFAULT_CLIENT_ID)
            .env("HONESTLY_SYNC_SECRET", DEFAULT_CLIENT_SECRET)
            .arg("--config")
            .arg(self.path("config.toml"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    pub fn cost_of(&self, arguments: &[&str]) -> anyhow::Result<Cost> {
        measure(&mut self.program(arguments))
    }

    pub fn sync(&self) -> anyhow::Result<Run> {
        let log = self.path("log");
        let mut sync = self.program(&["sync", "-v", "--log-format", "json"]);
        let cost = measure(sync.stderr(File::create(&log)?));
        let log = fs::read_to_string(log)?;
        Ok(Run { cost: cost.with_context(|| log.clone())?, phases: Phases::in_log(&log)? })
    }

    /// How it stands after the latest run.
    pub fn standing(&self) -> anyhow::Result<Standing> {
        let output = self.program(&["status", "--json"]).stdout(Stdio::piped()).output()?;
        ensure!(output.status.success(), "status: {}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// From now on runs deliver, as they do for most people. The first delivery is held until a person approves it.
    pub fn deliver_to_a_file(&self) -> anyhow::Result<()> {
        let path = self.path("config.toml");
        let config = fs::read_to_string(&path)?;
        let feed = self.path("employees.csv");
        fs::write(&path, format!("{config}\n[delivery]\nto = \"file://{}\"\n", feed.display()))?;
        let held = self.program(&["sync"]).stderr(Stdio::null()).status()?;
        ensure!(held.code() == Some(20), "the first delivery is held, not {held}");
        let digest = self.standing()?.held.context("a held plan")?.digest;
        self.cost_of(&["sync", "--approve", &digest])?;
        ensure!(feed.exists(), "the feed was delivered");
        Ok(())
    }

    /// The mirror as it is before the first sync: not there.
    pub fn forget_the_mirror(&self) -> io::Result<()> {
        fs::remove_file(self.path("state/mirror.db")).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })
    }

    /// Gives one person in a hundred another last name in the mirror, and forgets that the names there are at Personio were
    /// delivered: to the next run that is the same as Personio having changed them. Tells how many that is.
    pub fn rename_one_in_a_hundred(&self) -> rusqlite::Result<usize> {
        let mirror = Connection::open(self.path("state/mirror.db"))?;
        mirror.execute("UPDATE deliveries SET sha256 = '', fingerprint = NULL", [])?;
        mirror.execute(
            "UPDATE employees SET last_name = last_name || '?' WHERE employee IN (
                 SELECT employee FROM employees ORDER BY employee LIMIT (SELECT count(*) / 100 FROM employees))",
            [],
        )
    }

    /// A bare client asking for the same, over so many connections. Fails where other bytes come.
    pub fn fetch(&self, client: Client, asked: &Asked, connections: usize) -> anyhow::Result<Cost> {
        let targets = self.path("targets");
        fs::write(&targets, asked.targets.join("\n"))?;
        let client = match client {
            Client::Library => "library",
            Client::Sockets => "sockets",
        };
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["fetch", "--client", client, "--address", &self.sandbox.address]);
        command.args(["--connections", &connections.to_string(), "--bytes", &asked.bytes.to_string()]);
        let cost = measure(command.arg("--targets").arg(targets).stdin(Stdio::null()))?;
        let again = self.sandbox.asked()?;
        ensure!(
            (again.targets.len(), again.bytes) == (asked.targets.len(), asked.bytes),
            "the bare client asked for {} answers of {} bytes, the program for {} of {}",
            again.targets.len(),
            again.bytes,
            asked.targets.len(),
            asked.bytes,
        );
        Ok(cost)
    }
}
