//! The laws about single people: no oddity of one person reaches another, and no doubt moves anybody.

use super::*;
use crate::roster::decide::eligibility::Calendar;
use crate::roster::decide::notes::{Note, Problem};
use crate::roster::feed::{check, render};
use crate::roster::model::snapshot::LONGEST_VALUE;
use crate::roster::plan::names::Names;
use crate::roster::policy::attribute::{Attribute, Kind};
use crate::roster::policy::lookup::Lookup;
use crate::roster::policy::mapping::{GroupWishes, Others};
use crate::roster::policy::{ImportIdSource, WithoutEmail};
use crate::roster::samples::decide_on;
use crate::tests::cases;

/// Text as nobody should write it.
fn odd_text() -> impl Strategy<Value = String> {
    let odd = [
        "",
        " ",
        "\u{200b}",
        "\u{3164}",
        "\u{202e}",
        "\r\n",
        "\"",
        ",",
        ", ",
        "=1+1",
        "Sales",
        "SALES",
        "sa\u{200d}les",
        "\u{130}",
        "e\u{301}",
        "Team",
        "Language",
        "Email",
        "dynamic_2",
        "Sales (dynamic_2)",
        "Attribute 1",
        "👩\u{200d}💻",
    ];
    let long = (LONGEST_VALUE - 4..LONGEST_VALUE + 4, select(vec!["x", "ü", "\u{130}", "u\u{308}"]));
    prop_oneof![
        6 => select(odd.to_vec()).prop_map(str::to_owned),
        2 => long.prop_map(|(times, text)| text.repeat(times)),
        1 => "(?s).{0,4}",
        1 => vec(select(odd.to_vec()), 2..4).prop_map(|parts| parts.concat()),
    ]
}

fn odd_values() -> impl Strategy<Value = Vec<Value>> {
    vec((proptest::option::of(1..=3_i64), odd_text()).prop_map(|(id, text)| Value { id, text: text.into() }), 1..4)
}

const ODD_KEYS: [&str; 5] = ["department", "dynamic_1", "dynamic_2", "dynamic_3", "dynamic_4"];

/// Somebody at work, any of whose texts may be odd.
fn odd_record(id: i64) -> impl Strategy<Value = Record> {
    let email = prop_oneof![3 => select(vec!["a@x.de", "b@x.de", "A@x.de", "1@none.de", ".a@x.de"]).prop_map(str::to_owned), 1 => odd_text()];
    let name = || prop_oneof![2 => Just("Ada".to_owned()), 1 => odd_text()];
    let identity = (field(name()), field(name()), field(email));
    let attributes = ODD_KEYS.map(|_| field(odd_values()));
    (identity, attributes, field(employee_id()), record(EmployeeId(id))).prop_map(
        move |(identity, attributes, supervisor, usual)| {
            let sent = ODD_KEYS.into_iter().zip(attributes).filter_map(|(key, field)| match field {
                Field::Withheld => None,
                Field::Blank => Some((AttributeKey::new(key), Vec::new())),
                Field::Known(values) => Some((AttributeKey::new(key), values)),
            });
            let (first_name, last_name, email) = identity;
            Record { first_name, last_name, email, supervisor, attributes: Attributes::new(sent), ..usual }
        },
    )
}

fn odd_records() -> impl Strategy<Value = Vec<Record>> {
    btree_set(1..=6_i64, 1..=6).prop_flat_map(|ids| ids.into_iter().map(odd_record).collect::<Vec<_>>())
}

/// A policy as the configuration makes it, with odd labels on its attributes.
fn odd_policy() -> impl Strategy<Value = Policy> {
    let labels = vec(odd_text(), ODD_KEYS.len());
    let several = vec(select(vec![Several::Joined, Several::Split]), ODD_KEYS.len());
    let import_id = select(vec![ImportIdSource::PersonioId, ImportIdSource::Attribute(AttributeKey::new("dynamic_4"))]);
    let placeholder = WithoutEmail::Placeholder { domain: "none.de".into() };
    let without_email = select(vec![WithoutEmail::Undecided, WithoutEmail::LeaveOut, placeholder]);
    (labels, several, import_id, without_email).prop_map(|(labels, several, import_id, without_email)| {
        let attribute = |(key, label): (&str, String)| Attribute {
            key: AttributeKey::new(key),
            label,
            universal_id: None,
            kind: Kind::List,
        };
        let readable: Vec<Attribute> = ODD_KEYS.into_iter().zip(labels).map(attribute).collect();
        let wishes =
            GroupWishes { named: Vec::new(), by_default: BTreeSet::new(), off: Vec::new(), others: Others::Taken };
        let own = samples::columns(&[]);
        let reserved: Vec<&str> = own.iter().map(|column| column.header.as_str()).collect();
        let columns = wishes.columns(&Lookup::new(&readable, &Names::default(), []), &reserved).unwrap();
        let groups = columns.iter().map(|column| (column.header.as_str(), column.rule.attribute.as_str()));
        let columns_of_groups: Vec<(&str, &str)> = groups.collect();
        let rules = columns.iter().zip(several).map(|(column, several)| GroupRule { several, ..column.rule.clone() });
        let columns_of_feed = samples::columns(&columns_of_groups);
        Policy { import_id, without_email, columns: columns_of_feed, ..samples::policy(rules.collect()) }
    })
}

