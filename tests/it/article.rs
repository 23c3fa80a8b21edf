//! Every test that the table of the article names is there. The table stands in `tests/article.md` and nowhere else.

use crate::golden;

#[test]
fn every_sentence_of_the_article_is_pointed_to_by_tests_that_exist() {
    let table = std::fs::read_to_string(golden::in_repository("tests/article.md")).unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() >= 15, "{rows:?}");
    for row in rows {
        let cells: Vec<&str> = row.trim_matches(['|', ' ']).split(" | ").collect();
        let [_, tests] = cells[..] else { panic!("not two cells: {row}") };
        for test in tests.split("; ") {
            let (file, name) = test.trim_start_matches('`').split_once("` ").unwrap_or_else(|| panic!("{test}"));
            let path = if file.ends_with(".rs") { file.to_owned() } else { format!("tests/it/{file}.rs") };
            let code = std::fs::read_to_string(golden::in_repository(&path)).unwrap_or_else(|_| panic!("{path}"));
            assert!(code.contains(&format!("fn {name}(")), "{path} has no test {name}");
        }
    }
}

#[test]
fn the_table_stands_in_one_place() {
    for document in ["README.md", "ARCHITECTURE.md"] {
        let text = std::fs::read_to_string(golden::in_repository(document)).unwrap();
        assert!(!text.contains("| Sentence |"), "{document} repeats the table of tests/article.md");
    }
    let architecture = std::fs::read_to_string(golden::in_repository("ARCHITECTURE.md")).unwrap();
    assert!(architecture.contains("(tests/article.md)"), "ARCHITECTURE.md does not say where the table is");
}
