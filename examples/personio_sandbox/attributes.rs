//! Every attribute the sandbox knows, with the JSON Personio writes for it.
//!
//! Law: a value has the shape published for its type, or the shape real accounts send where the two differ; each such
//! surprise has its line here. Values are written straight into bytes: a page of a hundred people must cost less to
//! write than to read.

use std::io::Write;

use chrono::{NaiveDate, NaiveDateTime, Offset, TimeZone};

use super::company::{Employment, LANGUAGES, Person, SHIRT_SIZES, SKILLS};
use super::names::Country;
use super::organisation::Unit;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Standard,
    Date,
    Integer,
    Decimal,
    List,
    Tags,
    Link,
    Multiline,
}

impl Kind {
    pub fn as_personio_writes_it(self) -> &'static str {
        match self {
            Kind::Standard => "standard",
            Kind::Date => "date",
            Kind::Integer => "integer",
            Kind::Decimal => "decimal",
            Kind::List => "list",
            Kind::Tags => "tags",
            Kind::Link => "link",
            Kind::Multiline => "multiline",
        }
    }
}

pub struct Attribute {
    pub key: &'static str,
    pub label: &'static str,
    pub kind: Kind,
    pub universal_id: Option<&'static str>,
    pub options: &'static [&'static str],
    /// Only pay has one.
    pub currency: Option<&'static str>,
    pub write_value: ValueWriter,
}

