//! Every JSON document that a test gets has the shape that `docs/json.schema.json` tells.
//!
//! The schema lets a later version add fields. Here nothing may be printed that it does not name.

use std::sync::OnceLock;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

use crate::golden;

const DOCUMENTS: [&str; 6] = ["sync", "explain", "status", "runs", "run", "employee"];

/// Fails where a document is not what its schema says.
#[track_caller]
pub fn assert_fits(document: &Value) {
    static SCHEMAS: OnceLock<(Schemas, [SchemaIndex; 6])> = OnceLock::new();
    let (schemas, compiled) = SCHEMAS.get_or_init(compile);
    let kind = match (document["command"].as_str(), document.get("people"), document.get("runs"), document.get("run")) {
        (Some("sync"), None, ..) => "sync",
        (Some("sync"), Some(_), ..) => "explain",
        (_, Some(_), ..) => "employee",
        (_, _, Some(_), _) => "runs",
        (_, _, _, Some(_)) => "run",
        _ => "status",
    };
    let at = DOCUMENTS.iter().position(|name| *name == kind).unwrap();
    if let Err(error) = schemas.validate(document, compiled[at]) {
        panic!("{kind} is not what docs/json.schema.json says: {error}\n{document:#}");
    }
}

fn compile() -> (Schemas, [SchemaIndex; 6]) {
    let text = std::fs::read_to_string(golden::in_repository("docs/json.schema.json")).unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    close_values(&mut schema);
    for name in DOCUMENTS {
        close(&mut schema["$defs"][name]);
    }
    let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
    compiler.enable_format_assertions();
    compiler.add_resource("memory:///schema", schema).unwrap();
    let compiled =
        DOCUMENTS.map(|name| compiler.compile(&format!("memory:///schema#/$defs/{name}"), &mut schemas).unwrap());
    (schemas, compiled)
}

/// Closes the schema of every value within a schema.
fn close_values(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    for (keyword, within) in schema {
        match keyword.as_str() {
            "$defs" => within.as_object_mut().unwrap().values_mut().for_each(close_values),
            "anyOf" | "oneOf" => within.as_array_mut().unwrap().iter_mut().for_each(close_values),
            "properties" => within.as_object_mut().unwrap().values_mut().for_each(close),
            "items" | "additionalProperties" => close(within),
            _ => {}
        }
    }
}

/// No field may stand there that neither the schema nor one of its parts names.
fn close(schema: &mut Value) {
    close_values(schema);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("unevaluatedProperties".to_owned(), json!(false));
    }
}

#[test]
fn a_document_with_a_field_too_many_or_too_few_or_a_wrong_value_fits_nothing() {
    let fits = |text: &str| {
        let document: Value = serde_json::from_str(text).unwrap();
        std::panic::catch_unwind(|| assert_fits(&document)).is_ok()
    };
    let runs = |run: &str| format!(r#"{{"schema_version": 1, "command": "status", "exit_code": 0, "runs": [{run}]}}"#);
    let run = |started_at: &str, more: &str| {
        runs(&format!(
            r#"{{"run_id": 1, "command": "sync", "started_at": "{started_at}", "finished_at": null, "exit_code": null,
                "message": null, "hints": [], "failed_at": null, "counts": null, "digest": null, "approved_by": null,
                "approver": null, {more}}}"#
        ))
    };
    let rule = r#""kind": "last_person", "facts": {"removals": {"now": 1, "recent": {"removed": 0, "vanished": 0,
        "since": null}, "mirrored": 1}}"#;
    let (day, held) = ("2026-12-01T07:00:00Z", |rule: &str| format!(r#""held_by": [{{{rule}}}]"#));
    assert!(fits(&run(day, r#""held_by": null"#)));
    assert!(fits(&run(day, &held(&format!(r#"{rule}, "text": "nobody""#)))));
    assert!(!fits(&run(day, r#""held_by": null, "more": 1"#)), "a field too many");
    assert!(!fits(&runs("{}")), "fields too few");
    assert!(!fits(&run("yesterday", r#""held_by": null"#)), "no time");
    assert!(!fits(&run(day, &held(rule))), "a rule without words");
    assert!(!fits(&run(day, &held(&format!(r#"{rule}, "text": "nobody", "more": 1"#)))), "a fact too many");
}
