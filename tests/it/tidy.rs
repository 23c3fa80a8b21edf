//! The house keeps its order: who may import whom, and what the core may name at all. ARCHITECTURE.md says why.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Every room, and the rooms it may name.
const MAY_IMPORT: [(&str, &[&str]); 14] = [
    ("cli", &["roster"]),
    ("commands", &["cli", "config", "delivery", "exit", "history", "personio", "report", "roster", "secret", "store"]),
    ("config", &["exit", "roster", "secret", "target"]),
    ("delivery", &["exit", "target"]),
    ("exit", &[]),
    ("history", &["exit", "roster"]),
    ("lib", &[]),
    ("logging", &["exit"]),
    ("personio", &["exit", "roster", "secret"]),
    ("report", &["exit", "history", "roster"]),
    ("roster", &[]),
    ("secret", &[]),
    ("store", &["exit", "history", "roster"]),
    ("target", &[]),
];

/// What the core never names: it can then neither fail for reasons outside, nor act.
const FORBIDDEN_IN_ROSTER: [&str; 12] = [
    "anyhow",
    "log::",
    "reqwest",
    "rusqlite",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time",
    "Utc",
];

/// The files under `src` with the room each belongs to, without test modules and comments.
fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let inside = path.strip_prefix(&root).unwrap();
            let room = inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs");
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            sources.push((room.to_owned(), inside.to_owned(), lines.collect::<Vec<_>>().join("\n")));
        }
    }
    assert!(sources.len() > 30, "these are not the sources");
    sources
}

#[test]
fn rooms_import_only_what_they_may() {
    let may: BTreeMap<&str, &[&str]> = MAY_IMPORT.into_iter().collect();
    for (room, path, code) in sources() {
        // The binary may name everything.
        if room == "main" {
            continue;
        }
        let allowed = may.get(room.as_str()).unwrap_or_else(|| panic!("{room} is a room without a rule"));
        let named: BTreeSet<&str> = code
            .split("crate::")
            .skip(1)
            .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default())
            .filter(|named| !named.is_empty())
            .collect();
        for named in named.into_iter().filter(|named| *named != room) {
            assert!(allowed.contains(&named), "{} must not import {named}", path.display());
        }
    }
}

#[test]
fn the_core_can_neither_act_nor_fail_for_reasons_outside() {
    for (_, path, code) in sources().into_iter().filter(|(room, _, _)| room == "roster") {
        for word in FORBIDDEN_IN_ROSTER {
            assert!(!code.contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn the_environment_is_read_in_one_place() {
    for (_, path, code) in sources().into_iter().filter(|(_, path, _)| path != Path::new("config.rs")) {
        assert!(!code.contains("env::var"), "{} reads the environment", path.display());
    }
}
