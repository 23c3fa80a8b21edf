//! The page on which a plan is reviewed: how large it is, and how long a real browser needs to load it.
//!
//!     cargo bench --bench review_page
//!
//! The pages are those that the program writes for dry runs in which everybody has another last name, of companies of several sizes.
//! The browser is Chromium without a window, driven through chromedriver; each page is loaded several times and the median counts.

#[path = "../../tests/it/browser.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod browser;
#[path = "../../examples/personio_sandbox/mod.rs"]
mod personio;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use browser::Browser;
use personio::{CLIENT_ID, Person, Personio, SECRET, company};
use serde_json::json;

const CHANGES: [usize; 3] = [1_000, 10_000, 100_000];
const ROUNDS: usize = 5;

fn main() -> anyhow::Result<()> {
    if !std::env::args().any(|argument| argument == "--bench") {
        // `cargo test --benches` comes this way, and no timing belongs into tests.
        println!("nothing is measured outside of: cargo bench --bench review_page");
        return Ok(());
    }
    let browser = Browser::start().context("chromedriver is missing")?;
    println!("| Changes | Page KB | CSV KB | Loaded ms |\n| ------: | ------: | -----: | --------: |");
    for changes in CHANGES {
        let home = tempfile::tempdir()?;
        write_page(home.path(), changes)?;
        let size = |name: &str| fs::metadata(home.path().join(name)).map(|file| file.len() / 1024);
        let mut loaded = Vec::new();
        for _ in 0..ROUNDS {
            browser.open_file(&home.path().join("review.html"));
            let timing = browser.run(
                "const [page] = performance.getEntriesByType('navigation');
                 return page.loadEventEnd",
            );
            loaded.push(timing.as_f64().context("a page is loaded at some time")? as u64);
        }
        loaded.sort_unstable();
        let loaded = loaded[ROUNDS / 2];
        println!("| {changes:7} | {:7} | {:6} | {loaded:9} |", size("review.html")?, size("review.csv")?);
    }
    Ok(())
}

/// A company of that size in step, everybody of which gets another last name.
fn write_page(home: &Path, changes: usize) -> anyhow::Result<()> {
    // Whoever has not started or has left changes nothing, so the company is a little larger.
    let people: Vec<Person> = (0..changes * 11 / 10).map(company::numbered).collect();
    let personio = Personio::with(people.clone());
    let config = format!(
        "[personio]\nbase_url = \"{}\"\nrequests_per_second = 0\nrequests_per_minute = 0\n[delivery]\nto = \"none\"\n",
        personio.base_url()
    );
    fs::write(home.join("config.toml"), config)?;
    sync(home, &[])?;
    // Each another one: what several share stands on a page once.
    let renamed = people.into_iter().enumerate();
    personio.set_people(renamed.map(|(at, person)| person.with("last_name", json!(format!("Renamed {at}")))));
    let review = home.join("review.html");
    sync(home, &["--dry-run", "--review", &review.display().to_string()])
}

/// Held or not, the page is written.
fn sync(home: &Path, more: &[&str]) -> anyhow::Result<()> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_honestly-sync"));
    command
        .env_clear()
        .env("HOME", home)
        .env("STATE_DIRECTORY", home.join("state"))
        .env("HONESTLY_SYNC_CLIENT_ID", CLIENT_ID)
        .env("HONESTLY_SYNC_SECRET", SECRET)
        .args(["--config", &home.join("config.toml").display().to_string(), "sync"])
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let ended = command.status()?;
    ensure!(matches!(ended.code(), Some(0 | 20)), "sync {more:?} ended with {ended}");
    Ok(())
}
