//! How close the program comes to Personio's limits without ever provoking a refusal.

use std::time::Duration;

use crate::remotes::{Judged, Verdict};
use crate::sandbox::api::Limits;
use crate::serve::Shape;
use crate::stage::Stage;
use crate::table::{ratio, whole};

/// Fewer pages than the minute allows, and more.
const PEOPLE: [usize; 2] = [10_000, 40_000];
const AT_MOST: f64 = 1.1;

pub fn measure() -> anyhow::Result<Vec<Judged>> {
    let mut judged = Vec::new();
    for people in PEOPLE {
        eprintln!("people: {people}, within the limits");
        let stage = Stage::new(Shape { limits: Limits::Enforced, ..Shape::of(people) })?;
        let run = stage.sync()?;
        let counted = stage.sandbox.counted()?;
        let fastest = fastest_schedule(counted.employee_pages as usize);
        let factor = ratio(run.cost.wall, fastest);
        let work = format!("{} people with 15 requests a second and 300 a minute", whole(people));
        judged.push(Judged {
            work: work.clone(),
            target: "not one 429".to_owned(),
            measured: format!("{} in {} pages", counted.too_many_requests, counted.employee_pages),
            verdict: Verdict::of(counted.too_many_requests == 0),
        });
        judged.push(Judged {
            work,
            target: format!("at most {AT_MOST} × the fastest schedule"),
            measured: format!("{factor:.2} ×: {:.1} s, not {} s", run.cost.wall.as_secs_f64(), fastest.as_secs()),
            verdict: Verdict::of(factor <= AT_MOST),
        });
    }
    Ok(judged)
}

/// When the last of so many pages can be asked for at the earliest: each no earlier than a second after the fifteenth
/// before it, and a minute after the three hundredth before it.
fn fastest_schedule(pages: usize) -> Duration {
    let mut left: Vec<Duration> = Vec::with_capacity(pages);
    for page in 0..pages {
        let after = |requests: usize, seconds: u64| {
            page.checked_sub(requests).map_or(Duration::ZERO, |earlier| left[earlier] + Duration::from_secs(seconds))
        };
        left.push(after(15, 1).max(after(300, 60)));
    }
    left.last().copied().unwrap_or_default()
}
