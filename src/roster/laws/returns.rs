//! The laws about who keeps an import id: whoever is back with a new profile, and whoever an adopted file has a line for.

use super::*;
use crate::roster::decide::notes::{Note, Place, Problem, Unlike};
use crate::roster::feed::Row;
use crate::roster::guard::adopt::{Adoption, Known, adopt};
use crate::roster::guard::{Guard, Proposal, Rule};
use crate::roster::model::text::skeleton;
use crate::roster::plan::mirror::Departed;
use crate::roster::policy::ImportIdSource;
use crate::roster::voice::Told;

const NUMBERS: [&str; 4] = ["N1", "N2", "n1", "03"];
const ADDRESSES: [&str; 4] = ["a@x.de", "b@x.de", "A@x.de", "c@x.de"];

fn by_number() -> Policy {
    Policy { import_id: ImportIdSource::Attribute(AttributeKey::new("number")), ..samples::policy(Vec::new()) }
}

/// Somebody with everything that is needed.
fn complete(id: i64, number: &str, name: (&str, &str), address: &str, status: Status) -> Record {
    Record {
        first_name: Field::Known(name.0.into()),
        last_name: Field::Known(name.1.into()),
        email: Field::Known(address.into()),
        status: Field::Known(status),
        hire_date: Field::Blank,
        termination_date: Field::Blank,
        supervisor: Field::Blank,
        attributes: Attributes::new([(AttributeKey::new("number"), vec![value(None, number)])]),
        ..Record::withheld(EmployeeId(id))
    }
}

/// How the former profile ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Inactive,
    /// Personio does not know it any more.
    Gone,
    /// It is no longer listed, and nobody knows why.
    Unknown,
    OnLeave,
    /// They are still there.
    None,
}

/// When the new profile comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// In the run that removes the old one.
    AtOnce,
    Later,
    /// When the names and the address are erased.
    MuchLater,
}

fn ends() -> impl Strategy<Value = (End, When)> {
    let end = select(vec![End::Inactive, End::Inactive, End::Gone, End::Unknown, End::OnLeave, End::None]);
    (end, select(vec![When::AtOnce, When::Later, When::MuchLater]))
}

/// The same, or how it is spelled, or something else.
fn facts() -> impl Strategy<Value = [&'static str; 4]> {
    let number = select(vec!["N1", "N1", "N1", "N1", "n1", "N2"]);
    let first = select(vec!["Ada", "Ada", "ADA", "Bea"]);
    let last = select(vec!["O\u{308}z", "Öz", "Öz", "Falk"]);
    let address = select(vec!["ada@x.de", "ada@x.de", "Ada@x.de", "ada@y.de"]);
    (number, first, last, address).prop_map(|(number, first, last, address)| [number, first, last, address])
}

