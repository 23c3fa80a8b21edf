//! Thousands of random people against the tables of `docs/who-is-in.md`, which are read from that file: whoever they let in is in
//! `employees.csv`, cell by cell, and nobody else. It shares nothing with the program but the document.
//!
//! Each company is seen twice. The second time everybody states something new, so that most are in already.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use fastrand::Rng;
use honestly_sync::commands::Context;
use honestly_sync::commands::sync::{self, Apply, Ending};
use honestly_sync::config::{Environment, load};
use honestly_sync::secret::Secret;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::histories::is_locked_out;
use crate::personio::{CLIENT_ID, Person, Personio, SECRET, person};
use crate::stage::called;

const DOCUMENT: &str = include_str!("../../docs/who-is-in.md");
/// In each of six companies.
const PEOPLE: i64 = 850;
const DEPARTMENTS: [&str; 4] = ["Vertrieb", "R&D \"Labs\"", "経理部", "Büro Köln"];

const NAMES: [(&str, &str); 24] = [
    ("Jürgen", "Groß-Bölter"),
    ("Siobhán", "O’Neil"),
    ("Łukasz", "Żółć"),
    ("İpek", "Yıldırım"),
    ("Nguyễn", "Thị Ánh"),
    ("Zoë", "van der Berg"),
    ("José", "García y Núñez"),
    ("Øystein", "Ångström"),
    ("שירה", "כהן"),
    ("محمد", "العربي"),
    ("美咲", "佐藤"),
    ("민준", "김"),
    ("Юлия", "Щербакова"),
    ("Ελένη", "Παπαδοπούλου"),
    ("Anaïs", "L'Écuyer"),
    ("Þórdís", "Guðmundsdóttir"),
    ("สมชาย", "ใจดี"),
    ("प्रिया", "शर्मा"),
    ("Chloë", "St. John-Smythe"),
    ("Dwayne", "=1+1"),
    ("Bo", "Li"),
    ("გიორგი", "ბერიძე"),
    ("Mária", "Kováčová, Dr."),
    ("👩‍💻 Robin", "\"Bob\" Null"),
];

/// What a row of a table says of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Yes,
    No,
    OnLeave,
    Undecided,
}

/// The cells of a table's rows, below the header with these columns.
fn table(columns: &[&str]) -> Vec<Vec<&'static str>> {
    let cells =
        |line: &'static str| -> Vec<&'static str> { line.trim().trim_matches('|').split('|').map(str::trim).collect() };
    let mut lines = DOCUMENT.lines().skip_while(|line| !line.starts_with('|') || cells(line) != columns);
    lines.next().unwrap_or_else(|| panic!("no table with the columns {columns:?}"));
    let rows: Vec<Vec<&str>> = lines.skip(1).take_while(|line| line.starts_with('|')).map(cells).collect();
    assert!(rows.len() > 2, "{rows:?}");
    rows
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Date {
    NotReleased,
    Empty,
    On(NaiveDate),
}

impl Date {
    /// Whether one of the words of a cell fits, which stand between `or`s.
    fn fits(self, cell: &str, today: NaiveDate, first_day: Date) -> bool {
        cell.split(" or ").any(|words| match (words, self) {
            ("any", _) | ("not released", Date::NotReleased) | ("empty", Date::Empty) => true,
            ("before the first day", Date::On(day)) => matches!(first_day, Date::On(first) if day < first),
            ("more than 7 days ago", Date::On(day)) => day < today - Days::new(7),
            ("up to 7 days ago", Date::On(day)) => day < today && day >= today - Days::new(7),
            ("more than 7 days ahead", Date::On(day)) => day > today + Days::new(7),
            ("up to 7 days ahead", Date::On(day)) => day > today && day <= today + Days::new(7),
            ("today", Date::On(day)) => day == today,
            ("past", Date::On(day)) => day < today,
            ("ahead", Date::On(day)) => day > today,
            (
                "before the first day"
                | "more than 7 days ago"
                | "up to 7 days ago"
                | "more than 7 days ahead"
                | "up to 7 days ahead"
                | "today"
                | "past"
                | "ahead"
                | "not released"
                | "empty",
                _,
            ) => false,
            (unknown, _) => panic!("a date that nobody understands: {unknown:?}"),
        })
    }
}

