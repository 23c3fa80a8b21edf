//! The people of `company.csv` as Personio knows them, more of them by numbers, and the days that pass among them.
//!
//! Everyone in it is invented, and every address lies in a domain that is reserved for examples. The same number is always
//! the same person, and a day brings the same to the same people.

use std::sync::LazyLock;

use chrono::{Days, NaiveDate, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization as _;

use super::person::{Person, person};

#[derive(Deserialize)]
struct Row {
    id: i64,
    first_name: String,
    last_name: String,
    gender: String,
    employment_type: String,
    position: String,
    department: String,
    team: String,
    office: String,
    supervisor: Option<i64>,
    status: String,
    /// None for those who have not worked yet.
    hired: Option<NaiveDate>,
    language: String,
}

static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let rows = csv::Reader::from_reader(include_bytes!("company.csv").as_slice()).into_deserialize();
    rows.collect::<Result<_, _>>().expect("company.csv is a table of people")
});

/// A renamed department keeps its id. Each pair is met in both directions.
const RENAMED: [[&str; 2]; 4] = [
    ["HR", "People & Culture"],
    ["Sales", "Revenue"],
    ["Customer Support", "Customer Care"],
    ["Finance", "Controlling"],
];

#[expect(clippy::disallowed_methods, reason = "a fake of Personio is about today")]
pub fn today() -> NaiveDate {
    Utc::now().with_timezone(&chrono_tz::Europe::Berlin).date_naive()
}

pub fn people(count: usize) -> Vec<Person> {
    (0..count).map(numbered).collect()
}

/// The first people are the table. Then it begins again, with other last names and in another branch.
pub fn numbered(number: usize) -> Person {
    let (round, place) = (number / TABLE.len(), number % TABLE.len());
    let row = &TABLE[place];
    let last_name = &TABLE[(place + round) % TABLE.len()].last_name;
    let id = row.id + 1_000 * round as i64;
    let in_branch = |name: &str| match round % 24 {
        0 => name.to_owned(),
        branch => format!("{name} {branch}"),
    };
    // Midnight where the office is, which is why a client must never convert it.
    let zone = if matches!(row.office.as_str(), "London" | "Glasgow") { "+00:00" } else { "+01:00" };
    let midnight = |date: NaiveDate| json!(format!("{date}T00:00:00{zone}"));
    let hired = row.hired.unwrap_or_else(|| today() + Days::new(30));
    let terminated = (row.status == "inactive").then(|| midnight(today() - Days::new(100)));
    let subcompany = if zone == "+00:00" { "Kranich Bikes Ltd" } else { "Kranich Räder GmbH" };
    let department = in_branch(&row.department);
    let mut cost_center = unit("CostCenter", &format!("Cost center {department}"));
    cost_center["attributes"]["percentage"] = json!(100);
    let team = if row.team.is_empty() { Value::Null } else { unit("Team", &in_branch(&row.team)) };
    let address = match round {
        0 => address(&row.first_name, last_name, ""),
        _ => address(&row.first_name, last_name, &format!(".{id}")),
    };
    let person = person(id, &row.first_name, last_name, &address)
        .with("gender", json!(row.gender))
        .with("status", json!(row.status))
        .with("position", json!(row.position))
        .with("employment_type", json!(row.employment_type))
        .with("hire_date", midnight(hired))
        .with("termination_date", terminated.unwrap_or_default())
        .with("subcompany", unit("Subcompany", subcompany))
        .with("office", unit("Office", &row.office))
        .with("department", unit("Department", &department))
        .with("team", team)
        .with("cost_centers", json!([cost_center]))
        .custom("dynamic_1204412", "Survey language", "list", json!(row.language))
        .custom("dynamic_1204416", "IBAN", "standard", json!(format!("DE00 0000 0000 00{id:08}")));
    match row.supervisor {
        Some(supervisor) => person.supervisor(supervisor),
        None => person,
    }
}

