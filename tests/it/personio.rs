//! A Personio whose people a test writes down, and which misbehaves on request.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

use crate::sandbox::http::{Reply, Request, Server};

pub const CLIENT_ID: &str = "client-1";
pub const SECRET: &str = "canary-secret-0815";
pub const TOKEN: &str = "papi-canary-token-4711";

/// One employee: Personio's attribute objects by key.
#[derive(Debug, Clone)]
pub struct Person(BTreeMap<String, Value>);

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
        self.0["id"]["value"].as_i64().unwrap()
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

/// What the server answers instead of the honest answer; `None` lets the honest one through. The number counts all
/// requests of this server from zero.
pub type Interference = Box<dyn FnMut(&Request, usize) -> Option<Reply> + Send>;

struct World {
    people: Vec<Person>,
    hidden: BTreeSet<i64>,
    /// How many more pages of employees leave the hidden ones out.
    hidden_pages: usize,
    /// What the `Date` header of every answer says, if there is one.
    date: Option<String>,
    largest_page: usize,
    interference: Interference,
    rewrite: Box<dyn FnMut(&mut Value) + Send>,
    requests: Vec<String>,
}

/// A running server. Its people can change between two runs.
pub struct Personio {
    world: Arc<Mutex<World>>,
    server: Server,
}

impl Personio {
    pub fn with(people: impl IntoIterator<Item = Person>) -> Self {
        let people = people.into_iter().collect();
        let world = World {
            people,
            hidden: BTreeSet::new(),
            hidden_pages: 0,
            date: None,
            largest_page: 100,
            interference: Box::new(|_, _| None),
            rewrite: Box::new(|_| ()),
            requests: Vec::new(),
        };
        let world = Arc::new(Mutex::new(world));
        let answering = Arc::clone(&world);
        let dated = move |request: &Request| {
            let mut world = lock(&answering);
            let mut reply = answer(&mut world, request);
            reply.headers.extend(world.date.clone().map(|date| ("date".to_owned(), date)));
            reply
        };
        let server = Server::start("127.0.0.1:0", dated).unwrap();
        Self { world, server }
    }

    pub fn base_url(&self) -> String {
        format!("{}/v1", self.server.url())
    }

    pub fn set_people(&self, people: impl IntoIterator<Item = Person>) {
        lock(&self.world).people = people.into_iter().collect();
    }

    pub fn people(&self) -> Vec<Person> {
        lock(&self.world).people.clone()
    }

    /// Leaves people out of the next so many pages of employees; asked for by id, they are known.
    pub fn hide(&self, ids: impl IntoIterator<Item = i64>, pages: usize) {
        let mut world = lock(&self.world);
        world.hidden = ids.into_iter().collect();
        world.hidden_pages = pages;
    }

    /// Hands out fewer people in a page than asked for.
    pub fn limit_pages(&self, people: usize) {
        lock(&self.world).largest_page = people;
    }

    /// Dates every answer, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    pub fn date(&self, date: impl Into<String>) {
        lock(&self.world).date = Some(date.into());
    }

    pub fn interfere(&self, interference: impl FnMut(&Request, usize) -> Option<Reply> + Send + 'static) {
        lock(&self.world).interference = Box::new(interference);
    }

    /// Changes the honest page of employees before it is sent.
    pub fn rewrite(&self, rewrite: impl FnMut(&mut Value) + Send + 'static) {
        lock(&self.world).rewrite = Box::new(rewrite);
    }

    pub fn behave(&self) {
        self.interfere(|_, _| None);
        self.rewrite(|_| ());
    }

    /// Method and path of every request so far.
    pub fn requests(&self) -> Vec<String> {
        lock(&self.world).requests.clone()
    }
}

fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn answer(world: &mut World, request: &Request) -> Reply {
    let number = world.requests.len();
    world.requests.push(format!("{} {}", request.method, request.path));
    if let Some(reply) = (world.interference)(request, number) {
        return reply;
    }
    let path = request.path.strip_prefix("/v1").unwrap_or_default();
    match (request.method.as_str(), path) {
        ("POST", "/auth") => sign_in(request),
        ("GET", _) if request.header("authorization") != Some(&format!("Bearer {TOKEN}")) => refusal(401),
        ("GET", "/company/employees/attributes") => attributes(world),
        ("GET", "/company/employees") => {
            let reply = employees(world, request);
            world.hidden_pages = world.hidden_pages.saturating_sub(1);
            reply
        }
        ("GET", path) => one_employee(world, path),
        _ => refusal(404),
    }
}

/// Personio's own way to say no.
pub fn refusal(status: u16) -> Reply {
    Reply::json(status, &json!({"success": false, "error": {"code": status, "message": "canary-body"}}))
}

fn sign_in(request: &Request) -> Reply {
    let sent: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    if sent["client_secret"] != SECRET {
        return refusal(403);
    }
    Reply::json(
        200,
        &json!({"success": true, "data": {"token": TOKEN, "expires_in": 86400, "scope": "employees:read"}}),
    )
}

fn attributes(world: &World) -> Reply {
    let mut listed: BTreeMap<&String, Value> = BTreeMap::new();
    for (key, value) in world.people.iter().flat_map(|person| &person.0) {
        let Value::Object(parts) = value else { continue };
        let described = json!({
            "key": key, "label": parts["label"], "type": parts["type"], "universal_id": parts["universal_id"], "options": [],
        });
        listed.entry(key).or_insert(described);
    }
    Reply::json(200, &json!({"success": true, "data": listed.values().collect::<Vec<_>>()}))
}

fn employees(world: &mut World, request: &Request) -> Reply {
    let number = |name: &str, default: usize| request.query_value(name).map_or(default, |text| text.parse().unwrap());
    let (offset, limit) = (number("offset", 0), number("limit", 50).min(world.largest_page));
    let asked_for: Vec<&str> = request.query_values("attributes[]").collect();
    let is_listed = |person: &&Person| world.hidden_pages == 0 || !world.hidden.contains(&person.id());
    let listed: Vec<&Person> = world.people.iter().filter(is_listed).collect();
    let rows: Vec<Value> = listed.iter().skip(offset).take(limit).map(|person| person.row(&asked_for)).collect();
    let total = listed.len();
    let mut page = json!({
        "success": true,
        "metadata": {"total_elements": total, "current_page": offset / limit, "total_pages": total.div_ceil(limit)},
        "offset": offset, "limit": limit, "data": rows,
    });
    (world.rewrite)(&mut page);
    Reply::json(200, &page)
}

fn one_employee(world: &World, path: &str) -> Reply {
    let id = path.rsplit('/').next().and_then(|id| id.parse::<i64>().ok());
    match world.people.iter().find(|person| Some(person.id()) == id) {
        Some(person) => Reply::json(200, &json!({"success": true, "data": person.row(&[])})),
        None => refusal(404),
    }
}
