//! How many random cases a law is tried with.

use proptest::test_runner::Config;

/// As many as usual, or as `PROPTEST_CASES` says. A finding becomes a row of a table, so none is kept in a file.
pub fn cases(usual: u32) -> Config {
    let given = std::env::var_os("PROPTEST_CASES").is_some();
    let default = Config { failure_persistence: None, ..Config::default() };
    if given { default } else { Config { cases: usual, ..default } }
}
