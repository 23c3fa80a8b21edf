//! Who goes, comes and changes, and who is not decided: everybody with name, department and reason, ready to be shown.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::names::{PageNames, Person};
use super::words::Word;
use crate::report::domains;
use crate::roster::decide::notes::{Note, Place, Problem};
use crate::roster::decide::reasons::Reason;
use crate::roster::guard::{CameSince, Compared, PastRemoval};
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Employee, Snapshot};
use crate::roster::plan::{Change, FieldChange, FieldName};
use crate::roster::voice::Told;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Going {
    pub person: Person,
    pub evidence: String,
    pub last_day: Option<NaiveDate>,
}

/// Somebody in a file that is not ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stranger {
    pub person: Person,
    /// Whose name the import id has in our file; none where it is not in it.
    pub ours: Option<String>,
}

/// Somebody who went in the days before, unseen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Went {
    pub name: String,
    pub details: String,
    pub day: NaiveDate,
    pub evidence: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Coming {
    pub person: Person,
    pub office_and_position: String,
}

/// The same change of several people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SharedChange {
    pub alteration: Alteration,
    pub people: Vec<Person>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changing {
    pub person: Person,
    pub alterations: Vec<Alteration>,
}

/// One field before and after; `None` is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alteration {
    /// The field's index on the page.
    pub field: usize,
    pub from: Option<String>,
    pub to: Option<String>,
}

/// Everybody whom the plan changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// The names of the fields that change. Alterations hold their indices.
    pub fields: Vec<String>,
    pub shared: Vec<SharedChange>,
    pub single: Vec<Changing>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    pub person: Person,
    pub first_day: Option<NaiveDate>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Undecided {
    pub person: Person,
    pub correction: String,
    pub place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    /// None where the note is about nobody.
    pub person: Option<Person>,
    pub text: String,
}

/// From this many people on, the same change is one line for all of them.
const SEVERAL: usize = 3;

pub(super) fn going(names: &PageNames<'_>) -> Vec<Going> {
    let one = |change: &Change<&Arc<Employee>>| {
        let Change::Delete(employee) = change else { return None };
        let reason = names.view.decision().excluded.get(&employee.id);
        let last_day = match reason {
            // Known only where Personio gives it.
            Some(Reason::LastDayPassed(day)) => Some(*day),
            Some(_) | None => None,
        };
        let evidence = reason.map(|reason| reason.told(names.voice())).unwrap_or_default();
        Some(Going { person: names.person(names.before(), employee), evidence, last_day })
    };
    let mut going: Vec<Going> = names.plan.employees().iter().filter_map(one).collect();
    // By department, as readers who know the people expect.
    going.sort_by_cached_key(|going| (going.person.department, alphabetical(&going.person.name)));
    going
}

/// Who goes, comes and changes besides a plan that is approved; nobody where none is.
pub(super) fn since(names: &PageNames<'_>) -> Vec<(Word, Vec<Person>)> {
    let Some(CameSince { named: _, step, stay: _ }) = names.view.since else { return Vec::new() };
    let (mut go, mut come, mut change) = (Vec::new(), Vec::new(), Vec::new());
    for changed in step.employees() {
        let people = changed.pick(&step.after().people, &step.after().people, &step.before().people);
        changed.pick(&mut come, &mut change, &mut go).push(names.person(people, changed.subject()));
    }
    let lists = [(Word::Goes, go), (Word::Comes, come), (Word::Changes, change)];
    lists.into_iter().filter(|(_, people)| !people.is_empty()).collect()
}

/// Whoever would be somebody else first.
pub(super) fn in_another_file(names: &PageNames<'_>) -> Vec<Stranger> {
    let compared = names.view.evidence.destination.and_then(|destination| destination.compared.as_ref());
    let Some(Compared { comparison: _, other_name, go }) = compared else { return Vec::new() };
    let stranger = |name: &String, import_id: &String, ours| Stranger {
        person: Person { name: name.clone(), details: import_id.clone(), department: None },
        ours,
    };
    let other = other_name.iter().map(|other| stranger(&other.there, &other.import_id, Some(other.ours.clone())));
    other.chain(go.iter().map(|(import_id, name)| stranger(name, import_id, None))).collect()
}

pub(super) fn went(names: &PageNames<'_>) -> Vec<Went> {
    let one = |removal: &PastRemoval| {
        let PastRemoval { employee, name, day, reason } = removal;
        let evidence = reason.told(names.voice());
        Went { name: name.clone(), details: employee.to_string(), day: *day, evidence }
    };
    names.view.went_before().iter().map(one).collect()
}

pub(super) fn coming(names: &PageNames<'_>) -> Vec<Coming> {
    let one = |change: &Change<&Arc<Employee>>| {
        let Change::Create(employee) = change else { return None };
        let values = [AttributeKey::OFFICE, "position"].into_iter();
        let values: Vec<_> = values.filter_map(|key| names.after().value_of(employee, key)).collect();
        Some(Coming { person: names.person(names.after(), employee), office_and_position: values.join(", ") })
    };
    let mut coming: Vec<Coming> = names.plan.employees().iter().filter_map(one).collect();
    coming.sort_by_cached_key(|coming| (coming.person.department, alphabetical(&coming.person.name)));
    coming
}

