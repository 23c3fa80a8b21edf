//! Random histories against the whole pipeline in one process: a company lives, Personio has its weather, operators edit
//! filters, exclusions, columns and destinations, also while people are undecided, and approve, somebody else writes at the destination, clocks jump, runs are cut off after
//! they delivered, deliveries fail.
//!
//! The laws, checked after every run by a model that knows the truth, and of the program what it was told: nobody goes who is
//! neither gone at Personio, nor out by the rules under which they were last decided, nor in the plan that a person approved,
//! a run that does not end in step changes nothing, what is
//! judged is what is sent (see `outlet`), and once the weather clears all is in step. `HONESTLY_SYNC_HISTORIES` says how many histories, and
//! `HONESTLY_SYNC_FIRST_HISTORY` from which on; each is one seed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use fastrand::Rng;
use honestly_sync::commands::Context;
use honestly_sync::commands::sync::{self, Apply, Ending};
use honestly_sync::config::{Environment, load};
use honestly_sync::exit::{Exit, Failure};
use honestly_sync::roster::model::record::AttributeKey;
use honestly_sync::roster::model::text::skeleton;
use honestly_sync::roster::plan::PlanDigest;
use honestly_sync::roster::plan::mirror::Mirror;
use honestly_sync::secret::Secret;
use honestly_sync::store::Reader;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::personio::http::{Delivery, Reply};
use crate::personio::{CLIENT_ID, Person, Personio, SECRET, person, refusal};
use crate::stage::called;

mod outlet;

use outlet::{Outlet, To, parse};

/// How many histories a plain `cargo test` looks at.
const USUALLY: u64 = 30;

const DEPARTMENTS: [&str; 3] = ["Engineering", "Sales", "People"];

/// Attributes that a credential may lose.
const LOSABLE: [&str; 7] =
    ["email", "last_name", "status", "hire_date", "termination_date", "department", "supervisor"];

/// One employment as it really is.
#[derive(Debug, Clone)]
struct Employment {
    address: String,
    last_name: String,
    department: usize,
    /// Every department that was ever theirs.
    departments: BTreeSet<usize>,
    first_day: NaiveDate,
    last_day: Option<NaiveDate>,
    status: &'static str,
    /// HR has emptied the status for a while.
    unstated: bool,
    deleted: bool,
}

/// What the configuration says at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rules {
    /// Only the department of this name; none means everybody.
    only: Option<String>,
    keep_on_leave: bool,
    exclude: BTreeSet<i64>,
}

/// The same with what the name stands for.
#[derive(Debug, Clone)]
struct Resolved {
    only: Option<BTreeSet<usize>>,
    keep_on_leave: bool,
    exclude: BTreeSet<i64>,
}

impl Employment {
    /// Whether somebody belongs, by the rules as the README tells them.
    fn belongs(&self, id: i64, today: NaiveDate, rules: &Resolved) -> bool {
        self.is_there(today, rules.keep_on_leave)
            && !rules.exclude.contains(&id)
            && rules.only.as_ref().is_none_or(|only| only.contains(&self.department))
    }

    /// As Personio states it: before the first day and on it nobody has.
    fn has_left(&self, today: NaiveDate) -> bool {
        let is_inactive = self.first_day < today && self.status == "inactive" && !self.unstated;
        self.last_day.map_or(is_inactive, |day| day < today)
    }

    fn is_there(&self, today: NaiveDate, on_leave_too: bool) -> bool {
        if self.deleted || self.first_day > today || self.last_day.is_some_and(|day| day < today) {
            return false;
        }
        match self.status {
            "leave" if self.first_day != today => on_leave_too,
            "inactive" if self.first_day != today => self.last_day.is_some(),
            _ => true,
        }
    }
}

/// What the name in the filter stands for, in the mirror or in a plan that was told: the departments that were called so in the
/// listing that was looked at, whatever the weather.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Filtered {
    name: String,
    departments: BTreeSet<usize>,
}

/// What is taken back where a file is proven not to have arrived.
#[derive(Debug, Clone)]
struct Belief {
    mirrored: BTreeMap<i64, [String; 3]>,
    decided_under: BTreeMap<i64, Resolved>,
    filtered: Option<Filtered>,
}

/// Everything of one history: the truth, the server that tells it, and the machine of the operator.
struct History {
    seed: u64,
    random: Rng,
    now: DateTime<Utc>,
    company: BTreeMap<i64, Employment>,
    names: [String; 3],
    next_id: i64,
    rules: Rules,
    /// The rules under which everybody in the mirror was last decided.
    decided_under: BTreeMap<i64, Resolved>,
    /// The same of each plan that was held and told, by its digest.
    told_under: BTreeMap<String, BTreeMap<i64, Resolved>>,
    filtered: Option<Filtered>,
    /// The same of each plan that was held and told, from which a run under its approval goes on.
    told_filtered: BTreeMap<String, Option<Filtered>>,
    /// The cells of departments in each plan that was held and told, and in those under whose approval it was.
    told_cells: BTreeMap<String, BTreeSet<(usize, String)>>,
    /// Whether ends are lost all the time.
    is_stormy: bool,
    /// Who came with the last file whose run's end was lost.
    came_with_it: Vec<i64>,
    /// What was known before each file whose run's end was lost.
    beliefs: Vec<Belief>,
    personio: Personio,
    home: TempDir,
    outlet: Outlet,
    /// Plans that runs held and told.
    told: Vec<PlanDigest>,
    /// Files that somebody else wrote.
    strangers: BTreeSet<Vec<u8>>,
    log: Vec<String>,
}

