//! A Personio whose people somebody else writes down, and which misbehaves on request.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::company;
use super::http::{Reply, Request, Server};
use super::person::Person;

/// Any other does as well.
pub const CLIENT_ID: &str = "client-1";
pub const SECRET: &str = "canary-secret-0815";
pub const TOKEN: &str = "papi-canary-token-4711";

/// Replaces the server's honest answer; `None` lets it through. The number counts all requests of this server from zero.
pub type Interference = Box<dyn FnMut(&Request, usize) -> Option<Reply> + Send>;

struct World {
    secret: String,
    people: Vec<Person>,
    days_passed: usize,
    hidden: BTreeSet<i64>,
    /// How many more pages of employees leave the hidden ones out.
    hidden_pages: usize,
    /// What the `Date` header of every answer says, if there is one.
    date: Option<String>,
    largest_page: usize,
    interference: Interference,
    meanwhile: Option<Box<dyn FnOnce() + Send>>,
    rewrite: Box<dyn FnMut(&mut Value) + Send>,
    requests: Vec<String>,
}

/// A running server. Its people can change between two runs.
pub struct Personio {
    world: Arc<Mutex<World>>,
    server: Server,
}

impl Personio {
    /// On a free port, with the secret `SECRET`.
    pub fn with(people: impl IntoIterator<Item = Person>) -> Self {
        Self::start(0, SECRET, people).expect("there is a free port")
    }

    pub fn start(port: u16, secret: &str, people: impl IntoIterator<Item = Person>) -> io::Result<Self> {
        let world = World {
            secret: secret.to_owned(),
            people: people.into_iter().collect(),
            days_passed: 0,
            hidden: BTreeSet::new(),
            hidden_pages: 0,
            date: None,
            largest_page: 100,
            interference: Box::new(|_, _| None),
            meanwhile: None,
            rewrite: Box::new(|_| ()),
            requests: Vec::new(),
        };
        let world = Arc::new(Mutex::new(world));
        let answering = Arc::clone(&world);
        let dated = move |request: &Request| {
            let is_page = request.path.ends_with("/company/employees");
            let meanwhile = is_page.then(|| lock(&answering).meanwhile.take()).flatten();
            // Nothing is locked: what happens may ask for employees as well.
            meanwhile.into_iter().for_each(|happens| happens());
            let mut world = lock(&answering);
            let mut reply = answer(&mut world, request);
            reply.headers.extend(world.date.clone().map(|date| ("date".to_owned(), date)));
            reply
        };
        let server = Server::start(("127.0.0.1", port), dated)?;
        Ok(Self { world, server })
    }

    /// What `[personio] base_url` is set to: `http://127.0.0.1:PORT/v1`.
    pub fn base_url(&self) -> String {
        format!("{}/v1", self.server.url())
    }

    pub fn set_people(&self, people: impl IntoIterator<Item = Person>) {
        lock(&self.world).people = people.into_iter().collect();
    }

    pub fn people(&self) -> Vec<Person> {
        lock(&self.world).people.clone()
    }

    /// A day passes among its people. Tells what happened.
    pub fn next_day(&self) -> Vec<String> {
        lock(&self.world).next_day()
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

    /// Happens once, while a page of employees is asked for.
    pub fn meanwhile(&self, happens: impl FnOnce() + Send + 'static) {
        lock(&self.world).meanwhile = Some(Box::new(happens));
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

impl World {
    fn next_day(&mut self) -> Vec<String> {
        self.days_passed += 1;
        company::next_day(&mut self.people, self.days_passed)
    }
}

fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(world: &mut World, request: &Request) -> Reply {
    let number = world.requests.len();
    world.requests.push(format!("{} {}", request.method, request.path));
    if let Some(reply) = (world.interference)(request, number) {
        return reply;
    }
    match (request.method.as_str(), request.path.as_str()) {
        // The one path that Personio does not have.
        ("POST", "/sandbox/next-day") => Reply::json(200, &json!(world.next_day())),
        ("POST", "/v1/auth") => sign_in(world, request),
        ("GET", _) if request.header("authorization") != Some(&format!("Bearer {TOKEN}")) => refusal(401),
        ("GET", "/v1/company/employees/attributes") => attributes(world),
        ("GET", "/v1/company/employees") => {
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
    Reply::json(status, &json!({"success": false, "error": {"code": status, "message": "no"}, "data": "canary-body"}))
}

fn sign_in(world: &World, request: &Request) -> Reply {
    let sent: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    if sent["client_secret"] != world.secret.as_str() {
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
    let is_listed = |person: &&Person| world.hidden_pages == 0 || !world.hidden.contains(&person.id());
    let listed: Vec<&Person> = world.people.iter().filter(is_listed).collect();
    let (total, largest_page) = (listed.len(), world.largest_page);
    let mut page =
        page_of(request, total, largest_page, |places| listed[places].iter().map(|person| (*person).clone()).collect());
    (world.rewrite)(&mut page);
    Reply::json(200, &page)
}

/// The page of employees that is asked for, out of so many people.
pub fn page_of(
    request: &Request,
    total: usize,
    largest_page: usize,
    people: impl FnOnce(Range<usize>) -> Vec<Person>,
) -> Value {
    let number = |name: &str, default: usize| {
        request.query_value(name).map_or(default, |text| text.parse().expect("a client sends numbers"))
    };
    let (offset, limit) = (number("offset", 0), number("limit", 50).min(largest_page));
    let asked_for: Vec<&str> = request.query_values("attributes[]").collect();
    let places = offset.min(total)..(offset + limit).min(total);
    let rows: Vec<Value> = people(places).iter().map(|person| person.row(&asked_for)).collect();
    json!({
        "success": true,
        "metadata": {"total_elements": total, "current_page": offset / limit, "total_pages": total.div_ceil(limit)},
        "offset": offset, "limit": limit, "data": rows,
    })
}

fn one_employee(world: &World, path: &str) -> Reply {
    let id = path.rsplit('/').next().and_then(|id| id.parse::<i64>().ok());
    match world.people.iter().find(|person| Some(person.id()) == id) {
        Some(person) => Reply::json(200, &json!({"success": true, "data": person.row(&[])})),
        None => refusal(404),
    }
}
