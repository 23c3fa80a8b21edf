//! Converts every quirk in `tests/quirks`: each file has one oddity and the result that must come of it.

use std::fmt::Debug;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::*;
use crate::roster::model::record::{Field, Value};
use crate::roster::voice::Told;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quirk {
    quirk: String,
    #[allow(dead_code, reason = "told to the reader of the file")]
    seen_in: String,
    #[serde(default)]
    mapped: Vec<String>,
    /// The id asked for, where the answer is about one person.
    asked: Option<i64>,
    answer: Option<Box<RawValue>>,
    /// The answer, where it is not JSON.
    text: Option<String>,
    people: Option<Vec<Json>>,
    /// Part of the sentence that refuses the whole answer.
    fault: Option<String>,
    #[serde(default = "unchecked")]
    total: Json,
    /// Labels that must be shown to somebody who wants to know what is readable.
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// The attributes that were asked for and that at least one person carries.
    readable: Option<Vec<String>>,
    /// The company's time zone.
    timezone: Option<String>,
}

fn unchecked() -> Json {
    json!("unchecked")
}

#[test]
fn every_quirk_of_personio_is_survived_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/quirks");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 50);
    for file in files {
        let quirk: Quirk = serde_json::from_str(&fs::read_to_string(&file).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        check(&file, &quirk);
    }
}

fn zone(name: &str) -> TimeZone {
    TimeZone::parse(name).unwrap()
}

fn check(file: &Path, quirk: &Quirk) {
    let name = format!("{}: {}", file.display(), quirk.quirk);
    let body = quirk.answer.as_ref().map(|answer| answer.get()).or(quirk.text.as_deref()).expect(&name).as_bytes();
    let wanted = Wanted::new(quirk.mapped.iter().map(|key| AttributeKey::new(key.as_str())));
    let zone = zone(quirk.timezone.as_deref().unwrap_or("Europe/Berlin"));
    let mut reader = PageReader::new(&wanted, &zone);
    let read = match quirk.asked {
        Some(asked) => reader.person(body, EmployeeId(asked)).map(|record| Page {
            size: Size::default(),
            people: vec![(record.id, record)],
            readable: BTreeSet::new(),
        }),
        None => {
            let first = reader.page(body, |record| record);
            assert_eq!(reader.page(body, |record| record), first, "{name}: what is remembered changes nothing");
            first
        }
    };
    match (read, &quirk.people, &quirk.fault) {
        (Ok(page), Some(people), None) => {
            let records: Vec<_> = page.people.iter().map(|(_, record)| shown(record)).collect();
            assert_eq!(records, *people, "{name}");
            if quirk.total != unchecked() {
                assert_eq!(json!(page.size.total), quirk.total, "{name}");
            }
            for (key, label) in &quirk.labels {
                let told = read_first_page(body).expect(&name).readable;
                assert!(told.iter().any(|it| it.key.as_str() == key && it.label == *label), "{name}: {told:?}");
            }
            if let Some(readable) = &quirk.readable {
                assert_eq!(page.readable.iter().map(AttributeKey::to_string).collect::<Vec<_>>(), *readable, "{name}");
            }
        }
        (Err(fault), None, Some(part)) => assert!(fault.to_string().contains(part), "{name}: {fault}"),
        (read, ..) => panic!("{name}: {read:?}"),
    }
}

/// A record as the quirk files write it: withheld fields are absent, blank ones are null or an empty list.
fn shown(record: &Record) -> Json {
    let mut shown = serde_json::Map::new();
    shown.insert("id".into(), json!(record.id.0));
    let mut field = |key: &str, value: Option<Json>| value.map(|value| shown.insert(key.into(), value));
    field(AttributeKey::FIRST_NAME, json_of(&record.first_name, |name| json!(name)));
    field(AttributeKey::LAST_NAME, json_of(&record.last_name, |name| json!(name)));
    field(AttributeKey::EMAIL, json_of(&record.email, |email| json!(email)));
    field(AttributeKey::STATUS, json_of(&record.status, |status| json!(format!("{status:?}"))));
    field(AttributeKey::HIRE_DATE, json_of(&record.hire_date, |day| json!(day.to_string())));
    field(AttributeKey::TERMINATION_DATE, json_of(&record.termination_date, |day| json!(day.to_string())));
    field(AttributeKey::SUPERVISOR, json_of(&record.supervisor, |id| json!(id.0)));
    for key in record.attributes.keys() {
        let texts: Vec<_> = match record.attributes.get(key.as_str()) {
            Field::Known(values) => values.iter().map(text_with_id).collect(),
            Field::Blank => Vec::new(),
            Field::Withheld => panic!("{key} is a key of its own attributes"),
        };
        shown.insert(key.to_string(), json!(texts));
    }
    if !record.unreadable.is_empty() {
        let told = record.unreadable.iter().map(|it| format!("{}: {}", it.attribute, it.expected.logged()));
        shown.insert("unreadable".into(), told.collect());
    }
    Json::Object(shown)
}