proptest! {
    #![proptest_config(cases(10_000))]

    /// With import id, both names and the address, whoever left is the same person; with less nobody gets that import id.
    #[test]
    fn whoever_is_back_with_all_four_facts_has_their_import_id_and_with_less_nobody_does(
        (end, when) in ends(), facts in facts(), marked in any::<bool>(), newer in any::<bool>(),
    ) {
        let policy = by_number();
        let [number, first, last, address] = facts;
        let (old, new) = if newer { (1, 2) } else { (2, 1) };
        let was = complete(old, "N1", ("Ada", "Öz"), if marked { "ada_1a2b3@x.de" } else { "ada@x.de" }, Status::Active);
        let is = complete(new, number, (first, last), address, Status::Active);
        let before = decide(&policy, today(), &Mirror::default(), vec![was.clone()], &BTreeMap::new()).unwrap();
        let mut mirror = applied(&Mirror::default(), &before);
        let (listed, absences) = match end {
            End::Inactive => (vec![Record { status: Field::Known(Status::Inactive), ..was }], BTreeMap::new()),
            End::OnLeave => (vec![Record { status: Field::Known(Status::Leave), ..was }], BTreeMap::new()),
            End::None => (vec![was], BTreeMap::new()),
            End::Gone => (Vec::new(), BTreeMap::from([(EmployeeId(old), Absence::Gone)])),
            End::Unknown => (Vec::new(), BTreeMap::new()),
        };
        if when != When::AtOnce {
            mirror = applied(&mirror, &decide(&policy, today(), &mirror, listed.clone(), &absences).unwrap());
        }
        if when == When::MuchLater {
            mirror.departed.values_mut().for_each(|departed| departed.last_known = None);
        }
        let now = [vec![is], listed].concat();
        let decision = decide(&policy, today(), &mirror, now.clone(), &absences).unwrap();
        let came = decision.desired.people.employee(EmployeeId(new));

        let has_left = matches!(end, End::Inactive | End::Gone);
        let same_name = first != "Bea" && last != "Falk";
        let same_address = address != "ada@y.de";
        let is_kept = when != When::MuchLater;
        if number == "N1" && has_left && is_kept && same_name && same_address {
            prop_assert_eq!(came.map(|employee| employee.import_id.as_str()), Some("N1"));
            let note = Note::Returned { employee: EmployeeId(new), with_new_profile_after: Some(EmployeeId(old)) };
            prop_assert!(decision.notes.contains(&note), "{:?}", decision.notes);
        } else if skeleton(number) == "n1" {
            prop_assert_eq!(came, None);
            let unlike = match (is_kept, same_name, same_address) {
                (false, _, _) => Some(Unlike::NotKept),
                (true, false, false) => Some(Unlike::NameAndAddress),
                (true, false, true) => Some(Unlike::Name),
                (true, true, false) => Some(Unlike::Address),
                (true, true, true) => None,
            };
            let problem = match unlike.filter(|_| has_left && number == "N1") {
                Some(unlike) => Problem::NotSurelyBack { former: EmployeeId(old), unlike },
                None => Problem::ContestedImportId(EmployeeId(old)),
            };
            let told = decision.undecided().any(|(id, why, place)| (id.0, why, place) == (new, &problem, Place::LeftOut));
            prop_assert!(told, "{:?} {problem:?}", decision.notes);
        } else {
            prop_assert!(came.is_none_or(|employee| employee.import_id.as_str() == number));
        }
        // Whoever is not in keeps what they had, and the next run has nothing to do.
        let after = applied(&mirror, &decision);
        prop_assert!(decide(&policy, today(), &after, now, &BTreeMap::new()).unwrap().desired == after.feed);
    }
}

/// A line of a file: import id, name and address by their numbers.
type Line = (usize, usize, usize);

fn listing() -> impl Strategy<Value = Vec<Record>> {
    let status = select(vec![Status::Active, Status::Active, Status::Inactive, Status::Onboarding]);
    let one = (0..NUMBERS.len(), 0..2_usize, 0..ADDRESSES.len(), status);
    vec(proptest::option::of(one), 6).prop_map(|people| {
        let people = (1..).zip(people);
        let record = |(id, person): (i64, Option<(usize, usize, usize, Status)>)| {
            let (number, name, address, status) = person?;
            Some(complete(id, NUMBERS[number], (["Ada", "Bea"][name], "Öz"), ADDRESSES[address], status))
        };
        people.filter_map(record).collect()
    })
}

/// The rows of a file in which each import id and each address stands once.
fn rows(lines: &[Line], policy: &Policy) -> Vec<Row> {
    let ids = match &policy.import_id {
        ImportIdSource::PersonioId => ["1", "2", "3", "4"],
        ImportIdSource::Attribute(_) => NUMBERS,
    };
    let (mut taken, mut rows) = (BTreeSet::new(), Vec::new());
    for (id, name, address) in lines {
        let email = Email::new(ADDRESSES[*address]).unwrap();
        if taken.insert(ids[*id].to_owned()) && taken.insert(email.folded().to_string()) {
            rows.push(Row {
                import_id: ImportId::new(ids[*id]).unwrap(),
                email,
                first_name: ["Ada", "Bea"][*name].into(),
                last_name: "Öz".into(),
                language: None,
                reports_to: None,
                values: Vec::new(),
            });
        }
    }
    rows
}

