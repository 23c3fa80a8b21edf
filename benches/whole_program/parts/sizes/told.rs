//! The sizes as tables, lines and targets.

use super::{Measured, Offline, Sizes, Work};
use crate::cost::Cost;
use crate::remotes::{Judged, Verdict};
use crate::table::{Table, measured, megabytes, milliseconds, ratio, whole};

/// How much more a person may cost among the most people than among the fewest.
const GROWTH_AT_MOST: f64 = 1.2;

/// At most so many times the floor.
const OF_THE_FLOOR: [(usize, Work, f64); 3] =
    [(10_000, Work::FirstSync, 1.5), (10_000, Work::NoChange, 1.25), (100_000, Work::FirstSync, 1.5)];

/// At most so many megabytes.
const MEMORY: [(usize, Work, f64); 2] = [(100_000, Work::FirstSync, 160.0), (100_000, Work::NoChange, 128.0)];

/// The part of a run with few changes that may go to what is not reading.
const OWN_WORK: (usize, f64) = (100_000, 0.1);

impl Sizes {
    pub fn tables(&self) -> String {
        let lines: String = self.lines().iter().map(|line| format!("- {line}\n")).collect();
        let growth = self.growth().map_or_else(String::new, |growth| format!("{}\n", growth.render()));
        format!("{}\n{growth}{lines}", self.costs().render())
    }

    fn costs(&self) -> Table {
        let mut table = Table::new([
            "People",
            "Work",
            "Requests",
            "Wall ms",
            "floors",
            "× floors",
            "CPU ms",
            "floors",
            "Peak MB",
            "floors",
        ]);
        for Measured { people, work, asked, program, library, sockets } in self.fixed.iter().chain(&self.measured) {
            let floors = |number: &dyn Fn(&Cost) -> f64| {
                format!("{} / {}", measured(number(library)), measured(number(sockets)))
            };
            let program = program.cost;
            table.push([
                whole(*people),
                work.to_string(),
                // Signing in is one more.
                whole(asked.targets.len() + 1),
                measured(milliseconds(program.wall)),
                floors(&|floor| milliseconds(floor.wall)),
                floors(&|floor| ratio(program.wall, floor.wall)),
                measured(milliseconds(program.cpu)),
                floors(&|floor| milliseconds(floor.cpu)),
                measured(megabytes(program.peak)),
                floors(&|floor| megabytes(floor.peak)),
            ]);
        }
        table
    }

    /// What a person costs at the fewest people and at the most. With one size there is no growth.
    fn growth(&self) -> Option<Table> {
        let mut table =
            Table::new(["µs a person", "people", "", "people", "", "growth", "without the cost of one person"]);
        for work in [Work::FirstSync, Work::NoChange, Work::FewChanges] {
            let Growth { fewest, most, raw, net } = self.growth_of(work)?;
            table.push([
                work.to_string(),
                whole(fewest.people),
                measured(microseconds_a_person(fewest)),
                whole(most.people),
                measured(microseconds_a_person(most)),
                format!("{raw:.2} ×"),
                net.map_or_else(String::new, |net| format!("{net:.2} ×")),
            ]);
        }
        Some(table)
    }

    fn growth_of(&self, work: Work) -> Option<Growth<'_>> {
        let mut sizes = self.measured.iter().filter(|measured| measured.work == work);
        let (fewest, most) = (sizes.next()?, sizes.next_back()?);
        let fixed = self.fixed.iter().find(|measured| measured.work == work);
        let net = fixed.map(|fixed| {
            let net = |measured: &Measured| {
                let more = measured.program.cost.wall.saturating_sub(fixed.program.cost.wall);
                more.as_secs_f64() / (measured.people - fixed.people) as f64
            };
            net(most) / net(fewest)
        });
        Some(Growth { fewest, most, raw: microseconds_a_person(most) / microseconds_a_person(fewest), net })
    }

    fn lines(&self) -> Vec<String> {
        let Self { measured: rows, fixed: _, offline: Offline { status, help } } = self;
        let mut lines = Vec::new();
        for row in rows.iter().filter(|row| row.work == Work::FewChanges) {
            if let Some(phases) = &row.program.phases {
                lines.push(format!("1 % changed of {} people: {}.", whole(row.people), phases.list()));
            }
        }
        if let Some(Measured { people, asked, program, sockets, .. }) = rows.last() {
            let megabytes_a_second = |cost: &Cost| measured(megabytes(asked.bytes) / cost.wall.as_secs_f64());
            lines.push(format!(
                "The sandbox with {} people gives plain sockets {} MB a second; the program reads {}.",
                whole(*people),
                megabytes_a_second(sockets),
                megabytes_a_second(&program.cost),
            ));
            lines.push(format!(
                "`status` with {} people: {} ms. `--help`: {} ms.",
                whole(*people),
                measured(milliseconds(status.wall)),
                measured(milliseconds(help.wall)),
            ));
        }
        lines
    }

    pub fn judge(&self) -> Vec<Judged> {
        let mut judged = Vec::new();
        for (people, work, limit) in OF_THE_FLOOR {
            let Some(Measured { program, library, sockets, .. }) = self.find(people, work) else { continue };
            for (floor, name) in [(library, " the bare client, HTTP library"), (sockets, " the bare client, sockets")] {
                let times = ratio(program.cost.wall, floor.wall);
                judged.push(Judged::at_most(title(people, work), limit, "×", name, times));
            }
        }
        for (people, work, limit) in MEMORY {
            let Some(Measured { program, .. }) = self.find(people, work) else { continue };
            judged.push(Judged::at_most(
                title(people, work),
                limit,
                "MB",
                " at its peak",
                megabytes(program.cost.peak),
            ));
        }
        judged.extend(self.judge_own_work());
        for work in [Work::FirstSync, Work::NoChange] {
            let Some(Growth { fewest, most, raw, net: _ }) = self.growth_of(work) else { continue };
            let title = format!("{work}, {} instead of {} people", whole(most.people), whole(fewest.people));
            judged.push(Judged::at_most(title, GROWTH_AT_MOST, "×", " the time for each", raw));
        }
        judged
    }

    fn judge_own_work(&self) -> Option<Judged> {
        let (people, limit) = OWN_WORK;
        let program = &self.find(people, Work::FewChanges)?.program;
        let part = program.phases.as_ref().map(|phases| ratio(phases.own_work(), program.cost.wall));
        Some(Judged {
            work: format!("{}: decide, compare, apply, feed", title(people, Work::FewChanges)),
            target: format!("under {:.0} % of the run", limit * 100.0),
            measured: part
                .map_or_else(|| "the program does not tell".to_owned(), |part| format!("{:.1} %", part * 100.0)),
            verdict: part.map_or(Verdict::Open, |part| Verdict::of(part < limit)),
        })
    }

    fn find(&self, people: usize, work: Work) -> Option<&Measured> {
        self.measured.iter().find(|measured| (measured.people, measured.work) == (people, work))
    }
}

/// How the cost of a person grows from the fewest people to the most.
struct Growth<'m> {
    fewest: &'m Measured,
    most: &'m Measured,
    raw: f64,
    /// Without what a run with one person costs, where that was measured.
    net: Option<f64>,
}

fn microseconds_a_person(measured: &Measured) -> f64 {
    milliseconds(measured.program.cost.wall) * 1e3 / measured.people as f64
}

fn title(people: usize, work: Work) -> String {
    format!("{work}, {} people", whole(people))
}
