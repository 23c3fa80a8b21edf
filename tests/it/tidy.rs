//! The rules of the house that no compiler knows: who may import whom, as ARCHITECTURE.md says it, how large things may be, and
//! what stands nowhere in `src`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::golden;

/// Lines of a file, lines of a function, parameters of a function; in code that goes into the binary. Whoever goes beyond says
/// why: with `long because` in the first line of the file, or in the comment above the function.
const LARGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 60;
const MOST_PARAMETERS: usize = 5;

/// A line `room -> rooms that it may name` of ARCHITECTURE.md, or a row of a table that begins so.
struct Rule {
    room: String,
    may_name: Vec<String>,
}

/// The rules between two markers. They stand from the ground up: each names only rooms above its own line, so that there is
/// no circle.
fn rules(marker: &str) -> Vec<Rule> {
    let text = std::fs::read_to_string(golden::in_repository("ARCHITECTURE.md")).unwrap();
    let (_, rest) = text.split_once(&format!("<!-- {marker} -->")).unwrap();
    let (block, _) = rest.split_once(&format!("<!-- /{marker} -->")).unwrap();
    let mut rules: Vec<Rule> = Vec::new();
    for line in block.lines() {
        let rule = line.trim_start_matches(['|', ' ']).split('|').next().unwrap();
        let Some((room, names)) = rule.split_once("->") else { continue };
        let room = room.trim().to_owned();
        let may_name: Vec<String> =
            names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
        for name in &may_name {
            assert!(
                rules.iter().any(|rule| rule.room == *name),
                "{room} may name {name}, which does not stand above it"
            );
        }
        rules.push(Rule { room, may_name });
    }
    assert!(rules.len() >= 6, "{marker}: {} rules", rules.len());
    rules
}

/// Every room keeps its rule, and every rule has a room.
fn assert_kept<'s>(marker: &str, places: impl Iterator<Item = (&'s str, &'s Source, BTreeSet<&'s str>)>) {
    let rules = rules(marker);
    let mut seen = BTreeSet::new();
    for (room, source, imports) in places {
        let rule = rules.iter().find(|rule| rule.room == room);
        let rule = rule.unwrap_or_else(|| panic!("{room} is a room without a rule in ARCHITECTURE.md"));
        seen.insert(room);
        let strangers: Vec<&str> =
            imports.into_iter().filter(|name| *name != room && !rule.may_name.iter().any(|may| may == name)).collect();
        assert!(strangers.is_empty(), "{} imports {strangers:?}", source.path);
    }
    let unused: Vec<&str> = rules.iter().map(|rule| rule.room.as_str()).filter(|room| !seen.contains(room)).collect();
    assert!(unused.is_empty(), "rules in ARCHITECTURE.md without a room: {unused:?}");
}

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

    /// The floor of the core that a file belongs to; none for its front page.
    fn floor(&self) -> Option<&str> {
        let floor = self.path.strip_prefix("src/roster/")?;
        Some(floor.split('/').next().unwrap().trim_end_matches(".rs"))
    }

    /// What stands behind each occurrence of a path, such as `crate::`.
    fn named_behind(&self, path: &str) -> BTreeSet<&str> {
        assert!(!self.code.contains(&format!("{path}{{")), "{}: one `use` for each room", self.path);
        let names = self.code.split(path).skip(1);
        names.map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap()).collect()
    }

    fn functions(&self) -> Vec<Function<'_>> {
        let lines: Vec<&str> = self.code.lines().collect();
        (0..lines.len()).filter_map(|at| Function::at(&lines, at)).collect()
    }
}

/// A function as rustfmt writes it.
struct Function<'s> {
    name: &'s str,
    /// The number of its first line.
    at: usize,
    lines: usize,
    /// Besides `self`.
    parameters: usize,
}

impl<'s> Function<'s> {
    /// The function that begins in this line.
    fn at(lines: &[&'s str], at: usize) -> Option<Self> {
        let (before, rest) = lines[at].split_once("fn ")?;
        let words = ["pub", "pub(crate)", "pub(super)", "const", "async", "unsafe"];
        if !before.split_whitespace().all(|word| words.contains(&word)) {
            return None;
        }
        let name = rest.split(['(', '<']).next()?;
        let indent: String = before.chars().take_while(|c| *c == ' ').collect();
        let is_last = |line: &str| line.trim_end().strip_prefix(indent.as_str()) == Some("}");
        let is_one_line = |line: &str| line.trim_end().ends_with(['}', ';']);
        let length = if is_one_line(lines[at]) { 1 } else { lines[at..].iter().position(|line| is_last(line))? + 1 };
        Some(Self { name, at: at + 1, lines: length, parameters: parameters(&lines[at..].join("\n")) })
    }
}

/// How many parameters the first function of a text has, besides `self`.
fn parameters(text: &str) -> usize {
    let (mut round, mut depth, mut found) = (0, 0, String::new());
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '<' | '[' | '{' => depth += 1,
            // An arrow closes nothing.
            '>' if before == '-' || before == '=' => {}
            '>' | ']' | '}' => depth -= 1,
            '(' => round += 1,
            ')' if round == 1 && depth == 0 => break,
            ')' => round -= 1,
            ',' if round == 1 && depth == 0 => found.push(','),
            _ if round == 1 && depth == 0 && !c.is_whitespace() => found.push(c),
            _ => {}
        }
        before = c;
    }
    let is_self = |parameter: &str| parameter.trim_start_matches("mut").ends_with("self") && !parameter.contains(':');
    found.split(',').filter(|parameter| !parameter.is_empty() && !is_self(parameter)).count()
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
            let module = rest.trim_start().trim_start_matches("pub(crate) ").strip_prefix("mod ");
            if let Some(name) = module.and_then(|rest| rest.split_once(';')) {
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
    let sources = sources();
    // The binary may name everything.
    let rooms = sources.iter().filter(|source| source.room() != "main");
    assert_kept("rooms", rooms.map(|source| (source.room(), source, source.named_behind("crate::"))));
}