type ValueWriter = fn(Person<'_>, &mut Vec<u8>);

/// `id` comes first and is the only one that no credential can be without.
pub static CATALOGUE: &[Attribute] = &[
    built_in("id", "ID", Kind::Integer, |person, out| write_text_of(out, person.id())),
    built_in("first_name", "First name", Kind::Standard, |person, out| write_json_string(out, person.first_name())),
    built_in("last_name", "Last name", Kind::Standard, |person, out| write_json_string(out, person.last_name())),
    built_in("preferred_name", "Name (preferred)", Kind::Standard, |person, out| {
        write_json_string(out, &format!("{} {}", person.first_name(), person.last_name()));
    }),
    built_in("email", "Email", Kind::Standard, |person, out| write_json_string(out, person.email())),
    built_in("gender", "Gender", Kind::Standard, |person, out| {
        write_json_string(out, person.gender().as_personio_writes_it());
    }),
    built_in("status", "Status", Kind::Standard, |person, out| {
        write_json_string(out, person.status().as_personio_writes_it())
    }),
    built_in("position", "Position", Kind::Standard, |person, out| write_json_string(out, person.position())),
    built_in("supervisor", "Supervisor", Kind::Standard, write_supervisor),
    built_in("employment_type", "Employment type", Kind::Standard, |person, out| match person.employment() {
        Employment::Internal => write_json_string(out, "internal"),
        Employment::External => write_json_string(out, "external"),
    }),
    built_in("weekly_working_hours", "Weekly hours", Kind::Standard, |person, out| {
        write_json_string(out, person.weekly_hours())
    }),
    built_in("hire_date", "Hire date", Kind::Date, |person, out| write_date(out, person, Some(person.hire_date()))),
    built_in("contract_end_date", "Contract ends", Kind::Date, |person, out| {
        write_date(out, person, person.contract_end_date())
    }),
    built_in("termination_date", "Termination date", Kind::Date, write_last_day),
    built_in("termination_type", "Termination type", Kind::Standard, |person, out| match person.termination() {
        Some(termination) => write_json_string(out, termination.kind),
        None => out.extend_from_slice(b"null"),
    }),
    built_in("termination_reason", "Termination reason", Kind::Standard, |person, out| match person.termination() {
        Some(termination) => write_json_string(out, termination.reason),
        None => out.extend_from_slice(b"null"),
    }),
    built_in("probation_period_end", "Probation period end", Kind::Date, |person, out| {
        write_date(out, person, Some(person.probation_period_end()));
    }),
    built_in("created_at", "created_at", Kind::Date, |person, out| write_instant(out, person, person.created_at())),
    built_in("last_modified_at", "Last modified", Kind::Date, |person, out| {
        write_instant(out, person, person.last_modified_at())
    }),
    built_in("subcompany", "Subcompany", Kind::Standard, |person, out| {
        write_relation(out, "Subcompany", Some(person.subcompany()));
    }),
    built_in("office", "Office", Kind::Standard, |person, out| write_relation(out, "Office", Some(person.office()))),
    built_in("department", "Department", Kind::Standard, |person, out| {
        write_relation(out, "Department", Some(person.department()));
    }),
    built_in("team", "Team", Kind::Standard, |person, out| write_relation(out, "Team", person.team())),
    built_in("cost_centers", "Cost center", Kind::Standard, write_cost_centers),
    built_in("holiday_calendar", "Public holidays", Kind::Standard, write_holiday_calendar),
    built_in("absence_entitlement", "Absence entitlement", Kind::Standard, |person, out| {
        match person.employment() {
        Employment::Internal => out.extend_from_slice(
            br#"[{"type":"TimeOffType","attributes":{"id":113437,"name":"Paid vacation","category":"paid_vacation","entitlement":28}}]"#,
        ),
        Employment::External => out.extend_from_slice(b"[]"),
    }
    }),
    built_in("work_schedule", "Work schedule", Kind::Standard, write_work_schedule),
    Attribute { currency: Some("EUR"), ..built_in("fix_salary", "Fix salary", Kind::Decimal, write_salary) },
    built_in("fix_salary_interval", "Salary interval", Kind::Standard, |person, out| match person.employment() {
        Employment::Internal => write_json_string(out, "monthly"),
        Employment::External => write_json_string(out, ""),
    }),
    Attribute {
        currency: Some("EUR"),
        ..built_in("hourly_salary", "Hourly salary", Kind::Decimal, |_, out| out.extend_from_slice(b"0"))
    },
    built_in("last_working_day", "Last day of work", Kind::Date, write_last_day),
    built_in("profile_picture", "Profile Picture", Kind::Standard, |person, out| {
        write_json_string(
            out,
            &format!("https://api.personio.de/v1/company/employees/{}/profile-picture", person.id()),
        );
    }),
    Attribute {
        options: SHIRT_SIZES,
        ..custom("dynamic_1204411", "T-shirt size", Kind::List, |person, out| {
            write_json_string(out, person.shirt_size())
        })
    },
    Attribute {
        options: LANGUAGES,
        ..custom("dynamic_1204412", "Survey language", Kind::List, |person, out| {
            write_json_string(out, person.language())
        })
    },
    Attribute { options: SKILLS, ..custom("dynamic_1204413", "Skills", Kind::Tags, write_skills) },
    custom("dynamic_1204414", "Badge number", Kind::Integer, |person, out| {
        write_text_of(out, person.id() % 90_000 + 10_000)
    }),
    Attribute {
        universal_id: Some("date_of_birth"),
        ..custom("dynamic_1204415", "Birthday", Kind::Date, |person, out| {
            write_date(out, person, Some(person.birthday()))
        })
    },
    // Check digits 00 belong to no account anywhere.
    Attribute {
        universal_id: Some("iban"),
        ..custom("dynamic_1204416", "IBAN", Kind::Standard, |person, out| {
            write_json_string(out, &format!("DE00 0000 0000 00{:08}", person.id()));
        })
    },
    custom("dynamic_1204417", "Commute (km)", Kind::Decimal, |person, out| match person.id() % 40 {
        0 => out.extend_from_slice(b"null"),
        whole if whole % 3 == 0 => write_text_of(out, whole),
        kilometres => write_text_of(out, format_args!("{kilometres}.5")),
    }),
    custom("dynamic_1204418", "Profile page", Kind::Link, |person, out| match person.id() % 5 {
        0 => write_json_string(out, &format!("https://www.example.com/people/{}", person.id())),
        _ => write_json_string(out, ""),
    }),
    custom("dynamic_1204419", "Emergency contact", Kind::Multiline, |person, out| {
        write_json_string(out, &format!("Family {}\n+49 30 0000 {:04}", person.last_name(), person.id() % 10_000));
    }),
];

const fn built_in(key: &'static str, label: &'static str, kind: Kind, write_value: ValueWriter) -> Attribute {
    Attribute { key, label, kind, universal_id: Some(key), options: &[], currency: None, write_value }
}

const fn custom(key: &'static str, label: &'static str, kind: Kind, write_value: ValueWriter) -> Attribute {
    Attribute { key, label, kind, universal_id: None, options: &[], currency: None, write_value }
}

pub fn write_json_string(out: &mut Vec<u8>, text: &str) {
    // serde_json escapes; it can only fail where its writer can, and memory cannot.
    serde_json::to_writer(out, text).expect("writing to memory does not fail");
}

pub fn write_text_of(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    write!(out, "{value}").expect("writing to memory does not fail");
}

/// Midnight in the zone of the office, which is why a client must never convert it.
fn write_date(out: &mut Vec<u8>, person: Person<'_>, date: Option<NaiveDate>) {
    match date {
        // Midnight is looked up as if it were UTC. Europe changes its clocks at 01:00 UTC, so that never crosses a
        // change, and unlike the exact question it always has one answer.
        Some(date) => {
            let offset = person.zone().offset_from_utc_datetime(&date.and_time(chrono::NaiveTime::MIN)).fix();
            write_text_of(out, format_args!("\"{date}T00:00:00{offset}\""));
        }
        None => out.extend_from_slice(b"null"),
    }
}

fn write_instant(out: &mut Vec<u8>, person: Person<'_>, utc: NaiveDateTime) {
    let local = person.zone().from_utc_datetime(&utc);
    write_text_of(out, format_args!("\"{}\"", local.format("%Y-%m-%dT%H:%M:%S%:z")));
}

fn write_last_day(person: Person<'_>, out: &mut Vec<u8>) {
    write_date(out, person, person.termination().map(|termination| termination.date));
}

fn write_relation(out: &mut Vec<u8>, kind: &str, unit: Option<&Unit>) {
    match unit {
        Some(unit) => {
            write_text_of(out, format_args!(r#"{{"type":"{kind}","attributes":{{"id":{},"name":"#, unit.id));
            write_json_string(out, &unit.name);
            out.extend_from_slice(b"}}");
        }
        None => out.extend_from_slice(b"null"),
    }
}

/// The one relation whose attributes are labelled objects themselves. Whether a credential's missing rights thin it out
/// is not published; here they do not.
fn write_supervisor(person: Person<'_>, out: &mut Vec<u8>) {
    let Some(supervisor) = person.supervisor() else {
        return out.extend_from_slice(b"null");
    };
    write_text_of(
        out,
        format_args!(
            r#"{{"type":"Employee","attributes":{{"id":{{"label":"ID","value":{},"type":"integer","universal_id":"id"}}"#,
            supervisor.id()
        ),
    );
    for (key, label, value) in [
        ("first_name", "First name", supervisor.first_name()),
        ("last_name", "Last name", supervisor.last_name()),
        ("email", "Email", supervisor.email()),
    ] {
        write_text_of(out, format_args!(r#","{key}":{{"label":"{label}","value":"#));
        write_json_string(out, value);
        write_text_of(out, format_args!(r#","type":"standard","universal_id":"{key}"}}"#));
    }
    out.extend_from_slice(b"}}");
}

fn write_cost_centers(person: Person<'_>, out: &mut Vec<u8>) {
    out.push(b'[');
    for (place, (unit, percentage)) in person.cost_centers().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write_text_of(out, format_args!(r#"{{"type":"CostCenter","attributes":{{"id":{},"name":"#, unit.id));
        write_json_string(out, &unit.name);
        write_text_of(out, format_args!(r#","percentage":{percentage}}}}}"#));
    }
    out.push(b']');
}

fn write_holiday_calendar(person: Person<'_>, out: &mut Vec<u8>) {
    let (id, name, country, state) = match person.country() {
        Country::Germany => (2, "Deutschland (Bayern) Feiertage", "DE", r#""Bayern""#),
        Country::UnitedKingdom => (31, "United Kingdom (England) holidays", "GB", r#""England""#),
        Country::Poland => (44, "Polska - święta", "PL", "null"),
    };
    write_text_of(
        out,
        format_args!(
            r#"{{"type":"HolidayCalendar","attributes":{{"id":{id},"name":"{name}","country":"{country}","state":{state}}}}}"#
        ),
    );
}

/// The id is one real accounts send: it needs 64 bits, which a floating-point number does not have to give.
fn write_work_schedule(person: Person<'_>, out: &mut Vec<u8>) {
    match person.employment() {
        Employment::Internal => out.extend_from_slice(
            concat!(
                r#"{"type":"WorkSchedule","attributes":{"id":1067807102794692000,"name":"Full-time","valid_from":null,"#,
                r#""monday":"08:00","tuesday":"08:00","wednesday":"08:00","thursday":"08:00","friday":"08:00","#,
                r#""saturday":"00:00","sunday":"00:00"}}"#,
            )
            .as_bytes(),
        ),
        // Not null: an object that is missing arrives as an empty list here.
        Employment::External => out.extend_from_slice(b"[]"),
    }
}

/// A whole number where there are no cents, as JSON from PHP has it.
fn write_salary(person: Person<'_>, out: &mut Vec<u8>) {
    match (person.employment(), person.salary_cents() / 100, person.salary_cents() % 100) {
        (Employment::External, _, _) => out.extend_from_slice(b"0"),
        (Employment::Internal, euros, 0) => write_text_of(out, euros),
        (Employment::Internal, euros, cents) => write_text_of(out, format_args!("{euros}.{cents:02}")),
    }
}

/// One string, either separated by commas or holding JSON. Both are met in real accounts and nobody says when to expect
/// which, so the sandbox writes half its people the one way and half the other.
fn write_skills(person: Person<'_>, out: &mut Vec<u8>) {
    let skills: Vec<&str> = person.skills().collect();
    if skills.is_empty() || person.id() % 2 == 0 {
        write_json_string(out, &skills.join(","));
    } else {
        write_json_string(out, &serde_json::json!(skills).to_string());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::company::Company;
    use super::*;

    fn value_of(attribute: &Attribute, person: Person<'_>) -> Value {
        let mut written = Vec::new();
        (attribute.write_value)(person, &mut written);
        serde_json::from_slice(&written).unwrap_or_else(|error| panic!("{}: {error}", attribute.key))
    }

    fn company() -> Company {
        Company::new(500, 2, NaiveDate::from_ymd_opt(2026, 3, 29).unwrap())
    }

    #[test]
    fn keys_are_unique() {
        let keys: BTreeSet<_> = CATALOGUE.iter().map(|attribute| attribute.key).collect();
        assert_eq!(keys.len(), CATALOGUE.len());
    }

    #[test]
    fn every_value_has_a_shape_of_its_type() {
        let company = company();
        for person in company.people() {
            for attribute in CATALOGUE {
                let value = value_of(attribute, person);
                let fits = match attribute.kind {
                    Kind::Standard => !value.is_number() && !value.is_boolean(),
                    Kind::Date => value.is_null() || value.as_str().is_some_and(|text| text.len() == 25),
                    Kind::Integer => value.is_i64(),
                    Kind::Decimal => value.is_number() || value.is_null(),
                    Kind::List => {
                        value.as_str().is_some_and(|text| text.is_empty() || attribute.options.contains(&text))
                    }
                    Kind::Tags | Kind::Link | Kind::Multiline => value.is_string(),
                };
                assert!(fits, "{}: {value}", attribute.key);
            }
        }
    }

    #[test]
    fn dates_are_midnights_in_the_zone_of_the_office() {
        let company = company();
        let mut offsets = BTreeSet::new();
        for person in company.people() {
            let mut written = Vec::new();
            write_date(&mut written, person, Some(person.hire_date()));
            let text = String::from_utf8(written).unwrap();
            assert!(text.starts_with(&format!("\"{}T00:00:00", person.hire_date())), "{text}");
            offsets.insert(text[20..26].to_owned());
        }
        assert!(offsets.into_iter().eq(["+00:00", "+01:00", "+02:00"]));
    }

    #[test]
    fn what_can_be_empty_is_empty_for_somebody_in_each_way_it_can_be() {
        let company = company();
        for (key, empty) in [
            ("supervisor", Value::Null),
            ("team", Value::Null),
            ("termination_date", Value::Null),
            ("position", Value::from("")),
            ("gender", Value::from("")),
            ("dynamic_1204412", Value::from("")),
            ("dynamic_1204413", Value::from("")),
            ("absence_entitlement", serde_json::json!([])),
            ("work_schedule", serde_json::json!([])),
        ] {
            let attribute = CATALOGUE.iter().find(|attribute| attribute.key == key).unwrap();
            assert!(company.people().any(|person| value_of(attribute, person) == empty), "{key}");
        }
    }
}
