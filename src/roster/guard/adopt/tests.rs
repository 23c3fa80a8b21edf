//! Rows of files against people at Personio, as tables.

use super::*;
use crate::roster::decide::reasons::{Absence, Reason};
use crate::roster::feed::{self, Columns, Feed, Source};
use crate::roster::guard::Approved;
use crate::roster::model::record::{Attributes, Field, Status, Value};
use crate::roster::plan::mirror::Mirror;
use crate::roster::plan::{Plan, Tally};
use crate::roster::policy::GroupRule;
use crate::roster::samples::{self, decide};

fn policy() -> Policy {
    samples::policy(vec![samples::rule("department")])
}

fn columns() -> Columns {
    samples::columns(&[("Department", "department")])
}

fn record(id: i64, name: &str, email: &str, status: Status) -> Record {
    let value = Value { id: Some(7), text: "Sales".into() };
    let (first_name, last_name) = name.split_once(' ').unwrap();
    Record {
        first_name: Field::Known(first_name.into()),
        last_name: Field::Known(last_name.into()),
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

/// What one row becomes: the employee, none if it matches nobody, or the line and who may be meant.
fn matched(row: &str, records: &[Record]) -> Result<Option<i64>, (usize, Vec<i64>)> {
    let adoption = adopted(&format!("{HEADER}E0,other@x.de,Other,Body,,\n{row}\n"), records);
    match &adoption.ambiguous[..] {
        [Ambiguous { line, import_id: _, may_be, stands_for: _ }] => {
            Err((*line, may_be.iter().map(|id| id.0).collect()))
        }
        _ => Ok(ids(&adoption).into_iter().map(|(id, _)| id).find(|id| *id > 0)),
    }
}

#[test]
fn a_match_needs_two_facts_that_agree() {
    use Status::{Active, Inactive};
    let records = [
        record(11, "Ada Öz", "a@x.de", Active),
        record(12, "Bo Falk", "b@x.de", Active),
        record(13, "Cem Ali", "c@x.de", Inactive),
    ];
    let cases = [
        ("11,a@x.de,Ada,Öz,,", Ok(Some(11)), "everything"),
        ("11,old@x.de,Ada,Öz,,", Ok(Some(11)), "import id and name"),
        ("E7,A@X.de,ADA,O\u{308}z,,", Ok(Some(11)), "address and name, however they are written"),
        ("１１,old@x.de,Ada,Öz,,", Ok(Some(11)), "an import id of wide digits"),
        ("E7,c@x.de,Cem,Ali,,", Ok(Some(13)), "somebody who left"),
        ("11,a@x.de,Ada,Falk,,", Ok(Some(11)), "import id, address and half a name: she married"),
        ("11,a@x.de,Bo,Falk,,", Err((3, vec![11])), "import id and address of somebody else"),
        ("12,old@x.de,Ada,Öz,,", Err((3, vec![12])), "a personnel number that is another one's id"),
        ("E7,b@x.de,Ada,Öz,,", Err((3, vec![12])), "an address that another one was given"),
        ("12,a@x.de,Ada,Öz,,", Ok(Some(11)), "the same, and the address and the name agree"),
        ("12,a@x.de,Xenia,Yu,,", Err((3, vec![11, 12])), "an import id and an address of two people"),
        ("E7,a@x.de,Ada,Falk,,", Err((3, vec![11])), "an address and half a name"),
        ("E7,new@x.de,Ada,Öz,,", Ok(None), "a name alone"),
    ];
    for (row, expected, what) in cases {
        assert_eq!(matched(row, &records), expected, "{what}");
    }
}

#[test]
fn what_two_rows_or_two_profiles_answer_to_is_ambiguous() {
    use Status::{Active, Inactive};
    let records = [record(11, "Ada Öz", "a@x.de", Active), record(12, "Bo Falk", "b@x.de", Active)];
    let adoption = adopted(&format!("{HEADER}12,other@x.de,Bo,Falk,,\nE1,b@x.de,Bo,Falk,,\n"), &records);
    let lines: Vec<(usize, &str)> = adoption.ambiguous.iter().map(|row| (row.line, row.import_id.as_str())).collect();
    assert_eq!(lines, [(2, "12"), (3, "E1")]);
    // The other one stands for them, because the import id is their own.
    assert_eq!(ids(&adoption), [(-3, "E1"), (12, "12")]);

    let profiles = |first, second| [record(21, "Ada Öz", "a@x.de", first), record(22, "Ada Öz", "A@x.de", second)];
    assert_eq!(matched("E2,a@x.de,Ada,Öz,,", &profiles(Inactive, Active)), Ok(Some(22)), "the one who is in");
    assert_eq!(matched("E2,a@x.de,Ada,Öz,,", &profiles(Inactive, Inactive)), Err((3, vec![21, 22])));
    assert_eq!(matched("21,a@x.de,Ada,Öz,,", &profiles(Inactive, Active)), Ok(Some(21)), "three facts before two");
}

#[test]
fn supervisors_and_unmatched_rows_are_taken_over() {
    let records = [record(11, "Ada Öz", "a@x.de", Status::Active), record(12, "Bo Falk", "b@x.de", Status::Active)];
    let file = format!("{HEADER}11,old@x.de,Ada,Öz,E7,Sales\nE7,b@X.de,Bo,Falk,,Sales\nE9,gone@x.de,D,D,,Ops\n");
    let adoption = adopted(&file, &records);
    assert_eq!(ids(&adoption), [(-4, "E9"), (11, "11"), (12, "E7")]);
    assert_eq!((adoption.matched, adoption.ambiguous.len()), (2, 0));
    assert_eq!(adoption.unmatched, [ImportId::new("E9").unwrap()]);
    assert_eq!(adoption.snapshot.employee(EmployeeId(11)).unwrap().supervisor, Some(EmployeeId(12)));
}

#[test]
fn whoever_is_the_same_on_both_sides_does_not_change() {
    let records = [record(11, "Ada Öz", "a@x.de", Status::Active)];
    let adoption = adopted(&format!("{HEADER}E1,a@x.de,Ada,Öz,,Sales\nE9,gone@x.de,D,D,,Ops\n"), &records);
    let (empty, adopted) = (Feed::default(), Feed { columns: columns(), people: adoption.snapshot });
    assert!(Approved::adoption(Plan::between(&empty, &adopted)).is_some());
    assert!(Approved::adoption(Plan::between(&adopted, &empty)).is_none());
    let mirror = Mirror { feed: adopted, ..Mirror::default() };
    let absences = BTreeMap::from([(EmployeeId(-3), Absence::NeverThere)]);
    let today = "2026-11-23".parse().unwrap();
    let decision = decide(&policy(), today, &mirror, records.to_vec(), &absences).unwrap();
    let counts = Plan::between(&mirror.feed, &decision.desired).counts();
    assert_eq!((counts.people, counts.groups.removed), (Tally { removed: 1, ..Tally::default() }, 1));
    assert_eq!(decision.excluded[&EmployeeId(-3)], Reason::Absent(Absence::NeverThere));
}

#[test]
fn every_line_that_cannot_be_used_is_named() {
    let long = "x".repeat(101);
    let file = format!(
        "{HEADER},a@x.de,A,A,,\nE1,broken,A,A,,\nE2,b@x.de,\u{200b},A,,\nE3\nE4,d@x.de,{long},A,,\nE5,e@x.de,A,A,,{long}\n"
    );
    let unusable = feed::read(file.as_bytes(), &columns()).unwrap_err();
    assert_eq!(unusable.iter().map(|unusable| unusable.line).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7]);
    let unusable = feed::read(b"\xef\xbb\xbfImportId,Email\n", &columns()).unwrap_err();
    assert_eq!(unusable.len(), 2);
    let read = feed::read(format!("Shoe,{HEADER}42,E1,a@x.de,A,A,,\n").as_bytes(), &columns()).unwrap();
    let unknown: Vec<_> = read.columns.iter().filter(|column| column.source == Source::Unknown).collect();
    assert_eq!((read.rows.len(), unknown.len(), unknown[0].header.as_str()), (1, 1, "Shoe"));
    let twice = feed::read(format!("Email,{HEADER}").as_bytes(), &columns()).unwrap_err();
    assert!(twice[0].why.contains("twice"), "{twice:?}");
}

#[test]
fn a_cell_is_several_groups_only_where_the_policy_splits_it() {
    let split = GroupRule { several: Several::Split, ..samples::rule("tags") };
    let policy = samples::policy(vec![samples::rule("department"), split]);
    let columns = samples::columns(&[("Department", "department"), ("Tags", "tags")]);
    let file =
        "ImportId,Email,Firstname,Lastname,ReportsToId,Department,Tags\nE1,a@x.de,A,A,,\"Ops, Nord\",\"Ops, Nord\"\n";
    let rows = feed::read(file.as_bytes(), &columns).unwrap().rows;
    let today = "2026-11-23".parse().unwrap();
    let decision = decide(&policy, today, &Mirror::default(), Vec::new(), &BTreeMap::new()).unwrap();
    let adoption = adopt(&policy, rows, &[], &decision).unwrap();
    let groups = adoption.snapshot.groups().map(|group| format!("{}: {}", group.key.attribute, group.name));
    assert_eq!(groups.collect::<Vec<_>>(), ["department: Ops, Nord", "tags: Nord", "tags: Ops"]);
}

#[test]
fn of_several_values_with_one_name_each_person_gets_their_own() {
    let of = |id, name, email, department| {
        let value = Value { id: Some(department), text: "Sales".into() };
        let attributes = Attributes::new([(AttributeKey::new("department"), vec![value])]);
        Record { attributes, ..record(id, name, email, Status::Active) }
    };
    let records = [of(1, "Ada A", "a@x.de", 7), of(2, "Bea B", "b@x.de", 8)];
    let rows = "E1,a@x.de,Ada,A,,Sales\nE2,b@x.de,Bea,B,,sales\nE3,c@x.de,Cid,C,,Sales\n";
    let adoption = adopted(&format!("{HEADER}{rows}"), &records);
    let origins: Vec<_> =
        adoption.snapshot.employees().iter().flat_map(|one| one.groups.iter().map(|key| &key.origin)).collect();
    // Nobody knows which of the two is the stranger's.
    assert_eq!(origins, [&Origin::Value("sales".into()), &Origin::Id(7), &Origin::Id(8)]);
}

#[test]
fn a_line_with_somebodys_own_import_id_stands_for_them() {
    use Status::{Active, Inactive};
    let numbered = [
        record(11, "Ada Öz", "a@x.de", Active),
        record(12, "Bo Falk", "b@x.de", Active),
        record(13, "Cem Ali", "c@x.de", Inactive),
    ];
    let cases = [
        ("12,old@x.de,Ada,Öz,,", Some(12), "by the import id of somebody else"),
        ("13,old@x.de,Ada,Öz,,", Some(13), "of somebody who left"),
        ("11,a@x.de,Bo,Falk,,", Some(11), "by import id and address"),
        ("E7,b@x.de,Ada,Öz,,", None, "by an address"),
    ];
    for (row, expected, what) in cases {
        let adoption = adopted(&format!("{HEADER}{row}\n"), &numbered);
        let [Ambiguous { stands_for, .. }] = &adoption.ambiguous[..] else { panic!("{what}: {adoption:?}") };
        assert_eq!(stands_for.map(|id| id.0), expected, "{what}");
        let alone = EmployeeId::without_profile(2).0;
        assert_eq!(ids(&adoption)[0].0, expected.unwrap_or(alone), "{what}");
    }
    // Whom another line matches has an import id already.
    let adoption = adopted(&format!("{HEADER}E1,b@x.de,Bo,Falk,,\n12,old@x.de,Ada,Öz,,\n"), &numbered);
    assert_eq!(ids(&adoption), [(-3, "12"), (12, "E1")]);
}

#[test]
fn import_ids_that_differ_by_leading_zeros_alone_are_found() {
    let records = [record(7, "Ada Öz", "a@x.de", Status::Active), record(80, "Bo Falk", "b@x.de", Status::Active)];
    let known: Vec<Known> = records.iter().map(|record| Known::of(record, &policy())).collect();
    let file = format!("{HEADER}007,a@x.de,A,A,,\n80,b@x.de,B,B,,\n08,c@x.de,C,C,,\n000,d@x.de,D,D,,\n");
    let rows = feed::read(file.as_bytes(), &columns()).unwrap().rows;
    let found = leading_zeros(&rows, &known);
    let found: Vec<(&str, &str)> = found.iter().map(|pair| (pair.file.as_str(), pair.personio.as_str())).collect();
    assert_eq!(found, [("007", "7")]);
}
