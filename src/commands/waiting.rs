//! What somebody at a terminal sees while Personio is asked: a bar, and why it stands still.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use crate::personio::{Observer, Progress};

/// A bar on standard error, where that is a terminal. It goes when the client that tells it goes.
pub fn bar() -> Observer {
    // Nothing is drawn before the first word.
    let bar =
        ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden()).with_finish(ProgressFinish::AndClear);
    // A bar needs a length, which the first page says.
    set_style(&bar, "Asking Personio {msg}");
    Observer::new(move |progress| {
        if bar.is_hidden() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        if bar.is_finished() {
            bar.reset();
        }
        match progress {
            Progress::Received { received, total } => {
                bar.set_message("");
                if bar.length() == Some(0) {
                    set_style(&bar, "Reading employees {wide_bar} {pos}/{len}, {eta} left {msg}");
                }
                bar.set_length(total);
                bar.set_position(received);
                if received == total {
                    bar.finish_and_clear();
                }
            }
            Progress::Retrying { reason, after } => {
                bar.set_message(format!("{reason}; next try in {} s", after.as_secs() + 1));
            }
            Progress::AtTheLimit { time_left } => {
                bar.set_message(format!("limit of requests reached; {} s left", time_left.as_secs() + 1));
            }
        }
    })
}

fn set_style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}