/// An arrow upward, or a circle, would let the core be read in no order.
#[test]
fn the_floors_of_the_core_import_only_what_is_below_them() {
    let sources = sources();
    let floors = sources.iter().filter_map(|source| Some((source.floor()?, source)));
    assert_kept("floors", floors.map(|(floor, source)| (floor, source, source.named_behind("crate::roster::"))));
}

/// What is named behind each occurrence of a path: one name, or the first of each path in braces.
fn named_first<'s>(code: &'s str, path: &str) -> BTreeSet<&'s str> {
    let first = |text: &'s str| text.trim_start().split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
    let mut names = BTreeSet::new();
    for rest in code.split(path).skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            names.extend(first(rest));
            continue;
        };
        let mut depth = 0;
        for part in list.split_inclusive([',', '{', '}']) {
            if depth == 0 {
                names.extend(first(part));
            }
            depth += i32::from(part.ends_with('{')) - i32::from(part.ends_with('}'));
            if depth < 0 {
                break;
            }
        }
    }
    names
}

/// The files of each folder by name, and whom of their neighbours each of them or a file below it names.
fn neighbours(sources: &[Source]) -> BTreeMap<String, BTreeMap<&str, BTreeSet<&str>>> {
    let mut folders: BTreeMap<String, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for source in sources {
        let parts: Vec<&str> = source.path.trim_end_matches(".rs").split('/').skip(1).collect();
        for (at, name) in parts.iter().enumerate().skip(1) {
            let path = parts[..at].join("::");
            let up = "super::".repeat(parts.len() - at);
            let mut named = named_first(&source.code, &format!("crate::{path}::"));
            named.extend(named_first(&source.code, &up).into_iter().filter(|name| *name != "super"));
            folders.entry(path).or_default().entry(name).or_default().extend(named);
        }
    }
    folders
}

/// Between rooms and between floors their rules see to it.
#[test]
fn no_file_of_a_room_is_part_of_a_circle() {
    let sources = sources();
    for (folder, mut files) in neighbours(&sources) {
        let names: BTreeSet<&str> = files.keys().copied().collect();
        files.iter_mut().for_each(|(name, named)| named.retain(|other| other != name && names.contains(other)));
        while let Some(ground) = files.iter().find(|(_, named)| named.is_empty()).map(|(name, _)| *name) {
            files.remove(ground);
            files.values_mut().for_each(|named| _ = named.remove(ground));
        }
        assert!(files.is_empty(), "in {folder}: {files:?}");
    }
}

#[test]
fn nothing_is_larger_than_one_reads_at_once() {
    let mut too_large = Vec::new();
    for source in sources() {
        let text = std::fs::read_to_string(golden::in_repository(&source.path)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let length = source.code.lines().count();
        if length > LARGEST_FILE && !lines[0].contains("long because") {
            too_large.push(format!("{}: {length} lines", source.path));
        }
        for Function { name, at, lines: length, parameters } in source.functions() {
            let above = lines[..at - 1].iter().rev().take_while(|line| line.trim_start().starts_with("//"));
            let says_why = above.into_iter().any(|line| line.contains("long because"));
            if length > LONGEST_FUNCTION && !says_why {
                too_large.push(format!("{}:{at}: {name} has {length} lines", source.path));
            }
            if parameters > MOST_PARAMETERS {
                too_large.push(format!("{}:{at}: {name} has {parameters} parameters", source.path));
            }
        }
    }
    assert!(too_large.is_empty(), "{}", too_large.join("\n"));
}

#[test]
fn functions_are_measured_as_they_stand() {
    let code = "pub fn one(self, a: BTreeMap<u8, (u8, u8)>, b: impl Fn(u8, u8) -> u8) -> u8 {\n    1\n}\nfn two() {}\n";
    let source = Source { path: "src/some.rs".to_owned(), code: code.to_owned() };
    let found: Vec<_> = source.functions().iter().map(|f| (f.name.to_owned(), f.at, f.lines, f.parameters)).collect();
    assert_eq!(found, [("one".to_owned(), 1, 3, 2), ("two".to_owned(), 4, 1, 0)]);
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
    let clocks = ["Local", "Instant", "SystemTime", "now()"];
    for source in sources().iter().filter(|source| source.room() == "roster") {
        for (at, line) in source.lines() {
            let named = |name: &str| line.contains(&format!("{name}::")) || line.contains(&format!("use {name};"));
            let of_std = of_std.iter().any(|module| {
                line.contains(&format!("std::{module}"))
                    || (line.contains("use std::{")
                        && line.split(['{', ',', ' ', ':', '}']).any(|part| part == *module))
            });
            let clock = line.contains("Utc::")
                || clocks.iter().any(|clock| {
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
