//! What the README shows is what happens.

use std::path::Path;

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

#[test]
fn the_sample_plan_is_the_golden_file() {
    assert_eq!(block(&read("README.md"), "<!-- sample-plan -->"), read("tests/golden/sample-plan.txt"));
}

#[test]
fn the_table_of_the_article_is_in_the_architecture() {
    let article = read("tests/article.md");
    let (_, table) = article.split_at(article.find("| Sentence").unwrap());
    let architecture = read("ARCHITECTURE.md");
    let (_, rest) = architecture.split_once("<!-- article -->\n").unwrap();
    assert_eq!(rest.split_once("<!-- /article -->").unwrap().0, table);
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