/// What is odd about a record, at most one thing; each leaves somebody undecided who would be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Odd {
    FirstName,
    LastName,
    Address,
    Status,
    LastDay,
    NoDepartmentSent,
    TwoOfOneAddress,
}

/// What Personio says of one person.
#[derive(Debug, Clone)]
struct Stated {
    names: (&'static str, &'static str),
    /// None is blank.
    address: Option<String>,
    first_day: Date,
    last_day: Date,
    /// None where nothing is released.
    status: Option<&'static str>,
    /// None is blank.
    department: Option<usize>,
    supervisor: Option<i64>,
    odd: Option<Odd>,
}

/// The cells of a row by header.
type Row = BTreeMap<&'static str, String>;

struct Company {
    random: Rng,
    now: DateTime<Utc>,
    on_leave: &'static str,
    without_email: &'static str,
    departments: &'static [usize],
    excluded: Vec<i64>,
    /// Which of status, first and last day no credential may read.
    withheld: &'static [&'static str],
    people: BTreeMap<i64, Stated>,
    /// Who is in, with the supervisor in their row.
    rows: BTreeMap<i64, (Row, Option<i64>)>,
    personio: Personio,
    home: TempDir,
}

impl Company {
    fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let at = seed as usize;
        Self {
            now: "2026-03-03T19:00:00Z".parse().unwrap(),
            on_leave: ["remove", "keep"][at % 2],
            without_email: ["undecided", "leave_out", "placeholder"][at % 3],
            departments: [&[][..], &[], &[0, 2]][at / 2 % 3],
            excluded: std::iter::repeat_with(|| random.i64(1..=PEOPLE)).take(9).collect(),
            withheld: [&[][..], &[], &[], &["termination_date"], &["status"], &["hire_date"]][at],
            people: BTreeMap::new(),
            rows: BTreeMap::new(),
            personio: Personio::with([]),
            home: tempfile::tempdir().unwrap(),
            random,
        }
    }

    fn today(&self) -> NaiveDate {
        self.now.date_naive()
    }

    fn is_released(&self, key: &str) -> bool {
        !self.withheld.contains(&key)
    }

    fn date(&mut self, key: &str, empty: u8) -> Date {
        let around = [-3000, -400, -9, -8, -7, -6, -2, -1, 0, 1, 2, 6, 7, 8, 9, 400, 12_000];
        if !self.is_released(key) {
            return Date::NotReleased;
        }
        if self.random.u8(..10) < empty {
            return Date::Empty;
        }
        Date::On(self.today() + TimeDelta::days(around[self.random.usize(..around.len())]))
    }

    fn state(&mut self, id: i64) -> Stated {
        let oddities = [
            Odd::FirstName,
            Odd::LastName,
            Odd::Address,
            Odd::Status,
            Odd::LastDay,
            Odd::NoDepartmentSent,
            Odd::TwoOfOneAddress,
        ];
        let odd = (self.random.u8(..6) == 0).then(|| oddities[self.random.usize(..oddities.len())]);
        let status = ["active", "active", "onboarding", "inactive", "leave", "", "sabbatical"];
        let mut stated = Stated {
            names: NAMES[self.random.usize(..NAMES.len())],
            address: (self.random.u8(..12) != 0).then(|| format!("p{id}.{}@example.org", self.random.u8(..))),
            first_day: self.date("hire_date", 1),
            last_day: self.date("termination_date", 6),
            status: self.is_released("status").then(|| status[self.random.usize(..status.len())]),
            department: (self.random.u8(..9) != 0).then(|| self.random.usize(..DEPARTMENTS.len())),
            supervisor: (id > 1 && self.random.u8(..4) != 0).then(|| self.random.i64(1..id)),
            odd,
        };
        // Two of one address are both new, or the one who is in keeps it.
        if odd == Some(Odd::TwoOfOneAddress) && !self.rows.is_empty() {
            stated.odd = None;
        }
        // Beside an oddity everything else is as it is with most people.
        if let Some(Odd::Status | Odd::LastDay) = stated.odd {
            let long_ago = Date::On(self.today() - Days::new(500));
            stated.first_day = if self.is_released("hire_date") { long_ago } else { Date::NotReleased };
            stated.last_day = if self.is_released("termination_date") { Date::Empty } else { Date::NotReleased };
            stated.status = self.is_released("status").then_some("active");
            let is_told = match stated.odd {
                Some(Odd::Status) => self.is_released("status"),
                _ => self.is_released("termination_date"),
            };
            stated.odd = stated.odd.filter(|_| is_told);
        }
        stated
    }

    /// Everybody says something new.
    fn live(&mut self) {
        self.now += TimeDelta::days(1);
        self.people = (1..=PEOPLE).map(|id| (id, self.state(id))).collect();
        let shared: Vec<i64> =
            self.people.iter().filter(|(_, one)| one.odd == Some(Odd::TwoOfOneAddress)).map(|(id, _)| *id).collect();
        for pair in shared.chunks(2) {
            let address = format!("Team{}@example.org", pair[0]);
            for (number, id) in pair.iter().enumerate() {
                let one = self.people.get_mut(id).unwrap();
                one.address = Some(if number == 0 { address.clone() } else { address.to_lowercase() });
                one.odd = one.odd.filter(|_| pair.len() == 2);
            }
        }
    }

    fn shown(&mut self) -> Vec<Person> {
        let date = |date: Date| match date {
            Date::NotReleased | Date::Empty => Value::Null,
            Date::On(day) => json!(format!("{day}T00:00:00+01:00")),
        };
        let mut shown = Vec::new();
        for (id, one) in &self.people {
            let Stated { names, address, first_day, last_day, status, department, supervisor, odd } = one;
            let mut row = person(*id, names.0, names.1, "")
                .with("email", json!(address))
                .with("hire_date", date(*first_day))
                .with("termination_date", date(*last_day))
                .with("status", json!(status));
            row = match department {
                Some(at) => row.department(*at as i64 + 1, DEPARTMENTS[*at]),
                None => row.with("department", Value::Null),
            };
            row = supervisor.iter().fold(row, |row, supervisor| row.supervisor(*supervisor));
            let unreadable = |random: &mut Rng| match random.u8(..4) {
                0 => json!(null),
                1 => json!("\u{200b} \u{ad}"),
                2 => json!({"value": []}),
                _ => json!("x".repeat(101)),
            };
            row = match odd {
                Some(Odd::FirstName) => row.with("first_name", unreadable(&mut self.random)),
                Some(Odd::LastName) => row.with("last_name", unreadable(&mut self.random)),
                Some(Odd::Address) => match self.random.u8(..3) {
                    0 => row.with("email", json!("nobody at all")),
                    1 => row.without("email"),
                    _ => row.with("email", json!({})),
                },
                Some(Odd::Status) => match self.random.u8(..3) {
                    0 => row.without("status"),
                    1 => row.with("status", json!(7)),
                    _ => row.with("status", json!("retired")),
                },
                Some(Odd::LastDay) => match self.random.u8(..3) {
                    0 => row.without("termination_date"),
                    1 => row.with("termination_date", json!("soon")),
                    _ => row.with("termination_date", json!("2026-02-30T00:00:00+01:00")),
                },
                Some(Odd::NoDepartmentSent) => row.without("department"),
                Some(Odd::TwoOfOneAddress) | None => row,
            };
            shown.push(self.withheld.iter().fold(row, |row, key| row.without(key)));
        }
        shown
    }

    fn by_dates_and_status(&self, one: &Stated) -> Verdict {
        let Stated { first_day, last_day, status, odd, .. } = one;
        if matches!(odd, Some(Odd::Status | Odd::LastDay)) {
            return Verdict::Undecided;
        }
        let today = self.today();
        let status_fits = |cell: &str| {
            cell.split(" or ").any(|word| match (word, status) {
                ("any", _) | ("not released", None) | ("empty", Some("")) => true,
                ("another", Some(status)) => !["", "active", "leave", "onboarding", "inactive"].contains(status),
                (word, Some(status)) => word == *status,
                (_, None) => false,
            })
        };
        let rows = table(&["First day", "Last day", "Status", "In Honestly"]);
        let fits = |row: &&Vec<&str>| {
            first_day.fits(row[0], today, *first_day) && last_day.fits(row[1], today, *first_day) && status_fits(row[2])
        };
        let row = rows.iter().find(fits).unwrap_or_else(|| panic!("no row for {one:?}"));
        match row[3] {
            "yes" => Verdict::Yes,
            "undecided" => Verdict::Undecided,
            "no, on leave" if self.on_leave == "keep" && row[1] == "more than 7 days ago" => Verdict::Undecided,
            "no, on leave" if self.on_leave == "keep" => Verdict::Yes,
            "no, on leave" => Verdict::OnLeave,
            "no, has left" | "no, has not started" => Verdict::No,
            unknown => panic!("nobody understands {unknown:?}"),
        }
    }

    /// Whether somebody is in, with the address that they get.
    fn verdict(&self, id: i64, one: &Stated) -> (Verdict, String) {
        let no = (Verdict::No, String::new());
        let undecided = (Verdict::Undecided, String::new());
        match self.by_dates_and_status(one) {
            Verdict::Yes => {}
            Verdict::No | Verdict::OnLeave => return no,
            Verdict::Undecided => return undecided,
        }
        if self.excluded.contains(&id) {
            return no;
        }
        match (self.departments, one.odd, one.department) {
            ([], ..) => {}
            (_, Some(Odd::NoDepartmentSent), _) => return undecided,
            (allowed, _, Some(department)) if allowed.contains(&department) => {}
            _ => return no,
        }
        match one.odd {
            Some(Odd::FirstName | Odd::LastName | Odd::Address) => return undecided,
            Some(Odd::Status | Odd::LastDay | Odd::NoDepartmentSent | Odd::TwoOfOneAddress) | None => {}
        }
        if let Some(address) = &one.address {
            return (Verdict::Yes, address.clone());
        }
        let rows = table(&["`[people] without_email`", "Not in yet", "In already"]);
        let rule = format!("`\"{}\"`", self.without_email);
        let row = rows.iter().find(|row| row[0].starts_with(&rule)).expect("a row for every rule");
        let cell = row[if self.rows.contains_key(&id) { 2 } else { 1 }];
        match cell {
            "wait, with a note" | "stay as they are, with a note" => undecided,
            "are out of scope, without a note" => no,
            "come with `IMPORTID@placeholder_domain`" | "get `IMPORTID@placeholder_domain`" => {
                (Verdict::Yes, format!("{id}@none.example.org"))
            }
            unknown => panic!("nobody understands {unknown:?}"),
        }
    }

    /// The file as the document has it.
    fn expect(&mut self) -> BTreeMap<String, Row> {
        let mut rows = BTreeMap::new();
        let mut newcomers: BTreeMap<String, usize> = BTreeMap::new();
        for (id, one) in self.people.iter().filter(|(id, _)| !self.rows.contains_key(id)) {
            if let (Verdict::Yes, address) = self.verdict(*id, one) {
                *newcomers.entry(address.to_lowercase()).or_default() += 1;
            }
        }
        for (id, one) in &self.people {
            let (mut verdict, address) = self.verdict(*id, one);
            if newcomers.get(&address.to_lowercase()).is_some_and(|several| *several > 1) {
                verdict = Verdict::Undecided;
            }
            let kept = self.rows.get(id).cloned();
            let row = match verdict {
                Verdict::Yes => {
                    let department = match (one.odd, &kept) {
                        (Some(Odd::NoDepartmentSent), Some((kept, _))) => kept["Department"].clone(),
                        (Some(Odd::NoDepartmentSent), None) => String::new(),
                        _ => one.department.map_or(String::new(), |at| DEPARTMENTS[at].to_owned()),
                    };
                    let cells = [
                        ("ImportId", id.to_string()),
                        ("Firstname", one.names.0.to_owned()),
                        ("Lastname", one.names.1.to_owned()),
                        ("Email", address),
                        ("Department", department),
                    ];
                    Some((Row::from(cells), one.supervisor))
                }
                Verdict::Undecided => kept,
                Verdict::No | Verdict::OnLeave => None,
            };
            rows.extend(row.map(|row| (*id, row)));
        }
        // Whoever is kept keeps the cell, and it is empty where the supervisor was not in.
        let is_in: BTreeSet<i64> = rows.keys().copied().collect();
        rows.values_mut().for_each(|(_, supervisor)| *supervisor = supervisor.filter(|id| is_in.contains(id)));
        self.rows = rows;
        let row = |(id, (row, supervisor)): (&i64, &(Row, Option<i64>))| {
            let reports_to = supervisor.map_or(String::new(), |id| id.to_string());
            (id.to_string(), row.clone().into_iter().chain([("ReportsToId", reports_to)]).collect())
        };
        self.rows.iter().map(row).collect()
    }

    /// A run, approved whatever holds it, and the file that it leaves.
    fn sent(&mut self) -> BTreeMap<String, Row> {
        let shown = self.shown();
        self.personio.set_people(shown);
        self.personio.date(self.now.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
        let (path, file) = (self.home.path().join("config.toml"), self.home.path().join("employees.csv"));
        let departments: Vec<&str> = self.departments.iter().map(|at| DEPARTMENTS[*at]).collect();
        let filter = if departments.is_empty() { String::new() } else { format!("departments = {departments:?}\n") };
        let placeholder = match self.without_email {
            "placeholder" => "placeholder_domain = \"none.example.org\"\n",
            _ => "",
        };
        let text = format!(
            "[personio]\nbase_url = {:?}\nrequests_per_second = 0\nrequests_per_minute = 0\n[mirror]\npath = \"mirror.db\"\n\
             [people]\non_leave = {:?}\nwithout_email = {:?}\n{placeholder}exclude = {:?}\n{filter}[delivery]\nto = \"file://{}\"\n",
            self.personio.base_url(),
            self.on_leave,
            self.without_email,
            self.excluded,
            file.display(),
        );
        std::fs::write(&path, text).unwrap();
        let mut approval = None;
        for _ in 0..3 {
            let environment = Environment {
                client_id: Some(CLIENT_ID.to_owned()),
                secret: Some(Secret::new(SECRET)),
                home: Some(self.home.path().to_owned()),
                ..Environment::default()
            };
            let context = Context::new(load(Some(&path), environment).unwrap(), self.now, Instant::now(), called());
            let run = || sync::apply(&context, &Apply { approval: approval.as_ref(), ..Apply::USUAL });
            let ended = std::iter::repeat_with(run).take(100).find(|ended| !is_locked_out(ended));
            match ended.expect("nobody else runs here") {
                Ok(Ending::Done(_)) => return read(&file),
                Ok(Ending::Held(_, digest, _)) => approval = Some(digest),
                Err(error) => panic!("{error:#}"),
            }
        }
        panic!("held although it was approved");
    }
}