fn json_of<T: Debug>(field: &Field<T>, known: impl Fn(&T) -> Json) -> Option<Json> {
    match field {
        Field::Withheld => None,
        Field::Blank => Some(Json::Null),
        Field::Known(value) => Some(known(value)),
    }
}

fn text_with_id(value: &Value) -> String {
    value.id.map_or_else(|| value.text.to_string(), |id| format!("{id} {}", value.text))
}

#[test]
fn people_of_one_department_share_its_name() {
    let row = |id| {
        format!(
            r#"{{"attributes": {{"id": {{"value": {id}}},
            "department": {{"value": {{"attributes": {{"id": 1, "name": "IT"}}}}}}}}}}"#
        )
    };
    let body = format!(r#"{{"success": true, "data": [{}, {}]}}"#, row(1), row(2));
    let wanted = Wanted::new([AttributeKey::new("department")]);
    let zone = zone("Europe/Berlin");
    let mut reader = PageReader::new(&wanted, &zone);
    let (one, other) = (reader.page(body.as_bytes(), |it| it).unwrap(), reader.page(body.as_bytes(), |it| it).unwrap());
    let texts: Vec<_> = [one, other]
        .iter()
        .flat_map(|page| page.people.iter())
        .map(|(_, record)| match record.attributes.get("department") {
            Field::Known([value]) => Arc::as_ptr(&value.text),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(texts.len(), 4);
    assert!(texts.windows(2).all(|pair| std::ptr::addr_eq(pair[0], pair[1])));
}

#[test]
fn a_survey_tells_what_is_readable_and_keeps_no_value() {
    let body = br#"{"success": true, "metadata": {"total_elements": 2}, "data": [
        {"attributes": {"id": {"label": "ID", "value": 1, "type": "integer", "universal_id": "id"},
                        "dynamic_9": {"label": "Shoe size", "value": "canary", "type": "list", "universal_id": null}}},
        {"attributes": {"id": {"label": "ID", "value": 2},
                        "email": {"label": "Email", "value": "canary@example.org", "type": "standard", "universal_id": "email"}}}]}"#;
    let FirstPage { total, people, readable } = read_first_page(body).unwrap();
    assert_eq!((total, people), (2, 2));
    let told: Vec<_> = readable.iter().map(|it| (it.key.as_str(), it.label.as_str())).collect();
    assert_eq!(told, [("dynamic_9", "Shoe size"), ("email", "Email"), ("id", "ID")]);
    assert!(!format!("{readable:?}").contains("canary"));
}

#[test]
fn a_survey_without_a_total_or_an_id_is_refused() {
    let without_total = br#"{"success": true, "data": []}"#;
    assert_eq!(read_first_page(without_total), Err(Error::WithoutTotal));
    let without_id = br#"{"success": true, "metadata": {"total_elements": 1}, "data": [{"attributes": {}}]}"#;
    assert_eq!(read_first_page(without_id), Err(Error::WithoutId));
}

