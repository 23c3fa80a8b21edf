//! Every promise of the README has a test, and every test that such a table names is there.

use crate::golden;
use crate::personio::{Personio, person};
use crate::stage::Stage;

fn read(path: &str) -> String {
    std::fs::read_to_string(golden::in_repository(path)).unwrap_or_else(|_| panic!("{path}"))
}

/// The first cells of a table of sentences and tests, once every test in it is found.
pub fn sentences(table: &str) -> Vec<String> {
    let table = read(table);
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1).map(|row| {
        let cells: Vec<&str> = row.trim_matches(['|', ' ']).split(" | ").collect();
        let [sentence, tests] = cells[..] else { panic!("not two cells: {row}") };
        for test in tests.split("; ") {
            let (file, name) = test.trim_start_matches('`').split_once("` ").unwrap_or_else(|| panic!("{test}"));
            let path = if file.ends_with(".rs") { file.to_owned() } else { format!("tests/it/{file}.rs") };
            assert!(read(&path).contains(&format!("fn {name}(")), "{path} has no test {name}");
        }
        sentence.to_owned()
    });
    rows.collect()
}

#[test]
fn every_promise_of_the_readme_has_its_test() {
    let readme = read("README.md");
    let (_, section) = readme.split_once("\n## The promises\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let promises: Vec<&str> =
        section.lines().filter_map(|line| line.strip_prefix("- **")?.split("**").next()).collect();
    assert!(promises.len() >= 8, "{promises:?}");
    assert_eq!(sentences("tests/promises.md"), promises);
}

#[test]
fn personio_is_only_read() {
    let personio = Personio::with([person(1, "Ada", "Lovelace", "ada@example.org")]);
    let stage = Stage::in_step(&personio);
    for arguments in [&["sync"][..], &["sync", "--dry-run"], &["sync", "--dry-run", "--explain", "1"], &["status"]] {
        stage.run(arguments).expect(0);
    }
    // The sign-in is a POST, and nothing else.
    let requests = personio.requests();
    assert!(requests.len() > 4, "{requests:?}");
    let writes: Vec<_> = requests.iter().filter(|one| !one.starts_with("GET ") && *one != "POST /v1/auth").collect();
    assert!(writes.is_empty(), "{writes:?}");
}
