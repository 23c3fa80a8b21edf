//! The rules of the house that no compiler knows: who may import whom, and what stands nowhere in `src`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::golden;

/// Every room, and the rooms it may name.
const MAY_IMPORT: [(&str, &[&str]); 19] = [
    ("age", &[]),
    ("cli", &["age", "roster"]),
    (
        "commands",
        &[
            "cli", "config", "delivery", "exit", "history", "logging", "notify", "personio", "ping", "report",
            "roster", "secret", "store", "terminal",
        ],
    ),
    ("config", &["age", "delivery", "exit", "personio", "roster", "secret", "remote", "timezone"]),
    ("delivery", &["exit", "remote"]),
    ("exit", &[]),
    ("history", &["exit", "roster"]),
    ("lib", &[]),
    ("logging", &["exit", "terminal"]),
    ("notify", &["exit", "remote", "secret"]),
    ("personio", &["exit", "remote", "roster", "secret", "timezone"]),
    ("ping", &["remote"]),
    ("report", &["exit", "history", "roster", "terminal", "timezone"]),
    ("roster", &[]),
    ("secret", &[]),
    ("store", &["exit", "history", "roster"]),
    ("remote", &[]),
    ("terminal", &[]),
    ("timezone", &[]),
];

/// One source file without its tests and comments.
struct Source {
    path: String,
    code: String,
}

impl Source {
    /// The room a file belongs to: `src/store.rs` and everything in `src/store/` is `store`.
    fn room(&self) -> &str {
        let room = self.path.split('/').nth(1).unwrap();
        room.trim_end_matches(".rs")
    }

    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(at, line)| (at + 1, line))
    }

    /// The rooms it imports.
    fn imports(&self) -> BTreeSet<&str> {
        let names = self.code.split("crate::").skip(1);
        names.map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap()).collect()
    }
}

/// Every file of `src` that goes into the binary.
fn sources() -> Vec<Source> {
    let root = golden::in_repository("");
    let mut files: Vec<PathBuf> = Vec::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut tests: BTreeSet<PathBuf> = BTreeSet::new();
    let mut sources = Vec::new();
    for path in &files {
        let text = std::fs::read_to_string(path).unwrap();
        for (_, rest) in text.match_indices("#[cfg(test)]").map(|(at, found)| text.split_at(at + found.len())) {
            if let Some(name) = rest.trim_start().strip_prefix("mod ").and_then(|rest| rest.split_once(';')) {
                let folder = folder_of_modules(path);
                tests.extend([folder.join(format!("{}.rs", name.0)), folder.join(name.0)]);
            }
        }
        let code: String = without_tests(&text)
            .lines()
            .map(|line| line.split_once("//").map_or(line, |(code, _)| code).to_owned() + "\n")
            .collect();
        sources.push((path, Source { path: path.strip_prefix(&root).unwrap().display().to_string(), code }));
    }
    let of_tests = |path: &Path| tests.iter().any(|test| path.starts_with(test));
    sources.into_iter().filter(|(path, _)| !of_tests(path)).map(|(_, source)| source).collect()
}

/// Where the modules that a file declares are looked for.
fn folder_of_modules(path: &Path) -> PathBuf {
    match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("main" | "lib" | "mod") => path.parent().unwrap().to_owned(),
        _ => path.with_extension(""),
    }
}

/// The text without its `mod tests { ... }`, which stands last.
fn without_tests(text: &str) -> &str {
    text.split_once("#[cfg(test)]\nmod tests {").map_or(text, |(code, _)| code)
}

#[test]
fn the_rooms_import_only_whom_they_may() {
    let mut seen = BTreeSet::new();
    // The binary may name everything.
    for source in sources().iter().filter(|source| source.room() != "main") {
        let own = source.room();
        let rule = MAY_IMPORT.iter().find(|(room, _)| *room == own);
        let (_, allowed) = rule.unwrap_or_else(|| panic!("{own} is a room without a rule"));
        seen.insert(own.to_owned());
        let strangers: Vec<&str> =
            source.imports().into_iter().filter(|name| *name != own && !allowed.contains(name)).collect();
        assert!(strangers.is_empty(), "{} imports {strangers:?}", source.path);
    }
    assert_eq!(seen.len(), MAY_IMPORT.len(), "a rule without a room: {seen:?}");
}

#[test]
fn the_environment_is_read_in_one_place() {
    for source in sources().iter().filter(|source| source.path != "src/config/environment.rs") {
        assert!(!source.code.contains("env::var"), "{} reads the environment", source.path);
    }
}

#[test]
fn the_core_knows_nothing_of_the_outside() {
    let crates = ["anyhow", "log", "reqwest", "rusqlite", "serde_json", "toml", "env_logger"];
    let of_std = ["env", "fs", "io", "net", "process", "time", "thread"];
    let clocks = ["Utc", "Local", "Instant", "SystemTime", "now()"];
    for source in sources().iter().filter(|source| source.room() == "roster") {
        for (at, line) in source.lines() {
            let named = |name: &str| line.contains(&format!("{name}::")) || line.contains(&format!("use {name};"));
            let of_std = of_std.iter().any(|module| {
                line.contains(&format!("std::{module}"))
                    || (line.contains("use std::{")
                        && line.split(['{', ',', ' ', ':', '}']).any(|part| part == *module))
            });
            let clock = clocks.iter().any(|clock| {
                line.split(|c: char| !c.is_alphanumeric() && !"()".contains(c)).any(|word| word == *clock)
            });
            assert!(!of_std && !clock && !crates.iter().any(|name| named(name)), "{}:{at}: {line}", source.path);
        }
    }
}

/// What clippy does not know; it watches over `unwrap`, `expect` and printing.
#[test]
fn no_error_is_dropped_and_nothing_panics_on_purpose() {
    for source in sources() {
        for (at, line) in source.lines() {
            for word in ["Result::ok)", "panic!(", "unimplemented!(", "unreachable!("] {
                assert!(!line.contains(word), "{}:{at}: {word} in {line}", source.path);
            }
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for source in sources() {
        let text = std::fs::read_to_string(golden::in_repository(&source.path)).unwrap();
        assert!(text.starts_with("//! "), "{}", source.path);
    }
}

#[test]
fn every_test_runs() {
    let root = golden::in_repository("");
    let mut folders = vec![root.join("src"), root.join("tests"), root.join("examples")];
    // Put together here, so that this file does not contain it.
    let ignored = format!("#[{}", "ignore");
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                assert!(!std::fs::read_to_string(&path).unwrap().contains(&ignored), "{}", path.display());
            }
        }
    }
}
