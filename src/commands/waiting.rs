//! What somebody at a terminal sees while Personio is asked: a bar, and the reason when it stands still.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use crate::personio::{Observer, Progress};

// Each template has one part that can shrink, so that a line stays a line on the narrowest terminal. What must be read comes
// before it.
const ASKING: &str = "Asking Personio";
const ASKING_AGAIN: &str = "Personio: {wide_msg}";
const READING: &str = "Employees {wide_bar} {pos}/{len}, {eta} left";
const STANDING_STILL: &str = "Employees {pos}/{len}, {wide_msg}";

/// A bar on standard error, where that is a terminal. It disappears when its client is dropped.
pub(super) fn bar() -> Observer {
    drawn_on(ProgressDrawTarget::stderr)
}

fn drawn_on(target: impl Fn() -> ProgressDrawTarget + Send + Sync + 'static) -> Observer {
    // Nothing is drawn before the first news.
    let bar =
        ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden()).with_finish(ProgressFinish::AndClear);
    // A bar needs a length, and only the first page gives it.
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
mod tests;
