//! Why one person is in or out, step by step. It decides nothing: it asks the rules that decide, and reads the decision.
//!
//! Unlike notes, explanations carry names and values, because a person asked for them.

use chrono::NaiveDate;

use crate::roster::decide::Decision;
pub use crate::roster::decide::eligibility::StepResult;
use crate::roster::decide::eligibility::{Background, Calendar, walk};
use crate::roster::decide::groups::Reader;
use crate::roster::decide::notes::{Note, Place, Problem};
use crate::roster::decide::reasons::Reason;
use crate::roster::decide::reply::Reply;
use crate::roster::model::record::{AttributeKey, EmployeeId, Expected, Field, Record, Status, Unreadable, Value};
use crate::roster::policy::{GroupRule, Policy};

/// How Personio knows somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AtPersonio {
    Listed(Box<Record>),
    /// Not in the listing, yet known when asked by id.
    Unlisted(Box<Record>),
    /// Not in the listing; asked by id, Personio answered 404.
    Gone,
    /// Not in the listing; asked by id, Personio gave no usable answer.
    Unclear(Reply),
    /// In Honestly since before the first sync, without a profile at Personio.
    NoProfile,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub id: EmployeeId,
    pub heard: AtPersonio,
    /// The attributes that matter, in the order of their keys.
    pub said: Vec<Said>,
    /// Every rule in its order.
    pub steps: Vec<Step>,
    /// Every mapped attribute, in the order of the feed's columns.
    pub groups: Vec<Membership>,
    pub supervisor: Supervisor,
    pub outcome: Outcome,
    /// What else was noted about them.
    pub notes: Vec<Note>,
}

impl Explanation {
    /// Whether Personio or the mirror knows them.
    pub fn is_of_somebody(&self) -> bool {
        let is_heard_of = !matches!(self.heard, AtPersonio::Gone | AtPersonio::NoProfile);
        is_heard_of || !matches!(self.outcome, Outcome::Unknown)
    }
}

/// One attribute as Personio states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub attribute: AttributeKey,
    pub value: Spoken,
}

/// What came for one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spoken {
    Withheld,
    Blank,
    /// Not what was expected; the value itself is not kept.
    Unreadable(Expected),
    Read(Vec<String>),
}

/// One rule and its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// One word for machines.
    pub kind: &'static str,
    pub rule: String,
    pub result: StepResult,
}

/// The values of one attribute and what they became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub attribute: AttributeKey,
    pub said: Spoken,
    /// The values in Honestly that these stand for.
    pub means: Vec<String>,
    /// Lengths of values that are too long, in characters.
    pub too_long: Vec<usize>,
    /// What the person will have in Honestly if they are in.
    pub given: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supervisor {
    pub said: Field<EmployeeId>,
    /// Why whom Personio names is not the one in Honestly, where that is decided about them.
    pub away: Option<Outcome>,
    /// The supervisor in Honestly.
    pub given: Option<EmployeeId>,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    In,
    Out(Reason),
    Undecided(Problem, Place),
    /// Neither listed nor in the mirror.
    Unknown,
}

/// `background` is what the decision about this person rested on.
pub fn explain(
    policy: &Policy,
    background: Background,
    decision: &Decision,
    id: EmployeeId,
    heard: AtPersonio,
) -> Explanation {
    let record = match &heard {
        AtPersonio::Listed(record) | AtPersonio::Unlisted(record) => Some(&**record),
        AtPersonio::Gone | AtPersonio::Unclear(_) | AtPersonio::NoProfile => None,
    };
    let after = decision.desired.people.employee(id).map(|employee| &**employee);
    let about_them = |note: &&Note| note.employee() == Some(id) && !note.is_undecided();
    Explanation {
        id,
        said: record.map(|record| said(policy, record)).unwrap_or_default(),
        steps: record.map(|record| steps(policy, background, record)).unwrap_or_default(),
        groups: record.map(|record| memberships(policy, background.calendar, record, decision)).unwrap_or_default(),
        supervisor: Supervisor {
            said: record.map_or(Field::Withheld, |record| record.supervisor.clone()),
            given: after.and_then(|employee| employee.supervisor),
            away: record.and_then(|record| record.supervisor.as_ref().known()).and_then(|id| {
                let is_in = decision.desired.people.employee(*id).is_some();
                (!is_in).then(|| outcome(decision, *id))
            }),
        },
        outcome: outcome(decision, id),
        notes: decision.notes.iter().filter(about_them).cloned().collect(),
        heard,
    }
}

