//! What asking for pages ahead is worth where answers take their time, as they do at Personio.

use std::time::Duration;

use crate::bare::Client;
use crate::cost::median;
use crate::remotes::{Judged, Verdict};
use crate::serve::Shape;
use crate::stage::Stage;
use crate::table::{ratio, whole};

const PEOPLE: usize = 2_000;
const LATENCY: Duration = Duration::from_millis(300);
/// Waiting is most of it, and waits vary little.
const ROUNDS: usize = 3;
const TIMES_FASTER: f64 = 3.0;

pub fn measure() -> anyhow::Result<[Judged; 1]> {
    let stage = Stage::new(Shape { latency: LATENCY, ..Shape::of(PEOPLE) })?;
    let (mut program, mut in_turn) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        eprintln!("people: {PEOPLE}, answers after {} ms: round {round} of {ROUNDS}", LATENCY.as_millis());
        stage.forget_the_mirror()?;
        program.push(stage.sync()?.cost);
        let asked = stage.sandbox.asked()?;
        in_turn.push(stage.fetch(Client::Sockets, &asked, 1)?);
    }
    let (program, in_turn) = (median(program, |cost| *cost), median(in_turn, |cost| *cost));
    let factor = ratio(in_turn.wall, program.wall);
    Ok([Judged {
        work: format!("first sync, {} people, {} ms for each answer", whole(PEOPLE), LATENCY.as_millis()),
        target: format!("at least {TIMES_FASTER} × faster than one connection"),
        measured: format!(
            "{factor:.2} ×: {:.2} s, not {:.2} s",
            program.wall.as_secs_f64(),
            in_turn.wall.as_secs_f64()
        ),
        verdict: Verdict::of(factor >= TIMES_FASTER),
    }])
}
