//! The schema of the documents, which stands in `docs/` as it follows from the types. `UPDATE=1 cargo test --lib` rewrites it.

use std::path::Path;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::{RecursiveTransform, RestrictFormats};
use schemars::{JsonSchema, Schema};
use serde_json::json;

use super::{biographies, explain, run_record, runs, status, sync};

/// The schema of what a function tells, by its reference.
fn of<A, D: JsonSchema>(generator: &mut SchemaGenerator, _: impl Fn(A) -> D) -> String {
    generator.subschema_for::<D>().get("$ref").and_then(|reference| reference.as_str()).unwrap().to_owned()
}

/// Comments have lines as long as a source file.
fn in_one_line(schema: &mut Schema) {
    if let Some(description) = schema.get("description").and_then(|text| text.as_str()) {
        let description = description.replace('\n', " ");
        schema.insert("description".to_owned(), description.into());
    }
}

#[test]
fn the_schema_in_docs_is_that_of_the_types() {
    let mut formats = RestrictFormats::default();
    formats.infer_from_meta_schema = false;
    formats.allowed_formats = ["date", "date-time"].map(Into::into).into();
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let settings = settings.with_transform(formats).with_transform(RecursiveTransform(in_one_line));
    let mut generator = settings.into_generator();
    let documents = [
        ("sync", "sync --json", of(&mut generator, sync)),
        (
            "explain",
            "sync --dry-run --explain WHO --json",
            of(&mut generator, |(p, all, guard)| explain(p, all, guard, crate::exit::Exit::InStep)),
        ),
        ("status", "status --json", of(&mut generator, status)),
        ("runs", "status --runs --json", of(&mut generator, runs)),
        ("run", "status --run ID --json", of(&mut generator, run_record)),
        ("employee", "status --employee WHO --json", of(&mut generator, biographies)),
    ];
    let mut definitions = generator.take_definitions(true);
    for (name, command, reference) in &documents {
        let mut schema = definitions.remove(reference.strip_prefix("#/$defs/").unwrap()).unwrap();
        schema["description"] = format!("What `honestly-sync {command}` prints.").into();
        definitions.insert((*name).to_owned(), schema);
    }
    let twice: Vec<&String> = definitions.keys().filter(|name| name.ends_with(|c: char| c.is_ascii_digit())).collect();
    assert!(twice.is_empty(), "several objects have one name: {twice:?}");
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The JSON documents of honestly-sync",
        "anyOf": documents.map(|(name, ..)| json!({"$ref": format!("#/$defs/{name}")})),
        "$defs": definitions,
    });
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.schema.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "the documents have another schema now; UPDATE=1 cargo test --lib rewrites it");
}
