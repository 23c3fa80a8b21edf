//! Every test that the table of the article names is there. The table stands in `tests/article.md` and nowhere else.

use crate::{golden, promises};

#[test]
fn every_sentence_of_the_article_is_pointed_to_by_tests_that_exist() {
    let sentences = promises::sentences("tests/article.md");
    assert!(sentences.len() >= 15, "{sentences:?}");
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
