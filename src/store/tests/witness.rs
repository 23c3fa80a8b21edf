//! The witness: no earlier copy of a mirror goes on unnoticed.

use super::*;
use crate::roster::guard::MirrorMismatch;
use crate::store::witness::Witness;
use crate::tests::cases;

/// What may happen to a mirror between two runs and in them.
#[derive(Debug, Clone)]
enum Step {
    /// These of four people are in, and the run is approved or not where it is held.
    Run {
        people: u8,
        approved: bool,
    },
    /// The mirror is copied, as a backup is made.
    Copy,
    /// One of the copies made so far takes the mirror's place.
    Restore(usize),
    Remove,
    Truncate,
    LosePeople(u8),
    RemoveWitness,
    /// A run ends between its commit and its witness.
    Killed {
        people: u8,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..16_u8, any::<bool>()).prop_map(|(people, approved)| Step::Run { people, approved }),
        3 => Just(Step::Copy),
        3 => (0..4_usize).prop_map(Step::Restore),
        1 => Just(Step::Remove),
        1 => Just(Step::Truncate),
        1 => prop_oneof![Just(15), 0..16_u8].prop_map(Step::LosePeople),
        1 => Just(Step::RemoveWitness),
        1 => (0..16_u8).prop_map(|people| Step::Killed { people }),
    ];
    prop::collection::vec(step, 1..14)
}

/// By hand: these people are gone, and what is known of them.
fn lose(people: u8) -> String {
    let gone: Vec<String> = (1..=4).filter(|id| people & (1 << (id - 1)) != 0).map(|id: u8| id.to_string()).collect();
    format!(
        "PRAGMA foreign_keys = OFF;
         DELETE FROM identities WHERE employee IN (SELECT employee FROM employees) AND employee IN ({0});
         DELETE FROM employees WHERE employee IN ({0})",
        gone.join(", ")
    )
}

/// Whoever has an import id keeps it; a newcomer gets the first that nobody has or had.
fn wanted(mirror: &Mirror, people: u8) -> Feed {
    let known = |id: EmployeeId| {
        let mirrored = mirror.feed.people.employee(id).map(|employee| employee.import_id.clone());
        mirrored.or_else(|| Some(mirror.departed.get(&id)?.import_id.clone()))
    };
    let mut taken: BTreeSet<ImportId> = (1..=4).filter_map(|id| known(EmployeeId(id))).collect();
    let employees: Vec<Employee> = (1..=4)
        .filter(|id| people & (1 << (id - 1)) != 0)
        .map(|id| {
            let free = || (1..).map(|n| ImportId::new(&format!("P{n}")).unwrap()).find(|free| !taken.contains(free));
            let import_id = known(EmployeeId(id)).unwrap_or_else(|| free().unwrap());
            taken.insert(import_id.clone());
            Employee { import_id, ..person(id) }
        })
        .collect();
    feed(Snapshot::new(employees, [sales()]).unwrap())
}

/// How a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    Unattended,
    /// A person approves it, where it is held.
    Approved,
    /// Unattended, and ended between its commit and its witness.
    Killed,
}

/// What a run does with mirror and witness; none where it is held.
fn run(place: &Place, began: &mut i64, people: u8, course: Course) -> Option<Feed> {
    let witness = Witness::read(&place.file()).unwrap();
    let mut store = place.open();
    let loaded = store.load().unwrap();
    let mismatch = witness.mismatch(&loaded, &store).unwrap();
    // A held run is in the log of the mirror that it does not believe.
    let started_at = noon() + TimeDelta::milliseconds(*began);
    *began += 1;
    let run = store.start_run("sync", started_at).unwrap();
    if mismatch.is_some() && course != Course::Approved {
        return None;
    }
    let after = wanted(&loaded.mirror, people);
    let plan = Plan::between(&loaded.mirror.feed, &after);
    if mismatch.is_none() {
        store.write_witness().unwrap();
    }
    let mut applying = store.begin(run, &loaded.mark).unwrap();
    applying.apply(&Approved::unjudged(plan), &reasons(), today()).unwrap();
    if mismatch.is_some() {
        applying.believe(&PlanDigest::parse("0123456789ab").unwrap()).unwrap();
    }
    applying.commit(&end(Exit::InStep)).unwrap();
    if course != Course::Killed {
        store.write_witness().unwrap();
    }
    Some(after)
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn no_copy_of_a_mirror_makes_an_import_id_change_its_owner_unapproved(steps in steps()) {
        let place = Place::new();
        let mut began = 0;
        let mut copies: Vec<Vec<u8>> = Vec::new();
        // Whom Honestly knows by an import id.
        let mut owners: BTreeMap<ImportId, EmployeeId> = BTreeMap::new();
        drop(place.open());
        for step in steps {
            let delivered = match step {
                Step::Run { people, approved } => {
                    let course = if approved { Course::Approved } else { Course::Unattended };
                    let delivered = run(&place, &mut began, people, course);
                    // What a person let pass is theirs to answer for.
                    if approved { owners.clear(); }
                    delivered
                }
                Step::Killed { people } => run(&place, &mut began, people, Course::Killed),
                Step::Copy => { copies.push(fs::read(place.file()).unwrap_or_default()); None }
                Step::Restore(at) => {
                    if let Some(copy) = copies.get(at) { fs::write(place.file(), copy).unwrap(); }
                    None
                }
                Step::Remove => { let _ = fs::remove_file(place.file()); None }
                Step::Truncate => { fs::write(place.file(), b"").unwrap(); None }
                Step::LosePeople(people) => {
                    drop(place.open());
                    place.raw().execute_batch(&lose(people)).unwrap();
                    None
                }
                Step::RemoveWitness => { let _ = fs::remove_file(witness_of(&place.file())); None }
            };
            let is_new = || place.open().load().unwrap().mirror == Mirror::default();
            if Witness::read(&place.file()).unwrap() == Witness::Missing && is_new() {
                // Nothing on this machine tells of a past: what stands at the destination is compared then (`first_delivery`).
                owners.clear();
            }
            for employee in delivered.iter().flat_map(|feed| feed.people.employees()) {
                let owner = *owners.entry(employee.import_id.clone()).or_insert(employee.id);
                prop_assert_eq!(owner, employee.id, "{} changed its owner", employee.import_id.as_str());
            }
        }
    }
}

