//! A configuration: taken, or refused in words that point into the text and never repeat a value that may be a secret.

#![no_main]

use std::cell::RefCell;
use std::io::{Seek as _, Write as _};
use std::path::PathBuf;

use honestly_sync::config::{Environment, load};
use libfuzzer_sys::fuzz_target;
use tempfile::NamedTempFile;

/// Where this stands as a value, no message may show it.
const CANARY: &str = "canary0secret";

thread_local! {
    static FILE: RefCell<NamedTempFile> = RefCell::new(NamedTempFile::new_in("/dev/shm").expect("a file in memory"));
}

fuzz_target!(|text: &str| {
    FILE.with_borrow_mut(|file| {
        let path = file.path().to_owned();
        file.rewind().and_then(|()| file.as_file().set_len(0)).expect("an empty file");
        file.write_all(text.as_bytes()).expect("the text in the file");
        let environment = Environment { home: Some(PathBuf::from("/nonexistent")), ..Environment::default() };
        if let Err(failure) = load(Some(&path), environment) {
            assert!(!failure.message.is_empty());
            assert!(!failure.message.contains(CANARY), "a value is repeated: {}", failure.message);
        }
    });
});
