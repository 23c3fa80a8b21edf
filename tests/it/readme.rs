//! What the README shows is what happens.

use std::path::Path;

/// What is written for people.
const DOCUMENTS: [&str; 10] = [
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/json.md",
    "docs/operating.md",
    "docs/privacy.md",
    "docs/releasing.md",
    "docs/who-is-in.md",
];

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// What stands in the fenced block after a marker.
fn block(readme: &str, marker: &str) -> String {
    let (_, rest) = readme.split_once(marker).unwrap_or_else(|| panic!("{marker} is not in the README"));
    let (_, rest) = rest.split_once("```").unwrap();
    let (_, rest) = rest.split_once('\n').unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// With `UPDATE` set, the README gets the golden file's text.
#[test]
fn the_sample_plan_is_the_golden_file() {
    let (readme, golden) = (read("README.md"), read("tests/golden/sample-plan.txt"));
    let shown = block(&readme, "<!-- sample-plan -->");
    if std::env::var_os("UPDATE").is_some() && shown != golden {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
        std::fs::write(path, readme.replacen(&shown, &golden, 1)).unwrap();
        return;
    }
    assert_eq!(shown, golden);
}

/// Where a document of this repository points to something in it, it is there.
#[test]
fn what_the_documents_point_to_is_there() {
    let mut broken = Vec::new();
    for document in DOCUMENTS {
        let text = read(document);
        let folder = Path::new(document).parent().unwrap();
        for (_, rest) in text.match_indices("](").map(|(at, _)| text.split_at(at + 2)) {
            let target = rest.split(')').next().unwrap();
            if target.contains("://") {
                continue;
            }
            let (file, section) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { Path::new(document).to_owned() } else { folder.join(file) };
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
            let has_section =
                section.is_empty() || std::fs::read_to_string(&path).is_ok_and(|text| has(&text, section));
            if !path.exists() || !has_section {
                broken.push(format!("{document}: {target}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:?}");
}

/// Whether a heading has this anchor.
fn has(text: &str, section: &str) -> bool {
    let anchor = |heading: &str| -> String {
        let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
    };
    text.lines().filter_map(|line| line.strip_prefix('#')).any(|line| anchor(line.trim_start_matches('#')) == section)
}

/// An operator looks up there what to do about a plan that is held.
#[test]
fn every_rule_of_the_guard_is_in_the_table_of_the_operator() {
    let rules = read("src/roster/guard/rule.rs");
    let kinds: Vec<&str> = rules.split("Card::of(\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(kinds.len() >= 17, "{kinds:?}");
    let table = read("docs/operating.md");
    let (_, table) = table.split_once("| Held because |").unwrap();
    let rows: Vec<&str> = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    let first_cells: String = rows.iter().map(|row| row.split('|').nth(1).unwrap()).collect();
    let missing: Vec<&&str> = kinds.iter().filter(|kind| !first_cells.contains(&format!("`{kind}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// A key that a document names stands in the example of the configuration.
#[test]
fn the_keys_that_the_documents_name_exist() {
    let example = read("config.example.toml");
    let has_key = |key: &str| {
        let keys = example.lines().map(|line| line.trim_start_matches('#'));
        keys.filter_map(|line| line.split_once(" =")).any(|(name, _)| name.trim_matches('"') == key)
    };
    let mut unknown = Vec::new();
    for document in DOCUMENTS {
        let text = read(document);
        for (_, rest) in text.match_indices("`[").map(|(at, _)| text.split_at(at + 1)) {
            let name = rest.split('`').next().unwrap();
            let Some((section, key)) = name.trim_start_matches('[').split_once(']') else { continue };
            let key = key.trim().split([' ', '=']).next().unwrap();
            // Of systemd, in the recipes.
            let ours = !["Service", "Unit"].contains(&section);
            let known = example.contains(&format!("\n[{section}]\n")) && (key.is_empty() || has_key(key));
            if ours && !known {
                unknown.push(format!("{document}: {name}"));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn the_exit_codes_are_those_of_the_help() {
    let mut help = Vec::new();
    let mut command = <honestly_sync::cli::Cli as clap::CommandFactory>::command();
    command.write_long_help(&mut help).unwrap();
    let help = String::from_utf8(help).unwrap();
    let (_, codes) = help.split_once("Exit codes:").unwrap();
    let codes: Vec<&str> = codes.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let readme = read("README.md");
    let (_, table) = readme.split_once("| Code |").unwrap();
    let rows: Vec<&str> = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('|').nth(1).unwrap().trim())
        .collect();
    assert_eq!(rows, codes);
}

#[test]
fn ci_runs_the_commands_of_the_readme() {
    let readme = read("README.md");
    let ci = read(".ci/run");
    for marker in ["<!-- try -->", "<!-- test -->"] {
        let command = block(&readme, marker);
        assert_eq!(command.lines().count(), 1, "{marker} is one command");
        assert!(ci.contains(marker), "{marker} is not run by .ci/run");
    }
}
