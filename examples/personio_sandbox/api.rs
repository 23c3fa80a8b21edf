//! The requests of Personio's v1 API, answered from a `Company`; and, outside /v1, the sandbox's own switches.
//!
//! Law: what is answered is what Personio documents, or what real accounts are known to do where the two differ; where
//! neither says anything, the answer that is harder on a client. Read only: nothing under /v1 changes the company.
//! Pages are rendered once per day and choice of attributes, and full ones are given out as they are, so that a list of
//! 100,000 can be paged faster than any client reads it. It refuses `updated_since`, which no careful client uses, rather than answering it almost right.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde::Serialize;
use serde_json::{Value, json};

use super::attributes::{Attribute, CATALOGUE, write_json_string, write_text_of};
use super::company::{Company, Event, Person};
use super::http::{Delivery, Reply, Request, decode_pairs};

pub const LARGEST_PAGE: usize = 100;
const DEFAULT_PAGE: usize = 50;
const MOST_RENDERINGS_KEPT: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    Off,
    /// As Personio: 15 pages of employees a second and 300 a minute, then 429.
    Enforced,
}

/// What has been asked so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Statistics {
    pub sign_ins: u64,
    pub employee_pages: u64,
    pub single_employees: u64,
    pub attribute_lists: u64,
    /// To no place of the API, or with a method it has not.
    pub strays: u64,
    /// Answered with 429; counted among `employee_pages` too.
    pub too_many_requests: u64,
    /// The most requests to /v1 that were being answered at one moment.
    pub highest_parallelism: u64,
}

pub struct Api {
    company: RwLock<Company>,
    client_id: String,
    client_secret: String,
    token: String,
    readable: Projection,
    pace: Option<Mutex<Pace>>,
    latency: Duration,
    renderings: Mutex<HashMap<Projection, Arc<Rendering>>>,
    traffic: Mutex<Traffic>,
    next_delivery: Mutex<Option<Delivery>>,
}

#[derive(Default)]
struct Traffic {
    statistics: Statistics,
    under_way: u64,
}

enum Route {
    SignIn,
    Employees,
    Employee(String),
    Attributes,
    NextDay,
    Statistics,
    NextAnswer,
    WrongMethod,
    Unknown,
}

impl Route {
    fn of(request: &Request) -> Route {
        let steps: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        let (method, route) = match steps[..] {
            ["v1", "auth"] => ("POST", Route::SignIn),
            ["v1", "company", "employees"] => ("GET", Route::Employees),
            ["v1", "company", "employees", "attributes" | "custom-attributes"] => ("GET", Route::Attributes),
            ["v1", "company", "employees", id] => ("GET", Route::Employee(id.to_owned())),
            ["sandbox", "next-day"] => ("POST", Route::NextDay),
            ["sandbox", "statistics"] => ("GET", Route::Statistics),
            ["sandbox", "next-answer"] => ("POST", Route::NextAnswer),
            _ => return Route::Unknown,
        };
        if request.method == method { route } else { Route::WrongMethod }
    }
}

impl Api {
    /// `withheld` are keys of `CATALOGUE`; the caller has checked them.
    pub fn new(
        company: Company,
        client_id: &str,
        client_secret: &str,
        withheld: &BTreeSet<String>,
        limits: Limits,
        latency: Duration,
    ) -> Api {
        Api {
            company: RwLock::new(company),
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            token: token_for(client_id, client_secret),
            readable: Projection::where_key(|key| !withheld.contains(key)),
            pace: match limits {
                Limits::Off => None,
                Limits::Enforced => Some(Mutex::default()),
            },
            latency,
            renderings: Mutex::default(),
            traffic: Mutex::default(),
            next_delivery: Mutex::default(),
        }
    }

    pub fn company(&self) -> RwLockReadGuard<'_, Company> {
        self.company.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn next_day(&self) -> Vec<Event> {
        self.company.write().unwrap_or_else(PoisonError::into_inner).next_day()
    }

