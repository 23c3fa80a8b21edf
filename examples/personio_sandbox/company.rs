//! A believable company of any size, and the days that pass in it.
//!
//! Law: the same people, seed and day give the same company, to the last letter; there is no clock and no I/O in here.
//! Nobody is ever deleted, the supervisors form a tree, and ids and addresses are never used twice.
//!
//! The calendar inside moves on with every day; what `Person` tells is moved back by as many days, so that the
//! company's present day always looks like the day it was started on. The tool under test then sees days pass without
//! any trick with its clock. Only a birthday stays where it is: it is nothing the company does.

mod days;
mod founding;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use fastrand::Rng;

use super::names::{AddressBook, Country, Gender, draw_identity, pick};
use super::organisation::{Organisation, Unit};

pub const SHIRT_SIZES: &[&str] = &["XS", "S", "M", "L", "XL", "XXL"];
pub const LANGUAGES: &[&str] = &["Deutsch", "English"];
pub const SKILLS: &[&str] =
    &["Ersthelfer:in", "Excel", "First aid", "Forklift", "Français", "Mentoring", "Rust", "SQL", "Türkçe"];

/// Below this size a company has no joiners, leavers or absent people when it starts, and promises none for its first
/// day.
pub const SMALLEST_LIVELY_COMPANY: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Onboarding,
    Active,
    Leave,
    Inactive,
}

impl Status {
    pub fn as_personio_writes_it(self) -> &'static str {
        match self {
            Status::Onboarding => "onboarding",
            Status::Active => "active",
            Status::Leave => "leave",
            Status::Inactive => "inactive",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Employment {
    Internal,
    External,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Termination {
    /// The last day, which is still worked.
    pub date: NaiveDate,
    pub kind: &'static str,
    pub reason: &'static str,
}

/// What happened on a day, told with the dates that Personio shows on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Announced { person: Named, starts: NaiveDate },
    Started { person: Named, department: String },
    GaveNotice { person: Named, last_day: NaiveDate },
    Left { person: Named },
    LeaveBegan { person: Named },
    LeaveEnded { person: Named },
    Moved { person: Named, from: String, to: String },
    PositionChanged { person: Named, from: String, to: String },
    SupervisorChanged { person: Named, to: Named },
    Married { before: Named, after: Named, email: String },
    DepartmentRenamed { id: i64, before: String, after: String },
}

/// A person in an event: the id, and the name at that moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub id: i64,
    pub name: String,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.id)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Announced { person, starts } => write!(f, "{person} was hired and starts on {starts}"),
            Event::Started { person, department } => write!(f, "{person} started in {department}"),
            Event::GaveNotice { person, last_day } => write!(f, "{person} gave notice; the last day is {last_day}"),
            Event::Left { person } => write!(f, "{person} left"),
            Event::LeaveBegan { person } => write!(f, "{person} went on leave"),
            Event::LeaveEnded { person } => write!(f, "{person} came back from leave"),
            Event::Moved { person, from, to } => write!(f, "{person} moved from {from} to {to}"),
            Event::PositionChanged { person, from, to } => write!(f, "{person} was {from} and is {to} now"),
            Event::SupervisorChanged { person, to } => write!(f, "{person} reports to {to} now"),
            Event::Married { before, after, email } => {
                write!(f, "{before} married, is {} now and reached at {email}", after.name)
            }
            Event::DepartmentRenamed { id, before, after } => {
                write!(f, "department {id} was {before} and is {after} now")
            }
        }
    }
}

pub struct Company {
    rng: Rng,
    first_day: NaiveDate,
    days_passed: u64,
    organisation: Organisation,
    /// In the order their entries were created.
    employees: Vec<Employee>,
    places: HashMap<i64, usize>,
    addresses: AddressBook,
    /// How many people will be gone or absent from a day on: a company in which a tenth leaves overnight is not
    /// believable.
    departures: BTreeMap<NaiveDate, usize>,
    most_departures_a_day: usize,
    newest_id: i64,
}

/// A person as the company knows them, in the company's own calendar.
struct Employee {
    id: i64,
    first_name: String,
    last_name: String,
    email: String,
    gender: Gender,
    position: String,
    department: usize,
    office: usize,
    team: Option<usize>,
    /// In per cent, what is not charged to the department but to the overhead.
    overhead_share: u8,
    supervisor: Option<i64>,
    employment: Employment,
    weekly_hours: &'static str,
    hired: NaiveDate,
    contract_end: Option<NaiveDate>,
    termination: Option<Termination>,
    leave: Option<Leave>,
    /// UTC, like `modified`.
    created: NaiveDateTime,
    modified: NaiveDateTime,
    birthday: NaiveDate,
    language: &'static str,
    shirt_size: &'static str,
    skills: Vec<&'static str>,
    salary_cents: i64,
}