/// Drops some fields that decide and some attributes, but never the last one of its kind that anybody has.
fn without(records: &[Record], holes: &[u16]) -> Vec<Record> {
    type Forget = fn(&mut Record);
    type Has = fn(&Record) -> bool;
    const FIELDS: [(Has, Forget); 7] = [
        (|r| r.status != Field::Withheld, |r| r.status = Field::Withheld),
        (|r| r.hire_date != Field::Withheld, |r| r.hire_date = Field::Withheld),
        (|r| r.termination_date != Field::Withheld, |r| r.termination_date = Field::Withheld),
        (|r| r.first_name != Field::Withheld, |r| r.first_name = Field::Withheld),
        (|r| r.email != Field::Withheld, |r| r.email = Field::Withheld),
        (|r| r.supervisor != Field::Withheld, |r| r.supervisor = Field::Withheld),
        (|r| r.attributes != Attributes::default(), |r| r.attributes = Attributes::default()),
    ];
    let mut cut = records.to_vec();
    for (bit, (has, forget)) in FIELDS.into_iter().enumerate() {
        let first = cut.iter().position(has);
        for (at, record) in cut.iter_mut().enumerate() {
            if holes[at] & (1 << bit) != 0 && Some(at) != first {
                forget(record);
            }
        }
    }
    cut
}

fn ids(decision: &Decision) -> BTreeSet<EmployeeId> {
    decision.desired.people.ids().iter().copied().collect()
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn law_9_what_was_decided_can_be_sent(policy in odd_policy(), past in odd_records(), now in odd_records()) {
        let mut mirror = Mirror::default();
        for records in [past, now] {
            let gone = everyone_missing_is_gone(&mirror, &records);
            let decision = decide(&policy, today(), &mirror, records, &gone).unwrap();
            let feed = &decision.desired;
            prop_assert_eq!(check(&render(feed).unwrap(), &feed.columns), []);
            mirror = applied(&mirror, &decision);
        }
    }

    #[test]
    fn an_oddity_of_one_person_changes_nobody_else(policy in odd_policy(), odd in odd_record(7), now in records()) {
        let feed = |records: Vec<Record>| decide(&policy, today(), &Mirror::default(), records, &BTreeMap::new()).unwrap();
        // Whoever shares an address, a supervisor or a group's spelling with the odd person is rightly affected.
        let plain: Vec<Record> = now
            .into_iter()
            .map(|record| Record {
                email: Field::Known(format!("plain{}@y.de", record.id)),
                supervisor: Field::Blank,
                status: Field::Known(Status::Active),
                hire_date: Field::Blank,
                termination_date: Field::Blank,
                attributes: Attributes::new([(AttributeKey::new("dynamic_4"), vec![value(None, &format!("N{}", record.id))])]),
                unreadable: Vec::new(),
                ..record
            })
            .collect();
        let alone = feed(plain.clone());
        let together = feed(plain.into_iter().chain([odd]).collect());
        for employee in alone.desired.people.employees() {
            let other = together.desired.people.employee(employee.id);
            prop_assert_eq!(other.map(|other| (&other.import_id, &other.email, &other.first_name)),
                Some((&employee.import_id, &employee.email, &employee.first_name)));
        }
    }

    #[test]
    fn law_10_a_clock_in_doubt_moves_nobody((mirror, now) in history()) {
        let gone = everyone_missing_is_gone(&mirror, &now);
        let decision = decide_on(&policy(), Calendar::InDoubt, &mirror, now.clone(), &gone).unwrap();
        let before: BTreeSet<EmployeeId> = mirror.feed.people.ids().iter().copied().collect();
        let after = ids(&decision);
        prop_assert!(after.is_subset(&before), "nobody comes");
        for id in before.difference(&after) {
            let first_day = now.iter().find(|record| record.id == *id).and_then(|record| record.hire_date.as_ref().known().copied());
            // Whoever goes would go on any day, except on a first day of work, which beats the status, and long before it, which
            // the status contradicts.
            let contradicts = |decision: &Decision| decision.undecided().any(|(undecided, problem, _)| undecided == *id && matches!(problem, Problem::StatusBeforeFirstDay(_)));
            for days in 0..16 {
                let day = today() - Days::new(8) + Days::new(days);
                let on_that_day = decide(&policy(), day, &mirror, now.clone(), &gone).unwrap();
                let goes = !ids(&on_that_day).contains(id) || contradicts(&on_that_day);
                prop_assert!(Some(day) == first_day || goes, "{id} goes by a date");
            }
        }
    }

    #[test]
    fn what_is_missing_in_single_rows_adds_and_removes_nobody((mirror, now) in history(), holes in vec(any::<u16>(), 6)) {
        let gone = everyone_missing_is_gone(&mirror, &now);
        let cut = without(&now, &holes);
        let [full, cut] = [now, cut].map(|records| decide(&policy(), today(), &mirror, records, &gone).unwrap());
        let before: BTreeSet<EmployeeId> = mirror.feed.people.ids().iter().copied().collect();
        // If several newcomers have one address, nobody gets it. If all rows but one lack it, that one gets it.
        let contested: BTreeSet<EmployeeId> = full
            .undecided()
            .filter(|(_, problem, _)| matches!(problem, Problem::ContestedEmail(_)))
            .map(|(id, _, _)| id)
            .collect();
        for id in ids(&cut).difference(&ids(&full)) {
            prop_assert!(before.contains(id) || contested.contains(id), "{id} comes");
        }
        for id in ids(&full).difference(&ids(&cut)) {
            prop_assert!(!before.contains(id), "{id} goes");
        }
        for note in &cut.notes {
            if let Note::ValuesNotSent { attribute, people } = note {
                prop_assert!(*people > 0 && cut.grounds.readable.contains(attribute));
            }
        }
    }
}