    pub fn statistics(&self) -> Statistics {
        lock(&self.traffic).statistics.clone()
    }

    pub fn answer(&self, request: &Request) -> Reply {
        match Route::of(request) {
            Route::NextDay => Reply::json(200, &self.next_day().iter().map(Event::to_string).collect()),
            Route::Statistics => Reply::json(200, &json!(self.statistics())),
            Route::NextAnswer => self.arrange_the_next_answer(request),
            published => self.answer_as_personio(&published, request),
        }
    }

    fn answer_as_personio(&self, route: &Route, request: &Request) -> Reply {
        let _presence = Presence::begin(&self.traffic, route);
        thread::sleep(self.latency);
        let mut reply = match route {
            Route::SignIn => self.sign_in(request),
            Route::Employees => self.authorised(request, || self.list_employees(request)),
            Route::Employee(id) => self.authorised(request, || self.show_employee(id, request)),
            Route::Attributes => self.authorised(request, || self.list_attributes()),
            Route::WrongMethod => refusal(405, 405, "Method not allowed"),
            Route::Unknown | Route::NextDay | Route::Statistics | Route::NextAnswer => refusal(404, 404, "Not found"),
        };
        if let Some(delivery) = lock(&self.next_delivery).take() {
            reply.delivery = match delivery {
                // Only now is it known how much half of it is.
                Delivery::CutAfter(_) => Delivery::CutAfter(reply.body.len() / 2),
                Delivery::StallAfter(_) => Delivery::StallAfter(reply.body.len() / 2),
                delivery @ (Delivery::Whole | Delivery::Hang(_) | Delivery::Reset | Delivery::After(_)) => delivery,
            };
        }
        reply
    }

    /// `POST /sandbox/next-answer?delivery=cut|stall|hang|reset|slow`: how a client takes trouble can be watched by hand.
    fn arrange_the_next_answer(&self, request: &Request) -> Reply {
        let delivery = match request.query_value("delivery") {
            Some("cut") => Delivery::CutAfter(0),
            Some("stall") => Delivery::StallAfter(0),
            Some("hang") => Delivery::Hang(Duration::from_secs(100)),
            Some("reset") => Delivery::Reset,
            Some("slow") => Delivery::After(Duration::from_secs(3)),
            _ => return refusal(422, 422, "delivery must be cut, stall, hang, reset or slow"),
        };
        *lock(&self.next_delivery) = Some(delivery);
        Reply::json(200, &json!({ "success": true }))
    }

    fn sign_in(&self, request: &Request) -> Reply {
        if request.query.iter().any(|(name, _)| name == "client_id" || name == "client_secret") {
            return refusal(403, 403, "Credentials in the query string are not accepted");
        }
        match read_credentials(request) {
            Some((id, secret)) if id == self.client_id && secret == self.client_secret => Reply::json(
                200,
                &json!({
                    "success": true,
                    "data": { "token": self.token, "expires_in": 86_400, "scope": "employees:read" },
                }),
            ),
            _ => refusal(403, 0, "Wrong credentials"),
        }
    }

    /// The token is not sent back in an `Authorization` header: some answers of Personio do so, and no client may need
    /// it.
    fn authorised(&self, request: &Request, answer: impl FnOnce() -> Reply) -> Reply {
        let bearer = request.header("authorization").and_then(|value| value.split_once(' '));
        match bearer {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && token == self.token => answer(),
            Some(_) => refusal(401, 401, "Provided authorization is not valid"),
            None => refusal(401, 401, "Authorization is not provided"),
        }
    }

