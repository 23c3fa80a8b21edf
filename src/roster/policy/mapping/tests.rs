//! Headers from labels of all kinds, and what `*` takes of a real account.

use super::*;
use crate::roster::plan::names::Names;
use crate::roster::policy::attribute::Kind;
use crate::roster::policy::headers::{LabelProblem, Renamed, USUAL_GROUPS};

fn attribute(key: &str, label: &str, kind: Kind) -> Attribute {
    Attribute { key: AttributeKey::new(key), label: label.into(), universal_id: None, kind }
}

fn all() -> GroupWishes {
    GroupWishes { named: Vec::new(), by_default: BTreeSet::new(), off: Vec::new(), others: Others::Taken }
}

fn resolved(wishes: &GroupWishes, readable: &[Attribute], reserved: &[&str]) -> Result<Vec<GroupColumn>, Unmappable> {
    wishes.columns(&Lookup::new(readable, &Names::default(), []), reserved)
}

fn headers(columns: &[GroupColumn]) -> Vec<(&str, Option<LabelProblem>)> {
    columns.iter().map(|column| (column.header.as_str(), column.problem)).collect()
}

#[test]
fn a_label_that_cannot_be_a_header_is_told_and_stops_nobody() {
    use LabelProblem::{Blank, Taken, TooLong};
    let (long, longest) = ("x".repeat(101), "x".repeat(100));
    let cases: [(&[&str], &[(&str, Option<LabelProblem>)]); 10] = [
        // labels of d1, d2, ...; headers
        (&["Site", "Shift"], &[("Site", None), ("Shift", None)]),
        (&["Language"], &[("Language (d1)", Some(Taken))]),
        (&["reportstoid"], &[("reportstoid (d1)", Some(Taken))]),
        (&["Department"], &[("Department (d1)", Some(Taken))]),
        (&["Kontingent"], &[("Kontingent (d1)", Some(Taken))]),
        (&["Site", " SITE "], &[("Site (d1)", Some(Taken)), ("SITE (d2)", Some(Taken))]),
        (&["\u{200b}", ""], &[("d1", Some(Blank)), ("d2", Some(Blank))]),
        (&[&long, &longest], &[("d1", Some(TooLong)), (&longest, None)]),
        (&["d2", ""], &[("d2", None), ("Attribute 1", Some(Blank))]),
        (&["Site (d2)", "Site", "Site"], &[("Site (d2)", None), ("d2", Some(Taken)), ("Site (d3)", Some(Taken))]),
    ];
    for (labels, expected) in cases {
        let keys = (1..).map(|number| format!("d{number}"));
        let readable: Vec<Attribute> =
            keys.zip(labels).map(|(key, label)| attribute(&key, label, Kind::List)).collect();
        let columns = resolved(&all(), &readable, &["Language", "ReportsToId", "Kontingent"]).unwrap();
        assert_eq!(headers(&columns), expected, "{labels:?}");
        let told: Vec<Renamed> = columns.iter().filter_map(GroupColumn::renamed).collect();
        assert_eq!(told.len(), expected.iter().filter(|(_, problem)| problem.is_some()).count());
    }
}

#[test]
fn a_name_from_the_configuration_is_taken_before_any_label() {
    let named = |selector: &str, name: &str| GroupWish {
        selector: selector.into(),
        name: Some(name.into()),
        values: BTreeMap::new(),
        several: Several::Joined,
        bands: None,
    };
    let readable = [attribute("d1", "Site", Kind::List), attribute("d2", "Shift", Kind::List)];
    let wishes = GroupWishes { named: vec![named("d2", "Site")], ..all() };
    let columns = resolved(&wishes, &readable, &[]).unwrap();
    assert_eq!(headers(&columns), [("Site", None), ("Site (d1)", Some(LabelProblem::Taken))]);
    let twice = GroupWishes { named: vec![named("d1", "Site"), named("d2", "site")], ..all() };
    assert_eq!(resolved(&twice, &readable, &[]), Err(Unmappable::TwiceTheName { name: "site".into() }));
}