/// What Personio knows by an id and a name. The id follows from the name the unit had first.
fn unit(kind: &str, name: &str) -> Value {
    let id = name.bytes().fold(7, |id, byte| (id * 31 + i64::from(byte)) % 1_000_000_007);
    json!({"type": kind, "attributes": {"id": id, "name": name}})
}

/// Outside of the table a number tells people of the same name apart.
fn address(first_name: &str, last_name: &str, number: &str) -> String {
    let letters = |name: &str| {
        let name = name.to_lowercase().replace('ß', "ss");
        name.nfd().filter(char::is_ascii_alphabetic).collect::<String>()
    };
    format!("{}.{}{number}@example.com", letters(first_name), letters(last_name))
}

/// A day passes, the first of them with number 1. Tells what happened.
pub fn next_day(people: &mut Vec<Person>, number: usize) -> Vec<String> {
    let mut day = Day { people, number, told: Vec::new() };
    match number % 8 {
        1 => {
            day.somebody_starts();
            day.somebody_leaves();
        }
        2 => {
            day.somebody_marries();
            day.somebody_moves();
        }
        3 => {
            day.a_department_is_renamed();
            day.somebody_gets_another_supervisor();
        }
        5 => {
            day.somebody_goes_on_leave();
            day.somebody_is_hired();
        }
        6 => day.somebody_gets_another_position(),
        7 => day.somebody_comes_back(),
        _ => {}
    }
    day.told
}

struct Day<'people> {
    people: &'people mut Vec<Person>,
    number: usize,
    told: Vec<String>,
}

impl Day<'_> {
    fn somebody_starts(&mut self) {
        self.change_one("onboarding", |person, _| {
            let event = format!("{} started in {}", name(&person), department(&person));
            let today = json!(format!("{}T00:00:00+01:00", today()));
            Some((person.with("status", json!("active")).with("hire_date", today), event))
        });
    }

    fn somebody_leaves(&mut self) {
        self.change_one("active", |person, _| {
            let event = format!("{} left", name(&person));
            let yesterday = json!(format!("{}T00:00:00+01:00", today() - Days::new(1)));
            Some((person.with("status", json!("inactive")).with("termination_date", yesterday), event))
        });
    }

    fn somebody_goes_on_leave(&mut self) {
        self.change_one("active", |person, _| {
            let event = format!("{} went on leave", name(&person));
            Some((person.with("status", json!("leave")), event))
        });
    }

    fn somebody_comes_back(&mut self) {
        self.change_one("leave", |person, _| {
            let event = format!("{} came back from leave", name(&person));
            Some((person.with("status", json!("active")), event))
        });
    }

    fn somebody_marries(&mut self) {
        self.change_one("active", |person, other| {
            let (first_name, last_name) = (text(&person, "first_name"), text(other, "last_name"));
            let email = address(&first_name, &last_name, &format!(".{}", person.id()));
            let event = format!("{} married, is {first_name} {last_name} now and reached at {email}", name(&person));
            let married = text(&person, "last_name") != last_name;
            married.then(|| (person.with("last_name", json!(last_name)).with("email", json!(email)), event))
        });
    }

    fn somebody_moves(&mut self) {
        self.change_one("active", |person, other| {
            let (from, to) = (department(&person), department(other));
            let event = format!("{} moved from {from} to {to}", name(&person));
            let moved = ["department", "team", "position", "supervisor"]
                .into_iter()
                .fold(person, |person, key| person.with(key, other.value(key).clone()));
            (from != to).then_some((moved, event))
        });
    }

    fn somebody_gets_another_supervisor(&mut self) {
        self.change_one("active", |person, other| {
            let (before, after) = (person.value("supervisor"), other.value("supervisor"));
            let event = format!("{} has another supervisor", name(&person));
            (before != after && !after.is_null()).then(|| (person.clone().with("supervisor", after.clone()), event))
        });
    }

    fn somebody_gets_another_position(&mut self) {
        self.change_one("active", |person, other| {
            let (from, to) = (text(&person, "position"), text(other, "position"));
            let event = format!("{} was {from} and is {to} now", name(&person));
            (from != to).then(|| (person.with("position", json!(to)), event))
        });
    }

    fn somebody_is_hired(&mut self) {
        let starts = today() + Days::new(30);
        let person = numbered(self.people.len())
            .with("status", json!("onboarding"))
            .with("hire_date", json!(format!("{starts}T00:00:00+01:00")))
            .with("termination_date", Value::Null);
        self.told.push(format!("{} was hired and starts on {starts}", name(&person)));
        self.people.push(person);
    }

    fn a_department_is_renamed(&mut self) {
        let pair = RENAMED[self.number / 8 % RENAMED.len()];
        let now = self.people.iter().map(department).find(|name| pair.contains(&name.as_str()));
        let Some(before) = now else { return };
        let after = if before == pair[0] { pair[1] } else { pair[0] };
        for person in self.people.iter_mut().filter(|person| department(person) == before) {
            let mut renamed = person.value("department").clone();
            renamed["attributes"]["name"] = json!(after);
            *person = person.clone().with("department", renamed);
        }
        self.told.push(format!("the department {before} is called {after} now"));
    }

    /// Changes one person with this status who leads nobody. `change` also sees another, active person; where it changes
    /// nothing, the next person is tried.
    fn change_one(&mut self, status: &str, change: impl Fn(Person, &Person) -> Option<(Person, String)>) {
        let count = self.people.len();
        let has = |person: &Person, status: &str| text(person, "status") == status;
        for step in 0..count {
            let at = (self.number * 7 + self.told.len() * 3 + step) % count;
            let person = &self.people[at];
            let leads = self.people.iter().any(|other| supervisor(other) == Some(person.id()));
            let other = (1..count).map(|step| &self.people[(at + 5 * step) % count]).find(|other| has(other, "active"));
            let (true, false, Some(other)) = (has(person, status), leads, other) else { continue };
            if let Some((changed, event)) = change(person.clone(), other) {
                self.people[at] = changed;
                self.told.push(event);
                return;
            }
        }
    }
}

