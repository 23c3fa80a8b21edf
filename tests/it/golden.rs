//! Texts that stand in `tests/golden/`, for people to read and for tests to compare with. `UPDATE=1 cargo test` rewrites them.

use std::path::{Path, PathBuf};

/// Where a file of the repository is.
pub fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Compares a text with a file of the repository.
#[track_caller]
pub fn assert_is(path: &str, actual: &str) {
    let path = in_repository(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == actual,
        "{} is not what is said now; UPDATE=1 cargo test rewrites it\n--- expected\n{expected}\n--- actual\n{actual}",
        path.display()
    );
}