    fn list_employees(&self, request: &Request) -> Reply {
        // No `Retry-After`: Personio documents none, so a client must do without.
        if self.pace.as_ref().is_some_and(|pace| lock(pace).admit(Instant::now()) == Admission::Refused) {
            lock(&self.traffic).statistics.too_many_requests += 1;
            return refusal(429, 429, "Too many requests");
        }
        if request.query_value("updated_since").is_some() {
            return refusal(422, 422, "This sandbox does not know updated_since.");
        }
        let (limit, offset) = match (read_number(request, "limit", DEFAULT_PAGE), read_number(request, "offset", 0)) {
            (Ok(limit), Ok(offset)) if limit > 0 => (limit.min(LARGEST_PAGE), offset),
            _ => return refusal(422, 422, "The limit must be at least 1, and the offset at least 0."),
        };
        let company = self.company();
        let rendering = self.rendering(&company, self.projection(request));
        let body = match request.query_value("email") {
            Some(email) => {
                let found = company.people().find(|person| person.email() == email);
                let mut body = beginning_of_page(usize::from(found.is_some()), offset, limit);
                if let Some(person) = found.filter(|_| offset == 0) {
                    rendering.write_person(person, &mut body);
                }
                body.extend_from_slice(END_OF_PAGE);
                Arc::new(body)
            }
            None => rendering.page_of(&company, offset, limit),
        };
        Reply { body, ..Reply::bytes(200, "application/json", Vec::new()) }
    }

    fn show_employee(&self, id: &str, request: &Request) -> Reply {
        let company = self.company();
        // An id that is no number is nobody's id.
        let Some(person) = id.parse().ok().and_then(|id| company.person(id)) else {
            // In German whatever the client's language, and with the space at the end: so published.
            return refusal(404, 404, "Es ist ein Problem aufgetreten ");
        };
        let mut body = br#"{"success":true,"data":"#.to_vec();
        self.rendering(&company, self.projection(request)).write_person(person, &mut body);
        body.push(b'}');
        Reply::bytes(200, "application/json", body)
    }

    fn list_attributes(&self) -> Reply {
        let readable = self.readable.attributes().map(|attribute| {
            json!({
                "key": attribute.key,
                "label": attribute.label,
                "type": attribute.kind.as_personio_writes_it(),
                "universal_id": attribute.universal_id,
                "options": attribute.options,
            })
        });
        Reply::json(200, &json!({ "success": true, "data": readable.collect::<Vec<Value>>() }))
    }

    fn projection(&self, request: &Request) -> Projection {
        let wanted: BTreeSet<&str> = request.query_values("attributes[]").collect();
        if wanted.is_empty() {
            return self.readable;
        }
        self.readable.intersect(Projection::where_key(|key| wanted.contains(key)))
    }

    /// The company is borrowed for as long as the answer is written, so the day cannot change underneath it.
    fn rendering(&self, company: &Company, projection: Projection) -> Arc<Rendering> {
        let mut renderings = lock(&self.renderings);
        if let Some(known) = renderings.get(&projection).filter(|known| known.day == company.days_passed()) {
            return Arc::clone(known);
        }
        renderings.retain(|_, known| known.day == company.days_passed());
        if renderings.len() >= MOST_RENDERINGS_KEPT {
            renderings.clear();
        }
        let rendering = Arc::new(Rendering::new(company, projection));
        renderings.insert(projection, Arc::clone(&rendering));
        rendering
    }
}

/// A request being answered, counted from its beginning to the end of its answer.
struct Presence<'api> {
    traffic: &'api Mutex<Traffic>,
}