/// Absent from the first to the last of these days.
#[derive(Clone, Copy)]
struct Leave {
    from: NaiveDate,
    until: NaiveDate,
}

impl Employee {
    fn status(&self, day: NaiveDate) -> Status {
        if self.termination.is_some_and(|termination| termination.date < day) {
            Status::Inactive
        } else if self.hired > day {
            Status::Onboarding
        } else if self.leave.is_some_and(|leave| leave.from <= day && day <= leave.until) {
            Status::Leave
        } else {
            Status::Active
        }
    }

    /// At work, and nothing planned that would end it: the people to whom something may happen.
    fn is_settled(&self, day: NaiveDate) -> bool {
        self.status(day) == Status::Active && self.termination.is_none() && self.leave.is_none()
    }

    fn named(&self) -> Named {
        Named { id: self.id, name: format!("{} {}", self.first_name, self.last_name) }
    }
}

impl Company {
    pub fn new(people: usize, seed: u64, today: NaiveDate) -> Company {
        let mut company = Company {
            rng: Rng::with_seed(seed),
            first_day: today,
            days_passed: 0,
            organisation: Organisation::of_size(people),
            employees: Vec::with_capacity(people),
            places: HashMap::with_capacity(people),
            addresses: AddressBook::default(),
            departures: BTreeMap::new(),
            most_departures_a_day: 1 + people / 200,
            newest_id: 11_328_000,
        };
        company.found(people);
        company.appoint_supervisors();
        company
    }

    /// A day passes. Returns what happened, what was due first.
    pub fn next_day(&mut self) -> Vec<Event> {
        self.days_passed += 1;
        // Nobody has two surprises on one day: each line of a dry run then has one cause.
        let mut touched = BTreeSet::new();
        let mut events = self.bring_about_what_is_due(&mut touched);
        self.decide_what_happens(&mut touched, &mut events);
        events
    }

    pub fn days_passed(&self) -> u64 {
        self.days_passed
    }

    pub fn len(&self) -> usize {
        self.employees.len()
    }

    /// Newest entry first, the order in which Personio lists.
    pub fn people(&self) -> impl Iterator<Item = Person<'_>> {
        self.employees.iter().rev().map(|employee| Person { company: self, employee })
    }

    /// The people at these places of `people`.
    pub fn people_at(&self, places: std::ops::Range<usize>) -> impl Iterator<Item = Person<'_>> {
        let count = self.employees.len();
        let chosen = &self.employees[count - places.end.min(count)..count - places.start.min(count)];
        chosen.iter().rev().map(|employee| Person { company: self, employee })
    }

    pub fn person(&self, id: i64) -> Option<Person<'_>> {
        self.places.get(&id).map(|&place| Person { company: self, employee: &self.employees[place] })
    }

    fn today(&self) -> NaiveDate {
        self.first_day + Days::new(self.days_passed)
    }

    fn as_shown(&self, date: NaiveDate) -> NaiveDate {
        date - Days::new(self.days_passed)
    }
}

/// What founding and the days have in common.
impl Company {
    fn next_id(&mut self) -> i64 {
        self.newest_id += self.rng.i64(1..30);
        self.newest_id
    }

    fn enter(&mut self, mut employee: Employee) {
        // Strictly later than the entry before, as at Personio; otherwise the order of the list would be anybody's
        // guess.
        if let Some(newest) = self.employees.last() {
            employee.created = employee.created.max(newest.created + TimeDelta::seconds(1));
            employee.modified = employee.modified.max(employee.created);
        }
        self.places.insert(employee.id, self.employees.len());
        self.employees.push(employee);
    }