fn read(file: &std::path::Path) -> BTreeMap<String, Row> {
    let mut reader = csv::Reader::from_path(file).unwrap();
    let header = reader.headers().unwrap().clone();
    let cell = |row: &csv::StringRecord, wanted: &'static str| {
        let at = header.iter().position(|name| name == wanted).unwrap_or_else(|| panic!("no {wanted} in {header:?}"));
        (wanted, row[at].to_owned())
    };
    let wanted = ["ImportId", "Firstname", "Lastname", "Email", "Department", "ReportsToId"];
    let row = |row: csv::StringRecord| wanted.map(|wanted| cell(&row, wanted)).into_iter().collect::<Row>();
    reader.records().map(|record| row(record.unwrap())).map(|row| (row["ImportId"].clone(), row)).collect()
}

#[test]
fn the_file_has_whom_the_document_lets_in_cell_by_cell() {
    for seed in 0..6 {
        let mut company = Company::new(seed);
        for round in 0..3 {
            company.live();
            let sent = company.sent();
            let expected = company.expect();
            assert!(expected.len() > 20, "company {seed} has too few people: {}", expected.len());
            for (id, one) in &company.people {
                let (is, ought) = (sent.get(&id.to_string()), expected.get(&id.to_string()));
                assert_eq!(is, ought, "company {seed}, round {round}, {id} on {}: {one:?}", company.today());
            }
            assert_eq!(sent.len(), expected.len());
        }
    }
}
