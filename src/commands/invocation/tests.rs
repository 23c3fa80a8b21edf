//! Paths as a shell reads them.

use super::*;

#[test]
fn a_path_is_one_word_for_a_shell() {
    for (path, expected) in
        [("/a/b.toml", "/a/b.toml"), ("/a b", "'/a b'"), ("/o'neil", "'/o'\\''neil'"), ("/$x", "'/$x'")]
    {
        assert_eq!(quoted(Path::new(path)), expected);
    }
}