#[test]
fn what_is_the_matter_is_told() {
    let place = Place::new();
    let mut began = 0;
    let mismatch = || {
        let store = place.read();
        Witness::read(&place.file()).unwrap().mismatch(&store.load().unwrap(), &store).unwrap()
    };
    drop(place.open());
    assert_eq!(mismatch(), None, "nothing was there before");
    assert!(run(&place, &mut began, 3, Course::Unattended).is_some());
    assert_eq!(fs::metadata(witness_of(&place.file())).unwrap().permissions().mode() & 0o777, 0o600);
    let (earlier, witness) = (fs::read(place.file()).unwrap(), fs::read(witness_of(&place.file())).unwrap());
    assert!(run(&place, &mut began, 5, Course::Unattended).is_some());
    let newest = fs::read(place.file()).unwrap();
    assert_eq!(mismatch(), None);
    fs::write(place.file(), &earlier).unwrap();
    assert_eq!(mismatch(), Some(MirrorMismatch::Older));
    fs::write(place.file(), &newest).unwrap();
    for people in [0b0001, 0b1111] {
        place.raw().execute_batch(&lose(people)).unwrap();
        assert_eq!(mismatch(), Some(MirrorMismatch::Emptied));
    }
    fs::remove_file(place.file()).unwrap();
    let none = Reader::open(&place.file()).unwrap();
    let loaded = none.load().unwrap();
    assert_eq!(loaded, Loaded::default());
    assert_eq!(Witness::read(&place.file()).unwrap().mismatch(&loaded, &none).unwrap(), Some(MirrorMismatch::Missing));
    drop(place.open());
    assert_eq!(mismatch(), Some(MirrorMismatch::Missing), "a new one in its place");
    let other = Place::new();
    drop(other.open());
    assert!(run(&other, &mut began, 3, Course::Unattended).is_some());
    fs::copy(other.file(), place.file()).unwrap();
    assert_eq!(mismatch(), Some(MirrorMismatch::Another));
    fs::write(place.file(), &newest).unwrap();
    for nothing in [&b""[..], b"{}", &witness[1..]] {
        fs::write(witness_of(&place.file()), nothing).unwrap();
        assert_eq!(mismatch(), Some(MirrorMismatch::NoWitness));
    }
    fs::remove_file(witness_of(&place.file())).unwrap();
    assert_eq!(mismatch(), Some(MirrorMismatch::NoWitness));
    // What an older witness says of a newer mirror is no mismatch: a run was ended before it could write another.
    fs::write(witness_of(&place.file()), &witness).unwrap();
    assert_eq!(mismatch(), None);
    assert_eq!(fs::read_dir(place.file().parent().unwrap()).unwrap().count(), 2, "nothing else is left");
}

/// A volume that is rolled back brings its own witness along.
#[test]
fn a_second_witness_tells_what_the_first_one_cannot() {
    let (place, elsewhere) = (Place::new(), TempDir::new().unwrap());
    let second = elsewhere.path().join("second.witness");
    let open = || place.open().with_second_witness(Some(&second));
    let mismatch_with = |second: Option<&Path>| {
        let witnesses = Witnesses::read(&place.file(), second).unwrap();
        witnesses.mismatch(&open().load().unwrap(), &open()).unwrap()
    };
    let mismatch = || mismatch_with(Some(&second));
    let run_in_step = || {
        sync_to(&mut open(), &company([1, 2]));
        open().write_witness().unwrap();
    };
    let files = [place.file(), witness_of(&place.file())];
    let copied = || files.each_ref().map(|file| fs::read(file).unwrap());
    let restore =
        |copy: &[Vec<u8>; 2]| files.iter().zip(copy).for_each(|(file, bytes)| fs::write(file, bytes).unwrap());
    run_in_step();
    assert_eq!(fs::metadata(&second).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read(&second).unwrap(), copied()[1], "they say the same");
    assert_eq!(mismatch(), None);
    let earlier = copied();
    run_in_step();
    let (newest, said) = (copied(), fs::read(&second).unwrap());
    restore(&earlier);
    assert_eq!((mismatch_with(None), mismatch()), (None, Some(MirrorMismatch::Older)));
    restore(&newest);
    // It is missed where the mirror had it, and not where it was never written.
    fs::remove_file(&second).unwrap();
    assert_eq!((mismatch(), mismatch_with(None)), (Some(MirrorMismatch::NoWitness), None));
    assert_eq!(mismatch_with(Some(&elsewhere.path().join("new.witness"))), None);
    fs::write(&second, "nonsense").unwrap();
    assert_eq!(mismatch(), Some(MirrorMismatch::NoWitness));
    fs::write(&second, String::from_utf8(said.clone()).unwrap().replacen("\"mirror\":\"", "\"mirror\":\"0", 1))
        .unwrap();
    assert_eq!(mismatch(), Some(MirrorMismatch::Another));
    // The first one is believed where the second one has nothing against it.
    fs::write(&second, &said).unwrap();
    assert_eq!(mismatch(), None);
    fs::remove_file(witness_of(&place.file())).unwrap();
    assert_eq!(mismatch(), Some(MirrorMismatch::NoWitness));
}
