//! The main job from beginning to end, on a company that does not exist:
//!
//!     cargo run --example demo
//!
//! It builds `honestly-sync`, starts the Personio sandbox in its own process, and runs the real binary against it in a
//! temporary folder: connect with the first sync, days pass, dry run, sync, held first delivery, approval, status. Nothing
//! outside that folder is read or written, and no request leaves this machine. It fails as soon as a step does not end as it should.

#[path = "personio_sandbox/mod.rs"]
mod personio;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

use personio::{CLIENT_ID, Personio, SECRET, company};

/// Days that pass between the first sync and the second.
const DAYS: usize = 3;

fn main() -> anyhow::Result<()> {
    say("Building honestly-sync, which takes a minute the first time.");
    let binary = build()?;
    let sandbox = Personio::with(company::people(120));
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let stage = Stage { binary, folder: folder.path() };
    let connection = format!("[personio]\nbase_url = \"{}\"\n", sandbox.base_url());
    stage.write("config.toml", &connection)?;
    stage.write("secret", &format!("{SECRET}\n"))?;

    say(
        "A company of 120 in a Personio on this machine. The credential is verified and stored, and everybody is synced.",
    );
    stage.run(&["connect", "--client-id", CLIENT_ID, "--secret", "-"], 0)?;

    say(&format!("{DAYS} days pass in Personio:"));
    for event in (0..DAYS).flat_map(|_| sandbox.next_day()) {
        println!("  {event}");
    }

    say("What would the next sync do? A dry run writes nothing. Exit code 10 says that there is something to do.");
    stage.run(&["sync", "--dry-run", "--exit-code"], 10)?;

    say("Do it. Where nobody watches, a good run prints nothing; here -v asks for its summary.");
    stage.run(&["-v", "sync"], 0)?;

    say(
        "Now Honestly is to get the file; here it goes into a folder where somebody left another one. A first delivery is held: \
         it removes whoever is not in it.",
    );
    let feed = folder.path().join("employees.csv");
    let other = "ImportId,Email,Firstname,Lastname\n1,first@example.org,Fay,First\n2,second@example.org,Sam,Second\n";
    std::fs::write(&feed, other).context("cannot write the other file")?;
    let delivery = format!("[delivery]\nto = \"file://{}\"\n", feed.display());
    stage.write("config.toml", &format!("{connection}{delivery}"))?;
    stage.run(&["sync"], 20)?;
    say("What waits, and why? An approval names the digest of exactly this plan.");
    stage.run(&["status"], 0)?;
    let digest = stage.held_digest()?;
    stage.run(&["-v", "sync", "--approve", &digest], 0)?;
    let delivered = std::fs::read_to_string(&feed).context("nothing was delivered")?;
    for line in delivered.lines().take(3) {
        println!("  {line}");
    }

    say("How does it stand?");
    stage.run(&["status"], 0)?;

    say("And the proof: one more dry run has nothing to do.");
    stage.run(&["sync", "--dry-run", "--exit-code"], 0)?;

    let kept = folder.keep();
    say("The mirror and the file are in step with Personio. What was made is yours to look at, and to remove:");
    for (name, what) in [
        ("config.toml", "the configuration"),
        ("employees.csv", "the file that Honestly would get"),
        ("state/mirror.db", "the mirror, a SQLite file"),
        ("state/credentials.json", "the credential of the sandbox, which has ended"),
    ] {
        println!("  {:<60} {what}", kept.join(name).display());
    }
    Ok(())
}

/// The binary next to this example, made by the cargo that runs the example.
fn build() -> anyhow::Result<PathBuf> {
    let demo = std::env::current_exe().context("cannot tell where this program is")?;
    let profile = demo.ancestors().nth(2).context("an example stands in target/PROFILE/examples")?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--bin", "honestly-sync", "--manifest-path"]);
    cargo.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    match profile.file_name().and_then(|name| name.to_str()) {
        Some("debug") => {}
        Some(name) => drop(cargo.args(["--profile", name])),
        None => bail!("an example stands in target/PROFILE/examples"),
    }
    // What cargo tells the program it runs would make build scripts believe that something changed.
    for (name, _) in std::env::vars_os() {
        let shown = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| shown.starts_with(prefix)) {
            cargo.env_remove(&name);
        }
    }
    ensure!(cargo.status().context("cannot run cargo")?.success(), "honestly-sync could not be built");
    Ok(profile.join("honestly-sync"))
}

/// One operator's machine, small enough for a temporary folder.
struct Stage<'a> {
    binary: PathBuf,
    folder: &'a Path,
}

impl Stage<'_> {
    fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        std::fs::write(self.folder.join(name), text).with_context(|| format!("cannot write {name}"))
    }

    /// Runs the binary as an operator would, and checks its exit code. The secret waits on standard input.
    fn run(&self, arguments: &[&str], expected: i32) -> anyhow::Result<()> {
        println!("\n$ honestly-sync {}", arguments.join(" "));
        let status = self.command(arguments)?.status().context("cannot run the binary")?;
        ensure!(status.code() == Some(expected), "expected exit code {expected}, but got {status}");
        Ok(())
    }

    /// The digest of the plan that is held now.
    fn held_digest(&self) -> anyhow::Result<String> {
        let output = self.command(&["status", "--json"])?.output().context("cannot run the binary")?;
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).context("status is no JSON")?;
        status["held"]["digest"].as_str().map(str::to_owned).context("nothing is held")
    }

    fn command(&self, arguments: &[&str]) -> anyhow::Result<Command> {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .env("HONESTLY_SYNC_CONFIG", self.folder.join("config.toml"))
            .env("STATE_DIRECTORY", self.folder.join("state"))
            .env_remove("HONESTLY_SYNC_CLIENT_ID")
            .env_remove("HONESTLY_SYNC_SECRET")
            .env_remove("RUST_LOG")
            .stdin(Stdio::from(File::open(self.folder.join("secret"))?));
        Ok(command)
    }
}

fn say(text: &str) {
    println!("\n# {text}");
}