fn outcome(decision: &Decision, id: EmployeeId) -> Outcome {
    if let Some((problem, place)) = decision.doubt_about(id) {
        return Outcome::Undecided(problem, place);
    }
    match decision.excluded.get(&id) {
        Some(reason) => Outcome::Out(reason.clone()),
        None if decision.desired.people.employee(id).is_some() => Outcome::In,
        None => Outcome::Unknown,
    }
}

fn said(policy: &Policy, record: &Record) -> Vec<Said> {
    let Record {
        id: _,
        first_name,
        last_name,
        email,
        status,
        hire_date,
        termination_date,
        supervisor,
        attributes: _,
        unreadable: _,
    } = record;
    let own = [
        (AttributeKey::FIRST_NAME, one(first_name, String::clone)),
        (AttributeKey::LAST_NAME, one(last_name, String::clone)),
        (AttributeKey::EMAIL, one(email, String::clone)),
        (AttributeKey::STATUS, one(status, word)),
        (AttributeKey::HIRE_DATE, one(hire_date, NaiveDate::to_string)),
        (AttributeKey::TERMINATION_DATE, one(termination_date, NaiveDate::to_string)),
        (AttributeKey::SUPERVISOR, one(supervisor, EmployeeId::to_string)),
    ];
    let own = own.map(|(key, value)| (AttributeKey::new(key), value));
    // An employee's own field may be mapped as well.
    let is_own = |key: &AttributeKey| own.iter().any(|(own, _)| own == key);
    let mapped: Vec<AttributeKey> = policy.attributes().into_iter().filter(|key| !is_own(key)).collect();
    let mapped = mapped.into_iter().map(|key| (key.clone(), values(record.attributes.get(key.as_str()))));
    let all = own.into_iter().chain(mapped);
    all.map(|(attribute, value)| Said { value: seen(record, &attribute, value), attribute }).collect()
}

fn steps(policy: &Policy, background: Background, record: &Record) -> Vec<Step> {
    let mut steps = Vec::new();
    walk(policy, background, record, |rule, result| {
        steps.push(Step { kind: rule.kind(), rule: rule.to_string(), result });
    });
    steps
}

fn memberships(policy: &Policy, calendar: Calendar, record: &Record, decision: &Decision) -> Vec<Membership> {
    let after = decision.desired.people.employee(record.id).map(|employee| &**employee);
    let membership = |rule: &GroupRule| {
        let reader = Reader::new(rule, &policy.names);
        let attribute = reader.attribute().clone();
        let raw = || record.attributes.get(attribute.as_str());
        let banded = rule.bands.as_ref().map(|bands| bands.read(raw(), calendar.today()).unwrap_or(Field::Withheld));
        let counted = banded.as_ref().map_or_else(raw, |banded| banded.as_ref().map(|values| &**values));
        let (means, too_long) = match counted {
            Field::Withheld | Field::Blank => (Vec::new(), Vec::new()),
            Field::Known(values) => {
                let reading = reader.read(values);
                (reading.spellings().into_iter().map(str::to_owned).collect(), reading.too_long.clone())
            }
        };
        let given = after
            .and_then(|employee| decision.desired.people.value_of(employee, attribute.as_str())?.into_owned().into());
        Membership { said: seen(record, &attribute, values(raw())), attribute, means, too_long, given }
    };
    policy.groups.iter().map(membership).collect()
}

fn one<T>(field: &Field<T>, text: impl Fn(&T) -> String) -> Spoken {
    spoken(field.as_ref().map(|value| vec![text(value)]))
}

fn values(field: Field<&[Value]>) -> Spoken {
    spoken(field.map(|values| values.iter().map(|value| value.text.to_string()).collect()))
}

fn spoken(texts: Field<Vec<String>>) -> Spoken {
    match texts {
        Field::Withheld => Spoken::Withheld,
        Field::Blank => Spoken::Blank,
        Field::Known(texts) => Spoken::Read(texts),
    }
}

/// A record stores an unreadable value as withheld; this tells the two apart.
fn seen(record: &Record, key: &AttributeKey, value: Spoken) -> Spoken {
    let unreadable = record.unreadable.iter().find(|unreadable| unreadable.attribute == *key);
    unreadable.map_or(value, |Unreadable { attribute: _, expected }| Spoken::Unreadable(*expected))
}

fn word(status: &Status) -> String {
    match status {
        Status::Active => "active".to_owned(),
        Status::Inactive => "inactive".to_owned(),
        Status::Leave => "leave".to_owned(),
        Status::Onboarding => "onboarding".to_owned(),
        Status::Other(other) => other.clone(),
    }
}