fn text(person: &Person, key: &str) -> String {
    person.value(key).as_str().unwrap_or_default().to_owned()
}

fn name(person: &Person) -> String {
    format!("{} {} ({})", text(person, "first_name"), text(person, "last_name"), person.id())
}

fn department(person: &Person) -> String {
    person.value("department")["attributes"]["name"].as_str().unwrap_or_default().to_owned()
}

fn supervisor(person: &Person) -> Option<i64> {
    person.value("supervisor")["attributes"]["id"]["value"].as_i64()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn everybody_has_an_id_of_their_own_and_a_supervisor_who_is_there() {
        for count in [1, 7, 40, 240, 10_000] {
            let people = people(count);
            let ids: BTreeSet<i64> = people.iter().map(Person::id).collect();
            assert_eq!(ids.len(), count);
            assert!(people.iter().filter_map(supervisor).all(|id| ids.contains(&id)), "{count}");
        }
    }

    /// What a client's guards would hold must not happen by itself.
    #[test]
    fn in_sixty_days_few_go_and_no_address_is_used_twice() {
        let mut people = people(200);
        let at_work = |people: &[Person]| people.iter().filter(|person| text(person, "status") == "active").count();
        let (before, mut owners, mut told) = (at_work(&people), BTreeMap::new(), BTreeSet::new());
        for day in 1..=60 {
            told.extend(
                next_day(&mut people, day).into_iter().map(|event| event.split(") ").last().map(str::to_owned)),
            );
            for person in &people {
                assert_eq!(*owners.entry(text(person, "email")).or_insert(person.id()), person.id());
            }
        }
        assert!(told.len() > 40, "{told:?}");
        assert!(at_work(&people).abs_diff(before) < 10);
    }
}