/// The attributes of a demo account as Personio sends them, captured in March 2023.
fn account() -> Vec<Attribute> {
    use Kind::{Date, Decimal, Integer, Link, List, Standard, Tags};
    let own = [
        ("id", "ID", Integer),
        ("first_name", "First name", Standard),
        ("last_name", "Last name", Standard),
        ("email", "Email", Standard),
        ("gender", "Gender", Standard),
        ("status", "Status", Standard),
        ("position", "Position", Standard),
        ("supervisor", "Supervisor", Standard),
        ("employment_type", "Employment type", Standard),
        ("weekly_working_hours", "Weekly hours", Standard),
        ("hire_date", "Hire date", Date),
        ("contract_end_date", "Contract ends", Date),
        ("termination_date", "Termination date", Date),
        ("termination_type", "Termination type", Standard),
        ("termination_reason", "Termination reason", Standard),
        ("probation_period_end", "Probation period end", Date),
        ("created_at", "Created at", Date),
        ("last_modified_at", "Last modified", Date),
        ("subcompany", "Subcompany", Standard),
        ("office", "Office", Standard),
        ("department", "Department", Standard),
        ("cost_centers", "Cost center", Standard),
        ("holiday_calendar", "Public holidays", Standard),
        ("absence_entitlement", "Absence entitlement", Standard),
        ("work_schedule", "Work schedule", Standard),
        ("fix_salary", "Fixed salary", Decimal),
        ("fix_salary_interval", "Salary interval", Standard),
        ("hourly_salary", "Hourly salary", Decimal),
        ("vacation_day_balance", "Vacation day balance", Decimal),
        ("last_working_day", "Last day of work", Date),
        ("profile_picture", "Profile Picture", Standard),
        ("team", "Team", Standard),
    ];
    let custom = [
        ("Employee ID", Standard),
        ("National Insurance Number", Standard),
        ("Holder of bank account", Standard),
        ("Emergency contact name", Standard),
        ("Address", Standard),
        ("Key number / ID", Standard),
        ("Type of Visa", Standard),
        ("Birthday", Date),
        ("IBAN", Standard),
        ("Marital status", List),
        ("City", Standard),
        ("Laptop serial number", Standard),
        ("Trainings", Tags),
        ("Visa expiry date", Date),
        ("Type of health insurance", List),
        ("BIC", Standard),
        ("Emergency contact phone number", Standard),
        ("Postcode", Standard),
        ("Language Skills", Tags),
        ("Name of health insurance", Standard),
        ("Personal email", Standard),
        ("LinkedIn", Link),
        ("First Aider", List),
        ("Main or secondary occupation", List),
        ("Nationality", List),
        ("Emergency contact relationship to the employee", List),
        ("Child allowance", List),
        ("Salary type", List),
        ("Notice period", Standard),
        ("Occupation type", List),
    ];
    let custom =
        (7_123_992..).zip(custom).map(|(number, (label, kind))| attribute(&format!("dynamic_{number}"), label, kind));
    own.into_iter().map(|(key, label, kind)| attribute(key, label, kind)).chain(custom).collect()
}

#[test]
fn of_a_real_account_everything_takes_what_is_made_to_be_shared() {
    let columns = resolved(&all(), &account(), &[]).unwrap();
    let taken: BTreeSet<&str> = columns.iter().map(|column| column.header.as_str()).collect();
    let usual = USUAL_GROUPS.iter().map(|(_, name)| *name);
    let shared = ["Trainings", "Language Skills", "First Aider", "Main or secondary occupation", "Occupation type"];
    assert_eq!(taken, usual.chain(shared).collect());
    // The same account after an administrator made everything a list: only the words hold attributes back.
    let lists = account().into_iter().map(|attribute| Attribute { kind: Kind::List, ..attribute }).collect::<Vec<_>>();
    let columns = resolved(&all(), &lists, &[]).unwrap();
    for private in
        ["Address", "City", "Postcode", "Personal email", "Child allowance", "IBAN", "Nationality", "Birthday"]
    {
        assert!(!columns.iter().any(|column| column.header == private), "{private}");
    }
    let german = [
        "Adresse",
        "Wohnort",
        "Ort",
        "PLZ",
        "Private E-Mail",
        "Kinderfreibetrag",
        "Kindergeld",
        "Gehaltsgruppe",
        "Konfession",
        "Schwerbehinderung",
        "Familienstand",
        "Staatsangehörigkeit",
        "Krankenkasse",
        "Steuerklasse",
        "Notfallkontakt",
        "Sexuelle Orientierung",
        "Impfstatus",
        "Betriebsrat",
        "Einkommen",
        "Zivilstand",
        "Muttersprache",
        // The same words as somebody may have typed them.
        "Vergu\u{308}tung",
        "Verguetungsmodell",
        "Stra\u{df}e",
        "A\u{200b}dresse",
        "ＩＢＡＮ",
        "Ablage (PLZ)",
        "Kind/er",
    ];
    let english = ["Pay band", "Denomination", "Pronouns", "Race", "Vaccinated", "Dependents", "Illness", "Blood type"];
    // Of German, Austrian, Swiss and British payroll, and of neighbours.
    let payroll = [
        "Stundenlohn",
        "Kündigungsgrund",
        "Grund des Austritts",
        "Beitragsgruppenschlüssel",
        "SV-Nummer",
        "Verwendungsgruppe",
        "Pendlerpauschale",
        "Abfertigung neu",
        "AHV-Nr.",
        "BVG-Plan",
        "Säule 3a",
        "Quellensteuertarif",
        "Heimatort",
        "Right to work",
        "NI category",
        "P45 received",
        "Student loan plan",
        "Reason for leaving",
        "DBS check",
        "Estado civil",
        "Sindicato",
        "Syndicat",
        "Salarisschaal",
        "Permis de travail",
    ];
    for label in german.into_iter().chain(english).chain(payroll) {
        assert_eq!(resolved(&all(), &[attribute("dynamic_1", label, Kind::List)], &[]).unwrap(), [], "{label}");
    }
    let shared = [
        "Standort",
        "Sport",
        "Schicht",
        "Bereich",
        "Ebene",
        "Werk",
        "Tätigkeit",
        "Klasse",
        "Brücke",
        "Work model",
        "Quality assurance",
        "Großkunden",
        "Transport",
        "Night shift",
        "Career level",
        "Permissions",
    ];
    for label in shared {
        assert_eq!(resolved(&all(), &[attribute("dynamic_1", label, Kind::List)], &[]).unwrap().len(), 1, "{label}");
    }
}
