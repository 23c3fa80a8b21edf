//! The bar on a narrow screen.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::TermLike;

use super::*;

#[derive(Debug, Clone)]
struct Narrow {
    width: u16,
    drawn: Arc<Mutex<String>>,
}

impl Narrow {
    fn put(&self, text: &str) -> io::Result<()> {
        self.drawn.lock().unwrap().push_str(text);
        Ok(())
    }
}

impl TermLike for Narrow {
    fn width(&self) -> u16 {
        self.width
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.put(&format!("{text}\n"))
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.put(text)
    }
    fn clear_line(&self) -> io::Result<()> {
        self.put("\n")
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn every_word_stays_on_one_line_and_says_how_long_it_lasts() {
    let drawn = Arc::new(Mutex::new(String::new()));
    let screen = Narrow { width: 40, drawn: Arc::clone(&drawn) };
    let observer = drawn_on(move || ProgressDrawTarget::term_like(Box::new(screen.clone())));
    let reason = "Personio did not answer api.personio.de:443 within 60 seconds".to_owned();
    let after = Duration::from_secs(29);
    let told = [
        (Progress::Retrying { reason: reason.clone(), after }, "Personio: next try in 30 s: "),
        (Progress::Received { received: 100, total: 100_000 }, " 100/100000, "),
        (Progress::AtTheLimit { time_left: after }, "Employees 100/100000, 30 s left: "),
        (Progress::Retrying { reason, after }, "Employees 100/100000, next try in 30 s: "),
        (Progress::Received { received: 99_900, total: 100_000 }, " 99900/100000, "),
    ];
    for (progress, expected) in told {
        drawn.lock().unwrap().clear();
        observer.tell(progress);
        let text = drawn.lock().unwrap().clone();
        let lines = text.split(['\n', '\r']);
        assert!(text.contains(expected), "{text:?} for {expected:?}");
        assert!(lines.clone().all(|line| line.chars().count() <= 40), "{text:?}");
    }
}