impl<'api> Presence<'api> {
    fn begin(traffic: &'api Mutex<Traffic>, route: &Route) -> Presence<'api> {
        let mut current = lock(traffic);
        current.under_way += 1;
        let under_way = current.under_way;
        let statistics = &mut current.statistics;
        statistics.highest_parallelism = statistics.highest_parallelism.max(under_way);
        let kind = match route {
            Route::SignIn => &mut statistics.sign_ins,
            Route::Employees => &mut statistics.employee_pages,
            Route::Employee(_) => &mut statistics.single_employees,
            Route::Attributes => &mut statistics.attribute_lists,
            Route::NextDay | Route::Statistics | Route::NextAnswer | Route::WrongMethod | Route::Unknown => {
                &mut statistics.strays
            }
        };
        *kind += 1;
        Presence { traffic }
    }
}

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        lock(self.traffic).under_way -= 1;
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Admission {
    Granted,
    Refused,
}

/// The moments of the pages granted in the last minute.
#[derive(Default)]
struct Pace {
    granted: VecDeque<Instant>,
}

impl Pace {
    fn admit(&mut self, now: Instant) -> Admission {
        let within = |window: Duration| move |moment: &&Instant| now.duration_since(**moment) < window;
        while self.granted.front().is_some_and(|moment| !within(Duration::from_secs(60))(&moment)) {
            self.granted.pop_front();
        }
        let last_second = self.granted.iter().rev().take_while(within(Duration::from_secs(1))).count();
        if self.granted.len() >= 300 || last_second >= 15 {
            return Admission::Refused;
        }
        self.granted.push_back(now);
        Admission::Granted
    }
}

/// A choice of attributes: bit n stands for `CATALOGUE[n]`. The id is always in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Projection(u64);

impl Projection {
    fn where_key(is_chosen: impl Fn(&str) -> bool) -> Projection {
        let bits =
            CATALOGUE.iter().enumerate().filter(|(_, attribute)| is_chosen(attribute.key)).map(|(place, _)| 1 << place);
        Projection(bits.fold(1, |chosen, bit: u64| chosen | bit))
    }

    fn intersect(self, other: Projection) -> Projection {
        Projection(self.0 & other.0)
    }

    fn attributes(self) -> impl Iterator<Item = &'static Attribute> {
        CATALOGUE
            .iter()
            .enumerate()
            .filter(move |(place, _)| self.0 & (1 << place) != 0)
            .map(|(_, attribute)| attribute)
    }
}

/// One day's people in one projection, rendered a page at a time when first asked for.
struct Rendering {
    day: u64,
    columns: Vec<Column>,
    /// Of `LARGEST_PAGE` people each: what a client in a hurry asks for, and can be given without a copy.
    pages: Vec<OnceLock<Page>>,
}

/// A whole answer, and where the people are in it.
struct Page {
    body: Arc<Vec<u8>>,
    beginning: usize,
    /// Where each of them ends; a comma follows.
    ends: Vec<usize>,
}

/// An attribute with everything about it that is the same for all people.
struct Column {
    before_value: Vec<u8>,
    attribute: &'static Attribute,
    after_value: Vec<u8>,
}

impl Rendering {
    fn new(company: &Company, projection: Projection) -> Rendering {
        Rendering {
            day: company.days_passed(),
            columns: projection.attributes().map(Column::new).collect(),
            pages: (0..company.len().div_ceil(LARGEST_PAGE)).map(|_| OnceLock::new()).collect(),
        }
    }

    fn page_of(&self, company: &Company, offset: usize, limit: usize) -> Arc<Vec<u8>> {
        if limit == LARGEST_PAGE && offset.is_multiple_of(LARGEST_PAGE) && offset < company.len() {
            return Arc::clone(&self.page(company, offset / LARGEST_PAGE).body);
        }
        let mut body = beginning_of_page(company.len(), offset, limit);
        self.write_people(company, offset..offset.saturating_add(limit), &mut body);
        body.extend_from_slice(END_OF_PAGE);
        Arc::new(body)
    }

    fn write_people(&self, company: &Company, places: Range<usize>, out: &mut Vec<u8>) {
        let places = places.start.min(company.len())..places.end.min(company.len());
        let mut next = places.start;
        while next < places.end {
            let number = next / LARGEST_PAGE;
            let page = self.page(company, number);
            let first = next - number * LARGEST_PAGE;
            let last = (places.end - number * LARGEST_PAGE).min(page.ends.len()) - 1;
            let start = if first == 0 { page.beginning } else { page.ends[first - 1] + 1 };
            if next > places.start {
                out.push(b',');
            }
            out.extend_from_slice(&page.body[start..page.ends[last]]);
            next = number * LARGEST_PAGE + last + 1;
        }
    }

