//! One operator's machine and one sandbox, and what a process on it costs.

use std::io::{self, BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rusqlite::Connection;
use tempfile::TempDir;
use wait4::Wait4 as _;

use crate::sandbox::{DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET};
use crate::serve::REMEMBERED;

/// What one process cost, from its start to its end.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    pub wall: Duration,
    /// In user and kernel mode together.
    pub cpu: Duration,
    /// The most memory it had at any moment, in bytes.
    pub peak: u64,
}

/// How fast the program may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    Off,
    /// Fifteen requests a second and 300 a minute, on both sides.
    Personios,
}

pub struct Stage {
    home: TempDir,
    sandbox: Child,
    /// `127.0.0.1:PORT`
    address: String,
}

impl Stage {
    /// Starts a sandbox with so many people and connects to it.
    pub fn new(people: usize, latency: Duration, limits: Limits) -> anyhow::Result<Self> {
        let mut serve = Command::new(std::env::current_exe()?);
        serve.args(["serve", "--people", &people.to_string(), "--latency-ms", &latency.as_millis().to_string()]);
        let paces = match limits {
            Limits::Off => "requests_per_second = 0\nrequests_per_minute = 0\n",
            Limits::Personios => {
                serve.arg("--enforce-limits");
                ""
            }
        };
        let mut sandbox = serve.stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        BufReader::new(sandbox.stdout.take().context("the sandbox has an output")?).read_line(&mut url)?;
        let url = url.trim();
        let address = url.strip_prefix("http://").context("the sandbox says where it is")?.to_owned();
        let home = tempfile::tempdir()?;
        let config = format!("[personio]\nbase_url = \"{url}/v1\"\n{paces}\n[groups]\n");
        let config = config.trim_end_matches("[groups]\n");
        std::fs::write(home.path().join("config.toml"), config)?;
        let stage = Self { home, sandbox, address };
        std::fs::write(stage.path("secret"), DEFAULT_CLIENT_SECRET)?;
        let mut connect = stage.program(&["connect", "--client-id", DEFAULT_CLIENT_ID, "--secret", "-", "--no-sync"]);
        connect.stdin(std::fs::File::open(stage.path("secret"))?);
        measure(&mut connect)?;
        Ok(stage)
    }

    /// Puts `more` at the end of the configuration.
    pub fn configure(&self, more: &str) -> io::Result<()> {
        let path = self.path("config.toml");
        let config = std::fs::read_to_string(&path)?;
        std::fs::write(path, config + more)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The mirror as it is before the first sync: not there.
    pub fn forget_the_mirror(&self) -> io::Result<()> {
        std::fs::remove_file(self.path("state/mirror.db")).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })
    }

    /// The mirror, opened directly.
    pub fn mirror(&self) -> rusqlite::Result<Connection> {
        Connection::open(self.path("state/mirror.db"))
    }

    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<Cost> {
        measure(&mut self.program(arguments))
    }

    pub fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_honestly-sync"));
        command.env_clear().env("HOME", self.home.path()).env("STATE_DIRECTORY", self.path("state"));
        command.arg("--config").arg(self.path("config.toml")).args(arguments).stdin(Stdio::null());
        command
    }

    /// What was asked since this was asked last.
    pub fn remembered(&self) -> anyhow::Result<Vec<String>> {
        let mut stream = TcpStream::connect(&self.address)?;
        io::Write::write_all(
            &mut stream,
            format!("GET {REMEMBERED} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address).as_bytes(),
        )?;
        let answer = io::read_to_string(stream)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("the sandbox remembers")?;
        Ok(body.lines().map(str::to_owned).collect())
    }

    /// The bare client, asking for the same over so many connections.
    pub fn fetch(&self, targets: &[String], connections: usize) -> anyhow::Result<Cost> {
        let path = self.path("targets");
        std::fs::write(&path, targets.join("\n"))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["fetch", "--address", &self.address, "--connections", &connections.to_string(), "--targets"]);
        measure(command.arg(path))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Ours, and still running: it never ends by itself.
        let _ = self.sandbox.kill();
        let _ = self.sandbox.wait();
    }
}

fn measure(command: &mut Command) -> anyhow::Result<Cost> {
    let began = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn()?;
    let used = child.wait4()?;
    let wall = began.elapsed();
    ensure!(used.status.success(), "{command:?} ended with {}", used.status);
    Ok(Cost { wall, cpu: used.rusage.utime + used.rusage.stime, peak: used.rusage.maxrss })
}
