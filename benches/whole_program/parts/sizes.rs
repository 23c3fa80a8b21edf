//! Companies of several sizes: what the first sync, a run without changes and one with 1 % changed cost beside their
//! floors.

mod told;

use std::fmt;

use anyhow::ensure;

use crate::bare::{CONNECTIONS, Client};
use crate::cost::{Cost, median};
use crate::serve::{Asked, Shape};
use crate::stage::{Changes, Run, Stage};

/// What a run finds to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// No mirror yet, and nothing is delivered: the first delivery needs a person.
    FirstSync,
    NoChange,
    /// One last name in a hundred.
    FewChanges,
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FirstSync => "first sync",
            Self::NoChange => "no change",
            Self::FewChanges => "1 % changed",
        })
    }
}

/// One kind of work at one size, the median of its rounds.
#[derive(Debug)]
pub struct Measured {
    pub people: usize,
    pub work: Work,
    pub asked: Asked,
    pub program: Run,
    pub library: Cost,
    pub sockets: Cost,
}

/// Commands that ask Personio nothing, at the largest size.
#[derive(Debug, Clone, Copy)]
pub struct Offline {
    pub status: Cost,
    pub help: Cost,
}

#[derive(Debug)]
pub struct Sizes {
    pub measured: Vec<Measured>,
    /// The same with one person: what a run costs before anybody is in it.
    pub fixed: Vec<Measured>,
    pub offline: Offline,
}

pub fn measure(people: &[usize], rounds: usize) -> anyhow::Result<Sizes> {
    let mut people = people.to_vec();
    people.sort_unstable();
    people.dedup();
    let (fixed, _) = at_one_size(1, &[Work::FirstSync, Work::NoChange], rounds)?;
    let mut measured = Vec::new();
    let mut offline = None;
    for people in people {
        let (rows, commands) = at_one_size(people, &[Work::FirstSync, Work::NoChange, Work::FewChanges], rounds)?;
        measured.extend(rows);
        offline = Some(commands);
    }
    let offline = offline.ok_or_else(|| anyhow::anyhow!("no size was given"))?;
    Ok(Sizes { measured, fixed, offline })
}

fn at_one_size(people: usize, works: &[Work], rounds: usize) -> anyhow::Result<(Vec<Measured>, Offline)> {
    let stage = Stage::new(Shape::of(people))?;
    // Not measured: the sandbox makes every page when it is first asked for.
    stage.sync()?;
    let mut measured = Vec::new();
    for &work in works {
        if work == Work::NoChange {
            stage.deliver_to_a_file()?;
        }
        measured.push(at_one_work(&stage, people, work, rounds)?);
    }
    let often = |arguments: &[&str]| -> anyhow::Result<Cost> {
        let costs: anyhow::Result<Vec<Cost>> = (0..rounds).map(|_| stage.cost_of(arguments)).collect();
        Ok(median(costs?, |cost| *cost))
    };
    Ok((measured, Offline { status: often(&["status"])?, help: often(&["--help"])? }))
}

/// Program and floors take turns, so that whatever else this machine does meets all of them.
fn at_one_work(stage: &Stage, people: usize, work: Work, rounds: usize) -> anyhow::Result<Measured> {
    let (mut program, mut library, mut sockets) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=rounds {
        eprintln!("people: {people}, {work}: round {round} of {rounds}");
        let expected = prepare(stage, work)?;
        stage.sandbox.asked()?;
        let run = stage.sync()?;
        let asked = stage.sandbox.asked()?;
        check(stage, expected)?;
        library.push(stage.fetch(Client::Library, &asked, CONNECTIONS)?);
        sockets.push(stage.fetch(Client::Sockets, &asked, CONNECTIONS)?);
        program.push((run, asked));
    }
    let (program, asked) = median(program, |(run, _)| run.cost);
    let (library, sockets) = (median(library, |cost| *cost), median(sockets, |cost| *cost));
    Ok(Measured { people, work, asked, program, library, sockets })
}

/// Makes the work and tells what the run is to change; `None` where that is everybody.
fn prepare(stage: &Stage, work: Work) -> anyhow::Result<Option<Changes>> {
    let nothing = Changes { added: 0, updated: 0, removed: 0 };
    Ok(match work {
        Work::FirstSync => {
            stage.forget_the_mirror()?;
            None
        }
        Work::NoChange => Some(nothing),
        Work::FewChanges => Some(Changes { updated: stage.rename_one_in_a_hundred()?, ..nothing }),
    })
}

/// A run that was fast because it did something else counts for nothing.
fn check(stage: &Stage, expected: Option<Changes>) -> anyhow::Result<()> {
    let standing = stage.standing()?;
    let everybody = Changes { added: standing.counts.people, updated: 0, removed: 0 };
    let expected = expected.unwrap_or(everybody);
    ensure!(standing.last_run.exit_code == 0, "the run ended with {}", standing.last_run.exit_code);
    ensure!(standing.last_run.counts == Some(expected), "{:?} instead of {expected:?}", standing.last_run.counts);
    Ok(())
}