/// For sorting: ignores accents and capitals.
fn alphabetical(name: &str) -> String {
    name.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// What changes, in a form that makes the same change of two people equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Difference {
    subject: Subject,
    from: Option<String>,
    to: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// The part after the `@`. The rest stays.
    EmailDomain,
    Field(FieldName),
}

impl Difference {
    fn of(names: &PageNames<'_>, change: &FieldChange<'_>, supervisor_goes: bool) -> Self {
        if let Some((from, to)) = domains(change) {
            return Self { subject: Subject::EmailDomain, from: Some(from.to_owned()), to: Some(to.to_owned()) };
        }
        let FieldChange { field, from, to } = change;
        if supervisor_goes && *field == FieldName::Supervisor {
            let from = Some(names.word(Word::WhoeverGoes));
            return Self { subject: Subject::Field(field.clone()), from, to: None };
        }
        let shown = |value: &Option<Cow<'_, str>>, people: &Snapshot| {
            let value = value.as_deref()?;
            let id = if *field == FieldName::Supervisor { value.parse().ok().map(EmployeeId) } else { None };
            let supervisor = id.filter(|id| people.employee(*id).is_some());
            Some(supervisor.map_or_else(|| value.to_owned(), |id| names.name(id)))
        };
        let (from, to) = (shown(from, names.before()), shown(to, names.after()));
        Self { subject: Subject::Field(field.clone()), from, to }
    }
}

pub(super) fn changing(names: &PageNames<'_>) -> Changes {
    let mut people: Vec<(Person, Vec<Difference>)> = Vec::new();
    let mut shares: BTreeMap<Difference, usize> = BTreeMap::new();
    let loses = |change: &Change<&Arc<Employee>>| match change {
        Change::Update { before, after } => names.plan.loses_supervisor(before, after),
        Change::Create(_) | Change::Delete(_) => false,
    };
    // What follows from who goes is one line, whoever the supervisors are.
    let is_shared = names.plan.employees().iter().filter(|change| loses(change)).count() >= SEVERAL;
    for change in names.plan.employees() {
        let Change::Update { before: _, after } = change else { continue };
        let (fields, goes) = (names.plan.field_changes(change), is_shared && loses(change));
        let differences: Vec<Difference> = fields.iter().map(|change| Difference::of(names, change, goes)).collect();
        differences.iter().for_each(|difference| *shares.entry(difference.clone()).or_default() += 1);
        people.push((names.person(names.after(), after), differences));
    }
    let mut subjects: Vec<Subject> = shares.keys().map(|difference| difference.subject.clone()).collect();
    subjects.dedup();
    let alteration = |difference: &Difference| Alteration {
        field: subjects.binary_search(&difference.subject).unwrap_or_default(),
        from: difference.from.clone(),
        to: difference.to.clone(),
    };
    shares.retain(|_, people| *people >= SEVERAL);
    let mut shared: BTreeMap<&Difference, Vec<Person>> = BTreeMap::new();
    let mut single = Vec::new();
    for (person, differences) in &people {
        let mut alterations = Vec::new();
        for difference in differences {
            match shares.get_key_value(difference) {
                Some((difference, _)) => shared.entry(difference).or_default().push(person.clone()),
                None => alterations.push(alteration(difference)),
            }
        }
        if !alterations.is_empty() {
            single.push(Changing { person: person.clone(), alterations });
        }
    }
    let mut shared: Vec<SharedChange> = shared
        .into_iter()
        .map(|(difference, people)| SharedChange { alteration: alteration(difference), people })
        .collect();
    shared.sort_by_key(|change| std::cmp::Reverse(change.people.len()));
    single.sort_by_cached_key(|changing: &Changing| alphabetical(&changing.person.name));
    let label = |subject: &Subject| match subject {
        Subject::EmailDomain => names.word(Word::FieldEmailDomain),
        Subject::Field(field) => field.told(names.voice()),
    };
    Changes { fields: subjects.iter().map(label).collect(), shared, single }
}

/// Who starts later, the earliest first.
pub(super) fn waiting(names: &PageNames<'_>) -> Vec<Waiting> {
    let one = |(id, reason): (EmployeeId, &Reason)| {
        let Reason::NotYet(first_day) = reason else { return None };
        Some(Waiting { person: names.outsider(id), first_day: *first_day })
    };
    let mut waiting: Vec<Waiting> = names.view.outside().filter_map(one).collect();
    waiting.sort_by_key(|waiting| (waiting.first_day.is_none(), waiting.first_day));
    waiting
}

pub(super) fn undecided(names: &PageNames<'_>) -> Vec<Undecided> {
    let one = |(id, problem, place): (EmployeeId, &Problem, Place)| Undecided {
        person: names.outsider(id),
        correction: problem.told(names.voice()),
        place,
    };
    names.view.decision().undecided().map(one).collect()
}

/// Notes that no other section shows.
pub(super) fn remarks(names: &PageNames<'_>, notes: &[Note]) -> Vec<Remark> {
    let is_shown = |note: &&Note| match note {
        // The supervisor is among those who go, and the change with everybody who loses them.
        Note::SupervisorNotIn { supervisor, people: _, next: _ } => names.before().employee(*supervisor).is_none(),
        other => !other.is_undecided(),
    };
    let one =
        |note: &Note| Remark { person: note.employee().map(|id| names.outsider(id)), text: note.told(names.voice()) };
    notes.iter().filter(is_shown).map(one).collect()
}
