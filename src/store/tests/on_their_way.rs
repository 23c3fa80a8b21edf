//! Feeds on their way: the mirror is theirs from the moment before they set out, and is given back where they are undone.

use std::sync::Arc;

use super::laws::feeds;
use super::*;
use crate::roster::guard::{self, Delivery, HeldPlan, Hold, Memory, OtherFile, Proposal, Settlement, Sighting};
use crate::roster::plan::PlanDigest;
use crate::roster::plan::mirror::{Departed, Given, Unsettled, Writing};
use crate::roster::plan::names::Names;
use crate::tests::cases;

const URL: &str = "file:///srv/employees.csv";

#[derive(Debug, Clone)]
enum Step {
    /// A feed sets out.
    Send(Feed, Writing),
    /// The run that sent the last one settles it.
    Settle,
    /// The run that sent the last one undoes it.
    Undo,
    /// A later run finds the feed at this place of the list there and, where that is said, undoes what came after it.
    Find(usize, bool),
    /// A later run finds what was there before all of them.
    FindTheFirst,
    /// A run without a destination.
    Commit(Feed),
    /// What undoes feeds is erased, and what was held can be approved no longer.
    Erase,
    /// This feed is held.
    Hold(Feed),
    /// A look tells this of other files.
    See(Sighting),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let writing = prop::sample::select(vec![Writing::Aside, Writing::InPlace]);
    let step = prop_oneof![
        6 => (feeds(), writing).prop_map(|(feed, writing)| Step::Send(feed, writing)),
        2 => Just(Step::Settle),
        2 => Just(Step::Undo),
        3 => (0..3_usize, any::<bool>()).prop_map(|(at, undoes)| Step::Find(at, undoes)),
        1 => Just(Step::FindTheFirst),
        1 => feeds().prop_map(Step::Commit),
        1 => Just(Step::Erase),
        3 => feeds().prop_map(Step::Hold),
        3 => sightings().prop_map(Step::See),
    ];
    prop::collection::vec(step, 1..8)
}

fn sightings() -> impl Strategy<Value = Sighting> {
    prop_oneof![
        1 => (1..3_i64).prop_map(|modified| Sighting::OursAgain { modified }),
        3 => (0..3_u8, prop::option::of(1..3_i64)).prop_map(|(hash, instead_of)| {
            let people = (hash > 0).then(|| BTreeMap::from([("2001".to_owned(), "Ada Lovelace".to_owned())]));
            Sighting::Another(OtherFile { hash: hash.to_string(), seen_at: noon(), people, instead_of, answered_by: None })
        }),
    ]
}

fn delivery() -> Delivery {
    Delivery {
        destination: URL.to_owned(),
        delivered_at: noon(),
        size: 7,
        sha256: String::new(),
        modified: None,
        mount: None,
        verified: true,
        taken: false,
        untaken_since: None,
        standing_at: None,
    }
}

/// The mirror once this feed is its own.
fn changed(mirror: &Mirror, after: &Feed, generations: &mut u64) -> Mirror {
    let plan = Plan::between(&mirror.feed, after);
    let mut changed = Mirror { feed: after.clone(), ..mirror.clone() };
    if !plan.is_empty() {
        *generations += 1;
        changed.generation = *generations;
    }
    for change in plan.employees() {
        match change {
            Change::Create(person) => drop(changed.departed.remove(&person.id)),
            Change::Update { .. } => {}
            Change::Delete(person) => {
                let (import_id, last_known) = (person.import_id.clone(), Some((&***person).into()));
                let departed = Departed { import_id, last_day: None, last_known };
                changed.departed.insert(person.id, departed);
            }
        }
    }
    changed
}

/// What is known besides people, other with every run.
fn known(run: RunId) -> (BTreeSet<AttributeKey>, Names) {
    let key = AttributeKey::new(format!("dynamic_{}", run.0 % 3));
    let names = Names { headers: BTreeMap::from([(key.clone(), run.to_string())]), ..Names::default() };
    (BTreeSet::from([key]), names)
}

/// The mirrors before feeds on their way know of those only that set out before, and are still on their way.
fn relisted(mirror: Mirror) -> Mirror {
    let mut all: Vec<Unsettled> = Vec::new();
    for Unsettled { before, .. } in &mirror.unsettled {
        let before = before.as_ref().map(|before| Arc::new(Mirror { unsettled: all.clone(), ..Mirror::clone(before) }));
        all.push(Unsettled { before, ..mirror.unsettled[all.len()].clone() });
    }
    Mirror { unsettled: all, ..mirror }
}