    fn page(&self, company: &Company, number: usize) -> &Page {
        self.pages[number].get_or_init(|| self.render_page(company, number))
    }

    fn render_page(&self, company: &Company, number: usize) -> Page {
        let offset = number * LARGEST_PAGE;
        let mut body = beginning_of_page(company.len(), offset, LARGEST_PAGE);
        let beginning = body.len();
        let mut ends = Vec::with_capacity(LARGEST_PAGE);
        for person in company.people_at(offset..offset + LARGEST_PAGE) {
            if !ends.is_empty() {
                body.push(b',');
            }
            self.write_person(person, &mut body);
            ends.push(body.len());
        }
        body.extend_from_slice(END_OF_PAGE);
        body.shrink_to_fit();
        Page { body: Arc::new(body), beginning, ends }
    }

    fn write_person(&self, person: Person<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"type":"Employee","attributes":{"#);
        for (place, column) in self.columns.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&column.before_value);
            (column.attribute.write_value)(person, out);
            out.extend_from_slice(&column.after_value);
        }
        out.extend_from_slice(b"}}");
    }
}

impl Column {
    fn new(attribute: &'static Attribute) -> Column {
        let mut before_value = Vec::new();
        write_json_string(&mut before_value, attribute.key);
        before_value.extend_from_slice(br#":{"label":"#);
        write_json_string(&mut before_value, attribute.label);
        before_value.extend_from_slice(br#","value":"#);
        let universal_id = json!(attribute.universal_id);
        let kind = attribute.kind.as_personio_writes_it();
        let currency = attribute.currency.map(|currency| format!(r#","currency":"{currency}""#)).unwrap_or_default();
        let after_value = format!(r#","type":"{kind}","universal_id":{universal_id}{currency}}}"#).into_bytes();
        Column { before_value, attribute, after_value }
    }
}

const END_OF_PAGE: &[u8] = b"]}";

/// Everything before the people.
fn beginning_of_page(total: usize, offset: usize, limit: usize) -> Vec<u8> {
    let mut beginning = Vec::new();
    write_text_of(
        &mut beginning,
        format_args!(
            concat!(
                r#"{{"success":true,"metadata":{{"total_elements":{},"current_page":{},"total_pages":{}}},"#,
                r#""offset":{},"limit":{},"data":["#
            ),
            total,
            offset / limit,
            total.div_ceil(limit),
            offset,
            limit
        ),
    );
    beginning
}

/// `code` is not always the status: Personio sends 0 with some refusals.
fn refusal(status: u16, code: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "success": false, "error": { "code": code, "message": message } }))
}

/// JSON or a form, by the content type; nothing where the body is neither.
fn read_credentials(request: &Request) -> Option<(String, String)> {
    if request.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        let fields: HashMap<String, String> =
            decode_pairs(&String::from_utf8_lossy(&request.body)).into_iter().collect();
        return Some((fields.get("client_id")?.clone(), fields.get("client_secret")?.clone()));
    }
    let document: Value = serde_json::from_slice(&request.body).ok()?;
    Some((document["client_id"].as_str()?.to_owned(), document["client_secret"].as_str()?.to_owned()))
}

fn read_number(request: &Request, name: &str, default: usize) -> Result<usize, std::num::ParseIntError> {
    request.query_value(name).map_or(Ok(default), str::parse)
}

/// The same for the same credential, as Personio's are for a day. Invented, but as long and as opaque.
fn token_for(client_id: &str, client_secret: &str) -> String {
    let letters_as_number = |sum: u64, byte: u8| sum.wrapping_mul(1_099_511_628_211) ^ u64::from(byte);
    let mut rng = Rng::with_seed(client_id.bytes().chain([0]).chain(client_secret.bytes()).fold(0, letters_as_number));
    format!("papi-{}", (0..64).map(|_| rng.alphanumeric()).collect::<String>())
}

/// A thread that panicked while answering has left nothing half done in any of these.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn api_for(people: usize, withheld: &[&str], limits: Limits) -> Api {
        let company = Company::new(people, 1, NaiveDate::from_ymd_opt(2026, 3, 27).unwrap());
        let withheld = withheld.iter().map(|&key| key.to_owned()).collect();
        Api::new(company, "sandbox-id", "sandbox-secret", &withheld, limits, Duration::ZERO)
    }

    fn api(people: usize) -> Api {
        api_for(people, &[], Limits::Off)
    }

    fn request(method: &str, target: &str) -> Request {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Request { method: method.to_owned(), path: path.to_owned(), query: decode_pairs(query), ..Request::default() }
    }

    fn body(reply: &Reply) -> Value {
        serde_json::from_slice(&reply.body).unwrap()
    }

    fn get(api: &Api, target: &str) -> (u16, Value) {
        let mut request = request("GET", target);
        request.headers.push(("authorization".to_owned(), format!("Bearer {}", api.token)));
        let reply = api.answer(&request);
        (reply.status, body(&reply))
    }

    fn sign_in(api: &Api, target: &str, content_type: &str, sent: &str) -> (u16, Value) {
        let mut request = request("POST", target);
        request.headers.push(("content-type".to_owned(), content_type.to_owned()));
        request.body = sent.as_bytes().to_vec();
        let reply = api.answer(&request);
        (reply.status, body(&reply))
    }

    fn ids(page: &Value) -> Vec<i64> {
        page["data"].as_array().unwrap().iter().map(|row| row["attributes"]["id"]["value"].as_i64().unwrap()).collect()
    }

    #[test]
    fn signing_in_takes_json_or_a_form_and_nothing_in_the_query() {
        let api = api(1);
        let right = r#"{"client_id":"sandbox-id","client_secret":"sandbox-secret"}"#;
        let form = "client_id=sandbox-id&client_secret=sandbox%2Dsecret";
        for (target, content_type, sent, status) in [
            ("/v1/auth", "application/json", right, 200),
            ("/v1/auth", "application/x-www-form-urlencoded", form, 200),
            ("/v1/auth", "application/json", r#"{"client_id":"sandbox-id","client_secret":"wrong"}"#, 403),
            ("/v1/auth", "application/json", r#"{"client_id":"sandbox-id"}"#, 403),
            ("/v1/auth", "application/json", "", 403),
            ("/v1/auth?client_id=sandbox-id&client_secret=sandbox-secret", "application/json", "", 403),
            ("/v1/auth?client_id=sandbox-id", "application/json", right, 403),
        ] {
            let (answered, answer) = sign_in(&api, target, content_type, sent);
            assert_eq!(
                (answered, answer["success"] == json!(true)),
                (status, status == 200),
                "{target} {sent}: {answer}"
            );
        }
        let (_, wrong) = sign_in(&api, "/v1/auth", "application/json", "{}");
        assert_eq!(wrong, json!({ "success": false, "error": { "code": 0, "message": "Wrong credentials" } }));
        let (_, right) = sign_in(&api, "/v1/auth", "application/json", right);
        assert!(right["data"]["token"].as_str().unwrap().starts_with("papi-"));
        assert_eq!(right["data"]["expires_in"], 86_400);
    }

    #[test]
    fn without_the_right_token_there_is_nothing_to_see() {
        let api = api(1);
        for target in ["/v1/company/employees", "/v1/company/employees/1", "/v1/company/employees/attributes"] {
            for authorization in [None, Some("Bearer papi-other"), Some("Basic abc"), Some("nonsense")] {
                let mut request = request("GET", target);
                request.headers.extend(authorization.map(|value| ("authorization".to_owned(), value.to_owned())));
                let reply = api.answer(&request);
                assert_eq!(
                    (reply.status, body(&reply)["error"]["code"].clone()),
                    (401, json!(401)),
                    "{target} {authorization:?}"
                );
            }
        }
    }

    #[test]
    fn pages_of_any_size_show_everyone_exactly_once_and_in_order() {
        let api = api(257);
        let everyone: Vec<i64> = api.company().people().map(Person::id).collect();
        for limit in [1, 7, 50, 99, 100] {
            let mut seen = Vec::new();
            loop {
                let (status, page) = get(&api, &format!("/v1/company/employees?limit={limit}&offset={}", seen.len()));
                assert_eq!((status, &page["metadata"]["total_elements"]), (200, &json!(257)));
                if ids(&page).is_empty() {
                    break;
                }
                seen.extend(ids(&page));
            }
            assert_eq!(seen, everyone, "in pages of {limit}");
        }
    }

    #[test]
    fn the_envelope_says_what_was_granted() {
        let api = api(120);
        for (query, limit, offset, current_page, total_pages, rows) in [
            ("", 50, 0, 0, 3, 50),
            ("?limit=100", 100, 0, 0, 2, 100),
            ("?limit=200&offset=100", 100, 100, 1, 2, 20),
            ("?limit=50&offset=500", 50, 500, 10, 3, 0),
        ] {
            let (status, page) = get(&api, &format!("/v1/company/employees{query}"));
            assert_eq!(status, 200);
            let metadata = json!({ "total_elements": 120, "current_page": current_page, "total_pages": total_pages });
            assert_eq!(
                (&page["metadata"], &page["limit"], &page["offset"]),
                (&metadata, &json!(limit), &json!(offset)),
                "{query}"
            );
            assert_eq!(ids(&page).len(), rows, "{query}");
        }
        for query in ["limit=0", "limit=ten", "offset=-1", "updated_since=2026-01-01"] {
            assert_eq!(get(&api, &format!("/v1/company/employees?{query}")).0, 422, "{query}");
        }
    }

    #[test]
    fn only_what_is_asked_for_and_readable_comes_back_and_always_the_id() {
        let api = api_for(3, &["email", "dynamic_1204416"], Limits::Off);
        let keys = |target: &str| -> Vec<String> {
            let (_, page) = get(&api, target);
            page["data"][0]["attributes"].as_object().unwrap().keys().cloned().collect()
        };
        let chosen = "/v1/company/employees?attributes[]=last_name&attributes%5B%5D=email&attributes[]=unheard_of";
        assert_eq!(keys(chosen), ["id", "last_name"]);
        assert_eq!(keys("/v1/company/employees?attributes[]=first_name,last_name"), ["id"]);
        assert_eq!(keys("/v1/company/employees").len(), CATALOGUE.len() - 2);

        let (_, listed) = get(&api, "/v1/company/employees/attributes");
        let listed: BTreeSet<&str> =
            listed["data"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap()).collect();
        assert!(keys("/v1/company/employees").iter().map(String::as_str).eq(listed));
        assert_eq!(get(&api, "/v1/company/employees/attributes"), get(&api, "/v1/company/employees/custom-attributes"));
    }

    #[test]
    fn one_person_is_an_object_and_nobody_is_a_404_in_german() {
        let api = api(30);
        let id = api.company().people().last().unwrap().id();
        let (status, answer) = get(&api, &format!("/v1/company/employees/{id}?attributes[]=status"));
        assert_eq!((status, &answer["data"]["attributes"]["id"]["value"]), (200, &json!(id)));
        for nobody in ["1", "none", "99999999999999999999"] {
            let (status, answer) = get(&api, &format!("/v1/company/employees/{nobody}"));
            let error =
                json!({ "success": false, "error": { "code": 404, "message": "Es ist ein Problem aufgetreten " } });
            assert_eq!((status, answer), (404, error));
        }
    }

    #[test]
    fn an_address_finds_its_owner_in_a_list_of_one() {
        let api = api(30);
        let (id, email) = api.company().people().nth(7).map(|person| (person.id(), person.email().to_owned())).unwrap();
        let (_, page) = get(&api, &format!("/v1/company/employees?email={}", email.replace('@', "%40")));
        assert_eq!((ids(&page), &page["metadata"]["total_elements"]), (vec![id], &json!(1)));
        let (_, page) = get(&api, "/v1/company/employees?email=nobody@example.com");
        assert_eq!((ids(&page), &page["metadata"]["total_elements"]), (vec![], &json!(0)));
    }

    #[test]
    fn an_attribute_arrives_in_the_published_shape() {
        let api = api(240);
        let (_, page) = get(&api, "/v1/company/employees?limit=100");
        for row in page["data"].as_array().unwrap() {
            for (key, attribute) in row["attributes"].as_object().unwrap() {
                let fields: Vec<&str> = attribute.as_object().unwrap().keys().map(String::as_str).collect();
                let expected = CATALOGUE.iter().find(|known| known.key == key).unwrap();
                assert_eq!(attribute["label"], expected.label);
                assert_eq!(fields.contains(&"currency"), expected.currency.is_some(), "{key}: {fields:?}");
                assert!(
                    ["label", "type", "universal_id", "value"].iter().all(|field| fields.contains(field)),
                    "{key}: {fields:?}"
                );
            }
            let department = &row["attributes"]["department"]["value"];
            assert!(
                department["attributes"]["id"].is_i64() && department["attributes"]["name"].is_string(),
                "{department}"
            );
        }
    }

    #[test]
    fn a_new_day_is_seen_by_the_very_next_request() {
        let api = api(240);
        let target =
            "/v1/company/employees?limit=100&attributes[]=department&attributes[]=last_name&attributes[]=status";
        let (_, before) = get(&api, target);
        assert_eq!(get(&api, target).1, before);
        let told = api.answer(&request("POST", "/sandbox/next-day"));
        assert!(body(&told).as_array().unwrap().len() >= 5, "{}", body(&told));
        assert_ne!(get(&api, target).1, before);
    }

    #[test]
    fn the_sixteenth_page_in_a_second_and_the_301st_in_a_minute_are_refused() {
        let start = Instant::now();
        let mut pace = Pace::default();
        let mut granted = |milliseconds| pace.admit(start + Duration::from_millis(milliseconds)) == Admission::Granted;
        assert!((0..15).all(&mut granted));
        assert!(!granted(999));
        assert!(granted(1_000));
        assert_eq!((0..600).filter(|step| granted(2_000 + 90 * step)).count(), 300 - 16);
        assert!(granted(62_001));
    }

    #[test]
    fn refusals_for_haste_are_counted() {
        let api = api_for(1, &[], Limits::Enforced);
        let answers: Vec<u16> = (0..18).map(|_| get(&api, "/v1/company/employees").0).collect();
        let refused = answers.iter().filter(|&&status| status == 429).count() as u64;
        assert!(refused > 0, "{answers:?}");
        assert_eq!((api.statistics().employee_pages, api.statistics().too_many_requests), (18, refused));
    }

    #[test]
    fn strays_get_json_and_are_counted() {
        let api = api(1);
        assert_eq!(get(&api, "/").0, 404);
        assert_eq!(get(&api, "/v1/company/attendances").0, 404);
        assert_eq!(get(&api, "/v1/auth").0, 405);
        assert_eq!(api.statistics(), Statistics { strays: 3, highest_parallelism: 1, ..Statistics::default() });
    }

    #[test]
    fn trouble_can_be_arranged_for_one_answer() {
        let api = api(1);
        assert_eq!(api.answer(&request("POST", "/sandbox/next-answer?delivery=reset")).status, 200);
        assert_eq!(api.answer(&request("GET", "/v1/company/employees")).delivery, Delivery::Reset);
        assert_eq!(api.answer(&request("GET", "/v1/company/employees")).delivery, Delivery::Whole);
        assert_eq!(api.answer(&request("POST", "/sandbox/next-answer?delivery=polite")).status, 422);
    }
}