/// Who has no profile, by the import ids of the file.
fn lines_alone(mirror: &Mirror) -> BTreeMap<EmployeeId, Absence> {
    let alone = mirror.feed.people.ids().iter().filter(|id| !id.has_profile());
    alone.map(|id| (*id, Absence::NeverThere)).collect()
}

proptest! {
    #![proptest_config(cases(10_000))]

    /// No line without a profile keeps an import id from somebody who was listed, then or ever after.
    #[test]
    fn nobody_listed_is_locked_out_of_their_import_id_by_a_line_without_a_profile(
        listing in listing(), lines in vec((0..4_usize, 0..2_usize, 0..4_usize), 0..5), is_by_number in any::<bool>(),
    ) {
        let policy = if is_by_number { by_number() } else { samples::policy(Vec::new()) };
        let known: Vec<Known> = listing.iter().map(|record| Known::of(record, &policy)).collect();
        let empty = decide(&policy, today(), &Mirror::default(), listing.clone(), &BTreeMap::new()).unwrap();
        let adoption = adopt(&policy, rows(&lines, &policy), &known, &empty).unwrap();
        let mut strangers = adoption.unproven();
        let Adoption { snapshot, .. } = adoption;
        let lines_before = snapshot.clone();
        let feed = Feed { columns: policy.columns.clone(), people: snapshot };
        let mut mirror = Mirror { feed, unproven: strangers.clone(), ..Mirror::default() };
        // Today, and when everybody has started.
        let later = listing.iter().cloned().map(|record| Record { status: Field::Known(Status::Active), ..record });
        for now in [listing.clone(), later.collect()] {
            let mut absences = everyone_missing_is_gone(&mirror, &now);
            absences.extend(lines_alone(&mirror));
            let decision = decide(&policy, today(), &mirror, now, &absences).unwrap();
            for (id, problem, _) in decision.undecided() {
                match problem {
                    Problem::ContestedImportId(other) | Problem::NotSurelyBack { former: other, unlike: _ } => {
                        prop_assert!(other.has_profile(), "{id}: {problem:?}");
                    }
                    _ => {}
                }
            }
            // The number that stands for a line is shown to nobody.
            for note in &decision.notes {
                prop_assert!(!note.logged().contains(" -"), "{note:?}");
            }
            // Nobody becomes somebody else unseen, however late it is known who they are.
            let proposal = Proposal::new(&mirror, &mirror.feed, &decision.desired);
            let listed = BTreeSet::new();
            let rules = Guard::default().judge(&proposal, &approvals::evidence(&mirror, &decision, &listed));
            let shown = rules.iter().any(|rule| matches!(rule, Rule::NeverThere { become_others: 1.., .. }));
            let line = |id: &EmployeeId| lines_before.employee(*id).map(|line| Arc::clone(&line.first_name));
            let becomes = |id: &EmployeeId| {
                let after = decision.desired.people.employee(*id).map(|after| Arc::clone(&after.first_name));
                after.is_some() && after != line(id)
            };
            prop_assert!(shown || !strangers.iter().any(becomes), "{rules:?}");
            strangers.retain(|id| !becomes(id));
            mirror = applied(&mirror, &decision);
        }
        for (id, Departed { last_known, .. }) in mirror.departed.iter().filter(|(id, _)| !id.has_profile()) {
            prop_assert!(last_known.is_some(), "{id}");
        }
    }
}

#[test]
fn a_line_without_a_profile_is_told_by_its_line() {
    assert_eq!(EmployeeId::without_profile(4).to_string(), "line 4 of the adopted file");
    let problem = Problem::ContestedImportId(EmployeeId::without_profile(4));
    assert_eq!(problem.logged(), "has the import id of line 4 of the adopted file");
}
