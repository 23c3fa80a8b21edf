//! What the README shows is what happens.

use std::path::Path;

use honestly_sync::exit::Exit;

/// What is written for people.
const DOCUMENTS: [&str; 11] = [
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/held-plans.md",
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

/// Where a document points inside of the repository: the file as it is written there, and the section.
fn links(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let targets = text.match_indices("](").map(|(at, _)| text[at + 2..].split(')').next().unwrap());
    targets.filter(|target| !target.contains("://")).map(|target| target.split_once('#').unwrap_or((target, "")))
}

#[test]
fn what_the_documents_point_to_is_there() {
    let mut broken = Vec::new();
    for document in DOCUMENTS {
        let folder = Path::new(document).parent().unwrap();
        let text = read(document);
        for (file, section) in links(&text) {
            let path = if file.is_empty() { Path::new(document).to_owned() } else { folder.join(file) };
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
            let has_section =
                section.is_empty() || std::fs::read_to_string(&path).is_ok_and(|text| has(&text, section));
            if !path.exists() || !has_section {
                broken.push(format!("{document}: {file}#{section}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:?}");
}

/// The package keeps documents and examples where the repository has them.
#[test]
fn what_the_documents_in_the_package_point_to_is_in_the_package() {
    let manifest = read("Cargo.toml");
    let (_, assets) = manifest.split_once("\nassets = [\n").unwrap();
    let (assets, _) = assets.split_once("\n]\n").unwrap();
    let of_documents = assets.lines().filter(|line| line.contains("\"usr/share/doc/honestly-sync/"));
    let packed: Vec<&str> = of_documents.map(|line| line.split('"').nth(1).unwrap()).collect();
    for file in &packed {
        let (folder, _) = file.rsplit_once('/').map_or(("", *file), |(folder, name)| (folder, name));
        let is_kept = assets.contains(&format!("[\"{file}\", \"usr/share/doc/honestly-sync/{folder}"));
        assert!(is_kept || file.starts_with("packaging/"), "{file} stands elsewhere in the package");
    }
    let mut missing = Vec::new();
    for document in packed.iter().filter(|file| file.ends_with(".md") && **file != "CHANGELOG.md") {
        let text = read(document);
        for (file, _) in links(&text).filter(|(file, _)| !file.is_empty()) {
            let path = match file.strip_prefix("../") {
                Some(path) => path.to_owned(),
                None => Path::new(document).with_file_name(file).display().to_string(),
            };
            if !packed.contains(&path.as_str()) {
                missing.push(format!("{document}: {file}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

/// The commands and drop-ins of the manual are those that `.ci/service` plays on a machine of its own.
#[test]
fn every_procedure_of_the_manual_is_played() {
    let (manual, ci) = (read("docs/operating.md"), read(".ci/service"));
    let lines: Vec<&str> = manual.lines().collect();
    let mut unplayed = Vec::new();
    for pair in lines.windows(2).filter(|pair| ["```sh", "```ini", "```toml"].contains(&pair[1])) {
        let marker = pair[0].strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")).unwrap_or(pair[0]);
        let plays = |how: &str| {
            ci.split(['\n', ';']).any(|line| {
                let (_, rest) = line.split_once(how).unwrap_or_default();
                rest.split([' ', '"']).next() == Some(marker) && !marker.is_empty()
            })
        };
        // The one for Kubernetes needs a cluster.
        if !["follow ", "drop_in ", "configure "].into_iter().any(plays) && marker != "approve-in-kubernetes" {
            unplayed.push(marker);
        }
    }
    assert!(unplayed.is_empty(), "{unplayed:?}");
}

/// Somebody has ten minutes.
#[test]
fn the_readme_is_short_and_says_how_to_try_and_install_it_first() {
    let readme = read("README.md");
    assert!(readme.lines().count() < 180);
    let line_of = |text: &str| readme.lines().position(|line| line.contains(text)).unwrap();
    assert!(line_of("<!-- try -->") < 30 && line_of("sudo apt install") < 60);
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

/// With `UPDATE` set, the manual gets the table.
#[test]
fn the_manual_has_the_exit_codes() {
    let rows = Exit::ALL.map(|exit| {
        let (meaning, what_to_do) = exit.told();
        format!("| {} | {meaning} | {what_to_do} |\n", exit.code())
    });
    let table = format!("| Code | Meaning | What to do |\n|---|---|---|\n{}", rows.concat());
    let manual = read("docs/operating.md");
    let (before, rest) = manual.split_once("<!-- exit-codes -->\n").unwrap();
    let (shown, after) = rest.split_once("\n\n").unwrap();
    if std::env::var_os("UPDATE").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operating.md");
        std::fs::write(path, format!("{before}<!-- exit-codes -->\n{table}\n{after}")).unwrap();
        return;
    }
    assert_eq!(format!("{shown}\n"), table);
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
