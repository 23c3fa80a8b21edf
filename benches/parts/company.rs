//! The sandbox's company as every part wants it: pages, records, a mirror that is in step with it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use honestly_sync::config::{self, Environment};
use honestly_sync::personio::{PageReader, Wanted};
use honestly_sync::roster::decide::screening::screen;
use honestly_sync::roster::decide::{Decision, decide};
use honestly_sync::roster::feed::Format;
use honestly_sync::roster::model::record::{EmployeeId, Record};
use honestly_sync::roster::plan::mirror::Mirror;
use honestly_sync::roster::policy::Policy;

use crate::sandbox::api::{Api, Limits};
use crate::sandbox::http::{Request, decode_pairs};
use crate::sandbox::{DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, DEFAULT_SEED, company};

pub fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 27).expect("it is a day")
}

pub fn now() -> DateTime<Utc> {
    today().and_time(NaiveTime::MIN).and_utc()
}

pub struct Company {
    pub people: usize,
    pub policy: Policy,
    pub format: Format,
    pub wanted: Wanted,
    pages: Vec<Vec<u8>>,
    api: Api,
}

impl Company {
    /// With the policy and the format of an empty configuration.
    pub fn of(people: usize) -> Self {
        let environment = Environment { home: Some("/".into()), ..Environment::default() };
        let config = config::load(None, environment).expect("no configuration is a configuration");
        let (policy, mapping) = config.policy(&[]).expect("the usual groups need no labels");
        let format = config.feed_format(&mapping).expect("the usual columns have different names");
        let wanted = Wanted::new(policy.attributes());
        let company = company::Company::new(people, DEFAULT_SEED, today());
        let api =
            Api::new(company, DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, &[].into(), Limits::Off, Default::default());
        let mut made = Self { people, policy, format, wanted, pages: Vec::new(), api };
        let asked: String = made.wanted.keys().map(|key| format!("&attributes[]={key}")).collect();
        made.pages =
            (0..people).step_by(100).map(|offset| made.page(&format!("limit=100&offset={offset}{asked}"))).collect();
        made
    }

    fn page(&self, query: &str) -> Vec<u8> {
        let request = |method: &str, path: &str, query| Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query,
            ..Request::default()
        };
        let mut sign_in = request("POST", "/v1/auth", Vec::new());
        sign_in.body =
            format!(r#"{{"client_id":"{DEFAULT_CLIENT_ID}","client_secret":"{DEFAULT_CLIENT_SECRET}"}}"#).into();
        let answer: serde_json::Value = serde_json::from_slice(&self.api.answer(&sign_in).body).expect("it is JSON");
        let token = answer["data"]["token"].as_str().expect("the credential is right");
        let mut list = request("GET", "/v1/company/employees", decode_pairs(query));
        list.headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        self.api.answer(&list).body.to_vec()
    }

    /// The first page with so many attributes for each person: all there are, and invented ones.
    pub fn page_with_attributes(&self, count: usize) -> Vec<u8> {
        let mut page: serde_json::Value = serde_json::from_slice(&self.page("limit=100")).expect("it is JSON");
        for person in page["data"].as_array_mut().expect("people") {
            let attributes = person["attributes"].as_object_mut().expect("attributes");
            for number in 0.. {
                if attributes.len() == count {
                    break;
                }
                let value = serde_json::json!({
                    "label": format!("Question {number}"),
                    "value": format!("Answer {}", number * attributes.len()),
                    "type": "standard",
                    "universal_id": null,
                });
                attributes.insert(format!("dynamic_{}", 9_000_000 + number), value);
            }
        }
        serde_json::to_vec(&page).expect("it is JSON")
    }

    pub fn records(&self) -> Vec<(EmployeeId, Record)> {
        let mut reader = PageReader::new(&self.wanted);
        let pages = self.pages.iter().map(|page| reader.page(page, |record| record));
        pages.flat_map(|page| page.expect("the sandbox keeps the rules").people).collect()
    }

    /// Screens everybody and decides.
    pub fn decide(&self, mirror: &Mirror, records: Vec<(EmployeeId, Record)>) -> Decision {
        let screened = |(id, record)| (id, screen(&self.policy, today(), mirror, record));
        let findings = records.into_iter().map(screened).collect();
        let readable = self.wanted.keys().cloned().collect();
        decide(&self.policy, mirror, findings, readable, &BTreeMap::new()).expect("it is consistent")
    }

    /// As the mirror is after a sync.
    pub fn mirror(&self) -> Mirror {
        let mirror = Mirror::default();
        let decision = self.decide(&mirror, self.records());
        Mirror { snapshot: decision.desired, scope: Some(decision.scope), ..mirror }
    }
}
