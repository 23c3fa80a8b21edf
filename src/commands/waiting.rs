//! What somebody at a terminal sees while Personio is asked: a bar, and why it stands still.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use crate::personio::{Observer, Progress};

// Each has one part that gives way, so that a line stays a line on the narrowest terminal. What must be read comes before it.
const ASKING: &str = "Asking Personio";
const ASKING_AGAIN: &str = "Personio: {wide_msg}";
const READING: &str = "Employees {wide_bar} {pos}/{len}, {eta} left";
const STANDING_STILL: &str = "Employees {pos}/{len}, {wide_msg}";

/// A bar on standard error, where that is a terminal. It goes when the client that tells it goes.
pub(super) fn bar() -> Observer {
    drawn_on(ProgressDrawTarget::stderr)
}

fn drawn_on(target: impl Fn() -> ProgressDrawTarget + Send + Sync + 'static) -> Observer {
    // Nothing is drawn before the first word.
    let bar =
        ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden()).with_finish(ProgressFinish::AndClear);
    // A bar needs a length, which the first page says.
    set_style(&bar, ASKING);
    Observer::new(move |progress| {
        if bar.is_hidden() {
            bar.set_draw_target(target());
        }
        if bar.is_finished() {
            bar.reset();
        }
        match progress {
            Progress::Received { received, total } => {
                set_style(&bar, READING);
                bar.set_length(total);
                bar.set_position(received);
                if received == total {
                    bar.finish_and_clear();
                }
            }
            Progress::Retrying { reason, after } => {
                stand_still(&bar, format!("next try in {} s: {reason}", after.as_secs() + 1));
            }
            Progress::AtTheLimit { time_left } => {
                stand_still(&bar, format!("{} s left: limit of requests reached", time_left.as_secs() + 1));
            }
        }
    })
}

fn stand_still(bar: &ProgressBar, why: String) {
    set_style(bar, if bar.length() == Some(0) { ASKING_AGAIN } else { STANDING_STILL });
    bar.set_message(why);
}

fn set_style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}

#[cfg(test)]
mod tests {
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
}
