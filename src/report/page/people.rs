//! Who goes, comes and changes, and who is not decided: everybody with name, department and the reason, ready to be shown.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::names::{Names, Person};
use super::reasons;
use super::words::{Language, Word};
use crate::roster::decide::notes::{Note, Place};
use crate::roster::decide::reasons::Reason;
use crate::roster::model::record::{AttributeKey, EmployeeId};
use crate::roster::model::snapshot::{Employee, Snapshot};
use crate::roster::plan::{Change, FieldChange, FieldName};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Going {
    pub person: Person,
    pub evidence: String,
    pub last_day: Option<NaiveDate>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Coming {
    pub person: Person,
    /// Office and position.
    pub place: String,
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
    /// Its place among the fields of the page.
    pub field: usize,
    pub from: Option<String>,
    pub to: Option<String>,
}

/// Everybody whom the plan changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// What the fields that change are called; alterations name their places.
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
    /// None where it is about nobody.
    pub person: Option<Person>,
    pub text: String,
}

/// So many people with the same change are told of in one line.
const SEVERAL: usize = 3;

pub(super) fn going(language: Language, names: &Names<'_>) -> Vec<Going> {
    let excluded = &names.view.decision().excluded;
    let one = |employee: &Employee| {
        let reason = excluded.get(&employee.id);
        Going {
            person: names.person(names.before(), employee),
            evidence: reason.map(|reason| reasons::evidence(language, names, reason)).unwrap_or_default(),
            last_day: reason.and_then(reasons::last_day),
        }
    };
    let mut going: Vec<Going> = Vec::new();
    for change in names.plan.employees() {
        match change {
            Change::Delete(employee) => going.push(one(employee)),
            Change::Create(_) | Change::Update { .. } => {}
        }
    }
    // By department, as somebody who knows them reads it.
    going.sort_by_cached_key(|going| (going.person.department, alphabetical(&going.person.name)));
    going
}

pub(super) fn coming(names: &Names<'_>) -> Vec<Coming> {
    let mut coming: Vec<Coming> = Vec::new();
    for change in names.plan.employees() {
        match change {
            Change::Create(employee) => {
                let place = [AttributeKey::OFFICE, "position"].into_iter();
                let place = place.filter_map(|key| names.after().value_of(employee, key));
                let place = place.collect::<Vec<_>>().join(", ");
                coming.push(Coming { person: names.person(names.after(), employee), place });
            }
            Change::Delete(_) | Change::Update { .. } => {}
        }
    }
    coming.sort_by_cached_key(|coming| (coming.person.department, alphabetical(&coming.person.name)));
    coming
}

/// For sorting: accents and capitals do not count.
fn alphabetical(name: &str) -> String {
    name.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// What changes, so that the same change of two people is equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Difference {
    subject: Subject,
    from: Option<String>,
    to: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// What stands behind the `@`; the rest stays.
    EmailDomain,
    Field(FieldName),
}

impl Difference {
    fn of(names: &Names<'_>, change: &FieldChange<'_>) -> Self {
        let FieldChange { field, from, to } = change;
        if let (FieldName::Email, Some(from), Some(to)) = (field, from, to)
            && let (Some((one, from)), Some((other, to))) = (from.split_once('@'), to.split_once('@'))
            && one == other
        {
            return Self { subject: Subject::EmailDomain, from: Some(from.to_owned()), to: Some(to.to_owned()) };
        }
        let shown = |value: &Option<Cow<'_, str>>, people: &Snapshot| {
            let value = value.as_deref()?;
            let supervisor = match field {
                FieldName::Supervisor => value.parse().ok().and_then(|id| people.employee(EmployeeId(id))),
                FieldName::ImportId
                | FieldName::Email
                | FieldName::FirstName
                | FieldName::LastName
                | FieldName::Language
                | FieldName::Group(_) => None,
            };
            Some(supervisor.map_or_else(|| value.to_owned(), |supervisor| names.of(supervisor.id)))
        };
        let (from, to) = (shown(from, names.before()), shown(to, names.after()));
        Self { subject: Subject::Field(field.clone()), from, to }
    }
}

pub(super) fn changing(language: Language, names: &Names<'_>) -> Changes {
    let mut people: Vec<(Person, Vec<Difference>)> = Vec::new();
    let mut shares: BTreeMap<Difference, usize> = BTreeMap::new();
    for change in names.plan.employees() {
        let after = match change {
            Change::Create(_) | Change::Delete(_) => continue,
            Change::Update { before: _, after } => after,
        };
        let differences: Vec<Difference> =
            names.plan.field_changes(change).iter().map(|change| Difference::of(names, change)).collect();
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
        Subject::EmailDomain => Word::FieldEmailDomain.in_language(language).to_owned(),
        Subject::Field(field) => reasons::field(language, names, field),
    };
    Changes { fields: subjects.iter().map(label).collect(), shared, single }
}

/// Who starts later, the next one first.
pub(super) fn waiting(names: &Names<'_>) -> Vec<Waiting> {
    let excluded = names.view.decision().excluded.iter();
    let mut waiting: Vec<Waiting> = excluded
        .filter(|(id, _)| names.view.mirrored().employee(**id).is_none())
        .filter_map(|(id, reason)| match reason {
            Reason::NotYet(first_day) => Some(Waiting { person: names.outsider(*id), first_day: *first_day }),
            Reason::LastDayPassed(_)
            | Reason::Inactive
            | Reason::OnLeave
            | Reason::Absent(_)
            | Reason::OutOfScope(_)
            | Reason::ClockInDoubt => None,
        })
        .collect();
    waiting.sort_by_key(|waiting| (waiting.first_day.is_none(), waiting.first_day));
    waiting
}

pub(super) fn undecided(language: Language, names: &Names<'_>) -> Vec<Undecided> {
    let one = |(id, problem, place)| Undecided {
        person: names.outsider(id),
        correction: reasons::correction(language, names, problem),
        place,
    };
    names.view.decision().undecided().map(one).collect()
}

/// Notes that no other section shows.
pub(super) fn remarks(language: Language, names: &Names<'_>, notes: &[Note]) -> Vec<Remark> {
    let is_shown = |note: &&Note| match note {
        // The change of the supervisor is shown with the person, and the supervisor among those who go.
        Note::SupervisorNotIn { employee, supervisor } => {
            let (was, is) = (names.before().employee(*employee), names.after().employee(*employee));
            let changes = was.is_some_and(|was| Some(was.supervisor) != is.map(|is| is.supervisor));
            !(changes && names.before().employee(*supervisor).is_some())
        }
        other => !other.is_undecided(),
    };
    let one = |note: &Note| {
        let text = reasons::note(language, names, note)?;
        Some(Remark { person: note.employee().map(|id| names.outsider(id)), text })
    };
    notes.iter().filter(is_shown).filter_map(one).collect()
}
