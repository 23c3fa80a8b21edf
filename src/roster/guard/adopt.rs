//! People who are in Honestly already, put there by its own connector or by hand, to the mirror's first state.
//!
//! The first plan then shows what Honestly would really gain and lose, and import ids are kept, because Honestly cannot
//! change them. Whoever cannot be matched to exactly one employee stays in the mirror without one: the plan shows that they
//! would go, and the guard holds it until a person has looked.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::roster::decide::Decision;
use crate::roster::decide::screening::stated_import_id;
use crate::roster::feed::Row;
use crate::roster::model::record::{AttributeKey, EmployeeId, Record};
use crate::roster::model::snapshot::{
    Email, Employee, Group, GroupKey, ImportId, Inconsistent, Memberships, Origin, Snapshot, fold,
};
use crate::roster::model::text::tidy;
use crate::roster::policy::{ImportIdSource, Policy, Several};

/// What an employee is known by at Personio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub id: EmployeeId,
    /// Folded.
    pub email: Option<Arc<str>>,
    /// What would be their import id, were they new.
    pub import_id: Option<ImportId>,
}

/// The state to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    pub snapshot: Snapshot,
    /// Rows matched to one employee.
    pub matched: usize,
    /// Rows that nobody at Personio answers to, in the order of their import ids.
    pub unmatched: Vec<ImportId>,
    /// Rows that more than one employee answers to, or that share one with another row.
    pub ambiguous: Vec<ImportId>,
}

impl Known {
    pub fn of(record: &Record, policy: &Policy) -> Self {
        let import_id = match &policy.import_id {
            ImportIdSource::PersonioId => Some(ImportId::from(record.id)),
            ImportIdSource::Attribute(key) => stated_import_id(record, key),
        };
        let email = record.email.as_ref().known().and_then(|text| Email::new(&tidy(text)));
        Self { id: record.id, email: email.map(|email| email.folded()), import_id }
    }
}

/// Matches every row by import id, else by e-mail address without case. `decision` is what an empty mirror would lead to: it
/// says who is in and which groups have ids.
pub fn adopt(policy: &Policy, rows: Vec<Row>, known: &[Known], decision: &Decision) -> Result<Adoption, Inconsistent> {
    let matches = Matches::new(known, decision);
    let mut claims: BTreeMap<EmployeeId, Vec<usize>> = BTreeMap::new();
    let mut found: Vec<Match> = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let matched = matches.find(row);
        if let Match::One(id) = matched {
            claims.entry(id).or_default().push(at);
        }
        found.push(matched);
    }
    for claimants in claims.into_values().filter(|claimants| claimants.len() > 1) {
        claimants.into_iter().for_each(|at| found[at] = Match::Several);
    }

    let mut adoption =
        Adoption { snapshot: Snapshot::default(), matched: 0, unmatched: Vec::new(), ambiguous: Vec::new() };
    let mut nobody = 0;
    let ids: Vec<EmployeeId> = rows
        .iter()
        .zip(&found)
        .map(|(row, matched)| {
            match matched {
                Match::One(id) => {
                    adoption.matched += 1;
                    return *id;
                }
                Match::Nobody => adoption.unmatched.push(row.import_id.clone()),
                Match::Several => adoption.ambiguous.push(row.import_id.clone()),
            }
            nobody += 1;
            EmployeeId::without_profile(nobody)
        })
        .collect();
    let by_import_id: HashMap<ImportId, EmployeeId> =
        rows.iter().map(|row| row.import_id.clone()).zip(ids.iter().copied()).collect();
    let mut groups = Groups::new(policy, decision);
    let employees = rows
        .into_iter()
        .zip(ids)
        .map(|(row, id)| {
            let Row { import_id, email, first_name, last_name, language, reports_to, values } = row;
            let supervisor = reports_to.and_then(|supervisor| by_import_id.get(&supervisor).copied());
            let groups = groups.memberships(&values);
            let (first_name, last_name) = (first_name.into(), last_name.into());
            Employee { id, import_id, email, first_name, last_name, language, supervisor, groups }
        })
        .collect::<Vec<_>>();
    adoption.unmatched.sort();
    adoption.ambiguous.sort();
    adoption.snapshot = Snapshot::new(employees, groups.into_groups())?;
    Ok(adoption)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Match {
    One(EmployeeId),
    Several,
    Nobody,
}

/// Employees by what a row may name them with.
struct Matches<'a> {
    by_import_id: HashMap<&'a str, Vec<&'a Known>>,
    by_email: HashMap<&'a str, Vec<&'a Known>>,
    decision: &'a Decision,
}

impl<'a> Matches<'a> {
    fn new(known: &'a [Known], decision: &'a Decision) -> Self {
        let mut matches = Self { by_import_id: HashMap::new(), by_email: HashMap::new(), decision };
        for one in known {
            if let Some(import_id) = &one.import_id {
                matches.by_import_id.entry(import_id.as_str()).or_default().push(one);
            }
            if let Some(email) = &one.email {
                matches.by_email.entry(email).or_default().push(one);
            }
        }
        matches
    }

