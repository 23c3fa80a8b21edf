//! Every test is there that a table of promises names: of the article in `tests/article.md`, of the README in `tests/promises.md`.

use crate::golden;

fn read(path: &str) -> String {
    std::fs::read_to_string(golden::in_repository(path)).unwrap_or_else(|_| panic!("{path}"))
}

/// What a table promises, row by row, once every test that it names was found.
#[track_caller]
fn promises(table: &str) -> Vec<String> {
    let table = read(table);
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    let promise = |row: &str| {
        let cells: Vec<&str> = row.trim_matches(['|', ' ']).split(" | ").collect();
        let [promise, tests] = cells[..] else { panic!("not two cells: {row}") };
        for test in tests.split("; ") {
            let (file, name) = test.trim_start_matches('`').split_once("` ").unwrap_or_else(|| panic!("{test}"));
            let path = if file.ends_with(".rs") { file.to_owned() } else { format!("tests/it/{file}.rs") };
            assert!(read(&path).contains(&format!("fn {name}(")), "{path} has no test {name}");
        }
        promise.to_owned()
    };
    rows.map(promise).collect()
}

#[test]
fn every_sentence_of_the_article_is_pointed_to_by_tests_that_exist() {
    let sentences = promises("tests/article.md");
    assert!(sentences.len() >= 15, "{sentences:?}");
}

#[test]
fn every_promise_of_the_readme_names_the_tests_that_hold_it() {
    let readme = read("README.md");
    let section = |title: &str| readme.split_once(&format!("\n## {title}\n")).unwrap().1.split("\n## ").next().unwrap();
    let never = section("What it will never do").lines().filter_map(|line| line.strip_prefix("- "));
    let steps = section("The three steps").lines().filter(|line| line.starts_with("**"));
    let made: Vec<&str> = never.chain(steps).collect();
    let held = promises("tests/promises.md");
    assert_eq!(held.len(), made.len(), "{made:#?}");
    // A promise may go on in the next line.
    let text = readme.replace("\n  ", " ");
    for (made, held) in made.iter().zip(&held) {
        assert!(text.contains(held) && (made.starts_with(held) || held.starts_with(made)), "{made} is not {held}");
    }
}

#[test]
fn the_table_stands_in_one_place() {
    for document in ["README.md", "ARCHITECTURE.md"] {
        assert!(!read(document).contains("| Sentence |"), "{document} repeats the table of tests/article.md");
    }
    assert!(read("ARCHITECTURE.md").contains("(tests/article.md)"), "ARCHITECTURE.md does not say where the table is");
}