    fn draw_employee(&mut self, id: i64, department: usize, hired: NaiveDate, created: NaiveDateTime) -> Employee {
        let office = self.organisation.draw_office(&mut self.rng);
        let country = self.organisation.offices[office].country;
        let team = self.organisation.draw_team(&mut self.rng, department);
        let rng = &mut self.rng;
        let identity = draw_identity(rng, country);
        let email = self.addresses.give(&identity.first_name, &identity.last_name, domain(country));
        let employment = if rng.u8(..12) == 0 { Employment::External } else { Employment::Internal };
        let position = match employment {
            // Freelancers are often entered without one: Personio then sends "".
            Employment::External if rng.bool() => "",
            Employment::External | Employment::Internal => {
                pick(rng, self.organisation.departments[department].trade.positions)
            }
        };
        let language = match (country, rng.u8(..20)) {
            (_, 0) => "",
            (Country::Germany, 1..=15) => LANGUAGES[0],
            (Country::Germany | Country::UnitedKingdom | Country::Poland, _) => LANGUAGES[1],
        };
        let mut skills: Vec<&str> = SKILLS.to_vec();
        rng.shuffle(&mut skills);
        skills.truncate(rng.usize(..4));
        Employee {
            id,
            first_name: identity.first_name,
            last_name: identity.last_name,
            email,
            gender: identity.gender,
            position: position.to_owned(),
            department,
            office,
            team,
            overhead_share: pick(rng, &[0, 0, 0, 0, 20, 40, 50]),
            supervisor: None,
            employment,
            weekly_hours: match employment {
                Employment::External => "",
                Employment::Internal => pick(rng, &["40", "40", "40", "38.5", "32", "20", "19.5"]),
            },
            hired,
            // Some lie in the past: by itself the end of a contract means nothing.
            contract_end: (employment == Employment::External).then(|| hired + Days::new(rng.u64(200..1_500))),
            termination: None,
            leave: None,
            created,
            modified: created,
            birthday: hired - Days::new(rng.u64(6_600..19_000)),
            language,
            shirt_size: if rng.u8(..15) == 0 { "" } else { pick(rng, SHIRT_SIZES) },
            skills,
            salary_cents: if rng.u8(..4) == 0 { rng.i64(280_000..950_000) } else { rng.i64(28..95) * 10_000 },
        }
    }

    fn draw_termination(&mut self, date: NaiveDate) -> Termination {
        let (kind, reason) = pick(
            &mut self.rng,
            &[
                ("employee", "New opportunity"),
                ("employee", "Relocation"),
                ("employer", "Restructuring"),
                ("retirement", ""),
            ],
        );
        Termination { date, kind, reason }
    }

    fn draw_working_hour(&mut self, date: NaiveDate) -> NaiveDateTime {
        date.and_time(NaiveTime::MIN) + TimeDelta::hours(7) + TimeDelta::seconds(self.rng.i64(0..36_000))
    }

    /// As many as happen on a day when each of so many people brings one about, on average.
    fn draw_count(&mut self, people_per_event: usize) -> usize {
        let expected = self.employees.len() as f64 / people_per_event as f64;
        expected as usize + usize::from(self.rng.f64() < expected.fract())
    }

    /// The first day from `earliest` on that can lose one more person.
    fn plan_departure(&mut self, earliest: NaiveDate) -> NaiveDate {
        let is_free =
            |day: &NaiveDate| self.departures.get(day).is_none_or(|&planned| planned < self.most_departures_a_day);
        let day = earliest.iter_days().find(is_free).unwrap_or(earliest);
        self.count_departure(day);
        day
    }

    fn count_departure(&mut self, day: NaiveDate) {
        *self.departures.entry(day).or_insert(0) += 1;
    }
}

fn domain(country: Country) -> &'static str {
    match country {
        Country::Germany => "example.com",
        Country::UnitedKingdom => "example.net",
        Country::Poland => "example.org",
    }
}

/// A person as Personio shows them today: every date but the birthday is moved back by the days that passed.
#[derive(Clone, Copy)]
pub struct Person<'company> {
    company: &'company Company,
    employee: &'company Employee,
}

impl<'company> Person<'company> {
    pub fn id(self) -> i64 {
        self.employee.id
    }