    /// An import id that names one person while the address names another is an accident of numbers, not a match.
    fn find(&self, row: &Row) -> Match {
        let nobody: &[&Known] = &[];
        let by_import_id = self.by_import_id.get(row.import_id.as_str()).map_or(nobody, Vec::as_slice);
        let by_email = self.by_email.get(&*row.email.folded()).map_or(nobody, Vec::as_slice);
        match (by_import_id, by_email) {
            ([one], []) => Match::One(one.id),
            ([one], others) if others.iter().any(|other| other.id == one.id) => Match::One(one.id),
            ([], []) => Match::Nobody,
            ([], [one]) => Match::One(one.id),
            // A rehired person has two profiles with one address; the one who is in is meant.
            ([], several) => match several.iter().filter(|one| self.is_in(one.id)).collect::<Vec<_>>().as_slice() {
                [one] => Match::One(one.id),
                [] | [_, _, ..] => Match::Several,
            },
            ([_, ..], _) => Match::Several,
        }
    }

    fn is_in(&self, id: EmployeeId) -> bool {
        self.decision.desired.people.employee(id).is_some()
    }
}

/// Groups of the file, with Personio's ids where a group of that name has one.
struct Groups<'a> {
    policy: &'a Policy,
    keys: HashMap<(AttributeKey, String), Arc<GroupKey>>,
    names: BTreeMap<Arc<GroupKey>, Arc<str>>,
}

impl<'a> Groups<'a> {
    fn new(policy: &'a Policy, decision: &Decision) -> Self {
        let named = |group: Group| ((group.key.attribute.clone(), fold(&group.name).into_owned()), group.key);
        Self { policy, keys: decision.desired.people.groups().map(named).collect(), names: BTreeMap::new() }
    }

    fn memberships(&mut self, values: &[(AttributeKey, String)]) -> Memberships {
        let mut memberships = Vec::with_capacity(values.len());
        for (attribute, cell) in values {
            let several = self.policy.groups.iter().find(|rule| rule.attribute == *attribute).map(|rule| rule.several);
            let names: Vec<&str> = match several {
                Some(Several::Split) => cell.split(", ").collect(),
                Some(Several::Joined) | None => vec![cell],
            };
            for name in names.into_iter().filter(|name| !name.trim().is_empty()) {
                memberships.push(self.membership(attribute, name));
            }
        }
        memberships.into_iter().collect()
    }

    fn membership(&mut self, attribute: &AttributeKey, name: &str) -> Arc<GroupKey> {
        let folded = fold(name).into_owned();
        let key = self.keys.entry((attribute.clone(), folded.clone())).or_insert_with(|| {
            Arc::new(GroupKey { attribute: attribute.clone(), origin: Origin::Value(folded.into()) })
        });
        self.names.entry(key.clone()).or_insert_with(|| name.into());
        key.clone()
    }

