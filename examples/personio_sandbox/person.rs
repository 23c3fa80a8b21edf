//! One employee as Personio writes them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// One employee: Personio's attribute objects by key.
#[derive(Debug, Clone)]
pub struct Person(pub BTreeMap<String, Value>);

/// An active employee who started in 2020, with a department and nothing else that is special.
pub fn person(id: i64, first_name: &str, last_name: &str, email: &str) -> Person {
    let mut person = Person(BTreeMap::new());
    person.0.insert("id".into(), attribute("ID", "integer", json!(id)));
    person
        .with("first_name", json!(first_name))
        .with("last_name", json!(last_name))
        .with("email", json!(email))
        .with("status", json!("active"))
        .with("hire_date", json!("2020-01-01T00:00:00+01:00"))
        .with("termination_date", Value::Null)
        .with("supervisor", Value::Null)
        .department(1, "Engineering")
}

impl Person {
    /// Sets the value of an attribute; types and labels are Personio's for the standard ones.
    pub fn with(mut self, key: &str, value: Value) -> Self {
        let kind = if key.ends_with("_date") { "date" } else { "standard" };
        self.0.insert(key.into(), attribute(key, kind, value));
        self
    }

    /// A custom attribute with its label and type.
    pub fn custom(mut self, key: &str, label: &str, kind: &str, value: Value) -> Self {
        self.0.insert(key.into(), attribute(label, kind, value));
        self
    }

    /// The credential may not read it: the key is absent.
    pub fn without(mut self, key: &str) -> Self {
        self.0.remove(key);
        self
    }

    pub fn department(self, id: i64, name: &str) -> Self {
        self.with("department", json!({"type": "Department", "attributes": {"id": id, "name": name}}))
    }

    pub fn supervisor(self, id: i64) -> Self {
        let nested = json!({"id": {"label": "ID", "value": id, "type": "integer", "universal_id": "id"}});
        self.with("supervisor", json!({"type": "Employee", "attributes": nested}))
    }

    pub fn id(&self) -> i64 {
        self.value("id").as_i64().expect("everybody is made with an id")
    }

    /// Null where there is no such attribute.
    pub fn value(&self, key: &str) -> &Value {
        self.0.get(key).map_or(&Value::Null, |attribute| &attribute["value"])
    }

    /// As one row of a listing, with the attributes asked for; the id always comes.
    pub fn row(&self, asked_for: &[&str]) -> Value {
        let wanted = |key: &String| asked_for.is_empty() || key == "id" || asked_for.contains(&key.as_str());
        let attributes: BTreeMap<_, _> = self.0.iter().filter(|(key, _)| wanted(key)).collect();
        json!({"type": "Employee", "attributes": attributes})
    }
}

fn attribute(label: &str, kind: &str, value: Value) -> Value {
    json!({"label": label, "value": value, "type": kind, "universal_id": label})
}