    pub fn first_name(self) -> &'company str {
        &self.employee.first_name
    }

    pub fn last_name(self) -> &'company str {
        &self.employee.last_name
    }

    pub fn email(self) -> &'company str {
        &self.employee.email
    }

    pub fn gender(self) -> Gender {
        self.employee.gender
    }

    pub fn status(self) -> Status {
        self.employee.status(self.company.today())
    }

    pub fn position(self) -> &'company str {
        &self.employee.position
    }

    pub fn department(self) -> &'company Unit {
        &self.company.organisation.departments[self.employee.department].unit
    }

    pub fn office(self) -> &'company Unit {
        &self.company.organisation.offices[self.employee.office].unit
    }

    pub fn team(self) -> Option<&'company Unit> {
        self.employee.team.map(|team| &self.company.organisation.teams[team])
    }

    pub fn subcompany(self) -> &'company Unit {
        self.company.organisation.subcompany(self.country())
    }

    pub fn country(self) -> Country {
        self.company.organisation.offices[self.employee.office].country
    }

    /// The zone of the office, in which Personio writes this person's dates.
    pub fn zone(self) -> Tz {
        self.company.organisation.offices[self.employee.office].zone
    }

    /// One or two, with the percentage charged to each.
    pub fn cost_centers(self) -> impl Iterator<Item = (&'company Unit, u8)> {
        let own = &self.company.organisation.departments[self.employee.department].cost_center;
        let overhead = self.employee.overhead_share;
        [(own, 100 - overhead), (&self.company.organisation.overhead, overhead)]
            .into_iter()
            .filter(|&(_, share)| share > 0)
    }

    pub fn supervisor(self) -> Option<Person<'company>> {
        self.employee.supervisor.and_then(|id| self.company.person(id))
    }

    pub fn employment(self) -> Employment {
        self.employee.employment
    }

    /// A number in text; empty for externals.
    pub fn weekly_hours(self) -> &'company str {
        self.employee.weekly_hours
    }

    pub fn hire_date(self) -> NaiveDate {
        self.company.as_shown(self.employee.hired)
    }

    pub fn contract_end_date(self) -> Option<NaiveDate> {
        self.employee.contract_end.map(|date| self.company.as_shown(date))
    }

    pub fn probation_period_end(self) -> NaiveDate {
        self.company.as_shown(self.employee.hired + Days::new(182))
    }

    pub fn termination(self) -> Option<Termination> {
        let shown =
            |termination: Termination| Termination { date: self.company.as_shown(termination.date), ..termination };
        self.employee.termination.map(shown)
    }

    /// UTC.
    pub fn created_at(self) -> NaiveDateTime {
        self.employee.created - Days::new(self.company.days_passed)
    }

    /// UTC.
    pub fn last_modified_at(self) -> NaiveDateTime {
        self.employee.modified - Days::new(self.company.days_passed)
    }

    pub fn birthday(self) -> NaiveDate {
        self.employee.birthday
    }

    /// One of `LANGUAGES`, or empty.
    pub fn language(self) -> &'company str {
        self.employee.language
    }

    /// One of `SHIRT_SIZES`, or empty.
    pub fn shirt_size(self) -> &'company str {
        self.employee.shirt_size
    }

    /// Some of `SKILLS`; in another order every day, because Personio keeps none.
    pub fn skills(self) -> impl Iterator<Item = &'company str> {
        let skills = &self.employee.skills;
        let start = self.company.days_passed as usize % skills.len().max(1);
        skills[start..].iter().chain(&skills[..start]).copied()
    }

    pub fn salary_cents(self) -> i64 {
        self.employee.salary_cents
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [usize; 6] = [1, 5, 20, 47, 240, 1_000];

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 27).unwrap()
    }

    /// Everything a client could learn, as comparable text.
    fn portrait(company: &Company) -> Vec<String> {
        let paint = |person: Person<'_>| {
            format!(
                "{} {} {} {:?} {} {:?} {:?} {} {:?} {:?}",
                person.id(),
                person.last_name(),
                person.email(),
                person.status(),
                person.department().name,
                person.team(),
                person.supervisor().map(Person::id),
                person.hire_date(),
                person.termination(),
                person.last_modified_at(),
            )
        };
        company.people().map(paint).collect()
    }

    #[test]
    fn the_same_seed_tells_the_same_story_and_another_seed_another() {
        let story = |seed| {
            let mut company = Company::new(60, seed, today());
            let events: Vec<Vec<Event>> = (0..40).map(|_| company.next_day()).collect();
            (events, portrait(&company))
        };
        assert_eq!(story(7), story(7));
        assert_ne!(story(7), story(8));
    }

    #[test]
    fn ids_and_addresses_are_never_used_twice_in_sixty_days() {
        for size in SIZES {
            let mut company = Company::new(size, 3, today());
            let mut owners: HashMap<String, i64> = HashMap::new();
            for _ in 0..60 {
                let ids: BTreeSet<i64> = company.people().map(Person::id).collect();
                assert_eq!(ids.len(), company.len());
                for person in company.people() {
                    let owner = *owners.entry(person.email().to_lowercase()).or_insert(person.id());
                    assert_eq!(owner, person.id(), "{}", person.email());
                }
                company.next_day();
            }
        }
    }

    #[test]
    fn supervisors_exist_and_lead_to_the_one_founder_without_a_circle() {
        for size in SIZES {
            let mut company = Company::new(size, 4, today());
            for day in 0..60 {
                assert_eq!(
                    company.people().filter(|person| person.supervisor().is_none()).count(),
                    1,
                    "{size} on day {day}"
                );
                for person in company.people() {
                    let chain = std::iter::successors(Some(person), |person| person.supervisor());
                    assert!(chain.take(50).count() < 50, "{} of {size} on day {day}", person.id());
                    if let Some(supervisor) = person.supervisor().filter(|_| person.status() != Status::Inactive) {
                        assert_ne!(supervisor.status(), Status::Inactive, "of {} on day {day}", person.id());
                    }
                }
                company.next_day();
            }
        }
    }

    #[test]
    fn the_first_day_shows_every_promised_event() {
        for size in [SMALLEST_LIVELY_COMPANY, 24, 60, 240, 1_000] {
            for seed in 0..20 {
                let events = Company::new(size, seed, today()).next_day();
                let count = |wanted: fn(&Event) -> bool| events.iter().filter(|event| wanted(event)).count();
                assert!(count(|event| matches!(event, Event::Started { .. })) >= 1, "{size}, {seed}: {events:?}");
                assert!(count(|event| matches!(event, Event::Left { .. })) >= 1, "{size}, {seed}: {events:?}");
                assert!(count(|event| matches!(event, Event::Married { .. })) >= 1, "{size}, {seed}: {events:?}");
                assert!(count(|event| matches!(event, Event::Moved { .. })) >= 1, "{size}, {seed}: {events:?}");
                assert_eq!(
                    count(|event| matches!(event, Event::DepartmentRenamed { .. })),
                    1,
                    "{size}, {seed}: {events:?}"
                );
            }
        }
    }

    /// What a client's guards would hold must not happen by itself.
    #[test]
    fn a_day_in_a_company_of_240_removes_and_adds_few() {
        for seed in 0..10 {
            let mut company = Company::new(240, seed, today());
            for day in 0..120 {
                let events = company.next_day();
                let gone = |event: &&Event| matches!(event, Event::Left { .. } | Event::LeaveBegan { .. });
                let come = |event: &&Event| matches!(event, Event::Started { .. } | Event::LeaveEnded { .. });
                assert!(events.iter().filter(gone).count() <= 2, "day {day}: {events:?}");
                assert!(events.iter().filter(come).count() < 10, "day {day}: {events:?}");
            }
        }
    }

    #[test]
    fn every_kind_of_event_happens_within_a_year() {
        let mut company = Company::new(240, 1, today());
        let kinds: BTreeSet<_> = (0..365)
            .flat_map(|_| company.next_day())
            .map(|event| format!("{event:?}").split(' ').next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(kinds.len(), 11, "{kinds:?}");
    }

    #[test]
    fn dates_are_shown_as_if_the_first_day_never_ended() {
        let mut company = Company::new(240, 5, today());
        let joiner = company.people().find(|person| person.hire_date() == today() + Days::new(1)).unwrap().id();
        let leaver =
            company.people().find(|person| person.termination().is_some_and(|end| end.date == today())).unwrap().id();
        assert_eq!(company.person(joiner).unwrap().status(), Status::Onboarding);
        assert_eq!(company.person(leaver).unwrap().status(), Status::Active);
        let birthday = company.person(joiner).unwrap().birthday();

        company.next_day();
        let (joiner, leaver) = (company.person(joiner).unwrap(), company.person(leaver).unwrap());
        assert_eq!((joiner.status(), joiner.hire_date(), joiner.birthday()), (Status::Active, today(), birthday));
        assert_eq!(leaver.status(), Status::Inactive);
        assert_eq!(leaver.termination().unwrap().date, today() - Days::new(1));
    }

    #[test]
    fn status_and_dates_agree_on_every_day() {
        let mut company = Company::new(240, 6, today());
        for _ in 0..60 {
            for person in company.people() {
                let gone = person.termination().is_some_and(|end| end.date < today());
                assert_eq!(person.status() == Status::Inactive, gone);
                assert_eq!(person.status() == Status::Onboarding, person.hire_date() > today());
            }
            company.next_day();
        }
    }

    #[test]
    fn the_newest_entry_comes_first_and_ids_follow_no_order() {
        let mut company = Company::new(240, 9, today());
        for _ in 0..30 {
            company.next_day();
        }
        let people: Vec<_> = company.people().collect();
        assert!(people.is_sorted_by(|newer, older| newer.created_at() > older.created_at()));
        assert!(!people.is_sorted_by_key(|person| person.id()));
        assert!(people.iter().all(|person| person.created_at().date() <= today()));
    }

    #[test]
    fn a_large_company_is_founded_and_has_only_as_many_as_asked_for() {
        for size in [0, 1, 19, 100_000] {
            assert_eq!(Company::new(size, 1, today()).people().count(), size);
        }
    }
}