#[test]
fn attributes_are_listed_with_their_labels() {
    let body = br#"{"success": true, "data": [
        {"key": "first_name", "label": "First Name", "type": "standard", "universal_id": "first_name", "options": []},
        null, {"label": "x"}, {"key": 7}, ["x"], {"key": "first_name", "label": "Vorname"},
        {"key": "dynamic_2", "label": null, "type": "list", "universal_id": null, "options": ["married", "single"], "new": {}}]}"#;
    let attributes = read_attributes(body).unwrap();
    assert_eq!(attributes[0].key.as_str(), "dynamic_2");
    assert_eq!(attributes[0].label, "dynamic_2");
    assert_eq!(attributes[1].label, "First Name");
    assert_eq!(attributes[1].universal_id.as_deref(), Some("first_name"));
    assert_eq!(attributes.len(), 2, "odd entries are passed over, and equal keys are one");
    for (body, fault) in [
        (r#"{"success": false, "data": []}"#, Error::Unsuccessful),
        (r#"{"success": true, "data": {}}"#, Error::OtherShape),
        (r#"{"success": true, "data": [{"label": "x"}]}"#, Error::OtherShape),
        (r#"{"success": true}"#, Error::OtherShape),
        ("<html>", Error::Html),
    ] {
        assert_eq!(read_attributes(body.as_bytes()), Err(fault), "{body}");
    }
}

#[test]
fn only_a_token_that_can_travel_is_a_token() {
    let read = |body: &str| match read_token(body.as_bytes()) {
        Ok(SignedIn::Yes(token)) => token.reveal().to_owned(),
        Ok(SignedIn::No) => "no".to_owned(),
        Err(fault) => fault.to_string(),
    };
    assert_eq!(read(r#"{"success": true, "data": {"token": "papi-1", "expires_in": 86400}}"#), "papi-1");
    assert_eq!(read(r#"{"data": {"token": "papi-1"}}"#), "papi-1");
    assert_eq!(read(r#"{"success": false, "error": {"code": 0, "message": "Wrong credentials"}}"#), "no");
    for body in [r#"{"success": true}"#, r#"{"data": {"token": ""}}"#, r#"{"data": {"token": "a\nb"}}"#] {
        assert_eq!(read(body), Error::OtherShape.to_string(), "{body}");
    }
    assert_eq!(read("<html>"), Error::Html.to_string());
}

#[test]
fn only_personios_own_envelope_says_that_somebody_is_gone() {
    for body in [
        r#"{"success": false, "error": {"code": 404, "message": "Es ist ein Problem aufgetreten "}}"#,
        r#"{"success": false, "error": {"code": 0, "message": "not found"}}"#,
        r#"{"success": false, "error": {"message": "not found"}}"#,
    ] {
        assert!(is_nobody_by_personio(body.as_bytes()), "{body}");
    }
    for body in [
        r#"{"success": false, "error": {"code": 403, "message": "forbidden"}}"#,
        r#"{"success": false, "error": {"code": "not_found", "message": "no Route matched"}}"#,
        r#"{"message": "no Route matched"}"#,
        r#"{"success": true}"#,
        r#"{"success": false}"#,
        r#"{"success": false, "error": "gone"}"#,
        r#"{"success": true, "error": {"code": 404}}"#,
        r#"{"error": {"code": 404}}"#,
        "<html></html>",
        "",
        "404",
        "null",
    ] {
        assert!(!is_nobody_by_personio(body.as_bytes()), "{body}");
    }
}

/// Attributes as an answer may have them: own fields, mapped ones, both at once, and one that was not asked for.
const SENT: [(&str, &[&str]); 8] = [
    ("first_name", &[r#"{"value": "Ada"}"#, r#"{"value": null}"#, r#"{"value": 7}"#, "[]"]),
    ("status", &[r#"{"value": "active"}"#, r#"{"value": "Leave"}"#, r#"{"label": "active"}"#]),
    ("hire_date", &[r#"{"value": "2020-01-01"}"#, r#"{"value": ""}"#, r#"{"value": "soon"}"#]),
    ("termination_date", &[r#"{"value": "2020-01-01"}"#, r#"{"value": null}"#]),
    ("supervisor", &[r#"{"value": {"attributes": {"id": {"value": 7}}}}"#, r#"{"value": []}"#, r#"{"value": {}}"#]),
    ("department", &[r#"{"value": {"attributes": {"id": 1, "name": "IT"}}}"#, r#"{"value": "IT"}"#, "null"]),
    ("dynamic_1", &[r#"{"value": "b, a", "type": "tags"}"#, r#"{"value": "b, a"}"#, r#"{"value": {}}"#]),
    ("dynamic_2", &[r#"{"value": "not asked for"}"#]),
];

proptest! {
    /// Whatever came before, in any order, with anything missing.
    #[test]
    fn what_a_reader_remembers_changes_nothing(
        people in proptest::collection::vec(
            proptest::collection::vec((0..SENT.len(), 0usize..4), 0..12), 1..6,
        ),
    ) {
        let wanted = Wanted::new(["department", "dynamic_1", "hire_date"].map(AttributeKey::new));
        let zone = zone("Europe/Berlin");
        let mut reader = PageReader::new(&wanted, &zone);
        for (id, sent) in (1..).zip(&people) {
            let attributes: String = sent
                .iter()
                .map(|(at, form)| {
                    let (key, forms) = SENT[*at];
                    format!(r#", "{key}": {}"#, forms[form % forms.len()])
                })
                .collect();
            let body = format!(
                r#"{{"success": true, "metadata": {{"total_elements": 1}}, "data": [{{"attributes": {{"id": {{"value": {id}}}{attributes}}}}}]}}"#
            );
            let fresh = PageReader::new(&wanted, &zone).page(body.as_bytes(), |record| record);
            prop_assert_eq!(reader.page(body.as_bytes(), |record| record), fresh);
        }
    }
}