/// What one run came to.
#[derive(Debug)]
enum Came {
    InStep,
    Held(PlanDigest),
    Failed(Exit),
}

/// What is wrong while one run lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Weather {
    Fine,
    /// So many people are left out of so many pages.
    LostPeople(Vec<i64>, usize),
    /// The n-th request of the run fails.
    Failure(usize, u16),
    CutShort(usize),
    /// The total says more than comes.
    LostPage,
    NobodyAtAll,
    WithheldFromAll(&'static str),
    WithheldFrom(i64, &'static str),
    /// The commit fails at its last statement, after the delivery.
    CutOff,
    /// The folder of the destination is not there.
    NoFolder,
    /// The machine's clock is off by so many days; whether Personio's answers are dated.
    Clock(i64, Dated),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dated {
    Yes,
    No,
}

impl History {
    fn new(seed: u64) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut history = Self {
            seed,
            random: Rng::with_seed(seed),
            now: "2026-03-01T07:00:00Z".parse().unwrap(),
            company: BTreeMap::new(),
            names: DEPARTMENTS.map(str::to_owned),
            next_id: 1,
            rules: Rules { only: None, keep_on_leave: false, exclude: BTreeSet::new() },
            decided_under: BTreeMap::new(),
            told_under: BTreeMap::new(),
            filtered: None,
            told_filtered: BTreeMap::new(),
            told_cells: BTreeMap::new(),
            is_stormy: seed % 2 == 1,
            came_with_it: Vec::new(),
            beliefs: Vec::new(),
            personio: Personio::with([]),
            outlet: Outlet::new(&home.path().join("upload")),
            home,
            told: Vec::new(),
            strangers: BTreeSet::new(),
            log: Vec::new(),
        };
        if history.is_stormy {
            history.outlet.to = To::File(0);
            history.outlet.header.in_place = seed % 4 == 3;
        }
        for _ in 0..history.random.usize(6..40) {
            let long_ago = history.today() - Days::new(history.random.u64(100..2000));
            history.hire(long_ago);
        }
        history
    }

    fn today(&self) -> NaiveDate {
        // Seven in the morning and in the evening: the same day in Berlin.
        self.now.date_naive()
    }

    fn hire(&mut self, first_day: NaiveDate) {
        let id = self.next_id;
        self.next_id += 1;
        let last_name = format!("Name{}", self.random.u8(..));
        let department = self.random.usize(..3);
        let employment = Employment {
            address: format!("{id}@example.org"),
            last_name,
            department,
            departments: BTreeSet::from([department]),
            first_day,
            last_day: None,
            status: if first_day > self.today() { "onboarding" } else { "active" },
            unstated: false,
            deleted: false,
        };
        self.company.insert(id, employment);
    }

    fn anybody(&mut self) -> i64 {
        let ids: Vec<i64> = self.company.keys().copied().collect();
        ids[self.random.usize(..ids.len())]
    }

    fn holds_an_address(&self, id: i64) -> bool {
        let own = &self.company[&id];
        !self.company.iter().any(|(other, employment)| *other != id && employment.address == own.address)
    }

    /// What days alone do to a status at Personio: it turns on the first day, and on the day after the last.
    fn days_pass(&mut self) {
        let today = self.today();
        for person in self.company.values_mut() {
            match person.status {
                "onboarding" if person.first_day <= today => person.status = "active",
                "active" | "leave" if person.last_day.is_some_and(|day| day < today) => person.status = "inactive",
                _ => {}
            }
        }
    }

    fn live(&mut self) {
        let today = self.today();
        self.days_pass();
        for _ in 0..self.random.usize(..4) {
            let id = self.anybody();
            let days = Days::new(self.random.u64(1..12));
            let what = self.random.u8(..20);
            self.log.push(format!("event {what} for {id}"));
            let is_there = self.company[&id].is_there(today, true);
            let mut employment = self.company[&id].clone();
            match what {
                0 | 1 => self.hire(today - days),
                2 => self.hire(today + days),
                3 => {
                    employment.last_day = Some((today - days).max(employment.first_day));
                    if today - days < today - Days::new(7) {
                        employment.status = "inactive";
                    }
                }
                4 => employment.last_day = Some((today + days).max(employment.first_day)),
                5 if is_there => employment.last_day = None,
                6 => (employment.status, employment.last_day) = ("inactive", None),
                7 => employment.deleted = true,
                // Back on the same profile.
                8 if !employment.deleted && self.holds_an_address(id) => {
                    (employment.status, employment.last_day) = ("active", None);
                }
                // Back on a new profile: Personio makes room for the address.
                9 if !is_there && !employment.address.contains('_') => {
                    let address = employment.address.clone();
                    employment.address = format!("{address}_1a2b3");
                    self.company.insert(id, employment.clone());
                    let new = self.next_id;
                    self.hire(today);
                    self.company.get_mut(&new).unwrap().address = address;
                }
                10 | 11 => {
                    employment.department = self.random.usize(..3);
                    employment.departments.insert(employment.department);
                }
                12 if self.filter_is_known() => self.names[self.random.usize(..3)].push('x'),
                18 if self.filter_is_known() => self.names.swap(self.random.usize(..3), self.random.usize(..3)),
                19 if self.filter_is_known() => {
                    self.names[self.random.usize(..3)] = self.names[self.random.usize(..3)].clone();
                }
                13 => employment.last_name = format!("Name{}", self.random.u8(..)),
                14 => {
                    let other = self.anybody();
                    if other != id {
                        let theirs = self.company[&other].address.clone();
                        let own = std::mem::replace(&mut employment.address, theirs);
                        self.company.get_mut(&other).unwrap().address = own;
                    }
                }
                15 if employment.status == "active" => employment.status = "leave",
                16 if employment.status == "leave" && is_there => employment.status = "active",
                17 if self.random.u8(..4) == 0 => {
                    employment.first_day = today + days;
                    (employment.status, employment.last_day) = ("onboarding", None);
                }
                _ => {}
            }
            self.company.insert(id, employment);
        }
        for person in self.company.values_mut() {
            person.unstated &= self.random.u8(..3) > 0;
        }
        if self.random.u8(..4) == 0 {
            for _ in 0..self.random.usize(1..5) {
                let id = self.anybody();
                self.log.push(format!("the status of {id} is emptied"));
                self.company.get_mut(&id).unwrap().unstated = true;
            }
        }
        if self.random.u8(..15) == 0 {
            let share = self.random.usize(2..5);
            self.log.push(format!("one of {share} is dismissed"));
            for person in self.company.values_mut().step_by(share) {
                (person.status, person.last_day) = ("inactive", None);
            }
        }
        if self.company.values().all(|person| !person.is_there(today, true)) {
            self.hire(today - Days::new(10));
        }
    }

    /// The departments that the filter is to stand for: those for which it did while somebody who has not left is in them or in
    /// no other one that is called so, else those that are called so.
    fn only(&self, stood_for: Option<&Filtered>) -> Option<BTreeSet<usize>> {
        let name = self.rules.only.as_ref()?;
        let today = self.today();
        let is_listed = |at: &usize| self.company.values().any(|e| !e.deleted && e.department == *at);
        let is_used =
            |at: &usize| self.company.values().any(|e| !e.deleted && !e.has_left(today) && e.department == *at);
        let called_so = (0..3).filter(|at| self.names[*at] == *name);
        let known = stood_for.filter(|filtered| filtered.name == *name).map(|filtered| &filtered.departments);
        match known {
            Some(known) if known.iter().any(is_used) || !called_so.clone().any(|at| is_used(&at)) => {
                Some(known.clone())
            }
            known => {
                let unseen = known.into_iter().flatten().copied().filter(|at| !is_listed(at));
                Some(called_so.filter(is_listed).chain(unseen).collect())
            }
        }
    }

    fn resolved(&self, stood_for: Option<&Filtered>) -> Resolved {
        let Rules { only: _, keep_on_leave, exclude } = self.rules.clone();
        Resolved { only: self.only(stood_for), keep_on_leave, exclude }
    }

    /// Whether names may change at Personio without anybody's coming or going.
    fn filter_is_known(&self) -> bool {
        let Some(name) = &self.rules.only else { return true };
        self.filtered.as_ref().is_some_and(|filtered| filtered.name == *name)
    }

    /// What the filter's name stands for in a mirror.
    fn filtered(&self, mirror: &Mirror) -> Option<Filtered> {
        let name = self.rules.only.clone()?;
        let ids = mirror.names.ids(&AttributeKey::new("department"), &skeleton(&name))?;
        Some(Filtered { name, departments: ids.iter().map(|id| *id as usize - 1).collect() })
    }

    /// What a name stands for changes only where all is seen, or where nobody in the mirror says that it is still in use.
    fn remember(&mut self, weather: &Weather, stood_for: Option<Filtered>, before: &BTreeMap<i64, [String; 3]>) {
        let mirror = Reader::open(&self.mirror()).unwrap().load().unwrap().mirror;
        let now = self.filtered(&mirror);
        let today = self.today();
        let is_mirrored = |at: &usize| {
            self.company
                .iter()
                .any(|(id, e)| before.contains_key(id) && !e.deleted && !e.has_left(today) && e.department == *at)
        };
        if *weather == Weather::Fine || stood_for.iter().flat_map(|f| &f.departments).any(is_mirrored) {
            let expected = self.only(stood_for.as_ref()).filter(|expected| !expected.is_empty());
            let is = now.as_ref().map(|now| now.departments.clone());
            assert_eq!(is, expected, "what the filter stands for, after {stood_for:?}\n{self}");
        }
        self.filtered = now;
    }

    /// Whoever came with a lost end falls into doubt or leaves next.
    fn live_after_a_lost_end(&mut self) {
        for id in std::mem::take(&mut self.came_with_it) {
            let person = self.company.get_mut(&id).unwrap();
            match self.random.u8(..4) {
                0 => person.unstated = true,
                1 => (person.status, person.last_day) = ("inactive", None),
                2 => person.deleted = true,
                _ => {}
            }
        }
    }

    fn edit_the_configuration(&mut self) {
        if self.is_stormy && self.random.u8(..3) > 0 {
            return;
        }
        match self.random.u8(..12) {
            0 => {
                let name = &self.names[self.random.usize(..3)];
                // An operator who writes an ambiguous name means both.
                self.rules.only = Some(name.clone());
            }
            1 => self.rules.only = None,
            2 => self.rules.keep_on_leave = !self.rules.keep_on_leave,
            3 => {
                let id = self.anybody();
                if !self.rules.exclude.remove(&id) {
                    self.rules.exclude.insert(id);
                }
            }
            4 => self.rules.exclude.clear(),
            _ => {}
        }
        self.outlet.edit(&mut self.random);
    }

    /// Somebody takes the file away, as Honestly does, or puts another one in its place.
    fn somebody_at_the_destination(&mut self) {
        let Some(path) = self.outlet.configured() else { return };
        let stranger = match self.random.u8(..16) {
            0 => {
                if path.exists() {
                    std::fs::remove_file(&path).unwrap();
                }
                return;
            }
            1 => b"\"ImportId\",\"Email\"\n\"1\",\"x@example.org\"\n\"999\",\"y@example.org\"\n".to_vec(),
            2 => format!("no feed at all {}\n", self.random.u32(..)).into_bytes(),
            // A part of our own.
            3 => match std::fs::read(&path) {
                Ok(bytes) if bytes.len() > 80 => bytes[..bytes.len() / 2].to_vec(),
                Ok(_) | Err(_) => return,
            },
            4 => [&b""[..], b"\"ImportId\",\"Email\"\n"][self.random.usize(..2)].to_vec(),
            5 | 6 => {
                let back = self.outlet.put_back(&mut self.random);
                self.log.push(format!("our file is put back, untouched: {back:?}"));
                return;
            }
            _ => return,
        };
        self.log.push(format!("somebody writes {} bytes to {}", stranger.len(), path.display()));
        std::fs::write(path, &stranger).unwrap();
        self.strangers.insert(stranger);
    }

    fn weather(&mut self) -> Weather {
        let lost = (0..self.random.usize(1..7)).map(|_| self.anybody()).collect();
        let times = [1, 2, 3, usize::MAX][self.random.usize(..4)];
        let attribute = LOSABLE[self.random.usize(..LOSABLE.len())];
        if self.is_stormy && self.random.u8(..5) < 2 {
            return Weather::CutOff;
        }
        match self.random.u8(..24) {
            0..=2 => Weather::LostPeople(lost, times),
            3 => Weather::Failure(self.random.usize(..8), [500, 503, 429, 403, 404][self.random.usize(..5)]),
            4 => Weather::CutShort(self.random.usize(..8)),
            5 => Weather::LostPage,
            6 => Weather::NobodyAtAll,
            7 | 8 => Weather::WithheldFromAll(attribute),
            9 | 10 => Weather::WithheldFrom(self.anybody(), attribute),
            11 | 12 => Weather::CutOff,
            13 => Weather::Clock(self.random.i64(1..60), Dated::Yes),
            14 => Weather::Clock(-self.random.i64(1..60), Dated::Yes),
            15 => Weather::Clock(-self.random.i64(1..60), Dated::No),
            16 | 17 => Weather::NoFolder,
            _ => Weather::Fine,
        }
    }

    /// One of two departments of one name gets another name, while nothing is known of somebody in the other one.
    fn one_of_two_alike(&mut self) -> Option<Weather> {
        let (one, other) = [(0, 1), (1, 2), (2, 0)].into_iter().find(|(a, b)| self.names[*a] == self.names[*b])?;
        let mut there = self.company.iter().filter(|(_, person)| !person.deleted && person.department == other);
        let (whom, _) = there.next()?;
        let weather = Weather::WithheldFrom(*whom, ["department", "status"][self.random.usize(..2)]);
        if !self.filter_is_known() || self.random.bool() {
            return None;
        }
        self.names[one].push('y');
        self.log.push(format!("department {one} is called otherwise than department {other}"));
        Some(weather)
    }

    /// Puts the truth, seen through the weather, on the server.
    fn show(&mut self, weather: &Weather) {
        let names = self.names.clone();
        let rows = |(id, employment): (&i64, &Employment)| -> Person {
            let Employment { address, last_name, department, first_day, last_day, status, unstated, .. } = employment;
            let shown = person(*id, "Ada", last_name, address)
                .department(*department as i64 + 1, &names[*department])
                .with("hire_date", json!(format!("{first_day}T00:00:00+02:00")))
                .with("termination_date", last_day.map_or(Value::Null, |day| json!(format!("{day}T00:00:00+02:00"))))
                .with("status", if *unstated { Value::Null } else { json!(status) });
            // A line of three, whoever of them is in.
            let shown = if id % 3 == 0 { shown } else { shown.supervisor(id - 1) };
            match weather {
                Weather::WithheldFromAll(key) => shown.without(key),
                Weather::WithheldFrom(whom, key) if whom == id => shown.without(key),
                _ => shown,
            }
        };
        let people: Vec<Person> = self.company.iter().rev().filter(|(_, e)| !e.deleted).map(rows).collect();
        self.personio.behave();
        self.personio.hide([], 0);
        self.personio.limit_pages([1, 3, 7, 100][self.random.usize(..4)].max(people.len().div_ceil(8)));
        self.personio.set_people(people);
        let first = self.personio.requests().len();
        match weather {
            Weather::LostPeople(ids, pages) => self.personio.hide(ids.iter().copied(), *pages),
            Weather::Failure(nth, status) => {
                let (nth, status) = (*nth, *status);
                self.personio.interfere(move |_, number| (number == first + nth).then(|| refusal(status)));
            }
            Weather::CutShort(nth) => {
                let nth = *nth;
                self.personio.interfere(move |_, number| {
                    (number >= first + nth).then(|| Reply { delivery: Delivery::Reset, ..refusal(200) })
                });
            }
            Weather::LostPage => self.personio.interfere(|request, _| {
                let page = json!({"success": true, "metadata": {"total_elements": 5}, "data": []});
                request.path.ends_with("/employees").then(|| Reply::json(200, &page))
            }),
            Weather::NobodyAtAll => self.personio.set_people([]),
            _ => {}
        }
        let is_undated = matches!(weather, Weather::Clock(_, Dated::No));
        self.personio.date(if is_undated {
            String::new()
        } else {
            self.now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
        });
    }

    fn mirror(&self) -> PathBuf {
        self.home.path().join("mirror.db")
    }

    fn sqlite(&self) -> Connection {
        Connection::open(self.mirror()).unwrap()
    }

    /// Address, last name and department of everybody in the mirror.
    fn mirrored(&self) -> BTreeMap<i64, [String; 3]> {
        if !self.mirror().exists() {
            return BTreeMap::new();
        }
        let connection = self.sqlite();
        let mut statement = connection
            .prepare(
                "SELECT employee, email, last_name, coalesce(department, '') FROM employees
                 LEFT JOIN (SELECT employee, name AS department FROM memberships JOIN groups ON groups.id = group_id
                            WHERE attribute = 'department') USING (employee)",
            )
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?]))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn sync(&mut self, clock: TimeDelta, approval: Option<&PlanDigest>) -> Came {
        let Rules { only, keep_on_leave, exclude } = self.rules.clone();
        let departments = only.map_or(String::new(), |only| format!("departments = [{only:?}]\n"));
        let on_leave = if keep_on_leave { "keep" } else { "remove" };
        let exclude: Vec<i64> = exclude.into_iter().collect();
        let text = format!(
            "[personio]\nbase_url = {:?}\nrequests_per_second = 0\nrequests_per_minute = 0\ngive_up_after_seconds = 1\n\
             timeout_seconds = 20\n[mirror]\npath = \"mirror.db\"\n[people]\non_leave = {on_leave:?}\nexclude = {exclude:?}\n{departments}{}{}",
            self.personio.base_url(),
            self.outlet.people(),
            self.outlet.text()
        );
        let path = self.home.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        let environment = Environment {
            client_id: Some(CLIENT_ID.to_owned()),
            secret: Some(Secret::new(SECRET)),
            home: Some(self.home.path().to_owned()),
            ..Environment::default()
        };
        let config = load(Some(&path), environment).unwrap();
        let context = Context::new(config, self.now + clock, Instant::now(), called());
        let ended = std::iter::repeat_with(|| sync::apply(&context, &Apply { approval, ..Apply::USUAL }))
            .take(100)
            .find(|ended| !is_locked_out(ended));
        match ended.expect("nobody else runs here") {
            Ok(Ending::Done(exit)) => {
                assert_eq!(exit, Exit::InStep, "{self}");
                Came::InStep
            }
            Ok(Ending::Held(_, digest, _)) => Came::Held(digest),
            Err(error) => Came::Failed(Failure::of(&error).exit),
        }
    }

    /// Whether the last run sent a file and could not note its end.
    fn set_out(&self) -> bool {
        let sent = "SELECT EXISTS (SELECT 1 FROM unsettled WHERE run = (SELECT max(id) FROM runs))";
        self.sqlite().query_row(sent, [], |row| row.get(0)).unwrap()
    }

    /// The digest that a person named for the last run.
    fn approved_by(&self) -> Option<PlanDigest> {
        let last = "SELECT approved_by FROM runs ORDER BY id DESC LIMIT 1";
        let digest: Option<String> = self.sqlite().query_row(last, [], |row| row.get(0)).unwrap();
        digest.and_then(|digest| PlanDigest::parse(&digest))
    }

    /// Whether the last run's plan started from the mirror, and not from nothing.
    fn starts_from_the_mirror(&self) -> bool {
        let adds = "SELECT count(*) FROM journal WHERE run = (SELECT max(id) FROM runs) AND kind = 'column_add'";
        let added: i64 = self.sqlite().query_row(adds, [], |row| row.get(0)).unwrap();
        added < 4
    }

    /// Whom the last run's notes call undecided.
    fn undecided(&self) -> BTreeSet<i64> {
        let notes = "SELECT note ->> '$.facts.employee' FROM notes
                     WHERE last_run = (SELECT max(id) FROM runs) AND note ->> 'kind' = 'undecided'";
        let connection = self.sqlite();
        let mut statement = connection.prepare(notes).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// The people whom the held plan that was shown under a digest removes.
    fn shown_to_go(&self, digest: &PlanDigest) -> BTreeSet<i64> {
        let lines = self.outlet.shown(digest.as_str()).into_iter().flatten();
        lines.filter_map(|line| line.strip_prefix("remove ")?.parse().ok()).collect()
    }

    fn department_cell(&self, department: usize) -> String {
        if self.outlet.header.department { self.names[department].clone() } else { String::new() }
    }

    /// The plans under whose approval a run may decide: the one that it is given, else those that an earlier run carried out in vain.
    fn answered(&self, approval: Option<&PlanDigest>) -> Vec<String> {
        match approval {
            Some(digest) => vec![digest.to_string()],
            None if self.mirror().exists() => {
                let connection = self.sqlite();
                let earlier = "SELECT digest FROM held WHERE approved_run IS NOT NULL";
                let mut statement = connection.prepare(earlier).unwrap();
                statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
            }
            None => Vec::new(),
        }
    }

    /// Law 13: nobody's department changes because another one of the same name is renamed, and a column that comes back says
    /// nothing from the past. What a person approved is what departments were called when that was told, or that they have no
    /// column, also where a column comes back or a name changes before it is carried out.
    fn own_departments(&self, before: &BTreeMap<i64, [String; 3]>, after: &BTreeMap<i64, [String; 3]>) {
        let approved = self.approved_by().and_then(|digest| self.told_cells.get(digest.as_str()));
        for (id, [_, _, is]) in after {
            let Some([_, _, was]) = before.get(id) else { continue };
            let (now, ever) = (self.company[id].department, &self.company[id].departments);
            let is_told = |department: usize| approved.is_some_and(|cells| cells.contains(&(department, is.clone())));
            let own = |department: &usize| self.department_cell(*department) == *is || is_told(*department);
            let may_be = was == is || own(&now) || (!was.is_empty() && ever.iter().any(own));
            assert!(may_be, "the department of {id} became {is:?} instead of {was:?}\n{self}");
        }
    }

    /// One run, and the laws.
    fn run(&mut self, weather: &Weather, approval: Option<&PlanDigest>) -> Came {
        let clock = match weather {
            Weather::Clock(days, _) => TimeDelta::days(*days),
            _ => TimeDelta::zero(),
        };
        let mut before = self.mirrored();
        let is_cut_off = *weather == Weather::CutOff && self.mirror().exists();
        if is_cut_off {
            self.sqlite()
                .execute_batch(
                    "CREATE TRIGGER cut_off BEFORE UPDATE ON runs WHEN NEW.exit_code = 0 BEGIN SELECT RAISE(ABORT, ''); END",
                )
                .unwrap();
        }
        let files = self.outlet.files();
        let aside = self.home.path().join("aside");
        let is_without_folder = *weather == Weather::NoFolder;
        let part = self.outlet.holds_a_part(self.now + clock, &self.strangers).filter(|_| !is_without_folder);
        let (settled, undone) = self.outlet.look(!is_without_folder, self.now + clock, &self.strangers);
        // Nothing is sent in its place while another file is a question.
        let part = part.filter(|_| !self.outlet.has_question());
        if let Some(at) = undone {
            let belief = self.beliefs.drain(at..).next().unwrap();
            (before, self.decided_under, self.filtered) = (belief.mirrored, belief.decided_under, belief.filtered);
        }
        self.beliefs.drain(..settled);
        if is_without_folder {
            std::fs::rename(self.outlet.folder(), &aside).unwrap();
        }
        let answered = self.answered(approval);
        let came = self.sync(clock, approval);
        if is_without_folder {
            std::fs::rename(&aside, self.outlet.folder()).unwrap();
        }
        if is_cut_off {
            self.sqlite().execute_batch("DROP TRIGGER cut_off").unwrap();
        }
        if let Came::Held(digest) = &came {
            self.outlet.show(digest, &self.mirror());
            let of_those = answered.iter().filter_map(|plan| self.told_cells.get(plan)).flatten().cloned();
            let cells = of_those.chain((0..3).map(|department| (department, self.department_cell(department))));
            let cells: BTreeSet<(usize, String)> = cells.collect();
            self.told_cells.entry(digest.to_string()).or_default().extend(cells);
        }
        self.log.push(format!("{} {weather:?} {:?} {approval:?}: {came:?}", self.now, self.rules));
        let after = self.mirrored();
        self.own_departments(&before, &after);
        let gone: BTreeSet<i64> = before.keys().filter(|id| !after.contains_key(id)).copied().collect();
        let is_sent = is_cut_off && matches!(came, Came::Failed(_)) && self.set_out();
        if is_sent {
            self.log.push("sent, and its end is lost".to_owned());
        }
        let is_carried_out = is_sent || matches!(came, Came::InStep);
        // Also one that was given in an earlier run whose delivery did not arrive.
        let approval = is_carried_out.then(|| self.approved_by()).flatten();
        match (is_carried_out, &approval) {
            // Where nothing is known of the destination, whoever goes from the mirror is not in the plan.
            (true, approved) => {
                let today = self.today();
                let shown = approved.as_ref().map(|digest| self.shown_to_go(digest)).unwrap_or_default();
                // Where the approved plan started from nothing, whoever goes from the mirror is not in it.
                let is_told = |id: &i64| shown.contains(id) || (approved.is_some() && !self.starts_from_the_mirror());
                for id in gone.iter().filter(|id| !is_told(id)) {
                    // Whoever is in the approved plan was decided by the rules of that day.
                    let told = approved.as_ref().and_then(|digest| self.told_under.get(digest.as_str())?.get(id));
                    let (truth, rules) = (&self.company[id], told.unwrap_or(&self.decided_under[id]));
                    let belongs = truth.belongs(*id, today, rules);
                    let by = approved.as_ref().map(|digest| (digest, self.outlet.shown(digest.as_str())));
                    assert!(
                        !belongs,
                        "{id} is gone, but is {truth:?} on {today} by {rules:?}, approved {by:?}\n{self}"
                    );
                }
            }
            (false, _) => assert_eq!(after, before, "a run that failed wrote\n{self}"),
        }
        let (mut fate, sent_at, home) = (None, self.now + clock, self.home.path().to_owned());
        let laws = std::panic::AssertUnwindSafe(|| match &came {
            Came::InStep => self.outlet.in_step(&files, &Connection::open(self.mirror()).unwrap()),
            Came::Held(_) | Came::Failed(_) if is_sent => {
                let mirror = Connection::open(home.join("mirror.db")).unwrap();
                fate = Some(self.outlet.end_lost(&files, &mirror, sent_at, &mut self.random));
            }
            Came::Held(_) | Came::Failed(_) => match &part {
                Some(whole) => {
                    assert!(self.outlet.files().iter().flatten().any(|file| file == whole), "a part was left there");
                    self.outlet.repaired(&Connection::open(home.join("mirror.db")).unwrap());
                }
                None => assert!(self.outlet.left_alone(&files, false), "a run that carried nothing out changed a file"),
            },
        });
        if let Err(broken) = std::panic::catch_unwind(laws) {
            eprintln!("{self}");
            std::panic::resume_unwind(broken);
        }
        if let Some(fate) = fate {
            self.log.push(format!("{fate:?}"));
            let (decided_under, filtered) = (self.decided_under.clone(), self.filtered.clone());
            self.came_with_it = after.keys().filter(|id| !before.contains_key(id)).copied().collect();
            self.beliefs.push(Belief { mirrored: before.clone(), decided_under, filtered });
        } else if is_carried_out || part.is_some() {
            self.beliefs.clear();
        }
        match &came {
            _ if is_carried_out => {
                let told = approval.as_ref().and_then(|digest| self.told_filtered.get(digest.as_str()).cloned());
                self.remember(weather, told.unwrap_or_else(|| self.filtered.clone()), &before);
                self.decided_under = self.decided_now(after.keys(), self.filtered.as_ref());
            }
            Came::Held(digest) => {
                let held = Outlet::held(digest, &self.mirror());
                let told = held.map_or_else(|| self.filtered.clone(), |held| self.filtered(&held.mirror));
                let decided = self.decided_now(after.keys(), told.as_ref());
                self.told_under.insert(digest.to_string(), decided);
                self.told_filtered.insert(digest.to_string(), told);
            }
            Came::InStep => {}
            Came::Failed(exit) => assert!(
                matches!(exit, Exit::Untrusted | Exit::Unavailable | Exit::Rejected)
                    || (is_cut_off && *exit == Exit::Bug),
                "{exit:?}\n{self}"
            ),
        }
        came
    }

    /// The rules by which each of these people is decided by the last run: before, whom it could not decide about.
    fn decided_now<'p>(
        &self,
        people: impl Iterator<Item = &'p i64>,
        stood_for: Option<&Filtered>,
    ) -> BTreeMap<i64, Resolved> {
        let (undecided, now) = (self.undecided(), self.resolved(stood_for));
        let before = |id: &i64| self.decided_under.get(id).filter(|_| undecided.contains(id));
        people.map(|id| (*id, before(id).unwrap_or(&now).clone())).collect()
    }

    fn step(&mut self) -> Came {
        self.now += TimeDelta::hours(12 * self.random.i64(1..5));
        self.live();
        self.live_after_a_lost_end();
        self.edit_the_configuration();
        self.somebody_at_the_destination();
        let weather = self.weather();
        let weather = self.one_of_two_alike().unwrap_or(weather);
        self.show(&weather);
        let told_before = self.random.choice(self.told.clone()).filter(|_| self.random.u8(..3) == 0);
        let came = self.run(&weather, told_before.as_ref());
        let Came::Held(digest) = &came else { return came };
        self.told.push(digest.clone());
        if self.random.u8(..5) >= if self.is_stormy { 4 } else { 2 } {
            return came;
        }
        self.run(&weather, Some(digest))
    }

    /// The weather clears, and the operator approves what is held.
    fn settle(&mut self) {
        self.now += TimeDelta::hours(12);
        self.days_pass();
        self.company.values_mut().for_each(|person| person.unstated = false);
        self.show(&Weather::Fine);
        let mut came = self.run(&Weather::Fine, None);
        for _ in 0..3 {
            if let Came::Held(digest) = &came {
                came = self.run(&Weather::Fine, Some(&digest.clone()));
            }
        }
        assert!(matches!(came, Came::InStep), "{came:?}\n{self}");
        let settled = self.mirrored();
        let today = self.today();
        let rules = self.resolved(self.filtered.as_ref());
        let belonging = self.company.iter().filter(|(id, e)| e.belongs(**id, today, &rules));
        let expected: BTreeMap<i64, [String; 3]> = belonging
            .map(|(id, e)| (*id, [e.address.clone(), e.last_name.clone(), self.department_cell(e.department)]))
            .collect();
        assert_eq!(settled, expected, "not in step\n{self}");
        let again = self.run(&Weather::Fine, None);
        assert!(matches!(again, Came::InStep), "{again:?}\n{self}");
        assert_eq!(self.mirrored(), settled);
        let changed: i64 =
            self.sqlite().query_row("SELECT applied FROM runs ORDER BY id DESC LIMIT 1", [], |row| row.get(0)).unwrap();
        assert_eq!(changed, 0, "the second run had something to do\n{self}");
        if let To::File(_) = self.outlet.to {
            let file = parse(&std::fs::read(self.outlet.configured().unwrap()).unwrap_or_default());
            assert!(file.rows.is_empty() || file.rows.len() == settled.len(), "the file is not the mirror\n{self}");
        }
    }
}