/// The rows of the mirror and its journal.
fn state(place: &Place) -> BTreeMap<String, Vec<String>> {
    let mut tables = place.tables();
    tables.retain(|name, _| {
        let others = [
            "counters",
            "deliveries",
            "held",
            "held_rows",
            "notes",
            "other_files",
            "runs",
            "sqlite_sequence",
            "undo",
            "unsettled",
        ];
        !others.contains(&&**name)
    });
    tables
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn what_is_undone_is_given_back_and_what_is_settled_stays(steps in steps()) {
        let place = Place::new();
        let mut store = place.open();
        let (mut mirror, mut generations) = (Mirror::default(), 0);
        let digest = PlanDigest::parse("0123456789ab");
        let mut states = BTreeMap::new();
        // Each with the mirror that it would make.
        let mut holds: Vec<(Hold, Mirror)> = Vec::new();
        let mut told = Vec::new();
        let (url, refresh) = (URL.to_owned(), TimeDelta::days(7));
        let mut memory = Memory { url, last: None, others: Vec::new(), refresh };
        for step in steps {
            let rows = state(&place);
            let mut expected = None;
            let run = store.start_run("sync", noon()).unwrap();
            let loaded = store.load().unwrap();
            let newest = mirror.unsettled.last().cloned();
            match step {
                Step::Send(after, writing) => {
                    let (size, sha256) = (7, format!("{:?}", run.0));
                    let plan = Approved::unjudged(Plan::between(&loaded.mirror.feed, &after));
                    let counts = Some(plan.plan().counts());
                    let mut applying = store.begin(run, &loaded.mark).unwrap();
                    let (destination, set_out_at) = (URL.to_owned(), noon());
                    let sent = Unsettled { run: run.0, destination, size, sha256, writing, set_out_at, before: None };
                    applying.set_out(&sent).unwrap();
                    applying.answer_other_files(URL).unwrap();
                    memory.others.iter_mut().for_each(|other| other.answered_by = other.answered_by.or(Some(run.0)));
                    applying.apply(&plan, &reasons(), today()).unwrap();
                    let (readable, names) = known(run);
                    applying.set_known(&readable, &names).unwrap();
                    applying.set_given(&Given::Destination(URL.to_owned())).unwrap();
                    let notes = vec![Note::NothingDelivered];
                    applying.intend(&RunEnd { counts, notes, digest: digest.clone(), ..end(Exit::InStep) }).unwrap();
                    told.push((run.0, counts.map(|counts| counts.people.added)));
                    let before = Some(Arc::new(mirror.clone()));
                    let unsettled = Unsettled { before, ..sent };
                    mirror = Mirror { given: Given::Destination(URL.to_owned()), ..changed(&mirror, &after, &mut generations) };
                    (mirror.readable, mirror.names) = (readable, names);
                    if plan.plan().is_empty() {
                        holds.retain(|(hold, _)| hold.place.generation != mirror.generation);
                    }
                    mirror.unsettled.push(unsettled);
                    states.insert(run.0, rows);
                }
                Step::Settle => match newest {
                    Some(newest) => {
                        store.settle(RunId(newest.run), &delivery(), None).unwrap();
                        holds.retain(|(hold, _)| hold.place.generation == mirror.generation);
                        memory.others.retain(|other| other.answered_by.is_none());
                        mirror.unsettled.clear();
                    }
                    None => prop_assert!(store.settle(run, &delivery(), None).is_err()),
                },
                Step::Undo => match newest.as_ref().and_then(|newest| newest.before.clone()) {
                    Some(before) => {
                        let sent = newest.unwrap().run;
                        store.undo(RunId(sent)).unwrap();
                        told.retain(|(run, _)| *run < sent);
                        memory.learn(&Settlement { undone: Some(sent), ..Settlement::default() });
                        expected = states.remove(&sent);
                        mirror = Mirror::clone(&before);
                    }
                    None => prop_assert!(store.undo(run).is_err()),
                },
                Step::Find(at, undoes) => {
                    let Some(found) = mirror.unsettled.get(at).cloned() else { continue };
                    let undone = mirror.unsettled.get(at + 1).filter(|later| undoes && later.before.is_some());
                    let settlement = Settlement {
                        settled: Some((found.run, delivery())),
                        undone: undone.map(|later| later.run),
                        sighting: None,
                    };
                    store.resolve(run, &loaded.mark, URL, &settlement).unwrap();
                    told.retain(|(run, _)| undone.is_none_or(|later| *run < later.run));
                    memory.learn(&settlement);
                    expected = undone.and_then(|later| states.remove(&later.run));
                    mirror = settlement.applied_to(&mirror);
                    // What was held before a feed that will not be undone set out is over.
                    holds.retain(|(hold, _)| hold.place.generation == mirror.generation);
                }
                Step::FindTheFirst => {
                    let first = mirror.unsettled.first().filter(|first| first.before.is_some());
                    let settlement = Settlement { undone: first.map(|first| first.run), ..Settlement::default() };
                    expected = first.and_then(|first| states.remove(&first.run));
                    told.retain(|(run, _)| first.is_none_or(|first| *run < first.run));
                    store.resolve(run, &loaded.mark, URL, &settlement).unwrap();
                    memory.learn(&settlement);
                    mirror = settlement.applied_to(&mirror);
                }
                Step::Commit(after) => {
                    let plan = Approved::unjudged(Plan::between(&loaded.mirror.feed, &after));
                    let mut applying = store.begin(run, &loaded.mark).unwrap();
                    applying.apply(&plan, &reasons(), today()).unwrap();
                    applying.set_given(&Given::Nobody).unwrap();
                    applying.commit(&end(Exit::InStep)).unwrap();
                    memory.others.iter_mut().for_each(|other| other.answered_by = None);
                    mirror = Mirror { unsettled: Vec::new(), given: Given::Nobody, ..changed(&mirror, &after, &mut generations) };
                    holds.retain(|(hold, _)| hold.place.generation == mirror.generation);
                }
                Step::Erase => {
                    store.start_run("sync", noon() + TimeDelta::days(8)).unwrap();
                    store.erase_held(run, noon() + TimeDelta::days(1)).unwrap();
                    mirror.unsettled.iter_mut().for_each(|unsettled| unsettled.before = None);
                    holds.clear();
                }
                Step::Hold(after) => {
                    let digest = PlanDigest::parse(&format!("{:012x}", run.0)).unwrap();
                    let good_for = guard::Place::of(&mirror, None, None, None, BTreeSet::new());
                    let (rules, stayed, takes_new_columns) = (Vec::new(), BTreeSet::new(), false);
                    let hold = Hold { digest, place: good_for, told_at: noon(), rules, stayed, takes_new_columns };
                    let (readable, names) = known(run);
                    let kept = store.keep(run, &hold, |rehearsal| {
                        rehearsal.write(&Proposal::new(&mirror, &mirror.feed, &after), &reasons(), today())?;
                        rehearsal.rest().set_known(&readable, &names)
                    });
                    kept.unwrap();
                    prop_assert_eq!(state(&place), rows.clone(), "a rehearsal is taken back");
                    let made = changed(&mirror, &after, &mut generations.clone());
                    holds.push((hold, Mirror { readable, names, ..made }));
                }
                Step::See(sighting) => {
                    let settlement = Settlement { sighting: Some(sighting), ..Settlement::default() };
                    store.resolve(run, &loaded.mark, URL, &settlement).unwrap();
                    memory.learn(&settlement);
                }
            }
            mirror = relisted(mirror);
            let now = place.read().load().unwrap().mirror;
            prop_assert_eq!(&now.feed, &mirror.feed);
            prop_assert_eq!(&now.departed, &mirror.departed);
            prop_assert_eq!((now.generation, &now.given), (mirror.generation, &mirror.given));
            prop_assert_eq!(&now, &mirror);
            prop_assert_eq!(&store.other_files(URL).unwrap(), &memory.others);
            prop_assert!(store.other_files("file:///elsewhere").unwrap().is_empty());
            if let Some(expected) = expected {
                prop_assert_eq!(state(&place), expected);
            }
            for (hold, made) in holds.iter().filter(|(hold, _)| hold.place.generation == mirror.generation) {
                let HeldPlan { hold: _, mirror: held, reasons } = store.held_plan(hold).unwrap().unwrap();
                let mut made = made.clone();
                // The journal has nothing of what was not carried out.
                made.departed.iter_mut().filter(|(id, _)| reasons.contains_key(id)).for_each(|(_, gone)| gone.last_known = None);
                prop_assert_eq!((&held.feed, &held.departed, &held.readable, &held.names),
                    (&made.feed, &made.departed, &made.readable, &made.names));
                let goes = |id: &&EmployeeId| made.feed.people.employee(**id).is_none();
                let going: Vec<EmployeeId> = mirror.feed.people.ids().iter().filter(goes).copied().collect();
                prop_assert_eq!(reasons.keys().copied().collect::<Vec<_>>(), going);
            }
            let kept: BTreeSet<PlanDigest> = store.holds().unwrap().into_iter().map(|(hold, _)| hold.digest).collect();
            prop_assert_eq!(kept, holds.iter().map(|(hold, _)| hold.digest.clone()).collect());
            // Also where its end never came, the log says what the feed of a run changed; of one that is undone, nothing.
            let logged = "SELECT id, added FROM runs WHERE digest = '0123456789ab' AND added IS NOT NULL
                          AND EXISTS (SELECT 1 FROM notes WHERE runs.id BETWEEN first_run AND last_run) ORDER BY id";
            let connection = place.raw();
            let mut logged = connection.prepare(logged).unwrap();
            let logged = logged.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            prop_assert_eq!(&logged.map(Result::unwrap).collect::<Vec<_>>(), &told);
            let undo: i64 = place.raw().query_row("SELECT count(*) FROM undo", [], |row| row.get(0)).unwrap();
            prop_assert!(undo == 0 || !mirror.unsettled.is_empty(), "what undoes nothing is erased");
        }
    }
}