    fn into_groups(self) -> impl Iterator<Item = Group> {
        self.names.into_iter().map(|(key, name)| Group { key, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::decide::notes::{Absence, Reason};
    use crate::roster::feed::{self, Columns, Feed, Source};
    use crate::roster::guard::Approved;
    use crate::roster::model::record::{Attributes, Field, Status, Value};
    use crate::roster::plan::Plan;
    use crate::roster::plan::mirror::Mirror;
    use crate::roster::samples::{self, decide};

    fn policy() -> Policy {
        samples::policy(vec![samples::rule("department")])
    }

    fn columns() -> Columns {
        samples::columns(&[("Department", "department")])
    }

    fn record(id: i64, email: &str, status: Status, department: &str) -> Record {
        let value = Value { id: Some(7), text: department.into() };
        Record {
            first_name: Field::Known("Ada".into()),
            last_name: Field::Known("Öz".into()),
            email: Field::Known(email.into()),
            status: Field::Known(status),
            supervisor: Field::Blank,
            attributes: Attributes::new([(AttributeKey::new("department"), vec![value])]),
            ..Record::withheld(EmployeeId(id))
        }
    }

    fn adopted(file: &str, records: &[Record]) -> Adoption {
        let rows = feed::read(file.as_bytes(), &columns()).unwrap().rows;
        let known: Vec<Known> = records.iter().map(|record| Known::of(record, &policy())).collect();
        let today = "2026-11-23".parse().unwrap();
        let decision = decide(&policy(), today, &Mirror::default(), records.to_vec(), &BTreeMap::new()).unwrap();
        adopt(&policy(), rows, &known, &decision).unwrap()
    }

    fn ids(adoption: &Adoption) -> Vec<(i64, &str)> {
        adoption.snapshot.employees().iter().map(|employee| (employee.id.0, employee.import_id.as_str())).collect()
    }

    const HEADER: &str = "ImportId,Email,Firstname,Lastname,ReportsToId,Department\n";

    #[test]
    fn rows_are_matched_by_import_id_else_by_address_without_case() {
        let records = [
            record(11, "a@x.de", Status::Active, "Sales"),
            record(12, "B@x.de", Status::Active, "Sales"),
            record(13, "c@x.de", Status::Inactive, "Sales"),
        ];
        let file = format!(
            "{HEADER}11,old@x.de,A,A,E7,Sales\nE7,b@X.de,B,B,,Sales\nE8,c@x.de,C,C,,Sales\nE9,gone@x.de,D,D,,Ops\n"
        );
        let adoption = adopted(&file, &records);
        assert_eq!(ids(&adoption), [(-1, "E9"), (11, "11"), (12, "E7"), (13, "E8")]);
        assert_eq!((adoption.matched, adoption.ambiguous.len()), (3, 0));
        assert_eq!(adoption.unmatched, [ImportId::new("E9").unwrap()]);
        assert_eq!(adoption.snapshot.employee(EmployeeId(11)).unwrap().supervisor, Some(EmployeeId(12)));
    }

    #[test]
    fn what_more_than_one_person_answers_to_is_left_without_a_match() {
        let records = [
            record(11, "a@x.de", Status::Active, "Sales"),
            record(12, "b@x.de", Status::Active, "Sales"),
            record(21, "twin@x.de", Status::Inactive, "Sales"),
            record(22, "twin@x.de", Status::Inactive, "Sales"),
        ];
        // 11 is somebody's personnel number here, and E1 and 12 are the same person twice.
        let file = format!("{HEADER}11,b@x.de,B,B,,\nE2,twin@x.de,T,T,,\n");
        let adoption = adopted(&file, &records);
        assert_eq!(adoption.ambiguous, ["11", "E2"].map(|id| ImportId::new(id).unwrap()));
        let file = format!("{HEADER}12,other@x.de,B,B,,\nE1,b@x.de,B,B,,\n");
        let adoption = adopted(&file, &records);
        assert_eq!(adoption.ambiguous, ["12", "E1"].map(|id| ImportId::new(id).unwrap()));
        assert_eq!(ids(&adoption), [(-2, "E1"), (-1, "12")]);
    }

    #[test]
    fn of_two_profiles_with_one_address_the_one_who_is_in_is_meant() {
        let records = [record(11, "a@x.de", Status::Inactive, "Sales"), record(12, "A@x.de", Status::Active, "Sales")];
        assert_eq!(ids(&adopted(&format!("{HEADER}E1,a@x.de,A,A,,\n"), &records)), [(12, "E1")]);
    }

    #[test]
    fn whoever_is_the_same_on_both_sides_does_not_change() {
        let records = [record(11, "a@x.de", Status::Active, "Sales")];
        let adoption = adopted(&format!("{HEADER}E1,a@x.de,Ada,Öz,,Sales\nE9,gone@x.de,D,D,,Ops\n"), &records);
        let (empty, adopted) = (Feed::default(), Feed { columns: columns(), people: adoption.snapshot });
        assert!(Approved::adoption(Plan::between(&empty, &adopted)).is_some());
        assert!(Approved::adoption(Plan::between(&adopted, &empty)).is_none());
        let mirror = Mirror { feed: adopted, ..Mirror::default() };
        let absences = BTreeMap::from([(EmployeeId(-1), Absence::NeverThere)]);
        let today = "2026-11-23".parse().unwrap();
        let decision = decide(&policy(), today, &mirror, records.to_vec(), &absences).unwrap();
        let counts = Plan::between(&mirror.feed, &decision.desired).counts();
        assert_eq!((counts.added, counts.updated, counts.removed, counts.groups_removed), (0, 0, 1, 1));
        assert_eq!(decision.excluded[&EmployeeId(-1)], Reason::Absent(Absence::NeverThere));
    }

    #[test]
    fn every_line_that_cannot_be_used_is_named() {
        let file = format!("{HEADER},a@x.de,A,A,,\nE1,broken,A,A,,\nE2,b@x.de,,A,,\nE3\n");
        let unusable = feed::read(file.as_bytes(), &columns()).unwrap_err();
        assert_eq!(unusable.iter().map(|unusable| unusable.line).collect::<Vec<_>>(), [2, 3, 4, 5]);
        let unusable = feed::read(b"\xef\xbb\xbfImportId,Email\n", &columns()).unwrap_err();
        assert_eq!(unusable.len(), 2);
        let read = feed::read(format!("Shoe,{HEADER}42,E1,a@x.de,A,A,,\n").as_bytes(), &columns()).unwrap();
        let unknown: Vec<_> = read.columns.iter().filter(|column| column.source == Source::Unknown).collect();
        assert_eq!((read.rows.len(), unknown.len(), unknown[0].header.as_str()), (1, 1, "Shoe"));
        let twice = feed::read(format!("Email,{HEADER}").as_bytes(), &columns()).unwrap_err();
        assert!(twice[0].why.contains("twice"), "{twice:?}");
    }
}