/// A program that another test starts holds a copy of a run's lock between fork and exec.
pub fn is_locked_out(ended: &anyhow::Result<Ending>) -> bool {
    let is_so = ended.as_ref().err().is_some_and(|error| Failure::of(error).message.starts_with("another run "));
    if is_so {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    is_so
}

impl std::fmt::Display for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "history {}:", self.seed)?;
        self.log.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

#[test]
fn nobody_is_removed_by_mistake_whatever_happens_and_all_ends_in_step() {
    let number = |name: &str| std::env::var(name).ok().map(|number| number.parse::<u64>().expect("a number"));
    let first = number("HONESTLY_SYNC_FIRST_HISTORY").unwrap_or(0);
    let wanted = number("HONESTLY_SYNC_HISTORIES").unwrap_or(USUALLY);
    let next = AtomicU64::new(first);
    let tally: [AtomicU64; 3] = Default::default();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + wanted {
                        break;
                    }
                    let mut history = History::new(seed);
                    for _ in 0..history.random.usize(4..14) {
                        let came = match history.step() {
                            Came::InStep => 0,
                            Came::Held(_) => 1,
                            Came::Failed(_) => 2,
                        };
                        tally[came].fetch_add(1, Ordering::Relaxed);
                    }
                    history.settle();
                }
            });
        }
    });
    let [in_step, held, failed] = tally.map(AtomicU64::into_inner);
    eprintln!("{wanted} histories: {in_step} runs in step, {held} held, {failed} failed");
    assert!(
        wanted < 10 || (in_step > held && held > 0 && failed > 0),
        "{in_step} {held} {failed}: too little happened"
    );
}
